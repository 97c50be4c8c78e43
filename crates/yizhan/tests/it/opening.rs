//! Coming from paper: projects and contracts by a table, held against the totals of the books; the same table twice writes nothing.

use crate::asset::Village;
use crate::pay::{opened, settle, signed};
use crate::testing::{Cast, DISTRICT, TOWNSHIP, TestApp, VILLAGE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

const HEADINGS: &str = "所在村,项目名称,产业类别,年度,计划投资,已拨付,已支出,施工单位,批复日期,验收日期,移交日期,资产名称,资产原值,年计划收益,监督单位";

fn projects() -> String {
    format!(
        "{HEADINGS}\n\
         {VILLAGE},葡萄大棚,特色种植,2018,\"300,000\",290000,280000.00,示范种植公司,2018-03-01,2018-10-01,2018-11-01,葡萄大棚,280000,24000,街道农业农村办公室\n\
         {VILLAGE},光伏电站,光伏发电,2019,200000,190000,170000,示范种植公司,2019/3/1,,,,,,\n"
    )
}

async fn bring(app: &TestApp, who: &Cast, case: &str, query: &str, table: &str) -> Value {
    let path = format!("/api/cases/{case}/opening{query}");
    let answer = app.raw(Method::POST, &path, Some(who), &[], table.as_bytes().to_vec()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_and_contracts_come_in_when_they_agree_with_the_books() {
    let mut app = TestApp::new();
    let here = Village::new(&app).await;
    settle(&app, "treasury", DISTRICT, "区财政专户");
    let form =
        json!({"region": TOWNSHIP, "count": 2, "planned": "500000.00", "granted": "480000.00", "spent": "450000.00"});
    let case = opened(&mut app, &here.township, "opening-projects", form.clone()).await;

    // What is wrong is told by its cell; nothing of such a table is signed.
    let good = projects();
    for (wrong, why) in [
        (
            good.replace("2019,200000,190000,170000,示范种植公司", "2019,200000,190000,170000,没有的公司"),
            "H3 施工单位：",
        ),
        (good.replace("190000,170000", "190000,190001"), "G3 已支出：支出大于拨付"),
        (good.replace("170000,示范种植公司", "170000,"), "H3 施工单位：有支出"),
        (good.replace("光伏发电", "风力发电"), "C3 产业类别："),
        (good.replace("200000,190000", "二十万,190000"), "E3 计划投资："),
        (good.replace("光伏电站,光伏发电", "葡萄大棚,光伏发电"), "3：同一个对象出现两次"),
        (good.replace(&format!("{VILLAGE},光伏"), "990100001201,光伏"), "A3 所在村：不在这个办件的区域里"),
    ] {
        let told = bring(&app, &here.township, &case, "?sign=true", &wrong).await;
        assert_eq!(told["signed"], false, "{told}");
        assert!(told["bad"][0].as_str().unwrap().starts_with(why), "{why}: {told}");
    }
    let bare = good.replace("项目名称", "叫什么");
    let path = format!("/api/cases/{case}/opening");
    let refused = app.raw(Method::POST, &path, Some(&here.township), &[], bare.into_bytes()).await;
    assert!(refused.code() == "form-invalid" && refused.text.contains("项目名称"), "{}", refused.text);
    let less = good.replace("190000,170000", "189999.99,170000");
    let told = bring(&app, &here.township, &case, "?sign=true", &less).await;
    assert_eq!((&told["agrees"], &told["signed"]), (&json!(false), &json!(false)));
    let granted = &told["totals"][2];
    assert_eq!((&granted["found"], &granted["stated"]), (&json!("479999.99"), &json!("480000.00")), "{told}");

    // It agrees, is signed, and is booked by the district: only then is anything there.
    let told = bring(&app, &here.township, &case, "?sign=true", &good).await;
    assert_eq!((&told["agrees"], &told["signed"], &told["known"]), (&json!(true), &json!(true), &json!(0)), "{told}");
    assert_eq!(app.get("/api/projects", Some(&here.clerk)).await.json()["rows"], json!([]));
    let kept = app.get(&format!("/api/cases/{case}/opening"), Some(&here.district)).await.json();
    assert_eq!((&kept["rows"][0][1], &kept["rows"][0][7]), (&json!("葡萄大棚"), &json!("示范种植公司")), "{kept}");
    signed(&mut app, &here.district, &case, json!({})).await;
    let all = app.get("/api/projects", Some(&here.clerk)).await.json();
    let rows = all["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &all["granted"], &all["spent"]), (2, &json!("480000.00"), &json!("450000.00")), "{all}");
    let done = rows.iter().find(|row| row["name"] == "葡萄大棚").unwrap();
    assert!(done["gate"].as_u64() > done["gates"].as_u64() && done["year"] == "2018", "{done}");
    let project = app.get(&format!("/api/projects/{}", done["subject"]), Some(&here.township)).await.json();
    assert_eq!(project["cases"][0]["number"], json!(case), "marked by the case that told it");
    let path = format!("/api/accounts/{}/special", done["subject"]);
    let statement = app.get(&path, Some(&here.clerk)).await.json();
    assert_eq!((&statement["held"], &statement["transfers"][0]["case"]), (&json!("10000.00"), &json!(case)));
    let assets = app.get("/api/assets", Some(&here.clerk)).await.json();
    let asset = &assets["rows"][0];
    assert_eq!(
        (&asset["name"], &asset["worth"], assets["rows"].as_array().unwrap().len()),
        (&json!("葡萄大棚"), &json!("280000.00"), 1)
    );
    let mut held: Vec<_> =
        asset["rights"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    held.sort_unstable();
    assert_eq!(held, ["income", "ownership", "supervision"]);
    let old = app.get("/api/assets?on=2018-10-31", Some(&here.clerk)).await.json();
    assert_eq!(old["rows"], json!([]), "the day before it was handed over");

    // The same table once more: everything is known, nothing is signed, whoever asks.
    let again = opened(&mut app, &here.township, "opening-projects", form).await;
    let told = bring(&app, &here.township, &again, "?sign=true", &good).await;
    assert_eq!((&told["agrees"], &told["known"], &told["signed"]), (&json!(true), &json!(2), &json!(false)), "{told}");
    let forced = json!({"verb": "sign", "answers": {"rows": [
        {"village": VILLAGE, "project_name": "葡萄大棚", "industry": "planting", "planned": "300000.00"}]}});
    let refused = app.step(&again, &here.township, forced).await;
    assert_eq!(refused.code(), "form-invalid", "{}", refused.text);

    contracts(&mut app, &here, asset["subject"].as_u64().unwrap()).await;
}

/// Contracts about the asset: a difference is explained or it is not signed.
async fn contracts(app: &mut TestApp, here: &Village, asset: u64) {
    let form = json!({"region": TOWNSHIP, "count": 1, "rent": "25000.00", "deposit": "5000.00"});
    let case = opened(app, &here.township, "opening-contracts", form).await;
    let table = format!(
        "所在村,资产名称,合同编号,经营主体,年租金,交租方式,合同起始日期,合同届满日期,保证金,租金交至\n\
         {VILLAGE},葡萄大棚,LW-2018-01,示范种植公司,24000,一年一交,2018-11-01,2023-10-31,5000,2020-10-31\n"
    );
    let wrong = table.replace("2023-10-31", "2018-10-31");
    let told = bring(app, &here.township, &case, "", &wrong).await;
    assert!(told["bad"][0].as_str().unwrap().starts_with("H2 合同届满日期：届满日期早于"), "{told}");
    let told = bring(app, &here.township, &case, "?sign=true", &table).await;
    assert_eq!((&told["agrees"], &told["signed"]), (&json!(false), &json!(false)), "{told}");
    let told = bring(app, &here.township, &case, "?sign=true&because=rounded-in-the-book", &table).await;
    assert_eq!((&told["agrees"], &told["signed"]), (&json!(false), &json!(true)), "{told}");
    let kept = app.get(&format!("/api/cases/{case}/opening"), Some(&here.district)).await.json();
    assert_eq!(kept["difference"], "rounded-in-the-book");
    signed(app, &here.district, &case, json!({})).await;
    let page = app.get(&format!("/api/assets/{asset}"), Some(&here.clerk)).await.json();
    let contract = &page["row"]["contract"];
    assert_eq!(
        (&contract["number"], &contract["operator"], &contract["arrears"]),
        (&json!("LW-2018-01"), &json!("示范种植公司"), &json!("24000.00")),
        "{page}"
    );
    let right = page["rights"].as_array().unwrap().iter().find(|right| right["kind"] == "operation").unwrap();
    assert_eq!((&right["from"], &right["ends"]), (&json!("2018-11-01"), &json!("2023-11-01")));
    let deposit = app.get(&format!("/api/accounts/{}/deposit", here.collective), Some(&here.clerk)).await.json();
    assert_eq!((&deposit["held"], &deposit["transfers"][0]["case"]), (&json!("5000.00"), &json!(case)));
    let again = json!({"region": TOWNSHIP, "count": 1, "rent": "24000.00", "deposit": "5000.00"});
    let again = opened(app, &here.township, "opening-contracts", again).await;
    let told = bring(app, &here.township, &again, "?sign=true", &table).await;
    assert_eq!((&told["agrees"], &told["known"], &told["signed"]), (&json!(true), &json!(1), &json!(false)), "{told}");
}
