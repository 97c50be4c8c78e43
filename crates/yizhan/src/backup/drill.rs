//! The drill: a backup is put back in a temporary place, proved, opened, compared with what its manifest says, and removed.
//! Whether it would help on the day it is needed is known before that day.

use super::source::Source;
use super::{Which, restore, vault_of};
use crate::command::End;
use crate::config::Config;
use crate::store;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;
use yizhan_core::backup::Until;
use yizhan_core::heads;
use yizhan_core::row::{JournalRow, KeyRow};
use yizhan_core::vault::{MASTER_KEY_FILE, Vault};
use yizhan_core::verify::verify;
use yizhan_core::waist::{Address, Reader};
use yizhan_kit::Moment;

/// How many sealed bodies are opened, from the first to the last.
const SAMPLE: u64 = 256;

/// What `yizhan drill` takes.
#[derive(Args, Clone)]
pub struct Wishes {
    /// Which backup.
    #[command(flatten)]
    pub which: Which,
    /// The zone that was backed up, to say how far behind it the backup is.
    #[arg(long)]
    pub data: Option<String>,
    /// The configuration file; `yizhan.toml` where there is one.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// The master key's file, to open what is sealed; that of the configuration or of `--data` unless given.
    #[arg(long)]
    pub master_key: Option<PathBuf>,
    /// In which folder the temporary place is made.
    #[arg(long)]
    pub scratch: Option<PathBuf>,
}

/// What a drill found.
#[derive(Serialize, Default)]
struct Found {
    ok: bool,
    backup: String,
    made_at: String,
    acts: u64,
    head: String,
    last_act_at: String,
    heads: usize,
    keys: u64,
    bodies_opened: u64,
    bodies_forgotten: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    behind: Option<Behind>,
    restore_ms: u64,
    took_ms: u64,
    faults: Vec<String>,
}

/// What would be lost.
#[derive(Serialize)]
struct Behind {
    acts: u64,
    seconds: i64,
}

/// A temporary folder, gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(within: Option<&Path>) -> Result<Self, String> {
        use std::os::unix::fs::DirBuilderExt;
        let within = within.map_or_else(std::env::temp_dir, Path::to_owned);
        let folder = (0..).map(|n| within.join(format!("yizhan-drill-{}-{n}", std::process::id())));
        for folder in folder.take(1000) {
            match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(super::say(&folder, &error)),
            }
        }
        Err(super::say(&within, &"no temporary place can be made"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Tries a backup out.
///
/// # Errors
/// When what was asked cannot be done at all; what is wrong with the backup is told as faults.
pub fn run(wishes: &Wishes) -> Result<End, String> {
    let config = Config::read(wishes.config.as_deref())?;
    let found = drill(wishes, &config)?;
    for fault in &found.faults {
        eprintln!("{fault}");
    }
    if found.ok {
        eprintln!(
            "the backup is whole: {} acts restored and proved in {} ms, {} sealed bodies opened",
            found.acts, found.took_ms, found.bodies_opened
        );
    }
    crate::command::tell(&serde_json::to_string(&found).map_err(|error| error.to_string())?);
    Ok(if found.ok { End::Good } else { End::Faults })
}

fn drill(wishes: &Wishes, config: &Config) -> Result<Found, String> {
    let begun = Instant::now();
    let scratch = Scratch::new(wishes.scratch.as_deref())?;
    let mut found = Found::default();
    if let Err(what) = look(wishes, config, &scratch.0, &mut found) {
        found.faults.push(what);
    }
    drop(scratch);
    found.ok = found.faults.is_empty();
    found.took_ms = ms(begun);
    Ok(found)
}

/// Everything there is to find, fault by fault; what ends the drill early is its error.
fn look(wishes: &Wishes, config: &Config, scratch: &Path, found: &mut Found) -> Result<(), String> {
    let begun = Instant::now();
    let mut source = Source::open(&wishes.which, config)?;
    if let Source::Backup { backup, .. } = &source {
        found.backup = backup.number().to_owned();
        found.made_at = backup.manifest.made_at.to_string();
    }
    let place = Address::Folder(scratch.to_owned());
    let mut own = config.clone();
    own.hash = source.kind().name().to_owned();
    let named = wishes.master_key.as_ref().or(config.master_key.as_ref());
    if let Some(file) = named.filter(|file| !file.exists()) {
        return Err(super::say(file, &"the master key is not there"));
    }
    own.master_key = Some(master_key(wishes, config, scratch));
    let restored = restore::put_back(&mut source, &place, &own, Until::End, &[], restore::Told::Nowhere)?;
    found.restore_ms = ms(begun);
    found.acts = restored.walked.seq;
    found.head = restored.walked.hash.to_string();
    found.last_act_at = restored.walked.at.to_string();
    found.heads = restored.heads;
    if let Source::Backup { backup, .. } = &source {
        found.faults.extend(backup.differences(&restored.image));
    }
    let mut reader = Reader::open(&place)?;
    let forgotten = |key: u64| restored.walked.forgotten.contains(&key) || source.forgotten_since().contains(&key);
    missing_keys(&mut reader, restored.image.counts.keys, &forgotten, found)?;
    match open_vault(&own, scratch) {
        Err(what) => found.faults.push(what),
        Ok(vault) => {
            let heads_file = scratch.join(heads::HEADS_FILE);
            let heads = if heads_file.exists() { heads::read(&heads_file)? } else { Vec::new() };
            let report = verify(&mut reader, source.kind(), Some(&vault), &heads).map_err(|error| error.to_string())?;
            found.faults.extend(report.faults);
            open_bodies(&mut reader, &vault, restored.image.counts.bodies, &forgotten, found)?;
        }
    }
    if let Some(data) = &wishes.data {
        behind(&Address::parse(data), restored.walked.at, found)?;
    }
    Ok(())
}

/// The file of the master key: the one that is named, that of the configuration, that beside the data, or, of a
/// demonstration, the one in the backup.
fn master_key(wishes: &Wishes, config: &Config, scratch: &Path) -> PathBuf {
    let beside = wishes.data.as_ref().map(|data| store::master_key(&Address::parse(data), config));
    let named = wishes.master_key.clone().or_else(|| config.master_key.clone());
    named.or(beside.filter(|file| file.exists())).unwrap_or_else(|| scratch.join(MASTER_KEY_FILE))
}

fn open_vault(config: &Config, scratch: &Path) -> Result<Vault, String> {
    let master = config.master_key.clone().unwrap_or_else(|| scratch.join(MASTER_KEY_FILE));
    if !master.exists() {
        return Err("there is no master key: name it by --master-key, or nothing that is sealed can be opened".into());
    }
    vault_of(config, &master, scratch)
}

/// Keys that were made, that nobody forgot, and that are not there.
fn missing_keys(
    reader: &mut Reader,
    made: u64,
    forgotten: &dyn Fn(u64) -> bool,
    found: &mut Found,
) -> Result<(), String> {
    let (mut after, mut next) = (-1, 1);
    let mut missing = Vec::new();
    loop {
        let page = reader.page::<KeyRow>(after, 4096).map_err(|error| error.to_string())?;
        let end = page.last().map_or(made + 1, |row| row.n);
        for row in &page {
            found.keys += 1;
            missing.extend((next..row.n).filter(|key| !forgotten(*key)));
            next = row.n + 1;
        }
        if page.is_empty() {
            missing.extend((next..end).filter(|key| !forgotten(*key)));
            break;
        }
        after = i64::try_from(end).unwrap_or(i64::MAX);
    }
    if let Some(first) = missing.first() {
        let count = missing.len();
        found.faults.push(format!("{count} keys are missing that nobody forgot, the first is key {first}"));
    }
    Ok(())
}

/// Opens a sample of what is sealed.
fn open_bodies(
    reader: &mut Reader,
    vault: &Vault,
    bodies: u64,
    forgotten: &dyn Fn(u64) -> bool,
    found: &mut Found,
) -> Result<(), String> {
    let step = (bodies / SAMPLE).max(1);
    let mut n = bodies;
    while n > 0 {
        let row = reader.body(n).map_err(|error| error.to_string())?;
        let Some(row) = row else {
            found.faults.push(format!("body {n} is missing"));
            break;
        };
        if let Some(key) = row.key {
            match reader.key(key).map_err(|error| error.to_string())? {
                None if forgotten(key) => found.bodies_forgotten += 1,
                None => found.faults.push(format!("body {n}: its key {key} is missing")),
                Some(key) => match vault.unseal(Some(&key), &row.sealed) {
                    Ok(_) => found.bodies_opened += 1,
                    Err(_) => found.faults.push(format!("body {n}: it cannot be opened")),
                },
            }
        }
        n = n.saturating_sub(step);
    }
    Ok(())
}

/// How far behind the living zone the backup is, and whether it is of the same chain.
fn behind(live: &Address, at: Moment, found: &mut Found) -> Result<(), String> {
    let mut reader = Reader::open(live)?;
    let head = reader.head()?;
    let mut record = |seq: u64| reader.one::<JournalRow>(seq).map_err(|error| error.to_string());
    match record(found.acts)? {
        Some(own) if own.hash.to_string() == found.head => {}
        Some(_) => found.faults.push(format!("another act {} stands in the living zone", found.acts)),
        None => found.faults.push(format!("the living zone ends before act {}", found.acts)),
    }
    let last = record(head.seq)?.map_or(at, |record| record.at);
    let seconds = (last.0 - at.0) / 1000;
    found.behind = Some(Behind { acts: head.seq.saturating_sub(found.acts), seconds });
    Ok(())
}

fn ms(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
