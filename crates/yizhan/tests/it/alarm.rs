//! What must not wait for anybody's list: a fever, a positive test.

use crate::testing::{Cast, TestApp};
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn open(app: &TestApp, who: &Cast) -> Vec<Value> {
    let list = app.get("/api/cases?state=alarm", Some(who)).await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.text);
    list.json()["cases"].as_array().unwrap().clone()
}

/// A declaration whose person is at home since today.
async fn monitored(app: &mut TestApp) -> (String, String, Cast) {
    let (number, secret) = app.declared().await;
    let clerk = app.signed_in("clerk").await;
    for answers in [json!({"outcome": "reached"}), json!({"arrived_on": "2021-02-01"}), json!({"place": "home"})] {
        let done = app.step(&number, &clerk, json!({"verb": "sign", "answers": answers})).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    }
    (number, secret, clerk)
}

#[tokio::test]
async fn a_fever_is_told_at_once_and_ends_with_its_answer() {
    let mut app = TestApp::new();
    let (number, secret, clerk) = monitored(&mut app).await;
    let township = app.signed_in("township").await;
    let mut told = app.signals(&township).await;
    told.text().await;
    let report = format!("/api/cases/{number}/entries/report-evening?k={secret}");
    let normal = app.post(&report, None, json!({"temperature": "37.2", "symptoms": []})).await;
    assert_eq!(normal.status, StatusCode::OK, "{}", normal.text);
    assert!(open(&app, &clerk).await.is_empty());
    assert!(!told.text().await.contains("event: alarm"));
    app.post(&report, None, json!({"temperature": "37.3", "symptoms": ["cough"]})).await;
    let said = told.text().await;
    assert!(said.contains(&format!("event: alarm\ndata: {number}")), "the township hears of it: {said}");
    for login in ["clerk", "township", "district", "hospital"] {
        let who = app.signed_in(login).await;
        let list = open(&app, &who).await;
        assert_eq!(
            (list.len(), &list[0]["number"], &list[0]["alarms"]),
            (1, &json!(number), &json!(["Fever"])),
            "{login}"
        );
    }
    let neighbour = app.signed_in("neighbour").await;
    assert!(open(&app, &neighbour).await.is_empty());
    let auditor = app.signed_in("auditor").await;
    assert_eq!(app.get("/api/cases?state=alarm", Some(&auditor)).await.code(), "forbidden");
    let page = app.get(&format!("/api/cases/{number}"), Some(&auditor)).await.json();
    assert_eq!(page["alarms"], json!([]), "whoever reads no people reads of no fever");
    let page = app.get(&format!("/api/cases/{number}"), Some(&clerk)).await.json();
    assert_eq!(page["alarms"][0]["raised_by"][0]["text"], "37.3");
    let receipt = app.get(&format!("/c/{number}?k={secret}&lang=zh"), None).await.text;
    assert!(receipt.contains("您报的体温偏高"), "{receipt}");

    let answer = format!("/api/cases/{number}/entries/alarm-answer");
    let answered = app.post(&answer, Some(&township), json!({"action": "clinic"})).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
    assert!(open(&app, &clerk).await.is_empty());
    assert!(!app.get(&format!("/c/{number}?k={secret}&lang=zh"), None).await.text.contains("您报的体温偏高"));
    // Measured again, and still high: that is a new alarm.
    app.days_pass(1);
    app.post(&report, None, json!({"temperature": "38.0", "symptoms": []})).await;
    let page = app.get(&format!("/api/cases/{number}"), Some(&clerk)).await.json();
    assert_eq!(page["alarms"][0]["raised_by"].as_array().unwrap().len(), 1, "{}", page["alarms"]);
}

#[tokio::test]
async fn a_positive_test_reaches_the_district_and_an_ended_case_alarms_nobody() {
    let mut app = TestApp::new();
    let (number, _, clerk) = monitored(&mut app).await;
    let hospital = app.signed_in("hospital").await;
    let test = json!({"sampled_on": "2021-02-01", "result": "positive", "laboratory": "区医院"});
    let recorded = app.post(&format!("/api/cases/{number}/entries/test"), Some(&hospital), test).await;
    assert_eq!(recorded.status, StatusCode::OK, "{}", recorded.text);
    let district = app.signed_in("district").await;
    assert_eq!(open(&app, &district).await[0]["alarms"], json!(["Positive test"]));
    let picture = app.get("/api/overview", Some(&district)).await.json();
    let counted: u64 = picture["parts"].as_array().unwrap().iter().map(|part| part["alarms"].as_u64().unwrap()).sum();
    assert_eq!(counted, 1);
    for part in picture["parts"].as_array().unwrap() {
        let opens = format!("/api/cases?state=alarm&area={}", part["area"].as_str().unwrap());
        assert_eq!(
            app.get(&opens, Some(&district)).await.json()["total"],
            part["alarms"],
            "the number opens to its cases"
        );
    }
    app.step(&number, &clerk, json!({"verb": "close", "reason": "已转定点医院"})).await;
    assert!(open(&app, &district).await.is_empty());
}
