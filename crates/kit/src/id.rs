//! Chance, and names made from bytes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where chance comes from. Whoever needs it takes one.
pub trait Entropy: Send + Sync {
    /// Fills bytes.
    fn fill(&self, bytes: &mut [u8]);

    /// A number.
    fn u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// So many random bytes.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// The machine's chance.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the machine gives random bytes");
    }
}

/// Repeatable numbers from a seed, for tests and generators only: never for keys.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number below a bound; nothing below nothing.
    pub fn below(&self, bound: u64) -> u64 {
        ((u128::from(self.u64()) * u128::from(bound)) >> 64) as u64
    }

    /// One of several.
    ///
    /// # Panics
    /// When there is none.
    pub fn pick<'a, T>(&self, among: &'a [T]) -> &'a T {
        let place = usize::try_from(self.below(among.len() as u64)).expect("an index fits");
        &among[place]
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64.
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let word = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// Sixteen bytes that stand for something longer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest16(pub [u8; 16]);

impl fmt::Display for Digest16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that does not stand for bytes of the expected number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadHex;

impl fmt::Display for BadHex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the expected number of hexadecimal digits")
    }
}

impl std::error::Error for BadHex {}

/// Reads so many bytes in hexadecimal.
///
/// # Errors
/// When there are more, fewer or other characters.
pub fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], BadHex> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(BadHex);
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).map_err(|_| BadHex)?;
    }
    Ok(bytes)
}

/// Writes bytes in hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl FromStr for Digest16 {
    type Err = BadHex;
    fn from_str(text: &str) -> Result<Self, BadHex> {
        from_hex(text).map(Self)
    }
}

impl Serialize for Digest16 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest16 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes bytes in Crockford's base 32, in lower case: no letter that looks like a digit.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in bytes {
        buffer = buffer << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(ALPHABET[(buffer >> bits & 31) as usize] as char);
        }
    }
    if bits > 0 {
        text.push(ALPHABET[(buffer << (5 - bits) & 31) as usize] as char);
    }
    text
}

/// A text that is not Crockford's base 32 of whole bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadBase32;

impl fmt::Display for BadBase32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not base 32 of whole bytes")
    }
}

impl std::error::Error for BadBase32 {}

/// Reads what [`base32`] wrote, also as people copy it: in upper case, with o for 0, and i or l for 1.
///
/// # Errors
/// When there is another character, or a length or last character that no bytes give.
pub fn from_base32(text: &str) -> Result<Vec<u8>, BadBase32> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut buffer, mut bits) = (0_u32, 0);
    for letter in text.bytes() {
        let letter = match letter.to_ascii_lowercase() {
            b'o' => b'0',
            b'i' | b'l' => b'1',
            other => other,
        };
        let value = ALPHABET.iter().position(|known| *known == letter).ok_or(BadBase32)?;
        buffer = buffer << 5 | u32::try_from(value).map_err(|_| BadBase32)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits & 0xff) as u8);
        }
    }
    // A whole letter too many, or a last letter with bits that belong to no byte.
    if bits >= 5 || buffer & ((1 << bits) - 1) != 0 {
        return Err(BadBase32);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base32_has_no_letter_that_looks_like_a_digit() {
        assert_eq!(base32(b""), "");
        assert_eq!(base32(&[0xff]), "zw");
        assert_eq!(base32(b"hello"), "d1jprv3f");
        assert!(ALPHABET.iter().all(|letter| !b"ilou".contains(letter)));
    }

    #[test]
    fn base32_is_read_as_people_copy_it() {
        let check = |text: &str, bytes: Result<&[u8], BadBase32>| {
            assert_eq!(from_base32(text), bytes.map(<[u8]>::to_vec), "{text}");
        };
        check("", Ok(b""));
        check("d1jprv3f", Ok(b"hello"));
        check("DIJPRV3F", Ok(b"hello"));
        check("oo", Ok(&[0]));
        check("zw", Ok(&[0xff]));
        check("zx", Err(BadBase32));
        check("0", Err(BadBase32));
        check("000", Err(BadBase32));
        check("0u", Err(BadBase32));
        check("0-", Err(BadBase32));
        check("００", Err(BadBase32));
    }

    proptest! {
        #[test]
        fn every_base32_comes_back(bytes: Vec<u8>) {
            prop_assert_eq!(from_base32(&base32(&bytes)), Ok(bytes));
        }
    }

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        let (one, two) = (SeededEntropy::new(7), SeededEntropy::new(7));
        let numbers: Vec<u64> = (0..100).map(|_| one.below(10)).collect();
        assert_eq!(numbers, (0..100).map(|_| two.below(10)).collect::<Vec<_>>());
        assert!(numbers.iter().all(|n| *n < 10));
        assert_ne!(SeededEntropy::new(8).u64(), SeededEntropy::new(7).u64());
        // The published first number of SplitMix64 from seed 0.
        assert_eq!(SeededEntropy::new(0).u64(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn chance_is_taken_through_a_reference_of_any_source() {
        let sources: [&dyn Entropy; 2] = [&SystemEntropy, &SeededEntropy::new(1)];
        for source in sources {
            assert_ne!(random::<16>(source), random::<16>(source));
            assert_ne!(source.u64(), source.u64());
        }
    }

    #[test]
    fn hexadecimal_comes_back() {
        let digest: Digest16 = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
        assert_eq!(digest.to_string(), "000102030405060708090a0b0c0d0e0f");
        assert!("00".parse::<Digest16>().is_err());
        assert!("+00102030405060708090a0b0c0d0e0f".parse::<Digest16>().is_err());
    }
}
