//! Reads the worked examples of a service file.

use super::service::{Example, Expect, Service};
use super::source::Sheet;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleShape {
    of: Option<Spanned<String>>,
    answers: Spanned<toml::Value>,
    expect: Spanned<String>,
    at: Option<Spanned<String>>,
}

pub(super) fn read_example(sheet: &mut Sheet<'_>, service: &Service, row: ExampleShape) -> Option<Example> {
    if let Some(of) = &row.of
        && service.form_of(Some(of.get_ref())).is_none()
    {
        sheet.fault(
            &of.span(),
            format!("no form of `{}` in this service", of.get_ref()),
            "a step or entry with a form",
        );
    }
    let expect = match (row.expect.get_ref().as_str(), row.at) {
        ("accepted", None) => Expect::Accepted,
        ("refused", Some(at)) => Expect::Refused { at: at.into_inner() },
        (other, _) => {
            sheet.fault(
                &row.expect.span(),
                format!("`expect` cannot be `{other}` here"),
                "accepted, or refused with `at`",
            );
            return None;
        }
    };
    let line = sheet.place(&row.answers.span()).line;
    let span = row.answers.span();
    let Some(answers) = to_json(row.answers.into_inner()) else {
        sheet.fault(&span, "the answers hold a floating-point number", "texts, whole numbers, days, flags and lists");
        return None;
    };
    Some(Example { of: row.of.map(Spanned::into_inner), answers, expect, line })
}

/// TOML answers as the JSON a form judges. Days become text; a float has no place in an answer.
fn to_json(value: toml::Value) -> Option<serde_json::Value> {
    use serde_json::Value;
    Some(match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(_) => return None,
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(list) => Value::Array(list.into_iter().map(to_json).collect::<Option<_>>()?),
        toml::Value::Table(table) => {
            let pairs = table.into_iter().map(|(key, value)| to_json(value).map(|value| (key, value)));
            Value::Object(pairs.collect::<Option<_>>()?)
        }
    })
}
