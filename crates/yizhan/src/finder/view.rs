//! Who is found: through the gate, the best match first.

use super::gather::catch_up;
use super::model::{Found, Index, OtherRow, PersonRow, Place};
use super::rule::{Query, score};
use crate::app::App;
use crate::case::view::{area_name, words, work_row};
use crate::register;
use std::collections::HashMap;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::catalog::ValueKind;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Lang, Problem};

/// How many of each kind are shown.
const SHOWN: usize = 50;

/// How many matches are looked at before the best are chosen.
const LOOKED_AT: usize = 400;

/// How many pages of the journal are read before a question is answered, at most.
const PAGES: usize = 4;

/// Looks for somebody.
///
/// # Errors
/// The store's failure.
pub fn search(app: &App, viewer: &Viewer, query: &Query, lang: Lang) -> Result<Found, Problem> {
    let complete = catch_up(app, PAGES)?;
    let image = app.image();
    let seen = viewer.look(&image);
    let mut found = Found { complete, ..Found::default() };
    match query {
        Query::Case(number) => {
            found.cases.extend(seen.numbered(number).ok().map(|case| work_row(app, &seen, case, lang)))
        }
        Query::Whole(name, value) => {
            let digest = app.vault.blind(name, value);
            for (key, case) in seen.candidates(digest) {
                if app.key(key)?.digests().any(|own| own == digest) {
                    found.cases.push(work_row(app, &seen, case, lang));
                }
            }
            let identities = Identities::new(&seen);
            for (key, subject) in seen.subjects(digest).filter(|(_, subject)| identities.may_see(*subject)) {
                if app.key(key)?.digests().any(|own| own == digest) {
                    let index = app.finder.index.read().expect("no panic while the index is held");
                    found.people.extend(index.of(subject).map(|place| person(&index, &seen, place, app.now().day())));
                }
            }
        }
        Query::Ends { .. } | Query::Name(_) => by_index(app, &seen, query, &mut found, lang),
        Query::Part(_) => {}
    }
    by_text(app, &seen, query, &mut found, lang);
    Ok(found)
}

/// Walks the index; what is found there and may be seen is ranked.
fn by_index(app: &App, seen: &Seen<'_>, query: &Query, found: &mut Found, lang: Lang) {
    let index = app.finder.index.read().expect("no panic while the index is held");
    let identities = Identities::new(seen);
    let mut matches: Vec<(u32, SubjectId, bool)> = Vec::new();
    for place in index.candidates(query) {
        let rank = match query {
            Query::Name(typed) => score(index.name(place), typed),
            _ => Some(0),
        };
        let (Some(rank), subject) = (rank, index.subject(place)) else { continue };
        let is_case = seen.case(subject).is_ok();
        if is_case || identities.may_see(subject) {
            matches.push((rank, subject, is_case));
            if matches.len() == LOOKED_AT {
                break;
            }
        }
    }
    matches.sort_by_key(|(rank, ..)| *rank);
    found.more = matches.len() == LOOKED_AT;
    let people = matches.iter().filter(|(_, _, is_case)| !is_case);
    found.people.extend(
        people
            .take(SHOWN)
            .filter_map(|(_, subject, _)| Some(person(&index, seen, index.of(*subject)?, app.now().day()))),
    );
    drop(index);
    let cases: Vec<_> = matches.iter().filter(|(_, _, is_case)| *is_case).collect();
    found.more |= cases.len() > SHOWN || matches.len() - cases.len() > SHOWN;
    let cases = cases.into_iter().take(SHOWN).filter_map(|(_, subject, _)| seen.case(*subject).ok());
    found.cases.extend(cases.map(|case| work_row(app, seen, case, lang)));
}

/// Looks through what is written of subjects that are nobody: a household's number, a school's name.
fn by_text(app: &App, seen: &Seen<'_>, query: &Query, found: &mut Found, lang: Lang) {
    let part = match query {
        Query::Part(part) | Query::Case(part) | Query::Whole(_, part) => part.clone(),
        Query::Name(typed) if typed.iter().any(|c| !c.is_ascii()) => typed.iter().collect(),
        _ => return,
    };
    let today = app.now().day();
    let Some(catalog) = seen.image().catalog() else { return };
    let texts = catalog.attributes.values().filter(|one| one.kind == ValueKind::Text && one.sealed.is_none());
    for attribute in texts.filter(|one| catalog.subjects.contains_key(&one.subject)) {
        for (subject, text) in seen.holding(&attribute.name, &part) {
            if found.others.len() == SHOWN {
                found.more = true;
                return;
            }
            let who = register::view::household_of(seen, subject, today);
            found.others.push(OtherRow {
                subject: subject.0,
                kind: attribute.subject.clone(),
                kind_title: catalog
                    .subjects
                    .get(&attribute.subject)
                    .map_or_else(String::new, |kind| words(&kind.title, lang).to_owned()),
                says: text.to_string(),
                who: who.map(|household| register::view::who(app, seen, household, today)).unwrap_or_default(),
                area_name: seen.place_of(subject).map(|area| area_name(seen.image(), area)).unwrap_or_default(),
            });
        }
    }
}

fn person(index: &Index, seen: &Seen<'_>, place: Place, today: Day) -> PersonRow {
    let (subject, [number, mobile]) = (index.subject(place), index.ends(place));
    PersonRow {
        subject: subject.0,
        household: register::view::household_of(seen, subject, today).map_or(0, |household| household.0),
        name: index.name(place).to_owned(),
        citizen_number: number.masked(18),
        mobile: mobile.masked(11),
        area_name: seen.place_of(subject).map(|area| area_name(seen.image(), area)).unwrap_or_default(),
    }
}

/// Which sealed attribute of each kind of subject says who somebody is.
struct Identities<'a> {
    seen: &'a Seen<'a>,
    of_kind: HashMap<&'a str, String>,
}

impl<'a> Identities<'a> {
    fn new(seen: &'a Seen<'a>) -> Self {
        let attributes = seen.image().catalog().into_iter().flat_map(|catalog| catalog.attributes.values());
        let sealed = attributes.filter(|one| one.sealed.is_some() && one.name.ends_with(".identity"));
        Self { seen, of_kind: sealed.map(|found| (found.subject.as_str(), found.name.clone())).collect() }
    }

    fn may_see(&self, subject: SubjectId) -> bool {
        let kind = self.seen.image().kind(subject);
        let attribute = kind.and_then(|kind| self.of_kind.get(&**kind));
        attribute.is_some_and(|attribute| self.seen.shows(subject, attribute))
    }
}

/// Everyone of exactly this name, cases and people of the register, whoever may see them: for the program's own use. What
/// was recorded a moment ago may be missing.
///
/// # Errors
/// The store's failure.
pub fn of_name(app: &App, name: &str) -> Result<Vec<SubjectId>, Problem> {
    catch_up(app, PAGES)?;
    let query = Query::Name(name.chars().collect());
    let index = app.finder.index.read().expect("no panic while the index is held");
    let places = index.candidates(&query).filter(|place| index.name(*place) == name);
    Ok(places.take(LOOKED_AT).map(|place| index.subject(place)).collect())
}
