//! The hospital's desk and the payers, by the doors.

mod between;
mod desk;
mod national;
mod watch;

use crate::pay::{bring, settle, table};
use crate::testing::{Cast, DISTRICT, TestApp, citizen};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use yizhan::staff;
use yizhan_core::access::Role;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, SetFacts};

/// The old person of the first household, on the register and on subsistence allowance.
pub const OLD: &str = "99010019450510101";
/// The man of the second household, on the register.
pub const MAN: &str = "99010019800510102";

/// Two hospitals, the payers, two households of the village.
pub struct Zone {
    /// The desk of the district's hospital, of level 2.
    pub desk: Cast,
    /// The desk of another hospital, of level 3.
    pub other: Cast,
    /// The other desk's login.
    pub clerk: Cast,
    pub township: Cast,
    pub district: Cast,
    pub clinic: u32,
    pub payers: Vec<(&'static str, u32)>,
}

/// Facts about a subject, from a day on.
pub fn fact(app: &TestApp, subject: u32, attribute: &str, value: &str, from: &str) {
    let fact = SetFacts {
        subject: SubjectId(subject),
        facts: vec![(attribute.into(), Some(value.into()))],
        sealed: None,
        from: from.parse().unwrap(),
        to: None,
        source: "test".into(),
    };
    app.act_of_the_program(Arc::new(fact)).unwrap();
}

impl Zone {
    pub async fn new(app: &mut TestApp) -> Self {
        let day = "2021-01-01";
        let clinic = |app: &TestApp, login: &str, name: &str, level: &str| {
            let clinic = settle(app, "clinic", DISTRICT, name);
            fact(app, clinic, "clinic.level", level, day);
            let staff = app.app.image().staff_by_login(login).unwrap();
            fact(app, staff.0, "staff.clinic", &clinic.to_string(), day);
            clinic
        };
        let first = clinic(app, "hospital", "示范区人民医院", "2");
        let added = staff::act::add(
            "hospital2",
            "hospital2",
            Role::Hospital,
            DISTRICT.parse().unwrap(),
            None,
            app.app.now().day(),
        );
        app.act_of_the_program(Arc::new(added)).unwrap();
        clinic(app, "hospital2", "示范市第二医院", "3");
        let payer = |pays: &'static str| {
            let facts = [("area", DISTRICT), ("name", pays), ("pays", pays)];
            let add = AddSubject {
                kind: "payer".into(),
                facts: facts.iter().map(|(name, value)| (format!("payer.{name}"), (*value).to_owned())).collect(),
                since: Vec::new(),
                sealed: None,
                from: day.parse().unwrap(),
                source: "test".into(),
                members: Vec::new(),
            };
            (pays, app.act_of_the_program(Arc::new(add)).unwrap().about.unwrap().0)
        };
        let payers = ["basic", "serious-illness", "assistance", "supplement", "re-assistance"].map(payer).to_vec();
        let clerk = app.signed_in("clerk").await;
        bring(app, &clerk, &table()).await;
        Self {
            desk: app.signed_in("hospital").await,
            other: app.signed_in("hospital2").await,
            clerk,
            township: app.signed_in("township").await,
            district: app.signed_in("district").await,
            clinic: first,
            payers,
        }
    }

    /// The number on the register of whoever has this card.
    pub async fn person(&self, app: &mut TestApp, card: &str) -> u64 {
        let found =
            app.post("/api/hospital/patients", Some(&self.desk), json!({"citizen_number": citizen(card)})).await;
        assert_eq!(found.status, StatusCode::OK, "{}", found.text);
        found.json()["person"].as_u64().unwrap()
    }

    pub fn payer(&self, name: &str) -> u32 {
        self.payers.iter().find(|(known, _)| *known == name).unwrap().1
    }
}

/// Somebody is admitted: the number of the stay.
pub async fn admitted(app: &mut TestApp, desk: &Cast, person: u64, day: &str) -> String {
    let body = json!({"person": person, "admitted": day, "agreement": true});
    let done = app.post("/api/hospital/stays", Some(desk), body).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    done.json()["number"].as_str().unwrap().to_owned()
}

/// The worked example of the policy: 20,000 yuan, 1,000 not covered, 500 paid first.
pub fn bill() -> Value {
    json!({"discharged": "2021-01-29", "total": "20000.00", "own_pay": "1000.00", "first_pay": "500.00"})
}

pub async fn version(app: &TestApp, who: &Cast, number: &str) -> Value {
    let page = app.get(&format!("/api/settlements/{number}"), Some(who)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.json()["version"].clone()
}

/// A stay is settled: what it came to.
pub async fn settled(app: &mut TestApp, desk: &Cast, number: &str, bill: Value) -> Value {
    let version = version(app, desk, number).await;
    let done = app
        .post(&format!("/api/hospital/stays/{number}/settle"), Some(desk), json!({"version": version, "bill": bill}))
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    done.json()
}

/// What each layer of a slip pays, the person last.
pub fn amounts(slip: &Value) -> Vec<String> {
    let layers = slip["layers"].as_array().unwrap().iter().map(|layer| layer["pay"].as_str().unwrap().to_owned());
    layers.chain([slip["personal"].as_str().unwrap().to_owned()]).collect()
}
