//! What a service says of bills that its cases settle: who they are about, who is paid, from which fund, and where the case
//! keeps what a bill came to.

use super::check::Claim;
use super::money::MoneyClaim;
use super::service_file::Outward;
use super::source::{Sheet, texts};
use super::subject::ValueKind;
use serde::Deserialize;
use toml::Spanned;

/// How a service settles bills.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settles {
    /// The attribute of the case that names the person.
    pub person: String,
    /// The attribute of the case that names the hospital; absent where bills come from anywhere, as papers.
    pub clinic: Option<String>,
    /// The attribute of the case that keeps what the bill came to.
    pub slip: String,
    /// The fund.
    pub fund: String,
    /// Who receives what the layers pay.
    pub payee: Payee,
    /// The attribute by which a payer's account tells for which payer of a policy it pays.
    pub payers: String,
    /// Payers of a policy that move no money, because they waive a part of their own bill.
    pub waives: Vec<String>,
}

/// Who receives what the layers pay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Payee {
    /// The hospital, which asked the person for no deposit.
    Clinic,
    /// The person, who has paid already.
    Person,
}

texts!(Payee, "clinic or person", Clinic = "clinic", Person = "person");

/// What a step does with a bill.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Settling {
    /// It settles it.
    Bill,
    /// It waits until the person's part is paid.
    Collect,
    /// It settles bills of other cases again, by what the register says now.
    Again,
}

texts!(Settling, "bill, collect or again", Bill = "bill", Collect = "collect", Again = "again");

/// What an entry does about the person's part of a settled bill.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sharing {
    /// So much of it was paid.
    Pay,
    /// It is to be paid in parts.
    Instalments,
    /// What was paid too much is given back.
    GiveBack,
}

texts!(Sharing, "pay, instalments or give-back", Pay = "pay", Instalments = "instalments", GiveBack = "give-back");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SettlesShape {
    person: Spanned<String>,
    clinic: Option<Spanned<String>>,
    slip: Spanned<String>,
    fund: Spanned<String>,
    payee: Spanned<String>,
    payers: Spanned<String>,
    #[serde(default)]
    waives: Vec<String>,
}

pub(super) fn read(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, row: SettlesShape) -> Option<Settles> {
    let payee = sheet.word::<Payee>("payee", &row.payee);
    if payee == Some(Payee::Clinic) && row.clinic.is_none() {
        sheet.fault(&row.payee.span(), "no hospital to pay", "`clinic` names the attribute of the case that does");
    }
    let named = [Some((&row.person, ValueKind::Subject)), row.clinic.as_ref().map(|one| (one, ValueKind::Subject))];
    let texts = [Some((&row.slip, ValueKind::Text)), Some((&row.payers, ValueKind::Text))];
    for (name, kind) in named.into_iter().chain(texts).flatten() {
        let (place, by, attribute) = (sheet.place(&name.span()), sheet.stem.to_owned(), name.get_ref().clone());
        out.claims.push(Claim::OfKind { place, by, attribute, kind });
    }
    out.money.push(MoneyClaim::Fund(sheet.place(&row.fund.span()), row.fund.get_ref().clone()));
    Some(Settles {
        person: row.person.into_inner(),
        clinic: row.clinic.map(Spanned::into_inner),
        slip: row.slip.into_inner(),
        fund: row.fund.into_inner(),
        payee: payee?,
        payers: row.payers.into_inner(),
        waives: row.waives,
    })
}
