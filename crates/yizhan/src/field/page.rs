//! The phone's page and the worker that opens it without a network.

use crate::app::App;
use crate::web;
use axum::Router;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::get;
use std::sync::Arc;

/// The pages' routes. The page lies below `/field/`, where its worker may stand in for it.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/field", get(|| async { Redirect::permanent("/field/") }))
        .route("/field/", get(|headers: HeaderMap| async move { web::file("field.html", &headers) }))
        .route("/field/worker.js", get(|headers: HeaderMap| async move { web::file("field-worker.js", &headers) }))
}
