//! Reports that officers make: a draft is read and counted and does nothing, mistakes stand at their fields, two signatures put it in
//! force; reports and lists as Excel files.

use crate::programme::town::Town;
use crate::testing::{Answer, Cast, TestApp, VILLAGE};
use axum::http::{Method, StatusCode};
use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};
use std::io::Cursor;
use yizhan::editor::document;
use yizhan::report::draft::rule;
use yizhan::store;

const DRAFTS: &str = "/api/report-drafts";

/// A village of another township than the one of the stories.
const ELSEWHERE: &str = "990100001201";

/// A figure about households on the register.
fn households() -> Value {
    json!({"id": "A1", "title": {"zh": "在册户", "en": "Households"}, "unit": "户", "counts": "subjects",
        "measure": "households", "kind": "household", "where": "household.on_register"})
}

/// A report of some figures, as the console makes it.
fn tree(figures: Value) -> Value {
    json!({"title": {"zh": "帮扶月报", "en": "Help by month"}, "about": {"zh": "每月看一次。", "en": "Looked at every month."},
        "source": "区乡村振兴局", "from": "2021-01-01", "to": "2021-12-31",
        "units": {"户": "households", "人": "persons", "%": "%"},
        "section": [{"title": {"zh": "户和人", "en": "Households and persons"}, "figure": figures}]})
}

async fn read(app: &TestApp, who: &Cast, body: Value) -> Answer {
    app.call(Method::POST, DRAFTS, Some(who), &[], Some(body)).await
}

/// A draft of a new report as it was read.
async fn shaped(app: &TestApp, who: &Cast, figures: Value) -> Value {
    let answer = read(app, who, json!({"report": "help-by-month", "tree": tree(figures)})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

async fn count(app: &TestApp, who: &Cast, asked: Value) -> Answer {
    app.call(Method::POST, &format!("{DRAFTS}/figures"), Some(who), &[], Some(asked)).await
}

#[test]
fn a_report_comes_back_from_the_form_as_it_went_in() {
    let source = store::catalog_source(None).unwrap();
    let text = &source.files["report/effectiveness.toml"];
    let tree = document::tree(text).unwrap();
    assert_eq!(document::written(text, &tree).unwrap(), *text);
    // A figure more is some lines more, and none less.
    let mut more = tree.clone();
    more["section"][1]["figure"].as_array_mut().unwrap().push(households());
    let written = document::written(text, &more).unwrap();
    assert_eq!(document::tree(&written).unwrap(), more);
    assert!(text.lines().all(|line| written.lines().any(|other| other == line)));
    let new: Vec<&str> = written.lines().filter(|line| !text.lines().any(|other| other == *line)).collect();
    assert_eq!(new[0], "id = \"A1\"", "{new:?}");
    assert_eq!(written.matches("[[section.figure]]").count(), text.matches("[[section.figure]]").count() + 1);
    // One that is taken away takes its lines with it.
    let mut less = tree.clone();
    less["section"][0]["figure"].as_array_mut().unwrap().remove(2);
    let written = document::written(text, &less).unwrap();
    assert_eq!(document::tree(&written).unwrap(), less);
    assert!(written.lines().all(|line| text.lines().any(|other| other == line)));
}

#[test]
fn a_mistake_stands_at_its_field() {
    for (at, what, field) in [
        ("/section.figure/2/id", "`layer` is missing", "/section.figure/2/layer"),
        ("/section.figure/0/id", "all money there is", "/section.figure/0/fund"),
        ("/section.figure/0/where", "`where`: `person` has no `sexe`", "/section.figure/0/where"),
        ("/section.figure/1/id", "figure `A1` stands twice", "/section.figure/1/id"),
        ("/to", "the period ends before it begins", "/to"),
    ] {
        assert_eq!(rule::field(at, what), field, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_for_those_who_may_propose_it_and_is_read_by_the_loader() {
    let app = TestApp::new();
    let (clerk, district) = (app.signed_in("clerk").await, app.signed_in("district").await);
    assert_eq!(app.get(DRAFTS, None).await.code(), "sign-in");
    assert_eq!(app.get(DRAFTS, Some(&clerk)).await.code(), "forbidden");
    for path in ["../x", "", "A", "a b", "一"] {
        let refused = read(&app, &district, json!({"report": path, "tree": tree(json!([households()]))})).await;
        assert_eq!(refused.code(), "form-invalid", "{path}");
    }
    let choices = app.get(&format!("{DRAFTS}?lang=zh"), Some(&district)).await.json();
    let counts: Vec<&str> =
        choices["counts"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(
        counts,
        ["transfers", "slips", "cases", "subjects", "facts", "parameter", "rule", "catalog", "figures", "period"]
    );
    let kind = |name: &str| {
        let kinds = choices["kinds"].as_array().unwrap();
        kinds.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    };
    let field = |of: &str, name: &str| {
        let fields = kind(of)["fields"].clone();
        fields.as_array().unwrap().iter().find(|one| one["name"] == name).cloned()
    };
    assert_eq!(field("household", "on_register").unwrap()["of"], "truth");
    assert_eq!(field("person", "household").unwrap()["kind"], "household");
    assert_eq!(field("person", "sex").unwrap()["codes"][0]["name"], "0");
    assert_eq!(field("person", "name"), None, "what is sealed is no condition");

    let good = shaped(&app, &district, json!([households()])).await;
    assert_eq!(good["mistakes"], json!([]), "{}", good["text"]);
    assert_eq!((good["before"].clone(), good["path"].clone()), (Value::Null, json!("report/help-by-month.toml")));
    let text = good["text"].as_str().unwrap();
    assert!(text.contains("from = 2021-01-01\n") && text.contains("\n[[section.figure]]\nid = \"A1\"\n"), "{text}");

    let wrong = |key: &str, value: Value| {
        let mut figure = households();
        figure[key] = value;
        json!([figure])
    };
    for (figures, at, said) in [
        (wrong("where", json!("household.on_registers")), "/section.figure/0/where", "条件里有这类对象没有的属性。"),
        (wrong("where", json!("household.size")), "/section.figure/0/where", "条件要得出“是”或“否”。"),
        (wrong("where", Value::Null), "/section.figure/0/where", "缺少必填的内容。"),
        (wrong("measure", json!("mean")), "/section.figure/0/value", "缺少必填的内容。"),
        (wrong("measure", json!("persons")), "/section.figure/0/measure", "persons"),
        (wrong("kind", json!("house-boat")), "/section.figure/0/kind", "没有这一类对象。"),
        (wrong("unit", json!("只")), "/section.figure/0/unit", "这个单位还没有英文"),
        (wrong("id", json!("A 1")), "/section.figure/0/id", "编号用字母、数字和连字符"),
        (wrong("with", json!("A9")), "/section.figure/0/with", "报表里没有这个编号的指标。"),
        (wrong("title", json!({"zh": "户", "en": ""})), "/section.figure/0/title", "中文和英文都要填写。"),
        (wrong("counts", json!("transfers")), "/section.figure/0/fund", "资金、项目、事项至少选一样。"),
    ] {
        let body = json!({"report": "help-by-month", "tree": tree(figures)});
        let told = app.call(Method::POST, &format!("{DRAFTS}?lang=zh"), Some(&district), &[], Some(body)).await.json();
        let mistakes = told["mistakes"].as_array().unwrap();
        let is_it = |one: &&Value| one["at"] == at && one["said"].as_str().unwrap().contains(said);
        assert!(mistakes.iter().any(|one| is_it(&one)), "{at} {said}: {mistakes:?}");
    }
    // Text that is no file of the catalog is a mistake of its line; it cannot be counted.
    let broken = read(&app, &district, json!({"report": "help-by-month", "text": "title = {\n"})).await.json();
    assert_eq!((broken["tree"].clone(), broken["mistakes"].as_array().unwrap().len()), (Value::Null, 1));
    let refused = count(&app, &district, json!({"report": "help-by-month", "text": "title = {\n"})).await;
    assert_eq!(refused.code(), "catalog-invalid");
    let reports = app.get("/api/figures", Some(&district)).await.json();
    assert_eq!(reports.as_array().unwrap().len(), 1, "a draft is no report");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_counted_as_of_now_within_what_its_maker_may_see() {
    let town = Town::new();
    for (area, number) in [(VILLAGE, 3), (ELSEWHERE, 2)] {
        for _ in 0..number {
            let home = town.add("household", &[("area", area), ("registered", "true")]).to_string();
            town.add("person", &[("household", &home), ("mental-illness", "true"), ("sex", "1")]);
        }
    }
    let app = town.app();
    let (clerk, district) = (app.signed_in("clerk").await, app.signed_in("district").await);
    let seq = app.app.image().seq;
    let share = json!({"id": "A2", "title": {"zh": "男性", "en": "Men"}, "unit": "%", "counts": "subjects", "with": "A1",
        "measure": "rate", "kind": "person", "where": "person.sex == \"1\"", "among": "has(person.household)"});
    let text = shaped(app, &district, json!([households(), share])).await["text"].clone();
    let asked = |by: &str| json!({"report": "help-by-month", "text": text, "by": by});
    assert_eq!(count(app, &clerk, asked("area")).await.code(), "forbidden");
    let told = count(app, &district, asked("area")).await.json();
    let [one, other] = [&told["figures"][0], &told["figures"][1]];
    assert_eq!(
        (&one["value"], &one["opens"], &other["value"], &other["count"]),
        (&json!("5"), &json!(true), &json!("100"), &json!("5"))
    );
    let cell = |told: &Value, of: &str| {
        let parts = told["parts"].as_array().unwrap();
        parts.iter().find(|part| part["of"] == of).map(|part| part["value"].clone())
    };
    assert_eq!((cell(one, "990100003000"), cell(one, "990100001000")), (Some(json!("3")), Some(json!("2"))));
    let villages = count(app, &district, asked("village")).await.json();
    assert_eq!(cell(&villages["figures"][0], ELSEWHERE), Some(json!("2")));
    // Only the figure that is named, only in a part of the area.
    let mut narrow = asked("whole");
    (narrow["figures"], narrow["area"]) = (json!(["A1"]), json!(VILLAGE));
    let told = count(app, &district, narrow.clone()).await.json();
    assert_eq!((told["figures"].as_array().unwrap().len(), &told["figures"][0]["value"]), (1, &json!("3")));
    narrow["figures"] = json!(["A7"]);
    assert_eq!(count(app, &district, narrow).await.code(), "not-found");
    // It opens to its list.
    let list =
        app.call(Method::POST, &format!("{DRAFTS}/figures/A1"), Some(&district), &[], Some(asked("whole"))).await;
    let list = list.json();
    assert_eq!((list["total"].clone(), list["lines"].as_array().unwrap().len()), (json!(5), 5));
    assert_eq!(app.app.image().seq, seq, "nothing was recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rests_on_what_is_not_theirs_is_not_counted() {
    let town = Town::new();
    let home = town.household("true").to_string();
    town.add("person", &[("household", &home), ("mental-illness", "true")]);
    let app = town.app();
    let district = app.signed_in("district").await;
    // Of the attributes that a district may not see, one that a condition can read.
    let hidden = {
        let image = app.app.image();
        let catalog = image.catalog().unwrap();
        let hidden = catalog.attributes.values().find(|one| {
            one.sealed.is_none()
                && one.kind.as_str() == "flag"
                && catalog.subjects.contains_key(&one.subject)
                && one.seen_by.iter().all(|role| role != "district")
        });
        hidden.map(|one| one.name.replace('-', "_"))
    };
    let Some(hidden) = hidden else { return };
    let kind = hidden.split('.').next().unwrap();
    let figure = json!({"id": "A1", "title": {"zh": "不该看", "en": "Hidden"}, "unit": "人", "counts": "subjects",
        "measure": "subjects", "kind": kind.replace('_', "-"), "where": hidden});
    let ratio = json!({"id": "A2", "title": {"zh": "比", "en": "Share"}, "unit": "%", "counts": "figures",
        "measure": "ratio", "over": ["A1", "A3"]});
    let mut all = households();
    all["id"] = json!("A3");
    all["with"] = json!("A1");
    let draft = shaped(app, &district, json!([figure, ratio, all])).await;
    assert_eq!(draft["mistakes"], json!([]));
    let asked = json!({"report": "help-by-month", "text": draft["text"]});
    let told = count(app, &district, asked.clone()).await.json();
    for (n, value) in [(0, ""), (1, ""), (2, "1")] {
        assert_eq!(told["figures"][n]["value"], value, "{told}");
    }
    assert_eq!(told["figures"][2]["count"], "");
    let path = format!("{DRAFTS}/figures/A1");
    assert_eq!(app.call(Method::POST, &path, Some(&district), &[], Some(asked)).await.code(), "forbidden");
}

/// Proposes a report's file and signs it twice.
async fn adopted(app: &mut TestApp, text: &Value) {
    let (one, other) = (app.signed_in("district").await, app.signed_in("district2").await);
    let number = app.app.image().catalog_number();
    let files = json!([{"path": "report/help-by-month.toml", "text": text}]);
    let proposal = json!({"number": number, "files": files, "why": "每月要报"});
    let opened = app.post("/api/editor/propose", Some(&one), proposal).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    let case = opened.json()["number"].as_str().unwrap().to_owned();
    let before = app.get("/api/figures/help-by-month", Some(&one)).await;
    assert!(before.status == StatusCode::NOT_FOUND || app.app.image().catalog_number() > 1, "nothing is in force yet");
    for who in [&other, &one] {
        let signed = app.step(&case, who, json!({"verb": "sign"})).await;
        assert_eq!(signed.status, StatusCode::OK, "{}", signed.text);
    }
}

/// The rows of an Excel file, numbers marked.
pub fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut book = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let cell = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        other => format!("#{other}"),
    };
    sheet.rows().map(|row| row.iter().map(cell).collect()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_signatures_put_a_report_in_force_and_it_goes_out_as_excel() {
    let mut town = Town::new();
    for _ in 0..3 {
        town.household("true");
    }
    let app = town.app_mut();
    let (clerk, district) = (app.signed_in("clerk").await, app.signed_in("district").await);
    let mut hidden = households();
    (hidden["id"], hidden["public"]) = (json!("A2"), json!(false));
    let text = shaped(app, &district, json!([households(), hidden])).await["text"].clone();
    adopted(app, &text).await;
    let names = app.get("/api/figures", Some(&clerk)).await.json();
    let names: Vec<&str> = names.as_array().unwrap().iter().map(|one| one["report"].as_str().unwrap()).collect();
    assert_eq!(names, ["effectiveness", "help-by-month"]);
    let told = app.get("/api/figures/help-by-month", Some(&clerk)).await.json();
    assert_eq!(told["sections"][0]["figures"][0]["value"], "3");
    assert_eq!(app.get("/api/figures/help-by-month/A1", Some(&clerk)).await.json()["total"], 3);
    let page = app.get("/report/help-by-month?lang=en", None).await;
    assert!(page.text.contains("A1") && !page.text.contains("A2"), "what is not public is told to nobody else");

    // One more figure of it, the same way; what somebody else changed meanwhile is told.
    let number = app.app.image().catalog_number();
    let now = read(app, &district, json!({"report": "help-by-month"})).await.json();
    assert_eq!(now["text"], text);
    let mut more = now["tree"].clone();
    let mut figure = households();
    (figure["id"], figure["where"]) = (json!("A3"), json!("!household.on_register"));
    more["section"][0]["figure"].as_array_mut().unwrap().push(figure);
    let body = json!({"report": "help-by-month", "text": text, "tree": more, "number": number});
    let draft = read(app, &district, body).await.json();
    assert_eq!((draft["mistakes"].clone(), draft["changed"].clone()), (json!([]), json!(false)));
    adopted(app, &draft["text"]).await;
    let told = app.get("/api/figures/help-by-month", Some(&clerk)).await.json();
    assert_eq!(told["sections"][0]["figures"].as_array().unwrap().len(), 3);
    let late = json!({"report": "help-by-month", "text": text, "number": number});
    assert_eq!(read(app, &district, late).await.json()["changed"], true);

    // As Excel: numbers can be added, everything else is text.
    let path = "/api/figures/help-by-month/sheet";
    assert_eq!(app.get(path, None).await.code(), "sign-in");
    let file = app.get(&format!("{path}?by=village&lang=zh"), Some(&clerk)).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    assert!(file.headers["content-disposition"].to_str().unwrap().contains("help-by-month.xlsx"));
    let table = rows(&file.bytes);
    assert!(table[0][0].starts_with("帮扶月报"), "{:?}", table[0]);
    assert_eq!(table[1][..4], ["编号", "板块", "指标", "数值"]);
    assert_eq!(table[1].len(), 8, "a clerk's own village is the only column more: {:?}", table[1]);
    assert_eq!(table[2][..5], ["A1", "户和人", "在册户", "#3", "户"]);
    assert_eq!(table[2][6], "#3");
    let years = rows(&app.get(&format!("{path}?by=year"), Some(&district)).await.bytes);
    assert_eq!(years[1].len(), 7, "a stand has no years");
    let list = rows(&app.get("/api/figures/help-by-month/A1/sheet?lang=zh", Some(&district)).await.bytes);
    assert!(list[0][0].contains("记录 3 条"), "{:?}", list[0]);
    assert_eq!((list.len(), list[1][0].as_str()), (5, "号"));
    assert!(list[2][0].starts_with('#') && list[2][2] == "户", "{:?}", list[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_as_excel_keeps_what_the_api_keeps() {
    let town = Town::new();
    for area in [VILLAGE, ELSEWHERE] {
        let home = town.add("household", &[("area", area), ("registered", "true")]).to_string();
        town.add("person", &[("household", &home), ("mental-illness", "true")]);
    }
    let app = town.app();
    let (clerk, district) = (app.signed_in("clerk").await, app.signed_in("district").await);
    for (who, status) in [(&clerk, StatusCode::FORBIDDEN), (&district, StatusCode::OK)] {
        for path in ["F046", "F046/sheet"] {
            let answer = app.get(&format!("/api/figures/effectiveness/{path}"), Some(who)).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text);
        }
    }
    let told = app.get("/api/figures/effectiveness", Some(&clerk)).await.json();
    let sections = told["sections"].as_array().unwrap();
    let figure = sections.iter().flat_map(|one| one["figures"].as_array().unwrap()).find(|one| one["id"] == "F046");
    let file = rows(&app.get("/api/figures/effectiveness/sheet?by=area", Some(&clerk)).await.bytes);
    let row = file.iter().find(|row| row[0] == "F046").unwrap();
    assert_eq!(
        (row[3].as_str(), &figure.unwrap()["value"]),
        ("", &json!("")),
        "nothing that the API keeps is in the file"
    );
}
