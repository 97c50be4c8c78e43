//! What residents see: plain pages that work on an old phone with no script and no style.
//!
//! Invariants: a page is at most 30 KB; every page works with scripts off; a form sent twice is one case.

pub mod card;
pub mod enter;
pub mod form;
pub mod http;
pub mod mine;
pub mod page;
pub mod receipt;
pub mod unit;
