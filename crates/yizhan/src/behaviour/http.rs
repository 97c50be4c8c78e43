//! The room's API: visits by devices, what they come to for whoever counts.

use super::model::{ChangedView, DifficultyView, FunnelView, OrderSuggested, VisitSaid, VisitsAsked, VolumeView};
use super::{act, view};
use crate::answer::{Answered, Given, Query, lang};
use crate::app::{App, blocking};
use crate::device::http::device;
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Viewer;
use yizhan_kit::{Lang, Problem};

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(visit))
        .routes(routes!(funnel))
        .routes(routes!(difficulty))
        .routes(routes!(business))
        .routes(routes!(suggested))
        .routes(routes!(changed))
}

/// A visit that is over, told by a device whose line is down.
#[utoipa::path(post, path = "/api/visits", tag = "behaviour", request_body = VisitSaid,
    responses((status = 204), (status = 401), (status = 422)))]
async fn visit(State(app): State<Arc<App>>, headers: HeaderMap, Given(said): Given<VisitSaid>) -> Answered<StatusCode> {
    let device = device(&app, &headers)?;
    act::take(&app, device, &said)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answers a question of whoever counts, about the part of their area that they name.
fn told<T>(
    app: &App,
    headers: &HeaderMap,
    asked: &VisitsAsked,
    view: fn(&App, &Viewer, &VisitsAsked, Lang) -> Result<T, Problem>,
) -> Answered<Json<T>> {
    let viewer = sessions::narrowed(sessions::staff(app, headers)?, asked.area.as_deref())?;
    Ok(Json(blocking(|| view(app, &viewer, asked, lang()))?))
}

/// By module and step: who reached it, where they were lost, how long it took.
#[utoipa::path(get, path = "/api/behaviour/funnels", tag = "behaviour", params(VisitsAsked),
    responses((status = 200, body = [FunnelView]), (status = 401), (status = 403)))]
async fn funnel(
    State(app): State<Arc<App>>,
    Query(asked): Query<VisitsAsked>,
    headers: HeaderMap,
) -> Answered<Json<Vec<FunnelView>>> {
    told(&app, &headers, &asked, view::funnel_views)
}

/// What people find hard, what costs most first, with evidence.
#[utoipa::path(get, path = "/api/behaviour/difficulties", tag = "behaviour", params(VisitsAsked),
    responses((status = 200, body = [DifficultyView]), (status = 401), (status = 403)))]
async fn difficulty(
    State(app): State<Arc<App>>,
    Query(asked): Query<VisitsAsked>,
    headers: HeaderMap,
) -> Answered<Json<Vec<DifficultyView>>> {
    told(&app, &headers, &asked, view::difficulty_views)
}

/// How much business there was, by module, hour, hall and day.
#[utoipa::path(get, path = "/api/behaviour/volume", tag = "behaviour", params(VisitsAsked),
    responses((status = 200, body = VolumeView), (status = 401), (status = 403)))]
async fn business(
    State(app): State<Arc<App>>,
    Query(asked): Query<VisitsAsked>,
    headers: HeaderMap,
) -> Answered<Json<VolumeView>> {
    told(&app, &headers, &asked, view::volume_view)
}

/// In which order the home screen should show things.
#[utoipa::path(get, path = "/api/behaviour/order", tag = "behaviour", params(VisitsAsked),
    responses((status = 200, body = OrderSuggested), (status = 401), (status = 403)))]
async fn suggested(
    State(app): State<Arc<App>>,
    Query(asked): Query<VisitsAsked>,
    headers: HeaderMap,
) -> Answered<Json<OrderSuggested>> {
    told(&app, &headers, &asked, view::order_view)
}

/// A module in the days before a change and in as many after it.
#[utoipa::path(get, path = "/api/behaviour/changed", tag = "behaviour", params(VisitsAsked),
    responses((status = 200, body = [ChangedView]), (status = 401), (status = 403), (status = 422)))]
async fn changed(
    State(app): State<Arc<App>>,
    Query(asked): Query<VisitsAsked>,
    headers: HeaderMap,
) -> Answered<Json<Vec<ChangedView>>> {
    told(&app, &headers, &asked, view::changed_views)
}
