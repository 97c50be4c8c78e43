//! What is odd about figures: general rules hold a report's figures against each other, against the standards their programmes follow
//! and against their own years. A notice accuses nobody: it says what does not fit, and which figures to open.

use super::{Count, Counter};
use crate::access::Viewer;
use crate::catalog::Catalog;
use crate::catalog::report::{Counted, Figure, Measure};
use crate::catalog::{Level, texts};
use crate::row::SubjectId;
use std::collections::BTreeSet;
use yizhan_kit::money::Rounding;
use yizhan_kit::{Day, Fen};

/// A mean below this part of what its neighbours have in the middle, or above so many times, is out of line.
const OUT_OF_LINE: i128 = 20;

/// How many means there must be to tell what is out of line.
const NEIGHBOURS: usize = 4;

/// A year of so many times the middle of the others leaps.
const LEAP: i128 = 5;

/// Numbers below this are the same by chance.
const BY_CHANCE: i128 = 100;

/// More than these are spread over villages, and not one in each.
const CROWD: u64 = 1_000;

/// What does not fit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Odd {
    /// What somebody had on average over all years is less than the standard of one.
    BelowStandard,
    /// What one case had on average is far from what its neighbours had.
    OutOfLine,
    /// A share is full, and yet there are places that have none.
    NotEverywhere,
    /// Two figures of different things are the same number.
    SameNumber,
    /// More are counted than there are: times are told as if they were people.
    MoreThanAll,
    /// One year is far above the others, or has nothing between years that have.
    Leap,
}

texts!(
    Odd,
    "below-standard, out-of-line, not-everywhere, same-number, more-than-all or leap",
    BelowStandard = "below-standard",
    OutOfLine = "out-of-line",
    NotEverywhere = "not-everywhere",
    SameNumber = "same-number",
    MoreThanAll = "more-than-all",
    Leap = "leap",
);

/// Something odd.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// What it is.
    pub odd: Odd,
    /// The figures to open, the odd one first.
    pub figures: Vec<String>,
    /// What was held against each other, in the units of the figures: money in fen.
    pub of: [i128; 2],
    /// Which year, of a leap.
    pub year: Option<i32>,
}

/// What the rules know of a figure.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// Its section.
    pub section: usize,
    /// The number it is, where it is a whole one of things or persons.
    pub number: Option<i128>,
    /// Whether its unit says persons or households, and what is counted are times.
    pub times_as_people: bool,
    /// How many there are of them on the register, where that is known.
    pub all: Option<i128>,
    /// An amount in fen, and over how many times or persons.
    pub mean: Option<(i128, i128)>,
    /// What the rule of its programme gives in a year, in fen; of an amount over persons.
    pub standard: Option<i128>,
    /// The figure told beside it: it is no surprise that they are alike.
    pub with: Option<String>,
    /// What a full share is a share of; and of a number, what it counts.
    pub kind: Option<String>,
    /// Whether it is a share and full.
    pub full: bool,
    /// How many villages what it counts lies in.
    pub villages: Option<i128>,
    /// Whether it counts villages.
    pub counts_villages: bool,
    /// What it was year by year.
    pub years: Vec<(i32, i128)>,
}

/// Looks a report's figures through.
pub fn notices(known: &[Known]) -> Vec<Notice> {
    let mut found = Vec::new();
    for one in known {
        below_standard(one, &mut found);
        more_than_all(one, &mut found);
        not_everywhere(one, known, &mut found);
        leap(one, &mut found);
    }
    out_of_line(known, &mut found);
    same_number(known, &mut found);
    found.sort_by(|one, other| (one.odd, &one.figures).cmp(&(other.odd, &other.figures)));
    found
}

fn notice(odd: Odd, figures: &[&str], of: [i128; 2]) -> Notice {
    Notice { odd, figures: figures.iter().map(|id| (*id).to_owned()).collect(), of, year: None }
}

fn below_standard(one: &Known, found: &mut Vec<Notice>) {
    if let (Some((sum, over)), Some(standard)) = (one.mean, one.standard)
        && over > 0
        && sum < standard * over
    {
        found.push(notice(Odd::BelowStandard, &[&one.id], [sum / over, standard]));
    }
}

fn more_than_all(one: &Known, found: &mut Vec<Notice>) {
    if let (true, Some(number), Some(all)) = (one.times_as_people, one.number, one.all)
        && number > all
    {
        found.push(notice(Odd::MoreThanAll, &[&one.id], [number, all]));
    }
}

/// A share of things is full; the things lie one in a village each; another figure counts more villages.
fn not_everywhere(one: &Known, known: &[Known], found: &mut Vec<Notice>) {
    if !one.full || one.kind.is_none() {
        return;
    }
    let villages = known.iter().filter(|other| other.counts_villages).max_by_key(|other| other.number);
    let Some((most, all)) = villages.and_then(|other| Some((other, other.number?))) else { return };
    let same = known.iter().filter(|other| other.kind == one.kind && other.number.is_some() && !other.full);
    for other in same.filter(|other| other.number == other.villages && other.number < Some(all)) {
        // What is counted by the dozen is spread over villages, not put into each.
        if let Some(number) = other.number.filter(|number| number * 2 >= all) {
            found.push(notice(Odd::NotEverywhere, &[&one.id, &other.id, &most.id], [number, all]));
        }
    }
}

fn leap(one: &Known, found: &mut Vec<Notice>) {
    if one.years.len() < 4 {
        return;
    }
    let (first, last) = (one.years.iter().position(|(_, n)| *n > 0), one.years.iter().rposition(|(_, n)| *n > 0));
    let (Some(first), Some(last)) = (first, last) else { return };
    for (place, (year, number)) in one.years.iter().enumerate().filter(|(place, _)| (first..=last).contains(place)) {
        let others = one.years[first..=last].iter().filter(|(other, _)| other != year).map(|(_, number)| *number);
        let middle = median(others.collect());
        let silent = *number == 0 && first < place && place < last;
        if middle > 0 && last - first >= 3 && (*number > middle * LEAP || silent) {
            found.push(Notice { year: Some(*year), ..notice(Odd::Leap, &[&one.id], [*number, middle]) });
        }
    }
}

/// Means within one section, each held against the middle of all.
fn out_of_line(known: &[Known], found: &mut Vec<Notice>) {
    let sections = known.iter().map(|one| one.section).max().map_or(0, |last| last + 1);
    for section in 0..sections {
        let means: Vec<(&Known, i128)> = known
            .iter()
            .filter(|one| one.section == section)
            .filter_map(|one| one.mean.filter(|(_, over)| *over > 0).map(|(sum, over)| (one, sum / over)))
            .collect();
        if means.len() < NEIGHBOURS {
            continue;
        }
        let middle = median(means.iter().map(|(_, mean)| *mean).collect());
        for (one, mean) in means {
            if mean * OUT_OF_LINE < middle || mean > middle * OUT_OF_LINE {
                found.push(notice(Odd::OutOfLine, &[&one.id], [mean, middle]));
            }
        }
    }
}

/// Numbers of different sections that are the same, unless one is told beside the other.
fn same_number(known: &[Known], found: &mut Vec<Notice>) {
    for (place, one) in known.iter().enumerate() {
        let Some(number) = one.number.filter(|number| *number >= BY_CHANCE) else { continue };
        let beside = |other: &Known| one.with.as_ref() == Some(&other.id) || other.with.as_ref() == Some(&one.id);
        for other in known[place + 1..].iter().filter(|other| other.number == Some(number)) {
            if !beside(other) && (one.kind.is_none() || one.kind != other.kind) && one.section != other.section {
                found.push(notice(Odd::SameNumber, &[&one.id, &other.id], [number, number]));
            }
        }
    }
}

fn median(mut numbers: Vec<i128>) -> i128 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

impl Counter<'_> {
    /// What is odd about a report that was counted.
    pub fn notices(&self, counts: &[Count]) -> Vec<Notice> {
        notices(&self.known(counts))
    }

    fn known(&self, counts: &[Count]) -> Vec<Known> {
        let report = self.report;
        let whole = |ix: usize| counts[ix].quantity.filter(|one| one.denom == 1).map(|one| one.numer);
        // As many as the report itself says there are on the register.
        let all = |kind: &str| {
            let stands = report.figures.iter().enumerate().filter(|(_, one)| match &one.counted {
                Counted::Subjects(_) if kind == "household" => one.measure == Measure::Households,
                Counted::Subjects(stand) => {
                    stand.kind == kind && matches!(one.measure, Measure::Subjects | Measure::Persons)
                }
                _ => false,
            });
            stands.filter_map(|(ix, _)| whole(ix)).max()
        };
        let figure = |(ix, one): (usize, &Figure)| {
            let quantity = counts[ix].quantity;
            let is_number = !one.money && !matches!(one.measure, Measure::Latest | Measure::FirstYear | Measure::Rate);
            let beside = one.with.as_deref().and_then(|id| report.figure(id));
            let sum = whole(ix).filter(|_| one.money && one.measure == Measure::Sum);
            let people = match one.unit.as_str() {
                "人" => Some("person"),
                "户" => Some("household"),
                _ => None,
            };
            let kind = match &one.counted {
                Counted::Subjects(stand) => Some(stand.kind.clone()),
                _ => None,
            };
            Known {
                id: one.id.clone(),
                section: one.section,
                number: whole(ix).filter(|_| is_number),
                times_as_people: people.is_some() && matches!(one.measure, Measure::Times | Measure::Members),
                all: people.and_then(all),
                mean: sum.zip(beside.and_then(|(ix, _)| whole(ix))),
                standard: beside
                    .filter(|(_, other)| other.measure == Measure::Persons)
                    .and_then(|_| standard(self.catalog, one, report.to)),
                with: one.with.clone(),
                full: one.measure == Measure::Rate
                    && quantity.is_some_and(|one| one.numer == i128::from(one.denom) && one.numer > 0),
                villages: kind.as_ref().and_then(|_| self.villages_of(ix, &counts[ix])),
                kind,
                counts_villages: one.measure == Measure::Villages,
                years: counts[ix]
                    .years
                    .iter()
                    .map(|(year, one)| (*year, one.quantity.map_or(0, |one| one.numer)))
                    .collect(),
            }
        };
        report.figures.iter().enumerate().map(figure).collect()
    }

    /// In how many villages the subjects of a figure lie; of crowds nobody asks.
    fn villages_of(&self, ix: usize, count: &Count) -> Option<i128> {
        if count.items > CROWD {
            return None;
        }
        let program = Viewer::program();
        let seen = program.look(self.image);
        let lines = self.open(ix, count, 0, usize::MAX).lines;
        let places = lines.iter().filter_map(|line| seen.place_of(SubjectId(line.who?)));
        let villages: BTreeSet<_> = places.filter(|place| Level::of(*place) == Level::Village).collect();
        i128::try_from(villages.len()).ok()
    }
}

/// What the rules of a figure's programmes give in a year by the largest standard they read, in fen.
fn standard(catalog: &Catalog, figure: &Figure, day: Day) -> Option<i128> {
    let Counted::Transfers(moved) = &figure.counted else { return None };
    let programmes = moved.programmes.iter().filter_map(|name| catalog.programmes.get(name));
    let parameters = programmes.flat_map(|programme| catalog.rules.parameters_of(&programme.rule));
    let yearly = parameters.filter_map(|name| {
        let parameter = catalog.parameters.get(&name)?;
        let value: Fen = parameter.at(day)?.value.parse().ok()?;
        match parameter.unit.as_str() {
            "yuan/year" => Some(value),
            "yuan/month" => value.times_ratio(12, 1, Rounding::Down),
            _ => None,
        }
    });
    yearly.max().map(|fen| i128::from(fen.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::planted::Dice;

    /// A report as a district has them: sections of amounts over times, persons within the register, villages, five years alike.
    fn ordinary(seed: u64) -> Vec<Known> {
        let mut dice = Dice::new(seed);
        let mut known = Vec::new();
        let mut used = BTreeSet::new();
        for section in 0..6 {
            let usual = 30_000 + i128::from(dice.below(90_000));
            for n in 0..5 {
                let times = loop {
                    let times = 100 + i128::from(dice.below(9_000));
                    if used.insert(times) {
                        break times;
                    }
                };
                let mean = usual / 3 + i128::from(dice.below(u64::try_from(usual).unwrap() * 2));
                let year = |dice: &mut Dice| mean * times / 5 + i128::from(dice.below(1_000));
                let years = (2016..=2020).map(|one| (one, year(&mut dice))).collect();
                let (sum, count) = (format!("S{section}{n}"), format!("N{section}{n}"));
                known.push(Known {
                    id: sum,
                    section,
                    mean: Some((mean * times, times)),
                    standard: (n == 0).then_some(mean / 2),
                    with: Some(count.clone()),
                    years,
                    ..Known::default()
                });
                known.push(Known {
                    id: count,
                    section,
                    number: Some(times),
                    times_as_people: n == 1,
                    all: (n == 1).then_some(times * 2),
                    ..Known::default()
                });
            }
        }
        let kind = Some("station".to_owned());
        known.push(Known { id: "V".into(), section: 6, number: Some(99), counts_villages: true, ..Known::default() });
        let stations = Known { kind: kind.clone(), number: Some(99), villages: Some(99), ..Known::default() };
        known.push(Known { id: "P".into(), section: 7, ..stations });
        known.push(Known { id: "C".into(), section: 7, kind, full: true, ..Known::default() });
        known
    }

    #[test]
    fn what_is_planted_is_found_and_nothing_else() {
        let (mut planted, mut hits, mut alarms) = (0, 0, 0);
        for seed in 1..=200 {
            alarms += notices(&ordinary(seed)).len();
            for (n, odd) in Odd::ALL.iter().enumerate() {
                let mut known = ordinary(seed);
                let place = usize::try_from(Dice::new(seed + n as u64 * 977).below(30)).unwrap() * 2;
                let at = |known: &[Known], id: &str| known.iter().position(|one| one.id == id).unwrap();
                let expected = match odd {
                    Odd::BelowStandard => {
                        let (sum, over) = known[place].mean.unwrap();
                        known[place].standard = Some(sum / over * 2);
                        known[place].id.clone()
                    }
                    Odd::OutOfLine => {
                        let (_, over) = known[place].mean.unwrap();
                        known[place].mean = Some((over * 23, over));
                        known[place].standard = None;
                        known[place].id.clone()
                    }
                    Odd::NotEverywhere => {
                        let stations = at(&known, "P");
                        (known[stations].number, known[stations].villages) = (Some(80), Some(80));
                        "C".into()
                    }
                    Odd::SameNumber => {
                        let (first, other) = (1, place.max(2) + 1);
                        known[other].number = known[first].number;
                        known[other].section = 9;
                        known[first].id.clone()
                    }
                    Odd::MoreThanAll => {
                        let one = &mut known[place + 1];
                        one.times_as_people = true;
                        one.all = one.number.map(|number| number - 1);
                        one.id.clone()
                    }
                    Odd::Leap => {
                        known[place].years[2].1 *= 9;
                        known[place].id.clone()
                    }
                };
                planted += 1;
                let found = notices(&known);
                hits += usize::from(found.iter().any(|one| one.odd == *odd && one.figures[0] == expected));
                alarms += found.iter().filter(|one| one.odd != *odd || one.figures[0] != expected).count();
            }
        }
        assert_eq!((hits, planted), (1_200, 1_200), "every oddity that was planted is found");
        assert!(alarms <= 14, "{alarms} false alarms in 1,400 reports");
    }

    #[test]
    fn a_year_without_anything_between_years_with_is_a_leap() {
        let years = vec![(2016, 10), (2017, 12), (2018, 0), (2019, 11), (2020, 9)];
        let one = Known { id: "F".into(), years, ..Known::default() };
        let found = notices(&[one]);
        assert_eq!((found[0].odd, found[0].year), (Odd::Leap, Some(2018)));
        let begun = Known {
            id: "F".into(),
            years: vec![(2016, 0), (2017, 0), (2018, 9), (2019, 9), (2020, 9)],
            ..Known::default()
        };
        assert!(notices(&[begun]).is_empty(), "what begins later does not leap");
    }
}
