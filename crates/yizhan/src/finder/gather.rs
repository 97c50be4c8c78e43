//! How the index comes about: from the sealed identities of the register and the opened cases, read behind the journal.
//!
//! Nothing waits for it: it catches up in the background, and a little more whenever somebody looks for somebody.

use super::model::Identity;
use crate::app::{App, store};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use yizhan_core::access::Viewer;
use yizhan_core::catalog::Service;
use yizhan_core::image::Image;
use yizhan_core::image::case::StepVerb;
use yizhan_core::row::{FactRow, KeyRow, StepRow};
use yizhan_kit::Problem;

/// Rows read at a time.
const PAGE: usize = 512;

/// Acts a second above which the index waits: a flood is a bad time to read.
const FLOOD: u64 = 1_000;

/// Reads on, at most so many pages; whether everything durable was read.
///
/// # Errors
/// The store's failure.
pub fn catch_up(app: &App, pages: usize) -> Result<bool, Problem> {
    let mut read = app.finder.read.lock().expect("no panic while the index is made");
    for _ in 0..pages {
        let image = app.image();
        if read.facts < image.counts.facts {
            read.facts = read_facts(app, &image, read.facts)?;
        } else if read.steps < image.counts.steps {
            read.steps = read_steps(app, &image, read.steps)?;
        } else {
            return Ok(true);
        }
    }
    let image = app.image();
    Ok(read.facts >= image.counts.facts && read.steps >= image.counts.steps)
}

/// One page of sealed identities; the number of the last fact that was looked at.
fn read_facts(app: &App, image: &Image, after: u64) -> Result<u64, Problem> {
    let rows = app.read(|reader| reader.sealed_facts(int(after), PAGE)).map_err(|error| store(&error))?;
    let last = if rows.len() < PAGE { image.counts.facts } else { rows.last().map_or(after, |row| row.n) };
    let keys = app.keys(rows.iter().filter_map(|row| row.key))?;
    let found: Vec<_> = rows.iter().filter_map(|row| Some((row.subject, identity(app, &keys, row)?))).collect();
    // One lock after the other, never both: whoever judges holds the numbers while it asks for names.
    let mut numbers = app.finder.numbers.write().expect("no panic while the numbers are held");
    found.iter().for_each(|(subject, identity)| numbers.put(*subject, &identity.citizen_number));
    drop(numbers);
    let mut index = app.finder.index.write().expect("no panic while the index is held");
    found.iter().for_each(|(subject, identity)| index.put(*subject, identity));
    Ok(last.min(image.counts.facts))
}

/// One page of steps: openings and corrections say who a case is about, forgetting strikes them out.
fn read_steps(app: &App, image: &Image, after: u64) -> Result<u64, Problem> {
    let rows: Vec<StepRow> = app.read(|reader| reader.page(int(after), PAGE)).map_err(|error| store(&error))?;
    let program = Viewer::program();
    let seen = program.look(image);
    let rows: Vec<_> = rows.into_iter().filter(|row| row.n <= image.counts.steps).collect();
    let mut said = Vec::new();
    for row in &rows {
        let Ok(case) = seen.case(row.case) else { continue };
        let service = image.service(case);
        let corrects = || service.entry(&row.name).is_some_and(|entry| entry.corrects(service));
        match StepVerb::parse(&row.verb) {
            Some(StepVerb::Forget) => said.push((row, None)),
            Some(StepVerb::Open) => said.push((row, Some(service))),
            Some(StepVerb::Record) if corrects() => said.push((row, Some(service))),
            _ => {}
        }
    }
    let bodies = app.bodies(said.iter().filter(|(_, service)| service.is_some()).filter_map(|(row, _)| row.body))?;
    let known = said.into_iter().map(|(row, service)| {
        let answers = row.body.and_then(|body| bodies.get(&body)).map(|plain| serde_json::from_slice(plain));
        let answers: Option<Value> = answers.transpose().map_err(|error| store(&error))?;
        Ok((row.case, service.zip(answers).map(|(service, answers)| about(service, &answers))))
    });
    let known = known.collect::<Result<Vec<_>, Problem>>()?;
    let mut index = app.finder.index.write().expect("no panic while the index is held");
    for (case, identity) in known {
        match identity {
            Some(identity) => index.put(case, &identity),
            None => index.strike(case),
        }
    }
    Ok(rows.last().map_or(image.counts.steps, |row| row.n))
}

/// Who the answers of an opening or a correction are about.
fn about(service: &Service, answers: &Value) -> Identity {
    let text =
        |pointer: &str| answers.pointer(pointer).and_then(|answer| answer.as_str()).unwrap_or_default().to_owned();
    let blind = |name: &str| {
        service.blind.iter().find(|blind| blind.name == name).map(|blind| text(&blind.pointer)).unwrap_or_default()
    };
    Identity { name: text("/name"), citizen_number: blind("citizen-number").to_uppercase(), mobile: blind("mobile") }
}

/// The identity that a sealed fact holds; nothing when it holds something else, or its key is gone.
fn identity(app: &App, keys: &HashMap<u64, KeyRow>, row: &FactRow) -> Option<Identity> {
    let plain = app.vault.unseal(Some(keys.get(&row.key?)?), row.sealed.as_ref()?).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Catches up in the background for as long as the program runs.
pub async fn run(app: Arc<App>) {
    let mut live = app.zone.live();
    let mut before = app.image().seq;
    let mut settled = false;
    loop {
        let reading = app.clone();
        let read = tokio::task::spawn_blocking(move || catch_up(&reading, 8)).await;
        match read {
            Ok(Ok(false)) if app.image().seq - before < FLOOD => continue,
            Ok(Ok(true)) => {
                if !settled {
                    app.finder.index.write().expect("no panic while the index is held").settle();
                    settled = true;
                }
                let _ = tokio::time::timeout(Duration::from_secs(60), live.changed()).await;
            }
            Ok(Ok(false)) => {}
            Ok(Err(problem)) => tracing::warn!(%problem, "the index of names waits"),
            Err(_) => return,
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        before = app.image().seq;
    }
}
