//! Between payers and hospitals, papers of bills paid elsewhere, and what a late change of category brings.

use super::{MAN, OLD, Zone, admitted, bill, fact, settled, version};
use crate::paper::{name_of, pdf, upload};
use crate::testing::{Cast, TestApp, VILLAGE, citizen};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use yizhan_core::access::Viewer;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;

async fn statement(app: &TestApp, who: &Cast, payer: u32, clinic: u32) -> Value {
    let page = app.get(&format!("/api/settlements/statements/{payer}/{clinic}?month=2021-02"), Some(who)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.json()
}

fn sums(of: &Value) -> [&str; 3] {
    ["amount", "arrived", "waits"].map(|name| of[name].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payers_list_is_held_against_ours() {
    let mut app = TestApp::new();
    let zone = Zone::new(&mut app).await;
    let mut stays = Vec::new();
    for card in [OLD, MAN] {
        let person = zone.person(&mut app, card).await;
        let number = admitted(&mut app, &zone.desk, person, "2021-01-20").await;
        settled(&mut app, &zone.desk, &number, bill()).await;
        stays.push(number);
    }
    let all = app.get("/api/settlements/statements?month=2021-02", Some(&zone.district)).await.json();
    let rows = all.as_array().unwrap();
    assert_eq!(rows.len(), 4, "four payers, one hospital: {all}");
    assert_eq!(app.get("/api/settlements/statements?month=2021-01", Some(&zone.district)).await.json(), json!([]));
    let basic = zone.payer("basic");
    let before = statement(&app, &zone.desk, basic, zone.clinic).await;
    assert_eq!(sums(&before["sums"]), ["25200.00", "0.00", "25200.00"]);
    assert_eq!(before["lines"][0]["name"], "柳*", "a hospital sees masked names");
    assert_eq!(statement(&app, &zone.other, basic, zone.clinic).await["lines"], json!([]), "its own only");

    // One agrees, one differs, one is nobody's.
    let path = format!("/api/settlements/statements/{basic}/{}/reply?month=2021-02", zone.clinic);
    let file = format!("结算单号,金额\n{},12600.00\n{},12600.01\nZY-20210101-000009,5.00\n", stays[0], stays[1]);
    let refused = app.raw(Method::POST, &path, Some(&zone.desk), &[], file.clone().into_bytes()).await;
    assert_eq!(refused.code(), "forbidden", "{}", refused.text);
    let came = app.raw(Method::POST, &path, Some(&zone.district), &[], file.into_bytes()).await.json();
    assert_eq!((&came["agreed"], &came["amount"]), (&json!(1), &json!("12600.00")), "{came}");
    assert_eq!(came["differs"].as_array().unwrap().len() + came["unknown"].as_array().unwrap().len(), 2, "{came}");
    assert_eq!(came["missing"], json!([]));
    assert_eq!(
        sums(&statement(&app, &zone.district, basic, zone.clinic).await["sums"]),
        ["25200.00", "12600.00", "12600.00"]
    );
    // The same list again pays nothing twice, and says what it lacks.
    let again = format!("number,amount\n{},12600.00\n", stays[0]);
    let came = app.raw(Method::POST, &path, Some(&zone.district), &[], again.into_bytes()).await.json();
    assert_eq!((&came["agreed"], &came["before"], &came["missing"]), (&json!(0), &json!(1), &json!([stays[1]])));
    let held = app.get(&format!("/api/accounts/{}/medical", zone.clinic), Some(&zone.district)).await.json();
    assert_eq!(held["held"], "12600.00", "{held}");

    // A cancellation after the payer has paid: the money waits to go back, and the payer's list releases it.
    let version = version(&app, &zone.desk, &stays[0]).await;
    let reason = json!({"version": version, "reason": "重复结算"});
    let done = app.post(&format!("/api/hospital/stays/{}/cancel", stays[0]), Some(&zone.desk), reason).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let held = app.get(&format!("/api/accounts/{}/medical", zone.clinic), Some(&zone.district)).await.json();
    assert_eq!((&held["held"], &held["account"]["leaving"]), (&json!("12600.00"), &json!("12600.00")), "{held}");
    let file = app
        .get(
            &format!("/api/settlements/statements/{basic}/{}/detail.xlsx?month=2021-02", zone.clinic),
            Some(&zone.district),
        )
        .await;
    assert_eq!((file.status, &file.bytes[..2]), (StatusCode::OK, &b"PK"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_change_of_category_settles_again_through_a_case() {
    let mut app = TestApp::new();
    let zone = Zone::new(&mut app).await;
    // The second household, as if it had not been on the register in January.
    let person = zone.person(&mut app, MAN).await;
    let home = home_of(&app, person);
    fact(&app, home, "household.registered", "false", "2021-01-10");
    let first = admitted(&mut app, &zone.desk, person, "2021-01-20").await;
    let stay = settled(&mut app, &zone.desk, &first, bill()).await;
    assert_eq!(stay["slip"]["category"], "resident", "{stay}");
    assert_eq!(stay["slip"]["personal"], "7400.00");
    let paid = app
        .post(
            &format!("/api/hospital/stays/{first}/shares/payment"),
            Some(&zone.desk),
            json!({"amount": "7400.00", "method": "card"}),
        )
        .await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.text);
    assert_eq!(app.get("/api/settlements/changed", Some(&zone.district)).await.json(), json!([]));

    // The register learns that they were on it since January.
    fact(&app, home, "household.registered", "true", "2021-01-10");
    let changed = app.get("/api/settlements/changed", Some(&zone.district)).await;
    let rows = changed.json();
    let row = &rows.as_array().unwrap()[0];
    assert_eq!((&row["number"], rows.as_array().unwrap().len()), (&json!(first), 1), "{}", changed.text);
    let personal = row["differences"].as_array().unwrap().iter().find(|one| one["payer"] == "personal").unwrap();
    assert_eq!(
        (&personal["was"], &personal["now"], &personal["more"]),
        (&json!("7400.00"), &json!("1787.01"), &json!("-5612.99"))
    );
    let neighbour = app.signed_in("neighbour").await;
    assert_eq!(app.get("/api/settlements/changed", Some(&neighbour)).await.json(), json!([]));

    let form = json!({"region": VILLAGE, "household": home, "person": person, "name": "柳二", "year": 2021, "why": "建档立卡补录，自一月起"});
    let case = crate::pay::opened(&mut app, &zone.district, "bill-again", form).await;
    crate::pay::signed(&mut app, &zone.township, &case, json!({})).await;
    let page = app.get(&format!("/api/cases/{case}"), Some(&zone.district)).await.json();
    let path = format!("/api/settlements/again/{case}");
    let body = json!({"version": page["version"]});
    assert_eq!(app.post(&path, Some(&zone.township), body.clone()).await.code(), "forbidden");
    let done = app.post(&path, Some(&zone.district), body).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(app.get("/api/settlements/changed", Some(&zone.district)).await.json(), json!([]));
    let stay = app.get(&format!("/api/settlements/{first}"), Some(&zone.desk)).await.json();
    assert_eq!((&stay["slip"]["personal"], &stay["share"]["back"]), (&json!("1787.01"), &json!("5612.99")), "{stay}");
    let back = app
        .post(&format!("/api/hospital/stays/{first}/shares/refund"), Some(&zone.desk), json!({"method": "card"}))
        .await;
    assert_eq!(back.json()["share"]["paid"], "1787.01", "{}", back.text);
}

/// The household somebody lives in.
fn home_of(app: &TestApp, person: u64) -> u32 {
    let (image, program) = (app.app.image(), Viewer::program());
    let person = SubjectId(u32::try_from(person).unwrap());
    match program.look(&image).latest(person, "person.household") {
        Some(Known::Subject(home)) => home.0,
        other => panic!("no household: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_paid_elsewhere_is_reimbursed_from_its_papers() {
    let mut app = TestApp::new();
    let zone = Zone::new(&mut app).await;
    let person = zone.person(&mut app, OLD).await;
    // A later stay is settled first: what was paid before comes after it, on what the year has left.
    let stay = admitted(&mut app, &zone.desk, person, "2021-01-25").await;
    settled(&mut app, &zone.desk, &stay, bill()).await;
    let asked = json!({
        "person": person, "hospital": "外地医院", "level": 2, "admitted": "2021-01-11",
        "bill": {"discharged": "2021-01-18", "total": "20000.00", "own_pay": "1000.00", "first_pay": "500.00"}
    });
    let neighbour = app.signed_in("neighbour").await;
    assert_eq!(app.post("/api/settlements/papers", Some(&neighbour), asked.clone()).await.code(), "not-found");
    let opened = app.post("/api/settlements/papers", Some(&zone.clerk), asked).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
    let number = opened.json()["number"].as_str().unwrap().to_owned();
    let bare = app.step(&number, &zone.township, json!({"verb": "sign"})).await;
    assert_eq!(bare.code(), "paper-missing", "{}", bare.text);
    let address = upload(&app, Some(&zone.clerk), "", &pdf(), 1000).await;
    let done = app.post(&format!("/api/cases/{number}/papers/invoice"), Some(&zone.clerk), name_of(&address)).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    crate::pay::signed(&mut app, &zone.township, &number, json!({})).await;
    let path = format!("/api/settlements/papers/{number}");
    let would = app.get(&path, Some(&zone.district)).await;
    // The second admission of the year: half the deductible, and serious-illness insurance on the sum of both.
    assert_eq!(would.json()["layers"][0]["pay"], "12775.00", "{}", would.text);
    let version = version(&app, &zone.district, &number).await;
    assert_eq!(app.post(&path, Some(&zone.clerk), json!({"version": version})).await.code(), "forbidden");
    let done = app.post(&path, Some(&zone.district), json!({"version": version})).await;
    assert_eq!(done.json()["slip"]["layers"], would.json()["layers"], "{}", done.text);
    let page = app
        .get(&format!("/api/settlements/statements/{}/0?month=2021-02", zone.payer("basic")), Some(&zone.district))
        .await
        .json();
    assert_eq!((sums(&page["sums"]), &page["lines"][0]["number"]), (["12775.00", "0.00", "12775.00"], &json!(number)));
    assert!(!app.get(&format!("/api/settlements/{number}"), Some(&zone.desk)).await.status.is_success());
    assert!(!page.to_string().contains(&citizen(OLD)));
}
