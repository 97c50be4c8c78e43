//! Tables that people bring: Excel and CSV, with the columns in any order and under any of their usual names.
//!
//! Invariants: a cell is text, never a formula; nothing is guessed that can mean two things; every row that cannot be
//! read names its cells and why; reading a table stores nothing.

pub mod act;
pub mod http;
pub mod model;
pub mod rule;
