//! Changing the catalog by a case: some of its files in a new wording, read whole by the loader before anybody reviews
//! them, and adopted when the last step is signed.

use super::model::{CatalogChange, ChangedFile};
use crate::app::App;
use crate::case::{act, view};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use yizhan_core::access::Viewer;
use yizhan_core::catalog::{Catalog, CatalogSource, Mistake};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, State};
use yizhan_core::problem;
use yizhan_core::service::NewCatalog;
use yizhan_kit::Problem;

/// How many mistakes are told at once.
const TOLD: usize = 8;

/// The files that answers propose: path and text.
fn files(answers: &Value) -> BTreeMap<String, String> {
    let rows = answers["files"].as_array().into_iter().flatten();
    rows.filter_map(|row| Some((row["path"].as_str()?.to_owned(), row["text"].as_str()?.to_owned()))).collect()
}

/// The catalog in force with the files that answers propose.
fn proposed(image: &Image, answers: &Value) -> Result<CatalogSource, Problem> {
    let (catalog, _) = act::catalog(image)?;
    let mut source = catalog.source.clone();
    source.files.extend(files(answers));
    Ok(source)
}

fn refused(mistakes: &[Mistake]) -> Problem {
    let told: Vec<String> = mistakes.iter().take(TOLD).map(ToString::to_string).collect();
    let detail = told.join("\n");
    problem::CATALOG_INVALID.problem(detail.clone(), detail)
}

/// That the catalog can be read with the files that answers propose, that its worked examples come out, and that they
/// change something.
///
/// # Errors
/// `catalog-invalid`, naming file and line.
pub fn must_load(image: &Image, answers: &Value) -> Result<(), Problem> {
    let (catalog, _) = act::catalog(image)?;
    let source = proposed(image, answers)?;
    if source.digest() == catalog.source.digest() {
        return Err(problem::CATALOG_INVALID.problem("这些文件和现行目录一样。", "These files are those in force."));
    }
    let catalog = Catalog::load(source).map_err(|mistakes| refused(&mistakes))?;
    let failed = catalog.check_examples();
    if failed.is_empty() { Ok(()) } else { Err(refused(&failed)) }
}

/// That no file undoes what another case changed in it since `since` was in force: every line that was added meanwhile stands
/// in the proposed wording, and none that was taken away.
///
/// # Errors
/// `catalog-changed`, naming the file.
pub fn must_not_undo<'a>(
    image: &Image,
    since: u64,
    files: impl Iterator<Item = (&'a String, &'a String)>,
) -> Result<(), Problem> {
    let (now, number) = act::catalog(image)?;
    let Some(before) = image.catalog_at(since).filter(|_| since != number) else { return Ok(()) };
    for (path, text) in files {
        let [old, new] = [before, now].map(|one| one.source.files.get(path).map_or("", String::as_str));
        if old == new {
            continue;
        }
        let [old, new, wanted] = [old, new, text].map(|text| text.lines().collect::<BTreeSet<_>>());
        let loses = new.difference(&old).any(|line| !wanted.contains(line));
        if loses || old.difference(&new).any(|line| wanted.contains(line)) {
            return Err(problem::CATALOG_CHANGED.problem(
                format!("“{path}”在此期间被别的办件改过，按现行内容重新提出才不会把它改回去。"),
                format!("{path} was changed by another case meanwhile; propose it again on top of that change."),
            ));
        }
    }
    Ok(())
}

/// What a case proposes.
fn answers(app: &App, image: &Image, case: &CaseHead) -> Result<Value, Problem> {
    let steps = view::steps(app, case)?;
    Ok(view::answers(app, image.service(case), &steps)?.unwrap_or_default())
}

/// The catalog that a case adopts, made from the one in force.
///
/// # Errors
/// `catalog-invalid` when it does not fit what was adopted meanwhile; the store's failure.
pub fn catalog_of(app: &App, image: &Image, case: &CaseHead) -> Result<NewCatalog, Problem> {
    let answers = answers(app, image, case)?;
    must_not_undo(image, case.catalog.into(), files(&answers).iter())?;
    must_load(image, &answers)?;
    Ok(NewCatalog { from: image.catalog_number(), bytes: proposed(image, &answers)?.to_bytes().into() })
}

/// What a case would change: each file as it is and as it would be.
///
/// # Errors
/// `not-found` for a case of another kind; `forgotten`; the store's failure.
pub fn view(app: &App, viewer: &Viewer, number: &str) -> Result<CatalogChange, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let case = seen.numbered(number)?;
    if !image.service(case).steps.iter().any(|step| step.adopts) {
        return Err(problem::NOT_FOUND.problem("这个办件不改目录。", "This case changes no catalog."));
    }
    let answers = answers(app, &image, case)?;
    // Beside what it was made from while it is open, and beside the catalog of its own time afterwards.
    let own = image.catalog_at(case.catalog.into()).filter(|_| case.state != State::Open);
    let base = own.map_or_else(|| act::catalog(&image).map(|(catalog, _)| catalog), Ok)?;
    let mistakes = match case.state {
        State::Open => {
            let undone = must_not_undo(&image, case.catalog.into(), files(&answers).iter());
            let refused = undone.and_then(|()| must_load(&image, &answers)).err();
            refused.map(|problem| problem.detail(crate::answer::lang()).to_owned())
        }
        _ => None,
    };
    let files = files(&answers).into_iter().map(|(path, after)| ChangedFile {
        before: base.source.files.get(&path).cloned(),
        path,
        after,
    });
    Ok(CatalogChange { files: files.collect(), mistakes })
}
