//! What waits in the ledger is asked about until it does not wait: orders whose notification was lost, refunds on their way. And
//! once a day the bills are fetched.

use super::channel::{Back, Returned, Trouble};
use super::{act, bill, rule};
use crate::app::{App, blocking};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use yizhan_core::access::Viewer;
use yizhan_core::checkout::{Going, ORDER};
use yizhan_core::ledger::Phase;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Moment, Problem};

/// How long after it was made something is asked about first.
const FIRST_MS: i64 = 5_000;
/// The longest time between two questions.
const LONGEST_MS: i64 = 60_000;
/// How many are asked about at a time.
const AT_ONCE: usize = 8;

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Payment,
    Refund,
}

/// Something that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    order: SubjectId,
    what: What,
    /// When it is asked about next.
    next: Moment,
    tries: u32,
    asking: bool,
}

/// What waits, as far as the ledger was followed.
#[derive(Default)]
pub struct Watch {
    followed: u64,
    waiting: BTreeMap<u64, Waiting>,
    /// On which day bills were asked for last, and until when they are not asked for again that day.
    bills_asked: Option<(Day, Moment)>,
}

/// Whether everything is asked about, or only what is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// What is due.
    Due,
    /// Everything that waits.
    All,
}

/// Asks for as long as the program runs.
pub async fn run(app: Arc<App>) {
    let mut live = app.zone.live();
    loop {
        if !app.cashier.all().is_empty() {
            look(&app, Which::Due).await;
            let (now, today) = (app.real_clock.now(), app.now().day());
            let asked = app.cashier.watch.lock().expect("no panic while it is held").bills_asked;
            if asked.is_none_or(|(day, until)| day != today || until <= now) {
                let wait = bill::fetch_due(&app).await;
                let mut watch = app.cashier.watch.lock().expect("no panic while it is held");
                watch.bills_asked = Some((today, now.plus_ms(wait)));
            }
        }
        let _ = tokio::time::timeout(Duration::from_secs(1), live.changed()).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Follows the ledger: what was set aside for an order or a refund waits, what settled it ends the waiting.
fn follow(app: &App) {
    let image = app.image();
    let now = app.real_clock.now();
    let mut watch = app.cashier.watch.lock().expect("no panic while it is held");
    let program = Viewer::program();
    let seen = program.look(&image);
    for one in seen.transfers_after(watch.followed) {
        watch.followed = one.n;
        if let Some(settled) = one.settles {
            watch.waiting.remove(&settled);
            continue;
        }
        let about = image.act(one.seq).and_then(|act| act.about());
        let order = about.filter(|subject| image.kind(*subject).is_some_and(|kind| **kind == *ORDER));
        if let Some(order) = order.filter(|_| one.phase == Phase::Pending) {
            let what = if *one.rule == *"order" { What::Payment } else { What::Refund };
            let next = if what == What::Payment { now.plus_ms(FIRST_MS) } else { now };
            watch.waiting.insert(one.n, Waiting { order, what, next, tries: 0, asking: false });
        }
    }
}

/// How much waits.
pub fn waiting(app: &App) -> usize {
    follow(app);
    app.cashier.watch.lock().expect("no panic while it is held").waiting.len()
}

/// Asks about what waits. How many were asked about.
pub async fn look(app: &Arc<App>, which: Which) -> usize {
    follow(app);
    let now = app.real_clock.now();
    let due: Vec<(u64, Waiting)> = {
        let mut watch = app.cashier.watch.lock().expect("no panic while it is held");
        let due = watch.waiting.iter_mut().filter(|(_, one)| !one.asking && (which == Which::All || one.next <= now));
        due.map(|(n, one)| {
            one.asking = true;
            (*n, *one)
        })
        .collect()
    };
    let asked = due.len();
    let turn = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for (transfer, one) in due {
        let (app, turn) = (app.clone(), turn.clone());
        tasks.spawn(async move {
            let _turn = turn.acquire_owned().await;
            let outcome = match one.what {
                What::Payment => act::ask(&app, one.order).await,
                What::Refund => give_back(&app, one.order, transfer, one.tries).await,
            };
            if let Err(problem) = &outcome {
                tracing::debug!(%problem, transfer, "it is asked about again");
            }
            let mut watch = app.cashier.watch.lock().expect("no panic while it is held");
            if let Some(kept) = watch.waiting.get_mut(&transfer) {
                kept.asking = false;
                kept.tries += 1;
                let wait = FIRST_MS.saturating_mul(1 << kept.tries.min(6)).min(LONGEST_MS);
                kept.next = app.real_clock.now().plus_ms(wait);
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    follow(app);
    asked
}

/// Sends a refund, or asks what became of it. Whether it still waits.
async fn give_back(app: &App, order: SubjectId, transfer: u64, tries: u32) -> Result<bool, Problem> {
    let image = app.image();
    let program = Viewer::program();
    let Some(order) = program.look(&image).order(order) else { return Ok(false) };
    let Some(refund) = order.refunds.iter().find(|one| one.transfer == transfer && one.going == Going::Waits) else {
        return Ok(false);
    };
    let code = act::code_of(&image, order.channel);
    let channel = app.cashier.channel(&code)?;
    let number = rule::number(&app.vault, order.subject, rule::made_at(&image, &order));
    let back = Back {
        refund: rule::back_number(&number, transfer),
        order: number,
        amount: refund.amount,
        of: order.asked,
        why: "多付或者不再需要付".into(),
    };
    drop(image);
    let told = blocking(|| {
        let known = if tries == 0 { Ok(Returned::Unknown) } else { channel.refunded(&back.order, &back.refund) };
        match known? {
            Returned::Unknown => channel.refund(&back),
            told => Ok(told),
        }
    });
    match told {
        Ok(told) => act::returned(app, &order, transfer, told).await,
        // It is refused for good, or until somebody pays into our account there: somebody looks at it.
        Err(Trouble::Refused { code, says }) => {
            tracing::warn!(code, says, "a refund is refused");
            act::returned(app, &order, transfer, Returned::Stuck).await
        }
        Err(trouble) => Err(act::silent(&trouble)),
    }
}
