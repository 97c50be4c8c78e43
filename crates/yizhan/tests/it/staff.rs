//! Signing in, being locked out, being signed out.

use crate::testing::{Cast, TestApp};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use yizhan::staff::sessions::set_password;
use yizhan_kit::otp;

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

const PASSWORD: &str = "correct horse battery";

/// The code that an authenticator with a secret shows now, or some half minutes later.
pub fn shown(app: &TestApp, secret: &str, later: i64) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    otp::code(&bytes.try_into().unwrap(), otp::step(app.app.real_clock.now()) + later)
}

#[tokio::test]
async fn a_second_factor_is_wanted_once_it_was_proved_and_never_twice_the_same() {
    let app = TestApp::new();
    let id = app.app.image().staff_by_login("clerk").unwrap();
    set_password(&app.app, "clerk", id, PASSWORD).unwrap();
    let clerk = app.signed_in("clerk").await;
    let post = async |path: &str, body: Value| app.call(Method::POST, path, Some(&clerk), &[], Some(body)).await;
    let sign_in = async |body: Value| app.call(Method::POST, "/api/sign-in", None, &[], Some(body)).await;
    let with = |code: &str| json!({"login": "clerk", "password": PASSWORD, "code": code});

    assert_eq!(post("/api/me/factor", json!({"password": "wrong"})).await.code(), "wrong-password");
    let offer = post("/api/me/factor", json!({"password": PASSWORD})).await.json();
    let secret = offer["secret"].as_str().unwrap().to_owned();
    assert!(offer["uri"].as_str().unwrap().contains(&secret) && offer["picture"].as_str().unwrap().contains("<svg"));
    let without = json!({"login": "clerk", "password": PASSWORD});
    assert_eq!(sign_in(without.clone()).await.status, StatusCode::OK, "an offer changes nothing");
    assert_eq!(post("/api/me/factor/accept", json!({"code": "000000"})).await.code(), "wrong-password");
    let codes = post("/api/me/factor/accept", json!({"code": shown(&app, &secret, 0)})).await.json()["codes"].clone();
    assert_eq!(codes.as_array().unwrap().len(), 8);

    assert_eq!(sign_in(without).await.code(), "second-factor");
    assert_eq!(sign_in(with(&shown(&app, &secret, 0))).await.code(), "wrong-password", "it was taken to prove it");
    let next = shown(&app, &secret, 1);
    assert_eq!(sign_in(with(&next)).await.status, StatusCode::OK);
    assert_eq!(sign_in(with(&next)).await.code(), "wrong-password", "no code is good twice");
    let recovery = codes[0].as_str().unwrap();
    assert_eq!(sign_in(with(recovery)).await.status, StatusCode::OK);
    assert_eq!(sign_in(with(recovery)).await.code(), "wrong-password", "nor is a recovery code");
    let stranger = json!({"login": "clerk", "password": "not the password", "code": codes[1]});
    assert_eq!(sign_in(stranger).await.code(), "wrong-password", "a code alone opens nothing");
    assert_eq!(sign_in(with(codes[1].as_str().unwrap())).await.status, StatusCode::OK, "and was not used up by it");

    let again = post("/api/me/factor", json!({"password": PASSWORD})).await;
    assert_eq!(again.code(), "wrong-password", "a password alone replaces no second factor");
    let proof = json!({"password": PASSWORD, "code": codes[2]});
    assert_eq!(post("/api/me/factor/remove", proof).await.status, StatusCode::NO_CONTENT);
    assert_eq!(sign_in(json!({"login": "clerk", "password": PASSWORD})).await.status, StatusCode::OK);
}

#[tokio::test]
async fn sessions_are_seen_and_ended_and_a_new_password_ends_the_others() {
    let app = TestApp::new();
    let id = app.app.image().staff_by_login("clerk").unwrap();
    set_password(&app.app, "clerk", id, PASSWORD).unwrap();
    let (here, there) = (app.signed_in("clerk").await, app.signed_in("clerk").await);
    let other = app.signed_in("clerk2").await;
    let list = app.get("/api/me/sessions", Some(&here)).await.json();
    let theirs: Vec<&Value> = list.as_array().unwrap().iter().filter(|one| one["own"] == false).collect();
    assert_eq!((list.as_array().unwrap().len(), theirs.len()), (2, 1));
    let name = json!({"name": theirs[0]["name"]});
    let end =
        async |who: &Cast| app.call(Method::POST, "/api/me/sessions/end", Some(who), &[], Some(name.clone())).await;
    assert_eq!(end(&other).await.status, StatusCode::NOT_FOUND, "nobody ends another's session");
    assert_eq!(end(&here).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/api/me", Some(&there)).await.code(), "sign-in");

    let third = app.signed_in("clerk").await;
    let change = async |old: &str, new: &str| {
        app.call(Method::POST, "/api/me/password", Some(&here), &[], Some(json!({"old": old, "new": new}))).await
    };
    assert_eq!(change("wrong", "another long password").await.code(), "wrong-password");
    for weak in ["short", "aaaaaaaaaaaaaaaa", "my clerk password"] {
        assert_eq!(change(PASSWORD, weak).await.code(), "form-invalid", "{weak}");
    }
    assert_eq!(change(PASSWORD, "another long password").await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/api/me", Some(&here)).await.status, StatusCode::OK);
    assert_eq!(app.get("/api/me", Some(&third)).await.code(), "sign-in", "it ended with the old password");
}
