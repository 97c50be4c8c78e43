//! What agents and callers do with a call: answering, holding, handing on, ending it, writing it up, calling back.

use super::{Agent, AgentId, CallId, Ending, Event, Reach, Refusal, Silence, Stage, Switchboard, Wanted};

impl Switchboard {
    /// An agent answers the call that rings at them.
    ///
    /// # Errors
    /// `NoCall`, `NotYours` when it does not ring there any more.
    pub fn answer(&mut self, call: CallId, agent: AgentId, now: i64) -> Result<(), Refusal> {
        let one = self.calls.get_mut(&call).ok_or(Refusal::NoCall)?;
        if !matches!(one.stage, Stage::Ringing { agent: rung, .. } if rung == agent) {
            return Err(Refusal::NotYours);
        }
        one.stage = Stage::Talking { agent, since: now, held: None };
        one.waited.get_or_insert(now - one.first);
        one.wanted.agent = None;
        self.events.push(Event::Joins { call, agent });
        Ok(())
    }

    /// An agent will not answer; they take no calls until they say so.
    ///
    /// # Errors
    /// `NoCall`, `NotYours`.
    pub fn decline(&mut self, call: CallId, agent: AgentId, now: i64) -> Result<(), Refusal> {
        let one = self.calls.get(&call).ok_or(Refusal::NoCall)?;
        if !matches!(one.stage, Stage::Ringing { agent: rung, .. } if rung == agent) {
            return Err(Refusal::NotYours);
        }
        self.silence(call, Silence::Declined);
        self.ring(now);
        Ok(())
    }

    /// Puts a talk on hold, or takes it off.
    ///
    /// # Errors
    /// `NoCall`, `NotYours`.
    pub fn hold(&mut self, call: CallId, agent: AgentId, on: Option<()>, now: i64) -> Result<(), Refusal> {
        let one = self.talking(call, agent)?;
        let Stage::Talking { held, .. } = &mut one.stage else { return Err(Refusal::NotYours) };
        let before = *held;
        *held = on.map(|()| before.unwrap_or(now));
        if let (Some(since), None) = (before, on) {
            one.held += now - since;
        }
        Ok(())
    }

    /// Hands a talk on: to a skill, or to one agent who is free. It waits at the place that it first had.
    ///
    /// # Errors
    /// `NoCall`, `NotYours`; `NotFree` when the agent who is meant is not.
    pub fn transfer(&mut self, call: CallId, agent: AgentId, to: Wanted, now: i64) -> Result<(), Refusal> {
        if let Some(other) = to.agent
            && (other == agent || !self.agents.get(&other).is_some_and(Agent::may_be_rung))
        {
            return Err(Refusal::NotFree);
        }
        self.talking(call, agent)?;
        self.stop_talking(call, now);
        let Some(one) = self.calls.get_mut(&call) else { return Err(Refusal::NoCall) };
        one.transfers += 1;
        one.wanted = to;
        one.tried.clear();
        // Whoever handed it on is not rung for it at once.
        one.tried.insert(agent);
        self.queue.insert((one.first, call));
        self.events.push(Event::PutBack { call, agent });
        self.ring(now);
        Ok(())
    }

    /// What was answered could not be recorded: it waits again.
    pub fn put_back(&mut self, call: CallId, now: i64) {
        if let Some(Stage::Talking { agent, .. }) = self.calls.get(&call).map(|one| one.stage) {
            self.broken_off(call, agent, now);
            self.ring(now);
        }
    }

    /// The caller hangs up.
    ///
    /// # Errors
    /// `NoCall`.
    pub fn hang_up(&mut self, call: CallId, now: i64) -> Result<(), Refusal> {
        let one = self.calls.get(&call).ok_or(Refusal::NoCall)?;
        let how = if one.waited.is_some() { Ending::Finished } else { Ending::Abandoned };
        self.end(call, how, now);
        self.ring(now);
        Ok(())
    }

    /// The agent ends the talk, and writes it up.
    ///
    /// # Errors
    /// `NoCall`, `NotYours`.
    pub fn finish(&mut self, call: CallId, agent: AgentId, now: i64) -> Result<(), Refusal> {
        self.talking(call, agent)?;
        self.end(call, Ending::Finished, now);
        Ok(())
    }

    /// The agent wrote the call up: how long that took.
    ///
    /// # Errors
    /// `NotYours` when they write another up, or none.
    pub fn filed(&mut self, call: CallId, agent: AgentId, now: i64) -> Result<i64, Refusal> {
        let one = self.agents.get_mut(&agent).ok_or(Refusal::NotFree)?;
        let (_, since) = one.wrapping.take_if(|(wrapped, _)| *wrapped == call).ok_or(Refusal::NotYours)?;
        if one.free.is_some() {
            one.free = Some(now);
        }
        self.ring(now);
        Ok(now - since)
    }

    /// An agent calls somebody back.
    ///
    /// # Errors
    /// `NoCall`; `NotYours` when it is not to be called back, `NotFree` when the agent has a call.
    pub fn take_back(&mut self, call: CallId, agent: AgentId, now: i64) -> Result<(), Refusal> {
        let one = self.calls.get_mut(&call).ok_or(Refusal::NoCall)?;
        let who = self.agents.get_mut(&agent).ok_or(Refusal::NotFree)?;
        if !matches!(one.stage, Stage::CallBack { .. }) {
            return Err(Refusal::NotYours);
        }
        if who.call.is_some() || who.gone.is_some() || who.wrapping.is_some() {
            return Err(Refusal::NotFree);
        }
        who.call = Some(call);
        one.stage = Stage::Talking { agent, since: now, held: None };
        one.waited.get_or_insert(now - one.first);
        self.events.push(Event::Joins { call, agent });
        Ok(())
    }

    /// The desk's hours are over: who waits, left a number and has nobody at work who could serve them is called back.
    /// Whoever left none goes on waiting, is told that nobody is there, and is called back once they leave one.
    pub fn hours_end(&mut self, now: i64) {
        let waiting: Vec<CallId> = self.queue.iter().map(|(_, id)| *id).collect();
        for id in waiting {
            let Some(call) = self.calls.get(&id).filter(|call| call.stage == Stage::Waiting) else { continue };
            if call.reach != Reach::Page && self.hands(&call.wanted).0 == 0 {
                self.set_aside(id, now);
            }
        }
    }
}
