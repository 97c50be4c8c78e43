//! A day at the desk by seed: callers and agents whose browsers die, a server that dies, and a model beside it that knows
//! nothing of the switchboard but what it says. What the model finds wrong is an error.

mod model;

use super::{AgentId, CallId, Ending, Event, Reach, Silence, Skills, Switchboard, Timing, Wanted, Was};
use crate::row::SubjectId;
use model::{Believed, Model, Where};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use yizhan_kit::id::SeededEntropy;

/// How long a step is, milliseconds.
const STEP: i64 = 500;
const SKILLS: [&str; 4] = ["tax", "insurance", "household", "other"];
const LANGUAGES: [&str; 2] = ["zh", "en"];

/// How large a day.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Agents.
    pub agents: u32,
    /// Calls.
    pub calls: u32,
    /// How often the server dies.
    pub server_deaths: u32,
}

/// What a day came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Day {
    /// Calls in which somebody talked.
    pub finished: u32,
    /// Callers who hung up before.
    pub abandoned: u32,
    /// Callers of whom nothing was heard any more, and who had left no number.
    pub lost: u32,
    /// Calls that an agent took up again by the number.
    pub called_back: u32,
    /// Calls that waited again because an agent's browser died.
    pub put_back: u32,
    /// Calls that rang at somebody in vain.
    pub missed: u32,
    /// Calls that were handed on.
    pub transfers: u32,
    /// Browsers of agents and of callers that died.
    pub browser_deaths: u32,
    /// How often the server died.
    pub server_deaths: u32,
    /// Talks that went on after the server had died.
    pub carried_on: u32,
}

/// What a caller is about to do.
struct Caller {
    wanted: Wanted,
    reach: Reach,
    first: i64,
    /// When they give up, if nobody has answered.
    patience: i64,
    /// When their browser is there again.
    back: Option<i64>,
    here: bool,
}

/// What an agent is about to do.
#[derive(Default)]
struct Worker {
    skills: Skills,
    here: bool,
    back: Option<i64>,
    /// When they answer what rings.
    answers: Option<(CallId, i64)>,
    /// When they end the talk.
    ends: Option<(CallId, i64)>,
    /// When they have written it up.
    files: Option<(CallId, i64)>,
    /// When they say that they are free again.
    frees: Option<i64>,
}

/// Runs a day.
///
/// # Errors
/// What was lost, doubled, out of order or stuck.
pub fn run(seed: u64, size: Size) -> Result<Day, String> {
    let mut world = World::new(seed, size);
    world.live()?;
    Ok(world.day)
}

struct World {
    chance: SeededEntropy,
    size: Size,
    board: Switchboard,
    callers: BTreeMap<CallId, Caller>,
    workers: BTreeMap<AgentId, Worker>,
    model: Model,
    /// What the server would find of open calls after it died.
    kept: BTreeMap<CallId, Was>,
    day: Day,
    now: i64,
}

impl World {
    fn new(seed: u64, size: Size) -> Self {
        let chance = SeededEntropy::new(seed);
        let some = |all: &[&'static str], most: u64| -> BTreeSet<Arc<str>> {
            (0..=chance.below(most)).map(|_| Arc::from(*chance.pick(all))).collect()
        };
        let workers = (0..size.agents)
            .map(|n| {
                // Every fifth knows everything, so that no caller is without hope.
                let skills = if n % 5 == 0 {
                    Skills::default()
                } else {
                    Skills { skills: some(&SKILLS, 3), languages: some(&LANGUAGES, 2) }
                };
                (SubjectId(n), Worker { skills, back: Some(0), ..Worker::default() })
            })
            .collect();
        Self {
            chance,
            size,
            board: Switchboard::new(Timing::default()),
            callers: BTreeMap::new(),
            workers,
            model: Model::default(),
            kept: BTreeMap::new(),
            day: Day::default(),
            now: 0,
        }
    }

    fn chance(&self, permille: u64) -> bool {
        self.chance.below(1000) < permille
    }

    fn after(&self, least: i64, most: i64) -> i64 {
        let span = u64::try_from(most - least).unwrap_or(1);
        self.now + least + i64::try_from(self.chance.below(span)).unwrap_or(0)
    }

    fn live(&mut self) -> Result<(), String> {
        let mut made = 0;
        // As many calls come as the agents can just about take, in waves.
        let every = 120_000 / i64::from(self.size.agents.max(1));
        let deaths = self.size.server_deaths;
        while made < self.size.calls || !self.model.open.is_empty() {
            self.now += STEP;
            let due = if self.now / 600_000 % 2 == 0 { STEP * 14 / 10 } else { STEP * 7 / 10 };
            let mut left = due;
            while left > 0
                && made < self.size.calls
                && (left >= every
                    || self.chance.below(1000) * 1000 < u64::try_from(left * 1_000_000 / every.max(1)).unwrap_or(0))
            {
                self.call(made);
                self.hear()?;
                made += 1;
                left -= every.max(1);
            }
            self.workers_act()?;
            self.callers_act()?;
            self.board.tick(self.now);
            self.hear()?;
            if self.day.server_deaths < deaths && made > self.size.calls / (deaths + 1) * (self.day.server_deaths + 1) {
                self.server_dies()?;
            }
            self.nothing_is_stuck()?;
            if self.now > 7 * 86_400_000 {
                return Err(format!("{} calls are not over after a week", self.model.open.len()));
            }
        }
        let over = u32::try_from(self.model.over.len()).unwrap_or(0);
        let sum = self.day.finished + self.day.abandoned + self.day.lost;
        if over != self.size.calls || sum != self.size.calls {
            return Err(format!("{over} calls are over and {sum} endings were told of {}", self.size.calls));
        }
        Ok(())
    }

    fn call(&mut self, n: u32) {
        let id = SubjectId(1_000_000 + n);
        let wanted = Wanted {
            skill: Arc::from(*self.chance.pick(&SKILLS)),
            language: Arc::from(LANGUAGES[usize::from(self.chance(100))]),
            agent: None,
        };
        let reach = *self.chance.pick(&[Reach::Page, Reach::Page, Reach::PageAndNumber, Reach::Telephone]);
        let patience = self.after(60_000, 1_200_000);
        let caller = Caller { wanted: wanted.clone(), reach, first: self.now, patience, back: None, here: true };
        self.callers.insert(id, caller);
        self.model.open.insert(id, Believed { at: Where::Waits, tried: BTreeSet::new(), only: None });
        self.kept.insert(id, Was { first: self.now, ..Was::default() });
        let entered = self.board.enter(id, wanted, reach, self.now);
        debug_assert!(entered.is_ok());
    }

    fn workers_act(&mut self) -> Result<(), String> {
        let ids: Vec<AgentId> = self.workers.keys().copied().collect();
        for id in ids {
            let dies = self.chance(1) && self.chance(250);
            let now = self.now;
            let Some(worker) = self.workers.get_mut(&id) else { continue };
            if worker.back.is_some_and(|at| at <= now) {
                (worker.back, worker.here) = (None, true);
                self.board.arrive(id, worker.skills.clone(), now);
                worker.frees = Some(now + 3_000);
                self.hear()?;
            }
            let Some(worker) = self.workers.get_mut(&id).filter(|worker| worker.here) else { continue };
            if dies {
                let skills = worker.skills.clone();
                *worker = Worker { skills, ..Worker::default() };
                let back = self.after(1_000, 60_000);
                self.workers.entry(id).and_modify(|worker| worker.back = Some(back));
                self.day.browser_deaths += 1;
                self.model.free.remove(&id);
                self.board.agent_gone(id, now);
                self.hear()?;
                continue;
            }
            self.worker_acts(id)?;
        }
        Ok(())
    }

    fn worker_acts(&mut self, id: AgentId) -> Result<(), String> {
        let now = self.now;
        let due = |at: &mut Option<(CallId, i64)>| at.take_if(|(_, at)| *at <= now).map(|(call, _)| call);
        let Some(worker) = self.workers.get_mut(&id) else { return Ok(()) };
        let (answers, ends, files) = (due(&mut worker.answers), due(&mut worker.ends), due(&mut worker.files));
        let frees = worker.frees.take_if(|at| *at <= now).is_some();
        if let Some(call) = answers
            && self.board.answer(call, id, now).is_ok()
        {
            self.hear()?;
        }
        if let Some(call) = ends {
            let hand_on = self.chance(60) && self.callers.get(&call).is_some_and(|caller| caller.here);
            let to = self.callers.get(&call).map(|caller| caller.wanted.clone());
            match to.filter(|_| hand_on) {
                Some(to) => {
                    if self.board.transfer(call, id, to, now).is_ok() {
                        self.day.transfers += 1;
                    }
                }
                None => {
                    if self.board.finish(call, id, now).is_ok() {
                        let at = self.after(1_000, 180_000);
                        self.workers.entry(id).and_modify(|worker| worker.files = Some((call, at)));
                    }
                }
            }
            self.hear()?;
        }
        if let Some(call) = files {
            let _ = self.board.filed(call, id, now);
            self.hear()?;
        }
        if frees {
            self.model.free.insert(id);
            let _ = self.board.free(id, now);
            self.hear()?;
        }
        // Whoever has nothing to do looks for somebody to call back.
        if self.chance(200) && !self.model.has.contains_key(&id) {
            let waiting = self.model.open.iter().find(|(_, one)| one.at == Where::ToCallBack).map(|(call, _)| *call);
            if let Some(call) = waiting
                && self.board.take_back(call, id, now).is_ok()
            {
                self.day.called_back += 1;
                self.hear()?;
            }
        }
        Ok(())
    }

    fn callers_act(&mut self) -> Result<(), String> {
        let ids: Vec<CallId> = self.callers.keys().copied().collect();
        for id in ids {
            let (dies, slow, returns) = (self.chance(1) && self.chance(300), self.chance(300), self.chance(700));
            let back = if slow { self.after(50_000, 90_000) } else { self.after(1_000, 20_000) };
            let now = self.now;
            let Some(caller) = self.callers.get_mut(&id) else { continue };
            if caller.back.is_some_and(|at| at <= now) {
                (caller.back, caller.here) = (None, true);
                let _ = self.board.caller_back(id, now);
                self.hear()?;
                continue;
            }
            let waits = self.model.open.get(&id).is_some_and(|one| matches!(one.at, Where::Waits | Where::Rings(..)));
            if caller.here && waits && caller.patience <= now {
                let _ = self.board.hang_up(id, now);
            } else if caller.here && dies && caller.reach != Reach::Telephone {
                caller.here = false;
                caller.back = returns.then_some(back);
                self.day.browser_deaths += 1;
                self.board.caller_gone(id, now);
            }
            self.hear()?;
        }
        Ok(())
    }

    /// The server dies, and another begins with what was kept; every page has to find it again.
    fn server_dies(&mut self) -> Result<(), String> {
        self.day.server_deaths += 1;
        self.board = Switchboard::new(Timing::default());
        self.now += 2_000;
        let now = self.now;
        self.model.has.clear();
        self.model.free.clear();
        for (id, was) in &self.kept {
            let Some(caller) = self.callers.get_mut(id) else { return Err(format!("call {id} was kept too long")) };
            let restored = self.board.restore(*id, caller.wanted.clone(), caller.reach, *was, now);
            restored.map_err(|refusal| format!("call {id} could not be restored: {refusal:?}"))?;
            let Some(believed) = self.model.open.get_mut(id) else {
                return Err(format!("call {id} was kept too long"));
            };
            believed.at = match was.agent {
                _ if was.to_call_back => Where::ToCallBack,
                Some(agent) => Where::Talks(agent),
                None => Where::Waits,
            };
            believed.only = None;
            believed.tried.clear();
            if let Where::Talks(agent) = believed.at {
                self.model.has.insert(agent, *id);
            }
            if caller.here && caller.reach != Reach::Telephone {
                caller.here = false;
                caller.back = Some(now + 1_000 + i64::from(id.0 % 8) * 1_000);
            }
        }
        for (id, worker) in &mut self.workers {
            if worker.here {
                worker.here = false;
                worker.back = Some(now + 500 + i64::from(id.0 % 7) * 1_000);
                worker.answers = None;
                worker.files = None;
                // Who is in the middle of a talk goes on talking.
                let talks = worker.ends.is_some_and(|(call, _)| self.model.has.get(id) == Some(&call));
                if !talks {
                    worker.ends = None;
                }
                self.day.carried_on += u32::from(talks);
            }
        }
        let told = self.board.take_events();
        if told.iter().any(|event| !matches!(event, Event::ToCallBack { .. })) {
            return Err(format!("a server that has just begun says {told:?}"));
        }
        Ok(())
    }

    /// Hears what happened, and holds it against what may.
    fn hear(&mut self) -> Result<(), String> {
        let mut rung = Vec::new();
        for event in self.board.take_events() {
            match event {
                Event::Rings { call, agent } => {
                    self.model.rings(call, agent, self.now)?;
                    let caller = self.callers.get(&call).ok_or_else(|| format!("{call} rings and nobody called"))?;
                    if !caller.here {
                        return Err(format!("{call} rings, and the caller is not there"));
                    }
                    let misses = self.chance(50);
                    let at = if misses { i64::MAX } else { self.after(1_000, 15_000) };
                    if let Some(worker) = self.workers.get_mut(&agent) {
                        if !worker.here {
                            return Err(format!("{call} rings at {agent}, who is not there"));
                        }
                        worker.answers = Some((call, at));
                    }
                    rung.push((call, agent));
                }
                Event::Stops { call, agent, why } => {
                    self.model.stops(call, agent)?;
                    self.day.missed += u32::from(why == Silence::Missed);
                    self.workers.entry(agent).and_modify(|worker| worker.answers = None);
                }
                Event::Pauses { agent } => {
                    self.model.free.remove(&agent);
                    let at = self.after(2_000, 30_000);
                    self.workers.entry(agent).and_modify(|worker| worker.frees = Some(at));
                }
                Event::Joins { call, agent } => {
                    self.model.joins(call, agent)?;
                    let at = self.after(20_000, 240_000);
                    self.workers.entry(agent).and_modify(|worker| worker.ends = Some((call, at)));
                    self.kept.entry(call).and_modify(|was| {
                        (was.agent, was.to_call_back) = (Some(agent), false);
                        was.waited.get_or_insert(0);
                    });
                }
                Event::PutBack { call, agent } => {
                    self.model.put_back(call, agent)?;
                    self.day.put_back += 1;
                    self.workers.entry(agent).and_modify(|worker| worker.ends = None);
                    self.kept.entry(call).and_modify(|was| was.agent = None);
                }
                Event::ToCallBack { call } => {
                    self.model.set_aside(call)?;
                    self.kept.entry(call).and_modify(|was| (was.agent, was.to_call_back) = (None, true));
                }
                Event::Returns { call } => {
                    self.model.returns(call)?;
                    self.kept.entry(call).and_modify(|was| was.to_call_back = false);
                }
                Event::Ended { call, agent, how, .. } => {
                    self.model.ended(call, agent)?;
                    self.callers.remove(&call);
                    self.kept.remove(&call);
                    if let Some(agent) = agent {
                        let at = self.after(1_000, 60_000);
                        self.workers.entry(agent).and_modify(|worker| {
                            worker.ends = None;
                            // Whatever was not written up by now never is: the desk has waited long enough.
                            worker.files = Some((call, at));
                        });
                    }
                    match how {
                        Ending::Finished => self.day.finished += 1,
                        Ending::Abandoned => self.day.abandoned += 1,
                        Ending::Lost => self.day.lost += 1,
                    }
                }
            }
        }
        rung.iter().try_for_each(|(call, agent)| self.in_order(*call, *agent))
    }

    /// Nobody who waited longer, is there and could have been served by the same agent was passed over.
    fn in_order(&self, call: CallId, agent: AgentId) -> Result<(), String> {
        let Some(rung) = self.callers.get(&call) else { return Ok(()) };
        let Some(worker) = self.workers.get(&agent) else { return Ok(()) };
        let older = self.callers.iter().find(|(id, other)| {
            let waits = self
                .model
                .open
                .get(*id)
                .is_some_and(|one| one.at == Where::Waits && !one.tried.contains(&agent) && one.only.is_none());
            waits && other.here && (other.first, **id) < (rung.first, call) && worker.skills.fit(&other.wanted)
        });
        match older {
            None => Ok(()),
            Some((id, _)) => Err(format!("{call} rings at {agent} while {id} waits longer")),
        }
    }

    /// Nothing rings for longer than it may, and nobody waits while somebody who fits is free.
    fn nothing_is_stuck(&self) -> Result<(), String> {
        let is_ready = |(id, worker): &(&AgentId, &Worker)| {
            worker.here && worker.files.is_none() && self.model.free.contains(id) && !self.model.has.contains_key(id)
        };
        let ready: Vec<(&AgentId, &Worker)> = self.workers.iter().filter(is_ready).collect();
        let waits = |id: &&CallId| self.model.open.get(*id).is_some_and(|one| one.at == Where::Waits);
        for id in self.callers.keys().filter(waits).filter(|_| !ready.is_empty()) {
            let Some(caller) = self.callers.get(id).filter(|caller| caller.here) else { continue };
            if let Some((agent, _)) = ready.iter().find(|(_, worker)| worker.skills.fit(&caller.wanted)) {
                return Err(format!("{id} waits, and {agent} is free"));
            }
        }
        let most = self.board.timing().ring + STEP * 2 + 2_000;
        for (id, one) in &self.model.open {
            if let Where::Rings(agent, since) = one.at
                && self.now - since > most
            {
                return Err(format!("{id} rings at {agent} for {} ms", self.now - since));
            }
        }
        Ok(())
    }
}
