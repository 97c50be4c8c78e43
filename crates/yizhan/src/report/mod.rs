//! Reports: figures that are published, counted from records by their definitions in the catalog, and opened to the last record.
//!
//! Invariants: a figure is what its list comes to, and the program checks it; nobody is named in a list, people and things go by
//! their numbers; whoever may not see what a figure reads is shown no list of it; the public sees totals, and no cell of fewer than
//! five.

pub mod book;
pub mod http;
pub mod model;
pub mod page;
pub mod rule;
pub mod view;

use crate::command::{Common, End};
use crate::store;
use clap::{Args, ValueEnum};
use std::io::Write;
use std::sync::Arc;
use yizhan_core::catalog::{Catalog, Report};
use yizhan_core::image::Image;
use yizhan_core::report::{Asked, Counter, Tape};
use yizhan_core::waist::Reader;
use yizhan_core::waist::load::Depth;
use yizhan_core::zone;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Lang};

/// What `yizhan report` takes.
#[derive(Args)]
pub struct Wishes {
    /// The report's name in the catalog's `report/`.
    report: String,
    /// How it is written.
    #[arg(long, default_value = "md")]
    format: Format,
    /// Only what lies in an area, twelve digits.
    #[arg(long)]
    area: Option<RegionCode>,
    /// Only a year of the period; stands are those of its last day.
    #[arg(long)]
    year: Option<i32>,
    /// Another first day.
    #[arg(long)]
    from: Option<Day>,
    /// Another last day.
    #[arg(long)]
    to: Option<Day>,
    /// As it was known right after an act.
    #[arg(long)]
    known_at: Option<u64>,
    /// The id of a figure: lists the records behind it instead.
    #[arg(long)]
    open: Option<String>,
    /// The language: `zh` or `en`.
    #[arg(long, default_value = "zh", value_parser = lang)]
    lang: Lang,
}

/// How a report is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// Markdown, to be read.
    Md,
    /// Comma-separated values, to be counted with.
    Csv,
    /// One JSON object.
    Json,
}

fn lang(text: &str) -> Result<Lang, String> {
    match text {
        "zh" => Ok(Lang::Zh),
        "en" => Ok(Lang::En),
        _ => Err("zh or en".into()),
    }
}

/// Writes a report, or what is behind one of its figures.
///
/// # Errors
/// When the zone cannot be read, or there is no such report, figure or area.
pub fn run(common: &Common, wishes: &Wishes) -> Result<End, String> {
    let reader = Reader::open(&common.address())?;
    let last = wishes.known_at.unwrap_or(u64::MAX);
    let rebuilt = zone::rebuild_until(&reader, common.config()?.hash()?, Depth::Heads, last);
    if let Some(fault) = rebuilt.faults.first() {
        return Err(fault.to_string());
    }
    let image = rebuilt.image;
    let catalog = catalog_of(common, &image, &wishes.report)?;
    let report = find(&catalog, &wishes.report)?;
    let asked = wishes.asked(&catalog, report)?;
    let mut tape = Tape::default();
    tape.follow(&image);
    let counter = Counter::new(&image, &catalog, report, &tape, &asked);
    let mut out = std::io::stdout().lock();
    match &wishes.open {
        None => {
            let told = view::report(&catalog, report, &asked, &counter.count(), wishes.lang);
            let text = match wishes.format {
                Format::Md => rule::markdown(&told, wishes.lang),
                Format::Csv => rule::csv(&told)?,
                Format::Json => serde_json::to_string_pretty(&told).map_err(|error| error.to_string())?,
            };
            // Whoever reads may stop at any time.
            let _ = writeln!(out, "{}", text.trim_end());
            Ok(End::Good)
        }
        Some(id) => {
            let (ix, figure) = report.figure(id).ok_or_else(|| {
                let ids: Vec<&str> = report.figures.iter().map(|figure| figure.id.as_str()).collect();
                format!("no figure {id}; there are: {}", ids.join(", "))
            })?;
            let count = counter.count_these(&[ix]).remove(0);
            let opened = counter.open(ix, &count, 0, usize::MAX);
            let lines = view::lines(&image, &catalog, figure, &opened.lines, wishes.lang);
            let text = match wishes.format {
                Format::Md => rule::lines_markdown(&lines, wishes.lang),
                Format::Csv => rule::lines_csv(&lines)?,
                Format::Json => serde_json::to_string_pretty(&lines).map_err(|error| error.to_string())?,
            };
            let _ = writeln!(out, "{}", text.trim_end());
            match counter.agrees(ix, &count, &opened.lines) {
                Ok(()) => {
                    let value = count.quantity.map(|quantity| quantity.text(&figure.unit, figure.money));
                    eprintln!("{id}: {} = {} {}", lines.len(), value.unwrap_or_default(), figure.unit);
                    Ok(End::Good)
                }
                Err(what) => {
                    eprintln!("{what}");
                    Ok(End::Faults)
                }
            }
        }
    }
}

/// The catalog whose report is meant: the one named, the zone's own, or the one inside the program.
fn catalog_of(common: &Common, image: &Image, report: &str) -> Result<Arc<Catalog>, String> {
    let adopted = image.catalog().filter(|catalog| common.catalog.is_none() && catalog.reports.contains_key(report));
    match adopted {
        Some(catalog) => Ok(catalog.clone()),
        None => store::load_catalog(store::catalog_source(common.catalog.as_deref())?).map(Arc::new),
    }
}

fn find<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Report, String> {
    catalog.reports.get(name).ok_or_else(|| {
        let known: Vec<&str> = catalog.reports.keys().map(String::as_str).collect();
        format!("no report {name}; there are: {}", known.join(", "))
    })
}

impl Wishes {
    fn asked(&self, catalog: &Catalog, report: &Report) -> Result<Asked, String> {
        if let Some(area) = self.area.filter(|area| catalog.regions.get(*area).is_none()) {
            return Err(format!("no area {area}"));
        }
        let period = rule::period(report, self.year, self.from, self.to)
            .ok_or("the period is empty, or its year lies outside the report")?;
        Ok(Asked { from: period.0, to: period.1, area: self.area, ..Asked::all(report) })
    }
}
