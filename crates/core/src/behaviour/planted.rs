//! Visits made by seed, with difficulties planted in them: to find out how many are found, and what is found that is not there.

use super::difficulty::Difficulty;
use super::pack::{Ending, StepOf, VisitOf, Visits, What};
use crate::row::SubjectId;
use std::collections::HashMap;
use yizhan_kit::{Day, Moment};

/// A quick source of chance: the same seed, the same visits.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// By seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    /// A number below another.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn hits(&mut self, ppm: u64) -> bool {
        self.below(1_000_000) < ppm
    }
}

/// What modules are called, how often each is wanted beside the others, how many steps it has.
pub const MODULES: [(&str, u64, usize); 8] = [
    ("invoice-issue", 30, 7),
    ("invoice-receive", 18, 6),
    ("social-insurance", 16, 5),
    ("vehicle-tax", 12, 8),
    ("late-filing", 8, 6),
    ("tax-proof", 7, 4),
    ("cross-region-tax", 5, 8),
    ("tax-registration", 4, 5),
];

/// What steps are called, the first and the last of every module alike.
pub const STEPS: [&str; 8] = ["start", "card", "choose", "fill", "scan", "check", "sign", "print"];

/// A difficulty that was planted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planted {
    /// The module.
    pub module: usize,
    /// The step.
    pub step: usize,
    /// In one hall only.
    pub hall: Option<u32>,
    /// What it does.
    pub sort: super::Sort,
    /// How often, in a million.
    pub ppm: u64,
}

/// A world of halls and what is hard in them.
pub struct World {
    dice: Dice,
    /// Halls, numbered from 1; each has four devices.
    pub halls: u32,
    /// What was planted.
    pub planted: Vec<Planted>,
    /// What is usual at each step of each module, in a million: errors, slowness, being lost, help.
    usual: Vec<Vec<[u64; 4]>>,
}

/// The steps that a module takes.
fn steps_of(module: usize) -> impl Iterator<Item = usize> {
    let steps = MODULES[module].2;
    // The first and the last always; of those between, the first so many.
    (0..steps - 1).chain([STEPS.len() - 1])
}

impl World {
    /// By seed, with so many difficulties. What is usual differs from step to step by a factor of three.
    pub fn new(seed: u64, halls: u32, difficulties: usize) -> Self {
        let mut dice = Dice::new(seed);
        let usual = MODULES
            .iter()
            .map(|_| {
                STEPS.iter().map(|_| [10_000, 20_000, 6_000, 5_000].map(|low: u64| low + dice.below(low * 2))).collect()
            })
            .collect();
        let mut planted: Vec<Planted> = Vec::new();
        while planted.len() < difficulties {
            let module = usize::try_from(dice.below(8)).unwrap_or(0);
            let steps: Vec<usize> = steps_of(module).collect();
            let step = steps[usize::try_from(dice.below(steps.len() as u64)).unwrap_or(0)];
            let hall = (dice.below(2) == 0).then(|| 1 + u32::try_from(dice.below(u64::from(halls))).unwrap_or(0));
            let sort = super::Sort::ALL[usize::try_from(dice.below(4)).unwrap_or(0)];
            if planted.iter().any(|one| one.module == module && one.step == step) {
                continue;
            }
            let ppm = 60_000 + dice.below(240_000);
            planted.push(Planted { module, step, hall, sort, ppm });
        }
        Self { dice, halls, planted, usual }
    }

    /// Whether a difficulty that was found is one of those planted.
    pub fn explains(&self, found: &Difficulty) -> Option<usize> {
        self.planted.iter().position(|one| {
            MODULES[one.module].0 == found.module
                && STEPS[one.step] == found.step
                && one.hall.map(SubjectId) == found.hall
        })
    }

    /// A visit on a day, in some hall.
    pub fn visit(&mut self, day: Day) -> VisitOf {
        let hall = 1 + u32::try_from(self.dice.below(u64::from(self.halls))).unwrap_or(0);
        self.visit_in(day, hall)
    }

    /// A visit on a day, in a hall by its number.
    pub fn visit_in(&mut self, day: Day, hall: u32) -> VisitOf {
        let mut wish = self.dice.below(100);
        let module = MODULES.iter().position(|(_, share, _)| {
            let is = wish < *share;
            wish = wish.saturating_sub(*share);
            is
        });
        let module = module.unwrap_or(0);
        let device = hall * 10 + u32::try_from(self.dice.below(4)).unwrap_or(0);
        // Most come in the morning and after the noon rest.
        let hour = [8, 9, 9, 9, 10, 10, 10, 11, 13, 14, 14, 14, 15, 15, 16, 20]
            [usize::try_from(self.dice.below(16)).unwrap_or(0)];
        let minute = u16::try_from(hour * 60 + self.dice.below(60)).unwrap_or(0);
        let mut steps = Vec::with_capacity(8);
        let mut ending = Ending::Finished;
        for step in steps_of(module) {
            let mut rates = self.usual[module][step];
            for one in self.planted.iter().filter(|one| one.module == module && one.step == step) {
                if one.hall.is_none_or(|only| only == hall) {
                    rates[one.sort as usize] += one.ppm;
                }
            }
            let [errors, slow, lost, help] = rates;
            let took = |dice: &mut Dice, slow| {
                let usual = 3_000 + dice.below(15_000) + dice.below(15_000);
                u32::try_from(if dice.hits(slow) { 60_000 + dice.below(120_000) } else { usual }).unwrap_or(0)
            };
            let mut take = |dice: &mut Dice, what| {
                let took_ms = took(dice, slow);
                steps.push(StepOf { step: STEPS[step].into(), what, took_ms });
            };
            if self.dice.hits(errors) {
                take(&mut self.dice, What::Error);
            }
            if self.dice.hits(help) {
                take(&mut self.dice, What::Help);
            }
            if self.dice.hits(lost) {
                take(&mut self.dice, What::Back);
                ending = if self.dice.below(2) == 0 { Ending::GaveUp } else { Ending::WalkedAway };
                break;
            }
            take(&mut self.dice, What::Done);
        }
        VisitOf {
            device: SubjectId(device),
            hall: SubjectId(hall),
            module: MODULES[module].0.into(),
            began: Moment::at(day, minute),
            ending,
            steps,
        }
    }

    /// So many visits, spread over some days.
    pub fn visits(&mut self, count: usize, from: Day, days: i32) -> Visits {
        let mut visits = Visits::default();
        for n in 0..count {
            let day = from.plus(i32::try_from(n * usize::try_from(days).unwrap_or(1) / count).unwrap_or(0));
            let visit = self.visit(day);
            visits.push(&visit);
        }
        visits
    }

    /// What was found against what was planted: hits, misses, false alarms. What was planted in a step, with the same step
    /// found elsewhere, is a false alarm like any other.
    pub fn score(&self, found: &[Difficulty]) -> Score {
        let mut hits: HashMap<usize, usize> = HashMap::new();
        let mut score = Score { planted: self.planted.len(), hits: 0, false_alarms: 0, at_the_top: 0 };
        for (place, one) in found.iter().enumerate() {
            match self.explains(one) {
                Some(planted) => *hits.entry(planted).or_default() += 1,
                None => score.false_alarms += 1,
            }
            if place + 1 == self.planted.len() {
                score.at_the_top = hits.len();
            }
        }
        score.hits = hits.len();
        if found.len() < self.planted.len() {
            score.at_the_top = hits.len();
        }
        score
    }
}

/// How well difficulties were found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Score {
    /// Planted.
    pub planted: usize,
    /// Of them, found.
    pub hits: usize,
    /// Found, but not planted.
    pub false_alarms: usize,
    /// Planted ones among as many first places as were planted.
    pub at_the_top: usize,
}
