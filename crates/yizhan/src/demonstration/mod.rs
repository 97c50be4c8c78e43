//! What only a demonstration has: a clock that is moved, sign-in with one click, text messages in the open.
//!
//! Invariant: in a real zone nothing here answers anything but a refusal.

pub mod http;
pub mod page;
