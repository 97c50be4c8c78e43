//! What follows for whoever arrives: plans by day, place and class; how a follow-up is changed and ended.

use crate::testing::{Cast, TestApp, declaration};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yizhan::travel::rule::{Risk, RiskAreas};
use yizhan_kit::Day;

/// A declaration from a place, arriving on a day.
fn coming_from(place: &str, arriving_on: &str) -> Value {
    let mut form = declaration();
    form["origin"] = json!({"place": place, "risk": "low"});
    form["arriving_on"] = json!(arriving_on);
    form
}

async fn declared(app: &mut TestApp, form: Value) -> (String, String) {
    let answer = app.post("/api/cases/travel-declaration", None, form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    (text("number"), text("receipt"))
}

async fn signed(app: &mut TestApp, number: &str, clerk: &Cast, answers: Value) {
    let done = app.step(number, clerk, json!({"verb": "sign", "answers": answers})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
}

async fn arrived(app: &mut TestApp, number: &str, clerk: &Cast, arrival: Value) {
    signed(app, number, clerk, json!({"outcome": "reached"})).await;
    signed(app, number, clerk, arrival).await;
}

/// The plan as the clerk's page shows it.
async fn plan(app: &TestApp, number: &str, clerk: &Cast) -> (String, bool, Value) {
    let page = app.get(&format!("/api/cases/{number}"), Some(clerk)).await.json();
    let plan = &page["plan"];
    (plan["plan"].as_str().unwrap_or("none").to_owned(), plan["chosen"] == true, plan["why"].clone())
}

/// The days on which a duty is expected.
async fn days(app: &TestApp, number: &str, clerk: &Cast, duty: &str) -> Vec<String> {
    let page = app.get(&format!("/api/cases/{number}"), Some(clerk)).await.json();
    let duties = page["duties"].as_array().unwrap().clone();
    let found = duties.iter().find(|one| one["name"] == duty).cloned().unwrap_or_default();
    let days = found["occurrences"].as_array().cloned().unwrap_or_default();
    days.iter().map(|one| one["day"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_list_of_the_days_before_says_what_follows() {
    let mut app = TestApp::new();
    let (clerk, district) = (app.signed_in("clerk").await, app.signed_in("district").await);
    let list = json!({"from": "2021-01-20", "source": "省疾控中心 1 月 20 日通告", "areas": [
        {"place": "石家庄市藁城区", "level": "high"}, {"place": "130104", "level": "中风险"},
    ]});
    let set = app.post("/api/risk-areas", Some(&district), list).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.text);
    let (from_there, _) = declared(&mut app, coming_from("河北省石家庄市藁城区", "2021-02-01")).await;
    let (same_city, _) = declared(&mut app, coming_from("石家庄市裕华区", "2021-02-01")).await;
    let (elsewhere, _) = declared(&mut app, coming_from("江苏苏州", "2021-02-01")).await;
    assert_eq!(
        plan(&app, &from_there, &clerk).await,
        (
            "central-14".into(),
            false,
            json!([
                "河北省石家庄市藁城区",
                "a city that has areas of medium or high risk",
                "high risk",
                "a negative test within 3 days"
            ])
        )
    );
    let (name, _, why) = plan(&app, &same_city, &clerk).await;
    assert_eq!((name.as_str(), &why[1]), ("home-14", &json!("a city that has areas of medium or high risk")));
    arrived(&mut app, &from_there, &clerk, json!({"arrived_on": "2021-02-01"})).await;
    assert_eq!(plan(&app, &from_there, &clerk).await.0, "central-14");
    assert_eq!(days(&app, &from_there, &clerk, "test").await, ["2021-02-08", "2021-02-15"]);
    assert_eq!(days(&app, &from_there, &clerk, "morning-temperature").await.len(), 14, "not the morning before");
    assert_eq!(days(&app, &from_there, &clerk, "evening-temperature").await.len(), 15);

    // What is found out on arrival counts as much as the list.
    let (contact, _) = declared(&mut app, coming_from("江苏苏州", "2021-02-01")).await;
    let arrival =
        json!({"arrived_on": "2021-02-01", "reason": "home", "close_contact": true, "host": {"name": "柳大"}});
    arrived(&mut app, &contact, &clerk, arrival).await;
    assert_eq!(plan(&app, &contact, &clerk).await.0, "central-14");
    // The list is taken back from today on: whoever arrived keeps the plan, and fourteen days count for whoever comes.
    let empty = json!({"from": "2021-02-01", "source": "同上，2 月 1 日更新", "areas": []});
    assert_eq!(app.post("/api/risk-areas", Some(&district), empty).await.status, StatusCode::OK);
    assert_eq!(app.get("/api/risk-areas", Some(&clerk)).await.json(), json!([]));
    let before = app.get("/api/risk-areas?on=2021-01-31", Some(&clerk)).await.json();
    assert_eq!((before.as_array().unwrap().len(), &before[0]["level"]), (2, &json!("medium")));
    assert_eq!(plan(&app, &from_there, &clerk).await, ("central-14".into(), true, json!([])));
    assert_eq!(plan(&app, &same_city, &clerk).await.2[1], "a city that has areas of medium or high risk");
    let (later, _) = declared(&mut app, coming_from("河北省石家庄市藁城区", "2021-02-20")).await;
    assert_eq!(plan(&app, &later, &clerk).await.0, "home-14", "more than fourteen days later");
    assert_eq!(plan(&app, &elsewhere, &clerk).await.0, "home-14");

    let nonsense = json!({"from": "soon", "source": " ", "areas": [{"place": "朝阳区", "level": "red"}]});
    for (lang, said) in
        [("zh", "第 1 行：没有“朝阳区”这个地方，或者不止一个"), ("en", "line 1: no place \"朝阳区\", or more than one")]
    {
        let refused = app.post(&format!("/api/risk-areas?lang={lang}"), Some(&district), nonsense.clone()).await;
        assert_eq!((refused.code().as_str(), refused.json()["faults"].as_array().unwrap().len()), ("form-invalid", 3));
        assert_eq!(refused.json()["faults"][0]["said"], said);
    }
}

#[tokio::test]
async fn a_change_of_the_rules_reaches_who_comes_after_it_and_says_whom_before() {
    let mut app = TestApp::new();
    let (clerk, district) = (app.signed_in("clerk").await, app.signed_in("district").await);
    let (here, _) = declared(&mut app, coming_from("江苏苏州", "2021-02-01")).await;
    let (coming, _) = declared(&mut app, coming_from("浙江杭州", "2021-02-05")).await;
    declared(&mut app, coming_from("山东省济南市", "2021-02-05")).await;
    arrived(&mut app, &here, &clerk, json!({"arrived_on": "2021-02-01"})).await;
    let text =
        app.get("/api/catalog/file?path=plan/journey.toml", None).await.json()["text"].as_str().unwrap().to_owned();
    let (head, rest) = text.split_once("[[plan]]").unwrap();
    let new = r#"[[plan]]
name = "five-days-three-tests"
title = {zh = "五天三检", en = "Three tests in five days"}
about = {zh = "第 1、3、5 天检测。", en = "Tests on days 1, 3 and 5."}
from = 2021-02-02
when = {risk = ["low"], class = ["cross-province"]}
days = 5
due = [1, 3, 5]
source = "proposed"
confidence = "illustrative"

"#;
    // The examples of the season say the old rule: they change with it.
    let rest = rest.replacen("expect = \"home-14\"", "expect = \"five-days-three-tests\"", 1);
    let proposed = format!("{head}{new}[[plan]]{rest}");
    let ask = json!({"plans": proposed});
    let touched = app.post("/api/plans/preview", Some(&district), ask.clone()).await;
    assert_eq!(touched.status, StatusCode::OK, "{}", touched.text);
    let touched = touched.json();
    assert_eq!((&touched["looked_at"], &touched["touched"]), (&json!(2), &json!(1)), "who is here keeps the plan");
    assert_eq!(touched["cases"][0]["number"], coming.as_str());
    assert_eq!(
        touched["changes"],
        json!([{"now": "Health monitoring at home for 14 days", "then": "Three tests in five days", "cases": 1}])
    );
    let neighbour = app.signed_in("neighbour").await;
    assert_eq!(app.post("/api/plans/preview", Some(&neighbour), ask).await.json()["looked_at"], 0);
    let risk =
        json!({"risk": {"from": "2021-02-02", "source": "拟", "areas": [{"place": "杭州市", "level": "medium"}]}});
    let touched = app.post("/api/plans/preview", Some(&district), risk).await.json();
    assert_eq!(touched["changes"][0]["then"], "Central isolation for 14 days");
    let broken = app.post("/api/plans/preview", Some(&district), json!({"plans": "title = 1"})).await;
    assert_eq!(broken.code(), "catalog-invalid", "{}", broken.text);
}

#[tokio::test]
async fn a_follow_up_is_extended_and_ends_by_rule() {
    let mut app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let (number, secret) = declared(&mut app, coming_from("江苏苏州", "2021-02-01")).await;
    arrived(&mut app, &number, &clerk, json!({"arrived_on": "2021-02-01", "work": "cold-chain"})).await;
    signed(&mut app, &number, &clerk, json!({"place": "home"})).await;
    let extend = json!({"until": "2021-02-18", "test_on": "2021-02-18", "reason": "同住人检测结果待查"});
    let extended = app.post(&format!("/api/cases/{number}/entries/extend"), Some(&clerk), extend).await;
    assert_eq!(extended.status, StatusCode::OK, "{}", extended.text);
    assert_eq!(days(&app, &number, &clerk, "test").await, ["2021-02-08", "2021-02-15", "2021-02-18"]);
    assert_eq!(days(&app, &number, &clerk, "evening-temperature").await.last().unwrap(), "2021-02-18");
    for (pass, sampled) in [(7, "2021-02-08"), (7, "2021-02-15")] {
        app.days_pass(pass);
        let clerk = app.signed_in("clerk").await;
        let test = json!({"sampled_on": sampled, "result": "negative", "laboratory": "示范医院"});
        let test = app.post(&format!("/api/cases/{number}/entries/test"), Some(&clerk), test).await;
        assert_eq!(test.status, StatusCode::OK, "{}", test.text);
    }
    let release = json!({"verb": "sign"});
    assert_eq!(app.step(&number, &clerk, release.clone()).await.code(), "too-early", "it was extended to the 18th");
    app.days_pass(3);
    assert_eq!(app.step(&number, &clerk, release.clone()).await.code(), "duty-open", "one test more was asked for");
    let test = json!({"sampled_on": "2021-02-18", "result": "negative", "laboratory": "示范医院"});
    app.post(&format!("/api/cases/{number}/entries/test"), Some(&clerk), test).await;
    assert_eq!(app.step(&number, &clerk, release).await.status, StatusCode::OK);

    // It has ended: whoever it is about need not wait for the rule.
    let receipt = app.get(&format!("/c/{number}?k={secret}&lang=zh"), None).await.text;
    assert!(receipt.contains("现在就删除"), "{receipt}");
    let asked = app.submit(&format!("/c/{number}/forget?k={secret}"), &[]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    let page = app.get(&format!("/api/cases/{number}"), Some(&clerk)).await.json();
    assert_eq!((&page["forgotten"], &page["who"], &page["said"]), (&json!(true), &json!(""), &json!([])));
    let verbs: Vec<&Value> = page["history"].as_array().unwrap().iter().map(|row| &row["verb"]).collect();
    assert_eq!(verbs[0], "forget", "that it was forgotten is on record");
}

#[tokio::test]
async fn a_follow_up_that_ends_early_says_how() {
    let mut app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let (number, secret) = declared(&mut app, coming_from("江苏苏州", "2021-02-01")).await;
    let page = app.get(&format!("/api/cases/{number}"), Some(&clerk)).await.json();
    assert!(page["closing"]["properties"]["how"].is_object(), "{}", page["closing"]);
    let early = app.submit(&format!("/c/{number}/forget?k={secret}"), &[]).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "a case that is open is not forgotten");
    let no_reason = json!({"verb": "close", "answers": {"how": "lost"}});
    assert_eq!(app.step(&number, &clerk, no_reason).await.code(), "form-invalid");
    let lost = json!({"verb": "close", "answers": {"how": "lost", "reason": "三次电话无人接听，上门无人"}});
    assert_eq!(app.step(&number, &clerk, lost).await.status, StatusCode::OK);
    let facts = app.get(&format!("/api/cases/{number}/facts"), Some(&clerk)).await.json();
    assert_eq!(facts["facts"][0]["said"], "Cannot be found; the township was told");

    // As before, a reason in words will do.
    let (number, _) = declared(&mut app, coming_from("江苏苏州", "2021-02-01")).await;
    let closed = app.step(&number, &clerk, json!({"verb": "close", "reason": "行程取消"})).await;
    assert_eq!(closed.status, StatusCode::OK);
}

#[tokio::test]
async fn places_are_found_by_what_people_type_and_by_the_tree() {
    let app = TestApp::new();
    let found = app.get("/api/places?q=%E5%AE%89%E6%96%B0", None).await.json();
    assert_eq!(found[0]["path"], "河北省保定市安新县");
    let provinces = app.get("/api/places", None).await.json();
    assert_eq!(provinces.as_array().unwrap().len(), 34);
    let cities = app.get("/api/places?within=370000", None).await.json();
    assert_eq!(cities.as_array().unwrap().len(), 16);
    let counties = app.get("/api/places?within=371500", None).await.json();
    assert_eq!(counties.as_array().unwrap().len(), 8);
}

fn day(n: i32) -> Day {
    Day(18_660 + n)
}

#[test]
fn a_list_holds_from_its_day_and_the_next_replaces_it() {
    let first =
        RiskAreas::default().replaced(day(0), &BTreeMap::from([(130_108, Risk::High), (130_181, Risk::Medium)]));
    let second = first.replaced(day(10), &BTreeMap::from([(130_108, Risk::Medium)]));
    let on = |areas: &RiskAreas, n| areas.on(day(n)).map(|(place, risk, _)| (place, risk)).collect::<Vec<_>>();
    assert_eq!(on(&second, -1), []);
    assert_eq!(on(&second, 9), [(130_108, Risk::High), (130_181, Risk::Medium)]);
    assert_eq!(on(&second, 10), [(130_108, Risk::Medium)]);
    // Somebody who was there on day 9 and arrives on day 12 was in a high-risk area within fourteen days.
    assert_eq!(second.between(130_108, day(-2), day(12)), (Risk::High, true));
    assert_eq!(second.between(130_108, day(10), day(24)), (Risk::Medium, false));
    // A whole city is worse than its parts, and a part makes its city one of risk.
    assert_eq!(second.between(130_102, day(-2), day(12)), (Risk::Low, true));
    assert_eq!(second.between(130_200, day(-2), day(12)), (Risk::Low, false));
    // Corrected for the same day: the later list holds.
    let corrected = second.replaced(day(10), &BTreeMap::new());
    assert_eq!(on(&corrected, 10), []);
}

#[tokio::test]
async fn every_number_of_the_board_opens_to_the_cases_it_counts() {
    let mut app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let (first, secret) = declared(&mut app, coming_from("江苏苏州", "2021-02-01")).await;
    declared(&mut app, coming_from("浙江杭州", "2021-02-01")).await;
    let mut elsewhere = coming_from("浙江杭州", "2021-02-01");
    elsewhere["destination"]["region"] = json!(crate::testing::NEIGHBOUR);
    declared(&mut app, elsewhere).await;
    app.time_passes(90);
    arrived(&mut app, &first, &clerk, json!({"arrived_on": "2021-02-01"})).await;
    signed(&mut app, &first, &clerk, json!({"place": "home"})).await;
    let fever = json!({"temperature": "38.2", "symptoms": ["cough"]});
    app.post(&format!("/api/cases/{first}/entries/report-evening?k={secret}"), None, fever).await;
    app.days_pass(1);
    for login in ["clerk", "township", "district"] {
        let who = app.signed_in(login).await;
        let board = app.get("/api/board?service=travel-declaration", Some(&who)).await;
        assert_eq!(board.status, StatusCode::OK, "{}", board.text);
        let board = board.json();
        let names: Vec<String> =
            board["measures"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        for part in board["parts"].as_array().unwrap().iter().chain([&board["whole"]]) {
            for (number, name) in part["numbers"].as_array().unwrap().iter().zip(&names) {
                let area = part["area"].as_str().unwrap();
                if number == 0 && area != crate::testing::VILLAGE {
                    continue;
                }
                let list = format!("/api/cases?service=travel-declaration&measure={name}&area={area}");
                let opened = app.get(&list, Some(&who)).await.json();
                assert_eq!(&opened["total"], number, "{login}: {name} of {area}");
            }
        }
        let all = u64::from(login != "clerk");
        let numbers = &board["whole"]["numbers"];
        assert_eq!(numbers, &json!([0, 1, 1 + all, 0, 1, 1 + all, 0, 1, 0]), "{login}");
        assert_eq!((&board["whole"]["median_minutes"], &board["whole"]["p95_minutes"]), (&json!(90), &json!(90)));
        assert_eq!(board["parts"].as_array().unwrap().is_empty(), login == "clerk");
    }
    let file = app.get("/api/board.xlsx?service=travel-declaration", Some(&clerk)).await;
    assert!(file.bytes.starts_with(b"PK"));
    assert_eq!(app.get("/api/cases?measure=luck", Some(&clerk)).await.code(), "form-invalid");
    assert_eq!(app.get("/api/board?service=residence-proof", Some(&clerk)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_worker_enters_the_temperatures_of_those_who_cannot() {
    let mut app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let (number, secret) = declared(&mut app, coming_from("江苏苏州", "2021-02-01")).await;
    arrived(&mut app, &number, &clerk, json!({"arrived_on": "2021-02-01"})).await;
    let list = app.get("/api/reports", Some(&clerk)).await.json();
    assert_eq!((&list["total"], &list["people"][0]["due"][0]["entry"]), (&json!(1), &json!("report-evening")));
    app.days_pass(1);
    app.time_passes(4 * 60);
    let clerk = app.signed_in("clerk").await;
    let list = app.get("/api/reports", Some(&clerk)).await.json();
    let due = list["people"][0]["due"].as_array().unwrap();
    assert_eq!((due.len(), &due[0]["state"], &due[1]["state"]), (2, &json!("overdue"), &json!("due")));
    for entry in ["report-morning", "report-evening"] {
        let form = json!({"temperature": "36.6", "symptoms": [], "reported_by": "worker"});
        let done = app.post(&format!("/api/cases/{number}/entries/{entry}"), Some(&clerk), form).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    }
    assert_eq!(app.get("/api/reports", Some(&clerk)).await.json()["total"], 0);
    let page = app.get(&format!("/api/cases/{number}"), Some(&clerk)).await.json();
    let said: Vec<String> =
        page["history"][0]["said"].as_array().unwrap().iter().map(|one| one["text"].to_string()).collect();
    assert!(said.contains(&"\"An officer, for them\"".to_owned()), "who filled it in is on record: {said:?}");
    // A relative may, with the receipt, and says so.
    app.days_pass(1);
    let form = json!({"temperature": "36.4", "symptoms": [], "reported_by": "family"});
    let by_family = app.post(&format!("/api/cases/{number}/entries/report-morning?k={secret}"), None, form).await;
    assert_eq!(by_family.status, StatusCode::OK, "{}", by_family.text);
    let township = app.signed_in("township").await;
    assert_eq!(app.get("/api/reports", Some(&township)).await.json()["total"], 0, "it is the village's to enter");
}

#[tokio::test]
async fn what_was_said_first_of_a_day_stands() {
    let mut app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let (number, secret) = declared(&mut app, coming_from("江苏苏州", "2021-02-01")).await;
    app.time_passes(60);
    let call =
        app.post(&format!("/api/cases/{number}/entries/call"), Some(&clerk), json!({"outcome": "reached"})).await;
    assert_eq!(call.status, StatusCode::OK, "{}", call.text);
    app.time_passes(120);
    arrived(&mut app, &number, &clerk, json!({"arrived_on": "2021-02-01"})).await;
    let board = app.get("/api/board?service=travel-declaration", Some(&clerk)).await.json();
    assert_eq!(board["whole"]["median_minutes"], 60, "the first call counts, not the step signed later");
    // A fever is not wiped out by a normal temperature typed after it; only an answer ends the alarm.
    let report = format!("/api/cases/{number}/entries/report-evening?k={secret}");
    app.post(&report, None, json!({"temperature": "38.5", "symptoms": []})).await;
    assert_eq!(app.post(&report, None, json!({"temperature": "36.5", "symptoms": []})).await.status, StatusCode::OK);
    let alarms = app.get("/api/cases?state=alarm", Some(&clerk)).await.json();
    assert_eq!(alarms["total"], 1);
}

#[tokio::test]
async fn a_test_that_was_missed_is_made_good_by_a_later_one() {
    let mut app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let (number, _) = declared(&mut app, coming_from("江苏苏州", "2021-02-01")).await;
    arrived(&mut app, &number, &clerk, json!({"arrived_on": "2021-02-01"})).await;
    signed(&mut app, &number, &clerk, json!({"place": "home"})).await;
    app.days_pass(14);
    let clerk = app.signed_in("clerk").await;
    let tested = async |app: &mut TestApp, day: &str| {
        let test = json!({"sampled_on": day, "result": "negative", "laboratory": "示范医院"});
        let test = app.post(&format!("/api/cases/{number}/entries/test"), Some(&clerk), test).await;
        assert_eq!(test.status, StatusCode::OK, "{}", test.text);
    };
    tested(&mut app, "2021-02-15").await;
    assert_eq!(app.step(&number, &clerk, json!({"verb": "sign"})).await.code(), "duty-open");
    tested(&mut app, "2021-02-12").await;
    assert_eq!(app.step(&number, &clerk, json!({"verb": "sign"})).await.status, StatusCode::OK);
}
