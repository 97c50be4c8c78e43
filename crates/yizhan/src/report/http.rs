//! The reports' API.

use super::model::{OpenedView, ReportAsked, ReportLine, ReportView};
use super::{docx, export, view};
use crate::answer::{Answered, Path, Query, lang};
use crate::app::{App, blocking};
use crate::case::act;
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_kit::Problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(reports_of_catalog))
        .routes(routes!(report_of_catalog))
        .routes(routes!(figure_opened))
        .routes(routes!(figures_of_case))
        .routes(routes!(report_as_document))
        .routes(routes!(report_sheet))
        .routes(routes!(figure_sheet))
        .merge(super::draft::http::routes())
}

fn looking(app: &App, headers: &HeaderMap, area: Option<&str>) -> Result<Viewer, Problem> {
    let viewer = sessions::narrowed(sessions::staff(app, headers)?, area)?;
    viewer.must(Deed::Count)?;
    Ok(viewer)
}

/// The reports there are.
#[utoipa::path(get, path = "/api/figures", tag = "report",
    responses((status = 200, body = Vec<ReportLine>), (status = 401), (status = 403)))]
async fn reports_of_catalog(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<ReportLine>>> {
    looking(&app, &headers, None)?;
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    Ok(Json(view::list(catalog, lang())))
}

/// A report counted in my area: every figure with its years and the parts of the area.
#[utoipa::path(get, path = "/api/figures/{report}", tag = "report", params(("report" = String, Path, description = "The report's name."), ReportAsked),
    responses((status = 200, body = ReportView), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn report_of_catalog(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(asked): Query<ReportAsked>,
    headers: HeaderMap,
) -> Answered<Json<ReportView>> {
    let viewer = looking(&app, &headers, asked.area.as_deref())?;
    let said = lang();
    Ok(Json(blocking(|| view::told(&app, &viewer, &name, &asked, said))?))
}

/// What a case publishes: the figures as they were fixed, with what they have come to since; before that, as they are now.
#[utoipa::path(get, path = "/api/cases/{case}/figures", tag = "report", params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = ReportView), (status = 401), (status = 403), (status = 404)))]
async fn figures_of_case(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Answered<Json<ReportView>> {
    let viewer = looking(&app, &headers, None)?;
    let said = lang();
    Ok(Json(blocking(|| view::of_case(&app, &viewer, &number, said))?))
}

/// A report as a document that can be edited, within what I may see.
#[utoipa::path(get, path = "/api/figures/{report}/docx", tag = "report", params(("report" = String, Path, description = "The report's name."), ReportAsked),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), (status = 401), (status = 403), (status = 404)))]
async fn report_as_document(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(asked): Query<ReportAsked>,
    headers: HeaderMap,
) -> Answered<Response> {
    let viewer = looking(&app, &headers, asked.area.as_deref())?;
    let said = lang();
    let told = blocking(|| view::told(&app, &viewer, &name, &asked, said))?;
    Ok(docx::answer(&docx::Document::of(&told, said), &name)?)
}

/// What is behind a figure, a page at a time, within what I may see.
#[utoipa::path(get, path = "/api/figures/{report}/{figure}", tag = "report",
    params(("report" = String, Path, description = "The report's name."), ("figure" = String, Path, description = "The figure's id."), ReportAsked),
    responses((status = 200, body = OpenedView), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn figure_opened(
    State(app): State<Arc<App>>,
    Path((name, figure)): Path<(String, String)>,
    Query(asked): Query<ReportAsked>,
    headers: HeaderMap,
) -> Answered<Json<OpenedView>> {
    let viewer = looking(&app, &headers, asked.area.as_deref())?;
    let said = lang();
    Ok(Json(blocking(|| view::opened(&app, &viewer, (&name, &figure), &asked, view::PAGE, said))?))
}

/// A report counted in my area as an Excel file, by the parts of the area, by village or by year.
#[utoipa::path(get, path = "/api/figures/{report}/sheet", tag = "report",
    params(("report" = String, Path, description = "The report's name."), ReportAsked),
    responses((status = 200, description = "An Excel file."), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn report_sheet(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(asked): Query<ReportAsked>,
    headers: HeaderMap,
) -> Answered<Response> {
    let viewer = looking(&app, &headers, asked.area.as_deref())?;
    let said = lang();
    Ok(blocking(|| export::report(&app, &viewer, &name, &asked, said))?)
}

/// What is behind a figure as an Excel file, within what I may see.
#[utoipa::path(get, path = "/api/figures/{report}/{figure}/sheet", tag = "report",
    params(("report" = String, Path, description = "The report's name."), ("figure" = String, Path, description = "The figure's id."), ReportAsked),
    responses((status = 200, description = "An Excel file."), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn figure_sheet(
    State(app): State<Arc<App>>,
    Path((name, figure)): Path<(String, String)>,
    Query(asked): Query<ReportAsked>,
    headers: HeaderMap,
) -> Answered<Response> {
    let viewer = looking(&app, &headers, asked.area.as_deref())?;
    let said = lang();
    Ok(blocking(|| export::opened(&app, &viewer, (&name, &figure), &asked, said))?)
}
