//! Parcels: ordered once after the signature is durable, followed, and their end moves the case.

use crate::invoice::{Desk, wanted};
use crate::testing::TestApp;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use yizhan::config::{Config, Parcels};
use yizhan::parcel::watch::look;
use yizhan::serve::deliver;
use yizhan_kit::codes::Waybill;

const CODE: &str = "037002100104";
const COMPANY: &str = "91990100MA00000001";

impl Desk {
    /// An application whose packet waits to be sent to an address.
    async fn ready_for_sending(&mut self, address: &str) -> (String, String) {
        let mut form = wanted(COMPANY, 5);
        form["address"] = json!(address);
        let opened = self.app.post("/api/cases/invoice-receive", None, form).await.json();
        let (number, secret) =
            (opened["number"].as_str().unwrap().to_owned(), opened["receipt"].as_str().unwrap().to_owned());
        self.attach(&number, "identity").await;
        self.sign(&number, json!({})).await;
        let packed = self.sign(&number, json!({"count": 5})).await;
        assert_eq!(packed.status, StatusCode::OK, "{}", packed.text);
        (number, secret)
    }

    async fn parcels(&self, number: &str) -> Value {
        self.app.get(&format!("/api/cases/{number}/parcels"), Some(&self.agent)).await.json()
    }

    async fn at(&self, number: &str) -> (String, String) {
        let page = self.app.get(&format!("/api/cases/{number}"), Some(&self.agent)).await.json();
        (page["state"].as_str().unwrap().to_owned(), page["step"].as_str().unwrap().to_owned())
    }

    /// So many hours go by, and the carrier is asked.
    async fn hours(&mut self, hours: i64) -> usize {
        self.app.time_passes(hours * 60);
        self.agent = self.app.signed_in("desk").await;
        look(&self.app.app).await.unwrap()
    }
}

fn texts(app: &TestApp) -> Vec<String> {
    while deliver::deliver(&app.app).unwrap() > 0 {}
    let now = app.app.real_clock.now();
    let kept = app.app.with_working(|working| working.list("sms", now)).unwrap();
    kept.iter()
        .map(|(_, value)| serde_json::from_slice::<Value>(value).unwrap()["text"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_is_ordered_once_followed_and_signed_for() {
    let mut desk = Desk::new().await;
    desk.take_in("ordinary", CODE, 1, 30).await;
    let (number, secret) = desk.ready_for_sending("示范县前街3号").await;
    assert_eq!(desk.sign(&number, json!({"by": "pigeon"})).await.code(), "form-invalid");
    assert_eq!(desk.sign(&number, json!({"by": "mail"})).await.status, StatusCode::OK);
    let asked = desk.parcels(&number).await;
    assert_eq!((&asked[0]["state"], &asked[0]["waybill"]), (&json!("asked"), &Value::Null));
    // It is ordered once, however often the carrier is asked.
    assert_eq!(look(&desk.app.app).await.unwrap(), 1);
    assert_eq!(look(&desk.app.app).await.unwrap(), 0);
    let sent = desk.parcels(&number).await;
    let waybill = sent[0]["waybill"].as_str().unwrap().to_owned();
    assert!(waybill.parse::<Waybill>().is_ok(), "{waybill}");
    assert_eq!(desk.hours(2).await, 1);
    assert_eq!(desk.parcels(&number).await[0]["state"], "accepted");
    assert_eq!(desk.at(&number).await, ("open".into(), "signed".into()));
    assert_eq!(desk.hours(11).await, 1);
    // Two days later everything else is told, each once, and the case is done.
    assert_eq!(desk.hours(48).await, 2);
    assert_eq!(desk.at(&number).await, ("completed".into(), "signed".into()));
    assert_eq!(desk.hours(48).await, 0);
    let parcel = desk.parcels(&number).await[0].clone();
    let told: Vec<&str> =
        parcel["events"].as_array().unwrap().iter().map(|one| one["said"].as_str().unwrap()).collect();
    assert_eq!(told, ["Signed for", "Being brought to the door", "On its way", "With the carrier"]);
    // Whoever holds the receipt reads the same, and was told.
    let own = desk.app.get(&format!("/api/cases/{number}/parcels?k={secret}"), None).await.json();
    assert_eq!(own[0]["waybill"], json!(waybill));
    assert_eq!(desk.app.get(&format!("/api/cases/{number}/parcels?k=no"), None).await.status, StatusCode::NOT_FOUND);
    let told = texts(&desk.app);
    assert_eq!(told.iter().filter(|text| text.contains(&waybill)).count(), 2, "{told:?}");
    let page = desk.app.get(&format!("/api/cases/{number}"), Some(&desk.agent)).await.json();
    assert_eq!((&page["history"][0]["verb"], &page["history"][0]["actor"]), (&json!("sign"), &json!("the program")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_sent_again_and_what_is_lost_is_made_out_again() {
    let mut desk = Desk::new().await;
    desk.take_in("ordinary", CODE, 1, 30).await;
    let (back, _) = desk.ready_for_sending("查无此处 3 号").await;
    let (lost, _) = desk.ready_for_sending("途中遗失路 1 号").await;
    desk.sign(&back, json!({"by": "mail"})).await;
    desk.sign(&lost, json!({"by": "mail"})).await;
    assert_eq!(look(&desk.app.app).await.unwrap(), 2);
    desk.hours(73).await;
    assert_eq!(desk.at(&back).await, ("open".into(), "send".into()), "it waits to be sent again");
    assert_eq!(desk.packet(&back).await.0.len(), 5, "the invoices are back, not lost");
    desk.hours(48).await;
    assert_eq!(desk.at(&lost).await, ("open".into(), "send".into()));
    let (held, void) = desk.packet(&lost).await;
    assert_eq!((held.len(), void.len()), (0, 5), "nobody gets these numbers any more");
    let list = desk.app.get("/api/parcels", Some(&desk.agent)).await.json();
    let states: Vec<&str> = list.as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["lost", "returned"]);
    // What is lost cannot be sent before it is packed again.
    assert_eq!(desk.sign(&lost, json!({"by": "mail"})).await.code(), "nothing-packed");
    let agent = desk.agent.clone();
    desk.app.step(&lost, &agent, json!({"verb": "send-back", "reason": "重新配票"})).await;
    assert_eq!(desk.sign(&lost, json!({"count": 5})).await.status, StatusCode::OK);
    let (held, void) = desk.packet(&lost).await;
    assert_eq!((held, void), ((11..=15).collect(), (6..=10).collect()));
    // What came back goes at the counter this time.
    assert_eq!(desk.sign(&back, json!({"by": "counter"})).await.status, StatusCode::OK);
    assert_eq!(look(&desk.app.app).await.unwrap(), 0, "no parcel for what is handed over");
    assert_eq!(desk.sign(&back, json!({})).await.status, StatusCode::OK);
    assert_eq!(desk.at(&back).await.0, "completed");
    let told = texts(&desk.app);
    assert!(
        told.iter().any(|text| text.contains("遗失")) && told.iter().any(|text| text.contains("已退回")),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_there_is_nowhere_to_send_it() {
    let mut desk = Desk::new().await;
    desk.take_in("ordinary", CODE, 1, 30).await;
    let mut form = wanted(COMPANY, 5);
    form.as_object_mut().unwrap().remove("address");
    let number = desk.open("invoice-receive", form).await;
    desk.attach(&number, "identity").await;
    desk.sign(&number, json!({})).await;
    desk.sign(&number, json!({"count": 5})).await;
    assert_eq!(desk.sign(&number, json!({"by": "mail"})).await.code(), "address-missing");
}

/// A carrier over HTTP: the orders it got, by key, and whether it answers at all.
#[derive(Clone, Default)]
struct Far(Arc<Mutex<(Vec<(String, Value)>, bool)>>);

async fn order(State(far): State<Far>, headers: HeaderMap, Json(body): Json<Value>) -> Result<Json<Value>, StatusCode> {
    let mut state = far.0.lock().unwrap();
    state.0.push((headers["idempotency-key"].to_str().unwrap().to_owned(), body));
    if state.1 { Ok(Json(json!({"waybill": "1234567890123"}))) } else { Err(StatusCode::BAD_GATEWAY) }
}

async fn track(State(_): State<Far>, Path(waybill): Path<String>) -> Json<Value> {
    assert_eq!(waybill, "1234567890123");
    Json(json!({"events": [{"at": "2021-02-01T10:00", "what": "accepted", "place": "揽投部"}]}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_far_carrier_is_asked_under_a_stable_key_until_it_answers() {
    let far = Far::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/ems", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/ems/orders", post(order))
        .route("/ems/waybills/{waybill}", get(track))
        .with_state(far.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let app = TestApp::with(Config { parcels: Parcels { carrier: Some(url) }, ..Config::default() });
    let (agent, district) = (app.signed_in("desk").await, app.signed_in("district").await);
    let mut desk = Desk { app, agent, district };
    desk.take_in("ordinary", CODE, 1, 30).await;
    let (number, _) = desk.ready_for_sending("示范县前街3号").await;
    desk.sign(&number, json!({"by": "mail"})).await;
    assert!(look(&desk.app.app).await.is_err(), "it does not answer");
    assert_eq!(desk.parcels(&number).await[0]["state"], "asked");
    far.0.lock().unwrap().1 = true;
    assert_eq!(look(&desk.app.app).await.unwrap(), 1);
    let got = far.0.lock().unwrap().0.clone();
    assert_eq!((got.len(), &got[0]), (2, &got[1]), "the same order under the same key");
    assert_eq!(got[0].1["to"]["address"], "示范县前街3号");
    assert_eq!(look(&desk.app.app).await.unwrap(), 1);
    let parcel = desk.parcels(&number).await[0].clone();
    assert_eq!((&parcel["waybill"], &parcel["state"]), (&json!("1234567890123"), &json!("accepted")));
}
