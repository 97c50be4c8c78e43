//! Weighs intents by the key words a sentence holds, and says whether one may act by itself.
//!
//! An intent has several ways to be said; a way is a list of slots, each filled by one of several words, all of them needed.
//! A way weighs as much as its author is sure of it, less what its words lack in likeness, more the more of the sentence it
//! explains. The best intent acts only when it leads clearly, was not heard by mixed-up sounds, rests on more than two
//! syllables, explains nearly all that was said, and the sentence asks rather than tells.

use super::likeness::Likeness;
use super::script::written;
use super::terms::{Common, Doubt, Heard, IntentWords};
use super::words::{By, Heard as Sentence, Hit, Vocabulary, WordId};
use hashbrown::{HashMap, HashSet};
use std::cmp::Reverse;

struct Say {
    sure: u32,
    slots: Vec<Vec<WordId>>,
    any: Vec<WordId>,
    not: Vec<WordId>,
    near: Option<usize>,
}

struct Intent {
    says: Vec<Say>,
    words: HashSet<WordId>,
}

/// The intents, ready to listen.
pub struct Matcher {
    vocabulary: Vocabulary,
    intents: Vec<Intent>,
    /// Which intents a word may speak for.
    speaks: HashMap<WordId, Vec<usize>>,
    likeness: Likeness,
    bands: (u32, u32, u32, u32),
    quiet: HashSet<WordId>,
    wishes: HashSet<WordId>,
    commands: HashSet<WordId>,
    tells: HashSet<WordId>,
    hides: HashSet<WordId>,
    denies: HashSet<WordId>,
    affirms: HashSet<WordId>,
}

/// What speaks for an intent.
struct Weighed {
    intent: usize,
    score: u32,
    hits: Vec<Hit>,
}

/// The words of a sentence, by word.
struct Found {
    by_word: HashMap<WordId, Vec<Hit>>,
}

impl Found {
    fn of(&self, words: &[WordId]) -> Vec<Hit> {
        words.iter().filter_map(|word| self.by_word.get(word)).flatten().copied().collect()
    }

    fn all(&self) -> impl Iterator<Item = &Hit> {
        self.by_word.values().flatten()
    }

    /// Those of a list that stand there as written.
    fn written(&self, list: &HashSet<WordId>) -> impl Iterator<Item = &Hit> {
        self.all().filter(|hit| hit.by == By::Text && list.contains(&hit.word))
    }
}

/// How many places of a slot's words are tried; a sentence that has more repeats itself.
const PLACES: usize = 6;

/// From which likeness on, in thousandths, an intent is suggested.
const LIKELY: u32 = 300;

/// How much of what is asked for, in percent, half a match must have to be asked for where it leads alone.
const HALF: u32 = 84;

/// What a find by sound loses where most of the sentence has nothing to do with it.
const STRAY: u32 = 300;

impl Matcher {
    /// Learns the words of all intents.
    pub fn new(intents: &[IntentWords], common: &Common) -> Self {
        let mut vocabulary = Vocabulary::default();
        let mut speaks: HashMap<WordId, Vec<usize>> = HashMap::new();
        let mut learned = Vec::new();
        for (place, intent) in intents.iter().enumerate() {
            let mut ids = |words: &[String]| words.iter().map(|word| vocabulary.add(word)).collect::<Vec<_>>();
            let says: Vec<Say> = intent
                .says
                .iter()
                .map(|say| Say {
                    sure: say.sure,
                    slots: say.slots.iter().map(|slot| ids(slot)).collect(),
                    any: ids(&say.any),
                    not: ids(&say.not),
                    near: say.near,
                })
                .collect();
            let mut words: HashSet<WordId> = ids(&intent.known).into_iter().collect();
            for say in &says {
                for word in say.slots.iter().flatten() {
                    let speaks = speaks.entry(*word).or_default();
                    if speaks.last() != Some(&place) {
                        speaks.push(place);
                    }
                }
                words.extend(say.slots.iter().flatten().chain(&say.any));
            }
            learned.push(Intent { says, words });
        }
        let mut set = |words: &[String]| words.iter().map(|word| vocabulary.add(word)).collect::<HashSet<_>>();
        let (mut quiet, wishes) = (set(&common.fillers), set(&common.wishes));
        quiet.extend(set(&common.context));
        quiet.extend(&wishes);
        let (tells, hides) = (set(&common.tells), set(&common.hides));
        let commands = set(&common.commands);
        let (denies, affirms) = (set(&common.denies), set(&common.affirms));
        let likeness = Likeness::new(intents.iter().map(|intent| intent.questions.as_slice()), &common.fillers);
        Self {
            vocabulary,
            intents: learned,
            speaks,
            likeness,
            bands: (common.act * 10, common.doubt * 10, common.lead * 10, common.like * 10),
            quiet,
            wishes,
            commands,
            tells,
            hides,
            denies,
            affirms,
        }
    }

    /// How many key words there are.
    pub fn words(&self) -> usize {
        self.vocabulary.len()
    }

    /// Listens to a sentence.
    pub fn listen(&self, text: &str) -> Heard {
        let sentence = Sentence::of(written(text));
        if sentence.is_empty() {
            return Heard::default();
        }
        let found = self.find(&sentence);
        let like = self.likeness.of(&sentence);
        let (mut weighed, hints) = self.weigh(&sentence, &found, &like);
        let (_, doubt, _, enough) = self.bands;
        let by_likeness = weighed.first().is_none_or(|best| best.score < doubt);
        if by_likeness {
            let likely = like.iter().filter(|(_, score)| **score >= enough);
            if let Some((intent, score)) = likely.max_by_key(|(intent, score)| (**score, Reverse(**intent))) {
                // Likeness never speaks louder than doubt.
                let score = (doubt + score / 10).min(self.bands.0 - 1);
                weighed.retain(|one| one.intent != *intent);
                weighed.insert(0, Weighed { intent: *intent, score, hits: Vec::new() });
            } else if let [first, others @ ..] = &self.suggest(&[], &hints, &like)[..]
                && first.1 * 100 >= HALF * doubt
                && others.first().is_none_or(|next| next.1 + 50 <= first.1)
            {
                weighed.retain(|one| one.intent != first.0);
                weighed.insert(0, Weighed { intent: first.0, score: doubt, hits: Vec::new() });
            }
        }
        let suggest = self.suggest(&weighed, &hints, &like);
        let mut heard = Heard { suggest, found: self.names(&found), ..Heard::default() };
        heard.ask = !heard.suggest.is_empty();
        let Some(best) = weighed.first().filter(|best| best.score >= doubt) else {
            heard.score = heard.suggest.first().map_or(0, |(_, score)| *score);
            return heard;
        };
        heard.intent = Some(best.intent);
        heard.score = best.score;
        heard.by = Some(best.hits.iter().map(|hit| hit.by).max().unwrap_or(By::Fuzzy));
        heard.words = best.hits.iter().map(|hit| self.told(hit, &sentence)).collect();
        heard.doubts = self.doubts(&sentence, &found, &weighed);
        heard.ask = !heard.doubts.is_empty();
        heard
    }

    /// The words that a sentence holds and nothing hides or denies.
    fn find(&self, sentence: &Sentence) -> Found {
        let mut hits = self.vocabulary.find(sentence);
        let hidden: Vec<Hit> =
            hits.iter().filter(|hit| hit.by == By::Text && self.hides.contains(&hit.word)).copied().collect();
        let is_hidden = |hit: &Hit| {
            hidden.iter().any(|by| by.start <= hit.start && hit.end() <= by.end() && by.len > hit.len)
                || hit.by != By::Text && hidden.iter().any(|by| by.meets(hit) && by.len >= hit.len)
        };
        hits.retain(|hit| !is_hidden(hit));
        let denied = self.denied(sentence, &hits);
        hits.retain(|hit| !denied.iter().any(|(from, to)| *from <= hit.start && hit.end() <= *to));
        let mut by_word: HashMap<WordId, Vec<Hit>> = HashMap::new();
        for hit in hits {
            by_word.entry(hit.word).or_default().push(hit);
        }
        Found { by_word }
    }

    /// What is denied, where something else is said instead: 不是要领票，是要开票.
    fn denied(&self, sentence: &Sentence, hits: &[Hit]) -> Vec<(usize, usize)> {
        let written = |list: &HashSet<WordId>| {
            let hits = hits.iter().filter(|hit| hit.by == By::Text && list.contains(&hit.word));
            hits.copied().collect::<Vec<_>>()
        };
        let (denies, affirms) = (written(&self.denies), written(&self.affirms));
        let clauses = &sentence.written.clauses;
        let mut spans = Vec::new();
        for deny in &denies {
            let clause = clauses[deny.start];
            let clause_end = (deny.start..clauses.len()).find(|at| clauses[*at] != clause).unwrap_or(clauses.len());
            let affirmed = affirms.iter().filter(|hit| hit.start >= deny.end() + 2 && hit.start < clause_end);
            let end = affirmed.map(|hit| hit.start).min().unwrap_or(clause_end);
            // Only where something is said instead: the last words of a sentence are meant.
            if clauses.len() >= end + 3 {
                spans.push((deny.start, end));
            }
        }
        spans
    }

    /// What speaks for each intent, the best first; and what half speaks for others.
    fn weigh(
        &self,
        sentence: &Sentence,
        found: &Found,
        like: &HashMap<usize, u32>,
    ) -> (Vec<Weighed>, Vec<(usize, u32)>) {
        let mut places: Vec<usize> =
            found.by_word.keys().filter_map(|word| self.speaks.get(word)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let (mut weighed, mut hints) = (Vec::new(), Vec::new());
        for intent in places {
            let mut best: Option<Weighed> = None;
            let mut hint = 0;
            for say in &self.intents[intent].says {
                let slots: Vec<Vec<Hit>> = say.slots.iter().map(|slot| places_of(found.of(slot))).collect();
                let filled = slots.iter().filter(|hits| !hits.is_empty()).count();
                if filled == 0 {
                    continue;
                }
                let not = found.of(&say.not);
                if not.iter().any(|hit| hit.by == By::Text || hit.by == By::Pinyin && hit.len > 1) {
                    continue;
                }
                if filled < slots.len() {
                    // Half a way that rests on words of every sentence is no hint.
                    if !slots.iter().flatten().any(|hit| !self.quiet.contains(&hit.word)) {
                        continue;
                    }
                    hint = hint.max(say.sure * 5 * filled as u32 / slots.len() as u32);
                    continue;
                }
                let Some(hits) = together(&slots, say.near) else { continue };
                let score = self.score(say, &hits, found, sentence, intent);
                if best.as_ref().is_none_or(|best| score > best.score) {
                    best = Some(Weighed { intent, score, hits });
                }
            }
            match best {
                Some(mut best) => {
                    best.score = (best.score + like.get(&intent).copied().unwrap_or(0) / 20).min(1000);
                    weighed.push(best);
                }
                None => hints.push((intent, hint)),
            }
        }
        weighed.sort_by_key(|one| (Reverse(one.score), one.intent));
        hints.sort_by_key(|(intent, score)| (Reverse(*score), *intent));
        (weighed, hints)
    }

    fn score(&self, say: &Say, hits: &[Hit], found: &Found, sentence: &Sentence, intent: usize) -> u32 {
        let syllables: u32 = hits.iter().map(|hit| hit.len as u32).sum();
        let quality: u32 = hits.iter().map(|hit| hit.len as u32 * hit.quality).sum::<u32>() / syllables.max(1);
        let surer = say.any.iter().filter(|word| found.by_word.contains_key(*word)).count().min(3) as u32 * 12;
        let longer = (syllables.saturating_sub(2) * 8).min(40);
        let rest = self.rest(sentence, found, hits, intent);
        let explained = 40 * (sentence.len() - rest) as u32 / sentence.len() as u32;
        let score = ((say.sure * 9 + surer + longer + explained) * quality / 1000).min(1000);
        // A sound or two in a long sentence about something else.
        let stray = hits.iter().any(|hit| hit.by != By::Text) && rest * 2 > sentence.len();
        score.saturating_sub(if stray { STRAY } else { 0 })
    }

    /// How many characters have nothing to do with an intent.
    fn rest(&self, sentence: &Sentence, found: &Found, hits: &[Hit], intent: usize) -> usize {
        let mut said = vec![false; sentence.len()];
        let own = &self.intents[intent].words;
        let quiet = found.all().filter(|hit| hit.by == By::Text && self.quiet.contains(&hit.word));
        let known = found.all().filter(|hit| own.contains(&hit.word) && (hit.by == By::Text || hit.len > 2));
        for hit in hits.iter().chain(quiet).chain(known) {
            said[hit.start..hit.end()].fill(true);
        }
        for (place, c) in sentence.written.chars.iter().enumerate() {
            said[place] |= c.is_ascii_digit();
        }
        said.iter().filter(|said| !**said).count()
    }

    fn doubts(&self, sentence: &Sentence, found: &Found, weighed: &[Weighed]) -> Vec<Doubt> {
        let (act, _, lead, _) = self.bands;
        let best = &weighed[0];
        if best.hits.is_empty() {
            return vec![Doubt::Likeness];
        }
        let mut doubts = Vec::new();
        let mut when = |is_so: bool, doubt: Doubt| doubts.extend(is_so.then_some(doubt));
        let syllables: usize = best.hits.iter().map(|hit| hit.len).sum();
        let by = best.hits.iter().map(|hit| hit.by).max();
        let rest = self.rest(sentence, found, &best.hits, best.intent);
        when(best.score < act, Doubt::Weak);
        when(weighed.get(1).is_some_and(|next| next.score + lead > best.score), Doubt::Rival);
        when(by == Some(By::Fuzzy), Doubt::Mixed);
        when(syllables < 3 || syllables < 4 && by != Some(By::Text), Doubt::Short);
        when(rest > 1.max(sentence.len() / 5), Doubt::Rest);
        when(found.written(&self.tells).next().is_some(), Doubt::Told);
        let begin = best.hits.iter().map(|hit| hit.start).min().unwrap_or(0);
        when(found.written(&self.denies).any(|hit| hit.start < begin), Doubt::Denied);
        let wished = found.written(&self.wishes).next().is_some();
        let commanded = found.written(&self.commands).any(|hit| hit.start == 0);
        when(!(wished || commanded && rest == 0 && sentence.len() <= 10), Doubt::NoWish);
        doubts
    }

    /// At most three intents: those that match, then those that half match, then those with a like question.
    fn suggest(&self, weighed: &[Weighed], hints: &[(usize, u32)], like: &HashMap<usize, u32>) -> Vec<(usize, u32)> {
        let mut likely: Vec<(usize, u32)> =
            like.iter().filter(|(_, score)| **score >= LIKELY).map(|(intent, score)| (*intent, *score / 2)).collect();
        likely.sort_by_key(|(intent, score)| (Reverse(*score), *intent));
        let mut suggest: Vec<(usize, u32)> = weighed.iter().map(|one| (one.intent, one.score)).collect();
        let mut others: Vec<(usize, u32)> = hints.iter().copied().filter(|(_, score)| *score >= 200).collect();
        for (intent, score) in likely {
            match others.iter_mut().find(|(known, _)| *known == intent) {
                Some(known) => known.1 += score,
                None => others.push((intent, score)),
            }
        }
        others.sort_by_key(|(intent, score)| (Reverse(*score), *intent));
        for (intent, score) in others {
            if !suggest.iter().any(|(known, _)| *known == intent) {
                suggest.push((intent, score.min(self.bands.1)));
            }
        }
        suggest.truncate(3);
        suggest
    }

    fn told(&self, hit: &Hit, sentence: &Sentence) -> (String, String, By) {
        let said = sentence.written.chars[hit.start..hit.end()].iter().collect();
        (self.vocabulary.word(hit.word), said, hit.by)
    }

    fn names(&self, found: &Found) -> Vec<String> {
        let sure = |hits: &Vec<Hit>| hits.iter().any(|hit| hit.by != By::Fuzzy);
        let mut names: Vec<String> =
            found.by_word.iter().filter(|(_, hits)| sure(hits)).map(|(word, _)| self.vocabulary.word(*word)).collect();
        names.sort_unstable();
        names
    }
}

/// The best places of a slot's words.
fn places_of(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (Reverse(hit.len as u32 * hit.quality), hit.start));
    hits.truncate(PLACES);
    hits
}

/// One place of each slot, none on another, near enough; those that say most, and among them the nearest.
fn together(slots: &[Vec<Hit>], near: Option<usize>) -> Option<Vec<Hit>> {
    fn go(slots: &[Vec<Hit>], near: usize, taken: &mut Vec<Hit>, best: &mut Option<(u32, Vec<Hit>)>) {
        let Some((slot, others)) = slots.split_first() else {
            let from = taken.iter().map(|hit| hit.start).min().unwrap_or(0);
            let to = taken.iter().map(Hit::end).max().unwrap_or(0);
            let filled: usize = taken.iter().map(|hit| hit.len).sum();
            let gap = (to - from).saturating_sub(filled);
            if gap > near {
                return;
            }
            let worth: u32 = taken.iter().map(|hit| hit.len as u32 * hit.quality).sum();
            let worth = worth.saturating_sub(gap as u32 * 20);
            if best.as_ref().is_none_or(|(known, _)| worth > *known) {
                *best = Some((worth, taken.clone()));
            }
            return;
        };
        for hit in slot {
            if !taken.iter().any(|other| other.meets(hit)) {
                taken.push(*hit);
                go(others, near, taken, best);
                taken.pop();
            }
        }
    }
    let mut best = None;
    go(slots, near.unwrap_or(usize::MAX), &mut Vec::new(), &mut best);
    best.map(|(_, hits)| hits)
}
