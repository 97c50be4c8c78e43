//! Allowances of single persons and households: enrolled by a decision, paid month by month, held back with a reason.

use super::town::{Town, three, told};
use serde_json::json;

pub const TOLD: &[(&str, &str)] = &[
    ("allowance-change", "whoever_is_seventy_is_paid_whether_poor_or_not_until_they_die"),
    ("elder-allowance", "whoever_is_seventy_is_paid_whether_poor_or_not_until_they_die"),
    ("hard-elder-allowance", "an_old_person_loses_one_allowance_with_the_other"),
    ("living-allowance", "the_two_allowances_for_disabled_people"),
    ("care-allowance", "the_two_allowances_for_disabled_people"),
    ("destitute-support", "nobody_has_both_the_allowance_and_the_support_of_the_destitute"),
    ("subsistence-allowance", "nobody_has_both_the_allowance_and_the_support_of_the_destitute"),
    ("residents-pension", "a_pension_from_sixty_without_an_employee_pension"),
    ("premium-aid", "the_premium_is_paid_once_a_year"),
];

impl Town {
    /// Enrols somebody for what a rule says is due to them.
    async fn enrolled(&mut self, home: u32, person: u32, rule: &str) {
        let form = self.member(home, person, json!({"rule": rule, "receives": "true"}));
        self.carried("allowance-change", form, three()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_seventy_is_paid_whether_poor_or_not_until_they_die() {
    let mut town = Town::new();
    let home = town.household("false");
    let (old, older) = (town.person(home, "1951-02-01", &[]), town.person(home, "1940-01-01", &[]));
    town.enrolled(home, old, "elder-allowance").await;
    let first = town.paid("elder-allowance", "2021-02").await;
    assert_eq!(first, told(&[(old, "50.00")]), "whoever was not enrolled is not paid");
    assert_eq!(town.account(old, "welfare").await, "50.00");
    let again = town.batch("elder-allowance", "2021-02").await;
    assert_eq!(town.held(&again).await, told(&[(old, "paid")]));

    // A cycle that was signed is paid though the register moves on; the next one is not.
    town.enrolled(home, older, "elder-allowance").await;
    let march = town.batch("elder-allowance", "2021-04").await;
    town.go_on(&march, vec![("township", &[], json!({}))]).await;
    let dead = town.member(home, old, json!({"left_for": "1"}));
    town.carried("member-leaves", dead, three()).await;
    town.go_on(&march, vec![("district", &[], json!({}))]).await;
    assert_eq!(town.lines(&march).await, told(&[(old, "50.00"), (older, "50.00")]));
    let next = town.batch("elder-allowance", "2021-05").await;
    assert_eq!(town.lines(&next).await, told(&[(older, "50.00")]));
    assert_eq!(town.held(&next).await, told(&[]), "who is of no household lies nowhere");
    town.learn(older, "person.left-for", "3");
    assert_eq!(town.held(&next).await, told(&[(older, "left")]), "moved away, and still in the household's book");
    let stop = town.member(home, older, json!({"rule": "elder-allowance", "receives": "false"}));
    town.carried("allowance-change", stop, three()).await;
    let after = town.batch("elder-allowance", "2021-06").await;
    assert_eq!(town.lines(&after).await, told(&[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_person_loses_one_allowance_with_the_other() {
    let mut town = Town::new();
    let (home, old) = town.alone("1955-01-01", &[("subsistence", "true")]);
    town.enrolled(home, old, "hard-elder-allowance").await;
    assert_eq!(town.paid("hard-elder-allowance", "2021-02").await, told(&[(old, "80.00")]));
    assert_eq!(town.account(old, "welfare").await, "80.00");
    let stop = town.member(home, old, json!({"rule": "subsistence-allowance", "receives": "false"}));
    town.carried("allowance-change", stop, three()).await;
    let later = town.batch("hard-elder-allowance", "2021-05").await;
    assert_eq!(town.held(&later).await, told(&[(old, "not-entitled")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_allowances_for_disabled_people() {
    let mut town = Town::new();
    let (home, grave) = town.alone("1980-01-01", &[("disability-grade", "1"), ("subsistence", "true")]);
    let (other, light) = town.alone("1980-01-01", &[("disability-grade", "3"), ("subsistence", "true")]);
    for rule in ["living-allowance", "care-allowance"] {
        town.enrolled(home, grave, rule).await;
        town.enrolled(other, light, rule).await;
    }
    let period = town.today().to_string()[..7].to_owned();
    assert_eq!(town.paid("living-allowance", &period).await, told(&[(grave, "100.00"), (light, "100.00")]));
    let care = town.batch("care-allowance", &period).await;
    assert_eq!(town.held(&care).await, told(&[(light, "not-entitled")]), "grade 3 is not severe");
    town.settled(&care).await;
    assert_eq!(town.account(grave, "welfare").await, "200.00");
    town.learn(light, "person.destitute", "true");
    let next = town.today().to_string()[..7].to_owned();
    let living = town.batch("living-allowance", &next).await;
    assert!(
        town.held(&living).await.contains(&(light, "overlap".into())),
        "the support of the destitute holds it already"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_both_the_allowance_and_the_support_of_the_destitute() {
    let mut town = Town::new();
    let home = town.household("true");
    town.learn(home, "household.attribute", "6");
    for part in [
        "income-wage",
        "income-business",
        "cost-business",
        "income-property",
        "income-transfer",
        "transfer-subsistence",
    ] {
        town.learn(home, &format!("household.{part}"), "0.00");
    }
    let (old, child) = (town.person(home, "1945-01-01", &[("health", "1")]), town.person(home, "1990-01-01", &[]));
    let ask = json!({"name": "柳七", "region": crate::testing::VILLAGE, "people": [old, child], "household": home, "members": 2, "income": 0});
    let asked = town.open("clerk", "subsistence-allowance", ask).await;
    let visit_and_vote = vec![("township", [].as_slice(), json!({})), ("clerk2", &[], json!({}))];
    town.go_on(&asked, visit_and_vote).await;
    let early = town.try_sign("township", &asked, json!({})).await;
    assert_eq!(early.code(), "too-early", "the notice runs: {}", early.text);
    town.go_on(&asked, vec![("township", &[], json!({})), ("district", &[], json!({}))]).await;
    assert!(town.is(old, "person.subsistence"));
    let start = town.member(home, old, json!({"rule": "subsistence-allowance", "receives": "true"}));
    assert_eq!(
        town.try_open("clerk", "allowance-change", start).await.code(),
        "form-invalid",
        "it has a service of its own"
    );
    assert_eq!(town.paid("subsistence-allowance", "2021-03").await, told(&[(home, "860.00")]), "430.00 each");

    // Supported as destitute, the old one leaves the allowance; the household's amount is for the other alone.
    town.enrolled(home, old, "destitute-support").await;
    assert!(town.is(old, "person.destitute") && !town.is(old, "person.subsistence"));
    let period = town.today().to_string()[..7].to_owned();
    assert_eq!(town.paid("destitute-support", &period).await, told(&[(old, "559.00")]));
    assert_eq!(town.account(old, "welfare").await, "559.00");
    let without = town.batch("subsistence-allowance", &period).await;
    assert_eq!(town.lines(&without).await, told(&[(home, "430.00")]));
    assert_eq!(town.account(home, "welfare").await, "860.00");
    town.learn(old, "person.subsistence", "true");
    town.days_pass(31);
    let next = town.today().to_string()[..7].to_owned();
    let both = town.batch("destitute-support", &next).await;
    assert!(town.held(&both).await.contains(&(old, "overlap".into())), "{:?}", town.held(&both).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pension_from_sixty_without_an_employee_pension() {
    let mut town = Town::new();
    let (home, old) = town.alone("1955-01-01", &[("employee-pension", "false")]);
    let (other, employee) = town.alone("1955-01-01", &[("employee-pension", "true")]);
    town.enrolled(home, old, "residents-pension").await;
    town.enrolled(other, employee, "residents-pension").await;
    let batch = town.batch("residents-pension", "2021-03").await;
    assert_eq!(town.held(&batch).await, told(&[(employee, "not-entitled")]));
    town.settled(&batch).await;
    assert_eq!(town.account(old, "pension").await, "142.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_premium_is_paid_once_a_year() {
    let mut town = Town::new();
    let (home, member) = town.alone("1980-01-01", &[]);
    let form = town.member(home, member, json!({"rule": "premium-aid", "receives": "true"}));
    let asked = town.open("clerk", "allowance-change", form).await;
    let alone = town.try_sign("clerk", &asked, json!({})).await;
    assert!(alone.status.is_success(), "{}", alone.text);
    let early = town.try_sign("township", &asked, json!({})).await;
    assert_eq!(early.code(), "too-early", "{}", early.text);
    town.go_on(&asked, vec![("township", &[], json!({})), ("district", &[], json!({}))]).await;
    let monthly = town.batch("premium-aid", "2021-02").await;
    assert_eq!(town.try_lines(&monthly).await.code(), "form-invalid", "a year, not a month");
    assert_eq!(town.paid("premium-aid", "2021").await, told(&[(member, "280.00")]));
    assert_eq!(town.account(member, "health").await, "280.00");
    let twice = town.batch("premium-aid", "2021").await;
    assert_eq!(town.held(&twice).await, told(&[(member, "paid")]));
}
