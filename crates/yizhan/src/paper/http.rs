//! The papers' routes.

use super::model::{Attached, Finished, Judged, Papers, Verdict};
use super::upload::{self, Beginning, PIECE, Taken};
use super::{act, link, view};
use crate::answer::{Answered, Path, Query, lang};
use crate::app::{App, Request};
use crate::case::http::Secret;
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Role, Viewer};
use yizhan_core::problem;
use yizhan_core::service::ReadCase;
use yizhan_kit::Problem;

const TUS: (HeaderName, HeaderValue) = (HeaderName::from_static("tus-resumable"), HeaderValue::from_static("1.0.0"));

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(papers))
        .routes(routes!(attach))
        .routes(routes!(judge_paper))
        .merge(link::routes())
        .routes(routes!(content))
        .routes(routes!(thumbnail))
        .routes(routes!(begin))
        .routes(routes!(standing, piece, give_up))
        .layer(DefaultBodyLimit::max(PIECE))
}

/// The papers of a case, and which I may attach.
#[utoipa::path(get, path = "/api/cases/{case}/papers", tag = "paper",
    params(("case" = String, Path, description = "the case's number"), Secret),
    responses((status = 200, body = Papers), (status = 403), (status = 404)))]
async fn papers(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
) -> Answered<Json<Papers>> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let seen = viewer.look(&image);
    Ok(Json(view::papers(&app, &image, &viewer, seen.numbered(&number)?, lang())?))
}

/// Make a finished upload a paper of a case.
#[utoipa::path(post, path = "/api/cases/{case}/papers/{paper}", tag = "paper",
    params(("case" = String, Path, description = "the case's number"), ("paper" = String, Path), Secret), request_body = Finished,
    responses((status = 200, body = Attached), (status = 403), (status = 404), (status = 409), (status = 413), (status = 422)))]
async fn attach(
    State(app): State<Arc<App>>,
    Path((number, paper)): Path<(String, String)>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<Attached>> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let case = viewer.look(&image).numbered(&number)?.subject;
    let finished: Finished = who::parse(&body)?;
    let (upload, bytes) = upload::whole(&app, viewer.actor, &finished.upload)?;
    let attached = act::attach_taken(&app, &viewer, case, &paper, (&upload.file, upload.taken.clone()), bytes).await?;
    upload::drop(&app, viewer.actor, &finished.upload)?;
    Ok(Json(attached))
}

/// Accept the latest paper of a kind, or return it with a reason, which the person hears of.
#[utoipa::path(post, path = "/api/cases/{case}/papers/{paper}/verdict", tag = "paper",
    params(("case" = String, Path, description = "the case's number"), ("paper" = String, Path)), request_body = Verdict,
    responses((status = 200, body = Judged), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn judge_paper(
    State(app): State<Arc<App>>,
    Path((number, paper)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<Judged>> {
    let image = app.image();
    let viewer = sessions::staff(&app, &headers)?;
    let case = viewer.look(&image).numbered(&number)?.subject;
    let said: Verdict = who::parse(&body)?;
    let request = sessions::request(&viewer, &headers, &body);
    Ok(Json(act::judge(&app, &viewer, request, case, &paper, &said).await?))
}

/// Open a paper. For staff this is a reading of the person, on record like every other.
#[utoipa::path(get, path = "/api/cases/{case}/papers/{hash}/content", tag = "paper",
    params(("case" = String, Path, description = "the case's number"), ("hash" = String, Path), Secret),
    responses((status = 200, content_type = "application/octet-stream"), (status = 403), (status = 404)))]
async fn content(
    State(app): State<Arc<App>>,
    Path((number, hash)): Path<(String, String)>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
) -> Answered<Response> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let case = viewer.look(&image).numbered(&number)?;
    let paper = view::get(&app, &viewer, case, &hash)?;
    if viewer.role != Role::Holder {
        let read = ReadCase { case: case.subject, reason: "paper".into() };
        app.act(viewer.actor, Request::unkeyed(hash.as_bytes()), read).await?;
    }
    Ok(sent(&paper.description.media_type, paper.content(&app)?))
}

/// The small picture of a paper.
#[utoipa::path(get, path = "/api/cases/{case}/papers/{hash}/thumbnail", tag = "paper",
    params(("case" = String, Path, description = "the case's number"), ("hash" = String, Path), Secret),
    responses((status = 200, content_type = "image/jpeg"), (status = 403), (status = 404)))]
async fn thumbnail(
    State(app): State<Arc<App>>,
    Path((number, hash)): Path<(String, String)>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
) -> Answered<Response> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let paper = view::get(&app, &viewer, viewer.look(&image).numbered(&number)?, &hash)?;
    let picture = paper.thumbnail(&app)?;
    if picture.is_empty() {
        return Err(problem::CASE_NOT_FOUND.problem("这份材料没有缩略图。", "This paper has no small picture.").into());
    }
    Ok(sent("image/jpeg", picture))
}

/// A file on its way out. A browser may show a picture; a document it may only save, for our own page draws it without
/// running anything in it.
fn sent(media_type: &str, bytes: Vec<u8>) -> Response {
    let shown = if media_type == "image/jpeg" { "inline" } else { "attachment; filename=\"paper.pdf\"" };
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, shown.to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// For which case somebody uploads, when they hold its receipt.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// The case's number; without it, staff by their session.
    #[serde(default)]
    pub case: String,
    /// The secret of its receipt.
    #[serde(default)]
    pub k: String,
    /// A link by which one paper is photographed, instead of both.
    #[serde(default)]
    pub link: String,
}

impl Holding {
    fn viewer(&self, app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
        if !self.link.is_empty() {
            return link::viewer(app, &self.link);
        }
        who::viewer(app, &app.image(), headers, &self.case, &self.k)
    }
}

fn number(headers: &HeaderMap, name: &'static str) -> Result<usize, Problem> {
    let found = headers.get(name).and_then(|value| value.to_str().ok()?.parse().ok());
    found.ok_or_else(|| {
        let (zh, en) = (format!("请求头 {name} 应为字节数。"), format!("The header {name} must be a number of bytes."));
        problem::BODY_INVALID.problem(zh, en)
    })
}

/// What the `Upload-Metadata` header says under a key, which its Base64 follows: `filename`, `taken`, `place`.
fn said_of(headers: &HeaderMap, key: &str) -> String {
    let metadata = headers.get("upload-metadata").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named = metadata.split(',').find_map(|pair| pair.trim().strip_prefix(key)?.strip_prefix(' '));
    let decoded = named.and_then(|text| data_encoding::BASE64.decode(text.trim().as_bytes()).ok());
    decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Begin an upload (tus 1.0): `Upload-Length` says how many bytes it will have. `Upload-Metadata` may say `filename`, and
/// when (`taken`) and where (`place`) a photo was taken. Asked again under the same `Idempotency-Key` it is the same upload.
#[utoipa::path(post, path = "/api/uploads", tag = "paper", params(Holding),
    responses((status = 201), (status = 400), (status = 401), (status = 404), (status = 413), (status = 422)))]
async fn begin(State(app): State<Arc<App>>, Query(holding): Query<Holding>, headers: HeaderMap) -> Answered<Response> {
    let viewer = holding.viewer(&app, &headers)?;
    let begun = Beginning {
        length: number(&headers, "upload-length")?,
        file: &said_of(&headers, "filename"),
        taken: Taken::read(&said_of(&headers, "taken"), &said_of(&headers, "place")),
        key: headers.get("idempotency-key").and_then(|value| value.to_str().ok()).filter(|key| !key.is_empty()),
    };
    let name = upload::begin(&app, viewer.actor, begun)?;
    Ok((StatusCode::CREATED, [TUS, (header::LOCATION, text(&format!("/api/uploads/{name}")))]).into_response())
}

/// How far an upload is: `Upload-Offset`.
#[utoipa::path(head, path = "/api/uploads/{upload}", tag = "paper", params(("upload" = String, Path), Holding),
    responses((status = 200), (status = 401), (status = 404)))]
async fn standing(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(holding): Query<Holding>,
    headers: HeaderMap,
) -> Answered<Response> {
    let viewer = holding.viewer(&app, &headers)?;
    let upload = upload::find(&app, viewer.actor, &name)?;
    let length = (HeaderName::from_static("upload-length"), text(&upload.length.to_string()));
    Ok((StatusCode::OK, [TUS, offset(upload.received), length]).into_response())
}

/// The next piece of an upload, from `Upload-Offset` on.
#[utoipa::path(patch, path = "/api/uploads/{upload}", tag = "paper", params(("upload" = String, Path), Holding),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204), (status = 400), (status = 401), (status = 404), (status = 409), (status = 413)))]
async fn piece(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(holding): Query<Holding>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Response> {
    let viewer = holding.viewer(&app, &headers)?;
    let received = upload::take(&app, viewer.actor, &name, number(&headers, "upload-offset")?, &body)?;
    Ok((StatusCode::NO_CONTENT, [TUS, offset(received)]).into_response())
}

/// Give an upload up.
#[utoipa::path(delete, path = "/api/uploads/{upload}", tag = "paper", params(("upload" = String, Path), Holding),
    responses((status = 204), (status = 401), (status = 404)))]
async fn give_up(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(holding): Query<Holding>,
    headers: HeaderMap,
) -> Answered<StatusCode> {
    let viewer = holding.viewer(&app, &headers)?;
    upload::drop(&app, viewer.actor, &name)?;
    Ok(StatusCode::NO_CONTENT)
}

fn offset(received: usize) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("upload-offset"), text(&received.to_string()))
}

fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
