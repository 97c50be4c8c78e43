//! What hangs on the wall: tips with their days and readers, posters with the name of the place.

use crate::testing::{TestApp, VILLAGE};
use axum::http::StatusCode;
use yizhan::notice::rule::{SERIES, poster};

#[tokio::test]
async fn tips_are_shown_on_their_days_to_whom_they_are_for() {
    let mut app = TestApp::new();
    // A Monday, within the season.
    let front = app.get("/?lang=zh", None).await.text;
    assert!(front.contains("勤洗手") && !front.contains("戴口罩"), "{front}");
    let (number, secret) = app.declared().await;
    let receipt = app.get(&format!("/c/{number}?k={secret}&lang=zh"), None).await.text;
    assert!(receipt.contains("居家监测的日子") && !receipt.contains("勤洗手"), "{receipt}");
    app.days_pass(3);
    let thursday = app.get("/?lang=zh", None).await.text;
    assert!(thursday.contains("少出行") && thursday.contains("讲节约"), "{thursday}");
    app.days_pass(6 * 7);
    let later = app.get("/?lang=zh", None).await.text;
    assert!(!later.contains("少出行") && later.contains("讲节约"), "the season is over");
}

#[tokio::test]
async fn nine_posters_in_two_series_carry_the_name_of_the_place() {
    let app = TestApp::new();
    let all: Vec<&str> = SERIES.iter().flat_map(|(.., posters)| posters.iter().copied()).collect();
    assert_eq!((SERIES.len(), all.len()), (2, 9), "as many as the page says");
    let page = app.get(&format!("/posters?at={VILLAGE}&lang=zh"), None).await.text;
    let village = app.get("/api/regions", None).await.json();
    let village = village.as_array().unwrap().iter().find(|one| one["code"] == VILLAGE).unwrap()["name"].clone();
    for name in all {
        assert!(page.contains(&format!("/posters/{name}?at={VILLAGE}")), "{name}");
        let drawn = app.get(&format!("/posters/{name}/picture?at={VILLAGE}"), None).await;
        assert_eq!((drawn.status, &drawn.headers["content-type"]), (StatusCode::OK, &"image/svg+xml".parse().unwrap()));
        assert!(drawn.text.contains(village.as_str().unwrap()) && !drawn.text.contains("{place}"), "{name}");
        assert!(!drawn.text.contains("<script") && !drawn.text.contains("href=\"http"), "{name} brings nothing along");
    }
    assert!(poster("papercut-air", "<b>&").unwrap().contains("&lt;b&gt;&amp;"));
    assert_eq!(poster("../secret", ""), None);
    assert_eq!(app.get("/posters/nothing", None).await.status, StatusCode::NOT_FOUND);
    let sheet = app.get(&format!("/posters/cartoon-thrift?at={VILLAGE}"), None).await;
    assert!(sheet.text.contains("<svg"), "{}", sheet.text);
    assert_eq!(app.get("/posters/cartoon-thrift?at=nowhere", None).await.status, StatusCode::OK);
}
