//! Faults on purpose, under load: whatever happens, what was acknowledged is there once, and the chains verify.

use super::clients::{Clients, Told};
use super::fleet::{self, Fleet, name};
use crate::bench::cluster::{Cluster, pause};
use crate::bench::intake::declarations;
use crate::bench::load;
use crate::bench::{Figures, Options, median};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Zones under fire.
const ZONES: usize = 2;

/// Clients a zone.
const CLIENTS: usize = 4;

fn clients(fleet: &Fleet, each: usize) -> Result<Clients, String> {
    Ok(Clients::start(declarations()?, fleet.addresses(), ZONES, each, Duration::from_millis(5)))
}

/// Every acknowledged number is there once, and nothing is there twice.
fn prove(fleet: &Fleet, base: &str, told: &Told) -> Result<usize, String> {
    for zone in 0..ZONES {
        let stored = fleet.numbers(base, &name(zone))?;
        let known: HashSet<&str> = stored.iter().map(String::as_str).collect();
        let mut given = HashSet::new();
        for ((_, n), number) in told.numbers.iter().filter(|((of, _), _)| *of == zone) {
            if !known.contains(number.as_str()) {
                return Err(format!(
                    "WRONG RESULT: declaration {n} of {} was acknowledged as {number} and is missing",
                    name(zone)
                ));
            }
            if !given.insert(number) {
                return Err(format!("WRONG RESULT: {number} was given to two declarations"));
            }
        }
        // Everybody went on until they were acknowledged: nothing else was kept.
        if stored.len() != given.len() {
            return Err(format!("WRONG RESULT: {} cases are stored, {} were acknowledged", stored.len(), given.len()));
        }
    }
    Ok(told.numbers.len())
}

/// The owner of a zone is killed, again and again: from the kill to the next acknowledgement.
pub fn taking_over(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let kills = options.runs(100, 2);
    let server = Cluster::start()?;
    let base = server.address(&fleet::names(ZONES));
    let mut fleet = Fleet::start(&base, 2, ZONES)?;
    fleet.settled()?;
    let working = clients(&fleet, 1)?;
    let mut missed = Vec::new();
    for kill in 0..kills {
        let owner = fleet.owner(&name(kill % ZONES))?;
        let left: Vec<_> = fleet.addresses().into_iter().filter(|at| *at != owner).collect();
        working.now_at(left);
        let before = Instant::now();
        fleet.kill(owner)?;
        wait_for(&working, kill % ZONES, before)?;
        missed.push(before.elapsed().as_secs_f64());
        fleet.replace()?;
        working.now_at(fleet.addresses());
        fleet.settled()?;
    }
    let told = working.finish()?;
    let kept = prove(&fleet, &base, &told)?;
    let longest = missed.iter().copied().fold(0.0, f64::max);
    figures.add("owners killed under load", kills as f64);
    figures.add("owner killed: declarations acknowledged, none missing, none twice", kept as f64);
    figures.add("owner killed: missed for, median, s", median(missed));
    figures.add("owner killed: missed for, longest, s", longest);
    figures.at_most("owner killed: missed for, longest, s", 5.0);
    Ok(())
}

/// Waits until a declaration of a zone is acknowledged that came after a moment.
fn wait_for(working: &Clients, zone: usize, after: Instant) -> Result<(), String> {
    while !working.look(|told| told.at.get(&zone).and_then(|at| at.last()).is_some_and(|at| *at > after)) {
        if after.elapsed().as_secs() > 60 {
            return Err("WRONG RESULT: nobody answers for a zone a minute after its owner died".into());
        }
        pause(5);
    }
    Ok(())
}

/// Every instance is ended and started again, one after the other: nobody hears of it, whoever is asked.
pub fn rolling_restart(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let rounds = if options.short { 1 } else { 4 };
    let server = Cluster::start()?;
    let base = server.address(&fleet::names(ZONES));
    let mut fleet = Fleet::start(&base, 2, ZONES)?;
    fleet.settled()?;
    let working = clients(&fleet, CLIENTS)?;
    let began = Instant::now();
    for _ in 0..rounds {
        for address in fleet.addresses() {
            // As a proxy does: what is about to end gets nothing new.
            working.now_at(fleet.addresses().into_iter().filter(|at| *at != address).collect());
            pause(100);
            fleet.end(address)?;
            fleet.replace()?;
            fleet.settled()?;
            working.now_at(fleet.addresses());
        }
    }
    let told = working.finish()?;
    let kept = prove(&fleet, &base, &told)?;
    let gap = (0..ZONES).map(|zone| told.gap_s(zone, began)).fold(0.0, f64::max);
    figures.add("rolling restarts", (rounds * 2) as f64);
    figures.add("rolling restart: declarations acknowledged, none missing, none twice", kept as f64);
    figures.add("rolling restart: answers that were no acknowledgement", (told.later + told.broken) as f64);
    figures.add("rolling restart: longest pause, s", gap);
    figures.at_most("rolling restart: answers that were no acknowledgement", 0.0);
    Ok(())
}

/// The owner stands still for longer than its lease, and goes on where it was: another has the zone by then.
pub fn pauses(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let pauses = options.runs(20, 1);
    let server = Cluster::start()?;
    let base = server.address(&fleet::names(ZONES));
    let mut fleet = Fleet::start(&base, 2, ZONES)?;
    fleet.settled()?;
    let working = clients(&fleet, CLIENTS)?;
    let mut longest: f64 = 0.0;
    for n in 0..pauses {
        let owner = fleet.owner(&name(n % ZONES))?;
        let before = Instant::now();
        fleet.signal(owner, "-STOP")?;
        working.now_at(fleet.addresses().into_iter().filter(|at| *at != owner).collect());
        wait_for(&working, n % ZONES, before + Duration::from_millis(200))?;
        longest = longest.max(before.elapsed().as_secs_f64());
        fleet.signal(owner, "-CONT")?;
        working.now_at(fleet.addresses());
        pause(500);
        fleet.settled()?;
    }
    let told = working.finish()?;
    let kept = prove(&fleet, &base, &told)?;
    figures.add("owners stopped for longer than their lease, and let go on", pauses as f64);
    figures.add("owner stopped: declarations acknowledged, none missing, none twice", kept as f64);
    figures.add("owner stopped: missed for, longest, s", longest);
    Ok(())
}

/// The database is ended with nothing written back, and started again.
pub fn database_crashes(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let crashes = if options.short { 1 } else { 5 };
    let mut server = Cluster::start()?;
    let base = server.address(&fleet::names(ZONES));
    let fleet = Fleet::start(&base, 2, ZONES)?;
    fleet.settled()?;
    let working = clients(&fleet, CLIENTS)?;
    let mut longest: f64 = 0.0;
    for crash in 0..crashes {
        pause(700);
        server.crash()?;
        pause(500);
        if crash == 0 {
            // Whoever is cut off from the database still tells what was known, and since when.
            pause(4_000);
            for at in fleet.addresses() {
                let page = load::text(at, "/")?;
                if !page.starts_with("HTTP/1.1 200") || !page.contains("yizhan-lag-ms: ") {
                    return Err(format!("WRONG RESULT: without its database {at} answers {page}"));
                }
            }
        }
        server.again()?;
        let back = Instant::now();
        for zone in 0..ZONES {
            wait_for(&working, zone, back)?;
        }
        longest = longest.max(back.elapsed().as_secs_f64());
        fleet.settled()?;
    }
    let told = working.finish()?;
    let kept = prove(&fleet, &base, &told)?;
    figures.add("databases crashed under load", crashes as f64);
    figures.add("database crashed: declarations acknowledged, none missing, none twice", kept as f64);
    figures.add("database crashed: back after it, longest, s", longest);
    Ok(())
}

/// The database stands still for longer than any lease, as one whose disk does not answer, and goes on.
pub fn database_stops(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let stops = options.runs(5, 1);
    let server = Cluster::start()?;
    let base = server.address(&fleet::names(ZONES));
    let fleet = Fleet::start(&base, 2, ZONES)?;
    fleet.settled()?;
    let working = clients(&fleet, CLIENTS)?;
    let mut longest: f64 = 0.0;
    for _ in 0..stops {
        pause(700);
        server.stand_still(true)?;
        pause(6_000);
        server.stand_still(false)?;
        let on = Instant::now();
        for zone in 0..ZONES {
            wait_for(&working, zone, on)?;
        }
        longest = longest.max(on.elapsed().as_secs_f64());
        fleet.settled()?;
    }
    let told = working.finish()?;
    let kept = prove(&fleet, &base, &told)?;
    figures.add("databases that stood still under load", stops as f64);
    figures.add("database stood still: declarations acknowledged, none missing, none twice", kept as f64);
    figures.add("database stood still: back after it, longest, s", longest);
    Ok(())
}

/// The database is lost for good, its standby becomes the database.
pub fn standby_promoted(_: &Options, figures: &mut Figures) -> Result<(), String> {
    let mut server = Cluster::start()?;
    let standby = server.standby()?;
    let base = server.address_with(&standby, &fleet::names(ZONES));
    let fleet = Fleet::start(&base, 2, ZONES)?;
    fleet.settled()?;
    let working = clients(&fleet, CLIENTS)?;
    pause(1_500);
    server.crash()?;
    let lost = Instant::now();
    standby.promote()?;
    for zone in 0..ZONES {
        wait_for(&working, zone, lost)?;
    }
    let missed = lost.elapsed().as_secs_f64();
    pause(1_000);
    let told = working.finish()?;
    let kept = prove(&fleet, &base, &told)?;
    figures.add("standby promoted: declarations acknowledged, none missing, none twice", kept as f64);
    figures.add("standby promoted: missed for, s", missed);
    Ok(())
}
