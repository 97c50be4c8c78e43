//! A report as a document that can be edited: Office Open XML, as ISO/IEC 29500 has it. Headings, sentences, tables of figures; no
//! macro, no picture, no field but the page number.

use super::model::{CellView, CorrectionView, FigureView, ReportView, SectionView};
use super::signed;
use crate::app::store;
use crate::case::rule::words as say;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::io::Write;
use yizhan_kit::{Lang, Problem};
use zip::write::SimpleFileOptions;

/// What such a file is called on its way.
const KIND: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// How many figures stand beside each other in a table of areas.
const BESIDE: usize = 5;

/// A document before it is written.
pub struct Document {
    /// Its title.
    pub title: String,
    /// What stands below the title, a paragraph each.
    pub lead: Vec<String>,
    /// Its chapters.
    pub chapters: Vec<Chapter>,
    /// Its language.
    pub lang: Lang,
}

/// A chapter.
pub struct Chapter {
    /// Its heading.
    pub title: String,
    /// Its sentences.
    pub prose: String,
    /// Its tables.
    pub tables: Vec<Table>,
}

/// A table.
pub struct Table {
    /// What stands above it; nothing where the chapter's heading is enough.
    pub title: String,
    /// Its rows, the heads first, each with as many cells.
    pub rows: Vec<Vec<String>>,
}

impl Document {
    /// A report with its figures, by year and by area, and how each was counted.
    pub fn of(report: &ReportView, lang: Lang) -> Self {
        let mut lead = vec![report.about.clone(), format!("{} — {} {}", report.from, report.to, report.area)];
        if let Some(edition) = &report.edition {
            lead.push(signed::by(edition, lang));
            lead.extend((!edition.note.is_empty()).then(|| edition.note.clone()));
        }
        let is_signed = report.edition.is_some();
        let mut chapters: Vec<Chapter> =
            report.sections.iter().map(|section| chapter(section, is_signed, lang)).collect();
        let figures = report.sections.iter().flat_map(|section| &section.figures);
        let head = vec![say("编号", "id", lang).to_owned(), say("怎么数的", "how it is counted", lang).to_owned()];
        let how = figures.map(|one| vec![one.id.clone(), one.how.clone()]);
        chapters.push(Chapter {
            title: say("附：各个数怎么数的", "How each figure is counted", lang).to_owned(),
            prose: String::new(),
            tables: vec![Table { title: String::new(), rows: std::iter::once(head).chain(how).collect() }],
        });
        Self { title: report.title.trim().to_owned(), lead, chapters, lang }
    }

    /// The file.
    ///
    /// # Errors
    /// When it cannot be packed.
    pub fn bytes(&self) -> Result<Vec<u8>, zip::result::ZipError> {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        for (name, text) in [
            ("[Content_Types].xml", TYPES.to_owned()),
            ("_rels/.rels", PACKAGE.to_owned()),
            ("docProps/core.xml", self.properties()),
            ("word/_rels/document.xml.rels", PARTS.to_owned()),
            ("word/styles.xml", self.styles()),
            ("word/footer1.xml", FOOTER.to_owned()),
            ("word/document.xml", self.body()),
        ] {
            archive.start_file(name, options)?;
            archive.write_all(text.as_bytes())?;
        }
        Ok(archive.finish()?.into_inner())
    }

    fn tag(&self) -> &'static str {
        match self.lang {
            Lang::Zh => "zh-CN",
            Lang::En => "en-GB",
        }
    }

    fn properties(&self) -> String {
        format!(
            "{HEAD}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>{}</dc:title><dc:language>{}</dc:language></cp:coreProperties>",
            escaped(&self.title),
            self.tag()
        )
    }

    fn styles(&self) -> String {
        STYLES.replace("zh-CN\" w:eastAsia", &format!("{}\" w:eastAsia", self.tag()))
    }

    fn body(&self) -> String {
        let mut text = format!("{HEAD}<w:document xmlns:w=\"{SPACE}\" xmlns:r=\"{RELATED}\"><w:body>");
        paragraph(&mut text, Some("Title"), &self.title);
        for line in self.lead.iter().filter(|line| !line.trim().is_empty()) {
            paragraph(&mut text, Some("Lead"), line.trim());
        }
        for chapter in &self.chapters {
            paragraph(&mut text, Some("Heading1"), &chapter.title);
            if !chapter.prose.is_empty() {
                paragraph(&mut text, None, &chapter.prose);
            }
            for table in &chapter.tables {
                if !table.title.is_empty() {
                    paragraph(&mut text, Some("Heading2"), &table.title);
                }
                table.write(&mut text);
            }
        }
        text.push_str(
            "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId2\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
             <w:pgMar w:top=\"1440\" w:right=\"1247\" w:bottom=\"1440\" w:left=\"1247\" w:header=\"720\" w:footer=\"720\" w:gutter=\"0\"/></w:sectPr>\
             </w:body></w:document>",
        );
        text
    }
}

impl Table {
    fn write(&self, text: &mut String) {
        let columns = self.rows.first().map_or(0, Vec::len);
        if columns == 0 {
            return;
        }
        text.push_str(
            "<w:tbl><w:tblPr><w:tblStyle w:val=\"Figures\"/><w:tblW w:w=\"5000\" w:type=\"pct\"/></w:tblPr><w:tblGrid>",
        );
        (0..columns).for_each(|_| text.push_str("<w:gridCol/>"));
        text.push_str("</w:tblGrid>");
        for (n, row) in self.rows.iter().enumerate() {
            // Heads stand again on every page; no row is torn apart.
            let head = if n == 0 { "<w:tblHeader/>" } else { "" };
            text.push_str(&format!("<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>"));
            for cell in row {
                let style = if n == 0 { "Head" } else { "Cell" };
                text.push_str("<w:tc><w:tcPr><w:tcW w:w=\"0\" w:type=\"auto\"/></w:tcPr>");
                paragraph(text, Some(style), cell);
                text.push_str("</w:tc>");
            }
            text.push_str("</w:tr>");
        }
        text.push_str("</w:tbl>");
        paragraph(text, Some("Gap"), "");
    }
}

/// A document as an answer, under a plain name.
///
/// # Errors
/// When it cannot be packed.
pub fn answer(document: &Document, name: &str) -> Result<Response, Problem> {
    let bytes = document.bytes().map_err(|error| store(&error))?;
    let named = format!("attachment; filename=\"{name}.docx\"");
    Ok(([(header::CONTENT_TYPE, KIND.to_owned()), (header::CONTENT_DISPOSITION, named)], bytes).into_response())
}

/// A figure's value as a sentence has it: at least, the value, its unit, what stands beside it.
pub fn valued(least: bool, value: &str, unit: &str, count: &str) -> String {
    let least = if least { "≥ " } else { "" };
    let beside = if count.is_empty() { String::new() } else { format!("（{count}）") };
    format!("{least}{value} {unit}{beside}")
}

/// What was counted, as sentences.
pub fn sentences(figures: impl Iterator<Item = (String, String)>, lang: Lang) -> String {
    let said: Vec<String> = figures.map(|(title, value)| format!("{title}{}{value}", say("：", ": ", lang))).collect();
    if said.is_empty() {
        String::new()
    } else {
        format!("{}{}", said.join(say("；", "; ", lang)), say("。", ".", lang))
    }
}

fn chapter(section: &SectionView, is_signed: bool, lang: Lang) -> Chapter {
    let told = section.figures.iter().filter(|one| !one.value.is_empty());
    let prose = told.map(|one| (one.title.clone(), valued(one.least, &one.value, &one.unit_said, &one.count)));
    let prose = sentences(prose, lang);
    let mut tables = vec![totals(section.figures.iter().map(Total::of), is_signed, lang)];
    let dated: Vec<&FigureView> = section.figures.iter().filter(|one| one.years.len() > 1).collect();
    if let Some(first) = dated.first() {
        let years = first.years.iter().map(|year| year.title.clone());
        let head = std::iter::once(say("指标", "figure", lang).to_owned()).chain(years).collect();
        let row = |one: &&FigureView| {
            let title = format!("{}（{}）", one.title, one.unit_said);
            std::iter::once(title).chain(one.years.iter().map(|year| year.value.clone())).collect()
        };
        let title = say("按年", "By year", lang).to_owned();
        tables.push(Table { title, rows: std::iter::once(head).chain(dated.iter().map(row)).collect() });
    }
    let placed: Vec<&FigureView> = section.figures.iter().filter(|one| one.parts.len() > 1).collect();
    tables.extend(placed.chunks(BESIDE).enumerate().map(|(n, some)| {
        let title = if n == 0 { say("按辖区", "By area", lang) } else { "" };
        areas(title, some, lang)
    }));
    Chapter { title: section.title.clone(), prose, tables }
}

/// Figures side by side, an area a row.
fn areas(title: &str, figures: &[&FigureView], lang: Lang) -> Table {
    let titles = figures.iter().map(|one| format!("{}（{}）", one.title, one.unit_said));
    let head: Vec<String> = std::iter::once(say("辖区", "area", lang).to_owned()).chain(titles).collect();
    let names = figures.first().map_or(&[][..], |one| &one.parts);
    let row = |(n, area): (usize, &CellView)| {
        let values = figures.iter().map(|one| one.parts.get(n).map(|cell| cell.value.clone()).unwrap_or_default());
        std::iter::once(area.title.clone()).chain(values).collect()
    };
    Table { title: title.to_owned(), rows: std::iter::once(head).chain(names.iter().enumerate().map(row)).collect() }
}

/// A figure as a row of a table.
pub struct Total<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it is called.
    pub title: &'a str,
    /// Published as "more than".
    pub least: bool,
    /// Its value.
    pub value: &'a str,
    /// What it is counted in.
    pub unit: &'a str,
    /// What stands beside it.
    pub count: &'a str,
    /// What it has come to since it was signed.
    pub correction: Option<&'a CorrectionView>,
}

impl<'a> Total<'a> {
    fn of(figure: &'a FigureView) -> Self {
        let FigureView { id, title, least, value, unit_said: unit, count, correction, .. } = figure;
        Self { id, title, least: *least, value, unit, count, correction: correction.as_ref() }
    }
}

/// The table of a chapter's figures; of signed ones also what they have come to.
pub fn totals<'a>(figures: impl Iterator<Item = Total<'a>>, is_signed: bool, lang: Lang) -> Table {
    let heads = [
        say("编号", "id", lang),
        say("指标", "figure", lang),
        if is_signed { say("签发", "signed", lang) } else { say("数值", "value", lang) },
        say("单位", "unit", lang),
        say("对应数", "beside it", lang),
    ];
    let later = [say("更正后", "corrected", lang), say("差", "difference", lang)];
    let more = if is_signed { &later[..] } else { &[] };
    let head = heads.iter().chain(more).map(|one| (*one).to_owned()).collect();
    let row = |one: Total<'a>| {
        let value =
            if one.least && !one.value.is_empty() { format!("≥ {}", one.value) } else { one.value.to_owned() };
        let mut cells = vec![one.id.to_owned(), one.title.to_owned(), value, one.unit.to_owned(), one.count.to_owned()];
        if is_signed {
            cells.push(one.correction.map(|it| it.now.clone()).unwrap_or_default());
            cells.push(one.correction.map(|it| it.difference.clone()).unwrap_or_default());
        }
        cells
    };
    Table { title: String::new(), rows: std::iter::once(head).chain(figures.map(row)).collect() }
}

fn paragraph(text: &mut String, style: Option<&str>, said: &str) {
    text.push_str("<w:p>");
    if let Some(style) = style {
        text.push_str(&format!("<w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>"));
    }
    if !said.is_empty() {
        text.push_str(&format!("<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>", escaped(said)));
    }
    text.push_str("</w:p>");
}

/// A text in XML: what means something there is written otherwise, what may not stand there is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(' '),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const SPACE: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const RELATED: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPES: &str = include_str!("../../templates/docx/types.xml");
const PACKAGE: &str = include_str!("../../templates/docx/package.xml");
const PARTS: &str = include_str!("../../templates/docx/parts.xml");
const STYLES: &str = include_str!("../../templates/docx/styles.xml");
const FOOTER: &str = include_str!("../../templates/docx/footer.xml");
