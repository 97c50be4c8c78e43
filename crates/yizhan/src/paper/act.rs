//! Attaching a paper: looked at, sealed, handed in.

use super::model::{Attached, Description};
use super::rule::{accept, plain_name};
use crate::app::{App, Request, store};
use crate::case::act::seal;
use std::sync::Arc;
use tokio::sync::Semaphore;
use yizhan_core::access::Viewer;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AttachPaper, may_attach};
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
    Ok(Attached { hash: digest, seq: outcome.seq })
}
