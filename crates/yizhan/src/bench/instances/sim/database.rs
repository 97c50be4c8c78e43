//! The database of the simulation: rows and heads as the memory engine keeps them, leases and signs of life by its own clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan_core::cluster::{Board, Instance, LEASE_MS, Lease, Member};
use yizhan_core::waist::{Engine, Memory};

/// The database.
pub struct Database {
    /// The zones' rows.
    pub zones: BTreeMap<Arc<str>, Memory>,
    leases: BTreeMap<Arc<str>, Lease>,
    members: BTreeMap<(Arc<str>, Arc<str>), Member>,
    /// Whether it answers.
    pub is_up: bool,
    /// What its clock is ahead.
    pub ahead: i64,
}

impl Database {
    /// With these zones.
    pub fn new(zones: BTreeMap<Arc<str>, Memory>) -> Self {
        Self { zones, leases: BTreeMap::new(), members: BTreeMap::new(), is_up: true, ahead: 0 }
    }

    /// The engine of a zone.
    pub fn engine(&self, zone: &str) -> Engine {
        Engine::Memory(self.zones[zone].clone())
    }

    /// The epoch of a zone.
    pub fn epoch(&self, zone: &str) -> u64 {
        self.engine(zone).head().map_or(0, |head| head.epoch)
    }

    /// A sign of life at a moment.
    pub fn beat(&mut self, at: i64, of: &Instance, seqs: &[(Arc<str>, u64)]) -> Board {
        let now = at + self.ahead;
        for (zone, seq) in seqs {
            let member = Member {
                zone: zone.clone(),
                instance: of.name.clone(),
                address: of.address.clone(),
                seq: *seq,
                until: now + LEASE_MS,
            };
            self.members.insert((zone.clone(), of.name.clone()), member);
            if let Some(lease) = self.leases.get_mut(zone).filter(|lease| lease.owner == of.name) {
                lease.until = now + LEASE_MS;
            }
        }
        let heads = self.zones.keys().map(|zone| (zone.clone(), self.engine(zone).head().map_or(0, |head| head.seq)));
        Board {
            now,
            members: self.members.values().cloned().collect(),
            leases: self.leases.values().cloned().collect(),
            heads: heads.collect(),
        }
    }

    /// Takes a zone whose lease is over.
    pub fn take(&mut self, at: i64, zone: &Arc<str>, of: &Instance) -> Option<u64> {
        let now = at + self.ahead;
        if self.leases.get(zone).is_some_and(|lease| lease.until > now) {
            return None;
        }
        self.leases.insert(zone.clone(), Lease { zone: zone.clone(), owner: of.name.clone(), until: now + LEASE_MS });
        self.engine(zone).take_over().ok()
    }

    /// Gives a zone back.
    pub fn release(&mut self, zone: &str, of: &Instance) {
        if let Some(lease) = self.leases.get_mut(zone).filter(|lease| lease.owner == of.name) {
            (lease.owner, lease.until) = ("".into(), 0);
        }
    }
}
