//! Voice navigation: from what somebody said to the next step. `yizhan voice` reads sentences line by line, without a
//! database; the API answers the front door, the terminals and the console.
//!
//! Invariants: a doubtful match asks; what matched nothing is kept without numbers and names, as working state, for thirty
//! days; a draft of an intent is read by the loader that reads the catalog.

pub mod act;
pub mod http;
pub mod model;
pub mod page;
pub mod rule;
pub mod view;

use crate::command::End;
use crate::store;
use clap::Args;
use std::io::{BufRead, Read, Write};
use std::path::PathBuf;
use yizhan_core::catalog::Voice;

/// What `yizhan voice` takes.
#[derive(Args)]
pub struct Wishes {
    /// A catalog folder; the one inside the program unless given.
    #[arg(long)]
    catalog: Option<PathBuf>,
    /// Add the words a match rests on, and why it asks.
    #[arg(long)]
    why: bool,
}

/// The longest sentence that is read, in bytes; more of a line is passed over.
const LONGEST_LINE: u64 = 1 << 16;

/// Answers sentences that come by standard input.
///
/// # Errors
/// When the catalog cannot be read, or the input.
pub fn run(wishes: &Wishes) -> Result<End, String> {
    let catalog = store::load_catalog(store::catalog_source(wishes.catalog.as_deref())?)?;
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let detail = if wishes.why { view::Detail::Why } else { view::Detail::Plain };
    answer(&catalog.voice, detail, input, output).map_err(|error| error.to_string())?;
    Ok(End::Good)
}

/// Answers one line by one; a blank line says nothing and is answered so.
///
/// # Errors
/// When the input cannot be read. Whoever reads the output may stop at any time.
pub fn answer(
    voice: &Voice,
    detail: view::Detail,
    mut input: impl BufRead,
    mut output: impl Write,
) -> std::io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(());
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == LONGEST_LINE {
            pass_over(&mut input)?;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_matches(['\n', '\r', '\u{feff}']);
        let said = view::line(voice, text, detail);
        if writeln!(output, "{said}").and_then(|()| output.flush()).is_err() {
            return Ok(());
        }
    }
}

/// Passes over the rest of a line.
fn pass_over(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let (used, over) = {
            let chunk = input.fill_buf()?;
            match memchr::memchr(b'\n', chunk) {
                Some(end) => (end + 1, true),
                None => (chunk.len(), chunk.is_empty()),
            }
        };
        input.consume(used);
        if over {
            return Ok(());
        }
    }
}
