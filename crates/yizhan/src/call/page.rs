//! The caller's page: `/call`, for a service or for none, and `/l/{code}`, which a text message leads to. What moves is a script;
//! without one the page says so and names other ways.

use super::model::DeskState;
use super::view;
use crate::app::App;
use crate::inside;
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

/// The pages' routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/call", get(call)).route("/l/{code}", get(link)).route("/call.js", get(script))
}

/// `/call`
#[derive(Template)]
#[template(path = "call.html")]
struct CallPage {
    frame: Frame,
    desk: DeskState,
    /// The service it is about.
    service: String,
    /// What that is called.
    title: String,
    /// The code of a link.
    code: String,
}

/// For what one calls.
#[derive(Deserialize)]
struct For {
    #[serde(default, rename = "for")]
    service: String,
}

async fn call(State(app): State<Arc<App>>, uri: Uri, Query(asked): Query<For>) -> Response {
    page(&app, &uri, &asked.service, String::new())
}

async fn link(State(app): State<Arc<App>>, uri: Uri, Path(code): Path<String>) -> Response {
    page(&app, &uri, "", code.chars().filter(char::is_ascii_alphanumeric).take(40).collect())
}

fn page(app: &App, uri: &Uri, service: &str, code: String) -> Response {
    let frame = frame(app, uri);
    let desk = match view::desk_state(app, frame.lang) {
        Ok(desk) => desk,
        Err(problem) => return refused(frame, &problem),
    };
    let image = app.image();
    let known = image.catalog().and_then(|catalog| catalog.services.get(service));
    let service = known.map(|service| service.name.clone()).unwrap_or_default();
    let title = known.map(|service| crate::case::view::words(&service.title, frame.lang).to_owned());
    render(StatusCode::OK, &CallPage { frame, desk, service, title: title.unwrap_or_default(), code })
}

async fn script() -> Response {
    match inside::find(inside::CONSOLE, "call/call.js") {
        Some(found) => {
            ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], found)
                .into_response()
        }
        None => (StatusCode::NOT_FOUND, "the page's script is not built: run `make web`").into_response(),
    }
}
