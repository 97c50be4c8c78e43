//! `yizhan bench field`: a worker comes back to a network after an offline day of visits with two photos each. The line carries a
//! megabit a second and breaks twenty times. How long until all has arrived; and whether each visit and each photo has, once.

mod line;
mod phone;
mod photo;

use self::line::Line;
use self::phone::{Lane, Phone, Photo, Visit};
use super::console::{Asking, sign_in, until_found};
use super::intake::Server;
use super::world::Place;
use super::{Figures, Options};
use crate::demo;
use crate::paper::rule::accept;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use yizhan_kit::digest::{HashKind, hash};
use yizhan_kit::id::to_hex;

/// The line: a megabit a second each way, forty milliseconds there and back.
const BITS_S: u64 = 1_000_000;
const AWAY: Duration = Duration::from_millis(20);

/// How many visits are under way at a time, as on the page.
const LANES: usize = 3;

/// How often the line breaks.
const BREAKS: usize = 20;

/// Runs it. `--acts` is the number of visits.
///
/// # Errors
/// A visit or a photo that is missing, there twice, or not as it was sent.
pub fn run(options: &Options) -> Result<Figures, String> {
    let visits = options.acts(60, 6);
    let place = Place::new("field", None)?;
    demo::run(&place.common(), if options.short { 2_600 } else { 40_000 }, 2021)?;
    let server = Server::start(&place)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(day(server.address, visits))
}

async fn day(address: SocketAddr, visits: usize) -> Result<Figures, String> {
    let mut figures = Figures::default();
    let cookie = sign_in(address, "district").await?;
    until_found(address, &cookie).await?;
    let (login, list, tag, phone) = worker(address, visits).await?;

    // The day without a network: forms, and photos shrunk as the page shrinks them.
    let (mut taken, mut kept) = (0, 0);
    let mut filled = Vec::new();
    for (n, to) in list.iter().take(visits).enumerate() {
        let mut photos = Vec::new();
        for shot in 0..2 {
            let original = photo::taken(n * 2 + shot);
            let bytes = photo::shrunk(&original)?;
            taken += original.len();
            kept += bytes.len();
            photos.push(Photo { id: format!("photo-{n}-{shot}"), bytes });
        }
        let answers = json!({
            "region": to["area"], "household": to["subject"], "done_on": to["day"], "needs": "none",
            "found": format!("第{n}户，粮食够吃，慢病药在吃，房屋和饮水都好"),
        });
        filled.push(Visit { id: format!("visit-{n}"), answers, photos, number: String::new() });
    }
    figures.add("field: visits", visits as f64);
    figures.add("field: a photo as the camera made it, KB", taken as f64 / (visits * 2) as f64 / 1024.0);
    figures.add("field: a photo as it is kept and sent, KB", kept as f64 / (visits * 2) as f64 / 1024.0);

    // Back to a network.
    let line = Line::to(address, BITS_S, AWAY).await?;
    let phone = Arc::new(Phone { address: line.address, ..phone });
    // The breaks fall within the time that the photos alone would take.
    line.break_at_random(BREAKS, Duration::from_millis(kept as u64 * 8_000 / BITS_S), 2021);
    let began = Instant::now();
    let (filled, next) =
        (Arc::new(filled.into_iter().map(Mutex::new).collect::<Vec<_>>()), Arc::new(AtomicUsize::new(0)));
    let mut lanes = Vec::new();
    for _ in 0..LANES {
        let (phone, filled, next) = (phone.clone(), filled.clone(), next.clone());
        lanes.push(tokio::spawn(async move {
            let mut lane = Lane::open(phone).await?;
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(waiting) = filled.get(n) else { return Ok::<_, String>(lane) };
                let mut visit = waiting.lock().expect("one lane has it").take();
                lane.send(&mut visit).await?;
                *waiting.lock().expect("one lane has it") = visit;
            }
        }));
    }
    let mut done = Vec::new();
    for lane in lanes {
        done.push(lane.await.map_err(|error| error.to_string())??);
    }
    let (status, ..) = done[0].day(&tag).await?;
    let seconds = began.elapsed().as_secs_f64();
    if !matches!(status, 200 | 304) {
        return Err(format!("WRONG RESULT: the day's list: {status}"));
    }
    figures.add("field: seconds until all has arrived", seconds);
    figures.add("field: times the line broke", line.cuts() as f64);
    figures.add("field: requests sent again", phone.repeated.load(Ordering::Relaxed) as f64);
    figures.add("field: megabytes put on the line", line.bytes_up() as f64 / 1_000_000.0);
    figures.at_most("field: seconds until all has arrived", 60.0);
    if line.cuts() != BREAKS {
        return Err(format!("WRONG RESULT: the line broke {} times of {BREAKS}", line.cuts()));
    }
    let filled: Vec<Visit> = filled.iter().map(|visit| visit.lock().expect("all lanes are done").take()).collect();
    let cookie = sign_in(address, &login).await?;
    count(address, cookie, &filled).await?;
    Ok(figures)
}

impl Visit {
    /// Takes it out, to be put back when it has been sent.
    fn take(&mut self) -> Self {
        let empty = Self { id: String::new(), answers: Value::Null, photos: Vec::new(), number: String::new() };
        std::mem::replace(self, empty)
    }
}

/// A village's worker with enough households to go to, their day's list, and their phone, enrolled.
async fn worker(address: SocketAddr, visits: usize) -> Result<(String, Vec<Value>, String, Phone), String> {
    let mut anyone = Asking::open(address, String::new()).await?;
    let staff = anyone.get("/api/demo/staff").await?;
    let villages = staff.as_array().into_iter().flatten().filter(|one| one["role"] == "village");
    for login in villages.filter_map(|one| one["login"].as_str()) {
        let mut asking = Asking::open(address, sign_in(address, login).await?).await?;
        let enrolled = asking.post("/api/field/phones", &json!({"name": "phone"}).to_string(), "").await?;
        let text = |name: &str| enrolled[name].as_str().unwrap_or_default().to_owned();
        let phone = Phone { address, phone: text("phone"), secret: text("secret"), repeated: AtomicUsize::new(0) };
        let mut lane = Lane::open(Arc::new(Phone { repeated: AtomicUsize::new(0), ..clone(&phone) })).await?;
        let (_, tag, day) = lane.day("").await?;
        let to = |place: &Value| json!({"area": place["area"], "subject": place["subject"], "day": day["on"]});
        let places = day["places"].as_array().ok_or("WRONG RESULT: no places")?;
        let home = |place: &&Value| place["kind"] == "household";
        let list: Vec<Value> = places.iter().filter(home).map(to).collect();
        if list.len() >= visits {
            return Ok((login.to_owned(), list, tag, phone));
        }
    }
    Err(format!("WRONG RESULT: no village has {visits} households"))
}

fn clone(phone: &Phone) -> Phone {
    let Phone { address, phone, secret, .. } = phone;
    Phone { address: *address, phone: phone.clone(), secret: secret.clone(), repeated: AtomicUsize::new(0) }
}

/// Counts what has arrived: each visit one case, each photo one paper with the right bytes, and nothing else.
async fn count(address: SocketAddr, cookie: String, sent: &[Visit]) -> Result<(), String> {
    let wrong = |what: String| Err(format!("WRONG RESULT: {what}"));
    let mut asking = Asking::open(address, cookie).await?;
    let list = asking.get("/api/cases?service=home-visit&limit=200").await?;
    let there: Vec<&str> =
        list["cases"].as_array().into_iter().flatten().filter_map(|one| one["number"].as_str()).collect();
    let numbers: BTreeSet<&str> = sent.iter().map(|visit| visit.number.as_str()).collect();
    let ours = there.iter().filter(|number| numbers.contains(*number)).count();
    if list["total"] != json!(sent.len()) || ours != sent.len() || numbers.len() != sent.len() {
        return wrong(format!("{} visits are there, {ours} of the {} that were sent", list["total"], sent.len()));
    }
    for visit in sent {
        let page = asking.get(&format!("/api/cases/{}", visit.number)).await?;
        if page["answers"]["household"] != visit.answers["household"]
            || page["answers"]["found"] != visit.answers["found"]
        {
            return wrong(format!("{} is not as it was filled in", visit.number));
        }
        let papers = asking.get(&format!("/api/cases/{}/papers", visit.number)).await?;
        let mut kept: Vec<String> = papers["papers"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| one["hash"].as_str().unwrap_or_default().to_owned())
            .collect();
        // A photo is drawn anew when it is taken in, the same way each time.
        let drawn =
            |photo: &Photo| accept(photo.bytes.clone()).map(|one| to_hex(&hash(HashKind::Sha256, &one.content).0));
        let mut expected =
            visit.photos.iter().map(drawn).collect::<Result<Vec<_>, _>>().map_err(|problem| problem.to_string())?;
        kept.sort();
        expected.sort();
        if kept != expected {
            return wrong(format!("{}: papers {kept:?}, sent were {expected:?}", visit.number));
        }
    }
    Ok(())
}
