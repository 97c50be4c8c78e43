//! The wall against a small model of halls whose devices die, whose networks fail and whose printers break, by seed.

use super::{Alarm, Beat, Cause, Condition, Fault, Part, Signal, Timing, Wall, Whom};
use crate::row::SubjectId;
use std::collections::{BTreeMap, BTreeSet};
use yizhan_kit::id::SeededEntropy;

const GOOD: Beat = Beat { parts: [Condition::Good; 6], config: 1 };

fn hall(n: u32) -> SubjectId {
    SubjectId(1_000 + n)
}

fn device(n: u32) -> SubjectId {
    SubjectId(n)
}

/// A wall of one hall with so many devices, all heard at 0.
fn wall(devices: u32) -> Wall {
    let mut wall = Wall::new(Timing::default());
    (0..devices).for_each(|n| wall.seat(device(n), hall(0), 0));
    wall
}

/// Goes from one second to another; these devices beat, each at a second of its own.
fn pass(wall: &mut Wall, seconds: std::ops::Range<i64>, beating: &[u32]) -> Vec<(i64, Signal)> {
    let mut told = Vec::new();
    for second in seconds {
        for n in beating.iter().filter(|n| (second + i64::from(**n) * 4) % 15 == 0) {
            assert!(wall.beat(device(*n), GOOD, second * 1000));
        }
        told.extend(wall.look(second * 1000).into_iter().map(|signal| (second, signal)));
    }
    told
}

fn cause(signal: &Signal) -> Cause {
    match signal {
        Signal::Raised(alarm) | Signal::Repeated(alarm) | Signal::Cleared(alarm) => alarm.cause,
    }
}

const SILENT_ZERO: Cause = Cause { whom: Whom::Device(SubjectId(0)), fault: Fault::Silence };

#[test]
fn silence_is_an_outage_after_two_beats_and_an_alarm_after_three() {
    let mut wall = wall(5);
    assert!(pass(&mut wall, 0..61, &[0, 1, 2, 3, 4]).is_empty());
    // Heard last at 60.
    assert!(pass(&mut wall, 61..90, &[1, 2, 3, 4]).is_empty());
    assert_eq!(wall.find(device(0)).unwrap().silent_since(), None);
    assert!(pass(&mut wall, 90..105, &[1, 2, 3, 4]).is_empty());
    assert_eq!(wall.find(device(0)).unwrap().silent_since(), Some(60_000), "shown within 45 seconds");
    let told = pass(&mut wall, 105..300, &[1, 2, 3, 4]);
    let [(105, Signal::Raised(Alarm { cause, devices: 1, .. }))] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(*cause, SILENT_ZERO);
    // Back: the outage is over at once, its alarm when all was well for two beats.
    let told = pass(&mut wall, 300..360, &[0, 1, 2, 3, 4]);
    assert_eq!(wall.find(device(0)).unwrap().silent_since(), None);
    let [(330, Signal::Cleared(_))] = told.as_slice() else { panic!("{told:?}") };
    let spell = wall.spells().of(device(0), 0).next().unwrap();
    assert_eq!((spell.fault, spell.from, spell.to), (Fault::Silence, 60_000, 300_000));
    assert_eq!(wall.spells().heard_permille(device(0), 0, 480_000, None), 500, "heard half the time");
    let repair = wall.spells().repairs(0, |_| true);
    assert_eq!((repair[0].count, repair[0].median_ms), (1, 240_000));
}

#[test]
fn an_open_alarm_is_repeated_on_schedule_and_never_raised_again() {
    let mut wall = wall(3);
    let told = pass(&mut wall, 0..60_000, &[1, 2]);
    let when = |told: &(i64, Signal)| match told.1 {
        Signal::Raised(_) => (told.0, 'r'),
        Signal::Repeated(_) => (told.0, 'a'),
        Signal::Cleared(_) => (told.0, 'c'),
    };
    let schedule: Vec<_> = told.iter().map(when).collect();
    assert_eq!(schedule, [(45, 'r'), (1_845, 'a'), (9_045, 'a'), (37_845, 'a')]);
}

#[test]
fn a_hall_that_loses_its_network_rings_once_and_what_stays_away_rings_for_itself() {
    let mut wall = wall(12);
    let all: Vec<u32> = (0..12).collect();
    assert!(pass(&mut wall, 0..100, &all).is_empty());
    let told = pass(&mut wall, 100..400, &[]);
    let [(_, Signal::Raised(alarm))] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(alarm.cause, Cause { whom: Whom::Hall(hall(0)), fault: Fault::Silence });
    assert!(alarm.devices >= 10, "{alarm:?}");
    assert_eq!(wall.seats().filter(|(_, seat)| seat.silent_since().is_some()).count(), 12, "each is shown");
    // All but one come back.
    let told = pass(&mut wall, 400..600, &all[1..]);
    let causes: Vec<_> = told.iter().map(|(_, signal)| cause(signal)).collect();
    assert_eq!(causes, [alarm.cause, SILENT_ZERO], "{told:?}");
    assert!(matches!(told[0].1, Signal::Cleared(_)) && matches!(told[1].1, Signal::Raised(_)));
}

#[test]
fn a_printer_that_flickers_rings_once() {
    let mut wall = wall(3);
    let jam = Beat {
        parts: [
            Condition::Faulty,
            Condition::Low,
            Condition::Good,
            Condition::Good,
            Condition::Good,
            Condition::Absent,
        ],
        config: 1,
    };
    let mut told = Vec::new();
    // Faulty for a minute, then on and off with every beat, then well.
    for beat in 0..100_i64 {
        let bad = beat < 4 || (beat < 60 && beat % 2 == 0);
        for n in 0..3 {
            wall.beat(device(n), if n == 0 && bad { jam } else { GOOD }, beat * 15_000);
        }
        told.extend(wall.look(beat * 15_000));
    }
    let [Signal::Raised(raised), Signal::Cleared(cleared)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((raised.n, raised.cause.fault), (cleared.n, Fault::Part(Part::Printer)));
    // Little paper is shown and does not ring.
    wall.beat(device(0), jam, 2_000_000);
    assert_eq!(wall.find(device(0)).unwrap().part(Part::Paper).0, Condition::Low);
    assert_eq!(wall.find(device(0)).unwrap().faults().collect::<Vec<_>>(), [(Fault::Part(Part::Printer), 2_000_000)]);
}

#[test]
fn a_heartbeat_that_says_the_same_changes_nothing_that_is_shown() {
    let mut wall = wall(1);
    wall.beat(device(0), GOOD, 1_000);
    let before = wall.version();
    (1..100).for_each(|n| assert!(wall.beat(device(0), GOOD, n * 100)));
    assert_eq!((wall.version(), wall.find(device(0)).unwrap().beats), (before, 100));
    assert!(!wall.beat(device(9), GOOD, 1_000), "a stranger has no seat");
    wall.remove(device(0));
    assert!(!wall.beat(device(0), GOOD, 11_000));
}

/// What happens in a hall of the story.
struct Place {
    devices: Vec<u32>,
    network: bool,
}

/// A seeded day of halls: the wall shows what the model says, every cause rings in turn, a hall's loss is one alarm.
#[test]
fn a_seeded_day_in_many_halls_is_shown_as_it_was() {
    for seed in 1..=12 {
        let chance = SeededEntropy::new(seed);
        let mut wall = Wall::new(Timing::default());
        let mut halls: Vec<Place> = (0..6_u32)
            .map(|n| Place {
                devices: (n * 10..n * 10 + 3 + u32::try_from(chance.below(6)).unwrap()).collect(),
                network: true,
            })
            .collect();
        let (mut up, mut jammed, mut heard) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        for (n, place) in halls.iter().enumerate() {
            for id in &place.devices {
                wall.seat(device(*id), hall(u32::try_from(n).unwrap()), 0);
                up.insert(*id, true);
                heard.insert(*id, 0_i64);
            }
        }
        let (mut open, mut ended): (BTreeMap<Cause, i64>, BTreeMap<SubjectId, i64>) = Default::default();
        let (mut losses, mut of_halls, mut signals) = (0, 0, 0);
        for second in 0..14_400_i64 {
            let at = second * 1000;
            // Now and then something breaks or is mended.
            if chance.below(90) == 0 {
                let place = &mut halls[usize::try_from(chance.below(6)).unwrap()];
                match chance.below(8) {
                    0 => {
                        losses += usize::from(place.network);
                        place.network = !place.network;
                    }
                    1..=4 => {
                        let id = *chance.pick(&place.devices);
                        let now = !up[&id];
                        up.insert(id, now);
                    }
                    _ => {
                        let id = *chance.pick(&place.devices);
                        if !jammed.remove(&id) {
                            jammed.insert(id);
                        }
                    }
                }
            }
            for place in halls.iter().filter(|place| place.network) {
                for id in place.devices.iter().filter(|id| up[*id] && (second + i64::from(**id) * 7) % 15 == 0) {
                    let mut beat = GOOD;
                    if jammed.contains(id) {
                        beat.parts[0] = Condition::Faulty;
                    }
                    wall.beat(device(*id), beat, at);
                    heard.insert(*id, at);
                }
            }
            for signal in wall.look(at) {
                signals += 1;
                match signal {
                    Signal::Raised(alarm) => {
                        of_halls += usize::from(matches!(alarm.cause.whom, Whom::Hall(_)));
                        assert_eq!(open.insert(alarm.cause, at), None, "seed {seed}: raised twice {alarm:?}");
                    }
                    Signal::Cleared(alarm) => {
                        assert!(open.remove(&alarm.cause).is_some(), "seed {seed}: cleared twice {alarm:?}");
                        if let Whom::Hall(hall) = alarm.cause.whom {
                            ended.insert(hall, at);
                        }
                    }
                    Signal::Repeated(alarm) => assert!(at - open[&alarm.cause] >= 1_800_000, "seed {seed}: too soon"),
                }
            }
            for (id, last) in &heard {
                let seat = wall.find(device(*id)).unwrap();
                let shown = seat.silent_since().is_some();
                assert_eq!(shown, at - last >= 30_000, "seed {seed}, second {second}, device {id}");
                // Nothing that lasts stays without an alarm, its own or its hall's; after its hall's it gets two beats.
                let has = |fault| {
                    [Whom::Device(device(*id)), Whom::Hall(seat.hall)]
                        .iter()
                        .any(|whom| open.contains_key(&Cause { whom: *whom, fault }))
                };
                let graced = ended.get(&seat.hall).is_some_and(|ended| at - ended < 30_000);
                assert!(
                    at - last < 50_000 || graced || has(Fault::Silence),
                    "seed {seed}, second {second}: {id} is forgotten"
                );
            }
        }
        let most = 2 * 14_400 / 90 * 3;
        assert!(losses > 0 && of_halls > 0 && signals < most, "seed {seed}: {losses} {of_halls} {signals}");
    }
}
