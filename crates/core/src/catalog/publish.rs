//! Services that publish a report: which step freezes its figures, and which one publishes what was frozen.

use super::check::Claim;
use super::form::Form;
use super::service_file::Outward;
use super::source::{Sheet, texts};
use super::subject::ValueKind;
use toml::Spanned;

/// Where the answers name the report.
pub const REPORT: &str = "/report";

/// Where they name the year, where it is not the report's whole period.
pub const YEAR: &str = "/year";

/// What a step does with the figures of a report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Publishing {
    /// It counts them and keeps them as they were known: its sealed answers, and the act they were counted right after.
    Freeze,
    /// What was frozen is published once it is signed.
    Publish,
}

texts!(Publishing, "freeze or publish", Freeze = "freeze", Publish = "publish");

/// What `figures` of the steps say, in order: each step's text, and whether it has a form.
pub(super) fn check<'s>(
    sheet: &mut Sheet<'_>,
    out: &mut Outward<'_>,
    application: Option<&Form>,
    steps: impl Iterator<Item = (&'s Spanned<String>, bool)>,
) {
    let mut frozen = false;
    for (text, has_form) in steps {
        match text.get_ref().as_str() {
            "freeze" => {
                frozen = true;
                let (place, by) = (sheet.place(&text.span()), sheet.stem.to_owned());
                let attribute = format!("{}.known-at", sheet.stem);
                out.claims.push(Claim::OfKind { place, by, attribute, kind: ValueKind::Int });
                if !has_form {
                    sheet.fault(&text.span(), "figures are frozen with the answers of a step", "a step with a `form`");
                }
            }
            "publish" if !frozen => {
                sheet.fault(
                    &text.span(),
                    "no figures were frozen before",
                    "an earlier step with `figures = \"freeze\"`",
                );
            }
            _ => {}
        }
        for pointer in [REPORT, YEAR] {
            if application.is_some_and(|form| form.at(pointer).is_none()) {
                let what = format!("the form does not ask for `{pointer}`");
                sheet.fault(&text.span(), what, "a report by its name, and a year or nothing");
            }
        }
    }
}
