//! Claims of accident insurance: the insurer's decision arrives with the village, the township checks it, the district records what
//! is paid.

use super::share::share;
use super::wanted::Amount;
use crate::app::{App, Request};
use crate::case::act::{self, Wanted as Step};
use crate::demo::picture;
use crate::{paper, register};
use serde_json::json;
use yizhan_core::access::Viewer;
use yizhan_core::act::Actor;
use yizhan_core::image::case::StepVerb;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Fen};

/// What happened to people.
const ACCIDENTS: [&str; 5] = [
    "在家中跌倒，手腕骨折",
    "骑三轮车侧翻，锁骨骨折",
    "农田作业时被农机划伤",
    "下楼踩空，踝关节骨折",
    "被电动车撞倒，小腿骨折",
];

/// Days from the accident to the insurer's decision, from there to the check, and to the payment.
const DAYS: [i32; 3] = [12, 2, 5];

/// A claim, and how far it has come.
pub struct Claim {
    person: SubjectId,
    amount: Fen,
    /// The days of report, check and payment.
    days: [Day; 3],
    case: Option<SubjectId>,
}

/// Claims that come to what is wanted, each of somebody else as long as there are people, paid by the last day.
///
/// # Errors
/// When they cannot: the figure.
pub fn plan(people: &[SubjectId], wanted: &Amount, (first, last): (Day, Day), seed: u64) -> Result<Vec<Claim>, String> {
    let chance = SeededEntropy::new(seed ^ 0x00ac_c1de);
    let pays = share(wanted, &chance)?;
    let (before, after) = (DAYS[0], DAYS[1] + DAYS[2]);
    let room = u64::try_from(last.0 - first.0 + 1 - before - after).unwrap_or(0);
    if wanted.times > 0 && (people.is_empty() || room == 0) {
        return Err(format!("{}: nobody is there who could claim", wanted.times_id));
    }
    let start = chance.below(people.len() as u64);
    let apart = (people.len() / wanted.times.max(1)).max(1);
    let claim = |(n, pay): (usize, i64)| {
        let report = first.plus(before).plus(i32::try_from(chance.below(room)).unwrap_or(0));
        let place = (usize::try_from(start).unwrap_or(0) + n * apart) % people.len();
        let days = [report, report.plus(DAYS[1]), report.plus(after)];
        Claim { person: people[place], amount: Fen(pay), days, case: None }
    };
    Ok(pays.into_iter().enumerate().map(claim).collect())
}

/// Lets what is due of a claim on a day happen.
///
/// # Errors
/// The refusal that it ran into.
pub async fn day(app: &App, claim: &mut Claim, n: usize, day: Day) -> Result<(), String> {
    let said = |problem: &dyn std::fmt::Display| format!("claim {n}: {problem}");
    let Some(turn) = claim.days.iter().position(|due| *due == day) else { return Ok(()) };
    let key = |part: &str| Request::keyed("demonstration", &format!("claim-{n}-{part}"), part.as_bytes());
    let area = {
        let (image, program) = (app.image(), Viewer::program());
        program.look(&image).place_of(claim.person).ok_or_else(|| said(&"nobody is there"))?
    };
    let township = area.parent().unwrap_or(area);
    let login = ["v", "t", "district"][turn];
    let login = match turn {
        0 => format!("{login}{area}"),
        1 => format!("{login}{township}"),
        _ => login.to_owned(),
    };
    let image = app.image();
    let staff = image.staff_by_login(&login).ok_or_else(|| said(&format!("no {login}")))?;
    let actor = Actor::Staff { id: staff, instead_of: None };
    let viewer = Viewer::of(&image, actor, day).map_err(|problem| said(&problem))?;
    let Some(case) = claim.case else {
        let form = form(app, claim.person, (n, day)).ok_or_else(|| said(&"a person without a household"))?;
        let opened = act::open(app, actor, "accident-claim", key("open"), form.to_string().as_bytes()).await;
        let case = opened.map_err(|problem| said(&problem))?.about.ok_or_else(|| said(&"no case"))?;
        let sheet = picture::sheet(n);
        let kept = paper::act::attach(app, &viewer, case, "decision", "理赔决定书.png", sheet).await;
        kept.map_err(|problem| said(&problem))?;
        claim.case = Some(case);
        return Ok(());
    };
    let (version, insurer) = {
        let program = Viewer::program();
        let seen = program.look(&image);
        let head = seen.case(case).map_err(|problem| said(&problem))?;
        (u64::from(head.changed), seen.payer("payer.pays", "accident").ok_or_else(|| said(&"no insurer"))?)
    };
    let answers = (turn == 2).then(
        || json!({"insurer": insurer.0, "decided_on": claim.days[0].to_string(), "amount": claim.amount.to_string()}),
    );
    let step = Step { case, version, verb: StepVerb::Sign, to: None, answers, reason: None };
    act::step(app, &viewer, key(["", "check", "pay"][turn]), step).await.map(drop).map_err(|problem| said(&problem))
}

fn form(app: &App, person: SubjectId, (n, day): (usize, Day)) -> Option<serde_json::Value> {
    register::view::known(app);
    let (image, program) = (app.image(), Viewer::program());
    let seen = program.look(&image);
    let Some(Known::Subject(household)) = seen.fact(person, "person.household", day) else { return None };
    Some(json!({
        "name": register::view::who(app, &seen, household, day),
        "region": seen.place_of(person)?.to_string(),
        "household": household.0,
        "person": person.0,
        "happened_on": day.plus(-DAYS[0]).to_string(),
        "what": ACCIDENTS[n % ACCIDENTS.len()],
    }))
}
