//! The room's API.

use super::model::{Asked, AskedMap, CampaignRow, PatrolMap, Stations, VolunteerRow};
use super::view;
use crate::answer::{Answered, Query, lang};
use crate::app::{App, blocking};
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_kit::Problem;

/// The room's API.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(patrol))
        .routes(routes!(stations))
        .routes(routes!(volunteers))
        .routes(routes!(campaigns))
}

fn counting(app: &App, headers: &HeaderMap, area: Option<&str>) -> Result<Viewer, Problem> {
    let viewer = sessions::narrowed(sessions::staff(app, headers)?, area)?;
    viewer.must(Deed::Count)?;
    Ok(viewer)
}

/// Where reports come from: my villages on a map with their numbers, and the cases that a number counts beside it.
#[utoipa::path(get, path = "/api/patrol", tag = "ground", params(AskedMap),
    responses((status = 200, body = PatrolMap), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn patrol(
    State(app): State<Arc<App>>,
    Query(asked): Query<AskedMap>,
    headers: HeaderMap,
) -> Answered<Json<PatrolMap>> {
    let viewer = counting(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::patrol(&app, &viewer, &asked, lang()))?))
}

/// Which practice stations are alive, by township and tier: counted from what they did, with the stations themselves.
#[utoipa::path(get, path = "/api/stations", tag = "ground", params(Asked),
    responses((status = 200, body = Stations), (status = 401), (status = 403), (status = 422)))]
async fn stations(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Json<Stations>> {
    let viewer = counting(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::stations(&app, &viewer, lang()))?))
}

/// The volunteers of my area, with the hours that were counted and the cases they come from.
#[utoipa::path(get, path = "/api/volunteers", tag = "ground", params(Asked),
    responses((status = 200, body = Vec<VolunteerRow>), (status = 401), (status = 403), (status = 422)))]
async fn volunteers(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Json<Vec<VolunteerRow>>> {
    let viewer = counting(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::volunteers(&app, &viewer, lang()))?))
}

/// The campaigns that reach into my area: which places of it were visited, and which were not.
#[utoipa::path(get, path = "/api/campaigns", tag = "ground", params(Asked),
    responses((status = 200, body = Vec<CampaignRow>), (status = 401), (status = 403), (status = 422)))]
async fn campaigns(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Json<Vec<CampaignRow>>> {
    let viewer = counting(&app, &headers, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::campaigns(&app, &viewer, lang()))?))
}
