//! `yizhan bench voice`: how many sentences reach their intent, as written, as recognisers slip, in traditional characters and
//! in dialects' sounds; that ordinary prose never acts; and how long one sentence takes with five hundred intents.

use super::{Figures, Options};
use pinyin::ToPinyin;
use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::time::Instant;
use yizhan_core::catalog::Voice;
use yizhan_core::voice::{Common, IntentWords, Matcher, SayWords, script};
use yizhan_kit::id::SeededEntropy;

/// Sentences with the intents they mean: those the catalog was tuned on, and those it was not.
const TUNED: &str = include_str!("tuned.txt");
const HELD_OUT: &str = include_str!("held-out.txt");
/// Ordinary prose.
const PROSE: &str = include_str!("prose.txt");

/// Of sentences as written, held out or not, so many in a hundred must be right.
const LEAST_RIGHT: usize = 95;

/// A sentence with what it means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meant {
    /// The intent; `none` where nothing of ours is meant.
    pub intent: String,
    /// `text`, `slip`, `traditional` or `dialect`.
    pub kind: &'static str,
    /// The sentence.
    pub text: String,
}

/// Reads a list of sentences.
fn read(list: &str) -> Vec<Meant> {
    let mut all = Vec::new();
    let mut intent = String::new();
    for line in list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.clone_into(&mut intent);
            continue;
        }
        let of_kind = ["slip", "traditional", "dialect"]
            .into_iter()
            .find_map(|kind| Some((kind, line.strip_prefix(kind)?.strip_prefix(' ')?)));
        let (kind, text) = of_kind.unwrap_or(("text", line));
        all.push(Meant { intent: intent.clone(), kind, text: text.to_owned() });
    }
    all
}

/// The sentences the catalog was tuned on.
pub fn tuned() -> Vec<Meant> {
    read(TUNED)
}

/// Those it was not.
pub fn held_out() -> Vec<Meant> {
    read(HELD_OUT)
}

/// Clauses of ordinary prose.
pub fn clauses() -> Vec<&'static str> {
    let lines = PROSE.lines().filter(|line| !line.starts_with('#'));
    let parts = lines.flat_map(|line| line.split(['，', '。', '；', '：', '！', '？']));
    parts.map(str::trim).filter(|clause| clause.chars().count() > 1).collect()
}

/// Whether a sentence was understood as it is meant.
pub fn is_right(voice: &Voice, meant: &Meant) -> bool {
    let heard = voice.listen(&meant.text);
    let intent = heard.intent.map(|place| voice.intents[place].name.as_str());
    match meant.intent.as_str() {
        // Nothing of ours: nothing may be done without asking.
        "none" => intent.is_none() || heard.ask,
        wanted => intent == Some(wanted),
    }
}

/// Sentences with one character replaced by another of the same sound, as a recogniser does, two of each.
pub fn slips(of: &[Meant]) -> Vec<Meant> {
    let mut alike: HashMap<&'static str, Vec<char>> = HashMap::new();
    for high in 0xb0..=0xd7_u8 {
        // The 3,755 commonest characters, in the order of their code.
        for low in 0xa1..=0xfe_u8 {
            let pair = [high, low];
            let (text, _, _) = encoding_rs::GBK.decode(&pair);
            for c in text.chars() {
                if let Some(sound) = c.to_pinyin() {
                    alike.entry(sound.plain()).or_default().push(c);
                }
            }
        }
    }
    let random = SeededEntropy::new(24);
    let mut slipped = Vec::new();
    for meant in of.iter().filter(|meant| meant.kind == "text" && meant.intent != "none") {
        for _ in 0..2 {
            let mut chars: Vec<char> = meant.text.chars().collect();
            let place = random.below(chars.len() as u64) as usize;
            let others = chars[place].to_pinyin().and_then(|sound| alike.get(sound.plain()));
            let Some(others) = others.filter(|others| others.len() > 1) else { continue };
            chars[place] = others[random.below(others.len() as u64) as usize];
            slipped.push(Meant { kind: "generated", text: chars.into_iter().collect(), ..meant.clone() });
        }
    }
    slipped
}

/// Runs the bench. `--acts` is the number of sentences timed.
///
/// # Errors
/// When prose acts, or too few sentences are right.
pub fn run(options: &Options) -> Result<Figures, String> {
    let catalog = crate::store::load_catalog(crate::store::catalog_source(None)?)?;
    let voice = &catalog.voice;
    let mut figures = Figures::default();
    let (tuned, held) = (tuned(), held_out());
    let mut wrong = Vec::new();
    for (name, list) in
        [("tuned", tuned.clone()), ("held out", held.clone()), ("generated", slips(&[&tuned[..], &held[..]].concat()))]
    {
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for meant in &list {
            let count = counts.entry(meant.kind).or_default();
            count.1 += 1;
            count.0 += usize::from(is_right(voice, meant));
        }
        for (kind, (right, all)) in counts {
            let what = if kind == "generated" { "generated slips".to_owned() } else { format!("{name}, {kind}") };
            figures.add(&format!("voice: {what}: sentences"), all as f64);
            figures.add(&format!("voice: {what}: right, percent"), 100.0 * right as f64 / all as f64);
            figures.at_least(&format!("voice: {what}: right, percent"), LEAST_RIGHT as f64);
            if kind == "text" && right * 100 < all * LEAST_RIGHT {
                wrong.push(format!("{right} of {all} {name}"));
            }
        }
    }
    let clauses = clauses();
    let acted = clauses.iter().filter(|clause| {
        let heard = voice.listen(clause);
        heard.intent.is_some() && !heard.ask
    });
    let acted: Vec<&&str> = acted.collect();
    let matched = clauses.iter().filter(|clause| voice.listen(clause).intent.is_some()).count();
    figures.add("voice: clauses of prose", clauses.len() as f64);
    figures.add("voice: clauses that are asked about", (matched - acted.len()) as f64);
    figures.add("voice: clauses that act", acted.len() as f64);
    figures.at_most("voice: clauses that act", 0.0);
    time(voice, &tuned, options, &mut figures);
    if !acted.is_empty() {
        return Err(format!("WRONG RESULT: prose acts: {acted:?}"));
    }
    if !wrong.is_empty() {
        return Err(format!("WRONG RESULT: only {} are right", wrong.join(", ")));
    }
    Ok(figures)
}

/// How long a sentence takes, with the catalog's intents and with five hundred.
fn time(voice: &Voice, sentences: &[Meant], options: &Options, figures: &mut Figures) {
    let many = many(voice, 500);
    let count = options.acts(100_000, 2_000);
    for (name, matcher) in [("the catalog's intents", voice.matcher()), ("500 intents", &many)] {
        figures.add(&format!("voice: {name}: key words"), matcher.words() as f64);
        let mut taken: Vec<f64> = Vec::with_capacity(count);
        for meant in sentences.iter().cycle().take(count) {
            let began = Instant::now();
            black_box(matcher.listen(black_box(&meant.text)));
            taken.push(began.elapsed().as_secs_f64() * 1e6);
        }
        taken.sort_by(f64::total_cmp);
        figures.add(&format!("voice: {name}: p50, microseconds"), taken[count / 2]);
        figures.add(&format!("voice: {name}: p99, microseconds"), taken[count * 99 / 100]);
        figures.at_most(&format!("voice: {name}: p99, microseconds"), 1000.0);
    }
}

/// The catalog's intents and others made of common characters, as many words each.
fn many(voice: &Voice, count: usize) -> Matcher {
    let own: Vec<IntentWords> = voice.intents.iter().map(|intent| intent.words.clone()).collect();
    let common: Vec<char> = voice
        .intents
        .iter()
        .flat_map(|intent| intent.words.questions.iter())
        .flat_map(|text| script::written(text).chars)
        .collect();
    let random = SeededEntropy::new(500);
    let word = |random: &SeededEntropy| -> String {
        let length = 2 + random.below(3);
        (0..length).map(|_| common[random.below(common.len() as u64) as usize]).collect()
    };
    let mut all = own;
    while all.len() < count {
        let model = &all[random.below(voice.intents.len() as u64) as usize].clone();
        let same = |words: &[String]| words.iter().map(|_| word(&random)).collect::<Vec<_>>();
        let says = model.says.iter().map(|say| SayWords {
            sure: say.sure,
            slots: say.slots.iter().map(|slot| same(slot)).collect(),
            any: same(&say.any),
            not: same(&say.not),
            near: say.near,
        });
        all.push(IntentWords { says: says.collect(), known: same(&model.known), questions: same(&model.questions) });
    }
    Matcher::new(&all, &Common { ..voice.common.clone() })
}
