//! Reading a zone act by act: every table is paged in its own thread, and the acts are put together again by seq. One
//! loader for all engines; the rebuild at start, `verify`, and followers live on it.

use super::memory::Stored;
use super::{ReadError, Reader};
use crate::image::Counts;
use crate::row::{BodyRow, FactRow, JournalRow, KeyRow, OutboxRow, Record, Rows, StepRow, SubjectRow, TransferRow};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, sync_channel};

/// Rows read ahead at a time.
const PAGE: usize = 8192;

/// How many bytes of papers a page may hold, about: where bodies are large, pages are short.
const PAGE_BYTES: usize = 8 << 20;

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
    each: impl FnMut(Rows) -> Result<(), E>,
) -> Result<(), E> {
    let mut keys = Feed::new(pages::<KeyRow>(reader, -1)?);
    acts(reader, &Marks::default(), depth, last, |seq| keys.of(seq), each)
}

/// Every act after those that were read up to some marks, up to an act, without its keys: what is added to a copy.
///
/// # Errors
/// As for [`every_act`].
pub fn every_act_after<E: From<ReadError>>(
    reader: &Reader,
    marks: &Marks,
    last: u64,
    each: impl FnMut(Rows) -> Result<(), E>,
) -> Result<(), E> {
    acts(reader, marks, Depth::Bodies, last, |_| Ok(Vec::new()), each)
}

fn acts<E: From<ReadError>>(
    reader: &Reader,
    marks: &Marks,
    depth: Depth,
    last: u64,
    mut keys_of: impl FnMut(u64) -> Result<Vec<KeyRow>, ReadError>,
    mut each: impl FnMut(Rows) -> Result<(), E>,
) -> Result<(), E> {
    // Whatever is written while this reads comes after the act that is the head now, and is left alone.
    let mut heads = reader.another().map_err(ReadError::Engine)?;
    let head = heads.head().map_or(u64::MAX, |head| head.seq);
    let bound = last.min(head);
    let journal = pages::<JournalRow>(reader, marks.journal)?;
    let mut subjects = Feed::new(pages::<SubjectRow>(reader, marks.subject)?);
    let mut facts = Feed::new(pages::<FactRow>(reader, marks.fact)?);
    let mut steps = Feed::new(pages::<StepRow>(reader, marks.step)?);
    let mut transfers = Feed::new(pages::<TransferRow>(reader, marks.transfer)?);
    let mut outbox = Feed::new(pages::<OutboxRow>(reader, marks.outbox)?);
    let mut bodies = match depth {
        Depth::Heads => Feed::empty(),
        Depth::Bodies => Feed::new(pages::<BodyRow>(reader, marks.body)?),
    };
    let mut beyond = None;
    'acts: for page in journal {
        for record in page? {
            let seq = record.seq;
            if seq > bound {
                beyond = Some(record);
                break 'acts;
            }
            let rows = Rows {
                subjects: subjects.of(seq)?,
                facts: facts.of(seq)?,
                steps: steps.of(seq)?,
                transfers: transfers.of(seq)?,
                bodies: bodies.of(seq)?,
                outbox: outbox.of(seq)?,
                keys: keys_of(seq)?,
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
    // Where nobody wrote meanwhile, nothing may come after the head.
    let still = last == u64::MAX && heads.head().map_or(u64::MAX, |head| head.seq) == head;
    if let Some(record) = beyond.filter(|_| still) {
        return Err(orphan(&record).into());
    }
    let end = if still { u64::MAX } else { bound };
    subjects.must_be_over(end)?;
    facts.must_be_over(end)?;
    steps.must_be_over(end)?;
    transfers.must_be_over(end)?;
    outbox.must_be_over(end)?;
    bodies.must_be_over(end)?;
    Ok(())
}

/// The acts after one, in order, at most so many, without their bodies: what a follower lacks. `counts` says how many rows of each
/// table are known already.
///
/// # Errors
/// As for [`every_act`].
pub fn acts_after(reader: &mut Reader, seq: u64, counts: &Counts, most: usize) -> Result<Vec<Rows>, ReadError> {
    let after = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let journal: Vec<JournalRow> = reader.page(after(seq), most)?;
    let Some(last) = journal.last().map(|record| record.seq) else { return Ok(Vec::new()) };
    // Rows of an act are there when its record is.
    let mut subjects: Feed<SubjectRow> = Feed::until(reader, after(counts.subjects) - 1, last)?;
    let mut facts: Feed<FactRow> = Feed::until(reader, after(counts.facts), last)?;
    let mut steps: Feed<StepRow> = Feed::until(reader, after(counts.steps), last)?;
    let mut transfers: Feed<TransferRow> = Feed::until(reader, after(counts.transfers), last)?;
    let mut outbox: Feed<OutboxRow> = Feed::until(reader, after(counts.outbox), last)?;
    let mut keys: Feed<KeyRow> = Feed::until(reader, after(counts.keys), last)?;
    let mut acts = Vec::with_capacity(journal.len());
    for record in journal {
        let seq = record.seq;
        acts.push(Rows {
            subjects: subjects.of(seq)?,
            facts: facts.of(seq)?,
            steps: steps.of(seq)?,
            transfers: transfers.of(seq)?,
            bodies: Vec::new(),
            outbox: outbox.of(seq)?,
            keys: keys.of(seq)?,
            journal: vec![record],
            forget: Vec::new(),
        });
    }
    Ok(acts)
}

/// How far each table was read: its last row number. Subjects are numbered from 0, so a table not yet read stands at -1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marks {
    /// Identities.
    pub subject: i64,
    /// Facts.
    pub fact: i64,
    /// Steps.
    pub step: i64,
    /// Transfers.
    pub transfer: i64,
    /// Bodies.
    pub body: i64,
    /// Deliveries.
    pub outbox: i64,
    /// Acts.
    pub journal: i64,
}

impl Default for Marks {
    fn default() -> Self {
        Self { subject: -1, fact: -1, step: -1, transfer: -1, body: -1, outbox: -1, journal: -1 }
    }
}

impl Marks {
    /// Moves on past an act.
    pub fn pass(&mut self, rows: &Rows) {
        fn last<R: Record>(mark: &mut i64, rows: &[R]) {
            if let Some(row) = rows.last() {
                *mark = i64::try_from(row.n()).unwrap_or(i64::MAX);
            }
        }
        last(&mut self.subject, &rows.subjects);
        last(&mut self.fact, &rows.facts);
        last(&mut self.step, &rows.steps);
        last(&mut self.transfer, &rows.transfers);
        last(&mut self.body, &rows.bodies);
        last(&mut self.outbox, &rows.outbox);
        last(&mut self.journal, &rows.journal);
    }
}

/// Pages of a table after a row number, read ahead in a thread of their own.
fn pages<R: Stored>(reader: &Reader, after: i64) -> Result<Receiver<Result<Vec<R>, ReadError>>, ReadError> {
    let mut reader = reader.another().map_err(ReadError::Engine)?;
    let (send, receive) = sync_channel(2);
    std::thread::spawn(move || {
        let mut after = after;
        let mut limit = R::FIRST_PAGE.min(PAGE);
        loop {
            let page = reader.page::<R>(after, limit);
            if let Ok(rows) = &page {
                let bytes = rows.iter().map(Record::weight).sum::<usize>().max(1);
                limit = (limit * PAGE_BYTES / bytes).clamp(1, (limit * 4).min(PAGE));
            }
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

    /// The rows after a number, up to those of an act.
    fn until(reader: &mut Reader, mut after: i64, last: u64) -> Result<Self, ReadError>
    where
        R: Stored,
    {
        let mut ahead = VecDeque::new();
        loop {
            let page: Vec<R> = reader.page(after, PAGE)?;
            let full = page.len() == PAGE;
            let beyond = page.last().is_some_and(|row| row.seq() > last);
            after = page.last().map_or(after, |row| i64::try_from(row.n()).unwrap_or(i64::MAX));
            ahead.extend(page.into_iter().filter(|row| row.seq() <= last));
            if !full || beyond {
                return Ok(Self { pages: None, ahead });
            }
        }
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

    /// No row is left of the acts up to one.
    fn must_be_over(&mut self, end: u64) -> Result<(), ReadError> {
        self.peek()?.filter(|row| row.seq() <= end).map_or(Ok(()), |row| Err(orphan(row)))
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
