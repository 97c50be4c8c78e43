//! Taking visits in and keeping them.

use super::model::VisitSaid;
use crate::app::{App, blocking, store};
use crate::device::act::Devices;
use crate::device::rule::is_word;
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, OnceLock, RwLock};
use yizhan_core::behaviour::{Ending, StepOf, VisitOf, Visits, What};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Problem};

/// The most steps in memory: forty megabytes, a year of a busy district. The oldest go first.
const EVENTS: usize = 6_000_000;
/// For how long visits are kept, by the real clock like all working state: half a year.
pub const KEPT_MS: i64 = 183 * 86_400_000;
/// From this many steps on a piece of a day is full.
const PIECE: usize = 20_000;
/// How many numbers of visits are remembered, so that a repeat is none.
const NUMBERS: usize = 20_000;

/// Every visit that is remembered.
#[derive(Default)]
pub struct Behaviour {
    ready: OnceLock<()>,
    visits: RwLock<Visits>,
    fresh: Mutex<Fresh>,
}

/// The piece of a day that is being filled.
struct Fresh {
    day: Day,
    piece: usize,
    visits: Visits,
    /// How many of them are kept.
    kept: usize,
    numbers: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Default for Fresh {
    fn default() -> Self {
        let (visits, numbers, order) = (Visits::default(), HashSet::new(), VecDeque::new());
        Self { day: Day(0), piece: 0, visits, kept: 0, numbers, order }
    }
}

impl Behaviour {
    /// What an application remembers.
    pub fn of(app: &App) -> &Self {
        app.behaviour.ready.get_or_init(|| {
            if let Err(problem) = app.behaviour.gather(app) {
                tracing::error!(%problem, "the visits could not be read");
            }
        });
        &app.behaviour
    }

    fn gather(&self, app: &App) -> Result<(), Problem> {
        let mut pieces =
            app.with_working(|working| working.list("visits", app.real_clock.now())).map_err(|error| store(&error))?;
        pieces.sort();
        let mut visits = self.visits.write().expect("no panic while visits are held");
        for (name, bytes) in &pieces {
            if let Err(what) = visits.take(bytes) {
                tracing::warn!(name, what, "a piece of the visits is left out");
            }
        }
        visits.keep_latest(EVENTS);
        // A piece that was begun stays as it is; the next begins another.
        let last = pieces.last().and_then(|(name, _)| name.split_once('/')?.1.parse().ok()).unwrap_or(0_usize);
        self.fresh.lock().expect("no panic while visits are held").piece = last + 1;
        Ok(())
    }

    /// Looks at the visits.
    pub fn look<T>(&self, ask: impl FnOnce(&Visits) -> T) -> T {
        ask(&self.visits.read().expect("no panic while visits are held"))
    }
}

/// Takes a visit in, unless it was told before.
///
/// # Errors
/// `form-invalid` when a word is none, or there is no room for more words.
pub fn take(app: &App, device: SubjectId, said: &VisitSaid) -> Result<(), Problem> {
    let bad = || {
        problem::FORM_INVALID.problem(
            "事项和环节用小写字母和连字符命名，一次到访最多 200 步。",
            "Modules and steps are named by letters and hyphens; a visit has at most 200 steps.",
        )
    };
    let hall = Devices::of(app).wall().find(device).map(|seat| seat.hall).ok_or_else(bad)?;
    let ending = Ending::parse(&said.ending).ok_or_else(bad)?;
    let step = |step: &super::model::StepSaid| {
        let what = What::parse(&step.what).filter(|_| is_word(&step.step))?;
        Some(StepOf { step: step.step.clone(), what, took_ms: step.took_ms })
    };
    let steps = said.steps.iter().map(step).collect::<Option<Vec<_>>>().ok_or_else(bad)?;
    if !is_word(&said.module) || steps.len() > 200 {
        return Err(bad());
    }
    let behaviour = Behaviour::of(app);
    let (now, lasted) = (app.now(), steps.iter().map(|step| i64::from(step.took_ms)).sum::<i64>());
    let began = now.plus_ms(-lasted.min(3_600_000));
    let visit = VisitOf { device, hall, module: said.module.clone(), began, ending, steps };
    let mut fresh = behaviour.fresh.lock().expect("no panic while visits are held");
    if !fresh.numbers.insert(said.visit) {
        return Ok(());
    }
    fresh.order.push_back(said.visit);
    if fresh.order.len() > NUMBERS
        && let Some(old) = fresh.order.pop_front()
    {
        fresh.numbers.remove(&old);
    }
    let mut visits = behaviour.visits.write().expect("no panic while visits are held");
    if !visits.push(&visit) {
        return Err(bad());
    }
    if visits.events() > EVENTS + PIECE {
        visits.keep_latest(EVENTS);
    }
    drop(visits);
    if fresh.day != began.day() || fresh.visits.events() >= PIECE {
        write(app, &mut fresh);
        fresh.day = began.day();
        fresh.piece += 1;
        fresh.visits = Visits::default();
        fresh.kept = 0;
    }
    fresh.visits.push(&visit);
    Ok(())
}

/// Keeps what came since the last time. Called now and then, and before the program ends.
pub fn keep(app: &App) {
    let behaviour = Behaviour::of(app);
    blocking(|| write(app, &mut behaviour.fresh.lock().expect("no panic while visits are held")));
}

fn write(app: &App, fresh: &mut Fresh) {
    if fresh.visits.len() == fresh.kept {
        return;
    }
    let name = format!("{}/{:08}", fresh.day, fresh.piece);
    let (bytes, until) = (fresh.visits.to_bytes(), app.real_clock.now().plus_ms(KEPT_MS));
    match app.with_working(|working| working.put("visits", &name, &bytes, until)) {
        Ok(()) => fresh.kept = fresh.visits.len(),
        Err(error) => tracing::warn!(error, "visits wait to be kept"),
    }
}
