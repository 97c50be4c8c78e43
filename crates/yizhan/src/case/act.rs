//! From answers to acts: checking them by their form, sealing them, finding the area, the digests and the facts.

use super::learn;
use super::model::Receipt;
use super::money;
use super::rule;
use crate::answer::lang;
use crate::app::{App, Request, store};
use crate::guide::change;
use crate::report::publish;
use crate::{cashier, flood, hospital, invoice, pay, travel};
use serde_json::Value;
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::act::{Actor, Effects, Scene, Verb};
use yizhan_core::catalog::{Blind, Catalog, Form, Lines, Publishing, Service, Step, Words};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{
    ForgetCase, Lesson, MoveCase, OpenCase, OpenCases, RecordEntry, facts_from, may_move, may_record,
};
use yizhan_core::vault::Vault;
use yizhan_core::writer::{Answer, Outcome};
use yizhan_kit::codes::{CitizenNumber, Mobile, RegionCode};
use yizhan_kit::{Day, Digest16, Lang, Problem};

/// The catalog in force and its number.
///
/// # Errors
/// When the zone has none yet.
pub fn catalog(image: &Image) -> Result<(&Arc<Catalog>, u64), Problem> {
    let catalog = image.catalog().ok_or_else(|| {
        problem::UNKNOWN_SERVICE.problem("本区还没有启用目录。", "This zone has not adopted a catalog yet.")
    })?;
    Ok((catalog, image.catalog_number()))
}

/// A service by name.
///
/// # Errors
/// `unknown-service`.
pub fn service<'a>(image: &'a Image, name: &str) -> Result<(&'a Arc<Service>, u64), Problem> {
    let (catalog, number) = catalog(image)?;
    let service = catalog.services.get(name).ok_or_else(|| {
        problem::UNKNOWN_SERVICE.problem(format!("没有事项“{name}”。"), format!("There is no service {name:?}."))
    })?;
    Ok((service, number))
}

/// Reads a JSON body.
///
/// # Errors
/// `body-invalid`, saying where.
pub fn json(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        problem::BODY_INVALID.problem(format!("无法读取：{error}"), format!("The body is no JSON: {error}"))
    })
}

/// Checks answers by a form, and what a schema cannot say: check digits.
///
/// # Errors
/// `form-invalid`, with every fault by pointer.
pub fn check(form: &Form, blind: &[Blind], answers: &Value, today: Day) -> Result<(), Problem> {
    let mut faults = form.check_on(answers, today).err().unwrap_or_default();
    for field in blind {
        if let Some(text) = answers.pointer(&field.pointer).and_then(Value::as_str)
            && let Some(what) = code_fault(&field.name, text)
            && !faults.iter().any(|(at, _)| *at == field.pointer)
        {
            faults.push((field.pointer.clone(), what));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let said = |at: &str, what: &str, lang| rule::fault_said(form.at(at), what, lang);
    let list: Vec<Value> = faults
        .iter()
        .map(|(at, what)| serde_json::json!({"at": at, "what": what, "said": said(at, what, lang())}))
        .collect();
    let (at, what) = &faults[0];
    Err(problem::FORM_INVALID
        .problem(
            format!("{} 处填写有误，见各栏的说明；第一处：{}", faults.len(), said(at, what, Lang::Zh)),
            format!("{} mistakes; the first at {at}: {what}", faults.len()),
        )
        .with("faults", Value::Array(list)))
}

/// What is wrong with a number that has a check of its own, by the name of its kind.
pub fn code_fault(name: &str, text: &str) -> Option<String> {
    match name {
        "citizen-number" => text.parse::<CitizenNumber>().err().map(|bad| bad.to_string()),
        "mobile" => text.parse::<Mobile>().err().map(|bad| bad.to_string()),
        _ => None,
    }
}

/// The canonical text of an answer that is found through the blind index.
pub fn canonical(name: &str, text: &str) -> String {
    match name {
        "citizen-number" => text.parse::<CitizenNumber>().map_or_else(|_| text.to_owned(), |number| number.to_string()),
        _ => text.to_owned(),
    }
}

/// The digests by which a case is found again.
fn digests(vault: &Vault, service: &Service, answers: &Value) -> Vec<Digest16> {
    let found = service.blind.iter().filter_map(|blind| match answers.pointer(&blind.pointer)? {
        Value::String(text) => Some(vault.blind(&blind.name, &canonical(&blind.name, text))),
        Value::Number(subject) => Some(vault.blind(&blind.name, &subject.to_string())),
        _ => None,
    });
    found.collect()
}

/// The area that the answers send a case to.
///
/// # Errors
/// `unknown-region`.
pub fn area(service: &Service, answers: &Value) -> Result<RegionCode, Problem> {
    let text = answers.pointer(&service.area).and_then(Value::as_str).unwrap_or_default();
    text.parse().map_err(|_| {
        problem::UNKNOWN_REGION.problem(format!("没有区划“{text}”。"), format!("There is no region {text:?}."))
    })
}

/// Opens a case: checks, seals and hands it in.
///
/// # Errors
/// The named refusal.
pub async fn open(app: &App, actor: Actor, name: &str, request: Request, body: &[u8]) -> Answer {
    if service(&app.image(), name)?.0.settles.is_some() {
        return hospital::act::open(app, actor, name, request, body).await;
    }
    let verb = {
        let image = app.image();
        let verb = prepare(app, &image, name, body)?;
        learn::must_be_seen(app, &image, actor, service(&image, name)?.0, body)?;
        if actor == Actor::Resident && app.answered(&request).is_none() {
            flood::act::charge(app, service(&image, name)?.0, body)?;
        }
        verb
    };
    app.act(actor, request, verb).await
}

/// All of opening a case that needs no writer: checking and sealing. With the companions that the answers name, each
/// a case of their own.
///
/// # Errors
/// The named refusal.
pub fn prepare(app: &App, image: &Image, name: &str, body: &[u8]) -> Result<OpenCases, Problem> {
    prepare_with(&app.vault, image, app.now().day(), name, body)
}

/// As [`prepare`], for whoever has a vault and no application.
///
/// # Errors
/// The named refusal.
pub fn prepare_with(vault: &Vault, image: &Image, today: Day, name: &str, body: &[u8]) -> Result<OpenCases, Problem> {
    let (service, catalog) = service(image, name)?;
    let mut answers = json(body)?;
    let counted = service.form.count_points(&mut answers);
    check(&service.form, &service.blind, &answers, today)?;
    if service.steps.iter().any(|step| step.adopts) {
        change::must_load(image, &answers)?;
    }
    if publish::publishes(service) {
        publish::must_be_countable(image, &answers)?;
    }
    let people = service.form.each().and_then(|list| answers.as_object_mut()?.shift_remove(list));
    let companions = people.as_ref().map(|people| service.form.companions(&answers, people, today)).unwrap_or_default();
    let seal = |answers: &Value, body: &[u8]| -> Result<OpenCase, Problem> {
        let area = area(service, answers)?;
        let (key, secret) = vault.new_key(&service.purpose, &digests(vault, service, answers));
        let form = vault.seal(&secret, &service.purpose, body);
        let facts = facts_from(&service.knows, answers)?;
        Ok(OpenCase { service: name.into(), catalog, area, key, form, facts })
    };
    let own = if people.is_some() || counted { answers.to_string().into_bytes() } else { body.to_vec() };
    let mut cases = vec![seal(&answers, &own)?];
    for (n, companion) in companions.iter().enumerate() {
        let list = service.form.each().unwrap_or_default();
        check(&service.form, &service.blind, companion, today)
            .map_err(|problem| rule::below(problem, &format!("/{list}/{n}")))?;
        cases.push(seal(companion, companion.to_string().as_bytes())?);
    }
    Ok(OpenCases { cases })
}

/// What somebody wants to do with a case.
pub struct Wanted {
    /// The case.
    pub case: SubjectId,
    /// The version they saw.
    pub version: u64,
    /// What to do.
    pub verb: StepVerb,
    /// Where to, when forwarding.
    pub to: Option<RegionCode>,
    /// The step's answers, when signing.
    pub answers: Option<Value>,
    /// Why, otherwise.
    pub reason: Option<String>,
}

/// Moves a case. Whether the viewer may is asked before the form is looked at.
///
/// # Errors
/// The named refusal.
pub async fn step(app: &App, viewer: &Viewer, request: Request, wanted: Wanted) -> Answer {
    if let Some(first) = app.answered(&request) {
        return first;
    }
    let verb = prepare_step(app, &app.image(), viewer, wanted)?;
    app.act(viewer.actor, request, verb).await
}

/// What would become of a move: everything but the writing. Nothing is kept.
///
/// # Errors
/// The refusal that the move itself would meet now.
pub fn preview_step(app: &App, viewer: &Viewer, wanted: Wanted) -> Result<(), Problem> {
    let image = app.image();
    let verb = prepare_step(app, &image, viewer, wanted)?;
    let scene = Scene { image: &image, actor: viewer.actor, at: app.now() };
    verb.decide(&scene, &mut Effects::new(&image))
}

/// All of a move that needs no writer: checking and sealing.
fn prepare_step(app: &App, image: &Image, viewer: &Viewer, wanted: Wanted) -> Result<Box<dyn Verb>, Problem> {
    let case = may_move(image, viewer, wanted.case, wanted.version, wanted.verb, app.now().day())?;
    let service = image.service(case).clone();
    let step = &service.steps[usize::from(case.step)];
    let mut facts = Vec::new();
    let (mut body, mut answered) = (None, None);
    if let (StepVerb::Sign, Some(form)) = (wanted.verb, &step.form) {
        let answers = wanted.answers.unwrap_or(Value::Object(serde_json::Map::new()));
        check(form, &[], &answers, app.now().day())?;
        facts = facts_from(&step.facts, &answers)?;
        pay::records::must_agree(app, image, case, &answers)?;
        let (answers, known) = match (step.lines, step.figures) {
            (Some(Lines::Propose), _) => pay::frozen::freeze(app, image, case, answers)?,
            (_, Some(Publishing::Freeze)) => publish::freeze(app, image, case, &answers)?,
            _ => (answers, Vec::new()),
        };
        facts.extend(known);
        if let Some(plans) = &step.plans {
            facts.extend(travel::act::planned(app, image, case, plans, &answers, &facts)?);
        }
        body = Some(answers.to_string().into_bytes());
        answered = Some(answers);
    } else if let (StepVerb::Close, Some(closing), Some(answers)) = (wanted.verb, &service.closing, &wanted.answers) {
        check(&closing.form, &[], answers, app.now().day())?;
        facts = facts_from(&closing.facts, answers)?;
        body = Some(answers.to_string().into_bytes());
    } else if let Some(reason) = wanted.reason.filter(|reason| !reason.trim().is_empty()) {
        if reason.chars().count() > 500 {
            return Err(problem::FORM_INVALID.problem("理由最多 500 字。", "A reason has at most 500 characters."));
        }
        body = Some(serde_json::json!({ "reason": reason }).to_string().into_bytes());
    } else if matches!(wanted.verb, StepVerb::SendBack | StepVerb::Close | StepVerb::Forward | StepVerb::Object) {
        return Err(problem::FORM_INVALID.problem("请写明理由。", "Please say why."));
    }
    if wanted.verb == StepVerb::Sign && step.form.is_none() {
        facts = facts_from(&step.facts, &Value::Null)?;
    }
    let lesson = match wanted.verb {
        StepVerb::Sign => learn::lesson(app, image, case, &step.learning, answered.as_ref())?,
        _ => Lesson::default(),
    };
    if wanted.verb == StepVerb::Sign && !cashier::rule::is_paid_by_code(app, image, case, step)? {
        papers_must_be_there(app, case, &service, step)?;
    }
    let payments = match wanted.verb {
        StepVerb::Sign => money::of_step(app, image, viewer, case, step, answered.as_ref())?,
        _ => Vec::new(),
    };
    let body = body.map(|plain| seal(app, case, &service, &plain)).transpose()?;
    let message = match (&step.tell, wanted.verb) {
        (Some(words), StepVerb::Sign) => message(app, case, &service, words)?,
        _ => None,
    };
    let (version, verb, to) = (wanted.version, wanted.verb, wanted.to);
    let catalog = match wanted.verb {
        StepVerb::Sign if step.adopts => Some(change::catalog_of(app, image, case)?),
        _ => None,
    };
    let moving = MoveCase { case: wanted.case, version, verb, to, body, facts, lesson, payments, message, catalog };
    // What a signature takes from a stock, or hands to the carrier, is decided with it.
    match wanted.verb {
        StepVerb::Sign => invoice::act::around(app, image, case, step, answered.as_ref(), moving),
        _ => Ok(Box::new(moving)),
    }
}

/// A step is signed when the papers it asks for are attached. Papers are never taken away, and
/// whoever returns one sits at the same desk as whoever signs, so it is enough to look now.
fn papers_must_be_there(app: &App, case: &CaseHead, service: &Service, step: &Step) -> Result<(), Problem> {
    if step.papers.is_empty() {
        return Ok(());
    }
    let steps = super::view::steps(app, case)?;
    // What happened last to each kind: one that was returned is asked for again.
    let will_do = |name: &String| {
        let verbs = steps.iter().filter(|row| *row.name == **name).map(|row| StepVerb::parse(&row.verb));
        let mut of_papers =
            verbs.filter(|verb| matches!(verb, Some(StepVerb::Attach | StepVerb::Accept | StepVerb::Return)));
        of_papers.next().is_some_and(|last| last != Some(StepVerb::Return))
    };
    let missing: Vec<&Words> = step
        .papers
        .iter()
        .filter(|name| !will_do(name))
        .filter_map(|name| service.paper(name))
        .map(|one| &one.title)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = |pick: fn(&Words) -> &str| missing.iter().map(|title| pick(title)).collect::<Vec<_>>();
    Err(problem::PAPER_MISSING.problem(
        format!("还缺材料：{}。", list(|title| &title.zh).join("、")),
        format!("Papers are missing: {}.", list(|title| &title.en).join(", ")),
    ))
}

/// Records an entry on a case. Whether the viewer may is asked before the form is looked at.
///
/// # Errors
/// The named refusal.
pub async fn record(
    app: &App,
    viewer: &Viewer,
    request: Request,
    case: SubjectId,
    name: &str,
    answers: Value,
) -> Answer {
    if let Some(first) = app.answered(&request) {
        return first;
    }
    let image = app.image();
    let (case, entry) = may_record(&image, viewer, case, name)?;
    let service = image.service(case).clone();
    let mut to = None;
    if entry.corrects(&service) {
        check(&entry.form, &service.blind, &answers, app.now().day())?;
        to = moved_to(app, viewer, case, &service, &answers)?;
    } else {
        check(&entry.form, &[], &answers, app.now().day())?;
    }
    let facts = facts_from(&entry.facts, &answers)?;
    let body = seal(app, case, &service, answers.to_string().as_bytes())?;
    let mut payments = money::movements(app, &image, viewer, case, &entry.money, &answers)?;
    payments.extend(pay::bank::payments(&image, viewer, case, entry, &answers)?);
    let verb = RecordEntry { case: case.subject, entry: name.to_owned(), body, facts, payments, to };
    app.act(viewer.actor, request, verb).await
}

/// Where a correction sends its case: to the area it names now, if it named another before. Who a case is about stays.
fn moved_to(
    app: &App,
    viewer: &Viewer,
    case: &CaseHead,
    service: &Service,
    answers: &Value,
) -> Result<Option<RegionCode>, Problem> {
    let before = super::view::given(app, &viewer.look(&app.image()), case)?;
    if let Some(field) = service.blind.iter().find(|field| field.name == "citizen-number")
        && before.pointer(&field.pointer) != answers.pointer(&field.pointer)
    {
        let (zh, en) = (
            "身份证号码不能更正，请撤回后重新申报。",
            "The identity number cannot be corrected; withdraw and declare again.",
        );
        let fault = serde_json::json!([{"at": field.pointer, "what": en}]);
        return Err(problem::FORM_INVALID.problem(zh, en).with("faults", fault));
    }
    let area_now = area(service, answers)?;
    Ok((area(service, &before)? != area_now).then_some(area_now))
}

/// `move-not-allowed`: the service has no such entry.
pub fn no_entry() -> Problem {
    problem::MOVE_NOT_ALLOWED.problem("没有这个登记项。", "There is no such entry.")
}

/// A text message to the person a case is about, sealed; nothing when the form did not ask for a number.
///
/// # Errors
/// `forgotten`, or the store's failure.
pub fn message(app: &App, case: &CaseHead, service: &Service, words: &Words) -> Result<Option<Arc<[u8]>>, Problem> {
    let steps = app.read(|reader| reader.steps_back(u64::from(case.last_step))).map_err(|error| store(&error))?;
    let mobile = service.blind.iter().find(|blind| blind.name == "mobile");
    let answers = super::view::answers(app, service, &steps)?;
    let to = mobile.zip(answers.as_ref()).and_then(|(blind, answers)| answers.pointer(&blind.pointer)?.as_str());
    let Some(to) = to else { return Ok(None) };
    let plain = serde_json::json!({"to": to, "text": words.zh}).to_string();
    seal(app, case, service, plain.as_bytes()).map(Some)
}

/// Forgets the identifying fields of an ended case.
///
/// # Errors
/// The named refusal.
pub async fn forget(app: &App, viewer: &Viewer, request: Request, case: SubjectId) -> Answer {
    let image = app.image();
    let head = viewer.look(&image).case(case)?;
    let blind = app.key(u64::from(head.key))?.blind;
    app.act(viewer.actor, request, ForgetCase { case, blind }).await
}

/// Seals bytes under the key of a case.
///
/// # Errors
/// `forgotten`, or the store's failure.
pub fn seal(app: &App, case: &CaseHead, service: &Service, plain: &[u8]) -> Result<Arc<[u8]>, Problem> {
    let row = app.key(u64::from(case.key))?;
    let key = app.vault.key(&row).map_err(|_| store(&"a key cannot be opened"))?;
    Ok(app.vault.seal(&key, &service.purpose, plain))
}

/// What whoever opened a case is told: its number, the secret of its receipt, when and under which act; the same of each
/// companion who was declared with it.
///
/// # Errors
/// When the act was about no case.
pub fn receipt(app: &App, outcome: &Outcome) -> Result<Receipt, Problem> {
    let image = app.image();
    let case = outcome.about.unwrap_or(SubjectId(u32::MAX));
    let program = Viewer::program();
    let seen = program.look(&image);
    let head = seen.case(case)?;
    let of = |case: &CaseHead, companions| {
        let (number, receipt) = (image.number(case), app.receipt(case.subject, outcome.at));
        let page = format!("/c/{number}?k={receipt}");
        Receipt { number, receipt, page, seq: outcome.seq, at: outcome.at.to_string(), companions }
    };
    let others = seen.opened_together(head).into_iter().filter(|other| other.subject != case);
    Ok(of(head, others.map(|other| of(other, Vec::new())).collect()))
}
