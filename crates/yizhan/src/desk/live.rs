//! The stream of signals of an open console.

use crate::answer::Answered;
use crate::app::App;
use crate::staff::sessions;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::image::Image;

/// The stream's route.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(live))
}

/// A signal whenever something was recorded about a case that I see, or saw before it went elsewhere: the number of the
/// last act. The first comes at once. Only whom it concerns is told, so that a thousand open consoles do not all look
/// whenever anybody does anything.
#[utoipa::path(get, path = "/api/live", tag = "case", responses((status = 200, content_type = "text/event-stream"), (status = 401)))]
async fn live(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Answered<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let actor = sessions::staff(&app, &headers)?.actor;
    let (live, stopping) = (app.zone.live(), app.stopping.subscribe());
    let watch = Watch { last: app.image(), first: true, app, actor, live, stopping };
    let signals = unfold(watch, |mut watch| async move {
        let seq = watch.next().await?;
        Some((Ok(Event::default().data(seq.to_string())), watch))
    });
    Ok(Sse::new(signals).keep_alive(KeepAlive::default()))
}

/// One open console.
struct Watch {
    app: Arc<App>,
    actor: Actor,
    /// What was known when it was last told.
    last: Arc<Image>,
    first: bool,
    live: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
}

impl Watch {
    /// The last act, once there is something to tell; nothing when the program stops or the account has no role any more.
    async fn next(&mut self) -> Option<u64> {
        while !std::mem::take(&mut self.first) {
            tokio::select! {
                changed = self.live.changed() => changed.ok()?,
                _ = self.stopping.changed() => return None,
            }
            let now = self.app.image();
            let before = std::mem::replace(&mut self.last, now);
            let viewer = Viewer::of(&self.last, self.actor, self.app.now().day()).ok()?;
            let (old, new) = (viewer.look(&before), viewer.look(&self.last));
            let about = (before.seq + 1..=self.last.seq).filter_map(|seq| self.last.act(seq)?.about());
            if about.into_iter().any(|case| new.case(case).is_ok() || old.case(case).is_ok()) {
                break;
            }
        }
        Some(self.last.seq)
    }
}
