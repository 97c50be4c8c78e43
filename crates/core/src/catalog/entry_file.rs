//! Reads what may be added to a case while it stays where it is, entries and papers, and who may.

use super::check::{Claim, Leaf};
use super::fact_file::{FactShape, read_facts};
use super::form::Form;
use super::money::{Afterwards, MoneyShape, read_money};
use super::service::{Entry, Paper, Who, WhoBy};
use super::service_file::{Outward, claim_who, read_form};
use super::settles::Sharing;
use super::source::{Sheet, Words};
use super::subject::ValueKind;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryShape {
    pub(super) name: Spanned<String>,
    pub(super) title: Spanned<Words>,
    #[serde(default)]
    pub(super) who: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) holder: bool,
    #[serde(default)]
    pub(super) during: Vec<Spanned<String>>,
    pub(super) form: Spanned<String>,
    #[serde(default)]
    pub(super) facts: Vec<FactShape>,
    #[serde(default)]
    pub(super) apart: bool,
    #[serde(default)]
    pub(super) money: Vec<MoneyShape>,
    pub(super) lines: Option<Spanned<String>>,
    pub(super) share: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaperShape {
    pub(super) name: Spanned<String>,
    pub(super) title: Spanned<Words>,
    #[serde(default)]
    pub(super) who: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) holder: bool,
    #[serde(default)]
    pub(super) during: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhoByShape {
    attribute: Spanned<String>,
    is: BTreeMap<String, Spanned<String>>,
}

/// Who may add something.
fn read_who(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, texts: &[Spanned<String>]) -> Vec<Who> {
    let mut who = Vec::new();
    for text in texts {
        if let Some(one) = sheet.word::<Who>("who", text) {
            claim_who(sheet, out, &one, text);
            who.push(one);
        }
    }
    who
}

/// Who takes a step by a code; each of them must be one that the attribute has.
pub(super) fn read_who_by(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, row: WhoByShape) -> WhoBy {
    let mut is = BTreeMap::new();
    for (code, text) in row.is {
        let attribute = row.attribute.get_ref().clone();
        let (place, subject) = (sheet.place(&text.span()), sheet.stem.to_owned());
        out.claims.push(Claim::Fits { place, attribute, subject, leaf: Leaf::Constant(code.clone()) });
        if let Some(who) = sheet.word::<Who>("is", &text) {
            claim_who(sheet, out, &who, &text);
            is.insert(code, who);
        }
    }
    let (place, by) = (sheet.place(&row.attribute.span()), sheet.stem.to_owned());
    let attribute = row.attribute.into_inner();
    out.claims.push(Claim::OfKind { place, by, attribute: attribute.clone(), kind: ValueKind::Code });
    WhoBy { attribute, is }
}

pub(super) fn read_paper(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, row: PaperShape) -> Paper {
    Paper {
        who: read_who(sheet, out, &row.who),
        name: row.name.into_inner(),
        title: sheet.words("title", row.title),
        holder: row.holder,
        during: row.during.into_iter().map(Spanned::into_inner).collect(),
    }
}

pub(super) fn read_entry(
    sheet: &mut Sheet<'_>,
    out: &mut Outward<'_>,
    application: Option<&Form>,
    row: EntryShape,
) -> Option<Entry> {
    let who = read_who(sheet, out, &row.who);
    let form = read_form(sheet, out, &row.form);
    let facts = read_facts(sheet, out, form.as_ref(), row.facts);
    Some(Entry {
        name: row.name.into_inner(),
        title: sheet.words("title", row.title),
        who,
        holder: row.holder,
        during: row.during.into_iter().map(Spanned::into_inner).collect(),
        lines: row.lines.as_ref().and_then(|text| sheet.word::<Afterwards>("lines", text)),
        share: row.share.as_ref().and_then(|text| sheet.word::<Sharing>("share", text)),
        money: read_money(sheet, out, [application, form.as_ref()], row.money),
        form: form?,
        facts,
        apart: row.apart,
    })
}
