//! How characters sound: toneless syllables, and which of them people and recognisers mix up.
//!
//! Two syllables of one class may be the same word: zh/z, ch/c, sh/s, n/l, f/h (with it fa/hua, fu/hu and so on), r/l, r/y,
//! ang/an, eng/en/ong, ing/in. A class only finds candidates; how far two syllables are apart is said by [`apart`].

use pinyin::{ToPinyin, ToPinyinMulti};

const INITIALS: [&str; 24] = [
    "", "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s",
    "y", "w",
];

const FINALS: [&str; 40] = [
    "", "a", "o", "e", "i", "u", "v", "ai", "ei", "ui", "ao", "ou", "iu", "ie", "ve", "er", "an", "en", "in", "un",
    "vn", "ang", "eng", "ing", "ong", "ia", "ian", "iang", "iao", "iong", "ua", "uai", "uan", "uang", "ue", "uo", "io",
    "uen", "ueng", "n",
];

/// A toneless syllable, or a letter or digit by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Syllable {
    initial: u8,
    last: u8,
}

/// A group of syllables that are mixed up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Class(u16);

/// What says of a syllable that it is a character that is not spoken as one: a letter, a digit.
const LETTER: u8 = 0x80;

impl Syllable {
    /// Reads a spelling without tone.
    fn read(spelt: &str) -> Self {
        let spelt = spelt.replace('ü', "v");
        let initial = if spelt.starts_with("zh") || spelt.starts_with("ch") || spelt.starts_with("sh") {
            &spelt[..2]
        } else if spelt.starts_with(['a', 'o', 'e', 'i', 'u', 'v', 'n'])
            && (spelt.len() == 1 || !spelt.starts_with('n'))
        {
            ""
        } else {
            spelt.get(..1).unwrap_or_default()
        };
        let last = &spelt[initial.len()..];
        let place = |list: &[&str], wanted: &str| list.iter().position(|one| *one == wanted).unwrap_or(0);
        Self {
            initial: u8::try_from(place(&INITIALS, initial)).unwrap_or(0),
            last: u8::try_from(place(&FINALS, last)).unwrap_or(0),
        }
    }

    fn of_letter(c: char) -> Self {
        let number = u32::from(c);
        Self { initial: LETTER | (number >> 8 & 0x7f) as u8, last: (number & 0xff) as u8 }
    }

    fn is_letter(self) -> bool {
        self.initial & LETTER != 0
    }

    fn parts(self) -> (&'static str, &'static str) {
        (INITIALS[usize::from(self.initial)], FINALS[usize::from(self.last)])
    }

    /// The group it is in.
    pub fn class(self) -> Class {
        if self.is_letter() {
            return Class(u16::from(self.initial) << 8 | u16::from(self.last));
        }
        let (initial, last) = self.parts();
        let initial = match initial {
            "zh" => "z",
            "ch" => "c",
            "sh" => "s",
            "n" | "r" => "l",
            "f" => "h",
            other => other,
        };
        let last = match last {
            "ang" => "an",
            "eng" | "ong" => "en",
            "ing" => "in",
            "iang" => "ian",
            "uang" => "uan",
            other => other,
        };
        // 发 is said hua where f and h are one, 付 hu, 费 hui.
        let last = if initial == "h" {
            match last {
                "ua" => "a",
                "ui" => "ei",
                "uan" => "an",
                "un" => "en",
                "uo" => "o",
                other => other,
            }
        } else {
            last
        };
        let place = |list: &[&str], wanted: &str| list.iter().position(|one| *one == wanted).unwrap_or(0);
        Class((place(&INITIALS, initial) * FINALS.len() + place(&FINALS, last)) as u16)
    }

    /// The syllable that a speaker who says y for r means, or the other way round: 人 yin, 肉 you.
    fn turned(self) -> Option<Self> {
        if self.is_letter() {
            return None;
        }
        let (initial, last) = self.parts();
        let turned = match (initial, last) {
            ("r", "en") => "yin",
            ("r", "eng") => "ying",
            ("y", "in") => "ren",
            ("r", last @ ("ou" | "an" | "ang" | "e" | "i" | "u" | "uan" | "ong" | "un" | "ao")) => {
                return Some(Self::read(&format!("y{last}")));
            }
            _ => return None,
        };
        Some(Self::read(turned))
    }
}

/// How far two syllables are apart: 0 the same, 1 one thing mixed up, 2 two things; `None` where nobody mixes them up.
pub fn apart(a: Syllable, b: Syllable) -> Option<u16> {
    if a == b {
        return Some(0);
    }
    if a.class() != b.class() {
        return None;
    }
    let one = a.initial == b.initial || a.last == b.last || a.parts().0 == "h" || b.parts().0 == "h";
    Some(if one { 1 } else { 2 })
}

/// Whether two syllables begin or end alike: a recogniser that misses one sound of a long word still writes the other.
pub fn alike(a: Syllable, b: Syllable) -> bool {
    !a.is_letter() && !b.is_letter() && (a.initial == b.initial && a.initial != 0 || a.last == b.last)
}

/// Characters that are often met with another reading than their commonest.
const OFTEN_OTHERWISE: &str = "行重还调会率转都长单得差参便少乐种数系觉应处分号弄俩曾";

/// The ways a character may be read; the first is the commonest. Rare readings would find words in every sentence.
pub fn readings(c: char) -> Vec<Syllable> {
    let Some(first) = c.to_pinyin() else { return vec![Syllable::of_letter(c)] };
    let mut found = vec![Syllable::read(first.plain())];
    if OFTEN_OTHERWISE.contains(c) {
        for reading in c.to_pinyin_multi().into_iter().flatten() {
            let syllable = Syllable::read(reading.plain());
            if !found.contains(&syllable) {
                found.push(syllable);
            }
        }
    }
    found
}

/// Whether a syllable is another as some speakers turn it.
pub fn is_turned(a: Syllable, b: Syllable) -> bool {
    a.turned() == Some(b) || b.turned() == Some(a)
}

/// The ways a character that was heard may be meant: its readings, and what speakers who turn r and y mean by them.
pub fn meant(c: char) -> Vec<Syllable> {
    let mut found = readings(c);
    for syllable in found.clone() {
        found.extend(syllable.turned());
    }
    found
}
