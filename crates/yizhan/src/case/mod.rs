//! The counter: one way in and one way through for every service of the catalog. It knows forms, routes, entries and
//! duties; it knows no service by name.
//!
//! Invariants: answers are checked by the service's own form before they are sealed; nothing is acknowledged before it is
//! durable; every page is read through the gate.

pub mod act;
pub mod http;
pub mod learn;
pub mod model;
pub mod money;
pub mod named;
pub mod rule;
pub mod view;
pub mod visit;
