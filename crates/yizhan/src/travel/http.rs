//! The room's API: places, the list of risk areas, what a change would touch.

use super::act::SetRiskAreas;
use super::model::{OnDay, PlaceAsked, PlaceFound, Proposed, RiskArea, RiskList, Touched};
use super::view;
use crate::answer::{Answered, Query, lang};
use crate::app::{App, blocking};
use crate::case;
use crate::case::model::Done;
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Deed;
use yizhan_core::problem;
use yizhan_kit::{Day, Problem};

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(places))
        .routes(routes!(risk_areas, set_risk_areas))
        .routes(routes!(preview_plans))
}

/// The most places that are found at once.
const FOUND: usize = 12;

/// Places of the country: found by what was typed, or the parts of one.
#[utoipa::path(get, path = "/api/places", tag = "travel", params(PlaceAsked),
    responses((status = 200, body = [PlaceFound]), (status = 422)))]
async fn places(State(app): State<Arc<App>>, Query(asked): Query<PlaceAsked>) -> Answered<Json<Vec<PlaceFound>>> {
    let image = app.image();
    let places = &case::act::catalog(&image)?.0.places;
    let found = |code: u32| PlaceFound {
        code,
        name: places.name(code).unwrap_or_default().to_owned(),
        path: places.path(code),
    };
    let typed: String = asked.q.chars().take(40).collect();
    Ok(Json(if typed.trim().is_empty() {
        places.below(asked.within).into_iter().map(|(code, _)| found(code)).collect()
    } else {
        places.search(&typed, FOUND).into_iter().map(found).collect()
    }))
}

/// The list of risk areas that holds on a day.
#[utoipa::path(get, path = "/api/risk-areas", tag = "travel", params(OnDay),
    responses((status = 200, body = [RiskArea]), (status = 401), (status = 403), (status = 422)))]
async fn risk_areas(
    State(app): State<Arc<App>>,
    Query(asked): Query<OnDay>,
    headers: HeaderMap,
) -> Answered<Json<Vec<RiskArea>>> {
    sessions::staff(&app, &headers)?.must(Deed::SeeCase)?;
    let image = app.image();
    let on = asked.on.map_or(Ok(app.now().day()), |text| text.parse::<Day>());
    let on =
        on.map_err(|_| problem::FORM_INVALID.problem("请填写日期，例如 2021-02-01。", "Name a day, 2021-02-01."))?;
    Ok(Json(view::listed(&image, case::act::catalog(&image)?.0, on)))
}

/// Lay a new list of risk areas over the old one, from a day on. Whoever arrived before keeps their plan.
#[utoipa::path(post, path = "/api/risk-areas", tag = "travel", request_body = RiskList,
    responses((status = 200, body = Done), (status = 401), (status = 403), (status = 422)))]
async fn set_risk_areas(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Done>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::KeepLists)?;
    let list: RiskList = who::parse(&body)?;
    let (from, areas) = view::read_list(case::act::catalog(&app.image())?.0, &list)?;
    let verb = SetRiskAreas { from, areas, source: list.source.trim().to_owned() };
    let outcome = app.act(viewer.actor, sessions::request(&viewer, &headers, &body), verb).await?;
    Ok(Json(Done { seq: outcome.seq, at: outcome.at.to_string() }))
}

/// Whom a change of plans or of the list of risk areas would touch. Nothing is kept.
#[utoipa::path(post, path = "/api/plans/preview", tag = "travel", request_body = Proposed,
    responses((status = 200, body = Touched), (status = 401), (status = 403), (status = 422)))]
async fn preview_plans(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Touched>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::Count)?;
    viewer.must(Deed::ReadPerson)?;
    let proposed: Proposed = who::parse(&body)?;
    let found: Result<Touched, Problem> = blocking(|| view::touched(&app, &viewer, &proposed, lang()));
    Ok(Json(found?))
}
