//! The core's promises, kept on every engine from one text: the store, the writer, the fold, the chain.

mod chain;
mod follow;
mod roles;
mod rotate;
mod simulated;
mod store;
mod world;
mod writer;
