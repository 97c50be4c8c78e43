//! Durable settlements a second: bills of patients who were admitted, decided by the writer from the account of their year,
//! each with its slip, its linked transfers and its record in the journal; beside it one transaction a settlement.

use super::super::cluster::Cluster;
use super::super::world::{Place, tell_disk};
use super::super::{Figures, Options, median};
use super::bills;
use crate::case::act::prepare_with;
use crate::serve;
use crate::staff;
use crate::store;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use yizhan_core::access::{Role, Viewer};
use yizhan_core::act::{Act, Actor, Verb};
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, Admit, Asked, FoundDemonstration, SetFacts, SettleBill};
use yizhan_core::settlement::{Account, Policy};
use yizhan_core::vault::Vault;
use yizhan_core::waist::Engine;
use yizhan_core::writer::{GROUP, Outcome, Verdict, Writer};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Digest16, Fen, Moment};

/// When it happens: a day on which the policy is in force.
const NOW: &str = "2021-02-01T09:00";

/// The village everybody lives in, and the district.
const VILLAGE: &str = "990100003205";
const DISTRICT: &str = "990100000000";

/// Stays of each person in the year, one after the other.
const ROUNDS: usize = 2;

/// Runs it on each engine.
///
/// # Errors
/// A settlement that is not what the engine comes to by itself.
pub(super) fn run(policy: &Policy, options: &Options, figures: &mut Figures) -> Result<(), String> {
    let people = options.acts.unwrap_or(if options.short { 1_000 } else { 40_000 }).clamp(ROUNDS, 80_000) / ROUNDS;
    let cluster = options.engines.iter().any(|engine| engine == "postgres").then(Cluster::start).transpose()?;
    for engine in &options.engines {
        let (mut grouped, mut singly) = (Vec::new(), Vec::new());
        for run in 0..options.runs(3, 1) {
            let zone = format!("{engine}-settle{run}");
            let server = cluster.as_ref().filter(|_| engine == "postgres").map(|cluster| cluster.address(&zone));
            let place = Place::new(&zone, server)?;
            tell_disk(&place.folder);
            grouped.push(durable(&place, policy, people, GROUP)?);
            let place = Place::new(
                &format!("{zone}s"),
                cluster.as_ref().filter(|_| engine == "postgres").map(|cluster| cluster.address(&format!("{zone}s"))),
            )?;
            singly.push(durable(&place, policy, (people / 100).max(100), 1)?);
        }
        let (grouped, singly) = (median(grouped), median(singly));
        let name = format!("{engine}: durable settlements/s, linked transfers and journal");
        figures.add(&name, grouped);
        figures.at_least(&name, 10_000.0);
        figures.add(&format!("{engine}: one transaction a settlement, settlements/s"), singly);
        figures.add(&format!("{engine}: in groups / one transaction a settlement"), grouped / singly);
    }
    Ok(())
}

/// A zone with a hospital, its payers and its patients.
struct Ward {
    writer: Writer,
    vault: Vault,
    now: Moment,
    desk: Actor,
    people: Vec<SubjectId>,
}

impl Ward {
    fn open(place: &Place, count: usize) -> Result<Self, String> {
        let engine = Engine::open(&place.common().address())?;
        let (mut writer, _) =
            zone::open(engine, place.config()?.hash()?, Damage::Refused).map_err(|faults| faults.join("\n"))?;
        let vault = store::vault(&place.common().address(), &place.config()?)?;
        let now: Moment = NOW.parse().map_err(|_| "no moment")?;
        serve::found(&mut writer, Arc::new(FoundDemonstration), store::catalog_source(None)?.to_bytes(), now)?;
        let mut ward = Self { writer, vault, now, desk: Actor::System, people: Vec::new() };
        let pays = ["basic", "serious-illness", "assistance", "supplement", "re-assistance"];
        let payers = pays.iter().map(|name| subject("payer", &[("area", DISTRICT), ("name", name), ("pays", name)]));
        ward.commit(payers.map(|one| acting(Actor::System, one)).collect(), GROUP)?;
        let clinic = subject("clinic", &[("area", DISTRICT), ("name", "hospital"), ("level", "2")]);
        let clerk = staff::act::add(
            "hospital",
            "hospital",
            Role::Hospital,
            DISTRICT.parse().map_err(|_| "no area")?,
            None,
            now.day(),
        );
        let added = ward.commit(vec![acting(Actor::System, clinic), acting(Actor::System, clerk)], 1)?;
        let [clinic, clerk] = added[..] else { return Err("nobody was added".into()) };
        let of = SetFacts {
            subject: clerk,
            facts: vec![("staff.clinic".into(), Some(clinic.to_string()))],
            sealed: None,
            from: now.day(),
            to: None,
            source: "bench".into(),
        };
        ward.commit(vec![acting(Actor::System, of)], 1)?;
        ward.desk = Actor::Staff { id: clerk, instead_of: None };
        let home = |n: usize| {
            let registered = if n.is_multiple_of(3) { "false" } else { "true" };
            let mut home = subject("household", &[("area", VILLAGE), ("registered", registered)]);
            home.members = vec![("person.household".into(), subject("person", &[("sex", "1")]))];
            acting(Actor::System, home)
        };
        let homes = ward.commit((0..count).map(home).collect(), GROUP)?;
        ward.people = homes.iter().map(|home| SubjectId(home.0 + 1)).collect();
        Ok(ward)
    }

    /// Commits acts in groups: what each was about.
    fn commit(&mut self, acts: Vec<Act>, group: usize) -> Result<Vec<SubjectId>, String> {
        let mut about = Vec::with_capacity(acts.len());
        for group in acts.chunks(group) {
            match self.writer.commit(self.now, group) {
                Verdict::Answered(answers) => {
                    for answer in answers {
                        let Outcome { about: one, .. } = answer.map_err(|problem| problem.to_string())?;
                        about.extend(one);
                    }
                }
                Verdict::InDoubt => return Err("the store did not say whether it was saved".into()),
            }
        }
        Ok(about)
    }

    /// Everybody is admitted.
    fn admit(&mut self) -> Result<Vec<SubjectId>, String> {
        let image = self.writer.image();
        let one = |person: &SubjectId| {
            let form = json!({"region": VILLAGE, "person": person.0, "name": "柳二", "admitted": "2021-01-20", "agreement": true});
            let body = form.to_string();
            let mut prepared = prepare_with(&self.vault, image, self.now.day(), "hospital-stay", body.as_bytes())
                .map_err(|problem| problem.to_string())?;
            let admit = Admit { open: prepared.cases.remove(0), person: *person, facts: Vec::new() };
            Ok(acting(self.desk, admit))
        };
        let acts = self.people.iter().map(one).collect::<Result<Vec<_>, String>>()?;
        self.commit(acts, GROUP)
    }

    /// The acts that settle a bill of each.
    fn settling(&self, stays: &[SubjectId], bills: &[Asked]) -> Result<Vec<Act>, String> {
        let program = Viewer::program();
        let seen = program.look(self.writer.image());
        // A bill is sealed under its case's key: one of this bench stands for all, opening keys is not what is measured.
        let key = self.vault.new_key("care", &[]).1;
        let one = |(stay, bill): (&SubjectId, &Asked)| {
            let version = u64::from(seen.case(*stay).map_err(|problem| problem.to_string())?.changed);
            let body = self.vault.seal(&key, "care", bill.total.to_string().as_bytes());
            Ok(acting(self.desk, SettleBill { case: *stay, version, bill: bill.clone(), body }))
        };
        stays.iter().zip(bills).map(one).collect()
    }
}

/// Settlements a second; each is held against the engine alone.
fn durable(place: &Place, policy: &Policy, people: usize, group: usize) -> Result<f64, String> {
    let mut ward = Ward::open(place, people)?;
    let chance = SeededEntropy::new(23);
    let mut accounts: HashMap<u32, Account> = HashMap::new();
    let mut seconds = 0.0;
    for round in 0..ROUNDS {
        let stays = ward.admit()?;
        let day = Day::from_ymd(2021, 1, 25 + u8::try_from(round).unwrap_or(0)).ok_or("no day")?;
        let asked: Vec<Asked> = (0..people).map(|n| asked(&chance, n, day)).collect();
        let acts = ward.settling(&stays, &asked)?;
        let began = Instant::now();
        ward.commit(acts, group)?;
        seconds += began.elapsed().as_secs_f64();
        let program = Viewer::program();
        let seen = program.look(ward.writer.image());
        for (stay, person) in stays.iter().zip(&ward.people) {
            let entry = seen.slip(*stay).ok_or("WRONG RESULT: a settlement is missing")?;
            let bill = entry.kept.bill(policy).ok_or("WRONG RESULT: a strange bill")?;
            let slip = policy.table.settle(accounts.entry(person.0).or_default(), &bill);
            let same = (0..policy.layers.len()).all(|layer| entry.kept.pay(layer) == slip.pay[layer]);
            let moved: i64 = seen.transfers_of(*stay).map(|one| one.amount.0).sum();
            let waived = slip.pay[2].0;
            if !same || entry.kept.personal_fen != slip.personal.0 || moved + waived != bill.total.0 {
                return Err(format!("WRONG RESULT: {stay} is {:?}, not {slip:?}", entry.kept));
            }
        }
    }
    Ok((people * ROUNDS) as f64 / seconds)
}

/// A bill of ordinary size.
fn asked(chance: &SeededEntropy, n: usize, on: Day) -> Asked {
    let plain = bills::bill(chance, n, on);
    Asked {
        kind: "inpatient".into(),
        level: None,
        admitted: on.plus(-5),
        discharged: on,
        total: Fen(plain.total),
        out: plain.out.map(Fen),
    }
}

fn subject(kind: &str, facts: &[(&str, &str)]) -> AddSubject {
    AddSubject {
        kind: kind.into(),
        facts: facts.iter().map(|(name, value)| (format!("{kind}.{name}"), (*value).to_owned())).collect(),
        since: Vec::new(),
        sealed: None,
        from: Day::from_ymd(2021, 1, 1).expect("a day"),
        source: "bench".into(),
        members: Vec::new(),
    }
}

fn acting(actor: Actor, verb: impl Verb + 'static) -> Act {
    Act { actor, request_key: None, request: Digest16([0; 16]), verb: Arc::new(verb) }
}
