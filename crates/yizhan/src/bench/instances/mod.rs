//! `yizhan bench cluster`: several instances on one PostgreSQL. What an act costs with 1, 2 and 4 of them, and how many connections they
//! hold; how long a dead owner is missed; what comes of processes killed and paused under load, of a database that crashes and of a
//! standby that takes over.

mod clients;
mod faults;
mod fleet;
pub mod sim;

use super::cluster::Cluster;
use super::intake::declarations;
use super::load::{self, Ask, STORE};
use super::{Figures, Options, median};
use fleet::Fleet;
use yizhan_core::waist::lines::SHARED;

/// How many zones share the database.
const ZONES: usize = 4;

/// Runs the bench. `--acts` is the number of declarations a zone, `--runs` the number of kills.
///
/// # Errors
/// A declaration that was lost, doubled or refused, or a chain that does not verify.
pub fn run(options: &Options) -> Result<Figures, String> {
    let mut figures = Figures::default();
    sim::many(if options.short { 100 } else { 10_000 }, &mut figures)?;
    spread(options, &mut figures)?;
    faults::taking_over(options, &mut figures)?;
    faults::rolling_restart(options, &mut figures)?;
    faults::pauses(options, &mut figures)?;
    faults::database_crashes(options, &mut figures)?;
    faults::database_stops(options, &mut figures)?;
    faults::standby_promoted(options, &mut figures)?;
    Ok(figures)
}

/// The same load on 1, 2 and 4 instances: at the owner of each zone, and at whichever instance comes first.
fn spread(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let acts = options.acts(20_000, 600);
    let counts: &[usize] = if options.short { &[1, 3] } else { &[1, 2, 4] };
    let mut costs = Vec::new();
    for count in counts {
        let server = Cluster::start()?;
        let fleet = Fleet::start(&server.address(&fleet::names(ZONES)), *count, ZONES)?;
        fleet.settled()?;
        for anywhere in [false, true] {
            let (cpu_before, began) = (fleet.cpu_s() + server.cpu_s(), std::time::Instant::now());
            std::thread::scope(|scope| {
                let loads: Vec<_> = (0..ZONES)
                    .map(|zone| {
                        let fleet = &fleet;
                        scope.spawn(move || {
                            let name = fleet::name(zone);
                            let at = if anywhere { fleet.address(zone + 1) } else { fleet.owner(&name)? };
                            let first = usize::from(anywhere) * acts;
                            let declare = Ask::Declare { from: declarations()?, first, path: STORE };
                            let outcome =
                                load::run(at, &Ask::Of(name.as_str().into(), declare.into()), 16, acts, None)?;
                            if outcome.refused > 0 {
                                return Err(format!("WRONG RESULT: {} of {acts} were refused", outcome.refused));
                            }
                            Ok::<_, String>(())
                        })
                    })
                    .collect();
                loads.into_iter().try_for_each(|load| load.join().map_err(|_| "a load failed".to_owned())?)
            })?;
            let took = began.elapsed().as_secs_f64();
            let cost = (fleet.cpu_s() + server.cpu_s() - cpu_before) * 1e6 / (acts * ZONES) as f64;
            let how = if anywhere { "through any instance" } else { "at the owner" };
            figures.add(&format!("{count} instances, {ZONES} zones, {how}: acts/s"), (acts * ZONES) as f64 / took);
            figures.add(&format!("{count} instances, {ZONES} zones, {how}: CPU an act, us"), cost);
            if !anywhere {
                costs.push(cost);
            }
        }
        let (connections, most) = (server.connections(), (SHARED + 1) * count + ZONES);
        if connections > most {
            return Err(format!("WRONG RESULT: {count} instances hold {connections} connections, {most} at most"));
        }
        figures.add(&format!("{count} instances, {ZONES} zones: connections of the database"), connections as f64);
        figures.add(&format!("{count} instances, {ZONES} zones: copies in memory"), fleet.copies() as f64);
        let kept = fleet.stop(&server.address(""))?;
        if kept != acts * 2 * ZONES {
            return Err(format!("WRONG RESULT: {kept} cases are stored, {} were acknowledged", acts * 2 * ZONES));
        }
    }
    let (first, last) = (costs[0], median(costs.split_off(costs.len() - 1)));
    figures.add("CPU an act with the most instances / with one", last / first);
    figures.at_most("CPU an act with the most instances / with one", 1.3);
    Ok(())
}
