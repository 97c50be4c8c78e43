//! The accounts of staff as the security administrator keeps them: opened, moved, unlocked, given a new password, ended.
//! An auditor reads the list. Nobody's own account is theirs to change.

use super::{act, credential, sessions};
use crate::answer::{Answered, Given, Path};
use crate::app::{App, Request};
use crate::case::view::area_name;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Role, Viewer, forbidden, may};
use yizhan_core::act::{Actor, Verb};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{Appoint, ChangeOffice, Dismiss, Noted};
use yizhan_kit::Problem;
use yizhan_kit::codes::RegionCode;

/// The routes of accounts.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_accounts, appoint))
        .routes(routes!(change_office))
        .routes(routes!(new_password))
        .routes(routes!(unlock))
        .routes(routes!(dismiss))
}

/// An account.
#[derive(Serialize, ToSchema)]
pub struct StaffAccount {
    /// The login name.
    pub login: String,
    /// The name on the desk.
    pub name: String,
    /// As what, today; nothing once it has ended.
    pub role: Option<String>,
    /// Where, by code.
    pub area: Option<String>,
    /// Where, by name.
    pub area_name: String,
    /// Whether it has a password.
    pub password: bool,
    /// Whether signing in wants a second factor.
    pub factor: bool,
    /// Whether it is locked after failed sign-ins.
    pub locked: bool,
    /// Whether it is one's own.
    pub own: bool,
}

/// An account to open.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Appointment {
    /// The login name: letters, digits, `.`, `-`.
    pub login: String,
    /// The name on the desk.
    pub name: String,
    /// The role, as `/api/me` names it.
    pub role: String,
    /// The area's code, twelve digits.
    #[schema(value_type = String)]
    pub area: RegionCode,
    /// The duty telephone.
    #[serde(default)]
    pub phone: Option<String>,
    /// The first password.
    pub password: String,
}

/// Another role or area.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// The role.
    pub role: String,
    /// The area's code.
    #[schema(value_type = String)]
    pub area: RegionCode,
}

/// A new password for somebody who lost theirs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreshPassword {
    /// The password.
    pub password: String,
    /// Also takes the second factor away, for somebody who lost the authenticator and the recovery codes.
    #[serde(default)]
    pub without_factor: bool,
}

/// The accounts of staff.
#[utoipa::path(get, path = "/api/staff", tag = "staff",
    responses((status = 200, body = [StaffAccount]), (status = 401), (status = 403)))]
async fn list_accounts(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<StaffAccount>>> {
    let viewer = sessions::staff(&app, &headers)?;
    if !may(viewer.role, Deed::ReadJournal) {
        viewer.must(Deed::ManageStaff)?;
    }
    let (image, today) = (app.image(), app.now().day());
    let mut accounts = Vec::new();
    for id in image.staff() {
        let them = Viewer::of(&image, Actor::Staff { id, instead_of: None }, today).ok();
        let login = image.staff_login(id).unwrap_or_default();
        let kept = credential::standing(&app, &login)?;
        let area = them.as_ref().and_then(|them| them.area);
        accounts.push(StaffAccount {
            name: image.staff_name(id).unwrap_or_default(),
            role: them.as_ref().map(|them| them.role.as_str().to_owned()),
            area: area.map(|area| area.to_string()),
            area_name: area.map(|area| area_name(&image, area)).unwrap_or_default(),
            password: kept.password,
            factor: kept.factor,
            locked: kept.locked,
            own: matches!(viewer.actor, Actor::Staff { id: own, .. } if own == id),
            login,
        });
    }
    Ok(Json(accounts))
}

/// Open an account.
#[utoipa::path(post, path = "/api/staff", tag = "staff", request_body = Appointment,
    responses((status = 204), (status = 401), (status = 403), (status = 422)))]
async fn appoint(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(wanted): Given<Appointment>,
) -> Answered<StatusCode> {
    let viewer = manager(&app, &headers)?;
    let role = role(&wanted.role)?;
    let fits = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '-');
    let name = crate::device::rule::name(&wanted.name)?;
    if !(2..=40).contains(&wanted.login.len()) || !wanted.login.chars().all(fits) {
        return Err(problem::FORM_INVALID
            .problem(
                "用户名为 2 至 40 个字母、数字、点或横线。",
                "A login name has 2 to 40 letters, digits, dots or dashes.",
            )
            .into());
    }
    let (checking, login, password) = (app.clone(), wanted.login.clone(), wanted.password);
    let kept = slowly(move || credential::hashed(&checking, &login, &password)).await?;
    let verb = act::add(&wanted.login, &name, role, wanted.area, wanted.phone.as_deref(), app.now().day());
    let request = sessions::request(&viewer, &headers, wanted.login.as_bytes());
    let outcome = app.act(viewer.actor, request, Appoint(verb)).await?;
    let id = outcome.about.ok_or_else(missing)?;
    credential::keep(&app, &wanted.login, id, kept)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give an account another role or area, from today.
#[utoipa::path(post, path = "/api/staff/{login}/office", tag = "staff", params(("login" = String, Path)), request_body = Office,
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn change_office(
    State(app): State<Arc<App>>,
    Path(login): Path<String>,
    headers: HeaderMap,
    Given(wanted): Given<Office>,
) -> Answered<StatusCode> {
    let viewer = manager(&app, &headers)?;
    let staff = other(&app, &viewer, &login)?;
    let verb = ChangeOffice { staff, role: role(&wanted.role)?, area: wanted.area };
    let asked = format!("{login} {} {}", wanted.role, wanted.area);
    done(&app, &viewer, &headers, &asked, verb).await?;
    sessions::end_all_of(&app, staff)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give somebody a new password; their sessions end.
#[utoipa::path(post, path = "/api/staff/{login}/password", tag = "staff", params(("login" = String, Path)), request_body = FreshPassword,
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn new_password(
    State(app): State<Arc<App>>,
    Path(login): Path<String>,
    headers: HeaderMap,
    Given(wanted): Given<FreshPassword>,
) -> Answered<StatusCode> {
    let viewer = manager(&app, &headers)?;
    let staff = other(&app, &viewer, &login)?;
    must_not_be_administrator(&app, staff)?;
    let (checking, of, password) = (app.clone(), login.clone(), wanted.password);
    let kept = slowly(move || credential::hashed(&checking, &of, &password)).await?;
    let what = if wanted.without_factor { "reset-password-and-factor" } else { "reset-password" };
    done(&app, &viewer, &headers, &login, Noted { what, staff }).await?;
    credential::keep(&app, &login, staff, kept)?;
    if wanted.without_factor {
        credential::forget_factor(&app, &login)?;
    }
    sessions::end_all_of(&app, staff)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unlock an account before its time.
#[utoipa::path(post, path = "/api/staff/{login}/unlock", tag = "staff", params(("login" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
async fn unlock(State(app): State<Arc<App>>, Path(login): Path<String>, headers: HeaderMap) -> Answered<StatusCode> {
    let viewer = manager(&app, &headers)?;
    let staff = other(&app, &viewer, &login)?;
    done(&app, &viewer, &headers, &login, Noted { what: "unlock-account", staff }).await?;
    credential::unlock(&app, &login)?;
    Ok(StatusCode::NO_CONTENT)
}

/// End an account: it has no role from today, and its sessions end.
#[utoipa::path(post, path = "/api/staff/{login}/dismiss", tag = "staff", params(("login" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
async fn dismiss(State(app): State<Arc<App>>, Path(login): Path<String>, headers: HeaderMap) -> Answered<StatusCode> {
    let viewer = manager(&app, &headers)?;
    let staff = other(&app, &viewer, &login)?;
    done(&app, &viewer, &headers, &login, Dismiss { staff }).await?;
    sessions::end_all_of(&app, staff)?;
    Ok(StatusCode::NO_CONTENT)
}

fn manager(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let viewer = sessions::staff(app, headers)?;
    viewer.must(Deed::ManageStaff)?;
    Ok(viewer)
}

async fn done(
    app: &App,
    viewer: &Viewer,
    headers: &HeaderMap,
    asked: &str,
    verb: impl Verb + 'static,
) -> Result<(), Problem> {
    let scope = format!("{} {asked}", verb.name());
    let request: Request = sessions::request_part(viewer, headers, &scope, asked.as_bytes());
    app.act(viewer.actor, request, verb).await.map(drop)
}

/// Work that is slow on purpose, beside the other requests.
async fn slowly<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| crate::app::store(&error))?
}

fn role(name: &str) -> Result<Role, Problem> {
    let known = Role::parse(name).filter(|role| !matches!(role, Role::Resident | Role::Holder | Role::System));
    known.ok_or_else(|| {
        problem::FORM_INVALID.problem(format!("没有岗位“{name}”。"), format!("There is no role {name:?} of staff."))
    })
}

/// An account that is not the viewer's own.
fn other(app: &App, viewer: &Viewer, login: &str) -> Result<SubjectId, Problem> {
    let staff = app.image().staff_by_login(login).ok_or_else(missing)?;
    match viewer.actor {
        Actor::Staff { id, .. } if id == staff => Err(forbidden(
            "不能改自己的账号，请由另一位安全管理员办理。",
            "Nobody changes their own account; another security administrator does.",
        )),
        _ => Ok(staff),
    }
}

/// Whoever gives an administrator a new password could be that administrator: it is done on the host, by another pair of hands.
fn must_not_be_administrator(app: &App, staff: SubjectId) -> Result<(), Problem> {
    if Viewer::role_on(&app.image(), staff, app.now().day()).is_some_and(Role::is_administrator) {
        return Err(problem::SEPARATE_DUTIES.problem(
            "管理员的口令在主机上用 yizhan staff 重设，不在这里。",
            "An administrator's password is set anew on the host, by `yizhan staff`, and not here.",
        ));
    }
    Ok(())
}

fn missing() -> Problem {
    problem::NOT_FOUND.problem("没有这个账号。", "There is no such account.")
}
