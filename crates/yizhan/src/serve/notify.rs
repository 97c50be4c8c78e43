//! Telling officers at once: a webhook hears of every case that was opened and every alarm that was raised; the officers
//! of the desk it waits at get a text message on their duty telephone, at most one in a quarter of an hour.
//!
//! It follows the journal behind a cursor, so that nothing is told twice after a restart and a declaration writes no row
//! more for it. No message names a person.

use super::{deliver, gateway};
use crate::app::{App, blocking, store};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::image::fact::Value;
use yizhan_core::row::{StepRow, SubjectId};
use yizhan_core::service::alarms_of;
use yizhan_kit::{Moment, Problem};

/// Rows read at a time.
const PAGE: usize = 512;

/// How long until the same officer is told again.
const AGAIN_MS: i64 = 15 * 60_000;

/// Tells whatever is new, whenever something was recorded and now and then besides.
pub async fn run(app: Arc<App>) {
    let mut live = app.zone.live();
    loop {
        match blocking(|| tell(&app)) {
            Ok(PAGE..) => {}
            Ok(_) => {
                let _ = tokio::time::timeout(Duration::from_secs(30), live.changed()).await;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            Err(problem) => {
                tracing::warn!(%problem, "officers wait to be told");
                tokio::time::sleep(Duration::from_secs(10)).await;
            }
        }
    }
}

/// Tells one page of what happened, and answers how many steps it was.
///
/// # Errors
/// The store's failure, or the webhook's; the next try begins with the same step.
pub fn tell(app: &App) -> Result<usize, Problem> {
    let image = app.image();
    let kept =
        app.with_working(|working| working.get("notified", "steps", Moment(0))).map_err(|error| store(&error))?;
    let after = kept.and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<u64>().ok());
    let phones = phones(&image);
    // Whoever begins to listen hears from now on; where nobody listens nothing is read.
    let Some(after) = after.filter(|_| app.config.messages.webhook.is_some() || !phones.is_empty()) else {
        if after != Some(image.counts.steps) {
            keep(app, image.counts.steps)?;
        }
        return Ok(0);
    };
    let from = i64::try_from(after).unwrap_or(i64::MAX);
    let rows: Vec<StepRow> = app.read(|reader| reader.page(from, PAGE)).map_err(|error| store(&error))?;
    let program = Viewer::program();
    let seen = program.look(&image);
    let mut desks: BTreeMap<SubjectId, usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.n <= image.counts.steps) {
        let Ok(case) = seen.case(row.case) else { continue };
        if *row.verb == *StepVerb::Open.as_str() {
            hook(app, &seen, case, row, "case.opened", None)?;
            for (staff, _) in phones.iter().filter(|(staff, _)| is_theirs(&image, *staff, case, app)) {
                *desks.entry(*staff).or_default() += 1;
            }
        } else if *row.verb == *StepVerb::Record.as_str() {
            let raised = alarms_of(&image, case);
            let by_this = raised.iter().find(|open| open.raised_by.iter().any(|(_, spell)| spell.seq == row.seq));
            if let Some(open) = by_this {
                hook(app, &seen, case, row, "case.alarm", Some(&open.alarm().name))?;
            }
        }
        keep(app, row.n)?;
    }
    for (staff, cases) in desks {
        if let Some((_, phone)) = phones.iter().find(|(id, _)| *id == staff) {
            text(app, staff, phone, cases)?;
        }
    }
    Ok(rows.len())
}

fn keep(app: &App, n: u64) -> Result<(), Problem> {
    let mark = n.to_string();
    app.with_working(|working| working.put("notified", "steps", mark.as_bytes(), Moment(i64::MAX)))
        .map_err(|error| store(&error))
}

/// The duty telephones of staff.
fn phones(image: &Image) -> Vec<(SubjectId, String)> {
    let program = Viewer::program();
    let seen = program.look(image);
    let phone = |id| match seen.latest(id, "staff.duty-phone") {
        Some(Value::Text(phone)) => Some((id, phone.to_string())),
        _ => None,
    };
    image.staff().filter_map(phone).collect()
}

/// Whether a case waits at somebody's desk.
fn is_theirs(image: &Image, staff: SubjectId, case: &CaseHead, app: &App) -> bool {
    let actor = Actor::Staff { id: staff, instead_of: None };
    let Ok(viewer) = Viewer::of(image, actor, app.now().day()) else { return false };
    viewer.sees(image, case) && viewer.desk(image) == Some(image.desk(case))
}

fn hook(
    app: &App,
    seen: &Seen<'_>,
    case: &CaseHead,
    row: &StepRow,
    event: &str,
    alarm: Option<&str>,
) -> Result<(), Problem> {
    let Some(url) = &app.config.messages.webhook else { return Ok(()) };
    let image = seen.image();
    let service = image.service(case);
    let key = format!("step-{}", row.n);
    let body = json!({
        "key": key, "event": event, "alarm": alarm, "number": image.number(case), "service": service.name,
        "area": image.area(case).to_string(), "step": service.steps[usize::from(case.step)].name,
        "due": case.due().map(|due| due.to_string()), "at": image.act(row.seq).map(|act| act.at().to_string()),
        "page": format!("{}/console/#/{}", app.config.public_url(), image.number(case)),
    });
    gateway::post(url, &key, &body).map_err(|error| store(&error))
}

fn text(app: &App, staff: SubjectId, phone: &str, cases: usize) -> Result<(), Problem> {
    let now = app.real_clock.now();
    let name = staff.to_string();
    let told = app.with_working(|working| working.get("told", &name, now)).map_err(|error| store(&error))?;
    if told.is_some() {
        return Ok(());
    }
    app.with_working(|working| working.put("told", &name, b"", now.plus_ms(AGAIN_MS)))
        .map_err(|error| store(&error))?;
    deliver::now(app, phone, &format!("您有 {cases} 件新的办件待联系，请登录工作台办理。"))
}
