//! Staff: who they are is facts in the journal; that they are who they say is a password, a session and time.
//!
//! Invariants: no default and no shared accounts; a password is kept as an argon2id hash only; a session is known by the
//! digest of its token, idles out, grows no older than a day's work, and ends with its account's role. Signing in, being locked
//! and every change of an account are acts in the journal.

pub mod account;
pub mod act;
pub mod credential;
pub mod factor;
pub mod http;
pub mod office;
pub mod oidc;
pub mod page;
pub mod sessions;
pub mod token;
