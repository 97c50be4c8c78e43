//! What the API of field work takes and gives.

use crate::case::model::VisitRow;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A phone to be enrolled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPhone {
    /// What its user calls it.
    pub name: String,
    /// A code of the second factor, where none was given on signing in a moment ago.
    #[serde(default)]
    pub code: String,
}

/// A phone that was enrolled.
#[derive(Serialize, ToSchema)]
pub struct PhoneEnrolled {
    /// Its name for programs.
    pub phone: String,
    /// Its secret, told this once.
    pub secret: String,
    /// For how many days the second factor holds.
    pub days: i64,
}

/// A phone as its user and whoever watches over phones see it.
#[derive(Serialize, ToSchema)]
pub struct PhoneRow {
    /// Its name for programs.
    pub phone: String,
    /// What its user calls it.
    pub name: String,
    /// Whose it is.
    pub who: String,
    /// Their login name.
    pub login: String,
    /// Where they work.
    pub area_name: String,
    /// When it was enrolled, real time.
    pub enrolled: String,
    /// When it was last heard of.
    pub seen: String,
    /// When it was revoked; empty while it is good.
    pub revoked: String,
    /// By whom.
    pub revoked_by: String,
}

/// What a phone asks for a session with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskSession {
    /// A code of the second factor, where it is asked for again.
    #[serde(default)]
    pub code: String,
}

/// A session of a phone.
#[derive(Serialize, ToSchema)]
pub struct PhoneSession {
    /// Whose it is.
    pub who: String,
    /// Their login name.
    pub login: String,
    /// For how many minutes it is good.
    pub minutes: i64,
}

/// Which phone asks where it stands.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskStanding {
    /// Its name for programs.
    pub phone: String,
}

/// Where a phone stands. Asked by a phone that is locked: it must be wiped whether or not anybody knows its PIN.
#[derive(Serialize, ToSchema)]
pub struct PhoneStanding {
    /// `good`, `revoked` or `unknown`.
    pub state: String,
}

/// Everything a phone takes along for a day.
#[derive(Serialize, ToSchema)]
pub struct FieldDay {
    /// The day.
    pub on: String,
    /// Whose it is.
    pub who: String,
    /// Where they work.
    pub area_name: String,
    /// The villages and townships of their area.
    pub regions: Vec<FieldRegion>,
    /// The households and places, in the order of the way.
    pub places: Vec<FieldPlace>,
    /// Forms that need no due: what somebody meets on the way.
    pub always: Vec<String>,
    /// The forms, each as it stands in the catalog now.
    pub forms: Vec<FieldForm>,
}

/// A region of the worker's area.
#[derive(Serialize, ToSchema)]
pub struct FieldRegion {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `township` or `village`.
    pub level: String,
    /// What it lies in.
    pub parent: Option<String>,
}

/// A household or place to go to, with all that is due there.
#[derive(Serialize, ToSchema)]
pub struct FieldPlace {
    /// The subject.
    pub subject: u32,
    /// Its kind.
    pub kind: String,
    /// Who or what it is.
    pub who: String,
    /// The code of its area.
    pub area: String,
    /// The name of its area.
    pub area_name: String,
    /// What is due.
    pub dues: Vec<FieldDue>,
    /// What is known of it, as far as the worker may see and as far as it is fit to be carried about.
    pub card: Vec<CardPart>,
    /// Who was there lately.
    pub visits: Vec<VisitRow>,
}

/// Something due.
#[derive(Serialize, ToSchema)]
pub struct FieldDue {
    /// The rule.
    pub rule: String,
    /// What it is called.
    pub title: String,
    /// What is wrong, in words.
    pub says: String,
    /// By when it was to be done; empty where that cannot be told.
    pub due: String,
    /// How many days late.
    pub days: i32,
    /// The service whose form fulfils it.
    pub service: String,
    /// What is known already of the answers.
    pub prefill: BTreeMap<String, Value>,
}

/// One of a household on its card.
#[derive(Serialize, ToSchema)]
pub struct CardPart {
    /// `household`, `member`, `lodger`, `house` or `water-point`.
    pub part: String,
    /// Who or what it is.
    pub who: String,
    /// What holds of it.
    pub facts: Vec<CardFact>,
}

/// A fact on a card.
#[derive(Serialize, ToSchema)]
pub struct CardFact {
    /// What is told.
    pub title: String,
    /// What holds.
    pub says: String,
}

/// A form as a phone draws it.
#[derive(Serialize, ToSchema)]
pub struct FieldForm {
    /// The service.
    pub service: String,
    /// What it is called.
    pub title: String,
    /// The number of the catalog it is from.
    pub catalog: u64,
    /// Its JSON Schema.
    pub schema: Value,
    /// Photos that may go with it.
    pub papers: Vec<FieldPaper>,
}

/// A photo that may go with a form.
#[derive(Serialize, ToSchema)]
pub struct FieldPaper {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Whether a step asks for it.
    pub needed: bool,
}
