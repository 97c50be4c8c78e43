//! Adding staff, and what is noted of their accounts.

use crate::app::{App, Request};
use yizhan_core::access::Role;
use yizhan_core::act::Actor;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, Noted};
use yizhan_kit::Day;
use yizhan_kit::codes::RegionCode;

/// A new member of staff: a role in an area, from a day; with a duty telephone, where there is one.
pub fn add(login: &str, name: &str, role: Role, area: RegionCode, phone: Option<&str>, from: Day) -> AddSubject {
    let (role, level) = match role {
        Role::Officer(level) => ("officer", Some(level.as_str())),
        other => (other.as_str(), None),
    };
    let mut facts: Vec<(String, String)> = [("login", login), ("name", name), ("role", role)]
        .into_iter()
        .map(|(attribute, value)| (format!("staff.{attribute}"), value.to_owned()))
        .collect();
    facts.push(("staff.area".into(), area.to_string()));
    facts.extend(phone.map(|phone| ("staff.duty-phone".to_owned(), phone.to_owned())));
    facts.extend(level.map(|level| ("staff.level".to_owned(), level.to_owned())));
    AddSubject {
        kind: "staff".into(),
        facts,
        since: Vec::new(),
        sealed: None,
        from,
        source: "appointment".into(),
        members: Vec::new(),
    }
}

/// Puts on record what happened to an account. Somebody who can be let in is not kept out by a store that cannot write at
/// the moment; that it was not recorded is in the log.
pub async fn note(app: &App, actor: Actor, staff: SubjectId, what: &'static str) {
    if let Err(problem) = app.act(actor, Request::unkeyed(what.as_bytes()), Noted { what, staff }).await {
        tracing::error!(%problem, what, staff = staff.0, "not recorded");
    }
}
