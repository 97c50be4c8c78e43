//! An index from digests to row numbers that only grows. It is shared by every snapshot: a reader ignores entries that
//! lie beyond its own seq, so no copy is made. Sharded, because one doubling of one big table would stall everyone.

use hashbrown::HashTable;
use std::collections::HashSet;
use std::sync::RwLock;
use yizhan_kit::Digest16;

const SHARDS: usize = 64;

/// Digest → candidates. It keeps 24 bits of each digest; the caller compares the whole digest at the row.
pub struct DigestIndex {
    shards: Vec<RwLock<HashTable<Entry>>>,
}

/// Twenty-four bits of a digest and a row number, in seven bytes: there is one for every act and two for every person.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry {
    tag: [u8; 3],
    n: [u8; 4],
}

impl Entry {
    fn new(digest: Digest16, n: u32) -> Self {
        Self { tag: [digest.0[0], digest.0[1], digest.0[2]], n: n.to_le_bytes() }
    }

    /// Digests are uniform already; the table wants its control bits at the top.
    fn hash(self) -> u64 {
        u64::from(u32::from_le_bytes([self.tag[0], self.tag[1], self.tag[2], 0])).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn n(self) -> u32 {
        u32::from_le_bytes(self.n)
    }
}

impl Default for DigestIndex {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| RwLock::default()).collect() }
    }
}

impl DigestIndex {
    /// Adds a row under a digest.
    pub fn insert(&self, digest: Digest16, n: u32) {
        let entry = Entry::new(digest, n);
        let mut shard = self.shard(digest).write().expect("no panic while an index is held");
        shard.insert_unique(entry.hash(), entry, |entry| entry.hash());
    }

    /// The row numbers that may belong to a digest, in no order.
    pub fn candidates(&self, digest: Digest16) -> Vec<u32> {
        let wanted = Entry::new(digest, 0);
        let shard = self.shard(digest).read().expect("no panic while an index is held");
        shard.iter_hash(wanted.hash()).filter(|entry| entry.tag == wanted.tag).map(|entry| entry.n()).collect()
    }

    /// Whether any row may belong to a digest: the common answer is no, and costs no allocation.
    pub fn may_have(&self, digest: Digest16) -> bool {
        let wanted = Entry::new(digest, 0);
        let shard = self.shard(digest).read().expect("no panic while an index is held");
        shard.find(wanted.hash(), |entry| entry.tag == wanted.tag).is_some()
    }

    /// Takes a row out, when what it pointed to is forgotten.
    pub fn remove(&self, digest: Digest16, n: u32) {
        let wanted = Entry::new(digest, n);
        let mut shard = self.shard(digest).write().expect("no panic while an index is held");
        if let Ok(found) = shard.find_entry(wanted.hash(), |entry| *entry == wanted) {
            found.remove();
        }
    }

    /// Takes out the rows whose digests nobody knows any more: everything is looked through.
    pub fn strike(&self, rows: &HashSet<u32>) {
        for shard in &self.shards {
            shard.write().expect("no panic while an index is held").retain(|entry| !rows.contains(&entry.n()));
        }
    }

    fn shard(&self, digest: Digest16) -> &RwLock<HashTable<Entry>> {
        &self.shards[digest.0[15] as usize % SHARDS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_inserted_and_nothing_else() {
        let index = DigestIndex::default();
        let digest =
            |n: u32| Digest16(u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_le_bytes());
        for n in 0..10_000 {
            index.insert(digest(n), n);
        }
        for n in 0..10_000 {
            assert!(index.candidates(digest(n)).contains(&n));
        }
        index.remove(digest(7), 7);
        assert!(!index.candidates(digest(7)).contains(&7));
        index.strike(&HashSet::from([8, 9]));
        assert!([8, 9].iter().all(|n| !index.candidates(digest(*n)).contains(n)));
        assert!(index.candidates(digest(10)).contains(&10));
        let strangers = (10_000..20_000).filter(|n| index.may_have(digest(*n))).count();
        assert!(strangers < 10, "{strangers} false candidates among ten thousand strangers");
    }
}
