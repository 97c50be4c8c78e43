//! Making a backup, or adding to one what is new since.
//!
//! The order of writing makes every interruption harmless: parts, then secrets, then the manifest of the evidence. Until the
//! last rename the backup is what it was before.

use super::pack::{Secret, pack, pack_secret};
use super::part::{Part, PartWriter};
use super::{FORMAT, Lock, MANIFEST_FILE, Manifest, Places, SECRETS_FILE, Seal, Secrets};
use super::{read_manifest, replace, say, sums, sync_folder, write_manifest};
use crate::heads::{self, HEADS_FILE, SignedHead};
use crate::image::FORGOTTEN;
use crate::image::case::StepVerb;
use crate::journal;
use crate::row::{FactRow, JournalRow, KeyRow, Rows};
use crate::waist::load::{Marks, every_act_after};
use crate::waist::{ReadError, Reader};
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use yizhan_kit::digest::HashKind;
use yizhan_kit::id::{random, to_hex};
use yizhan_kit::{Entropy, Hash32, Moment};

/// A part is closed when it has grown to so many bytes.
const PART_BYTES: u64 = 64 << 20;
/// The file by which one run keeps another out.
const LOCK_FILE: &str = "backup.lock";
/// The name of a part while it is written.
const UNFINISHED: &str = "unfinished.tmp";

/// What is backed up.
pub struct Source<'a> {
    /// The zone.
    pub reader: &'a mut Reader,
    /// The hash function of its chain.
    pub kind: HashKind,
    /// What opens it beside the keys.
    pub secrets: Vec<Secret>,
    /// Its signed heads.
    pub heads: Vec<SignedHead>,
    /// By what the head of the backup is signed, where the vault is at hand.
    pub signer: Option<SigningKey>,
    /// The release that writes.
    pub program: String,
    /// The machine's time.
    pub now: Moment,
}

/// What a run came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// The last act in the backup now.
    pub acts: u64,
    /// How many of them are new.
    pub added: u64,
    /// How many bytes of evidence were written.
    pub bytes: u64,
    /// How many keys there are.
    pub keys: u64,
}

/// Backs a zone up, or adds to its backup what is new. Its owner goes on meanwhile: every act up to the one that is the last
/// when this begins is durable whole, and nothing that is evidence is ever changed, so the copy is consistent at that act.
///
/// # Errors
/// When the folder holds another zone's backup, the zone is damaged, or something cannot be written; the backup is then what
/// it was before.
pub fn make(source: Source<'_>, to: &Places, seal: Option<&Seal>, entropy: &dyn Entropy) -> Result<Made, String> {
    for folder in [&to.evidence, &to.secrets] {
        std::fs::create_dir_all(folder).map_err(|error| say(folder, &error))?;
    }
    let running = File::create(to.evidence.join(LOCK_FILE)).map_err(|error| say(&to.evidence, &error))?;
    running.try_lock().map_err(|_| say(&to.evidence, &"another run is writing to this backup"))?;
    let (lock, before) = before(to, seal, entropy)?;
    let head = source.reader.head()?;
    let mut manifest = match before {
        Some(manifest) => goes_on(manifest, source.reader, source.kind)?,
        None => empty(source.kind),
    };
    let first = manifest.acts;
    sweep(to, &manifest, first == 0)?;
    let bytes = add_parts(source.reader, source.kind, &mut manifest, head.seq, to, &lock, entropy)?;
    if manifest.acts == head.seq && manifest.head != head.hash.to_string() {
        return Err(format!("act {} is not the head of the chain: the zone is damaged, verify it", head.seq));
    }
    (manifest.epoch, manifest.program, manifest.made_at) = (head.epoch, source.program, source.now);
    manifest.money = sums::of_rows(source.reader, manifest.acts)?;
    let secrets = write_secrets(source.reader, source.secrets, manifest.acts, &manifest.marks, to, &lock, entropy)?;
    write_manifest(&to.secrets.join(SECRETS_FILE), secrets.clone(), &lock, entropy)?;
    let file = to.evidence.join(HEADS_FILE);
    let mut heads = source.heads;
    for head in if file.exists() { heads::read(&file)? } else { Vec::new() } {
        if !heads.contains(&head) {
            heads.push(head);
        }
    }
    heads.sort_by_key(|head| head.seq);
    if let Some(key) = source.signer.filter(|_| heads.iter().all(|one| one.hash != manifest.head)) {
        heads.push(SignedHead::sign_act(manifest.acts, manifest.at, head.hash, &key));
    }
    write_heads(&heads, manifest.acts, &to.evidence)?;
    write_manifest(&to.evidence.join(MANIFEST_FILE), manifest.clone(), &lock, entropy)?;
    remove_others(&to.secrets, "secrets-", std::slice::from_ref(&secrets.part))?;
    Ok(Made { acts: manifest.acts, added: manifest.acts - first, bytes, keys: secrets.keys })
}

/// What the folder holds already.
fn before(to: &Places, seal: Option<&Seal>, entropy: &dyn Entropy) -> Result<(Lock, Option<Manifest>), String> {
    let file = to.evidence.join(MANIFEST_FILE);
    if file.exists() {
        let (lock, manifest) = read_manifest(&file, seal)?;
        return Ok((lock, Some(manifest)));
    }
    for folder in [&to.evidence, &to.secrets] {
        let entries = std::fs::read_dir(folder).map_err(|error| say(folder, &error))?;
        let mut names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let ours = |name: &String| {
            let known = [LOCK_FILE, UNFINISHED, HEADS_FILE, SECRETS_FILE].contains(&name.as_str());
            known || is_ours(name, "acts-") || is_ours(name, "secrets-") || name.ends_with(".tmp")
        };
        if let Some(foreign) = names.find(|name| !ours(name)) {
            return Err(say(folder, &format!("holds no backup, but {foreign}; a backup begins in an empty folder")));
        }
    }
    Ok((Lock::new(&to_hex(&random::<8>(entropy)), seal), None))
}

fn empty(kind: HashKind) -> Manifest {
    Manifest {
        program: String::new(),
        hash: kind.name().to_owned(),
        made_at: Moment(0),
        epoch: 0,
        acts: 0,
        head: journal::genesis(kind).to_string(),
        at: Moment(0),
        marks: Marks::default(),
        counts: BTreeMap::new(),
        kinds: BTreeMap::new(),
        money: BTreeMap::new(),
        parts: Vec::new(),
    }
}

/// Whether the zone is the one that was backed up, and has gone on from there.
fn goes_on(manifest: Manifest, reader: &mut Reader, kind: HashKind) -> Result<Manifest, String> {
    if manifest.hash != kind.name() {
        return Err(format!("the backup's chain is hashed by {}, the zone's by {}", manifest.hash, kind.name()));
    }
    let last = match manifest.acts {
        0 => Some(journal::genesis(kind)),
        n => reader.one::<JournalRow>(n).map_err(|error| error.to_string())?.map(|record| record.hash),
    };
    match last {
        Some(hash) if hash.to_string() == manifest.head => Ok(manifest),
        Some(_) => Err(format!("another act {} stands in the zone: the backup is not of this chain", manifest.acts)),
        None => Err(format!("the zone ends before act {} of the backup; begin a new one", manifest.acts)),
    }
}

/// Throws away what an interrupted run left, and looks that every part is there in its length.
fn sweep(to: &Places, manifest: &Manifest, fresh: bool) -> Result<(), String> {
    for folder in [&to.evidence, &to.secrets] {
        let _ = std::fs::remove_file(folder.join(UNFINISHED));
    }
    remove_others(&to.evidence, "acts-", &manifest.parts)?;
    if fresh {
        remove_others(&to.secrets, "secrets-", &[])?;
    }
    for part in &manifest.parts {
        let path = to.evidence.join(&part.file);
        let length = std::fs::metadata(&path).map_err(|error| say(&path, &error))?.len();
        if length != part.bytes {
            let what = format!("has {length} bytes, not {}: this backup is damaged; begin a new one", part.bytes);
            return Err(say(&path, &what));
        }
    }
    Ok(())
}

fn is_ours(name: &str, begins: &str) -> bool {
    name.starts_with(begins) && name.ends_with(".part")
}

fn remove_others(folder: &Path, begins: &str, keep: &[Part]) -> Result<(), String> {
    let mut removed = false;
    for entry in std::fs::read_dir(folder).map_err(|error| say(folder, &error))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_ours(&name, begins) && keep.iter().all(|part| part.file != name) {
            std::fs::remove_file(entry.path()).map_err(|error| say(&entry.path(), &error))?;
            removed = true;
        }
    }
    if removed { sync_folder(&folder.join(MANIFEST_FILE)) } else { Ok(()) }
}

/// Writes the acts after those of the manifest, up to one; how many bytes.
fn add_parts(
    reader: &Reader,
    kind: HashKind,
    manifest: &mut Manifest,
    last: u64,
    to: &Places,
    lock: &Lock,
    entropy: &dyn Entropy,
) -> Result<u64, String> {
    let place = to.evidence.join(UNFINISHED);
    let (mut writer, mut first, mut bytes) = (None, manifest.acts + 1, 0);
    let mut hash: Hash32 = manifest.head.parse().map_err(|_| "the manifest's head is no hash".to_owned())?;
    let marks = manifest.marks;
    every_act_after(reader, &marks, last, |act| -> Result<(), Broken> {
        let record = &act.journal[0];
        let whole = journal::record_hash(kind, hash, record, &act) == record.hash
            && journal::bodies_hash(kind, &act) == record.bodies;
        if !whole {
            return Err(Broken(format!("act {}: the chain is broken here; verify the zone", record.seq)));
        }
        hash = record.hash;
        if writer.is_none() {
            writer = Some(PartWriter::create(&place, lock, entropy)?);
        }
        let part = writer.as_mut().expect("it was made a moment ago");
        part.add(|into| pack(&act, into))?;
        count(manifest, &act);
        if part.bytes() >= PART_BYTES {
            bytes += finish(writer.take(), &mut first, manifest)?;
        }
        Ok(())
    })
    .map_err(|Broken(what)| what)?;
    bytes += finish(writer, &mut first, manifest)?;
    if manifest.acts != last {
        return Err(format!("the rows end at act {}, the head says {last}; verify the zone", manifest.acts));
    }
    Ok(bytes)
}

fn finish(writer: Option<PartWriter<'_>>, first: &mut u64, manifest: &mut Manifest) -> Result<u64, String> {
    let Some(writer) = writer else { return Ok(0) };
    let name = format!("acts-{first:012}-{:012}.part", manifest.acts);
    let part = writer.finish(name, *first, manifest.acts)?;
    *first = manifest.acts + 1;
    let bytes = part.bytes;
    manifest.parts.push(part);
    Ok(bytes)
}

/// What ends the reading: a message, wherever it comes from.
struct Broken(String);

impl From<ReadError> for Broken {
    fn from(error: ReadError) -> Self {
        Self(error.to_string())
    }
}

impl From<String> for Broken {
    fn from(what: String) -> Self {
        Self(what)
    }
}

fn count(manifest: &mut Manifest, act: &Rows) {
    let record = &act.journal[0];
    (manifest.acts, manifest.at, manifest.head) = (record.seq, record.at, record.hash.to_string());
    manifest.marks.pass(act);
    let rows = [
        ("subject", act.subjects.len()),
        ("fact", act.facts.len()),
        ("step", act.steps.len()),
        ("transfer", act.transfers.len()),
        ("body", act.bodies.len()),
        ("outbox", act.outbox.len()),
        ("journal", 1),
    ];
    for (table, rows) in rows {
        *manifest.counts.entry(table.to_owned()).or_default() += rows as u64;
    }
    let opened = act.steps.iter().filter(|step| *step.verb == *StepVerb::Open.as_str()).map(|step| &step.name);
    for kind in act.subjects.iter().map(|subject| &subject.kind).chain(opened) {
        *manifest.kinds.entry(kind.to_string()).or_default() += 1;
    }
}

/// Writes the part of secrets anew: what was forgotten since is not in it any more.
fn write_secrets(
    reader: &mut Reader,
    secrets: Vec<Secret>,
    last: u64,
    marks: &Marks,
    to: &Places,
    lock: &Lock,
    entropy: &dyn Entropy,
) -> Result<Secrets, String> {
    let mut part = PartWriter::create(&to.secrets.join(UNFINISHED), lock, entropy)?;
    for secret in &secrets {
        part.add(|into| pack_secret(secret, into))?;
    }
    let (mut after, mut keys) = (-1, 0);
    loop {
        let page = reader.page::<KeyRow>(after, 4096).map_err(|error| error.to_string())?;
        let Some(end) = page.last() else { break };
        after = i64::try_from(end.n).unwrap_or(i64::MAX);
        // A key of a later act would open nothing here.
        for row in page.into_iter().filter(|row| row.seq <= last) {
            part.add(|into| pack_secret(&Secret::Key(row), into))?;
            keys += 1;
        }
    }
    let run = to_hex(&random::<4>(entropy));
    let part = part.finish(format!("secrets-{last:012}-{run}.part"), 0, last)?;
    let forgotten = forgotten_after(reader, marks)?;
    Ok(Secrets { acts: last, keys, forgotten, part })
}

/// The keys that acts forget after those that were read.
fn forgotten_after(reader: &mut Reader, marks: &Marks) -> Result<Vec<u64>, String> {
    let (mut after, mut forgotten) = (marks.fact, Vec::new());
    loop {
        let page = reader.page::<FactRow>(after, 4096).map_err(|error| error.to_string())?;
        let Some(end) = page.last() else { return Ok(forgotten) };
        after = i64::try_from(end.n).unwrap_or(i64::MAX);
        let of_page = page.iter().filter(|row| *row.attribute == *FORGOTTEN);
        forgotten.extend(of_page.filter_map(|row| row.value.as_deref()?.parse::<u64>().ok()));
    }
}

fn write_heads(heads: &[SignedHead], last: u64, folder: &Path) -> Result<(), String> {
    let mut text = String::new();
    for head in heads.iter().filter(|head| head.seq <= last) {
        text.push_str(&serde_json::to_string(head).map_err(|error| error.to_string())?);
        text.push('\n');
    }
    replace(&folder.join(HEADS_FILE), text.as_bytes())
}

const _: () = assert!(FORMAT == 1, "a new format keeps the old one readable");
