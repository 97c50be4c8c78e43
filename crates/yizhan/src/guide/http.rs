//! The guide's routes.

use super::change;
use super::model::{CatalogChange, CatalogPage, FileAsked, FileView, ServiceView};
use crate::answer::{Answered, Path, Query, lang};
use crate::app::{App, blocking};
use crate::case::model::ServicePage;
use crate::case::{act, view};
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(services))
        .routes(routes!(service))
        .routes(routes!(regions))
        .routes(routes!(catalog))
        .routes(routes!(catalog_service))
        .routes(routes!(catalog_file))
        .routes(routes!(catalog_change))
        .merge(super::page::routes())
        .merge(super::help::routes())
}

/// Every service, in the public's words.
#[utoipa::path(get, path = "/api/services", tag = "catalog", responses((status = 200, body = [ServicePage])))]
async fn services(State(app): State<Arc<App>>) -> Answered<Json<Vec<ServicePage>>> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let pages = catalog
        .services
        .values()
        .map(|service| super::view::service_page(service, catalog, app.now().day(), lang()))
        .collect();
    Ok(Json(pages))
}

/// One service with its forms.
#[utoipa::path(get, path = "/api/services/{service}", tag = "catalog",
    params(("service" = String, Path)), responses((status = 200, body = ServicePage), (status = 404)))]
async fn service(State(app): State<Arc<App>>, Path(name): Path<String>) -> Answered<Json<ServicePage>> {
    let image = app.image();
    let (service, _) = act::service(&image, &name)?;
    Ok(Json(super::view::service_page(service, act::catalog(&image)?.0, app.now().day(), lang())))
}

/// The catalog in force: services, figures with their source and how sure we are of them, what may be known, files.
#[utoipa::path(get, path = "/api/catalog", tag = "catalog", responses((status = 200, body = CatalogPage)))]
async fn catalog(State(app): State<Arc<App>>) -> Answered<Json<CatalogPage>> {
    let image = app.image();
    let (catalog, number) = act::catalog(&image)?;
    Ok(Json(super::view::catalog(catalog, number, app.now().day(), lang())))
}

/// A service as the catalog declares it: route, entries, papers, duties, worked examples.
#[utoipa::path(get, path = "/api/catalog/services/{service}", tag = "catalog",
    params(("service" = String, Path)), responses((status = 200, body = ServiceView), (status = 404)))]
async fn catalog_service(State(app): State<Arc<App>>, Path(name): Path<String>) -> Answered<Json<ServiceView>> {
    let image = app.image();
    let (service, _) = act::service(&image, &name)?;
    Ok(Json(super::view::service(act::catalog(&image)?.0, service, app.now().day(), lang())))
}

/// A file of the catalog, as it was adopted.
#[utoipa::path(get, path = "/api/catalog/file", tag = "catalog", params(FileAsked),
    responses((status = 200, body = FileView), (status = 404)))]
async fn catalog_file(State(app): State<Arc<App>>, Query(asked): Query<FileAsked>) -> Answered<Json<FileView>> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let text = catalog.source.files.get(&asked.path).ok_or_else(|| {
        problem::UNKNOWN_SERVICE
            .problem(format!("目录里没有文件“{}”。", asked.path), format!("The catalog has no file {:?}.", asked.path))
    })?;
    Ok(Json(FileView { text: text.clone(), path: asked.path }))
}

/// What a case would change in the catalog: each file as it is and as it would be.
#[utoipa::path(get, path = "/api/cases/{case}/catalog-change", tag = "catalog",
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = CatalogChange), (status = 401), (status = 403), (status = 404)))]
async fn catalog_change(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Answered<Json<CatalogChange>> {
    let viewer = sessions::staff(&app, &headers)?;
    Ok(Json(blocking(|| change::view(&app, &viewer, &number))?))
}

/// A region of the tree.
#[derive(Serialize, ToSchema)]
pub struct RegionRow {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `village`, `township` or `district`.
    pub level: String,
    /// The code of the region it lies in.
    pub parent: Option<String>,
}

/// The region tree of today.
#[utoipa::path(get, path = "/api/regions", tag = "catalog", responses((status = 200, body = [RegionRow])))]
async fn regions(State(app): State<Arc<App>>) -> Answered<Json<Vec<RegionRow>>> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let today = app.now().day();
    let rows = catalog.regions.all().filter(|region| region.holds_on(today)).map(|region| RegionRow {
        code: region.code.to_string(),
        name: view::words(&region.name, lang()).to_owned(),
        level: region.level.as_str().to_owned(),
        parent: catalog.regions.parent(region.code).map(|parent| parent.code.to_string()),
    });
    Ok(Json(rows.collect()))
}
