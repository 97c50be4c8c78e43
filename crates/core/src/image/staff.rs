//! The directory of staff: who works here, which colleagues may know of each other.

use super::Image;
use super::fact::Value;
use crate::row::SubjectId;

/// The kind of subject a member of staff is.
const STAFF: &str = "staff";

impl Image {
    /// Everybody who ever worked here, in order of joining.
    pub fn staff(&self) -> impl Iterator<Item = SubjectId> + '_ {
        self.subjects_of(STAFF)
    }

    /// A member of staff by login name.
    pub fn staff_by_login(&self, login: &str) -> Option<SubjectId> {
        self.staff().find(|id| self.staff_login(*id) == Some(login))
    }

    /// The login name of a member of staff.
    pub fn staff_login(&self, id: SubjectId) -> Option<&str> {
        self.text_about(id, "staff.login")
    }

    /// The name on a desk.
    pub fn staff_name(&self, id: SubjectId) -> Option<&str> {
        self.text_about(id, "staff.name")
    }

    fn text_about(&self, id: SubjectId, attribute: &str) -> Option<&str> {
        match self.latest(id, attribute)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}
