//! Whoever carries parcels: behind one trait the district's carrier over HTTP, and a local one that does as a carrier does
//! for demonstrations and tests. Which of them, the configuration says (`parcels.carrier`).

use super::model::{Event, Recipient, Word};
use crate::app::App;
use crate::outward;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use yizhan_kit::codes::Waybill;
use yizhan_kit::digest::{HashKind, hash};
use yizhan_kit::{Moment, Problem};

/// What a carrier does for us.
pub trait Carrier {
    /// Takes a parcel's order, under a key: the same key is the same parcel, whatever is asked again.
    ///
    /// # Errors
    /// Why it was not taken; it is asked again later.
    fn order(&self, key: &str, to: &Recipient) -> Result<String, String>;

    /// Everything that happened to a parcel so far, the earliest first.
    ///
    /// # Errors
    /// Why it is not told; it is asked again later.
    fn track(&self, waybill: &str) -> Result<Vec<Event>, String>;
}

/// The carrier of a zone.
pub fn of(app: &App) -> Box<dyn Carrier + '_> {
    match &app.config.parcels.carrier {
        Some(url) => Box::new(Remote { url: url.trim_end_matches('/').to_owned() }),
        None => Box::new(Local { app }),
    }
}

/// How long a carrier may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A carrier over HTTP: `POST …/orders` under an `Idempotency-Key` answers `{"waybill"}`, `GET …/waybills/{waybill}` answers
/// `{"events": [{"at", "what", "place"}]}`.
struct Remote {
    url: String,
}

#[derive(Deserialize)]
struct Ordered {
    waybill: String,
}

#[derive(Deserialize)]
struct Tracked {
    events: Vec<Event>,
}

impl Carrier for Remote {
    fn order(&self, key: &str, to: &Recipient) -> Result<String, String> {
        let url = format!("{}/orders", self.url);
        let body = serde_json::json!({"key": key, "to": to}).to_string();
        let request = outward::agent(TIMEOUT)
            .post(&url)
            .header("Idempotency-Key", key)
            .header("Content-Type", "application/json");
        let answer = request.send(body.as_bytes()).map_err(|error| format!("{url}: {error}"))?;
        let text = outward::text(answer).map_err(|error| format!("{url}: {error}"))?;
        let ordered: Ordered = serde_json::from_str(&text).map_err(|error| format!("{url}: {error}"))?;
        let fits = (8..=30).contains(&ordered.waybill.len());
        if !fits || !ordered.waybill.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!("{url}: {:?} is no waybill", ordered.waybill));
        }
        Ok(ordered.waybill)
    }

    fn track(&self, waybill: &str) -> Result<Vec<Event>, String> {
        let url = format!("{}/waybills/{waybill}", self.url);
        let answer = outward::agent(TIMEOUT).get(&url).call().map_err(|error| format!("{url}: {error}"))?;
        let text = outward::text(answer).map_err(|error| format!("{url}: {error}"))?;
        let tracked: Tracked = serde_json::from_str(&text).map_err(|error| format!("{url}: {error}"))?;
        Ok(tracked.events)
    }
}

/// The local carrier: express numbers with their check digit, a day and a half to the door by the zone's clock. An address
/// that nobody can find comes back; one that says so is lost. Its hours are its own, not a carrier's promise.
struct Local<'a> {
    app: &'a App,
}

/// A parcel that the local carrier has.
#[derive(Serialize, Deserialize)]
struct Carried {
    ordered: Moment,
    end: Word,
}

/// What of an address tells that nobody is found there.
const NOBODY_THERE: &str = "查无此处";

/// What of an address tells that the parcel never arrives anywhere.
const NOWHERE: &str = "途中遗失";

/// For how long the local carrier remembers.
const KEPT_MS: i64 = 400 * 86_400_000;

impl Local<'_> {
    fn get(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, String> {
        self.app.with_working(|working| working.get(kind, name, self.app.real_clock.now()))
    }

    fn put(&self, kind: &str, name: &str, value: &[u8]) -> Result<(), String> {
        let until = self.app.real_clock.now().plus_ms(KEPT_MS);
        self.app.with_working(|working| working.put(kind, name, value, until))
    }
}

impl Carrier for Local<'_> {
    fn order(&self, key: &str, to: &Recipient) -> Result<String, String> {
        if let Some(known) = self.get("carried-key", key)? {
            return String::from_utf8(known).map_err(|error| error.to_string());
        }
        let digest = hash(HashKind::Sha256, key.as_bytes());
        let mut serial = u32::from_le_bytes([digest.0[0], digest.0[1], digest.0[2], digest.0[3]]);
        let mut waybill = Waybill::express(serial);
        while self.get("carried", waybill.as_str())?.is_some() {
            serial = serial.wrapping_add(1);
            waybill = Waybill::express(serial);
        }
        let end = if to.address.contains(NOWHERE) {
            Word::Lost
        } else if to.address.contains(NOBODY_THERE) {
            Word::Returned
        } else {
            Word::Signed
        };
        let carried = Carried { ordered: self.app.now(), end };
        let bytes = serde_json::to_vec(&carried).map_err(|error| error.to_string())?;
        self.put("carried", waybill.as_str(), &bytes)?;
        self.put("carried-key", key, waybill.as_str().as_bytes())?;
        Ok(waybill.as_str().to_owned())
    }

    fn track(&self, waybill: &str) -> Result<Vec<Event>, String> {
        let Some(bytes) = self.get("carried", waybill)? else { return Err(format!("no parcel {waybill}")) };
        let carried: Carried = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let usual = [(1, Word::Accepted, "揽投部"), (12, Word::Moving, "邮件处理中心")];
        let rest: &[(i64, Word, &str)] = match carried.end {
            Word::Lost => &[(120, Word::Lost, "")],
            Word::Returned => &[(30, Word::Delivering, "投递部"), (72, Word::Returned, "揽投部")],
            _ => &[(30, Word::Delivering, "投递部"), (36, Word::Signed, "投递部")],
        };
        let now = self.app.now();
        let happened = usual.iter().chain(rest).map(|(hours, what, place)| Event {
            at: carried.ordered.plus_ms(hours * 3_600_000),
            what: *what,
            place: (*place).to_owned(),
        });
        Ok(happened.filter(|event| event.at <= now).collect())
    }
}

/// A carrier that does not answer, as a refusal.
pub fn silent(error: &str) -> Problem {
    tracing::warn!(error, "the carrier did not answer");
    yizhan_core::problem::STORE_UNAVAILABLE.problem("物流暂时没有应答。", "The carrier does not answer at the moment.")
}
