//! A report as it is told: values in their units, lists by number.

use super::model::{FigureView, LineView, ReportView, SectionView};
use super::rule;
use crate::case::view::words;
use yizhan_core::access::Viewer;
use yizhan_core::catalog::Catalog;
use yizhan_core::catalog::report::{Counted, Figure, Measure, Report};
use yizhan_core::image::Image;
use yizhan_core::report::{Asked, Count, Line};
use yizhan_core::row::SubjectId;
use yizhan_kit::{Fen, Lang};

/// A report with its counts, in the order of its figures.
pub fn report(catalog: &Catalog, report: &Report, asked: &Asked, counts: &[Count], lang: Lang) -> ReportView {
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
    }
}

/// A figure's value as it is printed; empty where there is none.
pub fn value(figure: &Figure, count: &Count) -> String {
    count.quantity.map(|quantity| quantity.text(&figure.unit, figure.money)).unwrap_or_default()
}

fn figure(
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
    }
}

/// The records behind a figure, in words. Nobody is named.
pub fn lines(image: &Image, catalog: &Catalog, figure: &Figure, lines: &[Line], lang: Lang) -> Vec<LineView> {
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
    let view = |line: &Line| LineView {
        n: line.n,
        day: line.day.to_string(),
        what: title(line),
        who: line.who.map(number).unwrap_or_default(),
        amount: amount(line),
    };
    lines.iter().map(view).collect()
}
