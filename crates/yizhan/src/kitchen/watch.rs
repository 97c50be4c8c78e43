//! Looking at cameras: one that does not answer twice in a row is down since that day, and one that answers again is not. The
//! fact and its end are acts of the program.

use super::live;
use super::rule::Kind;
use crate::app::{App, Request};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::row::SubjectId;
use yizhan_core::service::SetFacts;
use yizhan_kit::Problem;

/// How often every camera is looked at.
const EVERY: Duration = Duration::from_secs(300);

/// What a camera that does not answer is known by.
const DOWN: &str = "kitchen.camera-down-since";

/// Looks for ever.
pub async fn run(app: Arc<App>) {
    let mut silent = HashSet::new();
    loop {
        if let Err(problem) = look(&app, &mut silent).await {
            tracing::warn!(%problem, "cameras wait");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Looks at each camera once, one after another; `silent` are those that did not answer the last time. How many went down or
/// came back.
///
/// # Errors
/// What kept a change from being recorded.
pub async fn look(app: &Arc<App>, silent: &mut HashSet<SubjectId>) -> Result<usize, Problem> {
    let kitchens: Vec<SubjectId> = {
        let image = app.image();
        let program = Viewer::program();
        program.look(&image).subjects_of("kitchen").collect()
    };
    let mut changes = 0;
    for kitchen in kitchens {
        let Some(place) = live::place(app, kitchen) else { continue };
        let Some(address) = place.file(&place.playlist) else { continue };
        let seen = tokio::task::spawn_blocking(move || live::fetch(&address, Kind::Playlist)).await;
        let answers = seen.is_ok_and(|fetched| fetched.is_ok());
        let is_down = {
            let (image, program) = (app.image(), Viewer::program());
            program.look(&image).fact(kitchen, DOWN, app.now().day()).is_some()
        };
        if answers {
            silent.remove(&kitchen);
        }
        // One silence may be a hiccup; two are an outage.
        let down = !answers && !silent.insert(kitchen);
        if (down && !is_down) || (answers && is_down) {
            record(app, kitchen, down).await?;
            changes += 1;
        }
    }
    Ok(changes)
}

async fn record(app: &App, kitchen: SubjectId, down: bool) -> Result<(), Problem> {
    let today = app.now().day();
    let verb = SetFacts {
        subject: kitchen,
        facts: vec![(DOWN.to_owned(), down.then(|| today.to_string()))],
        sealed: None,
        from: today,
        to: None,
        source: "camera".into(),
    };
    app.act(Actor::System, Request::unkeyed(b""), verb).await.map(drop)
}
