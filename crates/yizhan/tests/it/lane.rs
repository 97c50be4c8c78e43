//! Whose turn it is while many come, and how much the door takes.

use crate::testing::{Cast, TestApp};
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::get;
use hyper::body::{Frame, SizeHint};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::ServiceExt;
use yizhan::config::Config;
use yizhan::routes;
use yizhan::serve::accept::{self, Measure};
use yizhan::serve::listen::Door;
use yizhan::staff::sessions;

/// A body of which nothing comes.
struct Stuck {
    length: Option<u64>,
}

impl HttpBody for Stuck {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

/// Waiting costs nothing on this clock.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let app = TestApp::new();
    let router = routes::router(app.app.clone());
    for (length, status, seconds) in [(Some(900), 408, 15), (Some(40_000), 400, 32), (None, 400, 30)] {
        let ask = Request::post("/api/cases/travel-declaration").header("content-type", "application/json");
        let began = tokio::time::Instant::now();
        let answer = router.clone().oneshot(ask.body(Body::new(Stuck { length })).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{length:?}");
        assert_eq!(began.elapsed().as_secs(), seconds, "{length:?}");
    }
}

#[tokio::test]
async fn whoever_is_signed_in_goes_ahead_of_everybody_else() {
    let app = TestApp::with(Config { at_once: 0, ..Config::default() });
    let clerk = app.app.image().staff_by_login("clerk").unwrap();
    let token = sessions::begin_in_demonstration(&app.app, clerk).unwrap();
    let signed_in = Cast(format!("yizhan={token}"));
    // A session that nobody has seen yet is like no session: it must be looked up, and that is work.
    let began = Instant::now();
    for who in [None, Some(&signed_in)] {
        let refused = app.get("/api/worklist", who).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "busy"));
        assert_eq!(refused.headers["retry-after"], "1");
    }
    assert!(began.elapsed() >= Duration::from_secs(6), "they were let wait before");
    app.app.lanes.remember(&token);
    assert_eq!(app.get("/api/worklist", Some(&signed_in)).await.status, StatusCode::OK);
    assert_eq!(app.get("/api/worklist", Some(&Cast("yizhan=made-up".into()))).await.code(), "busy");
}

/// A server of one page, and what ends it.
async fn open(measure: Measure) -> (SocketAddr, tokio::sync::oneshot::Sender<()>) {
    let door = Door::open(([127, 0, 0, 1], 0).into(), None).await.unwrap();
    let address = door.address();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let router = Router::new().route("/", get(|| async { "good day" }));
    tokio::spawn(accept::serve(door, router, measure, async {
        let _ = ended.await;
    }));
    (address, end)
}

const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    stream
}

/// What is answered: a page, nothing because the other end hung up, or nothing yet.
fn heard(stream: &mut TcpStream) -> &'static str {
    let mut bytes = [0; 512];
    match stream.read(&mut bytes) {
        Ok(0) => "hung up",
        Ok(n) if bytes[..n].ends_with(b"good day") => "good day",
        Ok(_) => "something else",
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => "hung up",
        Err(_) => "nothing yet",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_which_a_byte_comes_now_and_then_is_hung_up_on() {
    let (address, _end) = open(Measure { head: Duration::from_millis(600), ..Measure::default() }).await;
    let mut slow = connect(address);
    slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX: ").unwrap();
    let began = Instant::now();
    let ended = loop {
        // The server may have hung up between two bytes.
        if slow.write_all(b"x").is_err() {
            break "hung up";
        }
        match heard(&mut slow) {
            "nothing yet" => assert!(began.elapsed() < Duration::from_secs(10), "it is still listened to"),
            // Some say why before they hang up.
            other => break other,
        }
    };
    assert!(matches!(ended, "hung up" | "something else"), "{ended}");
    assert!(began.elapsed() >= Duration::from_millis(400));
    let mut idle = connect(address);
    idle.write_all(ASK).unwrap();
    assert_eq!(heard(&mut idle), "good day", "others are answered meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_takes_only_its_share_of_the_places() {
    let (address, _end) = open(Measure { of_one: 2, near: true, ..Measure::default() }).await;
    let mut first: Vec<TcpStream> = (0..2).map(|_| connect(address)).collect();
    for stream in &mut first {
        stream.write_all(ASK).unwrap();
        assert_eq!(heard(stream), "good day");
    }
    let mut third = connect(address);
    let _ = third.write_all(ASK);
    assert_eq!(heard(&mut third), "hung up");
    // A place that is given back is free.
    drop(first.pop());
    let began = Instant::now();
    loop {
        let mut next = connect(address);
        let _ = next.write_all(ASK);
        match heard(&mut next) {
            "good day" => break,
            _ => assert!(began.elapsed() < Duration::from_secs(5), "the place is not given back"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_no_place_waits_at_the_door() {
    let (address, _end) = open(Measure { connections: 1, ..Measure::default() }).await;
    let mut first = connect(address);
    first.write_all(ASK).unwrap();
    assert_eq!(heard(&mut first), "good day");
    let mut second = connect(address);
    second.write_all(ASK).unwrap();
    assert_eq!(heard(&mut second), "nothing yet");
    drop(first);
    second.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(heard(&mut second), "good day");
}
