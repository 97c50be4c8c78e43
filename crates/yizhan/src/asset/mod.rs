//! Projects and assets (项目、资产): each project at which of its gates, how late, with which papers missing; each asset with its
//! four rights, its contract, its rent and who looks after it; the collectives' books of funds, assets and resources; what is
//! printed and put up at the site.
//!
//! Invariants: nothing here is kept, all of it is read from facts, cases and the ledger; what the public sees of an asset names
//! no person; what is late is late by a parameter of the catalog.

pub mod book;
pub mod http;
pub mod model;
pub mod page;
pub mod rule;
pub mod view;
