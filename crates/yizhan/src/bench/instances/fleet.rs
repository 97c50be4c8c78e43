//! Instances in processes of their own, on one database.

use crate::bench::cluster::pause;
use crate::bench::intake::Server;
use crate::bench::load;
use crate::bench::world::Place;
use crate::config::Config;
use crate::store;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;
use yizhan_core::heads::{self, HEADS_FILE};
use yizhan_core::verify;
use yizhan_core::waist::load::Depth;
use yizhan_core::waist::{Address, Reader};
use yizhan_core::zone;

/// The name of a zone.
pub fn name(zone: usize) -> String {
    format!("z{zone}")
}

/// The names of so many, as a command line takes them.
pub fn names(zones: usize) -> String {
    (0..zones).map(name).collect::<Vec<_>>().join(",")
}

/// Running instances.
pub struct Fleet {
    // Dropped before the place of their keys.
    servers: Vec<Option<Server>>,
    place: Place,
    zones: usize,
}

impl Fleet {
    /// Starts so many on the zones of an address.
    ///
    /// # Errors
    /// When one does not start.
    pub fn start(address: &str, instances: usize, zones: usize) -> Result<Self, String> {
        let place = Place::new("cluster", Some(address.to_owned()))?;
        let mut fleet = Self { place, zones, servers: Vec::new() };
        for _ in 0..instances {
            let server = fleet.one()?;
            fleet.servers.push(Some(server));
        }
        Ok(fleet)
    }

    fn one(&self) -> Result<Server, String> {
        Server::start_with(&self.place, &["--instance", "auto"])
    }

    /// Where an instance listens; counted round.
    pub fn address(&self, n: usize) -> SocketAddr {
        let living: Vec<&Server> = self.servers.iter().flatten().collect();
        living[n % living.len()].address
    }

    /// Where all of them listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().flatten().map(|server| server.address).collect()
    }

    /// What an instance says of the zones.
    fn told(at: SocketAddr) -> Result<serde_json::Value, String> {
        let text = load::text(at, "/clusterz")?;
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).map_err(|error| format!("{error}: {text}"))
    }

    /// Who owns each zone here, as each instance says of itself.
    fn owners(&self) -> BTreeMap<String, SocketAddr> {
        let mut owners = BTreeMap::new();
        for server in self.servers.iter().flatten() {
            let Ok(told) = Self::told(server.address) else { continue };
            for zone in told["zones"].as_array().into_iter().flatten().filter(|zone| zone["here"] == true) {
                owners.insert(zone["zone"].as_str().unwrap_or_default().to_owned(), server.address);
            }
        }
        owners
    }

    /// The owner of a zone.
    ///
    /// # Errors
    /// When nobody is for ten seconds.
    pub fn owner(&self, zone: &str) -> Result<SocketAddr, String> {
        let began = Instant::now();
        loop {
            if let Some(owner) = self.owners().get(zone) {
                return Ok(*owner);
            }
            if began.elapsed().as_secs() > 10 {
                return Err(format!("WRONG RESULT: nobody owns {zone}"));
            }
            pause(20);
        }
    }

    /// Waits until every zone has an owner, no instance has more than its share, and every zone is kept as often as it should be.
    ///
    /// # Errors
    /// When that takes longer than thirty seconds.
    pub fn settled(&self) -> Result<f64, String> {
        let began = Instant::now();
        let instances = self.servers.iter().flatten().count().max(1);
        let most = self.zones.div_ceil(instances);
        let copies = self.zones * Config::default().copies.min(instances);
        loop {
            let owners = self.owners();
            let mut load: BTreeMap<SocketAddr, usize> = BTreeMap::new();
            owners.values().for_each(|owner| *load.entry(*owner).or_default() += 1);
            if owners.len() == self.zones && load.values().all(|own| *own <= most) && self.copies() == copies {
                return Ok(began.elapsed().as_secs_f64());
            }
            if began.elapsed().as_secs() > 30 {
                let kept = self.copies();
                return Err(format!(
                    "WRONG RESULT: after thirty seconds the zones lie so: {owners:?}, {kept} of {copies} copies"
                ));
            }
            pause(50);
        }
    }

    /// How many copies of zones are kept in memory, the owners' included.
    pub fn copies(&self) -> usize {
        let told = self.servers.iter().flatten().filter_map(|server| Self::told(server.address).ok());
        let kept = |told: serde_json::Value| {
            told["zones"].as_array().into_iter().flatten().filter(|zone| !zone["seq"].is_null()).count()
        };
        told.map(kept).sum()
    }

    fn at(&mut self, address: SocketAddr) -> Result<&mut Option<Server>, String> {
        let found = self.servers.iter_mut().find(|server| server.as_ref().is_some_and(|one| one.address == address));
        found.ok_or_else(|| format!("no instance at {address}"))
    }

    /// Ends an instance at once, as a power cut would.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub fn kill(&mut self, address: SocketAddr) -> Result<(), String> {
        self.at(address)?.take().map_or(Ok(()), Server::kill)
    }

    /// Ends an instance as an engineer does.
    ///
    /// # Errors
    /// When there is none, or it does not end.
    pub fn end(&mut self, address: SocketAddr) -> Result<(), String> {
        self.at(address)?.take().map_or(Ok(()), Server::end)
    }

    /// Starts one in the place of one that ended.
    ///
    /// # Errors
    /// When it does not start.
    pub fn replace(&mut self) -> Result<(), String> {
        let next = self.one()?;
        match self.servers.iter_mut().find(|server| server.is_none()) {
            Some(place) => *place = Some(next),
            None => self.servers.push(Some(next)),
        }
        Ok(())
    }

    /// Sends a signal to an instance.
    ///
    /// # Errors
    /// When there is none.
    pub fn signal(&mut self, address: SocketAddr, signal: &str) -> Result<(), String> {
        let Some(server) = self.at(address)? else { return Err("no such instance".into()) };
        let sent = Command::new("kill").arg(signal).arg(server.pid().to_string()).status();
        sent.map(drop).map_err(|error| error.to_string())
    }

    /// The CPU time that the instances have used.
    pub fn cpu_s(&self) -> f64 {
        self.servers.iter().flatten().map(|server| load::cpu_s(server.pid(), false)).sum()
    }

    /// Ends all, verifies every chain and counts the cases.
    ///
    /// # Errors
    /// A chain that does not verify.
    pub fn stop(mut self, base: &str) -> Result<usize, String> {
        self.servers.clear();
        let mut cases = 0;
        for zone in 0..self.zones {
            cases += self.numbers(base, &name(zone))?.len();
        }
        Ok(cases)
    }

    /// The numbers of all cases of a zone, after its chain was verified.
    ///
    /// # Errors
    /// A chain that does not verify.
    pub fn numbers(&self, base: &str, zone_name: &str) -> Result<Vec<String>, String> {
        let (url, _) = base.split_once('#').unwrap_or((base, ""));
        let address = Address::parse(&format!("{url}#{zone_name}"));
        let config = self.place.config()?;
        let vault = store::vault(&address, &config)?;
        let mut reader = Reader::open(&address)?;
        let signed = store::folder(&address, &config).join(HEADS_FILE);
        let heads = if signed.exists() { heads::read(&signed)? } else { Vec::new() };
        let report =
            verify::verify(&mut reader, config.hash()?, Some(&vault), &heads).map_err(|error| error.to_string())?;
        if !report.ok {
            return Err(format!("WRONG RESULT: {zone_name}: {}", report.faults.join("; ")));
        }
        let rebuilt = zone::rebuild(&reader, config.hash()?, Depth::Heads);
        let program = yizhan_core::access::Viewer::program();
        let seen = program.look(&rebuilt.image);
        Ok(seen.cases().map(|case| rebuilt.image.number(case)).collect())
    }
}
