//! The family doctors of the demonstration: teams at the clinics of each township, two doctors each, the agreements of those who
//! have signed, who has which chronic illness; and some visits, through the same doors that everyone uses.

use super::register::Register;
use super::{Maker, SOURCE, acting, commit};
use crate::app::{App, Request};
use crate::case::act::{self, Wanted};
use crate::staff;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yizhan_core::access::{Role, Viewer};
use yizhan_core::act::{Act, Actor};
use yizhan_core::catalog::Level;
use yizhan_core::image::case::StepVerb;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_core::service::SetFacts;
use yizhan_core::writer::Writer;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Problem};

/// How many teams there are.
const TEAMS: usize = 24;

/// How many visits are played.
const VISITS: usize = 60;

/// Sets this chance apart from that by which people are made up.
const APART: u64 = 0x0064_6f63_746f_7273;

/// Whom a team's doctor calls on.
pub(super) struct Patient {
    person: SubjectId,
    area: RegionCode,
    login: String,
    disease: &'static str,
}

/// Records teams, doctors and agreements: on whom doctors call.
///
/// # Errors
/// The refusal.
pub(super) fn make(
    writer: &mut Writer,
    maker: &Maker<'_>,
    register: &Register,
    seed: u64,
) -> Result<Vec<Patient>, String> {
    let teams = teams(writer, maker, TEAMS)?;
    agreements(writer, maker, register, (&teams, seed))
}

fn login(team: usize, second: bool) -> String {
    format!("doctor{}{}", team + 1, if second { "b" } else { "" })
}

/// The townships in which the teams are, one after another.
fn townships(maker: &Maker<'_>) -> Vec<RegionCode> {
    let regions = maker.catalog.regions.all().filter(|region| region.level == Level::Township);
    regions.filter(|region| region.holds_on(maker.founded)).map(|region| region.code).collect()
}

/// Records so many teams and their doctors.
///
/// # Errors
/// The refusal.
pub(super) fn teams(writer: &mut Writer, maker: &Maker<'_>, count: usize) -> Result<Vec<SubjectId>, String> {
    let townships = townships(maker);
    if townships.is_empty() {
        return Ok(Vec::new());
    }
    let clinics: BTreeMap<RegionCode, SubjectId> = {
        let program = Viewer::program();
        let seen = program.look(writer.image());
        seen.subjects_of("clinic").filter_map(|clinic| Some((seen.place_of(clinic)?, clinic))).collect()
    };
    let teams = (0..count).map(|n| {
        let area = townships[n % townships.len()];
        let mut entry = maker.site("doctor-team", area, &format!("家庭医生{}队", n / townships.len() + 1));
        if let Some(clinic) = clinics.get(&area) {
            entry.is("clinic", clinic);
        }
        acting(entry.add(None, Vec::new()))
    });
    let teams = commit(writer, maker.now, teams.collect())?;
    let doctors: Vec<(usize, String)> =
        (0..count).flat_map(|team| [(team, login(team, false)), (team, login(team, true))]).collect();
    let added = doctors.iter().map(|(team, login)| {
        let area = townships[team % townships.len()];
        let name = format!("医生{}", login.trim_start_matches("doctor"));
        acting(staff::act::add(login, &name, Role::FamilyDoctor, area, None, maker.founded))
    });
    let staff = commit(writer, maker.now, added.collect())?;
    let members = staff.iter().zip(&doctors).map(|(staff, (team, _))| {
        known(*staff, vec![fact("staff.doctor-team", teams[*team].to_string())], maker.founded)
    });
    commit(writer, maker.now, members.collect())?;
    Ok(teams)
}

fn known(subject: SubjectId, facts: Vec<(String, Option<String>)>, from: Day) -> Act {
    acting(SetFacts { subject, facts, sealed: None, from, to: None, source: SOURCE.into() })
}

fn fact(name: &str, value: String) -> (String, Option<String>) {
    (name.to_owned(), Some(value))
}

/// Records who has signed with which team: on whom doctors call.
///
/// # Errors
/// The refusal.
pub(super) fn agreements(
    writer: &mut Writer,
    maker: &Maker<'_>,
    register: &Register,
    (teams, seed): (&[SubjectId], u64),
) -> Result<Vec<Patient>, String> {
    let chance = SeededEntropy::new(seed ^ APART);
    let townships = townships(maker);
    if townships.is_empty() {
        return Ok(Vec::new());
    }
    let of_township = |area: RegionCode| -> Vec<usize> {
        let here = |n: &usize| townships[n % townships.len()].contains(area);
        (0..teams.len()).filter(here).collect()
    };
    let program = Viewer::program();
    let mut acts: Vec<Act> = Vec::new();
    let mut patients = Vec::new();
    {
        let seen = program.look(writer.image());
        for (n, home) in register.followed.iter().enumerate() {
            let here = of_township(home.area);
            let Some(team) = here.get(n % here.len().max(1)).copied() else { continue };
            for (person, _) in &home.people {
                let is = |flag: &str| seen.fact(*person, flag, maker.founded) == Some(Known::Flag(true));
                if !is("person.doctor-signed") {
                    continue;
                }
                // Most have renewed within the year.
                let ago = 20 + i32::try_from(chance.below(if n % 12 == 5 { 420 } else { 300 })).unwrap_or(0);
                let signed = maker.founded.plus(-ago);
                let mut facts = vec![
                    fact("person.doctor-team", teams[team].to_string()),
                    fact("person.doctor-signed-on", signed.to_string()),
                ];
                // Whoever is well was called on when they signed.
                if seen.fact(*person, "person.doctor-visited", maker.founded).is_none() && n % 17 != 3 {
                    facts.push(fact("person.doctor-visited", signed.to_string()));
                }
                let ill = matches!(seen.fact(*person, "person.health", maker.founded), Some(Known::Text(code)) if &*code == "2");
                let disease = match chance.below(5) {
                    _ if is("person.mental-illness") => Some("mental"),
                    0 | 1 if ill => Some("hypertension"),
                    2 if ill => Some("diabetes"),
                    _ => None,
                };
                if let Some(disease @ ("hypertension" | "diabetes")) = disease {
                    let of = if disease == "diabetes" { "glucose" } else { "pressure" };
                    facts.push(fact(&format!("person.{disease}"), "true".into()));
                    let measured = maker.founded.plus(-i32::try_from(1 + chance.below(110)).unwrap_or(0));
                    facts.push(fact(&format!("person.{of}-measured"), measured.to_string()));
                }
                acts.push(known(*person, facts, signed));
                let login = login(team, false);
                let area = home.area;
                patients.extend(disease.map(|disease| Patient { person: *person, area, login, disease }));
            }
        }
    }
    commit(writer, maker.now, acts)?;
    Ok(patients)
}

/// Plays some visits, now: two to some, so that a trend is seen.
///
/// # Errors
/// The refusal that a visit ran into.
pub(super) async fn play(app: &App, today: Day, patients: &[Patient]) -> Result<usize, String> {
    let mut played = 0;
    for (n, patient) in patients.iter().take(VISITS / 2).enumerate() {
        for again in 0..2 {
            let told = visit(app, patient, n, again, today).await;
            told.map_err(|problem| format!("visit {n}: {problem}"))?;
            played += 1;
        }
    }
    Ok(played)
}

async fn visit(app: &App, patient: &Patient, n: usize, again: usize, today: Day) -> Result<(), Problem> {
    let Some(staff) = app.image().staff_by_login(&patient.login) else { return Ok(()) };
    let actor = Actor::Staff { id: staff, instead_of: None };
    let key = |part: &str| Request::keyed("demonstration", &format!("visit-{n}-{again}-{part}"), part.as_bytes());
    let done = today.plus(if again == 0 { -35 } else { -i32::try_from(n % 9).unwrap_or(0) });
    let form = form(patient, n * 7 + again * 5, done).to_string();
    let outcome = act::open(app, actor, "doctor-visit", key("open"), form.as_bytes()).await?;
    let case = outcome.about.unwrap_or(patient.person);
    let image = app.image();
    let viewer = Viewer::of(&image, actor, today)?;
    let version = u64::from(viewer.look(&image).case(case)?.changed);
    let wanted = Wanted { case, version, verb: StepVerb::Sign, to: None, answers: None, reason: None };
    act::step(app, &viewer, key("sign"), wanted).await.map(drop)
}

fn form(patient: &Patient, n: usize, done: Day) -> Value {
    let mut form = json!({"region": patient.area.to_string(), "person": patient.person.0, "done_on": done.to_string(),
        "disease": patient.disease, "found": "按时服药，饮食清淡，下次随访前来电预约"});
    let more = match patient.disease {
        "hypertension" => json!({"systolic": 128 + n % 58, "diastolic": 78 + n % 24}),
        "diabetes" => json!({"glucose": format!("{}.{}", 5 + n % 6, n % 10)}),
        _ => json!({"stability": "stable", "medicine": "regular", "danger": n % 2}),
    };
    if let (Some(form), Value::Object(more)) = (form.as_object_mut(), more) {
        form.extend(more);
    }
    form
}
