//! The door of an instance among several: which zone is meant, who answers, what happens while a zone changes hands.

use super::Cluster;
use super::forward::{FORWARDED, NoAnswer};
use super::host::Hosted;
use crate::answer::{Failure, Refused, cookie};
use crate::serve::listen::Peer;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;
use yizhan_core::problem;

/// Says how far a zone is here after an answer, so that whoever passed the request on can wait for it.
const SEQ: HeaderName = HeaderName::from_static("yizhan-seq");

/// How many milliseconds ago an answer was known to be the newest; absent from the owner's.
const LAG: HeaderName = HeaderName::from_static("yizhan-lag-ms");

/// Which zone is meant; believed of proxies only.
const ZONE: HeaderName = HeaderName::from_static("yizhan-zone");

/// How far whoever asks has seen a zone.
const SEEN: &str = "yizhan-seen";

/// For how long a zone may have no owner before whoever waits is told so.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often whoever waits for an owner looks whether it still is the owner.
const LOOK: Duration = Duration::from_millis(200);

/// How many looks an owner of before has to answer what cannot be asked again.
const LAST_WORDS: u32 = 25;

/// From this lag on the owner is asked, if there is one.
const STALE_MS: i64 = 3_000;

/// The largest body that is kept so that it can be sent again.
const KEPT: usize = 8 << 20;

/// What lives in the owner's memory, or changes something although it is only read.
const AT_THE_OWNER: [&str; 22] = [
    "/api/behaviour",
    "/api/calls",
    "/api/demo",
    "/api/devices",
    "/api/editor",
    "/api/halls",
    "/api/imports",
    "/api/kiosk",
    "/api/parcels",
    "/api/payments",
    "/api/register/imports",
    "/api/tables",
    "/api/voice",
    "/call",
    "/demo",
    "/kiosk",
    "/l/",
    "/outbox",
    "/play/",
    "/sign-in",
    "/take/",
    "/u/",
];

/// Everything that an instance among several answers.
pub fn router(cluster: Arc<Cluster>) -> Router {
    Router::new().fallback(front).with_state(cluster)
}

async fn front(State(cluster): State<Arc<Cluster>>, request: Request) -> Response {
    let zone = cluster.zone_of(&request);
    let path = request.uri().path();
    if matches!(path, "/healthz" | "/readyz" | "/metrics") {
        return cluster.of_itself(&zone, request).await;
    }
    if path == "/clusterz" && peer(&request).is_some_and(|from| cluster.trusts(from)) {
        return Json(cluster.told_of()).into_response();
    }
    let request = match cluster.read_here(&zone, request).await {
        Ok(answer) => return answer,
        Err(request) => request,
    };
    if request.headers().contains_key(FORWARDED) {
        return cluster.passed_on(&zone, request).await;
    }
    cluster.at_the_owner(&zone, request).await
}

/// Whether whoever keeps a copy of the zone may answer.
fn is_for_anybody(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.headers().contains_key(header::UPGRADE)
        && !AT_THE_OWNER.iter().any(|prefix| request.uri().path().starts_with(prefix))
}

/// A request without a body, twice.
fn twice(request: Request) -> (Request, Request) {
    let (parts, _) = request.into_parts();
    (Request::from_parts(parts.clone(), Body::empty()), Request::from_parts(parts, Body::empty()))
}

impl Hosted {
    async fn answer(&self, request: Request) -> Response {
        let router = self.answering().router.clone();
        router.oneshot(request).await.unwrap_or_else(|never| match never {})
    }
}

/// A zone, as an instance sees it.
#[derive(Serialize)]
struct ZoneTold {
    zone: String,
    owner: Option<String>,
    address: Option<String>,
    here: bool,
    /// How far it is here, and how old that may be; nothing when it is not kept here.
    seq: Option<u64>,
    lag_ms: Option<i64>,
}

/// What an instance knows of the zones, for the engineer.
#[derive(Serialize)]
struct ClusterTold {
    instance: String,
    zones: Vec<ZoneTold>,
}

impl Cluster {
    fn told_of(&self) -> ClusterTold {
        let board = self.standing.board();
        let zones = self.names().into_iter().map(|zone| {
            let kept = self.kept(&zone);
            ZoneTold {
                owner: board.owner(&zone).map(str::to_owned),
                address: board.owner_address(&zone).map(str::to_owned),
                here: kept.as_ref().is_some_and(|kept| kept.is_owner()),
                seq: kept.as_ref().map(|kept| kept.zone.image().seq),
                lag_ms: kept.map(|_| self.standing.lag_ms(&zone)),
                zone: zone.to_string(),
            }
        });
        ClusterTold { instance: self.me.name.to_string(), zones: zones.collect() }
    }

    /// What is asked of the instance, not of a zone. It is ready once it keeps what it should, and then as long as its store answers.
    async fn of_itself(&self, zone: &str, request: Request) -> Response {
        match (request.uri().path(), self.kept(zone).or_else(|| self.all_kept().next())) {
            ("/readyz", _) if !self.standing.is_settled() => {
                (StatusCode::SERVICE_UNAVAILABLE, "the zones are being read\n").into_response()
            }
            (_, Some(kept)) => kept.answer(request).await,
            ("/readyz", None) if !self.standing.is_told() => {
                (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
            }
            ("/metrics", None) => StatusCode::NO_CONTENT.into_response(),
            _ => "ok\n".into_response(),
        }
    }

    /// Reads from the copy that is kept here, if there is one and it is as new as whoever asks may expect; else the request comes back.
    async fn read_here(&self, zone: &str, request: Request) -> Result<Response, Request> {
        let Some(kept) = self.kept(zone).filter(|kept| !kept.is_owner() && is_for_anybody(&request)) else {
            return Err(request);
        };
        if !self.is_fresh(&kept, request.headers()) {
            return Err(request);
        }
        let (again, asked) = twice(request);
        let mut answer = kept.answer(asked).await;
        if answer.extensions().get::<Refused>().is_some_and(|refused| refused.0 == problem::FENCED.code) {
            return Err(again);
        }
        answer.headers_mut().insert(LAG, self.standing.lag_ms(zone).into());
        Ok(answer)
    }

    /// The zone that is meant: by the proxy's word, by the first label of the host, else the first.
    fn zone_of(&self, request: &Request) -> Arc<str> {
        let said = |name: &HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
        let by_proxy = said(&ZONE).filter(|_| peer(request).is_some_and(|from| self.trusts(from)));
        let by_host = || said(&header::HOST).and_then(|host| host.split(['.', ':']).next());
        let found = by_proxy.or_else(by_host).and_then(|name| self.zones.get_key_value(name));
        found.map_or(&self.first, |(zone, _)| zone).clone()
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.config.trusted_proxies.contains(&address)
    }

    /// Whether a follower knows what whoever asks has seen. One that does not is not waited for: the owner is nearer.
    fn is_fresh(&self, zone: &Hosted, headers: &HeaderMap) -> bool {
        let owned = self.standing.is_told() && self.standing.board().owner(&zone.name).is_some();
        let seen = cookie(headers, SEEN).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        !owned || (self.standing.lag_ms(&zone.name) <= STALE_MS && zone.zone.image().seq >= seen)
    }

    /// A zone, if it is owned here.
    fn owned(&self, zone: &str) -> Option<Arc<Hosted>> {
        self.kept(zone).filter(|kept| kept.is_owner())
    }

    /// Answers a request that another instance passed on: if it is not decided here, the other one is told.
    async fn passed_on(&self, zone: &str, request: Request) -> Response {
        let Some(zone) = self.owned(zone) else { return nobody(1) };
        let mut answer = zone.answer(request).await;
        if is_fenced(&answer) {
            return nobody(1);
        }
        answer.headers_mut().insert(SEQ, zone.zone.image().seq.into());
        answer
    }

    /// Has a request answered by the owner, whoever that is by then.
    async fn at_the_owner(&self, zone: &str, request: Request) -> Response {
        // A proxy's word stands; whoever came by themselves is named.
        let caller = peer(&request).filter(|address| !self.trusts(*address));
        let streams = request.headers().contains_key(header::UPGRADE);
        let long = request.headers().get(header::CONTENT_LENGTH).is_some_and(|length| {
            length.to_str().ok().and_then(|text| text.parse().ok()).is_none_or(|n: usize| n > KEPT)
        });
        let may_repeat = request.headers().contains_key("idempotency-key") || request.method().is_safe();
        let changes = !request.method().is_safe();
        if streams || long {
            return self.once(zone, request, caller).await;
        }
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, KEPT).await else {
            return Failure(crate::answer::too_large()).into_response();
        };
        let until = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < until {
            let again = copy(&parts, &body);
            let answer = match self.owned(zone) {
                Some(zone) => {
                    let mut answer = zone.answer(again).await;
                    answer.headers_mut().insert(SEQ, zone.zone.image().seq.into());
                    Ok(answer)
                }
                None => self.sent_on(zone, again, caller, may_repeat).await,
            };
            match answer {
                Ok(answer) if is_fenced(&answer) => {}
                Ok(answer) => return told(answer, changes),
                Err(NoAnswer::Unknown) if !may_repeat => return nobody(2),
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        nobody(5)
    }

    /// Sends a request to the owner. Once another has the zone, an owner that stands still is not waited for: by then it decides nothing
    /// any more, but what it decided last is not known. What cannot be sent again is given the time to be answered by an owner on its
    /// way out.
    async fn sent_on(
        &self,
        zone: &str,
        request: Request,
        caller: Option<IpAddr>,
        may_repeat: bool,
    ) -> Result<Response, NoAnswer> {
        let board = self.standing.board();
        // While nobody owns it, a copy can be read.
        let copy = || board.copy_address(zone, &self.me.address).filter(|_| is_for_anybody(&request));
        let to = board.owner_address(zone).filter(|to| **to != *self.me.address).or_else(copy);
        let to = to.ok_or(NoAnswer::NotSent)?;
        let sending = self.forward.send(named(request, zone), to, &self.me.name, caller);
        tokio::pin!(sending);
        let mut looks = if may_repeat { 1 } else { LAST_WORDS };
        while looks > 0 {
            tokio::select! {
                answer = &mut sending => return answer,
                () = tokio::time::sleep(LOOK) => {}
            }
            looks -= u32::from(self.standing.board().owner_address(zone).is_some_and(|now| now != to));
        }
        Err(NoAnswer::Unknown)
    }

    /// As [`Cluster::at_the_owner`], of what cannot be sent twice.
    async fn once(&self, zone: &str, request: Request, caller: Option<IpAddr>) -> Response {
        if let Some(zone) = self.owned(zone) {
            return zone.answer(request).await;
        }
        let board = self.standing.board();
        let Some(to) = board.owner_address(zone) else { return nobody(2) };
        self.forward.send(named(request, zone), to, &self.me.name, caller).await.unwrap_or_else(|_| nobody(2))
    }
}

/// Whoever changed something sees it wherever they ask next.
fn told(mut answer: Response, changes: bool) -> Response {
    let seq = answer.headers_mut().remove(SEQ).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(seq) = seq.filter(|_| changes) {
        let value = format!("{SEEN}={seq}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    answer
}

fn copy(parts: &axum::http::request::Parts, body: &Bytes) -> Request {
    Request::from_parts(parts.clone(), Body::from(body.clone()))
}

/// The other instance hears which zone is meant.
fn named(mut request: Request, zone: &str) -> Request {
    if let Ok(value) = HeaderValue::from_str(zone) {
        request.headers_mut().insert(ZONE, value);
    }
    request
}

fn is_fenced(answer: &Response) -> bool {
    answer.extensions().get::<Refused>().is_some_and(|refused| refused.0 == problem::FENCED.code)
        || answer.headers().get(UNDECIDED).is_some()
}

/// Marks an answer by which an instance says that it does not decide.
const UNDECIDED: HeaderName = HeaderName::from_static("yizhan-undecided");

fn nobody(retry_after_s: u32) -> Response {
    let problem = yizhan_core::writer::not_the_owner().retry_after(retry_after_s);
    let mut answer = Failure(problem).into_response();
    answer.headers_mut().insert(UNDECIDED, HeaderValue::from_static("1"));
    answer
}

fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<Peer>>().map(|ConnectInfo(Peer(address))| address.ip())
}
