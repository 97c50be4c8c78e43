//! The residents' routes: a service's form, the poster; the receipt page is next door.

use super::form::{self, Sent};
use super::page::{Challenge, FormPage, Frame, Poster, Refused};
use super::{card, enter, mine, receipt, unit};
use crate::answer::{self, lang};
use crate::app::{App, Request};
use crate::case::{act, view};
use crate::flood::act::{Token, admit};
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Deserialize;
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::catalog::{Notice, Service, Source};
use yizhan_core::problem;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Lang, Problem};

/// The room's routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/r/{service}", get(form).post(send))
        .merge(receipt::routes())
        .merge(mine::routes())
        .merge(card::routes())
        .merge(unit::routes())
        .merge(enter::routes())
        .route("/poster/{service}/{region}", get(poster))
        .route("/style.css", get(style))
        .route("/app.js", get(script))
}

/// Style and script are nobody's secret, and a page that is shown in a frame of its own, as the editor's preview is, asks for them as a
/// stranger.
const FOR_ANY_PAGE: (HeaderName, &str) = (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");

async fn style() -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "public, max-age=3600"),
            FOR_ANY_PAGE,
        ],
        concat!(include_str!("../../../../web/parts/tokens.css"), include_str!("../../templates/style.css")),
    )
}

async fn script() -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (header::CACHE_CONTROL, "public, max-age=3600"),
            FOR_ANY_PAGE,
        ],
        include_str!("../../templates/app.js"),
    )
}

/// Where the poster hangs.
#[derive(Deserialize)]
struct At {
    at: Option<String>,
    /// What it is about, where a code at a place leads to the form: the place's number.
    of: Option<String>,
}

async fn form(State(app): State<Arc<App>>, Path(name): Path<String>, Query(at): Query<At>, uri: Uri) -> Response {
    let image = app.image();
    let frame = frame(&app, &uri);
    let service = match act::service(&image, &name) {
        Ok((service, _)) => service.clone(),
        Err(problem) => return refused(frame, &problem),
    };
    let about = at.of.filter(|of| of.parse::<u32>().is_ok()).zip(about(&service)).map(|(of, pointer)| (pointer, of));
    let sent: Sent = at.at.map(|code| (service.area.clone(), code)).into_iter().chain(about).collect();
    let key = base32(&random::<16>(app.vault.entropy()));
    draw(&app, frame, &service, key, &sent, None, StatusCode::OK)
}

/// Where a form holds the number of what it is about: what is known of its cases from the start and names a subject.
fn about(service: &Service) -> Option<String> {
    let hidden = |pointer: &&String| {
        service.form.at(pointer).is_some_and(|field| field["x-control"] == "hidden" && field["type"] == "integer")
    };
    let pointers = service.knows.iter().filter_map(|known| match &known.from {
        Source::Answer(pointer) => Some(pointer),
        Source::Constant(_) => None,
    });
    pointers.into_iter().find(hidden).cloned()
}

async fn send(State(app): State<Arc<App>>, Path(name): Path<String>, uri: Uri, body: Bytes) -> Response {
    let image = app.image();
    let frame = frame(&app, &uri);
    let service = match act::service(&image, &name) {
        Ok((service, _)) => service.clone(),
        Err(problem) => return refused(frame, &problem),
    };
    let sent = form::decode(&body);
    let key = value(&sent, "_key");
    let answers = form::answers(&service.form, &sent).to_string().into_bytes();
    let request = Request::keyed(&format!("{} {name}", Actor::Resident), &key, &answers);
    let (proof, ticket) = (value(&sent, "_proof"), value(&sent, "_ticket"));
    let token = Token { key: &key, proof: &proof, ticket: &ticket };
    let admitted = match app.answered(&request) {
        Some(_) => Ok(()),
        None => admit(&app, token),
    };
    let opened = match admitted {
        Ok(()) => act::open(&app, Actor::Resident, &name, request, &answers).await,
        Err(problem) => Err(problem),
    };
    let outcome = match opened {
        Ok(outcome) => outcome,
        Err(problem) if problem.kind.code == problem::KEY_REUSED.code => {
            // It was sent before, and the answer lost on the way: what is to be changed is corrected from the receipt.
            return match first(&app, request) {
                Some(page) => Redirect::to(&page).into_response(),
                None => refused(frame, &problem),
            };
        }
        Err(problem) => {
            let status = StatusCode::from_u16(problem.kind.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            return draw(&app, frame, &service, key, &sent, Some(&problem), status);
        }
    };
    match act::receipt(&app, &outcome) {
        Ok(receipt) => Redirect::to(&receipt.page).into_response(),
        Err(problem) => refused(frame, &problem),
    }
}

/// The receipt of what was sent first under a key, which nobody can guess.
fn first(app: &App, request: Request) -> Option<String> {
    let image = app.image();
    let (_, act) = image.find_request(request.key?)?;
    let case = act.about()?;
    let program = Viewer::program();
    let head = program.look(&image).case(case).ok()?;
    let secret = app.receipt(case, image.opened_at(head));
    Some(format!("/c/{}?k={secret}", image.number(head)))
}

/// The form of a service, empty or with what was sent.
pub fn draw(
    app: &App,
    frame: Frame,
    service: &Service,
    key: String,
    sent: &Sent,
    problem: Option<&Problem>,
    status: StatusCode,
) -> Response {
    let image = app.image();
    let Ok((catalog, _)) = act::catalog(&image) else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let lang = frame.lang;
    let faults = problem.map(faults).unwrap_or_default();
    let page = FormPage {
        title: view::words(&service.title, lang).to_owned(),
        about: view::words(&service.about, lang).to_owned(),
        action: format!("/r/{}", service.name),
        key,
        fields: form::fields(&service.form, &catalog.regions, app.now().day(), lang, sent, &faults),
        problem: problem.map(|problem| said(problem, &faults, &frame)),
        challenge: problem.and_then(Challenge::of),
        told: told(service.notice.as_ref(), lang),
        guardian_told: told(service.guardian_notice.as_ref(), lang),
        enter: app.config.super_app.as_ref().map(|one| (format!("/enter?to={}", service.name), one.title.clone())),
        unit: service.by_table.then(|| format!("/unit/{}", service.name)),
        calculator: service.calculator.as_ref().map(|name| format!("/calc/{name}")),
        keep_days: Some(service.keep.days_on(app.now().day(), &catalog.parameters)),
        frame,
    };
    render(status, &page)
}

/// What people are told before they agree, in paragraphs.
pub(super) fn told(notice: Option<&Notice>, lang: Lang) -> Vec<String> {
    let text = notice.map(|notice| view::words(&notice.text, lang)).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// A refusal over a form: where faults are marked, it points to them.
pub(super) fn said(problem: &Problem, faults: &[(String, String)], frame: &Frame) -> String {
    if faults.is_empty() {
        return problem.detail(frame.lang).to_owned();
    }
    let (zh, en) = (
        "有填写不对的地方，已在下面标出，请改正后再提交。",
        "Something is not right; it is marked below. Please correct it and send again.",
    );
    frame.t(zh, en).to_owned()
}

/// The faults of a problem in words for the person who filled the form in.
pub(super) fn faults(problem: &Problem) -> Vec<(String, String)> {
    let list = problem.extra("faults").and_then(|faults| faults.as_array()).cloned().unwrap_or_default();
    let text = |fault: &serde_json::Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    list.iter().map(|fault| (text(fault, "at"), text(fault, "said"))).collect()
}

async fn poster(State(app): State<Arc<App>>, Path((name, region)): Path<(String, String)>, uri: Uri) -> Response {
    let image = app.image();
    let frame = frame(&app, &uri);
    // One hangs beside the village's board: it leads to what is on notice.
    let notices = name == "notice";
    let title = match act::service(&image, &name) {
        _ if notices => frame.t("公示", "Public notices").to_owned(),
        Ok((service, _)) => view::words(&service.title, frame.lang).to_owned(),
        Err(problem) => return refused(frame, &problem),
    };
    let code_of = region
        .parse::<RegionCode>()
        .ok()
        .filter(|code| act::catalog(&image).is_ok_and(|(catalog, _)| catalog.regions.is_known(*code, app.now().day())));
    let Some(region) = code_of else {
        let problem =
            problem::UNKNOWN_REGION.problem(format!("没有区划 {region}。"), format!("There is no region {region}."));
        return refused(frame, &problem);
    };
    let place = if notices { format!("/notice/{region}") } else { format!("/r/{name}?at={region}") };
    let link = format!("{}{place}", app.config.public_url());
    let asks = if notices {
        frame.t("请扫码查看公示，有异议可以提出", "Scan to see what is on notice, and object if it is wrong")
    } else {
        frame.t("请扫码申报，村里会主动联系您", "Scan and declare; the village will call you")
    };
    let page =
        Poster { place: view::area_name(&image, region), title, asks: asks.to_owned(), code: code(&link), link, frame };
    render(StatusCode::OK, &page)
}

/// What every page carries, for the address it is asked under.
pub fn frame(app: &App, uri: &Uri) -> Frame {
    let lang = lang();
    // A form's answer is shown under an address that only forms are sent to: its page is further up.
    let steps = match uri.path().split('/').nth(1) {
        // Paying has a page of its own.
        Some("c") if uri.path().ends_with("/pay") => 4,
        Some("c" | "r" | "u" | "notice") => 3,
        Some("mine" | "enter") => 2,
        _ => usize::MAX,
    };
    let page: Vec<&str> = uri.path().split('/').take(steps).collect();
    let here = |changed: &str, value: &str| {
        let prefix = format!("{changed}=");
        let kept = uri.query().unwrap_or("").split('&');
        let kept = kept.filter(|pair| !pair.is_empty() && (changed.is_empty() || !pair.starts_with(&prefix)));
        let new = if changed.is_empty() { None } else { Some(format!("{prefix}{value}")) };
        let query: Vec<String> = kept.map(str::to_owned).chain(new).collect();
        let path = page.join("/");
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    };
    let care = answer::care();
    Frame {
        lang,
        demo: app.demo.as_ref().map(|_| app.now().to_string()[..16].replace('T', " ")),
        other: here("lang", if lang == Lang::Zh { "en" } else { "zh" }),
        easier: here("care", if care { "0" } else { "1" }),
        here: here("", ""),
        care,
    }
}

/// The first value under a name.
pub fn value(sent: &Sent, name: &str) -> String {
    sent.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// The code that a link is scanned from.
pub fn code(link: &str) -> String {
    let code = QrCode::new(link).map(|code| code.render::<svg::Color<'_>>().min_dimensions(160, 160).build());
    let svg = code.unwrap_or_default();
    svg.split_once("?>").map_or(svg.clone(), |(_, rest)| rest.to_owned())
}

/// A refusal as a page.
pub fn refused(frame: Frame, problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    render(status, &Refused::new(frame, problem))
}

/// Draws a page; the browser remembers how it was asked for.
pub fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let lang = if lang() == Lang::En { "en" } else { "zh" };
            let care = if answer::care() { "1" } else { "0" };
            let remember = [("lang", lang), ("care", care)]
                .map(|(name, value)| (header::SET_COOKIE, format!("{name}={value}; Path=/; SameSite=Lax")));
            (status, AppendHeaders(remember), Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
