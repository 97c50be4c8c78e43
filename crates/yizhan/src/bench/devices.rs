//! `yizhan bench devices`: heartbeats over WebSockets by the processor time of the server, how soon a loss and its end are on
//! the wall, funnels over ten million steps, and difficulties that were planted.

use super::console::{Asking, sign_in};
use super::intake::Server;
use super::world::Place;
use super::{Figures, Options, cluster, median};
use crate::demo;
use crate::device::model::{BeatOf, ConditionOf, DeviceCode, Enrolled, Said};
use crate::simulate::{enrol, terminal};
use futures_util::SinkExt;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;
use yizhan_core::behaviour::planted::{Score, World};
use yizhan_core::behaviour::{Asked, difficulties, funnels};
use yizhan_core::device::{Beat, Condition, Timing, Wall};
use yizhan_core::row::SubjectId;
use yizhan_kit::Day;

/// Runs the bench. `--acts` is the number of heartbeats.
///
/// # Errors
/// A heartbeat, a visit or an outage that was lost.
pub fn run(options: &Options) -> Result<Figures, String> {
    let mut figures = Figures::default();
    on_the_wall(options, &mut figures)?;
    over_lines(options, &mut figures)?;
    of_visits(options, &mut figures)?;
    of_difficulties(options, &mut figures)?;
    Ok(figures)
}

/// The wall alone, without a network.
fn on_the_wall(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let beats = options.acts(2_000_000, 100_000);
    let devices = 1_000_u32;
    let mut wall = Wall::new(Timing::default());
    (0..devices).for_each(|n| wall.seat(SubjectId(n), SubjectId(n / 20 + 10_000), 0));
    let text = serde_json::to_string(&good(1)).map_err(|error| error.to_string())?;
    let began = Instant::now();
    for n in 0..beats {
        let said: Said = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let beat = said.beat.map(|of| of.beat()).unwrap_or_default();
        let at = i64::try_from(n).unwrap_or(0) / 67;
        if !wall.beat(SubjectId(u32::try_from(n).unwrap_or(0) % devices), beat, at) {
            return Err("WRONG RESULT: a device has no seat".into());
        }
    }
    let took = began.elapsed().as_secs_f64();
    let heard: u64 = wall.seats().map(|(_, seat)| seat.beats).sum();
    if heard != beats as u64 {
        return Err(format!("WRONG RESULT: {heard} heartbeats were heard of {beats}"));
    }
    // A look at ten thousand devices, half of which have just fallen silent.
    let mut large = Wall::new(Timing::default());
    (0..10_000).for_each(|n| large.seat(SubjectId(n), SubjectId(n / 20 + 100_000), 0));
    for n in (0..10_000).step_by(2) {
        large.beat(SubjectId(n), Beat { parts: [Condition::Good; 6], config: 0 }, 40_000);
    }
    let began = Instant::now();
    let raised = large.look(46_000).len();
    let look = began.elapsed().as_secs_f64() * 1000.0;
    if raised != 5_000 {
        return Err(format!("WRONG RESULT: {raised} alarms of 5,000 devices in halls where half are heard"));
    }
    figures.add("devices: heartbeats read and put on the wall a second", beats as f64 / took);
    figures.add("devices: a look at 10,000 devices, ms", look);
    Ok(())
}

fn good(config: u32) -> Said {
    let good = ConditionOf::Good;
    let beat = BeatOf {
        printer: good,
        paper: good,
        card_reader: good,
        cameras: good,
        network: good,
        screen: good,
        config,
        done: Vec::new(),
    };
    Said { beat: Some(beat), visit: None }
}

/// Processor time that a process has used, seconds.
pub(super) fn cpu_s(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let of =
        |place: usize| after.split_whitespace().nth(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    // User and system time, in hundredths of a second.
    (of(11) + of(12)) / 100.0
}

/// Over lines to a server in a process of its own.
fn over_lines(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let beats = options.acts(2_000_000, 20_000);
    let lines = if options.short { 20 } else { 200 };
    let place = Place::new("devices", None)?;
    demo::run(&place.common(), 2_600, 2021)?;
    let server = Server::start(&place)?;
    let at = format!("http://{}", server.address);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let cookie = runtime.block_on(sign_in(server.address, "district"))?;
    let enrolled = runtime.block_on(codes(server.address, lines))?;
    let enrolled = enrolled.iter().map(|code| enrol(&at, code)).collect::<Result<Vec<Enrolled>, _>>()?;
    let before = runtime.block_on(wall(server.address, &cookie))?;
    let (cpu, began) = (cpu_s(server.pid()), Instant::now());
    let each = beats / lines;
    runtime.block_on(pump(server.address, &enrolled, each))?;
    let (cpu, took) = (cpu_s(server.pid()) - cpu, began.elapsed().as_secs_f64());
    let sent = (each * lines) as f64;
    let after = runtime.block_on(wall(server.address, &cookie))?;
    let heard = heard(&at)?;
    if heard != (each * lines) as u64 {
        return Err(format!("WRONG RESULT: {heard} heartbeats were heard of {sent}"));
    }
    let state = |wall: &Value, name: &str| {
        let counts = wall["counts"].as_array().cloned().unwrap_or_default();
        counts.iter().find(|one| one["state"] == name).and_then(|one| one["devices"].as_u64()).unwrap_or(0)
    };
    if state(&after, "good") != lines as u64 || state(&before, "good") != lines as u64 {
        return Err(format!("WRONG RESULT: {} of {lines} devices are on the wall", state(&after, "good")));
    }
    figures.add("devices: lines", lines as f64);
    figures.add("devices: heartbeats a second over WebSockets, client beside", sent / took);
    if cpu >= 0.05 {
        figures.add("devices: heartbeats a second a core of the server", sent / cpu);
        figures.at_least("devices: heartbeats a second a core of the server", 20_000.0);
    }
    if !options.short {
        runtime.block_on(outages(server.address, &cookie, &enrolled, figures))?;
    }
    Ok(())
}

/// How many heartbeats a server says it heard.
fn heard(server: &str) -> Result<u64, String> {
    let answer = ureq::get(format!("{server}/metrics")).call().map_err(|error| error.to_string())?;
    let text = answer.into_body().read_to_string().map_err(|error| error.to_string())?;
    let line = text.lines().find_map(|line| line.strip_prefix("yizhan_device_beats_total "));
    line.and_then(|count| count.parse().ok()).ok_or_else(|| "no count of heartbeats".to_owned())
}

async fn codes(address: SocketAddr, count: usize) -> Result<Vec<String>, String> {
    let mut asking = Asking::open(address, String::new()).await?;
    let answer = asking.post("/api/demo/device-codes", &json!({ "count": count }).to_string(), "").await?;
    let codes: Vec<DeviceCode> = serde_json::from_value(answer).map_err(|error| error.to_string())?;
    Ok(codes.into_iter().map(|one| one.code).collect())
}

async fn wall(address: SocketAddr, cookie: &str) -> Result<Value, String> {
    Asking::open(address, cookie.to_owned()).await?.get("/api/devices").await
}

/// Sends so many heartbeats on each line, each in a write of its own, and waits until all were taken.
async fn pump(address: SocketAddr, enrolled: &[Enrolled], each: usize) -> Result<(), String> {
    let text = serde_json::to_string(&good(0)).map_err(|error| error.to_string())?;
    let mut tasks = tokio::task::JoinSet::new();
    for one in enrolled {
        let mut line = terminal::open(&address.to_string(), &one.secret).await?;
        let text = text.clone();
        tasks.spawn(async move {
            for _ in 0..each {
                line.send(Message::Text(text.clone().into())).await.map_err(|error| error.to_string())?;
            }
            // The answer to closing comes after everything before it was taken.
            line.close(None).await.map_err(|error| error.to_string())?;
            while let Some(Ok(_)) = futures_util::StreamExt::next(&mut line).await {}
            Ok::<(), String>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(|error| error.to_string())??;
    }
    Ok(())
}

/// In real time: devices beat as they should, one stops, and comes back.
async fn outages(
    address: SocketAddr,
    cookie: &str,
    enrolled: &[Enrolled],
    figures: &mut Figures,
) -> Result<(), String> {
    let text = serde_json::to_string(&good(0)).map_err(|error| error.to_string())?;
    let lost = enrolled.first().ok_or("no device")?;
    let mut line = terminal::open(&address.to_string(), &lost.secret).await?;
    line.send(Message::Text(text.clone().into())).await.map_err(|error| error.to_string())?;
    let gone = Instant::now();
    drop(line);
    let state = |wall: &Value| {
        let halls = wall["halls"].as_array().cloned().unwrap_or_default();
        let devices = halls.iter().flat_map(|hall| hall["devices"].as_array().cloned().unwrap_or_default());
        devices
            .into_iter()
            .find(|one| one["device"] == lost.device)
            .map(|one| one["state"].as_str().unwrap_or_default().to_owned())
            .unwrap_or_default()
    };
    let until = |wanted: &'static str, since: Instant| async move {
        loop {
            if state(&wall(address, cookie).await?) == wanted {
                return Ok::<f64, String>(since.elapsed().as_secs_f64());
            }
            if since.elapsed() > Duration::from_secs(90) {
                return Err(format!("WRONG RESULT: the device was never shown as {wanted}"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let shown = until("silent", gone).await?;
    let mut line = terminal::open(&address.to_string(), &lost.secret).await?;
    let back = Instant::now();
    line.send(Message::Text(text.into())).await.map_err(|error| error.to_string())?;
    let ended = until("good", back).await?;
    cluster::pause(1);
    figures.add("devices: an outage on the wall after, s", shown);
    figures.at_most("devices: an outage on the wall after, s", 45.0);
    figures.add("devices: its end on the wall after, s", ended);
    figures.at_most("devices: its end on the wall after, s", 2.0);
    Ok(())
}

/// Funnels over many steps.
fn of_visits(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let steps = if options.short { 200_000 } else { 10_000_000 };
    let mut world = World::new(7, 12, 6);
    let (mut visits, mut count, mut finished) = (yizhan_core::behaviour::Visits::default(), 0_u64, 0_u64);
    while visits.events() < steps {
        let day = Day(18_659 + i32::try_from(visits.events() * 90 / steps).unwrap_or(0));
        let visit = world.visit(day);
        count += 1;
        finished += u64::from(visit.ending == yizhan_core::behaviour::Ending::Finished);
        if !visits.push(&visit) {
            return Err("WRONG RESULT: a visit was not taken in".into());
        }
    }
    let mut took = Vec::new();
    for _ in 0..options.runs(5, 1) {
        let began = Instant::now();
        let told = funnels(&visits, &Asked::default());
        took.push(began.elapsed().as_secs_f64());
        let sums = told.iter().fold((0, 0), |sum, one| (sum.0 + one.visits, sum.1 + one.finished));
        if sums != (count, finished) {
            return Err(format!(
                "WRONG RESULT: {sums:?} in the funnels, {count} visits and {finished} of them finished"
            ));
        }
    }
    let began = Instant::now();
    let found = difficulties(&visits, &Asked::default()).len();
    let searching = began.elapsed().as_secs_f64();
    figures.add("behaviour: steps", visits.events() as f64);
    figures.add("behaviour: memory, bytes a step", visits.bytes() as f64 / visits.events() as f64);
    figures.add("behaviour: funnels of them, s", median(took));
    figures.add("behaviour: difficulties in them, s", searching);
    figures.add("behaviour: difficulties found in them, of 6", found as f64);
    figures.at_most("behaviour: funnels of them, s", 2.0);
    Ok(())
}

/// Difficulties planted by many seeds: how many are found, what is found besides.
fn of_difficulties(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let mut whole = Score::default();
    let seeds = if options.short { 5 } else { 100 };
    for seed in 1..=seeds {
        let mut world = World::new(seed * 7_919, 6, 6);
        let visits = world.visits(30_000, Day(18_659), 28);
        let score = world.score(&difficulties(&visits, &Asked::default()));
        whole.planted += score.planted;
        whole.hits += score.hits;
        whole.false_alarms += score.false_alarms;
        whole.at_the_top += score.at_the_top;
    }
    if whole.hits * 10 < whole.planted * 7 || whole.false_alarms * 10 > whole.planted * 2 {
        return Err(format!("WRONG RESULT: {whole:?}"));
    }
    let percent = |part: usize| part as f64 * 100.0 / whole.planted as f64;
    figures.add("behaviour: difficulties planted", whole.planted as f64);
    figures.add("behaviour: of them found, %", percent(whole.hits));
    figures.add("behaviour: of them in the first places, %", percent(whole.at_the_top));
    figures.add("behaviour: found and not planted, of a hundred planted", percent(whole.false_alarms));
    Ok(())
}
