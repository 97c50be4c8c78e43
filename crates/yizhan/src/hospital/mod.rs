//! The hospital's desk and the payers (住院一站式结算): look a patient up, admit without deposit, see what a bill would come
//! to, settle it, one slip, the person's part at once or in parts, cancel in order; statements between payer and hospital,
//! papers of bills paid elsewhere, bills settled again after a late change, what is unusual; the same by the national names.
//!
//! Invariants: what a bill comes to is decided by the writer from the account of the year as it stands then; a preview is
//! reckoned by the same lines; a hospital sees its own stays and nobody else's; what is wrong with somebody is read at the
//! desk of their hospital alone, and each reading is on record.
//!
//! | file | subject |
//! |---|---|
//! | `rule` | amounts, bills, money in words |
//! | `act` | what the desk does |
//! | `view` | slips, stays, patients |
//! | `papers` | bills from papers, bills settled again |
//! | `statement` | payers and hospitals month by month, and a payer's own list held against ours |
//! | `watch` | what is unusual |
//! | `national` | the desk by the names and numbers of the national interface |

pub mod act;
pub mod http;
pub mod model;
pub mod national;
pub mod papers;
pub mod rule;
pub mod statement;
pub mod view;
pub mod watch;
