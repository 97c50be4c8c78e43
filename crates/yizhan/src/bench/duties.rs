//! `yizhan bench duties`: what presses among the duties of a million people who are watched over at home, evaluated from
//! their facts. The image is made in memory; nothing is stored.

use super::people::put;
use super::world::Declarations;
use super::{Figures, Options, median};
use crate::store;
use std::sync::Arc;
use std::time::Instant;
use yizhan_core::access::Viewer;
use yizhan_core::act::{Actor, Effects, NewFact, NewKey, Scene, Verb};
use yizhan_core::catalog::{DutyState, DutyWho};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AdoptCatalog, FoundDemonstration, Pressing, Standings, duties_of};
use yizhan_kit::digest::HashKind;
use yizhan_kit::{Day, Moment};

/// The attributes of the service that is watched over.
const OF: &str = "travel-declaration";

/// Runs the bench. `--acts` is the number of people.
///
/// # Errors
/// When a duty comes out otherwise than one by one.
pub fn run(options: &Options) -> Result<Figures, String> {
    let people = options.acts(1_000_000, 5_000);
    let now: Moment = "2021-02-15T12:30".parse().map_err(|_| "no moment")?;
    let image = filled(people, now)?;
    let mut figures = Figures::default();
    let (mut one, mut two) = (Vec::new(), Vec::new());
    let mut counts = (0, 0);
    for _ in 0..options.runs(5, 1) {
        let began = Instant::now();
        counts = evaluate(&image, now, 0, 1);
        one.push(began.elapsed().as_secs_f64());
        let began = Instant::now();
        let parts: Vec<(usize, usize)> = std::thread::scope(|scope| {
            let image = &image;
            let running: Vec<_> = (0..2).map(|part| scope.spawn(move || evaluate(image, now, part, 2))).collect();
            running.into_iter().map(|thread| thread.join().expect("evaluating does not panic")).collect()
        });
        two.push(began.elapsed().as_secs_f64());
        let both = parts.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        if both != counts {
            return Err(format!("WRONG RESULT: {both:?} in two parts, {counts:?} in one"));
        }
    }
    must_agree(&image, now, people)?;
    figures.add("duties: people watched over", people as f64);
    figures.add("duties: of them overdue with something", counts.0 as f64);
    figures.add("duties: of them with a test due", counts.1 as f64);
    figures.add("duties: evaluated on one thread, s", median(one));
    figures.add("duties: evaluated on two threads, s", median(two));
    figures.at_most("duties: evaluated on two threads, s", 1.0);
    drop(image);
    super::day::run(options, &mut figures)?;
    Ok(figures)
}

/// How many people are overdue with something, and how many have a test due, in one of so many equal parts.
fn evaluate(image: &Image, now: Moment, part: usize, parts: usize) -> (usize, usize) {
    let program = Viewer::program();
    let seen = program.look(image);
    let (mut overdue, mut due) = (0, 0);
    let mut known: Option<Standings<'_>> = None;
    let size = image.case_count().div_ceil(parts);
    for case in seen.cases().skip(part * size).take(size).filter(|case| case.state.is_open()) {
        if known.as_ref().is_none_or(|known| !known.fits(case)) {
            known = Some(Standings::like(image, case));
        }
        let Pressing { overdue: late, due: today } =
            known.as_ref().map(|known| known.pressing(case, now)).unwrap_or_default();
        overdue += usize::from(late);
        due += usize::from(today);
    }
    (overdue, due)
}

/// The quick evaluation says what the occurrences say, one by one.
fn must_agree(image: &Image, now: Moment, people: usize) -> Result<(), String> {
    let program = Viewer::program();
    let seen = program.look(image);
    let slowly = |case: &CaseHead| {
        let mut pressing = Pressing::default();
        for open in duties_of(image, case, now) {
            let states: Vec<DutyState> = open.occurrences.iter().map(|one| one.state).collect();
            let late = states.contains(&DutyState::Overdue);
            pressing.overdue |= late;
            pressing.due |= open.duty().who != DutyWho::Holder && (late || states.contains(&DutyState::Due));
        }
        pressing
    };
    for case in seen.cases().step_by((people / 5_000).max(1)) {
        let (quick, slow) = (Standings::like(image, case).pressing(case, now), slowly(case));
        if quick != slow {
            return Err(format!("WRONG RESULT: {} is {quick:?}, one by one {slow:?}", image.number(case)));
        }
    }
    Ok(())
}

/// People at home since one to fourteen days, most of whom reported every time.
fn filled(people: usize, now: Moment) -> Result<Image, String> {
    let source = store::catalog_source(None)?;
    let catalog = Arc::new(store::load_catalog(source.clone())?);
    let declared = Declarations::new(&catalog, now);
    let mut image = Image::empty(HashKind::Sha256);
    let early = now.day().plus(-20).start();
    for verb in [&FoundDemonstration as &dyn Verb, &AdoptCatalog { catalog: source.to_bytes().into() }] {
        put(&mut image, &catalog, early, |image, effects| {
            verb.decide(&Scene { image, actor: Actor::System, at: early }, effects)
        })?;
    }
    for n in 0..people {
        let since = i32::try_from(n % 14).unwrap_or(0) + 1;
        let arrived = now.day().plus(-since);
        let at = early.plus_ms(i64::try_from(n).unwrap_or(0) / 10);
        put(&mut image, &catalog, at, |_, effects| {
            let key = NewKey { purpose: "journey".into(), wrapped: Arc::from([]), blind: Arc::from([]) };
            let case = effects.open_case(OF, declared.village(n), &key, &Arc::from([]));
            facts(effects, case, n, arrived, now)
        })?;
    }
    Ok(image)
}

fn facts(
    effects: &mut Effects<'_>,
    case: SubjectId,
    n: usize,
    arrived: Day,
    now: Moment,
) -> Result<(), yizhan_kit::Problem> {
    let mut fact = |attribute: &str, value: &str, from: Day, to: Option<Day>| {
        let attribute = format!("{OF}.{attribute}");
        effects.fact(&NewFact { subject: case, attribute: &attribute, value: Some(value), from, to, source: "bench" })
    };
    let on = |days: i32| arrived.plus(days);
    fact("arrived", &arrived.to_string(), arrived, None)?;
    fact("until", &on(14).to_string(), arrived, None)?;
    for days in [7, 14] {
        fact("test-due", "true", on(days), Some(on(days + 1)))?;
    }
    let since = now.day().0 - arrived.0;
    for days in 0..=since {
        let forgot = n.is_multiple_of(9) && days == since;
        let day = (on(days), Some(on(days + 1)));
        if days > 0 && !forgot {
            fact("temperature-morning", "36.5", day.0, day.1)?;
        }
        if days < since {
            fact("temperature-evening", "36.6", day.0, day.1)?;
        }
    }
    if since >= 8 && !n.is_multiple_of(11) {
        fact("test", "negative", on(7), Some(on(8)))?;
    }
    Ok(())
}
