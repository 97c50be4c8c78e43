//! The desk's routes.

use super::board;
use super::live;
use super::model::{Asked, Board, Count, Overview, Reports, Worklist};
use super::view::{self, List};
use crate::answer::{Answered, Query, lang};
use crate::app::{App, Request, blocking};
use crate::case::model::DutyRow;
use crate::case::view::{area_name, duty_rows};
use crate::sheet::Sheet;
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::service::Export;
use yizhan_kit::Problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(worklist))
        .routes(routes!(worklist_file))
        .routes(routes!(cases))
        .routes(routes!(cases_file))
        .routes(routes!(duties))
        .routes(routes!(duties_file))
        .routes(routes!(counts))
        .routes(routes!(overview))
        .routes(routes!(reports))
        .routes(routes!(board_))
        .routes(routes!(board_file))
        .merge(live::routes())
}

/// Who asks, looking at the part of their area they asked for.
fn looking(app: &App, headers: &HeaderMap, asked: &Asked) -> Result<Viewer, Problem> {
    sessions::narrowed(sessions::staff(app, headers)?, asked.area.as_deref())
}

/// The cases that wait at my desk.
#[utoipa::path(get, path = "/api/worklist", tag = "case", params(Asked),
    responses((status = 200, body = Worklist), (status = 401), (status = 403), (status = 422)))]
async fn worklist(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Json<Worklist>> {
    let viewer = looking(&app, &headers, &asked)?;
    Ok(Json(view::worklist(&app, &viewer, &asked, lang())?))
}

/// Every case of my area, whatever desk it waits at and however it ended, the latest first.
#[utoipa::path(get, path = "/api/cases", tag = "case", params(Asked),
    responses((status = 200, body = Worklist), (status = 401), (status = 403), (status = 422)))]
async fn cases(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Json<Worklist>> {
    let viewer = looking(&app, &headers, &asked)?;
    Ok(Json(view::cases(&app, &viewer, &asked, lang())?))
}

/// What is due or overdue in my area, the longest overdue first.
#[utoipa::path(get, path = "/api/duties", tag = "case", params(Asked),
    responses((status = 200, body = [DutyRow]), (status = 401), (status = 403), (status = 422)))]
async fn duties(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Json<Vec<DutyRow>>> {
    let viewer = looking(&app, &headers, &asked)?;
    let image = app.image();
    let rows = duty_rows(&viewer.look(&image), app.now(), lang())?;
    Ok(Json(rows.into_iter().skip(asked.from).take(asked.limit.min(200)).collect()))
}

/// How many cases wait in each area I see.
#[utoipa::path(get, path = "/api/counts", tag = "case", responses((status = 200, body = [Count]), (status = 401), (status = 403)))]
async fn counts(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<Count>>> {
    let viewer = sessions::staff(&app, &headers)?;
    let image = app.image();
    let counts = viewer.look(&image).waiting_by_area()?;
    let named = counts.into_iter().map(|count| Count {
        area: count.area.to_string(),
        area_name: area_name(&image, count.area),
        waiting: count.cases,
    });
    Ok(Json(named.collect()))
}

/// The picture of my area, or of a part of it: each number opens by the same filter on `/api/cases`.
#[utoipa::path(get, path = "/api/overview", tag = "case", params(Asked),
    responses((status = 200, body = Overview), (status = 401), (status = 403), (status = 422)))]
async fn overview(State(app): State<Arc<App>>, Query(asked): Query<Asked>, headers: HeaderMap) -> Answered<Response> {
    let viewer = looking(&app, &headers, &asked)?;
    viewer.must(Deed::Count)?;
    let key = format!("{:?} {} {:?}", viewer.area, viewer.role.as_str(), lang());
    let (looking, lang) = (viewer.clone(), lang());
    // Refusals are found out first, so that what is kept is a picture.
    let draw = move |app: &Arc<App>| Arc::new(view::overview(app, &looking, lang).unwrap_or_default());
    if viewer.area.is_none() {
        return Ok(Json(view::overview(&app, &viewer, lang)?).into_response());
    }
    let drawn = blocking(|| board::counted(&app, |app| &app.overviews, key, draw));
    Ok(Json(&*drawn).into_response())
}

/// Puts on record that a list was taken out, and hands it over.
async fn taken_out(app: &App, viewer: &Viewer, sheet: Sheet, name: &str) -> Answered<Response> {
    app.act(viewer.actor, Request::unkeyed(name.as_bytes()), Export).await?;
    Ok(sheet.answer(name)?)
}

/// My worklist as an Excel file. That it was taken out is on record.
#[utoipa::path(get, path = "/api/worklist.xlsx", tag = "case", params(Asked),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 401), (status = 403), (status = 422)))]
async fn worklist_file(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Response> {
    let viewer = looking(&app, &headers, &asked)?;
    let sheet = blocking(|| view::cases_sheet(&app, &viewer, &asked, List::Worklist, lang()))?;
    taken_out(&app, &viewer, sheet, "worklist").await
}

/// The cases of my area as an Excel file. That it was taken out is on record.
#[utoipa::path(get, path = "/api/cases.xlsx", tag = "case", params(Asked),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 401), (status = 403), (status = 422)))]
async fn cases_file(State(app): State<Arc<App>>, Query(asked): Query<Asked>, headers: HeaderMap) -> Answered<Response> {
    let viewer = looking(&app, &headers, &asked)?;
    let sheet = blocking(|| view::cases_sheet(&app, &viewer, &asked, List::Cases, lang()))?;
    taken_out(&app, &viewer, sheet, "cases").await
}

/// What is due in my area as an Excel file. That it was taken out is on record.
#[utoipa::path(get, path = "/api/duties.xlsx", tag = "case", params(Asked),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 401), (status = 403), (status = 422)))]
async fn duties_file(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Response> {
    let viewer = looking(&app, &headers, &asked)?;
    let sheet = blocking(|| view::duties_sheet(&app, &viewer, lang()))?;
    taken_out(&app, &viewer, sheet, "duties").await
}

/// How far the cases of a service have come in my area, down to the village: each number opens by the same measure on
/// `/api/cases`.
#[utoipa::path(get, path = "/api/board", tag = "case", params(Asked),
    responses((status = 200, body = Board), (status = 401), (status = 403), (status = 404)))]
async fn board_(State(app): State<Arc<App>>, Query(asked): Query<Asked>, headers: HeaderMap) -> Answered<Json<Board>> {
    let viewer = looking(&app, &headers, &asked)?;
    let service = asked.service.unwrap_or_default();
    Ok(Json(blocking(|| board::board(&app, &viewer, &service, lang()))?))
}

/// The board as an Excel file. That it was taken out is on record.
#[utoipa::path(get, path = "/api/board.xlsx", tag = "case", params(Asked),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 401), (status = 403), (status = 404)))]
async fn board_file(State(app): State<Arc<App>>, Query(asked): Query<Asked>, headers: HeaderMap) -> Answered<Response> {
    let viewer = looking(&app, &headers, &asked)?;
    let service = asked.service.unwrap_or_default();
    let sheet = blocking(|| board::board_sheet(&app, &viewer, &service, lang()))?;
    taken_out(&app, &viewer, sheet, "board").await
}

/// What people at home in my area are to report now and have not, and I may enter for them.
#[utoipa::path(get, path = "/api/reports", tag = "case", params(Asked),
    responses((status = 200, body = Reports), (status = 401), (status = 403)))]
async fn reports(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answered<Json<Reports>> {
    let viewer = looking(&app, &headers, &asked)?;
    Ok(Json(blocking(|| view::reports(&app, &viewer, &asked, lang()))?))
}
