//! What the room's API takes and gives.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A visit that is over, as a device tells it. There is no place in it for anybody's name or number.
#[derive(Clone, Serialize, Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub struct VisitSaid {
    /// A random number by which a visit that is told twice is taken once; forgotten within the hour, and never kept.
    pub visit: u64,
    /// What they came for: the name of a service.
    pub module: String,
    /// `finished`, `gave-up` or `walked-away`.
    pub ending: String,
    /// The steps, in order, up to 200.
    pub steps: Vec<StepSaid>,
}

/// A step of a visit.
#[derive(Clone, Serialize, Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub struct StepSaid {
    /// Its name in the module: letters and hyphens.
    pub step: String,
    /// `done`, `error`, `help` or `back`.
    pub what: String,
    /// How long it took, milliseconds.
    pub took_ms: u32,
}

/// Which visits.
#[derive(Clone, Deserialize, IntoParams, Default)]
#[serde(deny_unknown_fields, default)]
pub struct VisitsAsked {
    /// The first day; 28 days ago unless given.
    pub from: Option<String>,
    /// The last day; today unless given.
    pub until: Option<String>,
    /// Only one module.
    pub module: Option<String>,
    /// Only one hall.
    pub hall: Option<u32>,
    /// Only this area and below.
    pub area: Option<String>,
    /// For a comparison: the first day on which things were different.
    pub on: Option<String>,
    /// For a comparison: how many days before and after, 1 to 90.
    pub days: Option<u8>,
    /// The language.
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

/// A module's visits.
#[derive(Serialize, ToSchema)]
pub struct FunnelView {
    /// The module.
    pub module: String,
    /// What people call it.
    pub title: String,
    /// Visits.
    pub visits: u64,
    /// Of them, those that came to what they were for.
    pub finished: u64,
    /// Of them, those in which somebody said that they stop.
    pub gave_up: u64,
    /// Of them, those that began again what had just come to nothing at the same device.
    pub again: u64,
    /// The middle of how long a visit took, tenths of a second.
    pub median_tenths: u32,
    /// Its steps.
    pub steps: Vec<FunnelStep>,
}

/// A step of a funnel.
#[derive(Serialize, ToSchema)]
pub struct FunnelStep {
    /// Its name.
    pub step: String,
    /// What people call it.
    pub title: String,
    /// Visits that reached it.
    pub reached: u64,
    /// Visits in which it was refused.
    pub errors: u64,
    /// Visits in which help was called at it.
    pub help: u64,
    /// Visits that ended at it and came to nothing.
    pub lost: u64,
    /// The middle of how long it took, tenths of a second.
    pub median_tenths: u32,
    /// What nine of ten do not exceed.
    pub ninth_tenths: u32,
}

/// Something that people find hard.
#[derive(Serialize, ToSchema)]
pub struct DifficultyView {
    /// The module.
    pub module: String,
    /// What people call it.
    pub title: String,
    /// The step.
    pub step: String,
    /// What people call it.
    pub step_title: String,
    /// In this hall only; everywhere, where none is named.
    pub hall: Option<u32>,
    /// Its name.
    pub hall_name: String,
    /// What shows it, the strongest first.
    pub signs: Vec<SignView>,
    /// What it costs: visits beyond the usual, by weight.
    pub score: u64,
}

/// A sign of a difficulty.
#[derive(Serialize, ToSchema)]
pub struct SignView {
    /// `error` and `slow` (难点), `lost` (堵点), `help` (痛点).
    pub sort: String,
    /// Visits that met it.
    pub hits: u64,
    /// Visits that reached the step.
    pub of: u64,
    /// Of a thousand, how many are usual.
    pub usual_permille: u64,
    /// Of those who met it, how many left with nothing.
    pub left: u64,
}

/// Something counted.
#[derive(Serialize, ToSchema)]
pub struct VisitsCounted {
    /// Its code.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Visits.
    pub visits: u64,
}

/// How much business there was.
#[derive(Serialize, ToSchema)]
pub struct VolumeView {
    /// Visits.
    pub visits: u64,
    /// By module.
    pub modules: Vec<VisitsCounted>,
    /// By hour of the day, 24 of them.
    pub hours: Vec<u64>,
    /// By hall.
    pub halls: Vec<VisitsCounted>,
    /// By day.
    pub days: Vec<VisitsCounted>,
}

/// A module in the order that is suggested.
#[derive(Serialize, ToSchema)]
pub struct HomePlace {
    /// The module.
    pub module: String,
    /// What people call it.
    pub title: String,
    /// Visits that were for it.
    pub visits: u64,
    /// Its place now, counted from one.
    pub now: Option<usize>,
}

/// A suggested order of the home screen.
#[derive(Serialize, ToSchema)]
pub struct OrderSuggested {
    /// From the first place on.
    pub modules: Vec<HomePlace>,
    /// Places that a visitor passes before theirs, on the average, in hundredths: as it is.
    pub passed_now: u64,
    /// As it would be.
    pub passed_then: u64,
}

/// A measure before and after.
#[derive(Serialize, ToSchema)]
pub struct ChangedView {
    /// The step; none, when it is about whole visits.
    pub step: Option<String>,
    /// What people call it.
    pub step_title: String,
    /// `finished`, `errors`, `help` or `lost`.
    pub measure: String,
    /// Hits before.
    pub before: u64,
    /// Of how many.
    pub before_of: u64,
    /// Hits after.
    pub after: u64,
    /// Of how many.
    pub after_of: u64,
    /// `better`, `worse` or `unclear`.
    pub turn: String,
}
