//! Voice navigation: from what somebody said to the next step. `yizhan voice` reads sentences line by line, without a
//! database; the API answers the front door, the terminals and the console.
//!
//! Invariants: a doubtful match asks; what matched nothing is kept without numbers and names, as working state, for thirty
//! days; a draft of an intent is read by the loader that reads the catalog.

pub mod act;
pub mod hear;
pub mod http;
pub mod model;
pub mod page;
pub mod rule;
pub mod view;
#[cfg(feature = "whisper")]
pub mod whisper;

use crate::command::End;
use crate::config::Speech;
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
    /// Say what understands speech here, and what to put where so that something does. Nothing is fetched.
    #[arg(long)]
    engine: bool,
    /// Read recordings instead of sentences: WAV, one channel, 16 bits, 16000 Hz, at most 8 s; with `--model`.
    #[arg(long, num_args = 1.., requires = "model")]
    wav: Vec<PathBuf>,
    /// The speech engine's model.
    #[arg(long)]
    model: Option<PathBuf>,
}

/// The longest sentence that is read, in bytes; more of a line is passed over.
const LONGEST_LINE: u64 = 1 << 16;

/// Answers sentences that come by standard input.
///
/// # Errors
/// When the catalog cannot be read, or the input.
pub fn run(wishes: &Wishes) -> Result<End, String> {
    let model = wishes.model.clone().map(|model| Speech { model, threads: 2 });
    if wishes.engine {
        return say_engine(model.as_ref(), std::io::stdout().lock()).map_err(|error| error.to_string());
    }
    let catalog = store::load_catalog(store::catalog_source(wishes.catalog.as_deref())?)?;
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    if let Some(ears) = hear::engine(model.as_ref())? {
        let mut sentences = String::new();
        for file in &wishes.wav {
            let sound = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
            let heard = ears.hear(&sound).map_err(|problem| format!("{}: {problem}", file.display()))?;
            sentences = sentences + &heard.replace('\n', " ") + "\n";
        }
        let detail = view::Detail::Plain;
        return answer(&catalog.voice, detail, sentences.as_bytes(), output)
            .map_err(|error| error.to_string())
            .map(|()| End::Good);
    }
    let detail = if wishes.why { view::Detail::Why } else { view::Detail::Plain };
    answer(&catalog.voice, detail, input, output).map_err(|error| error.to_string())?;
    Ok(End::Good)
}

/// Says what understands speech, and what to put where. Good when a model was read, or none was named.
fn say_engine(model: Option<&Speech>, mut output: impl Write) -> std::io::Result<End> {
    let built = cfg!(feature = "whisper");
    writeln!(output, "本程序{}语音识别引擎。", if built { "含有" } else { "不含" })?;
    writeln!(output, "This program was built {} a speech engine.", if built { "with" } else { "without" })?;
    writeln!(output, "{PUT_WHERE}")?;
    match hear::engine(model) {
        Ok(Some(ears)) => writeln!(output, "模型可用 · The model can be used: {}", ears.name())?,
        Ok(None) => {}
        Err(error) => {
            eprintln!("{error}");
            return Ok(End::Faults);
        }
    }
    Ok(End::Good)
}

/// What to put where. The same stands in docs/voice.md.
const PUT_WHERE: &str = "\
1. 编译 · Build:   apt install cmake libclang-dev && cargo build --release --features whisper
2. 模型 · Model:   whisper.cpp 的 ggml 格式文件（如 ggml-base.bin，约 145 MB），自行取得并核对摘要，放到服务器上
                   a file of whisper.cpp in ggml format (such as ggml-base.bin, about 145 MB), obtained and checked by you
3. 配置 · Configure yizhan.toml:
                   [speech]
                   model = \"/var/lib/yizhan/ggml-base.bin\"
                   threads = 2
4. 试 · Try:       yizhan voice --engine --model FILE; yizhan voice --model FILE --wav RECORDING.wav
没有引擎时：浏览器自带的识别，或者打字，都走同一个匹配器。录音从不保存。
Without an engine: the browser's own recogniser, or typing, through the same matcher. Recordings are never kept.";

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
