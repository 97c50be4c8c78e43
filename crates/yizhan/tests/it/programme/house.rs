//! Houses: renovation from the appraisal to the plaque, furniture, doors and windows, barrier-free houses.

use super::town::{By, Town};
use crate::testing::VILLAGE;
use serde_json::{Value, json};

pub const TOLD: &[(&str, &str)] = &[
    ("house-renovation", "an_unsafe_house_is_rebuilt_accepted_paid_and_gets_its_plaque"),
    ("home-furniture", "furniture_and_mending_are_paid_once_the_household_signed"),
    ("home-mending", "furniture_and_mending_are_paid_once_the_household_signed"),
    ("barrier-free", "a_house_is_made_barrier_free"),
    ("public-works", "works_are_paid_each_from_its_own_fund"),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_unsafe_house_is_rebuilt_accepted_paid_and_gets_its_plaque() {
    let mut town = Town::new();
    let (home, _) = town.alone("1950-01-01", &[]);
    let house = town.add("house", &[("household", &home.to_string()), ("lived-in", "true")]);
    let asked =
        town.open("clerk", "house-renovation", town.home(home, json!({"house": house, "detail": "屋顶下沉"}))).await;
    town.go_on(&asked, vec![("clerk2", &[], json!({}))]).await;
    town.days_pass(8);
    town.attach("township", &asked, "appraisal").await;
    let day = |town: &Town| town.today().to_string();
    let safe = json!({"grade": "B", "appraised_on": day(&town)});
    assert_eq!(town.try_sign("township", &asked, safe).await.code(), "form-invalid", "a safe house is not renovated");
    let grade = json!({"grade": "D", "appraised_on": day(&town)});
    town.go_on(&asked, vec![("township", &[], grade), ("district", &[], json!({}))]).await;
    let begun = json!({"works_on": day(&town)});
    town.go_on(&asked, vec![("clerk2", &[], begun)]).await;

    // Nothing is paid before the township accepted, and it does not accept without photos.
    let paid = json!({"amount": "25000.00"});
    assert_eq!(town.try_sign("district", &asked, paid.clone()).await.code(), "forbidden", "it waits for the township");
    let done = json!({"rebuilt_on": day(&town)});
    town.attach("township", &asked, "acceptance").await;
    assert_eq!(town.try_sign("township", &asked, done.clone()).await.code(), "paper-missing");
    let route: Vec<By> =
        vec![("township", &["photo"], done), ("district", &[], paid), ("clerk2", &["plaque"], json!({}))];
    town.go_on(&asked, route).await;
    assert_eq!(town.state(&asked).await, "completed");
    assert_eq!(town.account(home, "housing").await, "25000.00");
    assert!(town.is(house, "house.plaque") && town.known(house, "house.subsidy").is_some());
}

impl Town {
    /// Works for a household, paid to a supplier at the end.
    async fn works(&mut self, service: &str, form: Value, supplier: u32, amount: &str) {
        let asked = self.open("clerk", service, form).await;
        let checked: Vec<By> =
            vec![("clerk2", &[], json!({})), ("township", &[], json!({})), ("district", &[], json!({}))];
        self.go_on(&asked, checked).await;
        self.attach("clerk", &asked, "photo").await;
        let unsigned = self.try_sign("township", &asked, json!({})).await;
        assert_eq!(unsigned.code(), "paper-missing", "the household did not sign: {}", unsigned.text);
        let bill = json!({"supplier": supplier, "amount": amount});
        self.go_on(&asked, vec![("township", &["receipt"], json!({})), ("district", &[], bill)]).await;
        assert_eq!(self.state(&asked).await, "completed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn furniture_and_mending_are_paid_once_the_household_signed() {
    let mut town = Town::new();
    let (home, _) = town.alone("1950-01-01", &[]);
    let supplier = town.settle("enterprise", VILLAGE, "示范家具厂");
    let form = town.home(home, json!({"items": ["wardrobe", "table", "bed"]}));
    town.works("home-furniture", form, supplier, "768.00").await;
    let form = town.home(home, json!({"items": ["doors", "windows", "walls"]}));
    town.works("home-mending", form, supplier, "2300.00").await;
    assert_eq!(town.account(supplier, "housing").await, "3068.00");
    assert!(town.is(home, "household.furnished") && town.is(home, "household.mended"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_is_made_barrier_free() {
    let mut town = Town::new();
    let (home, _) = town.alone("1950-01-01", &[("disability-grade", "1")]);
    let house = town.add("house", &[("household", &home.to_string()), ("lived-in", "true")]);
    let builder = town.settle("enterprise", VILLAGE, "示范建筑队");
    let nothing = town.home(home, json!({"house": house, "items": []}));
    assert_eq!(town.try_open("clerk", "barrier-free", nothing).await.code(), "form-invalid");
    let form = town.home(home, json!({"house": house, "items": ["ramp", "rails"]}));
    town.works("barrier-free", form, builder, "888.89").await;
    assert!(town.is(house, "house.barrier-free"));
    assert_eq!(town.account(builder, "housing").await, "888.89");
}

#[tokio::test(flavor = "multi_thread")]
async fn works_are_paid_each_from_its_own_fund() {
    let mut town = Town::new();
    let builder = town.settle("enterprise", VILLAGE, "示范建设公司");
    for (kind, fund, amount) in [
        ("water", "water-works", "120000.00"),
        ("river", "river-works", "3500.50"),
        ("appraisal", "house-appraisal", "800.00"),
    ] {
        let form = json!({"region": VILLAGE, "kind": kind, "supplier": builder, "purpose": "进度款", "amount": amount});
        assert_eq!(town.try_open("clerk", "public-works", form.clone()).await.code(), "forbidden");
        let number = town.open("township", "public-works", form).await;
        assert_eq!(town.try_sign("township", &number, json!({})).await.code(), "paper-missing");
        town.go_on(&number, vec![("township", &["invoice"], json!({})), ("district", &[], json!({}))]).await;
        assert_eq!(town.state(&number).await, "completed");
        assert_eq!(town.account(builder, fund).await, amount);
    }
}
