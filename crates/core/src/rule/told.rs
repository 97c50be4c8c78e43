//! What was told about a few subjects, by hand or from rows: examples of the catalog, and what was known at an act.

use super::lanes::Lanes;
use super::money;
use super::program::Program;
use super::run::{NOWHERE, Source};
use super::source::in_force;
use crate::catalog::{Attribute, Parameter};
use crate::image::fact::Value;
use crate::row::SubjectId;
use std::collections::BTreeMap;
use yizhan_kit::calendar::WorkCalendar;
use yizhan_kit::{Day, Fen};

/// A few subjects and what holds of them on a day.
#[derive(Clone, Default, Debug)]
pub struct Told {
    /// The subjects of each kind, in order of slot.
    kinds: BTreeMap<String, Vec<SubjectId>>,
    slots: BTreeMap<SubjectId, u32>,
    /// By attribute and slot.
    values: BTreeMap<(String, u32), i64>,
    given: BTreeMap<(String, u32), i64>,
}

impl Told {
    /// A subject; its slot.
    pub fn subject(&mut self, kind: &str, id: SubjectId) -> u32 {
        if let Some(slot) = self.slots.get(&id) {
            return *slot;
        }
        let members = self.kinds.entry(kind.to_owned()).or_default();
        members.push(id);
        let slot = u32::try_from(members.len() - 1).expect("a few subjects");
        self.slots.insert(id, slot);
        slot
    }

    /// The slot of a subject.
    pub fn slot_of(&self, id: SubjectId) -> Option<u32> {
        self.slots.get(&id).copied()
    }

    /// What holds of a subject that was named before.
    pub fn put(&mut self, slot: u32, attribute: &Attribute, value: &Value) {
        let number = match value {
            Value::Flag(flag) => i64::from(*flag),
            Value::Int(n) | Value::Fen(Fen(n)) => *n,
            Value::Day(Day(n)) => i64::from(*n),
            Value::Subject(SubjectId(n)) => i64::from(*n),
            Value::Region(code) => u64::from(*code).cast_signed(),
            Value::Text(text) => {
                let place = attribute.codes.iter().position(|(code, _)| **code == **text).unwrap_or_default();
                i64::try_from(place).unwrap_or_default()
            }
            Value::Sealed(n) => n.cast_signed(),
        };
        self.values.insert((attribute.name.clone(), slot), number);
    }

    /// A named value that is given rather than computed.
    pub fn give(&mut self, slot: u32, named: &str, number: i64) {
        self.given.insert((named.to_owned(), slot), number);
    }

    /// Binds a program to it, for a day.
    pub fn on<'a>(
        &'a self,
        day: Day,
        program: &'a Program,
        attributes: &'a BTreeMap<String, Attribute>,
        parameters: &BTreeMap<String, Parameter>,
    ) -> OfTold<'a> {
        let parameters = in_force(program, parameters, day);
        OfTold { told: self, program, attributes, parameters, calendar: None, day }
    }
}

/// What was told, bound to a program and a day.
pub struct OfTold<'a> {
    told: &'a Told,
    program: &'a Program,
    attributes: &'a BTreeMap<String, Attribute>,
    parameters: Vec<Option<i64>>,
    calendar: Option<&'a WorkCalendar>,
    day: Day,
}

impl<'a> OfTold<'a> {
    /// With the days that are worked.
    #[must_use]
    pub fn by(self, calendar: &'a WorkCalendar) -> Self {
        Self { calendar: Some(calendar), ..self }
    }
}

impl Source for OfTold<'_> {
    fn today(&self) -> Day {
        self.day
    }

    fn load(&self, attribute: usize, slots: &[u32], into: &mut Lanes) {
        let name = &self.program.attributes[attribute];
        for (lane, slot) in slots.iter().enumerate() {
            // What nobody says was paid was not.
            let paid = money::which(name).map(|_| &0);
            if let Some(number) = self.told.values.get(&(name.clone(), *slot)).or(paid) {
                into.set(lane, *number);
            }
        }
    }

    fn slot(&self, subject: i64) -> u32 {
        let subject = u32::try_from(subject).map(SubjectId);
        subject.ok().and_then(|subject| self.told.slots.get(&subject).copied()).unwrap_or(NOWHERE)
    }

    fn naming(&self, attribute: usize, frame: usize, slot: u32, into: &mut Vec<u32>) {
        let named = self.told.kinds.get(&self.program.frames[frame].kind).and_then(|ids| ids.get(slot as usize));
        let Some(named) = named else { return };
        let name = &self.program.attributes[attribute];
        let naming = self.told.values.iter().filter(|((of, _), value)| of == name && **value == i64::from(named.0));
        into.extend(naming.map(|((_, slot), _)| *slot));
    }

    fn table(&self, list: usize) -> Vec<bool> {
        let (attribute, codes) = &self.program.lists[list];
        let attribute = &self.attributes[&self.program.attributes[*attribute]];
        attribute.codes.iter().map(|(code, _)| codes.contains(code)).collect()
    }

    fn subject(&self, frame: usize, slot: u32) -> Option<SubjectId> {
        self.told.kinds.get(&self.program.frames[frame].kind)?.get(slot as usize).copied()
    }

    fn code(&self, attribute: usize, value: i64) -> Option<String> {
        let attribute = self.attributes.get(&self.program.attributes[attribute])?;
        attribute.codes.get(usize::try_from(value).ok()?).map(|(code, _)| code.clone())
    }

    fn parameter(&self, parameter: usize) -> Option<i64> {
        self.parameters[parameter]
    }

    fn given(&self, named: &str, _frame: usize, slot: u32) -> Option<i64> {
        self.told.given.get(&(named.to_owned(), slot)).copied()
    }

    fn calendar(&self) -> Option<&WorkCalendar> {
        self.calendar
    }

    fn gives(&self) -> bool {
        !self.told.given.is_empty()
    }
}
