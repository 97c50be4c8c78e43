//! The key store for whoever wraps keys anew, beside the writer: a row is changed only while it is what was read, so that
//! neither a destroyed key comes back nor a number that was given out again gets another's key.

use super::sqlite::key_file;
use super::statements::{self, Dialect};
use super::{Address, Memory, postgres};
use rusqlite::Connection;
use std::sync::Arc;

/// A key's number, how it is wrapped now, and how it is to be.
pub type Rewrapped = (u64, Arc<[u8]>, Arc<[u8]>);

/// A way into the key store.
pub enum KeyStore {
    /// For tests and simulation.
    Memory(Memory),
    /// One file.
    Sqlite(Connection),
    /// A server.
    Postgres(Box<postgres::PostgresKeys>),
}

impl KeyStore {
    /// Opens the key store of a zone.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn open(address: &Address) -> Result<Self, String> {
        match address {
            Address::Folder(folder) => {
                let path = key_file(folder);
                super::sqlite::connect(&path, true)
                    .map(Self::Sqlite)
                    .map_err(|error| format!("{}: {error}", path.display()))
            }
            Address::Postgres { url, zone } => {
                postgres::PostgresKeys::open(url, zone).map(|keys| Self::Postgres(Box::new(keys)))
            }
        }
    }

    /// Changes how keys are wrapped, all or none, and answers how many were still what was read.
    ///
    /// # Errors
    /// When the engine fails; nothing was changed.
    pub fn rewrap(&mut self, keys: &[Rewrapped]) -> Result<usize, String> {
        match self {
            Self::Memory(memory) => Ok(memory.rewrap(keys)),
            Self::Sqlite(connection) => in_file(connection, keys).map_err(|error| {
                let _ = connection.execute_batch("rollback");
                error.to_string()
            }),
            Self::Postgres(store) => store.rewrap(keys),
        }
    }

    /// Leaves nothing of how keys were wrapped before in the write-ahead log.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn finish(&mut self) -> Result<(), String> {
        match self {
            Self::Sqlite(connection) => connection
                .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
                .map_err(|error| error.to_string()),
            Self::Memory(_) | Self::Postgres(_) => Ok(()),
        }
    }
}

fn in_file(connection: &Connection, keys: &[Rewrapped]) -> rusqlite::Result<usize> {
    connection.execute_batch("begin immediate")?;
    let mut changed = 0;
    {
        let mut sql = connection.prepare_cached(&statements::rewrap(Dialect::Sqlite))?;
        for (n, before, after) in keys {
            changed += sql.execute((i64::try_from(*n).unwrap_or(i64::MAX), &before[..], &after[..]))?;
        }
    }
    connection.execute_batch("commit")?;
    Ok(changed)
}
