//! Which tips are shown to whom today.

use crate::case::view::words;
use yizhan_core::catalog::{Catalog, Reader};
use yizhan_kit::{Day, Lang};

/// A tip as a page shows it.
pub struct TipShown {
    /// A few words.
    pub title: String,
    /// A sentence.
    pub text: String,
}

/// The tips for somebody on a day.
pub fn tips(catalog: &Catalog, reader: Reader, day: Day, lang: Lang) -> Vec<TipShown> {
    let shown = catalog.tips.iter().filter(|tip| tip.is_for(reader, day));
    shown
        .map(|tip| TipShown { title: words(&tip.title, lang).to_owned(), text: words(&tip.text, lang).to_owned() })
        .collect()
}
