//! The rows a journal is about: its own record, identities, facts and steps.

use super::{
    BadCell, CellReader, CellWriter, FORMAT, Record, SubjectId, Table, Type, count, day, format, int, may, must,
    opt_count, subject,
};
use std::sync::Arc;
use yizhan_kit::{Day, Digest16, Hash32, Moment};

/// One accepted act: who did what when, and the hash that ties it to its predecessor and to its effect rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalRow {
    /// Its place in the zone's chain, from 1.
    pub seq: u64,
    /// When it was recorded; never earlier than its predecessor.
    pub at: Moment,
    /// Who did it: `system`, `resident`, `holder:7`, `staff:12` or `staff:12 for staff:9`.
    pub actor: Arc<str>,
    /// What was done.
    pub verb: Arc<str>,
    /// The digest of the idempotency key, with its scope; absent when the act had none.
    pub request_key: Option<Digest16>,
    /// The digest of the request, to tell a repeat from another body under the same key.
    pub request: Digest16,
    /// The adopted catalog it was decided under.
    pub catalog: u64,
    /// The subject the act is about.
    pub about: Option<SubjectId>,
    /// The row number of the last key made up to and including this act. Keys can be destroyed; that they were made cannot.
    pub keys: u64,
    /// The row number of the last body up to and including this act, for whoever reads the chain without bodies.
    pub last_body: u64,
    /// The hash over its sealed bodies, absent when it has none; so that the chain can be checked without reading them.
    pub bodies: Option<Hash32>,
    /// The chained hash.
    pub hash: Hash32,
}

impl Record for JournalRow {
    const TABLE: Table = Table {
        name: "journal",
        columns: &[
            must("seq", Type::Int),
            must("v", Type::Int),
            must("at", Type::Int),
            must("actor", Type::Text),
            must("verb", Type::Text),
            may("request_key", Type::Blob),
            must("request", Type::Blob),
            must("catalog", Type::Int),
            may("about", Type::Int),
            must("keys", Type::Int),
            must("last_body", Type::Int),
            may("bodies", Type::Blob),
            must("hash", Type::Blob),
        ],
    };
    fn write(&self, cells: &mut impl CellWriter) {
        self.write_hashed(cells);
        cells.blob(&self.hash.0);
    }
    fn read(cells: &mut impl CellReader) -> Result<Self, BadCell> {
        let seq = count(cells)?;
        format(cells)?;
        let at = Moment(cells.int()?);
        let actor = cells.text()?.into();
        let verb = cells.text()?.into();
        let request_key = match cells.opt_blob()? {
            None => None,
            Some(bytes) => match <[u8; 16]>::try_from(bytes) {
                Ok(bytes) => Some(Digest16(bytes)),
                Err(_) => return Err(BadCell { column: 5, what: "has the wrong length" }),
            },
        };
        let request = Digest16(cells.bytes()?);
        let catalog = count(cells)?;
        let about = match opt_count(cells)? {
            None => None,
            Some(n) => Some(SubjectId(u32::try_from(n).map_err(|_| BadCell { column: 8, what: "is no subject" })?)),
        };
        let keys = count(cells)?;
        let last_body = count(cells)?;
        let bodies = match cells.opt_blob()? {
            None => None,
            Some(bytes) => match <[u8; 32]>::try_from(bytes) {
                Ok(bytes) => Some(Hash32(bytes)),
                Err(_) => return Err(BadCell { column: 11, what: "has the wrong length" }),
            },
        };
        let hash = Hash32(cells.bytes()?);
        Ok(Self { seq, at, actor, verb, request_key, request, catalog, about, keys, last_body, bodies, hash })
    }
    fn n(&self) -> u64 {
        self.seq
    }
    fn seq(&self) -> u64 {
        self.seq
    }
}

impl JournalRow {
    /// Writes every column but the hash itself.
    pub fn write_hashed(&self, cells: &mut impl CellWriter) {
        cells.int(int(self.seq));
        cells.int(FORMAT);
        cells.int(self.at.0);
        cells.text(&self.actor);
        cells.text(&self.verb);
        cells.opt_blob(self.request_key.as_ref().map(|digest| &digest.0[..]));
        cells.blob(&self.request.0);
        cells.int(int(self.catalog));
        cells.opt_int(self.about.map(|subject| i64::from(subject.0)));
        cells.int(int(self.keys));
        cells.int(int(self.last_body));
        cells.opt_blob(self.bodies.as_ref().map(|hash| &hash.0[..]));
    }
}

/// A new identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectRow {
    /// The subject; its number is also the row's.
    pub id: SubjectId,
    /// The act.
    pub seq: u64,
    /// Its kind in the catalog, or the service's name for a case.
    pub kind: Arc<str>,
}

impl Record for SubjectRow {
    const TABLE: Table = Table {
        name: "subject",
        columns: &[must("n", Type::Int), must("seq", Type::Int), must("v", Type::Int), must("kind", Type::Text)],
    };
    fn write(&self, cells: &mut impl CellWriter) {
        cells.int(i64::from(self.id.0));
        cells.int(int(self.seq));
        cells.int(FORMAT);
        cells.text(&self.kind);
    }
    fn read(cells: &mut impl CellReader) -> Result<Self, BadCell> {
        let id = subject(cells)?;
        let seq = count(cells)?;
        format(cells)?;
        Ok(Self { id, seq, kind: cells.text()?.into() })
    }
    fn n(&self) -> u64 {
        u64::from(self.id.0)
    }
    fn seq(&self) -> u64 {
        self.seq
    }
}

/// What was true of a subject in an interval of days, and since when we know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FactRow {
    /// Row number.
    pub n: u64,
    /// The act that recorded it.
    pub seq: u64,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The attribute's full name, `household.cause`.
    pub attribute: Arc<str>,
    /// The value in its canonical text; absent for a sealed value and for a retraction.
    pub value: Option<Arc<str>>,
    /// The value sealed under `key`.
    pub sealed: Option<Arc<[u8]>>,
    /// The key it is sealed under.
    pub key: Option<u64>,
    /// The first day it holds.
    pub true_from: Day,
    /// The first day it no longer holds; absent while it is open-ended.
    pub true_to: Option<Day>,
    /// The row number of the fact recorded before it about the same subject, so that a history is read without an index.
    pub before: Option<u64>,
    /// Where it comes from: an act's name, a list, a paper.
    pub source: Arc<str>,
}

impl Record for FactRow {
    const TABLE: Table = Table {
        name: "fact",
        columns: &[
            must("n", Type::Int),
            must("seq", Type::Int),
            must("v", Type::Int),
            must("subject", Type::Int),
            must("attribute", Type::Text),
            may("value", Type::Text),
            may("sealed", Type::Blob),
            may("key", Type::Int),
            must("true_from", Type::Int),
            may("true_to", Type::Int),
            may("before", Type::Int),
            must("source", Type::Text),
        ],
    };
    fn write(&self, cells: &mut impl CellWriter) {
        cells.int(int(self.n));
        cells.int(int(self.seq));
        cells.int(FORMAT);
        cells.int(i64::from(self.subject.0));
        cells.text(&self.attribute);
        cells.opt_text(self.value.as_deref());
        cells.opt_blob(self.sealed.as_deref());
        cells.opt_int(self.key.map(int));
        cells.int(i64::from(self.true_from.0));
        cells.opt_int(self.true_to.map(|day| i64::from(day.0)));
        cells.opt_int(self.before.map(int));
        cells.text(&self.source);
    }
    fn read(cells: &mut impl CellReader) -> Result<Self, BadCell> {
        let n = count(cells)?;
        let seq = count(cells)?;
        format(cells)?;
        let subject = subject(cells)?;
        let attribute = cells.text()?.into();
        let value = cells.opt_text()?.map(Into::into);
        let sealed = cells.opt_blob()?.map(Into::into);
        let key = opt_count(cells)?;
        let true_from = day(cells.int()?, 8)?;
        let true_to = match cells.opt_int()? {
            None => None,
            Some(value) => Some(day(value, 9)?),
        };
        let before = opt_count(cells)?;
        let source = cells.text()?.into();
        Ok(Self { n, seq, subject, attribute, value, sealed, key, true_from, true_to, before, source })
    }
    fn n(&self) -> u64 {
        self.n
    }
    fn seq(&self) -> u64 {
        self.seq
    }
}

/// One step a case took. A case's state is the fold of its steps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepRow {
    /// Row number.
    pub n: u64,
    /// The act.
    pub seq: u64,
    /// The case.
    pub case: SubjectId,
    /// What happened: `open`, `sign`, `send-back` …
    pub verb: Arc<str>,
    /// The service's name when opening, else the step's or entry's name.
    pub name: Arc<str>,
    /// The area that has the case after this step.
    pub area: u64,
    /// The key of the case when it opens.
    pub key: Option<u64>,
    /// The sealed body that came with it.
    pub body: Option<u64>,
    /// The row number of the case's step before.
    pub before: Option<u64>,
}

impl Record for StepRow {
    const TABLE: Table = Table {
        name: "step",
        columns: &[
            must("n", Type::Int),
            must("seq", Type::Int),
            must("v", Type::Int),
            must("subject", Type::Int),
            must("verb", Type::Text),
            must("name", Type::Text),
            must("area", Type::Int),
            may("key", Type::Int),
            may("body", Type::Int),
            may("before", Type::Int),
        ],
    };
    fn write(&self, cells: &mut impl CellWriter) {
        cells.int(int(self.n));
        cells.int(int(self.seq));
        cells.int(FORMAT);
        cells.int(i64::from(self.case.0));
        cells.text(&self.verb);
        cells.text(&self.name);
        cells.int(int(self.area));
        cells.opt_int(self.key.map(int));
        cells.opt_int(self.body.map(int));
        cells.opt_int(self.before.map(int));
    }
    fn read(cells: &mut impl CellReader) -> Result<Self, BadCell> {
        let n = count(cells)?;
        let seq = count(cells)?;
        format(cells)?;
        Ok(Self {
            n,
            seq,
            case: subject(cells)?,
            verb: cells.text()?.into(),
            name: cells.text()?.into(),
            area: count(cells)?,
            key: opt_count(cells)?,
            body: opt_count(cells)?,
            before: opt_count(cells)?,
        })
    }
    fn n(&self) -> u64 {
        self.n
    }
    fn seq(&self) -> u64 {
        self.seq
    }
}
