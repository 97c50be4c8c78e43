//! Duties that come round again, in words: how often, who does them, when one was due.

use crate::app::App;
use crate::case::rule::words as say;
use crate::case::view::words;
use serde::Serialize;
use utoipa::ToSchema;
use yizhan_core::access::{Question, Seen};
use yizhan_core::catalog::{Catalog, Days, Every, Owed, Recurring, Rule};
use yizhan_core::row::SubjectId;
use yizhan_core::rule::Part;
use yizhan_kit::{Day, Lang};

/// How a duty comes round again.
#[derive(Serialize, ToSchema)]
pub struct RecurringView {
    /// What counts.
    pub counts: String,
    /// How often, in words.
    pub every: String,
    /// Who does it: `village`, `township`, `district`, `team` or a role.
    pub doer: String,
    /// Who is told after how many days.
    pub escalate: Vec<LateToldView>,
    /// What the form demands: `form`, `photo`, `place`, `signature`.
    pub proof: Vec<String>,
    /// What excuses, in CEL; empty where nothing does.
    pub excused: String,
    /// What outsiders read instead of its title; empty where they read it.
    pub discreet: String,
}

/// Who is told of something late.
#[derive(Serialize, ToSchema)]
pub struct LateToldView {
    /// After how many days.
    pub after_days: i32,
    /// Who.
    pub to: String,
}

/// A duty as its rule's page shows it.
pub fn told(catalog: &Catalog, recurring: &Recurring, on: Day, lang: Lang) -> RecurringView {
    let counts = catalog.attributes.get(&recurring.counts).map_or("", |one| words(&one.title, lang));
    let discreet = recurring.discreet.as_ref().map_or("", |discreet| words(&discreet.title, lang));
    RecurringView {
        counts: counts.to_owned(),
        every: every(catalog, &recurring.every, on, lang),
        doer: recurring.who.name().to_owned(),
        escalate: recurring
            .escalate
            .iter()
            .map(|told| LateToldView { after_days: told.after_days, to: told.to.as_str().to_owned() })
            .collect(),
        proof: recurring.proof.iter().map(|proof| proof.as_str().to_owned()).collect(),
        excused: recurring.excused.clone().unwrap_or_default(),
        discreet: discreet.to_owned(),
    }
}

fn every(catalog: &Catalog, every: &Every, on: Day, lang: Lang) -> String {
    let (zh, en) = match every {
        Every::Days(Days::Fixed(days)) => return since(&days.to_string(), lang),
        Every::Days(Days::Parameter(name)) => {
            let value = catalog.parameters.get(name).and_then(|parameter| parameter.at(on));
            return since(value.map_or("?", |dated| dated.value.as_str()), lang);
        }
        Every::Part(Part::Day) => ("每天一次", "once a day"),
        Every::Part(Part::Week) => ("每周一次", "once a week"),
        Every::Part(Part::Months(1)) => ("每月一次", "once a month"),
        Every::Part(Part::Months(2)) => ("每两个月一次", "once in two months"),
        Every::Part(Part::Months(3)) => ("每季度一次", "once a quarter"),
        Every::Part(Part::Months(4)) => ("每四个月一次", "once in four months"),
        Every::Part(Part::Months(6)) => ("每半年一次", "once a half-year"),
        Every::Part(Part::Months(_)) => ("每年一次", "once a year"),
    };
    say(zh, en, lang).to_owned()
}

fn since(days: &str, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("上一次之后 {days} 天内"),
        Lang::En => format!("within {days} days of the last time"),
    }
}

/// How a duty stands with a subject on a day; nothing for what is no such duty.
pub fn owed(app: &App, seen: &Seen<'_>, catalog: &Catalog, rule: &Rule, subject: SubjectId, on: Day) -> Option<Owed> {
    let (book, _, nodes) = catalog.rules.rule(&rule.name).filter(|_| rule.recurring.is_some())?;
    let numbers = app.finder.numbers.read().expect("no panic while the numbers are held");
    let question = Question { day: on, parameters: &catalog.parameters, lent: Some(&*numbers) };
    let wanted: Vec<_> = [nodes.when].into_iter().chain(nodes.of_duty()).collect();
    seen.judge_one(book, &wanted, subject, &question, |judged, _| judged.owed(rule, &nodes, 0, on)).flatten()
}
