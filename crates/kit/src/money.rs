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

    /// The amount the other way, unless it overflows.
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// The sum of many, unless it overflows.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self(0), Self::checked_add)
    }

    /// A fraction of the amount, rounded once; absent when it overflows or the denominator is not above zero.
    pub fn times_ratio(self, numer: i64, denom: i64, rounding: Rounding) -> Option<Self> {
        if denom <= 0 {
            return None;
        }
        // A product of two 64-bit numbers always fits.
        let product = i128::from(self.0) * i128::from(numer);
        let divisor = i128::from(denom);
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
        let sign = i128::from(self.0.signum());
        let amount = u128::from(self.0.unsigned_abs());
        // Both fit: an amount of at most 2^63 times a weight below 2^64 stays below 2^127.
        let part = |weight: &u64| (amount * u128::from(*weight) / total, amount * u128::from(*weight) % total);
        let mut parts: Vec<(u128, u128)> = weights.iter().map(part).collect();
        let left = amount - parts.iter().map(|(whole, _)| whole).sum::<u128>();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|place| (std::cmp::Reverse(parts[*place].1), *place));
        for place in order.into_iter().take(usize::try_from(left).expect("fewer fen are left than there are parts")) {
            parts[place].0 += 1;
        }
        let signed = |whole: u128| i64::try_from(whole.cast_signed() * sign).expect("a part is no more than the whole");
        parts.into_iter().map(|(whole, _)| Self(signed(whole))).collect()
    }

    /// Splits the amount into so many parts that differ by a fen at most, the larger ones first.
    pub fn equal_split(self, parts: usize) -> Vec<Self> {
        self.split(&vec![1; parts])
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

/// An exact fraction, written `85%`, `3.6%` or `0.85` with up to six decimals, and kept in lowest terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ratio {
    /// Above the line.
    pub numer: i64,
    /// Below the line, more than nothing.
    pub denom: i64,
}

impl Ratio {
    /// This fraction of an amount; absent when it overflows.
    pub fn of(self, amount: Fen, rounding: Rounding) -> Option<Fen> {
        amount.times_ratio(self.numer, self.denom, rounding)
    }
}

impl FromStr for Ratio {
    type Err = BadAmount;
    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let (digits, denom) = text.strip_suffix('%').map_or((text, 1_000_000_i64), |digits| (digits, 100_000_000));
        let numer = decimal(digits, 6).map_err(|_| BadAmount(text.to_owned()))?;
        let common = common_divisor(numer.unsigned_abs(), denom.unsigned_abs()).cast_signed();
        Ok(Self { numer: numer / common, denom: denom / common })
    }
}

/// The greatest number that divides both, by Euclid.
fn common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { common_divisor(other, one % other) }
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
        check("-92233720368547758.08", i64::MIN);
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
        assert_eq!("3.6%".parse::<Ratio>().unwrap().of(loans, Rounding::HalfUp).unwrap().to_wan(), "276.840000");
    }

    #[test]
    fn rounding_says_what_becomes_of_half_a_fen() {
        let check = |fen: i64, numer: i64, denom: i64, half_up: Option<i64>, down: Option<i64>| {
            let times = |rounding| Fen(fen).times_ratio(numer, denom, rounding).map(|fen| fen.0);
            let row = format!("{fen} × {numer}/{denom}");
            assert_eq!((times(Rounding::HalfUp), times(Rounding::Down)), (half_up, down), "{row}");
        };
        check(5, 1, 2, Some(3), Some(2));
        check(-5, 1, 2, Some(-3), Some(-2));
        check(5, -1, 2, Some(-3), Some(-2));
        check(4, 1, 3, Some(1), Some(1));
        check(5, 1, 3, Some(2), Some(1));
        check(0, 1, 3, Some(0), Some(0));
        check(8_817_275, 85, 100, Some(7_494_684), Some(7_494_683));
        check(i64::MAX, i64::MAX, i64::MAX, Some(i64::MAX), Some(i64::MAX));
        check(i64::MIN, 1, 1, Some(i64::MIN), Some(i64::MIN));
        check(i64::MIN, -1, 1, None, None);
        check(i64::MAX, 2, 1, None, None);
        check(5, 1, 0, None, None);
        check(5, 1, -2, None, None);
    }

    #[test]
    fn ratios_are_exact_and_in_lowest_terms() {
        let check = |text: &str, ratio: Option<(i64, i64)>| {
            assert_eq!(text.parse::<Ratio>().ok().map(|ratio| (ratio.numer, ratio.denom)), ratio, "{text}");
        };
        check("85%", Some((17, 20)));
        check("0.85", Some((17, 20)));
        check("3.6%", Some((9, 250)));
        check("100%", Some((1, 1)));
        check("0%", Some((0, 1)));
        check("-5%", Some((-1, 20)));
        check("0.000001%", Some((1, 100_000_000)));
        check("", None);
        check("%", None);
        check("85%%", None);
        check("85 %", None);
        check("８５%", None);
        check("0.0000001", None);
    }

    #[test]
    fn sums_do_not_overflow_in_silence() {
        assert_eq!(Fen::checked_sum([Fen(1), Fen(-3)]), Some(Fen(-2)));
        assert_eq!(Fen::checked_sum([Fen(i64::MAX), Fen(1)]), None);
        assert_eq!(Fen(i64::MIN).checked_sub(Fen(1)), None);
        assert_eq!((Fen(5).checked_neg(), Fen(i64::MIN).checked_neg()), (Some(Fen(-5)), None));
    }

    #[test]
    fn an_amount_is_a_text_in_json() {
        assert_eq!(serde_json::to_string(&Fen(1234)).unwrap(), r#""12.34""#);
        assert_eq!(serde_json::from_str::<Fen>(r#""12.34""#).unwrap(), Fen(1234));
        assert!(serde_json::from_str::<Fen>("12.34").is_err());
    }

    #[test]
    fn splits_leave_nothing_over() {
        let check = |fen: i64, weights: &[u64], parts: &[i64]| {
            assert_eq!(Fen(fen).split(weights).iter().map(|part| part.0).collect::<Vec<_>>(), parts, "{fen}");
        };
        check(100, &[1, 1, 1], &[34, 33, 33]);
        check(-100, &[1, 1, 1], &[-34, -33, -33]);
        check(100, &[1, 2, 3], &[17, 33, 50]);
        check(2, &[1, 1, 1], &[1, 1, 0]);
        check(5, &[0, 1], &[0, 5]);
        check(0, &[3, 4], &[0, 0]);
        check(5, &[0, 0], &[]);
        check(5, &[], &[]);
        check(i64::MIN, &[1], &[i64::MIN]);
        check(i64::MAX, &[u64::MAX, u64::MAX], &[i64::MAX / 2 + 1, i64::MAX / 2]);
        assert_eq!(Fen(8).equal_split(3), [Fen(3), Fen(3), Fen(2)]);
        assert!(Fen(8).equal_split(0).is_empty());
    }

    proptest! {
        #[test]
        fn every_amount_comes_back(fen: i64) {
            prop_assert_eq!(Fen(fen).to_string().parse(), Ok(Fen(fen)));
            prop_assert_eq!(Fen::from_wan(&Fen(fen).to_wan()), Ok(Fen(fen)));
        }

        #[test]
        fn every_split_adds_up(fen: i64, weights in prop::collection::vec(0_u64..1_000_000, 1..50)) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let parts = Fen(fen).split(&weights);
            prop_assert_eq!(parts.len(), weights.len());
            let total: u64 = weights.iter().sum();
            for (part, weight) in parts.iter().zip(&weights) {
                // No part is a whole fen away from its exact share.
                let off = i128::from(part.0) * i128::from(total) - i128::from(fen) * i128::from(*weight);
                prop_assert!(off.abs() < i128::from(total));
            }
            prop_assert_eq!(Fen::checked_sum(parts), Some(Fen(fen)));
        }

        #[test]
        fn a_fraction_is_never_half_a_fen_off(fen in -10_i64.pow(12)..10_i64.pow(12), numer in 0_i64..10_000, denom in 1_i64..10_000) {
            let rounded = Fen(fen).times_ratio(numer, denom, Rounding::HalfUp).unwrap();
            let off = i128::from(rounded.0) * i128::from(denom) - i128::from(fen) * i128::from(numer);
            prop_assert!(off.abs() * 2 <= i128::from(denom));
        }
    }
}
