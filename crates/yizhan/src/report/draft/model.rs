//! What is told and taken of a report in the making.

use crate::editor::model::{Choice, Located};
use crate::report::model::{By, FigureView};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A report in the making.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportDraft {
    /// Its name; its file is `report/{report}.toml`.
    pub report: String,
    /// Its text; empty to begin with what is in force, or with nothing.
    #[serde(default)]
    pub text: String,
    /// The file as a tree, where it was edited as a form: it is written into the text.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub tree: Option<Map<String, Value>>,
    /// The number of the catalog that the draft was begun from.
    #[serde(default)]
    pub number: Option<u64>,
}

/// A report in the making as it was read.
#[derive(Serialize, ToSchema)]
pub struct ShapedReport {
    /// The catalog in force.
    pub number: u64,
    /// Its file.
    pub path: String,
    /// What is in force under its name.
    pub before: Option<String>,
    /// Its text.
    pub text: String,
    /// The same as a tree; absent when it cannot be read.
    #[schema(value_type = Option<Object>)]
    pub tree: Option<Map<String, Value>>,
    /// What the loader finds wrong; a figure is `/section.figure/n`, counted through all sections.
    pub mistakes: Vec<Located>,
    /// Whether somebody else changed the file since the draft was begun.
    pub changed: bool,
}

/// What a figure is made from.
#[derive(Serialize, ToSchema)]
pub struct FigureChoices {
    /// The catalog in force.
    pub number: u64,
    /// Today.
    pub today: String,
    /// The reports in force.
    pub reports: Vec<Choice>,
    /// What may be counted.
    pub counts: Vec<CountsChoice>,
    /// What figures are counted in.
    pub units: Vec<UnitChoice>,
    /// Funds.
    pub funds: Vec<Choice>,
    /// Programmes.
    pub programmes: Vec<Choice>,
    /// Services.
    pub services: Vec<Choice>,
    /// Kinds of subjects, with what conditions may say of them.
    pub kinds: Vec<KindChoice>,
    /// What is remembered of subjects and cases.
    pub facts: Vec<FieldChoice>,
    /// Who pays a layer of a hospital bill.
    pub payers: Vec<Choice>,
    /// Parameters; the kind is the unit.
    pub parameters: Vec<Choice>,
    /// Rules; the kind is `duty` of what is owed again and again.
    pub rules: Vec<Choice>,
    /// Named values, `kind.name`.
    pub named: Vec<Choice>,
}

/// Something that may be counted.
#[derive(Serialize, ToSchema)]
pub struct CountsChoice {
    /// The word of the definition.
    pub name: String,
    /// The keys that go with it.
    pub keys: Vec<String>,
    /// What may be told of it.
    pub measures: Vec<String>,
}

/// A unit.
#[derive(Serialize, ToSchema)]
pub struct UnitChoice {
    /// As the definition says it.
    pub name: String,
    /// In English.
    pub en: String,
}

/// A kind of subject.
#[derive(Serialize, ToSchema)]
pub struct KindChoice {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What conditions may say of it.
    pub fields: Vec<FieldChoice>,
}

/// Something that conditions read.
#[derive(Serialize, ToSchema)]
pub struct FieldChoice {
    /// Its name: in conditions without the kind, `on_register`; of facts in full, `person.on-register`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// `truth`, `number`, `money`, `day`, `code`, `subject`, or `known` of what can only be asked whether it is there.
    pub of: String,
    /// The kind of subject that it names.
    pub kind: Option<String>,
    /// Whether everybody has it: it is made of other facts.
    pub made: bool,
    /// Its codes.
    pub codes: Vec<Choice>,
}

/// What is asked of a report in the making.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewAsked {
    /// Its name.
    pub report: String,
    /// Its text.
    pub text: String,
    /// Which figures; all of them where none is named.
    #[serde(default)]
    pub figures: Vec<String>,
    /// Only what lies in a part of my area.
    #[serde(default)]
    pub area: Option<String>,
    /// Only a year of the period.
    #[serde(default)]
    pub year: Option<i32>,
    /// By what.
    #[serde(default)]
    pub by: By,
    /// The page of an opened list, from 1.
    #[serde(default)]
    pub page: Option<usize>,
}

/// What figures in the making come to.
#[derive(Serialize, ToSchema)]
pub struct FiguresPreview {
    /// The first day counted.
    pub from: String,
    /// The last day counted.
    pub to: String,
    /// The figures.
    pub figures: Vec<FigureView>,
}
