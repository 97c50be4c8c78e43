//! The finder's route.

use super::model::{Found, SubjectsFound, SubjectsWanted, Wanted};
use super::{rule, subjects, view};
use crate::answer::{Answered, lang};
use crate::app::{App, blocking};
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Deed;
use yizhan_core::problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(search)).routes(routes!(subjects_to_choose))
}

/// Whoever may be meant, in my area: people and their cases. What is typed travels in the body, never in an address.
#[utoipa::path(post, path = "/api/search", tag = "case", request_body = Wanted,
    responses((status = 200, body = Found), (status = 401), (status = 403), (status = 422)))]
async fn search(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Found>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::ReadPerson)?;
    let wanted: Wanted = who::parse(&body)?;
    let viewer = sessions::narrowed(viewer, wanted.area.as_deref())?;
    let Some(query) = rule::query(&wanted.text) else {
        let (zh, en) = (
            "请输入姓名（汉字、拼音或首字母）、完整的身份证号或手机号、号码后四位，或者办件编号。号码如已填全，请核对是否有误。",
            "Enter a name (Hanzi, pinyin or initials), a whole citizen or mobile number, its last four characters, or a case number. If the number is whole, a digit is wrong.",
        );
        return Err(problem::FORM_INVALID.problem(zh, en).into());
    };
    Ok(Json(blocking(|| view::search(&app, &viewer, &query, lang()))?))
}

/// The subjects that a form may name, of some kinds: assets, contracts, enterprises, households. As with a search, what is
/// typed travels in the body.
#[utoipa::path(post, path = "/api/subjects", tag = "case", request_body = SubjectsWanted,
    responses((status = 200, body = SubjectsFound), (status = 401), (status = 403)))]
async fn subjects_to_choose(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<SubjectsFound>> {
    let viewer = sessions::staff(&app, &headers)?;
    let wanted: SubjectsWanted = who::parse(&body)?;
    Ok(Json(blocking(|| subjects::find(&app, &viewer, &wanted, lang()))?))
}
