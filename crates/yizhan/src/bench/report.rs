//! `yizhan bench report`: the whole report at ten million transfers and a million people, and the first page of every figure. The
//! zone is made in memory; each figure about money is counted a second time in the plainest way there is.

use super::people::{Register, put, register};
use super::{Figures, Options, median};
use std::collections::HashSet;
use std::time::Instant;
use yizhan_core::access::Viewer;
use yizhan_core::act::{Effects, NewKey};
use yizhan_core::catalog::report::{Counted, Figure, Measure, Moved, Report};
use yizhan_core::image::fact::Value;
use yizhan_core::ledger::{Phase, Transfer};
use yizhan_core::report::{Asked, Counter, Tape};
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Fen, Moment};

/// The report that is counted.
const REPORT: &str = "effectiveness";

/// Transfers an act: what a batch pays.
const BATCH: usize = 400;

/// Lines a page.
const PAGE: usize = 50;

/// Runs the bench. `--acts` is the number of transfers; there is a person for every ten.
///
/// # Errors
/// When a figure is not what plain counting comes to.
pub fn run(options: &Options) -> Result<Figures, String> {
    let transfers = options.acts(10_000_000, 40_000);
    let people = transfers / 10;
    let now: Moment = "2016-01-05T09:00".parse().map_err(|_| "no moment")?;
    let register = paid(people, transfers, now)?;
    let (image, catalog) = (&register.image, &register.catalog);
    let report = &catalog.reports[REPORT];
    let asked = Asked::all(report);
    let mut figures = Figures::default();
    figures.add("report: transfers", image.counts.transfers as f64);
    figures.add("report: people", people as f64);
    let mut tape = Tape::default();
    let began = Instant::now();
    tape.follow(image);
    figures.add("report: transfers laid flat, once, s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    tape.follow(image);
    figures.add("report: what came since laid flat, ms", began.elapsed().as_secs_f64() * 1_000.0);
    let mut whole = Vec::new();
    let mut counts = Vec::new();
    for _ in 0..options.runs(5, 1) {
        let began = Instant::now();
        counts = Counter::new(image, catalog, report, &tape, &asked).count();
        whole.push(began.elapsed().as_secs_f64());
    }
    figures.add("report: every figure, s", median(whole));
    figures.at_most("report: every figure, s", 1.0);
    let mut areas: Vec<Option<RegionCode>> = vec![None];
    areas.extend(catalog.regions.all().step_by(29).map(|region| Some(region.code)));
    let mut pages = Vec::new();
    for area in areas {
        let asked = Asked { area, ..asked.clone() };
        let counter = Counter::new(image, catalog, report, &tape, &asked);
        // What a server keeps from counting; the page itself is opened anew.
        let counts = counter.count();
        for (ix, count) in counts.iter().enumerate() {
            let began = Instant::now();
            let opened = counter.open(ix, count, 0, PAGE);
            pages.push(began.elapsed().as_secs_f64() * 1_000.0);
            if opened.lines.len() as u64 != count.items.min(PAGE as u64) {
                let (id, lines) = (&report.figures[ix].id, opened.lines.len());
                return Err(format!("WRONG RESULT: {id} has {} records, its first page {lines}", count.items));
            }
        }
    }
    pages.sort_by(f64::total_cmp);
    figures.add("report: first pages opened", pages.len() as f64);
    figures.add("report: first page of a figure, ms, 99 of 100", pages[pages.len() * 99 / 100]);
    figures.at_most("report: first page of a figure, ms, 99 of 100", 50.0);
    let counter = Counter::new(image, catalog, report, &tape, &asked);
    let mut checked = 0;
    let began = Instant::now();
    for (ix, figure) in report.figures.iter().enumerate() {
        let found = counts[ix].quantity.map(|quantity| quantity.numer);
        if let Some(plain) = plainly(&register, &asked, report, figure)
            && found != Some(plain)
        {
            return Err(format!("WRONG RESULT: {} is {found:?}, counted plainly {plain}", figure.id));
        }
        checked += usize::from(plainly_counted(figure));
    }
    figures.add("report: figures counted a second time, plainly", checked as f64);
    figures.add("report: counted plainly, s a figure", began.elapsed().as_secs_f64() / checked.max(1) as f64);
    // Some lists to the last, held against the figures.
    for ix in (0..report.figures.len()).step_by(if options.short { 1 } else { 17 }) {
        let opened = counter.open(ix, &counts[ix], 0, usize::MAX);
        counter.agrees(ix, &counts[ix], &opened.lines).map_err(|what| format!("WRONG RESULT: {what}"))?;
    }
    Ok(figures)
}

/// The days over which everything is paid: the five years of the report.
const DAYS: usize = 1_800;

/// A register to whose people and households every programme paid.
fn paid(people: usize, transfers: usize, now: Moment) -> Result<Register, String> {
    let mut register = register(people, now)?;
    let program = Viewer::program();
    let (persons, households): (Vec<SubjectId>, Vec<SubjectId>) = {
        let seen = program.look(&register.image);
        (seen.subjects_of("person").collect(), seen.subjects_of("household").collect())
    };
    let catalog = register.catalog.clone();
    // Which programmes pay whom: what their rules are about.
    let programmes: Vec<(&str, &str, bool)> = catalog
        .programmes
        .values()
        .filter_map(|one| {
            let (_, rule, _) = catalog.rules.rule(&one.rule)?;
            Some((one.name.as_str(), one.fund.as_str(), rule.about == "person"))
        })
        .collect();
    let image = &mut register.image;
    let district = catalog.regions.root().code;
    let nothing: std::sync::Arc<[u8]> = Vec::new().into();
    let key = NewKey { purpose: "bench".into(), wrapped: nothing.clone(), blind: nothing.clone() };
    let (mut treasury, mut case) = (SubjectId(0), SubjectId(0));
    put(image, &catalog, now, |_, effects: &mut Effects<'_>| {
        treasury = effects.subject("treasury");
        case = effects.open_case("programme-batch", district, &key, &nothing);
        Ok(())
    })?;
    let chance = SeededEntropy::new(9);
    let some = |list: &[SubjectId]| list[usize::try_from(chance.below(list.len() as u64)).unwrap_or(0)];
    let mut made = 0;
    while made < transfers {
        let (programme, fund, to_person) = *chance.pick(&programmes);
        let list = if to_person { &persons } else { &households };
        let days = i32::try_from(made * DAYS / transfers).unwrap_or(0);
        put(image, &catalog, now.day().plus(1 + days).start(), |_, effects| {
            for _ in 0..BATCH.min(transfers - made) {
                let amount = Fen(i64::try_from(chance.below(90_000)).unwrap_or(0) + 1);
                let parties = (treasury, some(list));
                effects.transfer(case, Phase::Direct, None, fund, Some(programme), parties, amount);
            }
            Ok(())
        })?;
        made += BATCH;
    }
    Ok(register)
}

/// Whether [`plainly`] knows how to count a figure.
fn plainly_counted(figure: &Figure) -> bool {
    let subjects = matches!(figure.id.as_str(), "F074" | "F069");
    subjects || matches!(figure.counted, Counted::Transfers(_))
}

/// A figure counted in the plainest way: one transfer or subject after another, with the words of the definition.
fn plainly(register: &Register, asked: &Asked, _: &Report, figure: &Figure) -> Option<i128> {
    let program = Viewer::program();
    let seen = program.look(&register.image);
    let flag = |subject, attribute| seen.fact(subject, attribute, asked.to) == Some(Value::Flag(true));
    let home = |person| match seen.fact(person, "person.household", asked.to) {
        Some(Value::Subject(household)) => Some(household),
        _ => None,
    };
    match (&figure.counted, figure.id.as_str()) {
        (Counted::Transfers(moved), _) => {
            let all = seen.transfers().filter(|one| fits(register, asked, moved, one));
            Some(match figure.measure {
                Measure::Sum => all.map(|one| i128::from(one.amount.0)).sum(),
                Measure::Times => all.count() as i128,
                measure => {
                    let mut met = HashSet::new();
                    let mut members = 0;
                    for one in all {
                        let kind = &**register.image.kind(one.credit)?;
                        let lives = || seen.naming("person.household", one.credit, asked.to);
                        match (measure, kind) {
                            (Measure::Members, _) => members += lives().len() as i128,
                            (Measure::Persons, "household") => {
                                let wanted =
                                    |who: &SubjectId| moved.members.as_ref().is_none_or(|name| flag(*who, name));
                                met.extend(lives().into_iter().filter(wanted));
                            }
                            (Measure::Persons, "person") | (Measure::Subjects, _) => {
                                met.insert(one.credit);
                            }
                            (Measure::Households, "person") => met.extend(home(one.credit)),
                            (Measure::Households, "household") => {
                                met.insert(one.credit);
                            }
                            (Measure::Villages, _) => {
                                // A village is told by its first household.
                                let area = seen.place_of(one.credit)?;
                                met.insert(SubjectId(u32::try_from(u64::from(area) % 1_000_000_000).ok()?));
                            }
                            _ => {}
                        }
                    }
                    if measure == Measure::Members { members } else { met.len() as i128 }
                }
            })
        }
        (_, "F074") => {
            let here = |who: &SubjectId| seen.fact(*who, "person.left-for", asked.to).is_none();
            let counts = |who: &SubjectId| {
                here(who)
                    && flag(*who, "person.destitute")
                    && home(*who).is_some_and(|one| flag(one, "household.registered"))
            };
            Some(seen.subjects_of("person").filter(counts).count() as i128)
        }
        (_, "F069") => {
            let listed = |home: &SubjectId| flag(*home, "household.registered");
            let water = |home: &SubjectId| listed(home) && flag(*home, "household.tap-water");
            Some(seen.subjects_of("household").filter(water).count() as i128)
        }
        _ => None,
    }
}

fn fits(register: &Register, asked: &Asked, moved: &Moved, one: &Transfer) -> bool {
    let image = &register.image;
    let any = |wanted: &[String], is: &str| wanted.is_empty() || wanted.iter().any(|name| name == is);
    let kind = |subject, wanted: &Option<String>| {
        wanted.as_ref().is_none_or(|wanted| image.kind(subject).is_some_and(|kind| **kind == **wanted))
    };
    let program = Viewer::program();
    let service =
        || program.look(image).case(one.case).map(|case| image.service(case).name.clone()).unwrap_or_default();
    let day: Option<Day> = image.act(one.seq).map(|act| act.at().day());
    one.moves()
        && any(&moved.funds, &one.fund)
        && any(&moved.programmes, &one.rule)
        && (moved.services.is_empty() || any(&moved.services, &service()))
        && kind(one.debit, &moved.from)
        && kind(one.credit, &moved.to)
        && day.is_some_and(|day| asked.from <= day && day <= asked.to)
}
