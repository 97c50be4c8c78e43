//! Calls by ordinary telephone: an exchange tells us of them by a signed webhook, and they wait in the same queue as all others.
//! Sound goes through the exchange; the agent's page has everything else. `docs/calls.md` says what is sent.

use super::act::{Calls, at_board};
use super::make::{From, make};
use super::model::{ExchangeSaid, ExchangeTold, NewCall};
use super::rule;
use crate::app::{App, Request, store};
use axum::http::HeaderMap;
use std::sync::Arc;
use yizhan_core::act::Actor;
use yizhan_core::call::CallId;
use yizhan_core::problem;
use yizhan_kit::digest::is_same_secret;
use yizhan_kit::{Kind, Problem};

/// How far the clocks of the exchange and of this machine may differ, seconds.
const SKEW: i64 = 300;

/// Nobody is known by this signature.
pub static UNKNOWN_EXCHANGE: Kind = Kind {
    code: "unknown-exchange",
    status: 401,
    title_zh: "签名不对",
    title_en: "This is not signed by the exchange",
};

/// Whether a body comes from the exchange: `Exchange-Signature: t=UNIX,v1=HEX`.
///
/// # Errors
/// `unknown-exchange`.
pub fn must_be_signed(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    let refused = || UNKNOWN_EXCHANGE.problem("请核对密钥和时间。", "Check the secret and the time.");
    let secret = app.config.exchange.as_ref().ok_or_else(refused)?.secret().map_err(|error| store(&error))?;
    let said = headers.get("exchange-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let part = |name: &str| said.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let time: i64 = part("t").and_then(|text| text.parse().ok()).ok_or_else(refused)?;
    let signed = part("v1").ok_or_else(refused)?;
    let now = app.real_clock.now().0 / 1000;
    if (now - time).abs() > SKEW || !is_same_secret(&rule::signature(&secret, time, body), signed) {
        return Err(refused());
    }
    Ok(())
}

/// Takes in what the exchange says. A repeat changes nothing.
///
/// # Errors
/// `form-invalid`, `desk-closed` with what to say to the caller.
pub async fn take(app: &Arc<App>, said: &ExchangeSaid) -> Result<ExchangeTold, Problem> {
    if said.id.is_empty() || said.id.len() > 100 {
        return Err(problem::FORM_INVALID.problem("缺少通话编号。", "The call has no id."));
    }
    match said.event.as_str() {
        "arrived" => arrived(app, said).await,
        "ended" => {
            let call = of_exchange(app, &said.id);
            if let Some(call) = call {
                // Over already: nothing is left to do.
                let _ = at_board(app, |board, now| board.hang_up(call, now));
            }
            Ok(ExchangeTold { call: call.map_or(0, |call| call.0), waits: false, say: String::new() })
        }
        _ => Err(problem::FORM_INVALID.problem("只认识 arrived 和 ended。", "Only arrived and ended are known.")),
    }
}

async fn arrived(app: &Arc<App>, said: &ExchangeSaid) -> Result<ExchangeTold, Problem> {
    if let Some(call) = of_exchange(app, &said.id) {
        return Ok(ExchangeTold { call: call.0, waits: true, say: String::new() });
    }
    // A number that is no mobile, or is withheld, can be served and cannot be sent a link.
    let number = rule::mobile(&said.number).ok().flatten();
    let new = NewCall {
        service: said.skill.clone(),
        language: said.language.clone(),
        channel: "telephone".into(),
        mobile: String::new(),
        call_back: false,
    };
    let request = Request::keyed("exchange", &said.id, said.id.as_bytes());
    let from = From { channel: "telephone", device: None, number: number.clone(), exchange: said.id.clone() };
    match make(app, Actor::System, request, &new, from).await {
        Ok(made) => Ok(ExchangeTold { call: made.call, waits: true, say: String::new() }),
        // Outside the hours a caller with a number is called back; the exchange says what is said to them.
        Err(closed) if closed.kind.code == rule::DESK_CLOSED.code && number.is_some() => {
            let new = NewCall { call_back: true, ..new };
            let request = Request::keyed("exchange back", &said.id, said.id.as_bytes());
            let from = From { channel: "telephone", device: None, number, exchange: said.id.clone() };
            let made = make(app, Actor::System, request, &new, from).await?;
            Ok(ExchangeTold { call: made.call, waits: false, say: closed.detail(yizhan_kit::Lang::Zh).to_owned() })
        }
        Err(problem) => Err(problem),
    }
}

fn of_exchange(app: &App, id: &str) -> Option<CallId> {
    let open = Calls::of(app).open();
    open.iter().find(|(_, open)| open.kept.exchange == id && !open.kept.is_back()).map(|(call, _)| *call)
}
