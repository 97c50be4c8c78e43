//! Recordings: only once the caller has agreed, made in the agent's browser, brought by pieces. Each piece's digest is chained
//! to those before it, and the end of the chain is evidence: whoever hears it knows that nothing is missing and nothing was put in.
//! The pieces are sealed working state, and gone after the days that the catalog says.

use super::model::RecordingState;
use super::note::{Note, record};
use super::{rule, view};
use crate::app::{App, store};
use crate::case::act::catalog;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::call::CallId;
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_kit::digest::{HashKind, hash};
use yizhan_kit::id::to_hex;
use yizhan_kit::{Moment, Problem};

/// The most bytes of a piece: some seconds.
pub const PIECE: usize = 2 * 1024 * 1024;
/// The most bytes of a recording.
const MOST: u64 = 512 * 1024 * 1024;

/// Takes the next piece in. One that is there already is answered as it was.
///
/// # Errors
/// `forbidden` without the caller's consent, or of another's call; `case-changed` when it is not the next.
pub fn take(app: &App, viewer: &Viewer, call: CallId, n: u32, piece: &[u8]) -> Result<RecordingState, Problem> {
    must_be_agreed(app, viewer, call)?;
    if piece.is_empty() || piece.len() > PIECE {
        return Err(problem::BODY_TOO_LARGE.problem("这一段太大。", "This piece is too large."));
    }
    let _turn = app.taking.lock().expect("no panic while a piece is taken");
    let mut state = state(app, call)?;
    if n < state.pieces {
        return Ok(state);
    }
    if n != state.pieces || state.bytes + piece.len() as u64 > MOST {
        return Err(problem::CASE_CHANGED
            .problem(format!("请从第 {} 段继续。", state.pieces), format!("Go on from piece {}.", state.pieces)));
    }
    let until = until(app)?;
    let name = sealed_as(call);
    let sealed = app.vault.seal_working(&format!("{name} {n}"), piece);
    app.with_working(|working| working.put(&name, &format!("{n:06}"), &sealed, until))
        .map_err(|error| store(&error))?;
    state =
        RecordingState { pieces: n + 1, bytes: state.bytes + piece.len() as u64, chain: chained(&state.chain, piece) };
    let bytes = serde_json::to_vec(&state).map_err(|error| store(&error))?;
    app.with_working(|working| working.put("recording", &call.0.to_string(), &bytes, until))
        .map_err(|error| store(&error))?;
    Ok(state)
}

/// The end of a chain with one more piece: SHA-256 of the end before it and the piece's own SHA-256.
pub fn chained(before: &str, piece: &[u8]) -> String {
    let own = to_hex(&hash(HashKind::Sha256, piece).0);
    to_hex(&hash(HashKind::Sha256, format!("{before}{own}").as_bytes()).0)
}

/// How far a recording is.
///
/// # Errors
/// The store's failure.
pub fn state(app: &App, call: CallId) -> Result<RecordingState, Problem> {
    let now = app.real_clock.now();
    let kept = app.with_working(|working| working.get("recording", &call.0.to_string(), now));
    let kept = kept.map_err(|error| store(&error))?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

/// The recording is whole: the end of its chain becomes evidence.
///
/// # Errors
/// As [`take`].
pub async fn finish(app: &App, viewer: &Viewer, call: CallId) -> Result<RecordingState, Problem> {
    must_be_agreed(app, viewer, call)?;
    let state = state(app, call)?;
    if state.pieces == 0 {
        return Err(rule::missing());
    }
    let facts = vec![("recording", format!("{} {}", state.chain, state.pieces))];
    let note = Note { name: "keep-recording", deed: Some(Deed::AnswerCalls), call, facts };
    record(app, viewer.actor, &format!("recording {}", state.chain), note).await?;
    Ok(state)
}

/// A recording whole, for whoever may watch the desk and says why; on record before it is opened.
///
/// # Errors
/// `not-found`; `store-unavailable` when it is not what evidence says.
pub async fn hear(app: &App, viewer: &Viewer, call: CallId, reason: &str) -> Result<Vec<u8>, Problem> {
    viewer.must(Deed::WatchCalls)?;
    if reason.trim().is_empty() || reason.chars().count() > 200 {
        return Err(problem::FORM_INVALID.problem("请写明理由。", "Please say why."));
    }
    let image = app.image();
    let Some(Value::Text(said)) = viewer.look(&image).latest(call, "call.recording") else {
        return Err(rule::missing());
    };
    let note = Note { name: "hear-recording", deed: Some(Deed::WatchCalls), call, facts: Vec::new() };
    record(app, viewer.actor, "", note).await?;
    let name = sealed_as(call);
    let now = app.real_clock.now();
    let list = app.with_working(|working| working.list(&name, now)).map_err(|error| store(&error))?;
    let (mut bytes, mut chain, pieces) = (Vec::new(), String::new(), list.len());
    for (place, sealed) in list {
        let n: u32 = place.parse().unwrap_or(u32::MAX);
        let piece = app.vault.open_working(&format!("{name} {n}"), &sealed);
        let piece = piece.map_err(|_| store(&"a piece of a recording cannot be opened"))?;
        chain = chained(&chain, &piece);
        bytes.extend(piece);
    }
    if pieces == 0 {
        return Err(
            problem::FORGOTTEN.problem("录制已按期删除。", "The recording was deleted when its days were over.")
        );
    }
    if format!("{chain} {pieces}") != *said {
        return Err(store(&"a recording is not what evidence says"));
    }
    Ok(bytes)
}

fn sealed_as(call: CallId) -> String {
    format!("recording-of {call}")
}

/// For how long it is kept.
fn until(app: &App) -> Result<Moment, Problem> {
    let image = app.image();
    let (catalog, _) = catalog(&image)?;
    let days = i64::from(rule::desk(catalog)?.recording_days);
    Ok(app.real_clock.now().plus_ms(days * 86_400_000))
}

/// The agent of the call, and the caller's consent on record.
fn must_be_agreed(app: &App, viewer: &Viewer, call: CallId) -> Result<(), Problem> {
    viewer.must(Deed::AnswerCalls)?;
    let image = app.image();
    let own = matches!(viewer.actor, Actor::Staff { id, .. } if view::agent_of(&image, call) == Some(id));
    if !own {
        return Err(rule::missing());
    }
    match viewer.look(&image).latest(call, "call.consent") {
        Some(Value::Text(said)) if &*said == "given" => Ok(()),
        _ => Err(problem::FORBIDDEN.problem("对方没有同意录制。", "The caller has not agreed to a recording.")),
    }
}
