//! Lists of passengers and guests, held against the declarations.

use crate::testing::{Answer, Cast, TestApp, citizen, declaration};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

const LIST: &str = "\
姓名,证件号码,手机,出生日期,目的地,车次
柳二,37150219540307001X,,,柳湾村,G1234
柳二丫,,15400000001,,,G1234
柳三,,,1949-12-31,,G1234
柳六,11010519491231002X,15400000006,,某村,G1234
,11010519491231002X,15400000007,,,G1234
柳七,,,,,G1234
";

async fn bring(app: &TestApp, who: &Cast, query: &str, file: &str) -> Answer {
    let query = format!("kind=train&supplier=Station&basis=No.3&seen_on=2021-02-01{query}");
    app.raw(Method::POST, &format!("/api/lists?{query}"), Some(who), &[], file.as_bytes().to_vec()).await
}

async fn page(app: &TestApp, who: &Cast, number: &str) -> Value {
    let page = app.get(&format!("/api/lists/{number}"), Some(who)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.json()
}

fn counts(page: &Value) -> [u64; 4] {
    ["declared", "followed", "possible", "undeclared"].map(|name| page[name].as_u64().unwrap())
}

#[tokio::test]
async fn who_is_on_a_list_and_has_not_declared_is_asked_about_at_home() {
    let mut app = TestApp::new();
    app.declared().await;
    let mut other = declaration();
    other["name"] = json!("柳三");
    other["citizen_number"] = json!(citizen("11010519491231004"));
    other["mobile"] = json!("15400000003");
    assert_eq!(app.post("/api/cases/travel-declaration", None, other).await.status, StatusCode::CREATED);
    let (clerk, township) = (app.signed_in("clerk").await, app.signed_in("township").await);
    assert_eq!(bring(&app, &clerk, "", LIST).await.code(), "forbidden");
    let taken = bring(&app, &township, "", LIST).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    let taken = taken.json();
    assert_eq!((&taken["rows"], taken["bad"].as_array().unwrap().len()), (&json!(4), 2), "{taken}");
    assert_eq!((&taken["bad"][0]["line"], &taken["bad"][1]["line"]), (&json!(6), &json!(7)));
    let number = taken["number"].as_str().unwrap().to_owned();
    let again = bring(&app, &township, "", LIST).await.json();
    assert_eq!(again["number"], number.as_str(), "the same file is the same list");

    let case = app.get(&format!("/api/cases/{number}"), Some(&township)).await.text;
    assert!(!case.contains("37150219540307001X") && !case.contains("15400000006"), "a list is shown masked: {case}");
    let list = page(&app, &township, &number).await;
    assert_eq!(counts(&list), [1, 0, 2, 1], "{list}");
    assert_eq!(list["destroyed_on"], "2021-02-15");
    let (first, second) = (&list["rows"][0], &list["rows"][1]);
    assert_eq!((&first["name"], &first["candidates"][0]["alike"]), (&json!("柳二丫"), &json!("mobile")));
    assert_eq!((&second["name"], &second["candidates"][0]["alike"]), (&json!("柳三"), &json!("name-birth")));
    assert_eq!(first["candidates"][0]["citizen_number"], "371***********001X");

    // A family shares a telephone: not the same person. The other one is.
    let decide = async |app: &mut TestApp, row: &Value, same: bool| {
        let body = json!({"row": row["row"], "case": row["candidates"][0]["number"], "same": same});
        let decided = app.post(&format!("/api/lists/{number}/decide"), Some(&township), body).await;
        assert_eq!(decided.status, StatusCode::OK, "{}", decided.text);
    };
    decide(&mut app, first, false).await;
    decide(&mut app, second, true).await;
    assert_eq!(counts(&page(&app, &township, &number).await), [2, 0, 0, 2]);
    let follow = format!("/api/lists/{number}/follow");
    let asked = app.post(&follow, Some(&township), json!({})).await;
    assert_eq!(asked.json()["opened"], 2, "{}", asked.text);
    assert_eq!(app.post(&follow, Some(&township), json!({})).await.json()["opened"], 0);
    assert_eq!(counts(&page(&app, &township, &number).await), [2, 2, 0, 0]);

    // A later list with the same people: nobody is asked anything again, and the columns are known by now.
    let strange = LIST.replace("姓名,证件号码,手机,出生日期", "谁,号,电,生");
    let refused = bring(&app, &township, "&carrier=G5", &strange).await;
    assert_eq!((refused.code().as_str(), &refused.json()["headings"][0]), ("form-invalid", &json!("谁")));
    let columns = r#"{"谁":"name","号":"citizen_number","电":"mobile","生":"birth"}"#;
    let said: String = form_urlencoded::byte_serialize(columns.as_bytes()).collect();
    let taken = bring(&app, &township, &format!("&carrier=G5&columns={said}"), &strange).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    let later = bring(&app, &township, "&carrier=G6", &strange).await;
    assert_eq!(later.status, StatusCode::OK, "the columns are remembered: {}", later.text);
    let later = later.json()["number"].as_str().unwrap().to_owned();
    assert_eq!(counts(&page(&app, &township, &later).await), [2, 2, 0, 0]);

    // Fourteen days later the lists are gone, whatever was left undone; what was decided and asked stays.
    app.days_pass(14);
    let forgotten = yizhan::serve::retention::forget_due(&app.app).await.unwrap();
    assert_eq!(forgotten, 3);
    let township = app.signed_in("township").await;
    assert_eq!(app.get(&format!("/api/lists/{number}"), Some(&township)).await.code(), "forgotten");
    let case = app.get(&format!("/api/cases/{number}"), Some(&township)).await.json();
    assert_eq!((&case["state"], &case["forgotten"]), (&json!("closed"), &json!(true)));
    let followed = app.get("/api/cases?service=undeclared-arrival", Some(&township)).await.json();
    assert_eq!(followed["total"], 2);
}

#[tokio::test]
async fn what_is_no_list_is_refused() {
    let app = TestApp::new();
    let district = app.signed_in("district").await;
    for file in ["", "hello", "姓名\n柳二\n", "PK\u{3}\u{4}"] {
        let refused = bring(&app, &district, "", file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{file}: {}", refused.text);
    }
    let no_ground = app.raw(
        Method::POST,
        "/api/lists?kind=train&supplier=Station&basis=&seen_on=2021-02-01",
        Some(&district),
        &[],
        LIST.into(),
    );
    assert_eq!(no_ground.await.code(), "form-invalid", "nobody hands over a list without saying on what ground");
    assert_eq!(app.get("/api/lists/T-20210201-000001", Some(&district)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_who_still_comes_counts_and_two_legs_are_one_person() {
    let mut app = TestApp::new();
    let (number, _) = app.declared().await;
    let (clerk, township) = (app.signed_in("clerk").await, app.signed_in("township").await);
    let end = json!({"verb": "close", "answers": {"how": "not-coming", "reason": "不来了"}});
    assert_eq!(app.step(&number, &clerk, end).await.status, StatusCode::OK);
    let list = "\
姓名,证件号码,出生日期,地址
柳二（儿童）,37150219540307001X,,某地
柳二,37150219540307001X,,某地
李/小路,,1990-05-01,LONG
**,37150219540307001X,,
"
    .replace("LONG", &"长".repeat(300));
    let taken = bring(&app, &township, "", &list).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    let taken = taken.json();
    assert_eq!((&taken["rows"], &taken["bad"][0]["line"]), (&json!(3), &json!(5)), "one odd row refuses no list");
    let list = taken["number"].as_str().unwrap().to_owned();
    assert_eq!(counts(&page(&app, &township, &list).await), [0, 0, 0, 3], "who declared not to come has not declared");
    let follow = format!("/api/lists/{list}/follow");
    assert_eq!(app.post(&follow, Some(&township), json!({})).await.json()["opened"], 2);
    assert_eq!(app.post(&follow, Some(&township), json!({})).await.json()["opened"], 0);
    assert_eq!(counts(&page(&app, &township, &list).await), [0, 3, 0, 0]);
    let headless = bring(&app, &township, "", "柳八,11010519491231002X\n柳九,37150219540307001X\n").await;
    assert!(headless.text.contains("holds no headings"), "{}", headless.text);
}
