//! Repeats, places, shares. Pure.

use yizhan_kit::Day;

/// Of things in order of their days: for each, which of those before it lie within so many days.
pub fn repeats(days: &[Day], within: i32) -> Vec<Vec<usize>> {
    let before = |n: usize| (0..n).filter(|earlier| days[n].0 - days[*earlier].0 <= within).collect();
    (0..days.len()).map(before).collect()
}

/// Where somebody stands among those who signed up in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// There is a place: which.
    Place(usize),
    /// They wait: as which.
    Waits(usize),
}

/// Where the one at a position, counted from 0 among those who stayed, stands.
pub fn standing(position: usize, places: usize) -> Standing {
    if position < places { Standing::Place(position + 1) } else { Standing::Waits(position + 1 - places) }
}

/// Whether something that was done last on a day is still fresh.
pub fn is_fresh(last: Option<Day>, today: Day, days: i32) -> bool {
    last.is_some_and(|last| last <= today && today.0 - last.0 <= days)
}
