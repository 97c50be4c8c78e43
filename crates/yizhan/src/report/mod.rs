//! Reports: figures that are published, counted from records by their definitions in the catalog, and opened to the last record.
//!
//! Invariants: a figure is what its list comes to, and the program checks it; nobody is named in a list, people and things go by
//! their numbers; whoever may not see what a figure reads is shown no list of it; the public sees totals, and no cell of fewer than
//! five; what was signed is told as it was signed, and what it has come to since stands beside it.

pub mod book;
pub mod docx;
pub mod draft;
pub mod export;
pub mod http;
pub mod model;
pub mod odd;
pub mod page;
pub mod past;
pub mod pick;
pub mod publish;
pub mod rule;
pub mod signed;
pub mod view;

use crate::case::view::words;
use crate::command::{Common, End};
use crate::sheet::ROWS;
use crate::store;
use clap::{Args, ValueEnum};
use docx::Document;
use model::{By, ReportView};
use publish::{Edition, Opened};
use std::cell::RefCell;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use yizhan_core::catalog::{Catalog, Report};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::report::{Asked, Counter, Tape};
use yizhan_core::waist::Reader;
use yizhan_core::waist::load::Depth;
use yizhan_core::zone;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Lang, Problem};

/// What `yizhan report` takes.
#[derive(Args)]
pub struct Wishes {
    /// The report's name in the catalog's `report/`.
    report: String,
    /// How it is written.
    #[arg(long, default_value = "md")]
    format: Format,
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
    /// As it was signed and published last, beside what it is now.
    #[arg(long, conflicts_with_all = ["known_at", "from", "to"])]
    published: bool,
    /// As it was signed and published under a number, `RP-20210303-0001`.
    #[arg(long, conflicts_with_all = ["known_at", "from", "to", "year", "area"])]
    edition: Option<String>,
    /// Into which file; on standard output unless given, where documents and Excel files do not go.
    #[arg(long)]
    out: Option<PathBuf>,
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
    /// A document that can be edited (Office Open XML); it needs `--out`.
    Docx,
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
/// When the zone cannot be read, or there is no such report, figure, area or publication.
pub fn run(common: &Common, wishes: &Wishes) -> Result<End, String> {
    if wishes.format == Format::Docx && wishes.open.is_some() {
        return Err("a document has no list of records; --format xlsx has".into());
    }
    if matches!(wishes.format, Format::Docx | Format::Xlsx) && wishes.out.is_none() {
        return Err("a document or an Excel file is written with --out FILE".into());
    }
    let image = rebuilt(common, wishes.known_at)?;
    if wishes.published || wishes.edition.is_some() {
        return published(common, wishes, &image);
    }
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
            wishes.tell(&view::report(&catalog, report, &book::Counted::by(&counter, asked.clone()), wishes.lang))?;
            Ok(End::Good)
        }
        Some(id) => opened(wishes, &image, &catalog, report, &counter, (id, None)),
    }
}

/// The zone, up to an act where one is named, and otherwise up to the last one now: a server may go on writing meanwhile.
fn rebuilt(common: &Common, last: Option<u64>) -> Result<Image, String> {
    let mut reader = Reader::open(&common.address())?;
    let head = reader.head()?.seq;
    let last = last.unwrap_or(head).min(head);
    let rebuilt = zone::rebuild_until(&reader, common.config()?.hash()?, Depth::Heads, last);
    match rebuilt.faults.first() {
        Some(fault) => Err(fault.to_string()),
        None => Ok(rebuilt.image),
    }
}

/// Writes a report as it was signed, beside what it is now; or the records behind a signed figure, as they were known.
fn published(common: &Common, wishes: &Wishes, image: &Image) -> Result<End, String> {
    let told = |problem: Problem| problem.detail(Lang::En).to_owned();
    let shelf = Opened {
        reader: RefCell::new(Reader::open(&common.address())?),
        vault: store::vault(&common.address(), &common.config()?)?,
    };
    let read = |case: &CaseHead| publish::of(&shelf, image, case).map(|found| found.map(Arc::new));
    let editions = publish::published(image, &wishes.report, read).map_err(told)?;
    let edition = match &wishes.edition {
        Some(number) => publish::numbered(&editions, number).map_err(told)?,
        None => {
            let catalog = catalog_of(common, image, &wishes.report)?;
            let root = catalog.regions.root().code;
            let asked = wishes.asked(&catalog, find(&catalog, &wishes.report)?)?;
            let asked = Asked { area: asked.area.filter(|area| *area != root), ..asked };
            publish::shown(&editions, &asked).ok_or("nothing of this area and these days was published")?
        }
    };
    let (catalog, report) = publish::defined(image, edition).map_err(told)?;
    let asked = &edition.kept.asked;
    if let Some(id) = &wishes.open {
        let known = rebuilt(common, Some(edition.kept.known_at))?;
        let mut tape = Tape::default();
        tape.follow(&known);
        let counter = Counter::new(&known, catalog, report, &tape, asked);
        return opened(wishes, &known, catalog, report, &counter, (id, Some(edition)));
    }
    let mut tape = Tape::default();
    tape.follow(image);
    let counter = Counter::new(image, catalog, report, &tape, asked);
    let now = book::Counted::by(&counter, asked.clone());
    let mut told = view::report(catalog, report, &edition.kept, wishes.lang);
    signed::correct(&mut told, report, edition, &now, wishes.lang);
    wishes.tell(&told)?;
    Ok(End::Good)
}

/// Writes the records behind a figure, adds them up again, and holds them against what was signed.
fn opened(
    wishes: &Wishes,
    image: &Image,
    catalog: &Catalog,
    report: &Report,
    counter: &Counter<'_>,
    (id, edition): (&str, Option<&Edition>),
) -> Result<End, String> {
    let (ix, figure) = report.figure(id).ok_or_else(|| {
        let ids: Vec<&str> = report.figures.iter().map(|figure| figure.id.as_str()).collect();
        format!("no figure {id}; there are: {}", ids.join(", "))
    })?;
    let count = counter.count_these(&[ix]).remove(0);
    let opened = counter.open(ix, &count, 0, usize::MAX);
    let lines = view::lines(image, catalog, figure, &opened.lines, wishes.lang);
    match wishes.format {
        Format::Csv => wishes.say(&rule::lines_csv(&lines)?),
        Format::Json => wishes.say(&serde_json::to_string_pretty(&lines).map_err(|error| error.to_string())?),
        Format::Md | Format::Docx => wishes.say(&rule::lines_markdown(&lines, wishes.lang)),
        Format::Xlsx => {
            let title = format!("{id} {}", words(&figure.title, wishes.lang));
            wishes.write(&excel(export::of_lines(title, &lines, wishes.lang))?)
        }
    }?;
    if let Err(what) = counter.agrees(ix, &count, &opened.lines) {
        eprintln!("{what}");
        return Ok(End::Faults);
    }
    let value = count.quantity.map(|quantity| quantity.text(&figure.unit, figure.money));
    eprintln!("{id}: {} = {} {}", lines.len(), value.unwrap_or_default(), figure.unit);
    if let Some(signed) =
        edition.and_then(|edition| edition.kept.counts.get(ix)).filter(|one| one.quantity != count.quantity)
    {
        eprintln!("{id}: {:?} was signed", signed.quantity);
        return Ok(End::Faults);
    }
    Ok(End::Good)
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
    /// Writes a report as it is wanted.
    fn tell(&self, told: &ReportView) -> Result<(), String> {
        let text = match (self.format, &told.edition) {
            (Format::Docx, _) => {
                return self.write(&Document::of(told, self.lang).bytes().map_err(|error| error.to_string())?);
            }
            (Format::Xlsx, _) if !export::has(told, self.by) => {
                return Err("signed figures were fixed by area and by year only".into());
            }
            (Format::Xlsx, _) => return self.write(&excel(export::of_report(told, self.by, self.lang))?),
            (Format::Md, Some(edition)) => signed::markdown(told, edition, self.lang),
            (Format::Md, None) => rule::markdown(told, self.lang),
            (Format::Csv, Some(_)) => signed::csv(told)?,
            (Format::Csv, None) => rule::csv(told)?,
            (Format::Json, _) => serde_json::to_string_pretty(told).map_err(|error| error.to_string())?,
        };
        self.say(&text)
    }

    /// Writes a text, which ends with its last line.
    fn say(&self, text: &str) -> Result<(), String> {
        self.write(format!("{}\n", text.trim_end()).as_bytes())
    }

    /// Writes into the file that was named, or on standard output.
    fn write(&self, bytes: &[u8]) -> Result<(), String> {
        match &self.out {
            Some(file) => std::fs::write(file, bytes).map_err(|error| format!("{}: {error}", file.display())),
            None => {
                // Whoever reads may stop at any time.
                let _ = std::io::stdout().lock().write_all(bytes);
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
