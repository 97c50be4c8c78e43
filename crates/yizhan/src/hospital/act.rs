//! What the desk does: checks, seals, hands in.

use super::model::{Admission, BillAsked};
use super::rule;
use crate::app::{App, Request};
use crate::case::act::seal;
use crate::case::{act, learn};
use crate::register;
use serde_json::{Value, json};
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::catalog::{Catalog, Entry, Payee, Service, Sharing};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{
    Admit, Asked, CancelBill, ProposedFact, RecordShare, SettleBill, Share, facts_from, may_record,
};
use yizhan_core::writer::{Answer, Outcome};
use yizhan_kit::{Day, Fen, Problem};

/// The service of the catalog that settles bills for whom.
///
/// # Errors
/// `unknown-service`.
pub fn service_for(catalog: &Catalog, payee: Payee) -> Result<&Service, Problem> {
    let mut services = catalog.services.values();
    let found = services.find(|one| one.settles.as_ref().is_some_and(|settles| settles.payee == payee));
    found.map(|service| &**service).ok_or_else(|| {
        problem::UNKNOWN_SERVICE.problem("目录里没有结算账单的事项。", "The catalog has no service that settles bills.")
    })
}

/// The village of somebody who is on the register, for whoever has business with them.
///
/// # Errors
/// `not-found`.
pub fn home(seen: &Seen<'_>, person: SubjectId) -> Result<String, Problem> {
    let is_person = seen.image().kind(person).is_some_and(|kind| **kind == *"person");
    seen.place_of(person)
        .filter(|_| is_person)
        .map(|place| place.to_string())
        .ok_or_else(|| problem::NOT_FOUND.problem("登记簿上没有此人。", "This person is not on the register."))
}

/// Opens a case of a service that settles bills, from the answers of its form: who it is about is known from then on.
///
/// # Errors
/// The named refusal.
pub async fn open(app: &App, actor: Actor, name: &str, request: Request, body: &[u8]) -> Result<Outcome, Problem> {
    if let Some(first) = app.answered(&request) {
        return first;
    }
    let verb = {
        let image = app.image();
        let mut prepared = act::prepare(app, &image, name, body)?;
        learn::must_be_seen(app, &image, actor, act::service(&image, name)?.0, body)?;
        let answers: Value = crate::who::parse(body)?;
        let person = SubjectId(answers["person"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX));
        let attribute = format!("{name}.admitted");
        let admitted = answers["admitted"].as_str().filter(|_| image.attribute(&attribute).is_some());
        let facts = admitted.map(|day| ProposedFact { attribute, value: day.to_owned(), on: day.parse().ok() });
        Admit { open: prepared.cases.remove(0), person, facts: facts.into_iter().collect() }
    };
    app.act(actor, request, verb).await
}

/// Admits a patient without deposit.
///
/// # Errors
/// The named refusal.
pub async fn admit(app: &App, viewer: &Viewer, request: Request, asked: &Admission) -> Result<Outcome, Problem> {
    let (name, answers) = {
        let image = app.image();
        register::view::known(app);
        let seen = viewer.look(&image);
        let service = service_for(act::catalog(&image)?.0, Payee::Clinic)?.name.clone();
        let person = SubjectId(asked.person);
        let region = home(&seen, person)?;
        let name = register::view::who(app, &seen, person, app.now().day());
        let answers = json!({
            "region": region, "person": asked.person, "name": name, "admitted": asked.admitted, "agreement": asked.agreement
        });
        (service, answers)
    };
    open(app, viewer.actor, &name, request, answers.to_string().as_bytes()).await
}

/// A case that settles a bill, by its number, with the day of admission that its fact says.
///
/// # Errors
/// `case-not-found`, `not-found`.
pub fn stay<'a>(seen: &Seen<'a>, number: &str) -> Result<(&'a CaseHead, Day), Problem> {
    let case = seen.numbered(number)?;
    let (case, _) = seen.settles(case.subject)?;
    let attribute = format!("{}.admitted", seen.image().service(case).name);
    match seen.latest(case.subject, &attribute) {
        Some(Known::Day(day)) => Ok((case, day)),
        _ => Err(problem::NOT_FOUND.problem("这个办件不是住院。", "This case is no stay in a hospital.")),
    }
}

/// Settles the bill of a stay.
///
/// # Errors
/// The named refusal.
pub async fn settle(
    app: &App,
    viewer: &Viewer,
    request: Request,
    number: &str,
    version: u64,
    bill: &BillAsked,
) -> Answer {
    if let Some(first) = app.answered(&request) {
        return first;
    }
    let verb = {
        let image = app.image();
        let (case, admitted) = stay(&viewer.look(&image), number)?;
        let asked = rule::bill(bill, admitted, None)?;
        must_be_past(app, &asked)?;
        let body = serde_json::to_vec(bill).map_err(|error| crate::app::store(&error))?;
        prepare(app, &image, case, version, asked, &body)?
    };
    app.act(viewer.actor, request, verb).await
}

/// Nobody leaves tomorrow.
pub fn must_be_past(app: &App, asked: &Asked) -> Result<(), Problem> {
    if asked.discharged <= app.now().day() {
        return Ok(());
    }
    Err(problem::FORM_INVALID.problem("出院日期还没有到。", "The day of discharge has not come yet."))
}

/// The act that settles a bill.
pub fn prepare(
    app: &App,
    image: &Image,
    case: &CaseHead,
    version: u64,
    bill: Asked,
    body: &[u8],
) -> Result<SettleBill, Problem> {
    let body = seal(app, case, image.service(case), body)?;
    Ok(SettleBill { case: case.subject, version, bill, body })
}

/// Cancels the settlement of a stay.
///
/// # Errors
/// The named refusal.
pub async fn cancel(
    app: &App,
    viewer: &Viewer,
    request: Request,
    number: &str,
    version: Option<u64>,
    reason: &str,
) -> Answer {
    if let Some(first) = app.answered(&request) {
        return first;
    }
    let verb = {
        let image = app.image();
        let (case, _) = stay(&viewer.look(&image), number)?;
        let body = seal(app, case, image.service(case), &reasoned(reason)?)?;
        CancelBill { case: case.subject, version: version.unwrap_or(u64::from(case.changed)), body }
    };
    app.act(viewer.actor, request, verb).await
}

/// A reason as a body.
///
/// # Errors
/// `form-invalid` when there is none.
pub fn reasoned(reason: &str) -> Result<Vec<u8>, Problem> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return Err(problem::FORM_INVALID.problem("请写明理由，最多 500 字。", "Say why, in at most 500 characters."));
    }
    Ok(json!({ "reason": reason }).to_string().into_bytes())
}

/// Records something about the person's part.
///
/// # Errors
/// The named refusal.
pub async fn share(app: &App, viewer: &Viewer, request: Request, number: &str, name: &str, answers: &Value) -> Answer {
    if let Some(first) = app.answered(&request) {
        return first;
    }
    let verb = {
        let image = app.image();
        let (case, _) = stay(&viewer.look(&image), number)?;
        let (case, entry) = may_record(&image, viewer, case.subject, name)?;
        act::check(&entry.form, &[], answers, app.now().day())?;
        RecordShare {
            case: case.subject,
            entry: name.to_owned(),
            share: share_of(entry, answers)?,
            facts: facts_from(&entry.facts, answers)?,
            body: seal(app, case, image.service(case), answers.to_string().as_bytes())?,
        }
    };
    app.act(viewer.actor, request, verb).await
}

fn share_of(entry: &Entry, answers: &Value) -> Result<Share, Problem> {
    let amount = |value: &Value| rule::yuan(value["amount"].as_str().unwrap_or_default(), "amount");
    match entry.share {
        Some(Sharing::Pay) => Ok(Share::Paid(amount(answers)?)),
        Some(Sharing::Instalments) => {
            let parts = answers["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
            Ok(Share::Split(parts.iter().map(amount).collect::<Result<Vec<Fen>, Problem>>()?))
        }
        Some(Sharing::GiveBack) => Ok(Share::GivenBack),
        None => Err(act::no_entry()),
    }
}
