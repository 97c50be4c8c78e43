//! The relay: a camera's files, fetched from its gateway once and handed to everybody who looks.

use super::rule::{Kind, Place, kind, stays_here};
use crate::app::App;
use crate::outward;
use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use yizhan_core::access::Viewer;
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Moment, Problem};

/// How long a gateway may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How many files are fetched at a time; who comes when all are taken is told to come again.
const AT_ONCE: usize = 8;

/// How many bytes are kept to be shared.
const KEPT: usize = 48 * 1024 * 1024;

/// What was fetched lately, by address.
#[derive(Default)]
pub struct Relay {
    kept: Mutex<HashMap<String, Kept>>,
    fetching: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Clone)]
struct Kept {
    bytes: Arc<[u8]>,
    until: Moment,
}

/// Where a kitchen's camera is; nothing for one that shows by glass, has none, or names a host that is no gateway of ours.
pub fn place(app: &App, kitchen: SubjectId) -> Option<Place> {
    let image = app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    let text = |attribute| match seen.latest(kitchen, attribute) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    text("kitchen.shows-by").filter(|by| **by == *"camera")?;
    Place::read(&text("kitchen.camera")?, &app.config.kitchens.gateways)
}

/// A file of a kitchen's camera. Many who ask at once wait for one who fetches it.
///
/// # Errors
/// `not-found`; `busy` when too much is fetched; `store-unavailable` when the gateway does not answer well.
pub async fn file(app: &Arc<App>, place: &Place, name: &str) -> Result<(Arc<[u8]>, &'static str), Problem> {
    let nothing = || problem::NOT_FOUND.problem("没有这个画面。", "There is no such picture.");
    let (kind, address) = kind(name).zip(place.file(name)).ok_or_else(nothing)?;
    let relay = &app.kitchens;
    let media = kind.media(name);
    if let Some(bytes) = relay.fresh(&address, app.real_clock.now()) {
        return Ok((bytes, media));
    }
    let turn = relay.turn(&address).ok_or_else(|| {
        problem::BUSY.problem("看的人太多，请稍后再看。", "Too many are looking; please come again.").retry_after(2)
    })?;
    let fetched = {
        let _turn = turn.lock().await;
        match relay.fresh(&address, app.real_clock.now()) {
            Some(bytes) => Ok(bytes),
            None => {
                let asked = address.clone();
                let got = tokio::task::spawn_blocking(move || fetch(&asked, kind)).await;
                got.unwrap_or_else(|error| Err(error.to_string())).map(|bytes| {
                    relay.keep(&address, bytes, app.real_clock.now().plus_ms(kind.shared_ms()), app.real_clock.now())
                })
            }
        }
    };
    relay.done(&address, &turn);
    fetched.map(|bytes| (bytes, media)).map_err(|error| {
        tracing::debug!(error, "a camera's gateway did not answer");
        problem::STORE_UNAVAILABLE.problem("视频暂时看不到。", "The camera cannot be seen at the moment.")
    })
}

impl Relay {
    fn fresh(&self, address: &str, now: Moment) -> Option<Arc<[u8]>> {
        let kept = self.kept.lock().expect("no panic while files are held");
        kept.get(address).filter(|kept| now < kept.until).map(|kept| kept.bytes.clone())
    }

    /// The turn of a file that is to be fetched, shared by those who want the same.
    fn turn(&self, address: &str) -> Option<Arc<tokio::sync::Mutex<()>>> {
        let mut fetching = self.fetching.lock().expect("no panic while turns are held");
        if let Some(turn) = fetching.get(address) {
            return Some(turn.clone());
        }
        (fetching.len() < AT_ONCE).then(|| fetching.entry(address.to_owned()).or_default().clone())
    }

    fn done(&self, address: &str, turn: &Arc<tokio::sync::Mutex<()>>) {
        let mut fetching = self.fetching.lock().expect("no panic while turns are held");
        if fetching.get(address).is_some_and(|known| Arc::ptr_eq(known, turn)) {
            fetching.remove(address);
        }
    }

    /// Keeps what was fetched, without what is over; nothing is kept that leaves no room.
    fn keep(&self, address: &str, bytes: Vec<u8>, until: Moment, now: Moment) -> Arc<[u8]> {
        let bytes: Arc<[u8]> = bytes.into();
        let mut kept = self.kept.lock().expect("no panic while files are held");
        kept.retain(|_, one| now < one.until);
        let held: usize = kept.values().map(|one| one.bytes.len()).sum();
        if held + bytes.len() <= KEPT {
            kept.insert(address.to_owned(), Kept { bytes: bytes.clone(), until });
        }
        bytes
    }
}

/// Fetches one file. A gateway that leads elsewhere is not followed.
///
/// # Errors
/// Why there is nothing.
pub fn fetch(address: &str, kind: Kind) -> Result<Vec<u8>, String> {
    let answer = outward::agent(TIMEOUT).get(address).call().map_err(|error| format!("{address}: {error}"))?;
    if answer.status().as_u16() != 200 {
        return Err(format!("{address}: {}", answer.status()));
    }
    let mut bytes = Vec::new();
    let mut reader = answer.into_body().into_reader().take(kind.most() + 1);
    reader.read_to_end(&mut bytes).map_err(|error| format!("{address}: {error}"))?;
    if bytes.len() as u64 > kind.most() {
        return Err(format!("{address}: more than {} bytes", kind.most()));
    }
    let good = match kind {
        Kind::Playlist => std::str::from_utf8(&bytes).is_ok_and(stays_here),
        Kind::Still => bytes.starts_with(&[0xff, 0xd8]),
        Kind::Segment => !bytes.is_empty(),
    };
    if good { Ok(bytes) } else { Err(format!("{address}: not what its name says")) }
}
