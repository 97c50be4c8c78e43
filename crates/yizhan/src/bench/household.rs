//! A household's page over HTTP in a zone of so many people: everything held of it, every rule with its reasons.

use super::console::{Asking, sign_in};
use super::intake::Server;
use super::world::Place;
use super::{Figures, Options};
use crate::demo;
use std::time::Instant;
use yizhan_kit::id::SeededEntropy;

/// Measures the page of households all over the zone, one after the other.
///
/// # Errors
/// A page without its members, or without its standards.
pub fn run(people: usize, options: &Options, figures: &mut Figures) -> Result<(), String> {
    let place = Place::new("household", None)?;
    demo::run(&place.common(), people.max(2_600), 2021)?;
    let server = Server::start(&place)?;
    let asked = options.acts(2_000, 100).min(2_000);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let mut times = runtime.block_on(pages(server.address, people.max(2_600), asked))?;
    times.sort_by(f64::total_cmp);
    figures.add("judge: household's page, median, ms", times[times.len() / 2]);
    figures.add("judge: household's page, p99, ms", times[times.len() * 99 / 100]);
    figures.at_most("judge: household's page, p99, ms", 5.0);
    Ok(())
}

async fn pages(address: std::net::SocketAddr, people: usize, asked: usize) -> Result<Vec<f64>, String> {
    let cookie = sign_in(address, "district").await?;
    super::console::until_found(address, &cookie).await?;
    let mut asking = Asking::open(address, cookie).await?;
    let chance = SeededEntropy::new(7);
    let mut times = Vec::new();
    // Households, houses and people are numbered together: what is no household is passed over.
    for _ in 0..asked * 40 {
        let subject = chance.below(people as u64);
        let began = Instant::now();
        let Ok(page) = asking.get(&format!("/api/households/{subject}")).await else { continue };
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
        let parts = page["parts"].as_array().ok_or("WRONG RESULT: a household without parts")?;
        let people = parts.iter().filter(|part| part["kind"] == "person").count();
        let judged: usize = parts.iter().filter_map(|part| part["verdicts"].as_array()).map(Vec::len).sum();
        if people == 0 || judged < 20 {
            return Err(format!("WRONG RESULT: household {subject}: {people} people, {judged} verdicts"));
        }
        if times.len() == asked {
            return Ok(times);
        }
    }
    Err(format!("WRONG RESULT: {} of {asked} households found", times.len()))
}
