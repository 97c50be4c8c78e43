//! `yizhan simulate payments`: both channels, played as they are: they verify what we sign, sign and seal what they say, keep
//! orders and refunds, tell of them, and print bills. By a seed they repeat, lose, delay and forge notifications, change their
//! key in the middle and answer too late. A demonstration plays them within itself; there, paying is pressing a button.

pub mod keys;
mod tell;
mod wire;

use crate::config::Payment;
use axum::Router;
use clap::Args;
use keys::Keys;
use std::collections::HashMap;
use std::future::IntoFuture;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use yizhan_kit::clock::SystemClock;
use yizhan_kit::digest::{HashKind, hash};
use yizhan_kit::id::{SeededEntropy, SystemEntropy, base32, random};
use yizhan_kit::{Clock, Day, Fen, Moment};

pub use wire::router;

/// Where the channels are played.
#[derive(Args, Clone)]
pub struct Wishes {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8610")]
    pub listen: SocketAddr,
    /// The folder of the keys, which are made there the first time.
    #[arg(long, default_value = "./played-channels")]
    pub keys: PathBuf,
    /// The seed of what goes wrong.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Nothing goes wrong.
    #[arg(long)]
    pub calm: bool,
}

/// Plays until it is interrupted.
///
/// # Errors
/// When it cannot listen or make its keys.
pub fn run(wishes: &Wishes) -> Result<(), String> {
    let keys = Keys::open(&wishes.keys)?;
    let base = format!("http://{}", wishes.listen);
    eprintln!("{}", keys.toml(&base));
    let faults = if wishes.calm { Faults::default() } else { Faults::all(wishes.seed) };
    let play = Arc::new(Play::new(keys, Arc::new(SystemClock), faults, base));
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(wishes.listen).await.map_err(|error| error.to_string())?;
        eprintln!("playing both channels on {}; the lines above go into yizhan.toml", wishes.listen);
        let served = axum::serve(listener, router(play));
        tokio::select! {
            ended = served.into_future() => ended.map_err(|error| error.to_string()),
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

/// What goes wrong, each in so many of a thousand orders.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// The seed.
    pub seed: u64,
    /// No notification arrives.
    pub lost: u64,
    /// It arrives twice more.
    pub repeated: u64,
    /// It arrives before the order's own answer.
    pub early: u64,
    /// One of another sum arrives first.
    pub wrong_sum: u64,
    /// One that was signed long ago.
    pub stale: u64,
    /// One by a key that nobody knows.
    pub stranger: u64,
    /// One whose seal or signature is broken.
    pub torn: u64,
    /// The order is made, and its answer comes too late.
    pub slow: u64,
    /// A refund takes its time.
    pub refund_waits: u64,
    /// A refund gets stuck.
    pub refund_stuck: u64,
    /// After so many orders the key changes; never at 0.
    pub key_change_after: u64,
    /// How many milliseconds a second of the channels lasts.
    pub second_ms: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: 0,
            lost: 0,
            repeated: 0,
            early: 0,
            wrong_sum: 0,
            stale: 0,
            stranger: 0,
            torn: 0,
            slow: 0,
            refund_waits: 0,
            refund_stuck: 0,
            key_change_after: 0,
            second_ms: 1000,
        }
    }
}

impl Faults {
    /// Everything, now and then.
    pub fn all(seed: u64) -> Self {
        Self {
            seed,
            lost: 50,
            repeated: 200,
            early: 50,
            wrong_sum: 30,
            stale: 30,
            stranger: 30,
            torn: 30,
            slow: 5,
            refund_waits: 500,
            refund_stuck: 20,
            key_change_after: 50,
            second_ms: 1000,
        }
    }
}

/// What becomes of one order, by the seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    pub lost: bool,
    pub repeated: bool,
    pub early: bool,
    pub wrong_sum: bool,
    pub stale: bool,
    pub stranger: bool,
    pub torn: bool,
    pub slow: bool,
    pub refund_waits: bool,
    pub refund_stuck: bool,
}

/// How far a refund has come at the channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refunding {
    /// On its way.
    Processing,
    /// The payer has it.
    Success,
    /// The payer's account does not take it.
    Abnormal,
}

/// A refund as the channel has it.
#[derive(Clone, Debug)]
pub struct TheirRefund {
    /// How much.
    pub amount: Fen,
    /// How far it has come.
    pub state: Refunding,
    /// On which day.
    pub on: Day,
}

/// An order as its channel has it.
#[derive(Clone, Debug)]
pub struct Theirs {
    /// `wechat` or `alipay`.
    pub channel: &'static str,
    /// How much.
    pub amount: Fen,
    /// What for.
    pub what: String,
    /// What its code ends with.
    pub token: String,
    /// The channel's number, once it is paid.
    pub number: Option<String>,
    /// When it was paid.
    pub paid_at: Moment,
    /// Until when it can be paid.
    pub until: Moment,
    /// Whether it is closed.
    pub closed: bool,
    /// Where to tell of it.
    pub notify: String,
    /// What went back, by our number.
    pub refunds: HashMap<String, TheirRefund>,
}

/// What happened to notifications.
#[derive(Default, Debug)]
pub struct Heard {
    /// True ones that were taken.
    pub taken: AtomicU64,
    /// True ones that were not, yet.
    pub refused: AtomicU64,
    /// False ones that were refused.
    pub seen_through: AtomicU64,
    /// False ones that were taken: never.
    pub deceived: AtomicU64,
}

/// The channels.
pub struct Play {
    /// Their keys.
    pub keys: Keys,
    /// What goes wrong.
    pub faults: Faults,
    /// What happened to notifications.
    pub heard: Heard,
    /// Where somebody pays by pressing a button.
    pub pay_at: String,
    /// Where notifications go, instead of where the order says.
    pub notify_at: Mutex<Option<String>>,
    clock: Arc<dyn Clock>,
    orders: Mutex<HashMap<String, Theirs>>,
    tokens: Mutex<HashMap<String, String>>,
    made: AtomicU64,
    agent: ureq::Agent,
}

impl Play {
    /// Channels without an order.
    pub fn new(keys: Keys, clock: Arc<dyn Clock>, faults: Faults, pay_at: String) -> Self {
        Self {
            keys,
            faults,
            heard: Heard::default(),
            pay_at,
            notify_at: Mutex::new(None),
            clock,
            orders: Mutex::new(HashMap::new()),
            tokens: Mutex::new(HashMap::new()),
            made: AtomicU64::new(0),
            agent: crate::cashier::channel::agent(std::time::Duration::from_millis(5 * faults.second_ms.max(200))),
        }
    }

    /// The configuration by which we speak to them.
    pub fn payment(&self, base: &str) -> Payment {
        self.keys.payment(base, 5 * self.faults.second_ms)
    }

    /// Every order with its number.
    pub fn all(&self) -> Vec<(String, Theirs)> {
        let orders = self.orders.lock().expect("no panic while it is held");
        orders.iter().map(|(number, one)| (number.clone(), one.clone())).collect()
    }

    /// One order.
    pub fn find(&self, order: &str) -> Option<Theirs> {
        self.orders.lock().expect("no panic while it is held").get(order).cloned()
    }

    fn change<T>(&self, order: &str, act: impl FnOnce(&mut Theirs) -> T) -> Option<T> {
        self.orders.lock().expect("no panic while it is held").get_mut(order).map(act)
    }

    pub(crate) fn fate(&self, order: &str) -> Fate {
        let digest = hash(HashKind::Sha256, order.as_bytes());
        let own = u64::from_le_bytes(digest.0[..8].try_into().expect("eight bytes"));
        let chance = SeededEntropy::new(self.faults.seed ^ own);
        let falls = |of_thousand: u64| chance.below(1000) < of_thousand;
        let Faults { lost, repeated, early, wrong_sum, stale, stranger, torn, slow, .. } = self.faults;
        Fate {
            lost: falls(lost),
            repeated: falls(repeated),
            early: falls(early),
            wrong_sum: falls(wrong_sum),
            stale: falls(stale),
            stranger: falls(stranger),
            torn: falls(torn),
            slow: falls(slow),
            refund_waits: falls(self.faults.refund_waits),
            refund_stuck: falls(self.faults.refund_stuck),
        }
    }

    /// Which of the two keys WeChat signs with now.
    pub(crate) fn turn(&self) -> usize {
        let after = self.faults.key_change_after;
        usize::from(after > 0 && self.made.load(Ordering::Relaxed) > after)
    }

    /// Makes an order, or finds it made: what its code ends with.
    ///
    /// # Errors
    /// The code of a refusal.
    pub(crate) fn make(&self, order: &str, asked: Theirs) -> Result<String, &'static str> {
        let mut orders = self.orders.lock().expect("no panic while it is held");
        if let Some(known) = orders.get(order) {
            return match known {
                known if known.number.is_some() => Err("ORDERPAID"),
                known if known.closed => Err("ORDER_CLOSED"),
                known if known.amount != asked.amount => Err("OUT_TRADE_NO_USED"),
                known => Ok(known.token.clone()),
            };
        }
        self.made.fetch_add(1, Ordering::Relaxed);
        let token = base32(&random::<10>(&SystemEntropy));
        self.tokens.lock().expect("no panic while it is held").insert(token.clone(), order.to_owned());
        orders.insert(order.to_owned(), Theirs { token: token.clone(), ..asked });
        Ok(token)
    }

    /// Somebody pays an order: its number at the channel, or nothing when it cannot be paid any more.
    pub fn paid(&self, order: &str) -> Option<String> {
        let now = self.clock.now();
        self.change(order, |one| {
            if one.closed || one.number.is_some() || one.until < now {
                return None;
            }
            let digits = u64::from_le_bytes(random::<8>(&SystemEntropy)) % 1_000_000_000_000;
            let number = format!("4200{}{digits:012}", now.day().to_string().replace('-', ""));
            (one.number, one.paid_at) = (Some(number.clone()), now);
            Some(number)
        })?
    }

    /// Somebody pays, and the channel tells of it.
    pub fn pay(self: &Arc<Self>, order: &str) -> bool {
        let paid = self.paid(order).is_some();
        if paid {
            tokio::spawn(tell::of_payment(self.clone(), order.to_owned()));
        }
        paid
    }

    /// Somebody presses a button of a code's page: what they pay, the channel tells of, unless this is to get lost.
    pub fn pressed(self: &Arc<Self>, token: &str, form: &[u8]) {
        let Some(order) = self.behind(token) else { return };
        if form == b"lost=1" {
            self.paid(&order);
        } else {
            self.pay(&order);
        }
    }

    /// An order that no merchant of ours made: for showing what a bill then says.
    pub fn brought(&self, order: &str, one: Theirs) {
        self.orders.lock().expect("no panic while it is held").insert(order.to_owned(), one);
    }

    /// The channel loses an order that was paid.
    pub fn lost(&self, order: &str) {
        self.orders.lock().expect("no panic while it is held").remove(order);
    }

    /// The channel takes another sum for the one that was paid.
    pub fn changed_sum(&self, order: &str, fen: i64) {
        self.change(order, |one| one.amount = Fen(fen));
    }

    /// The order behind a code.
    pub fn behind(&self, token: &str) -> Option<String> {
        self.tokens.lock().expect("no panic while it is held").get(token).cloned()
    }

    /// What people see who open a code: what it is for, and a button.
    pub fn page(&self, token: &str) -> Option<String> {
        let order = self.behind(token)?;
        let one = self.find(&order)?;
        let name = if one.channel == "wechat" { "微信支付" } else { "支付宝" };
        let what = one.what.replace('&', "&amp;").replace('<', "&lt;");
        let below = match (&one.number, one.closed || one.until < self.clock.now()) {
            (Some(number), _) => format!("<p class=\"done\">支付成功 Paid</p><p class=\"small\">{number}</p>"),
            (None, true) => "<p>已失效 Expired</p>".to_owned(),
            (None, false) => "<form method=\"post\"><button>确认付款 Pay</button></form><form method=\"post\"><input type=\"hidden\" name=\"lost\" value=\"1\"><button class=\"second\">付款，但通知丢失 Pay, and lose the notification</button></form>".to_owned(),
        };
        Some(format!(
            "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{name}（演示）</title><style>body{{font:1.1rem/1.6 sans-serif;margin:2rem auto;max-width:24rem;padding:0 1rem;text-align:center}}button{{font:inherit;width:100%;padding:.8rem;border:0;border-radius:.5rem;background:#1a6b3c;color:#fff}}.second{{background:#fff;color:#333;border:1px solid #999;margin-top:1rem;font-size:.95rem}}.sum{{font-size:2.2rem;margin:.5rem 0}}.small{{color:#555;font-size:.85rem;overflow-wrap:anywhere}}.done{{color:#1a6b3c;font-size:1.4rem}}</style></head><body><main><h1>{name}</h1><p class=\"small\">演示用的支付渠道，不会真的扣款 · a played channel, no money moves</p><p>{what}</p><p class=\"sum\">¥ {}</p>{below}</main></body></html>",
            one.amount
        ))
    }

    /// What went back in all and what was paid in all at a channel, as it has it: paid, given back.
    pub fn sums(&self, channel: &str) -> (Fen, Fen) {
        let orders = self.orders.lock().expect("no panic while it is held");
        let own = orders.values().filter(|one| one.channel == channel);
        own.fold((Fen(0), Fen(0)), |(paid, back), one| {
            let taken = if one.number.is_some() { one.amount.0 } else { 0 };
            let done = one.refunds.values().filter(|refund| refund.state == Refunding::Success);
            (Fen(paid.0 + taken), Fen(back.0 + done.map(|refund| refund.amount.0).sum::<i64>()))
        })
    }
}

/// Plays the channels on a listener, with more beside them.
pub fn listen(listener: tokio::net::TcpListener, play: Arc<Play>, more: Router) {
    tokio::spawn(async move { axum::serve(listener, router(play).merge(more)).await });
}
