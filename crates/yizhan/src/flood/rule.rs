//! Buckets, and the work that is asked for. Pure.

use std::collections::HashMap;
use std::hash::Hash;
use yizhan_kit::Moment;
use yizhan_kit::digest::{HashKind, hash};

/// Buckets that fill by and by: each may be taken from as long as something is in it.
pub struct Buckets<K> {
    size: u32,
    /// Milliseconds until one more is in a bucket.
    refill_ms: i64,
    /// How many are in each, and since when it is so.
    known: HashMap<K, (u32, Moment)>,
    /// When the full ones were dropped last.
    swept: Moment,
}

/// How often the full ones are dropped, at most.
const SWEEP_MS: i64 = 60_000;

/// How many buckets are remembered before the full ones are dropped.
const REMEMBERED: usize = 100_000;

impl<K: Hash + Eq> Buckets<K> {
    /// Buckets of a size that fill within a time.
    pub fn new(size: u32, within_ms: i64) -> Self {
        Self { size, refill_ms: (within_ms / i64::from(size.max(1))).max(1), known: HashMap::new(), swept: Moment(0) }
    }

    /// Takes one out of a bucket, or says after how many milliseconds there is one.
    ///
    /// # Errors
    /// The milliseconds.
    pub fn take(&mut self, key: K, now: Moment) -> Result<(), i64> {
        let (size, refill_ms) = (self.size, self.refill_ms);
        let filled = |(left, since): (u32, Moment)| {
            let more = u32::try_from((now.0 - since.0).max(0) / refill_ms).unwrap_or(u32::MAX);
            let left_now = left.saturating_add(more).min(size);
            let since = if left_now == size { now } else { since.plus_ms(i64::from(more) * refill_ms) };
            (left_now, since)
        };
        if self.known.len() >= REMEMBERED && now.0 - self.swept.0 >= SWEEP_MS {
            self.known.retain(|_, bucket| filled(*bucket).0 < size);
            self.swept = now;
        }
        if self.known.len() >= REMEMBERED * 4 {
            // Whoever sends so many is not stopped by what is remembered of them; memory is.
            self.known.clear();
        }
        let bucket = self.known.entry(key).or_insert((size, now));
        let (left, since) = filled(*bucket);
        if left == 0 {
            *bucket = (0, since);
            return Err((since.0 + refill_ms - now.0).max(1));
        }
        *bucket = (left - 1, since);
        Ok(())
    }
}

/// Whether an answer solves a challenge: the SHA-256 of `challenge:answer` begins with so many zero bits.
pub fn solves(challenge: &str, answer: &str, bits: u32) -> bool {
    let digest = hash(HashKind::Sha256, format!("{challenge}:{answer}").as_bytes());
    let mut zeros = 0;
    for byte in digest.0 {
        zeros += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    zeros >= bits
}
