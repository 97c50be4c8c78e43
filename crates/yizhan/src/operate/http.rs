//! `/healthz`, `/readyz`, `/metrics`, and the demonstration's clock.

use crate::answer::Answered;
use crate::app::{App, store};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::forbidden;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
        .routes(routes!(next_day))
        .routes(routes!(outbox))
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "operate", responses((status = 200)))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// The store answers and the queue has room.
#[utoipa::path(get, path = "/readyz", tag = "operate", responses((status = 200), (status = 503)))]
async fn readyz(State(app): State<Arc<App>>) -> Response {
    let asked = app.clone();
    let head = tokio::task::spawn_blocking(move || asked.read(yizhan_core::waist::Reader::head)).await;
    let room = app.zone.queued() * 10 < yizhan_core::zone::QUEUE * 9;
    match head {
        Ok(Ok(_)) if room => "ready\n".into_response(),
        Ok(Ok(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the queue is nearly full\n").into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

/// Counters in Prometheus text.
#[utoipa::path(get, path = "/metrics", tag = "operate", responses((status = 200, content_type = "text/plain")))]
async fn metrics(State(app): State<Arc<App>>) -> Response {
    let image = app.image();
    let mut text = String::new();
    let mut line = |name: &str, kind: &str, help: &str, value: u64| {
        let _ = write!(text, "# HELP yizhan_{name} {help}\n# TYPE yizhan_{name} {kind}\nyizhan_{name} {value}\n");
    };
    line("acts_total", "counter", "Acts in the journal.", image.seq);
    line("cases_total", "counter", "Cases ever opened.", image.case_count() as u64);
    line("queue_length", "gauge", "Acts that wait for the writer.", app.zone.queued() as u64);
    line(
        "refused_busy_total",
        "counter",
        "Acts refused because the queue was full.",
        app.counters.busy.load(Ordering::Relaxed),
    );
    text.push_str(
        "# HELP yizhan_answers_total Requests answered, by class of status.\n# TYPE yizhan_answers_total counter\n",
    );
    for (class, count) in app.counters.answers.iter().enumerate() {
        let _ = writeln!(text, "yizhan_answers_total{{class=\"{}xx\"}} {}", class + 2, count.load(Ordering::Relaxed));
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// What day it is in the demonstration.
#[derive(Serialize, ToSchema)]
pub struct Today {
    /// The civil day.
    pub today: String,
}

/// Move a demonstration to the same time on its next day.
#[utoipa::path(post, path = "/api/demo/next-day", tag = "operate", responses((status = 200, body = Today), (status = 403)))]
async fn next_day(State(app): State<Arc<App>>) -> Answered<Json<Today>> {
    let Some(demo) = &app.demo else {
        return Err(forbidden("只有演示系统可以调日期。", "Only a demonstration moves its clock.").into());
    };
    demo.next_day();
    Ok(Json(Today { today: app.now().day().to_string() }))
}

/// A text message that a real zone would have sent.
#[derive(Serialize, ToSchema)]
pub struct Message {
    /// The stable key.
    pub key: String,
    /// To which number.
    pub to: String,
    /// What it says.
    pub text: String,
}

/// The text messages of a demonstration.
#[utoipa::path(get, path = "/api/demo/outbox", tag = "operate", responses((status = 200, body = [Message]), (status = 403)))]
async fn outbox(State(app): State<Arc<App>>) -> Answered<Json<Vec<Message>>> {
    if app.demo.is_none() {
        return Err(forbidden("只有演示系统显示短信。", "Only a demonstration shows its text messages.").into());
    }
    let now = app.real_clock.now();
    let kept = app.with_working(|working| working.list("sms", now)).map_err(|error| store(&error))?;
    let message = |(key, bytes): (String, Vec<u8>)| {
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Message { key, to: text("to"), text: text("text") }
    };
    Ok(Json(kept.into_iter().map(message).collect()))
}
