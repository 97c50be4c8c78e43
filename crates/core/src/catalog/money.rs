//! What a service says of money: single transfers that follow from a signed step or a recorded entry, and batches of lines
//! that are computed from a programme, frozen by one step, paid by another and settled by a third.

use super::check::Claim;
use super::form::Form;
use super::fund::Fund;
use super::parameter::Parameter;
use super::programme::ProgrammeRead;
use super::rule::{Asks, Rulebook};
use super::service_file::Outward;
use super::source::{Expected, Mistake, Place, Sheet, texts};
use super::subject::{Attribute, SubjectKind, ValueKind};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::str::FromStr;
use toml::Spanned;
use yizhan_kit::Fen;

/// Whose account gives or receives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Party {
    /// The subject of a kind that lies in the case's area, or in the nearest area above it: `treasury`, `collective`.
    Kind(String),
    /// The subject that an answer names: `/household`.
    Named(String),
    /// The subject that a fact of the case names: `industry-project.project`.
    Recalled(String),
    /// The subject that a fact of one of these names: `/contract contract.operator`.
    Of {
        /// Where the answer stands, or the attribute of the case.
        named: String,
        /// The attribute of the subject it names.
        attribute: String,
    },
}

impl FromStr for Party {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        match (text.starts_with('/'), text.split_once(' ')) {
            (true, Some((named, attribute))) => {
                Ok(Self::Of { named: named.to_owned(), attribute: attribute.trim().to_owned() })
            }
            (true, None) => Ok(Self::Named(text.to_owned())),
            (false, Some((named, attribute))) if named.contains('.') => {
                Ok(Self::Of { named: named.to_owned(), attribute: attribute.trim().to_owned() })
            }
            (false, None) if text.contains('.') => Ok(Self::Recalled(text.to_owned())),
            (false, None) if super::source::is_name(text) => Ok(Self::Kind(text.to_owned())),
            _ => Err(Expected(
                "a kind of subject, a pointer, an attribute of the case, or one of these two and an attribute",
            )),
        }
    }
}

/// How much moves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sum {
    /// What somebody answered, in yuan: `/amount`.
    Answer(String),
    /// A figure of the catalog as it is on the day: `parameter.relief-once`.
    Parameter(String),
    /// What an entitlement comes to for whoever receives it: `rule.elder-allowance`.
    Rule(String),
}

impl FromStr for Sum {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        let named = |folder: &str| text.strip_prefix(folder).filter(|name| super::source::is_name(name));
        match (named("parameter."), named("rule.")) {
            _ if text.starts_with('/') => Ok(Self::Answer(text.to_owned())),
            (Some(name), _) => Ok(Self::Parameter(name.to_owned())),
            (_, Some(name)) => Ok(Self::Rule(name.to_owned())),
            _ => Err(Expected("a pointer to an answer, `parameter.some-name` or `rule.some-name`")),
        }
    }
}

/// The most that may move at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Most {
    /// So much.
    Fixed(Fen),
    /// A figure of the catalog as it is on the day.
    Parameter(String),
}

impl FromStr for Most {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        match text.strip_prefix("parameter.").filter(|name| super::source::is_name(name)) {
            Some(name) => Ok(Self::Parameter(name.to_owned())),
            None => {
                text.parse().map(Self::Fixed).map_err(|_| Expected("an amount like 5000.00, or `parameter.some-name`"))
            }
        }
    }
}

/// A transfer that follows from answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Movement {
    /// The fund.
    pub fund: String,
    /// Whose account gives.
    pub from: Party,
    /// Whose account receives.
    pub to: Party,
    /// How much.
    pub amount: Sum,
    /// More than this is refused.
    pub most: Option<Most>,
    /// The rule or programme it follows.
    pub rule: Option<String>,
    /// Only if this pointer holds this text; what was not answered is the empty text.
    pub when: Option<(String, String)>,
}

/// Lines for many people, computed from a programme.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    /// The programme's name, or the pointer to it.
    pub programme: String,
    /// The pointer to the period: `2021-03`, `2021-H1`, `2021`.
    pub period: Option<String>,
    /// The pointer to what is divided, where shares are computed.
    pub total: Option<String>,
    /// The pointer to whoever pays, where it is not the programme's own payer: an enterprise.
    pub payer: Option<String>,
    /// Only those whose attribute names the subject at a pointer: the beneficiaries of one loan.
    pub only: Option<(String, String)>,
    /// The pointer to how many lines there are, where they are given by a table of what was paid before and not computed:
    /// opening records. They are paid at once, for the money has long arrived.
    pub given: Option<String>,
}

/// What a step does with the lines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lines {
    /// Computes and freezes them.
    Propose,
    /// Sets their money aside, line by line.
    Pay,
    /// Waits until every line is paid.
    Settle,
}

texts!(Lines, "propose, pay or settle", Propose = "propose", Pay = "pay", Settle = "settle");

/// What an entry does with the lines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Afterwards {
    /// The bank's answer, line by line: what arrived is posted, what failed is void.
    Reply,
    /// What failed is set aside once more.
    Again,
}

texts!(Afterwards, "reply or again", Reply = "reply", Again = "again");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MoneyShape {
    fund: Spanned<String>,
    from: Spanned<String>,
    to: Spanned<String>,
    amount: Spanned<String>,
    most: Option<Spanned<String>>,
    rule: Option<String>,
    when: Option<WhenShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhenShape {
    at: Spanned<String>,
    is: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchShape {
    programme: Spanned<String>,
    period: Option<Spanned<String>>,
    total: Option<Spanned<String>>,
    payer: Option<Spanned<String>>,
    only: Option<OnlyShape>,
    given: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnlyShape {
    attribute: Spanned<String>,
    names: Spanned<String>,
}

/// What a file says of funds and programmes that others declare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum MoneyClaim {
    /// A fund.
    Fund(Place, String),
    /// A programme.
    Programme(Place, String),
    /// A kind of subject.
    Kind(Place, String),
    /// An attribute that is a flag.
    Flag(Place, String),
    /// A parameter that is an amount of money.
    Figure(Place, String),
    /// An entitlement that has an amount.
    Entitlement(Place, String),
}

pub(super) fn read_money(
    sheet: &mut Sheet<'_>,
    out: &mut Outward<'_>,
    forms: [Option<&Form>; 2],
    rows: Vec<MoneyShape>,
) -> Vec<Movement> {
    let mut read = Vec::new();
    for row in rows {
        out.money.push(MoneyClaim::Fund(sheet.place(&row.fund.span()), row.fund.get_ref().clone()));
        let amount = read_sum(sheet, out, forms, &row.amount);
        let most = row.most.as_ref().and_then(|text| {
            let most = sheet.word::<Most>("most", text)?;
            if let Most::Parameter(name) = &most {
                out.money.push(MoneyClaim::Figure(sheet.place(&text.span()), name.clone()));
            }
            Some(most)
        });
        if let Some(when) = &row.when {
            point(sheet, forms, &when.at.span(), when.at.get_ref());
        }
        let [from, to] = [("from", &row.from), ("to", &row.to)].map(|(key, text)| {
            let party = sheet.word::<Party>(key, text)?;
            match &party {
                Party::Kind(kind) => out.money.push(MoneyClaim::Kind(sheet.place(&text.span()), kind.clone())),
                Party::Named(named) => point(sheet, forms, &text.span(), named),
                Party::Recalled(attribute) => claim(sheet, out, text, attribute),
                Party::Of { named, attribute } => {
                    claim(sheet, out, text, attribute);
                    if named.starts_with('/') {
                        point(sheet, forms, &text.span(), named);
                    } else {
                        claim(sheet, out, text, named);
                    }
                }
            }
            Some(party)
        });
        if let (Some(from), Some(to), Some(amount)) = (from, to, amount) {
            let when = row.when.map(|when| (when.at.into_inner(), when.is));
            read.push(Movement { fund: row.fund.into_inner(), from, to, amount, most, rule: row.rule, when });
        }
    }
    read
}

fn read_sum(
    sheet: &mut Sheet<'_>,
    out: &mut Outward<'_>,
    forms: [Option<&Form>; 2],
    text: &Spanned<String>,
) -> Option<Sum> {
    let sum = sheet.word::<Sum>("amount", text)?;
    match &sum {
        Sum::Answer(pointer) => point(sheet, forms, &text.span(), pointer),
        Sum::Parameter(name) => out.money.push(MoneyClaim::Figure(sheet.place(&text.span()), name.clone())),
        Sum::Rule(name) => out.money.push(MoneyClaim::Entitlement(sheet.place(&text.span()), name.clone())),
    }
    Some(sum)
}

/// That an attribute names a subject.
fn claim(sheet: &Sheet<'_>, out: &mut Outward<'_>, text: &Spanned<String>, attribute: &str) {
    let (place, by, attribute) = (sheet.place(&text.span()), sheet.stem.to_owned(), attribute.to_owned());
    out.claims.push(Claim::OfKind { place, by, attribute, kind: ValueKind::Subject });
}

fn point(sheet: &mut Sheet<'_>, forms: [Option<&Form>; 2], span: &std::ops::Range<usize>, pointer: &str) {
    if !forms.into_iter().flatten().any(|form| form.at(pointer).is_some()) {
        sheet.fault(span, format!("no form here has anything at `{pointer}`"), "a pointer to a property of the form");
    }
}

pub(super) fn read_batch(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, form: Option<&Form>, row: BatchShape) -> Batch {
    let programme = row.programme.get_ref().clone();
    if programme.starts_with('/') {
        point(sheet, [form, None], &row.programme.span(), &programme);
    } else {
        out.money.push(MoneyClaim::Programme(sheet.place(&row.programme.span()), programme.clone()));
    }
    // What its lines are of is known of a case, so that nobody is paid twice.
    for name in ["programme", "period"] {
        let (place, by) = (sheet.place(&row.programme.span()), sheet.stem.to_owned());
        out.claims.push(Claim::Known { place, attribute: format!("{by}.{name}"), by });
    }
    let only = row.only.map(|only| {
        let (place, by) = (sheet.place(&only.attribute.span()), sheet.stem.to_owned());
        let attribute = only.attribute.get_ref().clone();
        out.claims.push(Claim::OfKind { place, by, attribute, kind: ValueKind::Subject });
        point(sheet, [form, None], &only.names.span(), only.names.get_ref());
        (only.attribute.into_inner(), only.names.into_inner())
    });
    for pointer in [&row.period, &row.total, &row.payer, &row.given].into_iter().flatten() {
        point(sheet, [form, None], &pointer.span(), pointer.get_ref());
    }
    Batch {
        programme,
        period: row.period.map(Spanned::into_inner),
        total: row.total.map(Spanned::into_inner),
        payer: row.payer.map(Spanned::into_inner),
        only,
        given: row.given.map(Spanned::into_inner),
    }
}

/// What other files declare: funds, kinds of subjects, attributes, rules, parameters.
type Declared<'a> = (
    &'a BTreeMap<String, Fund>,
    &'a BTreeMap<String, SubjectKind>,
    &'a BTreeMap<String, Attribute>,
    &'a Rulebook,
    &'a BTreeMap<String, Parameter>,
);

/// What files about money name is there: funds, programmes, kinds of subjects; a programme follows an entitlement that has
/// an amount.
pub(super) fn check(
    claims: &[MoneyClaim],
    programmes: &[ProgrammeRead],
    (funds, kinds, attributes, rules, parameters): Declared<'_>,
    mistakes: &mut Vec<Mistake>,
) {
    let entitles = |name: &str| {
        let rule = rules.rule(name).map(|(_, rule, _)| &rule.asks);
        matches!(rule, Some(Asks::Entitlement { amount: Some(_), .. }))
    };
    for claim in claims {
        let (place, name, known, what, folder) = match claim {
            MoneyClaim::Fund(place, name) => (place, name, funds.contains_key(name), "fund", "fund"),
            MoneyClaim::Kind(place, name) => (place, name, kinds.contains_key(name), "kind of subject", "subject"),
            MoneyClaim::Flag(place, name) => {
                let known = attributes.get(name).is_some_and(|one| one.kind == ValueKind::Flag);
                (place, name, known, "flag", "subject")
            }
            MoneyClaim::Figure(place, name) => {
                let known = parameters.get(name).is_some_and(|one| one.unit.starts_with("yuan"));
                (place, name, known, "figure in yuan", "parameter")
            }
            MoneyClaim::Entitlement(place, name) => (place, name, entitles(name), "entitlement with an amount", "rule"),
            MoneyClaim::Programme(place, name) => {
                let known = programmes.iter().any(|read| read.programme.name == *name);
                (place, name, known, "programme", "programme")
            }
        };
        if !known {
            mistakes.push(place.mistake(format!("no {what} `{name}`"), format!("a file in {folder}/")));
        }
    }
    for read in programmes {
        if !entitles(&read.programme.rule) {
            let what = format!("no entitlement `{}` with an amount", read.programme.rule);
            mistakes.push(read.rule_place.mistake(what, "an entitlement of a file in rule/"));
        }
    }
}
