//! My matters: by telephone and code everything of mine, how far it is, what is asked for, where its parcel is.

use crate::invoice::{Desk, wanted};
use crate::paper::{name_of, pdf, upload};
use axum::http::StatusCode;
use serde_json::{Value, json};
use yizhan::parcel::watch::look;

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_mine_is_there_with_what_is_asked_and_where_the_parcel_is() {
    let mut desk = Desk::new().await;
    desk.take_in("ordinary", "037002100104", 1, 30).await;
    let sent = desk.open("invoice-receive", wanted("91990100MA00000001", 5)).await;
    desk.attach(&sent, "identity").await;
    desk.sign(&sent, json!({})).await;
    desk.sign(&sent, json!({"count": 5})).await;
    assert_eq!(desk.sign(&sent, json!({"by": "mail"})).await.status, StatusCode::OK);
    look(&desk.app.app).await.unwrap();
    // Another one lacks a paper, and one that came was returned.
    let lacking = desk.open("invoice-receive", wanted("91990100MA00000001", 5)).await;
    let agent = desk.agent.clone();
    let address = upload(&desk.app, Some(&agent), "", &pdf(), 1000).await;
    let path = format!("/api/cases/{lacking}/papers/identity");
    let hash = desk.app.post(&path, Some(&agent), name_of(&address)).await.json()["hash"].clone();
    let verdict = json!({"verdict": "return", "hash": hash, "reason": "缺背面"});
    assert_eq!(desk.app.post(&format!("{path}/verdict"), Some(&agent), verdict).await.status, StatusCode::OK);
    // And something is to be paid.
    let taxed = json!({
        "region": "990100001201", "taxpayer": "示范商贸公司", "taxpayer_number": "91990100MA00000001", "name": "柳一",
        "mobile": "15400000001", "vin": "LZYZZZZZZZZ000001", "kind": "ordinary", "bought": "2021-01-20", "price": "113000.00"
    });
    let taxed = desk.open("vehicle-tax", taxed).await;
    // Nobody else's matter is among them.
    let mut other = wanted("91990100MA00000002", 5);
    other["mobile"] = json!("15400000008");
    let others = desk.open("invoice-receive", other).await;

    let wrong = desk.app.submit("/mine/list?lang=zh", &[("mobile", "15400000001"), ("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    desk.app.submit("/mine/code", &[("mobile", "15400000001")]).await;
    let now = desk.app.app.real_clock.now();
    let kept = desk.app.app.with_working(|working| working.list("sms", now)).unwrap();
    let texts: Vec<Value> = kept.iter().map(|(_, value)| serde_json::from_slice(value).unwrap()).collect();
    let text = texts.iter().rev().find_map(|one| one["text"].as_str().filter(|text| text.contains("验证码"))).unwrap();
    let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
    let mine = desk.app.submit("/mine/list?lang=zh", &[("mobile", "15400000001"), ("code", &code)]).await;
    assert_eq!(mine.status, StatusCode::OK, "{}", mine.text);
    let parcel = desk.app.get(&format!("/api/cases/{sent}/parcels"), Some(&agent)).await.json();
    for said in [
        &sent,
        &lacking,
        &taxed,
        "待缴 10000.00 元",
        "签收",
        parcel[0]["waybill"].as_str().unwrap(),
        "已下单",
        "经办人身份证件：缺背面",
    ] {
        assert!(mine.text.contains(said), "{said}");
    }
    assert!(!mine.text.contains(&others));
    // The receipt behind it shows the numbers and the way of the parcel.
    let at = mine.text.find(&format!("/c/{sent}?k=")).unwrap();
    let link: String = mine.text[at..].chars().take_while(|c| *c != '"').collect();
    desk.app.time_passes(120);
    look(&desk.app.app).await.unwrap();
    let receipt = desk.app.get(&link.replace("&#38;", "&"), None).await.text;
    for said in ["037002100104 00000001–00000005", "With the carrier", "揽投部"] {
        assert!(receipt.contains(said), "{said}");
    }
}
