//! What happens to a case after it was opened.

use super::alarms::alarms_of;
use super::guard::{
    find, may_attach, may_move, may_record, must_be_other_eyes, must_be_ready, not_allowed, on_notice_until,
};
use super::learn::Lesson;
use super::pay::{self, Payment};
use super::zone::ZONE;
use crate::access::{Deed, Role, Viewer, forbidden};
use crate::act::{Effects, NewFact, Scene, Verb};
use crate::catalog::{FactFrom, KeepFrom, Memory, Move, Service, Settling, Source, Step};
use crate::image::ADOPTED_CATALOG;
use crate::image::case::{CaseHead, State, StepVerb};
use crate::image::fact::Value;
use crate::problem;
use crate::row::SubjectId;
use std::sync::Arc;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Problem};

/// A fact that answers give rise to, once a step accepts them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProposedFact {
    /// The attribute's full name.
    pub attribute: String,
    /// Its canonical text.
    pub value: String,
    /// The day it is true from; the day of the act where the answers name none.
    pub on: Option<Day>,
}

/// The facts that a step or an entry takes from answers.
///
/// # Errors
/// `form-invalid` when a day among the answers is none.
pub fn facts_from(sources: &[FactFrom], answers: &serde_json::Value) -> Result<Vec<ProposedFact>, Problem> {
    let text = |pointer: &str| match answers.pointer(pointer) {
        Some(serde_json::Value::String(text)) => Some(text.clone()),
        Some(serde_json::Value::Null) | None => None,
        Some(other) => Some(other.to_string()),
    };
    let mut facts = Vec::new();
    for source in sources {
        if let Some((pointer, wanted)) = &source.when
            && text(pointer).as_ref() != Some(wanted)
        {
            continue;
        }
        let value = match &source.from {
            Source::Answer(pointer) => text(pointer),
            // What is always the same says nothing without the day that it is about.
            Source::Constant(_) if source.on.as_ref().is_some_and(|pointer| text(pointer).is_none()) => None,
            Source::Constant(value) => Some(value.clone()),
        };
        let on = match source.on.as_ref().and_then(|pointer| text(pointer)) {
            None => None,
            Some(day) => Some(day.parse().map_err(|_| {
                problem::FORM_INVALID.problem(format!("“{day}”不是日期。"), format!("{day:?} is no day."))
            })?),
        };
        if let Some(value) = value {
            facts.push(ProposedFact { attribute: source.attribute.clone(), value, on });
        }
    }
    Ok(facts)
}

/// Moves a case: signs its step, sends it back, forwards, closes, withdraws, objects or answers an objection.
pub struct MoveCase {
    /// The case.
    pub case: SubjectId,
    /// The version the actor saw: the act that changed it last.
    pub version: u64,
    /// What is done.
    pub verb: StepVerb,
    /// Where it goes, when forwarded.
    pub to: Option<RegionCode>,
    /// The answers, or the reason, sealed under the case's key.
    pub body: Option<Arc<[u8]>>,
    /// The facts its answers give rise to.
    pub facts: Vec<ProposedFact>,
    /// What the register learns.
    pub lesson: Lesson,
    /// The money it moves.
    pub payments: Vec<Payment>,
    /// A text message to the person, sealed under the case's key, to be delivered once the step is signed.
    pub message: Option<Arc<[u8]>>,
    /// The catalog that it adopts, where its step does so.
    pub catalog: Option<NewCatalog>,
}

/// A catalog that was read whole and found without mistakes.
pub struct NewCatalog {
    /// The number of the catalog that it was made from.
    pub from: u64,
    /// Its canonical bytes.
    pub bytes: Arc<[u8]>,
}

impl Verb for MoveCase {
    fn name(&self) -> &'static str {
        self.verb.as_str()
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let case = may_move(scene.image, &viewer, self.case, self.version, self.verb, scene.today())?;
        let service = scene.image.service(case).clone();
        let step = &service.steps[usize::from(case.step)];
        self.must_be_allowed(scene, case, &service, step)?;
        if !matches!(self.verb, StepVerb::Object | StepVerb::Withdraw) {
            must_be_other_eyes(scene, case, step)?;
        }
        if self.verb == StepVerb::Sign {
            must_be_ready(scene, case, &service, step)?;
            if step.form.is_some() && self.body.is_none() {
                return Err(problem::FORM_INVALID.problem(
                    format!("“{}”需要填写表单。", step.title.zh),
                    format!("The step {} needs its form.", step.title.en),
                ));
            }
        }
        let body = self.body.as_ref().map(|sealed| effects.body(Some(u64::from(case.key)), sealed));
        let area = match (self.verb, self.to) {
            (StepVerb::Forward, Some(to)) => to,
            _ => scene.image.area(case),
        };
        effects.step(case, self.verb, &step.name, area, body);
        if matches!(self.verb, StepVerb::Sign | StepVerb::Close) {
            add_facts(scene, effects, case, &self.facts, &step.name)?;
        }
        if self.verb == StepVerb::Sign {
            self.lesson.write(scene, &viewer, case.subject, effects)?;
            pay::write(effects, case.subject, &self.payments);
            if step.adopts {
                self.adopt(scene, effects)?;
            }
        }
        if let Some(message) = self.message.as_ref().filter(|_| self.verb == StepVerb::Sign) {
            effects.deliver("sms", Some(u64::from(case.key)), message);
        }
        Ok(())
    }
}

impl MoveCase {
    /// Adopts a catalog, unless another was adopted since it was made: that one's changes would be undone.
    fn adopt(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let new = self.catalog.as_ref().filter(|new| new.from == scene.image.catalog_number());
        let Some(new) = new else {
            return Err(problem::CATALOG_MOVED.problem(
                "目录刚刚有了别的变化，请刷新后再启用。",
                "The catalog changed in the meantime; load this again and adopt it then.",
            ));
        };
        let body = effects.body(None, &new.bytes);
        effects.zone_fact(ZONE, ADOPTED_CATALOG, &body.to_string(), scene.today(), self.verb.as_str());
        Ok(())
    }

    fn must_be_allowed(
        &self,
        scene: &Scene<'_>,
        case: &CaseHead,
        service: &Service,
        step: &Step,
    ) -> Result<(), Problem> {
        let wanted = match self.verb {
            StepVerb::Sign => Move::Sign,
            StepVerb::SendBack => Move::SendBack,
            StepVerb::Forward => Move::Forward,
            StepVerb::Close => Move::Close,
            StepVerb::Withdraw => Move::Withdraw,
            StepVerb::Object | StepVerb::Answer => Move::Object,
            StepVerb::Open | StepVerb::Record | StepVerb::Attach | StepVerb::Read | StepVerb::Forget => {
                return Err(not_allowed(self.verb, step));
            }
            StepVerb::Accept | StepVerb::Return => return Err(not_allowed(self.verb, step)),
        };
        let on_notice = on_notice_until(case, service).filter(|until| scene.today() < *until);
        let allowed = match self.verb {
            StepVerb::Object => case.state == State::Open && on_notice.is_some(),
            StepVerb::Answer => case.state == State::Objected,
            _ => case.state == State::Open && step.may.contains(&wanted),
        };
        if case.state == State::Objected && self.verb != StepVerb::Answer {
            return Err(problem::MOVE_NOT_ALLOWED
                .problem("有异议还没有答复，请先答复。", "An objection is open; answer it first."));
        }
        // A bill is settled and cancelled by verbs of their own, which move its money.
        let bills = match self.verb {
            StepVerb::Sign => matches!(step.settles, Some(Settling::Bill | Settling::Again)),
            StepVerb::SendBack => {
                let before = usize::from(case.step).checked_sub(1).map(|place| &service.steps[place]);
                before.is_some_and(|before| before.settles == Some(Settling::Bill))
            }
            _ => false,
        };
        if !allowed || bills || (self.verb == StepVerb::SendBack && case.step == 0) {
            return Err(not_allowed(self.verb, step));
        }
        if self.verb == StepVerb::Sign
            && let Some(until) = on_notice
        {
            return Err(problem::TOO_EARLY
                .problem(format!("公示期到 {until} 才结束。"), format!("The public notice runs until {until}.")));
        }
        match (self.verb, self.to) {
            (StepVerb::Forward, None) => {
                Err(problem::UNKNOWN_REGION.problem("请选择转往的区域。", "Choose the area to forward to."))
            }
            (StepVerb::Forward, Some(to)) => must_be_region(scene, to),
            _ => Ok(()),
        }
    }
}

fn must_be_region(scene: &Scene<'_>, to: RegionCode) -> Result<(), Problem> {
    let catalog = scene.image.catalog().expect("a zone with cases has a catalog");
    if catalog.regions.is_known(to, scene.today()) {
        return Ok(());
    }
    Err(problem::UNKNOWN_REGION.problem(format!("没有区划 {to}。"), format!("There is no region {to} today.")))
}

/// Records an entry on a case that stays where it is: a call, a report, a test.
pub struct RecordEntry {
    /// The case.
    pub case: SubjectId,
    /// The entry's name in the service.
    pub entry: String,
    /// The answers, sealed under the case's key.
    pub body: Arc<[u8]>,
    /// The facts they give rise to.
    pub facts: Vec<ProposedFact>,
    /// The money it moves.
    pub payments: Vec<Payment>,
    /// Where the case goes, when a correction names another area.
    pub to: Option<RegionCode>,
}

impl Verb for RecordEntry {
    fn name(&self) -> &'static str {
        StepVerb::Record.as_str()
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let (case, entry) = may_record(scene.image, &viewer, self.case, &self.entry)?;
        if entry.share.is_some() {
            return Err(not_allowed(StepVerb::Record, &scene.image.service(case).steps[usize::from(case.step)]));
        }
        if let Some(to) = self.to {
            must_be_region(scene, to)?;
        }
        let body = effects.body(Some(u64::from(case.key)), &self.body);
        let area = self.to.unwrap_or_else(|| scene.image.area(case));
        effects.step(case, StepVerb::Record, &entry.name, area, Some(body));
        pay::write(effects, case.subject, &self.payments);
        add_facts(scene, effects, case, &self.facts, &entry.name)
    }
}

/// Attaches a paper to a case that stays where it is: its content, its thumbnail and its description, each sealed. The
/// step points to the description; thumbnail and content are the two bodies right before it.
pub struct AttachPaper {
    /// The case.
    pub case: SubjectId,
    /// The paper's name in the service.
    pub paper: String,
    /// The file.
    pub content: Arc<[u8]>,
    /// A small picture of it; empty where there is none.
    pub thumbnail: Arc<[u8]>,
    /// What it is: hash, type, size, name.
    pub description: Arc<[u8]>,
}

impl AttachPaper {
    /// The bodies of thumbnail and content, by the body of the description.
    pub fn bodies(description: u64) -> (u64, u64) {
        (description.saturating_sub(1), description.saturating_sub(2))
    }
}

impl Verb for AttachPaper {
    fn name(&self) -> &'static str {
        StepVerb::Attach.as_str()
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let (case, paper) = may_attach(scene.image, &viewer, self.case, &self.paper)?;
        if case.key == 0 {
            return Err(
                problem::FORGOTTEN.problem("个人信息已按规定删除。", "The personal details were deleted by rule.")
            );
        }
        let key = Some(u64::from(case.key));
        effects.body(key, &self.content);
        effects.body(key, &self.thumbnail);
        let description = effects.body(key, &self.description);
        effects.step(case, StepVerb::Attach, &paper.name, scene.image.area(case), Some(description));
        Ok(())
    }
}

/// Opens the sealed answers of a case for somebody, who says why. Reading a person is an act of its own.
pub struct ReadCase {
    /// The case.
    pub case: SubjectId,
    /// Why, in one of [`READ_REASONS`].
    pub reason: String,
}

/// The reasons for which sealed answers may be opened.
pub const READ_REASONS: [&str; 5] = ["contact", "visit", "check", "paper", "own"];

impl Verb for ReadCase {
    fn name(&self) -> &'static str {
        StepVerb::Read.as_str()
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::ReadPerson)?;
        let case = find(scene.image, &viewer, self.case)?;
        if !READ_REASONS.contains(&self.reason.as_str()) {
            return Err(problem::FORM_INVALID.problem(
                "请选择查看的理由：联系、走访、核对。",
                format!("Say why: one of {}.", READ_REASONS.join(", ")),
            ));
        }
        if case.key == 0 {
            return Err(
                problem::FORGOTTEN.problem("个人信息已按规定删除。", "The personal details were deleted by rule.")
            );
        }
        effects.step(case, StepVerb::Read, &self.reason, scene.image.area(case), None);
        Ok(())
    }
}

/// Forgets the identifying fields of a case: its key is destroyed, its steps and facts stay. It has ended, or its days run
/// from its opening and end it now. Whoever holds its receipt may ask for it where the service allows.
pub struct ForgetCase {
    /// The case.
    pub case: SubjectId,
    /// The digests of its key.
    pub blind: Arc<[u8]>,
}

impl Verb for ForgetCase {
    fn name(&self) -> &'static str {
        StepVerb::Forget.as_str()
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::Forget)?;
        let case = find(scene.image, &viewer, self.case)?;
        if case.key == 0 {
            return Err(problem::FORGOTTEN.problem("已经删除过了。", "It was forgotten before."));
        }
        let service = scene.image.service(case);
        if case.state.is_open() && !(service.keep.from == KeepFrom::Opened && viewer.role == Role::System) {
            return Err(problem::TOO_EARLY.problem("办件还没有结束。", "The case has not ended yet."));
        }
        if viewer.role == Role::Holder && !service.forget_on_request {
            return Err(forbidden(
                "这件事的个人信息要按规定保存到期。",
                "By law the personal details of this matter are kept until their time is over.",
            ));
        }
        effects.step(case, StepVerb::Forget, &service.purpose, scene.image.area(case), None);
        effects.forget(case.subject, u64::from(case.key), &self.blind, scene.today());
        Ok(())
    }
}

/// What is kept by the day holds for its day; everything else holds until something later is recorded.
pub(super) fn add_facts(
    scene: &Scene<'_>,
    effects: &mut Effects<'_>,
    case: &CaseHead,
    facts: &[ProposedFact],
    source: &str,
) -> Result<(), Problem> {
    for fact in facts {
        let from = fact.on.unwrap_or(scene.today());
        let by_day = scene.image.attribute(&fact.attribute).is_some_and(|attribute| attribute.memory == Memory::Window);
        if by_day && stands(scene, case, fact, from) {
            continue;
        }
        effects.fact(&NewFact {
            subject: case.subject,
            attribute: &fact.attribute,
            value: Some(&fact.value),
            from,
            to: by_day.then(|| from.plus(1)),
            source,
        })?;
    }
    Ok(())
}

/// Whether what is known of a day stands against a later word: the first time somebody was reached, and what raised an
/// alarm that nobody has answered. The entry itself is on record either way.
fn stands(scene: &Scene<'_>, case: &CaseHead, fact: &ProposedFact, on: Day) -> bool {
    let image = scene.image;
    let service = image.service(case);
    let known = |attribute: &str| image.spells(case.subject, attribute).iter().any(|spell| spell.from == on);
    if service.board.as_ref().is_some_and(|board| board.contact == fact.attribute) {
        return known(&fact.attribute);
    }
    let Some(catalog) = image.catalog_at(u64::from(case.catalog)) else { return false };
    let Some(attribute) = catalog.attributes.get(&fact.attribute) else { return false };
    let Ok(value) = Value::parse(attribute, &fact.value) else { return false };
    alarms_of(image, case).iter().any(|open| {
        let by_this = open.raised_by.iter().any(|(name, spell)| *name == fact.attribute && spell.from == on);
        let mut conditions = open.alarm().when.iter().filter(|condition| condition.attribute == fact.attribute);
        by_this && !conditions.any(|condition| condition.is_met(&value, on, attribute, &catalog.parameters))
    })
}
