//! What people find hard: a step at which more is refused (难点), takes too long (难点), is given up (堵点) or calls for help
//! (痛点) than is usual, everywhere or in one hall only. Each with its evidence, the one that costs most people first.
//!
//! What is usual is the middle of all steps; in a hall, the same step elsewhere. A step stands out when its share is at
//! least two and a half times the usual and lies five deviations off, which chance brings about once in millions of steps.

use super::funnel::{Asked, Sieve};
use super::pack::{Ending, Took, Visit, Visits, What};
use super::{ppm, surprise};
use crate::row::SubjectId;

/// What shows a difficulty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sort {
    /// 难点: it was refused.
    Error,
    /// 难点: it took more than a minute.
    Slow,
    /// 堵点: the visit ended here and came to nothing.
    Lost,
    /// 痛点: help was called.
    Help,
}

impl Sort {
    /// Every sort.
    pub const ALL: [Self; 4] = [Self::Error, Self::Slow, Self::Lost, Self::Help];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Slow => "slow",
            Self::Lost => "lost",
            Self::Help => "help",
        }
    }

    /// What it costs whoever meets it, beside the others: a visit for nothing most.
    fn weight(self) -> u64 {
        match self {
            Self::Slow => 1,
            Self::Error => 2,
            Self::Help => 3,
            Self::Lost => 5,
        }
    }
}

/// From this many tenths of a second a step is slow.
const SLOW_TENTHS: u16 = 600;
/// Fewer visits show nothing.
const LEAST_VISITS: u64 = 100;
/// Fewer that met it show nothing.
const LEAST_HITS: u64 = 15;
/// What is usual is never taken for less, in a million.
const LEAST_USUAL: u64 = 5_000;
/// How many times the usual, in hundredths.
const TIMES: u64 = 250;
/// The square of the standard deviations, in hundredths: five.
const SURPRISE: u64 = 2_500;

/// One sign of a difficulty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sign {
    /// What shows it.
    pub sort: Sort,
    /// Visits that met it.
    pub hits: u64,
    /// Visits that reached the step.
    pub of: u64,
    /// The share that is usual, in a million.
    pub usual_ppm: u64,
    /// Of those who met it, how many left with nothing.
    pub left: u64,
}

/// A step that people find hard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difficulty {
    /// The module.
    pub module: String,
    /// The step.
    pub step: String,
    /// In this hall only; everywhere, where none is named.
    pub hall: Option<SubjectId>,
    /// What shows it, the strongest first.
    pub signs: Vec<Sign>,
    /// What it costs: visits beyond the usual, by weight. The order of the list.
    pub score: u64,
}

/// What is counted of a step in a hall.
#[derive(Clone, Copy, Default)]
struct Count {
    reached: u64,
    hits: [u64; 4],
    left: [u64; 4],
}

impl Count {
    fn add(&mut self, other: &Self) {
        self.reached += other.reached;
        for sort in 0..4 {
            self.hits[sort] += other.hits[sort];
            self.left[sort] += other.left[sort];
        }
    }

    fn without(&self, other: &Self) -> Self {
        let mut rest = *self;
        rest.reached -= other.reached;
        for sort in 0..4 {
            rest.hits[sort] -= other.hits[sort];
            rest.left[sort] -= other.left[sort];
        }
        rest
    }

    fn share(&self, sort: usize) -> u64 {
        ppm(self.hits[sort], self.reached)
    }

    /// The sign that this is, beside what is usual.
    fn sign(&self, sort: Sort, usual_ppm: u64) -> Option<Sign> {
        let (at, usual_ppm) = (sort as usize, usual_ppm.max(LEAST_USUAL));
        let stands_out = self.reached >= LEAST_VISITS
            && self.hits[at] >= LEAST_HITS
            && self.share(at) * 100 >= usual_ppm * TIMES
            && surprise(self.hits[at], self.reached, usual_ppm) >= SURPRISE;
        stands_out.then(|| Sign { sort, hits: self.hits[at], of: self.reached, usual_ppm, left: self.left[at] })
    }
}

/// Every step that people find hard, the one that costs most first.
pub fn difficulties(visits: &Visits, asked: &Asked) -> Vec<Difficulty> {
    let counts = count(visits, asked);
    let whole = |per_hall: &[Count]| {
        let mut sum = Count::default();
        per_hall.iter().for_each(|count| sum.add(count));
        sum
    };
    let usual: Vec<u64> = (0..4)
        .map(|sort| {
            let steps = counts.iter().flatten().map(|per_hall| whole(per_hall));
            let mut shares: Vec<u64> =
                steps.filter(|count| count.reached >= LEAST_VISITS).map(|count| count.share(sort)).collect();
            shares.sort_unstable();
            shares.get(shares.len() / 2).copied().unwrap_or(0)
        })
        .collect();
    let mut found: Vec<Difficulty> = Vec::new();
    for (module, steps) in counts.iter().enumerate() {
        for (step, per_hall) in steps.iter().enumerate() {
            let all = whole(per_hall);
            let mut here: Vec<(Option<SubjectId>, Sign)> = Vec::new();
            for sort in Sort::ALL {
                // Halls where it stands out among the halls; what is left decides about all of them.
                let mut rest = all;
                let mut of_halls = Vec::new();
                for (hall, own) in visits.halls().iter().zip(per_hall) {
                    let others = all.without(own);
                    if others.reached < LEAST_VISITS {
                        continue;
                    }
                    let usual_here = others.share(sort as usize).max(usual[sort as usize]);
                    if let Some(sign) = own.sign(sort, usual_here) {
                        rest = rest.without(own);
                        of_halls.push((Some(*hall), sign));
                    }
                }
                match rest.sign(sort, usual[sort as usize]) {
                    Some(sign) => here.push((None, sign)),
                    None => here.extend(of_halls),
                }
            }
            for (hall, sign) in here {
                gather(&mut found, visits, (module, step, hall), sign);
            }
        }
    }
    for difficulty in &mut found {
        let cost =
            |sign: &Sign| sign.sort.weight() * (sign.hits - (sign.of * sign.usual_ppm / 1_000_000).min(sign.hits));
        difficulty.signs.sort_by_key(|sign| u64::MAX - cost(sign));
        difficulty.score = difficulty.signs.iter().map(cost).sum();
    }
    found.sort_by(|one, other| (other.score, &one.module, &one.step).cmp(&(one.score, &other.module, &other.step)));
    found
}

/// Puts a sign with the others of its step and hall.
fn gather(found: &mut Vec<Difficulty>, visits: &Visits, at: (usize, usize, Option<SubjectId>), sign: Sign) {
    let (module, step, hall) = (visits.module_name(at.0), &visits.step_names(at.0)[at.1], at.2);
    let same = |one: &&mut Difficulty| one.module == module && one.step == *step && one.hall == hall;
    match found.iter_mut().find(same) {
        Some(one) => one.signs.push(sign),
        None => {
            found.push(Difficulty { module: module.to_owned(), step: step.clone(), hall, signs: vec![sign], score: 0 })
        }
    }
}

/// By module, step and hall. One walk over the visits.
fn count(visits: &Visits, asked: &Asked) -> Vec<Vec<Vec<Count>>> {
    let sieve = Sieve::new(visits, asked);
    let halls = visits.halls().len();
    let mut counts: Vec<Vec<Vec<Count>>> = (0..visits.modules().count())
        .map(|module| vec![vec![Count::default(); halls]; visits.step_names(module).len()])
        .collect();
    for (visit, steps) in visits.iter().filter(|(visit, _)| sieve.takes(visit)) {
        one_visit(&mut counts[usize::from(visit.module)], visit, steps);
    }
    counts
}

fn one_visit(counts: &mut [Vec<Count>], visit: &Visit, steps: &[Took]) {
    let hall = usize::from(visit.hall);
    let failed = visit.ending != Ending::Finished;
    let mut reached = 0_u64;
    let mut met = [0_u64; 4];
    for step in steps {
        let bit = 1_u64 << step.step;
        reached |= bit;
        match step.what {
            What::Error => met[Sort::Error as usize] |= bit,
            What::Help => met[Sort::Help as usize] |= bit,
            What::Done | What::Back => {}
        }
        if step.tenths >= SLOW_TENTHS {
            met[Sort::Slow as usize] |= bit;
        }
    }
    if failed && let Some(last) = steps.last() {
        met[Sort::Lost as usize] |= 1 << last.step;
    }
    while reached != 0 {
        let step = reached.trailing_zeros();
        reached &= reached - 1;
        let count = &mut counts[step as usize][hall];
        count.reached += 1;
        for (sort, bits) in met.iter().enumerate() {
            let hit = bits >> step & 1;
            count.hits[sort] += hit;
            count.left[sort] += hit & u64::from(failed);
        }
    }
}
