//! The residents' routes: the front door, a service's form, the receipt page, the poster.

use super::form::{self, Sent};
use super::page::{self, CasePage, EntryForm, FormPage, Frame, Front, Offer, Poster, Refused};
use crate::answer::lang;
use crate::app::{App, Request};
use crate::case::{act, http as case_http, view};
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Deserialize;
use std::sync::Arc;
use yizhan_core::act::Actor;
use yizhan_core::catalog::Service;
use yizhan_core::image::case::StepVerb;
use yizhan_core::problem;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Lang, Problem};

/// The room's routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(front))
        .route("/r/{service}", get(form).post(send))
        .route("/c/{number}", get(receipt))
        .route("/c/{number}/withdraw", post(withdraw))
        .route("/c/{number}/{entry}", post(record))
        .route("/poster/{service}/{region}", get(poster))
        .route("/style.css", get(style))
        .route("/app.js", get(script))
}

async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")],
        include_str!("../../templates/style.css"),
    )
}

async fn script() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")],
        include_str!("../../templates/app.js"),
    )
}

async fn front(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let image = app.image();
    let frame = frame(&app, &uri);
    let lang = frame.lang;
    let by_residents =
        |service: &&Arc<Service>| service.opened_by.iter().any(|role| role == "anyone" || role == "resident");
    let offer = |service: &Arc<Service>| Offer {
        href: format!("/r/{}", service.name),
        title: view::words(&service.title, lang).to_owned(),
        about: view::words(&service.about, lang).to_owned(),
    };
    let offers = match act::catalog(&image) {
        Ok((catalog, _)) => catalog.services.values().filter(by_residents).map(offer).collect(),
        Err(problem) => return refused(frame, &problem),
    };
    render(StatusCode::OK, &Front { frame, offers })
}

/// Where the poster hangs.
#[derive(Deserialize)]
struct At {
    at: Option<String>,
}

async fn form(State(app): State<Arc<App>>, Path(name): Path<String>, Query(at): Query<At>, uri: Uri) -> Response {
    let image = app.image();
    let frame = frame(&app, &uri);
    let service = match act::service(&image, &name) {
        Ok((service, _)) => service.clone(),
        Err(problem) => return refused(frame, &problem),
    };
    let mut sent: Sent = at.at.map(|code| (service.area.clone(), code)).into_iter().collect();
    sent.push(("/notice_version".into(), "2021-01".into()));
    let key = base32(&random::<16>(app.vault.entropy()));
    draw(&app, frame, &service, key, &sent, None, StatusCode::OK)
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
    let outcome = match act::open(&app, Actor::Resident, &name, request, &answers).await {
        Ok(outcome) => outcome,
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

fn draw(
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
    let faults = problem.map(|problem| faults(problem, lang)).unwrap_or_default();
    let page = FormPage {
        title: view::words(&service.title, lang).to_owned(),
        about: view::words(&service.about, lang).to_owned(),
        action: format!("/r/{}", service.name),
        key,
        fields: form::fields(&service.form, &catalog.regions, app.now().day(), lang, sent, &faults),
        problem: problem.map(|problem| match faults.is_empty() {
            true => problem.detail(lang).to_owned(),
            false => frame
                .t(
                    "有填写不对的地方，已在下面标出，请改正后再提交。",
                    "Something is not right; it is marked below. Please correct it and send again.",
                )
                .to_owned(),
        }),
        keep_days: service.keep_days,
        frame,
    };
    render(status, &page)
}

/// The faults of a problem in words for the person who filled the form in.
fn faults(problem: &Problem, lang: Lang) -> Vec<(String, String)> {
    let list = problem.extra("faults").and_then(|faults| faults.as_array()).cloned().unwrap_or_default();
    let text = |fault: &serde_json::Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    list.iter()
        .map(|fault| {
            let what = text(fault, "what");
            let said = match (lang, what.as_str()) {
                (Lang::En, _) => what,
                (Lang::Zh, "is required") => "请填写这一项".to_owned(),
                (Lang::Zh, _) if what.contains("check digit") => "校验位不符，请核对是否有一位写错".to_owned(),
                (Lang::Zh, _) if what.contains("day that never was") => "日期不存在，请核对".to_owned(),
                (Lang::Zh, _) if what.contains("longer") => "太长了".to_owned(),
                (Lang::Zh, _) if what.contains("true was expected") => "需要勾选同意".to_owned(),
                (Lang::Zh, _) => "格式不对，请核对".to_owned(),
            };
            (text(fault, "at"), said)
        })
        .collect()
}

/// The secret of a receipt and what was just done.
#[derive(Deserialize)]
struct Secret {
    #[serde(default)]
    k: String,
    done: Option<String>,
}

async fn receipt(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let notice = secret.done.map(|_| frame.t("已保存。", "Saved.").to_owned());
    receipt_page(&app, frame, &number, &secret.k, notice, None, StatusCode::OK)
}

/// An entry that was refused: its name, what was sent, and why.
type Tried<'a> = (&'a str, &'a Sent, &'a Problem);

fn receipt_page(
    app: &App,
    frame: Frame,
    number: &str,
    secret: &str,
    notice: Option<String>,
    tried: Option<Tried<'_>>,
    status: StatusCode,
) -> Response {
    let image = app.image();
    let viewer = match case_http::holder(app, &image, number, secret) {
        Ok(viewer) => viewer,
        Err(problem) => return refused(frame, &problem),
    };
    let seen = viewer.look(&image);
    let (Ok(head), Ok((catalog, _))) = (seen.numbered(number), act::catalog(&image)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let lang = frame.lang;
    let service = image.service(head).clone();
    let link = format!("{}/c/{number}?k={secret}", app.config.public_url());
    let step = &service.steps[usize::from(head.step)];
    let may_record = head.state.is_open() && head.key != 0;
    let entries = service.entries.iter().filter(|entry| {
        may_record
            && entry.holder
            && entry.form.path != service.form.path
            && (entry.during.is_empty() || entry.during.contains(&step.name))
    });
    let nothing = Sent::new();
    let entries = entries
        .map(|entry| {
            let tried = tried.filter(|(name, _, _)| *name == entry.name);
            let (sent, faults) =
                tried.map_or((&nothing, Vec::new()), |(_, sent, problem)| (sent, faults(problem, lang)));
            EntryForm {
                title: view::words(&entry.title, lang).to_owned(),
                action: format!("/c/{number}/{}?k={secret}", entry.name),
                key: base32(&random::<16>(app.vault.entropy())),
                fields: form::fields(&entry.form, &catalog.regions, app.now().day(), lang, sent, &faults),
                open: tried.is_some(),
                name: entry.name.clone(),
            }
        })
        .collect();
    let page = CasePage {
        status: view::status(&seen, head, lang),
        state: page::state(head.state.as_str(), lang),
        code: code(&link),
        link,
        entries,
        duties: view::duties(&image, head, app.now(), lang),
        may_withdraw: view::verbs(&image, &viewer, head, app.now()).contains(&StepVerb::Withdraw),
        notice,
        frame,
    };
    render(status, &page)
}

async fn record(
    State(app): State<Arc<App>>,
    Path((number, entry)): Path<(String, String)>,
    Query(secret): Query<Secret>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let frame = frame(&app, &uri);
    let image = app.image();
    let viewer = match case_http::holder(&app, &image, &number, &secret.k) {
        Ok(viewer) => viewer,
        Err(problem) => return refused(frame, &problem),
    };
    let Ok(head) = viewer.look(&image).numbered(&number) else { return StatusCode::NOT_FOUND.into_response() };
    let sent = form::decode(&body);
    let Some(found) = image.service(head).entry(&entry) else { return StatusCode::NOT_FOUND.into_response() };
    let answers = form::answers(&found.form, &sent);
    let request = Request::keyed(&viewer.actor.to_string(), &value(&sent, "_key"), answers.to_string().as_bytes());
    match act::record(&app, viewer.actor, request, head.subject, &entry, answers).await {
        Ok(_) => Redirect::to(&format!("/c/{number}?k={}&done={entry}", secret.k)).into_response(),
        Err(problem) => {
            let status = StatusCode::from_u16(problem.kind.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let notice = Some(problem.detail(frame.lang).to_owned());
            receipt_page(&app, frame, &number, &secret.k, notice, Some((&entry, &sent, &problem)), status)
        }
    }
}

async fn withdraw(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let frame = frame(&app, &uri);
    let image = app.image();
    let viewer = match case_http::holder(&app, &image, &number, &secret.k) {
        Ok(viewer) => viewer,
        Err(problem) => return refused(frame, &problem),
    };
    let Ok(head) = viewer.look(&image).numbered(&number) else { return StatusCode::NOT_FOUND.into_response() };
    let sent = form::decode(&body);
    let version = value(&sent, "version").parse().unwrap_or(0);
    let wanted =
        act::Wanted { case: head.subject, version, verb: StepVerb::Withdraw, to: None, answers: None, reason: None };
    let request = Request::keyed(&viewer.actor.to_string(), &format!("withdraw {version}"), b"");
    match act::step(&app, viewer.actor, request, wanted).await {
        Ok(_) => Redirect::to(&format!("/c/{number}?k={}&done=withdraw", secret.k)).into_response(),
        Err(problem) => {
            let notice = Some(problem.detail(frame.lang).to_owned());
            receipt_page(&app, frame, &number, &secret.k, notice, None, StatusCode::CONFLICT)
        }
    }
}

async fn poster(State(app): State<Arc<App>>, Path((name, region)): Path<(String, String)>, uri: Uri) -> Response {
    let image = app.image();
    let frame = frame(&app, &uri);
    let service = match act::service(&image, &name) {
        Ok((service, _)) => service,
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
    let link = format!("{}/r/{name}?at={region}", app.config.public_url());
    let page = Poster {
        place: view::area_name(&image, region),
        title: view::words(&service.title, frame.lang).to_owned(),
        code: code(&link),
        link,
        frame,
    };
    render(StatusCode::OK, &page)
}

fn frame(app: &App, uri: &Uri) -> Frame {
    let lang = lang();
    let other = if lang == Lang::Zh { "en" } else { "zh" };
    let kept = uri.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
    let query: Vec<&str> = kept.chain([if other == "en" { "lang=en" } else { "lang=zh" }]).collect();
    Frame {
        lang,
        demo: app.demo.as_ref().map(|_| app.now().day().to_string()),
        other: format!("{}?{}", uri.path(), query.join("&")),
    }
}

fn value(sent: &Sent, name: &str) -> String {
    sent.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

fn code(link: &str) -> String {
    let code = QrCode::new(link).map(|code| code.render::<svg::Color<'_>>().min_dimensions(160, 160).build());
    let svg = code.unwrap_or_default();
    svg.split_once("?>").map_or(svg.clone(), |(_, rest)| rest.to_owned())
}

fn refused(frame: Frame, problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    render(status, &Refused::new(frame, problem))
}

fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let remember = match lang() {
                Lang::En => "lang=en; Path=/; SameSite=Lax",
                Lang::Zh => "lang=zh; Path=/; SameSite=Lax",
            };
            (status, [(header::SET_COOKIE, remember)], Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
