//! A flood through the public door: everyone is let in at a measured pace, and staff notice nothing.

use crate::testing::{Answer, TestApp, declaration};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use yizhan::config::Config;
use yizhan::flood::rule::solves;

async fn declare(app: &TestApp, from: &str, key: &str, form: &Value, more: &[(&str, &str)]) -> Answer {
    let mut headers = vec![("idempotency-key", key), ("x-forwarded-for", from)];
    headers.extend_from_slice(more);
    app.call(Method::POST, "/api/cases/travel-declaration", None, &headers, Some(form.clone())).await
}

fn with_mobile(n: usize) -> Value {
    let mut form = declaration();
    form["mobile"] = json!(format!("154{n:08}"));
    form
}

#[tokio::test]
async fn one_address_and_one_number_have_their_measure() {
    let app = TestApp::with(Config { per_address_minute: 3, per_number_day: 2, ..Config::default() });
    for n in 0..3 {
        let answer = declare(&app, "203.0.113.7", &format!("a{n}"), &with_mobile(n), &[]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }
    let refused = declare(&app, "203.0.113.7", "a3", &with_mobile(3), &[]).await;
    assert_eq!((refused.code().as_str(), refused.status), ("too-many", StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(refused.headers["retry-after"], "20");
    let again = declare(&app, "203.0.113.7", "a0", &with_mobile(0), &[]).await;
    assert_eq!(again.status, StatusCode::CREATED, "what was let in once is let in again");
    // Who says to come from elsewhere is not believed: the proxy's own word is the last.
    let liar = declare(&app, "198.51.100.1, 203.0.113.7", "a4", &with_mobile(4), &[]).await;
    assert_eq!(liar.code(), "too-many");
    assert_eq!(declare(&app, "203.0.113.8", "b0", &with_mobile(9), &[]).await.status, StatusCode::CREATED);
    assert_eq!(declare(&app, "203.0.113.9", "b1", &with_mobile(9), &[]).await.status, StatusCode::CREATED);
    assert_eq!(declare(&app, "203.0.113.10", "b2", &with_mobile(9), &[]).await.code(), "too-many");
    app.minutes_pass(1);
    assert_eq!(declare(&app, "203.0.113.7", "a5", &with_mobile(5), &[]).await.status, StatusCode::CREATED);
    assert_eq!(declare(&app, "203.0.113.10", "b3", &with_mobile(9), &[]).await.code(), "too-many", "a day is a day");
    let clerk = app.signed_in("clerk").await;
    for n in 0..8 {
        let key = format!("c{n}");
        let headers = [("idempotency-key", key.as_str()), ("x-forwarded-for", "203.0.113.7")];
        let by_clerk =
            app.call(Method::POST, "/api/cases/travel-declaration", Some(&clerk), &headers, Some(with_mobile(9)));
        assert_eq!(by_clerk.await.status, StatusCode::CREATED, "staff are not measured");
    }
}

#[tokio::test]
async fn while_the_queue_is_long_a_little_work_or_patience_is_asked_for() {
    let app = TestApp::new();
    app.app.flood.drill.store(true, Ordering::Relaxed);
    let asked = declare(&app, "203.0.113.7", "one", &declaration(), &[]).await;
    assert_eq!((asked.status, asked.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "proof-needed"));
    assert_eq!(asked.headers["retry-after"], "10");
    let asked = asked.json();
    let (challenge, bits) = (asked["challenge"].as_str().unwrap(), asked["bits"].as_u64().unwrap());
    let solution = (0..).find(|n: &u32| solves(challenge, &n.to_string(), u32::try_from(bits).unwrap())).unwrap();
    let proof = format!("{challenge} {solution}");
    for (from, key, wrong) in
        [("203.0.113.7", "two", &*proof), ("203.0.113.8", "one", &*proof), ("203.0.113.7", "one", "x y")]
    {
        let refused = declare(&app, from, key, &declaration(), &[("proof", wrong)]).await;
        assert_eq!(refused.code(), "proof-needed", "work done once serves once");
    }
    let done = declare(&app, "203.0.113.7", "one", &declaration(), &[("proof", &proof)]).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text);

    // Without a script: the page keeps what was filled in, and ten seconds later it goes through.
    let ticket = asked["ticket"].as_str().unwrap();
    let early = declare(&app, "203.0.113.7", "one-more", &declaration(), &[("ticket", ticket)]).await;
    assert_eq!(early.code(), "proof-needed");
    let waiting = early.json()["ticket"].as_str().unwrap().to_owned();
    app.minutes_pass(1);
    let patient = declare(&app, "203.0.113.7", "one-more", &declaration(), &[("ticket", &waiting)]).await;
    assert_eq!(patient.status, StatusCode::CREATED, "{}", patient.text);
    let form = [("_key", "page"), ("/name", "柳二")];
    let page = app.raw(
        Method::POST,
        "/r/travel-declaration",
        None,
        &[("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", "203.0.113.7")],
        form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes(),
    );
    let page = page.await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("data-challenge") && page.text.contains("value=\"柳二\""), "{}", page.text);
}
