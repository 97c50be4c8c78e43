//! Who lives on the register of the zone: households of the sizes that the targets leave, drawn by chance and drawn again until
//! there are as many old people, pupils and newborns as the figures speak of.

use super::school::{self, After, Aid};
use super::targets::Targets;
use crate::demo::Maker;
use crate::demo::family::{Kin, Sort};
use yizhan_kit::Day;

/// What a household lives on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Livelihood {
    /// All of them are supported as destitute.
    Destitute,
    /// All of them receive the subsistence allowance.
    Subsistence,
    /// Neither.
    Own,
}

/// A household before anything is written down of it.
pub(super) struct Roof {
    pub livelihood: Livelihood,
    pub known: Day,
    pub kin: Vec<Kin>,
}

/// The figures by which households are drawn.
pub(super) struct Shape {
    pub households: usize,
    pub people: usize,
    destitute: usize,
    subsistence: usize,
    /// Old people, and those of them who receive the subsistence allowance.
    pensioners: usize,
    poor_old: usize,
    /// Half-years of kindergarten, primary, the last three of primary, junior, the years after; students.
    school: [usize; 6],
    /// The days on which income is divided among all.
    pub divided: Vec<Day>,
    /// The day on which it is divided among some households only, and how many.
    pub first: Day,
    some: usize,
    benefits: usize,
    villages: usize,
}

/// Which households there are, and how often their people are not there yet when income is divided.
struct Plan {
    roofs: Vec<Roof>,
    absences: usize,
}

/// What a household adds to each figure.
#[derive(Clone, Copy, Default)]
struct Tally {
    old: usize,
    poor_old: usize,
    school: [usize; 6],
    absences: usize,
}

/// The last day on which a birthday makes somebody old in the period.
pub(super) fn pension_day() -> Day {
    day(2020, 12, 15)
}

/// How often households are drawn anew, at most, for each of them.
const DRAWS: usize = 400;

impl Shape {
    pub(super) fn new(targets: &Targets, aid: &Aid, villages: usize) -> Result<Self, String> {
        let number = |id: &str| targets.number(id);
        let (households, people) = (number("F041")?, number("F042")?);
        if households == 0 {
            return Err("F041: nobody is on the register".into());
        }
        if people < households || people > households * 6 {
            return Err(format!("F041, F042: {people} people do not fill {households} households of one to six"));
        }
        let (destitute, subsistence) = (number("F074")?, number("F072")?);
        if destitute + subsistence > people {
            return Err(format!("F072, F074: {subsistence} and {destitute} are more than the {people} people of F042"));
        }
        let times = number("F006")?;
        let all = times / households;
        if all > 5 || (all == 5 && !times.is_multiple_of(households)) {
            return Err(format!("F006: {times} are more than five years of {households} households (F041)"));
        }
        let on = |year: i32| day(year, 12, 20);
        let last = i32::try_from(all).unwrap_or(0);
        Ok(Self {
            households,
            people,
            destitute,
            subsistence,
            pensioners: number("F075")?,
            poor_old: number("F077")?,
            school: [
                aid.kindergarten,
                aid.primary.all(),
                aid.primary.day,
                aid.junior.all(),
                aid.vocational.max(aid.dew),
                number("F058")?,
            ],
            divided: (2021 - last..2021).map(on).collect(),
            first: on(2020 - last),
            some: times % households,
            benefits: number("F007")?,
            villages,
        })
    }

    /// The households that take part in the first division, village by village.
    pub(super) fn some(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.households).collect();
        order.sort_by_key(|n| (n % self.villages, n / self.villages));
        order.truncate(self.some);
        order
    }

    /// Draws all of them.
    ///
    /// # Errors
    /// The figures that no households come to.
    pub(super) fn draw(&self, maker: &Maker<'_>) -> Result<(Vec<Roof>, usize), String> {
        let Plan { mut roofs, absences } = self.empty(maker)?;
        let some = self.some();
        for (n, roof) in roofs.iter_mut().enumerate() {
            let (size, livelihood) = (roof.kin.len(), roof.livelihood);
            roof.kin = self.family(maker, size, livelihood, n);
        }
        let tally = |n: usize, roof: &Roof| self.tally(roof, some.contains(&n));
        let mut tallies: Vec<Tally> = roofs.iter().enumerate().map(|(n, roof)| tally(n, roof)).collect();
        let mut sum = tallies.iter().fold(Tally::default(), |sum, one| sum.plus(*one));
        let mut draws = 0;
        while self.away(&sum, absences) > 0 {
            draws += 1;
            if draws > self.households * DRAWS + 20_000 {
                return Err(self.refusal(&sum, absences));
            }
            let n = maker.below(roofs.len());
            let (size, livelihood, known) = (roofs[n].kin.len(), roofs[n].livelihood, roofs[n].known);
            let again = Roof { kin: self.family(maker, size, livelihood, n), livelihood, known };
            let tally = tally(n, &again);
            let after = sum.minus(tallies[n]).plus(tally);
            if self.away(&after, absences) <= self.away(&sum, absences) {
                (roofs[n], tallies[n], sum) = (again, tally, after);
            }
        }
        Ok((roofs, absences - sum.absences))
    }

    /// Households of their sizes, with nobody in them yet that matters.
    fn empty(&self, maker: &Maker<'_>) -> Result<Plan, String> {
        let mut sizes = vec![1_usize; self.households];
        for _ in self.households..self.people {
            loop {
                let place = maker.below(self.households);
                if sizes[place] < 6 {
                    sizes[place] += 1;
                    break;
                }
            }
        }
        let mut order: Vec<usize> = (0..self.households).collect();
        for n in (1..order.len()).rev() {
            order.swap(n, maker.below(n + 1));
        }
        let mut kinds = vec![Livelihood::Own; self.households];
        // Two who live alone first: by their months the allowance comes out to the fen.
        let alone: Vec<usize> = order.iter().copied().filter(|n| sizes[*n] == 1).take(2).collect();
        let mut left = self.subsistence;
        for n in alone.into_iter().take(self.subsistence) {
            kinds[n] = Livelihood::Subsistence;
            left -= 1;
        }
        let mut fill = |kind: Livelihood, mut left: usize, most: usize| {
            for n in order.iter().copied().filter(|n| sizes[*n] <= most) {
                if kinds[n] == Livelihood::Own && sizes[n] <= left {
                    kinds[n] = kind;
                    left -= sizes[n];
                }
            }
            left
        };
        let without = fill(Livelihood::Destitute, self.destitute, 2);
        let rest = fill(Livelihood::Subsistence, left, 6);
        if without > 0 || rest > 0 {
            return Err("F072, F074: no households add up to so many people".into());
        }
        let kin = |n: usize| maker.family(sizes[n], Sort::Ordinary);
        // Whoever is on the register was found poor before it is taken up.
        let known = || maker.identified().min(day(2015, 12, 28));
        let roofs = (0..self.households).map(|n| Roof { livelihood: kinds[n], known: known(), kin: kin(n) }).collect();
        let first: usize = self.some().into_iter().map(|n| sizes[n]).sum();
        let absences = (self.people * self.divided.len() + first).checked_sub(self.benefits);
        let absences = absences.ok_or("F006, F007: more people than live in that many households")?;
        Ok(Plan { roofs, absences })
    }

    /// A family that fits what the household lives on.
    fn family(&self, maker: &Maker<'_>, size: usize, livelihood: Livelihood, n: usize) -> Vec<Kin> {
        loop {
            let sort = if livelihood == Livelihood::Destitute { Sort::Destitute } else { Sort::Poor };
            let kin = maker.family(size, sort);
            let fits = match livelihood {
                Livelihood::Destitute => kin.iter().all(is_old),
                // What a head needs is reckoned by how many they are: nobody comes in the year in which it is paid.
                Livelihood::Subsistence => kin.iter().all(|one| one.birth < day(2020, 1, 1)),
                Livelihood::Own => true,
            };
            if fits && kin.len() == size {
                return kin;
            }
            debug_assert!(n < self.households);
        }
    }

    fn tally(&self, roof: &Roof, some: bool) -> Tally {
        let mut tally = Tally::default();
        for one in &roof.kin {
            tally.old += usize::from(is_old(one));
            tally.poor_old += usize::from(is_old(one) && roof.livelihood == Livelihood::Subsistence);
            let path = school::path(one.birth, After::University);
            let from = one.birth.max(roof.known);
            for half in 0..school::HALVES {
                let on = school::drawn_on(half);
                if on < from {
                    continue;
                }
                match school::stage(&path, on) {
                    "1" => tally.school[0] += 1,
                    "2" => {
                        tally.school[1] += 1;
                        tally.school[2] += usize::from(half >= school::DAY_PUPILS);
                    }
                    "3" => tally.school[3] += 1,
                    "4" => tally.school[4] += 1,
                    _ => {}
                }
            }
            tally.school[5] += usize::from(studies(&path));
            tally.absences += self.divided.iter().filter(|on| one.birth > **on).count();
            tally.absences += usize::from(some && one.birth > self.first);
        }
        tally
    }

    /// How far a sum is from what it is to be.
    fn away(&self, sum: &Tally, absences: usize) -> usize {
        let short = |want: usize, have: usize| want.saturating_sub(have);
        // Some are needed for one thing and cannot serve another.
        let school: usize = self
            .school
            .iter()
            .zip(sum.school)
            .map(|(want, have)| short(want + want / 4 + 1, have) * usize::from(*want > 0))
            .sum();
        sum.old.abs_diff(self.pensioners)
            + sum.poor_old.abs_diff(self.poor_old)
            + school
            + short(sum.absences, absences) * 4
    }

    fn refusal(&self, sum: &Tally, absences: usize) -> String {
        let mut said = Vec::new();
        if sum.old != self.pensioners {
            said.push("F075".to_owned());
        }
        if sum.poor_old != self.poor_old {
            said.push("F077".to_owned());
        }
        let stages = ["F050", "F052", "F053", "F054", "F056, F060", "F058"];
        let short = self.school.iter().zip(sum.school).zip(stages);
        said.extend(short.filter(|((want, have), _)| *have < **want).map(|(_, stage)| stage.to_owned()));
        if sum.absences > absences {
            said.push("F007".to_owned());
        }
        format!("no {} people of {} households (F041, F042) come to {}", self.people, self.households, said.join(", "))
    }
}

impl Tally {
    fn plus(mut self, other: Self) -> Self {
        self.old += other.old;
        self.poor_old += other.poor_old;
        self.absences += other.absences;
        self.school.iter_mut().zip(other.school).for_each(|(one, more)| *one += more);
        self
    }

    fn minus(mut self, other: Self) -> Self {
        self.old -= other.old;
        self.poor_old -= other.poor_old;
        self.absences -= other.absences;
        self.school.iter_mut().zip(other.school).for_each(|(one, less)| *one -= less);
        self
    }
}

/// Whether somebody is old within the period.
pub(super) fn is_old(kin: &Kin) -> bool {
    Day::from_ymd(kin.birth.ymd().0 + 60, kin.birth.ymd().1, kin.birth.ymd().2.min(28))
        .is_some_and(|on| on <= pension_day())
}

/// Whether somebody is of an age to study in some autumn of the period.
pub(super) fn studies(path: &[(&'static str, Day)]) -> bool {
    (0..school::HALVES).skip(1).step_by(2).any(|half| school::stage(path, school::drawn_on(half)) == "7")
}

/// A day of the period.
pub(super) fn day(year: i32, month: u8, day: u8) -> Day {
    Day::from_ymd(year, month, day).unwrap_or(Day(0))
}
