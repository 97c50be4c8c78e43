//! What people say and where it leads: the intents of `voice/`, ready to listen.

use super::source::{Mistake, Words};
use crate::voice::{Common, Doubt, IntentWords, Matcher, Reply};
use std::sync::OnceLock;

/// What somebody may want.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intent {
    /// Its name, in snake case: the file's name.
    pub name: String,
    /// A few words.
    pub title: Words,
    /// One sentence: what it answers.
    pub about: Words,
    /// The service it leads to, where there is one.
    pub module: Option<String>,
    /// Whether it calls a person; it is offered where nothing else fits.
    pub is_agent: bool,
    /// What it is recognised by.
    pub words: IntentWords,
    /// What to do, step by step.
    pub guidance: Vec<Words>,
    /// Common questions.
    pub answers: Vec<SpokenAnswer>,
    /// What is asked where a sentence leaves it open.
    pub follow: Vec<FollowUp>,
    /// Recordings as a recogniser wrote them down; worked examples.
    pub samples: Vec<Sample>,
}

/// The answer to a common question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpokenAnswer {
    /// The words that ask for it, one of each slot.
    pub slots: Vec<Vec<String>>,
    /// The question.
    pub question: Words,
    /// The answer.
    pub text: Words,
    /// Where it is written.
    pub source: Option<String>,
}

/// A question that a sentence may leave open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FollowUp {
    /// The question.
    pub question: Words,
    /// Its answers.
    pub choices: Vec<Choice>,
}

/// An answer to choose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// A few words.
    pub title: Words,
    /// The words by which somebody chose it already.
    pub words: Vec<String>,
    /// What to know then.
    pub then: Option<Words>,
}

/// A recording: what was said, and what a recogniser made of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// What was said.
    pub said: String,
    /// What was written down.
    pub heard: String,
    /// Its line in the file.
    pub line: usize,
}

impl Intent {
    /// Its file in the catalog.
    pub fn file(&self) -> String {
        format!("voice/{}.toml", self.name.replace('_', "-"))
    }
}

impl SpokenAnswer {
    /// Whether a sentence asks for it.
    pub fn is_asked(&self, found: &[String]) -> bool {
        self.slots.iter().all(|slot| slot.iter().any(|word| holds(found, word)))
    }
}

impl FollowUp {
    /// The choice a sentence made already.
    pub fn chosen(&self, found: &[String]) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.words.iter().any(|word| holds(found, word)))
    }
}

fn holds(found: &[String], word: &str) -> bool {
    let word: String = crate::voice::script::written(word).chars.into_iter().collect();
    found.binary_search(&word).is_ok()
}

/// Every intent.
#[derive(Default)]
pub struct Voice {
    /// In the order of their names.
    pub intents: Vec<Intent>,
    /// What is common to them.
    pub common: Common,
    matcher: OnceLock<Matcher>,
}

impl std::fmt::Debug for Voice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voice").field("intents", &self.intents.len()).finish_non_exhaustive()
    }
}

impl Voice {
    /// The intents with what is common to them.
    pub fn new(intents: Vec<Intent>, common: Common) -> Self {
        Self { intents, common, matcher: OnceLock::new() }
    }

    /// The matcher, made when it is asked for first.
    pub fn matcher(&self) -> &Matcher {
        self.matcher.get_or_init(|| {
            let words: Vec<IntentWords> = self.intents.iter().map(|intent| intent.words.clone()).collect();
            Matcher::new(&words, &self.common)
        })
    }

    /// Listens to a sentence. Where nothing fits, the agent is offered.
    pub fn listen(&self, text: &str) -> Reply {
        let mut heard = self.matcher().listen(text);
        if heard.suggest.is_empty() {
            let agent = self.intents.iter().position(|intent| intent.is_agent);
            heard.suggest.extend(agent.map(|agent| (agent, 0)));
        }
        heard
    }

    /// What is wrong with the recordings: each must lead to its intent.
    pub(super) fn faults(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for (place, intent) in self.intents.iter().enumerate() {
            for sample in &intent.samples {
                let heard = self.listen(&sample.heard);
                if heard.intent != Some(place) {
                    let found = heard.intent.map_or("nothing", |other| self.intents[other].name.as_str());
                    mistakes.push(Mistake {
                        file: intent.file(),
                        line: sample.line,
                        what: format!("`{}` leads to {found}", sample.heard),
                        expected: format!("the intent {}", intent.name),
                    });
                }
            }
        }
        mistakes
    }

    /// Why a match does not act, in words.
    pub fn reason(doubt: Doubt) -> Words {
        let (zh, en) = match doubt {
            Doubt::Weak => ("把握不够", "too little speaks for it"),
            Doubt::Rival => ("与另一个意图接近", "another intent is nearly as likely"),
            Doubt::Mixed => ("靠近音匹配", "heard by sounds that are mixed up"),
            Doubt::Short => ("只凭两三个字", "it rests on two or three syllables"),
            Doubt::Rest => ("还说了许多别的", "much else was said"),
            Doubt::Told => ("像是在讲述", "somebody tells rather than asks"),
            Doubt::NoWish => ("没有听出要办什么", "nothing shows a wish"),
            Doubt::Denied => ("前面有否定", "something is denied before it"),
            Doubt::Likeness => ("只是与常见问法相似", "only like a common question"),
        };
        Words { zh: zh.into(), en: en.into() }
    }
}
