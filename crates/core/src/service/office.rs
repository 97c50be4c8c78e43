//! Who works here and as what: accounts are opened, moved and ended by whoever manages staff, and never by their holder.
//!
//! Three administrators watch over each other: one runs the program, one gives and takes access, one reads the journal.
//! No account is ever two of them, today, later, or in a colleague's place.

use super::zone::AddSubject;
use crate::access::{Deed, Role, Viewer, forbidden};
use crate::act::{Actor, Effects, NewFact, Scene, Verb};
use crate::image::Image;
use crate::problem;
use crate::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Problem};

/// The fact that says as what somebody is here.
pub(super) const ROLE: &str = "staff.role";

/// Opens an account.
pub struct Appoint(pub AddSubject);

impl Verb for Appoint {
    fn name(&self) -> &'static str {
        "appoint"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        Viewer::of(scene.image, scene.actor, scene.today())?.must(Deed::ManageStaff)?;
        let login = self.0.facts.iter().find(|(attribute, _)| attribute == "staff.login");
        let taken = login.is_some_and(|(_, login)| scene.image.staff_by_login(login).is_some());
        if self.0.kind != "staff" || login.is_none() || taken {
            return Err(problem::FORM_INVALID.problem(
                "这个用户名已经有人用过，请换一个。",
                "This login name is taken, or was once; choose another.",
            ));
        }
        self.0.decide(scene, effects)
    }
}

/// Gives an account another role or area, from today.
pub struct ChangeOffice {
    /// Whose.
    pub staff: SubjectId,
    /// As what from now on.
    pub role: Role,
    /// Where.
    pub area: RegionCode,
}

impl Verb for ChangeOffice {
    fn name(&self) -> &'static str {
        "change-office"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        must_manage(scene, self.staff)?;
        let (role, level) = match self.role {
            Role::Officer(level) => ("officer", Some(level.as_str())),
            other => (other.as_str(), None),
        };
        must_stay_apart(scene.image, self.staff, role)?;
        let area = self.area.to_string();
        for (attribute, value) in [(ROLE, Some(role)), ("staff.level", level), ("staff.area", Some(area.as_str()))] {
            effects.fact(&said(self.staff, attribute, value, scene.today()))?;
        }
        effects.about(self.staff);
        Ok(())
    }
}

/// Ends an account: from today it has no role, and nothing lets it in.
pub struct Dismiss {
    /// Whose.
    pub staff: SubjectId,
}

impl Verb for Dismiss {
    fn name(&self) -> &'static str {
        "dismiss"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        must_manage(scene, self.staff)?;
        effects.fact(&said(self.staff, ROLE, None, scene.today()))?;
        effects.about(self.staff);
        Ok(())
    }
}

/// Something that happened to an account and changes no fact: it signed in, was locked, got a new password.
pub struct Noted {
    /// What, as the journal names it.
    pub what: &'static str,
    /// Whose.
    pub staff: SubjectId,
}

impl Verb for Noted {
    fn name(&self) -> &'static str {
        self.what
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let own = matches!(scene.actor, Actor::Staff { id, .. } if id == self.staff);
        if !own {
            must_manage(scene, self.staff)?;
        }
        effects.about(self.staff);
        Ok(())
    }
}

/// Whoever manages staff, but nobody their own account.
fn must_manage(scene: &Scene<'_>, staff: SubjectId) -> Result<(), Problem> {
    Viewer::of(scene.image, scene.actor, scene.today())?.must(Deed::ManageStaff)?;
    if scene.image.kind(staff).is_none_or(|kind| **kind != *"staff") {
        return Err(problem::NOT_FOUND.problem("没有这个账号。", "There is no such account."));
    }
    match scene.actor {
        Actor::Staff { id, instead_of } if id == staff || instead_of == Some(staff) => Err(forbidden(
            "不能改自己的账号，请由另一位安全管理员办理。",
            "Nobody changes their own account; another security administrator does.",
        )),
        _ => Ok(()),
    }
}

/// Refuses an administrator's role to an account that is, or ever was, another of the three.
///
/// # Errors
/// `separate-duties`.
pub(super) fn must_stay_apart(image: &Image, staff: SubjectId, role: &str) -> Result<(), Problem> {
    let before = image.roles_of(staff);
    must_be_one(before.iter().map(String::as_str).chain([role]))
}

/// Refuses two of the three administrators among the roles of one account.
///
/// # Errors
/// `separate-duties`.
pub(super) fn must_be_one<'a>(roles: impl Iterator<Item = &'a str>) -> Result<(), Problem> {
    let mut held = roles.filter(|role| Role::parse(role).is_some_and(Role::is_administrator));
    let Some(first) = held.next() else { return Ok(()) };
    match held.find(|role| *role != first) {
        Some(other) => Err(problem::SEPARATE_DUTIES.problem(
            format!("同一账号不能既是“{first}”又是“{other}”：三类管理员不得兼任。"),
            format!("One account cannot be {first} and {other}: the three administrators stay apart."),
        )),
        None => Ok(()),
    }
}

fn said<'a>(subject: SubjectId, attribute: &'a str, value: Option<&'a str>, from: Day) -> NewFact<'a> {
    NewFact { subject, attribute, value, from, to: None, source: "appointment" }
}
