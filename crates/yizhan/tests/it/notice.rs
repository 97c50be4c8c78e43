//! What hangs on the wall: tips with their days and readers, posters with the name of the place.

use crate::device::{enrolled, hall};
use crate::programme::town::Town;
use crate::testing::{DISTRICT, TestApp, VILLAGE};
use axum::http::{Method, StatusCode};
use serde_json::json;
use yizhan::notice::rule::{SERIES, poster};
use yizhan_kit::Day;

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

async fn page(town: &Town, path: &str) -> String {
    town.app().get(path, None).await.text
}

#[tokio::test]
async fn an_announcement_is_shown_for_its_days_where_it_is_for_and_to_whom() {
    let mut town = Town::new();
    let tells = |today: Day, region: &str, headline: &str, from: i32, until: i32, audience: &str| {
        json!({"region": region, "headline": headline, "text": "请带身份证", "audience": audience,
            "from": today.plus(from).to_string(), "until": today.plus(until).to_string()})
    };
    let number = town.open("clerk", "announce", tells(town.today(), VILLAGE, "周六体检", 0, 30, "all")).await;
    let village = format!("/notice/{VILLAGE}?lang=zh");
    assert!(!page(&town, &village).await.contains("周六体检"), "nobody has signed it");
    town.go_on(&number, vec![("township", &[], json!({}))]).await;
    let wide = town.open("township", "announce", tells(town.today(), DISTRICT, "全区停水检修", 1, 30, "all")).await;
    town.go_on(&wide, vec![("district", &[], json!({}))]).await;
    let some =
        town.open("clerk", "announce", tells(town.today(), VILLAGE, "上门签约", 0, 30, "family-doctor-signed")).await;
    town.go_on(&some, vec![("township", &[], json!({}))]).await;
    let here = page(&town, &village).await;
    assert!(here.contains("周六体检") && !here.contains("上门签约"), "what a rule finds is told on cards: {here}");
    assert!(!page(&town, "/?lang=zh").await.contains("周六体检"), "another village need not read it");
    town.days_pass(1);
    assert!(page(&town, "/?lang=zh").await.contains("全区停水检修"));
    // A terminal shows it, and counts once.
    let township = town.app().signed_in("township").await;
    let hall = hall(town.app_mut(), &township, "便民服务大厅").await;
    let secret = enrolled(town.app_mut(), &township, hall, "1号机").await.secret;
    let bearer = format!("Bearer {secret}");
    for _ in 0..2 {
        let shown = town.app().call(Method::GET, "/api/kiosk", None, &[("authorization", &bearer)], None).await.json();
        assert_eq!(shown["told"][0]["title"], "全区停水检修", "{}", shown["told"]);
    }
    let district = town.app().signed_in("district").await;
    let all = town.app().get("/api/announcements", Some(&district)).await.json();
    let told = all.as_array().unwrap().iter().find(|one| one["title"] == "全区停水检修").unwrap();
    assert_eq!((&told["terminals"], &told["households"], &told["on"]), (&json!(1), &json!(0), &json!(true)));
    town.days_pass(60);
    assert!(!page(&town, &village).await.contains("周六体检"), "its days are over");
    let nobody = tells(town.today(), VILLAGE, "周六体检", 0, 5, "somebody");
    assert_eq!(town.try_open("clerk", "announce", nobody).await.code(), "form-invalid");
}
