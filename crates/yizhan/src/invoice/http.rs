//! The routes of the stock of invoices.

use super::act::TakeIn;
use super::model::{NewStock, PacketView, StockAdded, StockRow};
use super::view;
use crate::answer::{Answered, Path, Query, lang};
use crate::app::App;
use crate::case::http::Secret;
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Deed;
use yizhan_core::problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(invoice_stock, take_invoices_in)).routes(routes!(invoices_of_case))
}

/// The stock of blank invoices by delivery: how many are free, and which.
#[utoipa::path(get, path = "/api/invoices/stock", tag = "invoice",
    responses((status = 200, body = [StockRow]), (status = 401), (status = 403)))]
async fn invoice_stock(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<StockRow>>> {
    let viewer = sessions::staff(&app, &headers)?;
    Ok(Json(view::stock(&app.image(), &viewer, lang())?))
}

/// Take a delivery of blank invoices into the stock.
#[utoipa::path(post, path = "/api/invoices/stock", tag = "invoice", request_body = NewStock,
    responses((status = 201, body = StockAdded), (status = 401), (status = 403), (status = 409), (status = 422)))]
async fn take_invoices_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<(StatusCode, Json<StockAdded>)> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::KeepLists)?;
    let new: NewStock = who::parse(&body)?;
    let area =
        new.area.parse().map_err(|_| problem::UNKNOWN_REGION.problem("没有这个区划。", "There is no such region."))?;
    let request = sessions::request(&viewer, &headers, &body);
    let outcome = app.act(viewer.actor, request, TakeIn { new, area }).await?;
    Ok((StatusCode::CREATED, Json(StockAdded { subject: outcome.about.map_or(0, |subject| subject.0) })))
}

/// The invoices that a case gave out, and how many more its taxpayer may have this month.
#[utoipa::path(get, path = "/api/cases/{case}/invoices", tag = "invoice",
    params(("case" = String, Path, description = "the case's number"), Secret),
    responses((status = 200, body = PacketView), (status = 401), (status = 404)))]
async fn invoices_of_case(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
) -> Answered<Json<PacketView>> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let seen = viewer.look(&image);
    let head = seen.numbered(&number)?;
    viewer.must(Deed::ReadPerson)?;
    Ok(Json(view::of_case(&app, &image, head)?))
}
