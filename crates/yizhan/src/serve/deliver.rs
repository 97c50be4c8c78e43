//! The outbox: what an act promised to send is sent after the commit, at least once, under a stable key.
//!
//! Without a gateway in the configuration messages go to a local fake, which a demonstration shows. The key is the row's
//! number: a gateway that keeps it sends each message once.

use super::gateway;
use crate::app::{App, blocking, store};
use std::sync::Arc;
use std::time::Duration;
use yizhan_core::row::OutboxRow;
use yizhan_core::waist::Working;
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Moment, Problem};

/// How long the fake keeps a message.
const KEPT_MS: i64 = 30 * 86_400_000;

/// Delivers whatever is new, whenever something was recorded and now and then besides.
pub async fn run(app: Arc<App>) {
    let mut live = app.zone.live();
    loop {
        if let Err(problem) = deliver(&app) {
            tracing::warn!(%problem, "the outbox waits");
        }
        let _ = tokio::time::timeout(Duration::from_secs(30), live.changed()).await;
        // A burst of acts is one look at the outbox.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Delivers every row after the last one delivered, in order.
///
/// # Errors
/// The store's failure, or the gateway's; the next try begins with the same row.
pub fn deliver(app: &App) -> Result<usize, Problem> {
    let last =
        app.with_working(|working| working.get("delivered", "outbox", Moment(0))).map_err(|error| store(&error))?;
    let mut after = last.and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<i64>().ok()).unwrap_or(0);
    if u64::try_from(after).is_ok_and(|after| after >= app.image().counts.outbox) {
        return Ok(0);
    }
    let rows = app.read(|reader| reader.page::<OutboxRow>(after, 256)).map_err(|error| store(&error))?;
    for row in &rows {
        send(app, row)?;
        after = i64::try_from(row.n).unwrap_or(i64::MAX);
        let mark = after.to_string();
        app.with_working(|working| working.put("delivered", "outbox", mark.as_bytes(), Moment(i64::MAX)))
            .map_err(|error| store(&error))?;
    }
    Ok(rows.len())
}

/// Sends a message that cannot wait and is no evidence: a one-time code. It goes the same way as every other.
///
/// # Errors
/// The gateway's failure.
pub fn now(app: &App, to: &str, text: &str) -> Result<(), Problem> {
    let at = app.real_clock.now();
    if let Some(url) = &app.config.messages.sms {
        let key = format!("now-{}-{}", at.0, base32(&random::<10>(app.vault.entropy())));
        let body = serde_json::json!({"key": key, "to": to, "text": text});
        return blocking(|| gateway::post(url, &key, &body)).map_err(|error| store(&error));
    }
    let payload = serde_json::json!({"to": to, "text": text}).to_string();
    // After every message of the outbox that was sent before it, in order of time.
    let name = format!("now {:020} {}", at.0, base32(&random::<5>(app.vault.entropy())));
    app.with_working(|working| working.put("sms", &name, payload.as_bytes(), at.plus_ms(KEPT_MS)))
        .map_err(|error| store(&error))
}

/// Hands one message to the adapter. What was forgotten before it could be sent is not sent.
fn send(app: &App, row: &OutboxRow) -> Result<(), Problem> {
    let payload = match row.key {
        None => row.payload.to_vec(),
        Some(key) => match app.key(key) {
            Ok(key) => app.vault.unseal(Some(&key), &row.payload).map_err(|_| store(&"a message cannot be opened"))?,
            Err(problem) if problem.kind.code == "forgotten" => return Ok(()),
            Err(problem) => return Err(problem),
        },
    };
    if let Some(url) = app.config.messages.sms.as_ref().filter(|_| *row.kind == *"sms") {
        let key = format!("outbox-{}", row.n);
        let mut body: serde_json::Value = serde_json::from_slice(&payload).map_err(|error| store(&error))?;
        body["key"] = key.clone().into();
        return blocking(|| gateway::post(url, &key, &body)).map_err(|error| store(&error));
    }
    let until = app.real_clock.now().plus_ms(KEPT_MS);
    let keep = |working: &mut dyn Working| working.put(&row.kind, &format!("{:012}", row.n), &payload, until);
    app.with_working(keep).map_err(|error| store(&error))
}
