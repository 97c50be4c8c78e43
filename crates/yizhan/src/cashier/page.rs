//! Paying without a script: what is to be paid and for what, two codes or a link, what was paid. The page asks for itself again
//! while a code is open, and tells at once when somebody says that they have paid.

use super::model::Payable;
use super::{act, http, view};
use crate::answer::Query;
use crate::app::App;
use crate::resident::http::{frame, refused, render};
use crate::resident::page::Frame;
use crate::who;
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::problem;
use yizhan_kit::Problem;

/// The pages below a receipt's number.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/c/{number}/pay", get(page).post(show))
        .route("/c/{number}/pay/asked", post(asked))
        .route("/play/{token}", get(played).post(pressed))
}

/// The secret of a receipt.
#[derive(Deserialize)]
struct Secret {
    #[serde(default)]
    k: String,
}

/// `/c/{number}/pay`
#[derive(Template)]
#[template(path = "pay.html")]
struct PayPage {
    frame: Frame,
    pay: Payable,
    /// Where the codes are asked for, where it is said that it was paid, and the receipt.
    action: String,
    asked: String,
    receipt: String,
    problem: Option<String>,
}

fn holder(app: &App, number: &str, secret: &str) -> Result<(Viewer, yizhan_core::row::SubjectId), Problem> {
    let image = app.image();
    let viewer = who::holder(app, &image, number, secret)?;
    let case = viewer.look(&image).numbered(number)?.subject;
    Ok((viewer, case))
}

fn draw(app: &App, frame: Frame, number: &str, secret: &str, problem: Option<&Problem>) -> Response {
    let found = || {
        let image = app.image();
        let (viewer, case) = holder(app, number, secret)?;
        let head = viewer.look(&image).case(case)?;
        view::payable(app, &image, &viewer, head, frame.lang)?
            .ok_or_else(|| problem::NOT_FOUND.problem("这件事不收款。", "Nothing is paid for this."))
    };
    match found() {
        Err(problem) => refused(frame, &problem),
        Ok(pay) => {
            let status = problem.and_then(|problem| StatusCode::from_u16(problem.kind.status).ok());
            let page = PayPage {
                action: format!("/c/{number}/pay?k={secret}"),
                asked: format!("/c/{number}/pay/asked?k={secret}"),
                receipt: format!("/c/{number}?k={secret}"),
                problem: problem.map(|problem| problem.detail(frame.lang).to_owned()),
                pay,
                frame,
            };
            render(status.unwrap_or_default(), &page)
        }
    }
}

async fn page(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    uri: Uri,
) -> Response {
    draw(&app, frame(&app, &uri), &number, &secret.k, None)
}

/// Shows a code of every way that is open; one that is silent keeps no other from being shown.
async fn show(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let (viewer, case) = match holder(&app, &number, &secret.k) {
        Ok(found) => found,
        Err(problem) => return refused(frame, &problem),
    };
    let (mut shown, mut trouble) = (0, None);
    for channel in app.cashier.all().to_vec() {
        match act::make(&app, &viewer, case, channel.code()).await {
            Ok(_) => shown += 1,
            Err(problem) => trouble = Some(problem),
        }
    }
    match trouble {
        Some(problem) if shown == 0 => draw(&app, frame, &number, &secret.k, Some(&problem)),
        _ => Redirect::to(&format!("/c/{number}/pay?k={}", secret.k)).into_response(),
    }
}

/// Asks the channels at once.
async fn asked(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    uri: Uri,
) -> Response {
    match holder(&app, &number, &secret.k) {
        Ok((_, case)) => {
            http::ask_about(&app, case).await;
            Redirect::to(&format!("/c/{number}/pay?k={}", secret.k)).into_response()
        }
        Err(problem) => refused(frame(&app, &uri), &problem),
    }
}

/// What a demonstration's own channels show behind a code.
async fn played(State(app): State<Arc<App>>, Path(token): Path<String>, uri: Uri) -> Response {
    match app.cashier.played.get().and_then(|play| play.page(&token)) {
        Some(page) => Html(page).into_response(),
        None => nothing_played(&app, &uri),
    }
}

async fn pressed(State(app): State<Arc<App>>, Path(token): Path<String>, uri: Uri, form: Bytes) -> Response {
    let Some(play) = app.cashier.played.get() else { return nothing_played(&app, &uri) };
    play.pressed(&token, &form);
    Redirect::to(&format!("/play/{token}")).into_response()
}

fn nothing_played(app: &App, uri: &Uri) -> Response {
    refused(frame(app, uri), &problem::NOT_FOUND.problem("没有这个付款码。", "There is no such code."))
}
