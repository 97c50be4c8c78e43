//! Papers: photos and files that belong to a case, taken in by pieces, looked at, made harmless, sealed.
//!
//! Invariants: what a file is, is told by its bytes and not by its name; a picture is drawn anew, so that nothing of it
//! is left but what one sees; a paper is known by the hash of its content, and the same content twice is one paper;
//! nothing of it is stored in the clear, pieces included; whoever opens one is on record. What may keep a
//! picture from being read is told at once; whether it will do is said by whoever takes the step, as an act.

pub mod act;
pub mod http;
pub mod link;
pub mod model;
pub mod rule;
pub mod upload;
pub mod view;
