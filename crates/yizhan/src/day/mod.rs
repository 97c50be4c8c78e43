//! The list of the day: what is due or late for whoever asks, household by household and place by place, so that one visit
//! does all that is owed there.
//!
//! Invariants: nothing of it is stored, it is computed from facts; whoever is not to know the ground of a duty reads its
//! discreet title, once, and neither its name nor the form that fulfils it; nobody outside the viewer's area is on it.

pub mod http;
pub mod model;
pub mod place;
pub mod rule;
pub mod trend;
pub mod view;
