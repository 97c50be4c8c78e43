//! Accounts: what of them is on record, how old a session grows, and that the three administrators stay apart.

use crate::testing::{Cast, TestApp, VILLAGE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use yizhan::config::Config;
use yizhan::network::Network;
use yizhan::serve::logbook::{LEAST_DAYS, Logbook};
use yizhan::staff::act::add;
use yizhan::staff::credential::hashed;
use yizhan::staff::sessions::set_password;
use yizhan_core::access::{Deed, Role, may};
use yizhan_core::service::SetFacts;
use yizhan_kit::Moment;

const PASSWORD: &str = "correct horse battery";

async fn post(app: &TestApp, path: &str, who: &Cast, body: Value) -> (StatusCode, String) {
    let answer = app.call(Method::POST, path, Some(who), &[], Some(body)).await;
    let code = if answer.text.is_empty() { String::new() } else { answer.code() };
    (answer.status, code)
}

async fn sign_in(app: &TestApp, login: &str, password: &str) -> StatusCode {
    app.call(Method::POST, "/api/sign-in", None, &[], Some(json!({"login": login, "password": password}))).await.status
}

/// What the journal says of an account, in order.
async fn on_record(app: &TestApp, login: &str) -> Vec<String> {
    let auditor = app.signed_in("auditor").await;
    let journal = app.get("/api/journal?limit=1000", Some(&auditor)).await.json();
    let of = journal.as_array().unwrap().iter().filter(|one| one["whom"] == login);
    of.map(|one| format!("{} {}", one["actor"].as_str().unwrap(), one["verb"].as_str().unwrap())).skip(1).collect()
}

#[tokio::test]
async fn signing_in_being_locked_and_what_becomes_of_an_account_are_on_record() {
    let app = TestApp::new();
    let id = app.app.image().staff_by_login("clerk").unwrap();
    set_password(&app.app, "clerk", id, PASSWORD).unwrap();
    assert_eq!(sign_in(&app, "clerk", PASSWORD).await, StatusCode::OK);
    let clerk = app.signed_in("clerk").await;
    let change = json!({"old": PASSWORD, "new": "another long password"});
    assert_eq!(post(&app, "/api/me/password", &clerk, change).await.0, StatusCode::NO_CONTENT);
    for _ in 0..5 {
        assert_eq!(sign_in(&app, "clerk", "wrong").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(sign_in(&app, "clerk", "another long password").await, StatusCode::TOO_MANY_REQUESTS);
    let security = app.signed_in("security").await;
    assert_eq!(post(&app, "/api/staff/clerk/unlock", &security, json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(sign_in(&app, "clerk", "another long password").await, StatusCode::OK);
    let by = format!("staff:{}", app.app.image().staff_by_login("security").unwrap());
    let own = format!("staff:{id}");
    let said = on_record(&app, "clerk").await;
    assert_eq!(
        said,
        [
            format!("{own} sign-in"),
            format!("{own} change-password"),
            "system lock-account".to_owned(),
            format!("{by} unlock-account"),
            format!("{own} sign-in"),
        ]
    );
}

#[tokio::test]
async fn a_session_ends_after_its_hours_however_much_it_is_used() {
    let app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let hours = i64::from(app.app.config.session_hours);
    for _ in 0..hours * 3 - 1 {
        app.minutes_pass(20);
        assert_eq!(app.get("/api/me", Some(&clerk)).await.status, StatusCode::OK);
        let back = app.call(Method::POST, "/api/act-for", Some(&clerk), &[], Some(json!({}))).await;
        assert_eq!(back.status, StatusCode::OK, "and acting for somebody makes it no younger");
    }
    app.minutes_pass(21);
    assert_eq!(app.get("/api/me", Some(&clerk)).await.code(), "sign-in");
}

#[tokio::test]
async fn the_security_administrator_opens_moves_and_ends_accounts_and_nobody_their_own() {
    let app = TestApp::new();
    let security = app.signed_in("security").await;
    let new = json!({"login": "new-clerk", "name": "丁工", "role": "village", "area": VILLAGE, "password": PASSWORD});
    for login in ["clerk", "district", "auditor", "system", "hospital", "desk"] {
        let other = app.signed_in(login).await;
        for (path, body) in [
            ("/api/staff", new.clone()),
            ("/api/staff/clerk2/office", json!({"role": "district", "area": "990100000000"})),
            ("/api/staff/clerk2/password", json!({"password": PASSWORD})),
            ("/api/staff/clerk2/unlock", json!({})),
            ("/api/staff/clerk2/dismiss", json!({})),
        ] {
            assert_eq!(post(&app, path, &other, body).await.0, StatusCode::FORBIDDEN, "{login} {path}");
        }
        let list = app.get("/api/staff", Some(&other)).await.status;
        assert_eq!(list == StatusCode::OK, login == "auditor", "{login}");
    }
    for weak in ["eleven-char", "aaaaaaaaaaaaaaaa", "a weak-one password"] {
        let weak = json!({"login": "weak-one", "name": "丁工", "role": "village", "area": VILLAGE, "password": weak});
        assert_eq!(post(&app, "/api/staff", &security, weak).await.1, "form-invalid");
    }
    assert!(app.app.image().staff_by_login("weak-one").is_none(), "an account without a password is not opened");
    assert_eq!(post(&app, "/api/staff", &security, new.clone()).await.0, StatusCode::NO_CONTENT);
    assert_eq!(post(&app, "/api/staff", &security, new).await.1, "form-invalid", "a login name is one person's");
    assert_eq!(sign_in(&app, "new-clerk", PASSWORD).await, StatusCode::OK);

    let clerk = app.signed_in("new-clerk").await;
    let office = json!({"role": "township", "area": "990100003000"});
    assert_eq!(post(&app, "/api/staff/new-clerk/office", &security, office.clone()).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/api/me", Some(&clerk)).await.code(), "sign-in", "they sign in anew for the new office");
    let clerk = app.signed_in("new-clerk").await;
    assert_eq!(app.get("/api/me", Some(&clerk)).await.json()["role"], "township");
    let fresh = json!({"password": "quite another password"});
    assert_eq!(post(&app, "/api/staff/new-clerk/password", &security, fresh).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/api/me", Some(&clerk)).await.code(), "sign-in");
    assert_eq!(sign_in(&app, "new-clerk", PASSWORD).await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&app, "new-clerk", "quite another password").await, StatusCode::OK);
    assert_eq!(post(&app, "/api/staff/new-clerk/dismiss", &security, json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(sign_in(&app, "new-clerk", "quite another password").await, StatusCode::FORBIDDEN, "no role, no way in");

    for (path, body) in [
        ("/api/staff/security/office", office),
        ("/api/staff/security/dismiss", json!({})),
        ("/api/staff/security/unlock", json!({})),
    ] {
        assert_eq!(post(&app, path, &security, body).await.1, "forbidden", "{path}: nobody's own account");
    }
    for login in ["auditor", "system"] {
        let path = format!("/api/staff/{login}/password");
        let refused = post(&app, &path, &security, json!({"password": PASSWORD})).await;
        assert_eq!(refused.1, "separate-duties", "who resets an administrator's password could be that administrator");
    }
    assert_eq!(post(&app, "/api/staff/nobody/dismiss", &security, json!({})).await.0, StatusCode::NOT_FOUND);
    let list = app.get("/api/staff", Some(&security)).await.json();
    let ended = list.as_array().unwrap().iter().find(|one| one["login"] == "new-clerk").unwrap();
    assert_eq!((&ended["role"], &ended["password"]), (&Value::Null, &json!(true)));
}

#[tokio::test]
async fn no_account_is_two_of_the_three_administrators() {
    let app = TestApp::new();
    let three = [Role::SystemAdministrator, Role::SecurityAdministrator, Role::Auditor];
    for deed in Deed::ALL {
        let held = three.iter().filter(|role| may(**role, deed)).count();
        assert!(held <= 1, "{} is held by two of the three", deed.as_str());
    }
    let security = app.signed_in("security").await;
    for (login, role) in
        [("auditor", "system-administrator"), ("system", "auditor"), ("auditor", "security-administrator")]
    {
        let path = format!("/api/staff/{login}/office");
        let refused = post(&app, &path, &security, json!({"role": role, "area": "990100000000"})).await;
        assert_eq!(refused.1, "separate-duties", "{login} as {role}");
    }
    // Not later either, once the first office has ended; nor by the program's own hand.
    app.days_pass(1);
    assert_eq!(post(&app, "/api/staff/system/dismiss", &security, json!({})).await.0, StatusCode::NO_CONTENT);
    let again = json!({"role": "auditor", "area": "990100000000"});
    assert_eq!(post(&app, "/api/staff/system/office", &security, again).await.1, "separate-duties");
    let back = json!({"role": "system-administrator", "area": "990100000000"});
    assert_eq!(post(&app, "/api/staff/system/office", &security, back).await.0, StatusCode::NO_CONTENT);
    let subject = app.app.image().staff_by_login("auditor").unwrap();
    let today = app.app.now().day();
    let facts = vec![("staff.role".to_owned(), Some("system-administrator".to_owned()))];
    let set = SetFacts { subject, facts, sealed: None, from: today, to: None, source: "test".into() };
    assert_eq!(app.act_of_the_program(Arc::new(set)).unwrap_err().kind.code, "separate-duties");
    let mut two = add("two", "x", Role::Auditor, "990100000000".parse().unwrap(), None, today);
    two.since.push(("staff.role".into(), "system-administrator".into(), today));
    assert_eq!(app.act_of_the_program(Arc::new(two)).unwrap_err().kind.code, "separate-duties");
    // Nor in a colleague's place.
    let days = |to: &str| json!({"to": to, "from": "2021-02-02", "until": "2021-02-09"});
    for (from, to) in [("auditor", "system"), ("system", "security"), ("security", "district"), ("district", "auditor")]
    {
        let who = app.signed_in(from).await;
        assert_eq!(post(&app, "/api/delegations", &who, days(to)).await.1, "separate-duties", "{from} to {to}");
    }
    let district = app.signed_in("district").await;
    assert_eq!(post(&app, "/api/delegations", &district, days("district2")).await.0, StatusCode::NO_CONTENT);
    let become_auditor = json!({"role": "auditor", "area": "990100000000"});
    assert_eq!(post(&app, "/api/staff/district2/office", &security, become_auditor).await.0, StatusCode::NO_CONTENT);
    let deputy = app.signed_in("district2").await;
    let refused = post(&app, "/api/act-for", &deputy, json!({"whom": "district"})).await;
    assert_eq!(refused.1, "separate-duties", "a delegation from before joins no two offices");
}

#[tokio::test]
async fn administrators_do_nothing_without_a_second_factor_where_that_is_asked_for() {
    let roles = ["system-administrator", "security-administrator", "auditor"].map(str::to_owned).to_vec();
    let app = TestApp::with(Config { factor_roles: roles, ..Config::default() });
    for login in ["security", "clerk"] {
        let id = app.app.image().staff_by_login(login).unwrap();
        set_password(&app.app, login, id, PASSWORD).unwrap();
    }
    let enter = async |login: &str| {
        let sent = json!({"login": login, "password": PASSWORD});
        let answer = app.call(Method::POST, "/api/sign-in", None, &[], Some(sent)).await;
        Cast::from_cookie(answer.headers["set-cookie"].to_str().unwrap())
    };
    let security = enter("security").await;
    assert_eq!(app.get("/api/staff", Some(&security)).await.code(), "factor-needed");
    assert_eq!(app.get("/api/me", Some(&security)).await.status, StatusCode::OK, "but one's own account is open");
    let offer =
        app.call(Method::POST, "/api/me/factor", Some(&security), &[], Some(json!({"password": PASSWORD}))).await;
    let secret = offer.json()["secret"].as_str().unwrap().to_owned();
    let code = json!({"code": crate::staff::shown(&app, &secret, 0)});
    assert_eq!(post(&app, "/api/me/factor/accept", &security, code).await.0, StatusCode::OK);
    assert_eq!(app.get("/api/staff", Some(&security)).await.status, StatusCode::OK);
    let clerk = enter("clerk").await;
    assert_eq!(app.get("/api/cases", Some(&clerk)).await.status, StatusCode::OK, "other roles are not asked");
}

#[test]
fn a_password_that_is_tried_first_is_refused() {
    let app = TestApp::new();
    let taken = |password: &str| hashed(&app.app, "zhang-wei", password).is_ok();
    let common = ["password1234", "qwertyuiopasdf", "iloveyou2021!", "123456123456", "aaaaaaaaaaaa", "zhang-wei-2021!"];
    for password in common {
        assert!(!taken(password), "{password}");
    }
    for password in ["short-Tz9", "gravel-otter-lantern", PASSWORD] {
        assert_eq!(taken(password), password.len() >= 12, "{password}");
    }
}

#[tokio::test]
async fn administrators_work_from_their_own_network_only_where_that_is_said() {
    let of = |text: &str| text.parse::<Network>();
    let app = TestApp::with(Config {
        administrators_from: ["10.1.0.0/16", "192.0.2.7", "2001:db8:7::/48"].map(|text| of(text).unwrap()).to_vec(),
        ..Config::default()
    });
    for (login, from, taken) in [
        ("security", "10.1.255.9", true),
        ("security", "10.2.0.1", false),
        ("auditor", "192.0.2.7", true),
        ("auditor", "192.0.2.8", false),
        ("auditor", "2001:db8:7:ffff::1", true),
        ("auditor", "2001:db8:8::1", false),
        ("clerk", "10.2.0.1", true),
    ] {
        let who = app.signed_in(login).await;
        let answer = app.call(Method::GET, "/api/me", Some(&who), &[("x-forwarded-for", from)], None).await;
        let expected = if taken { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{login} from {from}");
        assert_eq!(app.get("/api/me", Some(&who)).await.status, StatusCode::OK, "this machine always may");
    }
    for wrong in ["10.1.0.0/33", "10.1/16", "", "2001:db8::/129", "10.1.0.0/x"] {
        assert!(of(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn log_lines_are_kept_for_six_months_and_more() {
    assert!(Config::default().logs.days >= LEAST_DAYS && LEAST_DAYS >= 184);
    let file = std::env::temp_dir().join(format!("yizhan-logs-{}.toml", std::process::id()));
    for (line, taken) in [
        ("logs = {days = 184}", true),
        ("logs = {days = 183}", false),
        ("factor_roles = [\"boss\"]", false),
        ("administrators_from = [\"10/8\"]", false),
    ] {
        std::fs::write(&file, line).unwrap();
        assert_eq!(Config::read(Some(&file)).is_ok(), taken, "{line}");
    }
    let _ = std::fs::remove_file(file);
    let folder = std::env::temp_dir().join(format!("yizhan-logs-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let book = Logbook::open(&folder, LEAST_DAYS).unwrap();
    std::fs::write(folder.join("somebody-elses.log"), "x").unwrap();
    let first: Moment = "2021-01-01T09:00".parse().unwrap();
    let on = |days: i64| first.plus_ms(days * 86_400_000);
    for day in [0, 1, 2, 184] {
        book.write_at(on(day), format!("line of {day}\n").as_bytes()).unwrap();
        book.write_at(on(day), b"and another\n").unwrap();
    }
    let there = |day: &str| folder.join(format!("yizhan-{day}.log"));
    assert_eq!(std::fs::read_to_string(there("2021-01-01")).unwrap(), "line of 0\nand another\n", "six months old");
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(there("2021-01-01")).unwrap().permissions().mode() & 0o077, 0);
    }
    book.write_at(on(185), b"x\n").unwrap();
    assert!(!there("2021-01-01").exists() && there("2021-01-02").exists(), "a day more, and its time is over");
    assert!(folder.join("somebody-elses.log").exists());
    std::fs::remove_dir_all(folder).unwrap();
}
