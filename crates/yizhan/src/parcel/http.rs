//! The routes of parcels.

use super::model::{ParcelRow, ParcelView};
use super::view;
use crate::answer::{Answered, Path, Query, lang};
use crate::app::App;
use crate::case::http::Secret;
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(parcels_of_case)).routes(routes!(parcels_under_way))
}

/// The parcels of a case, and what the carrier said of them.
#[utoipa::path(get, path = "/api/cases/{case}/parcels", tag = "parcel",
    params(("case" = String, Path, description = "the case's number"), Secret),
    responses((status = 200, body = [ParcelView]), (status = 401), (status = 404)))]
async fn parcels_of_case(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
) -> Answered<Json<Vec<ParcelView>>> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let seen = viewer.look(&image);
    Ok(Json(view::of_case(&app, &image, seen.numbered(&number)?, lang())?))
}

/// The parcels that are not signed for yet: under way, lost, come back.
#[utoipa::path(get, path = "/api/parcels", tag = "parcel",
    responses((status = 200, body = [ParcelRow]), (status = 401), (status = 403)))]
async fn parcels_under_way(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<ParcelRow>>> {
    let viewer = sessions::staff(&app, &headers)?;
    Ok(Json(view::under_way(&app, &app.image(), &viewer, lang())?))
}
