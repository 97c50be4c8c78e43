//! One zone on an instance: its image followed or decided on, the application that answers for it, and what runs by itself while
//! it is owned.

use crate::app::{App, Parts};
use crate::command::Common;
use crate::config::Config;
use crate::finder::{self, model::Finder};
use crate::voice::hear::{self, Ears};
use crate::{routes, serve, store};
use arc_swap::ArcSwap;
use axum::Router;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use yizhan_core::cluster::follow::{Lost, Replica};
use yizhan_core::cluster::{Instance, LEASE_MS, Registry};
use yizhan_core::journal;
use yizhan_core::waist::{Address, Engine, Lines};
use yizhan_core::zone::{self, Zone};
use yizhan_kit::Clock;
use yizhan_kit::clock::{DemoClock, SystemClock};

/// How long founding a zone may take, and is waited for when another instance does it.
const FOUNDING: Duration = Duration::from_secs(30);

/// A founded zone has two acts: the founding itself, and its first catalog.
const FOUNDED: u64 = 2;

/// A zone on an instance.
pub struct Hosted {
    /// Its name.
    pub name: Arc<str>,
    /// Its writer, or who follows it.
    pub zone: Zone,
    answering: ArcSwap<Answering>,
    /// What runs by itself while the zone is owned.
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// What keeps the names of people.
    names: Mutex<Option<JoinHandle<()>>>,
    shared: Shared,
}

/// The application that answers for a zone, anew whenever it becomes the owner's, so that nothing in its memory is older.
pub struct Answering {
    /// The application.
    pub app: Arc<App>,
    /// What it answers.
    pub router: Router,
}

/// What every application of a zone is made of.
struct Shared {
    address: Address,
    lines: Arc<Lines>,
    config: Config,
    clock: Arc<dyn Clock>,
    demo: Option<Arc<DemoClock>>,
    finder: Arc<Finder>,
    ears: Option<Arc<Ears>>,
}

impl Hosted {
    /// Reads a zone as far as it is.
    ///
    /// # Errors
    /// Every fault of its rows, or what kept it from opening.
    pub fn open(name: Arc<str>, address: &Address, lines: &Arc<Lines>, config: &Config) -> Result<Self, String> {
        let engine = lines.engine(&name)?;
        let replica = Replica::open(engine, config.hash()?).map_err(|faults| faults.join("\n"))?;
        let demo = serve::is_demonstration(replica.image()).then(serve::demonstration_clock);
        if let Some(demo) = &demo {
            demo.set(demo.now().max(replica.image().at));
        }
        let clock: Arc<dyn Clock> = match &demo {
            Some(demo) => demo.clone(),
            None => Arc::new(SystemClock),
        };
        let (zone, _) = Zone::share(replica, clock.clone());
        let ears = hear::engine(config.speech.as_ref())?.map(Arc::new);
        let shared = Shared {
            address: address.clone(),
            lines: lines.clone(),
            config: config.clone(),
            clock,
            demo,
            finder: Arc::default(),
            ears,
        };
        let answering = shared.answering(&name, &zone)?;
        let answering = ArcSwap::from_pointee(answering);
        Ok(Self { name, zone, answering, tasks: Mutex::default(), names: Mutex::default(), shared })
    }

    /// What answers now.
    pub fn answering(&self) -> Arc<Answering> {
        self.answering.load_full()
    }

    /// Whether this instance decides.
    pub fn is_owner(&self) -> bool {
        self.zone.is_owner()
    }

    /// Follows the owner, if there is room to.
    pub fn follow(&self) -> Option<tokio::sync::oneshot::Receiver<Result<usize, Lost>>> {
        self.zone.follow()
    }

    /// The clock of a demonstration is never behind what was recorded.
    pub fn followed(&self) {
        if let Some(demo) = &self.shared.demo {
            demo.set(demo.now().max(self.zone.image().at));
        }
    }

    /// Becomes the owner under an epoch: reads what is left, begins with an empty memory, runs what runs by itself. Blocking.
    ///
    /// # Errors
    /// What kept it from being read to its end.
    pub fn own(&self, epoch: u64, handle: &Handle) -> Result<(), String> {
        self.zone.own(epoch).map_err(|lost| lost.to_string())?;
        self.followed();
        let answering = self.shared.answering(&self.name, &self.zone)?;
        let app = answering.app.clone();
        self.end_streams();
        self.answering.store(Arc::new(answering));
        *self.tasks() = handle.block_on(async { serve::run_by_itself(&app, &self.shared.address) });
        // The application of before, and what it remembers, is held by nobody any more.
        self.gather_names(handle);
        Ok(())
    }

    /// Decides what waits, then no more; what runs by itself ends. Blocking.
    pub fn release(&self) {
        self.tasks().drain(..).for_each(|task| task.abort());
        if self.zone.is_owner() {
            serve::sign(&self.answering().app, &store::folder(&self.shared.address, &self.shared.config));
        }
        self.zone.release();
        // Streams of what lived in this memory begin again at the next owner.
        self.end_streams();
    }

    /// Ends the streams of whoever listens here; they come back.
    pub fn end_streams(&self) {
        self.answering().app.stopping.send_replace(true);
    }

    /// Keeps the names of people for as long as the zone is kept.
    pub fn gather_names(&self, handle: &Handle) {
        let gathering = handle.spawn(finder::gather::run(self.answering().app.clone()));
        if let Some(before) = self.names.lock().expect("no panic while tasks are held").replace(gathering) {
            before.abort();
        }
    }

    /// Is kept no more: whoever is being answered still is, and then the memory goes.
    pub fn end(&self) {
        self.names.lock().expect("no panic while tasks are held").take().inspect(JoinHandle::abort);
        self.end_streams();
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.tasks.lock().expect("no panic while tasks are held")
    }
}

impl Shared {
    fn answering(&self, name: &str, zone: &Zone) -> Result<Answering, String> {
        let parts = Parts {
            zone: zone.clone(),
            reader: self.lines.reader(name)?,
            vault: store::vault(&self.address, &self.config)?,
            clock: self.clock.clone(),
            real_clock: Arc::new(SystemClock),
            demo: self.demo.clone(),
            working: Box::new(self.lines.working(name)),
            config: self.config.clone(),
            ears: self.ears.clone(),
            finder: self.finder.clone(),
        };
        let app = Arc::new(App::new(parts)?);
        Ok(Answering { router: routes::router(app.clone()), app })
    }
}

/// Founds a zone that has no act yet, with its keys, unless another instance does; one of several has keys of its own.
///
/// # Errors
/// What kept it from being founded.
pub fn found_if_new(
    registry: &mut impl Registry,
    zone: &str,
    address: &Address,
    several: bool,
    common: &Common,
    config: &Config,
) -> Result<(), String> {
    let kind = config.hash()?;
    let mut engine = Engine::open(address)?;
    engine.found(journal::genesis(kind))?;
    let founder = Instance { name: "founder".into(), address: "".into() };
    let until = Instant::now() + FOUNDING;
    let ms = i64::try_from(FOUNDING.as_millis()).unwrap_or(LEASE_MS);
    while engine.head()?.seq < FOUNDED {
        if registry.take(zone, &founder, ms)?.is_some() {
            // Another may have been faster, or have died half-way.
            if engine.head()?.seq < FOUNDED {
                store::set_apart(address, config, several)?;
                store::vault(address, config)?;
                let opened = zone::open(Engine::open(address)?, kind, zone::Damage::Refused);
                let (mut writer, _) = opened.map_err(|faults| faults.join("\n"))?;
                serve::found_here(&mut writer, common)?;
            }
            return registry.release(zone, &founder);
        }
        if Instant::now() > until {
            return Err(format!("{zone}: another instance founds it and does not end"));
        }
        pause(100);
    }
    Ok(())
}

/// Waits a little for another instance.
#[expect(clippy::disallowed_methods, reason = "another process is waited for, which has no channel to us")]
pub fn pause(ms: i64) {
    std::thread::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
}
