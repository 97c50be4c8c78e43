//! Keeping what people said that matched nothing: without numbers and names, a count a day, for thirty days.

use super::model::Unmatched;
use crate::app::{App, store};
use std::collections::BTreeMap;
use yizhan_core::voice::nameless::nameless;
use yizhan_kit::digest::{HashKind, hash};
use yizhan_kit::{Moment, Problem};

/// The kind of working state.
const KIND: &str = "unmatched";

/// How long a sentence is kept.
const KEPT_MS: i64 = 30 * 86_400_000;

/// The most sentences that are kept. Whoever floods the door fills no disk.
const MOST: usize = 5_000;

/// The shortest sentence that says anything, in characters.
const SHORTEST: usize = 2;

/// Keeps a sentence that matched nothing. Names of the register are taken out as well.
///
/// # Errors
/// When working state cannot be written.
pub fn keep(app: &App, text: &str) -> Result<(), Problem> {
    let text = app.finder.without_names(&nameless(text));
    if text.chars().filter(|c| c.is_alphanumeric()).count() < SHORTEST {
        return Ok(());
    }
    let (day, now) = (app.now().day(), app.real_clock.now());
    let digest = hash(HashKind::Sha256, text.as_bytes());
    let name = format!("{day} {}", data_encoding::HEXLOWER.encode(&digest.0[..12]));
    app.with_working(|working| {
        let known = working.get(KIND, &name, now)?;
        if known.is_none() && working.list(KIND, now)?.len() >= MOST {
            return Ok(());
        }
        let times = known.and_then(|value| read(&value)).map_or(0, |(times, _)| times) + 1;
        working.put(KIND, &name, format!("{times} {text}").as_bytes(), now.plus_ms(KEPT_MS))
    })
    .map_err(|error: String| store(&error))
}

/// What is kept, the most frequent first.
///
/// # Errors
/// When working state cannot be read.
pub fn kept(app: &App) -> Result<Vec<Unmatched>, Problem> {
    let now: Moment = app.real_clock.now();
    let rows = app.with_working(|working| working.list(KIND, now)).map_err(|error| store(&error))?;
    let mut all: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for (name, value) in rows {
        let (Some((times, text)), Some((day, _))) = (read(&value), name.split_once(' ')) else { continue };
        let known = all.entry(text).or_default();
        known.0 += times;
        if known.1.as_str() < day {
            day.clone_into(&mut known.1);
        }
    }
    let mut list: Vec<Unmatched> =
        all.into_iter().map(|(text, (times, last))| Unmatched { text, times, last }).collect();
    list.sort_by(|one, other| (other.times, &other.last).cmp(&(one.times, &one.last)));
    Ok(list)
}

fn read(value: &[u8]) -> Option<(u64, String)> {
    let text = std::str::from_utf8(value).ok()?;
    let (times, text) = text.split_once(' ')?;
    Some((times.parse().ok()?, text.to_owned()))
}
