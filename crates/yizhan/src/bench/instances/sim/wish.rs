//! What people want, and what they are told.

use super::super::super::ledger::Move;
use yizhan_core::act::Act;
use yizhan_core::cluster::follow::Replica;
use yizhan_core::writer::{Answer, Verdict};
use yizhan_kit::Moment;

/// What somebody is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reply {
    Kept(u64),
    Refused,
    Later,
}

/// Somebody who insists.
pub(super) struct Person {
    pub(super) zone: usize,
    pub(super) n: u32,
    pub(super) turn: u32,
    pub(super) moves: Vec<Move>,
}

/// What somebody was told in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Last {
    /// Kept as this act.
    Kept(u64),
    /// Refused: it cannot be.
    Refused,
}

/// Has a replica decide, until it knows.
pub(super) fn decided(replica: &mut Replica, now: Moment, wanted: Act) -> Answer {
    let writer = replica.writer();
    let mut answers = match writer.commit(now, &[wanted]) {
        Verdict::Answered(answers) => answers,
        Verdict::InDoubt => loop {
            if let Some(answers) = writer.resolve() {
                break answers;
            }
        },
    };
    answers.pop().expect("one act has one answer")
}

/// The key under which a person's n-th act is wanted.
pub(super) fn key_of(person: usize, n: u32) -> u64 {
    person as u64 * 1_000 + u64::from(n) + 1
}
