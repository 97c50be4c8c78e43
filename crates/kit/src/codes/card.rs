//! Cards: bank cards by their Luhn check, disability cards by the citizen number they carry.

use super::{BadCode, CitizenNumber, mask, masked_debug, text_code};
use std::str::FromStr;

/// A bank card number of 12 to 19 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BankCard(String);

impl BankCard {
    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number with all but the last four digits hidden.
    pub fn masked(&self) -> String {
        mask(&self.0, 0, 4)
    }
}

impl FromStr for BankCard {
    type Err = BadCode;
    fn from_str(text: &str) -> Result<Self, BadCode> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadCode::Characters);
        }
        if !(12..=19).contains(&text.len()) {
            return Err(BadCode::Length);
        }
        let sum: u32 = text
            .bytes()
            .rev()
            .enumerate()
            .map(|(place, byte)| {
                let digit = u32::from(byte - b'0');
                let doubled = if place % 2 == 1 { digit * 2 } else { digit };
                if doubled > 9 { doubled - 9 } else { doubled }
            })
            .sum();
        if sum.is_multiple_of(10) { Ok(Self(text.to_owned())) } else { Err(BadCode::CheckDigit) }
    }
}

text_code!(BankCard);
masked_debug!(BankCard);

/// A disability card number: the citizen number, a category from 1 to 7, a grade from 1 to 4, and two more characters
/// when the card was issued again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisabilityCard(String);

impl DisabilityCard {
    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose it is.
    ///
    /// # Panics
    /// Never: it was checked when the number was read.
    pub fn citizen(&self) -> CitizenNumber {
        self.0[..18].parse().expect("checked when the number was read")
    }

    /// The category: 1 sight, 2 hearing, 3 speech, 4 limbs, 5 intellect, 6 mind, 7 several.
    pub fn category(&self) -> u8 {
        self.0.as_bytes()[18] - b'0'
    }

    /// The grade, 1 the most severe.
    pub fn grade(&self) -> u8 {
        self.0.as_bytes()[19] - b'0'
    }

    /// The number with its middle hidden.
    pub fn masked(&self) -> String {
        mask(&self.0, 3, 2)
    }
}

impl FromStr for DisabilityCard {
    type Err = BadCode;
    fn from_str(text: &str) -> Result<Self, BadCode> {
        if !text.is_ascii() {
            return Err(BadCode::Characters);
        }
        if text.len() != 20 && text.len() != 22 {
            return Err(BadCode::Length);
        }
        let citizen: CitizenNumber = text[..18].parse()?;
        let rest = text[18..].to_ascii_uppercase();
        let bytes = rest.as_bytes();
        let tail = bytes[2..].iter().all(u8::is_ascii_alphanumeric);
        if !(b'1'..=b'7').contains(&bytes[0]) || !(b'1'..=b'4').contains(&bytes[1]) || !tail {
            return Err(BadCode::Characters);
        }
        Ok(Self(format!("{citizen}{rest}")))
    }
}

text_code!(DisabilityCard);
masked_debug!(DisabilityCard);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bank_cards() {
        let check = |text: &str, outcome: Result<&str, BadCode>| {
            assert_eq!(text.parse::<BankCard>().map(|card| card.masked()), outcome.map(String::from), "{text}");
        };
        check("6228480000000000018", Ok("***************0018"));
        check("6217000000001234", Err(BadCode::CheckDigit));
        check("6217000000000001234", Ok("***************1234"));
        check("62284800000", Err(BadCode::Length));
        check("", Err(BadCode::Length));
        check("000000000000", Ok("********0000"));
        check("00000000000000000000", Err(BadCode::Length));
        check("6228480000000000０18", Err(BadCode::Characters));
        check("6228 4800 0000 0000", Err(BadCode::Characters));
    }

    #[test]
    fn disability_cards() {
        let card: DisabilityCard = "37150219540307001X43".parse().unwrap();
        assert_eq!((card.category(), card.grade(), card.citizen().as_str()), (4, 3, "37150219540307001X"));
        assert!("37150219540307001x43B1".parse::<DisabilityCard>().is_ok());
        let check = |text: &str, rule| assert_eq!(text.parse::<DisabilityCard>().err(), Some(rule), "{text}");
        check("37150219540307001X83", BadCode::Characters);
        check("37150219540307001X45", BadCode::Characters);
        check("37150219540307001X4", BadCode::Length);
        check("37150219540307001143", BadCode::CheckDigit);
        check("37150219540230001X43", BadCode::Date);
        check("37150219540307001X03", BadCode::Characters);
        check("37150219540307001X40", BadCode::Characters);
        check("37150219540307001X43B", BadCode::Length);
        check("37150219540307001X43-1", BadCode::Characters);
        assert_eq!(format!("{card:?}"), "371***************43");
    }
}
