//! Opening a case.

use super::step::ProposedFact;
use crate::access::{Deed, Role, Viewer, forbidden};
use crate::act::{Effects, NewFact, NewKey, Scene, Verb};
use crate::catalog::TEAM;
use crate::problem;
use crate::row::SubjectId;
use std::sync::Arc;
use yizhan_kit::Problem;
use yizhan_kit::codes::RegionCode;

/// Opens a case of a service in the area that its form names.
pub struct OpenCase {
    /// The service.
    pub service: Arc<str>,
    /// The adopted catalog by whose form the answers were checked.
    pub catalog: u64,
    /// The area that gets the case.
    pub area: RegionCode,
    /// The key of the case.
    pub key: NewKey,
    /// The answers, sealed under it.
    pub form: Arc<[u8]>,
    /// What is known of it from now on.
    pub facts: Vec<ProposedFact>,
}

impl Verb for OpenCase {
    fn name(&self) -> &'static str {
        "open-case"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        self.alone(scene, effects).map(drop)
    }
}

impl OpenCase {
    /// Opens it without anything else being known of it.
    fn alone(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<SubjectId, Problem> {
        let catalog = scene.image.catalog();
        if catalog.and_then(|one| one.services.get(&*self.service)).is_some_and(|service| service.settles.is_some()) {
            return Err(problem::MOVE_NOT_ALLOWED
                .problem("请在医院窗口办理。", "Such a case is opened at the desk that settles bills."));
        }
        self.open(scene, effects)
    }

    fn open(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<SubjectId, Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::OpenCase)?;
        if scene.image.catalog_number() != self.catalog {
            return Err(problem::CATALOG_MOVED
                .problem(
                    "填写期间目录已更新，请再提交一次。",
                    "The catalog was updated meanwhile; please send it again.",
                )
                .retry_after(0));
        }
        let catalog = scene.image.catalog().expect("a catalog number above zero names a catalog");
        let Some(service) = catalog.services.get(&*self.service) else {
            return Err(problem::UNKNOWN_SERVICE
                .problem(format!("没有事项“{}”。", self.service), format!("There is no service {:?}.", self.service)));
        };
        let by_anyone = |role: &str| role == "anyone" && viewer.role == Role::Resident;
        if !service.opened_by.iter().any(|role| role == viewer.role.as_str() || by_anyone(role)) {
            return Err(forbidden(
                &format!("“{}”不能由“{}”发起。", service.title.zh, viewer.role.as_str()),
                &format!("{} is not opened by a {}.", service.title.en, viewer.role.as_str()),
            ));
        }
        if !catalog.regions.is_known(self.area, scene.today()) {
            return Err(problem::UNKNOWN_REGION
                .problem(format!("没有区划 {}。", self.area), format!("There is no region {} today.", self.area)));
        }
        let case = effects.open_case(&self.service, self.area, &self.key, &self.form);
        let attribute = format!("{}.{TEAM}", service.name);
        if viewer.role == Role::FamilyDoctor {
            let team = viewer.team(scene.image).ok_or_else(|| {
                forbidden("该账号没有所属的家庭医生团队。", "This account belongs to no team of family doctors.")
            })?;
            if scene.image.attribute(&attribute).is_some() {
                let (attribute, value, from) = (attribute.as_str(), team.to_string(), scene.today());
                let value = Some(value.as_str());
                effects.fact(&NewFact { subject: case, attribute, value, from, to: None, source: "open-case" })?;
            }
        }
        for fact in &self.facts {
            must_fit(scene, fact)?;
            let from = fact.on.unwrap_or(scene.today());
            let (attribute, value) = (fact.attribute.as_str(), Some(fact.value.as_str()));
            effects.fact(&NewFact { subject: case, attribute, value, from, to: None, source: "open-case" })?;
        }
        Ok(case)
    }
}

/// Whoever opens a case may write any number: what it names must be there, and of the kind that the attribute names.
fn must_fit(scene: &Scene<'_>, fact: &ProposedFact) -> Result<(), Problem> {
    let Some(kind) = scene.image.attribute(&fact.attribute).and_then(|attribute| attribute.of.as_deref()) else {
        return Ok(());
    };
    let named = fact.value.parse().ok().and_then(|n| scene.image.kind(SubjectId(n)));
    if named.is_some_and(|named| **named == *kind) {
        return Ok(());
    }
    Err(problem::FORM_INVALID.problem("没有这个对象，请重新扫码。", "There is no such subject; scan the code again."))
}

/// Opens a case that settles a bill: who it is about and at which hospital is known from then on. Where it is a hospital's,
/// whoever opens it speaks for theirs.
pub struct Admit {
    /// The case.
    pub open: OpenCase,
    /// The person.
    pub person: SubjectId,
    /// What else is known of the case.
    pub facts: Vec<ProposedFact>,
}

impl Verb for Admit {
    fn name(&self) -> &'static str {
        "open-case"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let catalog = scene.image.catalog().and_then(|catalog| catalog.services.get(&*self.open.service)).cloned();
        let Some(settles) = catalog.as_ref().and_then(|service| service.settles.as_ref()) else {
            return Err(problem::UNKNOWN_SERVICE.problem("这个事项不结算账单。", "This service settles no bills."));
        };
        if !scene.image.place_of(self.person).is_some_and(|place| viewer.covers(place)) {
            return Err(forbidden("此人不在登记的辖区内。", "This person is not on the register of your area."));
        }
        let person_kind = scene.image.attribute(&settles.person).and_then(|attribute| attribute.of.clone());
        if person_kind.is_some_and(|wanted| scene.image.kind(self.person).is_none_or(|kind| **kind != *wanted)) {
            return Err(problem::FORM_INVALID.problem("请选择患者本人。", "Choose the person."));
        }
        let is_open = |case: &SubjectId| {
            let found = scene.image.case(*case).filter(|case| scene.image.service(case).name == *self.open.service);
            found.is_some_and(|case| case.state.is_open() && scene.image.book.of(case.subject).is_none())
        };
        if settles.clinic.is_some() && scene.image.book.about(self.person).iter().any(is_open) {
            return Err(problem::MOVE_NOT_ALLOWED
                .problem("此人已有尚未结算的住院，请先结算。", "This person has a stay that is not settled yet."));
        }
        let case = self.open.open(scene, effects)?;
        let mut facts = self.facts.clone();
        let named = |attribute: &str, subject: SubjectId| ProposedFact {
            attribute: attribute.to_owned(),
            value: subject.to_string(),
            on: None,
        };
        facts.push(named(&settles.person, self.person));
        if let Some(attribute) = &settles.clinic {
            let clinic = viewer.clinic(scene.image).ok_or_else(|| {
                forbidden("该账号没有所属医院。", "This account belongs to no hospital of the register.")
            })?;
            facts.push(named(attribute, clinic));
        }
        for fact in &facts {
            let from = fact.on.unwrap_or(scene.today());
            let (attribute, value) = (fact.attribute.as_str(), Some(fact.value.as_str()));
            effects.fact(&NewFact { subject: case, attribute, value, from, to: None, source: "open-case" })?;
        }
        Ok(())
    }
}

/// Opens several cases together, all or none: somebody and their companions. The act is about the first.
pub struct OpenCases {
    /// The cases, at least one.
    pub cases: Vec<OpenCase>,
}

impl Verb for OpenCases {
    fn name(&self) -> &'static str {
        "open-case"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let mut first = None;
        for case in &self.cases {
            let opened = case.alone(scene, effects)?;
            first.get_or_insert(opened);
        }
        if let Some(first) = first {
            effects.about(first);
        }
        Ok(())
    }
}
