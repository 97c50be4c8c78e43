//! Connections that are made when they are needed, and the few that everybody who reads on one server shares: a province has more zones
//! than a server has connections.

use super::link::Link;
use super::postgres::{Postgres, PostgresReader, PostgresWorking};
use super::{Engine, Reader};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

/// How many connections are shared at most.
pub const SHARED: usize = 8;

const HELD: &str = "no panic while a line is held";

/// A connection that is made when it is first needed.
pub(super) struct Line {
    url: String,
    link: Option<Link>,
}

/// Connections to one server. Whoever asks takes the first that is free, so that no more are made than are asked at once.
pub struct Lines {
    url: String,
    lines: [Mutex<Line>; SHARED],
    turn: AtomicUsize,
}

impl Line {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), link: None }
    }

    /// The connection. One that was lost is made anew when it is asked.
    pub(super) fn link(&mut self) -> Result<&mut Link, String> {
        let link = match self.link.take() {
            Some(link) => link,
            None => Link::open(&self.url)?,
        };
        Ok(self.link.insert(link))
    }

    /// Gives the connection back until it is needed again.
    pub(super) fn rest(&mut self) {
        self.link = None;
    }
}

impl Lines {
    /// Lines to a server; none is made yet.
    #[must_use]
    pub fn new(url: &str) -> Arc<Self> {
        let lines = std::array::from_fn(|_| Mutex::new(Line::new(url)));
        Arc::new(Self { url: url.to_owned(), lines, turn: AtomicUsize::new(0) })
    }

    /// A zone, to write it, on a connection of its own; its readers share these.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn engine(self: &Arc<Self>, zone: &str) -> Result<Engine, String> {
        Postgres::open(&self.url, zone, self.clone()).map(Engine::Postgres)
    }

    /// A zone, to read it.
    ///
    /// # Errors
    /// When the server cannot be reached, or the zone's restore was never finished.
    pub fn reader(self: &Arc<Self>, zone: &str) -> Result<Reader, String> {
        self.ask(|_| Ok(()))?;
        Reader::Postgres(PostgresReader::new(self.clone(), zone)).finished()
    }

    /// The working state of a zone.
    #[must_use]
    pub fn working(self: &Arc<Self>, zone: &str) -> PostgresWorking {
        PostgresWorking::new(self.clone(), zone)
    }

    pub(super) fn ask<T>(&self, ask: impl FnOnce(&mut Link) -> Result<T, String>) -> Result<T, String> {
        ask(self.asking().link()?)
    }

    fn asking(&self) -> MutexGuard<'_, Line> {
        for line in &self.lines {
            match line.try_lock() {
                Ok(free) => return free,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Poisoned(_)) => panic!("{HELD}"),
            }
        }
        self.lines[self.turn.fetch_add(1, Ordering::Relaxed) % SHARED].lock().expect(HELD)
    }
}
