//! Callers' numbers: sealed for as long as a call is open, a digest of them for a week, so that a matter that comes again is known.

use super::act::{Calls, Kept, at_board, keep};
use super::rule;
use crate::app::{App, store};
use std::collections::HashMap;
use std::sync::Arc;
use yizhan_core::call::CallId;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::Mobile;
use yizhan_kit::id::from_hex;
use yizhan_kit::{Digest16, Problem};

/// For how long the digest of a caller's number is kept: eight days.
const AGAIN_MS: i64 = 8 * 86_400_000;

/// Remembers who called, as a digest, for a week.
pub(super) fn remember_caller(app: &App, call: CallId, number: &Mobile) -> Result<(), Problem> {
    let digest = app.vault.digest("caller", number.to_string().as_bytes());
    let until = app.real_clock.now().plus_ms(AGAIN_MS);
    let put = |working: &mut dyn yizhan_core::waist::Working| {
        working.put("call-by", &call.0.to_string(), digest.to_string().as_bytes(), until)
    };
    app.with_working(put).map_err(|error| store(&error))
}

/// Who called lately, by call.
pub fn callers_lately(app: &App) -> HashMap<CallId, Digest16> {
    let now = app.real_clock.now();
    let list = app.with_working(|working| working.list("call-by", now)).unwrap_or_default();
    let read = |(name, bytes): (String, Vec<u8>)| {
        let digest = from_hex(std::str::from_utf8(&bytes).ok()?).ok()?;
        Some((SubjectId(name.parse().ok()?), Digest16(digest)))
    };
    list.into_iter().filter_map(read).collect()
}

/// A caller left a number.
///
/// # Errors
/// `form-invalid`, or the store's failure.
pub fn leave_number(app: &Arc<App>, call: CallId, text: &str) -> Result<(), Problem> {
    let Some(number) = rule::mobile(text)? else { return Ok(()) };
    let sealed = seal_number(app, call, &number);
    remember_caller(app, call, &number)?;
    if let Some(open) = Calls::of(app).open().get_mut(&call) {
        open.kept.number = sealed;
        keep(app, call, &open.kept);
    }
    at_board(app, |board, _| board.can_be_reached(call)).map_err(rule::moved)
}

pub(super) fn seal_number(app: &App, call: CallId, number: &Mobile) -> Vec<u8> {
    app.vault.seal_working(&format!("call {call}"), number.to_string().as_bytes())
}

/// The number of a call, if there is one. Only for whoever just recorded that they read it, and for sending to it.
pub fn number(app: &App, call: CallId) -> Option<Mobile> {
    let sealed = Calls::of(app).open().get(&call).map(|open| open.kept.number.clone())?;
    open_number(app, call, &sealed)
}

fn open_number(app: &App, call: CallId, sealed: &[u8]) -> Option<Mobile> {
    let bytes = app.vault.open_working(&format!("call {call}"), sealed).ok()?;
    String::from_utf8(bytes).ok()?.parse().ok()
}

/// The number of a call with its middle hidden; nothing where there is none.
pub fn masked_of(app: &App, call: CallId, kept: &Kept) -> String {
    open_number(app, call, &kept.number).map(|number| number.masked()).unwrap_or_default()
}
