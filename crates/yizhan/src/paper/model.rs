//! What papers are.

use super::upload::Taken;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yizhan_kit::Lang;

/// What a file is, told by its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A picture, whatever format it came in.
    Picture(image::ImageFormat),
    /// A document.
    Pdf,
}

/// A file that was looked at and may be kept.
#[derive(Debug)]
pub struct Accepted {
    /// `image/jpeg` or `application/pdf`.
    pub media_type: &'static str,
    /// What is kept.
    pub content: Vec<u8>,
    /// A small picture of it, JPEG; empty of a document.
    pub thumbnail: Vec<u8>,
    /// Pixels; zeros of a document.
    pub size: (u32, u32),
    /// What may keep it from being read.
    pub doubts: Vec<Doubt>,
}

/// What may keep a picture from being read.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// Too dark.
    Dark,
    /// Too few pixels.
    Small,
    /// Its edges are soft.
    Blurred,
}

impl Doubt {
    /// What is said of it, and what to do.
    pub fn said(self, lang: Lang) -> String {
        let (zh, en) = match self {
            Self::Dark => ("照片太暗，请到亮处重拍", "too dark; take it again where there is light"),
            Self::Small => ("照片太小，字可能看不清，请靠近重拍", "too small to read; take it again from nearer"),
            Self::Blurred => ("照片可能模糊，请拿稳对焦后重拍", "it may be blurred; hold still and take it again"),
        };
        (if lang == Lang::Zh { zh } else { en }).to_owned()
    }
}

/// What is kept about a paper, sealed beside it.
#[derive(Serialize, Deserialize, Debug)]
pub struct Description {
    /// SHA-256 of the content, in hexadecimal.
    pub hash: String,
    /// `image/jpeg` or `application/pdf`.
    pub media_type: String,
    /// How many bytes.
    pub bytes: usize,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// What the file was called.
    pub file: String,
    /// When and where it was taken, as whoever sent it said.
    #[serde(default)]
    pub taken: Taken,
    /// What may keep it from being read.
    #[serde(default)]
    pub doubts: Vec<Doubt>,
}

/// A paper of a case.
#[derive(Serialize, ToSchema)]
pub struct PaperRow {
    /// SHA-256 of its content, in hexadecimal: its address.
    pub hash: String,
    /// Which of the service's papers it is.
    pub paper: String,
    /// What that is called.
    pub title: String,
    /// `image/jpeg` or `application/pdf`.
    pub media_type: String,
    /// How many bytes.
    pub bytes: usize,
    /// Pixels across; 0 of a document.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// What the file was called.
    pub file: String,
    /// When it was attached.
    pub at: String,
    /// When it was taken, as whoever sent it said; empty where nobody did.
    pub taken: String,
    /// Where it was taken, as latitude and longitude; empty where nobody said.
    pub place: String,
    /// What may keep it from being read.
    pub doubts: Vec<String>,
}

/// Where a kind of paper stands.
#[derive(Serialize, ToSchema, Clone)]
pub struct PaperLine {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Whether it is needed: `now`, `later` or `no`.
    pub needed: String,
    /// `missing`, `given`, `accepted` or `returned`.
    pub state: String,
    /// Why it was returned.
    pub reason: Option<String>,
    /// The latest of them.
    pub hash: Option<String>,
    /// Whether it may be photographed by whoever has a link.
    pub by_link: bool,
}

/// A kind of paper that may be attached now.
#[derive(Serialize, ToSchema)]
pub struct PaperKind {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub title: String,
}

/// The papers of a case.
#[derive(Serialize, ToSchema)]
pub struct Papers {
    /// What is there, the latest first.
    pub papers: Vec<PaperRow>,
    /// What I may attach.
    pub may_attach: Vec<PaperKind>,
    /// Every kind of paper of the service: whether it is needed, and where it stands.
    pub board: Vec<PaperLine>,
    /// Whether I may accept and return papers now.
    pub may_judge: bool,
}

/// What somebody says of a paper.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// `accept` or `return`.
    pub verdict: String,
    /// Which content was looked at.
    pub hash: String,
    /// Why it will not do.
    #[serde(default)]
    pub reason: String,
}

/// A paper that was looked at.
#[derive(Serialize, ToSchema)]
pub struct Judged {
    /// The act in the journal.
    pub seq: u64,
}

/// A link by which one paper of one case is photographed, once.
#[derive(Serialize, ToSchema, Clone)]
pub struct UploadLink {
    /// The address.
    pub link: String,
    /// The code that a phone scans, as SVG.
    pub code: String,
    /// For how many minutes it is good.
    pub minutes: i64,
}

/// Which finished upload becomes a paper.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Finished {
    /// The upload's name.
    pub upload: String,
}

/// A paper that was attached.
#[derive(Serialize, ToSchema)]
pub struct Attached {
    /// Its address: SHA-256 of what is kept.
    pub hash: String,
    /// The act in the journal.
    pub seq: u64,
    /// What may keep it from being read; told at once, so that it can be taken again.
    pub doubts: Vec<String>,
}
