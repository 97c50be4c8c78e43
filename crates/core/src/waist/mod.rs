//! The waist: the dozen functions through which the program keeps its evidence, dispatched once to an engine. Nothing
//! above it knows which engine it is.
//!
//! An append is all or nothing and fenced: it succeeds only for the epoch that owns the zone and only on top of the act
//! it was decided on. New keys are durable before the evidence sealed under them; keys are destroyed only after the
//! evidence of their forgetting is durable.

mod columns;
pub mod lease;
pub mod lines;
mod link;
pub mod load;
pub mod memory;
pub mod postgres;
pub mod rewrap;
pub mod sqlite;
pub mod statements;
mod tls;

use crate::row::{BadCell, BodyRow, FactRow, KeyRow, Record, Rows, StepRow};
use std::path::{Path, PathBuf};
use yizhan_kit::{Hash32, Moment};

pub use lease::PostgresRegistry;
pub use lines::Lines;
pub use memory::Memory;
pub use postgres::Postgres;
pub use rewrap::KeyStore;
pub use sqlite::Sqlite;

/// Where a zone is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// A folder with the zone's SQLite file and, in a folder of its own, its keys.
    Folder(PathBuf),
    /// A PostgreSQL address and the zone's name in it. Secrets that are no rows live in the folder.
    Postgres {
        /// `postgres://…` or `host=… user=…`
        url: String,
        /// The zone.
        zone: String,
    },
}

impl Address {
    /// Reads what `--data` says: a PostgreSQL address, whose zone is the fragment (`#zone`, else `zone`), or a folder.
    pub fn parse(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let (url, zone) = text.split_once('#').unwrap_or((text, "zone"));
            return Self::Postgres { url: url.to_owned(), zone: zone.to_owned() };
        }
        Self::Folder(text.into())
    }
}

/// The head of a zone's chain as the engine keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Who owns the zone.
    pub epoch: u64,
    /// The last act.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash32,
}

/// Why an append did not succeed, or may not have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AppendError {
    /// The engine refused a row. Nothing was written.
    Refused(String),
    /// Another owner or another act came first. Nothing was written.
    Fenced,
    /// There is no room. Nothing was written.
    Full(String),
    /// The engine cannot be reached. Nothing was written.
    Unreachable(String),
    /// The commit was sent and its outcome is not known.
    Unknown(String),
}

/// A stored row that cannot be read back as what it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// A damaged row.
    Damaged {
        /// Its table.
        table: &'static str,
        /// Its number, as far as it could be read.
        n: i64,
        /// The column.
        column: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// The engine failed.
    Engine(String),
}

impl ReadError {
    fn damaged<R: Record>(n: i64, bad: &BadCell) -> Self {
        let column = R::TABLE.columns.get(bad.column).map_or("?", |column| column.name);
        Self::Damaged { table: R::TABLE.name, n, column, what: bad.what }
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Damaged { table, n, column, what } => write!(f, "{table} {n}: {column} {what}"),
            Self::Engine(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for ReadError {}

/// An engine that owns a zone.
pub enum Engine {
    /// For tests and simulation.
    Memory(Memory),
    /// One file.
    Sqlite(Sqlite),
    /// A server.
    Postgres(Postgres),
}

/// A way to read a zone beside its owner.
pub enum Reader {
    /// For tests and simulation.
    Memory(memory::MemoryReader),
    /// One file.
    Sqlite(Box<sqlite::SqliteReader>),
    /// A server.
    Postgres(postgres::PostgresReader),
}

impl Engine {
    /// Opens a zone to write it, making an empty one where there is none.
    ///
    /// # Errors
    /// When it cannot be opened, or another process owns it.
    pub fn open(address: &Address) -> Result<Self, String> {
        match address {
            Address::Folder(folder) => Sqlite::open(folder).map(Self::Sqlite),
            Address::Postgres { url, zone } => Lines::new(url).engine(zone),
        }
    }

    /// Its name in logs and benches.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Writes a group of acts, all or nothing, on top of an expected act.
    ///
    /// # Errors
    /// See [`AppendError`]; only `Unknown` leaves a doubt.
    pub fn append(&mut self, epoch: u64, expected_seq: u64, head: Hash32, rows: &Rows) -> Result<(), AppendError> {
        match self {
            Self::Memory(engine) => engine.append(epoch, expected_seq, head, rows),
            Self::Sqlite(engine) => engine.append(epoch, expected_seq, head, rows),
            Self::Postgres(engine) => engine.append(epoch, expected_seq, head, rows),
        }
    }

    /// Begins the chain of a new zone; a zone that has begun keeps its own.
    ///
    /// # Errors
    /// When the engine cannot write.
    pub fn found(&mut self, genesis: Hash32) -> Result<(), String> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Sqlite(engine) => engine.found(genesis, 1),
            Self::Postgres(engine) => engine.found(genesis, 1),
        }
    }

    /// Begins the chain of a zone that is being restored. Its epoch is 0 until [`Engine::begin`], and nobody serves, reads
    /// or writes it before; a zone that has begun keeps its own.
    ///
    /// # Errors
    /// When the engine cannot write.
    pub fn found_unfinished(&mut self, genesis: Hash32) -> Result<(), String> {
        match self {
            Self::Memory(engine) => {
                engine.found_unfinished();
                Ok(())
            }
            Self::Sqlite(engine) => engine.found(genesis, 0),
            Self::Postgres(engine) => engine.found(genesis, 0),
        }
    }

    /// Opens a zone whose restore is over, in this epoch.
    ///
    /// # Errors
    /// When the engine cannot write.
    pub fn begin(&mut self, epoch: u64) -> Result<(), String> {
        match self {
            Self::Memory(engine) => {
                engine.begin(epoch);
                Ok(())
            }
            Self::Sqlite(engine) => engine.begin(epoch),
            Self::Postgres(engine) => engine.begin(epoch),
        }
    }

    /// Where the chain stands, as the engine knows it.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub fn head(&mut self) -> Result<Head, String> {
        match self {
            Self::Memory(engine) => engine.head(),
            Self::Sqlite(engine) => engine.head(),
            Self::Postgres(engine) => engine.head(),
        }
    }

    /// As [`Engine::head`], once nothing that is under way can still move it: a commit whose outcome is unknown has
    /// arrived by then, or never will.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub fn settled_head(&mut self) -> Result<Head, String> {
        match self {
            Self::Memory(engine) => engine.settled_head(),
            Self::Sqlite(engine) => engine.head(),
            Self::Postgres(engine) => engine.settled_head(),
        }
    }

    /// Destroys keys for good: deleted, overwritten, gone from the write-ahead log.
    ///
    /// # Errors
    /// When the engine cannot; it is tried again at the next start.
    pub fn forget(&mut self, keys: &[u64]) -> Result<(), String> {
        match self {
            Self::Memory(engine) => {
                engine.forget(keys);
                Ok(())
            }
            Self::Sqlite(engine) => engine.forget(keys),
            Self::Postgres(engine) => engine.forget(keys),
        }
    }

    /// Takes the zone over from whoever owned it, and answers with the new epoch.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub fn take_over(&mut self) -> Result<u64, String> {
        match self {
            Self::Memory(engine) => Ok(engine.take_over()),
            Self::Sqlite(engine) => engine.take_over(),
            Self::Postgres(engine) => engine.take_over(),
        }
    }

    /// Holds no connection until it is asked again: whoever follows a zone does not write it.
    pub fn rest(&mut self) {
        if let Self::Postgres(engine) = self {
            engine.rest();
        }
    }

    /// Another way into the same zone, to read.
    ///
    /// # Errors
    /// When the engine cannot be reached.
    pub fn reader(&self) -> Result<Reader, String> {
        match self {
            Self::Memory(engine) => Ok(Reader::Memory(engine.reader())),
            Self::Sqlite(engine) => engine.reader().map(Box::new).map(Reader::Sqlite),
            Self::Postgres(engine) => Ok(Reader::Postgres(engine.reader())),
        }
    }
}

impl Reader {
    /// Opens a zone to read only.
    ///
    /// # Errors
    /// When there is none, it cannot be reached, or its restore was never finished.
    pub fn open(address: &Address) -> Result<Self, String> {
        match address {
            Address::Folder(folder) => sqlite::SqliteReader::open(folder).map(Box::new).map(Self::Sqlite)?.finished(),
            Address::Postgres { url, zone } => Lines::new(url).reader(zone),
        }
    }

    /// Refuses a zone whose restore was never finished.
    fn finished(mut self) -> Result<Self, String> {
        match self.head() {
            Ok(head) if head.epoch == 0 => Err(unfinished(head.seq)),
            _ => Ok(self),
        }
    }

    /// Opens a copy whose keys are kept apart.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open_apart(folder: &Path, keys: &Path) -> Result<Self, String> {
        sqlite::SqliteReader::open_apart(folder, &keys.join(sqlite::KEY_FILE)).map(Box::new).map(Self::Sqlite)
    }

    /// A second reader of the same zone, for another thread.
    ///
    /// # Errors
    /// When the engine cannot be reached.
    pub fn another(&self) -> Result<Self, String> {
        match self {
            Self::Memory(reader) => Ok(Self::Memory(reader.clone())),
            Self::Sqlite(reader) => reader.another().map(Box::new).map(Self::Sqlite),
            Self::Postgres(reader) => Ok(Self::Postgres(reader.another())),
        }
    }

    /// Rows of a table after a number, in order, at most so many.
    ///
    /// # Errors
    /// A damaged row is named; the engine's own failures are passed on.
    pub fn page<R: memory::Stored>(&mut self, after: i64, limit: usize) -> Result<Vec<R>, ReadError> {
        match self {
            Self::Memory(reader) => Ok(reader.page(after, limit)),
            Self::Sqlite(reader) => reader.page(after, limit),
            Self::Postgres(reader) => reader.page(after, limit),
        }
    }

    /// Facts with a sealed value after a row number, in order, at most so many.
    ///
    /// # Errors
    /// As for [`Reader::page`].
    pub fn sealed_facts(&mut self, after: i64, limit: usize) -> Result<Vec<FactRow>, ReadError> {
        match self {
            Self::Memory(reader) => Ok(reader.sealed_facts(after, limit)),
            Self::Sqlite(reader) => reader.sealed_facts(after, limit),
            Self::Postgres(reader) => reader.sealed_facts(after, limit),
        }
    }

    /// A row by its number.
    ///
    /// # Errors
    /// As for [`Reader::page`].
    pub fn one<R: memory::Stored>(&mut self, n: u64) -> Result<Option<R>, ReadError> {
        match self {
            Self::Memory(reader) => Ok(reader.one(n)),
            Self::Sqlite(reader) => reader.one(n),
            Self::Postgres(reader) => reader.one(n),
        }
    }

    /// Rows by their numbers, those that are there, in no order.
    ///
    /// # Errors
    /// As for [`Reader::page`].
    pub fn these<R: memory::Stored>(&mut self, numbers: &[u64]) -> Result<Vec<R>, ReadError> {
        match self {
            Self::Memory(reader) => Ok(numbers.iter().filter_map(|n| reader.one(*n)).collect()),
            Self::Sqlite(reader) => numbers.iter().filter_map(|n| reader.one(*n).transpose()).collect(),
            Self::Postgres(reader) => reader.these(numbers),
        }
    }

    /// The steps of a case from its last one back to its opening.
    ///
    /// # Errors
    /// As for [`Reader::page`].
    pub fn steps_back(&mut self, last: u64) -> Result<Vec<StepRow>, ReadError> {
        match self {
            Self::Memory(reader) => Ok(reader.backwards(last, |row: &StepRow| row.before)),
            Self::Sqlite(reader) => reader.backwards(last),
            Self::Postgres(reader) => reader.backwards(last),
        }
    }

    /// The facts about a subject from its last one back to its first.
    ///
    /// # Errors
    /// As for [`Reader::page`].
    pub fn facts_back(&mut self, last: u64) -> Result<Vec<FactRow>, ReadError> {
        match self {
            Self::Memory(reader) => Ok(reader.backwards(last, |row: &FactRow| row.before)),
            Self::Sqlite(reader) => reader.backwards(last),
            Self::Postgres(reader) => reader.backwards(last),
        }
    }

    /// A sealed body.
    ///
    /// # Errors
    /// As for [`Reader::page`].
    pub fn body(&mut self, n: u64) -> Result<Option<BodyRow>, ReadError> {
        self.one(n)
    }

    /// A key, unless it was destroyed.
    ///
    /// # Errors
    /// As for [`Reader::page`].
    pub fn key(&mut self, n: u64) -> Result<Option<KeyRow>, ReadError> {
        self.one(n)
    }

    /// Where the chain stands.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub fn head(&mut self) -> Result<Head, String> {
        match self {
            Self::Memory(reader) => Ok(reader.head()),
            Self::Sqlite(reader) => reader.head(),
            Self::Postgres(reader) => reader.head(),
        }
    }
}

/// What is said of a zone whose restore was interrupted.
pub(crate) fn unfinished(seq: u64) -> String {
    format!("a restore into this zone was interrupted after act {seq}: run it again, it goes on where it stopped")
}

/// Prepares every statement on a zone's engine, so that a misspelt one is found before it is needed.
///
/// # Errors
/// The statement and what the engine says of it.
pub fn prepare_all(address: &Address) -> Result<(), String> {
    match address {
        Address::Folder(folder) => sqlite::prepare_all(folder),
        Address::Postgres { url, .. } => postgres::prepare_all(url),
    }
}

/// Working state, which may be deleted at any time: sessions, codes, drafts, deliveries.
pub trait Working {
    /// Keeps a value under a name until a moment.
    ///
    /// # Errors
    /// When the engine fails.
    fn put(&mut self, kind: &str, name: &str, value: &[u8], until: Moment) -> Result<(), String>;
    /// The value kept under a name, unless its time is over.
    ///
    /// # Errors
    /// When the engine fails.
    fn get(&mut self, kind: &str, name: &str, now: Moment) -> Result<Option<Vec<u8>>, String>;
    /// Deletes a value.
    ///
    /// # Errors
    /// When the engine fails.
    fn delete(&mut self, kind: &str, name: &str) -> Result<(), String>;
    /// Everything of a kind whose time is not over.
    ///
    /// # Errors
    /// When the engine fails.
    fn list(&mut self, kind: &str, now: Moment) -> Result<Vec<(String, Vec<u8>)>, String>;
    /// Deletes what is over.
    ///
    /// # Errors
    /// When the engine fails.
    fn sweep(&mut self, now: Moment) -> Result<(), String>;
}
