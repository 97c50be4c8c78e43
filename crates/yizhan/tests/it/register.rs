//! The register: tables brought in, households held against the rules on any day and as known at any act.

use crate::testing::{Answer, Cast, NEIGHBOUR, TestApp, VILLAGE, citizen};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// A household of three in the village, one row a person.
fn table() -> String {
    let [head, wife, child] = ["99010019700510101", "99010019720511102", "99010020100512103"].map(citizen);
    let household = format!("H-1,{VILLAGE},是,一般贫困户,因学,已脱贫,2020,30000.00,0,0,0,\"1,200\",0,是,是,是");
    format!(
        "户编号,行政村,是否建档立卡户,户属性,主要致贫原因,是否脱贫,收入年度,工资性收入,生产经营性收入,生产经营性支出,\
         财产性收入,转移性收入,低保金,不愁吃,不愁穿,自来水,姓名,证件号码,与户主关系,在校生状况,健康状况,居民基本医疗保险,是否享受低保\n\
         {household},柳一,{head},户主,非在校生,健康,是,否\n\
         {household},柳二,{wife},配偶,非在校生,健康,是,否\n\
         {household},柳三,{child},之子,非在校生,健康,是,否\n"
    )
}

async fn bring(app: &TestApp, who: &Cast, query: &str, file: &str) -> Value {
    let begun = app
        .raw(Method::POST, &format!("/api/register/imports?{query}"), Some(who), &[], file.as_bytes().to_vec())
        .await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    let path = format!("/api/register/imports/{}", begun.json()["import"].as_str().unwrap());
    for _ in 0..500 {
        let state = app.get(&path, Some(who)).await.json();
        if state["over"] == true {
            assert_eq!(state["failure"], "", "{state}");
            return state;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the import does not end");
}

/// The address of the rows of an import that wait, which is there.
async fn bad_rows_of(app: &TestApp, who: &Cast, file: &str) -> String {
    let begun = app.raw(Method::POST, "/api/register/imports", Some(who), &[], file.as_bytes().to_vec()).await.json();
    let path = format!("/api/register/imports/{}", begun["import"].as_str().unwrap());
    while app.get(&path, Some(who)).await.json()["over"] != true {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let path = format!("{path}/bad.xlsx");
    assert_eq!(app.get(&path, Some(who)).await.status, StatusCode::OK);
    path
}

fn counts(state: &Value) -> [u64; 4] {
    ["added", "changed", "same", "bad"].map(|name| state[name].as_u64().unwrap())
}

async fn gaps(app: &TestApp, who: &Cast, query: &str) -> Value {
    let answer = app.get(&format!("/api/gaps?{query}"), Some(who)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

async fn household(app: &TestApp, who: &Cast, subject: u64, query: &str) -> Answer {
    app.get(&format!("/api/households/{subject}?{query}"), Some(who)).await
}

fn verdict<'a>(page: &'a Value, rule: &str) -> &'a Value {
    let parts = page["parts"].as_array().unwrap().iter();
    let mut all = parts.flat_map(|part| part["verdicts"].as_array().unwrap());
    all.find(|verdict| verdict["rule"] == rule).unwrap_or_else(|| panic!("no verdict of {rule}: {page}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_brought_once_and_its_bad_rows_wait() {
    let app = TestApp::new();
    let (clerk, neighbour) = (app.signed_in("clerk").await, app.signed_in("neighbour").await);
    let checked = bring(&app, &clerk, "check=true", &table()).await;
    assert_eq!(counts(&checked), [3, 0, 0, 0], "{checked}");
    assert_eq!(gaps(&app, &clerk, "").await["total"], 0, "asking what would happen changes nothing");

    assert_eq!(counts(&bring(&app, &clerk, "", &table()).await), [3, 0, 0, 0]);
    let before = app.app.image().counts.facts;
    let again = bring(&app, &clerk, "", &table()).await;
    assert_eq!((counts(&again), app.app.image().counts.facts), ([0, 0, 3, 0], before), "{again}");

    let wrong = table().replace("之子,非在校生,健康", "之子,小学生？,健康").replace("柳二,9901", "柳二,8901");
    let waits = bring(&app, &clerk, "", &wrong).await;
    assert_eq!(counts(&waits), [0, 0, 1, 2], "{waits}");
    let why: Vec<&str> =
        waits["bad_lines"].as_array().unwrap().iter().map(|bad| bad["why"].as_str().unwrap()).collect();
    assert!(why[0].contains("校验位") && why[1].contains("在校生"), "{why:?}");

    // Another village's officer can neither change these people nor see them.
    let taken = bring(&app, &neighbour, "", &table().replace(VILLAGE, NEIGHBOUR)).await;
    assert_eq!(counts(&taken)[3], 3, "{taken}");
    assert_eq!(gaps(&app, &neighbour, "").await["total"], 0);
    let path = bad_rows_of(&app, &clerk, &wrong).await;
    app.minutes_pass(61);
    let clerk = app.signed_in("clerk").await;
    assert_eq!(app.get(&path, Some(&clerk)).await.code(), "not-found", "rows that wait are not kept for ever");
    let refused =
        app.raw(Method::POST, "/api/register/imports", Some(&clerk), &[], "甲,乙\n1,2\n".as_bytes().to_vec()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.json()["fields"].as_array().unwrap().len() > 60, "what a column may hold is told");
    let taken = app.get("/api/register.xlsx?lang=zh", Some(&clerk)).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    let sheet = yizhan::table::model::Table::read(&taken.bytes).unwrap();
    assert_eq!(sheet.rows.len(), 3, "three people, one a row");
    let text = format!("{:?}", sheet.rows);
    assert!(text.contains("柳一") && text.contains("990***********") && !text.contains("19700510"), "{text}");
    assert!(!sheet.headings.contains(&"严重精神障碍".to_owned()), "{:?}", sheet.headings);
    let auditor = app.signed_in("auditor").await;
    let refused = app.raw(Method::POST, "/api/register/imports", Some(&auditor), &[], table().into_bytes()).await;
    assert_eq!(refused.code(), "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_gone_when_the_fact_arrives_and_both_clocks_can_be_asked() {
    let app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    bring(&app, &clerk, "from=2021-01-10", &table()).await;
    let found = gaps(&app, &clerk, "kind=standard&rule=compulsory-education").await;
    let row = &found["rows"][0];
    assert_eq!((&found["total"], &row["who"], &row["which"]), (&json!(1), &json!("柳一"), &json!("fails")), "{found}");
    assert_eq!((&row["since"], &row["days"]), (&json!("2021-01-10"), &json!(22)));
    let subject = row["household"].as_u64().unwrap();

    let page = household(&app, &clerk, subject, "").await.json();
    let education = verdict(&page, "compulsory-education");
    assert_eq!(education["verdict"], "fails", "{education}");
    let grounds = education["grounds"].as_array().unwrap();
    assert!(grounds.iter().any(|one| one["who"] == "柳三"), "the child is the ground: {education}");
    assert!(grounds.iter().all(|one| one["who"] != "柳二"), "the wife is none: {education}");
    let income = verdict(&page, "income-above-line");
    assert_eq!(
        (&income["verdict"], &income["grounds"]),
        (&json!("passes"), &json!([])),
        "why all is well is told when asked"
    );
    let asked = household(&app, &clerk, subject, &format!("of={subject}")).await.json();
    assert_eq!(asked["parts"].as_array().unwrap().len(), 1);
    let income = verdict(&asked, "income-above-line");
    assert!(income["grounds"].as_array().unwrap().len() > 2, "{income}");
    assert_eq!(household(&app, &clerk, subject, "of=1").await.code(), "not-found", "who is not of the household");
    let housing = verdict(&page, "safe-housing");
    assert_eq!(housing["verdict"], "unknown", "{housing}");
    assert!(housing["grounds"].as_array().unwrap().iter().any(|one| one["missing"] == true), "{housing}");
    assert_eq!(page["parts"].as_array().unwrap().len(), 4, "the household and three people");
    let known_at = app.app.image().seq;

    app.days_pass(1);
    let enrolled = table().replace("之子,非在校生", "之子,小学");
    assert_eq!(counts(&bring(&app, &clerk, "from=2021-01-20", &enrolled).await), [0, 1, 2, 0]);
    // What takes long is judged behind the answers; it is current a moment later.
    for tries in 0.. {
        if gaps(&app, &clerk, "rule=compulsory-education").await["total"] == 0 {
            break;
        }
        assert!(tries < 100, "the gap is still there");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let on = |day: &str, act: Option<u64>| {
        let known = act.map(|act| format!("&known_at={act}")).unwrap_or_default();
        format!("on={day}{known}")
    };
    let mut said = Vec::new();
    for query in [on("2021-01-15", None), on("2021-01-25", None), on("2021-01-25", Some(known_at))] {
        let page = household(&app, &clerk, subject, &query).await.json();
        said.push(verdict(&page, "compulsory-education")["verdict"].as_str().unwrap().to_owned());
    }
    assert_eq!(said, ["fails", "passes", "fails"], "true on a day, and known at an act");
    let acts = app.get(&format!("/api/households/{subject}/acts"), Some(&clerk)).await.json();
    let titles: Vec<&str> = acts.as_array().unwrap().iter().map(|act| act["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["brought in by a table"; 2], "{acts}");
    assert_eq!(acts[1]["seq"], known_at, "the latest stands first: {acts}");
    let neighbour = app.signed_in("neighbour").await;
    for path in ["", "/acts"] {
        let answer = app.get(&format!("/api/households/{subject}{path}"), Some(&neighbour)).await;
        assert_eq!(answer.code(), "not-found", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_value_of_a_parameter_says_who_enters_and_what_it_costs() {
    let mut app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    bring(&app, &clerk, "from=2021-01-10", &table()).await;
    let acts = app.app.image().seq;
    // Three people with 31,200 yuan a year: 10,400 a head.
    let moved = |value: &str| json!({"parameter": "rural-subsistence-standard", "value": value});
    let higher = app.post("/api/parameters/move", Some(&clerk), moved("11000.00")).await.json();
    assert_eq!((&higher["today"], &higher["whole"]["enters"]), (&json!("5160.00"), &json!(1)), "{higher}");
    assert_eq!((&higher["whole"]["now"], &higher["whole"]["then"]), (&json!("0.00"), &json!("1800.00")));
    assert_eq!((&higher["rows"][0]["who"], &higher["rows"][0]["how"]), (&json!("柳一"), &json!("enters")));
    let same = app.post("/api/parameters/move", Some(&clerk), moved("5160.00")).await.json();
    assert_eq!((&same["whole"]["enters"], &same["whole"]["leaves"]), (&json!(0), &json!(0)));
    assert_eq!(higher["refused"], "");
    let lower = app.post("/api/parameters/move", Some(&clerk), moved("3900.00")).await.json();
    assert!(lower["refused"].as_str().unwrap().contains("may not be below"), "below the poverty line: {lower}");
    let line = json!({"parameter": "poverty-line", "value": "5200.00"});
    let line = app.post("/api/parameters/move", Some(&clerk), line).await.json();
    assert!(line["refused"].as_str().unwrap().contains("5200.00"), "a line above the standard: {line}");
    for wrong in ["much", "-1.00", "12.345"] {
        let answer = app.post("/api/parameters/move", Some(&clerk), moved(wrong)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", answer.text);
    }
    assert_eq!(app.app.image().seq, acts, "nothing was saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_a_verdict_that_reads_what_they_may_not_see() {
    let app = TestApp::new();
    let (clerk, district) = (app.signed_in("clerk").await, app.signed_in("district").await);
    let names = |rules: &Value| -> Vec<String> {
        let rules = rules["rules"].as_array().unwrap().iter();
        rules.map(|rule| rule["name"].as_str().unwrap().to_owned()).collect()
    };
    let (village, whole) = (
        names(&app.get("/api/rules", Some(&clerk)).await.json()),
        names(&app.get("/api/rules", Some(&district)).await.json()),
    );
    let secret = "mentally-ill-visited".to_owned();
    assert!(whole.contains(&secret) && !village.contains(&secret));
    assert!(village.len() > 100, "{} rules", village.len());
    assert_eq!(app.get("/api/rules/mentally-ill-visited", Some(&clerk)).await.code(), "not-found");
    let page = app.get("/api/rules/subsistence-allowance", Some(&clerk)).await.json();
    assert_eq!(page["parameters"][0]["value"], "5160.00", "{page}");
    assert!(page["texts"].as_array().unwrap().iter().any(|text| text["key"] == "household.own-per-head"), "{page}");
}

/// Opens a case about a household and has it signed by everybody on its route.
async fn carried(app: &mut TestApp, service: &str, form: Value, signers: &[&str]) {
    let clerk = app.signed_in("clerk").await;
    let opened = app.post(&format!("/api/cases/{service}"), Some(&clerk), form).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{service}: {}", opened.text);
    let number = opened.json()["number"].as_str().unwrap().to_owned();
    for login in signers {
        app.days_pass(8);
        let who = app.signed_in(login).await;
        let signed = app.step(&number, &who, json!({"verb": "sign"})).await;
        assert_eq!(signed.status, StatusCode::OK, "{service} by {login}: {}", signed.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_is_decided_changes_the_register_and_nothing_before() {
    let mut app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    bring(&app, &clerk, "from=2021-01-10", &table()).await;
    let found = gaps(&app, &clerk, "rule=compulsory-education").await;
    let home = found["rows"][0]["household"].as_u64().unwrap();
    let about = |more: Value| {
        let mut form = json!({"name": "柳一", "region": VILLAGE, "household": home});
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        form
    };
    let members = |page: &Value| -> Vec<(String, u64)> {
        let parts = page["parts"].as_array().unwrap().iter().filter(|part| part["part"] == "member");
        parts.map(|part| (part["who"].as_str().unwrap().to_owned(), part["subject"].as_u64().unwrap())).collect()
    };
    let born =
        about(json!({"person_name": "柳四", "citizen_number": citizen("99010020210105104"), "born": "2021-01-05",
        "sex": "2", "relation": "04", "came_by": "1"}));
    carried(&mut app, "member-joins", born, &["clerk2", "township", "district"]).await;
    let page = household(&app, &clerk, home, "").await.json();
    let now = members(&page);
    assert_eq!(now.iter().map(|(who, _)| who.as_str()).collect::<Vec<_>>(), ["柳一", "柳二", "柳三", "柳四"]);
    let before = household(&app, &clerk, home, "on=2021-02-01").await.json();
    assert_eq!(members(&before).len(), 3, "nobody is there before the day of the decision");

    let child = now[2].1;
    let leaves = about(json!({"person": child, "left_for": "3"}));
    carried(&mut app, "member-leaves", leaves, &["clerk2", "township", "district"]).await;
    let split = about(json!({"members": [now[1].1], "head": now[1].1, "number": "H-2", "registered": true}));
    carried(&mut app, "household-split", split, &["clerk2", "township", "district"]).await;
    let page = household(&app, &clerk, home, "").await.json();
    assert_eq!(members(&page).iter().map(|(who, _)| who.as_str()).collect::<Vec<_>>(), ["柳一", "柳四"]);
    let acts = app.get(&format!("/api/households/{home}/acts"), Some(&clerk)).await.json();
    let titles: Vec<&str> = acts.as_array().unwrap().iter().map(|act| act["title"].as_str().unwrap()).collect();
    assert!(titles[0].starts_with("A household splits") && titles.last() == Some(&"brought in by a table"), "{acts}");
    let brought = acts.as_array().unwrap().last().unwrap()["seq"].as_u64().unwrap();
    let then = household(&app, &clerk, home, &format!("known_at={brought}")).await.json();
    let names: Vec<String> = members(&then).into_iter().map(|(who, _)| who).collect();
    assert_eq!(names, ["柳一", "柳二", "柳三"], "those who were known to live there");

    let monitored = about(json!({"kind": "2", "detail": "收入不稳"}));
    carried(&mut app, "monitoring-start", monitored, &["clerk2", "clerk", "township", "district"]).await;
    let page = household(&app, &clerk, home, "").await.json();
    let facts = page["parts"][0]["facts"].as_array().unwrap();
    assert!(facts.iter().any(|fact| fact["attribute"] == "household.monitored"), "{facts:?}");

    // A household of elsewhere is not changed by a case that names it.
    let neighbour = app.signed_in("neighbour").await;
    let form = json!({"name": "柳一", "region": NEIGHBOUR, "household": home, "detail": "并非本村"});
    let opened = app.post("/api/cases/help-measures", Some(&neighbour), form).await;
    assert_eq!(opened.code(), "forbidden", "{}", opened.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_opens_its_card_and_says_what_is_wrong() {
    let app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    let table = table().replace("居民基本医疗保险", "居民基本医疗保险,联系电话");
    let phones = ["15400000071", "15400000072", ""].into_iter();
    let lines: Vec<String> = table
        .lines()
        .zip([None].into_iter().chain(phones.map(Some)))
        .map(|(line, phone)| {
            phone.map_or(line.to_owned(), |phone| line.replace("健康,是,否", &format!("健康,是,{phone},否")))
        })
        .collect();
    bring(&app, &clerk, "from=2021-01-10", &lines.join("\n")).await;
    // Another telephone that looks the same masked is another telephone.
    let other = lines.join("\n").replace("15400000071", "15499990071");
    assert_eq!(counts(&bring(&app, &clerk, "from=2021-01-10", &other).await), [0, 1, 2, 0]);
    assert_eq!(counts(&bring(&app, &clerk, "from=2021-01-10", &other).await), [0, 0, 3, 0]);
    app.submit("/mine/code", &[("mobile", "15400000072")]).await;
    let sent = app.get("/api/demo/outbox", None).await.json();
    let text = sent[0]["text"].as_str().unwrap().to_owned();
    let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
    let found = app.submit("/mine/list?lang=zh", &[("mobile", "15400000072"), ("code", &code)]).await.text;
    let link = found.split("href=\"").find(|part| part.starts_with("/card/")).expect(&found);
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let card = app.get(&format!("{link}&lang=zh"), None).await;
    assert_eq!(card.status, StatusCode::OK);
    for said in ["柳一", "柳三", "义务教育", "未达到", "30000.00"] {
        assert!(card.text.contains(said), "{said}: {}", card.text);
    }
    assert!(!card.text.contains("9901"), "no number stands on it");
    let said = app.submit(&format!("{link}&lang=zh"), &[("what", "女儿已经上学了")]).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    let again = app.submit(&format!("{link}&lang=zh"), &[("what", "女儿已经上学了")]).await;
    assert_eq!(again.headers["location"], said.headers["location"], "said twice is one case");
    let work = app.get("/api/worklist", Some(&clerk)).await.json();
    assert_eq!((&work["total"], &work["cases"][0]["service"]), (&json!(1), &json!("register-correction")), "{work}");
    assert_eq!(app.submit(&link, &[("what", "")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = link.replace("?k=", "?k=x");
    assert_eq!(app.get(&other, None).await.status, StatusCode::NOT_FOUND);
    app.days_pass(2);
    assert_eq!(app.get(&link, None).await.status, StatusCode::NOT_FOUND, "its days are over");
}
