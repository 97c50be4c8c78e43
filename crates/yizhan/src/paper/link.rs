//! Links by which somebody else's phone photographs one paper of one case, once: bound to both, good for half an hour, and
//! telling nothing of the case but its service and the paper's name.

use super::act;
use super::model::{Attached, Finished, UploadLink};
use super::rule::{LARGEST, too_large};
use super::upload;
use crate::answer::{Answered, Path, Query, lang};
use crate::app::{App, store};
use crate::case::http::Secret;
use crate::case::view::words;
use crate::resident::http::{code, frame, refused, render};
use crate::resident::page::Frame;
use crate::who;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Viewer, forbidden};
use yizhan_core::act::Actor;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::may_attach;
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Moment, Problem};

/// The kind of working state.
const KIND: &str = "upload-link";

/// For how long a link is good, in minutes.
const MINUTES: i64 = 30;

/// What a link is for.
#[derive(Serialize, Deserialize, Clone)]
struct Bound {
    case: u32,
    paper: String,
    until: Moment,
}

/// The API's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(make_link)).routes(routes!(attach_by_link))
}

/// The page's routes.
pub fn pages() -> Router<Arc<App>> {
    Router::new().route("/u/{token}", get(page).post(send).layer(DefaultBodyLimit::max(LARGEST + 64 * 1024)))
}

fn named(app: &App, token: &str) -> String {
    app.vault.digest(KIND, token.as_bytes()).to_string()
}

fn over() -> Problem {
    problem::NOT_FOUND.problem(
        "这个上传链接已经用过或过期，请让发给您的人再发一个。",
        "This link was used, or its time is over; ask for another.",
    )
}

fn find(app: &App, token: &str) -> Result<Bound, Problem> {
    let now = app.real_clock.now();
    let name = named(app, token);
    let kept = app.with_working(|working| working.get(KIND, &name, now)).map_err(|error| store(&error))?;
    kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(over)
}

/// Whoever holds a link, as the holder of its case.
///
/// # Errors
/// `not-found` for a link that was used, or is over.
pub fn viewer(app: &App, token: &str) -> Result<Viewer, Problem> {
    let bound = find(app, token)?;
    Viewer::of(&app.image(), Actor::Holder(SubjectId(bound.case)), app.now().day())
}

/// Takes a link, so that nobody else can meanwhile.
fn take(app: &App, token: &str) -> Result<Bound, Problem> {
    let _turn = app.taking.lock().expect("no panic while a link is taken");
    let bound = find(app, token)?;
    let name = named(app, token);
    app.with_working(|working| working.delete(KIND, &name)).map_err(|error| store(&error))?;
    Ok(bound)
}

fn keep(app: &App, token: &str, bound: &Bound) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(bound).map_err(|error| store(&error))?;
    let name = named(app, token);
    app.with_working(|working| working.put(KIND, &name, &bytes, bound.until)).map_err(|error| store(&error))
}

/// Make a link by which one paper of a case is photographed with another phone, once.
#[utoipa::path(post, path = "/api/cases/{case}/papers/{paper}/link", tag = "paper",
    params(("case" = String, Path, description = "the case's number"), ("paper" = String, Path), Secret),
    responses((status = 200, body = UploadLink), (status = 401), (status = 403), (status = 404), (status = 409)))]
async fn make_link(
    State(app): State<Arc<App>>,
    Path((number, paper)): Path<(String, String)>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
) -> Answered<Json<UploadLink>> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let case = viewer.look(&image).numbered(&number)?.subject;
    let (_, kind) = may_attach(&image, &viewer, case, &paper)?;
    if !kind.holder {
        return Err(forbidden("这份材料由工作人员上传。", "This paper is attached by staff.").into());
    }
    Ok(Json(new(&app, case, &paper)?))
}

/// A new link for a paper of a case.
///
/// # Errors
/// The store's failure.
pub fn new(app: &App, case: SubjectId, paper: &str) -> Result<UploadLink, Problem> {
    let token = base32(&random::<15>(app.vault.entropy()));
    let until = app.real_clock.now().plus_ms(MINUTES * 60_000);
    keep(app, &token, &Bound { case: case.0, paper: paper.to_owned(), until })?;
    let link = format!("{}/u/{token}", app.config.public_url());
    Ok(UploadLink { code: code(&link), link, minutes: MINUTES })
}

/// Make a finished upload the paper that a link is for.
#[utoipa::path(post, path = "/api/links/{token}", tag = "paper", params(("token" = String, Path)), request_body = Finished,
    responses((status = 200, body = Attached), (status = 404), (status = 409), (status = 413), (status = 422)))]
async fn attach_by_link(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    body: Bytes,
) -> Answered<Json<Attached>> {
    let finished: Finished = who::parse(&body)?;
    let viewer = viewer(&app, &token)?;
    let (sent, bytes) = upload::whole(&app, viewer.actor, &finished.upload)?;
    let attached = hand_in(&app, &token, &sent.file, bytes).await?;
    upload::drop(&app, viewer.actor, &finished.upload)?;
    Ok(Json(attached))
}

/// Hands a file in by a link. One that is refused leaves the link good for another try.
async fn hand_in(app: &App, token: &str, file: &str, bytes: Vec<u8>) -> Result<Attached, Problem> {
    let viewer = viewer(app, token)?;
    let bound = take(app, token)?;
    let attached = act::attach(app, &viewer, SubjectId(bound.case), &bound.paper, file, bytes).await;
    if attached.is_err() {
        keep(app, token, &bound)?;
    }
    attached
}

/// `/u/{token}`
#[derive(Template)]
#[template(path = "upload.html")]
struct Upload {
    frame: Frame,
    /// The service and the paper.
    title: String,
    paper: String,
    action: String,
    problem: Option<String>,
    /// What was said of the photo, once it is there.
    done: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

fn drawn(app: &App, frame: Frame, token: &str, problem: Option<String>) -> Result<Upload, Problem> {
    let bound = find(app, token)?;
    let image = app.image();
    let program = Viewer::program();
    let case = program.look(&image).case(SubjectId(bound.case))?;
    let service = image.service(case);
    let paper = service.paper(&bound.paper).ok_or_else(over)?;
    Ok(Upload {
        title: words(&service.title, frame.lang).to_owned(),
        paper: words(&paper.title, frame.lang).to_owned(),
        action: format!("/u/{token}"),
        problem,
        done: None,
        frame,
    })
}

async fn page(State(app): State<Arc<App>>, Path(token): Path<String>, Query(done): Query<Done>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    if let Some(doubts) = done.done {
        let doubts = doubts.split('|').filter(|one| !one.is_empty()).map(str::to_owned).collect();
        let (title, paper, action) = (String::new(), String::new(), String::new());
        return render(StatusCode::OK, &Upload { frame, title, paper, action, problem: None, done: Some(doubts) });
    }
    match drawn(&app, frame.clone(), &token, None) {
        Ok(page) => render(StatusCode::OK, &page),
        Err(problem) => refused(frame, &problem),
    }
}

/// Takes a photo as a browser without script sends it: whole.
async fn send(State(app): State<Arc<App>>, Path(token): Path<String>, uri: Uri, mut sent: Multipart) -> Response {
    let frame = frame(&app, &uri);
    let done = async {
        while let Some(field) = sent.next_field().await.map_err(|_| too_large())? {
            if field.name() != Some("file") {
                continue;
            }
            let name = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(|_| too_large())?;
            if bytes.is_empty() {
                break;
            }
            return hand_in(&app, &token, &name, bytes.to_vec()).await;
        }
        Err(problem::FORM_INVALID.problem("请先选择照片或文件。", "Please choose a photo or a file first."))
    };
    match done.await {
        Ok(attached) => {
            let doubts: String = form_urlencoded::byte_serialize(attached.doubts.join("|").as_bytes()).collect();
            Redirect::to(&format!(
                "/u/{token}?done={doubts}&lang={}",
                if lang() == yizhan_kit::Lang::Zh { "zh" } else { "en" }
            ))
            .into_response()
        }
        Err(problem) => {
            let said = problem.detail(frame.lang).to_owned();
            let status = StatusCode::from_u16(problem.kind.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            match drawn(&app, frame.clone(), &token, Some(said)) {
                Ok(page) => render(status, &page),
                Err(problem) => refused(frame, &problem),
            }
        }
    }
}
