//! The pages of notices and posters.

use super::board;
use super::rule::{SERIES, poster};
use crate::app::App;
use crate::case::view::area_name;
use crate::resident::http::{frame, refused, render};
use crate::resident::page::Frame;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;
use yizhan_core::problem;
use yizhan_kit::Lang;
use yizhan_kit::codes::RegionCode;

/// The room's routes.
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
