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

#[cfg(test)]
mod tests {
    use crate::catalog::{Catalog, CatalogSource};
    use std::path::Path;

    #[test]
    fn mistakes_of_services_that_publish() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog");
        let source = CatalogSource::read_dir(&folder).unwrap();
        let check = |good: &str, bad: &str, part: &str| {
            let mut source = source.clone();
            let text = source.files.get_mut("service/report-publish.toml").unwrap();
            assert!(text.contains(good), "{good}");
            *text = text.replace(good, bad);
            let mistakes = Catalog::load(source).err().unwrap_or_default();
            let said: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            assert!(said.iter().any(|one| one.contains(part)), "{part}: {said:?}");
        };
        check("figures = \"freeze\"", "figures = \"thaw\"", "`figures` cannot be `thaw`; expected freeze or publish");
        check("figures = \"freeze\"\n", "", "no figures were frozen before");
        check("form = \"report-publish.fix.schema.json\"\n", "", "figures are frozen with the answers of a step");
        check(
            "form = \"report-publish.schema.json\"",
            "form = \"reading.schema.json\"",
            "the form does not ask for `/report`",
        );
        check(
            "name = \"report-publish.known-at\"",
            "name = \"report-publish.known\"",
            "no attribute `report-publish.known-at`",
        );
    }
}
