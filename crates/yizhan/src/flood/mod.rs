//! A flood: no account is needed to declare, so everyone may come, and somebody may send a million.
//!
//! Whoever comes through the public door is let in at a measured pace: so many declarations a minute from one address, so
//! many a day with one telephone number. Only while the queue is long is something asked for: a little work by the
//! browser's script, or a little patience where there is none. What was let in once is let in again under the same key.
//! All of it is kept in memory, as digests, and forgotten by the minute or the day.
//!
//! Whoever is signed in goes ahead of everybody else ([`lane`]).
//!
//! Staff, and whoever reaches the program on its own machine without a proxy between, are not measured.

pub mod act;
pub mod lane;
pub mod rule;
