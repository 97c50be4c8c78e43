//! Whoever we hand messages to: an SMS gateway, a webhook of the district's own. Each gets JSON by POST, under a stable
//! `Idempotency-Key`, and says with 2xx that it has it; whatever else it says is asked again later.

use crate::config::Messages;
use crate::outward;
use std::time::Duration;
use yizhan_kit::digest::hmac_plain;

/// How long a gateway may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Hands one message over.
///
/// # Errors
/// Why it was not taken.
pub fn post(url: &str, key: &str, body: &serde_json::Value) -> Result<(), String> {
    hand_over(url, key, &body.to_string(), None)
}

/// Hands one message to the district's webhook, signed where a secret is shared with it: `X-Signature: sha256=` and the
/// HMAC-SHA-256 of the body as it is sent, in hexadecimal.
///
/// # Errors
/// Why it was not taken; that the secret cannot be read.
pub fn hook(messages: &Messages, key: &str, body: &serde_json::Value) -> Result<(), String> {
    let Some(url) = &messages.webhook else { return Ok(()) };
    let text = body.to_string();
    let Some(file) = &messages.webhook_secret else { return hand_over(url, key, &text, None) };
    let secret = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let signature = format!("sha256={}", hmac_plain(secret.trim().as_bytes(), text.as_bytes()));
    hand_over(url, key, &text, Some(&signature))
}

fn hand_over(url: &str, key: &str, body: &str, signature: Option<&str>) -> Result<(), String> {
    let agent = outward::agent(TIMEOUT);
    let mut request = agent.post(url).header("Idempotency-Key", key).header("Content-Type", "application/json");
    if let Some(signature) = signature {
        request = request.header("X-Signature", signature);
    }
    request.send(body.as_bytes()).map(drop).map_err(|error| format!("{url}: {error}"))
}
