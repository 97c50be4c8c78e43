//! Money in whole fen. Never a float: a ratio is a fraction, and every division says how it rounds.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// An amount in fen, a hundredth of a yuan. Its text is `12.34`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Fen(pub i64);

/// What becomes of half a fen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// Half and more goes up, away from nothing.
    HalfUp,
    /// What is not a whole fen is dropped.
    Down,
}

/// A text that is no amount or no ratio.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadAmount(String);

impl fmt::Display for BadAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no amount; expected one like 12.34", self.0)
    }
}

impl std::error::Error for BadAmount {}

impl Fen {
    /// The sum, unless it overflows.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, unless it overflows.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The sum of many, unless it overflows.
    pub fn checked_sum(mut amounts: impl Iterator<Item = Self>) -> Option<Self> {
        amounts.try_fold(Self(0), Self::checked_add)
    }

    /// A fraction of the amount, unless it overflows or divides by nothing.
    pub fn times(self, ratio: Ratio, rounding: Rounding) -> Option<Self> {
        let product = i128::from(self.0).checked_mul(i128::from(ratio.numerator))?;
        let divisor = i128::from(ratio.denominator);
        if divisor <= 0 {
            return None;
        }
        let (whole, rest) = (product / divisor, product % divisor);
        let up = rounding == Rounding::HalfUp && rest.abs() * 2 >= divisor;
        let whole = if up { whole + product.signum() } else { whole };
        i64::try_from(whole).ok().map(Self)
    }

    /// Splits the amount by weights without losing a fen: what is left over after rounding down goes to the largest
    /// remainders, to the first of equals. Nothing is returned when no weight is above zero.
    pub fn split(self, weights: &[u64]) -> Vec<Self> {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        if total == 0 {
            return Vec::new();
        }
        let sign = self.0.signum();
        let amount = u128::from(self.0.unsigned_abs());
        // Both fit: an amount below 2^63 times a weight below 2^64 stays below 2^127.
        let part = |weight: &u64| (amount * u128::from(*weight) / total, amount * u128::from(*weight) % total);
        let mut parts: Vec<(u128, u128)> = weights.iter().map(part).collect();
        let left = amount - parts.iter().map(|(whole, _)| whole).sum::<u128>();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|place| (std::cmp::Reverse(parts[*place].1), *place));
        for place in order.into_iter().take(usize::try_from(left).expect("fewer fen are left than there are parts")) {
            parts[place].0 += 1;
        }
        let signed = |whole: u128| Self(i64::try_from(whole).expect("a part is no more than the whole") * sign);
        parts.into_iter().map(|(whole, _)| signed(whole)).collect()
    }

    /// The amount in 万元 with six decimals, which is exact: `8.817275`.
    pub fn to_wan(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        format!("{sign}{}.{:06}", fen / 1_000_000, fen % 1_000_000)
    }

    /// Reads an amount in 万元 with up to six decimals.
    ///
    /// # Errors
    /// When it is none, or has more decimals.
    pub fn from_wan(text: &str) -> Result<Self, BadAmount> {
        decimal(text, 6).map(Self)
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl FromStr for Fen {
    type Err = BadAmount;
    fn from_str(text: &str) -> Result<Self, BadAmount> {
        decimal(text, 2).map(Self)
    }
}

/// Reads digits with up to so many decimals as a whole number of the smallest unit.
fn decimal(text: &str, places: usize) -> Result<i64, BadAmount> {
    let bad = || BadAmount(text.to_owned());
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = match digits.split_once('.') {
        Some((_, "")) => return Err(bad()),
        Some((whole, part)) => (whole, part),
        None => (digits, ""),
    };
    let all_digits = whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > places || !all_digits {
        return Err(bad());
    }
    let sign = if digits.len() == text.len() { "" } else { "-" };
    format!("{sign}{whole}{part:0<places$}").parse().map_err(|_| bad())
}

/// An exact fraction, written `85%`, `3.6%` or `0.85`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ratio {
    /// Above the line.
    pub numerator: i64,
    /// Below the line, more than nothing.
    pub denominator: i64,
}

impl FromStr for Ratio {
    type Err = BadAmount;
    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let (digits, hundred) = text.strip_suffix('%').map_or((text, 1), |digits| (digits, 100));
        let numerator = decimal(digits, 6).map_err(|_| BadAmount(text.to_owned()))?;
        Ok(Self { numerator, denominator: 1_000_000 * hundred })
    }
}

impl Serialize for Fen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_written_as_people_write_them() {
        let check = |text: &str, fen: i64| {
            assert_eq!(text.parse(), Ok(Fen(fen)));
            assert_eq!(Fen(fen).to_string(), text);
        };
        check("0.00", 0);
        check("12.34", 1234);
        check("-0.05", -5);
        check("92233720368547758.07", i64::MAX);
        assert_eq!("5".parse(), Ok(Fen(500)));
        assert_eq!("5.1".parse(), Ok(Fen(510)));
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1.234",
            "1e3",
            " 1",
            "1 ",
            "１",
            "+1",
            "--1",
            "1,000.00",
            "92233720368547758.08",
            "NaN",
        ] {
            assert!(text.parse::<Fen>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_page_s_amounts_are_exact() {
        assert_eq!(Fen::from_wan("8.817275"), Ok(Fen(8_817_275)));
        assert_eq!(Fen(8_817_275).to_string(), "88172.75");
        assert_eq!(Fen::from_wan("146.150308").unwrap().to_wan(), "146.150308");
        let loans = Fen::from_wan("7690").unwrap();
        assert_eq!(loans.times("3.6%".parse().unwrap(), Rounding::HalfUp).unwrap().to_wan(), "276.840000");
    }

    #[test]
    fn rounding_says_what_becomes_of_half_a_fen() {
        let half: Ratio = "50%".parse().unwrap();
        assert_eq!(Fen(5).times(half, Rounding::HalfUp), Some(Fen(3)));
        assert_eq!(Fen(5).times(half, Rounding::Down), Some(Fen(2)));
        assert_eq!(Fen(-5).times(half, Rounding::HalfUp), Some(Fen(-3)));
        assert_eq!(Fen(i64::MAX).times("200%".parse().unwrap(), Rounding::Down), None);
    }

    #[test]
    fn splits_leave_nothing_over() {
        assert_eq!(Fen(100).split(&[1, 1, 1]), [Fen(34), Fen(33), Fen(33)]);
        assert_eq!(Fen(-100).split(&[1, 1, 1]), [Fen(-34), Fen(-33), Fen(-33)]);
        assert_eq!(Fen(5).split(&[0, 1]), [Fen(0), Fen(5)]);
        assert!(Fen(5).split(&[0, 0]).is_empty());
    }

    proptest! {
        #[test]
        fn every_amount_comes_back(fen: i64) {
            prop_assume!(fen != i64::MIN);
            prop_assert_eq!(Fen(fen).to_string().parse(), Ok(Fen(fen)));
            prop_assert_eq!(Fen::from_wan(&Fen(fen).to_wan()), Ok(Fen(fen)));
        }

        #[test]
        fn every_split_adds_up(fen in -10_i64.pow(15)..10_i64.pow(15), weights in prop::collection::vec(0_u64..1_000_000, 1..50)) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let parts = Fen(fen).split(&weights);
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(Fen::checked_sum(parts.into_iter()), Some(Fen(fen)));
        }
    }
}
