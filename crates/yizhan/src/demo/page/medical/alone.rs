//! A zone of nothing but the people of the page and their bills, for whoever measures.

use super::play::{Medical, play};
use super::wanted::Wanted;
use crate::command::Common;
use crate::demo::{Maker, acting, commit, register, stay};
use crate::serve::{self, found};
use crate::store;
use std::sync::Arc;
use std::time::{Duration, Instant};
use yizhan_core::access::Viewer;
use yizhan_core::service::FoundDemonstration;
use yizhan_core::waist::Engine;
use yizhan_core::zone::{self, Damage};
use yizhan_kit::clock::{DemoClock, FixedClock};
use yizhan_kit::{Day, Fen, Moment};

/// How many people are on the register.
const PEOPLE: usize = 2_500;

/// What it came to.
pub struct Played {
    /// How many bills there are.
    pub bills: usize,
    /// How many acts they took.
    pub acts: u64,
    /// How long the plan took.
    pub planned: Duration,
    /// How long they took to happen.
    pub played: Duration,
}

/// Generates the zone and lets a part of the page's bills of five years happen: one of so many.
///
/// # Errors
/// What kept it from happening; a bill whose layers pay something else than they were to.
pub fn alone(common: &Common, one_of: usize, seed: u64) -> Result<Played, String> {
    let mut wanted = Wanted::read(None)?;
    for amount in wanted.layers.iter_mut().map(|(_, amount)| amount).chain([&mut wanted.claims]) {
        amount.times = (amount.times / one_of).max(1);
        amount.sum = Fen(amount.sum.0 / i64::try_from(one_of).unwrap_or(1));
    }
    let config = common.config()?;
    let source = store::catalog_source(common.catalog.as_deref())?;
    let catalog = store::load_catalog(source.clone())?;
    let engine = Engine::open(&common.address())?;
    let (mut writer, _) = zone::open(engine, config.hash()?, Damage::Refused).map_err(|faults| faults.join("\n"))?;
    let vault = store::vault(&common.address(), &config)?;
    let mut maker = Maker::new(&catalog, &vault, seed)?;
    let first = Day::from_ymd(2016, 1, 4).ok_or("no day")?;
    (maker.now, maker.founded) = (Moment::at(first, 480), first);
    found(&mut writer, Arc::new(FoundDemonstration), source.to_bytes(), maker.now)?;
    commit(&mut writer, maker.now, maker.staff().into_iter().map(acting).collect())?;
    maker.helpers(&writer);
    register::make(&mut writer, &maker, PEOPLE)?;
    stay::make(&mut writer, &maker)?;
    let people: Vec<_> = Viewer::program().look(writer.image()).subjects_of("person").collect();
    drop(writer);
    let clock = Arc::new(DemoClock::starting_at(maker.now, Box::new(FixedClock::at(maker.now))));
    let (app, ended) = serve::start(common, common.config()?, Some(clock.clone()), Damage::Refused)?;
    let began = Instant::now();
    let last = Day::from_ymd(2020, 12, 31).ok_or("no day")?;
    let mut medical = Medical::plan(&app, &people, &wanted, (first.plus(1), last), seed)?;
    let (planned, before, bills) = (began.elapsed(), app.image().seq, medical.len());
    let began = Instant::now();
    // PostgreSQL is read by a runtime of its own, which cannot be started on the only thread of another.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(play(&app, &clock, &mut medical, |_| {}))?;
    let (played, acts) = (began.elapsed(), app.image().seq - before);
    drop(app);
    let _ = ended.blocking_recv();
    Ok(Played { bills, acts, planned, played })
}
