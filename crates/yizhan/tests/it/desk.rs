//! An officer's desk: parts of an area, filters, several cases at once, lists as files, the picture.

use crate::testing::{Cast, NEIGHBOUR, TOWNSHIP, TestApp, VILLAGE, declaration};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// Three declarations to the village and one to its neighbour.
async fn four_cases(app: &mut TestApp) -> Vec<String> {
    let mut numbers = Vec::new();
    for (place, mobile) in [(VILLAGE, 1), (VILLAGE, 2), (VILLAGE, 3), (NEIGHBOUR, 4)] {
        let mut form = declaration();
        form["destination"]["region"] = json!(place);
        form["mobile"] = json!(format!("1540000000{mobile}"));
        let answer = app.post("/api/cases/travel-declaration", None, form).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        numbers.push(answer.json()["number"].as_str().unwrap().to_owned());
    }
    numbers
}

async fn total(app: &TestApp, path: &str, who: &Cast) -> Value {
    app.get(path, Some(who)).await.json()["total"].clone()
}

#[tokio::test]
async fn an_area_is_looked_at_in_parts_and_by_filters() {
    let mut app = TestApp::new();
    let numbers = four_cases(&mut app).await;
    let (clerk, township, district) =
        (app.signed_in("clerk").await, app.signed_in("township").await, app.signed_in("district").await);
    assert_eq!(app.get(&format!("/api/worklist?area={NEIGHBOUR}"), Some(&clerk)).await.code(), "forbidden");
    assert_eq!(app.get("/api/worklist?area=somewhere", Some(&clerk)).await.code(), "unknown-region");
    assert_eq!(app.get("/api/cases?opened_on=yesterday", Some(&clerk)).await.code(), "form-invalid");
    assert_eq!(total(&app, "/api/worklist", &clerk).await, 3);
    assert_eq!(total(&app, "/api/cases", &township).await, 4);
    assert_eq!(total(&app, &format!("/api/cases?area={NEIGHBOUR}"), &township).await, 1);
    assert_eq!(total(&app, &format!("/api/cases?area={TOWNSHIP}&service=residence-proof"), &district).await, 0);
    assert_eq!(total(&app, "/api/cases?opened_on=2021-02-01&state=open", &district).await, 4);
    assert_eq!(total(&app, "/api/cases?opened_on=2021-01-31", &district).await, 0);
    assert_eq!(total(&app, "/api/worklist?state=overdue", &clerk).await, 0);
    app.days_pass(2);
    assert_eq!(total(&app, "/api/worklist?state=overdue", &clerk).await, 3);
    app.step(&numbers[0], &clerk, json!({"verb": "close", "reason": "不再返乡"})).await;
    assert_eq!(total(&app, "/api/cases?state=closed", &clerk).await, 1);
    assert_eq!(total(&app, "/api/worklist?state=overdue", &clerk).await, 2);

    // The picture counts the same, and each of its numbers opens to as many cases.
    let picture = app.get("/api/overview", Some(&district)).await.json();
    let part = picture["parts"].as_array().unwrap().iter().find(|part| part["area"] == TOWNSHIP).unwrap().clone();
    assert_eq!((&part["open"], &part["overdue"]), (&json!(3), &json!(3)));
    for (state, count) in [("open", &part["open"]), ("overdue", &part["overdue"])] {
        assert_eq!(total(&app, &format!("/api/cases?area={TOWNSHIP}&state={state}"), &district).await, *count);
    }
    // The board of a service: where on the route its cases stand, and each number opens to as many.
    let board = picture["services"].as_array().unwrap().iter().find(|one| one["service"] == "travel-declaration");
    let steps = board.unwrap()["steps"].as_array().unwrap();
    let stand: Vec<_> = steps.iter().map(|at| (at["step"].as_str().unwrap(), &at["open"], &at["overdue"])).collect();
    let (none, three) = (&json!(0), &json!(3));
    assert_eq!(
        stand,
        [("contact", three, three), ("arrive", none, none), ("plan", none, none), ("release", none, none)]
    );
    assert_eq!(total(&app, "/api/cases?service=travel-declaration&step=contact", &district).await, 3);
    assert_eq!(total(&app, "/api/cases?step=contact&state=overdue", &district).await, 3);
    assert_eq!(total(&app, "/api/cases?step=arrive", &district).await, 0);
    let day = picture["days"].as_array().unwrap().iter().find(|day| day["day"] == "2021-02-01").unwrap().clone();
    assert_eq!((&day["opened"], &day["ended"]), (&json!(4), &json!(1)));
    assert_eq!(total(&app, "/api/cases?opened_on=2021-02-01", &district).await, day["opened"]);
    let auditor = app.signed_in("auditor").await;
    let seen = app.get("/api/cases", Some(&auditor)).await.json();
    assert_eq!(
        (&seen["total"], &seen["cases"][0]["who"]),
        (&json!(4), &json!("")),
        "auditors count, and read no names"
    );
}

#[tokio::test]
async fn several_cases_move_at_once_each_by_itself() {
    let mut app = TestApp::new();
    let numbers = four_cases(&mut app).await;
    let (clerk, neighbour) = (app.signed_in("clerk").await, app.signed_in("neighbour").await);
    let list = app.get("/api/worklist", Some(&clerk)).await.json();
    let version = |number: &str| {
        let row = list["cases"].as_array().unwrap().iter().find(|row| row["number"] == number);
        row.map_or(json!(1), |row| row["version"].clone())
    };
    let cases: Vec<Value> =
        numbers.iter().map(|number| json!({"number": number, "version": version(number)})).collect();
    // One of them changes meanwhile, one is the neighbour's.
    app.step(&numbers[1], &clerk, json!({"verb": "sign", "answers": {"outcome": "reached"}})).await;
    let sign = json!({"cases": cases, "verb": "sign", "answers": {"outcome": "reached"}});
    let before = app.app.image().seq;
    let preview = app.post("/api/bulk/preview", Some(&clerk), sign.clone()).await.json();
    let told = |rows: &Value| -> Vec<(bool, Value)> {
        rows.as_array().unwrap().iter().map(|row| (row["moves"] == true, row["code"].clone())).collect()
    };
    let expected =
        [(true, Value::Null), (false, json!("case-changed")), (true, Value::Null), (false, json!("case-not-found"))];
    assert_eq!(told(&preview), expected);
    assert_eq!(app.app.image().seq, before, "a preview does nothing");
    let key = [("idempotency-key", "bulk-1")];
    let done = app.call(Method::POST, "/api/bulk", Some(&clerk), &key, Some(sign.clone())).await.json();
    assert_eq!(told(&done), expected);
    assert_eq!(app.app.image().seq, before + 2);
    // Sent again after a lost answer, nothing happens twice, and what was answered is answered again.
    let again = app.call(Method::POST, "/api/bulk", Some(&clerk), &key, Some(sign.clone())).await.json();
    assert_eq!((told(&again), app.app.image().seq), (expected.to_vec(), before + 2));
    let empty = app.post("/api/bulk", Some(&clerk), json!({"cases": [], "verb": "sign"})).await;
    assert_eq!(empty.code(), "form-invalid");
    let stranger = app.post("/api/bulk/preview", Some(&neighbour), sign).await.json();
    assert!(told(&stranger).iter().take(3).all(|(moves, code)| !moves && *code == "case-not-found"));
}

#[tokio::test]
async fn a_step_sent_twice_gets_its_first_answer() {
    let mut app = TestApp::new();
    let (number, _) = app.declared().await;
    let clerk = app.signed_in("clerk").await;
    let version = app.get(&format!("/api/cases/{number}"), Some(&clerk)).await.json()["version"].clone();
    let step = json!({"verb": "sign", "version": version, "answers": {"outcome": "reached"}});
    let path = format!("/api/cases/{number}/steps");
    let key = [("idempotency-key", "once")];
    let first = app.call(Method::POST, &path, Some(&clerk), &key, Some(step.clone())).await;
    let second = app.call(Method::POST, &path, Some(&clerk), &key, Some(step)).await;
    assert_eq!((first.status, second.status), (StatusCode::OK, StatusCode::OK), "{}", second.text);
    assert_eq!(first.json(), second.json());
}

#[tokio::test]
async fn lists_are_taken_out_as_files_and_that_is_on_record() {
    let mut app = TestApp::new();
    four_cases(&mut app).await;
    let clerk = app.signed_in("clerk").await;
    assert_eq!(app.get("/api/worklist.xlsx", None).await.code(), "sign-in");
    let before = app.app.image().seq;
    for list in ["worklist", "cases", "duties"] {
        let file = app.get(&format!("/api/{list}.xlsx"), Some(&clerk)).await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.text);
        assert!(file.bytes.starts_with(b"PK"), "{list} is a workbook");
        assert!(file.headers["content-disposition"].to_str().unwrap().contains(list));
    }
    assert_eq!(app.app.image().seq, before + 3);
    let auditor = app.signed_in("auditor").await;
    let journal = app.get(&format!("/api/journal?after={before}"), Some(&auditor)).await.json();
    assert!(journal.as_array().unwrap().iter().all(|record| record["verb"] == "export"), "{journal}");
}

#[tokio::test]
async fn the_catalog_is_open_to_everyone_with_its_sources() {
    let app = TestApp::new();
    let catalog = app.get("/api/catalog", None).await.json();
    let figure = catalog["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "fever-threshold").unwrap();
    assert_eq!(
        (&figure["values"][0]["confidence"], &figure["values"][0]["in_force"]),
        (&json!("likely"), &json!(true))
    );
    let service = app.get("/api/catalog/services/travel-declaration", None).await.json();
    assert_eq!(service["steps"][0]["within"], "24 hours");
    assert_eq!(service["papers"][0]["who"], json!(["village", "holder"]));
    assert!(service["examples"].as_array().unwrap().iter().any(|one| one["refused_at"] == "/mobile"));
    let file = app.get("/api/catalog/file?path=service/travel-declaration.toml", None).await.json();
    assert!(file["text"].as_str().unwrap().contains("number_prefix = \"T\""));
    assert_eq!(app.get("/api/catalog/file?path=../master.key", None).await.status, StatusCode::NOT_FOUND);
}
