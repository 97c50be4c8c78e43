//! Figures about subjects as they are on the last day. All figures about a kind are computed in one walk over it.

use super::total::{Item, Met};
use super::{Count, Counter, FIRST, Line, Mark};
use crate::access::{Judged, Question, Viewer};
use crate::catalog::Book;
use crate::catalog::report::{Counted, Figure, Measure, Stand};
use crate::row::SubjectId;
use crate::rule::NodeIx;
use std::collections::{BTreeMap, BTreeSet};

/// Subjects that are judged before somebody looks whether a page is full.
const SOME: usize = 8_192;

impl Counter<'_> {
    fn question(&self) -> Question<'_> {
        Question { day: self.asked.to, parameters: &self.catalog.parameters, lent: None }
    }

    /// Finds of whom the conditions of transfers are true.
    pub(super) fn meet(&mut self) {
        let mut wanted: BTreeMap<&str, BTreeSet<NodeIx>> = BTreeMap::new();
        for figure in &self.report.figures {
            let Counted::Transfers(moved) = &figure.counted else { continue };
            for (kind, node) in [(&moved.from, moved.payer), (&moved.to, moved.payee)] {
                if let (Some(kind), Some(node)) = (kind, node) {
                    wanted.entry(kind).or_default().insert(node);
                }
            }
        }
        let viewer = Viewer::program();
        let mut met = std::mem::take(&mut self.met);
        for (kind, nodes) in wanted {
            let Some(book) = self.report.books.get(kind) else { continue };
            let nodes: Vec<NodeIx> = nodes.into_iter().collect();
            let mut found = vec![Met::default(); nodes.len()];
            viewer.look(self.image).judge(book, &nodes, &self.question(), |judged| {
                for (node, found) in nodes.iter().zip(&mut found) {
                    judged.truths(*node).yes.lanes().filter(|lane| *lane < judged.subjects.len()).for_each(|lane| {
                        found.insert(judged.subjects[lane].0);
                    });
                }
            });
            met.extend(nodes.into_iter().zip(found).map(|(node, found)| ((kind.to_owned(), node), found)));
        }
        self.met = met;
    }

    /// Whether a condition of transfers is true of somebody.
    pub(super) fn is_met(&self, kind: &str, node: NodeIx, who: u32) -> bool {
        self.met.iter().any(|((known, of), met)| known == kind && *of == node && met.has(who))
    }

    /// Counts the figures about subjects among some.
    pub(super) fn stands(&self, figures: &[usize]) -> Vec<(usize, Count)> {
        let mut by_kind: BTreeMap<&str, Vec<(usize, &Figure, &Stand)>> = BTreeMap::new();
        for ix in figures {
            let figure = &self.report.figures[*ix];
            if let Counted::Subjects(stand) = &figure.counted {
                by_kind.entry(&stand.kind).or_default().push((*ix, figure, stand));
            }
        }
        let viewer = Viewer::program();
        let mut counts = Vec::new();
        for (kind, figures) in by_kind {
            let Some(book) = self.report.books.get(kind) else { continue };
            let wanted: Vec<NodeIx> = figures.iter().flat_map(|(.., stand)| nodes(stand)).collect();
            let mut cells: Vec<_> = figures.iter().map(|_| (self.cells(), Vec::new())).collect();
            let mut marks = Vec::new();
            viewer.look(self.image).judge(book, &wanted, &self.question(), |judged| {
                self.marks_of(judged, &mut marks);
                for ((_, figure, stand), (cells, first)) in figures.iter().zip(&mut cells) {
                    self.lanes(figure, stand, judged, &marks, |item| {
                        cells.take(figure.measure, item, None);
                        if first.len() < FIRST {
                            first.push(Line::of(item));
                        }
                    });
                }
            });
            let done = figures.into_iter().zip(cells);
            counts.extend(done.map(|((ix, figure, _), (cells, first))| (ix, self.counted(figure, cells, first))));
        }
        counts
    }

    /// Where each of those judged lies, found once for all figures.
    fn marks_of(&self, judged: &Judged<'_>, into: &mut Vec<Option<Mark>>) {
        into.clear();
        into.extend(judged.places.iter().map(|place| self.mark(*place)));
    }

    /// The subjects of a figure among those judged.
    fn lanes(
        &self,
        figure: &Figure,
        stand: &Stand,
        judged: &Judged<'_>,
        marks: &[Option<Mark>],
        mut take: impl FnMut(&Item<'_>),
    ) {
        let walked = judged.truths(stand.among.unwrap_or(stand.which));
        let lanes = walked.yes.lanes().take_while(|lane| *lane < judged.subjects.len());
        let mut ids = Vec::new();
        for lane in lanes {
            let Some(mark) = marks[lane] else { continue };
            let who = judged.subjects[lane];
            let value = match stand.value {
                Some(node) => judged.number(node, lane),
                None if figure.measure == Measure::Rate => {
                    Some(i64::from(judged.truth(stand.which, lane) == Some(true)))
                }
                None => Some(1),
            };
            // Of whom the value is not known nothing can be told.
            let Some(amount) = value else { continue };
            match figure.measure {
                Measure::Values => {
                    ids.clear();
                    ids.extend(u32::try_from(amount).ok());
                }
                measure => self.ids(measure, who, self.asked.to, mark, &mut ids),
            }
            let (n, day) = (u64::from(who.0), self.asked.to);
            take(&Item { n, day, amount, who: who.0, ids: &ids, part: mark.part });
        }
    }

    /// The subjects behind a figure in order, so many after the first so many.
    pub(super) fn opened_subjects(&self, figure: &Figure, stand: &Stand, skip: usize, limit: usize) -> Vec<Line> {
        let Some(book) = self.report.books.get(&stand.kind) else { return Vec::new() };
        let (mut lines, mut passed) = (Vec::new(), 0);
        let wanted: Vec<NodeIx> = nodes(stand).collect();
        let mut marks = Vec::new();
        self.some_at_a_time(book, &stand.kind, &wanted, |judged| {
            self.marks_of(judged, &mut marks);
            self.lanes(figure, stand, judged, &marks, |item| {
                passed += 1;
                if passed > skip && lines.len() < limit {
                    lines.push(Line::of(item));
                }
            });
            lines.len() < limit
        });
        lines
    }

    /// Judges the subjects of a kind, until enough were seen.
    fn some_at_a_time(&self, book: &Book, kind: &str, wanted: &[NodeIx], mut each: impl FnMut(&Judged<'_>) -> bool) {
        let (viewer, mut goes_on) = (Viewer::program(), true);
        let seen = viewer.look(self.image);
        let mut members = self.image.subjects_of(kind);
        while goes_on {
            let some: Vec<SubjectId> = members.by_ref().take(SOME).collect();
            if some.is_empty() {
                return;
            }
            seen.judge_these(book, wanted, &self.question(), &some, |judged| goes_on &= each(judged));
        }
    }

    /// Whoever does not pass a rule.
    pub(super) fn gaps(&self, name: &str, mut take: impl FnMut(SubjectId, Mark) -> bool) {
        let Some((book, rule, nodes)) = self.catalog.rules.rule(name) else { return };
        self.some_at_a_time(book, &rule.about, &[nodes.when, nodes.asks], |judged| {
            let failing = |lane: &usize| {
                judged.truth(nodes.when, *lane) == Some(true) && judged.truth(nodes.asks, *lane) == Some(false)
            };
            judged.failing(&nodes).filter(failing).all(|lane| {
                let mark = self.mark(judged.places[lane]);
                mark.is_none_or(|mark| take(judged.subjects[lane], mark))
            })
        });
    }
}

fn nodes(stand: &Stand) -> impl Iterator<Item = NodeIx> {
    [Some(stand.which), stand.among, stand.value].into_iter().flatten()
}
