//! Numbers of postal items: UPU standard S10, two letters that name the service, eight digits, a check digit, the country.
//! `EA` to `EZ` is express mail (EMS). That a carrier at home numbers its items so is taken for the local carrier only.

use super::{BadCode, text_code};
use std::str::FromStr;

/// The weights of the eight digits.
const WEIGHTS: [u32; 8] = [8, 6, 4, 2, 3, 5, 9, 7];

/// A number such as `EA473124829CN`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Waybill(String);

impl Waybill {
    /// The express item of a serial number, of which eight digits are taken.
    pub fn express(serial: u32) -> Self {
        let serial = format!("{:08}", serial % 100_000_000);
        Self(format!("EA{serial}{}CN", check_digit(serial.as_bytes())))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The check digit of eight digits.
fn check_digit(digits: &[u8]) -> u32 {
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        digit => digit,
    }
}

impl FromStr for Waybill {
    type Err = BadCode;
    fn from_str(text: &str) -> Result<Self, BadCode> {
        let bytes = text.as_bytes();
        if bytes.len() != 13 {
            return Err(BadCode::Length);
        }
        let letters = bytes[..2].iter().chain(&bytes[11..]);
        if !letters.copied().all(|byte| byte.is_ascii_uppercase()) || !bytes[2..11].iter().all(u8::is_ascii_digit) {
            return Err(BadCode::Characters);
        }
        if u32::from(bytes[10] - b'0') != check_digit(&bytes[2..10]) {
            return Err(BadCode::CheckDigit);
        }
        Ok(Self(text.to_owned()))
    }
}

text_code!(Waybill);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waybills() {
        let check = |text: &str, rule: Option<BadCode>| assert_eq!(text.parse::<Waybill>().err(), rule, "{text}");
        // The standard's own example.
        check("RA473124829CN", None);
        check("RA473124828CN", Some(BadCode::CheckDigit));
        check("RA471324829CN", Some(BadCode::CheckDigit));
        check("ra473124829cn", Some(BadCode::Characters));
        check("RA47312482CN", Some(BadCode::Length));
        check("RA47312482XCN", Some(BadCode::Characters));
        for serial in [0, 1, 7, 47_312_482, 99_999_999, 123_456_789] {
            let made = Waybill::express(serial);
            assert_eq!(made.as_str().parse(), Ok(made.clone()), "{made}");
        }
        assert_eq!(Waybill::express(47_312_482).as_str(), "EA473124829CN");
    }
}
