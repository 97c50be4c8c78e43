//! WeChat Pay, APIv3, Native: the payer scans a code. Requests are signed with the merchant's key; answers and notifications by
//! one of the channel's keys, which the serial number in the header names: during a change of keys there are two.

use super::channel::{
    Asked, Back, BillRow, Channel, LARGEST_ANSWER, LARGEST_BILL, Notice, Receipt, Returned, Sent, Told, Trouble, agent,
    read,
};
use super::crypt::{Signer, Verifier, open_sealed, shared_key};
use crate::config::WeChatPay;
use crate::outward;
use data_encoding::{BASE64, HEXLOWER};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use yizhan_kit::digest::is_same_secret;
use yizhan_kit::id::{Entropy, base32, random};
use yizhan_kit::{Clock, Day, Fen, Moment};

/// How far a signature's time may be from ours, in seconds.
const STALE_S: i64 = 300;

/// The channel.
pub struct WeChat {
    own: WeChatPay,
    signer: Signer,
    platform: BTreeMap<String, Verifier>,
    api_key: [u8; 32],
    notify: String,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Entropy>,
    agent: ureq::Agent,
}

/// What is signed of a request: five lines, each with its end.
pub fn request_message(method: &str, target: &str, at_s: i64, nonce: &str, body: &str) -> String {
    format!("{method}\n{target}\n{at_s}\n{nonce}\n{body}\n")
}

/// What is signed of an answer or a notification: the body as it came.
pub fn answer_message(at: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    [at.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat()
}

impl WeChat {
    /// Reads its keys.
    ///
    /// # Errors
    /// Names the file that is missing or wrong.
    pub fn open(
        own: &WeChatPay,
        notify: String,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Entropy>,
    ) -> Result<Self, String> {
        if own.platform.is_empty() {
            return Err("payment.wechat.platform: at least one key of the channel is needed".into());
        }
        let platform = own.platform.iter().map(|one| Ok((one.serial.clone(), Verifier::open(&one.file)?)));
        Ok(Self {
            signer: Signer::open(&own.key)?,
            platform: platform.collect::<Result<_, String>>()?,
            api_key: shared_key(&own.api_key)?,
            notify,
            clock,
            chance,
            agent: agent(Duration::from_millis(own.timeout_ms)),
            own: own.clone(),
        })
    }

    fn authorization(&self, method: &str, target: &str, body: &str) -> String {
        let at_s = self.clock.now().0 / 1000;
        let nonce = base32(&random::<20>(&*self.chance));
        let signature = self.signer.sign(request_message(method, target, at_s, &nonce, body).as_bytes());
        let (merchant, serial) = (&self.own.merchant, &self.own.serial);
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{merchant}\",nonce_str=\"{nonce}\",timestamp=\"{at_s}\",serial_no=\"{serial}\",signature=\"{signature}\""
        )
    }

    /// Whether what came is signed by a key of the channel that we know, and now.
    fn believe(&self, header: &dyn Fn(&str) -> String, body: &[u8]) -> Result<(), String> {
        let (at, nonce) = (header("wechatpay-timestamp"), header("wechatpay-nonce"));
        let (serial, signature) = (header("wechatpay-serial"), header("wechatpay-signature"));
        let at_s: i64 = at.parse().map_err(|_| "no time".to_owned())?;
        if (self.clock.now().0 / 1000).abs_diff(at_s) >= STALE_S.unsigned_abs() {
            return Err(format!("signed at {at_s}, which is too long ago or too soon"));
        }
        let key = self.platform.get(&serial).ok_or_else(|| format!("signed by an unknown key {serial:?}"))?;
        if key.is_signed(&answer_message(&at, &nonce, body), &signature) {
            return Ok(());
        }
        Err("the signature is wrong".into())
    }

    fn send(&self, method: &str, target: &str, body: Option<&Value>) -> Result<Value, Trouble> {
        let text = body.map(Value::to_string).unwrap_or_default();
        let url = format!("{}{target}", self.own.base.trim_end_matches('/'));
        let authorization = self.authorization(method, target, &text);
        let headers = |name: &'static str| match name {
            "authorization" => authorization.clone(),
            _ => "application/json".to_owned(),
        };
        let sent = match body {
            None => self
                .agent
                .get(&url)
                .header("authorization", headers("authorization"))
                .header("accept", headers("accept"))
                .call(),
            Some(_) => self
                .agent
                .post(&url)
                .header("authorization", headers("authorization"))
                .header("accept", headers("accept"))
                .header("content-type", headers("content-type"))
                .send(text.as_bytes()),
        };
        let response = sent.map_err(|error| Trouble::Unanswered(error.to_string()))?;
        let status = response.status().as_u16();
        let said = response.headers().clone();
        let bytes = read(response, LARGEST_ANSWER)?;
        let header = |name: &str| said.get(name).and_then(|text| text.to_str().ok()).unwrap_or_default().to_owned();
        if status >= 500 || status == 429 {
            return Err(Trouble::Unanswered(format!("status {status}")));
        }
        self.believe(&header, &bytes).map_err(Trouble::Untrue)?;
        let answer: Value = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|error| Trouble::Unanswered(error.to_string()))?
        };
        if (200..300).contains(&status) {
            return Ok(answer);
        }
        let word = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Err(Trouble::Refused { code: word("code"), says: word("message") })
    }

    /// A transaction as answers and notifications hold it. It must be ours.
    fn transaction(&self, found: &Value) -> Result<(String, Told), String> {
        if found["mchid"] != *self.own.merchant || found["appid"] != *self.own.app {
            return Err("of another merchant or application".into());
        }
        let order = found["out_trade_no"].as_str().ok_or("without an order")?.to_owned();
        let told = match found["trade_state"].as_str() {
            // What was paid and given back was paid.
            Some("SUCCESS" | "REFUND") => {
                let amount = &found["amount"];
                if amount["currency"].as_str().unwrap_or("CNY") != "CNY" {
                    return Err("in another currency".into());
                }
                Told::Paid(Receipt {
                    number: found["transaction_id"].as_str().ok_or("without a number")?.to_owned(),
                    amount: Fen(amount["total"].as_i64().ok_or("without an amount")?),
                    at: moment(&found["success_time"]).ok_or("without a time")?,
                })
            }
            Some("CLOSED" | "REVOKED") => Told::Closed,
            Some("NOTPAY" | "USERPAYING" | "PAYERROR") => Told::Waiting,
            other => return Err(format!("in a state we do not know: {other:?}")),
        };
        Ok((order, told))
    }
}

fn moment(value: &Value) -> Option<Moment> {
    value.as_str()?.parse().ok()
}

fn returned(status: &Value) -> Returned {
    match status.as_str() {
        Some("SUCCESS") => Returned::Done,
        Some("CLOSED") => Returned::Closed,
        Some("ABNORMAL") => Returned::Stuck,
        _ => Returned::Waiting,
    }
}

fn is_unknown(trouble: &Trouble) -> bool {
    let known = ["ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS", "TRANSACTION_NOT_EXIST"];
    matches!(trouble, Trouble::Refused { code, .. } if known.contains(&code.as_str()))
}

impl Channel for WeChat {
    fn code(&self) -> &'static str {
        "wechat"
    }

    fn create(&self, asked: &Asked) -> Result<String, Trouble> {
        let until = asked.until.to_string();
        let body = json!({
            "appid": self.own.app, "mchid": self.own.merchant, "description": asked.what, "out_trade_no": asked.order,
            "time_expire": format!("{}+08:00", &until[..19]), "notify_url": self.notify,
            "amount": {"total": asked.amount.0, "currency": "CNY"}
        });
        let answer = self.send("POST", "/v3/pay/transactions/native", Some(&body))?;
        let code = answer["code_url"].as_str().map(str::to_owned);
        code.ok_or_else(|| Trouble::Unanswered("no code in the answer".into()))
    }

    fn query(&self, order: &str) -> Result<Told, Trouble> {
        let target = format!("/v3/pay/transactions/out-trade-no/{order}?mchid={}", self.own.merchant);
        match self.send("GET", &target, None) {
            Ok(found) => {
                let (of, told) = self.transaction(&found).map_err(Trouble::Untrue)?;
                if of == order { Ok(told) } else { Err(Trouble::Untrue(format!("asked of {order}, told of {of}"))) }
            }
            Err(trouble) if is_unknown(&trouble) => Ok(Told::Unknown),
            Err(trouble) => Err(trouble),
        }
    }

    fn close(&self, order: &str) -> Result<(), Trouble> {
        let target = format!("/v3/pay/transactions/out-trade-no/{order}/close");
        self.send("POST", &target, Some(&json!({"mchid": self.own.merchant}))).map(drop)
    }

    fn refund(&self, back: &Back) -> Result<Returned, Trouble> {
        let body = json!({
            "out_trade_no": back.order, "out_refund_no": back.refund, "reason": back.why, "notify_url": self.notify,
            "amount": {"refund": back.amount.0, "total": back.of.0, "currency": "CNY"}
        });
        self.send("POST", "/v3/refund/domestic/refunds", Some(&body)).map(|answer| returned(&answer["status"]))
    }

    fn refunded(&self, _order: &str, refund: &str) -> Result<Returned, Trouble> {
        match self.send("GET", &format!("/v3/refund/domestic/refunds/{refund}"), None) {
            Ok(found) if found["out_refund_no"] == *refund => Ok(returned(&found["status"])),
            Ok(_) => Err(Trouble::Untrue("told of another refund".into())),
            Err(trouble) if is_unknown(&trouble) => Ok(Returned::Unknown),
            Err(trouble) => Err(trouble),
        }
    }

    fn bill(&self, day: Day) -> Result<Option<Vec<BillRow>>, Trouble> {
        let target = format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL");
        let found = match self.send("GET", &target, None) {
            Ok(found) => found,
            Err(Trouble::Refused { code, .. }) if code == "NO_STATEMENT_EXIST" => return Ok(Some(Vec::new())),
            Err(Trouble::Refused { code, .. }) if code == "STATEMENT_CREATING" => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let url = found["download_url"].as_str().ok_or_else(|| Trouble::Unanswered("no address of the bill".into()))?;
        if !outward::is_at(url, &self.own.base, None) {
            return Err(Trouble::Untrue(format!("the bill would be at {url:?}")));
        }
        let target = url.find("://").and_then(|at| url[at + 3..].find('/').map(|path| &url[at + 3 + path..]));
        let target = target.ok_or_else(|| Trouble::Untrue(format!("{url:?} is no address")))?;
        let sent = self.agent.get(url).header("authorization", self.authorization("GET", target, "")).call();
        let bytes = read(sent.map_err(|error| Trouble::Unanswered(error.to_string()))?, LARGEST_BILL)?;
        // The file itself is not signed: its hash is, in the answer that names it.
        let hash = HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &bytes).as_ref());
        if found["hash_type"] != "SHA1" || !is_same_secret(&hash, found["hash_value"].as_str().unwrap_or_default()) {
            return Err(Trouble::Untrue("the bill is not the one that was named".into()));
        }
        rows(&String::from_utf8_lossy(&bytes)).map(Some).map_err(Trouble::Untrue)
    }

    fn notice(&self, sent: &Sent<'_>) -> Result<Notice, String> {
        self.believe(sent.header, sent.body)?;
        let outer: Value = serde_json::from_slice(sent.body).map_err(|error| error.to_string())?;
        let resource = &outer["resource"];
        let text = |name: &str| resource[name].as_str().unwrap_or_default();
        if text("algorithm") != "AEAD_AES_256_GCM" {
            return Err(format!("sealed in a way we do not know: {:?}", text("algorithm")));
        }
        let sealed = BASE64.decode(text("ciphertext").as_bytes()).map_err(|_| "no Base64".to_owned())?;
        let plain = open_sealed(&self.api_key, text("nonce").as_bytes(), text("associated_data").as_bytes(), &sealed);
        let plain = plain.ok_or("it cannot be opened with our key")?;
        let found: Value = serde_json::from_slice(&plain).map_err(|error| error.to_string())?;
        let event = outer["event_type"].as_str().unwrap_or_default();
        if event.starts_with("REFUND.") {
            if found["mchid"] != *self.own.merchant {
                return Err("of another merchant".into());
            }
            let refund = found["out_refund_no"].as_str().ok_or("without a refund")?.to_owned();
            return Ok(Notice::Returned { refund, told: returned(&found["refund_status"]) });
        }
        if event != "TRANSACTION.SUCCESS" {
            return Ok(Notice::Nothing);
        }
        match self.transaction(&found)? {
            (order, Told::Paid(receipt)) => Ok(Notice::Paid { order, receipt }),
            _ => Ok(Notice::Nothing),
        }
    }

    fn reply(&self, heard: Result<(), ()>) -> (u16, &'static str, &'static str) {
        match heard {
            Ok(()) => (204, "text/plain", ""),
            Err(()) => (500, "application/json", "{\"code\":\"FAIL\",\"message\":\"失败\"}"),
        }
    }
}

/// The rows of a bill: after a line of headings one line each, every value behind a backtick; a summary ends it.
///
/// # Errors
/// What is not as a bill is.
pub fn rows(text: &str) -> Result<Vec<BillRow>, String> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let headings: Vec<&str> = lines.next().ok_or("an empty bill")?.split(',').map(str::trim).collect();
    let place = |name: &str| {
        headings.iter().position(|heading| *heading == name).ok_or_else(|| format!("no column {name} in the bill"))
    };
    let (order, number, state) = (place("商户订单号")?, place("微信订单号")?, place("交易状态")?);
    let (refund, paid, back) = (place("商户退款单号")?, place("应结订单金额")?, place("退款金额")?);
    let mut rows = Vec::new();
    for line in lines.take_while(|line| line.starts_with('`')) {
        let cells: Vec<&str> = line.split(",`").map(|cell| cell.trim_start_matches('`').trim()).collect();
        let cell = |at: usize| cells.get(at).copied().ok_or_else(|| format!("a short row: {line}"));
        let is_refund = cell(state)? == "REFUND";
        let text = cell(if is_refund { back } else { paid })?;
        let fen: Fen = text.parse().map_err(|_| format!("no amount: {line}"))?;
        rows.push(BillRow {
            order: cell(order)?.to_owned(),
            number: cell(number)?.to_owned(),
            refund: if is_refund { Some(cell(refund)?.to_owned()) } else { None },
            fen: fen.0,
        });
    }
    Ok(rows)
}
