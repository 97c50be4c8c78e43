//! The counter's API.

use super::act::{self, Wanted};
use super::model::{
    Bulk, BulkCase, BulkRow, CasePage, Checked, Done, FactsKnown, Reason, Receipt, Status, Step, VisitRow,
};
use super::{view, visit};
use crate::answer::{Answered, Path, Query, lang};
use crate::app::{App, Request};
use crate::company;
use crate::flood::act::{Token, admit};
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::image::case::StepVerb;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::ReadCase;
use yizhan_kit::{Day, Problem};

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(open, case))
        .routes(routes!(check))
        .routes(routes!(status))
        .routes(routes!(step))
        .routes(routes!(preview))
        .routes(routes!(bulk))
        .routes(routes!(entry))
        .routes(routes!(read))
        .routes(routes!(forget))
        .routes(routes!(facts))
        .routes(routes!(visits))
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
    let request = Request::keyed(&scope, key, &body);
    if actor == Actor::Resident && app.answered(&request).is_none() {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let token = Token { key, proof: text("proof"), ticket: text("ticket") };
        admit(&app, token)?;
    }
    if app.answered(&request).is_none() {
        company::act::may_open_for(&app, actor, &service, &body)?;
    }
    let outcome = act::open(&app, actor, &service, request, &body).await?;
    Ok((StatusCode::CREATED, Json(act::receipt(&app, &outcome)?)).into_response())
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
        area: prepared.cases[0].area.to_string(),
        area_name: view::area_name(&image, prepared.cases[0].area),
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
    let viewer = who::holder(&app, &image, &number, &secret.k)?;
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
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let seen = viewer.look(&image);
    let head = seen.numbered(&number)?;
    Ok(Json(view::page(&app, &seen, &viewer, head, view::Mask::Masked, lang())?))
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
    let viewer = who::viewer_or_public(&app, &image, &headers, &number, &secret.k)?;
    let step: Step = who::parse(&body)?;
    let head = viewer.look(&image).numbered_or_on_notice(&number, app.now().day())?;
    let wanted = read_step(head.subject, step)?;
    let outcome = act::step(&app, &viewer, sessions::request(&viewer, &headers, &body), wanted).await?;
    Ok(Json(Done { seq: outcome.seq, at: outcome.at.to_string() }))
}

/// What somebody wants to do with a case, read.
fn read_step(case: SubjectId, step: Step) -> Result<Wanted, Problem> {
    let verb = StepVerb::parse(&step.verb).ok_or_else(|| {
        problem::BODY_INVALID
            .problem(format!("不认识的动作“{}”。", step.verb), format!("Unknown verb {:?}.", step.verb))
    })?;
    let to = step.to.as_deref().map(str::parse).transpose();
    let to = to.map_err(|_| problem::UNKNOWN_REGION.problem("没有这个区划。", "There is no such region."))?;
    Ok(Wanted { case, version: step.version, verb, to, answers: step.answers, reason: step.reason })
}

/// The most cases that are moved at once.
const BULK: usize = 200;

/// What somebody wants with each of several cases.
fn each_of(app: &App, viewer: &Viewer, body: &[u8]) -> Result<Vec<(String, String, Result<Wanted, Problem>)>, Problem> {
    let asked: Bulk = who::parse(body)?;
    if asked.cases.is_empty() || asked.cases.len() > BULK {
        let (zh, en) = (format!("一次最多选 {BULK} 件。"), format!("Choose between 1 and {BULK} cases."));
        return Err(problem::FORM_INVALID.problem(zh, en));
    }
    let image = app.image();
    let seen = viewer.look(&image);
    let wanted = |case: &BulkCase| {
        let head = seen.numbered(&case.number)?;
        let Bulk { verb, to, answers, reason, .. } = &asked;
        let (verb, to) = (verb.clone(), to.clone());
        let step = Step { verb, version: case.version, to, answers: answers.clone(), reason: reason.clone() };
        read_step(head.subject, step)
    };
    let name = |number: &str| seen.numbered(number).map(|case| view::work_row(app, &seen, case, lang()).who);
    Ok(asked
        .cases
        .iter()
        .map(|case| (case.number.clone(), name(&case.number).unwrap_or_default(), wanted(case)))
        .collect())
}

fn bulk_row<T>((number, who): (String, String), outcome: Result<T, Problem>) -> BulkRow {
    let refused = outcome.err();
    BulkRow {
        number,
        who,
        moves: refused.is_none(),
        code: refused.as_ref().map(|problem| problem.kind.code.to_owned()),
        why: refused.map(|problem| problem.detail(lang()).to_owned()),
    }
}

/// What would become of each of several cases, without doing anything.
#[utoipa::path(post, path = "/api/bulk/preview", tag = "case", request_body = Bulk,
    responses((status = 200, body = [BulkRow]), (status = 401), (status = 422)))]
async fn preview(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Vec<BulkRow>>> {
    let viewer = sessions::staff(&app, &headers)?;
    let each = each_of(&app, &viewer, &body)?;
    let rows = each.into_iter().map(|(number, who, wanted)| {
        bulk_row((number, who), wanted.and_then(|wanted| act::preview_step(&app, &viewer, wanted)))
    });
    Ok(Json(rows.collect()))
}

/// Take the same step of several cases, each an act of its own: one that is refused keeps no other.
#[utoipa::path(post, path = "/api/bulk", tag = "case", request_body = Bulk,
    responses((status = 200, body = [BulkRow]), (status = 401), (status = 422)))]
async fn bulk(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Vec<BulkRow>>> {
    let viewer = sessions::staff(&app, &headers)?;
    let each = each_of(&app, &viewer, &body)?;
    let (app, viewer, headers, body) = (&app, &viewer, &headers, &body);
    let rows = each.into_iter().map(|(number, who, wanted)| async move {
        let request = sessions::request_part(viewer, headers, &number, body);
        let outcome = match wanted {
            Ok(wanted) => act::step(app, viewer, request, wanted).await,
            Err(problem) => Err(problem),
        };
        bulk_row((number, who), outcome)
    });
    Ok(Json(futures_util::future::join_all(rows).await))
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
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let head = viewer.look(&image).numbered(&number)?;
    let request = sessions::request(&viewer, &headers, &body);
    let outcome = act::record(&app, &viewer, request, head.subject, &entry, act::json(&body)?).await?;
    Ok(Json(Done { seq: outcome.seq, at: outcome.at.to_string() }))
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
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let reason: Reason = who::parse(&body)?;
    let head = viewer.look(&image).numbered(&number)?;
    let case = head.subject;
    company::act::may_read(&app, &image, &viewer, head)?;
    app.act(viewer.actor, Request::unkeyed(&body), ReadCase { case, reason: reason.reason }).await?;
    let image = app.image();
    let seen = viewer.look(&image);
    Ok(Json(view::page(&app, &seen, &viewer, seen.case(case)?, view::Mask::Open, lang())?))
}

/// The visits to something of the register in my area, the latest first: who was there on which day, and whether another was.
#[utoipa::path(get, path = "/api/subjects/{subject}/visits", tag = "case",
    params(("subject" = u32, Path, description = "The subject's number.")),
    responses((status = 200, body = [VisitRow]), (status = 401), (status = 403)))]
async fn visits(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    headers: HeaderMap,
) -> Answered<Json<Vec<VisitRow>>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::ReadPerson)?;
    let image = app.image();
    Ok(Json(visit::of(&app, &viewer.look(&image), SubjectId(subject), lang())?))
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
    let outcome = act::forget(&app, &viewer, request, case).await?;
    Ok(Json(Done { seq: outcome.seq, at: outcome.at.to_string() }))
}

/// As known when, and true on which day.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AsKnown {
    /// The secret of a receipt.
    #[serde(default)]
    pub k: String,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
    /// Right after which act; now, when absent.
    pub known_at: Option<u64>,
    /// Only what was true on this day, `2021-02-10`.
    #[param(value_type = Option<String>)]
    pub on: Option<Day>,
}

/// What was known about a case: by the clock of the journal (after which act), and by the clock of the world (on which
/// day it was true). Only the attributes that the catalog shows to the viewer.
#[utoipa::path(get, path = "/api/cases/{case}/facts", tag = "case",
    params(("case" = String, Path, description = "the case's number"), AsKnown),
    responses((status = 200, body = FactsKnown), (status = 404), (status = 422)))]
async fn facts(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(asked): Query<AsKnown>,
    headers: HeaderMap,
) -> Answered<Json<FactsKnown>> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &asked.k)?;
    let seen = viewer.look(&image);
    let head = seen.numbered(&number)?;
    let known_at = asked.known_at.unwrap_or(image.seq);
    if known_at > image.seq {
        let (zh, en) =
            (format!("日志现在只到第 {} 号。", image.seq), format!("The journal ends at act {} now.", image.seq));
        return Err(problem::FORM_INVALID.problem(zh, en).into());
    }
    Ok(Json(view::facts(&app, &seen, head, known_at, asked.on, lang())?))
}
