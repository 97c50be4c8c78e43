//! A household as it was known after an act: who belonged to it then, what was said of each, and which acts said it.

use super::household::{Belonging, WAYS_IN};
use super::model::PastAct;
use crate::app::{App, store};
use crate::case::act;
use crate::case::rule::words as either;
use crate::case::view::words;
use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::catalog::{Attribute, Catalog};
use yizhan_core::image::Image;
use yizhan_core::image::fact::{Spell, Value};
use yizhan_core::problem;
use yizhan_core::row::{FactRow, SubjectId};
use yizhan_core::rule::Told;
use yizhan_kit::{Day, Lang, Problem};

/// How many acts are listed, the latest first.
const LISTED: usize = 200;

/// What was known of everything around a household at an act.
pub struct Known<'a> {
    /// What belonged to it.
    pub around: Vec<Belonging>,
    /// What held of each that the viewer may see.
    pub facts: BTreeMap<SubjectId, Vec<(&'a Attribute, Spell)>>,
    /// The same for the rules.
    pub told: Told,
}

/// What was known of a household on a day, right after an act.
///
/// # Errors
/// The store's failure.
pub fn known<'a>(
    app: &App,
    seen: &Seen<'_>,
    catalog: &'a Catalog,
    household: SubjectId,
    on: Day,
    act: u64,
) -> Result<Known<'a>, Problem> {
    let mut known = Known { around: Vec::new(), facts: BTreeMap::new(), told: Told::default() };
    known.take(app, seen, catalog, Belonging::new(household, "household", "household"), None, on, act)?;
    for (attribute, kind, part) in WAYS_IN {
        for subject in seen.ever_naming(attribute, household) {
            if !known.facts.contains_key(&subject) {
                let link = Some((attribute, household));
                known.take(app, seen, catalog, Belonging::new(subject, kind, part), link, on, act)?;
            }
        }
    }
    let water = known.facts[&household].iter().find_map(|(attribute, spell)| match spell.value {
        Value::Subject(water) if attribute.name == "household.water-point" => Some(water),
        _ => None,
    });
    if let Some(water) = water {
        known.take(app, seen, catalog, Belonging::new(water, "water-point", "water-point"), None, on, act)?;
    }
    Ok(known)
}

impl<'a> Known<'a> {
    /// Takes a subject in, if it was known then to belong to the household.
    #[allow(clippy::too_many_arguments, reason = "a question on two clocks, and how it belongs")]
    fn take(
        &mut self,
        app: &App,
        seen: &Seen<'_>,
        catalog: &'a Catalog,
        one: Belonging,
        link: Option<(&str, SubjectId)>,
        on: Day,
        act: u64,
    ) -> Result<(), Problem> {
        let rows = rows(app, seen, one.subject)?;
        let held: Vec<(&Attribute, Spell)> = seen
            .known_at(one.subject, &rows, act)
            .into_iter()
            .filter_map(|(attribute, spells)| {
                let spell = spells.into_iter().find(|spell| spell.holds_on(on))?;
                Some((catalog.attributes.get(&attribute.name)?, spell))
            })
            .collect();
        let belongs = link.is_none_or(|(name, household)| {
            held.iter().any(|(attribute, spell)| attribute.name == name && spell.value == Value::Subject(household))
        });
        if !belongs {
            return Ok(());
        }
        let slot = self.told.subject(&one.kind, one.subject);
        for (attribute, spell) in &held {
            self.told.put(slot, attribute, &spell.value);
        }
        let shown = held.into_iter().filter(|(attribute, _)| attribute.sealed.is_none()).collect();
        self.facts.insert(one.subject, shown);
        self.around.push(one);
        Ok(())
    }
}

/// All facts of a subject, in order of recording.
fn rows(app: &App, seen: &Seen<'_>, subject: SubjectId) -> Result<Vec<FactRow>, Problem> {
    let Some(last) = seen.last_fact(subject) else { return Ok(Vec::new()) };
    let mut rows = app.read(|reader| reader.facts_back(last)).map_err(|error| store(&error))?;
    rows.reverse();
    Ok(rows)
}

/// The acts that said something of a household or of whoever ever belonged to it, the latest first.
///
/// # Errors
/// `not-found`, the store's failure.
pub fn acts(app: &Arc<App>, viewer: &Viewer, household: SubjectId, lang: Lang) -> Result<Vec<PastAct>, Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let seen = viewer.look(&image);
    super::household::place(&seen, household)?;
    let mut subjects = vec![household];
    subjects.extend(WAYS_IN.iter().flat_map(|(attribute, ..)| seen.ever_naming(attribute, household)));
    subjects.sort_unstable();
    subjects.dedup();
    let mut acts: BTreeMap<u64, (Arc<str>, usize)> = BTreeMap::new();
    for subject in subjects {
        for row in rows(app, &seen, subject)?.into_iter().filter(|row| seen.shows(subject, &row.attribute)) {
            acts.entry(row.seq).or_insert((row.source, 0)).1 += 1;
        }
    }
    let latest = acts.into_iter().rev().take(LISTED);
    Ok(latest
        .map(|(seq, (source, facts))| PastAct {
            seq,
            at: image.act(seq).map(|act| act.at().to_string()).unwrap_or_default(),
            title: title(&image, &seen, catalog, seq, &source, lang),
            facts,
        })
        .collect())
}

/// What an act is called: by the case it belongs to where the viewer sees it, else by where its facts come from.
fn title(image: &Image, seen: &Seen<'_>, catalog: &Catalog, seq: u64, source: &str, lang: Lang) -> String {
    let about = image.act(seq).and_then(|act| act.about());
    if let Some(case) = about.and_then(|about| seen.case(about).ok()) {
        let service = image.service(case);
        let step = service.step(source).map(|(_, step)| words(&step.title, lang)).unwrap_or_default();
        return format!("{} {} {step}", words(&service.title, lang), image.number(case)).trim_end().to_owned();
    }
    let service = catalog.services.get(source).map(|service| words(&service.title, lang).to_owned());
    service.unwrap_or_else(|| match source {
        source if source.starts_with("import:") => either("表格导入", "brought in by a table", lang).to_owned(),
        _ => either("登记", "recorded", lang).to_owned(),
    })
}

/// The refusal of whoever asks for a household that is not theirs.
pub fn no_household() -> Problem {
    problem::NOT_FOUND
        .problem("没有这一户，或者不在您的辖区内。", "There is no such household, or it is outside your area.")
}
