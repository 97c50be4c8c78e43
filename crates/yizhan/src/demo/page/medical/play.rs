//! Lets the planned bills happen through the hospital's desk: admitted, settled on the day of discharge, the person's part paid and
//! the stay closed when the desk is next open; and month by month what each payer owes is paid after its own list, through the door of statements. Beside them
//! the claims of accident insurance.

use super::claim::{self, Claim};
use super::plan::{Patient, Planned, plan};
use super::wanted::Wanted;
use super::way::{POOR, Span};
use crate::app::{App, Request};
use crate::case::act::{self as case_act, Wanted as Step};
use crate::hospital::model::{Admission, BillAsked};
use crate::hospital::{act, rule, statement};
use crate::table::model::Table;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::task::JoinSet;
use yizhan_core::access::{Role, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::image::case::StepVerb;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_core::service::ConfirmClaims;
use yizhan_kit::clock::DemoClock;
use yizhan_kit::{Day, Fen, Lang, Moment};

/// The hour at which what happens on a day happens: 16:00.
const HOUR: u16 = 16 * 60;

/// The bills of five years, and how far they have happened.
pub struct Medical {
    bills: Arc<[Planned]>,
    /// The bills by day of admission, where it is not that of discharge, and by day of discharge.
    admissions: BTreeMap<Day, Vec<usize>>,
    discharges: BTreeMap<Day, Vec<usize>>,
    /// The stays of who is in hospital.
    inside: HashMap<usize, SubjectId>,
    /// Who left the time before and has not paid yet.
    owing: Vec<Owed>,
    /// The claims of accident insurance.
    claims: Vec<Claim>,
    /// The month whose statements are not paid yet.
    month: Option<String>,
}

/// What a person still has to pay of a settled bill.
struct Owed {
    n: usize,
    case: SubjectId,
    stay: String,
    personal: Fen,
}

/// Somebody at a desk.
#[derive(Clone)]
struct Desk {
    app: Arc<App>,
    viewer: Viewer,
}

impl Medical {
    /// The bills of some people of the register from a day to another.
    ///
    /// # Errors
    /// When they cannot come to what is wanted: the figure.
    pub fn plan(
        app: &App,
        people: &[SubjectId],
        wanted: &Wanted,
        (first, last): (Day, Day),
        seed: u64,
    ) -> Result<Self, String> {
        let image = app.image();
        let catalog = image.catalog().ok_or("the zone has no catalog")?;
        let spans = Span::all(catalog, wanted, first, last)?;
        let (program, patients) = (Viewer::program(), people.iter());
        let seen = program.look(&image);
        let poor = |person: SubjectId, span: &Span| {
            [span.from, span.last].into_iter().all(|day| {
                let so_far = seen.year_so_far(person, day);
                so_far.is_ok_and(|so_far| so_far.policy.categories[usize::from(so_far.category)].id == POOR)
            })
        };
        let patient = |person: &SubjectId| Patient {
            person: *person,
            poor: spans.iter().map(|span| poor(*person, span)).collect(),
        };
        let patients: Vec<Patient> = patients.map(patient).filter(|one| one.poor.contains(&true)).collect();
        let always = patients.iter().filter(|one| !one.poor.contains(&false));
        let insured: Vec<SubjectId> = always.map(|one| one.person).collect();
        let claims = claim::plan(&insured, &wanted.claims, (first, last), seed)?;
        Ok(Self::of(plan(catalog, &patients, wanted, (first, last), seed)?, claims))
    }

    fn of(bills: Vec<Planned>, claims: Vec<Claim>) -> Self {
        let (mut admissions, mut discharges) = (BTreeMap::<Day, Vec<usize>>::new(), BTreeMap::<Day, Vec<usize>>::new());
        for (n, bill) in bills.iter().enumerate() {
            if bill.admitted < bill.discharged {
                admissions.entry(bill.admitted).or_default().push(n);
            }
            discharges.entry(bill.discharged).or_default().push(n);
        }
        Self {
            bills: bills.into(),
            admissions,
            discharges,
            inside: HashMap::new(),
            owing: Vec::new(),
            claims,
            month: None,
        }
    }

    /// How many bills there are.
    pub fn len(&self) -> usize {
        self.bills.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bills.is_empty()
    }

    /// Lets what is due on a day happen, the clock being on it: how many bills were settled.
    ///
    /// # Errors
    /// The refusal that a bill ran into.
    pub async fn day(&mut self, app: &Arc<App>, day: Day) -> Result<usize, String> {
        let month = rule::month_of(day);
        if let Some(before) = self.month.replace(month.clone()).filter(|before| *before != month) {
            pay_statements(app, &before).await?;
        }
        for (n, claim) in self.claims.iter_mut().enumerate() {
            claim::day(app, claim, n, day).await?;
        }
        let come = self.admissions.remove(&day).unwrap_or_default();
        let go = self.discharges.remove(&day).unwrap_or_default();
        self.at_the_desks(app, come, go).await
    }

    /// What the last day left to be paid and closed.
    ///
    /// # Errors
    /// The refusal that a bill ran into.
    pub async fn end(&mut self, app: &Arc<App>) -> Result<(), String> {
        self.at_the_desks(app, Vec::new(), Vec::new()).await.map(drop)
    }

    /// Two rounds, each of acts that share their commits: whoever comes is admitted, and whoever left the time before pays; then
    /// whoever goes is settled, and whoever paid is done with.
    async fn at_the_desks(&mut self, app: &Arc<App>, come: Vec<usize>, go: Vec<usize>) -> Result<usize, String> {
        if come.is_empty() && go.is_empty() && self.owing.is_empty() {
            return Ok(0);
        }
        let (desks, bills) = (desks(app)?, self.bills.clone());
        let desk = |n: usize| {
            let level = bills[n].level;
            desks.get(&level).cloned().ok_or_else(|| format!("no hospital of level {level} has a desk"))
        };
        let (mut coming, mut paying) = (JoinSet::new(), JoinSet::new());
        let outside = |n: &usize| !self.inside.contains_key(n);
        for n in come.into_iter().chain(go.iter().copied().filter(outside)) {
            let (desk, bills) = (desk(n)?, bills.clone());
            coming.spawn(async move { desk.admit(n, &bills[n]).await.map(|case| (n, case)) });
        }
        for owed in std::mem::take(&mut self.owing) {
            let desk = desk(owed.n)?;
            paying.spawn(async move { desk.pay(&owed).await.map(|()| owed) });
        }
        for came in coming.join_all().await {
            self.inside.extend([came?]);
        }
        let paid = paying.join_all().await.into_iter().collect::<Result<Vec<Owed>, String>>()?;
        let (mut going, mut closing) = (JoinSet::new(), JoinSet::new());
        for n in go {
            let case = self.inside.remove(&n).ok_or_else(|| format!("bill {n}: nobody was admitted"))?;
            let (desk, bills) = (desk(n)?, bills.clone());
            going.spawn(async move { desk.settle(n, &bills[n], case).await });
        }
        for owed in paid {
            let desk = desk(owed.n)?;
            closing.spawn(async move { desk.close(&owed).await });
        }
        self.owing = going.join_all().await.into_iter().collect::<Result<Vec<Owed>, String>>()?;
        closing.join_all().await.into_iter().collect::<Result<(), String>>()?;
        Ok(self.owing.len())
    }
}

/// Lets all of them happen, moving the clock day by day; `progress` is told how many are settled.
///
/// # Errors
/// The refusal that a bill ran into.
pub async fn play(
    app: &Arc<App>,
    clock: &DemoClock,
    medical: &mut Medical,
    mut progress: impl FnMut(usize),
) -> Result<(), String> {
    let days = medical.admissions.keys().chain(medical.discharges.keys());
    let Some((first, last)) = days.clone().min().zip(days.max()) else { return Ok(()) };
    let (mut day, last, mut done) = (*first, *last, 0);
    while day <= last {
        clock.set(Moment::at(day, HOUR));
        done += medical.day(app, day).await?;
        progress(done);
        day = day.plus(1);
    }
    medical.end(app).await
}

/// Who sits at the desks of hospitals, by the level of theirs.
fn desks(app: &Arc<App>) -> Result<BTreeMap<u8, Desk>, String> {
    let image = app.image();
    let mut desks = BTreeMap::new();
    let program = Viewer::program();
    for staff in image.staff() {
        let Ok(viewer) = Viewer::of(&image, Actor::Staff { id: staff, instead_of: None }, app.now().day()) else {
            continue;
        };
        let Some(clinic) = viewer.clinic(&image).filter(|_| viewer.role == Role::Hospital) else { continue };
        if let Some(Known::Text(level)) = program.look(&image).latest(clinic, "clinic.level") {
            let level = level.parse().map_err(|_| format!("a hospital of level {level}"))?;
            desks.entry(level).or_insert(Desk { app: app.clone(), viewer });
        }
    }
    Ok(desks)
}

impl Desk {
    fn key(n: usize, part: &str) -> Request {
        Request::keyed("demonstration", &format!("bill-{n}-{part}"), part.as_bytes())
    }

    fn number(&self, case: SubjectId) -> Result<(String, u64), String> {
        let image = self.app.image();
        let head = self.viewer.look(&image).case(case).map_err(|problem| problem.to_string())?;
        Ok((image.number(head), u64::from(head.changed)))
    }

    async fn admit(&self, n: usize, bill: &Planned) -> Result<SubjectId, String> {
        let said = |problem: &dyn std::fmt::Display| format!("bill {n} of {}, admitted: {problem}", bill.discharged);
        let admission = Admission { person: bill.person.0, admitted: bill.admitted.to_string(), agreement: true };
        let outcome = act::admit(&self.app, &self.viewer, Self::key(n, "admit"), &admission).await;
        outcome.map_err(|problem| said(&problem))?.about.ok_or_else(|| said(&"no case"))
    }

    async fn settle(&self, n: usize, bill: &Planned, case: SubjectId) -> Result<Owed, String> {
        let (app, viewer) = (&self.app, &self.viewer);
        let said = |problem: &dyn std::fmt::Display| format!("bill {n} of {}: {problem}", bill.discharged);
        let (stay, version) = self.number(case)?;
        let settled = act::settle(app, viewer, Self::key(n, "settle"), &stay, version, &asked(bill)).await;
        settled.map_err(|problem| said(&problem))?;
        let image = app.image();
        let entry = viewer.look(&image).slip(case).ok_or_else(|| said(&"no slip"))?;
        if entry.kept.pays_fen.iter().ne(bill.pays.iter().map(|pay| &pay.0)) {
            return Err(said(&"its layers pay something else than they were to"));
        }
        Ok(Owed { n, case, stay, personal: Fen(entry.kept.personal_fen) })
    }

    async fn pay(&self, owed: &Owed) -> Result<(), String> {
        if owed.personal.0 == 0 {
            return Ok(());
        }
        let paid = json!({"amount": owed.personal.to_string(), "method": "cash"});
        let key = Self::key(owed.n, "pay");
        let shared = act::share(&self.app, &self.viewer, key, &owed.stay, "payment", &paid).await;
        shared.map(drop).map_err(|problem| format!("{}, paying: {problem}", owed.stay))
    }

    async fn close(&self, owed: &Owed) -> Result<(), String> {
        let (stay, version) = self.number(owed.case)?;
        let closed = Step { case: owed.case, version, verb: StepVerb::Sign, to: None, answers: None, reason: None };
        let closed = case_act::step(&self.app, &self.viewer, Self::key(owed.n, "close"), closed).await;
        closed.map(drop).map_err(|problem| format!("{stay}, closing: {problem}"))
    }
}

fn asked(bill: &Planned) -> BillAsked {
    let [own_pay, over_limit, first_pay] = bill.out.map(|out| Some(out.to_string()));
    let total = bill.out.iter().fold(bill.in_scope, |sum, out| Fen(sum.0 + out.0));
    BillAsked {
        kind: Some(bill.kind.clone()),
        discharged: bill.discharged.to_string(),
        total: Some(total.to_string()),
        own_pay,
        over_limit,
        first_pay,
        lines: Vec::new(),
    }
}

/// Every payer's own list of a month agrees with ours: what it owes is paid.
async fn pay_statements(app: &Arc<App>, month: &str) -> Result<(), String> {
    let said = |problem: &dyn std::fmt::Display| format!("the statements of {month}: {problem}");
    let image = app.image();
    let Some(district) = image.staff_by_login("district") else { return Ok(()) };
    let actor = Actor::Staff { id: district, instead_of: None };
    let viewer = Viewer::of(&image, actor, app.now().day()).map_err(|problem| said(&problem))?;
    for row in statement::all(app, &viewer, month, Lang::Zh).map_err(|problem| said(&problem))? {
        let of = (row.payer, row.clinic);
        let list = statement::one(app, &viewer, of, month, Lang::Zh).map_err(|problem| said(&problem))?;
        let lines = list.lines.into_iter().enumerate();
        let table = Table {
            headings: vec!["结算单号".into(), "金额".into()],
            rows: lines.map(|(line, one)| (line + 2, vec![one.number, one.amount])).collect(),
        };
        let (agreed, transfers) =
            statement::reconcile(&viewer, &app.image(), of, month, &table).map_err(|problem| said(&problem))?;
        if agreed.agreed != table.rows.len() {
            return Err(said(&format!("{} of {} agree", agreed.agreed, table.rows.len())));
        }
        let key = Request::keyed("demonstration", &format!("statement-{month}-{}-{}", of.0, of.1), month.as_bytes());
        let claims = ConfirmClaims { payer: SubjectId(of.0), transfers };
        app.act(actor, key, claims).await.map_err(|problem| said(&problem))?;
    }
    Ok(())
}
