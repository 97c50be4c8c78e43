//! The service engine: one set of verbs for every service of the catalog. A service is a form and a route; nothing here
//! knows any of them by name.

mod alarms;
mod bring;
mod duties;
mod guard;
mod learn;
mod open;
mod pay;
mod standing;
mod step;
mod zone;

pub use alarms::{OpenAlarm, alarms_of};
pub use bring::{BringHousehold, BroughtPerson};
pub use duties::{OpenDuty, duties_of, is_fulfilled};
pub use guard::{is_on_notice, may_attach, may_move, may_record, on_notice_until};
pub use learn::{LearnedFact, LearnedMove, Lesson, Whose, Word};
pub use open::{OpenCase, OpenCases};
pub use pay::Payment;
pub use standing::{Pressing, Standing, Standings};
pub use step::{AttachPaper, ForgetCase, MoveCase, ProposedFact, READ_REASONS, ReadCase, RecordEntry, facts_from};
pub use zone::{
    AddSubject, AdoptCatalog, DEMONSTRATION, Delegate, Export, FoundDemonstration, FoundZone, NewSealed, SetFacts, ZONE,
};
