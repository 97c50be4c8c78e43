//! What the counter's API takes and gives.

use crate::finder::model::SubjectRow;
use crate::travel::model::PlanView;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What whoever opened a case is told.
#[derive(Serialize, ToSchema, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The case's public number, `T-20210131-000017`.
    pub number: String,
    /// The secret that proves one holds the receipt.
    pub receipt: String,
    /// The page where the case is followed.
    pub page: String,
    /// The act in the journal.
    pub seq: u64,
    /// When it was recorded, RFC 3339.
    pub at: String,
    /// The receipts of the companions who were declared with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub companions: Vec<Receipt>,
}

/// What checking answers came to.
#[derive(Serialize, ToSchema)]
pub struct Checked {
    /// The code of the area that would get the case.
    pub area: String,
    /// Its name.
    pub area_name: String,
    /// What the service is called.
    pub title: String,
    /// When this was checked, RFC 3339.
    pub at: String,
}

/// What to do with a case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `sign`, `send-back`, `forward`, `close`, `withdraw`, `object` or `answer`.
    pub verb: String,
    /// The version of the case that was read.
    pub version: u64,
    /// Where to, when forwarding: twelve digits.
    #[serde(default)]
    pub to: Option<String>,
    /// The step's form, when signing.
    #[serde(default)]
    pub answers: Option<Value>,
    /// Why, otherwise.
    #[serde(default)]
    pub reason: Option<String>,
}

/// The same step of several cases.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    /// Which cases, up to 200.
    pub cases: Vec<BulkCase>,
    /// `sign`, `send-back`, `forward` or `close`.
    pub verb: String,
    /// Where to, when forwarding: twelve digits.
    #[serde(default)]
    pub to: Option<String>,
    /// The step's form, when signing, the same for all.
    #[serde(default)]
    pub answers: Option<Value>,
    /// Why, otherwise.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A case among several.
#[derive(Deserialize, ToSchema, Clone)]
#[serde(deny_unknown_fields)]
pub struct BulkCase {
    /// Its number.
    pub number: String,
    /// The version that was read.
    pub version: u64,
}

/// What becomes of a case among several.
#[derive(Serialize, ToSchema)]
pub struct BulkRow {
    /// Its number.
    pub number: String,
    /// Who it is about.
    pub who: String,
    /// Whether it moves.
    pub moves: bool,
    /// Why not: the stable code of the refusal.
    pub code: Option<String>,
    /// Why not, in words.
    pub why: Option<String>,
}

/// What became of a write.
#[derive(Serialize, ToSchema)]
pub struct Done {
    /// The act in the journal.
    pub seq: u64,
    /// When it was recorded, RFC 3339.
    pub at: String,
}

/// Why sealed answers are opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// `contact`, `visit` or `check`.
    pub reason: String,
}

/// Where a case stands: what its holder is told, and the head of every other view.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// The public number.
    pub number: String,
    /// The service's name.
    pub service: String,
    /// What the public calls it.
    pub title: String,
    /// `open`, `objected`, `completed`, `withdrawn` or `closed`.
    pub state: String,
    /// The step it waits for.
    pub step: String,
    /// What officers call that step.
    pub step_title: String,
    /// The code of the area that has it.
    pub area: String,
    /// Its name.
    pub area_name: String,
    /// When it was opened.
    pub opened_at: String,
    /// When the step is due.
    pub due: Option<String>,
    /// The version to name when taking a step.
    pub version: u64,
    /// Whether its personal details were deleted by rule.
    pub forgotten: bool,
}

/// A row of the worklist.
#[derive(Serialize, ToSchema)]
pub struct WorkRow {
    /// Where it stands.
    #[serde(flatten)]
    pub status: Status,
    /// Who it is about; empty for those who may not know, and once forgotten.
    pub who: String,
    /// Whether the step is overdue.
    pub overdue: bool,
    /// Whether it lies open to objections, and nobody may sign it yet.
    pub on_notice: bool,
    /// The alarms that nobody has answered, by what they are called.
    pub alarms: Vec<String>,
}

/// A case about a subject of the register: somebody was there.
#[derive(Serialize, ToSchema)]
pub struct VisitRow {
    /// The case.
    pub number: String,
    /// Its service.
    pub service: String,
    /// What that is called.
    pub title: String,
    /// The day they were there.
    pub day: String,
    /// Who.
    pub by: String,
    /// `open`, `completed` …
    pub state: String,
    /// How many others there are of the same service and day.
    pub others: usize,
}

/// A case whole.
#[derive(Serialize, ToSchema)]
pub struct CasePage {
    /// Where it stands.
    #[serde(flatten)]
    pub status: Status,
    /// Who it is about; empty for those who may not know, and once forgotten.
    pub who: String,
    /// The answers of its form, masked unless just opened; absent once forgotten or when the viewer has no business with
    /// them.
    pub answers: Option<Value>,
    /// The same in words, in the order of the form.
    pub said: Vec<Said>,
    /// Whether the answers are shown whole.
    pub open: bool,
    /// The steps of its route.
    pub route: Vec<RouteStep>,
    /// What the viewer may do now: verbs of a step.
    pub may: Vec<String>,
    /// The form of the waiting step, if the viewer may sign it.
    pub form: Option<Value>,
    /// The form in which it is closed, if the viewer may close it and the service asks how.
    pub closing: Option<Value>,
    /// What follows for whoever arrives, by which rule.
    pub plan: Option<PlanView>,
    /// The entries the viewer may record now.
    pub entries: Vec<EntryForm>,
    /// What happened, the latest first.
    pub history: Vec<HistoryRow>,
    /// What is expected, by duty.
    pub duties: Vec<DutyView>,
    /// The alarms that nobody has answered yet.
    pub alarms: Vec<AlarmView>,
    /// Other cases of the same service about the same citizen number, in the viewer's area: is one of them a duplicate?
    pub same_person: Vec<WorkRow>,
    /// Who was declared together with them, in the viewer's area.
    pub together: Vec<WorkRow>,
    /// Other cases of the same service about the same thing on the same day, in the viewer's area: somebody else was there
    /// too. Both stay.
    pub same_day: Vec<VisitRow>,
    /// The last day of the public notice, while it is on notice.
    pub notice_until: Option<String>,
    /// What the current step does with the lines of a batch: `propose`, `pay`, `settle`, or `look` at a step that does
    /// nothing with them; absent where the service pays nobody.
    pub lines: Option<String>,
    /// Whether its route sends something: parcels, invoices.
    pub posts: bool,
    /// What is brought in by a table, where it is: `payments`, `projects` or `contracts`.
    pub opening: Option<String>,
    /// Whether it changes the catalog.
    pub changes_catalog: bool,
    /// Whether it publishes the figures of a report.
    pub publishes: bool,
    /// What the current step does with a bill: `bill`, `collect`, `again`, or `look` at a step that does nothing with it;
    /// absent where the service settles none.
    pub bill: Option<String>,
    /// Whether something is paid for it, by code.
    pub pays: bool,
}

/// A step of a route.
#[derive(Serialize, ToSchema)]
pub struct RouteStep {
    /// Its name.
    pub name: String,
    /// What officers call it.
    pub title: String,
    /// `done`, `now` or `later`.
    pub state: String,
}

/// An entry that may be recorded.
#[derive(Serialize, ToSchema)]
pub struct EntryForm {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its form.
    pub form: Value,
}

/// Something that happened to a case.
#[derive(Serialize, ToSchema)]
pub struct HistoryRow {
    /// The act.
    pub seq: u64,
    /// When.
    pub at: String,
    /// Who, as the journal names them; a colleague by name for staff.
    pub actor: String,
    /// The verb.
    pub verb: String,
    /// The step or entry.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What was filled in, for whoever may read it.
    pub answers: Option<Value>,
    /// The same in words.
    pub said: Vec<Said>,
}

/// An answer in words.
#[derive(Serialize, ToSchema, Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// What was asked.
    pub title: String,
    /// What was answered.
    pub text: String,
    /// The subjects that it names, where the viewer has business with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<SubjectRow>,
}

/// An alarm that nobody has answered yet.
#[derive(Serialize, ToSchema)]
pub struct AlarmView {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What is to be done at once.
    pub next: String,
    /// What raised it, the latest last.
    pub raised_by: Vec<Said>,
    /// The day of the latest of these.
    pub day: String,
    /// Who was told at once: levels and roles.
    pub raised_to: Vec<String>,
}

/// A duty of a case.
#[derive(Serialize, ToSchema)]
pub struct DutyView {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// When it is expected, and what came of it.
    pub occurrences: Vec<OccurrenceView>,
}

/// One time something is expected.
#[derive(Serialize, ToSchema)]
pub struct OccurrenceView {
    /// The day.
    pub day: String,
    /// By when.
    pub due: String,
    /// `expected`, `due`, `overdue`, `missed` or `fulfilled`.
    pub state: String,
    /// Up to which level it was raised.
    pub escalated_to: Option<String>,
}

/// Something due or overdue in an area.
#[derive(Serialize, ToSchema)]
pub struct DutyRow {
    /// The case.
    pub number: String,
    /// The area's name.
    pub area_name: String,
    /// The duty.
    pub title: String,
    /// By when.
    pub due: String,
    /// `due`, `overdue` or `missed`.
    pub state: String,
    /// Whose it is: `holder`, or a level or role.
    pub who: String,
    /// Up to which level it was raised.
    pub escalated_to: Option<String>,
}

/// A service in the public's words.
#[derive(Serialize, ToSchema)]
pub struct ServicePage {
    /// Its name.
    pub name: String,
    /// What the public calls it.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// Its form, a JSON Schema.
    pub form: Value,
    /// What works out beforehand what it comes to.
    pub calculator: Option<String>,
    /// Who may open it.
    pub opened_by: Vec<String>,
    /// Days after its end before personal details are deleted.
    pub keep_days: u32,
}

/// What was known about a case.
#[derive(Serialize, ToSchema)]
pub struct FactsKnown {
    /// Right after this act.
    pub known_at: u64,
    /// What was true, by attribute and from when.
    pub facts: Vec<FactRow>,
}

/// Something that was true for some days.
#[derive(Serialize, ToSchema)]
pub struct FactRow {
    /// The attribute's full name.
    pub attribute: String,
    /// What people call it.
    pub title: String,
    /// Its canonical text; absent while it is sealed.
    pub value: Option<String>,
    /// The value in words, where it is a code.
    pub said: Option<String>,
    /// The first day.
    pub from: String,
    /// The first day no longer; absent while open-ended.
    pub to: Option<String>,
    /// The act that recorded it.
    pub seq: u64,
}
