//! Help for the people who use it: one page a task, in either language, with pictures of the real screens.

use crate::app::App;
use crate::inside;
use crate::resident::http::{frame, refused, render};
use crate::resident::page::Frame;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pulldown_cmark::{Options, Parser, html};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use yizhan_core::problem;
use yizhan_kit::Lang;

/// The help pages.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .route("/help", get(index))
        .route("/help/{page}", get(page))
        .route("/help/img/{lang}/{name}", get(picture))
}

/// `/help/{page}`
#[derive(Template)]
#[template(path = "help.html")]
struct Help {
    frame: Frame,
    title: String,
    text: String,
    index: bool,
}

async fn index(State(app): State<Arc<App>>, uri: Uri) -> Response {
    shown(frame(&app, &uri), "index")
}

async fn page(State(app): State<Arc<App>>, Path(name): Path<String>, uri: Uri) -> Response {
    shown(frame(&app, &uri), &name)
}

fn shown(frame: Frame, name: &str) -> Response {
    let ending = if frame.lang == Lang::En { ".en.md" } else { ".md" };
    let found = inside::find(inside::HELP, &format!("{name}{ending}")).map(String::from_utf8_lossy);
    let Some(text) = found else {
        let missing = problem::UNKNOWN_SERVICE.problem("没有这一页帮助。", "There is no such help page.");
        return refused(frame, &missing);
    };
    let title = text.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']).to_owned();
    let page = Help { title, text: drawn(&text), index: name == "index", frame };
    render(StatusCode::OK, &page)
}

/// A page as it is drawn: links between pages and to pictures are made to fit their addresses.
fn drawn(text: &str) -> String {
    let mut drawn = String::new();
    html::push_html(&mut drawn, Parser::new_ext(text, Options::ENABLE_TABLES));
    let links = drawn.replace(".en.md\"", "\"").replace(".md\"", "\"");
    links
        .replace("href=\"", "href=\"/help/")
        .replace("href=\"/help/http", "href=\"http")
        .replace("href=\"/help//", "href=\"/")
        .replace("src=\"", "loading=\"lazy\" src=\"/help/")
}

async fn picture(Path((lang, name)): Path<(String, String)>) -> Response {
    match inside::find(inside::HELP, &format!("img/{lang}/{name}")) {
        Some(found) => {
            let headers = [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "public, max-age=86400")];
            (headers, found).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
