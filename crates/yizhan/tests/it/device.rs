//! Terminals: enrolled by a code that is good once, heard, shown on the wall, told what to do, mended by a case, retired.

use crate::testing::{Answer, Cast, DISTRICT, TOWNSHIP, TestApp, VILLAGE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use yizhan::device::act::Devices;
use yizhan::device::model::Enrolled;
use yizhan::device::tell::message;
use yizhan::routes;
use yizhan::simulate::terminal::{self, Halls, Tally, Terminal};

/// A device of the stories.
pub struct Enrolment {
    pub device: u64,
    pub secret: String,
}

impl Enrolment {
    /// Something that the device asks by itself.
    pub async fn post(&self, app: &TestApp, path: &str, body: Value) -> Answer {
        let bearer = format!("Bearer {}", self.secret);
        app.call(Method::POST, path, None, &[("authorization", &bearer)], Some(body)).await
    }

    /// A heartbeat by request: what the device is told.
    pub async fn beats(&self, app: &TestApp, body: Value) -> Value {
        let answer = self.post(app, "/api/devices/beat", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }
}

/// A heartbeat of a device that is well.
pub fn well() -> Value {
    json!({"printer": "good", "paper": "good", "card-reader": "good", "cameras": "good", "network": "good", "screen": "good", "config": 0})
}

/// A hall of the stories' township.
pub async fn hall(app: &mut TestApp, tends: &Cast, name: &str) -> u64 {
    let answer = app.post("/api/halls", Some(tends), json!({"name": name, "area": TOWNSHIP})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["subject"].as_u64().unwrap()
}

/// A device of a hall, enrolled.
pub async fn enrolled(app: &mut TestApp, tends: &Cast, hall: u64, name: &str) -> Enrolment {
    let code = app.post("/api/devices", Some(tends), json!({"name": name, "hall": hall})).await;
    assert_eq!(code.status, StatusCode::CREATED, "{}", code.text);
    let answer = app.post("/api/devices/enrol", None, json!({"code": code.json()["code"]})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let (device, secret) =
        (answer.json()["device"].as_u64().unwrap(), answer.json()["secret"].as_str().unwrap().to_owned());
    Enrolment { device, secret }
}

/// The wall, and a device on it.
async fn shown(app: &TestApp, as_: &Cast, device: u64) -> Value {
    let wall = app.get("/api/devices", Some(as_)).await.json();
    let halls = wall["halls"].as_array().unwrap().iter();
    let mut devices = halls.flat_map(|hall| hall["devices"].as_array().unwrap());
    devices.find(|one| one["device"] == device).cloned().unwrap_or(Value::Null)
}

#[tokio::test]
async fn a_code_is_good_once_within_a_day_and_only_its_own_area_makes_it() {
    let mut app = TestApp::new();
    let (township, clerk) = (app.signed_in("township").await, app.signed_in("clerk").await);
    let body = json!({"name": "便民服务大厅", "area": TOWNSHIP});
    assert_eq!(app.post("/api/halls", Some(&clerk), body.clone()).await.code(), "forbidden");
    assert_eq!(app.post("/api/halls", None, body).await.code(), "sign-in");
    let elsewhere = json!({"name": "大厅", "area": DISTRICT});
    assert_eq!(app.post("/api/halls", Some(&township), elsewhere).await.code(), "forbidden", "not the township's");
    let bad = json!({"name": "<b>", "area": TOWNSHIP});
    assert_eq!(app.post("/api/halls", Some(&township), bad).await.code(), "form-invalid");
    let hall = hall(&mut app, &township, "便民服务大厅").await;
    let made = app.post("/api/devices", Some(&township), json!({"name": "1号机", "hall": hall})).await.json();
    let (device, code) = (made["device"].as_u64().unwrap(), made["code"].as_str().unwrap().to_owned());
    assert_eq!(shown(&app, &township, device).await["state"], "awaited");
    let none = app.post("/api/devices/beat", None, well()).await;
    assert_eq!((none.status, none.code().as_str()), (StatusCode::UNAUTHORIZED, "unknown-device"));
    // Typed in capitals, with spaces.
    let typed = format!(" {} {}", code[..8].to_uppercase(), &code[8..]);
    let first = app.post("/api/devices/enrol", None, json!({"code": typed})).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(first.json()["beat_seconds"], 15);
    assert_eq!(app.post("/api/devices/enrol", None, json!({"code": code})).await.code(), "unknown-device");
    let old = Enrolment { device, secret: first.json()["secret"].as_str().unwrap().into() };
    old.beats(&app, well()).await;
    // Whoever asks for the line without a WebSocket is told so, once they are known.
    let bearer = format!("Bearer {}", old.secret);
    let plain = app.call(Method::GET, "/api/devices/live", None, &[("authorization", &bearer)], None).await;
    assert_eq!((plain.status, plain.code().as_str()), (StatusCode::UPGRADE_REQUIRED, "upgrade-needed"));
    // A new code ends the old secret, but only once it is traded, and not after a day.
    let path = format!("/api/devices/{device}/code");
    let stale = app.post(&path, Some(&township), json!({})).await.json();
    app.minutes_pass(25 * 60);
    assert_eq!(app.post("/api/devices/enrol", None, json!({"code": stale["code"]})).await.code(), "unknown-device");
    old.beats(&app, well()).await;
    let township = app.signed_in("township").await;
    let fresh = app.post(&path, Some(&township), json!({})).await.json();
    assert_eq!(app.post("/api/devices/enrol", None, json!({"code": fresh["code"]})).await.status, StatusCode::OK);
    assert_eq!(old.post(&app, "/api/devices/beat", well()).await.code(), "unknown-device");
}

#[tokio::test]
async fn the_wall_shows_silence_its_end_and_one_alarm_for_a_hall() {
    let mut app = TestApp::new();
    let township = app.signed_in("township").await;
    let hall = hall(&mut app, &township, "便民服务大厅").await;
    let mut devices = Vec::new();
    for n in 1..=4 {
        devices.push(enrolled(&mut app, &township, hall, &format!("{n}号机")).await);
    }
    let mut jammed = well();
    jammed["printer"] = json!("faulty");
    jammed["paper"] = json!("low");
    devices[3].beats(&app, jammed.clone()).await;
    assert_eq!(shown(&app, &township, devices[3].device).await["state"], "faulty");
    // The first falls silent; the others beat on.
    for _ in 0..3 {
        app.seconds_pass(15);
        for one in &devices[1..3] {
            one.beats(&app, well()).await;
        }
        devices[3].beats(&app, jammed.clone()).await;
        let one = shown(&app, &township, devices[0].device).await;
        assert_eq!(one["state"] == "silent", one["for_seconds"].as_i64().unwrap() >= 30, "{one}");
    }
    let wall = app.get("/api/devices", Some(&township)).await.json();
    let alarms: BTreeSet<&str> =
        wall["alarms"].as_array().unwrap().iter().map(|one| one["fault"].as_str().unwrap()).collect();
    assert_eq!(alarms, BTreeSet::from(["silence", "printer"]), "{wall}");
    let states: Vec<&str> =
        wall["halls"][0]["devices"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["silent", "faulty", "good", "good"], "what is worst first");
    // It is back at once; its alarm ends when all was well for two beats.
    devices[0].beats(&app, well()).await;
    assert_eq!(shown(&app, &township, devices[0].device).await["state"], "good");
    app.seconds_pass(15);
    for one in &devices {
        one.beats(&app, well()).await;
    }
    app.seconds_pass(15);
    for one in &devices {
        one.beats(&app, well()).await;
    }
    let wall = app.get("/api/devices", Some(&township)).await.json();
    let left: Vec<&Value> = wall["alarms"].as_array().unwrap().iter().filter(|one| one["fault"] == "silence").collect();
    assert!(left.is_empty(), "{wall}");
    assert_eq!(wall["repairs"][0]["fault"], "silence");
    assert_eq!(wall["repairs"][0]["median_seconds"], 45);
    // All fall silent: one alarm, four silent devices.
    app.seconds_pass(45);
    let wall = app.get("/api/devices", Some(&township)).await.json();
    let silence: Vec<&Value> =
        wall["alarms"].as_array().unwrap().iter().filter(|one| one["fault"] == "silence").collect();
    assert_eq!((silence.len(), silence[0]["devices"].as_u64()), (1, Some(4)), "{wall}");
    assert!(silence[0]["device"].is_null() && wall["halls"][0]["alarm"] == true);
    // Each alarm is told once when it begins and once when it ends, the whole hall's as one.
    let told: Vec<Value> = Devices::of(&app.app).take_untold().iter().map(|signal| message(&app.app, signal)).collect();
    let of = |fault: &str| -> Vec<&str> {
        told.iter().filter(|one| one["fault"] == fault).map(|one| one["event"].as_str().unwrap()).collect()
    };
    assert_eq!(of("silence"), ["device.alarm", "device.alarm-over", "device.alarm"], "{told:?}");
    assert_eq!((&told.last().unwrap()["device"], &told.last().unwrap()["devices"]), (&json!(""), &json!(4)));
    let keys: BTreeSet<&str> = told.iter().map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), told.len());
    // A village sees nothing of its township's hall, the district all, and nobody tends who may not.
    let (clerk, district) = (app.signed_in("clerk").await, app.signed_in("district").await);
    assert_eq!(app.get("/api/devices", Some(&clerk)).await.json()["halls"], json!([]));
    assert_eq!(
        app.get("/api/devices", Some(&district)).await.json()["halls"][0]["devices"].as_array().unwrap().len(),
        4
    );
    let narrowed = app.get(&format!("/api/devices?area={VILLAGE}"), Some(&district)).await.json();
    assert_eq!((&narrowed["halls"], &narrowed["alarms"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_device_is_told_what_to_do_until_it_says_that_it_is_done() {
    let mut app = TestApp::new();
    let (township, district) = (app.signed_in("township").await, app.signed_in("district").await);
    let hall = hall(&mut app, &township, "便民服务大厅").await;
    let one = enrolled(&mut app, &township, hall, "1号机").await;
    let other = enrolled(&mut app, &township, hall, "2号机").await;
    let order = |what: &str, text: &str| json!({"devices": [one.device], "what": what, "text": text});
    assert_eq!(app.post("/api/devices/orders", Some(&township), order("explode", "")).await.code(), "form-invalid");
    let stranger = json!({"devices": [1], "what": "restart"});
    assert_eq!(app.post("/api/devices/orders", Some(&township), stranger).await.code(), "not-found");
    let auditor = app.signed_in("auditor").await;
    assert_eq!(app.post("/api/devices/orders", Some(&auditor), order("restart", "")).await.code(), "forbidden");
    app.post("/api/devices/orders", Some(&township), order("restart", "")).await;
    let told = app.post("/api/devices/orders", Some(&township), order("notice", "今天 16 点闭厅")).await;
    assert_eq!(told.json()["devices"], 1);
    assert_eq!(shown(&app, &township, one.device).await["orders"][1]["state"], "waiting");
    let told = one.beats(&app, well()).await;
    let texts: Vec<&str> = told["orders"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(texts, ["restart", "notice"]);
    assert_eq!(other.beats(&app, well()).await["orders"], json!([]));
    // Told again until it is done: an answer may be lost.
    assert_eq!(one.beats(&app, well()).await["orders"], told["orders"]);
    let mut done = well();
    done["done"] = json!([told["orders"][0]["n"]]);
    let left = one.beats(&app, done).await;
    assert_eq!((left["orders"].as_array().unwrap().len(), &left["orders"][0]["text"]), (1, &json!("今天 16 点闭厅")));
    assert_eq!(shown(&app, &township, one.device).await["orders"][1]["state"], "done");
    // What is old does not come any more.
    app.minutes_pass(11);
    assert_eq!(one.beats(&app, well()).await["orders"], json!([]));
    // A new configuration reaches each device until it runs it.
    let settings = json!({"order": ["invoice-issue", "vehicle-tax"], "idle_seconds": 120});
    assert_eq!(app.post("/api/devices/config", Some(&township), settings.clone()).await.code(), "forbidden");
    let twice = json!({"order": ["a", "a"], "idle_seconds": 120});
    assert_eq!(app.post("/api/devices/config", Some(&district), twice).await.code(), "form-invalid");
    let made = app.post("/api/devices/config", Some(&district), settings.clone()).await;
    assert_eq!((made.status, &made.json()["version"]), (StatusCode::OK, &json!(1)));
    assert_eq!(other.beats(&app, well()).await["config"]["settings"], settings);
    let mut runs = well();
    runs["config"] = json!(1);
    assert!(other.beats(&app, runs).await["config"].is_null());
    assert_eq!(shown(&app, &township, other.device).await["config"], 1);
    let versions = app.get("/api/devices/config", Some(&district)).await.json();
    assert_eq!(
        (versions["versions"].as_array().unwrap().len(), &versions["versions"][0]["by"]),
        (1, &json!("district"))
    );
}

#[tokio::test]
async fn a_broken_device_is_mended_by_a_case_and_a_retired_one_is_forgotten() {
    let mut app = TestApp::new();
    let township = app.signed_in("township").await;
    let hall = hall(&mut app, &township, "便民服务大厅").await;
    let one = enrolled(&mut app, &township, hall, "1号机").await;
    let ticket = format!("/api/devices/{}/ticket", one.device);
    let seen = json!({"fault": "printer", "what": "打印机卡纸"});
    assert_eq!(app.post(&ticket, Some(&township), json!({"fault": "soul", "what": "x"})).await.code(), "form-invalid");
    let clerk = app.signed_in("clerk").await;
    assert_eq!(app.post(&ticket, Some(&clerk), seen.clone()).await.code(), "forbidden");
    let opened = app.post(&ticket, Some(&township), seen.clone()).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
    let number = opened.json()["number"].as_str().unwrap().to_owned();
    assert!(number.starts_with("DR-"), "{number}");
    // While it is open there is no other.
    assert_eq!(app.post(&ticket, Some(&township), seen).await.json()["number"], json!(number));
    assert_eq!(shown(&app, &township, one.device).await["ticket"], json!(number));
    let worklist = app.get("/api/worklist", Some(&township)).await;
    assert!(worklist.text.contains(&number), "{}", worklist.text);
    let mended = json!({"verb": "sign", "answers": {"mended_on": "2021-02-01", "cause": "更换搓纸轮"}});
    let signed = app.step(&number, &township, mended).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.text);
    assert!(shown(&app, &township, one.device).await["ticket"].is_null());
    let retire = format!("/api/devices/{}/retire", one.device);
    assert_eq!(app.post(&retire, Some(&clerk), json!({})).await.code(), "forbidden");
    assert_eq!(app.post(&retire, Some(&township), json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.post(&retire, Some(&township), json!({})).await.code(), "not-found");
    assert_eq!(one.post(&app, "/api/devices/beat", well()).await.code(), "unknown-device");
    assert!(shown(&app, &township, one.device).await.is_null());
}

/// The simulator against a server on a port: terminals on WebSockets, told what to do, heard and counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_terminals_live_on_lines_of_their_own() {
    let mut app = TestApp::new();
    let district = app.signed_in("district").await;
    let hall = hall(&mut app, &district, "便民服务大厅").await;
    let codes = app.post("/api/demo/device-codes", None, json!({"count": 6})).await.json();
    let mut enrolled: Vec<Enrolled> = Vec::new();
    for code in codes.as_array().unwrap() {
        let answer = app.post("/api/devices/enrol", None, json!({"code": code["code"]})).await;
        enrolled.push(serde_json::from_value(answer.json()).unwrap());
    }
    assert!(enrolled.iter().all(|one| u64::from(one.hall) == hall));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(axum::serve(listener, routes::router(app.app.clone())).into_future());
    assert!(terminal::open(&address, "no such secret").await.is_err(), "a stranger gets no line");
    let (stop, tally) = (tokio::sync::watch::Sender::new(false), Arc::new(Tally::default()));
    let halls = Arc::new(Halls::new(1, &enrolled, true));
    let ids: Vec<u32> = enrolled.iter().map(|one| one.device).collect();
    let more = app.post("/api/demo/device-codes", None, json!({"count": 1})).await.json();
    assert!(!ids.contains(&u32::try_from(more[0]["device"].as_u64().unwrap()).unwrap()), "those are heard");
    let same = app.post("/api/demo/device-codes", None, json!({"count": 1})).await.json();
    assert_eq!(same[0]["device"], more[0]["device"], "nobody took it: it is handed out again");
    let running: Vec<_> = enrolled
        .into_iter()
        .zip(0..)
        .map(|(one, n)| {
            tokio::spawn(Terminal::new(address.clone(), one, n, halls.clone()).live(stop.subscribe(), tally.clone()))
        })
        .collect();
    let until = |done: &'static str, tally: Arc<Tally>, of: fn(&Tally) -> u64, count: u64| async move {
        for _ in 0..200 {
            if of(&tally) >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{done}: {} of {count}", of(&tally));
    };
    let of_beats: fn(&Tally) -> u64 = |tally| tally.beats.load(std::sync::atomic::Ordering::Relaxed);
    let of_orders: fn(&Tally) -> u64 = |tally| tally.orders.load(std::sync::atomic::Ordering::Relaxed);
    let of_lines: fn(&Tally) -> u64 = |tally| tally.lines.load(std::sync::atomic::Ordering::Relaxed);
    until("beats", tally.clone(), of_beats, 6).await;
    // A notice and a configuration arrive at once, not with the next beat.
    app.post("/api/devices/orders", Some(&district), json!({"devices": ids, "what": "notice", "text": "试验"})).await;
    until("notices", tally.clone(), of_orders, 6).await;
    app.post("/api/devices/config", Some(&district), json!({"order": ["vehicle-tax"], "idle_seconds": 60})).await;
    until("configurations", tally.clone(), of_orders, 12).await;
    // A restart opens the line again.
    app.post("/api/devices/orders", Some(&district), json!({"devices": ids, "what": "restart"})).await;
    until("lines", tally.clone(), of_lines, 12).await;
    until("beats on the new lines", tally.clone(), of_beats, 30).await;
    let wall = app.get("/api/devices", Some(&district)).await.json();
    let devices = wall["halls"][0]["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 7);
    for one in devices.iter().filter(|one| one["state"] != "awaited") {
        assert_eq!((&one["state"], &one["config"]), (&json!("good"), &json!(1)), "{one}");
        let states: BTreeSet<&str> =
            one["orders"].as_array().unwrap().iter().map(|o| o["state"].as_str().unwrap()).collect();
        assert_eq!(states, BTreeSet::from(["done"]), "{one}");
    }
    stop.send_replace(true);
    for one in running {
        one.await.unwrap();
    }
    serving.abort();
    let _ = serving.await;
}
