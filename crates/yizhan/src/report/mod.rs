//! Reports: figures that are published, counted from records by their definitions in the catalog, and opened to the last record.
//!
//! Invariants: a figure is what its list comes to, and the program checks it; nobody is named in a list, people and things go by
//! their numbers; whoever may not see what a figure reads is shown no list of it; the public sees totals, and no cell of fewer than
//! five.

pub mod book;
pub mod draft;
pub mod export;
pub mod http;
pub mod model;
pub mod odd;
pub mod page;
pub mod rule;
pub mod view;

use crate::case::view::words;
use crate::command::{Common, End};
use crate::sheet::ROWS;
use crate::store;
use clap::{Args, ValueEnum};
use model::By;
use std::io::Write;
use std::path::PathBuf;
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
    /// Into which file; an Excel file goes nowhere else.
    #[arg(long)]
    out: Option<PathBuf>,
    /// By what an Excel file tells apart.
    #[arg(long, default_value = "year")]
    by: By,
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
    /// An Excel file; it needs `--out`.
    Xlsx,
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
    if wishes.format == Format::Xlsx && wishes.out.is_none() {
        return Err("an Excel file is written with --out FILE".into());
    }
    let reader = Reader::open(&common.address())?;
    let last = wishes.known_at.unwrap_or(u64::MAX);
    let rebuilt = zone::rebuild_until(&reader, common.config()?.hash()?, Depth::Heads, last);
    if let Some(fault) = rebuilt.faults.first() {
        return Err(fault.to_string());
    }
    let image = rebuilt.image;
    let catalog = catalog_of(common, &image, &wishes.report)?;
    let report = find(&catalog, &wishes.report)?;
    let mut asked = wishes.asked(&catalog, report)?;
    if wishes.format == Format::Xlsx {
        book::told_by(&catalog, &mut asked, wishes.by);
    }
    let mut tape = Tape::default();
    tape.follow(&image);
    let counter = Counter::new(&image, &catalog, report, &tape, &asked);
    match &wishes.open {
        None => {
            let told = view::report(&catalog, report, &book::Counted::by(&counter, asked.clone()), wishes.lang);
            wishes.write(match wishes.format {
                Format::Md => rule::markdown(&told, wishes.lang).into(),
                Format::Csv => rule::csv(&told)?.into(),
                Format::Json => serde_json::to_vec_pretty(&told).map_err(|error| error.to_string())?,
                Format::Xlsx => excel(export::of_report(&told, wishes.by, wishes.lang))?,
            })?;
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
            wishes.write(match wishes.format {
                Format::Md => rule::lines_markdown(&lines, wishes.lang).into(),
                Format::Csv => rule::lines_csv(&lines)?.into(),
                Format::Json => serde_json::to_vec_pretty(&lines).map_err(|error| error.to_string())?,
                Format::Xlsx => {
                    let title = format!("{id} {}", words(&figure.title, wishes.lang));
                    excel(export::of_lines(title, &lines, wishes.lang))?
                }
            })?;
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

fn excel((sheet, numbers): export::Numbered) -> Result<Vec<u8>, String> {
    if sheet.rows.len() > ROWS {
        return Err(format!(
            "{} rows are more than the {ROWS} of an Excel file; --format csv has no end",
            sheet.rows.len()
        ));
    }
    sheet.bytes_of(&numbers).map_err(|error| error.to_string())
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
    /// Writes what was told, into the file that was named or on standard output.
    fn write(&self, told: Vec<u8>) -> Result<(), String> {
        match &self.out {
            Some(file) => std::fs::write(file, told).map_err(|error| format!("{}: {error}", file.display())),
            None => {
                // Whoever reads may stop at any time.
                let _ = writeln!(std::io::stdout().lock(), "{}", String::from_utf8_lossy(&told).trim_end());
                Ok(())
            }
        }
    }

    fn asked(&self, catalog: &Catalog, report: &Report) -> Result<Asked, String> {
        if let Some(area) = self.area.filter(|area| catalog.regions.get(*area).is_none()) {
            return Err(format!("no area {area}"));
        }
        let period = rule::period(report, self.year, self.from, self.to)
            .ok_or("the period is empty, or its year lies outside the report")?;
        let years = (period.0.ymd().0..=period.1.ymd().0).collect();
        Ok(Asked { from: period.0, to: period.1, area: self.area, years, ..Asked::all(report) })
    }
}
