//! From columns and cells to the answers of a form. Pure.

use serde_json::{Map, Value, json};
use std::collections::HashMap;
use yizhan_core::catalog::{Level, Regions};
use yizhan_kit::Day;

/// A question of a form that a column can answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// The pointer of its answer.
    pub pointer: String,
    /// What it is called, in both languages, and what else a column may be called.
    pub names: Vec<String>,
    /// Whether a row must answer it.
    pub required: bool,
    schema: Value,
}

impl Field {
    /// Whether nothing said means no.
    pub fn is_yes_or_no(&self) -> bool {
        self.schema["type"] == "boolean"
    }

    /// Of which kinds the subject is that it names; none where it names no subject.
    pub fn kinds(&self) -> Vec<&str> {
        self.schema["x-of"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Whether it is an amount in yuan with its fen.
    pub fn is_money(&self) -> bool {
        self.schema["pattern"].as_str().is_some_and(|pattern| pattern.ends_with("\\.[0-9]{2}$"))
    }
}

/// The questions of a form that a table can answer: those that are asked one by one.
pub fn fields(schema: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    gather(schema, "", "", true, &mut found);
    found
}

fn gather(schema: &Value, at: &str, group: &str, needed: bool, found: &mut Vec<Field>) {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{at}/{name}");
        let needed = needed && required.iter().any(|one| one == name);
        let titles = ["title", "x-title-en"].map(|key| property[key].as_str().unwrap_or_default());
        if property["x-control"] == "hidden" || property["type"] == "array" {
            continue;
        }
        if property["type"] == "object" {
            gather(property, &pointer, titles[0], needed, found);
            continue;
        }
        let also = property["x-heading"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut names: Vec<String> = titles.into_iter().chain(also).map(str::to_owned).collect();
        if !group.is_empty() {
            names.push(format!("{group}{}", titles[0]));
        }
        found.push(Field { pointer, names, required: needed, schema: property.clone() });
    }
}

/// A heading without what people add to it: spaces, brackets and what stands in them, stars and colons.
pub fn plain(heading: &str) -> String {
    let mut depth = 0_u32;
    let mut plain = String::new();
    for c in heading.chars() {
        match c {
            '(' | '（' | '[' | '【' => depth += 1,
            ')' | '）' | ']' | '】' => depth = depth.saturating_sub(1),
            _ if depth == 0 && c.is_alphanumeric() => plain.extend(c.to_lowercase()),
            _ => {}
        }
    }
    plain
}

/// Which field each column answers. A name that two columns have belongs to the first of them.
pub fn columns<'a>(headings: &[String], fields: &'a [Field]) -> Vec<Option<&'a Field>> {
    let mut taken: Vec<&str> = Vec::new();
    headings
        .iter()
        .map(|heading| {
            let heading = plain(heading);
            let fits = |field: &&Field| {
                !taken.contains(&field.pointer.as_str()) && field.names.iter().any(|name| plain(name) == heading)
            };
            let field = fields.iter().find(fits)?;
            taken.push(&field.pointer);
            Some(field)
        })
        .collect()
}

/// The villages and townships of a zone by every name that means one of them only.
pub struct Names(HashMap<String, Option<String>>);

impl Names {
    /// By name, by township and name, and by code.
    pub fn of(regions: &Regions, today: Day) -> Self {
        let mut names: HashMap<String, Option<String>> = HashMap::new();
        let mut add = |name: String, code: &str| {
            let known = names.entry(name).or_insert_with(|| Some(code.to_owned()));
            if known.as_deref() != Some(code) {
                *known = None;
            }
        };
        for region in regions.all().filter(|region| region.level != Level::District && region.holds_on(today)) {
            let code = region.code.to_string();
            let parent = regions.parent(region.code).map(|parent| parent.name.zh.as_str()).unwrap_or_default();
            let short = region.name.zh.trim_end_matches(['村', '社', '区']);
            for name in [region.name.zh.as_str(), short, region.name.en.as_str()] {
                add(plain(name), &code);
                add(plain(&format!("{parent}{name}")), &code);
            }
            add(code.clone(), &code);
        }
        Self(names)
    }

    /// The one area that a text names.
    pub fn find(&self, text: &str) -> Option<&str> {
        self.0.get(&plain(text)).and_then(Option::as_deref)
    }

    /// The one village whose name stands in an address.
    pub fn within(&self, address: &str) -> Option<&str> {
        let address = plain(address);
        let mut best: Vec<(&str, &String)> = Vec::new();
        for (name, code) in self.0.iter().filter_map(|(name, code)| Some((name, code.as_ref()?))) {
            if name.chars().count() >= 3 && address.contains(name.as_str()) {
                best.push((name, code));
            }
        }
        let longest = best.iter().map(|(name, _)| name.len()).max()?;
        let mut codes = best.iter().filter(|(name, _)| name.len() == longest).map(|(_, code)| code.as_str());
        let first = codes.next()?;
        codes.all(|other| other == first).then_some(first)
    }
}

/// The answers of a row, laid over what is the same for all. A cell that cannot be read names its column and why.
pub fn answers(
    cells: &[String],
    columns: &[Option<&Field>],
    base: &Value,
    names: &Names,
) -> Result<Value, Vec<(String, String)>> {
    let mut answers = base.clone();
    let mut faults = Vec::new();
    for (cell, field) in cells.iter().zip(columns) {
        let Some(field) = field.filter(|_| !cell.is_empty()) else { continue };
        match answer(cell, &field.schema, names) {
            Ok(answer) => put(&mut answers, &field.pointer, answer),
            Err(what) => faults.push((field.pointer.clone(), what)),
        }
    }
    if faults.is_empty() { Ok(answers) } else { Err(faults) }
}

fn answer(cell: &str, schema: &Value, names: &Names) -> Result<Value, String> {
    if schema["x-control"] == "region" {
        return names
            .find(cell)
            .map(|code| json!(code))
            .ok_or_else(|| format!("“{cell}”不是本区的村（社区），或有重名"));
    }
    if let Some(values) = schema["enum"].as_array() {
        let titles = schema["x-enum-titles"].as_array().cloned().unwrap_or_default();
        let meant = values.iter().enumerate().find(|(n, value)| {
            let titled = |lang| titles.get(*n).and_then(|title| title[lang].as_str()).map(plain);
            value.as_str() == Some(cell) || [titled("zh"), titled("en")].contains(&Some(plain(cell)))
        });
        return meant.map(|(_, value)| value.clone()).ok_or_else(|| {
            let known: Vec<_> = titles.iter().filter_map(|title| title["zh"].as_str()).collect();
            format!("“{cell}”不在选项中：{}", known.join("、"))
        });
    }
    match schema["type"].as_str() {
        Some("boolean") => match cell.to_lowercase().as_str() {
            "是" | "有" | "true" | "yes" | "y" | "1" | "√" => Ok(json!(true)),
            "否" | "无" | "没有" | "false" | "no" | "n" | "0" => Ok(json!(false)),
            _ => Err(format!("“{cell}”不是“是”或“否”")),
        },
        Some("integer") => cell.parse::<i64>().map(|n| json!(n)).map_err(|_| format!("“{cell}”不是整数")),
        _ if schema["format"] == "date" => {
            day(cell).map(|day| json!(day.to_string())).ok_or_else(|| format!("“{cell}”不是日期"))
        }
        _ => Ok(json!(cell)),
    }
}

/// A day as people write it: `2021-02-03`, `2021/2/3`, `2021.2.3`, `2021年2月3日`, `20210203`.
pub fn day(text: &str) -> Option<Day> {
    let text = text.split([' ', 'T']).next()?;
    let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let (year, month, day) = match parts.as_slice() {
        [all] if all.len() == 8 => (all.get(..4)?, all.get(4..6)?, all.get(6..)?),
        [year, month, day] => (*year, *month, *day),
        _ => return None,
    };
    format!("{year:0>4}-{month:0>2}-{day:0>2}").parse().ok()
}

fn put(answers: &mut Value, pointer: &str, answer: Value) {
    let mut here = answers;
    let parts: Vec<&str> = pointer.trim_start_matches('/').split('/').collect();
    for (n, part) in parts.iter().enumerate() {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        let fields = here.as_object_mut().expect("just made one");
        if n + 1 == parts.len() {
            fields.insert((*part).to_owned(), answer);
            return;
        }
        here = fields.entry((*part).to_owned()).or_insert_with(|| json!({}));
    }
}
