//! What was taken in, day by day, against the channels' bills to the fen; and what goes back by two pairs of eyes.

use super::{Owed, Stage};
use axum::http::StatusCode;
use serde_json::json;
use yizhan::cashier::bill;
use yizhan::simulate::payments::Faults;

async fn paid(stage: &mut Stage, channel: &str) -> (Owed, String) {
    let owed = stage.vehicle_tax().await;
    let order = stage.show(&owed, channel).await;
    stage.play.paid(&order).unwrap();
    stage.polled().await;
    assert_eq!(stage.state(&owed).await["state"], "paid");
    (owed, order)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bills_of_the_day_are_held_against_the_books() {
    let mut stage = Stage::calm().await;
    let (_, first) = paid(&mut stage, "wechat").await;
    paid(&mut stage, "alipay").await;
    let district = stage.app.signed_in("district").await;
    let day = stage.app.get("/api/takings/wechat/2021-02-01", Some(&district)).await.json();
    assert_eq!(
        (day["billed"].as_bool(), day["entries"][0]["compared"].as_str()),
        (Some(false), Some("booked")),
        "{day}"
    );
    // Paid, and we never heard: its code was shown, and then nobody asked.
    let unheard = stage.vehicle_tax().await;
    let lost = stage.show(&unheard, "wechat").await;
    stage.play.paid(&lost).unwrap();
    // Paid to us, for an order that is none of ours.
    let strange = stage.play.find(&first).unwrap();
    stage.play.brought(
        "2021020199999999STRANGER",
        yizhan::simulate::payments::Theirs { refunds: Default::default(), ..strange },
    );
    stage.app.days_pass(1);
    bill::fetch_due(&stage.app.app).await;
    let early = stage.app.get("/api/takings/wechat/2021-02-01", Some(&district)).await.json();
    assert_eq!(early["billed"], false, "before ten it is not there");
    stage.app.time_passes(120);
    bill::fetch_due(&stage.app.app).await;
    bill::fetch_due(&stage.app.app).await;
    let day = stage.app.get("/api/takings/wechat/2021-02-01", Some(&district)).await.json();
    let compared: Vec<&str> =
        day["entries"].as_array().unwrap().iter().map(|entry| entry["compared"].as_str().unwrap()).collect();
    assert_eq!(compared, ["only-theirs", "same", "same"], "{day}");
    assert_eq!(stage.state(&unheard).await["state"], "paid", "the bill named it, so it was asked about");
    let days = stage.app.get("/api/takings", Some(&district)).await.json();
    let one =
        days.as_array().unwrap().iter().find(|row| row["day"] == "2021-02-01" && row["channel"] == "wechat").unwrap();
    assert_eq!(
        (one["bill_taken"].as_str(), one["differ"].as_u64(), one["same"].as_u64()),
        (Some("30000.00"), Some(1), Some(2))
    );
    let alipay = days.as_array().unwrap().iter().find(|row| row["channel"] == "alipay").unwrap();
    assert_eq!((alipay["taken"].as_str(), alipay["bill_taken"].as_str()), (Some("10000.00"), Some("10000.00")));
    let work = stage.app.get("/api/worklist", Some(&district)).await;
    assert_eq!(work.text.matches("\"number\":\"PD-").count(), 1, "{}", work.text);
    let clerk = stage.app.signed_in("clerk").await;
    let other = stage.app.get("/api/takings", Some(&clerk)).await;
    assert_eq!(other.json(), json!([]), "the channels' accounts are the district's");
    let auditor = stage.app.signed_in("auditor").await;
    assert_eq!(stage.app.get("/api/takings", Some(&auditor)).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_we_have_and_another_sum_are_told_apart() {
    let mut stage = Stage::calm().await;
    let (_, gone) = paid(&mut stage, "wechat").await;
    let (_, less) = paid(&mut stage, "wechat").await;
    stage.play.lost(&gone);
    stage.play.changed_sum(&less, 999_999);
    stage.app.days_pass(1);
    stage.app.time_passes(120);
    bill::fetch_due(&stage.app.app).await;
    let district = stage.app.signed_in("district").await;
    let day = stage.app.get("/api/takings/wechat/2021-02-01", Some(&district)).await.json();
    let told: Vec<(&str, &str)> = day["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["compared"].as_str().unwrap(), one["number"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("amount", less.as_str()), ("only-ours", gone.as_str())], "{day}");
    assert_eq!(
        (day["entries"][0]["ours"].as_str(), day["entries"][0]["theirs"].as_str()),
        (Some("10000.00"), Some("9999.99"))
    );
    assert!(day["entries"][1]["case"].as_str().unwrap().starts_with("VT-"), "it opens to its case");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_asks_for_a_refund_and_another_agrees() {
    let faults = Faults { seed: 3, refund_waits: 1000, ..Faults::default() };
    let mut stage = Stage::with(faults).await;
    let (owed, order) = paid(&mut stage, "wechat").await;
    let id = stage.state(&owed).await["payments"][0]["order"].as_u64().unwrap();
    let (path, decide) = (format!("/api/orders/{id}/back"), format!("/api/orders/{id}/back/decide"));
    let (desk, district) = (stage.app.signed_in("desk").await, stage.app.signed_in("district").await);
    let stranger = stage.app.signed_in("clerk").await;
    let wanted = json!({"amount": "2000.00", "why": "发票开错，少缴即可"});
    assert_eq!(stage.app.post(&path, Some(&stranger), wanted.clone()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stage.app.post(&path, None, wanted.clone()).await.status, StatusCode::UNAUTHORIZED);
    let much = stage.app.post(&path, Some(&desk), json!({"amount": "10000.01", "why": "x"})).await;
    assert_eq!(much.code(), "form-invalid", "{}", much.text);
    let unsaid = stage.app.post(&path, Some(&desk), json!({"amount": "1.00", "why": " "})).await;
    assert_eq!(unsaid.code(), "form-invalid");
    let early = stage.app.post(&decide, Some(&district), json!({"verdict": "agree"})).await;
    assert_eq!(early.code(), "move-not-allowed", "{}", early.text);
    let asked = stage.app.post(&path, Some(&district), wanted.clone()).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    let own = stage.app.post(&decide, Some(&district), json!({"verdict": "agree"})).await;
    assert_eq!(own.code(), "four-eyes", "{}", own.text);
    let declined = stage.app.post(&decide, Some(&desk), json!({"verdict": "decline", "why": "先核对"})).await;
    assert_eq!(declined.status, StatusCode::OK, "{}", declined.text);
    assert_eq!(stage.app.post(&path, Some(&desk), wanted.clone()).await.status, StatusCode::OK);
    let waits = stage.app.get("/api/refunds", Some(&district)).await.json();
    assert_eq!((waits[0]["amount"].as_str(), waits[0]["by"].as_str()), (Some("2000.00"), Some("desk")), "{waits}");
    assert_eq!(stage.app.get("/api/refunds", Some(&stranger)).await.json(), json!([]));
    let twice = stage.app.post(&path, Some(&desk), wanted).await;
    assert_eq!(twice.code(), "move-not-allowed", "{}", twice.text);
    let agent = stage.app.post(&decide, Some(&desk), json!({"verdict": "agree"})).await;
    assert_eq!(agent.status, StatusCode::FORBIDDEN, "{}", agent.text);
    let agreed = stage.app.post(&decide, Some(&district), json!({"verdict": "agree"})).await;
    assert_eq!(agreed.status, StatusCode::OK, "{}", agreed.text);
    assert_eq!(stage.state(&owed).await["payments"][0]["returning"], "2000.00");
    assert_eq!(stage.app.get("/api/refunds", Some(&district)).await.json(), json!([]));
    for _ in 0..100 {
        stage.polled().await;
        if stage.state(&owed).await["payments"][0]["back"] == "2000.00" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let state = stage.state(&owed).await;
    assert_eq!(
        (state["payments"][0]["back"].as_str(), state["paid"].as_str()),
        (Some("2000.00"), Some("8000.00")),
        "{state}"
    );
    assert_eq!(stage.play.find(&order).unwrap().refunds.len(), 1);
    let case = stage.app.get(&format!("/api/cases/{}", owed.number), Some(&desk)).await.json();
    let names: Vec<&str> =
        case["history"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    for name in ["paid-back", "paid-back-asked", "paid-back-declined", "paid"] {
        assert!(names.contains(&name), "{names:?}");
    }
    stage.books_agree();
}
