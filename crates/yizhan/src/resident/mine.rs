//! Finding one's receipts again: by one's phone number and a code that is sent to it. Nothing is told about a number to
//! anyone who does not hold the phone.

use super::card;
use super::form;
use super::http::{frame, refused, render, value};
use super::page::{self, Frame};
use crate::app::App;
use crate::case::view;
use crate::{cashier, once, paper, parcel};
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use std::sync::Arc;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::problem;
use yizhan_kit::Problem;
use yizhan_kit::codes::Mobile;

/// What these codes are called.
const CODES: &str = "code of";

/// The room's routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/mine", get(ask)).route("/mine/code", post(send)).route("/mine/list", post(list))
}

/// `/mine`
#[derive(Template)]
#[template(path = "mine.html")]
struct Mine {
    frame: Frame,
    /// The number, once a code was asked for.
    mobile: String,
    asked: bool,
    problem: Option<String>,
    /// What was found, once the code was right.
    found: Option<Vec<Found>>,
}

/// A receipt that was found again.
struct Found {
    number: String,
    title: String,
    state: String,
    day: String,
    area: String,
    link: String,
    /// The step it waits for, while it is open, and by when that is due.
    step: String,
    due: String,
    /// Which papers are asked for, and why where one was returned.
    asked: Vec<String>,
    /// The parcels: waybill and where it is.
    parcels: Vec<String>,
    /// What is to be paid, or was.
    pay: String,
    /// What was told last.
    told: Vec<String>,
}

fn page_of(frame: Frame) -> Mine {
    Mine { frame, mobile: String::new(), asked: false, problem: None, found: None }
}

async fn ask(State(app): State<Arc<App>>, uri: Uri) -> Response {
    render(StatusCode::OK, &page_of(frame(&app, &uri)))
}

/// Sends a code, if anything was ever declared with the number; the page says the same either way.
async fn send(State(app): State<Arc<App>>, uri: Uri, body: Bytes) -> Response {
    let frame = frame(&app, &uri);
    let typed: String =
        value(&form::decode(&body), "mobile").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let Ok(mobile) = typed.trim().parse::<Mobile>() else {
        let problem = frame.t("手机号码不对，请核对。", "That is no mobile number.").to_owned();
        let page = Mine { mobile: typed, problem: Some(problem), ..page_of(frame) };
        return render(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    match send_code(&app, &mobile) {
        Ok(()) => render(StatusCode::OK, &Mine { mobile: mobile.as_str().to_owned(), asked: true, ..page_of(frame) }),
        Err(problem) => refused(frame, &problem),
    }
}

fn send_code(app: &App, mobile: &Mobile) -> Result<(), Problem> {
    let image = app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    if cases_of(app, &seen, mobile)?.is_empty() && card::of_mobile(app, &seen, mobile)?.is_empty() {
        return Ok(());
    }
    let text = |digits: &str| format!("验证码 {digits}，五分钟内有效，用于查看您的申报。请勿告诉他人。");
    once::send(app, CODES, mobile.as_str(), mobile, text)
}

/// Shows the receipts, when the code is right.
async fn list(State(app): State<Arc<App>>, uri: Uri, body: Bytes) -> Response {
    let frame = frame(&app, &uri);
    let sent = form::decode(&body);
    let (typed, code) = (value(&sent, "mobile"), value(&sent, "code"));
    let wrong = || {
        problem::WRONG_PASSWORD
            .problem("验证码不对或已过期，请重新获取。", "The code is wrong, or its time is over; ask for another.")
    };
    let found = typed.trim().parse::<Mobile>().map_err(|_| wrong()).and_then(|mobile| {
        if !once::take(&app, CODES, mobile.as_str(), code.trim())? {
            return Err(wrong());
        }
        let image = app.image();
        let program = Viewer::program();
        everything(&app, &image, &program, &mobile, &frame)
    });
    match found {
        Ok(found) => render(StatusCode::OK, &Mine { mobile: typed, found: Some(found), ..page_of(frame) }),
        Err(problem) => {
            let status = StatusCode::from_u16(problem.kind.status).unwrap_or(StatusCode::UNAUTHORIZED);
            let said = problem.detail(frame.lang).to_owned();
            render(status, &Mine { mobile: typed, asked: true, problem: Some(said), ..page_of(frame) })
        }
    }
}

/// Shows the receipts of whoever is known to hold a number.
pub(super) fn shown(app: &App, frame: Frame, mobile: Option<&Mobile>) -> Response {
    let Some(mobile) = mobile else { return render(StatusCode::OK, &page_of(frame)) };
    let image = app.image();
    let program = Viewer::program();
    match everything(app, &image, &program, mobile, &frame) {
        Ok(found) => {
            let page = Mine { mobile: mobile.as_str().to_owned(), found: Some(found), ..page_of(frame) };
            render(StatusCode::OK, &page)
        }
        Err(problem) => refused(frame, &problem),
    }
}

/// The cards of whoever holds a number, and their receipts.
fn everything(
    app: &App,
    image: &Image,
    program: &Viewer,
    mobile: &Mobile,
    frame: &Frame,
) -> Result<Vec<Found>, Problem> {
    let seen = program.look(image);
    let cards = card::of_mobile(app, &seen, mobile)?.into_iter().map(|household| Found {
        number: String::new(),
        title: frame.t("明白卡", "Household card").to_owned(),
        state: card::title(app, image, household),
        day: app.now().day().to_string(),
        area: seen.place_of(household).map(|area| view::area_name(image, area)).unwrap_or_default(),
        link: card::link(app, household),
        step: String::new(),
        due: String::new(),
        asked: Vec::new(),
        parcels: Vec::new(),
        pay: String::new(),
        told: Vec::new(),
    });
    let mut all: Vec<Found> = cards.collect();
    for case in cases_of(app, &seen, mobile)?.into_iter().take(MOST) {
        all.push(found(app, image, case, frame)?);
    }
    Ok(all)
}

/// The most matters that are shown, the latest first.
const MOST: usize = 50;

/// How many of the last messages are shown of each.
const LAST: usize = 3;

/// What is to be paid for a case, or was.
fn pay(app: &App, image: &Image, case: &CaseHead, frame: &Frame) -> Result<String, Problem> {
    let Some(pay) = cashier::view::payable(app, image, &Viewer::program(), case, frame.lang)? else {
        return Ok(String::new());
    };
    Ok(match (pay.state.as_str(), pay.left) {
        ("waiting", Some(left)) => format!("{}{left}{}", frame.t("待缴 ", "To pay: "), frame.t(" 元", " yuan")),
        ("paid", _) => format!("{}{}{}", frame.t("已付 ", "Paid: "), pay.paid, frame.t(" 元", " yuan")),
        _ => String::new(),
    })
}

fn found(app: &App, image: &Image, case: &CaseHead, frame: &Frame) -> Result<Found, Problem> {
    let number = image.number(case);
    let service = image.service(case);
    let step = &service.steps[usize::from(case.step)];
    let open = case.state.is_open();
    let asked = paper::view::board(app, image, case, frame.lang)?.into_iter().filter_map(|line| {
        let reason = line.reason.map(|reason| format!("{}{reason}", frame.t("：", ": "))).unwrap_or_default();
        let wanted = open && (line.state == "returned" || line.needed == "now" && line.state == "missing");
        wanted.then(|| format!("{}{reason}", line.title))
    });
    let asked = asked.collect();
    let parcels = parcel::view::of_case(app, image, case, frame.lang)?.into_iter();
    let parcels = parcels.map(|one| format!("{} {}", one.waybill.unwrap_or_default(), one.said).trim().to_owned());
    Ok(Found {
        step: if open { view::words(&step.title, frame.lang).to_owned() } else { String::new() },
        due: case.due().map(|due| due.day().to_string()).unwrap_or_default(),
        asked,
        parcels: parcels.collect(),
        pay: pay(app, image, case, frame)?,
        told: told(app, image, case, frame)?,
        title: view::words(&image.service(case).title, frame.lang).to_owned(),
        state: page::state(case.state.as_str(), frame.lang),
        day: image.opened_at(case).day().to_string(),
        area: view::area_name(image, image.area(case)),
        link: format!("/c/{number}?k={}", app.receipt(case.subject, image.opened_at(case))),
        number,
    })
}

/// What the person was told of a case, the latest first: what its steps tell, and why a paper was returned.
fn told(app: &App, image: &Image, case: &CaseHead, frame: &Frame) -> Result<Vec<String>, Problem> {
    let service = image.service(case);
    let mut told = Vec::new();
    for row in view::steps(app, case)? {
        if told.len() == LAST {
            break;
        }
        let words = match StepVerb::parse(&row.verb) {
            Some(StepVerb::Sign) => service.step(&row.name).and_then(|(_, step)| step.tell.as_ref()),
            _ => None,
        };
        let day = image.act(row.seq).map(|act| act.at().day().to_string()).unwrap_or_default();
        told.extend(words.map(|words| format!("{day} {}", view::words(words, frame.lang))));
    }
    Ok(told)
}

/// The cases declared with a number, the latest first; none that is forgotten.
pub fn cases_of<'a>(app: &App, seen: &Seen<'a>, mobile: &Mobile) -> Result<Vec<&'a CaseHead>, Problem> {
    let digest = app.vault.blind("mobile", mobile.as_str());
    let mut cases = Vec::new();
    for (key, case) in seen.candidates(digest) {
        match app.key(key) {
            Ok(row) if row.digests().any(|own| own == digest) => cases.push(case),
            Err(problem) if problem.kind.code != problem::FORGOTTEN.code => return Err(problem),
            _ => {}
        }
    }
    cases.sort_by_key(|case| std::cmp::Reverse(case.opened));
    Ok(cases)
}
