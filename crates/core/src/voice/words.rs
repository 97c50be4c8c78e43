//! The key words of all intents, and where a sentence holds them: as written, by sound, or by sounds that are mixed up.
//!
//! A word of one character is only found as written. What is found by sound inside a longer word that stands there as
//! written is no find: 等级 in 登记 is nobody's wish.

use super::script::Written;
use super::sound::{Class, Syllable, alike, apart, is_turned, meant, readings};
use hashbrown::{HashMap, HashSet};

/// A key word, by its place in the vocabulary.
pub type WordId = u32;

/// How a word was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum By {
    /// As it is written.
    Text,
    /// By its syllables without tones.
    Pinyin,
    /// By syllables that are mixed up with its own.
    Fuzzy,
}

impl By {
    /// Its text in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Pinyin => "pinyin",
            Self::Fuzzy => "fuzzy",
        }
    }
}

/// Where a word was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hit {
    /// The word.
    pub word: WordId,
    /// Its first character in the sentence.
    pub start: usize,
    /// How many it takes.
    pub len: usize,
    /// How it was found.
    pub by: By,
    /// How well, in thousandths.
    pub quality: u32,
}

impl Hit {
    /// The first character behind it.
    pub fn end(&self) -> usize {
        self.start + self.len
    }

    /// Whether two stand on a common character.
    pub fn meets(&self, other: &Self) -> bool {
        self.start < other.end() && other.start < self.end()
    }
}

/// What a differing syllable costs, in thousandths of a syllable: the same sound, one thing mixed up, two, another sound.
const COSTS: [u32; 4] = [80, 220, 340, 620];

/// Costs above this, in thousandths of all syllables, are another word.
const TOO_FAR: u32 = 260;

/// What it costs that no character of a short word is as written.
const STRANGERS: u32 = 300;

struct Entry {
    chars: Vec<char>,
    /// For each character how it may be read.
    sounds: Vec<Vec<Syllable>>,
}

/// Every key word.
#[derive(Default)]
pub struct Vocabulary {
    ids: HashMap<String, WordId>,
    entries: Vec<Entry>,
    /// Words by their first character.
    written: HashMap<char, Vec<WordId>>,
    /// Words by two neighbouring classes, and where in the word these stand: its beginning, or its end for long ones.
    spoken: HashMap<(Class, Class), Vec<(WordId, u8)>>,
}

/// A sentence that was heard, with what each character may be meant for.
pub struct Heard {
    /// The characters.
    pub written: Written,
    /// For each, its readings.
    pub sounds: Vec<Vec<Syllable>>,
}

impl Heard {
    /// Reads a sentence.
    pub fn of(written: Written) -> Self {
        let sounds = written.chars.iter().map(|c| meant(*c)).collect();
        Self { written, sounds }
    }

    /// How many characters it has.
    pub fn len(&self) -> usize {
        self.written.chars.len()
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.written.chars.is_empty()
    }
}

impl Vocabulary {
    /// Takes a word in, once.
    pub fn add(&mut self, word: &str) -> WordId {
        let chars = super::script::written(word).chars;
        let word: String = chars.iter().collect();
        if let Some(id) = self.ids.get(&word) {
            return *id;
        }
        let id = WordId::try_from(self.entries.len()).expect("far fewer words than numbers");
        let sounds: Vec<Vec<Syllable>> = chars.iter().map(|c| readings(*c)).collect();
        if let Some(first) = chars.first() {
            self.written.entry(*first).or_default().push(id);
        }
        if chars.len() > 1 {
            let mut seeds = vec![0];
            if chars.len() > 3 {
                seeds.push(chars.len() - 2);
            }
            for at in seeds {
                let mut pairs: Vec<(Class, Class)> = Vec::new();
                for a in &sounds[at] {
                    pairs.extend(sounds[at + 1].iter().map(|b| (a.class(), b.class())));
                }
                pairs.sort_unstable();
                pairs.dedup();
                for pair in pairs {
                    self.spoken.entry(pair).or_default().push((id, u8::try_from(at).expect("words are short")));
                }
            }
        }
        self.entries.push(Entry { chars, sounds });
        self.ids.insert(word, id);
        id
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A word as it is written.
    pub fn word(&self, id: WordId) -> String {
        self.entries[id as usize].chars.iter().collect()
    }

    /// Every place where a word stands, in no order.
    pub fn find(&self, heard: &Heard) -> Vec<Hit> {
        let mut hits = Vec::new();
        let chars = &heard.written.chars;
        for start in 0..chars.len() {
            for id in self.written.get(&chars[start]).into_iter().flatten() {
                let entry = &self.entries[*id as usize];
                if chars[start..].starts_with(&entry.chars) {
                    let len = entry.chars.len();
                    hits.push(Hit { word: *id, start, len, by: By::Text, quality: 1000 });
                }
            }
        }
        let mut known = vec![0_usize; chars.len()];
        for hit in hits.iter().filter(|hit| hit.len > 1) {
            for place in &mut known[hit.start..hit.end()] {
                *place = (*place).max(hit.len);
            }
        }
        let mut tried: HashSet<(WordId, usize)> = HashSet::new();
        for at in 0..chars.len().saturating_sub(1) {
            for a in &heard.sounds[at] {
                for b in &heard.sounds[at + 1] {
                    for (id, seed) in self.spoken.get(&(a.class(), b.class())).into_iter().flatten() {
                        let Some(start) = at.checked_sub(usize::from(*seed)) else { continue };
                        if !tried.insert((*id, start)) {
                            continue;
                        }
                        hits.extend(self.compare(*id, heard, start).filter(|hit| !is_inside(hit, &known)));
                    }
                }
            }
        }
        hits
    }

    /// Holds a word against a place of the sentence, by sound. Nothing where it stands as written.
    fn compare(&self, id: WordId, heard: &Heard, start: usize) -> Option<Hit> {
        let entry = &self.entries[id as usize];
        let len = entry.chars.len();
        if start + len > heard.len() || heard.written.clauses[start] != heard.written.clauses[start + len - 1] {
            return None;
        }
        let (mut cost, mut by, mut missed, mut same) = (0, By::Text, false, 0);
        for (place, c) in entry.chars.iter().enumerate() {
            let said = heard.written.chars[start + place];
            if said == *c {
                same += 1;
                continue;
            }
            let distance = nearest(&entry.sounds[place], &heard.sounds[start + place]);
            let step = match distance {
                Some(step) => step,
                None if len > 3 && !missed && is_alike(&entry.sounds[place], &heard.sounds[start + place]) => {
                    missed = true;
                    3
                }
                None => return None,
            };
            cost += COSTS[usize::from(step)];
            by = by.max(if step == 0 { By::Pinyin } else { By::Fuzzy });
        }
        // Two syllables are met everywhere: one of them must be as written to be mixed up with, and two strange ones weigh.
        if len == 2 && same == 0 {
            if by == By::Fuzzy {
                return None;
            }
            cost += STRANGERS;
        }
        let cost = cost / u32::try_from(len).expect("words are short");
        (by != By::Text && cost <= TOO_FAR).then_some(Hit { word: id, start, len, by, quality: 1000 - cost })
    }
}

/// Whether every character of a find by sound belongs to words that stand there as written and are as long.
fn is_inside(hit: &Hit, known: &[usize]) -> bool {
    known[hit.start..hit.end()].iter().all(|len| *len >= hit.len)
}

fn nearest(word: &[Syllable], said: &[Syllable]) -> Option<u16> {
    let pairs = word.iter().flat_map(|a| said.iter().map(move |b| (*a, *b)));
    pairs.filter_map(|(a, b)| apart(a, b)).min().map(|distance| {
        // A reading that only some speakers have costs as one thing mixed up.
        let plain = word.iter().any(|a| said.first() == Some(a));
        let turned = word.iter().any(|a| said.iter().any(|b| a == b && said.iter().any(|c| is_turned(*c, *b))));
        if distance == 0 && !plain && turned { 1 } else { distance }
    })
}

fn is_alike(word: &[Syllable], said: &[Syllable]) -> bool {
    word.iter().any(|a| said.iter().any(|b| alike(*a, *b)))
}
