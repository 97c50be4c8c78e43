//! Putting a zone back where none is, on either engine, as it is in the backup or as it was at an earlier act. The chain is
//! proved on the way, the signed heads are held against it, and what was forgotten stays forgotten.
//!
//! A zone that is being put back is in epoch 0, in which nobody serves, reads or writes it; a restore that was interrupted
//! goes on where it stopped.

use super::source::Source;
use super::{Which, folder_of, read_if_there, say, vault_of};
use crate::command::Common;
use crate::config::Config;
use crate::serve::{self, is_demonstration};
use crate::store;
use clap::Args;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use yizhan_core::backup::{Secret, Until, Walked};
use yizhan_core::heads::{self, HEADS_FILE, SignedHead};
use yizhan_core::image::Image;
use yizhan_core::journal;
use yizhan_core::row::Rows;
use yizhan_core::service::{Happened, TellOfZone};
use yizhan_core::vault::ZONE_KEY_FILE;
use yizhan_core::waist::load::Depth;
use yizhan_core::waist::sqlite::KEY_FOLDER;
use yizhan_core::waist::{Address, AppendError, Engine, Head};
use yizhan_core::writer::Writer;
use yizhan_core::zone;
use yizhan_kit::clock::SystemClock;
use yizhan_kit::{Clock, Moment};

/// How many acts are written in one commit.
const GROUP: usize = 4096;
/// How many bytes of bodies are written in one commit, about.
const GROUP_BYTES: usize = 16 << 20;

/// What `yizhan restore` takes.
#[derive(Args, Clone)]
pub struct Wishes {
    /// Which backup.
    #[command(flatten)]
    pub which: Which,
    /// The last act to put back: its number, or a moment (`2021-02-01T09:00`) after which nothing is.
    #[arg(long)]
    pub until: Option<Until>,
    /// Key numbers, one a line, that were forgotten after the backup was made.
    #[arg(long)]
    pub forgotten: Option<PathBuf>,
}

/// A zone that was put back.
pub struct Restored {
    /// The last act of the backup that is in it.
    pub walked: Walked,
    /// Its memory.
    pub image: Image,
    /// How many signed heads were held against it.
    pub heads: usize,
}

/// Whether the journal of the zone says that it was put back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It does.
    InTheJournal,
    /// The zone is only tried out.
    Nowhere,
}

/// Puts a zone back.
///
/// # Errors
/// When a zone is there already, the backup is damaged, or something cannot be written.
pub fn run(common: &Common, wishes: &Wishes) -> Result<(), String> {
    let begun = Instant::now();
    let (address, config) = (common.address(), common.config()?);
    let mut source = Source::open(&wishes.which, &config)?;
    let forgotten = wishes.forgotten.as_deref().map(numbers).transpose()?.unwrap_or_default();
    let until = wishes.until.unwrap_or(Until::End);
    let restored = put_back(&mut source, &address, &config, until, &forgotten, Told::InTheJournal)?;
    let of = source.acts()?;
    let (seq, at) = (restored.walked.seq, restored.walked.at);
    eprintln!("restored act {seq} of {of}, recorded {at}; the chain is proved, {} signed heads fit", restored.heads);
    if let Some(damage) = &restored.walked.damage {
        eprintln!("what comes after it in the backup is damaged: {damage}");
    }
    if seq < of {
        eprintln!("what came after act {seq} is not in it; the journal says so, and the zone goes on in a new epoch");
    }
    let master = store::master_key(&address, &config);
    if !master.exists() {
        eprintln!("put the master key back to {} before anyone signs in", master.display());
    }
    let line = serde_json::json!({
        "ok": true, "acts": seq, "of": of, "head": restored.walked.hash.to_string(), "heads": restored.heads,
        "took_ms": u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    });
    crate::command::tell(&line.to_string());
    Ok(())
}

/// Puts a zone back at an address, whole or up to an act.
///
/// # Errors
/// As for [`run`].
pub fn put_back(
    source: &mut Source,
    address: &Address,
    config: &Config,
    until: Until,
    forgotten: &[u64],
    told: Told,
) -> Result<Restored, String> {
    let kind = source.kind();
    if kind != config.hash()? {
        return Err(format!("the chain is hashed by {}; write hash = \"{0}\" into the configuration", kind.name()));
    }
    let of = source.acts()?;
    if let Until::Act(act) = until
        && !(1..=of).contains(&act)
    {
        return Err(format!("the backup holds the acts from 1 to {of}; {act} is none of them"));
    }
    let own = folder_of(address, config);
    must_be_free(source, &own)?;
    let mut engine = Engine::open(address)?;
    engine.found_unfinished(journal::genesis(kind))?;
    let begun = engine.head()?;
    if begun.epoch != 0 {
        return Err(format!("there is a zone already, up to act {}; restore where none is", begun.seq));
    }
    let walked = write(source, &mut engine, begun, until)?;
    if walked.seq == 0 {
        return Err("nothing was recorded by that moment; name a later one".into());
    }
    let mut destroyed: BTreeSet<u64> = walked.forgotten.iter().copied().collect();
    destroyed.extend(forgotten.iter().chain(source.forgotten_since()));
    engine.forget(&destroyed.into_iter().collect::<Vec<_>>())?;
    let master = store::master_key(address, config);
    put_secrets(source, address, &own, &master)?;
    let heads = check_heads(source, &mut engine, &own, &master, config, walked.seq)?;
    let rebuilt = zone::rebuild(&engine.reader()?, kind, Depth::Heads);
    if let Some(fault) = rebuilt.faults.first() {
        return Err(format!("what was restored is not whole: {fault}"));
    }
    let epoch = source.epoch() + 1;
    let image = match told {
        Told::Nowhere => {
            engine.begin(epoch)?;
            rebuilt.image
        }
        Told::InTheJournal => {
            let what = serde_json::json!({
                "backup": source.name(), "act": walked.seq, "of": of, "hash": walked.hash.to_string(),
            });
            let demonstration = is_demonstration(&rebuilt.image);
            let now = if demonstration { rebuilt.image.at } else { SystemClock.now() };
            let mut writer = Writer::new(engine, 0, rebuilt.image);
            let verb = TellOfZone { what: Happened::Restored, told: what.to_string().into_bytes().into() };
            serve::alone(&mut writer, now, Arc::new(verb))?;
            writer.engine().begin(epoch)?;
            writer.image().clone()
        }
    };
    Ok(Restored { walked, image, heads })
}

/// The folder of keys must not be that of another zone, whose key would be lost for ever.
fn must_be_free(source: &Source, own: &Path) -> Result<(), String> {
    let file = own.join(KEY_FOLDER).join(ZONE_KEY_FILE);
    let ours = |secret: &Secret, there: &[u8]| matches!(secret, Secret::ZoneKey(bytes) if bytes == there);
    let foreign = |file: &Path| Err(say(file, &"belongs to another zone; restore where its keys are not (key_folder)"));
    if let Some(there) = read_if_there(&file)?
        && !source.secrets()?.iter().any(|secret| ours(secret, &there))
    {
        return foreign(&file);
    }
    let file = own.join(HEADS_FILE);
    let known = source.heads()?;
    if file.exists() && heads::read(&file)?.iter().any(|head| !known.contains(head)) {
        return foreign(&file);
    }
    Ok(())
}

/// Writes the acts that are not there yet.
fn write(source: &mut Source, engine: &mut Engine, begun: Head, until: Until) -> Result<Walked, String> {
    let (mut at, mut group, mut bytes) = (begun, Rows::default(), 0);
    let mut fits = begun.seq == 0;
    let walked = source.every_act(until, |act| {
        let record = &act.journal[0];
        if record.seq <= begun.seq {
            fits |= record.seq == begun.seq && record.hash == begun.hash;
            return Ok(());
        }
        if !fits {
            return Err(foreign(begun.seq));
        }
        bytes += act.bodies.iter().map(|body| body.sealed.len()).sum::<usize>();
        group.append(act);
        if group.journal.len() < GROUP && bytes < GROUP_BYTES {
            return Ok(());
        }
        bytes = 0;
        append(engine, &mut at, std::mem::take(&mut group))
    })?;
    append(engine, &mut at, group)?;
    if !fits || at.seq != walked.seq {
        return Err(foreign(begun.seq));
    }
    Ok(walked)
}

fn foreign(seq: u64) -> String {
    format!("an unfinished restore of something else is here, up to act {seq}; restore where nothing is")
}

fn append(to: &mut Engine, at: &mut Head, group: Rows) -> Result<(), String> {
    let Some(record) = group.journal.last() else { return Ok(()) };
    let (seq, hash) = (record.seq, record.hash);
    to.append(at.epoch, at.seq, hash, &group).map_err(|error| match error {
        AppendError::Fenced => "somebody else writes here".to_owned(),
        AppendError::Refused(what)
        | AppendError::Full(what)
        | AppendError::Unreachable(what)
        | AppendError::Unknown(what) => format!("act {seq} could not be written: {what}; run the restore again"),
    })?;
    (at.seq, at.hash) = (seq, hash);
    Ok(())
}

/// Puts back what opens the evidence beside the keys.
fn put_secrets(source: &Source, address: &Address, own: &Path, master: &Path) -> Result<(), String> {
    let keys = own.join(KEY_FOLDER);
    fs::create_dir_all(&keys).map_err(|error| say(&keys, &error))?;
    let mut working = store::working(address)?;
    for secret in source.secrets()? {
        match secret {
            Secret::ZoneKey(bytes) => write_private(&keys.join(ZONE_KEY_FILE), &bytes)?,
            Secret::MasterKey(bytes) if !master.exists() => write_private(master, &bytes)?,
            Secret::Working(kind, name, value) => working.put(&kind, &name, &value, Moment(i64::MAX))?,
            Secret::MasterKey(_) | Secret::Key(_) => {}
        }
    }
    Ok(())
}

/// Holds the signed heads against the chain, and keeps those it reaches; those after its last act are kept aside.
fn check_heads(
    source: &Source,
    engine: &mut Engine,
    own: &Path,
    master: &Path,
    config: &Config,
    last: u64,
) -> Result<usize, String> {
    let (reached, after): (Vec<SignedHead>, Vec<SignedHead>) =
        source.heads()?.into_iter().partition(|head| head.seq <= last);
    let zone_key = own.join(KEY_FOLDER).join(ZONE_KEY_FILE);
    let signer = match master.exists() && zone_key.exists() {
        true => Some(vault_of(config, master, own)?.signing_key().verifying_key()),
        false => None,
    };
    let mut reader = engine.reader()?;
    for head in &reached {
        if let Some(fault) = head.fault(&mut reader, signer.as_ref()).map_err(|error| error.to_string())? {
            return Err(format!("{fault}; this backup is not restored"));
        }
    }
    for (name, heads) in [(HEADS_FILE.to_owned(), &reached), (format!("heads-after-act-{last}.jsonl"), &after)] {
        let file = own.join(name);
        let _ = fs::remove_file(&file);
        for head in heads {
            heads::append(&file, head).map_err(|error| say(&file, &error))?;
        }
    }
    Ok(reached.len())
}

/// Writes a file that only its owner reads, in place of one that an interrupted restore left.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), String> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| say(path, &error))
}

/// The numbers of keys, one a line.
fn numbers(file: &Path) -> Result<Vec<u64>, String> {
    let text = fs::read_to_string(file).map_err(|error| say(file, &error))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.parse().map_err(|_| say(file, &format!("{line:?} is no key number")))).collect()
}
