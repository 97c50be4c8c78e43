//! What keeps an instance among the others, in a thread of its own: signs of life, copies, leases, following, handing on.

use super::Cluster;
use super::host::{Hosted, pause};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use yizhan_core::cluster::follow::Lost;
use yizhan_core::cluster::node::{Move, Node};
use yizhan_core::cluster::{BEAT_MS, Board, LEASE_MS, Registry};

/// How often a zone is looked at by whoever would take it over, in milliseconds: what a follower lags behind at least.
const LOOK_MS: i64 = 40;

/// After how many milliseconds a zone that could not be opened is tried again.
const AGAIN_MS: i64 = 5_000;

/// What an instance knows of the others.
pub struct Standing {
    began: Instant,
    board: RwLock<Arc<Board>>,
    /// When that was, in milliseconds since the start.
    told: AtomicI64,
    /// When each zone was last known to be as far here as in the database, in milliseconds since the start.
    even: BTreeMap<Arc<str>, AtomicI64>,
    /// Whether everything that should be kept here was opened once.
    settled: AtomicBool,
    left: watch::Sender<bool>,
}

impl Standing {
    pub(super) fn new(zones: impl Iterator<Item = Arc<str>>) -> Self {
        Self {
            began: Instant::now(),
            board: RwLock::default(),
            told: AtomicI64::new(0),
            even: zones.map(|zone| (zone, AtomicI64::new(0))).collect(),
            settled: AtomicBool::new(false),
            left: watch::Sender::new(false),
        }
    }

    /// Milliseconds since the start, by a clock that never jumps.
    pub fn now(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// What was known at the last beat.
    pub fn board(&self) -> Arc<Board> {
        self.board.read().expect("no panic while the board is held").clone()
    }

    /// Whether the board is of now: cut off from the database an instance knows of no owner.
    pub fn is_told(&self) -> bool {
        self.now() - self.told.load(Ordering::Relaxed) <= LEASE_MS
    }

    /// How many milliseconds ago a zone was known to be as far here as anywhere.
    pub fn lag_ms(&self, zone: &str) -> i64 {
        let even = self.even.get(zone).map_or(0, |even| even.load(Ordering::Relaxed));
        (self.now() - even).max(0)
    }

    /// Whether the instance has begun: everything that it should keep was opened once.
    pub fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Relaxed)
    }

    fn tell(&self, board: Board) {
        self.told.store(self.now(), Ordering::Relaxed);
        *self.board.write().expect("no panic while the board is held") = Arc::new(board);
    }

    fn is_even(&self, zone: &str, asked: i64) {
        if let Some(even) = self.even.get(zone) {
            even.fetch_max(asked, Ordering::Relaxed);
        }
    }

    /// Waits until every zone was handed on.
    pub async fn left(&self) {
        let _ = self.left.subscribe().wait_for(|left| *left).await;
    }
}

/// Begins; told to stop it gives everything back, and it ends when nobody can tell it anything any more.
///
/// # Panics
/// When the machine has no thread left.
pub fn start(
    cluster: Arc<Cluster>,
    registry: impl Registry + Send + 'static,
    stop: Receiver<()>,
    handle: Handle,
) -> JoinHandle<()> {
    let work = move || {
        let node = Node::new(cluster.me.clone(), cluster.names(), cluster.config.copies);
        let mut keeper = Keeper { cluster, registry, node, handle, opened: channel(), following: BTreeMap::new() };
        keeper.keep(&stop);
        keeper.leave();
        keeper.cluster.standing.left.send_replace(true);
        keeper.watch(&stop);
    };
    std::thread::Builder::new().name("keeper".into()).spawn(work).expect("the machine has a thread left for the keeper")
}

struct Keeper<R> {
    cluster: Arc<Cluster>,
    registry: R,
    node: Node,
    handle: Handle,
    /// The zones that were opened beside.
    opened: (Sender<Opened>, Receiver<Opened>),
    /// What is being read of each zone, and when that was asked for.
    following: BTreeMap<Arc<str>, (i64, oneshot::Receiver<Result<usize, Lost>>)>,
}

/// A zone that was read into memory, or what kept it from being.
type Opened = (Arc<str>, Result<Hosted, String>);

impl<R: Registry> Keeper<R> {
    fn keep(&mut self, stop: &Receiver<()>) {
        let mut next_beat = 0;
        loop {
            let now = self.now();
            if now >= next_beat {
                next_beat = now + i64::try_from(BEAT_MS).unwrap_or(500);
                self.beat();
            }
            if self.take_in() {
                next_beat = now;
            }
            self.look();
            if !matches!(stop.try_recv(), Err(TryRecvError::Empty)) {
                return;
            }
            pause(LOOK_MS);
        }
    }

    /// Only looks who owns what, until the program ends: whoever still asks here is passed on.
    fn watch(&mut self, stop: &Receiver<()>) {
        let zones = self.cluster.names();
        while !matches!(stop.try_recv(), Err(TryRecvError::Disconnected)) {
            if let Ok(board) = self.registry.look(&zones) {
                self.cluster.standing.tell(board);
            }
            pause(LOOK_MS);
        }
    }

    fn now(&self) -> i64 {
        self.cluster.standing.now()
    }

    fn hosted(&self, zone: &str) -> Option<Arc<Hosted>> {
        self.cluster.kept(zone)
    }

    fn beat(&mut self) {
        let asked = self.now();
        let seq = |zone: &Arc<str>| self.hosted(zone).map_or(0, |kept| kept.zone.image().seq);
        let zones: Vec<_> = self.cluster.names().into_iter().map(|zone| (zone.clone(), seq(&zone))).collect();
        let board = match self.registry.beat(&self.cluster.me, &zones) {
            Ok(board) => Some(board),
            Err(what) => {
                tracing::warn!(what, "the database does not hear that this instance lives");
                None
            }
        };
        // Whoever was fenced finds it out by a commit; the lease goes back, to be taken under a new epoch.
        for zone in self.node.owned() {
            if self.hosted(&zone).is_some_and(|hosted| !hosted.is_owner()) {
                tracing::warn!(%zone, "another process wrote the zone; it is given back");
                self.give_back(&zone);
            }
        }
        let moves = self.node.decide(board.as_ref(), asked);
        if let Some(board) = board {
            for zone in self.node.owned() {
                self.cluster.standing.is_even(&zone, asked);
            }
            self.cluster.standing.settled.fetch_or(self.node.is_settled(), Ordering::Relaxed);
            self.cluster.standing.tell(board);
        }
        for next in moves {
            self.make(next);
        }
    }

    fn make(&mut self, next: Move) {
        match next {
            Move::Open(zone) => self.open(zone),
            Move::Forget(zone) => {
                tracing::info!(%zone, "kept by others");
                self.following.remove(&zone);
                if let Some(hosted) = self.hosted(&zone) {
                    self.cluster.keep(&zone, None);
                    hosted.end();
                }
            }
            Move::Take(zone) => {
                let asked = self.now();
                match self.registry.take(&zone, &self.cluster.me, LEASE_MS) {
                    Ok(Some(epoch)) => self.own(&zone, epoch, asked),
                    Ok(None) => {}
                    Err(what) => tracing::warn!(%zone, what, "the zone could not be taken"),
                }
            }
            Move::HandOn(zone) => {
                tracing::info!(%zone, "handed on");
                self.give_back(&zone);
            }
            Move::Lose(zone) => {
                tracing::warn!(%zone, "the lease is over");
                if let Some(hosted) = self.hosted(&zone) {
                    hosted.release();
                }
                self.node.lost(&zone);
            }
            Move::GiveBack(zone) => self.give_back(&zone),
        }
    }

    /// Has a zone read beside, which may take its start time.
    fn open(&self, zone: Arc<str>) {
        let (cluster, told) = (self.cluster.clone(), self.opened.0.clone());
        self.handle.spawn_blocking(move || {
            let opened = cluster.open(&zone);
            if let Err(what) = &opened {
                tracing::error!(%zone, what, "the zone cannot be opened");
                pause(AGAIN_MS);
            }
            // Whoever has left does not ask any more.
            let _ = told.send((zone, opened));
        });
    }

    /// Keeps what was opened meanwhile; whether that was anything.
    fn take_in(&mut self) -> bool {
        let mut came = false;
        while let Ok((zone, opened)) = self.opened.1.try_recv() {
            came = true;
            let Ok(hosted) = opened else {
                self.node.not_opened(&zone);
                continue;
            };
            hosted.gather_names(&self.handle);
            tracing::info!(%zone, acts = hosted.zone.image().seq, "kept here");
            self.cluster.keep(&zone, Some(Arc::new(hosted)));
            self.node.opened(&zone);
        }
        came
    }

    fn own(&mut self, zone: &Arc<str>, epoch: u64, asked: i64) {
        let Some(hosted) = self.hosted(zone) else { return };
        match hosted.own(epoch, &self.handle) {
            Ok(()) => {
                self.node.took(zone, asked);
                self.cluster.standing.is_even(zone, asked);
                tracing::info!(%zone, epoch, acts = hosted.zone.image().seq, took_ms = self.now() - asked, "taken");
            }
            Err(what) => {
                tracing::error!(%zone, what, "the zone cannot be owned");
                self.give_back(zone);
            }
        }
    }

    fn give_back(&mut self, zone: &Arc<str>) {
        if let Some(hosted) = self.hosted(zone) {
            hosted.release();
        }
        if let Err(what) = self.registry.release(zone, &self.cluster.me) {
            tracing::warn!(%zone, what, "the lease ends by itself");
        }
        self.node.lost(zone);
    }

    /// Follows what others own.
    fn look(&mut self) {
        let asked = self.now();
        let others = self.cluster.all_kept().filter(|one| !one.is_owner());
        let zones: Vec<Arc<str>> = others.map(|one| one.name.clone()).collect();
        if zones.is_empty() {
            return;
        }
        let Ok(heads) = self.registry.heads(&zones) else { return };
        for zone in zones {
            let Some(hosted) = self.hosted(&zone) else { continue };
            if heads.get(&zone).is_none_or(|head| *head <= hosted.zone.image().seq) {
                self.cluster.standing.is_even(&zone, asked);
                continue;
            }
            if let Some((began, reading)) = self.following.get_mut(&zone) {
                match reading.try_recv() {
                    Err(oneshot::error::TryRecvError::Empty) => continue,
                    Ok(Err(lost)) => tracing::error!(%zone, %lost, "the zone cannot be followed"),
                    Ok(Ok(_)) => {
                        let began = *began;
                        self.cluster.standing.is_even(&zone, began);
                        hosted.followed();
                    }
                    Err(oneshot::error::TryRecvError::Closed) => {}
                }
                self.following.remove(&zone);
            }
            if let Some(reading) = hosted.follow() {
                self.following.insert(zone, (asked, reading));
            }
        }
    }

    /// Hands everything on: others are told first that nothing comes here any more.
    fn leave(&mut self) {
        self.node.leave();
        if let Err(what) = self.registry.leave(&self.cluster.me, &self.cluster.names()) {
            tracing::warn!(what, "the last sign of life ends by itself");
        }
        for zone in self.node.owned() {
            self.give_back(&zone);
        }
    }
}
