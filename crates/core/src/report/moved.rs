//! Figures from transfers.

use super::tape::{Group, HOUSEHOLD, PERSON, Row};
use super::total::{Cells, Item};
use super::{Count, Counter, Line};
use crate::catalog::report::{Counted, Figure, Measure, Moved};
use crate::image::fact::Value;
use crate::row::SubjectId;
use yizhan_kit::Day;

impl Counter<'_> {
    /// The transfers of a figure, those that are alike together.
    fn groups<'t>(&'t self, moved: &'t Moved) -> impl Iterator<Item = (&'t Group, &'t [Row])> + 't {
        let any = |wanted: &[String], is: &str| wanted.is_empty() || wanted.iter().any(|one| one == is);
        let fits = move |group: &&Group| {
            let like = &group.like;
            any(&moved.funds, &like.fund)
                && any(&moved.programmes, &like.rule)
                && any(&moved.services, &like.service)
                && moved.from.as_ref().is_none_or(|kind| **kind == *like.from)
                && moved.to.as_ref().is_none_or(|kind| **kind == *like.to)
        };
        // The tape may be ahead of the image.
        let known = |rows: &'t [Row]| &rows[..rows.partition_point(|row| u64::from(row.n) <= self.last)];
        self.tape.groups().iter().filter(fits).map(move |group| (group, known(&group.rows)))
    }

    /// A transfer as an item, if it counts.
    #[inline]
    fn item<'i>(
        &self,
        measure: Measure,
        moved: &Moved,
        (group, row): (&Group, &Row),
        ids: &'i mut Vec<u32>,
    ) -> Option<Item<'i>> {
        if !self.in_period(row.day) {
            return None;
        }
        let mark = self.marks.get(usize::from(row.area)).copied().flatten()?;
        for (node, kind, who) in [(moved.payer, &moved.from, row.debit), (moved.payee, &moved.to, row.credit)] {
            if let (Some(node), Some(kind)) = (node, kind)
                && !self.is_met(kind, node, who)
            {
                return None;
            }
        }
        let (day, payee) = (Day(row.day), SubjectId(row.credit));
        let mut amount = row.amount;
        match measure {
            Measure::Persons if *group.like.to == *HOUSEHOLD => self.members(moved, row, ids),
            Measure::Persons if *group.like.to != *PERSON => ids.clear(),
            Measure::Members => {
                self.members(moved, row, ids);
                amount = i64::try_from(ids.len()).unwrap_or(0);
            }
            measure if measure.is_distinct() => self.ids(measure, payee, day, mark, ids),
            _ => {}
        }
        Some(Item { n: u64::from(row.n), day, amount, who: row.credit, ids, part: mark.part })
    }

    /// Who of a household that was paid counts.
    fn members(&self, moved: &Moved, row: &Row, into: &mut Vec<u32>) {
        into.clear();
        let column = moved.members.as_ref().map(|flag| self.image.column_of(flag));
        let counts = |person: &&SubjectId| match column {
            None => true,
            Some(column) => {
                let slot = self.image.slot_of(**person);
                let told = column.zip(slot).and_then(|(column, slot)| column.on(slot, Day(row.day)));
                told == Some(Value::Flag(true))
            }
        };
        into.extend(self.tape.members(row).iter().filter(counts).map(|person| person.0));
    }

    /// How many transfers are looked at for a figure.
    pub(super) fn rows_behind(&self, ix: usize) -> usize {
        match &self.report.figures[ix].counted {
            Counted::Transfers(moved) => self.groups(moved).map(|(_, rows)| rows.len()).sum(),
            _ => 0,
        }
    }

    /// Counts a figure.
    pub(super) fn moved(&self, ix: usize) -> Count {
        let figure = &self.report.figures[ix];
        let Counted::Transfers(moved) = &figure.counted else { return Count::of(None, Vec::new()) };
        let mut cells: Cells = self.cells();
        let mut ids = Vec::new();
        for (group, rows) in self.groups(moved) {
            for row in rows {
                if let Some(item) = self.item(figure.measure, moved, (group, row), &mut ids) {
                    cells.take(figure.measure, &item, self.year(row.day));
                }
            }
        }
        self.counted(figure, cells, Vec::new())
    }

    /// The transfers behind a figure in order, so many after the first so many.
    pub(super) fn opened_transfers(&self, figure: &Figure, moved: &Moved, skip: usize, limit: usize) -> Vec<Line> {
        let mut heads: Vec<(&Group, &[Row])> = self.groups(moved).collect();
        let (mut lines, mut passed, mut ids) = (Vec::new(), 0, Vec::new());
        while lines.len() < limit {
            let next = heads.iter().enumerate().filter_map(|(at, (_, rows))| Some((rows.first()?.n, at))).min();
            let Some((_, at)) = next else { break };
            let (group, rows) = heads[at];
            heads[at].1 = &rows[1..];
            if let Some(item) = self.item(figure.measure, moved, (group, &rows[0]), &mut ids) {
                passed += 1;
                if passed > skip {
                    lines.push(Line::of(&item));
                }
            }
        }
        lines
    }
}
