//! What a terminal is told of itself and of what it offers.

use super::model::{KioskModule, KioskNotice, KioskPaper, KioskView};
use crate::app::App;
use crate::case::act;
use crate::case::view::{area_name, words};
use crate::notice::announce;
use crate::resident::receipt;
use yizhan_core::access::Viewer;
use yizhan_core::catalog::{Catalog, Service};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Lang, Problem};

/// What a device shows.
///
/// # Errors
/// When no catalog is in force.
pub fn of(app: &App, device: SubjectId, lang: Lang) -> Result<KioskView, Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let program = Viewer::program();
    let seen = program.look(&image);
    let text = |subject: SubjectId, attribute: &str| match seen.latest(subject, attribute) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    };
    let hall = match seen.latest(device, "device.hall") {
        Some(Value::Subject(hall)) => hall,
        _ => device,
    };
    let place = seen.place_of(hall);
    let told = announce::for_everybody(app, place);
    announce::reached(app, &told, device);
    Ok(KioskView {
        hall: text(hall, "hall.name"),
        device: text(device, "device.name"),
        area: place.map(|area| area.to_string()).unwrap_or_default(),
        area_name: place.map(|area| area_name(&image, area)).unwrap_or_default(),
        phone: place.and_then(|area| receipt::phone_in(&image, area, app.now().day())),
        told: told
            .into_iter()
            .map(|one| KioskNotice { title: one.title, text: one.text, until: one.until.to_string() })
            .collect(),
        hears: app.ears.is_some(),
        modules: offered(catalog).map(|service| module(service, catalog, lang)).collect(),
    })
}

/// What anybody may open, and has to fill something in for.
fn offered(catalog: &Catalog) -> impl Iterator<Item = &Service> {
    let open = |service: &&Service| service.opened_by.iter().any(|who| who == "anyone" || who == "resident");
    catalog.services.values().map(AsRef::as_ref).filter(open).filter(|service| !service.serves.is_empty())
}

fn module(service: &Service, catalog: &Catalog, lang: Lang) -> KioskModule {
    let papers = service.papers.iter().filter(|paper| paper.holder);
    let intent = catalog.voice.intents.iter().find(|intent| intent.module.as_deref() == Some(&service.name));
    KioskModule {
        name: service.name.clone(),
        title: words(&service.title, lang).to_owned(),
        about: words(&service.about, lang).to_owned(),
        group: service.purpose.clone(),
        calculator: service.calculator.clone(),
        papers: papers
            .map(|paper| KioskPaper { name: paper.name.clone(), title: words(&paper.title, lang).to_owned() })
            .collect(),
        guidance: intent
            .map_or_else(Vec::new, |intent| intent.guidance.iter().map(|step| words(step, lang).to_owned()).collect()),
        form: service.form.schema.clone(),
    }
}
