//! Leases and signs of life on PostgreSQL.

use super::link::Link;
use super::statements::{self, Dialect, lease};
use crate::cluster::{Board, Instance, LEASE_MS, Lease, Member, Registry};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Row;

/// How long an answer is waited for: a keeper that hears nothing for longer has lost its leases anyway, and must not miss the others' beats
/// because one zone is locked.
const PATIENCE: Duration = Duration::from_millis(2_000);

/// The registry of the zones on a server.
pub struct PostgresRegistry {
    link: Link,
}

impl PostgresRegistry {
    /// Opens it.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn open(url: &str) -> Result<Self, String> {
        Link::within(url, Some(PATIENCE)).map(|link| Self { link })
    }

    /// Every zone of the server.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub fn zones(&mut self) -> Result<Vec<Arc<str>>, String> {
        Ok(self.link.query(lease::ZONES, &[])?.iter().map(|row| text(row, 0)).collect())
    }

    fn rows(&mut self, sql: &str, zones: &[&str]) -> Result<Vec<Row>, String> {
        self.link.query(sql, &[&zones])
    }
}

impl Registry for PostgresRegistry {
    fn beat(&mut self, of: &Instance, zones: &[(Arc<str>, u64)]) -> Result<Board, String> {
        let names: Vec<&str> = zones.iter().map(|(zone, _)| &**zone).collect();
        let seqs: Vec<i64> = zones.iter().map(|(_, seq)| i64::try_from(*seq).unwrap_or(i64::MAX)).collect();
        self.link.execute(lease::BEAT, &[&&*of.name, &&*of.address, &LEASE_MS, &names, &seqs])?;
        self.link.execute(lease::RENEW, &[&names, &&*of.name, &LEASE_MS])?;
        self.look(&zones.iter().map(|(zone, _)| zone.clone()).collect::<Vec<_>>())
    }

    fn look(&mut self, zones: &[Arc<str>]) -> Result<Board, String> {
        let names: Vec<&str> = zones.iter().map(|zone| &**zone).collect();
        let now = self.link.query(lease::NOW, &[])?.first().ok_or("the server knows no time")?.get(0);
        let members = self.rows(lease::MEMBERS, &names)?.iter().map(member).collect();
        let leases = self.rows(lease::LEASES, &names)?;
        let leases = leases.iter().map(|row| Lease { zone: text(row, 0), owner: text(row, 1), until: row.get(2) });
        let leases = leases.collect();
        let heads = self.heads(zones)?;
        Ok(Board { now, members, leases, heads })
    }

    fn take(&mut self, zone: &str, of: &Instance, ms: i64) -> Result<Option<u64>, String> {
        self.link.reconnect()?;
        let take = self.link.prepare(lease::TAKE)?;
        let advance = self.link.prepare(statements::take_over(Dialect::Postgres))?;
        let head = self.link.prepare(statements::head(Dialect::Postgres))?;
        self.link.transaction(async |transaction| {
            if transaction.execute(&take, &[&zone, &&*of.name, &ms]).await? == 0 {
                return Ok(None);
            }
            transaction.execute(&advance, &[&zone]).await?;
            let rows = transaction.query(&head, &[&zone]).await?;
            Ok(rows.first().and_then(|row| u64::try_from(row.get::<_, i64>(0)).ok()))
        })
    }

    fn release(&mut self, zone: &str, of: &Instance) -> Result<(), String> {
        self.link.execute(lease::RELEASE, &[&zone, &&*of.name]).map(drop)
    }

    fn leave(&mut self, of: &Instance, zones: &[Arc<str>]) -> Result<(), String> {
        let names: Vec<&str> = zones.iter().map(|zone| &**zone).collect();
        self.link.execute(lease::LEAVE, &[&names, &&*of.name]).map(drop)
    }

    fn heads(&mut self, zones: &[Arc<str>]) -> Result<BTreeMap<Arc<str>, u64>, String> {
        let names: Vec<&str> = zones.iter().map(|zone| &**zone).collect();
        let rows = self.rows(lease::HEADS, &names)?;
        Ok(rows.iter().map(|row| (text(row, 0), number(row, 1))).collect())
    }
}

fn member(row: &Row) -> Member {
    Member { zone: text(row, 0), instance: text(row, 1), address: text(row, 2), seq: number(row, 3), until: row.get(4) }
}

fn text(row: &Row, column: usize) -> Arc<str> {
    row.get::<_, &str>(column).into()
}

fn number(row: &Row, column: usize) -> u64 {
    u64::try_from(row.get::<_, i64>(column)).unwrap_or(0)
}
