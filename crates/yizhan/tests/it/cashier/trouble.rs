//! What goes wrong: notifications lost, false, repeated and early; answers that come too late; two payments; a case that ends
//! meanwhile; refunds that wait and get stuck. In the end the books are the channels' own.

use super::{Owed, Stage};
use crate::testing::TestApp;
use axum::http::{Method, StatusCode};
use serde_json::json;
use std::sync::atomic::Ordering;
use yizhan::simulate::payments::Faults;

/// It always goes wrong so.
fn always(change: impl FnOnce(&mut Faults)) -> Faults {
    let mut faults = Faults { seed: 7, ..Faults::default() };
    change(&mut faults);
    faults
}

async fn pays(stage: &mut Stage, channel: &str) -> (Owed, String) {
    let owed = stage.vehicle_tax().await;
    let order = stage.show(&owed, channel).await;
    assert!(stage.play.pay(&order));
    (owed, order)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_notification_is_found_by_asking() {
    let mut stage = Stage::with(always(|faults| faults.lost = 1000)).await;
    for channel in ["wechat", "alipay"] {
        let (owed, _) = pays(&mut stage, channel).await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert_eq!(stage.state(&owed).await["state"], "waiting", "nobody told us");
        stage.polled().await;
        assert_eq!(stage.state(&owed).await["state"], "paid", "{channel}");
    }
    stage.books_agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_notification_is_taken_once_and_answered_again() {
    let mut stage = Stage::with(always(|faults| faults.repeated = 1000)).await;
    for channel in ["wechat", "alipay"] {
        let (owed, _) = pays(&mut stage, channel).await;
        let paid = stage.until(&owed, "paid").await;
        assert_eq!(paid["payments"].as_array().unwrap().len(), 1, "{paid}");
    }
    for _ in 0..100 {
        if stage.play.heard.taken.load(Ordering::Relaxed) == 6 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(stage.play.heard.taken.load(Ordering::Relaxed), 6, "each was answered three times that we have it");
    stage.books_agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn false_notifications_are_seen_through() {
    let lies: [fn(&mut Faults); 4] = [
        |faults| faults.wrong_sum = 1000,
        |faults| faults.stale = 1000,
        |faults| faults.stranger = 1000,
        |faults| faults.torn = 1000,
    ];
    for lie in lies {
        // The true one is lost, so that nothing but the lie arrives.
        let mut stage = Stage::with(always(|faults| {
            lie(faults);
            faults.lost = 1000;
        }))
        .await;
        let (owed, _) = pays(&mut stage, "wechat").await;
        for _ in 0..100 {
            if stage.play.heard.seen_through.load(Ordering::Relaxed) > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(stage.play.heard.seen_through.load(Ordering::Relaxed), 1);
        assert_eq!(stage.play.heard.deceived.load(Ordering::Relaxed), 0);
        assert_eq!(stage.state(&owed).await["state"], "waiting");
        stage.polled().await;
        assert_eq!(stage.state(&owed).await["paid"], "10000.00", "what was really paid is found by asking");
        stage.books_agree();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_may_come_before_the_answer_and_the_answer_too_late() {
    let mut stage = Stage::with(always(|faults| faults.early = 1000)).await;
    let owed = stage.vehicle_tax().await;
    let shown = stage.try_show(&owed, "wechat").await;
    assert_eq!((shown.status, shown.json()["state"].as_str().unwrap()), (StatusCode::OK, "paid"), "{}", shown.text);
    stage.books_agree();

    // The order is made, and its answer too late: asked again it is the same order.
    let mut stage = Stage::with(always(|faults| {
        faults.slow = 1000;
        faults.second_ms = 200;
    }))
    .await;
    let owed = stage.vehicle_tax().await;
    let silent = stage.try_show(&owed, "alipay").await;
    assert_eq!(
        (silent.status, silent.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "channel-silent"),
        "{}",
        silent.text
    );
    let known = stage.play.all();
    assert_eq!(known.len(), 1, "the channel has it");
    stage.play.paid(&known[0].0).unwrap();
    stage.polled().await;
    assert_eq!(stage.state(&owed).await["state"], "paid", "though we never had its code");
    assert_eq!(stage.play.all().len(), 1, "one order");
    stage.books_agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_pays_twice_gets_one_back_by_itself() {
    let mut stage = Stage::calm().await;
    let owed = stage.vehicle_tax().await;
    let (first, second) = (stage.show(&owed, "wechat").await, stage.show(&owed, "alipay").await);
    stage.play.paid(&first).unwrap();
    stage.play.paid(&second).unwrap();
    stage.polled().await;
    let state = stage.state(&owed).await;
    assert_eq!((state["state"].as_str(), state["paid"].as_str()), (Some("paid"), Some("10000.00")), "{state}");
    let payments = state["payments"].as_array().unwrap();
    let back: Vec<_> = payments.iter().map(|one| one["back"].as_str().unwrap()).collect();
    assert!(back.contains(&"10000.00") && back.contains(&"0.00"), "{state}");
    let page = stage.app.get(&format!("/c/{}/pay?k={}&lang=zh", owed.number, owed.receipt), None).await;
    assert!(page.text.contains("已退回"), "{}", page.text);
    let refunded: usize = stage.play.all().iter().map(|(_, one)| one.refunds.len()).sum();
    assert_eq!(refunded, 1);
    stage.books_agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_code_is_closed_once_one_is_paid() {
    let mut stage = Stage::calm().await;
    let owed = stage.vehicle_tax().await;
    let (first, second) = (stage.show(&owed, "wechat").await, stage.show(&owed, "alipay").await);
    assert!(stage.play.pay(&first));
    stage.until(&owed, "paid").await;
    stage.polled().await;
    assert!(stage.play.find(&second).unwrap().closed, "nobody can pay it any more");
    assert!(stage.play.paid(&second).is_none());
    stage.books_agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_runs_out_and_what_is_paid_for_a_case_that_ended_goes_back() {
    let mut stage = Stage::calm().await;
    let owed = stage.vehicle_tax().await;
    let order = stage.show(&owed, "wechat").await;
    stage.app.time_passes(16);
    assert_eq!(stage.state(&owed).await["codes"], json!([]), "it is not shown any more");
    stage.polled().await;
    assert!(stage.play.find(&order).unwrap().closed);
    let fresh = stage.show(&owed, "wechat").await;
    assert_ne!(fresh, order, "a new one is made");

    let taken = stage.app.get(&format!("/c/{}?k={}", owed.number, owed.receipt), None).await;
    assert_eq!(taken.status, StatusCode::OK);
    let page = stage.app.get(&format!("/api/status/{}?k={}", owed.number, owed.receipt), None).await.json();
    let version = page["version"].to_string();
    let path = format!("/c/{}/withdraw?k={}", owed.number, owed.receipt);
    let withdrawn = stage.app.submit(&path, &[("version", &version)]).await;
    assert!(withdrawn.status.is_redirection(), "{} {}", withdrawn.status, withdrawn.text);
    assert!(stage.play.pay(&fresh), "at the channel it can still be paid");
    for _ in 0..100 {
        stage.polled().await;
        if stage.play.find(&fresh).unwrap().refunds.len() == 1 {
            break;
        }
    }
    let state = stage.state(&owed).await;
    assert_eq!(
        (state["state"].as_str(), state["payments"][0]["back"].as_str()),
        (Some("closed"), Some("10000.00")),
        "{state}"
    );
    stage.books_agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_gets_stuck_is_work_for_the_district() {
    let mut stage = Stage::with(always(|faults| faults.refund_stuck = 1000)).await;
    let owed = stage.vehicle_tax().await;
    let (first, second) = (stage.show(&owed, "alipay").await, stage.show(&owed, "wechat").await);
    assert!(stage.play.pay(&first));
    stage.until(&owed, "paid").await;
    stage.play.paid(&second).unwrap();
    for _ in 0..20 {
        stage.polled().await;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let district = stage.app.signed_in("district").await;
    let work = stage.app.get("/api/worklist", Some(&district)).await;
    assert!(work.text.contains("payment-difference"), "{}", work.text);
    assert_eq!(work.text.matches("\"number\":\"PD-").count(), 1, "once, however often it is asked: {}", work.text);
    let state = stage.state(&owed).await;
    assert!(state["payments"].to_string().contains("\"returning\":\"10000.00\""), "{state}");
    stage.books_agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_program_forgot_by_stopping_is_in_the_ledger() {
    let mut stage = Stage::with(always(|faults| faults.lost = 1000)).await;
    let owed = stage.vehicle_tax().await;
    let order = stage.show(&owed, "wechat").await;
    stage.play.paid(&order).unwrap();
    // It stops before it asks: what it knew besides the journal is gone, the codes with it.
    *stage.app.app.cashier.watch.lock().unwrap() = yizhan::cashier::poll::Watch::default();
    let later = stage.app.app.real_clock.now().plus_ms(86_400_000);
    stage.app.app.with_working(|working| working.sweep(later)).unwrap();
    assert_eq!(stage.state(&owed).await["codes"], json!([]), "no code is left");
    assert_eq!(yizhan::cashier::poll::waiting(&stage.app.app), 1, "what waits is read off the ledger");
    stage.polled().await;
    assert_eq!(stage.state(&owed).await["state"], "paid");
    assert_eq!(yizhan::cashier::poll::waiting(&stage.app.app), 0);
    stage.books_agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_tells_us_that_something_is_paid() {
    let app = TestApp::new();
    let path = "/api/pay/wechat/notify";
    let none = app.raw(Method::POST, path, None, &[], b"{}".to_vec()).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "no channel is configured");
    let stage = Stage::calm().await;
    for body in ["", "{}", "not json", "{\"resource\":{}}"] {
        let refused = stage.app.raw(Method::POST, path, None, &[], body.as_bytes().to_vec()).await;
        assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR, "{body}");
    }
    let refused =
        stage.app.raw(Method::POST, "/api/pay/alipay/notify", None, &[], b"a=b&sign=x&sign_type=RSA2".to_vec()).await;
    assert_eq!((refused.status, refused.text.as_str()), (StatusCode::OK, "fail"));
    let large = stage.app.raw(Method::POST, path, None, &[], vec![b'x'; 70_000]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(stage.app.app.image().counts.transfers, 0);
}
