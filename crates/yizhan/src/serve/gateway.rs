//! Whoever we hand messages to: an SMS gateway, a webhook of the district's own. Each gets JSON by POST, under a stable
//! `Idempotency-Key`, and says with 2xx that it has it; whatever else it says is asked again later.

use std::time::Duration;

/// How long a gateway may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Hands one message over.
///
/// # Errors
/// Why it was not taken.
pub fn post(url: &str, key: &str, body: &serde_json::Value) -> Result<(), String> {
    let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).max_redirects(0).build();
    let agent: ureq::Agent = config.into();
    let sent = agent
        .post(url)
        .header("Idempotency-Key", key)
        .header("Content-Type", "application/json")
        .send(body.to_string().as_bytes());
    sent.map(drop).map_err(|error| format!("{url}: {error}"))
}
