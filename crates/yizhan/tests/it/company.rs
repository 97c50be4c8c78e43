//! A company's handlers: named by papers and four eyes, verified by a code before anything of the company is opened, dated
//! and revocable.

use crate::invoice::{Desk, wanted};
use crate::testing::{Answer, TestApp, VILLAGE};
use axum::http::StatusCode;
use serde_json::{Value, json};

const COMPANY: &str = "91990100MA00000001";
const HANDLER: &str = "15400000003";

/// The text messages to a number.
fn texts(app: &TestApp, to: &str) -> Vec<String> {
    let now = app.app.real_clock.now();
    let kept = app.app.with_working(|working| working.list("sms", now)).unwrap();
    let all = kept.iter().map(|(_, value)| serde_json::from_slice::<Value>(value).unwrap());
    all.filter(|one| one["to"] == to).map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

impl Desk {
    async fn name_handler(&mut self, from: &str, until: &str) -> String {
        let form = json!({
            "region": VILLAGE, "taxpayer": "示范商贸公司", "taxpayer_number": COMPANY, "name": "柳三丰", "mobile": HANDLER,
            "from": from, "until": until
        });
        let number = self.open("company-handler", form).await;
        for paper in ["licence", "letter", "identity"] {
            self.attach(&number, paper).await;
        }
        assert_eq!(self.sign(&number, json!({"from": from, "until": until})).await.status, StatusCode::OK);
        let district = self.district.clone();
        let approved = self.app.step(&number, &district, json!({"verb": "sign"})).await;
        assert_eq!(approved.status, StatusCode::OK, "{}", approved.text);
        number
    }

    async fn code(&mut self, mobile: &str) -> Answer {
        let agent = self.agent.clone();
        self.app.post("/api/companies/code", Some(&agent), json!({"taxpayer_number": COMPANY, "mobile": mobile})).await
    }

    async fn prove(&mut self, mobile: &str, code: &str) -> Answer {
        let agent = self.agent.clone();
        let proved = json!({"taxpayer_number": COMPANY, "mobile": mobile, "code": code});
        self.app.post("/api/companies", Some(&agent), proved).await
    }

    /// The last code that a handler got.
    fn got(&self, mobile: &str) -> String {
        let text = texts(&self.app, mobile).pop().expect("a message");
        text.chars().filter(char::is_ascii_digit).take(6).collect()
    }

    async fn read(&mut self, number: &str) -> Answer {
        let agent = self.agent.clone();
        self.app.post(&format!("/api/cases/{number}/read"), Some(&agent), json!({"reason": "contact"})).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_company_is_opened_without_its_handler_and_a_code() {
    let mut desk = Desk::new().await;
    let matter = desk.open("invoice-receive", wanted(COMPANY, 5)).await;
    assert_eq!(desk.read(&matter).await.status, StatusCode::OK, "it has named nobody yet");
    let handler = desk.name_handler("2021-02-01", "2021-06-30").await;
    // From now on only with its handler.
    let refused = desk.read(&matter).await;
    assert_eq!(refused.code(), "company-not-verified", "{}", refused.text);
    assert_eq!(refused.json()["papers"].as_array().unwrap().len(), 3, "but which papers are needed is told");
    let agent = desk.agent.clone();
    let opening = desk.app.post("/api/cases/invoice-receive", Some(&agent), wanted(COMPANY, 5)).await;
    assert_eq!(opening.code(), "company-not-verified");
    // A stranger's telephone and the handler's are answered alike; only one of them gets a code.
    let (strange, right) = (desk.code("15400000009").await, desk.code(HANDLER).await);
    assert_eq!((strange.status, &strange.text), (StatusCode::OK, &right.text));
    assert!(texts(&desk.app, "15400000009").is_empty());
    let code = desk.got(HANDLER);
    assert_eq!(desk.prove("15400000009", &code).await.code(), "company-not-verified");
    assert_eq!(desk.prove(HANDLER, "000000").await.code(), "company-not-verified");
    let before = desk.app.app.image().seq;
    let opened = desk.prove(HANDLER, &code).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
    assert_eq!(desk.app.app.image().seq, before + 1, "that it was verified is on record");
    let company = opened.json();
    assert_eq!((&company["name"], &company["number"]), (&json!("示范商贸公司"), &json!("9199************01")));
    assert_eq!((&company["handlers"][0]["name"], &company["handlers"][0]["state"]), (&json!("柳**"), &json!("valid")));
    assert_eq!(company["cases"][0]["number"], json!(matter));
    assert_eq!(company["invoices"][0], json!({"kind": "ordinary", "quota": 50, "used": 0}));
    assert_eq!(desk.prove(HANDLER, &code).await.code(), "company-not-verified", "a code is good once");
    assert_eq!(desk.read(&matter).await.status, StatusCode::OK);
    let history = desk.app.get(&format!("/api/cases/{handler}"), Some(&agent)).await.json()["history"][0].clone();
    assert_eq!(history["title"], "The handler was verified");
    // It is open to this agent only, and until the talk is over.
    let other = desk.app.signed_in("district").await;
    assert_eq!(desk.app.get("/api/companies", Some(&other)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(desk.app.get("/api/companies", Some(&agent)).await.json().as_array().unwrap().len(), 1);
    desk.app.post("/api/companies/close", Some(&agent), json!({})).await;
    assert_eq!(desk.read(&matter).await.code(), "company-not-verified");
    // What nobody closes lapses after half an hour.
    desk.app.minutes_pass(2);
    desk.code(HANDLER).await;
    let code = desk.got(HANDLER);
    assert_eq!(desk.prove(HANDLER, &code).await.status, StatusCode::OK);
    desk.app.minutes_pass(29);
    assert_eq!(desk.read(&matter).await.status, StatusCode::OK);
    desk.app.minutes_pass(2);
    let fresh = desk.app.signed_in("desk").await;
    desk.agent = fresh;
    assert_eq!(desk.read(&matter).await.code(), "company-not-verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_ends_with_their_days_or_when_revoked() {
    let mut desk = Desk::new().await;
    let first = desk.name_handler("2021-02-01", "2021-02-05").await;
    desk.name_handler("2021-03-01", "2021-12-31").await;
    desk.code(HANDLER).await;
    assert_eq!(texts(&desk.app, HANDLER).iter().filter(|text| text.contains("核验")).count(), 1);
    let agent = desk.agent.clone();
    let revoked =
        desk.app.post(&format!("/api/cases/{first}/entries/revoke"), Some(&agent), json!({"why": "已离职"})).await;
    assert_eq!(revoked.status, StatusCode::OK, "{}", revoked.text);
    let code = desk.got(HANDLER);
    assert_eq!(desk.prove(HANDLER, &code).await.code(), "company-not-verified", "revoked between code and proof");
    desk.app.minutes_pass(2);
    desk.code(HANDLER).await;
    assert_eq!(texts(&desk.app, HANDLER).iter().filter(|text| text.contains("核验")).count(), 1, "no more codes");
    // The other one's days begin in March.
    desk.app.days_pass(30);
    desk.agent = desk.app.signed_in("desk").await;
    desk.code(HANDLER).await;
    let code = desk.got(HANDLER);
    let company = desk.prove(HANDLER, &code).await.json();
    let states: Vec<&str> =
        company["handlers"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["valid", "revoked"]);
}
