//! The questions of the day's list, read from the image.

use super::model::{DayAsked, DayDue, DayEntry, DayList};
use super::rule::{Why, level_of, may_concern, prefill, why};
use crate::app::App;
use crate::case::act;
use crate::case::view::{area_name, words};
use crate::day::place;
use crate::register::view::{area, day, household_of, known, who};
use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan_core::access::{Question, Role, Seen, Viewer};
use yizhan_core::catalog::{Catalog, DutyState, Level, Nodes, Owed, Recurring, Rule, TEAM};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Lang, Problem};

/// Entries on a page at most.
const MOST: usize = 1_000;

/// Something that is owed, before it is put into words.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// Its rule.
    pub rule: &'a Rule,
    /// What it is about.
    pub subject: SubjectId,
    /// Where that lies.
    pub place: RegionCode,
    /// How it stands.
    pub owed: Owed,
    /// When it was last done.
    pub last: Option<Day>,
    /// Why it is on the list.
    pub why: Why,
}

/// Where an entry stands in the list: village by village, by the number of the household.
type Order = (RegionCode, u64, String, SubjectId);

/// What a viewer is owed or told of in their area on a day, in no order; `within` tells which subjects of a kind lie there.
pub fn items<'a>(
    seen: &Seen<'a>,
    catalog: &'a Catalog,
    question: &Question<'_>,
    area: RegionCode,
    within: impl Fn(&str) -> Vec<SubjectId>,
) -> Vec<Item<'a>> {
    let on = question.day;
    let viewer = seen.viewer();
    let level = catalog.regions.get(area).map_or(Level::District, |region| region.level);
    let at = level_of(viewer, level);
    let concerns = |rule: &Rule| {
        rule.holds_on(on) && rule.recurring.as_ref().is_some_and(|recurring| may_concern(viewer, at, recurring))
    };
    let mut found = Vec::new();
    for book in catalog.rules.books.values() {
        let own: Vec<(&'a Rule, &'a Recurring, Nodes)> = book
            .rules
            .iter()
            .filter(|(rule, _)| concerns(rule))
            .filter_map(|(rule, nodes)| Some((&**rule, rule.recurring.as_ref()?, *nodes)))
            .collect();
        if own.is_empty() {
            continue;
        }
        let kind = book.program.about();
        let subjects = match viewer.team(seen.image()) {
            Some(team) => seen.naming(&format!("{kind}.{TEAM}"), team, on),
            None if viewer.role == Role::FamilyDoctor => Vec::new(),
            None => within(kind),
        };
        let wanted: Vec<_> =
            own.iter().flat_map(|(_, _, nodes)| [nodes.when].into_iter().chain(nodes.of_duty())).collect();
        seen.judge_these(book, &wanted, question, &subjects, |judged| {
            for (rule, recurring, nodes) in &own {
                for lane in judged.truths(nodes.when).yes.lanes() {
                    let Some(owed) = judged.owed(rule, nodes, lane, on) else { continue };
                    if !matches!(owed.state, DutyState::Due | DutyState::Overdue) {
                        continue;
                    }
                    let reason = why(viewer, at, recurring, &owed, on);
                    let Some((why, place)) = reason.zip(judged.places[lane].filter(|place| area.contains(*place)))
                    else {
                        continue;
                    };
                    let last = nodes.duty.and_then(|duty| judged.number(duty.last, lane));
                    let last = last.and_then(|n| i32::try_from(n).ok()).map(Day);
                    found.push(Item { rule, subject: judged.subjects[lane], place, owed, last, why });
                }
            }
        });
    }
    found
}

/// The list of a day.
///
/// # Errors
/// `forbidden`, `form-invalid`.
pub fn list(app: &Arc<App>, viewer: &Viewer, asked: &DayAsked, lang: Lang) -> Result<DayList, Problem> {
    let (on, area) = (day(app, asked.on.as_deref())?, area(viewer)?);
    known(app);
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let seen = viewer.look(&image);
    let found = {
        let numbers = app.finder.numbers.read().expect("no panic while the numbers are held");
        let question = Question { day: on, parameters: &catalog.parameters, lent: Some(&*numbers) };
        items(&seen, catalog, &question, area, |kind| place::within(app, kind, on, area))
    };
    let found = discreet(found, viewer);
    let count = |state| found.iter().filter(|item| item.owed.state == state).count();
    let (due, overdue) = (count(DutyState::Due), count(DutyState::Overdue));
    let mut entries: BTreeMap<Order, Vec<Item<'_>>> = BTreeMap::new();
    for item in found {
        let whole = household_of(&seen, item.subject, on).unwrap_or(item.subject);
        let number = number(&seen, whole, on);
        let order = (item.place, number.parse().unwrap_or(u64::MAX), number, whole);
        entries.entry(order).or_default().push(item);
    }
    let total = entries.len();
    let page = entries.into_iter().skip(asked.from).take(asked.limit.min(MOST));
    let entries = page.map(|((place, _, number, whole), items)| {
        let about = image.kind(whole).map(|kind| kind.to_string()).unwrap_or_default();
        let mut items = items;
        items.sort_by_key(|item| (item.owed.state != DutyState::Overdue, item.owed.due, item.subject));
        DayEntry {
            dues: items.iter().map(|item| due_of(app, &seen, catalog, item, whole, on, lang)).collect(),
            who: who(app, &seen, whole, on),
            subject: whole.0,
            area: place.to_string(),
            area_name: area_name(&image, place),
            about,
            number,
        }
    });
    let entries = entries.collect();
    let (area, area_name) = (area.to_string(), area_name(&image, area));
    Ok(DayList { on: on.to_string(), area, area_name, total, due, overdue, entries })
}

fn number(seen: &Seen<'_>, household: SubjectId, on: Day) -> String {
    match seen.fact(household, "household.number", on) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}

fn is_known(rule: &Rule, viewer: &Viewer) -> bool {
    rule.recurring.as_ref().is_none_or(|recurring| recurring.known_to(viewer.role.as_str()))
}

/// Of what a viewer is not to know the ground of, one thing of each subject and title is left: the most urgent.
fn discreet<'a>(items: Vec<Item<'a>>, viewer: &Viewer) -> Vec<Item<'a>> {
    let mut kept: Vec<Item<'a>> = Vec::new();
    let mut hidden: BTreeMap<(SubjectId, &'a str), usize> = BTreeMap::new();
    for item in items {
        let title = item.rule.recurring.as_ref().and_then(|recurring| recurring.discreet.as_ref());
        let Some(title) = title.filter(|_| !is_known(item.rule, viewer)) else {
            kept.push(item);
            continue;
        };
        match hidden.get(&(item.subject, title.title.zh.as_str())) {
            None => {
                hidden.insert((item.subject, &title.title.zh), kept.len());
                kept.push(item);
            }
            Some(place) => {
                let urgency = |item: &Item<'_>| (item.owed.state != DutyState::Overdue, item.owed.due);
                if urgency(&item) < urgency(&kept[*place]) {
                    kept[*place] = item;
                }
            }
        }
    }
    kept
}

fn due_of(
    app: &App,
    seen: &Seen<'_>,
    catalog: &Catalog,
    item: &Item<'_>,
    whole: SubjectId,
    on: Day,
    lang: Lang,
) -> DayDue {
    let (rule, viewer) = (item.rule, seen.viewer());
    let recurring = rule.recurring.as_ref().expect("only what comes round is on the list");
    let known = is_known(rule, viewer);
    let title = recurring.discreet.as_ref().filter(|_| !known).map_or(&rule.title, |discreet| &discreet.title);
    let by_them = |service: &&Arc<yizhan_core::catalog::Service>| {
        known && service.opened_by.iter().any(|role| role == viewer.role.as_str())
    };
    let service = rule.opens.as_ref().and_then(|name| catalog.services.get(name)).filter(by_them);
    let mut subjects = vec![(rule.about.as_str(), item.subject.0), ("household", whole.0)];
    let team = format!("{}.{TEAM}", rule.about);
    if let Some(Value::Subject(team)) = seen.fact(item.subject, &team, on) {
        subjects.push((TEAM, team.0));
    }
    let escalated = recurring.escalated_to(&item.owed, on);
    DayDue {
        rule: if known { rule.name.clone() } else { String::new() },
        title: words(title, lang).to_owned(),
        subject: item.subject.0,
        who: if item.subject == whole { String::new() } else { who(app, seen, item.subject, on) },
        state: item.owed.state.as_str().to_owned(),
        due: item.owed.due.map(|due| due.to_string()).unwrap_or_default(),
        late_days: item.owed.late_days(on),
        last: item.last.filter(|_| known).map(|day| day.to_string()).unwrap_or_default(),
        doer: recurring.who.name().to_owned(),
        yours: item.why == Why::Theirs,
        escalated_to: escalated.map(|level| level.as_str().to_owned()).unwrap_or_default(),
        opens: service.map(|service| service.name.clone()).unwrap_or_default(),
        opens_title: service.map(|service| words(&service.title, lang).to_owned()).unwrap_or_default(),
        prefill: service.map(|service| prefill(service, &item.place.to_string(), &subjects)).unwrap_or_default(),
        proof: recurring.proof.iter().map(|proof| proof.as_str().to_owned()).collect(),
    }
}
