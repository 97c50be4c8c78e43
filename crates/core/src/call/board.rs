//! The switchboard: calls, agents, and what happens between them.

use super::{Agent, AgentId, Call, CallId, Ending, Event, Reach, Refusal, Silence, Skills, Stage, Timing, Wanted, Was};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// Of so many calls the length is remembered, by skill.
const LENGTHS: usize = 30;

/// Calls and agents.
#[derive(Debug)]
pub struct Switchboard {
    timing: Timing,
    pub(super) calls: HashMap<CallId, Call>,
    pub(super) agents: BTreeMap<AgentId, Agent>,
    /// Calls that wait, whoever waited longest first.
    pub(super) queue: BTreeSet<(i64, CallId)>,
    /// How long calls of a skill took, lately.
    lengths: HashMap<Arc<str>, VecDeque<i64>>,
    pub(super) events: Vec<Event>,
}

impl Switchboard {
    /// Nobody yet.
    pub fn new(timing: Timing) -> Self {
        Self {
            timing,
            calls: HashMap::new(),
            agents: BTreeMap::new(),
            queue: BTreeSet::new(),
            lengths: HashMap::new(),
            events: Vec::new(),
        }
    }

    /// When things are taken for what they seem.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Other times from now on.
    pub fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// What happened since this was asked last, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// A call that is not over.
    pub fn call(&self, call: CallId) -> Option<&Call> {
        self.calls.get(&call)
    }

    /// Every call that is not over.
    pub fn calls(&self) -> impl Iterator<Item = (CallId, &Call)> {
        self.calls.iter().map(|(id, call)| (*id, call))
    }

    /// Calls that wait, whoever waited longest first.
    pub fn queue(&self) -> impl Iterator<Item = CallId> + '_ {
        self.queue.iter().map(|(_, call)| *call)
    }

    /// An agent who is at work.
    pub fn agent(&self, agent: AgentId) -> Option<&Agent> {
        self.agents.get(&agent)
    }

    /// Every agent who is at work.
    pub fn agents(&self) -> impl Iterator<Item = (AgentId, &Agent)> {
        self.agents.iter().map(|(id, agent)| (*id, agent))
    }

    /// A call begins to wait.
    ///
    /// # Errors
    /// `Twice`.
    pub fn enter(&mut self, call: CallId, wanted: Wanted, reach: Reach, now: i64) -> Result<(), Refusal> {
        self.put(call, wanted, reach, now, now, None)
    }

    /// A call is to be called back from the beginning: nobody was there, or nobody was on the line.
    ///
    /// # Errors
    /// `Twice`.
    pub fn enter_to_call_back(&mut self, call: CallId, wanted: Wanted, now: i64) -> Result<(), Refusal> {
        self.put(call, wanted, Reach::PageAndNumber, now, now, Some(now))?;
        self.set_aside(call, now);
        Ok(())
    }

    /// A call of before a restart: its page is waited for at the place that it had, and the agent who talked with the caller,
    /// so that they find themselves where they were.
    ///
    /// # Errors
    /// `Twice`.
    pub fn restore(&mut self, call: CallId, wanted: Wanted, reach: Reach, was: Was, now: i64) -> Result<(), Refusal> {
        let gone = (reach != Reach::Telephone).then_some(now);
        self.put(call, wanted, reach, was.first, now, gone)?;
        let Some(one) = self.calls.get_mut(&call) else { return Err(Refusal::NoCall) };
        one.waited = was.waited;
        match was.agent {
            _ if was.to_call_back => self.set_aside(call, now),
            Some(agent) if !self.agents.contains_key(&agent) => {
                one.stage = Stage::Talking { agent, since: now, held: None };
                self.queue.remove(&(was.first, call));
                let skills = Skills::default();
                let absent = Agent { skills, free: None, gone: Some(now), call: Some(call), wrapping: None };
                self.agents.insert(agent, absent);
            }
            _ => {}
        }
        Ok(())
    }

    fn put(
        &mut self,
        id: CallId,
        wanted: Wanted,
        reach: Reach,
        first: i64,
        now: i64,
        gone: Option<i64>,
    ) -> Result<(), Refusal> {
        if self.calls.contains_key(&id) {
            return Err(Refusal::Twice);
        }
        let call = Call {
            wanted,
            first,
            reach,
            stage: Stage::Waiting,
            gone,
            tried: BTreeSet::new(),
            waited: None,
            talked: 0,
            held: 0,
            transfers: 0,
            put_back: 0,
        };
        self.calls.insert(id, call);
        self.queue.insert((first, id));
        self.ring(now);
        Ok(())
    }

    /// An agent is there, and takes calls or not. Whoever is in the middle of a call goes on with it.
    pub fn arrive(&mut self, agent: AgentId, skills: Skills, now: i64) {
        let one = self.agents.entry(agent).or_insert_with(|| Agent {
            skills: Skills::default(),
            free: None,
            gone: None,
            call: None,
            wrapping: None,
        });
        one.skills = skills;
        one.gone = None;
        self.ring(now);
    }

    /// An agent takes calls from now on.
    ///
    /// # Errors
    /// `NotFree` for whoever is not there.
    pub fn free(&mut self, agent: AgentId, now: i64) -> Result<(), Refusal> {
        let one = self.agents.get_mut(&agent).filter(|one| one.gone.is_none()).ok_or(Refusal::NotFree)?;
        one.free.get_or_insert(now);
        one.wrapping = None;
        self.ring(now);
        Ok(())
    }

    /// An agent takes no more calls. What rings at them rings at the next.
    ///
    /// # Errors
    /// `NotFree` for whoever is not there.
    pub fn pause(&mut self, agent: AgentId, now: i64) -> Result<(), Refusal> {
        let one = self.agents.get_mut(&agent).ok_or(Refusal::NotFree)?;
        one.free = None;
        if let Some(call) = one.call.filter(|call| self.is_ringing(*call)) {
            self.silence(call, Silence::Declined);
            self.ring(now);
        }
        Ok(())
    }

    /// Nothing is heard of an agent's page any more.
    pub fn agent_gone(&mut self, agent: AgentId, now: i64) {
        let Some(one) = self.agents.get_mut(&agent) else { return };
        one.gone.get_or_insert(now);
        one.free = None;
        if let Some(call) = one.call.filter(|call| self.is_ringing(*call)) {
            self.silence(call, Silence::Broken);
            self.ring(now);
        }
    }

    /// Nothing is heard of a caller's page any more.
    pub fn caller_gone(&mut self, call: CallId, now: i64) {
        let Some(one) = self.calls.get_mut(&call).filter(|one| one.reach != Reach::Telephone) else { return };
        one.gone.get_or_insert(now);
        if let Stage::Ringing { .. } = one.stage {
            self.silence(call, Silence::Over);
            self.ring(now);
        }
    }

    /// A caller's page is there again, and in its place.
    ///
    /// # Errors
    /// `NoCall` once it is over.
    pub fn caller_back(&mut self, call: CallId, now: i64) -> Result<(), Refusal> {
        let one = self.calls.get_mut(&call).ok_or(Refusal::NoCall)?;
        one.gone = None;
        if let Stage::CallBack { .. } = one.stage {
            one.stage = Stage::Waiting;
            one.tried.clear();
            self.queue.insert((one.first, call));
            self.events.push(Event::Returns { call });
        }
        self.ring(now);
        Ok(())
    }

    /// A caller left a number, by which they can be called back.
    ///
    /// # Errors
    /// `NoCall`.
    pub fn can_be_reached(&mut self, call: CallId) -> Result<(), Refusal> {
        let one = self.calls.get_mut(&call).ok_or(Refusal::NoCall)?;
        if one.reach == Reach::Page {
            one.reach = Reach::PageAndNumber;
        }
        Ok(())
    }

    /// Time goes by: who did not answer, who did not come back.
    pub fn tick(&mut self, now: i64) {
        let Timing { ring, caller_grace, agent_grace, wrap, longest, .. } = self.timing;
        let mut due: Vec<CallId> = self.calls.keys().copied().collect();
        due.sort_unstable();
        for id in due {
            let Some(call) = self.calls.get(&id) else { continue };
            let gone = call.gone.is_some_and(|since| now - since >= caller_grace);
            match call.stage {
                Stage::Ringing { since, .. } if now - since >= ring => self.silence(id, Silence::Missed),
                // An exchange that never says that somebody hung up leaves nobody standing for ever.
                Stage::Waiting | Stage::Ringing { .. }
                    if gone || call.reach == Reach::Telephone && now - call.first >= longest =>
                {
                    self.out_of_reach(id, now);
                }
                // Whoever calls somebody back has nobody's page before them.
                Stage::Talking { .. } if gone && call.reach == Reach::Page => self.out_of_reach(id, now),
                _ => {}
            }
        }
        let agents: Vec<AgentId> = self.agents.keys().copied().collect();
        for id in agents {
            let Some(agent) = self.agents.get_mut(&id) else { continue };
            if agent.wrapping.is_some_and(|(_, since)| now - since >= wrap) {
                agent.wrapping = None;
                agent.free = agent.free.map(|_| now);
            }
            if agent.gone.is_some_and(|since| now - since >= agent_grace) {
                if let Some(call) = agent.call {
                    self.broken_off(call, id, now);
                }
                self.agents.remove(&id);
            }
        }
        self.ring(now);
    }

    /// The place of a call that waits, from one: how many would be served before it by the same agents, and it.
    pub fn position(&self, call: CallId) -> Option<usize> {
        let one = self.calls.get(&call).filter(|one| matches!(one.stage, Stage::Waiting | Stage::Ringing { .. }))?;
        let like = |id: &CallId| {
            self.calls.get(id).is_some_and(|other| {
                other.wanted.skill == one.wanted.skill && other.wanted.language == one.wanted.language
            })
        };
        let before = self.queue.range(..(one.first, call)).filter(|(_, id)| like(id));
        Some(before.count() + 1)
    }

    /// How long a call will probably wait, by how long the last ones of its skill took; nothing when nobody is there to take it.
    pub fn expected_wait(&self, call: CallId) -> Option<i64> {
        let position = i64::try_from(self.position(call)?).unwrap_or(i64::MAX);
        let one = self.calls.get(&call)?;
        let (at_work, ready) = self.hands(&one.wanted);
        if at_work == 0 {
            return None;
        }
        let ahead = (position - ready).max(0);
        Some(ahead * self.usual_length(&one.wanted.skill) / at_work)
    }

    /// Every call that waits for its turn, with its place and how long it will probably wait; in one pass.
    pub fn standings(&self) -> Vec<(CallId, usize, Option<i64>)> {
        let mut before: HashMap<(&str, &str), usize> = HashMap::new();
        let mut hands: HashMap<(&str, &str), (i64, i64)> = HashMap::new();
        let mut told = Vec::with_capacity(self.queue.len());
        for (_, id) in &self.queue {
            let Some(call) = self.calls.get(id) else { continue };
            let like = (&*call.wanted.skill, &*call.wanted.language);
            let place = before.entry(like).or_default();
            *place += 1;
            let (at_work, ready) = *hands.entry(like).or_insert_with(|| self.hands(&call.wanted));
            let ahead = (i64::try_from(*place).unwrap_or(i64::MAX) - ready).max(0);
            let expected = (at_work > 0).then(|| ahead * self.usual_length(&call.wanted.skill) / at_work.max(1));
            told.push((*id, *place, expected));
        }
        told
    }

    /// How many agents at work fit what is wanted, and how many of them are free.
    pub(super) fn hands(&self, wanted: &Wanted) -> (i64, i64) {
        let fitting = self.agents.values().filter(|agent| agent.is_at_work() && agent.skills.fit(wanted));
        fitting.fold((0, 0), |(all, ready), agent| (all + 1, ready + i64::from(agent.may_be_rung())))
    }

    /// How long calls of a skill took lately: the mean.
    pub fn usual_length(&self, skill: &str) -> i64 {
        let Some(lengths) = self.lengths.get(skill) else { return self.timing.usual };
        lengths.iter().sum::<i64>().checked_div(i64::try_from(lengths.len()).unwrap_or(0)).unwrap_or(self.timing.usual)
    }

    /// Rings for whoever waited longest, as long as somebody is free for them.
    pub(super) fn ring(&mut self, now: i64) {
        let mut ready: Vec<AgentId> =
            self.agents.iter().filter(|(_, agent)| agent.may_be_rung()).map(|(id, _)| *id).collect();
        if ready.is_empty() || self.queue.is_empty() {
            return;
        }
        // Whoever is free longest is rung first.
        ready.sort_by_key(|id| (self.agents.get(id).and_then(|agent| agent.free), *id));
        let mut rung = Vec::new();
        // What nobody who is free can serve, they cannot serve further down the line either.
        let mut hopeless: HashSet<(Arc<str>, Arc<str>)> = HashSet::new();
        for (first, id) in &self.queue {
            if ready.is_empty() {
                break;
            }
            let Some(call) = self.calls.get_mut(id).filter(|call| call.may_ring()) else { continue };
            let like = (call.wanted.skill.clone(), call.wanted.language.clone());
            if call.wanted.agent.is_none() && hopeless.contains(&like) {
                continue;
            }
            if call.wanted.agent.is_some_and(|only| !ready.contains(&only)) {
                // They left, or took another: whoever of the skill is free will do.
                call.wanted.agent = None;
            }
            let fits = |agent: &&AgentId| match call.wanted.agent {
                Some(only) => **agent == only,
                None => self.agents.get(agent).is_some_and(|one| one.skills.fit(&call.wanted)),
            };
            let fresh = ready.iter().find(|agent| fits(agent) && !call.tried.contains(agent)).copied();
            // When everybody was tried, they are tried again.
            let Some(agent) = fresh.or_else(|| ready.iter().find(fits).copied()) else {
                hopeless.insert(like);
                continue;
            };
            if fresh.is_none() {
                call.tried.clear();
            }
            call.tried.insert(agent);
            call.stage = Stage::Ringing { agent, since: now };
            ready.retain(|one| *one != agent);
            rung.push((*first, *id, agent));
        }
        for (first, call, agent) in rung {
            self.queue.remove(&(first, call));
            if let Some(one) = self.agents.get_mut(&agent) {
                one.call = Some(call);
            }
            self.events.push(Event::Rings { call, agent });
        }
    }

    fn is_ringing(&self, call: CallId) -> bool {
        self.calls.get(&call).is_some_and(|call| matches!(call.stage, Stage::Ringing { .. }))
    }

    pub(super) fn talking(&mut self, call: CallId, agent: AgentId) -> Result<&mut Call, Refusal> {
        let one = self.calls.get_mut(&call).ok_or(Refusal::NoCall)?;
        if matches!(one.stage, Stage::Talking { agent: who, .. } if who == agent) {
            Ok(one)
        } else {
            Err(Refusal::NotYours)
        }
    }

    /// A call stops ringing and waits on. Whoever did not answer is not rung again until they say that they are free.
    pub(super) fn silence(&mut self, call: CallId, why: Silence) {
        let Some(one) = self.calls.get_mut(&call) else { return };
        let Stage::Ringing { agent, .. } = one.stage else { return };
        one.stage = Stage::Waiting;
        one.wanted.agent = None;
        self.queue.insert((one.first, call));
        self.events.push(Event::Stops { call, agent, why });
        if let Some(who) = self.agents.get_mut(&agent) {
            who.call = None;
            if matches!(why, Silence::Missed | Silence::Declined) {
                who.free = None;
                self.events.push(Event::Pauses { agent });
            }
        }
    }

    /// Closes the talk under way, whose agent is rid of it.
    pub(super) fn stop_talking(&mut self, call: CallId, now: i64) {
        let Some(one) = self.calls.get_mut(&call) else { return };
        let Stage::Talking { agent, since, held } = one.stage else { return };
        one.talked += now - since;
        one.held += held.map_or(0, |since| now - since);
        one.stage = Stage::Waiting;
        if let Some(who) = self.agents.get_mut(&agent) {
            who.call = None;
            who.free = who.free.map(|_| now);
        }
    }

    /// An agent's line broke: the caller waits again, at the place that they first had; or is called again by another.
    pub(super) fn broken_off(&mut self, call: CallId, agent: AgentId, now: i64) {
        self.stop_talking(call, now);
        let Some(one) = self.calls.get_mut(&call) else { return };
        one.put_back += 1;
        one.tried.clear();
        let nobody = one.gone.is_some();
        self.queue.insert((one.first, call));
        self.events.push(Event::PutBack { call, agent });
        if nobody && self.calls.get(&call).is_some_and(|one| one.reach == Reach::PageAndNumber) {
            self.set_aside(call, now);
        }
    }

    /// Nothing is heard of a caller any more: they are called back where there is a number.
    fn out_of_reach(&mut self, call: CallId, now: i64) {
        let Some(one) = self.calls.get(&call) else { return };
        match one.reach {
            Reach::Page => {
                let how = if one.waited.is_some() { Ending::Finished } else { Ending::Lost };
                self.end(call, how, now);
            }
            Reach::PageAndNumber | Reach::Telephone => self.set_aside(call, now),
        }
    }

    pub(super) fn set_aside(&mut self, call: CallId, now: i64) {
        if self.is_ringing(call) {
            self.silence(call, Silence::Over);
        }
        let Some(one) = self.calls.get_mut(&call) else { return };
        self.queue.remove(&(one.first, call));
        one.stage = Stage::CallBack { since: now };
        // Nobody is on a line: whoever calls, calls the number.
        one.gone.get_or_insert(now);
        if one.reach == Reach::Telephone {
            one.reach = Reach::PageAndNumber;
        }
        self.events.push(Event::ToCallBack { call });
    }

    pub(super) fn end(&mut self, call: CallId, how: Ending, now: i64) {
        if self.is_ringing(call) {
            self.silence(call, Silence::Over);
        }
        let agent = match self.calls.get(&call).map(|one| one.stage) {
            Some(Stage::Talking { agent, .. }) => Some(agent),
            _ => None,
        };
        self.stop_talking(call, now);
        let Some(one) = self.calls.remove(&call) else { return };
        self.queue.remove(&(one.first, call));
        if let Some(agent) = agent {
            if let Some(who) = self.agents.get_mut(&agent) {
                who.wrapping = Some((call, now));
            }
            let lengths = self.lengths.entry(one.wanted.skill.clone()).or_default();
            if lengths.len() == LENGTHS {
                lengths.pop_front();
            }
            lengths.push_back(one.talked);
        }
        self.events.push(Event::Ended { call, agent, how, tale: one.tale(now) });
    }
}
