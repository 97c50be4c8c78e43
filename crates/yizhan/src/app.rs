//! Every side effect of the program, named: the zone it writes, the readers it asks, the vault it opens, the clock it
//! looks at, the counters it keeps.

use crate::behaviour::act::Behaviour;
use crate::call::act::Calls;
use crate::case::named::Named;
use crate::cashier::Cashier;
use crate::config::Config;
use crate::desk::board::{Counted, Moments};
use crate::desk::model::Overview;
use crate::device::act::Devices;
use crate::editor::sandbox::Sandboxes;
use crate::finder::model::Finder;
use crate::flood::act::Flood;
use crate::flood::lane::Lanes;
use crate::kiosk::act::HandOvers;
use crate::kitchen::live::Relay;
use crate::pay::place::Placed;
use crate::register::import::Imports;
use crate::report::book::Reports;
use crate::voice::hear::Ears;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use yizhan_core::access::Judgement;
use yizhan_core::act::{Act, Actor, Verb};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_core::row::{BodyRow, KeyRow, SubjectId};
use yizhan_core::vault::Vault;
use yizhan_core::waist::{Reader, Working};
use yizhan_core::writer::{self, Answer};
use yizhan_core::zone::Zone;
use yizhan_kit::clock::DemoClock;
use yizhan_kit::digest::{HashKind, hash};
use yizhan_kit::{Clock, Digest16, Moment, Problem};

/// How many readers of the store are kept open.
const READERS: usize = 4;

/// The application. Shared by every handler.
pub struct App {
    /// The zone's writer and snapshot.
    pub zone: Zone,
    /// Keys, receipts, blind digests.
    pub vault: Vault,
    /// What time it is for the zone; sessions and one-time codes use real time.
    pub clock: Arc<dyn Clock>,
    /// What time it really is.
    pub real_clock: Arc<dyn Clock>,
    /// The clock that may be moved, in a demonstration only.
    pub demo: Option<Arc<DemoClock>>,
    /// The configuration.
    pub config: Config,
    /// Says when the program is about to stop, so that streams end.
    pub stopping: watch::Sender<bool>,
    /// What is counted for `/metrics`.
    pub counters: Counters,
    /// Who can be found by name.
    pub finder: Arc<Finder>,
    /// Who came lately through the public door.
    pub flood: Flood,
    /// Whose turn it is while many come.
    pub lanes: Lanes,
    /// Names that were read a moment ago.
    pub named: Named,
    /// Boards that were counted a moment ago.
    pub boards: Moments<Arc<Counted>>,
    /// Pictures of areas that were drawn a moment ago.
    pub overviews: Moments<Arc<Overview>>,
    /// The register as it was judged a moment ago, by day.
    pub judgements: Moments<Arc<Judgement>>,
    /// Who lies where, as it was a moment ago.
    pub placed: Mutex<Option<Placed>>,
    /// Who lies where, by kind and day, as it was a moment ago.
    pub whereabouts: Moments<crate::day::place::ByRegion>,
    /// Reports that were counted a moment ago, and the transfers they count.
    pub reports: Reports,
    /// Tables that are being brought into the register.
    pub imports: Imports,
    /// The self-service terminals, as they are now.
    pub devices: Devices,
    /// The calls that are not over, and who answers them.
    pub calls: Calls,
    /// What people find hard at them.
    pub behaviour: Behaviour,
    /// Answers on their way from a terminal to a phone.
    pub hand_overs: HandOvers,
    /// Drafts of the catalog that are being tried.
    pub sandboxes: Sandboxes,
    /// What cameras of kitchens showed a moment ago.
    pub kitchens: Relay,
    /// What understands speech, where there is an engine.
    pub ears: Option<Arc<Ears>>,
    /// By which channels people pay, and what waits at them.
    pub cashier: Cashier,
    /// Held while a code is taken, so that two sign-ins cannot take the same.
    pub taking: Mutex<()>,
    working: Mutex<Box<dyn Working + Send>>,
    readers: Vec<Mutex<Reader>>,
    next_reader: AtomicU64,
}

/// What is counted for `/metrics`, beside what the image knows.
#[derive(Default)]
pub struct Counters {
    /// Requests answered, by class of status: 2xx, 3xx, 4xx, 5xx.
    pub answers: [AtomicU64; 4],
    /// Acts refused because the queue was full.
    pub busy: AtomicU64,
}

impl App {
    /// Puts the pieces together.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(parts: Parts) -> Result<Self, String> {
        let readers = (1..READERS).map(|_| parts.reader.another().map(Mutex::new)).collect::<Result<Vec<_>, _>>()?;
        let readers = readers.into_iter().chain([Mutex::new(parts.reader)]).collect();
        let cashier = Cashier::open(&parts.config, &parts.clock)?;
        Ok(Self {
            zone: parts.zone,
            vault: parts.vault,
            clock: parts.clock,
            real_clock: parts.real_clock,
            demo: parts.demo,
            finder: parts.finder,
            lanes: Lanes::new(parts.config.at_once),
            named: Named::default(),
            boards: Moments::default(),
            overviews: Moments::default(),
            judgements: Moments::default(),
            placed: Mutex::new(None),
            whereabouts: Moments::default(),
            reports: Reports::default(),
            imports: Imports::default(),
            devices: Devices::default(),
            calls: Calls::default(),
            behaviour: Behaviour::default(),
            hand_overs: HandOvers::default(),
            sandboxes: Sandboxes::default(),
            kitchens: Relay::default(),
            ears: parts.ears,
            flood: Flood::new(parts.config.per_address_minute, parts.config.per_number_day, parts.config.proof_bits),
            cashier,
            taking: Mutex::new(()),
            working: Mutex::new(parts.working),
            config: parts.config,
            stopping: watch::Sender::new(false),
            counters: Counters::default(),
            readers,
            next_reader: AtomicU64::new(0),
        })
    }

    /// What is durable now.
    pub fn image(&self) -> Arc<Image> {
        self.zone.image()
    }

    /// What time it is for the zone.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Hands an act in and waits until it is durable or refused.
    ///
    /// # Errors
    /// The named refusal.
    pub async fn act(&self, actor: Actor, request: Request, verb: impl Verb + 'static) -> Answer {
        let act = Act { actor, request_key: request.key, request: request.digest, verb: Arc::new(verb) };
        let answer = self.zone.submit(act).await;
        if matches!(&answer, Err(problem) if problem.kind.code == problem::BUSY.code) {
            self.counters.busy.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    /// The first answer to a request that was made before. Asked before a request is looked at, for what was right when it
    /// was made first may not be any more.
    pub fn answered(&self, request: &Request) -> Option<Answer> {
        writer::answered(&self.image(), request.key?, request.digest)
    }

    /// Asks the store. Blocking: for what the image does not hold, sealed bodies and old histories.
    pub fn read<T>(&self, ask: impl FnOnce(&mut Reader) -> T) -> T {
        let turn = self.next_reader.fetch_add(1, Ordering::Relaxed) as usize % self.readers.len();
        blocking(|| {
            let mut reader = self.readers[turn].lock().expect("no panic while a reader is held");
            ask(&mut reader)
        })
    }

    /// Uses working state: sessions, credentials, codes. Blocking.
    pub fn with_working<T>(&self, ask: impl FnOnce(&mut dyn Working) -> T) -> T {
        blocking(|| {
            let mut working = self.working.lock().expect("no panic while working state is held");
            ask(&mut **working)
        })
    }

    /// The key of a case, unless it was destroyed.
    ///
    /// # Errors
    /// `forgotten`, or the store's failure.
    pub fn key(&self, n: u64) -> Result<KeyRow, Problem> {
        let row = if n == 0 { None } else { self.read(|reader| reader.key(n)).map_err(|error| store(&error))? };
        row.ok_or_else(forgotten)
    }

    /// Opens a sealed body.
    ///
    /// # Errors
    /// `forgotten`, or the store's failure.
    pub fn body(&self, n: u64) -> Result<Vec<u8>, Problem> {
        let Some(row) = self.read(|reader| reader.body(n)).map_err(|error| store(&error))? else {
            return Err(store(&"the body is missing"));
        };
        let Some(key) = row.key else { return Ok(row.sealed.to_vec()) };
        let key = self.key(key)?;
        self.vault.unseal(Some(&key), &row.sealed).map_err(|_| store(&"the body cannot be opened"))
    }

    /// Keys by their numbers, without those that were destroyed.
    ///
    /// # Errors
    /// The store's failure.
    pub fn keys(&self, these: impl Iterator<Item = u64>) -> Result<HashMap<u64, KeyRow>, Problem> {
        let these: Vec<u64> = these.collect::<BTreeSet<_>>().into_iter().collect();
        let rows: Vec<KeyRow> = self.read(|reader| reader.these(&these)).map_err(|error| store(&error))?;
        Ok(rows.into_iter().map(|row| (row.n, row)).collect())
    }

    /// Opens sealed bodies together, which costs a server two questions; those whose key was destroyed are left out.
    ///
    /// # Errors
    /// The store's failure.
    pub fn bodies(&self, these: impl Iterator<Item = u64>) -> Result<HashMap<u64, Vec<u8>>, Problem> {
        let these: Vec<u64> = these.collect::<BTreeSet<_>>().into_iter().collect();
        let rows: Vec<BodyRow> = self.read(|reader| reader.these(&these)).map_err(|error| store(&error))?;
        if rows.len() < these.len() {
            return Err(store(&"a body is missing"));
        }
        let keys = self.keys(rows.iter().filter_map(|row| row.key))?;
        let open = |row: BodyRow| {
            let Some(key) = row.key else { return Ok(Some((row.n, row.sealed.to_vec()))) };
            let Some(key) = keys.get(&key) else { return Ok(None) };
            let opened = self.vault.unseal(Some(key), &row.sealed);
            opened.map(|plain| Some((row.n, plain))).map_err(|_| store(&"the body cannot be opened"))
        };
        rows.into_iter().filter_map(|row| open(row).transpose()).collect()
    }

    /// Proof that somebody holds the receipt of a case.
    pub fn receipt(&self, case: SubjectId, at: Moment) -> String {
        self.vault.receipt(case, at)
    }
}

/// Runs what may wait for the store, without keeping other requests from their thread.
pub fn blocking<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// What an application is made of.
pub struct Parts {
    /// The running zone.
    pub zone: Zone,
    /// A reader of its store.
    pub reader: Reader,
    /// Its vault.
    pub vault: Vault,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// The real clock.
    pub real_clock: Arc<dyn Clock>,
    /// The clock as one that may be moved.
    pub demo: Option<Arc<DemoClock>>,
    /// Working state.
    pub working: Box<dyn Working + Send>,
    /// The configuration.
    pub config: Config,
    /// What understands speech, where there is an engine.
    pub ears: Option<Arc<Ears>>,
    /// Who can be found by name; empty until it has caught up.
    pub finder: Arc<Finder>,
}

/// What makes a request the same request: its idempotency key within a scope, and the digest of what it asks.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The digest of scope and key.
    pub key: Option<Digest16>,
    /// The digest of the body.
    pub digest: Digest16,
}

impl Request {
    /// A request under a key that the client chose, unique within its scope.
    pub fn keyed(scope: &str, key: &str, body: &[u8]) -> Self {
        Self { key: Some(short(&[scope.as_bytes(), b"\n", key.as_bytes()].concat())), digest: short(body) }
    }

    /// A request that may be repeated without harm, or that nobody repeats.
    pub fn unkeyed(body: &[u8]) -> Self {
        Self { key: None, digest: short(body) }
    }
}

fn short(bytes: &[u8]) -> Digest16 {
    let digest = hash(HashKind::Sha256, bytes);
    Digest16(digest.0[..16].try_into().expect("half of thirty-two bytes"))
}

/// The store's failure as a refusal; the detail goes to the log.
pub fn store(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "the store failed");
    problem::STORE_UNAVAILABLE.problem("暂时读不到数据。", "The store cannot be read at the moment.").retry_after(2)
}

/// `forgotten`.
pub fn forgotten() -> Problem {
    problem::FORGOTTEN.problem("个人信息已按规定删除。", "The personal details were deleted by rule.")
}
