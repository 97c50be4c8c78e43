//! Money: from the rent an operator pays to the yuan on a household's account, and back to the signatures.

use crate::testing::{Cast, DISTRICT, TOWNSHIP, TestApp, VILLAGE, citizen};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use yizhan::pay::account::{self, BankAccount};
use yizhan::pay::rule::{period, shares};
use yizhan_core::catalog::Per;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, SetFacts};
use yizhan_kit::Fen;

/// Two households of the village: an old person alone and ill, and a couple of whom one works.
pub fn table() -> String {
    let [old, man, wife] = ["99010019450510101", "99010019800510102", "99010019820510103"].map(citizen);
    format!(
        "户编号,行政村,是否建档立卡户,户属性,主要致贫原因,是否脱贫,收入年度,工资性收入,生产经营性收入,生产经营性支出,\
         财产性收入,转移性收入,低保金,不愁吃,不愁穿,自来水,姓名,证件号码,与户主关系,在校生状况,健康状况,劳动技能,居民基本医疗保险,是否享受低保\n\
         H-1,{VILLAGE},是,低保贫困户,因病,已脱贫,2020,0,0,0,0,1200,0,是,是,是,柳一,{old},户主,非在校生,长期慢性病,无劳动力,是,是\n\
         H-2,{VILLAGE},是,一般贫困户,因学,已脱贫,2020,30000.00,0,0,0,0,0,是,是,是,柳二,{man},户主,非在校生,健康,普通劳动力,是,否\n\
         H-2,{VILLAGE},是,一般贫困户,因学,已脱贫,2020,30000.00,0,0,0,0,0,是,是,是,柳三,{wife},配偶,非在校生,健康,普通劳动力,是,否\n"
    )
}

/// Brings a table in, household by household: those of one table are added side by side, in no order, and the stories count
/// on theirs.
pub async fn bring(app: &TestApp, who: &Cast, table: &str) {
    let (heading, rows) = table.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    for household in rows.chunk_by(|one, other| one.split(',').next() == other.split(',').next()) {
        bring_in(app, who, &format!("{heading}\n{}\n", household.join("\n"))).await;
    }
}

async fn bring_in(app: &TestApp, who: &Cast, table: &str) {
    let path = "/api/register/imports?from=2021-01-10";
    let begun = app.raw(Method::POST, path, Some(who), &[], table.as_bytes().to_vec()).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    let path = format!("/api/register/imports/{}", begun.json()["import"].as_str().unwrap());
    loop {
        let state = app.get(&path, Some(who)).await.json();
        if state["over"] == true {
            assert_eq!((&state["bad"], &state["failure"]), (&json!(0), &json!("")), "{state}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// A subject of a kind in an area.
pub fn settle(app: &TestApp, kind: &str, area: &str, name: &str) -> u32 {
    let facts = vec![(format!("{kind}.area"), area.to_owned()), (format!("{kind}.name"), name.to_owned())];
    let add = AddSubject {
        kind: kind.into(),
        facts,
        since: Vec::new(),
        sealed: None,
        from: app.app.now().day(),
        source: "test".into(),
        members: Vec::new(),
    };
    app.act_of_the_program(Arc::new(add)).unwrap().about.unwrap().0
}

/// Where a household or a person is paid.
fn paid_to(app: &TestApp, kind: &str, subject: u32, number: &str) {
    let at = BankAccount { bank: "示范农商行".into(), number: number.into(), holder: String::new() };
    let fact = SetFacts {
        subject: SubjectId(subject),
        facts: Vec::new(),
        sealed: Some(account::sealed(&app.app.vault, kind, &at)),
        from: app.app.now().day(),
        to: None,
        source: "test".into(),
    };
    app.act_of_the_program(Arc::new(fact)).unwrap();
}

pub async fn opened(app: &mut TestApp, who: &Cast, service: &str, form: Value) -> String {
    let opened = app.post(&format!("/api/cases/{service}"), Some(who), form).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{service}: {}", opened.text);
    opened.json()["number"].as_str().unwrap().to_owned()
}

pub async fn signed(app: &mut TestApp, who: &Cast, number: &str, answers: Value) {
    let done = app.step(number, who, json!({"verb": "sign", "answers": answers})).await;
    assert_eq!(done.status, StatusCode::OK, "{number}: {}", done.text);
}

async fn lines(app: &TestApp, who: &Cast, number: &str, adjust: Value) -> Value {
    let asked = app
        .call(Method::POST, &format!("/api/cases/{number}/lines"), Some(who), &[], Some(json!({"adjust": adjust})))
        .await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    asked.json()
}

async fn reply(app: &TestApp, who: &Cast, number: &str, file: &str) -> Value {
    let path = format!("/api/cases/{number}/bank-reply");
    let answer = app.raw(Method::POST, &path, Some(who), &[], file.as_bytes().to_vec()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

/// Who is to get how much, by name.
fn amounts(view: &Value) -> Vec<(&str, &str)> {
    let who = column(view, "lines", "who").into_iter();
    let mut all: Vec<(&str, &str)> = who.zip(column(view, "lines", "amount")).collect();
    all.sort_unstable();
    all
}

/// How the standard of income comes out for a household today.
async fn income(app: &TestApp, who: &Cast, household: u64) -> String {
    let page = app.get(&format!("/api/households/{household}"), Some(who)).await.json();
    let verdicts = page["parts"][0]["verdicts"].as_array().unwrap().iter();
    let mut income = verdicts.filter(|one| one["rule"] == "income-above-line");
    income.next().unwrap()["verdict"].as_str().unwrap().to_owned()
}

fn column<'a>(view: &'a Value, list: &str, name: &str) -> Vec<&'a str> {
    view[list].as_array().unwrap().iter().map(|one| one[name].as_str().unwrap()).collect()
}

#[test]
fn a_period_is_of_its_kind() {
    let days = |per, text: &str| period(per, text).map(|(from, to)| (from.to_string(), to.to_string()));
    let both = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
    assert_eq!(days(Per::Month, "2021-02"), both("2021-02-01", "2021-03-01"));
    assert_eq!(days(Per::Month, "2020-12"), both("2020-12-01", "2021-01-01"));
    assert_eq!(days(Per::Quarter, "2021-Q4"), both("2021-10-01", "2022-01-01"));
    assert_eq!(days(Per::Semester, "2021-H2"), both("2021-07-01", "2022-01-01"));
    assert_eq!(days(Per::Once, "2021"), both("2021-01-01", "2022-01-01"));
    for (per, text) in
        [(Per::Month, "2021"), (Per::Month, "2021-13"), (Per::Quarter, "2021-Q5"), (Per::Year, "2021-03")]
    {
        assert_eq!(days(per, text), None, "{text}");
    }
}

#[test]
fn shares_leave_nothing_over() {
    let fen = |amounts: &[i64]| Some(amounts.iter().map(|n| Fen(*n)).collect::<Vec<_>>());
    assert_eq!(shares(Fen(100), &[1, 1, 1], &[None, None, None]), fen(&[34, 33, 33]));
    assert_eq!(shares(Fen(100), &[1, 1, 1], &[None, Some(Fen(50)), None]), fen(&[25, 50, 25]));
    assert_eq!(shares(Fen(100), &[1, 2], &[Some(Fen(0)), None]), fen(&[0, 100]));
    assert_eq!(shares(Fen(100), &[1, 2], &[Some(Fen(60)), Some(Fen(50))]), None, "more than there is");
    assert_eq!(shares(Fen(100), &[1, 2], &[Some(Fen(60)), Some(Fen(30))]), None, "something is left over");
    assert_eq!(shares(Fen(100), &[0, 0], &[None, None]), None, "nobody to give it to");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_asset_earned_reaches_the_households() {
    let mut app = TestApp::new();
    let (clerk, township, district) =
        (app.signed_in("clerk").await, app.signed_in("township").await, app.signed_in("district").await);
    bring(&app, &clerk, &table()).await;
    let operator = settle(&app, "enterprise", VILLAGE, "示范种植公司");
    let collective = settle(&app, "collective", VILLAGE, "示范村股份经济合作社");
    let alone = app.post("/api/search", Some(&clerk), json!({"text": "柳一"})).await.json();
    let alone = alone["people"][0]["household"].as_u64().unwrap();
    assert_eq!(income(&app, &clerk, alone).await, "fails", "1,200 yuan a head");
    let rent = json!({"region": VILLAGE, "payer": operator, "amount": "10000.00", "kind": "rent", "period": "2020"});
    let rent = opened(&mut app, &clerk, "asset-receipt", rent).await;
    let ask = |total: &str| json!({"region": VILLAGE, "period": "2020", "total": total});

    // Nothing is divided that was not received, nor what is to be kept.
    let early = opened(&mut app, &clerk, "income-distribution", ask("8000.00")).await;
    let refused = app.step(&early, &clerk, json!({"verb": "sign", "answers": {}})).await;
    assert_eq!(refused.code(), "overdraft", "{}", refused.text);
    signed(&mut app, &township, &rent, json!({})).await;
    let greedy = opened(&mut app, &clerk, "income-distribution", ask("8000.01")).await;
    let refused = app.step(&greedy, &clerk, json!({"verb": "sign", "answers": {}})).await;
    assert_eq!(refused.code(), "overdraft", "{}", refused.text);

    // 100 + 40 + 30 for the old one, 100 for the couple: 8,000.00 in the proportion of 170 and 100.
    let plan = lines(&app, &clerk, &early, json!([])).await;
    assert_eq!(amounts(&plan), [("柳一", "5037.04"), ("柳二", "2962.96")], "{plan}");
    assert_eq!((&plan["sum"], &plan["state"]), (&json!("8000.00"), &json!("proposed")));
    let couple = plan["lines"].as_array().unwrap().iter().find(|line| line["who"] == "柳二").unwrap();
    let couple = couple["subject"].as_u64().unwrap();
    let adjust = json!([{"subject": couple, "amount": "2500.00", "reason": "已有公益岗位收入"}]);
    let tried = lines(&app, &clerk, &early, adjust.clone()).await;
    assert_eq!(amounts(&tried), [("柳一", "5500.00"), ("柳二", "2500.00")], "the rest goes to the others");
    let silent = json!({"adjust": [{"subject": couple, "amount": "250.00", "reason": " "}]});
    let refused = app.step(&early, &clerk, json!({"verb": "sign", "answers": silent})).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    signed(&mut app, &clerk, &early, json!({"adjust": adjust})).await;

    // Seven days on notice, then the township, then the district.
    let early_sign = app.step(&early, &township, json!({"verb": "sign"})).await;
    assert_eq!(early_sign.code(), "too-early", "{}", early_sign.text);
    app.days_pass(8);
    let (clerk, township, district) = {
        let _ = (clerk, township, district);
        (app.signed_in("clerk").await, app.signed_in("township").await, app.signed_in("district").await)
    };
    signed(&mut app, &township, &early, json!({})).await;
    signed(&mut app, &district, &early, json!({})).await;
    let paying = lines(&app, &district, &early, json!([])).await;
    assert_eq!((&paying["state"], &paying["free"]), (&json!("paying"), &json!("2000.00")), "{paying}");
    let open = app.step(&early, &district, json!({"verb": "sign"})).await;
    assert_eq!(open.code(), "duty-open", "{}", open.text);

    // The bank's file, and its answer: one arrives, one fails, one row is nobody's.
    paid_to(&app, "household", u32::try_from(couple).unwrap(), "6228480000000000018");
    let file = app.get(&format!("/api/cases/{early}/bank-file.csv"), Some(&district)).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    assert!(file.text.contains("柳二,示范农商行,6228480000000000018,2500.00"), "{}", file.text);
    assert_eq!(app.get(&format!("/api/cases/{early}/bank-file.csv"), Some(&clerk)).await.code(), "forbidden");
    let number = |who: &str| file.text.lines().find(|row| row.contains(who)).unwrap().split(',').next().unwrap();
    let (old, young) = (number("柳一"), number("柳二"));
    let answer =
        format!("流水号,金额,结果,失败原因\n{old},5500.00,失败,账号为空\n{young},2500.00,成功,\n99,1.00,成功,\n");
    let matched = reply(&app, &district, &early, &answer).await;
    assert_eq!((&matched["arrived"], &matched["failed"]), (&json!(1), &json!(1)), "{matched}");
    assert_eq!(matched["unmatched"].as_array().unwrap().len(), 1);
    let again = reply(&app, &district, &early, &answer).await;
    assert_eq!(again["arrived"], 0, "what was settled is not settled again: {again}");

    // Only what failed is paid again.
    let once_more = app.post(&format!("/api/cases/{early}/entries/pay-again"), Some(&district), json!({})).await;
    assert_eq!(once_more.status, StatusCode::OK, "{}", once_more.text);
    let file = app.get(&format!("/api/cases/{early}/bank-file.csv"), Some(&district)).await.text;
    let rows: Vec<&str> = file.lines().skip(1).collect();
    assert!(rows.len() == 1 && rows[0].contains("柳一") && rows[0].contains("5500.00"), "{file}");
    let wrong = format!("流水号,金额,结果\n{},5501.00,成功\n", rows[0].split(',').next().unwrap());
    assert_eq!(reply(&app, &district, &early, &wrong).await["unmatched"].as_array().unwrap().len(), 1);
    reply(&app, &district, &early, &wrong.replace("5501", "5500")).await;
    let paid = lines(&app, &district, &early, json!([])).await;
    assert_eq!((&paid["state"], &paid["arrived"]), (&json!("paid"), &json!("8000.00")), "{paid}");
    assert_eq!(income(&app, &district, alone).await, "passes", "what arrived counts the same minute");
    signed(&mut app, &district, &early, json!({})).await;
    let page = app.get(&format!("/api/cases/{early}"), Some(&district)).await.json();
    assert_eq!(page["state"], "completed", "{page}");

    // Statements as of any day, from both sides; the books are balanced.
    let own = app.get(&format!("/api/accounts/{couple}/collective"), Some(&clerk)).await.json();
    assert_eq!((&own["held"], &own["total"]), (&json!("2500.00"), &json!(2)), "{own}");
    let statement = app.get(&format!("/api/accounts/{collective}/collective"), Some(&district)).await.json();
    assert_eq!(statement["held"], "2000.00", "{statement}");
    let before = app.get(&format!("/api/accounts/{collective}/collective?on=2021-02-02"), Some(&district)).await.json();
    assert_eq!((&before["held"], &before["total"]), (&json!("10000.00"), &json!(1)), "{before}");
    let money = app.get("/api/money", Some(&district)).await.json();
    let fund = money["funds"].as_array().unwrap().iter().find(|fund| fund["name"] == "collective").unwrap();
    assert_eq!(
        (&fund["trial_balance"], &fund["held"], &fund["given"]),
        (&json!("0.00"), &json!("10000.00"), &json!("10000.00"))
    );
    // A transfer back to its signatures, and an account onward; the auditor sees masked names.
    let auditor = app.signed_in("auditor").await;
    let last = own["transfers"][0]["n"].as_u64().unwrap();
    let traced = app.get(&format!("/api/transfers/{last}"), Some(&auditor)).await.json();
    let verbs = column(&traced, "signed", "verb");
    assert_eq!(verbs[..4], ["open", "sign", "sign", "sign"], "{traced}");
    assert_eq!(
        (&traced["transfer"]["to"], &traced["pending"]["phase"]),
        (&json!("柳*"), &json!("pending")),
        "{traced}"
    );
    assert!(traced["parameters"].as_array().unwrap().len() >= 5, "{traced}");
    let onward = app.get(&format!("/api/accounts/{collective}/collective/onward"), Some(&auditor)).await.json();
    assert_eq!((&onward[0]["sum"], &onward[1]["sum"]), (&json!("5500.00"), &json!("2500.00")), "{onward}");
    assert_eq!(app.get("/api/money/unusual", Some(&auditor)).await.json(), json!([]));
    let neighbour = app.signed_in("neighbour").await;
    assert_eq!(app.get(&format!("/api/transfers/{last}"), Some(&neighbour)).await.code(), "not-found");
    let outside = app.get(&format!("/api/accounts/{couple}/collective"), Some(&neighbour)).await;
    assert_eq!(outside.code(), "not-found", "{}", outside.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_programme_pays_whom_its_rule_names_once_a_period() {
    let mut app = TestApp::new();
    let (clerk, township, district) =
        (app.signed_in("clerk").await, app.signed_in("township").await, app.signed_in("district").await);
    bring(&app, &clerk, &table()).await;
    settle(&app, "treasury", DISTRICT, "区财政专户");
    let ask = |programme: &str, period: &str| json!({"region": TOWNSHIP, "programme": programme, "period": period});
    let bad = opened(&mut app, &township, "programme-batch", ask("subsistence-allowance", "2021-H1")).await;
    let refused =
        app.call(Method::POST, &format!("/api/cases/{bad}/lines"), Some(&township), &[], Some(json!({}))).await;
    assert_eq!(refused.code(), "form-invalid", "{}", refused.text);

    let batch = opened(&mut app, &township, "programme-batch", ask("subsistence-allowance", "2021-01")).await;
    let view = lines(&app, &township, &batch, json!([])).await;
    // 1,200.00 a year: 3,960.00 are missing to 5,160.00, a twelfth of it a month.
    assert_eq!(
        (column(&view, "lines", "amount"), column(&view, "lines", "who")),
        (vec!["330.00"], vec!["柳一"]),
        "{view}"
    );
    signed(&mut app, &township, &batch, json!({})).await;

    // What was signed is paid, whatever the register says later.
    let richer = table().replace(",1200,0,", ",9999,0,");
    bring(&app, &clerk, &richer).await;
    let twice = opened(&mut app, &township, "programme-batch", ask("subsistence-allowance", "2021-01")).await;
    let view = lines(&app, &township, &twice, json!([])).await;
    assert!(view["lines"].as_array().unwrap().is_empty(), "{view}");
    assert!(["paid", "not-entitled"].contains(&view["held"][0]["why"].as_str().unwrap()), "{view}");
    app.days_pass(4);
    let district = {
        let _ = district;
        app.signed_in("district").await
    };
    signed(&mut app, &district, &batch, json!({})).await;
    let view = lines(&app, &district, &batch, json!([])).await;
    assert_eq!((&view["sum"], column(&view, "lines", "state")), (&json!("330.00"), vec!["pending"]), "{view}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_posts_what_is_proposed_masked_and_anybody_may_object() {
    let mut app = TestApp::new();
    let (clerk, township) = (app.signed_in("clerk").await, app.signed_in("township").await);
    bring(&app, &clerk, &table()).await;
    let operator = settle(&app, "enterprise", VILLAGE, "示范种植公司");
    settle(&app, "collective", VILLAGE, "示范村股份经济合作社");
    let rent = json!({"region": VILLAGE, "payer": operator, "amount": "10000.00", "kind": "rent", "period": "2020"});
    let rent = opened(&mut app, &clerk, "asset-receipt", rent).await;
    signed(&mut app, &township, &rent, json!({})).await;
    let board = format!("/notice/{VILLAGE}?lang=zh");
    assert!(app.get(&board, None).await.text.contains("现在没有公示"));
    let ask = json!({"region": VILLAGE, "period": "2020", "total": "8000.00"});
    let plan = opened(&mut app, &clerk, "income-distribution", ask).await;
    assert!(app.get(&board, None).await.text.contains("现在没有公示"), "nothing is posted before it is signed");
    signed(&mut app, &clerk, &plan, json!({})).await;

    let shown = app.get(&board, None).await;
    assert_eq!(shown.headers["x-robots-tag"], "noindex, nofollow, noarchive");
    for said in ["柳*", "5037.04", "2962.96", "8000.00", "还剩 7 天", plan.as_str()] {
        assert!(shown.text.contains(said), "{said}: {}", shown.text);
    }
    for hidden in ["柳一", "柳二", "9901001945", "因病", "慢性病"] {
        assert!(!shown.text.contains(hidden), "{hidden} is not for everybody");
    }
    assert!(app.get("/notice/990100003206?lang=zh", None).await.text.contains("现在没有公示"), "another village's");
    assert_eq!(app.get(&format!("/notice/{TOWNSHIP}"), None).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(app.get(&format!("/poster/notice/{VILLAGE}?lang=zh"), None).await.text.contains("公示"));

    // An objection stops the days, until it is answered; then they begin again.
    app.days_pass(3);
    let clerk = app.signed_in("clerk").await;
    let shown = app.get(&board, None).await.text;
    assert!(shown.contains("还剩 4 天"), "{shown}");
    let version = shown.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let to = format!("/notice/{VILLAGE}/{plan}?lang=zh");
    assert_eq!(app.submit(&to, &[("version", version), ("reason", "")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = app.submit(&to, &[("version", version), ("reason", "他家有工资收入")]).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    let again = app.submit(&to, &[("version", version), ("reason", "他家有工资收入")]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "the same words are one objection: {}", again.text);
    app.days_pass(9);
    let (clerk, township) = {
        let _ = (clerk, township);
        (app.signed_in("clerk").await, app.signed_in("township").await)
    };
    assert!(app.get(&board, None).await.text.contains("公示天数暂停"));
    let stopped = app.step(&plan, &township, json!({"verb": "sign"})).await;
    assert_eq!(stopped.code(), "move-not-allowed", "{}", stopped.text);
    let answered = app.step(&plan, &township, json!({"verb": "answer", "reason": "已核实，收入不变"})).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
    let _ = clerk;
    assert!(app.get(&board, None).await.text.contains("还剩 7 天"));
    app.days_pass(8);
    assert!(app.get(&board, None).await.text.contains("现在没有公示"), "gone when its days are over");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_before_comes_in_when_it_agrees_with_its_totals() {
    let mut app = TestApp::new();
    let (clerk, township, district) =
        (app.signed_in("clerk").await, app.signed_in("township").await, app.signed_in("district").await);
    bring(&app, &clerk, &table()).await;
    settle(&app, "treasury", DISTRICT, "区财政专户");
    let form =
        json!({"region": TOWNSHIP, "programme": "elder-allowance", "period": "2020-12", "count": 2, "total": "100.00"});
    let case = opened(&mut app, &township, "opening-payments", form).await;
    let [old, man] = ["99010019450510101", "99010019800510102"].map(citizen);
    let good = format!("身份证号,姓名,金额\n{old},柳一,50.00\n{man},柳二,50.00\n");
    let path = format!("/api/cases/{case}/opening?sign=true");
    for (wrong, why) in [
        (good.replace("柳二", "柳三"), "姓名与登记不符"),
        (good.replace(&man, &old), "姓名与登记不符"),
        (good.replace("柳二,50.00", "柳二,0"), "金额不对"),
        (good.replace(&man, "37150219540307001X"), "登记里没有"),
    ] {
        let told = app.raw(Method::POST, &path, Some(&township), &[], wrong.into_bytes()).await.json();
        assert_eq!((&told["agrees"], &told["signed"]), (&json!(false), &json!(false)), "{told}");
        assert!(told["bad"][0].as_str().unwrap().contains(why), "{told}");
    }
    let less = good.replace("柳二,50.00", "柳二,49.99");
    let told = app.raw(Method::POST, &path, Some(&township), &[], less.into_bytes()).await.json();
    assert_eq!(
        (&told["sum"], &told["expected_sum"], &told["signed"]),
        (&json!("99.99"), &json!("100.00"), &json!(false))
    );
    let told = app.raw(Method::POST, &path, Some(&township), &[], good.into_bytes()).await.json();
    assert_eq!(told["signed"], true, "{told}");
    signed(&mut app, &district, &case, json!({})).await;
    let person = app.post("/api/search", Some(&clerk), json!({"text": "柳一"})).await.json();
    let person = person["people"][0]["subject"].as_u64().unwrap();
    let statement = app.get(&format!("/api/accounts/{person}/welfare"), Some(&clerk)).await.json();
    assert_eq!(
        (&statement["held"], &statement["transfers"][0]["phase"]),
        (&json!("50.00"), &json!("direct")),
        "{statement}"
    );
    assert_eq!(statement["transfers"][0]["case"], json!(case), "marked by the case it cites");

    // A household by its number; one that is not there is named by its line.
    let form = json!({"region": TOWNSHIP, "programme": "subsistence-allowance", "period": "2020-12", "count": 1, "total": "330.00"});
    let case = opened(&mut app, &township, "opening-payments", form).await;
    let path = format!("/api/cases/{case}/opening");
    for (number, agrees) in [("H-1", true), ("H-9", false), ("", false)] {
        let file = format!("户编号,金额\n{number},330.00\n").into_bytes();
        let told = app.raw(Method::POST, &path, Some(&township), &[], file).await.json();
        assert_eq!((&told["agrees"], &told["signed"]), (&json!(agrees), &json!(false)), "{number}: {told}");
    }
}
