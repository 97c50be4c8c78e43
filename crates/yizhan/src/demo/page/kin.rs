//! Guardians and their wards, children and their parents, students outside the province.

use super::book::Who;
use super::families::{Livelihood, day, is_old};
use super::plan::{self, Kind};
use super::play::{Desk, Script};
use super::programme::{Paying, batch};
use super::school::{HALVES, drawn_on};
use super::years::{Years, three};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen};

/// All of it.
///
/// # Errors
/// The figures that do not go together.
pub(super) fn scripts(years: &mut Years<'_>) -> Result<Vec<Script>, String> {
    let mut scripts = guardians(years)?;
    scripts.extend(students(years)?);
    scripts.extend(filial(years)?);
    Ok(scripts)
}

/// A guardian, whom they look after, and for how many half-years they are paid.
struct Guardian {
    soul: usize,
    wards: Vec<usize>,
    halves: usize,
}

fn guardians(years: &Years<'_>) -> Result<Vec<Script>, String> {
    let (count, total) = (years.targets.number("F047")?, years.targets.money("F048")?);
    let half = Fen(years.rate("guardian-award", day(2020, 12, 1))?.0 / 2);
    let kinds = [Kind { amount: half, most: count }, Kind { amount: Fen(half.0 * 2), most: count }];
    let refused = || "F047, F048 do not go together: an award is for one ward or for two".to_owned();
    let found = plan::mix(&kinds, count, total).ok_or_else(refused)?;
    let mut all = chosen(years, found[1], 2)?;
    let taken: BTreeSet<usize> = all.iter().flat_map(|one| one.wards.iter().copied().chain([one.soul])).collect();
    all.extend(others(years, found[0], &taken)?);
    let mut scripts = Vec::new();
    let mut checked: BTreeMap<(usize, RegionCode), Vec<u32>> = BTreeMap::new();
    let mut paid = [0; HALVES];
    for Guardian { soul, wards, halves } in &all {
        let first = HALVES - halves;
        let agreed = drawn_on(first).plus(-60).max(day(2016, 1, 20));
        for ward in wards {
            let area = years.census.area(*ward);
            let form = years.of_soul(*ward, json!({"guardian": years.id(*soul).map(|id| id.0)}));
            let script = Script::new("guardianship", area, form, years.morning(agreed), Desk::Township);
            scripts
                .push(script.attach(Desk::Township, &["agreement"]).sign(Desk::Township).days(3).sign(Desk::District));
            for (at, paid) in paid.iter_mut().enumerate().skip(first) {
                let township = area.parent().unwrap_or(area);
                checked.entry((at, township)).or_default().extend(years.id(*ward).map(|id| id.0));
                *paid += usize::from(*ward == wards[0]);
            }
        }
    }
    for ((at, township), people) in checked {
        let period = period(at);
        let form = json!({"region": township.to_string(), "period": period, "people": people});
        let script =
            Script::new("guardian-check", township, form, years.morning(drawn_on(at).plus(-12)), Desk::Township);
        scripts.push(script.attach(Desk::Township, &["visits"]).sign(Desk::Township).days(2).sign(Desk::District));
    }
    for (at, count) in paid.into_iter().enumerate() {
        let paying = Paying {
            figure: "F047",
            programme: "guardian-award",
            period: period(at),
            on: drawn_on(at),
            count,
            adjust: None,
        };
        scripts.extend(batch(years.district(), paying));
    }
    Ok(scripts)
}

fn period(half: usize) -> String {
    format!("{}-H{}", 2016 + half / 2, half % 2 + 1)
}

/// Guardians of so many wards each, in the village of their wards, paid so many times in all.
fn chosen(years: &Years<'_>, payments: usize, each: usize) -> Result<Vec<Guardian>, String> {
    let wards = |village: RegionCode, taken: &BTreeSet<usize>| {
        years.drawn(|soul| {
            years.census.souls[soul].mental && years.census.area(soul) == village && !taken.contains(&soul)
        })
    };
    spread(years, payments, each, &BTreeSet::new(), wards)
}

fn others(years: &Years<'_>, payments: usize, taken: &BTreeSet<usize>) -> Result<Vec<Guardian>, String> {
    let wards = |village: RegionCode, met: &BTreeSet<usize>| {
        let free = |soul: usize| !taken.contains(&soul) && !met.contains(&soul);
        years.drawn(|soul| years.census.souls[soul].mental && years.census.area(soul) == village && free(soul))
    };
    spread(years, payments, 1, taken, wards)
}

fn spread(
    years: &Years<'_>,
    payments: usize,
    each: usize,
    taken: &BTreeSet<usize>,
    wards: impl Fn(RegionCode, &BTreeSet<usize>) -> Vec<usize>,
) -> Result<Vec<Guardian>, String> {
    let (mut left, mut met) = (payments, BTreeSet::new());
    let mut found = Vec::new();
    // Villages near each other serve where one has too few.
    for village in years.maker.villages.iter().copied() {
        loop {
            if left == 0 {
                return Ok(found);
            }
            let here = wards(village, &met);
            let able = |soul: &usize| {
                let member = years.census.member(*soul);
                (25..75).contains(&member.kin.age)
                    && !years.census.souls[*soul].mental
                    && !met.contains(soul)
                    && !taken.contains(soul)
            };
            let carer = years.drawn(|soul| years.census.area(soul) == village).into_iter().find(able);
            let Some(soul) = carer.filter(|_| here.len() >= each) else { break };
            let wards: Vec<usize> = here.into_iter().take(each).collect();
            met.extend(wards.iter().copied().chain([soul]));
            let halves = left.min(HALVES);
            left -= halves;
            found.push(Guardian { soul, wards, halves });
        }
    }
    if left == 0 { Ok(found) } else { Err(format!("F047, F048: {left} more awards than guardians can be found for")) }
}

/// Students outside the province: each is paid once, what their college asks.
fn students(years: &mut Years<'_>) -> Result<Vec<Script>, String> {
    let (count, total) = (years.targets.number("F058")?, years.targets.money("F059")?);
    let most = years.rate("tuition-waiver-most", day(2020, 12, 1))?;
    let fees = plan::split(total, count, (Fen(100_000), most), Fen(5_000), &years.chance)
        .map_err(|what| format!("F058, F059: {what}"))?;
    let studying = years.drawn(|soul| years.census.souls[soul].outside.is_some());
    let mut scripts = Vec::new();
    let mut paid: BTreeMap<i32, usize> = BTreeMap::new();
    for (soul, tuition) in studying.into_iter().zip(fees) {
        let year = years.census.souls[soul].outside.unwrap_or(2020);
        *paid.entry(year).or_default() += 1;
        let form = years.of_soul(soul, json!({"college": "外省高等院校", "tuition": tuition.to_string()}));
        let area = years.census.area(soul);
        let script = Script::new("tuition-waiver", area, form, years.morning(day(year, 9, 20)), Desk::Village);
        scripts.push(three(script, &["fees"]));
        years.book.since(day(year + 1, 3, 1), Who::Soul(soul), "person.tuition-aid", false);
    }
    for (year, count) in paid {
        let (programme, on) = ("out-of-province-tuition", day(year, 12, 2));
        let paying = Paying { figure: "F058", programme, period: year.to_string(), on, count, adjust: None };
        scripts.extend(batch(years.district(), paying));
    }
    Ok(scripts)
}

/// The quarters in which children pay, the last one ended before the last award is drawn up.
const QUARTERS: usize = 11;

/// The first day after a quarter, and its name; the first is that of the spring of 2018.
fn quarter(number: usize) -> (String, Day) {
    let (year, quarter) = (2018 + i32::try_from(number / 4).unwrap_or(0), number % 4);
    let after =
        if quarter == 3 { day(year + 1, 1, 1) } else { day(year, u8::try_from(quarter * 3 + 4).unwrap_or(1), 1) };
    (format!("{year}-Q{}", quarter + 1), after)
}

/// What children pay into the fund of their village, and the tenth that is added.
fn filial(years: &mut Years<'_>) -> Result<Vec<Script>, String> {
    let (count, total) = (years.targets.number("F081")?, years.targets.money("F082")?);
    let ratio = years.maker.catalog.parameters.get("filial-award-ratio").and_then(|one| one.at(day(2020, 12, 1)));
    let ratio =
        ratio.and_then(|dated| dated.value.trim_end_matches('%').parse::<Fen>().ok()).ok_or("no filial-award-ratio")?;
    if i128::from(total.0) * i128::from(ratio.0) != i128::from(years.targets.money("F083")?.0) * 10_000 {
        return Err("F082, F083: the award is not its ratio of what was paid".into());
    }
    let old = |soul: usize| {
        let one = &years.census.souls[soul];
        let kin = &years.census.member(soul).kin;
        is_old(kin) && kin.age >= 64 && years.census.households[one.home].livelihood != Livelihood::Destitute
    };
    let mut parents: BTreeMap<RegionCode, usize> = BTreeMap::new();
    for soul in years.drawn(old) {
        parents.entry(years.census.area(soul)).or_insert(soul);
    }
    // Where all old people are supported as destitute, one of these.
    for soul in years.drawn(|soul| is_old(&years.census.member(soul).kin) && years.census.member(soul).kin.age >= 64) {
        parents.entry(years.census.area(soul)).or_insert(soul);
    }
    if parents.len() < count {
        return Err(format!("F081: old people on the register live in {} villages", parents.len()));
    }
    let parents: Vec<usize> = parents.into_values().take(count).collect();
    let least = Fen(years.rate("filial-minimum-monthly", day(2020, 12, 1))?.0 * 3);
    let wanted = usize::try_from(total.0 / 120_000).unwrap_or(0).clamp(count.min(1), count * QUARTERS);
    let amounts = plan::split(total, wanted, (least, Fen(1_000_000)), Fen(1_000), &years.chance);
    let amounts = amounts.map_err(|what| format!("F081, F082: {what}"))?;
    let mut scripts = Vec::new();
    for soul in &parents {
        let form = years.of_soul(*soul, json!({"children": 1 + years.below(3), "monthly": "200.00"}));
        let on = day(2017, 10, 9).plus(years.days(20));
        let script = Script::new("filial-agreement", years.census.area(*soul), form, years.morning(on), Desk::Village);
        scripts.push(script.attach(Desk::Village, &["agreement"]).sign(Desk::Village).days(2).sign(Desk::Township));
    }
    let mut paid = [0; QUARTERS];
    for (n, amount) in amounts.into_iter().enumerate() {
        let soul = parents[n % parents.len()];
        // The latest quarters first.
        let at = QUARTERS - 1 - n / parents.len();
        paid[at] += 1;
        let (period, after) = quarter(at);
        let form = years.of_soul(soul, json!({"period": period, "amount": amount.to_string()}));
        let on = after.plus(3);
        let script =
            Script::new("filial-contribution", years.census.area(soul), form, years.morning(on), Desk::Village);
        scripts.push(script.attach(Desk::Village, &["receipt"]).sign(Desk::Village).days(2).sign(Desk::Township));
    }
    for (at, count) in paid.into_iter().enumerate() {
        let (period, after) = quarter(at);
        let paying =
            Paying { figure: "F083", programme: "filial-award", period, on: after.plus(20), count, adjust: None };
        scripts.extend(batch(years.district(), paying));
    }
    Ok(scripts)
}
