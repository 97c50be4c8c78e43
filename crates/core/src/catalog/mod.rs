//! The catalog: what a district edits. It is loaded whole and checked whole before anything uses it; every mistake names its
//! file and line. It knows no service by name, reads no clock and touches no database.
//!
//! | folder | holds | read by |
//! |---|---|---|
//! | `region/` | the dated region tree | [`Regions`] |
//! | `subject/` | kinds of subjects and their attributes | [`Attribute`] |
//! | `parameter/` | dated figures with source and confidence | [`Parameter`] |
//! | `fund/` | money kept apart by what it is for | [`Fund`] |
//! | `programme/` | money to many people by one rule | [`Programme`] |
//! | `place/` | the places of the country, by code | [`Places`] |
//! | `plan/` | what follows for which class, from which day | [`Plans`] |
//! | `tip/` | short words, with their days and readers | [`Tip`] |
//! | `calendar/` | holidays and worked weekends, one file a year | `WorkCalendar` |
//! | `service/` | service items with their forms | [`Service`] |
//! | `zone/` | what a demonstration zone is made of, and the errors planted in it | [`ZoneNames`], [`Plant`] |
//! | `rule/` | standards, entitlements, what makes a record right | [`Rulebook`] |
//! | `settlement/` | the layers that pay a hospital bill, by date | [`Policy`] |
//! | `voice/`, `report/` | carried along, read by their own rooms | |

pub mod alarm;
mod alarm_file;
mod calendar;
mod check;
pub mod duty;
mod duty_file;
mod entry_file;
mod example_file;
mod fact_file;
mod form;
mod fund;
mod learn;
#[cfg(test)]
mod mistake_tests;
mod money;
mod parameter;
pub mod place;
pub mod plan;
mod planted;
mod policy_example;
mod policy_file;
mod policy_terms;
#[cfg(test)]
mod policy_tests;
mod programme;
mod region;
mod rule;
mod rule_example;
mod rule_file;
mod service;
mod service_file;
mod settles;
mod source;
mod subject;
#[cfg(test)]
mod tests;
pub mod tip;

pub use alarm::{Alarm, AlarmExample, Condition, Raises, Test};
pub use calendar::ZoneNames;
pub use duty::{Duty, DutyExample, DutyState, DutyWho, Escalation, Occurrence, Rhythm, occurrences};
pub use form::Form;
pub use fund::Fund;
pub use learn::{Added, Learned, Learning, Says, Whom};
pub use money::{Afterwards, Batch, Lines, Movement, Party};
pub use parameter::{Confidence, Dated, NotBelow, Parameter};
pub use place::Places;
pub use plan::{Plan, Plans, Traits};
pub use planted::{ByHand, Change, Plant, Recipe, Recipes};
pub use programme::{Income, Programme, Shown};
pub use region::{Level, Region, Regions};
pub use rule::{Asks, Book, Nodes, Per, Rule, RuleExample, RuleFile, RuleKind, Rulebook};
pub use service::{
    Audience, Blind, Board, Closing, Entry, Example, Expect, FactFrom, Keep, KeepFrom, Move, NotBefore, Notice, Paper,
    Service, Source, Step, Who, Within,
};
pub use settles::{Payee, Settles, Settling, Sharing};
pub(crate) use source::texts;
pub use source::{CatalogSource, Expected, Mistake, Words};
pub use subject::{Attribute, Memory, SubjectKind, ValueKind};
pub use tip::{Reader, Tip};

use crate::settlement::Policy;
use calendar::CalendarRead;
use check::Claim;
use money::MoneyClaim;
use programme::ProgrammeRead;
use region::RegionsRead;
use source::{Place, Sheet, is_name};
use std::collections::BTreeMap;
use std::sync::Arc;
use subject::RoleClaim;
use yizhan_kit::calendar::WorkCalendar;

/// Everything a district declares.
#[derive(Debug)]
pub struct Catalog {
    /// The text it was read from, stored whole when it is adopted.
    pub source: CatalogSource,
    /// The region tree.
    pub regions: Regions,
    /// Kinds of subjects by name.
    pub subjects: BTreeMap<String, SubjectKind>,
    /// Attributes by full name, `person.sex`; those of services among them.
    pub attributes: BTreeMap<String, Attribute>,
    /// Parameters by name.
    pub parameters: BTreeMap<String, Parameter>,
    /// Funds by name.
    pub funds: BTreeMap<String, Fund>,
    /// Programmes by name.
    pub programmes: BTreeMap<String, Programme>,
    /// The places of the country.
    pub places: Places,
    /// Sets of plans by name.
    pub plans: BTreeMap<String, Plans>,
    /// Tips, in order.
    pub tips: Vec<Tip>,
    /// Services by name.
    pub services: BTreeMap<String, Arc<Service>>,
    /// The rules, compiled.
    pub rules: Rulebook,
    /// The policies of settlement by name.
    pub policies: BTreeMap<String, Arc<Policy>>,
    /// Holidays and worked weekends.
    pub calendar: WorkCalendar,
    /// What a demonstration zone is made of, where the district keeps one.
    pub zone: Option<ZoneNames>,
    /// The errors that a demonstration zone gets.
    pub plants: Vec<Plant>,
}

impl Catalog {
    /// Reads and checks a catalog.
    ///
    /// # Errors
    /// All mistakes, ordered by file and line. Of a file that does not have its shape only the first is known.
    pub fn load(source: CatalogSource) -> Result<Self, Vec<Mistake>> {
        let mut reading = Reading::default();
        for path in source.files.keys() {
            reading.read(&source, path);
        }
        reading.join(source)
    }

    /// Reads the canonical bytes of a catalog, as an adopting act stores them.
    ///
    /// # Errors
    /// The mistakes, one a line.
    pub fn from_body(bytes: &[u8]) -> Result<Self, String> {
        let source = CatalogSource::from_bytes(bytes).map_err(|error| error.to_string())?;
        Self::load(source).map_err(|mistakes| mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n"))
    }

    /// The errors that a demonstration zone gets, compiled, by the kind of subject they are planted in.
    ///
    /// # Errors
    /// Every expression that is wrong.
    pub fn recipes(&self) -> Result<BTreeMap<&str, Recipes<'_>>, Vec<Mistake>> {
        planted::compile_all(self)
    }

    /// Walks every worked example of forms and duties; each that does not come out as written is a mistake.
    pub fn check_examples(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for service in self.services.values() {
            let file = format!("service/{}.toml", service.name);
            for example in &service.examples {
                if let Some(what) = example_fault(service, example) {
                    mistakes.push(Place { file: file.clone(), line: example.line }.mistake(what, ""));
                }
            }
            for alarm in &service.alarms {
                for example in &alarm.examples {
                    if let Some(what) = example.fault(alarm, &self.attributes, &self.parameters) {
                        mistakes.push(Place { file: file.clone(), line: example.line }.mistake(what, ""));
                    }
                }
            }
            for duty in &service.duties {
                for example in &duty.examples {
                    if let Some(what) = example.fault(duty) {
                        mistakes.push(Place { file: file.clone(), line: example.line }.mistake(what, ""));
                    }
                }
            }
        }
        for plans in self.plans.values() {
            for example in &plans.examples {
                if let Some(what) = example.fault(plans) {
                    let file = format!("plan/{}.toml", plans.name);
                    mistakes.push(Place { file, line: example.line }.mistake(what, ""));
                }
            }
        }
        for policy in self.policies.values() {
            mistakes.extend(policy_faults(policy, &format!("settlement/{}.toml", policy.name)));
        }
        mistakes.extend(rule_example::walk(self));
        mistakes.extend(planted::compile_all(self).err().into_iter().flatten());
        mistakes.sort();
        mistakes
    }
}

/// Reads one policy of settlement and walks its examples, without the rest of the catalog.
///
/// # Errors
/// All mistakes of its file.
///
/// # Panics
/// When the source has no such file.
pub fn load_policy(source: &CatalogSource, path: &str) -> Result<Policy, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let policy = policy_file::read(&mut Sheet::new(source, path, &mut mistakes));
    mistakes.extend(policy.iter().flat_map(|policy| policy_faults(policy, path)));
    mistakes.sort();
    match policy {
        Some(policy) if mistakes.is_empty() => Ok(policy),
        _ => Err(mistakes),
    }
}

fn policy_faults(policy: &Policy, file: &str) -> Vec<Mistake> {
    let fault = |example| policy.fault_of(example).zip(Some(example.line));
    let faults = policy.examples.iter().filter_map(fault);
    faults.map(|(what, line)| Place { file: file.to_owned(), line }.mistake(what, "")).collect()
}

fn example_fault(service: &Service, example: &Example) -> Option<String> {
    let form = service.form_of(example.of.as_deref())?;
    match (form.check(&example.answers), &example.expect) {
        (Ok(()), Expect::Accepted) => None,
        (Ok(()), Expect::Refused { at }) => Some(format!("accepted, though a fault is expected at `{at}`")),
        (Err(faults), Expect::Refused { at }) if faults[0].0 == *at => None,
        (Err(faults), _) => Some(format!("refused at `{}`: {}", faults[0].0, faults[0].1)),
    }
}

/// A catalog while it is read, file after file.
#[derive(Default)]
struct Reading {
    mistakes: Vec<Mistake>,
    regions: RegionsRead,
    calendar: CalendarRead,
    subjects: BTreeMap<String, SubjectKind>,
    attributes: BTreeMap<String, Attribute>,
    parameters: BTreeMap<String, Parameter>,
    funds: BTreeMap<String, Fund>,
    programmes: Vec<ProgrammeRead>,
    /// Funds, programmes and kinds that files about money name.
    money: Vec<MoneyClaim>,
    places: Places,
    plans: BTreeMap<String, Plans>,
    tips: Vec<Tip>,
    policies: BTreeMap<String, Arc<Policy>>,
    /// Sets of plans that services read, and where.
    planned: Vec<(Place, String)>,
    services: Vec<(Arc<Service>, Place)>,
    zone: Option<ZoneNames>,
    plants: Vec<Plant>,
    roles: Vec<RoleClaim>,
    claims: Vec<Claim>,
    /// Parameters that services read, and where.
    claimed: Vec<(Place, String)>,
    /// Those of them that must be numbers of days.
    days: Vec<(Place, String)>,
    schemas: Vec<String>,
    rules: RulesRead,
}

/// The rule files while they are read.
#[derive(Default)]
struct RulesRead {
    files: Vec<RuleFile>,
    rules: Vec<Rule>,
    lets: BTreeMap<String, (crate::rule::Let, Place)>,
    opens: Vec<(Place, String)>,
    kinds: Vec<(Place, String)>,
}

impl Reading {
    fn read(&mut self, source: &CatalogSource, path: &str) {
        let mut sheet = Sheet::new(source, path, &mut self.mistakes);
        let Some((folder, name)) = path.split_once('/') else {
            sheet.fault(&(0..0), "a file outside the folders", "region/, subject/, parameter/, calendar/, service/ …");
            return;
        };
        if matches!(folder, "voice" | "report") || (folder == "service" && name.ends_with(".schema.json")) {
            return;
        }
        let stem = name.strip_suffix(".toml").unwrap_or_default();
        let year = folder == "calendar" && stem.len() == 4 && stem.bytes().all(|b| b.is_ascii_digit());
        if !(year || folder != "calendar" && is_name(stem)) {
            sheet.fault(
                &(0..0),
                "a file with a strange name",
                if folder == "calendar" { "a year, 2021.toml" } else { "some-name.toml" },
            );
            return;
        }
        match (folder, stem) {
            ("region", _) => self.regions.read(&mut sheet),
            ("calendar", _) => self.calendar.read(&mut sheet),
            ("parameter", _) => {
                if let Some(parameter) = parameter::read(&mut sheet) {
                    self.parameters.insert(stem.to_owned(), parameter);
                }
            }
            ("fund", _) => {
                self.funds.extend(fund::read(&mut sheet, &mut self.money).map(|fund| (stem.to_owned(), fund)));
            }
            ("programme", _) => self.programmes.extend(programme::read(&mut sheet, &mut self.money)),
            ("subject", _) => {
                if let Some(read) = subject::read(&mut sheet, &mut self.roles) {
                    self.subjects.insert(stem.to_owned(), read.kind);
                    self.attributes
                        .extend(read.attributes.into_iter().map(|attribute| (attribute.name.clone(), attribute)));
                }
            }
            ("rule", _) => {
                if let Some(read) = rule_file::read(&mut sheet) {
                    self.rules.files.push(read.file);
                    self.rules.rules.extend(read.rules);
                    self.rules.opens.extend(read.opens);
                    self.rules.kinds.extend(read.kinds);
                    for (full, one, place) in read.lets {
                        if let Some((_, first)) = self.rules.lets.get(&full) {
                            let what = format!("value `{full}` stands twice, first in {}", first.file);
                            self.mistakes.push(place.mistake(what, "each name once"));
                            continue;
                        }
                        self.rules.lets.insert(full, (one, place));
                    }
                }
            }
            ("settlement", _) => {
                let policy = policy_file::read(&mut sheet).map(Arc::new);
                self.policies.extend(policy.map(|policy| (stem.to_owned(), policy)));
            }
            ("tip", _) => self.tips.extend(tip::read(&mut sheet)),
            ("place", _) => self.places = place::read(&mut sheet).unwrap_or_default(),
            ("plan" | "service", _) => {
                let mut out = service_file::Outward {
                    roles: &mut self.roles,
                    claims: &mut self.claims,
                    parameters: &mut self.claimed,
                    days: &mut self.days,
                    schemas: &mut self.schemas,
                    plans: &mut self.planned,
                    money: &mut self.money,
                };
                if folder == "plan" {
                    self.plans.extend(plan::read(&mut sheet, &mut out).map(|plans| (stem.to_owned(), plans)));
                    return;
                }
                if let Some(read) = service_file::read(&mut sheet, &mut out) {
                    self.attributes
                        .extend(read.attributes.into_iter().map(|attribute| (attribute.name.clone(), attribute)));
                    self.services.push((Arc::new(read.service), read.prefix_place));
                }
            }
            ("zone", "names") => self.zone = calendar::read_names(&mut sheet),
            ("zone", "planted") => self.plants = planted::read(&mut sheet),
            _ => sheet.fault(
                &(0..0),
                "a file in an unknown place",
                "region/, subject/, parameter/, fund/, programme/, place/, plan/, tip/, calendar/, service/, settlement/, zone/names.toml or zone/planted.toml",
            ),
        }
    }

    fn join(mut self, source: CatalogSource) -> Result<Catalog, Vec<Mistake>> {
        let unreadable = !self.mistakes.is_empty();
        check::check_claims(&self.claims, &self.attributes, &self.services, &mut self.mistakes);
        check::check_purposes(&source, &self.services, &mut self.mistakes);
        check::check_roles(&self.roles, &self.attributes, &mut self.mistakes);
        check::check_parameters(&self.claimed, &self.parameters, &mut self.mistakes);
        check::check_lines(&self.parameters, &mut self.mistakes);
        for (place, name) in &self.days {
            if self
                .parameters
                .get(name)
                .is_some_and(|parameter| parameter.unit != "days" || parameter.values.is_empty())
            {
                self.mistakes
                    .push(place.mistake(format!("parameter `{name}` is no number of days"), "`unit = \"days\"`"));
            }
        }
        for (place, name) in self.planned.iter().filter(|(_, name)| !self.plans.contains_key(name)) {
            self.mistakes.push(place.mistake(format!("no plans `{name}`"), "a file in plan/"));
        }
        check::check_prefixes(&self.services, &mut self.mistakes);
        check::check_told(&self.policies, &self.attributes, &mut self.mistakes);
        for (service, place) in &self.services {
            if self.subjects.contains_key(&service.name) {
                self.mistakes
                    .push(place.mistake(format!("`{}` is also a kind of subject", service.name), "a name of its own"));
            }
        }
        let schemas = source.files.keys().filter(|path| path.starts_with("service/") && path.ends_with(".schema.json"));
        // A service file that has not its shape does not tell which forms it uses.
        if !unreadable {
            check::check_schemas(schemas, &self.schemas, &mut self.mistakes);
        }
        let RulesRead { files, rules, lets, opens, kinds } = self.rules;
        for (place, kind) in kinds.iter().filter(|(_, kind)| !self.subjects.contains_key(kind)) {
            self.mistakes.push(place.mistake(format!("no kind of subject `{kind}`"), "a file in subject/"));
        }
        for (place, service) in &opens {
            if !self.services.iter().any(|(known, _)| known.name == *service) {
                self.mistakes.push(place.mistake(format!("no service `{service}`"), "a file in service/"));
            }
        }
        let rules = rule::compile_all(
            rules,
            lets,
            files,
            &self.subjects,
            &self.attributes,
            &self.parameters,
            &mut self.mistakes,
        );
        money::check(
            &self.money,
            &self.programmes,
            (&self.funds, &self.subjects, &self.attributes, &rules),
            &mut self.mistakes,
        );
        planted::check(&self.plants, &rules, &self.attributes, &mut self.mistakes);
        let calendar = self.calendar.join(&mut self.mistakes);
        let regions = self.regions.join(&mut self.mistakes);
        match regions {
            Some(regions) if self.mistakes.is_empty() => Ok(Catalog {
                source,
                regions,
                subjects: self.subjects,
                attributes: self.attributes,
                parameters: self.parameters,
                funds: self.funds,
                programmes: self
                    .programmes
                    .into_iter()
                    .map(|read| (read.programme.name.clone(), read.programme))
                    .collect(),
                places: self.places,
                plans: self.plans,
                tips: self.tips,
                services: self.services.into_iter().map(|(service, _)| (service.name.clone(), service)).collect(),
                rules,
                policies: self.policies,
                calendar,
                zone: self.zone,
                plants: self.plants,
            }),
            _ => {
                self.mistakes.sort();
                self.mistakes.dedup();
                Err(self.mistakes)
            }
        }
    }
}
