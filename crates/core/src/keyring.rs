//! What lies in `zone.key`, and how it is changed for new keys.
//!
//! The file holds the zone's key, from which blind index, receipts, working secrets and the signing key are derived, and the
//! keys that wrap people's keys. Before the first change one key is both. A change makes a new master key and a new wrapping
//! key; people's keys are wrapped anew one by one, and until the last is, both wrapping keys lie here.
//!
//! Every step leaves files that open: the new master key is durable before anything is wrapped under it, the file is
//! replaced whole, and only then does the new master key take the old one's place. Whatever step is the last, the next start
//! finds which master key fits and goes on.

use crate::vault::ZONE_KEY_FILE;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use yizhan_kit::Entropy;
use yizhan_kit::id::random;
use yizhan_kit::seal::{self, Cipher, Key, MasterKey};

/// The first byte of a file of several keys. A file of one begins with the version of sealed bytes, which is 1.
const SEVERAL: u8 = 2;

/// The keys of a zone.
#[derive(Clone)]
pub struct Ring {
    /// The zone's key, from which others are derived. It stays.
    pub zone: Key,
    /// The keys that wrap people's keys, the newest first.
    pub wrapping: Vec<Key>,
}

/// What a change of keys came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rotated {
    /// There are new keys; the master key until now is kept under this name, for backups that were made before.
    New(PathBuf),
    /// An earlier change is not over: people's keys are still being wrapped anew.
    UnderWay,
}

impl Ring {
    /// One key that is both.
    pub fn of(zone: Key) -> Self {
        Self { wrapping: vec![zone.clone()], zone }
    }

    fn read(master: &Key, bytes: &[u8]) -> Option<Self> {
        if bytes.first() != Some(&SEVERAL) {
            return seal::unwrap(master, b"zone", bytes).ok().map(Self::of);
        }
        let mut rest = &bytes[1..];
        let mut keys = Vec::new();
        while let Some((length, more)) = rest.split_first() {
            let (wrapped, after) = more.split_at_checked(usize::from(*length))?;
            let context: &[u8] = if keys.is_empty() { b"zone" } else { b"wrapping" };
            keys.push(seal::unwrap(master, context, wrapped).ok()?);
            rest = after;
        }
        let zone = keys.first()?.clone();
        let wrapping = keys.split_off(1);
        (!wrapping.is_empty()).then_some(Self { zone, wrapping })
    }

    fn to_bytes(&self, cipher: Cipher, master: &Key, entropy: &dyn Entropy) -> Vec<u8> {
        let mut bytes = vec![SEVERAL];
        let keys = std::iter::once((&b"zone"[..], &self.zone));
        for (context, key) in keys.chain(self.wrapping.iter().map(|key| (&b"wrapping"[..], key))) {
            let wrapped = seal::wrap(cipher, master, random(entropy), context, key);
            bytes.push(u8::try_from(wrapped.len()).expect("a wrapped key is short"));
            bytes.extend_from_slice(&wrapped);
        }
        bytes
    }
}

/// Opens the keys of a zone, and ends a change of the master key that was cut short.
///
/// # Errors
/// When a file cannot be read, is open to others, or none of the master keys fits.
pub fn open(master: &Path, keys: &Path) -> Result<(Key, Ring), String> {
    let file = keys.join(ZONE_KEY_FILE);
    let bytes = fs::read(&file).map_err(|error| say(&file, &error))?;
    let mut unread = None;
    for candidate in [master.to_owned(), next(master)] {
        match MasterKey::read_file(&candidate) {
            Ok(key) => {
                if let Some(ring) = Ring::read(&key, &bytes) {
                    if candidate != master {
                        take_place(master)?;
                    }
                    return Ok((key, ring));
                }
            }
            Err(error) if candidate == master => unread = Some(say(master, &error)),
            Err(_) => {}
        }
    }
    Err(unread.unwrap_or_else(|| format!("{} was not wrapped under {}", file.display(), master.display())))
}

/// Makes a new master key and a new wrapping key. `after` hears of each step once it is durable; what it refuses ends the
/// change there, as a loss of power would.
///
/// # Errors
/// When a file cannot be read or written; the keys until now, or the new ones, open in any case.
pub fn rotate(
    cipher: Cipher,
    master: &Path,
    keys: &Path,
    entropy: &dyn Entropy,
    after: &mut dyn FnMut(&'static str) -> Result<(), String>,
) -> Result<Rotated, String> {
    let (_, mut ring) = open(master, keys)?;
    if ring.wrapping.len() > 1 {
        return Ok(Rotated::UnderWay);
    }
    let new = next(master);
    // Left by a change that was cut short before anything was wrapped under it.
    remove(&new)?;
    let key = MasterKey::create_file(&new, entropy).map_err(|error| say(&new, &error))?;
    after("new master key")?;
    ring.wrapping.insert(0, Key::random(entropy));
    replace(&keys.join(ZONE_KEY_FILE), &ring.to_bytes(cipher, &key, entropy), after)?;
    after("zone's keys")?;
    let kept = take_place(master)?;
    after("master key")?;
    Ok(Rotated::New(kept))
}

/// Drops the wrapping keys under which nothing lies any more.
///
/// # Errors
/// As for [`rotate`].
pub fn retire(cipher: Cipher, master: &Path, keys: &Path, entropy: &dyn Entropy) -> Result<(), String> {
    let (key, mut ring) = open(master, keys)?;
    if ring.wrapping.len() < 2 {
        return Ok(());
    }
    ring.wrapping.truncate(1);
    replace(&keys.join(ZONE_KEY_FILE), &ring.to_bytes(cipher, &key, entropy), &mut |_| Ok(()))
}

/// The new master key takes the old one's place, which is kept beside it under a name of its own.
fn take_place(master: &Path) -> Result<PathBuf, String> {
    let kept =
        (1..).map(|n| beside(master, &format!("old-{n}"))).find(|path| !path.exists()).expect("some name is free");
    if master.exists() {
        fs::hard_link(master, &kept).map_err(|error| say(&kept, &error))?;
    }
    fs::rename(next(master), master).map_err(|error| say(master, &error))?;
    sync_folder_of(master)?;
    Ok(kept)
}

/// Replaces a private file whole: the old one is there until the new one is.
fn replace(file: &Path, bytes: &[u8], after: &mut dyn FnMut(&'static str) -> Result<(), String>) -> Result<(), String> {
    let new = next(file);
    remove(&new)?;
    write_private(&new, bytes).map_err(|error| say(&new, &error))?;
    after("zone's keys beside the old ones")?;
    fs::rename(&new, file).map_err(|error| say(file, &error))?;
    sync_folder_of(file)
}

/// Writes a file that only its owner reads, durably. An existing one is never overwritten.
///
/// # Errors
/// The machine's.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove(path: &Path) -> Result<(), String> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(say(path, &error)),
        _ => Ok(()),
    }
}

fn sync_folder_of(path: &Path) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| say(folder, &error))
}

/// Where the key that is to follow lies until it does.
pub fn next(path: &Path) -> PathBuf {
    beside(path, "next")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

fn say(path: &Path, what: &dyn std::fmt::Display) -> String {
    format!("{}: {what}", path.display())
}
