//! What somebody typed, and whether a name or a number is meant by it.

use pinyin::{ToPinyin, ToPinyinMulti};
use yizhan_kit::codes::{CitizenNumber, Mobile};

/// What can be seen of a masked number: `371` and `0016`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Ends {
    /// Its first three characters.
    pub head: [u8; 3],
    /// Its last four.
    pub tail: [u8; 4],
}

impl Ends {
    /// The ends of a number; zeros of one that is too short to have two.
    pub fn of(number: &str) -> Self {
        let bytes = number.as_bytes();
        match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(head), Some(tail)) if bytes.len() >= 7 => Self { head: *head, tail: *tail },
            _ => Self::default(),
        }
    }

    /// The number as it is shown, so many characters long.
    pub fn masked(&self, length: usize) -> String {
        if *self == Self::default() {
            return String::new();
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{}{}{}", text(&self.head), "*".repeat(length.saturating_sub(7)), text(&self.tail))
    }
}

/// What is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Query {
    /// A case by its number.
    Case(String),
    /// A number whole: the name of its kind and its canonical text.
    Whole(&'static str, String),
    /// The ends of a number, as far as they are known.
    Ends {
        /// The first three characters, from a masked number.
        head: Option<[u8; 3]>,
        /// The last four.
        tail: [u8; 4],
    },
    /// A name, or the beginning of its syllables: lower case, without spaces.
    Name(Vec<char>),
    /// Part of a number that is nobody's: a household's, an enterprise's credit code.
    Part(String),
}

/// Reads what was typed; nothing when it is too little to look for.
pub fn query(typed: &str) -> Option<Query> {
    let typed: String = typed.chars().map(half_width).filter(|c| !c.is_whitespace()).collect();
    let upper = typed.to_uppercase();
    if upper.split('-').count() == 3 && upper.is_ascii() {
        return Some(Query::Case(upper));
    }
    if let Ok(number) = upper.parse::<CitizenNumber>() {
        return Some(Query::Whole("citizen-number", number.to_string()));
    }
    if let Ok(mobile) = upper.parse::<Mobile>() {
        return Some(Query::Whole("mobile", mobile.as_str().to_owned()));
    }
    if upper.bytes().any(|b| b.is_ascii_digit()) {
        return ends(&upper).or_else(|| part(&upper));
    }
    let name: Vec<char> =
        typed.to_lowercase().chars().filter(|c| c.is_alphabetic()).map(|c| if c == 'ü' { 'v' } else { c }).collect();
    let enough = name.iter().any(|c| !c.is_ascii()) || name.len() > 1;
    (enough && name.len() <= 40).then_some(Query::Name(name))
}

/// What may be part of a household's number: three characters at least. What is as long as somebody's number but is none
/// was mistyped, and nothing.
fn part(typed: &str) -> Option<Query> {
    let digits = typed.bytes().all(|b| b.is_ascii_digit() || b == b'X');
    let mistyped = digits && (matches!(typed.len(), 17..=19) || typed.len() == 11 && typed.starts_with('1'));
    let enough = typed.chars().count() > 2 && !typed.contains('*') && !mistyped;
    enough.then(|| Query::Part(typed.to_owned()))
}

/// `0016`, `001X` or `371***********0016`.
fn ends(typed: &str) -> Option<Query> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'X');
    match typed.split_once('*') {
        Some((head, rest)) => {
            let tail = rest.trim_start_matches('*');
            let fits = digits(head) && digits(tail);
            Some(Query::Ends {
                head: if head.is_empty() { None } else { Some(head.as_bytes().try_into().ok()?) },
                tail: tail.as_bytes().try_into().ok().filter(|_| fits)?,
            })
        }
        None => Some(Query::Ends { head: None, tail: typed.as_bytes().try_into().ok().filter(|_| digits(typed))? }),
    }
}

/// Full-width forms, which Chinese keyboards make, as the plain ones.
fn half_width(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

impl Query {
    /// Whether a masked number may be meant.
    pub fn meets(&self, ends: &Ends) -> bool {
        match self {
            Self::Ends { head, tail } => ends.tail == *tail && head.is_none_or(|head| ends.head == head),
            _ => false,
        }
    }
}

/// How well a name answers what was typed: 0 is the name itself, then names that begin so, then names that hold it.
pub fn score(name: &str, typed: &[char]) -> Option<u32> {
    let mut chars = [' '; 50];
    let mut length = 0;
    for c in name.chars().filter(|c| c.is_alphabetic()).take(chars.len()) {
        chars[length] = c.to_lowercase().next().unwrap_or(c);
        length += 1;
    }
    let chars = &chars[..length];
    let begin = (0..length).find(|begin| follows(&chars[*begin..], typed))?;
    let (begin_at, length) = (u32::try_from(begin).unwrap_or(u32::MAX), u32::try_from(length).unwrap_or(u32::MAX));
    Some(if begin == 0 && typed == chars { 0 } else { begin_at * 100 + length })
}

/// Whether what was typed can be read off a name from its beginning: each character by itself, by a whole syllable or by
/// a syllable's initial; the last syllable may be unfinished.
fn follows(name: &[char], typed: &[char]) -> bool {
    let Some((first, rest)) = typed.split_first() else { return true };
    let Some((here, later)) = name.split_first() else { return false };
    if here == first && follows(later, rest) {
        return true;
    }
    first.is_ascii_alphabetic()
        && any_reading(*here, |syllable| {
            if spells(syllable).next() != Some(*first) {
                return false;
            }
            // Of the letters typed, how many the syllable says before it says another.
            let said = spells(syllable).zip(typed).take_while(|(letter, typed)| letter == *typed).count();
            let whole = spells(syllable).count();
            let initial = if spells(syllable).nth(1) == Some('h') { 2 } else { 1 };
            said == typed.len()
                || [whole, initial, 1].into_iter().any(|taken| taken <= said && follows(later, &typed[taken..]))
        })
}

/// The letters of a syllable as they are typed: `lü` is `lv`.
fn spells(syllable: &str) -> impl Iterator<Item = char> + '_ {
    syllable.chars().map(|c| if c == 'ü' { 'v' } else { c })
}

/// Whether some reading of a character is wanted.
fn any_reading(c: char, mut wanted: impl FnMut(&'static str) -> bool) -> bool {
    match c.to_pinyin_multi() {
        Some(several) => several.into_iter().any(|reading| wanted(reading.plain())),
        None => c.to_pinyin().is_some_and(|reading| wanted(reading.plain())),
    }
}

/// The longest run of Hanzi that was typed, which every name that is meant must hold.
pub fn longest_hanzi(typed: &[char]) -> Option<String> {
    let runs = typed.split(char::is_ascii).filter(|run| !run.is_empty());
    runs.max_by_key(|run| run.len()).map(|run| run.iter().collect())
}

/// Which letters a name can be typed with, one bit each: with which its syllables may begin, and all of them. Most names
/// are passed over by these alone.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Letters {
    initials: u32,
    all: u32,
}

impl Letters {
    /// The letters of a name.
    pub fn of(name: &str) -> Self {
        let mut letters = Self::default();
        for c in name.to_lowercase().chars() {
            letters.initials |= bit(c);
            letters.all |= bit(c);
            any_reading(c, |syllable| {
                letters.initials |= spells(syllable).next().map_or(0, bit);
                letters.all |= spells(syllable).fold(0, |bits, c| bits | bit(c));
                false
            });
        }
        letters
    }

    /// The letters that were typed: the first of them, and all.
    pub fn typed(typed: &[char]) -> Self {
        Self { initials: typed.first().map_or(0, |c| bit(*c)), all: typed.iter().fold(0, |bits, c| bits | bit(*c)) }
    }

    /// Whether a name with these letters may be meant by what was typed.
    pub fn may_hold(self, typed: Self) -> bool {
        self.initials & typed.initials == typed.initials && self.all & typed.all == typed.all
    }
}

fn bit(c: char) -> u32 {
    if c.is_ascii_lowercase() { 1 << (u32::from(c) - u32::from('a')) } else { 0 }
}
