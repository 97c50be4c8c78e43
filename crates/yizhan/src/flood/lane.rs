//! Whose turn it is while many come. Whoever is signed in goes ahead; of everybody else so many are worked on at once, the others wait
//! for their turn, and after a few seconds are asked to come again.
//!
//! A body is waited for before a turn is taken, and a turn is given away by whoever waits for something else: so neither who sends a
//! byte now and then, nor a payment channel that does not answer, keeps anybody from their turn.

use crate::answer::{Failure, cookie};
use crate::app::App;
use crate::staff::sessions::{COOKIE, PHONE_COOKIE};
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, timeout};
use yizhan_core::zone;
use yizhan_kit::{Kind, Problem};

/// The body did not arrive.
pub static TOO_SLOW: Kind =
    Kind { code: "too-slow", status: 408, title_zh: "没有收全", title_en: "It did not arrive in full" };

/// How long a turn is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a turn lasts at most; whoever is not done by then waits for something else.
const TURN: Duration = Duration::from_millis(250);

/// The largest body that is received before a turn is taken; a form is smaller.
const SMALL: usize = 16 * 1024;

/// How long such a body may take.
const ARRIVAL: Duration = Duration::from_secs(15);

/// How many larger bodies may arrive at once.
const LARGE: usize = 64;

/// How long a larger one may take: this, and a second for so many bytes of it.
const LARGE_ARRIVAL: Duration = Duration::from_secs(30);
const LARGE_PACE: u64 = 16 * 1024;

/// For how long whoever was signed in is known.
const KNOWN: Duration = Duration::from_secs(600);

/// How many are known, at most.
const MANY: usize = 20_000;

/// Whose turn it is.
pub struct Lanes {
    turns: Semaphore,
    bodies: Arc<Semaphore>,
    /// By a digest of the session that only this process can make: when it was last good.
    known: Mutex<HashMap<u64, Instant>>,
    digest: RandomState,
}

impl Lanes {
    /// For so many at once; fewer than five hundred keep acts from being kept in large groups.
    pub fn new(at_once: usize) -> Self {
        Self {
            turns: Semaphore::new(at_once.min(Semaphore::MAX_PERMITS)),
            bodies: Arc::new(Semaphore::new(LARGE)),
            known: Mutex::default(),
            digest: RandomState::new(),
        }
    }

    /// Remembers that a session was good a moment ago, so that its next request goes ahead.
    pub fn remember(&self, token: &str) {
        let mut known = self.known();
        if known.len() >= MANY {
            known.retain(|_, at| at.elapsed() < KNOWN);
        }
        if known.len() < MANY {
            known.insert(self.digest.hash_one(token), Instant::now());
        }
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let tokens = [COOKIE, PHONE_COOKIE].into_iter().filter_map(|name| cookie(headers, name));
        tokens
            .into_iter()
            .any(|token| self.known().get(&self.digest.hash_one(token)).is_some_and(|at| at.elapsed() < KNOWN))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Instant>> {
        self.known.lock().expect("no panic while sessions are remembered")
    }

    /// A request whose body is here, or arrives within a measure.
    async fn received(&self, request: Request) -> Result<Request, Problem> {
        let size = request.body().size_hint();
        if size.exact() == Some(0) {
            return Ok(request);
        }
        let (parts, body) = request.into_parts();
        if size.exact().is_some_and(|length| length <= SMALL as u64) {
            let arrived = timeout(ARRIVAL, to_bytes(body, SMALL)).await.ok().and_then(Result::ok);
            return Ok(Request::from_parts(parts, Body::from(arrived.ok_or_else(too_slow)?)));
        }
        let place = timeout(PATIENCE, self.bodies.clone().acquire_owned()).await.ok().and_then(Result::ok);
        let place = place.ok_or_else(zone::busy)?;
        let within = LARGE_ARRIVAL + Duration::from_secs(size.exact().unwrap_or(0) / LARGE_PACE);
        let body = Paced { body, until: Box::pin(tokio::time::sleep(within)), _place: place };
        Ok(Request::from_parts(parts, Body::new(body)))
    }
}

/// Has a request answered when it is its turn.
pub async fn through(app: &App, request: Request, next: Next) -> Response {
    let lanes = &app.lanes;
    if lanes.knows(request.headers()) {
        return next.run(request).await;
    }
    let request = match lanes.received(request).await {
        Ok(request) => request,
        Err(problem) => return Failure(problem).into_response(),
    };
    let turn = match lanes.turns.try_acquire() {
        Ok(turn) => turn,
        Err(_) => match timeout(PATIENCE, lanes.turns.acquire()).await {
            Ok(Ok(turn)) => turn,
            _ => return Failure(zone::busy()).into_response(),
        },
    };
    let mut answering = pin!(next.run(request));
    tokio::select! {
        answer = &mut answering => return answer,
        () = tokio::time::sleep(TURN) => drop(turn),
    }
    answering.await
}

fn too_slow() -> Problem {
    TOO_SLOW.problem(
        "提交的内容没有在时限内收全，请检查网络后再试。",
        "What was sent did not arrive in time; please try again.",
    )
}

/// A large body that must arrive within a measure.
struct Paced {
    body: Body,
    until: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.until.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new("it did not arrive in time"))));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
