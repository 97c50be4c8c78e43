//! Reading a backup: act by act, the chain proved on the way, keys put to the acts that made them.

use super::pack::{Secret, unpack, unpack_secrets};
use super::part::PartReader;
use super::{Lock, MANIFEST_FILE, Manifest, Places, SECRETS_FILE, Seal, Secrets};
use super::{of_ledger, read_manifest, say};
use crate::image::{FORGOTTEN, Image};
use crate::journal;
use crate::row::{KeyRow, Rows};
use std::collections::{BTreeSet, VecDeque};
use yizhan_kit::digest::HashKind;
use yizhan_kit::{Hash32, Moment};

/// Up to where a zone is put back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// Everything.
    End,
    /// An act, which is the last.
    Act(u64),
    /// The last act that was recorded at a moment or before.
    Moment(Moment),
}

impl std::str::FromStr for Until {
    type Err = String;

    /// Reads an act's number, or a moment such as `2021-02-01T09:00`.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(act) = text.parse() {
            return Ok(Self::Act(act));
        }
        text.parse().map(Self::Moment).map_err(|error| format!("{error}, and no act's number"))
    }
}

/// A backup that can be read.
pub struct Backup {
    places: Places,
    lock: Lock,
    /// What it holds.
    pub manifest: Manifest,
    /// What opens it.
    pub secrets: Secrets,
    kind: HashKind,
}

impl Backup {
    /// Opens a backup.
    ///
    /// # Errors
    /// When there is none, it is sealed under another key, or its secrets are those of another.
    pub fn open(places: &Places, seal: Option<&Seal>) -> Result<Self, String> {
        let (lock, manifest): (Lock, Manifest) = read_manifest(&places.evidence.join(MANIFEST_FILE), seal)?;
        let file = places.secrets.join(SECRETS_FILE);
        let (other, secrets): (Lock, Secrets) = read_manifest(&file, seal)?;
        if other.backup != lock.backup {
            return Err(say(&file, &format!("belongs to backup {}, not {}", other.backup, lock.backup)));
        }
        if secrets.acts < manifest.acts {
            let what = format!("keys end at act {}, the evidence at act {}", secrets.acts, manifest.acts);
            return Err(say(&file, &what));
        }
        let kind = manifest.hash.parse().map_err(|_| format!("{} is no hash function we know", manifest.hash))?;
        Ok(Self { places: places.clone(), lock, manifest, secrets, kind })
    }

    /// Its own number.
    pub fn number(&self) -> &str {
        &self.lock.backup
    }

    /// The hash function of its chain.
    pub fn kind(&self) -> HashKind {
        self.kind
    }

    /// Hands on every secret that is no key.
    ///
    /// # Errors
    /// When the part is damaged.
    pub fn secrets(&self) -> Result<Vec<Secret>, String> {
        let mut kept = Vec::new();
        let mut keys = self.keys()?;
        while keys.fill()? {
            keys.ahead.clear();
        }
        kept.append(&mut keys.others);
        Ok(kept)
    }

    /// Reads every act to the end, hands on those up to `until` with their keys, and proves the chain all the way. What is
    /// damaged after that act is told and does no harm: the keys that later acts forget are not in the backup any more.
    ///
    /// # Errors
    /// What is damaged, and up to which act it is whole; or what `each` answers.
    pub fn every_act(&self, until: Until, mut each: impl FnMut(Rows) -> Result<(), String>) -> Result<Walked, String> {
        let mut keys = self.keys()?;
        let mut walk = Walk { seq: 0, beyond: false, walked: Walked::begin(self.kind) };
        let outcome = self.walk(&mut walk, until, |mut act, seq| {
            act.keys = keys.of(seq)?;
            each(act)
        });
        let Walk { seq, beyond, mut walked } = walk;
        match outcome {
            Ok(()) => {}
            Err(Stop::Told(what)) => return Err(what),
            Err(Stop::Damaged(what)) if beyond || until == Until::Act(seq) => walked.damage = Some(what),
            Err(Stop::Damaged(what)) if seq == 0 => return Err(what),
            Err(Stop::Damaged(what)) => return Err(format!("{what}; up to act {seq} it is whole: --until {seq}")),
        }
        keys.end()?;
        Ok(walked)
    }

    fn walk(
        &self,
        walk: &mut Walk,
        until: Until,
        mut each: impl FnMut(Rows, u64) -> Result<(), String>,
    ) -> Result<(), Stop> {
        let mut hash = journal::genesis(self.kind);
        for part in &self.manifest.parts {
            let mut reader = PartReader::open(&self.places.evidence, part, &self.lock)?;
            while let Some(frame) = reader.next()? {
                for act in unpack(&frame).map_err(|what| reader.damaged(&what))? {
                    let record = &act.journal[0];
                    let (seq, at) = (walk.seq + 1, record.at);
                    if record.seq != seq {
                        return Err(format!("{}: act {seq} is missing, {} is there", part.file, record.seq).into());
                    }
                    prove(self.kind, hash, &act)?;
                    (walk.seq, hash) = (seq, record.hash);
                    walk.walked.note_forgotten(&act);
                    if until.reaches(seq, at) {
                        walk.walked.pass(&act);
                        each(act, seq).map_err(Stop::Told)?;
                    } else {
                        walk.beyond = true;
                    }
                }
            }
        }
        if walk.seq != self.manifest.acts || hash.to_string() != self.manifest.head {
            return Err(format!("the parts end at act {}, the manifest says {}", walk.seq, self.manifest.acts).into());
        }
        Ok(())
    }

    /// In what an image that was put back differs from what the manifest says.
    pub fn differences(&self, image: &Image) -> Vec<String> {
        let mut faults = Vec::new();
        let mut compare = |what: &str, backup: String, restored: String| {
            if backup != restored {
                faults.push(format!("{what}: the manifest says {backup}, the restored zone {restored}"));
            }
        };
        let counts = &image.counts;
        let counted = [
            ("journal", image.seq),
            ("fact", counts.facts),
            ("step", counts.steps),
            ("transfer", counts.transfers),
            ("body", counts.bodies),
            ("outbox", counts.outbox),
        ];
        for (table, rows) in counted {
            let said = self.manifest.counts.get(table).copied().unwrap_or(0);
            compare(&format!("rows of {table}"), said.to_string(), rows.to_string());
        }
        let subjects = self.manifest.kinds.values().sum::<u64>();
        compare("subjects", subjects.to_string(), counts.subjects.to_string());
        for (kind, said) in &self.manifest.kinds {
            let members = image.subjects_of(kind).count();
            let cases = image.cases().filter(|case| image.service(case).name == *kind).count();
            compare(&format!("subjects of kind {kind}"), said.to_string(), (members + cases).to_string());
        }
        let money = of_ledger(&image.ledger);
        for fund in self.manifest.money.keys().chain(money.keys()).collect::<BTreeSet<_>>() {
            let [said, found] = [self.manifest.money.get(fund), money.get(fund)].map(|sum| format!("{sum:?}"));
            compare(&format!("money of {fund}"), said, found);
        }
        faults
    }

    fn keys(&self) -> Result<Keys, String> {
        let part = PartReader::open(&self.places.secrets, &self.secrets.part, &self.lock)?;
        let counted = self.secrets.keys;
        Ok(Keys { part, ahead: VecDeque::new(), others: Vec::new(), read: 0, counted, over: false })
    }
}

/// A walk under way.
struct Walk {
    /// The last act that was proved.
    seq: u64,
    /// Whether an act was seen that is not handed on.
    beyond: bool,
    walked: Walked,
}

/// What ends a walk early.
enum Stop {
    /// The backup is damaged.
    Damaged(String),
    /// Whoever takes the acts cannot go on.
    Told(String),
}

impl From<String> for Stop {
    fn from(what: String) -> Self {
        Self::Damaged(what)
    }
}

/// Where a walk through a backup ended.
pub struct Walked {
    /// The last act that was handed on.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash32,
    /// When it was recorded.
    pub at: Moment,
    /// Keys whose forgetting is on record anywhere in the backup.
    pub forgotten: BTreeSet<u64>,
    /// What is damaged after the last act that was handed on.
    pub damage: Option<String>,
}

/// Proves that an act follows its predecessor and that its rows and bodies are those that were hashed.
///
/// # Errors
/// What is wrong.
pub fn prove(kind: HashKind, before: Hash32, act: &Rows) -> Result<(), String> {
    let record = &act.journal[0];
    if journal::record_hash(kind, before, record, act) != record.hash {
        return Err(format!(
            "act {}: the chain is broken here: the hash does not fit its predecessor, its record and its rows",
            record.seq
        ));
    }
    if journal::bodies_hash(kind, act) != record.bodies {
        return Err(format!("act {}: a sealed body is missing or was changed", record.seq));
    }
    Ok(())
}

impl Walked {
    /// Before the first act.
    pub fn begin(kind: HashKind) -> Self {
        Self { seq: 0, hash: journal::genesis(kind), at: Moment(0), forgotten: BTreeSet::new(), damage: None }
    }

    /// Takes note of the keys that an act forgets.
    pub fn note_forgotten(&mut self, act: &Rows) {
        let forgotten = act.facts.iter().filter(|row| *row.attribute == *FORGOTTEN);
        self.forgotten.extend(forgotten.filter_map(|row| row.value.as_deref()?.parse::<u64>().ok()));
    }

    /// Moves on to an act that is handed on.
    pub fn pass(&mut self, act: &Rows) {
        let record = &act.journal[0];
        (self.seq, self.hash, self.at) = (record.seq, record.hash, record.at);
    }
}

impl Until {
    /// Whether an act is handed on.
    pub fn reaches(self, seq: u64, at: Moment) -> bool {
        match self {
            Self::End => true,
            Self::Act(last) => seq <= last,
            Self::Moment(last) => at <= last,
        }
    }
}

/// The keys, waiting to be asked for by act.
struct Keys {
    part: PartReader,
    ahead: VecDeque<KeyRow>,
    others: Vec<Secret>,
    read: u64,
    counted: u64,
    over: bool,
}

impl Keys {
    /// Reads on; whether there was more.
    fn fill(&mut self) -> Result<bool, String> {
        let Some(frame) = self.part.next()? else {
            self.over = true;
            return Ok(false);
        };
        for secret in unpack_secrets(&frame).map_err(|what| self.part.damaged(&what))? {
            match secret {
                Secret::Key(row) => {
                    self.read += 1;
                    self.ahead.push_back(row);
                }
                other => self.others.push(other),
            }
        }
        Ok(true)
    }

    /// The keys that an act made. What a crash left, its act never having been, is passed over.
    fn of(&mut self, seq: u64) -> Result<Vec<KeyRow>, String> {
        let mut found = Vec::new();
        loop {
            while self.ahead.front().is_some_and(|row| row.seq <= seq) {
                found.extend(self.ahead.pop_front().filter(|row| row.seq == seq));
            }
            if !self.ahead.is_empty() || self.over || !self.fill()? {
                return Ok(found);
            }
        }
    }

    fn end(&mut self) -> Result<(), String> {
        while !self.over {
            self.fill()?;
        }
        if self.read == self.counted {
            return Ok(());
        }
        Err(self.part.damaged(&format!("{} keys are there, {} should be", self.read, self.counted)))
    }
}
