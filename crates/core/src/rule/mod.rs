//! Rules: pure, dated functions from facts to a verdict, an amount or a named value, with their reasons.
//!
//! An expression of the catalog (CEL) is parsed by the `cel` crate, checked against the types of attributes and
//! parameters, and compiled into a graph of columns ([`Program`]), which a [`Run`] computes for many subjects at a time:
//! the same whether a million are judged or one. A verdict has three values: what is not known names the missing fact.
//! Money is integer fen, ratios are ten-thousandths, and no rule can see a clock: the day is given.

mod arithmetic;
mod calls;
mod compile;
mod explain;
mod lanes;
mod money;
mod part;
mod plain;
mod program;
mod run;
mod source;
#[cfg(test)]
mod tests;
mod told;
mod types;

pub use arithmetic::share;
pub use compile::{Let, Mistaken, Vocabulary, compile, variable};
pub use explain::{Ground, GroundOf};
pub use lanes::{Bits, Lanes, Truths};
pub use part::Part;
pub use plain::{Asked, Plain};
pub use program::{NodeIx, Program};
pub use run::{NOWHERE, Run, Source};
pub use source::{Lent, OfImage, number};
pub use told::{OfTold, Told};
pub use types::Type;
