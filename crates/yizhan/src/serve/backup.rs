//! Copies of a zone: consistent at one act while it runs, the keys in a folder of their own.

use crate::command::Common;
use crate::store;
use std::path::Path;
use yizhan_core::waist::Address;
use yizhan_core::waist::sqlite;

/// Copies a zone to a new folder.
///
/// # Errors
/// When the folder exists, or something cannot be copied.
pub fn run(common: &Common, to: &Path) -> Result<(), String> {
    let folder = sqlite_folder(common)?;
    if to.exists() {
        return Err(format!("{} exists; a backup is never written over", to.display()));
    }
    // Keys first: evidence copied after them finds its keys, unless they were forgotten meanwhile, as they should be.
    sqlite::copy(&folder, to).map_err(|error| format!("{}: {error}", to.display()))?;
    eprintln!("copied to {}; the keys are in {}/{}: keep them apart", to.display(), to.display(), sqlite::KEY_FOLDER);
    Ok(())
}

/// Puts a copy back where no zone is, and forgets again what was forgotten since it was made.
///
/// # Errors
/// When a zone is there already, or something cannot be copied.
pub fn restore(common: &Common, from: &Path, forgotten: Option<&Path>) -> Result<(), String> {
    let folder = sqlite_folder(common)?;
    if folder.join(sqlite::EVIDENCE_FILE).exists() {
        return Err(format!("{} holds a zone; restore into an empty folder", folder.display()));
    }
    sqlite::copy(from, &folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let keys = match forgotten {
        None => Vec::new(),
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            let number = |line: &str| {
                line.trim().parse::<u64>().map_err(|_| format!("{}: {line:?} is no key number", file.display()))
            };
            text.lines().filter(|line| !line.trim().is_empty()).map(number).collect::<Result<_, _>>()?
        }
    };
    // Opening the zone destroys every key whose forgetting is in its own journal; the list names those forgotten later.
    let config = common.config()?;
    let engine = yizhan_core::waist::Engine::open(&common.address())?;
    let (mut writer, _) = yizhan_core::zone::open(engine, config.hash()?, yizhan_core::zone::Damage::Refused)
        .map_err(|faults| faults.join("\n"))?;
    writer.engine().forget(&keys)?;
    store::vault(&common.address(), &config)?;
    eprintln!("restored act {}; {} keys forgotten again", writer.image().seq, keys.len());
    Ok(())
}

fn sqlite_folder(common: &Common) -> Result<std::path::PathBuf, String> {
    match common.address() {
        Address::Folder(folder) => Ok(folder),
        Address::Postgres { .. } => {
            Err("a PostgreSQL zone is backed up with pg_dump: the schema `yizhan_keys` apart from the rest".into())
        }
    }
}
