//! The residents' pages, as a browser without script sees them.

use crate::testing::{TestApp, VILLAGE};
use axum::http::StatusCode;

const FIELDS: [(&str, &str); 15] = [
    ("_key", "one"),
    ("/name", "柳二"),
    ("/citizen_number", "37150219540307001x"),
    ("/mobile", "15400000001"),
    ("/origin/place", "北京市"),
    ("/origin/risk", "low"),
    ("/destination/region", VILLAGE),
    ("/destination/detail", "前街3号"),
    ("/arriving_on", "2021-02-03"),
    ("/transport", "car"),
    ("/nucleic_test/has", "true"),
    ("/nucleic_test/sampled_on", "2021-02-01"),
    ("/companions", "0"),
    ("/consent", "true"),
    ("/notice_version", "2021-01"),
];

#[tokio::test]
async fn a_form_that_is_wrong_comes_back_with_its_answers() {
    let app = TestApp::new();
    let wrong: Vec<(&str, &str)> = FIELDS
        .iter()
        .map(|(name, value)| if *name == "/citizen_number" { (*name, "371502195403070011") } else { (*name, *value) })
        .collect();
    let page = app.submit("/r/travel-declaration", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("校验位不符"), "{}", page.text);
    assert!(page.text.contains("value=\"前街3号\""));
    assert!(page.text.contains(&format!("value=\"{VILLAGE}\" selected")));
}

#[tokio::test]
async fn a_form_sent_twice_is_one_case() {
    let app = TestApp::new();
    let first = app.submit("/r/travel-declaration", &FIELDS).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    let again = app.submit("/r/travel-declaration", &FIELDS).await;
    assert_eq!(first.headers["location"], again.headers["location"]);
    assert_eq!(app.app.image().case_count(), 1);
    let receipt = app.get(first.headers["location"].to_str().unwrap(), None).await;
    assert_eq!(receipt.status, StatusCode::OK);
    assert!(receipt.text.contains("T-20210201-000001") && receipt.text.contains("<svg"));
    assert!(!receipt.text.contains("37150219540307001"), "a receipt shows no citizen number");
}

#[tokio::test]
async fn every_page_is_small_and_speaks_both_languages() {
    let app = TestApp::new();
    let poster = format!("/poster/travel-declaration/{VILLAGE}");
    for path in ["/", "/r/travel-declaration", "/r/residence-proof", poster.as_str()] {
        for (lang, word) in [("zh", "演示系统"), ("en", "A demonstration")] {
            let page = app.get(&format!("{path}?lang={lang}"), None).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(page.text.len() <= 30_000, "{path} is {} bytes", page.text.len());
            assert!(page.text.contains(word), "{path} in {lang}");
        }
    }
    assert_eq!(app.get("/r/nothing", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/c/T-20210201-000009?k=x", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/poster/travel-declaration/990100009999", None).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_typed_is_text_and_nothing_else() {
    let app = TestApp::new();
    let nasty = "\"><script>alert(1)</script>";
    let fields: Vec<(&str, &str)> = FIELDS
        .iter()
        .map(|(name, value)| {
            if *name == "/name" {
                (*name, nasty)
            } else if *name == "/mobile" {
                (*name, "1")
            } else {
                (*name, *value)
            }
        })
        .collect();
    let page = app.submit("/r/travel-declaration", &fields).await;
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
}
