//! Its verbs: an order is made and its code fetched; a payment is taken; what became of a refund is kept; work is opened for
//! what does not agree.

use super::channel::{Asked, Receipt, Returned, Told, Trouble};
use super::rule;
use crate::app::{App, Request, blocking, store};
use crate::case::{act as cases, money};
use serde_json::json;
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::catalog::Level;
use yizhan_core::checkout::{self, CHANNEL, CHANNEL_CODE, Going, Order, State};
use yizhan_core::image::Image;
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, EndOrder, EndRefund, GiveBack, Giving, MakeOrder, TakePayment, collects_now};
use yizhan_core::writer::Answer;
use yizhan_kit::{Day, Fen, Problem};

/// The service that works on what does not agree.
pub const DIFFERENCE: &str = "payment-difference";

/// A code that somebody can scan.
pub struct Shown {
    /// The order.
    pub order: SubjectId,
    /// What the code holds.
    pub code: String,
}

/// What a channel is called in front of people.
pub fn title(code: &str) -> (&'static str, &'static str) {
    match code {
        "wechat" => ("微信支付", "WeChat Pay"),
        _ => ("支付宝", "Alipay"),
    }
}

/// The account of a channel.
pub fn account(image: &Image, code: &str) -> Option<SubjectId> {
    let program = Viewer::program();
    let seen = program.look(image);
    let is = |one: &SubjectId| matches!(seen.latest(*one, CHANNEL_CODE), Some(Value::Text(text)) if *text == *code);
    seen.subjects_of(CHANNEL).find(is)
}

/// Which channel an account is.
pub fn code_of(image: &Image, account: SubjectId) -> String {
    let program = Viewer::program();
    match program.look(image).latest(account, CHANNEL_CODE) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}

/// The account of a channel, added the first time that it is needed.
async fn must_have_account(app: &App, code: &str) -> Result<SubjectId, Problem> {
    let image = app.image();
    if let Some(account) = account(&image, code) {
        return Ok(account);
    }
    let (catalog, _) = cases::catalog(&image)?;
    let district = catalog.regions.all().find(|region| region.level == Level::District).map(|region| region.code);
    let fact = |name: &str, value: String| (format!("{CHANNEL}.{name}"), value);
    let mut facts = vec![fact("name", title(code).0.to_owned()), fact("code", code.to_owned())];
    facts.extend(district.map(|area| fact("area", area.to_string())));
    let (from, source) = (app.now().day(), "payment".to_owned());
    let add =
        AddSubject { kind: CHANNEL.into(), facts, since: Vec::new(), sealed: None, from, source, members: Vec::new() };
    let added = app.act(Actor::System, Request::keyed("channel", code, b""), add).await?;
    added.about.ok_or_else(|| store(&"the channel has no account"))
}

/// Makes an order for what is left of a case, and fetches its code; one that is open is shown again.
///
/// # Errors
/// `not-found`, `move-not-allowed`, `nothing-due`, `channel-silent`.
pub async fn make(app: &App, viewer: &Viewer, case: SubjectId, code: &str) -> Result<Shown, Problem> {
    let channel = app.cashier.channel(code)?;
    let account = must_have_account(app, code).await?;
    let verb = {
        let image = app.image();
        let head = viewer.look(&image).case(case)?;
        let service = image.service(head).clone();
        let Some(collects) = service.collects.as_ref().filter(|_| collects_now(&image, head)) else {
            return Err(problem::MOVE_NOT_ALLOWED.problem("这件事现在不收款。", "Nothing is collected for this now."));
        };
        let program = Viewer::program();
        let seen = program.look(&image);
        let receiver = money::nearest(&seen, &collects.to, image.area(head)).ok_or_else(|| {
            problem::NOT_FOUND.problem("没有登记收款账户。", "No account that receives it is registered.")
        })?;
        let day = rule::counted_on(&image, &seen.orders_of(case), app.now().day());
        let due = rule::due(app, &image, head, day)?.all.ok_or_else(|| {
            problem::MOVE_NOT_ALLOWED.problem(
                "应缴金额还没有核定，核定后就可以付。",
                "What is due is not assessed yet; then it can be paid.",
            )
        })?;
        MakeOrder { case, channel: account, receiver, due }
    };
    let made = app.act(viewer.actor, Request::unkeyed(b"order"), verb).await?;
    let image = app.image();
    let program = Viewer::program();
    let order = made.about.and_then(|order| program.look(&image).order(order));
    let order = order.ok_or_else(|| store(&"the order is not there"))?;
    let shown = code_for(app, &image, &order, &*channel);
    shown.map(|code| Shown { order: order.subject, code }).map_err(|trouble| silent(&trouble))
}

/// `channel-silent`; what it said goes to the log.
pub fn silent(trouble: &Trouble) -> Problem {
    tracing::warn!(%trouble, "a payment channel");
    problem::CHANNEL_SILENT
        .problem(
            "支付渠道暂时没有回应，请稍后再试，不会重复扣款。",
            "The channel does not answer now; try again, nothing is paid twice.",
        )
        .retry_after(5)
}

/// What the code of an open order holds: as it was fetched, or fetched now. Asked twice under one number, a channel makes one
/// order.
fn code_for(app: &App, image: &Image, order: &Order, channel: &dyn super::channel::Channel) -> Result<String, Trouble> {
    let made = rule::made_at(image, order);
    let number = rule::number(&app.vault, order.subject, made);
    if let Some(code) = kept_code(app, &number) {
        return Ok(code);
    }
    let program = Viewer::program();
    let what = program
        .look(image)
        .case(order.case)
        .map_or_else(|_| String::new(), |head| format!("{} {}", image.service(head).title.zh, image.number(head)));
    let until = checkout::until(made);
    let code = blocking(|| channel.create(&Asked { order: number.clone(), amount: order.asked, what, until }))?;
    let kept_until = app.real_clock.now().plus_ms((until.0 - app.now().0).max(60_000));
    let kept = app.with_working(|working| working.put("pay-code", &number, code.as_bytes(), kept_until));
    if let Err(what) = kept {
        tracing::warn!(what, "a code could not be kept; it is fetched again when it is wanted");
    }
    Ok(code)
}

/// The code of an order as it was fetched, while it lasts.
pub fn kept_code(app: &App, number: &str) -> Option<String> {
    let now = app.real_clock.now();
    let kept = app.with_working(|working| working.get("pay-code", number, now)).ok().flatten()?;
    String::from_utf8(kept).ok()
}

/// Takes a payment that a channel told of, once, whoever told it. It is durable when this answers.
///
/// # Errors
/// `not-found` of an order that is not ours, `amount-differs`, the writer's refusals.
pub async fn taken(app: &App, code: &str, number: &str, receipt: &Receipt) -> Result<(), Problem> {
    let request = Request::keyed("paid", &format!("{code} {}", receipt.number), b"");
    if let Some(first) = app.answered(&request) {
        return first.map(drop);
    }
    let verb = {
        let image = app.image();
        let order = rule::find(app, &image, number).filter(|order| code_of(&image, order.channel) == code);
        let order = order.ok_or_else(|| {
            problem::NOT_FOUND.problem("没有这笔支付单。", format!("There is no order {number} of this channel."))
        })?;
        let program = Viewer::program();
        let seen = program.look(&image);
        let head = seen.case(order.case)?;
        let on = receipt.at.day();
        let day = rule::counted_on(&image, &seen.orders_of(order.case), on);
        let due = match collects_now(&image, head) {
            true => rule::due(app, &image, head, day)?.all.unwrap_or_default(),
            false => Fen(0),
        };
        let body = json!({"amount": receipt.amount.to_string(), "channel": code, "number": receipt.number, "order": number, "at": receipt.at.to_string()});
        let body = body.to_string().into_bytes().into();
        TakePayment { order: order.subject, number: receipt.number.clone(), amount: receipt.amount, on, due, body }
    };
    app.act(Actor::System, request, verb).await.map(drop)
}

/// Asks a channel about an open order and does what follows: takes it, closes what has run out or nobody waits for, ends what
/// is closed. Whether it still waits.
///
/// # Errors
/// The channel's trouble, or the writer's refusal.
pub async fn ask(app: &App, subject: SubjectId) -> Result<bool, Problem> {
    let image = app.image();
    let program = Viewer::program();
    let Some(order) = program.look(&image).order(subject) else { return Ok(false) };
    let code = code_of(&image, order.channel);
    let channel = app.cashier.channel(&code)?;
    let made = rule::made_at(&image, &order);
    let number = rule::number(&app.vault, subject, made);
    let is_over = checkout::until(made) < app.now();
    let unwanted = is_unwanted(app, &image, &order)?;
    drop(image);
    match blocking(|| channel.query(&number)).map_err(|trouble| silent(&trouble))? {
        Told::Paid(receipt) => match taken(app, &code, &number, &receipt).await {
            Err(problem) if problem.kind.code == problem::AMOUNT_DIFFERS.code => {
                let (ours, theirs) = (Some(order.asked), Some(receipt.amount));
                differs(
                    app,
                    &Difference {
                        code: &code,
                        day: receipt.at.day(),
                        kind: "amount",
                        order: &number,
                        ours,
                        theirs,
                        case: Some(order.case),
                    },
                )
                .await?;
                Ok(true)
            }
            outcome => outcome.map(|()| false),
        },
        Told::Closed if order.state == State::Open => end(app, subject).await.map(|_| false),
        Told::Unknown if is_over && order.state == State::Open => end(app, subject).await.map(|_| false),
        Told::Waiting if (is_over || unwanted) && order.state == State::Open => {
            // That it was closed is believed when the channel says so the next time it is asked.
            match blocking(|| channel.close(&number)) {
                Ok(()) | Err(Trouble::Refused { .. }) => Ok(true),
                Err(trouble) => Err(silent(&trouble)),
            }
        }
        _ => Ok(order.state == State::Open),
    }
}

/// Whether nobody needs an open order any more: its case collects no longer, or what is left is less than it asks for.
fn is_unwanted(app: &App, image: &Image, order: &Order) -> Result<bool, Problem> {
    let program = Viewer::program();
    let seen = program.look(image);
    let head = seen.case(order.case)?;
    if !collects_now(image, head) {
        return Ok(true);
    }
    let orders = seen.orders_of(order.case);
    let kept = checkout::kept(&orders);
    if kept.0 == 0 {
        return Ok(false);
    }
    let due = rule::due(app, image, head, rule::counted_on(image, &orders, app.now().day()))?.all;
    Ok(due.is_some_and(|due| kept.0 + order.asked.0 > due.0))
}

async fn end(app: &App, order: SubjectId) -> Answer {
    app.act(Actor::System, Request::unkeyed(b"end"), EndOrder { order }).await
}

/// Does what follows from a channel's word on a refund. Whether it still waits.
///
/// # Errors
/// The writer's refusal.
pub async fn returned(app: &App, order: &Order, transfer: u64, told: Returned) -> Result<bool, Problem> {
    let image = app.image();
    let refund = order.refunds.iter().find(|one| one.transfer == transfer && one.going == Going::Waits);
    let Some(refund) = refund else { return Ok(false) };
    let code = code_of(&image, order.channel);
    let number = rule::back_number(&rule::number(&app.vault, order.subject, rule::made_at(&image, order)), transfer);
    let going = match told {
        Returned::Unknown | Returned::Waiting => return Ok(true),
        Returned::Done => Going::Done,
        Returned::Closed => Going::Failed,
        Returned::Stuck => Going::Waits,
    };
    if going != Going::Done {
        let kind = if told == Returned::Stuck { "refund-stuck" } else { "refund-closed" };
        let (ours, day) = (Some(refund.amount), app.now().day());
        let difference =
            Difference { code: &code, day, kind, order: &number, ours, theirs: None, case: Some(order.case) };
        differs(app, &difference).await?;
    }
    if going == Going::Waits {
        return Ok(true);
    }
    let outcome = if going == Going::Done { "done" } else { "failed" };
    let body = json!({"amount": refund.amount.to_string(), "channel": code, "order": number, "outcome": outcome});
    let body: Arc<[u8]> = body.to_string().into_bytes().into();
    let request = Request::keyed("returned", &number, outcome.as_bytes());
    if let Some(first) = app.answered(&request) {
        return first.map(|_| false);
    }
    let verb = EndRefund { order: order.subject, transfer, going, body };
    match app.act(Actor::System, request, verb).await {
        // Told by a notification and by an answer at once: one of them came first.
        Err(problem) if problem.kind.code == problem::TRANSFER_REFUSED.code => Ok(false),
        outcome => outcome.map(|_| false),
    }
}

/// Something that does not agree.
pub struct Difference<'a> {
    /// The channel.
    pub code: &'a str,
    /// The day.
    pub day: Day,
    /// What differs.
    pub kind: &'a str,
    /// The order's or the refund's number.
    pub order: &'a str,
    /// Our amount.
    pub ours: Option<Fen>,
    /// Theirs.
    pub theirs: Option<Fen>,
    /// The case.
    pub case: Option<SubjectId>,
}

/// Opens work for the district on what does not agree, once.
///
/// # Errors
/// The writer's refusal.
pub async fn differs(app: &App, what: &Difference<'_>) -> Result<(), Problem> {
    let image = app.image();
    let (catalog, _) = cases::catalog(&image)?;
    let district = catalog.regions.all().find(|region| region.level == Level::District).map(|region| region.code);
    let program = Viewer::program();
    let seen = program.look(&image);
    let mut form = json!({
        "region": district.map(|area| area.to_string()).unwrap_or_default(), "channel": what.code, "day": what.day.to_string(),
        "kind": what.kind, "order": what.order
    });
    for (name, amount) in [("ours", what.ours), ("theirs", what.theirs)] {
        if let Some(amount) = amount {
            form[name] = json!(amount.to_string());
        }
    }
    if let Some(head) = what.case.and_then(|case| seen.case(case).ok()) {
        form["case"] = json!(image.number(head));
    }
    let key = format!("{} {} {} {}", what.code, what.kind, what.order, what.theirs.unwrap_or_default());
    let request = Request::keyed("difference", &key, key.as_bytes());
    if app.answered(&request).is_some() {
        return Ok(());
    }
    drop(image);
    cases::open(app, Actor::System, DIFFERENCE, request, form.to_string().as_bytes()).await.map(drop)
}

/// What somebody does about giving back, with their reason.
///
/// # Errors
/// `form-invalid`, `four-eyes`, `forbidden`, `move-not-allowed`.
pub async fn give_back(
    app: &App,
    viewer: &Viewer,
    request: Request,
    order: SubjectId,
    giving: Giving,
    why: Option<&str>,
) -> Answer {
    if let Some(first) = app.answered(&request) {
        return first;
    }
    let image = app.image();
    let seen = viewer.look(&image);
    let known =
        seen.order(order).ok_or_else(|| problem::NOT_FOUND.problem("没有这笔支付单。", "There is no such order."))?;
    let head = seen.case(known.case)?;
    let body = match why.map(str::trim) {
        None => None,
        Some(why) if why.is_empty() || why.chars().count() > 200 => {
            return Err(
                problem::FORM_INVALID.problem("请写明退款原因（200 字以内）。", "Say why, in at most 200 characters.")
            );
        }
        // Where the details are forgotten the reason is not kept with them.
        Some(_) if head.key == 0 => None,
        Some(why) => {
            let amount = if let Giving::Asked(amount) = giving { amount.to_string() } else { String::new() };
            let plain = json!({"reason": why, "amount": amount}).to_string();
            Some(cases::seal(app, head, image.service(head), plain.as_bytes())?)
        }
    };
    app.act(viewer.actor, request, GiveBack { order, giving, body }).await
}
