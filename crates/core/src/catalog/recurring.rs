//! What is owed again and again to somebody or something of the register: a home visit each month, a follow-up each quarter,
//! a test of water each year. Facts fulfil it; whether it is due is computed from them and never stored.

use super::duty::DutyState;
use super::region::Level;
use super::service::Who;
use super::source::{Expected, Words, texts};
use crate::rule::{NodeIx, Part, Type, variable};
use std::str::FromStr;
use yizhan_kit::Day;

/// A duty that comes round again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recurring {
    /// The attribute, a day of the rule's subject, whose facts count.
    pub counts: String,
    /// How often.
    pub every: Every,
    /// From how many days before its due day on it is on the list of the day; without, from the first day of its part of the
    /// calendar on, or on its due day.
    pub opens_before: Option<Days>,
    /// Who does it.
    pub who: Doer,
    /// Who is told when it is not done, ascending.
    pub escalate: Vec<Told>,
    /// What the form that fulfils it demands.
    pub proof: Vec<Proof>,
    /// What excuses: while it is true, the duty counts as fulfilled.
    pub excused: Option<String>,
    /// What it is called to whoever is not to know its ground.
    pub discreet: Option<Discreet>,
}

/// How often something is owed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Every {
    /// So many days after the last time.
    Days(Days),
    /// Once in each part of the calendar.
    Part(Part),
}

/// A number of days, or the parameter that says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Days {
    /// So many.
    Fixed(i32),
    /// What a parameter says.
    Parameter(String),
}

impl Days {
    /// As rules write it.
    pub fn text(&self) -> String {
        match self {
            Self::Fixed(days) => days.to_string(),
            Self::Parameter(name) => format!("parameter.{}", variable(name)),
        }
    }
}

/// Who does what is owed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Doer {
    /// Officers of a level, or a role.
    Who(Who),
    /// The team that the subject is with.
    Team,
}

/// The kind of subject that is a team; `person.doctor-team` says with which one somebody is, `staff.doctor-team` who is in it.
pub const TEAM: &str = "doctor-team";

impl Doer {
    /// `team`, or the officers' level or role.
    pub fn name(&self) -> &str {
        match self {
            Self::Team => "team",
            Self::Who(who) => who.name(),
        }
    }
}

impl FromStr for Doer {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let expected = Expected("village, township, district, team or role:some-role");
        match text {
            "team" => Ok(Self::Team),
            "opener" => Err(expected),
            _ => text.parse().map(Self::Who).map_err(|_| expected),
        }
    }
}

/// Who is told when something is not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// Days after it was due.
    pub after_days: i32,
    /// Who.
    pub to: Level,
}

/// What shows that something was done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Proof {
    /// A form that was filled in and signed by somebody else.
    Form,
    /// A paper called `photo` without which it is not signed.
    Photo,
    /// Where it was: an answer with the control `position` that the form requires.
    Place,
    /// A paper called `signature` without which it is not signed.
    Signature,
}

texts!(
    Proof,
    "form, photo, place or signature",
    Form = "form",
    Photo = "photo",
    Place = "place",
    Signature = "signature",
);

/// What a duty is called to outsiders.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Discreet {
    /// What they read.
    pub title: Words,
    /// The levels and roles that are told its real title and ground.
    pub known_to: Vec<String>,
}

/// The nodes of a recurring duty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DutyNodes {
    /// The last time.
    pub last: NodeIx,
    /// When it is due.
    pub due: NodeIx,
    /// Whether it is excused.
    pub excused: Option<NodeIx>,
    /// How many days before its due day it is on the list.
    pub window: Option<NodeIx>,
}

/// One duty as it stands on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owed {
    /// Where it stands; never `missed`, for it can always still be done.
    pub state: DutyState,
    /// When it is due; nothing where it was never done and nobody knows since when it is owed.
    pub due: Option<Day>,
}

impl Owed {
    /// How many days it is late.
    pub fn late_days(&self, today: Day) -> i32 {
        match (self.state, self.due) {
            (DutyState::Overdue, Some(due)) => (today.0 - due.0).max(0),
            _ => 0,
        }
    }
}

impl Recurring {
    fn fact(&self) -> String {
        variable(&self.counts)
    }

    /// The expression that it is not overdue.
    pub fn passes(&self) -> String {
        let fact = self.fact();
        let in_time = match &self.every {
            Every::Days(days) => format!("has({fact}) && today - {fact} <= {}", days.text()),
            Every::Part(part) => {
                let part = part.as_str();
                format!("has({fact}) && {fact} >= part_start(part_start(today, \"{part}\") - 1, \"{part}\")")
            }
        };
        match &self.excused {
            Some(excused) => format!("({excused}) || {in_time}"),
            None => in_time,
        }
    }

    /// The expression of its due day.
    pub fn due(&self) -> String {
        let fact = self.fact();
        match &self.every {
            Every::Days(days) => format!("{fact} + {}", days.text()),
            Every::Part(part) => {
                let part = part.as_str();
                let first = format!("part_start(today, \"{part}\")");
                let last = format!("part_end(today, \"{part}\")");
                format!(
                    "!has({fact}) || {fact} < part_start({first} - 1, \"{part}\") ? {first} - 1 : ({fact} < {first} ? {last} : part_end({last} + 1, \"{part}\"))"
                )
            }
        }
    }

    /// The expressions that are compiled for it: the last time, its due day, what excuses, its window; each with its type.
    pub(super) fn texts(&self) -> [(&'static str, Option<String>, Type); 4] {
        [
            ("counts", Some(self.fact()), Type::Day),
            ("every", Some(self.due()), Type::Day),
            ("excused", self.excused.clone(), Type::Truth),
            ("opens_before", self.opens_before.as_ref().map(Days::text), Type::Number),
        ]
    }

    /// Where it stands on a day: `last` is the last time it was done, `due` and `window` what its expressions came to.
    pub fn stands(
        &self,
        today: Day,
        last: Option<Day>,
        due: Option<Day>,
        window: Option<i32>,
        excused: Option<bool>,
    ) -> Owed {
        let part = match &self.every {
            Every::Part(part) => Some(*part),
            Every::Days(_) => None,
        };
        let done = part.is_some_and(|part| last.is_some_and(|last| last >= part.start(today)));
        // Without a window it is on the list for the whole of its part, or on its due day.
        let opens = |due: Day| match (window, part) {
            (Some(days), _) => due.plus(-days),
            (None, Some(part)) => part.start(due),
            (None, None) => due,
        };
        let state = match due {
            _ if excused == Some(true) => DutyState::Fulfilled,
            None => DutyState::Overdue,
            Some(due) if due < today => DutyState::Overdue,
            Some(_) if done => DutyState::Fulfilled,
            Some(due) if opens(due) <= today => DutyState::Due,
            Some(_) if part.is_some() => DutyState::Expected,
            Some(_) => DutyState::Fulfilled,
        };
        Owed { state, due }
    }

    /// The highest level that has been told of it on a day.
    pub fn escalated_to(&self, owed: &Owed, today: Day) -> Option<Level> {
        let late = owed.due.filter(|_| owed.state == DutyState::Overdue)?;
        self.escalate.iter().filter(|told| late.plus(told.after_days) <= today).map(|told| told.to).max()
    }

    /// Whether a role is told what it is really called.
    pub fn known_to(&self, role: &str) -> bool {
        self.discreet.as_ref().is_none_or(|discreet| discreet.known_to.iter().any(|known| known == role))
    }
}
