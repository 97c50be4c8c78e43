//! Signed heads: now and then the chain's head is signed and written to a file outside the database, so that a rewritten
//! chain and a lost tail are found.

use crate::image::Image;
use crate::row::JournalRow;
use crate::waist::{ReadError, Reader};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::Path;
use yizhan_kit::{Hash32, Moment};

/// The file of signed heads in a zone's folder, one JSON object a line.
pub const HEADS_FILE: &str = "heads.jsonl";

/// One signed head.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// The act.
    pub seq: u64,
    /// When it was recorded.
    pub at: Moment,
    /// Its hash, in hex.
    pub hash: String,
    /// Who signed, as an Ed25519 public key in hex.
    pub signer: String,
    /// The Ed25519 signature in hex, over `seq`, `at` and `hash`.
    pub signature: String,
}

impl SignedHead {
    /// Signs where an image stands.
    pub fn sign(image: &Image, key: &SigningKey) -> Self {
        Self::sign_act(image.seq, image.at, image.hash, key)
    }

    /// Signs an act as the head.
    pub fn sign_act(seq: u64, at: Moment, hash: Hash32, key: &SigningKey) -> Self {
        let signature = key.sign(&message(seq, at, &hash.to_string()));
        Self {
            seq,
            at,
            hash: hash.to_string(),
            signer: hex(key.verifying_key().as_bytes()),
            signature: hex(&signature.to_bytes()),
        }
    }

    /// What is wrong with the head, given the chain and whoever must have signed it.
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn fault(&self, reader: &mut Reader, signer: Option<&VerifyingKey>) -> Result<Option<String>, ReadError> {
        let say = |what: &str| Ok(Some(format!("signed head {}: {what}", self.seq)));
        let Some(key) = unhex::<32>(&self.signer).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok()) else {
            return say("its signer is no public key");
        };
        if signer.is_some_and(|signer| *signer != key) {
            return say("it was signed by a stranger");
        }
        let Some(signature) = unhex::<64>(&self.signature) else { return say("its signature cannot be read") };
        if key.verify(&message(self.seq, self.at, &self.hash), &Signature::from_bytes(&signature)).is_err() {
            return say("its signature is false");
        }
        if self.seq == 0 {
            return Ok(None);
        }
        let Ok(hash) = self.hash.parse::<Hash32>() else { return say("its hash cannot be read") };
        match reader.one::<JournalRow>(self.seq)? {
            None => say("the chain ends before it: its tail is lost"),
            Some(record) if record.hash != hash => say("the chain was rewritten: another act stands here"),
            Some(_) => Ok(None),
        }
    }
}

/// Adds a head to a file, unless its last line says the same. A line that was cut short by a power cut is replaced.
///
/// # Errors
/// When the file cannot be written.
pub fn append(path: &Path, head: &SignedHead) -> std::io::Result<()> {
    if read(path).ok().and_then(|heads| heads.last().map(|last| last.hash == head.hash)).unwrap_or(false) {
        return Ok(());
    }
    let mut file = std::fs::OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let mut known = Vec::new();
    file.read_to_end(&mut known)?;
    let whole = known.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    if whole < known.len() {
        file.set_len(whole as u64)?;
    }
    writeln!(file, "{}", serde_json::to_string(head).map_err(std::io::Error::other)?)?;
    file.sync_all()
}

/// Reads a file of signed heads. What follows the last line's end was cut short, and counts for nothing.
///
/// # Errors
/// When it cannot be read, naming the line that is none.
pub fn read(path: &Path) -> Result<Vec<SignedHead>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let parse = |(n, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| format!("{}:{}: {error}", path.display(), n + 1))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(parse).collect()
}

fn message(seq: u64, at: Moment, hash: &str) -> Vec<u8> {
    format!("yizhan head\n{seq}\n{at}\n{hash}\n").into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}
