//! Copies of a zone: consistent at one act while it runs, on either engine, the keys in a folder of their own.
//!
//! A copy is a folder with the evidence and the signed heads; what opens it lies in another folder: the keys, the zone's
//! wrapped key, the passwords. The master key is in neither, but for a demonstration, which has no secrets.

use super::is_demonstration;
use crate::command::Common;
use crate::store;
use std::fs;
use std::path::{Path, PathBuf};
use yizhan_core::heads::HEADS_FILE;
use yizhan_core::vault::{MASTER_KEY_FILE, ZONE_KEY_FILE};
use yizhan_core::waist::copy::copy;
use yizhan_core::waist::sqlite::{EVIDENCE_FILE, KEY_FOLDER, SqliteWorking};
use yizhan_core::waist::{Address, Engine, Reader, Working};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::Moment;

/// Working state that a restored zone needs: passwords, what the outbox has sent, the secrets of terminals with what they run
/// and how they are being mended. Sessions and visits are not among it.
const KEPT: [&str; 5] = ["credential", "delivered", "device", "device-config", "device-ticket"];

/// Copies a zone to two new folders.
///
/// # Errors
/// When a folder exists, or something cannot be copied.
pub fn run(common: &Common, to: &Path, keys_to: Option<&Path>) -> Result<(), String> {
    let (address, config) = (common.address(), common.config()?);
    let keys = keys_to.map_or_else(|| beside(to), Path::to_owned);
    for folder in [to, &keys] {
        if folder.exists() {
            return Err(format!("{} exists; a backup is never written over", folder.display()));
        }
    }
    let mut reader = Reader::open(&address)?;
    let mut engine = Engine::open(&Address::Folder(to.to_owned()))?;
    let head = copy(&mut reader, &mut engine, config.hash()?)?;
    drop(engine);
    fs::rename(to.join(KEY_FOLDER), &keys).map_err(|error| say(&keys, &error))?;
    let own = store::folder(&address, &config);
    copy_file(&own.join(KEY_FOLDER).join(ZONE_KEY_FILE), &keys.join(ZONE_KEY_FILE))?;
    copy_file(&own.join(HEADS_FILE), &to.join(HEADS_FILE))?;
    copy_working(&mut *store::working(&address)?, &mut SqliteWorking::open(&keys)?)?;
    let rebuilt =
        zone::rebuild(&Reader::open_apart(to, &keys)?, config.hash()?, yizhan_core::waist::load::Depth::Heads);
    if let Some(fault) = rebuilt.faults.first() {
        return Err(format!("the copy is not whole: {fault}"));
    }
    let master = store::master_key(&address, &config);
    if is_demonstration(&rebuilt.image) {
        copy_file(&master, &keys.join(MASTER_KEY_FILE))?;
    }
    eprintln!("act {} copied to {}, its keys to {}: keep them apart", head.seq, to.display(), keys.display());
    if !is_demonstration(&rebuilt.image) {
        eprintln!("the master key {} is in neither: keep a copy of it elsewhere", master.display());
    }
    Ok(())
}

/// Puts a copy back where no zone is, on either engine, and forgets again what was forgotten since it was made.
///
/// # Errors
/// When a zone is there already, or something cannot be copied.
pub fn restore(common: &Common, from: &Path, keys_from: Option<&Path>, forgotten: Option<&Path>) -> Result<(), String> {
    let (address, config) = (common.address(), common.config()?);
    let keys = keys_from.map_or_else(|| beside(from), Path::to_owned);
    let forgotten = forgotten.map(numbers).transpose()?.unwrap_or_default();
    let mut reader = Reader::open_apart(from, &keys)?;
    if let Address::Folder(folder) = &address
        && folder.join(EVIDENCE_FILE).exists()
    {
        return Err(format!("{} holds a zone; restore into an empty folder", folder.display()));
    }
    let mut engine = Engine::open(&address)?;
    copy(&mut reader, &mut engine, config.hash()?)?;
    // Opening the zone destroys every key whose forgetting is in its own journal; the list names those forgotten later.
    let (mut writer, _) = zone::open(engine, config.hash()?, Damage::Refused).map_err(|faults| faults.join("\n"))?;
    writer.engine().forget(&forgotten)?;
    let own = store::folder(&address, &config);
    fs::create_dir_all(own.join(KEY_FOLDER)).map_err(|error| say(&own, &error))?;
    copy_file(&keys.join(ZONE_KEY_FILE), &own.join(KEY_FOLDER).join(ZONE_KEY_FILE))?;
    copy_file(&from.join(HEADS_FILE), &own.join(HEADS_FILE))?;
    copy_working(&mut SqliteWorking::open(&keys)?, &mut *store::working(&address)?)?;
    let master = store::master_key(&address, &config);
    if !master.exists() {
        copy_file(&keys.join(MASTER_KEY_FILE), &master)?;
    }
    eprintln!("restored act {}; {} keys forgotten again", writer.image().seq, forgotten.len());
    if !master.exists() {
        eprintln!("put the master key back to {} before anyone signs in", master.display());
    }
    Ok(())
}

/// Where the keys of a copy go when nothing else is said: `copy.keys` beside `copy`.
fn beside(copy: &Path) -> PathBuf {
    let mut name = copy.file_name().unwrap_or_default().to_owned();
    name.push(".keys");
    copy.with_file_name(name)
}

/// The numbers of keys, one a line.
fn numbers(file: &Path) -> Result<Vec<u64>, String> {
    let text = fs::read_to_string(file).map_err(|error| say(file, &error))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.parse().map_err(|_| say(file, &format!("{line:?} is no key number")))).collect()
}

fn copy_working(from: &mut dyn Working, to: &mut dyn Working) -> Result<(), String> {
    for kind in KEPT {
        for (name, value) in from.list(kind, Moment(0))? {
            to.put(kind, &name, &value, Moment(i64::MAX))?;
        }
    }
    Ok(())
}

/// Copies a file where there is one.
fn copy_file(from: &Path, to: &Path) -> Result<(), String> {
    if from.exists() {
        fs::copy(from, to).map_err(|error| say(from, &error))?;
    }
    Ok(())
}

fn say(place: &Path, what: &dyn std::fmt::Display) -> String {
    format!("{}: {what}", place.display())
}
