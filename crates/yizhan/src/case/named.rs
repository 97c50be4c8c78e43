//! Names that were read a moment ago, so that a list of fifty does not ask the store a hundred and fifty times. In memory only; a name is
//! as it was at the case's last step, and nobody is told the name of a case whose key was destroyed.

use std::collections::HashMap;
use std::sync::Mutex;
use yizhan_core::image::case::CaseHead;
use yizhan_core::row::SubjectId;

/// How many are kept.
const KEPT: usize = 8_192;

/// Names by case, each with the step at which it was so.
#[derive(Default)]
pub struct Named(Mutex<HashMap<SubjectId, (u32, Option<String>)>>);

impl Named {
    /// The name of whom a case is about: as it was read before, or as it is read now.
    pub fn of(&self, case: &CaseHead, read: impl FnOnce() -> Option<Option<String>>) -> Option<String> {
        if let Some((step, name)) = self.known().get(&case.subject)
            && *step == case.last_step
        {
            return name.clone();
        }
        // What cannot be read now may be read later.
        let name = read()?;
        let mut known = self.known();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(case.subject, (case.last_step, name.clone()));
        name
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<SubjectId, (u32, Option<String>)>> {
        self.0.lock().expect("no panic while names are held")
    }
}
