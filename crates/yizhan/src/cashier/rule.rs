//! What is due for a case, from what was answered; what orders and refunds are called at the channels.

use crate::app::App;
use crate::case::view;
use serde_json::Value;
use std::collections::BTreeMap;
use yizhan_core::access::Viewer;
use yizhan_core::catalog::{Amount, Catalog, PAID_ON, Part, Step, Words};
use yizhan_core::checkout::{self, ORDER_PAID_ON, Order};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::image::fact::Value as Known;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::rule::Type;
use yizhan_core::vault::Vault;
use yizhan_kit::digest::is_same_secret;
use yizhan_kit::id::base32;
use yizhan_kit::{Day, Fen, Moment, Problem};

/// What is due for a case.
pub struct Due {
    /// Of what it is made.
    pub parts: Vec<(Words, Fen)>,
    /// In all; nothing while it is not known.
    pub all: Option<Fen>,
}

/// What is due for a case, were it paid on a day. What an officer assessed goes before what is worked out.
///
/// # Errors
/// `forgotten`, or the store's failure.
pub fn due(app: &App, image: &Image, case: &CaseHead, on: Day) -> Result<Due, Problem> {
    let program = Viewer::program();
    let seen = program.look(image);
    let service = image.service(case).clone();
    let (Some(collects), Some(catalog)) = (&service.collects, image.catalog()) else {
        return Ok(Due { parts: Vec::new(), all: None });
    };
    if let Some(Known::Fen(assessed)) = seen.latest(case.subject, &collects.assessed) {
        let title = Words { zh: "核定应缴".into(), en: "As assessed".into() };
        return Ok(Due { parts: vec![(title, assessed)], all: Some(assessed) });
    }
    let steps = view::steps(app, case)?;
    let application = view::answers(app, &service, &steps)?.unwrap_or_default();
    let mut entries: BTreeMap<&str, Option<Value>> = BTreeMap::new();
    for name in collects.parts.iter().filter_map(|part| part.of.as_deref()) {
        let recorded =
            |step: &&yizhan_core::row::StepRow| *step.verb == *StepVerb::Record.as_str() && *step.name == *name;
        let body = steps.iter().find(recorded).and_then(|step| step.body);
        entries.insert(name, body.map(|n| view::read_json(app, n)).transpose()?);
    }
    let mut due = Due { parts: Vec::new(), all: Some(Fen(0)) };
    for part in &collects.parts {
        let answers = match part.of.as_deref() {
            None => Some(&application),
            Some(name) => entries.get(name).and_then(Option::as_ref),
        };
        let amount = match answers {
            None => None,
            Some(answers) if part.when.as_ref().is_some_and(|(at, is)| said(answers, at).as_deref() != Some(is)) => {
                continue;
            }
            Some(answers) => amount(catalog, part, answers, on),
        };
        due.all = due.all.zip(amount).and_then(|(all, amount)| all.checked_add(amount));
        if let Some(amount) = amount.filter(|amount| amount.0 > 0) {
            due.parts.push((part.title.clone(), amount));
        }
    }
    Ok(due)
}

fn said(answers: &Value, pointer: &str) -> Option<String> {
    match answers.pointer(pointer)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// What a part comes to; nothing where something is missing.
fn amount(catalog: &Catalog, part: &Part, answers: &Value, on: Day) -> Option<Fen> {
    match &part.amount {
        Amount::Answer(pointer) => said(answers, pointer)?.parse().ok(),
        Amount::Computed { calculator, result, day, given } => {
            let one = catalog.calculators.get(calculator)?;
            let day = match day {
                None => on,
                Some(pointer) => {
                    let text = said(answers, pointer)?;
                    // Of a year its first day.
                    let text = if text.len() == 4 { format!("{text}-01-01") } else { text };
                    text.parse().ok()?
                }
            };
            let mut told = BTreeMap::new();
            for (name, from) in given {
                let text = match from.as_str() {
                    PAID_ON => Some(on.to_string()),
                    pointer if pointer.starts_with('/') => said(answers, pointer),
                    text => Some(text.to_owned()),
                };
                told.extend(text.map(|text| (name.clone(), text)));
            }
            let computed = one.compute(day, &told, &catalog.parameters, &catalog.calendar).ok()?;
            let found = computed.iter().find(|found| one.results[found.result].name == *result);
            // A result whose condition does not hold is left out: nothing is due by it.
            found.map_or(Some(Fen(0)), |found| found.value.filter(|_| found.of == Type::Money).map(Fen))
        }
    }
}

/// Whether a step that waits for money finds it paid by code, in full. Nothing paid by code is another way to pay, which the
/// officer sees and fills in.
///
/// # Errors
/// `duty-open` while a part of it is paid and the rest is not.
pub fn is_paid_by_code(app: &App, image: &Image, case: &CaseHead, step: &Step) -> Result<bool, Problem> {
    let collects = image.service(case).collects.as_ref().filter(|collects| collects.step == step.name);
    let program = Viewer::program();
    let orders = program.look(image).orders_of(case.subject);
    let kept = checkout::kept(&orders);
    if collects.is_none() || kept.0 <= 0 {
        return Ok(false);
    }
    let due = due(app, image, case, counted_on(image, &orders, app.now().day()))?.all.unwrap_or_default();
    if kept < due {
        let left = Fen(due.0 - kept.0);
        return Err(problem::DUTY_OPEN
            .problem(format!("已付 {kept}，还差 {left} 元没有付。"), format!("{kept} is paid; {left} yuan is left.")));
    }
    Ok(true)
}

/// The day as of which is counted what is due: that of the first payment that was kept, for a late fee ends with it.
pub fn counted_on(image: &Image, orders: &[Order], otherwise: Day) -> Day {
    let program = Viewer::program();
    let seen = program.look(image);
    let kept = orders.iter().filter(|order| order.kept().0 > 0);
    let days = kept.filter_map(|order| match seen.latest(order.subject, ORDER_PAID_ON) {
        Some(Known::Day(day)) => Some(day),
        _ => None,
    });
    days.min().unwrap_or(otherwise)
}

/// What an order is called at its channel: the day, its number, and what only we can tell, so that after a restore no number is
/// given twice.
pub fn number(vault: &Vault, order: SubjectId, made: Moment) -> String {
    let day = made.day().to_string().replace('-', "");
    let proof = vault.digest("order", format!("{} {}", order.0, made.0).as_bytes());
    format!("{day}{:08}{}", order.0, &base32(&proof.0)[..8])
}

/// What a refund is called.
pub fn back_number(order: &str, transfer: u64) -> String {
    format!("{order}R{transfer}")
}

/// When an order was made.
pub fn made_at(image: &Image, order: &Order) -> Moment {
    image.act(order.made).map_or(Moment(0), |act| act.at())
}

/// The order of a number, if it is ours.
pub fn find(app: &App, image: &Image, text: &str) -> Option<Order> {
    let subject = text.get(8..16)?.parse().ok().map(SubjectId)?;
    let program = Viewer::program();
    let order = program.look(image).order(subject)?;
    let own = number(&app.vault, subject, made_at(image, &order));
    is_same_secret(&own, text).then_some(order)
}

/// The order and the pending transfer of a refund's number.
pub fn find_back(app: &App, image: &Image, text: &str) -> Option<(Order, u64)> {
    let (order, transfer) = text.rsplit_once('R')?;
    Some((find(app, image, order)?, transfer.parse().ok()?))
}
