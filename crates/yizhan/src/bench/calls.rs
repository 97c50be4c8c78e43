//! `yizhan bench calls`: a day at the desk with browsers and servers that die, against a model; calls held over WebSockets, by
//! the processor time of the server. `--acts` is the number of calls that are held.

use super::console::Asking;
use super::devices::cpu_s;
use super::intake::Server;
use super::world::Place;
use super::{Figures, Options};
use crate::demo;
use crate::simulate::phone::Phone;
use crate::staff::{act, sessions};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use yizhan_core::access::Role;
use yizhan_core::act::{Act, Actor};
use yizhan_core::call::simulated::{self, Size};
use yizhan_kit::Digest16;

/// For how many seconds calls are held while they are measured.
const HELD: u64 = 20;
/// How often browsers of a call tell each other something, in seconds: more than a quiet call does.
const SIGNALS: u64 = 2;
/// How many calls are made at a time.
const AT_ONCE: usize = 50;

/// Runs the bench.
///
/// # Errors
/// A call that was lost, doubled, out of order or stuck; a signal that did not arrive.
pub fn run(options: &Options) -> Result<Figures, String> {
    let mut figures = Figures::default();
    days(options, &mut figures)?;
    held(options, &mut figures)?;
    Ok(figures)
}

/// Days at the desk, by seed.
fn days(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let size = match options.short {
        true => Size { agents: 60, calls: 1_200, server_deaths: 8 },
        false => Size { agents: 500, calls: 10_000, server_deaths: 20 },
    };
    let seeds = options.runs(5, 2);
    let mut whole = simulated::Day::default();
    let began = Instant::now();
    for seed in 1..=seeds as u64 {
        let day = simulated::run(seed, size).map_err(|what| format!("WRONG RESULT: seed {seed}: {what}"))?;
        whole.finished += day.finished;
        whole.abandoned += day.abandoned;
        whole.lost += day.lost;
        whole.called_back += day.called_back;
        whole.put_back += day.put_back;
        whole.missed += day.missed;
        whole.browser_deaths += day.browser_deaths;
        whole.server_deaths += day.server_deaths;
        whole.carried_on += day.carried_on;
    }
    let each = |count: u32| f64::from(count) / seeds as f64;
    figures.add("calls: agents of a simulated day", f64::from(size.agents));
    figures.add("calls: calls of a simulated day", f64::from(size.calls));
    figures.add("calls: days simulated", seeds as f64);
    figures.add("calls: a day, talked in", each(whole.finished));
    figures.add("calls: a day, given up by the caller", each(whole.abandoned));
    figures.add("calls: a day, caller gone without a number", each(whole.lost));
    figures.add("calls: a day, called back", each(whole.called_back));
    figures.add("calls: a day, put back in line", each(whole.put_back));
    figures.add("calls: a day, rang in vain", each(whole.missed));
    figures.add("calls: a day, browsers that died", each(whole.browser_deaths));
    figures.add("calls: a day, servers that died", each(whole.server_deaths));
    figures.add("calls: a day, talks that went on over a dead server", each(whole.carried_on));
    figures.add("calls: calls lost, doubled, out of order or stuck", 0.0);
    figures.add("calls: seconds a simulated day", began.elapsed().as_secs_f64() / seeds as f64);
    Ok(())
}

/// Calls that are answered and held, each a caller's line and an agent's, to a server in a process of its own.
fn held(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let calls = options.acts(2_000, 40);
    let place = Place::new("calls", None)?;
    demo::run(&place.common(), 2_600, 2021)?;
    let cookies = agents(&place, calls)?;
    let server = Server::start(&place)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let told = runtime.block_on(hold(&server, cookies, if options.short { 4 } else { HELD }))?;
    figures.add("calls: held at a time", calls as f64);
    figures.add("calls: made and answered a second, client beside", calls as f64 / told.making);
    figures.add("calls: signals a second while held", told.signals as f64 / told.holding);
    figures.add("calls: processor cores of the server while held", told.cpu / told.holding);
    figures.add("calls: a signal from page to page, p95 ms", told.p95_ms);
    if !options.short {
        figures.at_most("calls: processor cores of the server while held", 1.0);
        figures.at_least("calls: held at a time", 2_000.0);
    }
    Ok(())
}

/// So many agents, signed in: their cookies.
fn agents(place: &Place, count: usize) -> Result<Vec<String>, String> {
    let (app, ended) = place.start()?;
    let mut cookies = Vec::with_capacity(count);
    let district = "990100000000".parse().map_err(|_| "no district")?;
    for n in 0..count {
        let login = format!("agent{n}");
        let verb = Arc::new(act::add(&login, &login, Role::DeskAgent, district, None, app.now().day()));
        let act = Act { actor: Actor::System, request_key: None, request: Digest16([0; 16]), verb };
        app.zone.submit_blocking(act).map_err(|problem| problem.to_string())?;
        let staff = app.image().staff_by_login(&login).ok_or("the agent is not there")?;
        let token = sessions::begin(&app, staff).map_err(|problem| problem.to_string())?;
        cookies.push(format!("{}={token}", sessions::COOKIE));
    }
    drop(app);
    let _ = ended.blocking_recv();
    Ok(cookies)
}

struct Told {
    making: f64,
    holding: f64,
    cpu: f64,
    signals: usize,
    p95_ms: f64,
}

async fn hold(server: &Server, cookies: Vec<String>, seconds: u64) -> Result<Told, String> {
    let address = server.address.to_string();
    let began = Instant::now();
    let mut pairs = Vec::with_capacity(cookies.len());
    for (round, some) in cookies.chunks(AT_ONCE).enumerate() {
        let mut making = JoinSet::new();
        for (n, cookie) in some.iter().enumerate() {
            let (address, cookie, at) = (address.clone(), cookie.clone(), server.address);
            making.spawn(async move {
                let mut asking = Asking::open(at, String::new()).await?;
                let made = asking.post("/api/calls", r#"{"service":"invoice-issue"}"#, &format!("{round}-{n}")).await?;
                let (call, secret) = (made["call"].as_u64().unwrap_or(0), made["secret"].as_str().unwrap_or_default());
                let mut caller = Phone::of_caller(&address, call, secret).await?;
                // Whoever was free already may have answered before the caller's line was open: its welcome says so.
                let welcome = caller.hears("welcome").await?;
                let mut agent = Phone::of_agent(&address, &cookie).await?;
                agent.say(json!({"free": {}})).await?;
                // Whoever is free gets whoever waits: not always the caller beside them.
                let rings =
                    agent.hears("rings").await.map_err(|what| format!("the agent beside {call}, rings: {what}"))?;
                agent.say(json!({"answer": {"call": rings["call"]}})).await?;
                agent.hears("joined").await.map_err(|what| format!("the agent beside {call}, joined: {what}"))?;
                if welcome["stage"] != "talks" {
                    caller.hears("joined").await.map_err(|what| format!("the caller of {call}, joined: {what}"))?;
                }
                Ok::<_, String>((call, caller, rings["call"].as_u64().unwrap_or(0), agent))
            });
        }
        let (mut callers, mut agents) = (BTreeMap::new(), BTreeMap::new());
        while let Some(made) = making.join_next().await {
            let (call, caller, answered, agent) = made.map_err(|error| error.to_string())??;
            callers.insert(call, caller);
            agents.insert(answered, agent);
        }
        if callers.len() != some.len() || !callers.keys().eq(agents.keys()) {
            return Err("WRONG RESULT: a call was answered twice, or by nobody".into());
        }
        pairs.extend(callers.into_values().zip(agents.into_values()));
    }
    let making = began.elapsed().as_secs_f64();
    let cpu = cpu_s(server.pid());
    let began = Instant::now();
    let all = pairs.len();
    let begins = Arc::new(Barrier::new(all));
    let mut holding = JoinSet::new();
    for (n, (mut caller, mut agent)) in pairs.into_iter().enumerate() {
        let begins = begins.clone();
        let until = began + Duration::from_secs(seconds);
        let apart = Duration::from_millis((n as u64 * 997) % (SIGNALS * 1000));
        holding.spawn(async move {
            begins.wait().await;
            tokio::time::sleep(apart).await;
            let (mut sent, mut took) = (0, Vec::new());
            while Instant::now() < until {
                let asked = Instant::now();
                caller.say(json!({"signal": {"to": "agent", "body": {"candidate": {"n": sent}}}})).await?;
                caller.say(json!({"beat": {}})).await?;
                agent
                    .hears("signal")
                    .await
                    .map_err(|what| format!("the agent of call {n} after {sent} signals: {what}"))?;
                took.push(asked.elapsed().as_secs_f64() * 1000.0);
                agent.say(json!({"signal": {"to": "caller", "body": {"candidate": {"n": sent}}}})).await?;
                caller.hears("signal").await.map_err(|what| format!("the caller {n} after {sent} signals: {what}"))?;
                sent += 2;
                tokio::time::sleep(Duration::from_secs(SIGNALS)).await;
            }
            Ok::<_, String>((sent, took))
        });
    }
    let (mut signals, mut took) = (0, Vec::new());
    while let Some(done) = holding.join_next().await {
        let (sent, own) = done.map_err(|error| error.to_string())??;
        signals += sent;
        took.extend(own);
    }
    let holding = began.elapsed().as_secs_f64();
    took.sort_by(f64::total_cmp);
    let p95_ms = took.get(took.len() * 95 / 100).copied().unwrap_or(f64::NAN);
    if signals == 0 || all == 0 {
        return Err("WRONG RESULT: nothing was held".into());
    }
    Ok(Told { making, holding, cpu: cpu_s(server.pid()) - cpu, signals, p95_ms })
}
