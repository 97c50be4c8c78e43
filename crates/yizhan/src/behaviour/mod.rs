//! What people find hard at the terminals: visits come in without a word about who came, and are counted.
//!
//! Visits lie packed in memory and, day by day, in pieces of working state beside sessions (`working`, kind `visits`): there
//! they are swept when their time is over, and lie on either engine. They are nobody's evidence: a backup leaves them out, and
//! what is some seconds old may be lost.

pub mod act;
pub mod http;
pub mod model;
pub mod view;
