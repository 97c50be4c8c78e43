//! `yizhan bench rush`: a day of a province's rush at speed. Declarations arrive five thousand a second, some with
//! companions, some sent twice, some corrected at once; a clerk of each of the 138 villages works the list meanwhile, and
//! the district looks on. Nothing is lost, nothing doubled; how long do the pages of staff take?

use super::console::{Asking, sign_in};
use super::intake::Server;
use super::world::{Declarations, Place};
use super::{Figures, Options};
use crate::{demo, store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use yizhan_kit::Clock;
use yizhan_kit::clock::SystemClock;

/// Declarations a second.
const PER_SECOND: f64 = 5_000.0;

/// Connections on which they arrive.
const CONNECTIONS: usize = 128;

/// The people of the register beneath it all.
const PEOPLE: usize = 2_600;

const STORE: &str = "/api/cases/travel-declaration";

/// What came of it.
#[derive(Default)]
struct Told {
    /// Cases that were acknowledged, companions among them.
    cases: AtomicUsize,
    repeated: AtomicUsize,
    corrected: AtomicUsize,
    signed: AtomicUsize,
    pages_ms: Mutex<BTreeMap<&'static str, Vec<f64>>>,
    over: AtomicBool,
}

/// Runs the bench. `--acts` is the number of declarations.
///
/// # Errors
/// A declaration that was refused, doubled or lost.
pub fn run(options: &Options) -> Result<Figures, String> {
    let acts = options.acts(1_000_000, 3_000);
    let place = Place::new("rush", None)?;
    demo::run(&place.common(), PEOPLE, 2021)?;
    let server = Server::start(&place)?;
    let catalog = store::load_catalog(store::catalog_source(None)?)?;
    let from = Declarations::new(&catalog, SystemClock.now());
    let villages: Vec<String> = catalog.regions.villages().map(|village| village.code.to_string()).collect();
    let told = Arc::new(Told::default());
    // The load on a thread of its own, the clerks on another: neither waits for the other.
    let (address, clerks) = (server.address, told.clone());
    let working = std::thread::spawn(move || current()?.block_on(work(address, &villages, &clerks)));
    let began = Instant::now();
    let before = current()?.block_on(count(server.address))?;
    current()?.block_on(declare_all(server.address, &from, acts, &told))?;
    let took = began.elapsed().as_secs_f64();
    told.over.store(true, Ordering::Relaxed);
    working.join().map_err(|_| "the clerks' thread failed")??;
    let after = current()?.block_on(count(server.address))?;
    let cases = told.cases.load(Ordering::Relaxed);
    if after - before != cases {
        return Err(format!("WRONG RESULT: {cases} cases were acknowledged, {} are there", after - before));
    }
    let mut figures = Figures::default();
    figures.add("rush: declarations", acts as f64);
    figures.add("rush: cases with companions", cases as f64);
    figures.add("rush: sent twice", told.repeated.load(Ordering::Relaxed) as f64);
    figures.add("rush: corrected", told.corrected.load(Ordering::Relaxed) as f64);
    figures.add("rush: calls recorded by the villages", told.signed.load(Ordering::Relaxed) as f64);
    figures.add("rush: declarations a second", acts as f64 / took);
    let pages = std::mem::take(&mut *told.pages_ms.lock().expect("no panic while it is held"));
    let mut all: Vec<f64> = Vec::new();
    for (name, taken) in pages {
        figures.add(&format!("rush: p99 of {name}, ms"), p99(taken.clone()));
        all.extend(taken);
    }
    figures.add("rush: staff pages asked", all.len() as f64);
    figures.add("rush: p99 of a staff page, ms", p99(all));
    figures.at_least("rush: declarations a second", PER_SECOND * 0.98);
    figures.at_most("rush: p99 of a staff page, ms", 100.0);
    Ok(figures)
}

fn current() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}

fn p99(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 99 / 100).or(values.last()).copied().unwrap_or(f64::NAN)
}

/// How many journeys the district sees.
async fn count(address: SocketAddr) -> Result<usize, String> {
    let cookie = sign_in(address, "district").await?;
    let mut asking = Asking::open(address, cookie).await?;
    let page = asking.get("/api/cases?service=travel-declaration&limit=1").await?;
    page["total"].as_u64().and_then(|total| usize::try_from(total).ok()).ok_or_else(|| format!("no total: {page}"))
}

async fn declare_all(address: SocketAddr, from: &Declarations, acts: usize, told: &Arc<Told>) -> Result<(), String> {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (from, next, told) = (from.clone(), next.clone(), told.clone());
        tasks.spawn(async move {
            let mut asking = Asking::open(address, String::new()).await?;
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= acts {
                    return Ok::<(), String>(());
                }
                tokio::time::sleep_until((began + Duration::from_secs_f64(n as f64 / PER_SECOND)).into()).await;
                declare(&mut asking, &from, n, &told).await?;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(|error| error.to_string())??;
    }
    Ok(())
}

/// One declaration: one of twenty with a companion, one of ten sent twice, one of fifty corrected.
async fn declare(asking: &mut Asking, from: &Declarations, n: usize, told: &Told) -> Result<(), String> {
    let key = format!("rush-{n}");
    let mut body = from
        .body(n)
        .replace(&from.today(), "2021-02-03")
        .replace(r#""nucleic_test":{"has":true,"sampled_on":"2021-02-03"}"#, r#""nucleic_test":{"has":false}"#);
    let accompanied = n % 20 == 7;
    if accompanied {
        let person = json!([{"name": format!("同行{n}"), "citizen_number": from.number(n + 1)}]);
        body.truncate(body.len() - 1);
        body = format!("{body},\"people\":{person}}}");
    }
    let receipt = asking.post(STORE, &body, &key).await?;
    let number = receipt["number"].as_str().ok_or_else(|| format!("no number: {receipt}"))?;
    let companions = receipt["companions"].as_array().map_or(0, Vec::len);
    if companions != usize::from(accompanied) {
        return Err(format!("WRONG RESULT: {companions} companions: {receipt}"));
    }
    told.cases.fetch_add(1 + companions, Ordering::Relaxed);
    if n % 10 == 3 {
        let again = asking.post(STORE, &body, &key).await?;
        if again["number"] != *number {
            return Err(format!("WRONG RESULT: {number} sent twice became {}", again["number"]));
        }
        told.repeated.fetch_add(1, Ordering::Relaxed);
    }
    if n % 50 == 4 {
        let secret = receipt["receipt"].as_str().unwrap_or_default();
        let corrected = body.replace("\"transport\":\"train\"", "\"transport\":\"coach\"");
        asking.post(&format!("/api/cases/{number}/entries/correct?k={secret}"), &corrected, &format!("c{n}")).await?;
        told.corrected.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// A clerk for each village, and the district, until the rush is over.
async fn work(address: SocketAddr, villages: &[String], told: &Arc<Told>) -> Result<(), String> {
    let mut tasks = JoinSet::new();
    for (n, village) in villages.iter().enumerate() {
        let cookie = sign_in(address, &format!("v{village}")).await?;
        let told = told.clone();
        tasks.spawn(async move { clerk(address, cookie, n, &told).await });
    }
    let cookie = sign_in(address, "district").await?;
    let told = told.clone();
    tasks.spawn(async move { district(address, cookie, &told).await });
    while let Some(done) = tasks.join_next().await {
        done.map_err(|error| error.to_string())??;
    }
    Ok(())
}

/// Looks at the list, opens who is first, records the call; then the next. Nobody works faster than every second second.
async fn clerk(address: SocketAddr, cookie: String, n: usize, told: &Told) -> Result<(), String> {
    let mut asking = Asking::open(address, cookie).await?;
    tokio::time::sleep(Duration::from_millis((n * 14 % 2_000) as u64)).await;
    while !told.over.load(Ordering::Relaxed) {
        let turn = Instant::now();
        let list = asked(&mut asking, told, "a village's worklist", "/api/worklist?limit=50").await?;
        let first = list["cases"].as_array().and_then(|cases| cases.iter().find(|case| case["step"] == "contact"));
        if let Some(number) = first.and_then(|case| case["number"].as_str()) {
            let page = asked(&mut asking, told, "a case", &format!("/api/cases/{number}")).await?;
            let sign = json!({"verb": "sign", "version": page["version"], "answers": {"outcome": "reached"}});
            asking.post(&format!("/api/cases/{number}/steps"), &sign.to_string(), &format!("call-{number}")).await?;
            told.signed.fetch_add(1, Ordering::Relaxed);
        }
        asked(&mut asking, told, "a village's duties", "/api/duties?limit=50").await?;
        tokio::time::sleep_until((turn + Duration::from_secs(2)).into()).await;
    }
    Ok(())
}

/// What the district looks at, a page every half second.
async fn district(address: SocketAddr, cookie: String, told: &Told) -> Result<(), String> {
    let pages = [
        ("the district's board", "/api/board?service=travel-declaration"),
        ("the district's overview", "/api/overview"),
        ("all cases", "/api/cases?limit=50"),
        ("the district's worklist", "/api/worklist?limit=50"),
    ];
    let mut asking = Asking::open(address, cookie).await?;
    while !told.over.load(Ordering::Relaxed) {
        for (name, path) in pages {
            asked(&mut asking, told, name, path).await?;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    Ok(())
}

async fn asked(asking: &mut Asking, told: &Told, name: &'static str, path: &str) -> Result<Value, String> {
    let began = Instant::now();
    let answer = asking.get(path).await?;
    let taken = began.elapsed().as_secs_f64() * 1000.0;
    told.pages_ms.lock().expect("no panic while it is held").entry(name).or_default().push(taken);
    Ok(answer)
}
