//! What a service says of money that people pay for a case: what it comes to, from what was answered and by which calculator,
//! into which fund, and the step that is signed once it is paid.

use super::calculator::Calculator;
use super::check::Claim;
use super::form::Form;
use super::money::MoneyClaim;
use super::service::{Entry, Step};
use super::service_file::{Outward, check_pointer};
use super::source::{Mistake, Place, Sheet, Words};
use super::subject::ValueKind;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// What is collected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collects {
    /// The step that is signed once it is paid.
    pub step: String,
    /// The fund.
    pub fund: String,
    /// The kind of subject whose account receives it: the nearest above the case's area.
    pub to: String,
    /// The attribute of the case that keeps the day on which it was paid.
    pub paid_on: String,
    /// The attribute of the case that keeps what an officer assessed; it goes before what is worked out.
    pub assessed: String,
    /// What it is made of, where nobody has assessed it.
    pub parts: Vec<Part>,
}

/// A part of what is collected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What people read.
    pub title: Words,
    /// The entry whose latest answers are read instead of the application's.
    pub of: Option<String>,
    /// Where its amount comes from.
    pub amount: Amount,
    /// Only if this pointer holds this text.
    pub when: Option<(String, String)>,
    line: usize,
}

/// Where an amount comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Amount {
    /// The answer at a pointer.
    Answer(String),
    /// A result of a calculator.
    Computed {
        /// The calculator.
        calculator: String,
        /// Its result.
        result: String,
        /// The pointer to the day it is computed for, or to the year; the day of payment without.
        day: Option<String>,
        /// What it is given: an answer by its pointer, `paid-on` for the day of payment, or a text.
        given: BTreeMap<String, String>,
    },
}

/// What a calculator is given for the day of payment.
pub const PAID_ON: &str = "paid-on";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CollectsShape {
    step: Spanned<String>,
    fund: Spanned<String>,
    to: Spanned<String>,
    paid_on: Spanned<String>,
    assessed: Spanned<String>,
    part: Vec<PartShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartShape {
    title: Spanned<Words>,
    of: Option<Spanned<String>>,
    answer: Option<Spanned<String>>,
    calculator: Option<Spanned<String>>,
    result: Option<String>,
    day: Option<Spanned<String>>,
    #[serde(default)]
    given: BTreeMap<String, Spanned<String>>,
    when: Option<WhenShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhenShape {
    at: Spanned<String>,
    is: String,
}

pub(super) fn read(
    sheet: &mut Sheet<'_>,
    out: &mut Outward<'_>,
    form: Option<&Form>,
    (steps, entries): (&[Option<Step>], &[Option<Entry>]),
    row: CollectsShape,
) -> Collects {
    if !steps.iter().flatten().any(|step| step.name == *row.step.get_ref()) {
        let what = format!("no step `{}` in this service", row.step.get_ref());
        sheet.fault(&row.step.span(), what, "the name of a step");
    }
    for (name, kind) in [(&row.paid_on, ValueKind::Day), (&row.assessed, ValueKind::Fen)] {
        let (place, by, attribute) = (sheet.place(&name.span()), sheet.stem.to_owned(), name.get_ref().clone());
        out.claims.push(Claim::OfKind { place, by, attribute, kind });
    }
    out.money.push(MoneyClaim::Fund(sheet.place(&row.fund.span()), row.fund.get_ref().clone()));
    out.money.push(MoneyClaim::Kind(sheet.place(&row.to.span()), row.to.get_ref().clone()));
    let parts = row.part.into_iter().filter_map(|part| {
        let of = part.of.as_ref().map(|name| {
            let entry = entries.iter().flatten().find(|entry| entry.name == *name.get_ref());
            if entry.is_none() {
                let what = format!("no entry `{}` in this service", name.get_ref());
                sheet.fault(&name.span(), what, "the name of an entry");
            }
            entry
        });
        let form = of.map_or(form, |entry| entry.map(|entry| &entry.form));
        let pointers = part.answer.iter().chain(&part.day).chain(part.when.iter().map(|when| &when.at));
        let given = part.given.values().filter(|given| given.get_ref().starts_with('/'));
        for pointer in pointers.chain(given) {
            if let Some(form) = form {
                check_pointer(sheet, form, pointer);
            }
        }
        let span = part.title.span();
        let amount = match (part.answer, part.calculator, part.result) {
            (Some(pointer), None, None) => Amount::Answer(pointer.into_inner()),
            (None, Some(calculator), Some(result)) => {
                out.calculators.push((sheet.place(&calculator.span()), calculator.get_ref().clone()));
                Amount::Computed {
                    calculator: calculator.into_inner(),
                    result,
                    day: part.day.map(Spanned::into_inner),
                    given: part.given.into_iter().map(|(name, given)| (name, given.into_inner())).collect(),
                }
            }
            _ => {
                sheet.fault(&span, "a part without a single amount", "either `answer`, or `calculator` and `result`");
                return None;
            }
        };
        Some(Part {
            line: sheet.place(&span).line,
            title: sheet.words("title", part.title),
            of: part.of.map(Spanned::into_inner),
            amount,
            when: part.when.map(|when| (when.at.into_inner(), when.is)),
        })
    });
    let parts = parts.collect();
    Collects {
        step: row.step.into_inner(),
        fund: row.fund.into_inner(),
        to: row.to.into_inner(),
        paid_on: row.paid_on.into_inner(),
        assessed: row.assessed.into_inner(),
        parts,
    }
}

/// What a part asks of a calculator is there.
pub(super) fn check(service: &str, collects: &Collects, calculators: &[Calculator], mistakes: &mut Vec<Mistake>) {
    for part in &collects.parts {
        let Amount::Computed { calculator, result, given, .. } = &part.amount else { continue };
        let Some(one) = calculators.iter().find(|one| one.name == *calculator) else { continue };
        let place = || Place { file: format!("service/{service}.toml"), line: part.line };
        if !one.results.iter().any(|outcome| outcome.name == *result) {
            mistakes.push(place().mistake(format!("`{calculator}` has no result `{result}`"), "one of its results"));
        }
        for name in given.keys().filter(|name| one.attribute(name).is_none()) {
            mistakes.push(place().mistake(format!("`{calculator}` asks for no `{name}`"), "one of its inputs"));
        }
    }
}
