//! The room's API and pages.

use super::model::{Asked, AssetPage, Assets, BookPage, BookRow, ProjectPage, Projects};
use super::{book, page, view};
use crate::answer::{Answered, Path, Query, lang};
use crate::app::{App, blocking};
use crate::staff::sessions;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_kit::Problem;

/// The room's API.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(projects))
        .routes(routes!(project))
        .routes(routes!(assets))
        .routes(routes!(asset))
        .routes(routes!(collectives))
        .routes(routes!(collective))
}

/// The room's pages: what is printed, and what its codes open.
pub fn pages() -> Router<Arc<App>> {
    Router::new().route("/poster/asset/{subject}", get(page::printed)).route("/asset/{subject}", get(page::public))
}

fn counting(app: &App, headers: &HeaderMap, area: Option<&str>) -> Result<Viewer, Problem> {
    let viewer = sessions::narrowed(sessions::staff(app, headers)?, area)?;
    viewer.must(Deed::Count)?;
    Ok(viewer)
}

/// The projects of my area: at which gate each stands, how late, which papers are missing, what was granted and spent.
#[utoipa::path(get, path = "/api/projects", tag = "asset", params(Asked),
    responses((status = 200, body = Projects), (status = 401), (status = 403), (status = 422)))]
async fn projects(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Json<Projects>> {
    let viewer = counting(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| book::projects(&app, &viewer, lang()))?))
}

/// A project: what is known of it, its cases, its accounts, what it left behind.
#[utoipa::path(get, path = "/api/projects/{subject}", tag = "asset",
    params(("subject" = u32, Path, description = "The subject's number.")),
    responses((status = 200, body = ProjectPage), (status = 401), (status = 403), (status = 404)))]
async fn project(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    headers: HeaderMap,
) -> Answered<Json<ProjectPage>> {
    let viewer = counting(&app, &headers, None)?;
    Ok(Json(blocking(|| book::project(&app, &viewer, subject, lang()))?))
}

/// The assets of my area on a day: rights, contract, rent, care, and what is wrong.
#[utoipa::path(get, path = "/api/assets", tag = "asset", params(Asked),
    responses((status = 200, body = Assets), (status = 401), (status = 403), (status = 422)))]
async fn assets(State(app): State<Arc<App>>, Query(asked): Query<Asked>, headers: HeaderMap) -> Answered<Json<Assets>> {
    let viewer = counting(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::assets(&app, &viewer, asked.on.as_deref(), lang()))?))
}

/// An asset on a day, with every right and contract there was and what it earned year by year.
#[utoipa::path(get, path = "/api/assets/{subject}", tag = "asset",
    params(("subject" = u32, Path, description = "The subject's number."), Asked),
    responses((status = 200, body = AssetPage), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn asset(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Json<AssetPage>> {
    let viewer = counting(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::asset(&app, &viewer, subject, asked.on.as_deref(), lang()))?))
}

/// The books of the collectives of my area: funds, assets, resources.
#[utoipa::path(get, path = "/api/collectives", tag = "asset", params(Asked),
    responses((status = 200, body = Vec<BookRow>), (status = 401), (status = 403), (status = 422)))]
async fn collectives(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Json<Vec<BookRow>>> {
    let viewer = counting(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| book::books(&app, &viewer, lang()))?))
}

/// A collective's book whole.
#[utoipa::path(get, path = "/api/collectives/{subject}", tag = "asset",
    params(("subject" = u32, Path, description = "The subject's number.")),
    responses((status = 200, body = BookPage), (status = 401), (status = 403), (status = 404)))]
async fn collective(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    headers: HeaderMap,
) -> Answered<Json<BookPage>> {
    let viewer = counting(&app, &headers, None)?;
    Ok(Json(blocking(|| book::collective(&app, &viewer, subject, lang()))?))
}
