//! What the engineer needs: health, readiness, metrics.

pub mod http;
