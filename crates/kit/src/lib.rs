//! What every part of the program stands on and what knows no public-service word: clocks, ids, money, the calendar,
//! codes, problems, hashes and seals.

pub mod calendar;
pub mod clock;
pub mod codes;
pub mod digest;
pub mod id;
pub mod money;
pub mod otp;
pub mod problem;
pub mod seal;

pub use clock::{Clock, Day, Moment};
pub use digest::Hash32;
pub use id::{Digest16, Entropy};
pub use money::Fen;
pub use problem::{Kind, Lang, Problem};
