//! Which instance should own which zone, and which others keep a copy of it warm. Every instance computes it from the same board, and the
//! database decides when boards differ.
//!
//! Whoever has a zone keeps it as long as nobody has to give; what is missing goes to whoever has least; an instance that came takes from
//! whoever has most. So a start or an end moves no zone but those that have to move. A zone costs memory and work only where it is
//! kept: an act costs the same however many instances there are.

use super::{Board, Member};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Who should have which zone.
pub struct Placement<'a> {
    zones: BTreeMap<&'a str, Placed<'a>>,
}

/// Who should have a zone.
struct Placed<'a> {
    owner: &'a str,
    /// Who owns it now, until it is handed on.
    owns: Option<&'a str>,
    /// Who else keeps it warm.
    others: Vec<&'a str>,
}

impl<'a> Placement<'a> {
    /// The placement of the zones that living instances can serve, each kept by so many of them, its owner included.
    pub fn of(board: &'a Board, copies: usize) -> Self {
        let mut able: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
        for member in board.members.iter().filter(|member| member.until > board.now) {
            able.entry(&member.zone).or_default().push(member);
        }
        let owners = owners(board, &able);
        let others = others(board, &able, &owners, copies.saturating_sub(1));
        let placed = owners.into_iter().zip(others).map(|((zone, owner), others)| {
            let lives = |owns: &&str| able[zone].iter().any(|member| *member.instance == **owns);
            (zone, Placed { owner, owns: board.owner(zone).filter(lives), others })
        });
        Self { zones: placed.collect() }
    }

    /// Who should own a zone.
    pub fn owner(&self, zone: &str) -> Option<&'a str> {
        self.zones.get(zone).map(|placed| placed.owner)
    }

    /// Everybody who should keep a zone in memory: who owns it, who should, and who would take it over.
    pub fn keepers(&self, zone: &str) -> impl Iterator<Item = &'a str> {
        let placed = self.zones.get(zone).into_iter();
        placed.flat_map(|placed| {
            let owner = std::iter::once(placed.owner).chain(placed.owns.filter(|owns| *owns != placed.owner));
            owner.chain(placed.others.iter().copied())
        })
    }
}

/// How many zones each instance has; those that have none too.
fn nothing<'a>(able: &BTreeMap<&str, Vec<&'a Member>>) -> BTreeMap<&'a str, usize> {
    able.values().flatten().map(|member| (&*member.instance, 0)).collect()
}

fn owners<'a>(board: &'a Board, able: &BTreeMap<&'a str, Vec<&'a Member>>) -> BTreeMap<&'a str, &'a str> {
    let mut load = nothing(able);
    let most = able.len().div_ceil(load.len().max(1));
    let mut placed: BTreeMap<&str, &str> = BTreeMap::new();
    for (zone, members) in able {
        let owner = members.iter().map(|member| &*member.instance).find(|name| board.owner(zone) == Some(name));
        if let Some(owner) = owner.filter(|owner| load[owner] < most) {
            *load.entry(owner).or_default() += 1;
            placed.insert(zone, owner);
        }
    }
    for (zone, members) in able {
        if placed.contains_key(zone) {
            continue;
        }
        // Nobody waits for whoever would have to read the zone first, if another has it in memory.
        let waits = board.owner(zone).is_none();
        let next = members.iter().min_by_key(|member| {
            let cold = waits && !board.is_near(member);
            (cold, load[&*member.instance], rank(zone, &member.instance))
        });
        let Some(next) = next else { continue };
        *load.entry(&next.instance).or_default() += 1;
        placed.insert(zone, &next.instance);
    }
    placed
}

/// For each zone, in their order, whoever keeps it warm beside its owner.
fn others<'a>(
    board: &'a Board,
    able: &BTreeMap<&'a str, Vec<&'a Member>>,
    owners: &BTreeMap<&'a str, &'a str>,
    each: usize,
) -> Vec<Vec<&'a str>> {
    let mut load = nothing(able);
    let most = (able.len() * each).div_ceil(load.len().max(1));
    let mut placed: Vec<Vec<&str>> = Vec::with_capacity(able.len());
    for (zone, members) in able {
        let mut warm: Vec<&str> = members
            .iter()
            .filter(|member| board.is_near(member) && owners.get(zone) != Some(&&*member.instance))
            .map(|member| &*member.instance)
            .collect();
        warm.sort_by_key(|instance| rank(zone, instance));
        warm.retain(|instance| load[instance] < most);
        warm.truncate(each);
        warm.iter().for_each(|instance| *load.entry(instance).or_default() += 1);
        placed.push(warm);
    }
    for ((zone, members), kept) in able.iter().zip(&mut placed) {
        while kept.len() < each {
            let free = members.iter().map(|member| &*member.instance);
            let free = free.filter(|instance| owners.get(zone) != Some(instance) && !kept.contains(instance));
            let Some(next) = free.min_by_key(|instance| (load[instance], rank(zone, instance))) else { break };
            *load.entry(next).or_default() += 1;
            kept.push(next);
        }
    }
    placed
}

/// The same everywhere: `DefaultHasher::new` has fixed keys, and instances of one release share it. A difference would only make two
/// instances try for the same zone.
fn rank(zone: &str, instance: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (zone, instance).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::{Board, Lease, Member};
    use super::Placement;
    use std::collections::{BTreeMap, BTreeSet};

    fn board(zones: &[&str], instances: &[&str], owned: &[(&str, &str)]) -> Board {
        let members = zones.iter().flat_map(|zone| {
            instances.iter().map(|instance| Member {
                zone: (*zone).into(),
                instance: (*instance).into(),
                address: "http://127.0.0.1:1".into(),
                seq: 0,
                until: 10,
            })
        });
        let leases =
            owned.iter().map(|(zone, owner)| Lease { zone: (*zone).into(), owner: (*owner).into(), until: 10 });
        Board { now: 5, members: members.collect(), leases: leases.collect(), heads: BTreeMap::new() }
    }

    fn owners(board: &Board) -> BTreeMap<String, String> {
        let placed = Placement::of(board, 2);
        ZONES.iter().filter_map(|zone| Some(((*zone).to_owned(), placed.owner(zone)?.to_owned()))).collect()
    }

    const ZONES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    #[test]
    fn zones_are_spread_evenly() {
        for n in 1..=6 {
            let instances = &["i1", "i2", "i3", "i4", "i5", "i6"][..n];
            let placed = owners(&board(&ZONES, instances, &[]));
            for instance in instances {
                let own = placed.values().filter(|owner| owner == instance).count();
                assert!((6 / n..=6_usize.div_ceil(n)).contains(&own), "{n} instances, {instance} has {own}");
            }
        }
    }

    #[test]
    fn who_comes_takes_its_share_and_no_more_and_who_goes_leaves_the_rest_alone() {
        let before: Vec<(&str, &str)> =
            ZONES.iter().zip(["i1", "i2"].into_iter().cycle()).map(|(z, i)| (*z, i)).collect();
        let came = owners(&board(&ZONES, &["i1", "i2", "i3"], &before));
        let moved = before.iter().filter(|(zone, owner)| came[*zone] != **owner).count();
        assert_eq!((moved, came.values().filter(|owner| *owner == "i3").count()), (2, 2));
        let went = owners(&board(&ZONES, &["i2"], &before));
        assert!(went.values().all(|owner| owner == "i2"));
    }

    #[test]
    fn a_dead_instance_gets_nothing() {
        let mut board = board(&ZONES, &["i1", "i2"], &[("a", "i1")]);
        for member in board.members.iter_mut().filter(|member| *member.instance == *"i1") {
            member.until = 5;
        }
        assert!(owners(&board).values().all(|owner| owner == "i2"));
        assert!(ZONES.iter().all(|zone| Placement::of(&board, 2).keepers(zone).eq(["i2"])));
    }

    #[test]
    fn a_zone_is_kept_by_as_many_as_were_wished_and_everybody_keeps_their_share() {
        for (n, copies) in [(1, 2), (2, 2), (4, 2), (5, 3), (6, 1)] {
            let instances = &["i1", "i2", "i3", "i4", "i5", "i6"][..n];
            let board = board(&ZONES, instances, &[]);
            let placed = Placement::of(&board, copies);
            let mut load: BTreeMap<&str, usize> = BTreeMap::new();
            for zone in ZONES {
                let keepers: Vec<&str> = placed.keepers(zone).collect();
                assert_eq!(keepers.len(), copies.min(n));
                assert_eq!(keepers.iter().collect::<BTreeSet<_>>().len(), keepers.len(), "nobody keeps it twice");
                keepers.into_iter().for_each(|instance| *load.entry(instance).or_default() += 1);
            }
            let share = (ZONES.len() * copies.min(n)).div_ceil(n);
            assert!(load.values().all(|kept| *kept <= share + 1), "{n} instances, {copies} copies: {load:?}");
        }
    }

    #[test]
    fn a_dead_owner_is_followed_by_whoever_has_the_zone_in_memory_and_who_keeps_it_warm_stays() {
        let mut board = board(&["a", "b"], &["i1", "i2", "i3", "i4"], &[("b", "i4")]);
        board.heads = BTreeMap::from([("a".into(), 50_000), ("b".into(), 50_000)]);
        for (zone, instance) in [("a", "i4"), ("b", "i4"), ("b", "i2")] {
            let of = |member: &&mut Member| *member.zone == *zone && *member.instance == *instance;
            board.members.iter_mut().find(of).expect("it is there").seq = 49_000;
        }
        let placed = Placement::of(&board, 2);
        assert_eq!(placed.owner("a"), Some("i4"), "though it owns another already");
        assert!(placed.keepers("b").eq(["i4", "i2"]));
        // Owned by somebody who has too much, it is handed to whoever has nothing, and kept by both until then.
        board.leases.push(Lease { zone: "a".into(), owner: "i4".into(), until: 10 });
        let placed = Placement::of(&board, 2);
        let next = placed.owner("b").expect("somebody should own it");
        assert_ne!(next, "i4");
        assert!(placed.keepers("b").any(|instance| instance == "i4"));
    }
}
