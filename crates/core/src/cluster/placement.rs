//! Which instance should own which zone. Every instance computes it from the same board, and the database decides when boards differ.
//!
//! Whoever owns a zone keeps it as long as nobody has to give; a zone without an owner goes to whoever has least; an instance that
//! came takes from whoever has most. So a start or an end moves no zone but those that have to move.

use super::Board;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The instance that should own each zone, of those that can serve it and live.
pub fn place(board: &Board) -> BTreeMap<&str, &str> {
    let mut able: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for member in board.members.iter().filter(|member| member.until > board.now) {
        able.entry(&member.zone).or_default().push(&member.instance);
    }
    let mut load: BTreeMap<&str, usize> = able.values().flatten().map(|instance| (*instance, 0)).collect();
    let (zones, instances) = (able.len(), load.len().max(1));
    let most = zones.div_ceil(instances);
    let mut placed: BTreeMap<&str, &str> = BTreeMap::new();
    for (zone, instances) in &able {
        let owner = board.owner(zone).and_then(|owner| instances.iter().find(|instance| **instance == owner));
        if let Some(owner) = owner
            && load[owner] < most
        {
            *load.entry(owner).or_default() += 1;
            placed.insert(zone, owner);
        }
    }
    for (zone, instances) in &able {
        if placed.contains_key(zone) {
            continue;
        }
        // Among those that have as little, the one that follows it closely.
        let Some(next) = instances.iter().min_by_key(|instance| (load[**instance], rank(zone, instance))) else {
            continue;
        };
        *load.entry(next).or_default() += 1;
        placed.insert(zone, next);
    }
    placed
}

/// Who follows a zone closely, to take it over: one of those that live and do not own it.
pub fn heir<'a>(board: &'a Board, zone: &'a str) -> Option<&'a str> {
    let owner = board.owner(zone);
    let others = board.living(zone).filter(|member| owner != Some(&*member.instance));
    others.map(|member| &*member.instance).min_by_key(|instance| rank(zone, instance))
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
    use super::place;
    use std::collections::BTreeMap;

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
        place(board).into_iter().map(|(zone, owner)| (zone.to_owned(), owner.to_owned())).collect()
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
        assert!(place(&board).values().all(|owner| *owner == "i2"));
    }
}
