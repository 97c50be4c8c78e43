//! Lines that stay open, as WebSockets: a caller's, known by the secret of the call, and an agent's or a supervisor's, known by
//! their session. A line on which nothing comes for a while is given up; a line that is taken anew ends the one before it.

use super::act::{Calls, Ours, Shared, at_board, join, link_case};
use super::agent::{file, listen, stop_listening, transfer};
use super::help;
use super::model::{AgentSaid, CallerSaid, FieldOf, Hello, SharedForm, SignalOf};
use super::note::{Note, record};
use super::number::leave_number;
use super::{rule, view};
use crate::answer::{Answered, lang};
use crate::app::App;
use crate::device::rule::upgrade_needed;
use crate::who;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer, may};
use yizhan_core::act::Actor;
use yizhan_core::call::{CallId, Skills};
use yizhan_core::image::fact::Value as FactValue;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Lang, Problem};

/// The most bytes of one message: a description of what a browser can send and take.
const MESSAGE: usize = 64 * 1024;
/// A line on which nothing came for so long is given up. Pages say that they are there every ten seconds.
const DEAD: Duration = Duration::from_secs(30);
/// For how long a line may be open without saying whose it is.
const MUTE: Duration = Duration::from_secs(10);

/// The lines' routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(caller_line)).routes(routes!(desk_line))
}

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// A caller's line: a WebSocket that says `{"call": …, "secret": …}` first.
#[utoipa::path(get, path = "/api/calls/line", tag = "call", responses((status = 101), (status = 426)))]
async fn caller_line(State(app): State<Arc<App>>, upgrade: Upgrade) -> Answered<Response> {
    let upgrade = upgrade.map_err(|_| upgrade_needed())?.max_message_size(MESSAGE).max_frame_size(MESSAGE);
    let lang = lang();
    Ok(upgrade.on_upgrade(move |socket| listen_to_caller(app, socket, lang)))
}

/// The line of an agent, or of whoever watches the desk: a WebSocket under their session.
#[utoipa::path(get, path = "/api/calls/desk", tag = "call",
    responses((status = 101), (status = 401), (status = 403), (status = 426)))]
async fn desk_line(State(app): State<Arc<App>>, headers: HeaderMap, upgrade: Upgrade) -> Answered<Response> {
    let viewer = view::at_desk(&app, &headers)?;
    let upgrade = upgrade.map_err(|_| upgrade_needed())?.max_message_size(MESSAGE).max_frame_size(MESSAGE);
    let lang = lang();
    Ok(upgrade.on_upgrade(move |socket| listen_to_agent(app, viewer, socket, lang)))
}

/// What came on a line.
enum Came {
    Text(String),
    Nothing,
    Over,
}

async fn heard(socket: &mut WebSocket, within: Duration) -> Came {
    match tokio::time::timeout(within, socket.recv()).await {
        Ok(Some(Ok(Message::Text(text)))) => Came::Text(text.to_string()),
        Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => Came::Nothing,
        _ => Came::Over,
    }
}

/// Reads what was said. What cannot be understood is left out: a page that is newer than the program is no reason to lose it.
fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    let said = serde_json::from_str(text);
    said.inspect_err(|error| tracing::warn!(%error, "a message of a call is not understood")).ok()
}

async fn say(socket: &mut WebSocket, text: &str) -> Option<()> {
    socket.send(Message::Text(text.into())).await.ok()
}

async fn listen_to_caller(app: Arc<App>, mut socket: WebSocket, lang: Lang) {
    let Came::Text(text) = heard(&mut socket, MUTE).await else { return };
    let Some(Hello { call, secret }) = read(&text) else { return };
    let call = SubjectId(call);
    if rule::must_be_caller(&app, call, &secret).is_err() {
        let _ = say(&mut socket, &json!({"unknown": {}}).to_string()).await;
        return;
    }
    let ours = Calls::of(&app).caller_line(call);
    let n = ours.n;
    let known = at_board(&app, |board, now| board.caller_back(call, now));
    let welcome = view::welcome(&app, call);
    tell_presence(&app, call, "here");
    if say(&mut socket, &welcome.to_string()).await.is_some() && known.is_ok() {
        serve_caller(&app, call, socket, ours, lang).await;
    }
    if Calls::of(&app).drop_caller_line(call, n).is_some() {
        at_board(&app, |board, now| board.caller_gone(call, now));
        tell_presence(&app, call, "gone");
    }
}

/// The agent sees whether the caller's page is there.
fn tell_presence(app: &App, call: CallId, is: &str) {
    let calls = Calls::of(app);
    if let Some(agent) = calls.talks(call) {
        calls.tell_agent(agent, &json!({"caller": {"here": is == "here"}}));
    }
}

async fn serve_caller(app: &Arc<App>, call: CallId, mut socket: WebSocket, mut ours: Ours, lang: Lang) {
    let mut stopping = app.stopping.subscribe();
    loop {
        tokio::select! {
            came = heard(&mut socket, DEAD) => match came {
                Came::Text(text) => {
                    let Some(said) = read::<CallerSaid>(&text) else { continue };
                    if let Err(problem) = caller_says(app, call, said).await {
                        let told = json!({"refused": problem.to_json(lang)});
                        if say(&mut socket, &told.to_string()).await.is_none() { return }
                    }
                }
                Came::Nothing => {}
                Came::Over => return,
            },
            told = ours.out.recv() => {
                let Some(told) = told else { return };
                if say(&mut socket, &told).await.is_none() { return }
            }
            _ = stopping.changed() => return,
        }
    }
}

async fn listen_to_agent(app: Arc<App>, viewer: Viewer, mut socket: WebSocket, lang: Lang) {
    let Actor::Staff { id, .. } = viewer.actor else { return };
    let answers = may(viewer.role, Deed::AnswerCalls);
    let mut ours = Calls::of(&app).agent_line(id);
    let n = ours.n;
    if answers {
        let skills = skills(&app, &viewer, id);
        at_board(&app, |board, now| board.arrive(id, skills, now));
    }
    let welcome = view::agent_welcome(&app, &viewer, id);
    let mut stopping = app.stopping.subscribe();
    let mut open = say(&mut socket, &welcome.to_string()).await;
    while open.is_some() {
        tokio::select! {
            came = heard(&mut socket, DEAD) => match came {
                Came::Text(text) => {
                    let Some(said) = read::<AgentSaid>(&text) else { continue };
                    if let Err(problem) = agent_says(&app, &viewer, id, said).await {
                        let told = json!({"refused": problem.to_json(lang)});
                        open = say(&mut socket, &told.to_string()).await;
                    }
                }
                Came::Nothing => {}
                Came::Over => open = None,
            },
            told = ours.out.recv() => {
                let Some(told) = told else { break };
                open = say(&mut socket, &told).await;
            }
            _ = stopping.changed() => break,
        }
    }
    if Calls::of(&app).drop_agent_line(id, n).is_some() {
        stop_listening(&app, id);
        if answers {
            at_board(&app, |board, now| board.agent_gone(id, now));
        }
    }
}

/// What an agent takes calls about, by the facts about them; everything unless it was said.
fn skills(app: &App, viewer: &Viewer, agent: SubjectId) -> Skills {
    let image = app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    let _ = viewer;
    let words = |attribute| match seen.fact(agent, attribute, app.now().day()) {
        Some(FactValue::Text(text)) => text.split_whitespace().map(Arc::from).collect(),
        _ => std::collections::BTreeSet::new(),
    };
    Skills { skills: words("staff.desk-skills"), languages: words("staff.desk-languages") }
}

async fn caller_says(app: &Arc<App>, call: CallId, said: CallerSaid) -> Result<(), Problem> {
    let calls = Calls::of(app);
    let tell = |what: &Value| {
        if let Some(agent) = calls.talks(call) {
            calls.tell_agent(agent, what);
        }
    };
    match said {
        CallerSaid::Beat {} => {}
        CallerSaid::Signal(signal) => relay(app, call, "caller", signal),
        CallerSaid::Text(text) => {
            if let Some(text) = rule::line(&text) {
                calls.remember(call, "caller", &text);
                tell(&json!({"text": {"by": "caller", "text": text}}));
            }
        }
        CallerSaid::Mobile(number) => {
            leave_number(app, call, &number)?;
            calls.tell_caller(call, &json!({"number-left": {}}));
        }
        CallerSaid::Form(form) => share(app, call, form),
        CallerSaid::FormAway {} => {
            if let Some(open) = calls.open().get_mut(&call) {
                open.form = None;
            }
            tell(&json!({"form": null}));
        }
        CallerSaid::Field(FieldOf { at, value }) => {
            let shown = calls.open().get_mut(&call).and_then(|open| {
                let form = open.form.as_mut()?;
                let shown = help::shown(&form.service, &at, &value)?;
                form.fields.insert(at.clone(), shown.clone());
                Some(shown)
            });
            if let Some(shown) = shown {
                tell(&json!({"field": {"at": at, "value": shown}}));
            }
        }
        CallerSaid::Reply { n, taken } => {
            let at = calls.open().get_mut(&call).and_then(|open| open.proposed.remove(&n));
            let Some(at) = at else { return Ok(()) };
            let what = if taken { "taken" } else { "refused" };
            let facts = vec![("help", format!("{what} {at}"))];
            let note = Note { name: "help-form", deed: None, call, facts };
            record(app, Actor::Resident, &format!("reply {n}"), note).await?;
            tell(&json!({"replied": {"n": n, "at": at, "taken": taken}}));
        }
        CallerSaid::Consent { given } => {
            let facts = vec![("consent", if given { "given" } else { "refused" }.to_owned())];
            let note = Note { name: "consent-to-recording", deed: None, call, facts };
            record(app, Actor::Resident, "", note).await?;
            tell(&json!({"consent": {"given": given}}));
            calls.tell_caller(call, &json!({"consented": {"given": given}}));
        }
        CallerSaid::Case { number, k } => {
            who::holder(app, &app.image(), &number, &k)?;
            note_case(app, Actor::Resident, call, &number).await?;
            tell(&json!({"case": {"number": number}}));
        }
        CallerSaid::HangUp {} => at_board(app, |board, now| board.hang_up(call, now)).map_err(rule::moved)?,
    }
    Ok(())
}

async fn note_case(app: &Arc<App>, actor: Actor, call: CallId, number: &str) -> Result<(), Problem> {
    let facts = vec![("case", number.to_owned())];
    record(app, actor, &format!("case {number}"), Note { name: "link-call", deed: None, call, facts }).await?;
    link_case(app, call, number);
    Ok(())
}

/// The caller lets the agent see the form that is before them.
fn share(app: &App, call: CallId, form: SharedForm) {
    let calls = Calls::of(app);
    let Some(service) = help::service_of(&app.image(), &form.service) else { return };
    let each = form.fields.into_iter().take(300);
    let fields = each.filter_map(|(at, value)| Some((at.clone(), help::shown(&service, &at, &value)?))).collect();
    if let Some(open) = calls.open().get_mut(&call) {
        open.form = Some(Shared { service, fields });
    }
    let told = view::form(app, call);
    if let Some(agent) = calls.talks(call) {
        calls.tell_agent(agent, &json!({"form": told}));
    }
}

/// What one browser wants another to know, for as long as they are in a call together.
fn relay(app: &App, call: CallId, from: &str, signal: SignalOf) {
    let calls = Calls::of(app);
    if signal.body.to_string().len() > rule::SIGNAL {
        return;
    }
    let told = json!({"signal": {"from": from, "body": signal.body}});
    let Some(agent) = calls.talks(call) else { return };
    let watcher = || calls.open().get(&call).and_then(|open| open.watcher);
    match signal.to.as_str() {
        "caller" => calls.tell_caller(call, &told),
        "agent" => calls.tell_agent(agent, &told),
        "watcher" => watcher().into_iter().for_each(|who| calls.tell_agent(who, &told)),
        _ => {}
    }
}

async fn agent_says(app: &Arc<App>, viewer: &Viewer, id: SubjectId, said: AgentSaid) -> Result<(), Problem> {
    let calls = Calls::of(app);
    match said {
        AgentSaid::Beat {} => return Ok(()),
        AgentSaid::Listen { call } => return listen(app, viewer, id, SubjectId(call)).await,
        AgentSaid::StopListening {} => {
            stop_listening(app, id);
            return Ok(());
        }
        AgentSaid::Signal(signal) if !may(viewer.role, Deed::AnswerCalls) => {
            let call = calls.open().iter().find(|(_, open)| open.watcher == Some(id)).map(|(call, _)| *call);
            if let Some(call) = call.filter(|_| signal.to == "agent") {
                relay(app, call, "watcher", signal);
            }
            return Ok(());
        }
        _ => viewer.must(Deed::AnswerCalls)?,
    }
    // What follows is done in the call that the agent has, as long as they have it.
    let ours = || calls.call_of(id).ok_or_else(|| rule::moved(yizhan_core::call::Refusal::NotYours));
    match said {
        AgentSaid::Free {} => {
            at_board(app, |board, now| board.free(id, now)).map_err(rule::moved)?;
            calls.tell_agent(id, &json!({"free": {}}));
        }
        AgentSaid::Pause {} => {
            at_board(app, |board, now| board.pause(id, now)).map_err(rule::moved)?;
            calls.tell_agent(id, &json!({"paused": {}}));
        }
        AgentSaid::Answer { call } => join(app, viewer, SubjectId(call), None).await?,
        AgentSaid::TakeBack { call } => join(app, viewer, SubjectId(call), Some(())).await?,
        AgentSaid::Decline { call } => {
            at_board(app, |board, now| board.decline(SubjectId(call), id, now)).map_err(rule::moved)?;
        }
        AgentSaid::Signal(signal) => relay(app, ours()?, "agent", signal),
        AgentSaid::Text(text) => {
            let call = ours()?;
            if let Some(text) = rule::line(&text) {
                calls.remember(call, "agent", &text);
                calls.tell_caller(call, &json!({"text": {"by": "agent", "text": text}}));
            }
        }
        AgentSaid::Hold { on } => {
            let call = ours()?;
            at_board(app, |board, now| board.hold(call, id, on.then_some(()), now)).map_err(rule::moved)?;
            calls.tell_caller(call, &json!({"hold": {"on": on}}));
            calls.tell_agent(id, &json!({"hold": {"on": on}}));
        }
        AgentSaid::Transfer { skill, agent } => transfer(app, viewer, id, ours()?, &skill, agent).await?,
        AgentSaid::Finish {} => {
            let call = ours()?;
            at_board(app, |board, now| board.finish(call, id, now)).map_err(rule::moved)?;
        }
        AgentSaid::File { call, outcome, case } => file(app, viewer, id, SubjectId(call), &outcome, &case).await?,
        AgentSaid::Point { at } => {
            let call = ours()?;
            if must_share(app, call, &at).is_ok() {
                note_help(app, viewer, call, &format!("point {at}")).await?;
                calls.tell_caller(call, &json!({"point": {"at": at}}));
            } else if at.is_empty() {
                calls.tell_caller(call, &json!({"point": {"at": ""}}));
            }
        }
        AgentSaid::Propose(FieldOf { at, value }) => propose(app, viewer, id, ours()?, at, value).await?,
        AgentSaid::AskConsent {} => calls.tell_caller(ours()?, &json!({"consent-asked": {}})),
        AgentSaid::Beat {} | AgentSaid::Listen { .. } | AgentSaid::StopListening {} => {}
    }
    Ok(())
}

/// Whether a field is one that the caller shares.
fn must_share(app: &App, call: CallId, at: &str) -> Result<(), Problem> {
    let calls = Calls::of(app);
    let open = calls.open();
    let form = open.get(&call).and_then(|open| open.form.as_ref());
    match form.filter(|form| help::sharing(&form.service, at) != help::Sharing::Never) {
        Some(_) => Ok(()),
        None => Err(problem::FORBIDDEN.problem("对方没有共享这一栏。", "This field is not shared.")),
    }
}

async fn note_help(app: &App, viewer: &Viewer, call: CallId, what: &str) -> Result<(), Problem> {
    let facts = vec![("help", what.to_owned())];
    let note = Note { name: "help-form", deed: Some(Deed::AnswerCalls), call, facts };
    record(app, viewer.actor, "", note).await.map(drop)
}

/// Proposes what might stand in a field: on record before the caller sees it, by the field's name and never by its value.
async fn propose(
    app: &App,
    viewer: &Viewer,
    id: SubjectId,
    call: CallId,
    at: String,
    value: String,
) -> Result<(), Problem> {
    must_share(app, call, &at)?;
    let calls = Calls::of(app);
    let n = {
        let mut open = calls.open();
        let open = open.get_mut(&call).ok_or_else(rule::missing)?;
        let may = open.form.as_ref().is_some_and(|form| help::may_propose(&form.service, &at));
        if !may || value.chars().count() > rule::VALUE {
            return Err(problem::FORBIDDEN.problem("这一栏请对方自己填写。", "The caller fills this in themselves."));
        }
        open.proposals += 1;
        open.proposals
    };
    note_help(app, viewer, call, &format!("propose {at}")).await?;
    if let Some(open) = calls.open().get_mut(&call) {
        open.proposed.insert(n, at.clone());
    }
    calls.tell_caller(call, &json!({"proposed": {"n": n, "at": at, "value": value}}));
    calls.tell_agent(id, &json!({"proposal": {"n": n, "at": at}}));
    Ok(())
}

/// What every caller who waits is told: their place.
pub fn tell_standings(app: &App) {
    let calls = Calls::of(app);
    let told: Vec<(CallId, Value)> = {
        let board = calls.board();
        let standings = board.standings();
        standings
            .into_iter()
            .map(|(call, position, expected)| {
                let expected = expected.map(|ms| (ms + 999) / 1000);
                (call, json!({"waits": {"position": position, "expected": expected}}))
            })
            .collect()
    };
    for (call, what) in told {
        calls.tell_caller(call, &what);
    }
}
