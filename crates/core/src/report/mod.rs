//! Reports counted: every figure from records, by its definition in the catalog, and every figure opened to the last record behind it.
//! Counting and opening walk the same items, so that the list behind a figure is what the figure is.
//!
//! Invariants: nothing counted is stored; money is whole fen, a ratio a fraction; only what has a day in the period and lies in the
//! area counts, stands are those of the last day.

mod files;
mod moved;
pub mod notice;
mod open;
mod stand;
mod tape;
#[cfg(test)]
mod tests;
mod total;

pub use open::{Line, Opened};
pub use tape::Tape;
pub use total::{Cell, Quantity};

use crate::catalog::report::{Counted, Figure, Measure, Report, times_within};
use crate::catalog::{Catalog, Level};
use crate::image::Image;
use crate::image::fact::Value;
use crate::row::SubjectId;
use crate::rule::{NodeIx, number};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use tape::{HOUSEHOLD, Homes};
use total::{Cells, Item, Met};
use yizhan_kit::Day;
use yizhan_kit::codes::RegionCode;

/// How many lines of a figure are kept from counting, so that its first pages open at once.
const FIRST: usize = 200;

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Where; everywhere unless said.
    pub area: Option<RegionCode>,
    /// The parts of the area that are told apart.
    pub parts: Vec<RegionCode>,
    /// The years that are told apart.
    pub years: Vec<i32>,
}

impl Asked {
    /// All of a report, in the whole zone.
    pub fn all(report: &Report) -> Self {
        Self { from: report.from, to: report.to, area: None, parts: Vec::new(), years: Vec::new() }
    }
}

/// What a figure came to.
#[derive(Clone, Default, Debug)]
pub struct Count {
    /// What it is; nothing where it is not counted, or is a share of nothing.
    pub quantity: Option<Quantity>,
    /// How many records are behind it.
    pub items: u64,
    /// By year, where records have a day.
    pub years: Vec<(i32, Cell)>,
    /// By part of the area.
    pub parts: Vec<(RegionCode, Cell)>,
    /// Its first lines, where they cannot be found faster.
    first: Vec<Line>,
}

impl Count {
    /// What was counted before and kept. Its lines are not: they are opened from what was known then.
    pub fn kept(
        quantity: Option<Quantity>,
        items: u64,
        years: Vec<(i32, Cell)>,
        parts: Vec<(RegionCode, Cell)>,
    ) -> Self {
        Self { quantity, items, years, parts, first: Vec::new() }
    }

    /// A value that is no total of records.
    fn of(quantity: Option<Quantity>, lines: Vec<Line>) -> Self {
        Self { quantity, items: lines.len() as u64, years: Vec::new(), parts: Vec::new(), first: lines }
    }
}

/// Where something lies, as it is asked about.
#[derive(Clone, Copy)]
struct Mark {
    /// In which of the parts.
    part: Option<u16>,
    /// Where itself.
    place: Option<RegionCode>,
}

/// A report counted from an image.
pub struct Counter<'a> {
    image: &'a Image,
    catalog: &'a Catalog,
    report: &'a Report,
    tape: &'a Tape,
    asked: &'a Asked,
    /// The last transfer that the image knows.
    last: u64,
    villages: HashMap<RegionCode, u32>,
    homes: Homes<'a>,
    /// Where money moved, as it is asked about, by place on the tape.
    marks: Vec<Option<Mark>>,
    /// The first days of the years told apart, and the day after the last.
    years: Vec<(i32, i32)>,
    /// Of whom conditions of transfers are true.
    met: HashMap<(String, NodeIx), Met>,
}

impl<'a> Counter<'a> {
    /// Makes ready to count.
    pub fn new(image: &'a Image, catalog: &'a Catalog, report: &'a Report, tape: &'a Tape, asked: &'a Asked) -> Self {
        let villages = catalog.regions.villages().map(|region| region.code);
        let villages = villages.zip(0..).collect();
        let first = |year| Day::from_ymd(year, 1, 1).map_or(0, |day| day.0);
        let mut counter = Self {
            image,
            catalog,
            report,
            tape,
            asked,
            last: image.ledger.len() as u64,
            villages,
            homes: Homes::new(image),
            marks: Vec::new(),
            years: asked.years.iter().map(|year| (first(*year), first(year + 1))).collect(),
            met: HashMap::new(),
        };
        counter.marks = tape.areas().iter().map(|area| counter.mark(Some(*area))).collect();
        counter.meet();
        counter
    }

    /// The last act that is known of what is counted.
    pub fn known_at(&self) -> u64 {
        self.image.seq
    }

    /// Where a place is; nothing outside the area that is asked about.
    fn mark(&self, place: Option<RegionCode>) -> Option<Mark> {
        let Some(place) = place else {
            return self.asked.area.is_none().then_some(Mark { part: None, place: None });
        };
        if self.asked.area.is_some_and(|area| !area.contains(place)) {
            return None;
        }
        let part = self.asked.parts.iter().position(|part| part.contains(place));
        Some(Mark { part: part.and_then(|part| u16::try_from(part).ok()), place: Some(place) })
    }

    /// The village among all villages, where it is one.
    fn village(&self, mark: Mark) -> Option<u32> {
        let place = mark.place.filter(|place| Level::of(*place) == Level::Village)?;
        self.villages.get(&place).copied()
    }

    fn in_period(&self, day: i32) -> bool {
        (self.asked.from.0..=self.asked.to.0).contains(&day)
    }

    fn year(&self, day: i32) -> Option<usize> {
        self.years.iter().position(|(first, after)| (*first..*after).contains(&day))
    }

    /// The household that a subject is, or lies in on a day.
    fn household_of(&self, subject: SubjectId, day: Day) -> Option<SubjectId> {
        if let Some(home) = self.homes.home(subject, day) {
            return Some(home);
        }
        let mut at = subject;
        for _ in 0..3 {
            let kind = self.image.kind(at)?;
            if **kind == *HOUSEHOLD {
                return Some(at);
            }
            let lies_in = self.catalog.subjects.get(&**kind)?.lies_in.as_deref()?;
            match self.image.fact(at, lies_in, day).or_else(|| self.image.latest(at, lies_in))? {
                Value::Subject(other) => at = other,
                _ => return None,
            }
        }
        None
    }

    /// What must be different of something to count, by what is measured.
    fn ids(&self, measure: Measure, who: SubjectId, day: Day, mark: Mark, into: &mut Vec<u32>) {
        into.clear();
        match measure {
            Measure::Subjects | Measure::Persons => into.push(who.0),
            Measure::Households => into.extend(self.household_of(who, day).map(|household| household.0)),
            Measure::Villages => into.extend(self.village(mark)),
            _ => {}
        }
    }

    /// Counts every figure, in order.
    pub fn count(&self) -> Vec<Count> {
        let figures: Vec<usize> = (0..self.report.figures.len()).collect();
        self.count_these(&figures)
    }

    /// Counts some figures, on as many cores as there are.
    pub fn count_these(&self, figures: &[usize]) -> Vec<Count> {
        let mut counts = self.counted_apart(figures);
        // What is made of others is made of what was just counted, where that was asked for as well.
        for ix in figures {
            if let Counted::Figures(of) = &self.report.figures[*ix].counted {
                let count = self.ratio(of, &counts);
                counts.insert(*ix, count);
            }
        }
        figures.iter().map(|ix| counts.get(ix).cloned().unwrap_or_else(|| Count::of(None, Vec::new()))).collect()
    }

    /// Counts figures that are not made of others. Whoever has a hand free takes the next piece of work, the largest first.
    fn counted_apart(&self, figures: &[usize]) -> BTreeMap<usize, Count> {
        let mut works = vec![Work::Stands];
        let mut single: Vec<usize> = figures.to_vec();
        single.retain(|ix| !matches!(self.report.figures[*ix].counted, Counted::Subjects(_) | Counted::Figures(_)));
        single.sort_by_key(|ix| std::cmp::Reverse(self.rows_behind(*ix)));
        works.extend(single.into_iter().map(Work::One));
        let next = AtomicUsize::new(0);
        let hand = || {
            let mut done = Vec::new();
            while let Some(work) = works.get(next.fetch_add(1, Ordering::Relaxed)) {
                match work {
                    Work::Stands => done.extend(self.stands(figures)),
                    Work::One(ix) => done.push((*ix, self.one(*ix))),
                }
            }
            done
        };
        let hands = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(works.len());
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..hands).map(|_| scope.spawn(hand)).collect();
            let mut done: BTreeMap<usize, Count> = hand().into_iter().collect();
            others.into_iter().for_each(|other| done.extend(other.join().expect("counting does not fail")));
            done
        })
    }

    /// Counts a figure that is counted by itself.
    fn one(&self, ix: usize) -> Count {
        let figure = &self.report.figures[ix];
        match &figure.counted {
            Counted::Transfers(_) => self.moved(ix),
            Counted::Slips { .. } | Counted::Cases { .. } | Counted::Facts(_) => self.told(ix),
            Counted::Rule(_) if figure.measure == Measure::Gaps => self.told(ix),
            Counted::Parameter(name) => self.parameter(figure, name),
            Counted::Rule(name) => self.rhythm(figure, name),
            Counted::Entries(entries) => {
                let names = entries.of(self.catalog, self.asked.to);
                let line = |(n, what)| Line { n, what, ..Line::on(self.asked.to) };
                let lines: Vec<Line> = (1..).zip(names).map(line).collect();
                Count::of(Some(Quantity::whole(i64::try_from(lines.len()).unwrap_or(i64::MAX))), lines)
            }
            Counted::Period => {
                let years = self.asked.from.ymd().0..=self.asked.to.ymd().0;
                let line = |year: i32| Line {
                    n: u64::from(year.unsigned_abs()),
                    what: year.to_string(),
                    ..Line::on(self.asked.to)
                };
                let lines: Vec<Line> = years.map(line).collect();
                Count::of(Some(Quantity::whole(i64::try_from(lines.len()).unwrap_or(i64::MAX))), lines)
            }
            Counted::Subjects(_) | Counted::Figures(_) | Counted::Nothing(_) => Count::of(None, Vec::new()),
        }
    }

    /// A figure from items, each told once.
    fn told(&self, ix: usize) -> Count {
        let figure = &self.report.figures[ix];
        let (mut cells, mut first) = (self.cells(), Vec::new());
        self.each(figure, &mut |item, line| {
            cells.take(figure.measure, item, self.year(item.day.0));
            if first.len() < FIRST {
                first.push(line(item));
            }
            true
        });
        self.counted(figure, cells, first)
    }

    fn cells(&self) -> Cells {
        Cells::new(self.asked.years.len(), self.asked.parts.len())
    }

    fn counted(&self, figure: &Figure, cells: Cells, first: Vec<Line>) -> Count {
        // A stand has one day: it has no years.
        let dated = matches!(
            figure.counted,
            Counted::Transfers(_) | Counted::Facts(_) | Counted::Slips { .. } | Counted::Cases { .. }
        );
        let years = if dated { self.asked.years.as_slice() } else { &[] };
        let parts = self.asked.parts.iter().zip(&cells.parts);
        Count {
            quantity: cells.whole.quantity(figure.measure),
            items: cells.whole.items(),
            years: years.iter().copied().zip(cells.years.iter().map(|one| one.cell(figure.measure))).collect(),
            parts: parts.map(|(area, total)| (*area, total.cell(figure.measure))).collect(),
            first,
        }
    }

    fn parameter(&self, figure: &Figure, name: &str) -> Count {
        let Some(parameter) = self.catalog.parameters.get(name) else { return Count::of(None, Vec::new()) };
        let dated = match figure.measure {
            Measure::FirstYear => parameter.values.first(),
            _ => parameter.at(self.asked.to),
        };
        let Some(dated) = dated else { return Count::of(None, Vec::new()) };
        let value = match figure.measure {
            Measure::FirstYear => Some(i64::from(dated.from.ymd().0)),
            _ => number(&parameter.unit, &dated.value),
        };
        let line = Line { n: 1, amount: value.unwrap_or(0), what: dated.value.clone(), ..Line::on(dated.from) };
        Count::of(value.map(Quantity::whole), vec![line])
    }

    fn rhythm(&self, figure: &Figure, name: &str) -> Count {
        let rule = self.catalog.rules.rule(name).map(|(_, rule, _)| rule);
        let every = rule.and_then(|rule| rule.recurring.as_ref()).map(|recurring| &recurring.every);
        let times = every.and_then(|every| times_within(every, &figure.unit));
        let lines = times.map(|times| Line { n: 1, amount: times, what: name.to_owned(), ..Line::on(self.asked.to) });
        Count::of(times.map(Quantity::whole), lines.into_iter().collect())
    }

    /// One figure divided by another, both told as lines.
    fn ratio(&self, of: &[String; 2], known: &BTreeMap<usize, Count>) -> Count {
        let places: Vec<usize> = of.iter().filter_map(|id| self.report.figure(id)).map(|(ix, _)| ix).collect();
        // A figure is made of others only one deep.
        let plain = |ix: &&usize| !matches!(self.report.figures[**ix].counted, Counted::Figures(_));
        let places: Vec<usize> = places.iter().filter(plain).copied().collect();
        let missing: Vec<usize> = places.iter().filter(|ix| !known.contains_key(ix)).copied().collect();
        let counted = if missing.is_empty() { BTreeMap::new() } else { self.counted_apart(&missing) };
        let counts: Vec<&Count> = places.iter().filter_map(|ix| known.get(ix).or_else(|| counted.get(ix))).collect();
        let lines = of.iter().zip(&counts).zip(1..).map(|((id, count), n)| Line {
            n,
            what: id.clone(),
            amount: count.quantity.and_then(|one| i64::try_from(one.numer).ok()).unwrap_or(0),
            ..Line::on(self.asked.to)
        });
        let quantity = match *counts.as_slice() {
            [Count { quantity: Some(above), .. }, Count { quantity: Some(below), .. }] if below.numer > 0 => {
                let denom = i64::try_from(below.numer * i128::from(above.denom)).ok();
                denom.map(|denom| Quantity { numer: above.numer * i128::from(below.denom), denom })
            }
            _ => None,
        };
        Count::of(quantity, lines.collect())
    }
}

/// A piece of counting.
enum Work {
    /// All that is asked of subjects as they are, in one walk over each kind.
    Stands,
    /// A figure.
    One(usize),
}

/// What is done with an item: whether to go on. The line is made only where it is wanted.
type Each<'e> = dyn FnMut(&Item<'_>, &dyn Fn(&Item<'_>) -> Line) -> bool + 'e;
