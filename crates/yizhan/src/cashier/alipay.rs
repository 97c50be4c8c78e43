//! Alipay, precreate: the payer scans a code. Requests are forms, signed over their sorted parameters; an answer is signed over
//! the very characters of its node; a notification is a form whose own signature and its kind are left out of what was signed.

use super::channel::{
    Asked, Back, BillRow, Channel, LARGEST_ANSWER, LARGEST_BILL, Notice, Receipt, Returned, Sent, Told, Trouble, agent,
    read,
};
use super::crypt::{Signer, Verifier};
use crate::config::Alipay as Own;
use crate::outward;
use encoding_rs::GBK;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use yizhan_kit::{Clock, Day, Fen, Moment};

/// The channel.
pub struct Alipay {
    own: Own,
    signer: Signer,
    theirs: Vec<Verifier>,
    notify: String,
    clock: Arc<dyn Clock>,
    agent: ureq::Agent,
}

/// What is signed of parameters: those that are not empty, in order of name.
pub fn sign_content(parameters: &BTreeMap<String, String>, but: &[&str]) -> String {
    let kept = parameters.iter().filter(|(name, value)| !value.is_empty() && !but.contains(&name.as_str()));
    kept.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The characters of an answer's node, as they stand, and its signature.
///
/// # Errors
/// When the answer has none of that name.
pub fn signed_node<'a>(body: &'a str, method: &str) -> Result<(&'a str, String), String> {
    let parts: BTreeMap<&str, &RawValue> = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let name = format!("{}_response", method.replace('.', "_"));
    let node = parts.get(name.as_str()).or_else(|| parts.get("error_response")).ok_or("an answer without its node")?;
    let sign = parts.get("sign").map(|sign| serde_json::from_str(sign.get())).transpose();
    Ok((node.get(), sign.ok().flatten().unwrap_or_default()))
}

/// A moment as Alipay writes it.
pub fn time(moment: Moment) -> String {
    moment.to_string()[..19].replace('T', " ")
}

impl Alipay {
    /// Reads its keys.
    ///
    /// # Errors
    /// Names the file that is missing or wrong.
    pub fn open(own: &Own, notify: String, clock: Arc<dyn Clock>) -> Result<Self, String> {
        if own.alipay_keys.is_empty() {
            return Err("payment.alipay.alipay_keys: at least one key of the channel is needed".into());
        }
        Ok(Self {
            signer: Signer::open(&own.key)?,
            theirs: own.alipay_keys.iter().map(|file| Verifier::open(file)).collect::<Result<_, _>>()?,
            notify,
            clock,
            agent: agent(Duration::from_millis(own.timeout_ms)),
            own: own.clone(),
        })
    }

    fn is_theirs(&self, message: &[u8], signature: &str) -> bool {
        self.theirs.iter().any(|key| key.is_signed(message, signature))
    }

    fn send(&self, method: &str, content: &Value) -> Result<Value, Trouble> {
        let mut form = BTreeMap::from([
            ("app_id", self.own.app.clone()),
            ("method", method.to_owned()),
            ("format", "JSON".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", time(self.clock.now())),
            ("version", "1.0".to_owned()),
            ("biz_content", content.to_string()),
        ]);
        if method == "alipay.trade.precreate" {
            form.insert("notify_url", self.notify.clone());
        }
        let mut form: BTreeMap<String, String> =
            form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        form.insert("sign".into(), self.signer.sign(sign_content(&form, &["sign"]).as_bytes()));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
        let sent = self
            .agent
            .post(&self.own.gateway)
            .header("content-type", "application/x-www-form-urlencoded;charset=utf-8")
            .send(body.as_bytes());
        let response = sent.map_err(|error| Trouble::Unanswered(error.to_string()))?;
        let status = response.status().as_u16();
        let bytes = read(response, LARGEST_ANSWER)?;
        if status != 200 {
            return Err(Trouble::Unanswered(format!("status {status}")));
        }
        let text = String::from_utf8(bytes).map_err(|error| Trouble::Unanswered(error.to_string()))?;
        let (node, sign) = signed_node(&text, method).map_err(Trouble::Unanswered)?;
        if !self.is_theirs(node.as_bytes(), &sign) {
            return Err(Trouble::Untrue("the signature is wrong".into()));
        }
        let answer: Value = serde_json::from_str(node).map_err(|error| Trouble::Unanswered(error.to_string()))?;
        let word = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        match word("code").as_str() {
            "10000" => Ok(answer),
            // The system is busy, or it does not know itself: so do we not.
            "20000" | "10003" => Err(Trouble::Unanswered(word("sub_msg"))),
            _ if word("sub_code").ends_with("SYSTEM_ERROR") => Err(Trouble::Unanswered(word("sub_msg"))),
            code => {
                let code = if word("sub_code").is_empty() { code.to_owned() } else { word("sub_code") };
                Err(Trouble::Refused { code, says: word("sub_msg") })
            }
        }
    }
}

/// `2021-02-01 08:00:20`
fn moment(text: &str) -> Option<Moment> {
    text.replacen(' ', "T", 1).parse().ok()
}

fn is_unknown(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Refused { code, .. } if code == "ACQ.TRADE_NOT_EXIST")
}

impl Channel for Alipay {
    fn code(&self) -> &'static str {
        "alipay"
    }

    fn create(&self, asked: &Asked) -> Result<String, Trouble> {
        // Whole minutes, rounded down: what is paid is paid within the time that we wait.
        let minutes = ((asked.until.0 - self.clock.now().0) / 60_000).max(1);
        let content = json!({
            "out_trade_no": asked.order, "total_amount": asked.amount.to_string(), "subject": asked.what,
            "timeout_express": format!("{minutes}m")
        });
        let answer = self.send("alipay.trade.precreate", &content)?;
        if answer["out_trade_no"] != *asked.order {
            return Err(Trouble::Untrue("told of another order".into()));
        }
        let code = answer["qr_code"].as_str().map(str::to_owned);
        code.ok_or_else(|| Trouble::Unanswered("no code in the answer".into()))
    }

    fn query(&self, order: &str) -> Result<Told, Trouble> {
        let found = match self.send("alipay.trade.query", &json!({"out_trade_no": order})) {
            Ok(found) => found,
            Err(trouble) if is_unknown(&trouble) => return Ok(Told::Unknown),
            Err(trouble) => return Err(trouble),
        };
        if found["out_trade_no"] != *order {
            return Err(Trouble::Untrue("told of another order".into()));
        }
        let text = |name: &str| found[name].as_str().unwrap_or_default();
        let paid = || -> Option<Receipt> {
            let number = Some(text("trade_no")).filter(|number| !number.is_empty())?.to_owned();
            Some(Receipt { number, amount: text("total_amount").parse().ok()?, at: moment(text("send_pay_date"))? })
        };
        match text("trade_status") {
            "TRADE_SUCCESS" | "TRADE_FINISHED" => {
                paid().map(Told::Paid).ok_or_else(|| Trouble::Untrue("paid, but not how much".into()))
            }
            // What was paid and given back whole is called closed too; then it tells when it was paid.
            "TRADE_CLOSED" => Ok(paid().map_or(Told::Closed, Told::Paid)),
            "WAIT_BUYER_PAY" => Ok(Told::Waiting),
            other => Err(Trouble::Untrue(format!("a state we do not know: {other:?}"))),
        }
    }

    fn close(&self, order: &str) -> Result<(), Trouble> {
        match self.send("alipay.trade.close", &json!({"out_trade_no": order})) {
            Ok(_) => Ok(()),
            // Nobody has scanned it: there is nothing to close yet, and its time will run out.
            Err(trouble) if is_unknown(&trouble) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    fn refund(&self, back: &Back) -> Result<Returned, Trouble> {
        let content = json!({
            "out_trade_no": back.order, "out_request_no": back.refund, "refund_amount": back.amount.to_string(),
            "refund_reason": back.why
        });
        let answer = self.send("alipay.trade.refund", &content)?;
        Ok(if answer["fund_change"] == "Y" { Returned::Done } else { Returned::Waiting })
    }

    fn refunded(&self, order: &str, refund: &str) -> Result<Returned, Trouble> {
        let content = json!({"out_trade_no": order, "out_request_no": refund});
        match self.send("alipay.trade.fastpay.refund.query", &content) {
            // Of a refund that it does not know it answers without a word on it.
            Ok(found) if found["out_request_no"] != *refund => Ok(Returned::Unknown),
            Ok(found) if found["refund_status"] == "REFUND_SUCCESS" => Ok(Returned::Done),
            Ok(_) => Ok(Returned::Waiting),
            Err(trouble) if is_unknown(&trouble) => Ok(Returned::Unknown),
            Err(trouble) => Err(trouble),
        }
    }

    fn bill(&self, day: Day) -> Result<Option<Vec<BillRow>>, Trouble> {
        let content = json!({"bill_type": "trade", "bill_date": day.to_string()});
        let found = match self.send("alipay.data.dataservice.bill.downloadurl.query", &content) {
            Ok(found) => found,
            Err(Trouble::Refused { code, .. }) if code.ends_with("BILL_NOT_EXIST") => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let url = found["bill_download_url"].as_str();
        let url = url.ok_or_else(|| Trouble::Unanswered("no address of the bill".into()))?;
        if !outward::is_at(url, &self.own.gateway, Some("alipay.com")) {
            return Err(Trouble::Untrue(format!("the bill would be at {url:?}")));
        }
        let sent = self.agent.get(url).call().map_err(|error| Trouble::Unanswered(error.to_string()))?;
        let bytes = read(sent, LARGEST_BILL)?;
        rows(&unpacked(&bytes).map_err(Trouble::Untrue)?).map(Some).map_err(Trouble::Untrue)
    }

    fn notice(&self, sent: &Sent<'_>) -> Result<Notice, String> {
        let form: BTreeMap<String, String> = form_urlencoded::parse(sent.body).into_owned().collect();
        let text = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if text("sign_type") != "RSA2" {
            return Err(format!("signed in a way we do not know: {:?}", text("sign_type")));
        }
        if !self.is_theirs(sign_content(&form, &["sign", "sign_type"]).as_bytes(), text("sign")) {
            return Err("the signature is wrong".into());
        }
        if text("app_id") != self.own.app || text("seller_id") != self.own.seller {
            return Err("of another seller or application".into());
        }
        let paid = matches!(text("trade_status"), "TRADE_SUCCESS" | "TRADE_FINISHED");
        // A refund tells of the payment once more, with what was given back.
        if !paid || !text("gmt_refund").is_empty() {
            return Ok(Notice::Nothing);
        }
        Ok(Notice::Paid {
            order: text("out_trade_no").to_owned(),
            receipt: Receipt {
                number: text("trade_no").to_owned(),
                amount: text("total_amount").parse().map_err(|_| "no amount".to_owned())?,
                at: moment(text("gmt_payment")).ok_or("without a time")?,
            },
        })
    }

    fn reply(&self, heard: Result<(), ()>) -> (u16, &'static str, &'static str) {
        (200, "text/plain", if heard.is_ok() { "success" } else { "fail" })
    }
}

/// The file of single transactions within the archive, in words: there is a summary beside it.
fn unpacked(bytes: &[u8]) -> Result<String, String> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|error| error.to_string())?;
    for n in 0..archive.len() {
        let file = archive.by_index(n).map_err(|error| error.to_string())?;
        let name = GBK.decode(file.name_raw()).0.into_owned();
        if name.contains("汇总") || !name.ends_with(".csv") {
            continue;
        }
        let mut text = Vec::new();
        file.take(LARGEST_BILL).read_to_end(&mut text).map_err(|error| error.to_string())?;
        return Ok(GBK.decode(&text).0.into_owned());
    }
    Err("no bill in the archive".into())
}

/// The rows of a bill: remarks behind `#`, a line of headings, one line each.
///
/// # Errors
/// What is not as a bill is.
pub fn rows(text: &str) -> Result<Vec<BillRow>, String> {
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
    let headings: Vec<&str> = lines.next().ok_or("an empty bill")?.split(',').map(str::trim).collect();
    let place = |name: &str| {
        let found = headings.iter().position(|heading| heading.starts_with(name));
        found.ok_or_else(|| format!("no column {name} in the bill"))
    };
    let (number, order, kind) = (place("支付宝交易号")?, place("商户订单号")?, place("业务类型")?);
    let (amount, refund) = (place("订单金额")?, place("退款批次号")?);
    let mut rows = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let cell = |at: usize| cells.get(at).copied().ok_or_else(|| format!("a short row: {line}"));
        let is_refund = cell(kind)? == "退款";
        let fen: Fen = cell(amount)?.trim_start_matches('-').parse().map_err(|_| format!("no amount: {line}"))?;
        rows.push(BillRow {
            order: cell(order)?.to_owned(),
            number: cell(number)?.to_owned(),
            refund: if is_refund { Some(cell(refund)?.to_owned()) } else { None },
            fen: fen.0,
        });
    }
    Ok(rows)
}
