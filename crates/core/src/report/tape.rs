//! The tape: every transfer that moved money, laid flat beside those that are like it, with what counting asks of it: when, where,
//! to whom. It follows the ledger and never changes what it took in; it holds nothing that the image does not.

use crate::image::Image;
use crate::image::column::Column;
use crate::image::fact::Value;
use crate::image::names::NameIx;
use crate::ledger::Moved;
use crate::row::SubjectId;
use std::collections::HashMap;
use std::sync::Arc;
use yizhan_kit::Day;
use yizhan_kit::codes::RegionCode;

/// The kind of subject that has members, their kind, by which attribute they name it, and where it lies.
pub(super) const HOUSEHOLD: &str = "household";
pub(super) const PERSON: &str = "person";
const MEMBER: &str = "person.household";
const AREA: &str = "household.area";

/// What transfers have in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Likeness {
    pub(super) fund: Arc<str>,
    /// The programme or rule that they follow; empty where they follow none.
    pub(super) rule: Arc<str>,
    /// The service of the case that they cite.
    pub(super) service: Arc<str>,
    /// The kind of whoever gives.
    pub(super) from: Arc<str>,
    /// The kind of whoever receives.
    pub(super) to: Arc<str>,
}

/// One transfer: 32 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) amount: i64,
    pub(super) n: u32,
    pub(super) debit: u32,
    pub(super) credit: u32,
    pub(super) day: i32,
    /// Where the members of the household that was paid begin.
    first: u32,
    /// How many they are.
    members: u16,
    /// Its place among the areas.
    pub(super) area: u16,
}

/// Transfers that are alike, in order.
pub(super) struct Group {
    pub(super) like: Likeness,
    pub(super) rows: Vec<Row>,
}

/// All transfers that moved money.
#[derive(Default)]
pub struct Tape {
    groups: Vec<Group>,
    by_key: HashMap<Key, usize>,
    areas: Vec<RegionCode>,
    by_area: HashMap<RegionCode, u16>,
    /// The members of households that were paid, one household after another, as they were on the day.
    people: Vec<SubjectId>,
    /// The last transfer that was taken in.
    last: u64,
}

type Key = (u16, u16, NameIx, Option<NameIx>, Option<NameIx>);

/// What is the same for many transfers that follow each other.
struct Before {
    seq: u32,
    day: Day,
    case: Option<(SubjectId, NameIx, RegionCode)>,
}

impl Tape {
    /// How many transfers there are on it.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.rows.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Takes in what the ledger has moved since.
    pub fn follow(&mut self, image: &Image) {
        let mut before = Before { seq: 0, day: Day(0), case: None };
        let homes = Homes::new(image);
        for one in image.ledger.moved_after(self.last) {
            self.take(image, &homes, &mut before, &one);
        }
        self.last = self.last.max(image.ledger.len() as u64);
    }

    fn take(&mut self, image: &Image, homes: &Homes<'_>, before: &mut Before, one: &Moved) {
        if before.seq != one.seq {
            before.seq = one.seq;
            before.day = image.act(u64::from(one.seq)).map_or(Day(0), |act| act.at().day());
        }
        if before.case.is_none_or(|(case, ..)| case != one.case) {
            let Some(case) = image.case(one.case) else { return };
            before.case = Some((one.case, case.service, image.area(case)));
        }
        let Some((_, service, around)) = before.case else { return };
        let kinds = [one.debit, one.credit].map(|party| image.kind_ix(party));
        let key = (one.fund, one.rule, service, kinds[0], kinds[1]);
        let place = match self.by_key.get(&key) {
            Some(place) => *place,
            None => self.begin(image, key),
        };
        let home = if *self.groups[place].like.to == *HOUSEHOLD { Some(one.credit) } else { None };
        let first = u32::try_from(self.people.len()).expect("fewer than 2^32 members were paid");
        if let Some(home) = home {
            homes.members(home, before.day, &mut self.people);
        }
        let members = u16::try_from(self.people.len() - first as usize).expect("a household is no town");
        // Whoever was paid tells more closely where than the case does, as long as they live where it was decided.
        let lives = homes.place(one.credit, before.day).filter(|place| around.contains(*place));
        let area = self.area(lives.unwrap_or(around));
        self.groups[place].rows.push(Row {
            amount: one.amount,
            n: one.n,
            debit: one.debit.0,
            credit: one.credit.0,
            day: before.day.0,
            first,
            members,
            area,
        });
    }

    fn begin(&mut self, image: &Image, key: Key) -> usize {
        let kind = |kind: Option<NameIx>| kind.map_or_else(|| "".into(), |kind| image.names.text(kind).clone());
        let like = Likeness {
            fund: image.ledger.word_at(key.0).clone(),
            rule: image.ledger.word_at(key.1).clone(),
            service: image.names.text(key.2).clone(),
            from: kind(key.3),
            to: kind(key.4),
        };
        self.groups.push(Group { like, rows: Vec::new() });
        self.by_key.insert(key, self.groups.len() - 1);
        self.groups.len() - 1
    }

    fn area(&mut self, code: RegionCode) -> u16 {
        let next = self.areas.len();
        *self.by_area.entry(code).or_insert_with(|| {
            self.areas.push(code);
            u16::try_from(next).expect("fewer than 65536 areas in a zone")
        })
    }

    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The areas in which money moved, by place.
    pub(super) fn areas(&self) -> &[RegionCode] {
        &self.areas
    }

    /// Who lived in the household that was paid.
    pub(super) fn members(&self, row: &Row) -> &[SubjectId] {
        let first = row.first as usize;
        &self.people[first..first + usize::from(row.members)]
    }
}

/// Who lives where, asked often: the columns that tell are looked up once.
pub(super) struct Homes<'a> {
    image: &'a Image,
    person: Option<NameIx>,
    household: Option<NameIx>,
    /// In which household each person lives.
    member: Option<&'a Column>,
    /// Where each household lies.
    area: Option<&'a Column>,
    people: Option<&'a imbl::Vector<SubjectId>>,
}

impl<'a> Homes<'a> {
    pub(super) fn new(image: &'a Image) -> Self {
        Self {
            image,
            person: image.names.find_word(PERSON),
            household: image.names.find_word(HOUSEHOLD),
            member: image.column_of(MEMBER),
            area: image.column_of(AREA),
            people: image.members_of(PERSON),
        }
    }

    /// In which household a person lives on a day; now, if nothing is told of that day. Of others nothing is known here.
    pub(super) fn home(&self, subject: SubjectId, day: Day) -> Option<SubjectId> {
        let kind = self.image.kind_ix(subject);
        if kind.is_none() || kind != self.person {
            return None;
        }
        let (column, slot) = (self.member?, self.image.slot_of(subject)?);
        match column.on(slot, day).or_else(|| column.latest(slot))? {
            Value::Subject(home) => Some(home),
            _ => None,
        }
    }

    /// Who lives in a household on a day.
    pub(super) fn members(&self, household: SubjectId, day: Day, into: &mut Vec<SubjectId>) {
        let (Some(column), Some(people)) = (self.member, self.people) else { return };
        let mut slots = Vec::new();
        column.naming(household, day, &mut slots);
        into.extend(slots.iter().filter_map(|slot| people.get(*slot as usize)));
    }

    /// Where a subject was on a day; where it is now, if nothing is told of that day.
    pub(super) fn place(&self, subject: SubjectId, day: Day) -> Option<RegionCode> {
        let home = self.home(subject, day).unwrap_or(subject);
        if self.household.is_some() && self.image.kind_ix(home) == self.household {
            let (column, slot) = (self.area?, self.image.slot_of(home)?);
            return match column.on(slot, day).or_else(|| column.latest(slot))? {
                Value::Region(code) => Some(code),
                _ => None,
            };
        }
        self.image.place_on(subject, day)
    }
}

impl Image {
    /// Where a subject was on a day; where it is now, if nothing is told of that day.
    pub(crate) fn place_on(&self, subject: SubjectId, day: Day) -> Option<RegionCode> {
        let mut at = subject;
        for _ in 0..3 {
            let kind = self.catalog()?.subjects.get(&**self.kind(at)?)?;
            match self.fact(at, kind.lies_in.as_deref()?, day) {
                Some(Value::Region(code)) => return Some(code),
                Some(Value::Subject(other)) => at = other,
                _ => return self.place_of(subject),
            }
        }
        None
    }
}
