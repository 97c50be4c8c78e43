//! A report as it is told: values in their units, lists by number.

use super::book::{self, Counted as Kept};
use super::model::{CellView, FigureView, OpenedView, RecordBehind, ReportAsked, ReportLine, ReportView, SectionView};
use super::publish::{self, Edition};
use super::{odd, pick, rule, signed};
use crate::app::App;
use crate::case::rule::words as say;
use crate::case::view::words;
use std::sync::Arc;
use yizhan_core::access::{Role, Viewer, forbidden};
use yizhan_core::catalog::report::{Counted, Figure, Measure, Report};
use yizhan_core::catalog::{Catalog, Service};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_core::report::{Asked, Cell, Count, Line, Opened};
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Fen, Lang, Problem};

/// Lines a page.
pub const PAGE: usize = 50;

/// The reports of a catalog.
pub fn list(catalog: &Catalog, lang: Lang) -> Vec<ReportLine> {
    let line = |report: &Report| ReportLine {
        report: report.name.clone(),
        title: words(&report.title, lang).to_owned(),
        about: words(&report.about, lang).to_owned(),
        from: report.from.to_string(),
        to: report.to.to_string(),
    };
    catalog.reports.values().map(line).collect()
}

/// A report with its counts, in the order of its figures.
pub fn report(catalog: &Catalog, report: &Report, kept: &Kept, lang: Lang) -> ReportView {
    let Kept { asked, counts, notices, .. } = kept;
    let area = asked.area.and_then(|area| catalog.regions.get(area)).map(|region| words(&region.name, lang).to_owned());
    let section = |(place, title)| SectionView {
        title: words(title, lang).to_owned(),
        figures: report
            .figures
            .iter()
            .zip(counts)
            .filter(|(one, _)| one.section == place)
            .map(|(one, count)| figure(catalog, report, asked, one, count, counts, lang))
            .collect(),
    };
    ReportView {
        report: report.name.clone(),
        title: words(&report.title, lang).to_owned(),
        about: words(&report.about, lang).to_owned(),
        from: asked.from.to_string(),
        to: asked.to.to_string(),
        area: area.unwrap_or_default(),
        sections: report.sections.iter().enumerate().map(section).collect(),
        notices: notices.iter().map(|one| odd::view(report, one, lang)).collect(),
        known_at: None,
        edition: None,
        editions: Vec::new(),
        publishes_by: None,
    }
}

/// A figure's value as it is printed; empty where there is none.
pub fn value(figure: &Figure, count: &Count) -> String {
    count.quantity.map(|quantity| quantity.text(&figure.unit, figure.money)).unwrap_or_default()
}

pub(super) fn figure(
    catalog: &Catalog,
    report: &Report,
    asked: &Asked,
    one: &Figure,
    count: &Count,
    counts: &[Count],
    lang: Lang,
) -> FigureView {
    let counted = !matches!(one.counted, Counted::Nothing(_));
    let with = one.with.as_deref().filter(|_| counted).and_then(|id| report.figure(id));
    let unit_said = match lang {
        Lang::Zh => one.unit.clone(),
        Lang::En => report.units.get(&one.unit).cloned().unwrap_or_else(|| one.unit.clone()),
    };
    FigureView {
        id: one.id.clone(),
        title: words(&one.title, lang).to_owned(),
        value: value(one, count),
        unit: one.unit.clone(),
        unit_said,
        count: with.map(|(ix, other)| value(other, &counts[ix])).unwrap_or_default(),
        least: one.least,
        how: rule::how(catalog, one, asked, lang),
        items: count.items,
        opens: counted,
        years: count.years.iter().map(|(year, cell)| cell_of(one, year.to_string(), year.to_string(), cell)).collect(),
        parts: count
            .parts
            .iter()
            .map(|(area, cell)| cell_of(one, area.to_string(), area_name(catalog, *area, lang), cell))
            .collect(),
        correction: None,
    }
}

fn area_name(catalog: &Catalog, area: RegionCode, lang: Lang) -> String {
    let region = catalog.regions.get(area);
    region.map_or_else(|| area.to_string(), |region| words(&region.name, lang).to_owned())
}

fn cell_of(figure: &Figure, of: String, title: String, cell: &Cell) -> CellView {
    let value = cell.quantity.map(|quantity| quantity.text(&figure.unit, figure.money));
    CellView { of, title, value: value.unwrap_or_default(), merged: false }
}

/// Whether a viewer may see all that a figure reads of subjects.
pub(super) fn may_read(image: &Image, viewer: &Viewer, figure: &Figure) -> bool {
    let role = viewer.role.as_str();
    let shown = |name: &String| image.attribute(name).is_some_and(|one| one.seen_by.iter().any(|to| to == role));
    viewer.role == Role::System || figure.reads.iter().all(shown)
}

/// Leaves of a report what somebody of the staff may be told: what it reads and is not theirs to know is told of the whole zone only.
pub fn for_viewer(
    image: &Image,
    report: &Report,
    viewer: &Viewer,
    kept: &Kept,
    mut told: ReportView,
    lang: Lang,
) -> ReportView {
    for figure in told.sections.iter_mut().flat_map(|section| &mut section.figures) {
        let Some((_, defined)) = report.figure(&figure.id) else { continue };
        if !may_read(image, viewer, defined) {
            withhold(figure, defined, kept, lang);
        }
        // What stands beside it may rest on more than it does itself.
        let with = defined.with.as_deref().and_then(|id| report.figure(id));
        if with
            .is_some_and(|(_, other)| !may_read(image, viewer, other) && (kept.asked.area.is_some() || !other.public))
        {
            figure.count.clear();
        }
    }
    // What does not fit is told to whoever may read all that is held against each other.
    told.notices.retain(|notice| {
        let figures = notice.figures.iter().filter_map(|id| report.figure(id));
        figures.into_iter().all(|(_, defined)| may_read(image, viewer, defined))
    });
    told
}

/// Leaves of a figure what everybody may know.
fn withhold(figure: &mut FigureView, defined: &Figure, kept: &Kept, lang: Lang) {
    figure.opens = false;
    figure.years.clear();
    figure.parts.clear();
    if kept.asked.area.is_some() || !defined.public {
        figure.value.clear();
        figure.count.clear();
        figure.items = 0;
        figure.correction = None;
        figure.how = say("只有经办科室能按辖区看", "by area only for those who handle it", lang).to_owned();
    }
}

/// A report as somebody of the staff is told it: of now, as it was known, or as it was signed.
///
/// # Errors
/// `not-found`; `forbidden` when it was signed for an area that is not theirs.
pub fn told(
    app: &Arc<App>,
    viewer: &Viewer,
    name: &str,
    asked: &ReportAsked,
    lang: Lang,
) -> Result<ReportView, Problem> {
    let image = app.image();
    let picked = pick::pick(app, &image, viewer, name, asked)?;
    let (catalog, report) = picked.defined(&image, name)?;
    let kept = picked.kept();
    let mut told = self::report(catalog, report, kept, lang);
    if let Some(edition) = &picked.edition {
        signed::correct(&mut told, report, edition, &signed::now(app, edition), lang);
    }
    told.known_at = told.known_at.or(picked.past.as_ref().map(|past| past.image.seq));
    let same = |one: &&Arc<Edition>| {
        let (its, own) = (&one.kept.asked, &kept.asked);
        (its.from, its.to, its.area) == (own.from, own.to, own.area)
    };
    told.editions = signed::lines(picked.editions.iter().filter(same));
    let may = |service: &&Arc<Service>| {
        publish::publishes(service) && service.opened_by.iter().any(|role| role == viewer.role.as_str())
    };
    let service = image.catalog().and_then(|catalog| catalog.services.values().find(may));
    told.publishes_by = service.map(|service| service.name.clone());
    Ok(for_viewer(&image, report, viewer, kept, told, lang))
}

/// What a case publishes: its figures as they were fixed beside what they are now; before they are, those of now.
///
/// # Errors
/// `case-not-found`; `not-found` for a case that publishes nothing; `forgotten`; the store's failure.
pub fn of_case(app: &Arc<App>, viewer: &Viewer, number: &str, lang: Lang) -> Result<ReportView, Problem> {
    let image = app.image();
    let case = viewer.look(&image).numbered(number)?;
    if !publish::publishes(image.service(case)) {
        return Err(problem::NOT_FOUND.problem("这个办件不发布报告。", "This case publishes no report."));
    }
    let Some(edition) = publish::of(&**app, &image, case)? else {
        let (name, asked) = publish::wanted(app, &image, case)?;
        let number = image.catalog_number();
        let catalog = image.catalog_at(number).expect("a zone with cases has a catalog");
        let report = book::find(catalog, &name)?;
        let kept = book::counted(app, number, &name, &asked);
        return Ok(for_viewer(&image, report, viewer, &kept, self::report(catalog, report, &kept, lang), lang));
    };
    let (catalog, report) = publish::defined(&image, &edition)?;
    let mut told = self::report(catalog, report, &edition.kept, lang);
    signed::correct(&mut told, report, &edition, &signed::now(app, &edition), lang);
    Ok(for_viewer(&image, report, viewer, &edition.kept, told, lang))
}

/// A page of so many lines of what is behind a figure, within what somebody of the staff may see. What was signed opens to the records as they were known.
///
/// # Errors
/// `not-found`; `forbidden` when the figure reads what is not theirs to know.
pub fn opened(
    app: &Arc<App>,
    viewer: &Viewer,
    (name, id): (&str, &str),
    asked: &ReportAsked,
    lines: usize,
    lang: Lang,
) -> Result<OpenedView, Problem> {
    let image = app.image();
    let picked = pick::pick(app, &image, viewer, name, asked)?;
    let (catalog, report) = picked.defined(&image, name)?;
    let (ix, defined) = report.figure(id).ok_or_else(|| {
        problem::NOT_FOUND.problem(format!("报告里没有“{id}”。"), format!("The report has no figure {id:?}."))
    })?;
    if !may_read(&image, viewer, defined) {
        let (zh, en) = (
            "这个数涉及您无权查看的信息，只公布总数。",
            "It rests on what is not yours to see; only its total is told.",
        );
        return Err(forbidden(zh, en));
    }
    let page = asked.page.unwrap_or(1).clamp(1, 1_000_000);
    let (found, past) = picked.open(app, &image, name, ix, ((page - 1) * lines, lines))?;
    let (known, kept) = (past.as_ref().map_or(&*image, |past| &past.image), picked.kept());
    let count = &kept.counts[ix];
    let mut figure = figure(catalog, report, &kept.asked, defined, count, &kept.counts, lang);
    if let Some(edition) = &picked.edition {
        let now = signed::now(app, edition);
        figure.correction = publish::correction(count, now.counts.get(ix)).map(|one| signed::view(defined, &one));
    }
    Ok(self::page(known, catalog, viewer, (defined, figure), (page, &found), lang))
}

/// A page of what was found behind a figure: what somebody may see of it.
pub(super) fn page(
    image: &Image,
    catalog: &Catalog,
    viewer: &Viewer,
    (defined, figure): (&Figure, FigureView),
    (page, found): (usize, &Opened),
    lang: Lang,
) -> OpenedView {
    let shown: Vec<Line> = found.lines.iter().filter(|line| sees(image, viewer, defined, line)).cloned().collect();
    OpenedView {
        figure,
        hidden: found.lines.len() - shown.len(),
        lines: lines(image, catalog, defined, &shown, lang),
        total: found.total,
        page,
        pages: usize::try_from(found.total).unwrap_or(usize::MAX).div_ceil(PAGE).max(1),
    }
}

/// Whether a record is somebody's to see.
fn sees(image: &Image, viewer: &Viewer, figure: &Figure, line: &Line) -> bool {
    let seen = viewer.look(image);
    let subject = SubjectId(u32::try_from(line.n).unwrap_or(u32::MAX));
    match &figure.counted {
        Counted::Transfers(_) => seen.transfer(line.n).is_some(),
        Counted::Slips { .. } | Counted::Cases { .. } => seen.case(subject).is_ok(),
        Counted::Facts(learned) => line.who.is_some_and(|who| seen.shows(SubjectId(who), &learned.attribute)),
        Counted::Subjects(_) | Counted::Rule(_) => line.who.is_none_or(|who| seen.place_of(SubjectId(who)).is_some()),
        _ => true,
    }
}

/// The records behind a figure, in words. Nobody is named.
pub fn lines(image: &Image, catalog: &Catalog, figure: &Figure, lines: &[Line], lang: Lang) -> Vec<RecordBehind> {
    let program = Viewer::program();
    let seen = program.look(image);
    let number = |subject: u32| match seen.case(SubjectId(subject)) {
        Ok(case) => image.number(case),
        Err(_) => subject.to_string(),
    };
    let title = |line: &Line| match &figure.counted {
        Counted::Transfers(_) => {
            let Some(one) = seen.transfer(line.n) else { return String::new() };
            let programme =
                catalog.programmes.get(&*one.rule).map(|programme| words(&programme.title, lang).to_owned());
            let service = || seen.case(one.case).map(|case| words(&image.service(case).title, lang).to_owned());
            let titled = programme.or_else(|| service().ok()).unwrap_or_default();
            format!("{titled} {}", number(one.case.0))
        }
        Counted::Slips { .. } | Counted::Cases { .. } => number(u32::try_from(line.n).unwrap_or_default()),
        Counted::Facts(learned) => {
            let attribute = catalog.attributes.get(&learned.attribute);
            attribute.map(|attribute| words(&attribute.title, lang).to_owned()).unwrap_or_default()
        }
        Counted::Subjects(stand) => {
            let kind = catalog.subjects.get(&stand.kind);
            kind.map(|kind| words(&kind.title, lang).to_owned()).unwrap_or_default()
        }
        _ => line.what.clone(),
    };
    let money = figure.money || matches!(figure.counted, Counted::Transfers(_) | Counted::Slips { .. });
    let amount = |line: &Line| match figure.measure {
        Measure::Members => line.amount.to_string(),
        _ if money => Fen(line.amount).to_string(),
        _ => line.amount.to_string(),
    };
    let view = |line: &Line| RecordBehind {
        n: line.n,
        day: line.day.to_string(),
        what: title(line),
        who: line.who.map(number).unwrap_or_default(),
        amount: amount(line),
    };
    lines.iter().map(view).collect()
}
