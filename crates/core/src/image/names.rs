//! Words and areas that recur, kept once and named by a small number.

use std::sync::Arc;
use yizhan_kit::codes::RegionCode;

/// A word: a subject kind, a service, an attribute, a role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NameIx(pub u16);

/// An area.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AreaIx(pub u16);

/// The words and areas met so far.
#[derive(Clone, Default)]
pub struct Names {
    words: imbl::Vector<Arc<str>>,
    by_word: imbl::HashMap<Arc<str>, u16>,
    areas: imbl::Vector<RegionCode>,
    by_area: imbl::HashMap<RegionCode, u16>,
}

impl Names {
    /// The number of a word, given to it now if it is new.
    pub fn word(&mut self, text: &str) -> NameIx {
        if let Some(n) = self.by_word.get(text) {
            return NameIx(*n);
        }
        let n = u16::try_from(self.words.len()).expect("fewer than 65536 words in a catalog");
        let text: Arc<str> = text.into();
        self.words.push_back(text.clone());
        self.by_word.insert(text, n);
        NameIx(n)
    }

    /// The number of a word that was met before.
    pub fn find_word(&self, text: &str) -> Option<NameIx> {
        self.by_word.get(text).map(|n| NameIx(*n))
    }

    /// A word.
    pub fn text(&self, name: NameIx) -> &Arc<str> {
        &self.words[usize::from(name.0)]
    }

    /// The number of an area, given to it now if it is new.
    pub fn area(&mut self, code: RegionCode) -> AreaIx {
        if let Some(n) = self.by_area.get(&code) {
            return AreaIx(*n);
        }
        let n = u16::try_from(self.areas.len()).expect("fewer than 65536 areas in a zone");
        self.areas.push_back(code);
        self.by_area.insert(code, n);
        AreaIx(n)
    }

    /// An area's code.
    pub fn code(&self, area: AreaIx) -> RegionCode {
        self.areas[usize::from(area.0)]
    }

    /// Every area met so far.
    pub fn areas(&self) -> impl Iterator<Item = (AreaIx, RegionCode)> + '_ {
        self.areas.iter().enumerate().map(|(n, code)| (AreaIx(u16::try_from(n).expect("counted above")), *code))
    }
}
