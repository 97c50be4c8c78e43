//! A report as it was known right after an act: the zone rebuilt from its rows up to that act. Only the one that was asked for last
//! is kept, for its memory is as large as the zone's own.

use super::book::Counted;
use crate::app::{App, blocking, store};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use yizhan_core::catalog::{Catalog, Report};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_core::report::{Asked, Counter, Tape};
use yizhan_core::waist::load::Depth;
use yizhan_core::zone;
use yizhan_kit::Problem;

/// The zone as it was known.
pub struct Past {
    /// What was known.
    pub image: Image,
    tape: Tape,
    counted: Mutex<HashMap<String, Arc<Counted>>>,
}

/// What was known right after an act.
///
/// # Errors
/// `form-invalid` for an act that has not happened; the store's failure.
pub fn at(app: &App, act: u64) -> Result<Arc<Past>, Problem> {
    let last = app.image().seq;
    if act > last || act == 0 {
        let (zh, en) = (format!("日志现在只到第 {last} 号。"), format!("The journal ends at act {last} now."));
        return Err(problem::FORM_INVALID.problem(zh, en));
    }
    blocking(|| {
        let mut known = app.reports.past.lock().expect("no panic while the past is held");
        if let Some(past) = known.as_ref().filter(|past| past.image.seq == act) {
            return Ok(past.clone());
        }
        // The one before is let go first: there is never more than one.
        *known = None;
        let reader = app.read(|reader| reader.another()).map_err(|error| store(&error))?;
        let kind = app.config.hash().map_err(|error| store(&error))?;
        let rebuilt = zone::rebuild_until(&reader, kind, Depth::Heads, act);
        if let Some(fault) = rebuilt.faults.first() {
            return Err(store(fault));
        }
        let mut tape = Tape::default();
        tape.follow(&rebuilt.image);
        let past = Arc::new(Past { image: rebuilt.image, tape, counted: Mutex::default() });
        *known = Some(past.clone());
        Ok(past)
    })
}

impl Past {
    /// Counts a report from what was known, or answers what was counted before: what was known does not change.
    pub fn counted(&self, catalog: &Catalog, report: &Report, asked: &Asked) -> Arc<Counted> {
        let key = format!("{} {asked:?}", report.name);
        let mut counted = self.counted.lock().expect("no panic while something is counted");
        if let Some(known) = counted.get(&key) {
            return known.clone();
        }
        let done = Arc::new(self.with(catalog, report, asked, |counter| Counted::by(counter, asked.clone())));
        counted.insert(key, done.clone());
        done
    }

    /// Does something with a counter of what was known.
    pub fn with<T>(&self, catalog: &Catalog, report: &Report, asked: &Asked, act: impl FnOnce(&Counter<'_>) -> T) -> T {
        act(&Counter::new(&self.image, catalog, report, &self.tape, asked))
    }
}
