//! `yizhan bench console`: five hundred clerks with the console open, in a zone with a million people. How soon does a
//! clerk see a declaration after it was acknowledged, and how long do pages take meanwhile?

use super::intake::Server;
use super::load::read_answer;
use super::world::{Declarations, Place};
use super::{Figures, Options};
use crate::{demo, store};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use yizhan_kit::Clock;
use yizhan_kit::clock::SystemClock;

/// How long the console waits after a signal, so that a burst is one look.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// Declarations a second.
const PER_SECOND: u32 = 10;

/// What the clerks have seen.
#[derive(Default)]
struct Seen {
    /// When a number was acknowledged, until its clerk has it on the screen.
    waiting: HashMap<String, Instant>,
    delays_ms: Vec<f64>,
    pages_ms: Vec<f64>,
}

/// Runs the bench. `--acts` is the number of people.
///
/// # Errors
/// A declaration that its clerk never saw.
pub fn run(options: &Options) -> Result<Figures, String> {
    let people = options.acts(1_000_000, 2_600);
    let clerks = if options.short { 40 } else { 500 };
    let seconds = if options.short { 2 } else { 10 };
    let place = Place::new("console", None)?;
    demo::run(&place.common(), people, 2021)?;
    let server = Server::start(&place)?;
    let catalog = store::load_catalog(store::catalog_source(None)?)?;
    let villages: Vec<String> = catalog.regions.villages().map(|village| village.code.to_string()).collect();
    let from = Declarations::new(&catalog, SystemClock.now());
    let bodies = (0..(PER_SECOND * seconds) as usize).map(|n| {
        let mut body: Value = serde_json::from_str(&from.body(n)).unwrap_or_default();
        body["destination"]["region"] = json!(villages[n % villages.len().min(clerks)]);
        body["arriving_on"] = json!("2021-02-03");
        body["nucleic_test"] = json!({"has": false});
        body.to_string()
    });
    let bodies: Vec<String> = bodies.collect();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let seen = runtime.block_on(watch(server.address, &villages, clerks, &bodies))?;
    if !seen.waiting.is_empty() {
        return Err(format!("WRONG RESULT: {} declarations were never seen by their clerk", seen.waiting.len()));
    }
    let p99 = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() * 99 / 100).or(values.last()).copied().unwrap_or(f64::NAN)
    };
    let mut figures = Figures::default();
    figures.add("console: people in the zone", people as f64);
    figures.add("console: clerks connected", clerks as f64);
    figures.add("console: pages asked", seen.pages_ms.len() as f64);
    figures.add("console: p99 from acknowledged to seen, ms", p99(seen.delays_ms));
    figures.add("console: p99 of a page, ms", p99(seen.pages_ms));
    figures.at_most("console: p99 from acknowledged to seen, ms", 1000.0);
    figures.at_most("console: p99 of a page, ms", 100.0);
    Ok(figures)
}

async fn watch(address: SocketAddr, villages: &[String], clerks: usize, bodies: &[String]) -> Result<Seen, String> {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let mut watching = JoinSet::new();
    for n in 0..clerks {
        let cookie = sign_in(address, &format!("v{}", villages[n % villages.len()])).await?;
        watching.spawn(clerk(address, cookie, seen.clone()));
    }
    let mut counter = Asking::open(address, String::new()).await?;
    let began = Instant::now();
    for (n, body) in bodies.iter().enumerate() {
        let due = began + Duration::from_secs(1) * u32::try_from(n).unwrap_or(0) / PER_SECOND;
        tokio::time::sleep_until(due.into()).await;
        let answer = counter.post("/api/cases/travel-declaration", body, &format!("console-{n}")).await?;
        let number = answer["number"].as_str().ok_or_else(|| format!("refused: {answer}"))?.to_owned();
        seen.lock().expect("no panic while it is held").waiting.insert(number, Instant::now());
    }
    // Whoever is slow has five seconds more.
    for _ in 0..50 {
        if seen.lock().expect("no panic while it is held").waiting.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if let Some(Ok(Err(what))) = watching.try_join_next() {
        return Err(what);
    }
    watching.shutdown().await;
    Ok(std::mem::take(&mut *seen.lock().expect("no panic while it is held")))
}

/// One clerk's console: a stream of signals, and after each the two lists of its first page.
async fn clerk(address: SocketAddr, cookie: String, seen: Arc<Mutex<Seen>>) -> Result<(), String> {
    let mut lists = Asking::open(address, cookie.clone()).await?;
    let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let ask = format!("GET /api/live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.map_err(|error| error.to_string())?;
    let mut signals = Vec::with_capacity(4096);
    loop {
        if stream.read_buf(&mut signals).await.map_err(|error| error.to_string())? == 0 {
            return Err("the stream of signals ended".into());
        }
        tokio::time::sleep(DEBOUNCE).await;
        signals.clear();
        for path in ["/api/worklist?limit=100", "/api/duties?limit=100"] {
            let asked = Instant::now();
            let page = lists.get(path).await?;
            let now = Instant::now();
            let mut seen = seen.lock().expect("no panic while it is held");
            seen.pages_ms.push((now - asked).as_secs_f64() * 1000.0);
            for case in page["cases"].as_array().into_iter().flatten() {
                let acknowledged = case["number"].as_str().and_then(|number| seen.waiting.remove(number));
                if let Some(acknowledged) = acknowledged {
                    seen.delays_ms.push((now - acknowledged).as_secs_f64() * 1000.0);
                }
            }
        }
    }
}

async fn sign_in(address: SocketAddr, login: &str) -> Result<String, String> {
    let mut asking = Asking::open(address, String::new()).await?;
    asking.post("/api/demo/sign-in", &json!({"login": login}).to_string(), "").await?;
    let head = String::from_utf8_lossy(&asking.answer).into_owned();
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
    cookie.map(str::to_owned).ok_or_else(|| format!("{login}: {head}"))
}

/// A connection on which one question follows another.
struct Asking {
    stream: TcpStream,
    cookie: String,
    answer: Vec<u8>,
}

impl Asking {
    async fn open(address: SocketAddr, cookie: String) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self { stream, cookie, answer: Vec::with_capacity(16_384) })
    }

    async fn get(&mut self, path: &str) -> Result<Value, String> {
        let ask = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {}\r\n\r\n", self.cookie);
        self.ask(&ask).await
    }

    async fn post(&mut self, path: &str, body: &str, key: &str) -> Result<Value, String> {
        let ask = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.ask(&ask).await
    }

    async fn ask(&mut self, ask: &str) -> Result<Value, String> {
        self.stream.write_all(ask.as_bytes()).await.map_err(|error| error.to_string())?;
        let status = read_answer(&mut self.stream, &mut self.answer).await?;
        let text = String::from_utf8_lossy(&self.answer);
        if !(200..300).contains(&status) {
            return Err(format!("{status}: {text}"));
        }
        let (_, body) = text.split_once("\r\n\r\n").ok_or("no body")?;
        Ok(serde_json::from_str(body).unwrap_or_default())
    }
}
