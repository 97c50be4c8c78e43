//! Bringing a household of a table into the register: what is new is added, what differs is recorded.

use super::zone::NewSealed;
use crate::access::{Deed, Viewer, forbidden};
use crate::act::{Effects, NewFact, Scene, Verb};
use crate::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Problem};

/// Somebody of a table.
pub struct BroughtPerson {
    /// Who, when the register knows them.
    pub known: Option<SubjectId>,
    /// Attribute and canonical text.
    pub facts: Vec<(String, String)>,
    /// Identifying fields, of whoever is new or has others now.
    pub sealed: Option<NewSealed>,
}

/// A household of a table: all of it, or nothing.
pub struct BringHousehold {
    /// The area it is in.
    pub area: RegionCode,
    /// Which, when the register knows it.
    pub known: Option<SubjectId>,
    /// Attribute and canonical text.
    pub facts: Vec<(String, String)>,
    /// Its people.
    pub people: Vec<BroughtPerson>,
    /// The day from which it holds.
    pub from: Day,
    /// The table.
    pub source: String,
}

impl Verb for BringHousehold {
    fn name(&self) -> &'static str {
        "bring-household"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::Import)?;
        // What is known already is where it is; what is new is where the table says.
        let known = self.known.into_iter().chain(self.people.iter().filter_map(|person| person.known));
        let places = known.map(|subject| scene.image.place_of(subject)).chain([Some(self.area)]);
        for place in places.flatten() {
            if !viewer.covers(place) {
                return Err(forbidden(
                    "表中有不在您辖区内的户或人，请走“户籍迁移”办理。",
                    "The table names a household or a person outside your area; open a case to move them.",
                ));
            }
        }
        let household = self.known.unwrap_or_else(|| effects.subject("household"));
        effects.about(household);
        let fact = |effects: &mut Effects<'_>, subject, attribute: &str, value: &str| {
            let (value, from, source) = (Some(value), self.from, self.source.as_str());
            effects.fact(&NewFact { subject, attribute, value, from, to: None, source })
        };
        for (attribute, value) in &self.facts {
            fact(effects, household, attribute, value)?;
        }
        for person in &self.people {
            let id = person.known.unwrap_or_else(|| effects.subject("person"));
            for (attribute, value) in &person.facts {
                fact(effects, id, attribute, value)?;
            }
            if let Some(secret) = &person.sealed {
                let key = effects.key(id, &secret.key);
                let (attribute, from, source) = (secret.attribute.as_str(), self.from, self.source.as_str());
                let sealed = NewFact { subject: id, attribute, value: None, from, to: None, source };
                effects.sealed_fact(&sealed, key, &secret.sealed)?;
            }
            let lives = scene.image.fact(id, "person.household", self.from);
            if lives != Some(crate::image::fact::Value::Subject(household)) {
                fact(effects, id, "person.household", &household.to_string())?;
            }
        }
        Ok(())
    }
}
