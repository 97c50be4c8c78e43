//! The nouns of paying.

use crate::register::model::GroundView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A line as it was signed, sealed with the step that froze it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct KeptLine {
    /// Who is paid.
    pub subject: u32,
    /// How much, in yuan.
    pub amount: String,
    /// What the rule came to.
    pub computed: String,
    /// Why it was adjusted; empty where it was not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Another amount for a line, or a line for somebody who was held back; an amount of nothing leaves somebody out.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjust {
    /// Who.
    pub subject: u32,
    /// How much, in yuan: `430.00`.
    pub amount: String,
    /// Why.
    pub reason: String,
}

/// Adjustments to try.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjusts {
    /// The adjustments.
    #[serde(default)]
    pub adjust: Vec<Adjust>,
}

/// The lines of a case.
#[derive(Serialize, ToSchema)]
pub struct LinesView {
    /// The programme's name.
    pub programme: String,
    /// Its title.
    pub title: String,
    /// The period, as written.
    pub period: String,
    /// The fund.
    pub fund: String,
    /// Its title.
    pub fund_title: String,
    /// Who pays.
    pub payer: String,
    /// What the payer can give now, in yuan; empty where the fund lets it owe, as a treasury does.
    pub free: String,
    /// `proposed` while they follow the register, `frozen` once signed, `paying` while money is under way, `paid` at the end.
    pub state: String,
    /// The sum of the lines, in yuan.
    pub sum: String,
    /// How much of it has arrived.
    pub arrived: String,
    /// How many lines failed and wait to be paid again.
    pub failed: usize,
    /// Whether a name would tell of an illness, a disability or a child: the public sees counts only.
    pub counts_only: bool,
    /// The lines.
    pub lines: Vec<LineView>,
    /// Who is held back, and why; people decide.
    pub held: Vec<HeldView>,
}

/// A line.
#[derive(Serialize, ToSchema)]
pub struct LineView {
    /// The subject's number.
    pub subject: u32,
    /// The household it belongs to; 0 where it is none.
    pub household: u32,
    /// Who is paid.
    pub who: String,
    /// Where they live.
    pub area_name: String,
    /// How much, in yuan.
    pub amount: String,
    /// What the rule came to.
    pub computed: String,
    /// Why it was adjusted.
    pub reason: String,
    /// `open`, `pending`, `paid` or `failed`.
    pub state: String,
    /// What the rule's answer rests on, while the lines are proposed.
    pub grounds: Vec<GroundView>,
}

/// Somebody who is enrolled and not among the lines.
#[derive(Serialize, ToSchema)]
pub struct HeldView {
    /// The subject's number.
    pub subject: u32,
    /// The household it belongs to; 0 where it is none.
    pub household: u32,
    /// Who.
    pub who: String,
    /// Where they live.
    pub area_name: String,
    /// Why: `not-entitled`, `unknown`, `left`, `paid`, `overlap` or `nothing-due`.
    pub why: String,
    /// The same in words.
    pub says: String,
    /// What the rule's answer rests on.
    pub grounds: Vec<GroundView>,
}

/// A programme of the catalog.
#[derive(Serialize, ToSchema)]
pub struct ProgrammeRow {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The rule that says who is due what.
    pub rule: String,
    /// How often it pays: `month`, `quarter`, `semester`, `year` or `once`.
    pub per: String,
    /// The fund.
    pub fund: String,
    /// Its title.
    pub fund_title: String,
    /// The kind of account that pays.
    pub payer: String,
    /// What it counts as in a household's income: `wage`, `property`, `transfer` or `none`.
    pub income: String,
    /// Whether a total is divided.
    pub shares: bool,
    /// Whether the public sees counts only.
    pub counts_only: bool,
    /// Where it is written.
    pub source: String,
    /// How sure we are.
    pub confidence: String,
}

/// What a bank's answer came to.
#[derive(Serialize, ToSchema)]
pub struct ReplyView {
    /// How many lines arrived.
    pub arrived: usize,
    /// How many failed.
    pub failed: usize,
    /// Rows of the answer that fit no line, each with the reason: nothing was done with them.
    pub unmatched: Vec<String>,
}

/// An account in a fund.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
    /// The subject's number.
    pub subject: u32,
    /// Whose it is.
    pub who: String,
    /// What kind of subject.
    pub kind: String,
    /// The fund.
    pub fund: String,
    /// Its title.
    pub fund_title: String,
    /// What is settled, in yuan.
    pub posted: String,
    /// What is on its way out.
    pub leaving: String,
    /// What is on its way in.
    pub arriving: String,
}

/// A transfer of a statement.
#[derive(Serialize, ToSchema)]
pub struct TransferView {
    /// Its number.
    pub n: u64,
    /// The act that made it.
    pub seq: u64,
    /// When.
    pub at: String,
    /// The number of the case it cites.
    pub case: String,
    /// What the case is.
    pub case_title: String,
    /// The rule or programme it follows.
    pub rule: String,
    /// Its title.
    pub rule_title: String,
    /// The fund.
    pub fund: String,
    /// `direct`, `pending`, `post` or `void`.
    pub phase: String,
    /// The pending transfer it settles; 0 where none.
    pub settles: u64,
    /// Whether it moved money.
    pub moved: bool,
    /// Who gives.
    pub from: String,
    /// The giving subject's number.
    pub from_subject: u32,
    /// Who receives.
    pub to: String,
    /// The receiving subject's number.
    pub to_subject: u32,
    /// How much, in yuan.
    pub amount: String,
    /// On a statement, what the account held afterwards.
    pub balance: String,
}

/// An account's statement.
#[derive(Serialize, ToSchema)]
pub struct Statement {
    /// The account.
    pub account: AccountView,
    /// The day it is of.
    pub on: String,
    /// What was held at the end of that day, in yuan.
    pub held: String,
    /// The transfers up to that day, the latest first.
    pub transfers: Vec<TransferView>,
    /// How many there are altogether.
    pub total: usize,
}

/// The money of an area, fund by fund.
#[derive(Serialize, ToSchema)]
pub struct MoneyView {
    /// The funds.
    pub funds: Vec<FundView>,
    /// How many transfers there are in the zone.
    pub transfers: usize,
    /// How many wait.
    pub pending: usize,
}

/// A fund.
#[derive(Serialize, ToSchema)]
pub struct FundView {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The sum of all balances of the zone: nothing, always.
    pub trial_balance: String,
    /// What the accounts of the viewer's area hold together, those that bring money in apart.
    pub held: String,
    /// What those that bring money in have given.
    pub given: String,
    /// How many accounts there are in the viewer's area.
    pub accounts: usize,
}

/// A transfer back to where it comes from.
#[derive(Serialize, ToSchema)]
pub struct TransferPage {
    /// The transfer.
    pub transfer: TransferView,
    /// The pending transfer it settled.
    pub pending: Option<TransferView>,
    /// How many others were made by the same act: they stand or fall together.
    pub linked: usize,
    /// Who opened, signed, recorded and attached what, in order.
    pub signed: Vec<SignedRow>,
    /// The number of the catalog under which the case was opened.
    pub catalog: u64,
    /// The figures that its rule reads, as they were.
    pub parameters: Vec<TraceParameter>,
    /// Where its programme is written.
    pub rule_source: String,
    /// Where the giving account had its money from: the latest transfers that came to it before this one, the latest first.
    pub sources: Vec<TransferView>,
    /// The number of the rules' own page, where it follows a rule.
    pub rule_page: String,
}

/// Something that was done with the case of a transfer.
#[derive(Serialize, ToSchema)]
pub struct SignedRow {
    /// The act.
    pub seq: u64,
    /// When.
    pub at: String,
    /// Who.
    pub actor: String,
    /// What: `open`, `sign`, `send-back`, `object`, `answer`, `record` or `attach`.
    pub verb: String,
    /// What it is called.
    pub title: String,
}

/// A figure as it was on a day.
#[derive(Serialize, ToSchema)]
pub struct TraceParameter {
    /// Its title.
    pub title: String,
    /// Its value.
    pub value: String,
    /// From which day.
    pub from: String,
    /// Where it is written.
    pub source: String,
    /// How sure we are.
    pub confidence: String,
}

/// Where the money of an account went.
#[derive(Serialize, ToSchema)]
pub struct OnwardRow {
    /// The receiving subject's number.
    pub subject: u32,
    /// Who.
    pub who: String,
    /// What arrived, in yuan.
    pub sum: String,
    /// In how many transfers.
    pub transfers: usize,
}

/// Something unusual among payments.
#[derive(Serialize, ToSchema)]
pub struct UnusualRow {
    /// `split`, `shared-account`, `after-death` or `round`.
    pub what: String,
    /// The same in words.
    pub says: String,
    /// How many transfers it is about.
    pub count: usize,
    /// The first twenty of them.
    pub transfers: Vec<TransferView>,
}

/// A table of what was paid before, held against what a case says of it.
#[derive(Serialize, ToSchema)]
pub struct OpeningView {
    /// Rows that name somebody and an amount.
    pub rows: usize,
    /// Their sum, in yuan.
    pub sum: String,
    /// How many rows the case says there are.
    pub expected_rows: u64,
    /// The sum it says.
    pub expected_sum: String,
    /// Rows that cannot be taken, each with its line and the reason.
    pub bad: Vec<String>,
    /// Whether everything agrees.
    pub agrees: bool,
    /// Whether the lines are signed now.
    pub signed: bool,
    /// Rows about what stands in the register already: they are passed over.
    pub known: usize,
    /// What the rows come to, beside what the case says.
    pub totals: Vec<OpeningTotal>,
}

/// A total of a table beside what was declared.
#[derive(Serialize, ToSchema)]
pub struct OpeningTotal {
    /// What is summed up.
    pub title: String,
    /// What the rows come to.
    pub found: String,
    /// What the case says.
    pub stated: String,
    /// Whether they are the same.
    pub agrees: bool,
}

/// The rows that a case brought, as they were signed.
#[derive(Serialize, ToSchema)]
pub struct OpeningRows {
    /// What the columns are called.
    pub headings: Vec<String>,
    /// The cells of each row.
    pub rows: Vec<Vec<String>>,
    /// What they come to, beside what the case says.
    pub totals: Vec<OpeningTotal>,
    /// Why they do not agree, where they do not.
    pub difference: String,
}
