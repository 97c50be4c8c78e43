//! Reads `voice/`: one file an intent, and `common.toml` with the words that all share.
//!
//! A slot is a text of words with `|` between them; `@name` stands for a list of `common.toml`.

use super::source::{CatalogSource, Mistake, Place, Sheet, Words, is_name};
use super::voice::{Choice, FollowUp, Intent, Sample, SpokenAnswer, Voice};
use crate::voice::{Common, IntentWords, SayWords};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The file of what all intents share.
pub(super) const COMMON: &str = "voice/common.toml";

/// The intents while they are read.
#[derive(Default)]
pub(super) struct VoiceRead {
    intents: Vec<Intent>,
    /// Services that intents lead to, and where.
    pub(super) modules: Vec<(Place, String)>,
    common: Option<CommonShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommonShape {
    bands: Bands,
    fillers: Spanned<Vec<String>>,
    context: Vec<String>,
    wishes: Vec<String>,
    commands: Vec<String>,
    tells: Vec<String>,
    hides: Vec<String>,
    denies: Vec<String>,
    affirms: Vec<String>,
    words: BTreeMap<String, Spanned<Vec<String>>>,
}

/// In percent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bands {
    act: Spanned<u32>,
    doubt: u32,
    lead: u32,
    like: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    about: Spanned<Words>,
    module: Option<Spanned<String>>,
    #[serde(default)]
    agent: bool,
    say: Vec<SayShape>,
    questions: Spanned<Vec<String>>,
    #[serde(default)]
    guidance: Vec<Spanned<Words>>,
    #[serde(default)]
    answer: Vec<AnswerShape>,
    #[serde(default)]
    follow: Vec<FollowShape>,
    #[serde(default)]
    sample: Vec<SampleShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SayShape {
    sure: Spanned<u32>,
    all: Spanned<Vec<String>>,
    any: Option<Spanned<String>>,
    not: Option<Spanned<String>>,
    near: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerShape {
    words: Spanned<Vec<String>>,
    question: Spanned<Words>,
    text: Spanned<Words>,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowShape {
    question: Spanned<Words>,
    choice: Spanned<Vec<ChoiceShape>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceShape {
    title: Spanned<Words>,
    words: Spanned<String>,
    then: Option<Spanned<Words>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleShape {
    said: Spanned<String>,
    heard: String,
}

impl VoiceRead {
    pub(super) fn read(&mut self, sheet: &mut Sheet<'_>) {
        if sheet.path == COMMON {
            self.common = sheet.shape();
            if let Some(common) = &self.common {
                let bands = &common.bands;
                let act = *bands.act.get_ref();
                if !(act <= 100 && bands.doubt < act && bands.lead < 100 && bands.like <= 100) {
                    let span = bands.act.span();
                    sheet.fault(&span, "the bands are no percents in order", "doubt below act, each up to 100");
                }
                for (name, list) in &common.words {
                    let reference = list.get_ref().iter().find(|word| !is_word(word));
                    if let Some(word) = reference {
                        let what = format!("`{word}` in list `{name}` is no word");
                        sheet.fault(&list.span(), what, "words without `|` and `@`");
                    }
                }
                let others = [&common.context, &common.wishes, &common.commands, &common.tells, &common.hides];
                let all = others.into_iter().chain([&common.denies, &common.affirms, common.fillers.get_ref()]);
                if let Some(word) = all.flatten().find(|word| !is_word(word)) {
                    sheet.fault(&common.fillers.span(), format!("`{word}` is no word"), "words of one sign or more");
                }
            }
            return;
        }
        let Some(shape) = sheet.shape::<Shape>() else { return };
        if let Some(intent) = self.read_intent(sheet, shape) {
            self.intents.push(intent);
        }
    }

    fn read_intent(&mut self, sheet: &mut Sheet<'_>, shape: Shape) -> Option<Intent> {
        let lists: BTreeMap<String, Vec<String>> = common_lists(sheet);
        let mut words = IntentWords::default();
        for row in shape.say {
            let sure = *row.sure.get_ref();
            if !(1..=100).contains(&sure) {
                sheet.fault(&row.sure.span(), format!("`sure` cannot be {sure}"), "a percent from 1 to 100");
            }
            if row.all.get_ref().is_empty() {
                sheet.fault(&row.all.span(), "a way to be said without words", "at least one slot");
            }
            let span = row.all.span();
            let slots = row.all.into_inner().iter().map(|slot| alternatives(sheet, &lists, &span, slot)).collect();
            let mut list = |text: Option<Spanned<String>>| {
                text.map(|text| alternatives(sheet, &lists, &text.span(), text.get_ref())).unwrap_or_default()
            };
            let (any, not) = (list(row.any), list(row.not));
            words.says.push(SayWords { sure, slots, any, not, near: row.near });
        }
        if shape.questions.get_ref().len() < 3 {
            sheet.fault(&shape.questions.span(), "too few questions", "three sentences or more, as people say them");
        }
        words.questions = shape.questions.into_inner();
        let mut answers = Vec::new();
        for row in shape.answer {
            let span = row.words.span();
            let slots: Vec<Vec<String>> =
                row.words.into_inner().iter().map(|slot| alternatives(sheet, &lists, &span, slot)).collect();
            words.known.extend(slots.iter().flatten().cloned());
            answers.push(SpokenAnswer {
                slots,
                question: sheet.words("question", row.question),
                text: sheet.words("text", row.text),
                source: row.source,
            });
        }
        let mut follow = Vec::new();
        for row in shape.follow {
            if row.choice.get_ref().len() < 2 {
                sheet.fault(&row.choice.span(), "a question with one answer", "two choices or more");
            }
            let mut choices = Vec::new();
            for choice in row.choice.into_inner() {
                let own = alternatives(sheet, &lists, &choice.words.span(), choice.words.get_ref());
                words.known.extend(own.iter().cloned());
                let then = choice.then.map(|then| sheet.words("then", then));
                choices.push(Choice { title: sheet.words("title", choice.title), words: own, then });
            }
            follow.push(FollowUp { question: sheet.words("question", row.question), choices });
        }
        if let Some(module) = &shape.module {
            self.modules.push((sheet.place(&module.span()), module.get_ref().clone()));
        }
        let samples = shape.sample.into_iter().map(|row| Sample {
            line: sheet.place(&row.said.span()).line,
            said: row.said.into_inner(),
            heard: row.heard,
        });
        Some(Intent {
            name: sheet.stem.replace('-', "_"),
            module: shape.module.map(Spanned::into_inner),
            is_agent: shape.agent,
            samples: samples.collect(),
            title: sheet.words("title", shape.title),
            about: sheet.words("about", shape.about),
            guidance: shape.guidance.into_iter().map(|words| sheet.words("guidance", words)).collect(),
            words,
            answers,
            follow,
        })
    }

    /// The intents in the order of their files, and what is common to them.
    pub(super) fn join(self) -> (Vec<Intent>, Common) {
        let common = self.common.map(|shape| Common {
            act: shape.bands.act.into_inner(),
            doubt: shape.bands.doubt,
            lead: shape.bands.lead,
            like: shape.bands.like,
            fillers: shape.fillers.into_inner(),
            context: shape.context,
            wishes: shape.wishes,
            commands: shape.commands,
            tells: shape.tells,
            hides: shape.hides,
            denies: shape.denies,
            affirms: shape.affirms,
        });
        (self.intents, common.unwrap_or_default())
    }
}

/// Reads the intents of a catalog and walks their recordings, without the rest of it.
///
/// # Errors
/// All mistakes of their files.
pub fn load_voice(source: &CatalogSource, is_service: impl Fn(&str) -> bool) -> Result<Voice, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut read = VoiceRead::default();
    for path in source.files.keys().filter(|path| path.starts_with("voice/")) {
        let mut sheet = Sheet::new(source, path, &mut mistakes);
        if is_name(sheet.stem) {
            read.read(&mut sheet);
        } else {
            sheet.fault(&(0..0), "a file with a strange name", "some-name.toml");
        }
    }
    for (place, module) in read.modules.iter().filter(|(_, module)| !is_service(module)) {
        mistakes.push(place.mistake(format!("no service `{module}`"), "a file in service/"));
    }
    let (intents, common) = read.join();
    let voice = Voice::new(intents, common);
    if mistakes.is_empty() {
        mistakes = voice.faults();
    }
    mistakes.sort();
    if mistakes.is_empty() { Ok(voice) } else { Err(mistakes) }
}

fn is_word(word: &str) -> bool {
    !word.contains(['|', '@']) && word.chars().any(char::is_alphanumeric)
}

/// The lists of `common.toml`; that they are well is said where that file is read.
fn common_lists(sheet: &Sheet<'_>) -> BTreeMap<String, Vec<String>> {
    #[derive(Deserialize)]
    struct Lists {
        words: BTreeMap<String, Vec<String>>,
    }
    let text = sheet.source.files.get(COMMON);
    text.and_then(|text| toml::from_str::<Lists>(text).ok()).map(|lists| lists.words).unwrap_or_default()
}

/// The words of a slot.
fn alternatives(
    sheet: &mut Sheet<'_>,
    lists: &BTreeMap<String, Vec<String>>,
    span: &std::ops::Range<usize>,
    slot: &str,
) -> Vec<String> {
    let mut words = Vec::new();
    for one in slot.split('|').map(str::trim) {
        match one.strip_prefix('@') {
            Some(name) => match lists.get(name) {
                Some(list) => words.extend(list.iter().cloned()),
                None => sheet.fault(span, format!("no list `{name}`"), "a list of voice/common.toml"),
            },
            None if is_word(one) => words.push(one.to_owned()),
            None => sheet.fault(span, format!("`{one}` is no word"), "words with `|` between them"),
        }
    }
    words
}
