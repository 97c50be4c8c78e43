//! The ways in that are pages: to the identity provider and back.

use super::{oidc, sessions};
use crate::answer::{Answered, cookie};
use crate::app::App;
use crate::resident::http::{frame, refused};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::problem;
use yizhan_kit::Problem;
use yizhan_kit::digest::is_same_secret;

/// The cookie that ties a sign-in under way to one browser.
const STATE: &str = "signing-in";

/// The routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().route("/sign-in/oidc", get(begin)).route(oidc::BACK, get(finish)).routes(routes!(ways))
}

/// How one may sign in.
#[derive(Serialize, ToSchema)]
pub struct Ways {
    /// What the identity provider is called, where there is one.
    pub provider: Option<String>,
    /// Where it is entered.
    pub address: Option<String>,
}

/// How one may sign in here, besides name and password.
#[utoipa::path(get, path = "/api/sign-in/ways", tag = "staff", responses((status = 200, body = Ways)))]
async fn ways(State(app): State<Arc<App>>) -> Answered<Json<Ways>> {
    let provider = app.config.oidc.as_ref().map(|oidc| oidc.title.clone());
    Ok(Json(Ways { address: provider.as_ref().map(|_| "/sign-in/oidc".to_owned()), provider }))
}

async fn begin(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let asking = app.clone();
    let begun = tokio::task::spawn_blocking(move || {
        oidc::begin(&asking, &oidc::configured(&asking)?, oidc::BACK, "openid profile", "")
    });
    let begun = begun.await;
    match begun.map_err(|error| crate::app::store(&error)).flatten() {
        Ok(begun) => {
            // Lax: the provider sends the browser back from its own site.
            let kept = format!("{STATE}={}; Path=/sign-in; HttpOnly; SameSite=Lax; Max-Age=600", begun.state);
            ([(header::SET_COOKIE, kept)], Redirect::to(&begun.to)).into_response()
        }
        Err(problem) => refused(frame(&app, &uri), &problem),
    }
}

/// What the provider sends back.
#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

async fn finish(State(app): State<Arc<App>>, Query(back): Query<Back>, headers: HeaderMap, uri: Uri) -> Response {
    let own = cookie(&headers, STATE).is_some_and(|kept| is_same_secret(kept, &back.state));
    let finishing = app.clone();
    let done = if own && !back.code.is_empty() {
        let done = tokio::task::spawn_blocking(move || {
            let provider = oidc::configured(&finishing)?;
            let entered = oidc::finish(&finishing, &provider, oidc::BACK, &back.state, &back.code)?;
            oidc::session(&finishing, &provider, &entered.claims)
        });
        let done = done.await;
        done.map_err(|error| crate::app::store(&error)).flatten()
    } else {
        Err(not_begun())
    };
    match done {
        Ok(token) => {
            super::http::record_entry(&app, &token).await;
            ([(header::SET_COOKIE, sessions::cookie_of(&app, &token))], Redirect::to("/console/")).into_response()
        }
        Err(problem) => refused(frame(&app, &uri), &problem),
    }
}

fn not_begun() -> Problem {
    problem::WRONG_PASSWORD.problem(
        "登录没有完成：不是从本浏览器开始的，或者已被取消。请重新登录。",
        "This sign-in was not begun in this browser, or was given up. Please sign in again.",
    )
}
