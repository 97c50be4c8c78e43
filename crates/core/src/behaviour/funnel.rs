//! Funnels: of those who began a module, how many reached each step, how long it took them, where they were lost.

use super::pack::{Ending, HOUR_MS, Took, Visit, Visits, What};
use crate::row::SubjectId;
use yizhan_kit::Day;

/// Which visits are counted.
#[derive(Clone, Default, Debug)]
pub struct Asked {
    /// The first day.
    pub from: Option<Day>,
    /// The first day no longer.
    pub until: Option<Day>,
    /// Only one module.
    pub module: Option<String>,
    /// Only these halls; all, where nothing is said.
    pub halls: Option<Vec<SubjectId>>,
}

/// What is asked, in the codes of some visits.
pub(super) struct Sieve {
    hours: std::ops::Range<u32>,
    module: Option<Option<u16>>,
    halls: Option<Vec<bool>>,
}

impl Sieve {
    pub(super) fn new(visits: &Visits, asked: &Asked) -> Self {
        let hour = |day: Day| u32::try_from(day.start().0 / HOUR_MS).unwrap_or(0);
        let code = |name: &String| visits.modules().position(|module| module == name);
        Self {
            hours: asked.from.map_or(0, hour)..asked.until.map_or(u32::MAX, hour),
            module: asked.module.as_ref().map(|name| code(name).and_then(|code| u16::try_from(code).ok())),
            halls: asked.halls.as_ref().map(|wanted| visits.halls().iter().map(|hall| wanted.contains(hall)).collect()),
        }
    }

    pub(super) fn takes(&self, visit: &Visit) -> bool {
        self.hours.contains(&visit.hour)
            && self.module.is_none_or(|module| module == Some(visit.module))
            && self.halls.as_ref().is_none_or(|halls| halls[usize::from(visit.hall)])
    }
}

/// Durations counted by tenths of a second: exact below a hundred seconds, by sixteenths above.
#[derive(Clone)]
pub(super) struct Durations(Vec<u32>);

/// Below this many tenths each has a place of its own.
const EXACT: usize = 1_024;

impl Durations {
    fn new() -> Self {
        Self(vec![0; EXACT + (usize::from(u16::MAX) + 1 - EXACT) / 16])
    }

    fn add(&mut self, tenths: u16) {
        let tenths = usize::from(tenths);
        self.0[if tenths < EXACT { tenths } else { EXACT + (tenths - EXACT) / 16 }] += 1;
    }

    /// The duration that so many of a thousand do not exceed, tenths of a second.
    fn at_permille(&self, permille: u64) -> u32 {
        let all: u64 = self.0.iter().map(|count| u64::from(*count)).sum();
        let mut left = (all * permille).div_ceil(1000).max(1);
        for (place, count) in self.0.iter().enumerate() {
            if left <= u64::from(*count) {
                return u32::try_from(if place < EXACT { place } else { EXACT + (place - EXACT) * 16 }).unwrap_or(0);
            }
            left -= u64::from(*count);
        }
        0
    }
}

/// A step of a funnel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepRow {
    /// Its name.
    pub step: String,
    /// Visits that reached it.
    pub reached: u64,
    /// Visits in which it was refused at least once.
    pub errors: u64,
    /// Visits in which help was called at it.
    pub help: u64,
    /// Visits that ended at it and came to nothing.
    pub lost: u64,
    /// How often it was taken.
    pub taken: u64,
    /// The middle of how long it took, tenths of a second.
    pub median_tenths: u32,
    /// What nine of ten do not exceed.
    pub ninth_tenths: u32,
}

/// A module's visits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Funnel {
    /// The module: the name of a service.
    pub module: String,
    /// Visits.
    pub visits: u64,
    /// Of them, those that came to what they were for.
    pub finished: u64,
    /// Of them, those in which somebody said that they stop.
    pub gave_up: u64,
    /// Of them, those that began again what had just come to nothing at the same device.
    pub again: u64,
    /// The middle of how long a visit took, tenths of a second.
    pub median_tenths: u32,
    /// Its steps, in the order in which they are usually taken.
    pub steps: Vec<StepRow>,
}

#[derive(Clone)]
struct Counting {
    row: StepRow,
    places: u64,
    durations: Durations,
}

/// The funnel of each module that was visited, the most visited first. One walk over the visits.
pub fn funnels(visits: &Visits, asked: &Asked) -> Vec<Funnel> {
    let sieve = Sieve::new(visits, asked);
    let empty = |step: &String| Counting {
        row: StepRow {
            step: step.clone(),
            reached: 0,
            errors: 0,
            help: 0,
            lost: 0,
            taken: 0,
            median_tenths: 0,
            ninth_tenths: 0,
        },
        places: 0,
        durations: Durations::new(),
    };
    let mut counted: Vec<(Funnel, Vec<Counting>, Durations)> = visits
        .modules()
        .enumerate()
        .map(|(code, name)| {
            let (module, steps) = (name.to_owned(), Vec::new());
            let funnel = Funnel { module, visits: 0, finished: 0, gave_up: 0, again: 0, median_tenths: 0, steps };
            (funnel, visits.step_names(code).iter().map(empty).collect(), Durations::new())
        })
        .collect();
    for (visit, steps) in visits.iter().filter(|(visit, _)| sieve.takes(visit)) {
        let (funnel, rows, whole) = &mut counted[usize::from(visit.module)];
        funnel.visits += 1;
        funnel.finished += u64::from(visit.ending == Ending::Finished);
        funnel.gave_up += u64::from(visit.ending == Ending::GaveUp);
        funnel.again += u64::from(visit.again);
        whole.add(one_visit(rows, visit, steps));
    }
    let mut told: Vec<Funnel> = counted
        .into_iter()
        .filter(|(funnel, ..)| funnel.visits > 0)
        .map(|(mut funnel, mut rows, whole)| {
            funnel.median_tenths = whole.at_permille(500);
            rows.retain(|one| one.row.reached > 0);
            // Usually taken in this order: by their middle place among the steps of a visit.
            rows.sort_by_key(|one| (one.places * 1000 / one.row.reached, u64::MAX - one.row.reached));
            funnel.steps = rows
                .into_iter()
                .map(|one| StepRow {
                    median_tenths: one.durations.at_permille(500),
                    ninth_tenths: one.durations.at_permille(900),
                    ..one.row
                })
                .collect();
            funnel
        })
        .collect();
    told.sort_by(|one, other| (other.visits, &one.module).cmp(&(one.visits, &other.module)));
    told
}

/// Counts the steps of one visit; how long it took, tenths of a second.
fn one_visit(rows: &mut [Counting], visit: &Visit, steps: &[Took]) -> u16 {
    let (mut reached, mut failed, mut helped) = (0_u64, 0_u64, 0_u64);
    let mut whole = 0_u32;
    for step in steps {
        let (row, bit) = (&mut rows[usize::from(step.step)], 1_u64 << step.step);
        row.row.taken += 1;
        row.durations.add(step.tenths);
        whole += u32::from(step.tenths);
        if reached & bit == 0 {
            row.row.reached += 1;
            row.places += u64::from(reached.count_ones());
            reached |= bit;
        }
        let (kind, count) = match step.what {
            What::Error => (&mut failed, &mut row.row.errors),
            What::Help => (&mut helped, &mut row.row.help),
            What::Done | What::Back => continue,
        };
        *count += u64::from(*kind & bit == 0);
        *kind |= bit;
    }
    if visit.ending != Ending::Finished
        && let Some(last) = steps.last()
    {
        rows[usize::from(last.step)].row.lost += 1;
    }
    u16::try_from(whole).unwrap_or(u16::MAX)
}

/// How much business there was.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Volume {
    /// Visits.
    pub visits: u64,
    /// By module, the most first.
    pub modules: Vec<(String, u64)>,
    /// By hour of the day.
    pub hours: [u64; 24],
    /// By hall, the most first.
    pub halls: Vec<(SubjectId, u64)>,
    /// By day, in order; days without visits are left out.
    pub days: Vec<(Day, u64)>,
}

/// Counts the business.
pub fn volume(visits: &Visits, asked: &Asked) -> Volume {
    let sieve = Sieve::new(visits, asked);
    let (mut modules, mut halls) = (vec![0; visits.modules().count()], vec![0; visits.halls().len()]);
    let mut days = std::collections::BTreeMap::new();
    let mut told = Volume::default();
    for (visit, _) in visits.iter().filter(|(visit, _)| sieve.takes(visit)) {
        told.visits += 1;
        modules[usize::from(visit.module)] += 1_u64;
        halls[usize::from(visit.hall)] += 1_u64;
        let at = yizhan_kit::Moment(i64::from(visit.hour) * HOUR_MS);
        told.hours[usize::from(at.minutes_of_day() / 60)] += 1;
        *days.entry(at.day()).or_insert(0) += 1;
    }
    let named = visits.modules().map(str::to_owned).zip(modules);
    told.modules = named.filter(|(_, count)| *count > 0).collect();
    told.modules.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
    told.halls = visits.halls().iter().copied().zip(halls).filter(|(_, count)| *count > 0).collect();
    told.halls.sort_by_key(|(hall, count)| (u64::MAX - count, *hall));
    told.days = days.into_iter().collect();
    told
}
