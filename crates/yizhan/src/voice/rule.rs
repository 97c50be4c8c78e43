//! What may be sent, and what comes next.

use super::model::VoiceDraft;
use yizhan_core::problem;
use yizhan_core::voice::{Reply, script};
use yizhan_kit::{Kind, Problem};

/// The engine did not answer.
pub static SPEECH_FAILED: Kind =
    Kind { code: "speech-failed", status: 502, title_zh: "语音识别出错", title_en: "The speech engine failed" };

/// The longest draft, in bytes.
const LONGEST_DRAFT: usize = 40_000;

/// The most sentences tried at once.
const MOST_SENTENCES: usize = 50;

/// A sentence that is not too long to be one.
///
/// # Errors
/// `form-invalid`.
pub fn sentence(text: &str) -> Result<&str, Problem> {
    let text = text.trim();
    if text.chars().count() > script::LONGEST {
        let most = script::LONGEST;
        return Err(
            problem::FORM_INVALID.problem(format!("一句话最多 {most} 个字"), format!("At most {most} characters"))
        );
    }
    Ok(text)
}

/// A draft that may be tried.
///
/// # Errors
/// `form-invalid`: another file, too long, too many sentences.
pub fn draft(draft: &VoiceDraft) -> Result<(), Problem> {
    let name = draft.file.strip_prefix("voice/").and_then(|name| name.strip_suffix(".toml"));
    let named = name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
    if !named {
        return Err(problem::FORM_INVALID.problem(
            format!("“{}”不是意图文件，应为 voice/名称.toml", draft.file),
            format!("{:?} is no file of an intent: voice/some-name.toml", draft.file),
        ));
    }
    if draft.text.len() > LONGEST_DRAFT || draft.sentences.len() > MOST_SENTENCES {
        return Err(problem::FORM_INVALID.problem(
            format!("文件最大 {LONGEST_DRAFT} 字节，最多试 {MOST_SENTENCES} 句"),
            format!("At most {LONGEST_DRAFT} bytes and {MOST_SENTENCES} sentences"),
        ));
    }
    draft.sentences.iter().try_for_each(|text| sentence(text).map(|_| ()))
}

/// What comes next: the intent acts, it is confirmed, one of several is chosen, or a person is called.
pub fn next(heard: &Reply) -> &'static str {
    match (heard.intent, heard.ask) {
        (Some(_), false) => "act",
        (Some(_), true) => "confirm",
        (None, true) => "choose",
        (None, false) => "agent",
    }
}
