//! What the engineer needs: health, readiness, metrics, a doctor.

pub mod doctor;
pub mod http;
