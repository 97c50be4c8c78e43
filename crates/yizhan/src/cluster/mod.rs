//! Several instances and several zones on one PostgreSQL: any instance answers for any zone, one owns it, one or more others keep it warm.
//!
//! Reads are answered by whoever is asked and keeps the zone, from its own image, with its lag said; writes and what lives in the owner's
//! memory go to the owner. Invariants: an act is kept by the owner of the newest epoch only (`core/cluster`); whoever wrote sees what they wrote,
//! wherever they ask next; a request that was not decided is asked again of the next owner, and one whose outcome is unknown only under an
//! idempotency key.

pub mod forward;
pub mod front;
pub mod host;
pub mod keeper;

use crate::app::blocking;
use crate::command::Common;
use crate::config::Config;
use crate::serve::{self, accept, listen};
use crate::store;
use arc_swap::ArcSwapOption;
use host::Hosted;
use keeper::Standing;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use yizhan_core::cluster::Instance;
use yizhan_core::waist::{Address, Lines, PostgresRegistry};
use yizhan_kit::id::{SystemEntropy, base32, random};

/// An instance and the zones it can serve.
pub struct Cluster {
    /// Who it is.
    pub me: Instance,
    /// The zones by name, and those that are kept here; the first named on the command line answers whoever names none.
    zones: BTreeMap<Arc<str>, ArcSwapOption<Hosted>>,
    /// The zone of whoever names none.
    pub first: Arc<str>,
    /// What is known of owners and lags.
    pub standing: Standing,
    /// The configuration.
    pub config: Config,
    /// The way to other instances.
    pub forward: forward::Forward,
    url: String,
    lines: Arc<Lines>,
}

impl Cluster {
    /// The names of the zones.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.zones.keys().cloned().collect()
    }

    /// A zone, if it is kept here.
    pub fn kept(&self, zone: &str) -> Option<Arc<Hosted>> {
        self.zones.get(zone)?.load_full()
    }

    /// Every zone that is kept here.
    pub fn all_kept(&self) -> impl Iterator<Item = Arc<Hosted>> {
        self.zones.values().filter_map(ArcSwapOption::load_full)
    }

    /// Keeps a zone from now on, or no more.
    fn keep(&self, zone: &str, hosted: Option<Arc<Hosted>>) {
        if let Some(place) = self.zones.get(zone) {
            place.store(hosted);
        }
    }

    fn open(&self, zone: &Arc<str>) -> Result<Hosted, String> {
        Hosted::open(zone.clone(), &address(&self.url, zone), &self.lines, &self.config)
    }
}

fn address(url: &str, zone: &str) -> Address {
    Address::Postgres { url: url.to_owned(), zone: zone.to_owned() }
}

/// The zones that an address names: `postgres://…#one,two`.
fn zones_of(address: &Address) -> Result<(String, Vec<Arc<str>>), String> {
    let Address::Postgres { url, zone } = address else {
        return Err("several instances share a PostgreSQL: --data postgres://…#zone,zone".into());
    };
    let zones: Vec<Arc<str>> = zone.split(',').map(|name| Arc::from(name.trim())).collect();
    if zones.iter().any(|name| name.is_empty()) {
        return Err(format!("{zone:?} names no zones"));
    }
    Ok((url.clone(), zones))
}

/// Serves as one of several instances, until a signal.
///
/// # Errors
/// What kept it from starting.
pub fn run(common: &Common, config: Config, advertised: &str) -> Result<(), String> {
    let (url, names) = zones_of(&common.address())?;
    let tls = config.tls()?.map(|(certificate, key)| (certificate.to_owned(), key.to_owned()));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let door = listen::Door::open(config.listen, tls.as_ref().map(|(c, k)| (c.as_path(), k.as_path()))).await?;
        let at = door.address();
        let advertised =
            if advertised == "auto" { format!("http://{at}") } else { advertised.trim_end_matches('/').to_owned() };
        let name = format!("{at}-{}", base32(&random::<5>(&SystemEntropy)));
        let me = Instance { name: name.as_str().into(), address: advertised.as_str().into() };
        let registry = blocking(|| {
            let mut registry = PostgresRegistry::open(&url)?;
            for zone in &names {
                let address = address(&url, zone);
                host::found_if_new(&mut registry, zone, &address, names.len() > 1, common, &config)?;
                // Whoever has no key of a zone is told so now, not when the zone is to be taken over.
                if !store::has_keys(&address, &config) {
                    let there = store::folder(&address, &config);
                    return Err(format!("{zone}: its keys are not in {}; copy key_folder here", there.display()));
                }
                store::vault(&address, &config)?;
            }
            Ok::<_, String>(registry)
        })?;
        let cluster = Arc::new(Cluster {
            standing: Standing::new(names.iter().cloned()),
            me: me.clone(),
            first: names[0].clone(),
            zones: names.iter().map(|zone| (zone.clone(), ArcSwapOption::empty())).collect(),
            config,
            forward: forward::Forward::default(),
            lines: Lines::new(&url),
            url,
        });
        let (stop, stopped) = mpsc::channel();
        let keeping = keeper::start(cluster.clone(), registry, stopped, tokio::runtime::Handle::current());
        tracing::info!(%at, instance = %me.name, advertised, zones = names.len(), "serving as one of several");
        let router = front::router(cluster.clone());
        let ending = cluster.clone();
        let left = async move {
            serve::stop_signal().await;
            tracing::info!("stopping: zones are handed on, the answers under way are finished");
            let _ = stop.send(());
            if tokio::time::timeout(serve::SETTLING, ending.standing.left()).await.is_err() {
                tracing::error!("{}", serve::UNSETTLED);
            }
            // Whoever was sent here meanwhile is forwarded; streams end, and come back elsewhere.
            tokio::time::sleep(Duration::from_millis(700)).await;
            ending.all_kept().for_each(|zone| zone.end_streams());
        };
        accept::serve(door, router, accept::Measure::default(), left).await;
        // Its last orders were given; one that waits for a database that is gone is not waited for.
        let _ = tokio::time::timeout(serve::SETTLING, tokio::task::spawn_blocking(move || keeping.join())).await;
        Ok::<(), String>(())
    })?;
    runtime.shutdown_timeout(Duration::from_secs(5));
    tracing::info!("stopped");
    Ok(())
}
