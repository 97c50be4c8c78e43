//! The unified social credit code, GB 32100-2015, and the organisation code inside it, GB 11714-1997.

use super::{BadCode, text_code};
use std::str::FromStr;

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORG_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// A valid unified social credit code of 18 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CreditCode(String);

impl CreditCode {
    /// Makes a code from its two leading characters, a region of six digits and the eight characters of an organisation.
    ///
    /// # Errors
    /// When a part has the wrong length or characters.
    pub fn compose(kind: &str, region: &str, organisation: &str) -> Result<Self, BadCode> {
        if kind.len() != 2 || region.len() != 6 || organisation.len() != 8 {
            return Err(BadCode::Length);
        }
        let inner = org_check(organisation.as_bytes()).ok_or(BadCode::Characters)?;
        let body = format!("{kind}{region}{organisation}{}", inner as char);
        let check = check(body.as_bytes()).ok_or(BadCode::Characters)?;
        Ok(Self(format!("{body}{}", check as char)))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CreditCode {
    type Err = BadCode;
    fn from_str(text: &str) -> Result<Self, BadCode> {
        if !text.is_ascii() {
            return Err(BadCode::Characters);
        }
        if text.len() != 18 {
            return Err(BadCode::Length);
        }
        let text = text.to_ascii_uppercase();
        let bytes = text.as_bytes();
        let outer = check(&bytes[..17]).ok_or(BadCode::Characters)?;
        let inner = org_check(&bytes[8..16]).ok_or(BadCode::Characters)?;
        if outer != bytes[17] || inner != bytes[16] {
            return Err(BadCode::CheckDigit);
        }
        Ok(Self(text))
    }
}

text_code!(CreditCode);

fn value(byte: u8) -> Option<usize> {
    ALPHABET.iter().position(|letter| *letter == byte)
}

fn check(body: &[u8]) -> Option<u8> {
    let sum = body
        .iter()
        .zip(WEIGHTS)
        .map(|(byte, weight)| value(*byte).map(|value| value * weight))
        .sum::<Option<usize>>()?;
    Some(ALPHABET[(31 - sum % 31) % 31])
}

/// Letters count 10 to 35 here, unlike in the outer code.
fn org_check(body: &[u8]) -> Option<u8> {
    let value = |byte: u8| (byte as char).to_digit(36).map(|value| value as usize);
    let sum = body
        .iter()
        .zip(ORG_WEIGHTS)
        .map(|(byte, weight)| value(*byte).map(|value| value * weight))
        .sum::<Option<usize>>()?;
    match 11 - sum % 11 {
        10 => Some(b'X'),
        11 => Some(b'0'),
        digit => u8::try_from(digit).ok().map(|digit| b'0' + digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn credit_codes() {
        let check = |text: &str, rule: Option<BadCode>| assert_eq!(text.parse::<CreditCode>().err(), rule, "{text}");
        check("91350100M000100Y43", None);
        check("91350100m000100y43", None);
        check("91350100M000100Y44", Some(BadCode::CheckDigit));
        check("91350100M000100I43", Some(BadCode::Characters));
        check("91350100M000100Y4", Some(BadCode::Length));
        check("91350100M000100Ｙ4", Some(BadCode::Characters));
    }

    #[test]
    fn the_inner_code_is_checked_too() {
        // The outer check is right for each of these: only the organisation's own check digit, the 17th, is changed.
        for digit in "012356789X".bytes() {
            let mut body = *b"91350100M000100Y4";
            body[16] = digit;
            let code = format!("{}{}", std::str::from_utf8(&body).unwrap(), super::check(&body).unwrap() as char);
            assert_eq!(code.parse::<CreditCode>().err(), Some(BadCode::CheckDigit), "{code}");
        }
        // GB 11714 gives this one as its example.
        assert_eq!(org_check(b"D2143569"), Some(b'X'));
    }

    #[test]
    fn composes_by_rule() {
        let check = |kind: &str, region: &str, organisation: &str, outcome: Result<&str, BadCode>| {
            let made = CreditCode::compose(kind, region, organisation);
            assert_eq!(made.as_ref().map(CreditCode::as_str).map_err(|rule| *rule), outcome, "{organisation}");
        };
        check("91", "350100", "M000100Y", Ok("91350100M000100Y43"));
        check("9", "350100", "M000100Y", Err(BadCode::Length));
        check("91", "350100", "M000100", Err(BadCode::Length));
        check("91", "350100", "M000100I", Err(BadCode::Characters));
        check("91", "35010O", "M000100Y", Err(BadCode::Characters));
        check("91", "350100", "m000100y", Err(BadCode::Characters));
    }

    proptest! {
        #[test]
        fn what_is_composed_is_read(region in "[1-9][0-9]{5}", organisation in "[0-9A-HJ-NPQRTUWXY]{8}") {
            let made = CreditCode::compose("91", &region, &organisation).unwrap();
            prop_assert_eq!(made.as_str().parse(), Ok(made.clone()));
        }
    }
}
