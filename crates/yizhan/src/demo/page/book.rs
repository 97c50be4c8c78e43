//! What becomes known of people and households on a day of its own, and is written down on that day: who was born, who moved
//! in, who changed school, who was called on.

use crate::app::App;
use crate::demo::{SOURCE, acting};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;
use yizhan_core::act::Act;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, SetFacts};
use yizhan_kit::clock::DemoClock;
use yizhan_kit::{Day, Moment};

/// How many acts wait side by side.
const TOGETHER: usize = 256;

/// Whom something is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// Somebody by their place among the people; they may not be there yet.
    Soul(usize),
    /// A household by its place.
    Home(usize),
    /// The house of a household.
    House(usize),
    Subject(SubjectId),
}

/// What is still to be written down.
#[derive(Default)]
pub(super) struct Book {
    /// The numbers of people by their place.
    pub ids: Vec<Option<SubjectId>>,
    /// Those of households, and of their houses.
    pub homes: Vec<(SubjectId, SubjectId)>,
    joins: BTreeMap<Day, Vec<(usize, usize, AddSubject)>>,
    facts: BTreeMap<(Day, Who), Vec<(String, Option<String>)>>,
}

impl Book {
    /// Of so many people, nobody of whom is there yet.
    pub(super) fn of(people: usize) -> Self {
        Self { ids: vec![None; people], ..Self::default() }
    }

    /// Somebody comes to a household on a day.
    pub(super) fn joins(&mut self, day: Day, (soul, home): (usize, usize), add: AddSubject) {
        self.joins.entry(day).or_default().push((soul, home, add));
    }

    /// What holds only from after a day on is taken out of what is recorded now.
    pub(super) fn later(&mut self, until: Day, who: Who, add: &mut AddSubject) {
        let (known, later) = std::mem::take(&mut add.since).into_iter().partition(|(.., day)| *day <= until);
        add.since = known;
        for (name, value, day) in later {
            self.since(day, who, &name, value);
        }
    }

    /// Something holds from a day on.
    pub(super) fn since(&mut self, day: Day, who: Who, attribute: &str, value: impl std::fmt::Display) {
        self.facts.entry((day, who)).or_default().push((attribute.to_owned(), Some(value.to_string())));
    }

    /// Writes down what became known up to a moment, each day on itself.
    ///
    /// # Errors
    /// The refusal.
    pub(super) async fn record_until(&mut self, app: &Arc<App>, clock: &DemoClock, at: Moment) -> Result<(), String> {
        let next = |book: &Self| {
            let joined = book.joins.keys().next().copied();
            let told = book.facts.keys().next().map(|(day, _)| *day);
            joined.into_iter().chain(told).min().filter(|day| *day <= at.day())
        };
        while let Some(day) = next(self) {
            // Early, before anybody pays by it.
            let early = Moment::at(day, 300);
            if app.now() < early {
                clock.set(early);
            }
            for (soul, home, mut add) in self.joins.remove(&day).unwrap_or_default() {
                add.since.push(("person.household".into(), self.homes[home].0.to_string(), day));
                let added = app.zone.submit(acting(add)).await.map_err(|problem| problem.to_string())?;
                self.ids[soul] = added.about;
            }
            let later = self.facts.split_off(&(day.plus(1), Who::Soul(0)));
            let told = std::mem::replace(&mut self.facts, later);
            let mut acts = Vec::with_capacity(told.len());
            for ((from, who), facts) in told {
                let subject = match who {
                    Who::Subject(subject) => subject,
                    Who::Home(n) => self.homes[n].0,
                    Who::House(n) => self.homes[n].1,
                    Who::Soul(n) => self.ids[n].ok_or_else(|| format!("on {from} nobody stands at {n} yet"))?,
                };
                acts.push(acting(SetFacts { subject, facts, sealed: None, from, to: None, source: SOURCE.into() }));
            }
            hand_in(app, acts).await?;
        }
        Ok(())
    }
}

/// Hands acts in side by side, so that they share commits.
async fn hand_in(app: &Arc<App>, acts: Vec<Act>) -> Result<(), String> {
    let mut waiting = JoinSet::new();
    for act in acts {
        if waiting.len() >= TOGETHER {
            answered(waiting.join_next().await)?;
        }
        let app = app.clone();
        waiting.spawn(async move { app.zone.submit(act).await });
    }
    while let Some(one) = waiting.join_next().await {
        answered(Some(one))?;
    }
    Ok(())
}

fn answered(one: Option<Result<yizhan_core::writer::Answer, tokio::task::JoinError>>) -> Result<(), String> {
    match one {
        Some(Ok(answer)) => answer.map(drop).map_err(|problem| problem.to_string()),
        Some(Err(error)) => Err(error.to_string()),
        None => Ok(()),
    }
}
