//! Reconciliation: lists of passengers, vehicles and guests held against the declarations.
//!
//! A list is a case of the service `arrival-list`: who handed it over and on what ground is its form, its rows are one
//! sealed entry, and its key is destroyed when its days are over. What a row comes to is computed whenever it is looked at,
//! never stored; what people decide (the same person, or not) is kept for later lists, under a digest that names nobody.

pub mod act;
pub mod http;
pub mod model;
pub mod rule;
pub mod view;
