//! The day's API.

use super::model::{DayAsked, DayList, Trend};
use super::{trend, view};
use crate::answer::{Answered, Path, Query, lang};
use crate::app::{App, blocking};
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Deed;
use yizhan_core::row::SubjectId;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list_of_the_day)).routes(routes!(trend_of_person))
}

/// What is due or late today in my area, household by household and place by place.
#[utoipa::path(get, path = "/api/day", tag = "day", params(DayAsked),
    responses((status = 200, body = DayList), (status = 401), (status = 403), (status = 422)))]
async fn list_of_the_day(
    State(app): State<Arc<App>>,
    Query(asked): Query<DayAsked>,
    headers: HeaderMap,
) -> Answered<Json<DayList>> {
    let viewer = sessions::narrowed(sessions::staff(&app, &headers)?, asked.area.as_deref())?;
    viewer.must(Deed::SeeCase)?;
    Ok(Json(blocking(|| view::list(&app, &viewer, &asked, lang()))?))
}

/// What was measured of a person of my team, visit by visit.
#[utoipa::path(get, path = "/api/people/{person}/trend", tag = "day", params(("person" = u32, Path, description = "The person's number.")),
    responses((status = 200, body = Trend), (status = 401), (status = 403), (status = 404)))]
async fn trend_of_person(
    State(app): State<Arc<App>>,
    Path(person): Path<u32>,
    headers: HeaderMap,
) -> Answered<Json<Trend>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::SeeCase)?;
    Ok(Json(blocking(|| trend::of(&app, &viewer, SubjectId(person), lang()))?))
}
