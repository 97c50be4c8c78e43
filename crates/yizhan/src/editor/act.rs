//! Proposing a draft: a case that two people sign, like any other change of the catalog.

use super::model::Proposal;
use super::rule;
use crate::app::{App, Request};
use crate::case::act;
use crate::case::model::Receipt;
use crate::guide::change;
use crate::staff::sessions;
use axum::http::HeaderMap;
use serde_json::json;
use yizhan_core::access::{Viewer, forbidden};
use yizhan_core::problem;
use yizhan_kit::Problem;

/// That a viewer may change the catalog by a case.
///
/// # Errors
/// `forbidden`.
pub fn must_propose(app: &App, viewer: &Viewer) -> Result<(), Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let may = |role: &String| role == viewer.role.as_str();
    let by_case = catalog.services.values().filter(|one| one.steps.iter().any(|step| step.adopts));
    if by_case.flat_map(|one| &one.opened_by).any(may) {
        return Ok(());
    }
    Err(forbidden("您不能提出目录调整。", "You cannot propose a change of the catalog."))
}

/// Opens the case that proposes a draft.
///
/// # Errors
/// `catalog-changed` when a file was changed since the draft was begun; what opening a case refuses.
pub async fn propose(
    app: &App,
    viewer: &Viewer,
    headers: &HeaderMap,
    body: &[u8],
    proposal: &Proposal,
) -> Result<Receipt, Problem> {
    rule::must_be_files(&proposal.files)?;
    let (service, region) = {
        let image = app.image();
        change::must_not_undo(&image, proposal.number, proposal.files.iter().map(|file| (&file.path, &file.text)))?;
        let (catalog, _) = act::catalog(&image)?;
        let service = catalog.services.values().find(|one| one.steps.iter().any(|step| step.adopts));
        let service = service.ok_or_else(|| {
            problem::UNKNOWN_SERVICE.problem("没有能调整目录的事项。", "No service changes the catalog.")
        })?;
        (service.name.clone(), viewer.area.map(|area| area.to_string()))
    };
    let in_force = {
        let image = app.image();
        act::catalog(&image)?.0.source.files.clone()
    };
    // What is as it was is not proposed.
    let files = proposal.files.iter().filter(|file| in_force.get(&file.path) != Some(&file.text));
    let answers = json!({"region": region, "files": files.collect::<Vec<_>>(), "why": proposal.why});
    let request: Request = sessions::request(viewer, headers, body);
    let outcome = act::open(app, viewer.actor, &service, request, answers.to_string().as_bytes()).await?;
    act::receipt(app, &outcome)
}
