//! Reads rule files.

use super::duty::DutyState;
use super::recurring_file::{self, DaysShape, DiscreetShape, EveryShape, RecurringShape, ToldShape};
use super::rule::{Asks, Per, Rule, RuleExample, RuleFile, RuleKind};
use super::source::{Place, Sheet, Words};
use super::subject::RoleClaim;
use crate::rule::Let;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::Day;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    about: Spanned<String>,
    kind: Spanned<String>,
    source: Spanned<String>,
    confidence: Spanned<String>,
    when: Option<String>,
    #[serde(default, rename = "let")]
    lets: Vec<LetShape>,
    #[serde(default)]
    check: Vec<RuleShape>,
    #[serde(default)]
    entitlement: Vec<RuleShape>,
    #[serde(default)]
    payment: Vec<RuleShape>,
    #[serde(default)]
    example: Vec<ExampleShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LetShape {
    about: Spanned<String>,
    name: Spanned<String>,
    title: Spanned<Words>,
    is: String,
}

/// A check, an entitlement or a payment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleShape {
    name: Spanned<String>,
    title: Spanned<Words>,
    when: Option<String>,
    passes: Option<String>,
    counts: Option<Spanned<String>>,
    every: Option<EveryShape>,
    opens_before: Option<DaysShape>,
    who: Option<Spanned<String>>,
    #[serde(default)]
    escalate: Vec<ToldShape>,
    #[serde(default)]
    proof: Vec<Spanned<String>>,
    excused: Option<String>,
    discreet: Option<DiscreetShape>,
    gap: Option<Words>,
    entitled: Option<String>,
    receives: Option<String>,
    amount: Option<String>,
    per: Option<Spanned<String>>,
    mend: Option<Words>,
    opens: Option<Spanned<String>>,
    from: Option<Spanned<Datetime>>,
    to: Option<Spanned<Datetime>>,
    source: Option<String>,
    confidence: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleShape {
    on: Spanned<Datetime>,
    facts: toml::Table,
    expect: BTreeMap<String, String>,
    #[serde(default)]
    amount: BTreeMap<String, String>,
    #[serde(default)]
    state: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    due: BTreeMap<String, Spanned<DueShape>>,
}

/// A day, or `unknown`.
#[derive(Deserialize)]
#[serde(untagged)]
enum DueShape {
    On(Datetime),
    Unknown(String),
}

/// What a rule file says.
pub(super) struct RulesRead {
    pub(super) file: RuleFile,
    pub(super) rules: Vec<Rule>,
    /// Named values by `kind.name`, and where they stand.
    pub(super) lets: Vec<(String, Let, Place)>,
    /// Services that rules open, and where.
    pub(super) opens: Vec<(Place, String)>,
    /// Kinds of subjects that are named, and where.
    pub(super) kinds: Vec<(Place, String)>,
}

pub(super) fn read(sheet: &mut Sheet<'_>, roles: &mut Vec<RoleClaim>) -> Option<RulesRead> {
    let shape = sheet.shape::<Shape>()?;
    let title = sheet.words("title", shape.title);
    let kind = sheet.word::<RuleKind>("kind", &shape.kind)?;
    let confidence = sheet.word("confidence", &shape.confidence)?;
    if shape.source.get_ref().trim().is_empty() {
        sheet.fault(&shape.source.span(), "rules without source", "where they are written");
    }
    let about = shape.about.get_ref().clone();
    let mut kinds = vec![(sheet.place(&shape.about.span()), about.clone())];
    let mut lets = Vec::new();
    for row in shape.lets {
        sheet.names("value", [&row.name]);
        let place = sheet.place(&row.name.span());
        kinds.push((sheet.place(&row.about.span()), row.about.get_ref().clone()));
        let one = Let {
            about: row.about.into_inner(),
            name: row.name.into_inner(),
            title: sheet.words("title", row.title),
            is: row.is,
        };
        lets.push((format!("{}.{}", one.about, one.name), one, place));
    }
    let expected = match kind {
        RuleKind::Entitlement => "[[entitlement]]",
        RuleKind::Payment => "[[payment]]",
        _ => "[[check]]",
    };
    let tables =
        [("[[check]]", &shape.check), ("[[entitlement]]", &shape.entitlement), ("[[payment]]", &shape.payment)];
    for wrong in tables.iter().filter(|(table, _)| *table != expected).filter_map(|(_, rows)| rows.first()) {
        sheet.fault(&wrong.name.span(), format!("not a rule of kind {}", kind.as_str()), expected);
    }
    let mut opens = Vec::new();
    let mut rules = Vec::new();
    for row in shape.check.into_iter().chain(shape.entitlement).chain(shape.payment) {
        opens.extend(row.opens.iter().map(|service| (sheet.place(&service.span()), service.get_ref().clone())));
        let whole =
            Whole { about: &about, kind, confidence, source: shape.source.get_ref(), when: shape.when.as_ref() };
        rules.extend(read_rule(sheet, roles, &whole, row));
    }
    let mut examples = Vec::new();
    for row in shape.example {
        let line = sheet.place(&row.on.span()).line;
        let on: Option<Day> = sheet.day("on", &row.on);
        let mut state = BTreeMap::new();
        for (name, text) in row.state {
            state.extend(sheet.word::<DutyState>("state", &text).map(|found| (name, found)));
        }
        let mut due = BTreeMap::new();
        for (name, said) in row.due {
            match said.get_ref() {
                DueShape::Unknown(text) if text == "unknown" => due.extend([(name, None)]),
                DueShape::Unknown(_) => sheet.fault(&said.span(), "a due day that is none", "a day or \"unknown\""),
                DueShape::On(date) => {
                    let date = Spanned::new(said.span(), *date);
                    due.extend(sheet.day("due", &date).map(|day| (name, Some(day))));
                }
            }
        }
        examples.extend(on.map(|on| RuleExample {
            on,
            facts: row.facts,
            expect: row.expect,
            amount: row.amount,
            state,
            due,
            line,
        }));
    }
    let file = RuleFile { name: sheet.stem.to_owned(), title, about, kind, examples };
    Some(RulesRead { file, rules, lets, opens, kinds })
}

/// What a file says for all its rules.
struct Whole<'a> {
    about: &'a str,
    kind: RuleKind,
    confidence: super::parameter::Confidence,
    source: &'a str,
    when: Option<&'a String>,
}

fn read_rule(sheet: &mut Sheet<'_>, roles: &mut Vec<RoleClaim>, whole: &Whole<'_>, row: RuleShape) -> Option<Rule> {
    sheet.names("rule", [&row.name]);
    let span = row.name.span();
    // Of a payment whoever it is due to is enrolled, unless it says otherwise.
    let receives = row.receives.or_else(|| row.entitled.clone().filter(|_| whole.kind == RuleKind::Payment));
    let (recurring, passes) = match (row.counts, row.every, row.passes) {
        (Some(counts), Some(every), None) if whole.kind == RuleKind::Duty => {
            let shape = RecurringShape {
                counts,
                every,
                opens_before: row.opens_before,
                who: row.who,
                escalate: row.escalate,
                proof: row.proof,
                excused: row.excused,
                discreet: row.discreet,
            };
            let recurring = recurring_file::read(sheet, roles, shape)?;
            let passes = recurring.passes();
            (Some(recurring), Some(passes))
        }
        (None, None, passes)
            if row.who.is_none()
                && row.opens_before.is_none()
                && row.excused.is_none()
                && row.discreet.is_none()
                && row.escalate.is_empty()
                && row.proof.is_empty() =>
        {
            (None, passes)
        }
        _ => {
            sheet.fault(&span, "a duty that is neither", "`counts` and `every` of a rule of kind duty, or `passes`");
            return None;
        }
    };
    let asks = match (passes, row.gap, row.entitled, receives, &row.per) {
        (Some(passes), Some(gap), None, None, None) if row.amount.is_none() => Asks::Check { passes, gap },
        (None, None, Some(entitled), Some(receives), Some(per)) => {
            Asks::Entitlement { entitled, receives, amount: row.amount, per: sheet.word::<Per>("per", per)? }
        }
        _ => {
            let expected =
                "`passes` and `gap` of a check; `entitled`, `receives`, `per` and perhaps `amount` of an entitlement";
            sheet.fault(&span, "a rule that is neither", expected);
            return None;
        }
    };
    let mut day = |key, date: &Option<Spanned<Datetime>>| match date {
        Some(date) => sheet.day(key, date).map(Some),
        None => Some(None),
    };
    let (from, to) = (day("from", &row.from)?, day("to", &row.to)?);
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        sheet.fault(&span, "the rule ends before it begins", "`from` before `to`");
    }
    let confidence = match &row.confidence {
        Some(own) => sheet.word("confidence", own)?,
        None => whole.confidence,
    };
    Some(Rule {
        line: sheet.place(&span).line,
        file: sheet.stem.to_owned(),
        about: whole.about.to_owned(),
        kind: whole.kind,
        when: whole.when.into_iter().chain(&row.when).cloned().collect(),
        name: row.name.into_inner(),
        title: sheet.words("title", row.title),
        asks,
        recurring,
        mend: row.mend,
        opens: row.opens.map(Spanned::into_inner),
        from,
        to,
        source: row.source.unwrap_or_else(|| whole.source.to_owned()),
        confidence,
        reads: Vec::new(),
    })
}
