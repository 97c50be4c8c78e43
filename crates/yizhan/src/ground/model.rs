//! What the civic ground's API takes and gives.

use crate::case::model::Status;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which part of my area.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Only this part: twelve digits.
    #[serde(default)]
    pub area: Option<String>,
}

/// What is drawn on the map.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AskedMap {
    /// Only this part of my area: twelve digits. The map shows the whole of it, the list this part.
    #[serde(default)]
    pub area: Option<String>,
    /// Which service; `grid-report` unless given.
    #[serde(default)]
    pub service: Option<String>,
    /// Opened within so many days, up to 366; 90 unless given.
    #[serde(default)]
    pub days: Option<i32>,
    /// Only this kind.
    #[serde(default)]
    pub kind: Option<String>,
    /// Only cases of this village in the list.
    #[serde(default)]
    pub village: Option<String>,
    /// Only `open`, `late`, `closed` or `repeats` in the list.
    #[serde(default)]
    pub state: Option<String>,
}

/// Where cases of a service come from.
#[derive(Serialize, ToSchema)]
pub struct PatrolMap {
    /// The service.
    pub service: String,
    /// Those that can be drawn: name and title.
    pub services: Vec<Named>,
    /// Opened within so many days.
    pub days: i32,
    /// Within how many days the same kind in the same village is a repeat.
    pub repeat_days: i32,
    /// The kinds, each with how many there are.
    pub kinds: Vec<KindCount>,
    /// The villages, each with its middle and its numbers.
    pub cells: Vec<Cell>,
    /// The whole.
    pub whole: Numbers,
    /// The list beside the map, those with the most repeats first, then the latest; up to 200.
    pub rows: Vec<PatrolRow>,
    /// How many the list has.
    pub total: usize,
}

/// A name and what it is called.
#[derive(Serialize, ToSchema, Clone)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The title.
    pub title: String,
}

/// A kind and how many.
#[derive(Serialize, ToSchema)]
pub struct KindCount {
    /// Its code.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Cases.
    pub count: usize,
}

/// Cases by how far they have come.
#[derive(Serialize, ToSchema, Default, Clone, Copy)]
pub struct Numbers {
    /// All.
    pub all: usize,
    /// Those that are open.
    pub open: usize,
    /// Open ones whose step is late.
    pub late: usize,
    /// Those that have ended.
    pub closed: usize,
    /// Those of a kind that was reported there shortly before.
    pub repeats: usize,
}

/// A village on the map.
#[derive(Serialize, ToSchema)]
pub struct Cell {
    /// Its code.
    pub area: String,
    /// Its name.
    pub name: String,
    /// The code of its township.
    pub township: String,
    /// The township's name.
    pub township_name: String,
    /// Its middle, north, in hundred-thousandths of a degree; absent where the catalog names none.
    pub north: Option<i32>,
    /// East.
    pub east: Option<i32>,
    /// Its numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// A case in the list.
#[derive(Serialize, ToSchema)]
pub struct PatrolRow {
    /// Where it stands.
    #[serde(flatten)]
    pub status: Status,
    /// Its kind, in words.
    pub kind_title: String,
    /// Whether its step is late.
    pub late: bool,
    /// Where the phone was: north; empty where it did not say.
    pub north: String,
    /// East.
    pub east: String,
    /// The numbers of those of the same kind in the same village shortly before it.
    pub repeats: Vec<String>,
}

/// Which stations are alive, counted from what was recorded of them.
#[derive(Serialize, ToSchema)]
pub struct Stations {
    /// The day.
    pub on: String,
    /// A station is alive that was active within so many days.
    pub days: i32,
    /// Villages of the area.
    pub villages: usize,
    /// Villages with a station.
    pub with_station: usize,
    /// Villages whose station is alive.
    pub alive: usize,
    /// By township.
    pub parts: Vec<StationPart>,
    /// By tier.
    pub tiers: Vec<TierCount>,
    /// The stations, the longest silent first.
    pub rows: Vec<StationRow>,
    /// The villages without any.
    pub without: Vec<Village>,
}

/// A township's coverage.
#[derive(Serialize, ToSchema)]
pub struct StationPart {
    /// Its code.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Its villages.
    pub villages: usize,
    /// Those with a station.
    pub with_station: usize,
    /// Those whose station is alive.
    pub alive: usize,
}

/// A tier.
#[derive(Serialize, ToSchema)]
pub struct TierCount {
    /// `centre`, `sub-centre` or `station`.
    pub tier: String,
    /// What it is called.
    pub title: String,
    /// Stations.
    pub stations: usize,
    /// Those that are alive.
    pub alive: usize,
}

/// A station.
#[derive(Serialize, ToSchema)]
pub struct StationRow {
    /// Its number.
    pub subject: u32,
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: String,
    /// What the tier is called.
    pub tier_title: String,
    /// The code of its area.
    pub area: String,
    /// The area's name.
    pub area_name: String,
    /// The code of the township it lies in.
    pub township: String,
    /// The last day it was active; empty where it never was.
    pub last: String,
    /// Whether it is alive.
    pub alive: bool,
}

/// A village.
#[derive(Serialize, ToSchema)]
pub struct Village {
    /// Its code.
    pub area: String,
    /// Its name.
    pub area_name: String,
    /// The code of its township.
    pub township: String,
}

/// A volunteer, with the hours that were counted.
#[derive(Serialize, ToSchema)]
pub struct VolunteerRow {
    /// Their number.
    pub subject: u32,
    /// What they are called.
    pub name: String,
    /// The village's name.
    pub area_name: String,
    /// What they can do.
    pub skill: String,
    /// Hours at activities to which they came as volunteers.
    pub activity_hours: i64,
    /// Hours of orders they carried out.
    pub order_hours: i64,
    /// The cases that these hours come from.
    pub cases: Vec<String>,
}

/// A campaign and how far it has come.
#[derive(Serialize, ToSchema)]
pub struct CampaignRow {
    /// Its number.
    pub subject: u32,
    /// Its name.
    pub name: String,
    /// The area's name.
    pub area_name: String,
    /// Which places, in words.
    pub kind_title: String,
    /// What is looked at.
    pub items: String,
    /// The last day.
    pub until: String,
    /// Whether the last day is over with places left.
    pub late: bool,
    /// Places of the kind in the area.
    pub places: usize,
    /// Those that were visited.
    pub visited: usize,
    /// The places, those not visited first.
    pub rows: Vec<PlaceRow>,
}

/// A place of a campaign.
#[derive(Serialize, ToSchema)]
pub struct PlaceRow {
    /// Its number.
    pub subject: u32,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub area_name: String,
    /// The number of the visit; empty where nobody came.
    pub case: String,
    /// What it came to, in words.
    pub outcome: String,
}
