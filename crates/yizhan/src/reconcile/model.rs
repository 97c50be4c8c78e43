//! What the room's API takes and gives.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is said of a list when it is brought.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Brought {
    /// `train`, `plane`, `coach`, `vehicle`, `hotel` or `other`.
    pub kind: String,
    /// Who handed it over.
    pub supplier: String,
    /// On what ground.
    pub basis: String,
    /// The day of the list, `2021-02-01`.
    pub seen_on: String,
    /// Train, flight, checkpoint or hotel.
    #[serde(default)]
    pub carrier: String,
    /// Which column holds what, as JSON from heading to field, where it is not told by the headings.
    #[serde(default)]
    pub columns: Option<String>,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

/// What became of a list that was brought.
#[derive(Serialize, ToSchema)]
pub struct Taken {
    /// The list's number.
    pub number: String,
    /// How many rows were taken.
    pub rows: usize,
    /// The rows that were not: line and why.
    pub bad: Vec<BadRow>,
}

/// A row that cannot be read.
#[derive(Serialize, ToSchema)]
pub struct BadRow {
    /// The line in the file.
    pub line: usize,
    /// Why.
    pub why: String,
}

/// A row of a list, as it is kept sealed.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line in the file.
    pub line: usize,
    /// The name.
    pub name: String,
    /// The citizen number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citizen_number: Option<String>,
    /// The mobile number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// The day of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<String>,
    /// Where they live or go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Train, flight, plate or room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
}

/// A list and what its rows come to.
#[derive(Serialize, ToSchema)]
pub struct ListPage {
    /// Its number.
    pub number: String,
    /// How many rows there are.
    pub total: usize,
    /// How many have declared.
    pub declared: usize,
    /// How many have not, and a village is asked about them.
    pub followed: usize,
    /// How many may be somebody who declared: a person decides.
    pub possible: usize,
    /// How many nobody knows of yet.
    pub undeclared: usize,
    /// The day on which the list is destroyed.
    pub destroyed_on: Option<String>,
    /// The rows that are asked for, those that need somebody first.
    pub rows: Vec<ListRow>,
}

/// A row and what it comes to.
#[derive(Serialize, ToSchema)]
pub struct ListRow {
    /// Its place in the list, from 0.
    pub row: usize,
    /// The line in the file.
    pub line: usize,
    /// The name.
    pub name: String,
    /// The citizen number, masked.
    pub citizen_number: String,
    /// The mobile number, masked.
    pub mobile: String,
    /// The day of birth.
    pub birth: String,
    /// Where they live or go.
    pub address: String,
    /// `declared`, `followed`, `possible` or `undeclared`.
    pub state: String,
    /// The case of somebody who declared or is asked about; empty where it is another area's.
    pub number: String,
    /// Who has it.
    pub area_name: String,
    /// Who it may be.
    pub candidates: Vec<Candidate>,
}

/// Somebody who declared and may be the person of a row.
#[derive(Serialize, ToSchema)]
pub struct Candidate {
    /// The case.
    pub number: String,
    /// The name.
    pub name: String,
    /// The citizen number, masked.
    pub citizen_number: String,
    /// The mobile number, masked.
    pub mobile: String,
    /// Who has it.
    pub area_name: String,
    /// What agrees: `mobile`, or `name-birth`.
    pub alike: String,
}

/// What is decided about a row.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The row's place in the list.
    pub row: usize,
    /// The case it was held against.
    pub case: String,
    /// Whether they are the same person.
    pub same: bool,
}

/// What became of asking about those who have not declared.
#[derive(Serialize, ToSchema)]
pub struct Asked {
    /// How many cases were opened.
    pub opened: usize,
    /// The rows for which none could be: line and why.
    pub bad: Vec<BadRow>,
}

/// Which rows are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RowsAsked {
    /// Only those in this state.
    #[serde(default)]
    pub state: Option<String>,
    /// How many to leave out.
    #[serde(default)]
    pub from: usize,
    /// How many at most, up to 500.
    #[serde(default = "hundred")]
    pub limit: usize,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

fn hundred() -> usize {
    100
}
