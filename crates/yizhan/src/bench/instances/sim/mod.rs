//! Instances on simulated time. From one seed: messages are lost, doubled and delayed, instances stall and die, clocks jump, the
//! database goes away and loses answers. The nodes, writers, followers and images are the real ones; what must be true is said by an
//! independent model: nothing acknowledged is lost or doubled, an epoch has one owner, the books balance.

mod database;
mod judge;
mod place;
mod wish;
mod world;

use super::super::ledger::{Books, books};
use super::super::world::Place;
use crate::bench::Figures;
use crate::store;
use world::World;
use yizhan_core::journal;
use yizhan_core::waist::{Engine, Memory};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::Moment;
use yizhan_kit::digest::HashKind;

/// What every simulated zone begins with.
pub struct Base {
    memory: Memory,
    books: Books,
    now: Moment,
}

impl Base {
    /// A founded zone with accounts and a case.
    ///
    /// # Errors
    /// What kept it from being founded.
    pub fn new() -> Result<Self, String> {
        let memory = Memory::new(journal::genesis(HashKind::Sha256));
        let opened = zone::open(Engine::Memory(memory.clone()), HashKind::Sha256, Damage::Refused);
        let (mut writer, _) = opened.map_err(|faults| faults.join("\n"))?;
        let place = Place::new("instances", None)?;
        let vault = store::vault(&place.common().address(), &place.config()?)?;
        let now: Moment = "2021-02-01T09:00".parse().map_err(|_| "no moment")?;
        let books = books(&mut writer, &vault, now)?;
        Ok(Self { memory, books, now })
    }
}

/// What a seed came to.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tally {
    /// Acts that were acknowledged.
    pub acknowledged: u64,
    /// Zones that changed hands.
    pub taken: u64,
    /// Copies that were let go because others keep the zone.
    pub forgotten: u64,
    /// Instances that died.
    pub crashes: u64,
    /// Messages lost or doubled, stalls, jumps, answers of the database lost.
    pub troubles: u64,
    /// Acts refused to an owner of before.
    pub fenced: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.taken += other.taken;
        self.forgotten += other.forgotten;
        self.crashes += other.crashes;
        self.troubles += other.troubles;
        self.fenced += other.fenced;
    }
}

/// Runs one seed.
///
/// # Errors
/// What is not as it must be, with the seed.
pub fn run(base: &Base, seed: u64) -> Result<Tally, String> {
    let mut world = World::new(base, seed);
    world.run().and_then(|()| judge::judge(&world)).map_err(|what| format!("WRONG RESULT: seed {seed}: {what}"))?;
    Ok(world.tally)
}

/// Runs many seeds.
///
/// # Errors
/// The first seed that is not as it must be.
pub fn many(seeds: u64, figures: &mut Figures) -> Result<(), String> {
    let base = Base::new()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let total = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let base = &base;
                scope.spawn(move || {
                    let mut total = Tally::default();
                    for seed in (part..seeds).step_by(usize::try_from(threads).unwrap_or(1)) {
                        let one = run(base, seed)?;
                        total.add(one);
                    }
                    Ok::<_, String>(total)
                })
            })
            .collect();
        let mut total = Tally::default();
        for part in parts {
            let one = part.join().map_err(|_| "a simulation failed".to_owned())??;
            total.add(one);
        }
        Ok::<_, String>(total)
    })?;
    figures.add("simulated: seeds", seeds as f64);
    figures.add("simulated: acts acknowledged, none lost, none twice", total.acknowledged as f64);
    figures.add("simulated: zones that changed hands", total.taken as f64);
    figures.add("simulated: copies let go, others keeping the zone", total.forgotten as f64);
    figures.add("simulated: instances that died", total.crashes as f64);
    figures.add("simulated: messages, answers and clocks in trouble", total.troubles as f64);
    figures.add("simulated: acts refused to an owner of before", total.fenced as f64);
    Ok(())
}
