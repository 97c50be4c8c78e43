//! `yizhan bench soak`: half an hour of everything at once, at a pace that the server bears easily: memory and file handles stay flat.

use super::cluster::{Cluster, pause};
use super::console::{Asking, sign_in};
use super::intake::Server;
use super::load;
use super::world::{Declarations, Place, SERVICE};
use super::{Figures, Options, median, on_engines};
use crate::{demo, store};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use yizhan_kit::Clock;
use yizhan_kit::clock::SystemClock;

/// The people of the register beneath it all.
const PEOPLE: usize = 2_600;

/// What a declaration may add to memory, in bytes: what `bench start` finds, and half as much for maps that grow by doubling.
const OF_ONE: f64 = 300.0;

/// What somebody does again and again, and how often, in milliseconds.
const PACES: [(&str, u64); 7] = [
    ("declare", 20),
    ("look", 100),
    ("read", 50),
    ("search", 400),
    ("report", 5_000),
    ("sign in", 1_000),
    ("listen", 200),
];

/// What was done.
#[derive(Default)]
struct Done {
    times: [AtomicUsize; PACES.len()],
    over: AtomicBool,
}

/// Runs the bench. `--runs` is the number of minutes.
///
/// # Errors
/// An answer that is a failure, or a declaration sent twice that became two.
pub fn run(options: &Options) -> Result<Figures, String> {
    on_engines(options, one)
}

fn one(options: &Options, engine: &str, cluster: Option<&Cluster>, figures: &mut Figures) -> Result<(), String> {
    let (warm, length) = match options.short {
        true => (Duration::from_secs(2), Duration::from_secs(8)),
        false => (Duration::from_secs(120), Duration::from_secs(60 * options.runs(30, 1) as u64)),
    };
    let place = Place::new(&format!("soak-{engine}"), cluster.map(|cluster| cluster.address("soak")))?;
    demo::run(&place.common(), PEOPLE, 2021)?;
    let server = Server::start(&place)?;
    let catalog = store::load_catalog(store::catalog_source(None)?)?;
    let from = Declarations::new(&catalog, SystemClock.now());
    let done = Arc::new(Done::default());
    let (address, doing) = (server.address, done.clone());
    let working = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(everything(address, from, doing))
    });
    let began = Instant::now();
    let (mut memory, mut handles, mut declared) = (Vec::new(), Vec::new(), 0);
    while began.elapsed() < length && !working.is_finished() {
        pause(250);
        if began.elapsed() < warm {
            declared = done.times[0].load(Ordering::Relaxed);
            continue;
        }
        memory.push(load::memory(server.pid()));
        handles.push(open_files(server.pid()));
    }
    done.over.store(true, Ordering::Relaxed);
    working.join().map_err(|_| "the thread at work failed")??;
    server.end()?;
    let declared = (done.times[0].load(Ordering::Relaxed) - declared) as f64;
    let name = |what: &str| format!("{engine}: {what}");
    for ((what, _), times) in PACES.iter().zip(&done.times) {
        figures.add(&name(&format!("soak: {what}, times")), times.load(Ordering::Relaxed) as f64);
    }
    let (first, last) = ends(&memory);
    figures.add(&name("soak: memory in the first fifth, MB"), first / 1e6);
    figures.add(&name("soak: memory in the last fifth, MB"), last / 1e6);
    // Between the middles of the first and of the last fifth lie four fifths.
    let beyond = last - first - declared * 0.8 * OF_ONE;
    figures.add(&name("soak: grown beyond what was declared, MB"), beyond.max(0.0) / 1e6);
    figures.at_most(&name("soak: grown beyond what was declared, MB"), 20.0);
    let (first, last) = ends(&handles);
    figures.add(&name("soak: file handles in the first fifth"), first);
    figures.add(&name("soak: file handles in the last fifth"), last);
    figures.add(&name("soak: more file handles"), (last - first).max(0.0));
    figures.at_most(&name("soak: more file handles"), 8.0);
    Ok(())
}

/// The medians of the first and of the last fifth.
fn ends(values: &[f64]) -> (f64, f64) {
    let fifth = (values.len() / 5).max(1).min(values.len());
    (median(values[..fifth].to_vec()), median(values[values.len() - fifth..].to_vec()))
}

fn open_files(pid: u32) -> f64 {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count) as f64
}

async fn everything(address: SocketAddr, from: Declarations, done: Arc<Done>) -> Result<(), String> {
    let mut tasks = JoinSet::new();
    for (at, (what, every)) in PACES.into_iter().enumerate() {
        let (from, done) = (from.clone(), done.clone());
        tasks.spawn(async move {
            let cookie = sign_in(address, "district").await?;
            let mut turns = tokio::time::interval(Duration::from_millis(every));
            let mut asking = Asking::open(address, cookie.clone()).await?;
            while !done.over.load(Ordering::Relaxed) {
                turns.tick().await;
                let n = done.times[at].fetch_add(1, Ordering::Relaxed);
                once(what, n, address, &cookie, &mut asking, &from)
                    .await
                    .map_err(|problem| format!("{what}: {problem}"))?;
            }
            Ok::<(), String>(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.map_err(|error| error.to_string())??;
    }
    Ok(())
}

async fn once(
    what: &str,
    n: usize,
    address: SocketAddr,
    cookie: &str,
    asking: &mut Asking,
    from: &Declarations,
) -> Result<(), String> {
    let pick = |of: &[&'static str]| of[n % of.len()];
    match what {
        "declare" => {
            let body = from.body(n).replace(&from.today(), "2021-02-03");
            let body = body.replace(r#""has":true,"sampled_on":"2021-02-03""#, r#""has":false"#);
            // A new connection each, as a phone makes; one of ten is sent twice.
            let mut phone = Asking::open(address, String::new()).await?;
            let given = phone.post(&format!("/api/cases/{SERVICE}"), &body, &format!("soak-{n}")).await?;
            if n.is_multiple_of(10) {
                let again = phone.post(&format!("/api/cases/{SERVICE}"), &body, &format!("soak-{n}")).await?;
                if again["number"] != given["number"] || given["number"].is_null() {
                    return Err(format!("WRONG RESULT: {given} became {again}"));
                }
            }
        }
        "look" => {
            let page =
                pick(&["/api/worklist?limit=50", "/api/cases?limit=50", "/api/duties?limit=50", "/api/overview"]);
            asking.get(page).await?;
        }
        "read" => {
            asking.get(pick(&["/", "/healthz", "/r/travel-declaration", "/console/"])).await?;
        }
        "search" => {
            asking.post("/api/search", &json!({"text": pick(&["王", "wxm", "0016", "zzzz"])}).to_string(), "").await?;
        }
        "report" => {
            asking.get(pick(&["/metrics", "/report/effectiveness", "/api/figures/effectiveness"])).await?;
        }
        "sign in" => {
            sign_in(address, "district").await?;
        }
        // Live events: opened, heard for a moment, hung up on.
        _ => {
            let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
            let ask = format!("GET /api/live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n");
            stream.write_all(ask.as_bytes()).await.map_err(|error| error.to_string())?;
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }
    Ok(())
}
