//! The settlement of a bill: several layers of protection pay one after another, each on what the one before it left.
//!
//! What the layers are is data (`catalog/settlement/`); this is the arithmetic. It reads no clock, does no input or output
//! and knows whole fen only: an amount is exact until a layer rounds it, once, as its policy says.
//!
//! | file | subject |
//! |---|---|
//! | `policy` | what a policy file says, as people read it |
//! | `engine` | the same as small arrays, and one bill settled on an account |
//! | `bill` | a bill, and what may be wrong with it |
//! | `book` | the slips that stand, and the account they add up to |
//! | `account` | a person's years: bills in force, cancellation, recomputation |
//! | `words` | why a layer paid what it paid, for officers |

pub mod account;
pub mod bill;
pub mod book;
pub mod engine;
pub mod policy;
#[cfg(test)]
mod tests;
pub mod words;

pub use account::{Cancelled, NoCancel, Person, PersonYear, Settled};
pub use bill::{Bill, BillFault, MOST_AMOUNT, amount};
pub use book::{Book, Entry, Kept};
pub use engine::{Account, Slip, Step, Table};
pub use policy::{Base, Beside, CareKind, Layer, Named, Per, Policy, PolicyExample, Standing, Told};
