//! The rows that carry money, sealed papers, deliveries and keys.

use super::{
    BadCell, CellReader, CellWriter, FORMAT, Record, SubjectId, Table, Type, count, format, int, may, must, opt_count,
    subject,
};
use std::sync::Arc;
use yizhan_kit::Digest16;

/// Money between two accounts, in one of its two phases. The ledger's rules are in `ledger`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransferRow {
    /// Row number.
    pub n: u64,
    /// The act.
    pub seq: u64,
    /// The signed case that allows it.
    pub case: SubjectId,
    /// `pending`, `post`, `void`, or `direct` for both phases at once.
    pub phase: Arc<str>,
    /// The pending transfer that a post or a void settles.
    pub pending: Option<u64>,
    /// The fund, within which debits equal credits.
    pub fund: Arc<str>,
    /// The account that gives.
    pub debit: SubjectId,
    /// The account that receives.
    pub credit: SubjectId,
    /// The amount in fen, more than nothing.
    pub amount_fen: i64,
    /// The rule or programme it follows, by name.
    pub rule: Option<Arc<str>>,
}

impl Record for TransferRow {
    const TABLE: Table = Table {
        name: "transfer",
        columns: &[
            must("n", Type::Int),
            must("seq", Type::Int),
            must("v", Type::Int),
            must("subject", Type::Int),
            must("phase", Type::Text),
            may("pending", Type::Int),
            must("fund", Type::Text),
            must("debit", Type::Int),
            must("credit", Type::Int),
            must("amount_fen", Type::Int),
            may("rule", Type::Text),
        ],
    };
    fn write(&self, cells: &mut impl CellWriter) {
        cells.int(int(self.n));
        cells.int(int(self.seq));
        cells.int(FORMAT);
        cells.int(i64::from(self.case.0));
        cells.text(&self.phase);
        cells.opt_int(self.pending.map(int));
        cells.text(&self.fund);
        cells.int(i64::from(self.debit.0));
        cells.int(i64::from(self.credit.0));
        cells.int(self.amount_fen);
        cells.opt_text(self.rule.as_deref());
    }
    fn read(cells: &mut impl CellReader) -> Result<Self, BadCell> {
        let n = count(cells)?;
        let seq = count(cells)?;
        format(cells)?;
        Ok(Self {
            n,
            seq,
            case: subject(cells)?,
            phase: cells.text()?.into(),
            pending: opt_count(cells)?,
            fund: cells.text()?.into(),
            debit: subject(cells)?,
            credit: subject(cells)?,
            amount_fen: cells.int()?,
            rule: cells.opt_text()?.map(Into::into),
        })
    }
    fn n(&self) -> u64 {
        self.n
    }
    fn seq(&self) -> u64 {
        self.seq
    }
}

/// A sealed form, paper or note. An adopted catalog is a body too, without a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BodyRow {
    /// Row number.
    pub n: u64,
    /// The act.
    pub seq: u64,
    /// The key it is sealed under; absent for what is public.
    pub key: Option<u64>,
    /// The sealed bytes.
    pub sealed: Arc<[u8]>,
}

impl Record for BodyRow {
    const TABLE: Table = Table {
        name: "body",
        columns: &[
            must("n", Type::Int),
            must("seq", Type::Int),
            must("v", Type::Int),
            may("key", Type::Int),
            must("sealed", Type::Blob),
        ],
    };
    fn write(&self, cells: &mut impl CellWriter) {
        cells.int(int(self.n));
        cells.int(int(self.seq));
        cells.int(FORMAT);
        cells.opt_int(self.key.map(int));
        cells.blob(&self.sealed);
    }
    fn read(cells: &mut impl CellReader) -> Result<Self, BadCell> {
        let n = count(cells)?;
        let seq = count(cells)?;
        format(cells)?;
        let key = opt_count(cells)?;
        let sealed = cells.opt_blob()?.ok_or(BadCell { column: 4, what: "is null" })?.into();
        Ok(Self { n, seq, key, sealed })
    }
    const FIRST_PAGE: usize = 32;
    fn weight(&self) -> usize {
        self.sealed.len()
    }
    fn n(&self) -> u64 {
        self.n
    }
    fn seq(&self) -> u64 {
        self.seq
    }
}

/// Something to deliver after the commit, at least once, under a stable key: `<zone>/<n>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutboxRow {
    /// Row number, the stable key within the zone.
    pub n: u64,
    /// The act.
    pub seq: u64,
    /// What kind of delivery: `sms`.
    pub kind: Arc<str>,
    /// The key its payload is sealed under.
    pub key: Option<u64>,
    /// The payload.
    pub payload: Arc<[u8]>,
}

impl Record for OutboxRow {
    const TABLE: Table = Table {
        name: "outbox",
        columns: &[
            must("n", Type::Int),
            must("seq", Type::Int),
            must("v", Type::Int),
            must("kind", Type::Text),
            may("key", Type::Int),
            must("payload", Type::Blob),
        ],
    };
    fn write(&self, cells: &mut impl CellWriter) {
        cells.int(int(self.n));
        cells.int(int(self.seq));
        cells.int(FORMAT);
        cells.text(&self.kind);
        cells.opt_int(self.key.map(int));
        cells.blob(&self.payload);
    }
    fn read(cells: &mut impl CellReader) -> Result<Self, BadCell> {
        let n = count(cells)?;
        let seq = count(cells)?;
        format(cells)?;
        let kind = cells.text()?.into();
        let key = opt_count(cells)?;
        let payload = cells.opt_blob()?.ok_or(BadCell { column: 5, what: "is null" })?.into();
        Ok(Self { n, seq, kind, key, payload })
    }
    fn n(&self) -> u64 {
        self.n
    }
    fn seq(&self) -> u64 {
        self.seq
    }
}

/// A key of one person and purpose, wrapped under the zone's key, with its blind index. It lives in a store of its own
/// and is the one kind of row that is ever deleted: that is what forgetting is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyRow {
    /// Row number, by which sealed rows name it.
    pub n: u64,
    /// The act that made it.
    pub seq: u64,
    /// Whose it is.
    pub subject: SubjectId,
    /// What for: `journey`, `register` …
    pub purpose: Arc<str>,
    /// The wrapped key.
    pub wrapped: Arc<[u8]>,
    /// Keyed digests by which the person is found: 16 bytes each, one after another.
    pub blind: Arc<[u8]>,
}

impl KeyRow {
    /// The digests of the blind index.
    pub fn digests(&self) -> impl Iterator<Item = Digest16> + '_ {
        self.blind.chunks_exact(16).map(|bytes| Digest16(bytes.try_into().expect("chunks of sixteen bytes")))
    }
}

impl Record for KeyRow {
    const TABLE: Table = Table {
        name: "key",
        columns: &[
            must("n", Type::Int),
            must("seq", Type::Int),
            must("v", Type::Int),
            must("subject", Type::Int),
            must("purpose", Type::Text),
            must("wrapped", Type::Blob),
            must("blind", Type::Blob),
        ],
    };
    fn write(&self, cells: &mut impl CellWriter) {
        cells.int(int(self.n));
        cells.int(int(self.seq));
        cells.int(FORMAT);
        cells.int(i64::from(self.subject.0));
        cells.text(&self.purpose);
        cells.blob(&self.wrapped);
        cells.blob(&self.blind);
    }
    fn read(cells: &mut impl CellReader) -> Result<Self, BadCell> {
        let n = count(cells)?;
        let seq = count(cells)?;
        format(cells)?;
        let subject = subject(cells)?;
        let purpose = cells.text()?.into();
        let wrapped = cells.opt_blob()?.ok_or(BadCell { column: 5, what: "is null" })?.into();
        let blind: Arc<[u8]> = cells.opt_blob()?.ok_or(BadCell { column: 6, what: "is null" })?.into();
        if !blind.len().is_multiple_of(16) {
            return Err(BadCell { column: 6, what: "has the wrong length" });
        }
        Ok(Self { n, seq, subject, purpose, wrapped, blind })
    }
    fn n(&self) -> u64 {
        self.n
    }
    fn seq(&self) -> u64 {
        self.seq
    }
}
