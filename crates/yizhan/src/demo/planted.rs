//! Errors planted in a register that is in order, by the recipes of the catalog: five for each check of quality, no two in one
//! household, spread over the villages. What was planted is listed apart, so that whoever judges the records can be judged.

use super::register::Register;
use super::{Maker, Person, acting, commit};
use crate::finder::numbers::Numbers;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use yizhan_core::access::{Question, Viewer};
use yizhan_core::act::Act;
use yizhan_core::catalog::{Attribute, ByHand, Change, Mistake, Plant, Recipes, ValueKind};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_core::rule::NodeIx;
use yizhan_core::service::{NewSealed, SetFacts};
use yizhan_core::writer::Writer;
use yizhan_kit::codes::{RegionCode, Sex};
use yizhan_kit::{Day, Fen};

/// How many of each.
const EACH: usize = 5;

/// The file in a zone's folder that lists them.
pub const PLANTED_FILE: &str = "planted.csv";

/// Whose subjects are shared by many households.
const WATER: &str = "water-point";

/// An error where it is to be found.
pub(super) struct Planted<'a> {
    plant: &'a Plant,
    /// The kind of subject on which the check fails.
    kind: &'a str,
    subject: SubjectId,
    area: RegionCode,
}

/// Where an error may be planted.
#[derive(Clone)]
struct Candidate<'a> {
    subject: SubjectId,
    /// The household it lies in; itself, where it lies in none.
    home: SubjectId,
    area: RegionCode,
    computed: Vec<(&'a str, String)>,
}

/// The register while errors are planted in it.
struct Field<'a> {
    maker: &'a Maker<'a>,
    register: &'a Register,
    people: BTreeMap<SubjectId, (&'a Person, SubjectId)>,
    households: BTreeSet<SubjectId>,
    numbers: Numbers,
    taken: BTreeSet<SubjectId>,
    in_village: BTreeMap<RegionCode, usize>,
    planted: Vec<Planted<'a>>,
}

/// Plants all of them.
///
/// # Errors
/// Too few subjects that fit, or the refusal.
pub(super) fn plant<'a>(
    writer: &mut Writer,
    maker: &'a Maker<'a>,
    register: &'a Register,
) -> Result<Vec<Planted<'a>>, String> {
    let kinds = maker
        .catalog
        .recipes()
        .map_err(|mistakes| mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n"))?;
    let mut field = Field::new(maker, register);
    // What is planted in a household may change what fits at its water point.
    for water in [false, true] {
        let mut fitting: Vec<(&'a Plant, Vec<Candidate<'a>>)> = Vec::new();
        for recipes in kinds.iter().filter(|(kind, _)| (**kind == WATER) == water).map(|(_, recipes)| recipes) {
            fitting.extend(field.fitting(writer, recipes));
        }
        // Whoever has little to choose from chooses first.
        fitting.sort_by_key(|(_, candidates)| candidates.len());
        let mut acts = Vec::new();
        for (plant, candidates) in &fitting {
            field.sow(plant, candidates, &mut acts)?;
        }
        commit(writer, maker.now, acts)?;
    }
    field.planted.sort_by_key(|planted| (planted.plant.line, planted.subject));
    Ok(field.planted)
}

/// Lists them in a file.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(planted: &[Planted<'_>], file: &Path) -> Result<(), String> {
    let mut list = String::from("check,kind,subject,area\n");
    for Planted { plant, kind, subject, area } in planted {
        list.push_str(&format!("{},{kind},{subject},{area}\n", plant.check));
    }
    std::fs::write(file, list).map_err(|error| format!("{}: {error}", file.display()))
}

impl Planted<'_> {
    /// The subject, where the error lies in a day: a later report would mend it.
    pub(super) fn with_day(&self) -> Option<SubjectId> {
        let days = ["household.visited", "water-point.tested-on"];
        self.plant.changes.iter().any(|(name, _)| days.contains(&name.as_str())).then_some(self.subject)
    }
}

impl<'a> Field<'a> {
    fn new(maker: &'a Maker<'a>, register: &'a Register) -> Self {
        let whole = || register.followed.iter().filter(|home| home.whole);
        let people =
            whole().flat_map(|home| home.people.iter().map(|(subject, person)| (*subject, (person, home.household))));
        let mut numbers = Numbers::default();
        for (subject, person) in register.followed.iter().flat_map(|home| &home.people) {
            numbers.put(*subject, person.number.as_str());
        }
        Self {
            maker,
            register,
            people: people.collect(),
            households: whole().map(|home| home.household).collect(),
            numbers,
            taken: BTreeSet::new(),
            in_village: BTreeMap::new(),
            planted: Vec::new(),
        }
    }

    /// Where the recipes of a kind may be planted: on the register, or at a water point.
    fn fitting(&self, writer: &Writer, recipes: &Recipes<'a>) -> Vec<(&'a Plant, Vec<Candidate<'a>>)> {
        let seen = Viewer::program();
        let seen = seen.look(writer.image());
        let kind = recipes.book.program.about();
        let lies_in = self.maker.catalog.subjects.get(kind).and_then(|kind| kind.lies_in.as_deref());
        let home = |subject: SubjectId| match seen.fact(subject, lies_in.unwrap_or_default(), self.maker.today) {
            Some(Value::Subject(household)) => household,
            _ => subject,
        };
        let nodes = recipes.recipes.iter();
        let nodes: Vec<NodeIx> =
            nodes.flat_map(|recipe| recipe.computed.iter().map(|(_, node)| *node).chain([recipe.choose])).collect();
        let question =
            Question { day: self.maker.today, parameters: &self.maker.catalog.parameters, lent: Some(&self.numbers) };
        let mut fitting: Vec<(&'a Plant, Vec<Candidate<'a>>)> =
            recipes.recipes.iter().map(|recipe| (recipe.plant, Vec::new())).collect();
        seen.judge(&recipes.book, &nodes, &question, |judged| {
            for (lane, (subject, area)) in judged.subjects.iter().zip(judged.places).enumerate() {
                let known = match self.people.get(subject) {
                    Some((_, household)) => Some(*household),
                    None if kind == "person" => None,
                    None => Some(home(*subject)),
                };
                let known = known.filter(|home| kind == WATER || self.households.contains(home));
                let (Some(home), Some(area)) = (known, *area) else { continue };
                for (recipe, (_, candidates)) in recipes.recipes.iter().zip(&mut fitting) {
                    if judged.truth(recipe.choose, lane) != Some(true) {
                        continue;
                    }
                    let computed = recipe.computed.iter();
                    let computed: Option<Vec<_>> = computed
                        .map(|(attribute, node)| {
                            Some((attribute.name.as_str(), text(attribute, judged.number(*node, lane)?)?))
                        })
                        .collect();
                    candidates.extend(computed.map(|computed| Candidate { subject: *subject, home, area, computed }));
                }
            }
        });
        fitting
    }

    /// Plants one recipe.
    fn sow(&mut self, plant: &'a Plant, candidates: &[Candidate<'a>], acts: &mut Vec<Act>) -> Result<(), String> {
        let about = self.maker.catalog.rules.rule(&plant.check).map(|(_, rule, _)| rule.about.as_str());
        let kind = about.ok_or_else(|| format!("no check {}", plant.check))?;
        let mut drawn: Vec<(usize, &Candidate<'a>)> =
            candidates.iter().map(|candidate| (self.maker.below(1 << 30), candidate)).collect();
        drawn.sort_by_key(|(lot, _)| *lot);
        for n in 0..EACH {
            let few = || format!("{}: planted {n} times of {EACH}, {} subjects fit", plant.check, candidates.len());
            let one = match self.choose(&drawn, |_| true) {
                // In a small zone as many as there is room for.
                None if self.maker.small => break,
                one => one.ok_or_else(few)?,
            };
            self.take(plant, kind, one);
            let mut other = None;
            if plant.by_hand == Some(ByHand::NumberOfOther) {
                let number = self.people.get(&one.subject).map(|(person, _)| &person.number);
                let fits = |other: &Candidate<'_>| {
                    let numbers = number.zip(self.people.get(&other.subject).map(|(person, _)| &person.number));
                    numbers.is_some_and(|(one, other)| one.sex() == other.sex() && one.birth() != other.birth())
                };
                let Some(second) = self.choose(&drawn, fits) else {
                    if self.maker.small {
                        self.planted.pop();
                        break;
                    }
                    return Err(few());
                };
                self.take(plant, kind, second);
                other = Some(second.subject);
            }
            acts.push(acting(self.change(plant, one, other)?));
        }
        Ok(())
    }

    /// One whose household is untouched, in the village with the fewest errors.
    fn choose<'c>(
        &self,
        drawn: &[(usize, &'c Candidate<'a>)],
        fits: impl Fn(&Candidate<'a>) -> bool,
    ) -> Option<&'c Candidate<'a>> {
        let free = drawn.iter().map(|(_, one)| *one).filter(|one| !self.taken.contains(&one.home) && fits(one));
        free.min_by_key(|one| self.in_village.get(&one.area).copied().unwrap_or_default())
    }

    fn take(&mut self, plant: &'a Plant, kind: &'a str, one: &Candidate<'a>) {
        self.taken.insert(one.home);
        *self.in_village.entry(one.area).or_default() += 1;
        let subject = if kind == plant.kind { one.subject } else { one.home };
        self.planted.push(Planted { plant, kind, subject, area: one.area });
    }

    /// What is recorded of the one in whom the error is planted.
    fn change(&self, plant: &Plant, one: &Candidate<'_>, other: Option<SubjectId>) -> Result<SetFacts, String> {
        let mut facts: Vec<(String, Option<String>)> = Vec::new();
        for (name, change) in &plant.changes {
            match change {
                Change::To(text) => facts.push((name.clone(), Some(text.clone()))),
                Change::Gone => facts.push((name.clone(), None)),
                Change::Computed(_) => {}
            }
        }
        facts.extend(one.computed.iter().map(|(name, text)| ((*name).to_owned(), Some(text.clone()))));
        let mut sealed = None;
        if let Some(by_hand) = plant.by_hand {
            sealed = self
                .by_hand(by_hand, one.subject, other, &mut facts)
                .ok_or_else(|| format!("{}: nobody", plant.check))?;
        }
        let (subject, from) = (one.subject, self.maker.founded);
        Ok(SetFacts { subject, facts, sealed, from, to: None, source: "planted".into() })
    }

    /// What no expression says.
    fn by_hand(
        &self,
        what: ByHand,
        subject: SubjectId,
        other: Option<SubjectId>,
        facts: &mut Vec<(String, Option<String>)>,
    ) -> Option<Option<NewSealed>> {
        if what == ByHand::SchoolOfJuniorStage {
            let school = self.register.sites.any_school("3")?;
            facts.push(("person.school".into(), Some(school.to_string())));
            return Some(None);
        }
        let (person, _) = self.people.get(&subject)?;
        let sealed = |number: &str| Some(self.maker.sealed(&person.name, number, person.mobile.as_str()));
        match what {
            ByHand::OtherSex => {
                let other = if person.number.sex() == Sex::Male { "2" } else { "1" };
                facts.push(("person.sex".into(), Some(other.into())));
                Some(None)
            }
            ByHand::BadCheckDigit => {
                let (body, check) = person.number.as_str().split_at(17);
                let wrong = if check == "0" { "1" } else { "0" };
                Some(sealed(&format!("{body}{wrong}")))
            }
            _ => {
                let (other, _) = self.people.get(&other?)?;
                facts.push(("person.born".into(), Some(other.number.birth().to_string())));
                Some(sealed(other.number.as_str()))
            }
        }
    }
}

/// The canonical text of what was computed for an attribute.
fn text(attribute: &Attribute, number: i64) -> Option<String> {
    let value = match attribute.kind {
        ValueKind::Fen => Value::Fen(Fen(number)),
        ValueKind::Day => Value::Day(Day(i32::try_from(number).ok()?)),
        ValueKind::Int | ValueKind::Decimal1 => Value::Int(number),
        _ => return None,
    };
    value.text(attribute)
}
