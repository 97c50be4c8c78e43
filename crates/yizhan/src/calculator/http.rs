//! The calculators' API.

use super::model::{Calculate, CalculatedView, CalculatorView};
use super::view;
use crate::answer::{Answered, Path, lang};
use crate::app::App;
use crate::case::act;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::problem;
use yizhan_kit::Day;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(calculators))
        .routes(routes!(calculator, calculate))
        .merge(super::page::routes())
}

/// Every calculator with what it asks.
#[utoipa::path(get, path = "/api/calculators", tag = "calculator", responses((status = 200, body = [CalculatorView])))]
async fn calculators(State(app): State<Arc<App>>) -> Answered<Json<Vec<CalculatorView>>> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    Ok(Json(catalog.calculators.values().map(|one| view::calculator(one, lang())).collect()))
}

/// One calculator with what it asks.
#[utoipa::path(get, path = "/api/calculators/{calculator}", tag = "calculator",
    params(("calculator" = String, Path, description = "The calculator's name.")),
    responses((status = 200, body = CalculatorView), (status = 404)))]
async fn calculator(State(app): State<Arc<App>>, Path(name): Path<String>) -> Answered<Json<CalculatorView>> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    Ok(Json(view::calculator(view::find(catalog, &name)?, lang())))
}

/// What answers come to. Nothing is kept.
#[utoipa::path(post, path = "/api/calculators/{calculator}", tag = "calculator",
    params(("calculator" = String, Path, description = "The calculator's name.")), request_body = Calculate,
    responses((status = 200, body = CalculatedView), (status = 404), (status = 422)))]
async fn calculate(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Answered<Json<CalculatedView>> {
    let asked: Calculate = who::parse(&body)?;
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let one = view::find(catalog, &name)?;
    let on = match asked.on.as_deref() {
        None => app.now().day(),
        Some(text) => text.parse::<Day>().map_err(|_| {
            problem::FORM_INVALID.problem(format!("“{text}”不是日期。"), format!("{text:?} is no day."))
        })?,
    };
    let calculated = view::calculated(catalog, one, on, &asked.given, lang()).map_err(|misfits| {
        let all = misfits.iter().map(|(name, expected)| format!("{name}: {expected}")).collect::<Vec<_>>().join("; ");
        problem::FORM_INVALID.problem(format!("填写不对：{all}"), format!("Answers that do not fit: {all}"))
    })?;
    Ok(Json(calculated))
}
