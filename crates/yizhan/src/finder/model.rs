//! What is remembered of people so that they can be found.

use memchr::memmem::FinderRev;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::{Mutex, RwLock};
use utoipa::ToSchema;
use yizhan_core::row::SubjectId;

use super::numbers::Numbers;
use super::rule::{Ends, Letters, Query, longest_hanzi};
use crate::case::model::WorkRow;

/// Somebody who can be found, or a case about somebody: a place in the index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place(usize);

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

/// Everybody who can be found, about forty bytes each. Each thing that is compared lies by itself, in order of arrival, so
/// that looking through all of it is looking through little memory.
#[derive(Default)]
pub struct Index {
    subjects: Vec<SubjectId>,
    /// All names, one after the other; zeros where somebody was struck out.
    names: Vec<u8>,
    /// Where each name begins.
    begins: Vec<u32>,
    letters: Vec<Letters>,
    /// The ends of the citizen number and of the mobile number.
    ends: Vec<[Ends; 2]>,
    /// Where each subject is, by its number; [`NOWHERE`] of whoever cannot be found.
    place: Vec<u32>,
    known: usize,
}

const NOWHERE: u32 = u32::MAX;

impl Index {
    /// Takes somebody in, in place of what was known before.
    pub fn put(&mut self, subject: SubjectId, identity: &Identity) {
        self.strike(subject);
        let name: String = identity.name.chars().take(50).collect();
        let Ok(begin) = u32::try_from(self.names.len()) else { return };
        if self.place.len() <= subject.index() {
            self.place.resize(subject.index() + 1, NOWHERE);
        }
        self.place[subject.index()] = u32::try_from(self.subjects.len()).expect("fewer than 2^32 entries");
        self.known += 1;
        self.names.extend_from_slice(name.as_bytes());
        self.begins.push(begin);
        self.subjects.push(subject);
        self.letters.push(Letters::of(&name));
        self.ends.push([Ends::of(&identity.citizen_number), Ends::of(&identity.mobile)]);
    }

    /// Strikes somebody out; nothing of the name stays in memory.
    pub fn strike(&mut self, subject: SubjectId) {
        let Some(place) = self.of(subject) else { return };
        self.place[subject.index()] = NOWHERE;
        self.known -= 1;
        let span = self.span(place);
        self.names[span].fill(0);
        self.letters[place.0] = Letters::default();
        self.ends[place.0] = [Ends::default(); 2];
    }

    /// Somebody, if they can be found.
    pub fn of(&self, subject: SubjectId) -> Option<Place> {
        self.place.get(subject.index()).filter(|place| **place != NOWHERE).map(|place| Place(*place as usize))
    }

    /// Who is at a place.
    pub fn subject(&self, place: Place) -> SubjectId {
        self.subjects[place.0]
    }

    /// The name at a place; empty of whoever was struck out.
    pub fn name(&self, place: Place) -> &str {
        std::str::from_utf8(&self.names[self.span(place)]).unwrap_or_default().trim_end_matches('\0')
    }

    /// The ends of the citizen number and of the mobile number at a place.
    pub fn ends(&self, place: Place) -> [Ends; 2] {
        self.ends[place.0]
    }

    /// The places that a query may mean, who came last first: whoever asks still looks at the name.
    pub fn candidates<'a>(&'a self, query: &'a Query) -> Box<dyn Iterator<Item = Place> + 'a> {
        match query {
            Query::Ends { .. } => {
                let ends = self.ends.iter().enumerate().rev();
                Box::new(ends.filter(|(_, both)| both.iter().any(|ends| query.meets(ends))).map(|(n, _)| Place(n)))
            }
            Query::Name(typed) => match longest_hanzi(typed) {
                Some(part) => Box::new(self.holding(part)),
                None => {
                    let wanted = Letters::typed(typed);
                    let letters = self.letters.iter().enumerate().rev();
                    Box::new(letters.filter(move |(_, letters)| letters.may_hold(wanted)).map(|(n, _)| Place(n)))
                }
            },
            Query::Case(_) | Query::Whole(..) | Query::Part(_) => Box::new(std::iter::empty()),
        }
    }

    /// The places whose name holds a text, from the last to the first.
    fn holding(&self, part: String) -> impl Iterator<Item = Place> + '_ {
        let finder = FinderRev::new(part.as_bytes()).into_owned();
        let mut end = self.names.len();
        std::iter::from_fn(move || {
            let at = finder.rfind(&self.names[..end])?;
            let begin = u32::try_from(at).expect("names end below 2^32");
            let place = Place(self.begins.partition_point(|other| *other <= begin) - 1);
            // Once for each name, however often it holds the text.
            end = self.span(place).start;
            Some(place)
        })
    }

    fn span(&self, Place(n): Place) -> Range<usize> {
        let end = self.begins.get(n + 1).map_or(self.names.len(), |next| *next as usize);
        self.begins[n] as usize..end
    }

    /// Gives back what was taken in advance, once everybody is in.
    pub fn settle(&mut self) {
        self.subjects.shrink_to_fit();
        self.names.shrink_to_fit();
        self.begins.shrink_to_fit();
        self.letters.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.place.shrink_to_fit();
    }

    /// How much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let each = size_of::<SubjectId>() + size_of::<u32>() + size_of::<Letters>() + size_of::<[Ends; 2]>();
        self.names.capacity() + self.subjects.capacity() * each + self.place.capacity() * size_of::<u32>()
    }

    /// How many can be found.
    pub fn len(&self) -> usize {
        self.known
    }

    /// Whether nobody can.
    pub fn is_empty(&self) -> bool {
        self.known == 0
    }
}

/// Who can be found, and how far the journal was read for it.
#[derive(Default)]
pub struct Finder {
    /// Everybody.
    pub index: RwLock<Index>,
    /// What the citizen numbers of the register say.
    pub numbers: RwLock<Numbers>,
    /// The last rows that were read.
    pub read: Mutex<Progress>,
}

/// How far into a text names are looked for, in characters.
const NAMES_WITHIN: usize = 60;

impl Finder {
    /// A text without the names of whoever can be found: 某 stands for each.
    pub fn without_names(&self, text: &str) -> String {
        let index = self.index.read().expect("no panic while the index is held");
        let chars: Vec<char> = text.chars().collect();
        let mut left = String::new();
        let mut at = 0;
        while at < chars.len() {
            let known = |len: &usize| {
                let name: String = chars[at..].iter().take(*len).collect();
                let is_han = name.chars().all(|c| !c.is_ascii() && c.is_alphabetic());
                is_han && at + len <= chars.len() && index.holding(name.clone()).any(|place| index.name(place) == name)
            };
            match [4, 3, 2].into_iter().filter(|_| at < NAMES_WITHIN).find(known) {
                Some(len) => {
                    left.push('某');
                    at += len;
                }
                None => {
                    left.push(chars[at]);
                    at += 1;
                }
            }
        }
        left
    }
}

/// The last rows that were read.
#[derive(Default, Clone, Copy)]
pub struct Progress {
    /// Facts.
    pub facts: u64,
    /// Steps.
    pub steps: u64,
}

/// Whom to look for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// A name in Hanzi, pinyin or initials, of somebody or of a school, a clinic, an enterprise; a number whole, or its
    /// last four characters, or as it is shown masked; a case's number; a household's number or part of it.
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
    /// Households, schools, enterprises and other subjects of the register that have no identity of their own.
    pub others: Vec<OtherRow>,
    /// Whether there are more than are shown: say more of the name.
    pub more: bool,
    /// Whether everything recorded so far was looked through; if not, names recorded last may be missing.
    pub complete: bool,
}

/// A household, a school, an enterprise.
#[derive(Serialize, ToSchema)]
pub struct OtherRow {
    /// The subject's number.
    pub subject: u32,
    /// What it is, as the catalog calls it.
    pub kind: String,
    /// The same in words.
    pub kind_title: String,
    /// What was found: its number, its name.
    pub says: String,
    /// Whom it is called by: a household's head; empty where there is nobody.
    pub who: String,
    /// Where it lies.
    pub area_name: String,
}

/// Somebody of the register.
#[derive(Serialize, ToSchema)]
pub struct PersonRow {
    /// The subject's number.
    pub subject: u32,
    /// The household they live in; 0 where that is not known.
    pub household: u32,
    /// The name.
    pub name: String,
    /// The citizen number, masked.
    pub citizen_number: String,
    /// The mobile number, masked.
    pub mobile: String,
    /// Where they live.
    pub area_name: String,
}

/// Which subjects are looked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectsWanted {
    /// Their kinds, as the catalog calls them.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Part of a name or a number; of kinds that are few, all are told without.
    #[serde(default)]
    pub text: String,
    /// Only what belongs to this subject: the contracts of an asset.
    #[serde(default)]
    pub among: Option<u32>,
    /// These and no others: how a form tells whom it names already.
    #[serde(default)]
    pub these: Vec<u32>,
}

/// The subjects that were found.
#[derive(Serialize, ToSchema)]
pub struct SubjectsFound {
    /// The best match first.
    pub rows: Vec<SubjectRow>,
    /// Whether there are more: say more of the name.
    pub more: bool,
}

/// A subject to choose.
#[derive(Serialize, ToSchema, Clone, PartialEq, Eq, Debug)]
pub struct SubjectRow {
    /// Its number.
    pub subject: u32,
    /// What it is, as the catalog calls it.
    pub kind: String,
    /// The same in words.
    pub kind_title: String,
    /// Its name.
    pub title: String,
    /// What tells it from others of that name.
    pub note: String,
    /// Where it lies.
    pub area_name: String,
    /// Which page of the console tells of it: `household`, `project`, `asset`, `collective` or `accounts`.
    pub page: String,
    /// The subject whose page that is.
    pub opens: u32,
}
