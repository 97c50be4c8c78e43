//! `yizhan bench reads`: status pages a second, alone and while declarations arrive.

use super::intake::{Server, declarations};
use super::load::{self, Ask, STORE};
use super::world::Place;
use super::{Figures, Options, median};
use std::sync::Arc;
use yizhan_core::access::Viewer;

/// Runs the bench.
///
/// # Errors
/// A read that was refused.
pub fn run(options: &Options) -> Result<Figures, String> {
    let mut figures = Figures::default();
    let known = options.acts(20_000, 1_000);
    let reads = if options.short { 5_000 } else { 300_000 };
    let place = Place::new("reads", None)?;
    let server = Server::start(&place)?;
    let from = declarations()?;
    load::run(server.address, &Ask::Declare { from: from.clone(), first: 0, path: STORE }, 64, known, None)?;
    let addresses = Arc::new(addresses(&place, server)?);
    let server = Server::start(&place)?;
    let (mut alone, mut p99, mut mixed) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..options.runs(3, 1) {
        let outcome = load::run(server.address, &Ask::Read(addresses.clone()), 64, reads, None)?;
        must_be_good(&outcome)?;
        alone.push(outcome.rate());
        // Ten thousand declarations a second arrive while a few readers ask as fast as people do.
        let seconds = if options.short { 1 } else { 8 };
        let declare = Ask::Declare { from: from.clone(), first: 1_000_000 * (run + 1), path: STORE };
        let address = server.address;
        let writing = std::thread::spawn(move || load::run(address, &declare, 128, 10_000 * seconds, Some(10_000.0)));
        let reading = load::run(server.address, &Ask::Read(addresses.clone()), 16, 2_000 * seconds, Some(2_000.0))?;
        let writing = writing.join().map_err(|_| "the load generator failed")??;
        must_be_good(&reading)?;
        must_be_good(&writing)?;
        p99.push(reading.percentile_ms(99));
        mixed.push(writing.rate());
    }
    figures.add("status reads alone, 64 connections, /s", median(alone));
    figures.add("declarations meanwhile, /s", median(mixed));
    figures.add("p99 of a status read meanwhile, ms", median(p99));
    figures.at_least("status reads alone, 64 connections, /s", 60_000.0);
    figures.at_most("p99 of a status read meanwhile, ms", 20.0);
    Ok(figures)
}

/// The status addresses of the cases that are stored, receipts and all. The server is stopped meanwhile.
fn addresses(place: &Place, server: Server) -> Result<Vec<String>, String> {
    drop(server);
    let (app, ended) = place.start()?;
    let image = app.image();
    let program = Viewer::program();
    let all = program.look(&image).cases().take(10_000).map(|case| {
        let secret = app.receipt(case.subject, image.opened_at(case));
        format!("/api/status/{}?k={secret}", image.number(case))
    });
    let all = all.collect();
    drop(image);
    drop(app);
    let _ = ended.blocking_recv();
    Ok(all)
}

fn must_be_good(outcome: &load::Outcome) -> Result<(), String> {
    if outcome.refused == 0 { Ok(()) } else { Err(format!("WRONG RESULT: {} requests were refused", outcome.refused)) }
}
