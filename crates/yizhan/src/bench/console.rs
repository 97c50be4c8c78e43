//! `yizhan bench console`: five hundred clerks with the console open, in a zone with a million people. How soon does a
//! clerk see a declaration after it was acknowledged, and how long do pages take meanwhile?

use super::intake::Server;
use super::load::read_answer;
use super::world::{Declarations, Place};
use super::{Figures, Options};
use crate::{demo, store};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
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
    /// The first pages of all the consoles, opened within one moment, while the names are still being indexed.
    opening_ms: Vec<f64>,
    /// Pages from the first declaration on.
    pages_ms: Vec<f64>,
    begun: bool,
    /// How long each kind of page took that an officer of the district turned meanwhile.
    turned_ms: BTreeMap<&'static str, Vec<f64>>,
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
    figures.add("console: p99 of a page as all open at once, ms", p99(seen.opening_ms));
    figures.add("console: p99 of a page, ms", p99(seen.pages_ms));
    for (page, taken) in seen.turned_ms {
        let name = format!("console: p99 of {page}, ms");
        figures.add(&name, p99(taken));
        figures.at_most(&name, 100.0);
    }
    figures.at_most("console: p99 from acknowledged to seen, ms", 1000.0);
    figures.at_most("console: p99 of a page as all open at once, ms", 1000.0);
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
    let turning = sign_in(address, "district").await?;
    until_found(address, &turning).await?;
    watching.spawn(turn_pages(address, turning, seen.clone()));
    let mut counter = Asking::open(address, String::new()).await?;
    seen.lock().expect("no panic while it is held").begun = true;
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
            let taken = (now - asked).as_secs_f64() * 1000.0;
            if seen.begun {
                seen.pages_ms.push(taken)
            } else {
                seen.opening_ms.push(taken)
            }
            for case in page["cases"].as_array().into_iter().flatten() {
                let acknowledged = case["number"].as_str().and_then(|number| seen.waiting.remove(number));
                if let Some(acknowledged) = acknowledged {
                    seen.delays_ms.push((now - acknowledged).as_secs_f64() * 1000.0);
                }
            }
        }
    }
}

/// What an officer of the district opens: a name for the figure, the path, and the body of a question that has one.
const PAGES: [(&str, &str, Option<&str>); 10] = [
    ("the worklist", "/api/worklist?limit=50", None),
    ("what is overdue", "/api/worklist?limit=50&state=overdue", None),
    ("all cases", "/api/cases?limit=50", None),
    ("the overview", "/api/overview", None),
    ("a name", "/api/search", Some(r#"{"text":"王"}"#)),
    ("a whole name", "/api/search", Some(r#"{"text":"王海川"}"#)),
    ("initials", "/api/search", Some(r#"{"text":"wxm"}"#)),
    ("a name that nobody has", "/api/search", Some(r#"{"text":"zzzz"}"#)),
    ("the end of a number", "/api/search", Some(r#"{"text":"0016"}"#)),
    ("the catalog", "/api/catalog", None),
];

/// Waits until names are found: the index is made after the start.
pub async fn until_found(address: SocketAddr, cookie: &str) -> Result<(), String> {
    let mut asking = Asking::open(address, cookie.to_owned()).await?;
    for _ in 0..600 {
        if asking.post("/api/search", r#"{"text":"zzzz"}"#, "").await?["complete"] == true {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("the index of names was not complete after a minute".into())
}

/// An officer who turns every page of the console, again and again.
async fn turn_pages(address: SocketAddr, cookie: String, seen: Arc<Mutex<Seen>>) -> Result<(), String> {
    let mut asking = Asking::open(address, cookie).await?;
    loop {
        for (name, path, body) in PAGES {
            let asked = Instant::now();
            let answer = match body {
                Some(body) => asking.post(path, body, "").await?,
                None => asking.get(path).await?,
            };
            let taken = asked.elapsed().as_secs_f64() * 1000.0;
            if name == "a name" && answer["people"].as_array().is_none_or(Vec::is_empty) {
                return Err(format!("WRONG RESULT: nobody was found: {answer}"));
            }
            seen.lock().expect("no panic while it is held").turned_ms.entry(name).or_default().push(taken);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

pub async fn sign_in(address: SocketAddr, login: &str) -> Result<String, String> {
    let mut asking = Asking::open(address, String::new()).await?;
    asking.post("/api/demo/sign-in", &json!({"login": login}).to_string(), "").await?;
    let head = String::from_utf8_lossy(&asking.answer).into_owned();
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
    cookie.map(str::to_owned).ok_or_else(|| format!("{login}: {head}"))
}

/// A connection on which one question follows another.
pub struct Asking {
    stream: TcpStream,
    cookie: String,
    answer: Vec<u8>,
}

impl Asking {
    pub async fn open(address: SocketAddr, cookie: String) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self { stream, cookie, answer: Vec::with_capacity(16_384) })
    }

    pub async fn get(&mut self, path: &str) -> Result<Value, String> {
        let ask = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {}\r\n\r\n", self.cookie);
        self.ask(&ask).await
    }

    pub async fn post(&mut self, path: &str, body: &str, key: &str) -> Result<Value, String> {
        let ask = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {}\r\nContent-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: {}\r\n\r\n{body}",
            self.cookie,
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
