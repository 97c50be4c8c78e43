//! Reads the alarms of a service file.

use super::alarm::{Alarm, AlarmExample, Condition, Raises, Test};
use super::check::Claim;
use super::service::Who;
use super::service_file::{Outward, claim_who};
use super::source::{Sheet, Words};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlarmShape {
    pub(super) name: Spanned<String>,
    title: Spanned<Words>,
    next: Spanned<Words>,
    holder: Option<Spanned<Words>>,
    when: Vec<ConditionShape>,
    raised_to: Vec<Spanned<String>>,
    answered_by: Spanned<String>,
    #[serde(default)]
    example: Vec<Spanned<ExampleShape>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionShape {
    attribute: Spanned<String>,
    at_least: Option<Spanned<String>>,
    is: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleShape {
    attribute: String,
    value: String,
    on: Spanned<Datetime>,
    raises: bool,
}

pub(super) fn read_alarm(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, row: AlarmShape) -> Option<Alarm> {
    let mut raised_to = Vec::new();
    for text in &row.raised_to {
        if let Some(who) = sheet.word::<Who>("raised_to", text) {
            claim_who(sheet, out, &who, text);
            raised_to.push(who);
        }
    }
    let place = sheet.place(&row.answered_by.span());
    out.claims.push(Claim::Remembered {
        place,
        by: sheet.stem.to_owned(),
        attribute: row.answered_by.get_ref().clone(),
    });
    let when: Vec<_> = row.when.into_iter().map(|condition| read_condition(sheet, out, condition)).collect();
    if when.is_empty() {
        sheet.fault(
            &row.name.span(),
            format!("alarm `{}` is never raised", row.name.get_ref()),
            "a condition in `when`",
        );
    }
    let examples: Vec<_> = row.example.into_iter().map(|example| read_example(sheet, example)).collect();
    Some(Alarm {
        name: row.name.into_inner(),
        title: sheet.words("title", row.title),
        next: sheet.words("next", row.next),
        holder: row.holder.map(|words| sheet.words("holder", words)),
        when: when.into_iter().collect::<Option<_>>()?,
        raised_to,
        answered_by: row.answered_by.into_inner(),
        examples: examples.into_iter().collect::<Option<_>>()?,
    })
}

fn read_condition(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, row: ConditionShape) -> Option<Condition> {
    let place = sheet.place(&row.attribute.span());
    out.claims.push(Claim::Remembered { place, by: sheet.stem.to_owned(), attribute: row.attribute.get_ref().clone() });
    let test = match (row.at_least, row.is) {
        (Some(parameter), None) => {
            out.parameters.push((sheet.place(&parameter.span()), parameter.get_ref().clone()));
            Test::AtLeast(parameter.into_inner())
        }
        (None, Some(code)) => Test::Is(code.into_inner()),
        _ => {
            let what = format!("`{}` is held against nothing, or against two things", row.attribute.get_ref());
            sheet.fault(&row.attribute.span(), what, "either `at_least` or `is`");
            return None;
        }
    };
    Some(Condition { attribute: row.attribute.into_inner(), test })
}

fn read_example(sheet: &mut Sheet<'_>, row: Spanned<ExampleShape>) -> Option<AlarmExample> {
    let line = sheet.place(&row.span()).line;
    let row = row.into_inner();
    let raises = if row.raises { Raises::Alarm } else { Raises::Nothing };
    Some(AlarmExample { attribute: row.attribute, value: row.value, on: sheet.day("on", &row.on)?, raises, line })
}
