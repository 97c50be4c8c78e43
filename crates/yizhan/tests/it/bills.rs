//! Five years of bills whose layers come to what a file of targets says: planned here, met by the engine to the fen.

use crate::testing::{DISTRICT, TOWNSHIP, TestApp, VILLAGE, citizen};
use crate::{hospital, pay};
use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan::demo::page::medical::{Medical, Patient, Planned, Span, Wanted, plan, play};
use yizhan::settle::act::Order;
use yizhan::settle::view::{Detail, Voice};
use yizhan::settle::{self, export};
use yizhan::{staff, store};
use yizhan_core::access::{Role, Viewer};
use yizhan_core::catalog::{Catalog, Level};
use yizhan_core::row::SubjectId;
use yizhan_core::settlement::{Account, Bill};
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Fen, Lang};

fn catalog() -> Catalog {
    Catalog::load(store::catalog_source(None).unwrap()).unwrap()
}

fn years() -> (Day, Day) {
    ("2016-01-05".parse().unwrap(), "2020-12-31".parse().unwrap())
}

fn patients(catalog: &Catalog, wanted: &Wanted, count: u32) -> Vec<Patient> {
    let (first, last) = years();
    let spans = Span::all(catalog, wanted, first, last).unwrap().len();
    (1..=count).map(|n| Patient { person: SubjectId(n), poor: vec![true; spans] }).collect()
}

/// What each payer pays on the bills, how often and how much: settled by the policies of the catalog in the order of discharge,
/// by nothing that the plan is made of.
fn settled(catalog: &Catalog, bills: &[Planned]) -> BTreeMap<String, (usize, i64)> {
    let mut accounts: BTreeMap<(SubjectId, i32, &str), Account> = BTreeMap::new();
    let mut paid: BTreeMap<String, (usize, i64)> = BTreeMap::new();
    assert!(bills.is_sorted_by_key(|bill| bill.discharged), "bills are in order");
    for bill in bills {
        let holding = catalog.policies.values().filter(|policy| policy.holds_on(bill.discharged));
        let policy = holding.max_by_key(|policy| policy.from).unwrap();
        let out = bill.out.iter().map(|out| out.0).sum::<i64>();
        let asked = Bill {
            category: policy.category("registered-poor").unwrap(),
            kind: policy.kind(&bill.kind).unwrap(),
            level: bill.level - 1,
            admitted: bill.admitted,
            discharged: bill.discharged,
            total: Fen(bill.in_scope.0 + out),
            own_pay: bill.out[0],
            over_limit: bill.out[1],
            first_pay: bill.out[2],
        };
        asked.check().unwrap();
        let account = accounts.entry((bill.person, bill.discharged.ymd().0, policy.name.as_str())).or_default();
        let slip = policy.table.settle(account, &asked);
        for layer in 0..policy.layers.len() {
            if slip.pay[layer].0 > 0 {
                let (times, sum) = paid.entry(policy.payer(layer).id.clone()).or_default();
                *times += 1;
                *sum += slip.pay[layer].0;
            }
        }
    }
    paid
}

fn meets(catalog: &Catalog, wanted: &Wanted, people: u32, seed: u64) {
    let bills = plan(catalog, &patients(catalog, wanted, people), wanted, years(), seed).unwrap();
    let paid = settled(catalog, &bills);
    for (payer, amount) in &wanted.layers {
        let met = paid.get(*payer).copied().unwrap_or_default();
        assert_eq!(met, (amount.times, amount.sum.0), "{payer}, seed {seed}");
    }
    assert_eq!(paid.len(), wanted.layers.iter().filter(|(_, amount)| amount.times > 0).count());
}

#[test]
fn the_page_is_met_to_the_fen_and_to_the_person_time() {
    let (catalog, wanted) = (catalog(), Wanted::read(None).unwrap());
    meets(&catalog, &wanted, 2_478, 1);
}

#[test]
fn whatever_else_is_wanted_is_met_too() {
    let (catalog, page) = (catalog(), Wanted::read(None).unwrap());
    for seed in 0..20 {
        let chance = SeededEntropy::new(seed);
        let mut wanted = page.clone();
        for (_, amount) in &mut wanted.layers {
            // A twentieth of the page, each number and sum up to a fifth more or less.
            let vary = |whole: i64| whole / 20 * (800 + i64::try_from(chance.below(400)).unwrap()) / 1_000;
            amount.times = usize::try_from(vary(i64::try_from(amount.times).unwrap())).unwrap();
            amount.sum = Fen(vary(amount.sum.0) + 7);
        }
        meets(&catalog, &wanted, 200, seed);
    }
    // And the whole page, a tenth more or less of everything.
    for seed in 0..3 {
        let mut wanted = page.clone();
        for (place, (_, amount)) in wanted.layers.iter_mut().enumerate() {
            let percent = if (seed + place) % 2 == 0 { 90 } else { 110 };
            amount.times = amount.times * percent / 100;
            amount.sum = Fen(amount.sum.0 / 100 * i64::try_from(percent).unwrap() + 1);
        }
        meets(&catalog, &wanted, 2_478, seed as u64);
    }
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let (catalog, page) = (catalog(), Wanted::read(None).unwrap());
    let check = |place: usize, times: usize, sum: i64, said: &str| {
        let mut wanted = page.clone();
        for (_, amount) in &mut wanted.layers {
            amount.times /= 100;
            amount.sum = Fen(amount.sum.0 / 100);
        }
        (wanted.layers[place].1.times, wanted.layers[place].1.sum) = (times, Fen(sum));
        let fault = plan(&catalog, &patients(&catalog, &wanted, 100), &wanted, years(), 3).unwrap_err();
        assert!(fault.starts_with(said), "{fault}");
    };
    check(5, 5, 4, "F037: 0.04 yuan cannot be paid in 5 times (F036)");
    check(2, 0, 100, "F029:");
    check(0, 100, 28_278_500, "F024:");
    check(0, 348, 1_000, "F025:");
    // Chronic illness is paid up to a sum a year.
    check(3, 1, 9_000_000, "F031: nobody is left");
}

/// People of the register, each a household of their own.
fn table(people: usize) -> String {
    let head =
        "户编号,行政村,是否建档立卡户,户属性,主要致贫原因,是否脱贫,姓名,证件号码,与户主关系,健康状况,居民基本医疗保险";
    let row = |n: usize| {
        let card = citizen(&format!("9901001950{:02}{:02}10{}", n / 28 % 12 + 1, n % 28 + 1, 1 + n / 336 * 2));
        format!("P-{n},{VILLAGE},是,一般贫困户,因病,已脱贫,柳某,{card},户主,健康,是")
    };
    [head.to_owned()].into_iter().chain((0..people).map(row)).map(|line| line + "\n").collect()
}

/// A zone with the payers, a hospital of either level, and people of the register: who they are.
async fn zone(app: &mut TestApp, people: usize) -> Vec<SubjectId> {
    let zone = hospital::Zone::new(app).await;
    hospital::fact(app, zone.clinic, "clinic.level", "1", "2021-01-01");
    let other = known(app, "clinic").into_iter().max().unwrap();
    hospital::fact(app, other.0, "clinic.level", "2", "2021-01-01");
    let insurer = pay::settle(app, "payer", DISTRICT, "示范保险公司");
    hospital::fact(app, insurer, "payer.pays", "accident", "2021-01-01");
    // Officers by the names that a demonstration gives them.
    for (kind, level, area) in [("v", Level::Village, VILLAGE), ("t", Level::Township, TOWNSHIP)] {
        let (login, area) = (format!("{kind}{area}"), area.parse().unwrap());
        let officer = staff::act::add(&login, &login, Role::Officer(level), area, None, app.app.now().day());
        app.act_of_the_program(Arc::new(officer)).unwrap();
    }
    pay::bring(app, &zone.clerk, &table(people)).await;
    known(app, "person")
}

fn known(app: &TestApp, kind: &str) -> Vec<SubjectId> {
    let (image, program) = (app.app.image(), Viewer::program());
    program.look(&image).subjects_of(kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bills_happen_at_the_hospitals_desk_and_the_book_says_what_was_wanted() {
    let mut app = TestApp::new();
    let people = zone(&mut app, 40).await;
    let mut wanted = Wanted::read(None).unwrap();
    for (_, amount) in &mut wanted.layers {
        amount.times = (amount.times / 200).max(2);
        amount.sum = Fen(amount.sum.0 / 200 + 3);
    }
    (wanted.claims.times, wanted.claims.sum) = (3, Fen(5_000_001));
    let days = ("2021-02-02".parse().unwrap(), "2021-12-31".parse().unwrap());
    let mut medical = Medical::plan(&app.app, &people, &wanted, days, 5).unwrap();
    assert_eq!(medical.len(), wanted.layers[0].1.times);
    let clock = app.app.demo.clone().unwrap();
    let mut settled = 0;
    play(&app.app, &clock, &mut medical, |done| settled = done).await.unwrap();
    assert_eq!(settled, medical.len());

    let image = app.app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    let mut paid: BTreeMap<String, (usize, i64)> = BTreeMap::new();
    for entry in seen.slips() {
        let policy = seen.policy(&entry.kept).unwrap();
        assert_eq!(entry.kept.category, "registered-poor");
        for layer in (0..policy.layers.len()).filter(|layer| entry.kept.pay(*layer).0 > 0) {
            let (times, sum) = paid.entry(policy.payer(layer).id.clone()).or_default();
            *times += 1;
            *sum += entry.kept.pay(layer).0;
        }
        // The person has paid, and so has every payer but for the last month's statements.
        let open = entry.kept.discharged >= "2021-12-01".parse().unwrap();
        for (linked, stands) in seen.moved(entry).unwrap() {
            let waits = open && linked.payer.is_some();
            assert_eq!(stands.moved, if waits { Fen(0) } else { linked.amount }, "{:?}", entry.kept);
        }
    }
    for (payer, amount) in &wanted.layers {
        assert_eq!(paid[*payer], (amount.times, amount.sum.0), "{payer}");
    }
    assert!(seen.slips().any(|entry| entry.kept.kind == "inpatient"), "stays among them");

    // What the insurer decided after accidents is on the accounts of three people.
    let held = people.iter().filter_map(|person| seen.balance("accident", *person));
    let claimed: Vec<i64> = held.map(|held| held.posted.0).filter(|held| *held != 0).collect();
    assert_eq!((claimed.len(), claimed.iter().sum::<i64>()), (3, 5_000_001));

    // Settled again without a database, the bills repeat every slip, byte for byte.
    let policy = image.catalog().unwrap().policies["illustrative-2020"].clone();
    for detail in [Detail::Reason, Detail::Trace] {
        let voice = Voice { lang: Lang::Zh, detail };
        let [bills, slips] = [None, Some(voice)].map(|voice| {
            let mut text = Vec::new();
            assert_eq!(export::write(&seen, &policy, voice, &mut text).unwrap(), 0, "none out of order");
            text
        });
        let mut again = Vec::new();
        let refused = settle::settle(&policy, voice, Order::ByDischarge, &bills[..], &mut again).unwrap();
        assert_eq!((refused, bills.split(|byte| *byte == b'\n').count() - 1), (0, medical.len()));
        assert!(String::from_utf8(slips).unwrap() == String::from_utf8(again).unwrap(), "the slips are repeated");
    }
}
