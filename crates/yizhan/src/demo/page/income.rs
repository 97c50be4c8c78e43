//! What every household on the register had in the last year, part by part, taken up on its last day: so that a head of all of them
//! had on average what the targets say.

use super::book::Who;
use super::families::{Livelihood, day};
use super::means::TopUp;
use super::years::Years;
use yizhan_kit::Fen;

/// What the other parts of a household's income are not below, a head: so that nobody lives on transfers to the last fen.
const LEAST: i64 = 30_000;

/// Under this a head households are to be watched: one and a half times the line of poverty, and a little more.
const SAFE: i64 = 640_000;

/// What a household was given in the year.
struct Given {
    subsistence: i64,
    destitute: i64,
    pension: i64,
    other: i64,
}

/// Takes it up.
///
/// # Errors
/// `F002`, where no incomes come to it.
pub(super) fn last_year(years: &mut Years<'_>, top_ups: &[Option<TopUp>]) -> Result<(), String> {
    let mean = years.targets.money("F002")?.0;
    let heads: Vec<i64> =
        years.census.households.iter().map(|one| i64::try_from(one.souls.len()).unwrap_or(1)).collect();
    let given: Vec<Given> = (0..heads.len()).map(|home| given(years, home, top_ups[home])).collect::<Result<_, _>>()?;
    let mut each: Vec<i64> = Vec::with_capacity(heads.len());
    for (home, (heads, given)) in heads.iter().zip(&given).enumerate() {
        let had = (given.subsistence + given.destitute + given.pension + given.other) / heads;
        let by_chance = |from: i64, to: i64| {
            from + i64::try_from(years.below(usize::try_from(to - from).unwrap_or(1))).unwrap_or(0)
        };
        let all = match years.census.households[home].livelihood {
            // Without the allowance it stays under the standard.
            Livelihood::Subsistence => {
                let own = by_chance(380_000, 505_000).max(SAFE - given.subsistence / heads).min(510_000);
                (own + given.subsistence / heads).max(had + LEAST)
            }
            Livelihood::Destitute => (had + by_chance(LEAST, LEAST * 3)).max(SAFE),
            Livelihood::Own => (had + by_chance(LEAST, 400_000)).max(SAFE + by_chance(0, 300_000)),
        };
        each.push(all);
    }
    let people: i64 = heads.iter().sum();
    let rest = mean * people - heads.iter().zip(&each).map(|(heads, each)| heads * each).sum::<i64>();
    // What is missing is earned by those who live on their own income; the last of them who lives alone takes up the fen.
    let own: Vec<usize> =
        (0..heads.len()).filter(|home| years.census.households[*home].livelihood == Livelihood::Own).collect();
    let earning: i64 = own.iter().map(|home| heads[*home]).sum();
    let last = own.iter().rev().copied().find(|home| heads[*home] == 1);
    let (Some(last), true) = (last, earning > 0) else {
        return Err("F002: nobody lives alone on an own income".into());
    };
    let more = rest / earning;
    for home in &own {
        each[*home] += more;
    }
    each[last] += rest - more * earning;
    if own.iter().any(|home| each[*home] < SAFE.min(mean)) {
        return Err("F002: less than what the poorest of the register have already".into());
    }
    for (home, (heads, given)) in heads.iter().zip(given).enumerate() {
        write(years, home, each[home] * heads, &given);
    }
    Ok(())
}

/// What the programmes gave a household.
fn given(years: &Years<'_>, home: usize, top_up: Option<TopUp>) -> Result<Given, String> {
    let on = day(2020, 12, 1);
    let yearly = |name: &str| years.rate(name, on).map(|monthly| monthly.0 * 12);
    let household = &years.census.households[home];
    let heads = i64::try_from(household.souls.len()).unwrap_or(1);
    let (mut destitute, mut pension, mut other) = (0, 0, 0);
    for soul in &household.souls {
        let (one, age) = (&years.census.souls[*soul], years.census.member(*soul).kin.age);
        if age >= 60 {
            pension += yearly("basic-pension-monthly")?;
        }
        if age >= 70 {
            other += yearly("elder-allowance-monthly")?;
        }
        if age >= 60 && household.livelihood == Livelihood::Subsistence {
            other += yearly("hard-elder-allowance-monthly")?;
        }
        if household.livelihood == Livelihood::Destitute {
            destitute += years.rate("destitute-standard", on)?.0;
        }
        other += one.care.map_or(Ok(0), |_| yearly("care-allowance-monthly"))?;
        other += one.living.map_or(Ok(0), |_| yearly("living-allowance-monthly"))?;
        other += one.aid.iter().skip(8).flatten().count().try_into().unwrap_or(0) * 150_000;
    }
    let subsistence = top_up.map_or(0, |one| one.monthly.0 * heads * one.months);
    Ok(Given { subsistence, destitute, pension, other })
}

fn write(years: &mut Years<'_>, home: usize, all: i64, given: &Given) {
    let household = &years.census.households[home];
    let works = household.souls.iter().any(|soul| years.census.member(*soul).months > 0);
    let given_all = given.subsistence + given.destitute + given.pension + given.other;
    let left = (all - given_all).max(0);
    let wage = if works { left * 7 / 10 } else { 0 };
    let property = (left - wage) / 2;
    let children = all - given_all - wage - property;
    let lines = [
        ("income-wage", wage),
        ("income-business", 0),
        ("cost-business", 0),
        ("income-property", property),
        ("income-transfer", given_all + children),
        ("transfer-subsistence", given.subsistence),
        ("transfer-destitute", given.destitute),
        ("transfer-pension", given.pension),
        ("transfer-family-planning", 0),
        ("transfer-ecology", 0),
        ("transfer-other", given.other + children),
    ];
    let on = day(2020, 12, 31);
    years.book.since(on, Who::Home(home), "household.income-year", 2020);
    for (name, fen) in lines {
        years.book.since(on, Who::Home(home), &format!("household.{name}"), Fen(fen));
    }
}
