//! Who lies where on a day, remembered for as long as nothing is recorded: a thousand villages that divide their income one
//! after another look the register through once.

use crate::app::App;
use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan_core::access::{Question, Viewer};
use yizhan_core::catalog::Book;
use yizhan_core::image::Image;
use yizhan_core::row::SubjectId;
use yizhan_kit::Day;
use yizhan_kit::codes::RegionCode;

/// The subjects of a kind by the region they lie in, on a day, after an act.
pub struct Placed {
    seq: u64,
    day: Day,
    kind: String,
    by_region: Arc<BTreeMap<RegionCode, Vec<SubjectId>>>,
}

/// The subjects of a book's kind that lie in an area on the day that is asked about, as the program sees them.
pub fn within(app: &App, image: &Image, book: &Book, question: &Question<'_>, area: RegionCode) -> Vec<SubjectId> {
    let by_region = by_region(app, image, book, question);
    let mut subjects: Vec<SubjectId> =
        by_region.iter().filter(|(region, _)| area.contains(**region)).flat_map(|(_, some)| some).copied().collect();
    subjects.sort_unstable();
    subjects
}

fn by_region(
    app: &App,
    image: &Image,
    book: &Book,
    question: &Question<'_>,
) -> Arc<BTreeMap<RegionCode, Vec<SubjectId>>> {
    let (seq, day, kind) = (image.seq, question.day, book.program.about());
    let mut placed = app.placed.lock().expect("no panic while places are held");
    if let Some(known) = placed.as_ref().filter(|known| known.seq == seq && known.day == day && known.kind == kind) {
        return known.by_region.clone();
    }
    let mut by_region: BTreeMap<RegionCode, Vec<SubjectId>> = BTreeMap::new();
    // Whoever asks, it is the whole zone that is remembered.
    let program = Viewer::program();
    program.look(image).judge(book, &[], question, |judged| {
        for (subject, place) in judged.subjects.iter().zip(judged.places) {
            if let Some(place) = place {
                by_region.entry(*place).or_default().push(*subject);
            }
        }
    });
    let by_region = Arc::new(by_region);
    *placed = Some(Placed { seq, day, kind: kind.to_owned(), by_region: by_region.clone() });
    by_region
}
