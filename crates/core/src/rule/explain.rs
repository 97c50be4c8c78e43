//! Why a rule came out as it did: the facts, named values and parameters that decided it, and those that are missing.

use super::program::{FrameIx, NodeIx, Op, Origin};
use super::run::{Run, Source};
use super::types::Type;
use crate::row::SubjectId;

/// One ground of a verdict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ground {
    /// Of whom, where it is of somebody.
    pub subject: Option<SubjectId>,
    /// What it is.
    pub of: GroundOf,
    /// Its value, as rules compute with it; nothing where it is not known.
    pub value: Option<i64>,
    /// What its value is.
    pub kind: Type,
    /// The code it stands for.
    pub code: Option<String>,
}

/// What a ground is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroundOf {
    /// A fact: the attribute's full name.
    Fact(String),
    /// A named value, `person.age`.
    Named(String),
    /// A parameter.
    Parameter(String),
    /// How many there are.
    Count,
}

impl Run<'_> {
    /// The grounds of a node's value in a lane of the subjects judged, in the order in which the rule asks for them; `most` of
    /// them, since what a whole village drinks from has a ground in each of its households.
    pub fn why(&self, source: &impl Source, node: NodeIx, lane: usize, most: usize) -> Vec<Ground> {
        let mut grounds = Vec::new();
        Why { run: self, source, grounds: &mut grounds, most, inside: None }.of(node, lane);
        grounds
    }

    /// The grounds of a node's value, of a named value too what it is made of.
    pub fn inside(&self, source: &impl Source, node: NodeIx, lane: usize) -> Vec<Ground> {
        let mut grounds = Vec::new();
        Why { run: self, source, grounds: &mut grounds, most: usize::MAX, inside: Some(node) }.of(node, lane);
        grounds
    }
}

struct Why<'a, S> {
    run: &'a Run<'a>,
    source: &'a S,
    grounds: &'a mut Vec<Ground>,
    most: usize,
    /// The node whose name says nothing, since it is what is asked about.
    inside: Option<NodeIx>,
}

impl<S: Source> Why<'_, S> {
    fn add(&mut self, node: NodeIx, lane: usize, of: GroundOf) {
        let (frame, kind) = {
            let node = &self.run.program().nodes[node.0];
            (node.frame, node.of.clone())
        };
        let slot = self.run.seated(frame).slots.get(lane).copied();
        let nobody = matches!(of, GroundOf::Parameter(_));
        let subject = slot.filter(|_| !nobody).and_then(|slot| self.source.subject(frame.0, slot));
        let value = self.run.value(node, lane);
        let code = match (&self.run.program().nodes[node.0].op, value) {
            (Op::Load(attribute), Some(value)) if matches!(kind, Type::Code(_)) => self.source.code(*attribute, value),
            _ => None,
        };
        let ground = Ground { subject, of, value, kind, code };
        if !self.grounds.contains(&ground) {
            self.grounds.push(ground);
        }
    }

    fn of(&mut self, node: NodeIx, lane: usize) {
        if self.grounds.len() >= self.most {
            return;
        }
        let program = self.run.program();
        let truth = |node: NodeIx| self.run.value(node, lane).map(|n| n != 0);
        if let Some(named) = program.lets.get(&node).filter(|_| self.inside != Some(node)) {
            self.add(node, lane, GroundOf::Named(named.clone()));
            // A value that is there speaks for itself; of one that is missing, what is missing is told.
            if *program.type_of(node) != Type::Truth && self.run.value(node, lane).is_some() {
                return;
            }
        }
        match &program.nodes[node.0].op {
            Op::Number(_) | Op::Truth(_) | Op::Today => {}
            Op::Parameter(parameter) => {
                self.add(node, lane, GroundOf::Parameter(program.parameters[*parameter].clone()));
            }
            Op::Load(attribute) | Op::Flag(attribute) => {
                self.add(node, lane, GroundOf::Fact(program.attributes[*attribute].clone()));
            }
            Op::And(a, b) => self.deciding(&[*a, *b], lane, truth(node), false),
            Op::Or(a, b) => self.deciding(&[*a, *b], lane, truth(node), true),
            Op::Choose(condition, yes, otherwise) => {
                self.of(*condition, lane);
                match truth(*condition) {
                    Some(true) => self.of(*yes, lane),
                    Some(false) => self.of(*otherwise, lane),
                    None => {}
                }
            }
            Op::Of(frame, inner) => self.named(*frame, *inner, lane),
            Op::Above(outer) => {
                let frame = program.nodes[node.0].frame;
                let above = self.run.seated(frame).owner.get(lane).map_or(lane, |owner| *owner as usize);
                self.of(*outer, above);
            }
            Op::All(each, inner) => self.each(*each, *inner, lane, truth(node), false),
            Op::Exists(each, inner) => self.each(*each, *inner, lane, truth(node), true),
            Op::Count(each, only) => {
                self.add(node, lane, GroundOf::Count);
                only.iter().for_each(|only| self.each(*each, *only, lane, Some(true), true));
            }
            Op::Sum(each, only, value) => {
                for own in self.lanes(*each, lane) {
                    if only.is_none_or(|only| self.run.value(only, own) != Some(0)) {
                        self.of(*value, own);
                    }
                }
            }
            other => other.parts().0.into_iter().flatten().for_each(|part| self.of(part, lane)),
        }
    }

    /// The parts that made a conjunction or disjunction what it is.
    fn deciding(&mut self, parts: &[NodeIx], lane: usize, came_to: Option<bool>, decides: bool) {
        for part in parts {
            let own = self.run.value(*part, lane).map(|n| n != 0);
            if came_to != Some(decides) && came_to.is_some() || own == came_to {
                self.of(*part, lane);
            }
        }
    }

    /// The subject that is named; that it is not known is a ground too.
    fn named(&mut self, frame: FrameIx, inner: NodeIx, lane: usize) {
        if let Origin::Named(_, link) = self.run.program().frames[frame.0].origin
            && self.run.value(link, lane).is_none()
        {
            return self.of(link, lane);
        }
        self.of(inner, lane);
    }

    fn each(&mut self, each: FrameIx, inner: NodeIx, lane: usize, came_to: Option<bool>, decides: bool) {
        for own in self.lanes(each, lane) {
            let met = self.run.value(inner, own).map(|n| n != 0);
            if came_to.is_some_and(|came_to| came_to != decides) || met == came_to {
                self.of(inner, own);
            }
        }
    }

    fn lanes(&self, each: FrameIx, lane: usize) -> Vec<usize> {
        let owners = self.run.seated(each).owner.iter().enumerate();
        owners.filter(|(_, owner)| **owner as usize == lane).map(|(own, _)| own).collect()
    }
}
