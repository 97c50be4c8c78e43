//! What keeps an instance among the others, in a thread of its own: signs of life, leases, following, handing on.

use super::Cluster;
use super::host::{Hosted, pause};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use yizhan_core::cluster::follow::Lost;
use yizhan_core::cluster::node::{Move, Node};
use yizhan_core::cluster::placement::heir;
use yizhan_core::cluster::{BEAT_MS, Board, LEASE_MS, Registry};

/// How often a zone is looked at by whoever would take it over, in milliseconds: what a close follower lags behind at least.
const LOOK_MS: i64 = 40;

/// How often by everybody else: in larger pieces it costs less, so that an act costs the same however many instances there are.
const FAR_MS: i64 = 1_500;

/// What an instance knows of the others.
pub struct Standing {
    began: Instant,
    board: RwLock<Arc<Board>>,
    /// When that was, in milliseconds since the start.
    told: AtomicI64,
    /// When each zone was last known to be as far here as in the database, in milliseconds since the start.
    even: BTreeMap<Arc<str>, AtomicI64>,
    /// Which zones are followed closely here.
    close: RwLock<BTreeSet<Arc<str>>>,
    left: watch::Sender<bool>,
}

impl Standing {
    pub(super) fn new(zones: impl Iterator<Item = Arc<str>>) -> Self {
        Self {
            began: Instant::now(),
            board: RwLock::default(),
            told: AtomicI64::new(0),
            even: zones.map(|zone| (zone, AtomicI64::new(0))).collect(),
            close: RwLock::default(),
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

    /// Whether a zone is followed closely here, so that it is worth waiting for.
    pub fn is_close(&self, zone: &str) -> bool {
        self.close.read().expect("no panic while zones are held").contains(zone)
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
    cluster.zones.values().for_each(|zone| zone.gather_names(&handle));
    let work = move || {
        let node = Node::new(cluster.me.clone(), cluster.zones.keys().cloned().collect());
        let mut keeper = Keeper { cluster, registry, node, handle, following: BTreeMap::new(), next_far: 0 };
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
    /// What is being read of each zone, and when that was asked for.
    following: BTreeMap<Arc<str>, (i64, oneshot::Receiver<Result<usize, Lost>>)>,
    /// When the zones that are not followed closely are looked at next.
    next_far: i64,
}

impl<R: Registry> Keeper<R> {
    fn keep(&mut self, stop: &Receiver<()>) {
        let mut next_beat = 0;
        loop {
            let now = self.now();
            if now >= next_beat {
                next_beat = now + i64::try_from(BEAT_MS).unwrap_or(500);
                self.beat();
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
        let zones: Vec<Arc<str>> = self.cluster.zones.keys().cloned().collect();
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
        self.cluster.zones.get(zone).cloned()
    }

    fn beat(&mut self) {
        let asked = self.now();
        let zones: Vec<_> = self.cluster.zones.values().map(|one| (one.name.clone(), one.zone.image().seq)).collect();
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
            let close = self.node.zones().iter().filter(|zone| heir(&board, zone) == Some(&*self.cluster.me.name));
            *self.cluster.standing.close.write().expect("no panic while zones are held") = close.cloned().collect();
            self.cluster.standing.tell(board);
        }
        for next in moves {
            self.make(next);
        }
    }

    fn make(&mut self, next: Move) {
        match next {
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
        let far = asked >= self.next_far;
        if far {
            self.next_far = asked + FAR_MS;
        }
        let others = self.cluster.zones.values().filter(|one| !one.is_owner());
        let due = others
            .filter(|one| far || self.cluster.standing.is_close(&one.name) || self.following.contains_key(&one.name));
        let zones: Vec<Arc<str>> = due.map(|one| one.name.clone()).collect();
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
        let zones: Vec<Arc<str>> = self.cluster.zones.keys().cloned().collect();
        if let Err(what) = self.registry.leave(&self.cluster.me, &zones) {
            tracing::warn!(what, "the last sign of life ends by itself");
        }
        for zone in self.node.owned() {
            self.give_back(&zone);
        }
    }
}
