//! `yizhan bench settle`: bills settled a second on one core, alone, with the arithmetic in words, and as lines of JSON;
//! made durable with their linked transfers and the journal; beside it the same policy written for OpenFisca. A reference written apart from both decides who is right to the fen.

pub mod bills;
mod durable;
mod peer;
pub mod reference;

use super::{Figures, Options, median};
use crate::settle::act::Order;
use crate::settle::view::{Detail, Voice};
use bills::Deed;
use reference::{PlainBill, person_year};
use std::hint::black_box;
use std::time::Instant;
use yizhan_core::settlement::words::{arithmetic, why};
use yizhan_core::settlement::{Account, Bill, Policy};
use yizhan_kit::{Day, Lang};

/// Cases that are held against the reference: person-years.
const CASES: usize = 10_000;

/// Runs the bench. `--acts` is the number of bills.
///
/// # Errors
/// When the engine and the reference come to other amounts, or OpenFisca cannot be run.
pub fn run(options: &Options) -> Result<Figures, String> {
    let policy = crate::settle::policy("illustrative-2020", None)?;
    let count = options.acts(2_000_000, 40_000);
    let people = (count / 3).clamp(1, 60_000);
    let mut figures = Figures::default();
    let plain = plain_bills(count, people);
    let all: Vec<(usize, Bill)> = plain.iter().map(|one| (one.person, bills::of_policy(&policy, one))).collect();
    let runs = options.runs(5, 1);
    let rate = median((0..runs).map(|_| settle_all(&policy, &all, people)).collect());
    figures.add("settle: people", people as f64);
    figures.add("settle: bills a second on one core", rate);
    figures.at_least("settle: bills a second on one core", 3_000_000.0);
    let told = &all[..all.len().min(300_000)];
    let rate = median((0..runs).map(|_| tell_all(&policy, told, people)).collect());
    figures.add("settle: with the full trace in words, a second", rate);
    figures.at_least("settle: with the full trace in words, a second", 200_000.0);
    let lines: String = plain[..told.len()].iter().map(|one| bills::line(one) + "\n").collect();
    for (name, detail) in [
        ("settle: lines of JSON in and out, a second", Detail::Reason),
        ("settle: lines of JSON with the trace, a second", Detail::Trace),
    ] {
        let voice = Voice { lang: Lang::Zh, detail };
        let rate = median((0..runs).map(|_| answer_all(&policy, voice, &lines, told.len())).collect());
        figures.add(name, rate);
    }
    let single = median((0..runs).map(|_| one_alone(&policy, &all)).collect());
    figures.add("settle: one bill alone, nanoseconds", single * 1e9);
    let cases = cases(options.acts(CASES, CASES / 5).min(CASES));
    let wrong = cases.iter().filter(|case| !is_exact(&policy, case)).count();
    figures.add("settle: cases", cases.len() as f64);
    figures.add("settle: cases that are not exact", wrong as f64);
    if wrong > 0 {
        return Err(format!("WRONG RESULT: {wrong} of {} person-years are not those of the reference", cases.len()));
    }
    durable::run(&policy, options, &mut figures)?;
    peer::run(&policy, &cases, single, options, &mut figures)?;
    Ok(figures)
}

/// A year's bills by day.
fn plain_bills(count: usize, people: usize) -> Vec<PlainBill> {
    let bill = |deed| match deed {
        Deed::Bill(bill) => Some(bill),
        Deed::Cancel(_) => None,
    };
    bills::lines(2020, people, count, 366, None).into_iter().filter_map(bill).collect()
}

/// Person-years of one to six bills, each in a month of its own, as a system of monthly periods can hold them.
fn cases(count: usize) -> Vec<Vec<PlainBill>> {
    let case = |person: usize| {
        let random = yizhan_kit::id::SeededEntropy::new(person as u64);
        let mut months: Vec<u8> = (1..=12).collect();
        while months.len() > 1 + random.below(6) as usize {
            months.remove(random.below(months.len() as u64) as usize);
        }
        let on = |month| Day::from_ymd(2020, month, 15).expect("a day");
        months.into_iter().map(|month| bills::bill(&random, person, on(month))).collect()
    };
    (0..count).map(case).collect()
}

fn is_exact(policy: &Policy, case: &[PlainBill]) -> bool {
    let mut account = Account::default();
    let slips = case.iter().map(|plain| policy.table.settle(&mut account, &bills::of_policy(policy, plain)));
    slips.zip(person_year(case)).all(|(own, expected)| bills::agrees(&own, &expected))
}

/// Bills a second: for each the account of its person is looked up, changed and kept.
fn settle_all(policy: &Policy, all: &[(usize, Bill)], people: usize) -> f64 {
    let mut accounts = vec![Account::default(); people];
    let mut personal = 0_i64;
    let began = Instant::now();
    for (person, bill) in all {
        let slip = policy.table.settle(&mut accounts[*person], black_box(bill));
        personal = personal.wrapping_add(black_box(slip).personal.0);
    }
    let seconds = began.elapsed().as_secs_f64();
    black_box(personal);
    all.len() as f64 / seconds
}

/// The same, with the reason and the arithmetic of every layer in words.
fn tell_all(policy: &Policy, all: &[(usize, Bill)], people: usize) -> f64 {
    let mut accounts = vec![Account::default(); people];
    let mut words = String::new();
    let began = Instant::now();
    for (person, bill) in all {
        words.clear();
        policy.table.settle_telling(&mut accounts[*person], bill, |layer, step| {
            why(policy, layer, bill, step, Lang::Zh, &mut words);
            arithmetic(policy, layer, bill, step, Lang::Zh, &mut words);
        });
        black_box(&words);
    }
    all.len() as f64 / began.elapsed().as_secs_f64()
}

/// The command without its process: lines read, settled, kept for a cancellation, answered.
fn answer_all(policy: &Policy, voice: Voice, lines: &str, count: usize) -> f64 {
    let began = Instant::now();
    let refused = crate::settle::settle(policy, voice, Order::ByDischarge, lines.as_bytes(), std::io::sink());
    assert_eq!(refused.ok(), Some(0), "every bill of the bench is good");
    count as f64 / began.elapsed().as_secs_f64()
}

/// Seconds for one bill on a new account.
fn one_alone(policy: &Policy, all: &[(usize, Bill)]) -> f64 {
    let all = &all[..all.len().min(100_000)];
    let began = Instant::now();
    for (_, bill) in all {
        let mut account = Account::default();
        black_box(policy.table.settle(black_box(&mut account), black_box(bill)));
    }
    began.elapsed().as_secs_f64() / all.len() as f64
}
