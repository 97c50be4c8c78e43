//! What the room's API takes and gives.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The plan of a case: chosen, or what would be chosen if they arrived as declared.
#[derive(Serialize, ToSchema)]
pub struct PlanView {
    /// Its name.
    pub plan: String,
    /// What it is called.
    pub title: String,
    /// What people are told to do.
    pub about: String,
    /// Whether it was chosen already; otherwise it would be.
    pub chosen: bool,
    /// The last day, once chosen.
    pub until: Option<String>,
    /// Why: each trait in words.
    pub why: Vec<String>,
    /// Where the rule is written.
    pub source: String,
    /// `confirmed`, `likely` or `illustrative`.
    pub confidence: String,
}

/// A risk area on the list.
#[derive(Serialize, ToSchema)]
pub struct RiskArea {
    /// Six digits.
    pub place: u32,
    /// Its whole name.
    pub name: String,
    /// `medium` or `high`.
    pub level: String,
    /// Since when.
    pub since: String,
}

/// Which day is asked about.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OnDay {
    /// The day, `2021-02-01`; today, when absent.
    #[serde(default)]
    pub on: Option<String>,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

/// What is looked for among the places of the country.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PlaceAsked {
    /// What was typed.
    #[serde(default)]
    pub q: String,
    /// The place whose parts are asked for, six digits; the provinces, when absent.
    #[serde(default)]
    pub within: Option<u32>,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

/// A place of the country.
#[derive(Serialize, ToSchema)]
pub struct PlaceFound {
    /// Six digits.
    pub code: u32,
    /// Its own name.
    pub name: String,
    /// Its whole name.
    pub path: String,
}

/// A list of risk areas, whole: what it does not name is of low risk from its day on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskList {
    /// The first day it holds, `2021-02-01`.
    pub from: String,
    /// Who published it.
    pub source: String,
    /// The areas.
    pub areas: Vec<RiskLine>,
}

/// A line of a list of risk areas.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskLine {
    /// Six digits, or a name that can only mean one place.
    pub place: String,
    /// `medium` or `high`.
    pub level: String,
}

/// Rules that are not in force yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// The text of a plan file, as `plan/journey.toml` would be; that in force, when absent.
    #[serde(default)]
    pub plans: Option<String>,
    /// A list of risk areas; that in force, when absent.
    #[serde(default)]
    pub risk: Option<RiskList>,
}

/// Whom a change would touch.
#[derive(Serialize, ToSchema)]
pub struct Touched {
    /// How many open journeys have not arrived, and were looked at.
    pub looked_at: usize,
    /// How many of them another plan would follow for.
    pub touched: usize,
    /// How many go from which plan to which.
    pub changes: Vec<Change>,
    /// The first two hundred of them.
    pub cases: Vec<TouchedCase>,
}

/// So many go from one plan to another.
#[derive(Serialize, ToSchema, PartialEq, Eq, Debug)]
pub struct Change {
    /// The plan now; empty for none.
    pub now: String,
    /// The plan then.
    pub then: String,
    /// How many.
    pub cases: usize,
}

/// A case that a change would touch.
#[derive(Serialize, ToSchema)]
pub struct TouchedCase {
    /// Its number.
    pub number: String,
    /// Its area's name.
    pub area_name: String,
    /// The declared day of arrival.
    pub arriving_on: String,
    /// The plan now.
    pub now: String,
    /// The plan then.
    pub then: String,
}
