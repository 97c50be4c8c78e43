//! The stages of school that somebody goes through by their birthday, and who is aided in which half-year: so many pupils of
//! each stage as the targets say, at what the rules come to.

use super::plan::{self, Kind};
use super::targets::Targets;
use yizhan_core::catalog::Catalog;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Fen};

/// The half-years of the period, each with the day on which its aid is drawn up.
pub(super) const HALVES: usize = 10;

/// The half-year in which day pupils are aided for the first time.
pub(super) const DAY_PUPILS: usize = 7;

/// The day on which the aid of a half-year is drawn up.
pub(super) fn drawn_on(half: usize) -> Day {
    let year = 2016 + i32::try_from(half / 2).unwrap_or(0);
    let (month, day) = if half.is_multiple_of(2) { (6, 20) } else { (12, 10) };
    Day::from_ymd(year, month, day).unwrap_or(Day(0))
}

/// The day from which a half-year's pupils are known.
pub(super) fn begins_on(half: usize) -> Day {
    let year = 2016 + i32::try_from(half / 2).unwrap_or(0);
    Day::from_ymd(year, if half.is_multiple_of(2) { 3 } else { 9 }, 1).unwrap_or(Day(0))
}

/// What somebody does after the junior school.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    /// Senior school, then work.
    Senior,
    /// A vocational school, then a vocational college.
    Trade,
    /// Senior school, then university.
    University,
}

/// The stages of school that somebody goes through, each with its first day.
pub(super) fn path(born: Day, after: After) -> Vec<(&'static str, Day)> {
    let (year, month, _) = born.ymd();
    // Whoever is born after August begins a year later.
    let first = |age: i32| Day::from_ymd(year + age + i32::from(month >= 9), 9, 1).unwrap_or(born);
    let mut path = vec![("0", born), ("1", first(3)), ("2", first(6)), ("3", first(12))];
    path.push((if matches!(after, After::Senior | After::University) { "4" } else { "5" }, first(15)));
    match after {
        After::Senior => path.push(("0", first(18))),
        After::Trade => path.extend([("6", first(18)), ("0", first(21))]),
        After::University => path.extend([("7", first(18)), ("0", first(22))]),
    }
    path
}

/// The stage on a day.
pub(super) fn stage(path: &[(&'static str, Day)], day: Day) -> &'static str {
    path.iter().rev().find(|(_, first)| *first <= day).map_or("0", |(stage, _)| stage)
}

/// How many pupils are aided, and how.
pub(super) struct Aid {
    /// In kindergarten, and what each of them is let off the fees besides the aid.
    pub kindergarten: usize,
    pub waived: Vec<Fen>,
    pub primary: Boarding,
    pub junior: Boarding,
    pub vocational: usize,
    /// Of the Rain and Dew grant: how many payments, and how many of them make up for the half-year before.
    pub dew: usize,
    pub dew_double: usize,
}

/// Pupils of a stage, who board or do not.
pub(super) struct Boarding {
    pub board: usize,
    pub day: usize,
    /// One more who came in the middle of a half-year, and what they get.
    pub part: Option<Fen>,
}

impl Boarding {
    /// All of them.
    pub(super) fn all(&self) -> usize {
        self.board + self.day + usize::from(self.part.is_some())
    }
}

/// What a parameter is on a day.
///
/// # Errors
/// When the catalog has none.
pub(super) fn parameter(catalog: &Catalog, name: &str, on: Day) -> Result<Fen, String> {
    let dated = catalog.parameters.get(name).and_then(|parameter| parameter.at(on));
    dated.and_then(|dated| dated.value.parse().ok()).ok_or_else(|| format!("the catalog has no {name} on {on}"))
}

impl Aid {
    /// What the targets come to by the catalog.
    ///
    /// # Errors
    /// Which figures do not go together.
    pub(super) fn plan(targets: &Targets, catalog: &Catalog, chance: &SeededEntropy) -> Result<Self, String> {
        let last = drawn_on(HALVES - 1);
        let half = |name: &str| parameter(catalog, name, last).map(|year| Fen(year.0 / 2));
        let apart = |figures: &str| format!("{figures} do not go together: no number of pupils comes to that sum");
        let kindergarten = targets.number("F050")?;
        let own = Fen(half("school-aid-preschool")?.0 * i64::try_from(kindergarten).unwrap_or(0));
        let rest =
            targets.money("F051")?.checked_sub(own).filter(|rest| rest.0 >= 0).ok_or_else(|| apart("F050, F051"))?;
        let waived = plan::split(rest, kindergarten, (Fen(0), Fen(500_000)), Fen(1_000), chance);
        let boarding = |figures: &str, count: usize, sum: Fen, board: &str, day: &str| -> Result<Boarding, String> {
            let kinds = [board, day].map(|name| half(name).map(|amount| Kind { amount, most: count }));
            let [board, day] = kinds;
            let (board, day) = (board?, day?);
            boarding(count, sum, day.amount, board.amount).ok_or_else(|| apart(figures))
        };
        let primary = boarding(
            "F052, F053",
            targets.number("F052")?,
            targets.money("F053")?,
            "school-aid-primary-boarder",
            "school-aid-primary-day",
        )?;
        let junior = boarding(
            "F054, F055",
            targets.number("F054")?,
            targets.money("F055")?,
            "school-aid-junior-boarder",
            "school-aid-junior-day",
        )?;
        let vocational = targets.number("F056")?;
        let whole = half("school-aid-vocational")?.0.checked_mul(i64::try_from(vocational).unwrap_or(0));
        if whole != Some(targets.money("F057")?.0) {
            return Err(apart("F056, F057"));
        }
        let dew = targets.number("F060")?;
        let each = parameter(catalog, "rain-dew-semester", last)?;
        let extra = targets.money("F061")?.0 - each.0 * i64::try_from(dew).unwrap_or(0);
        let doubled = usize::try_from(extra / each.0).ok().filter(|n| extra % each.0 == 0 && *n <= dew);
        Ok(Self {
            kindergarten,
            waived: waived.map_err(|what| format!("F050, F051: {what}"))?,
            primary,
            junior,
            vocational,
            dew,
            dew_double: doubled.ok_or_else(|| apart("F060, F061"))?,
        })
    }
}

/// How many pupils board and how many do not, when so many come to a sum; one of them for a part of the half-year, where
/// nothing else comes to it.
fn boarding(count: usize, sum: Fen, day: Fen, board: Fen) -> Option<Boarding> {
    let kinds = |count: usize| [Kind { amount: board, most: count }, Kind { amount: day, most: count }];
    if let Some(found) = plan::mix(&kinds(count), count, sum) {
        return Some(Boarding { board: found[0], day: found[1], part: None });
    }
    let unit = board.0 - day.0;
    let rest = sum.0.checked_sub(day.0.checked_mul(i64::try_from(count).ok()?.checked_sub(1)?)?)?;
    let mut part = rest % unit;
    if part <= 0 {
        part += unit;
    }
    let found = plan::mix(&kinds(count - 1), count - 1, Fen(sum.0 - part))?;
    Some(Boarding { board: found[0], day: found[1], part: Some(Fen(part)) })
}
