//! The household's card (明白卡): everything about a household on one page, for the household itself. It is reached by the
//! telephone of one of its members and a code; whatever is wrong on it is said on it.

use super::form;
use super::http::{frame, refused, render, value};
use super::page::Frame;
use crate::app::{App, Request};
use crate::case::act;
use crate::notice::announce::{self, Announcement};
use crate::register::household;
use crate::register::model::{HouseholdAsked, HouseholdPage, HouseholdPart, VerdictView};
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::image::Image;
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::Mobile;
use yizhan_kit::digest::is_same_secret;
use yizhan_kit::{Lang, Problem};

/// The room's routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/card/{household}", get(show).post(wrong))
}

/// Something said under a title.
struct Line {
    who: String,
    title: String,
    says: String,
    /// `good`, `bad` or nothing.
    tone: &'static str,
    /// Whether it stays off paper.
    private: bool,
}

/// `/card/…`
#[derive(Template)]
#[template(path = "card.html")]
struct Card {
    frame: Frame,
    page: HouseholdPage,
    members: Vec<Line>,
    standards: Vec<Line>,
    money: Vec<Line>,
    receives: Vec<Line>,
    may: Vec<Line>,
    next: Vec<Line>,
    told: Vec<Announcement>,
    phone: Option<String>,
    action: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    k: String,
}

/// The secret by which a household's card is opened, today and tomorrow.
fn secret(app: &App, household: SubjectId, days_ago: i32) -> String {
    let day = app.now().day().plus(-days_ago);
    app.vault.digest("card", format!("{household} {day}").as_bytes()).to_string()
}

/// The card of a household, for whoever was just found to belong to it.
pub(super) fn link(app: &App, household: SubjectId) -> String {
    format!("/card/{household}?k={}", secret(app, household, 0))
}

/// The households of whoever holds a telephone: link, head.
///
/// # Errors
/// The store's failure.
pub(super) fn of_mobile(app: &App, seen: &Seen<'_>, mobile: &Mobile) -> Result<Vec<SubjectId>, Problem> {
    let digest = app.vault.blind("mobile", mobile.as_str());
    let today = app.now().day();
    let mut households = Vec::new();
    for (key, person) in seen.subjects(digest) {
        match app.key(key) {
            Ok(row) if row.digests().any(|own| own == digest) => {
                if let Some(Value::Subject(household)) = seen.fact(person, "person.household", today)
                    && !households.contains(&household)
                {
                    households.push(household);
                }
            }
            Err(problem) if problem.kind.code != problem::FORGOTTEN.code => return Err(problem),
            _ => {}
        }
    }
    Ok(households)
}

/// What a household is called on a list of links.
pub(super) fn title(app: &App, image: &Image, household: SubjectId) -> String {
    let program = Viewer::program();
    crate::register::view::who(app, &program.look(image), household, app.now().day())
}

fn opened(app: &Arc<App>, household: &str, key: &str, lang: Lang) -> Result<HouseholdPage, Problem> {
    let refusal = || {
        problem::NOT_FOUND.problem(
            "这个链接已过期，请用手机号重新打开明白卡。",
            "This link is over; open the card again by your telephone number.",
        )
    };
    let household = household.parse().map(SubjectId).map_err(|_| refusal())?;
    if !(0..2).any(|days| is_same_secret(&secret(app, household, days), key)) {
        return Err(refusal());
    }
    household::page(app, &Viewer::program(), household, &HouseholdAsked::default(), lang)
}

async fn show(
    State(app): State<Arc<App>>,
    Path(household): Path<String>,
    Query(key): Query<Key>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    match opened(&app, &household, &key.k, frame.lang) {
        Ok(page) => render(StatusCode::OK, &drawn(&app, frame, page, &key.k, None)),
        Err(problem) => refused(frame, &problem),
    }
}

/// Takes up what the household says is wrong: a case for its village.
async fn wrong(
    State(app): State<Arc<App>>,
    Path(household): Path<String>,
    Query(key): Query<Key>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let frame = frame(&app, &uri);
    let page = match opened(&app, &household, &key.k, frame.lang) {
        Ok(page) => page,
        Err(problem) => return refused(frame, &problem),
    };
    let what = value(&form::decode(&body), "what").trim().to_owned();
    let asked = json!({"name": page.who, "region": page.area, "household": page.subject, "what": what});
    let asked = asked.to_string().into_bytes();
    // The same words on the same day are one case.
    let request = Request::keyed("card", &format!("{household} {} {what}", key.k), &asked);
    let done = act::open(&app, Actor::Resident, "register-correction", request, &asked).await;
    match done.and_then(|outcome| act::receipt(&app, &outcome)) {
        Ok(receipt) => Redirect::to(&receipt.page).into_response(),
        Err(problem) => {
            let status = StatusCode::from_u16(problem.kind.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let said =
                frame.t("请写明哪里不对，不超过 300 字。", "Say what is wrong, in up to 300 characters.").to_owned();
            render(status, &drawn(&app, frame, page, &key.k, Some(said)))
        }
    }
}

fn drawn(app: &App, frame: Frame, page: HouseholdPage, key: &str, problem: Option<String>) -> Card {
    let own = |part: &HouseholdPart| part.part == "household";
    let line = |who: &str, title: &str, says: String, tone| Line {
        who: who.to_owned(),
        title: title.to_owned(),
        says,
        tone,
        private: false,
    };
    let fact = |part: &HouseholdPart, name: &str| {
        part.facts.iter().find(|fact| fact.attribute == name).map(|fact| fact.says.clone()).unwrap_or_default()
    };
    let members = page.parts.iter().filter(|part| part.part == "member");
    let members = members.map(|part| {
        let said = [fact(part, "person.relation"), fact(part, "person.born"), fact(part, "person.student")];
        let said: Vec<String> = said.into_iter().filter(|one| !one.is_empty()).collect();
        line(&part.who, "", said.join(" · "), "")
    });
    let members = members.collect();
    let verdicts = |wanted: fn(&VerdictView) -> bool| {
        let all = page.parts.iter().flat_map(|part| part.verdicts.iter().map(move |verdict| (part, verdict)));
        all.filter(move |(_, verdict)| wanted(verdict))
    };
    let standards = verdicts(|one| one.kind == "standard").map(|(part, verdict)| {
        let (word, tone) = match verdict.verdict.as_str() {
            "passes" => (frame.t("达到", "met"), "good"),
            "fails" => (frame.t("未达到", "not met"), "bad"),
            _ => (frame.t("待核实", "to be checked"), ""),
        };
        // What cannot be told yet needs no second word for it.
        let tells = verdict.verdict == "fails" && !verdict.says.is_empty();
        let says = if tells { format!("{word}：{}", verdict.says) } else { word.to_owned() };
        Line { private: verdict.private, ..line(&part.who, &verdict.title, says, tone) }
    });
    let standards = standards.collect();
    let receives = verdicts(|one| one.verdict == "receiving").map(|(part, verdict)| Line {
        private: verdict.private,
        ..line(&part.who, &verdict.title, verdict.amount.clone(), "good")
    });
    let receives = receives.collect();
    let may = verdicts(|one| one.verdict == "missing").map(|(part, verdict)| {
        let says = if verdict.mend.is_empty() { verdict.says.clone() } else { verdict.mend.clone() };
        Line { private: verdict.private, ..line(&part.who, &verdict.title, says, "bad") }
    });
    let may = may.collect();
    let next = verdicts(|one| matches!(one.kind.as_str(), "duty" | "paper") && one.verdict == "fails").map(
        |(part, verdict)| Line {
            private: verdict.private,
            ..line(&part.who, &verdict.title, verdict.says.clone(), "")
        },
    );
    let next = next.collect();
    let household = page.parts.iter().find(|part| own(part));
    let money = household.into_iter().flat_map(|part| &part.facts);
    let yuan = frame.t("元/年", "yuan a year");
    let money = money
        .filter(|fact| fact.unit == yuan && fact.says != "0.00")
        .map(|fact| line("", &fact.title, format!("{} {}", fact.says, fact.unit), ""));
    let money = money.collect();
    let image = app.image();
    let area = page.area.parse().ok();
    let wanting: Vec<&str> = verdicts(|one| matches!(one.verdict.as_str(), "fails" | "missing"))
        .map(|(_, verdict)| verdict.rule.as_str())
        .collect();
    let told = area.map(|area| announce::for_household(app, area, &wanting)).unwrap_or_default();
    announce::reached(app, &told, SubjectId(page.subject));
    let phone = area.and_then(|area| super::receipt::phone_in(&image, area, app.now().day()));
    let action = format!("/card/{}?k={key}", page.subject);
    Card { members, standards, money, receives, may, next, told, phone, action, problem, frame, page }
}
