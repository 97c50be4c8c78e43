//! The directory of staff: who works here, which colleagues may know of each other.

use super::Image;
use super::fact::Value;
use crate::row::SubjectId;
use yizhan_kit::Day;

/// The kind of subject a member of staff is.
const STAFF: &str = "staff";

/// Who acts in somebody's place, by day.
const DELEGATES_TO: &str = "staff.delegates-to";

impl Image {
    /// Everybody who ever worked here, in order of joining.
    pub fn staff(&self) -> impl Iterator<Item = SubjectId> + '_ {
        self.subjects_of(STAFF)
    }

    /// A member of staff by login name.
    pub fn staff_by_login(&self, login: &str) -> Option<SubjectId> {
        self.staff().find(|id| self.staff_login(*id).as_deref() == Some(login))
    }

    /// The login name of a member of staff.
    pub fn staff_login(&self, id: SubjectId) -> Option<String> {
        self.text_about(id, "staff.login")
    }

    /// The login name of a subject that is an account.
    pub fn account(&self, subject: SubjectId) -> Option<String> {
        self.kind(subject).filter(|kind| ***kind == *STAFF).and_then(|_| self.staff_login(subject))
    }

    /// The name on a desk.
    pub fn staff_name(&self, id: SubjectId) -> Option<String> {
        self.text_about(id, "staff.name")
    }

    /// Every role that a member of staff has or ever had, by its name in the facts.
    pub fn roles_of(&self, id: SubjectId) -> Vec<String> {
        let spells = self.spells(id, "staff.role");
        let roles = spells.iter().filter_map(|spell| match &spell.value {
            Value::Text(role) => Some(role.to_string()),
            _ => None,
        });
        roles.collect()
    }

    /// Whom a member of staff has named as deputy, and for which days.
    pub fn deputies(&self, id: SubjectId) -> Vec<(SubjectId, Day, Option<Day>)> {
        let spells = self.spells(id, DELEGATES_TO);
        let deputies = spells.iter().filter_map(|spell| match spell.value {
            Value::Subject(deputy) => Some((deputy, spell.from, spell.to)),
            _ => None,
        });
        deputies.collect()
    }

    /// In whose place a member of staff may act on a day.
    pub fn absent_for(&self, id: SubjectId, day: Day) -> impl Iterator<Item = SubjectId> + '_ {
        self.staff().filter(move |absent| self.fact(*absent, DELEGATES_TO, day) == Some(Value::Subject(id)))
    }

    fn text_about(&self, id: SubjectId, attribute: &str) -> Option<String> {
        match self.latest(id, attribute)? {
            Value::Text(text) => Some(text.to_string()),
            _ => None,
        }
    }
}
