//! A zone that runs: its writer in a thread of its own behind a bounded queue, its snapshot for everyone who reads.

use crate::act::Act;
use crate::catalog::Catalog;
use crate::cluster::follow::{Lost, Replica};
use crate::image::{self, Fault, Image};
use crate::journal;
use crate::problem;
use crate::row::{BodyRow, Rows};
use crate::waist::load::{Depth, every_act_until};
use crate::waist::{Engine, ReadError, Reader, unfinished};
use crate::writer::{Answer, GROUP, Verdict, Writer};
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use yizhan_kit::digest::HashKind;
use yizhan_kit::{Clock, Problem};

/// How many acts may wait.
pub const QUEUE: usize = 4096;

/// What a rebuild found.
pub struct Rebuilt {
    /// The memory, as far as the rows could be folded.
    pub image: Image,
    /// What is wrong with the rows.
    pub faults: Vec<Fault>,
    /// Whether every act could be folded, so that writing may go on.
    pub complete: bool,
    /// Keys whose forgetting is on record but which are still there.
    pub undead_keys: Vec<u64>,
}

enum Stop {
    Read(ReadError),
    Fold(Fault),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// Rebuilds the image from the rows and checks the chain on the way. With [`Depth::Bodies`] the sealed bodies are checked
/// too.
pub fn rebuild(reader: &Reader, kind: HashKind, depth: Depth) -> Rebuilt {
    rebuild_until(reader, kind, depth, u64::MAX)
}

/// As [`rebuild`], up to an act and no further: the zone as it was known then.
pub fn rebuild_until(reader: &Reader, kind: HashKind, depth: Depth, last: u64) -> Rebuilt {
    let mut rebuilt =
        Rebuilt { image: Image::empty(kind), faults: Vec::new(), complete: true, undead_keys: Vec::new() };
    let mut bodies = reader.another();
    let outcome = every_act_until(reader, depth, last, |rows| {
        check_record(&mut rebuilt, kind, depth, &rows);
        collect_forgotten(&mut rebuilt, &rows);
        let mut catalog_of = |n: u64| {
            let reader = bodies.as_mut().map_err(|error| error.clone())?;
            let body: BodyRow =
                reader.one(n).map_err(|error| error.to_string())?.ok_or("the catalog's body is missing")?;
            Catalog::shared(&body.sealed)
        };
        rebuilt.image.apply(&rows, &mut catalog_of).map_err(Stop::Fold)?;
        rebuilt.image.publish(&rows);
        Ok(())
    });
    let fault = match outcome {
        Ok(()) => return rebuilt,
        Err(Stop::Fold(fault)) => fault,
        Err(Stop::Read(ReadError::Damaged { table, n, column, what })) => Fault {
            seq: rebuilt.image.seq + 1,
            table,
            n: u64::try_from(n).unwrap_or(0),
            what: format!("{column} {what}"),
        },
        Err(Stop::Read(ReadError::Engine(what))) => Fault { seq: rebuilt.image.seq + 1, table: "journal", n: 0, what },
    };
    rebuilt.faults.push(fault);
    rebuilt.complete = false;
    rebuilt
}

fn check_record(rebuilt: &mut Rebuilt, kind: HashKind, depth: Depth, rows: &Rows) {
    let record = &rows.journal[0];
    let mut fault = |what: &str| {
        rebuilt.faults.push(Fault { seq: record.seq, table: "journal", n: record.seq, what: what.to_owned() });
    };
    if journal::record_hash(kind, rebuilt.image.hash, record, rows) != record.hash {
        fault("the chain is broken here: the hash does not fit its predecessor, its record and its rows");
    }
    if depth == Depth::Bodies && journal::bodies_hash(kind, rows) != record.bodies {
        fault("a sealed body is missing or was changed");
    }
    if let Some(key) = record.request_key
        && rebuilt.image.find_request(key).is_some()
    {
        fault("its idempotency key was used before");
    }
}

fn collect_forgotten(rebuilt: &mut Rebuilt, rows: &Rows) {
    let undead = image::forgotten(rows).filter(|key| rebuilt.image.key_owner(*key).is_some());
    rebuilt.undead_keys.extend(undead);
}

/// What the writer's thread is asked to do, in order.
enum Order {
    Decide(Act, oneshot::Sender<Answer>),
    Follow(oneshot::Sender<Result<usize, Lost>>),
    Own(u64, oneshot::Sender<Result<(), Lost>>),
    Release(oneshot::Sender<()>),
}

/// A running zone. Clones share it.
#[derive(Clone)]
pub struct Zone {
    queue: mpsc::Sender<Order>,
    snapshot: Arc<ArcSwap<Image>>,
    live: watch::Receiver<u64>,
    owner: Arc<AtomicBool>,
}

/// Who decides in the writer's thread.
enum Decider {
    /// The only owner, until another process takes the zone over.
    Alone(Box<Writer>),
    /// One of several instances.
    Shared(Box<Replica>),
}

impl Decider {
    fn writer(&mut self) -> &mut Writer {
        match self {
            Self::Alone(writer) => writer,
            Self::Shared(replica) => replica.writer(),
        }
    }

    /// Another's zone is followed; of one's own nothing is new.
    fn follow(&mut self) -> Result<usize, Lost> {
        match self {
            Self::Shared(replica) if !replica.is_owner() => replica.follow(),
            _ => Ok(0),
        }
    }

    fn own(&mut self, epoch: u64) -> Result<(), Lost> {
        match self {
            Self::Alone(_) => Ok(()),
            Self::Shared(replica) => replica.own(epoch),
        }
    }

    fn release(&mut self) {
        if let Self::Shared(replica) = self {
            replica.release();
        }
    }
}

impl Zone {
    /// Gives a writer its thread. The thread ends when the last clone is dropped; `ended` then resolves.
    ///
    /// # Panics
    /// When the machine has no thread left.
    pub fn run(writer: Writer, clock: Arc<dyn Clock>) -> (Self, oneshot::Receiver<()>) {
        Self::start(Decider::Alone(Box::new(writer)), clock)
    }

    /// As [`Zone::run`], of a zone that is followed until it is owned.
    ///
    /// # Panics
    /// When the machine has no thread left.
    pub fn share(replica: Replica, clock: Arc<dyn Clock>) -> (Self, oneshot::Receiver<()>) {
        Self::start(Decider::Shared(Box::new(replica)), clock)
    }

    fn start(mut decider: Decider, clock: Arc<dyn Clock>) -> (Self, oneshot::Receiver<()>) {
        let (queue, mut inbox) = mpsc::channel::<Order>(QUEUE);
        let image = decider.writer().image().clone();
        let (publish, live) = watch::channel(image.seq);
        let snapshot = Arc::new(ArcSwap::from_pointee(image));
        let owner = Arc::new(AtomicBool::new(!decider.writer().is_closed()));
        let (end, ended) = oneshot::channel();
        let told = Told { published: snapshot.clone(), publish, owner: owner.clone() };
        std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                let mut batch = Vec::with_capacity(GROUP);
                let mut acts = Acts::default();
                while inbox.blocking_recv_many(&mut batch, GROUP) > 0 {
                    for order in batch.drain(..) {
                        if let Order::Decide(act, answer) = order {
                            acts.wanted.push(act);
                            acts.waiting.push(answer);
                            continue;
                        }
                        acts.decide(decider.writer(), &*clock, &told);
                        match order {
                            Order::Decide(..) => {}
                            Order::Follow(answer) => drop(answer.send(decider.follow())),
                            Order::Own(epoch, answer) => drop(answer.send(decider.own(epoch))),
                            Order::Release(answer) => {
                                decider.release();
                                let _ = answer.send(());
                            }
                        }
                        told.tell(decider.writer());
                    }
                    acts.decide(decider.writer(), &*clock, &told);
                }
                drop(decider);
                let _ = end.send(());
            })
            .expect("the machine has a thread left for the writer");
        (Self { queue, snapshot, live, owner }, ended)
    }

    /// Whether it decides here: false while another instance owns the zone.
    pub fn is_owner(&self) -> bool {
        self.owner.load(Ordering::Acquire)
    }

    /// Reads what another owner wrote since; the answer is how many acts. Nothing happens when the queue is full.
    pub fn follow(&self) -> Option<oneshot::Receiver<Result<usize, Lost>>> {
        let (answer, wait) = oneshot::channel();
        self.queue.try_send(Order::Follow(answer)).ok().map(|()| wait)
    }

    /// Decides from now on, under an epoch that was taken. Blocking.
    ///
    /// # Errors
    /// See [`Lost`]; then it decides nothing.
    pub fn own(&self, epoch: u64) -> Result<(), Lost> {
        let (answer, wait) = oneshot::channel();
        let gone = || Lost::Unreachable("the zone has stopped".into());
        self.queue.blocking_send(Order::Own(epoch, answer)).map_err(|_| gone())?;
        wait.blocking_recv().unwrap_or_else(|_| Err(gone()))
    }

    /// Decides what waits, and then no more. Blocking.
    pub fn release(&self) {
        let (answer, wait) = oneshot::channel();
        if self.queue.blocking_send(Order::Release(answer)).is_ok() {
            let _ = wait.blocking_recv();
        }
    }

    /// What is durable now. Cheap to hold, never changes.
    pub fn image(&self) -> Arc<Image> {
        self.snapshot.load_full()
    }

    /// The seq of the snapshot, and a signal whenever it grows.
    pub fn live(&self) -> watch::Receiver<u64> {
        self.live.clone()
    }

    /// How many acts wait.
    pub fn queued(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Hands an act in and waits until it is durable or refused.
    ///
    /// # Errors
    /// The named refusal; `busy` at once when the queue is full.
    pub async fn submit(&self, act: Act) -> Answer {
        let (answer, wait) = oneshot::channel();
        self.queue.try_send(Order::Decide(act, answer)).map_err(|_| busy())?;
        wait.await.unwrap_or_else(|_| Err(busy()))
    }

    /// Hands an act in from a thread that may block; it waits for room in the queue.
    ///
    /// # Errors
    /// The named refusal.
    pub fn submit_blocking(&self, act: Act) -> Answer {
        let (answer, wait) = oneshot::channel();
        self.queue.blocking_send(Order::Decide(act, answer)).map_err(|_| busy())?;
        wait.blocking_recv().unwrap_or_else(|_| Err(busy()))
    }

    /// Hands an act in when there is room, and lets the caller wait for the answer later.
    ///
    /// # Errors
    /// `busy` when the zone has stopped.
    pub fn submit_later(&self, act: Act) -> Result<oneshot::Receiver<Answer>, Problem> {
        let (answer, wait) = oneshot::channel();
        self.queue.blocking_send(Order::Decide(act, answer)).map_err(|_| busy())?;
        Ok(wait)
    }
}

/// Acts that are decided together, and who waits for them.
#[derive(Default)]
struct Acts {
    wanted: Vec<Act>,
    waiting: Vec<oneshot::Sender<Answer>>,
}

impl Acts {
    fn decide(&mut self, writer: &mut Writer, clock: &dyn Clock, told: &Told) {
        if self.wanted.is_empty() {
            return;
        }
        let answers = until_known(writer, clock, &self.wanted);
        told.tell(writer);
        self.wanted.clear();
        for (waiter, answer) in self.waiting.drain(..).zip(answers) {
            // Whoever hung up asks again under the same key.
            let _ = waiter.send(answer);
        }
    }
}

/// What everybody else sees of the writer.
struct Told {
    published: Arc<ArcSwap<Image>>,
    publish: watch::Sender<u64>,
    owner: Arc<AtomicBool>,
}

impl Told {
    fn tell(&self, writer: &Writer) {
        if writer.image().seq != *self.publish.borrow() {
            self.published.store(Arc::new(writer.image().clone()));
            self.publish.send_replace(writer.image().seq);
        }
        self.owner.store(!writer.is_closed(), Ordering::Release);
    }
}

/// While a commit is in doubt the writer takes nothing new: it asks the engine again until it knows.
#[expect(
    clippy::disallowed_methods,
    reason = "the writer's own thread has nothing else to do than to wait for the engine"
)]
fn until_known(writer: &mut Writer, clock: &dyn Clock, acts: &[Act]) -> Vec<Answer> {
    match writer.commit(clock.now(), acts) {
        Verdict::Answered(answers) => answers,
        Verdict::InDoubt => loop {
            if let Some(answers) = writer.resolve() {
                return answers;
            }
            std::thread::sleep(Duration::from_millis(200));
        },
    }
}

/// `busy`: too many wait already.
pub fn busy() -> Problem {
    problem::BUSY
        .problem("请求太多，请几秒后再试。", "Too many requests are waiting; try again in a few seconds.")
        .retry_after(1)
}

/// Opens an engine's zone: rebuilds the image, destroys keys whose forgetting is on record, takes the zone over.
///
/// # Errors
/// When the rows are damaged and damage is not accepted, or the engine fails. All faults are named.
pub fn open(mut engine: Engine, kind: HashKind, damage: Damage) -> Result<(Writer, Vec<Fault>), Vec<String>> {
    engine.found(journal::genesis(kind)).map_err(|error| vec![error])?;
    let begun = engine.head().map_err(|error| vec![error])?;
    if begun.epoch == 0 {
        return Err(vec![unfinished(begun.seq)]);
    }
    let reader = engine.reader().map_err(|error| vec![error])?;
    let mut rebuilt = rebuild(&reader, kind, Depth::Heads);
    let head = engine.head().map_err(|error| vec![error])?;
    if head.seq != rebuilt.image.seq || head.hash != rebuilt.image.hash {
        let what = format!("the head says act {}, the rows end at act {}", head.seq, rebuilt.image.seq);
        rebuilt.faults.push(Fault { seq: head.seq, table: "head", n: head.seq, what });
        rebuilt.complete = false;
    }
    if !rebuilt.faults.is_empty() && damage == Damage::Refused {
        return Err(rebuilt.faults.iter().map(Fault::to_string).collect());
    }
    if !rebuilt.undead_keys.is_empty() {
        engine.forget(&rebuilt.undead_keys).map_err(|error| vec![error])?;
    }
    let epoch = engine.take_over().map_err(|error| vec![error])?;
    let mut writer = Writer::new(engine, epoch, rebuilt.image);
    if !rebuilt.complete {
        writer.close(
            problem::STORE_UNAVAILABLE
                .problem("数据有损坏，只能查看。", "The stored rows are damaged; the zone can only be read."),
        );
    }
    Ok((writer, rebuilt.faults))
}

/// Whether a damaged zone may be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Damage {
    /// No: the faults are named and nothing is served.
    Refused,
    /// Yes: what can be read is served, and nothing is written past a gap.
    Accepted,
}
