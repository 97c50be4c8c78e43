//! Who lies where, remembered for a moment: one village's list does not look the whole register through. Whoever moved a
//! moment ago is judged where the gate finds them now.

use crate::app::App;
use crate::desk::board::counted;
use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan_core::access::{Question, Viewer};
use yizhan_core::row::SubjectId;
use yizhan_kit::Day;
use yizhan_kit::codes::RegionCode;

/// The subjects of a kind by the region they lie in.
pub type ByRegion = Arc<BTreeMap<RegionCode, Vec<SubjectId>>>;

/// The subjects of a kind that lie in an area on a day, in order.
pub fn within(app: &Arc<App>, kind: &str, day: Day, area: RegionCode) -> Vec<SubjectId> {
    let by_region = by_region(app, kind.to_owned(), day);
    let regions = by_region.iter().filter(|(region, _)| area.contains(**region));
    let mut subjects: Vec<SubjectId> = regions.flat_map(|(_, some)| some).copied().collect();
    subjects.sort_unstable();
    subjects
}

fn by_region(app: &Arc<App>, kind: String, day: Day) -> ByRegion {
    let key = format!("{kind} {day}");
    counted(
        app,
        |app| &app.whereabouts,
        key,
        move |app: &Arc<App>| {
            let image = app.image();
            let mut by_region: BTreeMap<RegionCode, Vec<SubjectId>> = BTreeMap::new();
            let book = image.catalog().and_then(|catalog| Some((catalog, catalog.rules.books.get(&kind)?)));
            if let Some((catalog, book)) = book {
                let question = Question { day, parameters: &catalog.parameters, lent: None };
                // Whoever asks, it is the whole zone that is remembered.
                Viewer::program().look(&image).judge(book, &[], &question, |judged| {
                    for (subject, place) in judged.subjects.iter().zip(judged.places) {
                        if let Some(place) = place {
                            by_region.entry(*place).or_default().push(*subject);
                        }
                    }
                });
            }
            Arc::new(by_region)
        },
    )
}
