//! The register (建档立卡): every household held against the rules of the catalog, as of any day and as known at any act.
//!
//! Invariants: nothing here is ticked off, what is missing is computed from facts and gone when the fact arrives; a viewer
//! is told how a rule came out only where they may see everything it reads; no rule stops or reclaims anything, it opens a
//! case; asking what another parameter would do writes nothing.

pub mod columns;
pub mod duty;
pub mod export;
pub mod household;
pub mod http;
pub mod import;
pub mod model;
pub mod past;
pub mod rule;
pub mod slider;
pub mod view;
