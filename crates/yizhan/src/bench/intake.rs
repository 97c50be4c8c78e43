//! `yizhan bench intake`: how many durable declarations a second, and what each costs.

use super::cluster::{self, Cluster};
use super::load::{self, Ask, CHECK, STORE};
use super::world::{Declarations, Place, SERVICE, tell_disk};
use super::{Figures, Options, median};
use crate::app::{App, Request};
use crate::case::act;
use crate::store;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use yizhan_core::act::{Act, Actor};
use yizhan_core::waist::Engine;
use yizhan_core::writer::{GROUP, Verdict, Writer};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::Clock;
use yizhan_kit::clock::SystemClock;

/// Runs the bench.
///
/// # Errors
/// A declaration that was refused or is missing afterwards.
pub fn run(options: &Options) -> Result<Figures, String> {
    let mut figures = Figures::default();
    let cluster = options.engines.iter().any(|engine| engine == "postgres").then(Cluster::start).transpose()?;
    for engine in &options.engines {
        let cluster = if engine == "postgres" { cluster.as_ref() } else { None };
        in_process(options, engine, cluster, &mut figures)?;
        over_http(options, engine, cluster, &mut figures)?;
    }
    aims(&mut figures);
    Ok(figures)
}

fn aims(figures: &mut Figures) {
    figures.at_least("sqlite: in process / one transaction an act", 8.0);
    figures.at_least("postgres: in process / one transaction an act", 20.0);
    figures.at_least("sqlite: writer alone, acts/s", 50_000.0);
    figures.at_least("sqlite: HTTP 64 connections, declarations/s", 20_000.0);
    figures.at_least("sqlite: HTTP 256 connections, declarations/s", 25_000.0);
    figures.at_least("sqlite: storing / not storing, 256 connections, %", 50.0);
    figures.at_most("sqlite: server CPU a declaration, 256 connections, us", 50.0);
    figures.at_least("postgres: HTTP 256 connections, declarations/s", 8_000.0);
}

fn place(engine: &str, name: &str, cluster: Option<&Cluster>) -> Result<Place, String> {
    let zone = format!("{engine}-{name}");
    Place::new(&zone, cluster.map(|cluster| cluster.address(&zone)))
}

/// The writer alone on prepared acts, the whole way in process, and the same with one transaction an act.
fn in_process(options: &Options, engine: &str, cluster: Option<&Cluster>, figures: &mut Figures) -> Result<(), String> {
    let acts = options.acts(100_000, 4_000);
    let runs = options.runs(3, 1);
    let (mut alone, mut whole, mut single) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..runs {
        let place = place(engine, &format!("alone{run}"), cluster)?;
        tell_disk(&place.folder);
        let (app, ended) = place.start()?;
        let prepared = prepare(&app, 0, acts)?;
        drop(app);
        let _ = ended.blocking_recv();
        let mut writer = open(&place)?;
        let before = writer.image().case_count();
        let took = commit_all(&mut writer, &prepared, GROUP)?;
        alone.push(acts as f64 / took);
        let few = prepare_few(options, acts);
        let singly = prepare_on(&place, &writer, acts, few)?;
        let took = commit_all(&mut writer, &singly, 1)?;
        single.push(few as f64 / took);
        must_have(before + acts + few, writer.image().case_count())?;
        drop(writer);
        let place = self::place(engine, &format!("whole{run}"), cluster)?;
        whole.push(acts as f64 / whole_way(&place, acts)?);
    }
    figures.add(&format!("{engine}: writer alone, acts/s"), median(alone));
    figures.add(&format!("{engine}: in process, declarations/s"), median(whole));
    figures.add(&format!("{engine}: one transaction an act, acts/s"), median(single));
    let ratio = figures.get(&format!("{engine}: in process, declarations/s"))
        / figures.get(&format!("{engine}: one transaction an act, acts/s"));
    figures.add(&format!("{engine}: in process / one transaction an act"), ratio);
    Ok(())
}

fn prepare_few(options: &Options, acts: usize) -> usize {
    if options.short { acts / 10 } else { acts / 40 }
}

fn open(place: &Place) -> Result<Writer, String> {
    let engine = Engine::open(&place.common().address())?;
    let (writer, _) =
        zone::open(engine, place.config()?.hash()?, Damage::Refused).map_err(|faults| faults.join("\n"))?;
    Ok(writer)
}

fn prepare(app: &App, first: usize, acts: usize) -> Result<Vec<Act>, String> {
    let image = app.image();
    let catalog = image.catalog().ok_or("no catalog")?;
    let from = Declarations::new(catalog, app.now());
    let one = |n: usize| declaration(app, &image, &from, n);
    (first..first + acts).map(one).collect()
}

/// More acts for a writer that has taken the zone from its application.
fn prepare_on(place: &Place, writer: &Writer, first: usize, acts: usize) -> Result<Vec<Act>, String> {
    let config = place.config()?;
    let vault = store::vault(&place.common().address(), &config)?;
    let image = writer.image();
    let catalog = image.catalog().ok_or("no catalog")?;
    let from = Declarations::new(catalog, SystemClock.now());
    (first..first + acts)
        .map(|n| {
            let body = from.body(n);
            let verb = act::prepare_with(&vault, image, SystemClock.now().day(), SERVICE, body.as_bytes())
                .map_err(|problem| problem.to_string())?;
            Ok(acting(n, &body, verb))
        })
        .collect()
}

fn declaration(app: &App, image: &yizhan_core::image::Image, from: &Declarations, n: usize) -> Result<Act, String> {
    let body = from.body(n);
    let verb = act::prepare(app, image, SERVICE, body.as_bytes()).map_err(|problem| problem.to_string())?;
    Ok(acting(n, &body, verb))
}

fn acting(n: usize, body: &str, verb: yizhan_core::service::OpenCases) -> Act {
    let request = Request::keyed("resident travel-declaration", &format!("{SERVICE}-{n}"), body.as_bytes());
    Act { actor: Actor::Resident, request_key: request.key, request: request.digest, verb: Arc::new(verb) }
}

fn commit_all(writer: &mut Writer, acts: &[Act], group: usize) -> Result<f64, String> {
    let began = Instant::now();
    for group in acts.chunks(group) {
        match writer.commit(SystemClock.now(), group) {
            Verdict::Answered(answers) => {
                if let Some(problem) = answers.into_iter().find_map(Result::err) {
                    return Err(problem.to_string());
                }
            }
            Verdict::InDoubt => return Err("the store did not say whether it was saved".into()),
        }
    }
    Ok(began.elapsed().as_secs_f64())
}

/// From bytes to durable: checking and sealing in one thread, the writer in its own.
fn whole_way(place: &Place, acts: usize) -> Result<f64, String> {
    let (app, ended) = place.start()?;
    let image = app.image();
    let from = Declarations::new(image.catalog().ok_or("no catalog")?, app.now());
    let bodies: Vec<String> = (0..acts).map(|n| from.body(n)).collect();
    let before = image.case_count();
    let began = Instant::now();
    let mut waiting = Vec::with_capacity(acts);
    for (n, body) in bodies.iter().enumerate() {
        let verb = act::prepare(&app, &image, SERVICE, body.as_bytes()).map_err(|problem| problem.to_string())?;
        waiting.push(app.zone.submit_later(acting(n, body, verb)).map_err(|problem| problem.to_string())?);
    }
    for answer in waiting {
        answer.blocking_recv().map_err(|error| error.to_string())?.map_err(|problem| problem.to_string())?;
    }
    let took = began.elapsed().as_secs_f64();
    must_have(before + acts, app.image().case_count())?;
    drop(app);
    let _ = ended.blocking_recv();
    Ok(took)
}

/// How long a server may take to finish what is under way.
const ENDING: Duration = Duration::from_secs(45);

/// A server in a process of its own, stopped when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts one on a place and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(place: &Place) -> Result<Self, String> {
        Self::start_with(place, &[])
    }

    /// As [`Server::start`], with more on its command line.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_with(place: &Place, more: &[&str]) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let address = SocketAddr::from(([127, 0, 0, 1], cluster::free_port()?));
        let child = Command::new(program)
            .args(["serve", "--data", &place.data, "--listen", &address.to_string(), "--config"])
            .arg(place.config_file())
            .args(more)
            .env("YIZHAN_LOG", std::env::var("YIZHAN_LOG").unwrap_or_else(|_| "warn".into()))
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut server = Self { child, address };
        let began = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            if let Ok(Some(status)) = server.child.try_wait() {
                return Err(format!("the server ended: {status}"));
            }
            if began.elapsed().as_secs() > 60 {
                return Err("the server did not start in a minute".into());
            }
            cluster::pause(10);
        }
        Ok(server)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as an engineer does: what is under way is finished.
    ///
    /// # Errors
    /// When it has not ended within [`ENDING`]; then it is ended at once.
    pub fn end(mut self) -> Result<(), String> {
        self.finish()
    }

    fn finish(&mut self) -> Result<(), String> {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return Ok(());
        }
        // One that was stopped hears of nothing until it goes on.
        for signal in ["-TERM", "-CONT"] {
            let _ = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        }
        let until = Instant::now() + ENDING;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > until {
                let threads = threads(self.child.id());
                let _ = self.child.kill();
                let _ = self.child.wait();
                return Err(format!("WRONG RESULT: a server did not end within {} s: {threads}", ENDING.as_secs()));
            }
            cluster::pause(5);
        }
        Ok(())
    }

    /// Ends it at once, as a power cut would.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub fn kill(mut self) -> Result<(), String> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).map_err(|error| error.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(what) = self.finish() {
            eprintln!("{what}");
        }
    }
}

/// What each thread of a process waits in.
fn threads(pid: u32) -> String {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let told = tasks.map(|task| {
        let of = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default().trim().to_owned();
        format!("{} in {}", of("comm"), of("wchan"))
    });
    told.collect::<Vec<_>>().join(", ")
}

fn over_http(options: &Options, engine: &str, cluster: Option<&Cluster>, figures: &mut Figures) -> Result<(), String> {
    let runs = options.runs(3, 1);
    for connections in [64, 256] {
        let acts = options.acts(100_000, 3_000);
        let (mut rates, mut plain, mut cpu, mut p99) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for run in 0..runs {
            let place = place(engine, &format!("http{connections}-{run}"), cluster)?;
            let server = Server::start(&place)?;
            let from = declarations()?;
            let warm = load::run(
                server.address,
                &Ask::Declare { from: from.clone(), first: 0, path: STORE },
                connections,
                acts / 10,
                None,
            )?;
            let cpu_now = || load::cpu_s(server.pid(), false) + cluster.map_or(0.0, Cluster::cpu_s);
            let cpu_before = cpu_now();
            let outcome = load::run(
                server.address,
                &Ask::Declare { from: from.clone(), first: acts, path: STORE },
                connections,
                acts,
                None,
            )?;
            let used = cpu_now() - cpu_before;
            let unstored =
                load::run(server.address, &Ask::Declare { from, first: 0, path: CHECK }, connections, acts, None)?;
            if outcome.refused + unstored.refused + warm.refused > 0 {
                return Err(format!(
                    "{} of {acts} declarations were refused",
                    outcome.refused + warm.refused + unstored.refused
                ));
            }
            drop(server);
            let writer = open(&place)?;
            must_have(acts + acts / 10, writer.image().case_count())?;
            rates.push(outcome.rate());
            plain.push(unstored.rate());
            cpu.push(used * 1e6 / acts as f64);
            p99.push(outcome.percentile_ms(99));
        }
        let (stored, unstored) = (median(rates), median(plain));
        figures.add(&format!("{engine}: HTTP {connections} connections, declarations/s"), stored);
        figures.add(&format!("{engine}: HTTP {connections} connections, not storing/s"), unstored);
        figures
            .add(&format!("{engine}: storing / not storing, {connections} connections, %"), stored * 100.0 / unstored);
        figures.add(&format!("{engine}: server CPU a declaration, {connections} connections, us"), median(cpu));
        figures.add(&format!("{engine}: p99, {connections} connections, ms"), median(p99));
    }
    Ok(())
}

/// Declarations to the villages of the catalog inside the program.
///
/// # Errors
/// When the catalog has mistakes.
pub fn declarations() -> Result<Declarations, String> {
    let catalog = store::load_catalog(store::catalog_source(None)?)?;
    Ok(Declarations::new(&catalog, SystemClock.now()))
}

fn must_have(expected: usize, found: usize) -> Result<(), String> {
    if expected == found {
        Ok(())
    } else {
        Err(format!("WRONG RESULT: {found} cases are stored, {expected} were acknowledged"))
    }
}
