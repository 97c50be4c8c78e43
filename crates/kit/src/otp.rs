//! Time-based one-time passwords (RFC 6238), as every authenticator app makes them: SHA-1, six digits, thirty seconds.

use crate::Moment;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// How long one code is shown, in milliseconds.
const STEP_MS: i64 = 30_000;

/// The steps before and after now whose code is taken: clocks differ, and people type slowly.
const LEEWAY: i64 = 1;

/// A secret shared with somebody's authenticator: twenty bytes, as RFC 4226 recommends.
pub type Secret = [u8; 20];

/// The step of a moment: how many half minutes since 1970.
pub fn step(now: Moment) -> i64 {
    now.0.div_euclid(STEP_MS)
}

/// The code of a step.
pub fn code(secret: &Secret, step: i64) -> String {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let from = usize::from(digest[19] & 15);
    let four = [digest[from] & 0x7f, digest[from + 1], digest[from + 2], digest[from + 3]];
    format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
}

/// The step whose code was typed, around now and after the last one that was taken: no code is good twice.
pub fn check(secret: &Secret, typed: &str, now: Moment, last_taken: i64) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let steps = (step(now) - LEEWAY)..=(step(now) + LEEWAY);
    steps.filter(|step| *step > last_taken).find(|step| crate::digest::is_same_secret(&code(secret, *step), &typed))
}

/// What an authenticator scans: `otpauth://totp/…`. The name and the issuer are kept to letters, digits and `-`.
pub fn uri(secret: &Secret, issuer: &str, name: &str) -> String {
    let plain = |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>();
    let (issuer, name) = (plain(issuer), plain(name));
    format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", text(secret))
}

/// The secret for typing in, in base 32.
pub fn text(secret: &Secret) -> String {
    BASE32_NOPAD.encode(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &Secret = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1; the last six of its eight digits.
        for (second, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, step(Moment(second * 1000))), expected, "at {second}");
        }
        assert_eq!(text(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_is_good_once_and_not_for_long() {
        let now = Moment(1_234_567_890_000);
        let typed = code(SECRET, step(now));
        let taken = check(SECRET, &format!("{} {}", &typed[..3], &typed[3..]), now, 0).expect("it is shown now");
        assert_eq!(check(SECRET, &typed, now, taken), None, "it was taken");
        assert_eq!(check(SECRET, &typed, now.plus_ms(STEP_MS), 0), Some(taken), "somebody typed slowly");
        assert_eq!(check(SECRET, &typed, now.plus_ms(2 * STEP_MS), 0), None);
        assert_eq!(check(SECRET, "", now, 0), None);
    }
}
