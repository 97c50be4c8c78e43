//! How far a case has come, for boards: whether somebody was reached in time, is here, is watched over, is late with
//! something. The same answers count a board and choose the cases behind each of its numbers.

use super::alarms::alarms_of;
use crate::catalog::{Duty, DutyState, DutyWho, Rhythm, Service, Within, duty};
use crate::image::Image;
use crate::image::case::{CaseHead, State};
use crate::image::column::{Column, Spells};
use crate::image::fact::{Spell, Value};
use std::sync::Arc;
use yizhan_kit::{Day, Moment};

/// How far a case has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Whether it was opened on the day that is asked about.
    pub opened_today: bool,
    /// When somebody was first reached.
    pub contacted: Option<Moment>,
    /// Whether that was in time; absent while nobody was reached and there is time left.
    pub in_time: Option<bool>,
    /// The day of the arrival.
    pub arrived: Option<Day>,
    /// Whether it is watched over on the day that is asked about.
    pub monitored: bool,
    /// Whether its step is overdue, or something that is expected by now has not come.
    pub overdue: bool,
    /// Whether an officer is to do something today, or should have.
    pub due: bool,
    /// Whether an alarm is open.
    pub alarm: bool,
    /// Whether it has come to its end by rule.
    pub released: bool,
}

/// What is due and overdue of a case's duties.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pressing {
    /// Something is overdue.
    pub overdue: bool,
    /// An officer is to do something now.
    pub due: bool,
}

struct OfDuty<'a> {
    duty: &'a Duty,
    starts: Option<&'a Column>,
    expects: Option<&'a Column>,
    /// The column of the last day, or of the days that were ordered.
    by: Option<&'a Column>,
    /// The column of the last day of all.
    until: Option<&'a Column>,
}

/// The cases of one service under one catalog, with everything looked up that is the same for all of them.
pub struct Standings<'a> {
    image: &'a Image,
    service: Arc<Service>,
    catalog: u16,
    duties: Vec<(usize, [Option<&'a Column>; 3])>,
    contact: Option<&'a Column>,
    arrived: Option<&'a Column>,
    until: Option<&'a Column>,
    within_ms: Option<i64>,
}

impl<'a> Standings<'a> {
    /// Looks up what the cases like this one have in common.
    pub fn like(image: &'a Image, case: &CaseHead) -> Self {
        let service = image.service(case).clone();
        let column = |name: &str| image.column_of(name);
        let duties = service.duties.iter().enumerate().map(|(place, duty)| {
            let by = match &duty.rhythm {
                Rhythm::Days(_) => None,
                Rhythm::On(name) | Rhythm::Until { attribute: name, .. } => column(name),
            };
            (place, [column(&duty.starts), column(&duty.expects), by])
        });
        let board = service.board.as_ref();
        let within_ms = match service.steps[0].within {
            Some(Within::Hours(hours)) => Some(i64::from(hours) * 3_600_000),
            _ => None,
        };
        Self {
            image,
            catalog: case.catalog,
            duties: duties.collect(),
            contact: board.and_then(|board| column(&board.contact)),
            arrived: board.and_then(|board| column(&board.arrived)),
            until: board.and_then(|board| column(&board.until)),
            within_ms,
            service,
        }
    }

    /// Whether a case is one of them.
    pub fn fits(&self, case: &CaseHead) -> bool {
        self.catalog == case.catalog && self.image.service(case).name == self.service.name
    }

    /// How far a case has come.
    pub fn of(&self, case: &CaseHead, now: Moment) -> Standing {
        let (slot, today) = (self.image.slot(case), now.day());
        let opened = self.image.opened_at(case);
        let contacted = self.contact.and_then(|column| {
            let first = column.spells(slot).iter().map(|spell| spell.seq).filter(|seq| *seq != 0).min()?;
            self.image.act(first).map(|act| act.at())
        });
        let target = self.within_ms.map(|within| opened.plus_ms(within));
        let in_time = target.and_then(|target| match contacted {
            Some(at) => Some(at <= target),
            None => (now > target && case.state.is_open()).then_some(false),
        });
        let day = |column: Option<&Column>| match column.and_then(|column| column.latest(slot)) {
            Some(Value::Day(day)) => Some(day),
            _ => None,
        };
        let arrived = day(self.arrived);
        let open = case.state.is_open();
        let pressing = if open { self.pressing(case, now) } else { Pressing::default() };
        Standing {
            opened_today: opened.day() == today,
            contacted,
            in_time,
            arrived,
            monitored: open && arrived.is_some() && day(self.until).is_none_or(|until| today <= until),
            overdue: open && (case.due().is_some_and(|due| due < now) || pressing.overdue),
            due: pressing.due,
            alarm: open && !alarms_of(self.image, case).is_empty(),
            released: case.state == State::Completed,
        }
    }

    /// What presses now among the duties of an open case. Looks only at what can press: the windows that today lies in.
    pub fn pressing(&self, case: &CaseHead, now: Moment) -> Pressing {
        let mut pressing = Pressing::default();
        let slot = self.image.slot(case);
        for (place, [starts, expects, by]) in &self.duties {
            let until = self.until;
            let duty = &self.service.duties[*place];
            let of = OfDuty { duty, starts: *starts, expects: *expects, by: *by, until };
            let state = of.state(slot, now);
            pressing.overdue |= state == Some(DutyState::Overdue);
            let officers = !matches!(of.duty.who, DutyWho::Holder);
            pressing.due |= officers && matches!(state, Some(DutyState::Due | DutyState::Overdue));
        }
        pressing
    }
}

impl OfDuty<'_> {
    /// The most pressing state of an occurrence whose window is open now; absent when none is.
    fn state(&self, slot: u32, now: Moment) -> Option<DutyState> {
        let Some(Value::Day(day0)) = self.starts?.latest(slot) else { return None };
        let came = self.expects.map_or(Spells::One(None), |column| column.spells(slot));
        let today = now.day();
        if let Rhythm::Until { from, .. } = &self.duty.rhythm
            && (self.duty.early_days, self.duty.late_days) == (0, 0)
        {
            // Every day is its own window: only today's can be open.
            let Some(Value::Day(until)) = self.by?.latest(slot) else { return None };
            if today < day0.plus(*from) || today > until || holds(&came, today) {
                return None;
            }
            let due = today.start().plus_ms(i64::from(self.duty.by_minutes) * 60_000);
            return Some(if now > due { DutyState::Overdue } else { DutyState::Due });
        }
        if let Rhythm::On(_) = &self.duty.rhythm {
            let ordered = self.by.map_or(Spells::One(None), |column| column.spells(slot));
            let last = match self.until.and_then(|column| column.latest(slot)) {
                Some(Value::Day(day)) => day,
                _ => Day(i32::MAX),
            };
            return self.of_ordered(&ordered, &came, last, now);
        }
        let came: Vec<Day> = came.iter().map(|spell| spell.from).collect();
        let until = match self.by.and_then(|column| column.latest(slot)) {
            Some(Value::Day(day)) => Some(day),
            _ => None,
        };
        let found = duty::occurrences(self.duty, day0, self.duty.days(day0, until, &[], &came), &came, now);
        let states = found.iter().map(|one| one.state);
        states.filter(|state| matches!(state, DutyState::Due | DutyState::Overdue)).max()
    }

    /// The same for days that were ordered: what came counts for the earliest of them whose window it lies in.
    fn of_ordered(&self, ordered: &[Spell], came: &[Spell], last: Day, now: Moment) -> Option<DutyState> {
        let today = now.day();
        let (mut next, mut worst) = (0, None);
        for day in ordered.iter().map(|spell| spell.from) {
            let (opens, closes) = (day.plus(-self.duty.early_days), day.plus(self.duty.late_days));
            if opens > today || day > last {
                break;
            }
            let counts = day.plus(-self.duty.counts_early_days);
            while came.get(next).is_some_and(|spell| spell.from < counts) {
                next += 1;
            }
            if came.get(next).is_some_and(|spell| spell.from <= closes) {
                next += 1;
            } else if today <= closes {
                let due = day.start().plus_ms(i64::from(self.duty.by_minutes) * 60_000);
                worst = worst.max(Some(if now > due { DutyState::Overdue } else { DutyState::Due }));
            }
        }
        worst
    }
}

/// Whether a fact began on a day; the timeline is ordered.
fn holds(spells: &[Spell], day: Day) -> bool {
    spells.binary_search_by_key(&day, |spell| spell.from).is_ok()
}
