//! What is asked and told about companies and their handlers.

use crate::case::model::Status;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yizhan_kit::Kind;

/// Who says to handle which company's matters.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandlerAsked {
    /// The company's unified social credit code.
    pub taxpayer_number: String,
    /// The handler's telephone.
    pub mobile: String,
}

/// The same with the code that they read out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandlerProved {
    /// The company's unified social credit code.
    pub taxpayer_number: String,
    /// The handler's telephone.
    pub mobile: String,
    /// The six digits.
    pub code: String,
}

/// What everyone is told, handler or not.
#[derive(Serialize, ToSchema)]
pub struct HandlerTold {
    /// For how many minutes a code is good, if one was sent.
    pub minutes: i64,
    /// Which papers make somebody a handler.
    pub papers: Vec<String>,
}

/// Which company is closed again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompanyClosed {
    /// Its key among those that are open; all of them without.
    #[serde(default)]
    pub key: Option<String>,
}

/// A company that an agent may look into for a while.
#[derive(Serialize, ToSchema)]
pub struct CompanyView {
    /// Its key among those that are open.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// Its credit code, all but the ends hidden.
    pub number: String,
    /// Until when it is open.
    pub until: String,
    /// Who handles its matters.
    pub handlers: Vec<HandlerView>,
    /// Its matters, the latest first.
    pub cases: Vec<Status>,
    /// Its invoices this month by kind.
    pub invoices: Vec<MonthView>,
}

/// A handler.
#[derive(Serialize, ToSchema)]
pub struct HandlerView {
    /// The case by which they are one.
    pub number: String,
    /// Their name, all but the first character hidden.
    pub name: String,
    /// Their telephone, masked.
    pub mobile: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// `valid`, `ahead`, `over` or `revoked`.
    pub state: String,
}

/// How many invoices of a kind a company may have this month, and had.
#[derive(Serialize, ToSchema)]
pub struct MonthView {
    /// The kind.
    pub kind: String,
    /// How many it may have.
    pub quota: u32,
    /// How many it had.
    pub used: u32,
}

/// Nobody has shown to handle this company's matters.
pub static NOT_VERIFIED: Kind = Kind {
    code: "company-not-verified",
    status: 403,
    title_zh: "请先核验企业经办人",
    title_en: "Verify the company's handler first",
};
