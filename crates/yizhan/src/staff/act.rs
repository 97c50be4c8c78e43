//! Adding staff.

use yizhan_core::access::Role;
use yizhan_core::service::AddSubject;
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
