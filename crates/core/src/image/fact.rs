//! Facts in memory: what is true of each subject now, by attribute, and the timeline of those that keep one.
//!
//! A later fact overrides exactly its interval; a fact without a value retracts. Intervals are half-open days.

use crate::catalog::{Attribute, ValueKind};
use crate::row::{FactRow, SubjectId};
use std::sync::Arc;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen};

/// A value as rules and screens read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number; tenths for one-decimal attributes.
    Int(i64),
    /// Money.
    Fen(Fen),
    /// A civil day.
    Day(Day),
    /// A code of its attribute's list, or plain text.
    Text(Arc<str>),
    /// Another subject.
    Subject(SubjectId),
    /// A region.
    Region(RegionCode),
    /// Sealed under a key; the row number of the fact that holds it.
    Sealed(u64),
}

/// Why a text is no value of an attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadValue {
    /// What would have been accepted.
    pub expected: String,
}

impl Value {
    /// Reads the canonical text of a value.
    ///
    /// # Errors
    /// When the text is not a value of the attribute's kind, or not in its code list.
    pub fn parse(attribute: &Attribute, text: &str) -> Result<Self, BadValue> {
        let bad = |expected: &str| BadValue { expected: expected.to_owned() };
        match attribute.kind {
            ValueKind::Flag => match text {
                "true" => Ok(Self::Flag(true)),
                "false" => Ok(Self::Flag(false)),
                _ => Err(bad("true or false")),
            },
            ValueKind::Int => text.parse().map(Self::Int).map_err(|_| bad("a whole number")),
            ValueKind::Decimal1 => tenths(text).map(Self::Int).ok_or_else(|| bad("a number with one decimal, 36.5")),
            ValueKind::Fen => text.parse().map(Self::Fen).map_err(|_| bad("an amount in yuan, 12.34")),
            ValueKind::Day => text.parse().map(Self::Day).map_err(|_| bad("a day, 2021-02-01")),
            ValueKind::Text => Ok(Self::Text(text.into())),
            ValueKind::Code => {
                if attribute.codes.iter().any(|(code, _)| code == text) {
                    return Ok(Self::Text(text.into()));
                }
                let codes: Vec<&str> = attribute.codes.iter().map(|(code, _)| code.as_str()).collect();
                Err(bad(&format!("one of {}", codes.join(", "))))
            }
            ValueKind::Subject => {
                text.parse().map(|n| Self::Subject(SubjectId(n))).map_err(|_| bad("a subject's number"))
            }
            ValueKind::Region => text.parse().map(Self::Region).map_err(|_| bad("a region code of twelve digits")),
        }
    }
}

impl Value {
    /// The canonical text of a value of an attribute, which [`Value::parse`] reads; nothing of a sealed one.
    pub fn text(&self, attribute: &Attribute) -> Option<String> {
        Some(match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Int(tenths) if attribute.kind == ValueKind::Decimal1 => {
                format!("{}{}.{}", if *tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10)
            }
            Self::Int(n) => n.to_string(),
            Self::Fen(fen) => fen.to_string(),
            Self::Day(day) => day.to_string(),
            Self::Text(text) => text.to_string(),
            Self::Subject(subject) => subject.0.to_string(),
            Self::Region(code) => code.to_string(),
            Self::Sealed(_) => return None,
        })
    }
}

fn tenths(text: &str) -> Option<i64> {
    let (whole, tenth) = text.split_once('.')?;
    if tenth.len() != 1 || whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    whole.parse::<i64>().ok()?.checked_mul(10)?.checked_add(i64::from(tenth.parse::<u8>().ok()?))
}

/// A value and the days on which it holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spell {
    /// The first day.
    pub from: Day,
    /// The first day no longer; absent while open-ended.
    pub to: Option<Day>,
    /// What holds.
    pub value: Value,
    /// The act that said so.
    pub seq: u64,
}

impl Spell {
    /// Whether the spell covers a day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }
}

/// Lays a later fact over a timeline: it overrides exactly its interval. The result is ordered and does not overlap.
pub fn lay_over(timeline: &[Spell], from: Day, to: Option<Day>, value: Option<(Value, u64)>) -> Vec<Spell> {
    let mut result = Vec::with_capacity(timeline.len() + 2);
    for spell in timeline {
        if spell.from < from {
            let end = spell.to.map_or(from, |to| to.min(from));
            result.push(Spell { to: Some(end), ..spell.clone() });
        }
    }
    if let Some((value, seq)) = value
        && to.is_none_or(|to| from < to)
    {
        result.push(Spell { from, to, value, seq });
    }
    if let Some(to) = to {
        for spell in timeline {
            if spell.to.is_none_or(|end| to < end) {
                result.push(Spell { from: spell.from.max(to), ..spell.clone() });
            }
        }
    }
    result
}

/// The timeline of one attribute of one subject, from its rows in order of recording, as it was known at an act.
pub fn timeline(rows: &[FactRow], attribute: &Attribute, known_at: u64) -> Vec<Spell> {
    let mut spells = Vec::new();
    for row in rows.iter().filter(|row| *row.attribute == *attribute.name && row.seq <= known_at) {
        let value = value_of(row, attribute).map(|value| (value, row.seq));
        spells = lay_over(&spells, row.true_from, row.true_to, value);
    }
    spells
}

pub(super) fn value_of(row: &FactRow, attribute: &Attribute) -> Option<Value> {
    if row.sealed.is_some() {
        return Some(Value::Sealed(row.n));
    }
    row.value.as_deref().and_then(|text| Value::parse(attribute, text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Memory, Words};
    use crate::image::column::Column;

    fn attribute() -> Attribute {
        Attribute {
            name: "person.health".into(),
            subject: "person".into(),
            title: Words { zh: "健康".into(), en: "Health".into() },
            kind: ValueKind::Int,
            unit: None,
            many: false,
            seen_by: Vec::new(),
            paper: None,
            sealed: None,
            memory: Memory::History,
            of: None,
            back: None,
            computed: None,
            private: false,
            columns: Vec::new(),
            codes: Vec::new(),
        }
    }

    fn row(seq: u64, from: i32, to: Option<i32>, value: Option<i64>) -> FactRow {
        FactRow {
            n: seq,
            seq,
            subject: SubjectId(1),
            attribute: "person.health".into(),
            value: value.map(|value| value.to_string().into()),
            sealed: None,
            key: None,
            true_from: Day(from),
            true_to: to.map(Day),
            before: None,
            source: "test".into(),
        }
    }

    /// The two clocks, day by day: of the facts known at an act, the latest that covers the day.
    fn naively(rows: &[FactRow], day: i32, known_at: u64) -> Option<i64> {
        let covers =
            |row: &&FactRow| row.seq <= known_at && row.true_from.0 <= day && row.true_to.is_none_or(|to| day < to.0);
        rows.iter().rev().find(covers).and_then(|row| row.value.as_deref()?.parse().ok())
    }

    #[test]
    fn what_was_true_on_a_day_as_known_at_an_act() {
        // A small generator of its own: every history of up to eight facts over twenty days, from a seed.
        let mut state = 7_u64;
        let mut below = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        let attribute = attribute();
        for _ in 0..2_000 {
            let rows: Vec<FactRow> = (1..=below(8) + 1)
                .map(|seq| {
                    let from = i32::try_from(below(20)).unwrap();
                    let to = (below(3) > 0).then(|| from + i32::try_from(below(8)).unwrap());
                    let value = (below(4) > 0).then(|| i64::try_from(below(100)).unwrap());
                    row(seq, from, to, value)
                })
                .collect();
            let mut column = Column::default();
            rows.iter().for_each(|row| column.apply(0, row, &attribute));
            for known_at in 0..=rows.len() as u64 {
                let spells = timeline(&rows, &attribute, known_at);
                assert!(spells.windows(2).all(|pair| pair[0].to.is_some_and(|to| to <= pair[1].from)), "{spells:?}");
                for day in -1..32 {
                    let found = spells.iter().find(|spell| spell.holds_on(Day(day))).map(|spell| &spell.value);
                    let expected = naively(&rows, day, known_at).map(Value::Int);
                    assert_eq!(found, expected.as_ref(), "day {day}, known at {known_at}: {rows:?}");
                }
            }
            for day in -1..32 {
                assert_eq!(
                    column.on(0, Day(day)),
                    naively(&rows, day, u64::MAX).map(Value::Int),
                    "day {day}: {rows:?}"
                );
            }
        }
    }

    #[test]
    fn a_code_of_a_timeline_is_loaded_like_any_other() {
        let codes = ["0", "2"].map(|code| (code.to_owned(), Words { zh: code.into(), en: code.into() }));
        let attribute = Attribute { kind: ValueKind::Code, codes: codes.into(), ..attribute() };
        let mut column = Column::default();
        column.apply(3, &row(1, 0, None, Some(0)), &attribute);
        column.apply(3, &row(2, 10, None, Some(2)), &attribute);
        let on = |day| {
            let mut lanes = crate::rule::Lanes::default();
            lanes.reset(2);
            column.load(&[3, 7], Day(day), &mut lanes);
            assert_eq!(lanes.get(1), None, "nobody is there");
            lanes.get(0).and_then(|place| column.code_at(place))
        };
        assert_eq!([on(-1), on(5), on(12)], [None, Some("0"), Some("2")]);
    }

    #[test]
    fn values_are_read_by_their_kind() {
        let check = |kind: ValueKind, text: &str, value: Option<Value>| {
            assert_eq!(Value::parse(&Attribute { kind, ..attribute() }, text).ok(), value, "{kind:?} {text}");
        };
        check(ValueKind::Decimal1, "36.5", Some(Value::Int(365)));
        check(ValueKind::Decimal1, "36.55", None);
        check(ValueKind::Decimal1, "36", None);
        check(ValueKind::Flag, "yes", None);
        check(ValueKind::Fen, "12.34", Some(Value::Fen(Fen(1234))));
        check(ValueKind::Day, "2021-02-30", None);
        check(ValueKind::Code, "anything", None);
    }
}
