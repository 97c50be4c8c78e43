//! The stream of signals of an open console.

use crate::answer::Answered;
use crate::app::App;
use crate::staff::sessions;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::image::Image;
use yizhan_core::service::alarms_of;

/// The stream's route.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(live))
}

/// A signal whenever something was recorded about a case that I see, or saw before it went elsewhere: the number of the
/// last act. The first comes at once. Before it, an event `arrived` with the number of each case that is new to me and
/// waits at my desk, and an event `alarm` with the number of each case that raised one for me. Only whom it concerns is
/// told, so that a thousand open consoles do not all look whenever anybody does anything.
#[utoipa::path(get, path = "/api/live", tag = "case", responses((status = 200, content_type = "text/event-stream"), (status = 401)))]
async fn live(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Answered<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let actor = sessions::staff(&app, &headers)?.actor;
    let (live, stopping) = (app.zone.live(), app.stopping.subscribe());
    let untold = VecDeque::from([Event::default().data(app.image().seq.to_string())]);
    let watch = Watch { last: app.image(), untold, app, actor, live, stopping };
    let signals = unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    });
    Ok(Sse::new(signals).keep_alive(KeepAlive::default()))
}

/// One open console.
struct Watch {
    app: Arc<App>,
    actor: Actor,
    /// What was known when it was last told.
    last: Arc<Image>,
    /// What is still to be told.
    untold: VecDeque<Event>,
    live: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
}

impl Watch {
    /// The next thing to tell; nothing when the program stops or the account has no role any more.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.untold.pop_front() {
                return Some(event);
            }
            tokio::select! {
                changed = self.live.changed() => changed.ok()?,
                _ = self.stopping.changed() => return None,
            }
            self.look()?;
        }
    }

    /// Looks at what was recorded since the last look.
    fn look(&mut self) -> Option<()> {
        let now = self.app.image();
        let before = std::mem::replace(&mut self.last, now);
        let viewer = Viewer::of(&self.last, self.actor, self.app.now().day()).ok()?;
        let (old, new) = (viewer.look(&before), viewer.look(&self.last));
        let about: BTreeSet<_> =
            (before.seq + 1..=self.last.seq).filter_map(|seq| self.last.act(seq)?.about()).collect();
        let mut concerned = false;
        for case in about {
            let (was_seen, is_seen) = (old.case(case).is_ok(), new.case(case));
            concerned |= was_seen || is_seen.is_ok();
            if let Ok(head) = is_seen
                && !was_seen
                && Some(self.last.desk(head)) == viewer.desk(&self.last)
            {
                self.untold.push_back(Event::default().event("arrived").data(self.last.number(head)));
            }
            if let Ok(head) = is_seen {
                let before = old.case(case).map_or(0, |head| alarms_of(&before, head).len());
                let open = alarms_of(&self.last, head);
                let mine = open
                    .iter()
                    .any(|open| open.alarm().raised_to.iter().any(|who| viewer.is_for(&self.last, head, who)));
                if open.len() > before && mine {
                    self.untold.push_back(Event::default().event("alarm").data(self.last.number(head)));
                }
            }
        }
        if concerned {
            self.untold.push_back(Event::default().data(self.last.seq.to_string()));
        }
        Some(())
    }
}
