//! What was answered in cases, step by step, and their papers as files. Whatever is sealed is opened by its key; what was
//! forgotten is left out.

use super::keys::Keys;
use super::mask::{Shown, shown};
use super::table::{Cell, Column, Format, Kind, Shape, Table};
use crate::paper::model::FileKind;
use crate::paper::rule::kind_of;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use yizhan_core::access::Seen;
use yizhan_core::image::case::StepVerb;
use yizhan_core::row::{BodyRow, StepRow};
use yizhan_core::service::AttachPaper;
use yizhan_core::waist::Reader;
use yizhan_kit::digest::{HashKind, hash};

/// What a body is to a step.
#[derive(Clone, Copy)]
enum Use {
    /// Its answers, or the description of its paper.
    Answers(usize),
    /// The content of its paper.
    Paper(usize),
}

/// Writes the answers of every step, and the papers.
///
/// # Errors
/// What cannot be read, opened or written.
pub fn write(
    seen: &Seen<'_>,
    reader: &mut Reader,
    keys: &mut Keys<'_>,
    how: Shown,
    folder: &Path,
    format: Format,
) -> Result<Vec<(Shape, u64)>, String> {
    let (steps, uses) = plan(reader, seen.image().seq)?;
    let say = |error: std::io::Error| error.to_string();
    let mut tables: HashMap<String, Table> = HashMap::new();
    let mut papers = Table::create(folder, papers(), format).map_err(say)?;
    let mut after = -1;
    loop {
        let page = reader.page::<BodyRow>(after, 32).map_err(|error| error.to_string())?;
        let Some(end) = page.last() else { break };
        after = i64::try_from(end.n).unwrap_or(i64::MAX);
        for body in &page {
            let Some(usage) = uses.get(&body.n) else { continue };
            let plain = match body.key {
                None => Some(body.sealed.to_vec()),
                Some(key) => keys.open(key, &body.sealed)?,
            };
            let Some(plain) = plain else { continue };
            match usage {
                Use::Paper(step) => papers.row(paper(seen, &steps[*step], &plain, how, folder)?).map_err(say)?,
                Use::Answers(step) => answers(seen, &steps[*step], &plain, how, folder, format, &mut tables)?,
            }
        }
    }
    let mut tables: Vec<Table> = tables.into_values().collect();
    tables.sort_by(|one, other| one.shape.path.cmp(&other.shape.path));
    let written = tables.into_iter().chain([papers]).map(Table::finish);
    written.collect::<Result<_, _>>().map_err(say)
}

/// Every step that brought a body, and what each body is.
fn plan(reader: &mut Reader, last: u64) -> Result<(Vec<StepRow>, HashMap<u64, Use>), String> {
    let (mut steps, mut uses, mut after) = (Vec::new(), HashMap::new(), -1);
    loop {
        let page = reader.page::<StepRow>(after, 8192).map_err(|error| error.to_string())?;
        let Some(end) = page.last() else { return Ok((steps, uses)) };
        after = i64::try_from(end.n).unwrap_or(i64::MAX);
        for step in page.into_iter().filter(|step| step.seq <= last) {
            let Some(body) = step.body else { continue };
            if *step.verb == *StepVerb::Attach.as_str() {
                uses.insert(AttachPaper::bodies(body).1, Use::Paper(steps.len()));
            }
            uses.insert(body, Use::Answers(steps.len()));
            steps.push(step);
        }
    }
}

fn answers(
    seen: &Seen<'_>,
    step: &StepRow,
    plain: &[u8],
    how: Shown,
    folder: &Path,
    format: Format,
    tables: &mut HashMap<String, Table>,
) -> Result<(), String> {
    let Ok(case) = seen.case(step.case) else { return Ok(()) };
    let image = seen.image();
    let service = image.service(case);
    let opening = *step.verb == *StepVerb::Open.as_str();
    let form = if opening { Some(&service.form) } else { service.form_of(Some(&step.name)) };
    let said =
        serde_json::from_slice(plain).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(plain).into_owned()));
    let said = shown(said, form.map(|form| &form.schema), how);
    if !tables.contains_key(&service.name) {
        let table = Table::create(folder, shape(&service.name, &service.title.zh, &service.title.en, format), format);
        tables.insert(service.name.clone(), table.map_err(|error| error.to_string())?);
    }
    let table = tables.get_mut(&service.name).expect("it was made a moment ago");
    let number = image.number(case);
    let row = |field: Option<String>, value: Cell| {
        let mut cells = vec![
            Cell::number(step.n),
            Cell::number(step.seq),
            Cell::number(u64::from(step.case.0)),
            Cell::Text(number.clone()),
            Cell::Text(step.verb.to_string()),
            Cell::Text(step.name.to_string()),
        ];
        cells.extend(field.map(Cell::Text));
        cells.push(value);
        cells
    };
    if format == Format::Json {
        return table.row(row(None, Cell::Json(said))).map_err(|error| error.to_string());
    }
    let mut leaves = Vec::new();
    flatten(String::new(), said, &mut leaves);
    for (pointer, value) in leaves {
        let cell = match value {
            Value::String(text) => Cell::Text(text),
            Value::Null => Cell::None,
            other => Cell::Json(other),
        };
        table.row(row(Some(pointer), cell)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Every answer with its place in the form, as a JSON pointer.
fn flatten(at: String, value: Value, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                flatten(format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), value, into);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (place, value) in items.into_iter().enumerate() {
                flatten(format!("{at}/{place}"), value, into);
            }
        }
        leaf => into.push((at, leaf)),
    }
}

/// The row of a paper, whose file is written where it may be shown.
fn paper(seen: &Seen<'_>, step: &StepRow, plain: &[u8], how: Shown, folder: &Path) -> Result<Vec<Cell>, String> {
    let case = seen.case(step.case).map_err(|problem| problem.to_string())?;
    let number = seen.image().number(case);
    let ending = match kind_of(plain) {
        Some(FileKind::Picture(format)) => format.extensions_str().first().copied().unwrap_or("bin"),
        Some(FileKind::Pdf) => "pdf",
        None => "bin",
    };
    let mut path = None;
    if how == Shown::Whole {
        let name = format!("papers/{number}/{}-{}.{ending}", step.n, step.name);
        let file = folder.join(&name);
        let within = file.parent().unwrap_or(folder);
        std::fs::create_dir_all(within)
            .and_then(|()| std::fs::write(&file, plain))
            .map_err(|error| error.to_string())?;
        path = Some(name);
    }
    Ok(vec![
        Cell::number(step.n),
        Cell::number(step.seq),
        Cell::number(u64::from(step.case.0)),
        Cell::Text(number),
        Cell::Text(step.name.to_string()),
        Cell::number(plain.len() as u64),
        Cell::Hex(hash(HashKind::Sha256, plain).0.to_vec()),
        Cell::maybe(path),
    ])
}

fn shape(service: &str, zh: &str, en: &str, format: Format) -> Shape {
    let mut columns = vec![
        Column::new("step", Kind::Int, "步骤行号", "the step's row number"),
        Column::new("seq", Kind::Int, "行为序号", "the act"),
        Column::new("case", Kind::Int, "办件编号（对象）", "the case, a subject"),
        Column::new("number", Kind::Text, "办件号", "the case's public number"),
        Column::new("verb", Kind::Text, "做了什么", "what was done"),
        Column::new("name", Kind::Text, "步骤或记录的名称", "the name of the step or entry"),
    ];
    if format == Format::Csv {
        columns.push(Column::new(
            "field",
            Kind::Text,
            "表单中的位置（JSON Pointer）",
            "its place in the form, a JSON pointer",
        ));
        columns.push(Column::new("value", Kind::Text, "所填内容", "what was answered"));
    } else {
        columns.push(Column::new("answers", Kind::Json, "所填内容", "what was answered"));
    }
    let words = [format!("答卷：{zh}"), format!("Answers: {en}")];
    Shape { path: format!("answers/{service}"), words, columns }
}

fn papers() -> Shape {
    Shape {
        path: "papers".to_owned(),
        words: [
            "材料清单；开封导出时附文件".to_owned(),
            "Papers; with their files where they were taken out opened".to_owned(),
        ],
        columns: vec![
            Column::new("step", Kind::Int, "步骤行号", "the step's row number"),
            Column::new("seq", Kind::Int, "行为序号", "the act"),
            Column::new("case", Kind::Int, "办件编号（对象）", "the case, a subject"),
            Column::new("number", Kind::Text, "办件号", "the case's public number"),
            Column::new("paper", Kind::Text, "材料名称", "which paper"),
            Column::new("bytes", Kind::Int, "字节数", "how many bytes"),
            Column::new("sha256", Kind::Hex, "文件的 SHA-256", "SHA-256 of the file"),
            Column::new("file", Kind::Text, "文件", "the file"),
        ],
    }
}
