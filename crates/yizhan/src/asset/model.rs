//! What is told of projects, assets and collectives.

use crate::case::model::Status;
use crate::finder::model::SubjectRow;
use crate::pay::model::AccountView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Where and as of when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Only in this part of my area: twelve digits.
    #[serde(default)]
    pub area: Option<String>,
    /// The day; today unless given.
    #[serde(default)]
    pub on: Option<String>,
}

/// What a rule finds wrong.
#[derive(Serialize, ToSchema, Clone)]
pub struct Wrong {
    /// The rule.
    pub rule: String,
    /// What is wrong, in words.
    pub says: String,
    /// The service that mends it; empty where none does.
    pub opens: String,
}

/// A project.
#[derive(Serialize, ToSchema)]
pub struct ProjectRow {
    /// Its number; 0 while it is applied for.
    pub subject: u32,
    /// The number of its case, while that is open.
    pub case: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub area_name: String,
    /// Its industry, in words.
    pub industry: String,
    /// At which gate it stands, from 1; past the last where all are passed.
    pub gate: usize,
    /// How many gates there are.
    pub gates: usize,
    /// What the gate is called; empty where all are passed.
    pub gate_title: String,
    /// When the gate must be passed; empty where nothing says so.
    pub due: String,
    /// How many days late it is.
    pub days_late: i32,
    /// The papers that are missing at this gate.
    pub missing: Vec<String>,
    /// The year in which it was approved, or else reserved; empty where neither is known.
    pub year: String,
    /// What is planned, in yuan; empty where it is not known.
    pub planned: String,
    /// What was granted.
    pub granted: String,
    /// What was spent.
    pub spent: String,
    /// The cadre in charge; empty where there is none.
    pub officer: String,
    /// What rules find wrong.
    pub wrong: Vec<Wrong>,
}

/// The projects of an area.
#[derive(Serialize, ToSchema)]
pub struct Projects {
    /// The latest first, then by gate.
    pub rows: Vec<ProjectRow>,
    /// The gates, in order.
    pub gates: Vec<String>,
    /// What is planned altogether.
    pub planned: String,
    /// What was granted.
    pub granted: String,
    /// What was spent.
    pub spent: String,
    /// How many are late.
    pub late: usize,
}

/// A project whole.
#[derive(Serialize, ToSchema)]
pub struct ProjectPage {
    /// The project.
    pub row: ProjectRow,
    /// What is known of it.
    pub known: Vec<Known>,
    /// The cases that told it.
    pub cases: Vec<Status>,
    /// What it left behind.
    pub assets: Vec<SubjectRow>,
    /// Its accounts.
    pub accounts: Vec<AccountView>,
}

/// Something known.
#[derive(Serialize, ToSchema)]
pub struct Known {
    /// What it is called.
    pub title: String,
    /// What is known.
    pub says: String,
    /// Since which day.
    pub from: String,
    /// The paper that proves it.
    pub paper: String,
}

/// A right to an asset.
#[derive(Serialize, ToSchema, Clone)]
pub struct RightView {
    /// Its number.
    pub subject: u32,
    /// `ownership`, `operation`, `income` or `supervision`.
    pub kind: String,
    /// The same in words.
    pub title: String,
    /// Who holds it.
    pub holder: String,
    /// The holder's number.
    pub holder_subject: u32,
    /// Hundredths of the whole.
    pub share: i64,
    /// The first day.
    pub from: String,
    /// The first day no longer; empty where it goes on.
    pub ends: String,
    /// Whether it holds on the day that is asked about.
    pub in_force: bool,
}

/// A contract about an asset.
#[derive(Serialize, ToSchema, Clone)]
pub struct ContractView {
    /// Its number as a subject.
    pub subject: u32,
    /// Its number on paper.
    pub number: String,
    /// Who runs the asset.
    pub operator: String,
    /// The operator's number.
    pub operator_subject: u32,
    /// What a year costs, in yuan.
    pub rent: String,
    /// `year`, `half` or `quarter`.
    pub pays: String,
    /// The same in words.
    pub pays_title: String,
    /// The first day.
    pub first: String,
    /// The last day, or the day on which it ended.
    pub last: String,
    /// Until when rent is paid; empty where it never was.
    pub paid_until: String,
    /// What is due and not paid, in yuan.
    pub arrears: String,
    /// Since how many days.
    pub days_late: i32,
    /// Whether that is more than is allowed.
    pub in_arrears: bool,
    /// Whether it holds on the day that is asked about.
    pub in_force: bool,
    /// What rules find wrong.
    pub wrong: Vec<Wrong>,
}

/// Something that must be done at an asset again and again.
#[derive(Serialize, ToSchema, Clone)]
pub struct Care {
    /// `patrol`, `maintenance` or `insurance`.
    pub name: String,
    /// When it was done last; of insurance, empty.
    pub last: String,
    /// When it is due; empty where it was never done.
    pub due: String,
    /// How many days late it is; below nothing where there is time.
    pub days_late: i32,
}

/// What an asset earned in a year.
#[derive(Serialize, ToSchema, Clone)]
pub struct Earned {
    /// The year.
    pub year: i32,
    /// What arrived, in yuan.
    pub sum: String,
    /// In how many transfers; 0 where the old book tells it.
    pub transfers: usize,
}

/// An asset.
#[derive(Serialize, ToSchema)]
pub struct AssetRow {
    /// Its number.
    pub subject: u32,
    /// Its name.
    pub name: String,
    /// The code of the area where it is.
    pub area: String,
    /// Where it is.
    pub area_name: String,
    /// Its industry, in words.
    pub industry: String,
    /// What it was worth at hand-over, in yuan.
    pub worth: String,
    /// The collective on whose book it stands.
    pub collective: String,
    /// The collective's number; 0 where it is on no book.
    pub collective_subject: u32,
    /// `funds`, `assets` or `resources`; empty where it is on no book.
    pub book_class: String,
    /// The rights that hold on the day, by kind.
    pub rights: Vec<RightView>,
    /// The contract in force.
    pub contract: Option<ContractView>,
    /// What is planned a year, in yuan.
    pub planned: String,
    /// What arrived this year.
    pub received: String,
    /// Who is in charge.
    pub officer: String,
    /// Who looks after it when, the latest first.
    pub care: Vec<Care>,
    /// What rules find wrong.
    pub wrong: Vec<Wrong>,
}

/// The assets of an area.
#[derive(Serialize, ToSchema)]
pub struct Assets {
    /// The day.
    pub on: String,
    /// What is late or wrong first.
    pub rows: Vec<AssetRow>,
    /// What they were worth altogether.
    pub worth: String,
    /// What is planned a year.
    pub planned: String,
    /// What arrived this year.
    pub received: String,
    /// What is in arrears.
    pub arrears: String,
    /// How many have something wrong or late.
    pub wrong: usize,
}

/// An asset whole.
#[derive(Serialize, ToSchema)]
pub struct AssetPage {
    /// The day.
    pub on: String,
    /// The asset.
    pub row: AssetRow,
    /// The project that it comes from.
    pub project: Option<SubjectRow>,
    /// Every right there was, the latest first.
    pub rights: Vec<RightView>,
    /// Every contract there was, the latest first.
    pub contracts: Vec<ContractView>,
    /// What it earned year by year, the latest first.
    pub earned: Vec<Earned>,
    /// Its accounts.
    pub accounts: Vec<AccountView>,
    /// What is known of it.
    pub known: Vec<Known>,
    /// The cases that told it.
    pub cases: Vec<Status>,
}

/// A collective.
#[derive(Serialize, ToSchema)]
pub struct BookRow {
    /// Its number.
    pub subject: u32,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub area_name: String,
    /// What its accounts hold, in yuan.
    pub held: String,
    /// How many assets stand on its book.
    pub assets: usize,
    /// How many resources.
    pub resources: usize,
    /// What they were worth.
    pub worth: String,
    /// What is planned a year.
    pub planned: String,
    /// What arrived this year.
    pub received: String,
    /// How many of them have something wrong or late.
    pub wrong: usize,
}

/// A collective's book whole: 三资.
#[derive(Serialize, ToSchema)]
pub struct BookPage {
    /// The collective.
    pub row: BookRow,
    /// 资金: its accounts, fund by fund, and what is on the book as such.
    pub funds: Vec<AccountView>,
    /// 资产 and 资源: what stands on the book, and by which class.
    pub assets: Vec<AssetRow>,
}
