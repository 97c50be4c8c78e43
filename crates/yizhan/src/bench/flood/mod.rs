//! `yizhan bench flood`: twenty times as many callers at once as keep the server busy, each asking again as soon as it is answered, and
//! among them people who send a byte now and then, bodies without end, and connections that are opened and closed. Staff work on.

mod callers;
mod hostile;

use super::cluster::{Cluster, pause};
use super::console::{Asking, sign_in};
use super::intake::Server;
use super::load;
use super::world::{Declarations, Place};
use super::{Figures, Options, on_engines};
use crate::{demo, store};
use callers::{Callers, Told};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use yizhan_core::access::Viewer;
use yizhan_core::verify;
use yizhan_core::waist::Reader;
use yizhan_core::waist::load::Depth;
use yizhan_core::zone;
use yizhan_kit::Clock;
use yizhan_kit::clock::SystemClock;

/// How many times as many callers come as keep the server busy.
const TIMES: usize = 20;

/// The people of the register beneath it all.
const PEOPLE: usize = 2_600;

/// How often a page of staff is asked, in milliseconds.
const LOOK_MS: u64 = 50;

/// How many looks in a row must be quick for the server to be well again.
const WELL: usize = 10;

/// Runs the bench. `--runs` is the number of minutes.
///
/// # Errors
/// A declaration that was acknowledged and is missing, or a chain that does not verify.
pub fn run(options: &Options) -> Result<Figures, String> {
    on_engines(options, one)
}

fn one(options: &Options, engine: &str, cluster: Option<&Cluster>, figures: &mut Figures) -> Result<(), String> {
    let busy = if options.short { 32 } else { 256 };
    let (calm, flood) = match options.short {
        true => (Duration::from_secs(2), Duration::from_secs(6)),
        false => (Duration::from_secs(20), Duration::from_secs(60 * options.runs(10, 1) as u64)),
    };
    let place = Place::new(&format!("flood-{engine}"), cluster.map(|cluster| cluster.address("flood")))?;
    demo::run(&place.common(), PEOPLE, 2021)?;
    let server = Server::start(&place)?;
    let catalog = store::load_catalog(store::catalog_source(None)?)?;
    let from = Declarations::new(&catalog, SystemClock.now());
    let staff = Staff::start(server.address)?;

    // What it can do, with as many callers as keep it busy.
    let mut told = Told::default();
    let can = |told: &mut Told| {
        let before = told.numbers.len();
        Callers::start(&from, server.address, busy, told.asked).after(calm, told)?;
        Ok::<f64, String>((told.numbers.len() - before) as f64 / calm.as_secs_f64())
    };
    Callers::start(&from, server.address, busy, 0).after(calm / 4, &mut told)?;
    staff.pages_ms();
    let capacity = can(&mut told)?;
    let calm_ms = p(99, staff.pages_ms());
    let calm_memory = load::memory(server.pid());

    // The flood.
    let before = told.numbers.len();
    let hostile = hostile::start(server.address, if options.short { 40 } else { 500 });
    let callers = Callers::start(&from, server.address, busy * TIMES, told.asked);
    let (began, mut most) = (Instant::now(), 0.0_f64);
    while began.elapsed() < flood {
        pause(500);
        most = most.max(load::memory(server.pid()));
    }
    callers.after(Duration::ZERO, &mut told)?;
    let took = began.elapsed().as_secs_f64();
    let over = Instant::now();
    let served = (told.numbers.len() - before) as f64 / took;
    let pages = staff.pages_ms();
    let blows = hostile.stop()?;
    let well = staff.well_again(over, (calm_ms * 2.0).max(50.0))?;
    // Whatever the connections held is given back by now; what stays is what was declared.
    pause(1_000);
    let after = load::memory(server.pid());
    // The same store holds millions more by now, and the disk has them to write: what it can do has changed as well.
    let capacity_after = can(&mut told)?;
    staff.stop()?;
    server.end()?;

    let kept = kept(&place, &told)?;
    let name = |what: &str| format!("{engine}: {what}");
    figures.add(&name("capacity, declarations/s"), capacity);
    figures.add(&name("capacity after the flood, declarations/s"), capacity_after);
    figures.add(&name("p99 of a staff page before the flood, ms"), calm_ms);
    figures.add(&name("flood: seconds"), took);
    figures.add(&name("flood: callers at once"), (busy * TIMES) as f64);
    figures.add(&name("flood: declarations/s"), served);
    figures.add(&name("flood: served / capacity before, %"), served / capacity * 100.0);
    let mean = f64::midpoint(capacity, capacity_after);
    figures.add(&name("flood: served / mean capacity before and after, %"), served / mean * 100.0);
    figures.at_least(&name("flood: served / mean capacity before and after, %"), 80.0);
    figures.add(&name("flood: callers asked to come again"), told.later as f64);
    figures.add(&name("flood: connections that broke"), told.broken as f64);
    figures.add(&name("flood: staff pages asked"), pages.len() as f64);
    figures.add(&name("flood: p99 of a staff page, ms"), p(99, pages));
    figures.at_most(&name("flood: p99 of a staff page, ms"), 300.0);
    figures.add(&name("flood: memory at most, MB"), most / 1e6);
    figures.add(&name("flood: memory beyond what stayed, MB"), (most - after).max(0.0) / 1e6);
    figures.at_most(&name("flood: memory beyond what stayed, MB"), 512.0);
    let grown = (after - calm_memory).max(0.0) / (served * took).max(1.0);
    figures.add(&name("flood: memory a declaration, bytes"), grown);
    figures.add(&name("flood: well again after, s"), well);
    figures.at_most(&name("flood: well again after, s"), 5.0);
    figures.add(&name("flood: slow heads hung up on"), blows.heads as f64);
    figures.add(&name("flood: slow bodies refused"), blows.bodies as f64);
    figures.add(&name("flood: endless bodies refused"), blows.endless as f64);
    figures.add(&name("flood: endless bodies, MB taken of one at most"), blows.taken_mb);
    figures.add(&name("flood: connections opened and closed"), blows.opened as f64);
    figures.add(&name("acknowledged, none missing"), kept as f64);
    Ok(())
}

fn p(percent: usize, mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * percent / 100).or(values.last()).copied().unwrap_or(f64::NAN)
}

/// Every number that was given is stored, under a chain that verifies; nothing is there that nobody asked for.
fn kept(place: &Place, told: &Told) -> Result<usize, String> {
    let config = place.config()?;
    let vault = store::vault(&place.common().address(), &config)?;
    let mut reader = Reader::open(&place.common().address())?;
    let report = verify::verify(&mut reader, config.hash()?, Some(&vault), &[]).map_err(|error| error.to_string())?;
    if !report.ok {
        return Err(format!("WRONG RESULT: {}", report.faults.join("; ")));
    }
    let rebuilt = zone::rebuild(&reader, config.hash()?, Depth::Heads);
    let program = Viewer::program();
    let stored: std::collections::HashSet<u64> =
        program.look(&rebuilt.image).cases().map(|case| callers::mark(&rebuilt.image.number(case))).collect();
    let missing = told.numbers.iter().filter(|number| !stored.contains(number)).count();
    if missing > 0 {
        return Err(format!("WRONG RESULT: {missing} declarations were acknowledged and are missing"));
    }
    let different: std::collections::HashSet<u64> = told.numbers.iter().copied().collect();
    if different.len() != told.numbers.len() {
        return Err("WRONG RESULT: a number was given to two declarations".into());
    }
    Ok(told.numbers.len())
}

/// A clerk and an officer who look at their pages, whatever happens.
struct Staff {
    looks: Arc<std::sync::Mutex<Vec<(Instant, f64)>>>,
    over: Arc<AtomicBool>,
    working: JoinHandle<Result<(), String>>,
}

impl Staff {
    fn start(address: SocketAddr) -> Result<Self, String> {
        let (looks, over) = (Arc::<std::sync::Mutex<Vec<(Instant, f64)>>>::default(), Arc::new(AtomicBool::new(false)));
        let (seen, ended) = (looks.clone(), over.clone());
        let working = std::thread::spawn(move || {
            callers::runtime()?.block_on(async {
                let cookie = sign_in(address, "district").await?;
                let mut asking = Asking::open(address, cookie).await?;
                let pages = ["/api/worklist?limit=50", "/api/board?service=travel-declaration", "/api/cases?limit=50"];
                for page in pages.iter().cycle() {
                    if ended.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    let began = Instant::now();
                    asking.get(page).await?;
                    let look = (Instant::now(), began.elapsed().as_secs_f64() * 1_000.0);
                    seen.lock().expect("no panic while looks are held").push(look);
                    tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
                }
                Ok(())
            })
        });
        Ok(Self { looks, over, working })
    }

    /// How long their pages took since they were asked last.
    fn pages_ms(&self) -> Vec<f64> {
        let looks = std::mem::take(&mut *self.looks.lock().expect("no panic while looks are held"));
        looks.into_iter().map(|(_, ms)| ms).collect()
    }

    /// After how many seconds their pages were quick again, so many in a row.
    fn well_again(&self, over: Instant, quick_ms: f64) -> Result<f64, String> {
        loop {
            if let Some(row) = self.looks.lock().expect("no panic while looks are held").rchunks(WELL).next()
                && row.len() == WELL
                && row.iter().all(|(_, ms)| *ms <= quick_ms)
            {
                return Ok((row[0].0 - over).as_secs_f64());
            }
            if over.elapsed() > Duration::from_secs(60) || self.working.is_finished() {
                return Err("WRONG RESULT: staff do not work again a minute after the flood".into());
            }
            pause(20);
        }
    }

    fn stop(self) -> Result<(), String> {
        self.over.store(true, Ordering::Relaxed);
        self.working.join().map_err(|_| "the staff's thread failed")?
    }
}
