//! `yizhan key rotate`: a new master key, a new key that wraps people's keys, and every person's key wrapped anew, page by
//! page. What a change that was cut short left over is done by the next one, or behind the answers by the next server.

use crate::app::{App, blocking};
use crate::command::Common;
use crate::config::Config;
use crate::store;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use yizhan_core::keyring::{self, Rotated};
use yizhan_core::row::KeyRow;
use yizhan_core::vault::Vault;
use yizhan_core::waist::sqlite::KEY_FOLDER;
use yizhan_core::waist::{Address, Engine, KeyStore, PostgresRegistry, Reader};
use yizhan_kit::id::SystemEntropy;

/// How many keys are wrapped anew in one commit.
const PAGE: usize = 512;

/// How long the server rests between pages, so that nobody waits for it.
const REST: Duration = Duration::from_millis(50);

/// Changes the keys of a zone that no server serves.
///
/// # Errors
/// When a server has the zone, or a file or the store cannot be read or written. Run again, it goes on.
pub fn run(common: &Common, later: Later) -> Result<(), String> {
    let (address, config) = (common.address(), common.config()?);
    let mut engine = Engine::open(&address)?;
    must_be_its_own(&address, &config)?;
    // A server that still runs elsewhere writes nothing more: it does not know the new keys.
    engine.take_over()?;
    let (master, keys) = (store::master_key(&address, &config), key_folder(&address, &config));
    match keyring::rotate(config.cipher()?, &master, &keys, &SystemEntropy, &mut |_| Ok(()))? {
        Rotated::New(kept) => {
            eprintln!("a new master key is in {}", master.display());
            eprintln!(
                "the one before is kept in {}: backups made until now need it, destroy it with the last of them",
                kept.display()
            );
        }
        Rotated::UnderWay => eprintln!("going on with a change that was cut short"),
    }
    if later == Later::Yes {
        eprintln!("people's keys are wrapped anew behind the answers of the next server");
        return Ok(());
    }
    let vault = store::vault(&address, &config)?;
    let mut work = Work::open(&address)?;
    let mut wrapped = 0;
    while let Some(page) = work.page(&vault)? {
        wrapped += page;
    }
    work.finish(&address, &config)?;
    eprintln!("{wrapped} keys wrapped anew");
    Ok(())
}

/// Whether people's keys wait for the next server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Later {
    /// They do.
    Yes,
    /// They are wrapped anew at once.
    No,
}

/// Wraps anew behind the answers what a change of keys left over.
pub async fn behind(app: Arc<App>, address: Address) {
    if !app.vault.is_rotating() {
        return;
    }
    let done = async {
        let mut work = blocking(|| Work::open(&address))?;
        let mut wrapped = 0;
        while let Some(page) = blocking(|| work.page(&app.vault))? {
            wrapped += page;
            tokio::time::sleep(REST).await;
        }
        blocking(|| work.finish(&address, &app.config))?;
        Ok::<usize, String>(wrapped)
    };
    match done.await {
        Ok(wrapped) => tracing::info!(wrapped, "keys were wrapped anew"),
        Err(error) => tracing::warn!(error, "keys wait to be wrapped anew until the next start"),
    }
}

/// A walk through the key store, as often as it takes until nothing lies under an older key.
pub struct Work {
    reader: Reader,
    store: KeyStore,
    after: i64,
    changed: bool,
}

impl Work {
    /// Begins a walk.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub fn open(address: &Address) -> Result<Self, String> {
        Ok(Self::on(Reader::open(address)?, KeyStore::open(address)?))
    }

    /// As [`Work::open`], on a store that is open.
    pub fn on(reader: Reader, store: KeyStore) -> Self {
        Self { reader, store, after: -1, changed: false }
    }

    /// Wraps a page of keys anew: how many, or nothing more when a whole walk found none to do.
    ///
    /// # Errors
    /// When a key cannot be opened, or the store fails.
    pub fn page(&mut self, vault: &Vault) -> Result<Option<usize>, String> {
        let rows = self.reader.page::<KeyRow>(self.after, PAGE).map_err(|error| error.to_string())?;
        let Some(last) = rows.last() else {
            // What was written or changed meanwhile is met by another walk.
            let again = self.changed;
            (self.after, self.changed) = (-1, false);
            return Ok(again.then_some(0));
        };
        self.after = i64::try_from(last.n).unwrap_or(i64::MAX);
        let mut anew = Vec::new();
        for row in rows {
            let wrapped = vault.rewrap(&row).map_err(|_| format!("key {}: it cannot be opened", row.n))?;
            anew.extend(wrapped.map(|wrapped| (row.n, row.wrapped, wrapped)));
        }
        self.changed |= !anew.is_empty();
        if anew.is_empty() { Ok(Some(0)) } else { self.store.rewrap(&anew).map(Some) }
    }

    /// Drops the older keys, under which nothing lies any more.
    ///
    /// # Errors
    /// When a file cannot be written, or the store fails.
    pub fn finish(&mut self, address: &Address, config: &Config) -> Result<(), String> {
        self.store.finish()?;
        let master = store::master_key(address, config);
        keyring::retire(config.cipher()?, &master, &key_folder(address, config), &SystemEntropy)
    }
}

fn key_folder(address: &Address, config: &Config) -> PathBuf {
    store::folder(address, config).join(KEY_FOLDER)
}

/// Another zone of the server may lie under the same keys, founded by an older release: they are not taken away under it. One whose keys
/// are on another machine looks the same from here.
fn must_be_its_own(address: &Address, config: &Config) -> Result<(), String> {
    let Address::Postgres { url, zone } = address else { return Ok(()) };
    let own = store::folder(address, config);
    for other in PostgresRegistry::open(url)?.zones()? {
        let at = Address::Postgres { url: url.clone(), zone: other.to_string() };
        if *other != **zone && store::folder(&at, config) == own {
            let to = store::own_folder(zone, config);
            return Err(format!(
                "{zone} and {other} may share the keys in {}: stop their servers, copy what is in it to {} and try again",
                own.display(),
                to.display()
            ));
        }
    }
    Ok(())
}
