//! What there is: services with their forms, regions with their names. Nothing here is about anyone.

pub mod http;
