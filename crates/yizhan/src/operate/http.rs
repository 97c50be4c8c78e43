//! `/healthz`, `/readyz`, `/metrics`.

use crate::app::App;
use crate::device::act::Devices;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(metrics))
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
    let (names, bytes) = {
        let index = app.finder.index.read().expect("no panic while the index is held");
        (index.len() as u64, index.bytes() as u64)
    };
    line("names", "gauge", "People and cases that can be found by name.", names);
    line("names_bytes", "gauge", "Memory of the index of names.", bytes);
    let (devices, silent, alarms, beats) = {
        let wall = Devices::of(&app).wall();
        let silent = wall.seats().filter(|(_, seat)| seat.silent_since().is_some()).count();
        let beats = wall.seats().map(|(_, seat)| seat.beats).sum();
        (wall.seats().count() as u64, silent as u64, wall.alarms().count() as u64, beats)
    };
    line("devices", "gauge", "Terminals that were enrolled.", devices);
    line("devices_silent", "gauge", "Of them, those from which nothing is heard.", silent);
    line("device_beats_total", "counter", "Heartbeats of the terminals there are.", beats);
    line("device_alarms", "gauge", "Alarms of terminals that are open.", alarms);
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
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
