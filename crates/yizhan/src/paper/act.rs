//! Attaching a paper: looked at, sealed, handed in. Saying whether it will do.

use super::model::{Attached, Description, Judged, Verdict};
use super::rule::{accept, plain_name};
use super::upload::Taken;
use super::view;
use crate::answer::lang;
use crate::app::{App, Request, store};
use crate::case::act::seal;
use std::sync::Arc;
use tokio::sync::Semaphore;
use yizhan_core::access::Viewer;
use yizhan_core::catalog::Words;
use yizhan_core::image::case::StepVerb;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AttachPaper, JudgePaper, may_attach, may_judge};
use yizhan_kit::Problem;
use yizhan_kit::digest::{HashKind, hash};
use yizhan_kit::id::to_hex;

/// How many pictures are drawn anew at a time: each may unfold to a quarter of a gigabyte.
static DRAWING: Semaphore = Semaphore::const_new(2);

/// Attaches a file to a case. The same content twice is one paper, whoever sends it again.
///
/// # Errors
/// As [`may_attach`], before the file is looked at; `paper-refused`, `paper-too-large`.
pub async fn attach(
    app: &App,
    viewer: &Viewer,
    case: SubjectId,
    paper: &str,
    file: &str,
    bytes: Vec<u8>,
) -> Result<Attached, Problem> {
    attach_taken(app, viewer, case, paper, (file, Taken::default()), bytes).await
}

/// As [`attach`], with when and where it was taken.
///
/// # Errors
/// As [`attach`].
pub async fn attach_taken(
    app: &App,
    viewer: &Viewer,
    case: SubjectId,
    paper: &str,
    (file, taken): (&str, Taken),
    bytes: Vec<u8>,
) -> Result<Attached, Problem> {
    may_attach(&app.image(), viewer, case, paper)?;
    let turn = DRAWING.acquire().await.map_err(|error| store(&error))?;
    let accepted = tokio::task::spawn_blocking(move || accept(bytes)).await.map_err(|error| store(&error))??;
    std::mem::drop(turn);
    let digest = to_hex(&hash(HashKind::Sha256, &accepted.content).0);
    let (width, height) = accepted.size;
    let description = Description {
        hash: digest.clone(),
        media_type: accepted.media_type.to_owned(),
        bytes: accepted.content.len(),
        width,
        height,
        file: plain_name(file),
        taken,
        doubts: accepted.doubts.clone(),
    };
    let image = app.image();
    let (head, _) = may_attach(&image, viewer, case, paper)?;
    let service = image.service(head).clone();
    let description = serde_json::to_vec(&description).map_err(|error| store(&error))?;
    let sealed = |plain: &[u8]| -> Result<Arc<[u8]>, Problem> { seal(app, head, &service, plain) };
    let verb = AttachPaper {
        case,
        paper: paper.to_owned(),
        content: sealed(&accepted.content)?,
        thumbnail: sealed(&accepted.thumbnail)?,
        description: sealed(&description)?,
    };
    let request = Request::keyed(&format!("paper {case} {paper}"), &digest, digest.as_bytes());
    let outcome = app.act(viewer.actor, request, verb).await?;
    let doubts = accepted.doubts.iter().map(|doubt| doubt.said(lang())).collect();
    Ok(Attached { hash: digest, seq: outcome.seq, doubts })
}

/// The longest reason, in characters.
const REASON: usize = 200;

/// Says of a paper whether it will do. Whoever handed it in hears of it when it will not.
///
/// # Errors
/// As [`may_judge`]; `paper-missing` when there is none, `case-changed` when another has arrived since, `form-invalid` for a
/// return without a reason.
pub async fn judge(
    app: &App,
    viewer: &Viewer,
    request: Request,
    case: SubjectId,
    paper: &str,
    said: &Verdict,
) -> Result<Judged, Problem> {
    if let Some(first) = app.answered(&request) {
        return first.map(|outcome| Judged { seq: outcome.seq });
    }
    let image = app.image();
    let (head, kind) = may_judge(&image, viewer, case, paper)?;
    let service = image.service(head).clone();
    let latest = view::standing(app, head, paper)?.and_then(|one| one.hash);
    match latest {
        None => return Err(problem::PAPER_MISSING.problem("还没有这份材料。", "There is no such paper yet.")),
        Some(hash) if hash != said.hash => {
            let (zh, en) = ("刚刚又传了一份新的，请看过再定。", "Another has just arrived; look at that one first.");
            return Err(problem::CASE_CHANGED.problem(zh, en));
        }
        Some(_) => {}
    }
    let reason = said.reason.trim();
    let verb = match said.verdict.as_str() {
        "accept" => StepVerb::Accept,
        "return" if !reason.is_empty() && reason.chars().count() <= REASON => StepVerb::Return,
        "return" => {
            return Err(problem::FORM_INVALID.problem(
                format!("请写明为什么退回，不超过 {REASON} 字。"),
                format!("Say why it is returned, in up to {REASON} characters."),
            ));
        }
        _ => return Err(problem::FORM_INVALID.problem("只能接收或退回。", "A paper is accepted or returned.")),
    };
    let (mut message, mut body) = (None, serde_json::json!({}));
    if verb == StepVerb::Return {
        let words = Words {
            zh: format!("您的材料“{}”需要重新提供：{reason}。请打开回执重新上传。", kind.title.zh),
            en: format!("Another {} is needed: {reason}. Open your receipt to send it.", kind.title.en),
        };
        message = crate::case::act::message(app, head, &service, &words)?;
        body = serde_json::json!({ "reason": reason });
    }
    let body = seal(app, head, &service, body.to_string().as_bytes())?;
    let judged = JudgePaper { case, paper: paper.to_owned(), verb, body, message };
    let outcome = app.act(viewer.actor, request, judged).await?;
    Ok(Judged { seq: outcome.seq })
}
