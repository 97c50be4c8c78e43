//! Backups: made while the zone runs, added to, put back on either engine as it is or as it was, tried out by a drill that
//! finds every fault, and safe against whatever interrupts them.

mod fault;
mod interrupted;
mod there_and_back;
pub mod world;
