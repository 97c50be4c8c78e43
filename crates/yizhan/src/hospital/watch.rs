//! What is unusual among slips, for people to look at: nothing is stopped by it. Whole numbers throughout. Pure, but for
//! gathering at the end.

use super::model::OddRow;
use crate::app::App;
use crate::register;
use std::collections::{BTreeMap, BTreeSet};
use yizhan_core::access::Viewer;
use yizhan_core::settlement::policy::{Admission, Policy};
use yizhan_kit::{Day, Fen, Lang, Problem};

/// What is unusual.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum What {
    /// What a layer pays on a slip, in the middle of a month, is far from the months before.
    LayerAverage,
    /// The part of the costs in scope that a layer pays in a month is far from the months before.
    LayerShare,
    /// A layer pays nothing for a month, which it did not do before.
    LayerZero,
    /// A person's year is far above those of the same category.
    PersonFarAbove,
    /// One stay billed as several: each begins where the one before ended, at the same hospital.
    SplitStay,
}

impl What {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LayerAverage => "layer-average",
            Self::LayerShare => "layer-share",
            Self::LayerZero => "layer-zero",
            Self::PersonFarAbove => "person-far-above",
            Self::SplitStay => "split-stay",
        }
    }

    fn says(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::LayerAverage, Lang::Zh) => "本月每单支付的中位数与以往各月相差很大",
            (Self::LayerAverage, Lang::En) => "the middle payment of the month is far from that of the months before",
            (Self::LayerShare, Lang::Zh) => "本月支付占政策范围内费用的比例与以往各月相差很大",
            (Self::LayerShare, Lang::En) => "the part of the costs in scope is far from that of the months before",
            (Self::LayerZero, Lang::Zh) => "本月一分未付，以往各月都有支付",
            (Self::LayerZero, Lang::En) => "nothing was paid this month, though every month before something was",
            (Self::PersonFarAbove, Lang::Zh) => "此人本年费用远高于同类人员",
            (Self::PersonFarAbove, Lang::En) => "this person's year is far above those of the same category",
            (Self::SplitStay, Lang::Zh) => "同一医院连续住院，出院当日或次日又入院，疑似拆分住院",
            (Self::SplitStay, Lang::En) => {
                "stay after stay at one hospital without a day between: one stay billed as several"
            }
        }
    }
}

/// A slip as the watch sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bill {
    /// The case.
    pub case: u32,
    /// The policy.
    pub policy: String,
    /// Whose it is.
    pub person: u32,
    /// The hospital, 0 where it is none of ours.
    pub clinic: u32,
    /// Their category.
    pub category: String,
    /// Whether it was an admission.
    pub admission: Admission,
    /// The first day.
    pub admitted: Day,
    /// The last.
    pub discharged: Day,
    /// Everything.
    pub total: Fen,
    /// What the layers applied to.
    pub in_scope: Fen,
    /// What each layer paid, with its payer.
    pub pays: Vec<(String, Fen)>,
}

/// Something to look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Odd {
    /// What.
    pub what: What,
    /// The payer, where it is about one.
    pub payer: Option<String>,
    /// The month, as year × 12 + month − 1, where it is about one.
    pub month: Option<i32>,
    /// The cases.
    pub cases: Vec<u32>,
}

/// Slips of a month from which on its middle means something.
const ENOUGH: usize = 15;

/// Months before, from which on there is a history.
const HISTORY: usize = 4;

/// How many times the usual distance from the middle of the months before is far, and the least part of it, in percent.
const FAR: i64 = 6;
const LEAST_PERCENT: i64 = 35;

/// People of a category from which on one may stand out, and how many times the middle of their years is far.
const PEERS: usize = 20;
const TIMES: i64 = 12;

/// Stays in a row without a day between that are one billed as several.
const IN_A_ROW: usize = 3;

/// Millionths.
const PARTS: i64 = 1_000_000;

/// Everything unusual among bills.
pub fn unusual(bills: &[Bill]) -> Vec<Odd> {
    let mut found = layers(bills);
    found.extend(people(bills));
    found.extend(split(bills));
    found
}

fn month(day: Day) -> i32 {
    let (year, month, _) = day.ymd();
    year * 12 + i32::from(month) - 1
}

/// The middle of numbers; 0 of none.
fn middle(numbers: &mut [i64]) -> i64 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

/// Whether a month is far from those before it.
fn is_far(before: &[i64], now: i64) -> bool {
    let usual = middle(&mut before.to_vec());
    let mut distances: Vec<i64> = before.iter().map(|one| (one - usual).abs()).collect();
    let distance = middle(&mut distances);
    let least = usual / 100 * LEAST_PERCENT;
    usual > 0 && (now - usual).abs() > (distance * FAR).max(least)
}

/// What a layer did in a month.
#[derive(Default)]
struct Month {
    /// What it paid where it paid something.
    paid: Vec<i64>,
    sum: i64,
    in_scope: i64,
    cases: Vec<u32>,
}

/// Each layer's months against those before them.
fn layers(bills: &[Bill]) -> Vec<Odd> {
    let mut all: BTreeMap<&str, BTreeMap<i32, Month>> = BTreeMap::new();
    for bill in bills {
        for (payer, pay) in &bill.pays {
            let of = all.entry(payer).or_default().entry(month(bill.discharged)).or_default();
            of.paid.extend((pay.0 > 0).then_some(pay.0));
            of.sum = of.sum.saturating_add(pay.0);
            of.in_scope = of.in_scope.saturating_add(bill.in_scope.0);
            of.cases.push(bill.case);
        }
    }
    let mut found = Vec::new();
    for (payer, months) in all {
        let (mut averages, mut shares, mut quiet) = (Vec::new(), Vec::new(), 0);
        for (at, mut of) in months {
            let odd = |what, cases| Odd { what, payer: Some(payer.to_owned()), month: Some(at), cases };
            if of.paid.is_empty() {
                if of.cases.len() >= ENOUGH && averages.len() >= HISTORY && quiet == 0 {
                    found.push(odd(What::LayerZero, of.cases));
                } else {
                    quiet += 1;
                }
                continue;
            }
            if of.paid.len() >= ENOUGH {
                let average = middle(&mut of.paid);
                if averages.len() >= HISTORY && is_far(&averages, average) {
                    found.push(odd(What::LayerAverage, of.cases.clone()));
                } else {
                    averages.push(average);
                }
            }
            if of.cases.len() >= ENOUGH && of.in_scope > 0 {
                let share =
                    i64::try_from(i128::from(of.sum) * i128::from(PARTS) / i128::from(of.in_scope)).unwrap_or(0);
                if shares.len() >= HISTORY && is_far(&shares, share) {
                    found.push(odd(What::LayerShare, of.cases));
                } else {
                    shares.push(share);
                }
            }
        }
    }
    found
}

/// Each person's year against those of the same category.
fn people(bills: &[Bill]) -> Vec<Odd> {
    let mut years: BTreeMap<(i32, &str), BTreeMap<u32, (i64, Vec<u32>)>> = BTreeMap::new();
    for bill in bills {
        let peers = years.entry((bill.discharged.ymd().0, &bill.category)).or_default();
        let (sum, cases) = peers.entry(bill.person).or_default();
        *sum = sum.saturating_add(bill.total.0);
        cases.push(bill.case);
    }
    let mut found = Vec::new();
    for peers in years.into_values().filter(|peers| peers.len() >= PEERS) {
        let usual = middle(&mut peers.values().map(|(sum, _)| *sum).collect::<Vec<_>>());
        let far = peers.into_values().filter(|(sum, _)| usual > 0 && *sum > usual.saturating_mul(TIMES));
        found.extend(far.map(|(_, cases)| Odd { what: What::PersonFarAbove, payer: None, month: None, cases }));
    }
    found
}

/// Stays at one hospital without a day between.
fn split(bills: &[Bill]) -> Vec<Odd> {
    let mut stays: BTreeMap<(u32, u32), Vec<&Bill>> = BTreeMap::new();
    for bill in bills.iter().filter(|bill| bill.admission == Admission::Counted) {
        stays.entry((bill.person, bill.clinic)).or_default().push(bill);
    }
    let mut found = Vec::new();
    for mut list in stays.into_values() {
        list.sort_by_key(|bill| (bill.admitted, bill.discharged, bill.case));
        let joins = |one: &&Bill, next: &&Bill| (0..=1).contains(&(next.admitted.0 - one.discharged.0));
        for row in list.chunk_by(joins).filter(|row| row.len() >= IN_A_ROW) {
            let cases = row.iter().map(|bill| bill.case).collect();
            found.push(Odd { what: What::SplitStay, payer: None, month: None, cases });
        }
    }
    found
}

/// Cases named with one row, at most.
const NAMED: usize = 100;

/// What is unusual in the viewer's area.
///
/// # Errors
/// `no-policy`.
pub fn rows(app: &App, viewer: &Viewer, lang: Lang) -> Result<Vec<OddRow>, Problem> {
    register::view::known(app);
    let image = app.image();
    let seen = viewer.look(&image);
    let mut bills = Vec::new();
    let mut titles: BTreeMap<String, String> = BTreeMap::new();
    let mut policies: BTreeSet<&str> = BTreeSet::new();
    for entry in seen.slips() {
        let policy: &Policy = seen.policy(&entry.kept)?;
        if policies.insert(&policy.name) {
            for payer in &policy.payers {
                let title = crate::case::view::words(&payer.title, lang).to_owned();
                titles.insert(payer.id.clone(), title);
            }
        }
        let kept = &entry.kept;
        let kind = policy.kind(&kept.kind).map(|kind| policy.kinds[usize::from(kind)].admission);
        bills.push(Bill {
            case: entry.case.0,
            policy: kept.policy.clone(),
            person: kept.person,
            clinic: kept.clinic.unwrap_or(0),
            category: kept.category.clone(),
            admission: kind.unwrap_or(Admission::None),
            admitted: kept.admitted,
            discharged: kept.discharged,
            total: Fen(kept.total_fen),
            in_scope: kept.in_scope(),
            pays: (0..policy.layers.len()).map(|n| (policy.payer(n).id.clone(), kept.pay(n))).collect(),
        });
    }
    let number = |case: &u32| {
        let found = seen.case(yizhan_core::row::SubjectId(*case));
        found.map(|case| image.number(case)).unwrap_or_default()
    };
    let row = |odd: Odd| {
        let title = odd.payer.and_then(|payer| titles.get(&payer).cloned());
        let says = odd.what.says(lang);
        OddRow {
            what: odd.what.as_str().to_owned(),
            says: title.map_or_else(|| says.to_owned(), |title| format!("{title}: {says}")),
            month: odd.month.map(|month| format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)),
            cases: odd.cases.iter().take(NAMED).map(number).collect(),
        }
    };
    Ok(unusual(&bills).into_iter().map(row).collect())
}
