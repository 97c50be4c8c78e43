//! Lines that stay open: a device's WebSocket, and the stream by which an open wall hears that it changed.

use super::act::{Again, Devices};
use super::http::device;
use super::model::{DeviceTold, Said};
use super::rule;
use crate::answer::Answered;
use crate::app::App;
use crate::behaviour;
use crate::staff::sessions;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Deed;
use yizhan_core::row::SubjectId;

/// The most bytes of one message: a visit of two hundred steps.
const MESSAGE: usize = 32 * 1024;
/// A line on which nothing came for so long is given up.
const DEAD: Duration = Duration::from_secs(60);
/// A burst of changes is one look.
const BURST: Duration = Duration::from_millis(250);

/// The lines' routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(device_line)).routes(routes!(signals))
}

/// A device's line: a WebSocket on which it sends `{"beat": …}` every fifteen seconds and `{"visit": …}` when one is over,
/// and hears what it is told as `{"orders": […], "config": …}`. `Authorization: Bearer` and its secret.
#[utoipa::path(get, path = "/api/devices/live", tag = "device", responses((status = 101), (status = 401), (status = 426)))]
async fn device_line(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answered<Response> {
    let device = device(&app, &headers)?;
    let upgrade = upgrade.map_err(|_| rule::upgrade_needed())?;
    Ok(upgrade.max_message_size(MESSAGE).max_frame_size(MESSAGE).on_upgrade(move |socket| listen(app, device, socket)))
}

/// Listens to a device until it goes, is retired, says what cannot be understood, or the program stops.
async fn listen(app: Arc<App>, device: SubjectId, mut socket: WebSocket) {
    let devices = Devices::of(&app);
    let bell = devices.take_line(device);
    let mut stopping = app.stopping.subscribe();
    // What was sent on a line that broke may not have arrived.
    let mut again = Again::All;
    let mut config_told = 0;
    let mut config_runs = None;
    loop {
        let rung = bell.notified();
        let told = tokio::select! {
            // What came is taken before anything is told.
            biased;
            message = tokio::time::timeout(DEAD, socket.recv()) => {
                let Ok(Some(Ok(message))) = message else { return };
                let text = match message {
                    Message::Text(text) => text,
                    Message::Ping(_) | Message::Pong(_) => continue,
                    Message::Close(_) | Message::Binary(_) => return,
                };
                let Ok(said) = serde_json::from_str::<Said>(&text) else { return };
                // A visit that cannot be read is no reason to lose the device.
                if let Some(Err(problem)) = said.visit.as_ref().map(|visit| behaviour::act::take(&app, device, visit)) {
                    tracing::warn!(device = device.0, %problem, "a visit is left out");
                }
                let Some(beat) = &said.beat else { continue };
                config_runs = Some(beat.config);
                let Ok(mut told) = devices.beat(device, beat, app.real_clock.now(), &mut config_told) else { return };
                if again == Again::All {
                    told.orders = devices.orders(device, app.real_clock.now(), again);
                    again = Again::New;
                }
                told
            }
            () = rung => {
                if !devices.has_line(device, &bell) {
                    return;
                }
                let newest = devices.newest().filter(|newest| {
                    newest.version != config_told && config_runs.is_some_and(|runs| runs != newest.version)
                });
                config_told = newest.as_ref().map_or(config_told, |newest| newest.version);
                DeviceTold { orders: devices.orders(device, app.real_clock.now(), Again::New), config: newest }
            }
            _ = stopping.changed() => return,
        };
        if told.orders.is_empty() && told.config.is_none() {
            continue;
        }
        let Ok(text) = serde_json::to_string(&told) else { return };
        if socket.send(Message::Text(text.into())).await.is_err() {
            return;
        }
    }
}

/// A signal whenever the wall shows something else than before; the first comes at once.
#[utoipa::path(get, path = "/api/devices/signals", tag = "device",
    responses((status = 200, content_type = "text/event-stream"), (status = 401), (status = 403)))]
async fn signals(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Answered<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    sessions::staff(&app, &headers)?.must(Deed::Count)?;
    let mut changed = Devices::of(&app).changed.subscribe();
    changed.mark_changed();
    let stopping = app.stopping.subscribe();
    let signals = unfold((changed, stopping, false), |(mut changed, mut stopping, told)| async move {
        if told {
            tokio::time::sleep(BURST).await;
        }
        tokio::select! {
            seen = changed.changed() => seen.ok()?,
            _ = stopping.changed() => return None,
        }
        let version = *changed.borrow_and_update();
        Some((Ok(Event::default().data(version.to_string())), (changed, stopping, true)))
    });
    Ok(Sse::new(signals).keep_alive(KeepAlive::default()))
}
