//! Calculators by the API and on the pages without a script.

use crate::testing::TestApp;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

async fn calculated(app: &TestApp, name: &str, body: Value) -> crate::testing::Answer {
    app.raw(Method::POST, &format!("/api/calculators/{name}?lang=zh"), None, &[], body.to_string().into_bytes()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tax_is_computed_with_what_it_rests_on_and_nothing_is_kept() {
    let app = TestApp::new();
    let before = app.app.image().seq;
    let all = app.get("/api/calculators?lang=zh", None).await.json();
    let names: Vec<&str> = all.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"vehicle-purchase-tax") && names.contains(&"late-fee"), "{names:?}");

    let asked = json!({"on": "2021-01-20", "given": {"price": "113,000"}});
    let tax = calculated(&app, "vehicle-purchase-tax", asked).await.json();
    let results = tax["results"].as_array().unwrap();
    assert_eq!((&results[1]["name"], &results[1]["value"]), (&json!("tax"), &json!("10000.00")), "{tax}");
    assert_eq!(results[1]["says"], "10000.00 元");
    let grounds = results[1]["grounds"].as_array().unwrap();
    let rate = grounds.iter().find(|one| one["title"] == "车辆购置税税率").expect("the rate");
    assert_eq!((&rate["says"], &rate["confidence"]), (&json!("10.00%"), &json!("confirmed")), "{rate}");
    assert!(grounds.iter().any(|one| one["title"] == "计税价格" && one["says"] == "100000.00 元"), "{grounds:?}");

    // What is not known makes the result unknown, and is named.
    let fee = calculated(&app, "late-fee", json!({"on": "2021-03-01", "given": {"tax": "100.00"}})).await.json();
    let due = &fee["results"][0];
    assert_eq!((&due["value"], &due["says"]), (&Value::Null, &json!("")), "{fee}");
    assert!(due["grounds"].as_array().unwrap().iter().any(|one| one["missing"] == true), "{due}");

    // Wrong input is refused by name.
    for (given, named) in [
        (json!({"price": "-1.00"}), "price"),
        (json!({"price": "1e9"}), "price"),
        (json!({"price": "1.00", "kind": "ship"}), "kind"),
        (json!({"prize": "1.00"}), "prize"),
        (json!({"price": "99999999999999999999.00"}), "price"),
    ] {
        let refused = calculated(&app, "vehicle-purchase-tax", json!({"given": given})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains(named), "{}", refused.text);
    }
    let day = calculated(&app, "late-fee", json!({"on": "today", "given": {}})).await;
    assert_eq!(day.code(), "form-invalid");
    assert_eq!(calculated(&app, "no-such-tax", json!({})).await.code(), "not-found");
    assert_eq!(app.app.image().seq, before, "nothing was recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_work_without_a_script_in_both_languages() {
    let app = TestApp::new();
    let list = app.get("/calc?lang=zh", None).await;
    assert!(list.text.contains("/calc/small-scale-vat") && list.text.contains("滞纳金"), "{}", list.text);
    let bare = app.get("/calc/small-scale-vat?lang=zh", None).await;
    assert_eq!(bare.status, StatusCode::OK);
    assert!(bare.text.contains("开票金额") && !bare.text.contains("算出来是"), "nothing was asked yet");
    let asked =
        app.get("/calc/small-scale-vat?lang=en&on=2021-03-01&amount=10100&invoice=special&place=town", None).await;
    assert!(asked.text.contains("105.00 yuan") && asked.text.contains("It comes to"), "{}", asked.text);
    let wrong = app.get("/calc/small-scale-vat?lang=zh&on=2021-03-01&amount=many", None).await;
    assert!(wrong.text.contains("请填金额") && !wrong.text.contains("算出来是"), "{}", wrong.text);
    let missing = app.get("/calc/small-scale-vat?lang=zh&on=2021-03-01&amount=", None).await;
    assert!(missing.text.contains("还缺") && missing.text.contains("开票金额"), "{}", missing.text);
    let gone = app.get("/calc/no-such-tax?lang=zh", None).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}
