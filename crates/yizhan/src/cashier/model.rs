//! The shapes of the room in the API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is to be paid for a case, and what was paid.
#[derive(Serialize, ToSchema)]
pub struct Payable {
    /// The case.
    pub number: String,
    /// What it is about.
    pub title: String,
    /// Of what it is made.
    pub parts: Vec<PayPart>,
    /// What is due in all, in yuan; nothing while it is not assessed.
    pub due: Option<String>,
    /// What was paid and is kept.
    pub paid: String,
    /// What is left to pay; nothing while it is not known.
    pub left: Option<String>,
    /// Whether it can be paid now.
    pub open: bool,
    /// The ways to pay that are open.
    pub ways: Vec<PayWay>,
    /// The codes that can be scanned now.
    pub codes: Vec<PayCode>,
    /// Every payment and what went back, the latest first.
    pub payments: Vec<PaymentView>,
    /// `waiting`, `paid`, `nothing`, `unassessed` or `closed`.
    pub state: String,
}

/// A part of what is due.
#[derive(Serialize, ToSchema)]
pub struct PayPart {
    /// What it is called.
    pub title: String,
    /// How much, in yuan.
    pub amount: String,
}

/// A way to pay.
#[derive(Serialize, ToSchema)]
pub struct PayWay {
    /// `wechat` or `alipay`.
    pub code: String,
    /// What people call it.
    pub title: String,
}

/// A code that can be scanned.
#[derive(Serialize, ToSchema)]
pub struct PayCode {
    /// The way.
    pub channel: String,
    /// What people call it.
    pub title: String,
    /// How much it asks for, in yuan.
    pub amount: String,
    /// Until when.
    pub until: String,
    /// Seconds until then.
    pub seconds: i64,
    /// What it holds.
    pub holds: String,
    /// An address that a phone can open itself; empty where it must be scanned.
    pub link: String,
    /// The code, as SVG.
    pub svg: String,
}

/// A payment.
#[derive(Serialize, ToSchema)]
pub struct PaymentView {
    /// The order, for whoever gives back.
    pub order: u32,
    /// Our number.
    pub number: String,
    /// The channel's.
    pub theirs: String,
    /// The way.
    pub title: String,
    /// How much was paid, in yuan.
    pub amount: String,
    /// On which day.
    pub on: String,
    /// What went back.
    pub back: String,
    /// What is on its way back.
    pub returning: String,
    /// What somebody wants to go back, and another has not decided.
    pub asked: Option<String>,
    /// Whether it could not be given back: somebody looks at it.
    pub failed: bool,
}

/// How somebody wants to pay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayBy {
    /// `wechat` or `alipay`.
    pub channel: String,
}

/// What was taken in on a day by a channel.
#[derive(Serialize, ToSchema)]
pub struct TakingsDay {
    /// The day.
    pub day: String,
    /// The channel.
    pub channel: String,
    /// What people call it.
    pub title: String,
    /// What we took, in yuan.
    pub taken: String,
    /// What we gave back.
    pub back: String,
    /// What the bill says was paid; nothing without one.
    pub bill_taken: Option<String>,
    /// What it says went back.
    pub bill_back: Option<String>,
    /// How many entries agree.
    pub same: usize,
    /// How many do not.
    pub differ: usize,
}

/// A day of a channel, entry by entry.
#[derive(Serialize, ToSchema)]
pub struct TakingsEntries {
    /// Whether its bill is there.
    pub billed: bool,
    /// The entries, those that differ first.
    pub entries: Vec<TakingsEntry>,
}

/// A payment or a refund, as both sides have it.
#[derive(Serialize, ToSchema)]
pub struct TakingsEntry {
    /// `same`, `only-ours`, `only-theirs`, `amount`; `booked` while there is no bill.
    pub compared: String,
    /// Our number.
    pub number: String,
    /// The channel's.
    pub theirs_number: String,
    /// Whether it went back.
    pub back: bool,
    /// Our sum, in yuan.
    pub ours: Option<String>,
    /// Theirs.
    pub theirs: Option<String>,
    /// The order.
    pub order: Option<u32>,
    /// The case.
    pub case: Option<String>,
}

/// A refund that somebody asked for, and another decides on.
#[derive(Serialize, ToSchema)]
pub struct RefundAsked {
    /// The order.
    pub order: u32,
    /// Its case.
    pub case: String,
    /// How much, in yuan.
    pub amount: String,
    /// Of how much that is kept.
    pub of: String,
    /// Who asked.
    pub by: String,
}

/// What somebody wants to go back, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackWanted {
    /// How much, in yuan: `12.34`.
    pub amount: String,
    /// Why.
    pub why: String,
}

/// What the other decides.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackDecided {
    /// `agree` or `decline`.
    pub verdict: String,
    /// Why, where it is declined.
    #[serde(default)]
    pub why: String,
}
