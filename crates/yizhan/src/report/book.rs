//! Reports as they were counted a moment ago. What takes long is counted behind the answers; the tape of transfers is kept and only
//! ever goes on.

use super::model::By;
use super::rule;
use crate::app::App;
use crate::desk::board::{self, Moments};
use std::sync::{Arc, Mutex, RwLock};
use yizhan_core::catalog::{Catalog, Report};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_core::report::notice::Notice;
use yizhan_core::report::{Asked, Count, Counter, Tape};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Hash32, Problem};

/// What the room keeps.
#[derive(Default)]
pub struct Reports {
    tape: RwLock<Tape>,
    /// Reports by what was asked.
    pub counted: Moments<Arc<Counted>>,
    /// Catalogs with a report in the making that were read last, by their digest.
    pub drafts: Mutex<Vec<(Hash32, Arc<Catalog>)>>,
}

/// A report that was counted.
pub struct Counted {
    /// What was asked.
    pub asked: Asked,
    /// What each figure came to, in order.
    pub counts: Vec<Count>,
    /// What is odd about them.
    pub notices: Vec<Notice>,
}

impl Counted {
    /// Counts.
    pub fn by(counter: &Counter<'_>, asked: Asked) -> Self {
        let counts = counter.count();
        let notices = counter.notices(&counts);
        Self { asked, counts, notices }
    }
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

/// Tells apart only what is asked for.
pub fn told_by(catalog: &Catalog, asked: &mut Asked, by: By) {
    if by != By::Year {
        asked.years.clear();
    }
    if by == By::Village {
        let inside = |village: &RegionCode| asked.area.is_none_or(|area| area.contains(*village));
        asked.parts = catalog.regions.villages().map(|region| region.code).filter(inside).collect();
    } else if by != By::Area {
        asked.parts.clear();
    }
}

/// Counts a report, or answers what was counted a moment ago.
pub fn counted(app: &Arc<App>, name: &str, asked: &Asked) -> Arc<Counted> {
    let area = asked.area.map(|area| area.to_string()).unwrap_or_default();
    // Another catalog may have other figures under the same name.
    let (catalog, parts, years) = (app.image().catalog_number(), asked.parts.len(), asked.years.len());
    let key = format!("{name} {catalog} {} {} {area} {parts} {years}", asked.from, asked.to);
    let (name, asked) = (name.to_owned(), asked.clone());
    let count = move |app: &Arc<App>| {
        let counted = with(app, &name, &asked, |_, counter| Counted::by(counter, asked.clone()));
        Arc::new(counted.unwrap_or_else(|| Counted { asked: asked.clone(), counts: Vec::new(), notices: Vec::new() }))
    };
    board::counted(app, |app| &app.reports.counted, key, count)
}

/// Does something with a counter of now; nothing where the catalog has no such report any more.
pub fn with<T>(app: &App, name: &str, asked: &Asked, act: impl FnOnce(&Image, &Counter<'_>) -> T) -> Option<T> {
    let image = app.image();
    let catalog = image.catalog()?;
    let report = catalog.reports.get(name)?;
    Some(counting(app, &image, (catalog, report), asked, |counter| act(&image, counter)))
}

/// Does something with a counter of a report, which need not be in force.
pub fn counting<T>(
    app: &App,
    image: &Image,
    (catalog, report): (&Catalog, &Report),
    asked: &Asked,
    act: impl FnOnce(&Counter<'_>) -> T,
) -> T {
    app.reports.tape.write().expect("no panic while the tape is held").follow(image);
    let tape = app.reports.tape.read().expect("no panic while the tape is held");
    act(&Counter::new(image, catalog, report, &tape, asked))
}
