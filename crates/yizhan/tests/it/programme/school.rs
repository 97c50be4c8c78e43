//! Aid for pupils and students by stage, the Rain and Dew grant, tuition outside the province.

use super::town::{Town, three, three_with, told};
use serde_json::json;

pub const TOLD: &[(&str, &str)] = &[
    ("preschool-aid", "aid_follows_the_stage_of_school"),
    ("primary-boarder-aid", "aid_follows_the_stage_of_school"),
    ("primary-day-aid", "aid_follows_the_stage_of_school"),
    ("junior-boarder-aid", "aid_follows_the_stage_of_school"),
    ("junior-day-aid", "aid_follows_the_stage_of_school"),
    ("senior-aid", "aid_follows_the_stage_of_school"),
    ("vocational-aid", "aid_follows_the_stage_of_school"),
    ("university-grant", "aid_follows_the_stage_of_school"),
    ("rain-dew-grant", "rain_and_dew_comes_on_top"),
    ("tuition-waiver", "tuition_outside_the_province_is_paid_up_to_a_most"),
    ("out-of-province-tuition", "tuition_outside_the_province_is_paid_up_to_a_most"),
];

/// Programme, year of birth, school, whether they board, what is due a semester.
const STAGES: [(&str, &str, &str, &str, &str); 8] = [
    ("preschool-aid", "2016-05-01", "1", "false", "600.00"),
    ("primary-boarder-aid", "2011-05-01", "2", "true", "500.00"),
    ("primary-day-aid", "2011-06-01", "2", "false", "250.00"),
    ("junior-boarder-aid", "2007-05-01", "3", "true", "625.00"),
    ("junior-day-aid", "2007-06-01", "3", "false", "312.50"),
    ("senior-aid", "2004-05-01", "4", "true", "1000.00"),
    ("vocational-aid", "2004-06-01", "5", "true", "1000.00"),
    ("university-grant", "2001-05-01", "7", "true", "1500.00"),
];

#[tokio::test(flavor = "multi_thread")]
async fn aid_follows_the_stage_of_school() {
    let mut town = Town::new();
    let home = town.household("true");
    let mut pupils = Vec::new();
    for (programme, born, student, boards, _) in STAGES {
        let pupil = town.person(home, born, &[("student", student), ("boards", boards)]);
        let form = town.member(home, pupil, json!({"rule": programme, "receives": "true"}));
        pupils.push((pupil, town.open("clerk", "allowance-change", form).await));
    }
    for (login, papers, answers) in three() {
        town.days_pass(8);
        for (_, asked) in &pupils {
            assert!(papers.is_empty() && town.try_sign(login, asked, answers.clone()).await.status.is_success());
        }
    }
    for ((programme, .., due), (pupil, _)) in STAGES.iter().zip(&pupils) {
        let batch = town.batch(programme, "2021-H1").await;
        assert_eq!(town.lines(&batch).await, told(&[(*pupil, due)]), "{programme}");
        let held = town.held(&batch).await;
        assert!(held.len() == 7 && held.iter().all(|(_, why)| why == "not-entitled"), "{programme}: {held:?}");
        town.settled(&batch).await;
        assert_eq!(town.account(*pupil, "education").await, *due, "{programme}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rain_and_dew_comes_on_top() {
    let mut town = Town::new();
    let (home, student) = town.alone("2003-05-01", &[("student", "5"), ("boards", "true"), ("school-aid", "true")]);
    let form = town.member(home, student, json!({"rule": "rain-dew-grant", "receives": "true"}));
    town.carried("allowance-change", form, three()).await;
    assert_eq!(town.paid("vocational-aid", "2021-H1").await, told(&[(student, "1000.00")]));
    assert_eq!(town.paid("rain-dew-grant", "2021-H1").await, told(&[(student, "1500.00")]));
    assert_eq!(town.account(student, "education").await, "2500.00");
    town.learn(student, "person.student", "0");
    town.days_pass(150);
    let later = town.batch("rain-dew-grant", "2021-H2").await;
    assert_eq!(town.held(&later).await, told(&[(student, "not-entitled")]), "left school");
}

#[tokio::test(flavor = "multi_thread")]
async fn tuition_outside_the_province_is_paid_up_to_a_most() {
    let mut town = Town::new();
    let home = town.household("true");
    let [dear, cheap] = ["2001-05-01", "2002-05-01"].map(|born| town.person(home, born, &[("student", "7")]));
    for (student, fees) in [(dear, "12000.00"), (cheap, "6153.43")] {
        let form = town.member(home, student, json!({"college": "某省大学", "tuition": fees}));
        let asked = town.open("clerk", "tuition-waiver", form).await;
        town.go_on(&asked, vec![("clerk2", &[], json!({}))]).await;
        let bare = town.try_sign("township", &asked, json!({})).await;
        assert_eq!(bare.code(), "paper-missing", "{}", bare.text);
        town.go_on(&asked, three_with(&["fees"]).split_off(1)).await;
    }
    assert_eq!(town.paid("out-of-province-tuition", "2021").await, told(&[(dear, "8000.00"), (cheap, "6153.43")]));
    assert_eq!(town.account(cheap, "education").await, "6153.43");
    let twice = town.batch("out-of-province-tuition", "2021").await;
    assert_eq!(town.held(&twice).await, told(&[(dear, "paid"), (cheap, "paid")]));
}
