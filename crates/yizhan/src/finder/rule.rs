//! What somebody typed, and whether a name or a number is meant by it.

use super::model::Ends;
use pinyin::{ToPinyin, ToPinyinMulti};
use yizhan_kit::codes::{CitizenNumber, Mobile};

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
        return ends(&upper);
    }
    let name: Vec<char> =
        typed.to_lowercase().chars().filter(|c| c.is_alphabetic()).map(|c| if c == 'ü' { 'v' } else { c }).collect();
    let enough = name.iter().any(|c| !c.is_ascii()) || name.len() > 1;
    (enough && name.len() <= 40).then_some(Query::Name(name))
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
    let chars: Vec<char> = name.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    let length = u32::try_from(chars.len()).unwrap_or(u32::MAX);
    let begin = (0..chars.len()).find(|begin| follows(&chars[*begin..], typed))?;
    Some(if begin == 0 && typed == chars { 0 } else { u32::try_from(begin).unwrap_or(u32::MAX) * 100 + length })
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
        && readings(*here).into_iter().any(|syllable| {
            let syllable: Vec<char> = syllable.chars().map(|c| if c == 'ü' { 'v' } else { c }).collect();
            let initial = if syllable.get(1) == Some(&'h') { 2 } else { 1 };
            syllable.starts_with(typed)
                || [syllable.len(), initial, 1]
                    .into_iter()
                    .any(|taken| typed.starts_with(&syllable[..taken]) && follows(later, &typed[taken..]))
        })
}

/// How a character may be read.
fn readings(c: char) -> Vec<&'static str> {
    match c.to_pinyin_multi() {
        Some(several) => several.into_iter().map(pinyin::Pinyin::plain).collect(),
        None => c.to_pinyin().map(pinyin::Pinyin::plain).into_iter().collect(),
    }
}

/// The letters with which the characters of a name may begin, one bit each: who looks for `wxm` passes over every name
/// without a `w`.
pub fn letters(name: &str) -> u32 {
    let bit = |c: char| if c.is_ascii_lowercase() { 1 << (u32::from(c) - u32::from('a')) } else { 0 };
    let of = |c: char| {
        readings(c).into_iter().filter_map(|syllable| syllable.chars().next()).fold(bit(c), |bits, c| bits | bit(c))
    };
    name.to_lowercase().chars().fold(0, |bits, c| bits | of(c))
}

/// The bit of the first letter typed; none when it is no letter.
pub fn first_letter(typed: &[char]) -> u32 {
    match typed.first() {
        Some(c) if c.is_ascii_lowercase() => 1 << (u32::from(*c) - u32::from('a')),
        _ => 0,
    }
}
