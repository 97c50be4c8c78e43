//! Mobile telephone numbers of the mainland.

use super::{BadCode, mask, masked_debug, text_code};
use std::str::FromStr;

/// Eleven digits that begin with 13 to 19.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mobile(String);

impl Mobile {
    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number with its middle hidden: `138****1234`.
    pub fn masked(&self) -> String {
        mask(&self.0, 3, 4)
    }
}

impl FromStr for Mobile {
    type Err = BadCode;
    fn from_str(text: &str) -> Result<Self, BadCode> {
        let bytes = text.as_bytes();
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(BadCode::Characters);
        }
        if bytes.len() != 11 {
            return Err(BadCode::Length);
        }
        if bytes[0] != b'1' || bytes[1] < b'3' {
            return Err(BadCode::Characters);
        }
        Ok(Self(text.to_owned()))
    }
}

text_code!(Mobile);
masked_debug!(Mobile);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mobiles() {
        let check = |text: &str, rule: Option<BadCode>| assert_eq!(text.parse::<Mobile>().err(), rule, "{text}");
        check("13800001234", None);
        check("12800001234", Some(BadCode::Characters));
        check("19900001234", None);
        check("23800001234", Some(BadCode::Characters));
        check("138000012345", Some(BadCode::Length));
        check("", Some(BadCode::Length));
        check("1380000123", Some(BadCode::Length));
        check("+8613800001234", Some(BadCode::Characters));
        check("１3800001234", Some(BadCode::Characters));
        assert_eq!(format!("{:?}", "13800001234".parse::<Mobile>().unwrap()), "138****1234");
    }
}
