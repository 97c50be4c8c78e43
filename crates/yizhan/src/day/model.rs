//! What the day's API takes and gives.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// Which part of my area, which day.
#[derive(Deserialize, IntoParams, Default)]
#[serde(deny_unknown_fields)]
pub struct DayAsked {
    /// Only this part of my area: twelve digits.
    #[serde(default)]
    pub area: Option<String>,
    /// The day; today unless given.
    #[serde(default)]
    pub on: Option<String>,
    /// How many households and places to leave out.
    #[serde(default)]
    pub from: usize,
    /// How many at most, up to 1000.
    #[serde(default = "two_hundred")]
    pub limit: usize,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

fn two_hundred() -> usize {
    200
}

/// The list of a day.
#[derive(Serialize, ToSchema)]
pub struct DayList {
    /// The day.
    pub on: String,
    /// The area's code.
    pub area: String,
    /// Its name.
    pub area_name: String,
    /// How many households and places there are, this page or not.
    pub total: usize,
    /// How much of it is due and not late.
    pub due: usize,
    /// How much is late.
    pub overdue: usize,
    /// The page: village by village, and there by the number of the household.
    pub entries: Vec<DayEntry>,
}

/// A household or a place with everything that is owed there.
#[derive(Serialize, ToSchema)]
pub struct DayEntry {
    /// `household`, or the kind of place.
    pub about: String,
    /// The subject's number.
    pub subject: u32,
    /// Who or what it is.
    pub who: String,
    /// The household's number on the register; empty where it is no household.
    pub number: String,
    /// The area's code.
    pub area: String,
    /// The area's name.
    pub area_name: String,
    /// What is owed, the most urgent first.
    pub dues: Vec<DayDue>,
}

/// One thing that is owed.
#[derive(Serialize, ToSchema)]
pub struct DayDue {
    /// The rule; empty for whoever is not to know its ground.
    pub rule: String,
    /// What it is called to the viewer.
    pub title: String,
    /// The subject it is about.
    pub subject: u32,
    /// Its name, where it is somebody of the household.
    pub who: String,
    /// `due` or `overdue`.
    pub state: String,
    /// When it is due; empty where it was never done and nobody knows since when it is owed.
    pub due: String,
    /// How many days it is late.
    pub late_days: i32,
    /// When it was last done; empty where it never was, or is not the viewer's to know.
    pub last: String,
    /// Who does it: `village`, `township`, `district`, `team` or a role.
    pub doer: String,
    /// Whether the viewer does it; else they are told, or may come along.
    pub yours: bool,
    /// The level that has been told that it is late; empty for none.
    pub escalated_to: String,
    /// The service whose form fulfils it; empty where the viewer does not open it.
    pub opens: String,
    /// The service's title.
    pub opens_title: String,
    /// What of the form is known already.
    pub prefill: Map<String, Value>,
    /// What the form demands: `form`, `photo`, `place`, `signature`.
    pub proof: Vec<String>,
}

/// What was measured of a person, visit by visit.
#[derive(Serialize, ToSchema)]
pub struct Trend {
    /// The person.
    pub person: u32,
    /// Their name.
    pub who: String,
    /// What is measured, each with its values in order of days.
    pub lines: Vec<TrendLine>,
}

/// One thing that is measured.
#[derive(Serialize, ToSchema)]
pub struct TrendLine {
    /// The attribute.
    pub attribute: String,
    /// Its title.
    pub title: String,
    /// What it is counted in.
    pub unit: String,
    /// The days, ascending.
    pub days: Vec<String>,
    /// The values in tenths.
    pub tenths: Vec<i64>,
}
