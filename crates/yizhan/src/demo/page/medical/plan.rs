//! Bills that come to what is wanted: which layers pay on a bill follows from its kind of care, how much from its amount, and the
//! amount is found by asking the engine. Pure: nothing happens here.
//!
//! Bills come in groups. Stays in hospital, of any amount, on which whoever must pays; for every further layer bills of a kind of
//! care on which it pays alone beside the first, whose amounts absorb what the stays left of its sum; then bills on which the
//! first pays alone, small ones of any amount, and those that absorb what is left of the first layer's sum. At the end all
//! bills are settled once more in their order, and refused unless every sum and number is met.

use super::share::share;
use super::wanted::{Amount, Wanted};
use super::way::{LEVELS, Pays, Span, Way, only};
use std::collections::{HashMap, HashSet};
use yizhan_core::catalog::Catalog;
use yizhan_core::row::SubjectId;
use yizhan_core::settlement::Account;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Fen};

/// How many people are tried for a bill before it is given up.
const TRIES: usize = 400;

/// Stays take up at most this part of any layer's times and sum, small bills of what is left of the first layer's: percent.
const STAYS: i64 = 40;
const SMALL: (i64, i64) = (25, 10);

/// Somebody who may fall ill, with whether the register says in each span that they are among the people of the page.
pub struct Patient {
    /// The person.
    pub person: SubjectId,
    /// By span.
    pub poor: Vec<bool>,
}

/// A bill that is to happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    /// Whose.
    pub person: SubjectId,
    /// The kind of care, by its name in the policy.
    pub kind: String,
    /// The hospital's level.
    pub level: u8,
    /// The first day.
    pub admitted: Day,
    /// The last.
    pub discharged: Day,
    /// What is in scope.
    pub in_scope: Fen,
    /// 全自费, 超限价自费, 先行自付.
    pub out: [Fen; 3],
    /// What the layers of the policy of that day are to pay on it, in their order.
    pub pays: Vec<Fen>,
}

/// A bill while it is thought of.
struct Draft {
    span: usize,
    patient: usize,
    day: Day,
    days: i32,
    kind: u8,
    level: u8,
    in_scope: i64,
}

/// How many bills there are so far and what the layers pay on them.
#[derive(Clone, Copy, Default)]
struct Paid {
    times: [i64; 7],
    sums: Pays,
}

impl Paid {
    fn add(&mut self, pays: &Pays) {
        for (place, pay) in pays.iter().enumerate() {
            self.times[place] += i64::from(*pay > 0);
            self.sums[place] += pay;
        }
    }
}

/// Which of two levels bills are of, where the kind of care leaves it open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Levels {
    /// Any.
    Any,
    /// The one at which the first layer pays less.
    Lean,
}

struct Plan<'a> {
    spans: &'a [Span],
    patients: &'a [Patient],
    wanted: &'a Wanted,
    chance: SeededEntropy,
    /// The account of each person in each span.
    accounts: HashMap<(usize, usize), Account>,
    /// In whose spans stays are: their accounts are nobody else's.
    stays: HashSet<(usize, usize)>,
    /// What was in scope so far, by person, span and layer.
    used: HashMap<(usize, usize, usize), i64>,
    /// The days on which somebody has a bill already.
    days: HashSet<(usize, Day)>,
    drafts: Vec<Draft>,
    paid: Paid,
}

/// The bills from a day to another that come to what is wanted, in the order of discharge.
///
/// # Errors
/// When they cannot: the figure.
pub fn plan(
    catalog: &Catalog,
    patients: &[Patient],
    wanted: &Wanted,
    (first, last): (Day, Day),
    seed: u64,
) -> Result<Vec<Planned>, String> {
    let spans = Span::all(catalog, wanted, first, last)?;
    let mut faults = String::new();
    for levels in [Levels::Any, Levels::Lean] {
        let mut plan = Plan {
            spans: &spans,
            patients,
            wanted,
            chance: SeededEntropy::new(seed),
            accounts: HashMap::new(),
            stays: HashSet::new(),
            used: HashMap::new(),
            days: HashSet::new(),
            drafts: Vec::new(),
            paid: Paid::default(),
        };
        match plan.all(levels) {
            Ok(()) => return plan.bills(),
            Err(fault) => faults = fault,
        }
    }
    Err(faults)
}

impl Plan<'_> {
    fn all(&mut self, levels: Levels) -> Result<(), String> {
        self.in_hospital();
        for place in 1..self.wanted.layers.len() {
            let left = self.left(place)?;
            self.absorb(place, &left, levels)?;
        }
        let left = self.left(0)?;
        self.small(&left);
        let left = self.left(0)?;
        self.absorb(0, &left, levels)
    }

    /// What is still wanted of a layer.
    fn left(&self, place: usize) -> Result<Amount, String> {
        let amount = self.wanted.layers[place].1;
        let (times, sum) = (self.paid.times[place], Fen(amount.sum.0 - self.paid.sums[place]));
        let times = usize::try_from(times).ok().and_then(|times| amount.times.checked_sub(times)).ok_or_else(|| {
            format!("{}: the bills of the other layers are {times} already, and each of them is one", amount.times_id)
        })?;
        if sum.0 < 0 {
            let paid = Fen(self.paid.sums[place]);
            return Err(format!("{}: on the bills of the other layers {paid} yuan are paid already", amount.sum_id));
        }
        Ok(Amount { times, sum, ..amount })
    }

    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.chance.below(bound as u64)).unwrap_or(0)
    }

    /// A day of one of the spans, all days alike.
    fn some_day(&self, among: &[usize]) -> (usize, Day) {
        let all: u64 = among.iter().map(|span| self.spans[*span].days()).sum();
        let mut turn = self.chance.below(all);
        for span in among {
            let days = self.spans[*span].days();
            if turn < days {
                return (*span, self.spans[*span].from.plus(i32::try_from(turn).unwrap_or(0)));
            }
            turn -= days;
        }
        (among[0], self.spans[among[0]].from)
    }

    fn account(&self, patient: usize, span: usize) -> Account {
        self.accounts.get(&(patient, span)).copied().unwrap_or_default()
    }

    /// Whether somebody of the page was nowhere else in the days that end on a day.
    fn is_free(&self, patient: usize, span: usize, day: Day, days: i32) -> bool {
        let mut all = stay(&self.spans[span], day, days);
        self.patients[patient].poor[span] && all.all(|day| !self.days.contains(&(patient, day)))
    }

    fn take(&mut self, draft: Draft, pays: &Pays, after: Account) {
        self.accounts.insert((draft.patient, draft.span), after);
        let days = stay(&self.spans[draft.span], draft.day, draft.days);
        self.days.extend(days.map(|day| (draft.patient, day)));
        self.paid.add(pays);
        self.drafts.push(draft);
    }

    /// Stays in hospital: once or twice in somebody's year, of 500 to 2,500 yuan in scope, on which whoever must pays.
    fn in_hospital(&mut self) {
        let all: Vec<usize> = (0..self.spans.len()).collect();
        if self.patients.is_empty() {
            return;
        }
        for _ in 0..self.wanted.layers[0].1.times {
            let (span, day) = self.some_day(&all);
            let patient = self.below(self.patients.len());
            let again = day.plus(20 + i32::try_from(self.below(60)).unwrap_or(0));
            let times = if self.below(3) == 0 && again <= self.spans[span].last { 2 } else { 1 };
            for day in [day, again].into_iter().take(times) {
                let first = day != again && self.stays.contains(&(patient, span));
                let days = 3 + i32::try_from(self.below(9)).unwrap_or(0);
                if first || !self.is_free(patient, span, day, days) {
                    break;
                }
                let in_scope = 50_000 + i64::try_from(self.chance.below(200_000)).unwrap_or(0);
                let level = LEVELS[usize::from(self.below(4) == 0)];
                let bill = self.spans[span].bill(0, level, in_scope);
                let (pays, after) = self.spans[span].pays(&self.account(patient, span), &bill);
                let mut then = self.paid;
                then.add(&pays);
                if !self.is_within(&then) {
                    return;
                }
                self.stays.insert((patient, span));
                self.take(Draft { span, patient, day, days, kind: 0, level, in_scope }, &pays, after);
            }
        }
    }

    /// Whether stays leave enough of every layer to those bills whose amounts absorb the rest.
    fn is_within(&self, paid: &Paid) -> bool {
        let of = |wanted: i64, part: i64| i128::from(part) * 100 <= i128::from(wanted) * i128::from(STAYS);
        let layers = self.wanted.layers.iter().enumerate();
        let fits = |place: usize, amount: &Amount| {
            let times = i64::try_from(amount.times).unwrap_or(i64::MAX);
            of(times, paid.times[place]) && of(amount.sum.0, paid.sums[place])
        };
        paid.sums[self.wanted.layers.len()] == 0 && layers.into_iter().all(|(place, (_, amount))| fits(place, amount))
    }

    /// Bills on which a layer pays alone beside the first, and what is left of its sum.
    fn absorb(&mut self, place: usize, left: &Amount, levels: Levels) -> Result<(), String> {
        let pays = share(left, &self.chance)?;
        let ways: Vec<Vec<Way>> = self.spans.iter().map(|span| ways_at(span, place)).collect();
        let among: Vec<usize> = (0..ways.len()).filter(|span| !ways[*span].is_empty()).collect();
        if among.is_empty() && left.times > 0 {
            return Err(format!(
                "{}: under no policy of these years the layer pays on any bill by itself",
                left.times_id
            ));
        }
        let mut days: Vec<(usize, Day)> = (0..left.times).map(|_| self.some_day(&among)).collect();
        days.sort_by_key(|(_, day)| *day);
        for ((span, day), pay) in days.into_iter().zip(pays) {
            self.one(place, span, day, &ways[span], pay, levels).ok_or_else(|| {
                let pay = Fen(pay);
                format!("{}: nobody is left on whose bill of {day} the layer pays {pay} yuan by itself", left.sum_id)
            })?;
        }
        Ok(())
    }

    /// A bill of somebody on which a layer pays so much.
    fn one(&mut self, place: usize, span: usize, day: Day, ways: &[Way], pay: i64, levels: Levels) -> Option<()> {
        // What is reduced or treated at a hospital lasts for days.
        let days = if [2, 4].contains(&place) { 2 + i32::try_from(self.below(12)).unwrap_or(0) } else { 0 };
        for _ in 0..TRIES {
            let patient = self.below(self.patients.len().max(1));
            let taken = self.patients.is_empty() || self.stays.contains(&(patient, span));
            if taken || !self.is_free(patient, span, day, days) {
                continue;
            }
            let (account, used) =
                (self.account(patient, span), self.used.get(&(patient, span, place)).copied().unwrap_or(0));
            let here = &self.spans[span];
            let fits = |way: &Way| {
                let in_scope = here.in_scope_for(way, place, &account, pay, way.most - used)?;
                Some((*way, in_scope, here.pays(&account, &here.bill(way.kind, way.level, in_scope))))
            };
            let mut fitting: Vec<_> = ways.iter().filter_map(fits).collect();
            if levels == Levels::Lean {
                fitting.sort_by_key(|(_, _, (pays, _))| pays[0]);
                fitting.truncate(1);
            }
            if fitting.is_empty() {
                continue;
            }
            let (way, in_scope, (pays, after)) = fitting.swap_remove(self.below(fitting.len()));
            *self.used.entry((patient, span, place)).or_default() += in_scope;
            self.take(Draft { span, patient, day, days, kind: way.kind, level: way.level, in_scope }, &pays, after);
            return Some(());
        }
        None
    }

    /// Small bills on which the first layer pays alone, of any amount, by the kind of care that reaches least far.
    fn small(&mut self, left: &Amount) {
        let all: Vec<usize> = (0..self.spans.len()).collect();
        let times = i64::try_from(left.times).unwrap_or(0) * SMALL.0 / 100;
        let (from, most) = (self.paid.sums[0], left.sum.0 / 100 * SMALL.1);
        let mut days: Vec<(usize, Day)> = (0..times).map(|_| self.some_day(&all)).collect();
        days.sort_by_key(|(_, day)| *day);
        let others: HashSet<(usize, u8)> =
            self.drafts.iter().filter(|draft| draft.kind > 0).map(|draft| (draft.span, draft.kind)).collect();
        let ways: Vec<Option<Way>> = self.spans.iter().map(|span| span.ways(0).pop()).collect();
        let best: Vec<Option<u8>> = self.spans.iter().map(|span| span.ways(0).first().map(|way| way.kind)).collect();
        for (span, day) in days {
            let Some(way) =
                ways[span].filter(|way| best[span] != Some(way.kind) && !others.contains(&(span, way.kind)))
            else {
                continue;
            };
            let patient = self.below(self.patients.len().max(1));
            if self.patients.is_empty() || !self.is_free(patient, span, day, 0) {
                continue;
            }
            let in_scope = 2_000 + i64::try_from(self.chance.below(13_000)).unwrap_or(0);
            let level = LEVELS[self.below(LEVELS.len())];
            let here = &self.spans[span];
            let (pays, after) = here.pays(&self.account(patient, span), &here.bill(way.kind, level, in_scope));
            if !only(&pays, 0) || self.paid.sums[0] - from + pays[0] > most {
                continue;
            }
            self.take(Draft { span, patient, day, days: 0, kind: way.kind, level, in_scope }, &pays, after);
        }
    }

    /// The bills in order, once all of them were settled again and came to what is wanted.
    fn bills(mut self) -> Result<Vec<Planned>, String> {
        self.drafts.sort_by_key(|draft| (draft.day, draft.patient));
        let (mut accounts, mut paid) = (HashMap::new(), Paid::default());
        let mut bills = Vec::with_capacity(self.drafts.len());
        for draft in &self.drafts {
            let account: &mut Account = accounts.entry((draft.patient, draft.span)).or_default();
            let span = &self.spans[draft.span];
            let bill = span.bill(draft.kind, draft.level, draft.in_scope);
            let slip = span.policy.table.settle(&mut account.clone(), &bill);
            let (pays, after) = span.pays(account, &bill);
            *account = after;
            paid.add(&pays);
            bills.push(self.planned(draft, slip.pay[..span.policy.layers.len()].to_vec()));
        }
        for (place, (_, amount)) in self.wanted.layers.iter().enumerate() {
            if i64::try_from(amount.times).ok() != Some(paid.times[place]) {
                return Err(format!("{}: the layer pays {} times", amount.times_id, paid.times[place]));
            }
            if amount.sum.0 != paid.sums[place] {
                return Err(format!("{}: the layer pays {} yuan", amount.sum_id, Fen(paid.sums[place])));
            }
        }
        Ok(bills)
    }

    fn planned(&self, draft: &Draft, pays: Vec<Fen>) -> Planned {
        let span = &self.spans[draft.span];
        // What is out of scope: up to six, two and three hundredths of what is in scope.
        let out = [6, 2, 3]
            .map(|most| Fen(draft.in_scope * i64::try_from(self.chance.below(most * 100)).unwrap_or(0) / 10_000));
        Planned {
            person: self.patients[draft.patient].person,
            kind: span.policy.kinds[usize::from(draft.kind)].named.id.clone(),
            level: draft.level,
            admitted: stay(span, draft.day, draft.days).next().unwrap_or(draft.day),
            discharged: draft.day,
            in_scope: Fen(draft.in_scope),
            out,
            pays,
        }
    }
}

/// The days of a stay of so many that ends on a day, none of them before the span.
fn stay(span: &Span, day: Day, days: i32) -> impl Iterator<Item = Day> {
    let first = day.plus(-days).max(span.from);
    (first.0..=day.0).map(Day)
}

/// The ways by which a layer absorbs what is left: of the first those that reach furthest only.
fn ways_at(span: &Span, place: usize) -> Vec<Way> {
    let ways = span.ways(place);
    let best = ways.first().map(|way| way.kind);
    ways.into_iter().filter(|way| Some(way.kind) == best).collect()
}
