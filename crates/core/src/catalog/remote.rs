//! The remote desk: when its agents take calls, what they may know and speak, what is said outside the hours.

use super::source::{Place, Sheet, Words, texts};
use super::{Confidence, Service};
use serde::Deserialize;
use std::sync::Arc;
use toml::Spanned;
use yizhan_kit::Moment;
use yizhan_kit::calendar::WorkCalendar;

/// The remote desk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemoteDesk {
    /// What it is called.
    pub title: Words,
    /// How sure the hours are.
    pub confidence: Confidence,
    /// On which days it is open.
    pub days: OpenDays,
    /// The hours: minutes of the day, the last excluded.
    pub hours: Vec<(u16, u16)>,
    /// How many days a recording is kept.
    pub recording_days: u32,
    /// What is said outside the hours.
    pub closed: Words,
    /// What may be spoken; the first unless somebody asks for another.
    pub languages: Vec<Named>,
    /// What may be asked about; the last takes whatever no other names.
    pub skills: Vec<Skill>,
}

/// On which days a desk is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenDays {
    /// Working days of the calendar.
    Workdays,
    /// Every day.
    Every,
}

texts!(OpenDays, "workdays or every-day", Workdays = "workdays", Every = "every-day");

/// A name and what it is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The name.
    pub name: Arc<str>,
    /// What it is called.
    pub title: Words,
}

/// Something that may be asked about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Skill {
    /// Its name.
    pub name: Arc<str>,
    /// What it is called.
    pub title: Words,
    /// The services it is about.
    pub services: Vec<String>,
}

impl RemoteDesk {
    /// Whether somebody is there at a moment.
    pub fn is_open(&self, calendar: &WorkCalendar, at: Moment) -> bool {
        let day = self.days == OpenDays::Every || calendar.is_workday(at.day());
        day && self.hours.iter().any(|(from, to)| (*from..*to).contains(&at.minutes_of_day()))
    }

    /// What somebody must know who is asked about a service; about anything else, the last.
    pub fn skill_for(&self, service: &str) -> Option<&Skill> {
        let named = self.skills.iter().find(|skill| skill.services.iter().any(|one| one == service));
        named.or(self.skills.last())
    }

    /// A skill by name.
    pub fn skill(&self, name: &str) -> Option<&Skill> {
        self.skills.iter().find(|skill| *skill.name == *name)
    }

    /// A language by name; the first for one that nobody speaks here.
    pub fn language(&self, name: &str) -> Option<&Named> {
        self.languages.iter().find(|language| *language.name == *name).or(self.languages.first())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    confidence: Spanned<String>,
    days: Spanned<String>,
    hours: Vec<Hours>,
    recording_days: u32,
    closed: Spanned<Words>,
    language: Vec<NamedShape>,
    skill: Vec<SkillShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    from: Spanned<String>,
    to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedShape {
    name: Spanned<String>,
    title: Spanned<Words>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SkillShape {
    name: Spanned<String>,
    title: Spanned<Words>,
    services: Vec<Spanned<String>>,
}

/// Reads a desk; `claims` gets the services it names, and where.
pub(super) fn read(sheet: &mut Sheet<'_>, claims: &mut Vec<(Place, String)>) -> Option<RemoteDesk> {
    let shape = sheet.shape::<Shape>()?;
    sheet.names("language", shape.language.iter().map(|one| &one.name));
    sheet.names("skill", shape.skill.iter().map(|one| &one.name));
    let confidence = sheet.word("confidence", &shape.confidence)?;
    let days = sheet.word("days", &shape.days)?;
    let mut hours: Vec<(u16, u16)> = Vec::new();
    for one in &shape.hours {
        let read = minutes(one.from.get_ref()).zip(minutes(one.to.get_ref()));
        let after = hours.last().map_or(0, |(_, to)| *to);
        match read.filter(|(from, to)| from < to && after <= *from) {
            Some(read) => hours.push(read),
            None => sheet.fault(&one.from.span(), "hours that are none, or out of order", "\"08:30\" to \"12:00\""),
        }
    }
    if shape.language.is_empty() || shape.skill.is_empty() || hours.is_empty() {
        sheet.fault(&shape.title.span(), "nobody could be called", "hours, a language and a skill");
    }
    let languages = shape
        .language
        .into_iter()
        .map(|one| Named { name: one.name.into_inner().into(), title: sheet.words("title", one.title) });
    let languages = languages.collect();
    let mut skills = Vec::new();
    for one in shape.skill {
        claims.extend(one.services.iter().map(|name| (sheet.place(&name.span()), name.get_ref().clone())));
        let services = one.services.into_iter().map(Spanned::into_inner).collect();
        let (name, title) = (one.name.into_inner().into(), sheet.words("title", one.title));
        skills.push(Skill { name, title, services });
    }
    let (title, closed) = (sheet.words("title", shape.title), sheet.words("closed", shape.closed));
    let recording_days = shape.recording_days;
    Some(RemoteDesk { title, confidence, days, hours, recording_days, closed, languages, skills })
}

/// Checks that the services a desk names are there.
pub(super) fn check(
    claims: &[(Place, String)],
    services: &[(Arc<Service>, Place)],
    mistakes: &mut Vec<super::Mistake>,
) {
    for (place, name) in claims.iter().filter(|(_, name)| !services.iter().any(|(known, _)| known.name == *name)) {
        mistakes.push(place.mistake(format!("no service `{name}`"), "a file in service/"));
    }
}

/// Minutes of the day of `08:30`.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 24 && minutes < 60).then_some(hours * 60 + minutes)
}
