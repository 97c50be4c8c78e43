//! The register of the demonstration, judged by every rule: what fails in its records is exactly what was planted there, and
//! of what is due to people a little is missing here and there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use yizhan::app::App;
use yizhan::command::Common;
use yizhan::finder::gather::catch_up;
use yizhan::{demo, serve};
use yizhan_core::access::{Question, Verdict, Viewer};
use yizhan_core::catalog::{Nodes, Rule, RuleKind};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_core::rule::NodeIx;
use yizhan_core::zone::Damage;
use yizhan_kit::Day;
use yizhan_kit::clock::{DemoClock, FixedClock};

/// What was planted, or found: the check and the subject.
type Found = BTreeSet<(String, SubjectId)>;

/// How a rule of what is due came out, of the households in which nothing was planted.
#[derive(Default, Debug)]
struct Count {
    yes: usize,
    no: usize,
    unknown: usize,
    /// Due and not received.
    missing: usize,
    /// Received and not due.
    undue: usize,
}

impl Count {
    fn add(&mut self, verdict: Verdict, receives: Option<bool>) {
        match verdict {
            Verdict::NotJudged => {}
            Verdict::Yes => self.yes += 1,
            Verdict::No => self.no += 1,
            Verdict::Unknown => self.unknown += 1,
        }
        self.missing += usize::from(verdict == Verdict::Yes && receives == Some(false));
        self.undue += usize::from(verdict == Verdict::No && receives == Some(true));
    }
}

/// A zone of so many people, as the program serves it.
fn zone(name: &str, people: usize, seed: u64) -> (Arc<App>, Found) {
    let folder = std::env::temp_dir().join(format!("yizhan-quality-{}-{name}", std::process::id()));
    let common = Common { data: folder.display().to_string(), catalog: None, config: None };
    demo::run(&common, people, seed).unwrap();
    let clock = Arc::new(DemoClock::starting_at(
        demo::BEGINS.parse().unwrap(),
        Box::new(FixedClock::at(demo::BEGINS.parse().unwrap())),
    ));
    let (app, _) = serve::start(&common, common.config().unwrap(), Some(clock), Damage::Refused).unwrap();
    assert!(catch_up(&app, usize::MAX).unwrap(), "every citizen number is read");
    let planted = planted(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    (app, planted)
}

fn planted(folder: &Path) -> Found {
    let list = std::fs::read_to_string(folder.join(demo::PLANTED_FILE)).unwrap();
    let mut lines = list.lines();
    assert_eq!(lines.next(), Some("check,kind,subject,area"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].to_owned(), SubjectId(cells[2].parse().unwrap()))
    };
    lines.map(row).collect()
}

/// Judges by every rule of the adopted catalog.
fn judge(app: &App, day: Day, mut each: impl FnMut(&Rule, SubjectId, Verdict, Option<bool>)) {
    let image = app.image();
    let catalog = image.catalog().unwrap();
    let numbers = app.finder.numbers.read().unwrap();
    let question = Question { day, parameters: &catalog.parameters, lent: Some(&*numbers) };
    let program = Viewer::program();
    for book in catalog.rules.books.values() {
        let all = |nodes: &Nodes| [Some(nodes.when), Some(nodes.asks), nodes.receives];
        let wanted: Vec<NodeIx> = book.rules.iter().flat_map(|(_, nodes)| all(nodes)).flatten().collect();
        program.look(&image).judge(book, &wanted, &question, |judged| {
            for (rule, nodes) in &book.rules {
                for (lane, subject) in judged.subjects.iter().enumerate() {
                    let receives = nodes.receives.and_then(|node| judged.truth(node, lane));
                    each(rule, *subject, judged.verdict(nodes, lane), receives);
                }
            }
        });
    }
}

/// The household a subject lies in, or itself.
fn home(app: &App, subject: SubjectId, day: Day) -> SubjectId {
    let image = app.image();
    let kind = image.kind(subject).unwrap();
    match Viewer::program().look(&image).fact(subject, &format!("{kind}.household"), day) {
        Some(Value::Subject(household)) => household,
        _ => subject,
    }
}

#[test]
fn what_fails_in_the_records_is_what_was_planted() {
    let day: Day = "2021-02-01".parse().unwrap();
    let (app, planted) = zone("planted", 3_000, 2021);
    let (mut found, mut asked) = (Found::new(), BTreeMap::<String, usize>::new());
    let touched: BTreeSet<SubjectId> = planted.iter().map(|(_, subject)| home(&app, *subject, day)).collect();
    assert_eq!(touched.len(), planted.len(), "no two errors in one household");
    let mut due = BTreeMap::<String, (RuleKind, Count)>::new();
    judge(&app, day, |rule, subject, verdict, receives| {
        if rule.kind == RuleKind::Quality {
            asked.entry(rule.name.clone()).or_default();
            if matches!(verdict, Verdict::No | Verdict::Unknown) {
                found.insert((rule.name.clone(), subject));
            }
        } else if !touched.contains(&home(&app, subject, day)) {
            let (_, count) = due.entry(rule.name.clone()).or_insert_with(|| (rule.kind, Count::default()));
            count.add(verdict, receives);
        }
    });
    for (check, _) in &planted {
        *asked.get_mut(check).expect("a check of the catalog") += 1;
    }
    let missed: Vec<_> = planted.difference(&found).collect();
    let alarms: Vec<_> = found.difference(&planted).collect();
    assert!(missed.is_empty() && alarms.is_empty(), "missed: {missed:?}\nfalse alarms: {alarms:?}");
    let few: Vec<_> = asked.iter().filter(|(_, count)| **count < 5).collect();
    assert!(asked.len() == 75 && few.is_empty(), "{} checks, too few errors: {few:?}", asked.len());
    a_little_is_missing(&due);
    it_was_so_before(&app, "2020-07-01".parse().unwrap());
}

/// Everything is known, most of it is as it should be, and a little is not: by each rule, and in all.
fn a_little_is_missing(due: &BTreeMap<String, (RuleKind, Count)>) {
    let (mut missing, mut undue) = (BTreeMap::new(), BTreeMap::new());
    for (name, (kind, count)) in due {
        assert_eq!(count.unknown, 0, "{name}");
        match kind {
            RuleKind::Entitlement => {
                missing.extend((count.missing > 0).then_some((name, count.missing)));
                // Aid for pupils is one mark, whatever the stage of school.
                let pupils = ["preschool", "primary", "junior", "senior", "vocational", "university"];
                let pupil = pupils.iter().any(|stage| name.starts_with(stage));
                undue.extend((count.undue > 0 && !pupil).then_some((name, count.undue)));
            }
            // Nobody is said to miss it.
            RuleKind::Payment => {}
            // The water of the demonstration is good, and nobody was told to boil it.
            _ if name.starts_with("boil-notice-") => assert_eq!(count.no, 0, "{name}: {count:?}"),
            // Of kitchens and stations, which are few, a share says nothing.
            RuleKind::Duty if count.yes + count.no < 150 => {}
            RuleKind::Standard => assert!((1..=12).contains(&count.no), "{name}: {count:?}"),
            _ => assert!(count.no > 0 && count.no * 10 < count.yes, "{name}: {count:?}"),
        }
    }
    assert!(
        missing.len() > 10 && (20..=45).contains(&missing.values().sum::<usize>()),
        "due, not received: {missing:?}"
    );
    assert_eq!(undue.values().sum::<usize>(), 5, "received, not due: {undue:?}");
}

/// Half a year ago the households on the register lived much as now: what is on record has a history.
fn it_was_so_before(app: &App, day: Day) {
    let mut due = BTreeMap::<String, Count>::new();
    judge(app, day, |rule, _, verdict, receives| {
        if rule.kind != RuleKind::Quality && rule.holds_on(day) {
            due.entry(rule.name.clone()).or_default().add(verdict, receives);
        }
    });
    for (name, count) in due.iter().filter(|(_, count)| count.yes > 100) {
        let gaps = count.unknown + count.missing;
        assert!(gaps * 20 < count.yes, "{name} on {day}: {count:?}");
    }
}
