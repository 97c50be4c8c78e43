//! Backups of a zone: made and added to while it runs, put back on either engine, tried out by a drill.
//!
//! The format and its promises are in [`yizhan_core::backup`]. Evidence and what opens it lie in two folders, to be kept
//! apart, or together in one that is sealed. The master key is in neither, but for a demonstration, which has no secrets.

pub mod drill;
pub mod restore;
mod source;

use crate::command::Common;
use crate::config::Config;
use crate::serve::is_demonstration_kind;
use crate::store;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use yizhan_core::backup::{Made, Places, Seal, Secret, Source, make};
use yizhan_core::heads::{self, HEADS_FILE};
use yizhan_core::row::SubjectRow;
use yizhan_core::vault::{Vault, ZONE_KEY_FILE};
use yizhan_core::waist::sqlite::KEY_FOLDER;
use yizhan_core::waist::{Address, Reader, Working};
use yizhan_kit::clock::SystemClock;
use yizhan_kit::id::SystemEntropy;
use yizhan_kit::seal::MasterKey;
use yizhan_kit::{Clock, Moment};

/// Working state that a restored zone needs: passwords, what the outbox has sent, the secrets of terminals with what they run
/// and how they are being mended. Sessions and visits are not among it.
const KEPT: [&str; 5] = ["credential", "delivered", "device", "device-config", "device-ticket"];

/// What `yizhan backup` takes.
#[derive(Args, Clone)]
pub struct Wishes {
    /// The folder of the backup: an empty one, or one that was begun, to which what is new is added.
    #[arg(long)]
    pub to: PathBuf,
    /// The folder for what opens it, to be kept apart; the same name with `.keys` unless given.
    #[arg(long, conflicts_with = "seal_key")]
    pub keys_to: Option<PathBuf>,
    /// Seal everything, keys included, under the key in this file: 64 hexadecimal digits that only its owner reads.
    #[arg(long)]
    pub seal_key: Option<PathBuf>,
}

/// Which backup.
#[derive(Args, Clone)]
pub struct Which {
    /// The folder of the backup.
    #[arg(long)]
    pub from: PathBuf,
    /// The folder of what opens it; the same name with `.keys` unless given.
    #[arg(long, conflicts_with = "seal_key")]
    pub keys_from: Option<PathBuf>,
    /// The file of the key under which it is sealed.
    #[arg(long)]
    pub seal_key: Option<PathBuf>,
}

/// Backs a zone up, or adds to its backup, while it runs.
///
/// # Errors
/// What could not be read or written; the backup is then what it was before.
pub fn run(common: &Common, wishes: &Wishes) -> Result<(), String> {
    let begun = Instant::now();
    let (address, config) = (common.address(), common.config()?);
    let seal = seal(wishes.seal_key.as_deref(), &config)?;
    let to = places(&wishes.to, wishes.keys_to.as_deref(), seal.is_some());
    let mut reader = Reader::open(&address)?;
    let own = store::folder(&address, &config);
    let master = store::master_key(&address, &config);
    let demonstration = reader.one::<SubjectRow>(0).map_err(|error| error.to_string())?;
    let demonstration = demonstration.is_some_and(|zone| is_demonstration_kind(&zone.kind));
    let zone_key = own.join(KEY_FOLDER).join(ZONE_KEY_FILE);
    let signer = match zone_key.exists() && master.exists() {
        true => Some(vault_of(&config, &master, &own)?.signing_key()),
        false => None,
    };
    let mut secrets = Vec::new();
    if let Some(bytes) = read_if_there(&zone_key)? {
        secrets.push(Secret::ZoneKey(bytes));
    }
    if demonstration && let Some(bytes) = read_if_there(&master)? {
        secrets.push(Secret::MasterKey(bytes));
    }
    secrets.extend(working_state(&mut *store::working(&address)?)?);
    let file = own.join(HEADS_FILE);
    let heads = if file.exists() { heads::read(&file)? } else { Vec::new() };
    let program = env!("CARGO_PKG_VERSION").to_owned();
    let source =
        Source { reader: &mut reader, kind: config.hash()?, secrets, heads, signer, program, now: SystemClock.now() };
    let made = make(source, &to, seal.as_ref(), &SystemEntropy)?;
    tell(&made, &to, begun.elapsed().as_millis());
    if !demonstration {
        eprintln!("the master key {} is not in it: keep a copy of it elsewhere", master.display());
    }
    Ok(())
}

fn tell(made: &Made, to: &Places, took_ms: u128) {
    let Made { acts, added, bytes, keys } = made;
    let apart = if to.evidence == to.secrets {
        "sealed, keys included".to_owned()
    } else {
        format!("its keys in {}: keep them apart", to.secrets.display())
    };
    eprintln!("backed up to act {acts} ({added} new) in {}, {apart}", to.evidence.display());
    let line = serde_json::json!({
        "ok": true, "acts": acts, "added": added, "bytes": bytes, "keys": keys, "took_ms": u64::try_from(took_ms).unwrap_or(u64::MAX),
    });
    crate::command::tell(&line.to_string());
}

/// Reads what seals a backup.
fn seal(file: Option<&Path>, config: &Config) -> Result<Option<Seal>, String> {
    let Some(file) = file else { return Ok(None) };
    if !file.exists() {
        return Err(say(
            file,
            &"is not there; make one: (umask 077; openssl rand -hex 32 > FILE), and keep copies of it",
        ));
    }
    let key = MasterKey::read_file(file).map_err(|error| say(file, &error))?;
    Ok(Some(Seal { key, cipher: config.cipher()? }))
}

/// Where a backup lies: what opens it beside it, or in it when it is sealed.
fn places(evidence: &Path, secrets: Option<&Path>, sealed: bool) -> Places {
    let secrets = match secrets {
        Some(secrets) => secrets.to_owned(),
        None if sealed => evidence.to_owned(),
        None => beside(evidence),
    };
    Places { evidence: evidence.to_owned(), secrets }
}

/// Where the keys of a backup go when nothing else is said: `copy.keys` beside `copy`.
fn beside(copy: &Path) -> PathBuf {
    let mut name = copy.file_name().unwrap_or_default().to_owned();
    name.push(".keys");
    copy.with_file_name(name)
}

/// A vault of keys that are there.
fn vault_of(config: &Config, master: &Path, folder: &Path) -> Result<Vault, String> {
    Vault::open(config.cipher()?, master, &folder.join(KEY_FOLDER), Arc::new(SystemEntropy))
}

fn working_state(from: &mut dyn Working) -> Result<Vec<Secret>, String> {
    let mut kept = Vec::new();
    for kind in KEPT {
        let of_kind = from.list(kind, Moment(0))?.into_iter();
        kept.extend(of_kind.map(|(name, value)| Secret::Working(kind.to_owned(), name, value)));
    }
    Ok(kept)
}

fn read_if_there(file: &Path) -> Result<Option<Vec<u8>>, String> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(say(file, &error)),
    }
}

fn say(place: &Path, what: &dyn std::fmt::Display) -> String {
    format!("{}: {what}", place.display())
}

/// The folder in which an address keeps what is no row.
fn folder_of(address: &Address, config: &Config) -> PathBuf {
    store::folder(address, config)
}
