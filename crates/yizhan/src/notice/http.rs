//! The pages of notices and posters.

use super::model::AnnouncementView;
use super::rule::{SERIES, poster};
use super::{announce, board};
use crate::answer::Answered;
use crate::app::{App, store};
use crate::case::view::area_name;
use crate::resident::http::{frame, refused, render};
use crate::resident::page::Frame;
use crate::staff::sessions;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::problem;
use yizhan_kit::Lang;
use yizhan_kit::codes::RegionCode;

/// The room's API.
pub fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(announcements))
}

/// What the viewer's area was told, and how many households and terminals it reached.
#[utoipa::path(get, path = "/api/announcements", tag = "notice",
    responses((status = 200, body = [AnnouncementView]), (status = 401), (status = 503)))]
async fn announcements(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<AnnouncementView>>> {
    let viewer = sessions::staff(&app, &headers)?;
    Ok(Json(announce::overview(&app, &viewer).map_err(|error| store(&error))?))
}

/// The room's pages.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/notice/{village}", get(board::board))
        .route("/notice/{village}/{number}", axum::routing::post(board::object))
        .route("/posters", get(posters))
        .route("/posters/{name}", get(sheet))
        .route("/posters/{name}/picture", get(picture))
}

/// Where a poster hangs.
#[derive(Deserialize)]
struct At {
    #[serde(default)]
    at: String,
}

impl At {
    /// The name of the place, if it is one of the zone's.
    fn name(&self, app: &App) -> String {
        self.at.parse::<RegionCode>().map(|code| area_name(&app.image(), code)).unwrap_or_default()
    }
}

/// `/posters`
#[derive(Template)]
#[template(path = "posters.html")]
struct Posters {
    frame: Frame,
    at: String,
    place: String,
    series: Vec<(&'static str, &'static [&'static str])>,
}

/// `/posters/{name}`
#[derive(Template)]
#[template(path = "poster-sheet.html")]
struct PosterSheet {
    frame: Frame,
    place: String,
    picture: String,
}

async fn posters(State(app): State<Arc<App>>, Query(at): Query<At>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let series: Vec<(&'static str, &'static [&'static str])> =
        SERIES.iter().map(|(zh, en, posters)| (if frame.lang == Lang::En { *en } else { *zh }, *posters)).collect();
    render(StatusCode::OK, &Posters { place: at.name(&app), at: at.at, series, frame })
}

async fn sheet(State(app): State<Arc<App>>, Path(name): Path<String>, Query(at): Query<At>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let place = at.name(&app);
    match poster(&name, &place) {
        Some(picture) => render(StatusCode::OK, &PosterSheet { frame, place, picture }),
        None => refused(frame, &problem::UNKNOWN_SERVICE.problem("没有这张海报。", "There is no such poster.")),
    }
}

async fn picture(State(app): State<Arc<App>>, Path(name): Path<String>, Query(at): Query<At>) -> Response {
    let kind = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=3600")];
    match poster(&name, &at.name(&app)) {
        Some(picture) => (kind, picture).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
