//! `yizhan settle`: bills in, slips out, one JSON object a line, without a database.
//!
//! Invariants: line n of the input is answered by what it came to at that moment, in order; a line that is refused changes
//! nothing; a blank line counts and answers nothing; whoever waits for an answer gets it before more input is waited for.

pub mod act;
pub mod export;
pub mod model;
pub mod rule;
pub mod view;

use crate::command::End;
use crate::store;
use act::{Answer, Book, Order};
use clap::Args;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use view::Voice;
use yizhan_core::catalog::{CatalogSource, Mistake, load_policy};
use yizhan_core::settlement::Policy;
use yizhan_kit::Lang;

/// The longest line that is read: 1 MB.
const LONGEST_LINE: usize = 1 << 20;

/// What `yizhan settle` takes.
#[derive(Args)]
pub struct Wishes {
    /// The policy's name in the catalog's `settlement/`, or the path of a `.toml` file.
    #[arg(long)]
    policy: String,
    /// A catalog folder; the one inside the program unless given.
    #[arg(long)]
    catalog: Option<PathBuf>,
    /// Add the arithmetic of each layer.
    #[arg(long)]
    trace: bool,
    /// Take the lines in the order in which they come, as a desk settled them, whatever their days of discharge.
    #[arg(long)]
    as_settled: bool,
    /// The language of reasons and messages: `zh` or `en`.
    #[arg(long, default_value = "zh", value_parser = lang)]
    lang: Lang,
}

fn lang(text: &str) -> Result<Lang, String> {
    match text {
        "zh" => Ok(Lang::Zh),
        "en" => Ok(Lang::En),
        _ => Err("zh or en".into()),
    }
}

/// Settles what comes by standard input.
///
/// # Errors
/// When the policy cannot be read, or the input.
pub fn run(wishes: &Wishes) -> Result<End, String> {
    let policy = policy(&wishes.policy, wishes.catalog.as_deref())?;
    let voice =
        Voice { lang: wishes.lang, detail: if wishes.trace { view::Detail::Trace } else { view::Detail::Reason } };
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let order = if wishes.as_settled { Order::AsSettled } else { Order::ByDischarge };
    let refused = settle(&policy, voice, order, input, output).map_err(|error| error.to_string())?;
    Ok(if refused == 0 { End::Good } else { End::Faults })
}

/// Reads a policy by its name in a catalog, or by the path of its file.
///
/// # Errors
/// When there is none, or with its mistakes.
pub fn policy(name: &str, catalog: Option<&Path>) -> Result<Policy, String> {
    let by_path = Path::new(name).extension().is_some_and(|ending| ending == "toml");
    let (source, path) = if by_path {
        let text = std::fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))?;
        (CatalogSource { files: [(name.to_owned(), text)].into() }, name.to_owned())
    } else {
        (store::catalog_source(catalog)?, format!("settlement/{name}.toml"))
    };
    if !source.files.contains_key(&path) {
        let known = source.files.keys().filter_map(|path| path.strip_prefix("settlement/")?.strip_suffix(".toml"));
        return Err(format!("no policy {name}; there are: {}", known.collect::<Vec<_>>().join(", ")));
    }
    let list = |mistakes: Vec<Mistake>| mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n");
    load_policy(&source, &path).map_err(list)
}

/// Settles lines of bills and cancellations, and says how many were refused.
///
/// # Errors
/// When the input cannot be read. Whoever reads the output may stop at any time.
pub fn settle(
    policy: &Policy,
    voice: Voice,
    order: Order,
    input: impl Read,
    output: impl Write,
) -> std::io::Result<u64> {
    let mut book = Book::new(policy, order);
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut output = std::io::BufWriter::with_capacity(1 << 16, output);
    let (mut line, mut text, mut refused) = (Vec::new(), String::new(), 0);
    while read_line(&mut input, &mut output, &mut line)? {
        let answer = book.take(&line);
        refused += u64::from(matches!(answer, Answer::Refused(_)));
        text.clear();
        view::write(policy, voice, &answer, &mut text);
        if output.write_all(text.as_bytes()).is_err() {
            break;
        }
    }
    let _ = output.flush();
    Ok(refused)
}

/// Reads a line without its end; of one that is too long only so much that it shows. Before input is waited for, what was
/// answered goes out. False at the end of the input.
fn read_line(input: &mut BufReader<impl Read>, output: &mut impl Write, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let mut begun = false;
    loop {
        if input.buffer().is_empty() {
            let _ = output.flush();
        }
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            return Ok(begun);
        }
        begun = true;
        let end = memchr::memchr(b'\n', chunk);
        let part = &chunk[..end.unwrap_or(chunk.len())];
        line.extend_from_slice(&part[..part.len().min((LONGEST_LINE + 2).saturating_sub(line.len()))]);
        let used = end.map_or(chunk.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// Whether a line is longer than may be; the return of a line end that has one does not count.
fn is_too_long(line: &[u8]) -> bool {
    line.strip_suffix(b"\r").unwrap_or(line).len() > LONGEST_LINE
}
