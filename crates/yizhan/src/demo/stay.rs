//! The hospital's desk of the demonstration: payers, whose desk each hospital login sits at, and some stays in every state,
//! made through the same doors that everyone uses.

use super::register::Register;
use super::{Maker, SOURCE, acting, commit};
use crate::app::{App, Request};
use crate::case::act::{self as case_act, Wanted};
use crate::hospital::act;
use crate::hospital::model::{Admission, BillAsked};
use crate::staff;
use serde_json::{Value, json};
use yizhan_core::access::{Role, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::catalog::Level;
use yizhan_core::image::case::StepVerb;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_core::service::SetFacts;
use yizhan_core::writer::Writer;
use yizhan_kit::{Day, Problem};

/// Who pays, by the names of the policies.
const PAYERS: [(&str, &str); 6] = [
    ("basic", "居民医保基金"),
    ("serious-illness", "大病保险承保公司"),
    ("assistance", "医疗救助资金"),
    ("supplement", "商业补充保险承保公司"),
    ("re-assistance", "再救助资金"),
    ("accident", "意外伤害保险承保公司"),
];

/// The logins of hospitals and the level of theirs.
const DESKS: [(&str, &str); 2] = [("hospital", "2"), ("hospital-b", "1")];

/// How many people were in hospital lately, every how many households on the register one.
const STAYS: usize = 16;
const APART: usize = 23;

/// What they came with.
const ILL: [(&str, &str); 4] = [
    ("慢性支气管炎急性发作", "抗感染、平喘治疗后好转，按时复诊。"),
    ("高血压病", "调整用药后血压平稳，每周自测。"),
    ("股骨颈骨折术后", "切口愈合好，三个月内避免负重。"),
    ("脑梗死恢复期", "康复训练，坚持服药。"),
];

/// Payers, and whose desk each login is.
///
/// # Errors
/// The refusal.
pub(super) fn make(writer: &mut Writer, maker: &Maker<'_>) -> Result<(), String> {
    let district = maker.catalog.regions.all().find(|region| region.level == Level::District);
    let district = district.ok_or("the zone has no district")?.code;
    let payers = PAYERS.iter().map(|(pays, called)| {
        let mut entry = maker.site("payer", district, called);
        entry.is("pays", pays);
        acting(entry.add(None, Vec::new()))
    });
    commit(writer, maker.now, payers.collect())?;
    // One hospital's desk is among the staff from the beginning; a name by chance would change everybody's after it.
    let second = staff::act::add(DESKS[1].0, "卫生院窗口", Role::Hospital, district, None, maker.founded);
    commit(writer, maker.now, vec![acting(second)])?;
    let program = Viewer::program();
    let seen = program.look(writer.image());
    let mut acts = Vec::new();
    for (login, level) in DESKS {
        let is = |clinic: &SubjectId| matches!(seen.latest(*clinic, "clinic.level"), Some(Known::Text(text)) if *text == *level);
        let Some((staff, clinic)) = writer.image().staff_by_login(login).zip(seen.subjects_of("clinic").find(is))
        else {
            continue;
        };
        acts.push(acting(SetFacts {
            subject: staff,
            facts: vec![("staff.clinic".to_owned(), Some(clinic.to_string()))],
            sealed: None,
            from: maker.founded,
            to: None,
            source: SOURCE.to_owned(),
        }));
    }
    commit(writer, maker.now, acts)?;
    Ok(())
}

/// Who was in hospital: the heads of some households.
pub(super) fn patients(register: &Register) -> Vec<SubjectId> {
    let heads = register.followed.iter().step_by(APART).filter_map(|home| home.people.first());
    heads.map(|(person, _)| *person).take(STAYS).collect()
}

/// Plays the stays, now.
///
/// # Errors
/// The refusal that a stay ran into.
pub(super) async fn play(app: &App, today: Day, patients: &[SubjectId]) -> Result<(), String> {
    for (n, patient) in patients.iter().enumerate() {
        let (login, _) = DESKS[usize::from(n % 4 == 3)];
        let Some(staff) = app.image().staff_by_login(login) else { return Ok(()) };
        let actor = Actor::Staff { id: staff, instead_of: None };
        let viewer = Viewer::of(&app.image(), actor, today).map_err(|problem| problem.to_string())?;
        let told = stay(app, &viewer, n, *patient, today).await;
        told.map_err(|problem| format!("stay {n}: {problem}"))?;
    }
    Ok(())
}

/// One stay: in hospital still, settled, paid in parts, closed, cancelled and settled anew.
async fn stay(app: &App, viewer: &Viewer, n: usize, patient: SubjectId, today: Day) -> Result<(), Problem> {
    let days = |less: usize| i32::try_from(less).unwrap_or(0);
    let admitted = today.plus(-days(4 + n % 14));
    let admission = Admission { person: patient.0, admitted: admitted.to_string(), agreement: true };
    let key = |part: &str| Request::keyed("demonstration", &format!("stay-{n}-{part}"), part.as_bytes());
    let outcome = act::admit(app, viewer, key("admit"), &admission).await?;
    let case = outcome.about.unwrap_or(patient);
    let number = |app: &App| {
        let image = app.image();
        viewer.look(&image).case(case).map(|case| (image.number(case), u64::from(case.changed)))
    };
    let (stay, version) = number(app)?;
    let (diagnosis, summary) = ILL[n % ILL.len()];
    let told = json!({"diagnosis": diagnosis, "summary": summary});
    case_act::record(app, viewer, key("summary"), case, "summary", told).await?;
    if n % 5 == 4 {
        return Ok(());
    }
    let bill = bill(n, today);
    act::settle(app, viewer, key("settle"), &stay, version, &bill).await?;
    if n % 8 == 6 {
        let (_, version) = number(app)?;
        act::cancel(app, viewer, key("cancel"), &stay, Some(version), "费用漏录，重新结算").await?;
        let (_, version) = number(app)?;
        act::settle(app, viewer, key("again"), &stay, version, &self::bill(n + 1, today)).await?;
    }
    let due = {
        let image = app.image();
        let entry = viewer.look(&image).slip(case);
        entry.map_or(0, |entry| entry.kept.personal_fen)
    };
    let yuan = |fen: i64| Value::from(yizhan_kit::Fen(fen).to_string());
    match n % 5 {
        1 => {
            let half = due / 2;
            let (first, last) = (today.plus(30).to_string(), today.plus(61).to_string());
            let parts = json!({"parts": [{"amount": yuan(half), "due": first}, {"amount": yuan(due - half), "due": last}], "until": last});
            act::share(app, viewer, key("parts"), &stay, "instalments", &parts).await?;
        }
        2 | 3 => {
            let paid = json!({"amount": yuan(due), "method": "cash"});
            act::share(app, viewer, key("pay"), &stay, "payment", &paid).await?;
            let (_, version) = number(app)?;
            let closed = Wanted { case, version, verb: StepVerb::Sign, to: None, answers: None, reason: None };
            case_act::step(app, viewer, key("close"), closed).await?;
        }
        _ => {}
    }
    Ok(())
}

fn bill(n: usize, today: Day) -> BillAsked {
    let yuan = |whole: usize, fen: usize| Some(format!("{whole}.{:02}", fen % 100));
    let total = 2_400 + n * 1_370 % 21_000;
    BillAsked {
        kind: None,
        discharged: today.plus(-i32::try_from(n % 3).unwrap_or(0)).to_string(),
        total: yuan(total, n * 37),
        own_pay: yuan(total / 25, 0),
        over_limit: yuan(total / 60, 0),
        first_pay: yuan(total / 40, 0),
        lines: Vec::new(),
    }
}
