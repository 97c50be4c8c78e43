//! What a form refuses beyond its schema, and how anything that is not there is refused.

use crate::testing::{TestApp, declaration};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn what_no_schema_can_say_is_refused_too() {
    let mut app = TestApp::new();
    let spoilt: [(&str, Value, &str, &str); 9] = [
        ("/arriving_on", json!("2031-01-05"), "/arriving_on", "日期应在"),
        ("/arriving_on", json!("2019-01-05"), "/arriving_on", "日期应在 2021-01-02 到 2021-04-02 之间"),
        ("/nucleic_test/sampled_on", json!("2021-02-02"), "/nucleic_test/sampled_on", "日期应在"),
        ("/name", json!("   "), "/name", "请填写"),
        ("/name", json!("柳\u{202e}二"), "/name", "看不见"),
        ("/name", json!("柳\u{0}二"), "/name", "看不见"),
        ("/destination/detail", json!("\u{200b}"), "/destination/detail", "看不见"),
        ("/mobile", json!("1380000000"), "/mobile", "11 位"),
        ("/companions", json!(-3), "/companions", "0 到 20"),
    ];
    let before = app.app.image().seq;
    for (place, value, at, said) in spoilt {
        let mut form = declaration();
        *form.pointer_mut(place).unwrap() = value.clone();
        let key = [("idempotency-key", "x"), ("accept-language", "zh")];
        let answer = app.call(Method::POST, "/api/cases/travel-declaration?lang=zh", None, &key, Some(form)).await;
        assert_eq!(
            (answer.status, answer.json()["faults"][0]["at"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some(at)),
            "{value}"
        );
        assert!(answer.json()["faults"][0]["said"].as_str().unwrap().contains(said), "{}", answer.text);
    }
    assert_eq!(app.app.image().seq, before, "nothing was stored");
    let (number, _) = app.declared().await;
    let clerk = app.signed_in("clerk").await;
    app.step(&number, &clerk, json!({"verb": "sign", "answers": {"outcome": "reached"}})).await;
    let future = app.step(&number, &clerk, json!({"verb": "sign", "answers": {"arrived_on": "2030-01-01"}})).await;
    assert_eq!(future.code(), "form-invalid", "nobody has arrived tomorrow: {}", future.text);
    assert_eq!(app.get("/api/cases?state=lost", Some(&clerk)).await.code(), "form-invalid");
    assert_eq!(app.get("/api/nothing", None).await.code(), "unknown-service");
    let page = app.get("/nothing?lang=zh", None).await;
    assert!(page.status == StatusCode::NOT_FOUND && page.text.contains("没有这个页面"), "{}", page.text);
    let huge = app.raw(Method::POST, "/api/search", Some(&clerk), &[], vec![b' '; 100_000]).await;
    assert_eq!((huge.status, huge.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"));
}

#[tokio::test]
async fn who_does_not_know_the_village_is_called_by_the_township() {
    let mut app = TestApp::new();
    let mut form = declaration();
    form["destination"]["region"] = json!(crate::testing::TOWNSHIP);
    let answer = app.post("/api/cases/travel-declaration", None, form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let number = answer.json()["number"].as_str().unwrap().to_owned();
    let (clerk, township) = (app.signed_in("clerk").await, app.signed_in("township").await);
    assert_eq!(app.get("/api/worklist", Some(&clerk)).await.json()["total"], 0);
    assert_eq!(app.get("/api/worklist", Some(&township)).await.json()["cases"][0]["number"], json!(number));
    let call =
        app.post(&format!("/api/cases/{number}/entries/call"), Some(&township), json!({"outcome": "reached"})).await;
    assert_eq!(call.status, StatusCode::OK, "{}", call.text);
    let to = json!({"verb": "forward", "to": crate::testing::VILLAGE, "reason": "本人说住在这个村"});
    let forwarded = app.step(&number, &township, to).await;
    assert_eq!(forwarded.status, StatusCode::OK, "{}", forwarded.text);
    assert_eq!(app.get("/api/worklist", Some(&township)).await.json()["total"], 0);
    assert_eq!(app.get("/api/worklist", Some(&clerk)).await.json()["cases"][0]["number"], json!(number));
    // And at the very top, where nobody knows more.
    let mut form = declaration();
    form["destination"]["region"] = json!(crate::testing::DISTRICT);
    app.post("/api/cases/travel-declaration", None, form).await;
    let district = app.signed_in("district").await;
    assert_eq!(app.get("/api/worklist", Some(&district)).await.json()["total"], 1);
}
