//! The reports' API.

use super::model::{OpenedView, ReportAsked, ReportLine, ReportView, SheetAsked};
use super::{book, export, view};
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
    Ok(Json(blocking(|| {
        let image = app.image();
        let (catalog, _) = act::catalog(&image)?;
        let report = book::find(catalog, &name)?;
        let wanted = book::asked(catalog, report, viewer.area, asked.year)?;
        let counted = book::counted(&app, &name, &wanted);
        Ok::<_, Problem>(view::for_viewer(&image, catalog, report, &viewer, &counted, said))
    })?))
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
    params(("report" = String, Path, description = "The report's name."), SheetAsked),
    responses((status = 200, description = "An Excel file."), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn report_sheet(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(asked): Query<SheetAsked>,
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
