//! `yizhan bench crash`: the server is killed under load, again and again. Nothing acknowledged is missing, nothing is
//! doubled, the chain verifies.

use super::cluster::Cluster;
use super::intake::{Server, declarations};
use super::load::read_answer;
use super::world::{Declarations, Place, SERVICE};
use super::{Figures, Options, cluster};
use crate::store;
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use yizhan_core::verify;
use yizhan_core::waist::Reader;

/// Connections that declare.
const CONNECTIONS: usize = 32;

/// Runs the bench.
///
/// # Errors
/// A declaration that was lost or doubled, or a chain that does not verify.
pub fn run(options: &Options) -> Result<(), String> {
    let mut figures = Figures::default();
    let kills = options.runs(50, 3);
    for engine in &options.engines {
        let server = if engine == "postgres" { Some(Cluster::start()?) } else { None };
        let place = Place::new(&format!("crash-{engine}"), server.as_ref().map(|cluster| cluster.address("crash")))?;
        let story = Arc::new(Story { from: declarations()?, next: AtomicUsize::new(0), told: Mutex::default() });
        for kill in 0..kills {
            one_kill(&place, &story, kill)?;
        }
        let (acts, told) = prove(&place, &story)?;
        figures.add(&format!("{engine}: kills survived"), kills as f64);
        figures.add(&format!("{engine}: declarations acknowledged, none missing"), told as f64);
        figures.add(&format!("{engine}: acts verified"), acts as f64);
    }
    figures.print("crash");
    Ok(())
}

/// What the clients were told: the number under each key.
struct Story {
    from: Declarations,
    next: AtomicUsize,
    told: Mutex<HashMap<usize, String>>,
}

fn one_kill(place: &Place, story: &Arc<Story>, kill: usize) -> Result<(), String> {
    let server = Server::start(place)?;
    let address = server.address;
    let telling = story.clone();
    let clients = std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let tasks: Vec<_> =
                (0..CONNECTIONS).map(|_| tokio::spawn(declare_until_cut(address, telling.clone()))).collect();
            for task in tasks {
                task.await.map_err(|error| error.to_string())??;
            }
            Ok::<(), String>(())
        })
    });
    // Some kills come in the middle of the first group, some after many.
    cluster::pause(20 + (kill as u64 * 37) % 400);
    server.kill()?;
    clients.join().map_err(|_| "a client failed")??;
    let server = Server::start(place)?;
    repeat_all(server.address, story)?;
    drop(server);
    Ok(())
}

/// Declares until the connection breaks. A repeat of an earlier key is mixed in, as nervous people do.
async fn declare_until_cut(address: SocketAddr, story: Arc<Story>) -> Result<(), String> {
    let Ok(mut stream) = TcpStream::connect(address).await else { return Ok(()) };
    let mut answer = Vec::new();
    loop {
        let n = story.next.fetch_add(1, Ordering::Relaxed);
        if declare(&mut stream, &story, n, &mut answer).await?.is_none() {
            return Ok(());
        }
        if n % 7 == 0 && declare(&mut stream, &story, n, &mut answer).await?.is_none() {
            return Ok(());
        }
    }
}

/// Sends one declaration; nothing is answered when the server is gone.
async fn declare(stream: &mut TcpStream, story: &Story, n: usize, answer: &mut Vec<u8>) -> Result<Option<()>, String> {
    let body = story.from.body(n);
    let request = format!(
        "POST /api/cases/{SERVICE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nIdempotency-Key: crash-{n}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    if stream.write_all(request.as_bytes()).await.is_err() {
        return Ok(None);
    }
    let Ok(status) = read_answer(stream, answer).await else { return Ok(None) };
    if status == 503 {
        return Ok(Some(()));
    }
    if status != 201 {
        return Err(format!("WRONG RESULT: declaration {n} was answered {status}"));
    }
    let text = String::from_utf8_lossy(answer);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    let mut told = story.told.lock().expect("no panic while the story is held");
    match told.insert(n, body.clone()) {
        Some(first) if first != body => {
            Err(format!("WRONG RESULT: declaration {n} was answered {first} and then {body}"))
        }
        _ => Ok(Some(())),
    }
}

/// After a restart, what was acknowledged is answered the same again: a sample of the last.
fn repeat_all(address: SocketAddr, story: &Arc<Story>) -> Result<(), String> {
    let known: Vec<usize> = {
        let told = story.told.lock().expect("no panic while the story is held");
        let mut known: Vec<usize> = told.keys().copied().collect();
        known.sort_unstable();
        known.into_iter().rev().take(200).collect()
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        for n in known {
            if declare(&mut stream, story, n, &mut answer).await?.is_none() {
                return Err("the restarted server hung up".to_owned());
            }
        }
        Ok(())
    })
}

/// Every acknowledged number is there once, and the chain verifies.
fn prove(place: &Place, story: &Story) -> Result<(u64, usize), String> {
    let common = place.common();
    let config = place.config()?;
    let vault = store::vault(&common.address(), &config)?;
    let mut reader = Reader::open(&common.address())?;
    let report = verify::verify(&mut reader, config.hash()?, Some(&vault), &[]).map_err(|error| error.to_string())?;
    if !report.ok {
        return Err(format!("WRONG RESULT: {}", report.faults.join("; ")));
    }
    let rebuilt = yizhan_core::zone::rebuild(&reader, config.hash()?, yizhan_core::waist::load::Depth::Heads);
    let stored: HashSet<String> = rebuilt.image.cases().map(|case| rebuilt.image.number(case)).collect();
    let told = story.told.lock().expect("no panic while the story is held");
    let mut numbers = HashSet::new();
    for (n, answer) in told.iter() {
        let answer: serde_json::Value = serde_json::from_str(answer).map_err(|error| error.to_string())?;
        let number = answer["number"].as_str().unwrap_or_default().to_owned();
        if !stored.contains(&number) {
            return Err(format!("WRONG RESULT: {number} was acknowledged and is missing"));
        }
        if !numbers.insert(number.clone()) {
            return Err(format!("WRONG RESULT: {number} was given to two declarations, one of them {n}"));
        }
    }
    if stored.len() > story.next.load(Ordering::Relaxed) {
        return Err(format!(
            "WRONG RESULT: {} cases from {} declarations",
            stored.len(),
            story.next.load(Ordering::Relaxed)
        ));
    }
    Ok((report.acts, told.len()))
}
