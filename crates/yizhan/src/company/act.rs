//! Verifying a company's handler, and what may be opened then.

use super::model::NOT_VERIFIED;
use super::view;
use crate::app::{App, Request, store};
use crate::case::act::{json, service};
use crate::case::view::{given, words};
use crate::once;
use serde::{Deserialize, Serialize};
use yizhan_core::access::{Deed, Role, Viewer, forbidden};
use yizhan_core::act::{Actor, Effects, Scene, Verb};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::Mobile;
use yizhan_kit::{Lang, Moment, Problem};

/// The kind of working state that says which companies are open to whom.
const OPEN: &str = "company-open";

/// What these codes are called.
const CODES: &str = "company code of";

/// For how long a company stays open, unless the talk ends before.
pub const OPEN_MINUTES: i64 = 30;

/// A company that is open to an agent.
#[derive(Serialize, Deserialize)]
pub struct OpenCompany {
    /// Its key among those that are open.
    pub key: String,
    /// Its credit code.
    pub number: String,
    /// Until when.
    pub until: i64,
}

/// Only the remote desk speaks with companies so.
///
/// # Errors
/// `forbidden`.
pub fn must_be_agent(viewer: &Viewer) -> Result<(), Problem> {
    if viewer.role == Role::DeskAgent {
        return Ok(());
    }
    Err(forbidden("企业经办人由远程坐席核验。", "Handlers are verified by the remote desk."))
}

/// Sends a code to a handler's telephone, if that is whose it is. Whoever asks sees no difference.
///
/// # Errors
/// The store's failure, or the gateway's.
pub fn send(app: &App, viewer: &Viewer, number: &str, mobile: &str) -> Result<(), Problem> {
    must_be_agent(viewer)?;
    let Ok(mobile) = mobile.parse::<Mobile>() else { return Ok(()) };
    let image = app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    let Some(case) = view::handler(app, &seen, view::digest(app, number), &mobile)? else { return Ok(()) };
    let asked = given(app, &seen, case)?;
    let company = asked["taxpayer"].as_str().unwrap_or_default().to_owned();
    let text = |digits: &str| {
        format!(
            "验证码 {digits}，五分钟内有效。坐席正在核验您是“{company}”的办税经办人，请只读给通话中的坐席；不是您本人在办，请勿告诉他人。"
        )
    };
    once::send(app, CODES, &whom(viewer, number, &mobile), &mobile, text)
}

/// A code is for one agent, one company and one telephone.
fn whom(viewer: &Viewer, number: &str, mobile: &Mobile) -> String {
    format!("{} {} {}", viewer.actor, number.trim(), mobile.as_str())
}

/// Opens a company to an agent, when the code is right. That it was verified is an act about the handler.
///
/// # Errors
/// `company-not-verified` for anything that is wrong, with the papers that are needed.
pub async fn open(app: &App, viewer: &Viewer, number: &str, mobile: &str, code: &str) -> Result<OpenCompany, Problem> {
    must_be_agent(viewer)?;
    let Ok(mobile) = mobile.parse::<Mobile>() else { return Err(not_verified(app)) };
    let case = {
        let image = app.image();
        let program = Viewer::program();
        let found = view::handler(app, &program.look(&image), view::digest(app, number), &mobile)?;
        found.map(|case| case.subject)
    };
    let right = once::take(app, CODES, &whom(viewer, number, &mobile), code.trim())?;
    let (Some(case), true) = (case, right) else { return Err(not_verified(app)) };
    app.act(viewer.actor, Request::unkeyed(code.as_bytes()), VerifyHandler { case }).await?;
    let until = app.real_clock.now().plus_ms(OPEN_MINUTES * 60_000);
    let key = view::digest(app, number).to_string();
    let open = OpenCompany { key, number: number.trim().to_owned(), until: until.0 };
    let name = named(viewer, &open.key);
    let plain = serde_json::to_vec(&open).map_err(|error| store(&error))?;
    let sealed = app.vault.seal_working(&name, &plain);
    app.with_working(|working| working.put(OPEN, &name, &sealed, until)).map_err(|error| store(&error))?;
    Ok(open)
}

fn named(viewer: &Viewer, key: &str) -> String {
    format!("{} {key}", viewer.actor)
}

/// The companies that are open to an agent.
///
/// # Errors
/// The store's failure.
pub fn all_open(app: &App, viewer: &Viewer) -> Result<Vec<OpenCompany>, Problem> {
    let now: Moment = app.real_clock.now();
    let own = named(viewer, "");
    let kept = app.with_working(|working| working.list(OPEN, now)).map_err(|error| store(&error))?;
    let theirs = kept.into_iter().filter(|(name, _)| name.starts_with(&own));
    theirs
        .map(|(name, sealed)| {
            let plain = app.vault.open_working(&name, &sealed).map_err(|_| store(&"an open company cannot be read"))?;
            view::opened(&plain)
        })
        .collect()
}

/// The talk is over: a company is closed to an agent, or all are.
///
/// # Errors
/// The store's failure.
pub fn close(app: &App, viewer: &Viewer, key: Option<&str>) -> Result<(), Problem> {
    must_be_agent(viewer)?;
    for open in all_open(app, viewer)?.into_iter().filter(|open| key.is_none_or(|key| key == open.key)) {
        let name = named(viewer, &open.key);
        app.with_working(|working| working.delete(OPEN, &name)).map_err(|error| store(&error))?;
    }
    Ok(())
}

/// Which papers make somebody a handler.
pub fn papers(image: &Image, lang: Lang) -> Vec<String> {
    let Ok((service, _)) = service(image, view::SERVICE) else { return Vec::new() };
    service.papers.iter().map(|paper| words(&paper.title, lang).to_owned()).collect()
}

fn not_verified(app: &App) -> Problem {
    let image = app.image();
    let (zh, en) = (papers(&image, Lang::Zh), papers(&image, Lang::En));
    NOT_VERIFIED
        .problem(
            format!("没有核验通过，不能打开企业的事项。登记经办人需要：{}。", zh.join("、")),
            format!("It was not verified; nothing of the company is opened. To become a handler: {}.", en.join(", ")),
        )
        .with("papers", serde_json::json!(if crate::answer::lang() == Lang::Zh { zh } else { en }))
}

/// An agent opens nothing of a company that has handlers, unless one of them was verified.
fn must_be_open(app: &App, image: &Image, viewer: &Viewer, number: &str) -> Result<(), Problem> {
    let taxpayer = view::digest(app, number);
    let program = Viewer::program();
    if view::handlers(app, &program.look(image), taxpayer)?.is_empty() {
        return Ok(());
    }
    let key = taxpayer.to_string();
    if all_open(app, viewer)?.iter().any(|open| open.key == key) { Ok(()) } else { Err(not_verified(app)) }
}

/// Whether a case may be opened in a taxpayer's name by whoever asks: residents and handlers themselves, and agents who have
/// verified a handler where there is one. A new handler is another matter.
///
/// # Errors
/// `company-not-verified`.
pub fn may_open_for(app: &App, actor: Actor, name: &str, body: &[u8]) -> Result<(), Problem> {
    if !matches!(actor, Actor::Staff { .. }) || name == view::SERVICE {
        return Ok(());
    }
    let image = app.image();
    let viewer = Viewer::of(&image, actor, app.now().day())?;
    let Ok((service, _)) = service(&image, name) else { return Ok(()) };
    let Some(blind) = service.blind.iter().find(|blind| blind.name == "taxpayer-number") else { return Ok(()) };
    let Ok(asked) = json(body) else { return Ok(()) };
    match asked.pointer(&blind.pointer).and_then(serde_json::Value::as_str) {
        Some(number) if viewer.role == Role::DeskAgent => must_be_open(app, &image, &viewer, number),
        _ => Ok(()),
    }
}

/// Whether the sealed answers of a case may be opened: by an agent, of a company that has handlers, once one was verified.
///
/// # Errors
/// `company-not-verified`.
pub fn may_read(app: &App, image: &Image, viewer: &Viewer, case: &CaseHead) -> Result<(), Problem> {
    let service = image.service(case);
    let blind = service.blind.iter().find(|blind| blind.name == "taxpayer-number");
    let (Some(blind), true) = (blind, viewer.role == Role::DeskAgent && case.key != 0) else { return Ok(()) };
    if service.name == view::SERVICE {
        return Ok(());
    }
    let asked = given(app, &viewer.look(image), case)?;
    match asked.pointer(&blind.pointer).and_then(serde_json::Value::as_str) {
        Some(number) => must_be_open(app, image, viewer, number),
        None => Ok(()),
    }
}

/// That an agent verified a handler by a code: a reading of the handler's case, on record like every other.
struct VerifyHandler {
    case: SubjectId,
}

impl Verb for VerifyHandler {
    fn name(&self) -> &'static str {
        "verify-handler"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::ReadPerson)?;
        must_be_agent(&viewer)?;
        let program = Viewer::program();
        let seen = program.look(scene.image);
        let case = seen.case(self.case)?;
        if view::standing(&seen, case, scene.today()) != view::Standing::Valid {
            return Err(problem::CASE_CHANGED.problem("授权刚刚到期或撤销。", "The authority has just ended."));
        }
        effects.step(case, StepVerb::Read, "handler", scene.image.area(case), None);
        Ok(())
    }
}
