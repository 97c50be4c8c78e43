//! The same policy as an OpenFisca system, run beside the engine: `bench/openfisca/settlement/`.

use super::super::{Figures, Options, judge, median};
use super::bills;
use super::reference::{CATEGORIES, KINDS, PlainBill, PlainSlip, person_year};
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use yizhan_core::settlement::{Account, Policy};
use yizhan_kit::Day;
use yizhan_kit::id::SeededEntropy;

/// How many person-years of twelve bills a batch has.
const BATCHES: [usize; 2] = [10_000, 100_000];

const MONTHS: usize = 12;

/// What OpenFisca came to.
struct Said {
    batch_seconds: f64,
    single_seconds: f64,
    /// By case, month and column: what six layers pay and what the person does, in fen.
    amounts: Vec<i64>,
}

/// Runs the peer on the cases, and on full batches for time.
pub(super) fn run(
    policy: &Policy,
    cases: &[Vec<PlainBill>],
    single: f64,
    options: &Options,
    figures: &mut Figures,
) -> Result<(), String> {
    let peer = Path::new("bench/openfisca/settlement");
    if options.short || !peer.join("run.py").exists() {
        eprintln!("OpenFisca is not run in the short form, or {} is not here", peer.display());
        return Ok(());
    }
    let expected: Vec<Vec<PlainSlip>> = cases.iter().map(|case| person_year(case)).collect();
    for (precision, name) in [
        ("single", "settle: cases that OpenFisca does not meet"),
        ("double", "settle: cases that OpenFisca with 64 bits does not meet"),
    ] {
        let said = ask(peer, cases, precision)?;
        let wrong = (0..cases.len()).filter(|case| !meets(&said, *case, &cases[*case], &expected[*case])).count();
        figures.add(name, wrong as f64);
        if precision == "single" {
            figures.add("settle: OpenFisca, one bill alone, microseconds", said.single_seconds * 1e6);
            figures.add("settle: one bill, times as fast as OpenFisca", said.single_seconds / single);
            figures.at_least("settle: one bill, times as fast as OpenFisca", 1_000.0);
        }
    }
    // The better size for each: theirs wants long columns, ours a cache.
    let (mut best, mut own) = (0.0_f64, 0.0_f64);
    for people in BATCHES {
        let full: Vec<Vec<PlainBill>> = (0..people).map(full_year).collect();
        let said = ask(peer, &full, "single")?;
        best = best.max((people * MONTHS) as f64 / said.batch_seconds);
        own = own.max(median((0..options.runs(5, 1)).map(|_| batch(policy, &full)).collect()));
    }
    figures.add("settle: OpenFisca in batch, bills a second", best);
    figures.add("settle: the same batch, bills a second", own);
    figures.add("settle: batch, times as fast as OpenFisca", own / best);
    figures.at_least("settle: batch, times as fast as OpenFisca", 10.0);
    Ok(())
}

/// A person with a bill in every month, so that no part of a batch is idle.
fn full_year(person: usize) -> Vec<PlainBill> {
    let random = SeededEntropy::new(person as u64);
    let on = |month| Day::from_ymd(2020, month, 15).expect("a day");
    (1..=12).map(|month| bills::bill(&random, person, on(month))).collect()
}

/// The engine on the same person-years, month after month, as they come in.
fn batch(policy: &Policy, full: &[Vec<PlainBill>]) -> f64 {
    let by_month: Vec<Vec<_>> =
        (0..MONTHS).map(|month| full.iter().map(|case| bills::of_policy(policy, &case[month])).collect()).collect();
    let mut accounts = vec![Account::default(); full.len()];
    let began = Instant::now();
    for month in &by_month {
        for (account, bill) in accounts.iter_mut().zip(month) {
            std::hint::black_box(policy.table.settle(account, bill));
        }
    }
    (full.len() * MONTHS) as f64 / began.elapsed().as_secs_f64()
}

/// Whether every amount of a case is that of the reference.
fn meets(said: &Said, case: usize, plain: &[PlainBill], expected: &[PlainSlip]) -> bool {
    plain.iter().zip(expected).all(|(bill, slip)| {
        let month = usize::from(bill.on.ymd().1) - 1;
        let begin = (case * MONTHS + month) * 7;
        let found = &said.amounts[begin..begin + 7];
        found[..6] == slip.pay && found[6] == slip.personal
    })
}

/// Writes the cases as columns of numbers, one value a case and month, and runs the peer on them.
fn ask(peer: &Path, cases: &[Vec<PlainBill>], precision: &str) -> Result<Said, String> {
    let python = judge::python(Path::new("bench/openfisca"))?;
    let folder = std::env::temp_dir().join(format!("yizhan-settle-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let place = |names: &[&str], name: &str| names.iter().position(|known| *known == name).unwrap_or(0) as i64;
    let columns: [(&str, &dyn Fn(&PlainBill) -> i64); 7] = [
        ("category", &|bill| place(&CATEGORIES, bill.category)),
        ("kind", &|bill| place(&KINDS, bill.kind)),
        ("level", &|bill| i64::from(bill.level)),
        ("total", &|bill| bill.total),
        ("own_pay", &|bill| bill.out[0]),
        ("over_limit", &|bill| bill.out[1]),
        ("first_pay", &|bill| bill.out[2]),
    ];
    let write = |name: &str, value: &dyn Fn(&PlainBill) -> i64| {
        let mut numbers = vec![0_i64; cases.len() * MONTHS];
        for (case, bill) in
            cases.iter().enumerate().flat_map(|(case, bills)| bills.iter().map(move |bill| (case, bill)))
        {
            numbers[case * MONTHS + usize::from(bill.on.ymd().1) - 1] = value(bill);
        }
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        std::fs::write(folder.join(name), bytes).map_err(|error| error.to_string())
    };
    for (name, value) in columns {
        write(name, value)?;
    }
    // Months without a bill hold nothing; no total tells them, as a bill may be of nothing.
    write("billed", &|_| 1)?;
    let output = Command::new(python)
        .arg(peer.join("run.py"))
        .args(["--people", &cases.len().to_string(), "--precision", precision, "--data"])
        .arg(&folder)
        .output()
        .map_err(|error| format!("OpenFisca: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said: serde_json::Value = serde_json::from_str(text.lines().last().unwrap_or_default())
        .map_err(|_| format!("OpenFisca said: {}", String::from_utf8_lossy(&output.stderr)))?;
    let bytes = std::fs::read(folder.join("amounts")).map_err(|error| error.to_string())?;
    std::fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    let number = |key: &str| said[key].as_f64().ok_or_else(|| format!("OpenFisca did not say {key}"));
    let amounts: Vec<i64> =
        bytes.chunks_exact(8).map(|chunk| i64::from_le_bytes(chunk.try_into().expect("eight bytes"))).collect();
    if amounts.len() != cases.len() * MONTHS * 7 {
        return Err(format!("OpenFisca told {} amounts", amounts.len()));
    }
    Ok(Said { batch_seconds: number("batch_seconds")?, single_seconds: number("single_seconds")?, amounts })
}
