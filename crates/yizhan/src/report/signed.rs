//! What was signed, beside what it comes to now: as it is told, as Markdown and as comma-separated values.

use super::book::{self, Counted};
use super::model::{CorrectionView, EditionLine, EditionView, FigureView, ReportView};
use super::publish::{self, Edition};
use super::rule;
use crate::app::App;
use crate::case::rule::words as say;
use std::sync::Arc;
use yizhan_core::catalog::report::{Figure, Report};
use yizhan_core::report::{Counter, Quantity};
use yizhan_kit::Lang;

/// What the figures of an edition come to now, by the definitions by which they were signed.
pub fn now(app: &Arc<App>, edition: &Edition) -> Arc<Counted> {
    let asked = &edition.kept.asked;
    let counted = book::counted(app, edition.catalog, &edition.report, asked);
    if counted.known_at >= edition.kept.known_at {
        return counted;
    }
    // What was counted a moment before it was signed corrects nothing.
    let by = |counter: &Counter<'_>| Arc::new(Counted::by(counter, asked.clone()));
    book::with(app, &app.image(), edition.catalog, &edition.report, asked, by).unwrap_or(counted)
}

/// Puts beside each figure that was signed what it has come to since, where that is something else; and who signed.
pub fn correct(told: &mut ReportView, report: &Report, edition: &Edition, now: &Counted, lang: Lang) {
    let mut corrected = 0;
    for figure in told.sections.iter_mut().flat_map(|section| &mut section.figures) {
        let Some((ix, defined)) = report.figure(&figure.id) else { continue };
        let found = edition.kept.counts.get(ix).and_then(|signed| publish::correction(signed, now.counts.get(ix)));
        figure.correction = found.map(|one| view(defined, &one));
        corrected += usize::from(figure.correction.is_some());
    }
    told.known_at = Some(edition.kept.known_at);
    told.edition = Some(self::edition(edition, corrected, lang));
}

/// An edition as it is told.
pub fn edition(edition: &Edition, corrected: usize, lang: Lang) -> EditionView {
    EditionView {
        number: edition.number.clone(),
        day: edition.published.map(|(_, at)| at.day().to_string()).unwrap_or_default(),
        known_at: edition.kept.known_at,
        signatures: publish::signatures(edition, lang),
        note: edition.note.clone(),
        corrected,
    }
}

/// A correction as it is told.
pub fn view(figure: &Figure, correction: &publish::Correction) -> CorrectionView {
    let text = |one: Option<Quantity>| one.map(|one| one.text(&figure.unit, figure.money)).unwrap_or_default();
    CorrectionView { now: text(correction.now), difference: rule::signed(&text(correction.more)) }
}

/// Editions in a list.
pub fn lines<'a>(editions: impl Iterator<Item = &'a Arc<Edition>>) -> Vec<EditionLine> {
    let line = |one: &Arc<Edition>| EditionLine {
        number: one.number.clone(),
        day: one.published.map(|(_, at)| at.day().to_string()).unwrap_or_default(),
    };
    editions.map(line).collect()
}

/// Who signed and when, in one line.
pub fn by(edition: &EditionView, lang: Lang) -> String {
    let one = edition.signatures.iter().map(|one| format!("{} {} {}", one.step, one.role, one.day));
    let signed: Vec<String> = one.collect();
    let known = rule::either(
        format!("数据截至日志第 {} 号", edition.known_at),
        format!("as known right after act {}", edition.known_at),
        lang,
    );
    format!("{} · {known} · {}", edition.number, signed.join(say("；", "; ", lang)))
}

/// What a figure is now.
fn today(figure: &FigureView) -> (&str, &str) {
    match &figure.correction {
        Some(one) => (&one.now, &one.difference),
        None => (&figure.value, ""),
    }
}

/// A report that was signed as Markdown: the signed value, the value now, by how much they differ.
pub fn markdown(report: &ReportView, edition: &EditionView, lang: Lang) -> String {
    let ReportView { title, about, from, to, area, .. } = report;
    let mut text = format!("# {title}\n\n{about}\n\n{from} — {to} {area}\n\n{}\n", by(edition, lang));
    if !edition.note.is_empty() {
        text.push_str(&format!("\n{}\n", edition.note));
    }
    let head = say(
        "| 编号 | 指标 | 签发 | 现在 | 差 | 单位 | 对应数 | 怎么数的 |",
        "| id | figure | signed | now | difference | unit | count | how |",
        lang,
    );
    for section in &report.sections {
        text.push_str(&format!("\n## {}\n\n{head}\n|---|---|---:|---:|---:|---|---:|---|\n", section.title));
        for one in &section.figures {
            let least = if one.least && !one.value.is_empty() { "≥ " } else { "" };
            let (now, difference) = today(one);
            text.push_str(&format!(
                "| {} | {} | {least}{} | {now} | {difference} | {} | {} | {} |\n",
                one.id, one.title, one.value, one.unit_said, one.count, one.how
            ));
        }
    }
    text
}

/// A report that was signed as comma-separated values: `id,signed,now,difference,unit,count,how`.
///
/// # Errors
/// When it cannot be written.
pub fn csv(report: &ReportView) -> Result<String, String> {
    fn row(one: &FigureView) -> [&str; 7] {
        let FigureView { id, value, unit, count, how, .. } = one;
        let (now, difference) = today(one);
        [id.as_str(), value, now, difference, unit, count, how]
    }
    let figures = report.sections.iter().flat_map(|section| &section.figures);
    let mut rows: Vec<[&str; 7]> = figures.map(row).collect();
    rows.sort_unstable_by_key(|row| row[0]);
    rule::separated(["id", "signed", "now", "difference", "unit", "count", "how"], rows)
}
