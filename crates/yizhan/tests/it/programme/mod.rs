//! The programmes: each has a story over HTTP from enrolment to the posted transfer, and at least one refusal. A programme of
//! the catalog, or a service that moves money, without a story is listed and must be none.

mod allowance;
mod care;
mod enterprise;
mod house;
mod school;
pub mod town;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use yizhan::store;
use yizhan_core::catalog::{Catalog, Service};

/// What is told, and by which test of which file: `(file, its text, stories)`.
type Told = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const ALL: [Told; 9] = [
    ("pay.rs", include_str!("../pay.rs"), ELSEWHERE),
    ("asset.rs", include_str!("../asset.rs"), OF_ASSETS),
    ("civic.rs", include_str!("../civic.rs"), OF_THE_GROUND),
    ("allowance.rs", include_str!("allowance.rs"), allowance::TOLD),
    ("care.rs", include_str!("care.rs"), care::TOLD),
    ("enterprise.rs", include_str!("enterprise.rs"), enterprise::TOLD),
    ("house.rs", include_str!("house.rs"), house::TOLD),
    ("school.rs", include_str!("school.rs"), school::TOLD),
    ("work.rs", include_str!("work.rs"), work::TOLD),
];

/// What the tests of money tell.
const ELSEWHERE: &[(&str, &str)] = &[
    ("asset-income", "what_an_asset_earned_reaches_the_households"),
    ("income-distribution", "what_an_asset_earned_reaches_the_households"),
    ("asset-receipt", "what_an_asset_earned_reaches_the_households"),
    ("opening-payments", "what_was_paid_before_comes_in_when_it_agrees_with_its_totals"),
    ("programme-batch", "a_programme_pays_whom_its_rule_names_once_a_period"),
];

/// What the tests of the civic ground tell.
const OF_THE_GROUND: &[(&str, &str)] = &[("culture-grant", "what_an_activity_costs_is_paid_from_the_culture_fund")];

/// What the tests of assets tell.
const OF_ASSETS: &[(&str, &str)] = &[
    ("industry-project", "a_project_passes_nine_gates_and_leaves_an_asset"),
    ("asset-contract", "a_contract_brings_rent_to_the_collective_through_its_asset"),
    ("contract-change", "a_contract_brings_rent_to_the_collective_through_its_asset"),
];

/// The services by which people enter and leave programmes, and what is done once and paid once.
const NAMED: [&str; 21] = [
    "allowance-change",
    "barrier-free",
    "care-log",
    "enterprise-loan",
    "filial-agreement",
    "filial-contribution",
    "guardian-check",
    "guardianship",
    "home-furniture",
    "home-mending",
    "house-renovation",
    "leading-enterprise",
    "loan-repayment",
    "loan-yield",
    "neighbour-care",
    "neighbour-care-end",
    "post-attendance",
    "post-end",
    "post-start",
    "subsistence-allowance",
    "tuition-waiver",
];

fn moves_money(service: &Service) -> bool {
    let steps = service.steps.iter().any(|step| !step.money.is_empty());
    steps || service.batch.is_some() || service.entries.iter().any(|entry| !entry.money.is_empty())
}

#[test]
fn every_programme_has_a_story() {
    let catalog = Catalog::load(store::catalog_source(None).unwrap()).unwrap();
    let mut told = BTreeMap::new();
    for (file, text, stories) in ALL {
        for (name, test) in stories {
            assert!(text.contains(&format!("async fn {test}(")), "{file} has no test {test}, which tells {name}");
            told.insert(*name, *test);
        }
    }
    let paying = catalog.services.values().filter(|service| moves_money(service)).map(|service| service.name.as_str());
    let wanted: BTreeSet<&str> = catalog.programmes.keys().map(String::as_str).chain(NAMED).chain(paying).collect();
    let silent: Vec<_> = wanted.iter().filter(|name| !told.contains_key(*name)).collect();
    assert!(silent.is_empty(), "without a story: {silent:?}");
    let strange: Vec<_> = told.keys().filter(|name| !wanted.contains(*name)).collect();
    assert!(strange.is_empty(), "told, yet neither a programme nor a service that is named: {strange:?}");
    assert!(wanted.len() >= 45, "{} programmes and services", wanted.len());
}
