//! Visits that nobody is in: told by devices, counted for those who count, kept in pieces that name no device and no minute.

use crate::device::{enrolled, hall, well};
use crate::testing::TestApp;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use yizhan::simulate::terminal::said;
use yizhan_core::behaviour::planted::World;
use yizhan_kit::Day;

fn visit(number: u64, ending: &str, steps: &[(&str, &str)]) -> Value {
    let steps: Vec<Value> =
        steps.iter().map(|(step, what)| json!({"step": step, "what": what, "took_ms": 4_000})).collect();
    json!({"visit": number, "module": "residence-proof", "ending": ending, "steps": steps})
}

#[tokio::test]
async fn visits_are_counted_by_module_and_step_in_the_halls_one_sees() {
    let mut app = TestApp::new();
    let (township, clerk) = (app.signed_in("township").await, app.signed_in("clerk").await);
    let hall = hall(&mut app, &township, "便民服务大厅").await;
    let one = enrolled(&mut app, &township, hall, "1号机").await;
    one.beats(&app, well()).await;
    assert_eq!(app.post("/api/visits", None, visit(1, "finished", &[])).await.code(), "unknown-device");
    let done = visit(1, "finished", &[("card", "done"), ("fill", "done"), ("print", "done")]);
    for _ in 0..2 {
        assert_eq!(one.post(&app, "/api/visits", done.clone()).await.status, StatusCode::NO_CONTENT, "told twice");
    }
    one.post(&app, "/api/visits", visit(2, "gave-up", &[("card", "error"), ("card", "error"), ("card", "help")])).await;
    one.post(&app, "/api/visits", visit(3, "walked-away", &[("card", "done"), ("fill", "back")])).await;
    // Nobody's number fits into a name, and nothing beside what a visit is.
    for (field, value) in [("module", json!("37150219540307001X")), ("ending", json!("fled"))] {
        let mut bad = visit(4, "finished", &[("card", "done")]);
        bad[field] = value;
        assert_eq!(one.post(&app, "/api/visits", bad).await.code(), "form-invalid");
    }
    let mut named = visit(4, "finished", &[]);
    named["name"] = json!("柳二");
    assert_eq!(one.post(&app, "/api/visits", named).await.code(), "body-invalid");
    let bad_step = visit(4, "finished", &[("step-15400000001", "done")]);
    assert_eq!(one.post(&app, "/api/visits", bad_step).await.code(), "form-invalid");
    let funnels = app.get("/api/behaviour/funnels", Some(&township)).await.json();
    let funnel = &funnels[0];
    assert_eq!(funnels.as_array().unwrap().len(), 1);
    assert_eq!(
        (&funnel["visits"], &funnel["finished"], &funnel["gave_up"]),
        (&json!(3), &json!(1), &json!(1)),
        "{funnel}"
    );
    let card = &funnel["steps"][0];
    assert_eq!((&card["step"], &card["title"]), (&json!("card"), &json!("Identity card")));
    let counts = ["reached", "errors", "help", "lost"].map(|name| card[name].as_u64().unwrap());
    assert_eq!((counts, &card["median_tenths"]), ([3, 1, 1, 1], &json!(40)));
    let volume = app.get("/api/behaviour/volume", Some(&township)).await.json();
    assert_eq!((&volume["visits"], &volume["hours"][8]), (&json!(3), &json!(3)), "begun just before nine");
    assert_eq!(volume["halls"][0]["title"], "便民服务大厅");
    let other_day = app.get("/api/behaviour/funnels?from=2021-02-02", Some(&township)).await.json();
    assert_eq!(other_day, json!([]));
    // A village has no hall; nobody else counts.
    assert_eq!(app.get("/api/behaviour/funnels", Some(&clerk)).await.json(), json!([]));
    assert_eq!(app.get(&format!("/api/behaviour/funnels?hall={hall}"), Some(&clerk)).await.code(), "not-found");
    assert_eq!(app.get("/api/behaviour/funnels", None).await.code(), "sign-in");
    let desk = app.signed_in("desk").await;
    assert_eq!(app.get("/api/behaviour/difficulties", Some(&desk)).await.code(), "forbidden");
}

#[tokio::test]
async fn what_is_hard_is_found_ranked_and_compared_after_a_change() {
    let mut app = TestApp::new();
    let township = app.signed_in("township").await;
    let hall = hall(&mut app, &township, "便民服务大厅").await;
    let one = enrolled(&mut app, &township, hall, "1号机").await;
    one.beats(&app, well()).await;
    let mut world = World::new(11, 1, 0);
    let hard = yizhan_core::behaviour::planted::Planted {
        module: 0,
        step: 3,
        hall: None,
        sort: yizhan_core::behaviour::Sort::Error,
        ppm: 250_000,
    };
    world.planted.push(hard);
    let mut number = 0;
    for day in 0..8 {
        if day == 4 {
            world.planted.clear();
        }
        for _ in 0..400 {
            number += 1;
            let told = serde_json::to_value(said(&world.visit(Day(0)), number)).unwrap();
            assert_eq!(one.post(&app, "/api/visits", told).await.status, StatusCode::NO_CONTENT);
        }
        app.days_pass(1);
    }
    let until = "until=2021-02-04";
    let found = app.get(&format!("/api/behaviour/difficulties?{until}"), Some(&township)).await.json();
    let first = &found[0];
    assert_eq!(
        (&first["module"], &first["step"], &first["hall"]),
        (&json!("invoice-issue"), &json!("fill"), &Value::Null)
    );
    assert_eq!(first["signs"][0]["sort"], "error");
    let (hits, of) = (first["signs"][0]["hits"].as_u64().unwrap(), first["signs"][0]["of"].as_u64().unwrap());
    assert!(hits * 100 > of * 20 && first["signs"][0]["usual_permille"].as_u64().unwrap() < 40, "{first}");
    let changed = "/api/behaviour/changed?module=invoice-issue&on=2021-02-05&days=4&from=2021-01-01";
    let rows = app.get(changed, Some(&township)).await.json();
    let better: Vec<&Value> = rows.as_array().unwrap().iter().filter(|row| row["turn"] == "better").collect();
    assert_eq!(better.len(), 1, "{rows}");
    assert_eq!((&better[0]["step"], &better[0]["measure"]), (&json!("fill"), &json!("errors")));
    assert_eq!(app.get("/api/behaviour/changed?module=x", Some(&township)).await.code(), "form-invalid");
    let order = app.get("/api/behaviour/order", Some(&township)).await.json();
    assert_eq!(order["modules"][0]["module"], "invoice-issue");
    assert!(order["passed_then"].as_u64().unwrap() <= order["passed_now"].as_u64().unwrap());
}

#[tokio::test]
async fn visits_are_kept_in_working_state_without_device_or_minute() {
    let mut app = TestApp::new();
    let township = app.signed_in("township").await;
    let hall = hall(&mut app, &township, "便民服务大厅").await;
    let one = enrolled(&mut app, &township, hall, "1号机").await;
    one.beats(&app, well()).await;
    for number in [0xAAAA_BBBB_CCCC_u64, 7] {
        one.post(&app, "/api/visits", visit(number, "finished", &[("card", "done")])).await;
    }
    let before = app.app.image().seq;
    yizhan::behaviour::act::keep(&app.app);
    assert_eq!(app.app.image().seq, before, "nothing of it is an act");
    let now = app.app.real_clock.now();
    let pieces = app.app.with_working(|working| working.list("visits", now)).unwrap();
    let [(name, bytes)] = pieces.as_slice() else { panic!("{} pieces", pieces.len()) };
    assert!(name.starts_with("2021-02-01/"), "{name}");
    let number = 0xAAAA_BBBB_CCCC_u64.to_le_bytes();
    assert!(!bytes.windows(6).any(|part| part == &number[..6]), "the visit's number is not kept");
    let mut back = yizhan_core::behaviour::Visits::default();
    back.take(bytes).unwrap();
    assert_eq!((back.len(), back.events()), (2, 2));
    let answer = app.call(Method::GET, "/api/behaviour/volume", Some(&township), &[], None).await;
    assert_eq!(answer.json()["visits"], 2);
}
