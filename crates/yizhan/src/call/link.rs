//! Links by text message: whoever calls by an ordinary telephone gets one, good once and for half an hour, and with it a page for
//! papers, pictures and confirming. Only a digest of its code is kept. Opening the page does not use the link up, for whoever
//! looks at messages before their owner does opens it too; pressing the button does.

use super::model::LinkSent;
use super::note::{Note, record};
use super::number::number;
use super::rule;
use crate::app::{App, store};
use crate::serve::deliver;
use std::sync::Arc;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::call::CallId;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::Problem;
use yizhan_kit::id::{base32, random};

/// For how many minutes a link is good.
const MINUTES: u32 = 30;

/// Sends a link to the number of a call.
///
/// # Errors
/// `form-invalid` when there is no number; the gateway's failure.
pub async fn send(app: &Arc<App>, viewer: &Viewer, call: CallId) -> Result<LinkSent, Problem> {
    let number = number(app, call)
        .ok_or_else(|| problem::FORM_INVALID.problem("对方没有留下手机号。", "The caller has left no number."))?;
    let note = Note { name: "send-call-link", deed: Some(Deed::AnswerCalls), call, facts: Vec::new() };
    record(app, viewer.actor, "", note).await?;
    let code = base32(&random::<10>(app.vault.entropy()));
    let until = app.real_clock.now().plus_ms(i64::from(MINUTES) * 60_000);
    let kept = call.0.to_string();
    app.with_working(|working| working.put("call-link", &digest(app, &code), kept.as_bytes(), until))
        .map_err(|error| store(&error))?;
    let url = app.config.public_url();
    let text =
        format!("【一站】坐席请您打开链接，拍照、视频或确认（{MINUTES} 分钟内一次有效，请勿转发）：{url}/l/{code}");
    deliver::now(app, &number.to_string(), &text)?;
    Ok(LinkSent { to: number.masked(), minutes: MINUTES })
}

/// Uses a link up: the call it is of.
///
/// # Errors
/// `unknown-caller` for one that is none, was used or is over.
pub fn take(app: &App, code: &str) -> Result<CallId, Problem> {
    let (name, now) = (digest(app, code), app.real_clock.now());
    let _turn = app.taking.lock().expect("no panic while a link is taken");
    let kept = app.with_working(|working| working.get("call-link", &name, now)).map_err(|error| store(&error))?;
    let call = kept.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok()).ok_or_else(|| {
        rule::UNKNOWN_CALLER
            .problem("链接已经用过或已过期，请让坐席再发一次。", "The link was used or is over; ask for another.")
    })?;
    app.with_working(|working| working.delete("call-link", &name)).map_err(|error| store(&error))?;
    Ok(SubjectId(call))
}

fn digest(app: &App, code: &str) -> String {
    app.vault.digest("call-link", code.trim().to_lowercase().as_bytes()).to_string()
}
