//! `yizhan bench start`: how long a start takes with a million declarations stored, and what each costs in memory.

use super::load;
use super::world::Place;
use super::{Figures, Options, cluster, median};
use std::time::Instant;
use yizhan_core::waist::load::Depth;
use yizhan_core::waist::{Engine, Reader};
use yizhan_core::zone::{self, Damage};

/// Runs the bench.
///
/// # Errors
/// A start that does not find every declaration.
pub fn run(options: &Options) -> Result<Figures, String> {
    let mut figures = Figures::default();
    let acts = options.acts(1_000_000, 5_000);
    let place = Place::new("start", None)?;
    fill(&place, acts)?;
    let address = place.common().address();
    let kind = place.config()?.hash()?;
    let mut times = Vec::new();
    for _ in 0..options.runs(3, 1) {
        let began = Instant::now();
        let engine = Engine::open(&address)?;
        let (writer, _) = zone::open(engine, kind, Damage::Refused).map_err(|faults| faults.join("\n"))?;
        times.push(began.elapsed().as_secs_f64());
        if writer.image().case_count() != acts {
            return Err(format!("WRONG RESULT: {} of {acts} declarations after a start", writer.image().case_count()));
        }
    }
    let empty = Place::new("start-empty", None)?;
    let (full, names) = resident(&place, acts)?;
    let (nothing, _) = resident(&empty, 0)?;
    let bytes = (full - names - nothing) / acts as f64;
    let reader = Reader::open(&address)?;
    let began = Instant::now();
    let rebuilt = zone::rebuild(&reader, kind, Depth::Bodies);
    if !rebuilt.faults.is_empty() {
        return Err(format!("WRONG RESULT: {}", rebuilt.faults[0]));
    }
    figures.add("whole check of chain and bodies, s", began.elapsed().as_secs_f64());
    figures.add("declarations stored", acts as f64);
    figures.add("start from rows, s", median(times));
    figures.add("memory a declaration, bytes", bytes);
    figures.add("memory a name that is found, bytes", names / acts as f64);
    figures.at_most("start from rows, s", 3.0);
    figures.at_most("memory a declaration, bytes", 200.0);
    Ok(figures)
}

/// The memory of a server that has just started and settled, with so many names to be found; and how much of it those
/// names take.
fn resident(place: &Place, names: usize) -> Result<(f64, f64), String> {
    let server = super::intake::Server::start(place)?;
    let mut taken = 0.0;
    for tries in 0.. {
        let (found, bytes) = names_of(server.address)?;
        taken = bytes;
        if found as usize >= names {
            break;
        }
        if tries == 120 {
            return Err(format!("WRONG RESULT: {found} of {names} names can be found after a minute"));
        }
        cluster::pause(500);
    }
    let health = load::Ask::Read(std::sync::Arc::new(vec!["/readyz".to_owned()]));
    for _ in 0..5 {
        load::run(server.address, &health, 16, 2_000, None)?;
        cluster::pause(500);
    }
    Ok((load::memory(server.pid()), taken))
}

/// How many names can be found, and the memory they take, as the server counts them.
fn names_of(address: std::net::SocketAddr) -> Result<(f64, f64), String> {
    let text = load::text(address, "/metrics")?;
    let gauge = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
    gauge("yizhan_names ").zip(gauge("yizhan_names_bytes ")).ok_or_else(|| "no gauge of names".to_owned())
}

/// Fills a zone in a process of its own, so that its memory is not counted.
fn fill(place: &Place, acts: usize) -> Result<(), String> {
    let server = super::intake::Server::start(place)?;
    let from = super::intake::declarations()?;
    let outcome =
        load::run(server.address, &load::Ask::Declare { from, first: 0, path: load::STORE }, 256, acts, None)?;
    if outcome.good == acts {
        Ok(())
    } else {
        Err(format!("WRONG RESULT: {} of {acts} declarations accepted", outcome.good))
    }
}
