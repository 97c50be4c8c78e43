//! Pages without script: a station and what comes there, an activity and signing up for it, the door, and what is printed.

use super::act::{self, Wish, door_code};
use super::rule::{Standing, standing};
use super::view::Known;
use crate::app::{App, blocking};
use crate::case;
use crate::flood::act::{Token, admit};
use crate::resident::form;
use crate::resident::http::{code, frame, refused, render, value};
use crate::resident::page::{Challenge, Frame};
use crate::staff::sessions;
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;
use yizhan_core::access::{Deed, Seen, Viewer};
use yizhan_core::image::case::State as Stands;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::{Mobile, RegionCode};
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Day, Lang, Problem};

/// The room's pages.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/s/{station}", get(station))
        .route("/a/{activity}", get(activity).post(sign_up))
        .route("/a/{activity}/in", get(door).post(come_in))
        .route("/poster/station/{station}", get(station_poster))
        .route("/poster/activity/{activity}", get(activity_poster))
}

/// An activity as everybody may know it.
struct Activity {
    subject: u32,
    name: String,
    kind: String,
    station: String,
    place: String,
    area: Option<RegionCode>,
    on: Option<Day>,
    begins: String,
    hours: i64,
    places: usize,
    signed_up: usize,
    came: usize,
    over: bool,
    /// What those who came said: how many, and the stars in tenths.
    stars: Option<(usize, i64)>,
}

impl Activity {
    fn when(&self) -> String {
        format!("{} {}", self.on.map(|day| day.to_string()).unwrap_or_default(), self.begins)
    }

    fn left(&self) -> usize {
        self.places.saturating_sub(self.signed_up)
    }

    fn waiting(&self) -> usize {
        self.signed_up.saturating_sub(self.places)
    }

    fn average(&self) -> String {
        self.stars.map(|(_, tenths)| format!("{}.{}", tenths / 10, tenths % 10)).unwrap_or_default()
    }
}

/// Everything that everybody may know, with the program's eyes.
fn known<'a>(app: &App, seen: Seen<'a>, lang: Lang) -> Result<Known<'a>, Problem> {
    let (catalog, _) = case::act::catalog(seen.image())?;
    Ok(Known { seen, catalog, today: app.now().day(), lang })
}

fn must_be(seen: &Seen<'_>, subject: u32, kind: &str) -> Result<SubjectId, Problem> {
    let found = SubjectId(subject);
    if seen.image().kind(found).is_some_and(|known| **known == *kind) {
        return Ok(found);
    }
    Err(problem::NOT_FOUND.problem("没有找到，请重新扫码。", "There is none; scan the code again."))
}

/// Those who signed up and stayed, in order.
fn signed_up(known: &Known<'_>, activity: SubjectId) -> Vec<SubjectId> {
    let mut all = known.seen.ever_naming("activity-signup.activity", activity);
    all.retain(|case| {
        known.seen.case(*case).is_ok_and(|case| !matches!(case.state, Stands::Withdrawn | Stands::Closed))
            || known.day(*case, "activity-signup.came-on").is_some()
    });
    all.sort();
    all
}

fn read(known: &Known<'_>, activity: SubjectId) -> Activity {
    let cases = signed_up(known, activity);
    let came = |case: &&SubjectId| known.day(**case, "activity-signup.came-on").is_some();
    let stars: Vec<i64> =
        cases.iter().filter(came).map(|case| known.int(*case, "activity-signup.stars")).filter(|n| *n > 0).collect();
    let count = i64::try_from(stars.len()).unwrap_or(1);
    let on = known.day(activity, "activity.on");
    Activity {
        subject: activity.0,
        name: known.text(activity, "activity.name"),
        kind: known.meaning("activity.kind", &known.text(activity, "activity.kind")),
        station: known
            .named(activity, "activity.station")
            .map(|one| known.text(one, "station.name"))
            .unwrap_or_default(),
        place: known.text(activity, "activity.where"),
        area: known.seen.place_of(activity),
        on,
        begins: known.text(activity, "activity.begins"),
        hours: known.int(activity, "activity.hours"),
        places: usize::try_from(known.int(activity, "activity.places")).unwrap_or(0),
        signed_up: cases.len(),
        came: cases.iter().filter(came).count(),
        over: on.is_none_or(|on| on < known.today),
        stars: (!stars.is_empty()).then(|| (stars.len(), stars.iter().sum::<i64>() * 10 / count)),
    }
}

/// What the receipt of a sign-up says of its place; nothing for other cases.
pub fn place_of(app: &App, case: SubjectId, lang: Lang) -> Option<String> {
    let (image, program) = (app.image(), Viewer::program());
    let known = known(app, program.look(&image), lang).ok()?;
    let activity = known.named(case, "activity-signup.activity")?;
    let about = read(&known, activity);
    let position = signed_up(&known, activity).iter().position(|one| *one == case)?;
    let zh = lang == Lang::Zh;
    let said = if known.day(case, "activity-signup.came-on").is_some() {
        if zh { "已签到。".to_owned() } else { "You are checked in.".to_owned() }
    } else {
        match standing(position, about.places) {
            Standing::Place(n) if zh => format!("报名成功，第 {n} 个名额。"),
            Standing::Place(n) => format!("You have a place, number {n}."),
            Standing::Waits(n) if zh => format!("名额已满，候补第 {n} 位；前面有人退出会自动递补。"),
            Standing::Waits(n) => {
                format!("It is full; you are number {n} in line, and move up when somebody withdraws.")
            }
        }
    };
    Some(format!("{} · {} · {said}", about.name, about.when()))
}

/// `/s/{station}`
#[derive(Template)]
#[template(path = "station.html")]
struct StationPage {
    frame: Frame,
    name: String,
    tier: String,
    place: String,
    area: String,
    rooms: i64,
    last: String,
    next: Vec<Activity>,
    past: Vec<Activity>,
}

async fn station(State(app): State<Arc<App>>, Path(subject): Path<u32>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let drawn = blocking(|| {
        let (image, program) = (app.image(), Viewer::program());
        let known = known(&app, program.look(&image), frame.lang)?;
        let station = must_be(&known.seen, subject, "station")?;
        let mut all: Vec<Activity> = known
            .seen
            .naming("activity.station", station, known.today)
            .into_iter()
            .map(|one| read(&known, one))
            .collect();
        all.sort_by_key(|one| (one.on, one.begins.clone()));
        let (past, next): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.over);
        Ok::<_, Problem>(StationPage {
            frame: frame.clone(),
            name: known.text(station, "station.name"),
            tier: known.meaning("station.tier", &known.text(station, "station.tier")),
            place: known.place(station),
            area: known.seen.place_of(station).map(|area| area.to_string()).unwrap_or_default(),
            rooms: known.int(station, "station.rooms"),
            last: known.day(station, "station.active-on").map(|day| day.to_string()).unwrap_or_default(),
            next,
            past: past.into_iter().rev().take(5).collect(),
        })
    });
    match drawn {
        Ok(page) => render(StatusCode::OK, &page),
        Err(problem) => refused(frame, &problem),
    }
}

/// `/a/{activity}` and its door.
#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    frame: Frame,
    activity: Activity,
    /// The code of the door, where one stands before it.
    door: Option<String>,
    key: String,
    name: String,
    mobile: String,
    volunteers: bool,
    problem: Option<String>,
    challenge: Option<Challenge>,
    done: Option<String>,
}

fn look(app: &App, subject: u32, lang: Lang) -> Result<Activity, Problem> {
    let (image, program) = (app.image(), Viewer::program());
    let known = known(app, program.look(&image), lang)?;
    Ok(read(&known, must_be(&known.seen, subject, "activity")?))
}

/// The page, with what was sent and what was wrong with it.
fn draw(
    app: &App,
    frame: Frame,
    subject: u32,
    door: Option<String>,
    sent: &form::Sent,
    problem: Option<&Problem>,
    done: Option<String>,
) -> Response {
    match blocking(|| look(app, subject, frame.lang)) {
        Ok(activity) => {
            let kept = value(sent, "_key");
            let key = if kept.is_empty() { base32(&random::<16>(app.vault.entropy())) } else { kept };
            let status = problem.and_then(|one| StatusCode::from_u16(one.kind.status).ok()).unwrap_or_default();
            let page = ActivityPage {
                activity,
                door,
                key,
                name: value(sent, "name"),
                mobile: value(sent, "mobile"),
                volunteers: value(sent, "as") == "volunteer",
                problem: problem.map(|problem| problem.detail(frame.lang).to_owned()),
                challenge: problem.and_then(Challenge::of),
                done,
                frame,
            };
            render(status, &page)
        }
        Err(problem) => refused(frame, &problem),
    }
}

async fn activity(State(app): State<Arc<App>>, Path(subject): Path<u32>, uri: Uri) -> Response {
    draw(&app, frame(&app, &uri), subject, None, &Vec::new(), None, None)
}

fn must_be_admitted(app: &App, sent: &form::Sent) -> Result<(), Problem> {
    let (key, proof, ticket) = (value(sent, "_key"), value(sent, "_proof"), value(sent, "_ticket"));
    admit(app, Token { key: &key, proof: &proof, ticket: &ticket })
}

fn wish(activity: &Activity, sent: &form::Sent) -> Result<Wish, Problem> {
    let Some(area) = activity.area.filter(|_| !activity.over) else {
        return Err(problem::TOO_EARLY.problem("这个活动已经结束。", "This activity is over."));
    };
    Ok(Wish {
        activity: SubjectId(activity.subject),
        area,
        name: value(sent, "name"),
        mobile: value(sent, "mobile"),
        comes_as: if value(sent, "as") == "volunteer" { "volunteer".into() } else { "guest".into() },
    })
}

async fn sign_up(State(app): State<Arc<App>>, Path(subject): Path<u32>, uri: Uri, body: Bytes) -> Response {
    let frame = frame(&app, &uri);
    let sent = form::decode(&body);
    let done = async {
        must_be_admitted(&app, &sent)?;
        let outcome = act::sign_up(&app, &wish(&look(&app, subject, frame.lang)?, &sent)?).await?;
        case::act::receipt(&app, &outcome)
    };
    match done.await {
        Ok(receipt) => Redirect::to(&receipt.page).into_response(),
        Err(problem) => draw(&app, frame, subject, None, &sent, Some(&problem), None),
    }
}

/// The code of a door.
#[derive(Deserialize)]
struct Code {
    #[serde(default)]
    c: String,
}

async fn door(State(app): State<Arc<App>>, Path(subject): Path<u32>, Query(code): Query<Code>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    match act::must_be_at_door(&app, SubjectId(subject), &code.c) {
        Ok(()) => draw(&app, frame, subject, Some(code.c), &Vec::new(), None, None),
        Err(problem) => refused(frame, &problem),
    }
}

async fn come_in(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    Query(code): Query<Code>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let frame = frame(&app, &uri);
    let sent = form::decode(&body);
    let activity = SubjectId(subject);
    if let Err(problem) = act::must_be_at_door(&app, activity, &code.c) {
        return refused(frame, &problem);
    }
    let done = async {
        must_be_admitted(&app, &sent)?;
        let mobile = value(&sent, "mobile")
            .trim()
            .parse::<Mobile>()
            .map_err(|_| problem::FORM_INVALID.problem("手机号码不对，请核对。", "That is no mobile number."))?;
        let arrival = act::arrival(&app, activity, &mobile)?;
        // Who did not sign up does so at the door.
        let case = match arrival.case {
            Some(case) => Some(case),
            None => act::sign_up(&app, &wish(&look(&app, subject, frame.lang)?, &sent)?).await?.about,
        };
        let case = case.ok_or_else(|| problem::NOT_FOUND.problem("没有这个报名。", "There is no such sign-up."))?;
        act::check_in(&app, case, arrival.volunteer).await
    };
    match done.await {
        Ok(_) => {
            let said = frame.t("签到成功，欢迎参加。", "You are checked in. Welcome.").to_owned();
            draw(&app, frame, subject, Some(code.c), &Vec::new(), None, Some(said))
        }
        Err(problem) => draw(&app, frame, subject, Some(code.c), &sent, Some(&problem), None),
    }
}

/// What is put up at a station or at the door of an activity.
#[derive(Template)]
#[template(path = "ground-poster.html")]
struct Printed {
    frame: Frame,
    name: String,
    place: String,
    asks: String,
    code: String,
    link: String,
    /// The code of the door: what it opens and on which day it is good.
    door: Option<(String, String, String)>,
}

/// Whoever prints it looks after that area.
fn must_tend(app: &App, headers: &HeaderMap, subject: SubjectId) -> Result<(), Problem> {
    let viewer = sessions::staff(app, headers)?;
    viewer.must(Deed::Count)?;
    match viewer.look(&app.image()).place_of(subject) {
        Some(_) => Ok(()),
        None => Err(problem::NOT_FOUND.problem("没有找到，或者不在您的辖区内。", "There is none in your area.")),
    }
}

fn printed(drawn: Result<Printed, Problem>, frame: Frame) -> Response {
    match drawn {
        Ok(page) => render(StatusCode::OK, &page),
        Err(problem) => refused(frame, &problem),
    }
}

async fn station_poster(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let drawn = blocking(|| {
        let (image, program) = (app.image(), Viewer::program());
        let known = known(&app, program.look(&image), frame.lang)?;
        let station = must_be(&known.seen, subject, "station")?;
        must_tend(&app, &headers, station)?;
        let link = format!("{}/s/{subject}", app.config.public_url());
        Ok(Printed {
            name: known.text(station, "station.name"),
            place: known.place(station),
            asks: frame.t("扫码看活动、报名、点单", "Scan to see what comes, to sign up, to order").to_owned(),
            code: code(&link),
            link,
            door: None,
            frame: frame.clone(),
        })
    });
    printed(drawn, frame)
}

async fn activity_poster(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let drawn = blocking(|| {
        let activity = look(&app, subject, frame.lang)?;
        must_tend(&app, &headers, SubjectId(subject))?;
        let link = format!("{}/a/{subject}", app.config.public_url());
        let door = activity.on.map(|on| {
            let link = format!("{link}/in?c={}", door_code(&app, SubjectId(subject), on));
            (code(&link), on.to_string(), link)
        });
        Ok(Printed {
            name: activity.name.clone(),
            place: format!("{} · {}", activity.when(), activity.place),
            asks: frame.t("扫码报名", "Scan to sign up").to_owned(),
            code: code(&link),
            link,
            door,
            frame: frame.clone(),
        })
    });
    printed(drawn, frame)
}
