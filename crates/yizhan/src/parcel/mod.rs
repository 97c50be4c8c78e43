//! Parcels: handed to a carrier when a step is signed, followed, and what the carrier says moves the case.
//!
//! A parcel is a subject that names its case. Ordering it and asking after it happen beside the writer, from what is recorded:
//! what was asked for and has no waybill yet is ordered again under the same key, so that nothing is lost and nothing goes
//! twice. Invariants: only the program records what a carrier said; each word of the carrier is recorded once; a parcel that
//! was signed for signs its step, one that was lost or came back brings the case back to the step that sends.

pub mod act;
pub mod carrier;
pub mod http;
pub mod model;
pub mod view;
pub mod watch;
