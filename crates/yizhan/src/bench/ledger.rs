//! `yizhan bench ledger`: durable transfers a second in linked sets of six, on both engines, beside one transaction a
//! transfer; and a hundred thousand random money acts, with repeats, crashes and voids, against an independent model.

use super::cluster::Cluster;
use super::world::Place;
use super::{Figures, Options, median, paying};
use crate::serve;
use crate::store;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use yizhan_core::access::Viewer;
use yizhan_core::act::{Act, Actor, Effects, Scene, Verb};
use yizhan_core::journal;
use yizhan_core::ledger::Phase;
use yizhan_core::row::SubjectId;
use yizhan_core::service::FoundDemonstration;
use yizhan_core::waist::memory::Trouble;
use yizhan_core::waist::{AppendError, Engine, Memory};
use yizhan_core::writer::{GROUP, Verdict, Writer};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::clock::SystemClock;
use yizhan_kit::digest::HashKind;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Clock, Digest16, Fen, Moment, Problem};

/// The fund that is used.
pub(super) const FUND: &str = "welfare";

/// Transfers of one act.
const SET: usize = 6;

/// Accounts that money moves between.
const ACCOUNTS: u32 = 1_000;

/// Runs the bench. `--acts` is the number of linked sets, and of random acts.
///
/// # Errors
/// A balance that is not what was moved.
pub fn run(options: &Options) -> Result<Figures, String> {
    let mut figures = Figures::default();
    let sets = options.acts(100_000, 2_000);
    let cluster = options.engines.iter().any(|engine| engine == "postgres").then(Cluster::start).transpose()?;
    for engine in &options.engines {
        let (mut grouped, mut singly) = (Vec::new(), Vec::new());
        for run in 0..options.runs(3, 1) {
            let zone = format!("{engine}-ledger{run}");
            let server = cluster.as_ref().filter(|_| engine == "postgres").map(|cluster| cluster.address(&zone));
            let place = Place::new(&zone, server)?;
            grouped.push(durable(&place, sets, SET, GROUP)?);
            singly.push(durable(&place, (sets / 100).max(200), 1, 1)?);
        }
        let (grouped, singly) = (median(grouped), median(singly));
        let name = format!("{engine}: durable transfers/s, linked sets of six");
        figures.add(&name, grouped);
        figures.at_least(&name, 50_000.0);
        figures.add(&format!("{engine}: one transaction a transfer, transfers/s"), singly);
        figures.add(&format!("{engine}: in groups / one transaction a transfer"), grouped / singly);
    }
    simulate(options.acts.unwrap_or(if options.short { 3_000 } else { 100_000 }), &mut figures)?;
    paying::run(options, &mut figures)?;
    Ok(figures)
}

/// Who has accounts, and the case that allows their transfers.
pub(super) struct Books {
    pub(super) treasury: SubjectId,
    pub(super) case: SubjectId,
}

impl Books {
    /// The n-th account.
    pub(super) fn account(&self, n: u32) -> SubjectId {
        SubjectId(self.treasury.0 + 1 + n)
    }
}

/// Adds a treasury and the accounts.
struct AddAccounts;

impl Verb for AddAccounts {
    fn name(&self) -> &'static str {
        "bench"
    }

    fn decide(&self, _: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let treasury = effects.subject("treasury");
        for _ in 0..ACCOUNTS {
            effects.subject("household");
        }
        effects.about(treasury);
        Ok(())
    }
}

/// A transfer to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) phase: Phase,
    pub(super) settles: Option<u64>,
    pub(super) from: SubjectId,
    pub(super) to: SubjectId,
    pub(super) amount: i64,
}

/// Transfers that stand or fall together.
pub(super) struct Set {
    pub(super) case: SubjectId,
    pub(super) moves: Vec<Move>,
}

impl Verb for Set {
    fn name(&self) -> &'static str {
        "bench"
    }

    fn decide(&self, _: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        for one in &self.moves {
            let parties = (one.from, one.to);
            effects.transfer(self.case, one.phase, one.settles, FUND, Some("bench"), parties, Fen(one.amount));
        }
        effects.about(self.case);
        Ok(())
    }
}

/// Founds a zone with accounts and a case, or finds them in one that was founded before.
pub(super) fn books(writer: &mut Writer, vault: &yizhan_core::vault::Vault, now: Moment) -> Result<Books, String> {
    let program = Viewer::program();
    if writer.image().seq == 0 {
        let source = store::catalog_source(None)?;
        serve::found(writer, Arc::new(FoundDemonstration), source.to_bytes(), now)?;
        let body = super::world::Declarations::new(writer.image().catalog().ok_or("no catalog")?, now).body(1);
        let verb =
            crate::case::act::prepare_with(vault, writer.image(), now.day(), super::world::SERVICE, body.as_bytes())
                .map_err(|problem| problem.to_string())?;
        let opening =
            Act { actor: Actor::Resident, request_key: None, request: Digest16([0; 16]), verb: Arc::new(verb) };
        match writer.commit(now, &[opening]) {
            Verdict::Answered(answers) => {
                answers.into_iter().try_for_each(|answer| answer.map(drop)).map_err(|problem| problem.to_string())?;
            }
            Verdict::InDoubt => return Err("the store did not say whether it was saved".into()),
        }
        serve::alone(writer, now, Arc::new(AddAccounts))?;
    }
    let seen = program.look(writer.image());
    let case = seen.cases().next().ok_or("no case")?.subject;
    let treasury = seen.subjects_of("treasury").next().ok_or("no treasury")?;
    Ok(Books { treasury, case })
}

/// A set as an act, under a key when it may be repeated.
pub(super) fn act(verb: Set, key: Option<u64>) -> Act {
    let digest =
        |n: u64| Digest16([n.to_le_bytes(), n.rotate_left(17).to_le_bytes()].concat().try_into().unwrap_or([0; 16]));
    let request = key.map_or(Digest16([0; 16]), |n| digest(n.wrapping_mul(31)));
    Act { actor: Actor::System, request_key: key.map(|n| digest(n + 1)), request, verb: Arc::new(verb) }
}

/// Linked sets made durable in groups; transfers a second.
fn durable(place: &Place, sets: usize, each: usize, group: usize) -> Result<f64, String> {
    let engine = Engine::open(&place.common().address())?;
    let (mut writer, _) =
        zone::open(engine, place.config()?.hash()?, Damage::Refused).map_err(|faults| faults.join("\n"))?;
    let vault = store::vault(&place.common().address(), &place.config()?)?;
    let now = SystemClock.now();
    let books = books(&mut writer, &vault, now)?;
    let chance = SeededEntropy::new(11);
    let some = || u32::try_from(chance.below(u64::from(ACCOUNTS))).unwrap_or(0);
    let acts: Vec<Act> = (0..sets)
        .map(|_| {
            // Money comes in, and goes from hand to hand; the last hand keeps it.
            let mut from = books.treasury;
            let moves = (0..each).map(|_| {
                let mut to = books.account(some());
                while to == from {
                    to = books.account(some());
                }
                let one = Move { phase: Phase::Direct, settles: None, from, to, amount: 100 };
                from = to;
                one
            });
            act(Set { case: books.case, moves: moves.collect() }, None)
        })
        .collect();
    let program = Viewer::program();
    let given =
        |writer: &Writer| program.look(writer.image()).balance(FUND, books.treasury).map_or(0, |held| -held.posted.0);
    let before = given(&writer);
    let began = Instant::now();
    for group in acts.chunks(group) {
        match writer.commit(now, group) {
            Verdict::Answered(answers) => {
                answers.into_iter().try_for_each(|answer| answer.map(drop)).map_err(|problem| problem.to_string())?;
            }
            Verdict::InDoubt => return Err("the store did not say whether it was saved".into()),
        }
    }
    let took = began.elapsed().as_secs_f64();
    let moved = given(&writer) - before;
    if moved != i64::try_from(sets).unwrap_or(0) * 100 {
        return Err(format!("WRONG RESULT: the treasury gave {moved} fen in {sets} sets"));
    }
    Ok((sets * each) as f64 / took)
}

/// What an account holds, kept apart from the program's own ledger: settled, on its way out.
#[derive(Default)]
struct Model {
    posted: HashMap<u32, i128>,
    leaving: HashMap<u32, i128>,
    /// Pending transfers by number.
    waiting: HashMap<u64, Move>,
    transfers: u64,
    by_key: HashMap<u64, bool>,
}

impl Model {
    /// Whether a set is possible, and if so what is true after it.
    fn take(&mut self, set: &[Move], treasury: SubjectId) -> bool {
        let (mut posted, mut leaving) = (self.posted.clone(), self.leaving.clone());
        let mut waiting = self.waiting.clone();
        let mut n = self.transfers;
        for one in set {
            n += 1;
            let amount = i128::from(one.amount);
            if one.amount <= 0 || one.from == one.to {
                return false;
            }
            match (one.phase, one.settles) {
                (Phase::Direct, None) => {
                    *posted.entry(one.from.0).or_default() -= amount;
                    *posted.entry(one.to.0).or_default() += amount;
                }
                (Phase::Pending, None) => {
                    *leaving.entry(one.from.0).or_default() += amount;
                    waiting.insert(n, *one);
                }
                (Phase::Post | Phase::Void, Some(pending)) => {
                    let Some(held) = waiting.remove(&pending) else { return false };
                    let whole = one.phase == Phase::Post || one.amount == held.amount;
                    if (held.from, held.to) != (one.from, one.to) || one.amount > held.amount || !whole {
                        return false;
                    }
                    *leaving.entry(one.from.0).or_default() -= i128::from(held.amount);
                    if one.phase == Phase::Post {
                        *posted.entry(one.from.0).or_default() -= amount;
                        *posted.entry(one.to.0).or_default() += amount;
                    }
                }
                _ => return false,
            }
            let gives = matches!(one.phase, Phase::Direct | Phase::Pending);
            let free = posted.get(&one.from.0).unwrap_or(&0) - leaving.get(&one.from.0).unwrap_or(&0);
            if gives && one.from != treasury && free < 0 {
                return false;
            }
        }
        (self.posted, self.leaving, self.waiting, self.transfers) = (posted, leaving, waiting, n);
        true
    }
}

/// Random money acts by seed, with repeats, a store in trouble and restarts; an independent model says what must be true.
fn simulate(acts: usize, figures: &mut Figures) -> Result<(), String> {
    let seed = 2021;
    eprintln!("simulation: {acts} acts, seed {seed}");
    let chance = SeededEntropy::new(seed);
    let memory = Memory::new(journal::genesis(HashKind::Sha256));
    let open = || {
        let opened = zone::open(Engine::Memory(memory.clone()), HashKind::Sha256, Damage::Refused);
        opened.map(|(writer, _)| writer).map_err(|faults| faults.join("\n"))
    };
    let place = Place::new("simulation", None)?;
    let vault = store::vault(&place.common().address(), &place.config()?)?;
    let now: Moment = "2021-02-01T09:00".parse().map_err(|_| "no moment")?;
    let mut writer = open()?;
    let books = books(&mut writer, &vault, now)?;
    let mut model = Model::default();
    let (mut accepted, mut refused, mut crashes, mut repeats, mut voids) = (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    let mut sent: Vec<(u64, Vec<Move>)> = Vec::new();
    for key in 0..acts as u64 {
        if chance.below(500) == 0 {
            drop(writer);
            writer = open()?;
            crashes += 1;
        }
        if chance.below(300) == 0 {
            let full = AppendError::Full("no space".into());
            let troubles = [Trouble::WrittenAnswerLost, Trouble::NotWrittenAnswerLost, Trouble::Fails(full)];
            memory.will_suffer([chance.pick(&troubles).clone()]);
        }
        // Now and then somebody sends again what they sent before, not knowing how it ended.
        let again = !sent.is_empty() && chance.below(10) == 0;
        let (key, moves) = if again {
            repeats += 1;
            sent[usize::try_from(chance.below(sent.len() as u64)).unwrap_or(0)].clone()
        } else {
            let moves = random_set(&chance, &books, &model);
            sent.push((key, moves.clone()));
            (key, moves)
        };
        voids += moves.iter().filter(|one| one.phase == Phase::Void).count() as u64;
        let answer = loop {
            match writer.commit(now, &[act(Set { case: books.case, moves: moves.clone() }, Some(key))]) {
                Verdict::Answered(mut answers) => break answers.pop().ok_or("no answer")?,
                Verdict::InDoubt => match writer.resolve() {
                    Some(mut answers) => break answers.pop().ok_or("no answer")?,
                    None => continue,
                },
            }
        };
        let known = model.by_key.get(&key).copied();
        let code = answer.as_ref().err().map(|problem| problem.kind.code);
        let expected = match known {
            // What was accepted once is answered as it was, and happens once.
            Some(true) => true,
            _ if matches!(code, Some("store-full" | "store-unavailable")) => continue,
            _ => {
                let took = model.take(&moves, books.treasury);
                model.by_key.insert(key, took);
                took
            }
        };
        if answer.is_ok() != expected {
            return Err(format!("WRONG RESULT: act {key} {moves:?}: {code:?}, the model says {expected}"));
        }
        if expected { accepted += 1 } else { refused += 1 }
    }
    drop(writer);
    let writer = open()?;
    let program = Viewer::program();
    let seen = program.look(writer.image());
    for n in 0..=ACCOUNTS {
        let account = SubjectId(books.treasury.0 + n);
        let held = seen.balance(FUND, account).unwrap_or_default();
        let of = |map: &HashMap<u32, i128>| map.get(&account.0).copied().unwrap_or(0);
        if (i128::from(held.posted.0), i128::from(held.leaving.0)) != (of(&model.posted), of(&model.leaving)) {
            return Err(format!("WRONG RESULT: account {account} holds {held:?}, the model {}", of(&model.posted)));
        }
    }
    let (_, pending) = seen.counted().map_err(|problem| problem.to_string())?;
    if pending != model.waiting.len() {
        return Err(format!("WRONG RESULT: {pending} transfers wait, in the model {}", model.waiting.len()));
    }
    figures.add("simulation: acts accepted", accepted as f64);
    figures.add("simulation: acts refused", refused as f64);
    figures.add("simulation: sent again", repeats as f64);
    figures.add("simulation: voids", voids as f64);
    figures.add("simulation: crashes", crashes as f64);
    Ok(())
}

/// A set of one to six transfers, most of them possible.
fn random_set(chance: &SeededEntropy, books: &Books, model: &Model) -> Vec<Move> {
    let some = || books.account(u32::try_from(chance.below(40)).unwrap_or(0));
    let mut waiting: Vec<(&u64, &Move)> = model.waiting.iter().collect();
    waiting.sort_by_key(|(n, _)| **n);
    let moves = 0..=chance.below(SET as u64);
    moves
        .map(|_| {
            let amount = i64::try_from(chance.below(5_000)).unwrap_or(0);
            // What waits is settled more often the more of it there is.
            let settles = chance.below(400) < waiting.len() as u64;
            if settles {
                let (n, held) = waiting[usize::try_from(chance.below(waiting.len() as u64)).unwrap_or(0)];
                let phase = if chance.below(3) == 0 { Phase::Void } else { Phase::Post };
                let part = phase == Phase::Post && chance.below(4) == 0;
                let amount = if part { amount.min(held.amount) } else { held.amount };
                return Move { phase, settles: Some(*n), amount, ..*held };
            }
            let from = if chance.below(3) == 0 { books.treasury } else { some() };
            let phase = if chance.below(2) == 0 { Phase::Pending } else { Phase::Direct };
            Move { phase, settles: None, from, to: some(), amount }
        })
        .collect()
}
