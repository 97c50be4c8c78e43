//! Bills that are settled from papers, for officers; and bills that come to something else after a late change.

use super::act::{home, open, prepare, reasoned, service_for};
use super::model::{BillAsked, ChangeView, DifferenceView, PapersAsked, SlipView};
use super::rule;
use super::view::{patient_name, previewed};
use crate::app::{App, Request};
use crate::case::act::seal;
use crate::case::view::{given, words};
use crate::register;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::catalog::Payee;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{Asked, Change, SettleAgain, may_move};
use yizhan_core::settlement::Kept;
use yizhan_core::writer::{Answer, Outcome};
use yizhan_kit::{Fen, Lang, Problem};

/// Opens the case of a bill that was paid elsewhere.
///
/// # Errors
/// The named refusal.
pub async fn take(app: &App, viewer: &Viewer, request: Request, asked: &PapersAsked) -> Result<Outcome, Problem> {
    let (service, answers) = {
        let image = app.image();
        register::view::known(app);
        let seen = viewer.look(&image);
        let service = service_for(crate::case::act::catalog(&image)?.0, Payee::Person)?.name.clone();
        let person = SubjectId(asked.person);
        let region = home(&seen, person)?;
        let household = register::view::household_of(&seen, person, app.now().day());
        let household = household.ok_or_else(|| {
            problem::NOT_FOUND.problem("没有登记此人所在的户。", "The household of this person is not recorded.")
        })?;
        let bill = rule::bill(&asked.bill, rule::day(&asked.admitted, "admitted")?, Some(asked.level))?;
        let answers = json!({
            "region": region,
            "household": household.0,
            "person": asked.person,
            "name": register::view::who(app, &seen, household, app.now().day()),
            "hospital": asked.hospital,
            "level": asked.level,
            "kind": bill.kind,
            "admitted": asked.admitted,
            "discharged": asked.bill.discharged,
            "total": bill.total.to_string(),
            "own_pay": bill.out[0].to_string(),
            "over_limit": bill.out[1].to_string(),
            "first_pay": bill.out[2].to_string(),
        });
        (service, answers)
    };
    open(app, viewer.actor, &service, request, answers.to_string().as_bytes()).await
}

/// The bill that the papers of a case tell.
fn told(app: &App, seen: &Seen<'_>, case: &CaseHead) -> Result<Asked, Problem> {
    let answers = given(app, seen, case)?;
    let text = |name: &str| answers[name].as_str().unwrap_or_default().to_owned();
    let level = answers["level"].as_u64().and_then(|level| u8::try_from(level).ok());
    let Some(level) = level else {
        return Err(problem::NOT_FOUND.problem("这个办件没有票据。", "This case has no papers of a bill."));
    };
    let bill = BillAsked {
        kind: Some(text("kind")),
        discharged: text("discharged"),
        total: Some(text("total")),
        own_pay: Some(text("own_pay")),
        over_limit: Some(text("over_limit")),
        first_pay: Some(text("first_pay")),
        lines: Vec::new(),
    };
    rule::bill(&bill, rule::day(&text("admitted"), "admitted")?, Some(level))
}

/// What the papers of a case would come to now.
///
/// # Errors
/// The named refusal.
pub fn preview(app: &App, viewer: &Viewer, number: &str, lang: Lang) -> Result<SlipView, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let case = seen.numbered(number)?;
    seen.settles(case.subject)?;
    let asked = told(app, &seen, case)?;
    previewed(&seen, case, &seen.reckon(case.subject, &asked)?, lang)
}

/// Settles a bill from the papers of its case.
///
/// # Errors
/// The named refusal.
pub async fn settle(app: &App, viewer: &Viewer, request: Request, number: &str, version: u64) -> Answer {
    if let Some(first) = app.answered(&request) {
        return first;
    }
    let verb = {
        let image = app.image();
        let seen = viewer.look(&image);
        let (found, _) = seen.settles(seen.numbered(number)?.subject)?;
        let case = may_move(&image, viewer, found.subject, version, StepVerb::Sign, app.now().day())?;
        let asked = told(app, &seen, case)?;
        prepare(app, &image, case, version, asked, b"{}")?
    };
    app.act(viewer.actor, request, verb).await
}

/// Every bill of the viewer's area that comes to something else by what the register says now.
///
/// # Errors
/// `no-policy`.
pub fn changed(app: &App, viewer: &Viewer, lang: Lang) -> Result<Vec<ChangeView>, Problem> {
    register::view::known(app);
    let image = app.image();
    let seen = viewer.look(&image);
    let years: BTreeSet<(u32, i32)> = seen.slips().map(|entry| (entry.kept.person, entry.kept.year())).collect();
    let mut rows = Vec::new();
    for (person, year) in years {
        for change in seen.changed(SubjectId(person), year)? {
            if let Ok(case) = seen.case(change.case) {
                rows.push(change_view(app, &seen, case, &change, lang)?);
            }
        }
    }
    Ok(rows)
}

fn change_view(
    app: &App,
    seen: &Seen<'_>,
    case: &CaseHead,
    change: &Change,
    lang: Lang,
) -> Result<ChangeView, Problem> {
    let policy = seen.policy(&change.now)?;
    let title = |kept: &Kept| {
        let place = policy.category(&kept.category).map(usize::from);
        place.map(|place| words(&policy.categories[place].title, lang).to_owned()).unwrap_or_default()
    };
    let difference = |payer: &str, title: &str, was: Fen, now: Fen| DifferenceView {
        payer: payer.to_owned(),
        title: title.to_owned(),
        was: was.to_string(),
        now: now.to_string(),
        more: Fen(now.0 - was.0).to_string(),
    };
    let layers = (0..policy.layers.len()).map(|layer| {
        let payer = policy.payer(layer);
        difference(&payer.id, words(&payer.title, lang), change.was.pay(layer), change.now.pay(layer))
    });
    let own = if lang == Lang::En { "the person" } else { "个人" };
    let personal = difference("personal", own, Fen(change.was.personal_fen), Fen(change.now.personal_fen));
    let person = SubjectId(change.was.person);
    Ok(ChangeView {
        number: seen.image().number(case),
        name: patient_name(app, seen, person),
        person: person.0,
        area: seen.place_of(person).map(|area| area.to_string()).unwrap_or_default(),
        year: change.was.year(),
        was_category: title(&change.was),
        now_category: title(&change.now),
        differences: layers.chain([personal]).filter(|one| one.was != one.now).collect(),
    })
}

/// Settles the bills of a person's year again, by the case that decided so.
///
/// # Errors
/// The named refusal.
pub async fn again(app: &App, viewer: &Viewer, request: Request, number: &str, version: u64) -> Answer {
    if let Some(first) = app.answered(&request) {
        return first;
    }
    let verb = {
        let image = app.image();
        let seen = viewer.look(&image);
        let found = seen.numbered(number)?.subject;
        let case = may_move(&image, viewer, found, version, StepVerb::Sign, app.now().day())?.clone();
        let answers: Value = given(app, &seen, &case)?;
        let number_of = |name: &str| answers[name].as_i64().unwrap_or(0);
        let person = SubjectId(u32::try_from(number_of("person")).unwrap_or(u32::MAX));
        let year = i32::try_from(number_of("year")).unwrap_or(0);
        let changes = seen.changed(person, year)?.len();
        let body = seal(app, &case, image.service(&case), &reasoned(answers["why"].as_str().unwrap_or_default())?)?;
        SettleAgain { case: case.subject, version, person, year, body, changes }
    };
    app.act(viewer.actor, request, verb).await
}
