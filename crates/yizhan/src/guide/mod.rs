//! What there is: the front door, services with their forms, regions with their names. Nothing here is about anyone.

pub mod change;
pub mod help;
pub mod http;
pub mod model;
pub mod page;
pub mod rule;
pub mod view;
