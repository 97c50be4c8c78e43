//! Visits: cases about the same thing by the same form. Two workers who called on one household on one day have opened two
//! cases, and both stay; that there is another is read off the blind index, not stored.

use super::model::VisitRow;
use super::rule::actor_name;
use super::view::{given, steps, words};
use crate::app::{App, store};
use serde_json::Value;
use yizhan_core::access::Seen;
use yizhan_core::catalog::Service;
use yizhan_core::image::case::CaseHead;
use yizhan_core::row::{JournalRow, SubjectId};
use yizhan_kit::{Lang, Problem};

/// How many are told, the latest first.
const TOLD: usize = 50;

/// The blind index by which cases about a subject are found.
const INDEX: &str = "subject";

/// The visits to a subject in the viewer's area, the latest first; each with whether there was another on its day.
///
/// # Errors
/// The store's failure.
pub fn of(app: &App, seen: &Seen<'_>, subject: SubjectId, lang: Lang) -> Result<Vec<VisitRow>, Problem> {
    let mut found = Vec::new();
    for case in about(app, seen, &subject.to_string())? {
        found.extend(row(app, seen, case, lang)?);
    }
    let days: Vec<(String, String)> = found.iter().map(|one| (one.service.clone(), one.day.clone())).collect();
    for one in &mut found {
        one.others = days.iter().filter(|(service, day)| *service == one.service && *day == one.day).count() - 1;
    }
    found.sort_by(|one, other| (&other.day, &other.number).cmp(&(&one.day, &one.number)));
    found.truncate(TOLD);
    Ok(found)
}

/// Other visits of the same day about the same thing, for whoever looks at one of them.
///
/// # Errors
/// The store's failure.
pub fn same_day(app: &App, seen: &Seen<'_>, case: &CaseHead, lang: Lang) -> Result<Vec<VisitRow>, Problem> {
    let service = seen.image().service(case);
    let Some(index) = service.blind.iter().find(|blind| blind.name == INDEX).filter(|_| case.key != 0) else {
        return Ok(Vec::new());
    };
    let answers = given(app, seen, case)?;
    let Some(subject) = answers.pointer(&index.pointer) else { return Ok(Vec::new()) };
    let day = day_of(service, &answers);
    let mut others = Vec::new();
    for other in about(app, seen, &subject.to_string())? {
        if other.subject != case.subject && other.service == case.service {
            others.extend(row(app, seen, other, lang)?.filter(|other| other.day == day));
        }
    }
    Ok(others)
}

/// The cases whose form names a subject; not those whose details were forgotten.
fn about<'a>(app: &App, seen: &Seen<'a>, subject: &str) -> Result<Vec<&'a CaseHead>, Problem> {
    let digest = app.vault.blind(INDEX, subject);
    let mut found = Vec::new();
    for (key, case) in seen.candidates(digest) {
        if case.key != 0 && app.key(key)?.digests().any(|own| own == digest) {
            found.push(case);
        }
    }
    Ok(found)
}

fn row(app: &App, seen: &Seen<'_>, case: &CaseHead, lang: Lang) -> Result<Option<VisitRow>, Problem> {
    let image = seen.image();
    let service = image.service(case);
    let Some(opening) = steps(app, case)?.pop() else { return Ok(None) };
    let record = app.read(|reader| reader.one::<JournalRow>(opening.seq)).map_err(|error| store(&error))?;
    let Some(record) = record else { return Ok(None) };
    Ok(Some(VisitRow {
        number: image.number(case),
        service: service.name.clone(),
        title: words(&service.title, lang).to_owned(),
        day: day_of(service, &given(app, seen, case)?),
        by: actor_name(image, &record.actor, lang),
        state: case.state.as_str().to_owned(),
        others: 0,
    }))
}

/// The day that a form asks for first: when somebody was there.
fn day_of(service: &Service, answers: &Value) -> String {
    let fields = service.form.schema["properties"].as_object();
    let is_day = |(_, field): &(&String, &Value)| field["format"] == "date";
    let name = fields.and_then(|fields| fields.iter().find(is_day)).map(|(name, _)| name);
    name.and_then(|name| answers[name].as_str()).unwrap_or_default().to_owned()
}
