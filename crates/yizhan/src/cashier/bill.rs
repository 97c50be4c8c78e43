//! The channels' daily bills, held against our books to the fen: in both, only ours, only theirs, another sum. What a bill names
//! and we do not know is asked about before anybody is: a payment whose notification was lost is found at the latest here.

use super::act::{self, Difference};
use super::channel::BillRow;
use super::rule;
use crate::app::{App, Request, blocking, store};
use std::collections::{BTreeMap, BTreeSet};
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::checkout::{CHANNEL_BILL, CHANNEL_CODE, Going, ORDER, Order};
use yizhan_core::image::fact::Value;
use yizhan_core::ledger::Phase;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::KeepBill;
use yizhan_kit::{Day, Fen, Problem};

/// Bills of the day before are there from this minute of the day on.
const FROM_MINUTE: u16 = 10 * 60;
/// How many days back a missing bill is still asked for.
const DAYS_BACK: i32 = 7;
/// How long to wait after all is fetched, and after something was not there yet.
const WAIT_MS: i64 = 60_000;
const AGAIN_MS: i64 = 30 * 60_000;

/// How an entry compares.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Compared {
    /// In both, the same sum.
    Same,
    /// Only in our books.
    OnlyOurs,
    /// Only in the bill.
    OnlyTheirs,
    /// In both, another sum.
    Amount,
}

impl Compared {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::OnlyOurs => "only-ours",
            Self::OnlyTheirs => "only-theirs",
            Self::Amount => "amount",
        }
    }
}

/// A payment or a refund, as both sides have it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// How it compares.
    pub compared: Compared,
    /// Our number: of the order, or of the refund.
    pub number: String,
    /// Whether something went back.
    pub back: bool,
    /// The channel's number.
    pub theirs_number: String,
    /// Our sum.
    pub ours: Option<Fen>,
    /// Theirs.
    pub theirs: Option<Fen>,
    /// Our order.
    pub order: Option<SubjectId>,
    /// Its case.
    pub case: Option<SubjectId>,
}

/// The days whose bills are kept of a channel.
pub fn kept_days(seen: &Seen<'_>, account: SubjectId) -> BTreeSet<Day> {
    seen.spells(account, CHANNEL_BILL).iter().map(|spell| spell.from).collect()
}

/// The rows of a kept bill.
///
/// # Errors
/// The store's failure.
pub fn rows(app: &App, seen: &Seen<'_>, account: SubjectId, day: Day) -> Result<Option<Vec<BillRow>>, Problem> {
    let body = match seen.fact(account, CHANNEL_BILL, day) {
        Some(Value::Int(n)) => u64::try_from(n).ok(),
        _ => None,
    };
    let Some(body) = body else { return Ok(None) };
    let plain = app.body(body)?;
    serde_json::from_slice(&plain).map(Some).map_err(|error| store(&error))
}

/// A day of a channel, compared. Nothing while there is no bill of it.
///
/// # Errors
/// The store's failure.
pub fn compared(app: &App, code: &str, day: Day) -> Result<Option<Vec<Entry>>, Problem> {
    let image = app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    let Some(account) = act::account(&image, code) else { return Ok(None) };
    let Some(own) = rows(app, &seen, account, day)? else { return Ok(None) };
    // By our number: what was paid on one order may stand in several rows.
    let mut theirs: BTreeMap<(String, bool), (i64, String)> = BTreeMap::new();
    for row in own {
        let key = (row.refund.clone().unwrap_or(row.order), row.refund.is_some());
        let sum = theirs.entry(key).or_insert((0, row.number));
        sum.0 += row.fen;
    }
    let mut entries = Vec::new();
    for ((number, back), (fen, theirs_number)) in &theirs {
        let (order, ours) = if *back {
            let found = rule::find_back(app, &image, number);
            let done = |order: &Order, transfer: u64| {
                let refund = order.refunds.iter().find(|one| one.transfer == transfer && one.going == Going::Done);
                refund.map(|one| one.amount)
            };
            let amount = found.as_ref().and_then(|(order, transfer)| done(order, *transfer));
            (found.map(|(order, _)| order), amount)
        } else {
            let order = rule::find(app, &image, number);
            let taken = order.as_ref().map(|order| order.taken).filter(|taken| taken.0 > 0);
            (order, taken)
        };
        let order = order.filter(|order| order.channel == account);
        let ours = ours.filter(|_| order.is_some());
        let compared = match ours {
            None => Compared::OnlyTheirs,
            Some(amount) if amount.0 == *fen => Compared::Same,
            Some(_) => Compared::Amount,
        };
        entries.push(Entry {
            compared,
            number: number.clone(),
            back: *back,
            theirs_number: theirs_number.clone(),
            ours,
            theirs: Some(Fen(*fen)),
            order: order.as_ref().map(|order| order.subject),
            case: order.map(|order| order.case),
        });
    }
    entries.extend(only_ours(app, &seen, account, day)?);
    entries.sort_by(|a, b| b.compared.cmp(&a.compared).then_with(|| a.number.cmp(&b.number)));
    Ok(Some(entries))
}

/// What was booked on a day and stands in no bill of that day or of those around it: paid shortly before midnight, it is in the
/// bill of the day before.
fn only_ours(app: &App, seen: &Seen<'_>, account: SubjectId, day: Day) -> Result<Vec<Entry>, Problem> {
    let mut billed: BTreeSet<(String, bool)> = BTreeSet::new();
    for around in (-DAYS_BACK..=1).map(|n| day.plus(n)) {
        for row in rows(app, seen, account, around)?.unwrap_or_default() {
            billed.insert((row.refund.clone().unwrap_or(row.order), row.refund.is_some()));
        }
    }
    let mut met = BTreeSet::new();
    let mut entries = Vec::new();
    for (number, back, amount, order) in booked(app, seen, account, day) {
        let key = (number, back);
        if billed.contains(&key) || !met.insert(key.clone()) {
            continue;
        }
        let (number, back) = key;
        entries.push(Entry {
            compared: Compared::OnlyOurs,
            number,
            back,
            theirs_number: their_number(seen, order.subject),
            ours: Some(amount),
            theirs: None,
            order: Some(order.subject),
            case: Some(order.case),
        });
    }
    Ok(entries)
}

fn their_number(seen: &Seen<'_>, order: SubjectId) -> String {
    match seen.latest(order, yizhan_core::checkout::ORDER_NUMBER) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}

/// What was taken and given back by a channel on a day, as we booked it: our number, whether it went back, how much, the order.
pub fn booked(app: &App, seen: &Seen<'_>, account: SubjectId, day: Day) -> Vec<(String, bool, Fen, Order)> {
    let image = seen.image();
    let mut found = Vec::new();
    for fund in seen.funds_of(account) {
        for one in seen.statement(&fund, account) {
            let Some(acted) = image.act(one.seq) else { continue };
            if acted.at().day() < day {
                break;
            }
            if acted.at().day() > day || !one.moves() {
                continue;
            }
            let about = acted.about().filter(|subject| image.kind(*subject).is_some_and(|kind| **kind == *ORDER));
            let Some(order) = about.and_then(|subject| seen.order(subject)) else { continue };
            let number = rule::number(&app.vault, order.subject, rule::made_at(image, &order));
            let back = one.credit == account;
            match (back, one.phase, one.settles) {
                (true, Phase::Post, Some(pending)) => {
                    found.push((rule::back_number(&number, pending), true, one.amount, order));
                }
                (true, ..) => {}
                (false, ..) => found.push((number, false, one.amount, order)),
            }
        }
    }
    found
}

/// Fetches what is there and not fetched yet, and opens work on what does not agree. After how long to look again, in
/// milliseconds.
pub async fn fetch_due(app: &App) -> i64 {
    let now = app.now();
    let last = now.day().plus(if now.minutes_of_day() < FROM_MINUTE { -2 } else { -1 });
    let mut wait = WAIT_MS;
    for channel in app.cashier.all().to_vec() {
        let image = app.image();
        let program = Viewer::program();
        let seen = program.look(&image);
        let Some(account) = act::account(&image, channel.code()) else { continue };
        let since = seen.spells(account, CHANNEL_CODE).iter().map(|spell| spell.from).min().unwrap_or(now.day());
        let kept = kept_days(&seen, account);
        let days = (-DAYS_BACK..0)
            .map(|n| now.day().plus(n))
            .filter(|day| *day >= since && *day <= last && !kept.contains(day));
        for day in days {
            match fetch(app, channel.code(), day).await {
                Ok(true) => {}
                Ok(false) => wait = AGAIN_MS,
                Err(problem) => {
                    tracing::warn!(%problem, channel = channel.code(), %day, "a bill waits");
                    wait = AGAIN_MS;
                }
            }
        }
    }
    wait
}

/// Fetches one bill, keeps it, asks about what it names and we do not know, and opens work on what is left. Whether it was
/// there.
///
/// # Errors
/// The channel's trouble, or the writer's refusal.
pub async fn fetch(app: &App, code: &str, day: Day) -> Result<bool, Problem> {
    let channel = app.cashier.channel(code)?;
    let Some(rows) = blocking(|| channel.bill(day)).map_err(|trouble| act::silent(&trouble))? else { return Ok(false) };
    let account = act::account(&app.image(), code).ok_or_else(|| {
        problem::NOT_FOUND.problem("这个渠道还没有收过款。", "Nothing was taken by this channel yet.")
    })?;
    let plain = serde_json::to_vec(&rows).map_err(|error| store(&error))?;
    let verb = KeepBill { channel: account, day, rows: plain.into() };
    app.act(Actor::System, Request::unkeyed(b"bill"), verb).await?;
    for unknown in compared(app, code, day)?.unwrap_or_default() {
        if let (Compared::OnlyTheirs, Some(order), false) = (unknown.compared, unknown.order, unknown.back) {
            act::ask(app, order).await?;
        }
    }
    for one in compared(app, code, day)?.unwrap_or_default() {
        if one.compared != Compared::Same {
            let Entry { number, ours, theirs, case, .. } = &one;
            let kind = one.compared.as_str();
            let difference = Difference { code, day, kind, order: number, ours: *ours, theirs: *theirs, case: *case };
            act::differs(app, &difference).await?;
        }
    }
    Ok(true)
}
