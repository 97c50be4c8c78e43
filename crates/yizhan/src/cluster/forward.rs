//! Passing a request on to another instance and its answer back, streams and WebSockets included.

use axum::body::Body;
use axum::http::uri::{Authority, Scheme, Uri};
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::IpAddr;
use std::time::Duration;

/// Says that a request was passed on already, and by whom, so that it is passed on once.
pub const FORWARDED: HeaderName = HeaderName::from_static("yizhan-forwarded");

/// How long another instance may take to accept a connection.
const CONNECT: Duration = Duration::from_millis(1_000);

/// The way to other instances.
pub struct Forward {
    client: Client<HttpConnector, Body>,
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoAnswer {
    /// It never got there: it may be sent elsewhere.
    NotSent,
    /// It was on its way; what became of it is not known.
    Unknown,
}

impl Default for Forward {
    fn default() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(20)).build(connector),
        }
    }
}

impl Forward {
    /// Sends a request to an instance in the name of whoever asked.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn send(
        &self,
        mut request: Request<Body>,
        to: &str,
        by: &str,
        caller: Option<IpAddr>,
    ) -> Result<Response<Body>, NoAnswer> {
        let base: Uri = to.parse().map_err(|_| NoAnswer::NotSent)?;
        let authority: Authority = base.authority().cloned().ok_or(NoAnswer::NotSent)?;
        let mut parts = request.uri().clone().into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority);
        *request.uri_mut() = Uri::from_parts(parts).map_err(|_| NoAnswer::NotSent)?;
        *request.version_mut() = axum::http::Version::HTTP_11;
        let headers = request.headers_mut();
        headers.insert(FORWARDED, HeaderValue::from_str(by).unwrap_or(HeaderValue::from_static("another")));
        if let Some(caller) = caller
            && let Ok(value) = HeaderValue::from_str(&caller.to_string())
        {
            headers.append("x-forwarded-for", value);
        }
        let upgrade = headers.get(header::UPGRADE).is_some();
        let theirs = upgrade.then(|| hyper::upgrade::on(&mut request));
        let mut answer = self
            .client
            .request(request)
            .await
            .map_err(|error| if error.is_connect() { NoAnswer::NotSent } else { NoAnswer::Unknown })?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS
            && let Some(theirs) = theirs
        {
            let ours = hyper::upgrade::on(&mut answer);
            tokio::spawn(async move {
                if let (Ok(theirs), Ok(ours)) = (theirs.await, ours.await) {
                    let (mut theirs, mut ours) = (TokioIo::new(theirs), TokioIo::new(ours));
                    // Either side may hang up.
                    let _ = tokio::io::copy_bidirectional(&mut theirs, &mut ours).await;
                }
            });
        }
        Ok(answer.map(Body::new))
    }
}
