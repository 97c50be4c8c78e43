//! The routes of what people say.

use super::model::{Heard, IntentView, Spoken, Unmatched, VoiceAnswer, VoiceDraft, VoiceTrial};
use super::{act, rule, view};
use crate::answer::{Answered, lang};
use crate::app::{App, blocking};
use crate::case::act::catalog;
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Role};
use yizhan_core::problem;
use yizhan_core::voice::speech;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(listen))
        .merge(OpenApiRouter::new().routes(routes!(hear)).layer(DefaultBodyLimit::max(RECORDING)))
        .routes(routes!(intents))
        .routes(routes!(unmatched))
        .routes(routes!(draft))
}

/// What a sentence leads to, with guidance, answers and what it leaves open. Anyone may ask; what matched nothing is kept
/// without numbers and names.
#[utoipa::path(post, path = "/api/voice/match", tag = "voice", request_body = Spoken,
    responses((status = 200, body = VoiceAnswer), (status = 400), (status = 404), (status = 422)))]
async fn listen(State(app): State<Arc<App>>, body: Bytes) -> Answered<Json<VoiceAnswer>> {
    let said: Spoken = who::parse(&body)?;
    let text = rule::sentence(&said.text)?;
    let image = app.image();
    let (catalog, _) = catalog(&image)?;
    let heard = catalog.voice.listen(text);
    let chosen = match &said.intent {
        Some(name) => Some(catalog.voice.intents.iter().position(|intent| intent.name == *name).ok_or_else(|| {
            problem::NOT_FOUND.problem(format!("没有意图 {name}"), format!("There is no intent {name:?}"))
        })?),
        None => None,
    };
    if said.none_fits || said.intent.is_none() && heard.intent.is_none() {
        act::keep(&app, text)?;
    }
    Ok(Json(view::answer(catalog, text, heard, chosen, lang())))
}

/// The largest recording: eight seconds.
const RECORDING: usize = (speech::RATE * speech::SECONDS * 2) as usize + 1024;

/// What was said in a recording: a WAV file, one channel, 16 bits, 16,000 Hz, at most eight seconds. It is not kept. Only
/// where the server has an engine.
#[utoipa::path(post, path = "/api/voice/hear", tag = "voice", request_body(content = Vec<u8>, content_type = "audio/wav"),
    responses((status = 200, body = Heard), (status = 404), (status = 422), (status = 503)))]
async fn hear(State(app): State<Arc<App>>, body: Bytes) -> Answered<Json<Heard>> {
    let ears = app.ears.as_ref().ok_or_else(|| {
        problem::NOT_FOUND.problem("这里没有语音识别，请打字。", "There is no speech engine here; please type.")
    })?;
    Ok(Json(Heard { text: blocking(|| ears.hear(&body))? }))
}

/// What can be wanted: each intent with what it answers and how people say it.
#[utoipa::path(get, path = "/api/voice/intents", tag = "voice", responses((status = 200, body = [IntentView])))]
async fn intents(State(app): State<Arc<App>>) -> Answered<Json<Vec<IntentView>>> {
    let image = app.image();
    let (catalog, _) = catalog(&image)?;
    Ok(Json(view::intents(catalog, lang())))
}

/// What people said in the last thirty days that matched nothing.
#[utoipa::path(get, path = "/api/voice/unmatched", tag = "voice",
    responses((status = 200, body = [Unmatched]), (status = 401), (status = 403)))]
async fn unmatched(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<Unmatched>>> {
    let viewer = sessions::staff(&app, &headers)?;
    // Whoever answers people knows what was asked and not answered; names and numbers are not in it.
    if viewer.role != Role::DeskAgent {
        viewer.must(Deed::KeepLists)?;
    }
    Ok(Json(act::kept(&app)?))
}

/// What an edited intent would do: its mistakes, sentences now and then, and what else would change. Nothing is kept.
#[utoipa::path(post, path = "/api/voice/draft", tag = "voice", request_body = VoiceDraft,
    responses((status = 200, body = VoiceTrial), (status = 400), (status = 401), (status = 403), (status = 422)))]
async fn draft(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<VoiceTrial>> {
    sessions::staff(&app, &headers)?.must(Deed::KeepLists)?;
    let asked: VoiceDraft = who::parse(&body)?;
    rule::draft(&asked)?;
    let image = app.image();
    let (catalog, _) = catalog(&image)?;
    Ok(Json(blocking(|| view::trial(catalog, &asked))))
}
