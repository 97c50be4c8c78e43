//! A report for everybody, without signing in and without a script: totals, by township or by year, and what was counted. Cells that
//! are about fewer than five people are told together with others.

use super::book::{self, Counted};
use super::docx::{self, Chapter, Document};
use super::model::{CorrectionView, EditionView};
use super::publish::{self, Edition};
use super::{rule, signed};
use crate::answer::Query;
use crate::app::{App, blocking};
use crate::case::act;
use crate::case::rule::words as say;
use crate::case::view::words;
use crate::resident::http::{frame, refused, render};
use crate::resident::page::Frame;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use yizhan_core::catalog::Catalog;
use yizhan_core::catalog::report::{Counted as Of, Figure, Report};
use yizhan_core::report::{Cell, Count};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Lang, Problem};

/// How high the chart of a figure is, and how wide a year in it.
const HIGH: i128 = 40;
const WIDE: usize = 44;

/// What is left above it for values.
const TOP: i128 = 14;

/// The pages.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().route("/report/{report}", get(page)).route("/report/{report}/docx", get(document))
}

/// What is asked for: a part of the district, or a year; never both, and no other day, so that nothing can be told by subtraction.
#[derive(Deserialize)]
struct Wanted {
    area: Option<RegionCode>,
    year: Option<i32>,
    /// A publication by its number; the latest unless given.
    edition: Option<String>,
    /// What is counted now, whatever was published.
    #[serde(default)]
    now: String,
}

/// `/report/{report}`
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    frame: Frame,
    title: String,
    about: String,
    source: String,
    from: String,
    to: String,
    /// Whose figures they are; empty for the whole district.
    whose: String,
    /// The address without a choice.
    action: String,
    areas: Vec<Choice>,
    years: Vec<Choice>,
    sections: Vec<Section>,
    /// The publication that is shown.
    edition: Option<EditionView>,
    /// The others there are.
    others: Vec<Choice>,
    /// The address of the document.
    document: String,
}

/// An area or a year to choose.
struct Choice {
    link: String,
    title: String,
    chosen: bool,
}

struct Section {
    title: String,
    /// What people would rather look at: the first of its figures that have years.
    charts: Vec<Chart>,
    figures: Vec<Shown>,
}

/// How many of them.
const CHARTS: usize = 3;

struct Chart {
    title: String,
    unit: String,
    bars: Vec<Bar>,
}

/// A figure as everybody sees it.
struct Shown {
    id: String,
    title: String,
    value: String,
    unit: String,
    count: String,
    least: bool,
    /// Whether it is told in words only, because it is about too few.
    few: bool,
    how: String,
    /// What it has come to since it was signed.
    correction: Option<CorrectionView>,
    /// By township: the name, the value, or that it is told with others.
    parts: Vec<Told>,
    /// By year, with the height of its bar.
    bars: Vec<Bar>,
}

impl Shown {
    /// As a sentence has it.
    fn valued(&self) -> String {
        if self.few { self.value.clone() } else { docx::valued(self.least, &self.value, &self.unit, &self.count) }
    }
}

struct Told {
    title: String,
    value: String,
    merged: bool,
}

#[derive(Clone)]
struct Bar {
    title: String,
    value: String,
    /// The value as it stands above the bar, rounded.
    short: String,
    left: usize,
    top: i128,
    /// Where its value stands.
    above: i128,
    high: i128,
    /// The middle of the bar, below which its year stands.
    middle: usize,
}

async fn page(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    match blocking(|| shown(&app, &name, &wanted, &frame)) {
        Ok(page) => render(StatusCode::OK, &page),
        Err(problem) => refused(frame, &problem),
    }
}

/// The report as a document that can be edited: totals only.
async fn document(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let written =
        blocking(|| shown(&app, &name, &wanted, &frame)).and_then(|page| docx::answer(&page.document(), &name));
    written.unwrap_or_else(|problem| refused(frame, &problem))
}

fn shown(app: &Arc<App>, name: &str, wanted: &Wanted, frame: &Frame) -> Result<Page, Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let lang = frame.lang;
    // Always the whole district and all years: what is told of a part or a year is a cell of these.
    let asked = book::asked(catalog, book::find(catalog, name)?, None, None, None)?;
    let mut editions = publish::editions(app, &image, name)?;
    editions.retain(|one| one.kept.asked.area.is_none());
    let edition = match &wanted.edition {
        Some(number) => Some(publish::numbered(&editions, number)?),
        None if wanted.now.is_empty() => publish::shown(&editions, &asked),
        None => None,
    };
    let live;
    let (catalog, report, kept, now) = match edition {
        Some(edition) => {
            let (catalog, report) = publish::defined(&image, edition)?;
            (catalog, report, &edition.kept, Some(signed::now(app, edition)))
        }
        None => {
            live = book::counted(app, image.catalog_number(), name, &asked);
            (catalog, book::find(catalog, name)?, &*live, None)
        }
    };
    let asked = &kept.asked;
    let part = wanted.area.and_then(|area| asked.parts.iter().position(|part| *part == area));
    let year = wanted.year.filter(|_| part.is_none()).and_then(|year| asked.years.iter().position(|one| *one == year));
    let which = match (edition, &wanted.edition) {
        (Some(edition), Some(_)) => format!("edition={}", edition.number),
        (None, _) if !wanted.now.is_empty() => "now=1".to_owned(),
        _ => String::new(),
    };
    let address = |choice: &str| {
        let asked: Vec<&str> = [choice, which.as_str()].into_iter().filter(|one| !one.is_empty()).collect();
        if asked.is_empty() { format!("/report/{name}") } else { format!("/report/{name}?{}", asked.join("&")) }
    };
    let titled = |area: RegionCode| {
        let region = catalog.regions.get(area);
        region.map_or_else(|| area.to_string(), |region| words(&region.name, lang).to_owned())
    };
    let choice = |choice: String, title: String, chosen: bool| Choice { link: address(&choice), title, chosen };
    let areas = asked.parts.iter().enumerate();
    let years = asked.years.iter().enumerate();
    let pick = Pick { catalog, report, kept, part, year, now: now.as_deref(), lang };
    let section = |(at, title)| {
        let of_section = report.figures.iter().enumerate().filter(|(_, one)| one.section == at && one.public);
        let figures: Vec<Shown> = of_section.filter_map(|(ix, one)| pick.figure(ix, one)).collect();
        let drawn = figures.iter().filter(|one| !one.bars.is_empty()).take(CHARTS);
        let chart = |one: &Shown| Chart { title: one.title.clone(), unit: one.unit.clone(), bars: one.bars.clone() };
        Section { title: words(title, lang).to_owned(), charts: drawn.map(chart).collect(), figures }
    };
    let sections: Vec<Section> =
        report.sections.iter().enumerate().map(section).filter(|one| !one.figures.is_empty()).collect();
    let corrected = sections.iter().flat_map(|section| &section.figures).filter(|one| one.correction.is_some()).count();
    let mut document = format!("/report/{name}/docx?lang={}", say("zh", "en", lang));
    if !which.is_empty() {
        document.push_str(&format!("&{which}"));
    }
    Ok(Page {
        title: words(&report.title, lang).to_owned(),
        about: words(&report.about, lang).to_owned(),
        source: report.source.clone(),
        from: asked.from.to_string(),
        to: asked.to.to_string(),
        whose: match (part, year) {
            (Some(at), _) => titled(asked.parts[at]),
            (None, Some(at)) => asked.years[at].to_string(),
            _ => String::new(),
        },
        action: address(""),
        areas: areas.map(|(at, one)| choice(format!("area={one}"), titled(*one), part == Some(at))).collect(),
        years: years.map(|(at, one)| choice(format!("year={one}"), one.to_string(), year == Some(at))).collect(),
        sections,
        edition: edition.map(|edition| signed::edition(edition, corrected, lang)),
        others: others(name, &editions, edition, lang),
        document,
        frame: frame.clone(),
    })
}

/// Everything else that is to be read: what is counted now, what was published before or later.
fn others(name: &str, editions: &[Arc<Edition>], shown: Option<&Arc<Edition>>, lang: Lang) -> Vec<Choice> {
    if editions.is_empty() {
        return Vec::new();
    }
    let now = Choice {
        link: format!("/report/{name}?now=1"),
        title: say("现在的数（未签发）", "As counted now, not signed", lang).to_owned(),
        chosen: shown.is_none(),
    };
    let line = |one: &Arc<Edition>| {
        let day = one.published.map(|(_, at)| at.day().to_string()).unwrap_or_default();
        let (from, to) = (one.kept.asked.from, one.kept.asked.to);
        Choice {
            link: format!("/report/{name}?edition={}", one.number),
            title: rule::either(
                format!("{day} 签发（{from} — {to}）"),
                format!("Signed on {day} ({from} — {to})"),
                lang,
            ),
            chosen: shown.is_some_and(|other| other.number == one.number),
        }
    };
    editions.iter().map(line).chain([now]).collect()
}

impl Page {
    /// What of it is written into a document: what everybody reads, totals only.
    fn document(&self) -> Document {
        let lang = self.frame.lang;
        let mut lead =
            vec![self.about.clone(), format!("{} — {} {}", self.from, self.to, self.whose), self.source.clone()];
        lead.extend(self.edition.iter().map(|edition| signed::by(edition, lang)));
        let is_signed = self.edition.is_some();
        let chapter = |section: &Section| {
            let said = section.figures.iter().map(|one| (one.title.clone(), one.valued()));
            let rows = section.figures.iter().map(|one| docx::Total {
                id: &one.id,
                title: &one.title,
                least: one.least,
                value: &one.value,
                unit: &one.unit,
                count: &one.count,
                correction: one.correction.as_ref(),
            });
            Chapter {
                title: section.title.clone(),
                prose: docx::sentences(said, lang),
                tables: vec![docx::totals(rows, is_signed, lang)],
            }
        };
        Document { title: self.title.clone(), lead, chapters: self.sections.iter().map(chapter).collect(), lang }
    }
}

/// What is picked of a counted report.
struct Pick<'a> {
    catalog: &'a Catalog,
    report: &'a Report,
    kept: &'a Counted,
    part: Option<usize>,
    year: Option<usize>,
    /// What they come to now, where they were signed.
    now: Option<&'a Counted>,
    lang: Lang,
}

impl Pick<'_> {
    /// A figure as everybody may see it; nothing of what is not told of a part or a year.
    fn figure(&self, ix: usize, figure: &Figure) -> Option<Shown> {
        if matches!(figure.counted, Of::Nothing(_)) {
            return None;
        }
        let count = &self.kept.counts[ix];
        let value = self.value(figure, count)?;
        let whole = self.part.is_none() && self.year.is_none();
        let with = figure.with.as_deref().and_then(|id| self.report.figure(id)).filter(|(_, other)| other.public);
        let paired = with.and_then(|(at, other)| self.value(other, &self.kept.counts[at]));
        Some(Shown {
            id: figure.id.clone(),
            title: words(&figure.title, self.lang).to_owned(),
            value,
            unit: match self.lang {
                Lang::Zh => figure.unit.clone(),
                Lang::En => self.report.units.get(&figure.unit).cloned().unwrap_or_default(),
            },
            count: paired.unwrap_or_default(),
            least: figure.least,
            few: whole && is_few(figure, count),
            how: rule::how(self.catalog, figure, &self.kept.asked, self.lang),
            correction: self.now.filter(|_| whole).and_then(|now| self.correction(ix, figure, now)),
            parts: if whole { self.parts(figure, count) } else { Vec::new() },
            bars: if whole { self.bars(figure, count) } else { Vec::new() },
        })
    }

    /// What a signed total has come to; nothing where either is about too few people to be told.
    fn correction(&self, ix: usize, figure: &Figure, now: &Counted) -> Option<CorrectionView> {
        let (signed, now) = (&self.kept.counts[ix], now.counts.get(ix)?);
        if is_few(figure, signed) || is_few(figure, now) {
            return None;
        }
        publish::correction(signed, Some(now)).map(|one| signed::view(figure, &one))
    }

    fn value(&self, figure: &Figure, count: &Count) -> Option<String> {
        let personal = rule::is_personal(figure);
        let cell = |cells: &[Cell], at: usize| {
            let told = rule::merged(personal, cells);
            let cell = cells.get(at)?;
            Some(if told[at] { self.few() } else { text(figure, cell) })
        };
        match (self.part, self.year) {
            (Some(at), _) => cell(&count.parts.iter().map(|(_, cell)| *cell).collect::<Vec<_>>(), at),
            (None, Some(at)) => cell(&count.years.iter().map(|(_, cell)| *cell).collect::<Vec<_>>(), at),
            _ => Some(if is_few(figure, count) {
                say("不足五人，不公布", "fewer than five: not told", self.lang).to_owned()
            } else {
                count.quantity.map_or_else(|| "—".to_owned(), |one| one.text(&figure.unit, figure.money))
            }),
        }
    }

    fn few(&self) -> String {
        say("（与其他合并）", "(with others)", self.lang).to_owned()
    }

    fn parts(&self, figure: &Figure, count: &Count) -> Vec<Told> {
        let cells: Vec<Cell> = count.parts.iter().map(|(_, cell)| *cell).collect();
        let told = rule::merged(rule::is_personal(figure), &cells);
        let part = |((area, cell), merged): (&(RegionCode, Cell), &bool)| {
            let region = self.catalog.regions.get(*area);
            Told {
                title: region.map_or_else(|| area.to_string(), |region| words(&region.name, self.lang).to_owned()),
                value: if *merged { self.few() } else { text(figure, cell) },
                merged: *merged,
            }
        };
        count.parts.iter().zip(&told).map(part).collect()
    }

    fn bars(&self, figure: &Figure, count: &Count) -> Vec<Bar> {
        let cells: Vec<Cell> = count.years.iter().map(|(_, cell)| *cell).collect();
        let told = rule::merged(rule::is_personal(figure), &cells);
        let size = |cell: &Cell| cell.quantity.map_or(0, |one| one.numer / i128::from(one.denom)).max(0);
        let most = cells.iter().zip(&told).filter(|(_, merged)| !**merged).map(|(cell, _)| size(cell)).max();
        let Some(most) = most.filter(|most| *most > 0) else { return Vec::new() };
        let bar = |(at, ((year, cell), merged)): (usize, (&(i32, Cell), &bool))| {
            let high = if *merged { 0 } else { size(cell) * HIGH / most };
            Bar {
                title: year.to_string(),
                value: if *merged { self.few() } else { text(figure, cell) },
                short: if *merged { String::new() } else { short(&text(figure, cell)) },
                left: at * WIDE + 6,
                top: TOP + HIGH - high,
                above: TOP + HIGH - high - 4,
                high,
                middle: at * WIDE + WIDE / 2,
            }
        };
        count.years.iter().zip(&told).enumerate().map(bar).collect()
    }
}

/// A number of no more than some letters: what is above a bar need not be exact, for the exact one stands below.
fn short(value: &str) -> String {
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let room = 4_usize.saturating_sub(whole.len()).min(part.len());
    if room == 0 { whole.to_owned() } else { format!("{whole}.{}", &part[..room]) }
}

/// Whether a total is about so few people that it is not told.
fn is_few(figure: &Figure, count: &Count) -> bool {
    let people: u64 = count.parts.iter().map(|(_, cell)| cell.people).sum();
    rule::is_personal(figure) && (1..rule::FEWEST).contains(&people)
}

fn text(figure: &Figure, cell: &Cell) -> String {
    // A share or a mean of nothing is nothing.
    cell.quantity.map_or_else(|| "—".to_owned(), |quantity| quantity.text(&figure.unit, figure.money))
}
