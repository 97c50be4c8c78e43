//! One-key calls as the switchboard sees them: who waits for whom, who is rung, who talks, who is to be called back, and what
//! becomes of a call when a browser, a terminal or the server dies. Pure: time is given, nothing is read or written.
//!
//! Invariants: a call is at every moment in exactly one [`Stage`], and every stage but the last has a time after which it is
//! left; an agent has at most one call; whoever waited longest is rung for first among those whom an agent can serve, and a
//! call that comes back keeps the time at which it first began to wait.

mod agent;
mod board;
mod figures;
pub mod simulated;
mod talk;
#[cfg(test)]
mod tests;

pub use agent::{Agent, Skills};
pub use board::Switchboard;
pub use figures::{Figures, Past, Share, was_settled_first};

use crate::row::SubjectId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A call: the subject of the register that it is.
pub type CallId = SubjectId;

/// An agent: a member of staff.
pub type AgentId = SubjectId;

/// Whom a call wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// What the agent must know.
    pub skill: Arc<str>,
    /// What the agent must speak.
    pub language: Arc<str>,
    /// One agent and no other, to whom the call was handed on; whoever of the skill once they do not answer.
    pub agent: Option<AgentId>,
}

/// How a caller can be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// By the page they called from, and by nothing else.
    Page,
    /// By the page, and by a number they left.
    PageAndNumber,
    /// By an ordinary telephone: the exchange says when they are gone.
    Telephone,
}

/// Where a call is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// It waits for an agent.
    Waiting,
    /// It rings at an agent.
    Ringing {
        /// Whose.
        agent: AgentId,
        /// Since when.
        since: i64,
    },
    /// Somebody talks with the caller.
    Talking {
        /// Who.
        agent: AgentId,
        /// Since when.
        since: i64,
        /// Since when it is on hold.
        held: Option<i64>,
    },
    /// Nobody is on the line; an agent will call the number.
    CallBack {
        /// Since when.
        since: i64,
    },
}

/// A call that is not over.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whom it wants.
    pub wanted: Wanted,
    /// When it first began to wait; its place in the queue whatever happens.
    pub first: i64,
    /// How the caller can be reached.
    pub reach: Reach,
    /// Where it is.
    pub stage: Stage,
    /// Since when nothing is heard of the caller's page.
    pub gone: Option<i64>,
    /// Agents who were rung since it last began to wait.
    pub tried: BTreeSet<AgentId>,
    /// How long it waited before somebody first answered.
    pub waited: Option<i64>,
    /// How long was talked, without the talk under way.
    pub talked: i64,
    /// How long it was on hold, without the hold under way.
    pub held: i64,
    /// How often it was handed on.
    pub transfers: u32,
    /// How often it was put back because somebody's line broke.
    pub put_back: u32,
}

impl Call {
    /// Who talks with the caller, or is rung.
    pub fn agent(&self) -> Option<AgentId> {
        match self.stage {
            Stage::Ringing { agent, .. } | Stage::Talking { agent, .. } => Some(agent),
            Stage::Waiting | Stage::CallBack { .. } => None,
        }
    }

    /// Whether an agent may be rung for it now.
    fn may_ring(&self) -> bool {
        self.stage == Stage::Waiting && self.gone.is_none()
    }

    fn tale(&self, now: i64) -> Tale {
        let waited = self.waited.unwrap_or(now - self.first);
        let Self { talked, held, transfers, put_back, .. } = *self;
        Tale { waited, talked, held, transfers, put_back }
    }
}

/// What a call came to, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tale {
    /// How long it waited before somebody first answered, or until it ended.
    pub waited: i64,
    /// How long was talked.
    pub talked: i64,
    /// How much of it on hold.
    pub held: i64,
    /// How often it was handed on.
    pub transfers: u32,
    /// How often it was put back because somebody's line broke.
    pub put_back: u32,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ending {
    /// Somebody talked with the caller, and one of them hung up.
    Finished,
    /// The caller hung up before anybody answered.
    Abandoned,
    /// Nothing was heard of the caller any more, and there is no number to call.
    Lost,
}

impl Ending {
    /// Its name in facts and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Abandoned => "abandoned",
            Self::Lost => "lost",
        }
    }
}

/// Why a call stops ringing at somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Silence {
    /// They did not answer in time.
    Missed,
    /// They would not.
    Declined,
    /// Their own line broke.
    Broken,
    /// The caller is gone.
    Over,
}

/// Something that happened, for whoever must be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A call rings at an agent.
    Rings {
        /// Which.
        call: CallId,
        /// At whom.
        agent: AgentId,
    },
    /// It rings there no more.
    Stops {
        /// Which.
        call: CallId,
        /// At whom.
        agent: AgentId,
        /// Why.
        why: Silence,
    },
    /// An agent and a caller talk.
    Joins {
        /// Which call.
        call: CallId,
        /// Who talks with the caller.
        agent: AgentId,
    },
    /// They talk no more, though the call is not over: it waits again, at the place that it first had.
    PutBack {
        /// Which.
        call: CallId,
        /// Who talked with the caller.
        agent: AgentId,
    },
    /// An agent will call the number.
    ToCallBack {
        /// Which.
        call: CallId,
    },
    /// It was to be called back, and the caller is there again: it waits, at the place that it first had.
    Returns {
        /// Which.
        call: CallId,
    },
    /// It is over.
    Ended {
        /// Which.
        call: CallId,
        /// Who talked with the caller last, if it ended while they did.
        agent: Option<AgentId>,
        /// How.
        how: Ending,
        /// What it came to.
        tale: Tale,
    },
    /// An agent is rung no more until they say that they are free.
    Pauses {
        /// Who.
        agent: AgentId,
    },
}

/// What was kept of a call while the program was not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Was {
    /// When it first began to wait.
    pub first: i64,
    /// How long it waited before somebody first answered.
    pub waited: Option<i64>,
    /// Who talked with the caller.
    pub agent: Option<AgentId>,
    /// Whether it was to be called back.
    pub to_call_back: bool,
}

/// Why something cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// There is no such call, or it is over.
    NoCall,
    /// It is not in a stage in which that can be done, or it is another's.
    NotYours,
    /// The agent is not here, or has a call.
    NotFree,
    /// The call was entered before.
    Twice,
}

/// When things are taken for what they seem. Milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long a call rings at somebody.
    pub ring: i64,
    /// How long a caller whose page went silent is waited for.
    pub caller_grace: i64,
    /// How long an agent whose page went silent in the middle of a call is waited for.
    pub agent_grace: i64,
    /// How long an agent writes up a call before they are taken to be free again.
    pub wrap: i64,
    /// How long somebody on a telephone waits before they are called back.
    pub longest: i64,
    /// What a call is taken to last before any has.
    pub usual: i64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ring: 20_000,
            caller_grace: 60_000,
            agent_grace: 10_000,
            wrap: 120_000,
            longest: 2 * 3_600_000,
            usual: 240_000,
        }
    }
}
