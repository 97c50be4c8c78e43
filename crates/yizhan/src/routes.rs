//! One line a room.

use crate::app::App;
use crate::{
    answer, asset, audit, behaviour, calculator, call, case, cashier, company, day, demonstration, desk, device,
    editor, field, finder, ground, guide, hospital, invoice, kiosk, kitchen, notice, operate, paper, parcel, pay,
    reconcile, register, report, resident, staff, table, travel, voice, web,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use std::sync::Arc;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

/// The largest request body: a form, not a file.
const BODY_LIMIT: usize = 64 * 1024;

fn api() -> OpenApiRouter<Arc<App>> {
    let info = InfoBuilder::new().title("yizhan").version(env!("CARGO_PKG_VERSION")).build();
    OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info).build())
        .merge(case::http::routes())
        .merge(desk::http::routes())
        .merge(finder::http::routes())
        .merge(paper::http::routes())
        .merge(invoice::http::routes())
        .merge(company::http::routes())
        .merge(parcel::http::routes())
        .merge(travel::http::routes())
        .merge(table::http::routes())
        .merge(reconcile::http::routes())
        .merge(register::http::routes())
        .merge(report::http::routes())
        .merge(day::http::routes())
        .merge(pay::http::routes())
        .merge(cashier::http::routes())
        .merge(asset::http::routes())
        .merge(ground::http::routes())
        .merge(voice::http::routes())
        .merge(hospital::http::routes())
        .merge(device::http::routes())
        .merge(behaviour::http::routes())
        .merge(field::http::routes())
        .merge(kiosk::http::routes())
        .merge(notice::http::api())
        .merge(call::http::routes())
        .merge(guide::http::routes())
        .merge(editor::http::routes())
        .merge(calculator::http::routes())
        .merge(audit::http::routes())
        .merge(staff::http::routes())
        .merge(operate::http::routes())
        .merge(demonstration::http::routes())
}

/// Everything the program answers.
pub fn router(app: Arc<App>) -> Router {
    let (api, _) = api().split_for_parts();
    api.merge(resident::http::routes())
        .merge(cashier::page::routes())
        .merge(notice::http::routes())
        .merge(report::page::routes())
        .merge(asset::http::pages())
        .merge(kitchen::page::routes())
        .merge(ground::page::routes())
        .merge(paper::link::pages())
        .merge(voice::page::routes())
        .merge(kiosk::page::routes())
        .merge(field::page::routes())
        .merge(call::page::routes())
        .merge(web::routes())
        .fallback(answer::nothing_there)
        .method_not_allowed_fallback(answer::nothing_there)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(axum::middleware::from_fn_with_state(app.clone(), answer::around))
        .with_state(app)
}

/// The API's own description, from which the web's client is generated.
pub fn openapi() -> OpenApi {
    api().split_for_parts().1
}
