//! What the model believes of calls and agents, by what it was told; what cannot be is an error.

use super::{AgentId, CallId};
use std::collections::{BTreeMap, BTreeSet};

/// What the model believes, by what it was told.
#[derive(Default)]
pub(super) struct Model {
    /// Calls that are not over: when they first waited.
    pub(super) open: BTreeMap<CallId, Believed>,
    pub(super) over: BTreeSet<CallId>,
    /// Which call an agent has.
    pub(super) has: BTreeMap<AgentId, CallId>,
    /// Agents who said that they take calls, and were not paused since.
    pub(super) free: BTreeSet<AgentId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Where {
    Waits,
    Rings(AgentId, i64),
    Talks(AgentId),
    ToCallBack,
}

pub(super) struct Believed {
    pub(super) at: Where,
    pub(super) tried: BTreeSet<AgentId>,
    pub(super) only: Option<AgentId>,
}

impl Model {
    pub(super) fn rings(&mut self, call: CallId, agent: AgentId, now: i64) -> Result<(), String> {
        if !self.free.contains(&agent) {
            return Err(format!("{call} rings at {agent}, who is not free"));
        }
        if let Some(other) = self.has.insert(agent, call) {
            return Err(format!("{call} rings at {agent}, who has {other}"));
        }
        let one = self.open.get_mut(&call).ok_or_else(|| format!("{call} rings and is over"))?;
        if one.at != Where::Waits {
            return Err(format!("{call} rings at {agent} and is {:?}", one.at));
        }
        one.at = Where::Rings(agent, now);
        one.tried.insert(agent);
        Ok(())
    }

    pub(super) fn stops(&mut self, call: CallId, agent: AgentId) -> Result<(), String> {
        let one = self.open.get_mut(&call).ok_or_else(|| format!("{call} stops ringing and is over"))?;
        if !matches!(one.at, Where::Rings(rung, _) if rung == agent) {
            return Err(format!("{call} stops ringing at {agent} and is {:?}", one.at));
        }
        one.at = Where::Waits;
        self.has.remove(&agent);
        Ok(())
    }

    pub(super) fn joins(&mut self, call: CallId, agent: AgentId) -> Result<(), String> {
        let one = self.open.get_mut(&call).ok_or_else(|| format!("{call} is answered and is over"))?;
        let fits = match one.at {
            Where::Rings(rung, _) => rung == agent,
            Where::ToCallBack => !self.has.contains_key(&agent),
            Where::Waits | Where::Talks(_) => false,
        };
        if !fits {
            return Err(format!("{agent} answers {call}, which is {:?}", one.at));
        }
        one.at = Where::Talks(agent);
        self.has.insert(agent, call);
        Ok(())
    }

    pub(super) fn put_back(&mut self, call: CallId, agent: AgentId) -> Result<(), String> {
        let one = self.open.get_mut(&call).ok_or_else(|| format!("{call} is put back and is over"))?;
        if one.at != Where::Talks(agent) {
            return Err(format!("{call} is put back from {agent} and is {:?}", one.at));
        }
        (one.at, one.tried) = (Where::Waits, BTreeSet::from([agent]));
        self.has.remove(&agent);
        Ok(())
    }

    pub(super) fn set_aside(&mut self, call: CallId) -> Result<(), String> {
        let one = self.open.get_mut(&call).ok_or_else(|| format!("{call} is to be called back and is over"))?;
        one.at = Where::ToCallBack;
        Ok(())
    }

    pub(super) fn returns(&mut self, call: CallId) -> Result<(), String> {
        let one = self.open.get_mut(&call).ok_or_else(|| format!("{call} returns and is over"))?;
        if one.at != Where::ToCallBack {
            return Err(format!("{call} returns and is {:?}", one.at));
        }
        (one.at, one.tried) = (Where::Waits, BTreeSet::new());
        Ok(())
    }

    pub(super) fn ended(&mut self, call: CallId, agent: Option<AgentId>) -> Result<(), String> {
        let one = self.open.remove(&call).ok_or_else(|| format!("{call} ends twice"))?;
        if let (Where::Talks(talks), told) = (one.at, agent)
            && told != Some(talks)
        {
            return Err(format!("{call} ends with {told:?} and was with {talks}"));
        }
        if let Some(agent) = agent {
            self.has.remove(&agent);
        }
        if !self.over.insert(call) {
            return Err(format!("{call} ends twice"));
        }
        Ok(())
    }
}
