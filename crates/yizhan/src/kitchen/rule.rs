//! Which addresses a camera may have, which files belong to it, and what a score is called. Pure.

use axum::http::Uri;

/// The face of a score: `A`, `B` or `C`.
pub fn grade(score: i64, least_a: i64, least_b: i64) -> &'static str {
    if score >= least_a {
        "A"
    } else if score >= least_b {
        "B"
    } else {
        "C"
    }
}

/// Where a camera's files lie: `http://gateway:8080/live/k1/`, and its playlist's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    folder: String,
    /// The playlist.
    pub playlist: String,
}

impl Place {
    /// Reads a camera's address; nothing where its host is no gateway of ours or the address is more than folders and a name.
    pub fn read(address: &str, gateways: &[String]) -> Option<Self> {
        let uri: Uri = address.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?.as_str());
        let origin = format!("{scheme}://{authority}");
        let ours = matches!(scheme, "http" | "https") && gateways.iter().any(|one| one.trim_end_matches('/') == origin);
        let (folder, playlist) = uri.path().rsplit_once('/')?;
        let plain = |part: &str| part.is_empty() || is_plain(part);
        if !ours || uri.query().is_some() || !folder.split('/').all(plain) || kind(playlist) != Some(Kind::Playlist) {
            return None;
        }
        Some(Self { folder: format!("{origin}{folder}/"), playlist: playlist.to_owned() })
    }

    /// The address of one of its files.
    pub fn file(&self, name: &str) -> Option<String> {
        kind(name).map(|_| format!("{}{name}", self.folder))
    }
}

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Which segments there are.
    Playlist,
    /// A few seconds.
    Segment,
    /// A still picture.
    Still,
}

/// The still picture that a gateway keeps beside a playlist.
pub const STILL: &str = "snapshot.jpg";

/// What a file is, by its name; nothing for a name that is not a camera's.
pub fn kind(name: &str) -> Option<Kind> {
    if !is_plain(name) {
        return None;
    }
    match name.rsplit_once('.')?.1 {
        "m3u8" => Some(Kind::Playlist),
        "ts" | "m4s" | "mp4" | "aac" => Some(Kind::Segment),
        "jpg" if name == STILL => Some(Kind::Still),
        _ => None,
    }
}

/// A name without folders, dots before it or anything that is written in another way.
fn is_plain(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=80).contains(&name.len()) && name.bytes().all(fits) && !name.starts_with('.') && !name.contains("..")
}

impl Kind {
    /// Its media type.
    pub fn media(self, name: &str) -> &'static str {
        match (self, name.rsplit('.').next()) {
            (Self::Playlist, _) => "application/vnd.apple.mpegurl",
            (Self::Still, _) => "image/jpeg",
            (Self::Segment, Some("ts")) => "video/mp2t",
            (Self::Segment, Some("aac")) => "audio/aac",
            (Self::Segment, _) => "video/mp4",
        }
    }

    /// The most bytes of it.
    pub fn most(self) -> u64 {
        match self {
            Self::Playlist => 64 * 1024,
            Self::Still => 1024 * 1024,
            Self::Segment => 6 * 1024 * 1024,
        }
    }

    /// For how many milliseconds whoever asks gets what somebody else just got.
    pub fn shared_ms(self) -> i64 {
        match self {
            Self::Playlist => 1_000,
            Self::Still => 2_000,
            Self::Segment => 30_000,
        }
    }
}

/// Whether a playlist leads nowhere but to files beside it: what else it names would be fetched by the viewer from there.
pub fn stays_here(playlist: &str) -> bool {
    let named = |line: &str| match line.strip_prefix('#') {
        None => kind(line).is_some(),
        // A tag may name a file: of those none leads away either.
        Some(tag) => tag
            .split_once("URI=\"")
            .is_none_or(|(_, rest)| rest.split_once('"').is_some_and(|(name, _)| kind(name).is_some())),
    };
    let mut lines = playlist.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.next() == Some("#EXTM3U") && lines.all(named)
}
