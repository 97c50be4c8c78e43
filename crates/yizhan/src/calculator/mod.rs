//! Calculators (计算器): what a tax, a premium or a late fee comes to, from a few answers; for residents without a script, for
//! terminals and officers by the API.
//!
//! Invariants: nothing is kept of what was asked; every result names what it rests on, its source and how sure we are of it; a
//! figure that is not known makes a result unknown, never zero.

pub mod http;
pub mod model;
pub mod page;
pub mod view;
