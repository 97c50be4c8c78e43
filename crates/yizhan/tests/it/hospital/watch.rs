//! What is unusual among slips: planted by several seeds, found, and hardly anything else with it.

use std::collections::BTreeSet;
use yizhan::hospital::watch::{Bill, What, unusual};
use yizhan_core::catalog::{CatalogSource, load_policy};
use yizhan_core::settlement::policy::Admission;
use yizhan_core::settlement::{Account, Bill as Care, Policy};
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Fen};

const PEOPLE: u32 = 900;
const MONTHS: i32 = 12;
const A_MONTH: usize = 260;

/// How many people, and how many stays, are planted.
const PLANTED: usize = 4;

fn policy() -> Policy {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog"));
    let source = CatalogSource::read_dir(folder).unwrap();
    load_policy(&source, "settlement/illustrative-2020.toml").unwrap()
}

/// A stay of ordinary size.
struct Ordinary {
    person: u32,
    category: u8,
    level: u8,
    admitted: Day,
    discharged: Day,
    total: Fen,
    own_pay: Fen,
}

/// Its slip.
fn settle(policy: &Policy, account: &mut Account, case: u32, plain: &Ordinary) -> Bill {
    let bill = Care {
        category: plain.category,
        kind: 0,
        level: plain.level,
        admitted: plain.admitted,
        discharged: plain.discharged,
        total: plain.total,
        own_pay: plain.own_pay,
        over_limit: Fen(0),
        first_pay: Fen(0),
    };
    let slip = policy.table.settle(account, &bill);
    Bill {
        case,
        policy: policy.name.clone(),
        person: plain.person,
        clinic: u32::from(bill.level),
        category: policy.categories[usize::from(bill.category)].id.clone(),
        admission: Admission::Counted,
        admitted: bill.admitted,
        discharged: bill.discharged,
        total: bill.total,
        in_scope: bill.in_scope(),
        pays: (0..policy.layers.len()).map(|n| (policy.payer(n).id.clone(), slip.pay[n])).collect(),
    }
}

/// A year of ordinary stays: bills between 2,000 and 22,000 yuan, one or two a person.
fn ordinary(policy: &Policy, chance: &SeededEntropy) -> Vec<Bill> {
    let first = Day::from_ymd(2020, 1, 1).unwrap();
    let mut accounts = vec![Account::default(); PEOPLE as usize];
    let mut bills = Vec::new();
    for month in 0..MONTHS {
        for _ in 0..A_MONTH {
            let person = u32::try_from(chance.below(u64::from(PEOPLE))).unwrap();
            let day = first.plus(month * 30 + 2 + i32::try_from(chance.below(26)).unwrap());
            let total = 200_000 + i64::try_from(chance.below(2_000_000)).unwrap();
            let plain = Ordinary {
                person,
                // Which part of a district's patients is on the register does not change from month to month.
                category: if person % 10 < 6 { 1 } else { 0 },
                level: u8::try_from(chance.below(3)).unwrap(),
                admitted: day.plus(-1 - i32::try_from(chance.below(10)).unwrap()),
                discharged: day,
                total: Fen(total),
                own_pay: Fen(total / 20),
            };
            let case = u32::try_from(bills.len()).unwrap();
            bills.push(settle(policy, &mut accounts[person as usize], case, &plain));
        }
    }
    bills
}

/// Found of what was planted, and what else was found.
#[derive(Default, Debug)]
struct Score {
    hits: usize,
    planted: usize,
    false_alarms: usize,
}

#[test]
fn what_was_planted_is_found_and_hardly_anything_else() {
    let policy = policy();
    let mut scores: [Score; 5] = Default::default();
    for seed in [1, 2, 3, 5, 8, 13] {
        let chance = SeededEntropy::new(seed);
        let clean = ordinary(&policy, &chance);
        let quiet = unusual(&clean);
        assert!(
            quiet.len() <= 2,
            "seed {seed}: alarms among ordinary slips: {:?}",
            quiet.iter().map(|odd| (odd.what, &odd.payer, odd.month)).collect::<Vec<_>>()
        );
        for odd in &quiet {
            let sorts = [What::LayerAverage, What::LayerShare, What::LayerZero, What::PersonFarAbove, What::SplitStay];
            scores[sorts.iter().position(|what| *what == odd.what).unwrap()].false_alarms += 1;
        }
        let month_of = |bill: &Bill| bill.discharged.ymd().1;

        // A layer pays half as much again in a month, as if its ratio had been mistyped.
        let at = 7 + u8::try_from(chance.below(5)).unwrap();
        let mut bills = clean.clone();
        for bill in bills.iter_mut().filter(|bill| month_of(bill) == at) {
            bill.pays[0].1 = Fen(bill.pays[0].1.0 * 3 / 2);
        }
        score(
            &mut scores,
            &bills,
            &[What::LayerAverage, What::LayerShare],
            |odd| odd.payer.as_deref() == Some("basic") && odd.month == Some(2020 * 12 + i32::from(at) - 1),
            &quiet,
        );

        // A layer stops paying.
        let mut bills = clean.clone();
        for bill in bills.iter_mut().filter(|bill| month_of(bill) >= at) {
            bill.pays[2].1 = Fen(0);
        }
        score(
            &mut scores,
            &bills,
            &[What::LayerZero],
            |odd| odd.payer.as_deref() == Some("institution") && odd.month >= Some(2020 * 12 + i32::from(at) - 1),
            &quiet,
        );

        // Some people are billed far more than anybody.
        let mut bills = clean.clone();
        let mut far = BTreeSet::new();
        while far.len() < PLANTED {
            let person = u32::try_from(chance.below(u64::from(PEOPLE))).unwrap();
            if bills.iter().any(|bill| bill.person == person) && far.insert(person) {
                for bill in bills.iter_mut().filter(|bill| bill.person == person) {
                    bill.total = Fen(bill.total.0 + 60_000_000);
                }
            }
        }
        let whose = |odd: &yizhan::hospital::watch::Odd| bills[odd.cases[0] as usize].person;
        let found = unusual(&bills);
        let alarms: Vec<_> = found.iter().filter(|odd| odd.what == What::PersonFarAbove).map(whose).collect();
        scores[3].planted += PLANTED;
        scores[3].hits += far.iter().filter(|person| alarms.contains(person)).count();
        scores[3].false_alarms += alarms.iter().filter(|person| !far.contains(person)).count();

        // One stay is billed as three.
        let mut bills = clean.clone();
        let mut split = BTreeSet::new();
        while split.len() < PLANTED {
            let place = usize::try_from(chance.below(clean.len() as u64)).unwrap();
            let one = clean[place].clone();
            if split.insert(one.person) {
                for part in 1..3_i32 {
                    let case = u32::try_from(bills.len()).unwrap();
                    let (admitted, discharged) = (one.discharged.plus(part * 4 - 4), one.discharged.plus(part * 4));
                    bills.push(Bill { case, admitted, discharged, ..one.clone() });
                }
            }
        }
        let found = unusual(&bills);
        let alarms: Vec<u32> = found
            .iter()
            .filter(|odd| odd.what == What::SplitStay)
            .map(|odd| bills[odd.cases[0] as usize].person)
            .collect();
        scores[4].planted += PLANTED;
        scores[4].hits += split.iter().filter(|person| alarms.contains(person)).count();
        scores[4].false_alarms += alarms.iter().filter(|person| !split.contains(person)).count();
    }
    let names = ["layer-average", "layer-share", "layer-zero", "person-far-above", "split-stay"];
    for (name, score) in names.iter().zip(&scores) {
        eprintln!("{name}: {} of {} found, {} false alarms", score.hits, score.planted, score.false_alarms);
        assert!(score.planted > 0 && score.hits == score.planted, "{name}: {score:?}");
        assert!(score.false_alarms <= 3, "{name}: {score:?}");
    }
}

/// Counts what is found of a plant in a month, for each sort that should find it.
fn score(
    scores: &mut [Score; 5],
    bills: &[Bill],
    sorts: &[What],
    is_planted: impl Fn(&yizhan::hospital::watch::Odd) -> bool,
    quiet: &[yizhan::hospital::watch::Odd],
) {
    let found = unusual(bills);
    for what in sorts {
        let place = [What::LayerAverage, What::LayerShare, What::LayerZero].iter().position(|one| one == what).unwrap();
        let of: Vec<_> = found.iter().filter(|odd| odd.what == *what).collect();
        scores[place].planted += 1;
        scores[place].hits += usize::from(of.iter().any(|odd| is_planted(odd)));
        scores[place].false_alarms += of.iter().filter(|odd| !is_planted(odd) && !quiet.contains(odd)).count();
    }
}
