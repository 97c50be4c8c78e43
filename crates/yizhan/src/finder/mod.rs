//! Finding people and their cases by what somebody remembers of them: a name in Hanzi, pinyin or initials, the ends of a
//! number as they are shown masked, a number whole.
//!
//! Invariants: the index lives in memory only and holds no number whole; what is forgotten is struck out of it; nothing
//! is found that the gate does not show. A number whole is found by its blind digest at once; names and endings as soon as
//! the index has caught up with the journal.

pub mod gather;
pub mod http;
pub mod model;
pub mod numbers;
pub mod rule;
pub mod subjects;
pub mod view;
