//! SQLite: one zone in one file, its keys in a file of their own in a folder of their own.
//!
//! `WAL`, `synchronous=FULL`, pages of 16 KiB, one commit a group, no secondary index. One process owns the folder, by a
//! file lock.

use super::memory::Stored;
use super::statements::{self, Dialect};
use super::{AppendError, Head, ReadError, Working};
use crate::row::{BadCell, CellReader, CellWriter, FactRow, KeyRow, Record, Rows, Type};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, Statement};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;
use yizhan_kit::{Hash32, Moment};

/// The name under which a folder's only zone is kept.
const ZONE: &str = "zone";

/// The file of evidence in a zone's folder.
pub const EVIDENCE_FILE: &str = "zone.sqlite";
/// The folder of the key store in a zone's folder, to be backed up apart.
pub const KEY_FOLDER: &str = "keys";
/// The file of the key store, in its folder.
pub const KEY_FILE: &str = "keys.sqlite";
/// The file of working state.
pub const WORKING_FILE: &str = "working.sqlite";

/// Where a zone's folder has its key store.
pub fn key_file(folder: &Path) -> PathBuf {
    folder.join(KEY_FOLDER).join(KEY_FILE)
}

/// A zone in a folder, owned by this process.
pub struct Sqlite {
    folder: PathBuf,
    evidence: Connection,
    keys: Connection,
    _lock: File,
}

/// Reads a zone in a folder.
pub struct SqliteReader {
    folder: PathBuf,
    key_file: PathBuf,
    evidence: Connection,
    keys: Connection,
}

/// Working state in a file.
pub struct SqliteWorking {
    connection: Connection,
}

impl Sqlite {
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        let say = |what: &dyn std::fmt::Display| format!("{}: {what}", folder.display());
        std::fs::create_dir_all(folder.join(KEY_FOLDER)).map_err(|error| say(&error))?;
        let lock = File::create(folder.join("zone.lock")).map_err(|error| say(&error))?;
        lock.try_lock().map_err(|_| say(&"another process owns this zone"))?;
        let evidence = connect(&folder.join(EVIDENCE_FILE), false).map_err(|error| say(&error))?;
        let keys = connect(&key_file(folder), true).map_err(|error| say(&error))?;
        for sql in statements::create(Dialect::Sqlite) {
            evidence.execute_batch(&sql).map_err(|error| say(&error))?;
        }
        if !has_rules(&evidence).map_err(|error| say(&error))? {
            evidence.execute_batch(statements::ADD_RULE).map_err(|error| say(&error))?;
        }
        keys.execute_batch(&statements::create_keys(Dialect::Sqlite)).map_err(|error| say(&error))?;
        evidence.set_prepared_statement_cache_capacity(64);
        keys.set_prepared_statement_cache_capacity(16);
        Ok(Self { folder: folder.to_owned(), evidence, keys, _lock: lock })
    }

    pub(super) fn found(&mut self, genesis: Hash32, epoch: u64) -> Result<(), String> {
        let sql = statements::found(Dialect::Sqlite);
        let epoch = i64::try_from(epoch).unwrap_or(i64::MAX);
        self.evidence.execute(sql, (ZONE, &genesis.0[..], epoch)).map(drop).map_err(|error| error.to_string())
    }

    pub(super) fn begin(&mut self, epoch: u64) -> Result<(), String> {
        let epoch = i64::try_from(epoch).unwrap_or(i64::MAX);
        let moved = self.evidence.execute(statements::begin(Dialect::Sqlite), (ZONE, epoch));
        moved.map(drop).map_err(|error| error.to_string())
    }

    pub(super) fn append(&mut self, epoch: u64, expected: u64, hash: Hash32, rows: &Rows) -> Result<(), AppendError> {
        // Keys first, and durable: what is sealed under a lost key would be lost with it. Keys without evidence are harmless.
        if !rows.keys.is_empty() {
            write_keys(&self.keys, rows).map_err(|error| refusal(&error))?;
        }
        let seq = rows.journal.last().map_or(expected, |row| row.seq);
        if let Err(error) = write(&self.evidence, epoch, expected, (seq, hash), rows) {
            let _ = self.evidence.execute_batch("rollback");
            return Err(error);
        }
        match self.evidence.execute_batch("commit") {
            Ok(()) => Ok(()),
            Err(error) if !self.evidence.is_autocommit() => {
                // SQLite kept the transaction open, so the commit did not happen.
                let _ = self.evidence.execute_batch("rollback");
                Err(refusal(&error))
            }
            Err(error) => Err(AppendError::Unknown(error.to_string())),
        }
    }

    pub(super) fn head(&mut self) -> Result<Head, String> {
        read_head(&self.evidence)
    }

    pub(super) fn forget(&mut self, keys: &[u64]) -> Result<(), String> {
        destroy(&self.keys, keys).map_err(|error| error.to_string())
    }

    pub(super) fn take_over(&mut self) -> Result<u64, String> {
        let sql = statements::take_over(Dialect::Sqlite);
        self.evidence.execute(sql, [ZONE]).map_err(|error| error.to_string())?;
        self.head().map(|head| head.epoch)
    }

    pub(super) fn reader(&self) -> Result<SqliteReader, String> {
        SqliteReader::open(&self.folder)
    }
}

impl SqliteReader {
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        Self::open_apart(folder, &key_file(folder))
    }

    pub(super) fn open_apart(folder: &Path, key_file: &Path) -> Result<Self, String> {
        let open = |path: &Path| {
            let connection =
                Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
            connection.busy_timeout(Duration::from_secs(5)).map_err(|error| error.to_string())?;
            connection.set_prepared_statement_cache_capacity(32);
            // Readers come in several, each with two files: the operating system's cache serves them all.
            connection.execute_batch("pragma cache_size = -512").map_err(|error| error.to_string())?;
            Ok::<_, String>(connection)
        };
        let (evidence, keys) = (open(&folder.join(EVIDENCE_FILE))?, open(key_file)?);
        if !has_rules(&evidence).map_err(|error| error.to_string())? {
            evidence.execute_batch(statements::READ_WITHOUT_RULE).map_err(|error| error.to_string())?;
        }
        Ok(Self { folder: folder.to_owned(), key_file: key_file.to_owned(), evidence, keys })
    }

    pub(super) fn another(&self) -> Result<Self, String> {
        Self::open_apart(&self.folder, &self.key_file)
    }

    pub(super) fn page<R: Stored>(&mut self, after: i64, limit: usize) -> Result<Vec<R>, ReadError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        select(self.place::<R>(), &statements::page(Dialect::Sqlite, &R::TABLE), (after, limit))
    }

    pub(super) fn sealed_facts(&mut self, after: i64, limit: usize) -> Result<Vec<FactRow>, ReadError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        select(&self.evidence, &statements::sealed(Dialect::Sqlite), (after, limit))
    }

    pub(super) fn one<R: Stored>(&mut self, n: u64) -> Result<Option<R>, ReadError> {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let rows = select(self.place::<R>(), &statements::one(Dialect::Sqlite, &R::TABLE), [n])?;
        Ok(rows.into_iter().next())
    }

    pub(super) fn backwards<R: Stored>(&mut self, last: u64) -> Result<Vec<R>, ReadError> {
        let last = i64::try_from(last).unwrap_or(i64::MAX);
        select(self.place::<R>(), &statements::backwards(Dialect::Sqlite, &R::TABLE), [last])
    }

    pub(super) fn head(&self) -> Result<Head, String> {
        read_head(&self.evidence)
    }

    fn place<R: Record>(&self) -> &Connection {
        if R::TABLE.name == KeyRow::TABLE.name { &self.keys } else { &self.evidence }
    }
}

/// Whether transfers can cite a rule: earlier releases, which wrote none, had no column for it.
fn has_rules(evidence: &Connection) -> rusqlite::Result<bool> {
    let sql = "select count(*) from pragma_table_info('transfer') where name in ('n', 'rule')";
    evidence.query_row(sql, [], |row| row.get::<_, i64>(0)).map(|columns| columns != 1)
}

impl SqliteWorking {
    /// Opens the working state of a folder.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let path = folder.join(WORKING_FILE);
        let connection = Connection::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        connection
            .execute_batch("pragma journal_mode = wal; pragma synchronous = normal; pragma secure_delete = on; pragma busy_timeout = 5000")
            .and_then(|()| connection.execute_batch(statements::create_working(Dialect::Sqlite)))
            .map_err(|error| error.to_string())?;
        Ok(Self { connection })
    }
}

pub(super) fn prepare_all(folder: &Path) -> Result<(), String> {
    let evidence = connect(&folder.join(EVIDENCE_FILE), false).map_err(|error| error.to_string())?;
    let keys = connect(&key_file(folder), true).map_err(|error| error.to_string())?;
    let working = SqliteWorking::open(folder)?.connection;
    for sql in statements::all(Dialect::Sqlite) {
        let place = match &sql {
            sql if ["from key", "into key", "update key"].iter().any(|of| sql.contains(of)) => &keys,
            sql if sql.contains(" working ") => &working,
            _ => &evidence,
        };
        place.prepare(&sql).map(drop).map_err(|error| format!("{sql}: {error}"))?;
    }
    Ok(())
}

impl Working for SqliteWorking {
    fn put(&mut self, kind: &str, name: &str, value: &[u8], until: Moment) -> Result<(), String> {
        let [put, ..] = statements::working(Dialect::Sqlite);
        let result = self.connection.prepare_cached(put).and_then(|mut sql| sql.execute((kind, name, value, until.0)));
        result.map(drop).map_err(|error| error.to_string())
    }

    fn get(&mut self, kind: &str, name: &str, now: Moment) -> Result<Option<Vec<u8>>, String> {
        let [_, get, ..] = statements::working(Dialect::Sqlite);
        let mut sql = self.connection.prepare_cached(get).map_err(|error| error.to_string())?;
        match sql.query_row((kind, name, now.0), |row| row.get(0)) {
            Ok(value) => Ok(Some(value)),
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn delete(&mut self, kind: &str, name: &str) -> Result<(), String> {
        let [_, _, delete, ..] = statements::working(Dialect::Sqlite);
        self.connection.execute(delete, (kind, name)).map(drop).map_err(|error| error.to_string())
    }

    fn list(&mut self, kind: &str, now: Moment) -> Result<Vec<(String, Vec<u8>)>, String> {
        let [.., list] = statements::working(Dialect::Sqlite);
        let mut sql = self.connection.prepare_cached(list).map_err(|error| error.to_string())?;
        let rows = sql.query_map((kind, now.0), |row| Ok((row.get(0)?, row.get(1)?)));
        rows.and_then(Iterator::collect).map_err(|error| error.to_string())
    }

    fn sweep(&mut self, now: Moment) -> Result<(), String> {
        let [_, _, _, sweep, _] = statements::working(Dialect::Sqlite);
        self.connection.execute(sweep, [now.0]).map(drop).map_err(|error| error.to_string())
    }
}

/// Opens a file to write. Its cache is small, for the operating system's is behind it: what a bigger one would hold is held twice, and a
/// server that runs for days would go on growing until it is full.
pub(super) fn connect(path: &Path, secret: bool) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "pragma page_size = 16384; pragma journal_mode = wal; pragma synchronous = full; \
         pragma wal_autocheckpoint = 1000; pragma busy_timeout = 5000; pragma cache_size = -16384",
    )?;
    if secret {
        connection.execute_batch("pragma secure_delete = on")?;
    }
    Ok(connection)
}

fn write_keys(keys: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    keys.execute_batch("begin immediate")?;
    let result = first_key_is_free(keys, rows).and_then(|()| insert(keys, &rows.keys));
    if result.is_err() {
        let _ = keys.execute_batch("rollback");
        return result;
    }
    keys.execute_batch("commit")
}

/// A crash between the two commits leaves keys whose numbers will be given out again. Nothing was sealed under them that
/// was ever acknowledged.
fn first_key_is_free(keys: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    let Some(first) = rows.keys.first() else { return Ok(()) };
    let first = i64::try_from(first.n).unwrap_or(i64::MAX);
    keys.prepare_cached("delete from key where n >= ?1")?.execute([first]).map(drop)
}

fn write(
    evidence: &Connection,
    epoch: u64,
    expected: u64,
    head: (u64, Hash32),
    rows: &Rows,
) -> Result<(), AppendError> {
    evidence.execute_batch("begin immediate").map_err(|error| refusal(&error))?;
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let moved = evidence
        .prepare_cached(statements::advance(Dialect::Sqlite))
        .and_then(|mut sql| sql.execute((ZONE, number(epoch), number(expected), number(head.0), &head.1.0[..])))
        .map_err(|error| refusal(&error))?;
    if moved != 1 {
        return Err(AppendError::Fenced);
    }
    insert(evidence, &rows.subjects)
        .and_then(|()| insert(evidence, &rows.facts))
        .and_then(|()| insert(evidence, &rows.steps))
        .and_then(|()| insert(evidence, &rows.transfers))
        .and_then(|()| insert(evidence, &rows.bodies))
        .and_then(|()| insert(evidence, &rows.outbox))
        .and_then(|()| insert(evidence, &rows.journal))
        .map_err(|error| refusal(&error))
}

fn insert<R: Record>(connection: &Connection, rows: &[R]) -> rusqlite::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql = connection.prepare_cached(&statements::insert(Dialect::Sqlite, &R::TABLE))?;
    for row in rows {
        let mut cells = Binder { sql: &mut sql, position: 0, failed: None };
        row.write(&mut cells);
        if let Some(error) = cells.failed {
            return Err(error);
        }
        sql.raw_execute()?;
    }
    Ok(())
}

struct Binder<'a, 'c> {
    sql: &'a mut Statement<'c>,
    position: usize,
    failed: Option<rusqlite::Error>,
}

impl Binder<'_, '_> {
    fn bind(&mut self, value: impl rusqlite::ToSql) {
        self.position += 1;
        if let Err(error) = self.sql.raw_bind_parameter(self.position, value) {
            self.failed.get_or_insert(error);
        }
    }
}

impl CellWriter for Binder<'_, '_> {
    fn int(&mut self, value: i64) {
        self.bind(value);
    }
    fn text(&mut self, value: &str) {
        self.bind(value);
    }
    fn blob(&mut self, value: &[u8]) {
        self.bind(value);
    }
    fn none(&mut self, _: Type) {
        self.bind(rusqlite::types::Null);
    }
}

struct Cells<'a, 'r> {
    row: &'a Row<'r>,
    next: usize,
}

impl Cells<'_, '_> {
    fn value(&mut self) -> Result<ValueRef<'_>, BadCell> {
        self.next += 1;
        self.row.get_ref(self.next - 1).map_err(|_| BadCell { column: self.next - 1, what: "is missing" })
    }
}

impl CellReader for Cells<'_, '_> {
    fn opt_int(&mut self) -> Result<Option<i64>, BadCell> {
        let column = self.next;
        match self.value()? {
            ValueRef::Integer(value) => Ok(Some(value)),
            ValueRef::Null => Ok(None),
            _ => Err(BadCell { column, what: "is no integer" }),
        }
    }
    fn opt_text(&mut self) -> Result<Option<&str>, BadCell> {
        let column = self.next;
        match self.value()? {
            ValueRef::Text(bytes) => {
                std::str::from_utf8(bytes).map(Some).map_err(|_| BadCell { column, what: "is no UTF-8 text" })
            }
            ValueRef::Null => Ok(None),
            _ => Err(BadCell { column, what: "is no text" }),
        }
    }
    fn opt_blob(&mut self) -> Result<Option<&[u8]>, BadCell> {
        let column = self.next;
        match self.value()? {
            ValueRef::Blob(bytes) => Ok(Some(bytes)),
            ValueRef::Null => Ok(None),
            _ => Err(BadCell { column, what: "is no bytes" }),
        }
    }
    fn position(&self) -> usize {
        self.next.saturating_sub(1)
    }
}

fn select<R: Record>(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Vec<R>, ReadError> {
    let fail = |error: rusqlite::Error| ReadError::Engine(error.to_string());
    let mut sql = connection.prepare_cached(sql).map_err(fail)?;
    let mut rows = sql.query(values).map_err(fail)?;
    let mut result = Vec::new();
    while let Some(row) = rows.next().map_err(fail)? {
        let n = row.get(0).unwrap_or(-1);
        result.push(R::read(&mut Cells { row, next: 0 }).map_err(|bad| ReadError::damaged::<R>(n, &bad))?);
    }
    Ok(result)
}

fn read_head(connection: &Connection) -> Result<Head, String> {
    let sql = statements::head(Dialect::Sqlite);
    let (epoch, seq, hash): (i64, i64, [u8; 32]) = connection
        .query_row(sql, [ZONE], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(|error| format!("the head of the chain cannot be read: {error}"))?;
    let number = |n: i64| u64::try_from(n).map_err(|_| "the head of the chain is negative".to_owned());
    Ok(Head { epoch: number(epoch)?, seq: number(seq)?, hash: Hash32(hash) })
}

/// With `secure_delete` the pages are overwritten, and the truncated log keeps no copy of them.
fn destroy(keys: &Connection, numbers: &[u64]) -> rusqlite::Result<()> {
    keys.execute_batch("begin immediate")?;
    {
        let mut sql = keys.prepare_cached(&statements::forget(Dialect::Sqlite))?;
        for n in numbers {
            sql.execute([i64::try_from(*n).unwrap_or(i64::MAX)])?;
        }
    }
    keys.execute_batch("commit")?;
    keys.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
}

fn refusal(error: &rusqlite::Error) -> AppendError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => AppendError::Full(error.to_string()),
        Some(
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked,
        ) => AppendError::Unreachable(error.to_string()),
        _ => AppendError::Refused(error.to_string()),
    }
}
