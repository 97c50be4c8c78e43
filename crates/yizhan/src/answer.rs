//! How answers look: problems as RFC 9457 in the caller's language, and what every answer carries.

use crate::app::App;
use crate::flood::lane;
use crate::guard;
use crate::serve::listen::Peer;
use axum::Json;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{self, FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use yizhan_core::problem;
use yizhan_kit::{Lang, Problem};

tokio::task_local! {
    static WISH: Wish;
}

/// How the caller wants to be answered.
#[derive(Clone, Copy, Default)]
struct Wish {
    lang: Lang,
    care: bool,
    caller: Option<IpAddr>,
}

/// A refusal on its way out.
#[derive(Debug)]
pub struct Failure(pub Problem);

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = Json(self.0.to_json(lang()));
        let mut response = (status, body).into_response();
        response.extensions_mut().insert(Refused(self.0.kind.code));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.0.retry_after_s() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// By which problem an answer refuses, for whoever stands around the handlers.
#[derive(Clone, Copy, Debug)]
pub struct Refused(pub &'static str);

/// The parameters of an address; a refusal is a problem like any other.
pub struct Query<T>(pub T);

/// The places of an address; a refusal is a problem like any other.
pub struct Path<T>(pub T);

/// A body in JSON; a refusal is a problem like any other.
pub struct Given<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = extract::Query::from_request_parts(parts, state).await;
        read.map(|extract::Query(value)| Self(value)).map_err(|what| unreadable(&what.body_text()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = extract::Path::from_request_parts(parts, state).await;
        read.map(|extract::Path(value)| Self(value)).map_err(|what| unreadable(&what.body_text()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Given<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let read = Json::from_request(request, state).await;
        read.map(|Json(value)| Self(value)).map_err(|what| unreadable(&what.body_text()))
    }
}

/// `body-invalid`, for whatever could not be read.
fn unreadable(what: &str) -> Failure {
    problem::BODY_INVALID.problem(format!("无法读取：{what}"), format!("It cannot be read: {what}")).into()
}

/// What a handler answers.
pub type Answered<T> = Result<T, Failure>;

/// The language of the request being answered.
pub fn lang() -> Lang {
    WISH.try_with(|wish| wish.lang).unwrap_or_default()
}

/// Whether the caller asked for large type and strong contrast.
pub fn care() -> bool {
    WISH.try_with(|wish| wish.care).unwrap_or_default()
}

/// The address a request comes from through the public door; absent for whoever is on this machine themselves.
pub fn caller() -> Option<IpAddr> {
    WISH.try_with(|wish| wish.caller).unwrap_or_default()
}

/// A proxy that is trusted says for whom it asks; nobody else is believed. A client may have sent such a header itself, so
/// only the last address of the last line counts, which is the proxy's own word. Of an IPv6 address the network counts.
fn from(app: &App, request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|ConnectInfo(Peer(address))| address.ip());
    let peer = peer.map(|address| address.to_canonical());
    let trusted = |address: &IpAddr| address.is_loopback() || app.config.trusted_proxies.contains(address);
    let address = match peer.filter(|address| !trusted(address)) {
        Some(address) => address,
        None => {
            let lines = request.headers().get_all("x-forwarded-for");
            let said = lines.iter().next_back()?.to_str().ok()?;
            said.rsplit(',').next()?.trim().parse::<IpAddr>().ok()?.to_canonical()
        }
    };
    Some(match address {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        v4 => v4,
    })
}

/// What is asked for is not there: a page for people, a problem for programs.
pub async fn nothing_there(State(app): State<Arc<App>>, request: Request) -> Response {
    let problem = problem::UNKNOWN_SERVICE.problem("没有这个页面。", "There is no such page.");
    if request.uri().path().starts_with("/api/") {
        return Failure(problem).into_response();
    }
    crate::resident::http::refused(crate::resident::http::frame(&app, request.uri()), &problem)
}

/// Around every request: from whose page it comes, the language, the count, the headers that keep a page to itself.
pub async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let wish = Wish { lang: chosen(&request), care: wants_care(&request), caller: from(&app, &request) };
    let mut response = match guard::must_be_from_here(&app.config, request.method(), request.headers()) {
        Ok(()) => WISH.scope(wish, lane::through(&app, request, next)).await,
        Err(foreign) => WISH.scope(wish, async { Failure(foreign).into_response() }).await,
    };
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE && !is_problem(&response) {
        // Said by whoever reads bodies, in plain text.
        let large = too_large();
        response = WISH.scope(wish, async { Failure(large).into_response() }).await;
    }
    let class = usize::from(response.status().as_u16() / 100).clamp(2, 5) - 2;
    app.counters.answers[class].fetch_add(1, Ordering::Relaxed);
    guard::mark(&app.config, response.headers_mut());
    response
}

fn is_problem(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json")
}

/// `body-too-large`.
pub fn too_large() -> Problem {
    problem::BODY_TOO_LARGE.problem("提交的内容太大。", "What was sent is too large.")
}

/// `?lang=en` before the cookie, the cookie before what the browser prefers.
fn chosen(request: &Request) -> Lang {
    let of = |text: &str| match text {
        "en" => Some(Lang::En),
        "zh" => Some(Lang::Zh),
        _ => None,
    };
    let asked =
        request.uri().query().and_then(|query| query.split('&').find_map(|pair| of(pair.strip_prefix("lang=")?)));
    let kept = || cookie(request.headers(), "lang").and_then(of);
    let preferred = || {
        let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        header.map_or_else(Lang::default, Lang::from_accept_language)
    };
    asked.or_else(kept).unwrap_or_else(preferred)
}

/// `?care=1` before the cookie.
fn wants_care(request: &Request) -> bool {
    let asked = request.uri().query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("care=")));
    asked.or_else(|| cookie(request.headers(), "care")) == Some("1")
}

/// A cookie of a request.
pub fn cookie<'a>(headers: &'a axum::http::HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|text| text.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}
