//! What the channels tell by themselves: true notifications, repeated until they are taken; and false ones before them, which
//! nobody may believe.

use super::keys::{ALIPAY_APP, MERCHANT, PLATFORM, SELLER, WECHAT_APP};
use super::{Play, Refunding, Theirs};
use crate::cashier::alipay::{sign_content, time};
use crate::cashier::crypt::seal;
use crate::cashier::wechat::answer_message;
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use yizhan_kit::id::{SystemEntropy, base32, random};

/// After how many seconds a notification is repeated that nobody took.
const WECHAT_S: [u64; 8] = [15, 15, 30, 180, 600, 1200, 1800, 1800];
const ALIPAY_S: [u64; 7] = [240, 600, 600, 3600, 7200, 21_600, 54_000];

/// What is false about a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lie {
    Sum,
    Stale,
    Stranger,
    Torn,
}

/// Tells of a payment.
pub async fn of_payment(play: Arc<Play>, order: String) {
    let Some(one) = play.find(&order) else { return };
    let fate = play.fate(&order);
    let lies =
        [(fate.wrong_sum, Lie::Sum), (fate.stale, Lie::Stale), (fate.stranger, Lie::Stranger), (fate.torn, Lie::Torn)];
    for (_, lie) in lies.into_iter().filter(|(falls, _)| *falls) {
        // Only WeChat signs a time and names its key.
        if one.channel == "alipay" && matches!(lie, Lie::Stale | Lie::Stranger) {
            continue;
        }
        let heard =
            if post(&play, &order, &one, Some(lie)).await { &play.heard.deceived } else { &play.heard.seen_through };
        heard.fetch_add(1, Ordering::Relaxed);
    }
    if fate.lost {
        return;
    }
    let waits: &[u64] = if one.channel == "wechat" { &WECHAT_S } else { &ALIPAY_S };
    for wait in std::iter::once(&0).chain(waits) {
        tokio::time::sleep(Duration::from_millis(wait * play.faults.second_ms)).await;
        if post(&play, &order, &one, None).await {
            play.heard.taken.fetch_add(1, Ordering::Relaxed);
            break;
        }
        play.heard.refused.fetch_add(1, Ordering::Relaxed);
    }
    if fate.repeated {
        let (twice, again) = tokio::join!(post(&play, &order, &one, None), post(&play, &order, &one, None));
        play.heard.taken.fetch_add(u64::from(twice) + u64::from(again), Ordering::Relaxed);
    }
}

/// Tells of a refund; Alipay answers at once and tells nothing.
pub async fn of_refund(play: Arc<Play>, order: String, refund: String) {
    tokio::time::sleep(Duration::from_millis(play.faults.second_ms)).await;
    let fate = play.fate(&order);
    let state = if fate.refund_stuck { Refunding::Abnormal } else { Refunding::Success };
    play.change(&order, |one| one.refunds.get_mut(&refund).map(|refund| refund.state = state));
    let Some(one) = play.find(&order).filter(|_| !fate.lost) else { return };
    for wait in std::iter::once(&0).chain(&WECHAT_S) {
        tokio::time::sleep(Duration::from_millis(wait * play.faults.second_ms)).await;
        let amount = one.refunds.get(&refund).map(|refund| refund.amount.0);
        let status = if state == Refunding::Success { "SUCCESS" } else { "ABNORMAL" };
        let plain = json!({
            "mchid": MERCHANT, "out_trade_no": order, "transaction_id": one.number, "out_refund_no": refund,
            "refund_id": format!("5030{refund}"), "refund_status": status, "success_time": stamp(&play),
            "amount": {"total": one.amount.0, "refund": amount, "payer_total": one.amount.0, "payer_refund": amount}
        });
        if send(&play, &one.notify, wechat(&play, &format!("REFUND.{status}"), &plain, None)).await {
            return;
        }
    }
}

fn stamp(play: &Play) -> String {
    format!("{}+08:00", &play.clock.now().to_string()[..19])
}

/// A request as it goes out: its headers and its body.
type Letter = (Vec<(&'static str, String)>, String);

async fn post(play: &Arc<Play>, order: &str, one: &Theirs, lie: Option<Lie>) -> bool {
    let amount = one.amount.0 + i64::from(lie == Some(Lie::Sum));
    let letter = if one.channel == "wechat" {
        let paid = format!("{}+08:00", &one.paid_at.to_string()[..19]);
        let plain = json!({
            "mchid": MERCHANT, "appid": WECHAT_APP, "out_trade_no": order, "transaction_id": one.number,
            "trade_type": "NATIVE", "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "OTHERS",
            "attach": "", "success_time": paid, "payer": {"openid": "oPlayed"},
            "amount": {"total": amount, "payer_total": amount, "currency": "CNY", "payer_currency": "CNY"}
        });
        wechat(play, "TRANSACTION.SUCCESS", &plain, lie)
    } else {
        alipay(play, order, one, amount, lie)
    };
    send(play, &one.notify, letter).await
}

fn wechat(play: &Play, event: &str, plain: &Value, lie: Option<Lie>) -> Letter {
    let nonce = base32(&random::<10>(&SystemEntropy))[..12].to_owned();
    let about = if event.starts_with("REFUND") { "refund" } else { "transaction" };
    let mut sealed = seal(&play.keys.api_key, nonce.as_bytes(), about.as_bytes(), plain.to_string().as_bytes());
    if lie == Some(Lie::Torn)
        && let Some(last) = sealed.last_mut()
    {
        *last ^= 1;
    }
    let body = json!({
        "id": base32(&random::<20>(&SystemEntropy)), "create_time": stamp(play), "resource_type": "encrypt-resource",
        "event_type": event, "summary": "支付成功",
        "resource": {"original_type": about, "algorithm": "AEAD_AES_256_GCM", "ciphertext": BASE64.encode(&sealed),
                     "associated_data": about, "nonce": nonce}
    })
    .to_string();
    let turn = play.turn();
    let serial =
        if lie == Some(Lie::Stranger) { "PUB_KEY_ID_0000000000000000000000000000000000" } else { PLATFORM[turn] };
    let late = if lie == Some(Lie::Stale) { 400 } else { 0 };
    let at = (play.clock.now().0 / 1000 - late).to_string();
    let nonce = base32(&random::<20>(&SystemEntropy));
    let signature = play.keys.platform[turn].sign(&answer_message(&at, &nonce, body.as_bytes()));
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("wechatpay-timestamp", at),
        ("wechatpay-nonce", nonce),
        ("wechatpay-serial", serial.to_owned()),
        ("wechatpay-signature", signature),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
    ];
    (headers, body)
}

fn alipay(play: &Play, order: &str, one: &Theirs, amount: i64, lie: Option<Lie>) -> Letter {
    let sum = yizhan_kit::Fen(amount).to_string();
    let number = one.number.clone().unwrap_or_default();
    let mut form: BTreeMap<String, String> = [
        ("app_id", ALIPAY_APP.to_owned()),
        ("buyer_id", "2088000000000000".to_owned()),
        ("charset", "utf-8".to_owned()),
        ("fund_bill_list", format!("[{{\"amount\":\"{sum}\",\"fundChannel\":\"ALIPAYACCOUNT\"}}]")),
        ("gmt_create", time(one.paid_at)),
        ("gmt_payment", time(one.paid_at)),
        ("notify_id", format!("{number}0")),
        ("notify_time", time(play.clock.now())),
        ("notify_type", "trade_status_sync".to_owned()),
        ("out_trade_no", order.to_owned()),
        ("receipt_amount", sum.clone()),
        ("seller_id", SELLER.to_owned()),
        ("subject", one.what.clone()),
        ("total_amount", sum),
        ("trade_no", number),
        ("trade_status", "TRADE_SUCCESS".to_owned()),
        ("version", "1.0".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let mut sign = play.keys.alipay.sign(sign_content(&form, &[]).as_bytes());
    if lie == Some(Lie::Torn) {
        sign = play.keys.alipay.sign(b"something else");
    }
    form.extend([("sign".to_owned(), sign), ("sign_type".to_owned(), "RSA2".to_owned())]);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    (vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())], body)
}

/// Whether it was taken, as each channel understands it.
async fn send(play: &Arc<Play>, notify: &str, (headers, body): Letter) -> bool {
    let instead = play.notify_at.lock().expect("no panic while it is held").clone();
    let path = notify.find("/api/").map_or("", |at| &notify[at..]);
    let url = instead.map_or_else(|| notify.to_owned(), |base| format!("{base}{path}"));
    let agent = play.agent.clone();
    let sent = tokio::task::spawn_blocking(move || {
        let request = headers.iter().fold(agent.post(&url), |request, (name, value)| request.header(*name, value));
        let answer = request.send(body.as_bytes()).ok()?;
        let (status, whole) = (answer.status().as_u16(), answer.into_body().read_to_string().unwrap_or_default());
        Some(if url.contains("alipay") { whole == "success" } else { (200..300).contains(&status) })
    });
    sent.await.ok().flatten().unwrap_or(false)
}
