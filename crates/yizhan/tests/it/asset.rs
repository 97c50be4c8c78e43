//! Projects gate by gate, the assets they leave behind, the rights to them, who runs them under which contract.

use crate::paper::{name_of, pdf, upload};
use crate::pay::{opened, settle, signed};
use crate::testing::{Answer, Cast, DISTRICT, NEIGHBOUR, TOWNSHIP, TestApp, VILLAGE};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use yizhan::staff;
use yizhan_core::access::{Judged, Question, Role, Verdict, Viewer, rules_of};
use yizhan_core::catalog::{Level, RuleKind};
use yizhan_core::image::fact::Value as Known;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, SetFacts};
use yizhan_kit::Day;

const KINDS: [RuleKind; 3] = [RuleKind::Standard, RuleKind::Duty, RuleKind::Paper];

/// Who has to do with assets of the village.
pub struct Village {
    pub clerk: Cast,
    pub township: Cast,
    pub district: Cast,
    pub collective: u32,
    pub office: u32,
    pub operator: u32,
}

impl Village {
    pub async fn new(app: &TestApp) -> Self {
        Self {
            collective: settle(app, "collective", VILLAGE, "示范村股份经济合作社"),
            office: settle(app, "agency", TOWNSHIP, "街道农业农村办公室"),
            operator: settle(app, "enterprise", NEIGHBOUR, "示范种植公司"),
            clerk: app.signed_in("clerk").await,
            township: app.signed_in("township").await,
            district: app.signed_in("district").await,
        }
    }

    /// Days go by, and everybody signs in anew.
    pub async fn days_pass(&mut self, app: &TestApp, days: u32) {
        app.days_pass(days);
        for (who, login) in
            [(&mut self.clerk, "clerk"), (&mut self.township, "township"), (&mut self.district, "district")]
        {
            *who = app.signed_in(login).await;
        }
    }

    /// An asset that was taken over in 2018, owned by the collective and supervised by the office.
    pub fn asset(&self, app: &TestApp, name: &str) -> u32 {
        let of = |kind: &str, facts: &[(&str, String)]| AddSubject {
            kind: kind.into(),
            facts: facts.iter().map(|(name, value)| (format!("{kind}.{name}"), value.clone())).collect(),
            since: Vec::new(),
            sealed: None,
            from: "2018-05-01".parse().unwrap(),
            source: "test".into(),
            members: Vec::new(),
        };
        let right = |kind: &str, holder: u32, collective: bool| {
            let facts = [("kind", kind.to_owned()), ("holder", holder.to_string()), ("share", "100".to_owned())];
            let mut right = of("right", &[&facts[..], &[("from", "2018-05-01".to_owned())]].concat());
            right.facts.extend(collective.then(|| ("right.collective".to_owned(), holder.to_string())));
            ("right.asset".to_owned(), right)
        };
        let facts = [("area", VILLAGE), ("name", name), ("industry", "planting"), ("taken-over-on", "2018-05-01")];
        let mut facts: Vec<_> = facts.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        facts.push(("planned-income", "10000.00".to_owned()));
        let mut asset = of("asset", &facts);
        asset.members = vec![
            right("ownership", self.collective, true),
            right("income", self.collective, true),
            right("supervision", self.office, false),
        ];
        app.act_of_the_program(Arc::new(asset)).unwrap().about.unwrap().0
    }

    /// Opens a case and has it signed by the township, with its papers, and the district.
    pub async fn carried(&self, app: &mut TestApp, service: &str, form: Value, papers: &[&str]) -> String {
        let number = opened(app, &self.district, service, form).await;
        attach(app, &self.township, &number, papers).await;
        signed(app, &self.township, &number, json!({})).await;
        signed(app, &self.district, &number, json!({})).await;
        number
    }

    /// A right changes hands.
    async fn right(&self, app: &mut TestApp, asset: u32, form: Value) {
        let mut all = json!({"region": VILLAGE, "asset": asset, "share": 100});
        all.as_object_mut().unwrap().extend(form.as_object().unwrap().clone());
        self.carried(app, "asset-right", all, &["decision"]).await;
    }

    async fn rent(&self, app: &mut TestApp, amount: &str, more: Value) {
        let mut form =
            json!({"region": VILLAGE, "payer": self.operator, "amount": amount, "kind": "rent", "period": "2021"});
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        // The operator lies in another village: the township reaches both.
        let number = opened(app, &self.township, "asset-receipt", form).await;
        signed(app, &self.township, &number, json!({})).await;
    }
}

pub async fn attach(app: &mut TestApp, who: &Cast, number: &str, papers: &[&str]) {
    for paper in papers {
        let address = upload(app, Some(who), "", &pdf(), 1000).await;
        let done = app.post(&format!("/api/cases/{number}/papers/{paper}"), Some(who), name_of(&address)).await;
        assert_eq!(done.status, StatusCode::OK, "{paper}: {}", done.text);
    }
}

async fn sign(app: &mut TestApp, who: &Cast, number: &str, answers: Value) -> Answer {
    app.step(number, who, json!({"verb": "sign", "answers": answers})).await
}

/// The subject that a fact of a case names.
async fn named(app: &TestApp, who: &Cast, number: &str, attribute: &str) -> u32 {
    let facts = app.get(&format!("/api/cases/{number}/facts"), Some(who)).await.json();
    let mut facts = facts["facts"].as_array().unwrap().iter();
    let fact = facts.find(|fact| fact["attribute"] == attribute).unwrap_or_else(|| panic!("no {attribute}"));
    fact["value"].as_str().unwrap().parse().unwrap()
}

/// What a subject lacks on a day, judged now: lists are counted a moment behind.
pub fn gaps(app: &TestApp, subject: u32, day: Day) -> Vec<String> {
    let (image, program) = (app.app.image(), Viewer::program());
    let catalog = image.catalog().unwrap();
    let book = &catalog.rules.books[&**image.kind(SubjectId(subject)).unwrap()];
    let (rules, wanted) = rules_of(book, &KINDS, day);
    let question = Question { day, parameters: &catalog.parameters, lent: None };
    let failing = |judged: &Judged<'_>| {
        let failing = rules.iter().filter(|(_, nodes)| judged.verdict(nodes, 0) == Verdict::No);
        failing.map(|(rule, _)| rule.name.clone()).collect()
    };
    program.look(&image).judge_one(book, &wanted, SubjectId(subject), &question, |judged, _| failing(judged)).unwrap()
}

fn has_gap(app: &TestApp, subject: u32, rule: &str) -> bool {
    gaps(app, subject, app.app.now().day()).iter().any(|found| found == rule)
}

/// The list of what a rule finds, once it holds so many.
async fn listed(app: &TestApp, who: &Cast, rule: &str, total: usize) -> Value {
    for _ in 0..500 {
        let list = app.get(&format!("/api/gaps?rule={rule}&which=fails"), Some(who)).await;
        assert_eq!(list.status, StatusCode::OK, "{}", list.text);
        if list.json()["total"] == total {
            return list.json()["rows"][0].clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{rule} never finds {total}");
}

async fn held(app: &TestApp, who: &Cast, account: u32, fund: &str) -> (String, u64) {
    let statement = app.get(&format!("/api/accounts/{account}/{fund}"), Some(who)).await;
    assert_eq!(statement.status, StatusCode::OK, "{}", statement.text);
    let statement = statement.json();
    (statement["held"].as_str().unwrap().to_owned(), statement["total"].as_u64().unwrap())
}

fn is(held: &str, transfers: u64) -> (String, u64) {
    (held.to_owned(), transfers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_passes_nine_gates_and_leaves_an_asset() {
    let mut app = TestApp::new();
    let mut here = Village::new(&app).await;
    settle(&app, "treasury", DISTRICT, "区财政专户");
    let other = staff::act::add(
        "township2",
        "township2",
        Role::Officer(Level::Township),
        TOWNSHIP.parse().unwrap(),
        None,
        app.app.now().day(),
    );
    app.act_of_the_program(Arc::new(other)).unwrap();
    let form = json!({
        "region": VILLAGE, "project_name": "柳湾葡萄大棚", "industry": "planting", "content": "新建冬暖式葡萄大棚六座",
        "planned_funds": "300000.00", "planned_income": "24000.00"
    });
    let number = opened(&mut app, &here.clerk, "industry-project", form).await;

    // A gate stays shut while one of its papers is missing, and is late after its days.
    let bare = sign(&mut app, &here.clerk, &number, json!({})).await;
    assert_eq!(bare.code(), "paper-missing", "{}", bare.text);
    attach(&mut app, &here.clerk, &number, &["application"]).await;
    let half = sign(&mut app, &here.clerk, &number, json!({})).await;
    assert!(half.code() == "paper-missing" && half.text.contains("Minutes of the village's vote"), "{}", half.text);
    assert_eq!(app.get("/api/worklist?state=overdue", Some(&here.clerk)).await.json()["total"], 0);
    here.days_pass(&app, 28).await;
    assert_eq!(app.get("/api/worklist?state=overdue", Some(&here.clerk)).await.json()["total"], 1);
    attach(&mut app, &here.clerk, &number, &["vote"]).await;
    signed(&mut app, &here.clerk, &number, json!({})).await;
    let project = named(&app, &here.clerk, &number, "industry-project.project").await;
    attach(&mut app, &here.township, &number, &["plan", "budget"]).await;
    signed(&mut app, &here.township, &number, json!({})).await;

    // What is granted and spent stands on the project's account.
    attach(&mut app, &here.district, &number, &["approval"]).await;
    let granted = json!({"granted": "290000.00", "officer": "柳一，经济发展部副部长"});
    signed(&mut app, &here.district, &number, granted).await;
    assert_eq!(held(&app, &here.clerk, project, "special").await, is("290000.00", 1));
    attach(&mut app, &here.district, &number, &["bid-notice", "award", "works-contract"]).await;
    let nobody =
        sign(&mut app, &here.district, &number, json!({"contractor": here.office, "price": "280000.00"})).await;
    assert_eq!(nobody.code(), "form-invalid", "an office builds nothing: {}", nobody.text);
    signed(&mut app, &here.district, &number, json!({"contractor": here.operator, "price": "280000.00"})).await;
    attach(&mut app, &here.clerk, &number, &["start-report", "supervision-log"]).await;
    signed(&mut app, &here.clerk, &number, json!({"begun_on": "2021-03-01"})).await;

    // Ten whole days on the boards, where everybody reads what was built for how much.
    attach(&mut app, &here.township, &number, &["notice-photos"]).await;
    signed(&mut app, &here.township, &number, json!({})).await;
    let board = app.get(&format!("/notice/{VILLAGE}?lang=zh"), None).await.text;
    assert!(board.contains("柳湾葡萄大棚") && board.contains("300000.00"), "{board}");
    here.days_pass(&app, 10).await;
    let papers = ["completion-report", "acceptance-sheet", "audit"];
    let second = app.signed_in("township2").await;
    attach(&mut app, &second, &number, &papers).await;
    let accepted = json!({"accepted_on": "2021-03-11", "outcome": "passed"});
    assert_eq!(sign(&mut app, &second, &number, accepted.clone()).await.code(), "too-early", "the tenth day");
    here.days_pass(&app, 1).await;
    let same = sign(&mut app, &here.township, &number, accepted.clone()).await;
    assert_eq!(same.code(), "four-eyes", "who planned it does not accept it: {}", same.text);
    let second = app.signed_in("township2").await;
    signed(&mut app, &second, &number, accepted).await;

    attach(&mut app, &here.district, &number, &["vouchers"]).await;
    let more = sign(&mut app, &here.district, &number, json!({"amount": "290000.01"})).await;
    assert_eq!(more.code(), "overdraft", "no more is spent than was granted: {}", more.text);
    signed(&mut app, &here.district, &number, json!({"amount": "280000.00"})).await;
    assert_eq!(held(&app, &here.district, project, "special").await, is("10000.00", 2));
    assert_eq!(held(&app, &here.district, here.operator, "special").await, is("280000.00", 1));

    // The asset is there, with an owner and a supervisor; nobody operates it yet.
    attach(&mut app, &here.township, &number, &["transfer-list", "title"]).await;
    let handed = |collective: u32| {
        json!({"asset_name": "柳湾葡萄大棚", "worth": "280000.00", "collective": collective, "supervisor": here.office,
               "book_class": "assets", "insured_until": "2022-03-01", "sign_on": "2021-03-10"})
    };
    let wrong = sign(&mut app, &here.township, &number, handed(here.operator)).await;
    assert_eq!(wrong.code(), "form-invalid", "an enterprise does not own it: {}", wrong.text);
    signed(&mut app, &here.township, &number, handed(here.collective)).await;
    assert_eq!(app.get(&format!("/api/cases/{number}"), Some(&here.clerk)).await.json()["state"], "completed");
    let asset = named(&app, &here.clerk, &number, "industry-project.asset").await;
    let mut missing = gaps(&app, asset, app.app.now().day());
    missing.sort_unstable();
    assert_eq!(missing, ["asset-booklet", "asset-cycle-label", "asset-label", "asset-operated"]);
    let row = listed(&app, &here.clerk, "asset-operated", 1).await;
    assert_eq!((&row["who"], &row["area"], &row["household"]), (&json!("柳湾葡萄大棚"), &json!(VILLAGE), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_change_hands_and_an_asset_has_one_owner_at_every_date() {
    let mut app = TestApp::new();
    let mut here = Village::new(&app).await;
    let asset = here.asset(&app, "樱桃园");
    let rights = |app: &TestApp, kind: &str| {
        let (image, program, on) = (app.app.image(), Viewer::program(), app.app.now().day());
        let seen = program.look(&image);
        let all = seen.naming("right.asset", SubjectId(asset), on);
        let of =
            |one: &SubjectId| matches!(seen.fact(*one, "right.kind", on), Some(Known::Text(text)) if &*text == kind);
        all.into_iter().filter(of).map(|one| one.0).collect::<Vec<u32>>()
    };
    let [owner, supervised] = ["asset-one-owner", "asset-supervised"];
    assert!(!has_gap(&app, asset, owner));
    let ask = json!({"region": VILLAGE, "asset": asset, "kind": "ownership", "holder": here.operator, "share": 100});
    let refused = app.post("/api/cases/asset-right", Some(&here.district), ask).await;
    assert_eq!(refused.json()["faults"][0]["at"], "/collective", "only a collective owns: {}", refused.text);

    // A second collective beside the first, the same minute a gap; ended with the first, one owner again.
    let second = settle(&app, "collective", NEIGHBOUR, "邻村股份经济合作社");
    here.right(&mut app, asset, json!({"kind": "ownership", "collective": second})).await;
    assert!(has_gap(&app, asset, owner), "two owners");
    let row = listed(&app, &here.clerk, owner, 1).await;
    assert_eq!((&row["who"], &row["since"], &row["days"]), (&json!("樱桃园"), &json!("2021-02-01"), &json!(0)));
    here.days_pass(&app, 1).await;
    let both = rights(&app, "ownership");
    assert_eq!(both.len(), 2);
    here.right(&mut app, asset, json!({"kind": "ownership", "collective": here.collective, "ends": both})).await;
    assert!(!has_gap(&app, asset, owner), "one owner again");
    listed(&app, &here.clerk, owner, 0).await;
    let on = |day: &str| gaps(&app, asset, day.parse().unwrap()).iter().any(|rule| rule == owner);
    assert!(!on("2021-01-31") && on("2021-02-01") && !on("2021-02-02"), "each date has its own owners");

    // The supervisor becomes the receiver of nothing: its right ends with another, and comes back.
    let office = rights(&app, "supervision");
    here.right(&mut app, asset, json!({"kind": "operation", "holder": here.operator, "ends": office})).await;
    assert!(has_gap(&app, asset, supervised));
    assert!(!has_gap(&app, asset, "asset-operated"));
    here.right(&mut app, asset, json!({"kind": "supervision", "holder": here.office})).await;
    assert!(!has_gap(&app, asset, supervised));
    let neighbour = app.signed_in("neighbour").await;
    let ask = json!({"region": VILLAGE, "asset": asset, "kind": "patrol", "done_on": "2021-02-01", "found": "完好"});
    let refused = app.post("/api/cases/asset-patrol", Some(&neighbour), ask.clone()).await;
    assert_eq!(refused.code(), "forbidden", "another village's asset: {}", refused.text);

    // Whoever looks after it says so, with a photo.
    assert!(has_gap(&app, asset, "asset-patrolled"));
    let number = opened(&mut app, &here.clerk, "asset-patrol", ask).await;
    attach(&mut app, &here.clerk, &number, &["photo"]).await;
    signed(&mut app, &here.township, &number, json!({})).await;
    assert!(!has_gap(&app, asset, "asset-patrolled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_brings_rent_to_the_collective_through_its_asset() {
    let mut app = TestApp::new();
    let mut here = Village::new(&app).await;
    let asset = here.asset(&app, "葡萄大棚");
    let contract = json!({
        "region": VILLAGE, "asset": asset, "owner": here.collective, "operator": here.operator, "number": "2021-1",
        "rent": "12000.00", "pays": "half", "first_day": "2021-02-01", "last_day": "2021-12-31", "deposit": "2000.00",
        "duties": "村集体负责大修，经营主体负责看管"
    });
    let number = here.carried(&mut app, "asset-contract", contract, &["contract", "income-plan"]).await;
    let contract = named(&app, &here.clerk, &number, "asset-contract.contract").await;
    assert_eq!(held(&app, &here.district, here.collective, "deposit").await, is("2000.00", 1));
    assert!(!has_gap(&app, asset, "asset-operated"));

    // Vetting: all seven criteria, or it is not signed.
    let vetted = "contract-operator-vetted";
    assert!(has_gap(&app, contract, vetted));
    let row = listed(&app, &here.clerk, vetted, 1).await;
    assert_eq!(row["who"], "葡萄大棚", "a contract is called by its asset");
    let ask = json!({"region": NEIGHBOUR, "operator": here.operator});
    let vetting = opened(&mut app, &here.township, "operator-vetting", ask).await;
    attach(&mut app, &here.township, &vetting, &["licence", "accounts"]).await;
    let mut scores =
        json!({"industry": 90, "governance": 70, "finance": 80, "business": 75, "strength": 60, "helping": 95});
    let refused = sign(&mut app, &here.township, &vetting, scores.clone()).await;
    assert_eq!(refused.json()["faults"][0]["at"], "/honesty", "{}", refused.text);
    scores["honesty"] = json!(88);
    signed(&mut app, &here.township, &vetting, scores).await;
    assert!(has_gap(&app, contract, vetted), "the district has not confirmed it");
    signed(&mut app, &here.district, &vetting, json!({})).await;
    assert!(!has_gap(&app, contract, vetted));

    // Thirty days without rent are none yet, the day after is in arrears, until it is paid.
    let late = "contract-rent-paid";
    here.days_pass(&app, 30).await;
    assert!(!has_gap(&app, contract, late), "the thirtieth day");
    here.days_pass(&app, 1).await;
    assert!(has_gap(&app, contract, late));
    here.rent(&mut app, "6000.00", json!({"asset": asset, "contract": contract, "paid_until": "2021-07-31"})).await;
    assert!(!has_gap(&app, contract, late));
    assert_eq!(held(&app, &here.clerk, asset, "collective").await, is("0.00", 2), "it went through");
    assert_eq!(held(&app, &here.clerk, here.collective, "collective").await, is("6000.00", 1));
    assert_eq!(held(&app, &here.township, here.operator, "collective").await, is("-6000.00", 1));
    // Without an asset it goes straight to the collective, as ever.
    here.rent(&mut app, "500.00", json!({})).await;
    assert_eq!(held(&app, &here.clerk, asset, "collective").await, is("0.00", 2));
    assert_eq!(held(&app, &here.clerk, here.collective, "collective").await, is("6500.00", 2));

    // It is renewed, and then ends before its time: right and deposit go back.
    let change = |form: Value| {
        let mut all = json!({"region": VILLAGE, "contract": contract});
        all.as_object_mut().unwrap().extend(form.as_object().unwrap().clone());
        all
    };
    let bare = app.post("/api/cases/contract-change", Some(&here.district), change(json!({"change": "renewal"}))).await;
    assert_eq!(bare.code(), "form-invalid", "{}", bare.text);
    let renewal = change(json!({"change": "renewal", "last_day": "2024-12-31", "rent": "13000.00"}));
    here.carried(&mut app, "contract-change", renewal, &["agreement"]).await;
    let greedy = change(json!({"change": "termination", "why": "转产", "returned": "2000.01"}));
    let number = opened(&mut app, &here.district, "contract-change", greedy).await;
    attach(&mut app, &here.township, &number, &["agreement"]).await;
    signed(&mut app, &here.township, &number, json!({})).await;
    let refused = sign(&mut app, &here.district, &number, json!({})).await;
    assert_eq!(refused.code(), "overdraft", "no more than was left: {}", refused.text);
    let end = change(json!({"change": "termination", "why": "转产", "returned": "2000.00"}));
    here.carried(&mut app, "contract-change", end, &["agreement"]).await;
    assert_eq!(held(&app, &here.district, here.collective, "deposit").await, is("0.00", 2));
    assert_eq!(held(&app, &here.district, here.operator, "deposit").await, is("0.00", 2));
    assert!(has_gap(&app, asset, "asset-operated"), "the right ended with the contract");
    assert_eq!(gaps(&app, contract, app.app.now().day()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_asset_earned_is_held_against_its_plan_year_by_year() {
    let mut app = TestApp::new();
    let mut here = Village::new(&app).await;
    let [good, poor, late] = ["甜瓜大棚", "构树园", "樱桃园"].map(|name| here.asset(&app, name));
    let short = "asset-income-as-planned";
    assert!(has_gap(&app, good, short), "nothing is known of last year");
    for asset in [poor, late] {
        let old = SetFacts {
            subject: SubjectId(asset),
            facts: [("asset.old-year", "2020"), ("asset.old-income", "10000.00")]
                .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
                .into(),
            sealed: None,
            from: app.app.now().day(),
            to: None,
            source: "test".into(),
        };
        app.act_of_the_program(Arc::new(old)).unwrap();
        assert!(!has_gap(&app, asset, short), "the old book tells of last year");
    }
    here.rent(&mut app, "6000.00", json!({"asset": good})).await;
    here.rent(&mut app, "4000.00", json!({"asset": good})).await;
    here.rent(&mut app, "9999.99", json!({"asset": poor})).await;
    here.rent(&mut app, "9000.00", json!({"asset": late})).await;
    assert!(has_gap(&app, good, short), "this year's rent is not last year's");

    // By December this year's plan is to be met, and can still be.
    here.days_pass(&app, 302).await;
    assert!(!has_gap(&app, late, short), "November");
    here.days_pass(&app, 1).await;
    assert!(has_gap(&app, late, short));
    here.rent(&mut app, "1000.00", json!({"asset": late})).await;
    assert!(!has_gap(&app, late, short), "made good the same minute");

    here.days_pass(&app, 31).await;
    assert_eq!(app.app.now().day().to_string(), "2022-01-01");
    assert!(!has_gap(&app, good, short) && !has_gap(&app, late, short));
    assert_eq!(listed(&app, &here.clerk, short, 1).await["who"], "构树园", "a fen short");
    here.days_pass(&app, 365).await;
    assert!(has_gap(&app, good, short), "of 2022 nothing came");
}
