//! `yizhan simulate terminals`: terminals that are not there, each on a line of its own, so that the wall can be seen alive.
//! They beat, are visited, run out of paper, break and come back, and carry out what they are told; the same seed, the same
//! troubles.

pub mod exchange;
pub mod payments;
pub mod phone;
pub mod terminal;

use crate::device::model::{DeviceCode, Enrolled};
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use terminal::{Halls, Tally, Terminal};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What is simulated.
#[derive(Subcommand)]
pub enum Whom {
    /// Self-service terminals.
    Terminals(Wishes),
    /// An exchange for ordinary telephones.
    Exchange(exchange::Wishes),
    /// WeChat Pay and Alipay, faithfully and with faults.
    Payments(payments::Wishes),
}

/// Which terminals, where.
#[derive(Args, Clone)]
pub struct Wishes {
    /// How many.
    #[arg(long, default_value_t = 20)]
    pub count: usize,
    /// The server: `http://` and where it listens. Under TLS the simulator stands behind the proxy.
    #[arg(long, default_value = "http://127.0.0.1:8600")]
    pub server: String,
    /// A code for each, made in the console. A demonstration hands out codes by itself.
    #[arg(long, value_delimiter = ',')]
    pub code: Vec<String>,
    /// For how many seconds; until it is interrupted unless given.
    #[arg(long)]
    pub seconds: Option<u64>,
    /// The seed of what happens to them.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Nothing breaks.
    #[arg(long)]
    pub calm: bool,
}

/// Runs terminals until their time is over.
///
/// # Errors
/// When they cannot be enrolled.
pub fn run(whom: Whom) -> Result<(), String> {
    let wishes = match whom {
        Whom::Terminals(wishes) => wishes,
        Whom::Exchange(wishes) => return exchange::run(&wishes),
        Whom::Payments(wishes) => return payments::run(&wishes),
    };
    let address =
        wishes.server.strip_prefix("http://").ok_or("--server begins with http://")?.trim_end_matches('/').to_owned();
    let codes = if wishes.code.is_empty() { demo_codes(&wishes)? } else { wishes.code.clone() };
    let enrolled = codes.iter().map(|code| enrol(&wishes.server, code)).collect::<Result<Vec<_>, _>>()?;
    let terminals = enrolled.len();
    eprintln!("{terminals} terminals enrolled at {}", wishes.server);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    let tally = Arc::new(Tally::default());
    runtime.block_on(live(&wishes, address, enrolled, tally.clone()));
    let count = |of: &std::sync::atomic::AtomicU64| of.load(Ordering::Relaxed);
    let told = json!({
        "terminals": terminals, "beats": count(&tally.beats), "visits": count(&tally.visits),
        "orders": count(&tally.orders), "lines": count(&tally.lines), "refused": count(&tally.refused),
    });
    let _ = writeln!(std::io::stdout(), "{told}");
    Ok(())
}

async fn live(wishes: &Wishes, address: String, enrolled: Vec<Enrolled>, tally: Arc<Tally>) {
    let stop = watch::Sender::new(false);
    let halls = Arc::new(Halls::new(wishes.seed, &enrolled, wishes.calm));
    let mut tasks = JoinSet::new();
    for (n, one) in (0_u64..).zip(enrolled) {
        let terminal = Terminal::new(address.clone(), one, wishes.seed * 1_000_003 + n, halls.clone());
        tasks.spawn(terminal.live(stop.subscribe(), tally.clone()));
    }
    let over = async {
        match wishes.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = over => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    stop.send_replace(true);
    let _ = tokio::time::timeout(Duration::from_secs(5), async { while tasks.join_next().await.is_some() {} }).await;
}

fn demo_codes(wishes: &Wishes) -> Result<Vec<String>, String> {
    let answer = post(&wishes.server, "/api/demo/device-codes", &json!({ "count": wishes.count }))?;
    let codes: Vec<DeviceCode> = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
    Ok(codes.into_iter().map(|one| one.code).collect())
}

/// Trades a code for a secret, as a terminal does when it is set up.
///
/// # Errors
/// What the server says.
pub fn enrol(server: &str, code: &str) -> Result<Enrolled, String> {
    let answer = post(server, "/api/devices/enrol", &json!({ "code": code }))?;
    serde_json::from_str(&answer).map_err(|error| error.to_string())
}

fn post(server: &str, path: &str, body: &serde_json::Value) -> Result<String, String> {
    let server = server.trim_end_matches('/');
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let sent = agent
        .post(format!("{server}{path}"))
        .header("content-type", "application/json")
        .send(body.to_string().as_bytes())
        .map_err(|error| format!("{server}{path}: {error}"))?;
    let status = sent.status().as_u16();
    let text = sent.into_body().read_to_string().map_err(|error| error.to_string())?;
    if (200..300).contains(&status) { Ok(text) } else { Err(format!("{path}: {status} {text}")) }
}
