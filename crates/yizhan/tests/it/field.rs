//! Field work: a phone is enrolled with a second factor, takes a day along, sends each visit once, is revoked; two workers'
//! visits of one day both stay and are shown.

use crate::paper::{name_of, upload};
use crate::programme::town::Town;
use crate::testing::{Answer, Cast, NEIGHBOUR, TestApp, VILLAGE};
use axum::http::{Method, StatusCode};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use std::io::Cursor;
use yizhan::staff::sessions::set_password;
use yizhan_kit::otp;

const PASSWORD: &str = "correct horse battery";

/// A phone of the stories, with the session it has at the moment.
struct Phone {
    name: String,
    secret: String,
    session: Option<Cast>,
}

impl Phone {
    /// Enrols one as somebody of the cast, for whom one click stands for both factors.
    async fn of(app: &TestApp, login: &str) -> Self {
        let who = app.signed_in(login).await;
        Self::enrolled(&enrol(app, &who, "").await)
    }

    fn enrolled(answer: &Answer) -> Self {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
        Self { name: text("phone"), secret: text("secret"), session: None }
    }

    /// Asks for a session.
    async fn asks(&mut self, app: &TestApp, code: &str) -> Answer {
        let bearer = format!("Bearer {}", self.secret);
        let headers = [("field-phone", self.name.as_str()), ("authorization", bearer.as_str())];
        let body = Some(json!({ "code": code }));
        let answer = app.call(Method::POST, "/api/field/session", None, &headers, body).await;
        if let Some(cookie) = answer.headers.get("set-cookie") {
            self.session = Some(Cast::from_cookie(cookie.to_str().unwrap()));
        }
        answer
    }

    async fn get(&self, app: &TestApp, path: &str, more: &[(&str, &str)]) -> Answer {
        let headers = [&[("field-phone", self.name.as_str())], more].concat();
        app.call(Method::GET, path, self.session.as_ref(), &headers, None).await
    }

    async fn post(&self, app: &TestApp, path: &str, key: &str, body: Value) -> Answer {
        let headers = [("field-phone", self.name.as_str()), ("idempotency-key", key)];
        app.call(Method::POST, path, self.session.as_ref(), &headers, Some(body)).await
    }

    async fn standing(&self, app: &TestApp) -> String {
        let asked = app.call(Method::POST, "/api/field/standing", None, &[], Some(json!({"phone": self.name}))).await;
        asked.json()["state"].as_str().unwrap().to_owned()
    }
}

async fn enrol(app: &TestApp, who: &Cast, code: &str) -> Answer {
    let body = json!({"name": "下乡手机", "code": code});
    app.call(Method::POST, "/api/field/phones", Some(who), &[], Some(body)).await
}

async fn signed_in_with(app: &TestApp, body: Value) -> Cast {
    let answer = app.call(Method::POST, "/api/sign-in", None, &[], Some(body)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    Cast::from_cookie(answer.headers["set-cookie"].to_str().unwrap())
}

/// The code that an authenticator with a secret shows now, or some half minutes later.
fn shown(app: &TestApp, secret: &str, later: i64) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    otp::code(&bytes.try_into().unwrap(), otp::step(app.app.real_clock.now()) + later)
}

fn photo(shade: u8) -> Vec<u8> {
    let picture = RgbImage::from_fn(80, 60, |x, y| Rgb([shade, u8::try_from(x).unwrap(), u8::try_from(y).unwrap()]));
    let mut bytes = Vec::new();
    DynamicImage::ImageRgb8(picture).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
    bytes
}

#[tokio::test]
async fn a_phone_is_enrolled_with_a_second_factor_and_asked_for_it_again_after_thirty_days() {
    let app = TestApp::new();
    assert_eq!(app.get("/api/field/phones", None).await.code(), "sign-in");
    let id = app.app.image().staff_by_login("clerk").unwrap();
    set_password(&app.app, "clerk", id, PASSWORD).unwrap();
    let plain = signed_in_with(&app, json!({"login": "clerk", "password": PASSWORD})).await;
    assert_eq!(enrol(&app, &plain, "").await.code(), "second-factor", "a password alone enrols no phone");

    let offer = app.call(Method::POST, "/api/me/factor", Some(&plain), &[], Some(json!({"password": PASSWORD}))).await;
    let secret = offer.json()["secret"].as_str().unwrap().to_owned();
    let first = json!({"code": shown(&app, &secret, 0)});
    let accepted = app.call(Method::POST, "/api/me/factor/accept", Some(&plain), &[], Some(first)).await;
    assert_eq!(accepted.status, StatusCode::OK);
    assert_eq!(enrol(&app, &plain, "000000").await.code(), "wrong-password");
    assert_eq!(enrol(&app, &plain, &shown(&app, &secret, 0)).await.code(), "wrong-password", "a code is good once");
    let mut phone = Phone::enrolled(&enrol(&app, &plain, &shown(&app, &secret, 1)).await);

    // Whoever gave a code on signing in is not asked again, for a while.
    app.minutes_pass(5);
    let both = json!({"login": "clerk", "password": PASSWORD, "code": shown(&app, &secret, 0)});
    let both = signed_in_with(&app, both).await;
    Phone::enrolled(&enrol(&app, &both, "").await);
    app.minutes_pass(11);
    assert_eq!(enrol(&app, &both, "").await.code(), "second-factor");

    assert_eq!(phone.get(&app, "/api/me", &[]).await.code(), "sign-in", "no session yet");
    assert_eq!(phone.asks(&app, "").await.status, StatusCode::OK);
    let stranger = Phone { name: phone.name.clone(), secret: "guessed".into(), session: None };
    let asked = Phone { ..stranger }.asks(&app, "").await;
    assert_eq!(asked.code(), "unknown-phone");
    assert_eq!(phone.get(&app, "/api/me", &[]).await.json()["login"], "clerk");
    // The session is the phone's alone, and is not drawn out by use.
    assert_eq!(app.get("/api/me", phone.session.as_ref()).await.code(), "sign-in");
    app.minutes_pass(14);
    assert_eq!(phone.get(&app, "/api/me", &[]).await.status, StatusCode::OK);
    app.minutes_pass(2);
    assert_eq!(phone.get(&app, "/api/me", &[]).await.code(), "sign-in");

    app.minutes_pass(31 * 24 * 60);
    assert_eq!(phone.asks(&app, "").await.code(), "second-factor");
    assert_eq!(phone.asks(&app, "123456").await.code(), "wrong-password");
    assert_eq!(phone.asks(&app, &shown(&app, &secret, 0)).await.status, StatusCode::OK);
    assert_eq!(phone.asks(&app, "").await.status, StatusCode::OK, "good for another thirty days");
}

#[tokio::test]
async fn a_phone_that_was_revoked_hears_of_it_with_its_next_request_and_never_comes_back() {
    let app = TestApp::new();
    let mut phone = Phone::of(&app, "clerk").await;
    assert_eq!(phone.asks(&app, "").await.status, StatusCode::OK);
    assert_eq!(phone.standing(&app).await, "good");
    let (clerk, township, security) =
        (app.signed_in("clerk").await, app.signed_in("township").await, app.signed_in("security").await);
    let own = app.get("/api/field/phones", Some(&clerk)).await.json();
    assert_eq!((own.as_array().unwrap().len(), &own[0]["name"]), (1, &json!("下乡手机")));
    assert_eq!(app.get("/api/field/phones/all", Some(&clerk)).await.status, StatusCode::FORBIDDEN);
    for watches in [&township, &security] {
        let all = app.get("/api/field/phones/all", Some(watches)).await.json();
        assert_eq!(all[0]["phone"], json!(phone.name), "{all}");
    }

    let path = format!("/api/field/phones/{}/revoke", phone.name);
    let neighbour = app.signed_in("neighbour").await;
    let revoke = async |who: &Cast| app.call(Method::POST, &path, Some(who), &[], None).await.status;
    assert_eq!(revoke(&neighbour).await, StatusCode::NOT_FOUND, "nobody revokes another's phone");
    let before = app.app.image().seq;
    assert_eq!(revoke(&township).await, StatusCode::NO_CONTENT);
    assert_eq!(app.app.image().seq, before + 1, "it is on record");
    assert_eq!(revoke(&township).await, StatusCode::NO_CONTENT, "again is as good as once");
    assert_eq!(app.app.image().seq, before + 1);

    let visit = json!({"region": VILLAGE, "kind": "road", "where": "桥头", "what": "坑洼"});
    assert_eq!(phone.get(&app, "/api/field/day", &[]).await.code(), "phone-revoked", "its session is over at once");
    assert_eq!(phone.post(&app, "/api/cases/grid-report", "k", visit).await.code(), "phone-revoked");
    assert_eq!(phone.asks(&app, "").await.code(), "phone-revoked", "and there is no other");
    assert_eq!(phone.standing(&app).await, "revoked", "a locked phone hears of it too");
    let all = app.get("/api/field/phones/all", Some(&security)).await.json();
    assert_eq!(all[0]["revoked_by"], "township");
    let unknown = Phone { name: "none".into(), secret: String::new(), session: None };
    assert_eq!(unknown.standing(&app).await, "unknown");
}

#[tokio::test]
async fn what_a_phone_sends_after_its_session_ended_is_sent_in_nobodys_name() {
    let app = TestApp::new();
    let mut phone = Phone::of(&app, "clerk").await;
    phone.asks(&app, "").await;
    app.minutes_pass(20);
    // Anyone may report a hole in a road; a worker whose session ended may not do so as anyone.
    let seen = json!({"region": VILLAGE, "kind": "road", "where": "桥头", "what": "坑洼"});
    assert_eq!(phone.post(&app, "/api/cases/grid-report", "once", seen.clone()).await.code(), "sign-in");
    phone.session = None;
    assert_eq!(phone.post(&app, "/api/cases/grid-report", "once", seen.clone()).await.code(), "sign-in");
    phone.asks(&app, "").await;
    let first = phone.post(&app, "/api/cases/grid-report", "once", seen.clone()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    // The answer was lost; the next session asks again, and gets the first answer.
    app.minutes_pass(20);
    phone.asks(&app, "").await;
    let again = phone.post(&app, "/api/cases/grid-report", "once", seen).await;
    assert_eq!((again.status, &again.json()["number"]), (StatusCode::CREATED, &first.json()["number"]));
    let other = json!({"region": VILLAGE, "kind": "road", "where": "桥尾", "what": "坑洼"});
    assert_eq!(phone.post(&app, "/api/cases/grid-report", "once", other).await.code(), "key-reused");
}

#[tokio::test]
async fn a_photo_is_one_paper_however_often_any_of_its_requests_is_repeated() {
    let mut app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let seen = json!({"region": VILLAGE, "kind": "road", "where": "桥头", "what": "坑洼"});
    let case = app.post("/api/cases/grid-report", Some(&clerk), seen).await.json();
    let number = case["number"].as_str().unwrap();
    let bytes = photo(200);
    let length = bytes.len().to_string();
    let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let said = format!(
        "filename {},taken {},place {}",
        base64("照片.jpg"),
        base64("2021-02-01T08:15:00+08:00"),
        base64("34.56789,-108.12345")
    );
    let begin = async |key: &str| {
        let headers =
            [("upload-length", length.as_str()), ("upload-metadata", said.as_str()), ("idempotency-key", key)];
        let begun = app.raw(Method::POST, "/api/uploads", Some(&clerk), &headers, Vec::new()).await;
        assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text);
        begun.headers["location"].to_str().unwrap().to_owned()
    };
    let address = begin("photo-1").await;
    assert_eq!(begin("photo-1").await, address, "the answer was lost: it is the same upload");
    assert_ne!(begin("photo-2").await, address);
    let neighbour = app.signed_in("neighbour").await;
    let headers = [("upload-length", length.as_str()), ("idempotency-key", "photo-1")];
    let theirs = app.raw(Method::POST, "/api/uploads", Some(&neighbour), &headers, Vec::new()).await;
    assert_ne!(theirs.headers["location"].to_str().unwrap(), address, "a key is its sender's own");

    let headers = [("upload-offset", "0"), ("content-type", "application/offset+octet-stream")];
    let taken = app.raw(Method::PATCH, &address, Some(&clerk), &headers, bytes.clone()).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT);
    let path = format!("/api/cases/{number}/papers/before");
    let attach = async |upload: Value| app.call(Method::POST, &path, Some(&clerk), &[], Some(upload)).await;
    let first = attach(name_of(&address)).await.json();
    assert_eq!(attach(name_of(&address)).await.status, StatusCode::NOT_FOUND, "what was attached is dropped");
    let sent_again = upload(&app, Some(&clerk), "", &bytes, 100).await;
    assert_eq!(attach(name_of(&sent_again)).await.json()["seq"], first["seq"], "and sent again is the same paper");
    let papers = app.get(&format!("/api/cases/{number}/papers"), Some(&clerk)).await.json();
    let papers = papers["papers"].as_array().unwrap();
    assert_eq!(papers.len(), 1);
    assert_eq!(papers[0]["place"], "34.56789,-108.12345");
    assert!(papers[0]["taken"].as_str().unwrap().starts_with("2021-02-01T08:15"), "{}", papers[0]["taken"]);
}

#[tokio::test]
async fn what_is_no_time_and_no_place_is_not_kept_as_one() {
    use yizhan::paper::upload::Taken;
    assert_eq!(Taken::read("", ""), Taken::default());
    assert_eq!(Taken::read("yesterday", "<b>,1"), Taken::default());
    assert_eq!(Taken::read("", "34.5,108.25").place, "34.5,108.25");
    assert_eq!(Taken::read("", "34.5").place, "");
}

#[tokio::test]
async fn a_day_is_taken_along_with_all_that_is_due_at_a_household_and_nothing_private() {
    let town = Town::new();
    let (home, _) = town.alone("1950-01-01", &[]);
    let well = town.settle("water-point", VILLAGE, "柳湾村供水点");
    town.learn(home, "household.water-point", &well.to_string());
    town.learn(home, "household.cause", "9");
    let other = town.add("household", &[("area", NEIGHBOUR), ("registered", "true"), ("attribute", "1")]);
    town.person(other, "1950-01-01", &[]);
    let app = town.app();
    let mut phone = Phone::of(app, "clerk").await;
    phone.asks(app, "").await;
    let first = phone.get(app, "/api/field/day", &[]).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let day = first.json();
    let places = day["places"].as_array().unwrap();
    let of_village = |place: &Value| place["area"] == VILLAGE;
    assert!(places.iter().all(of_village), "nothing of the neighbour's: {other}");
    let at = |subject: u32| {
        let found = places.iter().find(|place| place["subject"] == subject);
        found.unwrap_or_else(|| panic!("{subject} is not on the list"))
    };
    let due = |subject: u32, service: &str| {
        let dues = at(subject)["dues"].as_array().unwrap();
        dues.iter().find(|due| due["service"] == service).unwrap_or_else(|| panic!("{dues:?}"))["prefill"].clone()
    };
    assert_eq!(due(home, "home-visit"), json!({"region": VILLAGE, "household": home}));
    assert_eq!(due(well, "water-test"), json!({"region": VILLAGE, "water_point": well}));
    let forms: Vec<&str> =
        day["forms"].as_array().unwrap().iter().map(|one| one["service"].as_str().unwrap()).collect();
    assert!(["grid-report", "home-visit", "water-test"].iter().all(|form| forms.contains(form)), "{forms:?}");
    let card = at(home)["card"].to_string();
    let page = app.get(&format!("/api/households/{home}"), Some(&app.signed_in("clerk").await)).await.json();
    let facts = page["parts"].as_array().unwrap().iter().flat_map(|part| part["facts"].as_array().unwrap());
    let (private, open): (Vec<&Value>, Vec<&Value>) = facts.partition(|fact| fact["private"] == true);
    assert!(!private.is_empty() && !open.is_empty(), "the household has facts of both kinds");
    assert!(open.iter().all(|fact| card.contains(fact["title"].as_str().unwrap())), "{card}");
    assert!(private.iter().all(|fact| !card.contains(fact["title"].as_str().unwrap())), "{card}");

    let tag = first.headers["etag"].to_str().unwrap();
    let acts = app.app.image().seq;
    let again = phone.get(app, "/api/field/day", &[("if-none-match", tag)]).await;
    assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(app.app.image().seq, acts, "nothing was taken along");
    let auditor = app.signed_in("auditor").await;
    assert_eq!(app.get("/api/field/day", Some(&auditor)).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn two_workers_at_one_household_on_one_day_are_two_cases_and_each_shows_the_other() {
    let mut town = Town::new();
    let (home, _) = town.alone("1950-01-01", &[]);
    let visit =
        |day: String, found: &str| json!({"region": VILLAGE, "household": home, "done_on": day, "found": found});
    let today = town.today().to_string();
    let before = town.open("clerk", "home-visit", visit("2021-01-31".into(), "粮食够吃")).await;
    let first = town.open("clerk", "home-visit", visit(today.clone(), "老人感冒")).await;
    let second = town.open("clerk2", "home-visit", visit(today, "一切正常")).await;
    let clerk = town.app().signed_in("clerk").await;
    let others = async |town: &Town, number: &str| {
        let page = town.app().get(&format!("/api/cases/{number}"), Some(&clerk)).await.json();
        let rows = page["same_day"].as_array().unwrap().clone();
        rows.iter().map(|row| (row["number"].to_string(), row["by"].to_string())).collect::<Vec<_>>()
    };
    let quoted = |text: &str| format!("{text:?}");
    assert_eq!(others(&town, &first).await, [(quoted(&second), quoted("clerk2"))]);
    assert_eq!(others(&town, &second).await, [(quoted(&first), quoted("clerk"))]);
    assert_eq!(others(&town, &before).await, []);
    let visits = town.app().get(&format!("/api/subjects/{home}/visits"), Some(&clerk)).await.json();
    let told: Vec<(&Value, &Value)> =
        visits.as_array().unwrap().iter().map(|one| (&one["number"], &one["others"])).collect();
    let (one, two) = (json!(1), json!(0));
    let (first_, second_, before_) = (json!(first), json!(second), json!(before));
    assert_eq!(told, [(&second_, &one), (&first_, &one), (&before_, &two)]);
    // Each is checked by somebody else, and both count: neither takes the other's place.
    assert_eq!(town.try_sign("clerk2", &first, json!({})).await.status, StatusCode::OK);
    assert_eq!(town.try_sign("clerk", &second, json!({})).await.status, StatusCode::OK);
    assert_eq!((town.state(&first).await.as_str(), town.state(&second).await.as_str()), ("completed", "completed"));
    assert_eq!(others(&town, &first).await.len(), 1);
    let neighbour = town.app().signed_in("neighbour").await;
    let theirs = town.app().get(&format!("/api/subjects/{home}/visits"), Some(&neighbour)).await.json();
    assert_eq!(theirs, json!([]), "another village's visits are not told");
}
