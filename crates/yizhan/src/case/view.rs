//! What is shown of cases: through the gate, identifying fields masked unless their reading was just recorded.

use super::model::{
    AlarmView, CasePage, DutyRow, DutyView, EntryForm, FactRow, FactsKnown, HistoryRow, OccurrenceView, RouteStep,
    Said, Status, WorkRow,
};
use super::rule::{self, Names, masked};
use super::visit;
use crate::answer::lang;
use crate::app::{App, store};
use crate::cashier;
use crate::finder::subjects;
use crate::pay::records;
use crate::report::publish;
use crate::travel;
use serde_json::Value;
use yizhan_core::access::{Deed, Role, Seen, Viewer, may};
use yizhan_core::catalog::{DutyState, Entry, Level, Lines, Move, Publishing, Service, Settling, Step, Words};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, State, StepVerb};
use yizhan_core::row::{JournalRow, StepRow, SubjectId};
use yizhan_core::service::{OpenAlarm, alarms_of, duties_of, may_record, on_notice_until};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Lang, Moment, Problem};

/// Whether identifying fields are shown whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mask {
    /// They are masked.
    Masked,
    /// Their reading is on record.
    Open,
}

/// One of two languages.
pub fn words(words: &Words, lang: Lang) -> &str {
    match lang {
        Lang::Zh => &words.zh,
        Lang::En => &words.en,
    }
}

/// The name of an area with the township it lies in, in the language of the request.
pub fn area_name(image: &Image, code: RegionCode) -> String {
    let Some(catalog) = image.catalog() else { return code.to_string() };
    let Some(region) = catalog.regions.get(code) else { return code.to_string() };
    match lang() {
        Lang::Zh => catalog.regions.path_zh(code),
        Lang::En => match catalog.regions.parent(code).filter(|parent| parent.level == Level::Township) {
            Some(parent) => format!("{}, {}", region.name.en, parent.name.en),
            None => region.name.en.clone(),
        },
    }
}

/// Where a case stands.
pub fn status(seen: &Seen<'_>, case: &CaseHead, lang: Lang) -> Status {
    let image = seen.image();
    let service = image.service(case);
    let step = &service.steps[usize::from(case.step)];
    let area = image.area(case);
    Status {
        number: image.number(case),
        service: service.name.clone(),
        title: words(&service.title, lang).to_owned(),
        state: case.state.as_str().to_owned(),
        step: step.name.clone(),
        step_title: words(&step.title, lang).to_owned(),
        area: area.to_string(),
        area_name: area_name(image, area),
        opened_at: image.opened_at(case).to_string(),
        due: case.due().map(|due| due.to_string()),
        version: u64::from(case.changed),
        forgotten: case.key == 0,
    }
}

/// A row of the worklist.
pub fn work_row(app: &App, seen: &Seen<'_>, case: &CaseHead, lang: Lang) -> WorkRow {
    let image = seen.image();
    WorkRow {
        who: name(app, seen, case).unwrap_or_default(),
        overdue: case.due().is_some_and(|due| due < app.now()),
        on_notice: on_notice_until(case, image.service(case)).is_some_and(|until| app.now().day() < until),
        alarms: alarms(seen, case, lang).into_iter().map(|alarm| alarm.title).collect(),
        status: status(seen, case, lang),
    }
}

/// The open alarms of a case, for those who may read about the person; what raised them, as far as the catalog shows it.
pub fn alarms(seen: &Seen<'_>, case: &CaseHead, lang: Lang) -> Vec<AlarmView> {
    let image = seen.image();
    if !may(seen.viewer().role, Deed::ReadPerson) {
        return Vec::new();
    }
    let view = |open: &OpenAlarm| {
        let alarm = open.alarm();
        let shown = open.raised_by.iter().filter(|(name, _)| seen.shows(case.subject, name));
        let raised_by = shown.filter_map(|(name, spell)| {
            let attribute = image.attribute(name)?;
            let text = spell.value.text(attribute)?;
            let said = attribute.meaning(&text).map_or(text.as_str(), |meaning| words(meaning, lang));
            let title = format!("{} {}", spell.from, words(&attribute.title, lang));
            Some(Said { title, text: said.to_owned(), subjects: Vec::new() })
        });
        AlarmView {
            name: alarm.name.clone(),
            title: words(&alarm.title, lang).to_owned(),
            next: words(&alarm.next, lang).to_owned(),
            raised_by: raised_by.collect(),
            day: open.raised_by.last().map(|(_, spell)| spell.from.to_string()).unwrap_or_default(),
            raised_to: alarm.raised_to.iter().map(|who| who.name().to_owned()).collect(),
        }
    };
    alarms_of(image, case).iter().map(view).collect()
}

/// Other cases of the same service about the same citizen number, the latest first.
fn same_person(app: &App, seen: &Seen<'_>, case: &CaseHead, lang: Lang) -> Result<Vec<WorkRow>, Problem> {
    let blind = &seen.image().service(case).blind;
    let place = blind.iter().position(|blind| blind.name == "citizen-number");
    let Some(place) = place.filter(|_| case.key != 0) else { return Ok(Vec::new()) };
    let Some(digest) = app.key(u64::from(case.key))?.digests().nth(place) else { return Ok(Vec::new()) };
    let mut others = Vec::new();
    for (key, other) in seen.candidates(digest) {
        let alike = other.subject != case.subject && other.service == case.service;
        if alike && app.key(key)?.digests().any(|own| own == digest) {
            others.push(other);
        }
    }
    others.sort_by_key(|other| std::cmp::Reverse(other.opened));
    Ok(others.into_iter().take(10).map(|other| work_row(app, seen, other, lang)).collect())
}

/// Who was declared by the same act.
fn together(app: &App, seen: &Seen<'_>, case: &CaseHead, lang: Lang) -> Vec<WorkRow> {
    let others = seen.opened_together(case).into_iter().filter(|other| other.subject != case.subject);
    others.map(|other| work_row(app, seen, other, lang)).collect()
}

/// The name of whoever a case is about, for those who may know it.
pub fn name(app: &App, seen: &Seen<'_>, case: &CaseHead) -> Option<String> {
    if !may(seen.viewer().role, Deed::ReadPerson) || case.key == 0 {
        return None;
    }
    app.named.of(case, || {
        let answers = given(app, seen, case).ok()?;
        Some(answers.get("name").and_then(Value::as_str).map(str::to_owned))
    })
}

/// A case whole.
///
/// # Errors
/// When the store cannot be read.
pub fn page(
    app: &App,
    seen: &Seen<'_>,
    viewer: &Viewer,
    case: &CaseHead,
    mask: Mask,
    lang: Lang,
) -> Result<CasePage, Problem> {
    let image = seen.image();
    let service = image.service(case);
    let steps = steps(app, case)?;
    let reads = may(viewer.role, Deed::ReadPerson);
    let names = if viewer.role == Role::Holder { Names::Hidden } else { Names::Shown };
    let shown = |answers: Value| match mask {
        Mask::Open => answers,
        Mask::Masked => masked(&service.form, service, answers, names),
    };
    let answers = if reads && case.key != 0 { answers(app, service, &steps)?.map(shown) } else { None };
    let catalog = image.catalog().expect("a zone with cases has a catalog");
    let tell = |subject: u32| subjects::row(app, seen, SubjectId(subject), lang);
    let said = answers.as_ref().map(|answers| rule::said(&service.form.schema, answers, catalog, &tell, lang));
    let waiting = &service.steps[usize::from(case.step)];
    let verbs = verbs(image, viewer, case, app.now());
    Ok(CasePage {
        form: verbs.contains(&StepVerb::Sign).then(|| waiting.form.as_ref().map(|form| form.schema.clone())).flatten(),
        closing: service
            .closing
            .as_ref()
            .filter(|_| verbs.contains(&StepVerb::Close))
            .map(|closing| closing.form.schema.clone()),
        plan: travel::view::plan(app, seen, case, lang)?,
        may: verbs.iter().map(|verb| verb.as_str().to_owned()).collect(),
        said: said.unwrap_or_default(),
        who: answers.as_ref().and_then(|answers| answers["name"].as_str()).unwrap_or_default().to_owned(),
        answers,
        open: mask == Mask::Open,
        route: route(service, case, lang),
        entries: entries(image, viewer, case, lang),
        history: history(app, image, service, &steps, reads && case.key != 0, &tell, lang)?,
        duties: duties(image, case, app.now(), lang),
        alarms: alarms(seen, case, lang),
        same_person: if reads && viewer.role != Role::Holder {
            same_person(app, seen, case, lang)?
        } else {
            Vec::new()
        },
        lines: service
            .batch
            .as_ref()
            .map(|_| service.steps[usize::from(case.step)].lines.map_or("look", Lines::as_str).to_owned()),
        changes_catalog: service.steps.iter().any(|step| step.adopts),
        publishes: publish::publishes(service),
        posts: service.steps.iter().any(|step| step.parcel.is_some()),
        opening: match service.batch.as_ref().filter(|batch| batch.given.is_some()) {
            Some(_) => Some("payments".to_owned()),
            None => records::Kind::of(service).map(|kind| kind.as_str().to_owned()),
        },
        bill: (service.settles.is_some() || waiting.settles.is_some())
            .then(|| waiting.settles.map_or("look", Settling::as_str).to_owned()),
        pays: service.collects.is_some(),
        together: if viewer.role == Role::Holder { Vec::new() } else { together(app, seen, case, lang) },
        same_day: if reads && viewer.role != Role::Holder {
            visit::same_day(app, seen, case, lang)?
        } else {
            Vec::new()
        },
        notice_until: on_notice_until(case, service)
            .filter(|until| app.now().day() < *until)
            .map(|until| until.plus(-1).to_string()),
        status: status(seen, case, lang),
    })
}

/// What is due or overdue in the viewer's area, the longest overdue first.
///
/// # Errors
/// `forbidden`.
pub fn duty_rows(seen: &Seen<'_>, now: Moment, lang: Lang) -> Result<Vec<DutyRow>, Problem> {
    let image = seen.image();
    let mut rows = Vec::new();
    for case in seen.open_cases()? {
        for open in duties_of(image, case, now) {
            let pressing = open
                .occurrences
                .iter()
                .filter(|one| matches!(one.state, DutyState::Due | DutyState::Overdue | DutyState::Missed));
            for one in pressing {
                rows.push((
                    one.due,
                    DutyRow {
                        number: image.number(case),
                        area_name: area_name(image, image.area(case)),
                        title: words(&open.duty().title, lang).to_owned(),
                        due: one.due.to_string(),
                        state: one.state.as_str().to_owned(),
                        who: open.duty().who.name().to_owned(),
                        escalated_to: one.escalated_to.map(|level| level.as_str().to_owned()),
                    },
                ));
            }
        }
    }
    rows.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.number.cmp(&b.number)));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// The duties of a case.
pub fn duties(image: &Image, case: &CaseHead, now: Moment, lang: Lang) -> Vec<DutyView> {
    let known = duties_of(image, case, now).into_iter().filter(|open| !open.occurrences.is_empty());
    known
        .map(|open| DutyView {
            name: open.duty().name.clone(),
            title: words(&open.duty().title, lang).to_owned(),
            occurrences: open
                .occurrences
                .iter()
                .map(|one| OccurrenceView {
                    day: one.day.to_string(),
                    due: one.due.to_string(),
                    state: one.state.as_str().to_owned(),
                    escalated_to: one.escalated_to.map(|level| level.as_str().to_owned()),
                })
                .collect(),
        })
        .collect()
}

/// What was known about a case right after an act; only what was true on a day, if one is given.
///
/// # Errors
/// When the store cannot be read.
pub fn facts(
    app: &App,
    seen: &Seen<'_>,
    case: &CaseHead,
    known_at: u64,
    on: Option<Day>,
    lang: Lang,
) -> Result<FactsKnown, Problem> {
    let mut rows = match seen.last_fact(case.subject) {
        Some(last) => app.read(|reader| reader.facts_back(last)).map_err(|error| store(&error))?,
        None => Vec::new(),
    };
    rows.reverse();
    let mut facts = Vec::new();
    for (attribute, spells) in seen.known_at(case.subject, &rows, known_at) {
        let spells = spells.into_iter().filter(|spell| on.is_none_or(|day| spell.holds_on(day)));
        facts.extend(spells.map(|spell| {
            let value = spell.value.text(attribute);
            let code = attribute.codes.iter().find(|(code, _)| Some(code) == value.as_ref());
            FactRow {
                attribute: attribute.name.clone(),
                title: words(&attribute.title, lang).to_owned(),
                said: code.map(|(_, said)| words(said, lang).to_owned()),
                value,
                from: spell.from.to_string(),
                to: spell.to.map(|to| to.to_string()),
                seq: spell.seq,
            }
        }));
    }
    Ok(FactsKnown { known_at, facts })
}

/// What a viewer may do with a case now; the act itself decides again.
pub fn verbs(image: &Image, viewer: &Viewer, case: &CaseHead, now: Moment) -> Vec<StepVerb> {
    if !case.state.is_open() {
        return Vec::new();
    }
    let service = image.service(case);
    let step = &service.steps[usize::from(case.step)];
    if viewer.role == Role::Holder {
        return if step.may.contains(&Move::Withdraw) { vec![StepVerb::Withdraw] } else { Vec::new() };
    }
    if !viewer.is_for(image, case, image.who(case)) || !may(viewer.role, Deed::TakeStep) {
        return Vec::new();
    }
    if case.state == State::Objected {
        return vec![StepVerb::Answer];
    }
    let on_notice = on_notice_until(case, service).is_some_and(|until| now.day() < until);
    let moves = [
        (Move::Sign, StepVerb::Sign),
        (Move::SendBack, StepVerb::SendBack),
        (Move::Forward, StepVerb::Forward),
        (Move::Close, StepVerb::Close),
    ];
    let allowed =
        moves.into_iter().filter(|(wanted, verb)| step.may.contains(wanted) && !(on_notice && *verb == StepVerb::Sign));
    allowed.map(|(_, verb)| verb).collect()
}

/// The entries a viewer may record now.
pub fn entries_of<'a>(image: &'a Image, viewer: &Viewer, case: &CaseHead) -> Vec<&'a Entry> {
    let entries = image.service(case).entries.iter();
    entries.filter(|entry| case.key != 0 && may_record(image, viewer, case.subject, &entry.name).is_ok()).collect()
}

fn entries(image: &Image, viewer: &Viewer, case: &CaseHead, lang: Lang) -> Vec<EntryForm> {
    let form = |entry: &Entry| EntryForm {
        name: entry.name.clone(),
        title: words(&entry.title, lang).to_owned(),
        form: entry.form.schema.clone(),
    };
    entries_of(image, viewer, case).into_iter().map(form).collect()
}

fn route(service: &Service, case: &CaseHead, lang: Lang) -> Vec<RouteStep> {
    let at = usize::from(case.step);
    let state = |place: usize| match case.state {
        State::Completed => "done",
        _ if place < at => "done",
        _ if place == at && case.state.is_open() => "now",
        _ => "later",
    };
    let steps = service.steps.iter().enumerate();
    steps
        .map(|(place, step)| RouteStep {
            name: step.name.clone(),
            title: words(&step.title, lang).to_owned(),
            state: state(place).to_owned(),
        })
        .collect()
}

/// The steps of a case, the latest first.
///
/// # Errors
/// The store's failure.
pub fn steps(app: &App, case: &CaseHead) -> Result<Vec<StepRow>, Problem> {
    app.read(|reader| reader.steps_back(u64::from(case.last_step))).map_err(|error| store(&error))
}

/// The answers as they stand: those of the opening, or of the latest correction.
///
/// # Errors
/// `forgotten`, or the store's failure.
pub fn answers(app: &App, service: &Service, steps: &[StepRow]) -> Result<Option<Value>, Problem> {
    let corrects = |step: &&StepRow| service.entry(&step.name).is_some_and(|entry| entry.corrects(service));
    let given = |step: &&StepRow| *step.verb == *StepVerb::Open.as_str() || corrects(step);
    let body = steps.iter().filter(given).find_map(|step| step.body);
    body.map(|n| read_json(app, n)).transpose()
}

/// The answers of a case as they stand, whole. Whoever asks has recorded the reading.
///
/// # Errors
/// `forgotten`, or the store's failure.
pub fn given(app: &App, seen: &Seen<'_>, case: &CaseHead) -> Result<Value, Problem> {
    let steps = steps(app, case)?;
    answers(app, seen.image().service(case), &steps)?.ok_or_else(crate::app::forgotten)
}

/// A sealed body that is JSON.
///
/// # Errors
/// `forgotten`, or the store's failure.
pub fn read_json(app: &App, body: u64) -> Result<Value, Problem> {
    let plain = app.body(body)?;
    serde_json::from_slice(&plain).map_err(|error| store(&error))
}

fn history(
    app: &App,
    image: &Image,
    service: &Service,
    steps: &[StepRow],
    reads: bool,
    tell: rule::Tell<'_>,
    lang: Lang,
) -> Result<Vec<HistoryRow>, Problem> {
    let mut rows = Vec::with_capacity(steps.len());
    let catalog = image.catalog().expect("a zone with cases has a catalog");
    for step in steps {
        let record = app.read(|reader| reader.one::<JournalRow>(step.seq)).map_err(|error| store(&error))?;
        let Some(record) = record else { return Err(store(&format!("act {} is missing", step.seq))) };
        let opening = *step.verb == *StepVerb::Open.as_str();
        let corrects = service.entry(&step.name).is_some_and(|entry| entry.corrects(service));
        let attached = *step.verb == *StepVerb::Attach.as_str();
        // Lines, figures and bills have pages of their own.
        let own = |step: &Step| {
            let freezes = step.lines == Some(Lines::Propose) || step.figures == Some(Publishing::Freeze);
            freezes || step.settles.is_some_and(|one| one != Settling::Collect)
        };
        let signed = *step.verb == *StepVerb::Sign.as_str();
        let lines = signed && service.step(&step.name).is_some_and(|(_, step)| own(step));
        let apart =
            lines || records::Kind::of(service).is_some() || service.entry(&step.name).is_some_and(|entry| entry.apart);
        let answers = match step.body {
            Some(body) if reads && !opening && !corrects && !attached && !apart => Some(read_json(app, body)?),
            _ => None,
        };
        let of_money = cashier::view::step_schema(&step.name).filter(|_| *step.verb == *"record");
        let schema = service.form_of(Some(&step.name)).map_or(&Value::Null, |form| &form.schema);
        let schema = if *step.verb == *"sign" || *step.verb == *"record" { schema } else { &Value::Null };
        let schema = of_money.as_ref().unwrap_or(schema);
        rows.push(HistoryRow {
            seq: step.seq,
            at: record.at.to_string(),
            actor: rule::actor_name(image, &record.actor, lang),
            verb: step.verb.to_string(),
            title: rule::step_title(image, service, step, lang),
            name: step.name.to_string(),
            said: answers.as_ref().map(|answers| rule::said(schema, answers, catalog, tell, lang)).unwrap_or_default(),
            answers,
        });
    }
    Ok(rows)
}
