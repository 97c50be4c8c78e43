//! The register of an area as a table: one person a row, under the headings by which tables are brought, so that it can be
//! filled in and brought back. Numbers are masked as on every screen; what a viewer may not see has no column.

use super::view;
use crate::app::App;
use crate::case::view::{area_name, words};
use crate::sheet::{ROWS, Sheet};
use std::sync::Arc;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::catalog::{Attribute, ValueKind};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Lang, Problem};

/// The table of a viewer's area on a day.
///
/// # Errors
/// `form-invalid` for a day that is none; `unknown-service` while there is no catalog.
pub fn sheet(app: &Arc<App>, viewer: &Viewer, on: Option<&str>, lang: Lang) -> Result<Sheet, Problem> {
    view::known(app);
    let (on, area) = (view::day(app, on)?, view::area(viewer)?);
    let image = app.image();
    let catalog = crate::case::act::catalog(&image)?.0;
    let seen = viewer.look(&image);
    let role = viewer.role.as_str();
    let of = |kind: &'static str| {
        let shown = move |one: &&Attribute| {
            let told = one.sealed.is_none() && one.computed.is_none() && one.kind != ValueKind::Subject;
            told && one.seen_by.iter().any(|to| to == role)
        };
        catalog.attributes_of(kind).filter(shown).collect::<Vec<_>>()
    };
    let (of_household, of_person) = (of("household"), of("person"));
    let zh = lang == Lang::Zh;
    let mut columns: Vec<(String, u16)> =
        if zh { ["姓名", "身份证号", "联系电话"] } else { ["Name", "Citizen number", "Mobile number"] }
            .map(|heading| (heading.to_owned(), 20))
            .into();
    columns.extend(of_household.iter().chain(&of_person).map(|one| (words(&one.title, lang).to_owned(), 14)));
    let mut rows = Vec::new();
    'all: for household in seen.subjects_of("household") {
        let home: Vec<String> = of_household.iter().map(|one| said(&seen, household, one, on, lang)).collect();
        for person in seen.naming("person.household", household, on) {
            let mut row = identity(app, person).to_vec();
            row.extend(home.iter().cloned());
            row.extend(of_person.iter().map(|one| said(&seen, person, one, on, lang)));
            rows.push(row);
            if rows.len() == ROWS {
                break 'all;
            }
        }
    }
    let title = if zh { "户和人员" } else { "Households and people" };
    Ok(Sheet { title: format!("{title} · {} · {on}", area_name(&image, area)), columns, rows })
}

/// A name, and both numbers as they are shown masked.
fn identity(app: &App, person: SubjectId) -> [String; 3] {
    let index = app.finder.index.read().expect("no panic while the index is held");
    let Some(place) = index.of(person) else { return Default::default() };
    let [number, mobile] = index.ends(place);
    [index.name(place).to_owned(), number.masked(18), mobile.masked(11)]
}

fn said(seen: &Seen<'_>, subject: SubjectId, attribute: &Attribute, on: Day, lang: Lang) -> String {
    let Some(value) = seen.fact(subject, &attribute.name, on) else { return String::new() };
    match &value {
        Value::Flag(flag) => match (flag, lang) {
            (true, Lang::Zh) => "是".into(),
            (false, Lang::Zh) => "否".into(),
            (flag, Lang::En) => if *flag { "yes" } else { "no" }.into(),
        },
        other => {
            let text = other.text(attribute).unwrap_or_default();
            attribute.meaning(&text).map_or(text, |meaning| words(meaning, lang).to_owned())
        }
    }
}
