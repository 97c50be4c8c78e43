//! Telling officers at once: a webhook hears of every case that was opened or moved, every paper that was returned and every
//! alarm that was raised; the officers
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
            // After a flood there is much to tell: others have their turn between two pages, and whoever stops the program is heard.
            Ok(PAGE..) => tokio::task::yield_now().await,
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

/// Tells one page of what happened to the webhook and one to the telephones, each behind a cursor of its own, so that one
/// that is down silences nobody else. Answers how many steps it was at most.
///
/// # Errors
/// The store's failure, or a gateway's; the next try begins with the same step.
pub fn tell(app: &App) -> Result<usize, Problem> {
    let phones = phones(&app.image());
    let hooked = follow(app, "hook", app.config.messages.webhook.is_some(), |seen, rows| {
        for row in rows {
            hook_step(app, seen, row)?;
            keep(app, "hook", row.n)?;
        }
        Ok(())
    });
    let texted = follow(app, "phones", !phones.is_empty(), |seen, rows| ring(app, seen, rows, &phones));
    let waiting = phones.iter().try_for_each(|(staff, phone)| text(app, *staff, phone));
    let told = hooked?.max(texted?);
    waiting.map(|()| told)
}

/// Reads what came after a cursor. Whoever begins to listen hears from now on; where nobody listens nothing is read.
fn follow(
    app: &App,
    cursor: &str,
    listens: bool,
    tell: impl FnOnce(&Seen<'_>, &[StepRow]) -> Result<(), Problem>,
) -> Result<usize, Problem> {
    let image = app.image();
    let kept = app.with_working(|working| working.get("notified", cursor, Moment(0))).map_err(|error| store(&error))?;
    let after = kept.and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<u64>().ok());
    let Some(after) = after.filter(|_| listens) else {
        if after != Some(image.counts.steps) {
            keep(app, cursor, image.counts.steps)?;
        }
        return Ok(0);
    };
    let from = i64::try_from(after).unwrap_or(i64::MAX);
    let mut rows: Vec<StepRow> = app.read(|reader| reader.page(from, PAGE)).map_err(|error| store(&error))?;
    rows.retain(|row| row.n <= image.counts.steps);
    let program = Viewer::program();
    tell(&program.look(&image), &rows)?;
    if let Some(last) = rows.last() {
        keep(app, cursor, last.n)?;
    }
    Ok(rows.len())
}

fn keep(app: &App, cursor: &str, n: u64) -> Result<(), Problem> {
    let mark = n.to_string();
    app.with_working(|working| working.put("notified", cursor, mark.as_bytes(), Moment(i64::MAX)))
        .map_err(|error| store(&error))
}

/// What the webhook hears of a step.
fn hook_step(app: &App, seen: &Seen<'_>, row: &StepRow) -> Result<(), Problem> {
    let Ok(case) = seen.case(row.case) else { return Ok(()) };
    if *row.verb == *StepVerb::Open.as_str() {
        return hook(app, seen, case, row, "case.opened", None);
    }
    match StepVerb::parse(&row.verb) {
        Some(StepVerb::Sign | StepVerb::SendBack | StepVerb::Close) => {
            return hook(app, seen, case, row, "case.moved", None);
        }
        Some(StepVerb::Return) => return hook(app, seen, case, row, "paper.returned", None),
        _ => {}
    }
    if *row.verb == *StepVerb::Record.as_str() {
        let raised = alarms_of(seen.image(), case);
        let by_this = raised.iter().find(|open| open.raised_by.iter().any(|(_, spell)| spell.seq == row.seq));
        if let Some(open) = by_this {
            return hook(app, seen, case, row, "case.alarm", Some(&open.alarm().name));
        }
    }
    Ok(())
}

/// Counts what is new on the desks of those with a telephone; they are told when it is their time.
fn ring(app: &App, seen: &Seen<'_>, rows: &[StepRow], phones: &[(SubjectId, String)]) -> Result<(), Problem> {
    let (image, day) = (seen.image(), app.now().day());
    let desk = |(staff, _): &(SubjectId, String)| {
        let viewer = Viewer::of(image, Actor::Staff { id: *staff, instead_of: None }, day).ok()?;
        let desk = viewer.desk(image)?;
        Some((*staff, viewer, desk))
    };
    let theirs: Vec<_> = phones.iter().filter_map(desk).collect();
    let mut desks: BTreeMap<SubjectId, usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| *row.verb == *StepVerb::Open.as_str()) {
        let Ok(case) = seen.case(row.case) else { continue };
        let at = image.desk(case);
        for (staff, ..) in theirs.iter().filter(|(_, viewer, desk)| *desk == at && viewer.sees(image, case)) {
            *desks.entry(*staff).or_default() += 1;
        }
    }
    for (staff, new) in desks {
        let count = (untold(app, staff)? + new).to_string();
        let name = staff.to_string();
        app.with_working(|working| working.put("untold", &name, count.as_bytes(), Moment(i64::MAX)))
            .map_err(|error| store(&error))?;
    }
    Ok(())
}

/// How many cases an officer was not told of yet.
fn untold(app: &App, staff: SubjectId) -> Result<usize, Problem> {
    let name = staff.to_string();
    let kept = app.with_working(|working| working.get("untold", &name, Moment(0))).map_err(|error| store(&error))?;
    Ok(kept.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok()).unwrap_or(0))
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

fn hook(
    app: &App,
    seen: &Seen<'_>,
    case: &CaseHead,
    row: &StepRow,
    event: &str,
    alarm: Option<&str>,
) -> Result<(), Problem> {
    let image = seen.image();
    let service = image.service(case);
    let key = format!("step-{}", row.n);
    let body = json!({
        "key": key, "event": event, "alarm": alarm, "number": image.number(case), "service": service.name,
        "area": image.area(case).to_string(), "step": service.steps[usize::from(case.step)].name,
        "verb": &*row.verb, "state": case.state.as_str(), "due": case.due().map(|due| due.to_string()), "at": image.act(row.seq).map(|act| act.at().to_string()),
        "page": format!("{}/console/#/{}", app.config.public_url(), image.number(case)),
    });
    gateway::hook(&app.config.messages, &key, &body).map_err(|error| store(&error))
}

/// Tells an officer what is new, unless they were told a moment ago: then when that is over.
fn text(app: &App, staff: SubjectId, phone: &str) -> Result<(), Problem> {
    let now = app.real_clock.now();
    let name = staff.to_string();
    let told = app.with_working(|working| working.get("told", &name, now)).map_err(|error| store(&error))?;
    let cases = untold(app, staff)?;
    if told.is_some() || cases == 0 {
        return Ok(());
    }
    deliver::now(app, phone, &format!("您有 {cases} 件新的办件待联系，请登录工作台办理。"))?;
    app.with_working(|working| {
        working.delete("untold", &name)?;
        working.put("told", &name, b"", now.plus_ms(AGAIN_MS))
    })
    .map_err(|error| store(&error))
}
