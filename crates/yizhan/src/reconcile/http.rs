//! The room's API.

use super::act::{self, Decide};
use super::model::{Asked, Brought, Decision, ListPage, RowsAsked, Taken};
use super::view;
use crate::answer::{Answered, Path, Query};
use crate::app::App;
use crate::case::model::Done;
use crate::staff::sessions;
use crate::table::model::LARGEST;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Role, Viewer};
use yizhan_core::catalog::Level;
use yizhan_core::problem;
use yizhan_kit::Problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(take))
        .routes(routes!(list))
        .routes(routes!(decide))
        .routes(routes!(follow))
        .layer(DefaultBodyLimit::max(LARGEST))
}

/// Whoever reconciles lists: an officer of a township or the district.
fn officer(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let viewer = sessions::staff(app, headers)?;
    viewer.must(Deed::ReadPerson)?;
    match viewer.role {
        Role::Officer(Level::Township | Level::District) => Ok(viewer),
        _ => Err(yizhan_core::access::forbidden(
            "名单由镇（街道）或区里核对。",
            "Lists are reconciled by a township or the district.",
        )),
    }
}

/// Take a list in: an Excel or CSV file of passengers, vehicles or guests.
#[utoipa::path(post, path = "/api/lists", tag = "reconcile", params(Brought),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses((status = 200, body = Taken), (status = 401), (status = 403), (status = 422)))]
async fn take(
    State(app): State<Arc<App>>,
    Query(said): Query<Brought>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<Taken>> {
    let viewer = officer(&app, &headers)?;
    Ok(Json(act::take(&app, &viewer, &said, &body).await?))
}

/// A list and what its rows come to: who declared, who may have, who did not.
#[utoipa::path(get, path = "/api/lists/{number}", tag = "reconcile", params(("number" = String, Path), RowsAsked),
    responses((status = 200, body = ListPage), (status = 401), (status = 403), (status = 404), (status = 410)))]
async fn list(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(asked): Query<RowsAsked>,
    headers: HeaderMap,
) -> Answered<Json<ListPage>> {
    let viewer = officer(&app, &headers)?;
    Ok(Json(crate::app::blocking(|| view::page(&app, &viewer, &number, &asked))?))
}

/// Decide whether a row and a case are the same person; later lists ask no more.
#[utoipa::path(post, path = "/api/lists/{number}/decide", tag = "reconcile", params(("number" = String, Path)),
    request_body = Decision,
    responses((status = 200, body = Done), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn decide(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<Done>> {
    let viewer = officer(&app, &headers)?;
    let decision: Decision = who::parse(&body)?;
    let pair = {
        let image = app.image();
        let seen = viewer.look(&image);
        let list = view::brought(&app, &seen, seen.numbered(&number)?)?;
        let row = list.rows.get(decision.row);
        let row =
            row.ok_or_else(|| problem::FORM_INVALID.problem("名单里没有这一行。", "The list has no such row."))?;
        // Any case of the zone may be the one: whether it is seen is not what is decided.
        let program = Viewer::program();
        program.look(&image).numbered(&decision.case)?;
        view::pair(&app, row, &decision.case)
    };
    let request = sessions::request(&viewer, &headers, &body);
    let outcome = app.act(viewer.actor, request, Decide { pair, same: decision.same }).await?;
    Ok(Json(Done { seq: outcome.seq, at: outcome.at.to_string() }))
}

/// Ask the home villages about everyone on the list whom nobody knows of.
#[utoipa::path(post, path = "/api/lists/{number}/follow", tag = "reconcile", params(("number" = String, Path)),
    responses((status = 200, body = Asked), (status = 401), (status = 403), (status = 404)))]
async fn follow(State(app): State<Arc<App>>, Path(number): Path<String>, headers: HeaderMap) -> Answered<Json<Asked>> {
    let viewer = officer(&app, &headers)?;
    Ok(Json(act::follow(&app, &viewer, &number).await?))
}
