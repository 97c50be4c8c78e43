//! An officer's desk: what waits there, what is due, every case of the area, the picture of it, and a signal when
//! something changed.
//!
//! Invariants: every list, count and file goes through the gate; a list is asked for by the page; that a list was taken
//! out of the program is on record; every number opens to the cases it counts.

pub mod board;
pub mod http;
pub mod live;
pub mod model;
pub mod rule;
pub mod view;
