//! The room's API: for callers, for agents and whoever watches them, for an exchange.

use super::act::Calls;
use super::make::open;
use super::model::{
    CallMade, CallWall, CallerNumber, CallsPast, DeskState, ExchangeSaid, ExchangeTold, FiguresAsked, Hearing,
    LinkSent, NewCall, PhotoTaken, PhotoTo, RecordingState, Satisfaction,
};
use super::note::{Note, record};
use super::number::number;
use super::recording::{self, PIECE};
use super::{exchange, link, rule, view};
use crate::answer::{Answered, Given, Path, Query, lang};
use crate::app::{App, Request, blocking, store};
use crate::device;
use crate::finder::{rule::Query as Finding, view as finder};
use crate::flood::act::{Token, admit};
use crate::paper::model::Attached;
use crate::paper::{act as paper, rule as papers};
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::call::CallId;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::Problem;

/// The largest photograph, in bytes.
const PHOTO: usize = 10 * 1024 * 1024;
/// For how long photographs of a call are kept: a day, within which they become papers or nothing.
const PHOTO_MS: i64 = 86_400_000;
/// How many photographs a call has at most.
const PHOTOS: u32 = 40;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    let large = OpenApiRouter::new().routes(routes!(send_photo)).layer(DefaultBodyLimit::max(PHOTO));
    let pieces = OpenApiRouter::new().routes(routes!(recording_piece)).layer(DefaultBodyLimit::max(PIECE));
    OpenApiRouter::new()
        .routes(routes!(make_call))
        .routes(routes!(desk_state))
        .routes(routes!(rate_call))
        .routes(routes!(enter_by_link))
        .routes(routes!(call_wall))
        .routes(routes!(past_calls))
        .routes(routes!(whose_number))
        .routes(routes!(send_link))
        .routes(routes!(photo_of))
        .routes(routes!(photo_as_paper))
        .routes(routes!(recording_state, recording_over))
        .routes(routes!(hear_recording))
        .routes(routes!(exchange_says))
        .merge(large)
        .merge(pieces)
        .merge(super::line::routes())
}

/// The secret with which a caller asks.
fn bearer(headers: &HeaderMap) -> &str {
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.strip_prefix("Bearer ").unwrap_or_default()
}

/// The agent who has a call, or had it last.
fn agent_of(app: &App, headers: &HeaderMap, call: CallId) -> Result<Viewer, Problem> {
    let viewer = crate::staff::sessions::staff(app, headers)?;
    viewer.must(Deed::AnswerCalls)?;
    let own = matches!(viewer.actor, Actor::Staff { id, .. } if view::agent_of(&app.image(), call) == Some(id));
    if own { Ok(viewer) } else { Err(rule::missing()) }
}

/// Whether somebody answers now.
#[utoipa::path(get, path = "/api/calls/open", tag = "call", responses((status = 200, body = DeskState), (status = 409)))]
async fn desk_state(State(app): State<Arc<App>>) -> Answered<Json<DeskState>> {
    Ok(Json(view::desk_state(&app, lang())?))
}

/// Call the remote desk. A terminal says who it is by `Authorization: Bearer` and its secret.
#[utoipa::path(post, path = "/api/calls", tag = "call", params(("Idempotency-Key" = String, Header)), request_body = NewCall,
    responses((status = 201, body = CallMade), (status = 400), (status = 401), (status = 409), (status = 422), (status = 429)))]
async fn make_call(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(new): Given<NewCall>,
) -> Answered<(StatusCode, Json<CallMade>)> {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let Some(key) = key.filter(|key| !key.is_empty() && key.len() <= 200) else {
        let (zh, en) = ("请带上 Idempotency-Key 请求头。", "Send an Idempotency-Key header.");
        return Err(problem::KEY_MISSING.problem(zh, en).into());
    };
    let device = match headers.get(header::AUTHORIZATION) {
        Some(_) => Some(device::http::device(&app, &headers)?),
        None => None,
    };
    let request = Request::keyed("call", key, key.as_bytes());
    if device.is_none() && app.answered(&request).is_none() {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        admit(&app, Token { key, proof: text("proof"), ticket: text("ticket") })?;
    }
    Ok((StatusCode::CREATED, Json(open(&app, request, &new, device).await?)))
}

/// Say how satisfied one was. Asked by the caller, once, `Authorization: Bearer` and the call's secret.
#[utoipa::path(post, path = "/api/calls/{call}/satisfaction", tag = "call", params(("call" = u32, Path)),
    request_body = Satisfaction, responses((status = 204), (status = 401), (status = 409), (status = 422)))]
async fn rate_call(
    State(app): State<Arc<App>>,
    Path(call): Path<u32>,
    headers: HeaderMap,
    Given(said): Given<Satisfaction>,
) -> Answered<StatusCode> {
    let call = SubjectId(call);
    rule::must_be_caller(&app, call, bearer(&headers))?;
    if !(1..=5).contains(&said.stars) {
        return Err(problem::FORM_INVALID.problem("请给 1 到 5 分。", "One to five.").into());
    }
    let facts = vec![("satisfaction", said.stars.to_string())];
    let note = Note { name: "rate-call", deed: None, call, facts };
    let request = Request::keyed(&format!("call {call}"), "rate", &[said.stars]);
    app.act(Actor::Resident, request, note).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Use a link up that was sent by text message: the call it is of.
#[utoipa::path(post, path = "/api/calls/links/{code}", tag = "call", params(("code" = String, Path)),
    responses((status = 200, body = CallMade), (status = 401)))]
async fn enter_by_link(State(app): State<Arc<App>>, Path(code): Path<String>) -> Answered<Json<CallMade>> {
    let call = link::take(&app, &code)?;
    Ok(Json(CallMade { call: call.0, secret: rule::secret(&app, call), waits: true }))
}

/// The desk now: who is there, who waits.
#[utoipa::path(get, path = "/api/calls/wall", tag = "call",
    responses((status = 200, body = CallWall), (status = 401), (status = 403)))]
async fn call_wall(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<CallWall>> {
    let viewer = view::at_desk(&app, &headers)?;
    Ok(Json(blocking(|| view::wall(&app, &viewer, lang()))?))
}

/// The calls of some days, and what the desk is measured by.
#[utoipa::path(get, path = "/api/calls", tag = "call", params(FiguresAsked),
    responses((status = 200, body = CallsPast), (status = 401), (status = 403), (status = 422)))]
async fn past_calls(
    State(app): State<Arc<App>>,
    Query(asked): Query<FiguresAsked>,
    headers: HeaderMap,
) -> Answered<Json<CallsPast>> {
    let viewer = view::at_desk(&app, &headers)?;
    Ok(Json(blocking(|| view::past(&app, &viewer, &asked))?))
}

/// Read the number of a call, on record, with the cases that belong to it.
#[utoipa::path(post, path = "/api/calls/{call}/number", tag = "call", params(("call" = u32, Path)),
    responses((status = 200, body = CallerNumber), (status = 401), (status = 403), (status = 404)))]
async fn whose_number(
    State(app): State<Arc<App>>,
    Path(call): Path<u32>,
    headers: HeaderMap,
) -> Answered<Json<CallerNumber>> {
    let call = SubjectId(call);
    let viewer = agent_of(&app, &headers, call)?;
    let mobile = number(&app, call).ok_or_else(rule::missing)?;
    let note = Note { name: "read-call-number", deed: Some(Deed::AnswerCalls), call, facts: Vec::new() };
    record(&app, viewer.actor, "", note).await?;
    let asked = Finding::Whole("mobile", mobile.to_string());
    let found = blocking(|| finder::search(&app, &viewer, &asked, lang()))?;
    let cases = found.cases.into_iter().map(|row| row.status.number).collect();
    Ok(Json(CallerNumber { mobile: mobile.to_string(), cases }))
}

/// Send a one-time link to the number of a call, for papers, pictures and confirming.
#[utoipa::path(post, path = "/api/calls/{call}/link", tag = "call", params(("call" = u32, Path)),
    responses((status = 200, body = LinkSent), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn send_link(State(app): State<Arc<App>>, Path(call): Path<u32>, headers: HeaderMap) -> Answered<Json<LinkSent>> {
    let call = SubjectId(call);
    let viewer = agent_of(&app, &headers, call)?;
    Ok(Json(link::send(&app, &viewer, call).await?))
}

/// Send a photograph to the agent. Asked by the caller, `Authorization: Bearer` and the call's secret.
#[utoipa::path(post, path = "/api/calls/{call}/photos", tag = "call", params(("call" = u32, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = PhotoTaken), (status = 401), (status = 404), (status = 413), (status = 422)))]
async fn send_photo(
    State(app): State<Arc<App>>,
    Path(call): Path<u32>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<(StatusCode, Json<PhotoTaken>)> {
    let call = SubjectId(call);
    rule::must_be_caller(&app, call, bearer(&headers))?;
    let calls = Calls::of(&app);
    if calls.board().call(call).is_none() {
        return Err(rule::missing().into());
    }
    let bytes = body.to_vec();
    let accepted =
        tokio::task::spawn_blocking(move || papers::accept(bytes)).await.map_err(|error| store(&error))??;
    if accepted.media_type != "image/jpeg" {
        return Err(papers::PAPER_REFUSED.problem("这里只收照片。", "Only photographs are taken here.").into());
    }
    let n = {
        let mut open = calls.open();
        let open = open.get_mut(&call).ok_or_else(rule::missing)?;
        if open.photos >= PHOTOS {
            return Err(problem::FORM_INVALID.problem("照片太多了。", "There are too many photographs.").into());
        }
        open.photos += 1;
        open.photos
    };
    let name = format!("{call}/{n}");
    let sealed = app.vault.seal_working(&name, &accepted.content);
    let until = app.real_clock.now().plus_ms(PHOTO_MS);
    app.with_working(|working| working.put("call-photo", &name, &sealed, until)).map_err(|error| store(&error))?;
    if let Some(agent) = calls.talks(call) {
        calls.tell_agent(agent, &json!({"photo": {"call": call.0, "n": n}}));
    }
    Ok((StatusCode::CREATED, Json(PhotoTaken { n })))
}

fn photo_bytes(app: &App, call: CallId, n: u32) -> Result<Vec<u8>, Problem> {
    let (name, now) = (format!("{call}/{n}"), app.real_clock.now());
    let sealed = app.with_working(|working| working.get("call-photo", &name, now)).map_err(|error| store(&error))?;
    let sealed = sealed.ok_or_else(rule::missing)?;
    app.vault.open_working(&name, &sealed).map_err(|_| store(&"a photograph cannot be opened"))
}

/// Look at a photograph of a call; on record. For the agent of the call.
#[utoipa::path(get, path = "/api/calls/{call}/photos/{n}", tag = "call", params(("call" = u32, Path), ("n" = u32, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 401), (status = 403), (status = 404)))]
async fn photo_of(
    State(app): State<Arc<App>>,
    Path((call, n)): Path<(u32, u32)>,
    headers: HeaderMap,
) -> Answered<Response> {
    let call = SubjectId(call);
    let viewer = agent_of(&app, &headers, call)?;
    let bytes = photo_bytes(&app, call, n)?;
    let note = Note { name: "see-call-photo", deed: Some(Deed::AnswerCalls), call, facts: Vec::new() };
    record(&app, viewer.actor, "", note).await?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], bytes).into_response())
}

/// Make a photograph a paper of a case.
#[utoipa::path(post, path = "/api/calls/{call}/photos/{n}/paper", tag = "call",
    params(("call" = u32, Path), ("n" = u32, Path)), request_body = PhotoTo,
    responses((status = 200, body = Attached), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn photo_as_paper(
    State(app): State<Arc<App>>,
    Path((call, n)): Path<(u32, u32)>,
    headers: HeaderMap,
    Given(to): Given<PhotoTo>,
) -> Answered<Json<Attached>> {
    let call = SubjectId(call);
    let viewer = agent_of(&app, &headers, call)?;
    let case = viewer.look(&app.image()).numbered(&to.case)?.subject;
    let bytes = photo_bytes(&app, call, n)?;
    Ok(Json(paper::attach(&app, &viewer, case, &to.paper, &format!("call-{call}-{n}.jpg"), bytes).await?))
}

/// Bring the next piece of a recording. A piece that is there already is answered as it was.
#[utoipa::path(post, path = "/api/calls/{call}/recording/{n}", tag = "call", params(("call" = u32, Path), ("n" = u32, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = RecordingState), (status = 401), (status = 403), (status = 404), (status = 409), (status = 413)))]
async fn recording_piece(
    State(app): State<Arc<App>>,
    Path((call, n)): Path<(u32, u32)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<RecordingState>> {
    let call = SubjectId(call);
    let viewer = agent_of(&app, &headers, call)?;
    Ok(Json(blocking(|| recording::take(&app, &viewer, call, n, &body))?))
}

/// How far a recording is.
#[utoipa::path(get, path = "/api/calls/{call}/recording", tag = "call", params(("call" = u32, Path)),
    responses((status = 200, body = RecordingState), (status = 401), (status = 403), (status = 404)))]
async fn recording_state(
    State(app): State<Arc<App>>,
    Path(call): Path<u32>,
    headers: HeaderMap,
) -> Answered<Json<RecordingState>> {
    let call = SubjectId(call);
    agent_of(&app, &headers, call)?;
    Ok(Json(recording::state(&app, call)?))
}

/// A recording is whole: the end of its chain goes on record.
#[utoipa::path(post, path = "/api/calls/{call}/recording", tag = "call", params(("call" = u32, Path)),
    responses((status = 200, body = RecordingState), (status = 401), (status = 403), (status = 404)))]
async fn recording_over(
    State(app): State<Arc<App>>,
    Path(call): Path<u32>,
    headers: HeaderMap,
) -> Answered<Json<RecordingState>> {
    let call = SubjectId(call);
    let viewer = agent_of(&app, &headers, call)?;
    Ok(Json(recording::finish(&app, &viewer, call).await?))
}

/// Hear a recording, with a reason, on record. For whoever watches the desk.
#[utoipa::path(get, path = "/api/calls/{call}/recording/heard", tag = "call", params(("call" = u32, Path), Hearing),
    responses((status = 200, content_type = "video/webm"), (status = 401), (status = 403), (status = 404), (status = 410), (status = 422)))]
async fn hear_recording(
    State(app): State<Arc<App>>,
    Path(call): Path<u32>,
    Query(hearing): Query<Hearing>,
    headers: HeaderMap,
) -> Answered<Response> {
    let viewer = view::at_desk(&app, &headers)?;
    let bytes = recording::hear(&app, &viewer, SubjectId(call), &hearing.reason).await?;
    let name = format!("attachment; filename=\"call-{call}.webm\"");
    Ok(([(header::CONTENT_TYPE, "video/webm".to_owned()), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
}

/// What an exchange for ordinary telephones tells: a call arrived, a call ended. Signed.
#[utoipa::path(post, path = "/api/calls/exchange", tag = "call", request_body = ExchangeSaid,
    params(("Exchange-Signature" = String, Header, description = "t=UNIX,v1=HEX: HMAC-SHA-256 of `t.body`")),
    responses((status = 200, body = ExchangeTold), (status = 400), (status = 401), (status = 409), (status = 422)))]
async fn exchange_says(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<ExchangeTold>> {
    exchange::must_be_signed(&app, &headers, &body)?;
    let said: ExchangeSaid = who::parse(&body)?;
    Ok(Json(exchange::take(&app, &said).await?))
}
