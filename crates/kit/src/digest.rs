//! Hash functions: SHA-256, and SM3 (GB/T 32905) where commercial cryptography is asked for.

use crate::Digest16;
use crate::id::{BadHex, from_hex, to_hex};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sm3::Sm3;
use std::fmt;
use std::str::FromStr;

/// A full hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash32(pub [u8; 32]);

impl fmt::Display for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash32 {
    type Err = BadHex;
    fn from_str(text: &str) -> Result<Self, BadHex> {
        from_hex(text).map(Self)
    }
}

/// Which hash function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashKind {
    /// SHA-256.
    Sha256,
    /// SM3.
    Sm3,
}

impl HashKind {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sm3 => "sm3",
        }
    }
}

/// A name that is none of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownName;

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of an algorithm of this program")
    }
}

impl std::error::Error for UnknownName {}

impl FromStr for HashKind {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [Self::Sha256, Self::Sm3].into_iter().find(|kind| kind.name() == text).ok_or(UnknownName)
    }
}

/// Compares secrets without telling by time how much of them was right.
pub fn is_same_secret(one: &str, other: &str) -> bool {
    subtle::ConstantTimeEq::ct_eq(one.as_bytes(), other.as_bytes()).into()
}

/// A hash in the making.
pub enum Hasher {
    /// SHA-256.
    Sha256(Sha256),
    /// SM3.
    Sm3(Sm3),
}

impl Hasher {
    /// Nothing hashed yet.
    pub fn new(kind: HashKind) -> Self {
        match kind {
            HashKind::Sha256 => Self::Sha256(Sha256::new()),
            HashKind::Sm3 => Self::Sm3(Sm3::new()),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sm3(hasher) => hasher.update(bytes),
        }
    }

    /// Adds bytes with their length before them, so that two fields cannot be told as one.
    pub fn field(&mut self, bytes: &[u8]) {
        self.update(&u32::try_from(bytes.len()).expect("a field is shorter than 4 GiB").to_le_bytes());
        self.update(bytes);
    }

    /// Adds a number.
    pub fn number(&mut self, number: i64) {
        self.update(&number.to_le_bytes());
    }

    /// The hash.
    pub fn finish(self) -> Hash32 {
        match self {
            Self::Sha256(hasher) => Hash32(hasher.finalize().into()),
            Self::Sm3(hasher) => Hash32(hasher.finalize().into()),
        }
    }
}

/// The hash of bytes.
pub fn hash(kind: HashKind, bytes: &[u8]) -> Hash32 {
    let mut hasher = Hasher::new(kind);
    hasher.update(bytes);
    hasher.finish()
}

/// HMAC-SHA-256 over parts, each with its length before it.
pub fn hmac32(key: &[u8; 32], parts: &[&[u8]]) -> Hash32 {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&u32::try_from(part.len()).expect("a part is shorter than 4 GiB").to_le_bytes());
        mac.update(part);
    }
    Hash32(mac.finalize().into_bytes().into())
}

/// HMAC-SHA-256 over bytes as they are (RFC 2104), as whoever shares the key computes it.
pub fn hmac_plain(key: &[u8], bytes: &[u8]) -> Hash32 {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(bytes);
    Hash32(mac.finalize().into_bytes().into())
}

/// The first half of [`hmac32`].
pub fn hmac16(key: &[u8; 32], parts: &[&[u8]]) -> Digest16 {
    Digest16(hmac32(key, parts).0[..16].try_into().expect("half of thirty-two bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        let check = |kind, text: &str, answer: &str| assert_eq!(hash(kind, text.as_bytes()).to_string(), answer);
        check(HashKind::Sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        check(HashKind::Sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        check(HashKind::Sm3, "abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        check(HashKind::Sm3, &"abcd".repeat(16), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
    }

    /// The answers were computed with another implementation over the same bytes: each part after its length.
    #[test]
    fn parts_are_hashed_in_the_documented_form() {
        let check = |kind, answer: &str| {
            let mut hasher = Hasher::new(kind);
            hasher.field(b"ab");
            hasher.field(b"");
            hasher.number(-2);
            assert_eq!(hasher.finish().to_string(), answer, "{kind:?}");
        };
        check(HashKind::Sha256, "ba1e7034eb7f5dce683f011a85cbd4284f6afc6b8dce1faa99dd262582026ee2");
        check(HashKind::Sm3, "e97c9537df8d3241d170b9b0a07932c4626ace9632dd3be509b4e12999af5aeb");
        let key: [u8; 32] = std::array::from_fn(|place| u8::try_from(place).unwrap());
        let check = |parts: &[&[u8]], answer: &str| {
            assert_eq!(hmac32(&key, parts).to_string(), answer);
            assert_eq!(hmac16(&key, parts).to_string(), answer[..32]);
        };
        check(&[], "d38b42096d80f45f826b44a9d5607de72496a415d3f4a1a8c88e3bb9da8dc1cb");
        check(&[b"purpose", "中".as_bytes(), b""], "2c10524836d88f5f74b62be5556c2adc1c3f6e01d70d7a4aac22706cf87862f2");
    }

    #[test]
    fn names_come_back() {
        for kind in [HashKind::Sha256, HashKind::Sm3] {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert_eq!("SM3".parse::<HashKind>(), Err(UnknownName));
        let whole = hash(HashKind::Sm3, b"abc");
        assert_eq!(whole.to_string().parse(), Ok(whole));
        assert_eq!(whole.to_string()[1..].parse::<Hash32>(), Err(BadHex));
    }

    #[test]
    fn fields_do_not_run_together() {
        let digest = |parts: &[&str]| {
            let mut hasher = Hasher::new(HashKind::Sha256);
            parts.iter().for_each(|part| hasher.field(part.as_bytes()));
            hasher.finish()
        };
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(hmac16(&[1; 32], &[b"ab", b"c"]), hmac16(&[1; 32], &[b"a", b"bc"]));
    }

    /// RFC 4231, test case 2.
    #[test]
    fn a_plain_hmac_is_everybodys() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hmac_plain(b"Jefe", b"what do ya want for nothing?").to_string(), expected);
    }
}
