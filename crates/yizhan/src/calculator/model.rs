//! The shapes of calculators in the API.

use crate::register::model::GroundView;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A calculator.
#[derive(Serialize, ToSchema)]
pub struct CalculatorView {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it computes, in a sentence.
    pub about: String,
    /// What the day is that it is computed for.
    pub day: String,
    /// Where it is written.
    pub source: String,
    /// `confirmed`, `likely` or `illustrative`.
    pub confidence: String,
    /// What is asked, in order.
    pub inputs: Vec<InputView>,
}

/// Something that is asked.
#[derive(Serialize, ToSchema)]
pub struct InputView {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// A word on what is meant.
    pub hint: String,
    /// `flag`, `int`, `fen` (an amount in yuan), `day` or `code`.
    pub kind: String,
    /// What it is counted in.
    pub unit: String,
    /// What holds unless it is answered.
    pub default: Option<String>,
    /// The codes to choose from, each with its meaning.
    pub codes: Vec<CodeView>,
}

/// A code to choose.
#[derive(Serialize, ToSchema)]
pub struct CodeView {
    /// The code.
    pub code: String,
    /// What it means.
    pub title: String,
}

/// What is to be computed.
#[derive(Deserialize, ToSchema)]
pub struct Calculate {
    /// The day it is computed for; today unless given.
    #[serde(default)]
    pub on: Option<String>,
    /// The answers by name, as text: `113000.00`, `2021-02-01`, `true`, a code.
    #[serde(default)]
    pub given: BTreeMap<String, String>,
}

/// What it comes to.
#[derive(Serialize, ToSchema)]
pub struct CalculatedView {
    /// The day it was computed for.
    pub on: String,
    /// The results, in order; those whose condition does not hold are left out.
    pub results: Vec<ResultView>,
}

/// One result.
#[derive(Serialize, ToSchema)]
pub struct ResultView {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The value as text, `10000.00`, `2021-03-29`, `true`, `4`; nothing where something is missing.
    pub value: Option<String>,
    /// The value in words with its unit; empty where something is missing.
    pub says: String,
    /// What it rests on, and what is missing.
    pub grounds: Vec<GroundView>,
}
