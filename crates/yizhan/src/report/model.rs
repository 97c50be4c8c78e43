//! What is told of a report.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A report counted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportView {
    /// Its name.
    pub report: String,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// The first day counted.
    pub from: String,
    /// The last day counted, on which stands are taken.
    pub to: String,
    /// The area counted; empty for the whole zone.
    pub area: String,
    /// Its sections, in order.
    pub sections: Vec<SectionView>,
}

/// A section of a report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SectionView {
    /// What it is called.
    pub title: String,
    /// Its figures.
    pub figures: Vec<FigureView>,
}

/// A figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FigureView {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Its value in its unit; empty where it is not counted.
    pub value: String,
    /// What it is counted in, as the definition says.
    pub unit: String,
    /// The same, in the language asked for.
    pub unit_said: String,
    /// The number told beside it; empty where there is none.
    pub count: String,
    /// Published as "more than".
    pub least: bool,
    /// What was counted, or why it is not.
    pub how: String,
    /// How many records are behind it.
    pub items: u64,
    /// Whether whoever looks may open it.
    pub opens: bool,
}

/// A record behind a figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LineView {
    /// Its number.
    pub n: u64,
    /// Its day.
    pub day: String,
    /// What it is.
    pub what: String,
    /// Whom it concerns, by number.
    pub who: String,
    /// What it adds.
    pub amount: String,
}

/// What is asked of a report.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportAsked {
    /// Only what lies in a part of my area.
    pub area: Option<String>,
    /// Only a year of the period.
    pub year: Option<i32>,
    /// The page of the list, from 1.
    pub page: Option<usize>,
}
