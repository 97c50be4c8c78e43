//! Signing up and being checked in.

use crate::app::{App, Request};
use crate::case::act;
use crate::resident::mine;
use serde_json::json;
use std::sync::Arc;
use yizhan_core::access::{Viewer, forbidden};
use yizhan_core::act::{Actor, Effects, NewFact, Scene, Verb};
use yizhan_core::image::case::{State, StepVerb};
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::writer::Outcome;
use yizhan_kit::codes::{Mobile, RegionCode};
use yizhan_kit::digest::is_same_secret;
use yizhan_kit::{Day, Problem};

/// The service by which people sign up.
pub const SIGN_UP: &str = "activity-signup";

/// How often one telephone may sign up for one activity, take it back and sign up again.
const AGAIN: usize = 5;

/// Who signs up for what.
pub struct Wish {
    /// The activity.
    pub activity: SubjectId,
    /// Where it is.
    pub area: RegionCode,
    /// The name.
    pub name: String,
    /// The telephone.
    pub mobile: String,
    /// `guest` or `volunteer`.
    pub comes_as: String,
}

/// Signs somebody up, once with a telephone. What was taken back may be done again.
///
/// # Errors
/// `form-invalid`; `move-not-allowed` for a telephone that is on the list.
pub async fn sign_up(app: &App, wish: &Wish) -> Result<Outcome, Problem> {
    let digest = app.vault.blind("mobile", wish.mobile.trim());
    for turn in 0..AGAIN {
        // The telephone is part of the key, so that twice is once whatever else is written the second time.
        let request = Request::keyed("sign-up", &format!("{} {digest} {turn}", wish.activity), b"");
        if let Some(first) = app.answered(&request) {
            let (image, program) = (app.image(), Viewer::program());
            let case = first.ok().and_then(|outcome| outcome.about);
            let state = case.and_then(|case| program.look(&image).case(case).ok()).map(|case| case.state);
            if state == Some(State::Withdrawn) {
                continue;
            }
            return Err(taken());
        }
        let body = json!({
            "region": wish.area.to_string(), "activity": wish.activity.0, "name": wish.name.trim(),
            "mobile": wish.mobile.trim(), "as": wish.comes_as,
        });
        return act::open(app, Actor::Resident, SIGN_UP, request, body.to_string().as_bytes()).await;
    }
    Err(taken())
}

fn taken() -> Problem {
    problem::MOVE_NOT_ALLOWED.problem(
        "这个手机号已经报过名。请用当时的回执查看，或在“我的申报”里用验证码找回。",
        "This telephone has signed up already. Use the receipt, or find it again by a code to your telephone.",
    )
}

/// The code at the door of an activity, good on one day.
pub fn door_code(app: &App, activity: SubjectId, day: Day) -> String {
    app.vault.digest("door of an activity", format!("{activity} {day}").as_bytes()).to_string()[..20].to_owned()
}

/// Whether a code is that of the door today.
///
/// # Errors
/// `forbidden`.
pub fn must_be_at_door(app: &App, activity: SubjectId, code: &str) -> Result<(), Problem> {
    if is_same_secret(&door_code(app, activity, app.now().day()), code) {
        return Ok(());
    }
    Err(forbidden(
        "签到码只在活动当天有效，请扫门口的码。",
        "The code is good on the day only; scan the one at the door.",
    ))
}

/// Who a telephone belongs to at a door: a sign-up for the activity, and a volunteer.
pub struct Arrival {
    /// The sign-up, where there is one.
    pub case: Option<SubjectId>,
    /// The volunteer, where they are one.
    pub volunteer: Option<SubjectId>,
}

/// Looks whose telephone it is.
///
/// # Errors
/// The store's failure.
pub fn arrival(app: &App, activity: SubjectId, mobile: &Mobile) -> Result<Arrival, Problem> {
    let (image, program) = (app.image(), Viewer::program());
    let seen = program.look(&image);
    let mut found = Arrival { case: None, volunteer: None };
    for case in mine::cases_of(app, &seen, mobile)? {
        if seen.latest(case.subject, "activity-signup.activity") == Some(Value::Subject(activity))
            && case.state.is_open()
        {
            found.case.get_or_insert(case.subject);
        }
        if let Some(Value::Subject(volunteer)) = seen.latest(case.subject, "volunteer-join.volunteer") {
            found.volunteer.get_or_insert(volunteer);
        }
    }
    Ok(found)
}

/// Checks somebody in. Who is checked in already stays so.
///
/// # Errors
/// The named refusal.
pub async fn check_in(app: &Arc<App>, case: SubjectId, volunteer: Option<SubjectId>) -> Result<Outcome, Problem> {
    let request = Request::keyed("check-in", &case.to_string(), b"");
    app.act(Actor::System, request, CheckIn { case, volunteer }).await
}

/// Somebody came, by the code at the door: the program records it. Whoever came as a volunteer and is one is named, so that the
/// hours can be counted.
struct CheckIn {
    case: SubjectId,
    volunteer: Option<SubjectId>,
}

impl Verb for CheckIn {
    fn name(&self) -> &'static str {
        "check-in"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        if scene.actor != Actor::System {
            return Err(forbidden("签到由系统登记。", "A check-in is recorded by the program."));
        }
        let program = Viewer::program();
        let seen = program.look(scene.image);
        let case = seen.case(self.case)?;
        if !case.state.is_open() {
            return Err(problem::CASE_ENDED.problem("这个报名已经结束。", "This sign-up has ended."));
        }
        effects.step(case, StepVerb::Record, "came", scene.image.area(case), None);
        let mut know = |attribute: &str, value: &str| {
            let (from, source) = (scene.today(), "door");
            effects.fact(&NewFact { subject: self.case, attribute, value: Some(value), from, to: None, source })
        };
        know("activity-signup.came-on", &scene.today().to_string())?;
        let as_volunteer = seen.latest(self.case, "activity-signup.as") == Some(Value::Text("volunteer".into()));
        if let Some(volunteer) = self.volunteer.filter(|_| as_volunteer) {
            know("activity-signup.volunteer", &volunteer.to_string())?;
        }
        Ok(())
    }
}
