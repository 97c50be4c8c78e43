//! PostgreSQL: many zones in one database, every key beginning with the zone, keys in a schema of their own.
//!
//! One connection appends a group by `unnest` in one transaction, fenced by the head it moves. Asynchronous inside,
//! blocking outside: the writer is a thread of its own.

use super::columns::Columns;
use super::lines::{Line, Lines};
use super::link::{ALIVE, Link, say};
use super::memory::Stored;
use super::statements::{self, Dialect};
use super::{AppendError, Head, ReadError, Working};
use crate::row::{BadCell, CellReader, FactRow, Record, Rows};
use std::sync::Arc;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};
use yizhan_kit::{Hash32, Moment};

/// A zone on a server, owned by this process as long as the epoch holds.
pub struct Postgres {
    line: Line,
    zone: String,
    /// What its readers ask.
    lines: Arc<Lines>,
}

/// Reads a zone on a server.
pub struct PostgresReader {
    lines: Arc<Lines>,
    zone: String,
}

/// Working state on a server.
pub struct PostgresWorking {
    lines: Arc<Lines>,
    zone: String,
}

/// The key store on a server, for whoever wraps keys anew.
pub struct PostgresKeys {
    link: Link,
    zone: String,
}

impl Postgres {
    pub(super) fn open(url: &str, zone: &str, lines: Arc<Lines>) -> Result<Self, String> {
        let mut line = Line::new(url);
        let link = line.link()?;
        for sql in statements::create(Dialect::Postgres) {
            link.runtime().block_on(link.client.batch_execute(&sql)).map_err(|error| say(&error))?;
        }
        Ok(Self { line, zone: zone.to_owned(), lines })
    }

    pub(super) fn found(&mut self, genesis: Hash32, epoch: u64) -> Result<(), String> {
        let epoch = number(epoch);
        let found = statements::found(Dialect::Postgres);
        self.line.link()?.execute(found, &[&self.zone, &&genesis.0[..], &epoch]).map(drop)
    }

    pub(super) fn begin(&mut self, epoch: u64) -> Result<(), String> {
        let begin = statements::begin(Dialect::Postgres);
        self.line.link()?.execute(begin, &[&self.zone, &number(epoch)]).map(drop)
    }

    pub(super) fn append(&mut self, epoch: u64, expected: u64, hash: Hash32, rows: &Rows) -> Result<(), AppendError> {
        let unreachable = AppendError::Unreachable;
        let Self { line, zone, .. } = self;
        let link = line.link().map_err(unreachable)?;
        link.reconnect().map_err(unreachable)?;
        let mut inserts: Vec<(Statement, Columns)> = Vec::new();
        link.insert(&rows.keys, &mut inserts).map_err(unreachable)?;
        link.insert(&rows.subjects, &mut inserts).map_err(unreachable)?;
        link.insert(&rows.facts, &mut inserts).map_err(unreachable)?;
        link.insert(&rows.steps, &mut inserts).map_err(unreachable)?;
        link.insert(&rows.transfers, &mut inserts).map_err(unreachable)?;
        link.insert(&rows.bodies, &mut inserts).map_err(unreachable)?;
        link.insert(&rows.outbox, &mut inserts).map_err(unreachable)?;
        link.insert(&rows.journal, &mut inserts).map_err(unreachable)?;
        let advance = link.prepare(statements::advance(Dialect::Postgres)).map_err(unreachable)?;
        let forget = link.prepare(&statements::forget(Dialect::Postgres)).map_err(unreachable)?;
        let Link { runtime, client, .. } = link;
        let runtime = runtime.as_ref().expect(ALIVE);
        let seq = number(rows.journal.last().map_or(expected, |row| row.seq));
        let (epoch, expected) = (number(epoch), number(expected));
        runtime.block_on(async {
            let transaction = client.transaction().await.map_err(|error| refusal(&error))?;
            let transaction_ref = &transaction;
            let hash = &hash.0[..];
            let advancing: (&Statement, Vec<&(dyn ToSql + Sync)>) =
                (&advance, vec![zone, &epoch, &expected, &seq, &hash]);
            let inserting = inserts.iter().map(|(sql, columns)| {
                let columns = columns.0.iter().map(|column| column as &(dyn ToSql + Sync));
                (sql, [zone as &(dyn ToSql + Sync)].into_iter().chain(columns).collect())
            });
            // Sent in one go: the server works while the next is on its way. Another owner's rows stand in the way of
            // ours, so that the head is asked first.
            let sent = std::iter::once(advancing).chain(inserting);
            let done = async {
                let executed = sent.map(|(sql, values)| async move { transaction_ref.execute(sql, &values).await });
                let mut outcomes = join_all(executed).await.into_iter();
                let moved = outcomes.next().expect("the head is moved in every group");
                if moved.map_err(|error| refusal(&error))? != 1 {
                    return Err(AppendError::Fenced);
                }
                for outcome in outcomes {
                    outcome.map_err(|error| refusal(&error))?;
                }
                for key in &rows.forget {
                    transaction.execute(&forget, &[zone, &number(key.n)]).await.map_err(|error| refusal(&error))?;
                }
                Ok(())
            };
            if let Err(why) = done.await {
                // Now, and not when this link is used again: another owner may wait for what it holds. If the server cannot be asked,
                // the transaction ends with the connection.
                let _ = transaction.rollback().await;
                return Err(why);
            }
            transaction.commit().await.map_err(|error| match error.as_db_error() {
                // The server's own no. A session that it ends in the middle may have committed.
                Some(no) if no.parsed_severity() == Some(Severity::Error) => refusal(&error),
                _ => AppendError::Unknown(say(&error)),
            })
        })
    }

    pub(super) fn head(&mut self) -> Result<Head, String> {
        self.line.link()?.head(&self.zone, statements::head(Dialect::Postgres))
    }

    pub(super) fn settled_head(&mut self) -> Result<Head, String> {
        self.line.link()?.head(&self.zone, statements::settled_head(Dialect::Postgres))
    }

    pub(super) fn forget(&mut self, keys: &[u64]) -> Result<(), String> {
        let link = self.line.link()?;
        for key in keys {
            link.execute(&statements::forget(Dialect::Postgres), &[&self.zone, &number(*key)])?;
        }
        Ok(())
    }

    pub(super) fn take_over(&mut self) -> Result<u64, String> {
        self.line.link()?.execute(statements::take_over(Dialect::Postgres), &[&self.zone])?;
        self.head().map(|head| head.epoch)
    }

    pub(super) fn reader(&self) -> PostgresReader {
        PostgresReader::new(self.lines.clone(), &self.zone)
    }

    pub(super) fn rest(&mut self) {
        self.line.rest();
    }
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl PostgresReader {
    pub(super) fn new(lines: Arc<Lines>, zone: &str) -> Self {
        Self { lines, zone: zone.to_owned() }
    }

    pub(super) fn another(&self) -> Self {
        Self::new(self.lines.clone(), &self.zone)
    }

    pub(super) fn page<R: Stored>(&mut self, after: i64, limit: usize) -> Result<Vec<R>, ReadError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.select(&statements::page(Dialect::Postgres, &R::TABLE), &[&after, &limit])
    }

    pub(super) fn sealed_facts(&mut self, after: i64, limit: usize) -> Result<Vec<FactRow>, ReadError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.select(&statements::sealed(Dialect::Postgres), &[&after, &limit])
    }

    pub(super) fn one<R: Stored>(&mut self, n: u64) -> Result<Option<R>, ReadError> {
        Ok(self.select(&statements::one(Dialect::Postgres, &R::TABLE), &[&number(n)])?.into_iter().next())
    }

    pub(super) fn these<R: Stored>(&mut self, numbers: &[u64]) -> Result<Vec<R>, ReadError> {
        let numbers: Vec<i64> = numbers.iter().map(|n| number(*n)).collect();
        self.select(&statements::these(&R::TABLE), &[&numbers])
    }

    pub(super) fn backwards<R: Stored>(&mut self, last: u64) -> Result<Vec<R>, ReadError> {
        self.select(&statements::backwards(Dialect::Postgres, &R::TABLE), &[&number(last)])
    }

    pub(super) fn head(&mut self) -> Result<Head, String> {
        self.lines.ask(|link| link.head(&self.zone, statements::head(Dialect::Postgres)))
    }

    fn select<R: Record>(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<R>, ReadError> {
        let rows = self.lines.ask(|link| link.query_of(&self.zone, sql, values)).map_err(ReadError::Engine)?;
        rows.iter()
            .map(|row| {
                let n = row.try_get(0).unwrap_or(-1);
                R::read(&mut RowCells { row, next: 0 }).map_err(|bad| ReadError::damaged::<R>(n, &bad))
            })
            .collect()
    }
}

impl PostgresKeys {
    pub(super) fn open(url: &str, zone: &str) -> Result<Self, String> {
        Link::open(url).map(|link| Self { link, zone: zone.to_owned() })
    }

    pub(super) fn rewrap(&mut self, keys: &[super::rewrap::Rewrapped]) -> Result<usize, String> {
        self.link.reconnect()?;
        let sql = self.link.prepare(&statements::rewrap(Dialect::Postgres))?;
        let Self { link, zone } = self;
        let changed = link.transaction(async |transaction| {
            let mut changed = 0;
            for (n, before, after) in keys {
                changed += transaction.execute(&sql, &[zone, &number(*n), &&before[..], &&after[..]]).await?;
            }
            Ok(changed)
        })?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }
}

impl PostgresWorking {
    pub(super) fn new(lines: Arc<Lines>, zone: &str) -> Self {
        Self { lines, zone: zone.to_owned() }
    }
}

impl Working for PostgresWorking {
    fn put(&mut self, kind: &str, name: &str, value: &[u8], until: Moment) -> Result<(), String> {
        let [put, ..] = statements::working(Dialect::Postgres);
        self.lines.ask(|link| link.execute(put, &[&self.zone, &kind, &name, &value, &until.0])).map(drop)
    }

    fn get(&mut self, kind: &str, name: &str, now: Moment) -> Result<Option<Vec<u8>>, String> {
        let [_, get, ..] = statements::working(Dialect::Postgres);
        let rows = self.lines.ask(|link| link.query_of(&self.zone, get, &[&kind, &name, &now.0]))?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    fn delete(&mut self, kind: &str, name: &str) -> Result<(), String> {
        let [_, _, delete, ..] = statements::working(Dialect::Postgres);
        self.lines.ask(|link| link.execute(delete, &[&self.zone, &kind, &name])).map(drop)
    }

    fn list(&mut self, kind: &str, now: Moment) -> Result<Vec<(String, Vec<u8>)>, String> {
        let [.., list] = statements::working(Dialect::Postgres);
        let rows = self.lines.ask(|link| link.query_of(&self.zone, list, &[&kind, &now.0]))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    fn sweep(&mut self, now: Moment) -> Result<(), String> {
        let [_, _, _, sweep, _] = statements::working(Dialect::Postgres);
        self.lines.ask(|link| link.execute(sweep, &[&self.zone, &now.0])).map(drop)
    }
}

impl Link {
    fn head(&mut self, zone: &str, sql: &str) -> Result<Head, String> {
        let rows = self.query_of(zone, sql, &[])?;
        let row = rows.first().ok_or("the zone has no head")?;
        let number = |n: i64| u64::try_from(n).map_err(|_| "the head of the chain is negative".to_owned());
        let hash: Vec<u8> = row.get(2);
        let hash = <[u8; 32]>::try_from(hash).map_err(|_| "the head's hash has the wrong length")?;
        Ok(Head { epoch: number(row.get(0))?, seq: number(row.get(1))?, hash: Hash32(hash) })
    }

    fn insert<R: Record>(&mut self, rows: &[R], into: &mut Vec<(Statement, Columns)>) -> Result<(), String> {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = self.prepare(&statements::insert(Dialect::Postgres, &R::TABLE))?;
        let columns = Columns::of(rows);
        into.push((statement, columns));
        Ok(())
    }
}

pub(super) fn prepare_all(url: &str) -> Result<(), String> {
    let mut link = Link::open(url)?;
    statements::all(Dialect::Postgres)
        .iter()
        .try_for_each(|sql| link.prepare(sql).map(drop).map_err(|error| format!("{sql}: {error}")))
}

struct RowCells<'a> {
    row: &'a Row,
    next: usize,
}

impl<'a> RowCells<'a> {
    fn value<T: tokio_postgres::types::FromSql<'a>>(&mut self, what: &'static str) -> Result<Option<T>, BadCell> {
        self.next += 1;
        self.row.try_get(self.next - 1).map_err(|_| BadCell { column: self.next - 1, what })
    }
}

impl CellReader for RowCells<'_> {
    fn opt_int(&mut self) -> Result<Option<i64>, BadCell> {
        self.value("is no integer")
    }
    fn opt_text(&mut self) -> Result<Option<&str>, BadCell> {
        self.value("is no text")
    }
    fn opt_blob(&mut self) -> Result<Option<&[u8]>, BadCell> {
        self.value("is no bytes")
    }
    fn position(&self) -> usize {
        self.next.saturating_sub(1)
    }
}

/// Polls all at once, so that their messages leave together; answers in order.
async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut ready = true;
        for (future, outcome) in &mut waiting {
            if outcome.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *outcome = Some(value),
                    std::task::Poll::Pending => ready = false,
                }
            }
        }
        if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, outcome)| outcome).collect()
}

fn refusal(error: &Error) -> AppendError {
    match error.code() {
        Some(&SqlState::DISK_FULL | &SqlState::INSUFFICIENT_RESOURCES) => AppendError::Full(say(error)),
        Some(
            &SqlState::ADMIN_SHUTDOWN
            | &SqlState::CRASH_SHUTDOWN
            | &SqlState::CANNOT_CONNECT_NOW
            | &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ) => AppendError::Unreachable(say(error)),
        Some(_) => AppendError::Refused(say(error)),
        None => AppendError::Unreachable(say(error)),
    }
}
