//! The civic ground: patrols, kitchens, stations, volunteers, visits and water. Each is catalog files over the same engine; its
//! story goes to the end, and what it proves is what the rules read.

use crate::programme::town::Town;
use crate::testing::VILLAGE;
use axum::http::StatusCode;
use serde_json::{Value, json};
use yizhan_core::access::Viewer;
use yizhan_core::image::fact::Value as Known;

/// The one subject of a kind.
fn only(town: &Town, kind: &str) -> u32 {
    let program = Viewer::program();
    let image = town.app().app.image();
    let all: Vec<u32> = program.look(&image).subjects_of(kind).map(|subject| subject.0).collect();
    assert_eq!(all.len(), 1, "{kind}: {all:?}");
    all[0]
}

/// Which rules a subject does not meet today.
fn gaps(town: &Town, subject: u32) -> Vec<String> {
    let mut rules = crate::asset::gaps(town.app(), subject, town.today());
    rules.sort();
    rules
}

#[tokio::test]
async fn what_a_patrol_sees_is_mended_and_looked_at_by_somebody_else() {
    let mut town = Town::new();
    let seen = json!({"region": VILLAGE, "kind": "river", "where": "柳湾桥下", "what": "水面有漂浮垃圾"});
    let number = town.open("clerk", "grid-report", seen.clone()).await;
    // A river is the township's to mend, and the district looks at it.
    assert_eq!(town.try_sign("clerk2", &number, json!({})).await.code(), "forbidden");
    assert_eq!(town.try_sign("township", &number, json!({})).await.status, StatusCode::OK);
    let mended = json!({"done": "已清理", "fixed_on": town.today().to_string()});
    // Without a photo it is not mended, and whoever mended it does not check it.
    assert_eq!(town.try_sign("township", &number, mended.clone()).await.code(), "paper-missing");
    town.attach("township", &number, "after").await;
    assert_eq!(town.try_sign("township", &number, mended).await.status, StatusCode::OK);
    assert_ne!(town.try_sign("township", &number, json!({})).await.status, StatusCode::OK);
    assert_eq!(town.try_sign("district", &number, json!({})).await.status, StatusCode::OK);
    assert_eq!(town.state(&number).await, "completed");
    // A heap of rubbish is the village's own; a fire hazard is the district's from the first step to the last.
    let heap = json!({"region": VILLAGE, "kind": "rubbish", "where": "前街口", "what": "垃圾堆"});
    let number = town.open("clerk", "grid-report", heap).await;
    assert_eq!(town.try_sign("clerk2", &number, json!({})).await.status, StatusCode::OK);
    let fire = json!({"region": VILLAGE, "kind": "fire", "where": "祠堂", "what": "线路老化"});
    let number = town.open("clerk", "grid-report", fire).await;
    assert_eq!(town.try_sign("clerk2", &number, json!({})).await.code(), "forbidden");
    assert_eq!(town.try_sign("township", &number, json!({})).await.code(), "forbidden");
    assert_eq!(town.try_sign("district", &number, json!({})).await.status, StatusCode::OK);
    let wrong = json!({"region": VILLAGE, "kind": "weather", "where": "柳湾桥下", "what": "下雨"});
    assert_eq!(town.try_open("clerk", "grid-report", wrong).await.code(), "form-invalid");
}

#[tokio::test]
async fn a_kitchen_is_licensed_inspected_and_only_a_camera_can_be_down() {
    let mut town = Town::new();
    let form = json!({"region": VILLAGE, "kitchen_name": "柳湾小学食堂", "licence": "JY39901000000001", "licence_until": "2021-03-31", "shows_by": "camera"});
    town.carried("kitchen-register", form, vec![("township", &["licence"], json!({}))]).await;
    let kitchen = only(&town, "kitchen");
    assert_eq!(gaps(&town, kitchen), ["kitchen-inspected"], "licensed, and nobody has looked yet");
    let inspected = |town: &Town, more: Value| {
        let mut form =
            json!({"region": VILLAGE, "kitchen": kitchen, "done_on": town.today().to_string(), "found": "台面整洁"});
        for item in ["licence", "storage", "separate", "clean", "disinfect", "samples", "waste"] {
            form[item] = json!("good");
        }
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        form
    };
    // The score is what the items come to: it is typed by nobody.
    let typed = inspected(&town, json!({"storage": "bad", "score": 100}));
    assert_eq!(town.try_open("clerk", "kitchen-inspection", typed).await.code(), "form-invalid");
    let good = inspected(&town, json!({"camera": "works", "waste": "fair"}));
    town.carried("kitchen-inspection", good, vec![("township", &["photo"], json!({}))]).await;
    assert!(gaps(&town, kitchen).is_empty());
    assert_eq!(town.known(kitchen, "kitchen.score"), Some(Known::Int(98)));
    // The camera goes down on the day of an inspection that it does not pass.
    let bad = inspected(
        &town,
        json!({"camera": "down", "down_since": town.today().to_string(), "storage": "bad", "separate": "bad"}),
    );
    town.carried("kitchen-inspection", bad, vec![("township", &["photo"], json!({}))]).await;
    assert_eq!(gaps(&town, kitchen), ["kitchen-clean", "kitchen-on-air"]);
    let again = inspected(&town, json!({"camera": "works"}));
    town.carried("kitchen-inspection", again, vec![("township", &["photo"], json!({}))]).await;
    assert!(gaps(&town, kitchen).is_empty());
    town.days_pass(60);
    assert_eq!(gaps(&town, kitchen), ["kitchen-licensed"], "the licence is over");
    let nothing = json!({"region": VILLAGE, "kitchen_name": "小吃店", "licence": "无", "licence_until": "2022-01-01", "shows_by": "glass"});
    assert_eq!(town.try_open("clerk", "kitchen-register", nothing).await.code(), "form-invalid");
}

#[tokio::test]
async fn a_station_is_kept_alive_by_what_it_does() {
    let mut town = Town::new();
    let form = json!({"region": VILLAGE, "station_name": "柳湾村文明实践站", "tier": "station", "rooms": 2});
    town.carried("station-register", form, vec![("township", &[], json!({}))]).await;
    let station = only(&town, "station");
    assert_eq!(gaps(&town, station), ["station-active"]);
    let film = json!({"region": VILLAGE, "station": station, "kind": "film", "held_on": town.today().to_string(), "attended": 60, "about": "放映反诈宣传片"});
    town.carried("station-activity", film, vec![("township", &["photo"], json!({}))]).await;
    assert!(gaps(&town, station).is_empty());
    assert_eq!(town.known(station, "station.attended"), Some(Known::Int(60)));
    town.days_pass(32);
    assert_eq!(gaps(&town, station), ["station-active"]);
    let nobody = json!({"region": VILLAGE, "station": station, "kind": "film", "held_on": town.today().to_string(), "attended": 0, "about": "放映"});
    assert_eq!(town.try_open("clerk", "station-activity", nobody).await.code(), "form-invalid");
}

#[tokio::test]
async fn what_a_resident_orders_is_handed_on_and_done() {
    let mut town = Town::new();
    let order =
        json!({"region": VILLAGE, "name": "柳三", "mobile": "15400000003", "want": "cleaning", "detail": "擦窗理发"});
    let done = json!({"done_on": town.today().to_string(), "hours": 2, "done": "擦窗、理发"});
    let joins = json!({"region": VILLAGE, "name": "柳四", "mobile": "15400000004", "called": "柳师傅", "skill": "cleaning", "consent": true});
    town.carried("volunteer-join", joins, vec![("clerk2", &[], json!({}))]).await;
    let volunteer = only(&town, "volunteer");
    // 点单, 派单, 接单, done, and how it was said by whoever ordered.
    let opened = town.try_open("clerk", "volunteer-order", order).await.json();
    let (number, secret) =
        (opened["number"].as_str().unwrap().to_owned(), opened["receipt"].as_str().unwrap().to_owned());
    let taken = json!({"volunteer": volunteer});
    town.go_on(&number, vec![("township", &[], json!({})), ("clerk2", &[], taken), ("clerk2", &[], done)]).await;
    let page = town.app().get(&format!("/c/{number}?k={secret}"), None).await;
    assert!(page.text.contains("/evaluate?k="), "{}", page.text);
    let wrong =
        town.app().submit(&format!("/c/{number}/evaluate?k={secret}"), &[("_key", "e1"), ("/stars", "6")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = town
        .app()
        .submit(&format!("/c/{number}/evaluate?k={secret}"), &[("_key", "e2"), ("/stars", "5"), ("/said", "很好")])
        .await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    town.go_on(&number, vec![("township", &[], json!({}))]).await;
    assert_eq!(town.state(&number).await, "completed");
    let money = json!({"region": VILLAGE, "name": "柳三", "mobile": "15400000003", "want": "money", "detail": "借钱"});
    assert_eq!(town.try_open("clerk", "volunteer-order", money).await.code(), "form-invalid");
}

#[tokio::test]
async fn a_visit_and_a_test_of_water_end_what_was_owed() {
    let mut town = Town::new();
    let (home, _) = town.alone("1950-01-01", &[]);
    let well = town.settle("water-point", VILLAGE, "柳湾村供水点");
    town.learn(home, "household.water-point", &well.to_string());
    let owed = gaps(&town, home);
    assert!(owed.contains(&"home-visit".to_owned()), "{owed:?}");
    assert_eq!(gaps(&town, well), ["water-test"], "a household that is followed drinks there");
    let visit = json!({"region": VILLAGE, "household": home, "done_on": town.today().to_string(), "found": "粮食够吃"});
    town.carried("home-visit", visit, vec![("clerk2", &[], json!({}))]).await;
    let test = json!({"region": VILLAGE, "water_point": well, "sampled_on": town.today().to_string(), "result": "false", "laboratory": "区疾控中心", "litres": 60});
    town.carried("water-test", test, vec![("township", &["report"], json!({}))]).await;
    let owed = gaps(&town, home);
    assert!(!owed.contains(&"home-visit".to_owned()), "{owed:?}");
    assert_eq!(gaps(&town, well), ["boil-notice-given"], "tested, and it fails: people are to be told");
    // What failed is known to the standard the same minute.
    assert_eq!(town.known(well, "water-point.quality-passes"), Some(Known::Flag(false)));
    let early = json!({"region": VILLAGE, "household": home, "done_on": "2022-01-01", "found": "还没去"});
    assert_eq!(town.try_open("clerk", "home-visit", early).await.code(), "form-invalid");
}

#[tokio::test]
async fn a_complaint_at_the_door_is_looked_into() {
    let mut town = Town::new();
    let kitchen = town.settle("kitchen", VILLAGE, "柳湾饭店");
    let wrong = json!({"region": VILLAGE, "kitchen": 1, "kind": "dirty", "what": "案板发黑"});
    assert_eq!(
        town.app()
            .call(
                axum::http::Method::POST,
                "/api/cases/kitchen-complaint",
                None,
                &[("idempotency-key", "k1")],
                Some(wrong)
            )
            .await
            .code(),
        "form-invalid"
    );
    let said = json!({"region": VILLAGE, "kitchen": kitchen, "kind": "dirty", "what": "案板发黑"});
    let opened = town
        .app()
        .call(axum::http::Method::POST, "/api/cases/kitchen-complaint", None, &[("idempotency-key", "k2")], Some(said))
        .await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    let number = opened.json()["number"].as_str().unwrap().to_owned();
    let found = json!({"visited_on": town.today().to_string(), "outcome": "true", "found": "已责令清洗"});
    assert_eq!(town.try_sign("clerk", &number, found.clone()).await.code(), "forbidden");
    assert_eq!(town.try_sign("township", &number, found).await.status, StatusCode::OK);
    assert_eq!(town.state(&number).await, "completed");
    assert_eq!(town.known(kitchen, "kitchen.complained-on"), Some(Known::Day(town.today())));
}

#[tokio::test]
async fn what_an_activity_costs_is_paid_from_the_culture_fund() {
    let mut town = Town::new();
    let station = town.settle("station", VILLAGE, "柳湾村文明实践站");
    let troupe = town.settle("enterprise", VILLAGE, "庄户剧团");
    let form =
        json!({"region": VILLAGE, "station": station, "supplier": troupe, "purpose": "演出一场", "amount": "1500.00"});
    let number = town.open("clerk", "culture-grant", form.clone()).await;
    assert_eq!(town.try_sign("clerk2", &number, json!({})).await.code(), "paper-missing");
    town.go_on(
        &number,
        vec![("clerk2", &["invoice"], json!({})), ("township", &[], json!({})), ("district", &[], json!({}))],
    )
    .await;
    assert_eq!(town.state(&number).await, "completed");
    assert_eq!(town.account(troupe, "culture").await, "1500.00");
}
