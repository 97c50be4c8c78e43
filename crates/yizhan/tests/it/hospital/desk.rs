//! From admission to the last yuan: what the desk may do, in which order, and who may not.

use super::{MAN, OLD, Zone, admitted, amounts, bill, settled, version};
use crate::testing::{Cast, TestApp, citizen};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use yizhan::hospital::rule::capital;
use yizhan_core::access::Viewer;
use yizhan_kit::Fen;

/// What the worked example comes to for somebody on the register in a hospital of level 2.
const WORKED: [&str; 7] = ["12600.00", "585.00", "531.50", "3348.45", "1148.04", "0.00", "1787.01"];

async fn share(app: &mut TestApp, desk: &Cast, number: &str, entry: &str, answers: Value) -> crate::testing::Answer {
    app.post(&format!("/api/hospital/stays/{number}/shares/{entry}"), Some(desk), answers).await
}

async fn cancel(app: &mut TestApp, desk: &Cast, number: &str) -> crate::testing::Answer {
    let version = version(app, desk, number).await;
    let body = json!({"version": version, "reason": "费用录错"});
    app.post(&format!("/api/hospital/stays/{number}/cancel"), Some(desk), body).await
}

/// What a fund's accounts hold together is nothing, and what waits.
fn money(app: &TestApp) -> (i64, usize) {
    let (image, program) = (app.app.image(), Viewer::program());
    let seen = program.look(&image);
    let sum = seen.accounts().map(|(_, _, held)| held.posted.0).sum();
    (sum, seen.counted().unwrap().1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stay_from_admission_to_the_last_instalment() {
    let mut app = TestApp::new();
    let zone = Zone::new(&mut app).await;
    let looked = app
        .post(
            "/api/hospital/patients",
            Some(&zone.desk),
            json!({"citizen_number": citizen(OLD), "admitted": "2021-01-20"}),
        )
        .await;
    let found = looked.json();
    assert_eq!((&found["name"], &found["category"]), (&json!("柳*"), &json!("registered-poor")), "{}", looked.text);
    assert!(!looked.text.contains(&citizen(OLD)), "the number is masked: {}", looked.text);
    let person = found["person"].as_u64().unwrap();

    // Nobody is admitted without the agreement, in the future, twice, or by somebody who is no hospital.
    let asked = |day: &str, agreement: bool| json!({"person": person, "admitted": day, "agreement": agreement});
    for (who, body, code) in [
        (&zone.desk, asked("2021-01-20", false), "form-invalid"),
        (&zone.desk, asked("2021-02-20", true), "form-invalid"),
        (&zone.district, asked("2021-01-20", true), "forbidden"),
    ] {
        assert_eq!(app.post("/api/hospital/stays", Some(who), body).await.code(), code);
    }
    let number = admitted(&mut app, &zone.desk, person, "2021-01-20").await;
    let again = app.post("/api/hospital/stays", Some(&zone.other), asked("2021-01-21", true)).await;
    assert_eq!(again.code(), "move-not-allowed", "{}", again.text);
    assert_eq!(money(&app).1, 0, "no deposit");

    // What it would come to is what it comes to.
    let path = format!("/api/hospital/stays/{number}");
    let would = app.post(&format!("{path}/preview"), Some(&zone.desk), bill()).await;
    assert_eq!(amounts(&would.json()), WORKED, "{}", would.text);
    let stay = settled(&mut app, &zone.desk, &number, bill()).await;
    let slip = &stay["slip"];
    assert_eq!(amounts(slip), WORKED);
    assert_eq!(slip["personal_words"], "壹仟柒佰捌拾柒元零壹分");
    assert_eq!((&slip["fund_pays"], &slip["in_scope"]), (&json!("18212.99"), &json!("18500.00")));
    assert!(slip["layers"][0]["why"].as_str().unwrap().contains("70%"), "{slip}");
    assert_eq!(slip["layers"][2]["waived"], true, "the hospital's reduction moves no money");
    // Four payers and the person: all of it waits, nothing was paid yet.
    assert_eq!(money(&app), (0, 5));

    // The person's part: not more than it is, one part now, the rest in two.
    let pay = |amount: &str| json!({"amount": amount, "method": "cash"});
    assert_eq!(share(&mut app, &zone.desk, &number, "payment", pay("1787.02")).await.code(), "form-invalid");
    let close = json!({"verb": "sign"});
    let early = app.step(&number, &zone.desk, close.clone()).await;
    assert_eq!(early.code(), "duty-open", "{}", early.text);
    let paid = share(&mut app, &zone.desk, &number, "payment", pay("787.01")).await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.text);
    let parts = |second: &str| json!({"parts": [{"amount": "500.00", "due": "2021-03-01"}, {"amount": second, "due": "2021-04-01"}], "until": "2021-04-01"});
    assert_eq!(share(&mut app, &zone.desk, &number, "instalments", parts("501.00")).await.code(), "form-invalid");
    let agreed = share(&mut app, &zone.desk, &number, "instalments", parts("500.00")).await;
    let left = agreed.json()["share"].clone();
    assert_eq!(
        left,
        json!({"paid": "787.01", "due": "1000.00", "parts": 2, "until": "2021-04-01", "back": "0.00"}),
        "{}",
        agreed.text
    );
    // Paying across parts leaves what is left of the second.
    let paid = share(&mut app, &zone.desk, &number, "payment", pay("700.00")).await.json();
    assert_eq!((&paid["share"]["due"], &paid["share"]["parts"]), (&json!("300.00"), &json!(1)));
    share(&mut app, &zone.desk, &number, "payment", pay("300.00")).await;
    let closed = app.step(&number, &zone.desk, close).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.text);
    let stay = app.get(&format!("/api/settlements/{number}"), Some(&zone.desk)).await.json();
    assert_eq!((&stay["state"], &stay["share"]["paid"]), (&json!("completed"), &json!("1787.01")));
    assert_eq!(cancel(&mut app, &zone.desk, &number).await.code(), "case-ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_same_hospital_cancels_and_only_the_last() {
    let mut app = TestApp::new();
    let zone = Zone::new(&mut app).await;
    let person = zone.person(&mut app, OLD).await;
    let first = admitted(&mut app, &zone.desk, person, "2021-01-12").await;
    settled(&mut app, &zone.desk, &first, bill()).await;
    let second = admitted(&mut app, &zone.other, person, "2021-01-30").await;
    let stay = settled(&mut app, &zone.other, &second, json!({"discharged": "2021-01-31", "total": "30000.00"})).await;
    // The second admission of the year: half the deductible of level 3; what is left of assistance after the first.
    assert_eq!(stay["slip"]["layers"][0]["pay"], "16225.00", "{stay}");
    let path = format!("/api/hospital/stays/{first}/cancel");
    let reason = json!({"version": version(&app, &zone.desk, &first).await, "reason": "费用录错"});
    assert_eq!(app.post(&path, Some(&zone.other), reason.clone()).await.code(), "case-not-found");
    assert_eq!(app.post(&path, Some(&zone.desk), reason).await.code(), "not-last-bill");
    assert_eq!(cancel(&mut app, &zone.other, &second).await.status, StatusCode::OK);
    let done = cancel(&mut app, &zone.desk, &first).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!((&done.json()["step"], &done.json()["slip"]), (&json!("treat"), &Value::Null));
    assert_eq!(money(&app), (0, 0), "what waited is void");
    // As if it had not been: the same bill comes to the same, as the first of the year.
    let again = settled(&mut app, &zone.desk, &first, bill()).await;
    assert_eq!(amounts(&again["slip"]), WORKED);
    // What the person paid goes back when it is cancelled after the payment.
    let paid = share(&mut app, &zone.desk, &first, "payment", json!({"amount": "1787.01", "method": "card"})).await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.text);
    assert_eq!(cancel(&mut app, &zone.desk, &first).await.status, StatusCode::OK);
    assert_eq!(money(&app), (0, 1), "the person's money waits to go back");
    let stay = settled(&mut app, &zone.desk, &first, json!({"discharged": "2021-01-29", "total": "1000.00"})).await;
    let (back, personal) = (&stay["share"]["back"], stay["slip"]["personal"].as_str().unwrap());
    assert_eq!(back, &json!(Fen(178_701 - personal.parse::<Fen>().unwrap().0).to_string()), "{stay}");
    let returned = share(&mut app, &zone.desk, &first, "refund", json!({"method": "card"})).await.json();
    assert_eq!((&returned["share"]["back"], &returned["share"]["paid"]), (&json!("0.00"), &json!(personal)));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_desks_at_once_cannot_overspend_a_cap() {
    let mut app = TestApp::new();
    let zone = Zone::new(&mut app).await;
    // Medical assistance pays at most 10,000 yuan a year, and each of these bills alone would take all of it.
    let (old, man) = (zone.person(&mut app, OLD).await, zone.person(&mut app, MAN).await);
    for (round, person) in [old, man].into_iter().enumerate() {
        let mut stays = Vec::new();
        for (desk, day) in [(&zone.desk, "2021-01-12"), (&zone.other, "2021-01-13")] {
            // A stay is settled before the next begins, so the second is admitted while the first was settled and cancelled.
            let number = admitted(&mut app, desk, person, day).await;
            if stays.is_empty() {
                settled(&mut app, desk, &number, bill()).await;
            }
            stays.push(number);
        }
        assert_eq!(cancel(&mut app, &zone.desk, &stays[0]).await.status, StatusCode::OK);
        let big = json!({"discharged": "2021-01-30", "total": "150000.00", "own_pay": "20000.00"});
        let mut bodies = Vec::new();
        for (desk, number) in [(&zone.desk, &stays[0]), (&zone.other, &stays[1])] {
            let version = version(&app, desk, number).await;
            bodies.push((
                format!("/api/hospital/stays/{number}/settle"),
                desk,
                json!({"version": version, "bill": big}),
            ));
        }
        let keys = [format!("once-{round}-a"), format!("once-{round}-b")];
        let ask = |n: usize| {
            let (path, desk, body) = &bodies[n];
            let headers = [("idempotency-key", keys[n].as_str())];
            let (app, desk, body, path) = (&app, *desk, body.clone(), path.clone());
            async move { app.call(Method::POST, &path, Some(desk), &headers, Some(body)).await }
        };
        let (one, two) = tokio::join!(ask(0), ask(1));
        let assistance = |answer: &crate::testing::Answer| {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
            answer.json()["slip"]["layers"][3]["pay"].as_str().unwrap().parse::<Fen>().unwrap().0
        };
        let paid = [assistance(&one), assistance(&two)];
        assert_eq!(paid.iter().sum::<i64>(), 1_000_000, "{paid:?}");
    }
    assert_eq!(money(&app).0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_seen_at_the_hospitals_desk_alone() {
    let mut app = TestApp::new();
    let zone = Zone::new(&mut app).await;
    let person = zone.person(&mut app, OLD).await;
    let number = admitted(&mut app, &zone.desk, person, "2021-01-20").await;
    let told = json!({"diagnosis": "慢性阻塞性肺疾病", "summary": "好转出院，每月复诊"});
    let done = app.post(&format!("/api/cases/{number}/entries/summary"), Some(&zone.desk), told).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let lines = json!([{"item": "雾化吸入药", "amount": "19000.00", "first_pay": "500.00"}, {"item": "陪护", "amount": "1000.00", "own_pay": "1000.00"}]);
    let stay = settled(&mut app, &zone.desk, &number, json!({"discharged": "2021-01-29", "lines": lines})).await;
    assert_eq!(amounts(&stay["slip"]), WORKED, "lines add up to the bill");

    // Officers of the area see the slip; the case's page, opened with a reason or not, says nothing of health.
    for who in [&zone.clerk, &zone.township, &zone.district] {
        let slip = app.get(&format!("/api/settlements/{number}"), Some(who)).await;
        assert_eq!(slip.json()["slip"]["personal"], "1787.01", "{}", slip.text);
        let page = app.get(&format!("/api/cases/{number}"), Some(who)).await;
        let read = app.post(&format!("/api/cases/{number}/read"), Some(who), json!({"reason": "check"})).await;
        assert_eq!((page.status, read.status), (StatusCode::OK, StatusCode::OK), "{}", read.text);
        let facts = app.get(&format!("/api/cases/{number}/facts"), Some(who)).await;
        for text in [&page.text, &read.text, &slip.text, &facts.text] {
            assert!(!["肺", "雾化", "复诊"].iter().any(|word| text.contains(word)), "{text}");
        }
        let summary = app.post(&format!("/api/hospital/stays/{number}/summary"), Some(who), json!({})).await;
        assert_eq!(summary.code(), "forbidden");
    }
    let neighbour = app.signed_in("neighbour").await;
    for (who, total) in [(&zone.desk, 1), (&zone.other, 0)] {
        let list = app.get("/api/worklist", Some(who)).await;
        assert_eq!(list.json()["total"], total, "each hospital's list is its own: {}", list.text);
        let cases = app.get("/api/cases", Some(who)).await;
        assert_eq!(cases.json()["total"], total, "{}", cases.text);
    }
    for who in [&neighbour, &zone.other] {
        assert_eq!(app.get(&format!("/api/settlements/{number}"), Some(who)).await.code(), "case-not-found");
        assert_eq!(app.get(&format!("/api/cases/{number}"), Some(who)).await.code(), "case-not-found");
    }
    let opened = app.post(&format!("/api/hospital/stays/{number}/summary"), Some(&zone.desk), json!({})).await.json();
    assert_eq!((&opened["diagnosis"], &opened["lines"][1]["item"]), (&json!("慢性阻塞性肺疾病"), &json!("陪护")));
    let history = app.get(&format!("/api/cases/{number}"), Some(&zone.desk)).await.json();
    let read = history["history"].as_array().unwrap().iter().filter(|row| row["verb"] == "read").count();
    assert_eq!(read, 4, "each reading is on record");
    // At rest nothing of it can be read.
    let rows = app.memory.rows();
    let sealed = |body: &yizhan_core::row::BodyRow| String::from_utf8_lossy(&body.sealed).contains("肺疾病");
    assert!(!rows.bodies.iter().any(sealed));
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_are_settled_by_no_other_door() {
    let mut app = TestApp::new();
    let zone = Zone::new(&mut app).await;
    let person = zone.person(&mut app, OLD).await;
    let form = json!({"region": crate::testing::VILLAGE, "person": person, "name": "柳一", "admitted": "2021-01-20", "agreement": true});
    // The plain door of cases leads to the same desk: officers and clerks of no hospital are refused there too.
    for who in [&zone.district, &zone.clerk] {
        assert_eq!(app.post("/api/cases/hospital-stay", Some(who), form.clone()).await.code(), "forbidden");
    }
    assert_eq!(app.post("/api/cases/hospital-stay", None, form).await.code(), "forbidden");
    let number = admitted(&mut app, &zone.desk, person, "2021-01-20").await;
    let signed = app.step(&number, &zone.desk, json!({"verb": "sign"})).await;
    assert_eq!(signed.code(), "move-not-allowed", "{}", signed.text);
    settled(&mut app, &zone.desk, &number, bill()).await;
    let back = app.step(&number, &zone.desk, json!({"verb": "send-back", "reason": "x"})).await;
    assert_eq!(back.code(), "move-not-allowed", "{}", back.text);
    let pay = json!({"amount": "100.00", "method": "cash"});
    let entry = app.post(&format!("/api/cases/{number}/entries/payment"), Some(&zone.desk), pay.clone()).await;
    assert_eq!(entry.code(), "move-not-allowed", "{}", entry.text);
    // A repeat under the same key gets the first answer and moves nothing more.
    let path = format!("/api/hospital/stays/{number}/shares/payment");
    let headers = [("idempotency-key", "pay-once")];
    for _ in 0..2 {
        let paid = app.call(Method::POST, &path, Some(&zone.desk), &headers, Some(pay.clone())).await;
        assert_eq!(paid.json()["share"]["paid"], "100.00", "{}", paid.text);
    }
    // A hospital of the register that nobody ever named sees none of it.
    let looked =
        app.post("/api/hospital/patients", Some(&zone.district), json!({"citizen_number": citizen(OLD)})).await;
    assert_eq!(looked.code(), "forbidden");
    let nobody = json!({"citizen_number": citizen("99010019990101101")});
    assert_eq!(app.post("/api/hospital/patients", Some(&zone.desk), nobody).await.code(), "not-found");
}

#[test]
fn money_in_the_characters_it_is_written_with() {
    for (fen, text) in [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (100, "壹元整"),
        (105, "壹元零伍分"),
        (1_050, "壹拾元伍角整"),
        (178_701, "壹仟柒佰捌拾柒元零壹分"),
        (1_000_000, "壹万元整"),
        (1_000_100, "壹万零壹元整"),
        (10_050_000, "壹拾万零伍佰元整"),
        (2_000_000_012, "贰仟万元壹角贰分"),
        (10_000_000_000, "壹亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (123_456_789_012, "壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元壹角贰分"),
        (-250, "负贰元伍角整"),
    ] {
        assert_eq!(capital(Fen(fen)), text, "{fen}");
    }
}
