//! Ordinary telephones: an exchange that signs, its calls in the same queue as all others.

use super::{Desk, Made};
use crate::testing::Answer;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use yizhan::call::rule::signature;
use yizhan::config::{Config, Exchange};

const SECRET: &str = "a-secret-of-the-exchange";

/// What the exchange says, signed at some seconds from now.
async fn says(desk: &Desk, body: &Value, secret: &str, later: i64) -> Answer {
    let body = body.to_string().into_bytes();
    let now = yizhan_kit::Clock::now(&*desk.app.app.real_clock).0 / 1000 + later;
    let signed = format!("t={now},v1={}", signature(secret, now, &body));
    desk.app.raw(Method::POST, "/api/calls/exchange", None, &[("exchange-signature", &signed)], body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_on_a_telephone_waits_like_everybody_and_is_served_by_number() {
    let file = std::env::temp_dir().join(format!("yizhan-exchange-{}", std::process::id()));
    std::fs::write(&file, SECRET).unwrap();
    let exchange = Some(Exchange { secret_file: file.clone() });
    let mut desk = Desk::with(Config { exchange, ..Config::default() }).await;
    let arrived = json!({"id": "pbx-1", "event": "arrived", "number": "15400000001", "skill": "tax"});
    assert_eq!(says(&desk, &arrived, "another secret of ours", 0).await.code(), "unknown-exchange");
    assert_eq!(says(&desk, &arrived, SECRET, -600).await.code(), "unknown-exchange", "an old one");
    let none = desk.app.raw(Method::POST, "/api/calls/exchange", None, &[], b"{}".to_vec()).await;
    assert_eq!(none.status, StatusCode::UNAUTHORIZED);
    let first = says(&desk, &arrived, SECRET, 0).await.json();
    assert_eq!(first["waits"], true);
    assert_eq!(says(&desk, &arrived, SECRET, 1).await.json()["call"], first["call"], "a repeat is the same call");
    let made = Made { call: first["call"].as_u64().unwrap(), secret: String::new() };
    // Somebody on the web came later.
    let later = desk.call(json!({"service": "invoice-issue"})).await;
    let mut caller = desk.caller(&later).await;
    assert_eq!(caller.hears("welcome").await.unwrap()["waits"]["position"], 2);
    let agent = desk.agent(&desk.agent.clone()).await;
    let mut agent = desk.answer(&made, agent).await;
    assert_eq!(desk.known(&made)["channel"], "telephone");
    // The agent opens the matter from the number.
    let answers = json!({
        "region": crate::testing::VILLAGE, "taxpayer": "示范商贸公司", "taxpayer_number": "91990100MA00000001",
        "name": "柳一", "mobile": "15400000001", "what": "face", "face": "100000.00", "until": "2021-06-30", "why": "大额订单"
    });
    let cast = desk.agent.clone();
    let case = desk.app.post("/api/cases/invoice-increase", Some(&cast), answers).await.json();
    let number = desk.app.post(&format!("/api/calls/{}/number", made.call), Some(&cast), json!({})).await.json();
    assert_eq!((&number["mobile"], &number["cases"][0]), (&json!("15400000001"), &case["number"]));
    let ended = json!({"id": "pbx-1", "event": "ended"});
    assert_eq!(says(&desk, &ended, SECRET, 0).await.json()["call"], made.call);
    agent.hears("ended").await.unwrap();
    assert_eq!(says(&desk, &ended, SECRET, 0).await.status, StatusCode::OK, "a repeat changes nothing");
    desk.until(&made, "ending").await;
    let odd = json!({"id": "pbx-9", "event": "sings"});
    assert_eq!(says(&desk, &odd, SECRET, 0).await.code(), "form-invalid");
    // At night whoever has a number is called back, and the exchange is told what to say.
    desk.app.time_passes(12 * 60);
    let night = json!({"id": "pbx-2", "event": "arrived", "number": "15400000002"});
    let told = says(&desk, &night, SECRET, 0).await.json();
    assert!(told["waits"] == false && told["say"].as_str().unwrap().contains("不是服务时间"), "{told}");
    let withheld = json!({"id": "pbx-3", "event": "arrived"});
    assert_eq!(says(&desk, &withheld, SECRET, 0).await.code(), "desk-closed");
    std::fs::remove_file(&file).unwrap();
}
