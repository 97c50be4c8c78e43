//! Sealing: authenticated encryption behind one versioned header, and keys that wrap keys.
//!
//! Sealed bytes are `[version][cipher][nonce: 12]` and then the ciphertext with its 16-byte tag. The header and the
//! caller's context are authenticated, so that nothing sealed for one purpose opens for another. This is software
//! cryptography: the algorithms are standard, the build is not certified (GB/T 39786).

use crate::id::{from_hex, random, to_hex};
use crate::{Entropy, digest};
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, KeyInit, Nonce, Tag};
use aes_gcm::{Aes256Gcm, AesGcm};
use sm4::Sm4;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use zeroize::Zeroizing;

type Sm4Gcm = AesGcm<Sm4, U12>;

const VERSION: u8 = 1;
const HEADER: usize = 14;
const TAG: usize = 16;

/// Which cipher new bytes are sealed with. Old ones open by their own header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cipher {
    /// AES-256-GCM.
    Aes256Gcm,
    /// SM4-GCM (GB/T 32907, RFC 8998), with the first 16 bytes of a key.
    Sm4Gcm,
}

impl Cipher {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "aes-256-gcm",
            Self::Sm4Gcm => "sm4-gcm",
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Aes256Gcm => 1,
            Self::Sm4Gcm => 2,
        }
    }
}

impl FromStr for Cipher {
    type Err = digest::UnknownName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Aes256Gcm, Self::Sm4Gcm].into_iter().find(|cipher| cipher.name() == text).ok_or(digest::UnknownName)
    }
}

/// A secret key, wiped when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A key of these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new key.
    pub fn random(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(random(entropy)))
    }

    /// A key for a use of its own, from which this one cannot be found.
    #[must_use]
    pub fn derive(&self, label: &str) -> Self {
        Self(Zeroizing::new(digest::hmac32(&self.0, &[label.as_bytes()]).0))
    }

    /// The bytes, for algorithms outside this module.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Why sealed bytes stay closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SealError {
    /// Too short to be sealed bytes.
    Truncated,
    /// Sealed by a release this one does not know.
    UnknownVersion,
    /// Sealed with a cipher this release does not know.
    UnknownCipher,
    /// Changed, sealed under another key, or for another context.
    Forged,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "too short to be sealed bytes",
            Self::UnknownVersion => "sealed in an unknown format",
            Self::UnknownCipher => "sealed with an unknown cipher",
            Self::Forged => "changed, or sealed under another key or for another context",
        })
    }
}

impl std::error::Error for SealError {}

/// Seals bytes. A nonce must never be used twice under one key; twelve random bytes do.
pub fn seal(cipher: Cipher, key: &Key, nonce: [u8; 12], context: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(HEADER + plain.len() + TAG);
    sealed.extend([VERSION, cipher.code()]);
    sealed.extend(nonce);
    let associated = associated(&sealed, context);
    sealed.extend(plain);
    let tag = match cipher {
        Cipher::Aes256Gcm => encrypt(&aes(key), nonce, &associated, &mut sealed[HEADER..]),
        Cipher::Sm4Gcm => encrypt(&sm4(key), nonce, &associated, &mut sealed[HEADER..]),
    };
    sealed.extend(tag);
    sealed
}

/// Opens sealed bytes.
///
/// # Errors
/// See [`SealError`].
pub fn open(key: &Key, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    if sealed.len() < HEADER + TAG {
        return Err(SealError::Truncated);
    }
    let (header, rest) = sealed.split_at(HEADER);
    let (body, tag) = rest.split_at(rest.len() - TAG);
    if header[0] != VERSION {
        return Err(SealError::UnknownVersion);
    }
    let nonce: [u8; 12] = header[2..].try_into().map_err(|_| SealError::Truncated)?;
    let tag: [u8; TAG] = tag.try_into().map_err(|_| SealError::Truncated)?;
    let associated = associated(header, context);
    let mut plain = Zeroizing::new(body.to_vec());
    let opened = match header[1] {
        1 => decrypt(&aes(key), nonce, &associated, &mut plain, tag),
        2 => decrypt(&sm4(key), nonce, &associated, &mut plain, tag),
        _ => return Err(SealError::UnknownCipher),
    };
    if opened { Ok(plain) } else { Err(SealError::Forged) }
}

/// Seals a key under another one.
pub fn wrap(cipher: Cipher, outer: &Key, nonce: [u8; 12], context: &[u8], inner: &Key) -> Vec<u8> {
    seal(cipher, outer, nonce, &[b"key ", context].concat(), inner.bytes())
}

/// Opens a wrapped key.
///
/// # Errors
/// See [`SealError`].
pub fn unwrap(outer: &Key, context: &[u8], wrapped: &[u8]) -> Result<Key, SealError> {
    let plain = open(outer, &[b"key ", context].concat(), wrapped)?;
    <[u8; 32]>::try_from(&plain[..]).map(Key::from_bytes).map_err(|_| SealError::Truncated)
}

/// The key that everything else hangs from, in a file of 64 hexadecimal digits that only its owner reads.
pub struct MasterKey;

impl MasterKey {
    /// Makes a new one. An existing file is never overwritten.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn create_file(path: &Path, entropy: &dyn Entropy) -> Result<Key, String> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let key = Key::random(entropy);
        let mut options = std::fs::OpenOptions::new();
        let mut file =
            options.write(true).create_new(true).mode(0o600).open(path).map_err(|error| error.to_string())?;
        writeln!(file, "{}", to_hex(key.bytes())).and_then(|()| file.sync_all()).map_err(|error| error.to_string())?;
        Ok(key)
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it cannot be read, is no key, or others can read it too.
    pub fn read_file(path: &Path) -> Result<Key, String> {
        use std::os::unix::fs::PermissionsExt;
        let meta = std::fs::metadata(path).map_err(|error| error.to_string())?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err("others can read it; make it readable for its owner only (chmod 600)".into());
        }
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| error.to_string())?);
        from_hex(text.trim()).map(Key::from_bytes).map_err(|error| error.to_string())
    }
}

fn associated(header: &[u8], context: &[u8]) -> Vec<u8> {
    [header, context].concat()
}

fn aes(key: &Key) -> Aes256Gcm {
    Aes256Gcm::new(key.bytes().into())
}

fn sm4(key: &Key) -> Sm4Gcm {
    let half: &[u8; 16] = key.bytes()[..16].try_into().expect("half of thirty-two bytes");
    Sm4Gcm::new(half.into())
}

fn encrypt<C: AeadInOut<NonceSize = U12, TagSize = aes_gcm::aead::consts::U16>>(
    cipher: &C,
    nonce: [u8; 12],
    associated: &[u8],
    bytes: &mut [u8],
) -> [u8; TAG] {
    let nonce: Nonce<C> = nonce.into();
    let tag = cipher.encrypt_inout_detached(&nonce, associated, bytes.into());
    tag.expect("what is sealed is shorter than GCM's limit").into()
}

fn decrypt<C: AeadInOut<NonceSize = U12, TagSize = aes_gcm::aead::consts::U16>>(
    cipher: &C,
    nonce: [u8; 12],
    associated: &[u8],
    bytes: &mut [u8],
    tag: [u8; TAG],
) -> bool {
    let (nonce, tag): (Nonce<C>, Tag<C>) = (nonce.into(), tag.into());
    cipher.decrypt_inout_detached(&nonce, associated, bytes.into(), &tag).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SeededEntropy;
    use proptest::prelude::*;

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
    }

    /// The GCM specification's test case 16: AES-256 with associated data.
    #[test]
    fn aes_256_gcm_gives_the_known_answer() {
        let key = unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let mut bytes = unhex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let associated = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let nonce: [u8; 12] = unhex("cafebabefacedbaddecaf888").try_into().unwrap();
        let tag = encrypt(&aes(&Key::from_bytes(key.try_into().unwrap())), nonce, &associated, &mut bytes);
        assert_eq!(
            to_hex(&bytes),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        );
        assert_eq!(to_hex(&tag), "76fc6ece0f4e1768cddf8853bb2d551b");
    }

    /// RFC 8998, appendix A.1.
    #[test]
    fn sm4_gcm_gives_the_known_answer() {
        let mut key = [0; 32];
        key[..16].copy_from_slice(&unhex("0123456789abcdeffedcba9876543210"));
        let mut bytes = unhex(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
        );
        let associated = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let nonce: [u8; 12] = unhex("00001234567800000000abcd").try_into().unwrap();
        let tag = encrypt(&sm4(&Key::from_bytes(key)), nonce, &associated, &mut bytes);
        assert_eq!(
            to_hex(&bytes),
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        );
        assert_eq!(to_hex(&tag), "83de3541e4c2b58177e065a9bf7b62ec");
    }

    #[test]
    fn refuses_by_name() {
        let key = Key::from_bytes([7; 32]);
        let sealed = seal(Cipher::Aes256Gcm, &key, [1; 12], b"journey", b"secret");
        let check =
            |sealed: &[u8], context: &[u8], key: &Key, error| assert_eq!(open(key, context, sealed).err(), Some(error));
        check(&sealed[..20], b"journey", &key, SealError::Truncated);
        check(&[&[9], &sealed[1..]].concat(), b"journey", &key, SealError::UnknownVersion);
        check(&[&[1, 9], &sealed[2..]].concat(), b"journey", &key, SealError::UnknownCipher);
        check(&sealed, b"register", &key, SealError::Forged);
        check(&sealed, b"journey", &Key::from_bytes([8; 32]), SealError::Forged);
    }

    #[test]
    fn a_master_key_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("yizhan-master-{}.key", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let made = MasterKey::create_file(&path, &SeededEntropy::new(1)).unwrap();
        assert_eq!(MasterKey::read_file(&path).unwrap().bytes(), made.bytes());
        assert!(MasterKey::create_file(&path, &SeededEntropy::new(2)).is_err());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(MasterKey::read_file(&path).unwrap_err().contains("chmod 600"));
        std::fs::remove_file(&path).unwrap();
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_what_is_changed_does_not(plain: Vec<u8>, flip: prop::sample::Index, sm4: bool) {
            let cipher = if sm4 { Cipher::Sm4Gcm } else { Cipher::Aes256Gcm };
            let key = Key::from_bytes([3; 32]);
            let mut sealed = seal(cipher, &key, [5; 12], b"here", &plain);
            prop_assert_eq!(&open(&key, b"here", &sealed).unwrap()[..], &plain[..]);
            let place = flip.index(sealed.len());
            sealed[place] ^= 1;
            prop_assert!(open(&key, b"here", &sealed).is_err());
        }
    }
}
