//! Signing in, being locked out, being signed out.

use crate::testing::TestApp;
use axum::http::{Method, StatusCode};
use serde_json::json;
use yizhan::staff::sessions::set_password;

#[tokio::test]
async fn a_wrong_password_locks_the_account_after_five() {
    let app = TestApp::new();
    let clerk = app.app.image().staff().next().unwrap();
    assert_eq!(set_password(&app.app, "clerk", clerk, "short").unwrap_err().kind.code, "form-invalid");
    set_password(&app.app, "clerk", clerk, "correct horse battery").unwrap();
    let sign_in = |login: &'static str, password: &'static str| {
        app.call(Method::POST, "/api/sign-in", None, &[], Some(json!({"login": login, "password": password})))
    };
    assert_eq!(sign_in("nobody", "correct horse battery").await.code(), "wrong-password");
    for _ in 0..5 {
        assert_eq!(sign_in("clerk", "wrong").await.code(), "wrong-password");
    }
    let locked = sign_in("clerk", "correct horse battery").await;
    assert_eq!((locked.status, locked.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "locked-out"));
}

#[tokio::test]
async fn a_session_begins_and_ends() {
    let app = TestApp::new();
    assert_eq!(app.get("/api/me", None).await.code(), "sign-in");
    let clerk = app.signed_in("clerk").await;
    let me = app.get("/api/me", Some(&clerk)).await.json();
    assert_eq!(
        (&me["role"], &me["demonstration"], &me["today"]),
        (&json!("village"), &json!(true), &json!("2021-02-01"))
    );
    assert_eq!(app.call(Method::POST, "/api/sign-out", Some(&clerk), &[], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/api/me", Some(&clerk)).await.code(), "sign-in");
}

#[tokio::test]
async fn whoever_walks_away_is_signed_out() {
    let app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let idle = i64::from(app.app.config.idle_minutes);
    // Someone at work stays signed in past the limit; the limit counts from the last request.
    for _ in 0..3 {
        app.minutes_pass(idle - 1);
        assert_eq!(app.get("/api/me", Some(&clerk)).await.status, StatusCode::OK);
    }
    app.minutes_pass(idle + 1);
    assert_eq!(app.get("/api/me", Some(&clerk)).await.code(), "sign-in");
}
