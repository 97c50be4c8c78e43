//! Blank invoices: the stock by runs of numbers, who got which, what came back.
//!
//! Invariants: of a run no number is with two taxpayers, and a packet takes the lowest numbers that are free, so that there
//! is neither gap nor overlap; what is free is computed from the runs that stand in cases, never stored; how many a taxpayer
//! may have in a month is decided by the writer with the packet itself.

pub mod act;
pub mod http;
pub mod model;
pub mod rule;
pub mod view;
