//! Reports and lists behind figures as Excel files: what the API tells, nothing more.

use super::model::{By, FigureView, OpenedView, RecordBehind, ReportAsked, ReportView, SectionView};
use super::{signed, view};
use crate::app::App;
use crate::case::rule::words as say;
use crate::sheet::{ROWS, Sheet};
use axum::response::Response;
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::problem;
use yizhan_kit::{Lang, Problem};

/// A sheet, and which of its columns are numbers.
pub type Numbered = (Sheet, Vec<usize>);

/// A report of which each figure is a row, with a column for each part of the area or each year; of signed figures also what they have
/// come to since.
pub fn of_report(told: &ReportView, by: By, lang: Lang) -> Numbered {
    let figures = || told.sections.iter().flat_map(|section| &section.figures);
    let cells = |one: &FigureView| match by {
        By::Whole => Vec::new(),
        By::Year => one.years.clone(),
        By::Area | By::Village => one.parts.clone(),
    };
    // Not every figure is told apart: a stand has no years.
    let mut apart: Vec<(String, String)> = Vec::new();
    for cell in figures().flat_map(cells) {
        if !apart.iter().any(|(of, _)| *of == cell.of) {
            apart.push((cell.of, cell.title));
        }
    }
    let heads = [
        (say("编号", "No.", lang), 8),
        (say("板块", "Section", lang), 14),
        (say("指标", "Figure", lang), 30),
        (if told.edition.is_some() { say("签发", "Signed", lang) } else { say("数值", "Value", lang) }, 14),
        (say("单位", "Unit", lang), 10),
        (say("对应数", "Beside it", lang), 10),
    ];
    let later = [(say("更正后", "Corrected", lang), 14), (say("差", "Difference", lang), 14)];
    let later = if told.edition.is_some() { &later[..] } else { &[] };
    let heads: Vec<(String, u16)> =
        heads.iter().chain(later).map(|(title, width)| ((*title).to_owned(), *width)).collect();
    let numbers: Vec<usize> = [3, 5].into_iter().chain(6..heads.len() + apart.len()).collect();
    let apart_heads = apart.iter().map(|(_, title)| (title.clone(), 12));
    let how = (say("怎么数的", "How it is counted", lang).to_owned(), 60);
    let rows = told.sections.iter().flat_map(|section| section.figures.iter().map(move |one| (section, one)));
    let row = |(section, one): (&SectionView, &FigureView)| {
        let own = cells(one);
        let mut row = vec![one.id.clone(), section.title.clone(), one.title.clone()];
        row.extend([one.value.clone(), one.unit_said.clone(), one.count.clone()]);
        if told.edition.is_some() {
            let correction = one.correction.as_ref();
            row.extend([
                correction.map(|it| it.now.clone()).unwrap_or_default(),
                correction.map(|it| it.difference.clone()).unwrap_or_default(),
            ]);
        }
        let cell = |of: &String| own.iter().find(|cell| cell.of == *of).map(|cell| cell.value.clone());
        row.extend(apart.iter().map(|(of, _)| cell(of).unwrap_or_default()));
        row.push(one.how.clone());
        row
    };
    let signed = told.edition.as_ref().map(|edition| format!(" · {}", signed::by(edition, lang))).unwrap_or_default();
    let sheet = Sheet {
        title: format!("{} {} {} — {}{signed}", told.title, told.area, told.from, told.to),
        columns: heads.into_iter().chain(apart_heads).chain([how]).collect(),
        rows: rows.map(row).collect(),
    };
    (sheet, numbers)
}

/// The records behind a figure; what is said of them stands in the title.
pub fn of_lines(title: String, lines: &[RecordBehind], lang: Lang) -> Numbered {
    let columns = [
        (say("号", "No.", lang), 12),
        (say("日期", "Day", lang), 12),
        (say("是什么", "What", lang), 40),
        (say("对象（编号）", "Whom, by number", lang), 22),
        (say("数额", "Amount", lang), 14),
    ];
    let row = |one: &RecordBehind| {
        vec![one.n.to_string(), one.day.clone(), one.what.clone(), one.who.clone(), one.amount.clone()]
    };
    let sheet = Sheet {
        title,
        columns: columns.into_iter().map(|(title, width)| (title.to_owned(), width)).collect(),
        rows: lines.iter().map(row).collect(),
    };
    (sheet, vec![0, 4])
}

/// A report of somebody's area as a file: of now, as it was known, or as it was signed.
///
/// # Errors
/// As [`view::told`]; `form-invalid` when what was signed is wanted by village; the store's failure.
pub fn report(
    app: &Arc<App>,
    viewer: &Viewer,
    name: &str,
    asked: &ReportAsked,
    lang: Lang,
) -> Result<Response, Problem> {
    let by = asked.by.unwrap_or_default();
    let told = view::told(app, viewer, name, &ReportAsked { by: Some(by), ..asked.clone() }, lang)?;
    if !has(&told, by) {
        let (zh, en) = ("签发的数只按下级辖区和按年定下。", "Signed figures were fixed by area and by year only.");
        return Err(problem::FORM_INVALID.problem(zh, en));
    }
    let (sheet, numbers) = of_report(&told, by, lang);
    sheet.answer_of(name, &numbers)
}

/// Whether a report can be told apart so: what was signed has the parts and the years that were fixed then.
pub fn has(told: &ReportView, by: By) -> bool {
    told.edition.is_none() || by != By::Village
}

/// What is behind a figure as a file, within what somebody may see.
///
/// # Errors
/// As [`view::opened`]; the store's failure.
pub fn opened(
    app: &Arc<App>,
    viewer: &Viewer,
    (name, figure): (&str, &str),
    asked: &ReportAsked,
    lang: Lang,
) -> Result<Response, Problem> {
    let asked = ReportAsked { page: None, ..asked.clone() };
    let told = view::opened(app, viewer, (name, figure), &asked, ROWS, lang)?;
    let (sheet, numbers) = of_lines(title(&told, lang), &told.lines, lang);
    sheet.answer_of(&format!("{name}-{figure}"), &numbers)
}

fn title(told: &OpenedView, lang: Lang) -> String {
    let one = &told.figure;
    let mut title = format!("{} {} {} {}", one.id, one.title, one.value, one.unit_said);
    let records = told.lines.len();
    if told.hidden > 0 {
        title.push_str(
            &say("，另有不在您可看范围内的记录 {} 条", ", and {} records that are not yours to see", lang)
                .replace("{}", &told.hidden.to_string()),
        );
    }
    if told.total > ROWS as u64 {
        let said = say("；共 {} 条，这里是前面的", "; the first of {} records", lang);
        title.push_str(&said.replace("{}", &told.total.to_string()));
    } else {
        let said = say("；记录 {} 条", "; {} records", lang);
        title.push_str(&said.replace("{}", &records.to_string()));
    }
    title
}
