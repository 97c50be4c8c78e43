//! What one instance does about one board: takes what is free and its own by the placement, hands on what should be another's.

use super::placement::place;
use super::{Board, Instance, LEASE_MS};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far whoever takes a zone may be behind when it is handed on: what is left is read in a blink.
const NEAR: u64 = 20_000;

/// What an instance should do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Move {
    /// Try to take a zone that nobody owns.
    Take(Arc<str>),
    /// Stop deciding and give the zone back: another should have it, and has followed it closely.
    HandOn(Arc<str>),
    /// Stop deciding: the lease is another's, or nobody knows.
    Lose(Arc<str>),
    /// Give a lease back that was taken without an answer: which epoch it came with is not known.
    GiveBack(Arc<str>),
}

/// One instance's view of what it owns. It has no clock: times are handed in.
pub struct Node {
    me: Instance,
    zones: Vec<Arc<str>>,
    /// What it owns, and until when by its own clock.
    owned: BTreeMap<Arc<str>, i64>,
    /// Whether it wants no zone any more.
    leaving: bool,
}

impl Node {
    /// An instance that can serve these zones and owns none.
    pub fn new(me: Instance, zones: Vec<Arc<str>>) -> Self {
        Self { me, zones, owned: BTreeMap::new(), leaving: false }
    }

    /// Who it is.
    pub fn me(&self) -> &Instance {
        &self.me
    }

    /// The zones it can serve.
    pub fn zones(&self) -> &[Arc<str>] {
        &self.zones
    }

    /// What it owned when it looked last.
    pub fn owned(&self) -> BTreeSet<Arc<str>> {
        self.owned.keys().cloned().collect()
    }

    /// Wants no zone any more; the next moves hand everything on.
    pub fn leave(&mut self) {
        self.leaving = true;
    }

    /// A zone was taken; `asked` is the moment of its own clock before the database was asked.
    pub fn took(&mut self, zone: &Arc<str>, asked: i64) {
        self.owned.insert(zone.clone(), asked + LEASE_MS);
    }

    /// A zone is not its own any more.
    pub fn lost(&mut self, zone: &str) {
        self.owned.remove(zone);
    }

    /// What to do about a board; `asked` is the moment of its own clock before the database was asked. Without a board, what is
    /// left to do at `asked`: leases that are over end.
    pub fn decide(&mut self, board: Option<&Board>, asked: i64) -> Vec<Move> {
        let Some(board) = board else { return self.lapsed(asked) };
        let mut moves = Vec::new();
        for (zone, until) in &mut self.owned {
            match board.owner(zone) {
                Some(owner) if *owner == *self.me.name => *until = asked + LEASE_MS,
                _ => moves.push(Move::Lose(zone.clone())),
            }
        }
        let placed = place(board);
        for zone in &self.zones {
            let mine = placed.get(&**zone).is_some_and(|owner| **owner == *self.me.name) && !self.leaving;
            match (mine, board.owner(zone)) {
                (true, None) => moves.push(Move::Take(zone.clone())),
                (_, Some(owner)) if *owner == *self.me.name && !self.owned.contains_key(zone) => {
                    moves.push(Move::GiveBack(zone.clone()));
                }
                (false, Some(owner)) if *owner == *self.me.name => {
                    let at = board.heads.get(zone).copied().unwrap_or(0);
                    let next = placed.get(&**zone).filter(|next| ***next != *self.me.name);
                    let near = |member: &super::Member| {
                        next.is_some_and(|next| *member.instance == **next) && member.seq + NEAR >= at
                    };
                    if self.leaving || board.living(zone).any(near) {
                        moves.push(Move::HandOn(zone.clone()));
                    }
                }
                _ => {}
            }
        }
        moves
    }

    fn lapsed(&self, now: i64) -> Vec<Move> {
        self.owned.iter().filter(|(_, until)| **until <= now).map(|(zone, _)| Move::Lose(zone.clone())).collect()
    }
}
