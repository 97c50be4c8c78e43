//! One-time codes by text message: six digits, good for five minutes, tried five times at most, not sent again within one.
//! Of a code only a digest is kept, of whom it is for only another.

use crate::app::{App, store};
use crate::serve::deliver;
use serde::{Deserialize, Serialize};
use yizhan_kit::codes::Mobile;
use yizhan_kit::digest::is_same_secret;
use yizhan_kit::id::random;
use yizhan_kit::{Moment, Problem};

/// How long a code is good, in minutes.
pub const GOOD_MINUTES: i64 = 5;

/// How long until another may be sent for the same.
const AGAIN_MS: i64 = 60_000;

/// How often a code may be tried.
const TRIES: u32 = 5;

/// A code under way.
#[derive(Serialize, Deserialize)]
struct Code {
    digest: String,
    sent: Moment,
    tries: u32,
}

/// Sends a code to a telephone, unless one was sent a moment ago. `what` says what codes these are, `whom` whom it is for.
///
/// # Errors
/// The store's failure, or the gateway's.
pub fn send(app: &App, what: &str, whom: &str, to: &Mobile, text: impl Fn(&str) -> String) -> Result<(), Problem> {
    let now = app.real_clock.now();
    let name = named(app, what, whom);
    if get(app, &name, now)?.is_some_and(|code| now.0 - code.sent.0 < AGAIN_MS) {
        return Ok(());
    }
    let digits = format!("{:06}", u32::from_le_bytes(random::<4>(app.vault.entropy())) % 1_000_000);
    put(app, &name, &Code { digest: digest(app, whom, &digits), sent: now, tries: 0 })?;
    deliver::now(app, to.as_str(), &text(&digits))
}

/// Whether a code is right; it is good once, and after a few wrong ones not at all.
///
/// # Errors
/// The store's failure.
pub fn take(app: &App, what: &str, whom: &str, typed: &str) -> Result<bool, Problem> {
    let _turn = app.taking.lock().expect("no panic while a code is taken");
    let (name, now) = (named(app, what, whom), app.real_clock.now());
    let Some(mut code) = get(app, &name, now)? else { return Ok(false) };
    let right = is_same_secret(&code.digest, &digest(app, whom, typed));
    code.tries += 1;
    if right || code.tries >= TRIES {
        app.with_working(|working| working.delete("code", &name)).map_err(|error| store(&error))?;
    } else {
        put(app, &name, &code)?;
    }
    Ok(right)
}

fn named(app: &App, what: &str, whom: &str) -> String {
    app.vault.digest(what, whom.as_bytes()).to_string()
}

fn digest(app: &App, whom: &str, digits: &str) -> String {
    app.vault.digest("code", format!("{whom} {digits}").as_bytes()).to_string()
}

fn get(app: &App, name: &str, now: Moment) -> Result<Option<Code>, Problem> {
    let bytes = app.with_working(|working| working.get("code", name, now)).map_err(|error| store(&error))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn put(app: &App, name: &str, code: &Code) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(code).map_err(|error| store(&error))?;
    let until = code.sent.plus_ms(GOOD_MINUTES * 60_000);
    app.with_working(|working| working.put("code", name, &bytes, until)).map_err(|error| store(&error))
}
