//! How long faults lasted: outages, times to repair, the part of a day on which a device could be used.

use super::Fault;
use crate::row::SubjectId;
use std::collections::VecDeque;

/// How many faults that are over are remembered.
const REMEMBERED: usize = 4096;

/// A fault that is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spell {
    /// Whose.
    pub device: SubjectId,
    /// What was wrong.
    pub fault: Fault,
    /// When it was well last, milliseconds.
    pub from: i64,
    /// When it was well again.
    pub to: i64,
}

/// The latest faults that are over, oldest first.
#[derive(Default, Debug)]
pub struct Spells(VecDeque<Spell>);

/// How long a kind of fault takes to repair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Repair {
    /// What was wrong.
    pub fault: Fault,
    /// How often.
    pub count: usize,
    /// The middle of the times to repair, milliseconds.
    pub median_ms: i64,
    /// The longest.
    pub longest_ms: i64,
}

impl Spells {
    pub(super) fn push(&mut self, spell: Spell) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(spell);
    }

    /// The faults of a device that ended since a moment, the latest first.
    pub fn of(&self, device: SubjectId, since: i64) -> impl Iterator<Item = &Spell> {
        self.0.iter().rev().filter(move |spell| spell.device == device && spell.to >= since)
    }

    /// How long each kind of fault took to repair, of those that ended since a moment, for some devices.
    pub fn repairs(&self, since: i64, of: impl Fn(SubjectId) -> bool) -> Vec<Repair> {
        let per_fault = Fault::ALL.into_iter().filter_map(|fault| {
            let ended = self.0.iter().filter(|spell| spell.fault == fault && spell.to >= since && of(spell.device));
            let mut lasted: Vec<i64> = ended.map(|spell| spell.to - spell.from).collect();
            lasted.sort_unstable();
            let longest_ms = *lasted.last()?;
            Some(Repair { fault, count: lasted.len(), median_ms: lasted[lasted.len() / 2], longest_ms })
        });
        per_fault.collect()
    }

    /// Of a thousand parts of the time from `since` to `now`, in how many a device was heard; `silent_since` when it is not now.
    pub fn heard_permille(&self, device: SubjectId, since: i64, now: i64, silent_since: Option<i64>) -> u32 {
        let over = self.of(device, since).filter(|spell| spell.fault == Fault::Silence);
        let open = silent_since.map_or(0, |from| now - from.max(since));
        let lost = over.map(|spell| spell.to - spell.from.max(since)).sum::<i64>() + open;
        let whole = (now - since).max(1);
        u32::try_from((whole - lost.min(whole)) * 1000 / whole).unwrap_or(0)
    }
}
