//! Reads the duties of a rule file that come round again, and checks what they take for granted of other files.

use super::recurring::{Days, Discreet, Doer, Every, Proof, Recurring, TEAM, Told};
use super::region::Level;
use super::rule::Rule;
use super::service::{Service, Who};
use super::source::{Mistake, Place, Sheet, Words};
use super::subject::{Attribute, Memory, RoleClaim, ValueKind};
use crate::rule::Part;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Spanned;

/// What a check says of a duty that comes round again.
pub(super) struct RecurringShape {
    pub(super) counts: Spanned<String>,
    pub(super) every: EveryShape,
    pub(super) opens_before: Option<DaysShape>,
    pub(super) who: Option<Spanned<String>>,
    pub(super) escalate: Vec<ToldShape>,
    pub(super) proof: Vec<Spanned<String>>,
    pub(super) excused: Option<String>,
    pub(super) discreet: Option<DiscreetShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EveryShape {
    days: Option<DaysShape>,
    times: Option<u8>,
    per: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum DaysShape {
    Fixed(u16),
    Parameter(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToldShape {
    after_days: u16,
    to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DiscreetShape {
    zh: String,
    en: String,
    known_to: Vec<Spanned<String>>,
}

pub(super) fn read(sheet: &mut Sheet<'_>, roles: &mut Vec<RoleClaim>, row: RecurringShape) -> Option<Recurring> {
    let span = row.counts.span();
    let Some(who) = &row.who else {
        sheet.fault(&span, "a duty without anybody who does it", "`who`");
        return None;
    };
    let who_said = who;
    let who = sheet.word::<Doer>("who", who);
    if let Some(Doer::Who(Who::Role(role))) = &who {
        roles.push(RoleClaim { place: sheet.place(&who_said.span()), role: role.clone() });
    }
    let every = read_every(sheet, &row.counts, row.every);
    let opens_before = match row.opens_before {
        Some(days) => Some(read_days(sheet, &row.counts, days)?),
        None => None,
    };
    let mut told = match &who {
        Some(Doer::Who(Who::Level(level))) => Some(*level),
        _ => None,
    };
    let mut days: Option<i32> = None;
    let mut escalate = Vec::new();
    for step in row.escalate {
        let Some(to) = sheet.word::<Level>("to", &step.to) else { continue };
        let after_days = i32::from(step.after_days);
        if told.is_some_and(|told| to <= told) || days.is_some_and(|days| after_days <= days) {
            let what = format!("escalation to {} after {after_days} days does not ascend", to.as_str());
            sheet.fault(&step.to.span(), what, "later days, higher levels");
        }
        (told, days) = (Some(to), Some(after_days));
        escalate.push(Told { after_days, to });
    }
    let proof = row.proof.iter().filter_map(|proof| sheet.word::<Proof>("proof", proof)).collect();
    let discreet = row.discreet.map(|discreet| {
        for role in &discreet.known_to {
            roles.push(RoleClaim { place: sheet.place(&role.span()), role: role.get_ref().clone() });
        }
        if discreet.zh.trim().is_empty() || discreet.en.trim().is_empty() {
            sheet.fault(&span, "a discreet title in one language", "`zh` and `en`");
        }
        Discreet {
            title: Words { zh: discreet.zh, en: discreet.en },
            known_to: discreet.known_to.into_iter().map(Spanned::into_inner).collect(),
        }
    });
    Some(Recurring {
        counts: row.counts.into_inner().replace('_', "-"),
        every: every?,
        opens_before,
        who: who?,
        escalate,
        proof,
        excused: row.excused,
        discreet,
    })
}

fn read_every(sheet: &mut Sheet<'_>, at: &Spanned<String>, row: EveryShape) -> Option<Every> {
    let expected = "`days`, or `per` with perhaps `times`: 4 times a year, 2 times a half-year";
    match (row.days, row.per, row.times) {
        (Some(days), None, None) => read_days(sheet, at, days).map(Every::Days),
        (None, Some(per), times) => {
            let Some(part) = Part::parse(per.get_ref()) else {
                sheet.fault(&per.span(), format!("no part of the calendar `{}`", per.get_ref()), Part::EXPECTED);
                return None;
            };
            let times = times.unwrap_or(1);
            let divided = part.divided(times);
            if divided.is_none() {
                let what = format!("a {} has no {times} equal parts", per.get_ref());
                sheet.fault(&per.span(), what, "whole months, weeks or days");
            }
            divided.map(Every::Part)
        }
        _ => {
            sheet.fault(&at.span(), "a duty that is not said how often", expected);
            None
        }
    }
}

fn read_days(sheet: &mut Sheet<'_>, at: &Spanned<String>, days: DaysShape) -> Option<Days> {
    match days {
        DaysShape::Fixed(days) => Some(Days::Fixed(i32::from(days))),
        DaysShape::Parameter(text) => {
            let name = text.strip_prefix("parameter.").map(|name| name.replace('_', "-"));
            if name.is_none() {
                sheet.fault(&at.span(), format!("`{text}` is no number of days"), "a number, or parameter.some_name");
            }
            name.map(Days::Parameter)
        }
    }
}

/// Checks what recurring duties take for granted: the attribute that counts, who is in a team, and that the service they
/// open teaches the attribute and demands the proof.
pub(super) fn check(
    rules: &[Rule],
    attributes: &BTreeMap<String, Attribute>,
    services: &[(Arc<Service>, Place)],
    mistakes: &mut Vec<Mistake>,
) {
    for rule in rules {
        let Some(recurring) = &rule.recurring else { continue };
        let place = Place { file: format!("rule/{}.toml", rule.file), line: rule.line };
        let mut wrong = |what: String, expected: &str| mistakes.push(place.mistake(what, expected));
        let counts = &recurring.counts;
        match attributes.get(counts) {
            None => wrong(format!("`{}` counts `{counts}`, which is no attribute", rule.name), "one of kind day"),
            Some(attribute) => {
                if attribute.subject != rule.about || attribute.kind != ValueKind::Day || attribute.many {
                    let what = format!(
                        "`{}` counts `{counts}`, {} of {}",
                        rule.name,
                        attribute.kind.as_str(),
                        attribute.subject
                    );
                    wrong(what, &format!("a single day of {}", rule.about));
                }
                if attribute.memory != Memory::History {
                    wrong(format!("`{counts}` is remembered as it is now only"), "`memory = \"history\"`");
                }
            }
        }
        if recurring.who == Doer::Team {
            for kind in [rule.about.as_str(), "staff"] {
                let name = format!("{kind}.{TEAM}");
                if attributes.get(&name).is_none_or(|attribute| attribute.of.as_deref() != Some(TEAM)) {
                    wrong(
                        format!("`{}` is a team's, and `{name}` is no attribute", rule.name),
                        "one that names a team",
                    );
                }
            }
        }
        let service = rule.opens.as_ref().and_then(|name| services.iter().find(|(one, _)| one.name == *name));
        let Some((service, _)) = service else {
            if !recurring.proof.is_empty() {
                wrong(format!("`{}` wants proof, and no service's form fulfils it", rule.name), "`opens`");
            }
            continue;
        };
        let taught = service.steps.iter().any(|step| step.learning.facts.iter().any(|fact| fact.attribute == *counts));
        if !taught {
            let what = format!("`{}` does not teach `{counts}`, which `{}` counts", service.name, rule.name);
            wrong(what, "a fact of it in `register` of one of its steps");
        }
        for proof in &recurring.proof {
            if !demands(service, *proof) {
                let what =
                    format!("`{}` does not demand the {} that `{}` wants", service.name, proof.as_str(), rule.name);
                wrong(what, "a paper of that name that a step asks for; a position that its form requires");
            }
        }
    }
}

/// Whether a service can only be signed with a proof.
fn demands(service: &Service, proof: Proof) -> bool {
    let paper = |name: &str| service.steps.iter().any(|step| step.papers.iter().any(|paper| paper == name));
    match proof {
        Proof::Form => true,
        Proof::Photo | Proof::Signature => paper(proof.as_str()),
        Proof::Place => {
            let required = service.form.schema.get("required").and_then(serde_json::Value::as_array);
            required.is_some_and(|names| {
                names.iter().filter_map(serde_json::Value::as_str).any(|name| {
                    service.form.at(&format!("/{name}")).is_some_and(|field| field["x-control"] == "position")
                })
            })
        }
    }
}
