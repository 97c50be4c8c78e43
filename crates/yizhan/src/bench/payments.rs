//! `yizhan bench payments`: so many orders against the played channels, over HTTP, while they lose, repeat, delay and forge what
//! they tell, change their key and answer too late; some people pay twice, some not at all. In the end nothing waits that the
//! channels have ended, and our books are theirs, to the fen, as is each bill.

use super::cluster::Cluster;
use super::world::{Place, tell_disk};
use super::{Figures, Options, median};
use crate::app::{App, Request, blocking};
use crate::case::act as cases;
use crate::cashier::poll::{self, Which};
use crate::cashier::{act, bill};
use crate::config::Config;
use crate::simulate::payments::keys::Keys;
use crate::simulate::payments::{self, Faults, Play, Refunding};
use crate::{routes, serve};
use serde_json::json;
use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use yizhan_core::access::Viewer;
use yizhan_core::act::{Act, Actor};
use yizhan_core::checkout::{ORDER, State};
use yizhan_core::row::SubjectId;
use yizhan_core::service::AddSubject;
use yizhan_core::zone::Damage;
use yizhan_kit::Digest16;
use yizhan_kit::clock::{DemoClock, SystemClock};
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Clock, Fen, Moment};

/// People who pay at a time.
const AT_ONCE: usize = 24;
/// A second of the channels.
const SECOND_MS: u64 = 100;

/// Runs it on each engine. `--orders` is the number of orders.
///
/// # Errors
/// A fen that is in one book and not in the other.
pub fn run(options: &Options) -> Result<Figures, String> {
    let mut figures = Figures::default();
    let orders = options.acts(100_000, 600);
    let cluster = options.engines.iter().any(|engine| engine == "postgres").then(Cluster::start).transpose()?;
    for engine in &options.engines {
        let mut speeds = Vec::new();
        for run in 0..options.runs(1, 1) {
            let zone = format!("{engine}-payments{run}");
            let server = cluster.as_ref().filter(|_| engine == "postgres").map(|cluster| cluster.address(&zone));
            let place = Place::new(&zone, server)?;
            tell_disk(&place.folder);
            speeds.push(one(&place, engine, orders, &mut figures)?);
        }
        figures.add(&format!("{engine}: orders/s, from the code to the books"), median(speeds));
    }
    Ok(figures)
}

/// What goes wrong, so that every fault is met some hundred times in the long form.
fn faults() -> Faults {
    Faults { second_ms: SECOND_MS, refund_stuck: 0, slow: 2, ..Faults::all(2021) }
}

fn one(place: &Place, engine: &str, orders: usize, figures: &mut Figures) -> Result<f64, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .max_blocking_threads(256)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let door = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let channels = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let base = format!("http://{}", channels.local_addr().map_err(|error| error.to_string())?);
        let begins: Moment = "2021-02-01T00:30".parse().map_err(|_| "no moment")?;
        let clock = Arc::new(DemoClock::starting_at(begins, Box::new(SystemClock)));
        let keys = Keys::open(&place.folder.join("channels"))?;
        let played = Arc::new(Play::new(keys, clock.clone(), faults(), base.clone()));
        let config = Config {
            payment: played.payment(&base),
            public_url: format!("http://{}", door.local_addr().map_err(|error| error.to_string())?),
            ..place.config()?
        };
        // PostgreSQL's client runs a runtime of its own, which wants a thread that drives none.
        let (app, ended) = blocking(|| serve::start(&place.common(), config, Some(clock.clone()), Damage::Refused))?;
        payments::listen(channels, played.clone(), axum::Router::new());
        let answering = tokio::spawn(axum::serve(door, routes::router(app.clone())).into_future());
        let asking = tokio::spawn(poll::run(app.clone()));
        let shop = Arc::new(Shop::open(app.clone(), played.clone()).await?);
        let began = Instant::now();
        shop.serve(orders).await?;
        shop.settled(&clock).await?;
        let took = began.elapsed().as_secs_f64();
        shop.agree(engine, figures)?;
        shop.bills(&clock).await?;
        answering.abort();
        asking.abort();
        let _ = (answering.await, asking.await);
        blocking(|| drop((app, shop)));
        let _ = tokio::time::timeout(Duration::from_secs(10), ended).await;
        Ok(orders as f64 / took)
    })
}

/// People who owe something, and how they pay.
struct Shop {
    app: Arc<App>,
    play: Arc<Play>,
    next: AtomicUsize,
    twice: AtomicUsize,
    unpaid: AtomicUsize,
    silent: AtomicUsize,
}

impl Shop {
    async fn open(app: Arc<App>, play: Arc<Play>) -> Result<Self, String> {
        let district = app
            .image()
            .catalog()
            .and_then(|catalog| catalog.regions.all().next().map(|region| region.code.to_string()))
            .ok_or("no catalog")?;
        let add = AddSubject {
            kind: "treasury".into(),
            facts: vec![("treasury.area".into(), district), ("treasury.name".into(), "财政专户".into())],
            since: Vec::new(),
            sealed: None,
            from: app.now().day(),
            source: "bench".into(),
            members: Vec::new(),
        };
        let act = Act { actor: Actor::System, request_key: None, request: Digest16([0; 16]), verb: Arc::new(add) };
        app.zone.submit(act).await.map_err(|problem| problem.to_string())?;
        let zero = || AtomicUsize::new(0);
        Ok(Self { app, play, next: zero(), twice: zero(), unpaid: zero(), silent: zero() })
    }

    /// Everybody is served, so many at a time.
    async fn serve(self: &Arc<Self>, orders: usize) -> Result<(), String> {
        let mut people = JoinSet::new();
        for _ in 0..AT_ONCE {
            let shop = self.clone();
            people.spawn(async move {
                loop {
                    let n = shop.next.fetch_add(1, Ordering::Relaxed);
                    if n >= orders {
                        return Ok::<(), String>(());
                    }
                    shop.person(n).await?;
                }
            });
        }
        while let Some(person) = people.join_next().await {
            person.map_err(|error| error.to_string())??;
        }
        Ok(())
    }

    /// Files a late return of a sum of their own, asks for a code or for both, and pays, twice, or not at all.
    async fn person(&self, n: usize) -> Result<(), String> {
        let chance = SeededEntropy::new(n as u64 + 77);
        let tax = Fen(1_000 + i64::try_from(chance.below(5_000_000)).unwrap_or(0));
        let form = json!({
            "region": "990100001201", "taxpayer": "示范商贸公司", "taxpayer_number": "91990100MA00000001", "name": "柳一",
            "mobile": "15400000001", "kind": "vat", "first": "2021-01-01", "last": "2021-01-31", "tax": tax.to_string(), "why": "会计休假"
        });
        let body = form.to_string();
        let prepared = cases::prepare(&self.app, &self.app.image(), "late-filing", body.as_bytes());
        let opened = self
            .app
            .act(Actor::Resident, Request::unkeyed(body.as_bytes()), prepared.map_err(|problem| problem.to_string())?)
            .await
            .map_err(|problem| problem.to_string())?;
        let case = opened.about.ok_or("no case")?;
        let viewer = Viewer::of(&self.app.image(), Actor::Holder(case), self.app.now().day())
            .map_err(|problem| problem.to_string())?;
        let first = if chance.below(2) == 0 { "wechat" } else { "alipay" };
        let second = if first == "wechat" { "alipay" } else { "wechat" };
        let fate = chance.below(100);
        let mut shown = Vec::new();
        // One in twenty has both codes on two screens.
        for channel in if fate < 5 { vec![first, second] } else { vec![first] } {
            shown.extend(self.code(&viewer, case, channel).await?);
        }
        if (5..8).contains(&fate) {
            self.unpaid.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let paid = shown.iter().filter(|order| self.play.pay(order)).count();
        self.twice.fetch_add(usize::from(paid > 1), Ordering::Relaxed);
        Ok(())
    }

    /// A code, asked for again when the channel is silent: what the channel calls the order.
    async fn code(&self, viewer: &Viewer, case: SubjectId, channel: &str) -> Result<Option<String>, String> {
        for _ in 0..5 {
            match act::make(&self.app, viewer, case, channel).await {
                Ok(shown) => {
                    let token = shown.code.rsplit('/').next().unwrap_or_default().to_owned();
                    return Ok(self.play.behind(&token));
                }
                // Paid meanwhile: it was told of before its answer came.
                Err(problem) if problem.kind.code == "nothing-due" => return Ok(None),
                Err(problem) if problem.kind.code == "channel-silent" => {
                    self.silent.fetch_add(1, Ordering::Relaxed);
                }
                Err(problem) => return Err(problem.to_string()),
            }
        }
        Ok(None)
    }

    /// The codes run out, and what waits is asked about until nothing does.
    async fn settled(&self, clock: &DemoClock) -> Result<(), String> {
        // Those who are being told of are told first.
        tokio::time::sleep(Duration::from_millis(10 * SECOND_MS)).await;
        clock.set(clock.now().plus_ms(20 * 60_000));
        for _ in 0..400 {
            poll::look(&self.app, Which::All).await;
            if poll::waiting(&self.app) == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(SECOND_MS)).await;
        }
        Err(format!("WRONG RESULT: {} still wait", poll::waiting(&self.app)))
    }

    /// Both books, channel by channel and order by order.
    fn agree(&self, engine: &str, figures: &mut Figures) -> Result<(), String> {
        let image = self.app.image();
        let program = Viewer::program();
        let seen = program.look(&image);
        let (mut taken, mut paid_orders, mut refunds) = (Fen(0), 0_usize, 0_usize);
        let mut apart = 0;
        for code in ["wechat", "alipay"] {
            let account = act::account(&image, code).ok_or("no account")?;
            let posted = seen.balance("tax", account).map(|balance| balance.posted).unwrap_or_default();
            let (paid, back) = self.play.sums(code);
            apart += posted.0.abs_diff(back.0 - paid.0);
            if apart > 0 {
                return Err(format!("WRONG RESULT: {code} has {paid} less {back}, our book says {posted}"));
            }
            taken = Fen(taken.0 + paid.0 - back.0);
        }
        let mut ours = std::collections::HashMap::new();
        for subject in seen.subjects_of(ORDER) {
            let order = seen.order(subject).ok_or("an order without its case")?;
            if order.state == State::Open {
                return Err(format!("WRONG RESULT: order {subject} still waits"));
            }
            let made = crate::cashier::rule::made_at(&image, &order);
            ours.insert(crate::cashier::rule::number(&self.app.vault, subject, made), order);
        }
        for (number, theirs) in self.play.all() {
            let order = ours.get(&number).ok_or_else(|| format!("WRONG RESULT: we do not know {number}"))?;
            let paid = if theirs.number.is_some() { theirs.amount } else { Fen(0) };
            let back: i64 =
                theirs.refunds.values().filter(|one| one.state == Refunding::Success).map(|one| one.amount.0).sum();
            if order.taken != paid || order.back() != Fen(back) {
                return Err(format!(
                    "WRONG RESULT: {number}: the channel has {paid} and {back} fen back, we {} and {}",
                    order.taken,
                    order.back()
                ));
            }
            paid_orders += usize::from(paid.0 > 0);
            refunds += theirs.refunds.len();
        }
        for (fund, sum) in seen.trial_balance().map_err(|problem| problem.to_string())? {
            if sum.0 != 0 {
                return Err(format!("WRONG RESULT: the trial balance of {fund} is {sum}"));
            }
        }
        let heard = &self.play.heard;
        let count = |of: &std::sync::atomic::AtomicU64| of.load(Ordering::Relaxed) as f64;
        if heard.deceived.load(Ordering::Relaxed) > 0 {
            return Err("WRONG RESULT: a false notification was taken".into());
        }
        figures.add(&format!("{engine}: orders"), ours.len() as f64);
        figures.add(&format!("{engine}: paid"), paid_orders as f64);
        figures.add(&format!("{engine}: paid twice by their payers"), self.twice.load(Ordering::Relaxed) as f64);
        figures.add(&format!("{engine}: given back"), refunds as f64);
        figures.add(&format!("{engine}: answers that came too late"), self.silent.load(Ordering::Relaxed) as f64);
        figures.add(&format!("{engine}: true notifications taken"), count(&heard.taken));
        figures.add(&format!("{engine}: false notifications seen through"), count(&heard.seen_through));
        figures.add(&format!("{engine}: kept, yuan"), taken.0 as f64 / 100.0);
        let name = format!("{engine}: fen by which the books differ");
        figures.add(&name, apart as f64);
        figures.at_most(&name, 0.0);
        Ok(())
    }

    /// The bills of the day, each row in both.
    async fn bills(&self, clock: &DemoClock) -> Result<(), String> {
        let day = clock.now().day();
        clock.set(day.plus(1).start().plus_ms(11 * 3_600_000));
        for code in ["wechat", "alipay"] {
            if !bill::fetch(&self.app, code, day).await.map_err(|problem| problem.to_string())? {
                return Err(format!("WRONG RESULT: no bill of {code}"));
            }
            let entries = bill::compared(&self.app, code, day).map_err(|problem| problem.to_string())?;
            let entries = entries.ok_or("no bill")?;
            if let Some(one) = entries.iter().find(|one| one.compared != bill::Compared::Same) {
                return Err(format!("WRONG RESULT: {code}: {one:?}"));
            }
            eprintln!("{code}: {} rows of the bill, each in our books", entries.len());
        }
        Ok(())
    }
}
