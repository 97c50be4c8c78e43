//! Making a service in the console: a draft of some files of the catalog is shown as a form, read by the real loader, looked
//! at as people will see it, tried in a zone that is thrown away, and proposed by a case that two people sign.
//!
//! Invariant: nothing here changes the catalog or the zone; a draft lives in the browser, a trial in memory. What changes the
//! catalog is the case of `guide/change.rs`.

pub mod act;
pub mod document;
pub mod http;
pub mod model;
pub mod rule;
pub mod sandbox;
pub mod template;
pub mod view;
