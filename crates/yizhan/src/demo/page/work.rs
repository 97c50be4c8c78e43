//! Posts paid by the days worked, and neighbours who care for those who cannot care for themselves.

use super::families::{Livelihood, day};
use super::industry;
use super::play::{Deed, Desk, Lines, Script};
use super::programme::{Paying, batch, paid};
use super::years::{Years, three};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen};

/// The last month of which posts and care are paid, by months since the period began: November of the last year.
const LAST: usize = 58;

/// In how many months somebody can have worked at most: not in the first three, and the last is paid in the next.
pub(super) const MONTHS: usize = LAST - 2;

/// The days of a full month's work.
const FULL: i64 = 20;

/// Visits of a carer in a month.
const VISITS: usize = 12;

/// All of it.
///
/// # Errors
/// The figures that do not go together.
pub(super) fn scripts(years: &Years<'_>) -> Result<Vec<Script>, String> {
    let mut taken = BTreeSet::new();
    let mut scripts = care(years, &mut taken)?;
    public_posts(years, &mut taken, &mut scripts)?;
    village_posts(years, &mut taken, &mut scripts)?;
    Ok(scripts)
}

/// The month of a number, as it is written, and its first day.
fn month(number: usize) -> (String, Day) {
    let (year, month) = (2016 + number / 12, number % 12 + 1);
    let first = day(i32::try_from(year).unwrap_or(0), u8::try_from(month).unwrap_or(1), 1);
    (format!("{year}-{month:02}"), first)
}

/// Whether somebody may take a post.
fn able(years: &Years<'_>, soul: usize) -> bool {
    let member = years.census.member(soul);
    let age = member.kin.age;
    (26..70).contains(&age) && !matches!(member.labour, "3") && !member.in_school() && !member.destitute
}

/// Who works in which months how many days.
type Worked = BTreeMap<usize, BTreeMap<usize, i64>>;

/// So many days divided among some people: full months backwards from the last, the rest in the month before.
fn worked(people: &[usize], total: i64, figure: &str) -> Result<Worked, String> {
    let count = i64::try_from(people.len()).unwrap_or(0);
    if count == 0 {
        return if total == 0 { Ok(Worked::new()) } else { Err(format!("{figure}: paid to nobody")) };
    }
    let mut all = Worked::new();
    for (n, soul) in people.iter().enumerate() {
        let mut left = total / count + i64::from(i64::try_from(n).unwrap_or(0) < total % count);
        let mut at = LAST;
        while left > 0 {
            let days = left.min(FULL);
            all.entry(*soul).or_default().insert(at, days);
            left -= days;
            at = at
                .checked_sub(1)
                .filter(|at| *at > 2)
                .ok_or_else(|| format!("{figure}: more than can be earned in five years"))?;
        }
    }
    Ok(all)
}

/// The days that a sum comes to at a day's wage, and what is left over.
fn days_of(years: &Years<'_>, figure: &str, wage: &str, most: &str) -> Result<(i64, Fen), String> {
    let total = years.targets.money(figure)?;
    let on = day(2020, 11, 30);
    let (wage, most) = (years.rate(wage, on)?, years.rate(most, on)?);
    if most.0 != wage.0 * FULL {
        return Err(format!("{figure}: a full month is not {FULL} days of work in this catalog"));
    }
    Ok((total.0 / wage.0, Fen(total.0 % wage.0)))
}

fn begins(years: &Years<'_>, worked: &Worked, post: &str, work: &str, scripts: &mut Vec<Script>) {
    for (soul, months) in worked {
        let Some(first) = months.keys().next() else { continue };
        let on = month(*first).1.plus(-25);
        let area = years.census.area(*soul);
        let form = years.of_soul(*soul, json!({"post": post, "work": work}));
        scripts.push(three(Script::new("post-start", area, form, years.morning(on), Desk::Village), &["agreement"]));
    }
}

/// The sheets of a month, village by village, signed in the first days of the next.
fn sheets(years: &Years<'_>, worked: &Worked, scripts: &mut Vec<Script>) {
    let mut sheets: BTreeMap<(usize, RegionCode), Vec<Value>> = BTreeMap::new();
    for (soul, months) in worked {
        for (at, days) in months {
            let row = json!({"person": years.id(*soul).map(|id| id.0), "days": days});
            sheets.entry((*at, years.census.area(*soul))).or_default().push(row);
        }
    }
    for ((at, area), rows) in sheets {
        let form = json!({"region": area.to_string(), "period": month(at).0, "rows": rows});
        let script = Script::new("post-attendance", area, form, years.morning(month(at + 1).1.plus(1)), Desk::Village);
        scripts.push(script.attach(Desk::Village, &["sheet"]).sign(Desk::Village).days(2).sign(Desk::Township));
    }
}

fn public_posts(years: &Years<'_>, taken: &mut BTreeSet<usize>, scripts: &mut Vec<Script>) -> Result<(), String> {
    let count = years.targets.number("F008")?;
    let people: Vec<usize> =
        years.drawn(|soul| able(years, soul) && !taken.contains(&soul)).into_iter().take(count).collect();
    if people.len() < count {
        return Err(format!("F008: {} people could take a post", people.len()));
    }
    taken.extend(&people);
    let (days, rest) = days_of(years, "F009", "post-day-wage", "post-month-wage")?;
    let worked = worked(&people, days, "F008, F009")?;
    begins(years, &worked, "1", "乡村保洁和护路", scripts);
    sheets(years, &worked, scripts);
    let months: BTreeSet<usize> = worked.values().flat_map(|months| months.keys().copied()).collect();
    for at in months {
        let count = worked.values().filter(|months| months.contains_key(&at)).count();
        let (period, on) = (month(at).0, month(at + 1).1.plus(9));
        let adjust = (at == LAST && rest > Fen(0)).then(|| more(rest));
        scripts.extend(batch(
            years.district(),
            Paying { figure: "F009", programme: "public-post", period, on, count, adjust },
        ));
    }
    Ok(())
}

/// What is left over goes on the first line.
fn more(rest: Fen) -> Box<dyn Fn(&[(u32, Fen)]) -> Vec<super::play::Adjusted> + Send + Sync> {
    Box::new(move |drawn| {
        let first = drawn.first().map(|(subject, amount)| (*subject, Fen(amount.0 + rest.0), "补发核定工资差额"));
        first.into_iter().collect()
    })
}

fn village_posts(years: &Years<'_>, taken: &mut BTreeSet<usize>, scripts: &mut Vec<Script>) -> Result<(), String> {
    let count = years.targets.number("F010")?;
    let mut people = Vec::new();
    // As many to a village as its collective can pay, evenly: no more than seven.
    let each = years.targets.money("F011")?.0 / i64::try_from(count.max(1)).unwrap_or(1) + 1;
    for (village, kept) in industry::keeping(years)? {
        let most = usize::try_from(kept.0 * 100 / (each * 105)).unwrap_or(0).min(7);
        let here =
            years.drawn(|soul| years.census.area(soul) == village && able(years, soul) && !taken.contains(&soul));
        people.extend(here.into_iter().take(count.saturating_sub(people.len()).min(most)));
    }
    if people.len() < count {
        return Err(format!("F010: {} posts can be filled and paid in their villages", people.len()));
    }
    taken.extend(&people);
    let (days, rest) = days_of(years, "F011", "village-post-day-wage", "village-post-month-wage")?;
    let worked = worked(&people, days, "F010, F011")?;
    begins(years, &worked, "2", "村内保洁和管护", scripts);
    sheets(years, &worked, scripts);
    let mut paying: BTreeMap<(usize, RegionCode), usize> = BTreeMap::new();
    for (soul, months) in &worked {
        for at in months.keys() {
            *paying.entry((*at, years.census.area(*soul))).or_default() += 1;
        }
    }
    let last = paying.keys().next_back().copied();
    for ((at, area), count) in paying {
        let form = json!({"region": area.to_string(), "programme": "village-post", "period": month(at).0});
        let adjust = (Some((at, area)) == last && rest > Fen(0)).then(|| more(rest));
        let lines = Lines { figure: "F011", count: Some(count), adjust };
        let script = Script::new("programme-batch", area, form, years.morning(month(at + 1).1.plus(9)), Desk::Township);
        scripts.push(paid(script.then(Desk::Township, Deed::Freeze(lines)).days(4), Desk::District));
    }
    Ok(())
}

/// Neighbours who care, in the villages with the most who need it.
fn care(years: &Years<'_>, taken: &mut BTreeSet<usize>) -> Result<Vec<Script>, String> {
    let number = |id: &str| years.targets.number(id);
    let (villages, carers, cared) = (number("F017")?, number("F018")?, number("F019")?);
    let (total, monthly) = (years.targets.money("F020")?, years.rate("neighbour-care-monthly", day(2020, 11, 30))?);
    if total.0 % monthly.0 != 0 || carers < villages || cared < carers {
        return Err(
            "F017, F018, F019, F020 do not go together: a carer or more in each village, whole months of pay".into()
        );
    }
    let weak = |soul: usize| {
        let one = &years.census.souls[soul];
        one.ill || one.severe || one.living.is_some() || years.census.member(soul).kin.age >= 70
    };
    let mut needing: BTreeMap<RegionCode, Vec<usize>> = BTreeMap::new();
    let mut helping: BTreeMap<RegionCode, Vec<usize>> = BTreeMap::new();
    for soul in years.drawn(|_| true) {
        let area = years.census.area(soul);
        let destitute = years.census.households[years.census.souls[soul].home].livelihood == Livelihood::Destitute;
        if weak(soul) {
            needing.entry(area).or_default().push(soul);
        } else if able(years, soul) && !destitute {
            helping.entry(area).or_default().push(soul);
        }
    }
    let mut chosen: Vec<RegionCode> = needing.keys().filter(|area| helping.contains_key(area)).copied().collect();
    chosen.sort_by_key(|area| std::cmp::Reverse(needing[area].len()));
    chosen.truncate(villages);
    let mut by: Vec<(RegionCode, usize)> = Vec::new();
    for round in 0..carers {
        for area in &chosen {
            let one = helping[area].get(round);
            by.extend(one.filter(|_| by.len() < carers).map(|soul| (*area, *soul)));
        }
    }
    // Somebody for each carer first, then as many more as there are.
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for round in 0..cared {
        for (area, carer) in &by {
            let nth = round * by.iter().filter(|(other, _)| other == area).count();
            let place = by.iter().filter(|(other, _)| other == area).position(|(_, one)| one == carer).unwrap_or(0);
            let one = needing[area].get(nth + place);
            pairs.extend(one.filter(|_| pairs.len() < cared).map(|soul| (*carer, *soul)));
        }
    }
    if chosen.len() < villages || by.len() < carers || pairs.len() < cared {
        let (one, two, three) = (chosen.len(), by.len(), pairs.len());
        return Err(format!("F017, F018, F019: {one} villages, {two} carers, {three} cared for could be found"));
    }
    taken.extend(by.iter().map(|(_, carer)| *carer));
    let mut scripts = Vec::new();
    let months = total.0 / monthly.0;
    let worked = cared_months(&by, months)?;
    for (carer, soul) in &pairs {
        let first = worked.get(carer).and_then(|months| months.first()).copied().unwrap_or(LAST);
        let help = json!({"carer": years.id(*carer).map(|id| id.0), "help": "做饭、洗衣、买药"});
        let (area, form) = (years.census.area(*soul), years.of_soul(*soul, help));
        let on = month(first).1.plus(-25);
        scripts
            .push(three(Script::new("neighbour-care", area, form, years.morning(on), Desk::Village), &["agreement"]));
    }
    let mut logs: BTreeMap<(usize, RegionCode), Vec<Value>> = BTreeMap::new();
    for (area, carer) in &by {
        for at in worked.get(carer).into_iter().flatten() {
            let row = json!({"carer": years.id(*carer).map(|id| id.0), "visits": VISITS + years.below(8)});
            logs.entry((*at, *area)).or_default().push(row);
        }
    }
    let mut paying: BTreeMap<usize, usize> = BTreeMap::new();
    for ((at, area), rows) in logs {
        *paying.entry(at).or_default() += rows.len();
        let form = json!({"region": area.to_string(), "period": month(at).0, "rows": rows});
        let script = Script::new("care-log", area, form, years.morning(month(at + 1).1.plus(1)), Desk::Village);
        scripts.push(script.attach(Desk::Village, &["log"]).sign(Desk::Village).days(2).sign(Desk::Township));
    }
    for (at, count) in paying {
        let (period, on) = (month(at).0, month(at + 1).1.plus(9));
        scripts.extend(batch(
            years.district(),
            Paying { figure: "F020", programme: "neighbour-care", period, on, count, adjust: None },
        ));
    }
    Ok(scripts)
}

/// In which months each carer is paid: the last ones.
fn cared_months(by: &[(RegionCode, usize)], months: i64) -> Result<BTreeMap<usize, Vec<usize>>, String> {
    let months = usize::try_from(months).map_err(|error| error.to_string())?;
    let mut all = BTreeMap::new();
    for (n, (_, carer)) in by.iter().enumerate() {
        let own = months / by.len() + usize::from(n < months % by.len());
        // The pay is of the years since there is such care.
        if own == 0 || own > LAST - 26 {
            return Err("F018, F020: not that many months of care".into());
        }
        all.insert(*carer, (LAST + 1 - own..=LAST).collect());
    }
    Ok(all)
}
