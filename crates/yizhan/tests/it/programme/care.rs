//! Care: neighbours, children, guardians.

use super::town::{Town, sheet, three_with, told};
use crate::testing::{DISTRICT, TOWNSHIP, VILLAGE};
use serde_json::json;

pub const TOLD: &[(&str, &str)] = &[
    ("neighbour-care", "a_neighbour_who_cares_is_paid_for_checked_service"),
    ("neighbour-care-end", "a_neighbour_who_cares_is_paid_for_checked_service"),
    ("care-log", "a_neighbour_who_cares_is_paid_for_checked_service"),
    ("filial-agreement", "what_children_pay_is_handed_on_and_a_tenth_is_added"),
    ("filial-contribution", "what_children_pay_is_handed_on_and_a_tenth_is_added"),
    ("filial-award", "what_children_pay_is_handed_on_and_a_tenth_is_added"),
    ("guardianship", "a_guardian_is_paid_half_a_year_at_a_time"),
    ("guardian-check", "a_guardian_is_paid_half_a_year_at_a_time"),
    ("guardian-award", "a_guardian_is_paid_half_a_year_at_a_time"),
    ("accident-claim", "what_the_insurer_decided_after_an_accident_reaches_the_person"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_who_cares_is_paid_for_checked_service() {
    let mut town = Town::new();
    let (_, carer) = town.alone("1970-01-01", &[]);
    let (_, lazy) = town.alone("1971-01-01", &[]);
    let mut ill = Vec::new();
    for by in [carer, carer, lazy] {
        let (home, one) = town.alone("1940-01-01", &[("health", "2"), ("self-care", "3")]);
        let form = town.member(home, one, json!({"carer": by, "help": "做饭、洗衣、买药"}));
        ill.push((home, one, town.open("clerk", "neighbour-care", form).await));
    }
    for (_, _, agreed) in &ill.clone() {
        let signed = town.try_sign("clerk", agreed, json!({})).await;
        assert!(signed.status.is_success(), "{}", signed.text);
    }
    town.days_pass(8);
    let bare = town.try_sign("township", &ill[0].2, json!({})).await;
    assert_eq!(bare.code(), "paper-missing", "{}", bare.text);
    for (_, _, agreed) in &ill.clone() {
        town.attach("township", agreed, "agreement").await;
        assert!(town.try_sign("township", agreed, json!({})).await.status.is_success());
        assert!(town.try_sign("district", agreed, json!({})).await.status.is_success());
    }
    let rows = json!([{"carer": carer, "visits": 14}, {"carer": lazy, "visits": 3}]);
    let log = json!({"region": VILLAGE, "period": "2021-02", "rows": rows});
    town.carried("care-log", log, sheet(&["log"])).await;
    let batch = town.batch("neighbour-care", "2021-02").await;
    assert_eq!(town.lines(&batch).await, told(&[(carer, "300.00")]), "one pay for two");
    assert_eq!(town.held(&batch).await, told(&[(lazy, "not-entitled")]), "too few visits");
    town.settled(&batch).await;
    assert_eq!(town.account(carer, "care").await, "300.00");

    // When nobody is cared for any more, nobody is enrolled.
    for (home, one, _) in ill {
        let form = town.member(home, one, json!({"detail": "已入住敬老院"}));
        let two = three_with(&[]).into_iter().take(2).collect();
        town.carried("neighbour-care-end", form, two).await;
    }
    let period = town.today().to_string()[..7].to_owned();
    let later = town.batch("neighbour-care", &period).await;
    assert_eq!((town.lines(&later).await, town.held(&later).await), (told(&[]), told(&[])));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_children_pay_is_handed_on_and_a_tenth_is_added() {
    let mut town = Town::new();
    let council = town.settle("filial-council", VILLAGE, "示范村孝善理事会");
    let mut parents = Vec::new();
    for paid in ["600.00", "290.00"] {
        let (home, old) = town.alone("1945-01-01", &[]);
        let agreed = town.member(home, old, json!({"children": 2, "monthly": "200.00"}));
        town.carried("filial-agreement", agreed, sheet(&["agreement"])).await;
        let pays = town.member(home, old, json!({"period": "2021-Q1", "amount": paid}));
        let booked = town.open("clerk", "filial-contribution", pays).await;
        let bare = town.try_sign("clerk", &booked, json!({})).await;
        assert_eq!(bare.code(), "paper-missing", "{}", bare.text);
        town.go_on(&booked, sheet(&["receipt"])).await;
        assert_eq!(town.account(old, "filial").await, paid, "handed on at once");
        assert!(town.is(home, "household.support-agreement") && town.is(home, "household.filial-fund"));
        parents.push(old);
    }
    let batch = town.batch("filial-award", "2021-Q1").await;
    assert_eq!(town.lines(&batch).await, told(&[(parents[0], "60.00")]));
    assert_eq!(town.held(&batch).await, told(&[(parents[1], "not-entitled")]), "less than the least");
    town.settled(&batch).await;
    assert_eq!(town.account(parents[0], "filial").await, "660.00");
    assert_eq!(town.account(council, "filial").await, "-890.00", "what it collected from the children");
    let second = town.batch("filial-award", "2021-Q2").await;
    assert_eq!(town.held(&second).await, told(&[]), "what was paid counts for its quarter alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guardian_is_paid_half_a_year_at_a_time() {
    let mut town = Town::new();
    let home = town.household("true");
    let (ill, guardian) =
        (town.person(home, "1990-01-01", &[("mental-illness", "true")]), town.person(home, "1960-01-01", &[]));
    let form = town.member(home, ill, json!({"guardian": guardian}));
    let village = town.try_open("clerk", "guardianship", form.clone()).await;
    assert_eq!(village.code(), "forbidden", "the village is not told: {}", village.text);
    let route = vec![("township", ["agreement"].as_slice(), json!({})), ("district", &[], json!({}))];
    town.carried("guardianship", form, route.clone()).await;
    town.days_pass(120);
    let early = town.batch("guardian-award", "2021-H1").await;
    assert_eq!(town.held(&early).await, told(&[(guardian, "not-entitled")]), "the half-year was not checked");
    let check = json!({"region": TOWNSHIP, "period": "2021-H1", "people": [ill]});
    let route = vec![("township", ["visits"].as_slice(), json!({})), ("district", &[], json!({}))];
    town.carried("guardian-check", check, route).await;
    town.settled(&early).await;
    assert_eq!(town.account(guardian, "health").await, "1200.00", "half of 2,400.00");
    let twice = town.batch("guardian-award", "2021-H1").await;
    assert_eq!(town.held(&twice).await, told(&[(guardian, "paid")]));
    town.days_pass(60);
    let next = town.batch("guardian-award", "2021-H2").await;
    assert_eq!(
        town.held(&next).await,
        told(&[(guardian, "not-entitled")]),
        "the first half-year does not tell of the second"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_insurer_decided_after_an_accident_reaches_the_person() {
    let mut town = Town::new();
    let (home, hurt) = town.alone("1960-01-01", &[]);
    let insurer = town.add("payer", &[("area", DISTRICT), ("name", "示范保险公司"), ("pays", "accident")]);
    let told = json!({"happened_on": "2021-01-20", "what": "在家中跌倒，手腕骨折"});
    let tomorrow = json!({"happened_on": "2021-03-01", "what": "在家中跌倒，手腕骨折"});
    let early = town.try_open("clerk", "accident-claim", town.member(home, hurt, tomorrow)).await;
    assert_eq!(early.code(), "form-invalid", "{}", early.text);
    let claim = town.open("clerk", "accident-claim", town.member(home, hurt, told)).await;
    assert_eq!(town.try_sign("township", &claim, json!({})).await.code(), "paper-missing", "no decision yet");
    town.go_on(&claim, vec![("township", &["decision"], json!({}))]).await;
    let decided = |insurer: u32| json!({"insurer": insurer, "decided_on": "2021-02-01", "amount": "19307.14"});
    let household = town.try_sign("district", &claim, decided(home)).await;
    assert_eq!(household.code(), "overdraft", "nobody but a payer owes: {}", household.text);
    town.go_on(&claim, vec![("district", &[], decided(insurer))]).await;
    assert_eq!(town.state(&claim).await, "completed");
    assert_eq!(town.account(hurt, "accident").await, "19307.14");
}
