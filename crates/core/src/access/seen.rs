//! An image seen through the gate: what one viewer may find in it, and nothing else.

use super::{Deed, Role, Viewer, may};
use crate::catalog::{Attribute, Catalog, Level, RuleKind, Who};
use crate::image::Image;
use crate::image::case::{CaseHead, Desk};
use crate::image::column::Spells;
use crate::image::fact::{Spell, Value, timeline};
use crate::image::names::AreaIx;
use crate::problem;
use crate::row::{FactRow, SubjectId};
use crate::rule::Plain;
use crate::service::is_on_notice;
use std::sync::Arc;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Digest16, Problem};

/// An image as one viewer sees it: nothing outside their area, nothing their role has no business with.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    image: &'a Image,
    viewer: &'a Viewer,
}

/// How many cases wait, in an area and below.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The area.
    pub area: RegionCode,
    /// The cases.
    pub cases: usize,
}

impl<'a> Seen<'a> {
    pub(super) fn new(image: &'a Image, viewer: &'a Viewer) -> Self {
        Self { image, viewer }
    }

    /// A case. What may not be seen is not there.
    ///
    /// # Errors
    /// `case-not-found`.
    pub fn case(&self, subject: SubjectId) -> Result<&'a CaseHead, Problem> {
        self.image.case(subject).filter(|case| self.viewer.sees(self.image, case)).ok_or_else(|| not_found(&subject))
    }

    /// A case by its public number, `T-20210131-000017`.
    ///
    /// # Errors
    /// `case-not-found`.
    pub fn numbered(&self, number: &str) -> Result<&'a CaseHead, Problem> {
        let found = self.image.find_numbered(number).filter(|case| self.viewer.sees(self.image, case));
        found.ok_or_else(|| not_found(&number))
    }

    /// The cases that were opened by the same act as a case, itself among them, in order: somebody and their companions.
    pub fn opened_together(&self, case: &CaseHead) -> Vec<&'a CaseHead> {
        let Seen { image, viewer } = *self;
        let same = |id: u32| image.case(SubjectId(id)).filter(|other| other.opened == case.opened);
        let mut first = case.subject.0;
        while first > 0 && same(first - 1).is_some() {
            first -= 1;
        }
        (first..).map_while(same).filter(|other| viewer.sees(image, other)).collect()
    }

    /// Every case the viewer sees, in order of opening. Walks all there are: for proofs and benches, not for pages.
    pub fn cases(&self) -> impl Iterator<Item = &'a CaseHead> + 'a {
        let Seen { image, viewer } = *self;
        image.cases().filter(move |case| viewer.sees(image, case))
    }

    /// The cases of a service that the viewer sees, in order of opening.
    pub fn cases_of(&self, service: &str) -> impl Iterator<Item = &'a CaseHead> + 'a {
        let Seen { image, viewer } = *self;
        image.cases_of(service).into_iter().filter(move |case| viewer.sees(image, case))
    }

    /// A case one may object to: on notice, which is public, or seen anyway.
    ///
    /// # Errors
    /// `case-not-found`.
    pub fn numbered_or_on_notice(&self, number: &str, today: Day) -> Result<&'a CaseHead, Problem> {
        let found = self
            .image
            .find_numbered(number)
            .filter(|case| self.viewer.sees(self.image, case) || is_on_notice(self.image, case, today));
        found.ok_or_else(|| not_found(&number))
    }

    /// The cases whose keys may belong to a digest of the blind index, with the row number of the key. The index keeps a
    /// part of each digest: whoever asks compares the key row's own.
    pub fn candidates(&self, digest: Digest16) -> impl Iterator<Item = (u64, &'a CaseHead)> + 'a {
        let Seen { image, viewer } = *self;
        let keys = image.find_keys(digest).into_iter();
        let owned = keys.filter_map(move |key| Some((key, image.case(image.key_owner(key)?)?)));
        owned.filter(move |(_, case)| viewer.sees(image, case))
    }

    /// As [`Seen::candidates`], for subjects of the register.
    pub fn subjects(&self, digest: Digest16) -> impl Iterator<Item = (u64, SubjectId)> + 'a {
        let seen = *self;
        let keys = seen.image.find_keys(digest).into_iter();
        let owned = keys.filter_map(move |key| Some((key, seen.image.key_owner(key)?)));
        owned.filter(move |(_, owner)| seen.image.case(*owner).is_none() && seen.has_business_with(*owner))
    }

    /// The subjects of a kind that the viewer has business with, in order of creation.
    pub fn subjects_of(&self, kind: &str) -> impl Iterator<Item = SubjectId> + 'a {
        let seen = *self;
        seen.image.subjects_of(kind).filter(move |subject| seen.has_business_with(*subject))
    }

    /// What is true of a subject on a day, as far as memory goes; nothing of what the viewer may not see.
    pub fn fact(&self, subject: SubjectId, attribute: &str, day: Day) -> Option<Value> {
        self.shows(subject, attribute).then(|| self.image.fact(subject, attribute, day)).flatten()
    }

    /// The latest value of an attribute, whatever the day.
    pub fn latest(&self, subject: SubjectId, attribute: &str) -> Option<Value> {
        self.shows(subject, attribute).then(|| self.image.latest(subject, attribute)).flatten()
    }

    /// The timeline of an attribute, where memory keeps one.
    pub fn spells(&self, subject: SubjectId, attribute: &str) -> Spells<'a> {
        if self.shows(subject, attribute) { self.image.spells(subject, attribute) } else { Spells::One(None) }
    }

    /// The row number of a subject's latest fact, from which its history is read backwards.
    pub fn last_fact(&self, subject: SubjectId) -> Option<u64> {
        self.has_business_with(subject).then(|| self.image.last_fact(subject)).flatten()
    }

    /// What was known about a subject right after an act: every attribute the viewer may see, with its timeline, from all
    /// of the subject's facts in order of recording. Attributes in order of name.
    pub fn known_at(&self, subject: SubjectId, facts: &[FactRow], act: u64) -> Vec<(&'a Attribute, Vec<Spell>)> {
        let mut names: Vec<&str> = facts.iter().map(|row| &*row.attribute).collect();
        names.sort_unstable();
        names.dedup();
        let shown = names.into_iter().filter(|name| self.shows(subject, name));
        shown
            .filter_map(|name| {
                let attribute = self.image.attribute(name)?;
                let spells = timeline(facts, attribute, act);
                (!spells.is_empty()).then_some((attribute, spells))
            })
            .collect()
    }

    /// Whether an attribute of a subject is the viewer's to see: the catalog says to whom it is shown.
    pub fn shows(&self, subject: SubjectId, attribute: &str) -> bool {
        self.has_business_with(subject)
            && match self.viewer.role {
                Role::System | Role::Holder => true,
                role => self
                    .image
                    .attribute(attribute)
                    .is_some_and(|found| found.seen_by.iter().any(|to| to == role.as_str())),
            }
    }

    /// Whether a subject is in the viewer's area, or the case they hold the receipt of.
    fn has_business_with(&self, subject: SubjectId) -> bool {
        match self.image.case(subject) {
            Some(case) => self.viewer.sees(self.image, case),
            None if self.viewer.role == Role::System => true,
            None => {
                may(self.viewer.role, Deed::SeeCase)
                    && self.image.place_of(subject).is_some_and(|area| self.viewer.covers(area))
                    && self.viewer.tends(self.image, subject)
            }
        }
    }

    /// Where a subject is, for whoever has business there.
    pub fn place_of(&self, subject: SubjectId) -> Option<RegionCode> {
        self.has_business_with(subject).then(|| self.image.place_of(subject)).flatten()
    }

    /// The areas and desks at which cases wait that the viewer sees.
    pub fn desks(&self) -> impl Iterator<Item = (AreaIx, Desk)> + 'a {
        let Seen { image, viewer } = *self;
        image.desks().filter(move |(area, _)| viewer.covers(image.names.code(*area)))
    }

    /// Whether the viewer sees every case there is: an officer or auditor of the whole district.
    pub fn sees_all(&self) -> bool {
        let Some(catalog) = self.image.catalog() else { return false };
        let whole = catalog.regions.all().find(|region| region.level == Level::District).map(|region| region.code);
        matches!(self.viewer.role, Role::Officer(_) | Role::Auditor) && whole.is_some() && self.viewer.area == whole
    }

    /// The cases that wait at one desk, the most urgent first.
    pub fn waiting(&self, area: AreaIx, desk: Desk) -> impl Iterator<Item = &'a CaseHead> + 'a {
        let Seen { image, viewer } = *self;
        image.waiting(area, desk).filter(move |case| viewer.sees(image, case))
    }

    /// The cases that wait at the viewer's desk and are wanted, the most urgent first, and how many there are.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn worklist_of(
        &self,
        wanted: impl Fn(&CaseHead) -> bool,
        from: usize,
        limit: usize,
    ) -> Result<(Vec<&'a CaseHead>, usize), Problem> {
        self.viewer.must(Deed::SeeCase)?;
        let Some(desk) = self.viewer.desk(self.image) else { return Ok((Vec::new(), 0)) };
        let areas = self.desks().filter(|(_, at)| *at == desk);
        // Of what waits at hospitals' desks each sees its own.
        let mine = |case: &&CaseHead| wanted(case) && self.viewer.sees(self.image, case);
        let mut cases: Vec<&CaseHead> =
            areas.flat_map(|(area, desk)| self.image.waiting(area, desk)).filter(mine).collect();
        let total = cases.len();
        cases.sort_by_key(|case| urgency(case));
        Ok((cases.into_iter().skip(from).take(limit).collect(), total))
    }

    /// The cases that wait at the viewer's desk, the most urgent first, in their area and below.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn worklist(&self, from: usize, limit: usize) -> Result<(Vec<&'a CaseHead>, usize), Problem> {
        if matches!(self.viewer.role, Role::Hospital | Role::FamilyDoctor) {
            return self.worklist_of(|_| true, from, limit);
        }
        self.viewer.must(Deed::SeeCase)?;
        let Some(desk) = self.viewer.desk(self.image) else { return Ok((Vec::new(), 0)) };
        let areas: Vec<_> = self.desks().filter(|(_, at)| *at == desk).collect();
        let total = areas.iter().map(|(area, desk)| self.image.waiting_count(*area, *desk)).sum();
        // No area gives more than `from + limit` of the page, so the merge stays small whatever the backlog.
        let wanted = from + limit;
        let mut cases: Vec<&CaseHead> =
            areas.iter().flat_map(|(area, desk)| self.image.waiting(*area, *desk).take(wanted)).collect();
        cases.sort_by_key(|case| urgency(case));
        Ok((cases.into_iter().skip(from).take(limit).collect(), total))
    }

    /// The cases the viewer sees that were opened on a day or later, the latest first.
    pub fn opened_since(&self, day: Day) -> impl Iterator<Item = &'a CaseHead> + 'a {
        let Seen { image, viewer } = *self;
        let recent = image.cases().rev().take_while(move |case| image.opened_at(case).day() >= day);
        recent.filter(move |case| viewer.sees(image, case))
    }

    /// How many cases wait in each area the viewer sees, at any desk.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn waiting_by_area(&self) -> Result<Vec<Waiting>, Problem> {
        self.viewer.must(Deed::Count)?;
        let mut result: Vec<Waiting> = Vec::new();
        let veiled = self.veiled();
        for (area, desk) in self.desks() {
            let code = self.image.names.code(area);
            let shown = !veiled.contains(&desk);
            let cases = if shown { self.image.waiting_count(area, desk) } else { self.waiting(area, desk).count() };
            if cases == 0 {
                continue;
            }
            match result.iter_mut().find(|entry| entry.area == code) {
                Some(entry) => entry.cases += cases,
                None => result.push(Waiting { area: code, cases }),
            }
        }
        result.sort_by_key(|entry| entry.area);
        Ok(result)
    }

    /// The desks at which cases may wait that are shown to some roles only, and not to the viewer's.
    fn veiled(&self) -> Vec<Desk> {
        let role = self.viewer.role.as_str();
        let services = self.image.catalog().into_iter().flat_map(|catalog| catalog.services.values());
        let hidden = services.filter(|one| !one.seen_by.is_empty() && one.seen_by.iter().all(|to| to != role));
        let desk = |who: &Who| match who {
            Who::Level(level) => Some(Desk::from(*level)),
            Who::Role(name) => self.image.names.find_word(name).map(Desk::Role),
            Who::Opener => None,
        };
        hidden.flat_map(|service| &service.steps).filter_map(|step| desk(&step.who)).collect()
    }

    /// Open cases in the viewer's area, whatever desk they wait at.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn open_cases(&self) -> Result<impl Iterator<Item = &'a CaseHead> + 'a, Problem> {
        self.viewer.must(Deed::SeeCase)?;
        let Seen { image, viewer } = *self;
        let cases = self.desks().flat_map(move |(area, desk)| image.waiting(area, desk));
        Ok(cases.filter(move |case| viewer.sees(image, case)))
    }

    /// The subjects that name another by an attribute on a day, of those the viewer has business with.
    pub fn naming(&self, attribute: &str, named: SubjectId, day: Day) -> Vec<SubjectId> {
        let naming = self.image.naming(attribute, named, day);
        naming.into_iter().filter(|subject| self.has_business_with(*subject)).collect()
    }

    /// The subjects that named another by an attribute on some day, or were once said to.
    pub fn ever_naming(&self, attribute: &str, named: SubjectId) -> Vec<SubjectId> {
        let naming = self.image.ever_naming(attribute, named);
        naming.into_iter().filter(|subject| self.has_business_with(*subject)).collect()
    }

    /// The subjects whose latest text of an attribute holds what is looked for, of those to whom the viewer may see it.
    pub fn holding(&self, attribute: &str, part: &str) -> Vec<(SubjectId, Arc<str>)> {
        let mut found = self.image.holding(attribute, part);
        found.retain(|(subject, _)| self.shows(*subject, attribute));
        found
    }

    /// The rules of a catalog for the interpreter; only the program itself asks it.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn plain(&self, catalog: &'a Catalog, kinds: &[RuleKind], day: Day) -> Result<Plain<'a>, Problem> {
        if self.viewer.role != Role::System {
            return Err(super::forbidden("只有程序自己可以这样做。", "Only the program itself may."));
        }
        Ok(Plain::new(self.image, catalog, kinds, day))
    }

    /// Who looks.
    pub fn viewer(&self) -> &'a Viewer {
        self.viewer
    }

    /// The image behind the gate, for what is not about anyone: numbers, titles, names of areas.
    pub fn image(&self) -> &'a Image {
        self.image
    }
}

/// What is due first comes first; what is never due comes last.
fn urgency(case: &CaseHead) -> (u32, SubjectId) {
    (if case.due_minutes == 0 { u32::MAX } else { case.due_minutes }, case.subject)
}

fn not_found(what: &dyn std::fmt::Display) -> Problem {
    problem::CASE_NOT_FOUND.problem(
        format!("没有找到 {what}，或者不在您的辖区内。"),
        format!("There is no case {what}, or it is outside your area."),
    )
}
