//! What callers, agents and supervisors are shown.

use super::act::{Calls, standing};
use super::model::{
    AgentView, CallFigures, CallRow, CallView, CallWall, CallsPast, DeskState, FiguresAsked, NamedOf, ShareOf,
};
use super::number::{callers_lately, masked_of};
use super::rule;
use crate::app::App;
use crate::case::act::catalog;
use crate::case::view::words;
use crate::staff::http::name as staff_name;
use crate::staff::sessions;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::cmp::Reverse;
use yizhan_core::access::{Deed, Seen, Viewer, may};
use yizhan_core::act::Actor;
use yizhan_core::call::{AgentId, CallId, Ending, Figures, Past, Share, Stage, was_settled_first};
use yizhan_core::image::Image;
use yizhan_core::image::fact::Value as Fact;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Lang, Problem};

/// How many calls a list shows.
const ROWS: usize = 200;

/// An agent or a supervisor, by their session.
///
/// # Errors
/// `sign-in`, `forbidden`.
pub fn at_desk(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let viewer = sessions::staff(app, headers)?;
    if !may(viewer.role, Deed::AnswerCalls) {
        viewer.must(Deed::WatchCalls)?;
    }
    Ok(viewer)
}

/// Whether somebody answers now.
///
/// # Errors
/// `desk-closed` where there is no remote desk.
pub fn desk_state(app: &App, lang: Lang) -> Result<DeskState, Problem> {
    let image = app.image();
    let (catalog, _) = catalog(&image)?;
    let desk = rule::desk(catalog)?;
    Ok(DeskState {
        open: desk.is_open(&catalog.calendar, app.now()),
        title: words(&desk.title, lang).to_owned(),
        closed: words(&desk.closed, lang).to_owned(),
        languages: desk
            .languages
            .iter()
            .map(|one| NamedOf { name: one.name.to_string(), title: words(&one.title, lang).to_owned() })
            .collect(),
    })
}

/// What a caller's page is told when its line opens: where the call is, what was written, how browsers find each other.
pub fn welcome(app: &App, call: CallId) -> Value {
    let calls = Calls::of(app);
    let (stage, agent, waits) = {
        let board = calls.board();
        match board.call(call) {
            Some(one) => (Some(one.stage), one.agent(), standing(&board, call)),
            None => (None, None, Value::Null),
        }
    };
    let Some(stage) = stage else { return json!({"welcome": {"stage": "over"}}) };
    let image = app.image();
    // Whoever answered a moment ago has not, as long as that is not on record: it is told when it is.
    let is_on_record = agent.is_some() && agent_of(&image, call) == agent;
    let stage = match stage_word(&stage) {
        "talks" | "held" if !is_on_record => "rings",
        word => word,
    };
    let name = agent.map(|id| name_of(&image, id)).unwrap_or_default();
    let open = calls.open();
    let said: Vec<Value> = open
        .get(&call)
        .map(|open| open.said.iter().map(|(by, text)| json!({"by": by, "text": text})).collect())
        .unwrap_or_default();
    let (number, watched) =
        open.get(&call).map_or((false, false), |open| (!open.kept.number.is_empty(), open.watcher.is_some()));
    let ice = rule::ice(app, &format!("call-{call}")).unwrap_or_default();
    json!({"welcome": {
        "call": call.0, "stage": stage, "waits": waits["waits"], "agent": name, "said": said, "ice": ice,
        "number": number, "watched": watched,
    }})
}

/// What an agent's page is told when its line opens.
pub fn agent_welcome(app: &App, viewer: &Viewer, id: AgentId) -> Value {
    let calls = Calls::of(app);
    let (state, rings, talks, wrapping) = {
        let board = calls.board();
        let agent = board.agent(id);
        let stage = agent.and_then(|one| one.call).and_then(|call| Some((call, board.call(call)?.stage)));
        let rings = stage.filter(|(_, stage)| matches!(stage, Stage::Ringing { .. })).map(|(call, _)| call);
        let talks = stage.filter(|(_, stage)| matches!(stage, Stage::Talking { .. })).map(|(call, _)| call);
        let wrapping = agent.and_then(|one| one.wrapping).map(|(call, _)| call.0);
        (agent.map(|one| one.free.is_some()), rings, talks, wrapping)
    };
    let joined = talks.map(|call| joined(app, call));
    let rings = rings.map(|call| call.0);
    json!({"welcome": {
        "free": state == Some(true), "answers": may(viewer.role, Deed::AnswerCalls),
        "watches": may(viewer.role, Deed::WatchCalls), "rings": rings, "wrapping": wrapping,
        "joined": joined.map(|told| told["joined"].clone()),
    }})
}

/// What an agent is told of the call they are in.
pub fn joined(app: &App, call: CallId) -> Value {
    let calls = Calls::of(app);
    let form = form(app, call);
    let ice = rule::ice(app, &format!("agent-{call}")).unwrap_or_default();
    let here = calls.board().call(call).is_some_and(|one| one.gone.is_none());
    let consent = match Viewer::program().look(&app.image()).latest(call, "call.consent") {
        Some(Fact::Text(text)) => text.to_string(),
        _ => String::new(),
    };
    let open = calls.open();
    let Some(open) = open.get(&call) else { return json!({"joined": null}) };
    let said: Vec<Value> = open.said.iter().map(|(by, text)| json!({"by": by, "text": text})).collect();
    json!({"joined": {
        "call": call.0, "skill": open.kept.skill, "language": open.kept.language, "service": open.kept.service,
        "channel": open.kept.channel, "number": masked_of(app, call, &open.kept), "case": open.kept.case,
        "photos": open.photos, "said": said, "form": form, "here": here, "ice": ice, "consent": consent,
    }})
}

/// The form that a caller shares.
pub fn form(app: &App, call: CallId) -> Value {
    let open = Calls::of(app).open();
    match open.get(&call).and_then(|open| open.form.as_ref()) {
        Some(form) => json!({"service": form.service.name, "fields": form.fields}),
        None => Value::Null,
    }
}

fn stage_word(stage: &Stage) -> &'static str {
    match stage {
        Stage::Waiting => "waits",
        Stage::Ringing { .. } => "rings",
        Stage::Talking { held: None, .. } => "talks",
        Stage::Talking { .. } => "held",
        Stage::CallBack { .. } => "call-back",
    }
}

fn name_of(image: &Image, id: SubjectId) -> String {
    staff_name(image, Actor::Staff { id, instead_of: None })
}

/// Who answered a call last.
pub fn agent_of(image: &Image, call: CallId) -> Option<AgentId> {
    match Viewer::program().look(image).latest(call, "call.agent") {
        Some(Fact::Subject(agent)) => Some(agent),
        _ => None,
    }
}

/// The desk now.
///
/// # Errors
/// `desk-closed` where there is none.
pub fn wall(app: &App, viewer: &Viewer, lang: Lang) -> Result<CallWall, Problem> {
    let image = app.image();
    let (catalog, _) = catalog(&image)?;
    let desk = rule::desk(catalog)?;
    let now = app.real_clock.now().0;
    let calls = Calls::of(app);
    let board = calls.board();
    let agents = board
        .agents()
        .map(|(id, agent)| {
            let stage = agent.call.and_then(|call| Some(board.call(call)?.stage));
            let state = match stage {
                _ if agent.gone.is_some() => "gone",
                Some(Stage::Ringing { .. }) => "rings",
                Some(_) => "talks",
                None if agent.wrapping.is_some() => "writes",
                None if agent.free.is_some() => "free",
                None => "paused",
            };
            AgentView {
                agent: id.0,
                name: name_of(&image, id),
                state: state.into(),
                call: agent.call.map_or(0, |call| call.0),
            }
        })
        .collect();
    let open = calls.open();
    let mut rows: Vec<(i64, CallView)> = board
        .calls()
        .map(|(id, call)| {
            let kept = open.get(&id).map(|open| &open.kept);
            let view = CallView {
                call: id.0,
                skill: call.wanted.skill.to_string(),
                language: call.wanted.language.to_string(),
                channel: kept.map(|kept| kept.channel.clone()).unwrap_or_default(),
                stage: stage_word(&call.stage).into(),
                here: call.gone.is_none(),
                seconds: (now - call.first) / 1000,
                agent: call.agent().map(|id| name_of(&image, id)).unwrap_or_default(),
                number: kept.map(|kept| masked_of(app, id, kept)).unwrap_or_default(),
            };
            (call.first, view)
        })
        .collect();
    rows.sort_by_key(|(first, view)| (*first, view.call));
    rows.truncate(ROWS);
    Ok(CallWall {
        open: desk.is_open(&catalog.calendar, app.now()),
        agents,
        calls: rows.into_iter().map(|(_, view)| view).collect(),
        skills: desk
            .skills
            .iter()
            .map(|one| NamedOf { name: one.name.to_string(), title: words(&one.title, lang).to_owned() })
            .collect(),
        answers: may(viewer.role, Deed::AnswerCalls),
        watches: may(viewer.role, Deed::WatchCalls),
    })
}

/// The calls of some days with their figures, and those that a figure counts.
///
/// # Errors
/// `forbidden`, `form-invalid`.
pub fn past(app: &App, viewer: &Viewer, asked: &FiguresAsked) -> Result<CallsPast, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let today = app.now().day();
    let day = |text: &str| match text {
        "" => Ok(today),
        text => text.parse().map_err(|_| problem::FORM_INVALID.problem("日期不对。", "That is no day.")),
    };
    let (from, to): (Day, Day) = (day(&asked.from)?, day(&asked.to)?);
    let lately = callers_lately(app);
    let over: Vec<(SubjectId, Past)> = seen
        .subjects_of("call")
        .filter_map(|call| Some((call, read(&seen, call, lately.get(&call).copied())?)))
        .filter(|(_, past)| past.day >= from)
        .collect();
    let all: Vec<Past> = over.iter().map(|(_, past)| past.clone()).collect();
    let within: Vec<&(SubjectId, Past)> = over.iter().filter(|(_, past)| past.day <= to).collect();
    let figures = Figures::of(&within.iter().map(|(_, past)| past).collect::<Vec<_>>(), &all);
    let counts = |past: &Past| match asked.which.as_str() {
        "soon" => (past.counts(), past.was_soon()),
        "abandoned" => (past.counts(), past.was_abandoned()),
        "first-call" => (past.ending == Ending::Finished, was_settled_first(past, &all)),
        "talked" => (true, past.ending == Ending::Finished),
        "asked" => (true, past.satisfaction.is_some()),
        _ => (true, true),
    };
    let mut wanted: Vec<SubjectId> = within
        .iter()
        .filter(|(_, past)| {
            let (of_them, counts) = counts(past);
            of_them && counts != asked.not
        })
        .map(|(call, _)| *call)
        .collect();
    let total = wanted.len();
    wanted.sort_by_key(|call| Reverse(call.0));
    wanted.truncate(ROWS);
    let calls = wanted.into_iter().map(|call| row(&image, &seen, call)).collect();
    Ok(CallsPast { figures: told(&figures), calls, total })
}

fn told(figures: &Figures) -> CallFigures {
    let share = |share: Share| ShareOf { part: share.part, of: share.of, permille: share.permille() };
    CallFigures {
        soon: share(figures.soon),
        abandoned: share(figures.abandoned),
        first_call: share(figures.first_call),
        talked: figures.talked,
        handling_seconds: figures.handling / 1000,
        asked: figures.asked,
        satisfaction_tenths: figures.satisfaction_tenths,
    }
}

fn text(seen: &Seen<'_>, call: SubjectId, attribute: &str) -> String {
    match seen.latest(call, &format!("call.{attribute}")) {
        Some(Fact::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}

fn int(seen: &Seen<'_>, call: SubjectId, attribute: &str) -> Option<i64> {
    match seen.latest(call, &format!("call.{attribute}")) {
        Some(Fact::Int(n)) => Some(n),
        _ => None,
    }
}

/// A call that is over, as evidence knows it.
fn read(seen: &Seen<'_>, call: SubjectId, caller: Option<yizhan_kit::Digest16>) -> Option<Past> {
    let ending = match text(seen, call, "ending").as_str() {
        "finished" => Ending::Finished,
        "abandoned" => Ending::Abandoned,
        "lost" => Ending::Lost,
        _ => return None,
    };
    let Some(Fact::Day(day)) = seen.latest(call, "call.on") else { return None };
    let number = |attribute| int(seen, call, attribute).unwrap_or(0);
    Some(Past {
        day,
        order: u64::from(call.0),
        skill: text(seen, call, "skill"),
        ending,
        waited: number("waited"),
        talked: number("talked"),
        wrapped: number("wrapped"),
        settled: text(seen, call, "outcome") == "settled",
        transfers: u32::try_from(number("transfers")).unwrap_or(0),
        caller,
        satisfaction: int(seen, call, "satisfaction"),
    })
}

fn row(image: &Image, seen: &Seen<'_>, call: SubjectId) -> CallRow {
    let number = |attribute| int(seen, call, attribute).unwrap_or(0);
    CallRow {
        call: call.0,
        at: text(seen, call, "at"),
        channel: text(seen, call, "channel"),
        skill: text(seen, call, "skill"),
        agent: agent_of(image, call).map(|id| name_of(image, id)).unwrap_or_default(),
        ending: text(seen, call, "ending"),
        waited_seconds: number("waited") / 1000,
        talked_seconds: number("talked") / 1000,
        transfers: number("transfers"),
        outcome: text(seen, call, "outcome"),
        case: text(seen, call, "case"),
        satisfaction: number("satisfaction"),
        recorded: !text(seen, call, "recording").is_empty(),
    }
}
