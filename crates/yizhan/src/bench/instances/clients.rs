//! People who declare, whatever happens: each declaration is sent again under its key, to whichever instance answers, until it is
//! acknowledged.

use super::fleet::name;
use crate::bench::load::read_answer;
use crate::bench::world::{Declarations, SERVICE};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// How long an answer is waited for before another instance is asked.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a declaration is sent again before somebody is told that nobody takes it.
const INSISTENCE: Duration = Duration::from_secs(120);

/// What the clients were told, and how long they waited.
#[derive(Default)]
pub struct Told {
    /// By zone and declaration: the number of the case.
    pub numbers: HashMap<(usize, usize), String>,
    /// Answers that were neither an acknowledgement nor a "later".
    pub wrong: Vec<String>,
    /// How many answers said "later".
    pub later: usize,
    /// How many connections broke or were refused.
    pub broken: usize,
    /// When each acknowledgement came, by zone.
    pub at: HashMap<usize, Vec<Instant>>,
    /// The longest time from a first try to the acknowledgement.
    pub longest: Duration,
}

impl Told {
    /// The longest time in which no declaration of a zone was acknowledged, from a moment on, in seconds.
    pub fn gap_s(&self, zone: usize, from: Instant) -> f64 {
        let mut times: Vec<Instant> =
            self.at.get(&zone).into_iter().flatten().copied().filter(|at| *at >= from).collect();
        times.sort();
        let mut last = from;
        let mut longest = Duration::ZERO;
        for at in times {
            longest = longest.max(at - last);
            last = at;
        }
        longest.as_secs_f64()
    }
}

/// Clients at work.
pub struct Clients {
    stop: Arc<AtomicBool>,
    told: Arc<Mutex<Told>>,
    addresses: Arc<RwLock<Vec<SocketAddr>>>,
    working: JoinHandle<Result<(), String>>,
}

impl Clients {
    /// Begins with so many clients a zone.
    pub fn start(from: Declarations, addresses: Vec<SocketAddr>, zones: usize, each: usize, pause: Duration) -> Self {
        let (stop, told) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Told::default())));
        let addresses = Arc::new(RwLock::new(addresses));
        let (ending, telling, looking) = (stop.clone(), told.clone(), addresses.clone());
        let working = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| error.to_string())?;
            runtime.block_on(async {
                let next = Arc::new(AtomicUsize::new(0));
                let tasks: Vec<_> = (0..zones * each)
                    .map(|n| {
                        let client = Client {
                            zone: n % zones,
                            turn: n,
                            from: from.clone(),
                            next: next.clone(),
                            stop: ending.clone(),
                            told: telling.clone(),
                            addresses: looking.clone(),
                        };
                        tokio::spawn(client.work(pause))
                    })
                    .collect();
                for task in tasks {
                    task.await.map_err(|error| error.to_string())?;
                }
                Ok(())
            })
        });
        Self { stop, told, addresses, working }
    }

    /// The instances that are asked from now on.
    pub fn now_at(&self, addresses: Vec<SocketAddr>) {
        *self.addresses.write().expect("no panic while addresses are held") = addresses;
    }

    /// What they were told so far.
    pub fn look<T>(&self, ask: impl FnOnce(&Told) -> T) -> T {
        ask(&self.told.lock().expect("no panic while the answers are held"))
    }

    /// Lets everybody finish what they began.
    ///
    /// # Errors
    /// The first wrong answer.
    pub fn finish(self) -> Result<Told, String> {
        self.stop.store(true, Ordering::Release);
        self.working.join().map_err(|_| "a client failed")??;
        let told = std::mem::take(&mut *self.told.lock().expect("no panic while the answers are held"));
        match told.wrong.first() {
            Some(wrong) => Err(format!("WRONG RESULT: {wrong}")),
            None => Ok(told),
        }
    }
}

struct Client {
    zone: usize,
    turn: usize,
    from: Declarations,
    next: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    told: Arc<Mutex<Told>>,
    addresses: Arc<RwLock<Vec<SocketAddr>>>,
}

impl Client {
    async fn work(mut self, pause: Duration) {
        while !self.stop.load(Ordering::Acquire) {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            self.insist(n).await;
            tokio::time::sleep(pause).await;
        }
    }

    /// Declares until it is acknowledged.
    async fn insist(&mut self, n: usize) {
        let body = self.from.body(n);
        let request = format!(
            "POST /api/cases/{SERVICE} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nIdempotency-Key: cluster-{n}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            name(self.zone),
            body.len()
        );
        let began = Instant::now();
        loop {
            let at = {
                let addresses = self.addresses.read().expect("no panic while addresses are held");
                self.turn += 1;
                addresses[self.turn % addresses.len()]
            };
            let answer = tokio::time::timeout(PATIENCE, ask(at, &request)).await;
            if self.is_over(n, began, answer.unwrap_or_else(|_| Err("no answer".into()))) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Remembers an answer; whether it was the last word.
    fn is_over(&self, n: usize, began: Instant, answer: Result<(u16, String), String>) -> bool {
        let mut told = self.told.lock().expect("no panic while the answers are held");
        match answer {
            Ok((201, number)) => {
                told.numbers.insert((self.zone, n), number);
                told.at.entry(self.zone).or_default().push(Instant::now());
                told.longest = told.longest.max(began.elapsed());
                return true;
            }
            Ok((503, what)) | Err(what) if began.elapsed() > INSISTENCE => {
                told.wrong.push(format!("declaration {n} was taken by nobody: {what}"));
                return true;
            }
            Ok((503, _)) => told.later += 1,
            Ok((status, text)) => {
                told.wrong.push(format!("declaration {n} was answered {status} {text}"));
                return true;
            }
            Err(_) => told.broken += 1,
        }
        false
    }
}

async fn ask(at: SocketAddr, request: &str) -> Result<(u16, String), String> {
    let mut stream = TcpStream::connect(at).await.map_err(|error| error.to_string())?;
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    let status = read_answer(&mut stream, &mut answer).await?;
    let text = String::from_utf8_lossy(&answer);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let number = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|value| Some(value["number"].as_str()?.to_owned()));
    Ok((status, number.unwrap_or_else(|| body.chars().take(200).collect())))
}
