//! Projects gate by gate, the contracts of what they left, what it earned, and how that was divided; loans to enterprises and
//! what they yield.

use super::families::day;
use super::plan;
use super::play::{Answers, Deed, Desk, Lines, Script};
use super::programme::paid;
use super::years::{Years, text};
use crate::app::App;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use yizhan_core::access::Viewer;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Fen};

/// What projects are about: a name, the code of the industry, what is built.
const SORTS: [(&str, &str, &str); 5] = [
    ("葡萄大棚", "planting", "建设葡萄大棚六座和配套水电"),
    ("瓜菜大棚", "planting", "建设瓜菜大棚八座和配套水电"),
    ("樱桃园", "planting", "建设樱桃园三十亩和防护设施"),
    ("构树养殖", "breeding", "种植构树四十亩，建设养殖棚舍"),
    ("光伏电站", "solar", "建设屋顶光伏电站一百千瓦"),
];

/// How much of an income the households have, in hundredths; the rest is the collective's.
const SHARED: i64 = 50;

/// A village in which a project stands counts so many times at the division of what all earned.
const HEAVY: u64 = 6;

/// How much chance adds to the weight of a village in a year, in hundredths, and how much later years do.
const CHANCE: u64 = 30;
const SINCE: u64 = 10;

/// The last year of the period.
const LAST_YEAR: i32 = 2020;

/// All of it.
///
/// # Errors
/// The figures that do not go together.
pub(super) fn scripts(years: &Years<'_>) -> Result<Vec<Script>, String> {
    let places = places(years)?;
    let mut scripts = projects(years, &places)?;
    let received = receipts(years, &places, &mut scripts)?;
    divisions(years, &received, &mut scripts);
    loans(years, &mut scripts)?;
    leading(years, &mut scripts)?;
    Ok(scripts)
}

/// The villages of the projects.
fn places(years: &Years<'_>) -> Result<Vec<RegionCode>, String> {
    let (count, villages) = (years.targets.number("F004")?, &years.maker.villages);
    // Where people on the register live.
    let lived = villages.len().min(years.census.households.len());
    if count > lived {
        return Err(format!("F004: {count} projects are more than one for each of {lived} villages"));
    }
    Ok((0..count).map(|n| villages[n * lived / count]).collect())
}

/// What each collective keeps at least of what it received before the last year, the ones that keep the most first: posts are
/// paid from it.
pub(super) fn keeping(years: &Years<'_>) -> Result<Vec<(RegionCode, Fen)>, String> {
    let (total, places) = (years.targets.money("F005")?, places(years)?);
    let keys = keys(years);
    let weight = |key: &(i32, RegionCode)| if places.contains(&key.1) { HEAVY } else { 1 };
    let most: u64 = keys.iter().map(|key| weight(key) * 100 + CHANCE + SINCE).sum();
    let mut kept: BTreeMap<RegionCode, i64> = BTreeMap::new();
    for key in keys.iter().filter(|(year, _)| *year < LAST_YEAR) {
        let least = i128::from(total.0) * i128::from(weight(key) * 100) / i128::from(most.max(1));
        *kept.entry(key.1).or_default() += i64::try_from(least).unwrap_or(0) * (100 - SHARED) / 100;
    }
    let mut kept: Vec<(RegionCode, Fen)> = kept.into_iter().map(|(village, fen)| (village, Fen(fen))).collect();
    kept.sort_by_key(|(village, fen)| (std::cmp::Reverse(*fen), *village));
    Ok(kept)
}

fn projects(years: &Years<'_>, places: &[RegionCode]) -> Result<Vec<Script>, String> {
    let (count, total) = (places.len(), years.targets.money("F003")?);
    if years.targets.over("F003")? != count {
        return Err("F003, F004: counted over another number of projects".into());
    }
    let each = Fen(total.0 / i64::try_from(count.max(1)).unwrap_or(1));
    let bounds = (Fen(each.0 * 4 / 10), Fen(each.0 * 17 / 10));
    let funds =
        plan::split(total, count, bounds, Fen(1_000_000), &years.chance).map_err(|what| format!("F003: {what}"))?;
    let mut scripts = Vec::new();
    for (n, (village, granted)) in places.iter().copied().zip(funds).enumerate() {
        let (called, industry, content) = SORTS[n % SORTS.len()];
        let year = 2016 + i32::try_from(n % 4).unwrap_or(0);
        let name = format!("{}{called}", years.maker.name_of(village));
        let yearly = Fen(granted.0 * 8 / 100).to_string();
        let form = json!({"region": village.to_string(), "project_name": name, "industry": industry, "content": content,
            "planned_funds": granted.to_string(), "planned_income": yearly});
        let first = day(year, 2, 15).plus(years.days(20));
        let officer = "柳一，经济发展部副部长";
        let township = village.parent().unwrap_or(village);
        let (collective, office) = (years.stands.collectives.get(&village), years.stands.offices.get(&township));
        let (Some(collective), Some(office)) = (collective, office) else { continue };
        let script = Script::new("industry-project", village, form, years.morning(first), Desk::Village)
            .attach(Desk::Village, &["application", "vote"])
            .sign(Desk::Village)
            .days(6)
            .attach(Desk::Township, &["plan", "budget"])
            .sign(Desk::Township)
            .days(5)
            .attach(Desk::District, &["approval"])
            .answer(Desk::District, json!({"granted": granted.to_string(), "officer": officer}))
            .days(20)
            .attach(Desk::District, &["bid-notice", "award", "works-contract"])
            .answer(Desk::District, json!({"contractor": years.stands.contractor.0, "price": granted.to_string()}))
            .days(25);
        let begun = text(script.ends().day());
        let script = script
            .attach(Desk::Village, &["start-report", "supervision-log"])
            .answer(Desk::Village, json!({"begun_on": begun}))
            .days(110)
            .attach(Desk::Township, &["notice-photos"])
            .sign(Desk::Township)
            .days(12);
        let accepted = text(script.ends().day());
        let script = script
            .attach(Desk::OtherTownship, &["completion-report", "acceptance-sheet", "audit"])
            .answer(Desk::OtherTownship, json!({"accepted_on": accepted, "outcome": "passed"}))
            .days(8)
            .attach(Desk::District, &["vouchers"])
            .answer(Desk::District, json!({"amount": granted.to_string()}))
            .days(15);
        let on = text(script.ends().day());
        let mut over = json!({"asset_name": name, "worth": granted.to_string(), "collective": collective.0,
            "supervisor": office.0, "book_class": "assets", "insured_until": text(script.ends().day().plus(365)),
            "sign_on": on, "booklet_on": on, "label_on": on});
        if industry != "solar" {
            over["cycle_label_on"] = json!(on);
        }
        let script = script.attach(Desk::Township, &["transfer-list", "title"]).answer(Desk::Township, over).days(10);
        let let_on = script.ends().day();
        scripts.push(script);
        let operator = years.stands.operator(village, n).ok_or("no operator in a township")?;
        let number = format!("{year}-{:03}-{village}", n + 1);
        let (owner, first_day) = (collective.0, let_on.plus(20));
        let contract = Answers::follow(move |app| {
            let asset = standing_in(app, "asset", village).ok_or("no asset stands there")?;
            Ok(
                json!({"region": village.to_string(), "asset": asset.0, "owner": owner, "operator": operator.0, "number": number,
                "rent": yearly, "pays": "year", "first_day": text(first_day), "last_day": text(first_day.plus(5 * 365)),
                "deposit": "5000.00", "duties": "村集体负责大修，经营主体负责看管、日常维修和更新"}),
            )
        });
        let let_out = Script::new("asset-contract", village, contract, years.morning(let_on), Desk::District)
            .attach(Desk::Township, &["contract", "income-plan"])
            .sign(Desk::Township)
            .days(3)
            .sign(Desk::District);
        scripts.push(let_out);
    }
    Ok(scripts)
}

/// The first of a kind that lies in a place.
pub(super) fn standing_in(app: &App, kind: &str, area: RegionCode) -> Option<SubjectId> {
    let image = app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    seen.subjects_of(kind).find(|one| seen.place_of(*one) == Some(area))
}

/// What each village received in which year.
type Received = BTreeMap<(i32, RegionCode), Fen>;

/// In which years which villages receive something.
fn keys(years: &Years<'_>) -> Vec<(i32, RegionCode)> {
    let some: BTreeSet<RegionCode> =
        years.shape.some().into_iter().map(|home| years.census.households[home].area).collect();
    let lived: BTreeSet<RegionCode> = years.census.households.iter().map(|household| household.area).collect();
    let of = |on: &Day, villages: &BTreeSet<RegionCode>| -> Vec<(i32, RegionCode)> {
        villages.iter().map(|village| (on.ymd().0, *village)).collect()
    };
    let mut keys: Vec<(i32, RegionCode)> = years.shape.divided.iter().flat_map(|on| of(on, &lived)).collect();
    keys.extend(of(&years.shape.first, &some));
    keys.sort_unstable();
    keys
}

fn receipts(years: &Years<'_>, places: &[RegionCode], scripts: &mut Vec<Script>) -> Result<Received, String> {
    let total = years.targets.money("F005")?;
    let keys = keys(years);
    if keys.is_empty() {
        return if total == Fen(0) {
            Ok(Received::new())
        } else {
            Err("F005, F006: received where nobody had a share".into())
        };
    }
    let weigh = |(year, village): &(i32, RegionCode)| {
        let heavy = places.contains(village);
        (if heavy { HEAVY } else { 1 }) * 100
            + years.chance.below(CHANCE)
            + u64::from((year - 2010).unsigned_abs()).min(SINCE)
    };
    let weights: Vec<u64> = keys.iter().map(weigh).collect();
    let amounts = total.split(&weights);
    let mut received = Received::new();
    for (n, (key, amount)) in keys.into_iter().zip(amounts).enumerate() {
        let (year, village) = key;
        received.insert(key, amount);
        let payer = years.stands.operator(village, n).ok_or("no operator in a township")?;
        let form = json!({"region": village.to_string(), "payer": payer.0, "amount": amount.to_string(), "kind": "rent", "period": year.to_string()});
        // What a project left in the village earns through its asset, once it stands.
        let stands = places
            .iter()
            .position(|place| *place == village)
            .is_some_and(|n| n % 4 + 2016 < usize::try_from(year).unwrap_or(0));
        let form = Answers::follow(move |app| {
            let mut form = form.clone();
            if let Some(asset) = standing_in(app, "asset", village).filter(|_| stands) {
                form["asset"] = json!(asset.0);
            }
            Ok(form)
        });
        let script = Script::new("asset-receipt", village, form, years.morning(day(year, 11, 10)), Desk::District);
        scripts.push(script.attach(Desk::Township, &["receipt"]).days(1).sign(Desk::Township));
    }
    Ok(received)
}

fn divisions(years: &Years<'_>, received: &Received, scripts: &mut Vec<Script>) {
    let some: BTreeSet<usize> = years.shape.some().into_iter().collect();
    for ((year, village), amount) in received {
        let on = day(*year, 12, 9);
        let here = years.census.households.iter().enumerate().filter(|(_, household)| household.area == *village);
        let here: Vec<usize> = here.map(|(home, _)| home).collect();
        let first = *year == years.shape.first.ymd().0;
        let without = here.iter().filter(|home| first && !some.contains(home));
        let without: Vec<u32> = without.map(|home| years.book.homes[*home].0.0).collect();
        let total = Fen(amount.0 * SHARED / 100).to_string();
        let form = json!({"region": village.to_string(), "period": year.to_string(), "total": total});
        let left_out = move |drawn: &[(u32, Fen)]| {
            let among = without.iter().filter(|home| drawn.iter().any(|(subject, _)| subject == *home));
            among.map(|home| (*home, Fen(0), "村民代表会议决定本轮先补助最困难的户")).collect()
        };
        let lines = Lines { figure: "F006", count: Some(here.len()), adjust: Some(Box::new(left_out)) };
        let script = Script::new("income-distribution", *village, form, years.morning(on), Desk::Village)
            .then(Desk::Village, Deed::Freeze(lines))
            .until(day(*year, 12, 18))
            .sign(Desk::Township)
            .until(day(*year, 12, 20));
        scripts.push(paid(script, Desk::District));
    }
}

fn loans(years: &Years<'_>, scripts: &mut Vec<Script>) -> Result<(), String> {
    let (total, people) = (years.targets.money("F013")?, years.targets.number("F014")?);
    let lent_on = day(2019, 1, 8);
    let most = years.rate("loan-per-beneficiary", lent_on)?;
    let rate = years.maker.catalog.parameters.get("loan-yield-rate").and_then(|one| one.at(lent_on));
    let rate =
        rate.and_then(|dated| dated.value.trim_end_matches('%').parse::<Fen>().ok()).ok_or("no loan-yield-rate")?;
    // 3.6 % as a Fen of 3.60: the hundredth part twice.
    if i128::from(total.0) * i128::from(rate.0) != i128::from(years.targets.money("F015")?.0) * 10_000 {
        return Err("F013, F015: the yield is not the rate's share of the loans".into());
    }
    let borrowers = &years.stands.borrowers;
    let loans = plan::loans(total, borrowers.len(), people, most, Fen(500))
        .map_err(|what| format!("F012, F013, F014: {what}"))?;
    let mut free: BTreeMap<RegionCode, Vec<usize>> = BTreeMap::new();
    for soul in years.drawn(|_| true) {
        let township = years.census.area(soul).parent().unwrap_or_else(|| years.census.area(soul));
        free.entry(township).or_default().push(soul);
    }
    for ((borrower, village), (heads, each)) in borrowers.iter().zip(loans) {
        let township = village.parent().unwrap_or(*village);
        let there = free.entry(township).or_default();
        if there.len() < heads {
            return Err(format!("F014: {heads} people for a loan in a township where {} are left", there.len()));
        }
        let named: Vec<u32> = there.drain(..heads).filter_map(|soul| years.id(soul)).map(|id| id.0).collect();
        let amount = Fen(each.0 * i64::try_from(heads).unwrap_or(0)).to_string();
        let first = named.first().copied().unwrap_or(0);
        let form = json!({"region": township.to_string(), "enterprise": borrower.0, "bank": years.stands.bank.0, "amount": amount,
            "until": "2021-12-31", "beneficiaries": named});
        let script = Script::new("enterprise-loan", township, form, years.morning(lent_on), Desk::District)
            .attach(Desk::Township, &["list"])
            .sign(Desk::Township)
            .days(9)
            .attach(Desk::District, &["contract"])
            .sign(Desk::District);
        scripts.push(script);
        let enterprise = borrower.0;
        let form = Answers::follow(move |app| {
            let loan = named_by(app, first).ok_or("nobody has the loan")?;
            Ok(json!({"region": township.to_string(), "loan": loan.0, "enterprise": enterprise, "period": "2019"}))
        });
        let script = Script::new("loan-yield", township, form, years.morning(day(2019, 12, 3)), Desk::Township)
            .then(Desk::Township, Deed::Freeze(Lines { figure: "F014", count: Some(heads), adjust: None }))
            .days(4);
        scripts.push(paid(script, Desk::District));
    }
    Ok(())
}

/// The loan that names somebody.
fn named_by(app: &App, person: u32) -> Option<SubjectId> {
    let program = Viewer::program();
    match program.look(&app.image()).fact(SubjectId(person), "person.loan", app.now().day()) {
        Some(Known::Subject(loan)) => Some(loan),
        _ => None,
    }
}

fn leading(years: &Years<'_>, scripts: &mut Vec<Script>) -> Result<(), String> {
    let count = years.targets.number("F016")?;
    if count > years.stands.borrowers.len() {
        return Err(format!("F016: {count} enterprises lead, and {} are known", years.stands.borrowers.len()));
    }
    for (enterprise, village) in years.stands.borrowers.iter().take(count) {
        let form = json!({"region": village.to_string(), "enterprise": enterprise.0, "kind": "first", "help": "带动贫困户务工和订单种植"});
        let script = Script::new("leading-enterprise", *village, form, years.morning(day(2019, 5, 6)), Desk::Township)
            .attach(Desk::Township, &["evidence"])
            .sign(Desk::Township)
            .days(5)
            .sign(Desk::District)
            .days(9)
            .attach(Desk::District, &["document"])
            .answer(Desk::District, json!({"document": "省级扶贫龙头企业认定文件", "until": "2022-12-31"}));
        scripts.push(script);
    }
    Ok(())
}
