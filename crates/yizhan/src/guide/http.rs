//! The guide's routes.

use crate::answer::{Answered, Path, lang};
use crate::app::App;
use crate::case::model::ServicePage;
use crate::case::{act, view};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(services))
        .routes(routes!(service))
        .routes(routes!(regions))
        .merge(super::page::routes())
}

/// Every service, in the public's words.
#[utoipa::path(get, path = "/api/services", tag = "catalog", responses((status = 200, body = [ServicePage])))]
async fn services(State(app): State<Arc<App>>) -> Answered<Json<Vec<ServicePage>>> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    Ok(Json(catalog.services.values().map(|service| view::service_page(service, lang())).collect()))
}

/// One service with its forms.
#[utoipa::path(get, path = "/api/services/{service}", tag = "catalog",
    params(("service" = String, Path)), responses((status = 200, body = ServicePage), (status = 404)))]
async fn service(State(app): State<Arc<App>>, Path(name): Path<String>) -> Answered<Json<ServicePage>> {
    let image = app.image();
    let (service, _) = act::service(&image, &name)?;
    Ok(Json(view::service_page(service, lang())))
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
