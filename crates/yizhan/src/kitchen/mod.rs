//! A kitchen at its door (明厨亮灶): what everybody may know of it, its camera relayed to whoever looks, and whether the camera is
//! there.
//!
//! Invariants: the program asks no host but the gateways that its configuration names, whatever a fact says; what is fetched is
//! bounded in time and size and shared by everybody who looks; a kitchen with a wall of glass is never offline.

pub mod live;
pub mod page;
pub mod rule;
pub mod watch;
