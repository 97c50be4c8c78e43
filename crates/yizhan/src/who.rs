//! Who a request comes from: whoever holds a receipt, staff by their session, or anyone.

use crate::app::App;
use crate::staff::sessions;
use axum::http::HeaderMap;
use serde::Deserialize;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_kit::Problem;
use yizhan_kit::digest::is_same_secret;

/// Whoever holds the receipt of a case.
///
/// # Errors
/// `case-not-found`, whether the number or the secret is wrong.
pub fn holder(app: &App, image: &Image, number: &str, secret: &str) -> Result<Viewer, Problem> {
    let program = Viewer::program();
    let head = program.look(image).numbered(number).map_err(|_| not_found(number))?;
    if !is_same_secret(&app.receipt(head.subject, image.opened_at(head)), secret) {
        return Err(not_found(number));
    }
    Viewer::of(image, Actor::Holder(head.subject), app.now().day())
}

/// Whoever asks for a case: by its receipt, else by their session.
///
/// # Errors
/// `case-not-found` for a wrong receipt, `sign-in` for nobody.
pub fn viewer(app: &App, image: &Image, headers: &HeaderMap, number: &str, secret: &str) -> Result<Viewer, Problem> {
    if secret.is_empty() { sessions::staff(app, headers) } else { holder(app, image, number, secret) }
}

/// As [`viewer`], but objections come from anyone.
///
/// # Errors
/// As [`viewer`].
pub fn viewer_or_public(
    app: &App,
    image: &Image,
    headers: &HeaderMap,
    number: &str,
    secret: &str,
) -> Result<Viewer, Problem> {
    if secret.is_empty() && sessions::actor(app, headers)? == Actor::Resident {
        return Viewer::of(image, Actor::Resident, app.now().day());
    }
    viewer(app, image, headers, number, secret)
}

/// Reads a body that is ours to define.
///
/// # Errors
/// `body-invalid`, saying where.
pub fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        problem::BODY_INVALID.problem(format!("无法读取：{error}"), format!("The body cannot be read: {error}"))
    })
}

fn not_found(number: &str) -> Problem {
    problem::CASE_NOT_FOUND.problem(
        format!("没有找到 {number}，请核对回执上的编号和链接。"),
        format!("There is no case {number}, or the link is not the one on its receipt."),
    )
}
