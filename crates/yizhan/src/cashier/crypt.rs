//! What both channels sign and seal with: RSA PKCS#1 v1.5 over SHA-256, and AES-256-GCM. Keys are read from PEM files: a private
//! key as PKCS#8 or PKCS#1, a public one as such or inside a certificate.

use data_encoding::BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use std::path::Path;

/// A private key.
pub struct Signer(RsaKeyPair);

impl Signer {
    /// Reads a private key in PEM, or its bare Base64 as the channels' own tools write it.
    ///
    /// # Errors
    /// When it is none, or shorter than 2048 bits.
    pub fn read(pem: &str) -> Result<Self, String> {
        let der = unwrapped(pem)?;
        let pair = RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der));
        pair.map(Self).map_err(|error| format!("no RSA private key of 2048 bits or more: {error}"))
    }

    /// As [`Signer::read`], from a file.
    ///
    /// # Errors
    /// Names the file.
    pub fn open(file: &Path) -> Result<Self, String> {
        Self::read(&text(file)?).map_err(|what| format!("{}: {what}", file.display()))
    }

    /// A signature in Base64.
    ///
    /// # Panics
    /// When the machine gives no chance.
    pub fn sign(&self, message: &[u8]) -> String {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("a key that was accepted");
        BASE64.encode(&signature)
    }

    /// The public key that belongs to it.
    pub fn verifier(&self) -> Verifier {
        Verifier(self.0.public().as_ref().to_vec())
    }
}

/// A public key, as its bare modulus and exponent in DER.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verifier(Vec<u8>);

impl Verifier {
    /// Reads a public key or a certificate in PEM, or a public key as bare Base64.
    ///
    /// # Errors
    /// When it is neither.
    pub fn read(pem: &str) -> Result<Self, String> {
        let der = unwrapped(pem)?;
        let inner = if pem.contains("BEGIN RSA PUBLIC KEY") {
            Some(der)
        } else if pem.contains("BEGIN CERTIFICATE") {
            of_certificate(&der).and_then(|info| of_info(info)).map(<[u8]>::to_vec)
        } else {
            of_info(&der).map(<[u8]>::to_vec)
        };
        inner.map(Self).ok_or_else(|| "no RSA public key and no certificate of one".to_owned())
    }

    /// As [`Verifier::read`], from a file.
    ///
    /// # Errors
    /// Names the file.
    pub fn open(file: &Path) -> Result<Self, String> {
        Self::read(&text(file)?).map_err(|what| format!("{}: {what}", file.display()))
    }

    /// Whether a signature in Base64 is of this key over a message.
    pub fn is_signed(&self, message: &[u8], signature: &str) -> bool {
        let Ok(signature) = BASE64.decode(signature.as_bytes()) else { return false };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0).verify(message, &signature).is_ok()
    }
}

/// Opens what was sealed under the key that a channel and we share; the tag is appended.
pub fn open_sealed(key: &[u8; 32], nonce: &[u8], about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut bytes = sealed.to_vec();
    let plain = key.open_in_place(nonce, Aad::from(about), &mut bytes).ok()?;
    Some(plain.to_vec())
}

/// Seals as the other side does.
///
/// # Panics
/// When the nonce has not twelve bytes.
pub fn seal(key: &[u8; 32], nonce: &[u8], about: &[u8], plain: &[u8]) -> Vec<u8> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("thirty-two bytes"));
    let nonce = Nonce::try_assume_unique_for_key(nonce).expect("twelve bytes");
    let mut bytes = plain.to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(about), &mut bytes).expect("short enough to be sealed");
    bytes
}

/// The shared key of a file: thirty-two characters.
///
/// # Errors
/// Names the file.
pub fn shared_key(file: &Path) -> Result<[u8; 32], String> {
    let text = text(file)?;
    text.trim().as_bytes().try_into().map_err(|_| format!("{}: a key of 32 characters is expected", file.display()))
}

fn text(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// The bytes within PEM, or of bare Base64.
fn unwrapped(pem: &str) -> Result<Vec<u8>, String> {
    let mut lines = pem.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    let wrapped = lines.peek().is_some_and(|line| line.starts_with("-----BEGIN"));
    if wrapped {
        lines.next();
    }
    let body: String = lines.take_while(|line| !line.starts_with("-----END")).collect();
    BASE64.decode(body.as_bytes()).map_err(|_| "neither PEM nor Base64".to_owned())
}

const SEQUENCE: u8 = 0x30;
const BITS: u8 = 0x03;

/// One DER value: its tag, what it holds, what comes after it.
fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (bytes.iter().take(4).fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
    };
    let (inner, rest) = rest.split_at_checked(length)?;
    Some((*tag, inner, rest))
}

fn sequence(der: &[u8]) -> Option<&[u8]> {
    value(der).filter(|(tag, ..)| *tag == SEQUENCE).map(|(_, inner, _)| inner)
}

/// The key inside a SubjectPublicKeyInfo.
fn of_info(der: &[u8]) -> Option<&[u8]> {
    let (_, _, after) = value(sequence(der)?)?;
    let (tag, bits, _) = value(after)?;
    // The first byte says how many bits are unused: none.
    bits.split_first().filter(|(unused, _)| tag == BITS && **unused == 0).map(|(_, key)| key)
}

/// The SubjectPublicKeyInfo of a certificate: after version, serial number, algorithm, issuer, validity and subject.
fn of_certificate(der: &[u8]) -> Option<&[u8]> {
    let mut rest = sequence(sequence(der)?)?;
    if value(rest)?.0 == 0xa0 {
        rest = value(rest)?.2;
    }
    for _ in 0..5 {
        rest = value(rest)?.2;
    }
    Some(rest)
}
