//! Region codes of twelve digits: two of the province, two of the city, two of the county, three of the township, three
//! of the village. Shorter codes are padded with zeros.

use super::BadCode;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A region code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode(u64);

/// How far down a code reaches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RegionLevel {
    /// A village or residents' committee.
    Village,
    /// A street, town or township.
    Township,
    /// A county, district or zone.
    County,
    /// A prefecture-level city.
    City,
    /// A province.
    Province,
}

impl RegionCode {
    /// How far down it reaches.
    pub fn level(self) -> RegionLevel {
        match self.0 {
            code if code % 1_000 != 0 => RegionLevel::Village,
            code if code % 1_000_000 != 0 => RegionLevel::Township,
            code if code % 100_000_000 != 0 => RegionLevel::County,
            code if code % 10_000_000_000 != 0 => RegionLevel::City,
            _ => RegionLevel::Province,
        }
    }

    /// Whether another region is this one or lies in it.
    pub fn contains(self, other: Self) -> bool {
        let unit = self.unit();
        self.0 / unit == other.0 / unit
    }

    /// The region one level up; absent for a province.
    pub fn parent(self) -> Option<Self> {
        let unit = match self.level() {
            RegionLevel::Village => 1_000,
            RegionLevel::Township => 1_000_000,
            RegionLevel::County => 100_000_000,
            RegionLevel::City => 10_000_000_000,
            RegionLevel::Province => return None,
        };
        Some(Self(self.0 / unit * unit))
    }

    fn unit(self) -> u64 {
        match self.level() {
            RegionLevel::Village => 1,
            RegionLevel::Township => 1_000,
            RegionLevel::County => 1_000_000,
            RegionLevel::City => 100_000_000,
            RegionLevel::Province => 10_000_000_000,
        }
    }
}

impl From<RegionCode> for u64 {
    fn from(code: RegionCode) -> Self {
        code.0
    }
}

impl TryFrom<u64> for RegionCode {
    type Error = BadCode;
    fn try_from(code: u64) -> Result<Self, BadCode> {
        if (10_000_000_000..1_000_000_000_000).contains(&code) { Ok(Self(code)) } else { Err(BadCode::Length) }
    }
}

impl FromStr for RegionCode {
    type Err = BadCode;
    fn from_str(text: &str) -> Result<Self, BadCode> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadCode::Characters);
        }
        if !matches!(text.len(), 2 | 4 | 6 | 9 | 12) {
            return Err(BadCode::Length);
        }
        Self::try_from(format!("{text:0<12}").parse::<u64>().map_err(|_| BadCode::Characters)?)
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for RegionCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RegionCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_nest() {
        let code = |text: &str| -> RegionCode { text.parse().unwrap() };
        let check = |text: &str, level, parent: Option<&str>| {
            assert_eq!(code(text).level(), level, "{text}");
            assert_eq!(code(text).parent(), parent.map(code), "{text}");
        };
        check("371502008201", RegionLevel::Village, Some("371502008"));
        check("371502008", RegionLevel::Township, Some("371502"));
        check("371502", RegionLevel::County, Some("3715"));
        check("3715", RegionLevel::City, Some("37"));
        check("37", RegionLevel::Province, None);
        assert!(code("371502").contains(code("371502008201")));
        assert!(code("371502008201").contains(code("371502008201")));
        assert!(!code("371502008").contains(code("371502009201")));
        assert!(!code("371502008201").contains(code("371502008")));
        assert_eq!(code("37").to_string(), "370000000000");
        for bad in ["", "371", "37150200820", "00", "37150200820a", "３７"] {
            assert!(bad.parse::<RegionCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_region_is_a_text_in_json_and_a_number_in_a_row() {
        let code: RegionCode = serde_json::from_str(r#""371502""#).unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), r#""371502000000""#);
        assert_eq!((u64::from(code), RegionCode::try_from(371_502_000_000)), (371_502_000_000, Ok(code)));
        assert_eq!(RegionCode::try_from(371_502), Err(BadCode::Length));
        assert!(serde_json::from_str::<RegionCode>("371502").is_err());
    }
}
