//! What a phone takes along: the households and places of the day with their dues, what is known of them, the forms.

use super::model::{CardFact, CardPart, FieldDay, FieldDue, FieldForm, FieldPaper, FieldPlace, FieldRegion};
use crate::app::App;
use crate::case::act;
use crate::case::view::{area_name, words};
use crate::case::visit;
use crate::day::model::DayAsked;
use crate::day::view::list;
use crate::register::household::held;
use crate::register::model::HeldFact;
use crate::staff::http::name;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use yizhan_core::access::{Role, Seen, Viewer};
use yizhan_core::catalog::{Catalog, Level, Service};
use yizhan_core::image::Image;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Lang, Problem};

/// How many places a phone takes along at most.
const PLACES: usize = 400;

/// Forms for what is met on the way, where nothing is due.
const ALWAYS: [&str; 2] = ["grid-report", "home-visit"];

/// Everything that a phone takes along for today.
///
/// # Errors
/// `unknown-region` for whoever has no area, or the store's failure.
pub fn day(app: &Arc<App>, viewer: &Viewer, lang: Lang) -> Result<FieldDay, Problem> {
    let (image, today) = (app.image(), app.now().day());
    let (catalog, number) = act::catalog(&image)?;
    let seen = viewer.look(&image);
    let mut forms = BTreeSet::new();
    let mut places: Vec<FieldPlace> = Vec::new();
    let asked = DayAsked { limit: PLACES, ..DayAsked::default() };
    for entry in list(app, viewer, &asked, lang)?.entries {
        let dues = entry.dues.into_iter().map(|due| {
            let prefill = catalog.services.get(&due.opens).and_then(|service| {
                let around = [due.subject, entry.subject];
                let known = prefill(&seen, service, &entry.area, around, today)?;
                Some(due.prefill.clone().into_iter().chain(known).collect())
            });
            // What cannot be filled in without looking somebody up is told, and done at the desk.
            let service = if prefill.is_some() { due.opens } else { String::new() };
            if !service.is_empty() {
                forms.insert(service.clone());
            }
            let says = if due.who.is_empty() { due.title.clone() } else { format!("{} {}", due.who, due.title) };
            FieldDue {
                rule: due.rule,
                title: due.title,
                says,
                due: due.due,
                days: due.late_days.max(0),
                service,
                prefill: prefill.unwrap_or_default(),
            }
        });
        places.push(FieldPlace {
            dues: dues.collect(),
            subject: entry.subject,
            kind: entry.about,
            who: entry.who,
            area: entry.area,
            area_name: entry.area_name,
            card: Vec::new(),
            visits: Vec::new(),
        });
    }
    for household in others(&seen, viewer, today) {
        let Some(area) = seen.place_of(household).filter(|_| places.len() < PLACES) else { break };
        if places.iter().any(|place| place.subject == household.0) {
            continue;
        }
        places.push(FieldPlace {
            subject: household.0,
            kind: "household".to_owned(),
            who: crate::register::view::who(app, &seen, household, today),
            area: area.to_string(),
            area_name: area_name(&image, area),
            dues: Vec::new(),
            card: Vec::new(),
            visits: Vec::new(),
        });
    }
    for place in &mut places {
        place.visits = visit::of(app, &seen, SubjectId(place.subject), lang)?;
        let parts = held(app, &seen, catalog, SubjectId(place.subject), today, lang).into_iter();
        place.card = parts.map(|(part, who, facts)| card(part, who, facts)).collect();
    }
    let always = ALWAYS.iter().filter(|service| may_open(catalog, viewer, service)).map(|one| (*one).to_owned());
    let always: Vec<String> = always.collect();
    forms.extend(always.iter().cloned());
    let forms = forms.iter().filter_map(|service| Some(form(catalog.services.get(service)?, number, lang)));
    Ok(FieldDay {
        on: today.to_string(),
        who: name(&image, viewer.actor),
        area_name: viewer.area.map(|area| area_name(&image, area)).unwrap_or_default(),
        regions: regions(&image, viewer, today, lang),
        forms: forms.collect(),
        places,
        always,
    })
}

/// The households of a village where somebody lives, due or not: whoever passes by has their cards, and may record what they see.
fn others<'a>(seen: &'a Seen<'_>, viewer: &'a Viewer, today: Day) -> impl Iterator<Item = SubjectId> + 'a {
    let all = (viewer.role == Role::Officer(Level::Village)).then(|| seen.subjects_of("household"));
    let theirs = all.into_iter().flatten().filter(|one| seen.place_of(*one).is_some_and(|area| viewer.covers(area)));
    theirs.filter(move |one| !seen.naming("person.household", *one, today).is_empty())
}

fn may_open(catalog: &Catalog, viewer: &Viewer, service: &str) -> bool {
    let service = catalog.services.get(service);
    service.is_some_and(|service| service.opened_by.iter().any(|role| role == "anyone" || role == viewer.role.as_str()))
}

/// What is known already of the answers to a form: where, about whom. Nothing when the form asks for somebody who is not
/// known, for nobody can be looked up without a network.
fn prefill(
    seen: &Seen<'_>,
    service: &Service,
    area: &str,
    around: [u32; 2],
    today: Day,
) -> Option<BTreeMap<String, Value>> {
    let schema = &service.form.schema;
    let is_needed = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
    let mut known = BTreeMap::new();
    for (name, field) in schema["properties"].as_object()? {
        match field["x-control"].as_str() {
            Some("region") => {
                known.insert(name.clone(), json!(area));
            }
            Some("subject") => {
                let kinds: Vec<&str> = field["x-of"].as_array()?.iter().filter_map(Value::as_str).collect();
                let found = around.into_iter().find_map(|from| named(seen, from, &kinds, today));
                match found {
                    Some(subject) => drop(known.insert(name.clone(), json!(subject))),
                    None if is_needed(name) => return None,
                    None => {}
                }
            }
            Some("members" | "programme" | "place" | "hidden") if is_needed(name) => return None,
            _ => {}
        }
    }
    Some(known)
}

/// A subject of one of these kinds: the one itself, or one that it names, as a household its water point.
fn named(seen: &Seen<'_>, subject: u32, kinds: &[&str], today: Day) -> Option<u32> {
    let kind = seen.image().kind(SubjectId(subject)).filter(|_| subject != 0)?;
    if kinds.contains(&&**kind) {
        return Some(subject);
    }
    kinds.iter().find_map(|of| match seen.fact(SubjectId(subject), &format!("{kind}.{of}"), today)? {
        Known::Subject(found) => Some(found.0),
        _ => None,
    })
}

fn form(service: &Service, catalog: u64, lang: Lang) -> FieldForm {
    let needed = |name: &String| service.steps.iter().any(|step| step.papers.contains(name));
    let papers = service.papers.iter().map(|paper| FieldPaper {
        name: paper.name.clone(),
        title: words(&paper.title, lang).to_owned(),
        needed: needed(&paper.name),
    });
    FieldForm {
        service: service.name.clone(),
        title: words(&service.title, lang).to_owned(),
        catalog,
        schema: service.form.schema.clone(),
        papers: papers.collect(),
    }
}

fn regions(image: &Image, viewer: &Viewer, today: Day, lang: Lang) -> Vec<FieldRegion> {
    let Some(catalog) = image.catalog() else { return Vec::new() };
    let theirs = catalog.regions.all().filter(|region| region.level != Level::District && region.holds_on(today));
    let theirs = theirs.filter(|region| viewer.covers(region.code));
    theirs
        .map(|region| FieldRegion {
            code: region.code.to_string(),
            name: words(&region.name, lang).to_owned(),
            level: region.level.as_str().to_owned(),
            parent: catalog.regions.parent(region.code).map(|parent| parent.code.to_string()),
        })
        .collect()
}

/// A part of a card, without what is private: that stays at the desk.
fn card(part: &str, who: String, facts: Vec<HeldFact>) -> CardPart {
    let shown = facts.into_iter().filter(|fact| !fact.private);
    let facts = shown
        .map(|fact| CardFact { title: fact.title, says: [fact.says.as_str(), &fact.unit].join(" ").trim().to_owned() });
    CardPart { part: part.to_owned(), who, facts: facts.collect() }
}
