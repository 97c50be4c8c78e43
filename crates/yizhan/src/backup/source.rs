//! What a zone is put back from: a backup, or a folder with the database of a zone itself, as earlier releases copied it.

use super::{Which, beside, places, seal, working_state};
use crate::config::Config;
use std::path::PathBuf;
use yizhan_core::backup::{Backup, Secret, Until, Walked, prove};
use yizhan_core::heads::{self, HEADS_FILE, SignedHead};
use yizhan_core::row::Rows;
use yizhan_core::vault::{MASTER_KEY_FILE, ZONE_KEY_FILE};
use yizhan_core::waist::ReadError;
use yizhan_core::waist::Reader;
use yizhan_core::waist::load::{Depth, every_act_until};
use yizhan_core::waist::sqlite::{EVIDENCE_FILE, SqliteWorking, WORKING_FILE};
use yizhan_kit::digest::HashKind;

/// What a zone is put back from.
pub enum Source {
    /// A backup.
    Backup {
        /// What it holds.
        backup: Box<Backup>,
        /// Its folder.
        folder: PathBuf,
    },
    /// A folder with the zone's own database.
    Folder {
        /// Reads it.
        reader: Box<Reader>,
        /// The hash function of its chain.
        kind: HashKind,
        /// Its folder.
        folder: PathBuf,
        /// The folder of its keys.
        keys: PathBuf,
    },
}

/// Ends a walk with a message.
struct Broken(String);

impl From<ReadError> for Broken {
    fn from(error: ReadError) -> Self {
        Self(error.to_string())
    }
}

impl Source {
    /// Opens it.
    ///
    /// # Errors
    /// When there is none, or it cannot be opened.
    pub fn open(which: &Which, config: &Config) -> Result<Self, String> {
        let folder = which.from.clone();
        if folder.join(EVIDENCE_FILE).exists() {
            let keys = which.keys_from.clone().unwrap_or_else(|| beside(&folder));
            let reader = Box::new(Reader::open_apart(&folder, &keys)?);
            return Ok(Self::Folder { reader, kind: config.hash()?, folder, keys });
        }
        let seal = seal(which.seal_key.as_deref(), config)?;
        let places = places(&folder, which.keys_from.as_deref(), seal.is_some());
        let backup = Box::new(Backup::open(&places, seal.as_ref())?);
        Ok(Self::Backup { backup, folder })
    }

    /// The hash function of its chain.
    pub fn kind(&self) -> HashKind {
        match self {
            Self::Backup { backup, .. } => backup.kind(),
            Self::Folder { kind, .. } => *kind,
        }
    }

    /// The epoch of the zone when it was backed up.
    pub fn epoch(&mut self) -> u64 {
        match self {
            Self::Backup { backup, .. } => backup.manifest.epoch,
            Self::Folder { reader, .. } => reader.head().map_or(0, |head| head.epoch),
        }
    }

    /// Its last act.
    pub fn acts(&mut self) -> Result<u64, String> {
        match self {
            Self::Backup { backup, .. } => Ok(backup.manifest.acts),
            Self::Folder { reader, .. } => reader.head().map(|head| head.seq),
        }
    }

    /// How it is called in the journal of the zone that is put back from it.
    pub fn name(&self) -> String {
        match self {
            Self::Backup { backup, .. } => backup.number().to_owned(),
            Self::Folder { .. } => "folder".to_owned(),
        }
    }

    /// Hands on every act up to one, with its keys, and proves the chain to its end.
    ///
    /// # Errors
    /// What is damaged, or what `each` answers.
    pub fn every_act(
        &mut self,
        until: Until,
        mut each: impl FnMut(Rows) -> Result<(), String>,
    ) -> Result<Walked, String> {
        let (reader, kind) = match self {
            Self::Backup { backup, .. } => return backup.every_act(until, each),
            Self::Folder { reader, kind, .. } => (reader, *kind),
        };
        let mut walked = Walked::begin(kind);
        let mut hash = walked.hash;
        let last = reader.head()?.seq;
        every_act_until(reader, Depth::Bodies, last, |act| {
            prove(kind, hash, &act).map_err(Broken)?;
            let (seq, at) = (act.journal[0].seq, act.journal[0].at);
            hash = act.journal[0].hash;
            walked.note_forgotten(&act);
            if until.reaches(seq, at) {
                walked.pass(&act);
                each(act).map_err(Broken)?;
            }
            Ok(())
        })
        .map_err(|Broken(what)| what)?;
        Ok(walked)
    }

    /// What opens it beside its keys.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn secrets(&self) -> Result<Vec<Secret>, String> {
        let (folder, keys) = match self {
            Self::Backup { backup, .. } => return backup.secrets(),
            Self::Folder { folder, keys, .. } => (folder, keys),
        };
        let mut secrets = Vec::new();
        if let Some(bytes) = super::read_if_there(&keys.join(ZONE_KEY_FILE))? {
            secrets.push(Secret::ZoneKey(bytes));
        }
        for place in [keys, folder] {
            if let Some(bytes) = super::read_if_there(&place.join(MASTER_KEY_FILE))? {
                secrets.push(Secret::MasterKey(bytes));
                break;
            }
        }
        for place in [keys, folder] {
            if place.join(WORKING_FILE).exists() {
                secrets.extend(working_state(&mut SqliteWorking::open(place)?)?);
                break;
            }
        }
        Ok(secrets)
    }

    /// Its signed heads.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn heads(&self) -> Result<Vec<SignedHead>, String> {
        let (Self::Backup { folder, .. } | Self::Folder { folder, .. }) = self;
        let file = folder.join(HEADS_FILE);
        if file.exists() { heads::read(&file) } else { Ok(Vec::new()) }
    }

    /// Keys that were destroyed while it was made, by acts that are not in it.
    pub fn forgotten_since(&self) -> &[u64] {
        match self {
            Self::Backup { backup, .. } => &backup.secrets.forgotten,
            Self::Folder { .. } => &[],
        }
    }
}
