//! A zone on an instance that shares it with others: it follows the owner, act by act, and may become the owner.

use crate::catalog::Catalog;
use crate::image::{self, Fault, Image};
use crate::row::BodyRow;
use crate::waist::load::acts_after;
use crate::waist::{Engine, ReadError, Reader};
use crate::writer::{Writer, not_the_owner};
use crate::zone;
use yizhan_kit::digest::HashKind;

/// How many acts are read at a time.
const PAGE: usize = 1024;

/// A zone that is followed, and decided on while it is owned.
pub struct Replica {
    writer: Writer,
    reader: Reader,
    bodies: Reader,
    /// Keys whose forgetting is on record: an owner that died may have left some of them.
    forgotten: Vec<u64>,
}

/// Why a zone could not be followed any further.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lost {
    /// The database could not be asked; it may be tried again.
    Unreachable(String),
    /// What was read does not continue what is known.
    Broken(Fault),
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(what) => f.write_str(what),
            Self::Broken(fault) => write!(f, "{fault}"),
        }
    }
}

impl Replica {
    /// Reads a zone as far as it is, and owns nothing.
    ///
    /// # Errors
    /// Every fault of its rows, or what kept it from being read.
    pub fn open(mut engine: Engine, kind: HashKind) -> Result<Self, Vec<String>> {
        let one = |error: String| vec![error];
        let head = engine.head().map_err(one)?;
        let reader = engine.reader().map_err(one)?;
        let bodies = reader.another().map_err(one)?;
        let rebuilt = zone::rebuild_until(&reader, kind, crate::waist::load::Depth::Heads, head.seq);
        if !rebuilt.faults.is_empty() {
            return Err(rebuilt.faults.iter().map(Fault::to_string).collect());
        }
        engine.rest();
        let mut writer = Writer::new(engine, 0, rebuilt.image);
        writer.close(not_the_owner());
        Ok(Self { writer, reader, bodies, forgotten: rebuilt.undead_keys })
    }

    /// What is known.
    pub fn image(&self) -> &Image {
        self.writer.image()
    }

    /// What decides.
    pub fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }

    /// Whether it decides.
    pub fn is_owner(&self) -> bool {
        !self.writer.is_closed()
    }

    /// Reads what others wrote since: how many acts.
    ///
    /// # Errors
    /// See [`Lost`]; what was read before stays.
    pub fn follow(&mut self) -> Result<usize, Lost> {
        let Self { writer, reader, bodies, forgotten } = self;
        let mut followed = 0;
        loop {
            let image = writer.image();
            let acts = acts_after(reader, image.seq, &image.counts, PAGE).map_err(lost)?;
            let mut catalog_of = |n: u64| {
                let body: BodyRow =
                    bodies.one(n).map_err(|error| error.to_string())?.ok_or("the catalog's body is missing")?;
                Catalog::shared(&body.sealed)
            };
            writer.follow(&acts, &mut catalog_of).map_err(Lost::Broken)?;
            forgotten.extend(acts.iter().flat_map(image::forgotten));
            followed += acts.len();
            if acts.len() < PAGE {
                return Ok(followed);
            }
        }
    }

    /// Decides from now on: the epoch was taken, so that nobody else writes any more and what is read now is all there is. Keys that should be
    /// gone are gone before that.
    ///
    /// # Errors
    /// See [`Lost`]; then it owns nothing.
    pub fn own(&mut self, epoch: u64) -> Result<(), Lost> {
        self.follow()?;
        if !self.forgotten.is_empty() {
            self.writer.engine().forget(&self.forgotten).map_err(Lost::Unreachable)?;
            self.forgotten.clear();
        }
        self.writer.own(epoch);
        Ok(())
    }

    /// Decides no more.
    pub fn release(&mut self) {
        self.writer.close(not_the_owner());
        self.writer.engine().rest();
    }
}

fn lost(error: ReadError) -> Lost {
    match error {
        ReadError::Engine(what) => Lost::Unreachable(what),
        ReadError::Damaged { table, n, column, what } => {
            let n = u64::try_from(n).unwrap_or(0);
            Lost::Broken(Fault { seq: 0, table, n, what: format!("{column} {what}") })
        }
    }
}
