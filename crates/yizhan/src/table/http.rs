//! Reading a table for a page that cannot.

use super::model::{LARGEST, Table, TableRead};
use crate::answer::Answered;
use crate::app::{App, blocking};
use crate::staff::sessions;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(read_table)).layer(DefaultBodyLimit::max(LARGEST))
}

/// What stands in an Excel or CSV file. Nothing is kept.
#[utoipa::path(post, path = "/api/tables/read", tag = "table",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses((status = 200, body = TableRead), (status = 401), (status = 422)))]
async fn read_table(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<TableRead>> {
    sessions::staff(&app, &headers)?;
    let table = blocking(|| Table::read(&body))?;
    Ok(Json(TableRead { headings: table.headings, rows: table.rows.into_iter().map(|(_, cells)| cells).collect() }))
}
