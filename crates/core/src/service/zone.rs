//! What concerns the zone and its register: founding it, adopting a catalog, adding subjects and facts.

use super::office;
use crate::access::{Deed, Viewer, forbidden, must_stay_apart};
use crate::act::{Actor, Effects, NewFact, NewKey, Scene, Verb};
use crate::catalog::CatalogSource;
use crate::image::ADOPTED_CATALOG;
use crate::problem;
use crate::row::SubjectId;
use std::sync::Arc;
use yizhan_kit::{Day, Problem};

/// The zone as a subject of facts.
pub const ZONE: SubjectId = SubjectId(0);

/// The first act: the zone itself, as subject 0, whose kind says what it is for.
pub struct FoundZone;

/// The first act of a zone that is only shown: its clock may be moved, and it can never become a real one.
pub struct FoundDemonstration;

/// The kind of subject 0 in a zone that is only shown.
pub const DEMONSTRATION: &str = "demonstration";

impl Verb for FoundZone {
    fn name(&self) -> &'static str {
        "found-zone"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        found(scene, effects, "zone")
    }
}

impl Verb for FoundDemonstration {
    fn name(&self) -> &'static str {
        "found-demonstration"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        found(scene, effects, DEMONSTRATION)
    }
}

fn found(scene: &Scene<'_>, effects: &mut Effects<'_>, kind: &str) -> Result<(), Problem> {
    Viewer::of(scene.image, scene.actor, scene.today())?.must(Deed::AdoptCatalog)?;
    if scene.image.seq != 0 {
        return Err(problem::MOVE_NOT_ALLOWED.problem("本区已经建立。", "The zone was founded before."));
    }
    effects.subject(kind);
    Ok(())
}

/// Adopts a catalog whole. Cases that are open keep theirs.
pub struct AdoptCatalog {
    /// Its canonical bytes.
    pub catalog: Arc<[u8]>,
}

impl Verb for AdoptCatalog {
    fn name(&self) -> &'static str {
        "adopt-catalog"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        Viewer::of(scene.image, scene.actor, scene.today())?.must(Deed::AdoptCatalog)?;
        let source = CatalogSource::from_bytes(&self.catalog)
            .map_err(|error| problem::CATALOG_INVALID.problem(error.to_string(), error.to_string()))?;
        if let Err(mistakes) = crate::catalog::Catalog::load(source) {
            let first = mistakes.first().map_or_else(String::new, ToString::to_string);
            let detail = format!("{first} ({})", mistakes.len());
            return Err(problem::CATALOG_INVALID.problem(detail.clone(), detail));
        }
        let body = effects.body(None, &self.catalog);
        effects.zone_fact(ZONE, ADOPTED_CATALOG, &body.to_string(), scene.today(), "adopt-catalog");
        effects.about(ZONE);
        Ok(())
    }
}

/// Identifying fields of a new subject, sealed.
pub struct NewSealed {
    /// The attribute they are the value of.
    pub attribute: String,
    /// Their key.
    pub key: NewKey,
    /// The sealed bytes.
    pub sealed: Arc<[u8]>,
}

/// Adds a subject to the register, with what is known of it.
pub struct AddSubject {
    /// Its kind in the catalog.
    pub kind: String,
    /// Its facts: attribute and canonical text.
    pub facts: Vec<(String, String)>,
    /// Facts that are true from a day of their own, in order: a later one of the same attribute overrides from its day on.
    pub since: Vec<(String, String, Day)>,
    /// Its identifying fields.
    pub sealed: Option<NewSealed>,
    /// The day the facts are true from.
    pub from: Day,
    /// Where they come from.
    pub source: String,
    /// Subjects that belong to it and are added with it; the attribute is by which they point back.
    pub members: Vec<(String, AddSubject)>,
}

impl Verb for AddSubject {
    fn name(&self) -> &'static str {
        "add-subject"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(if self.kind == "staff" { Deed::ManageStaff } else { Deed::Register })?;
        let roles = self.facts.iter().map(|(attribute, role)| (attribute, role));
        let roles = roles.chain(self.since.iter().map(|(attribute, role, _)| (attribute, role)));
        office::must_be_one(roles.filter(|(attribute, _)| *attribute == office::ROLE).map(|(_, role)| role.as_str()))?;
        let subject = self.add(scene, effects)?;
        effects.about(subject);
        Ok(())
    }
}

impl AddSubject {
    fn add(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<SubjectId, Problem> {
        let catalog = scene.image.catalog();
        if catalog.is_none_or(|catalog| !catalog.subjects.contains_key(&self.kind)) {
            return Err(problem::UNKNOWN_ATTRIBUTE.problem(
                format!("目录里没有“{}”这类对象。", self.kind),
                format!("No adopted catalog has a subject kind {:?}.", self.kind),
            ));
        }
        let subject = effects.subject(&self.kind);
        let new =
            |attribute, value| NewFact { subject, attribute, value, from: self.from, to: None, source: &self.source };
        for (attribute, value) in &self.facts {
            effects.fact(&new(attribute, Some(value.as_str())))?;
        }
        for (attribute, value, from) in &self.since {
            effects.fact(&NewFact { from: *from, ..new(attribute, Some(value.as_str())) })?;
        }
        if let Some(secret) = &self.sealed {
            let key = effects.key(subject, &secret.key);
            effects.sealed_fact(&new(&secret.attribute, None), key, &secret.sealed)?;
        }
        for (attribute, member) in &self.members {
            let id = member.add(scene, effects)?;
            let back = subject.to_string();
            effects.fact(&NewFact {
                subject: id,
                attribute,
                value: Some(&back),
                // From the day on which both are there.
                from: self.from.max(member.from),
                to: None,
                source: &self.source,
            })?;
        }
        Ok(subject)
    }
}

/// Records facts about a subject that is known.
pub struct SetFacts {
    /// Whom they are about.
    pub subject: SubjectId,
    /// Attribute and canonical text; absent to retract.
    pub facts: Vec<(String, Option<String>)>,
    /// Identifying fields in place of those known before, under a key of their own.
    pub sealed: Option<NewSealed>,
    /// The day they are true from.
    pub from: Day,
    /// The first day they no longer hold.
    pub to: Option<Day>,
    /// Where they come from.
    pub source: String,
}

impl Verb for SetFacts {
    fn name(&self) -> &'static str {
        "set-facts"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let kind = scene.image.kind(self.subject);
        viewer.must(if kind.is_some_and(|kind| **kind == *"staff") { Deed::ManageStaff } else { Deed::Register })?;
        if kind.is_none() {
            return Err(
                problem::CASE_NOT_FOUND.problem("没有这个对象。", format!("There is no subject {}.", self.subject))
            );
        }
        for (attribute, value) in &self.facts {
            let subject = self.subject;
            let value = value.as_deref();
            if let Some(role) = value.filter(|_| attribute == office::ROLE) {
                office::must_stay_apart(scene.image, subject, role)?;
            }
            effects.fact(&NewFact { subject, attribute, value, from: self.from, to: self.to, source: &self.source })?;
        }
        if let Some(secret) = &self.sealed {
            let key = effects.key(self.subject, &secret.key);
            let (attribute, source) = (secret.attribute.as_str(), self.source.as_str());
            let fact = NewFact { subject: self.subject, attribute, value: None, from: self.from, to: None, source };
            effects.sealed_fact(&fact, key, &secret.sealed)?;
        }
        effects.about(self.subject);
        Ok(())
    }
}

/// Somebody took a list out of the program. That it was taken is on record; whoever may see the cases may take them.
pub struct Export;

impl Verb for Export {
    fn name(&self) -> &'static str {
        "export"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        Viewer::of(scene.image, scene.actor, scene.today())?.must(Deed::SeeCase)?;
        effects.about(ZONE);
        Ok(())
    }
}

/// What happened to the zone as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happened {
    /// It was put back from a backup.
    Restored,
    /// It was taken out whole, sealed answers opened.
    Opened,
}

/// Tells in a public body what happened to the zone as a whole. Only the program itself does.
pub struct TellOfZone {
    /// What.
    pub what: Happened,
    /// The circumstances, as JSON.
    pub told: Arc<[u8]>,
}

impl Verb for TellOfZone {
    fn name(&self) -> &'static str {
        match self.what {
            Happened::Restored => "restore-zone",
            Happened::Opened => "export-open",
        }
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        if !matches!(scene.actor, Actor::System) {
            return Err(forbidden("只有系统本身可以记录。", "Only the program itself records this."));
        }
        effects.body(None, &self.told);
        effects.about(ZONE);
        Ok(())
    }
}

/// Lets a colleague act in one's place on certain days. Only oneself can do so, and nobody passes it on.
pub struct Delegate {
    /// Who will act.
    pub to: SubjectId,
    /// The first day.
    pub from: Day,
    /// The first day no longer.
    pub until: Day,
}

impl Verb for Delegate {
    fn name(&self) -> &'static str {
        "delegate"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let Actor::Staff { id, instead_of: None } = scene.actor else {
            return Err(forbidden("只有本人可以委托他人。", "Only the officer themselves can name a deputy."));
        };
        let own = Viewer::of(scene.image, scene.actor, scene.today())?;
        let deputy = Actor::Staff { id: self.to, instead_of: None };
        let Some(deputy) = Viewer::of(scene.image, deputy, self.from).ok().filter(|_| self.to != id) else {
            return Err(forbidden("请选择一位在岗的同事。", "Choose a colleague who is in office then."));
        };
        must_stay_apart(Some(deputy.role), own.role)?;
        if self.until <= self.from || self.from < scene.today() {
            return Err(problem::FORM_INVALID.problem(
                "委托的起止日期不对。",
                "The days of a delegation begin today or later and end after they begin.",
            ));
        }
        let value = self.to.to_string();
        let (from, to) = (self.from, Some(self.until));
        effects.about(id);
        effects.fact(&NewFact {
            subject: id,
            attribute: "staff.delegates-to",
            value: Some(&value),
            from,
            to,
            source: "delegation",
        })
    }
}
