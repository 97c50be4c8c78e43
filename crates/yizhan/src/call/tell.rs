//! What happens by itself: twice a second the switchboard looks who did not answer and who did not come back; now and then
//! every caller who waits is told their place.

use super::act::at_board;
use super::line::tell_standings;
use crate::app::App;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use yizhan_core::call::Switchboard;

/// How often places are told, in looks.
const TELL_EVERY: u64 = 4;

/// Whether it is outside the desk's hours.
fn is_closed(app: &App) -> bool {
    let image = app.image();
    let catalog = image.catalog();
    catalog.is_some_and(|one| one.remote.as_ref().is_some_and(|desk| !desk.is_open(&one.calendar, app.now())))
}

/// Looks for as long as the program runs.
pub async fn run(app: Arc<App>) {
    let mut look = tokio::time::interval(Duration::from_millis(500));
    look.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for n in 1_u64.. {
        look.tick().await;
        at_board(&app, |board, now| board.tick(now));
        if n.is_multiple_of(TELL_EVERY) {
            if is_closed(&app) {
                at_board(&app, Switchboard::hours_end);
            }
            tell_standings(&app);
        }
    }
}
