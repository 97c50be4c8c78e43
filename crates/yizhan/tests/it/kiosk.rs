//! The terminals' face: what it offers, codes to be scanned, answers that go on on a phone.

use crate::device::{enrolled, hall};
use crate::testing::{Answer, TestApp};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// What a terminal asks.
async fn asks(app: &TestApp, secret: &str, path: &str, body: Option<Value>) -> Answer {
    let bearer = format!("Bearer {secret}");
    let method = if body.is_some() { Method::POST } else { Method::GET };
    app.call(method, path, None, &[("authorization", &bearer)], body).await
}

async fn terminal(app: &mut TestApp) -> String {
    let township = app.signed_in("township").await;
    let hall = hall(app, &township, "便民服务大厅").await;
    enrolled(app, &township, hall, "1号机").await.secret
}

#[tokio::test]
async fn a_terminal_offers_what_anybody_may_open_with_its_papers_and_guidance() {
    let mut app = TestApp::new();
    let secret = terminal(&mut app).await;
    let shown = asks(&app, &secret, "/api/kiosk", None).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    let shown = shown.json();
    assert_eq!(
        (&shown["hall"], &shown["device"], &shown["hears"]),
        (&json!("便民服务大厅"), &json!("1号机"), &json!(true))
    );
    let modules = shown["modules"].as_array().unwrap();
    let named = |name: &str| modules.iter().find(|one| one["name"] == name);
    for tax in [
        "invoice-issue",
        "invoice-receive",
        "invoice-increase",
        "vehicle-tax",
        "cross-region-tax",
        "social-insurance",
        "late-filing",
        "tax-proof",
        "tax-registration",
    ] {
        let module = named(tax).unwrap_or_else(|| panic!("{tax} is not offered"));
        assert_eq!(module["group"], "tax");
        assert!(!module["guidance"].as_array().unwrap().is_empty(), "{tax} guides nobody");
        assert!(module["form"]["properties"].is_object(), "{tax}");
    }
    assert_eq!(named("vehicle-tax").unwrap()["calculator"], "vehicle-purchase-tax");
    assert_eq!(named("vehicle-tax").unwrap()["papers"].as_array().unwrap().len(), 3);
    assert!(named("poverty-identification").is_none() && named("device-repair").is_none(), "not everybody's");
    assert_eq!(asks(&app, "nobody", "/api/kiosk", None).await.code(), "unknown-device");
}

#[tokio::test]
async fn only_pages_of_ours_become_codes() {
    let mut app = TestApp::new();
    let secret = terminal(&mut app).await;
    let made = asks(&app, &secret, "/api/kiosk/codes", Some(json!({"path": "/c/VT-20210201-1?k=abc"}))).await.json();
    assert!(made["link"].as_str().unwrap().ends_with("/c/VT-20210201-1?k=abc"), "{made}");
    assert!(made["svg"].as_str().unwrap().starts_with("<svg"), "{made}");
    for elsewhere in ["https://example.cn/", "//example.cn/", "/\\example.cn", "c", "/a b"] {
        let refused = asks(&app, &secret, "/api/kiosk/codes", Some(json!({"path": elsewhere}))).await;
        assert_eq!(refused.code(), "form-invalid", "{elsewhere}");
    }
    let stranger = asks(&app, "nobody", "/api/kiosk/codes", Some(json!({"path": "/"}))).await;
    assert_eq!(stranger.code(), "unknown-device");
}

#[tokio::test]
async fn what_was_begun_at_a_terminal_goes_on_on_a_phone_once() {
    let mut app = TestApp::new();
    let secret = terminal(&mut app).await;
    let laid = json!({"service": "vehicle-tax", "answers": {"taxpayer": "示例商贸有限公司", "price": "113000.00"}});
    let made = asks(&app, &secret, "/api/kiosk/hand-over", Some(laid.clone())).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let link = made.json()["link"].as_str().unwrap().to_owned();
    let path = &link[link.find("/take/").unwrap()..];
    // Looking does not take: a messenger previews links.
    for _ in 0..2 {
        let offered = app.get(path, None).await;
        assert!(offered.status == StatusCode::OK && !offered.text.contains("113000.00"), "{}", offered.text);
    }
    let taken = app.submit(path, &[]).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert!(
        taken.text.contains("value=\"示例商贸有限公司\"") && taken.text.contains("value=\"113000.00\""),
        "{}",
        taken.text
    );
    assert_eq!(app.submit(path, &[]).await.status, StatusCode::NOT_FOUND, "taken once");
    assert_eq!(app.get(path, None).await.status, StatusCode::NOT_FOUND);
    // It does not wait for ever.
    let late =
        asks(&app, &secret, "/api/kiosk/hand-over", Some(laid)).await.json()["link"].as_str().unwrap().to_owned();
    app.minutes_pass(16);
    assert_eq!(app.submit(&late[late.find("/take/").unwrap()..], &[]).await.status, StatusCode::NOT_FOUND);
    let none = json!({"service": "no-such", "answers": {}});
    assert_eq!(asks(&app, &secret, "/api/kiosk/hand-over", Some(none)).await.status, StatusCode::NOT_FOUND);
}
