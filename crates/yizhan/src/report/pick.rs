//! Which figures are meant: those of now, those known right after an act, or those that were signed.

use super::book::{self, Counted};
use super::model::ReportAsked;
use super::past::{self, Past};
use super::publish::{self, Edition};
use crate::app::{App, store};
use crate::case::act;
use std::sync::Arc;
use yizhan_core::access::{Viewer, forbidden};
use yizhan_core::catalog::{Catalog, Report};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_core::report::Opened;
use yizhan_kit::Problem;

/// The edition that is meant when none is named.
const LATEST: &str = "latest";

/// What is meant.
pub struct Picked {
    /// By which of the zone's catalogs it is defined.
    pub catalog: u64,
    /// What was counted, where nothing was signed.
    counted: Option<Arc<Counted>>,
    /// What was signed.
    pub edition: Option<Arc<Edition>>,
    /// The zone as it was known, where that is asked for.
    pub past: Option<Arc<Past>>,
    /// Everything that was published of the report.
    pub editions: Vec<Arc<Edition>>,
}

/// Finds what somebody means.
///
/// # Errors
/// `not-found`; `forbidden`; the store's failure.
pub fn pick(app: &Arc<App>, image: &Image, viewer: &Viewer, name: &str, wish: &ReportAsked) -> Result<Picked, Problem> {
    let (catalog, number) = act::catalog(image)?;
    let report = book::find(catalog, name)?;
    let mut wanted = book::asked(catalog, report, viewer.area, wish.year, wish.on)?;
    if let Some(by) = wish.by {
        book::told_by(catalog, &mut wanted, by);
    }
    let editions = publish::editions(app, image, name)?;
    let edition = match wish.edition.as_deref() {
        None | Some("") => None,
        Some(LATEST) => publish::shown(&editions, &wanted).cloned(),
        Some(one) => Some(publish::numbered(&editions, one)?.clone()),
    };
    if let Some(edition) = edition {
        let area = edition.kept.asked.area.unwrap_or_else(|| catalog.regions.root().code);
        if viewer.area.is_some_and(|own| !own.contains(area)) {
            return Err(forbidden("这份报告不是您辖区的。", "That report is not of your area."));
        }
        return Ok(Picked { catalog: edition.catalog, counted: None, edition: Some(edition), past: None, editions });
    }
    let past = wish.known_at.map(|act| past::at(app, act)).transpose()?;
    let counted = match &past {
        Some(past) => past.counted(catalog, report, &wanted),
        None => book::counted(app, number, name, &wanted),
    };
    Ok(Picked { catalog: number, counted: Some(counted), edition: None, past, editions })
}

impl Picked {
    /// The figures.
    pub fn kept(&self) -> &Counted {
        match (&self.edition, &self.counted) {
            (Some(edition), _) => &edition.kept,
            (None, counted) => counted.as_ref().expect("what was not signed was counted"),
        }
    }

    /// The definitions they were counted by.
    ///
    /// # Errors
    /// The store's failure.
    pub fn defined<'a>(&self, image: &'a Image, name: &str) -> Result<(&'a Arc<Catalog>, &'a Report), Problem> {
        let catalog = image.catalog_at(self.catalog).ok_or_else(|| store(&"a catalog is missing"))?;
        Ok((catalog, book::find(catalog, name)?))
    }

    /// The records behind a figure, so many after the first so many, and the zone as it was known where they are of then.
    ///
    /// # Errors
    /// `not-found`; the store's failure, also when the records of then do not come to what was signed.
    pub fn open(
        &self,
        app: &App,
        image: &Image,
        name: &str,
        ix: usize,
        (skip, limit): (usize, usize),
    ) -> Result<(Opened, Option<Arc<Past>>), Problem> {
        let (catalog, report) = self.defined(image, name)?;
        let asked = &self.kept().asked;
        let past = match &self.edition {
            Some(edition) => Some(past::at(app, edition.kept.known_at)?),
            None => self.past.clone(),
        };
        let Some(past) = past else {
            let count = self.kept().counts.get(ix).ok_or_else(not_counted)?;
            let found = book::with(app, image, self.catalog, name, asked, |one| one.open(ix, count, skip, limit));
            return Ok((found.ok_or_else(not_counted)?, None));
        };
        let counted = past.counted(catalog, report, asked);
        let (count, told) = (&counted.counts[ix], &self.kept().counts[ix]);
        if count.quantity != told.quantity || count.items != told.items {
            return Err(store(&format!(
                "{}: the records of then do not come to what was signed",
                report.figures[ix].id
            )));
        }
        Ok((past.with(catalog, report, asked, |one| one.open(ix, count, skip, limit)), Some(past)))
    }
}

fn not_counted() -> Problem {
    problem::NOT_FOUND.problem("还没有数出来。", "It is not counted yet.")
}
