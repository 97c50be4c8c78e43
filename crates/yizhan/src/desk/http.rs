//! The desk's routes.

use crate::answer::{Answered, Query, lang};
use crate::app::App;
use crate::case::model::{DutyRow, WorkRow};
use crate::case::{act, view};
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::image::Image;
use yizhan_core::problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(worklist))
        .routes(routes!(search))
        .routes(routes!(duties))
        .routes(routes!(counts))
        .routes(routes!(live))
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

/// Whom to look for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `citizen-number` or `mobile`.
    pub by: String,
    /// The number, whole: only the whole of it finds.
    pub value: String,
}

/// The cases in my area of whoever has a citizen number or a mobile number. The number travels in the body, never in an
/// address.
#[utoipa::path(post, path = "/api/search", tag = "case", request_body = Wanted,
    responses((status = 200, body = [WorkRow]), (status = 401), (status = 403), (status = 422)))]
async fn search(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Vec<WorkRow>>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::ReadPerson)?;
    let wanted: Wanted = who::parse(&body)?;
    if let Some(what) = act::code_fault(&wanted.by, wanted.value.trim()) {
        return Err(problem::FORM_INVALID
            .problem(format!("号码不对：{what}"), format!("The number is wrong: {what}"))
            .into());
    }
    let image = app.image();
    let seen = viewer.look(&image);
    let digest = app.vault.blind(&wanted.by, &act::canonical(&wanted.by, wanted.value.trim()));
    let mut found = Vec::new();
    for (key, case) in seen.candidates(digest) {
        if app.key(key)?.digests().any(|own| own == digest) {
            found.push(view::work_row(&app, &seen, case, lang()));
        }
    }
    Ok(Json(found))
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
