//! The room's API: for terminals that are enrolled.

use super::act::MINUTES;
use super::model::{HandOver, KioskView, ScanCode, ToScan};
use super::view;
use crate::answer::{Answered, Given, lang};
use crate::app::App;
use crate::case::act;
use crate::device::http::device;
use crate::resident::http::code;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(kiosk)).routes(routes!(hand_over)).routes(routes!(to_scan))
}

/// What a terminal shows: its hall, and the services that anybody may open, with what they ask. `Authorization: Bearer` and
/// the device's secret.
#[utoipa::path(get, path = "/api/kiosk", tag = "kiosk", responses((status = 200, body = KioskView), (status = 401)))]
async fn kiosk(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<KioskView>> {
    let device = device(&app, &headers)?;
    Ok(Json(view::of(&app, device, lang())?))
}

/// Lay down what was answered at a terminal, so that the person goes on with it on their phone: once, within a quarter of
/// an hour.
#[utoipa::path(post, path = "/api/kiosk/hand-over", tag = "kiosk", request_body = HandOver,
    responses((status = 200, body = ScanCode), (status = 401), (status = 404), (status = 422), (status = 503)))]
async fn hand_over(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(given): Given<HandOver>,
) -> Answered<Json<ScanCode>> {
    device(&app, &headers)?;
    act::service(&app.image(), &given.service)?;
    let taken = app.hand_overs.lay(&app, &given.service, given.answers)?;
    let link = format!("{}/take/{taken}", app.config.public_url());
    Ok(Json(ScanCode { svg: code(&link), link, minutes: Some(MINUTES) }))
}

/// A page of ours as a code to be scanned from a terminal.
#[utoipa::path(post, path = "/api/kiosk/codes", tag = "kiosk", request_body = ToScan,
    responses((status = 200, body = ScanCode), (status = 401), (status = 422)))]
async fn to_scan(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(asked): Given<ToScan>,
) -> Answered<Json<ScanCode>> {
    device(&app, &headers)?;
    let ours = asked.path.starts_with('/') && !asked.path.starts_with("//") && asked.path.len() <= 200;
    if !ours || asked.path.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(problem::FORM_INVALID.problem("只能是本系统的页面。", "Only pages of this system.").into());
    }
    let link = format!("{}{}", app.config.public_url(), asked.path);
    Ok(Json(ScanCode { svg: code(&link), link, minutes: None }))
}
