//! What one file says of another, checked when all are read.

use super::parameter::Parameter;
use super::region::Level;
use super::service::Service;
use super::source::{CatalogSource, Mistake, Place};
use super::subject::{Attribute, Memory, RoleClaim, ValueKind};
use crate::image::fact::Value as Fact;
use crate::settlement::Policy;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something a service file takes for granted; `by` is the service.
pub(super) enum Claim {
    /// An attribute is declared.
    Known { place: Place, by: String, attribute: String },
    /// An attribute is declared, and its past is remembered.
    Remembered { place: Place, by: String, attribute: String },
    /// An attribute is declared and of a kind.
    OfKind { place: Place, by: String, attribute: String, kind: ValueKind },
    /// An attribute is declared by the service itself and can hold a value.
    Fits { place: Place, attribute: String, subject: String, leaf: Leaf },
}

/// What a fact's value can be.
pub(super) enum Leaf {
    /// Whatever the schema takes; with `only`, this text alone.
    Answer { schema: Value, only: Option<String> },
    /// Always this text.
    Constant(String),
}

/// Checks every claim against the attributes of all files.
pub(super) fn check_claims(
    claims: &[Claim],
    attributes: &BTreeMap<String, Attribute>,
    services: &[(Arc<Service>, Place)],
    mistakes: &mut Vec<Mistake>,
) {
    let purpose = |name: &str| services.iter().find(|(service, _)| service.name == name).map(|(one, _)| &one.purpose);
    for claim in claims {
        let (Claim::Known { place, attribute: name, .. }
        | Claim::Remembered { place, attribute: name, .. }
        | Claim::OfKind { place, attribute: name, .. }
        | Claim::Fits { place, attribute: name, .. }) = claim;
        let Some(attribute) = attributes.get(name) else {
            mistakes.push(place.mistake(format!("no attribute `{name}`"), nearest(name, attributes)));
            continue;
        };
        // What was told for one purpose serves that purpose.
        if let Claim::Known { by, .. } | Claim::Remembered { by, .. } | Claim::OfKind { by, .. } = claim
            && let Some(told_for) = purpose(&attribute.subject)
            && purpose(by).is_some_and(|used_for| used_for != told_for)
        {
            mistakes.push(place.mistake(
                format!("attribute `{name}` was told for the purpose `{told_for}`"),
                "an attribute of this service, or of one with the same purpose",
            ));
            continue;
        }
        match claim {
            Claim::Known { .. } => {}
            Claim::Remembered { .. } if attribute.memory != Memory::Current => {}
            Claim::Remembered { .. } => {
                let what = format!("attribute `{name}` is remembered as it is now only");
                mistakes.push(place.mistake(what, "`memory = \"window\"` or `\"history\"`"));
            }
            Claim::OfKind { kind, .. } if attribute.kind == *kind => {}
            Claim::OfKind { kind, .. } => {
                let what = format!("attribute `{name}` is of kind {}", attribute.kind.as_str());
                mistakes.push(place.mistake(what, format!("one of kind {}", kind.as_str())));
            }
            Claim::Fits { subject, leaf, .. } => {
                if attribute.subject != *subject {
                    let what = format!("attribute `{name}` belongs to {}", attribute.subject);
                    mistakes.push(place.mistake(what, format!("one of {subject}'s own, declared in this file")));
                } else if let Some(expected) = misfit(attribute, leaf) {
                    mistakes.push(place.mistake(format!("attribute `{name}` cannot hold that value"), expected));
                }
            }
        }
    }
}

/// What an attribute would need instead of a value; absent when it fits.
fn misfit(attribute: &Attribute, leaf: &Leaf) -> Option<String> {
    let texts: Option<Vec<&str>> = match leaf {
        Leaf::Constant(text) => Some(vec![text]),
        Leaf::Answer { only: Some(text), .. } => Some(vec![text]),
        Leaf::Answer { schema, only: None } => schema
            .get("enum")
            .and_then(Value::as_array)
            .map(|options| options.iter().filter_map(Value::as_str).collect()),
    };
    let kind_of = |schema: &Value| schema.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    match (attribute.kind, leaf) {
        (ValueKind::Code, _) => match texts {
            None => Some("an enum of its codes".to_owned()),
            Some(texts) => {
                let strange = texts.into_iter().find(|text| attribute.meaning(text).is_none())?;
                Some(format!("`{strange}` among its codes"))
            }
        },
        (ValueKind::Flag, Leaf::Constant(text)) => {
            (text != "true" && text != "false").then(|| "true or false".to_owned())
        }
        (ValueKind::Int, Leaf::Constant(text)) => text.parse::<i64>().is_err().then(|| "a whole number".to_owned()),
        (_, Leaf::Constant(_)) => None,
        (ValueKind::Flag, Leaf::Answer { schema, .. }) => {
            (kind_of(schema) != "boolean").then(|| "a boolean answer".to_owned())
        }
        (ValueKind::Int, Leaf::Answer { schema, .. }) => {
            (kind_of(schema) != "integer").then(|| "an integer answer".to_owned())
        }
        (ValueKind::Subject, Leaf::Answer { schema, .. }) => {
            (kind_of(schema) != "integer").then(|| "the number of a subject, an integer".to_owned())
        }
        (ValueKind::Day, Leaf::Answer { schema, .. }) => {
            (schema["format"] != "date").then(|| "an answer with \"format\": \"date\"".to_owned())
        }
        (_, Leaf::Answer { schema, .. }) => (kind_of(schema) != "string").then(|| "a text answer".to_owned()),
    }
}

/// The attribute that was probably meant.
fn nearest(name: &str, attributes: &BTreeMap<String, Attribute>) -> String {
    let subject = name.split('.').next().unwrap_or_default();
    let same: Vec<&str> = attributes
        .values()
        .filter(|attribute| attribute.subject == subject)
        .map(|attribute| attribute.name.as_str())
        .collect();
    if same.is_empty() { "a declared attribute".to_owned() } else { format!("one of {}", same.join(", ")) }
}

/// A role is a level of government or a code of the attribute `staff.role`.
pub(super) fn check_roles(roles: &[RoleClaim], attributes: &BTreeMap<String, Attribute>, mistakes: &mut Vec<Mistake>) {
    let declared = attributes.get("staff.role").map(|attribute| attribute.codes.as_slice()).unwrap_or_default();
    for RoleClaim { place, role } in roles {
        let known = role.parse::<Level>().is_ok() || declared.iter().any(|(code, _)| code == role);
        if !known {
            let codes: Vec<&str> = declared.iter().map(|(code, _)| code.as_str()).collect();
            mistakes.push(place.mistake(
                format!("no role `{role}`"),
                format!("a level or a code of staff.role: {}", codes.join(", ")),
            ));
        }
    }
}

/// Parameters that are read must be there.
pub(super) fn check_parameters(
    claimed: &[(Place, String)],
    parameters: &BTreeMap<String, Parameter>,
    mistakes: &mut Vec<Mistake>,
) {
    for (place, name) in claimed.iter().filter(|(_, name)| !parameters.contains_key(name)) {
        mistakes.push(place.mistake(format!("no parameter `{name}`"), "a file in parameter/"));
    }
}

/// What may not be below another is not.
pub(super) fn check_lines(parameters: &BTreeMap<String, Parameter>, mistakes: &mut Vec<Mistake>) {
    for parameter in parameters.values() {
        let Some(rule) = &parameter.not_below else { continue };
        let place = Place { file: format!("parameter/{}.toml", parameter.name), line: rule.line };
        let Some(other) = parameters.get(&rule.parameter).filter(|other| other.unit == parameter.unit) else {
            let what = format!("no parameter `{}` of unit {}", rule.parameter, parameter.unit);
            mistakes.push(place.mistake(what, "a parameter counted in the same unit"));
            continue;
        };
        if let Some(day) = parameter.below(other, rule.from) {
            let what = format!("on {day} `{}` is below `{}`", parameter.name, other.name);
            mistakes.push(place.mistake(what, "a value at or above it: the two lines are one"));
        }
    }
}

/// Case numbers must tell their service.
pub(super) fn check_prefixes(services: &[(Arc<Service>, Place)], mistakes: &mut Vec<Mistake>) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (service, place) in services {
        if let Some(first) = seen.insert(&service.number_prefix, &service.name) {
            let what = format!("`number_prefix` {} is already that of {first}", service.number_prefix);
            mistakes.push(place.mistake(what, "a prefix of its own"));
        }
    }
}

/// What policies of settlement ask the register about people is known of people, or of households.
pub(super) fn check_told(
    policies: &BTreeMap<String, Arc<Policy>>,
    attributes: &BTreeMap<String, Attribute>,
    mistakes: &mut Vec<Mistake>,
) {
    for policy in policies.values() {
        for told in policy.told.iter().flatten() {
            let place = Place { file: format!("settlement/{}.toml", policy.name), line: told.line };
            let name = &told.attribute;
            let Some(attribute) = attributes.get(name).filter(|one| matches!(&*one.subject, "person" | "household"))
            else {
                let what = format!("no attribute `{name}` of people or households");
                mistakes.push(place.mistake(what, nearest(name, attributes)));
                continue;
            };
            for text in &told.is {
                if let Err(bad) = Fact::parse(attribute, text) {
                    mistakes.push(place.mistake(format!("`{name}` is never `{text}`"), bad.expected));
                }
            }
            if attribute.memory == Memory::Current {
                let what = format!("attribute `{name}` is remembered as it is now only");
                mistakes.push(place.mistake(what, "`memory = \"history\"`: bills are settled by the day of admission"));
            }
        }
    }
}

/// Every schema beside the services is the form of something.
pub(super) fn check_schemas<'a>(paths: impl Iterator<Item = &'a String>, used: &[String], mistakes: &mut Vec<Mistake>) {
    for path in paths.filter(|path| !used.contains(path)) {
        mistakes.push(
            Place { file: path.clone(), line: 1 }
                .mistake("no service uses this form", "a `form` that names it, or no file"),
        );
    }
}

/// Facts that a service learns serve its own purpose: no file of another folder reads them. These files are read by their
/// rooms, so they are looked through for the names.
pub(super) fn check_purposes(source: &CatalogSource, services: &[(Arc<Service>, Place)], mistakes: &mut Vec<Mistake>) {
    let others = ["rule/", "settlement/", "report/"];
    for (path, text) in source.files.iter().filter(|(path, _)| others.iter().any(|folder| path.starts_with(folder))) {
        for (service, _) in services.iter().filter(|(service, _)| service.own_purpose) {
            for at in text.match_indices(&format!("{}.", service.name)).map(|(at, _)| at) {
                let line = text[..at].matches('\n').count() + 1;
                mistakes.push(Place { file: path.clone(), line }.mistake(
                    format!("reads a fact of `{}`, told for the purpose `{}`", service.name, service.purpose),
                    "a rule that does without it",
                ));
            }
        }
    }
}

/// A form that asks for a subject says of which kinds it is; each of them is the catalog's.
pub(super) fn check_kinds(
    source: &CatalogSource,
    subjects: &BTreeMap<String, super::SubjectKind>,
    mistakes: &mut Vec<Mistake>,
) {
    let forms = source.files.iter().filter(|(path, _)| path.starts_with("service/") && path.ends_with(".json"));
    for (path, text) in forms {
        let mut asked = Vec::new();
        if let Ok(schema) = serde_json::from_str(text) {
            kinds_asked(&schema, &mut asked);
        }
        for kind in asked.into_iter().filter(|kind| !subjects.contains_key(kind)) {
            let line = text.find(&format!("\"{kind}\"")).map_or(1, |at| text[..at].matches('\n').count() + 1);
            let expected = if kind.is_empty() { "\"x-of\": its kinds" } else { "a file in subject/" };
            mistakes.push(Place { file: path.clone(), line }.mistake(format!("no kind of subject `{kind}`"), expected));
        }
    }
}

/// Every kind that a schema names in `x-of`; an empty one where a subject is asked for without.
fn kinds_asked(schema: &Value, into: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            let kinds = fields.get("x-of").and_then(Value::as_array);
            into.extend(kinds.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
            if fields.get("x-control").is_some_and(|control| control == "subject") && kinds.is_none() {
                into.push(String::new());
            }
            fields.values().for_each(|field| kinds_asked(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| kinds_asked(item, into)),
        _ => {}
    }
}
