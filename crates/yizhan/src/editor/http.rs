//! The editor's routes.

use super::model::{Choices, Draft, DraftFile, NewService, Preview, Proposal, Shaped, Trial, TrialPaper, TrialState};
use super::sandbox::{MINUTES, Sandbox};
use super::{act, template, view};
use crate::answer::{Answered, Path, lang};
use crate::app::{App, blocking, store};
use crate::case;
use crate::case::model::Receipt;
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Viewer;
use yizhan_core::problem;
use yizhan_kit::Problem;

/// The largest draft on its way here: twelve files of Chinese text, once as text and once as a tree.
const BODY: usize = 512 * 1024;

/// When a trial is over, with a moment more.
const OVER: Duration = Duration::from_secs(MINUTES.unsigned_abs() * 60 + 5);

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(editor_choices))
        .routes(routes!(new_service))
        .routes(routes!(shape_draft))
        .routes(routes!(preview_draft))
        .routes(routes!(propose_draft))
        .routes(routes!(begin_trial))
        .routes(routes!(trial_state, end_trial))
        .routes(routes!(trial_paper))
        .route("/api/editor/trials/{trial}/as/{who}/{*path}", any(inside))
        .layer(DefaultBodyLimit::max(BODY))
}

/// Who may propose a change of the catalog edits drafts of it.
fn editor(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let viewer = sessions::staff(app, headers)?;
    act::must_propose(app, &viewer)?;
    Ok(viewer)
}

/// What the editor chooses from: templates, services to copy, funds, figures, what may be known.
#[utoipa::path(get, path = "/api/editor", tag = "editor",
    responses((status = 200, body = Choices), (status = 401), (status = 403)))]
async fn editor_choices(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Choices>> {
    editor(&app, &headers)?;
    let image = app.image();
    Ok(Json(view::choices(case::act::catalog(&image)?.0, lang())))
}

/// The files of a new service, from a template or another service. Nothing is kept.
#[utoipa::path(post, path = "/api/editor/new", tag = "editor", request_body = NewService,
    responses((status = 200, body = [DraftFile]), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn new_service(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Vec<DraftFile>>> {
    editor(&app, &headers)?;
    let new: NewService = who::parse(&body)?;
    let image = app.image();
    let catalog = case::act::catalog(&image)?.0;
    Ok(Json(template::begun(catalog, &new.name, &new.from, [&new.zh, &new.en])?))
}

/// A draft read by the loader: what was edited as a form is written into its files; its mistakes stand at file and line. Nothing
/// is kept.
#[utoipa::path(post, path = "/api/editor/draft", tag = "editor", request_body = Draft,
    responses((status = 200, body = Shaped), (status = 400), (status = 401), (status = 403), (status = 422)))]
async fn shape_draft(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Shaped>> {
    editor(&app, &headers)?;
    Ok(Json(view::shaped(&app, who::parse(&body)?)?))
}

/// A draft's form as people will see it.
#[utoipa::path(post, path = "/api/editor/preview", tag = "editor", request_body = Draft,
    responses((status = 200, body = Preview), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn preview_draft(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Preview>> {
    editor(&app, &headers)?;
    Ok(Json(view::preview(&app, &who::parse(&body)?).await?))
}

/// Propose a draft by a case: a colleague reviews it, another signs that it comes into force.
#[utoipa::path(post, path = "/api/editor/propose", tag = "editor", request_body = Proposal,
    responses((status = 201, body = Receipt), (status = 401), (status = 403), (status = 409), (status = 422)))]
async fn propose_draft(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Response> {
    let viewer = editor(&app, &headers)?;
    let proposal: Proposal = who::parse(&body)?;
    let receipt = act::propose(&app, &viewer, &headers, &body, &proposal).await?;
    Ok((StatusCode::CREATED, Json(receipt)).into_response())
}

/// Begin a trial: a zone in memory with a draft in force and people who do not exist, thrown away after half an hour.
#[utoipa::path(post, path = "/api/editor/trials", tag = "editor", request_body = [DraftFile],
    responses((status = 200, body = Trial), (status = 401), (status = 403), (status = 422), (status = 503)))]
async fn begin_trial(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Trial>> {
    let viewer = editor(&app, &headers)?;
    let files: Vec<DraftFile> = who::parse(&body)?;
    let trial = blocking(|| app.sandboxes.begin(&app, &viewer, &files))?;
    let left = Arc::downgrade(&app);
    tokio::spawn(async move {
        tokio::time::sleep(OVER).await;
        if let Some(app) = left.upgrade() {
            app.sandboxes.sweep(app.real_clock.now());
        }
    });
    Ok(Json(trial))
}

/// What came of a trial so far: what became known, what would have been paid.
#[utoipa::path(get, path = "/api/editor/trials/{trial}", tag = "editor", params(("trial" = String, Path)),
    responses((status = 200, body = TrialState), (status = 401), (status = 403), (status = 404)))]
async fn trial_state(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answered<Json<TrialState>> {
    let viewer = editor(&app, &headers)?;
    Ok(Json(app.sandboxes.get(&app, &viewer, &name)?.state()?))
}

/// Throw a trial away.
#[utoipa::path(delete, path = "/api/editor/trials/{trial}", tag = "editor", params(("trial" = String, Path)),
    responses((status = 204), (status = 401), (status = 403)))]
async fn end_trial(State(app): State<Arc<App>>, Path(name): Path<String>, headers: HeaderMap) -> Answered<StatusCode> {
    app.sandboxes.end(&editor(&app, &headers)?, &name);
    Ok(StatusCode::NO_CONTENT)
}

/// Attach a sheet to a case of a trial, so that a step that asks for a paper can be signed.
#[utoipa::path(post, path = "/api/editor/trials/{trial}/paper", tag = "editor", params(("trial" = String, Path)),
    request_body = TrialPaper, responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn trial_paper(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<StatusCode> {
    let viewer = editor(&app, &headers)?;
    let wanted: TrialPaper = who::parse(&body)?;
    app.sandboxes.get(&app, &viewer, &name)?.attach(&wanted).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The program inside a trial, asked as a resident or as one of its staff. What it answers is passed on without what it would
/// have a browser remember.
async fn inside(
    State(app): State<Arc<App>>,
    Path((name, who, path)): Path<(String, String, String)>,
    request: Request,
) -> Answered<Response> {
    let viewer = editor(&app, request.headers())?;
    let sandbox = app.sandboxes.get(&app, &viewer, &name)?;
    let path = format!("/{path}");
    if !Sandbox::opens(&path) {
        return Err(problem::NOT_FOUND.problem("试办里没有这一页。", "A trial has no such page.").into());
    }
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let uri: Uri = format!("{path}{query}")
        .parse()
        .map_err(|_| problem::NOT_FOUND.problem("试办里没有这一页。", "A trial has no such page."))?;
    let (parts, body) = request.into_parts();
    let mut inner = Request::builder().method(parts.method).uri(uri);
    for kept in ["content-type", "idempotency-key", "accept-language"] {
        if let Some(value) = parts.headers.get(kept) {
            inner = inner.header(kept, value);
        }
    }
    // The language that was chosen here is chosen there.
    let chosen = format!("lang={}", if lang() == yizhan_kit::Lang::En { "en" } else { "zh" });
    let session = sandbox.cookie(&who)?;
    inner = inner.header(header::COOKIE, session.map_or_else(|| chosen.clone(), |one| format!("{one}; {chosen}")));
    let body = axum::body::to_bytes(body, BODY)
        .await
        .map_err(|_| problem::BODY_TOO_LARGE.problem("提交的内容太大。", "What was sent is too large."))?;
    let inner = inner.body(Body::from(body)).map_err(|error| store(&error))?;
    let mut answer = sandbox.router().oneshot(inner).await.map_err(|error| store(&error))?;
    answer.headers_mut().remove(header::SET_COOKIE);
    Ok(answer)
}
