//! The register's API.

use super::columns::{ImportAsked, ImportBegun, ImportState};
use super::model::{GapBoard, Gaps, HouseholdAsked, HouseholdPage, PastAct, RegisterAsked, RulePage, RulesView};
use super::slider::{Moved, MovedView};
use super::{export, household, import, past, slider, view};
use crate::answer::{Answered, Path, Query, lang};
use crate::app::{App, Request, blocking};
use crate::staff::sessions;
use crate::table::model::LARGEST;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::row::SubjectId;
use yizhan_core::service::Export;
use yizhan_kit::Problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(rules_of_catalog))
        .routes(routes!(rule_of_catalog))
        .routes(routes!(gaps))
        .routes(routes!(gap_board))
        .routes(routes!(household_page))
        .routes(routes!(household_acts))
        .routes(routes!(move_parameter))
        .routes(routes!(register_file))
        .routes(routes!(import_progress))
        .routes(routes!(import_bad_rows))
        .merge(OpenApiRouter::new().routes(routes!(import_table)).layer(DefaultBodyLimit::max(LARGEST)))
}

fn looking(app: &App, headers: &HeaderMap, area: Option<&str>) -> Result<Viewer, Problem> {
    let viewer = sessions::narrowed(sessions::staff(app, headers)?, area)?;
    viewer.must(Deed::SeeCase)?;
    Ok(viewer)
}

/// The rules I am told of, and what each comes to in my area on a day.
#[utoipa::path(get, path = "/api/rules", tag = "register", params(RegisterAsked),
    responses((status = 200, body = RulesView), (status = 401), (status = 403), (status = 422)))]
async fn rules_of_catalog(
    State(app): State<Arc<App>>,
    Query(asked): Query<RegisterAsked>,
    headers: HeaderMap,
) -> Answered<Json<RulesView>> {
    let viewer = looking(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::rules(&app, &viewer, &asked, lang()))?))
}

/// A rule whole: its text, source, examples, and what it comes to in each part of my area.
#[utoipa::path(get, path = "/api/rules/{rule}", tag = "register", params(("rule" = String, Path, description = "The rule's name."), RegisterAsked),
    responses((status = 200, body = RulePage), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn rule_of_catalog(
    State(app): State<Arc<App>>,
    Path(rule): Path<String>,
    Query(asked): Query<RegisterAsked>,
    headers: HeaderMap,
) -> Answered<Json<RulePage>> {
    let viewer = looking(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::rule_page(&app, &viewer, &rule, &asked, lang()))?))
}

/// What is missing in my area, by village and household.
#[utoipa::path(get, path = "/api/gaps", tag = "register", params(RegisterAsked),
    responses((status = 200, body = Gaps), (status = 401), (status = 403), (status = 422)))]
async fn gaps(
    State(app): State<Arc<App>>,
    Query(asked): Query<RegisterAsked>,
    headers: HeaderMap,
) -> Answered<Json<Gaps>> {
    let viewer = looking(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::gaps(&app, &viewer, &asked, lang()))?))
}

/// How much is missing in my area, in each part of it, and over the past months.
#[utoipa::path(get, path = "/api/gaps/board", tag = "register", params(RegisterAsked),
    responses((status = 200, body = GapBoard), (status = 401), (status = 403), (status = 422)))]
async fn gap_board(
    State(app): State<Arc<App>>,
    Query(asked): Query<RegisterAsked>,
    headers: HeaderMap,
) -> Answered<Json<GapBoard>> {
    let viewer = looking(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::board(&app, &viewer, &asked, lang()))?))
}

/// A household whole, on any day and as it was known at any act.
#[utoipa::path(get, path = "/api/households/{subject}", tag = "register", params(("subject" = u32, Path, description = "The subject's number."), HouseholdAsked),
    responses((status = 200, body = HouseholdPage), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn household_page(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    Query(asked): Query<HouseholdAsked>,
    headers: HeaderMap,
) -> Answered<Json<HouseholdPage>> {
    let viewer = looking(&app, &headers, None)?;
    Ok(Json(blocking(|| household::page(&app, &viewer, SubjectId(subject), &asked, lang()))?))
}

/// The acts that said something of a household, the latest first.
#[utoipa::path(get, path = "/api/households/{subject}/acts", tag = "register", params(("subject" = u32, Path, description = "The subject's number.")),
    responses((status = 200, body = Vec<PastAct>), (status = 401), (status = 403), (status = 404)))]
async fn household_acts(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    headers: HeaderMap,
) -> Answered<Json<Vec<PastAct>>> {
    let viewer = looking(&app, &headers, None)?;
    Ok(Json(blocking(|| past::acts(&app, &viewer, SubjectId(subject), lang()))?))
}

/// What another value of a parameter would do. Nothing is saved.
#[utoipa::path(post, path = "/api/parameters/move", tag = "register", request_body = Moved,
    responses((status = 200, body = MovedView), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn move_parameter(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<MovedView>> {
    let moved: Moved = who::parse(&body)?;
    let viewer = looking(&app, &headers, moved.area.as_deref())?;
    Ok(Json(blocking(|| slider::moved(&app, &viewer, &moved, lang()))?))
}

/// The register of my area as an Excel file. That it was taken out is on record.
#[utoipa::path(get, path = "/api/register.xlsx", tag = "register", params(RegisterAsked),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 401), (status = 403), (status = 422)))]
async fn register_file(
    State(app): State<Arc<App>>,
    Query(asked): Query<RegisterAsked>,
    headers: HeaderMap,
) -> Answered<Response> {
    let viewer = looking(&app, &headers, asked.area.as_deref())?;
    viewer.must(Deed::ReadPerson)?;
    let sheet = blocking(|| export::sheet(&app, &viewer, asked.on.as_deref(), lang()))?;
    app.act(viewer.actor, Request::unkeyed(b"register"), Export).await?;
    Ok(sheet.answer("register")?)
}

/// Bring a table of people and households into the register of my area: Excel or CSV, one person a row.
#[utoipa::path(post, path = "/api/register/imports", tag = "register", params(ImportAsked),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses((status = 200, body = ImportBegun), (status = 401), (status = 403), (status = 422)))]
async fn import_table(
    State(app): State<Arc<App>>,
    Query(asked): Query<ImportAsked>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<ImportBegun>> {
    let viewer = sessions::staff(&app, &headers)?;
    Ok(Json(ImportBegun { import: import::begin(&app, &viewer, &asked, &body)? }))
}

/// How far an import of mine has come.
#[utoipa::path(get, path = "/api/register/imports/{import}", tag = "register", params(("import" = String, Path, description = "The import's name.")),
    responses((status = 200, body = ImportState), (status = 401), (status = 403), (status = 404)))]
async fn import_progress(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answered<Json<ImportState>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::Import)?;
    Ok(Json(import::progress(&app, &viewer, &name)?))
}

/// The rows that wait, with their reasons, as an Excel file to correct and send again.
#[utoipa::path(get, path = "/api/register/imports/{import}/bad.xlsx", tag = "register", params(("import" = String, Path, description = "The import's name.")),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 401), (status = 403), (status = 404)))]
async fn import_bad_rows(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answered<Response> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::Import)?;
    Ok(import::bad_rows(&app, &viewer, &name)?.answer("bad-rows")?)
}
