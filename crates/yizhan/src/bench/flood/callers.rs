//! People who declare, each on a connection of its own, as fast as they are answered.

use super::super::load::read_answer;
use super::super::world::{Declarations, SERVICE};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Threads that call.
const THREADS: usize = 2;

/// What callers were told.
#[derive(Default)]
pub struct Told {
    /// The numbers they were given, as marks of eight bytes.
    pub numbers: Vec<u64>,
    /// How many were asked to come again.
    pub later: usize,
    /// How many connections broke.
    pub broken: usize,
    /// How many declarations were sent.
    pub asked: usize,
}

/// A number in eight bytes.
pub fn mark(number: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(number)
}

/// A runtime for one thread.
pub fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}

/// Callers at work.
pub struct Callers {
    over: Arc<AtomicBool>,
    next: Arc<AtomicUsize>,
    working: Vec<JoinHandle<Result<Told, String>>>,
}

impl Callers {
    /// So many, who declare from a number on.
    pub fn start(from: &Declarations, address: SocketAddr, many: usize, first: usize) -> Self {
        let (over, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(first)));
        let thread = |n: usize| {
            let (over, next, from) = (over.clone(), next.clone(), from.clone());
            std::thread::spawn(move || {
                runtime()?.block_on(async {
                    let callers: Vec<_> = (n..many)
                        .step_by(THREADS)
                        .map(|_| tokio::spawn(call(from.clone(), address, over.clone(), next.clone())))
                        .collect();
                    let mut told = Told::default();
                    for caller in callers {
                        told.add(caller.await.map_err(|error| error.to_string())??);
                    }
                    Ok(told)
                })
            })
        };
        let working = (0..THREADS).map(thread).collect();
        Self { over, next, working }
    }

    /// Lets them call for a time, and finish.
    ///
    /// # Errors
    /// An answer that is neither an acknowledgement nor "later".
    pub fn after(self, time: Duration, told: &mut Told) -> Result<(), String> {
        super::pause(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self.over.store(true, Ordering::Relaxed);
        for thread in self.working {
            told.add(thread.join().map_err(|_| "a thread of callers failed")??);
        }
        told.asked = self.next.load(Ordering::Relaxed);
        Ok(())
    }
}

impl Told {
    fn add(&mut self, other: Self) {
        self.numbers.extend(other.numbers);
        self.later += other.later;
        self.broken += other.broken;
    }
}

async fn call(
    from: Declarations,
    address: SocketAddr,
    over: Arc<AtomicBool>,
    next: Arc<AtomicUsize>,
) -> Result<Told, String> {
    let (mut told, mut stream, mut answer) = (Told::default(), None, Vec::with_capacity(4096));
    while !over.load(Ordering::Relaxed) {
        let body = declared(&from, next.fetch_add(1, Ordering::Relaxed));
        let Ok(status) = asked(address, &mut stream, &body, &mut answer).await else {
            (told.broken, stream) = (told.broken + 1, None);
            continue;
        };
        match status {
            201 => told.numbers.push(number(&answer)?),
            503 => told.later += 1,
            other => return Err(format!("WRONG RESULT: {other} {}", String::from_utf8_lossy(&answer))),
        }
    }
    Ok(told)
}

/// A declaration in the year of the demonstration, as a request.
fn declared(from: &Declarations, n: usize) -> String {
    let body = from
        .body(n)
        .replace(&from.today(), "2021-02-03")
        .replace(r#""nucleic_test":{"has":true,"sampled_on":"2021-02-03"}"#, r#""nucleic_test":{"has":false}"#);
    format!(
        "POST /api/cases/{SERVICE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nIdempotency-Key: flood-{n}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn asked(
    address: SocketAddr,
    stream: &mut Option<TcpStream>,
    request: &str,
    answer: &mut Vec<u8>,
) -> Result<u16, String> {
    if stream.is_none() {
        *stream = Some(TcpStream::connect(address).await.map_err(|error| error.to_string())?);
    }
    let Some(stream) = stream else { return Err("no connection".into()) };
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    read_answer(stream, answer).await
}

fn number(answer: &[u8]) -> Result<u64, String> {
    let text = std::str::from_utf8(answer).map_err(|error| error.to_string())?;
    let number = text.split_once(r#""number":""#).and_then(|(_, rest)| rest.split('"').next());
    number.map(mark).ok_or_else(|| format!("WRONG RESULT: no number: {text}"))
}
