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

#[tokio::test]
async fn a_child_is_declared_by_a_guardian_under_the_notice_that_was_shown() {
    let mut app = TestApp::new();
    // Born on 2 February 2007: on 1 February 2021 not yet fourteen, a day later fourteen.
    let mut child = declaration();
    child["citizen_number"] = json!("371502200702020016");
    let alone = app.post("/api/cases/travel-declaration?lang=zh", None, child.clone()).await;
    assert_eq!((alone.code().as_str(), &alone.json()["faults"][0]["at"]), ("form-invalid", &json!("/guardian/name")));
    assert!(alone.text.contains("由监护人填写"), "{}", alone.text);
    child["guardian"] = json!({"name": " ", "relation": "母亲"});
    assert_eq!(app.post("/api/cases/travel-declaration", None, child.clone()).await.code(), "form-invalid");
    child["guardian"]["name"] = json!("柳一");
    let with_guardian = app.post("/api/cases/travel-declaration", None, child.clone()).await;
    assert_eq!(with_guardian.status, StatusCode::CREATED, "{}", with_guardian.text);
    app.days_pass(1);
    child.as_object_mut().unwrap().remove("guardian");
    let grown = app.post("/api/cases/travel-declaration", None, child).await;
    assert_eq!(grown.status, StatusCode::CREATED, "{}", grown.text);

    let mut old = declaration();
    old["notice_version"] = json!("2020-06");
    let agreed_to_another = app.post("/api/cases/travel-declaration", None, old).await;
    assert_eq!(agreed_to_another.json()["faults"][0]["at"], "/notice_version", "{}", agreed_to_another.text);
    let other = json!({"name": "柳一", "notice_version": "2020-06"});
    let mut child = declaration();
    child["citizen_number"] = json!("371502200702020016");
    child["guardian"] = other;
    let agreed_to_another = app.post("/api/cases/travel-declaration", None, child).await;
    assert_eq!(agreed_to_another.json()["faults"][0]["at"], "/guardian/notice_version", "{}", agreed_to_another.text);
    let page = app.get("/r/travel-declaration?lang=zh", None).await.text;
    assert!(page.contains("监护人告知书") && page.contains("name=\"/guardian/notice_version\""), "{page}");
    for (lang, word) in [("zh", "未满 14 周岁：由监护人填写"), ("en", "Under 14: a guardian fills this in")]
    {
        assert!(app.get(&format!("/r/travel-declaration?lang={lang}"), None).await.text.contains(word));
    }
}

#[tokio::test]
async fn whoever_declared_twice_is_seen_beside_the_case() {
    let mut app = TestApp::new();
    let (first, _) = app.declared().await;
    let (second, _) = app.declared().await;
    let mut other = declaration();
    other["citizen_number"] = json!("371502200702010010");
    app.post("/api/cases/travel-declaration", None, other).await;
    let mut elsewhere = declaration();
    elsewhere["destination"]["region"] = json!(crate::testing::NEIGHBOUR);
    let elsewhere = app.post("/api/cases/travel-declaration", None, elsewhere).await.json()["number"].clone();
    let mut beside = Vec::new();
    for login in ["clerk", "township", "auditor"] {
        let who = app.signed_in(login).await;
        let page = app.get(&format!("/api/cases/{first}"), Some(&who)).await.json();
        let mut numbers: Vec<_> =
            page["same_person"].as_array().unwrap().iter().map(|row| row["number"].clone()).collect();
        numbers.sort_by_key(Value::to_string);
        beside.push(numbers);
    }
    assert_eq!(beside[0], [json!(second)], "a village sees its own");
    assert_eq!(beside[1], [json!(second), elsewhere], "the township sees both villages");
    assert!(beside[2].is_empty(), "an auditor learns of no person");
}

#[tokio::test]
async fn help_at_home_is_late_within_hours_and_its_end_is_told() {
    let mut app = TestApp::new();
    let asked = json!({
        "name": "柳二", "mobile": "15400000001", "place": {"region": crate::testing::VILLAGE, "detail": "前街3号"},
        "need": "medicine", "detail": "降压药两盒"
    });
    let receipt = app.post("/api/cases/home-help", None, asked).await;
    assert_eq!(receipt.status, StatusCode::CREATED, "{}", receipt.text);
    let receipt = receipt.json();
    let (number, secret) = (receipt["number"].as_str().unwrap().to_owned(), receipt["receipt"].as_str().unwrap());
    let clerk = app.signed_in("clerk").await;
    assert_eq!(app.get("/api/worklist?state=overdue", Some(&clerk)).await.json()["total"], 0);
    app.days_pass(1);
    assert_eq!(app.get("/api/worklist?state=overdue", Some(&clerk)).await.json()["total"], 1, "two hours are over");
    let taken = app.step(&number, &clerk, json!({"verb": "sign"})).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    let empty = app.step(&number, &clerk, json!({"verb": "sign", "answers": {"done": ""}})).await;
    assert_eq!(empty.code(), "form-invalid");
    let brought = app.step(&number, &clerk, json!({"verb": "sign", "answers": {"done": "降压药两盒已送到"}})).await;
    assert_eq!(brought.status, StatusCode::OK, "{}", brought.text);
    assert_eq!(yizhan::serve::deliver::deliver(&app.app).unwrap(), 1);
    let outbox = app.get("/outbox?lang=zh", None).await.text;
    assert!(outbox.contains("您的居家求助已办好"), "{outbox}");
    let page = app.get(&format!("/c/{number}?k={secret}&lang=zh"), None).await.text;
    assert!(page.contains("已办结"), "{page}");
}

/// A mark in another shape than its reader's would do nothing.
#[test]
fn days_that_fit_are_written_as_they_are_read() {
    let source = yizhan::store::catalog_source(None).unwrap();
    let forms = source.files.iter().filter(|(path, _)| path.ends_with(".schema.json"));
    let mut marks = 0;
    for (path, text) in forms {
        let schema: Value = serde_json::from_str(text).unwrap();
        let mut wait = vec![&schema];
        while let Some(part) = wait.pop() {
            wait.extend(part.as_object().into_iter().flatten().map(|(_, inner)| inner));
            let Some(days) = part.get("x-within-days") else { continue };
            assert!(days["from"].is_i64() && days["to"].is_i64(), "{path}: {days}");
            marks += 1;
        }
    }
    assert!(marks > 10, "{marks}");
}
