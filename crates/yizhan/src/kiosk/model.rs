//! What the room's API takes and gives.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What a terminal shows.
#[derive(Serialize, ToSchema)]
pub struct KioskView {
    /// The name of its hall.
    pub hall: String,
    /// Its own name.
    pub device: String,
    /// The area its hall lies in.
    pub area: String,
    /// The name of that area.
    pub area_name: String,
    /// Whom to call in that area; nothing where nobody is named.
    pub phone: Option<String>,
    /// Whether the server understands speech; else a browser may, or people type.
    pub hears: bool,
    /// What is told to people where it stands.
    pub told: Vec<KioskNotice>,
    /// The services it offers, in no particular order.
    pub modules: Vec<KioskModule>,
}

/// Something that people are told where a terminal stands.
#[derive(Serialize, ToSchema)]
pub struct KioskNotice {
    /// A few words.
    pub title: String,
    /// What is told.
    pub text: String,
    /// The last day.
    pub until: String,
}

/// A service as a terminal offers it.
#[derive(Serialize, ToSchema)]
pub struct KioskModule {
    /// Its name.
    pub name: String,
    /// What the public calls it.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// Its purpose: terminals show those of a purpose together.
    pub group: String,
    /// What works out beforehand what it comes to.
    pub calculator: Option<String>,
    /// The papers it asks for.
    pub papers: Vec<KioskPaper>,
    /// What people are told before they begin, step by step.
    pub guidance: Vec<String>,
    /// Its form, a JSON Schema.
    pub form: Value,
}

/// A paper that a service asks for.
#[derive(Serialize, ToSchema)]
pub struct KioskPaper {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
}

/// Answers that somebody goes on with on their own phone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The service.
    pub service: String,
    /// What was answered so far, by the service's form.
    pub answers: Value,
}

/// A page of ours to be scanned.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToScan {
    /// Its path: `/c/…`.
    pub path: String,
}

/// A code to be scanned.
#[derive(Serialize, ToSchema)]
pub struct ScanCode {
    /// Where it leads.
    pub link: String,
    /// The code, an SVG.
    pub svg: String,
    /// For how many minutes it is good; nothing where it stays.
    pub minutes: Option<u32>,
}
