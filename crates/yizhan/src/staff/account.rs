//! One's own account: password, second factor, sessions.

use super::act::note;
use super::sessions;
use super::{credential, factor};
use crate::answer::{Answered, Given};
use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::act::Actor;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::Problem;

/// The routes of one's own account.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(change_password))
        .routes(routes!(offer_factor))
        .routes(routes!(accept_factor))
        .routes(routes!(remove_factor))
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
}

/// Who asks, as an account.
fn own(app: &App, headers: &HeaderMap) -> Result<(SubjectId, String), Problem> {
    let viewer = sessions::known(app, headers)?;
    let Actor::Staff { id, .. } = viewer.actor else { return Err(nobody()) };
    let login = app.image().staff_login(id).ok_or_else(nobody)?;
    Ok((id, login))
}

fn nobody() -> Problem {
    problem::SIGN_IN.problem("请先登录。", "Please sign in first.")
}

/// Work that is slow on purpose, beside the other requests.
async fn slowly<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| crate::app::store(&error))?
}

/// A new password, and the old one as proof.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The password until now.
    pub old: String,
    /// The password from now on.
    pub new: String,
}

/// Change my password. My other sessions end.
#[utoipa::path(post, path = "/api/me/password", tag = "staff", request_body = NewPassword,
    responses((status = 204), (status = 401), (status = 422)))]
async fn change_password(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(wanted): Given<NewPassword>,
) -> Answered<StatusCode> {
    let (id, login) = own(&app, &headers)?;
    let changing = app.clone();
    slowly(move || {
        credential::must_know(&changing, &login, &wanted.old)?;
        credential::set_password(&changing, &login, id, &wanted.new)?;
        let others = sessions::all_of(&changing, &headers, id)?.into_iter().filter(|session| !session.own);
        sessions::end_named(&changing, &others.map(|session| session.name).collect::<Vec<_>>())
    })
    .await?;
    note(&app, Actor::Staff { id, instead_of: None }, id, "change-password").await;
    Ok(StatusCode::NO_CONTENT)
}

/// My password, as proof that it is me.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The password.
    pub password: String,
    /// A code, where there is a second factor already.
    #[serde(default)]
    pub code: String,
}

/// What my authenticator is given.
#[derive(Serialize, ToSchema)]
pub struct FactorOffer {
    /// The secret, for typing in.
    pub secret: String,
    /// The secret as a link.
    pub uri: String,
    /// The link as a picture to scan, SVG.
    pub picture: String,
}

/// Ask for a second factor. Nothing changes before its first code comes back.
#[utoipa::path(post, path = "/api/me/factor", tag = "staff", request_body = Proof,
    responses((status = 200, body = FactorOffer), (status = 401)))]
async fn offer_factor(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(proof): Given<Proof>,
) -> Answered<Json<FactorOffer>> {
    let (_, login) = own(&app, &headers)?;
    let offer = slowly(move || factor::offer(&app, &login, &proof.password, &proof.code)).await?;
    let picture = QrCode::new(&offer.uri).map(|code| code.render::<svg::Color<'_>>().min_dimensions(200, 200).build());
    Ok(Json(FactorOffer { secret: offer.secret, uri: offer.uri, picture: picture.unwrap_or_default() }))
}

/// A code of my authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Six digits.
    pub code: String,
}

/// Codes for whoever lost the authenticator, each good once, shown this once.
#[derive(Serialize, ToSchema)]
pub struct Recovery {
    /// The codes.
    pub codes: Vec<String>,
}

/// Give the first code of the second factor: from now on every sign-in wants one.
#[utoipa::path(post, path = "/api/me/factor/accept", tag = "staff", request_body = Code,
    responses((status = 200, body = Recovery), (status = 401)))]
async fn accept_factor(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(given): Given<Code>,
) -> Answered<Json<Recovery>> {
    let (id, login) = own(&app, &headers)?;
    let codes = factor::accept(&app, &login, &given.code)?;
    sessions::vouch(&app, &headers)?;
    note(&app, Actor::Staff { id, instead_of: None }, id, "set-factor").await;
    Ok(Json(Recovery { codes }))
}

/// Take my second factor away.
#[utoipa::path(post, path = "/api/me/factor/remove", tag = "staff", request_body = Proof,
    responses((status = 204), (status = 401)))]
async fn remove_factor(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(proof): Given<Proof>,
) -> Answered<StatusCode> {
    let (id, login) = own(&app, &headers)?;
    let removing = app.clone();
    slowly(move || factor::remove(&removing, &login, &proof.password, &proof.code)).await?;
    note(&app, Actor::Staff { id, instead_of: None }, id, "remove-factor").await;
    Ok(StatusCode::NO_CONTENT)
}

/// A session of mine.
#[derive(Serialize, ToSchema)]
pub struct MySession {
    /// Its name, for ending it.
    pub name: String,
    /// When it was last used, real time.
    pub seen: String,
    /// Whether it is this one.
    pub own: bool,
}

/// Where I am signed in.
#[utoipa::path(get, path = "/api/me/sessions", tag = "staff", responses((status = 200, body = [MySession]), (status = 401)))]
async fn list_sessions(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<MySession>>> {
    let (id, _) = own(&app, &headers)?;
    let all = sessions::all_of(&app, &headers, id)?.into_iter();
    Ok(Json(all.map(|open| MySession { name: open.name, seen: open.seen.to_string(), own: open.own }).collect()))
}

/// Which session to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSession {
    /// Its name.
    pub name: String,
}

/// End a session of mine.
#[utoipa::path(post, path = "/api/me/sessions/end", tag = "staff", request_body = EndSession,
    responses((status = 204), (status = 401), (status = 404)))]
async fn end_session(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(wanted): Given<EndSession>,
) -> Answered<StatusCode> {
    let (id, _) = own(&app, &headers)?;
    if !sessions::all_of(&app, &headers, id)?.iter().any(|session| session.name == wanted.name) {
        return Err(problem::CASE_NOT_FOUND.problem("没有这个登录。", "There is no such session of yours.").into());
    }
    sessions::end_named(&app, &[wanted.name])?;
    Ok(StatusCode::NO_CONTENT)
}
