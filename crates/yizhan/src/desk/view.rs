//! The desk's questions: lists with their filters, the picture of an area, lists as files.

use super::board::Walk;
use super::model::{Asked, AtStep, OfService, OnDay, Overview, Part, ReportDue, ReportRow, Reports, Worklist};
use super::rule::Measure;
use crate::app::App;
use crate::case::rule::words;
use crate::case::view::{self, area_name, duty_rows, work_row};
use crate::resident::page::state;
use crate::sheet::{ROWS, Sheet};
use std::cell::RefCell;
use std::collections::BTreeMap;
use yizhan_core::access::{Deed, Seen, Viewer};
use yizhan_core::catalog::{DutyState, DutyWho};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::problem;
use yizhan_core::service::{alarms_of, duties_of, may_record};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Lang, Moment, Problem};

/// How many days the picture goes back.
const DAYS: i32 = 14;

/// The states that may be asked for.
const STATES: [&str; 7] = ["open", "overdue", "alarm", "objected", "completed", "withdrawn", "closed"];

/// A question about cases, read.
struct Filter {
    service: Option<String>,
    state: Option<String>,
    step: Option<String>,
    opened_on: Option<Day>,
    measure: Option<Measure>,
    now: Moment,
}

impl Filter {
    fn of(asked: &Asked, viewer: &Viewer, now: Moment) -> Result<Self, Problem> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let opened_on = given(&asked.opened_on).map(|text| text.parse()).transpose();
        let opened_on = opened_on.map_err(|_| problem::FORM_INVALID.problem("日期不对。", "`opened_on` is no day."))?;
        let state = given(&asked.state);
        if let Some(unknown) = state.as_ref().filter(|state| !STATES.contains(&state.as_str())) {
            let (zh, en) = (format!("没有状态“{unknown}”。"), format!("There is no state {unknown:?}."));
            return Err(problem::FORM_INVALID.problem(zh, en));
        }
        let measure = given(&asked.measure).map(|text| {
            Measure::parse(&text).ok_or_else(|| {
                let (zh, en) = (format!("没有指标“{text}”。"), format!("There is no measure {text:?}."));
                problem::FORM_INVALID.problem(zh, en)
            })
        });
        let measure = measure.transpose()?;
        if state.as_deref() == Some("alarm") || measure == Some(Measure::Alarm) {
            // Who has a fever is known to those only who may read about people.
            viewer.must(Deed::ReadPerson)?;
        }
        Ok(Self { service: given(&asked.service), state, step: given(&asked.step), opened_on, measure, now })
    }

    fn is_empty(&self) -> bool {
        let Self { service, state, step, opened_on, measure, now: _ } = self;
        service.is_none() && state.is_none() && step.is_none() && opened_on.is_none() && measure.is_none()
    }

    /// Whether a case is asked for; `walk` goes through the same image.
    fn wants(&self, image: &Image, case: &CaseHead, walk: &RefCell<Walk<'_>>) -> bool {
        let state = |wanted: &str| match wanted {
            "overdue" => is_overdue(case, self.now),
            "open" => case.state.is_open(),
            "alarm" => !alarms_of(image, case).is_empty(),
            other => case.state.as_str() == other,
        };
        let at_step = |wanted: &str| {
            let step = image.service(case).steps.get(usize::from(case.step));
            case.state.is_open() && step.is_some_and(|step| step.name == wanted)
        };
        self.state.as_deref().is_none_or(state)
            && self.step.as_deref().is_none_or(at_step)
            && self.opened_on.is_none_or(|day| image.opened_at(case).day() == day)
            && self.service.as_deref().is_none_or(|wanted| image.service(case).name == wanted)
            && self.measure.is_none_or(|measure| {
                let standing = walk.borrow_mut().standing(case);
                measure.counts(&standing, image.opened_at(case).day(), self.now.day())
            })
    }

    /// Whether only open cases can be meant, which are found by where they wait.
    fn is_open(&self) -> bool {
        self.step.is_some()
            || self.measure.is_some_and(Measure::is_open)
            || matches!(self.state.as_deref(), Some("open" | "overdue" | "alarm" | "objected"))
    }
}

fn is_overdue(case: &CaseHead, now: Moment) -> bool {
    case.state.is_open() && case.due().is_some_and(|due| due < now)
}

/// What waits at the viewer's desk, the most urgent first.
///
/// # Errors
/// `forbidden`, or a day that is none.
pub fn worklist(app: &App, viewer: &Viewer, asked: &Asked, lang: Lang) -> Result<Worklist, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let filter = Filter::of(asked, viewer, app.now())?;
    let limit = asked.limit.min(200);
    let (cases, total) = if filter.is_empty() {
        seen.worklist(asked.from, limit)?
    } else {
        let walk = RefCell::new(Walk::new(&image, filter.now));
        seen.worklist_of(|case| filter.wants(&image, case, &walk), asked.from, limit)?
    };
    let cases = cases.into_iter().map(|case| work_row(app, &seen, case, lang)).collect();
    Ok(Worklist { total, cases, seq: image.seq })
}

/// Every case of the area, whatever desk it waits at and however it ended, the latest first.
///
/// # Errors
/// `forbidden`, or a day that is none.
pub fn cases(app: &App, viewer: &Viewer, asked: &Asked, lang: Lang) -> Result<Worklist, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let filter = Filter::of(asked, viewer, app.now())?;
    let limit = asked.limit.min(200);
    viewer.must(Deed::SeeCase)?;
    let (total, page) = if filter.opened_on.is_none() && !filter.is_open() {
        // The latest come first anyway: a million are counted, a page of them is kept.
        let walk = RefCell::new(Walk::new(&image, filter.now));
        let all = filter.is_empty();
        if all && seen.sees_all() {
            let page = seen.opened_since(Day(i32::MIN)).skip(asked.from).take(limit);
            let cases = page.map(|case| work_row(app, &seen, case, lang)).collect();
            return Ok(Worklist { total: image.case_count(), cases, seq: image.seq });
        }
        let mut total = 0;
        let mut page = Vec::with_capacity(limit);
        for case in seen.opened_since(Day(i32::MIN)).filter(|case| all || filter.wants(&image, case, &walk)) {
            if total >= asked.from && page.len() < limit {
                page.push(case);
            }
            total += 1;
        }
        (total, page)
    } else {
        let found = found(&seen, &filter)?;
        (found.len(), found.into_iter().skip(asked.from).take(limit).collect())
    };
    let cases = page.into_iter().map(|case| work_row(app, &seen, case, lang)).collect();
    Ok(Worklist { total, cases, seq: image.seq })
}

fn found<'a>(seen: &Seen<'a>, filter: &Filter) -> Result<Vec<&'a CaseHead>, Problem> {
    seen.viewer().must(Deed::SeeCase)?;
    let image = seen.image();
    let walk = RefCell::new(Walk::new(image, filter.now));
    let wanted = |case: &&CaseHead| filter.wants(image, case, &walk);
    let mut found: Vec<&CaseHead> = match filter.opened_on {
        Some(day) => seen.opened_since(day).filter(wanted).collect(),
        None if filter.is_open() => seen.open_cases()?.filter(wanted).collect(),
        None => seen.opened_since(Day(i32::MIN)).filter(wanted).collect(),
    };
    found.sort_by_key(|case| std::cmp::Reverse(case.opened));
    Ok(found)
}

/// The picture of the viewer's area.
///
/// # Errors
/// `forbidden`.
pub fn overview(app: &App, viewer: &Viewer, lang: Lang) -> Result<Overview, Problem> {
    viewer.must(Deed::Count)?;
    let (image, now) = (app.image(), app.now());
    let seen = viewer.look(&image);
    let Some((area, catalog)) = viewer.area.zip(image.catalog()) else {
        return Err(problem::UNKNOWN_REGION.problem("没有辖区。", "There is no area to look at."));
    };
    let parts: Vec<RegionCode> = catalog.regions.children(area).map(|region| region.code).collect();
    let part_of = |at: RegionCode| parts.iter().copied().find(|part| part.contains(at)).unwrap_or(at);
    let mut by_part: BTreeMap<RegionCode, Part> = parts.iter().map(|part| (*part, Part::default())).collect();
    let mut by_service: BTreeMap<&str, OfService> = BTreeMap::new();
    for case in seen.open_cases()? {
        let overdue = usize::from(is_overdue(case, now));
        let part = by_part.entry(part_of(image.area(case))).or_default();
        part.open += 1;
        part.overdue += overdue;
        part.alarms += usize::from(!alarms_of(&image, case).is_empty());
        let service = image.service(case);
        let count = by_service.entry(&service.name).or_default();
        count.title = view::words(&service.title, lang).to_owned();
        count.open += 1;
        count.overdue += overdue;
        if count.steps.len() < service.steps.len() {
            // A route of an older catalog may be shorter than that of the present one.
            count.steps.extend(service.steps[count.steps.len()..].iter().map(|step| AtStep {
                step: step.name.clone(),
                title: view::words(&step.title, lang).to_owned(),
                ..AtStep::default()
            }));
        }
        let name = &service.steps[usize::from(case.step)].name;
        if let Some(at) = count.steps.iter_mut().find(|at| at.step == *name) {
            at.open += 1;
            at.overdue += overdue;
        }
    }
    let first = now.day().plus(1 - DAYS);
    let mut days: Vec<OnDay> =
        (0..DAYS).map(|n| OnDay { day: first.plus(n).to_string(), opened: 0, ended: 0 }).collect();
    for case in seen.opened_since(first) {
        let place = usize::try_from(image.opened_at(case).day().0 - first.0).unwrap_or(0).min(days.len() - 1);
        days[place].opened += 1;
        days[place].ended += usize::from(!case.state.is_open());
    }
    let name = |code| catalog.regions.get(code).map(|region| view::words(&region.name, lang).to_owned());
    Ok(Overview {
        area: area.to_string(),
        area_name: area_name(&image, area),
        parts: by_part
            .into_iter()
            .map(|(code, part)| Part { area: code.to_string(), name: name(code).unwrap_or_default(), ..part })
            .collect(),
        services: by_service
            .into_iter()
            .map(|(service, count)| OfService { service: service.to_owned(), ..count })
            .collect(),
        days,
    })
}

/// What people at home are to report now and have not, as far as the viewer may enter it for them.
///
/// # Errors
/// `forbidden`.
pub fn reports(app: &App, viewer: &Viewer, asked: &Asked, lang: Lang) -> Result<Reports, Problem> {
    viewer.must(Deed::RecordEntry)?;
    viewer.must(Deed::ReadPerson)?;
    let (image, now) = (app.image(), app.now());
    let seen = viewer.look(&image);
    let mut found = Vec::new();
    for case in seen.open_cases()?.filter(|case| case.key != 0) {
        let service = image.service(case);
        let mut due = Vec::new();
        for open in duties_of(&image, case, now).iter().filter(|open| open.duty().who == DutyWho::Holder) {
            let expects = &open.duty().expects;
            let entry = service.entries.iter().find(|entry| entry.facts.iter().any(|fact| fact.attribute == *expects));
            let Some(entry) = entry.filter(|entry| may_record(&image, viewer, case.subject, &entry.name).is_ok())
            else {
                continue;
            };
            let now = open.occurrences.iter().filter(|one| matches!(one.state, DutyState::Due | DutyState::Overdue));
            due.extend(now.map(|one| ReportDue {
                entry: entry.name.clone(),
                title: view::words(&entry.title, lang).to_owned(),
                state: one.state.as_str().to_owned(),
                due: one.due.to_string(),
            }));
        }
        if !due.is_empty() {
            found.push((image.area(case), case, due));
        }
    }
    found.sort_by_key(|(area, case, _)| (*area, case.subject));
    let total = found.len();
    let people = found.into_iter().skip(asked.from).take(asked.limit.min(200)).map(|(area, case, due)| ReportRow {
        number: image.number(case),
        who: view::name(app, &seen, case).unwrap_or_default(),
        area_name: area_name(&image, area),
        due,
    });
    Ok(Reports { people: people.collect(), total })
}

/// Which list is taken out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum List {
    /// What waits at my desk.
    Worklist,
    /// Every case of my area.
    Cases,
}

/// A list of cases as a file. Numbers and phones are not in it.
///
/// # Errors
/// As for the list itself.
pub fn cases_sheet(app: &App, viewer: &Viewer, asked: &Asked, list: List, lang: Lang) -> Result<Sheet, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let filter = Filter::of(asked, viewer, app.now())?;
    let mut found = match list {
        List::Worklist => {
            let walk = RefCell::new(Walk::new(&image, filter.now));
            seen.worklist_of(|case| filter.wants(&image, case, &walk), 0, ROWS)?.0
        }
        List::Cases => found(&seen, &filter)?,
    };
    found.truncate(ROWS);
    let rows = found.into_iter().map(|case| {
        let row = work_row(app, &seen, case, lang);
        let overdue = if row.overdue { words("已逾期", "overdue", lang) } else { "" };
        let due = row.status.due.map(|due| minute(&due)).unwrap_or_default();
        let standing = if case.state.is_open() { row.status.step_title } else { String::new() };
        vec![
            row.status.number,
            row.status.title,
            row.who,
            row.status.area_name,
            state(&row.status.state, lang),
            standing,
            minute(&row.status.opened_at),
            due,
            overdue.to_owned(),
        ]
    });
    let heading = |zh, en, width| (words(zh, en, lang).to_owned(), width);
    Ok(Sheet {
        rows: rows.collect(),
        title: titled(app, viewer, words("办件清单", "Cases", lang)),
        columns: vec![
            heading("编号", "Number", 22),
            heading("事项", "Service", 26),
            heading("姓名", "Name", 12),
            heading("辖区", "Area", 24),
            heading("状态", "State", 14),
            heading("待办环节", "Waits for", 18),
            heading("收件时间", "Opened", 18),
            heading("期限", "Due", 18),
            heading("是否逾期", "Overdue", 10),
        ],
    })
}

/// What is due or overdue, as a file.
///
/// # Errors
/// `forbidden`.
pub fn duties_sheet(app: &App, viewer: &Viewer, lang: Lang) -> Result<Sheet, Problem> {
    let image = app.image();
    let mut rows = duty_rows(&viewer.look(&image), app.now(), lang)?;
    rows.truncate(ROWS);
    let heading = |zh, en, width| (words(zh, en, lang).to_owned(), width);
    let row = |row: crate::case::model::DutyRow| {
        vec![row.number, row.title, row.area_name, minute(&row.due), state(&row.state, lang)]
    };
    Ok(Sheet {
        title: titled(app, viewer, words("应办事项清单", "What is due", lang)),
        rows: rows.into_iter().map(row).collect(),
        columns: vec![
            heading("编号", "Case", 22),
            heading("应办事项", "Duty", 26),
            heading("辖区", "Area", 24),
            heading("期限", "Due", 18),
            heading("状态", "State", 14),
        ],
    })
}

fn titled(app: &App, viewer: &Viewer, what: &str) -> String {
    let area = viewer.area.map(|area| area_name(&app.image(), area)).unwrap_or_default();
    format!("{what} · {area} · {}", minute(&app.now().to_string()))
}

/// `2021-02-01 09:00` of a moment's text.
fn minute(text: &str) -> String {
    text.get(..16).unwrap_or(text).replace('T', " ")
}
