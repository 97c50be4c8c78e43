//! The console's files, built by `vite` and kept inside the program.

use crate::app::App;
use crate::inside;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use std::sync::Arc;

/// The console under `/console/`.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/console/", get(|headers: HeaderMap| async move { file("index.html", &headers) }))
        .route(
            "/console/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { file(&path, &headers) }),
        )
}

/// A built file, packed for browsers that unpack; the page itself for the addresses that its own router knows.
pub fn file(path: &str, headers: &HeaderMap) -> Response {
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
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let keep = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let plain = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep), (header::VARY, "accept-encoding")];
    let asked = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let packs = asked.is_some_and(|value| value.split(',').any(|one| one.trim().starts_with("gzip")));
    match inside::find(inside::CONSOLE, &format!("{name}.gz")).filter(|_| packs) {
        Some(packed) => (plain, [(header::CONTENT_ENCODING, "gzip")], packed).into_response(),
        None => (plain, found).into_response(),
    }
}
