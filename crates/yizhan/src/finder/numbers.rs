//! What citizen numbers say, lent to the rules that check records: whether a number is right, the day of birth and the sex
//! in it, and how many others carry it. The numbers themselves are not kept.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use yizhan_core::row::SubjectId;
use yizhan_core::rule::{Lanes, Lent};
use yizhan_kit::codes::{CitizenNumber, Sex};

/// What the citizen numbers of the register say, about thirty bytes a person.
#[derive(Default)]
pub struct Numbers {
    seeds: RandomState,
    said: Vec<Option<Said>>,
    /// Those who carry the same number, by a keyed digest of it.
    carriers: HashMap<u64, Carriers>,
}

#[derive(Clone, Copy)]
struct Said {
    digest: u64,
    /// The day of birth and whether the sex is male, of a number that is right.
    right: Option<(i32, bool)>,
}

enum Carriers {
    One(SubjectId),
    Several(Vec<SubjectId>),
}

impl Numbers {
    /// Takes somebody's number in, in place of the one known before.
    pub fn put(&mut self, subject: SubjectId, number: &str) {
        self.strike(subject);
        if number.is_empty() {
            return;
        }
        let right = number.parse::<CitizenNumber>().ok();
        let digest = self.seeds.hash_one(right.as_ref().map_or(number, CitizenNumber::as_str));
        let right = right.map(|number| (number.birth().0, number.sex() == Sex::Male));
        if self.said.len() <= subject.index() {
            self.said.resize(subject.index() + 1, None);
        }
        self.said[subject.index()] = Some(Said { digest, right });
        match self.carriers.get_mut(&digest) {
            None => {
                self.carriers.insert(digest, Carriers::One(subject));
            }
            Some(Carriers::One(other)) => {
                let both = vec![*other, subject];
                self.carriers.insert(digest, Carriers::Several(both));
            }
            Some(Carriers::Several(all)) => all.push(subject),
        }
    }

    /// Strikes somebody out.
    pub fn strike(&mut self, subject: SubjectId) {
        let Some(said) = self.said.get_mut(subject.index()).and_then(Option::take) else { return };
        match self.carriers.get_mut(&said.digest) {
            Some(Carriers::Several(all)) => all.retain(|other| *other != subject),
            _ => {
                self.carriers.remove(&said.digest);
            }
        }
    }

    /// Those who carry the same number as somebody, themselves among them.
    pub fn carriers(&self, subject: SubjectId) -> &[SubjectId] {
        let Some(Some(said)) = self.said.get(subject.index()) else { return &[] };
        match self.carriers.get(&said.digest) {
            Some(Carriers::One(one)) => std::slice::from_ref(one),
            Some(Carriers::Several(all)) => all,
            None => &[],
        }
    }

    /// Those who carry a number.
    pub fn find(&self, number: &CitizenNumber) -> &[SubjectId] {
        match self.carriers.get(&self.seeds.hash_one(number.as_str())) {
            Some(Carriers::One(one)) => std::slice::from_ref(one),
            Some(Carriers::Several(all)) => all,
            None => &[],
        }
    }

    fn number(&self, attribute: &str, subject: SubjectId) -> Option<i64> {
        let said = (*self.said.get(subject.index())?)?;
        match attribute {
            "person.number-valid" => Some(i64::from(said.right.is_some())),
            "person.number-born" => said.right.map(|(born, _)| i64::from(born)),
            "person.number-sex" => said.right.map(|(_, male)| if male { MALE } else { FEMALE }),
            "person.number-twins" => i64::try_from(self.carriers(subject).len()).ok().map(|all| all - 1),
            _ => None,
        }
    }
}

/// What the codes of the sex are loaded as.
const MALE: i64 = 1;
const FEMALE: i64 = 2;

impl Lent for Numbers {
    fn load(&self, attribute: &str, subjects: &[SubjectId], into: &mut Lanes) {
        for (lane, subject) in subjects.iter().enumerate() {
            if let Some(number) = self.number(attribute, *subject) {
                into.set(lane, number);
            }
        }
    }

    fn code(&self, attribute: &str, code: &str) -> Option<i64> {
        match (attribute, code) {
            ("person.number-sex", "1") => Some(MALE),
            ("person.number-sex", "2") => Some(FEMALE),
            _ => None,
        }
    }
}
