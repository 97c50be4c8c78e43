//! An agent at the switchboard.

use super::{CallId, Wanted};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an agent knows and speaks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Skills {
    /// What they know; everything when it is empty.
    pub skills: BTreeSet<Arc<str>>,
    /// What they speak; everything when it is empty.
    pub languages: BTreeSet<Arc<str>>,
}

impl Skills {
    /// Whether they can serve what is wanted.
    pub fn fit(&self, wanted: &Wanted) -> bool {
        let has = |among: &BTreeSet<Arc<str>>, one: &Arc<str>| among.is_empty() || among.contains(one);
        has(&self.skills, &wanted.skill) && has(&self.languages, &wanted.language)
    }
}

/// An agent who is at work.
#[derive(Clone, Debug)]
pub struct Agent {
    /// What they know and speak.
    pub skills: Skills,
    /// Whether they take calls: since when, or not.
    pub free: Option<i64>,
    /// Since when nothing is heard of their page.
    pub gone: Option<i64>,
    /// The call that rings at them or that they are in.
    pub call: Option<CallId>,
    /// The call that they write up, and since when.
    pub wrapping: Option<(CallId, i64)>,
}

impl Agent {
    /// Whether they may be rung.
    pub fn may_be_rung(&self) -> bool {
        self.free.is_some() && self.gone.is_none() && self.call.is_none() && self.wrapping.is_none()
    }

    /// Whether they are at work: free, or busy with a call.
    pub fn is_at_work(&self) -> bool {
        self.gone.is_none() && (self.free.is_some() || self.call.is_some() || self.wrapping.is_some())
    }
}
