//! The service engine: one set of verbs for every service of the catalog. A service is a form and a route; nothing here
//! knows any of them by name.

mod alarms;
mod bring;
mod collect;
mod duties;
mod guard;
mod learn;
mod office;
mod open;
mod paper;
mod pay;
mod reckon;
mod settle;
mod standing;
mod step;
mod zone;

pub use alarms::{OpenAlarm, alarms_of};
pub use bring::{BringHousehold, BroughtPerson};
pub use collect::{
    BACK, BACK_ASKED, BACK_DECLINED, EndOrder, EndRefund, GiveBack, Giving, KeepBill, MakeOrder, PAID, TakePayment,
    collects_now,
};
pub(crate) use collect::{order, orders_of};
pub use duties::{OpenDuty, duties_of, is_fulfilled};
pub use guard::{is_on_notice, may_attach, may_judge, may_move, may_record, on_notice_until};
pub use learn::{LearnedFact, LearnedMove, Lesson, Whose, Word};
pub use office::{Appoint, ChangeOffice, Dismiss, Noted};
pub use open::{Admit, OpenCase, OpenCases};
pub use paper::JudgePaper;
pub(crate) use pay::stands;
pub use pay::{Link, Payment, Stands};
pub use reckon::policy_on;
pub use reckon::{About, Asked, Change, Linked, Reckoned};
pub(crate) use reckon::{about, again, category, links, payer_of, reckon};
pub(crate) use settle::before;
pub use settle::{CancelBill, ConfirmClaims, RecordShare, SettleAgain, SettleBill, Share};
pub use standing::{Pressing, Standing, Standings};
pub use step::{
    AttachPaper, ForgetCase, MoveCase, NewCatalog, ProposedFact, READ_REASONS, ReadCase, RecordEntry, facts_from,
};
pub use zone::{
    AddSubject, AdoptCatalog, DEMONSTRATION, Delegate, Export, FoundDemonstration, FoundZone, Happened, NewSealed,
    SetFacts, TellOfZone, ZONE,
};
