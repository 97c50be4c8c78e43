//! Forgetting on time: when the days that a service promises are over, the key of an ended case is destroyed, by the
//! program, as an act in the journal. Working state whose time is over, half an upload or an old session, goes with it.

use crate::app::{App, Request};
use std::sync::Arc;
use std::time::Duration;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::catalog::KeepFrom;
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::ForgetCase;
use yizhan_core::writer::Answer;
use yizhan_kit::{Day, Problem};

/// How often the day is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Forgets what is due whenever a day has begun.
pub async fn run(app: Arc<App>) {
    let mut done = None;
    loop {
        let today = app.now().day();
        if done != Some(today) {
            match forget_due(&app).await {
                Ok(0) => done = Some(today),
                Ok(forgotten) => {
                    tracing::info!(forgotten, "personal details were deleted on time");
                    done = Some(today);
                }
                Err(problem) => tracing::warn!(%problem, "personal details wait to be deleted"),
            }
        }
        let now = app.real_clock.now();
        if let Err(what) = app.with_working(|working| working.sweep(now)) {
            tracing::warn!(what, "working state waits to be swept");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Forgets every case whose days are over, and answers how many. One that cannot be forgotten keeps no other waiting.
///
/// # Errors
/// The last failure, once every case was tried; the next try meets only those that are left.
pub async fn forget_due(app: &App) -> Result<usize, Problem> {
    let image = app.image();
    let due = due(&image, app.now().day());
    drop(image);
    let mut forgotten = 0;
    let mut failed = None;
    for (case, key) in due {
        match forget(app, case, key).await {
            Ok(_) => forgotten += 1,
            Err(problem) => failed = Some(problem),
        }
    }
    failed.map_or(Ok(forgotten), Err)
}

async fn forget(app: &App, case: SubjectId, key: u64) -> Answer {
    let blind = match app.key(key) {
        Ok(row) => row.blind,
        // A restore destroyed the key by its list: what is left is to say so in the journal.
        Err(problem) if problem.kind.code == problem::FORGOTTEN.code => Arc::from([]),
        Err(problem) => return Err(problem),
    };
    app.act(Actor::System, Request::unkeyed(b"retention"), ForgetCase { case, blind }).await
}

/// The cases whose days are over, with their keys: those that ended, and those whose days run from their opening.
fn due(image: &Image, today: Day) -> Vec<(SubjectId, u64)> {
    let program = Viewer::program();
    let is_due = |case: &&CaseHead| case.key != 0 && forgotten_on(image, case).is_some_and(|day| day <= today);
    program.look(image).cases().filter(is_due).map(|case| (case.subject, u64::from(case.key))).collect()
}

/// The day on which a case is forgotten, once it is known: the day of its end, or that of its opening, and the days its
/// service keeps it.
pub fn forgotten_on(image: &Image, case: &CaseHead) -> Option<Day> {
    let keep = &image.service(case).keep;
    let from = match keep.from {
        KeepFrom::Opened => image.opened_at(case).day(),
        KeepFrom::Ended if case.state.is_open() => return None,
        KeepFrom::Ended => image.act(u64::from(case.changed))?.at().day(),
    };
    let catalog = image.catalog_at(u64::from(case.catalog))?;
    Some(from.plus(i32::try_from(keep.days_on(from, &catalog.parameters)).ok()?))
}
