//! What the room's API takes and gives. Amounts are texts in yuan with two decimals.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Who came to the desk.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatientAsked {
    /// The whole citizen number on the card.
    pub citizen_number: String,
    /// The day of admission; today unless given.
    #[serde(default)]
    pub admitted: Option<String>,
}

/// A person of the register as a hospital's desk may know them.
#[derive(Serialize, ToSchema)]
pub struct PatientView {
    /// Their number on the register.
    pub person: u32,
    /// The name, all but its first character hidden.
    pub name: String,
    /// The citizen number, its middle hidden.
    pub citizen_number: String,
    /// Where they live.
    pub area_name: String,
    /// The policy of the day.
    pub policy: String,
    /// Its title.
    pub policy_title: String,
    /// Whether its figures are not confirmed here.
    pub illustrative: bool,
    /// Their category on the day of admission, by the register.
    pub category: String,
    /// What it is called.
    pub category_title: String,
    /// The admissions of the year so far.
    pub admissions: u32,
    /// The numbers of their stays at this hospital, the latest first.
    pub stays: Vec<String>,
}

/// An admission.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Admission {
    /// The person, by their number on the register.
    pub person: u32,
    /// The day.
    pub admitted: String,
    /// That the agreement on treatment before payment is signed.
    pub agreement: bool,
}

/// The number of a case.
#[derive(Serialize, ToSchema)]
pub struct Opened {
    /// The case.
    pub number: String,
    /// The act in the journal.
    pub seq: u64,
}

/// A line of a bill.
#[derive(Serialize, Deserialize, ToSchema, Clone)]
#[serde(deny_unknown_fields)]
pub struct BillLine {
    /// What it is for.
    pub item: String,
    /// How much.
    pub amount: String,
    /// 全自费.
    #[serde(default)]
    pub own_pay: Option<String>,
    /// 超限价自费.
    #[serde(default)]
    pub over_limit: Option<String>,
    /// 先行自付.
    #[serde(default)]
    pub first_pay: Option<String>,
}

/// A bill: its totals, or its lines, or both, which then agree.
#[derive(Serialize, Deserialize, ToSchema, Clone)]
#[serde(deny_unknown_fields)]
pub struct BillAsked {
    /// The kind of care: `inpatient` unless given.
    #[serde(default)]
    pub kind: Option<String>,
    /// The day of discharge.
    pub discharged: String,
    /// Everything.
    #[serde(default)]
    pub total: Option<String>,
    /// 全自费.
    #[serde(default)]
    pub own_pay: Option<String>,
    /// 超限价自费.
    #[serde(default)]
    pub over_limit: Option<String>,
    /// 先行自付.
    #[serde(default)]
    pub first_pay: Option<String>,
    /// The lines, sealed with the settlement.
    #[serde(default)]
    pub lines: Vec<BillLine>,
}

/// A bill to be settled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleAsked {
    /// The version of the case that was read.
    pub version: u64,
    /// The bill.
    pub bill: BillAsked,
}

/// A cancellation, or a step of an officer with a reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reasoned {
    /// The version of the case that was read.
    pub version: u64,
    /// Why.
    pub reason: String,
}

/// The version of a case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Versioned {
    /// The version of the case that was read.
    pub version: u64,
}

/// A layer of a slip.
#[derive(Serialize, ToSchema, Clone)]
pub struct LayerView {
    /// The payer in the policy.
    pub payer: String,
    /// What it is called.
    pub title: String,
    /// What the layer applied to.
    pub base: String,
    /// What it pays.
    pub pay: String,
    /// Why, in a sentence.
    pub why: String,
    /// How it was reckoned.
    pub trace: String,
    /// Whether the hospital takes it off its own bill, so that no money moves.
    pub waived: bool,
    /// What of it has arrived.
    pub arrived: String,
}

/// A slip: what a bill comes to, or came to.
#[derive(Serialize, ToSchema, Clone)]
pub struct SlipView {
    /// The policy.
    pub policy: String,
    /// Its title.
    pub policy_title: String,
    /// Whether its figures are not confirmed here.
    pub illustrative: bool,
    /// The person's category on the day of admission.
    pub category: String,
    /// What it is called.
    pub category_title: String,
    /// The kind of care.
    pub kind: String,
    /// What it is called.
    pub kind_title: String,
    /// The hospital's level, 1 to 3.
    pub level: u8,
    /// The first day.
    pub admitted: String,
    /// The last.
    pub discharged: String,
    /// Everything.
    pub total: String,
    /// 全自费.
    pub own_pay: String,
    /// 超限价自费.
    pub over_limit: String,
    /// 先行自付.
    pub first_pay: String,
    /// 政策范围内费用.
    pub in_scope: String,
    /// The layers in order.
    pub layers: Vec<LayerView>,
    /// What they pay together.
    pub fund_pays: String,
    /// What the person pays.
    pub personal: String,
    /// The same in the characters that money is written with.
    pub personal_words: String,
}

/// What the person still owes, or is owed.
#[derive(Serialize, ToSchema, Default)]
pub struct ShareView {
    /// What was paid.
    pub paid: String,
    /// What is still to be paid.
    pub due: String,
    /// In how many parts.
    pub parts: usize,
    /// The day by which all of it is to be paid, where that was agreed.
    pub until: Option<String>,
    /// What is to be given back.
    pub back: String,
}

/// A case that settles a bill, with its slip.
#[derive(Serialize, ToSchema)]
pub struct StayView {
    /// The case.
    pub number: String,
    /// The service.
    pub service: String,
    /// What the service is called.
    pub title: String,
    /// Its version.
    pub version: u64,
    /// Where it stands.
    pub state: String,
    /// The step it waits for.
    pub step: String,
    /// What that is called.
    pub step_title: String,
    /// The patient, as the viewer may know them.
    pub name: String,
    /// The patient's number on the register.
    pub person: u32,
    /// Where they live.
    pub area_name: String,
    /// The hospital.
    pub clinic: String,
    /// The day of admission.
    pub admitted: String,
    /// When it was settled.
    pub settled_at: Option<String>,
    /// The slip that stands.
    pub slip: Option<SlipView>,
    /// The person's part.
    pub share: Option<ShareView>,
    /// Whether this viewer may settle it, cancel it, record a payment, close it.
    pub may: Vec<String>,
}

/// A stay in a list.
#[derive(Serialize, ToSchema)]
pub struct StayRow {
    /// The case.
    pub number: String,
    /// Where it stands.
    pub state: String,
    /// The step it waits for.
    pub step: String,
    /// What that is called.
    pub step_title: String,
    /// The patient, as the viewer may know them.
    pub name: String,
    /// The day of admission.
    pub admitted: String,
    /// Everything on the bill, once it is settled.
    pub total: Option<String>,
    /// What the person pays.
    pub personal: Option<String>,
    /// What of it is still to be paid.
    pub due: Option<String>,
}

/// Which stays.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct StaysAsked {
    /// Closed ones too.
    #[serde(default)]
    pub closed: bool,
}

/// What is wrong with somebody, opened for the desk.
#[derive(Serialize, ToSchema)]
pub struct SummaryView {
    /// The diagnosis.
    pub diagnosis: String,
    /// The summary.
    pub summary: String,
    /// The lines of the bill, where it had any.
    pub lines: Vec<BillLine>,
}

/// A bill to be reimbursed from papers: the answers of its form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PapersAsked {
    /// The person, by their number on the register.
    pub person: u32,
    /// Where they were.
    pub hospital: String,
    /// The hospital's level.
    pub level: u8,
    /// The first day.
    pub admitted: String,
    /// The bill.
    pub bill: BillAsked,
}

/// A bill that comes to something else now.
#[derive(Serialize, ToSchema)]
pub struct ChangeView {
    /// The case.
    pub number: String,
    /// The patient, as the viewer may know them.
    pub name: String,
    /// The patient's number on the register.
    pub person: u32,
    /// The code of the patient's village.
    pub area: String,
    /// The year.
    pub year: i32,
    /// The category it was settled by.
    pub was_category: String,
    /// The category that the register says now.
    pub now_category: String,
    /// What changes, payer by payer, the person last.
    pub differences: Vec<DifferenceView>,
}

/// A difference.
#[derive(Serialize, ToSchema)]
pub struct DifferenceView {
    /// The payer in the policy; `personal` for the person.
    pub payer: String,
    /// What it is called.
    pub title: String,
    /// What was paid.
    pub was: String,
    /// What would be.
    pub now: String,
    /// By how much it is more.
    pub more: String,
}

/// Of which month.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MonthAsked {
    /// `2021-02`; the present one unless given.
    #[serde(default)]
    pub month: Option<String>,
}

/// What a payer owes a hospital for a month.
#[derive(Serialize, ToSchema)]
pub struct StatementRow {
    /// The payer's account.
    pub payer: u32,
    /// What it is called.
    pub payer_name: String,
    /// The hospital; the people who paid themselves where it is 0.
    pub clinic: u32,
    /// What it is called.
    pub clinic_name: String,
    /// How many slips.
    pub slips: usize,
    /// What they come to.
    pub amount: String,
    /// What of it has arrived.
    pub arrived: String,
    /// What still waits.
    pub waits: String,
}

/// A slip on a statement.
#[derive(Serialize, ToSchema)]
pub struct StatementLine {
    /// The case.
    pub number: String,
    /// The patient, as the viewer may know them.
    pub name: String,
    /// The day of discharge.
    pub discharged: String,
    /// When it was settled.
    pub settled_at: String,
    /// The bill.
    pub total: String,
    /// What the payer pays.
    pub amount: String,
    /// What of it has arrived.
    pub arrived: String,
    /// What still waits.
    pub waits: String,
}

/// A statement with its slips.
#[derive(Serialize, ToSchema)]
pub struct StatementView {
    /// The month.
    pub month: String,
    /// The sums.
    pub sums: StatementRow,
    /// The slips, in the order in which they were settled.
    pub lines: Vec<StatementLine>,
}

/// What a payer's own list came to.
#[derive(Serialize, ToSchema)]
pub struct ReconciledView {
    /// How many slips agree and are paid now.
    pub agreed: usize,
    /// What they come to.
    pub amount: String,
    /// Those that agree and were paid before.
    pub before: usize,
    /// Those whose amount differs: number, theirs, ours.
    pub differs: Vec<String>,
    /// Those of the payer that we do not have.
    pub unknown: Vec<String>,
    /// Ours that the payer does not have.
    pub missing: Vec<String>,
}

/// Something to look at.
#[derive(Serialize, ToSchema)]
pub struct OddRow {
    /// `layer-average`, `layer-share`, `layer-zero`, `person-far-above`, `split-stay`.
    pub what: String,
    /// What it means here.
    pub says: String,
    /// The month, where it is about one.
    pub month: Option<String>,
    /// The cases it rests on, a hundred at most.
    pub cases: Vec<String>,
}
