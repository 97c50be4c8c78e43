//! The page behind a receipt: where the matter stands, what its holder reports, corrects, or takes back.

use super::form::{self, Sent};
use super::http::{self, code, faults, frame, refused, render, said, value};
use super::page::{self, CasePage, EntryForm, FormPage, Frame};
use crate::app::{App, Request};
use crate::case::{act, view};
use crate::paper::model::UploadLink;
use crate::paper::rule::{LARGEST, too_large};
use crate::{cashier, ground, invoice, notice, paper, parcel, travel, who};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::catalog::{Entry, Reader, Service};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::service::{ReadCase, alarms_of, may_attach};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Day, Problem};

/// The routes below a receipt's number.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/c/{number}", get(receipt))
        .route("/c/{number}/withdraw", post(withdraw))
        .route("/c/{number}/forget", post(forget))
        .route("/c/{number}/companion", post(companion))
        .route("/c/{number}/papers/{paper}", post(attach).layer(DefaultBodyLimit::max(LARGEST + 64 * 1024)))
        .route("/c/{number}/links/{paper}", post(give_link))
        .route("/c/{number}/{entry}", post(record))
        .route("/c/{number}/{entry}/form", post(correct))
}

/// The secret of a receipt and what was just done.
#[derive(Deserialize)]
struct Secret {
    #[serde(default)]
    k: String,
    done: Option<String>,
}

/// Whoever holds the receipt, and their case in the image they look at.
struct Held {
    image: Arc<Image>,
    viewer: Viewer,
}

impl Held {
    fn of(app: &App, number: &str, secret: &str) -> Result<Self, Problem> {
        let image = app.image();
        let viewer = who::holder(app, &image, number, secret)?;
        Ok(Self { image, viewer })
    }

    fn case(&self) -> Result<&CaseHead, Problem> {
        let case = self.viewer.case.expect("a holder holds one case");
        self.viewer.look(&self.image).case(case)
    }

    fn service(&self) -> Result<&Arc<Service>, Problem> {
        self.case().map(|case| self.image.service(case))
    }
}

async fn receipt(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let outcome = match secret.done.as_deref() {
        Some("withdraw") => Outcome::Withdrawn,
        Some(_) => Outcome::Saved,
        None => Outcome::Nothing,
    };
    answer(frame, |frame| draw(&app, frame, &number, &secret.k, &outcome))
}

/// Takes the case back.
async fn withdraw(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let frame = frame(&app, &uri);
    let version = value(&form::decode(&body), "version").parse().unwrap_or(0);
    let done = async {
        let held = Held::of(&app, &number, &secret.k)?;
        let case = held.case()?.subject;
        let wanted = act::Wanted { case, version, verb: StepVerb::Withdraw, to: None, answers: None, reason: None };
        let request = Request::keyed(&held.viewer.actor.to_string(), &format!("withdraw {version}"), b"");
        act::step(&app, &held.viewer, request, wanted).await
    };
    match done.await {
        Ok(_) => Redirect::to(&format!("/c/{number}?k={}&done=withdraw", secret.k)).into_response(),
        Err(problem) => answer(frame, |frame| draw(&app, frame, &number, &secret.k, &Outcome::Refused(&problem))),
    }
}

/// Deletes the personal details of a case that has ended, before their time, where the service allows it.
async fn forget(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let done = async {
        let held = Held::of(&app, &number, &secret.k)?;
        let request = Request::keyed(&held.viewer.actor.to_string(), "forget", b"");
        act::forget(&app, &held.viewer, request, held.case()?.subject).await
    };
    match done.await {
        Ok(_) => Redirect::to(&format!("/c/{number}?k={}&done=forget", secret.k)).into_response(),
        Err(problem) => answer(frame, |frame| draw(&app, frame, &number, &secret.k, &Outcome::Refused(&problem))),
    }
}

/// Records a report or a correction.
async fn record(
    State(app): State<Arc<App>>,
    Path((number, entry)): Path<(String, String)>,
    Query(secret): Query<Secret>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let frame = frame(&app, &uri);
    let sent = form::decode(&body);
    let done = async {
        let held = Held::of(&app, &number, &secret.k)?;
        let found = held.service()?.entry(&entry).ok_or_else(act::no_entry)?;
        let answers = form::answers(&found.form, &sent);
        let key = value(&sent, "_key");
        let request = Request::keyed(&held.viewer.actor.to_string(), &key, answers.to_string().as_bytes());
        act::record(&app, &held.viewer, request, held.case()?.subject, &entry, answers).await
    };
    match done.await {
        Ok(_) => Redirect::to(&format!("/c/{number}?k={}&done={entry}", secret.k)).into_response(),
        Err(problem) => answer(frame, |frame| {
            let held = Held::of(&app, &number, &secret.k)?;
            match held.service()?.entry(&entry) {
                Some(found) if found.corrects(held.service()?) => {
                    correction(&app, frame, &held, found, &secret.k, &sent, Some(&problem))
                }
                _ => draw(&app, frame, &number, &secret.k, &Outcome::Tried(&entry, &sent, &problem)),
            }
        }),
    }
}

/// Takes a photo or a file, as a browser without script sends it: whole.
async fn attach(
    State(app): State<Arc<App>>,
    Path((number, paper)): Path<(String, String)>,
    Query(secret): Query<Secret>,
    uri: Uri,
    mut sent: Multipart,
) -> Response {
    let frame = frame(&app, &uri);
    let done = async {
        let held = Held::of(&app, &number, &secret.k)?;
        let case = held.case()?.subject;
        let nothing =
            || problem::FORM_INVALID.problem("请先选择照片或文件。", "Please choose a photo or a file first.");
        while let Some(field) = sent.next_field().await.map_err(|_| too_large())? {
            if field.name() != Some("file") {
                continue;
            }
            let name = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(|_| too_large())?;
            if bytes.is_empty() {
                break;
            }
            return paper::act::attach(&app, &held.viewer, case, &paper, &name, bytes.to_vec()).await;
        }
        Err(nothing())
    };
    match done.await {
        Ok(_) => Redirect::to(&format!("/c/{number}?k={}&done={paper}#papers", secret.k)).into_response(),
        Err(problem) => answer(frame, |frame| draw(&app, frame, &number, &secret.k, &Outcome::Refused(&problem))),
    }
}

/// Makes a link by which somebody else's phone photographs a paper, and shows it.
async fn give_link(
    State(app): State<Arc<App>>,
    Path((number, paper)): Path<(String, String)>,
    Query(secret): Query<Secret>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let made = || {
        let held = Held::of(&app, &number, &secret.k)?;
        let case = held.case()?.subject;
        may_attach(&held.image, &held.viewer, case, &paper)?;
        paper::link::new(&app, case, &paper)
    };
    match made() {
        Ok(link) => answer(frame, |frame| draw(&app, frame, &number, &secret.k, &Outcome::Linked(&link))),
        Err(problem) => answer(frame, |frame| draw(&app, frame, &number, &secret.k, &Outcome::Refused(&problem))),
    }
}

/// The form again, with what was declared.
async fn correct(
    State(app): State<Arc<App>>,
    Path((number, entry)): Path<(String, String)>,
    Query(secret): Query<Secret>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let read = async {
        let held = Held::of(&app, &number, &secret.k)?;
        let service = held.service()?;
        service.entry(&entry).filter(|entry| entry.corrects(service)).ok_or_else(act::no_entry)?;
        read_own(&app, &number, &secret.k).await
    };
    match read.await {
        Ok((held, given)) => answer(frame, |frame| {
            let found = held.service()?.entry(&entry).ok_or_else(act::no_entry)?;
            correction(&app, frame, &held, found, &secret.k, &form::sent_from(&given), None)
        }),
        Err(problem) => refused(frame, &problem),
    }
}

/// The form for somebody who travels along, with what the journey has in common. Nothing of the person is carried over.
async fn companion(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let read = async {
        let (held, given) = read_own(&app, &number, &secret.k).await?;
        let service = held.service()?.clone();
        if !service.form.knows_companions() {
            return Err(act::no_entry());
        }
        let mut shared = service.form.shared(&given);
        shared["with"] = number.clone().into();
        Ok::<_, Problem>((service, form::sent_from(&shared)))
    };
    match read.await {
        Ok((service, sent)) => {
            let key = base32(&random::<16>(app.vault.entropy()));
            http::draw(&app, frame, &service, key, &sent, None, StatusCode::OK)
        }
        Err(problem) => refused(frame, &problem),
    }
}

/// What the holder declared. Reading it is an act, like everyone else's reading.
async fn read_own(app: &App, number: &str, secret: &str) -> Result<(Held, serde_json::Value), Problem> {
    let held = Held::of(app, number, secret)?;
    let case = held.case()?;
    let reading = ReadCase { case: case.subject, reason: "own".into() };
    app.act(held.viewer.actor, Request::unkeyed(b""), reading).await?;
    let given = view::given(app, &held.viewer.look(&held.image), case)?;
    Ok((held, given))
}

/// Draws a page, or the refusal that came instead.
fn answer(frame: Frame, page: impl FnOnce(Frame) -> Result<Response, Problem>) -> Response {
    let other = frame.clone();
    page(frame).unwrap_or_else(|problem| refused(other, &problem))
}

fn correction(
    app: &App,
    frame: Frame,
    held: &Held,
    entry: &Entry,
    secret: &str,
    sent: &Sent,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let (catalog, _) = act::catalog(&held.image)?;
    let faults = problem.map(faults).unwrap_or_default();
    let page = FormPage {
        title: view::words(&entry.title, frame.lang).to_owned(),
        about: frame
            .t(
                "改正填错的地方。身份证号码填错的，请撤回后重新申报。",
                "Correct what was wrong. If it is the identity number, withdraw and declare again.",
            )
            .to_owned(),
        action: format!("/c/{}/{}?k={secret}", held.image.number(held.case()?), entry.name),
        key: base32(&random::<16>(app.vault.entropy())),
        fields: form::fields(&entry.form, &catalog.regions, app.now().day(), frame.lang, sent, &faults),
        problem: problem.map(|problem| said(problem, &faults, &frame)),
        challenge: None,
        told: Vec::new(),
        guardian_told: Vec::new(),
        enter: None,
        unit: None,
        calculator: None,
        keep_days: None,
        frame,
    };
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.kind.status).ok()).unwrap_or_default();
    Ok(render(status, &page))
}

/// What was just done.
enum Outcome<'a> {
    /// Nothing: the page is looked at.
    Nothing,
    /// Something was saved.
    Saved,
    /// The case was taken back.
    Withdrawn,
    /// A link for another phone was made.
    Linked(&'a UploadLink),
    /// Something was refused.
    Refused(&'a Problem),
    /// An entry was refused: its name, what was sent, and why.
    Tried(&'a str, &'a Sent, &'a Problem),
}

/// The duty telephone of the desk that a case waits at, or of its area's.
fn phone_of(image: &Image, head: &CaseHead, today: Day) -> Option<String> {
    phone_in(image, image.area(head), today)
}

/// The duty telephone of an area.
pub fn phone_in(image: &Image, area: RegionCode, today: Day) -> Option<String> {
    let program = Viewer::program();
    let seen = program.look(image);
    let theirs = image.staff().filter(|id| {
        let viewer = Viewer::of(image, Actor::Staff { id: *id, instead_of: None }, today);
        viewer.is_ok_and(|viewer| viewer.area == Some(area))
    });
    theirs.into_iter().find_map(|id| match seen.latest(id, "staff.duty-phone") {
        Some(Value::Text(phone)) => Some(phone.to_string()),
        _ => None,
    })
}

/// The receipts of whoever was declared together with the first of them, for whoever holds the first.
fn companions(app: &App, image: &Image, head: &CaseHead) -> Vec<(String, String)> {
    let program = Viewer::program();
    let together = program.look(image).opened_together(head);
    if together.first().is_none_or(|first| first.subject != head.subject) {
        return Vec::new();
    }
    let others = together.into_iter().skip(1).filter(|other| other.key != 0);
    others
        .map(|other| {
            let number = image.number(other);
            let secret = app.receipt(other.subject, image.opened_at(other));
            (format!("/c/{number}?k={secret}"), number)
        })
        .collect()
}

/// Where a case is paid, and what is left of it: while something is, and once something was.
fn to_pay(
    app: &App,
    held: &Held,
    head: &CaseHead,
    number: &str,
    secret: &str,
) -> Result<Option<(String, Option<String>)>, Problem> {
    let found = cashier::view::payable(app, &held.image, &held.viewer, head, crate::answer::lang())?;
    Ok(found.and_then(|pay| {
        let left = pay.left.filter(|_| pay.state == "waiting");
        let shown = left.is_some() || pay.state == "paid" || pay.state == "unassessed";
        shown.then(|| (format!("/c/{number}/pay?k={secret}"), left))
    }))
}

fn draw(app: &App, frame: Frame, number: &str, secret: &str, outcome: &Outcome<'_>) -> Result<Response, Problem> {
    let (problem, tried) = match outcome {
        Outcome::Nothing | Outcome::Saved | Outcome::Withdrawn | Outcome::Linked(_) => (None, None),
        Outcome::Refused(problem) => (Some(*problem), None),
        Outcome::Tried(name, sent, problem) => (Some(*problem), Some((*name, *sent, *problem))),
    };
    let held = Held::of(app, number, secret)?;
    let (catalog, _) = act::catalog(&held.image)?;
    let (image, head, lang) = (&held.image, held.case()?, frame.lang);
    let service = held.service()?;
    let link = format!("{}/c/{number}?k={secret}", app.config.public_url());
    let nothing = Sent::new();
    let (corrections, reports): (Vec<&Entry>, Vec<&Entry>) =
        view::entries_of(image, &held.viewer, head).into_iter().partition(|entry| entry.corrects(service));
    let reports = reports.into_iter().map(|entry| {
        let tried = tried.filter(|(name, _, _)| *name == entry.name);
        let (sent, faults) = tried.map_or((&nothing, Vec::new()), |(_, sent, problem)| (sent, faults(problem)));
        EntryForm {
            title: view::words(&entry.title, lang).to_owned(),
            action: format!("/c/{number}/{}?k={secret}", entry.name),
            key: base32(&random::<16>(app.vault.entropy())),
            fields: form::fields(&entry.form, &catalog.regions, app.now().day(), lang, sent, &faults),
            open: tried.is_some(),
            name: entry.name.clone(),
        }
    });
    let marked = problem.map(faults).unwrap_or_default();
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.kind.status).ok()).unwrap_or_default();
    let page = CasePage {
        status: view::status(&held.viewer.look(image), head, lang),
        state: page::state(head.state.as_str(), lang),
        code: code(&link),
        link,
        entries: reports.collect(),
        corrections: corrections
            .into_iter()
            .map(|entry| {
                (format!("/c/{number}/{}/form?k={secret}", entry.name), view::words(&entry.title, lang).to_owned())
            })
            .collect(),
        companion: (service.form.knows_companions() && head.state.is_open() && head.key != 0)
            .then(|| format!("/c/{number}/companion?k={secret}")),
        duties: view::duties(image, head, app.now(), lang),
        withdraw: view::verbs(image, &held.viewer, head, app.now())
            .contains(&StepVerb::Withdraw)
            .then(|| format!("/c/{number}/withdraw?k={secret}")),
        tips: if head.state.is_open() && service.board.is_some() {
            notice::view::tips(catalog, Reader::Monitored, app.now().day(), lang)
        } else {
            Vec::new()
        },
        help: (head.state.is_open() && service.board.is_some() && catalog.services.contains_key("home-help"))
            .then(|| format!("/r/home-help?at={}", image.area(head))),
        call: phone_of(image, head, app.now().day()),
        companions: companions(app, image, head),
        forget: (service.forget_on_request && !head.state.is_open() && head.key != 0)
            .then(|| format!("/c/{number}/forget?k={secret}")),
        plan: if head.key == 0 { None } else { travel::view::plan(app, &held.viewer.look(image), head, lang)? },
        warnings: alarms_of(image, head)
            .iter()
            .filter_map(|open| Some(view::words(open.alarm().holder.as_ref()?, lang).to_owned()))
            .collect(),
        pay: to_pay(app, &held, head, number, secret)?,
        received: service
            .received
            .as_ref()
            .filter(|_| head.state.is_open() && head.step == 0)
            .map(|words| view::words(words, lang).to_owned())
            .or_else(|| ground::page::place_of(app, head.subject, lang)),
        notice: match outcome {
            Outcome::Saved => Some(frame.t("已保存。", "Saved.").to_owned()),
            Outcome::Withdrawn => Some(frame.t("已撤回。", "Withdrawn.").to_owned()),
            _ => None,
        },
        packet: invoice::view::of_case(app, image, head)?.runs,
        parcels: parcel::view::of_case(app, image, head, lang)?,
        given: match outcome {
            Outcome::Linked(link) => Some((*link).clone()),
            _ => None,
        },
        papers: paper::view::papers(app, image, &held.viewer, head, lang)?,
        problem: problem.map(|problem| said(problem, &marked, &frame)),
        frame,
    };
    Ok(render(status, &page))
}
