//! Blank invoices: packed from the stock in order, counted by taxpayer and month, brought back; a seeded story against an
//! independent model, in which two agents pack at once.

use crate::paper::{name_of, pdf, upload};
use crate::testing::{Answer, Cast, DISTRICT, TestApp, VILLAGE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use yizhan::invoice::model::Run;
use yizhan::invoice::rule::{count, free, joined, lowest, without};

const CODE: &str = "037002100104";

fn run(first: u32, last: u32) -> Run {
    Run { stock: 7, first, last }
}

#[test]
fn runs_are_taken_from_the_lowest_and_leave_no_gap() {
    let whole = run(1, 100);
    let left = free(whole, &[run(11, 20), run(1, 5), run(21, 30), Run { stock: 8, first: 50, last: 60 }]);
    assert_eq!(left, [run(6, 10), run(31, 100)]);
    assert_eq!(free(whole, &[whole]), []);
    assert_eq!(lowest(&left, 7), Some(vec![run(6, 10), run(31, 32)]));
    assert_eq!(lowest(&left, 5), Some(vec![run(6, 10)]));
    assert_eq!((lowest(&left, 76), lowest(&left, 0)), (None, None));
    assert_eq!(count(&left), 75);
    assert_eq!(
        without(&[run(1, 10), run(20, 30)], run(5, 22)),
        (vec![run(1, 4), run(23, 30)], vec![run(5, 10), run(20, 22)])
    );
    assert_eq!(joined(vec![run(4, 6), run(1, 3), run(8, 9)]), [run(1, 6), run(8, 9)]);
}

/// A district's desk with invoices.
pub struct Desk {
    pub app: TestApp,
    pub agent: Cast,
    pub district: Cast,
}

impl Desk {
    pub async fn new() -> Self {
        let app = TestApp::new();
        let (agent, district) = (app.signed_in("desk").await, app.signed_in("district").await);
        Self { app, agent, district }
    }

    /// Numbers come into the stock.
    pub async fn take_in(&mut self, kind: &str, code: &str, first: u32, last: u32) -> Answer {
        let new = json!({"kind": kind, "code": code, "first": first, "last": last, "area": DISTRICT});
        self.app.post("/api/invoices/stock", Some(&self.district.clone()), new).await
    }

    /// A case of a service, opened by whoever has no account.
    pub async fn open(&mut self, service: &str, form: Value) -> String {
        let opened = self.app.post(&format!("/api/cases/{service}"), None, form).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
        opened.json()["number"].as_str().unwrap().to_owned()
    }

    pub async fn attach(&mut self, number: &str, paper: &str) {
        let agent = self.agent.clone();
        let address = upload(&self.app, Some(&agent), "", &pdf(), 1000).await;
        let attached =
            self.app.post(&format!("/api/cases/{number}/papers/{paper}"), Some(&agent), name_of(&address)).await;
        assert_eq!(attached.status, StatusCode::OK, "{}", attached.text);
    }

    pub async fn sign(&mut self, number: &str, answers: Value) -> Answer {
        let agent = self.agent.clone();
        self.app.step(number, &agent, json!({"verb": "sign", "answers": answers})).await
    }

    /// An application that waits to be packed.
    pub async fn ready_for_packing(&mut self, taxpayer: &str, count: u32) -> String {
        let number = self.open("invoice-receive", wanted(taxpayer, count)).await;
        self.attach(&number, "identity").await;
        let checked = self.sign(&number, json!({})).await;
        assert_eq!(checked.status, StatusCode::OK, "{}", checked.text);
        number
    }

    /// The numbers that a case gave out and those that are void.
    pub async fn packet(&self, number: &str) -> (BTreeSet<u32>, BTreeSet<u32>) {
        let packet = self.app.get(&format!("/api/cases/{number}/invoices"), Some(&self.agent)).await.json();
        (numbers(&packet["runs"]), numbers(&packet["void"]))
    }

    /// Invoices come back.
    pub async fn bring_back(&mut self, taxpayer: &str, first: u32, last: u32, condition: &str) -> Answer {
        let mut form = wanted(taxpayer, 1);
        for gone in ["kind", "count", "delivery", "address"] {
            form.as_object_mut().unwrap().remove(gone);
        }
        form.as_object_mut().unwrap().extend(
            json!({"code": CODE, "first": first, "last": last, "condition": condition}).as_object().unwrap().clone(),
        );
        let number = self.open("invoice-return", form).await;
        self.attach(&number, "invoices").await;
        self.sign(&number, json!({})).await
    }
}

pub fn wanted(taxpayer: &str, count: u32) -> Value {
    json!({
        "region": VILLAGE, "taxpayer": "示范商贸公司", "taxpayer_number": taxpayer, "name": "柳一", "mobile": "15400000001",
        "kind": "ordinary", "count": count, "delivery": "mail", "address": "示范县前街3号"
    })
}

fn numbers(runs: &Value) -> BTreeSet<u32> {
    let number = |run: &Value, end: &str| run[end].as_str().unwrap().parse::<u32>().unwrap();
    runs.as_array().unwrap().iter().flat_map(|run| number(run, "first")..=number(run, "last")).collect()
}

fn set(first: u32, last: u32) -> BTreeSet<u32> {
    (first..=last).collect()
}

const COMPANY: &str = "91990100MA00000001";
const SHOP: &str = "92990100MA00000002";

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_takes_the_next_numbers_within_the_quota() {
    let mut desk = Desk::new().await;
    let agent = desk.agent.clone();
    let body = json!({"kind": "ordinary", "code": CODE, "first": 1, "last": 9, "area": DISTRICT});
    assert_eq!(
        desk.app.post("/api/invoices/stock", Some(&agent), body).await.code(),
        "forbidden",
        "the district keeps it"
    );
    let first = desk.ready_for_packing(COMPANY, 30).await;
    let refused = desk.sign(&first, json!({"count": 30})).await;
    assert_eq!(refused.code(), "stock-short", "{}", refused.text);
    assert_eq!(desk.take_in("ordinary", CODE, 101, 140).await.status, StatusCode::CREATED);
    assert_eq!(desk.take_in("ordinary", CODE, 140, 150).await.code(), "stock-overlaps");
    assert_eq!(desk.take_in("ordinary", "0370x", 1, 9).await.code(), "form-invalid");
    assert_eq!(desk.take_in("ordinary", CODE, 141, 200).await.status, StatusCode::CREATED);
    assert_eq!(desk.sign(&first, json!({"count": 30})).await.status, StatusCode::OK);
    assert_eq!(desk.packet(&first).await.0, set(101, 130));
    // The next packet runs over from one delivery into the other.
    let second = desk.ready_for_packing(SHOP, 20).await;
    assert_eq!(desk.sign(&second, json!({"count": 20})).await.status, StatusCode::OK);
    assert_eq!(desk.packet(&second).await.0, set(131, 150));
    // Fifty a month are usual: 30 were had.
    let third = desk.ready_for_packing(COMPANY, 25).await;
    let refused = desk.sign(&third, json!({"count": 25})).await;
    assert_eq!(refused.code(), "quota-exceeded", "{}", refused.text);
    assert!(refused.text.contains("30 had already"), "{}", refused.text);
    // More are granted for some time.
    let mut form = wanted(COMPANY, 1);
    for gone in ["count", "delivery", "address"] {
        form.as_object_mut().unwrap().remove(gone);
    }
    form["what"] = json!("count");
    form["until"] = json!("2021-06-30");
    form["why"] = json!("承接一笔大额订单");
    let more = desk.open("invoice-increase", form).await;
    for paper in ["contract", "identity"] {
        desk.attach(&more, paper).await;
    }
    desk.sign(&more, json!({})).await;
    let granted = desk.sign(&more, json!({"decision": "granted", "count": 60, "until": "2021-02-20"})).await;
    assert_eq!(granted.status, StatusCode::OK, "{}", granted.text);
    assert_eq!(desk.sign(&third, json!({"count": 25})).await.status, StatusCode::OK);
    assert_eq!(desk.packet(&third).await.0, set(151, 175));
    let seen = desk.app.get(&format!("/api/cases/{third}/invoices"), Some(&agent)).await.json();
    assert_eq!((&seen["quota"], &seen["used"], &seen["until"]), (&json!(60), &json!(55), &json!("2021-02-20")));
    // In March the count begins anew, and what was granted until February holds no more.
    desk.app.days_pass(30);
    let agent = desk.app.signed_in("desk").await;
    desk.agent = agent;
    let march = desk.ready_for_packing(COMPANY, 50).await;
    assert_eq!(
        desk.sign(&march, json!({"count": 50})).await.code(),
        "stock-short",
        "the quota allows it, the stock does not"
    );
    assert_eq!(desk.sign(&march, json!({"count": 25})).await.status, StatusCode::OK);
    let stock = desk.app.get("/api/invoices/stock", Some(&desk.agent)).await.json();
    assert_eq!((&stock[0]["free"], &stock[1]["free"], &stock[1]["runs"]), (&json!(0), &json!(0), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_intact_is_given_out_again_and_what_is_cut_never() {
    let mut desk = Desk::new().await;
    desk.take_in("ordinary", CODE, 1, 30).await;
    let first = desk.ready_for_packing(COMPANY, 20).await;
    desk.sign(&first, json!({"count": 20})).await;
    let others = desk.bring_back(SHOP, 11, 15, "intact").await;
    assert_eq!(others.code(), "not-theirs", "{}", others.text);
    assert_eq!(desk.bring_back(COMPANY, 16, 21, "intact").await.code(), "not-theirs", "one of them was never theirs");
    assert_eq!(desk.bring_back(COMPANY, 11, 15, "intact").await.status, StatusCode::OK);
    assert_eq!(desk.bring_back(COMPANY, 16, 18, "cut").await.status, StatusCode::OK);
    assert_eq!(desk.bring_back(COMPANY, 11, 12, "intact").await.code(), "not-theirs", "they are back already");
    let (held, void) = desk.packet(&first).await;
    assert_eq!((held, void), (&set(1, 10) | &set(19, 20), set(16, 18)));
    // What came back goes first; what was cut is left out.
    let next = desk.ready_for_packing(SHOP, 8).await;
    desk.sign(&next, json!({"count": 8})).await;
    assert_eq!(desk.packet(&next).await.0, &set(11, 15) | &set(21, 23));
    // A case that is closed after packing gave nothing out; packed again, it gives back what it had.
    let agent = desk.agent.clone();
    let third = desk.ready_for_packing(SHOP, 4).await;
    desk.sign(&third, json!({"count": 4})).await;
    assert_eq!(desk.packet(&third).await.0, set(24, 27));
    let back = json!({"verb": "send-back", "reason": "数量写错"});
    assert_eq!(desk.app.step(&third, &agent, back.clone()).await.status, StatusCode::OK);
    desk.sign(&third, json!({"count": 2})).await;
    assert_eq!(desk.packet(&third).await.0, set(24, 25));
    desk.app.step(&third, &agent, back).await;
    let closed = desk.app.step(&third, &agent, json!({"verb": "close", "reason": "不要了"})).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.text);
    let last = desk.ready_for_packing(SHOP, 7).await;
    desk.sign(&last, json!({"count": 7})).await;
    assert_eq!(desk.packet(&last).await.0, set(24, 30));
}

/// What the stock should be, told apart from the program: who has which number.
#[derive(Default)]
struct Model {
    free: BTreeSet<u32>,
    held: BTreeMap<usize, BTreeSet<u32>>,
    used: BTreeMap<usize, u32>,
    void: BTreeSet<u32>,
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_at_once_never_take_the_same_number() {
    for seed in [3, 20_210_201] {
        let mut chance: u64 = seed;
        let mut next = |below: u32| {
            chance = u64::wrapping_mul(chance, 6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u32::try_from((chance >> 33) % u64::from(below)).unwrap()
        };
        story(seed, &mut next).await;
    }
}

async fn story(seed: u64, next: &mut impl FnMut(u32) -> u32) {
    let mut desk = Desk::new().await;
    desk.take_in("ordinary", CODE, 1, 60).await;
    desk.take_in("ordinary", CODE, 61, 90).await;
    let taxpayers = [COMPANY, SHOP, "91990100MA00000003"];
    let mut model = Model { free: set(1, 90), ..Model::default() };
    for _ in 0..14 {
        if next(3) == 0 {
            let who = next(3) as usize;
            let held: Vec<u32> = model.held.get(&who).into_iter().flatten().copied().collect();
            let first = if held.is_empty() { 5 } else { held[next(u32::try_from(held.len()).unwrap()) as usize] };
            let last = first + next(3);
            let intact = next(2) == 0;
            let back = desk.bring_back(taxpayers[who], first, last, if intact { "intact" } else { "cut" }).await;
            let theirs = (first..=last).all(|number| held.contains(&number));
            assert_eq!(back.status == StatusCode::OK, theirs, "seed {seed}: {first}–{last} of {who}: {}", back.text);
            if theirs {
                for number in first..=last {
                    model.held.get_mut(&who).unwrap().remove(&number);
                    if intact {
                        model.free.insert(number)
                    } else {
                        model.void.insert(number)
                    };
                }
            }
            continue;
        }
        // Two different taxpayers at once, by two requests that are decided in one group or the other way round.
        let one = next(3) as usize;
        let two = (one + 1) % 3;
        let counts = [1 + next(12), 1 + next(12)];
        let numbers = [
            desk.ready_for_packing(taxpayers[one], counts[0]).await,
            desk.ready_for_packing(taxpayers[two], counts[1]).await,
        ];
        let version = |page: &Answer| page.json()["version"].clone();
        let mut bodies = Vec::new();
        for (number, count) in numbers.iter().zip(counts) {
            let page = desk.app.get(&format!("/api/cases/{number}"), Some(&desk.agent)).await;
            bodies.push(json!({"verb": "sign", "version": version(&page), "answers": {"count": count}}));
        }
        let paths = numbers.each_ref().map(|number| format!("/api/cases/{number}/steps"));
        let [first, second] = [0, 1].map(|n: usize| {
            let key = format!("at-once-{}", numbers[n]);
            let (app, agent, path, body) = (&desk.app, &desk.agent, &paths[n], bodies[n].clone());
            async move { app.call(Method::POST, path, Some(agent), &[("idempotency-key", &key)], Some(body)).await }
        });
        let answers = tokio::join!(first, second);
        let answers = [answers.0, answers.1];
        let mut took = BTreeSet::new();
        for (n, who) in [one, two].into_iter().enumerate() {
            let used = model.used.get(&who).copied().unwrap_or(0);
            let (got, _) = desk.packet(&numbers[n]).await;
            if used + counts[n] > 50 {
                assert_eq!(answers[n].code(), "quota-exceeded", "{}", answers[n].text);
            } else if answers[n].status == StatusCode::OK {
                assert_eq!(got.len(), counts[n] as usize);
                assert!(got.is_disjoint(&took), "seed {seed}: the same number twice");
                *model.used.entry(who).or_default() += counts[n];
                model.held.entry(who).or_default().extend(&got);
                took.extend(got);
            } else {
                assert_eq!(answers[n].code(), "stock-short", "{}", answers[n].text);
                assert!(model.free.len() < (counts[0] + counts[1]) as usize, "the stock was not short");
            }
        }
        let expected: BTreeSet<u32> = model.free.iter().copied().take(took.len()).collect();
        assert_eq!(took, expected, "seed {seed}: the lowest free numbers, without a gap");
        model.free = &model.free - &took;
    }
    let stock = desk.app.get("/api/invoices/stock", Some(&desk.agent)).await.json();
    let left = &numbers(&stock[0]["runs"]) | &numbers(&stock[1]["runs"]);
    assert_eq!(left, model.free, "seed {seed}: what the program says is free");
}
