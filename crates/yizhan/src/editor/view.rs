//! A draft as the editor shows it: its tree and its forms, what the loader says of it, what it changes, what people will see.

use super::document;
use super::model::{Choice, Choices, Draft, DraftFile, Located, Preview, Shaped};
use super::{rule, template};
use crate::answer::lang;
use crate::app::{App, blocking, store};
use crate::case::act;
use crate::case::view::words;
use crate::guide::change;
use crate::guide::model::ChangedFile;
use crate::resident;
use axum::body::to_bytes;
use axum::http::{StatusCode, Uri};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use yizhan_core::catalog::{Asks, Catalog, CatalogSource, Mistake};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_kit::{Lang, Problem};

/// How many mistakes are told at once.
const TOLD: usize = 30;

/// The largest page that is shown beforehand.
const PAGE: usize = 512 * 1024;

/// What a page runs where scripts may run.
const SCRIPT: &str = "<script src=\"/app.js\" defer></script>";

/// What the editor chooses from.
pub fn choices(catalog: &Catalog, lang: Lang) -> Choices {
    let choice = |name: &str, title: &str| Choice { name: name.to_owned(), title: title.to_owned(), kind: None };
    let purposes: BTreeSet<&str> = catalog.services.values().map(|service| service.purpose.as_str()).collect();
    let figures = catalog.parameters.values().filter(|one| one.unit.starts_with("yuan"));
    let entitled = |asks: &Asks| matches!(asks, Asks::Entitlement { amount: Some(_), .. });
    let attributes = catalog.attributes.values().filter(|one| catalog.subjects.contains_key(&one.subject));
    Choices {
        templates: template::all(lang),
        beside: template::beside(),
        services: catalog.services.values().map(|one| choice(&one.name, words(&one.title, lang))).collect(),
        funds: catalog.funds.values().map(|one| choice(&one.name, words(&one.title, lang))).collect(),
        figures: figures.map(|one| choice(&one.name, words(&one.title, lang))).collect(),
        entitlements: catalog
            .rules
            .rules()
            .filter(|one| entitled(&one.asks))
            .map(|one| choice(&one.name, words(&one.title, lang)))
            .collect(),
        kinds: catalog.subjects.values().map(|one| choice(&one.name, words(&one.title, lang))).collect(),
        attributes: attributes
            .filter(|one| one.sealed.is_none())
            .map(|one| Choice {
                name: one.name.clone(),
                title: words(&one.title, lang).to_owned(),
                kind: Some(one.kind.as_str().to_owned()),
            })
            .collect(),
        purposes: purposes.into_iter().map(str::to_owned).collect(),
    }
}

/// A draft as it was read: what was edited as a form is written into its files, then all of it is read by the loader.
///
/// # Errors
/// `form-invalid` for names and sizes.
pub fn shaped(app: &App, mut draft: Draft) -> Result<Shaped, Problem> {
    rule::must_be_files(&draft.files)?;
    if !rule::is_name(&draft.service) {
        return Err(problem::FORM_INVALID.problem("没有说是哪个事项。", "No service is named."));
    }
    let image = app.image();
    let (catalog, number) = act::catalog(&image)?;
    let mut unreadable = Vec::new();
    write_in(&mut draft, &mut unreadable);
    rule::must_be_files(&draft.files)?;
    let (tree, forms, flaws) = read(&draft);
    unreadable.extend(flaws);
    let mistakes = if unreadable.is_empty() { blocking(|| mistakes(catalog, &draft.files)) } else { unreadable };
    let since = draft.number.unwrap_or(number);
    let is_changed =
        |file: &&DraftFile| change::must_not_undo(&image, since, [(&file.path, &file.text)].into_iter()).is_err();
    let changed = draft.files.iter().filter(is_changed).map(|file| file.path.clone()).collect();
    let before = |file: &DraftFile| catalog.source.files.get(&file.path).cloned();
    Ok(Shaped {
        number,
        unread: tree.as_ref().map(|tree| rule::unread(tree, &forms)).unwrap_or_default(),
        mistakes: mistakes.iter().take(TOLD).map(|mistake| located(mistake, &draft.files)).collect(),
        files: draft
            .files
            .into_iter()
            .map(|file| ChangedFile { before: before(&file), path: file.path, after: file.text })
            .collect(),
        tree,
        forms,
        changed,
    })
}

fn path_of(service: &str) -> String {
    format!("service/{service}.toml")
}

/// Writes what was edited as a form into the files. A form that no step names any more goes.
fn write_in(draft: &mut Draft, flaws: &mut Vec<Mistake>) {
    let own = path_of(&draft.service);
    if let Some(tree) = &draft.tree {
        for file in draft.files.iter_mut().filter(|file| file.path == own) {
            match document::written(&file.text, tree) {
                Ok(text) => file.text = text,
                Err(flaw) => flaws.push(flawed(&file.path, flaw)),
            }
        }
    }
    let Some(forms) = draft.forms.take() else { return };
    for (name, schema) in forms.iter().filter_map(|(name, schema)| Some((name, schema.as_object()?))) {
        let path = format!("service/{name}");
        match draft.files.iter_mut().find(|file| file.path == path) {
            Some(file) => {
                // What says the same is left as somebody wrote it.
                if serde_json::from_str::<Value>(&file.text).ok().as_ref().and_then(Value::as_object) != Some(schema) {
                    file.text = document::form(schema);
                }
            }
            None => draft.files.push(DraftFile { path, text: document::form(schema) }),
        }
    }
    draft.files.retain(|file| match file.path.strip_prefix("service/").filter(|name| name.ends_with(".json")) {
        Some(name) => forms.contains_key(name),
        None => true,
    });
}

/// The tree of the service and its forms, and what cannot be read.
fn read(draft: &Draft) -> (Option<Map<String, Value>>, Map<String, Value>, Vec<Mistake>) {
    let own = path_of(&draft.service);
    let (mut tree, mut forms, mut flaws) = (None, Map::new(), Vec::new());
    for file in &draft.files {
        if file.path == own {
            match document::tree(&file.text) {
                Ok(read) => tree = Some(read),
                Err(flaw) => flaws.push(flawed(&file.path, flaw)),
            }
        } else if let Some(name) = file.path.strip_prefix("service/").filter(|name| name.ends_with(".json")) {
            match serde_json::from_str::<Value>(&file.text) {
                Ok(schema) => {
                    forms.insert(name.to_owned(), schema);
                }
                Err(error) => {
                    flaws.push(flawed(&file.path, document::Flaw { line: error.line(), what: error.to_string() }));
                }
            }
        }
    }
    (tree, forms, flaws)
}

/// What cannot be read, as a mistake of its file.
pub fn flawed(path: &str, flaw: document::Flaw) -> Mistake {
    Mistake { file: path.to_owned(), line: flaw.line, what: flaw.what, expected: String::new() }
}

/// The catalog in force with the files of a draft.
pub fn proposed(catalog: &Catalog, files: &[DraftFile]) -> CatalogSource {
    let mut source = catalog.source.clone();
    source.files.extend(files.iter().map(|file| (file.path.clone(), file.text.clone())));
    source
}

/// What the loader and the worked examples say.
fn mistakes(catalog: &Catalog, files: &[DraftFile]) -> Vec<Mistake> {
    match Catalog::load(proposed(catalog, files)) {
        Err(mistakes) => mistakes,
        Ok(new) => new.check_examples(),
    }
}

/// A mistake with its place in the tree, in the reader's language where it is a common one.
pub fn located(mistake: &Mistake, files: &[DraftFile]) -> Located {
    let text = files.iter().find(|file| file.path == mistake.file).map(|file| file.text.as_str());
    Located {
        at: text.map(|text| document::place(&mistake.file, text, mistake.line)).unwrap_or_default(),
        said: rule::said(&mistake.what, &mistake.expected, lang()),
        what: mistake.to_string(),
        file: mistake.file.clone(),
        line: mistake.line,
    }
}

/// The catalog in force with a draft, read whole.
///
/// # Errors
/// `catalog-invalid`, naming file and line.
pub fn loaded(image: &Image, files: &[DraftFile]) -> Result<Catalog, Problem> {
    rule::must_be_files(files)?;
    let (catalog, _) = act::catalog(image)?;
    Catalog::load(proposed(catalog, files)).map_err(|mistakes| {
        let first = mistakes.first().map(ToString::to_string).unwrap_or_default();
        problem::CATALOG_INVALID.problem(first.clone(), first)
    })
}

/// A service's form as people will see it: drawn by what draws it for them.
///
/// # Errors
/// As [`loaded`]; `unknown-service`.
pub async fn preview(app: &App, draft: &Draft) -> Result<Preview, Problem> {
    let new = blocking(|| loaded(&app.image(), &draft.files))?;
    let service = new
        .services
        .get(&draft.service)
        .ok_or_else(|| problem::UNKNOWN_SERVICE.problem("草稿里没有这个事项。", "The draft has no such service."))?;
    let uri: Uri = format!("/r/{}", draft.service).parse().map_err(|error| store(&error))?;
    let frame = resident::http::frame(app, &uri);
    let page = resident::http::draw(app, frame, service, String::new(), &Vec::new(), None, StatusCode::OK);
    let bytes = to_bytes(page.into_body(), PAGE).await.map_err(|error| store(&error))?;
    // It is looked at only: nothing runs in it.
    Ok(Preview { html: String::from_utf8_lossy(&bytes).replace(SCRIPT, "") })
}
