//! What the room's API gives.

use serde::Serialize;
use utoipa::ToSchema;

/// Something that an area tells its people.
#[derive(Serialize, ToSchema)]
pub struct AnnouncementView {
    /// Its number in the register.
    pub subject: u32,
    /// Where, in words.
    pub area_name: String,
    /// A few words.
    pub title: String,
    /// What is told.
    pub text: String,
    /// Whom it is for: `all`, or the rule that they do not meet.
    pub audience: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// Whether it is shown today.
    pub on: bool,
    /// How many households had it on their card.
    pub households: usize,
    /// How many terminals showed it.
    pub terminals: usize,
}
