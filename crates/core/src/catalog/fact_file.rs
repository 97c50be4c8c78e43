//! Reads the facts that a step, an entry or a closing gives rise to.

use super::check::{Claim, Leaf};
use super::form::Form;
use super::service::{FactFrom, Source};
use super::service_file::{Outward, check_pointer};
use super::source::Sheet;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FactShape {
    attribute: Spanned<String>,
    from: Option<Spanned<String>>,
    constant: Option<Spanned<String>>,
    on: Option<Spanned<String>>,
    when: Option<WhenShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhenShape {
    at: Spanned<String>,
    is: String,
}

pub(super) fn read_facts(
    sheet: &mut Sheet<'_>,
    out: &mut Outward<'_>,
    form: Option<&Form>,
    rows: Vec<FactShape>,
) -> Vec<FactFrom> {
    rows.into_iter().filter_map(|row| read_fact(sheet, out, form, row)).collect()
}

fn read_fact(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, form: Option<&Form>, row: FactShape) -> Option<FactFrom> {
    let when = row.when.map(|when| (when.at, when.is));
    if let Some(form) = form {
        for pointer in row.from.iter().chain(&row.on).chain(when.iter().map(|(at, _)| at)) {
            check_pointer(sheet, form, pointer);
        }
        if let Some(on) = &row.on
            && form.at(on.get_ref()).is_some_and(|leaf| leaf["format"] != "date")
        {
            sheet.fault(
                &on.span(),
                format!("`{}` is no date in {}", on.get_ref(), form.path),
                "a property with \"format\": \"date\"",
            );
        }
    }
    let span = row.attribute.span();
    let (from, leaf) = match (row.from, row.constant) {
        (Some(pointer), None) => {
            let schema = form.and_then(|form| form.at(pointer.get_ref())).cloned();
            let only = when.as_ref().filter(|(at, _)| at.get_ref() == pointer.get_ref()).map(|(_, is)| is.clone());
            (Source::Answer(pointer.into_inner()), schema.map(|schema| Leaf::Answer { schema, only }))
        }
        (None, Some(text)) => (Source::Constant(text.get_ref().clone()), Some(Leaf::Constant(text.into_inner()))),
        _ => {
            sheet.fault(
                &span,
                format!("fact `{}` has no single value", row.attribute.get_ref()),
                "either `from` or `constant`",
            );
            return None;
        }
    };
    if let Some(leaf) = leaf {
        let attribute = row.attribute.get_ref().clone();
        out.claims.push(Claim::Fits { place: sheet.place(&span), attribute, subject: sheet.stem.to_owned(), leaf });
    }
    Some(FactFrom {
        attribute: row.attribute.into_inner(),
        from,
        on: row.on.map(Spanned::into_inner),
        when: when.map(|(at, is)| (at.into_inner(), is)),
    })
}
