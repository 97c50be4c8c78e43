//! A report for everybody, without signing in and without a script: totals, by township or by year, and what was counted. Cells that
//! are about fewer than five people are told together with others.

use super::book::{self, Counted};
use super::rule;
use crate::answer::Query;
use crate::app::{App, blocking};
use crate::case::act;
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

/// The pages.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().route("/report/{report}", get(page))
}

/// What is asked for: a part of the district, or a year; never both, so that nothing can be told by subtraction.
#[derive(Deserialize)]
struct Wanted {
    area: Option<RegionCode>,
    year: Option<i32>,
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
}

/// An area or a year to choose.
struct Choice {
    link: String,
    title: String,
    chosen: bool,
}

struct Section {
    title: String,
    figures: Vec<Shown>,
}

/// A figure as everybody sees it.
struct Shown {
    id: String,
    title: String,
    value: String,
    unit: String,
    count: String,
    least: bool,
    how: String,
    /// By township: the name, the value, or that it is told with others.
    parts: Vec<Told>,
    /// By year, with the height of its bar.
    bars: Vec<Bar>,
}

struct Told {
    title: String,
    value: String,
    merged: bool,
}

struct Bar {
    title: String,
    value: String,
    left: usize,
    top: i128,
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

fn shown(app: &Arc<App>, name: &str, wanted: &Wanted, frame: &Frame) -> Result<Page, Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let report = book::find(catalog, name)?;
    let lang = frame.lang;
    // Always the whole district and all years: what is told of a part or a year is a cell of these.
    let asked = book::asked(catalog, report, None, None)?;
    let part = wanted.area.and_then(|area| asked.parts.iter().position(|part| *part == area));
    let year = wanted.year.filter(|_| part.is_none()).and_then(|year| asked.years.iter().position(|one| *one == year));
    let kept = book::counted(app, name, &asked);
    let choice = |key: &str, of: String, title: String, chosen: bool| Choice {
        link: format!("/report/{name}?{key}={of}"),
        title,
        chosen,
    };
    let titled = |area: RegionCode| {
        let region = catalog.regions.get(area);
        region.map_or_else(|| area.to_string(), |region| words(&region.name, lang).to_owned())
    };
    let areas = asked.parts.iter().enumerate();
    let years = asked.years.iter().enumerate();
    let pick = Pick { catalog, report, kept: &kept, part, year, lang };
    let section = |(at, title)| Section {
        title: words(title, lang).to_owned(),
        figures: report
            .figures
            .iter()
            .enumerate()
            .filter(|(_, one)| one.section == at && one.public)
            .filter_map(|(ix, one)| pick.figure(ix, one))
            .collect(),
    };
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
        action: format!("/report/{name}"),
        areas: areas.map(|(at, area)| choice("area", area.to_string(), titled(*area), part == Some(at))).collect(),
        years: years.map(|(at, one)| choice("year", one.to_string(), one.to_string(), year == Some(at))).collect(),
        sections: report.sections.iter().enumerate().map(section).filter(|one| !one.figures.is_empty()).collect(),
        frame: frame.clone(),
    })
}

/// What is picked of a counted report.
struct Pick<'a> {
    catalog: &'a Catalog,
    report: &'a Report,
    kept: &'a Counted,
    part: Option<usize>,
    year: Option<usize>,
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
        let with = figure.with.as_deref().and_then(|id| self.report.figure(id)).filter(|(_, other)| other.public);
        let paired = with.and_then(|(at, other)| self.value(other, &self.kept.counts[at]));
        let whole = self.part.is_none() && self.year.is_none();
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
            how: rule::how(self.catalog, figure, &self.kept.asked, self.lang),
            parts: if whole { self.parts(figure, count) } else { Vec::new() },
            bars: if whole { self.bars(figure, count) } else { Vec::new() },
        })
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
            _ => {
                let people: u64 = count.parts.iter().map(|(_, cell)| cell.people).sum();
                Some(if personal && (1..rule::FEWEST).contains(&people) {
                    self.few()
                } else {
                    count.quantity.map_or_else(|| "—".to_owned(), |one| one.text(&figure.unit, figure.money))
                })
            }
        }
    }

    fn few(&self) -> String {
        crate::case::rule::words("（与其他合并）", "(with others)", self.lang).to_owned()
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
                left: at * WIDE + 6,
                top: HIGH - high,
                high,
                middle: at * WIDE + WIDE / 2,
            }
        };
        count.years.iter().zip(&told).enumerate().map(bar).collect()
    }
}

fn text(figure: &Figure, cell: &Cell) -> String {
    // A share or a mean of nothing is nothing.
    cell.quantity.map_or_else(|| "—".to_owned(), |quantity| quantity.text(&figure.unit, figure.money))
}
