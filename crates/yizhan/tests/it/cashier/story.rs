//! Somebody pays for their case: from the phone, without an agent; the books, the case and the receipt say so.

use super::{Owed, PAYER_VILLAGE, Stage};
use crate::testing::DISTRICT;
use axum::http::StatusCode;
use serde_json::{Value, json};
use yizhan_core::access::Viewer;
use yizhan_core::checkout::State;
use yizhan_core::image::fact::Value as Known;

#[tokio::test(flavor = "multi_thread")]
async fn a_vehicle_tax_is_paid_from_the_phone() {
    let mut stage = Stage::calm().await;
    let owed = stage.vehicle_tax().await;
    let wrong = stage.app.get(&format!("/api/payments/{}?k=AAAAAAAAAAAAAAAAAAAA", owed.number), None).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND, "only by its receipt");
    let before = stage.state(&owed).await;
    assert_eq!((before["state"].as_str(), before["due"].as_str()), (Some("waiting"), Some("10000.00")), "{before}");
    assert_eq!(before["parts"], json!([{"title": "Vehicle purchase tax", "amount": "10000.00"}]));
    let path = format!("/api/payments/{}?k={}", owed.number, owed.receipt);
    let own_sum = stage.app.post(&path, None, json!({"channel": "wechat", "amount": "1.00"})).await;
    assert_eq!(own_sum.status, StatusCode::BAD_REQUEST, "nobody says themselves what they pay");
    assert_eq!(stage.try_show(&owed, "cash").await.status, StatusCode::NOT_FOUND);
    let order = stage.show(&owed, "wechat").await;
    assert_eq!(stage.show(&owed, "wechat").await, order, "the open one is shown again");
    assert!(stage.play.pay(&order));
    let paid = stage.until(&owed, "paid").await;
    assert_eq!((paid["paid"].as_str(), paid["left"].as_str()), (Some("10000.00"), Some("0.00")), "{paid}");
    assert_eq!(paid["payments"][0]["theirs"], json!(stage.play.find(&order).unwrap().number.unwrap()));
    stage.books_agree();

    let image = stage.app.app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    let case = seen.numbered(&owed.number).unwrap();
    assert_eq!(seen.latest(case.subject, "vehicle-tax.paid-on"), Some(Known::Day("2021-02-01".parse().unwrap())));
    let orders = seen.orders_of(case.subject);
    assert_eq!(orders.iter().map(|one| one.state).collect::<Vec<_>>(), [State::Paid]);
    let again = stage.try_show(&owed, "alipay").await;
    assert_eq!(again.code(), "nothing-due", "{}", again.text);

    let page = stage.app.get(&format!("/c/{}/pay?k={}&lang=zh", owed.number, owed.receipt), None).await;
    assert!(page.text.contains("已付款") && page.text.contains("10000.00"), "{}", page.text);
    let receipt = stage.app.get(&format!("/c/{}?k={}&lang=zh", owed.number, owed.receipt), None).await;
    assert!(receipt.text.contains(&format!("/c/{}/pay?k=", owed.number)), "{}", receipt.text);

    let desk = stage.app.signed_in("desk").await;
    let case = stage.app.get(&format!("/api/cases/{}", owed.number), Some(&desk)).await.json();
    let history = case["history"].as_array().unwrap();
    let told = history.iter().find(|row| row["name"] == "paid").unwrap();
    assert_eq!(told["title"], "Paid");
    assert!(told["said"].to_string().contains("WeChat Pay"), "{told}");
    assert_eq!(case["pays"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn paying_needs_no_script_and_shows_both_codes() {
    let mut stage = Stage::calm().await;
    let owed = stage.vehicle_tax().await;
    let (page, receipt) = (
        format!("/c/{}/pay?k={}", owed.number, owed.receipt),
        format!("/c/{}?k={}&lang=zh", owed.number, owed.receipt),
    );
    let first = stage.app.get(&receipt, None).await;
    assert!(first.text.contains("去付款 · 10000.00 元"), "{}", first.text);
    let asked = stage.app.get(&format!("{page}&lang=zh"), None).await;
    assert!(asked.text.contains("应缴合计") && !asked.text.contains("http-equiv=\"refresh\""), "{}", asked.text);
    let shown = stage.app.submit(&page, &[]).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.text);
    let codes = stage.app.get(&format!("{page}&lang=zh"), None).await;
    assert!(codes.text.contains("微信支付") && codes.text.contains("支付宝"), "{}", codes.text);
    assert_eq!(codes.text.matches("<svg").count(), 2, "{}", codes.text);
    assert!(codes.text.contains("http-equiv=\"refresh\""), "it looks again by itself");
    let links = codes.text.matches("/play/").count();
    assert_eq!(links, 2, "a phone opens them: {}", codes.text);
    let order = stage.play.all().into_iter().find(|(_, one)| one.channel == "alipay").unwrap().0;
    stage.play.paid(&order).unwrap();
    let said = stage.app.submit(&format!("/c/{}/pay/asked?k={}", owed.number, owed.receipt), &[]).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER);
    let paid = stage.app.get(&format!("{page}&lang=en"), None).await;
    assert!(paid.text.contains("Nothing is left to pay"), "asked about at once: {}", paid.text);
    assert!(!paid.text.contains("<svg"), "{}", paid.text);
    stage.polled().await;
    stage.books_agree();
}

/// Every tax and insurance service that money is paid for: what somebody files, what they file later, and what it comes to.
#[tokio::test(flavor = "multi_thread")]
async fn every_service_that_collects_is_started_paid_and_followed_without_an_agent() {
    let mut stage = Stage::calm().await;
    let of = |more: Value| {
        let mut form = json!({"region": PAYER_VILLAGE, "taxpayer": "示范商贸公司", "taxpayer_number": "91990100MA00000001", "name": "柳一", "mobile": "15400000001"});
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        form
    };
    let contract = json!({"contract_name": "道路", "contract_number": "1", "contract_amount": "1090000.00", "party": "交通局", "from": "2021-02-10", "until": "2021-12-31", "place": "济南市", "mode": "19"});
    let cases = [
        (
            "vehicle-tax",
            json!({"vin": "LZYZZZZZZZZ000001", "kind": "ordinary", "bought": "2020-11-02", "price": "113000.00"}),
            "wechat",
            "10140.00",
        ),
        (
            "social-insurance",
            json!({"kind": "medical", "year": 2021, "people": 3, "amount": "1.00"}),
            "alipay",
            "840.00",
        ),
        (
            "social-insurance",
            json!({"kind": "pension", "year": 2021, "people": 1, "amount": "300.00"}),
            "wechat",
            "300.00",
        ),
        (
            "late-filing",
            json!({"kind": "vat", "first": "2021-01-01", "last": "2021-01-20", "tax": "1200.00", "why": "会计休假"}),
            "alipay",
            "1204.20",
        ),
        (
            "invoice-issue",
            json!({"kind": "special", "buyer": "某公司", "item": "服务", "amount": "10100.00", "delivery": "mail"}),
            "wechat",
            "105.00",
        ),
        ("cross-region-tax", contract, "alipay", "20327.00"),
    ];
    let catalog = stage.app.app.image().catalog().unwrap().clone();
    let collecting = catalog.services.values().filter(|service| service.collects.is_some()).map(|one| one.name.clone());
    let told: std::collections::BTreeSet<String> = cases.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(collecting.collect::<std::collections::BTreeSet<_>>(), told, "a service that collects without a story");
    for (service, form, channel, due) in cases {
        let owed = stage.open(service, of(form)).await;
        if service == "cross-region-tax" {
            assert_eq!(stage.state(&owed).await["state"], "unassessed", "nothing is received yet");
            let unknown = stage.try_show(&owed, channel).await;
            assert_eq!(unknown.code(), "move-not-allowed", "{}", unknown.text);
            prepay(&mut stage, &owed).await;
        }
        let state = stage.state(&owed).await;
        assert_eq!(state["due"].as_str(), Some(due), "{service}: {state}");
        let order = stage.show(&owed, channel).await;
        assert_eq!(stage.play.find(&order).unwrap().amount.to_string(), due, "{service}");
        assert!(stage.play.pay(&order), "{service}");
        stage.until(&owed, "paid").await;
        let status = stage.app.get(&format!("/api/status/{}?k={}", owed.number, owed.receipt), None).await;
        assert_eq!(status.json()["state"], "open", "{service} is followed on the receipt");
    }
    stage.books_agree();
}

/// The report is checked by the desk; whoever holds the receipt files what was received.
async fn prepay(stage: &mut Stage, owed: &Owed) {
    let desk = stage.app.signed_in("desk").await;
    attach(stage, owed, "contract").await;
    let checked = json!({"reported": stage.app.app.now().day().to_string(), "valid_until": "2021-12-31"});
    let signed = stage.app.step(&owed.number, &desk, json!({"verb": "sign", "answers": checked})).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.text);
    let path = format!("/api/cases/{}/entries/prepay-return?k={}", owed.number, owed.receipt);
    let filed = json!({"method": "general", "price": "1090000.00", "subcontract": "0.00"});
    let recorded = stage.app.post(&path, None, filed).await;
    assert_eq!(recorded.status, StatusCode::OK, "{}", recorded.text);
}

/// Attaches a small picture as a paper.
pub async fn attach(stage: &Stage, owed: &Owed, paper: &str) {
    let mut bytes = Vec::new();
    image::DynamicImage::new_rgb8(8, 8)
        .write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png)
        .unwrap();
    let head =
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\n";
    let body = [head.as_bytes(), &bytes, b"\r\n--x--\r\n"].concat();
    let path = format!("/c/{}/papers/{paper}?k={}", owed.number, owed.receipt);
    let headers = [("content-type", "multipart/form-data; boundary=x")];
    let sent = stage.app.raw(axum::http::Method::POST, &path, None, &headers, body).await;
    assert!(sent.status.is_success() || sent.status.is_redirection(), "{} {}", sent.status, sent.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_assesses_goes_before_and_the_step_waits_for_the_rest() {
    let mut stage = Stage::calm().await;
    let owed = stage.vehicle_tax().await;
    let order = stage.show(&owed, "alipay").await;
    assert!(stage.play.pay(&order));
    stage.until(&owed, "paid").await;
    let desk = stage.app.signed_in("desk").await;
    for paper in ["invoice", "certificate"] {
        attach(&stage, &owed, paper).await;
    }
    let signed = stage.app.step(&owed.number, &desk, json!({"verb": "sign"})).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.text);
    let path = format!("/api/cases/{}/entries/assess", owed.number);
    let assessed = stage.app.post(&path, Some(&desk), json!({"due": "10500.00", "why": "发票金额有误"})).await;
    assert_eq!(assessed.status, StatusCode::OK, "{}", assessed.text);
    let state = stage.state(&owed).await;
    assert_eq!((state["state"].as_str(), state["left"].as_str()), (Some("waiting"), Some("500.00")), "{state}");
    let answers = json!({"tax": "10500.00", "late_fee": "0.00"});
    let early = stage.app.step(&owed.number, &desk, json!({"verb": "sign", "answers": answers})).await;
    assert_eq!(early.code(), "duty-open", "{}", early.text);
    // An agent beside somebody shows them the code.
    let shown =
        stage.app.post(&format!("/api/payments/{}", owed.number), Some(&desk), json!({"channel": "wechat"})).await;
    assert_eq!(shown.json()["codes"][0]["amount"], "500.00", "{}", shown.text);
    let order = stage.show(&owed, "wechat").await;
    stage.polled().await;
    assert!(!stage.play.find(&order).unwrap().closed, "the rest is still wanted");
    assert!(stage.play.pay(&order));
    stage.until(&owed, "paid").await;
    let signed = stage.app.step(&owed.number, &desk, json!({"verb": "sign", "answers": answers})).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.text);
    assert_eq!(stage.app.get(&format!("/api/cases/{}", owed.number), Some(&desk)).await.json()["state"], "completed");
    let stranger = stage.app.signed_in("clerk").await;
    let foreign = stage.app.get(&format!("/api/payments/{}", owed.number), Some(&stranger)).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "another village sees nothing: {DISTRICT}");
    stage.books_agree();
}
