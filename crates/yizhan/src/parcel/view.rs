//! The parcels of a case, and those under way.

use super::model::{Event, EventView, ParcelRow, ParcelView};
use crate::app::{App, store};
use crate::case::view::{area_name, words};
use yizhan_core::access::{Deed, Seen, Viewer};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Lang, Problem};

/// The parcels of a case that the viewer sees, the latest first.
///
/// # Errors
/// The store's failure.
pub fn of_case(app: &App, image: &Image, case: &CaseHead, lang: Lang) -> Result<Vec<ParcelView>, Problem> {
    let program = Viewer::program();
    let seen = program.look(image);
    let mut parcels = seen.ever_naming("parcel.case", case.subject);
    parcels.reverse();
    parcels.into_iter().map(|parcel| one(app, &seen, parcel, lang)).collect()
}

fn text(seen: &Seen<'_>, parcel: SubjectId, attribute: &str) -> Option<String> {
    match seen.latest(parcel, attribute) {
        Some(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    }
}

/// A state in words, as the catalog says it.
fn said(seen: &Seen<'_>, state: &str, lang: Lang) -> String {
    let attribute = seen.image().attribute("parcel.state");
    attribute.and_then(|one| one.meaning(state)).map_or(state, |said| words(said, lang)).to_owned()
}

fn one(app: &App, seen: &Seen<'_>, parcel: SubjectId, lang: Lang) -> Result<ParcelView, Problem> {
    let rows = match seen.last_fact(parcel) {
        Some(last) => app.read(|reader| reader.facts_back(last)).map_err(|error| store(&error))?,
        None => Vec::new(),
    };
    let events = rows.iter().filter(|row| *row.attribute == *"parcel.event").filter_map(|row| {
        let event: Event = serde_json::from_str(row.value.as_deref()?).ok()?;
        let (at, place) = (event.at.to_string(), event.place.clone());
        Some(EventView { at, said: said(seen, event.what.as_str(), lang), place })
    });
    let events = events.collect();
    let first = rows.last().and_then(|row| seen.image().act(row.seq)).map(|act| act.at().to_string());
    let state = text(seen, parcel, "parcel.state").unwrap_or_default();
    Ok(ParcelView {
        waybill: text(seen, parcel, "parcel.waybill"),
        said: said(seen, &state, lang),
        state,
        at: first.unwrap_or_default(),
        events,
    })
}

/// The parcels of the viewer's area that are not signed for, the latest first.
///
/// # Errors
/// `forbidden`, or the store's failure.
pub fn under_way(app: &App, image: &Image, viewer: &Viewer, lang: Lang) -> Result<Vec<ParcelRow>, Problem> {
    /// The most that are listed.
    const MOST: usize = 200;
    viewer.must(Deed::SeeCase)?;
    let own = viewer.look(image);
    let mut rows = Vec::new();
    let mut parcels: Vec<SubjectId> = own.subjects_of("parcel").collect();
    parcels.reverse();
    for parcel in parcels {
        let Some(Value::Subject(case)) = own.latest(parcel, "parcel.case") else { continue };
        let Ok(case) = own.case(case) else { continue };
        if text(&own, parcel, "parcel.state").as_deref() == Some("signed") {
            continue;
        }
        rows.push(ParcelRow {
            number: image.number(case),
            title: words(&image.service(case).title, lang).to_owned(),
            area_name: area_name(image, image.area(case)),
            parcel: one(app, &own, parcel, lang)?,
        });
        if rows.len() == MOST {
            break;
        }
    }
    Ok(rows)
}
