//! Whose list a duty is on, and what of its form is known beforehand.

use serde_json::{Map, Value};
use yizhan_core::access::{Role, Viewer};
use yizhan_core::catalog::{Doer, Level, Owed, Recurring, Service};
use yizhan_kit::Day;

/// Why a duty is on a viewer's list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// They do it.
    Theirs,
    /// They look at the list of those who do it, or come along.
    Beside,
    /// They were told that it is late.
    Told,
}

/// At which level an area is looked at: a township that looks at one village sees that village's list.
pub fn level_of(viewer: &Viewer, area: Level) -> Option<Level> {
    match viewer.role {
        Role::Officer(own) => Some(own.min(area)),
        _ => None,
    }
}

/// Whether a duty can be on a list at all, before anybody is judged.
pub fn may_concern(viewer: &Viewer, at: Option<Level>, recurring: &Recurring) -> bool {
    does(viewer, recurring)
        || beside(viewer, at, recurring)
        || matches!(viewer.role, Role::Officer(level) if recurring.escalate.iter().any(|told| told.to == level))
}

/// Why a duty, as it stands, is on a viewer's list; nothing when it is not.
pub fn why(viewer: &Viewer, at: Option<Level>, recurring: &Recurring, owed: &Owed, today: Day) -> Option<Why> {
    if does(viewer, recurring) {
        return Some(Why::Theirs);
    }
    if beside(viewer, at, recurring) {
        return Some(Why::Beside);
    }
    let Role::Officer(level) = viewer.role else { return None };
    let late = owed.due.filter(|due| *due < today)?;
    let told = |told: &yizhan_core::catalog::Told| told.to == level && late.plus(told.after_days) <= today;
    recurring.escalate.iter().any(told).then_some(Why::Told)
}

fn does(viewer: &Viewer, recurring: &Recurring) -> bool {
    match &recurring.who {
        Doer::Team => viewer.role == Role::FamilyDoctor,
        Doer::Who(who) => viewer.is_at(who),
    }
}

/// A village comes along to whatever is done in its households; whoever looks at one village sees its list.
fn beside(viewer: &Viewer, at: Option<Level>, recurring: &Recurring) -> bool {
    if at != Some(Level::Village) {
        return false;
    }
    let done_by_village = recurring.who == Doer::Who(yizhan_core::catalog::Who::Level(Level::Village));
    done_by_village || recurring.who == Doer::Team && matches!(viewer.role, Role::Officer(_))
}

/// What of a service's form is known of a duty: the area, the subject, its household.
pub fn prefill(service: &Service, area: &str, known: &[(&str, u32)]) -> Map<String, Value> {
    let mut answers = Map::new();
    let Some(properties) = service.form.schema.get("properties").and_then(Value::as_object) else { return answers };
    for (name, field) in properties {
        if field["x-control"] == "region" {
            answers.insert(name.clone(), area.into());
        }
        let kinds = field.get("x-of").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let found = kinds.filter_map(|kind| known.iter().find(|(of, _)| *of == kind)).next();
        if let Some((_, subject)) = found.filter(|_| field["type"] == "integer") {
            answers.insert(name.clone(), (*subject).into());
        }
    }
    answers
}
