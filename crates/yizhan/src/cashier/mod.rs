//! Taking money in (收款): what somebody owes for a case is paid by code, with WeChat or Alipay, from the phone, at a terminal or
//! beside an agent; asked about until it is known; held against the channels' daily bills.
//!
//! Invariants: what is due comes from the records of the case, never from whoever pays; nothing is answered to a channel before
//! it is committed; a payment is taken once, and what is due no more goes back in the same act; what waits in the ledger is
//! asked about until it does not wait. Paying out is the room `pay/`.

pub mod act;
pub mod alipay;
pub mod bill;
pub mod channel;
pub mod crypt;
pub mod http;
pub mod model;
pub mod page;
pub mod poll;
pub mod rule;
pub mod view;
pub mod wechat;

use crate::app::App;
use crate::config::Config;
use crate::simulate::payments::keys::Keys;
use crate::simulate::payments::{self, Faults, Play};
use channel::Channel;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use yizhan_core::problem;
use yizhan_kit::id::SystemEntropy;
use yizhan_kit::{Clock, Problem};

/// The channels that are open, and what is asked about.
#[derive(Default)]
pub struct Cashier {
    channels: OnceLock<Vec<Arc<dyn Channel>>>,
    /// What waits, as far as the ledger was followed.
    pub watch: Mutex<poll::Watch>,
    /// A demonstration's own channels, where somebody pays by pressing a button.
    pub played: OnceLock<Arc<Play>>,
}

impl Cashier {
    /// Opens the channels that the configuration names.
    ///
    /// # Errors
    /// Names the key file that is missing or wrong.
    pub fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, String> {
        let cashier = Self::default();
        let channels = channels(config, clock)?;
        if !channels.is_empty() {
            cashier.set(channels);
        }
        Ok(cashier)
    }

    /// Sets the channels, once.
    pub fn set(&self, channels: Vec<Arc<dyn Channel>>) {
        let _ = self.channels.set(channels);
    }

    /// Every open channel.
    pub fn all(&self) -> &[Arc<dyn Channel>] {
        self.channels.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// One of them by name.
    ///
    /// # Errors
    /// `not-found`.
    pub fn channel(&self, code: &str) -> Result<Arc<dyn Channel>, Problem> {
        self.all()
            .iter()
            .find(|one| one.code() == code)
            .cloned()
            .ok_or_else(|| problem::NOT_FOUND.problem("没有开通这种支付方式。", "This way to pay is not open here."))
    }
}

/// The folder in which a demonstration keeps the keys of the channels that it plays.
pub const PLAYED: &str = "played-channels";

/// Plays both channels within a demonstration that has their keys and is given no others: paying is pressing a button there.
///
/// # Errors
/// When it cannot listen, or a key is none.
pub async fn play(app: &Arc<App>, folder: &Path) -> Result<(), String> {
    let folder = folder.join(PLAYED);
    if app.demo.is_none() || !app.cashier.all().is_empty() || !folder.exists() {
        return Ok(());
    }
    let keys = Keys::open(&folder)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let base = format!("http://{}", listener.local_addr().map_err(|error| error.to_string())?);
    let played = Arc::new(Play::new(keys, app.clock.clone(), Faults::default(), app.config.public_url()));
    *played.notify_at.lock().expect("nobody holds it yet") = Some(base.clone());
    let config = Config { payment: played.payment(&base), ..app.config.clone() };
    app.cashier.set(channels(&config, &app.clock)?);
    let (notices, _) = http::notices().split_for_parts();
    payments::listen(listener, played.clone(), notices.with_state(app.clone()));
    let _ = app.cashier.played.set(played);
    Ok(())
}

/// The channels that a configuration names.
///
/// # Errors
/// Names the key file that is missing or wrong.
pub fn channels(config: &Config, clock: &Arc<dyn Clock>) -> Result<Vec<Arc<dyn Channel>>, String> {
    let notify = |code: &str| format!("{}/api/pay/{code}/notify", config.public_url());
    let mut all: Vec<Arc<dyn Channel>> = Vec::new();
    if let Some(own) = &config.payment.wechat {
        let chance = Arc::new(SystemEntropy);
        all.push(Arc::new(wechat::WeChat::open(own, notify("wechat"), clock.clone(), chance)?));
    }
    if let Some(own) = &config.payment.alipay {
        all.push(Arc::new(alipay::Alipay::open(own, notify("alipay"), clock.clone())?));
    }
    Ok(all)
}
