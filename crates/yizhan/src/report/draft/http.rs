//! The routes of reports in the making. Nothing of them is kept; what is proposed goes the way of every change of the catalog.

use super::model::{FigureChoices, FiguresPreview, PreviewAsked, ReportDraft, ShapedReport};
use super::view;
use crate::answer::{Answered, Path, lang};
use crate::app::{App, blocking};
use crate::case;
use crate::editor::act::must_propose;
use crate::report::model::OpenedView;
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_kit::Problem;

/// The largest draft on its way here: a file of Chinese text, once as text and once as a tree.
const BODY: usize = 512 * 1024;

/// The routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(figure_choices, shape_report))
        .routes(routes!(preview_figures))
        .routes(routes!(open_figure_draft))
        .layer(DefaultBodyLimit::max(BODY))
}

/// Who may count and may propose a change of the catalog makes reports.
fn maker(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let viewer = sessions::staff(app, headers)?;
    viewer.must(Deed::Count)?;
    must_propose(app, &viewer)?;
    Ok(viewer)
}

/// What a figure is made from: what may be counted, funds, programmes, services, kinds and what may be said of them.
#[utoipa::path(get, path = "/api/report-drafts", tag = "report",
    responses((status = 200, body = FigureChoices), (status = 401), (status = 403)))]
async fn figure_choices(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<FigureChoices>> {
    let viewer = maker(&app, &headers)?;
    let image = app.image();
    let (catalog, number) = case::act::catalog(&image)?;
    Ok(Json(view::choices(catalog, &viewer, (number, app.now().day()), lang())))
}

/// A report in the making read by the loader: what was edited as a form is written into its text; its mistakes stand at their
/// fields. Nothing is kept.
#[utoipa::path(post, path = "/api/report-drafts", tag = "report", request_body = ReportDraft,
    responses((status = 200, body = ShapedReport), (status = 400), (status = 401), (status = 403), (status = 422)))]
async fn shape_report(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<ShapedReport>> {
    maker(&app, &headers)?;
    let draft: ReportDraft = who::parse(&body)?;
    Ok(Json(blocking(|| view::shaped(&app, draft, lang()))?))
}

/// What figures in the making come to as of now, within what I may see. Nothing is kept.
#[utoipa::path(post, path = "/api/report-drafts/figures", tag = "report", request_body = PreviewAsked,
    responses((status = 200, body = FiguresPreview), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn preview_figures(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<FiguresPreview>> {
    let viewer = maker(&app, &headers)?;
    let asked: PreviewAsked = who::parse(&body)?;
    let viewer = sessions::narrowed(viewer, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::preview(&app, &viewer, &asked, lang()))?))
}

/// What is behind a figure in the making, a page at a time, within what I may see.
#[utoipa::path(post, path = "/api/report-drafts/figures/{figure}", tag = "report", request_body = PreviewAsked,
    params(("figure" = String, Path, description = "The figure's id.")),
    responses((status = 200, body = OpenedView), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn open_figure_draft(
    State(app): State<Arc<App>>,
    Path(figure): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<OpenedView>> {
    let viewer = maker(&app, &headers)?;
    let asked: PreviewAsked = who::parse(&body)?;
    let viewer = sessions::narrowed(viewer, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::opened(&app, &viewer, &figure, &asked, lang()))?))
}
