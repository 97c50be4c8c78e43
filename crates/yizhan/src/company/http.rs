//! The routes of companies and their handlers.

use super::model::{CompanyClosed, CompanyView, HandlerAsked, HandlerProved, HandlerTold};
use super::{act, view};
use crate::answer::{Answered, Given, lang};
use crate::app::App;
use crate::once;
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_kit::Problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(company_code))
        .routes(routes!(open_company, open_companies))
        .routes(routes!(close_company))
}

/// Send a one-time code to a company's handler. The answer is the same whether there is such a handler or not: which papers
/// are needed to be one.
#[utoipa::path(post, path = "/api/companies/code", tag = "company", request_body = HandlerAsked,
    responses((status = 200, body = HandlerTold), (status = 401), (status = 403)))]
async fn company_code(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(asked): Given<HandlerAsked>,
) -> Answered<Json<HandlerTold>> {
    let viewer = sessions::staff(&app, &headers)?;
    act::send(&app, &viewer, &asked.taxpayer_number, asked.mobile.trim())?;
    Ok(Json(HandlerTold { minutes: once::GOOD_MINUTES, papers: act::papers(&app.image(), lang()) }))
}

/// Open a company by company, handler and code, for half an hour.
#[utoipa::path(post, path = "/api/companies", tag = "company", request_body = HandlerProved,
    responses((status = 200, body = CompanyView), (status = 401), (status = 403)))]
async fn open_company(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(proved): Given<HandlerProved>,
) -> Answered<Json<CompanyView>> {
    let viewer = sessions::staff(&app, &headers)?;
    let opened = act::open(&app, &viewer, &proved.taxpayer_number, proved.mobile.trim(), &proved.code).await?;
    Ok(Json(view::company(&app, &app.image(), &viewer, &opened, lang())?))
}

/// The companies that are open to me.
#[utoipa::path(get, path = "/api/companies", tag = "company",
    responses((status = 200, body = [CompanyView]), (status = 401), (status = 403)))]
async fn open_companies(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<CompanyView>>> {
    let viewer = sessions::staff(&app, &headers)?;
    act::must_be_agent(&viewer)?;
    let image = app.image();
    let open = act::all_open(&app, &viewer)?;
    let views: Result<Vec<_>, Problem> =
        open.iter().map(|open| view::company(&app, &image, &viewer, open, lang())).collect();
    Ok(Json(views?))
}

/// The talk is over: close a company again, or all that are open to me.
#[utoipa::path(post, path = "/api/companies/close", tag = "company", request_body = CompanyClosed,
    responses((status = 204), (status = 401), (status = 403)))]
async fn close_company(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(closed): Given<CompanyClosed>,
) -> Answered<StatusCode> {
    let viewer = sessions::staff(&app, &headers)?;
    act::close(&app, &viewer, closed.key.as_deref())?;
    Ok(StatusCode::NO_CONTENT)
}
