//! Tables that people bring.

use crate::testing::{Answer, TestApp};
use axum::http::{Method, StatusCode};
use yizhan::sheet::Sheet;
use yizhan::table::model::Table;
use yizhan::table::rule::{day, plain};

#[test]
fn headings_lose_what_people_add() {
    assert_eq!(plain(" * 身份证号码（18位） "), "身份证号码");
    assert_eq!(plain("Mobile number:"), "mobilenumber");
}

#[test]
fn days_are_read_as_people_write_them() {
    for text in ["2021-02-03", "2021/2/3", "2021.2.3", "2021年2月3日", "20210203", "2021-02-03 08:30"] {
        assert_eq!(day(text), "2021-02-03".parse().ok(), "{text}");
    }
    for text in ["2021-02-30", "3.2", "明天", ""] {
        assert_eq!(day(text), None, "{text}");
    }
}

#[test]
fn a_table_is_read_whichever_way_it_was_saved() {
    let text = "乘客名单\n姓名,电话\n柳二,15400000001\n\n\"柳,三\",15400000002\n";
    let table = Table::read(text.as_bytes()).unwrap();
    assert_eq!(table.headings, ["姓名", "电话"]);
    assert_eq!(table.rows[1], (4, vec!["柳,三".to_owned(), "15400000002".to_owned()]), "empty lines are no rows");
    let (gb, _, _) = encoding_rs::GB18030.encode(text);
    assert_eq!(Table::read(&gb).unwrap(), table);
    assert_eq!(Table::read(text.replace(',', "\t").replace("柳\t三", "柳,三").as_bytes()).unwrap(), table);
    for broken in [&b"PK\x03\x04nothing"[..], b"\xd0\xcf\x11\xe0", b"one\ntwo", b"", b"a,b\n", b"\0\0,\0\n1,2"] {
        assert!(Table::read(broken).is_err(), "{broken:?}");
    }
}

/// A table as a unit's browser sends it.
async fn sent(app: &TestApp, file: &[u8], agreed: bool) -> Answer {
    let mut body = Vec::new();
    let mut part = |head: &str, bytes: &[u8]| {
        body.extend_from_slice(format!("--edge\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    };
    part("name=\"unit\"", "示范酒店".as_bytes());
    part("name=\"mobile\"", b"0635-8000000");
    if agreed {
        part("name=\"agreed\"", b"true");
    }
    part("name=\"file\"; filename=\"guests.xlsx\"\r\nContent-Type: application/octet-stream", file);
    body.extend_from_slice(b"--edge--\r\n");
    let kind = [("content-type", "multipart/form-data; boundary=edge"), ("accept-language", "zh")];
    app.raw(Method::POST, "/unit/travel-declaration?lang=zh", None, &kind, body).await
}

const GUESTS: &str = "\
旅客登记表
姓名,身份证号,手机,出发地,风险等级,目的地,详细地址,到达日期,交通方式,车次
柳二,37150219540307001X,15400000001,江苏苏州,低风险,孙桥村,前街3号,2021/2/3,火车,G1234
柳三,110105194912310020,15400000002,江苏苏州,低风险,孙桥村,前街3号,2021/2/3,火车,G1234
柳四,11010519491231002X,15400000003,江苏苏州,低风险,火星村,前街3号,2月3日,火车,G1234
";

#[tokio::test]
async fn a_unit_declares_for_several_people_and_hears_of_every_row() {
    let app = TestApp::new();
    let page = app.get("/unit/travel-declaration?lang=zh", None).await.text;
    assert!(page.contains("必填的列：姓名、身份证号码、手机号码"), "{page}");
    let empty = app.get("/unit/travel-declaration/table.xlsx?lang=zh", None).await;
    assert!(Table::read(&empty.bytes).is_err(), "headings and nothing below");
    assert_eq!(app.get("/unit/residence-proof", None).await.status, StatusCode::NOT_FOUND);
    let village = app.get("/api/regions", None).await.json();
    let of_clerk = village.as_array().unwrap().iter().find(|region| region["code"] == crate::testing::VILLAGE).unwrap();
    let guests = GUESTS.replace("孙桥村", of_clerk["name"].as_str().unwrap());
    assert_eq!(sent(&app, guests.as_bytes(), false).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let done = sent(&app, guests.as_bytes(), true).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert!(done.text.contains("已申报 1 人") && done.text.contains("身份证号码：校验位不符"), "{}", done.text);
    assert!(done.text.contains("“火星村”不是本区的村"), "{}", done.text);
    assert!(done.text.contains("“2月3日”不是日期"), "{}", done.text);
    let clerk = app.signed_in("clerk").await;
    let list = app.get("/api/worklist", Some(&clerk)).await.json();
    assert_eq!(list["total"], 1);
    let number = list["cases"][0]["number"].as_str().unwrap();
    let case = app.get(&format!("/api/cases/{number}"), Some(&clerk)).await.json();
    assert_eq!(case["answers"]["declared_by"]["unit"], "示范酒店", "{case}");
    // The whole file again, as an Excel file: nobody is declared twice.
    let table = Table::read(guests.as_bytes()).unwrap();
    let columns = table.headings.iter().map(|heading| (heading.clone(), 12)).collect();
    let sheet =
        Sheet { title: "旅客登记表".into(), columns, rows: table.rows.into_iter().map(|(_, row)| row).collect() };
    let again = sent(&app, &sheet.bytes().unwrap(), true).await;
    assert!(again.text.contains("已申报 1 人"), "{}", again.text);
    assert_eq!(app.get("/api/worklist", Some(&clerk)).await.json()["total"], 1);
    let lacking = sent(&app, "姓名,电话\n柳二,15400000001\n".as_bytes(), true).await;
    assert!(lacking.text.contains("表里缺少这些列：身份证号码"), "{}", lacking.text);
}

#[tokio::test]
async fn a_page_has_a_table_read_for_it() {
    let app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let read = app.raw(Method::POST, "/api/tables/read", Some(&clerk), &[], "地区,等级\n石家庄市,中\n".into()).await;
    assert_eq!(read.json(), serde_json::json!({"headings": ["地区", "等级"], "rows": [["石家庄市", "中"]]}));
    let stranger = app.raw(Method::POST, "/api/tables/read", None, &[], "a,b\n1,2\n".into()).await;
    assert_eq!(stranger.code(), "sign-in");
}

#[test]
fn a_sheet_as_wide_as_the_world_is_refused_and_a_number_too_long_passes_for_none() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    page.write_string(0, 0, "姓名").unwrap().write_string(0, 1, "证件号").unwrap();
    page.write_string(1, 0, "柳二").unwrap().write_number(1, 1, 371_502_195_403_070_013.0).unwrap();
    let table = Table::read(&book.save_to_buffer().unwrap()).unwrap();
    assert!(table.rows[0].1[1].contains('e'), "{:?}", table.rows[0].1);
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    page.write_string(0, 0, "a").unwrap().write_string(1_048_575, 16_383, "b").unwrap();
    assert!(Table::read(&book.save_to_buffer().unwrap()).is_err());
    assert!(Table::read(format!("{}\n1,2\n", "a,".repeat(5_000)).as_bytes()).is_err());
}
