//! What values of rules are.

use crate::catalog::{Attribute, ValueKind};

/// What a value is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// Yes or no.
    Truth,
    /// A whole number.
    Number,
    /// An amount, in fen.
    Money,
    /// A civil day.
    Day,
    /// A share, in ten-thousandths.
    Ratio,
    /// A code of an attribute's list.
    Code(String),
    /// A subject of a kind.
    Subject(String),
    /// What can only be asked whether it is there.
    Opaque,
}

impl Type {
    /// What the values of an attribute are to a rule.
    pub fn of(attribute: &Attribute) -> Self {
        match attribute.kind {
            ValueKind::Flag => Self::Truth,
            ValueKind::Int | ValueKind::Decimal1 => Self::Number,
            ValueKind::Fen => Self::Money,
            ValueKind::Day => Self::Day,
            ValueKind::Code => Self::Code(attribute.name.clone()),
            ValueKind::Subject => attribute.of.clone().map_or(Self::Opaque, Self::Subject),
            ValueKind::Text | ValueKind::Region => Self::Opaque,
        }
    }

    /// What the values of a parameter of a unit are.
    pub fn of_unit(unit: &str) -> Self {
        match unit {
            "ratio" => Self::Ratio,
            "days" | "hours" | "count" | "celsius" | "mmol/L" => Self::Number,
            _ => Self::Money,
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truth => f.write_str("yes or no"),
            Self::Number => f.write_str("a number"),
            Self::Money => f.write_str("an amount"),
            Self::Day => f.write_str("a day"),
            Self::Ratio => f.write_str("a ratio"),
            Self::Code(attribute) => write!(f, "a code of {attribute}"),
            Self::Subject(kind) => write!(f, "a {kind}"),
            Self::Opaque => f.write_str("something that no rule can read"),
        }
    }
}
