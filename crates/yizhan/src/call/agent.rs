//! What agents and supervisors do with a call beside talking: hand it on, write it up, listen to it.

use super::act::{Calls, at_board, keep};
use super::note::{Note, record};
use super::{rule, view};
use crate::app::App;
use crate::staff::http::name as staff_name;
use serde_json::json;
use std::sync::Arc;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::call::{CallId, Stage, Wanted};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::Problem;

/// Hands a talk on: to whoever knows a thing, or to one agent who is free.
pub(super) async fn transfer(
    app: &Arc<App>,
    viewer: &Viewer,
    id: SubjectId,
    call: CallId,
    skill: &str,
    agent: u32,
) -> Result<(), Problem> {
    let image = app.image();
    let (catalog, _) = crate::case::act::catalog(&image)?;
    let desk = rule::desk(catalog)?;
    let before = Calls::of(app).board().call(call).map(|one| one.wanted.clone()).ok_or_else(rule::missing)?;
    let skill = desk.skill(skill).map_or(before.skill.clone(), |skill| skill.name.clone());
    let to = Wanted { skill, language: before.language, agent: (agent != 0).then_some(SubjectId(agent)) };
    let told = to.skill.to_string();
    at_board(app, |board, now| board.transfer(call, id, to, now)).map_err(rule::moved)?;
    if let Some(open) = Calls::of(app).open().get_mut(&call) {
        open.kept.skill.clone_from(&told);
        keep(app, call, &open.kept);
    }
    let facts = vec![("skill", told)];
    let note = Note { name: "transfer-call", deed: Some(Deed::AnswerCalls), call, facts };
    record(app, viewer.actor, "", note).await.map(drop)
}

/// An agent writes a call up: what came of it, and the case it belongs to.
pub(super) async fn file(
    app: &Arc<App>,
    viewer: &Viewer,
    id: SubjectId,
    call: CallId,
    outcome: &str,
    case: &str,
) -> Result<(), Problem> {
    let image = app.image();
    if view::agent_of(&image, call) != Some(id) {
        return Err(rule::missing());
    }
    if !matches!(outcome, "settled" | "case" | "again" | "elsewhere") {
        return Err(problem::FORM_INVALID.problem("请选择结果。", "Choose what came of it."));
    }
    let mut facts = vec![("outcome", outcome.to_owned())];
    if !case.is_empty() {
        viewer.look(&image).numbered(case)?;
        facts.push(("case", case.to_owned()));
    }
    let wrapped = at_board(app, |board, now| board.filed(call, id, now)).unwrap_or(0);
    facts.push(("wrapped", wrapped.to_string()));
    let note = Note { name: "file-call", deed: Some(Deed::AnswerCalls), call, facts };
    record(app, viewer.actor, "", note).await?;
    Calls::of(app).tell_agent(id, &json!({"filed": {"call": call.0}}));
    Ok(())
}

/// A supervisor listens: both sides are told, and it is on record before anything is heard.
pub(super) async fn listen(app: &Arc<App>, viewer: &Viewer, id: SubjectId, call: CallId) -> Result<(), Problem> {
    viewer.must(Deed::WatchCalls)?;
    let calls = Calls::of(app);
    let stage = calls.board().call(call).map(|one| one.stage);
    let Some(Stage::Talking { agent, .. }) = stage else { return Err(rule::missing()) };
    let facts = vec![("watched-by", id.0.to_string())];
    let note = Note { name: "listen-to-call", deed: Some(Deed::WatchCalls), call, facts };
    record(app, viewer.actor, "", note).await?;
    let before = calls.open().get_mut(&call).and_then(|open| open.watcher.replace(id)).filter(|one| *one != id);
    if let Some(before) = before {
        calls.tell_agent(before, &json!({"watched": {"call": call.0, "over": true}}));
    }
    let ice = rule::ice(app, &format!("watcher-{}", id.0))?;
    calls.tell_agent(id, &json!({"watched": {"call": call.0, "ice": ice}}));
    let who = staff_name(&app.image(), viewer.actor);
    calls.tell_agent(agent, &json!({"watcher": {"here": true, "name": who}}));
    calls.tell_caller(call, &json!({"watcher": {"here": true}}));
    Ok(())
}

/// They listen no more.
pub(super) fn stop_listening(app: &App, id: SubjectId) {
    let calls = Calls::of(app);
    let mut left = Vec::new();
    for (call, open) in calls.open().iter_mut() {
        if open.watcher == Some(id) {
            open.watcher = None;
            left.push(*call);
        }
    }
    for call in left {
        let gone = json!({"watcher": {"here": false}});
        calls.tell_caller(call, &gone);
        if let Some(agent) = calls.talks(call) {
            calls.tell_agent(agent, &gone);
        }
    }
}
