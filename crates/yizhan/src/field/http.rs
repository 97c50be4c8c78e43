//! The room's API: for phones, for their users, for whoever watches over them.

use super::act::{self, Whose};
use super::model::{AskSession, AskStanding, FieldDay, NewPhone, PhoneEnrolled, PhoneRow, PhoneSession, PhoneStanding};
use super::rule::{SESSION_MINUTES, unknown};
use super::view;
use crate::answer::{Answered, Given, Path, lang};
use crate::app::{App, blocking, store};
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Deed;
use yizhan_kit::digest::{HashKind, hash};

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(own_phones, enrol_phone))
        .routes(routes!(every_phone))
        .routes(routes!(revoke_phone))
        .routes(routes!(phone_session))
        .routes(routes!(phone_standing))
        .routes(routes!(field_day))
}

/// Enrol a phone of mine. It wants a second factor: given on signing in within the last minutes, or a code now. The secret
/// is told this once.
#[utoipa::path(post, path = "/api/field/phones", tag = "field", request_body = NewPhone,
    responses((status = 200, body = PhoneEnrolled), (status = 401), (status = 403), (status = 422)))]
async fn enrol_phone(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(new): Given<NewPhone>,
) -> Answered<Json<PhoneEnrolled>> {
    let viewer = sessions::staff(&app, &headers)?;
    let proved = sessions::proved_at(&app, &headers)?;
    Ok(Json(act::enrol(&app, &viewer, proved, &new.name, &new.code).await?))
}

/// My phones.
#[utoipa::path(get, path = "/api/field/phones", tag = "field", responses((status = 200, body = [PhoneRow]), (status = 401)))]
async fn own_phones(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<PhoneRow>>> {
    let viewer = sessions::staff(&app, &headers)?;
    Ok(Json(act::list(&app, &viewer, Whose::Own)?))
}

/// Every phone that I watch over.
#[utoipa::path(get, path = "/api/field/phones/all", tag = "field",
    responses((status = 200, body = [PhoneRow]), (status = 401), (status = 403)))]
async fn every_phone(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<PhoneRow>>> {
    let viewer = sessions::staff(&app, &headers)?;
    Ok(Json(act::list(&app, &viewer, Whose::Everybodys)?))
}

/// Revoke a phone: with its next request it hears so, and wipes what it keeps.
#[utoipa::path(post, path = "/api/field/phones/{phone}/revoke", tag = "field", params(("phone" = String, Path)),
    responses((status = 204), (status = 401), (status = 404)))]
async fn revoke_phone(
    State(app): State<Arc<App>>,
    Path(phone): Path<String>,
    headers: HeaderMap,
) -> Answered<StatusCode> {
    let viewer = sessions::staff(&app, &headers)?;
    act::revoke(&app, &viewer, &phone).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A short session for a phone's secret: `Field-Phone` says which phone, `Authorization: Bearer` its secret. Once in thirty
/// days a code of the second factor as well.
#[utoipa::path(post, path = "/api/field/session", tag = "field", params(("Field-Phone" = String, Header)), request_body = AskSession,
    responses((status = 200, body = PhoneSession), (status = 401), (status = 403), (status = 429)))]
async fn phone_session(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(asked): Given<AskSession>,
) -> Answered<Response> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = text("authorization").strip_prefix("Bearer ").ok_or_else(unknown)?;
    let (token, staff) = act::session(&app, text(sessions::PHONE_HEADER), secret, &asked.code)?;
    let image = app.image();
    let session = PhoneSession {
        who: image.staff_name(staff).unwrap_or_default(),
        login: image.staff_login(staff).unwrap_or_default(),
        minutes: SESSION_MINUTES,
    };
    Ok(([(header::SET_COOKIE, sessions::phone_cookie_of(&app, &token))], Json(session)).into_response())
}

/// Where a phone stands. Without a secret, so that a locked phone hears that it was revoked.
#[utoipa::path(post, path = "/api/field/standing", tag = "field", request_body = AskStanding,
    responses((status = 200, body = PhoneStanding)))]
async fn phone_standing(
    State(app): State<Arc<App>>,
    Given(asked): Given<AskStanding>,
) -> Answered<Json<PhoneStanding>> {
    Ok(Json(PhoneStanding { state: act::standing(&app, &asked.phone)?.to_owned() }))
}

/// Everything a phone takes along for a day: the list, the cards, the forms; with an `ETag`, so that what is the same is not
/// sent again. That it was taken along is on record.
#[utoipa::path(get, path = "/api/field/day", tag = "field",
    responses((status = 200, body = FieldDay), (status = 304), (status = 401), (status = 403)))]
async fn field_day(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Response> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::ReadPerson)?;
    viewer.must(Deed::OpenCase)?;
    let day = blocking(|| view::day(&app, &viewer, lang()))?;
    let bytes = serde_json::to_vec(&day).map_err(|error| store(&error))?;
    let tag = format!("\"{}\"", &hash(HashKind::Sha256, &bytes).to_string()[..32]);
    if headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(tag.as_str()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    act::take_along(&app, &viewer).await?;
    Ok(([(header::CONTENT_TYPE, "application/json".to_owned()), (header::ETAG, tag)], bytes).into_response())
}
