//! The civic ground by its doors: a kitchen's page and its camera, signing up and being checked in, reports on the map, stations
//! that are alive, campaigns.

use crate::programme::town::Town;
use crate::testing::{Cast, NEIGHBOUR, TOWNSHIP, TestApp, VILLAGE};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use yizhan::config::{Config, Kitchens};
use yizhan::kitchen::rule::{Place, grade, kind, stays_here};
use yizhan::kitchen::watch;
use yizhan_core::access::Viewer;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_core::service::AddSubject;

/// A gateway with one camera, which counts what it is asked and can fall silent.
struct Gateway {
    origin: String,
    asked: Arc<AtomicUsize>,
    silent: Arc<AtomicBool>,
}

const PLAYLIST: &str = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nseg-1.ts\n";

async fn gateway() -> Gateway {
    let (asked, silent) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (count, off) = (asked.clone(), silent.clone());
    let playlist = move || {
        let (count, off) = (count.clone(), off.clone());
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            if off.load(Ordering::SeqCst) { Err(StatusCode::BAD_GATEWAY) } else { Ok(PLAYLIST) }
        }
    };
    let moved = || async { (StatusCode::FOUND, [(header::LOCATION, "/live/k1/seg-1.ts")]) };
    let router = Router::new()
        .route("/live/k1/index.m3u8", get(playlist))
        .route("/live/k1/seg-1.ts", get(|| async { vec![0x47_u8; 188 * 3] }))
        .route("/live/k1/seg-2.ts", get(moved))
        .route("/live/k1/snapshot.jpg", get(|| async { "<html>no picture</html>" }))
        .route("/live/k1/huge.ts", get(|| async { vec![0_u8; 7 * 1024 * 1024] }))
        .route("/live/k1/other.m3u8", get(|| async { "#EXTM3U\n#EXTINF:2.0,\nhttp://127.0.0.1:1/secret.ts\n" }));
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", door.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(door, router).await });
    Gateway { origin, asked, silent }
}

/// A kitchen of the village.
fn kitchen(app: &TestApp, facts: &[(&str, &str)]) -> u32 {
    let facts = facts.iter().map(|(name, value)| (format!("kitchen.{name}"), (*value).to_owned())).collect();
    let add = AddSubject {
        kind: "kitchen".into(),
        facts,
        since: Vec::new(),
        sealed: None,
        from: "2021-01-01".parse().unwrap(),
        source: "test".into(),
        members: Vec::new(),
    };
    app.act_of_the_program(Arc::new(add)).unwrap().about.unwrap().0
}

fn down_since(app: &TestApp, kitchen: u32) -> Option<Known> {
    let program = Viewer::program();
    program.look(&app.app.image()).fact(SubjectId(kitchen), "kitchen.camera-down-since", app.app.now().day())
}

#[test]
fn a_camera_lies_at_a_gateway_of_ours_and_nowhere_else() {
    let ours = ["http://10.1.2.3:8080".to_owned(), "https://tv.example.cn".to_owned()];
    for (address, good) in [
        ("http://10.1.2.3:8080/live/k1/index.m3u8", true),
        ("https://tv.example.cn/index.m3u8", true),
        ("http://tv.example.cn/index.m3u8", false),
        ("http://10.1.2.3/live/k1/index.m3u8", false),
        ("http://10.1.2.3:8080@evil.example/index.m3u8", false),
        ("http://evil.example/10.1.2.3:8080/index.m3u8", false),
        ("http://10.1.2.3:8080/live/../admin/index.m3u8", false),
        ("http://10.1.2.3:8080/live/%2e%2e/index.m3u8", false),
        ("http://10.1.2.3:8080/live/index.m3u8?to=http://x", false),
        ("http://169.254.169.254/latest/meta-data.m3u8", false),
        ("file:///etc/passwd.m3u8", false),
        ("http://10.1.2.3:8080/live/k1/index.html", false),
    ] {
        assert_eq!(Place::read(address, &ours).is_some(), good, "{address}");
    }
    for name in ["../index.m3u8", "a/b.ts", "seg.ts?x", ".ts", "seg", "other.jpg", "seg.html", "a..ts"] {
        assert_eq!(kind(name), None, "{name}");
    }
    assert!(stays_here(PLAYLIST) && stays_here("#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\nseg-1.m4s\n"));
    for away in [
        "#EXTM3U\nhttp://x/a.ts\n",
        "#EXTM3U\n//x/a.ts\n",
        "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"http://x/k\"\nseg.ts\n",
        "seg.ts\n",
    ] {
        assert!(!stays_here(away), "{away}");
    }
    assert_eq!([grade(90, 90, 80), grade(89, 90, 80), grade(79, 90, 80)], ["A", "B", "C"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kitchens_page_shows_its_score_and_relays_its_camera_once_for_many() {
    let gate = gateway().await;
    let config = Config { kitchens: Kitchens { gateways: vec![gate.origin.clone()] }, ..Config::default() };
    let app = TestApp::with(config);
    let camera = format!("{}/live/k1/index.m3u8", gate.origin);
    let shown = [
        ("area", VILLAGE),
        ("name", "柳湾小学食堂"),
        ("licence", "JY1"),
        ("licence-until", "2021-12-31"),
        ("shows-by", "camera"),
        ("camera", &camera),
        ("score", "92"),
        ("inspected-on", "2021-01-10"),
    ];
    let one = kitchen(&app, &shown);
    let page = app.get(&format!("/k/{one}?lang=zh"), None).await;
    assert!(
        page.text.contains("柳湾小学食堂") && page.text.contains("grade-A") && page.text.contains("2021-12-31"),
        "{}",
        page.text
    );
    assert!(page.text.len() < 30 * 1024 && page.text.contains(&format!("/k/{one}/live/index.m3u8")), "{}", page.text);
    let at = |name: &str| format!("/k/{one}/live/{name}");
    // Two who look at once are one question to the gateway.
    let (first, second) = (at("index.m3u8"), at("index.m3u8"));
    let (first, second) = tokio::join!(app.get(&first, None), app.get(&second, None));
    assert_eq!((first.text.as_str(), second.text.as_str()), (PLAYLIST, PLAYLIST));
    assert_eq!(first.headers["content-type"], "application/vnd.apple.mpegurl");
    assert_eq!(gate.asked.load(Ordering::SeqCst), 1);
    assert_eq!(app.get(&at("seg-1.ts"), None).await.bytes, vec![0x47_u8; 188 * 3]);
    // What leads elsewhere, is too large, is not what it says, or is not a camera's, is not handed on.
    for (name, status) in [
        ("seg-2.ts", 503),
        ("huge.ts", 503),
        ("other.m3u8", 503),
        ("snapshot.jpg", 503),
        ("passwd", 404),
        ("..%2Fx.ts", 404),
    ] {
        assert_eq!(app.get(&at(name), None).await.status.as_u16(), status, "{name}");
    }
    let elsewhere = kitchen(
        &app,
        &[("area", VILLAGE), ("name", "别处"), ("shows-by", "camera"), ("camera", "http://127.0.0.1:1/a/index.m3u8")],
    );
    assert_eq!(app.get(&format!("/k/{elsewhere}/live/index.m3u8"), None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/k/1", None).await.status, StatusCode::NOT_FOUND, "no kitchen");
    let prefilled = app.get(&format!("/r/kitchen-complaint?at={VILLAGE}&of={one}"), None).await.text;
    assert!(prefilled.contains(&format!(r#"name="/kitchen" value="{one}""#)), "{prefilled}");
    let clerk = app.signed_in("clerk").await;
    assert!(app.get(&format!("/poster/kitchen/{one}"), Some(&clerk)).await.text.contains("<svg"));
    let neighbour = app.signed_in("neighbour").await;
    assert_eq!(app.get(&format!("/poster/kitchen/{one}"), Some(&neighbour)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_is_silent_twice_is_down_and_one_that_answers_is_not() {
    let gate = gateway().await;
    let config = Config { kitchens: Kitchens { gateways: vec![gate.origin.clone()] }, ..Config::default() };
    let app = TestApp::with(config);
    let camera = format!("{}/live/k1/index.m3u8", gate.origin);
    let one = kitchen(&app, &[("area", VILLAGE), ("name", "食堂"), ("shows-by", "camera"), ("camera", &camera)]);
    let glass = kitchen(&app, &[("area", VILLAGE), ("name", "饭店"), ("shows-by", "glass"), ("camera", &camera)]);
    let mut silent = HashSet::new();
    assert_eq!(watch::look(&app.app, &mut silent).await.unwrap(), 0);
    gate.silent.store(true, Ordering::SeqCst);
    assert_eq!(watch::look(&app.app, &mut silent).await.unwrap(), 0, "once may be a hiccup");
    assert_eq!(watch::look(&app.app, &mut silent).await.unwrap(), 1);
    assert_eq!(down_since(&app, one), Some(Known::Day(app.app.now().day())));
    assert_eq!(watch::look(&app.app, &mut silent).await.unwrap(), 0, "it is down already");
    app.days_pass(2);
    assert!(crate::asset::gaps(&app, one, app.app.now().day()).contains(&"kitchen-on-air".to_owned()));
    gate.silent.store(false, Ordering::SeqCst);
    assert_eq!(watch::look(&app.app, &mut silent).await.unwrap(), 1);
    assert_eq!((down_since(&app, one), down_since(&app, glass)), (None, None), "glass is never down");
}

/// A station of the village and an activity with so many places, announced for today.
async fn announced(town: &mut Town, places: u32) -> u32 {
    let station = town.settle("station", VILLAGE, "柳湾村文明实践站");
    let form = json!({"region": VILLAGE, "station": station, "title": "反诈电影", "kind": "film", "on": town.today().plus(10).to_string(), "begins": "19:00", "hours": 2, "places": places, "where": "文化广场"});
    town.carried("activity-plan", form, vec![("township", &[], json!({}))]).await;
    let (program, image) = (Viewer::program(), town.app().app.image());
    program.look(&image).subjects_of("activity").last().unwrap().0
}

/// Signs up; the address of the receipt.
async fn signed_up(town: &Town, activity: u32, mobile: &str, comes_as: &str) -> String {
    let sent = [("_key", "k"), ("name", "柳三"), ("mobile", mobile), ("as", comes_as)];
    let answer = town.app().submit(&format!("/a/{activity}"), &sent).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.headers["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn people_sign_up_wait_in_line_are_checked_in_once_and_say_how_it_was() {
    let mut town = Town::new();
    let joins = json!({"region": VILLAGE, "name": "柳四", "mobile": "15400000004", "called": "柳师傅", "skill": "other", "consent": true});
    town.carried("volunteer-join", joins, vec![("clerk2", &[], json!({}))]).await;
    let activity = announced(&mut town, 2).await;
    let first = signed_up(&town, activity, "15400000003", "guest").await;
    let second = signed_up(&town, activity, "15400000004", "volunteer").await;
    let third = signed_up(&town, activity, "15400000005", "guest").await;
    let read = |address: &str| format!("{address}&lang=zh");
    assert!(town.app().get(&read(&first), None).await.text.contains("第 1 个名额"));
    assert!(town.app().get(&read(&third), None).await.text.contains("候补第 1 位"));
    // A telephone signs up once, and whoever types it learns nothing of the receipt.
    let again = town
        .app()
        .submit(
            &format!("/a/{activity}"),
            &[("_key", "other"), ("name", "别人"), ("mobile", "15400000003"), ("as", "guest")],
        )
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    assert!(!again.text.contains("/c/AS-"), "{}", again.text);
    let nobody = town
        .app()
        .submit(&format!("/a/{activity}"), &[("_key", "n"), ("name", "柳"), ("mobile", "154"), ("as", "guest")])
        .await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    // The first withdraws: the third moves up, and the first may come again at the end of the line.
    let (number, secret) = first.strip_prefix("/c/").unwrap().split_once("?k=").unwrap();
    let shown = town.app().get(&first, None).await.text;
    let version = shown.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let gone = town.app().submit(&format!("/c/{number}/withdraw?k={secret}"), &[("version", &version)]).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text);
    assert!(town.app().get(&read(&third), None).await.text.contains("第 2 个名额"));
    let back = signed_up(&town, activity, "15400000003", "guest").await;
    assert!(town.app().get(&read(&back), None).await.text.contains("候补第 1 位"));
    // The code of the door is for those who look after the place, and good on the day only.
    let clerk = town.app().signed_in("clerk").await;
    let poster = town.app().get(&format!("/poster/activity/{activity}"), Some(&clerk)).await.text;
    assert_eq!(town.app().get(&format!("/poster/activity/{activity}"), None).await.status, StatusCode::UNAUTHORIZED);
    let door = format!("/a/{activity}/in?c={}", poster.split("/in?c=").nth(1).unwrap().split('<').next().unwrap());
    let early = town.app().submit(&door, &[("mobile", "15400000004")]).await;
    assert_eq!(early.status, StatusCode::FORBIDDEN, "the day before");
    let plan = town.known(activity, "activity.on");
    while plan != Some(Known::Day(town.today())) {
        town.days_pass(1);
    }
    assert_eq!(
        town.app().get(&format!("/a/{activity}/in?c=00000000000000000000"), None).await.status,
        StatusCode::FORBIDDEN
    );
    for _ in 0..2 {
        let came = town.app().submit(&door, &[("_key", "d"), ("mobile", "15400000004")]).await;
        assert_eq!(came.status, StatusCode::OK, "{}", came.text);
        assert!(came.text.contains("已到场 1"), "once however often: {}", came.text);
    }
    // Who did not sign up does so at the door.
    let walked =
        town.app().submit(&door, &[("_key", "w"), ("mobile", "15400000009"), ("name", "赵五"), ("as", "guest")]).await;
    assert!(walked.text.contains("已到场 2"), "{}", walked.text);
    let (number, secret) = second.strip_prefix("/c/").unwrap().split_once("?k=").unwrap();
    let said = town.app().submit(&format!("/c/{number}/feedback?k={secret}"), &[("_key", "f"), ("/stars", "4")]).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    assert!(town.app().get(&format!("/a/{activity}"), None).await.text.contains("★ 4.0 (1)"));
    // The hours of whoever came as a volunteer are counted, and lead to the case.
    let volunteers = town.app().get("/api/volunteers", Some(&clerk)).await.json();
    assert_eq!((&volunteers[0]["activity_hours"], &volunteers[0]["cases"]), (&json!(2), &json!([number])));
    let station = town.known(activity, "activity.station");
    let Some(Known::Subject(station)) = station else { panic!("no station") };
    assert!(town.app().get(&format!("/s/{}", station.0), None).await.text.contains("反诈电影"));
    town.days_pass(1);
    let over = town
        .app()
        .submit(&format!("/a/{activity}"), &[("_key", "o"), ("name", "柳"), ("mobile", "15400000006"), ("as", "guest")])
        .await;
    assert_eq!(over.status.as_u16(), 409, "{}", over.text);
}

async fn reported(town: &mut Town, area: &str, kind: &str) -> String {
    let form = json!({"region": area, "kind": kind, "where": "桥下", "what": "看到问题"});
    town.open("township", "grid-report", form).await
}

async fn map(app: &TestApp, who: &Cast, query: &str) -> Value {
    app.get(&format!("/api/patrol?{query}"), Some(who)).await.json()
}

#[tokio::test]
async fn reports_lie_on_the_map_repeats_first_and_every_number_opens() {
    let mut town = Town::new();
    let long_ago = reported(&mut town, VILLAGE, "rubbish").await;
    town.days_pass(31);
    let first = reported(&mut town, VILLAGE, "rubbish").await;
    town.days_pass(10);
    let again = reported(&mut town, VILLAGE, "rubbish").await;
    reported(&mut town, VILLAGE, "road").await;
    reported(&mut town, NEIGHBOUR, "rubbish").await;
    let township = town.app().signed_in("township").await;
    let all = map(town.app(), &township, "").await;
    assert_eq!((&all["whole"]["all"], &all["whole"]["repeats"]), (&json!(5), &json!(1)));
    // The step of the first ones is late by now.
    let cell = all["cells"].as_array().unwrap().iter().find(|cell| cell["area"] == VILLAGE).unwrap().clone();
    assert_eq!(
        [&cell["all"], &cell["open"], &cell["late"], &cell["closed"], &cell["repeats"]],
        [&json!(4), &json!(4), &json!(2), &json!(0), &json!(1)]
    );
    assert!(cell["north"].is_i64() && cell["east"].is_i64(), "{cell}");
    for (state, number) in
        [("", "all"), ("open", "open"), ("late", "late"), ("closed", "closed"), ("repeats", "repeats")]
    {
        let rows = map(town.app(), &township, &format!("village={VILLAGE}&state={state}")).await;
        assert_eq!(rows["total"], cell[number], "{number} opens to as many cases");
    }
    let rows = map(town.app(), &township, &format!("kind=rubbish&village={VILLAGE}")).await;
    assert_eq!((&rows["rows"][0]["number"], &rows["rows"][0]["repeats"]), (&json!(again), &json!([first])));
    assert!(rows["rows"].as_array().unwrap().iter().any(|row| row["number"] == *long_ago));
    let lately = map(town.app(), &township, "days=5").await;
    assert_eq!(
        (&lately["whole"]["all"], &lately["whole"]["repeats"]),
        (&json!(3), &json!(1)),
        "what is repeated may lie before"
    );
    // Nobody sees another area's, and no service is drawn whose cases are not known by kind.
    let neighbour = town.app().signed_in("neighbour").await;
    assert_eq!(map(town.app(), &neighbour, "").await["whole"]["all"], 1);
    assert_eq!(
        town.app().get(&format!("/api/patrol?area={VILLAGE}"), Some(&neighbour)).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        town.app().get("/api/patrol?service=travel-declaration", Some(&township)).await.code(),
        "unknown-service"
    );
}

#[tokio::test]
async fn coverage_is_counted_from_what_stations_did() {
    let mut town = Town::new();
    let station = town.add("station", &[("area", VILLAGE), ("name", "柳湾村文明实践站"), ("tier", "station")]);
    town.add("station", &[("area", NEIGHBOUR), ("name", "邻村文明实践站"), ("tier", "station")]);
    town.add(
        "station",
        &[("area", TOWNSHIP), ("name", "街道分中心"), ("tier", "sub-centre"), ("active-on", "2021-01-31")],
    );
    let film = json!({"region": VILLAGE, "station": station, "kind": "film", "held_on": town.today().to_string(), "attended": 60, "about": "放映"});
    town.carried("station-activity", film, vec![("township", &["photo"], json!({}))]).await;
    let district = town.app().signed_in("district").await;
    let told = town.app().get("/api/stations", Some(&district)).await.json();
    assert_eq!((&told["villages"], &told["with_station"], &told["alive"]), (&json!(138), &json!(2), &json!(1)));
    assert_eq!(told["without"].as_array().unwrap().len(), 136, "what is not covered is named");
    let part = told["parts"].as_array().unwrap().iter().find(|part| part["area"] == TOWNSHIP).unwrap();
    assert_eq!((&part["villages"], &part["with_station"], &part["alive"]), (&json!(34), &json!(2), &json!(1)));
    let tiers: Vec<_> =
        told["tiers"].as_array().unwrap().iter().map(|one| (one["stations"].clone(), one["alive"].clone())).collect();
    assert_eq!(tiers, [(json!(0), json!(0)), (json!(1), json!(1)), (json!(2), json!(1))]);
    assert_eq!(told["rows"][0]["last"], "", "the one that never did anything comes first");
    town.days_pass(40);
    let told = town.app().get("/api/stations", Some(&district)).await.json();
    assert_eq!(told["alive"], 0, "a station that does nothing is none");
}

#[tokio::test]
async fn a_campaign_is_as_far_as_its_visits() {
    let mut town = Town::new();
    let (one, two) = (town.settle("kitchen", VILLAGE, "柳湾饭店"), town.settle("kitchen", NEIGHBOUR, "邻村饭店"));
    let form = json!({"region": TOWNSHIP, "title": "节前餐饮安全整治", "kind": "kitchen", "items": "证照、留样、消毒", "until": town.today().plus(30).to_string()});
    assert_eq!(town.try_open("clerk", "campaign-start", form.clone()).await.code(), "forbidden");
    let number = town.open("township", "campaign-start", form).await;
    town.go_on(&number, vec![("district", &[], json!({}))]).await;
    let township = town.app().signed_in("township").await;
    let told = town.app().get("/api/campaigns", Some(&township)).await.json();
    assert_eq!((&told[0]["places"], &told[0]["visited"], &told[0]["late"]), (&json!(2), &json!(0), &json!(false)));
    let campaign = told[0]["subject"].clone();
    let visit = json!({"region": VILLAGE, "campaign": campaign, "place": one, "visited_on": town.today().to_string(), "outcome": "passed", "found": "各项到位"});
    let number = town.open("clerk", "campaign-visit", visit).await;
    // Without a photo it does not count.
    assert_eq!(town.try_sign("township", &number, json!({})).await.code(), "paper-missing");
    town.attach("township", &number, "photo").await;
    assert_eq!(town.try_sign("township", &number, json!({})).await.status, StatusCode::OK);
    town.days_pass(31);
    let told = town.app().get("/api/campaigns", Some(&township)).await.json();
    assert_eq!((&told[0]["visited"], &told[0]["late"]), (&json!(1), &json!(true)));
    assert_eq!(
        (&told[0]["rows"][0]["subject"], &told[0]["rows"][0]["case"]),
        (&json!(two), &json!("")),
        "who was not visited comes first"
    );
    assert_eq!(told[0]["rows"][1]["case"], number);
    let village = town.app().signed_in("clerk").await;
    let told = town.app().get("/api/campaigns", Some(&village)).await.json();
    assert_eq!((&told[0]["places"], &told[0]["visited"]), (&json!(1), &json!(1)), "a village sees its own places");
}
