//! A zone taken out whole in open formats, so that nobody is captive: every table of evidence, subjects, cases, answers, money,
//! papers and the catalog, with a description of each column, readable without this program.

mod answers;
mod evidence;
mod keys;
mod mask;
mod money;
mod people;
mod schema;
mod table;

use crate::command::Common;
use crate::config::Config;
use crate::serve::{self, is_demonstration};
use crate::store;
use clap::Args;
use keys::Keys;
use mask::Shown;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use table::Format;
use yizhan_core::access::Viewer;
use yizhan_core::service::{Happened, TellOfZone};
use yizhan_core::vault::ZONE_KEY_FILE;
use yizhan_core::waist::load::Depth;
use yizhan_core::waist::sqlite::KEY_FOLDER;
use yizhan_core::waist::{Address, Engine, Reader};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::Clock;
use yizhan_kit::clock::SystemClock;

/// What `yizhan export` takes.
#[derive(Args, Clone)]
pub struct Wishes {
    /// The folder to write to; it must be empty or not be there.
    #[arg(long)]
    pub to: PathBuf,
    /// The format of tables.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Show sealed answers and papers whole instead of masked. That it was done, and why, goes into the journal, so that the
    /// server must be stopped.
    #[arg(long, requires = "reason")]
    pub open_sealed: bool,
    /// Why they are opened.
    #[arg(long, requires = "open_sealed")]
    pub reason: Option<String>,
}

/// Takes a zone out. It may be served meanwhile, unless what is sealed is opened.
///
/// # Errors
/// What cannot be read, opened or written; without `schema.json` an export is not whole.
pub fn run(common: &Common, wishes: &Wishes) -> Result<(), String> {
    let begun = Instant::now();
    let (address, config) = (common.address(), common.config()?);
    let to = &wishes.to;
    if to.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(format!("{} is not empty", to.display()));
    }
    let (own, master) = (store::folder(&address, &config), store::master_key(&address, &config));
    for file in [&own.join(KEY_FOLDER).join(ZONE_KEY_FILE), &master] {
        if !file.exists() {
            return Err(format!("{} is not there, and nothing sealed can be opened without it", file.display()));
        }
    }
    let how = if wishes.open_sealed { Shown::Whole } else { Shown::Masked };
    if how == Shown::Whole {
        tell(&address, &config, wishes.reason.as_deref().unwrap_or_default())?;
    }
    make_private(to)?;
    let mut reader = Reader::open(&address)?;
    let rebuilt = zone::rebuild(&reader, config.hash()?, Depth::Heads);
    if let Some(fault) = rebuilt.faults.first() {
        return Err(format!("the zone is damaged: {fault}"));
    }
    let image = rebuilt.image;
    let program = Viewer::program();
    let seen = program.look(&image);
    let vault = store::vault(&address, &config)?;
    let mut keys = Keys::new(reader.another()?, &vault);
    let format = wishes.format;
    let mut tables = evidence::write(&reader, image.seq, to, format)?;
    let opened = people::open_facts(&mut reader, &mut keys, image.seq, how)?;
    tables.extend(people::write(&seen, &opened, to, format)?);
    tables.extend(money::write(&seen, to, format).map_err(|error| error.to_string())?);
    tables.extend(answers::write(&seen, &mut reader, &mut keys, how, to, format)?);
    let catalog = image.catalog().ok_or("there is no zone yet")?;
    for (name, text) in &catalog.source.files {
        put(&to.join("catalog").join(name), text.as_bytes())?;
    }
    put(&to.join("README.md"), schema::readme(&image, format, how).as_bytes())?;
    let described = schema::describe(&tables, &image, format, how);
    let described = serde_json::to_string_pretty(&described).map_err(|error| error.to_string())?;
    put(&to.join("schema.json"), described.as_bytes())?;
    let rows = tables.iter().map(|(_, rows)| rows).sum::<u64>();
    eprintln!("{} tables, {rows} rows up to act {} in {}", tables.len(), image.seq, to.display());
    let line = serde_json::json!({
        "ok": true, "acts": image.seq, "head": image.hash.to_string(), "tables": tables.len(), "rows": rows,
        "took_ms": u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    });
    crate::command::tell(&line.to_string());
    Ok(())
}

/// Writes into the journal that what is sealed is taken out, and why.
fn tell(address: &Address, config: &Config, reason: &str) -> Result<(), String> {
    if reason.trim().chars().count() < 4 {
        return Err("say in a few words why what is sealed is opened (--reason)".into());
    }
    let engine = Engine::open(address)?;
    let (mut writer, _) = zone::open(engine, config.hash()?, Damage::Refused).map_err(|faults| faults.join("\n"))?;
    let demonstration = is_demonstration(writer.image());
    let now = if demonstration { writer.image().at } else { SystemClock.now() };
    let told = serde_json::json!({"reason": reason.trim()}).to_string();
    serve::alone(&mut writer, now, Arc::new(TellOfZone { what: Happened::Opened, told: told.into_bytes().into() }))
}

/// Makes a folder that only its owner enters.
fn make_private(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| format!("{}: {error}", folder.display()))
}

fn put(file: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(file, bytes));
    written.map_err(|error| format!("{}: {error}", file.display()))
}
