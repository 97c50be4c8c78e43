//! The counter's API.

use super::act::{self, Wanted};
use super::view::{self, CasePage, DutyRow, ServicePage, Status, WorkRow};
use crate::answer::{Answered, lang};
use crate::app::{App, Request};
use crate::staff::sessions;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Arc;
use subtle_eq::same;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::image::case::StepVerb;
use yizhan_core::problem;
use yizhan_core::row::JournalRow;
use yizhan_core::service::ReadCase;
use yizhan_kit::Problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(open, case))
        .routes(routes!(check))
        .routes(routes!(status))
        .routes(routes!(step))
        .routes(routes!(entry))
        .routes(routes!(read))
        .routes(routes!(forget))
        .routes(routes!(worklist))
        .routes(routes!(duties))
        .routes(routes!(counts))
        .routes(routes!(services))
        .routes(routes!(service))
        .routes(routes!(regions))
        .routes(routes!(journal))
        .routes(routes!(live))
}

/// What whoever opened a case is told.
#[derive(Serialize, ToSchema, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The case's public number, `T-20210131-000017`.
    pub number: String,
    /// The secret that proves one holds the receipt.
    pub receipt: String,
    /// The page where the case is followed.
    pub page: String,
    /// The act in the journal.
    pub seq: u64,
    /// When it was recorded, RFC 3339.
    pub at: String,
}

/// Open a case of a service. A repeat under the same key gets the first answer.
#[utoipa::path(post, path = "/api/cases/{case}", tag = "case",
    params(("case" = String, Path, description = "the service's name"), ("Idempotency-Key" = String, Header)),
    request_body(content = serde_json::Value, description = "the answers, by the service's form"),
    responses((status = 201, body = Receipt), (status = 400), (status = 409), (status = 422), (status = 503)))]
async fn open(
    State(app): State<Arc<App>>,
    Path(service): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Response> {
    let actor = sessions::actor(&app, &headers)?;
    let Some(key) = headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .filter(|key| !key.is_empty() && key.len() <= 200)
    else {
        return Err(problem::KEY_MISSING
            .problem(
                "请带上 Idempotency-Key 请求头（1–200 个字符）。",
                "Send an Idempotency-Key header of 1 to 200 characters.",
            )
            .into());
    };
    let scope = format!("{actor} {service}");
    let outcome = act::open(&app, actor, &service, Request::keyed(&scope, key, &body), &body).await?;
    Ok((StatusCode::CREATED, Json(act::receipt(&app, &outcome)?)).into_response())
}

/// What checking answers came to.
#[derive(Serialize, ToSchema)]
pub struct Checked {
    /// The code of the area that would get the case.
    pub area: String,
    /// Its name.
    pub area_name: String,
    /// What the service is called.
    pub title: String,
    /// When this was checked, RFC 3339.
    pub at: String,
}

/// Have answers checked as if a case were opened, without storing anything.
#[utoipa::path(post, path = "/api/cases/{case}/check", tag = "case",
    params(("case" = String, Path, description = "the service's name")),
    request_body(content = serde_json::Value, description = "the answers, by the service's form"),
    responses((status = 200, body = Checked), (status = 400), (status = 422)))]
async fn check(State(app): State<Arc<App>>, Path(name): Path<String>, body: Bytes) -> Answered<Json<Checked>> {
    let image = app.image();
    let prepared = act::prepare(&app, &image, &name, &body)?;
    let (service, _) = act::service(&image, &name)?;
    Ok(Json(Checked {
        area: prepared.area.to_string(),
        area_name: view::area_name(&image, prepared.area),
        title: view::words(&service.title, lang()).to_owned(),
        at: app.now().to_string(),
    }))
}

/// The secret of a receipt.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The secret.
    #[serde(default)]
    pub k: String,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

/// Where a case stands, for whoever holds its receipt.
#[utoipa::path(get, path = "/api/status/{number}", tag = "case",
    params(("number" = String, Path), Secret), responses((status = 200, body = Status), (status = 404)))]
async fn status(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
) -> Answered<Json<Status>> {
    let image = app.image();
    let viewer = holder(&app, &image, &number, &secret.k)?;
    Ok(Json(view::status(&viewer.look(&image), viewer.look(&image).numbered(&number)?, lang())))
}

/// A case whole: its answers masked, its history, its duties, and what the viewer may do.
#[utoipa::path(get, path = "/api/cases/{case}", tag = "case",
    params(("case" = String, Path, description = "the case's number"), Secret), responses((status = 200, body = CasePage), (status = 404)))]
async fn case(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
) -> Answered<Json<CasePage>> {
    let image = app.image();
    let viewer = viewer(&app, &image, &headers, &number, &secret.k)?;
    let seen = viewer.look(&image);
    let head = seen.numbered(&number)?;
    Ok(Json(view::page(&app, &seen, &viewer, head, view::Mask::Masked, lang())?))
}

/// What to do with a case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `sign`, `send-back`, `forward`, `close`, `withdraw`, `object` or `answer`.
    pub verb: String,
    /// The version of the case that was read.
    pub version: u64,
    /// Where to, when forwarding: twelve digits.
    #[serde(default)]
    pub to: Option<String>,
    /// The step's form, when signing.
    #[serde(default)]
    pub answers: Option<serde_json::Value>,
    /// Why, otherwise.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What became of a write.
#[derive(Serialize, ToSchema)]
pub struct Done {
    /// The act in the journal.
    pub seq: u64,
    /// When it was recorded, RFC 3339.
    pub at: String,
}

/// Take a step of a case.
#[utoipa::path(post, path = "/api/cases/{case}/steps", tag = "case",
    params(("case" = String, Path, description = "the case's number"), Secret), request_body = Step,
    responses((status = 200, body = Done), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn step(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<Done>> {
    let image = app.image();
    let viewer = viewer_or_public(&app, &image, &headers, &number, &secret.k)?;
    let step: Step = parse(&body)?;
    let verb = StepVerb::parse(&step.verb).ok_or_else(|| {
        problem::BODY_INVALID
            .problem(format!("不认识的动作“{}”。", step.verb), format!("Unknown verb {:?}.", step.verb))
    })?;
    let head = image.find_numbered(&number).ok_or_else(|| not_found(&number))?;
    let to = step
        .to
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| problem::UNKNOWN_REGION.problem("没有这个区划。", "There is no such region."))?;
    let wanted =
        Wanted { case: head.subject, version: step.version, verb, to, answers: step.answers, reason: step.reason };
    let outcome = act::step(&app, viewer.actor, sessions::request(&viewer, &headers, &body), wanted).await?;
    Ok(Json(Done { seq: outcome.seq, at: outcome.at.to_string() }))
}

/// Record an entry on a case: a call, a report, a test.
#[utoipa::path(post, path = "/api/cases/{case}/entries/{entry}", tag = "case",
    params(("case" = String, Path, description = "the case's number"), ("entry" = String, Path), Secret),
    request_body(content = serde_json::Value, description = "the answers, by the entry's form"),
    responses((status = 200, body = Done), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn entry(
    State(app): State<Arc<App>>,
    Path((number, entry)): Path<(String, String)>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<Done>> {
    let image = app.image();
    let viewer = viewer(&app, &image, &headers, &number, &secret.k)?;
    let head = viewer.look(&image).numbered(&number)?;
    let request = sessions::request(&viewer, &headers, &body);
    let outcome = act::record(&app, viewer.actor, request, head.subject, &entry, act::json(&body)?).await?;
    Ok(Json(Done { seq: outcome.seq, at: outcome.at.to_string() }))
}

/// Why sealed answers are opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// `contact`, `visit` or `check`.
    pub reason: String,
}

/// Open the sealed answers of a case. It is an act of its own, with its reason in the journal.
#[utoipa::path(post, path = "/api/cases/{case}/read", tag = "case",
    params(("case" = String, Path, description = "the case's number"), Secret), request_body = Reason,
    responses((status = 200, body = CasePage), (status = 403), (status = 404), (status = 410)))]
async fn read(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<CasePage>> {
    let image = app.image();
    let viewer = viewer(&app, &image, &headers, &number, &secret.k)?;
    let reason: Reason = parse(&body)?;
    let case = viewer.look(&image).numbered(&number)?.subject;
    app.act(viewer.actor, Request::unkeyed(&body), ReadCase { case, reason: reason.reason }).await?;
    let image = app.image();
    let seen = viewer.look(&image);
    Ok(Json(view::page(&app, &seen, &viewer, seen.case(case)?, view::Mask::Open, lang())?))
}

/// Forget the identifying fields of an ended case: its key is destroyed, what happened stays.
#[utoipa::path(post, path = "/api/cases/{case}/forget", tag = "case",
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = Done), (status = 403), (status = 404), (status = 409), (status = 410)))]
async fn forget(State(app): State<Arc<App>>, Path(number): Path<String>, headers: HeaderMap) -> Answered<Json<Done>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::Forget)?;
    let image = app.image();
    let case = viewer.look(&image).numbered(&number)?.subject;
    let request = sessions::request(&viewer, &headers, number.as_bytes());
    let outcome = act::forget(&app, viewer.actor, request, case).await?;
    Ok(Json(Done { seq: outcome.seq, at: outcome.at.to_string() }))
}

/// A page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// How many to leave out.
    #[serde(default)]
    pub from: usize,
    /// How many at most, up to 200.
    #[serde(default = "fifty")]
    pub limit: usize,
}

fn fifty() -> usize {
    50
}

/// A page of the worklist.
#[derive(Serialize, ToSchema)]
pub struct Worklist {
    /// How many cases wait.
    pub total: usize,
    /// The page, the most urgent first.
    pub cases: Vec<WorkRow>,
    /// The act up to which it is current.
    pub seq: u64,
}

/// The cases that wait at my desk.
#[utoipa::path(get, path = "/api/worklist", tag = "case", params(Page), responses((status = 200, body = Worklist), (status = 401), (status = 403)))]
async fn worklist(
    State(app): State<Arc<App>>,
    Query(page): Query<Page>,
    headers: HeaderMap,
) -> Answered<Json<Worklist>> {
    let viewer = sessions::staff(&app, &headers)?;
    let image = app.image();
    let seen = viewer.look(&image);
    let (cases, total) = seen.worklist(page.from, page.limit.min(200))?;
    let cases = cases.into_iter().map(|case| view::work_row(&app, &seen, case, lang())).collect();
    Ok(Json(Worklist { total, cases, seq: image.seq }))
}

/// What is due or overdue in my area, the longest overdue first.
#[utoipa::path(get, path = "/api/duties", tag = "case", params(Page), responses((status = 200, body = [DutyRow]), (status = 401), (status = 403)))]
async fn duties(
    State(app): State<Arc<App>>,
    Query(page): Query<Page>,
    headers: HeaderMap,
) -> Answered<Json<Vec<DutyRow>>> {
    let viewer = sessions::staff(&app, &headers)?;
    let image = app.image();
    let rows = view::duty_rows(&viewer.look(&image), app.now(), lang())?;
    Ok(Json(rows.into_iter().skip(page.from).take(page.limit.min(200)).collect()))
}

/// How many cases wait in an area.
#[derive(Serialize, ToSchema)]
pub struct Count {
    /// The area's code.
    pub area: String,
    /// Its name.
    pub area_name: String,
    /// The cases.
    pub waiting: usize,
}

/// How many cases wait in each area I see.
#[utoipa::path(get, path = "/api/counts", tag = "case", responses((status = 200, body = [Count]), (status = 401), (status = 403)))]
async fn counts(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<Count>>> {
    let viewer = sessions::staff(&app, &headers)?;
    let image = app.image();
    let counts = viewer.look(&image).waiting_by_area()?;
    let named = counts.into_iter().map(|count| Count {
        area: count.area.to_string(),
        area_name: view::area_name(&image, count.area),
        waiting: count.cases,
    });
    Ok(Json(named.collect()))
}

/// Every service, in the public's words.
#[utoipa::path(get, path = "/api/services", tag = "catalog", responses((status = 200, body = [ServicePage])))]
async fn services(State(app): State<Arc<App>>) -> Answered<Json<Vec<ServicePage>>> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    Ok(Json(catalog.services.values().map(|service| view::service_page(service, lang())).collect()))
}

/// One service with its forms.
#[utoipa::path(get, path = "/api/services/{service}", tag = "catalog",
    params(("service" = String, Path)), responses((status = 200, body = ServicePage), (status = 404)))]
async fn service(State(app): State<Arc<App>>, Path(name): Path<String>) -> Answered<Json<ServicePage>> {
    let image = app.image();
    let (service, _) = act::service(&image, &name)?;
    Ok(Json(view::service_page(service, lang())))
}

/// A region of the tree.
#[derive(Serialize, ToSchema)]
pub struct RegionRow {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `village`, `township` or `district`.
    pub level: String,
    /// The code of the region it lies in.
    pub parent: Option<String>,
}

/// The region tree of today.
#[utoipa::path(get, path = "/api/regions", tag = "catalog", responses((status = 200, body = [RegionRow])))]
async fn regions(State(app): State<Arc<App>>) -> Answered<Json<Vec<RegionRow>>> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let today = app.now().day();
    let rows = catalog.regions.all().filter(|region| region.holds_on(today)).map(|region| RegionRow {
        code: region.code.to_string(),
        name: view::words(&region.name, lang()).to_owned(),
        level: region.level.as_str().to_owned(),
        parent: catalog.regions.parent(region.code).map(|parent| parent.code.to_string()),
    });
    Ok(Json(rows.collect()))
}

/// After which act to read the journal.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// The act.
    #[serde(default)]
    pub after: u64,
    /// How many at most, up to 1000.
    #[serde(default = "fifty")]
    pub limit: usize,
}

/// A record of the journal.
#[derive(Serialize, ToSchema)]
pub struct JournalEntry {
    /// Its place in the chain.
    pub seq: u64,
    /// When it was recorded.
    pub at: String,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub verb: String,
    /// The case it is about.
    pub case: Option<String>,
    /// The chained hash.
    pub hash: String,
}

/// The journal, for auditors.
#[utoipa::path(get, path = "/api/journal", tag = "case", params(After), responses((status = 200, body = [JournalEntry]), (status = 401), (status = 403)))]
async fn journal(
    State(app): State<Arc<App>>,
    Query(page): Query<After>,
    headers: HeaderMap,
) -> Answered<Json<Vec<JournalEntry>>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::ReadJournal)?;
    let image = app.image();
    let after = i64::try_from(page.after).unwrap_or(i64::MAX);
    let rows = app
        .read(|reader| reader.page::<JournalRow>(after, page.limit.min(1000)))
        .map_err(|error| crate::app::store(&error))?;
    let entries = rows.into_iter().map(|row| JournalEntry {
        seq: row.seq,
        at: row.at.to_string(),
        actor: row.actor.to_string(),
        verb: row.verb.to_string(),
        case: row.about.and_then(|about| image.case(about)).map(|case| image.number(case)),
        hash: row.hash.to_string(),
    });
    Ok(Json(entries.collect()))
}

/// A signal whenever something was recorded: the number of the last act.
#[utoipa::path(get, path = "/api/live", tag = "case", responses((status = 200, content_type = "text/event-stream"), (status = 401)))]
async fn live(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Answered<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    sessions::staff(&app, &headers)?;
    let mut live = app.zone.live();
    live.mark_changed();
    let signals = unfold((live, app.stopping.subscribe()), |(mut live, mut stopping)| async move {
        tokio::select! {
            changed = live.changed() => changed.ok()?,
            _ = stopping.changed() => return None,
        }
        let seq = *live.borrow_and_update();
        Some((Ok(Event::default().data(seq.to_string())), (live, stopping)))
    });
    Ok(Sse::new(signals).keep_alive(KeepAlive::default()))
}

/// Whoever holds the receipt of a case.
///
/// # Errors
/// `case-not-found`, whether the number or the secret is wrong.
pub fn holder(app: &App, image: &yizhan_core::image::Image, number: &str, secret: &str) -> Result<Viewer, Problem> {
    let head = image.find_numbered(number).ok_or_else(|| not_found(number))?;
    if !same(&app.receipt(head.subject, image.opened_at(head)), secret) {
        return Err(not_found(number));
    }
    Viewer::of(image, Actor::Holder(head.subject), app.now().day())
}

/// Whoever asks for a case: by its receipt, else by their session.
fn viewer(
    app: &App,
    image: &yizhan_core::image::Image,
    headers: &HeaderMap,
    number: &str,
    secret: &str,
) -> Result<Viewer, Problem> {
    if secret.is_empty() { sessions::staff(app, headers) } else { holder(app, image, number, secret) }
}

/// As [`viewer`], but objections come from anyone.
fn viewer_or_public(
    app: &App,
    image: &yizhan_core::image::Image,
    headers: &HeaderMap,
    number: &str,
    secret: &str,
) -> Result<Viewer, Problem> {
    if secret.is_empty() && sessions::actor(app, headers)? == Actor::Resident {
        return Viewer::of(image, Actor::Resident, app.now().day());
    }
    viewer(app, image, headers, number, secret)
}

fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Problem> {
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

mod subtle_eq {
    /// Compares secrets without telling by time how much of them was right.
    pub fn same(one: &str, other: &str) -> bool {
        one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}
