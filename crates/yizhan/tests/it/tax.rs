//! Tax services: each is started without an account, carried by the remote desk to its end, and refuses something; a service
//! of the catalog's tax purpose without a story fails.

use crate::invoice::Desk;
use crate::programme::town::Town;
use crate::testing::{DISTRICT, TestApp};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use yizhan::store;
use yizhan_core::catalog::{Catalog, Expect};

/// A step as the desk signs it: the papers it needs, what it fills in.
type Step = (&'static [&'static str], Value);

/// How each service goes, from its first example of the catalog on.
fn stories() -> Vec<(&'static str, Vec<Step>)> {
    vec![
        (
            "invoice-issue",
            vec![
                (&["contract", "identity"], json!({})),
                (&[], json!({"tax": "31.19"})),
                (&[], json!({"invoice_number": "00412345"})),
                (&[], json!({"by": "counter"})),
                (&[], json!({})),
            ],
        ),
        (
            "invoice-receive",
            vec![
                (&["identity"], json!({})),
                (&[], json!({"count": 25})),
                (&[], json!({"by": "counter"})),
                (&[], json!({})),
            ],
        ),
        ("invoice-return", vec![(&["invoices"], json!({}))]),
        (
            "invoice-increase",
            vec![
                (&["contract", "identity"], json!({})),
                (&[], json!({"decision": "granted", "face": "100000.00", "until": "2021-06-30"})),
            ],
        ),
        (
            "vehicle-tax",
            vec![(&["invoice", "certificate"], json!({})), (&[], json!({"tax": "10000.00", "late_fee": "0.00"}))],
        ),
        (
            "cross-region-tax",
            vec![
                (&["contract"], json!({"reported": "2021-02-01", "valid_until": "2021-12-31"})),
                (&[], json!({})),
                (&["payment"], json!({"vat": "20000.00", "other": "327.00"})),
                (&[], json!({"ended": "2021-02-01"})),
                (&[], json!({"differs": "equal"})),
            ],
        ),
        ("social-insurance", vec![(&[], json!({})), (&[], json!({"voucher": "20210201000123"}))]),
        ("late-filing", vec![(&["return"], json!({})), (&[], json!({"paid": "1200.00", "late_fee": "6.60"}))]),
        (
            "tax-proof",
            vec![
                (&["identity"], json!({})),
                (&[], json!({"proof_number": "鲁税证20210001"})),
                (&[], json!({"by": "counter"})),
                (&[], json!({})),
            ],
        ),
        ("tax-registration", vec![(&["licence", "identity"], json!({})), (&[], json!({"terms": "普通发票 25 份"}))]),
        (
            "company-handler",
            // Last, for from then on the company is opened with its handler only.
            vec![
                (&["licence", "letter", "identity"], json!({"from": "2021-02-01", "until": "2021-12-31"})),
                (&[], json!({})),
                (&[], json!({})),
            ],
        ),
    ]
}

fn catalog() -> Catalog {
    Catalog::load(store::catalog_source(None).unwrap()).unwrap()
}

#[test]
fn every_tax_service_has_a_story() {
    let told: BTreeSet<String> = stories().into_iter().map(|(name, _)| name.to_owned()).collect();
    let catalog = catalog();
    let all = catalog.services.values().filter(|one| one.purpose == "tax");
    let all: BTreeSet<String> = all.map(|one| one.name.clone()).collect();
    assert_eq!(told, all, "a tax service without a story, or a story without its service");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_carried_to_its_end_and_refuses_what_is_wrong() {
    let catalog = catalog();
    let mut town = Town::new();
    let stock =
        [("area", DISTRICT), ("kind", "ordinary"), ("code", "037002100104"), ("first", "10001"), ("last", "10500")];
    town.add("invoice-stock", &stock);
    for (name, steps) in stories() {
        let service = &catalog.services[name];
        let answers = &service.examples.iter().find(|one| one.expect == Expect::Accepted).unwrap().answers;
        let wrong = service.examples.iter().find(|one| one.expect != Expect::Accepted).expect("a refusal");
        let refused = town.try_open("desk", name, wrong.answers.clone()).await;
        assert_eq!(refused.code(), "form-invalid", "{name}: {}", refused.text);
        let number = town.open("desk", name, answers.clone()).await;
        let officer = town.try_sign("district", &number, json!({})).await;
        assert_eq!(officer.status, StatusCode::FORBIDDEN, "{name} waits for the remote desk: {}", officer.text);
        let count = steps.len();
        for (step, (papers, form)) in steps.into_iter().enumerate() {
            let by = if service.steps[step].who.name() == "district" { "district" } else { "desk" };
            if !papers.is_empty() {
                let bare = town.try_sign("desk", &number, form.clone()).await;
                assert_eq!(bare.code(), "paper-missing", "{name} step {step}: {}", bare.text);
            }
            if form != json!({}) {
                let empty = town.try_sign("desk", &number, json!({"note": "x"})).await;
                assert!(["form-invalid", "paper-missing"].contains(&empty.code().as_str()), "{name}: {}", empty.text);
            }
            for paper in papers {
                town.attach("desk", &number, paper).await;
            }
            let signed = town.try_sign(by, &number, form).await;
            assert_eq!(signed.status, StatusCode::OK, "{name} step {step}: {}", signed.text);
            let state = town.state_for("desk", &number).await;
            assert_eq!(state == "completed", step + 1 == count, "{name} after step {step}: {state}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_account_starts_it_on_a_phone_and_works_it_out_before() {
    let app = TestApp::new();
    let page = app.get("/r/social-insurance?lang=zh", None).await;
    assert!(page.text.contains("/calc/resident-medical-premium"), "{}", page.text);
    let fields = [
        ("/region", "990100001201"),
        ("/taxpayer", "柳一"),
        ("/taxpayer_number", "990100200001010019"),
        ("/name", "柳一"),
        ("/mobile", "15400000001"),
        ("/kind", "medical"),
        ("/year", "2021"),
        ("/people", "3"),
        ("/amount", "840.00"),
        ("_key", "social-insurance-by-phone"),
    ];
    let sent = app.submit("/r/social-insurance", &fields).await;
    assert!(sent.status.is_redirection(), "{} {}", sent.status, sent.text);
    let receipt = app.get(sent.headers["location"].to_str().unwrap(), None).await;
    assert!(receipt.text.contains("SI-"), "{}", receipt.text);
    let wrong = app.submit("/r/social-insurance", &[("/people", "many"), ("_key", "another")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "what is wrong is marked");
}

/// The occurrences of a duty of a case: `2021-07-10 missed`.
async fn duty(app: &TestApp, number: &str, name: &str) -> Vec<String> {
    let agent = app.signed_in("desk").await;
    let page = app.get(&format!("/api/cases/{number}"), Some(&agent)).await.json();
    let duties = page["duties"].as_array().unwrap().iter().filter(|one| one["name"] == name);
    let each = duties.flat_map(|one| one["occurrences"].as_array().unwrap().clone());
    each.map(|one| format!("{} {}", one["day"].as_str().unwrap(), one["state"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn work_elsewhere_is_valid_for_its_days_and_what_is_late_is_flagged() {
    let catalog = catalog();
    let service = &catalog.services["cross-region-tax"];
    let answers = &service.examples.iter().find(|one| one.expect == Expect::Accepted).unwrap().answers;
    let mut desk = Desk::new().await;
    let number = desk.open("cross-region-tax", answers.clone()).await;
    desk.attach(&number, "contract").await;
    assert_eq!(
        desk.sign(&number, json!({"reported": "2021-02-01", "valid_until": "2020-12-31"})).await.code(),
        "form-invalid"
    );
    desk.sign(&number, json!({"reported": "2021-02-01", "valid_until": "2021-04-01"})).await;
    assert_eq!(duty(&desk.app, &number, "verify").await, ["2021-03-03 due"]);
    assert_eq!(duty(&desk.app, &number, "settle").await, ["2021-04-01 expected"]);
    // Thirty-one days on it is late, and the district reads so.
    desk.app.days_pass(31);
    desk.agent = desk.app.signed_in("desk").await;
    assert_eq!(duty(&desk.app, &number, "verify").await, ["2021-03-03 missed"]);
    assert_eq!(desk.sign(&number, json!({})).await.status, StatusCode::OK);
    // Extended: everything that counts from the end moves.
    let agent = desk.agent.clone();
    let extend = json!({"valid_until": "2021-04-10", "why": "雨天停工"});
    let extended = desk.app.post(&format!("/api/cases/{number}/entries/extend"), Some(&agent), extend).await;
    assert_eq!(extended.status, StatusCode::OK, "{}", extended.text);
    assert_eq!(duty(&desk.app, &number, "feedback").await, ["2021-04-20 expected"]);
    // Prepaid in two parts, settled long before the end.
    desk.attach(&number, "payment").await;
    desk.sign(&number, json!({"vat": "10000.00", "other": "0.00"})).await;
    let more = json!({"vat": "10000.00", "other": "327.00"});
    let again = desk.app.post(&format!("/api/cases/{number}/entries/prepay-more"), Some(&agent), more).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    assert_eq!(desk.sign(&number, json!({"ended": "2021-03-04"})).await.status, StatusCode::OK);
    assert_eq!(duty(&desk.app, &number, "settle").await, ["2021-04-10 fulfilled"]);
    // Fed back eleven days after the end: it is done, and stays flagged as late.
    desk.app.days_pass(48);
    desk.agent = desk.app.signed_in("desk").await;
    assert_eq!(desk.app.app.now().day().to_string(), "2021-04-21");
    let district = desk.app.signed_in("district").await;
    let late = desk.app.get("/api/duties", Some(&district)).await.text;
    assert!(late.contains(&number) && late.contains("\"escalated_to\":\"district\""), "{late}");
    assert_eq!(desk.sign(&number, json!({"differs": "equal"})).await.status, StatusCode::OK);
    assert_eq!(duty(&desk.app, &number, "feedback").await, ["2021-04-20 missed"]);
}
