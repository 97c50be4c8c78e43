//! Field work without a network: a worker's phone is enrolled with a second factor, takes the day's list along, keeps it
//! sealed under a PIN, and sends what was filled in when there is a network again, each visit once.
//!
//! Invariants: of a phone's secret only a digest is kept; its sessions are short and are not drawn out by use, so that a
//! phone that was revoked is out with its next request; that it was enrolled or revoked is an act on record, while the phone
//! itself is working state: when that is lost, it is enrolled again.

pub mod act;
pub mod http;
pub mod model;
pub mod page;
pub mod rule;
pub mod view;
