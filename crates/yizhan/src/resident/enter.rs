//! Entry from an app that residents already use, which says who somebody is by OpenID Connect: the form opens with their
//! name and number filled in, their receipts are found without a code. Without such an app everything works as well.

use super::form::Sent;
use super::http::{draw, frame, refused};
use super::mine;
use crate::answer::cookie;
use crate::app::App;
use crate::case::act;
use crate::config::Oidc;
use crate::staff::oidc;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;
use yizhan_core::problem;
use yizhan_kit::Problem;
use yizhan_kit::codes::{CitizenNumber, Mobile};
use yizhan_kit::digest::is_same_secret;
use yizhan_kit::id::{base32, random};

/// The cookie that ties an entry under way to one browser.
const STATE: &str = "entering";

/// Where the app sends people back to.
const BACK: &str = "/enter/back";

/// The room's routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/enter", get(begin)).route(BACK, get(finish))
}

/// Where somebody wants to go: a service's name, or `mine`.
#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    to: String,
}

fn configured(app: &App) -> Result<Oidc, Problem> {
    let (zh, en) = ("没有配置其他入口，请直接填写。", "No app is configured; please fill the form in yourself.");
    app.config.super_app.clone().ok_or_else(|| problem::UNKNOWN_SERVICE.problem(zh, en))
}

async fn begin(State(app): State<Arc<App>>, Query(wanted): Query<Wanted>, uri: Uri) -> Response {
    let asking = app.clone();
    let begun = tokio::task::spawn_blocking(move || {
        oidc::begin(&asking, &configured(&asking)?, BACK, "openid profile phone", &wanted.to)
    });
    match begun.await.map_err(|error| crate::app::store(&error)).flatten() {
        Ok(begun) => {
            let kept = format!("{STATE}={}; Path=/enter; HttpOnly; SameSite=Lax; Max-Age=600", begun.state);
            ([(header::SET_COOKIE, kept)], Redirect::to(&begun.to)).into_response()
        }
        Err(problem) => refused(frame(&app, &uri), &problem),
    }
}

/// What the app sends back.
#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

async fn finish(State(app): State<Arc<App>>, Query(back): Query<Back>, headers: HeaderMap, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let own = cookie(&headers, STATE).is_some_and(|kept| is_same_secret(kept, &back.state));
    let asking = app.clone();
    let entered = if own && !back.code.is_empty() {
        let asked = tokio::task::spawn_blocking(move || {
            let provider = configured(&asking)?;
            let entered = oidc::finish(&asking, &provider, BACK, &back.state, &back.code)?;
            Ok::<_, Problem>((provider, entered))
        });
        asked.await.map_err(|error| crate::app::store(&error)).flatten()
    } else {
        let (zh, en) = (
            "进入没有完成，请重新开始，或直接填写。",
            "This was not completed; begin again, or fill the form in yourself.",
        );
        Err(problem::WRONG_PASSWORD.problem(zh, en))
    };
    let (provider, entered) = match entered {
        Ok(entered) => entered,
        Err(problem) => return refused(frame, &problem),
    };
    let claim = |name: &str| entered.claims[name].as_str().unwrap_or_default().trim().to_owned();
    // Some write the country before a number.
    let mobile = claim(&provider.login_claim).trim_start_matches("+86").trim().parse::<Mobile>().ok();
    // A number that the app itself has not checked proves nothing.
    let mobile = mobile.filter(|_| entered.claims["phone_number_verified"] != false);
    if entered.to == "mine" {
        return mine::shown(&app, frame, mobile.as_ref());
    }
    let image = app.image();
    let service = match act::service(&image, &entered.to) {
        Ok((service, _)) => service.clone(),
        Err(problem) => return refused(frame, &problem),
    };
    let number = claim("citizen_number").parse::<CitizenNumber>().ok();
    let mut sent = Sent::new();
    let mut fill = |pointer: &str, value: String| {
        if !value.is_empty() && service.form.at(pointer).is_some() {
            sent.push((pointer.to_owned(), value));
        }
    };
    fill("/name", claim("name"));
    fill("/mobile", mobile.map(|mobile| mobile.as_str().to_owned()).unwrap_or_default());
    fill("/citizen_number", number.map(|number| number.to_string()).unwrap_or_default());
    let key = base32(&random::<16>(app.vault.entropy()));
    draw(&app, frame, &service, key, &sent, None, StatusCode::OK)
}
