//! What was heard, as characters that can be compared: full-width forms as plain ones, traditional characters as simplified,
//! capitals as small letters; punctuation only parts clauses.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The most characters that are looked at. Nobody asks for a service in more; a page that is read out is no wish.
pub const LONGEST: usize = 200;

/// Traditional characters and the simplified ones they stand for, one after the other. Generated from Unihan 15
/// (`kSimplifiedVariant`, then `kZVariant` and `kSemanticVariant`): those of Big5-HKSCS that GB 2312 lacks and whose
/// simplified form it has; with them the commonest characters that only Cantonese is written with.
const PAIRS: &str = include_str!("simplified.txt");

static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let mut chars = PAIRS.chars().filter(|c| !c.is_whitespace());
    let mut map = HashMap::new();
    while let (Some(from), Some(to)) = (chars.next(), chars.next()) {
        map.insert(from, to);
    }
    map
});

/// A sentence ready to be compared.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Its characters without punctuation and spaces.
    pub chars: Vec<char>,
    /// For each character the number of its clause, from 0.
    pub clauses: Vec<u8>,
}

/// Reads a sentence.
pub fn written(text: &str) -> Written {
    let mut written = Written::default();
    let mut clause = 0_u8;
    let mut parted = false;
    for c in text.chars() {
        let c = plain(c);
        if c.is_alphanumeric() {
            if parted && !written.chars.is_empty() {
                clause = clause.saturating_add(1);
            }
            parted = false;
            written.chars.push(c);
            written.clauses.push(clause);
            if written.chars.len() == LONGEST {
                break;
            }
        } else if !c.is_whitespace() && !matches!(c, '“' | '”' | '"' | '\'' | '《' | '》' | '·' | '-') {
            parted = true;
        }
    }
    written
}

/// A character as it is compared.
pub fn plain(c: char) -> char {
    let c = match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    SIMPLIFIED.get(&c).copied().unwrap_or(c)
}
