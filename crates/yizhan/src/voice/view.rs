//! What a sentence came to, as it is answered.

use super::model::{
    AnswerView, ChoiceView, DoubtView, FollowView, HeardWord, IntentLine, IntentView, MistakeView, SampleView,
    TriedView, VoiceAnswer, VoiceDraft, VoiceTrial,
};
use super::rule;
use crate::case::view::words;
use serde_json::{Value, json};
use yizhan_core::catalog::{Catalog, Intent, Mistake, Voice, load_voice};
use yizhan_core::voice::Reply;
use yizhan_kit::Lang;

/// How much a line tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What it leads to.
    Plain,
    /// And the words it rests on, and why it asks.
    Why,
}

/// The answer of the command line: one JSON object.
pub fn line(voice: &Voice, text: &str, detail: Detail) -> Value {
    let heard = voice.listen(text);
    let intent = heard.intent.map(|place| &voice.intents[place]);
    let suggest: Vec<&str> = heard.suggest.iter().map(|(place, _)| voice.intents[*place].name.as_str()).collect();
    let mut line = json!({
        "text": text,
        "intent": intent.map(|intent| &intent.name),
        "module": intent.and_then(|intent| intent.module.as_ref()),
        "score": thousandths(heard.score),
        "by": by(&heard),
        "ask": heard.ask,
        "suggest": suggest,
    });
    if detail == Detail::Why {
        line["words"] = heard.words.iter().map(|(word, said, by)| json!([word, said, by.as_str()])).collect();
        line["doubts"] = heard.doubts.iter().map(|doubt| Value::from(doubt.as_str())).collect();
    }
    line
}

fn by(heard: &Reply) -> &'static str {
    heard.by.map_or("none", yizhan_core::voice::By::as_str)
}

/// A score as a number between 0 and 1.
pub fn thousandths(score: u32) -> Value {
    let text = format!("{}.{:03}", score / 1000, score % 1000);
    serde_json::from_str(&text).expect("digits and a point are a number")
}

/// The answer of the door: for what was heard, or for what the speaker chose.
pub fn answer(catalog: &Catalog, text: &str, heard: Reply, chosen: Option<usize>, lang: Lang) -> VoiceAnswer {
    let voice = &catalog.voice;
    let intent = chosen.or(heard.intent).map(|place| &voice.intents[place]);
    VoiceAnswer {
        text: text.to_owned(),
        percent: heard.score / 10,
        by: by(&heard).to_owned(),
        ask: heard.ask && chosen.is_none(),
        next: if chosen.is_some() { "act" } else { rule::next(&heard) }.to_owned(),
        suggest: heard.suggest.iter().map(|(place, _)| intent_line(catalog, &voice.intents[*place], lang)).collect(),
        words: heard
            .words
            .iter()
            .map(|(word, said, by)| HeardWord { word: word.clone(), said: said.clone(), by: by.as_str().to_owned() })
            .collect(),
        doubts: heard
            .doubts
            .iter()
            .map(|doubt| DoubtView {
                code: doubt.as_str().to_owned(),
                text: words(&Voice::reason(*doubt), lang).to_owned(),
            })
            .collect(),
        guidance: intent
            .map_or_else(Vec::new, |intent| intent.guidance.iter().map(|step| words(step, lang).to_owned()).collect()),
        answers: intent.map_or_else(Vec::new, |intent| answers(intent, &heard.found, lang)),
        papers: intent.map_or_else(Vec::new, |intent| papers(catalog, intent, lang)),
        follow: intent.map_or_else(Vec::new, |intent| follow(intent, &heard.found, lang)),
        intent: intent.map(|intent| intent_line(catalog, intent, lang)),
    }
}

fn intent_line(catalog: &Catalog, intent: &Intent, lang: Lang) -> IntentLine {
    let service = intent.module.as_ref().and_then(|module| catalog.services.get(module));
    IntentLine {
        name: intent.name.clone(),
        title: words(&intent.title, lang).to_owned(),
        module: intent.module.clone(),
        module_title: service.map(|service| words(&service.title, lang).to_owned()),
        is_agent: intent.is_agent,
    }
}

/// What the papers of the service are called that an intent leads to.
fn papers(catalog: &Catalog, intent: &Intent, lang: Lang) -> Vec<String> {
    let service = intent.module.as_ref().and_then(|module| catalog.services.get(module));
    let papers = service.into_iter().flat_map(|service| &service.papers);
    papers.map(|paper| words(&paper.title, lang).to_owned()).collect()
}

fn answers(intent: &Intent, found: &[String], lang: Lang) -> Vec<AnswerView> {
    let mut answers: Vec<AnswerView> = intent
        .answers
        .iter()
        .map(|answer| AnswerView {
            question: words(&answer.question, lang).to_owned(),
            text: words(&answer.text, lang).to_owned(),
            source: answer.source.clone(),
            is_asked: answer.is_asked(found),
        })
        .collect();
    answers.sort_by_key(|answer| !answer.is_asked);
    answers
}

fn follow(intent: &Intent, found: &[String], lang: Lang) -> Vec<FollowView> {
    let choice = |choice: &yizhan_core::catalog::Choice| ChoiceView {
        title: words(&choice.title, lang).to_owned(),
        say: choice.words.first().cloned().unwrap_or_default(),
        then: choice.then.as_ref().map(|then| words(then, lang).to_owned()),
    };
    let all = intent.follow.iter().map(|follow| FollowView {
        question: words(&follow.question, lang).to_owned(),
        chosen: follow.chosen(found).and_then(|chosen| follow.choices.iter().position(|one| one == chosen)),
        choices: follow.choices.iter().map(choice).collect(),
    });
    all.collect()
}

/// The intents as they are listed.
pub fn intents(catalog: &Catalog, lang: Lang) -> Vec<IntentView> {
    let view = |intent: &Intent| IntentView {
        line: intent_line(catalog, intent, lang),
        about: words(&intent.about, lang).to_owned(),
        file: intent.file(),
        questions: intent.words.questions.clone(),
        samples: intent
            .samples
            .iter()
            .map(|sample| SampleView { said: sample.said.clone(), heard: sample.heard.clone() })
            .collect(),
        answers: answers(intent, &[], lang),
        ways: intent.words.says.len(),
    };
    catalog.voice.intents.iter().map(view).collect()
}

/// What a draft would do beside the catalog in force.
pub fn trial(catalog: &Catalog, draft: &VoiceDraft) -> VoiceTrial {
    let mut source = catalog.source.clone();
    source.files.insert(draft.file.clone(), draft.text.clone());
    let then = match load_voice(&source, |service| catalog.services.contains_key(service)) {
        Ok(voice) => voice,
        Err(mistakes) => {
            let mistakes = mistakes.iter().map(mistake).collect();
            return VoiceTrial { mistakes, tried: Vec::new(), changed: Vec::new(), looked_at: 0 };
        }
    };
    let now = &catalog.voice;
    let try_one = |text: &str| {
        let (before, after) = (now.listen(text), then.listen(text));
        let name = |voice: &Voice, heard: &Reply| heard.intent.map(|place| voice.intents[place].name.clone());
        TriedView {
            text: text.to_owned(),
            now: name(now, &before),
            then: name(&then, &after),
            asks_now: before.ask,
            asks_then: after.ask,
        }
    };
    let known = now.intents.iter().flat_map(|intent| {
        intent.words.questions.iter().map(String::as_str).chain(intent.samples.iter().map(|one| one.heard.as_str()))
    });
    let held: Vec<TriedView> = known.map(try_one).collect();
    VoiceTrial {
        mistakes: Vec::new(),
        tried: draft.sentences.iter().map(|text| try_one(text.trim())).collect(),
        looked_at: held.len(),
        changed: held.into_iter().filter(|one| one.now != one.then).collect(),
    }
}

fn mistake(mistake: &Mistake) -> MistakeView {
    let text = if mistake.expected.is_empty() {
        mistake.what.clone()
    } else {
        format!("{}; {}", mistake.what, mistake.expected)
    };
    MistakeView { file: mistake.file.clone(), line: mistake.line, text }
}
