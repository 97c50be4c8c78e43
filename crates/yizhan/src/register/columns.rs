//! Tables for the register: what is asked and answered about them, what their columns may hold, how a row is read.

use crate::case::act::code_fault;
use crate::table::rule::{self as table, Field, Names};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use utoipa::{IntoParams, ToSchema};
use yizhan_core::access::Role;
use yizhan_core::catalog::{Attribute, Catalog, ValueKind};
use yizhan_core::image::fact::Value;
use yizhan_kit::codes::CitizenNumber;

/// How a table is to be taken.
#[derive(Deserialize, IntoParams, Default)]
#[serde(deny_unknown_fields)]
pub struct ImportAsked {
    /// The day from which it holds; today unless given.
    #[serde(default)]
    pub from: Option<String>,
    /// Which column holds what: a JSON object of headings and fields; remembered for tables with the same headings.
    #[serde(default)]
    pub columns: Option<String>,
    /// Only say what would happen.
    #[serde(default)]
    pub check: bool,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

/// A row that waits, and why.
#[derive(Serialize, ToSchema, Clone)]
pub struct BadLine {
    /// Its line in the file.
    pub line: usize,
    /// Which cell, and what is wrong with it.
    pub why: String,
}

/// How far an import has come.
#[derive(Serialize, ToSchema, Clone, Default)]
pub struct ImportState {
    /// Rows of the table.
    pub rows: usize,
    /// Rows that were dealt with.
    pub done: usize,
    /// People that were added.
    pub added: usize,
    /// People of whom something changed.
    pub changed: usize,
    /// Rows that say what the register says.
    pub same: usize,
    /// Facts that were recorded.
    pub facts: usize,
    /// Rows that wait to be corrected.
    pub bad: usize,
    /// The first two hundred of them.
    pub bad_lines: Vec<BadLine>,
    /// Headings that nothing answers to.
    pub ignored: Vec<String>,
    /// Whether it only says what would happen.
    pub check: bool,
    /// Whether it is over.
    pub over: bool,
    /// What stopped it, where something did.
    pub failure: String,
}

/// An import that has begun.
#[derive(Serialize, ToSchema)]
pub struct ImportBegun {
    /// The name by which its progress is asked.
    pub import: String,
}

/// What a column may hold: who somebody is, and every attribute of a person and a household that a table can bring.
pub fn fields(catalog: &Catalog, role: Role) -> Vec<Field> {
    let text =
        |zh: &str, en: &str, also: &[&str]| json!({"type": "string", "title": zh, "x-title-en": en, "x-heading": also});
    let identity = json!({
        "name": text("姓名", "Name", &["人员姓名"]),
        "citizen_number": text("身份证号", "Citizen number", &["证件号码", "身份证号码", "公民身份号码", "证件号"]),
        "mobile": text("联系电话", "Mobile number", &["手机号码", "手机号", "电话"]),
    });
    let of = |kind| {
        let told = |one: &&Attribute| {
            one.sealed.is_none()
                && one.computed.is_none()
                && one.kind != ValueKind::Subject
                && (role == Role::System || one.seen_by.iter().any(|to| to == role.as_str()))
        };
        let named = |one: &Attribute| Some((one.name.split_once('.')?.1.to_owned(), schema(one)));
        catalog.attributes_of(kind).filter(told).filter_map(named).collect::<Map<String, Json>>()
    };
    let group = |properties: Json| json!({"type": "object", "properties": properties});
    let whole = json!({"properties": {
        "identity": group(identity),
        "person": group(Json::Object(of("person"))),
        "household": group(Json::Object(of("household"))),
    }});
    table::fields(&whole)
}

/// An attribute as a question of a form.
fn schema(attribute: &Attribute) -> Json {
    let mut schema =
        json!({"title": attribute.title.zh, "x-title-en": attribute.title.en, "x-heading": attribute.columns});
    match attribute.kind {
        ValueKind::Flag => schema["type"] = json!("boolean"),
        ValueKind::Int => schema["type"] = json!("integer"),
        ValueKind::Day => schema["format"] = json!("date"),
        ValueKind::Region => schema["x-control"] = json!("region"),
        ValueKind::Code => {
            let titles = attribute.codes.iter().map(|(_, said)| json!({"zh": said.zh, "en": said.en}));
            schema["x-enum-titles"] = titles.collect();
            schema["enum"] = attribute.codes.iter().map(|(code, _)| json!(code)).collect();
        }
        ValueKind::Fen | ValueKind::Decimal1 | ValueKind::Text | ValueKind::Subject => schema["type"] = json!("string"),
    }
    schema
}

/// The number and the answers of a row; the numbers of a disability card tell its kind and grade as well.
pub fn read_row(
    catalog: &Catalog,
    cells: &[String],
    columns: &[Option<&Field>],
    names: &Names,
) -> Result<(CitizenNumber, Json), String> {
    let titled = |pointer: &str| {
        let name = pointer.trim_start_matches('/').replace('/', ".");
        catalog.attributes.get(&name).map_or(name, |attribute| attribute.title.zh.clone())
    };
    let mut answers = table::answers(cells, columns, &json!({}), names).map_err(|faults| {
        let one = |(at, what): &(String, String)| format!("{}：{what}", titled(at));
        faults.iter().map(one).collect::<Vec<_>>().join("；")
    })?;
    let written = answers["identity"]["citizen_number"].as_str().unwrap_or_default().to_uppercase();
    if answers["identity"]["name"].as_str().is_none_or(|name| name.trim().is_empty()) {
        return Err("没有姓名".into());
    }
    let own = if matches!(written.len(), 20 | 22) && written.is_ascii() { &written[..18] } else { &written[..] };
    let number = own.parse::<CitizenNumber>().map_err(|bad| format!("身份证号：{}", bad.zh()))?;
    if own.len() < written.len() {
        answers["person"]["disability-kind"] = json!(&written[18..19]);
        answers["person"]["disability-grade"] = json!(&written[19..20]);
    }
    answers["identity"]["citizen_number"] = json!(number.as_str());
    if let Some(mobile) = answers["identity"]["mobile"].as_str().map(|mobile| mobile.replace(['-', ' '], ""))
        && let Some(what) = code_fault("mobile", &mobile)
    {
        return Err(format!("联系电话：{what}"));
    }
    for kind in ["person", "household"] {
        let Some(said) = answers[kind].as_object().cloned() else { continue };
        for (name, value) in said {
            let Some(attribute) = catalog.attributes.get(&format!("{kind}.{name}")) else { continue };
            let text = match value {
                Json::String(text) => text,
                other => other.to_string(),
            };
            let text = canonical_text(attribute, &text);
            Value::parse(attribute, &text)
                .map_err(|bad| format!("{}：“{text}”不对，应为 {}", attribute.title.zh, bad.expected))?;
            answers[kind][&name] = json!(text);
        }
    }
    Ok((number, answers))
}

/// A cell as facts write it: amounts without separators, one decimal where there is one.
fn canonical_text(attribute: &Attribute, text: &str) -> String {
    let plain = || text.trim_end_matches('元').replace([',', '，', ' '], "");
    match attribute.kind {
        ValueKind::Fen => plain().parse::<yizhan_kit::Fen>().map_or_else(|_| text.to_owned(), |fen| fen.to_string()),
        ValueKind::Decimal1 => {
            let plain = plain();
            if plain.contains('.') { plain } else { format!("{plain}.0") }
        }
        _ => text.to_owned(),
    }
}
