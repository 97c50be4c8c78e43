//! A whole zone judged on a day: counts by village and everything that is missing. It is made by the program; whoever looks
//! at it sees their area, and only rules that read nothing they may not see.

use super::judge::{Judged, Question, Verdict};
use super::{Deed, Role, Viewer, may};
use crate::catalog::{Asks, Book, Catalog, Nodes, Rule, RuleKind};
use crate::image::Image;
use crate::row::SubjectId;
use crate::rule::{Bits, NodeIx};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use yizhan_kit::Day;
use yizhan_kit::codes::RegionCode;

/// What a rule comes to in an area.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// To how many it applies.
    pub applies: usize,
    /// Of how many it is so; how many are entitled.
    pub yes: usize,
    /// Of how many it is not so; how many are not entitled.
    pub no: usize,
    /// Of how many a fact is missing.
    pub unknown: usize,
    /// How many of the entitled receive.
    pub receiving: usize,
    /// How many of the entitled do not.
    pub missing: usize,
    /// How many receive without being entitled.
    pub undue: usize,
    /// What is due to all who are entitled in a year, in fen.
    pub due_fen: i64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.applies += other.applies;
        self.yes += other.yes;
        self.no += other.no;
        self.unknown += other.unknown;
        self.receiving += other.receiving;
        self.missing += other.missing;
        self.undue += other.undue;
        self.due_fen += other.due_fen;
    }
}

/// What is wrong with a subject by a rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Which {
    /// It is not so.
    Fails,
    /// Entitled, and not receiving.
    Missing,
    /// Receiving, and not entitled.
    Undue,
    /// A fact is missing.
    Unknown,
}

/// Something that is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The rule's place in the judgement.
    pub rule: usize,
    /// What is wrong.
    pub which: Which,
    /// With whom.
    pub subject: SubjectId,
    /// Where.
    pub place: Option<RegionCode>,
}

/// A zone judged on a day.
pub struct Judgement {
    /// The day.
    pub day: Day,
    /// The act up to which it is current.
    pub seq: u64,
    rules: Vec<Arc<Rule>>,
    counts: BTreeMap<Option<RegionCode>, Vec<Counts>>,
    findings: Vec<Finding>,
}

/// A judgement as one viewer sees it.
pub struct JudgementSeen<'a> {
    judgement: &'a Judgement,
    viewer: &'a Viewer,
    visible: Vec<bool>,
}

/// Whether a viewer is told how a rule comes out: it reads nothing that they may not see, and is not kept from them by a
/// discreet title. A family doctor knows people one by one, not an area's.
pub fn may_be_told(viewer: &Viewer, catalog: &Catalog, rule: &Rule) -> bool {
    let role = viewer.role.as_str();
    let veiled = rule.recurring.as_ref().is_some_and(|recurring| recurring.discreet.is_some());
    let known = rule.recurring.as_ref().is_none_or(|recurring| recurring.known_to(role));
    if viewer.role != Role::System && veiled && (!known || viewer.role == Role::FamilyDoctor) {
        return false;
    }
    let sees = |name: &String| {
        catalog.attributes.get(name).is_some_and(|attribute| attribute.seen_by.iter().any(|to| to == role))
    };
    viewer.role == Role::System || may(viewer.role, Deed::SeeCase) && rule.reads.iter().all(sees)
}

impl Judgement {
    /// Where there is nobody to judge.
    pub fn nothing(day: Day) -> Self {
        Self { day, seq: 0, rules: Vec::new(), counts: BTreeMap::new(), findings: Vec::new() }
    }

    /// Judges everybody by some kinds of rules.
    pub fn of(image: &Image, catalog: &Catalog, kinds: &[RuleKind], question: &Question<'_>) -> Self {
        let program = Viewer::program();
        let seen = program.look(image);
        let mut judgement = Self { seq: image.seq, ..Self::nothing(question.day) };
        for book in catalog.rules.books.values() {
            let first = judgement.rules.len();
            let (own, wanted) = rules_of(book, kinds, question.day);
            if own.is_empty() {
                continue;
            }
            judgement.rules.extend(own.iter().map(|(rule, _)| rule.clone()));
            let mut tally = Tally::new(&own, first);
            seen.judge(book, &wanted, question, |judged| tally.add(judged, &mut judgement));
            tally.end(&mut judgement);
        }
        judgement
    }

    /// What a viewer sees of it.
    pub fn look<'a>(&'a self, viewer: &'a Viewer, catalog: &Catalog) -> JudgementSeen<'a> {
        let visible = self.rules.iter().map(|rule| may_be_told(viewer, catalog, rule)).collect();
        JudgementSeen { judgement: self, viewer, visible }
    }

    fn at(&mut self, place: Option<RegionCode>, rules: usize) -> &mut Vec<Counts> {
        let counts = self.counts.entry(place).or_default();
        if counts.len() < rules {
            counts.resize(rules, Counts::default());
        }
        counts
    }
}

impl<'a> JudgementSeen<'a> {
    /// The rules that the viewer is told of, with their places.
    pub fn rules(&self) -> impl Iterator<Item = (usize, &'a Arc<Rule>)> + '_ {
        self.judgement.rules.iter().enumerate().filter(|(place, _)| self.visible[*place])
    }

    /// What the rule at a place comes to within a part of the viewer's area.
    pub fn counts(&self, rule: usize, within: RegionCode) -> Counts {
        let mut sum = Counts::default();
        if self.visible.get(rule) != Some(&true) {
            return sum;
        }
        for (place, counts) in &self.judgement.counts {
            let inside = place.is_some_and(|place| within.contains(place) && self.viewer.covers(place));
            if let Some(counts) = counts.get(rule).filter(|_| inside) {
                sum += *counts;
            }
        }
        sum
    }

    /// What is missing within a part of the viewer's area, in order of rule and subject.
    pub fn findings(&self, within: RegionCode) -> impl Iterator<Item = (&'a Arc<Rule>, &'a Finding)> + '_ {
        let mine = move |finding: &&Finding| {
            self.visible[finding.rule]
                && finding.place.is_some_and(|place| within.contains(place) && self.viewer.covers(place))
        };
        self.judgement.findings.iter().filter(mine).map(|finding| (&self.judgement.rules[finding.rule], finding))
    }
}

/// The nodes that rules need.
fn wanted(rules: &[(Arc<Rule>, Nodes)]) -> Vec<NodeIx> {
    rules.iter().flat_map(|(_, nodes)| nodes.all()).collect()
}

/// Counts while chunks are judged.
struct Tally<'a> {
    rules: &'a [(Arc<Rule>, Nodes)],
    first: usize,
    /// Rules that apply to the same people are counted once.
    applies: Vec<NodeIx>,
    applied: HashMap<(NodeIx, Option<RegionCode>), usize>,
    /// Rules by which the same is received: who is entitled by any of them receives rightly.
    received: Vec<(NodeIx, Vec<usize>)>,
}

impl<'a> Tally<'a> {
    fn new(rules: &'a [(Arc<Rule>, Nodes)], first: usize) -> Self {
        let mut applies = Vec::new();
        let mut received: Vec<(NodeIx, Vec<usize>)> = Vec::new();
        for (place, (_, nodes)) in rules.iter().enumerate() {
            if !applies.contains(&nodes.when) {
                applies.push(nodes.when);
            }
            let Some(receives) = nodes.receives else { continue };
            match received.iter_mut().find(|(node, _)| *node == receives) {
                Some((_, group)) => group.push(place),
                None => received.push((receives, vec![place])),
            }
        }
        Self { rules, first, applies, applied: HashMap::new(), received }
    }

    fn add(&mut self, judged: &Judged<'_>, judgement: &mut Judgement) {
        for when in &self.applies {
            for lane in judged.truths(*when).yes.lanes() {
                *self.applied.entry((*when, judged.places[lane])).or_default() += 1;
            }
        }
        for (place, (rule, nodes)) in self.rules.iter().enumerate() {
            let own = self.first + place;
            for lane in judged.failing(nodes) {
                let unknown = judged.verdict(nodes, lane) == Verdict::Unknown;
                let counts = &mut judgement.at(judged.places[lane], own + 1)[own];
                if unknown {
                    counts.unknown += 1;
                    // What nobody can say applies is counted by no `when`.
                    counts.applies += usize::from(judged.truth(nodes.when, lane).is_none());
                } else {
                    counts.no += 1;
                }
                let which = match (&rule.asks, unknown) {
                    (_, true) => Which::Unknown,
                    (Asks::Check { .. }, false) => Which::Fails,
                    (Asks::Entitlement { .. }, false) => continue,
                };
                push(judgement, judged, own, which, lane);
            }
            if let Some(receives) = nodes.receives {
                self.entitled(judged, judgement, place, receives);
            }
        }
        for (receives, group) in &self.received {
            let mut rightly = Bits::default();
            rightly.reset(judged.subjects.len());
            for place in group {
                let nodes = &self.rules[*place].1;
                (0..judged.subjects.len())
                    .filter(|lane| matches!(judged.verdict(nodes, *lane), Verdict::Yes | Verdict::Unknown))
                    .for_each(|lane| rightly.add(lane, true));
            }
            let own = self.first + group[0];
            for lane in judged.truths(*receives).yes.lanes().filter(|lane| !rightly.get(*lane)) {
                judgement.at(judged.places[lane], own + 1)[own].undue += 1;
                push(judgement, judged, own, Which::Undue, lane);
            }
        }
    }

    /// Of those who are entitled by a rule: who receives, and what is due.
    fn entitled(&self, judged: &Judged<'_>, judgement: &mut Judgement, place: usize, receives: NodeIx) {
        let (rule, nodes) = &self.rules[place];
        let own = self.first + place;
        let Asks::Entitlement { per, .. } = &rule.asks else { return };
        let when = judged.truths(nodes.when);
        for lane in judged.truths(nodes.asks).yes.lanes().filter(|lane| when.yes.get(*lane)) {
            let counts = &mut judgement.at(judged.places[lane], own + 1)[own];
            if let Some(fen) = nodes.amount.and_then(|amount| judged.number(amount, lane)) {
                counts.due_fen += fen * per.times_a_year();
            }
            let which = match judged.truth(receives, lane) {
                Some(true) => {
                    counts.receiving += 1;
                    continue;
                }
                Some(false) => {
                    counts.missing += 1;
                    Which::Missing
                }
                None => Which::Unknown,
            };
            push(judgement, judged, own, which, lane);
        }
    }

    fn end(self, judgement: &mut Judgement) {
        let rules = self.first + self.rules.len();
        for (place, (_, nodes)) in self.rules.iter().enumerate() {
            let own = self.first + place;
            for ((_, area), applies) in self.applied.iter().filter(|((when, _), _)| *when == nodes.when) {
                judgement.at(*area, rules)[own].applies += applies;
            }
        }
        for counts in judgement.counts.values_mut() {
            for counts in counts.iter_mut().skip(self.first) {
                counts.yes = counts.applies.saturating_sub(counts.no + counts.unknown);
            }
        }
        judgement.findings.sort_by_key(|finding| (finding.rule, finding.subject.0));
    }
}

fn push(judgement: &mut Judgement, judged: &Judged<'_>, rule: usize, which: Which, lane: usize) {
    let (subject, place) = (judged.subjects[lane], judged.places[lane]);
    judgement.findings.push(Finding { rule, which, subject, place });
}

/// The rules of a book that hold on a day, of some kinds, and what they need.
pub fn rules_of(book: &Book, kinds: &[RuleKind], day: Day) -> (Vec<(Arc<Rule>, Nodes)>, Vec<NodeIx>) {
    let fits = |rule: &Rule| kinds.contains(&rule.kind) && rule.holds_on(day);
    let rules: Vec<_> = book.rules.iter().filter(|(rule, _)| fits(rule)).cloned().collect();
    let wanted = wanted(&rules);
    (rules, wanted)
}
