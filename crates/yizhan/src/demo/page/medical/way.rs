//! Which kinds of care let which layers pay: found by asking the engine, so that a policy may say whatever it likes.

use super::wanted::Wanted;
use std::sync::Arc;
use yizhan_core::catalog::Catalog;
use yizhan_core::service::policy_on;
use yizhan_core::settlement::{Account, Bill, Policy};
use yizhan_kit::{Day, Fen};

/// What the register calls the people of the page, by the name of the policies.
pub const POOR: &str = "registered-poor";

/// The levels of hospitals that have a desk, each as it is written.
pub const LEVELS: [u8; 2] = [1, 2];

/// Amounts in scope that show what a kind of care lets pay: 100, 1,000, 10,000 and 100,000 yuan.
const TRIED: [i64; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

/// The largest amount in scope of a bill: a million yuan.
const MOST: i64 = 100_000_000;

/// What each layer of the page pays, in its order; the last place is whatever else a policy lets pay.
pub type Pays = [i64; 7];

/// Days of one year under one policy: one account a person.
pub struct Span {
    /// The first day.
    pub from: Day,
    /// The last one.
    pub last: Day,
    /// The policy.
    pub policy: Arc<Policy>,
    /// The category of the people of the page.
    pub category: u8,
    /// Each layer's place on the page.
    places: Vec<usize>,
}

/// A kind of care at a level under which one layer alone pays, beside the one that pays on every bill.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Way {
    /// The kind.
    pub kind: u8,
    /// The level as it is written.
    pub level: u8,
    /// Up to which amount in scope of a person's year no other layer pays.
    pub most: i64,
    /// The most that one bill lets the layer pay.
    reach: i64,
}

impl Span {
    /// The spans from a day to another.
    ///
    /// # Errors
    /// When no policy is in force on a day of them, or one that does not know the people of the page.
    pub fn all(catalog: &Catalog, wanted: &Wanted, first: Day, last: Day) -> Result<Vec<Self>, String> {
        let mut spans: Vec<Self> = Vec::new();
        let mut day = first;
        while day <= last {
            let policy = policy_on(catalog, day).map_err(|problem| problem.to_string())?;
            let goes_on = |span: &Self| span.policy.name == policy.name && span.from.ymd().0 == day.ymd().0;
            match spans.last_mut() {
                Some(span) if goes_on(span) => span.last = day,
                _ => spans.push(Self::of(policy.clone(), wanted, day)?),
            }
            day = day.plus(1);
        }
        Ok(spans)
    }

    fn of(policy: Arc<Policy>, wanted: &Wanted, day: Day) -> Result<Self, String> {
        let category = policy.category(POOR).ok_or_else(|| format!("{} has no category {POOR}", policy.name))?;
        let place = |layer| wanted.layers.iter().position(|(payer, _)| *payer == policy.payer(layer).id);
        let places = (0..policy.layers.len()).map(|layer| place(layer).unwrap_or(wanted.layers.len())).collect();
        Ok(Self { from: day, last: day, category, places, policy })
    }

    /// How many days it has.
    pub fn days(&self) -> u64 {
        u64::try_from(self.last.0 - self.from.0 + 1).unwrap_or(0)
    }

    /// A bill of so much in scope.
    pub fn bill(&self, kind: u8, level: u8, in_scope: i64) -> Bill {
        Bill {
            category: self.category,
            kind,
            level: level - 1,
            admitted: self.from,
            discharged: self.from,
            total: Fen(in_scope),
            own_pay: Fen(0),
            over_limit: Fen(0),
            first_pay: Fen(0),
        }
    }

    /// What the layers pay on it, and the account after it.
    pub fn pays(&self, account: &Account, bill: &Bill) -> (Pays, Account) {
        let mut after = *account;
        let slip = self.policy.table.settle(&mut after, bill);
        let mut pays = [0; 7];
        for (layer, place) in self.places.iter().enumerate() {
            pays[*place] += slip.pay[layer].0;
        }
        (pays, after)
    }

    /// The ways for a layer, the one that reaches furthest first, one a level; and of the first layer also those that reach less.
    pub fn ways(&self, place: usize) -> Vec<Way> {
        let mut ways = Vec::new();
        for kind in 0..u8::try_from(self.policy.kinds.len()).unwrap_or(0) {
            ways.extend(LEVELS.iter().filter_map(|level| self.way(place, kind, *level)));
        }
        ways.sort_by_key(|way: &Way| (std::cmp::Reverse(way.reach), way.kind, way.level));
        let Some(best) = ways.first().map(|way| way.kind) else { return ways };
        let (best, rest): (Vec<Way>, Vec<Way>) = ways.into_iter().partition(|way| way.kind == best);
        best.into_iter().chain(rest.into_iter().filter(|_| place == 0)).collect()
    }

    fn way(&self, place: usize, kind: u8, level: u8) -> Option<Way> {
        let fresh = Account::default();
        let alone = |in_scope: i64| only(&self.pays(&fresh, &self.bill(kind, level, in_scope)).0, place);
        let tried = TRIED.into_iter().rev().find(|in_scope| alone(*in_scope))?;
        // Whoever pays on an amount pays on a larger one, so that what pays only grows.
        let most = last(tried, MOST, alone);
        let reach = self.pays(&fresh, &self.bill(kind, level, most)).0[place];
        Some(Way { kind, level, most, reach })
    }

    /// The smallest amount in scope, up to a largest, on which a layer pays exactly so much, and no other layer but the first.
    pub fn in_scope_for(&self, way: &Way, place: usize, account: &Account, pay: i64, most: i64) -> Option<i64> {
        let pays = |in_scope: i64| self.pays(account, &self.bill(way.kind, way.level, in_scope)).0;
        if most < 1 || pays(most)[place] < pay {
            return None;
        }
        let below = if pays(1)[place] >= pay { 0 } else { last(1, most, |in_scope| pays(in_scope)[place] < pay) };
        let found = pays(below + 1);
        (found[place] == pay && only(&found, place)).then_some(below + 1)
    }
}

/// Whether the first layer pays, and this one, and no other.
pub fn only(pays: &Pays, place: usize) -> bool {
    pays.iter().enumerate().all(|(other, pay)| (*pay > 0) == (other == 0 || other == place))
}

/// The last amount of a range of which something is true, which it is of the first, and of none after one of which it is not.
fn last(first: i64, last: i64, is: impl Fn(i64) -> bool) -> i64 {
    if is(last) {
        return last;
    }
    let (mut yes, mut no) = (first, last);
    while no - yes > 1 {
        let middle = i64::midpoint(yes, no);
        if is(middle) { yes = middle } else { no = middle }
    }
    yes
}
