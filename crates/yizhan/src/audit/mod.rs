//! The journal as auditors read it.

pub mod http;
