//! Parameters: figures of law and policy, dated, each with its source and how sure we are of it.

use super::source::{Expected, Sheet, Words, texts};
use serde::Deserialize;
use std::str::FromStr;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::{Day, Fen};

/// How sure we are of a value; shown wherever it is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Confidence {
    /// Read in its source.
    Confirmed,
    /// General knowledge, not checked against a source.
    Likely,
    /// A default so that the program can run; the district must set its own.
    Illustrative,
}

texts!(
    Confidence,
    "confirmed, likely or illustrative",
    Confirmed = "confirmed",
    Likely = "likely",
    Illustrative = "illustrative"
);

/// A figure of law or policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its file's name.
    pub name: String,
    /// What officers read.
    pub title: Words,
    /// `yuan`, `yuan/year`, `yuan/month`, `days`, `hours`, `count`, `ratio` or `celsius`.
    pub unit: String,
    /// Its values, oldest first.
    pub values: Vec<Dated>,
    /// Another parameter that it may not be below, and from which day on.
    pub not_below: Option<NotBelow>,
}

/// Another parameter that one may not be below: 两线合一, an allowance standard that is no lower than the poverty line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotBelow {
    /// The other parameter.
    pub parameter: String,
    /// The first day.
    pub from: Day,
    /// The line of the file that says so.
    pub line: usize,
}

impl Parameter {
    /// The first day on which it is below what it may not be below, of two parameters counted alike.
    pub fn below(&self, other: &Self, from: Day) -> Option<Day> {
        let days = self.values.iter().chain(&other.values).map(|value| value.from.max(from)).chain([from]);
        let fen = |parameter: &Self, day| parameter.at(day).and_then(|value| value.value.parse::<Fen>().ok());
        let low = |day: &Day| fen(self, *day).zip(fen(other, *day)).is_some_and(|(own, other)| own.0 < other.0);
        days.filter(low).min()
    }
}

impl Parameter {
    /// The value in force on a day.
    pub fn at(&self, day: Day) -> Option<&Dated> {
        self.values.iter().rev().find(|value| value.from <= day).filter(|value| value.to.is_none_or(|to| day < to))
    }
}

/// A value from a day on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dated {
    /// The first day.
    pub from: Day,
    /// The first day no longer; absent: until the next value.
    pub to: Option<Day>,
    /// Its text in the parameter's unit: `5160.00`, `14`, `85%`, `37.3`.
    pub value: String,
    /// Where it is written.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
}

/// What a value is counted in, which tells how it is written.
#[derive(Clone, Copy)]
enum Unit {
    Money,
    Whole,
    Ratio,
    Tenths,
}

impl FromStr for Unit {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        match text {
            "yuan" | "yuan/year" | "yuan/month" => Ok(Self::Money),
            "days" | "hours" | "count" => Ok(Self::Whole),
            "ratio" => Ok(Self::Ratio),
            "celsius" | "mmol/L" => Ok(Self::Tenths),
            _ => Err(Expected("one of yuan, yuan/year, yuan/month, days, hours, count, ratio, celsius, mmol/L")),
        }
    }
}

impl Unit {
    fn expects(self) -> &'static str {
        match self {
            Self::Money => "an amount with two decimals, 5160.00",
            Self::Whole => "a whole number",
            Self::Ratio => "a percentage, 85%",
            Self::Tenths => "a number with one decimal, 37.3",
        }
    }

    fn reads(self, text: &str) -> bool {
        match self {
            Self::Money => decimals(text, 2) && text.parse::<Fen>().is_ok(),
            Self::Whole => text.parse::<i64>().is_ok(),
            Self::Ratio => text
                .strip_suffix('%')
                .is_some_and(|number| number.parse::<u32>().is_ok() || decimals(number, 1) || decimals(number, 2)),
            Self::Tenths => decimals(text, 1),
        }
    }
}

/// Whether a text is a number with exactly so many decimals.
pub(super) fn decimals(text: &str, count: usize) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').is_some_and(|(whole, part)| digits(whole) && digits(part) && part.len() == count)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    unit: Spanned<String>,
    value: Vec<ValueShape>,
    not_below: Option<NotBelowShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotBelowShape {
    parameter: Spanned<String>,
    from: Spanned<Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueShape {
    from: Spanned<Datetime>,
    to: Option<Spanned<Datetime>>,
    value: Spanned<String>,
    source: Spanned<String>,
    confidence: Spanned<String>,
}

pub(super) fn read(sheet: &mut Sheet<'_>) -> Option<Parameter> {
    let shape = sheet.shape::<Shape>()?;
    let title = sheet.words("title", shape.title);
    let unit = sheet.word::<Unit>("unit", &shape.unit);
    let mut values: Vec<Dated> = Vec::new();
    for row in &shape.value {
        if let Some(value) = read_value(sheet, unit, row) {
            if let Some(before) = values.last()
                && before.to.unwrap_or(before.from.plus(1)) > value.from
            {
                sheet.fault(
                    &row.from.span(),
                    format!("the value from {} overlaps the one before", value.from),
                    "values by day, without overlap",
                );
            }
            values.push(value);
        }
    }
    let not_below = match &shape.not_below {
        Some(other) => Some(NotBelow {
            parameter: other.parameter.get_ref().clone(),
            from: sheet.day("from", &other.from)?,
            line: sheet.place(&other.parameter.span()).line,
        }),
        None => None,
    };
    Some(Parameter { name: sheet.stem.to_owned(), title, unit: shape.unit.into_inner(), values, not_below })
}

fn read_value(sheet: &mut Sheet<'_>, unit: Option<Unit>, row: &ValueShape) -> Option<Dated> {
    if let Some(unit) = unit
        && !unit.reads(row.value.get_ref())
    {
        sheet.fault(&row.value.span(), format!("`value` cannot be `{}`", row.value.get_ref()), unit.expects());
    }
    if row.source.get_ref().trim().is_empty() {
        sheet.fault(&row.source.span(), "a value without source", "where it is written");
    }
    let confidence = sheet.word("confidence", &row.confidence);
    let from = sheet.day("from", &row.from)?;
    let to = match &row.to {
        Some(to) => Some(sheet.day("to", to)?),
        None => None,
    };
    if to.is_some_and(|to| to <= from) {
        sheet.fault(&row.from.span(), "the value ends before it begins", "`from` before `to`");
    }
    Some(Dated {
        from,
        to,
        value: row.value.get_ref().clone(),
        source: row.source.get_ref().clone(),
        confidence: confidence?,
    })
}
