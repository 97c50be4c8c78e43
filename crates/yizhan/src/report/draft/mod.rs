//! A report in the making: an officer says what is counted, sees what it comes to today, and proposes it as a file of the catalog
//! by a case that two colleagues sign.
//!
//! Invariants: a draft lives in the browser and changes nothing; it is read by the real loader and counted by the real counter;
//! what rests on something that is not theirs to see is not counted for whoever asks.

pub mod http;
pub mod model;
pub mod rule;
pub mod view;
