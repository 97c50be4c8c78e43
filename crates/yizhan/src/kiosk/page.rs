//! The terminal's own pages, and the page on which a phone takes over what was begun at one.

use crate::app::App;
use crate::case::act;
use crate::case::view::words;
use crate::resident::form::sent_from;
use crate::resident::http::{draw, frame, refused, render};
use crate::resident::page::Frame;
use crate::web;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;
use yizhan_core::problem;
use yizhan_kit::Problem;
use yizhan_kit::id::{base32, random};

/// The pages' routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/kiosk", get(screen))
        .route("/kiosk/companion", get(screen))
        .route("/take/{code}", get(offer).post(take))
}

/// The work screen and the companion screen are one page, which looks at its own address.
async fn screen(headers: HeaderMap) -> Response {
    web::file("kiosk.html", &headers)
}

/// `/take/{code}`
#[derive(Template)]
#[template(path = "take.html")]
struct Take {
    frame: Frame,
    /// What the service is called.
    title: String,
    /// Where the button sends.
    action: String,
}

/// Asks before it takes: whoever previews a link must not use it up.
async fn offer(State(app): State<Arc<App>>, Path(code): Path<String>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let image = app.image();
    let named = app.hand_overs.service(&app, &code).ok_or_else(over);
    match named.and_then(|name| act::service(&image, &name).map(|(service, _)| service.clone())) {
        Ok(service) => {
            let title = words(&service.title, frame.lang).to_owned();
            render(StatusCode::OK, &Take { title, action: format!("/take/{code}"), frame })
        }
        Err(problem) => refused(frame, &problem),
    }
}

async fn take(State(app): State<Arc<App>>, Path(code): Path<String>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let image = app.image();
    let taken = app.hand_overs.take(&app, &code).ok_or_else(over);
    let found = taken.and_then(|(name, answers)| Ok((act::service(&image, &name)?.0.clone(), answers)));
    match found {
        Ok((service, answers)) => {
            let key = base32(&random::<16>(app.vault.entropy()));
            draw(&app, frame, &service, key, &sent_from(&answers), None, StatusCode::OK)
        }
        Err(problem) => refused(frame, &problem),
    }
}

fn over() -> Problem {
    problem::NOT_FOUND.problem(
        "这个二维码已经用过，或者过了 15 分钟。请在终端上重新生成，或从头填写。",
        "This code was used, or its quarter of an hour is over. Make a new one at the terminal, or begin anew.",
    )
}
