//! Answering connections: how many there may be, how long a request may take to arrive, how they end.
//!
//! Whoever sends a byte now and then holds a place and nothing else; whoever takes many places takes them from their own address; what
//! is under way when the program stops is finished.

use super::listen::{Connection, Door, Peer};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::extract::connect_info::ConnectInfo;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

/// How much the door takes.
#[derive(Clone, Copy)]
pub struct Measure {
    /// How long the head of a request may take, and a connection may be idle. Longer than other instances keep theirs.
    pub head: Duration,
    /// The most connections at once.
    pub connections: u32,
    /// The most of them from one address.
    pub of_one: usize,
    /// Whether addresses of this machine are counted as well: a proxy is none of the many.
    pub near: bool,
}

impl Default for Measure {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), connections: 10_000, of_one: 500, near: false }
    }
}

/// The most lines in the head of a request.
const HEADERS: usize = 100;

/// How long those who connected before the stop are still let in: they knocked at an open door.
const LAST: Duration = Duration::from_millis(50);

/// How long streams may take to end when the program stops.
const ENDING: Duration = Duration::from_secs(20);

/// Who is connected.
#[derive(Default)]
struct Callers(Mutex<HashMap<IpAddr, usize>>);

/// A place among the connections.
struct Place {
    callers: Arc<Callers>,
    from: IpAddr,
    _room: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut callers = self.callers.0.lock().expect("no panic while callers are counted");
        if let Some(count) = callers.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                callers.remove(&self.from);
            }
        }
    }
}

impl Callers {
    /// A place for whoever has not taken too many.
    fn place(callers: &Arc<Self>, from: IpAddr, room: OwnedSemaphorePermit, measure: Measure) -> Option<Place> {
        let mut counted = callers.0.lock().expect("no panic while callers are counted");
        let count = counted.entry(from).or_default();
        if *count >= measure.of_one && (measure.near || !from.is_loopback()) {
            return None;
        }
        *count += 1;
        drop(counted);
        Some(Place { callers: callers.clone(), from, _room: room })
    }
}

/// Answers until told to stop, and then what is under way.
pub async fn serve(mut door: Door, router: Router, measure: Measure, stop: impl Future<Output = ()>) {
    let room = Arc::new(Semaphore::new(measure.connections as usize));
    let callers = Arc::new(Callers::default());
    let (stopping, _) = watch::channel(false);
    let mut stop = pin!(stop);
    let let_in = |(stream, from): (Connection, SocketAddr), room| {
        if let Some(place) = Callers::place(&callers, from.ip().to_canonical(), room, measure) {
            tokio::spawn(answer(stream, from, router.clone(), stopping.subscribe(), measure.head, place));
        }
    };
    loop {
        let accepted = async {
            let permit = room.clone().acquire_owned().await;
            (Listener::accept(&mut door).await, permit)
        };
        tokio::select! {
            (accepted, Ok(permit)) = accepted => let_in(accepted, permit),
            () = &mut stop => break,
            else => break,
        }
    }
    while let Ok(permit) = room.clone().try_acquire_owned()
        && let Ok(accepted) = tokio::time::timeout(LAST, Listener::accept(&mut door)).await
    {
        let_in(accepted, permit);
    }
    drop(door);
    stopping.send_replace(true);
    let _ = tokio::time::timeout(ENDING, room.acquire_many(measure.connections)).await;
}

async fn answer(
    stream: Connection,
    from: SocketAddr,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    head: Duration,
    _place: Place,
) {
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(Peer(from)));
        let request: Request = request.map(Body::new);
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        // Whoever hangs up or sends nonsense is not ours to report.
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stop| *stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
