//! `yizhan simulate exchange`: an exchange that is not there tells of calls by ordinary telephone, signed as a real one signs.

use crate::call::model::{ExchangeSaid, ExchangeTold};
use crate::call::rule::signature;
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use yizhan_kit::Clock;
use yizhan_kit::clock::SystemClock;

/// Which calls, where.
#[derive(Args, Clone)]
pub struct Wishes {
    /// The server: `http://` and where it listens.
    #[arg(long, default_value = "http://127.0.0.1:8600")]
    pub server: String,
    /// The file that holds the secret by which is signed.
    #[arg(long)]
    pub secret: PathBuf,
    /// The callers' numbers; each calls once.
    #[arg(long, value_delimiter = ',', default_value = "15400000001")]
    pub number: Vec<String>,
    /// What they chose by key.
    #[arg(long, default_value = "")]
    pub skill: String,
    /// After how many seconds they hang up.
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
}

/// Tells of each call that it arrived and, later, that it ended.
///
/// # Errors
/// What the server says.
pub fn run(wishes: &Wishes) -> Result<(), String> {
    let text = std::fs::read_to_string(&wishes.secret).map_err(|error| error.to_string())?;
    let secret = text.trim();
    let began = SystemClock.now().0;
    let said = |n: usize, event: &str, number: &str| ExchangeSaid {
        id: format!("simulated-{began}-{n}"),
        event: event.into(),
        number: number.into(),
        skill: wishes.skill.clone(),
        language: String::new(),
    };
    for (n, number) in wishes.number.iter().enumerate() {
        let told = tell(&wishes.server, secret, &said(n, "arrived", number))?;
        let _ = writeln!(std::io::stdout(), "{}", json!({"call": told.call, "waits": told.waits, "say": told.say}));
    }
    crate::bench::cluster::pause(wishes.seconds * 1000);
    (0..wishes.number.len()).try_for_each(|n| tell(&wishes.server, secret, &said(n, "ended", "")).map(drop))
}

/// Tells the server something, signed.
///
/// # Errors
/// What the server says.
pub fn tell(server: &str, secret: &str, said: &ExchangeSaid) -> Result<ExchangeTold, String> {
    let body = serde_json::to_vec(said).map_err(|error| error.to_string())?;
    let time = SystemClock.now().0 / 1000;
    let signed = format!("t={time},v1={}", signature(secret, time, &body));
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let sent = agent
        .post(format!("{}/api/calls/exchange", server.trim_end_matches('/')))
        .header("content-type", "application/json")
        .header("exchange-signature", &signed)
        .send(&body[..])
        .map_err(|error| error.to_string())?;
    let status = sent.status().as_u16();
    let text = sent.into_body().read_to_string().map_err(|error| error.to_string())?;
    if status != 200 {
        return Err(format!("{status} {text}"));
    }
    serde_json::from_str(&text).map_err(|error| error.to_string())
}
