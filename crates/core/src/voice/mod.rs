//! From what somebody said to what they want: pure, without a clock, a store or a service's name.
//!
//! A sentence is made comparable ([`script`]), key words are found in it as written, by sound and by sounds that are mixed
//! up ([`words`], [`sound`]), and the intents of the catalog are weighed by them ([`matcher`]); where none speaks, by
//! likeness to the questions people ask ([`likeness`]). A match acts by itself only when nothing is doubtful.
//! What matched nothing is kept without numbers and names ([`nameless`]).

pub mod likeness;
pub mod matcher;
pub mod nameless;
pub mod script;
pub mod sound;
pub mod speech;
pub mod terms;
#[cfg(test)]
mod tests;
pub mod words;

pub use matcher::Matcher;
pub use terms::{Common, Doubt, Heard as Reply, IntentWords, SayWords};
pub use words::By;
