//! Letting people in at a measured pace.

use super::rule::{Buckets, solves};
use crate::answer;
use crate::app::App;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use yizhan_core::catalog::Service;
use yizhan_core::zone::QUEUE;
use yizhan_kit::{Digest16, Kind, Moment, Problem};

/// Too many from one address, or with one number.
pub static TOO_MANY: Kind = Kind {
    code: "too-many",
    status: 429,
    title_zh: "提交太频繁，请稍后再试",
    title_en: "Too many in a short time, try again later",
};

/// The queue is long: a little work, or a little patience, is asked for.
pub static PROOF_NEEDED: Kind = Kind {
    code: "proof-needed",
    status: 503,
    title_zh: "现在申报的人很多，请稍候",
    title_en: "Many people are declaring now, please wait a moment",
};

/// For how long a challenge may be answered.
const ANSWERED_WITHIN_MS: i64 = 5 * 60_000;

/// How many rows of a table count as one declaration.
const ROWS_A_KNOCK: usize = 10;

/// How long whoever has no script waits instead.
const PATIENCE_MS: i64 = 10_000;

/// The hours of a day in which one number's bucket fills.
const DAY_MS: i64 = 86_400_000;

/// Who came lately, in memory only.
pub struct Flood {
    addresses: Mutex<Buckets<IpAddr>>,
    numbers: Mutex<Buckets<Digest16>>,
    bits: u32,
    /// Whether the queue is taken for long whatever it is: for tests and drills.
    pub drill: AtomicBool,
}

/// What comes with a request.
#[derive(Clone, Copy, Default)]
pub struct Token<'a> {
    /// Its idempotency key.
    pub key: &'a str,
    /// `challenge answer`: the work that was asked for.
    pub proof: &'a str,
    /// The ticket that was handed out, for whoever waited instead.
    pub ticket: &'a str,
}

impl Flood {
    /// By the configuration: declarations a minute from an address, a day with a number, bits of work.
    pub fn new(per_address_minute: u32, per_number_day: u32, bits: u32) -> Self {
        Self {
            addresses: Mutex::new(Buckets::new(per_address_minute, 60_000)),
            numbers: Mutex::new(Buckets::new(per_number_day, DAY_MS)),
            bits,
            drill: AtomicBool::new(false),
        }
    }
}

/// Lets a declaration in, or says when to come again. Asked before anything else is done for it.
///
/// # Errors
/// `too-many` with the seconds to wait; `proof-needed` with a `challenge` and a `ticket`.
pub fn admit(app: &App, token: Token<'_>) -> Result<(), Problem> {
    let Some(address) = answer::caller() else { return Ok(()) };
    let now = app.real_clock.now();
    take(&app.flood.addresses, address, now)?;
    let long = app.zone.queued() > QUEUE / 2 || app.flood.drill.load(Ordering::Relaxed);
    if long && !has_worked(app, address, now, token) && !has_waited(app, now, token) {
        let challenge = challenge(app, address, now.0, token.key);
        let ticket = ticket(app, now.0, token.key);
        return Err(PROOF_NEEDED
            .problem(
                "现在申报的人很多。页面会自动再试，您填的内容不会丢失。",
                "Many people are declaring now. The page tries again by itself; nothing you filled in is lost.",
            )
            .with("challenge", json!(challenge))
            .with("bits", json!(app.flood.bits))
            .with("ticket", json!(ticket))
            .retry_after(u32::try_from(PATIENCE_MS / 1000).unwrap_or(10)));
    }
    Ok(())
}

/// Counts a declaration that is good against the numbers it names. Asked once it was checked, so that nobody's number is
/// used up by what was refused anyway.
///
/// # Errors
/// `too-many`.
pub fn charge(app: &App, service: &Service, body: &[u8]) -> Result<(), Problem> {
    if answer::caller().is_none() {
        return Ok(());
    }
    let Some(mobile) = service.blind.iter().find(|blind| blind.name == "mobile") else { return Ok(()) };
    let answers = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let people = service.form.each().and_then(|list| answers[list].as_array()).into_iter().flatten();
    let all = std::iter::once(&answers).chain(people);
    for number in all.filter_map(|one| one.pointer(&mobile.pointer)?.as_str()) {
        take(&app.flood.numbers, app.vault.blind("mobile", number), app.real_clock.now())?;
    }
    Ok(())
}

/// As one declaration, so many of them: a table of fifty is five knocks at the door.
///
/// # Errors
/// `too-many`.
pub fn admit_more(app: &App, rows: usize) -> Result<(), Problem> {
    let Some(address) = answer::caller() else { return Ok(()) };
    (0..rows / ROWS_A_KNOCK).try_for_each(|_| take(&app.flood.addresses, address, app.real_clock.now()))
}

fn take<K: std::hash::Hash + Eq>(buckets: &Mutex<Buckets<K>>, key: K, now: Moment) -> Result<(), Problem> {
    let taken = buckets.lock().expect("no panic while a bucket is held").take(key, now);
    taken.map_err(|ms| {
        let seconds = u32::try_from((ms + 999) / 1000).unwrap_or(60);
        TOO_MANY
            .problem(
                format!("提交太频繁，请 {seconds} 秒后再试。"),
                format!("Too many in a short time; try again in {seconds} seconds."),
            )
            .retry_after(seconds)
    })
}

/// `moment digest`: for this address and key only, so that no answer serves twice.
fn challenge(app: &App, address: IpAddr, at: i64, key: &str) -> String {
    format!("{at}-{}", app.vault.digest("challenge", format!("{at} {address} {key}").as_bytes()))
}

fn ticket(app: &App, at: i64, key: &str) -> String {
    format!("{at}-{}", app.vault.digest("ticket", format!("{at} {key}").as_bytes()))
}

fn moment_of(text: &str) -> Option<i64> {
    text.split_once('-')?.0.parse().ok()
}

fn has_worked(app: &App, address: IpAddr, now: Moment, token: Token<'_>) -> bool {
    let Some((said, solution)) = token.proof.split_once(' ') else { return false };
    let Some(at) = moment_of(said) else { return false };
    (0..=ANSWERED_WITHIN_MS).contains(&(now.0 - at))
        && said == challenge(app, address, at, token.key)
        && solves(said, solution, app.flood.bits)
}

fn has_waited(app: &App, now: Moment, token: Token<'_>) -> bool {
    let Some(at) = moment_of(token.ticket) else { return false };
    (PATIENCE_MS..=ANSWERED_WITHIN_MS).contains(&(now.0 - at)) && token.ticket == ticket(app, at, token.key)
}
