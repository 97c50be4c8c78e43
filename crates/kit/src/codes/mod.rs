//! National codes that carry their own check. A value of one of these types is valid, because it cannot be made otherwise.

mod card;
mod citizen;
mod credit;
mod mobile;
mod region;
mod waybill;

pub use card::{BankCard, DisabilityCard};
pub use citizen::{CitizenNumber, Sex};
pub use credit::CreditCode;
pub use mobile::Mobile;
pub use region::{RegionCode, RegionLevel};
pub use waybill::Waybill;

use std::fmt;

/// Which rule a text breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadCode {
    /// It has too many or too few characters.
    Length,
    /// It has characters that do not belong there.
    Characters,
    /// It names a day that never was.
    Date,
    /// Its check digit does not fit: most often one digit was mistyped or two were swapped.
    CheckDigit,
}

impl BadCode {
    /// What to look at, in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Length => "位数不对",
            Self::Characters => "含有不该出现的字符",
            Self::Date => "日期不存在",
            Self::CheckDigit => "校验位不符，请核对是否有一位写错",
        }
    }
}

impl fmt::Display for BadCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "has the wrong number of characters",
            Self::Characters => "has characters that do not belong there",
            Self::Date => "names a day that never was",
            Self::CheckDigit => "has a check digit that does not fit; a digit may be mistyped",
        })
    }
}

impl std::error::Error for BadCode {}

/// Keeps the first and last characters and hides the rest.
fn mask(text: &str, first: usize, last: usize) -> String {
    let hidden = text.len().saturating_sub(first + last);
    format!("{}{}{}", &text[..first], "*".repeat(hidden), &text[text.len() - last..])
}

macro_rules! text_code {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
macro_rules! masked_debug {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.masked())
            }
        }
    };
}
pub(crate) use {masked_debug, text_code};
