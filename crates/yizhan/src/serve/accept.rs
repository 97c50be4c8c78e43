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

/// How long the head of a request may take, and a connection may be idle. Longer than other instances keep theirs.
const HEAD: Duration = Duration::from_secs(30);

/// The most connections at once.
const CONNECTIONS: usize = 10_000;

/// The most of them from one address; a proxy on this machine is no such address.
const OF_ONE: usize = 500;

/// The most lines in the head of a request.
const HEADERS: usize = 100;

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
    fn place(callers: &Arc<Self>, from: IpAddr, room: OwnedSemaphorePermit) -> Option<Place> {
        let mut counted = callers.0.lock().expect("no panic while callers are counted");
        let count = counted.entry(from).or_default();
        if *count >= OF_ONE && !from.is_loopback() {
            return None;
        }
        *count += 1;
        drop(counted);
        Some(Place { callers: callers.clone(), from, _room: room })
    }
}

/// Answers until told to stop, and then what is under way.
pub async fn serve(mut door: Door, router: Router, stop: impl Future<Output = ()>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let callers = Arc::new(Callers::default());
    let (stopping, _) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let permit = room.clone().acquire_owned().await;
            (Listener::accept(&mut door).await, permit)
        };
        let ((stream, from), permit) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let Some(place) = permit.ok().and_then(|permit| Callers::place(&callers, from.ip().to_canonical(), permit))
        else {
            continue;
        };
        tokio::spawn(answer(stream, from, router.clone(), stopping.subscribe(), place));
    }
    drop(door);
    stopping.send_replace(true);
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(ENDING, room.acquire_many(all)).await;
}

async fn answer(
    stream: Connection,
    from: SocketAddr,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    _place: Place,
) {
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(Peer(from)));
        let request: Request = request.map(Body::new);
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
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
