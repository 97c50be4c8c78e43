//! Reads the worked examples of a policy: one person's bills, and what each layer pays.

use super::parameter::decimals;
use super::source::{Sheet, Words};
use crate::settlement::bill::{Bill, amount};
use crate::settlement::engine::LEVELS;
use crate::settlement::policy::{ExampleRow, ExpectedSlip, Policy, PolicyExample};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::Fen;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleShape {
    title: Spanned<Words>,
    bills: Vec<Spanned<RowShape>>,
    expect: Vec<Spanned<BTreeMap<String, String>>>,
}

/// A bill, or a cancellation and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowShape {
    cancel: Option<u64>,
    category: Option<Spanned<String>>,
    kind: Option<Spanned<String>>,
    level: Option<usize>,
    admitted: Option<Spanned<Datetime>>,
    discharged: Option<Spanned<Datetime>>,
    total: Option<Spanned<String>>,
    own_pay: Option<Spanned<String>>,
    over_limit: Option<Spanned<String>>,
    first_pay: Option<Spanned<String>>,
}

pub(super) fn read_example(
    sheet: &mut Sheet<'_>,
    policy: &Policy,
    example: Spanned<ExampleShape>,
) -> Option<PolicyExample> {
    let line = sheet.place(&example.span()).line;
    let shape = example.into_inner();
    let title = sheet.words("title", shape.title);
    let mut rows = Vec::new();
    for row in shape.bills {
        let span = row.span();
        let row = row.into_inner();
        rows.push(match row.cancel {
            Some(cancel) => ExampleRow::Cancel(cancel),
            None => ExampleRow::Bill(read_bill(sheet, policy, &span, row)?),
        });
    }
    let mut expect = Vec::new();
    for row in shape.expect {
        expect.push(read_slip(sheet, policy, row)?);
    }
    Some(PolicyExample { title, rows, expect, line })
}

fn read_bill(sheet: &mut Sheet<'_>, policy: &Policy, span: &Range<usize>, row: RowShape) -> Option<Bill> {
    let (Some(category), Some(discharged), Some(total)) = (&row.category, &row.discharged, &row.total) else {
        sheet.fault(span, "a bill that lacks something", "`category`, `level`, `discharged` and `total`, or `cancel`");
        return None;
    };
    let category = known(sheet, "category", category, policy.category(category.get_ref()))?;
    let kind = match &row.kind {
        Some(kind) => known(sheet, "kind", kind, policy.kind(kind.get_ref()))?,
        None => 0,
    };
    let Some(level) = row.level.filter(|level| (1..=LEVELS).contains(level)) else {
        sheet.fault(span, "a bill of no level", "`level` 1, 2 or 3");
        return None;
    };
    let last = sheet.day("discharged", discharged)?;
    let first = match &row.admitted {
        Some(day) => sheet.day("admitted", day)?,
        None => last,
    };
    let mut fen = |key: &str, text: Option<&Spanned<String>>| {
        let Some(text) = text else { return Some(Fen(0)) };
        let found = amount(text.get_ref()).filter(|_| decimals(text.get_ref(), 2));
        if found.is_none() {
            sheet.fault(&text.span(), format!("`{key}` cannot be `{}`", text.get_ref()), "an amount, 500.00");
        }
        found
    };
    let bill = Bill {
        category,
        kind,
        level: u8::try_from(level - 1).ok()?,
        admitted: first,
        discharged: last,
        total: fen("total", Some(total))?,
        own_pay: fen("own_pay", row.own_pay.as_ref())?,
        over_limit: fen("over_limit", row.over_limit.as_ref())?,
        first_pay: fen("first_pay", row.first_pay.as_ref())?,
    };
    if bill.check().is_err() {
        sheet.fault(span, "a bill that cannot be", "parts that are no more than `total`, and days in order");
        return None;
    }
    Some(bill)
}

fn known(sheet: &mut Sheet<'_>, what: &str, name: &Spanned<String>, place: Option<u8>) -> Option<u8> {
    if place.is_none() {
        sheet.fault(&name.span(), format!("no {what} `{}`", name.get_ref()), format!("a {what} of this file"));
    }
    place
}

fn read_slip(sheet: &mut Sheet<'_>, policy: &Policy, row: Spanned<BTreeMap<String, String>>) -> Option<ExpectedSlip> {
    let span = row.span();
    let mut amounts = BTreeMap::new();
    for (name, text) in row.into_inner() {
        let payer = (0..policy.layers.len()).any(|layer| policy.payer(layer).id == name);
        let fen = amount(&text).filter(|_| decimals(&text, 2));
        let Some(fen) = fen.filter(|_| payer || name == "personal") else {
            sheet.fault(
                &span,
                format!("`{name}` cannot be `{text}`"),
                "the payer of a layer or `personal`, and an amount",
            );
            return None;
        };
        amounts.insert(name, fen);
    }
    let Some(personal) = amounts.get("personal").copied() else {
        sheet.fault(&span, "an expectation without `personal`", "what the person pays");
        return None;
    };
    // A layer that is not named pays nothing.
    let pay = |layer| amounts.get(&policy.payer(layer).id).copied().unwrap_or_default();
    Some(ExpectedSlip { pays: (0..policy.layers.len()).map(pay).collect(), personal })
}
