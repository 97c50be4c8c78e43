//! What papers are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
}
