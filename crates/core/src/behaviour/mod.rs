//! What people find hard at the terminals, from visits of nobody in particular: steps with durations, errors, give-ups and
//! calls for help. A visit keeps a module, a hall and an hour; whoever came is not in it, and two visits of one person
//! cannot be told from two people's. Pure: packed in memory, counted in one walk.
//!
//! | file | holds |
//! |---|---|
//! | `pack.rs` | visits in twenty bytes, steps in four; days as bytes that explain themselves |
//! | `funnel.rs` | by module and step: reached, done, lost, how long; volume by module, hour and hall |
//! | `difficulty.rs` | what stands out: 难点, 堵点, 痛点, with evidence |
//! | `change.rs` | the order of the home screen; before and after a change |
//! | `planted.rs` | visits made by seed with difficulties planted in them |

mod change;
mod difficulty;
mod funnel;
mod pack;
pub mod planted;
#[cfg(test)]
mod tests;

pub use change::{Changed, Measure, Order, Ordered, Turn, compare, order};
pub use difficulty::{Difficulty, Sign, Sort, difficulties};
pub use funnel::{Asked, Funnel, StepRow, Volume, funnels, volume};
pub use pack::{Ending, StepOf, Took, Visit, VisitOf, Visits, What};

/// The square of how many standard deviations a share lies off what is expected, in hundredths; with integers, because what
/// decides whether something is shown must come out the same everywhere. `hits` of `n`, where `expected` in a million hit.
fn surprise(hits: u64, n: u64, expected_ppm: u64) -> u64 {
    let (hits, n, p) = (i128::from(hits), i128::from(n), i128::from(expected_ppm.clamp(1, 999_999)));
    // (hits − n·p)² ÷ (n·p·(1 − p)), p in millionths.
    let off = hits * 1_000_000 - n * p;
    let spread = n * p * (1_000_000 - p);
    if spread == 0 { 0 } else { u64::try_from(off * off * 100 / spread).unwrap_or(u64::MAX) }
}

/// A share in millionths.
fn ppm(part: u64, whole: u64) -> u64 {
    (part * 1_000_000).checked_div(whole).unwrap_or(0)
}
