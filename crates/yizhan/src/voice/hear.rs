//! From speech to text, behind one trait: an offline engine where the configuration names its model; terminals and phones
//! that have a recogniser of their own need none of this, and typing always works. No sound is kept.

use super::rule;
use crate::config::Speech;
use std::sync::Mutex;
use yizhan_core::problem;
use yizhan_core::voice::speech;
use yizhan_kit::Problem;

/// What turns speech into text.
pub trait Recogniser: Send + Sync {
    /// What it is called.
    fn name(&self) -> String;

    /// What was said: 16-bit values, 16,000 a second, at most eight seconds.
    ///
    /// # Errors
    /// What the engine says.
    fn hear(&self, sound: &[i16]) -> Result<String, String>;
}

/// An engine, for one speaker at a time: more at once would take the cores that acts are committed on.
pub struct Ears {
    engine: Box<dyn Recogniser>,
    turn: Mutex<()>,
}

impl Ears {
    /// Around an engine.
    pub fn new(engine: Box<dyn Recogniser>) -> Self {
        Self { engine, turn: Mutex::new(()) }
    }

    /// What the engine is called.
    pub fn name(&self) -> String {
        self.engine.name()
    }

    /// What was said in a WAV file; empty where nothing was understood.
    ///
    /// # Errors
    /// `form-invalid` for another file, `busy` while somebody else is listened to, the engine's failure.
    pub fn hear(&self, file: &[u8]) -> Result<String, Problem> {
        let sound = speech::wav(file).map_err(|why| {
            problem::FORM_INVALID.problem(
                "录音应为 WAV：单声道、16 位、16000 赫兹，最长 8 秒。",
                format!("A recording is a WAV file, one channel, 16 bits, 16000 Hz, at most 8 s: {why}"),
            )
        })?;
        let Ok(_turn) = self.turn.try_lock() else {
            return Err(problem::BUSY.problem(
                "正在听别人说话，请再按一次，或者打字。",
                "Somebody else is listened to: press again, or type.",
            ));
        };
        let heard = self.engine.hear(&sound).map_err(|error| {
            tracing::error!(error, "the speech engine failed");
            rule::SPEECH_FAILED.problem("语音识别出错，请打字。", "The speech engine failed; please type.")
        })?;
        Ok(speech::once(&heard))
    }
}

/// The engine that the configuration names.
///
/// # Errors
/// What is missing, and where to put it.
pub fn engine(configured: Option<&Speech>) -> Result<Option<Ears>, String> {
    configured.map(open).transpose()
}

#[cfg(not(feature = "whisper"))]
fn open(configured: &Speech) -> Result<Ears, String> {
    Err(format!(
        "speech.model = {:?}: this program was built without a speech engine; build it with `--features whisper`, see docs/voice.md",
        configured.model.display()
    ))
}

#[cfg(feature = "whisper")]
fn open(configured: &Speech) -> Result<Ears, String> {
    Ok(Ears::new(Box::new(super::whisper::Whisper::open(configured)?)))
}
