//! What is on notice in a village, for everybody and without an account: what, for how many days yet, and whom it is about,
//! masked. Nothing of it is kept, and it is gone when its days are over.
//!
//! Shown: a name with one character hidden, an amount, and what a form marks as fit to be posted. Never shown: numbers, telephones, accounts, whoever is a minor,
//! the cause of poverty, and a name where the programme would tell of an illness, a disability or a child.

use super::announce::{Announcement, for_everybody};
use super::rule::hidden;
use crate::app::{App, Request};
use crate::case::act::{self, Wanted};
use crate::case::rule::words as say;
use crate::case::view::{area_name, given, words};
use crate::pay::{frozen, lines};
use crate::register;
use crate::resident::form;
use crate::resident::http::{frame, refused, render, value};
use crate::resident::page::Frame;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::catalog::{Level, Lines, Shown};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, State as Stands, StepVerb};
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::on_notice_until;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen, Lang, Problem};

/// Lines of one notice that are drawn.
const DRAWN: usize = 2_000;

/// From this age on a name is shown.
const OF_AGE: i32 = 18;

/// A case on notice.
pub(super) struct Posted {
    number: String,
    title: String,
    version: u64,
    /// The last day.
    until: String,
    /// Days after today; 0 on the last.
    days_left: i32,
    /// Whether somebody objected, so that its days stand still.
    objected: bool,
    /// Masked names, with amounts where money is paid.
    lines: Vec<(String, String)>,
    /// How many of the village it is about.
    count: usize,
    /// What they are to get together; empty where no money is paid.
    sum: String,
    counts_only: bool,
    /// Minors among them, who are counted only.
    minors: usize,
}

/// `/notice/{village}`
#[derive(Template)]
#[template(path = "notice.html")]
struct Board {
    frame: Frame,
    place: String,
    village: String,
    posted: Vec<Posted>,
    told: Vec<Announcement>,
    phone: Option<String>,
    problem: Option<String>,
}

/// Whether a case is on notice, or was when somebody objected: the first day after.
fn until(image: &Image, case: &CaseHead, today: Day) -> Option<Day> {
    let open = matches!(case.state, Stands::Open | Stands::Objected);
    on_notice_until(case, image.service(case))
        .filter(|until| open && (today < *until || case.state == Stands::Objected))
}

/// The cases on notice that concern a village: its own, and batches of the areas it lies in.
fn posted(app: &App, image: &Image, village: RegionCode, lang: Lang) -> Result<Vec<Posted>, Problem> {
    let program = Viewer::program();
    let seen = program.look(image);
    let today = app.now().day();
    let mut all = Vec::new();
    for (area, desk) in seen.desks().collect::<Vec<_>>() {
        for case in seen.waiting(area, desk) {
            let place = image.area(case);
            let batch = image.service(case).batch.is_some();
            let concerns = place == village || (batch && place.contains(village));
            let Some(until) = until(image, case, today).filter(|_| concerns) else { continue };
            let one = of_case(app, &seen, case, village, until, lang)?;
            all.extend(one.filter(|one| one.count > 0));
        }
    }
    all.sort_by(|a, b| (a.days_left, &a.number).cmp(&(b.days_left, &b.number)));
    Ok(all)
}

fn of_case(
    app: &App,
    seen: &Seen<'_>,
    case: &CaseHead,
    village: RegionCode,
    until: Day,
    lang: Lang,
) -> Result<Option<Posted>, Problem> {
    let (image, today) = (seen.image(), app.now().day());
    let service = image.service(case);
    let mut one = Posted {
        number: image.number(case),
        title: words(&service.title, lang).to_owned(),
        version: u64::from(case.changed),
        until: until.plus(-1).to_string(),
        days_left: until.0 - 1 - today.0,
        objected: case.state == Stands::Objected,
        lines: Vec::new(),
        count: 0,
        sum: String::new(),
        counts_only: false,
        minors: 0,
    };
    let answers = match given(app, seen, case) {
        Ok(answers) => answers,
        Err(problem) if problem.kind.code == problem::FORGOTTEN.code => return Ok(None),
        Err(problem) => return Err(problem),
    };
    if service.batch.is_none() {
        // A form without a name is about no person.
        let name = answers["name"].as_str().map(hidden);
        one.count = 1;
        one.lines.extend(name.map(|name| (name, String::new())));
        let posted = service.form.posted(&answers);
        let colon = say("：", ": ", lang);
        one.lines.extend(posted.map(|([zh, en], said)| (format!("{}{colon}{said}", say(zh, en, lang)), String::new())));
        return Ok(Some(one));
    }
    if !service.steps.iter().any(|step| step.lines == Some(Lines::Propose)) {
        return Ok(None);
    }
    let (catalog, _) = act::catalog(image)?;
    let asked = lines::asked(app, image, catalog, case, &answers)?;
    one.title = format!("{} · {} {}", one.title, words(&asked.programme.title, lang), asked.period);
    one.counts_only = asked.programme.shown == Shown::Counts;
    let mut sum = Fen(0);
    for line in frozen::frozen(app, image, case)?.unwrap_or_default() {
        let subject = SubjectId(line.subject);
        if seen.place_of(subject) != Some(village) {
            continue;
        }
        one.count += 1;
        sum = line.amount.parse::<Fen>().ok().and_then(|amount| sum.checked_add(amount)).unwrap_or(sum);
        if one.counts_only || one.lines.len() == DRAWN {
            continue;
        }
        if is_minor(seen, subject, today) {
            one.minors += 1;
        } else {
            let name = register::view::who(app, seen, subject, today);
            one.lines.push((hidden(&name), line.amount));
        }
    }
    one.sum = sum.to_string();
    Ok(Some(one))
}

fn is_minor(seen: &Seen<'_>, subject: SubjectId, today: Day) -> bool {
    matches!(seen.fact(subject, "person.born", today), Some(Value::Day(born)) if Day::age_years(born, today) < OF_AGE)
}

/// What a robot is told: none of this is to be found by searching.
fn unlisted(mut answer: Response) -> Response {
    answer
        .headers_mut()
        .insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow, noarchive"));
    answer
}

fn village(image: &Image, text: &str, today: Day) -> Result<RegionCode, Problem> {
    let known = text.parse::<RegionCode>().ok().filter(|code| {
        let region = image.catalog().and_then(|catalog| catalog.regions.get(*code).cloned());
        region.is_some_and(|region| region.level == Level::Village && region.holds_on(today))
    });
    known.ok_or_else(|| problem::UNKNOWN_REGION.problem("没有这个村（社区）。", "There is no such village."))
}

fn draw(app: &App, frame: Frame, text: &str, problem: Option<String>, status: StatusCode) -> Response {
    register::view::known(app);
    let image = app.image();
    let drawn = village(&image, text, app.now().day()).and_then(|village| {
        let posted = posted(app, &image, village, frame.lang)?;
        let phone = crate::resident::receipt::phone_in(&image, village, app.now().day());
        Ok(Board {
            place: area_name(&image, village),
            village: village.to_string(),
            posted,
            told: for_everybody(app, Some(village)),
            phone,
            problem,
            frame: frame.clone(),
        })
    });
    match drawn {
        Ok(board) => unlisted(render(status, &board)),
        Err(problem) => unlisted(refused(frame, &problem)),
    }
}

/// What is on notice in a village.
pub(super) async fn board(State(app): State<Arc<App>>, Path(text): Path<String>, uri: Uri) -> Response {
    draw(&app, frame(&app, &uri), &text, None, StatusCode::OK)
}

/// Takes an objection of anybody: the days of notice stand still until it is answered.
pub(super) async fn object(
    State(app): State<Arc<App>>,
    Path((text, number)): Path<(String, String)>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let frame = frame(&app, &uri);
    let sent = form::decode(&body);
    let reason = value(&sent, "reason").trim().to_owned();
    let done = objected(&app, &number, &reason, value(&sent, "version").parse().unwrap_or(0)).await;
    match done {
        Ok(()) => unlisted(Redirect::to(&format!("/notice/{text}?lang={}#{number}", frame.tag())).into_response()),
        Err(problem) => {
            let said = problem.detail(frame.lang).to_owned();
            let status = StatusCode::from_u16(problem.kind.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            draw(&app, frame, &text, Some(said), status)
        }
    }
}

async fn objected(app: &Arc<App>, number: &str, reason: &str, version: u64) -> Result<(), Problem> {
    // The same words about the same case are one objection.
    let request = Request::keyed("notice", &format!("{number} {version}"), reason.as_bytes());
    if let Some(first) = app.answered(&request) {
        return first.map(drop);
    }
    let image = app.image();
    let today = app.now().day();
    let viewer = Viewer::of(&image, Actor::Resident, today)?;
    let case = viewer.look(&image).numbered_or_on_notice(number, today)?.subject;
    if reason.chars().count() > 300 {
        return Err(problem::FORM_INVALID.problem("请在 300 字以内写明。", "Say it in up to 300 characters."));
    }
    let wanted =
        Wanted { case, version, verb: StepVerb::Object, to: None, answers: None, reason: Some(reason.to_owned()) };
    act::step(app, &viewer, request, wanted).await.map(drop)
}
