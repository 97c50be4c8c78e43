//! What is shown of patients, stays and slips, through the gate.

use super::act::service_for;
use super::model::{
    BillLine, LayerView, PatientAsked, PatientView, ShareView, SlipView, StayRow, StayView, SummaryView,
};
use super::rule;
use crate::app::{App, Request};
use crate::case::view::{area_name, entries_of, read_json, status, steps, verbs, words};
use crate::pay::view::masked;
use crate::register;
use yizhan_core::access::{Role, Seen, Viewer};
use yizhan_core::catalog::{Payee, Settling};
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{Reckoned, Stands};
use yizhan_core::settlement::policy::Standing;
use yizhan_core::settlement::words::{arithmetic, why};
use yizhan_core::settlement::{Account, Bill, Entry, Kept, Policy};
use yizhan_kit::codes::CitizenNumber;
use yizhan_kit::{Fen, Lang, Problem};

/// How far back stays are listed, in days.
const BACK: i32 = 400;

/// Stays in a list, at most.
const LISTED: usize = 500;

/// A patient as the viewer may know them: officers by name, everybody else by its first character.
pub fn patient_name(app: &App, seen: &Seen<'_>, person: SubjectId) -> String {
    let name = register::view::who(app, seen, person, app.now().day());
    if matches!(seen.viewer().role, Role::Officer(_)) { name } else { masked(&name) }
}

/// What a hospital is called.
pub fn clinic_name(app: &App, seen: &Seen<'_>, clinic: Option<u32>) -> String {
    clinic.map(|clinic| register::view::who(app, seen, SubjectId(clinic), app.now().day())).unwrap_or_default()
}

/// Looks a patient up by the whole number on their card.
///
/// # Errors
/// `form-invalid`, `not-found`, `no-policy`.
pub fn patient(app: &App, viewer: &Viewer, asked: &PatientAsked, lang: Lang) -> Result<PatientView, Problem> {
    let number: CitizenNumber = asked.citizen_number.trim().parse().map_err(|_| {
        problem::FORM_INVALID.problem("身份证号码有误，请核对。", "This is no citizen number; check it.")
    })?;
    register::view::known(app);
    let image = app.image();
    let seen = viewer.look(&image);
    let admitted = match &asked.admitted {
        Some(text) => rule::day(text, "admitted")?,
        None => app.now().day(),
    };
    let digest = app.vault.blind("citizen-number", &number.to_string());
    let is_person = |subject: SubjectId| image.kind(subject).is_some_and(|kind| **kind == *"person");
    let mut found = None;
    for (key, subject) in seen.subjects(digest).filter(|(_, subject)| is_person(*subject)) {
        if app.key(key)?.digests().any(|own| own == digest) {
            found = Some(subject);
            break;
        }
    }
    let person = found.ok_or_else(|| {
        problem::NOT_FOUND.problem(
            "登记簿上没有此人，请按普通患者办理或核对号码。",
            "This person is not on the register; check the number, or treat them as any other patient.",
        )
    })?;
    let so_far = seen.year_so_far(person, admitted)?;
    let (policy, category) = (&so_far.policy, usize::from(so_far.category));
    let mut stays: Vec<String> = seen.bills_about(person).map(|case| image.number(case)).collect();
    stays.reverse();
    let text = number.to_string();
    Ok(PatientView {
        person: person.0,
        name: masked(&register::view::who(app, &seen, person, app.now().day())),
        citizen_number: format!("{}********{}", &text[..6], &text[14..]),
        area_name: seen.place_of(person).map(|area| area_name(&image, area)).unwrap_or_default(),
        policy: policy.name.clone(),
        policy_title: words(&policy.title, lang).to_owned(),
        illustrative: policy.standing == Standing::Illustrative,
        category: policy.categories[category].id.clone(),
        category_title: words(&policy.categories[category].title, lang).to_owned(),
        admissions: so_far.account.admissions,
        stays,
    })
}

/// The stays of the hospital, the latest first.
///
/// # Errors
/// `unknown-service`.
pub fn stays(app: &App, viewer: &Viewer, closed: bool, lang: Lang) -> Result<Vec<StayRow>, Problem> {
    register::view::known(app);
    let image = app.image();
    let seen = viewer.look(&image);
    let catalog = image.catalog().expect("a zone with staff has a catalog");
    let name = &service_for(catalog, Payee::Clinic)?.name;
    let wanted = |case: &&CaseHead| image.service(case).name == *name && (closed || case.state.is_open());
    let cases = seen.opened_since(app.now().day().plus(-BACK)).filter(wanted).take(LISTED);
    cases.map(|case| stay_row(app, &seen, case, lang)).collect()
}

fn stay_row(app: &App, seen: &Seen<'_>, case: &CaseHead, lang: Lang) -> Result<StayRow, Problem> {
    let slip = seen.slip(case.subject);
    let due = slip.map(|entry| shares(seen, entry)).transpose()?.flatten();
    let at = status(seen, case, lang);
    Ok(StayRow {
        name: patient_name(app, seen, seen.patient(case.subject)?.person),
        number: at.number,
        state: at.state,
        step: at.step,
        step_title: at.step_title,
        admitted: admitted(seen, case).unwrap_or_default(),
        total: slip.map(|entry| Fen(entry.kept.total_fen).to_string()),
        personal: slip.map(|entry| Fen(entry.kept.personal_fen).to_string()),
        due: due.map(|due| sum(&due.waits).to_string()),
    })
}

/// The day of admission.
fn admitted(seen: &Seen<'_>, case: &CaseHead) -> Option<String> {
    let attribute = format!("{}.admitted", seen.image().service(case).name);
    match seen.latest(case.subject, &attribute)? {
        Value::Day(day) => Some(day.to_string()),
        _ => None,
    }
}

fn sum(list: &[(u64, Fen)]) -> Fen {
    Fen(list.iter().map(|(_, amount)| amount.0).sum())
}

/// What stands of the person's part.
fn shares(seen: &Seen<'_>, entry: &Entry) -> Result<Option<Stands>, Problem> {
    Ok(seen.moved(entry)?.into_iter().find(|(linked, _)| linked.payer.is_none()).map(|(_, stands)| stands))
}

/// A case that settles a bill, whole.
///
/// # Errors
/// `case-not-found`, `not-found`.
pub fn stay(app: &App, viewer: &Viewer, number: &str, lang: Lang) -> Result<StayView, Problem> {
    register::view::known(app);
    let image = app.image();
    let seen = viewer.look(&image);
    let (case, _) = seen.settles(seen.numbered(number)?.subject)?;
    let about = seen.patient(case.subject)?;
    let entry = seen.slip(case.subject);
    let slip = entry.map(|entry| standing(&seen, entry, lang)).transpose()?;
    let share = entry.map(|entry| shares(&seen, entry)).transpose()?.flatten();
    let until = seen.latest(case.subject, &format!("{}.instalments-until", image.service(case).name));
    let share = share.map(|stands| ShareView {
        paid: stands.moved.to_string(),
        due: sum(&stands.waits).to_string(),
        parts: stands.waits.len(),
        until: until.and_then(|until| if let Value::Day(day) = until { Some(day.to_string()) } else { None }),
        back: sum(&stands.back).to_string(),
    });
    let at = status(&seen, case, lang);
    Ok(StayView {
        version: at.version,
        service: at.service,
        title: at.title,
        state: at.state,
        step: at.step,
        step_title: at.step_title,
        name: patient_name(app, &seen, about.person),
        person: about.person.0,
        area_name: seen.place_of(about.person).map(|area| area_name(&image, area)).unwrap_or_default(),
        clinic: clinic_name(app, &seen, about.clinic.map(|clinic| clinic.0)),
        admitted: admitted(&seen, case)
            .or_else(|| entry.map(|entry| entry.kept.admitted.to_string()))
            .unwrap_or_default(),
        settled_at: entry.and_then(|entry| image.act(entry.seq)).map(|act| act.at().to_string()),
        may: allowed(app, &seen, case),
        number: at.number,
        slip,
        share,
    })
}

/// What the viewer may do with a case that settles a bill.
fn allowed(app: &App, seen: &Seen<'_>, case: &CaseHead) -> Vec<String> {
    let (image, viewer) = (seen.image(), seen.viewer());
    let service = image.service(case);
    let at = usize::from(case.step);
    let step = &service.steps[at];
    let mut may: Vec<String> = Vec::new();
    if case.state.is_open() && viewer.is_for(image, case, &step.who) {
        let before = at.checked_sub(1).map(|place| &service.steps[place]);
        may.extend((step.settles == Some(Settling::Bill)).then(|| "settle".to_owned()));
        may.extend(before.filter(|one| one.settles == Some(Settling::Bill)).map(|_| "cancel".to_owned()));
        may.extend(verbs(image, viewer, case, app.now()).iter().map(|verb: &StepVerb| verb.as_str().to_owned()));
    }
    may.extend(entries_of(image, viewer, case).iter().map(|entry| entry.name.clone()));
    may
}

/// A slip that stands, with the words of how it came about.
///
/// # Errors
/// `no-policy`, `no-payer`.
pub fn standing(seen: &Seen<'_>, entry: &Entry, lang: Lang) -> Result<SlipView, Problem> {
    let policy = seen.policy(&entry.kept)?;
    let mut view = slip(policy, &entry.kept, &seen.before(policy, entry), lang)?;
    let (_, settles) = seen.settles(entry.case)?;
    for (linked, stands) in seen.moved(entry)? {
        if let Some(layer) = linked.payer {
            view.layers[layer].arrived = stands.moved.to_string();
        }
    }
    for layer in &mut view.layers {
        layer.waived = settles.waives.contains(&layer.payer);
    }
    Ok(view)
}

/// A slip that would be.
///
/// # Errors
/// `no-policy`.
pub fn previewed(seen: &Seen<'_>, case: &CaseHead, reckoned: &Reckoned, lang: Lang) -> Result<SlipView, Problem> {
    let mut view = slip(&reckoned.policy, &reckoned.kept, &reckoned.before, lang)?;
    let (_, settles) = seen.settles(case.subject)?;
    for layer in &mut view.layers {
        layer.waived = settles.waives.contains(&layer.payer);
    }
    Ok(view)
}

fn slip(policy: &Policy, kept: &Kept, before: &Account, lang: Lang) -> Result<SlipView, Problem> {
    let bill: Bill = kept.bill(policy).ok_or_else(|| {
        problem::NO_POLICY.problem("政策里没有这个类别。", "The policy no longer has this category or kind.")
    })?;
    let mut layers = Vec::new();
    let mut rest = kept.in_scope();
    // The same bill on the same account takes the same steps and tells them; where the policy was edited since, what was
    // settled stands and nothing is told.
    let told = policy.table.settle(&mut before.clone(), &bill).pay;
    let same = (0..policy.layers.len()).all(|layer| told[layer] == kept.pay(layer));
    policy.table.settle_telling(&mut before.clone(), &bill, |layer, step| {
        let (mut reason, mut trace) = (String::new(), String::new());
        if same {
            why(policy, layer, &bill, step, lang, &mut reason);
            arithmetic(policy, layer, &bill, step, lang, &mut trace);
        }
        layers.push(LayerView {
            payer: policy.payer(layer).id.clone(),
            title: words(&policy.payer(layer).title, lang).to_owned(),
            base: rest.to_string(),
            pay: kept.pay(layer).to_string(),
            why: reason,
            trace,
            waived: false,
            arrived: Fen(0).to_string(),
        });
        rest = Fen(rest.0 - kept.pay(layer).0);
    });
    let (category, kind) =
        (&policy.categories[usize::from(bill.category)], &policy.kinds[usize::from(bill.kind)].named);
    Ok(SlipView {
        policy: policy.name.clone(),
        policy_title: words(&policy.title, lang).to_owned(),
        illustrative: policy.standing == Standing::Illustrative,
        category: category.id.clone(),
        category_title: words(&category.title, lang).to_owned(),
        kind: kind.id.clone(),
        kind_title: words(&kind.title, lang).to_owned(),
        level: kept.level,
        admitted: kept.admitted.to_string(),
        discharged: kept.discharged.to_string(),
        total: Fen(kept.total_fen).to_string(),
        own_pay: Fen(kept.out_fen[0]).to_string(),
        over_limit: Fen(kept.out_fen[1]).to_string(),
        first_pay: Fen(kept.out_fen[2]).to_string(),
        in_scope: kept.in_scope().to_string(),
        layers,
        fund_pays: kept.fund_pays().to_string(),
        personal: Fen(kept.personal_fen).to_string(),
        personal_words: rule::capital(Fen(kept.personal_fen)),
    })
}

/// What is wrong with somebody, for the desk of their hospital; that it was read is on record first.
///
/// # Errors
/// `case-not-found`, `not-found`, `forgotten`, the store's failure.
pub async fn summary(app: &App, viewer: &Viewer, number: &str) -> Result<SummaryView, Problem> {
    let case = {
        let image = app.image();
        super::act::stay(&viewer.look(&image), number)?.0.subject
    };
    let reading = yizhan_core::service::ReadCase { case, reason: "check".into() };
    app.act(viewer.actor, Request::unkeyed(b"summary"), reading).await?;
    let image = app.image();
    let case = viewer.look(&image).case(case)?.clone();
    crate::app::blocking(|| {
        let steps = steps(app, &case)?;
        let of = |verb: StepVerb, name: &str| {
            let is = |one: &&yizhan_core::row::StepRow| *one.verb == *verb.as_str() && *one.name == *name;
            steps.iter().find(is).and_then(|one| one.body).map(|body| read_json(app, body)).transpose()
        };
        let bill_step = image.service(&case).steps.iter().find(|step| step.settles == Some(Settling::Bill));
        let bill = match bill_step {
            Some(step) => of(StepVerb::Sign, &step.name)?,
            None => None,
        };
        let lines = bill.map(|bill| serde_json::from_value::<Vec<BillLine>>(bill["lines"].clone()).unwrap_or_default());
        let told = of(StepVerb::Record, "summary")?.unwrap_or_default();
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        Ok(SummaryView { diagnosis: text("diagnosis"), summary: text("summary"), lines: lines.unwrap_or_default() })
    })
}
