//! How like a sentence is to the questions of each intent: pairs of neighbouring sounds they have in common, the rarer the
//! more. It speaks only where no key words do, and never acts.

use super::script::written;
use super::sound::{Class, readings};
use super::words::Heard;
use hashbrown::{HashMap, HashSet};

type Pair = (Class, Class);

/// The questions of all intents.
pub struct Likeness {
    /// Which questions hold a pair.
    questions: HashMap<Pair, Vec<u32>>,
    /// Of each question its intent and what its pairs weigh.
    all: Vec<(usize, u32)>,
    /// What a pair weighs: more, the fewer intents use it.
    weights: HashMap<Pair, u32>,
    fillers: Vec<Vec<char>>,
}

/// What a pair weighs that no question holds.
const STRANGE: u32 = 6;

impl Likeness {
    /// Learns the questions, by intent.
    pub fn new<'a>(intents: impl Iterator<Item = &'a [String]>, fillers: &[String]) -> Self {
        let mut fillers: Vec<Vec<char>> = fillers.iter().map(|word| written(word).chars).collect();
        fillers.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut read: Vec<(usize, HashSet<Pair>)> = Vec::new();
        let mut used: HashMap<Pair, HashSet<usize>> = HashMap::new();
        for (intent, questions) in intents.enumerate() {
            for question in questions {
                let classes = without(&written(question).chars, &fillers);
                let pairs: HashSet<Pair> = classes.windows(2).map(|two| (two[0], two[1])).collect();
                for pair in &pairs {
                    used.entry(*pair).or_default().insert(intent);
                }
                read.push((intent, pairs));
            }
        }
        let weight = |intents: &HashSet<usize>| 12 / (intents.len() as u32).min(12);
        let weights: HashMap<Pair, u32> = used.iter().map(|(pair, intents)| (*pair, weight(intents))).collect();
        let mut questions: HashMap<Pair, Vec<u32>> = HashMap::new();
        let mut all = Vec::new();
        for (place, (intent, pairs)) in read.into_iter().enumerate() {
            for pair in &pairs {
                questions.entry(*pair).or_default().push(place as u32);
            }
            all.push((intent, pairs.iter().map(|pair| weights[pair]).sum()));
        }
        Self { questions, all, weights, fillers }
    }

    /// For each intent that has a like question how like it is, in thousandths.
    pub fn of(&self, sentence: &Heard) -> HashMap<usize, u32> {
        let classes = without(&sentence.written.chars, &self.fillers);
        let pairs: HashSet<Pair> = classes.windows(2).map(|two| (two[0], two[1])).collect();
        let weight = |pair: &Pair| self.weights.get(pair).copied().unwrap_or(STRANGE);
        let own: u32 = pairs.iter().map(weight).sum();
        let mut common: HashMap<u32, u32> = HashMap::new();
        for pair in &pairs {
            for question in self.questions.get(pair).into_iter().flatten() {
                *common.entry(*question).or_default() += weight(pair);
            }
        }
        let mut best: HashMap<usize, u32> = HashMap::new();
        for (question, shared) in common {
            let (intent, whole) = self.all[question as usize];
            let likeness = 2000 * shared / (own + whole).max(1);
            let known = best.entry(intent).or_default();
            *known = (*known).max(likeness);
        }
        best
    }
}

/// The classes of what is left without fillers.
fn without(chars: &[char], fillers: &[Vec<char>]) -> Vec<Class> {
    let mut left = Vec::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        match fillers.iter().find(|filler| chars[at..].starts_with(filler)) {
            Some(filler) => at += filler.len(),
            None => {
                left.push(readings(chars[at])[0].class());
                at += 1;
            }
        }
    }
    left
}
