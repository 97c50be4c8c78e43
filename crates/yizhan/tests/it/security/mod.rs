//! What somebody who means harm meets, and the table that says so: `docs/security.md`.

mod account;
mod bad_inputs;
mod browser;
mod foreign;
mod fuzz_corpus;
mod outward;
mod secret;
mod supply;
mod table;
