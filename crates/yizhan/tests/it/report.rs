//! Reports: a programme that was paid is counted and opened, the published definition names every figure and holds none of them.

use crate::programme::town::{Town, sheet, three_with};
use crate::testing::{DISTRICT, VILLAGE};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use yizhan::report::{book, rule, view};
use yizhan_core::catalog::report::Counted;
use yizhan_core::catalog::{Catalog, CatalogSource};
use yizhan_core::report::{Asked, Cell, Counter, Tape};
use yizhan_core::service::AdoptCatalog;
use yizhan_kit::Lang;

pub const REPORT: &str = "effectiveness";

/// A village of another township than the one of the stories.
pub const ELSEWHERE: &str = "990100001201";

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog")
}

fn catalog() -> Catalog {
    Catalog::load(CatalogSource::read_dir(&folder()).unwrap()).unwrap()
}

/// The figures of the page: id, value, unit, count.
fn page() -> Vec<[String; 4]> {
    let text = std::fs::read_to_string(folder().join("zone/page.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let row = |row: csv::StringRecord| std::array::from_fn(|at| row.get(at).unwrap_or_default().to_owned());
    rows.records().map(|found| row(found.unwrap())).collect()
}

#[test]
fn every_figure_of_the_page_is_defined_in_its_unit() {
    let catalog = catalog();
    let report = &catalog.reports[REPORT];
    for [id, _, unit, count] in page() {
        let (_, figure) = report.figure(&id).unwrap_or_else(|| panic!("{id} is not in the report"));
        assert_eq!(figure.unit, unit, "{id}");
        assert_eq!(figure.with.is_some(), !count.is_empty(), "{id}: the number told beside it");
    }
    let known: BTreeSet<String> = page().into_iter().map(|[id, ..]| id).collect();
    for figure in &report.figures {
        assert!(known.contains(&figure.id), "{} is not on the page", figure.id);
    }
    let uncounted = report.figures.iter().filter(|figure| matches!(figure.counted, Counted::Nothing(_)));
    assert!(uncounted.count() * 4 < report.figures.len(), "most of the page is counted");
}

/// Whether a text holds a number, not as a part of a longer one.
fn holds(text: &str, number: &str) -> bool {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let part = |at: usize| {
        let (before, after) = (&text.as_bytes()[..at], &text.as_bytes()[at + number.len()..]);
        let decimal = after.first() == Some(&b'.') && digit(after.get(1));
        digit(before.last()) || before.last() == Some(&b'.') || digit(after.first()) || decimal
    };
    text.match_indices(number).any(|(at, _)| !part(at))
}

#[test]
fn no_figure_stands_in_definitions_or_code() {
    // What somebody would write to cheat: the value as printed or in fen, of figures with four significant digits or more.
    let digits = |text: &str| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.trim_matches('0').len()
    };
    let mut numbers: Vec<(String, String)> = Vec::new();
    for [id, value, unit, _] in page() {
        // A year, a telephone, a day, and the standard of the allowance, which is law, may stand anywhere.
        if digits(&value) < 4 || matches!(unit.as_str(), "年" | "电话" | "月日" | "年月" | "元/年") {
            continue;
        }
        if unit == "万元" {
            let (whole, part) = value.split_once('.').unwrap_or((&value, ""));
            numbers.push((id.clone(), format!("{whole}{part:0<6}").trim_start_matches('0').to_owned()));
        }
        numbers.push((id, value));
    }
    assert!(numbers.len() > 30);
    assert!(holds("a 3565 b", "3565") && !holds("13565", "3565") && !holds("3565.1", "3565"));
    let own = folder().join("report/effectiveness.toml");
    let mut files = vec![own];
    for folder in ["../core/src/report", "../core/src/catalog", "src/report", "src/demo/page"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        gather(&folder, &mut files);
    }
    assert!(files.len() > 30);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap().replace('_', "");
        for (id, number) in &numbers {
            assert!(!holds(&text, number), "{} holds {number}, which is {id}", file.display());
        }
    }
}

fn gather(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

/// The catalog with a report whose period reaches into the year in which the stories play.
pub fn prolonged() -> AdoptCatalog {
    let mut source = CatalogSource::read_dir(&folder()).unwrap();
    let report = source.files.get_mut("report/effectiveness.toml").unwrap();
    *report = report.replacen("to = 2020-12-31", "to = 2021-12-31", 1);
    AdoptCatalog { catalog: source.to_bytes().into() }
}

/// The figure of an id in a report as the API tells it.
pub fn told(report: &Value, id: &str) -> Value {
    let sections = report["sections"].as_array().unwrap().iter();
    let mut figures = sections.flat_map(|section| section["figures"].as_array().unwrap());
    figures.find(|figure| figure["id"] == id).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_told_to_staff_and_to_everybody_within_what_they_may_see() {
    let town = Town::new();
    town.app().act_of_the_program(Arc::new(prolonged())).unwrap();
    // Two people of one village are ill in a way that is not to be told, six of another township's.
    for (area, number) in [(ELSEWHERE, 2), (VILLAGE, 6)] {
        for _ in 0..number {
            let home = town.add("household", &[("area", area), ("registered", "true")]);
            let home = home.to_string();
            town.add("person", &[("household", &home), ("mental-illness", "true"), ("destitute", "true")]);
        }
    }
    let app = town.app();
    let (clerk, district, auditor) =
        (app.signed_in("clerk").await, app.signed_in("district").await, app.signed_in("auditor").await);
    assert_eq!(app.get("/api/figures", None).await.code(), "sign-in");
    assert_eq!(app.get("/api/figures", Some(&auditor)).await.json()[0]["report"], REPORT);
    assert_eq!(app.get("/api/figures/nothing", Some(&district)).await.code(), "not-found");
    let path = format!("/api/figures/{REPORT}");
    let whole = app.get(&path, Some(&district)).await.json();
    assert_eq!((&told(&whole, "F074")["value"], &told(&whole, "F046")["value"]), (&json!("8"), &json!("8")));
    let parts = told(&whole, "F074")["parts"].clone();
    let of = |area: &str| parts.as_array().unwrap().iter().find(|part| part["of"] == area).unwrap()["value"].clone();
    assert_eq!((of("990100001000"), of("990100003000")), (json!("2"), json!("6")));
    assert_eq!(app.get(&format!("{path}?year=1999"), Some(&district)).await.code(), "not-found");

    // A list goes by numbers, and only within one's area; what rests on an illness is not opened to a village.
    let opened = app.get(&format!("{path}/F074"), Some(&district)).await.json();
    assert_eq!((&opened["total"], opened["lines"].as_array().unwrap().len()), (&json!(8), 8));
    let own = app.get(&format!("{path}/F074"), Some(&clerk)).await.json();
    assert_eq!((&own["total"], &own["hidden"], &own["figure"]["value"]), (&json!(6), &json!(0), &json!("6")));
    let ill = app.get(&format!("{path}/F046"), Some(&clerk)).await;
    assert_eq!(ill.code(), "forbidden");
    let mine = app.get(&path, Some(&clerk)).await.json();
    assert_eq!((&told(&mine, "F046")["value"], &told(&mine, "F046")["opens"]), (&json!(""), &json!(false)));
    let outside = app.get(&format!("{path}?area={ELSEWHERE}"), Some(&clerk)).await;
    assert_eq!(outside.code(), "forbidden");

    // Everybody reads totals; two of a township would be told, so they are told with others.
    let page = app.get(&format!("/report/{REPORT}?lang=zh"), None).await;
    assert!(page.status.is_success() && page.text.contains("纳入特困供养"));
    let place = page.text.find("纳入特困供养").unwrap();
    let figure = &page.text[place..place + page.text[place..].find("</details>").unwrap()];
    assert!(figure.contains("<b>8</b>") && figure.contains("（与其他合并）"), "{figure}");
    assert!(!figure.contains(">2</dd>") && !figure.contains(">6</dd>"), "one can be told from the other: {figure}");
    let part = app.get(&format!("/report/{REPORT}?area=990100001000&lang=en"), None).await;
    let place = part.text.find("Registered poor supported as destitute").unwrap();
    let figure: String = part.text[place..].chars().take(200).collect();
    assert!(figure.contains("(with others)"), "{figure}");
    assert_eq!(app.get("/report/nothing", None).await.status, StatusCode::NOT_FOUND);
}

#[test]
fn cells_of_few_people_are_told_together_so_that_none_can_be_told_by_subtraction() {
    let cell = |people| Cell { quantity: None, items: people, people };
    let check = |people: &[u64], expected: &[bool]| {
        let cells: Vec<Cell> = people.iter().map(|people| cell(*people)).collect();
        assert_eq!(rule::merged(true, &cells), expected, "{people:?}");
        assert_eq!(rule::merged(false, &cells), vec![false; people.len()]);
    };
    check(&[5, 9, 0], &[false, false, false]);
    check(&[4, 9, 20], &[true, true, false]);
    check(&[1, 2, 20, 30], &[true, true, true, false]);
    check(&[3, 4, 20], &[true, true, false]);
    check(&[0, 3, 0], &[false, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_programme_paid_is_counted_and_opens_to_the_last() {
    let mut town = Town::new();
    let mut workers = Vec::new();
    for _ in 0..2 {
        let (home, worker) = town.alone("1975-01-01", &[("labour", "5")]);
        let form = town.member(home, worker, json!({"post": "1", "work": "村内保洁"}));
        town.carried("post-start", form, three_with(&["agreement"])).await;
        workers.push(worker);
    }
    for (period, days) in [("2021-03", [12, 10]), ("2021-04", [0, 26])] {
        let worked = workers.iter().zip(days).filter(|(_, days)| *days > 0);
        let rows: Vec<_> = worked.map(|(person, days)| json!({"person": person, "days": days})).collect();
        let form = json!({"region": VILLAGE, "period": period, "rows": rows});
        town.carried("post-attendance", form, sheet(&["sheet"])).await;
        town.paid("public-post", period).await;
    }
    let app = &town.app().app;
    let image = app.image();
    let catalog = image.catalog().unwrap().clone();
    let report = &catalog.reports[REPORT];
    let all = Asked::all(report);
    let asked = Asked {
        to: town.today(),
        years: vec![2020, 2021],
        parts: vec![VILLAGE.parse().unwrap(), ELSEWHERE.parse().unwrap()],
        ..all.clone()
    };
    let mut tape = Tape::default();
    tape.follow(&image);
    let counter = Counter::new(&image, &catalog, report, &tape, &asked);
    let counts = counter.count();
    let value = |id: &str| {
        let (ix, figure) = report.figure(id).unwrap();
        view::value(figure, &counts[ix])
    };
    // Twelve days and ten at 30 yuan, then a month that comes to the most, 600.
    assert_eq!((value("F008").as_str(), value("F009").as_str()), ("2", "0.126"));
    let (ix, figure) = report.figure("F009").unwrap();
    let years: Vec<_> = counts[ix].years.iter().map(|(year, one)| (*year, one.quantity.unwrap().numer)).collect();
    assert_eq!(years, [(2020, 0), (2021, 126_000)]);
    assert_eq!(counts[ix].parts.iter().map(|(_, one)| (one.items, one.people)).collect::<Vec<_>>(), [(3, 2), (0, 0)]);
    let opened = counter.open(ix, &counts[ix], 0, usize::MAX);
    counter.agrees(ix, &counts[ix], &opened.lines).unwrap();
    let lines = view::lines(&image, &catalog, figure, &opened.lines, Lang::Zh);
    let amounts: Vec<&str> = lines.iter().map(|line| line.amount.as_str()).collect();
    assert_eq!(amounts, ["360.00", "300.00", "600.00"]);
    assert!(lines[0].what.starts_with("公益岗位工资 ") && lines[0].who == workers[0].to_string(), "{lines:?}");
    // A list that lacks a line, or has one that is not the ledger's, is found out.
    assert!(counter.agrees(ix, &counts[ix], &opened.lines[1..]).is_err());
    let mut wrong = opened.lines.clone();
    (wrong[0].amount, wrong[1].amount) = (wrong[1].amount, wrong[0].amount);
    assert!(counter.agrees(ix, &counts[ix], &wrong).unwrap_err().contains("not what the ledger has"));

    let counted = book::Counted::by(&counter, asked.clone());
    let told = view::report(&catalog, report, &counted, Lang::Zh);
    let csv = rule::csv(&told).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("id,value,unit,count,how"));
    assert_eq!(lines.count(), page().len(), "a line a figure");
    let wages = csv.lines().find(|line| line.starts_with("F009,")).unwrap();
    assert!(wages.starts_with("F009,0.126,万元,2,") && wages.contains("公益岗位工资"), "{wages}");
    let posters = csv.lines().find(|line| line.starts_with("F110,")).unwrap();
    assert!(posters.starts_with("F110,,个,,不统计："), "{posters}");
    let english = view::report(&catalog, report, &counted, Lang::En);
    assert!(
        rule::markdown(&english, Lang::En)
            .contains("| F009 | Wages of public-welfare posts | 0.126 | 10,000 yuan | 2 | sum; transfers paid")
    );
    // The report's own period ended before anything was paid here.
    let before = Counter::new(&image, &catalog, report, &tape, &all).count_these(&[ix]).remove(0);
    assert_eq!((before.items, before.quantity.unwrap().numer), (0, 0));
    let whole = Asked { area: Some(DISTRICT.parse().unwrap()), ..asked.clone() };
    assert_eq!(Counter::new(&image, &catalog, report, &tape, &whole).count_these(&[ix])[0].items, 3);
}
