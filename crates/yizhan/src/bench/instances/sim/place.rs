//! An instance of a simulated world, alive or dead.

use yizhan_core::cluster::Board;
use yizhan_core::cluster::follow::Replica;
use yizhan_core::cluster::node::Node;

/// Where an instance runs, dies and runs again.
#[derive(Default)]
pub struct Place {
    /// How often it was started or died.
    pub incarnation: u64,
    /// Absent while it is dead.
    pub living: Option<Living>,
    /// Until when it stands still.
    pub stalled_until: i64,
    /// What its clock is ahead.
    pub ahead: i64,
}

/// A running instance.
pub struct Living {
    /// What it decides.
    pub node: Node,
    /// By zone; absent while it keeps no copy.
    pub replicas: Vec<Option<Replica>>,
    /// What it knew last.
    pub board: Board,
}

impl Living {
    /// Whether it decides for a zone.
    pub fn owns(&self, zone: usize) -> bool {
        self.replicas[zone].as_ref().is_some_and(Replica::is_owner)
    }

    /// Decides for a zone no more.
    pub fn release(&mut self, zone: usize) {
        if let Some(replica) = &mut self.replicas[zone] {
            replica.release();
        }
    }
}
