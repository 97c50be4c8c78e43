//! Runs of numbers: what is left of them, the lowest of what is left, what is taken out of them. Pure arithmetic.

use super::model::Run;

/// What is left of a run after others of it are taken, in order. What is taken may touch, and lies within.
pub fn free(whole: Run, taken: &[Run]) -> Vec<Run> {
    let mut taken: Vec<&Run> = taken.iter().filter(|run| run.stock == whole.stock).collect();
    taken.sort_by_key(|run| run.first);
    let (mut left, mut at) = (Vec::new(), whole.first);
    for run in taken {
        if run.first > at {
            left.push(Run { stock: whole.stock, first: at, last: run.first - 1 });
        }
        at = at.max(run.last + 1);
    }
    if at <= whole.last {
        left.push(Run { stock: whole.stock, first: at, last: whole.last });
    }
    left
}

/// The first so many numbers of what is free; nothing when there are too few.
pub fn lowest(free: &[Run], count: u32) -> Option<Vec<Run>> {
    let (mut wanted, mut took) = (count, Vec::new());
    for run in free {
        if wanted == 0 {
            break;
        }
        let part = run.count().min(wanted);
        took.push(Run { last: run.first + part - 1, ..*run });
        wanted -= part;
    }
    (wanted == 0 && count > 0).then_some(took)
}

/// What is left of runs without another, and what of it they held.
pub fn without(runs: &[Run], other: Run) -> (Vec<Run>, Vec<Run>) {
    let (mut left, mut held) = (Vec::new(), Vec::new());
    for run in runs {
        let (first, last) = (run.first.max(other.first), run.last.min(other.last));
        if run.stock != other.stock || first > last {
            left.push(*run);
            continue;
        }
        held.push(Run { stock: run.stock, first, last });
        if run.first < first {
            left.push(Run { last: first - 1, ..*run });
        }
        if last < run.last {
            left.push(Run { first: last + 1, ..*run });
        }
    }
    (left, held)
}

/// Runs in order, those that touch made one.
pub fn joined(mut runs: Vec<Run>) -> Vec<Run> {
    runs.sort_by_key(|run| (run.stock, run.first));
    let mut all: Vec<Run> = Vec::new();
    for run in runs {
        match all.last_mut().filter(|last| last.stock == run.stock && last.last + 1 == run.first) {
            Some(last) => last.last = run.last,
            None => all.push(run),
        }
    }
    all
}

/// How many numbers there are in runs.
pub fn count(runs: &[Run]) -> u32 {
    runs.iter().map(Run::count).sum()
}

/// A number as it is printed: eight digits.
pub fn printed(number: u32) -> String {
    format!("{number:08}")
}
