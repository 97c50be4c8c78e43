//! What was measured of a person, visit by visit: the facts of the cases that are about them, as far as the gate shows them.

use super::model::{Trend, TrendLine};
use crate::app::App;
use crate::case::act;
use crate::case::view::words;
use crate::register::view::who;
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::catalog::{Attribute, ValueKind};
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Lang, Problem};

/// The figures of a person's visits that the viewer may see, in order of days.
///
/// # Errors
/// `not-found` for whoever has no business with the person or may see none of the figures.
pub fn of(app: &Arc<App>, viewer: &Viewer, person: SubjectId, lang: Lang) -> Result<Trend, Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let seen = viewer.look(&image);
    let on = app.now().day();
    let missing = || problem::NOT_FOUND.problem("没有可以查看的随访记录。", "There is no record of visits to look at.");
    if seen.place_of(person).is_none() || image.kind(person).is_none_or(|kind| **kind != *"person") {
        return Err(missing());
    }
    let role = viewer.role.as_str();
    // A service whose cases say whom they are about and on which day tells a trend.
    let told: Vec<(&Attribute, &Attribute)> = catalog
        .attributes
        .values()
        .filter(|one| one.of.as_deref() == Some("person") && catalog.services.contains_key(&one.subject))
        .filter_map(|one| Some((one, catalog.attributes.get(&format!("{}.on", one.subject))?)))
        .filter(|(_, day)| day.kind == ValueKind::Day && day.seen_by.iter().any(|to| to == role))
        .collect();
    if told.is_empty() {
        return Err(missing());
    }
    let mut lines = Vec::new();
    for (names, day) in told {
        let mut visits: Vec<(Day, SubjectId)> = seen
            .ever_naming(&names.name, person)
            .into_iter()
            .filter_map(|case| match seen.latest(case, &day.name) {
                Some(Value::Day(day)) => Some((day, case)),
                _ => None,
            })
            .collect();
        visits.sort_unstable_by_key(|(day, case)| (*day, case.0));
        let measured = catalog.attributes_of(&names.subject);
        for attribute in measured.filter(|one| matches!(one.kind, ValueKind::Int | ValueKind::Decimal1)) {
            let scale = if attribute.kind == ValueKind::Int { 10 } else { 1 };
            let values = visits.iter().filter_map(|(day, case)| match seen.latest(*case, &attribute.name) {
                Some(Value::Int(value)) => Some((day.to_string(), value * scale)),
                _ => None,
            });
            let (days, tenths): (Vec<String>, Vec<i64>) = values.unzip();
            if !days.is_empty() {
                lines.push(TrendLine {
                    attribute: attribute.name.clone(),
                    title: words(&attribute.title, lang).to_owned(),
                    unit: attribute.unit.clone().unwrap_or_default(),
                    days,
                    tenths,
                });
            }
        }
    }
    Ok(Trend { person: person.0, who: who(app, &seen, person, on), lines })
}
