//! The world of one seed: a queue of events, three instances, two zones, people who insist.

use super::super::super::ledger::{Move, Set, act};
use super::database::Database;
use super::place::{Living, Place};
use super::wish::{Last, Person, Reply, decided, key_of};
use super::{Base, Tally};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use yizhan_core::cluster::follow::Replica;
use yizhan_core::cluster::node::{Move as NodeMove, Node};
use yizhan_core::cluster::{BEAT_MS, Board, Instance};
use yizhan_core::ledger::Phase;
use yizhan_core::row::SubjectId;
use yizhan_core::waist::AppendError;
use yizhan_core::waist::memory::Trouble;
use yizhan_kit::digest::HashKind;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Digest16, Moment};

const INSTANCES: usize = 3;
/// How many of them keep each zone.
const COPIES: usize = 2;
const ZONES: usize = 2;
const PEOPLE: usize = 6;
/// How many acts each person insists on.
const ACTS: u32 = 12;
/// From when on nothing goes wrong any more, in milliseconds.
const HEALED: i64 = 30_000;
/// By when everybody is acknowledged.
const OVER: i64 = 120_000;
const ACCOUNTS: u64 = 8;

enum Event {
    Beat,
    Decide(Option<Board>, i64),
    Open(usize),
    Own(usize, u64, i64),
    Look,
    Request { person: usize, n: u32, forwarded: bool },
    Reply { person: usize, n: u32, answer: Reply },
    Insist { person: usize, n: u32, turn: u32 },
    Trouble,
    Start,
    DatabaseBack,
}

/// A seed's world.
pub struct World {
    pub(super) base_now: Moment,
    pub(super) zones: Vec<Arc<str>>,
    pub(super) database: Database,
    pub(super) treasury: SubjectId,
    pub(super) tally: Tally,
    /// By key: zone, what was wanted, the last word.
    pub(super) told: BTreeMap<u64, (usize, Vec<Move>, Last)>,
    case: SubjectId,
    first_account: u32,
    chance: SeededEntropy,
    at: i64,
    next: u64,
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    events: BTreeMap<u64, (Option<(usize, u64)>, Event)>,
    places: Vec<Place>,
    people: Vec<Person>,
    /// Who wrote under an epoch.
    writers: BTreeMap<(usize, u64), Arc<str>>,
}

impl World {
    pub(super) fn new(base: &Base, seed: u64) -> Self {
        let zones: Vec<Arc<str>> = (0..ZONES).map(|n| Arc::from(format!("z{n}"))).collect();
        let database = Database::new(zones.iter().map(|zone| (zone.clone(), base.memory.copy())).collect());
        let person = |n: usize| Person { zone: n % ZONES, n: 0, turn: 0, moves: Vec::new() };
        let mut world = Self {
            base_now: base.now,
            zones,
            database,
            treasury: base.books.treasury,
            case: base.books.case,
            first_account: base.books.account(0).0,
            tally: Tally::default(),
            told: BTreeMap::new(),
            chance: SeededEntropy::new(seed),
            at: 0,
            next: 0,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            places: (0..INSTANCES).map(|_| Place::default()).collect(),
            people: (0..PEOPLE).map(person).collect(),
            writers: BTreeMap::new(),
        };
        for place in 0..INSTANCES {
            world.later(world.up_to(2_000), Some(place), Event::Start);
        }
        for person in 0..PEOPLE {
            world.want(person);
        }
        for _ in 0..6 {
            world.later(world.up_to(HEALED), None, Event::Trouble);
        }
        world
    }

    pub(super) fn run(&mut self) -> Result<(), String> {
        while let Some(Reverse((at, n))) = self.queue.pop() {
            if self.told.len() == PEOPLE * ACTS as usize {
                return Ok(());
            }
            if at > OVER {
                return Err(format!(
                    "{} of {} acts are acknowledged at the end",
                    self.told.len(),
                    PEOPLE * ACTS as usize
                ));
            }
            self.at = self.at.max(at);
            let Some((whom, event)) = self.events.remove(&n) else { continue };
            match whom {
                None => self.happen(event)?,
                Some((place, incarnation)) => {
                    let here = &self.places[place];
                    if here.stalled_until > self.at {
                        self.put(here.stalled_until, Some((place, incarnation)), event);
                    } else if matches!(event, Event::Start) || here.incarnation == incarnation {
                        self.at_place(place, event)?;
                    }
                }
            }
        }
        Err("nothing happens any more".into())
    }

    /// Under which key something wanted is kept.
    pub(super) fn digest(&self, key: u64, moves: &[Move]) -> Digest16 {
        let wanted = act(Set { case: self.case, moves: moves.to_vec() }, Some(key));
        wanted.request_key.expect("it was wanted under a key")
    }

    fn up_to(&self, bound: i64) -> i64 {
        i64::try_from(self.chance.below(u64::try_from(bound).unwrap_or(1))).unwrap_or(0)
    }

    /// Whether something goes wrong that happens so many times in a thousand; never once everything has healed.
    fn unlucky(&mut self, of_thousand: u64) -> bool {
        let unlucky = self.at < HEALED && self.chance.below(1_000) < of_thousand;
        self.tally.troubles += u64::from(unlucky);
        unlucky
    }

    fn put(&mut self, at: i64, whom: Option<(usize, u64)>, event: Event) {
        self.next += 1;
        self.queue.push(Reverse((at, self.next)));
        self.events.insert(self.next, (whom, event));
    }

    fn later(&mut self, after: i64, place: Option<usize>, event: Event) {
        let whom = place.map(|place| (place, self.places[place].incarnation));
        self.put(self.at + after, whom, event);
    }

    /// A message on its way: late, lost or doubled.
    fn send(&mut self, place: Option<usize>, make: impl Fn() -> Event) {
        if self.unlucky(40) {
            return;
        }
        if self.unlucky(40) {
            let after = self.up_to(3_000);
            self.later(after, place, make());
        }
        let after = 1 + self.up_to(if self.at < HEALED { 80 } else { 5 });
        self.later(after, place, make());
    }

    /// The next thing a person wants.
    fn want(&mut self, person: usize) {
        let account = |n: u64| SubjectId(self.first_account + u32::try_from(n).unwrap_or(0));
        let (from, to) = (self.chance.below(ACCOUNTS + 4), self.chance.below(ACCOUNTS));
        let from = if from >= ACCOUNTS || from == to { self.treasury } else { account(from) };
        let amount = 1 + self.up_to(500);
        let one = Move { phase: Phase::Direct, settles: None, from, to: account(to), amount };
        self.people[person].moves = vec![one];
        self.insist(person);
    }

    fn insist(&mut self, person: usize) {
        let Person { n, turn, .. } = self.people[person];
        self.people[person].turn += 1;
        let to = usize::try_from(self.chance.below(INSTANCES as u64)).unwrap_or(0);
        self.send(Some(to), || Event::Request { person, n, forwarded: false });
        let after = 1_500 + self.up_to(1_000);
        self.later(after, None, Event::Insist { person, n, turn: turn + 1 });
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Insist { person, n, turn }
                if self.people[person].n == n && self.people[person].turn == turn && n < ACTS =>
            {
                self.insist(person);
            }
            Event::Reply { person, n, answer } => self.hear(person, n, answer)?,
            Event::Trouble => self.trouble(),
            Event::DatabaseBack => self.database.is_up = true,
            _ => {}
        }
        Ok(())
    }

    fn trouble(&mut self) {
        self.tally.troubles += 1;
        let place = usize::try_from(self.chance.below(INSTANCES as u64)).unwrap_or(0);
        match self.chance.below(5) {
            0 | 1 => {
                self.tally.crashes += 1;
                self.places[place].living = None;
                self.places[place].incarnation += 1;
                let after = 200 + self.up_to(6_000);
                self.later(after, Some(place), Event::Start);
            }
            2 => self.places[place].stalled_until = self.at + 500 + self.up_to(7_000),
            3 => {
                self.places[place].ahead += self.up_to(20_000) - 10_000;
                self.database.ahead += self.up_to(2_000);
            }
            _ => {
                self.database.is_up = false;
                let after = 100 + self.up_to(4_000);
                self.later(after, None, Event::DatabaseBack);
            }
        }
    }

    fn hear(&mut self, person: usize, n: u32, answer: Reply) -> Result<(), String> {
        let key = key_of(person, n);
        let last = match answer {
            Reply::Later => return Ok(()),
            Reply::Kept(seq) => Last::Kept(seq),
            Reply::Refused => Last::Refused,
        };
        let who = &self.people[person];
        if let Some((_, _, before)) = self.told.get(&key) {
            // A refusal may be on its way for longer than the acknowledgement of a later try: whether it was decided first is looked at
            // where it is decided.
            return match (before, last) {
                (Last::Kept(first), Last::Kept(again)) if *first != again => {
                    Err(format!("act {key} was acknowledged as {first} and as {again}"))
                }
                _ => Ok(()),
            };
        }
        self.told.insert(key, (who.zone, who.moves.clone(), last));
        if who.n == n && n + 1 < ACTS {
            self.people[person].n += 1;
            self.want(person);
        }
        Ok(())
    }

    fn at_place(&mut self, place: usize, event: Event) -> Result<(), String> {
        match event {
            Event::Start => self.start(place),
            Event::Beat => self.beat(place),
            Event::Decide(board, asked) => self.decide(place, board, asked),
            Event::Open(zone) => self.open(place, zone),
            Event::Own(zone, epoch, asked) => self.own(place, zone, epoch, asked),
            Event::Look => self.look(place),
            Event::Request { person, n, forwarded } => return self.request(place, person, n, forwarded),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, place: usize) {
        if self.places[place].living.is_some() || !self.database.is_up {
            if self.places[place].living.is_none() {
                self.later(500, Some(place), Event::Start);
            }
            return;
        }
        self.places[place].incarnation += 1;
        let incarnation = self.places[place].incarnation;
        let me = Instance { name: format!("i{place}.{incarnation}").into(), address: format!("{place}").into() };
        let replicas = self.zones.iter().map(|_| None).collect();
        let node = Node::new(me, self.zones.clone(), COPIES);
        self.places[place].living = Some(Living { node, replicas, board: Board::default() });
        self.later(0, Some(place), Event::Beat);
        self.later(0, Some(place), Event::Look);
    }

    /// A zone was read, unless the database went away meanwhile.
    fn open(&mut self, place: usize, zone: usize) {
        let name = self.zones[zone].clone();
        let Some(living) = &mut self.places[place].living else { return };
        if !self.database.is_up {
            living.node.not_opened(&name);
            return;
        }
        let opened = Replica::open(self.database.engine(&name), HashKind::Sha256);
        living.replicas[zone] = Some(opened.expect("the rows are in order"));
        living.node.opened(&name);
    }

    fn local(&self, place: usize) -> i64 {
        self.at + self.places[place].ahead
    }

    /// What an instance hears of the database: nothing when it is away, when the question was lost, or when the answer was.
    fn ask<T>(&mut self, ask: impl FnOnce(&mut Database) -> T) -> Option<T> {
        if !self.database.is_up || self.unlucky(30) {
            return None;
        }
        let answer = ask(&mut self.database);
        (!self.unlucky(30)).then_some(answer)
    }

    fn beat(&mut self, place: usize) {
        let (at, asked) = (self.at, self.local(place));
        let Some(living) = &self.places[place].living else { return };
        let me = living.node.me().clone();
        let seqs = living.replicas.iter().map(|replica| replica.as_ref().map_or(0, |replica| replica.image().seq));
        let seqs: Vec<_> = self.zones.iter().cloned().zip(seqs).collect();
        let board = self.ask(|database| database.beat(at, &me, &seqs));
        if self.unlucky(20) {
            self.places[place].stalled_until = self.at + self.up_to(6_000);
        }
        self.later(0, Some(place), Event::Decide(board, asked));
        self.later(i64::try_from(BEAT_MS).unwrap_or(500), Some(place), Event::Beat);
    }

    fn decide(&mut self, place: usize, board: Option<Board>, asked: i64) {
        let Some(living) = &mut self.places[place].living else { return };
        let lost: Vec<Arc<str>> = living.node.owned().into_iter().collect();
        let moves = living.node.decide(board.as_ref(), asked);
        if let Some(board) = board {
            living.board = board;
        }
        for zone in lost {
            let ix = self.ix(&zone);
            if self.places[place].living.as_ref().is_some_and(|living| !living.owns(ix)) {
                self.give_back(place, &zone);
            }
        }
        for next in moves {
            match next {
                NodeMove::Open(zone) => {
                    let after = 20 + self.up_to(2_000);
                    self.later(after, Some(place), Event::Open(self.ix(&zone)));
                }
                NodeMove::Take(zone) => {
                    let (at, asked) = (self.at, self.local(place));
                    let Some(living) = &self.places[place].living else { return };
                    let me = living.node.me().clone();
                    if let Some(Some(epoch)) = self.ask(|database| database.take(at, &zone, &me)) {
                        self.tally.taken += 1;
                        if self.unlucky(60) {
                            self.places[place].stalled_until = self.at + self.up_to(6_000);
                        }
                        self.later(0, Some(place), Event::Own(self.ix(&zone), epoch, asked));
                    }
                }
                NodeMove::HandOn(zone) | NodeMove::GiveBack(zone) => self.give_back(place, &zone),
                NodeMove::Lose(zone) => {
                    let ix = self.ix(&zone);
                    let Some(living) = &mut self.places[place].living else { return };
                    living.release(ix);
                    living.node.lost(&zone);
                }
                NodeMove::Forget(zone) => {
                    let ix = self.ix(&zone);
                    let Some(living) = &mut self.places[place].living else { return };
                    living.replicas[ix] = None;
                    self.tally.forgotten += 1;
                }
            }
        }
    }

    fn ix(&self, zone: &str) -> usize {
        self.zones.iter().position(|one| **one == *zone).unwrap_or(0)
    }

    fn give_back(&mut self, place: usize, zone: &Arc<str>) {
        let ix = self.ix(zone);
        let Some(living) = &mut self.places[place].living else { return };
        living.release(ix);
        living.node.lost(zone);
        let me = living.node.me().clone();
        self.ask(|database| database.release(zone, &me));
    }

    fn own(&mut self, place: usize, zone: usize, epoch: u64, asked: i64) {
        let name = self.zones[zone].clone();
        let Some(living) = &mut self.places[place].living else { return };
        let is_up = self.database.is_up;
        if living.replicas[zone].as_mut().is_some_and(|replica| is_up && replica.own(epoch).is_ok()) {
            living.node.took(&name, asked);
        } else {
            self.give_back(place, &name);
        }
    }

    fn look(&mut self, place: usize) {
        let is_up = self.database.is_up;
        let Some(living) = &mut self.places[place].living else { return };
        for replica in living.replicas.iter_mut().flatten().filter(|replica| is_up && !replica.is_owner()) {
            replica.follow().expect("what others wrote goes on from what is known");
        }
        let after = 40 + self.up_to(400);
        self.later(after, Some(place), Event::Look);
    }

    fn request(&mut self, place: usize, person: usize, n: u32, forwarded: bool) -> Result<(), String> {
        let zone = self.people[person].zone;
        let Some(living) = &self.places[place].living else { return Ok(()) };
        if living.owns(zone) {
            let answer = self.commit(place, person, n)?;
            self.send(None, || Event::Reply { person, n, answer });
            return Ok(());
        }
        let owner = living.board.owner_address(&self.zones[zone]).and_then(|address| address.parse::<usize>().ok());
        match owner.filter(|owner| !forwarded && *owner != place) {
            Some(owner) => self.send(Some(owner), || Event::Request { person, n, forwarded: true }),
            None => self.send(None, || Event::Reply { person, n, answer: Reply::Later }),
        }
        Ok(())
    }

    fn commit(&mut self, place: usize, person: usize, n: u32) -> Result<Reply, String> {
        let Person { zone, .. } = self.people[person];
        let key = key_of(person, n);
        // A late copy of an earlier wish asks for what was wanted then.
        let moves = match self.told.get(&key) {
            Some((_, moves, _)) => moves.clone(),
            None => self.people[person].moves.clone(),
        };
        let request = self.digest(key, &moves);
        let wanted = act(Set { case: self.case, moves }, Some(key));
        let memory = self.database.zones[&self.zones[zone]].clone();
        let epoch = self.database.epoch(&self.zones[zone]);
        if !self.database.is_up {
            memory.will_suffer([Trouble::Fails(AppendError::Unreachable("away".into()))]);
        } else if self.unlucky(40) {
            let troubles = [Trouble::WrittenAnswerLost, Trouble::NotWrittenAnswerLost];
            memory.will_suffer([self.chance.pick(&troubles).clone()]);
            memory.head_will_fail(u32::try_from(self.chance.below(3)).unwrap_or(0));
        }
        let now = self.base_now.plus_ms(self.local(place));
        let living = self.places[place].living.as_mut().filter(|living| living.owns(zone));
        let Some(living) = living else { return Ok(Reply::Later) };
        let Some(replica) = &mut living.replicas[zone] else { return Ok(Reply::Later) };
        let answer = decided(replica, now, wanted);
        memory.will_suffer_nothing();
        let me = living.node.me().name.clone();
        Ok(match answer {
            Ok(outcome) => {
                if !outcome.repeated {
                    let first = self.writers.entry((zone, epoch)).or_insert_with(|| me.clone());
                    if *first != me {
                        return Err(format!("{first} and {me} both wrote {} under epoch {epoch}", self.zones[zone]));
                    }
                }
                self.tally.acknowledged += u64::from(!outcome.repeated);
                Reply::Kept(outcome.seq)
            }
            Err(problem) if problem.kind.status == 503 => {
                self.tally.fenced += u64::from(problem.kind.code == "fenced");
                Reply::Later
            }
            Err(_) if replica.image().find_request(request).is_some() => {
                return Err(format!("act {key} is kept and was refused after that"));
            }
            Err(_) => Reply::Refused,
        })
    }
}
