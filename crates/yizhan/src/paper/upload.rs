//! Files taken in by pieces, so that a dropped connection costs one piece and not the file: the core and the creation
//! extension of tus 1.0 (tus.io). Pieces are working state, sealed, and gone after a day.

use super::rule::{LARGEST, too_large};
use crate::app::{App, store};
use serde::{Deserialize, Serialize};
use yizhan_core::act::Actor;
use yizhan_core::problem;
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Moment, Problem};

/// The largest piece, in bytes.
pub const PIECE: usize = 2 * 1024 * 1024;

/// How long an upload waits for its next piece.
const KEPT_MS: i64 = 24 * 3_600_000;

/// How many uploads somebody may have under way.
const UNDER_WAY: usize = 20;

/// When and where a photo was taken, as whoever sends it says. Both may be absent; a place is never demanded.
#[derive(Serialize, Deserialize, Clone, Default, PartialEq, Eq, Debug)]
pub struct Taken {
    /// RFC 3339.
    #[serde(default)]
    pub at: String,
    /// Latitude and longitude in degrees, `34.56789,108.12345`.
    #[serde(default)]
    pub place: String,
}

impl Taken {
    /// What is said, where it is a time and a place at all.
    pub fn read(at: &str, place: &str) -> Self {
        let is_degrees = |text: &str| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            (1..=12).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        };
        let is_place = place.split_once(',').is_some_and(|(north, east)| is_degrees(north) && is_degrees(east));
        Self {
            at: at.parse::<Moment>().map(|at| at.to_string()).unwrap_or_default(),
            place: if is_place { place.to_owned() } else { String::new() },
        }
    }
}

/// An upload under way.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Upload {
    /// How many bytes it will have.
    pub length: usize,
    /// How many there are.
    pub received: usize,
    /// What the file is called.
    pub file: String,
    /// When and where a photo was taken, as whoever sends it says.
    #[serde(default)]
    pub taken: Taken,
    /// Whose it is, as the journal names them.
    owner: String,
}

/// What is begun.
pub struct Beginning<'a> {
    /// How many bytes it will have.
    pub length: usize,
    /// What the file is called.
    pub file: &'a str,
    /// When and where it was taken.
    pub taken: Taken,
    /// The sender's own name for it: asked again under the same, because the answer was lost, it is the same upload.
    pub key: Option<&'a str>,
}

/// Begins an upload: the answer is its name, which nobody can guess.
///
/// # Errors
/// `paper-too-large`; `form-invalid` for an empty file or too many at a time; or the store's failure.
pub fn begin(app: &App, actor: Actor, wanted: Beginning<'_>) -> Result<String, Problem> {
    let Beginning { length, file, taken, key } = wanted;
    if length > LARGEST {
        return Err(too_large());
    }
    if length == 0 {
        return Err(problem::FORM_INVALID.problem("文件是空的。", "The file is empty."));
    }
    let owner = actor.to_string();
    let keyed = key.map(|key| app.vault.digest("upload", format!("{owner} {key}").as_bytes()).to_string());
    if let Some(name) = keyed.as_ref().filter(|name| find(app, actor, name).is_ok_and(|known| known.length == length)) {
        return Ok(name.clone());
    }
    let now = app.real_clock.now();
    let others = app.with_working(|working| working.list("upload", now)).map_err(|error| store(&error))?;
    let of_same = |bytes: &[u8]| serde_json::from_slice::<Upload>(bytes).is_ok_and(|upload| upload.owner == owner);
    if others.iter().filter(|(_, bytes)| of_same(bytes)).count() >= UNDER_WAY {
        return Err(problem::FORM_INVALID.problem(
            "同时上传的文件太多，请稍后再试。",
            "Too many files are under way; please finish some of them first.",
        ));
    }
    let name = keyed.unwrap_or_else(|| base32(&random::<15>(app.vault.entropy())));
    keep(app, &name, &Upload { length, received: 0, file: super::rule::plain_name(file), taken, owner })?;
    Ok(name)
}

/// An upload of somebody's.
///
/// # Errors
/// `case-not-found` when there is none, or it is another's.
pub fn find(app: &App, actor: Actor, name: &str) -> Result<Upload, Problem> {
    let now = app.real_clock.now();
    let bytes = app.with_working(|working| working.get("upload", name, now)).map_err(|error| store(&error))?;
    let upload: Option<Upload> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    upload.filter(|upload| upload.owner == actor.to_string()).ok_or_else(|| {
        problem::CASE_NOT_FOUND.problem("没有这个上传，或者已经过期。", "There is no such upload, or it has expired.")
    })
}

/// Takes the next piece in; the answer is how many bytes there are now.
///
/// # Errors
/// As [`find`]; `case-changed` when the piece does not begin where the last one ended; `paper-too-large` when it runs over.
pub fn take(app: &App, actor: Actor, name: &str, offset: usize, piece: &[u8]) -> Result<usize, Problem> {
    let _turn = app.taking.lock().expect("no panic while a piece is taken");
    let mut upload = find(app, actor, name)?;
    if offset != upload.received {
        return Err(problem::CASE_CHANGED.problem(
            format!("请从第 {} 字节继续上传。", upload.received),
            format!("Go on from byte {}.", upload.received),
        ));
    }
    if piece.len() > PIECE || upload.received + piece.len() > upload.length {
        return Err(too_large());
    }
    let sealed = app.vault.seal_working(name, piece);
    let until = until(app);
    let place = format!("{offset:012}");
    app.with_working(|working| working.put(&pieces(name), &place, &sealed, until)).map_err(|error| store(&error))?;
    upload.received += piece.len();
    keep(app, name, &upload)?;
    Ok(upload.received)
}

/// The file, once every piece is there.
///
/// # Errors
/// As [`find`]; `form-invalid` while pieces are missing.
pub fn whole(app: &App, actor: Actor, name: &str) -> Result<(Upload, Vec<u8>), Problem> {
    let upload = find(app, actor, name)?;
    if upload.received < upload.length {
        return Err(problem::FORM_INVALID.problem("文件还没有传完。", "The file is not complete yet."));
    }
    let list = app.with_working(|working| working.list(&pieces(name), Moment(0))).map_err(|error| store(&error))?;
    let mut bytes = Vec::with_capacity(upload.length);
    for (_, sealed) in list {
        bytes.extend(app.vault.open_working(name, &sealed).map_err(|_| store(&"a piece cannot be opened"))?);
    }
    Ok((upload, bytes))
}

/// Drops an upload with its pieces.
///
/// # Errors
/// As [`find`].
pub fn drop(app: &App, actor: Actor, name: &str) -> Result<(), Problem> {
    find(app, actor, name)?;
    let kind = pieces(name);
    app.with_working(|working| {
        for (place, _) in working.list(&kind, Moment(0))? {
            working.delete(&kind, &place)?;
        }
        working.delete("upload", name)
    })
    .map_err(|error| store(&error))
}

fn pieces(name: &str) -> String {
    format!("piece {name}")
}

fn until(app: &App) -> Moment {
    app.real_clock.now().plus_ms(KEPT_MS)
}

fn keep(app: &App, name: &str, upload: &Upload) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(upload).map_err(|error| store(&error))?;
    let until = until(app);
    app.with_working(|working| working.put("upload", name, &bytes, until)).map_err(|error| store(&error))
}
