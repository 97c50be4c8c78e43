//! Reading a zone act by act: every table is paged in its own thread, and the acts are put together again by seq. One
//! loader for all engines; the rebuild at start, `verify`, and followers live on it.

use super::memory::Stored;
use super::{ReadError, Reader};
use crate::row::{BodyRow, FactRow, JournalRow, KeyRow, OutboxRow, Record, Rows, StepRow, SubjectRow, TransferRow};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, sync_channel};

/// Rows read ahead at a time.
const PAGE: usize = 8192;

/// Whether sealed bodies are read too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// All that the image needs.
    Heads,
    /// Everything.
    Bodies,
}

/// Reads every act in order and hands it on with its rows.
///
/// # Errors
/// The first damaged row, or row that belongs to no act; or what `each` answers.
pub fn every_act<E: From<ReadError>>(
    reader: &Reader,
    depth: Depth,
    each: impl FnMut(Rows) -> Result<(), E>,
) -> Result<(), E> {
    every_act_until(reader, depth, u64::MAX, each)
}

/// As [`every_act`], up to an act and no further: what is written meanwhile is left alone.
///
/// # Errors
/// As for [`every_act`].
pub fn every_act_until<E: From<ReadError>>(
    reader: &Reader,
    depth: Depth,
    last: u64,
    mut each: impl FnMut(Rows) -> Result<(), E>,
) -> Result<(), E> {
    let journal = pages::<JournalRow>(reader)?;
    let mut subjects = Feed::new(pages::<SubjectRow>(reader)?);
    let mut facts = Feed::new(pages::<FactRow>(reader)?);
    let mut steps = Feed::new(pages::<StepRow>(reader)?);
    let mut transfers = Feed::new(pages::<TransferRow>(reader)?);
    let mut outbox = Feed::new(pages::<OutboxRow>(reader)?);
    let mut keys = Feed::new(pages::<KeyRow>(reader)?);
    let mut bodies = match depth {
        Depth::Heads => Feed::empty(),
        Depth::Bodies => Feed::new(pages::<BodyRow>(reader)?),
    };
    for page in journal {
        for record in page? {
            let seq = record.seq;
            if seq > last {
                return Ok(());
            }
            let rows = Rows {
                subjects: subjects.of(seq)?,
                facts: facts.of(seq)?,
                steps: steps.of(seq)?,
                transfers: transfers.of(seq)?,
                bodies: bodies.of(seq)?,
                outbox: outbox.of(seq)?,
                keys: keys.of(seq)?,
                journal: vec![record],
                forget: Vec::new(),
            };
            each(rows)?;
            // Whoever writes meanwhile has rows of later acts, which are none of ours.
            if seq == last {
                return Ok(());
            }
        }
    }
    subjects.must_be_over()?;
    facts.must_be_over()?;
    steps.must_be_over()?;
    transfers.must_be_over()?;
    outbox.must_be_over()?;
    bodies.must_be_over()?;
    Ok(())
}

/// Pages of a table, read ahead in a thread of their own. Subjects are numbered from 0, so the first page begins at -1.
fn pages<R: Stored>(reader: &Reader) -> Result<Receiver<Result<Vec<R>, ReadError>>, ReadError> {
    let mut reader = reader.another().map_err(ReadError::Engine)?;
    let (send, receive) = sync_channel(2);
    std::thread::spawn(move || {
        let mut after = -1;
        loop {
            let page = reader.page::<R>(after, PAGE);
            let last = page.as_ref().ok().and_then(|rows| rows.last()).map(Record::n);
            if matches!(&page, Ok(rows) if rows.is_empty()) || send.send(page).is_err() {
                return;
            }
            match last.map(i64::try_from) {
                Some(Ok(n)) => after = n,
                _ => return,
            }
        }
    });
    Ok(receive)
}

/// The rows of one table, waiting to be asked for by act.
struct Feed<R> {
    pages: Option<Receiver<Result<Vec<R>, ReadError>>>,
    ahead: VecDeque<R>,
}

impl<R: Record> Feed<R> {
    fn new(pages: Receiver<Result<Vec<R>, ReadError>>) -> Self {
        Self { pages: Some(pages), ahead: VecDeque::new() }
    }

    fn empty() -> Self {
        Self { pages: None, ahead: VecDeque::new() }
    }

    /// The rows of one act.
    fn of(&mut self, seq: u64) -> Result<Vec<R>, ReadError> {
        let mut rows = Vec::new();
        while let Some(row) = self.peek()? {
            if row.seq() < seq {
                return Err(orphan(row));
            }
            if row.seq() > seq {
                break;
            }
            rows.extend(self.ahead.pop_front());
        }
        Ok(rows)
    }

    fn must_be_over(&mut self) -> Result<(), ReadError> {
        self.peek()?.map_or(Ok(()), |row| Err(orphan(row)))
    }

    fn peek(&mut self) -> Result<Option<&R>, ReadError> {
        if self.ahead.is_empty()
            && let Some(pages) = &self.pages
        {
            match pages.recv() {
                Ok(page) => self.ahead = page?.into(),
                Err(_) => self.pages = None,
            }
        }
        Ok(self.ahead.front())
    }
}

fn orphan<R: Record>(row: &R) -> ReadError {
    let n = i64::try_from(row.n()).unwrap_or(i64::MAX);
    ReadError::Damaged { table: R::TABLE.name, n, column: "seq", what: "belongs to no act, or is out of order" }
}
