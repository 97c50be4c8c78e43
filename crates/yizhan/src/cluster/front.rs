//! The door of an instance among several: which zone is meant, who answers, what happens while a zone changes hands.

use super::Cluster;
use super::forward::{FORWARDED, NoAnswer};
use super::host::Hosted;
use crate::answer::{Failure, Refused, cookie};
use crate::serve::listen::Peer;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
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

/// How long a follower may take to know what whoever asks has seen; after it the owner is asked.
const CATCH_UP: Duration = Duration::from_millis(1_500);

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
        return zone.answer(request).await;
    }
    if path == "/clusterz" && peer(&request).is_some_and(|from| cluster.trusts(from)) {
        return Json(cluster.told_of()).into_response();
    }
    if request.headers().contains_key(FORWARDED) {
        return cluster.passed_on(&zone, request).await;
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.headers().contains_key(header::UPGRADE)
        && !AT_THE_OWNER.iter().any(|prefix| path.starts_with(prefix));
    if reads && !zone.is_owner() && cluster.is_fresh(&zone, request.headers()).await {
        let (again, asked) = twice(request);
        let mut answer = zone.answer(asked).await;
        if answer.extensions().get::<Refused>().is_none_or(|refused| refused.0 != problem::FENCED.code) {
            let lag = cluster.standing.lag_ms(&zone.name);
            answer.headers_mut().insert(LAG, lag.into());
            return answer;
        }
        return cluster.at_the_owner(&zone, again).await;
    }
    cluster.at_the_owner(&zone, request).await
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
    seq: u64,
    lag_ms: i64,
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
        let zones = self.zones.values().map(|hosted| ZoneTold {
            zone: hosted.name.to_string(),
            owner: board.owner(&hosted.name).map(str::to_owned),
            address: board.owner_address(&hosted.name).map(str::to_owned),
            here: hosted.is_owner(),
            seq: hosted.zone.image().seq,
            lag_ms: self.standing.lag_ms(&hosted.name),
        });
        ClusterTold { instance: self.me.name.to_string(), zones: zones.collect() }
    }

    /// The zone that is meant: by the proxy's word, by the first label of the host, else the first.
    fn zone_of(&self, request: &Request) -> Arc<Hosted> {
        let said = |name: &HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
        let by_proxy = said(&ZONE).filter(|_| peer(request).is_some_and(|from| self.trusts(from)));
        let by_host = || said(&header::HOST).and_then(|host| host.split(['.', ':']).next());
        let found = by_proxy.or_else(by_host).and_then(|name| self.zones.get(name));
        found.unwrap_or_else(|| &self.zones[&self.first]).clone()
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.config.trusted_proxies.contains(&address)
    }

    /// Whether a follower knows what whoever asks has seen; it is waited for a little.
    async fn is_fresh(&self, zone: &Hosted, headers: &HeaderMap) -> bool {
        let owned = self.standing.is_told() && self.standing.board().owner(&zone.name).is_some();
        if owned && self.standing.lag_ms(&zone.name) > STALE_MS {
            return false;
        }
        let seen = cookie(headers, SEEN).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let known = zone.zone.image().seq >= seen || (self.standing.is_close(&zone.name) && zone.has(seen).await);
        known || !owned
    }

    /// Answers a request that another instance passed on: if it is not decided here, the other one is told.
    async fn passed_on(&self, zone: &Hosted, request: Request) -> Response {
        if !zone.is_owner() {
            return nobody(1);
        }
        let mut answer = zone.answer(request).await;
        if is_fenced(&answer) {
            return nobody(1);
        }
        answer.headers_mut().insert(SEQ, zone.zone.image().seq.into());
        answer
    }

    /// Has a request answered by the owner, whoever that is by then.
    async fn at_the_owner(&self, zone: &Hosted, request: Request) -> Response {
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
            let answer = if zone.is_owner() {
                let mut answer = zone.answer(again).await;
                answer.headers_mut().insert(SEQ, zone.zone.image().seq.into());
                Ok(answer)
            } else {
                self.sent_on(zone, again, caller, may_repeat).await
            };
            match answer {
                Ok(answer) if is_fenced(&answer) => {}
                Ok(answer) => return self.told(zone, answer, changes).await,
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
        zone: &Hosted,
        request: Request,
        caller: Option<IpAddr>,
        may_repeat: bool,
    ) -> Result<Response, NoAnswer> {
        let board = self.standing.board();
        let to = board.owner_address(&zone.name).filter(|to| **to != *self.me.address).ok_or(NoAnswer::NotSent)?;
        let sending = self.forward.send(named(request, &zone.name), to, &self.me.name, caller);
        tokio::pin!(sending);
        let mut looks = if may_repeat { 1 } else { LAST_WORDS };
        while looks > 0 {
            tokio::select! {
                answer = &mut sending => return answer,
                () = tokio::time::sleep(LOOK) => {}
            }
            looks -= u32::from(self.standing.board().owner_address(&zone.name).is_some_and(|now| now != to));
        }
        Err(NoAnswer::Unknown)
    }

    /// As [`Cluster::at_the_owner`], of what cannot be sent twice.
    async fn once(&self, zone: &Hosted, request: Request, caller: Option<IpAddr>) -> Response {
        if zone.is_owner() {
            return zone.answer(request).await;
        }
        let board = self.standing.board();
        let Some(to) = board.owner_address(&zone.name) else { return nobody(2) };
        self.forward.send(named(request, &zone.name), to, &self.me.name, caller).await.unwrap_or_else(|_| nobody(2))
    }

    /// Whoever changed something sees it wherever they ask next.
    async fn told(&self, zone: &Hosted, mut answer: Response, changes: bool) -> Response {
        let seq = answer.headers_mut().remove(SEQ).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if let Some(seq) = seq.filter(|_| changes) {
            let value = format!("{SEEN}={seq}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
            if let Ok(value) = HeaderValue::from_str(&value) {
                answer.headers_mut().append(header::SET_COOKIE, value);
            }
            if self.standing.is_close(&zone.name) {
                zone.has(seq).await;
            }
        }
        answer
    }
}

impl Hosted {
    /// Waits a little until a zone is as far here as an act.
    async fn has(&self, seq: u64) -> bool {
        if self.zone.image().seq >= seq {
            return true;
        }
        let mut live = self.zone.live();
        tokio::time::timeout(CATCH_UP, live.wait_for(|known| *known >= seq)).await.is_ok_and(|known| known.is_ok())
    }
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
