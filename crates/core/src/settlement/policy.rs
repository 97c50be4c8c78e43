//! A policy as people read it: who pays, for whom, in which order, by which source. Its arithmetic is in [`Table`].

use super::account::Person;
use super::bill::Bill;
use super::engine::Table;
use crate::catalog::{Confidence, Words};
use yizhan_kit::{Day, Fen};

/// The layers of protection that were in force for some time, in the order in which they pay.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its file's name.
    pub name: String,
    /// What officers read.
    pub title: Words,
    /// What is to be known about it.
    pub about: Words,
    /// The first day.
    pub from: Day,
    /// The first day no longer.
    pub to: Option<Day>,
    /// Whether it is anybody's law.
    pub standing: Standing,
    /// Who pays.
    pub payers: Vec<Named>,
    /// The categories of people that it tells apart, the general one first. A bill names one by its place here.
    pub categories: Vec<Named>,
    /// By category: what the register says of whoever is of it; nothing where it cannot tell.
    pub told: Vec<Vec<Told>>,
    /// The kinds of care that it tells apart, the usual one first.
    pub kinds: Vec<CareKind>,
    /// The layers, in order.
    pub layers: Vec<Layer>,
    /// What is insured beside the layers.
    pub beside: Vec<Beside>,
    /// Worked examples.
    pub examples: Vec<PolicyExample>,
    /// The arithmetic of its layers.
    pub table: Table,
}

/// Whether a policy is anybody's law.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Put into force by the district; each layer was read in its source.
    Adopted,
    /// A default so that the program can run. Every slip says so.
    Illustrative,
}

crate::catalog::texts!(Standing, "adopted or illustrative", Adopted = "adopted", Illustrative = "illustrative");

/// Something with a name for programs and words for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The name.
    pub id: String,
    /// The words.
    pub title: Words,
}

/// Something that the register says of a person, or of the household they live in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The attribute: of a person, or of a household.
    pub attribute: String,
    /// The canonical texts of which it holds one.
    pub is: Vec<String>,
    /// Where it is written.
    pub line: usize,
}

/// A kind of care: in hospital, or at its door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CareKind {
    /// Its name and words.
    pub named: Named,
    /// Whether it counts among the admissions of the year.
    pub admission: Admission,
}

/// Whether a bill counts among the admissions of the year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// It does.
    Counted,
    /// It does not.
    None,
}

/// One layer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layer {
    /// Who pays: a place among the payers.
    pub payer: usize,
    /// What it applies to.
    pub base: Base,
    /// What is rounded.
    pub per: Per,
    /// Where it is written.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
    /// What else is to be known.
    pub note: Option<Words>,
}

/// What a layer applies to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// What is in scope of the insurance: the first layer's.
    InScope,
    /// What the layers before left of it.
    Remainder,
    /// The same, added up over the person's year.
    AccumulatedRemainder,
}

crate::catalog::texts!(
    Base,
    "in-scope, remainder or accumulated-remainder",
    InScope = "in-scope",
    Remainder = "remainder",
    AccumulatedRemainder = "accumulated-remainder",
);

/// What is rounded to whole fen, half up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Per {
    /// The slice of each band by itself.
    Slice,
    /// The layer's sum, once.
    Layer,
}

crate::catalog::texts!(Per, "slice or layer", Slice = "slice", Layer = "layer");

/// Something insured beside the layers: described, not settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Beside {
    /// Its name and words.
    pub named: Named,
    /// What it is.
    pub about: Words,
    /// Where it is written.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
}

/// One person's bills, and what they come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyExample {
    /// What it shows.
    pub title: Words,
    /// Bills in order, or which of them, from 1, is cancelled.
    pub rows: Vec<ExampleRow>,
    /// For each bill that is in force at the end: what each layer pays, and what the person does.
    pub expect: Vec<ExpectedSlip>,
    /// Where it is written.
    pub line: usize,
}

/// A row of a worked example.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExampleRow {
    /// A bill.
    Bill(Bill),
    /// The cancellation of one.
    Cancel(u64),
}

/// What a bill of an example comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpectedSlip {
    /// By layer.
    pub pays: Vec<Fen>,
    /// What the person pays.
    pub personal: Fen,
}

impl Policy {
    /// The place of a category.
    pub fn category(&self, id: &str) -> Option<u8> {
        place(self.categories.iter(), id)
    }

    /// The place of a kind of care.
    pub fn kind(&self, id: &str) -> Option<u8> {
        place(self.kinds.iter().map(|kind| &kind.named), id)
    }

    /// The payer of a layer.
    pub fn payer(&self, layer: usize) -> &Named {
        &self.payers[self.layers[layer].payer]
    }

    /// Whether it is in force on a day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }

    /// Whether a layer is a default that the district has not confirmed.
    pub fn is_illustrative(&self, layer: usize) -> bool {
        self.standing == Standing::Illustrative || self.layers[layer].confidence != Confidence::Confirmed
    }

    /// The first thing of an example that does not come out as written; absent when all does.
    pub fn fault_of(&self, example: &PolicyExample) -> Option<String> {
        let mut person = Person::default();
        for (line, row) in (1..).zip(&example.rows) {
            let done = match row {
                ExampleRow::Bill(bill) => person.settle(&self.table, line, *bill).map(drop).ok(),
                ExampleRow::Cancel(of) => person.cancel(&self.table, *of).map(drop).ok(),
            };
            if done.is_none() {
                return Some(format!("row {line} is refused"));
            }
        }
        let found: Vec<_> = person.in_force().collect();
        if found.len() != example.expect.len() {
            return Some(format!("{} bills are in force, not {}", found.len(), example.expect.len()));
        }
        for (settled, expected) in found.iter().zip(&example.expect) {
            let layers = expected.pays.iter().enumerate();
            let pays = layers.map(|(layer, pay)| (self.payer(layer).id.as_str(), settled.slip.pay[layer], *pay));
            for (name, found, expected) in pays.chain([("personal", settled.slip.personal, expected.personal)]) {
                if found != expected {
                    return Some(format!("bill {}: `{name}` is {found}, not {expected}", settled.line));
                }
            }
        }
        None
    }
}

fn place<'a>(mut among: impl Iterator<Item = &'a Named>, id: &str) -> Option<u8> {
    among.position(|named| named.id == id).and_then(|place| u8::try_from(place).ok())
}
