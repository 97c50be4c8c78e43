//! A file of the catalog as a tree and back. What is not changed keeps its wording, its order and its comments, so that a file
//! that somebody wrote by hand comes back from the form as it went in.

use serde_json::{Map, Value};
use std::fmt::Write;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table};

/// Lists at the top of a file that stand as sections of their own: `[[step]]`.
const SECTIONS: &[&str] = &["attribute", "paper", "step", "entry", "duty", "alarm", "example", "section"];

/// Lists within the rows of a section that do so too: `[[section.figure]]`.
fn inner(section: &str) -> &'static [&'static str] {
    if section == "section" { &["figure"] } else { &[] }
}

/// Where a text cannot be read, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// A TOML file as a tree. Days are texts.
///
/// # Errors
/// Where it is no TOML.
pub fn tree(text: &str) -> Result<Map<String, Value>, Flaw> {
    Ok(object(read(text)?.as_table()))
}

fn read(text: &str) -> Result<DocumentMut, Flaw> {
    text.parse::<DocumentMut>().map_err(|error| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        Flaw { line, what: error.message().to_owned() }
    })
}

/// A file with what a tree says in place of what it said. A tree that says the same changes no letter.
///
/// # Errors
/// Where the file is no TOML.
pub fn written(text: &str, wanted: &Map<String, Value>) -> Result<String, Flaw> {
    let mut document = read(text)?;
    if object(document.as_table()) == *wanted {
        return Ok(text.to_owned());
    }
    merge(document.as_table_mut(), wanted, SECTIONS);
    unplace(document.as_table_mut());
    Ok(document.to_string())
}

fn object(table: &Table) -> Map<String, Value> {
    table.iter().map(|(key, item)| (key.to_owned(), of_item(item))).collect()
}

fn of_item(item: &Item) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Value(value) => of_value(value),
        Item::Table(table) => Value::Object(object(table)),
        Item::ArrayOfTables(rows) => rows.iter().map(|row| Value::Object(object(row))).collect(),
    }
}

fn of_value(value: &toml_edit::Value) -> Value {
    use toml_edit::Value as Toml;
    match value {
        Toml::String(text) => Value::String(text.value().clone()),
        Toml::Integer(number) => Value::from(*number.value()),
        Toml::Boolean(flag) => Value::Bool(*flag.value()),
        // No figure of the catalog is a float; the loader says so.
        Toml::Float(number) => Value::String(number.value().to_string()),
        Toml::Datetime(date) => Value::String(date.value().to_string()),
        Toml::Array(list) => list.iter().map(of_value).collect(),
        Toml::InlineTable(table) => Value::Object(of_inline(table)),
    }
}

fn of_inline(table: &InlineTable) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.to_owned(), of_value(value))).collect()
}

fn says_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// Makes a table say what is wanted; the lists named stand as sections.
fn merge(table: &mut Table, wanted: &Map<String, Value>, sections: &[&str]) {
    table.retain(|key, item| {
        wanted.get(key).is_some_and(|value| !(value.is_null() || item.is_array_of_tables() && says_nothing(value)))
    });
    for (key, value) in wanted {
        let section = sections.contains(&key.as_str());
        match table.get_mut(key) {
            Some(item) if of_item(item) == *value => {}
            Some(item) => renew(key, item, value),
            None if value.is_null() || (section && says_nothing(value)) => {}
            None if section => {
                let mut item = Item::ArrayOfTables(ArrayOfTables::new());
                renew(key, &mut item, value);
                table.insert(key, item);
            }
            None => {
                table.insert(key, Item::Value(fresh(value)));
            }
        }
    }
}

fn renew(key: &str, item: &mut Item, value: &Value) {
    match (&mut *item, value) {
        (Item::Table(table), Value::Object(wanted)) => merge(table, wanted, &[]),
        (Item::ArrayOfTables(rows), Value::Array(wanted)) => *rows = rows_of(key, rows, wanted),
        (Item::Value(toml_edit::Value::Datetime(day)), Value::String(text))
            if text.parse::<toml_edit::Datetime>().is_ok() =>
        {
            let decor = day.decor().clone();
            let mut new =
                toml_edit::Value::from(text.parse::<toml_edit::Datetime>().expect("it was read a moment ago"));
            *new.decor_mut() = decor;
            *item = Item::Value(new);
        }
        (Item::Value(old), _) => {
            let mut new = fresh(value);
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        (item, _) => *item = Item::Value(fresh(value)),
    }
}

/// The rows of a section: each keeps the comments of the row that was called the same, or said the same.
fn rows_of(key: &str, old: &ArrayOfTables, wanted: &[Value]) -> ArrayOfTables {
    let mut left: Vec<Option<&Table>> = old.iter().map(Some).collect();
    let name = |row: &Value| {
        let named = ["name", "id"].into_iter().find_map(|key| Some((key, row.get(key)?.as_str()?)));
        named.map(|(key, name)| (key, name.to_owned()))
    };
    let mut taken: Vec<Option<Table>> = vec![None; wanted.len()];
    for (n, row) in wanted.iter().enumerate() {
        let same = |table: &Table| match name(row) {
            Some((key, name)) => table.get(key).and_then(Item::as_str) == Some(&name),
            None => Value::Object(object(table)) == *row,
        };
        let place = left.iter().position(|one| one.is_some_and(same));
        taken[n] = place.and_then(|place| left[place].take()).cloned();
    }
    let mut rows = ArrayOfTables::new();
    for (n, row) in wanted.iter().enumerate() {
        let Some(said) = row.as_object() else { continue };
        // A row that was renamed or reworded stands where it stood.
        let mut table =
            taken[n].take().or_else(|| left.get_mut(n).and_then(Option::take).cloned()).unwrap_or_else(|| {
                let mut new = Table::new();
                new.decor_mut().set_prefix("\n");
                new
            });
        merge(&mut table, said, inner(key));
        rows.push(table);
    }
    rows
}

/// Sections are written in the order of the tree, wherever they stood before.
fn unplace(table: &mut Table) {
    table.set_position(None);
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(inner) => unplace(inner),
            Item::ArrayOfTables(rows) => rows.iter_mut().for_each(unplace),
            _ => {}
        }
    }
}

/// A value in the catalog's own wording.
fn fresh(value: &Value) -> toml_edit::Value {
    let text = wording(value, 0);
    text.parse().unwrap_or_else(|_| toml_edit::Value::from(text))
}

fn wording(value: &Value, depth: usize) -> String {
    match value {
        Value::Array(items) if depth == 0 && items.len() > 1 && items.iter().all(Value::is_object) => {
            let rows: Vec<String> = items.iter().map(|item| format!("  {},\n", wording(item, 1))).collect();
            format!("[\n{}]", rows.concat())
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| wording(item, depth + 1)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let said = fields.iter().filter(|(_, value)| !value.is_null());
            let pairs: Vec<String> =
                said.map(|(key, value)| format!("{} = {}", quoted(key), wording(value, depth + 1))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::String(text) => Value::String(text.replace('\u{7f}', "")).to_string(),
        other => other.to_string(),
    }
}

fn quoted(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { key.to_owned() } else { Value::String(key.to_owned()).to_string() }
}

/// A form in the catalog's own wording: a property a line.
pub fn form(schema: &Map<String, Value>) -> String {
    let mut text = "{\n".to_owned();
    for (n, (key, value)) in schema.iter().enumerate() {
        let comma = if n + 1 < schema.len() { "," } else { "" };
        match value.as_object().filter(|fields| key == "properties" && !fields.is_empty()) {
            None => {
                let _ = writeln!(text, "  {}: {}{comma}", Value::String(key.clone()), in_line(value));
            }
            Some(fields) => {
                text.push_str("  \"properties\": {\n");
                for (n, (name, field)) in fields.iter().enumerate() {
                    let comma = if n + 1 < fields.len() { "," } else { "" };
                    let _ = writeln!(text, "    {}: {}{comma}", Value::String(name.clone()), in_line(field));
                }
                let _ = writeln!(text, "  }}{comma}");
            }
        }
    }
    text.push_str("}\n");
    text
}

fn in_line(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let pairs = fields.iter().map(|(key, value)| format!("{}: {}", Value::String(key.clone()), in_line(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(in_line).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Where a line of a file stands in its tree: `/step/2/within`; of a form `/properties/amount`.
pub fn place(path: &str, text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.lines().take(line).collect();
    if path.ends_with(".json") {
        let named = |text: &&&str| text.starts_with("    \"");
        let last = lines.iter().rev().find(named).and_then(|text| text.trim_start().strip_prefix('"'));
        return last
            .and_then(|text| text.split('"').next())
            .map_or(String::new(), |name| format!("/properties/{name}"));
    }
    let mut place = String::new();
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let (mut key, mut row) = (None, None::<usize>);
    for text in lines {
        if let Some(section) = text.strip_prefix("[[").and_then(|rest| rest.split("]]").next()) {
            let n = counts.iter_mut().find(|(name, _)| *name == section);
            let n = match n {
                Some((_, n)) => {
                    *n += 1;
                    *n
                }
                None => {
                    counts.push((section, 0));
                    0
                }
            };
            (place, key, row) = (format!("/{section}/{n}"), None, None);
        } else if let Some(section) =
            text.strip_prefix('[').and_then(|rest| rest.split(']').next()).filter(|name| is_key(name))
        {
            (place, key, row) = (format!("/{section}"), None, None);
        } else if let Some((name, rest)) = text.split_once('=').filter(|(name, _)| is_key(name.trim_end())) {
            key = Some(name.trim_end());
            row = rest.trim_end().ends_with('[').then_some(usize::MAX);
        } else if let (Some(n), true) = (&mut row, text.starts_with("  {")) {
            *n = n.wrapping_add(1);
        }
    }
    let row = row.filter(|n| *n != usize::MAX);
    format!(
        "{place}{}{}",
        key.map_or(String::new(), |key| format!("/{key}")),
        row.map_or(String::new(), |n| format!("/{n}"))
    )
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}
