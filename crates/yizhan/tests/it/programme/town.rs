//! A village with a treasury for the stories: its people as the register has them; cases carried along their routes, batches
//! paid to the end, accounts looked into.

use crate::testing::{Answer, Cast, DISTRICT, TestApp, VILLAGE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, SetFacts};
use yizhan_kit::Day;

/// Who signs a step, with which papers and answers.
pub type By = (&'static str, &'static [&'static str], Value);

/// The usual route of a change: village, township, district.
pub fn three() -> Vec<By> {
    vec![("clerk2", &[], json!({})), ("township", &[], json!({})), ("district", &[], json!({}))]
}

/// As [`three`], with a paper that the township asks for.
pub fn three_with(papers: &'static [&'static str]) -> Vec<By> {
    vec![("clerk2", &[], json!({})), ("township", papers, json!({})), ("district", &[], json!({}))]
}

/// A sheet: the village signs it with its paper, the township checks it.
pub fn sheet(papers: &'static [&'static str]) -> Vec<By> {
    vec![("clerk", papers, json!({})), ("township", &[], json!({}))]
}

/// The village.
pub struct Town {
    app: TestApp,
}

impl Town {
    /// A village in February, with the district's treasury.
    pub fn new() -> Self {
        let town = Self { app: TestApp::new() };
        town.settle("treasury", DISTRICT, "区财政专户");
        town
    }

    /// Something with an area and a name.
    pub fn settle(&self, kind: &str, area: &str, name: &str) -> u32 {
        self.add(kind, &[("area", area), ("name", name)])
    }

    /// A subject of the register, known since the new year.
    pub fn add(&self, kind: &str, facts: &[(&str, &str)]) -> u32 {
        let facts = facts.iter().map(|(name, value)| (format!("{kind}.{name}"), (*value).to_owned())).collect();
        let add = AddSubject {
            kind: kind.into(),
            facts,
            since: Vec::new(),
            sealed: None,
            from: "2021-01-01".parse().unwrap(),
            source: "test".into(),
            members: Vec::new(),
        };
        self.app.act_of_the_program(Arc::new(add)).unwrap().about.unwrap().0
    }

    /// A household on the register, or not.
    pub fn household(&self, registered: &str) -> u32 {
        self.add("household", &[("area", VILLAGE), ("registered", registered), ("attribute", "1")])
    }

    /// One of its members.
    pub fn person(&self, household: u32, born: &str, facts: &[(&str, &str)]) -> u32 {
        let household = household.to_string();
        self.add("person", &[&[("household", household.as_str()), ("born", born)], facts].concat())
    }

    /// Somebody of a registered household of their own, with the household.
    pub fn alone(&self, born: &str, facts: &[(&str, &str)]) -> (u32, u32) {
        let home = self.household("true");
        (home, self.person(home, born, facts))
    }

    /// What becomes known today.
    pub fn learn(&self, subject: u32, attribute: &str, value: &str) {
        let fact = SetFacts {
            subject: SubjectId(subject),
            facts: vec![(attribute.to_owned(), Some(value.to_owned()))],
            sealed: None,
            from: self.app.app.now().day(),
            to: None,
            source: "test".into(),
        };
        self.app.act_of_the_program(Arc::new(fact)).unwrap();
    }

    /// What is known of a subject today.
    pub fn known(&self, subject: u32, attribute: &str) -> Option<Known> {
        let program = Viewer::program();
        program.look(&self.app.app.image()).fact(SubjectId(subject), attribute, self.today())
    }

    /// Whether a flag is set today.
    pub fn is(&self, subject: u32, flag: &str) -> bool {
        self.known(subject, flag) == Some(Known::Flag(true))
    }

    /// What the stories run on.
    pub fn app(&self) -> &TestApp {
        &self.app
    }

    /// The same, to ask something new of it.
    pub fn app_mut(&mut self) -> &mut TestApp {
        &mut self.app
    }

    /// The day.
    pub fn today(&self) -> Day {
        self.app.app.now().day()
    }

    /// So many days pass.
    pub fn days_pass(&self, days: u32) {
        self.app.days_pass(days);
    }

    async fn who(&self, login: &str) -> Cast {
        self.app.signed_in(login).await
    }

    /// What a case about a member of a household asks for first.
    pub fn member(&self, household: u32, person: u32, more: Value) -> Value {
        let mut form = json!({"name": "柳七", "region": VILLAGE, "household": household, "person": person});
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        form
    }

    /// As [`Town::member`], about the household itself.
    pub fn home(&self, household: u32, more: Value) -> Value {
        let mut form = self.member(household, 0, more);
        form.as_object_mut().unwrap().remove("person");
        form
    }

    /// Tries to open a case.
    pub async fn try_open(&mut self, login: &str, service: &str, form: Value) -> Answer {
        let who = self.who(login).await;
        self.app.post(&format!("/api/cases/{service}"), Some(&who), form).await
    }

    /// Opens a case; its number.
    pub async fn open(&mut self, login: &str, service: &str, form: Value) -> String {
        let opened = self.try_open(login, service, form).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{service}: {}", opened.text);
        opened.json()["number"].as_str().unwrap().to_owned()
    }

    /// Tries to sign the step at which a case waits.
    pub async fn try_sign(&mut self, login: &str, number: &str, answers: Value) -> Answer {
        let who = self.who(login).await;
        self.app.step(number, &who, json!({"verb": "sign", "answers": answers})).await
    }

    /// Attaches a paper.
    pub async fn attach(&mut self, login: &str, number: &str, paper: &str) {
        let who = self.who(login).await;
        let bytes = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n".to_vec();
        let length = bytes.len().to_string();
        let headers = [("upload-length", length.as_str()), ("upload-metadata", "filename 5oql5ZGKLmpwZw==")];
        let begun = self.app.raw(Method::POST, "/api/uploads", Some(&who), &headers, Vec::new()).await;
        let address = begun.headers["location"].to_str().unwrap().to_owned();
        let headers = [("upload-offset", "0"), ("content-type", "application/offset+octet-stream")];
        let taken = self.app.raw(Method::PATCH, &address, Some(&who), &headers, bytes).await;
        assert_eq!(taken.status, StatusCode::NO_CONTENT, "{}", taken.text);
        let upload = json!({"upload": address.rsplit('/').next().unwrap()});
        let kept = self.app.post(&format!("/api/cases/{number}/papers/{paper}"), Some(&who), upload).await;
        assert!(kept.status.is_success(), "{paper}: {}", kept.text);
    }

    /// Has a case signed along its route, each step after the longest notice.
    pub async fn go_on(&mut self, number: &str, route: Vec<By>) {
        for (login, papers, answers) in route {
            self.days_pass(8);
            for paper in papers {
                self.attach(login, number, paper).await;
            }
            let signed = self.try_sign(login, number, answers).await;
            assert_eq!(signed.status, StatusCode::OK, "{number} by {login}: {}", signed.text);
        }
    }

    /// Opens a case as the village or, where that may not, the township, and has it signed to its end.
    pub async fn carried(&mut self, service: &str, form: Value, route: Vec<By>) -> String {
        let by_village = self.try_open("clerk", service, form.clone()).await;
        let number = match by_village.status {
            StatusCode::CREATED => by_village.json()["number"].as_str().unwrap().to_owned(),
            _ => self.open("township", service, form).await,
        };
        self.go_on(&number, route).await;
        assert_eq!(self.state(&number).await, "completed", "{service}");
        number
    }

    /// The state of a case.
    pub async fn state(&self, number: &str) -> String {
        self.state_for("district", number).await
    }

    /// The state of a case, as somebody sees it.
    pub async fn state_for(&self, login: &str, number: &str) -> String {
        let who = self.who(login).await;
        let page = self.app.get(&format!("/api/cases/{number}"), Some(&who)).await.json();
        page["state"].as_str().unwrap().to_owned()
    }

    /// The lines of a batch as they are now, or the refusal.
    pub async fn try_lines(&self, number: &str) -> Answer {
        let (who, path) = (self.who("township").await, format!("/api/cases/{number}/lines"));
        self.app.call(Method::POST, &path, Some(&who), &[], Some(json!({"adjust": []}))).await
    }

    /// Whom a batch pays how much.
    pub async fn lines(&self, number: &str) -> Vec<(u32, String)> {
        rows(&self.try_lines(number).await, "lines", "amount")
    }

    /// Whom a batch holds back, and why.
    pub async fn held(&self, number: &str) -> Vec<(u32, String)> {
        rows(&self.try_lines(number).await, "held", "why")
    }

    /// Opens a batch of a programme in the village.
    pub async fn batch(&mut self, programme: &str, period: &str) -> String {
        let form = json!({"region": VILLAGE, "programme": programme, "period": period});
        self.open("township", "programme-batch", form).await
    }

    /// Freezes a batch and has it approved: its money is set aside.
    pub async fn approved(&mut self, number: &str) {
        self.go_on(number, vec![("township", &[], json!({})), ("district", &[], json!({}))]).await;
    }

    /// Carries a batch to its end: frozen, approved, everything arrived, settled.
    pub async fn settled(&mut self, number: &str) {
        self.approved(number).await;
        self.reply_all(number).await;
    }

    /// Everything of a batch arrives, and it is settled.
    pub async fn reply_all(&mut self, number: &str) {
        let who = self.who("district").await;
        let file = self.app.get(&format!("/api/cases/{number}/bank-file.csv"), Some(&who)).await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.text);
        let mut answer = "流水号,金额,结果\n".to_owned();
        for row in file.text.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            answer += &format!("{},{},成功\n", cells[0], cells[4]);
        }
        let path = format!("/api/cases/{number}/bank-reply");
        let matched = self.app.raw(Method::POST, &path, Some(&who), &[], answer.into_bytes()).await.json();
        assert_eq!((&matched["failed"], &matched["unmatched"]), (&json!(0), &json!([])), "{matched}");
        let signed = self.try_sign("district", number, json!({})).await;
        assert_eq!(signed.status, StatusCode::OK, "{}", signed.text);
        assert_eq!(self.state(number).await, "completed");
    }

    /// Pays a programme for a period; whom it paid how much.
    pub async fn paid(&mut self, programme: &str, period: &str) -> Vec<(u32, String)> {
        let number = self.batch(programme, period).await;
        let lines = self.lines(&number).await;
        self.settled(&number).await;
        lines
    }

    /// What an account holds; its latest transfer moved money and cites a case.
    pub async fn account(&self, subject: u32, fund: &str) -> String {
        let who = self.who("district").await;
        let statement = self.app.get(&format!("/api/accounts/{subject}/{fund}"), Some(&who)).await;
        assert_eq!(statement.status, StatusCode::OK, "{}", statement.text);
        let statement = statement.json();
        let latest = &statement["transfers"][0];
        assert!(latest["moved"] == true && !latest["case"].as_str().unwrap().is_empty(), "{statement}");
        statement["held"].as_str().unwrap().to_owned()
    }
}

fn rows(answer: &Answer, list: &str, column: &str) -> Vec<(u32, String)> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let view = answer.json();
    let row = |one: &Value| {
        let subject = u32::try_from(one["subject"].as_u64().unwrap()).unwrap();
        (subject, one[column].as_str().unwrap().to_owned())
    };
    view[list].as_array().unwrap().iter().map(row).collect()
}

/// Rows as stories write them.
pub fn told(rows: &[(u32, &str)]) -> Vec<(u32, String)> {
    rows.iter().map(|(subject, text)| (*subject, (*text).to_owned())).collect()
}
