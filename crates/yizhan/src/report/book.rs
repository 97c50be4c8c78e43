//! Reports as they were counted a moment ago. What takes long is counted behind the answers; the tape of transfers is kept and only
//! ever goes on.

use super::model::By;
use super::past::Past;
use super::publish::Edition;
use super::rule;
use crate::app::App;
use crate::desk::board::{self, Moments};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};
use yizhan_core::catalog::{Catalog, Report};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_core::report::notice::Notice;
use yizhan_core::report::{Asked, Count, Counter, Tape};
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Hash32, Problem};

/// What the room keeps.
#[derive(Default)]
pub struct Reports {
    tape: RwLock<Tape>,
    /// Reports by what was asked.
    pub counted: Moments<Arc<Counted>>,
    /// The zone as it was known when somebody asked last.
    pub past: Mutex<Option<Arc<Past>>>,
    /// What was signed and published, by case: it does not change any more.
    pub editions: Mutex<HashMap<SubjectId, Arc<Edition>>>,
    /// Catalogs with a report in the making that were read last, by their digest.
    pub drafts: Mutex<Vec<(Hash32, Arc<Catalog>)>>,
}

/// A report that was counted.
pub struct Counted {
    /// What was asked.
    pub asked: Asked,
    /// The last act that was known.
    pub known_at: u64,
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
        Self { asked, known_at: counter.known_at(), counts, notices }
    }

    /// Nothing was counted.
    fn none(asked: &Asked) -> Self {
        Self { asked: asked.clone(), known_at: 0, counts: Vec::new(), notices: Vec::new() }
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

/// Asks about a year of a report, or all of it, up to a day, in an area, or everywhere; told apart by the parts below and by year.
///
/// # Errors
/// `not-found` when year or day lie outside the report.
pub fn asked(
    catalog: &Catalog,
    report: &Report,
    area: Option<RegionCode>,
    year: Option<i32>,
    on: Option<Day>,
) -> Result<Asked, Problem> {
    // A later day than the report's last is that one.
    let (from, to) = rule::period(report, year, None, on.map(|day| day.min(report.to))).ok_or_else(|| {
        problem::NOT_FOUND.problem("报告期内没有这一年或这一天。", "The report has no such year or day.")
    })?;
    let (root, parts) = (catalog.regions.root().code, parts(catalog, area));
    // The whole district is everywhere: what lies nowhere is counted too.
    let area = area.filter(|area| *area != root);
    Ok(Asked { from, to, area, parts, years: (from.ymd().0..=to.ymd().0).collect() })
}

/// Tells apart only what is asked for.
pub fn told_by(catalog: &Catalog, asked: &mut Asked, by: By) {
    if by != By::Year {
        asked.years.clear();
    }
    let inside = |village: &RegionCode| asked.area.is_none_or(|area| area.contains(*village));
    asked.parts = match by {
        By::Area => parts(catalog, asked.area),
        By::Village => catalog.regions.villages().map(|region| region.code).filter(inside).collect(),
        By::Whole | By::Year => Vec::new(),
    };
}

/// The parts below an area, or below the whole district.
fn parts(catalog: &Catalog, area: Option<RegionCode>) -> Vec<RegionCode> {
    let area = area.unwrap_or_else(|| catalog.regions.root().code);
    catalog.regions.children(area).map(|region| region.code).collect()
}

/// Counts a report by its definition in one of the zone's catalogs, or answers what was counted a moment ago.
pub fn counted(app: &Arc<App>, number: u64, name: &str, asked: &Asked) -> Arc<Counted> {
    let area = asked.area.map(|area| area.to_string()).unwrap_or_default();
    let (parts, years) = (asked.parts.len(), asked.years.len());
    let key = format!("{number} {name} {} {} {area} {parts} {years}", asked.from, asked.to);
    let (name, asked) = (name.to_owned(), asked.clone());
    let count = move |app: &Arc<App>| {
        let image = app.image();
        let counted = with(app, &image, number, &name, &asked, |counter| Counted::by(counter, asked.clone()));
        Arc::new(counted.unwrap_or_else(|| Counted::none(&asked)))
    };
    board::counted(app, |app| &app.reports.counted, key, count)
}

/// Does something with a counter of an image, by the report's definition in a catalog; nothing where that has no such report.
pub fn with<T>(
    app: &App,
    image: &Image,
    number: u64,
    name: &str,
    asked: &Asked,
    act: impl FnOnce(&Counter<'_>) -> T,
) -> Option<T> {
    let catalog = image.catalog_at(number)?;
    let report = catalog.reports.get(name)?;
    Some(counting(app, image, (catalog, report), asked, act))
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
