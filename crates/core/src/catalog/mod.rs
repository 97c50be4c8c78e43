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
//! | `calculator/` | what taxes, premiums and late fees come to | [`Calculator`] |
//! | `settlement/` | the layers that pay a hospital bill, by date | [`Policy`] |
//! | `voice/` | what people say and where it leads | [`Voice`] |
//! | `desk/` | when agents take calls, and about what | [`RemoteDesk`] |
//! | `report/` | figures that are published, and what each one counts | [`Report`] |

pub mod alarm;
mod alarm_file;
mod board_file;
pub mod calculator;
mod calendar;
mod check;
mod collects;
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
pub mod publish;
mod reading;
mod recurring;
mod recurring_file;
mod region;
mod remote;
pub mod report;
mod report_file;
#[cfg(test)]
mod report_tests;
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
mod voice;
mod voice_file;

pub use alarm::{Alarm, AlarmExample, Condition, Raises, Test};
pub use calculator::{Calculator, Computed};
pub use calendar::ZoneNames;
pub use collects::{Amount, Collects, PAID_ON, Part};
pub use duty::{Duty, DutyExample, DutyState, DutyWho, Escalation, Occurrence, Rhythm, occurrences};
pub use form::{Form, is_unseen};
pub use fund::Fund;
pub use learn::{Added, Learned, Learning, Says, Whom};
pub use money::{Afterwards, Batch, Lines, Most, Movement, Party, Sum};
pub use parameter::{Confidence, Dated, NotBelow, Parameter};
pub use place::Places;
pub use plan::{Plan, Plans, Traits};
pub use planted::{ByHand, Change, Plant, Recipe, Recipes};
pub use programme::{Income, Programme, Shown};
pub use publish::Publishing;
pub use recurring::{Days, Discreet, Doer, DutyNodes, Every, Owed, Proof, Recurring, TEAM, Told};
pub use region::{Centre, Level, Region, Regions};
pub use remote::{Named, OpenDays, RemoteDesk, Skill};
pub use report::Report;
pub use report_file::kinds as kinds_of_figures;
pub use rule::{Asks, Book, Nodes, Per, Rule, RuleExample, RuleFile, RuleKind, Rulebook};
pub use service::{
    Audience, Blind, Board, Closing, Entry, Example, Expect, FactFrom, Keep, KeepFrom, Move, NotBefore, Notice, Paper,
    Posting, Service, Source, Step, Who, Within,
};
pub use settles::{Payee, Settles, Settling, Sharing};
pub(crate) use source::texts;
pub use source::{CatalogSource, Expected, Mistake, Words};
pub use subject::{Attribute, Memory, SubjectKind, ValueKind};
pub use tip::{Reader, Tip};
pub use voice::{Choice, FollowUp, Intent, Sample, SpokenAnswer, Voice};
pub use voice_file::load_voice;

use crate::settlement::Policy;
use reading::Reading;
use source::{Place, Sheet};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use yizhan_kit::Hash32;
use yizhan_kit::calendar::WorkCalendar;
use yizhan_kit::digest::{HashKind, hash};

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
    /// Calculators by name.
    pub calculators: BTreeMap<String, Calculator>,
    /// Reports by name.
    pub reports: BTreeMap<String, Report>,
    /// What people say and where it leads.
    pub voice: Voice,
    /// Where one can be called, if anywhere.
    pub remote: Option<RemoteDesk>,
    /// Holidays and worked weekends.
    pub calendar: WorkCalendar,
    /// What a demonstration zone is made of, where the district keeps one.
    pub zone: Option<ZoneNames>,
    /// The errors that a demonstration zone gets.
    pub plants: Vec<Plant>,
}

impl Catalog {
    /// The attributes of a kind of subject, which all begin with its name, in order.
    pub fn attributes_of(&self, kind: &str) -> impl Iterator<Item = &Attribute> {
        let (first, after) = (format!("{kind}."), format!("{kind}/"));
        self.attributes.range(first..after).map(|(_, attribute)| attribute)
    }

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

    /// As [`Catalog::from_body`], but a catalog that is in memory already is read once, however many zones have adopted it.
    ///
    /// # Errors
    /// The mistakes, one a line.
    pub fn shared(bytes: &[u8]) -> Result<Arc<Self>, String> {
        static KNOWN: Mutex<Vec<(Hash32, Weak<Catalog>)>> = Mutex::new(Vec::new());
        let digest = hash(HashKind::Sha256, bytes);
        let known = |all: &[(Hash32, Weak<Self>)]| all.iter().find(|(of, _)| *of == digest)?.1.upgrade();
        let held = || KNOWN.lock().expect("no panic while catalogs are held");
        if let Some(catalog) = known(&held()) {
            return Ok(catalog);
        }
        let catalog = Arc::new(Self::from_body(bytes)?);
        let mut all = held();
        all.retain(|(_, catalog)| catalog.strong_count() > 0);
        all.push((digest, Arc::downgrade(&catalog)));
        Ok(catalog)
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
        let calculators = self.calculators.values();
        mistakes.extend(calculators.flat_map(|one| one.faults(&self.parameters, &self.calendar)));
        mistakes.extend(self.voice.faults());
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
