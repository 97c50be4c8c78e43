//! `yizhan bench judge`: every standard and entitlement judged for a million generated people, from the image, on one
//! core; beside it the `cel` crate's own interpreter and the same rules written for OpenFisca, with equal verdicts.

use super::people::{self, Register};
use super::{Figures, Options, household, load, median};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;
use yizhan_core::access::{Judgement, Question, Verdict, Viewer, rules_of};
use yizhan_core::catalog::{Attribute, Nodes, Rule, RuleKind, ValueKind};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Fen, Moment};

const KINDS: [RuleKind; 2] = [RuleKind::Standard, RuleKind::Entitlement];

/// What a rule came to: to how many it applies, of how many it is so, how many receive, what is due.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Sums {
    applies: u64,
    yes: u64,
    receives: u64,
    amount: i64,
}

/// Runs the bench. `--acts` is the number of people.
///
/// # Errors
/// When two of the three come to other verdicts.
pub fn run(options: &Options) -> Result<Figures, String> {
    let people = options.acts(1_000_000, 6_000);
    let now: Moment = "2021-02-01T12:00".parse().map_err(|_| "no moment")?;
    let before = load::memory(std::process::id());
    let began = Instant::now();
    let register = people::register(people, now)?;
    let bytes = (load::memory(std::process::id()) - before) / people as f64;
    eprintln!("{} facts made in {:.1} s", register.facts, began.elapsed().as_secs_f64());
    let mut figures = Figures::default();
    let mut times = Vec::new();
    let mut sums = BTreeMap::new();
    for _ in 0..options.runs(5, 1) {
        let began = Instant::now();
        sums = judge(&register, now.day());
        times.push(began.elapsed().as_secs_f64());
    }
    let seconds = median(times);
    figures.add("judge: people", people as f64);
    figures.add("judge: facts a person", register.facts as f64 / people as f64);
    figures.add("judge: memory a person, bytes", bytes);
    figures.add("judge: standards and entitlements", sums.len() as f64);
    figures.add("judge: everybody on one core, s", seconds);
    figures.at_most("judge: everybody on one core, s", 1.0);
    figures.at_most("judge: memory a person, bytes", 1_200.0);
    let began = Instant::now();
    let judgement = whole(&register, now.day());
    figures.add("judge: all rules, with what is missing by village, s", began.elapsed().as_secs_f64());
    drop(judgement);
    again(&register, now.day(), options, &mut figures);
    interpreter(&register, now.day(), seconds / people as f64, options, &mut figures)?;
    openfisca(&register, now.day(), seconds, &sums, options, &mut figures)?;
    drop(register);
    household::run(if options.short { 2_600 } else { people }, options, &mut figures)?;
    Ok(figures)
}

fn question<'a>(register: &'a Register, day: Day) -> Question<'a> {
    Question { day, parameters: &register.catalog.parameters, lent: None }
}

fn whole(register: &Register, day: Day) -> Judgement {
    let all = [RuleKind::Standard, RuleKind::Duty, RuleKind::Paper, RuleKind::Entitlement, RuleKind::Quality];
    Judgement::of(&register.image, &register.catalog, &all, &question(register, day))
}

/// Judges everybody by every standard and entitlement.
fn judge(register: &Register, day: Day) -> BTreeMap<String, Sums> {
    let program = Viewer::program();
    let seen = program.look(&register.image);
    let mut all = BTreeMap::new();
    for book in register.catalog.rules.books.values() {
        let (rules, wanted) = rules_of(book, &KINDS, day);
        // People, households and what they live by are generated, and known to the peer; projects and their assets are not.
        if rules.is_empty() || seen.subjects_of(book.program.about()).next().is_none() {
            continue;
        }
        let mut sums = vec![Sums::default(); rules.len()];
        seen.judge(book, &wanted, &question(register, day), |judged| {
            for ((_, nodes), sums) in rules.iter().zip(&mut sums) {
                let (when, asks) = (judged.truths(nodes.when), judged.truths(nodes.asks));
                let receives = nodes.receives.map(|node| judged.truths(node));
                sums.applies += when.yes.count() as u64;
                for (word, (when, asks)) in when.yes.words().iter().zip(asks.yes.words()).enumerate() {
                    let mut yes = when & asks;
                    sums.yes += u64::from(yes.count_ones());
                    if let Some(receives) = receives {
                        sums.receives += u64::from((yes & receives.yes.words()[word]).count_ones());
                    }
                    let Some(amount) = nodes.amount else { continue };
                    while yes != 0 {
                        let lane = word * 64 + yes.trailing_zeros() as usize;
                        yes &= yes - 1;
                        sums.amount += judged.number(amount, lane).unwrap_or(0);
                    }
                }
            }
        });
        all.extend(rules.iter().zip(sums).map(|((rule, _), sums)| (rule.name.clone(), sums)));
    }
    all
}

/// One household after a fact: it and everybody in it by every standard and entitlement.
fn again(register: &Register, day: Day, options: &Options, figures: &mut Figures) {
    let program = Viewer::program();
    let seen = program.look(&register.image);
    let households: Vec<SubjectId> = seen.subjects_of("household").step_by(97).take(options.acts(5_000, 200)).collect();
    let question = question(register, day);
    let mut times = Vec::new();
    let mut ready = Vec::new();
    for kind in ["household", "person"] {
        let book = &register.catalog.rules.books[kind];
        let (rules, wanted) = rules_of(book, &KINDS, day);
        ready.push((rules, seen.judge_ready(book, &wanted, &question)));
    }
    for household in households {
        let members = seen.naming("person.household", household, day);
        let began = Instant::now();
        let mut judged = 0;
        for ((rules, ready), subjects) in ready.iter_mut().zip([&[household][..], &members]) {
            for subject in subjects {
                let yes = ready.one(*subject, |judged, _| {
                    rules.iter().filter(|(_, nodes)| judged.verdict(nodes, 0) == Verdict::Yes).count()
                });
                judged += yes.unwrap_or(0);
            }
        }
        times.push(began.elapsed().as_secs_f64() * 1e6);
        std::hint::black_box(judged);
    }
    figures.add("judge: one household again, microseconds", median(times));
    figures.at_most("judge: one household again, microseconds", 50.0);
}

/// The same rules by the crate's interpreter, for some of the people, with equal verdicts.
fn interpreter(
    register: &Register,
    day: Day,
    ours: f64,
    options: &Options,
    figures: &mut Figures,
) -> Result<(), String> {
    let program = Viewer::program();
    let seen = program.look(&register.image);
    let plain = seen.plain(&register.catalog, &KINDS, day).map_err(|problem| problem.to_string())?;
    let asked_people = options.acts(4_000, 300).min(4_000);
    let (mut seconds, mut people) = (0.0, 0_usize);
    for (kind, book) in &register.catalog.rules.books {
        let (rules, wanted) = rules_of(book, &KINDS, day);
        if rules.is_empty() {
            continue;
        }
        let all: Vec<SubjectId> = seen.subjects_of(kind).collect();
        // As many households and houses as there are for so many people.
        let wanted_subjects = (all.len() * asked_people / register.people).max(1);
        for subject in all.iter().step_by((all.len() / wanted_subjects).max(1)).take(wanted_subjects) {
            let asked = plain.ask(kind, *subject);
            let began = Instant::now();
            let theirs: Vec<(Verdict, Option<i64>)> =
                rules.iter().map(|(rule, _)| (plain.verdict(rule, &asked), plain.amount(rule, &asked))).collect();
            seconds += began.elapsed().as_secs_f64();
            people += usize::from(kind == "person");
            let found = seen.judge_one(book, &wanted, *subject, &question(register, day), |judged, _| {
                let of = |(_, nodes): &(Arc<Rule>, Nodes)| {
                    (judged.verdict(nodes, 0), nodes.amount.and_then(|node| judged.number(node, 0)))
                };
                rules.iter().map(of).collect::<Vec<_>>()
            });
            for ((rule, _), (mine, theirs)) in rules.iter().zip(found.unwrap_or_default().into_iter().zip(theirs)) {
                if mine != theirs {
                    let name = &rule.name;
                    return Err(format!("WRONG RESULT: {name} of {subject}: {mine:?}, the interpreter {theirs:?}"));
                }
            }
        }
    }
    let theirs = seconds / people.max(1) as f64;
    figures.add("judge: interpreter, microseconds a person", theirs * 1e6);
    figures.add("judge: compiled, microseconds a person", ours * 1e6);
    figures.add("judge: times as fast as the interpreter", theirs / ours);
    figures.at_least("judge: times as fast as the interpreter", 50.0);
    Ok(())
}

/// The same rules written for OpenFisca, in batch. Python and its packages must be there: `bench/openfisca/`.
fn openfisca(
    register: &Register,
    day: Day,
    ours: f64,
    sums: &BTreeMap<String, Sums>,
    options: &Options,
    figures: &mut Figures,
) -> Result<(), String> {
    let peer = Path::new("bench/openfisca");
    if options.short || !peer.join("run.py").exists() {
        eprintln!("OpenFisca is not run in the short form, or bench/openfisca is not here");
        return Ok(());
    }
    let python = python(peer)?;
    let folder = std::env::temp_dir().join(format!("yizhan-judge-{}", std::process::id()));
    export(register, day, &folder)?;
    let output = Command::new(python)
        .arg(peer.join("run.py"))
        .args(["--day", &day.to_string(), "--runs", "3", "--data"])
        .arg(&folder)
        .output()
        .map_err(|error| format!("OpenFisca: {error}"))?;
    std::fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said: serde_json::Value = serde_json::from_str(text.lines().last().unwrap_or_default())
        .map_err(|_| format!("OpenFisca said: {}", String::from_utf8_lossy(&output.stderr)))?;
    for (name, mine) in sums {
        let theirs = &said["rules"][name];
        let number = |key: &str| theirs[key].as_i64().unwrap_or(-1);
        let same = number("applies") == mine.applies as i64
            && number("yes") == mine.yes as i64
            && (theirs["receives"].is_null() || number("receives") == mine.receives as i64)
            && (theirs["amount"].is_null() || number("amount") == mine.amount);
        if !same {
            return Err(format!("WRONG RESULT: {name}: {mine:?}, OpenFisca {theirs}"));
        }
    }
    let times: Vec<f64> =
        said["judge_seconds"].as_array().into_iter().flatten().filter_map(|one| one.as_f64()).collect();
    let theirs = median(times);
    figures.add("judge: OpenFisca, everybody, s", theirs);
    figures.add("judge: times as fast as OpenFisca", theirs / ours);
    figures.at_least("judge: times as fast as OpenFisca", 10.0);
    Ok(())
}

/// A Python with OpenFisca: made once under `target/`, from the package registry.
pub(super) fn python(peer: &Path) -> Result<PathBuf, String> {
    let home = Path::new("target/openfisca");
    let python = home.join("bin/python");
    if !python.exists() {
        eprintln!("making {} with the packages of {}", home.display(), peer.join("requirements.txt").display());
        let mut steps = [Command::new("python3"), Command::new(home.join("bin/pip"))];
        steps[0].args(["-m", "venv"]).arg(home);
        steps[1].args(["install", "--quiet", "-r"]).arg(peer.join("requirements.txt"));
        for step in &mut steps {
            let done = step.status().map_err(|error| format!("OpenFisca: {error}"))?;
            if !done.success() {
                return Err("OpenFisca could not be installed".into());
            }
        }
    }
    Ok(python)
}

/// Writes every fact of the day as columns of numbers.
fn export(register: &Register, day: Day, folder: &Path) -> Result<(), String> {
    let program = Viewer::program();
    let seen = program.look(&register.image);
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let mut kinds = serde_json::Map::new();
    let mut columns = Vec::new();
    let place: BTreeMap<SubjectId, i64> = ["person", "household", "house", "water-point", "school"]
        .into_iter()
        .flat_map(|kind| seen.subjects_of(kind).zip(0_i64..))
        .collect();
    for kind in ["person", "household", "house", "water-point", "school"] {
        let subjects: Vec<SubjectId> = seen.subjects_of(kind).collect();
        kinds.insert(kind.to_owned(), subjects.len().into());
        let shown = |one: &&Attribute| one.sealed.is_none() && one.computed.is_none();
        for attribute in register.catalog.attributes_of(kind).filter(shown) {
            if matches!(attribute.kind, ValueKind::Text | ValueKind::Region) {
                continue;
            }
            let (mut numbers, mut known) = (Vec::new(), Vec::new());
            for subject in &subjects {
                let number = seen.fact(*subject, &attribute.name, day).and_then(|value| match value {
                    Value::Flag(flag) => Some(i64::from(flag)),
                    Value::Int(n) | Value::Fen(Fen(n)) => Some(n),
                    Value::Day(Day(n)) => Some(i64::from(n)),
                    Value::Subject(named) => place.get(&named).copied(),
                    Value::Text(text) => {
                        let at = attribute.codes.iter().position(|(code, _)| **code == *text)?;
                        i64::try_from(at).ok()
                    }
                    Value::Region(_) | Value::Sealed(_) => None,
                });
                known.push(u8::from(number.is_some()));
                numbers.extend_from_slice(&number.unwrap_or(0).to_le_bytes());
            }
            write(&folder.join(format!("{}.i64", attribute.name)), &numbers)?;
            write(&folder.join(format!("{}.known", attribute.name)), &known)?;
            let codes: Vec<&str> = attribute.codes.iter().map(|(code, _)| code.as_str()).collect();
            columns.push(
                serde_json::json!({"attribute": attribute.name, "kind": attribute.kind.as_str(), "codes": codes}),
            );
        }
    }
    let manifest = serde_json::json!({"day": day.to_string(), "kinds": kinds, "columns": columns});
    write(&folder.join("manifest.json"), manifest.to_string().as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let mut file = std::fs::File::create(path).map_err(|error| error.to_string())?;
    file.write_all(bytes).map_err(|error| error.to_string())
}
