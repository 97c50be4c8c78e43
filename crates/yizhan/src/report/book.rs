//! Reports as they were counted a moment ago. What takes long is counted behind the answers; the tape of transfers is kept and only
//! ever goes on.

use super::rule;
use crate::app::App;
use crate::desk::board::{self, Moments};
use std::sync::{Arc, RwLock};
use yizhan_core::catalog::{Catalog, Report};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_core::report::{Asked, Count, Counter, Tape};
use yizhan_kit::Problem;
use yizhan_kit::codes::RegionCode;

/// What the room keeps.
#[derive(Default)]
pub struct Reports {
    tape: RwLock<Tape>,
    /// Reports by what was asked.
    pub counted: Moments<Arc<Counted>>,
}

/// A report that was counted.
pub struct Counted {
    /// What was asked.
    pub asked: Asked,
    /// What each figure came to, in order.
    pub counts: Vec<Count>,
}

/// The report of a name in the catalog in force.
///
/// # Errors
/// `not-found`.
pub fn find<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Report, Problem> {
    catalog.reports.get(name).ok_or_else(|| {
        problem::NOT_FOUND.problem(format!("没有报告“{name}”。"), format!("There is no report {name:?}."))
    })
}

/// Asks about a year of a report, or all of it, in an area, or everywhere; told apart by the parts below and by year.
///
/// # Errors
/// `not-found` when the year lies outside the report.
pub fn asked(
    catalog: &Catalog,
    report: &Report,
    area: Option<RegionCode>,
    year: Option<i32>,
) -> Result<Asked, Problem> {
    let (from, to) = rule::period(report, year, None, None)
        .ok_or_else(|| problem::NOT_FOUND.problem("报告期内没有这一年。", "The report has no such year."))?;
    let root = catalog.regions.root().code;
    let parts = catalog.regions.children(area.unwrap_or(root)).map(|region| region.code).collect();
    // The whole district is everywhere: what lies nowhere is counted too.
    let area = area.filter(|area| *area != root);
    Ok(Asked { from, to, area, parts, years: (from.ymd().0..=to.ymd().0).collect() })
}

/// Counts a report, or answers what was counted a moment ago.
pub fn counted(app: &Arc<App>, name: &str, asked: &Asked) -> Arc<Counted> {
    let area = asked.area.map(|area| area.to_string()).unwrap_or_default();
    let key = format!("{name} {} {} {area}", asked.from, asked.to);
    let (name, asked) = (name.to_owned(), asked.clone());
    let count = move |app: &Arc<App>| {
        let counts = with(app, &name, &asked, |_, counter| counter.count()).unwrap_or_default();
        Arc::new(Counted { asked: asked.clone(), counts })
    };
    board::counted(app, |app| &app.reports.counted, key, count)
}

/// Does something with a counter of now; nothing where the catalog has no such report any more.
pub fn with<T>(app: &App, name: &str, asked: &Asked, act: impl FnOnce(&Image, &Counter<'_>) -> T) -> Option<T> {
    let image = app.image();
    let catalog = image.catalog()?;
    let report = catalog.reports.get(name)?;
    app.reports.tape.write().expect("no panic while the tape is held").follow(&image);
    let tape = app.reports.tape.read().expect("no panic while the tape is held");
    Some(act(&image, &Counter::new(&image, catalog, report, &tape, asked)))
}
