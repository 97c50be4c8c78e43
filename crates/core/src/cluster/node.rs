//! What one instance does about one board: opens the zones it should keep, takes what is free and its own by the placement, hands on what
//! should be another's, forgets what others keep.

use super::placement::Placement;
use super::{Board, Instance, LEASE_MS};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many zones are opened at once: each is read from its first act on.
const AT_ONCE: usize = 2;

/// What an instance should do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Move {
    /// Read a zone into memory, and follow it from then on.
    Open(Arc<str>),
    /// Try to take a zone that nobody owns.
    Take(Arc<str>),
    /// Stop deciding and give the zone back: another should have it, and has followed it closely.
    HandOn(Arc<str>),
    /// Stop deciding: the lease is another's, or nobody knows.
    Lose(Arc<str>),
    /// Give a lease back that was taken without an answer: which epoch it came with is not known.
    GiveBack(Arc<str>),
    /// Let the copy go: others keep the zone.
    Forget(Arc<str>),
}

/// One instance's view of what it keeps and owns. It has no clock: times are handed in.
pub struct Node {
    me: Instance,
    zones: Vec<Arc<str>>,
    /// How many instances should keep each zone.
    copies: usize,
    /// What is being read into memory.
    opening: BTreeSet<Arc<str>>,
    /// What it keeps in memory.
    kept: BTreeSet<Arc<str>>,
    /// What it owns, and until when by its own clock.
    owned: BTreeMap<Arc<str>, i64>,
    /// Whether it wants no zone any more.
    leaving: bool,
}

impl Node {
    /// An instance that can serve these zones, keeps none and owns none; each is kept by so many instances, its owner included.
    pub fn new(me: Instance, zones: Vec<Arc<str>>, copies: usize) -> Self {
        let (opening, kept) = (BTreeSet::new(), BTreeSet::new());
        Self { me, zones, copies, opening, kept, owned: BTreeMap::new(), leaving: false }
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

    /// Whether it has in memory what it should have.
    pub fn is_settled(&self) -> bool {
        self.opening.is_empty()
    }

    /// Wants no zone any more; the next moves hand everything on.
    pub fn leave(&mut self) {
        self.leaving = true;
    }

    /// A zone was opened.
    pub fn opened(&mut self, zone: &Arc<str>) {
        self.opening.remove(zone);
        self.kept.insert(zone.clone());
    }

    /// A zone could not be opened; it is tried again.
    pub fn not_opened(&mut self, zone: &str) {
        self.opening.remove(zone);
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
        let placed = Placement::of(board, self.copies);
        moves.extend(self.copy(board, &placed));
        for zone in &self.zones {
            let next = placed.owner(zone);
            let mine = next == Some(&*self.me.name) && !self.leaving;
            match (mine, board.owner(zone)) {
                (true, None) if self.kept.contains(zone) => moves.push(Move::Take(zone.clone())),
                (_, Some(owner)) if *owner == *self.me.name && !self.owned.contains_key(zone) => {
                    moves.push(Move::GiveBack(zone.clone()));
                }
                (false, Some(owner)) if *owner == *self.me.name => {
                    let next = next.filter(|next| **next != *self.me.name);
                    if self.leaving || next.is_some_and(|next| is_near(board, zone, next)) {
                        moves.push(Move::HandOn(zone.clone()));
                    }
                }
                _ => {}
            }
        }
        moves
    }

    /// Which copies are to be made, those of zones that wait for it first, and which may go.
    fn copy(&mut self, board: &Board, placed: &Placement<'_>) -> Vec<Move> {
        if self.leaving {
            return Vec::new();
        }
        let should = |zone: &str| placed.keepers(zone).any(|instance| *instance == *self.me.name);
        let mut missing: Vec<&Arc<str>> =
            self.zones.iter().filter(|zone| !self.kept.contains(*zone) && should(zone)).collect();
        missing.sort_by_key(|zone| (placed.owner(zone) != Some(&self.me.name), board.owner(zone).is_some()));
        let free = AT_ONCE.saturating_sub(self.opening.len());
        let next: Vec<Arc<str>> = missing.into_iter().filter(|zone| !self.opening.contains(*zone)).cloned().collect();
        let whole = |zone: &Arc<str>| placed.keepers(zone).all(|instance| is_near(board, zone, instance));
        let kept = self.kept.iter().filter(|zone| !self.owned.contains_key(*zone));
        let over: Vec<Arc<str>> = kept.filter(|zone| !should(zone) && whole(zone)).cloned().collect();
        self.kept.retain(|zone| !over.contains(zone));
        let opened: Vec<Arc<str>> = next.into_iter().take(free).collect();
        self.opening.extend(opened.iter().cloned());
        opened.into_iter().map(Move::Open).chain(over.into_iter().map(Move::Forget)).collect()
    }

    fn lapsed(&self, now: i64) -> Vec<Move> {
        self.owned.iter().filter(|(_, until)| **until <= now).map(|(zone, _)| Move::Lose(zone.clone())).collect()
    }
}

fn is_near(board: &Board, zone: &str, instance: &str) -> bool {
    board.living(zone).any(|member| *member.instance == *instance && board.is_near(member))
}

#[cfg(test)]
mod tests {
    use super::super::{Board, Instance, Lease, Member};
    use super::{AT_ONCE, Move, Node};
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn zones() -> Vec<Arc<str>> {
        ["a", "b", "c", "d"].map(Arc::from).to_vec()
    }

    fn node(name: &str) -> Node {
        Node::new(Instance { name: name.into(), address: name.into() }, zones(), 2)
    }

    /// Everybody keeps what is named of them, and nobody owns a zone but those named.
    fn board(instances: &[&str], kept: &[(&str, &str)], owned: &[(&str, &str)]) -> Board {
        let member = |instance: &&str, zone: &Arc<str>| Member {
            zone: zone.clone(),
            instance: (*instance).into(),
            address: (*instance).into(),
            seq: if kept.contains(&(&**zone, *instance)) { 100 } else { 0 },
            until: 10,
        };
        let all = zones();
        let members = instances.iter().flat_map(|instance| all.iter().map(move |zone| member(instance, zone)));
        let leases =
            owned.iter().map(|(zone, owner)| Lease { zone: (*zone).into(), owner: (*owner).into(), until: 10 });
        let heads: BTreeMap<_, _> = all.iter().map(|zone| (zone.clone(), 100)).collect();
        Board { now: 5, members: members.collect(), leases: leases.collect(), heads }
    }

    #[test]
    fn a_zone_is_opened_before_it_is_taken_and_few_at_a_time() {
        let mut node = node("i1");
        let first = node.decide(Some(&board(&["i1"], &[], &[])), 0);
        assert_eq!(first, [Move::Open("a".into()), Move::Open("b".into())]);
        assert_eq!(first.len(), AT_ONCE);
        assert!(node.decide(Some(&board(&["i1"], &[], &[])), 0).is_empty(), "they are being read");
        node.opened(&"a".into());
        node.not_opened("b");
        let next = node.decide(Some(&board(&["i1"], &[("a", "i1")], &[])), 0);
        assert_eq!(next, [Move::Open("b".into()), Move::Open("c".into()), Move::Take("a".into())]);
        assert!(!node.is_settled());
    }

    #[test]
    fn a_copy_goes_only_when_all_who_should_keep_the_zone_have_it() {
        let mut node = node("i3");
        zones().iter().for_each(|zone| node.opened(zone));
        let owned = [("a", "i1"), ("b", "i2"), ("c", "i3"), ("d", "i2")];
        // It is the second of a and b, which is its share, and a third of d.
        let mut kept = vec![("a", "i3"), ("b", "i3"), ("c", "i1"), ("d", "i3")];
        kept.extend(owned);
        node.took(&"c".into(), 0);
        assert_eq!(node.decide(Some(&board(&["i1", "i2", "i3"], &kept, &owned)), 0), [], "nobody else follows d yet");
        kept.push(("d", "i1"));
        let moves = node.decide(Some(&board(&["i1", "i2", "i3"], &kept, &owned)), 0);
        assert_eq!(moves, [Move::Forget("d".into())]);
        assert_eq!(node.decide(Some(&board(&["i1", "i2", "i3"], &kept, &owned)), 0), []);
    }
}
