//! What the desk's API takes and gives.

use crate::case::model::WorkRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which cases are asked for, and which page of them.
#[derive(Deserialize, IntoParams, Default)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Only this part of my area: twelve digits.
    #[serde(default)]
    pub area: Option<String>,
    /// Only this service.
    #[serde(default)]
    pub service: Option<String>,
    /// Only cases in this state: `open`, `overdue`, `alarm` (nobody has answered it yet), `objected`, `completed`, `withdrawn` or `closed`.
    #[serde(default)]
    pub state: Option<String>,
    /// Only open cases that wait for this step of their route.
    #[serde(default)]
    pub step: Option<String>,
    /// Only cases that this column of the board counts: `declared`, `contacted-in-time`, `contacted-late`, `arrived`,
    /// `monitored`, `late`, `tests-due`, `alarm` or `released`.
    #[serde(default)]
    pub measure: Option<String>,
    /// Only cases opened on this day, `2021-02-01`.
    #[serde(default)]
    pub opened_on: Option<String>,
    /// How many to leave out.
    #[serde(default)]
    pub from: usize,
    /// How many at most, up to 200.
    #[serde(default = "fifty")]
    pub limit: usize,
}

fn fifty() -> usize {
    50
}

/// A page of a list of cases.
#[derive(Serialize, ToSchema)]
pub struct Worklist {
    /// How many there are.
    pub total: usize,
    /// The page.
    pub cases: Vec<WorkRow>,
    /// The act up to which it is current.
    pub seq: u64,
}

/// How many cases wait in an area.
#[derive(Serialize, ToSchema)]
pub struct Count {
    /// The area's code.
    pub area: String,
    /// Its name.
    pub area_name: String,
    /// The cases.
    pub waiting: usize,
}

/// The picture of an area.
#[derive(Serialize, ToSchema, Default)]
pub struct Overview {
    /// The area's code.
    pub area: String,
    /// Its name.
    pub area_name: String,
    /// What waits in each part of it.
    pub parts: Vec<Part>,
    /// What waits of each service.
    pub services: Vec<OfService>,
    /// What was opened on each of the last fourteen days, the earliest first.
    pub days: Vec<OnDay>,
}

/// A part of an area.
#[derive(Serialize, ToSchema, Default)]
pub struct Part {
    /// Its code.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Open cases.
    pub open: usize,
    /// Those of them whose step is overdue.
    pub overdue: usize,
    /// Those of them with an alarm that nobody has answered.
    pub alarms: usize,
}

/// A service.
#[derive(Serialize, ToSchema, Default)]
pub struct OfService {
    /// Its name.
    pub service: String,
    /// What it is called.
    pub title: String,
    /// Open cases.
    pub open: usize,
    /// Those of them whose step is overdue.
    pub overdue: usize,
    /// Where on its route they stand.
    pub steps: Vec<AtStep>,
}

/// A step of a service's route, and what waits for it.
#[derive(Serialize, ToSchema, Default)]
pub struct AtStep {
    /// Its name.
    pub step: String,
    /// What it is called.
    pub title: String,
    /// Open cases that wait for it.
    pub open: usize,
    /// Those of them that are overdue.
    pub overdue: usize,
}

/// A day.
#[derive(Serialize, ToSchema)]
pub struct OnDay {
    /// The day.
    pub day: String,
    /// Cases opened on it.
    pub opened: usize,
    /// Those of them that have ended.
    pub ended: usize,
}

/// How far the cases of a service have come.
#[derive(Serialize, ToSchema)]
pub struct Board {
    /// The service.
    pub service: String,
    /// What it is called.
    pub title: String,
    /// What is counted, in order.
    pub measures: Vec<BoardMeasure>,
    /// The whole area.
    pub whole: BoardPart,
    /// Its parts, each after the one it lies in.
    pub parts: Vec<BoardPart>,
    /// When it was counted, RFC 3339.
    pub at: String,
}

/// Something that is counted.
#[derive(Serialize, ToSchema)]
pub struct BoardMeasure {
    /// Its name, by which `/api/cases` opens a number.
    pub name: String,
    /// What it is called.
    pub title: String,
}

/// A part of an area on the board.
#[derive(Serialize, ToSchema)]
pub struct BoardPart {
    /// Its code.
    pub area: String,
    /// Its name.
    pub name: String,
    /// `township` or `village`; empty for the whole.
    pub level: String,
    /// The code of what it lies in.
    pub above: String,
    /// The numbers, in the order of the measures.
    pub numbers: Vec<usize>,
    /// Minutes until somebody was first reached: the middle one, of the last seven days.
    pub median_minutes: Option<u32>,
    /// The same: nineteen of twenty took no longer.
    pub p95_minutes: Option<u32>,
}

/// What people at home are to report today and have not, for whoever enters it for those without a telephone.
#[derive(Serialize, ToSchema)]
pub struct Reports {
    /// The people, by area and name.
    pub people: Vec<ReportRow>,
    /// How many there are.
    pub total: usize,
}

/// Somebody who is to report today.
#[derive(Serialize, ToSchema)]
pub struct ReportRow {
    /// The case.
    pub number: String,
    /// Who it is.
    pub who: String,
    /// The area's name.
    pub area_name: String,
    /// What is still to be reported.
    pub due: Vec<ReportDue>,
}

/// Something to report.
#[derive(Serialize, ToSchema)]
pub struct ReportDue {
    /// The entry that reports it.
    pub entry: String,
    /// What it is called.
    pub title: String,
    /// `due` or `overdue`.
    pub state: String,
    /// By when.
    pub due: String,
}
