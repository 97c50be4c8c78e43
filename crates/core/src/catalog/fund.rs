//! A fund (资金): money that is kept apart because it is for something.

use super::money::MoneyClaim;
use super::source::{Sheet, Words};
use serde::Deserialize;
use toml::Spanned;

/// A fund.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fund {
    /// Its file's name.
    pub name: String,
    /// What officers read.
    pub title: Words,
    /// The kinds of subjects whose accounts may go below nothing, because they bring the money in: a treasury, a bank.
    /// Every other account gives only what it has.
    pub may_owe: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    may_owe: Vec<Spanned<String>>,
}

/// Reads a fund; the kinds it names are looked for once all files are read.
pub(super) fn read(sheet: &mut Sheet<'_>, claims: &mut Vec<MoneyClaim>) -> Option<Fund> {
    let shape = sheet.shape::<Shape>()?;
    let title = sheet.words("title", shape.title);
    claims.extend(shape.may_owe.iter().map(|kind| MoneyClaim::Kind(sheet.place(&kind.span()), kind.get_ref().clone())));
    let may_owe = shape.may_owe.into_iter().map(Spanned::into_inner).collect();
    Some(Fund { name: sheet.stem.to_owned(), title, may_owe })
}
