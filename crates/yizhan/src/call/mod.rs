//! One-key calls: from terminal, phone or web to the agent who can help, with pictures, a shared form and a recording.
//!
//! | what | where | why |
//! |---|---|---|
//! | that a call was, who answered, what it came to, its case, consents, what an agent did on a form, who listened | acts in the journal, facts of a subject `call` | it may be asked for years later, and no figure is told that does not open to its calls |
//! | where each open call stands, its number (sealed), its number's digest for a week | working state | a server that begins again finds every call where it was; a number is kept no longer than it is needed |
//! | ringing, who is free, texts, the shared form, pictures, signals between browsers | memory | gone with the call, nobody's evidence |
//! | sound and pictures | between the browsers | never here; a recording comes by pieces, sealed, its chain of digests in evidence |
//!
//! Invariants: nothing is told as answered, agreed or done before its act is durable; every stage of a call ends by itself
//! (`yizhan_core::call`), whatever dies; a caller's page is known by a secret that is derived from the call and stored nowhere.

pub mod act;
pub mod agent;
pub mod exchange;
pub mod help;
pub mod http;
pub mod line;
pub mod link;
pub mod make;
pub mod model;
pub mod note;
pub mod number;
pub mod page;
pub mod recording;
pub mod rule;
pub mod tell;
pub mod view;
