//! The demonstration's pages: its text messages; and the buttons of its header, as forms that work without script.

use super::http::{Message, clock, messages};
use crate::app::App;
use crate::resident::form;
use crate::resident::http::{frame, refused, render, value};
use crate::resident::page::Frame;
use crate::staff::sessions;
use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use yizhan_core::problem;

/// The pages.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .route("/outbox", get(outbox))
        .route("/demo/next-day", post(next_day))
        .route("/demo/enter", post(enter))
}

/// `/outbox`
#[derive(Template)]
#[template(path = "outbox.html")]
struct Outbox {
    frame: Frame,
    messages: Vec<Message>,
}

async fn outbox(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    match clock(&app).and_then(|_| messages(&app)) {
        Ok(messages) => render(StatusCode::OK, &Outbox { frame, messages }),
        Err(problem) => refused(frame, &problem),
    }
}

/// Moves the clock to the next day and goes back to the page it was asked on.
async fn next_day(State(app): State<Arc<App>>, uri: Uri, body: Bytes) -> Response {
    let back = value(&form::decode(&body), "back");
    match clock(&app) {
        Ok(clock) => {
            clock.next_day();
            // Only a page of ours.
            let ours = back.starts_with('/') && !back.starts_with("//") && !back.contains('\\');
            Redirect::to(if ours { &back } else { "/" }).into_response()
        }
        Err(problem) => refused(frame(&app, &uri), &problem),
    }
}

/// Signs in as somebody of the staff with one click.
async fn enter(State(app): State<Arc<App>>, uri: Uri, body: Bytes) -> Response {
    let login = value(&form::decode(&body), "login");
    let entered = clock(&app).and_then(|_| {
        let staff = app.image().staff_by_login(&login);
        let unknown = || problem::WRONG_PASSWORD.problem("没有这个演示账号。", "There is no such account here.");
        sessions::begin_in_demonstration(&app, staff.ok_or_else(unknown)?)
    });
    match entered {
        Ok(token) => {
            ([(header::SET_COOKIE, sessions::cookie_of(&app, &token))], Redirect::to("/console/")).into_response()
        }
        Err(problem) => refused(frame(&app, &uri), &problem),
    }
}
