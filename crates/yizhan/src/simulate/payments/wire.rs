//! What the channels answer: each request's signature is verified as theirs would, each answer signed.

use super::keys::{ALIPAY_APP, MERCHANT, PLATFORM, WECHAT_APP};
use super::{Play, Refunding, TheirRefund, Theirs, tell};
use crate::cashier::alipay::{sign_content, time};
use crate::cashier::wechat::{answer_message, request_message};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use data_encoding::HEXLOWER;
use encoding_rs::GBK;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;
use yizhan_kit::id::{SystemEntropy, base32, random};
use yizhan_kit::{Day, Fen, Moment};

/// Everything they answer.
pub fn router(play: Arc<Play>) -> Router {
    Router::new()
        .route("/v3/{*path}", any(wechat))
        .route("/gateway.do", post(alipay))
        .route("/bills/wechat/{day}", get(wechat_bill))
        .route("/bills/alipay/{day}", get(alipay_bill))
        .route("/play/{token}", get(look).post(press))
        .with_state(play)
}

async fn look(State(play): State<Arc<Play>>, Path(token): Path<String>) -> Response {
    play.page(&token).map_or_else(|| StatusCode::NOT_FOUND.into_response(), |page| Html(page).into_response())
}

async fn press(State(play): State<Arc<Play>>, Path(token): Path<String>, form: Bytes) -> Response {
    play.pressed(&token, &form);
    Redirect::to(&format!("/play/{token}")).into_response()
}

/// Makes an order, lets happen to it what its fate is, and answers with its code.
async fn created(play: &Arc<Play>, order: &str, asked: Theirs) -> Result<String, &'static str> {
    let token = play.make(order, asked)?;
    let fate = play.fate(order);
    if fate.early && play.paid(order).is_some() {
        tell::of_payment(play.clone(), order.to_owned()).await;
    }
    if fate.slow {
        tokio::time::sleep(Duration::from_millis(6 * play.faults.second_ms)).await;
    }
    Ok(format!("{}/play/{token}", play.pay_at))
}

/// A refund is asked for, once under its number.
fn refunding(play: &Arc<Play>, order: &str, refund: &str, amount: Fen) -> Result<Refunding, &'static str> {
    let fate = play.fate(order);
    let on = play.clock.now().day();
    let found = play.change(order, |one| {
        if one.number.is_none() {
            return Err("NOTPAY");
        }
        if let Some(known) = one.refunds.get(refund) {
            return if known.amount == amount { Ok((known.state, false)) } else { Err("REFUND_AMOUNT_DIFFERS") };
        }
        let before: i64 = one.refunds.values().map(|one| one.amount.0).sum();
        if amount.0 <= 0 || before + amount.0 > one.amount.0 {
            return Err("REFUND_TOO_MUCH");
        }
        let takes_time = one.channel == "wechat" && (fate.refund_waits || fate.refund_stuck);
        let state = if takes_time { Refunding::Processing } else { Refunding::Success };
        one.refunds.insert(refund.to_owned(), TheirRefund { amount, state, on });
        Ok((state, takes_time))
    });
    let (state, follows) = found.unwrap_or(Err("ORDER_NOT_EXIST"))?;
    if follows {
        tokio::spawn(tell::of_refund(play.clone(), order.to_owned(), refund.to_owned()));
    }
    Ok(state)
}

fn status_of(state: Refunding) -> &'static str {
    match state {
        Refunding::Processing => "PROCESSING",
        Refunding::Success => "SUCCESS",
        Refunding::Abnormal => "ABNORMAL",
    }
}

// WeChat

async fn wechat(State(play): State<Arc<Play>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let target = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    if !is_ours(&play, &method, &target, &headers, &body) {
        return signed(&play, 401, &json!({"code": "SIGN_ERROR", "message": "签名错误"}));
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path: Vec<&str> = uri.path().trim_start_matches("/v3/").split('/').collect();
    match (method.as_str(), path.as_slice()) {
        ("POST", ["pay", "transactions", "native"]) => {
            let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
            if text("appid") != WECHAT_APP || text("mchid") != MERCHANT {
                return refused(&play, 400, "PARAM_ERROR");
            }
            let order = text("out_trade_no");
            let one = Theirs {
                channel: "wechat",
                amount: Fen(asked["amount"]["total"].as_i64().unwrap_or(0)),
                what: text("description"),
                token: String::new(),
                number: None,
                paid_at: Moment(0),
                until: text("time_expire").parse().unwrap_or(Moment(i64::MAX)),
                closed: false,
                notify: text("notify_url"),
                refunds: HashMap::new(),
            };
            match created(&play, &order, one).await {
                Ok(url) => signed(&play, 200, &json!({ "code_url": url })),
                Err(code) => refused(&play, 400, code),
            }
        }
        ("GET", ["pay", "transactions", "out-trade-no", order]) => match play.find(order) {
            None => refused(&play, 404, "ORDER_NOT_EXIST"),
            Some(one) => signed(&play, 200, &transaction(order, &one)),
        },
        ("POST", ["pay", "transactions", "out-trade-no", order, "close"]) => {
            let closed = play.change(order, |one| {
                one.closed |= one.number.is_none();
                one.number.is_none()
            });
            match closed {
                None => refused(&play, 404, "ORDER_NOT_EXIST"),
                Some(false) => refused(&play, 400, "ORDERPAID"),
                Some(true) => signed_text(&play, 204, String::new()),
            }
        }
        ("POST", ["refund", "domestic", "refunds"]) => {
            let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
            let amount = Fen(asked["amount"]["refund"].as_i64().unwrap_or(0));
            let (order, refund) = (text("out_trade_no"), text("out_refund_no"));
            match refunding(&play, &order, &refund, amount) {
                Ok(state) => signed(&play, 200, &json!({"out_refund_no": refund, "status": status_of(state)})),
                Err(code) => refused(&play, 400, code),
            }
        }
        ("GET", ["refund", "domestic", "refunds", refund]) => {
            let order = refund.rsplit_once('R').map(|(order, _)| order).unwrap_or_default();
            match play.find(order).and_then(|one| one.refunds.get(*refund).cloned()) {
                None => refused(&play, 404, "RESOURCE_NOT_EXISTS"),
                Some(one) => signed(&play, 200, &json!({"out_refund_no": refund, "status": status_of(one.state)})),
            }
        }
        ("GET", ["bill", "tradebill"]) => {
            let day = uri.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("bill_date=")));
            let Some(day) = day.and_then(|day| day.parse::<Day>().ok()) else {
                return refused(&play, 400, "PARAM_ERROR");
            };
            if day >= play.clock.now().day() {
                return refused(&play, 400, "STATEMENT_CREATING");
            }
            let Some(text) = wechat_lines(&play, day) else { return refused(&play, 400, "NO_STATEMENT_EXIST") };
            let hash = HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref());
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let url = format!("http://{host}/bills/wechat/{day}");
            signed(&play, 200, &json!({"hash_type": "SHA1", "hash_value": hash, "download_url": url}))
        }
        _ => refused(&play, 404, "NOT_FOUND"),
    }
}

fn transaction(order: &str, one: &Theirs) -> Value {
    let state = match (&one.number, one.closed) {
        (Some(_), _) if !one.refunds.is_empty() => "REFUND",
        (Some(_), _) => "SUCCESS",
        (None, true) => "CLOSED",
        (None, false) => "NOTPAY",
    };
    let mut told = json!({
        "mchid": MERCHANT, "appid": WECHAT_APP, "out_trade_no": order, "trade_type": "NATIVE", "trade_state": state,
        "trade_state_desc": state, "amount": {"total": one.amount.0, "currency": "CNY"}
    });
    if let Some(number) = &one.number {
        told["transaction_id"] = json!(number);
        told["success_time"] = json!(format!("{}+08:00", &one.paid_at.to_string()[..19]));
    }
    told
}

/// Whether a request is signed by the merchant, over its five lines.
fn is_ours(play: &Play, method: &Method, target: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let said = headers.get(header::AUTHORIZATION).and_then(|text| text.to_str().ok()).unwrap_or_default();
    let Some(said) = said.strip_prefix("WECHATPAY2-SHA256-RSA2048 ") else { return false };
    let part = |name: &str| {
        let found = said.split(',').find_map(|pair| pair.strip_prefix(&format!("{name}=\"")));
        found.map(|rest| rest.trim_end_matches('"').to_owned()).unwrap_or_default()
    };
    let at_s: i64 = part("timestamp").parse().unwrap_or(0);
    let fresh = (play.clock.now().0 / 1000).abs_diff(at_s) < 300;
    let body = String::from_utf8_lossy(body);
    let message = request_message(method.as_str(), target, at_s, &part("nonce_str"), &body);
    fresh && part("mchid") == MERCHANT && play.keys.merchant.is_signed(message.as_bytes(), &part("signature"))
}

fn refused(play: &Play, status: u16, code: &str) -> Response {
    signed(play, status, &json!({"code": code, "message": code}))
}

fn signed(play: &Play, status: u16, body: &Value) -> Response {
    signed_text(play, status, body.to_string())
}

fn signed_text(play: &Play, status: u16, body: String) -> Response {
    let (turn, at) = (play.turn(), (play.clock.now().0 / 1000).to_string());
    let nonce = base32(&random::<20>(&SystemEntropy));
    let signature = play.keys.platform[turn].sign(&answer_message(&at, &nonce, body.as_bytes()));
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header("wechatpay-timestamp", at)
        .header("wechatpay-nonce", nonce)
        .header("wechatpay-serial", PLATFORM[turn])
        .header("wechatpay-signature", signature)
        .body(Body::from(body))
        .unwrap_or_default()
}

// Alipay

async fn alipay(State(play): State<Arc<Play>>, headers: HeaderMap, body: Bytes) -> Response {
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let text = |name: &str| form.get(name).cloned().unwrap_or_default();
    let method = text("method");
    let ours = play.keys.app.is_signed(sign_content(&form, &["sign"]).as_bytes(), &text("sign"));
    if !ours || text("app_id") != ALIPAY_APP {
        return node(
            &play,
            &method,
            &json!({"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature", "sub_msg": "验签出错"}),
        );
    }
    let asked: Value = serde_json::from_str(&text("biz_content")).unwrap_or_default();
    let said = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let (order, now) = (said("out_trade_no"), play.clock.now());
    let failed = |code: &str| json!({"code": "40004", "msg": "Business Failed", "sub_code": code, "sub_msg": code});
    let good = |more: Value| {
        let mut answer = json!({"code": "10000", "msg": "Success", "out_trade_no": order});
        if let (Some(all), Value::Object(more)) = (answer.as_object_mut(), more) {
            all.extend(more);
        }
        answer
    };
    let answer = match method.as_str() {
        "alipay.trade.precreate" => {
            let minutes: i64 = said("timeout_express").trim_end_matches('m').parse().unwrap_or(15);
            let one = Theirs {
                channel: "alipay",
                amount: said("total_amount").parse().unwrap_or_default(),
                what: said("subject"),
                token: String::new(),
                number: None,
                paid_at: Moment(0),
                until: now.plus_ms(minutes * 60_000),
                closed: false,
                notify: text("notify_url"),
                refunds: HashMap::new(),
            };
            match created(&play, &order, one).await {
                Ok(url) => good(json!({ "qr_code": url })),
                Err("ORDERPAID") => failed("ACQ.TRADE_HAS_SUCCESS"),
                Err("ORDER_CLOSED") => failed("ACQ.TRADE_HAS_CLOSE"),
                Err(_) => failed("ACQ.CONTEXT_INCONSISTENT"),
            }
        }
        "alipay.trade.query" => match play.find(&order) {
            None => failed("ACQ.TRADE_NOT_EXIST"),
            Some(one) => {
                let back: i64 = one.refunds.values().map(|one| one.amount.0).sum();
                let state = match (&one.number, one.closed) {
                    (Some(_), _) if back == one.amount.0 => "TRADE_CLOSED",
                    (Some(_), _) => "TRADE_SUCCESS",
                    (None, true) => "TRADE_CLOSED",
                    (None, false) => "WAIT_BUYER_PAY",
                };
                let mut told = json!({"trade_status": state, "total_amount": one.amount.to_string()});
                if let Some(number) = &one.number {
                    told["trade_no"] = json!(number);
                    told["send_pay_date"] = json!(time(one.paid_at));
                }
                good(told)
            }
        },
        "alipay.trade.close" => {
            let closed = play.change(&order, |one| {
                one.closed |= one.number.is_none();
                one.number.is_none()
            });
            match closed {
                None => failed("ACQ.TRADE_NOT_EXIST"),
                Some(false) => failed("ACQ.TRADE_STATUS_ERROR"),
                Some(true) => good(json!({})),
            }
        }
        "alipay.trade.refund" => {
            let (refund, amount) = (said("out_request_no"), said("refund_amount").parse().unwrap_or_default());
            let before = play.find(&order).is_some_and(|one| one.refunds.contains_key(&refund));
            match refunding(&play, &order, &refund, amount) {
                Ok(_) => good(json!({"fund_change": if before { "N" } else { "Y" }, "refund_fee": amount.to_string()})),
                Err(_) => failed("ACQ.TRADE_STATUS_ERROR"),
            }
        }
        "alipay.trade.fastpay.refund.query" => {
            let refund = said("out_request_no");
            match play.find(&order) {
                None => failed("ACQ.TRADE_NOT_EXIST"),
                Some(one) if one.refunds.contains_key(&refund) => {
                    good(json!({"out_request_no": refund, "refund_status": "REFUND_SUCCESS"}))
                }
                Some(_) => good(json!({})),
            }
        }
        "alipay.data.dataservice.bill.downloadurl.query" => match said("bill_date").parse::<Day>() {
            Ok(day) if day < now.day() => {
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
                good(json!({"bill_download_url": format!("http://{host}/bills/alipay/{day}")}))
            }
            _ => failed("ISP.BILL_NOT_EXIST"),
        },
        _ => failed("isv.invalid-method"),
    };
    node(&play, &method, &answer)
}

/// An answer as Alipay gives it: its slashes escaped, and signed over these very characters.
fn node(play: &Play, method: &str, answer: &Value) -> Response {
    let text = answer.to_string().replace('/', "\\/");
    let sign = play.keys.alipay.sign(text.as_bytes());
    let body = format!("{{\"{}_response\":{text},\"sign\":\"{sign}\"}}", method.replace('.', "_"));
    ([(header::CONTENT_TYPE, "application/json;charset=utf-8")], body).into_response()
}

// Bills

/// Payments and refunds of a day: the order's number, the order, the refund's number and amount of a refund.
fn of_day(play: &Play, channel: &str, day: Day) -> Vec<(String, Theirs, Option<(String, Fen)>)> {
    let mut rows = Vec::new();
    for (number, one) in play.all().into_iter().filter(|(_, one)| one.channel == channel) {
        if one.number.is_some() && one.paid_at.day() == day {
            rows.push((number.clone(), one.clone(), None));
        }
        for (refund, back) in one.refunds.iter().filter(|(_, back)| back.state == Refunding::Success && back.on == day)
        {
            rows.push((number.clone(), one.clone(), Some((refund.clone(), back.amount))));
        }
    }
    rows.sort_by(|a, b| (&a.0, &a.2).cmp(&(&b.0, &b.2)));
    rows
}

const WECHAT_HEADINGS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";

fn wechat_lines(play: &Play, day: Day) -> Option<String> {
    let rows = of_day(play, "wechat", day);
    if rows.is_empty() {
        return None;
    }
    let mut text = format!("\u{feff}{WECHAT_HEADINGS}\r\n");
    let (mut paid, mut back) = (0, 0);
    for (order, one, refund) in &rows {
        let number = one.number.clone().unwrap_or_default();
        let (state, sum, returned, theirs, ours) = match refund {
            None => ("SUCCESS", one.amount, Fen(0), String::from("0"), String::from("0")),
            Some((refund, amount)) => ("REFUND", Fen(0), *amount, format!("5030{refund}"), refund.clone()),
        };
        (paid, back) = (paid + sum.0, back + returned.0);
        let _ = write!(
            text,
            "`{},`{WECHAT_APP},`{MERCHANT},`0,`,`{number},`{order},`oPlayed,`NATIVE,`{state},`OTHERS,`CNY,`{sum},`0.00,`{theirs},`{ours},`{returned},`0.00,`,`,`{},`,`0.00000,`0.60%,`{},`{returned},`\r\n",
            time(one.paid_at),
            one.what.replace(',', " "),
            one.amount
        );
    }
    let _ = write!(
        text,
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n`{},`{},`{},`0.00,`0.00000,`{},`{}\r\n",
        rows.len(),
        Fen(paid),
        Fen(back),
        Fen(paid),
        Fen(back)
    );
    Some(text)
}

async fn wechat_bill(State(play): State<Arc<Play>>, Path(day): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let target = uri.path().to_owned();
    if !is_ours(&play, &Method::GET, &target, &headers, b"") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let text = day.parse().ok().and_then(|day| wechat_lines(&play, day));
    text.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}

async fn alipay_bill(State(play): State<Arc<Play>>, Path(day): Path<String>) -> Response {
    let Ok(day) = day.parse::<Day>() else { return StatusCode::NOT_FOUND.into_response() };
    let mut text = String::from("#支付宝业务明细查询\n#账号：[20880000000001090156]\n#-----业务明细列表-----\n");
    text.push_str("支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注\n");
    let rows = of_day(&play, "alipay", day);
    for (order, one, refund) in &rows {
        let number = one.number.clone().unwrap_or_default();
        let (kind, sum, asked) = match refund {
            None => ("交易", one.amount.to_string(), String::new()),
            Some((refund, amount)) => ("退款", format!("-{amount}"), refund.clone()),
        };
        let at = time(one.paid_at);
        let what = one.what.replace(',', " ");
        let _ = writeln!(
            text,
            "{number}\t,{order}\t,{kind},{what},{at},{at},,,,,***,{sum},{sum},0.00,0.00,0.00,0.00,0.00,,0.00,0.00,{asked}\t,0.00,0.00,"
        );
    }
    let _ = writeln!(text, "#-----业务明细列表结束-----\n#交易合计：{}笔", rows.len());
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default();
    let written = archive
        .start_file(format!("2088_{day}_业务明细.csv"), plain)
        .and_then(|()| archive.write_all(&GBK.encode(&text).0).map_err(Into::into))
        .and_then(|()| archive.finish());
    match written {
        Ok(file) => ([(header::CONTENT_TYPE, "application/zip")], file.into_inner()).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
