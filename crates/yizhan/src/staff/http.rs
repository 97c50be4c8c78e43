//! Signing in and out, and who I am.

use super::sessions::{self, COOKIE};
use super::{act, credential};
use crate::answer::{Answered, Given};
use crate::app::App;
use crate::case::view::area_name;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer, forbidden, may};
use yizhan_core::act::Actor;
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::Delegate;
use yizhan_kit::{Day, Problem};

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(me))
        .routes(routes!(delegate))
        .routes(routes!(act_for))
        .routes(routes!(colleagues))
        .merge(super::account::routes())
        .merge(super::office::routes())
        .merge(super::page::routes())
}

/// A name and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The login name.
    pub login: String,
    /// The password.
    pub password: String,
    /// The code of an authenticator, or a recovery code, where the account wants one.
    #[serde(default)]
    pub code: Option<String>,
}

/// A colleague.
#[derive(Serialize, ToSchema)]
pub struct Colleague {
    /// The login name.
    pub login: String,
    /// The name on the desk.
    pub name: String,
    /// Where they work.
    pub area_name: String,
}

/// A deputy of mine, past, present or to come.
#[derive(Serialize, ToSchema)]
pub struct Deputy {
    /// Who.
    pub name: String,
    /// The first day.
    pub from: String,
    /// The first day no longer.
    pub until: Option<String>,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The login name.
    pub login: String,
    /// The name on the desk.
    pub name: String,
    /// The role: `village`, `township`, `district`, `auditor` …
    pub role: String,
    /// The area's code, twelve digits.
    pub area: Option<String>,
    /// The area's name.
    pub area_name: String,
    /// What the role may do.
    pub may: Vec<String>,
    /// Whether this is a demonstration.
    pub demonstration: bool,
    /// The zone's civil day.
    pub today: String,
    /// The zone's time, RFC 3339.
    pub now: String,
    /// In whose place I act at the moment.
    pub instead_of: Option<String>,
    /// In whose place I may act today.
    pub may_act_for: Vec<Colleague>,
    /// Whom I have named as deputy.
    pub deputies: Vec<Deputy>,
    /// Whether signing in wants a code beside my password.
    pub factor: bool,
}

/// Sign in.
#[utoipa::path(post, path = "/api/sign-in", tag = "staff", request_body = SignIn,
    responses((status = 200, body = Me), (status = 401), (status = 429)))]
async fn sign_in(State(app): State<Arc<App>>, Given(form): Given<SignIn>) -> Answered<Response> {
    let (signing, login) = (app.clone(), form.login.clone());
    let token = tokio::task::spawn_blocking(move || {
        sessions::sign_in(&signing, &form.login, &form.password, form.code.as_deref())
    })
    .await
    .map_err(|error| crate::app::store(&error))?;
    match token {
        Ok(token) => {
            record_entry(&app, &token).await;
            signed_in(&app, &token)
        }
        Err(problem) => {
            record_failure(&app, &login, &problem).await;
            Err(problem.into())
        }
    }
}

/// Puts on record that somebody signed in, whichever way they came.
pub async fn record_entry(app: &App, token: &str) {
    let Some(Actor::Staff { id, .. }) = sessions::whose(app, token) else { return };
    act::note(app, Actor::Staff { id, instead_of: None }, id, "sign-in").await;
}

/// A failed sign-in is a line in the log, without what was typed, which may be a password; one that locks an account is on
/// record too.
async fn record_failure(app: &App, login: &str, problem: &Problem) {
    let staff = app.image().staff_by_login(login);
    let from = crate::answer::caller().map(|address| address.to_string()).unwrap_or_default();
    tracing::warn!(code = problem.kind.code, staff = staff.map(|id| id.0), from, "a sign-in failed");
    let locked = || credential::standing(app, login).is_ok_and(|kept| kept.locked);
    if let Some(id) = staff.filter(|_| problem.kind.code == problem::WRONG_PASSWORD.code && locked()) {
        act::note(app, Actor::System, id, "lock-account").await;
    }
}

/// Who is to act in my place, and when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// The colleague's login name.
    pub to: String,
    /// The first day, `2021-02-01`.
    #[schema(value_type = String)]
    pub from: Day,
    /// The first day no longer.
    #[schema(value_type = String)]
    pub until: Day,
}

/// Let a colleague act in my place on certain days.
#[utoipa::path(post, path = "/api/delegations", tag = "staff", request_body = Delegation,
    responses((status = 204), (status = 401), (status = 403), (status = 422)))]
async fn delegate(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(wanted): Given<Delegation>,
) -> Answered<StatusCode> {
    let viewer = sessions::staff(&app, &headers)?;
    let to = colleague(&app, &wanted.to)?;
    let request = sessions::request(&viewer, &headers, wanted.to.as_bytes());
    app.act(viewer.actor, request, Delegate { to, from: wanted.from, until: wanted.until }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// In whose place to act.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActFor {
    /// The colleague's login name; nobody, to act as oneself again.
    #[serde(default)]
    pub whom: Option<String>,
}

/// Act in the place of a colleague who has delegated to me today.
#[utoipa::path(post, path = "/api/act-for", tag = "staff", request_body = ActFor,
    responses((status = 200, body = Me), (status = 401), (status = 403)))]
async fn act_for(State(app): State<Arc<App>>, headers: HeaderMap, Given(wanted): Given<ActFor>) -> Answered<Json<Me>> {
    let whom = wanted.whom.as_deref().map(|login| colleague(&app, login)).transpose()?;
    let viewer = sessions::act_for(&app, &headers, whom)?;
    Ok(Json(about(&app, &viewer)))
}

/// A member of staff by login name.
fn colleague(app: &App, login: &str) -> Result<SubjectId, Problem> {
    app.image()
        .staff_by_login(login)
        .ok_or_else(|| forbidden(&format!("没有同事“{login}”。"), &format!("There is no colleague {login:?}.")))
}

/// The session's cookie and who one is now.
///
/// # Errors
/// When the account has no role today.
pub fn signed_in(app: &App, token: &str) -> Answered<Response> {
    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, format!("{COOKIE}={token}").parse().map_err(|error| crate::app::store(&error))?);
    let viewer = sessions::known(app, &headers)?;
    Ok(([(header::SET_COOKIE, sessions::cookie_of(app, token))], Json(about(app, &viewer))).into_response())
}

/// Sign out.
#[utoipa::path(post, path = "/api/sign-out", tag = "staff", responses((status = 204)))]
async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Response> {
    sessions::end(&app, &headers)?;
    let gone = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

/// Who I am and what I may do.
#[utoipa::path(get, path = "/api/me", tag = "staff", responses((status = 200, body = Me), (status = 401)))]
async fn me(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Me>> {
    let viewer = sessions::known(&app, &headers)?;
    Ok(Json(about(&app, &viewer)))
}

/// Colleagues who could be my deputies: of my role, in my area.
#[utoipa::path(get, path = "/api/colleagues", tag = "staff", responses((status = 200, body = [Colleague]), (status = 401)))]
async fn colleagues(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<Colleague>>> {
    let viewer = sessions::staff(&app, &headers)?;
    let image = app.image();
    let Actor::Staff { id: own, .. } = viewer.actor else { return Ok(Json(Vec::new())) };
    let alike = image.staff().filter(|id| {
        let them = Viewer::of(&image, Actor::Staff { id: *id, instead_of: None }, app.now().day());
        *id != own && them.is_ok_and(|them| them.role == viewer.role && them.area == viewer.area)
    });
    Ok(Json(alike.take(200).map(|id| colleague_row(&app, &image, id)).collect()))
}

fn colleague_row(app: &App, image: &Image, id: SubjectId) -> Colleague {
    let place = Viewer::of(image, Actor::Staff { id, instead_of: None }, app.now().day()).ok();
    let area = place.and_then(|place| place.area);
    Colleague {
        login: image.staff_login(id).unwrap_or_default(),
        name: image.staff_name(id).unwrap_or_default(),
        area_name: area.map(|area| area_name(image, area)).unwrap_or_default(),
    }
}

fn about(app: &App, viewer: &Viewer) -> Me {
    let image = app.image();
    let (id, instead_of) = match viewer.actor {
        Actor::Staff { id, instead_of } => (id, instead_of),
        _ => (SubjectId(u32::MAX), None),
    };
    let name_of = |id| image.staff_name(id).unwrap_or_default();
    let login = image.staff_login(id).unwrap_or_default();
    Me {
        now: app.now().to_string(),
        instead_of: instead_of.map(name_of),
        may_act_for: image.absent_for(id, app.now().day()).map(|whom| colleague_row(app, &image, whom)).collect(),
        deputies: image
            .deputies(id)
            .into_iter()
            .map(|(deputy, from, until)| Deputy {
                name: name_of(deputy),
                from: from.to_string(),
                until: until.map(|until| until.to_string()),
            })
            .collect(),
        factor: credential::standing(app, &login).is_ok_and(|kept| kept.factor),
        login,
        name: name(&image, viewer.actor),
        role: viewer.role.as_str().into(),
        area: viewer.area.map(|area| area.to_string()),
        area_name: viewer.area.map(|area| area_name(&image, area)).unwrap_or_default(),
        may: Deed::ALL.into_iter().filter(|deed| may(viewer.role, *deed)).map(|deed| deed.as_str().into()).collect(),
        demonstration: app.demo.is_some(),
        today: app.now().day().to_string(),
    }
}

/// The name of a staff member, as colleagues read it.
pub fn name(image: &Image, actor: Actor) -> String {
    let Actor::Staff { id, .. } = actor else { return String::new() };
    image.staff_name(id).unwrap_or_default()
}
