//! One file of a backup: frames that are packed, sealed where the backup is, and hashed as a whole.

use super::{Lock, say};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use yizhan_kit::Entropy;
use yizhan_kit::digest::{HashKind, Hasher};

/// What a file of ours begins with.
const BEGINS: &[u8] = b"yizhan part 1\n";
/// How many bytes are put into a frame, about.
const FRAME: usize = 1 << 20;
/// No frame is larger than this: whatever says so is damaged.
const LARGEST: u32 = 1 << 30;

/// A file of a backup, as its manifest names it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name.
    pub file: String,
    /// The first act in it; 0 of secrets.
    pub first: u64,
    /// The last act in it.
    pub last: u64,
    /// How many frames.
    pub frames: u32,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file.
    pub sha256: String,
}

/// Writes a file; one that is not finished is removed.
pub(super) struct PartWriter<'a> {
    path: PathBuf,
    file: BufWriter<File>,
    lock: &'a Lock,
    entropy: &'a dyn Entropy,
    hasher: Hasher,
    waiting: Vec<u8>,
    part: Part,
    finished: bool,
}

impl<'a> PartWriter<'a> {
    pub(super) fn create(path: &Path, lock: &'a Lock, entropy: &'a dyn Entropy) -> Result<Self, String> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = BufWriter::new(options.open(path).map_err(|error| say(path, &error))?);
        let part = Part { file: String::new(), first: 0, last: 0, frames: 0, bytes: 0, sha256: String::new() };
        let (hasher, waiting) = (Hasher::new(HashKind::Sha256), Vec::new());
        let mut writer = Self { path: path.to_owned(), file, lock, entropy, hasher, waiting, part, finished: false };
        writer.write(BEGINS)?;
        Ok(writer)
    }

    /// Adds what `pack` writes, whole in one frame.
    pub(super) fn add(&mut self, pack: impl FnOnce(&mut Vec<u8>)) -> Result<(), String> {
        pack(&mut self.waiting);
        if self.waiting.len() < FRAME { Ok(()) } else { self.frame() }
    }

    /// How many bytes are on their way to the disk.
    pub(super) fn bytes(&self) -> u64 {
        self.part.bytes
    }

    /// Makes it durable under its final name: first and last act in it.
    pub(super) fn finish(mut self, name: String, first: u64, last: u64) -> Result<Part, String> {
        if !self.waiting.is_empty() {
            self.frame()?;
        }
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|error| say(&self.path, &error))?;
        let last_place = self.path.with_file_name(&name);
        std::fs::rename(&self.path, &last_place).map_err(|error| say(&last_place, &error))?;
        self.finished = true;
        super::sync_folder(&last_place)?;
        let hasher = std::mem::replace(&mut self.hasher, Hasher::new(HashKind::Sha256));
        let part = Part { file: name, first, last, sha256: hasher.finish().to_string(), ..self.part.clone() };
        Ok(part)
    }

    fn frame(&mut self) -> Result<(), String> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        let bytes = packed.write_all(&self.waiting).and_then(|()| packed.finish());
        let bytes = bytes.map_err(|error| say(&self.path, &error))?;
        let bytes = self.lock.close(&context(self.part.frames), bytes, self.entropy);
        let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= LARGEST);
        let length = length.ok_or_else(|| say(&self.path, &"an act is too large"))?;
        self.write(&length.to_le_bytes())?;
        self.write(&bytes)?;
        self.part.frames += 1;
        self.waiting.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.hasher.update(bytes);
        self.part.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| say(&self.path, &error))
    }
}

impl Drop for PartWriter<'_> {
    fn drop(&mut self) {
        if !self.finished {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Reads a file frame by frame, and holds it against what its manifest says of it.
pub(super) struct PartReader {
    path: PathBuf,
    file: BufReader<File>,
    lock: Lock,
    hasher: Hasher,
    part: Part,
    frames: u32,
    bytes: u64,
}

impl PartReader {
    pub(super) fn open(folder: &Path, part: &Part, lock: &Lock) -> Result<Self, String> {
        let path = folder.join(&part.file);
        let file = BufReader::new(File::open(&path).map_err(|error| say(&path, &error))?);
        let hasher = Hasher::new(HashKind::Sha256);
        let mut reader = Self { path, file, lock: lock.clone(), hasher, part: part.clone(), frames: 0, bytes: 0 };
        let begins = reader.take(BEGINS.len())?;
        if begins != BEGINS {
            return Err(say(&reader.path, &"is no part of a backup, or is damaged at its beginning"));
        }
        Ok(reader)
    }

    /// The next frame; nothing at the end, when the whole file was what its manifest says.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        if self.frames == self.part.frames {
            return self.end().map(|()| None);
        }
        let length = u32::from_le_bytes(self.take(4)?.try_into().expect("four bytes were taken"));
        if u64::from(length) > self.part.bytes.saturating_sub(self.bytes) {
            return Err(self.damaged("a length is wrong"));
        }
        let bytes = self.take(length as usize)?;
        let bytes = self.lock.open(&context(self.frames), bytes).map_err(|error| self.damaged(&error))?;
        let mut plain = Vec::new();
        let mut unpacking = ZlibDecoder::new(&bytes[..]);
        unpacking.read_to_end(&mut plain).map_err(|error| self.damaged(&error.to_string()))?;
        self.frames += 1;
        Ok(Some(plain))
    }

    /// What is said of a frame that cannot be read.
    pub(super) fn damaged(&self, what: &str) -> String {
        say(&self.path, &format!("frame {} is damaged: {what}", self.frames + 1))
    }

    fn end(&mut self) -> Result<(), String> {
        let mut more = [0];
        let over = self.file.read(&mut more).map_err(|error| say(&self.path, &error))?;
        if over > 0 || self.bytes != self.part.bytes {
            return Err(say(&self.path, &format!("is longer than the {} bytes of its manifest", self.part.bytes)));
        }
        let hasher = std::mem::replace(&mut self.hasher, Hasher::new(HashKind::Sha256));
        if hasher.finish().to_string() != self.part.sha256 {
            return Err(say(&self.path, &"was changed: it is not what its manifest says"));
        }
        Ok(())
    }

    fn take(&mut self, count: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; count];
        self.file.read_exact(&mut bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                say(&self.path, &format!("is cut off: it should have {} bytes", self.part.bytes))
            }
            _ => say(&self.path, &error),
        })?;
        self.hasher.update(&bytes);
        self.bytes += count as u64;
        Ok(bytes)
    }
}

/// What a sealed frame is bound to besides its backup's own key: its place. Acts carry their numbers and their chain, so that
/// a frame in another file is found too.
fn context(frame: u32) -> String {
    format!("frame {frame}")
}
