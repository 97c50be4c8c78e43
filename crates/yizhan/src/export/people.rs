//! Subjects kind by kind and cases service by service: one row each, with what holds of them on the day of the last act.

use super::keys::Keys;
use super::mask::{Shown, shown};
use super::table::{Cell, Column, Format, Kind, Shape, Table};
use std::collections::HashMap;
use std::path::Path;
use yizhan_core::access::Seen;
use yizhan_core::catalog::{Attribute, Catalog, ValueKind};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_core::waist::Reader;
use yizhan_kit::Day;

/// What sealed facts say, opened: by subject and attribute.
pub type Opened = HashMap<(SubjectId, String), serde_json::Value>;

/// Opens the sealed facts; the latest of each attribute stands.
///
/// # Errors
/// What cannot be read or opened.
pub fn open_facts(reader: &mut Reader, keys: &mut Keys<'_>, last: u64, how: Shown) -> Result<Opened, String> {
    let (mut after, mut opened) = (-1, Opened::new());
    loop {
        let page = reader.sealed_facts(after, 4096).map_err(|error| error.to_string())?;
        let Some(end) = page.last() else { return Ok(opened) };
        after = i64::try_from(end.n).unwrap_or(i64::MAX);
        for row in page.iter().filter(|row| row.seq <= last) {
            let place = (row.subject, row.attribute.to_string());
            let (Some(key), Some(sealed)) = (row.key, &row.sealed) else { continue };
            match keys.open(key, sealed)? {
                None => drop(opened.remove(&place)),
                Some(plain) => {
                    let said = serde_json::from_slice(&plain)
                        .unwrap_or_else(|_| String::from_utf8_lossy(&plain).into_owned().into());
                    opened.insert(place, shown(said, None, how));
                }
            }
        }
    }
}

/// Writes a table for every kind of subject and every service.
///
/// # Errors
/// What cannot be written.
pub fn write(seen: &Seen<'_>, opened: &Opened, folder: &Path, format: Format) -> Result<Vec<(Shape, u64)>, String> {
    let image = seen.image();
    let catalog = image.catalog().ok_or("there is no zone yet")?;
    let day = image.at.day();
    let mut written = Vec::new();
    for kind in catalog.subjects.values() {
        let attributes = attributes_of(catalog, &kind.name);
        let mut columns = vec![Column::new("subject", Kind::Int, "对象编号", "the subject's number")];
        columns.extend(attributes.iter().map(|attribute| column(attribute)));
        let words = [
            format!("{}，截至最后一个行为当天", kind.title.zh),
            format!("{}, as of the day of the last act", kind.title.en),
        ];
        let shape = Shape { path: format!("subjects/{}", kind.name), words, columns };
        let mut table = Table::create(folder, shape, format).map_err(|error| error.to_string())?;
        for subject in seen.subjects_of(&kind.name) {
            let mut cells = vec![Cell::number(u64::from(subject.0))];
            cells.extend(attributes.iter().map(|attribute| cell(seen, opened, subject, attribute, day)));
            table.row(cells).map_err(|error| error.to_string())?;
        }
        written.push(table.finish().map_err(|error| error.to_string())?);
    }
    written.extend(cases(seen, opened, folder, format)?);
    Ok(written)
}

fn cases(seen: &Seen<'_>, opened: &Opened, folder: &Path, format: Format) -> Result<Vec<(Shape, u64)>, String> {
    let image = seen.image();
    let catalog = image.catalog().ok_or("there is no zone yet")?;
    let day = image.at.day();
    let mut tables: HashMap<String, (Table, Vec<Attribute>)> = HashMap::new();
    for case in seen.cases() {
        let service = image.service(case);
        if !tables.contains_key(&service.name) {
            let title = &service.title;
            let attributes: Vec<Attribute> = attributes_of(catalog, &service.name).into_iter().cloned().collect();
            let mut columns = case_columns();
            columns.extend(attributes.iter().map(column));
            let words = [format!("办件：{}", title.zh), format!("Cases: {}", title.en)];
            let shape = Shape { path: format!("cases/{}", service.name), words, columns };
            let table = Table::create(folder, shape, format).map_err(|error| error.to_string())?;
            tables.insert(service.name.clone(), (table, attributes));
        }
        let (table, attributes) = tables.get_mut(&service.name).expect("it was made a moment ago");
        let area = image.area(case);
        let area_name = catalog.regions.get(area).map_or_else(String::new, |_| catalog.regions.path_zh(area));
        let mut cells = vec![
            Cell::number(u64::from(case.subject.0)),
            Cell::Text(image.number(case)),
            Cell::Text(case.state.as_str().to_owned()),
            Cell::Text(service.steps[usize::from(case.step)].name.clone()),
            Cell::Text(area.to_string()),
            Cell::Text(area_name),
            Cell::Text(image.opened_at(case).to_string()),
            Cell::maybe(case.due().map(|due| due.to_string())),
            Cell::Flag(case.key == 0),
        ];
        cells.extend(attributes.iter().map(|attribute| cell(seen, opened, case.subject, attribute, day)));
        table.row(cells).map_err(|error| error.to_string())?;
    }
    let mut tables: Vec<Table> = tables.into_values().map(|(table, _)| table).collect();
    tables.sort_by(|one, other| one.shape.path.cmp(&other.shape.path));
    tables.into_iter().map(|table| table.finish().map_err(|error| error.to_string())).collect()
}

fn case_columns() -> Vec<Column> {
    vec![
        Column::new("case", Kind::Int, "办件编号（对象）", "the case, a subject"),
        Column::new("number", Kind::Text, "办件号", "its public number"),
        Column::new("state", Kind::Text, "状态", "its state"),
        Column::new("step", Kind::Text, "所在步骤", "the step it stands at"),
        Column::new("area", Kind::Text, "经办地区代码", "the area that has it"),
        Column::new("area_name", Kind::Text, "经办地区", "its name"),
        Column::new("opened_at", Kind::Moment, "提交时刻", "when it was opened"),
        Column::new("due", Kind::Moment, "办结期限", "when it is due"),
        Column::new(
            "forgotten",
            Kind::Flag,
            "个人信息是否已按规定删除",
            "whether its personal details were deleted by rule",
        ),
    ]
}

/// What may be known of a kind of subject and is kept, not computed.
fn attributes_of<'a>(catalog: &'a Catalog, kind: &str) -> Vec<&'a Attribute> {
    catalog.attributes.values().filter(|one| one.subject == kind && one.computed.is_none()).collect()
}

fn column(attribute: &Attribute) -> Column {
    let kind = match (attribute.sealed.is_some(), attribute.many, attribute.kind) {
        (true, ..) | (_, true, _) => Kind::Json,
        (_, _, ValueKind::Flag) => Kind::Flag,
        (_, _, ValueKind::Int | ValueKind::Subject) => Kind::Int,
        (_, _, ValueKind::Fen) => Kind::Yuan,
        (_, _, ValueKind::Day) => Kind::Day,
        _ => Kind::Text,
    };
    let unit = attribute.unit.as_ref().map_or_else(String::new, |unit| format!(" ({unit})"));
    let codes = |zh: bool| -> String {
        let said =
            attribute.codes.iter().map(|(code, words)| format!("{code}={}", if zh { &words.zh } else { &words.en }));
        let said = said.collect::<Vec<_>>().join(", ");
        if said.is_empty() { said } else { format!(": {said}") }
    };
    let title = &attribute.title;
    Column {
        name: attribute.name.split_once('.').map_or(&*attribute.name, |(_, name)| name).to_owned(),
        kind,
        words: [format!("{}{unit}{}", title.zh, codes(true)), format!("{}{unit}{}", title.en, codes(false))],
    }
}

fn cell(seen: &Seen<'_>, opened: &Opened, subject: SubjectId, attribute: &Attribute, day: Day) -> Cell {
    if attribute.sealed.is_some() {
        let said = opened.get(&(subject, attribute.name.clone()));
        return said.map_or(Cell::None, |said| Cell::Json(said.clone()));
    }
    if attribute.many {
        let spells = seen.spells(subject, &attribute.name);
        let held = spells.iter().filter(|spell| spell.holds_on(day)).filter_map(|spell| spell.value.text(attribute));
        let held: Vec<String> = held.collect();
        return if held.is_empty() { Cell::None } else { Cell::Json(held.into()) };
    }
    let value = seen.fact(subject, &attribute.name, day);
    match value {
        None => Cell::None,
        Some(Value::Flag(flag)) => Cell::Flag(flag),
        Some(Value::Int(number)) if attribute.kind == ValueKind::Int => Cell::Int(number),
        Some(Value::Subject(other)) => Cell::number(u64::from(other.0)),
        Some(other) => Cell::maybe(other.text(attribute)),
    }
}
