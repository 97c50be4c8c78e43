//! The core: five nouns (subject, fact, rule, case, transfer), the journal that ties them, the image that remembers them,
//! the writer that is the only way in, the waist that keeps them, and the catalog that says what a district means by them.
//!
//! It knows no service by name, and nothing of HTTP. `kit ← core ← yizhan`.

pub mod access;
pub mod act;
pub mod backup;
pub mod behaviour;
pub mod call;
pub mod catalog;
pub mod checkout;
pub mod cluster;
pub mod device;
pub mod heads;
pub mod image;
pub mod journal;
pub mod keyring;
pub mod ledger;
pub mod problem;
pub mod report;
pub mod row;
pub mod rule;
pub mod service;
pub mod settlement;
pub mod vault;
pub mod verify;
pub mod voice;
pub mod waist;
pub mod writer;
pub mod zone;
