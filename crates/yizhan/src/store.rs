//! Opening what `--data` and `--catalog` name: the zone's store, its vault, its working state, its catalog.

use crate::config::Config;
use crate::inside;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use yizhan_core::catalog::{Catalog, CatalogSource, Mistake};
use yizhan_core::vault::{MASTER_KEY_FILE, Vault};
use yizhan_core::waist::sqlite::{KEY_FOLDER, SqliteWorking};
use yizhan_core::waist::{Address, Lines, Working};
use yizhan_kit::id::SystemEntropy;

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

/// The folder of keys, and of everything else that is no row.
pub fn folder(address: &Address, config: &Config) -> PathBuf {
    match address {
        Address::Folder(folder) => folder.clone(),
        Address::Postgres { .. } => config.key_folder.clone(),
    }
}

/// The file of the master key.
pub fn master_key(address: &Address, config: &Config) -> PathBuf {
    config.master_key.clone().unwrap_or_else(|| folder(address, config).join(MASTER_KEY_FILE))
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
