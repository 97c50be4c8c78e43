//! What keeps a browser to us: from which pages it may send something in somebody's name, and what every answer tells it.

use crate::answer::cookie;
use crate::config::Config;
use crate::staff::sessions::{COOKIE, PHONE_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use yizhan_kit::{Kind, Problem};

/// The request comes from a page that is not ours.
pub static FOREIGN_PAGE: Kind =
    Kind {
        code: "foreign-page", status: 403, title_zh: "请从本站页面操作", title_en: "Not from a page of this site"
    };

/// What a page may load: what we serve, pictures and styles of its own; no script within the page.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; \
                      frame-ancestors 'none'; form-action 'self'; base-uri 'none'";

/// What every answer carries, unless it says something stricter itself. Addresses are told to nobody else, but to ourselves:
/// by them a browser says from which page a form was sent.
const CARRIED: [(HeaderName, &str); 8] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), geolocation=(self), payment=(), usb=(), serial=()",
    ),
];

/// For how long a browser asks us under TLS only, once it did: a year.
const TLS_ONLY: &str = "max-age=31536000";

/// Tells the browser what it may do with an answer.
pub fn mark(config: &Config, headers: &mut HeaderMap) {
    for (name, value) in CARRIED {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if config.answers_under_tls() {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static(TLS_ONLY));
    }
}

/// Refuses what a page of somebody else's sends: whatever changes something, and every WebSocket. Programs are no browsers
/// and name no page; what they may do rests on keys of their own.
///
/// # Errors
/// `foreign-page`.
pub fn must_be_from_here(config: &Config, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if (reads && !headers.contains_key(header::UPGRADE)) || is_from_here(config, headers) {
        return Ok(());
    }
    Err(FOREIGN_PAGE.problem(
        "这个请求来自别的网站的页面，没有办理。请回到本站页面重试。",
        "This request came from a page of another site and was not taken. Please try again from a page of this site.",
    ))
}

fn is_from_here(config: &Config, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some("same-origin" | "none") => return true,
        Some(_) => return false,
        None => {}
    }
    let signed_in = [COOKIE, PHONE_COOKIE].into_iter().any(|name| cookie(headers, name).is_some());
    match text(header::ORIGIN) {
        None => true,
        // Said by a page that hides where it is: one of ours does not.
        Some("null") => !signed_in,
        Some(origin) => {
            let named = origin.split_once("://").map_or(origin, |(_, rest)| rest);
            text(header::HOST) == Some(named) || origin == config.public_url().trim_end_matches('/')
        }
    }
}
