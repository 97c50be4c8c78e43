//! Helping together: which fields of the caller's form an agent may see, in the clear or masked, and what may be proposed.
//! Only what the schema knows is shared; what is sent without being asked, what is marked `x-secret` and codes never are.

use super::rule::VALUE;
use serde_json::Value;
use std::sync::Arc;
use yizhan_core::catalog::Service;
use yizhan_core::image::Image;
use yizhan_kit::codes::{CitizenNumber, Mobile};

/// How a field is shared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// As it is.
    Clear,
    /// Its ends only: it identifies somebody.
    Masked,
    /// Not at all.
    Never,
}

/// How a field of a service's form is shared.
pub fn sharing(service: &Service, pointer: &str) -> Sharing {
    let Some(property) = service.form.at(pointer).filter(|_| pointer.len() <= 200) else { return Sharing::Never };
    let is = |mark: &str, value: Value| property[mark] == value;
    let secret = is("x-secret", true.into()) || is("x-control", "hidden".into()) || is("format", "password".into());
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let code = ["password", "secret", "code", "pin"].iter().any(|one| name.split('_').any(|part| part == *one));
    match () {
        () if secret || code || property["type"] == "object" => Sharing::Never,
        () if service.blind.iter().any(|blind| blind.pointer == pointer) => Sharing::Masked,
        () if name.contains("number") && name.starts_with("citizen") => Sharing::Masked,
        () => Sharing::Clear,
    }
}

/// What an agent sees of a field; nothing where it is not shared.
pub fn shown(service: &Service, pointer: &str, value: &str) -> Option<String> {
    let value: String = value.chars().take(VALUE).collect();
    match sharing(service, pointer) {
        Sharing::Never => None,
        Sharing::Clear => Some(value),
        Sharing::Masked => Some(masked(&value)),
    }
}

/// Only the ends of what is being written: a number that is not whole yet shows no more than a whole one would.
fn masked(value: &str) -> String {
    if let Ok(number) = value.parse::<CitizenNumber>() {
        return number.masked();
    }
    if let Ok(mobile) = value.parse::<Mobile>() {
        return mobile.masked();
    }
    "*".repeat(value.chars().count())
}

/// Whether an agent may propose what stands in a field: what identifies somebody is theirs alone to write.
pub fn may_propose(service: &Service, pointer: &str) -> bool {
    sharing(service, pointer) == Sharing::Clear
}

/// The service of a form.
pub fn service_of(image: &Image, name: &str) -> Option<Arc<Service>> {
    image.catalog()?.services.get(name).cloned()
}
