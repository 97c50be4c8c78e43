//! The lists of the day of a million people: every duty of the catalog that comes round again, for everybody on one core,
//! and one village worker's list; held against the interpreter and a count of months by hand.

use super::people::{self, Register, put};
use super::{Figures, Options, median};
use crate::day::view;
use std::collections::BTreeMap;
use std::time::Instant;
use yizhan_core::access::{Judged, Question, Role, Verdict, Viewer};
use yizhan_core::act::{Actor, NewFact};
use yizhan_core::catalog::{Book, Days, DutyState, Every, Level, Nodes, Owed, Recurring, Rule, RuleKind};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_core::rule::{NodeIx, Part};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Moment};

/// People an act.
const GROUP: usize = 512;

/// Subjects of each kind that are held against the interpreter. It reads a whole village anew for each, so that they live in a
/// register of their own, made in the same way, whose villages are small.
const SOME: usize = 300;
const HELD: usize = 5_000;

/// Villages whose lists are asked for.
const VILLAGES: usize = 40;

/// Adds its figures.
///
/// # Errors
/// When a duty comes out otherwise than by hand.
pub fn run(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let people = options.acts(1_000_000, 5_000);
    let now: Moment = "2021-02-15T12:30".parse().map_err(|_| "no moment")?;
    let register = visited(people::register(people, now)?, now)?;
    let day = now.day();
    let duties = register.catalog.rules.rules().filter(|rule| rule.recurring.is_some()).count();
    let mut times = Vec::new();
    let mut sums = Sums::default();
    for _ in 0..options.runs(5, 1) {
        let began = Instant::now();
        sums = everybody(&register, day);
        times.push(began.elapsed().as_secs_f64());
    }
    if people > HELD {
        must_agree(&visited(people::register(HELD, now)?, now)?, day)?;
    } else {
        must_agree(&register, day)?;
    }
    figures.add("duties: that come round again in the catalog", duties as f64);
    figures.add("duties: of them about people, households and water here", sums.duties as f64);
    figures.add("duties: due on the day", sums.due as f64);
    figures.add("duties: overdue on the day", sums.overdue as f64);
    let name = "duties: due lists of everybody on one core, s";
    figures.add(name, median(times));
    figures.at_most(name, 1.0);
    worker(&register, day, figures)
}

#[derive(Default)]
struct Sums {
    duties: usize,
    due: u64,
    overdue: u64,
}

fn question(register: &Register, day: Day) -> Question<'_> {
    Question { day, parameters: &register.catalog.parameters, lent: None }
}

/// The duties of a book that come round again, and what must be computed for them.
fn recurring(book: &Book) -> (Vec<(&Rule, &Recurring, Nodes)>, Vec<NodeIx>) {
    let own: Vec<_> =
        book.rules.iter().filter_map(|(rule, nodes)| Some((&**rule, rule.recurring.as_ref()?, *nodes))).collect();
    let wanted = own.iter().flat_map(|(_, _, nodes)| [nodes.when].into_iter().chain(nodes.of_duty())).collect();
    (own, wanted)
}

fn everybody(register: &Register, day: Day) -> Sums {
    let program = Viewer::program();
    let seen = program.look(&register.image);
    let mut sums = Sums::default();
    for book in register.catalog.rules.books.values() {
        let (own, wanted) = recurring(book);
        if own.is_empty() || seen.subjects_of(book.program.about()).next().is_none() {
            continue;
        }
        sums.duties += own.len();
        seen.judge(book, &wanted, &question(register, day), |judged| {
            for (rule, _, nodes) in &own {
                for lane in judged.truths(nodes.when).yes.lanes() {
                    match judged.owed(rule, nodes, lane, day).map(|owed| owed.state) {
                        Some(DutyState::Due) => sums.due += 1,
                        Some(DutyState::Overdue) => sums.overdue += 1,
                        _ => {}
                    }
                }
            }
        });
    }
    sums
}

/// Some of them one by one: whom it is about and whether it is in time by the interpreter, the due day by counting months.
fn must_agree(register: &Register, day: Day) -> Result<(), String> {
    let program = Viewer::program();
    let seen = program.look(&register.image);
    let plain = seen.plain(&register.catalog, &[RuleKind::Duty], day).map_err(|problem| problem.to_string())?;
    let (mut compared, mut late) = (0_usize, 0_usize);
    for (kind, book) in &register.catalog.rules.books {
        let (own, wanted) = recurring(book);
        if own.is_empty() {
            continue;
        }
        let all: Vec<SubjectId> = seen.subjects_of(kind).collect();
        for subject in all.iter().step_by((all.len() / SOME).max(1)) {
            let asked = plain.ask(kind, *subject);
            let found = |judged: &Judged<'_>| -> Vec<Option<Owed>> {
                own.iter().map(|(rule, _, nodes)| judged.owed(rule, nodes, 0, day)).collect()
            };
            let found = seen.judge_one(book, &wanted, *subject, &question(register, day), |judged, _| found(judged));
            for ((rule, recurring, _), found) in own.iter().zip(found.unwrap_or_default()) {
                let theirs = match plain.verdict(rule, &asked) {
                    Verdict::NotJudged | Verdict::Unknown => None,
                    verdict => {
                        let last = match seen.fact(*subject, &recurring.counts, day) {
                            Some(Value::Day(last)) => Some(last),
                            _ => None,
                        };
                        Some((verdict == Verdict::No, by_hand(register, recurring, last, day)))
                    }
                };
                let mine = found.map(|owed| (owed.state == DutyState::Overdue, owed.due));
                if mine != theirs {
                    let name = &rule.name;
                    return Err(format!("WRONG RESULT: {name} of {subject}: {mine:?}, by hand {theirs:?}"));
                }
                compared += usize::from(theirs.is_some());
                late += usize::from(theirs.is_some_and(|(late, _)| late));
            }
        }
    }
    if compared == 0 || late == 0 || late == compared {
        return Err(format!("WRONG RESULT: of {compared} that were compared {late} are late, which proves nothing"));
    }
    Ok(())
}

/// When something is due: months are counted one by one.
fn by_hand(register: &Register, recurring: &Recurring, last: Option<Day>, today: Day) -> Option<Day> {
    let months = match &recurring.every {
        Every::Days(Days::Fixed(days)) => return last.map(|last| last.plus(*days)),
        Every::Days(Days::Parameter(name)) => {
            let days = register.catalog.parameters.get(name)?.at(today)?.value.parse().ok()?;
            return last.map(|last| last.plus(days));
        }
        Every::Part(Part::Months(months)) => i32::from(*months),
        // No duty of the catalog is daily or weekly yet.
        Every::Part(_) => return None,
    };
    let part = |day: Day| {
        let (year, month, _) = day.ymd();
        (year * 12 + i32::from(month) - 1) / months
    };
    let last_day = |part: i32| {
        let next = (part + 1) * months;
        let first = Day::from_ymd(next / 12, u8::try_from(next % 12 + 1).unwrap_or(1), 1);
        first.map(|first| first.plus(-1))
    };
    let current = part(today);
    match last.map(part) {
        Some(done) if done >= current => last_day(current + 1),
        Some(done) if done == current - 1 => last_day(current),
        _ => last_day(current - 1),
    }
}

/// The lists of some villages' workers, one after the other, by whoever lies where.
fn worker(register: &Register, day: Day, figures: &mut Figures) -> Result<(), String> {
    let program = Viewer::program();
    let mut places: BTreeMap<&str, BTreeMap<RegionCode, Vec<SubjectId>>> = BTreeMap::new();
    let began = Instant::now();
    for (kind, book) in &register.catalog.rules.books {
        let (own, _) = recurring(book);
        if own.is_empty() {
            continue;
        }
        let by_region = places.entry(kind).or_default();
        program.look(&register.image).judge(book, &[], &question(register, day), |judged| {
            for (subject, place) in judged.subjects.iter().zip(judged.places) {
                if let Some(place) = place {
                    by_region.entry(*place).or_default().push(*subject);
                }
            }
        });
    }
    figures.add("duties: who lies where, of everybody, s", began.elapsed().as_secs_f64());
    let villages: Vec<RegionCode> = register.catalog.regions.villages().map(|region| region.code).collect();
    let (mut times, mut owed) = (Vec::new(), 0);
    for area in villages.iter().step_by((villages.len() / VILLAGES).max(1)) {
        let viewer =
            Viewer { actor: Actor::Resident, role: Role::Officer(Level::Village), area: Some(*area), case: None };
        let seen = viewer.look(&register.image);
        let began = Instant::now();
        let within = |kind: &str| places.get(kind).and_then(|some| some.get(area)).cloned().unwrap_or_default();
        let items = view::items(&seen, &register.catalog, &question(register, day), *area, within);
        times.push(began.elapsed().as_secs_f64() * 1e3);
        owed += items.len();
    }
    if owed == 0 {
        return Err("WRONG RESULT: nothing is owed in any village".into());
    }
    figures.add("duties: owed on a worker's list", owed as f64 / times.len() as f64);
    let name = "duties: a worker's day list, ms";
    figures.add(name, median(times));
    figures.at_most(name, 50.0);
    Ok(())
}

/// Adds what helpers and doctors did: most were called on in time, some never.
fn visited(mut register: Register, now: Moment) -> Result<Register, String> {
    let program = Viewer::program();
    let of = |register: &Register, kind: &str| program.look(&register.image).subjects_of(kind).collect::<Vec<_>>();
    let households = of(&register, "household");
    let people = of(&register, "person");
    let catalog = register.catalog.clone();
    let today = now.day();
    let ago = |n: usize, most: usize| today.plus(-i32::try_from(n * 7_919 % most).unwrap_or(0));
    for (first, some) in households.chunks(GROUP).enumerate() {
        put(&mut register.image, &catalog, now, |_, effects| {
            for (n, household) in some.iter().enumerate().map(|(n, one)| (first * GROUP + n, one)) {
                if n % 11 != 0 {
                    let (from, value) = (ago(n, 45), ago(n, 45).to_string());
                    let (attribute, value) = ("household.visited", Some(value.as_str()));
                    let fact = NewFact { subject: *household, attribute, value, from, to: None, source: "bench" };
                    effects.fact(&fact)?;
                }
            }
            Ok(())
        })?;
    }
    for (first, some) in people.chunks(GROUP).enumerate() {
        put(&mut register.image, &catalog, now, |_, effects| {
            for (n, person) in some.iter().enumerate().map(|(n, one)| (first * GROUP + n, one)) {
                let mut set = |attribute: &str, value: &str, from: Day| {
                    let value = Some(value);
                    effects.fact(&NewFact { subject: *person, attribute, value, from, to: None, source: "bench" })
                };
                let signed = ago(n, 500);
                set("person.doctor-signed", "true", signed)?;
                set("person.doctor-signed-on", &signed.to_string(), signed)?;
                if n % 13 != 0 {
                    let day = ago(n, 260);
                    set("person.doctor-visited", &day.to_string(), day)?;
                }
                if n % 6 == 0 {
                    let day = ago(n, 220);
                    set("person.hypertension", "true", signed)?;
                    set("person.pressure-measured", &day.to_string(), day)?;
                }
                if n % 19 == 0 {
                    set("person.diabetes", "true", signed)?;
                }
                if n % 170 == 0 {
                    set("person.mental-illness", "true", signed)?;
                }
            }
            Ok(())
        })?;
    }
    Ok(register)
}
