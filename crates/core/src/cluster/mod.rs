//! Several instances on one database: who owns which zone, who follows it, who takes it over.
//!
//! Invariants: an act is kept only by the owner of the newest epoch, because every commit moves the head of that epoch; a lease only says who
//! may try. Its time is the database's, so that no instance's clock can make two owners. Whoever owns a zone and hears nothing
//! from the database stops deciding when its lease is over, counted from before it asked.

pub mod follow;
pub mod node;
pub mod placement;

use std::collections::BTreeMap;
use std::sync::Arc;

/// How long a lease holds, in milliseconds: a dead owner's zones are free after it.
pub const LEASE_MS: i64 = 2_500;

/// How often an instance says that it lives, in milliseconds.
pub const BEAT_MS: u64 = 500;

/// How far a copy of a zone may be behind and still be as good as whole: what is left is read in a blink.
const NEAR: u64 = 20_000;

/// A running program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instance {
    /// Its name, another one at each start.
    pub name: Arc<str>,
    /// Where the other instances reach it: `http://10.0.0.3:8600`.
    pub address: Arc<str>,
}

/// An instance that can serve a zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The zone.
    pub zone: Arc<str>,
    /// The instance's name.
    pub instance: Arc<str>,
    /// Where it is reached.
    pub address: Arc<str>,
    /// How far it has followed the zone; 0 while it keeps no copy of it.
    pub seq: u64,
    /// Until when it is believed to live, by the database's clock.
    pub until: i64,
}

/// Who owns a zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The zone.
    pub zone: Arc<str>,
    /// The owner's name; empty when it was given back.
    pub owner: Arc<str>,
    /// Until when, by the database's clock.
    pub until: i64,
}

/// What the database knows of instances and zones, at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Board {
    /// The moment, in milliseconds, by the database's clock.
    pub now: i64,
    /// Whoever said that they live; some may be dead by now.
    pub members: Vec<Member>,
    /// The leases that were ever taken.
    pub leases: Vec<Lease>,
    /// How far each zone is.
    pub heads: BTreeMap<Arc<str>, u64>,
}

impl Board {
    /// Who owns a zone now, if somebody does.
    pub fn owner(&self, zone: &str) -> Option<&str> {
        let lease = self.leases.iter().find(|lease| *lease.zone == *zone)?;
        (lease.until > self.now && !lease.owner.is_empty()).then_some(&*lease.owner)
    }

    /// Where the owner of a zone is reached, if it is known to live.
    pub fn owner_address(&self, zone: &str) -> Option<&str> {
        let owner = self.owner(zone)?;
        let of = |member: &&Member| *member.zone == *zone && *member.instance == *owner && member.until > self.now;
        self.members.iter().find(of).map(|member| &*member.address)
    }

    /// Where whoever keeps the newest copy of a zone is reached, while nobody is known to own it.
    pub fn copy_address(&self, zone: &str, but: &str) -> Option<&str> {
        let copies = self.living(zone).filter(|member| member.seq > 0 && *member.address != *but);
        copies.max_by_key(|member| member.seq).map(|member| &*member.address)
    }

    /// The instances that can serve a zone and live.
    pub fn living<'a>(&'a self, zone: &str) -> impl Iterator<Item = &'a Member> {
        self.members.iter().filter(move |member| *member.zone == *zone && member.until > self.now)
    }

    /// Whether an instance keeps a zone in memory, as good as whole.
    pub fn is_near(&self, member: &Member) -> bool {
        member.seq > 0 && member.seq + NEAR >= self.heads.get(&member.zone).copied().unwrap_or(0)
    }
}

/// Where leases and signs of life are kept.
pub trait Registry {
    /// Says that an instance lives and how far it has followed each zone, keeps the leases it has, and answers with what is
    /// known of these zones.
    ///
    /// # Errors
    /// When the database cannot be asked; then nothing is known of the leases either.
    fn beat(&mut self, of: &Instance, zones: &[(Arc<str>, u64)]) -> Result<Board, String>;

    /// What is known of these zones, without a sign of life.
    ///
    /// # Errors
    /// When the database cannot be asked.
    fn look(&mut self, zones: &[Arc<str>]) -> Result<Board, String>;

    /// Takes a zone whose lease is over, for so many milliseconds: the new epoch, or nothing when somebody else has it.
    ///
    /// # Errors
    /// When the database cannot be asked; the zone may have been taken then.
    fn take(&mut self, zone: &str, of: &Instance, ms: i64) -> Result<Option<u64>, String>;

    /// Gives a zone back.
    ///
    /// # Errors
    /// When the database cannot be asked; the lease ends by itself.
    fn release(&mut self, zone: &str, of: &Instance) -> Result<(), String>;

    /// Says that an instance will not beat again.
    ///
    /// # Errors
    /// When the database cannot be asked; its last sign of life ends by itself.
    fn leave(&mut self, of: &Instance, zones: &[Arc<str>]) -> Result<(), String>;

    /// How far each of these zones is.
    ///
    /// # Errors
    /// When the database cannot be asked.
    fn heads(&mut self, zones: &[Arc<str>]) -> Result<BTreeMap<Arc<str>, u64>, String>;
}
