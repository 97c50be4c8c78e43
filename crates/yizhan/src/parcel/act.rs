//! Handing a parcel over, and recording what its carrier says of it.

use super::model::{ADDRESS_MISSING, Event, NOT_NEWS, Word};
use crate::app::App;
use crate::case::view::given;
use crate::invoice;
use serde_json::Value;
use std::sync::Arc;
use yizhan_core::access::{Viewer, forbidden};
use yizhan_core::act::{Actor, Effects, NewFact, Scene, Verb};
use yizhan_core::catalog::{Posting, Step};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, State, StepVerb};
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{MoveCase, facts_from};
use yizhan_kit::Problem;

/// What is decided with the signature of a step that has to do with parcels: where its form says `mail`, a parcel is asked for.
///
/// # Errors
/// `address-missing`, `nothing-packed`, `forgotten`, or the store's failure.
pub fn around(
    app: &App,
    image: &Image,
    case: &CaseHead,
    step: &Step,
    answers: Option<&Value>,
    moving: MoveCase,
) -> Result<Box<dyn Verb>, Problem> {
    if step.parcel != Some(Posting::Send) {
        return Ok(Box::new(moving));
    }
    invoice::act::must_be_packed(image, case)?;
    if answers.is_none_or(|answers| answers["by"] != "mail") {
        return Ok(Box::new(moving));
    }
    let program = Viewer::program();
    let asked = given(app, &program.look(image), case)?;
    if asked["address"].as_str().is_none_or(|address| address.trim().is_empty()) {
        return Err(ADDRESS_MISSING.problem(
            "申请里没有收件地址，请补正地址，或者改为到厅自取。",
            "The application names no address; have it corrected, or hand it over at the counter.",
        ));
    }
    Ok(Box::new(SendParcel { moving }))
}

/// Signs the step and asks for a parcel, which is ordered once this is durable.
struct SendParcel {
    moving: MoveCase,
}

impl Verb for SendParcel {
    fn name(&self) -> &'static str {
        "send-parcel"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        self.moving.decide(scene, effects)?;
        let program = Viewer::program();
        let area = scene.image.area(program.look(scene.image).case(self.moving.case)?);
        let parcel = effects.subject("parcel");
        let facts = [
            ("parcel.case", self.moving.case.to_string()),
            ("parcel.area", area.to_string()),
            ("parcel.state", "asked".to_owned()),
            ("parcel.events", "0".to_owned()),
        ];
        facts.iter().try_for_each(|(attribute, value)| know(scene, effects, parcel, attribute, value))
    }
}

fn know(
    scene: &Scene<'_>,
    effects: &mut Effects<'_>,
    subject: SubjectId,
    attribute: &str,
    value: &str,
) -> Result<(), Problem> {
    let (from, source) = (scene.today(), "carrier");
    effects.fact(&NewFact { subject, attribute, value: Some(value), from, to: None, source })
}

/// What a carrier said of a parcel. A waybill, or one event; the case goes on, or back, with the last word.
pub struct TrackParcel {
    /// The parcel.
    pub parcel: SubjectId,
    /// Its number, when the carrier gave one.
    pub waybill: Option<String>,
    /// What happened, and how many events were known before.
    pub event: Option<(Event, i64)>,
    /// A text message to the person, sealed.
    pub message: Option<Arc<[u8]>>,
    /// Why the case goes back, sealed.
    pub reason: Option<Arc<[u8]>>,
}

impl Verb for TrackParcel {
    fn name(&self) -> &'static str {
        "track-parcel"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        if scene.actor != Actor::System {
            return Err(forbidden("物流信息由系统登记。", "What a carrier says is recorded by the program."));
        }
        let program = Viewer::program();
        let seen = program.look(scene.image);
        let Some(Known::Subject(case)) = seen.latest(self.parcel, "parcel.case") else {
            return Err(NOT_NEWS.problem("没有这个邮件。", "There is no such parcel."));
        };
        let case = seen.case(case)?;
        effects.about(case.subject);
        if let Some(waybill) = &self.waybill {
            if seen.latest(self.parcel, "parcel.waybill").is_some() {
                return Err(NOT_NEWS.problem("已有运单号。", "It has a waybill already."));
            }
            know(scene, effects, self.parcel, "parcel.waybill", waybill)?;
            know(scene, effects, self.parcel, "parcel.state", "sent")?;
        }
        let Some((event, known)) = &self.event else { return Ok(()) };
        if seen.latest(self.parcel, "parcel.events") != Some(Known::Int(*known)) {
            return Err(NOT_NEWS.problem("这条物流信息已登记。", "This event is known already."));
        }
        know(scene, effects, self.parcel, "parcel.event", &written(event))?;
        know(scene, effects, self.parcel, "parcel.events", &(known + 1).to_string())?;
        know(scene, effects, self.parcel, "parcel.state", event.what.as_str())?;
        if event.what == Word::Lost {
            invoice::act::lost(scene, effects, case.subject)?;
        }
        self.move_case(scene, effects, case, event.what)?;
        if let Some(message) = self.message.as_ref().filter(|_| case.key != 0) {
            effects.deliver("sms", Some(u64::from(case.key)), message);
        }
        Ok(())
    }
}

impl TrackParcel {
    /// The step that waits for the parcel is signed by its arrival, and goes back by its loss or return.
    fn move_case(
        &self,
        scene: &Scene<'_>,
        effects: &mut Effects<'_>,
        case: &CaseHead,
        what: Word,
    ) -> Result<(), Problem> {
        let service = scene.image.service(case);
        let step = &service.steps[usize::from(case.step)];
        if case.state != State::Open || step.parcel != Some(Posting::Signed) || !what.is_last() {
            return Ok(());
        }
        let area = scene.image.area(case);
        if what != Word::Signed {
            let key = u64::from(case.key);
            let reason = self.reason.as_ref().filter(|_| key != 0).map(|sealed| effects.body(Some(key), sealed));
            effects.step(case, StepVerb::SendBack, &step.name, area, reason);
            return Ok(());
        }
        effects.step(case, StepVerb::Sign, &step.name, area, None);
        for fact in facts_from(&step.facts, &Value::Null)? {
            let from = fact.on.unwrap_or(scene.today());
            let (attribute, value) = (fact.attribute.as_str(), Some(fact.value.as_str()));
            effects.fact(&NewFact { subject: case.subject, attribute, value, from, to: None, source: &step.name })?;
        }
        Ok(())
    }
}

/// An event as its fact holds it.
fn written(event: &Event) -> String {
    serde_json::to_string(event).expect("a moment, a word and a place are written")
}
