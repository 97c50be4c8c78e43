//! Asking carriers: what was asked for is ordered, what is under way is asked after, each new word is recorded.

use super::act::TrackParcel;
use super::carrier::{self, silent};
use super::model::{Event, Recipient, told};
use crate::app::{App, Request, blocking};
use crate::case::act::{message, seal};
use crate::case::view::given;
use std::sync::Arc;
use std::time::{Duration, Instant};
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::Problem;

/// How often the local carrier is asked after what is under way.
const EVERY: Duration = Duration::from_secs(20);

/// How often one far away is: parcels take days.
const EVERY_FAR: Duration = Duration::from_secs(600);

/// After how many failures in a row a carrier is left alone until the next time: it is down, and each try takes its time.
const PATIENCE: usize = 3;

/// What of parcels is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// What was just asked for, which is ordered at once.
    New,
    /// Everything that is under way.
    All,
}

/// Asks carriers for ever.
pub async fn run(app: Arc<App>) {
    let mut live = app.zone.live();
    let every = if app.config.parcels.carrier.is_some() { EVERY_FAR } else { EVERY };
    let mut asked: Option<Instant> = None;
    loop {
        let due = asked.is_none_or(|asked| asked.elapsed() >= every);
        if due {
            asked = Some(Instant::now());
        }
        if let Err(problem) = look_at(&app, if due { Which::All } else { Which::New }).await {
            tracing::warn!(%problem, "parcels wait");
        }
        let _ = tokio::time::timeout(EVERY, live.changed()).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A parcel that nobody has told the end of.
struct Open {
    parcel: SubjectId,
    case: SubjectId,
    waybill: Option<String>,
    events: i64,
}

fn open(image: &Image) -> Vec<Open> {
    let program = Viewer::program();
    let seen = program.look(image);
    let text = |parcel, attribute| match seen.latest(parcel, attribute) {
        Some(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    };
    let parcels = seen.subjects_of("parcel").filter_map(|parcel| {
        let state = text(parcel, "parcel.state")?;
        let Some(Value::Subject(case)) = seen.latest(parcel, "parcel.case") else { return None };
        let events = match seen.latest(parcel, "parcel.events") {
            Some(Value::Int(events)) => events,
            _ => 0,
        };
        let ended = matches!(state.as_str(), "signed" | "returned" | "lost");
        (!ended).then(|| Open { parcel, case, waybill: text(parcel, "parcel.waybill"), events })
    });
    parcels.collect()
}

/// Orders and asks after everything that is under way; how many words were new. One that is refused keeps no other waiting.
///
/// # Errors
/// The last failure, once each was tried, or the carrier failed several times in a row.
pub async fn look(app: &App) -> Result<usize, Problem> {
    look_at(app, Which::All).await
}

async fn look_at(app: &App, which: Which) -> Result<usize, Problem> {
    let image = app.image();
    let (mut news, mut failed, mut in_a_row) = (0, None, 0);
    for one in open(&image).into_iter().filter(|one| which == Which::All || one.waybill.is_none()) {
        match follow(app, &image, &one).await {
            Ok(told) => {
                news += told;
                in_a_row = 0;
            }
            Err(problem) => {
                failed = Some(problem);
                in_a_row += 1;
            }
        }
        if in_a_row == PATIENCE {
            break;
        }
    }
    failed.map_or(Ok(news), Err)
}

async fn follow(app: &App, image: &Image, one: &Open) -> Result<usize, Problem> {
    let program = Viewer::program();
    let case = program.look(image).case(one.case)?;
    let Some(waybill) = &one.waybill else {
        // What was forgotten before it could be sent is not sent.
        if case.key == 0 {
            return Ok(0);
        }
        let to = recipient(app, image, case)?;
        let key = format!("{}-{}", image.number(case), one.parcel);
        let waybill = blocking(|| carrier::of(app).order(&key, &to)).map_err(|error| silent(&error))?;
        record(
            app,
            one,
            TrackParcel { parcel: one.parcel, waybill: Some(waybill), event: None, message: None, reason: None },
            "ordered",
        )
        .await?;
        return Ok(1);
    };
    let events = blocking(|| carrier::of(app).track(waybill)).map_err(|error| silent(&error))?;
    let mut news = 0;
    for (n, event) in events.into_iter().enumerate().skip(usize::try_from(one.events).unwrap_or(0)) {
        let known = i64::try_from(n).unwrap_or(i64::MAX);
        let verb = told_of(app, image, case, one, waybill, event, known)?;
        record(app, one, verb, &known.to_string()).await?;
        news += 1;
    }
    Ok(news)
}

/// What the case is told of an event, with the message to the person, while the case's key is there.
fn told_of(
    app: &App,
    image: &Image,
    case: &CaseHead,
    one: &Open,
    waybill: &str,
    event: Event,
    known: i64,
) -> Result<TrackParcel, Problem> {
    let service = image.service(case);
    let (mut text, mut reason) = (None, None);
    if let Some(words) = told(event.what, waybill).filter(|_| case.key != 0) {
        text = message(app, case, service, &words)?;
        let why = serde_json::json!({"reason": words.zh}).to_string();
        reason = Some(seal(app, case, service, why.as_bytes())?);
    }
    Ok(TrackParcel { parcel: one.parcel, waybill: None, event: Some((event, known)), message: text, reason })
}

async fn record(app: &App, one: &Open, verb: TrackParcel, what: &str) -> Result<(), Problem> {
    let request = Request::keyed(&format!("parcel {}", one.parcel), what, what.as_bytes());
    app.act(Actor::System, request, verb).await.map(drop)
}

/// Where the parcel of a case goes: what its application says.
fn recipient(app: &App, image: &Image, case: &CaseHead) -> Result<Recipient, Problem> {
    let program = Viewer::program();
    let asked = given(app, &program.look(image), case)?;
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let to = Recipient { name: text("name"), mobile: text("mobile"), address: text("address") };
    if to.address.is_empty() {
        return Err(problem::FORM_INVALID.problem("没有收件地址。", "There is no address."));
    }
    Ok(to)
}
