//! What may be said in calls, and what the desk is open for.

use super::model::IceServer;
use crate::app::{App, store};
use crate::config::Turn;
use data_encoding::BASE64;
use ring::hmac;
use yizhan_core::call::{CallId, Refusal};
use yizhan_core::catalog::{Catalog, RemoteDesk};
use yizhan_core::problem;
use yizhan_kit::codes::Mobile;
use yizhan_kit::digest::is_same_secret;
use yizhan_kit::id::base32;
use yizhan_kit::{Kind, Problem};

/// The most characters of a written line.
pub const LINE: usize = 500;
/// The most characters of a value that is proposed or shared.
pub const VALUE: usize = 1000;
/// The most bytes that one browser tells another at a time.
pub const SIGNAL: usize = 48 * 1024;
/// How long a TURN server lets somebody through, seconds.
const TURN_SECONDS: i64 = 4 * 3600;

/// Nobody is at the desk.
pub static DESK_CLOSED: Kind =
    Kind {
        code: "desk-closed", status: 409, title_zh: "现在没有人接听", title_en: "Nobody answers at the moment"
    };

/// It is no longer so with the call.
pub static CALL_MOVED: Kind =
    Kind { code: "call-moved", status: 409, title_zh: "呼叫已有变化", title_en: "The call has moved on" };

/// The caller is not known by this secret.
pub static UNKNOWN_CALLER: Kind =
    Kind { code: "unknown-caller", status: 401, title_zh: "不认识这个呼叫", title_en: "This call is not known" };

/// The remote desk of a catalog.
///
/// # Errors
/// `desk-closed` where there is none.
pub fn desk(catalog: &Catalog) -> Result<&RemoteDesk, Problem> {
    catalog
        .remote
        .as_ref()
        .ok_or_else(|| DESK_CLOSED.problem("本区没有开通远程帮办。", "This district has no remote desk."))
}

/// What proves that somebody is the caller of a call: derived, never stored.
pub fn secret(app: &App, call: CallId) -> String {
    let halves = [b"one", b"two"].map(|half| app.vault.digest("call", &[&call.0.to_le_bytes()[..], half].concat()).0);
    base32(&halves.concat())[..32].to_owned()
}

/// Whether somebody is the caller of a call.
///
/// # Errors
/// `unknown-caller`.
pub fn must_be_caller(app: &App, call: CallId, said: &str) -> Result<(), Problem> {
    if is_same_secret(&secret(app, call), said) {
        return Ok(());
    }
    Err(unknown())
}

/// `unknown-caller`.
pub fn unknown() -> Problem {
    UNKNOWN_CALLER.problem("请重新呼叫。", "Please call again.")
}

/// `not-found`.
pub fn missing() -> Problem {
    problem::NOT_FOUND.problem("没有这个呼叫。", "There is no such call.")
}

/// Reads a number that somebody leaves; nothing of nothing.
///
/// # Errors
/// `form-invalid`.
pub fn mobile(text: &str) -> Result<Option<Mobile>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let read = text.trim().parse::<Mobile>();
    read.map(Some).map_err(|_| problem::FORM_INVALID.problem("手机号应为 11 位数字。", "A mobile has eleven digits."))
}

/// What a refusal of the switchboard means.
pub fn moved(refusal: Refusal) -> Problem {
    let (zh, en) = match refusal {
        Refusal::NoCall => ("呼叫已经结束。", "The call is over."),
        Refusal::NotYours => ("呼叫已由他人接听，或已不在这一步。", "Somebody else has it, or it has moved on."),
        Refusal::NotFree => ("该坐席现在不能接听。", "That agent cannot take it now."),
        Refusal::Twice => ("这个呼叫已经在排队。", "This call waits already."),
    };
    CALL_MOVED.problem(zh, en)
}

/// A written line, or nothing of what may not be said.
pub fn line(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(LINE).collect();
    (!text.trim().is_empty()).then_some(text)
}

/// The servers that find a way between two browsers, for somebody who is in a call: a name that is good for some hours and
/// the password that the TURN server computes from it as well (coturn's `use-auth-secret`).
///
/// # Errors
/// When the secret cannot be read.
pub fn ice(app: &App, who: &str) -> Result<Vec<IceServer>, Problem> {
    let Some(turn) = &app.config.turn else { return Ok(Vec::new()) };
    let secret = turn.secret().map_err(|error| store(&error))?;
    let until = app.real_clock.now().0 / 1000 + TURN_SECONDS;
    Ok(vec![server(turn, &secret, &format!("{until}:{who}"))])
}

fn server(turn: &Turn, secret: &str, username: &str) -> IceServer {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    let credential = BASE64.encode(hmac::sign(&key, username.as_bytes()).as_ref());
    let urls = turn.url.split(',').map(|url| url.trim().to_owned()).collect();
    IceServer { urls, username: username.to_owned(), credential }
}

/// The signature of what an exchange says: HMAC-SHA-256 of `time.body` in hexadecimal.
pub fn signature(secret: &str, time: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signed = [format!("{time}.").as_bytes(), body].concat();
    yizhan_kit::id::to_hex(hmac::sign(&key, &signed).as_ref())
}
