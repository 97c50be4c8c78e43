//! Officers are told at once: by a webhook, and on their duty telephone. The gateways are fakes on loopback.

use crate::testing::{TestApp, VILLAGE};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use yizhan::config::{Config, Messages};
use yizhan::serve::{deliver, notify};
use yizhan_core::service::SetFacts;

/// A gateway: what it got, and how often it still refuses.
#[derive(Clone, Default)]
struct Gateway(Arc<Mutex<(Vec<(String, Value)>, usize)>>);

impl Gateway {
    fn got(&self) -> Vec<(String, Value)> {
        self.0.lock().unwrap().0.clone()
    }

    fn refuse(&self, times: usize) {
        self.0.lock().unwrap().1 = times;
    }
}

async fn take(State(gateway): State<Gateway>, headers: HeaderMap, Json(body): Json<Value>) -> StatusCode {
    let mut state = gateway.0.lock().unwrap();
    if state.1 > 0 {
        state.1 -= 1;
        return StatusCode::BAD_GATEWAY;
    }
    state.0.push((headers["idempotency-key"].to_str().unwrap().to_owned(), body));
    StatusCode::NO_CONTENT
}

async fn open() -> (Gateway, String) {
    let gateway = Gateway::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/take", listener.local_addr().unwrap());
    let router = Router::new().route("/take", post(take)).with_state(gateway.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (gateway, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn officers_are_told_at_once_and_no_message_names_a_person() {
    let ((hook, webhook), (phones, sms)) = (open().await, open().await);
    let messages = Messages { sms: Some(sms), webhook: Some(webhook), webhook_secret: None };
    let mut app = TestApp::with(Config { messages, ..Config::default() });
    let clerk = app.app.image().staff_by_login("clerk").unwrap();
    let facts = vec![("staff.duty-phone".to_owned(), Some("15490000001".to_owned()))];
    let from = app.app.now().day();
    app.act_of_the_program(Arc::new(SetFacts {
        subject: clerk,
        facts,
        sealed: None,
        from,
        to: None,
        source: "test".into(),
    }))
    .unwrap();
    notify::tell(&app.app).unwrap();
    let (number, secret) = app.declared().await;
    hook.refuse(1);
    assert!(notify::tell(&app.app).is_err(), "who does not answer is asked again");
    assert_eq!(notify::tell(&app.app).unwrap(), 1);
    let got = hook.got();
    assert_eq!((got.len(), &got[0].1["event"], &got[0].1["number"]), (1, &json!("case.opened"), &json!(number)));
    assert_eq!((&got[0].1["area"], got[0].0.as_str()), (&json!(VILLAGE), got[0].1["key"].as_str().unwrap()));
    assert!(!got[0].1.to_string().contains("柳二") && !got[0].1.to_string().contains("15400000001"));
    assert_eq!(phones.got()[0].1["to"], "15490000001");
    // Another within the quarter of an hour: the webhook hears of it, the telephone rings no more.
    app.declared().await;
    notify::tell(&app.app).unwrap();
    assert_eq!((hook.got().len(), phones.got().len()), (2, 1));
    app.minutes_pass(16);
    notify::tell(&app.app).unwrap();
    let later = phones.got();
    assert!(
        later.len() == 2 && later[1].1["text"].as_str().unwrap().contains("1 件"),
        "when the time is over: {later:?}"
    );
    app.declared().await;
    notify::tell(&app.app).unwrap();
    app.minutes_pass(16);
    hook.refuse(1);
    app.declared().await;
    assert!(notify::tell(&app.app).is_err());
    assert_eq!(phones.got().len(), 3, "a webhook that is down silences no telephone");
    notify::tell(&app.app).unwrap();
    assert_eq!(notify::tell(&app.app).unwrap(), 0, "nothing is told twice");

    // A fever is told to the webhook; what the outbox promised goes through the same gateway, under its row's number.
    let who = app.signed_in("clerk").await;
    for answers in [json!({"outcome": "reached"}), json!({"arrived_on": "2021-02-01"}), json!({"place": "home"})] {
        assert_eq!(app.step(&number, &who, json!({"verb": "sign", "answers": answers})).await.status, StatusCode::OK);
    }
    let fever = json!({"temperature": "38.5", "symptoms": []});
    app.post(&format!("/api/cases/{number}/entries/report-evening?k={secret}"), None, fever).await;
    notify::tell(&app.app).unwrap();
    let last = hook.got().pop().unwrap().1;
    assert_eq!(
        (&last["event"], &last["alarm"], &last["number"]),
        (&json!("case.alarm"), &json!("fever"), &json!(number))
    );
    phones.refuse(1);
    deliver::now(&app.app, "15400000009", "hello").unwrap_err();
    deliver::now(&app.app, "15400000009", "hello").unwrap();
    assert_eq!(phones.got().pop().unwrap().1["text"], "hello");
}

/// What a webhook got: signature and body, as they were sent.
#[derive(Clone, Default)]
struct Signed(Arc<Mutex<Vec<(String, String)>>>);

async fn take_signed(State(signed): State<Signed>, headers: HeaderMap, body: String) -> StatusCode {
    let signature = headers.get("x-signature").map(|one| one.to_str().unwrap().to_owned());
    signed.0.lock().unwrap().push((signature.unwrap_or_default(), body));
    StatusCode::NO_CONTENT
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shares_the_secret_can_tell_that_a_message_is_ours() {
    let signed = Signed::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/take", listener.local_addr().unwrap());
    let router = Router::new().route("/take", post(take_signed)).with_state(signed.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let file = std::env::temp_dir().join(format!("yizhan-hook-{}", std::process::id()));
    std::fs::write(&file, "shared with the district\n").unwrap();
    let messages = Messages { sms: None, webhook: Some(url), webhook_secret: Some(file.clone()) };
    let mut app = TestApp::with(Config { messages, ..Config::default() });
    notify::tell(&app.app).unwrap();
    let (number, _) = app.declared().await;
    let who = app.signed_in("clerk").await;
    app.step(&number, &who, json!({"verb": "sign", "answers": {"outcome": "reached"}})).await;
    notify::tell(&app.app).unwrap();
    let got = signed.0.lock().unwrap().clone();
    let events: Vec<String> = got
        .iter()
        .map(|(signature, body)| {
            let own = yizhan_kit::digest::hmac_plain(b"shared with the district", body.as_bytes());
            assert_eq!(*signature, format!("sha256={own}"));
            assert!(!body.contains("柳二"), "{body}");
            let body: Value = serde_json::from_str(body).unwrap();
            format!("{} {}", body["event"].as_str().unwrap(), body["verb"].as_str().unwrap())
        })
        .collect();
    assert_eq!(events, ["case.opened open", "case.moved sign"]);
    // Without the secret nothing goes unsigned; it goes when the file is back.
    std::fs::remove_file(&file).unwrap();
    app.declared().await;
    assert!(notify::tell(&app.app).is_err());
    assert_eq!(signed.0.lock().unwrap().len(), 2);
    std::fs::write(&file, "shared with the district").unwrap();
    notify::tell(&app.app).unwrap();
    assert_eq!(signed.0.lock().unwrap().len(), 3);
    std::fs::remove_file(&file).unwrap();
}
