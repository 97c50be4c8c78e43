//! A report is published by a case: what was signed stays, what it has come to since stands beside it, and it opens to what was known.

use crate::programme::town::Town;
use crate::report::{ELSEWHERE, REPORT, prolonged, told};
use crate::testing::{Answer, DISTRICT, TOWNSHIP, VILLAGE};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::io::Read;
use std::sync::Arc;
use yizhan::report::{publish, signed, view};
use yizhan_kit::Lang;

/// Households of one that are looked after as destitute.
fn destitute(town: &Town, area: &str, number: usize) {
    for _ in 0..number {
        let home = town.add("household", &[("area", area), ("registered", "true")]).to_string();
        town.add("person", &[("household", &home), ("destitute", "true")]);
    }
}

/// A town whose report reaches into the year of the stories, with eight people to count in two townships.
fn town() -> Town {
    let town = Town::new();
    town.app().act_of_the_program(Arc::new(prolonged())).unwrap();
    destitute(&town, ELSEWHERE, 2);
    destitute(&town, VILLAGE, 6);
    town
}

fn form(region: &str) -> Value {
    json!({"region": region, "report": REPORT, "why": "五年盘点，向社会公布"})
}

/// Has a report published by two people; the number of the case.
async fn published(town: &mut Town) -> String {
    let number = town.open("district", "report-publish", form(DISTRICT)).await;
    for (login, answers) in
        [("district", json!({"note": "口径与上年相同"})), ("district2", json!({})), ("district", json!({}))]
    {
        let signed = town.try_sign(login, &number, answers).await;
        assert_eq!(signed.status, StatusCode::OK, "{login}: {}", signed.text);
    }
    assert_eq!(town.state(&number).await, "completed");
    number
}

async fn asked(town: &Town, login: &str, path: &str) -> Answer {
    let who = town.app().signed_in(login).await;
    town.app().get(path, Some(&who)).await
}

/// The people who are looked after, as the API tells them.
async fn looked_after(town: &Town, query: &str) -> Value {
    told(&asked(town, "district", &format!("/api/figures/{REPORT}{query}")).await.json(), "F074")
}

/// Somebody more is looked after. What takes long to count is counted a moment later, so this waits until it is.
async fn one_more(town: &Town, area: &str, all: &str) {
    destitute(town, area, 1);
    for _ in 0..600 {
        if looked_after(town, "").await["value"] == all {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{all} were not counted");
}

/// A figure on the page for everybody.
fn on_page(page: &str, title: &str) -> String {
    let place = page.find(title).unwrap_or_else(|| panic!("{title} is not on the page"));
    page[place..place + page[place..].find("</details>").unwrap()].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_published_once_two_people_signed_it() {
    let mut town = town();
    let refused = town.try_open("clerk", "report-publish", form(VILLAGE)).await;
    assert_eq!(refused.code(), "forbidden");
    let mut wrong = form(DISTRICT);
    wrong["report"] = json!("nothing");
    assert_eq!(town.try_open("district", "report-publish", wrong).await.code(), "not-found");
    let mut wrong = form(DISTRICT);
    wrong["year"] = json!(1999);
    assert_eq!(town.try_open("district", "report-publish", wrong).await.code(), "not-found");

    let number = town.open("district", "report-publish", form(DISTRICT)).await;
    let path = format!("/api/cases/{number}/figures");
    let before = asked(&town, "district2", &path).await.json();
    assert_eq!((&before["edition"], &told(&before, "F074")["value"]), (&Value::Null, &json!("8")));
    let fixed = town.try_sign("district", &number, json!({"note": "口径与上年相同"})).await;
    assert_eq!(fixed.status, StatusCode::OK, "{}", fixed.text);
    // What is fixed is fixed: whoever reviews it sees what has come since beside it.
    one_more(&town, VILLAGE, "9").await;
    let fixed = asked(&town, "district2", &path).await.json();
    let figure = told(&fixed, "F074");
    assert_eq!((&figure["value"], &figure["correction"]), (&json!("8"), &json!({"now": "9", "difference": "+1"})));
    assert_eq!((&fixed["edition"]["note"], &fixed["edition"]["day"]), (&json!("口径与上年相同"), &json!("")));
    // Whoever fixed the figures cannot review them, and until the last signature nothing is published.
    assert_eq!(town.try_sign("district", &number, json!({})).await.code(), "four-eyes");
    assert_eq!(town.try_sign("township", &number, json!({})).await.code(), "case-not-found");
    assert_eq!(town.try_sign("district2", &number, json!({})).await.status, StatusCode::OK);
    let latest = format!("/api/figures/{REPORT}?edition=latest");
    assert_eq!(asked(&town, "district", &latest).await.json()["edition"], Value::Null);
    assert!(!town.app().get(&format!("/report/{REPORT}"), None).await.text.contains(&number));
    assert_eq!(town.try_sign("district", &number, json!({})).await.status, StatusCode::OK);

    let shown = asked(&town, "auditor", &latest).await.json();
    assert_eq!((&shown["edition"]["number"], &shown["edition"]["day"]), (&json!(number), &json!("2021-02-01")));
    let roles: Vec<&str> =
        shown["edition"]["signatures"].as_array().unwrap().iter().map(|one| one["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["officer of the district"; 3]);
    let page = town.app().get(&format!("/report/{REPORT}"), None).await.text;
    assert!(page.contains(&number) && !page.contains("district2"), "the role is told, and nobody's name");
    assert_eq!(asked(&town, "district", "/api/cases/nothing/figures").await.code(), "case-not-found");

    // Sent back and fixed again, it is what is known then.
    let second = town.open("district2", "report-publish", form(DISTRICT)).await;
    assert_eq!(town.try_sign("district2", &second, json!({})).await.status, StatusCode::OK);
    let who = town.app().signed_in("district").await;
    let back = town.app_mut().step(&second, &who, json!({"verb": "send-back", "reason": "又登记了一人"})).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text);
    one_more(&town, ELSEWHERE, "10").await;
    assert_eq!(town.try_sign("district2", &second, json!({})).await.status, StatusCode::OK);
    let fixed = asked(&town, "district", &format!("/api/cases/{second}/figures")).await.json();
    assert_eq!((&told(&fixed, "F074")["value"], &told(&fixed, "F074")["correction"]), (&json!("10"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_stands_beside_what_was_signed_and_both_open() {
    let mut town = town();
    let first = published(&mut town).await;
    one_more(&town, VILLAGE, "9").await;
    let signed = looked_after(&town, "?edition=latest").await;
    assert_eq!((&signed["value"], &signed["correction"]["now"]), (&json!("8"), &json!("9")));
    let now = looked_after(&town, "").await;
    assert_eq!((&now["value"], &now["correction"]), (&json!("9"), &Value::Null));
    // A signed figure opens to what was known, the figure of now to what is.
    let path = format!("/api/figures/{REPORT}/F074");
    let then = asked(&town, "district", &format!("{path}?edition={first}")).await.json();
    assert_eq!((&then["total"], &then["figure"]["correction"]["difference"]), (&json!(8), &json!("+1")));
    assert_eq!(then["lines"].as_array().unwrap().len(), 8);
    assert_eq!(asked(&town, "district", &path).await.json()["total"], 9);
    // The same by the number of the act at which they were fixed.
    let facts = asked(&town, "district", &format!("/api/cases/{first}/facts")).await.json();
    let known = facts["facts"].as_array().unwrap().iter().find(|one| one["attribute"] == "report-publish.known-at");
    let known: u64 = known.unwrap()["value"].as_str().unwrap().parse().unwrap();
    assert_eq!(looked_after(&town, &format!("?known_at={known}")).await["value"], "8");
    assert_eq!(asked(&town, "district", &format!("{path}?known_at={known}")).await.json()["total"], 8);
    assert_eq!(asked(&town, "district", &format!("{path}?known_at=9999999")).await.code(), "form-invalid");

    // As the command line writes it: signed, now, by how much; and where nothing changed, the same twice.
    let image = town.app().app.image();
    let edition = publish::editions(&town.app().app, &image, REPORT).unwrap().remove(0);
    let (catalog, report) = publish::defined(&image, &edition).unwrap();
    let mut beside = view::report(catalog, report, &edition.kept, Lang::En);
    signed::correct(&mut beside, report, &edition, &signed::now(&town.app().app, &edition), Lang::En);
    let csv = signed::csv(&beside).unwrap();
    assert!(csv.starts_with("id,signed,now,difference,unit,count,how\n") && csv.contains("\nF074,8,9,+1,人,"), "{csv}");
    assert!(csv.contains("\nF001,6,6,,年,"), "{csv}");
    let text = signed::markdown(&beside, beside.edition.as_ref().unwrap(), Lang::En);
    assert!(text.contains(&first) && text.contains("| 8 | 9 | +1 | persons |"), "{text}");

    // A later publication is the one shown; the earlier one stays.
    let second = published(&mut town).await;
    let latest = asked(&town, "district", &format!("/api/figures/{REPORT}?edition=latest")).await.json();
    assert_eq!((&latest["edition"]["number"], &told(&latest, "F074")["value"]), (&json!(second), &json!("9")));
    let numbers: Vec<&Value> = latest["editions"].as_array().unwrap().iter().map(|one| &one["number"]).collect();
    assert_eq!(numbers, [&json!(second), &json!(first)]);
    assert_eq!(looked_after(&town, &format!("?edition={first}")).await["value"], "8");
    assert_eq!(asked(&town, "district", &format!("/api/figures/{REPORT}?edition=RP-1")).await.code(), "not-found");

    // Everybody reads the same, with few people told together and a correction in words.
    let address = format!("/report/{REPORT}?lang=zh");
    let page = town.app().get(&address, None).await.text;
    let figure = on_page(&page, "纳入特困供养");
    assert!(page.contains("/docx?lang=zh\""), "a document is in the language of its page");
    assert!(figure.contains("<b>9</b>") && figure.contains("（与其他合并）") && !figure.contains("更正"), "{figure}");
    let page = town.app().get(&format!("{address}&edition={first}"), None).await.text;
    let figure = on_page(&page, "纳入特困供养");
    assert!(figure.contains("<b>8</b>") && figure.contains("现为 <b>9</b>") && figure.contains("(+1)"), "{figure}");
    assert!(!figure.contains(">2</dd>") && !figure.contains(">6</dd>"), "{figure}");
    let page = town.app().get(&format!("{address}&now=1"), None).await.text;
    assert!(page.contains(&second) && !page.contains("class=\"card signed\""));
    assert_eq!(town.app().get(&format!("{address}&edition=RP-1"), None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_township_publishes_its_own_figures_and_a_village_reads_its_own() {
    let mut town = town();
    let number = town.open("township", "report-publish", form(TOWNSHIP)).await;
    for (login, expected) in [("township", "OK"), ("township", "forbidden"), ("district", "OK"), ("district2", "OK")] {
        let signed = town.try_sign(login, &number, json!({})).await;
        match expected {
            "OK" => assert_eq!(signed.status, StatusCode::OK, "{login}: {}", signed.text),
            code => assert_eq!(signed.code(), code),
        }
    }
    let latest = format!("/api/figures/{REPORT}?edition=latest");
    let own = asked(&town, "township", &latest).await.json();
    assert_eq!((&own["edition"]["number"], &told(&own, "F074")["value"]), (&json!(number), &json!("6")));
    assert_eq!(asked(&town, "district", &latest).await.json()["edition"], Value::Null);
    assert_eq!(asked(&town, "clerk", &latest).await.json()["edition"], Value::Null);
    let other = asked(&town, "clerk", &format!("/api/figures/{REPORT}?edition={number}")).await;
    assert_eq!(other.code(), "forbidden");
    let page = town.app().get(&format!("/report/{REPORT}?edition={number}"), None).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND, "what a township signed is not the district's page");
    // Up to a day: stands and records of that day.
    let early = asked(&town, "district", &format!("/api/figures/{REPORT}?on=2020-12-31")).await.json();
    assert_eq!((&early["to"], &told(&early, "F074")["value"]), (&json!("2020-12-31"), &json!("0")));
}

/// What stands in a document, a paragraph a line.
fn text_of(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    for name in &names {
        let mut part = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut part).unwrap();
        well_formed(name, &part);
    }
    for wanted in ["[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/styles.xml"] {
        assert!(names.iter().any(|name| name == wanted), "{wanted} is missing");
    }
    let mut document = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut document).unwrap();
    let mut text = String::new();
    for piece in document.replace("</w:p>", "\n").split('<').skip(1) {
        text += piece.split_once('>').unwrap().1;
    }
    text
}

/// Every element that is begun ends, in order.
fn well_formed(name: &str, xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in xml.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("{name}: {tag}"));
        let element = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        match tag {
            tag if tag.starts_with('?') || tag.ends_with('/') => {}
            tag if tag.starts_with('/') => assert_eq!(open.pop(), Some(element), "{name}"),
            _ => open.push(element),
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_had_as_a_document_with_every_figure() {
    let mut town = town();
    let path = format!("/api/figures/{REPORT}");
    assert_eq!(town.app().get(&format!("{path}/docx"), None).await.code(), "sign-in");
    let live = asked(&town, "district", &format!("{path}/docx?lang=zh")).await;
    assert!(live.headers["content-type"].to_str().unwrap().contains("wordprocessingml"));
    let text = text_of(&live.bytes);
    let lines: Vec<&str> = text.lines().collect();
    let told = asked(&town, "district", &format!("{path}?lang=zh")).await.json();
    let sections = told["sections"].as_array().unwrap();
    for section in sections {
        assert!(lines.contains(&section["title"].as_str().unwrap()), "{section}");
        for figure in section["figures"].as_array().unwrap() {
            let said = |name: &str| figure[name].as_str().unwrap().to_owned();
            let value = if figure["least"] == true && !said("value").is_empty() {
                format!("≥ {}", said("value"))
            } else {
                said("value")
            };
            let row = [said("id"), said("title"), value, said("unit_said"), said("count")];
            assert!(lines.windows(5).any(|found| found == row), "{row:?}");
        }
    }
    assert!(text.contains("按辖区") && text.contains("按年") && text.contains("怎么数的"));

    published(&mut town).await;
    one_more(&town, VILLAGE, "9").await;
    let signed = text_of(&asked(&town, "district", &format!("{path}/docx?edition=latest&lang=en")).await.bytes);
    let lines: Vec<&str> = signed.lines().collect();
    let row = lines.iter().position(|line| *line == "F074").unwrap();
    assert_eq!(lines[row + 2..row + 7], ["8", "persons", "", "9", "+1"]);
    // As Excel the same, by area as it was fixed; villages were not.
    let sheet = format!("{path}/sheet?edition=latest&lang=en");
    let rows = crate::figures::rows(&asked(&town, "district", &format!("{sheet}&by=area")).await.bytes);
    let row = rows.iter().find(|row| row[0] == "F074").unwrap();
    assert_eq!((row[3].as_str(), &row[6..8]), ("#8", &["#9".to_owned(), "#1".to_owned()][..]));
    assert!(rows[0][0].contains("RP-") && rows[1][3..8] == ["Signed", "Unit", "Beside it", "Corrected", "Difference"]);
    assert!(row[8..row.len() - 1].contains(&"#6".to_owned()), "{row:?}");
    assert_eq!(asked(&town, "district", &format!("{sheet}&by=village")).await.code(), "form-invalid");
    let list = crate::figures::rows(
        &asked(&town, "district", &format!("{path}/F074/sheet?edition=latest&lang=en")).await.bytes,
    );
    assert_eq!(list.len(), 2 + 8, "a signed list is that of then: {list:?}");
    // Everybody gets totals only.
    let public = town.app().get(&format!("/report/{REPORT}/docx?lang=zh"), None).await;
    let public = text_of(&public.bytes);
    assert!(public.contains("F074") && !public.contains("按辖区") && !public.contains("按年"));
    assert_eq!(town.app().get("/report/nothing/docx", None).await.status, StatusCode::NOT_FOUND);
}
