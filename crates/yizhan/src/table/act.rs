//! Which column of a table holds what: as was just said, as was said for the same headings before, or as the headings tell.

use super::model::Table;
use super::rule::{self, Field};
use crate::app::{App, store};
use crate::case::act;
use serde_json::{Value, json};
use std::collections::HashMap;
use yizhan_core::problem;
use yizhan_kit::{Moment, Problem};

/// Which column holds what.
pub struct Mapping<'a> {
    /// The field of each column.
    pub columns: Vec<Option<&'a Field>>,
    /// Under which name it is remembered, and what was just said.
    told: Option<(String, Vec<String>)>,
}

/// Finds out which column holds what. `kind` keeps tables for different purposes apart.
///
/// # Errors
/// `form-invalid` where the first line holds no headings; `body-invalid`; the store's failure.
pub fn mapping<'a>(
    app: &App,
    kind: &str,
    table: &Table,
    fields: &'a [Field],
    said: Option<&str>,
) -> Result<Mapping<'a>, Problem> {
    // A file without a line of headings begins with somebody: nothing of them is taken for a heading, or kept.
    let is_somebody =
        |cell: &String| ["citizen-number", "mobile"].iter().any(|name| act::code_fault(name, cell).is_none());
    if table.headings.iter().any(is_somebody) {
        let (zh, en) = (
            "第一行不是列名，请在表格最上面加一行列名。",
            "The first line holds no headings; add a line of headings at the top.",
        );
        return Err(problem::FORM_INVALID.problem(zh, en));
    }
    let name = app.vault.digest(kind, table.headings.join("\n").as_bytes()).to_string();
    let kept = || -> Option<Vec<String>> {
        let bytes = app.with_working(|working| working.get("columns", &name, Moment(0))).ok()??;
        serde_json::from_slice(&bytes).ok()
    };
    let said: Option<HashMap<String, String>> = said.map(serde_json::from_str).transpose().map_err(|error| {
        problem::BODY_INVALID.problem(format!("无法读取：{error}"), format!("The columns cannot be read: {error}"))
    })?;
    // What each column holds, in their order; the headings themselves are not kept.
    let told = said.as_ref().map(|said| {
        table.headings.iter().map(|heading| said.get(heading).cloned().unwrap_or_default()).collect::<Vec<_>>()
    });
    let columns = match told.clone().or_else(kept) {
        Some(held) => held.iter().map(|name| fields.iter().find(|field| field.pointer[1..] == **name)).collect(),
        None => rule::columns(&table.headings, fields),
    };
    Ok(Mapping { columns, told: told.map(|told| (name, told)) })
}

impl<'a> Mapping<'a> {
    /// A refusal that tells the headings, and what a column may hold.
    pub fn refusal(&self, table: &Table, fields: &[Field], zh: &str, en: &str) -> Problem {
        let known = |field: &Field| json!({"name": field.pointer[1..], "zh": field.names[0], "en": field.names[1]});
        let known: Vec<Value> = fields.iter().map(known).collect();
        problem::FORM_INVALID.problem(zh, en).with("headings", json!(table.headings)).with("fields", json!(known))
    }

    /// Remembers what was just said, for the next table with the same headings.
    ///
    /// # Errors
    /// The store's failure.
    pub fn remembered(self, app: &App) -> Result<Vec<Option<&'a Field>>, Problem> {
        if let Some((name, told)) = &self.told {
            let bytes = serde_json::to_vec(told).map_err(|error| store(&error))?;
            app.with_working(|working| working.put("columns", name, &bytes, Moment(i64::MAX)))
                .map_err(|error| store(&error))?;
        }
        Ok(self.columns)
    }
}
