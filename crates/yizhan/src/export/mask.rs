//! What is shown of sealed answers when nobody gave a reason to open them: what the form itself lists, numbers, days, areas.
//! Everything somebody wrote is hidden, so that a question that is new tomorrow is hidden too.

use crate::case::rule::masked_name;
use serde_json::{Map, Value};
use yizhan_kit::Day;
use yizhan_kit::codes::{CitizenNumber, Mobile, RegionCode};

/// Whether sealed answers are shown whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// They are masked.
    Masked,
    /// That they are taken out whole is on record, with a reason.
    Whole,
}

/// Answers as they may be shown, by the schema of their form as far as it is known.
pub fn shown(answers: Value, schema: Option<&Value>, how: Shown) -> Value {
    match how {
        Shown::Whole => answers,
        Shown::Masked => masked("", answers, schema),
    }
}

fn masked(name: &str, answer: Value, schema: Option<&Value>) -> Value {
    match answer {
        Value::Object(fields) => {
            let field = |(name, answer): (String, Value)| {
                let schema = schema.and_then(|schema| schema.get("properties")?.get(&name));
                let shown = masked(&name, answer, schema);
                (name, shown)
            };
            Value::Object(fields.into_iter().map(field).collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            let schema = schema.and_then(|schema| schema.get("items"));
            Value::Array(items.into_iter().map(|item| masked(name, item, schema)).collect())
        }
        Value::String(text) => Value::String(text_of(name, &text, schema)),
        other => other,
    }
}

fn text_of(name: &str, text: &str, schema: Option<&Value>) -> String {
    if schema.is_some_and(|schema| lists(schema, text)) || (text.parse::<Day>().is_ok() && !name.contains("birth")) {
        return text.to_owned();
    }
    let month = text.len() == 7 && text.chars().all(|letter| letter.is_ascii_digit() || letter == '-');
    if month || (name.ends_with("region") && text.parse::<RegionCode>().is_ok()) {
        return text.to_owned();
    }
    if let Ok(number) = text.parse::<CitizenNumber>() {
        return number.masked();
    }
    if let Ok(number) = text.parse::<Mobile>() {
        return number.masked();
    }
    if name == "name" || name.ends_with("_name") || name.ends_with("-name") {
        return masked_name(text);
    }
    "*".repeat(text.chars().count().min(8))
}

/// Whether a form lists a text among those to choose from.
fn lists(schema: &Value, text: &str) -> bool {
    let is = |value: &Value| value.as_str() == Some(text);
    let listed = |key: &str| schema.get(key).and_then(Value::as_array).is_some_and(|all| all.iter().any(is));
    let one = |key: &str| {
        let choices = schema.get(key).and_then(Value::as_array);
        choices.is_some_and(|all| all.iter().any(|choice| lists(choice, text)))
    };
    schema.get("const").is_some_and(is) || listed("enum") || one("oneOf") || one("anyOf")
}
