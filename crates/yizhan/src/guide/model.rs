//! The catalog as people read it: every service, figure and paper with its source, how sure we are, and its examples.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// The catalog in force.
#[derive(Serialize, ToSchema)]
pub struct CatalogPage {
    /// Its number: the first adopted is 1.
    pub number: u64,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
    /// Its services.
    pub services: Vec<ServiceLine>,
    /// Its figures.
    pub parameters: Vec<ParameterView>,
    /// What may be known, by kind of subject.
    pub kinds: Vec<KindView>,
    /// Its files.
    pub files: Vec<String>,
}

/// What a case would change in the catalog.
#[derive(Serialize, ToSchema)]
pub struct CatalogChange {
    /// The files.
    pub files: Vec<ChangedFile>,
    /// What the loader says of it today; nothing where it can be adopted, or was.
    pub mistakes: Option<String>,
}

/// A file, before and after.
#[derive(Serialize, ToSchema)]
pub struct ChangedFile {
    /// Its path.
    pub path: String,
    /// Its text as it is; nothing where it is new.
    pub before: Option<String>,
    /// Its text as it would be.
    pub after: String,
}

/// A service in one line.
#[derive(Serialize, ToSchema)]
pub struct ServiceLine {
    /// Its name.
    pub name: String,
    /// What the public calls it.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// How many worked examples it carries.
    pub examples: usize,
}

/// A figure of law or policy.
#[derive(Serialize, ToSchema)]
pub struct ParameterView {
    /// Its name.
    pub name: String,
    /// What officers read.
    pub title: String,
    /// What it is counted in.
    pub unit: String,
    /// Its values, the oldest first.
    pub values: Vec<DatedView>,
}

/// A value from a day on.
#[derive(Serialize, ToSchema)]
pub struct DatedView {
    /// The first day.
    pub from: String,
    /// The first day no longer.
    pub to: Option<String>,
    /// The value, in the figure's unit.
    pub value: String,
    /// Where it is written.
    pub source: String,
    /// `confirmed`, `likely` or `illustrative`.
    pub confidence: String,
    /// Whether it is in force today.
    pub in_force: bool,
}

/// A kind of subject and what may be known of it.
#[derive(Serialize, ToSchema)]
pub struct KindView {
    /// Its name.
    pub name: String,
    /// What officers read.
    pub title: String,
    /// What may be known.
    pub attributes: Vec<AttributeView>,
}

/// Something that may be known.
#[derive(Serialize, ToSchema)]
pub struct AttributeView {
    /// Its full name.
    pub name: String,
    /// What officers read.
    pub title: String,
    /// What its values are.
    pub kind: String,
    /// What they are counted in.
    pub unit: Option<String>,
    /// Who may see it.
    pub seen_by: Vec<String>,
    /// The paper that proves it.
    pub paper: Option<String>,
    /// Whether it is sealed under a key of its own.
    pub sealed: bool,
    /// Its codes with their meaning.
    pub codes: Vec<CodeView>,
}

/// A code.
#[derive(Serialize, ToSchema)]
pub struct CodeView {
    /// The code.
    pub code: String,
    /// What it means.
    pub title: String,
}

/// A service whole.
#[derive(Serialize, ToSchema)]
pub struct ServiceView {
    /// Its name.
    pub name: String,
    /// What the public calls it.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// Who may open it.
    pub opened_by: Vec<String>,
    /// The purpose under whose keys it is sealed.
    pub purpose: String,
    /// Days after its end before personal details are deleted.
    pub keep_days: u32,
    /// Its route.
    pub steps: Vec<StepView>,
    /// What may be recorded meanwhile.
    pub entries: Vec<AdditionView>,
    /// Which papers may be attached.
    pub papers: Vec<AdditionView>,
    /// What must be done by when.
    pub duties: Vec<DutyRule>,
    /// Worked examples of its forms.
    pub examples: Vec<ExampleView>,
    /// What becomes known.
    pub attributes: Vec<AttributeView>,
    /// Its file.
    pub file: String,
}

/// A step of a route.
#[derive(Serialize, ToSchema)]
pub struct StepView {
    /// Its name.
    pub name: String,
    /// What officers read.
    pub title: String,
    /// Who takes it.
    pub who: String,
    /// How soon: `24 hours`, `5 working days`.
    pub within: Option<String>,
    /// How many days it lies open to objections first.
    pub notice_days: Option<u32>,
    /// What may be done.
    pub may: Vec<String>,
    /// Whether one person may take it who took another.
    pub same_person: bool,
}

/// Something that may be added while a case stays where it is.
#[derive(Serialize, ToSchema)]
pub struct AdditionView {
    /// Its name.
    pub name: String,
    /// What people read.
    pub title: String,
    /// Who may add it; `holder` is whoever holds the receipt.
    pub who: Vec<String>,
}

/// A duty as a rule.
#[derive(Serialize, ToSchema)]
pub struct DutyRule {
    /// Its name.
    pub name: String,
    /// What people read.
    pub title: String,
    /// Who has it.
    pub who: String,
    /// On which days, in words; `+7` is the seventh day after day 0.
    pub days: String,
    /// By what time of the day.
    pub by: String,
    /// When it is raised, and to whom.
    pub escalate: Vec<EscalationView>,
    /// How many worked examples it carries.
    pub examples: usize,
}

/// Who is told of a duty that is not done.
#[derive(Serialize, ToSchema)]
pub struct EscalationView {
    /// Hours after it was due.
    pub after_hours: u32,
    /// The level that is told.
    pub to: String,
}

/// A worked example of a form.
#[derive(Serialize, ToSchema)]
pub struct ExampleView {
    /// The step or entry whose form is meant; the service's own without.
    pub of: Option<String>,
    /// What somebody answers.
    pub answers: Value,
    /// The pointer at which it is refused; accepted without.
    pub refused_at: Option<String>,
}

/// A file of the catalog.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct FileAsked {
    /// Its path: `service/travel-declaration.toml`.
    pub path: String,
}

/// A file of the catalog, whole.
#[derive(Serialize, ToSchema)]
pub struct FileView {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
}
