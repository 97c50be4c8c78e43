//! A hundred thousand entitlements computed, approved, paid and reconciled; and what a thousand villages divide.

use super::world::Place;
use super::{Figures, Options};
use crate::app::{App, Request};
use crate::case::act::{self, Wanted};
use crate::pay::{bank, lines};
use crate::table::model::Table;
use crate::{demo, serve, store};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use yizhan_core::access::Viewer;
use yizhan_core::act::{Act, Actor, Verb};
use yizhan_core::image::case::StepVerb;
use yizhan_core::row::SubjectId;
use yizhan_core::service::AddSubject;
use yizhan_core::waist::Engine;
use yizhan_core::writer::{GROUP, Verdict};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::clock::{Clock, DemoClock, FixedClock};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Digest16, Moment};

/// Runs both.
///
/// # Errors
/// A line that was not paid, or money left over.
pub fn run(options: &Options, figures: &mut Figures) -> Result<(), String> {
    let people = if options.short { 400 } else { 100_000 };
    let place = Place::new("paying", None)?;
    demo::run(&place.common(), 2_600, 2021)?;
    let (township, villages, others) = areas()?;
    settle(&place, people, township, &villages)?;
    // A village of the newspaper's size beside them: about a hundred households that share.
    settle(&place, others.len() * if options.short { 2 } else { SHARING }, township, &others)?;
    let clock = Arc::new(DemoClock::starting_at(begins()?, Box::new(FixedClock::at(begins()?))));
    let (app, ended) = serve::start(&place.common(), place.config()?, Some(clock.clone()), Damage::Refused)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let counter = Counter { app: &app, clock: &clock, runtime: &runtime };
    let (took, lines) = counter.batch(township, people)?;
    figures.add("batch: entitlements computed, approved, paid, reconciled", lines as f64);
    figures.add("batch: the whole way, s", took);
    figures.at_most("batch: the whole way, s", 20.0);
    let proposals = if options.short { 20 } else { 1_000 };
    let took = counter.distributions(&others, proposals)?;
    figures.add("distribution: villages", proposals as f64);
    figures.add("distribution: computed and divided, s", took);
    figures.at_most("distribution: computed and divided, s", 1.0);
    drop(app);
    let _ = ended.blocking_recv();
    Ok(())
}

fn begins() -> Result<Moment, String> {
    "2021-02-01T09:00".parse().map_err(|_| "no moment".into())
}

/// A township, its villages and those of the others.
fn areas() -> Result<(RegionCode, Vec<RegionCode>, Vec<RegionCode>), String> {
    let catalog = store::load_catalog(store::catalog_source(None)?)?;
    let first = catalog.regions.villages().next().ok_or("no village")?.code;
    let township = first.parent().ok_or("a village without a township")?;
    let all = catalog.regions.villages().map(|village| village.code);
    let (villages, others) = all.partition(|code| township.contains(*code));
    Ok((township, villages, others))
}

/// Old people in households of their own, each enrolled for the allowance; the treasury that pays it, and collectives.
fn settle(place: &Place, people: usize, township: RegionCode, villages: &[RegionCode]) -> Result<(), String> {
    let engine = Engine::open(&place.common().address())?;
    let (mut writer, _) =
        zone::open(engine, place.config()?.hash()?, Damage::Refused).map_err(|faults| faults.join("\n"))?;
    let now = begins()?;
    let from = now.day().plus(-300);
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let add = |kind: &str, facts, members| AddSubject {
        kind: kind.into(),
        facts,
        since: Vec::new(),
        sealed: None,
        from,
        source: "bench".into(),
        members,
    };
    let program = Viewer::program();
    let mut acts: Vec<AddSubject> = Vec::new();
    if program.look(writer.image()).subjects_of("treasury").next().is_none() {
        let district = format!("{}000000", &township.to_string()[..6]);
        acts.push(add(
            "treasury",
            vec![fact("treasury.area", &district), fact("treasury.name", "财政专户")],
            Vec::new(),
        ));
    }
    for n in 0..people {
        let village = villages[n % villages.len()].to_string();
        let person = add(
            "person",
            vec![
                fact("person.born", "1945-03-01"),
                fact("person.relation", "01"),
                fact("person.elder-allowance", "true"),
                fact("person.labour", "4"),
            ],
            Vec::new(),
        );
        let home = vec![fact("household.area", &village), fact("household.registered", "true")];
        acts.push(add("household", home, vec![("person.household".to_owned(), person)]));
    }
    let acts: Vec<Act> = acts.into_iter().map(acting).collect();
    for group in acts.chunks(GROUP) {
        answered(writer.commit(now, group))?;
    }
    Ok(())
}

fn acting(verb: impl Verb + 'static) -> Act {
    Act { actor: Actor::System, request_key: None, request: Digest16([0; 16]), verb: Arc::new(verb) }
}

fn answered(verdict: Verdict) -> Result<(), String> {
    match verdict {
        Verdict::Answered(answers) => {
            answers.into_iter().try_for_each(|answer| answer.map(drop)).map_err(|problem| problem.to_string())
        }
        Verdict::InDoubt => Err("the store did not say whether it was saved".into()),
    }
}

/// Households that share in a village.
const SHARING: usize = 100;

/// Rows of one file of the bank's answer.
const PART: usize = 50_000;

/// Officers at their desks.
struct Counter<'a> {
    app: &'a Arc<App>,
    clock: &'a DemoClock,
    runtime: &'a tokio::runtime::Runtime,
}

impl Counter<'_> {
    /// A batch from its opening to the last signature: how long its work took, and how many lines it had.
    fn batch(&self, township: RegionCode, people: usize) -> Result<(f64, usize), String> {
        let clerk = self.officer(&format!("t{township}"))?;
        let district = self.officer("district")?;
        let form = json!({"region": township.to_string(), "programme": "elder-allowance", "period": "2021-01"});
        let case = self.open(&clerk, "programme-batch", &form)?;
        let began = Instant::now();
        self.sign(&clerk, case, Some(json!({})))?;
        let mut took = began.elapsed().as_secs_f64();
        self.clock.set(self.clock.now().plus_ms(4 * 86_400_000));
        let began = Instant::now();
        self.sign(&district, case, None)?;
        let image = self.app.image();
        let seen = district.look(&image);
        let head = seen.case(case).map_err(|problem| problem.to_string())?;
        let file =
            bank::file(self.app, &image, head, "补贴", self.app.now().day()).map_err(|problem| problem.to_string())?;
        // A bank's answer comes in parts, each a file of its own.
        let rows: Vec<&str> = file.lines().skip(1).collect();
        let (mut arrived, mut failed, mut unmatched) = (0, 0, 0);
        for part in rows.chunks(PART) {
            let mut answer = String::from("流水号,金额,结果\n");
            for row in part {
                let cells: Vec<&str> = row.split(',').collect();
                let [number, .., amount, _] = cells[..] else { return Err(format!("a strange row: {row}")) };
                answer.push_str(&format!("{number},{amount},成功\n"));
            }
            let image = self.app.image();
            let seen = district.look(&image);
            let head = seen.case(case).map_err(|problem| problem.to_string())?;
            let table = Table::read(answer.as_bytes()).map_err(|problem| problem.to_string())?;
            let (answers, view) = bank::read(&seen, head, &table).map_err(|problem| problem.to_string())?;
            let record = act::record(self.app, &district, Request::unkeyed(b"bench"), case, "bank-reply", answers);
            self.runtime.block_on(record).map_err(|problem| problem.to_string())?;
            (arrived, failed) = (arrived + view.arrived, failed + view.failed);
            unmatched += view.unmatched.len();
        }
        self.sign(&district, case, None)?;
        took += began.elapsed().as_secs_f64();
        if arrived < people || unmatched > 0 || failed > 0 {
            return Err(format!("WRONG RESULT: {arrived} of {people} arrived, {unmatched} did not match"));
        }
        let image = self.app.image();
        let trial = district.look(&image).trial_balance().map_err(|problem| problem.to_string())?;
        if let Some((fund, sum)) = trial.iter().find(|(_, sum)| sum.0 != 0) {
            return Err(format!("WRONG RESULT: the trial balance of {fund} is {sum}"));
        }
        Ok((took, arrived))
    }

    /// What so many villages divide, each on a proposal of its own.
    fn distributions(&self, villages: &[RegionCode], proposals: usize) -> Result<f64, String> {
        let mut cases = Vec::new();
        for n in 0..proposals {
            let village = villages[n % villages.len()];
            let clerk = self.officer(&format!("v{village}"))?;
            let form = json!({"region": village.to_string(), "period": "2020", "total": format!("{}.{:02}", 26_400 + n, n % 100)});
            cases.push((self.open(&clerk, "income-distribution", &form)?, form));
        }
        let image = self.app.image();
        let catalog = image.catalog().ok_or("no catalog")?;
        let program = Viewer::program();
        let seen = program.look(&image);
        let began = Instant::now();
        for (case, form) in &cases {
            let head = seen.case(*case).map_err(|problem| problem.to_string())?;
            let said = |problem: yizhan_kit::Problem| problem.to_string();
            let asked = lines::asked(self.app, &image, catalog, head, form).map_err(said)?;
            let draft = lines::draft(self.app, &image, catalog, &asked).map_err(said)?;
            let kept = lines::adjusted(&draft, &[]).map_err(said)?;
            let sum = lines::sum(&kept).map_err(said)?;
            if sum.to_string() != form["total"].as_str().unwrap_or_default() {
                return Err(format!("WRONG RESULT: {form} was divided into {sum}"));
            }
        }
        Ok(began.elapsed().as_secs_f64())
    }

    fn officer(&self, login: &str) -> Result<Viewer, String> {
        let image = self.app.image();
        let id = image.staff_by_login(login).ok_or_else(|| format!("no officer {login}"))?;
        Viewer::of(&image, Actor::Staff { id, instead_of: None }, self.app.now().day())
            .map_err(|problem| problem.to_string())
    }

    fn open(&self, who: &Viewer, service: &str, form: &Value) -> Result<SubjectId, String> {
        let body = form.to_string();
        let open = act::open(self.app, who.actor, service, Request::unkeyed(body.as_bytes()), body.as_bytes());
        let outcome = self.runtime.block_on(open).map_err(|problem| problem.to_string())?;
        outcome.about.ok_or_else(|| "no case".to_owned())
    }

    fn sign(&self, who: &Viewer, case: SubjectId, answers: Option<Value>) -> Result<(), String> {
        let image = self.app.image();
        let version = u64::from(who.look(&image).case(case).map_err(|problem| problem.to_string())?.changed);
        let wanted = Wanted { case, version, verb: StepVerb::Sign, to: None, answers, reason: None };
        let step = act::step(self.app, who, Request::unkeyed(b"bench"), wanted);
        self.runtime.block_on(step).map(drop).map_err(|problem| problem.to_string())
    }
}
