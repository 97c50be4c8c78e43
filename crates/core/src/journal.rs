//! The chain: each record hashes its predecessor, itself and the stored bytes of its effect rows. Sealed bodies enter by
//! one hash of their own, so that the chain is checked at start without reading them; keys do not enter, because they may
//! be destroyed.

use crate::row::{JournalRow, Record, Rows, SubjectId};
use yizhan_kit::Hash32;
use yizhan_kit::digest::{HashKind, Hasher};

/// What the first record of a chain names as its predecessor.
pub fn genesis(kind: HashKind) -> Hash32 {
    yizhan_kit::digest::hash(kind, b"yizhan zone")
}

/// The hash of a record: over its predecessor's hash, its own columns and its effect rows without bodies.
pub fn record_hash(kind: HashKind, before: Hash32, record: &JournalRow, effects: &Rows) -> Hash32 {
    let mut hasher = Hasher::new(kind);
    hasher.update(&before.0);
    record.write_hashed(&mut hasher);
    add(&mut hasher, &effects.subjects);
    add(&mut hasher, &effects.facts);
    add(&mut hasher, &effects.steps);
    add(&mut hasher, &effects.transfers);
    add(&mut hasher, &effects.outbox);
    hasher.finish()
}

/// The hash over an act's sealed bodies; absent when it has none.
pub fn bodies_hash(kind: HashKind, effects: &Rows) -> Option<Hash32> {
    if effects.bodies.is_empty() {
        return None;
    }
    let mut hasher = Hasher::new(kind);
    add(&mut hasher, &effects.bodies);
    Some(hasher.finish())
}

fn add<R: Record>(hasher: &mut Hasher, rows: &[R]) {
    for row in rows {
        hasher.update(R::TABLE.name.as_bytes());
        row.write(hasher);
    }
}

/// The staff member who acted, if one did: `staff:12` or, as a deputy, `staff:12 for staff:9`.
pub fn staff_of(actor: &str) -> Option<SubjectId> {
    actor.strip_prefix("staff:")?.split(' ').next()?.parse().ok().map(SubjectId)
}
