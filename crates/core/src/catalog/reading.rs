//! A catalog while it is read, file after file, and joined: every mistake of every file is told at once.

use super::calculator::CalculatorRead;
use super::calendar::CalendarRead;
use super::check::Claim;
use super::money::MoneyClaim;
use super::programme::ProgrammeRead;
use super::region::RegionsRead;
use super::report::{Around, ReportRead};
use super::source::{CatalogSource, Mistake, Place, Sheet, is_name};
use super::subject::RoleClaim;
use super::voice_file::VoiceRead;
use super::{
    Attribute, Calculator, Catalog, Fund, Parameter, Places, Plans, Plant, RemoteDesk, Rule, RuleFile, Service,
    SubjectKind, Tip, Voice, ZoneNames,
};
use super::{
    calculator, calendar, check, collects, fund, money, parameter, place, plan, planted, policy_file, programme,
    recurring_file, remote, report_file, rule, rule_file, service_file, subject, tip,
};
use crate::settlement::Policy;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A catalog while it is read, file after file.
#[derive(Default)]
pub(super) struct Reading {
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
    calculators: Vec<CalculatorRead>,
    reports: Vec<ReportRead>,
    voice: VoiceRead,
    remote: Option<RemoteDesk>,
    /// Services that the remote desk names, and where.
    called: Vec<(Place, String)>,
    /// Sets of plans that services read, and where.
    planned: Vec<(Place, String)>,
    /// Calculators that services name, and where.
    worked_out: Vec<(Place, String)>,
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
    pub(super) fn read(&mut self, source: &CatalogSource, path: &str) {
        let mut sheet = Sheet::new(source, path, &mut self.mistakes);
        let Some((folder, name)) = path.split_once('/') else {
            sheet.fault(&(0..0), "a file outside the folders", "region/, subject/, parameter/, calendar/, service/ …");
            return;
        };
        if folder == "service" && name.ends_with(".schema.json") {
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
                if let Some(read) = rule_file::read(&mut sheet, &mut self.roles) {
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
            ("calculator", _) => self.calculators.extend(calculator::read(&mut sheet)),
            ("report", _) => self.reports.extend(report_file::read(&mut sheet)),
            ("voice", _) => self.voice.read(&mut sheet),
            ("desk", "remote") => self.remote = remote::read(&mut sheet, &mut self.called),
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
                    calculators: &mut self.worked_out,
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
                "region/, subject/, parameter/, fund/, programme/, place/, plan/, tip/, calendar/, service/, calculator/, settlement/, report/, voice/, desk/remote.toml, zone/names.toml or zone/planted.toml",
            ),
        }
    }

    pub(super) fn join(mut self, source: CatalogSource) -> Result<Catalog, Vec<Mistake>> {
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
        remote::check(&self.called, &self.services, &mut self.mistakes);
        check::check_prefixes(&self.services, &mut self.mistakes);
        check::check_told(&self.policies, &self.attributes, &mut self.mistakes);
        for (service, place) in &self.services {
            if self.subjects.contains_key(&service.name) {
                self.mistakes
                    .push(place.mistake(format!("`{}` is also a kind of subject", service.name), "a name of its own"));
            }
        }
        let schemas = source.files.keys().filter(|path| path.starts_with("service/") && path.ends_with(".schema.json"));
        check::check_kinds(&source, &self.subjects, &mut self.mistakes);
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
        recurring_file::check(&rules, &self.attributes, &self.services, &mut self.mistakes);
        for (place, module) in &self.voice.modules {
            if !self.services.iter().any(|(known, _)| known.name == *module) {
                self.mistakes.push(place.mistake(format!("no service `{module}`"), "a file in service/"));
            }
        }
        let (intents, common) = self.voice.join();
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
            (&self.funds, &self.subjects, &self.attributes, &rules, &self.parameters),
            &mut self.mistakes,
        );
        planted::check(&self.plants, &rules, &self.attributes, &mut self.mistakes);
        let calculators = std::mem::take(&mut self.calculators).into_iter();
        let calculators: Vec<Calculator> =
            calculators.filter_map(|read| read.compile(&self.parameters, &mut self.mistakes)).collect();
        for (place, name) in self.worked_out.iter().filter(|(_, name)| !calculators.iter().any(|one| one.name == *name))
        {
            self.mistakes.push(place.mistake(format!("no calculator `{name}`"), "a file in calculator/"));
        }
        for (service, _) in &self.services {
            if let Some(collects) = &service.collects {
                collects::check(&service.name, collects, &calculators, &mut self.mistakes);
            }
        }
        let programmes: Vec<_> = self.programmes.iter().map(|read| &read.programme).collect();
        let around = Around {
            subjects: &self.subjects,
            attributes: &self.attributes,
            parameters: &self.parameters,
            funds: &self.funds,
            programmes: &programmes,
            services: &self.services,
            policies: &self.policies,
            rules: &rules,
        };
        let reports = std::mem::take(&mut self.reports).into_iter();
        let reports: Vec<_> = reports.map(|read| read.join(&around, &mut self.mistakes)).collect();
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
                calculators: calculators.into_iter().map(|one| (one.name.clone(), one)).collect(),
                reports: reports.into_iter().map(|one| (one.name.clone(), one)).collect(),
                voice: Voice::new(intents, common),
                remote: self.remote,
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
