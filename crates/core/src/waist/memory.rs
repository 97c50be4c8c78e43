//! The engine in memory, for tests and simulation: the same promises, and faults on demand.

use super::{AppendError, Head, Working};
use crate::row::{BodyRow, FactRow, JournalRow, KeyRow, OutboxRow, Record, Rows, StepRow, SubjectRow, TransferRow};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use yizhan_kit::{Hash32, Moment};

/// What goes wrong with the next append.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// It is refused like this, and nothing is written.
    Fails(AppendError),
    /// It is written, but the answer is lost.
    WrittenAnswerLost,
    /// It is not written, and the answer is lost.
    NotWrittenAnswerLost,
}

#[derive(Default)]
struct Store {
    head: Option<Head>,
    rows: Rows,
    trouble: VecDeque<Trouble>,
    /// Refuses any group that holds a body with these bytes.
    poison: Option<Vec<u8>>,
    head_fails: u32,
    spares_keys: bool,
}

/// A zone in memory.
#[derive(Clone)]
pub struct Memory {
    store: Arc<Mutex<Store>>,
}

/// Reads a zone in memory.
#[derive(Clone)]
pub struct MemoryReader {
    store: Arc<Mutex<Store>>,
}

/// A row that the memory engine can find in its rows.
pub trait Stored: Record + Clone + Send + 'static {
    /// Its table.
    fn of(rows: &Rows) -> &[Self];
}

macro_rules! stored {
    ($($row:ty => $field:ident),* $(,)?) => {
        $(impl Stored for $row {
            fn of(rows: &Rows) -> &[Self] {
                &rows.$field
            }
        })*
    };
}

stored! {
    SubjectRow => subjects, FactRow => facts, StepRow => steps, TransferRow => transfers,
    BodyRow => bodies, OutboxRow => outbox, JournalRow => journal, KeyRow => keys,
}

impl Memory {
    /// An empty zone whose chain begins with this hash.
    pub fn new(genesis: Hash32) -> Self {
        let head = Some(Head { epoch: 1, seq: 0, hash: genesis });
        Self { store: Arc::new(Mutex::new(Store { head, ..Store::default() })) }
    }

    /// A store of its own that holds what this one holds now.
    pub fn copy(&self) -> Self {
        let store = self.store();
        let copy = Store { head: store.head, rows: store.rows.clone(), ..Store::default() };
        Self { store: Arc::new(Mutex::new(copy)) }
    }

    /// Arranges what goes wrong next, in order.
    pub fn will_suffer(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.store().trouble.extend(troubles);
    }

    /// What was arranged and did not happen yet does not happen.
    pub fn will_suffer_nothing(&self) {
        let mut store = self.store();
        store.trouble.clear();
        store.head_fails = 0;
    }

    /// Refuses, from now on, any row whose body is this.
    pub fn poison(&self, body: &[u8]) {
        self.store().poison = Some(body.to_vec());
    }

    /// Cannot be asked for its head so many times.
    pub fn head_will_fail(&self, times: u32) {
        self.store().head_fails = times;
    }

    /// Destroys no key from now on, as an owner that dies first, or does again.
    pub fn destroys_keys(&self, does: bool) {
        self.store().spares_keys = !does;
    }

    /// Everything kept.
    pub fn rows(&self) -> Rows {
        self.store().rows.clone()
    }

    pub(super) fn append(&self, epoch: u64, expected_seq: u64, hash: Hash32, rows: &Rows) -> Result<(), AppendError> {
        let mut store = self.store();
        let trouble = store.trouble.pop_front();
        match &trouble {
            Some(Trouble::Fails(error)) => return Err(error.clone()),
            Some(Trouble::NotWrittenAnswerLost) => return Err(AppendError::Unknown("answer lost".into())),
            Some(Trouble::WrittenAnswerLost) | None => {}
        }
        let head = store.head.expect("a zone in memory has a head");
        if head.epoch != epoch || head.seq != expected_seq {
            return Err(AppendError::Fenced);
        }
        if let Some(poison) = &store.poison
            && rows.bodies.iter().any(|row| *row.sealed == **poison)
        {
            return Err(AppendError::Refused("poisoned row".into()));
        }
        let seq = rows.journal.last().map_or(expected_seq, |row| row.seq);
        store.head = Some(Head { epoch, seq, hash });
        store.rows.append(rows.clone());
        if trouble.is_some() { Err(AppendError::Unknown("answer lost".into())) } else { Ok(()) }
    }

    pub(super) fn head(&self) -> Result<Head, String> {
        let mut store = self.store();
        if store.head_fails > 0 {
            store.head_fails -= 1;
            return Err("the head cannot be read".into());
        }
        Ok(store.head.expect("a zone in memory has a head"))
    }

    pub(super) fn settled_head(&self) -> Result<Head, String> {
        self.head()
    }

    pub(super) fn forget(&self, keys: &[u64]) {
        let mut store = self.store();
        if !store.spares_keys {
            store.rows.keys.retain(|row| !keys.contains(&row.n));
        }
    }

    /// A zone into which a restore begins, while nothing is in it.
    pub(super) fn found_unfinished(&self) {
        let mut store = self.store();
        let head = store.head.as_mut().expect("a zone in memory has a head");
        if head.seq == 0 {
            head.epoch = 0;
        }
    }

    /// A restore is over.
    pub(super) fn begin(&self, epoch: u64) {
        let mut store = self.store();
        let head = store.head.as_mut().expect("a zone in memory has a head");
        if head.epoch == 0 {
            head.epoch = epoch;
        }
    }

    pub(super) fn rewrap(&self, keys: &[super::rewrap::Rewrapped]) -> usize {
        let mut store = self.store();
        let mut changed = 0;
        for (n, before, after) in keys {
            for row in store.rows.keys.iter_mut().filter(|row| row.n == *n && row.wrapped == *before) {
                row.wrapped = after.clone();
                changed += 1;
            }
        }
        changed
    }

    pub(super) fn take_over(&self) -> u64 {
        let mut store = self.store();
        let head = store.head.as_mut().expect("a zone in memory has a head");
        head.epoch += 1;
        head.epoch
    }

    /// Reads beside the owner.
    pub fn reader(&self) -> MemoryReader {
        MemoryReader { store: self.store.clone() }
    }

    fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store.lock().expect("no panic while the store is held")
    }
}

impl MemoryReader {
    pub(super) fn page<R: Stored>(&self, after: i64, limit: usize) -> Vec<R> {
        let store = self.store.lock().expect("no panic while the store is held");
        let rows = R::of(&store.rows);
        rows.iter().filter(|row| i64::try_from(row.n()).is_ok_and(|n| n > after)).take(limit).cloned().collect()
    }

    pub(super) fn sealed_facts(&self, after: i64, limit: usize) -> Vec<FactRow> {
        let store = self.store.lock().expect("no panic while the store is held");
        let sealed = |row: &&FactRow| row.sealed.is_some() && i64::try_from(row.n).is_ok_and(|n| n > after);
        store.rows.facts.iter().filter(sealed).take(limit).cloned().collect()
    }

    pub(super) fn one<R: Stored>(&self, n: u64) -> Option<R> {
        let store = self.store.lock().expect("no panic while the store is held");
        R::of(&store.rows).iter().find(|row| row.n() == n).cloned()
    }

    pub(super) fn backwards<R: Stored>(&self, last: u64, before: impl Fn(&R) -> Option<u64>) -> Vec<R> {
        let first: Option<R> = self.one(last);
        std::iter::successors(first, |row| before(row).and_then(|n| self.one(n))).collect()
    }

    pub(super) fn head(&self) -> Head {
        self.store.lock().expect("no panic while the store is held").head.expect("a zone in memory has a head")
    }
}

/// Working state in memory.
#[derive(Default)]
pub struct MemoryWorking {
    kept: BTreeMap<(String, String), (Vec<u8>, Moment)>,
}

impl Working for MemoryWorking {
    fn put(&mut self, kind: &str, name: &str, value: &[u8], until: Moment) -> Result<(), String> {
        self.kept.insert((kind.to_owned(), name.to_owned()), (value.to_vec(), until));
        Ok(())
    }

    fn get(&mut self, kind: &str, name: &str, now: Moment) -> Result<Option<Vec<u8>>, String> {
        let found = self.kept.get(&(kind.to_owned(), name.to_owned())).filter(|(_, until)| *until > now);
        Ok(found.map(|(value, _)| value.clone()))
    }

    fn delete(&mut self, kind: &str, name: &str) -> Result<(), String> {
        self.kept.remove(&(kind.to_owned(), name.to_owned()));
        Ok(())
    }

    fn list(&mut self, kind: &str, now: Moment) -> Result<Vec<(String, Vec<u8>)>, String> {
        let of_kind = self.kept.iter().filter(|((found, _), (_, until))| found == kind && *until > now);
        Ok(of_kind.map(|((_, name), (value, _))| (name.clone(), value.clone())).collect())
    }

    fn sweep(&mut self, now: Moment) -> Result<(), String> {
        self.kept.retain(|_, (_, until)| *until > now);
        Ok(())
    }
}

#[cfg(test)]
#[test]
fn every_evidence_table_is_kept() {
    assert_eq!(super::statements::EVIDENCE.len(), 7, "a new table belongs into `Rows`, the loader and `stored!`");
}
