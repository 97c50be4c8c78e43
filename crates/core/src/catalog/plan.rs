//! Plans (方案): what follows for somebody in a class of their own, from which day, on whose word. A plan is chosen by
//! traits that a room finds out, and by the day; it is read from the catalog in force, so that a change of the rules
//! reaches whoever comes after it, and nobody who came before.

use super::check::{Claim, Leaf};
use super::parameter::Confidence;
use super::service_file::Outward;
use super::source::{Place, Sheet, Words};
use super::subject::ValueKind;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::Day;

/// What is known of somebody, by name: `risk` is `medium`, `class` is `key-post`.
pub type Traits = BTreeMap<String, String>;

/// A set of plans of which one is chosen: the first in force whose conditions all hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plans {
    /// Its file's name.
    pub name: String,
    /// What officers read.
    pub title: Words,
    /// The traits that conditions may name, with the values of each and what they are called.
    pub traits: BTreeMap<String, Vec<(String, Words)>>,
    /// The parameter that says what the first day counts as, 0 or 1.
    pub day_zero: String,
    /// Where what was chosen is written down.
    pub records: Records,
    /// The plans, in order.
    pub plans: Vec<Plan>,
    /// Worked examples.
    pub examples: Vec<PlanExample>,
}

/// The attributes of a case that hold what was chosen for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Records {
    /// The plan's name.
    pub plan: String,
    /// The last day of what it asks for.
    pub until: String,
    /// A fact for each day on which something is to be done.
    pub due: String,
}

/// What follows for one class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// What people read.
    pub title: Words,
    /// What people are told to do.
    pub about: Words,
    /// The first day it is in force.
    pub from: Day,
    /// The first day it is no longer.
    pub to: Option<Day>,
    /// What must hold: each trait named has one of these values.
    pub when: BTreeMap<String, Vec<String>>,
    /// How many days after day 0 it lasts.
    pub days: i32,
    /// On which days after day 0 something is due.
    pub due: Vec<i32>,
    /// How old, in days, a certificate may be on arrival, where one is asked for.
    pub certificate_days: Option<i32>,
    /// Where it is written.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
}

/// A worked example.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanExample {
    /// The day.
    pub on: Day,
    /// The traits.
    pub traits: Traits,
    /// The plan that is chosen; absent: none.
    pub expect: Option<String>,
    /// Where it is written.
    pub line: usize,
}

impl Plans {
    /// The plan for somebody with these traits on a day.
    pub fn choose(&self, traits: &Traits, on: Day) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.holds_on(on) && plan.fits(traits))
    }

    /// A plan by name.
    pub fn plan(&self, name: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.name == name)
    }

    /// What a trait's value is called.
    pub fn meaning(&self, name: &str, value: &str) -> Option<&Words> {
        self.traits.get(name)?.iter().find(|(code, _)| code == value).map(|(_, words)| words)
    }
}

impl Plan {
    /// Whether it is in force on a day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }

    fn fits(&self, traits: &Traits) -> bool {
        self.when.iter().all(|(name, values)| traits.get(name).is_some_and(|value| values.contains(value)))
    }
}

impl PlanExample {
    /// What does not come out as the example says; absent when all does.
    pub fn fault(&self, plans: &Plans) -> Option<String> {
        let chosen = plans.choose(&self.traits, self.on).map(|plan| plan.name.as_str());
        (chosen != self.expect.as_deref()).then(|| format!("the plan is {}", chosen.unwrap_or("none")))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    day_zero: Spanned<String>,
    records: RecordsShape,
    #[serde(rename = "trait")]
    traits: BTreeMap<String, Vec<ValueShape>>,
    plan: Vec<PlanShape>,
    #[serde(default)]
    example: Vec<Spanned<ExampleShape>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordsShape {
    plan: Spanned<String>,
    until: Spanned<String>,
    due: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueShape {
    value: String,
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanShape {
    name: Spanned<String>,
    title: Spanned<Words>,
    about: Spanned<Words>,
    from: Spanned<Datetime>,
    to: Option<Spanned<Datetime>>,
    #[serde(default)]
    when: BTreeMap<String, Vec<Spanned<String>>>,
    days: Spanned<i32>,
    #[serde(default)]
    due: Vec<i32>,
    certificate_days: Option<u8>,
    source: Spanned<String>,
    confidence: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleShape {
    on: Spanned<Datetime>,
    traits: Traits,
    expect: Option<String>,
}

pub(super) fn read(sheet: &mut Sheet<'_>, out: &mut Outward<'_>) -> Option<Plans> {
    let shape = sheet.shape::<Shape>()?;
    // A plan of the same name may follow another: the same rule from another day on.
    let mut names: Vec<&Spanned<String>> = shape.plan.iter().map(|plan| &plan.name).collect();
    names.sort_by_key(|name| name.get_ref());
    names.dedup_by_key(|name| name.get_ref());
    sheet.names("plan", names);
    for claimed in [&mut *out.parameters, &mut *out.days] {
        claimed.push((sheet.place(&shape.day_zero.span()), shape.day_zero.get_ref().clone()));
    }
    let records = read_records(sheet, out, shape.records, &shape.plan);
    let traits: BTreeMap<_, Vec<_>> = shape
        .traits
        .into_iter()
        .map(|(name, values)| {
            let values = values.into_iter().map(|value| (value.value, Words { zh: value.zh, en: value.en }));
            (name, values.collect())
        })
        .collect();
    let plans: Vec<_> = shape.plan.into_iter().filter_map(|row| read_plan(sheet, &traits, row)).collect();
    let mut examples = Vec::new();
    for example in shape.example {
        let line = sheet.place(&example.span()).line;
        let row = example.into_inner();
        let on = sheet.day("on", &row.on)?;
        examples.push(PlanExample { on, traits: row.traits, expect: row.expect, line });
    }
    let (name, title) = (sheet.stem.to_owned(), sheet.words("title", shape.title));
    let day_zero = shape.day_zero.into_inner();
    Some(Plans { name, title, traits, day_zero, records, plans, examples })
}

fn read_records(sheet: &Sheet<'_>, out: &mut Outward<'_>, row: RecordsShape, plans: &[PlanShape]) -> Records {
    let place = |name: &Spanned<String>| -> Place { sheet.place(&name.span()) };
    let of = |name: &Spanned<String>| name.get_ref().split('.').next().unwrap_or_default().to_owned();
    for plan in plans {
        out.claims.push(Claim::Fits {
            place: place(&plan.name),
            attribute: row.plan.get_ref().clone(),
            subject: of(&row.plan),
            leaf: Leaf::Constant(plan.name.get_ref().clone()),
        });
    }
    let (attribute, kind) = (row.until.get_ref().clone(), ValueKind::Day);
    out.claims.push(Claim::OfKind { place: place(&row.until), by: of(&row.until), attribute, kind });
    let attribute = row.due.get_ref().clone();
    out.claims.push(Claim::Remembered { place: place(&row.due), by: of(&row.due), attribute });
    Records { plan: row.plan.into_inner(), until: row.until.into_inner(), due: row.due.into_inner() }
}

fn read_plan(sheet: &mut Sheet<'_>, traits: &BTreeMap<String, Vec<(String, Words)>>, row: PlanShape) -> Option<Plan> {
    for (name, values) in &row.when {
        let Some(known) = traits.get(name) else {
            sheet.fault(&row.name.span(), format!("no trait `{name}`"), "one of [trait]");
            continue;
        };
        for value in values.iter().filter(|value| !known.iter().any(|(code, _)| code == value.get_ref())) {
            let what = format!("`{name}` is never `{}`", value.get_ref());
            sheet.fault(&value.span(), what, "a value of the trait");
        }
    }
    let days = *row.days.get_ref();
    if !(0..=366).contains(&days) || row.due.windows(2).any(|pair| pair[0] >= pair[1]) {
        let what = format!("plan `{}` lasts {days} days, with days due that do not ascend", row.name.get_ref());
        sheet.fault(&row.days.span(), what, "0 to 366 days, and ascending days due");
    }
    if row.source.get_ref().trim().is_empty() {
        sheet.fault(&row.source.span(), "a plan without source", "where it is written");
    }
    let confidence = sheet.word("confidence", &row.confidence);
    let from = sheet.day("from", &row.from)?;
    let to = match &row.to {
        Some(to) => Some(sheet.day("to", to)?),
        None => None,
    };
    Some(Plan {
        name: row.name.into_inner(),
        title: sheet.words("title", row.title),
        about: sheet.words("about", row.about),
        from,
        to,
        when: row
            .when
            .into_iter()
            .map(|(name, values)| (name, values.into_iter().map(Spanned::into_inner).collect()))
            .collect(),
        days,
        due: row.due,
        certificate_days: row.certificate_days.map(i32::from),
        source: row.source.into_inner(),
        confidence: confidence?,
    })
}
