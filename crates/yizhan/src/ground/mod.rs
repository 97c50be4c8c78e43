//! The civic ground: where reports come from, on a map of our own; which stations are alive; activities that people sign up
//! for and are checked in at; campaigns and how far they have come.
//!
//! Invariants: every number is counted from cases and facts when it is asked for, and comes with what it counts; who has a place
//! at an activity follows from the order and from who stayed; a check-in needs the code of the day at the door, and counts once.

pub mod act;
pub mod http;
pub mod model;
pub mod page;
pub mod rule;
pub mod view;
