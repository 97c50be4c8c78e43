//! When a row of a list and a declaration are the same person, may be, or are not. Pure.

use super::model::Row;
use serde_json::Value;
use yizhan_kit::codes::CitizenNumber;

/// What agrees between a row and a declaration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Alike {
    /// The citizen number: the same person.
    Number,
    /// The mobile number and the name: the same person.
    MobileAndName,
    /// The mobile number alone: a family shares one.
    Mobile,
    /// Name and day of birth, where the numbers do not tell: a person decides.
    NameAndBirth,
}

/// What agrees, if enough does. Two whole numbers that differ are two people, whatever else agrees.
pub fn alike(row: &Row, answers: &Value) -> Option<Alike> {
    let text = |pointer: &str| answers.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let number = |text: Option<String>| text?.parse::<CitizenNumber>().ok();
    let (own, other) = (number(row.citizen_number.clone()), number(text("/citizen_number")));
    if let (Some(own), Some(other)) = (&own, &other) {
        return (own.to_string() == other.to_string()).then_some(Alike::Number);
    }
    let same_name = text("/name").is_some_and(|name| plain(&name) == plain(&row.name));
    let same_mobile = row.mobile.is_some() && row.mobile == text("/mobile");
    if same_mobile {
        return Some(if same_name { Alike::MobileAndName } else { Alike::Mobile });
    }
    let birth = row.birth.clone().or_else(|| own.map(|own| own.birth().to_string()));
    let same_birth =
        birth.is_some() && birth == other.map(|other| other.birth().to_string()).or_else(|| text("/birth"));
    (same_name && same_birth).then_some(Alike::NameAndBirth)
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What names the person of a row, for a digest that stays when the list is gone.
pub fn identity(row: &Row) -> String {
    let own = row.citizen_number.as_deref().or(row.mobile.as_deref()).or(row.birth.as_deref()).unwrap_or_default();
    format!("{}\n{}", plain(&row.name), own.to_uppercase())
}
