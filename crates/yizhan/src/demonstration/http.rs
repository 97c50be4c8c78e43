//! The demonstration's routes.

use super::page;
use crate::answer::{Answered, Given};
use crate::app::{App, store};
use crate::case::view::area_name;
use crate::staff::http::{Me, name, signed_in};
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Viewer, forbidden};
use yizhan_core::act::Actor;
use yizhan_core::problem;
use yizhan_kit::Problem;
use yizhan_kit::clock::DemoClock;

/// The room's routes, for programs and for people.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(demo_sign_in))
        .routes(routes!(demo_staff))
        .routes(routes!(next_day))
        .routes(routes!(outbox))
        .merge(page::routes())
}

/// The clock that may be moved.
///
/// # Errors
/// `forbidden` in a real zone.
pub fn clock(app: &App) -> Result<&Arc<DemoClock>, Problem> {
    app.demo.as_ref().ok_or_else(|| forbidden("这不是演示系统。", "This is no demonstration."))
}

/// What a demonstration lets one be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DemoSignIn {
    /// A login name of the demonstration.
    pub login: String,
}

/// Sign in without a password, in a demonstration only.
#[utoipa::path(post, path = "/api/demo/sign-in", tag = "staff", request_body = DemoSignIn,
    responses((status = 200, body = Me), (status = 403), (status = 404)))]
async fn demo_sign_in(State(app): State<Arc<App>>, Given(form): Given<DemoSignIn>) -> Answered<Response> {
    clock(&app)?;
    let Some(staff) = app.image().staff_by_login(&form.login) else {
        return Err(problem::WRONG_PASSWORD.problem("没有这个演示账号。", "There is no such account here.").into());
    };
    signed_in(&app, &sessions::begin_in_demonstration(&app, staff)?)
}

/// Somebody one can be in a demonstration.
#[derive(Serialize, ToSchema)]
pub struct DemoStaff {
    /// The login name.
    pub login: String,
    /// The name on the desk.
    pub name: String,
    /// The role.
    pub role: String,
    /// The area's name.
    pub area_name: String,
}

/// Everybody one can be in a demonstration.
#[utoipa::path(get, path = "/api/demo/staff", tag = "staff", responses((status = 200, body = [DemoStaff]), (status = 403)))]
async fn demo_staff(State(app): State<Arc<App>>) -> Answered<Json<Vec<DemoStaff>>> {
    clock(&app)?;
    Ok(Json(cast(&app)))
}

/// Everybody on the staff, with their role today.
pub fn cast(app: &App) -> Vec<DemoStaff> {
    let (image, today) = (app.image(), app.now().day());
    let cast = image.staff().filter_map(|id| {
        let viewer = Viewer::of(&image, Actor::Staff { id, instead_of: None }, today).ok()?;
        Some(DemoStaff {
            login: image.staff_login(id)?,
            name: name(&image, viewer.actor),
            role: viewer.role.as_str().to_owned(),
            area_name: viewer.area.map(|area| area_name(&image, area)).unwrap_or_default(),
        })
    });
    cast.collect()
}

/// What day it is in the demonstration.
#[derive(Serialize, ToSchema)]
pub struct Today {
    /// The civil day.
    pub today: String,
}

/// Move a demonstration to the same time on its next day.
#[utoipa::path(post, path = "/api/demo/next-day", tag = "operate", responses((status = 200, body = Today), (status = 403)))]
async fn next_day(State(app): State<Arc<App>>) -> Answered<Json<Today>> {
    clock(&app)?.next_day();
    Ok(Json(Today { today: app.now().day().to_string() }))
}

/// A text message that a real zone would have sent.
#[derive(Serialize, ToSchema)]
pub struct Message {
    /// The stable key.
    pub key: String,
    /// To which number.
    pub to: String,
    /// What it says.
    pub text: String,
}

/// The text messages of a demonstration.
#[utoipa::path(get, path = "/api/demo/outbox", tag = "operate", responses((status = 200, body = [Message]), (status = 403)))]
async fn outbox(State(app): State<Arc<App>>) -> Answered<Json<Vec<Message>>> {
    clock(&app)?;
    Ok(Json(messages(&app)?))
}

/// The text messages that were sent, the latest first.
///
/// # Errors
/// When the store fails.
pub fn messages(app: &App) -> Result<Vec<Message>, Problem> {
    let now = app.real_clock.now();
    let kept = app.with_working(|working| working.list("sms", now)).map_err(|error| store(&error))?;
    let message = |(key, bytes): (String, Vec<u8>)| {
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Message { key, to: text("to"), text: text("text") }
    };
    Ok(kept.into_iter().rev().map(message).collect())
}
