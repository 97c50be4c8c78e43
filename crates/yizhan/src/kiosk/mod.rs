//! What a terminal in a hall shows people: which services it offers, codes to be scanned, answers handed over to a phone.
//!
//! Nothing of a person stays here: what is handed over lies in memory under a code, for a quarter of an hour, and is gone
//! when it is taken. What is handed in goes through the same door as from any browser.

pub mod act;
pub mod http;
pub mod model;
pub mod page;
pub mod view;
