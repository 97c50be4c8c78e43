//! Where rules read: the image, on a day.

use super::lanes::Lanes;
use super::money::{self, Received};
use super::program::Program;
use super::run::{NOWHERE, Source};
use crate::catalog::Parameter;
use crate::image::Image;
use crate::image::column::Column;
use crate::row::SubjectId;
use std::collections::BTreeMap;
use yizhan_kit::calendar::WorkCalendar;
use yizhan_kit::{Day, Fen};

/// Values that are computed elsewhere and lent to rules: what citizen numbers say, for one.
pub trait Lent: Send + Sync {
    /// What an attribute is, of some subjects; untouched where it lends nothing under that name.
    fn load(&self, attribute: &str, subjects: &[SubjectId], into: &mut Lanes);
    /// The value that a code is loaded as.
    fn code(&self, attribute: &str, code: &str) -> Option<i64>;
}

/// The image on a day, bound to a program.
pub struct OfImage<'a> {
    image: &'a Image,
    columns: Vec<Option<&'a Column>>,
    names: &'a [String],
    lists: &'a [(usize, Vec<String>)],
    kinds: Vec<Option<&'a imbl::Vector<SubjectId>>>,
    parameters: Vec<Option<i64>>,
    lent: Option<&'a dyn Lent>,
    /// Which of the attributes the ledger says, and what it says.
    money: Vec<Option<usize>>,
    received: Received<'a>,
    day: Day,
}

impl<'a> OfImage<'a> {
    /// Binds a program; `parameters` may differ from the catalog's, to ask what would be.
    pub(crate) fn new(
        image: &'a Image,
        program: &'a Program,
        parameters: &BTreeMap<String, Parameter>,
        lent: Option<&'a dyn Lent>,
        day: Day,
    ) -> Self {
        Self {
            image,
            columns: program.attributes.iter().map(|name| image.column_of(name)).collect(),
            names: &program.attributes,
            lists: &program.lists,
            kinds: program.frames.iter().map(|frame| image.members_of(&frame.kind)).collect(),
            parameters: in_force(program, parameters, day),
            lent,
            money: program.attributes.iter().map(|name| money::which(name)).collect(),
            received: Received::new(image, day),
            day,
        }
    }

    /// The subjects in the slots of an attribute's kind.
    fn subjects(&self, attribute: &str, slots: &[u32]) -> Vec<SubjectId> {
        let Some(members) = self.image.members_of(attribute.split('.').next().unwrap_or_default()) else {
            return Vec::new();
        };
        let subject = |slot: &u32| members.get(*slot as usize).copied().unwrap_or(SubjectId(u32::MAX));
        slots.iter().map(subject).collect()
    }
}

/// What the parameters of a program are on a day.
pub(super) fn in_force(program: &Program, parameters: &BTreeMap<String, Parameter>, day: Day) -> Vec<Option<i64>> {
    let value = |name: &String| {
        let parameter = parameters.get(name)?;
        number(&parameter.unit, &parameter.at(day)?.value)
    };
    program.parameters.iter().map(value).collect()
}

/// A parameter's value as rules compute with it: fen, whole numbers, tenths, ten-thousandths.
pub fn number(unit: &str, text: &str) -> Option<i64> {
    let scaled = |text: &str, places: usize| {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        if part.len() > places {
            return None;
        }
        format!("{whole}{part:0<places$}").parse::<i64>().ok()
    };
    match unit {
        "days" | "hours" | "count" => text.parse().ok(),
        "ratio" => scaled(text.strip_suffix('%')?, 2),
        "celsius" | "mmol/L" => scaled(text, 1),
        _ => text.parse::<Fen>().ok().map(|fen| fen.0),
    }
}

impl Source for OfImage<'_> {
    fn today(&self) -> Day {
        self.day
    }

    fn load(&self, attribute: usize, slots: &[u32], into: &mut Lanes) {
        let name = &self.names[attribute];
        match (self.columns[attribute], self.money[attribute], self.lent) {
            (Some(column), ..) => column.load(slots, self.day, into),
            (None, Some(which), _) => self.received.load(which, &self.subjects(name, slots), into),
            (None, None, Some(lent)) => lent.load(name, &self.subjects(name, slots), into),
            (None, None, None) => {}
        }
    }

    fn slot(&self, subject: i64) -> u32 {
        let subject = u32::try_from(subject).map(SubjectId);
        subject.ok().and_then(|subject| self.image.slot_of(subject)).unwrap_or(NOWHERE)
    }

    fn naming(&self, attribute: usize, frame: usize, slot: u32, into: &mut Vec<u32>) {
        let Some(column) = self.columns[attribute] else { return };
        let Some(subject) = self.kinds[frame].and_then(|members| members.get(slot as usize)) else { return };
        column.naming(*subject, self.day, into);
    }

    fn table(&self, list: usize) -> Vec<bool> {
        let (attribute, codes) = &self.lists[list];
        let place = |code: &String| match (self.columns[*attribute], self.lent) {
            (Some(column), _) => column.code(code),
            (None, Some(lent)) => lent.code(&self.names[*attribute], code),
            (None, None) => None,
        };
        let mut table = Vec::new();
        for place in codes.iter().filter_map(place).filter_map(|place| usize::try_from(place).ok()) {
            if table.len() <= place {
                table.resize(place + 1, false);
            }
            table[place] = true;
        }
        table
    }

    fn subject(&self, frame: usize, slot: u32) -> Option<SubjectId> {
        self.kinds[frame]?.get(slot as usize).copied()
    }

    fn code(&self, attribute: usize, value: i64) -> Option<String> {
        self.columns[attribute]?.code_at(value).map(str::to_owned)
    }

    fn calendar(&self) -> Option<&WorkCalendar> {
        self.image.catalog().map(|catalog| &catalog.calendar)
    }

    fn parameter(&self, parameter: usize) -> Option<i64> {
        self.parameters[parameter]
    }
}
