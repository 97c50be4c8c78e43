//! What is told of a report.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yizhan_kit::Day;

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
    /// The last act that was known; nothing where it is counted as of now.
    pub known_at: Option<u64>,
    /// The publication that is told; nothing where the figures are counted from records.
    pub edition: Option<EditionView>,
    /// What was published of the same days and area, the latest first.
    pub editions: Vec<EditionLine>,
    /// The service by which whoever looks may publish it.
    pub publishes_by: Option<String>,
}

/// A publication that is told, or is on its way.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EditionView {
    /// The case's number.
    pub number: String,
    /// The day it was published; empty while it is on its way.
    pub day: String,
    /// The last act that was known when the figures were fixed.
    pub known_at: u64,
    /// Who signed, by role.
    pub signatures: Vec<SignatureView>,
    /// What whoever fixed the figures had to say.
    pub note: String,
    /// How many of its figures have come to something else since.
    pub corrected: usize,
}

/// A signature.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignatureView {
    /// The step.
    pub step: String,
    /// Whose role it was.
    pub role: String,
    /// On which day.
    pub day: String,
}

/// A publication in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EditionLine {
    /// The case's number.
    pub number: String,
    /// The day it was published.
    pub day: String,
}

/// What a signed figure has come to since.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CorrectionView {
    /// What it is now; empty where it is nothing any more.
    pub now: String,
    /// How much more that is, with its sign.
    pub difference: String,
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
    /// Of a signed figure what it has come to since, where that is something else.
    pub correction: Option<CorrectionView>,
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
    /// Up to a day of the period, `2019-06-30`; stands are those of this day.
    #[param(value_type = Option<String>)]
    pub on: Option<Day>,
    /// As it was known right after an act.
    pub known_at: Option<u64>,
    /// What was signed: the number of a publication, or `latest` for the one of the same area and days, if there is one.
    pub edition: Option<String>,
    /// By what figures are told apart; by area and by year unless given. What was signed is told as it was signed.
    pub by: Option<By>,
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
