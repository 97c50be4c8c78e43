//! What follows from it: in which order the home screen should show things, and whether a change did any good.

use super::funnel::{Asked, Funnel, StepRow, funnels, volume};
use super::pack::Visits;
use super::ppm;
use yizhan_kit::Day;

/// A module in the order that is suggested.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ordered {
    /// The module.
    pub module: String,
    /// Visits that were for it.
    pub visits: u64,
    /// Its place now, counted from one; none, if it is not on the home screen.
    pub now: Option<usize>,
}

/// A suggested order of the home screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// From the first place on.
    pub modules: Vec<Ordered>,
    /// Places that a visitor passes until the one they want, on the average of all visits, in hundredths: as it is.
    pub passed_now: u64,
    /// The same, as it would be.
    pub passed_then: u64,
}

/// What is wanted most comes first; what nobody wanted keeps its order at the end.
pub fn order(visits: &Visits, asked: &Asked, shown: &[String]) -> Order {
    let counted = volume(visits, asked).modules;
    let place = |module: &str| shown.iter().position(|one| one == module);
    let of = |module: &str| counted.iter().find(|(name, _)| name == module).map_or(0, |(_, count)| *count);
    let mut names: Vec<&str> = shown.iter().map(String::as_str).collect();
    names.extend(counted.iter().map(|(name, _)| name.as_str()).filter(|name| place(name).is_none()));
    let was = names.clone();
    names.sort_by_key(|name| (u64::MAX - of(name), place(name).unwrap_or(usize::MAX)));
    let passed = |names: &[&str]| {
        let all: u64 = names.iter().map(|name| of(name)).sum();
        let sum: u64 = names.iter().zip(0_u64..).map(|(name, place)| place * of(name)).sum();
        (sum * 100).checked_div(all).unwrap_or(0)
    };
    Order {
        passed_now: passed(&was),
        passed_then: passed(&names),
        modules: names
            .into_iter()
            .map(|name| Ordered { module: name.to_owned(), visits: of(name), now: place(name).map(|at| at + 1) })
            .collect(),
    }
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// Of the visits, those that came to something.
    Finished,
    /// Of those who reached the step, those to whom it was refused.
    Errors,
    /// Of those who reached the step, those who called for help at it.
    Help,
    /// Of those who reached the step, those who ended there with nothing.
    Lost,
}

impl Measure {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Errors => "errors",
            Self::Help => "help",
            Self::Lost => "lost",
        }
    }
}

/// Which way something went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// For the better.
    Better,
    /// For the worse.
    Worse,
    /// Not so far that chance could not have done it.
    Unclear,
}

impl Turn {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Unclear => "unclear",
        }
    }
}

/// One measure before and after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    /// The step; none, when it is about whole visits.
    pub step: Option<String>,
    /// What is compared.
    pub measure: Measure,
    /// Hits and of how many, before.
    pub before: (u64, u64),
    /// Hits and of how many, after.
    pub after: (u64, u64),
    /// Which way it went.
    pub turn: Turn,
}

/// The square of the standard deviations from which a difference counts, in hundredths: three, for many are looked at.
const CLEAR: u128 = 900;

/// Which way a share went.
fn turn(before: (u64, u64), after: (u64, u64), more_is_better: Turn) -> Turn {
    let ((x, n), (y, m)) = (before, after);
    if n < 30 || m < 30 {
        return Turn::Unclear;
    }
    // Two shares of which a common one p = (x + y) ÷ (n + m) is supposed: (x/n − y/m)² ÷ (p·(1 − p)·(1/n + 1/m)).
    let (x, n, y, m) = (u128::from(x), u128::from(n), u128::from(y), u128::from(m));
    let (hits, all) = (x + y, n + m);
    let off = (x * m).abs_diff(y * n);
    let spread = hits * (all - hits) * n * m;
    if spread == 0 || off * off * all * 100 < CLEAR * spread {
        return Turn::Unclear;
    }
    let more = y * n > x * m;
    match (more, more_is_better) {
        (true, Turn::Better) | (false, Turn::Worse) => Turn::Better,
        _ => Turn::Worse,
    }
}

/// A module in the days before a change and in as many after it: each measure of the whole and of each step, those first
/// that went somewhere.
pub fn compare(visits: &Visits, asked: &Asked, module: &str, on: Day, days: i32) -> Vec<Changed> {
    let part = |from: Day, until: Day| {
        let asked = Asked { from: Some(from), until: Some(until), module: Some(module.to_owned()), ..asked.clone() };
        funnels(visits, &asked).into_iter().next()
    };
    let (Some(before), Some(after)) = (part(on.plus(-days), on), part(on, on.plus(days))) else { return Vec::new() };
    let finished = |funnel: &Funnel| (funnel.finished, funnel.visits);
    let (was, is) = (finished(&before), finished(&after));
    let mut rows = vec![Changed {
        step: None,
        measure: Measure::Finished,
        before: was,
        after: is,
        turn: turn(was, is, Turn::Better),
    }];
    let measures: [(Measure, fn(&StepRow) -> u64); 3] =
        [(Measure::Errors, |row| row.errors), (Measure::Help, |row| row.help), (Measure::Lost, |row| row.lost)];
    for old in &before.steps {
        let Some(new) = after.steps.iter().find(|new| new.step == old.step) else { continue };
        for (measure, hits) in measures {
            let (was, is) = ((hits(old), old.reached), (hits(new), new.reached));
            let turn = turn(was, is, Turn::Worse);
            rows.push(Changed { step: Some(old.step.clone()), measure, before: was, after: is, turn });
        }
    }
    let far = |row: &Changed| ppm(row.before.0, row.before.1).abs_diff(ppm(row.after.0, row.after.1));
    rows[1..].sort_by_key(|row| (row.turn == Turn::Unclear, u64::MAX - far(row)));
    rows
}
