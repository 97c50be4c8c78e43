//! What the matcher is told of intents, and what it tells of a sentence.

use super::words::By;

/// A way of saying what is wanted, in words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SayWords {
    /// How sure the author is, in percent.
    pub sure: u32,
    /// What must be heard: one word of each slot.
    pub slots: Vec<Vec<String>>,
    /// What makes it surer.
    pub any: Vec<String>,
    /// What makes it something else.
    pub not: Vec<String>,
    /// The most characters that may stand between the slots.
    pub near: Option<usize>,
}

/// What an intent is recognised by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IntentWords {
    /// The ways it is said.
    pub says: Vec<SayWords>,
    /// Other words that belong to it, of its answers and choices.
    pub known: Vec<String>,
    /// Whole sentences.
    pub questions: Vec<String>,
}

/// What is common to all intents.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Common {
    /// From this score on, in percent, an intent may act.
    pub act: u32,
    /// From this score on, in percent, it is asked whether an intent is meant.
    pub doubt: u32,
    /// By how much, in percent, the best must lead to act.
    pub lead: u32,
    /// How like a question, in percent, a sentence must be to be meant for it.
    pub like: u32,
    /// Words that say nothing: 那个, 请问.
    pub fillers: Vec<String>,
    /// Words that are usual around a wish and change nothing: 公司, 今天.
    pub context: Vec<String>,
    /// Words that show that something is wanted: 怎么, 我想.
    pub wishes: Vec<String>,
    /// Words that a command begins with: 代开, 打印.
    pub commands: Vec<String>,
    /// Words of somebody who tells and does not ask: 据介绍, 累计.
    pub tells: Vec<String>,
    /// Words that hide the key words inside them: 车票, 开发区.
    pub hides: Vec<String>,
    /// Words that deny what follows, up to the next of `affirms`: 不是.
    pub denies: Vec<String>,
    /// Words that take the denial back: 是, 我要.
    pub affirms: Vec<String>,
}

/// Why a match does not act by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Doubt {
    /// Its score is below what acts.
    Weak,
    /// Another intent is nearly as likely.
    Rival,
    /// It was heard by sounds that are mixed up.
    Mixed,
    /// It rests on two syllables, or on three that were only heard by sound.
    Short,
    /// Much of what was said has nothing to do with it.
    Rest,
    /// Somebody tells something.
    Told,
    /// Nothing shows that anything is wanted.
    NoWish,
    /// Only likeness to a question, or half of a way to say it, speaks for it.
    Likeness,
    /// Something is denied before it.
    Denied,
}

impl Doubt {
    /// Its text in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Rival => "rival",
            Self::Mixed => "mixed",
            Self::Short => "short",
            Self::Rest => "rest",
            Self::Told => "told",
            Self::NoWish => "no-wish",
            Self::Likeness => "likeness",
            Self::Denied => "denied",
        }
    }
}

/// What a sentence came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// The intent, by its place.
    pub intent: Option<usize>,
    /// How much speaks for it, in thousandths.
    pub score: u32,
    /// How it was heard.
    pub by: Option<By>,
    /// Whether the speaker must confirm it, or choose.
    pub ask: bool,
    /// The likeliest intents with their scores, the best first; at most three.
    pub suggest: Vec<(usize, u32)>,
    /// The words it rests on: the key word, what was said for it, and how it was found.
    pub words: Vec<(String, String, By)>,
    /// Why it asks.
    pub doubts: Vec<Doubt>,
    /// The questions of the intent's answers and choices may look for their words here.
    pub found: Vec<String>,
}
