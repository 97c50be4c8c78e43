//! The papers of a case, for those who may read about people.

use super::model::{Description, PaperKind, PaperRow, Papers};
use crate::app::{App, store};
use crate::case::view::{read_json, steps, words};
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::problem;
use yizhan_core::row::JournalRow;
use yizhan_core::service::{AttachPaper, may_attach};
use yizhan_kit::{Lang, Problem};

/// A paper with the body that holds it.
pub struct Kept {
    /// What it is.
    pub description: Description,
    /// Which of the service's papers.
    pub paper: String,
    /// The act that attached it.
    pub seq: u64,
    /// The body of its description.
    body: u64,
}

impl Kept {
    /// The content.
    ///
    /// # Errors
    /// `forgotten`, or the store's failure.
    pub fn content(&self, app: &App) -> Result<Vec<u8>, Problem> {
        app.body(AttachPaper::bodies(self.body).1)
    }

    /// The small picture; empty of a document.
    ///
    /// # Errors
    /// As [`Kept::content`].
    pub fn thumbnail(&self, app: &App) -> Result<Vec<u8>, Problem> {
        app.body(AttachPaper::bodies(self.body).0)
    }
}

/// Every paper of a case, the latest first; none once it is forgotten.
///
/// # Errors
/// `forbidden`, or the store's failure.
pub fn kept(app: &App, viewer: &Viewer, case: &CaseHead) -> Result<Vec<Kept>, Problem> {
    viewer.must(Deed::ReadPerson)?;
    if case.key == 0 {
        return Ok(Vec::new());
    }
    let steps = steps(app, case)?;
    let attached = steps.iter().filter(|step| *step.verb == *StepVerb::Attach.as_str());
    let with_body = attached.filter_map(|step| Some((step, step.body?)));
    with_body
        .map(|(step, body)| {
            let description = serde_json::from_value(read_json(app, body)?).map_err(|error| store(&error))?;
            Ok(Kept { description, paper: step.name.to_string(), seq: step.seq, body })
        })
        .collect()
}

/// A paper of a case by its hash.
///
/// # Errors
/// `case-not-found`; as [`kept`].
pub fn get(app: &App, viewer: &Viewer, case: &CaseHead, hash: &str) -> Result<Kept, Problem> {
    let found = kept(app, viewer, case)?.into_iter().find(|paper| paper.description.hash == hash);
    found.ok_or_else(|| problem::CASE_NOT_FOUND.problem("没有这份材料。", "There is no such paper."))
}

/// The papers of a case and what may be attached to it now.
///
/// # Errors
/// As [`kept`].
pub fn papers(app: &App, image: &Image, viewer: &Viewer, case: &CaseHead, lang: Lang) -> Result<Papers, Problem> {
    let service = image.service(case);
    let may = |name: &str| case.key != 0 && may_attach(image, viewer, case.subject, name).is_ok();
    let kinds = service.papers.iter().filter(|paper| may(&paper.name));
    let kinds = kinds.map(|paper| PaperKind { name: paper.name.clone(), title: words(&paper.title, lang).to_owned() });
    let mut rows = Vec::new();
    for paper in kept(app, viewer, case)? {
        let record = app.read(|reader| reader.one::<JournalRow>(paper.seq)).map_err(|error| store(&error))?;
        let title = service.paper(&paper.paper).map_or(paper.paper.as_str(), |known| words(&known.title, lang));
        rows.push(PaperRow {
            title: title.to_owned(),
            paper: paper.paper.clone(),
            hash: paper.description.hash,
            media_type: paper.description.media_type,
            bytes: paper.description.bytes,
            width: paper.description.width,
            height: paper.description.height,
            file: paper.description.file,
            at: record.map(|record| record.at.to_string()).unwrap_or_default(),
        });
    }
    Ok(Papers { papers: rows, may_attach: kinds.collect() })
}
