//! What is remembered of people so that they can be found.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use yizhan_core::row::SubjectId;

use super::rule;
use crate::case::model::WorkRow;

/// What can be seen of a masked number: `371` and `0016`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Ends {
    /// Its first three characters.
    pub head: [u8; 3],
    /// Its last four.
    pub tail: [u8; 4],
}

impl Ends {
    /// The ends of a number; zeros of one that is too short to have two.
    pub fn of(number: &str) -> Self {
        let bytes = number.as_bytes();
        match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(head), Some(tail)) if bytes.len() >= 7 => Self { head: *head, tail: *tail },
            _ => Self::default(),
        }
    }

    /// The number as it is shown, so many characters long.
    pub fn masked(&self, length: usize) -> String {
        if *self == Self::default() {
            return String::new();
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{}{}{}", text(&self.head), "*".repeat(length.saturating_sub(7)), text(&self.tail))
    }
}

/// Somebody, or a case about somebody.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The subject: of the register, or a case.
    pub subject: SubjectId,
    name_at: u32,
    name_bytes: u8,
    /// With which letters the syllables of the name may begin.
    pub letters: u32,
    /// The ends of the citizen number.
    pub number: Ends,
    /// The ends of the mobile number.
    pub mobile: Ends,
}

/// What is known of somebody who is to be found.
#[derive(Debug, Deserialize, Default)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The citizen number.
    #[serde(default)]
    pub citizen_number: String,
    /// The mobile number.
    #[serde(default)]
    pub mobile: String,
}

/// Everybody who can be found, about forty bytes each.
#[derive(Default)]
pub struct Index {
    entries: Vec<Entry>,
    names: Vec<u8>,
    place: HashMap<SubjectId, u32>,
}

impl Index {
    /// Takes somebody in, in place of what was known before.
    pub fn put(&mut self, subject: SubjectId, identity: &Identity) {
        self.strike(subject);
        let name: String = identity.name.chars().take(50).collect();
        let Ok(name_at) = u32::try_from(self.names.len()) else { return };
        self.names.extend_from_slice(name.as_bytes());
        self.place.insert(subject, u32::try_from(self.entries.len()).expect("fewer than 2^32 subjects in a zone"));
        self.entries.push(Entry {
            subject,
            name_at,
            name_bytes: u8::try_from(name.len()).unwrap_or(0),
            letters: rule::letters(&name),
            number: Ends::of(&identity.citizen_number),
            mobile: Ends::of(&identity.mobile),
        });
    }

    /// Strikes somebody out; nothing of the name stays in memory.
    pub fn strike(&mut self, subject: SubjectId) {
        let Some(place) = self.place.remove(&subject) else { return };
        let entry = &mut self.entries[place as usize];
        let at = entry.name_at as usize;
        self.names[at..at + usize::from(entry.name_bytes)].fill(0);
        entry.name_bytes = 0;
        entry.letters = 0;
        entry.number = Ends::default();
        entry.mobile = Ends::default();
    }

    /// Somebody, if they can be found.
    pub fn of(&self, subject: SubjectId) -> Option<&Entry> {
        self.place.get(&subject).map(|place| &self.entries[*place as usize])
    }

    /// The name of an entry.
    pub fn name(&self, entry: &Entry) -> &str {
        let at = entry.name_at as usize;
        std::str::from_utf8(&self.names[at..at + usize::from(entry.name_bytes)]).unwrap_or_default()
    }

    /// Everybody, who came last first.
    pub fn latest_first(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev().filter(|entry| entry.name_bytes > 0)
    }

    /// How many can be found.
    pub fn len(&self) -> usize {
        self.place.len()
    }

    /// Whether nobody can.
    pub fn is_empty(&self) -> bool {
        self.place.is_empty()
    }
}

/// Whom to look for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// A name in Hanzi, pinyin or initials; a number whole, or its last four characters, or as it is shown masked; a
    /// case's number.
    pub text: String,
    /// Only in this part of my area: twelve digits.
    #[serde(default)]
    pub area: Option<String>,
}

/// What was found.
#[derive(Serialize, ToSchema, Default)]
pub struct Found {
    /// The cases, the best match first.
    pub cases: Vec<WorkRow>,
    /// The people of the register, the best match first.
    pub people: Vec<PersonRow>,
    /// Whether there are more than are shown: say more of the name.
    pub more: bool,
    /// Whether everything recorded so far was looked through; if not, names recorded last may be missing.
    pub complete: bool,
}

/// Somebody of the register.
#[derive(Serialize, ToSchema)]
pub struct PersonRow {
    /// The subject's number.
    pub subject: u32,
    /// The name.
    pub name: String,
    /// The citizen number, masked.
    pub citizen_number: String,
    /// The mobile number, masked.
    pub mobile: String,
    /// Where they live.
    pub area_name: String,
}
