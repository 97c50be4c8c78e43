//! A company's handlers: who may have its matters opened. A handler is a case of `company-handler`: its days and its end are
//! facts, name and telephone sealed.
//!
//! Invariants: once a company has named its handlers, no agent opens anything of it, or in its name, without one of them and
//! a code that was sent to their telephone; that it was verified is an act about the handler; it lapses after half an hour, or
//! when the talk is over; whoever is no handler learns which papers are needed, and nothing else.

pub mod act;
pub mod http;
pub mod model;
pub mod view;
