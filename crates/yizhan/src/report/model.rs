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
    /// What is odd about its figures, for whoever answers for them.
    pub notices: Vec<NoticeView>,
}

/// Something odd about figures: no mistake yet, a reason to look.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoticeView {
    /// `below-standard`, `out-of-line`, `not-everywhere`, `same-number`, `more-than-all` or `leap`.
    pub odd: String,
    /// The ids of the figures to open, the odd one first.
    pub figures: Vec<String>,
    /// What does not fit.
    pub says: String,
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
    /// By year, where records have a day.
    pub years: Vec<CellView>,
    /// By part of the area.
    pub parts: Vec<CellView>,
}

/// A figure of a year or of a part of the area.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CellView {
    /// The year, or the area's code.
    pub of: String,
    /// What it is called.
    pub title: String,
    /// Its value; empty where it is shown with others.
    pub value: String,
    /// Told together with others, because it is about fewer than five.
    pub merged: bool,
}

/// A report that there is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportLine {
    /// Its name.
    pub report: String,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// The first day of its period.
    pub from: String,
    /// The last day.
    pub to: String,
}

/// A page of what is behind a figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OpenedView {
    /// The figure.
    pub figure: FigureView,
    /// The records of this page that whoever looks may see.
    pub lines: Vec<RecordBehind>,
    /// How many of this page are not theirs to see.
    pub hidden: usize,
    /// How many there are on all pages.
    pub total: u64,
    /// The page, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
}

/// A record behind a figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordBehind {
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

/// How a report is told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Not at all.
    #[default]
    Whole,
    /// By the parts below the area.
    Area,
    /// By village.
    Village,
    /// By year.
    Year,
}

/// What is asked of a report as an Excel file.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SheetAsked {
    /// Only what lies in a part of my area.
    pub area: Option<String>,
    /// Only a year of the period.
    pub year: Option<i32>,
    /// By what it is told apart.
    #[serde(default)]
    pub by: By,
}
