//! Paying (资金发放): lines that a programme comes to, computed from the register, frozen by a signature, set aside by
//! another, sent to the bank as a file and matched with its answer; what accounts hold and how it came there.
//!
//! Invariants: no line is computed but by the rule that its programme names, or adjusted without a reason; what was signed
//! is what is paid, whatever the register says later; a person is paid once for a period of a programme; only what failed
//! is paid again; no rule stops a payment by itself, it holds the line back for people to decide.

pub mod account;
pub mod bank;
pub mod booked;
pub mod frozen;
pub mod http;
pub mod lines;
pub mod model;
pub mod opening;
pub mod place;
pub mod records;
pub mod rule;
pub mod trace;
pub mod view;
pub mod watch;
