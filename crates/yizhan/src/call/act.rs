//! What happens to calls: they are kept, answered, ended; whoever must know is told on their line.

use super::note::{Note, record};
use super::number::masked_of;
use super::rule;
use crate::app::{App, store};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::call::{AgentId, CallId, Ending, Event, Reach, Stage, Switchboard, Tale, Timing, Wanted, Was};
use yizhan_core::catalog::Service;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Moment, Problem};

/// How many messages wait on a line at most; whoever does not read is cut off, and comes back.
const WAITING: usize = 128;
/// How many written lines of a call are remembered, for a page that comes back.
const LINES: usize = 100;
pub(super) const FOR_EVER: Moment = Moment(i64::MAX);

/// Every call that is not over, and the lines to whoever has to do with it.
pub struct Calls {
    ready: OnceLock<()>,
    board: Mutex<Switchboard>,
    open: Mutex<HashMap<CallId, Open>>,
    callers: Mutex<HashMap<CallId, Line>>,
    agents: Mutex<HashMap<AgentId, Line>>,
    lines: AtomicU64,
}

/// One end of a line: what is put in is sent.
struct Line {
    n: u64,
    to: mpsc::Sender<Arc<str>>,
}

/// The other end: what is to be sent, and which line it is.
pub struct Ours {
    /// Which line, of all there were.
    pub n: u64,
    /// What is to be sent.
    pub out: mpsc::Receiver<Arc<str>>,
}

/// What is kept of a call until it is over, so that it is there when the program begins again.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    /// What it is about.
    pub skill: String,
    /// What the agent should speak.
    pub language: String,
    /// The service it is about, if any.
    pub service: String,
    /// Where from.
    pub channel: String,
    /// The number, sealed.
    pub number: Vec<u8>,
    /// What an exchange calls it.
    pub exchange: String,
    pub(super) first: i64,
    pub(super) waited: Option<i64>,
    pub(super) agent: Option<u32>,
    pub(super) to_call_back: bool,
    /// The case that its form became.
    pub case: String,
}

/// What is known of a call that is not over.
pub struct Open {
    /// What is kept of it.
    pub kept: Kept,
    /// The form that the caller shares.
    pub form: Option<Shared>,
    /// What was written: by whom, what.
    pub said: VecDeque<(&'static str, String)>,
    /// Fields for which something was proposed, by the proposal's number.
    pub proposed: BTreeMap<u64, String>,
    /// How many proposals there were.
    pub proposals: u64,
    /// How many photographs.
    pub photos: u32,
    /// Who listens.
    pub watcher: Option<AgentId>,
}

/// A form that is shared.
pub struct Shared {
    /// Of which service.
    pub service: Arc<Service>,
    /// What the agent sees of its fields.
    pub fields: BTreeMap<String, String>,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            ready: OnceLock::new(),
            board: Mutex::new(Switchboard::new(Timing::default())),
            open: Mutex::default(),
            callers: Mutex::default(),
            agents: Mutex::default(),
            lines: AtomicU64::new(0),
        }
    }
}

impl Calls {
    /// The calls of an application, as they were left when the program stopped.
    pub fn of(app: &App) -> &Self {
        app.calls.ready.get_or_init(|| {
            if let Err(problem) = app.calls.gather(app) {
                tracing::error!(%problem, "the calls could not be read");
            }
        });
        &app.calls
    }

    /// Every call of before is waited for at the place that it had.
    fn gather(&self, app: &App) -> Result<(), Problem> {
        let now = app.real_clock.now();
        let image = app.image();
        let program = Viewer::program();
        let seen = program.look(&image);
        let list = app.with_working(|working| working.list("call", now)).map_err(|error| store(&error))?;
        let mut board = self.board();
        for (name, bytes) in list {
            let (Ok(id), Ok(kept)) = (name.parse(), serde_json::from_slice::<Kept>(&bytes)) else { continue };
            let call = SubjectId(id);
            if seen.latest(call, "call.ending").is_some() {
                drop_kept(app, call);
                continue;
            }
            let Kept { first, waited, agent, to_call_back, .. } = kept;
            let was = Was { first, waited, agent: agent.map(SubjectId), to_call_back };
            if board.restore(call, kept.wanted(), kept.reach(), was, now.0).is_ok() {
                self.open().insert(call, Open::new(kept));
            }
        }
        board.take_events();
        Ok(())
    }

    /// The switchboard, to look at.
    pub fn board(&self) -> MutexGuard<'_, Switchboard> {
        self.board.lock().expect("no panic while the switchboard is held")
    }

    /// What is known of calls that are not over.
    pub fn open(&self) -> MutexGuard<'_, HashMap<CallId, Open>> {
        self.open.lock().expect("no panic while the calls are held")
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<CallId, Line>> {
        self.callers.lock().expect("no panic while the lines are held")
    }

    fn agents(&self) -> MutexGuard<'_, HashMap<AgentId, Line>> {
        self.agents.lock().expect("no panic while the lines are held")
    }

    /// Takes the line of a caller over; the one before it ends.
    pub fn caller_line(&self, call: CallId) -> Ours {
        let (line, ours) = self.line();
        self.callers().insert(call, line);
        ours
    }

    /// Takes the line of an agent or a supervisor over; the one before it ends.
    pub fn agent_line(&self, agent: AgentId) -> Ours {
        let (line, ours) = self.line();
        self.agents().insert(agent, line);
        ours
    }

    fn line(&self) -> (Line, Ours) {
        let (to, out) = mpsc::channel(WAITING);
        let n = self.lines.fetch_add(1, Ordering::Relaxed) + 1;
        (Line { n, to }, Ours { n, out })
    }

    /// A caller's line is over; whether it still was the one.
    pub fn drop_caller_line(&self, call: CallId, n: u64) -> Option<()> {
        let mut lines = self.callers();
        let own = lines.get(&call).is_some_and(|line| line.n == n);
        own.then(|| lines.remove(&call)).map(drop)
    }

    /// As [`Calls::drop_caller_line`], of an agent.
    pub fn drop_agent_line(&self, agent: AgentId, n: u64) -> Option<()> {
        let mut lines = self.agents();
        let own = lines.get(&agent).is_some_and(|line| line.n == n);
        own.then(|| lines.remove(&agent)).map(drop)
    }

    /// Tells a caller. Whoever does not read loses their line, and comes back.
    pub fn tell_caller(&self, call: CallId, what: &Value) {
        let mut lines = self.callers();
        if lines.get(&call).is_some_and(|line| line.to.try_send(what.to_string().into()).is_err()) {
            lines.remove(&call);
        }
    }

    /// Tells an agent or a supervisor.
    pub fn tell_agent(&self, agent: AgentId, what: &Value) {
        let mut lines = self.agents();
        if lines.get(&agent).is_some_and(|line| line.to.try_send(what.to_string().into()).is_err()) {
            lines.remove(&agent);
        }
    }

    /// Who talks in a call.
    pub fn talks(&self, call: CallId) -> Option<AgentId> {
        match self.board().call(call)?.stage {
            Stage::Talking { agent, .. } => Some(agent),
            _ => None,
        }
    }

    /// The call in which somebody talks.
    pub fn call_of(&self, agent: AgentId) -> Option<CallId> {
        let board = self.board();
        let call = board.agent(agent)?.call?;
        matches!(board.call(call)?.stage, Stage::Talking { .. }).then_some(call)
    }

    /// Remembers what was written in a call.
    pub fn remember(&self, call: CallId, by: &'static str, text: &str) {
        if let Some(open) = self.open().get_mut(&call) {
            if open.said.len() == LINES {
                open.said.pop_front();
            }
            open.said.push_back((by, text.to_owned()));
        }
    }
}

impl Kept {
    /// Whether it is to be called back.
    pub fn is_back(&self) -> bool {
        self.to_call_back
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted { skill: self.skill.as_str().into(), language: self.language.as_str().into(), agent: None }
    }

    pub(super) fn reach(&self) -> Reach {
        match (self.exchange.is_empty(), self.number.is_empty()) {
            (false, _) => Reach::Telephone,
            (true, false) => Reach::PageAndNumber,
            (true, true) => Reach::Page,
        }
    }
}

impl Open {
    pub(super) fn new(kept: Kept) -> Self {
        Self {
            kept,
            form: None,
            said: VecDeque::new(),
            proposed: BTreeMap::new(),
            proposals: 0,
            photos: 0,
            watcher: None,
        }
    }
}

/// Does something at the switchboard, and tells whoever it concerns.
pub fn at_board<T>(app: &Arc<App>, what: impl FnOnce(&mut Switchboard, i64) -> T) -> T {
    let calls = Calls::of(app);
    let mut board = calls.board();
    let done = what(&mut board, app.real_clock.now().0);
    for event in board.take_events() {
        happened(app, &board, event);
    }
    done
}

fn happened(app: &Arc<App>, board: &Switchboard, event: Event) {
    let calls = Calls::of(app);
    let keep = |call, change: &dyn Fn(&mut Kept)| {
        if let Some(open) = calls.open().get_mut(&call) {
            change(&mut open.kept);
            keep(app, call, &open.kept);
        }
    };
    match event {
        Event::Rings { call, agent } => {
            let told = calls.open().get(&call).map(|open| {
                let (skill, service, channel) = (&open.kept.skill, &open.kept.service, &open.kept.channel);
                let number = masked_of(app, call, &open.kept);
                let waited = board.call(call).map_or(0, |one| app.real_clock.now().0 - one.first);
                json!({"rings": {"call": call.0, "skill": skill, "service": service, "channel": channel,
                    "language": open.kept.language, "number": number, "waited": waited / 1000}})
            });
            calls.tell_agent(agent, &told.unwrap_or_default());
            calls.tell_caller(call, &json!({"rings": {}}));
        }
        Event::Stops { call, agent, why } => {
            calls.tell_agent(agent, &json!({"stops": {"call": call.0, "why": format!("{why:?}").to_lowercase()}}));
            calls.tell_caller(call, &standing(board, call));
        }
        // Told once it is durable, by whoever answered.
        Event::Joins { call, agent } => keep(call, &|kept| {
            let waited = board.call(call).and_then(|one| one.waited);
            (kept.agent, kept.to_call_back, kept.waited) = (Some(agent.0), false, waited);
        }),
        Event::PutBack { call, agent } => {
            keep(call, &|kept| kept.agent = None);
            calls.tell_agent(agent, &json!({"put-back": {"call": call.0}}));
            calls.tell_caller(call, &json!({"put-back": {}}));
            calls.tell_caller(call, &standing(board, call));
            stop_watching(calls, call);
        }
        Event::ToCallBack { call } => {
            keep(call, &|kept| (kept.agent, kept.to_call_back) = (None, true));
            calls.tell_caller(call, &json!({"to-call-back": {}}));
        }
        Event::Returns { call } => {
            keep(call, &|kept| kept.to_call_back = false);
            calls.tell_caller(call, &standing(board, call));
        }
        Event::Pauses { agent } => calls.tell_agent(agent, &json!({"paused": {}})),
        Event::Ended { call, agent, how, tale } => {
            calls.tell_caller(call, &json!({"ended": {"how": how.as_str()}}));
            if let Some(agent) = agent {
                calls.tell_agent(agent, &json!({"ended": {"call": call.0, "how": how.as_str()}}));
            }
            stop_watching(calls, call);
            calls.open().remove(&call);
            tokio::spawn(record_end(app.clone(), call, how, tale));
        }
    }
}

fn stop_watching(calls: &Calls, call: CallId) {
    let watcher = calls.open().get_mut(&call).and_then(|open| open.watcher.take());
    if let Some(watcher) = watcher {
        calls.tell_agent(watcher, &json!({"watched": {"call": call.0, "over": true}}));
    }
}

/// What a caller who waits is told: their place, and how long it will probably take.
pub fn standing(board: &Switchboard, call: CallId) -> Value {
    let expected = board.expected_wait(call).map(|ms| (ms + 999) / 1000);
    json!({"waits": {"position": board.position(call), "expected": expected}})
}

/// Records the end of a call, however often that has to be tried, and lets go of what was kept of it.
async fn record_end(app: Arc<App>, call: CallId, how: Ending, tale: Tale) {
    let mut stopping = app.stopping.subscribe();
    loop {
        let facts = vec![
            ("ending", how.as_str().to_owned()),
            ("waited", tale.waited.to_string()),
            ("talked", tale.talked.to_string()),
            ("held", tale.held.to_string()),
            ("transfers", tale.transfers.to_string()),
            ("put-back", tale.put_back.to_string()),
        ];
        let note = Note { name: "end-call", deed: None, call, facts };
        match record(&app, Actor::System, "end", note).await {
            Ok(_) => return drop_kept(&app, call),
            Err(problem) => tracing::warn!(call = call.0, %problem, "the end of a call waits to be recorded"),
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = stopping.changed() => return,
        }
    }
}

pub(super) fn keep(app: &App, call: CallId, kept: &Kept) {
    let bytes = serde_json::to_vec(kept).unwrap_or_default();
    let done = app.with_working(|working| working.put("call", &call.0.to_string(), &bytes, FOR_EVER));
    if let Err(error) = done {
        tracing::error!(call = call.0, error, "a call could not be kept");
    }
}

fn drop_kept(app: &App, call: CallId) {
    if let Err(error) = app.with_working(|working| working.delete("call", &call.0.to_string())) {
        tracing::error!(call = call.0, error, "a call could not be let go");
    }
}

/// The case that belongs to a call from now on.
pub fn link_case(app: &App, call: CallId, number: &str) {
    if let Some(open) = Calls::of(app).open().get_mut(&call) {
        open.kept.case = number.to_owned();
        keep(app, call, &open.kept);
    }
}

/// An agent answers, or calls somebody back: it is told once it is on record.
///
/// # Errors
/// `call-moved`, or the refusal of recording it; then the caller waits again.
pub async fn join(app: &Arc<App>, viewer: &Viewer, call: CallId, back: Option<()>) -> Result<(), Problem> {
    let Actor::Staff { id, .. } = viewer.actor else { return Err(rule::missing()) };
    at_board(app, |board, now| match back {
        Some(()) => board.take_back(call, id, now),
        None => board.answer(call, id, now),
    })
    .map_err(rule::moved)?;
    let calls = Calls::of(app);
    let waited = calls.board().call(call).and_then(|one| one.waited).unwrap_or(0);
    let facts = vec![("agent", id.0.to_string()), ("waited", waited.to_string())];
    let note = Note { name: "answer-call", deed: Some(Deed::AnswerCalls), call, facts };
    if let Err(problem) = record(app, viewer.actor, "", note).await {
        at_board(app, |board, now| board.put_back(call, now));
        return Err(problem);
    }
    let told = super::view::joined(app, call);
    calls.tell_agent(id, &told);
    let name = crate::staff::http::name(&app.image(), viewer.actor);
    calls.tell_caller(call, &json!({"joined": {"agent": name}}));
    Ok(())
}
