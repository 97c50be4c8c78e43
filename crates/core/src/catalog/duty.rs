//! Duties: what must be done by when, counted from a day. A due list is computed from facts, never ticked off.

use super::region::Level;
use super::service::Who;
use super::source::{Expected, Words};
use std::str::FromStr;
use yizhan_kit::{Day, Moment};

/// Something that must be done on certain days.
#[derive(Clone, PartialEq, Debug)]
pub struct Duty {
    /// Its name within the service.
    pub name: String,
    /// What people read.
    pub title: Words,
    /// The attribute whose fact fulfils it.
    pub expects: String,
    /// The attribute that holds day 0.
    pub starts: String,
    /// On which days.
    pub rhythm: Rhythm,
    /// The minute of the day by which it is due.
    pub by_minutes: u16,
    /// How many days earlier it is due.
    pub early_days: i32,
    /// How many days earlier what came counts, before anybody was asked for it.
    pub counts_early_days: i32,
    /// How many days later it still counts.
    pub late_days: i32,
    /// Who does it.
    pub who: DutyWho,
    /// Who is told when it is not done, ascending.
    pub escalate: Vec<Escalation>,
    /// Worked examples.
    pub examples: Vec<DutyExample>,
}

/// On which days a duty is expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rhythm {
    /// So many days after day 0, ascending.
    Days(Vec<i32>),
    /// Every day, from so many days after day 0 to the day that an attribute holds, itself included.
    Until {
        /// Days after day 0.
        from: i32,
        /// The attribute that holds the last day.
        attribute: String,
    },
    /// On the days on which the facts of an attribute begin: what was ordered for this case.
    On(String),
}

/// Who has a duty.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum DutyWho {
    /// The person holding the receipt.
    Holder,
    /// An officer.
    Who(Who),
}

impl DutyWho {
    /// `holder`, or the officer's level or role.
    pub fn name(&self) -> &str {
        match self {
            Self::Holder => "holder",
            Self::Who(who) => who.name(),
        }
    }
}

impl FromStr for DutyWho {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        if text == "holder" {
            return Ok(Self::Holder);
        }
        text.parse()
            .map(Self::Who)
            .map_err(|_| Expected("holder, village, township, district, opener or role:some-role"))
    }
}

/// Who is told when a duty is not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Escalation {
    /// Hours after it was due.
    pub after_hours: u32,
    /// Who is told.
    pub to: Level,
}

/// A worked example of a duty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DutyExample {
    /// Day 0.
    pub day0: Day,
    /// The last day, for a duty that ends with a fact.
    pub until: Option<Day>,
    /// The days it was ordered for, for a duty that is ordered by facts.
    pub ordered: Vec<Day>,
    /// The days on which facts fulfil it.
    pub facts: Vec<Day>,
    /// When it is asked.
    pub now: Moment,
    /// How many occurrences are in a state.
    pub counts: Vec<(DutyState, usize)>,
    /// The highest level that has been told of one; absent: not said.
    pub escalated_to: Option<Level>,
    /// Where it is written.
    pub line: usize,
}

/// Where one occurrence of a duty stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DutyState {
    /// Its window lies ahead.
    Expected,
    /// Its window is open and it is not late.
    Due,
    /// It is late and can still be done.
    Overdue,
    /// Its window closed without a fact.
    Missed,
    /// A fact lies in its window.
    Fulfilled,
}

super::source::texts!(
    DutyState,
    "expected, due, overdue, missed or fulfilled",
    Expected = "expected",
    Due = "due",
    Overdue = "overdue",
    Missed = "missed",
    Fulfilled = "fulfilled",
);

/// One day of a duty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Occurrence {
    /// Days after day 0.
    pub offset: i32,
    /// Its day.
    pub day: Day,
    /// When it is due.
    pub due: Moment,
    /// Where it stands.
    pub state: DutyState,
    /// Who has been told that it was not done.
    pub escalated_to: Option<Level>,
}

impl Duty {
    /// The days on which it is expected, ascending. `until` is the last day and `ordered` the days of facts, for a duty
    /// that counts by them; without a last day nothing is expected. What came on day 0 already counts, even where it is
    /// expected from a later day on.
    pub fn days<'a>(
        &'a self,
        day0: Day,
        until: Option<Day>,
        ordered: &'a [Day],
        came: &[Day],
    ) -> Box<dyn Iterator<Item = Day> + 'a> {
        match &self.rhythm {
            Rhythm::Days(days) => Box::new(days.iter().map(move |offset| day0.plus(*offset))),
            Rhythm::On(_) => Box::new(ordered.iter().copied()),
            Rhythm::Until { from, .. } => {
                let first = if came.contains(&day0) { day0 } else { day0.plus(*from) };
                let last = until.unwrap_or(first.plus(-1)).min(first.plus(LONGEST));
                Box::new((first.0..=last.0).map(Day))
            }
        }
    }
}

/// No duty is expected for longer than a year and a day.
const LONGEST: i32 = 366;

/// Every occurrence of a duty, as it stands at a moment: `days` are those it is expected on, `facts` those on which
/// something came, both ascending.
///
/// The window of an occurrence is `[day - early_days, day + late_days]`, and what came `counts_early_days` before counts as
/// well; at the due minute itself it is not yet late.
/// What came counts for one occurrence only, the earliest whose window it lies in.
pub fn occurrences(
    duty: &Duty,
    day0: Day,
    days: impl Iterator<Item = Day>,
    facts: &[Day],
    now: Moment,
) -> Vec<Occurrence> {
    let mut facts = facts.iter().copied().peekable();
    let mut found: Vec<Occurrence> = Vec::new();
    for day in days {
        let (opens, closes) = (day.plus(-duty.counts_early_days), day.plus(duty.late_days));
        while facts.next_if(|fact| *fact < opens).is_some() {}
        let came = facts.next_if(|fact| *fact <= closes).is_some();
        // What was missed is not raised any further once something came after it.
        if came {
            found.iter_mut().for_each(|earlier| earlier.escalated_to = None);
        }
        found.push(occurrence(duty, day0, day, came, now));
    }
    found
}

fn occurrence(duty: &Duty, day0: Day, day: Day, came: bool, now: Moment) -> Occurrence {
    let due = day.start().plus_ms(i64::from(duty.by_minutes) * 60_000);
    let today = now.day();
    let state = if came {
        DutyState::Fulfilled
    } else if today > day.plus(duty.late_days) {
        DutyState::Missed
    } else if now > due {
        DutyState::Overdue
    } else if day.plus(-duty.early_days) <= today {
        DutyState::Due
    } else {
        DutyState::Expected
    };
    let late = matches!(state, DutyState::Overdue | DutyState::Missed);
    let told = |step: &&Escalation| late && due.plus_ms(i64::from(step.after_hours) * 3_600_000) <= now;
    let escalated_to = duty.escalate.iter().filter(told).map(|step| step.to).max();
    Occurrence { offset: day.0 - day0.0, day, due, state, escalated_to }
}

impl DutyExample {
    /// What does not come out as the example says; absent when all does.
    pub fn fault(&self, duty: &Duty) -> Option<String> {
        let days = duty.days(self.day0, self.until, &self.ordered, &self.facts);
        let found = occurrences(duty, self.day0, days, &self.facts, self.now);
        for (state, expected) in &self.counts {
            let count = found.iter().filter(|occurrence| occurrence.state == *state).count();
            if count != *expected {
                return Some(format!("duty `{}` has {count} {}, not {expected}", duty.name, state.as_str()));
            }
        }
        let told = found.iter().filter_map(|occurrence| occurrence.escalated_to).max();
        if self.escalated_to.is_some() && told != self.escalated_to {
            let told = told.map_or("nobody", Level::as_str);
            return Some(format!("duty `{}` has told {told}", duty.name));
        }
        None
    }
}
