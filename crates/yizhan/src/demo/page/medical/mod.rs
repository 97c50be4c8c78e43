//! Five years of hospital bills whose layers come to what the targets say, by the settlement engine and through the hospital's desk
//! like everybody's; the claims of accident insurance beside them.
//!
//! The orchestra calls, in this order:
//! 1. `Medical::plan(&app, people, &wanted, (first, last), seed)` once the register, the payers and the desks of `demo/stay.rs` stand:
//!    computes every bill, or refuses by naming a figure;
//! 2. `medical.day(&app, day)` on each day in order, with the clock on that day: lets what is due happen, many at once;
//!
//! or `play(&app, &clock, &mut medical, |settled| …)`, which moves the clock through all days itself.
//!
//! | file | subject |
//! |---|---|
//! | `wanted` | what is to be met |
//! | `share` | a sum taken apart |
//! | `way` | which kinds of care let which layers pay |
//! | `plan` | the bills |
//! | `claim` | claims of accident insurance |
//! | `play` | the bills happen |
//! | `alone` | a zone of nothing else, for measuring |

mod alone;
mod claim;
mod plan;
mod play;
mod share;
mod wanted;
mod way;

pub use alone::{Played, alone};
pub use plan::{Patient, Planned, plan};
pub use play::{Medical, play};
pub use wanted::{Amount, Wanted};
pub use way::Span;
