//! The offline engine: whisper.cpp by the `whisper-rs` crate, built only with the feature `whisper`.

use super::hear::Recogniser;
use crate::config::Speech;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};
use yizhan_core::voice::speech::SECONDS;

/// Frames of the encoder for the seconds that are listened to, of 1,500 for thirty: a quarter of the cost.
const FRAMES: i32 = 50 * SECONDS as i32;
/// The shortest that the engine takes, in values: one second and a little.
const SHORTEST: usize = 17_600;

/// A model that was read.
pub struct Whisper {
    context: WhisperContext,
    name: String,
    threads: i32,
}

impl Whisper {
    /// Reads the model.
    ///
    /// # Errors
    /// When there is none, or it is no model.
    pub fn open(configured: &Speech) -> Result<Self, String> {
        let path = configured.model.to_str().ok_or("speech.model: the path is no text")?;
        whisper_rs::install_logging_hooks();
        let context = WhisperContext::new_with_params(path, WhisperContextParameters::default())
            .map_err(|error| format!("speech.model = {path:?}: {error}; see docs/voice.md"))?;
        let file = configured.model.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self { context, name: file.unwrap_or_default(), threads: configured.threads.clamp(1, 2).into() })
    }
}

impl Recogniser for Whisper {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn hear(&self, sound: &[i16]) -> Result<String, String> {
        let said = |error: whisper_rs::WhisperError| error.to_string();
        let mut state = self.context.create_state().map_err(said)?;
        let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        params.set_language(Some("zh"));
        params.set_n_threads(self.threads);
        params.set_audio_ctx(FRAMES);
        params.set_no_context(true);
        params.set_single_segment(true);
        params.set_no_timestamps(true);
        params.set_suppress_blank(true);
        params.set_print_progress(false);
        params.set_print_special(false);
        params.set_print_realtime(false);
        params.set_initial_prompt("办税缴费，代开发票，车辆购置税，社保缴费。");
        let mut values = vec![0.0; sound.len()];
        whisper_rs::convert_integer_to_float_audio(sound, &mut values).map_err(said)?;
        values.resize(values.len().max(SHORTEST), 0.0);
        state.full(params, &values).map_err(said)?;
        let heard = (0..state.full_n_segments()).filter_map(|n| state.get_segment(n));
        heard.map(|segment| segment.to_str_lossy().map(std::borrow::Cow::into_owned).map_err(said)).collect()
    }
}
