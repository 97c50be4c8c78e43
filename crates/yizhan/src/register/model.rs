//! What the register's API takes and gives.

use super::duty::RecurringView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which rules, which part of my area, which day.
#[derive(Deserialize, IntoParams, Default)]
#[serde(deny_unknown_fields)]
pub struct RegisterAsked {
    /// Only this part of my area: twelve digits.
    #[serde(default)]
    pub area: Option<String>,
    /// Only rules of these kinds, by commas: `standard`, `duty`, `paper`, `quality`, `entitlement`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Only this rule.
    #[serde(default)]
    pub rule: Option<String>,
    /// Only what is wrong in these ways, by commas: `fails`, `missing`, `undue`, `unknown`.
    #[serde(default)]
    pub which: Option<String>,
    /// The day that is asked about; today unless given.
    #[serde(default)]
    pub on: Option<String>,
    /// How many to leave out.
    #[serde(default)]
    pub from: usize,
    /// How many at most, up to 200.
    #[serde(default = "fifty")]
    pub limit: usize,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

fn fifty() -> usize {
    50
}

/// What a rule comes to in an area. A universal claim (应保尽保, 全部达标) is `yes` or `receiving` of `applies` or `yes`.
#[derive(Serialize, ToSchema, Clone, Default)]
pub struct RuleCounts {
    /// To how many it applies.
    pub applies: usize,
    /// Of how many it is so; how many are entitled.
    pub yes: usize,
    /// Of how many it is not so; how many are not entitled.
    pub no: usize,
    /// Of how many a fact is missing.
    pub unknown: usize,
    /// How many of the entitled receive.
    pub receiving: usize,
    /// How many of the entitled do not.
    pub missing: usize,
    /// How many receive without being entitled.
    pub undue: usize,
    /// What is due to all who are entitled in a year, in yuan.
    pub due_a_year: String,
}

/// A rule and what it comes to.
#[derive(Serialize, ToSchema)]
pub struct RuleRow {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// `standard`, `duty`, `paper`, `quality` or `entitlement`.
    pub kind: String,
    /// The kind of subject it is about.
    pub about: String,
    /// What is said where it is not so.
    pub says: String,
    /// Where it is written.
    pub source: String,
    /// `confirmed`, `likely` or `illustrative`.
    pub confidence: String,
    /// The parameters it reads.
    pub parameters: Vec<String>,
    /// What it comes to.
    pub counts: RuleCounts,
}

/// The rules I am told of.
#[derive(Serialize, ToSchema)]
pub struct RulesView {
    /// The day that was asked about.
    pub on: String,
    /// The area.
    pub area_name: String,
    /// The rules.
    pub rules: Vec<RuleRow>,
}

/// A part of a rule's text.
#[derive(Serialize, ToSchema)]
pub struct RuleText {
    /// `when`, `passes`, `entitled`, `receives`, `amount`, or the name of a value that it uses.
    pub key: String,
    /// What the name means, of a value.
    pub title: String,
    /// The expression, in CEL.
    pub text: String,
}

/// A parameter that a rule reads.
#[derive(Serialize, ToSchema)]
pub struct RuleParameter {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// `yuan`, `yuan/year`, `days`, `ratio` …
    pub unit: String,
    /// Its value on the day.
    pub value: String,
    /// Since when.
    pub from: String,
    /// Where it is written.
    pub source: String,
    /// `confirmed`, `likely` or `illustrative`.
    pub confidence: String,
}

/// What a rule comes to in a part of the area.
#[derive(Serialize, ToSchema)]
pub struct RulePart {
    /// The area's code.
    pub area: String,
    /// Its name.
    pub name: String,
    /// `township` or `village`.
    pub level: String,
    /// What it comes to.
    pub counts: RuleCounts,
}

/// A worked example.
#[derive(Serialize, ToSchema)]
pub struct RuleExampleView {
    /// The day.
    pub on: String,
    /// What is known, as the catalog writes it.
    pub facts: String,
    /// How the rule comes out.
    pub expect: String,
}

/// A rule whole.
#[derive(Serialize, ToSchema)]
pub struct RulePage {
    /// The rule and what it comes to.
    pub rule: RuleRow,
    /// What to do about it.
    pub mend: String,
    /// The service whose case mends it.
    pub opens: String,
    /// How it comes round again, of a duty that does.
    pub recurring: Option<RecurringView>,
    /// Its file in the catalog.
    pub file: String,
    /// Its line there.
    pub line: usize,
    /// From which day; empty when always.
    pub from: String,
    /// Until which day; empty when open.
    pub to: String,
    /// Its text, and that of the values it uses.
    pub texts: Vec<RuleText>,
    /// What it reads.
    pub reads: Vec<String>,
    /// The parameters it reads.
    pub parameters: Vec<RuleParameter>,
    /// Its worked examples.
    pub examples: Vec<RuleExampleView>,
    /// What it comes to in each part of the area.
    pub parts: Vec<RulePart>,
}

/// Something that is missing.
#[derive(Serialize, ToSchema)]
pub struct GapRow {
    /// The subject's number.
    pub subject: u32,
    /// Its kind.
    pub about: String,
    /// Who or what it is.
    pub who: String,
    /// The household it belongs to; 0 where it is none.
    pub household: u32,
    /// The area's code.
    pub area: String,
    /// The area's name.
    pub area_name: String,
    /// The rule.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// `fails`, `missing`, `undue` or `unknown`.
    pub which: String,
    /// What is wrong, in words.
    pub says: String,
    /// Since when; empty where that cannot be told.
    pub since: String,
    /// For how many days.
    pub days: i32,
    /// Who looks after the household.
    pub helper: String,
    /// When a duty that comes round again was due; empty for others, and where it was never done.
    pub due: String,
    /// Who does it: `village`, `township`, `district`, `team` or a role; empty for what is no such duty.
    pub doer: String,
    /// The level that has been told that it is late; empty for none.
    pub escalated_to: String,
}

/// A rule and how often it is not met.
#[derive(Serialize, ToSchema)]
pub struct GapsOfRule {
    /// The rule.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// How many.
    pub gaps: usize,
}

/// A page of what is missing.
#[derive(Serialize, ToSchema)]
pub struct Gaps {
    /// The day that was asked about.
    pub on: String,
    /// How many there are.
    pub total: usize,
    /// How many of each rule, the most first.
    pub by_rule: Vec<GapsOfRule>,
    /// The page.
    pub rows: Vec<GapRow>,
}

/// A column of the board.
#[derive(Serialize, ToSchema)]
pub struct GapColumn {
    /// The kind of rules: `standard`, `duty`, `paper`, `entitlement`, `quality`.
    pub kind: String,
    /// Its title.
    pub title: String,
}

/// A part of the area on the board.
#[derive(Serialize, ToSchema)]
pub struct GapPart {
    /// The area's code.
    pub area: String,
    /// Its name.
    pub name: String,
    /// `district`, `township` or `village`.
    pub level: String,
    /// How many gaps, by column.
    pub numbers: Vec<usize>,
}

/// How many gaps there were on a day.
#[derive(Serialize, ToSchema)]
pub struct GapDay {
    /// The day.
    pub on: String,
    /// How many, by column.
    pub numbers: Vec<usize>,
}

/// The board of what is missing.
#[derive(Serialize, ToSchema)]
pub struct GapBoard {
    /// The columns.
    pub columns: Vec<GapColumn>,
    /// The whole area.
    pub whole: GapPart,
    /// Its parts down to the village.
    pub parts: Vec<GapPart>,
    /// The past months, as far as they were judged: they are judged behind the answer.
    pub trend: Vec<GapDay>,
}

/// A household on a day, as it was known at an act.
#[derive(Deserialize, IntoParams, Default)]
#[serde(deny_unknown_fields)]
pub struct HouseholdAsked {
    /// The day; today unless given.
    #[serde(default)]
    pub on: Option<String>,
    /// The act up to which facts are counted; all unless given.
    #[serde(default)]
    pub known_at: Option<u64>,
    /// Only this one of the household, with the grounds of what is in order too.
    #[serde(default)]
    pub of: Option<u32>,
}

/// What holds of a subject.
#[derive(Serialize, ToSchema)]
pub struct HeldFact {
    /// The attribute's full name.
    pub attribute: String,
    /// Its title.
    pub title: String,
    /// The value, in words.
    pub says: String,
    /// What it is counted in.
    pub unit: String,
    /// Since when.
    pub from: String,
    /// The paper that proves it.
    pub paper: String,
    /// Whether it stays off a card that is printed.
    pub private: bool,
}

/// Why a rule came out as it did.
#[derive(Serialize, ToSchema)]
pub struct GroundView {
    /// Of whom.
    pub who: String,
    /// What.
    pub title: String,
    /// Its value, in words; empty where it is not known.
    pub says: String,
    /// Whether it is not known.
    pub missing: bool,
    /// Of a parameter, where it is written.
    pub source: String,
    /// Of a parameter, how sure we are.
    pub confidence: String,
}

/// How a rule came out.
#[derive(Serialize, ToSchema)]
pub struct VerdictView {
    /// The rule.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// Its kind.
    pub kind: String,
    /// `passes`, `fails`, `unknown`; `receiving`, `missing`, `undue`, `not-entitled`.
    pub verdict: String,
    /// What is wrong, in words; empty when nothing is.
    pub says: String,
    /// What to do about it.
    pub mend: String,
    /// The service whose case mends it.
    pub opens: String,
    /// What is due, in words.
    pub amount: String,
    /// `confirmed`, `likely` or `illustrative`.
    pub confidence: String,
    /// Where it is written.
    pub source: String,
    /// Whether it reads something that stays off a card that is printed.
    pub private: bool,
    /// The grounds, the first two dozen; all of them, and of what is in order too, when one of the household is asked for.
    pub grounds: Vec<GroundView>,
    /// Whether there are more.
    pub more: bool,
}

/// A member, a house or a water point of a household.
#[derive(Serialize, ToSchema)]
pub struct HouseholdPart {
    /// The subject's number.
    pub subject: u32,
    /// Its kind.
    pub kind: String,
    /// What kind of part: `household`, `member`, `lodger`, `house`, `water-point`.
    pub part: String,
    /// Who or what it is.
    pub who: String,
    /// What holds of it.
    pub facts: Vec<HeldFact>,
    /// How the rules come out for it.
    pub verdicts: Vec<VerdictView>,
}

/// A day on which something changed.
#[derive(Serialize, ToSchema)]
pub struct ChangeDay {
    /// The day.
    pub on: String,
    /// How many facts begin on it.
    pub facts: usize,
}

/// A household whole.
#[derive(Serialize, ToSchema)]
pub struct HouseholdPage {
    /// The subject's number.
    pub subject: u32,
    /// The name of its head.
    pub who: String,
    /// The area's code.
    pub area: String,
    /// The area's name.
    pub area_name: String,
    /// The day that was asked about.
    pub on: String,
    /// The act up to which facts were counted.
    pub known_at: u64,
    /// The last act of all.
    pub seq: u64,
    /// Who looks after it.
    pub helper: String,
    /// The household, its members, its houses, its water point.
    pub parts: Vec<HouseholdPart>,
    /// The days on which something changed, in order.
    pub changes: Vec<ChangeDay>,
}

/// An act that said something of a household.
#[derive(Serialize, ToSchema)]
pub struct PastAct {
    /// The act.
    pub seq: u64,
    /// When it was recorded.
    pub at: String,
    /// What it was: a case's service, number and step, or where its facts come from.
    pub title: String,
    /// How many facts it said of the household and whoever belongs to it.
    pub facts: usize,
}
