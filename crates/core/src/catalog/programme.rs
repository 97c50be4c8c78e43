//! A programme (政策项目): money that goes to many people by one rule, period after period. Who is entitled, who is
//! enrolled and how much is due is said by an entitlement of `rule/`; the programme says from which fund it is paid, by
//! whom, what it counts as and what may be shown of it.

use super::money::MoneyClaim;
use super::parameter::Confidence;
use super::source::{Sheet, Words, texts};
use serde::Deserialize;
use toml::Spanned;

/// What a payment counts as in a household's income.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Income {
    /// Wages.
    Wage,
    /// Income from property: rents, shares of what assets earn.
    Property,
    /// Allowances and aid.
    Transfer,
    /// It is no income: a refund of what was spent, a loan.
    None,
}

texts!(
    Income,
    "wage, property, transfer or none",
    Wage = "wage",
    Property = "property",
    Transfer = "transfer",
    None = "none",
);

/// What the public sees of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Shown {
    /// Masked names with their amounts.
    Names,
    /// How many and how much: a name would tell of an illness, a disability, a child.
    Counts,
}

texts!(Shown, "names or counts", Names = "names", Counts = "counts");

/// A programme.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Programme {
    /// Its file's name.
    pub name: String,
    /// What people read.
    pub title: Words,
    /// The entitlement it follows.
    pub rule: String,
    /// The fund.
    pub fund: String,
    /// The kind of subject whose account pays: the one that lies in the batch's area, or nearest above it.
    pub payer: String,
    /// What it counts as in a household's income.
    pub income: Income,
    /// What the public sees of it.
    pub shown: Shown,
    /// Flags of whoever it is about that stand in its way: what nobody receives beside it.
    pub never_with: Vec<String>,
    /// Whether the rule's amounts are weights by which a total is divided.
    pub shares: bool,
    /// Where it is written.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    rule: Spanned<String>,
    fund: Spanned<String>,
    payer: Spanned<String>,
    income: Spanned<String>,
    shown: Spanned<String>,
    #[serde(default)]
    never_with: Vec<Spanned<String>>,
    #[serde(default)]
    shares: bool,
    source: Spanned<String>,
    confidence: Spanned<String>,
}

/// A programme, with where its rule is named.
pub(super) struct ProgrammeRead {
    pub(super) programme: Programme,
    pub(super) rule_place: super::source::Place,
}

pub(super) fn read(sheet: &mut Sheet<'_>, claims: &mut Vec<MoneyClaim>) -> Option<ProgrammeRead> {
    let shape = sheet.shape::<Shape>()?;
    let title = sheet.words("title", shape.title);
    claims.push(MoneyClaim::Fund(sheet.place(&shape.fund.span()), shape.fund.get_ref().clone()));
    claims.push(MoneyClaim::Kind(sheet.place(&shape.payer.span()), shape.payer.get_ref().clone()));
    for other in &shape.never_with {
        claims.push(MoneyClaim::Flag(sheet.place(&other.span()), other.get_ref().clone()));
    }
    if shape.source.get_ref().trim().is_empty() {
        sheet.fault(&shape.source.span(), "`source` is empty", "a document, an article or a page");
    }
    let income = sheet.word::<Income>("income", &shape.income);
    let shown = sheet.word::<Shown>("shown", &shape.shown);
    let confidence = sheet.word::<Confidence>("confidence", &shape.confidence);
    let rule_place = sheet.place(&shape.rule.span());
    let programme = Programme {
        name: sheet.stem.to_owned(),
        title,
        rule: shape.rule.into_inner(),
        fund: shape.fund.into_inner(),
        payer: shape.payer.into_inner(),
        income: income?,
        shown: shown?,
        never_with: shape.never_with.into_iter().map(Spanned::into_inner).collect(),
        shares: shape.shares,
        source: shape.source.into_inner(),
        confidence: confidence?,
    };
    Some(ProgrammeRead { programme, rule_place })
}
