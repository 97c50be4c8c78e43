//! Backups: a zone's evidence as files that are only added to, what opens it apart from them, and a manifest that says
//! what is there. The same whatever engine it was made from, so that it is put back on any.
//!
//! ```text
//! FOLDER/manifest.json                         what is there and what it comes to; written last, by a rename
//! FOLDER/acts-000000000001-000000004096.part   acts with their rows
//! FOLDER/heads.jsonl                           signed heads
//! FOLDER.keys/secrets.json                     what is in the part beside it
//! FOLDER.keys/secrets-000000004096-….part      keys, blind index, the zone's wrapped key, passwords
//! ```
//!
//! A sealed backup is one folder: every part, both manifests and the secrets are encrypted under a key from a file. A part
//! that no manifest names is left by an interrupted run: it counts for nothing and the next run throws it away.
//!
//! Format 1. A part begins with `yizhan part 1\n`; then frames, each a length (u32, little-endian) and so many bytes: a
//! zlib stream, in a sealed backup sealed as [`yizhan_kit::seal`] does. Inside are rows, each a letter for its table and its
//! columns in the table's order: `i` and 8 bytes, `t` or `b` and a length (u32) and bytes, or `n` for nothing.

mod make;
mod pack;
mod part;
mod read;
mod sums;

pub use make::{Made, Source, make};
pub use pack::Secret;
pub use read::{Backup, Until, Walked, prove};
pub use sums::{FundSum, of_ledger};

use crate::waist::load::Marks;
use part::Part;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use yizhan_kit::id::{random, to_hex};
use yizhan_kit::seal::{self, Cipher, Key};
use yizhan_kit::{Entropy, Moment};

/// The format that this release writes.
pub const FORMAT: u32 = 1;
/// The file that says what a backup holds.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The file that says what the part of secrets holds.
pub const SECRETS_FILE: &str = "secrets.json";

/// Where a backup lies.
#[derive(Clone, Debug)]
pub struct Places {
    /// The evidence.
    pub evidence: PathBuf,
    /// What opens it; the same folder when the backup is sealed.
    pub secrets: PathBuf,
}

/// By what a backup is sealed.
#[derive(Clone)]
pub struct Seal {
    /// The key from the file.
    pub key: Key,
    /// The cipher of new parts; old ones open by their own header.
    pub cipher: Cipher,
}

/// What a backup holds and what it comes to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The release that wrote it last.
    pub program: String,
    /// The hash function of the chain.
    pub hash: String,
    /// When it was last added to, by the machine's clock.
    pub made_at: Moment,
    /// The zone's epoch then.
    pub epoch: u64,
    /// The last act.
    pub acts: u64,
    /// Its hash.
    pub head: String,
    /// When it was recorded.
    pub at: Moment,
    /// The last row of each table.
    pub marks: Marks,
    /// How many rows of each table.
    pub counts: BTreeMap<String, u64>,
    /// How many subjects of each kind, cases by their service.
    pub kinds: BTreeMap<String, u64>,
    /// What the money of each fund comes to.
    pub money: BTreeMap<String, FundSum>,
    /// The parts, in order.
    pub parts: Vec<Part>,
}

/// What the part of secrets holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// The act up to which keys were copied.
    pub acts: u64,
    /// How many keys there are.
    pub keys: u64,
    /// Keys that were destroyed while they were copied, by acts after those of the backup.
    pub forgotten: Vec<u64>,
    /// The part.
    pub part: Part,
}

/// A manifest as it lies in its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<T> {
    format: u32,
    /// The backup's own number: its parts, secrets and manifests belong together.
    backup: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

/// What seals one backup: a key of its own.
#[derive(Clone)]
struct Lock {
    backup: String,
    seal: Option<Seal>,
}

impl Lock {
    fn new(backup: &str, seal: Option<&Seal>) -> Self {
        let seal = seal.map(|seal| Seal { key: seal.key.derive(&format!("backup {backup}")), cipher: seal.cipher });
        Self { backup: backup.to_owned(), seal }
    }

    fn close(&self, context: &str, plain: Vec<u8>, entropy: &dyn Entropy) -> Vec<u8> {
        match &self.seal {
            None => plain,
            Some(by) => seal::seal(by.cipher, &by.key, random(entropy), context.as_bytes(), &plain),
        }
    }

    fn open(&self, context: &str, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        match &self.seal {
            None => Ok(bytes),
            Some(by) => seal::open(&by.key, context.as_bytes(), &bytes)
                .map(|plain| plain.to_vec())
                .map_err(|error| format!("{error}")),
        }
    }
}

fn write_manifest<T: Serialize>(path: &Path, value: T, lock: &Lock, entropy: &dyn Entropy) -> Result<(), String> {
    let (mut open, mut sealed) = (None, None);
    if lock.seal.is_some() {
        let plain = serde_json::to_vec(&value).map_err(|error| error.to_string())?;
        sealed = Some(to_hex(&lock.close(name_of(path), plain, entropy)));
    } else {
        open = Some(value);
    }
    let envelope = Envelope { format: FORMAT, backup: lock.backup.clone(), open, sealed };
    let text = serde_json::to_string_pretty(&envelope).map_err(|error| error.to_string())?;
    replace(path, format!("{text}\n").as_bytes())
}

/// Reads a manifest: the backup's number and what it says.
fn read_manifest<T: DeserializeOwned>(path: &Path, seal: Option<&Seal>) -> Result<(Lock, T), String> {
    let text = std::fs::read(path).map_err(|error| say(path, &error))?;
    let envelope: Envelope<T> = serde_json::from_slice(&text).map_err(|error| say(path, &error))?;
    if envelope.format != FORMAT {
        return Err(say(path, &format!("is of format {}, which this release does not know", envelope.format)));
    }
    let lock = Lock::new(&envelope.backup, seal);
    let value = match (envelope.open, envelope.sealed) {
        (Some(_), None) if seal.is_some() => return Err(say(path, &"this backup is not sealed; leave the key out")),
        (Some(value), None) => value,
        (None, Some(_)) if seal.is_none() => return Err(say(path, &"this backup is sealed; name the file of its key")),
        (None, Some(sealed)) => {
            let bytes = unhex(&sealed).ok_or_else(|| say(path, &"cannot be read"))?;
            let plain = lock.open(name_of(path), bytes).map_err(|error| say(path, &error))?;
            serde_json::from_slice(&plain).map_err(|error| say(path, &error))?
        }
        _ => return Err(say(path, &"says nothing")),
    };
    Ok((lock, value))
}

/// Puts a file in place of another in one step that a loss of power cannot halve.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let next = path.with_extension("tmp");
    let written = std::fs::File::create(&next).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written {
        let _ = std::fs::remove_file(&next);
        return Err(say(&next, &error));
    }
    std::fs::rename(&next, path).map_err(|error| say(path, &error))?;
    sync_folder(path)
}

/// Makes the names in a file's folder outlive a loss of power.
fn sync_folder(file: &Path) -> Result<(), String> {
    let Some(folder) = file.parent() else { return Ok(()) };
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| say(folder, &error))
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

fn say(place: &Path, what: &dyn std::fmt::Display) -> String {
    format!("{}: {what}", place.display())
}
