//! The desk by the national names: pre-settle, settle, cancel.

use super::{OLD, Zone, admitted};
use crate::testing::{Cast, TestApp};
use axum::http::Method;
use serde_json::{Value, json};

async fn ask(app: &mut TestApp, who: &Cast, infno: &str, input: Value) -> Value {
    let body = json!({"infno": infno, "msgid": "H001", "input": input});
    let answer = app.post(&format!("/api/fsi/{infno}"), Some(who), body).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert_eq!(answer.json()["inf_refmsgid"], "H001");
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn pre_settle_settle_cancel_by_the_national_names() {
    let mut app = TestApp::new();
    let zone = Zone::new(&mut app).await;
    let person = zone.person(&mut app, OLD).await;
    let number = admitted(&mut app, &zone.desk, person, "2021-01-20").await;
    let bill = json!({"mdtrtinfo": {
        "mdtrt_id": number, "med_type": "21", "dscg_date": "2021-01-29 10:30:00", "medfee_sumamt": 20000.1,
        "fulamt_ownpay_amt": "1000.10", "preselfpay_amt": 500, "acct_used_flag": "0", "psn_no": "3715000001"
    }});
    let would = ask(&mut app, &zone.desk, "2303", bill.clone()).await;
    let expected = [
        ("medfee_sumamt", "20000.10"),
        ("fulamt_ownpay_amt", "1000.10"),
        ("overlmt_selfpay", "0.00"),
        ("preselfpay_amt", "500.00"),
        ("inscp_scp_amt", "18500.00"),
        ("hifp_pay", "12600.00"),
        ("hifmi_pay", "585.00"),
        ("hosp_part_amt", "531.50"),
        ("maf_pay", "3348.45"),
        ("oth_pay", "1148.04"),
        ("fund_pay_sumamt", "17681.49"),
        ("psn_part_amt", "1787.11"),
        ("psn_cash_pay", "1787.11"),
        ("acct_pay", "0.00"),
        ("mdtrt_id", number.as_str()),
    ];
    for (name, value) in expected {
        assert_eq!(would["output"]["setlinfo"][name], value, "{name}: {would}");
    }
    assert_eq!(would["output"]["setlinfo"]["setl_id"], Value::Null, "nothing is kept");
    assert_eq!(would["output"]["setldetail"][0]["fund_pay_type"], "basic");

    let done = ask(&mut app, &zone.desk, "2304", bill.clone()).await;
    let id = done["output"]["setlinfo"]["setl_id"].as_str().unwrap_or_else(|| panic!("{done}")).to_owned();
    for (name, value) in expected {
        assert_eq!(done["output"]["setlinfo"][name], value, "{name}: {done}");
    }
    let twice = ask(&mut app, &zone.desk, "2304", bill.clone()).await;
    assert_eq!((&twice["infcode"], &twice["output"]), (&json!(-1), &Value::Null), "{twice}");
    assert!(twice["err_msg"].as_str().unwrap().starts_with("move-not-allowed"), "{twice}");

    let strange = ask(&mut app, &zone.desk, "2305", json!({"data": {"mdtrt_id": number, "setl_id": "1"}})).await;
    assert!(strange["err_msg"].as_str().unwrap().starts_with("not-found"), "{strange}");
    let other = ask(&mut app, &zone.other, "2305", json!({"data": {"mdtrt_id": number, "setl_id": id}})).await;
    assert!(other["err_msg"].as_str().unwrap().starts_with("case-not-found"), "{other}");
    let gone = ask(&mut app, &zone.desk, "2305", json!({"data": {"mdtrt_id": number, "setl_id": id}})).await;
    assert_eq!((&gone["infcode"], &gone["output"]["setlinfo"]["setl_id"]), (&json!(0), &json!(id)), "{gone}");
    let again = ask(&mut app, &zone.desk, "2304", bill).await;
    assert_eq!(again["output"]["setlinfo"]["psn_cash_pay"], "1787.11", "{again}");

    for (path, body) in
        [("/api/fsi/2303", json!({"infno": "2304", "input": {}})), ("/api/fsi/2305", json!({"infno": "2305"}))]
    {
        let wrong = app.call(Method::POST, path, Some(&zone.desk), &[], Some(body)).await;
        assert_eq!(wrong.code(), "body-invalid", "{}", wrong.text);
    }
    let officer = app
        .call(Method::POST, "/api/fsi/2303", Some(&zone.district), &[], Some(json!({"infno": "2303", "input": {}})))
        .await;
    assert_eq!(officer.code(), "forbidden");
}
