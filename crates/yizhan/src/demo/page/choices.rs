//! Who of the people on the register gets what, and since when: drawn by chance from those to whom it is due.

use super::families::{self, Livelihood, Roof, Shape, day};
use super::plan::{self, Kind};
use super::school::{self, After, Aid, HALVES, parameter};
use super::targets::Targets;
use crate::demo::Maker;
use yizhan_kit::{Day, Fen};

/// Somebody on the register, and what is chosen for them.
pub(super) struct Soul {
    /// The household, and the place in it.
    pub home: usize,
    pub n: usize,
    /// Since when they belong to it.
    pub from: Day,
    pub old: bool,
    pub after: After,
    pub path: Vec<(&'static str, Day)>,
    pub care: Option<Day>,
    pub living: Option<Day>,
    /// Severely disabled, whether or not an allowance follows.
    pub severe: bool,
    pub ill: bool,
    pub mental: bool,
    /// Aid by half-year: whether they board; and what is let off the fees.
    pub aid: [Option<bool>; HALVES],
    pub waived: [Fen; HALVES],
    pub dew: [bool; HALVES],
    pub premium: [bool; 5],
    /// The autumn in which tuition outside the province is paid.
    pub outside: Option<i32>,
}

/// What was chosen besides.
pub(super) struct Chosen {
    pub souls: Vec<Soul>,
    /// The households whose house is made barrier-free.
    pub barrier_free: Vec<usize>,
    pub rests: Rests,
}

/// What is paid besides what the rules come to.
#[derive(Clone)]
pub(super) struct Rests {
    /// How much more of the last month of the two allowances.
    pub disability: Fen,
    /// How many lines of the Rain and Dew grant make up for the half-year before, by half-year.
    pub doubled: [usize; HALVES],
}

/// The day on which the premiums of a year are paid.
pub(super) fn premium_day(year: usize) -> Day {
    day(2016 + i32::try_from(year).unwrap_or(0), 12, 1)
}

struct Choosing<'a> {
    maker: &'a Maker<'a>,
    targets: &'a Targets,
    roofs: &'a [Roof],
    souls: Vec<Soul>,
}

/// Chooses it all.
///
/// # Errors
/// The figures for which there are too few.
pub(super) fn choose(
    maker: &Maker<'_>,
    targets: &Targets,
    (shape, aid): (&Shape, &Aid),
    (roofs, to_come): (&[Roof], usize),
) -> Result<Chosen, String> {
    let mut souls = Vec::new();
    for (home, roof) in roofs.iter().enumerate() {
        for (n, kin) in roof.kin.iter().enumerate() {
            souls.push(Soul {
                home,
                n,
                from: roof.known.max(kin.birth),
                old: families::is_old(kin),
                after: After::Senior,
                path: school::path(kin.birth, After::Senior),
                care: None,
                living: None,
                severe: false,
                ill: false,
                mental: false,
                aid: [None; HALVES],
                waived: [Fen(0); HALVES],
                dew: [false; HALVES],
                premium: [false; 5],
                outside: None,
            });
        }
    }
    let mut all = Choosing { maker, targets, roofs, souls };
    all.came_later(shape, to_come)?;
    all.students(aid)?;
    let doubled = all.aided(aid)?;
    let barrier_free = all.disabled()?;
    let disability = all.allowances()?;
    all.patients()?;
    all.premiums()?;
    Ok(Chosen { souls: all.souls, barrier_free, rests: Rests { disability, doubled } })
}

impl Choosing<'_> {
    fn kin(&self, soul: &Soul) -> &crate::demo::family::Kin {
        &self.roofs[soul.home].kin[soul.n]
    }

    fn livelihood(&self, soul: &Soul) -> Livelihood {
        self.roofs[soul.home].livelihood
    }

    /// The places of some people, in an order of chance.
    fn drawn(&self, fits: impl Fn(&Self, &Soul) -> bool) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.souls.len()).filter(|n| fits(self, &self.souls[*n])).collect();
        for n in (1..order.len()).rev() {
            order.swap(n, self.maker.below(n + 1));
        }
        order
    }

    /// Some grown-ups married into their household or came back to it only after income had been divided before.
    fn came_later(&mut self, shape: &Shape, to_come: usize) -> Result<(), String> {
        let (some, mut left) = (shape.some(), to_come);
        let grown = |all: &Self, soul: &Soul| {
            let kin = all.kin(soul);
            all.livelihood(soul) == Livelihood::Own
                && soul.n > 0
                && (23..55).contains(&kin.age)
                && !some.contains(&soul.home)
        };
        let mut most = shape.divided.len().saturating_sub(1).max(1);
        for n in self.drawn(grown) {
            if left == 0 {
                break;
            }
            most = most.min(left);
            let missed = 1 + self.maker.below(most);
            let last = shape.divided[missed - 1];
            self.souls[n].from = last.plus(20 + i32::try_from(self.maker.below(200)).unwrap_or(0));
            left -= missed;
        }
        if left > 0 { Err(format!("F007: {left} more people than may have come later")) } else { Ok(()) }
    }

    /// Who studies where.
    fn students(&mut self, aid: &Aid) -> Result<(), String> {
        let count = self.targets.number("F058")?;
        let born = |all: &Self, soul: &Soul| all.kin(soul).birth;
        let studying = |all: &Self, soul: &Soul| {
            let path = school::path(born(all, soul), After::University);
            soul.from < day(2016, 2, 1) && families::studies(&path)
        };
        let mut chosen = self.drawn(studying);
        chosen.truncate(count);
        if chosen.len() < count {
            return Err(format!("F058: {} people are of an age to study", chosen.len()));
        }
        for n in chosen {
            let path = school::path(born(self, &self.souls[n]), After::University);
            let years: Vec<i32> = (2016..2021).filter(|year| school::stage(&path, day(*year, 12, 1)) == "7").collect();
            let year = years[self.maker.below(years.len())];
            let soul = &mut self.souls[n];
            (soul.after, soul.path, soul.outside) = (After::University, path, Some(year));
        }
        // Trades are learned by as many as are aided for it, and by a few more.
        let mut pairs = (0, 0);
        for n in self.drawn(|all, soul| soul.outside.is_none() && (15..24).contains(&all.kin(soul).age)) {
            let soul = &mut self.souls[n];
            if pairs.0 >= aid.vocational && pairs.1 >= aid.dew {
                break;
            }
            soul.after = After::Trade;
            soul.path = school::path(self.roofs[soul.home].kin[soul.n].birth, After::Trade);
            for half in 0..HALVES {
                let on = school::drawn_on(half);
                let stage = if on < soul.from { "0" } else { school::stage(&soul.path, on) };
                pairs.0 += usize::from(stage == "5");
                pairs.1 += usize::from(matches!(stage, "5" | "6"));
            }
        }
        Ok(())
    }

    /// Half-years in which people attend a stage, the first ones first.
    fn attending(&self, stages: &[&str], from: usize) -> Vec<(usize, usize)> {
        let order = self.drawn(|_, _| true);
        let mut pairs = Vec::new();
        for half in from..HALVES {
            let on = school::drawn_on(half);
            let attends = |n: &&usize| {
                let soul = &self.souls[**n];
                soul.from < school::begins_on(half) && stages.contains(&school::stage(&soul.path, on))
            };
            pairs.extend(order.iter().filter(attends).map(|n| (half, *n)));
        }
        pairs
    }

    /// Who is aided in which half-year.
    fn aided(&mut self, aid: &Aid) -> Result<[usize; HALVES], String> {
        let few =
            |figure: &str, have: usize| Err(format!("{figure}: only {have} half-years of pupils on the register"));
        // Evenly over the years: every so manieth of those who could be.
        let spread = |pairs: Vec<(usize, usize)>, count: usize| -> Vec<(usize, usize)> {
            let all = pairs.len();
            pairs.into_iter().enumerate().filter(|(n, _)| plan::one_of(count, all, *n)).map(|(_, pair)| pair).collect()
        };
        let pairs = spread(self.attending(&["1"], 0), aid.kindergarten);
        if pairs.len() < aid.kindergarten {
            return few("F050", pairs.len());
        }
        for ((half, n), waived) in pairs.into_iter().zip(&aid.waived) {
            (self.souls[n].aid[half], self.souls[n].waived[half]) = (Some(false), *waived);
        }
        for (figure, stage, boarding) in [("F052", "2", &aid.primary), ("F054", "3", &aid.junior)] {
            let pairs = spread(self.attending(&[stage], school::DAY_PUPILS), boarding.day);
            if pairs.len() < boarding.day {
                return few(figure, pairs.len());
            }
            for (half, n) in pairs {
                self.souls[n].aid[half] = Some(false);
            }
            let free = self.attending(&[stage], 0).into_iter().filter(|(half, n)| self.souls[*n].aid[*half].is_none());
            let boarders = boarding.all() - boarding.day;
            let pairs = spread(free.collect(), boarders);
            if pairs.len() < boarders {
                return few(figure, pairs.len() + boarding.day);
            }
            for (half, n) in pairs {
                self.souls[n].aid[half] = Some(true);
            }
        }
        let pairs = spread(self.attending(&["5"], 0), aid.vocational);
        if pairs.len() < aid.vocational {
            return few("F056", pairs.len());
        }
        for (half, n) in pairs {
            self.souls[n].aid[half] = Some(true);
        }
        let pairs = spread(self.attending(&["5", "6"], 0), aid.dew);
        if pairs.len() < aid.dew {
            return few("F060", pairs.len());
        }
        let mut doubled = [0; HALVES];
        for (place, (half, n)) in pairs.into_iter().enumerate() {
            self.souls[n].dew[half] = true;
            doubled[half] += usize::from(plan::one_of(aid.dew_double, aid.dew, place));
        }
        Ok(doubled)
    }

    /// Who is disabled, and whose house is made barrier-free.
    fn disabled(&mut self) -> Result<Vec<usize>, String> {
        let (people, houses) = (self.targets.number("F084")?, self.targets.number("F087")?);
        let mut homes = Vec::new();
        let grown = |all: &Self, soul: &Soul| all.kin(soul).age >= 25 && soul.from < day(2016, 2, 1);
        let able = |all: &Self, soul: &Soul| grown(all, soul) && all.livelihood(soul) != Livelihood::Destitute;
        let mut given = 0;
        for n in self.drawn(able) {
            if homes.len() >= houses || given >= people {
                break;
            }
            let home = self.souls[n].home;
            if !homes.contains(&home) {
                homes.push(home);
                self.souls[n].severe = true;
                self.souls[n].care = Some(Day(0));
                given += 1;
            }
        }
        // Where every grown-up gives a household, the rest are people without an allowance: supported as destitute.
        for n in self.drawn(grown) {
            let home = self.souls[n].home;
            if homes.len() < houses
                && !homes.contains(&home)
                && self.livelihood(&self.souls[n]) == Livelihood::Destitute
            {
                homes.push(home);
                self.souls[n].severe = true;
            }
        }
        if homes.len() < houses {
            return Err(format!("F087: severely disabled people live in at most {} households", homes.len()));
        }
        let poor = |all: &Self, soul: &Soul| {
            grown(all, soul) && all.livelihood(soul) == Livelihood::Subsistence && soul.care.is_none()
        };
        for n in self.drawn(poor) {
            if given < people {
                self.souls[n].living = Some(Day(0));
                given += 1;
            }
        }
        for n in self.drawn(|all, soul| able(all, soul) && soul.care.is_none() && soul.living.is_none()) {
            if given < people {
                self.souls[n].care = Some(Day(0));
                self.souls[n].severe = true;
                given += 1;
            }
        }
        for n in 0..self.souls.len() {
            if self.souls[n].care.is_some() && self.livelihood(&self.souls[n]) == Livelihood::Subsistence {
                self.souls[n].living = Some(Day(0));
            }
        }
        if given < people { Err(format!("F084: at most {given} people can have the allowances")) } else { Ok(homes) }
    }

    /// Since when the two allowances are paid: so that all their months come to the sum.
    fn allowances(&mut self) -> Result<Fen, String> {
        let total = self.targets.money("F085")?;
        let monthly = |name: &str| parameter(self.maker.catalog, name, day(2020, 12, 31));
        let (care, living) = (monthly("care-allowance-monthly")?, monthly("living-allowance-monthly")?);
        let mut each = Vec::new();
        for (n, soul) in self.souls.iter().enumerate() {
            each.extend(soul.care.map(|_| (n, true, care)));
            each.extend(soul.living.map(|_| (n, false, living)));
        }
        let month: i64 = each.iter().map(|(_, _, amount)| amount.0).sum();
        if month == 0 {
            return if total == Fen(0) { Ok(total) } else { Err("F084, F085: paid to nobody".into()) };
        }
        let months = total.0 / month;
        let mut rest = total.0 % month;
        if !(1..60).contains(&months) {
            return Err(format!("F084, F085: {months} months of the allowances do not lie in five years"));
        }
        for (n, of_care, amount) in each {
            let more = i64::from(rest >= amount.0);
            rest -= more * amount.0;
            let back = i32::try_from(months + more).unwrap_or(1);
            let first = 2021 * 12 - back;
            let since = day(first.div_euclid(12), u8::try_from(first.rem_euclid(12) + 1).unwrap_or(1), 1);
            let soul = &mut self.souls[n];
            *(if of_care { &mut soul.care } else { &mut soul.living }) = Some(since);
        }
        Ok(Fen(rest))
    }

    /// Who is ill, and whose illness is of the mind.
    fn patients(&mut self) -> Result<(), String> {
        let (ill, mental) = (self.targets.number("F039")?, self.targets.number("F046")?);
        let disabled = |soul: &Soul| soul.severe || soul.living.is_some();
        let mut chosen =
            self.drawn(|all, soul| !disabled(soul) && all.kin(soul).age >= 30 && soul.from < day(2016, 2, 1));
        // The old are ill more often.
        let order: Vec<bool> = chosen.iter().map(|n| self.souls[*n].old || self.maker.below(3) == 0).collect();
        let mut placed: Vec<(bool, usize)> = order.into_iter().zip(chosen.drain(..)).collect();
        placed.sort_by_key(|(first, _)| !first);
        if placed.len() < ill {
            return Err(format!("F039: {} people could be ill", placed.len()));
        }
        placed.into_iter().take(ill).for_each(|(_, n)| self.souls[n].ill = true);
        let mut chosen = self.drawn(|_, soul| disabled(soul));
        let other = |all: &Self, soul: &Soul| {
            !disabled(soul) && !soul.ill && all.kin(soul).age >= 25 && all.livelihood(soul) == Livelihood::Own
        };
        let others = self.drawn(other);
        chosen.extend(others);
        if chosen.len() < mental {
            return Err(format!("F046: {} people could be ill in their mind", chosen.len()));
        }
        chosen.into_iter().take(mental).for_each(|n| self.souls[n].mental = true);
        Ok(())
    }

    /// Whose premium is paid in which year: as many as come to the sum at each year's rate.
    fn premiums(&mut self) -> Result<(), String> {
        let (count, total) = (self.targets.number("F022")?, self.targets.money("F023")?);
        let order = self.drawn(|_, _| true);
        let present = |year: usize| order.iter().filter(|n| self.souls[**n].from < premium_day(year)).count();
        let kinds: Result<Vec<Kind>, String> = (0..5)
            .map(|year| {
                let amount = parameter(self.maker.catalog, "medical-premium-aid", premium_day(year))?;
                Ok(Kind { amount, most: present(year) })
            })
            .collect();
        let years = plan::mix(&kinds?, count, total)
            .ok_or("F022, F023: no numbers of people come to that sum at each year's rate")?;
        for (year, want) in years.into_iter().enumerate() {
            let there = order.iter().filter(|n| self.souls[**n].from < premium_day(year)).take(want);
            let there: Vec<usize> = there.copied().collect();
            there.into_iter().for_each(|n| self.souls[n].premium[year] = true);
        }
        Ok(())
    }
}
