//! What the code at a kitchen's door opens, what is printed for the door, and the camera's files.

use super::live;
use super::rule::{STILL, grade};
use crate::app::{App, blocking};
use crate::case::view::{area_name, words};
use crate::resident::http::{code, frame, refused, render};
use crate::resident::page::Frame;
use crate::staff::sessions;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Lang, Problem};

/// The room's pages.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/k/{kitchen}", get(door))
        .route("/k/{kitchen}/live/{file}", get(file))
        .route("/poster/kitchen/{kitchen}", get(plate))
}

/// What everybody may know of a kitchen.
struct Kitchen {
    subject: u32,
    name: String,
    place: String,
    village: String,
    licence: String,
    until: String,
    over: bool,
    /// The last score, with its face; absent before the first inspection.
    score: Option<(i64, &'static str)>,
    inspected: String,
    shows: String,
    camera: bool,
    /// The playlist, where the camera can be seen from here.
    playlist: Option<String>,
    down: String,
}

impl Kitchen {
    fn of(app: &App, subject: u32, lang: Lang) -> Result<Self, Problem> {
        let (image, program) = (app.image(), Viewer::program());
        let seen = program.look(&image);
        let kitchen = SubjectId(subject);
        let nothing = || problem::NOT_FOUND.problem("没有这家厨房。", "There is no such kitchen.");
        if image.kind(kitchen).is_none_or(|kind| **kind != *"kitchen") {
            return Err(nothing());
        }
        let today = app.now().day();
        let fact = |name: &str| seen.fact(kitchen, name, today);
        let text = |name: &str| match fact(name) {
            Some(Value::Text(text)) => text.to_string(),
            _ => String::new(),
        };
        let day = |name: &str| match fact(name) {
            Some(Value::Day(day)) => Some(day),
            _ => None,
        };
        let least = |name: &str, today: Day| {
            let parameter =
                image.catalog().and_then(|catalog| catalog.parameters.get(name)?.at(today)?.value.parse().ok());
            parameter.unwrap_or(i64::MAX)
        };
        let (a, b) = (least("kitchen-grade-a", today), least("kitchen-grade-b", today));
        let score = match fact("kitchen.score") {
            Some(Value::Int(score)) => Some((score, grade(score, a, b))),
            _ => None,
        };
        let said = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        let (by, until) = (text("kitchen.shows-by"), day("kitchen.licence-until"));
        let means = image.attribute("kitchen.shows-by").and_then(|one| one.meaning(&by));
        let area = seen.place_of(kitchen);
        Ok(Self {
            subject,
            name: text("kitchen.name"),
            place: area.map(|area| area_name(&image, area)).unwrap_or_default(),
            village: area.map(|area| area.to_string()).unwrap_or_default(),
            licence: text("kitchen.licence"),
            over: until.is_none_or(|until| until < today),
            until: said(until),
            score,
            inspected: said(day("kitchen.inspected-on")),
            shows: means.map_or_else(String::new, |known| words(known, lang).to_owned()),
            camera: by == "camera",
            playlist: live::place(app, kitchen).map(|place| place.playlist),
            down: if by == "camera" { said(day("kitchen.camera-down-since")) } else { String::new() },
        })
    }
}

/// `/k/{kitchen}`
#[derive(Template)]
#[template(path = "kitchen.html")]
struct Door {
    frame: Frame,
    kitchen: Kitchen,
    still: &'static str,
}

async fn door(State(app): State<Arc<App>>, Path(subject): Path<u32>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let mut answer = match blocking(|| Kitchen::of(&app, subject, frame.lang)) {
        Ok(kitchen) => render(StatusCode::OK, &Door { frame, kitchen, still: STILL }),
        Err(problem) => refused(frame, &problem),
    };
    answer.headers_mut().insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    answer
}

async fn file(State(app): State<Arc<App>>, Path((subject, name)): Path<(u32, String)>) -> Response {
    let Some(place) = live::place(&app, SubjectId(subject)) else { return StatusCode::NOT_FOUND.into_response() };
    match live::file(&app, &place, &name).await {
        Ok((bytes, media)) => ([(header::CONTENT_TYPE, media)], bytes.to_vec()).into_response(),
        Err(problem) => StatusCode::from_u16(problem.kind.status).unwrap_or(StatusCode::BAD_GATEWAY).into_response(),
    }
}

/// `/poster/kitchen/{kitchen}`
#[derive(Template)]
#[template(path = "kitchen-plate.html")]
struct Plate {
    frame: Frame,
    kitchen: Kitchen,
    code: String,
    link: String,
}

async fn plate(State(app): State<Arc<App>>, Path(subject): Path<u32>, headers: HeaderMap, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let drawn = blocking(|| -> Result<Plate, Problem> {
        let viewer = sessions::staff(&app, &headers)?;
        viewer.must(Deed::Count)?;
        if viewer.look(&app.image()).place_of(SubjectId(subject)).is_none() {
            return Err(problem::NOT_FOUND.problem("没有找到，或者不在您的辖区内。", "There is none in your area."));
        }
        let link = format!("{}/k/{subject}", app.config.public_url());
        Ok(Plate { kitchen: Kitchen::of(&app, subject, frame.lang)?, code: code(&link), link, frame: frame.clone() })
    });
    match drawn {
        Ok(plate) => render(StatusCode::OK, &plate),
        Err(problem) => refused(frame, &problem),
    }
}
