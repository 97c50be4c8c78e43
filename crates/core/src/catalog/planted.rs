//! How a demonstration puts errors into a register that is in order: recipes, one for each check of quality.

use super::rule::{Book, Rulebook};
use super::source::{Mistake, Place, Sheet, texts};
use super::subject::Attribute;
use super::{Catalog, RuleKind};
use crate::image::fact::Value;
use crate::rule::{NodeIx, Program, Type, Vocabulary, compile};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A recipe for an error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plant {
    /// The check that finds it.
    pub check: String,
    /// The kind of subject whose facts are changed.
    pub kind: String,
    /// Where it may be planted: CEL over a subject that is in order.
    pub choose: String,
    /// What is changed, by the attribute's full name.
    pub changes: Vec<(String, Change)>,
    /// What no expression says.
    pub by_hand: Option<ByHand>,
    /// Its line.
    pub line: usize,
}

/// What becomes of an attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It gets a value, in canonical text.
    To(String),
    /// It is retracted.
    Gone,
    /// It gets what CEL makes of the subject as it was before.
    Computed(String),
}

/// What no expression says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByHand {
    /// The citizen number gets a wrong check digit.
    BadCheckDigit,
    /// Male becomes female, female male.
    OtherSex,
    /// Number and day of birth of somebody else of the same sex.
    NumberOfOther,
    /// Some junior middle school.
    SchoolOfJuniorStage,
}

texts!(
    ByHand,
    "bad-check-digit, other-sex, number-of-other or school-of-junior-stage",
    BadCheckDigit = "bad-check-digit",
    OtherSex = "other-sex",
    NumberOfOther = "number-of-other",
    SchoolOfJuniorStage = "school-of-junior-stage",
);

/// A recipe, compiled.
#[derive(Clone, Debug)]
pub struct Recipe<'a> {
    /// What it was compiled from.
    pub plant: &'a Plant,
    /// Whether it may be planted at a subject.
    pub choose: NodeIx,
    /// The attributes that are computed.
    pub computed: Vec<(&'a Attribute, NodeIx)>,
}

/// The recipes about one kind of subject, compiled together.
#[derive(Clone, Debug)]
pub struct Recipes<'a> {
    /// What computes them; it holds no rules.
    pub book: Book,
    /// They.
    pub recipes: Vec<Recipe<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    plant: Vec<PlantShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlantShape {
    check: Spanned<String>,
    kind: String,
    choose: String,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    retract: Vec<String>,
    #[serde(default)]
    compute: BTreeMap<String, String>,
    by_hand: Option<Spanned<String>>,
}

pub(super) fn read(sheet: &mut Sheet<'_>) -> Vec<Plant> {
    let Some(shape) = sheet.shape::<Shape>() else { return Vec::new() };
    sheet.names("check", shape.plant.iter().map(|row| &row.check));
    let mut plants = Vec::new();
    for row in shape.plant {
        let full = |name: String| format!("{}.{name}", row.kind);
        let set = row.set.into_iter().map(|(name, value)| (full(name), Change::To(value)));
        let gone = row.retract.into_iter().map(|name| (full(name), Change::Gone));
        let computed = row.compute.into_iter().map(|(name, is)| (full(name), Change::Computed(is)));
        let changes: Vec<_> = set.chain(gone).chain(computed).collect();
        if changes.is_empty() && row.by_hand.is_none() {
            sheet.fault(&row.check.span(), "a recipe that changes nothing", "set, retract, compute or by_hand");
        }
        plants.push(Plant {
            line: sheet.place(&row.check.span()).line,
            check: row.check.into_inner(),
            choose: row.choose,
            by_hand: row.by_hand.as_ref().and_then(|word| sheet.word::<ByHand>("by_hand", word)),
            kind: row.kind,
            changes,
        });
    }
    plants
}

/// What recipes name must be there: the check, the attributes, the values.
pub(super) fn check(
    plants: &[Plant],
    rules: &Rulebook,
    attributes: &BTreeMap<String, Attribute>,
    mistakes: &mut Vec<Mistake>,
) {
    for plant in plants {
        let mut fault = |what, expected: &str| mistakes.push(place(plant).mistake(what, expected));
        if !rules.rules().any(|rule| rule.name == plant.check && rule.kind == RuleKind::Quality) {
            fault(format!("no check of quality `{}`", plant.check), "a [[check]] of a file of kind quality");
        }
        for (name, change) in &plant.changes {
            match (attributes.get(name), change) {
                (None, _) => fault(format!("no attribute `{name}`"), "one declared in subject/"),
                (Some(attribute), Change::To(text)) => {
                    if let Err(bad) = Value::parse(attribute, text) {
                        fault(format!("`{name}` cannot be `{text}`"), &bad.expected);
                    }
                }
                _ => {}
            }
        }
    }
}

fn place(plant: &Plant) -> Place {
    Place { file: "zone/planted.toml".to_owned(), line: plant.line }
}

/// Compiles the recipes, by kind of subject.
///
/// # Errors
/// Every expression that is wrong.
pub(super) fn compile_all(catalog: &Catalog) -> Result<BTreeMap<&str, Recipes<'_>>, Vec<Mistake>> {
    let words = Vocabulary::new(&catalog.attributes, &catalog.parameters, &catalog.rules.lets);
    let mut kinds: BTreeMap<&str, Recipes<'_>> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for plant in &catalog.plants {
        let recipes = kinds.entry(&plant.kind).or_insert_with(|| Recipes {
            book: Book { program: Program::new(&plant.kind), place: None, rules: Vec::new() },
            recipes: Vec::new(),
        });
        let program = &mut recipes.book.program;
        let mut node = |key: &str, text: &str, of: &Type| {
            compile(program, &words, text, Some(of)).map_err(|wrong| {
                mistakes.push(place(plant).mistake(format!("`{key}`: {}", wrong.what), wrong.expected));
            })
        };
        let choose = node("choose", &plant.choose, &Type::Truth);
        let mut computed = Vec::new();
        for (name, change) in &plant.changes {
            if let (Change::Computed(is), Some(attribute)) = (change, catalog.attributes.get(name)) {
                computed.extend(node(name, is, &Type::of(attribute)).map(|node| (attribute, node)));
            }
        }
        recipes.recipes.extend(choose.map(|choose| Recipe { plant, choose, computed }));
    }
    for recipes in kinds.values_mut() {
        recipes.book.place = recipes.book.program.place(&catalog.subjects, &catalog.attributes);
    }
    if mistakes.is_empty() { Ok(kinds) } else { Err(mistakes) }
}
