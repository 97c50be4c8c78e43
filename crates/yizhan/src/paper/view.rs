//! The papers of a case, for those who may read about people.

use super::model::{Description, PaperKind, PaperLine, PaperRow, Papers};
use crate::app::{App, store};
use crate::case::view::{read_json, steps, words};
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::catalog::{Paper, Step};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::problem;
use yizhan_core::row::{JournalRow, StepRow};
use yizhan_core::service::{AttachPaper, may_attach, may_judge};
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

/// Where a kind of paper stands in a case.
#[derive(Clone)]
pub struct Standing {
    /// [`StepVerb::Attach`], [`StepVerb::Accept`] or [`StepVerb::Return`].
    pub verb: StepVerb,
    /// The latest of them; absent once the case is forgotten.
    pub hash: Option<String>,
    /// Why it was returned.
    pub reason: Option<String>,
}

/// Where a kind of paper stands, by what happened to it last; nothing when there never was one.
///
/// # Errors
/// The store's failure.
pub fn standing(app: &App, case: &CaseHead, paper: &str) -> Result<Option<Standing>, Problem> {
    standing_in(app, case, &steps(app, case)?, paper)
}

/// As [`standing`], in steps that were read, the latest first.
///
/// # Errors
/// The store's failure.
pub fn standing_in(app: &App, case: &CaseHead, steps: &[StepRow], paper: &str) -> Result<Option<Standing>, Problem> {
    let of_paper = |step: &&StepRow| {
        let verb = StepVerb::parse(&step.verb);
        *step.name == *paper && matches!(verb, Some(StepVerb::Attach | StepVerb::Accept | StepVerb::Return))
    };
    let mut own = steps.iter().filter(of_paper);
    let Some(last) = own.next() else { return Ok(None) };
    let verb = StepVerb::parse(&last.verb).unwrap_or(StepVerb::Attach);
    let attached = std::iter::once(last)
        .chain(own)
        .find(|step| *step.verb == *StepVerb::Attach.as_str())
        .and_then(|step| step.body);
    let (mut hash, mut reason) = (None, None);
    if case.key != 0 {
        let description: Option<Description> = match attached {
            Some(body) => Some(serde_json::from_value(read_json(app, body)?).map_err(|error| store(&error))?),
            None => None,
        };
        hash = description.map(|one| one.hash);
        if let Some(body) = last.body.filter(|_| verb == StepVerb::Return) {
            reason = read_json(app, body)?["reason"].as_str().map(str::to_owned);
        }
    }
    Ok(Some(Standing { verb, hash, reason }))
}

/// Every kind of paper of a case's service: whether it is needed, and where it stands; nothing once the case is forgotten.
///
/// # Errors
/// The store's failure.
pub fn board(app: &App, image: &Image, case: &CaseHead, lang: Lang) -> Result<Vec<PaperLine>, Problem> {
    let service = image.service(case);
    if service.papers.is_empty() || case.key == 0 {
        return Ok(Vec::new());
    }
    let rows = steps(app, case)?;
    let waiting = &service.steps[usize::from(case.step)..];
    let line = |paper: &Paper| {
        let asked = |step: &Step| step.papers.contains(&paper.name);
        let needed = match case.state.is_open() {
            true if asked(&waiting[0]) => "now",
            true if waiting.iter().any(asked) => "later",
            _ => "no",
        };
        let standing = standing_in(app, case, &rows, &paper.name)?;
        let state = match standing.as_ref().map(|one| one.verb) {
            None => "missing",
            Some(StepVerb::Accept) => "accepted",
            Some(StepVerb::Return) => "returned",
            Some(_) => "given",
        };
        let (hash, reason) = standing.map_or((None, None), |one| (one.hash, one.reason));
        Ok(PaperLine {
            name: paper.name.clone(),
            title: words(&paper.title, lang).to_owned(),
            needed: needed.to_owned(),
            state: state.to_owned(),
            reason,
            hash,
            by_link: paper.holder,
        })
    };
    service.papers.iter().map(line).collect()
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
            taken: paper.description.taken.at,
            place: paper.description.taken.place,
            at: record.map(|record| record.at.to_string()).unwrap_or_default(),
            doubts: paper.description.doubts.iter().map(|doubt| doubt.said(lang)).collect(),
        });
    }
    let judges = |paper: &Paper| case.key != 0 && may_judge(image, viewer, case.subject, &paper.name).is_ok();
    Ok(Papers {
        papers: rows,
        may_attach: kinds.collect(),
        board: board(app, image, case, lang)?,
        may_judge: service.papers.iter().any(judges),
    })
}
