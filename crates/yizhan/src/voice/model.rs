//! What is asked and answered about what people say.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something somebody said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Spoken {
    /// The sentence, as a recogniser or a keyboard wrote it.
    pub text: String,
    /// The intent that the speaker confirmed or chose.
    #[serde(default)]
    pub intent: Option<String>,
    /// None of what was offered was meant: the sentence is kept with those that matched nothing.
    #[serde(default)]
    pub none_fits: bool,
}

/// What was said in a recording.
#[derive(Serialize, ToSchema)]
pub struct Heard {
    /// The sentence; empty where nothing was understood.
    pub text: String,
}

/// What it leads to.
#[derive(Serialize, ToSchema)]
pub struct VoiceAnswer {
    /// The sentence.
    pub text: String,
    /// The intent; none where nothing fits.
    pub intent: Option<IntentLine>,
    /// How much speaks for it, in percent.
    pub percent: u32,
    /// `text`, `pinyin`, `fuzzy` or `none`.
    pub by: String,
    /// Whether the speaker must confirm it, or choose.
    pub ask: bool,
    /// What comes next: `act`, `confirm`, `choose` or `agent`.
    pub next: String,
    /// The likeliest intents, at most three, the best first.
    pub suggest: Vec<IntentLine>,
    /// The words it rests on.
    pub words: Vec<HeardWord>,
    /// Why it asks.
    pub doubts: Vec<DoubtView>,
    /// What to do, step by step.
    pub guidance: Vec<String>,
    /// Common questions; those that the sentence asks come first.
    pub answers: Vec<AnswerView>,
    /// Which papers the service takes that it leads to.
    pub papers: Vec<String>,
    /// What the sentence leaves open.
    pub follow: Vec<FollowView>,
}

/// An intent in a line.
#[derive(Serialize, ToSchema)]
pub struct IntentLine {
    /// Its name.
    pub name: String,
    /// A few words.
    pub title: String,
    /// The service it leads to.
    pub module: Option<String>,
    /// The service's title.
    pub module_title: Option<String>,
    /// Whether it calls a person.
    pub is_agent: bool,
}

/// A word that was found.
#[derive(Serialize, ToSchema)]
pub struct HeardWord {
    /// The key word.
    pub word: String,
    /// What was said for it.
    pub said: String,
    /// `text`, `pinyin` or `fuzzy`.
    pub by: String,
}

/// Why a match does not act by itself.
#[derive(Serialize, ToSchema)]
pub struct DoubtView {
    /// Its name.
    pub code: String,
    /// In words.
    pub text: String,
}

/// A common question with its answer.
#[derive(Serialize, ToSchema)]
pub struct AnswerView {
    /// The question.
    pub question: String,
    /// The answer.
    pub text: String,
    /// Where it is written.
    pub source: Option<String>,
    /// Whether the sentence asks it.
    pub is_asked: bool,
}

/// A question that a sentence may leave open.
#[derive(Serialize, ToSchema)]
pub struct FollowView {
    /// The question.
    pub question: String,
    /// What the sentence chose already, by its place.
    pub chosen: Option<usize>,
    /// The choices.
    pub choices: Vec<ChoiceView>,
}

/// An answer to choose.
#[derive(Serialize, ToSchema)]
pub struct ChoiceView {
    /// A few words.
    pub title: String,
    /// What to say for it.
    pub say: String,
    /// What to know then.
    pub then: Option<String>,
}

/// An intent as it is listed: what it answers, and how people say it.
#[derive(Serialize, ToSchema)]
pub struct IntentView {
    /// The intent.
    #[serde(flatten)]
    pub line: IntentLine,
    /// One sentence: what it answers.
    pub about: String,
    /// Its file in the catalog.
    pub file: String,
    /// As people say it.
    pub questions: Vec<String>,
    /// Recordings: what was said, and what a recogniser made of it.
    pub samples: Vec<SampleView>,
    /// The questions it answers.
    pub answers: Vec<AnswerView>,
    /// In how many ways it is recognised.
    pub ways: usize,
}

/// A recording.
#[derive(Serialize, ToSchema)]
pub struct SampleView {
    /// What was said.
    pub said: String,
    /// What was written down; sent to be matched.
    pub heard: String,
}

/// What people said that matched nothing, without numbers and names.
#[derive(Serialize, ToSchema)]
pub struct Unmatched {
    /// The sentence.
    pub text: String,
    /// How often it was said in the last thirty days.
    pub times: u64,
    /// The last day.
    pub last: String,
}

/// An edited file of an intent, to be tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoiceDraft {
    /// The file: `voice/invoice-issue.toml`.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Sentences to try.
    #[serde(default)]
    pub sentences: Vec<String>,
}

/// What a draft would do.
#[derive(Serialize, ToSchema)]
pub struct VoiceTrial {
    /// What is wrong with it, as the loader of the catalog says it; with mistakes nothing is tried.
    pub mistakes: Vec<MistakeView>,
    /// Each sentence now and then.
    pub tried: Vec<TriedView>,
    /// The questions and recordings of the catalog that would lead elsewhere.
    pub changed: Vec<TriedView>,
    /// How many questions and recordings were held against it.
    pub looked_at: usize,
}

/// A mistake.
#[derive(Serialize, ToSchema)]
pub struct MistakeView {
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub text: String,
}

/// A sentence under the catalog in force and under a draft.
#[derive(Serialize, ToSchema)]
pub struct TriedView {
    /// The sentence.
    pub text: String,
    /// The intent now.
    pub now: Option<String>,
    /// The intent then.
    pub then: Option<String>,
    /// Whether it asks now.
    pub asks_now: bool,
    /// Whether it asks then.
    pub asks_then: bool,
}
