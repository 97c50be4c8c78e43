//! Opening what `--data` and `--catalog` name: the zone's store, its vault, its working state, its catalog.

use crate::config::Config;
use crate::inside;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use yizhan_core::catalog::{Catalog, CatalogSource, Mistake};
use yizhan_core::vault::{MASTER_KEY_FILE, Vault, ZONE_KEY_FILE};
use yizhan_core::waist::sqlite::{KEY_FOLDER, SqliteWorking};
use yizhan_core::waist::{Address, Lines, Working};
use yizhan_kit::id::SystemEntropy;

/// Where the folders of zones lie that have one of their own.
const ZONES: &str = "zones";

/// The catalog that `--catalog` names, or the one inside the program.
///
/// # Errors
/// When the folder cannot be read.
pub fn catalog_source(folder: Option<&Path>) -> Result<CatalogSource, String> {
    if let Some(folder) = folder {
        return CatalogSource::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()));
    }
    let file = |(name, bytes): &(&str, &[u8])| Some(((*name).to_owned(), String::from_utf8(bytes.to_vec()).ok()?));
    // As in a folder: what is neither TOML nor JSON is no file of the catalog.
    let known = |(name, _): &&(&str, &[u8])| name.ends_with(".toml") || name.ends_with(".json");
    Ok(CatalogSource { files: inside::CATALOG.iter().filter(known).filter_map(file).collect() })
}

/// Reads and checks a catalog.
///
/// # Errors
/// Every mistake, with file and line.
pub fn load_catalog(source: CatalogSource) -> Result<Catalog, String> {
    let list = |mistakes: Vec<Mistake>| mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n");
    let catalog = Catalog::load(source).map_err(list)?;
    let failed = catalog.check_examples();
    if failed.is_empty() { Ok(catalog) } else { Err(list(failed)) }
}

/// The folder of keys, and of everything else that is no row. Of several zones on a server each has one of its own.
pub fn folder(address: &Address, config: &Config) -> PathBuf {
    match address {
        Address::Folder(folder) => folder.clone(),
        Address::Postgres { zone, .. } => {
            let own = own_folder(zone, config);
            if own.exists() { own } else { config.key_folder.clone() }
        }
    }
}

/// Gives a zone that is about to be founded a folder of its own, if it is one of several or another's keys are here already: no two zones
/// share keys, or heads.
///
/// # Errors
/// The machine's.
pub fn set_apart(address: &Address, config: &Config, several: bool) -> Result<(), String> {
    let Address::Postgres { zone, .. } = address else { return Ok(()) };
    if !several && !config.key_folder.join(KEY_FOLDER).join(ZONE_KEY_FILE).exists() {
        return Ok(());
    }
    let own = own_folder(zone, config);
    std::fs::create_dir_all(&own).map_err(|error| format!("{}: {error}", own.display()))
}

/// Where a zone of several has its keys; another byte than of a plain name is written as its number.
pub fn own_folder(zone: &str, config: &Config) -> PathBuf {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let name = zone.bytes().map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02x}") });
    config.key_folder.join(ZONES).join(name.collect::<String>())
}

/// The file of the master key. A zone in a folder of its own has one of its own.
pub fn master_key(address: &Address, config: &Config) -> PathBuf {
    let folder = folder(address, config);
    let Some(named) = &config.master_key else { return folder.join(MASTER_KEY_FILE) };
    match (address, folder.file_name(), named.file_name()) {
        (Address::Postgres { .. }, Some(zone), Some(file)) if folder != config.key_folder => {
            let name = [zone.as_encoded_bytes(), b".", file.as_encoded_bytes()].concat();
            named.with_file_name(String::from_utf8_lossy(&name).as_ref())
        }
        _ => named.clone(),
    }
}

/// Whether the keys of a zone are on this machine.
pub fn has_keys(address: &Address, config: &Config) -> bool {
    folder(address, config).join(KEY_FOLDER).join(ZONE_KEY_FILE).exists()
}

/// Opens the vault of a zone.
///
/// # Errors
/// When a key file cannot be read or does not fit.
pub fn vault(address: &Address, config: &Config) -> Result<Vault, String> {
    let folder = folder(address, config);
    let master = master_key(address, config);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Vault::open(config.cipher()?, &master, &folder.join(KEY_FOLDER), Arc::new(SystemEntropy))
}

/// Opens the working state of a zone.
///
/// # Errors
/// When it cannot be opened.
pub fn working(address: &Address) -> Result<Box<dyn Working + Send>, String> {
    match address {
        Address::Folder(folder) => Ok(Box::new(SqliteWorking::open(folder)?)),
        Address::Postgres { url, zone } => Ok(Box::new(Lines::new(url).working(zone))),
    }
}
