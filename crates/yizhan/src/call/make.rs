//! Making a call: on record first, then in the queue; a repeat is the same call.

use super::act::{Calls, FOR_EVER, Kept, Open, at_board};
use super::model::{CallMade, NewCall};
use super::note::OpenCall;
use super::number::{remember_caller, seal_number};
use super::rule;
use crate::app::{App, Request, store};
use crate::case::act::catalog;
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::call::CallId;
use yizhan_core::catalog::Level;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::Problem;
use yizhan_kit::codes::Mobile;

/// How many calls wait at most.
const MOST: usize = 20_000;

/// Makes a call. A repeat under the same key gets the same call.
///
/// # Errors
/// `desk-closed` outside the hours; `form-invalid`; `busy`.
pub async fn open(
    app: &Arc<App>,
    request: Request,
    new: &NewCall,
    device: Option<SubjectId>,
) -> Result<CallMade, Problem> {
    let number = rule::mobile(&new.mobile)?;
    let channel = match (device, new.channel.as_str()) {
        (Some(_), _) => "terminal",
        (None, "phone") => "phone",
        (None, _) => "web",
    };
    let from = From { channel, device, number, exchange: String::new() };
    make(app, Actor::Resident, request, new, from).await
}

/// Where a call comes from.
pub struct From {
    /// The channel.
    pub channel: &'static str,
    /// The terminal.
    pub device: Option<SubjectId>,
    /// The number.
    pub number: Option<Mobile>,
    /// What an exchange calls it.
    pub exchange: String,
}

/// As [`open`], from wherever it comes.
///
/// # Errors
/// As [`open`].
pub async fn make(
    app: &Arc<App>,
    actor: Actor,
    request: Request,
    new: &NewCall,
    from: From,
) -> Result<CallMade, Problem> {
    let image = app.image();
    let (catalog, _) = catalog(&image)?;
    let desk = rule::desk(catalog)?;
    let is_open = desk.is_open(&catalog.calendar, app.now());
    if !is_open && !new.call_back {
        return Err(rule::DESK_CLOSED.problem(desk.closed.zh.clone(), desk.closed.en.clone()));
    }
    if new.call_back && from.number.is_none() {
        return Err(problem::FORM_INVALID.problem("请留下手机号。", "Please leave a number."));
    }
    if Calls::of(app).open().len() >= MOST {
        let busy = problem::BUSY.problem("呼叫的人太多，请稍后再试。", "Too many are calling; please try again later.");
        return Err(busy.retry_after(60));
    }
    let service = catalog.services.get(&new.service).map(|service| service.name.clone()).unwrap_or_default();
    let skill = desk.skill(&new.service).or_else(|| desk.skill_for(&service));
    let skill = skill.map(|skill| skill.name.to_string()).unwrap_or_default();
    let language = desk.language(&new.language).map(|one| one.name.to_string()).unwrap_or_default();
    let program = Viewer::program();
    let hall = from.device.and_then(|device| program.look(&image).place_of(device));
    let district = || catalog.regions.all().find(|region| region.level == Level::District).map(|region| region.code);
    let area = hall.or_else(district).map(|area| area.to_string()).unwrap_or_default();
    let mut facts = vec![
        ("area", area),
        ("channel", from.channel.to_owned()),
        ("skill", skill.clone()),
        ("language", language.clone()),
    ];
    if !service.is_empty() {
        facts.push(("service", service.clone()));
    }
    facts.extend(from.device.map(|device| ("device", device.0.to_string())));
    let outcome = app.act(actor, request, OpenCall { facts }).await?;
    let call = outcome.about.ok_or_else(rule::missing)?;
    if program.look(&app.image()).latest(call, "call.ending").is_none() {
        let number = from.number.as_ref().map(|number| seal_number(app, call, number)).unwrap_or_default();
        if let Some(number) = &from.number {
            remember_caller(app, call, number)?;
        }
        let kept = Kept {
            skill,
            language,
            service,
            channel: from.channel.to_owned(),
            number,
            exchange: from.exchange,
            first: app.real_clock.now().0,
            waited: None,
            agent: None,
            to_call_back: new.call_back,
            case: String::new(),
        };
        enter(app, call, kept)?;
    }
    Ok(CallMade { call: call.0, secret: rule::secret(app, call), waits: !new.call_back })
}

/// Puts a call that is recorded into the queue, unless it is there already.
fn enter(app: &Arc<App>, call: CallId, kept: Kept) -> Result<(), Problem> {
    if Calls::of(app).board().call(call).is_some() {
        return Ok(());
    }
    let bytes = serde_json::to_vec(&kept).map_err(|error| store(&error))?;
    app.with_working(|working| working.put("call", &call.0.to_string(), &bytes, FOR_EVER))
        .map_err(|error| store(&error))?;
    let (wanted, reach, back) = (kept.wanted(), kept.reach(), kept.to_call_back);
    Calls::of(app).open().insert(call, Open::new(kept));
    let entered = at_board(app, |board, now| match back {
        true => board.enter_to_call_back(call, wanted, now),
        false => board.enter(call, wanted, reach, now),
    });
    // Somebody asked the same at the same moment: it is there, and that is all that was wanted.
    let _ = entered;
    Ok(())
}
