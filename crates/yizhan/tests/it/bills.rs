//! Five years of bills whose layers come to what a file of targets says: planned here, met by the engine to the fen.

use std::collections::BTreeMap;
use yizhan::demo::page::medical::{Patient, Planned, Span, Wanted, plan};
use yizhan::store;
use yizhan_core::catalog::Catalog;
use yizhan_core::row::SubjectId;
use yizhan_core::settlement::{Account, Bill};
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Fen};

fn catalog() -> Catalog {
    Catalog::load(store::catalog_source(None).unwrap()).unwrap()
}

fn years() -> (Day, Day) {
    ("2016-01-05".parse().unwrap(), "2020-12-31".parse().unwrap())
}

fn patients(catalog: &Catalog, wanted: &Wanted, count: u32) -> Vec<Patient> {
    let (first, last) = years();
    let spans = Span::all(catalog, wanted, first, last).unwrap().len();
    (1..=count).map(|n| Patient { person: SubjectId(n), poor: vec![true; spans] }).collect()
}

/// What each payer pays on the bills, how often and how much: settled by the policies of the catalog in the order of discharge,
/// by nothing that the plan is made of.
fn settled(catalog: &Catalog, bills: &[Planned]) -> BTreeMap<String, (usize, i64)> {
    let mut accounts: BTreeMap<(SubjectId, i32, &str), Account> = BTreeMap::new();
    let mut paid: BTreeMap<String, (usize, i64)> = BTreeMap::new();
    assert!(bills.is_sorted_by_key(|bill| bill.discharged), "bills are in order");
    for bill in bills {
        let holding = catalog.policies.values().filter(|policy| policy.holds_on(bill.discharged));
        let policy = holding.max_by_key(|policy| policy.from).unwrap();
        let out = bill.out.iter().map(|out| out.0).sum::<i64>();
        let asked = Bill {
            category: policy.category("registered-poor").unwrap(),
            kind: policy.kind(&bill.kind).unwrap(),
            level: bill.level - 1,
            admitted: bill.admitted,
            discharged: bill.discharged,
            total: Fen(bill.in_scope.0 + out),
            own_pay: bill.out[0],
            over_limit: bill.out[1],
            first_pay: bill.out[2],
        };
        asked.check().unwrap();
        let account = accounts.entry((bill.person, bill.discharged.ymd().0, policy.name.as_str())).or_default();
        let slip = policy.table.settle(account, &asked);
        for layer in 0..policy.layers.len() {
            if slip.pay[layer].0 > 0 {
                let (times, sum) = paid.entry(policy.payer(layer).id.clone()).or_default();
                *times += 1;
                *sum += slip.pay[layer].0;
            }
        }
    }
    paid
}

fn meets(catalog: &Catalog, wanted: &Wanted, people: u32, seed: u64) {
    let bills = plan(catalog, &patients(catalog, wanted, people), wanted, years(), seed).unwrap();
    let paid = settled(catalog, &bills);
    for (payer, amount) in &wanted.layers {
        let met = paid.get(*payer).copied().unwrap_or_default();
        assert_eq!(met, (amount.times, amount.sum.0), "{payer}, seed {seed}");
    }
    assert_eq!(paid.len(), wanted.layers.iter().filter(|(_, amount)| amount.times > 0).count());
}

#[test]
fn the_page_is_met_to_the_fen_and_to_the_person_time() {
    let (catalog, wanted) = (catalog(), Wanted::read(None).unwrap());
    meets(&catalog, &wanted, 2_478, 1);
}

#[test]
fn whatever_else_is_wanted_is_met_too() {
    let (catalog, page) = (catalog(), Wanted::read(None).unwrap());
    for seed in 0..20 {
        let chance = SeededEntropy::new(seed);
        let mut wanted = page.clone();
        for (_, amount) in &mut wanted.layers {
            // A twentieth of the page, each number and sum up to a fifth more or less.
            let mut vary = |whole: i64| whole / 20 * (800 + i64::try_from(chance.below(400)).unwrap()) / 1_000;
            amount.times = usize::try_from(vary(i64::try_from(amount.times).unwrap())).unwrap();
            amount.sum = Fen(vary(amount.sum.0) + 7);
        }
        meets(&catalog, &wanted, 200, seed);
    }
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let (catalog, page) = (catalog(), Wanted::read(None).unwrap());
    let check = |place: usize, times: usize, sum: i64, said: &str| {
        let mut wanted = page.clone();
        for (_, amount) in &mut wanted.layers {
            amount.times /= 100;
            amount.sum = Fen(amount.sum.0 / 100);
        }
        (wanted.layers[place].1.times, wanted.layers[place].1.sum) = (times, Fen(sum));
        let fault = plan(&catalog, &patients(&catalog, &wanted, 100), &wanted, years(), 3).unwrap_err();
        assert!(fault.starts_with(said), "{fault}");
    };
    check(5, 5, 4, "F037: 0.04 yuan cannot be paid in 5 times (F036)");
    check(2, 0, 100, "F029:");
    check(0, 100, 28_278_500, "F024:");
    check(0, 348, 1_000, "F025:");
    // Chronic illness is paid up to a sum a year.
    check(3, 1, 9_000_000, "F031: nobody is left");
}
