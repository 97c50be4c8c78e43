//! The citizen identity number, GB 11643-1999: region, birth date, order, check digit.

use super::{BadCode, mask, masked_debug, text_code};
use crate::Day;
use std::str::FromStr;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// A valid citizen number of 18 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CitizenNumber(String);

/// What the order digit of a citizen number says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sex {
    /// An odd order digit.
    Male,
    /// An even order digit.
    Female,
}

impl CitizenNumber {
    /// Makes the number of a region of six digits, a birth and an order below 1000.
    ///
    /// # Errors
    /// When the region is not six digits, the order too high, or the birth of no year from 1850 to 2200.
    pub fn compose(region: &str, birth: Day, order: u16) -> Result<Self, BadCode> {
        if region.len() != 6 || order > 999 {
            return Err(BadCode::Length);
        }
        let (year, month, day) = birth.ymd();
        Day::from_ymd(year, month, day).ok_or(BadCode::Date)?;
        let body = format!("{region}{year:04}{month:02}{day:02}{order:03}");
        let check = check_digit(body.as_bytes()).ok_or(BadCode::Characters)?;
        Ok(Self(format!("{body}{}", check as char)))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The day of birth.
    pub fn birth(&self) -> Day {
        birth(&self.0[6..14]).expect("checked when the number was made")
    }

    /// The sex that the order digit tells.
    pub fn sex(&self) -> Sex {
        if self.0.as_bytes()[16] % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// The region of first registration, six digits.
    pub fn region(&self) -> &str {
        &self.0[..6]
    }

    /// The number with its middle hidden: `371***********0016`.
    pub fn masked(&self) -> String {
        mask(&self.0, 3, 4)
    }
}

impl FromStr for CitizenNumber {
    type Err = BadCode;

    /// Reads 18 characters, or the 15 digits of before 1999, which become 18.
    fn from_str(text: &str) -> Result<Self, BadCode> {
        if !text.is_ascii() {
            return Err(BadCode::Characters);
        }
        if text.len() == 15 {
            let widened = format!("{}19{}", &text[..6], &text[6..]);
            let check = check_digit(widened.as_bytes()).ok_or(BadCode::Characters)?;
            birth(&widened[6..14]).ok_or(BadCode::Date)?;
            return Ok(Self(format!("{widened}{}", check as char)));
        }
        if text.len() != 18 {
            return Err(BadCode::Length);
        }
        let text = text.to_ascii_uppercase();
        let check = check_digit(&text.as_bytes()[..17]).ok_or(BadCode::Characters)?;
        let last = text.as_bytes()[17];
        if !last.is_ascii_digit() && last != b'X' {
            return Err(BadCode::Characters);
        }
        birth(&text[6..14]).ok_or(BadCode::Date)?;
        if last != check {
            return Err(BadCode::CheckDigit);
        }
        Ok(Self(text))
    }
}

text_code!(CitizenNumber);
masked_debug!(CitizenNumber);

fn birth(digits: &str) -> Option<Day> {
    Day::from_ymd(digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..].parse().ok()?)
}

fn check_digit(digits: &[u8]) -> Option<u8> {
    let weighted = digits.iter().zip(WEIGHTS).map(|(digit, weight)| {
        let value = digit.checked_sub(b'0').filter(|value| *value < 10)?;
        Some(u32::from(value) * weight)
    });
    weighted.sum::<Option<u32>>().map(|sum| CHECKS[(sum % 11) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_the_standard_gives() {
        let check = |text: &str, number: &str, birth: &str, sex| {
            let found: CitizenNumber = text.parse().unwrap();
            assert_eq!((found.as_str(), found.birth().to_string().as_str(), found.sex()), (number, birth, sex));
        };
        check("11010519491231002X", "11010519491231002X", "1949-12-31", Sex::Female);
        check("11010519491231002x", "11010519491231002X", "1949-12-31", Sex::Female);
        check("37150219540307001X", "37150219540307001X", "1954-03-07", Sex::Male);
        check("371502201202290030", "371502201202290030", "2012-02-29", Sex::Male);
        check("110105491231002", "11010519491231002X", "1949-12-31", Sex::Female);
    }

    #[test]
    fn refuses_by_rule() {
        let check = |text: &str, rule| assert_eq!(text.parse::<CitizenNumber>().err(), Some(rule), "{text}");
        check("", BadCode::Length);
        check("1101051949123100", BadCode::Length);
        check("11010519491231002Y", BadCode::Characters);
        check("11010519491231A02X", BadCode::Characters);
        check("1101051949123100２X", BadCode::Characters);
        check("110105194902300021", BadCode::Date);
        check("110105194912310020", BadCode::CheckDigit);
        check("371502201302290030", BadCode::Date);
        check("371502184912310013", BadCode::Date);
        check("110105491332002", BadCode::Date);
        check("11010549123100X", BadCode::Characters);
    }

    #[test]
    fn is_never_shown_whole_by_accident() {
        let number: CitizenNumber = "37150219540307001X".parse().unwrap();
        assert_eq!(format!("{number:?}"), "371***********001X");
        assert_eq!(number.region(), "371502");
    }

    #[test]
    fn composes_by_rule() {
        let check = |region: &str, birth: &str, order: u16, outcome: Result<&str, BadCode>| {
            let made = CitizenNumber::compose(region, birth.parse().unwrap(), order);
            assert_eq!(made.as_ref().map(CitizenNumber::as_str).map_err(|rule| *rule), outcome, "{region} {order}");
        };
        check("371502", "1954-03-07", 1, Ok("37150219540307001X"));
        check("371502", "2012-02-29", 3, Ok("371502201202290030"));
        check("3715", "1954-03-07", 1, Err(BadCode::Length));
        check("371502", "1954-03-07", 1000, Err(BadCode::Length));
        check("3715O2", "1954-03-07", 1, Err(BadCode::Characters));
        let never = CitizenNumber::compose("371502", Day(-100_000), 1);
        assert_eq!(never.err(), Some(BadCode::Date));
    }

    #[test]
    fn is_a_text_in_json_and_is_checked_there() {
        let number: CitizenNumber = serde_json::from_str(r#""11010519491231002x""#).unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), r#""11010519491231002X""#);
        assert!(serde_json::from_str::<CitizenNumber>(r#""110105194912310020""#).is_err());
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(days in 0..40_000_i32, order in 0_u16..1000, place in 0_usize..17, by in 1_u8..10) {
            let number = CitizenNumber::compose("990100", Day(days - 20_000), order).unwrap();
            prop_assert_eq!(number.as_str().parse::<CitizenNumber>().unwrap(), number.clone());
            let mut wrong = number.as_str().as_bytes().to_vec();
            wrong[place] = (wrong[place] - b'0' + by) % 10 + b'0';
            prop_assert!(String::from_utf8(wrong).unwrap().parse::<CitizenNumber>().is_err());
        }
    }
}
