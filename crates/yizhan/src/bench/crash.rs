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
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use yizhan_core::access::Viewer;
use yizhan_core::verify;
use yizhan_core::waist::Reader;

/// Connections that declare.
const CONNECTIONS: usize = 32;

/// Runs the bench.
///
/// # Errors
/// A declaration that was lost or doubled, or a chain that does not verify.
pub fn run(options: &Options) -> Result<Figures, String> {
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
    if options.engines.iter().any(|engine| engine == "sqlite") {
        disk_full(&mut figures)?;
    }
    Ok(figures)
}

/// A small disk of its own fills up under load: refusals are clear, nothing acknowledged is lost, and the service goes on
/// when there is space again.
fn disk_full(figures: &mut Figures) -> Result<(), String> {
    let mut place = Place::new("full", None)?;
    let disk = place.folder.join("disk");
    std::fs::create_dir_all(&disk).map_err(|error| error.to_string())?;
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=40m", "tmpfs"]).arg(&disk).status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("no small disk could be mounted here (it takes root): a full disk was not tried");
        return Ok(());
    }
    let outcome = fill_disk(&mut place, &disk, figures);
    let _ = Command::new("umount").arg(&disk).status();
    outcome
}

fn fill_disk(place: &mut Place, disk: &Path, figures: &mut Figures) -> Result<(), String> {
    place.data = disk.join("zone").display().to_string();
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![1; 16 << 20]).map_err(|error| error.to_string())?;
    let story = Arc::new(Story { from: declarations()?, next: AtomicUsize::new(0), told: Mutex::default() });
    let server = Server::start(place)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let (before, refused, after) = runtime.block_on(async {
        let mut stream = TcpStream::connect(server.address).await.map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        let mut n = 0;
        let mut send_until = async |wanted: u16, most: usize| {
            for sent in 0..most {
                n += 1;
                if declare_once(&mut stream, &story, n, &mut answer).await? == wanted {
                    return Ok(sent);
                }
            }
            Err(format!("WRONG RESULT: no answer {wanted} in {most} declarations"))
        };
        let before = send_until(507, 200_000).await?;
        let refused = send_until(507, 1).await.map(|_| 2)?;
        std::fs::remove_file(&ballast).map_err(|error| error.to_string())?;
        send_until(201, 1_000).await?;
        let mut after = 1;
        for _ in 0..1_000 {
            send_until(201, 1).await?;
            after += 1;
        }
        Ok::<_, String>((before, refused, after))
    })?;
    drop(server);
    let (_, told) = prove(place, &story)?;
    figures.add("disk full: acknowledged before", before as f64);
    figures.add("disk full: refused with 507", f64::from(refused));
    figures.add("disk full: acknowledged after space returned", f64::from(after));
    figures.add("disk full: acknowledged in all, none missing", told as f64);
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
        if n.is_multiple_of(7) && declare(&mut stream, &story, n, &mut answer).await?.is_none() {
            return Ok(());
        }
    }
}

/// Sends one declaration; nothing is answered when the server is gone. A refusal that says "later" is as good as an answer.
async fn declare(stream: &mut TcpStream, story: &Story, n: usize, answer: &mut Vec<u8>) -> Result<Option<()>, String> {
    match declare_once(stream, story, n, answer).await {
        Ok(201 | 503) => Ok(Some(())),
        Ok(status) => Err(format!("WRONG RESULT: declaration {n} was answered {status}")),
        Err(what) if what.starts_with("WRONG") => Err(what),
        Err(_) => Ok(None),
    }
}

/// Sends one declaration and remembers what an acceptance said.
async fn declare_once(stream: &mut TcpStream, story: &Story, n: usize, answer: &mut Vec<u8>) -> Result<u16, String> {
    story.next.fetch_max(n + 1, Ordering::Relaxed);
    let body = story.from.body(n);
    let request = format!(
        "POST /api/cases/{SERVICE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nIdempotency-Key: crash-{n}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let status = read_answer(stream, answer).await?;
    if status != 201 {
        return Ok(status);
    }
    let text = String::from_utf8_lossy(answer);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    let mut told = story.told.lock().expect("no panic while the story is held");
    match told.insert(n, body.clone()) {
        Some(first) if first != body => {
            Err(format!("WRONG RESULT: declaration {n} was answered {first} and then {body}"))
        }
        _ => Ok(status),
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
    let program = Viewer::program();
    let stored: HashSet<String> = program.look(&rebuilt.image).cases().map(|case| rebuilt.image.number(case)).collect();
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
