//! What is shown of plans and risk areas.

use super::act::{AREA, LEVEL, PLACE};
use super::model::{Change, PlanView, Proposed, RiskArea, RiskList, Touched, TouchedCase};
use super::rule::{self, Risk, RiskAreas};
use crate::answer::lang;
use crate::app::App;
use crate::case;
use crate::case::view::{area_name, words};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use yizhan_core::access::{Deed, Seen, Viewer, may};
use yizhan_core::catalog::{Catalog, Plan, Plans, Traits};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Lang, Problem};

/// The risk areas that are known, by place.
pub(super) fn area_subjects(image: &Image) -> BTreeMap<u32, SubjectId> {
    let program = Viewer::program();
    let seen = program.look(image);
    let place = |subject| match seen.latest(subject, PLACE) {
        Some(Value::Int(place)) => u32::try_from(place).ok(),
        _ => None,
    };
    seen.subjects_of(AREA).filter_map(|subject| Some((place(subject)?, subject))).collect()
}

/// The risk areas with their days.
pub fn risk_areas(image: &Image) -> RiskAreas {
    let program = Viewer::program();
    let seen = program.look(image);
    let spells = |subject| {
        let spells = seen.spells(subject, LEVEL);
        let spells = spells.iter().filter_map(|spell| match &spell.value {
            Value::Text(level) => Some((spell.from, spell.to, Risk::parse(level)?)),
            _ => None,
        });
        spells.collect()
    };
    RiskAreas { areas: area_subjects(image).into_iter().map(|(place, subject)| (place, spells(subject))).collect() }
}

/// The list of a day, in words.
pub fn listed(image: &Image, catalog: &Catalog, on: Day) -> Vec<RiskArea> {
    let area = |(place, risk, since): (u32, Risk, Day)| RiskArea {
        place,
        name: catalog.places.path(place),
        level: risk.as_str().to_owned(),
        since: since.to_string(),
    };
    risk_areas(image).on(on).map(area).collect()
}

/// The traits of whoever declared these answers and arrives on a day.
pub(super) fn traits(
    image: &Image,
    catalog: &Catalog,
    answers: &Json,
    arrival: &Json,
    arrives: Day,
) -> (Traits, Option<u32>) {
    rule::traits(answers, arrival, arrives, &catalog.places, catalog.places.home, &risk_areas(image))
}

/// The plan of a case, with why: what was chosen, or what would be if they arrived as declared. Absent for cases without
/// plans, and for viewers who may not read about the person.
///
/// # Errors
/// The store's failure.
pub fn plan(app: &App, seen: &Seen<'_>, case: &CaseHead, lang: Lang) -> Result<Option<PlanView>, Problem> {
    let image = seen.image();
    let service = image.service(case);
    let Some(plans) = service.steps.iter().find_map(|step| step.plans.as_ref()) else { return Ok(None) };
    let (catalog, _) = case::act::catalog(image)?;
    let Some(plans) = catalog.plans.get(plans) else { return Ok(None) };
    if case.key == 0 || !may(seen.viewer().role, Deed::ReadPerson) {
        return Ok(None);
    }
    let text = |attribute: &str| match seen.latest(case.subject, attribute) {
        Some(Value::Text(text)) => Some(text.to_string()),
        Some(Value::Day(day)) => Some(day.to_string()),
        _ => None,
    };
    if let Some(plan) = text(&plans.records.plan).and_then(|name| plans.plan(&name)) {
        return Ok(Some(view(plan, text(&plans.records.until), Vec::new(), lang)));
    }
    if !case.state.is_open() {
        return Ok(None);
    }
    let given = case::view::given(app, seen, case)?;
    let Some(arrives) = arriving(&given) else { return Ok(None) };
    let (traits, place) = traits(image, catalog, &given, &Json::Null, arrives);
    let why = why(plans, &traits, place.map(|place| catalog.places.path(place)), lang);
    Ok(plans.choose(&traits, arrives).map(|plan| {
        let why = why.into_iter().chain(certificate(plan, &given, arrives, lang)).collect();
        view(plan, None, why, lang)
    }))
}

fn view(plan: &Plan, until: Option<String>, why: Vec<String>, lang: Lang) -> PlanView {
    PlanView {
        plan: plan.name.clone(),
        title: words(&plan.title, lang).to_owned(),
        about: words(&plan.about, lang).to_owned(),
        chosen: until.is_some(),
        until,
        why,
        source: plan.source.clone(),
        confidence: plan.confidence.as_str().to_owned(),
    }
}

/// Whether the test that was declared is young enough on the day of the arrival, where the plan asks for one.
fn certificate(plan: &Plan, answers: &Json, arrives: Day, lang: Lang) -> Option<String> {
    let days = plan.certificate_days?;
    let sampled =
        answers.pointer("/nucleic_test/sampled_on").and_then(Json::as_str).and_then(|day| day.parse::<Day>().ok());
    let good = sampled.is_some_and(|sampled| (0..=days).contains(&(arrives.0 - sampled.0)));
    Some(match (good, lang) {
        (true, Lang::Zh) => format!("持 {days} 日内核酸阴性证明"),
        (true, Lang::En) => format!("a negative test within {days} days"),
        (false, Lang::Zh) => format!("没有 {days} 日内核酸阴性证明，到达时补检"),
        (false, Lang::En) => format!("no negative test within {days} days: one on arrival"),
    })
}

fn why(plans: &Plans, traits: &Traits, place: Option<String>, lang: Lang) -> Vec<String> {
    let said = traits.iter().filter_map(|(name, value)| Some(words(plans.meaning(name, value)?, lang).to_owned()));
    place.into_iter().chain(said).collect()
}

fn arriving(answers: &Json) -> Option<Day> {
    answers["arriving_on"].as_str()?.parse().ok()
}

/// The areas of a list: codes, or names that can only mean one place.
///
/// # Errors
/// `form-invalid`, naming every line that cannot be read.
pub fn read_list(catalog: &Catalog, list: &RiskList) -> Result<(Day, BTreeMap<u32, Risk>), Problem> {
    let mut areas = BTreeMap::new();
    let mut faults = Vec::new();
    for (n, line) in list.areas.iter().enumerate() {
        let written = line.place.trim();
        let code = written.parse::<u32>().ok().filter(|code| catalog.places.name(*code).is_some());
        let place = code.or_else(|| catalog.places.resolve(written));
        match (place, Risk::said(&line.level)) {
            (None, _) => faults.push((
                format!("/areas/{n}/place"),
                format!("第 {} 行：没有“{written}”这个地方，或者不止一个", n + 1),
                format!("line {}: no place {written:?}, or more than one", n + 1),
            )),
            (_, None) => faults.push((
                format!("/areas/{n}/level"),
                format!("第 {} 行：等级要写低、中或高", n + 1),
                format!("line {}: the level is low, medium or high", n + 1),
            )),
            (Some(place), Some(risk)) => {
                let known: &mut Risk = areas.entry(place).or_insert(risk);
                *known = (*known).max(risk);
            }
        }
    }
    let from = list.from.parse::<Day>();
    if from.is_err() {
        faults.push((
            "/from".to_owned(),
            "从哪天起：请填写日期".to_owned(),
            "from when: a day is asked for".to_owned(),
        ));
    }
    if list.source.trim().is_empty() || list.source.chars().count() > 200 {
        faults.push((
            "/source".to_owned(),
            "请写明发布单位和文号，不超过 200 字".to_owned(),
            "say who published the list, in up to 200 characters".to_owned(),
        ));
    }
    match (from, faults.as_slice()) {
        (Ok(from), []) => Ok((from, areas)),
        _ => {
            let of = |fault: &(String, String, String)| {
                let (at, zh, en) = fault;
                serde_json::json!({"at": at, "what": en, "said": if lang() == Lang::Zh { zh } else { en }})
            };
            let list: Vec<Json> = faults.iter().map(of).collect();
            let count = list.len();
            Err(problem::FORM_INVALID
                .problem(format!("名单有 {count} 处读不懂。"), format!("{count} things in the list cannot be read."))
                .with("faults", Json::Array(list)))
        }
    }
}

/// The most cases that are named.
const NAMED: usize = 200;

/// Whom a change of the rules would touch: the journeys that are open and have not arrived, seen by one viewer.
///
/// # Errors
/// `forbidden`; `form-invalid` when the proposal cannot be read; the store's failure.
pub fn touched(app: &App, viewer: &Viewer, proposed: &Proposed, lang: Lang) -> Result<Touched, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let (catalog, _) = case::act::catalog(&image)?;
    let then_catalog = proposed.plans.as_ref().map(|text| with_plans(catalog, text)).transpose()?;
    let then_catalog = then_catalog.as_ref().unwrap_or(catalog);
    let risks = risk_areas(&image);
    let then_risks = match &proposed.risk {
        Some(list) => {
            let (from, areas) = read_list(catalog, list)?;
            risks.replaced(from, &areas)
        }
        None => risks.clone(),
    };
    let mut found = Touched { looked_at: 0, touched: 0, changes: Vec::new(), cases: Vec::new() };
    for case in seen.open_cases()? {
        let service = image.service(case);
        let place = service.steps.iter().position(|step| step.plans.is_some());
        let Some(plans) = place.filter(|place| usize::from(case.step) <= *place && case.key != 0) else { continue };
        let name = service.steps[plans].plans.as_ref().expect("the step was found by it");
        let given = case::view::given(app, &seen, case)?;
        let Some(arrives) = arriving(&given).map(|day| day.max(app.now().day())) else { continue };
        found.looked_at += 1;
        let choose = |catalog: &Catalog, risks: &RiskAreas| {
            let plans = catalog.plans.get(name)?;
            let places = &catalog.places;
            let (traits, _) = rule::traits(&given, &Json::Null, arrives, places, places.home, risks);
            plans.choose(&traits, arrives).cloned()
        };
        let (now, then) = (choose(catalog, &risks), choose(then_catalog, &then_risks));
        let same = match (&now, &then) {
            (Some(now), Some(then)) => (&now.name, now.days, &now.due) == (&then.name, then.days, &then.due),
            (None, None) => true,
            _ => false,
        };
        if same {
            continue;
        }
        found.touched += 1;
        let title =
            |plan: &Option<Plan>| plan.as_ref().map(|plan| words(&plan.title, lang).to_owned()).unwrap_or_default();
        let (now, then) = (title(&now), title(&then));
        match found.changes.iter_mut().find(|change| change.now == now && change.then == then) {
            Some(change) => change.cases += 1,
            None => found.changes.push(Change { now: now.clone(), then: then.clone(), cases: 1 }),
        }
        if found.cases.len() < NAMED {
            let (number, area_name) = (image.number(case), area_name(&image, image.area(case)));
            found.cases.push(TouchedCase { number, area_name, arriving_on: arrives.to_string(), now, then });
        }
    }
    Ok(found)
}

/// The catalog with another text in place of its plan file.
fn with_plans(catalog: &Catalog, text: &str) -> Result<Catalog, Problem> {
    let mut source = catalog.source.clone();
    source.files.insert("plan/journey.toml".into(), text.to_owned());
    let read = Catalog::load(source).map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>());
    let checked = read.and_then(|catalog| {
        let mistakes = catalog.check_examples();
        if mistakes.is_empty() { Ok(catalog) } else { Err(mistakes.iter().map(ToString::to_string).collect()) }
    });
    checked.map_err(|mistakes| {
        let first = mistakes.first().cloned().unwrap_or_default();
        problem::CATALOG_INVALID.problem(first.clone(), first)
    })
}
