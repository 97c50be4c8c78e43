//! Whatever the program asks of others goes out by here: to addresses that the configuration names, never where an answer
//! leads, within a time, and no more is read than was reckoned with.

use std::time::Duration;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

/// The most bytes of an ordinary answer.
pub const LARGEST_ANSWER: u64 = 256 * 1024;

/// How whoever asks outwards asks: so long and no longer, and following nobody.
pub fn settings(timeout: Duration) -> ConfigBuilder<AgentScope> {
    ureq::Agent::config_builder().timeout_global(Some(timeout)).max_redirects(0)
}

/// An agent of these settings.
pub fn agent(timeout: Duration) -> ureq::Agent {
    settings(timeout).build().into()
}

/// The text of an answer.
///
/// # Errors
/// When it breaks off, is no text, or is longer than [`LARGEST_ANSWER`].
pub fn text(response: ureq::http::Response<ureq::Body>) -> Result<String, ureq::Error> {
    response.into_body().with_config().limit(LARGEST_ANSWER).read_to_string()
}

/// Whether an address that somebody names is at a place that we know: where `base` is, or under TLS in their domain.
pub fn is_at(address: &str, base: &str, domain: Option<&str>) -> bool {
    let Some((scheme, authority)) = origin(address) else { return false };
    if origin(base) == Some((scheme, authority)) {
        return true;
    }
    domain.is_some_and(|domain| {
        let inside = authority.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.') && !rest.contains('@'));
        scheme == "https" && inside
    })
}

/// Scheme and authority of an address.
fn origin(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    (!authority.is_empty()).then_some((scheme, authority))
}

/// Refuses an address of the configuration to which people's details would travel in the clear: `https`, or this machine.
///
/// # Errors
/// What is wrong with it.
pub fn check(key: &str, address: &str) -> Result<(), String> {
    let own = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    if address.starts_with("https://") || own.iter().any(|own| address.starts_with(own)) {
        return Ok(());
    }
    Err(format!("{key} = {address:?}: expected an https:// address, or one on this machine"))
}
