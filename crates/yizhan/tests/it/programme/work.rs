//! Posts: somebody takes one, works, is paid for the days of the month, leaves.

use super::town::{Town, sheet, three_with, told};
use crate::testing::VILLAGE;
use serde_json::json;

pub const TOLD: &[(&str, &str)] = &[
    ("post-start", "a_post_is_paid_by_the_days_worked"),
    ("post-attendance", "a_post_is_paid_by_the_days_worked"),
    ("post-end", "a_post_is_paid_by_the_days_worked"),
    ("public-post", "a_post_is_paid_by_the_days_worked"),
    ("village-post", "a_village_pays_its_posts_out_of_what_it_received"),
];

impl Town {
    async fn hired(&mut self, post: &str) -> (u32, u32) {
        let (home, worker) = self.alone("1975-01-01", &[("labour", "5")]);
        let form = self.member(home, worker, json!({"post": post, "work": "村内保洁"}));
        self.carried("post-start", form, three_with(&["agreement"])).await;
        (home, worker)
    }

    async fn worked(&mut self, period: &str, rows: &[(u32, u32)]) {
        let rows: Vec<_> = rows.iter().map(|(person, days)| json!({"person": person, "days": days})).collect();
        let form = json!({"region": VILLAGE, "period": period, "rows": rows});
        self.carried("post-attendance", form, sheet(&["sheet"])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_paid_by_the_days_worked() {
    let mut town = Town::new();
    let (home, worker) = town.hired("1").await;
    let (_, idle) = town.hired("1").await;
    let sheet_of = |period: &str, person: u32| json!({"region": VILLAGE, "period": period, "rows": [{"person": person, "days": 12}]});
    let strange = town.try_open("clerk", "post-attendance", sheet_of("2021-03", 9_999)).await;
    assert_eq!(strange.code(), "forbidden", "a row names nobody of the village: {}", strange.text);
    let ahead = town.open("clerk", "post-attendance", sheet_of("2021-12", worker)).await;
    town.attach("clerk", &ahead, "sheet").await;
    assert!(town.try_sign("clerk", &ahead, json!({})).await.status.is_success());
    assert_eq!(
        town.try_sign("township", &ahead, json!({})).await.code(),
        "too-early",
        "nobody has worked in December yet"
    );

    // Both have been in their posts since before the end of March, the sheet of March comes in April.
    let bare = town.open("clerk", "post-attendance", sheet_of("2021-03", worker)).await;
    let refused = town.try_sign("clerk", &bare, json!({})).await;
    assert_eq!(refused.code(), "paper-missing", "no wages without a signed sheet: {}", refused.text);
    town.go_on(&bare, sheet(&["sheet"])).await;
    let march = town.batch("public-post", "2021-03").await;
    assert_eq!(town.lines(&march).await, told(&[(worker, "360.00")]));
    assert_eq!(town.held(&march).await, told(&[(idle, "not-entitled")]), "nobody wrote that they came");
    town.settled(&march).await;
    assert_eq!(town.account(worker, "employment").await, "360.00");

    // The days of March are those of March alone; a full month comes to the most; who left is paid for what they worked.
    town.worked("2021-04", &[(worker, 26)]).await;
    let left = town.member(home, worker, json!({"why": "age"}));
    let two = three_with(&[]).into_iter().take(2).collect();
    town.carried("post-end", left, two).await;
    assert_eq!(town.paid("public-post", "2021-04").await, told(&[(worker, "600.00")]));
    let june = town.batch("public-post", "2021-06").await;
    assert_eq!(town.lines(&june).await, told(&[]));
    assert_eq!(town.held(&june).await, told(&[(idle, "not-entitled")]), "whoever left is not even held");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_pays_its_posts_out_of_what_it_received() {
    let mut town = Town::new();
    let collective = town.settle("collective", VILLAGE, "示范村股份经济合作社");
    let operator = town.settle("enterprise", VILLAGE, "示范种植公司");
    let (_, worker) = town.hired("2").await;
    town.worked("2021-03", &[(worker, 10)]).await;
    let march = town.batch("village-post", "2021-03").await;
    assert_eq!(town.lines(&march).await, told(&[(worker, "150.00")]));
    town.go_on(&march, vec![("township", &[], json!({}))]).await;
    town.days_pass(8);
    let poor = town.try_sign("district", &march, json!({})).await;
    assert_eq!(poor.code(), "overdraft", "the collective received nothing yet: {}", poor.text);
    let rent = json!({"region": VILLAGE, "payer": operator, "amount": "1000.00", "kind": "rent", "period": "2021"});
    town.carried("asset-receipt", rent, vec![("township", &[], json!({}))]).await;
    let again = town.batch("village-post", "2021-03").await;
    assert_eq!(town.held(&again).await, told(&[(worker, "paid")]), "a frozen line is not frozen twice");
    town.go_on(&march, vec![("district", &[], json!({}))]).await;
    let wages = town.lines(&march).await;
    assert_eq!(wages, told(&[(worker, "150.00")]));
    town.reply_all(&march).await;
    assert_eq!(town.account(worker, "collective").await, "150.00");
    assert_eq!(town.account(collective, "collective").await, "850.00");
}
