//! The halls where terminals stand, and four weeks of visits to them, with difficulties planted: half way one of them was
//! mended, so that there is something to compare. The terminals themselves are simulated, or not there.

use super::{Entry, Maker, acting, commit};
use crate::behaviour::act::KEPT_MS;
use crate::staff;
use std::collections::BTreeMap;
use yizhan_core::access::Role;
use yizhan_core::behaviour::planted::{Planted, World};
use yizhan_core::behaviour::{Sort, VisitOf, Visits};
use yizhan_core::catalog::Level;
use yizhan_core::row::SubjectId;
use yizhan_core::waist::Working;
use yizhan_core::writer::Writer;
use yizhan_kit::clock::SystemClock;
use yizhan_kit::{Clock, Day};

/// Visits a day, in all halls together.
const VISITS: usize = 700;
/// For how many days there were visits.
const DAYS: i32 = 28;

/// Records a hall in each township and the district's: their numbers.
///
/// # Errors
/// The refusal.
pub(super) fn make(writer: &mut Writer, maker: &Maker<'_>) -> Result<Vec<SubjectId>, String> {
    let regions = maker.catalog.regions.all().filter(|region| region.holds_on(maker.founded));
    let halls = regions.filter_map(|region| match region.level {
        Level::District => Some(maker.site("hall", region.code, "政务服务大厅")),
        Level::Township => Some(maker.site("hall", region.code, "便民服务大厅")),
        Level::Village => None,
    });
    commit(writer, maker.now, halls.map(|entry| acting(entry.add(None, Vec::new()))).collect())
}

/// Two agents of the remote desk beside the first, who know some things and not others; so that calls can be handed on.
///
/// # Errors
/// The refusal.
pub(super) fn agents(writer: &mut Writer, maker: &Maker<'_>) -> Result<(), String> {
    let regions = maker.catalog.regions.all();
    let district = regions.filter(|region| region.level == Level::District).map(|region| region.code).next();
    let district = district.ok_or("the zone has no district")?;
    let known = [("desk-b", "东方晴", "tax insurance"), ("desk-c", "南宫云", "household other")];
    let acts = known.map(|(login, name, skills)| {
        let mut verb = staff::act::add(login, name, Role::DeskAgent, district, None, maker.founded);
        verb.facts.push(("staff.desk-skills".into(), skills.into()));
        acting(verb)
    });
    commit(writer, maker.now, acts.into()).map(drop)
}

/// Takes blank invoices into the stock of the district's desk: a code and a run of numbers for each kind.
///
/// # Errors
/// The refusal.
pub(super) fn stock(writer: &mut Writer, maker: &Maker<'_>) -> Result<(), String> {
    let district = maker.catalog.regions.all().find(|region| region.level == Level::District);
    let Some(district) = district.map(|region| region.code) else { return Ok(()) };
    let runs = [("ordinary", "990102100104", 10_001, 12_000), ("special", "9901021130", 50_001, 50_500)];
    let entries = runs.map(|(kind, code, first, last)| {
        let mut entry = Entry::new("invoice-stock", maker.founded);
        entry.is("area", district);
        entry.is("kind", kind);
        entry.is("code", code);
        entry.is("first", first);
        entry.is("last", last);
        acting(entry.add(None, Vec::new()))
    });
    commit(writer, maker.now, entries.into()).map(drop)
}

/// Keeps the visits of the weeks before the demonstration begins, as if terminals had told them.
///
/// # Errors
/// When working state cannot be written.
pub(super) fn visits(working: &mut dyn Working, halls: &[SubjectId], begins: Day, seed: u64) -> Result<usize, String> {
    let number = u32::try_from(halls.len()).unwrap_or(1);
    let mut world = World::new(seed, number, 4);
    // What was mended half way: scanning the papers of a vehicle was refused to every fifth.
    let mended = Planted { module: 3, step: 4, hall: None, sort: Sort::Error, ppm: 200_000 };
    world.planted.retain(|one| (one.module, one.step) != (mended.module, mended.step));
    world.planted.push(mended);
    let mut days: BTreeMap<Day, Visits> = BTreeMap::new();
    let mut count = 0;
    for before in (1..=DAYS).rev() {
        let day = begins.plus(-before);
        if before == DAYS / 2 {
            world.planted.pop();
        }
        // A quarter of the business on days of rest.
        let today = if day.weekday() >= 5 { VISITS / 4 } else { VISITS };
        for _ in 0..today {
            let visit = world.visit(day);
            let hall = halls[usize::try_from(visit.hall.0).unwrap_or(1).saturating_sub(1) % halls.len()];
            days.entry(day).or_default().push(&VisitOf { hall, ..visit });
            count += 1;
        }
    }
    let until = SystemClock.now().plus_ms(KEPT_MS);
    for (day, visits) in days {
        working.put("visits", &format!("{day}/{:08}", 0), &visits.to_bytes(), until)?;
    }
    Ok(count)
}
