//! What a desk is measured by. Each figure is a share or a mean of calls, so that it opens to them.

use super::Ending;
use yizhan_kit::{Day, Digest16};

/// A call that is over, as evidence knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Past {
    /// The day on which it was made.
    pub day: Day,
    /// In which order it was made.
    pub order: u64,
    /// What it was about.
    pub skill: String,
    /// How it ended.
    pub ending: Ending,
    /// How long it waited, milliseconds.
    pub waited: i64,
    /// How long was talked.
    pub talked: i64,
    /// How long it was written up.
    pub wrapped: i64,
    /// Whether the agent says that the matter is settled.
    pub settled: bool,
    /// How often it was handed on.
    pub transfers: u32,
    /// Who called, as a digest: the same caller is the same.
    pub caller: Option<Digest16>,
    /// One to five, if the caller said.
    pub satisfaction: Option<i64>,
}

/// Within so many days another call about the same is the same matter again.
const AGAIN_DAYS: i32 = 7;
/// Answered within so many milliseconds counts as soon.
const SOON: i64 = 20_000;
/// Somebody who hung up within so many milliseconds did not wait: it was a slip.
const SLIP: i64 = 5_000;

/// Of so many, so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Share {
    /// How many are meant.
    pub part: usize,
    /// Of how many.
    pub of: usize,
}

impl Share {
    /// In thousandths; nothing of nothing.
    pub fn permille(self) -> Option<usize> {
        (self.part * 1000).checked_div(self.of)
    }
}

/// What a desk is measured by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Calls that were answered within twenty seconds, of those that wanted an answer.
    pub soon: Share,
    /// Calls that were given up or lost before anybody answered.
    pub abandoned: Share,
    /// Calls settled by the first agent, after which the same caller did not call about the same within a week.
    pub first_call: Share,
    /// How many calls somebody talked in.
    pub talked: usize,
    /// How long those took, talk and writing up, milliseconds: the mean.
    pub handling: i64,
    /// How many callers said how satisfied they were.
    pub asked: usize,
    /// What they said in tenths, one to five: the mean.
    pub satisfaction_tenths: i64,
}

impl Past {
    fn was_answered(&self) -> bool {
        self.ending == Ending::Finished
    }

    /// Whether it counts at all: not if it was a slip of the finger.
    pub fn counts(&self) -> bool {
        self.was_answered() || self.waited >= SLIP
    }

    /// Whether it was answered within twenty seconds.
    pub fn was_soon(&self) -> bool {
        self.was_answered() && self.waited <= SOON
    }

    /// Whether it was given up or lost before anybody answered.
    pub fn was_abandoned(&self) -> bool {
        self.counts() && !self.was_answered()
    }
}

/// Whether a call was settled once and for all.
pub fn was_settled_first(call: &Past, all: &[Past]) -> bool {
    let again = |other: &Past| {
        other.order > call.order
            && other.caller.is_some()
            && other.caller == call.caller
            && other.skill == call.skill
            && other.day <= call.day.plus(AGAIN_DAYS)
    };
    call.was_answered() && call.settled && call.transfers == 0 && !all.iter().any(again)
}

impl Figures {
    /// The figures of calls; `later` are all calls that may be the same matter again.
    pub fn of(calls: &[&Past], later: &[Past]) -> Self {
        let count = |test: &dyn Fn(&Past) -> bool| calls.iter().filter(|call| test(call)).count();
        let of = count(&Past::counts);
        let talked = count(&Past::was_answered);
        let mean = |sum: i64, of: usize| sum.checked_div(i64::try_from(of).unwrap_or(0)).unwrap_or(0);
        let answered = calls.iter().filter(|call| call.was_answered());
        let handling = mean(answered.map(|call| call.talked + call.wrapped).sum(), talked);
        let said: Vec<i64> = calls.iter().filter_map(|call| call.satisfaction).collect();
        Self {
            soon: Share { part: count(&Past::was_soon), of },
            abandoned: Share { part: count(&Past::was_abandoned), of },
            first_call: Share { part: count(&|call| was_settled_first(call, later)), of: talked },
            talked,
            handling,
            asked: said.len(),
            satisfaction_tenths: mean(said.iter().sum::<i64>() * 10, said.len()),
        }
    }
}
