//! Helping together: what is shared, what never is, what is proposed and by whom it is taken.

use super::Desk;
use crate::testing::VILLAGE;
use axum::http::Method;
use serde_json::{Value, json};
use yizhan::call::help::{Sharing, service_of, sharing};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_sees_a_form_as_it_is_filled_and_nothing_is_set_without_the_caller() {
    let mut desk = Desk::open().await;
    let (made, mut caller, mut agent) = desk.talk(json!({"service": "travel-declaration"})).await;
    let fields = json!({
        "/name": "柳二", "/citizen_number": "37150219540307001X", "/mobile": "15400", "/destination/detail": "",
        "/notice_version": "2021-01", "_key": "secret", "/password": "hunter2", "/nothing": "x",
    });
    caller.say(json!({"form": {"service": "travel-declaration", "fields": fields}})).await.unwrap();
    let form = agent.hears("form").await.unwrap();
    let seen = |name: &str| form["fields"][name].as_str();
    assert_eq!((seen("/name"), seen("/citizen_number")), (Some("柳二"), Some("371***********001X")), "{form}");
    assert_eq!(seen("/mobile"), Some("*****"), "while it is written, no more is shown than when it is whole");
    let never = ["_key", "/password", "/nothing", "/notice_version"];
    assert!(never.iter().all(|name| seen(name).is_none()), "{form}");
    caller.say(json!({"field": {"at": "/transport_number", "value": "G1"}})).await.unwrap();
    assert_eq!(agent.hears("field").await.unwrap(), json!({"at": "/transport_number", "value": "G1"}));
    // The agent points, and proposes; what identifies somebody is theirs alone to write.
    agent.say(json!({"point": {"at": "/destination/detail"}})).await.unwrap();
    assert_eq!(caller.hears("point").await.unwrap(), json!({"at": "/destination/detail"}));
    agent.say(json!({"propose": {"at": "/citizen_number", "value": "1"}})).await.unwrap();
    assert!(agent.hears("proposal").await.unwrap_err().contains("forbidden"));
    agent.say(json!({"propose": {"at": "/_key", "value": "1"}})).await.unwrap();
    assert!(agent.hears("proposal").await.unwrap_err().contains("forbidden"));
    agent.say(json!({"propose": {"at": "/destination/detail", "value": "前街三号院"}})).await.unwrap();
    let proposed = caller.hears("proposed").await.unwrap();
    assert_eq!((&proposed["at"], &proposed["value"]), (&json!("/destination/detail"), &json!("前街三号院")));
    caller.say(json!({"reply": {"n": proposed["n"], "taken": true}})).await.unwrap();
    assert_eq!(agent.hears("replied").await.unwrap()["taken"], true);
    caller.say(json!({"reply": {"n": proposed["n"], "taken": true}})).await.unwrap();
    // The caller sends the form themselves, and tells which case it became.
    let (number, secret) = desk.app.declared().await;
    caller.say(json!({"case": {"number": number, "k": "wrong"}})).await.unwrap();
    assert!(caller.hears("nothing").await.unwrap_err().contains("case-not-found"));
    caller.say(json!({"case": {"number": number, "k": secret}})).await.unwrap();
    assert_eq!(agent.hears("case").await.unwrap()["number"], Value::String(number.clone()));
    assert_eq!(desk.known(&made)["case"], number);
    caller.say(json!({"form-away": {}})).await.unwrap();
    assert_eq!(agent.hears("form").await.unwrap(), Value::Null);
    agent.say(json!({"point": {"at": "/name"}})).await.unwrap();
    agent.say(json!({"propose": {"at": "/name", "value": "x"}})).await.unwrap();
    assert!(agent.hears("proposal").await.unwrap_err().contains("forbidden"), "nothing is shared any more");
    // Every remote action is on record, by the field's name and never by its value.
    let verbs = desk.verbs(&made);
    assert_eq!(verbs.iter().filter(|verb| *verb == "help-form").count(), 3, "{verbs:?}");
    let rows = desk.app.memory.rows();
    let helped: Vec<&str> =
        rows.facts.iter().filter(|row| *row.attribute == *"call.help").filter_map(|row| row.value.as_deref()).collect();
    assert_eq!(helped, ["point /destination/detail", "propose /destination/detail", "taken /destination/detail"]);
    assert!(rows.facts.iter().all(|row| row.value.as_deref().is_none_or(|value| !value.contains("前街三号院"))));
}

/// Every field of every form: what is sent without being asked is never shared, what finds a person is masked.
#[tokio::test]
async fn no_form_shares_what_is_hidden_or_identifies() {
    let app = crate::testing::TestApp::new();
    let image = app.app.image();
    let services: Vec<String> = image.catalog().unwrap().services.keys().cloned().collect();
    let (mut clear, mut masked) = (0, 0);
    for name in services {
        let service = service_of(&image, &name).unwrap();
        for blind in &service.blind {
            assert_eq!(sharing(&service, &blind.pointer), Sharing::Masked, "{name} {}", blind.pointer);
            masked += 1;
        }
        for (field, property) in service.form.schema["properties"].as_object().unwrap() {
            let how = sharing(&service, &format!("/{field}"));
            if property["x-control"] == "hidden" || property["type"] == "object" {
                assert_eq!(how, Sharing::Never, "{name} {field}");
            }
            clear += usize::from(how == Sharing::Clear);
        }
        for never in ["", "/", "_key", "/nothing at all", "/x/y/z"] {
            assert_eq!(sharing(&service, never), Sharing::Never, "{name} {never:?}");
        }
    }
    assert!(clear > 100 && masked > 10, "{clear} {masked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photographs_go_to_the_agent_and_become_papers() {
    let mut desk = Desk::open().await;
    let (made, mut caller, mut agent) = desk.talk(json!({"service": "invoice-increase"})).await;
    let path = format!("/api/calls/{}/photos", made.call);
    let bearer = format!("Bearer {}", made.secret);
    let headers = [("authorization", bearer.as_str())];
    let none = desk.app.raw(Method::POST, &path, None, &[], b"x".to_vec()).await;
    assert_eq!(none.code(), "unknown-caller");
    let bad = desk.app.raw(Method::POST, &path, None, &headers, b"no picture".to_vec()).await;
    assert_eq!(bad.code(), "paper-refused");
    let mut png = Vec::new();
    image::RgbImage::from_pixel(40, 30, image::Rgb([200, 30, 30]))
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let sent = desk.app.raw(Method::POST, &path, None, &headers, png).await;
    assert_eq!(sent.json()["n"], 1, "{}", sent.text);
    assert_eq!(agent.hears("photo").await.unwrap()["n"], 1);
    let photo = format!("{path}/1");
    let clerk = desk.app.signed_in("clerk").await;
    assert_eq!(desk.app.get(&photo, Some(&clerk)).await.code(), "forbidden");
    let shown = desk.app.get(&photo, Some(&desk.agent)).await;
    assert!(shown.bytes.starts_with(&[0xff, 0xd8]), "drawn anew");
    assert!(desk.verbs(&made).contains(&"see-call-photo".to_owned()));
    // It becomes a paper of the caller's case.
    let answers = json!({
        "region": VILLAGE, "taxpayer": "示范商贸公司", "taxpayer_number": "91990100MA00000001", "name": "柳一",
        "mobile": "15400000001", "kind": "ordinary", "what": "face", "face": "100000.00", "until": "2021-06-30", "why": "承接一笔大额订单"
    });
    let case = desk.app.post("/api/cases/invoice-increase", None, answers).await.json();
    let to = json!({"case": case["number"], "paper": "contract"});
    let cast = desk.agent.clone();
    let attached = desk.app.post(&format!("{photo}/paper"), Some(&cast), to).await;
    assert_eq!(attached.status, 200, "{}", attached.text);
    let number = case["number"].as_str().unwrap();
    let papers = desk.app.get(&format!("/api/cases/{number}/papers"), Some(&cast)).await.json();
    assert_eq!(papers["papers"][0]["paper"], "contract");
    // The case is named when the call is written up.
    agent.say(json!({"finish": {}})).await.unwrap();
    caller.hears("ended").await.unwrap();
    agent.say(json!({"file": {"call": made.call, "outcome": "case", "case": "TN-20210201-999999"}})).await.unwrap();
    assert!(agent.hears("filed").await.unwrap_err().contains("case-not-found"));
    agent.say(json!({"file": {"call": made.call, "outcome": "case", "case": number}})).await.unwrap();
    agent.hears("filed").await.unwrap();
    assert_eq!(desk.known(&made)["case"], number);
}
