//! The wall: every device's seat, what it said last, what is wrong, and the alarms that are open.
//!
//! A heartbeat changes a seat and is answered at once; alarms are found by looking, once a second. Three things keep them
//! from storming: what most devices of a hall suffer together is one alarm of the hall; an alarm of a cause that is open is
//! not raised again; and it ends only when all was well for two beats.

use super::{Beat, Cause, Condition, Fault, Part, Spell, Spells, Timing, Whom};
use crate::row::SubjectId;
use std::collections::{BTreeMap, BTreeSet};

/// A fault of a device, or its absence, and since when. Milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Trouble {
    bad: bool,
    since: i64,
}

/// What is known of a device.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The hall where it stands.
    pub hall: SubjectId,
    /// What it said last; nothing until it was heard since the wall was put up.
    pub last: Option<Beat>,
    /// When it was heard last, milliseconds; when the wall was put up, for whoever was not heard since.
    pub heard: i64,
    /// How many heartbeats it gave.
    pub beats: u64,
    troubles: [Trouble; 7],
}

impl Seat {
    /// Since when nothing is heard, where that is an outage.
    pub fn silent_since(&self) -> Option<i64> {
        self.troubles[0].bad.then_some(self.troubles[0].since)
    }

    /// How a part is, and since when it is faulty or well.
    pub fn part(&self, part: Part) -> (Condition, i64) {
        let condition = self.last.map_or(Condition::Good, |beat| beat.parts[part as usize]);
        (condition, self.troubles[1 + part as usize].since)
    }

    /// What is wrong now.
    pub fn faults(&self) -> impl Iterator<Item = (Fault, i64)> + '_ {
        let troubles = Fault::ALL.into_iter().zip(&self.troubles);
        troubles.filter(|(_, trouble)| trouble.bad).map(|(fault, trouble)| (fault, trouble.since))
    }
}

/// An alarm that is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// Its number; a cause whose alarm ended gets another.
    pub n: u64,
    /// What it is about.
    pub cause: Cause,
    /// When it was raised, milliseconds.
    pub raised: i64,
    /// How many devices suffered when it was raised.
    pub devices: usize,
    /// How often it was repeated.
    pub repeats: usize,
    next: i64,
    well_since: Option<i64>,
}

/// Something to tell people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// An alarm begins.
    Raised(Alarm),
    /// It is still open.
    Repeated(Alarm),
    /// It is over.
    Cleared(Alarm),
}

/// Every device that was enrolled, as it is now.
#[derive(Debug)]
pub struct Wall {
    timing: Timing,
    seats: BTreeMap<SubjectId, Seat>,
    /// The devices of each hall.
    halls: BTreeMap<SubjectId, BTreeSet<SubjectId>>,
    open: BTreeMap<Cause, Alarm>,
    /// When an alarm of a hall ended: those who are still in trouble get a beat to come back before they ring themselves.
    ended: BTreeMap<(SubjectId, Fault), i64>,
    spells: Spells,
    raised: u64,
    now: i64,
    version: u64,
}

impl Wall {
    /// An empty wall.
    pub fn new(timing: Timing) -> Self {
        Self {
            timing,
            seats: BTreeMap::new(),
            halls: BTreeMap::new(),
            open: BTreeMap::new(),
            ended: BTreeMap::new(),
            spells: Spells::default(),
            raised: 0,
            now: 0,
            version: 0,
        }
    }

    /// Changes whenever something that the wall shows has changed; a heartbeat that says the same again changes nothing.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The timing.
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Gives a device its seat, as if it had just been heard. One that has a seat keeps it, in the hall where it is now.
    pub fn seat(&mut self, device: SubjectId, hall: SubjectId, at: i64) {
        let at = self.advance(at);
        let seat = self.seats.entry(device).or_insert_with(|| {
            let well = Trouble { bad: false, since: at };
            Seat { hall, last: None, heard: at, beats: 0, troubles: [well; 7] }
        });
        let before = std::mem::replace(&mut seat.hall, hall);
        self.leave(device, before);
        self.halls.entry(hall).or_default().insert(device);
        self.version += 1;
    }

    /// Takes a device off the wall, and its alarms with it.
    pub fn remove(&mut self, device: SubjectId) {
        if let Some(seat) = self.seats.remove(&device) {
            self.leave(device, seat.hall);
        }
        self.open.retain(|cause, _| cause.whom != Whom::Device(device));
        self.version += 1;
    }

    fn leave(&mut self, device: SubjectId, hall: SubjectId) {
        if let Some(here) = self.halls.get_mut(&hall) {
            here.remove(&device);
        }
    }

    /// Of the devices of a hall, how many there are and how many suffer something.
    fn suffering(&self, hall: SubjectId, suffers: impl Fn(&Seat) -> bool) -> (usize, usize) {
        let here = self.halls.get(&hall).into_iter().flatten().filter_map(|device| self.seats.get(device));
        here.fold((0, 0), |(all, bad), seat| (all + 1, bad + usize::from(suffers(seat))))
    }

    /// A heartbeat. Whether the device has a seat.
    pub fn beat(&mut self, device: SubjectId, beat: Beat, at: i64) -> bool {
        let at = self.advance(at);
        let Some(seat) = self.seats.get_mut(&device) else { return false };
        seat.heard = at;
        seat.beats += 1;
        let same = seat.last == Some(beat);
        if same && !seat.troubles[0].bad {
            return true;
        }
        seat.last = Some(beat);
        self.version += 1;
        let bad = std::iter::once(false).chain(beat.parts.map(|condition| condition == Condition::Faulty));
        for ((fault, trouble), bad) in Fault::ALL.into_iter().zip(&mut seat.troubles).zip(bad) {
            if trouble.bad == bad {
                continue;
            }
            if trouble.bad {
                self.spells.push(Spell { device, fault, from: trouble.since, to: at });
            }
            *trouble = Trouble { bad, since: at };
        }
        true
    }

    /// Looks at every seat: who fell silent, which alarms begin, are repeated and end.
    pub fn look(&mut self, at: i64) -> Vec<Signal> {
        let at = self.advance(at);
        for seat in self.seats.values_mut() {
            if !seat.troubles[0].bad && at - seat.heard >= self.timing.silent_ms {
                seat.troubles[0] = Trouble { bad: true, since: seat.heard };
                self.version += 1;
            }
        }
        let mut signals = Vec::new();
        self.end(at, &mut signals);
        self.begin(at, &mut signals);
        for alarm in self.open.values_mut().filter(|alarm| alarm.next <= at && alarm.raised < at) {
            alarm.repeats += 1;
            let last = self.timing.repeat_ms.len() - 1;
            alarm.next = at + self.timing.repeat_ms[alarm.repeats.min(last)];
            signals.push(Signal::Repeated(*alarm));
        }
        self.version += u64::from(!signals.is_empty());
        signals
    }

    /// Ends the alarms whose cause was away long enough.
    fn end(&mut self, at: i64, signals: &mut Vec<Signal>) {
        let calm = self.timing.calm_ms;
        let mut over = Vec::new();
        let mut open = std::mem::take(&mut self.open);
        for alarm in open.values_mut() {
            let place = alarm.cause.fault.place();
            // Whether it is well, and since when: a device says when it came back, a hall is seen to.
            let (is_well, since) = match alarm.cause.whom {
                Whom::Device(device) => self
                    .seats
                    .get(&device)
                    .map_or((true, at), |seat| (!seat.troubles[place].bad, seat.troubles[place].since)),
                Whom::Hall(hall) => {
                    let (all, bad) = self.suffering(hall, |seat| seat.troubles[place].bad);
                    (bad * 2 <= all, at)
                }
            };
            alarm.well_since = is_well.then(|| alarm.well_since.unwrap_or(since));
            if alarm.well_since.is_some_and(|since| at - since >= calm) {
                over.push(alarm.cause);
            }
        }
        self.open = open;
        for cause in over {
            signals.extend(self.open.remove(&cause).map(Signal::Cleared));
            if let Whom::Hall(hall) = cause.whom {
                self.ended.insert((hall, cause.fault), at);
            }
        }
    }

    /// Raises what is due: for a hall where most suffer the same, else device by device.
    fn begin(&mut self, at: i64, signals: &mut Vec<Signal>) {
        let timing = self.timing;
        let mut due: BTreeMap<(SubjectId, Fault), Vec<SubjectId>> = BTreeMap::new();
        for (device, seat) in &self.seats {
            for (fault, since) in seat.faults() {
                let wait = if fault == Fault::Silence { timing.silent_ms + timing.grace_ms } else { timing.calm_ms };
                let own = Cause { whom: Whom::Device(*device), fault };
                let halls = Cause { whom: Whom::Hall(seat.hall), fault };
                let graced = self.ended.get(&(seat.hall, fault)).is_some_and(|ended| at - ended < timing.silent_ms);
                if at - since >= wait && !graced && !self.open.contains_key(&own) && !self.open.contains_key(&halls) {
                    due.entry((seat.hall, fault)).or_default().push(*device);
                }
            }
        }
        for ((hall, fault), devices) in due {
            // Some of a hall's devices were heard a beat later than others: one that missed a beat counts.
            let (all, bad) = self.suffering(hall, |seat| {
                let missing = fault == Fault::Silence && at - seat.heard >= timing.missed_ms;
                missing || seat.troubles[fault.place()].bad
            });
            if bad >= timing.hall_least && bad * 100 >= all * timing.hall_percent {
                self.raise(Cause { whom: Whom::Hall(hall), fault }, bad, at, signals);
                continue;
            }
            for device in devices {
                self.raise(Cause { whom: Whom::Device(device), fault }, 1, at, signals);
            }
        }
    }

    fn raise(&mut self, cause: Cause, devices: usize, at: i64, signals: &mut Vec<Signal>) {
        self.raised += 1;
        let next = at + self.timing.repeat_ms[0];
        let alarm = Alarm { n: self.raised, cause, raised: at, devices, repeats: 0, next, well_since: None };
        self.open.insert(cause, alarm);
        signals.push(Signal::Raised(alarm));
    }

    /// A device's seat.
    pub fn find(&self, device: SubjectId) -> Option<&Seat> {
        self.seats.get(&device)
    }

    /// Every seat, by device.
    pub fn seats(&self) -> impl Iterator<Item = (SubjectId, &Seat)> {
        self.seats.iter().map(|(device, seat)| (*device, seat))
    }

    /// The alarms that are open, those of halls first.
    pub fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.open.values()
    }

    /// The faults that are over.
    pub fn spells(&self) -> &Spells {
        &self.spells
    }

    /// Time does not go back on the wall, whatever the clocks of several threads say.
    fn advance(&mut self, at: i64) -> i64 {
        self.now = self.now.max(at);
        self.now
    }
}

impl Fault {
    fn place(self) -> usize {
        match self {
            Self::Silence => 0,
            Self::Part(part) => 1 + part as usize,
        }
    }
}
