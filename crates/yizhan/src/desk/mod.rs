//! An officer's desk: what waits there, what is due, and a signal when something changed.
//!
//! Invariants: every list and every count goes through the gate; a list is asked for by the page.

pub mod http;
