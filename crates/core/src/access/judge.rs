//! Judging by rules, through the gate: whoever looks judges what they see, and no more.

use super::{Deed, Role, Seen, may};
use crate::catalog::{Book, Nodes, Owed, Parameter, Rule};
use crate::row::SubjectId;
use crate::rule::{Ground, Lent, NodeIx, OfImage, Run, Truths};
use std::collections::BTreeMap;
use yizhan_kit::Day;
use yizhan_kit::codes::RegionCode;

/// Subjects judged at a time: their columns stay in the processor's nearer memory.
const CHUNK: usize = 1_024;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The day.
    pub day: Day,
    /// The parameters, the catalog's or others.
    pub parameters: &'a BTreeMap<String, Parameter>,
    /// Values computed elsewhere.
    pub lent: Option<&'a dyn Lent>,
}

/// Some subjects that were judged together.
pub struct Judged<'a> {
    /// The subjects.
    pub subjects: &'a [SubjectId],
    /// Where each lies; nothing where that is not known.
    pub places: &'a [Option<RegionCode>],
    run: &'a Run<'a>,
}

/// How a rule came out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// It does not apply.
    NotJudged,
    /// It is so, or one is entitled.
    Yes,
    /// It is not so, or one is not entitled.
    No,
    /// A fact is missing.
    Unknown,
}

impl<'a> Judged<'a> {
    /// What a run over facts told by hand or read from rows came to.
    pub fn told(subjects: &'a [SubjectId], places: &'a [Option<RegionCode>], run: &'a Run<'a>) -> Self {
        Self { subjects, places, run }
    }

    /// How a rule came out for one of them.
    pub fn verdict(&self, nodes: &Nodes, lane: usize) -> Verdict {
        match self.run.truths(nodes.when).get(lane) {
            Some(false) => Verdict::NotJudged,
            None => Verdict::Unknown,
            Some(true) => match self.run.truths(nodes.asks).get(lane) {
                Some(true) => Verdict::Yes,
                Some(false) => Verdict::No,
                None => Verdict::Unknown,
            },
        }
    }

    /// The truths of a node.
    pub fn truths(&self, node: NodeIx) -> &Truths {
        self.run.truths(node)
    }

    /// Whether something is so of one of them.
    pub fn truth(&self, node: NodeIx, lane: usize) -> Option<bool> {
        self.run.truths(node).get(lane)
    }

    /// How a duty that comes round again stands with one of them; nothing where nothing is owed, or nobody can say.
    pub fn owed(&self, rule: &Rule, nodes: &Nodes, lane: usize, today: Day) -> Option<Owed> {
        let (recurring, duty) = rule.recurring.as_ref().zip(nodes.duty)?;
        if self.run.truths(nodes.when).get(lane) != Some(true) {
            return None;
        }
        let number = |node| self.run.numbers(node).get(lane);
        let day = |node| number(node).and_then(|n| i32::try_from(n).ok()).map(Day);
        let window = duty.window.and_then(number).and_then(|n| i32::try_from(n).ok());
        let excused = duty.excused.and_then(|node| self.run.truths(node).get(lane));
        Some(recurring.stands(today, day(duty.last), day(duty.due), window, excused))
    }

    /// A number of one of them.
    pub fn number(&self, node: NodeIx, lane: usize) -> Option<i64> {
        self.run.numbers(node).get(lane)
    }

    /// The lanes in which a rule applies and came out no or unknown, without looking at each.
    pub fn failing(&self, nodes: &Nodes) -> impl Iterator<Item = usize> + '_ {
        let (when, asks) = (self.run.truths(nodes.when), self.run.truths(nodes.asks));
        let words = when.known.words().len();
        let bits = move |w: usize| {
            let judged = when.yes.words()[w] | !when.known.words()[w];
            judged & !asks.yes.words()[w]
        };
        let lanes = self.subjects.len();
        (0..words)
            .flat_map(move |w| {
                let mut left = bits(w);
                std::iter::from_fn(move || {
                    let place = left.trailing_zeros() as usize;
                    left &= left.checked_sub(1)?;
                    Some(w * 64 + place)
                })
            })
            .filter(move |lane| *lane < lanes)
    }

    /// In how many lanes a rule applies, and in how many of these it came out yes.
    pub fn counts(&self, nodes: &Nodes) -> (usize, usize) {
        let (when, asks) = (self.run.truths(nodes.when), self.run.truths(nodes.asks));
        let both =
            when.yes.words().iter().zip(asks.yes.words()).map(|(when, asks)| (when & asks).count_ones() as usize);
        (when.yes.count(), both.sum())
    }
}

/// A book made ready to judge one subject after another.
pub struct Ready<'a> {
    seen: Seen<'a>,
    source: OfImage<'a>,
    run: Run<'a>,
}

impl Ready<'_> {
    /// Judges one subject that the viewer sees, with so many grounds of any wanted node; nothing when they do not see it.
    pub fn one<T>(
        &mut self,
        subject: SubjectId,
        each: impl FnOnce(&Judged<'_>, &dyn Fn(NodeIx, usize) -> Vec<Ground>) -> T,
    ) -> Option<T> {
        let image = self.seen.image();
        let place = self.seen.place_of(subject);
        place.filter(|_| image.kind(subject).is_some_and(|kind| **kind == *self.run.about()))?;
        self.run.over(&self.source, &[image.slot_of(subject)?]);
        let judged = Judged { subjects: &[subject], places: &[place], run: &self.run };
        Some(each(&judged, &|node, most| self.run.why(&self.source, node, 0, most)))
    }
}

impl<'a> Seen<'a> {
    /// Judges the subjects of a book's kind that the viewer sees, some at a time; `wanted` names what is to be computed.
    pub fn judge(&self, book: &Book, wanted: &[NodeIx], question: &Question<'_>, mut each: impl FnMut(&Judged<'_>)) {
        let (image, viewer) = (self.image(), self.viewer());
        let everybody = viewer.role == Role::System;
        if !everybody && !may(viewer.role, Deed::SeeCase) {
            return;
        }
        let Some(members) = image.members_of(book.program.about()) else { return };
        let source = OfImage::new(image, &book.program, question.parameters, question.lent, question.day);
        let mut wanted = wanted.to_vec();
        wanted.extend(book.place);
        let mut placing = Run::of(&book.program, &source, book.place.as_slice());
        let mut run = Run::of(&book.program, &source, &wanted);
        let (mut slots, mut subjects, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let count = u32::try_from(members.len()).expect("fewer than 2^32 subjects of a kind");
        let step = u32::try_from(CHUNK).expect("a small number");
        let mut members = members.iter();
        for first in (0..count).step_by(CHUNK) {
            slots.clear();
            slots.extend(first..count.min(first.saturating_add(step)));
            subjects.clear();
            subjects.extend(members.by_ref().take(slots.len()).copied());
            if !everybody {
                placing.over(&source, &slots);
                let mine = |lane: usize| place_in(book, &placing, lane).is_some_and(|place| viewer.covers(place));
                let kept: Vec<usize> = (0..slots.len()).filter(|lane| mine(*lane)).collect();
                slots = kept.iter().map(|lane| slots[*lane]).collect();
                subjects = kept.iter().map(|lane| subjects[*lane]).collect();
            }
            if slots.is_empty() {
                continue;
            }
            run.over(&source, &slots);
            places.clear();
            places.extend((0..slots.len()).map(|lane| place_in(book, &run, lane)));
            each(&Judged { subjects: &subjects, places: &places, run: &run });
        }
    }

    /// Judges some subjects of a book's kind, those of them that the viewer sees, some at a time.
    pub fn judge_these(
        &self,
        book: &Book,
        wanted: &[NodeIx],
        question: &Question<'_>,
        subjects: &[SubjectId],
        mut each: impl FnMut(&Judged<'_>),
    ) {
        let everybody = self.viewer().role == Role::System;
        if !everybody && !may(self.viewer().role, Deed::SeeCase) {
            return;
        }
        let source = OfImage::new(self.image(), &book.program, question.parameters, question.lent, question.day);
        let mut wanted = wanted.to_vec();
        wanted.extend(book.place);
        let mut run = Run::of(&book.program, &source, &wanted);
        let image = self.image();
        let mine = |subject: SubjectId| everybody || self.place_of(subject).is_some_and(|at| self.viewer().covers(at));
        let seated =
            |subject: &SubjectId| image.slot_of(*subject).filter(|_| mine(*subject)).map(|slot| (*subject, slot));
        let seated: Vec<(SubjectId, u32)> = subjects.iter().filter_map(seated).collect();
        for some in seated.chunks(CHUNK) {
            let (some, slots): (Vec<SubjectId>, Vec<u32>) = some.iter().copied().unzip();
            run.over(&source, &slots);
            let places: Vec<_> = (0..slots.len()).map(|lane| place_in(book, &run, lane)).collect();
            each(&Judged { subjects: &some, places: &places, run: &run });
        }
    }

    /// Judges one subject that the viewer sees, with so many grounds of any wanted node; nothing when they do not see it.
    pub fn judge_one<T>(
        &self,
        book: &'a Book,
        wanted: &[NodeIx],
        subject: SubjectId,
        question: &Question<'a>,
        each: impl FnOnce(&Judged<'_>, &dyn Fn(NodeIx, usize) -> Vec<Ground>) -> T,
    ) -> Option<T> {
        self.judge_ready(book, wanted, question).one(subject, each)
    }

    /// Makes ready to judge one subject after another.
    pub fn judge_ready(&self, book: &'a Book, wanted: &[NodeIx], question: &Question<'a>) -> Ready<'a> {
        let source = OfImage::new(self.image(), &book.program, question.parameters, question.lent, question.day);
        let run = Run::of(&book.program, &source, wanted);
        Ready { seen: *self, source, run }
    }
}

fn place_in(book: &Book, run: &Run<'_>, lane: usize) -> Option<RegionCode> {
    let code = run.numbers(book.place?).get(lane)?;
    RegionCode::try_from(code.cast_unsigned()).ok()
}
