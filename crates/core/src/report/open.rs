//! A figure opened: the records behind it, to the last.

use super::total::Item;
use super::{Count, Counter, Quantity};
use crate::catalog::report::{Counted, Figure, Measure};
use std::collections::HashSet;
use yizhan_kit::Day;

/// One record behind a figure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its number: of a transfer its own, of a fact the act's, of a slip, a case or a subject the subject's.
    pub n: u64,
    /// Its day.
    pub day: Day,
    /// Whom it concerns; nobody where it concerns nobody.
    pub who: Option<u32>,
    /// What it adds.
    pub amount: i64,
    /// What is told of it beside, where it is no record of somebody.
    pub what: String,
    /// What of it must be different to count.
    pub ids: Vec<u32>,
}

impl Line {
    /// About nobody, on a day.
    pub(super) fn on(day: Day) -> Self {
        Self { n: 0, day, who: None, amount: 1, what: String::new(), ids: Vec::new() }
    }

    pub(super) fn of(item: &Item<'_>) -> Self {
        Self {
            n: item.n,
            day: item.day,
            who: Some(item.who),
            amount: item.amount,
            what: String::new(),
            ids: item.ids.to_vec(),
        }
    }
}

/// A page of what is behind a figure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The records.
    pub lines: Vec<Line>,
    /// How many there are on all pages.
    pub total: u64,
}

impl Counter<'_> {
    /// Opens a figure that was counted: so many records after the first so many.
    pub fn open(&self, ix: usize, count: &Count, skip: usize, limit: usize) -> Opened {
        let figure = &self.report.figures[ix];
        let total = count.items;
        let kept = count.first.len() as u64 == total || skip.saturating_add(limit) <= count.first.len();
        let lines = match &figure.counted {
            Counted::Transfers(moved) => self.opened_transfers(figure, moved, skip, limit),
            _ if kept => count.first.iter().skip(skip).take(limit).cloned().collect(),
            Counted::Subjects(stand) => self.opened_subjects(figure, stand, skip, limit),
            _ => self.opened_items(figure, skip, limit),
        };
        Opened { lines, total }
    }

    fn opened_items(&self, figure: &Figure, skip: usize, limit: usize) -> Vec<Line> {
        let (mut lines, mut passed) = (Vec::new(), 0);
        self.each(figure, &mut |item, line| {
            passed += 1;
            if passed > skip {
                lines.push(line(item));
            }
            lines.len() < limit
        });
        lines
    }

    /// Whether all records behind a figure come to what it is: their sum, their number, how many are different.
    ///
    /// # Errors
    /// What they come to instead.
    pub fn agrees(&self, ix: usize, count: &Count, lines: &[Line]) -> Result<(), String> {
        let figure = &self.report.figures[ix];
        if lines.len() as u64 != count.items {
            return Err(format!("{}: {} records are listed of {}", figure.id, lines.len(), count.items));
        }
        let sum: i128 = lines.iter().map(|line| i128::from(line.amount)).sum();
        let number = i64::try_from(lines.len()).unwrap_or(i64::MAX);
        let found = match figure.measure {
            Measure::Sum | Measure::Members => Some(Quantity { numer: sum, denom: 1 }),
            Measure::Mean | Measure::Rate => (number > 0).then_some(Quantity { numer: sum, denom: number }),
            Measure::Times | Measure::Gaps | Measure::Entries | Measure::Years => Some(Quantity::whole(number)),
            measure if measure.is_distinct() => {
                let met: HashSet<u32> = lines.iter().flat_map(|line| line.ids.iter().copied()).collect();
                Some(Quantity::whole(i64::try_from(met.len()).unwrap_or(i64::MAX)))
            }
            // A parameter, a rhythm, a ratio: told by its lines, not added up from them.
            _ => count.quantity,
        };
        if found != count.quantity {
            return Err(format!("{}: the records come to {found:?}, not {:?}", figure.id, count.quantity));
        }
        if !matches!(figure.counted, Counted::Transfers(_)) || figure.measure == Measure::Members {
            return Ok(());
        }
        // Transfers are held against the ledger itself, not against the tape they were counted from.
        let wrong = lines.iter().find(|line| {
            let one = self.image.ledger.transfer(line.n);
            !one.is_some_and(|one| one.moves() && one.amount.0 == line.amount && Some(one.credit.0) == line.who)
        });
        wrong.map_or(Ok(()), |line| Err(format!("{}: transfer {} is not what the ledger has", figure.id, line.n)))
    }
}
