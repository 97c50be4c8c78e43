//! Rows of evidence: what is written, what is hashed and what is loaded, said once for each table.
//!
//! A row knows its columns in order. From that one list come the `create`, `insert` and `select` statements of both
//! engines (`waist::statements`), the bytes that the journal's hash covers, and the way back into memory. Evidence is
//! only ever appended, and every row carries the version of its format, so that what one release wrote every later
//! release can read.

mod evidence;
mod paper;

pub use evidence::{FactRow, JournalRow, StepRow, SubjectRow};
pub use paper::{BodyRow, KeyRow, OutboxRow, TransferRow};

use std::sync::Arc;
use yizhan_kit::Day;
use yizhan_kit::digest::Hasher;

/// The format written by this release, in the `v` column of every row.
pub const FORMAT: i64 = 1;

/// What a column holds. Only types that both engines treat alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// A 64-bit signed integer.
    Int,
    /// UTF-8 text without NUL.
    Text,
    /// Bytes.
    Blob,
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Type,
    /// Whether it may be absent.
    pub optional: bool,
}

pub(crate) const fn must(name: &'static str, kind: Type) -> Column {
    Column { name, kind, optional: false }
}

pub(crate) const fn may(name: &'static str, kind: Type) -> Column {
    Column { name, kind, optional: true }
}

/// A table: its name and columns, the first of which is the primary key within a zone.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns in the order in which rows are written and hashed.
    pub columns: &'static [Column],
}

/// Where a row writes its columns, in order.
pub trait CellWriter {
    /// Writes an integer.
    fn int(&mut self, value: i64);
    /// Writes text.
    fn text(&mut self, value: &str);
    /// Writes bytes.
    fn blob(&mut self, value: &[u8]);
    /// Writes the absence of a value of this type.
    fn none(&mut self, kind: Type);

    /// Writes an integer that may be absent.
    fn opt_int(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.int(value),
            None => self.none(Type::Int),
        }
    }

    /// Writes text that may be absent.
    fn opt_text(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.text(value),
            None => self.none(Type::Text),
        }
    }

    /// Writes bytes that may be absent.
    fn opt_blob(&mut self, value: Option<&[u8]>) {
        match value {
            Some(value) => self.blob(value),
            None => self.none(Type::Blob),
        }
    }
}

/// A stored cell that is not what its column promises: the row is damaged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadCell {
    /// Which column, by position.
    pub column: usize,
    /// What was wrong with it.
    pub what: &'static str,
}

/// Where a row reads its columns from, in order. Borrowed text and bytes live as long as the stored row.
pub trait CellReader {
    /// Reads an integer.
    fn opt_int(&mut self) -> Result<Option<i64>, BadCell>;
    /// Reads text.
    fn opt_text(&mut self) -> Result<Option<&str>, BadCell>;
    /// Reads bytes.
    fn opt_blob(&mut self) -> Result<Option<&[u8]>, BadCell>;
    /// The position of the column that was read last.
    fn position(&self) -> usize;

    /// Reads an integer that must be there.
    fn int(&mut self) -> Result<i64, BadCell> {
        match self.opt_int()? {
            Some(value) => Ok(value),
            None => Err(BadCell { column: self.position(), what: "is null" }),
        }
    }

    /// Reads text that must be there.
    fn text(&mut self) -> Result<String, BadCell> {
        match self.opt_text()? {
            Some(value) => Ok(value.to_owned()),
            None => Err(BadCell { column: self.position(), what: "is null" }),
        }
    }

    /// Reads bytes of a fixed length.
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], BadCell> {
        let found = self.opt_blob()?.and_then(|bytes| <[u8; N]>::try_from(bytes).ok());
        found.ok_or(BadCell { column: self.position(), what: "has the wrong length" })
    }
}

/// A row that belongs to a table.
pub trait Record: Sized {
    /// Its table.
    const TABLE: Table;
    /// Writes its columns in the table's order.
    fn write(&self, cells: &mut impl CellWriter);
    /// Reads its columns in the table's order.
    fn read(cells: &mut impl CellReader) -> Result<Self, BadCell>;
    /// Its primary key within the zone.
    fn n(&self) -> u64;
    /// The act that wrote it.
    fn seq(&self) -> u64;

    /// How many rows are read at first, before it is known how large they are.
    const FIRST_PAGE: usize = usize::MAX;
    /// How many bytes it holds that may be many.
    fn weight(&self) -> usize {
        0
    }
}

/// A hasher is a writer of cells: this is what a record's hash covers.
impl CellWriter for Hasher {
    fn int(&mut self, value: i64) {
        self.number(value);
    }
    fn text(&mut self, value: &str) {
        self.field(value.as_bytes());
    }
    fn blob(&mut self, value: &[u8]) {
        self.field(value);
    }
    fn none(&mut self, _: Type) {
        self.update(&[0xff; 5]);
    }
}

/// An identity in the zone: a person, a household, a staff member, a case …
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubjectId(pub u32);

impl SubjectId {
    /// As a dense index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl std::fmt::Display for SubjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Reads a row number or an act's number, which are never negative.
pub(crate) fn count(cells: &mut impl CellReader) -> Result<u64, BadCell> {
    let value = cells.int()?;
    u64::try_from(value).map_err(|_| BadCell { column: cells.position(), what: "is negative" })
}

pub(crate) fn opt_count(cells: &mut impl CellReader) -> Result<Option<u64>, BadCell> {
    match cells.opt_int()? {
        None => Ok(None),
        Some(value) => {
            u64::try_from(value).map(Some).map_err(|_| BadCell { column: cells.position(), what: "is negative" })
        }
    }
}

pub(crate) fn subject(cells: &mut impl CellReader) -> Result<SubjectId, BadCell> {
    let value = cells.int()?;
    u32::try_from(value).map(SubjectId).map_err(|_| BadCell { column: cells.position(), what: "is no subject" })
}

pub(crate) fn day(value: i64, column: usize) -> Result<Day, BadCell> {
    i32::try_from(value).map(Day).map_err(|_| BadCell { column, what: "is no day" })
}

pub(crate) fn format(cells: &mut impl CellReader) -> Result<(), BadCell> {
    if cells.int()? == FORMAT {
        return Ok(());
    }
    Err(BadCell { column: cells.position(), what: "is a format this release does not know" })
}

#[expect(clippy::cast_possible_wrap, reason = "row numbers stay far below 2^63")]
pub(crate) fn int(value: u64) -> i64 {
    value as i64
}

/// Everything one group of acts writes, table by table, in order of row number.
#[derive(Clone, Default, Debug, PartialEq)]
pub struct Rows {
    /// New identities.
    pub subjects: Vec<SubjectRow>,
    /// Facts.
    pub facts: Vec<FactRow>,
    /// Steps of cases.
    pub steps: Vec<StepRow>,
    /// Transfers.
    pub transfers: Vec<TransferRow>,
    /// Sealed bodies.
    pub bodies: Vec<BodyRow>,
    /// Deliveries.
    pub outbox: Vec<OutboxRow>,
    /// One record for every act.
    pub journal: Vec<JournalRow>,
    /// New keys, written before the rest is committed.
    pub keys: Vec<KeyRow>,
    /// Keys to destroy, after the rest is committed.
    pub forget: Vec<ForgetKey>,
}

/// A key to destroy, and the digests to take out of the blind index with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForgetKey {
    /// The key's row number.
    pub n: u64,
    /// Its digests, 16 bytes each.
    pub blind: Arc<[u8]>,
}

impl Rows {
    /// How many rows of evidence and keys these are.
    pub fn count(&self) -> usize {
        self.subjects.len()
            + self.facts.len()
            + self.steps.len()
            + self.transfers.len()
            + self.bodies.len()
            + self.outbox.len()
            + self.journal.len()
            + self.keys.len()
    }

    /// Takes another group's rows in, after its own.
    pub fn append(&mut self, mut more: Rows) {
        self.subjects.append(&mut more.subjects);
        self.facts.append(&mut more.facts);
        self.steps.append(&mut more.steps);
        self.transfers.append(&mut more.transfers);
        self.bodies.append(&mut more.bodies);
        self.outbox.append(&mut more.outbox);
        self.journal.append(&mut more.journal);
        self.keys.append(&mut more.keys);
        self.forget.append(&mut more.forget);
    }
}
