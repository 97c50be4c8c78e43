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
use std::fs::File;
use std::io::{Read, Write};
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

    fn of(code: u8) -> Option<Self> {
        [Self::Aes256Gcm, Self::Sm4Gcm].into_iter().find(|cipher| cipher.code() == code)
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
    let mut header = [VERSION, cipher.code(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    header[2..].copy_from_slice(&nonce);
    let mut sealed = Vec::with_capacity(HEADER + plain.len() + TAG);
    sealed.extend_from_slice(&header);
    sealed.extend_from_slice(plain);
    let tag = with_associated(&header, context, |associated| match cipher {
        Cipher::Aes256Gcm => encrypt(&aes(key), nonce, associated, &mut sealed[HEADER..]),
        Cipher::Sm4Gcm => encrypt(&sm4(key), nonce, associated, &mut sealed[HEADER..]),
    });
    sealed.extend_from_slice(&tag);
    sealed
}

/// Opens sealed bytes.
///
/// # Errors
/// See [`SealError`].
pub fn open(key: &Key, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (header, rest) = sealed.split_first_chunk::<HEADER>().ok_or(SealError::Truncated)?;
    let (body, tag) = rest.split_last_chunk::<TAG>().ok_or(SealError::Truncated)?;
    let [version, code, nonce @ ..] = *header;
    if version != VERSION {
        return Err(SealError::UnknownVersion);
    }
    let cipher = Cipher::of(code).ok_or(SealError::UnknownCipher)?;
    let mut plain = Zeroizing::new(body.to_vec());
    let opened = with_associated(header, context, |associated| match cipher {
        Cipher::Aes256Gcm => decrypt(&aes(key), nonce, associated, &mut plain, *tag),
        Cipher::Sm4Gcm => decrypt(&sm4(key), nonce, associated, &mut plain, *tag),
    });
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

/// Why a master key file was not made or not read.
#[derive(Debug)]
pub enum MasterKeyError {
    /// There is a file already; a key that seals something must not be lost.
    Exists,
    /// Its group or everybody can read or write it.
    NotPrivate,
    /// It does not hold 64 hexadecimal digits.
    NotAKey,
    /// The machine refused.
    File(std::io::Error),
}

impl fmt::Display for MasterKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => f.write_str("there is a file already, and a master key is never overwritten"),
            Self::NotPrivate => {
                f.write_str("others than its owner have access; make it readable for its owner only (chmod 600)")
            }
            Self::NotAKey => f.write_str("does not hold a key of 64 hexadecimal digits"),
            Self::File(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for MasterKeyError {}

impl From<std::io::Error> for MasterKeyError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::AlreadyExists { Self::Exists } else { Self::File(error) }
    }
}

impl MasterKey {
    /// Makes a new one. An existing file is never overwritten.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn create_file(path: &Path, entropy: &dyn Entropy) -> Result<Key, MasterKeyError> {
        let key = Key::random(entropy);
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        let text = Zeroizing::new(to_hex(key.bytes()));
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        // The name must outlive a loss of power as the bytes do: what is sealed next is lost without this key.
        #[cfg(unix)]
        if let Some(folder) = path.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            File::open(folder)?.sync_all()?;
        }
        Ok(key)
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it cannot be read, is no key, or others have access to it too.
    pub fn read_file(path: &Path) -> Result<Key, MasterKeyError> {
        let file = File::open(path)?;
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o077 != 0 {
            return Err(MasterKeyError::NotPrivate);
        }
        // Room for the digits and the end of the line: the text never moves and leaves no copy behind.
        let mut text = Zeroizing::new(Vec::with_capacity(128));
        file.take(128).read_to_end(&mut text)?;
        let digits = std::str::from_utf8(&text).map_err(|_| MasterKeyError::NotAKey)?;
        from_hex(digits.trim()).map(Key::from_bytes).map_err(|_| MasterKeyError::NotAKey)
    }
}

/// Contexts up to this length are put behind their header without an allocation.
const SHORT_CONTEXT: usize = 114;

/// Header and context in one piece, which is what the cipher authenticates.
fn with_associated<T>(header: &[u8; HEADER], context: &[u8], work: impl FnOnce(&[u8]) -> T) -> T {
    if context.len() > SHORT_CONTEXT {
        return work(&[header, context].concat());
    }
    let mut bytes = [0; HEADER + SHORT_CONTEXT];
    let end = HEADER + context.len();
    bytes[..HEADER].copy_from_slice(header);
    bytes[HEADER..end].copy_from_slice(context);
    work(&bytes[..end])
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
mod tests;
