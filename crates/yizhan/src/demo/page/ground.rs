//! Practice stations and what they cost, drinking water, rivers.

use super::families::day;
use super::house::works;
use super::industry::standing_in;
use super::plan;
use super::play::{Answers, Desk, Script};
use super::years::Years;
use crate::app::App;
use serde_json::json;
use yizhan_core::access::Viewer;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_kit::Fen;
use yizhan_kit::codes::RegionCode;

/// What a grant of the culture fund is about.
const GRANT: i64 = 1_000_000;

/// All of it.
///
/// # Errors
/// The figures that do not go together.
pub(super) fn scripts(years: &Years<'_>) -> Result<Vec<Script>, String> {
    let mut scripts = stations(years)?;
    scripts.extend(culture(years)?);
    let townships: Vec<RegionCode> = years.stands.offices.keys().copied().collect();
    scripts.extend(works(years, "F068", "water", &townships, "村内供水管网改造和水质处理")?);
    scripts.extend(rivers(years)?);
    Ok(scripts)
}

/// The villages that have a station.
fn with_station(years: &Years<'_>) -> Result<Vec<RegionCode>, String> {
    let (count, villages) = (years.targets.number("F092")?, &years.maker.villages);
    if count > villages.len() {
        return Err(format!("F092: {count} stations in {} villages", villages.len()));
    }
    let here = villages.iter().enumerate().filter(|(n, _)| plan::one_of(count, villages.len(), *n));
    Ok(here.map(|(_, village)| *village).collect())
}

fn stations(years: &Years<'_>) -> Result<Vec<Script>, String> {
    let townships: Vec<RegionCode> = years.stands.offices.keys().copied().collect();
    let branches = years.targets.number("F090")?;
    if branches > townships.len() {
        return Err(format!("F090: {branches} sub-centres in {} townships", townships.len()));
    }
    let mut places = vec![(years.district(), "centre", "新时代文明实践中心", 6)];
    places.extend(townships.into_iter().take(branches).map(|area| (area, "sub-centre", "新时代文明实践分中心", 5)));
    places.extend(with_station(years)?.into_iter().map(|area| (area, "station", "文明实践站", 2)));
    let mut scripts = Vec::new();
    for (n, (area, tier, called, rooms)) in places.into_iter().enumerate() {
        let name = format!("{}{called}", years.maker.name_of(area));
        let form = json!({"region": area.to_string(), "station_name": name, "tier": tier, "rooms": rooms});
        let on = day(2018, 10, 9).plus(i32::try_from(n % 12).unwrap_or(0));
        let (opens, checks) =
            if tier == "centre" { (Desk::District, Desk::Second) } else { (Desk::District, Desk::Township) };
        scripts.push(Script::new("station-register", area, form, years.morning(on), opens).days(1).sign(checks));
        let tier: &'static str = tier;
        let held = day(2020, 10, 3).plus(i32::try_from(n % 25).unwrap_or(0));
        let attended = 20 + years.below(80);
        let form = Answers::follow(move |app| {
            let station = station(app, area, tier).ok_or("no station stands there")?;
            Ok(
                json!({"region": area.to_string(), "station": station.0, "kind": "film", "held_on": held.to_string(), "attended": attended,
                "about": "红色电影放映和政策宣讲"}),
            )
        });
        let script = Script::new("station-activity", area, form, years.morning(held.plus(2)), checks);
        scripts.push(script.attach(checks, &["photo"]).sign(checks));
    }
    Ok(scripts)
}

/// The station of a tier that lies in a place.
fn station(app: &App, area: RegionCode, tier: &str) -> Option<SubjectId> {
    let image = app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    let of_tier =
        |one: &SubjectId| matches!(seen.latest(*one, "station.tier"), Some(Known::Text(code)) if &*code == tier);
    seen.subjects_of("station").find(|one| seen.place_of(*one) == Some(area) && of_tier(one))
}

fn culture(years: &Years<'_>) -> Result<Vec<Script>, String> {
    let total = years.targets.money("F093")?;
    let places = with_station(years)?;
    let count = usize::try_from(total.0 / GRANT).unwrap_or(0).max(usize::from(total.0 > 0));
    let each = total.0 / i64::try_from(count.max(1)).unwrap_or(1);
    let amounts = plan::split(total, count, (Fen(each / 2), Fen(each * 3 / 2 + 1)), Fen(10_000), &years.chance);
    let amounts = amounts.map_err(|what| format!("F093: {what}"))?;
    if places.is_empty() && count > 0 {
        return Err("F092, F093: no station to pay for".into());
    }
    let script = |(n, amount): (usize, Fen)| {
        let area = places[n % places.len()];
        let supplier = years.stands.supplier.0;
        let form = Answers::follow(move |app| {
            let station = standing_in(app, "station", area).ok_or("no station stands there")?;
            Ok(
                json!({"region": area.to_string(), "station": station.0, "supplier": supplier, "purpose": "庄户剧团演出和电影放映", "amount": amount.to_string()}),
            )
        });
        let on = day(2019 + i32::try_from(n % 2).unwrap_or(0), 3, 5).plus(i32::try_from(n % 30).unwrap_or(0) * 8);
        let script = Script::new("culture-grant", area, form, years.morning(on), Desk::Village);
        script
            .attach(Desk::Village, &["invoice"])
            .sign(Desk::Village)
            .days(2)
            .sign(Desk::Township)
            .days(3)
            .sign(Desk::District)
    };
    Ok(amounts.into_iter().enumerate().map(script).collect())
}

/// Rivers and corridors, as they are called.
const RIVERS: [&str; 3] = ["小清河", "周公河", "四新河"];

fn rivers(years: &Years<'_>) -> Result<Vec<Script>, String> {
    let (rivers, corridors) = (years.targets.number("F096")?, years.targets.number("F097")?);
    let villages = &years.maker.villages;
    let mut scripts = Vec::new();
    for (kind, called, count) in [("river", "", rivers), ("corridor", "绿色生态走廊", corridors)] {
        for n in 0..count {
            let area = villages[n * 40 % villages.len()];
            let name =
                RIVERS.get(n).map_or_else(|| format!("{}河", years.maker.name_of(area)), |name| (*name).to_owned());
            let form = json!({"region": area.to_string(), "place_name": format!("{name}{called}"), "kind": kind, "state": "kept"});
            let script = Script::new("green-register", area, form, years.morning(day(2016, 4, 6)), Desk::Village);
            scripts.push(script.days(1).sign(Desk::Township));
        }
    }
    let places: Vec<RegionCode> = (0..rivers).map(|n| villages[n * 40 % villages.len()]).collect();
    if years.targets.over("F095")? != rivers {
        return Err("F095, F096: counted over another number of rivers".into());
    }
    if !places.is_empty() || years.targets.money("F095")? > Fen(0) {
        scripts.extend(works(years, "F095", "river", &places, "清淤护岸、截污和生态修复")?);
    }
    Ok(scripts)
}
