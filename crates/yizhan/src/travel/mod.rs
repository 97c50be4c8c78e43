//! Journeys: which plan follows for whoever arrives, from where they come and what the list of risk areas says.
//!
//! What is fixed by law and season is data (`catalog/plan/journey.toml`); this room finds out the traits that the data
//! asks for: where a hand-written place is, which risk it had on the days before the arrival, which class that makes.
//! Chosen once, at the registration of the arrival, by the rules in force on that day; what was chosen is a fact of the
//! case, and no later rule changes it.

pub mod act;
pub mod http;
pub mod model;
pub mod rule;
pub mod view;
