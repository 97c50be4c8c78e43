//! Projects, assets and the collectives' books as they are shown: as of any day, late first, opened by nobody outside the area;
//! what the code on a sign opens; the subjects that forms let one choose.

use crate::asset::Village;
use crate::pay::{opened, settle, signed};
use crate::testing::{Cast, NEIGHBOUR, TestApp, VILLAGE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use yizhan::asset::rule::Rent;
use yizhan::store;
use yizhan_core::catalog::Catalog;
use yizhan_kit::{Day, Fen};

async fn read(app: &TestApp, who: &Cast, path: &str) -> Value {
    let answer = app.get(path, Some(who)).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer.json()
}

fn find<'a>(list: &'a Value, key: &str, value: &str) -> &'a Value {
    let mut rows = list.as_array().unwrap().iter();
    rows.find(|row| row[key] == value).unwrap_or_else(|| panic!("no {key} = {value} in {list}"))
}

#[test]
fn rent_is_owed_in_advance_period_by_period() {
    let day = |text: &str| text.parse::<Day>().unwrap();
    let rent = |months, paid: Option<&str>| Rent {
        year: Fen(1_200_000),
        months,
        first: day("2020-02-01"),
        last: day("2021-12-31"),
        paid_until: paid.map(day),
    };
    for (months, paid, on, owed) in [
        (12, None, "2020-01-31", None),
        (12, None, "2020-02-01", Some(("2020-02-01", 1_200_000))),
        (12, None, "2021-01-31", Some(("2020-02-01", 1_200_000))),
        (12, None, "2021-02-01", Some(("2020-02-01", 2_400_000))),
        (6, Some("2021-01-31"), "2021-01-31", None),
        (6, Some("2021-01-31"), "2021-02-01", Some(("2021-02-01", 600_000))),
        (3, Some("2021-01-31"), "2021-08-01", Some(("2021-02-01", 900_000))),
        // Nothing begins after the last day.
        (12, Some("2021-12-31"), "2022-06-01", None),
        (6, Some("2021-07-31"), "2023-01-01", Some(("2021-08-01", 600_000))),
    ] {
        let known = rent(months, paid).owed(day(on)).map(|(due, amount)| (due.to_string(), amount.0));
        let wanted = owed.map(|(due, amount): (&str, i64)| (due.to_owned(), amount));
        assert_eq!(known, wanted, "every {months} months, paid until {paid:?}, on {on}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_shows_its_rights_rent_and_care_on_any_day() {
    let mut app = TestApp::new();
    let mut here = Village::new(&app).await;
    let asset = here.asset(&app, "葡萄大棚");
    let contract = json!({
        "region": VILLAGE, "asset": asset, "owner": here.collective, "operator": here.operator, "number": "2021-1",
        "rent": "12000.00", "pays": "half", "first_day": "2021-02-01", "last_day": "2021-12-31", "deposit": "2000.00",
        "duties": "村集体负责大修，经营主体负责看管"
    });
    let number = here.carried(&mut app, "asset-contract", contract, &["contract", "income-plan"]).await;
    here.days_pass(&app, 31).await;

    let all = read(&app, &here.clerk, "/api/assets").await;
    assert_eq!((&all["wrong"], &all["arrears"]), (&json!(1), &json!("6000.00")), "{all}");
    let path = format!("/api/assets/{asset}");
    let page = read(&app, &here.clerk, &path).await;
    let row = &page["row"];
    let held = |kind: &str| find(&row["rights"], "kind", kind)["holder"].clone();
    assert_eq!(held("ownership"), "示范村股份经济合作社");
    assert_eq!(held("operation"), "示范种植公司", "named though it lies in another village");
    assert_eq!(held("supervision"), "街道农业农村办公室");
    let owed = &row["contract"];
    assert_eq!(
        (&owed["arrears"], &owed["days_late"], &owed["in_arrears"]),
        (&json!("6000.00"), &json!(31), &json!(true))
    );
    let patrol = find(&row["care"], "name", "patrol");
    assert!(patrol["due"] == "" && patrol["days_late"].as_i64().unwrap() > 1_000, "never done: {patrol}");
    assert_eq!(page["cases"], json!([]), "no case told of the asset itself");
    assert_eq!(page["rights"].as_array().unwrap().len(), 4);

    // The day before the contract nobody ran it.
    let before = read(&app, &here.clerk, &format!("{path}?on=2021-01-31")).await;
    assert!(before["row"]["rights"].as_array().unwrap().iter().all(|right| right["kind"] != "operation"), "{before}");
    assert_eq!(before["row"]["contract"], Value::Null);
    assert_eq!(read(&app, &here.clerk, "/api/assets?on=2018-04-30").await["rows"], json!([]), "not taken over yet");

    // A rent arrives: the year's figure and the account tell it the same minute.
    let rent = json!({"region": VILLAGE, "payer": here.operator, "amount": "6000.00", "kind": "rent", "period": "2021",
                      "asset": asset, "contract": contract_of(&page), "paid_until": "2021-07-31"});
    let receipt = opened(&mut app, &here.township, "asset-receipt", rent).await;
    signed(&mut app, &here.township, &receipt, json!({})).await;
    let page = read(&app, &here.clerk, &path).await;
    assert_eq!((&page["row"]["received"], &page["earned"][0]["transfers"]), (&json!("6000.00"), &json!(1)));
    assert_eq!(page["row"]["contract"]["arrears"], "0.00");
    assert_eq!(page["cases"][0]["number"], json!(receipt), "it told when income was received");

    // The case says whom it is about by name, and opens them.
    let case = read(&app, &here.clerk, &format!("/api/cases/{number}")).await;
    let said = find(&case["said"], "title", "Asset");
    assert_eq!((&said["text"], &said["subjects"][0]["page"]), (&json!("葡萄大棚"), &json!("asset")), "{said}");

    // The collective's book: 资金 and 资产.
    let books = read(&app, &here.clerk, "/api/collectives").await;
    assert_eq!(find(&books, "name", "示范村股份经济合作社")["held"], "8000.00", "the rent and the deposit");
    let book = read(&app, &here.clerk, &format!("/api/collectives/{}", here.collective)).await;
    assert_eq!(book["funds"].as_array().unwrap().len(), 2, "{book}");

    // Nobody else's.
    let neighbour = app.signed_in("neighbour").await;
    assert_eq!(app.get(&path, Some(&neighbour)).await.code(), "not-found");
    assert_eq!(read(&app, &neighbour, "/api/assets").await["rows"], json!([]));
    let hospital = app.signed_in("hospital").await;
    assert_eq!(app.get("/api/assets", Some(&hospital)).await.code(), "forbidden");
    let auditor = app.signed_in("auditor").await;
    assert_eq!(read(&app, &auditor, &path).await["row"]["contract"]["operator"], "示范种植公司");

    // What the code on the sign opens: no session, no person, no operator.
    let public = app.get(&format!("/asset/{asset}?lang=zh"), None).await;
    assert_eq!(public.status, StatusCode::OK, "{}", public.text);
    assert_eq!(public.headers["x-robots-tag"], "noindex, nofollow");
    for told in ["葡萄大棚", "示范村股份经济合作社", "街道农业农村办公室", "2018"] {
        assert!(public.text.contains(told), "{told}: {}", public.text);
    }
    assert!(!public.text.contains("示范种植公司"), "who runs it is not for everybody");
    assert_eq!(app.get(&format!("/asset/{}?lang=zh", here.collective), None).await.status, StatusCode::NOT_FOUND);
    let print = format!("/poster/asset/{asset}?lang=zh");
    assert_eq!(app.get(&print, None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.get(&print, Some(&neighbour)).await.status, StatusCode::NOT_FOUND);
    let printed = app.get(&print, Some(&here.clerk)).await.text;
    for told in ["项目简介牌", "项目简介手册", "扶贫资产标识牌", "生产周期标识", "示意", "<svg", "6000.00"]
    {
        assert!(printed.contains(told), "{told}");
    }
    let label = app.get(&format!("{print}&of=labels"), Some(&here.clerk)).await.text;
    assert!(label.contains("扶贫资产标识牌") && !label.contains("项目简介手册"));
}

fn contract_of(page: &Value) -> Value {
    page["contracts"][0]["subject"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_stand_at_their_gate_with_what_is_missing_there() {
    let mut app = TestApp::new();
    let mut here = Village::new(&app).await;
    let form = json!({
        "region": VILLAGE, "project_name": "柳湾葡萄大棚", "industry": "planting", "content": "新建冬暖式葡萄大棚六座",
        "planned_funds": "300000.00", "planned_income": "24000.00"
    });
    let number = opened(&mut app, &here.clerk, "industry-project", form).await;
    crate::asset::attach(&mut app, &here.clerk, &number, &["application"]).await;
    here.days_pass(&app, 28).await;
    let all = read(&app, &here.clerk, "/api/projects").await;
    let row = &all["rows"][0];
    assert_eq!(
        (&row["name"], &row["subject"], &row["case"]),
        (&json!("柳湾葡萄大棚"), &json!(0), &json!(number)),
        "{all}"
    );
    assert_eq!(
        (&row["gate"], &row["gates"], &row["missing"]),
        (&json!(1), &json!(9), &json!(["Minutes of the village's vote"]))
    );
    assert!(row["days_late"].as_i64().unwrap() > 0 && all["late"] == 1, "{row}");
    assert_eq!(all["planned"], "300000.00");
    crate::asset::attach(&mut app, &here.clerk, &number, &["vote"]).await;
    signed(&mut app, &here.clerk, &number, json!({})).await;
    let row = read(&app, &here.clerk, "/api/projects").await["rows"][0].clone();
    assert_eq!((&row["gate"], &row["days_late"], &row["case"]), (&json!(2), &json!(0), &json!(number)), "{row}");
    let page = read(&app, &here.clerk, &format!("/api/projects/{}", row["subject"])).await;
    assert_eq!(page["cases"][0]["number"], json!(number), "the case that told of it");
    let neighbour = app.signed_in("neighbour").await;
    assert_eq!(read(&app, &neighbour, "/api/projects").await["rows"], json!([]));
    assert_eq!(app.get(&format!("/api/projects/{}", row["subject"]), Some(&neighbour)).await.code(), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn subjects_are_chosen_by_name_through_the_gate() {
    let app = TestApp::new();
    let here = Village::new(&app).await;
    let asset = here.asset(&app, "樱桃园");
    settle(&app, "enterprise", NEIGHBOUR, "邻村果蔬合作社");
    let ask = async |who: &Cast, body: Value| {
        let answer = app.call(Method::POST, "/api/subjects", Some(who), &[], Some(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["rows"].as_array().unwrap().clone()
    };
    let names = |rows: &[Value]| rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    // In Hanzi, by pinyin, by initials; all of them where nothing is typed.
    for typed in ["樱桃", "yingtao", "yty", ""] {
        let rows = ask(&here.clerk, json!({"kinds": ["asset"], "text": typed})).await;
        assert_eq!(
            (rows[0]["subject"].as_u64(), names(&rows)),
            (Some(asset.into()), vec!["樱桃园".to_owned()]),
            "{typed}"
        );
        assert_eq!((&rows[0]["page"], &rows[0]["opens"]), (&json!("asset"), &json!(asset)));
    }
    assert_eq!(ask(&here.clerk, json!({"kinds": ["asset"], "text": "葡萄"})).await, Vec::<Value>::new());
    // Several kinds at once; what lies in another village is for whoever reaches it.
    let both = json!({"kinds": ["enterprise", "agency"]});
    assert_eq!(ask(&here.clerk, both.clone()).await, Vec::<Value>::new());
    let mut found = names(&ask(&here.township, both).await);
    found.sort_unstable();
    assert_eq!(found, ["示范种植公司", "街道农业农村办公室", "邻村果蔬合作社"]);
    // What belongs to an asset, and no other.
    let rights = ask(&here.clerk, json!({"kinds": ["right"], "among": asset})).await;
    assert_eq!(rights.len(), 3);
    assert!(
        rights.iter().any(|row| row["note"].as_str().unwrap().contains("Ownership · 示范村股份经济合作社")),
        "{rights:?}"
    );
    // Those that are named already, by whoever may see them.
    assert_eq!(names(&ask(&here.clerk, json!({"these": [asset, 0, 999_999]})).await), ["樱桃园"]);
    let neighbour = app.signed_in("neighbour").await;
    assert_eq!(ask(&neighbour, json!({"these": [asset]})).await, Vec::<Value>::new());
    let system = app.signed_in("system").await;
    let refused = json!({"kinds": ["asset"]});
    let refused = app.call(Method::POST, "/api/subjects", Some(&system), &[], Some(refused)).await;
    assert_eq!(refused.code(), "forbidden");
}

/// Nobody is asked to type the number of a subject: whatever a form takes as one is chosen, or set from outside.
#[test]
fn no_form_asks_for_a_number_of_the_register() {
    let catalog = Catalog::load(store::catalog_source(None).unwrap()).unwrap();
    let mut asked = 0;
    let mut walk: Vec<(String, Value)> = Vec::new();
    for service in catalog.services.values() {
        let steps = service.steps.iter().filter(|step| step.lines.is_none()).filter_map(|step| step.form.as_ref());
        let entries = service.entries.iter().filter(|entry| entry.lines.is_none()).map(|entry| &entry.form);
        for form in std::iter::once(&service.form).chain(steps).chain(entries) {
            walk.push((form.path.clone(), form.schema.clone()));
        }
    }
    while let Some((path, schema)) = walk.pop() {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let each = if property["type"] == "array" { &property["items"] } else { property };
            if each["maximum"] == json!(u32::MAX) {
                asked += 1;
                let drawn = [&each["x-control"], &property["x-control"]];
                let chosen = drawn
                    .iter()
                    .any(|control| ["subject", "hidden", "members"].iter().any(|known| **control == *known));
                assert!(chosen, "{path} {name}: asks for a number");
                assert!(
                    each["x-of"].as_array().is_some_and(|kinds| !kinds.is_empty()),
                    "{path} {name}: of which kind?"
                );
            }
            walk.push((format!("{path} {name}"), each.clone()));
        }
    }
    assert!(asked > 80, "{asked} fields");
}
