//! The console's files, built by `vite` and kept inside the program.

use crate::app::App;
use crate::inside;
use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use std::sync::Arc;

/// The console under `/console/`.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/console/", get(|| async { file("index.html") }))
        .route("/console/{*path}", get(|Path(path): Path<String>| async move { file(&path) }))
}

/// A built file; the page itself for the addresses that its own router knows.
fn file(path: &str) -> Response {
    let (name, found) = match inside::find(inside::CONSOLE, path) {
        Some(found) => (path, found),
        None if !path.contains('.') => match inside::find(inside::CONSOLE, "index.html") {
            Some(found) => ("index.html", found),
            None => return (StatusCode::NOT_FOUND, "the console is not built: run `make web`").into_response(),
        },
        None => return StatusCode::NOT_FOUND.into_response(),
    };
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let keep = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], found).into_response()
}
