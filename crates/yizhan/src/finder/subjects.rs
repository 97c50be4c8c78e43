//! Subjects that a form may name, found by name or number through the gate: whoever fills it in chooses, and types no
//! number. The same words stand wherever an answer names a subject.

use super::model::{SubjectRow, SubjectsFound, SubjectsWanted};
use super::{rule, view};
use crate::app::App;
use crate::case::view::{area_name, words};
use crate::{pay, register};
use std::collections::BTreeSet;
use yizhan_core::access::{Deed, Seen, Viewer, may};
use yizhan_core::catalog::{Attribute, Catalog, ValueKind};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Lang, Problem};

/// How many are shown.
const SHOWN: usize = 50;

/// Kinds that are people, or are found by their people: too many to be listed, and not for everybody.
const OF_PEOPLE: [&str; 3] = ["person", "household", "house"];

/// Looks for subjects of some kinds.
///
/// # Errors
/// `forbidden`; the store's failure.
pub fn find(app: &App, viewer: &Viewer, wanted: &SubjectsWanted, lang: Lang) -> Result<SubjectsFound, Problem> {
    viewer.must(Deed::SeeCase)?;
    register::view::known(app);
    let image = app.image();
    let look = Look { app, seen: viewer.look(&image), on: app.now().day(), lang };
    if !wanted.these.is_empty() {
        let rows = wanted.these.iter().take(SHOWN).filter_map(|one| look.row(SubjectId(*one)));
        return Ok(SubjectsFound { rows: rows.collect(), more: false });
    }
    let among = wanted.among.map(|one| look.belonging(SubjectId(one), &wanted.kinds));
    let mut found: Vec<(u32, SubjectRow)> = Vec::new();
    for kind in &wanted.kinds {
        let all: Vec<SubjectId> = match &among {
            Some(among) => among.iter().copied().filter(|one| look.is(*one, kind)).collect(),
            None if OF_PEOPLE.contains(&kind.as_str()) => look.people(viewer, kind, &wanted.text)?,
            None => look.seen.subjects_of(kind).collect(),
        };
        let by_people = among.is_none() && OF_PEOPLE.contains(&kind.as_str());
        for row in all.into_iter().filter_map(|one| look.row(one)) {
            // Whoever was found as a person was found by what was typed.
            let rank = if by_people { Some(0) } else { rank(&row, &wanted.text) };
            found.extend(rank.map(|rank| (rank, row)));
        }
    }
    found.sort_by(|(one, a), (other, b)| (one, &a.area_name, &a.title).cmp(&(other, &b.area_name, &b.title)));
    let more = found.len() > SHOWN;
    Ok(SubjectsFound { rows: found.into_iter().take(SHOWN).map(|(_, row)| row).collect(), more })
}

/// A subject as a form or a case shows it; nothing of one outside the viewer's area.
pub fn row(app: &App, seen: &Seen<'_>, subject: SubjectId, lang: Lang) -> Option<SubjectRow> {
    Look { app, seen: *seen, on: app.now().day(), lang }.row(subject)
}

/// How well a row answers what was typed: by its name, in Hanzi, pinyin or initials, or by what stands below it.
fn rank(row: &SubjectRow, typed: &str) -> Option<u32> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Some(0);
    }
    let letters: Vec<char> = typed.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    let by_name = (!letters.is_empty()).then(|| rule::score(&row.title, &letters)).flatten();
    let holds = |text: &str| text.to_lowercase().contains(&typed.to_lowercase());
    let by_note = (holds(&row.note) || holds(&row.title) || holds(&row.area_name)).then_some(1_000_000);
    by_name.filter(|_| letters.len() == typed.chars().filter(|c| !c.is_whitespace()).count()).or(by_note)
}

struct Look<'a> {
    app: &'a App,
    seen: Seen<'a>,
    on: Day,
    lang: Lang,
}

impl Look<'_> {
    fn is(&self, subject: SubjectId, kind: &str) -> bool {
        self.seen.image().kind(subject).is_some_and(|known| **known == *kind)
    }

    /// The people who may be meant, their households, or the houses of these.
    fn people(&self, viewer: &Viewer, kind: &str, text: &str) -> Result<Vec<SubjectId>, Problem> {
        let Some(query) = rule::query(text).filter(|_| may(viewer.role, Deed::ReadPerson)) else {
            return Ok(Vec::new());
        };
        let found = view::search(self.app, viewer, &query, self.lang)?;
        if kind == "person" {
            return Ok(found.people.iter().map(|one| SubjectId(one.subject)).collect());
        }
        let named = found.people.iter().map(|one| one.household).filter(|one| *one != 0);
        let numbered = found.others.iter().filter(|one| one.kind == "household").map(|one| one.subject);
        let households: BTreeSet<u32> = named.chain(numbered).collect();
        let households = households.into_iter().map(SubjectId);
        if kind == "household" {
            return Ok(households.collect());
        }
        Ok(households.flat_map(|one| self.seen.naming("house.household", one, self.on)).collect())
    }

    /// What belongs to a subject: whatever names it.
    fn belonging(&self, whole: SubjectId, kinds: &[String]) -> Vec<SubjectId> {
        let Some(catalog) = self.seen.image().catalog() else { return Vec::new() };
        let names = |one: &&Attribute| {
            let of = one.of.as_deref().is_some_and(|kind| self.is(whole, kind));
            one.kind == ValueKind::Subject && of && kinds.contains(&one.subject)
        };
        let naming = catalog.attributes.values().filter(names);
        naming.flat_map(|attribute| self.seen.naming(&attribute.name, whole, self.on)).collect()
    }

    fn row(&self, subject: SubjectId) -> Option<SubjectRow> {
        let (seen, image) = (&self.seen, self.seen.image());
        let place = seen.place_of(subject)?;
        let (catalog, kind) = (image.catalog()?, image.kind(subject)?);
        let known = catalog.subjects.get(&**kind)?;
        let (page, opens) = self.page(subject, kind);
        Some(SubjectRow {
            subject: subject.0,
            kind: kind.to_string(),
            kind_title: words(&known.title, self.lang).to_owned(),
            title: pay::view::who(self.app, seen, subject, self.on),
            note: self.note(catalog, subject, kind),
            area_name: area_name(image, place),
            page: page.to_owned(),
            opens: opens.0,
        })
    }

    /// The page that tells of it: its own, or that of what it belongs to.
    fn page(&self, subject: SubjectId, kind: &str) -> (&'static str, SubjectId) {
        let names = |attribute: &str| match self.seen.fact(subject, attribute, self.on) {
            Some(Value::Subject(other)) => other,
            _ => subject,
        };
        match kind {
            "household" => ("household", subject),
            "person" => ("household", names("person.household")),
            "house" => ("household", names("house.household")),
            "project" => ("project", subject),
            "asset" => ("asset", subject),
            "right" => ("asset", names("right.asset")),
            "contract" => ("asset", names("contract.asset")),
            "collective" => ("collective", subject),
            _ => ("accounts", subject),
        }
    }

    /// What tells it from others of the same name: a masked number, a contract's number, whose right it is.
    fn note(&self, catalog: &Catalog, subject: SubjectId, kind: &str) -> String {
        if kind == "person" {
            let index = self.app.finder.index.read().expect("no panic while the index is held");
            let shown = may(self.seen.viewer().role, Deed::ReadPerson);
            let place = index.of(subject).filter(|_| shown);
            return place.map(|place| index.ends(place)[0].masked(18)).unwrap_or_default();
        }
        let own = catalog.attributes.values().filter(|one| one.subject == kind && one.sealed.is_none());
        let told = own.filter(|one| !one.name.ends_with(".name") && one.computed.is_none() && !one.private);
        let mut parts: Vec<(u8, String)> = told
            .filter_map(|one| Some((weight(one)?, self.said(one, subject)?)))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        parts.sort_by_key(|(weight, _)| *weight);
        let most = if kind == "household" { 1 } else { 2 };
        parts.into_iter().take(most).map(|(_, text)| text).collect::<Vec<_>>().join(" · ")
    }

    fn said(&self, attribute: &Attribute, subject: SubjectId) -> Option<String> {
        let value = self.seen.fact(subject, &attribute.name, self.on)?;
        if let Value::Subject(other) = value {
            return Some(pay::view::party(self.app, self.seen.image(), other, self.on));
        }
        let text = value.text(attribute)?;
        let said = attribute.meaning(&text).map_or(text.as_str(), |meaning| words(meaning, self.lang));
        Some(match attribute.kind {
            ValueKind::Fen => format!("{said} {}", register::rule::unit(attribute.unit.as_deref(), self.lang)),
            _ => said.to_owned(),
        })
    }
}

/// What is told first: numbers and codes, then who holds it, then amounts and days.
fn weight(attribute: &Attribute) -> Option<u8> {
    match attribute.kind {
        ValueKind::Text if attribute.name.ends_with(".number") || attribute.name.ends_with("-code") => Some(0),
        ValueKind::Code if attribute.name.ends_with(".kind") => Some(0),
        ValueKind::Subject if attribute.name.ends_with(".holder") || attribute.name.ends_with(".operator") => Some(1),
        ValueKind::Code if attribute.name.ends_with(".industry") => Some(2),
        ValueKind::Fen
            if [".rent", ".amount", ".worth", ".planned-funds"].iter().any(|end| attribute.name.ends_with(end)) =>
        {
            Some(3)
        }
        ValueKind::Day if [".lent-on", ".from"].iter().any(|end| attribute.name.ends_with(end)) => Some(4),
        _ => None,
    }
}
