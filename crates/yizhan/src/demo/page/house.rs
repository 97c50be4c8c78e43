//! Houses: renovated, furnished, made barrier-free, appraised.

use super::book::Who;
use super::families::day;
use super::plan;
use super::play::{Desk, Script};
use super::years::{Years, text};
use serde_json::{Value, json};
use yizhan_kit::Fen;
use yizhan_kit::codes::RegionCode;

/// Days between the steps of works.
const WORKS: i32 = 70;

/// All of it.
///
/// # Errors
/// The figures that do not go together.
pub(super) fn scripts(years: &mut Years<'_>) -> Result<Vec<Script>, String> {
    let renovated: Vec<usize> = (0..years.renovated.len()).filter(|home| years.renovated[*home]).collect();
    let mut scripts = renovations(years, &renovated)?;
    scripts.extend(furniture(years, &renovated)?);
    scripts.extend(barrier_free(years)?);
    scripts.extend(appraisals(years)?);
    Ok(scripts)
}

/// So much for each of some households.
fn amounts(years: &Years<'_>, figures: [&str; 2], count: usize, step: i64) -> Result<Vec<Fen>, String> {
    let total = years.targets.money(figures[0])?;
    if years.targets.number(figures[1])? != count || years.targets.over(figures[0])? != count {
        return Err(format!("{}, {}: counted over another number of households", figures[0], figures[1]));
    }
    let each = total.0 / i64::try_from(count.max(1)).unwrap_or(1);
    let bounds = (Fen(each / 2), Fen(each * 3 / 2 + 1));
    plan::split(total, count, bounds, Fen(step), &years.chance)
        .map_err(|what| format!("{}: {what}", figures.join(", ")))
}

fn renovations(years: &mut Years<'_>, homes: &[usize]) -> Result<Vec<Script>, String> {
    let subsidies = amounts(years, ["F063", "F064"], homes.len(), 10_000)?;
    let mean = years.targets.money("F063")?.0 / i64::try_from(homes.len().max(1)).unwrap_or(1);
    let mut scripts = Vec::new();
    for (n, (home, subsidy)) in homes.iter().copied().zip(subsidies).enumerate() {
        let year = 2016 + i32::try_from(n % 4).unwrap_or(0);
        let on = day(year, 3, 7).plus(i32::try_from(n / 4 % 12).unwrap_or(0) * 2);
        let area = years.census.households[home].area;
        let form = years.of_home(home, json!({"house": years.house(home).0, "detail": "墙体开裂，屋顶下沉"}));
        let script = Script::new("house-renovation", area, form, years.morning(on), Desk::Village)
            .sign(Desk::Village)
            .days(9)
            .attach(Desk::Township, &["appraisal"]);
        let found = text(script.ends().day());
        let grade = if subsidy.0 >= mean { "D" } else { "C" };
        let script = script
            .answer(Desk::Township, json!({"grade": grade, "appraised_on": found}))
            .days(4)
            .sign(Desk::District)
            .days(8);
        let begun = text(script.ends().day());
        let script =
            script.attach(Desk::Village, &["photo"]).answer(Desk::Village, json!({"works_on": begun})).days(WORKS);
        let built = script.ends().day();
        let script = script
            .attach(Desk::Township, &["acceptance"])
            .answer(Desk::Township, json!({"rebuilt_on": text(built)}))
            .days(6)
            .answer(Desk::District, json!({"amount": subsidy.to_string()}))
            .days(5)
            .attach(Desk::Village, &["plaque"])
            .sign(Desk::Village);
        let checked = script.ends().day().plus(12);
        scripts.push(script);
        years.book.since(checked, Who::House(home), "house.grade", "A");
        years.book.since(checked, Who::House(home), "house.appraised-on", checked);
    }
    Ok(scripts)
}

/// Works or goods for a household, paid to whoever supplied them.
fn supplied(years: &Years<'_>, script: Script, amount: Fen) -> Script {
    script
        .sign(Desk::Village)
        .days(2)
        .sign(Desk::Township)
        .days(3)
        .sign(Desk::District)
        .days(12)
        .attach(Desk::Township, &["receipt", "photo"])
        .sign(Desk::Township)
        .days(4)
        .answer(Desk::District, json!({"supplier": years.stands.supplier.0, "amount": amount.to_string()}))
}

fn furniture(years: &Years<'_>, renovated: &[usize]) -> Result<Vec<Script>, String> {
    let count = years.targets.number("F067")?;
    if count > renovated.len() {
        return Err(format!(
            "F067: {count} households get furniture, and {} houses are renovated (F064)",
            renovated.len()
        ));
    }
    let prices = amounts(years, ["F066", "F067"], count, 1_000)?;
    let homes = renovated.iter().enumerate().filter(|(n, _)| plan::one_of(count, renovated.len(), *n));
    let script = |(n, ((place, home), price)): (usize, ((usize, &usize), Fen))| {
        let on = day(2017 + i32::try_from(place % 4).unwrap_or(0), 4, 8).plus(i32::try_from(n % 10).unwrap_or(0));
        let form = years.of_home(*home, json!({"items": ["wardrobe", "table", "bed"]}));
        let area = years.census.households[*home].area;
        supplied(years, Script::new("home-furniture", area, form, years.morning(on), Desk::Village), price)
    };
    Ok(homes.zip(prices).enumerate().map(script).collect())
}

fn barrier_free(years: &Years<'_>) -> Result<Vec<Script>, String> {
    let homes = years.barrier_free;
    let prices = amounts(years, ["F086", "F087"], homes.len(), 100)?;
    let script = |(n, (home, price)): (usize, (&usize, Fen))| {
        let on = day(2018 + i32::try_from(n % 3).unwrap_or(0), 5, 6).plus(i32::try_from(n / 3 % 20).unwrap_or(0) * 2);
        let items: Value = json!(["ramp", "rails"]);
        let form = years.of_home(*home, json!({"house": years.house(*home).0, "items": items}));
        let area = years.census.households[*home].area;
        supplied(years, Script::new("barrier-free", area, form, years.morning(on), Desk::Village), price)
    };
    Ok(homes.iter().zip(prices).enumerate().map(script).collect())
}

/// The appraisals of a township's houses, year by year.
fn appraisals(years: &Years<'_>) -> Result<Vec<Script>, String> {
    let townships: Vec<RegionCode> = years.stands.offices.keys().copied().collect();
    works(years, "F065", "appraisal", &townships, "农村住房安全鉴定")
}

/// Works that the district pays, in each place in each year.
///
/// # Errors
/// The figure, where no such payments come to it.
pub(super) fn works(
    years: &Years<'_>,
    figure: &'static str,
    kind: &str,
    places: &[RegionCode],
    purpose: &str,
) -> Result<Vec<Script>, String> {
    let total = years.targets.money(figure)?;
    let count = places.len() * 5;
    let each = total.0 / i64::try_from(count.max(1)).unwrap_or(1);
    let amounts = plan::split(total, count, (Fen(each / 2), Fen(each * 3 / 2 + 1)), Fen(100), &years.chance);
    let amounts = amounts.map_err(|what| format!("{figure}: {what}"))?;
    let script = |(n, amount): (usize, Fen)| {
        let (area, year) = (places[n % places.len()], 2016 + i32::try_from(n / places.len()).unwrap_or(0));
        let form = json!({"region": area.to_string(), "kind": kind, "purpose": purpose, "supplier": years.stands.contractor.0, "amount": amount.to_string()});
        let on = day(year, 6, 3).plus(years.days(60));
        let script = Script::new("public-works", area, form, years.morning(on), Desk::Township);
        script.attach(Desk::Township, &["invoice"]).sign(Desk::Township).days(5).sign(Desk::District)
    };
    Ok(amounts.into_iter().enumerate().map(script).collect())
}
