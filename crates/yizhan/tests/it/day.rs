//! The list of the day: what comes round again, whose list it is on, when it is raised; and what outsiders read of a doctor's
//! visit, which is that a doctor calls.

use crate::programme::town::Town;
use crate::testing::{NEIGHBOUR, TOWNSHIP, VILLAGE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use yizhan::store;
use yizhan_core::catalog::Catalog;
use yizhan_core::image::fact::Value as Known;

/// The list of the day as somebody sees it.
async fn list(town: &Town, login: &str, query: &str) -> Value {
    let who = town.app().signed_in(login).await;
    let answer = town.app().get(&format!("/api/day?{query}"), Some(&who)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

/// Everything that is owed on a list: the subject of the entry, the rule, the state.
fn owed(list: &Value) -> Vec<(u64, String, String)> {
    let entries = list["entries"].as_array().unwrap().iter();
    let dues = entries.flat_map(|entry| {
        let each = entry["dues"].as_array().unwrap().iter();
        each.map(|due| {
            let text = |key: &str| due[key].as_str().unwrap().to_owned();
            (entry["subject"].as_u64().unwrap(), text("rule"), text("state"))
        })
    });
    dues.collect()
}

fn row(subject: u32, rule: &str, state: &str) -> (u64, String, String) {
    (u64::from(subject), rule.to_owned(), state.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_is_on_the_list_of_whoever_does_it_until_it_is_done() {
    let mut town = Town::new();
    let (second, _) = town.alone("1950-01-01", &[]);
    let (first, _) = town.alone("1950-01-01", &[]);
    town.learn(second, "household.number", "0012");
    town.learn(first, "household.number", "0007");
    let well = town.settle("water-point", VILLAGE, "柳湾村供水点");
    town.learn(first, "household.water-point", &well.to_string());
    town.learn(second, "household.visited", &town.today().to_string());
    let today = list(&town, "clerk", "").await;
    // The households by their numbers, then the places; who was visited today is not on it.
    assert_eq!(owed(&today), [row(first, "home-visit", "overdue"), row(well, "water-test", "overdue")]);
    assert_eq!((&today["due"], &today["overdue"], &today["total"]), (&json!(0), &json!(2), &json!(2)));
    let due = &today["entries"][0]["dues"][0];
    assert_eq!((&due["due"], &due["yours"], &due["opens"]), (&json!(""), &json!(true), &json!("home-visit")));
    assert_eq!(due["prefill"], json!({"region": VILLAGE, "household": first}));
    let test = &today["entries"][1]["dues"][0];
    assert_eq!(test["prefill"], json!({"region": VILLAGE, "water_point": well}));
    assert!(owed(&list(&town, "neighbour", "").await).is_empty(), "another village");
    // The form that the list opens takes what the list knows.
    let mut visit = due["prefill"].clone();
    let more = json!({"done_on": town.today().to_string(), "found": "粮食够吃"});
    visit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let number = town.open("clerk", "home-visit", visit).await;
    assert_eq!(owed(&list(&town, "clerk", "").await).len(), 2, "recorded, and nobody has looked at it yet");
    assert_eq!(town.try_sign("clerk2", &number, json!({})).await.status, StatusCode::OK);
    assert_eq!(owed(&list(&town, "clerk", "").await), [row(well, "water-test", "overdue")]);
    // On the list again a week before the thirtieth day; due that day, late the day after.
    town.days_pass(23);
    let visits = |list: &Value| owed(list).into_iter().filter(|(_, rule, _)| rule == "home-visit").collect::<Vec<_>>();
    assert_eq!(
        visits(&list(&town, "clerk", "").await),
        [row(first, "home-visit", "due"), row(second, "home-visit", "due")]
    );
    let ahead = list(&town, "clerk", "on=2021-02-23").await;
    assert!(visits(&ahead).is_empty(), "the day before");
    town.days_pass(7);
    assert_eq!(visits(&list(&town, "clerk", "").await)[0].2, "due", "the last day");
    town.days_pass(1);
    let late = list(&town, "clerk", "").await;
    assert_eq!(visits(&late)[0].2, "overdue");
    assert_eq!(late["entries"][0]["dues"][0]["late_days"], 1);
    // The township is told after a week, the district after a month; whoever looks at a village sees the village's list.
    assert!(owed(&list(&town, "township", "").await).is_empty());
    let village = list(&town, "township", &format!("area={VILLAGE}")).await;
    assert_eq!(visits(&village).len(), 2);
    assert_eq!(village["entries"][0]["dues"][0]["yours"], false);
    town.days_pass(6);
    let told = list(&town, "township", "").await;
    assert_eq!(visits(&told).len(), 2, "{told}");
    assert_eq!(told["entries"][0]["dues"][0]["escalated_to"], "township");
    assert!(visits(&list(&town, "district", "").await).is_empty());
    town.days_pass(23);
    assert_eq!(visits(&list(&town, "district", "").await).len(), 2);
    let clerk = town.app().signed_in("clerk").await;
    let outside = town.app().get(&format!("/api/day?area={NEIGHBOUR}"), Some(&clerk)).await;
    assert_eq!(outside.code(), "forbidden");
    assert_eq!(town.app().get("/api/day", None).await.status, StatusCode::UNAUTHORIZED);
}

/// A village with a team of doctors and somebody ill who is with it: the household, the person, the team.
fn ill(town: &Town) -> (u32, u32, u32) {
    let team = town.settle("doctor-team", TOWNSHIP, "柳湾家庭医生团队");
    let doctor = town.app().app.image().staff_by_login("doctor").unwrap();
    town.learn(doctor.0, "staff.doctor-team", &team.to_string());
    let team_text = team.to_string();
    let facts = [
        ("health", "2"),
        ("mental-illness", "true"),
        ("hypertension", "true"),
        ("doctor-signed", "true"),
        ("doctor-team", team_text.as_str()),
    ];
    let (home, person) = town.alone("1950-01-01", &facts);
    (home, person, team)
}

fn visit(town: &Town, person: u32, systolic: u32) -> Value {
    json!({"region": VILLAGE, "person": person, "done_on": town.today().to_string(), "disease": "hypertension",
        "systolic": systolic, "diastolic": 95, "found": "嘱按时服降压药"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_sees_their_team_and_a_value_out_of_range_raises_an_alarm() {
    let mut town = Town::new();
    let (home, person, team) = ill(&town);
    let rules = |list: &Value| owed(list).into_iter().map(|(_, rule, _)| rule).collect::<Vec<_>>();
    let mut today = rules(&list(&town, "doctor", "").await);
    today.sort();
    assert_eq!(today, ["ill-visited", "mentally-ill-visited", "pressure-measured", "signed-visited"]);
    let entry = list(&town, "doctor", "").await["entries"][0].clone();
    assert_eq!(entry["subject"], home, "the person's visits are the household's one");
    assert_eq!(entry["dues"][0]["prefill"], json!({"region": VILLAGE, "person": person}));
    // A doctor without a team has nobody, and opens nothing.
    assert!(rules(&list(&town, "doctor2", "").await).is_empty());
    assert_eq!(town.try_open("doctor2", "doctor-visit", visit(&town, person, 150)).await.code(), "forbidden");
    for login in ["clerk", "township", "district", "hospital"] {
        let refused = town.try_open(login, "doctor-visit", visit(&town, person, 150)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{login}: {}", refused.text);
    }
    let number = town.open("doctor", "doctor-visit", visit(&town, person, 186)).await;
    assert_eq!(town.try_sign("doctor", &number, json!({})).await.status, StatusCode::OK);
    // Nobody looks at their own visit.
    assert_ne!(town.try_sign("doctor", &number, json!({})).await.status, StatusCode::OK);
    assert!(rules(&list(&town, "doctor", "").await).is_empty(), "one visit did all that was owed");
    let doctor = town.app().signed_in("doctor").await;
    let alarms = town.app().get("/api/cases?state=alarm", Some(&doctor)).await.json();
    let page = town.app().get(&format!("/api/cases/{number}"), Some(&doctor)).await.text;
    assert_eq!(alarms["total"], 1, "{alarms}: {page}");
    let trend = town.app().get(&format!("/api/people/{person}/trend"), Some(&doctor)).await.json();
    assert_eq!(trend["lines"][0]["attribute"], "doctor-visit.diastolic");
    assert_eq!(trend["lines"][1]["tenths"], json!([1860]), "{trend}");
    // A second visit is a second point; the next quarter it is owed again, and late after that.
    let number = town.open("doctor", "doctor-visit", visit(&town, person, 150)).await;
    assert_eq!(town.try_sign("doctor", &number, json!({})).await.status, StatusCode::OK);
    let trend = town.app().get(&format!("/api/people/{person}/trend"), Some(&doctor)).await.json();
    assert_eq!(trend["lines"][1]["tenths"], json!([1860, 1500]));
    town.days_pass(59);
    let quarter = list(&town, "doctor", "").await;
    assert_eq!((&quarter["on"], &quarter["due"], &quarter["overdue"]), (&json!("2021-04-01"), &json!(3), &json!(0)));
    for login in ["doctor2", "clerk", "township", "district", "hospital"] {
        let who = town.app().signed_in(login).await;
        let refused = town.app().get(&format!("/api/people/{person}/trend"), Some(&who)).await;
        assert!(refused.status.is_client_error(), "{login}: {}", refused.text);
        let refused = town.app().get(&format!("/api/cases/{number}"), Some(&who)).await;
        assert!(refused.status.is_client_error(), "{login}: {}", refused.text);
    }
    // Signing with a team, whoever asked for it.
    let (_, neighbour) = town.alone("1960-01-01", &[]);
    let form = json!({"region": VILLAGE, "person": neighbour, "team": team, "signed_on": town.today().to_string()});
    let number = town.open("doctor", "doctor-agreement", form).await;
    assert_eq!(town.try_sign("doctor", &number, json!({})).await.code(), "paper-missing");
    town.attach("doctor", &number, "signature").await;
    assert_eq!(town.try_sign("doctor", &number, json!({})).await.status, StatusCode::OK);
    assert!(town.is(neighbour, "person.doctor-signed"));
    let renewed = list(&town, "doctor", "on=2022-03-10").await;
    assert!(rules(&renewed).contains(&"doctor-renewed".to_owned()), "{renewed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_illness_is_assessed_at_home_and_medicine_is_given_and_the_village_sees_neither() {
    let mut town = Town::new();
    let (_, person, _) = ill(&town);
    let today = town.today().to_string();
    let form = json!({"region": VILLAGE, "person": person, "disease": "diabetes", "assessed_on": today, "expert": "柳一",
        "at_home": "home", "result": "true"});
    assert_eq!(town.try_open("clerk", "chronic-card", form.clone()).await.status, StatusCode::FORBIDDEN);
    let card = town.open("doctor", "chronic-card", form).await;
    let clerk = town.app().signed_in("clerk").await;
    let waiting = town.app().get("/api/cases?state=open", Some(&clerk)).await.json();
    assert_eq!(waiting["total"], 0, "{waiting}");
    assert_eq!(town.app().get(&format!("/api/cases/{card}"), Some(&clerk)).await.code(), "case-not-found");
    let waits =
        |counts: &Value| counts.as_array().unwrap().iter().map(|one| one["waiting"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(waits(&town.app().get("/api/counts", Some(&clerk)).await.json()), 0, "not even as a number");
    let township = town.app().signed_in("township").await;
    assert_eq!(waits(&town.app().get("/api/counts", Some(&township)).await.json()), 1);
    town.go_on(&card, vec![("township", &["assessment"], json!({})), ("district", &[], json!({}))]).await;
    assert_eq!(town.state(&card).await, "completed");
    assert!(town.is(person, "person.chronic-card") && town.is(person, "person.diabetes"));
    let form = json!({"region": VILLAGE, "person": person, "medicine": "奥氮平片 10mg", "boxes": 2, "issued_on": town.today().to_string()});
    let medicine = town.open("doctor", "free-medicine", form).await;
    town.go_on(&medicine, vec![("district", &[], json!({})), ("doctor", &[], json!({}))]).await;
    assert_eq!(town.known(person, "person.free-medicine"), Some(Known::Text("奥氮平片 10mg".into())));
    for login in ["clerk", "township"] {
        let who = town.app().signed_in(login).await;
        assert_eq!(town.app().get(&format!("/api/cases/{medicine}"), Some(&who)).await.code(), "case-not-found");
    }
    // The diabetic's blood sugar is owed from now on, and a team that is not theirs does not know.
    let today = list(&town, "doctor", "").await;
    assert!(owed(&today).iter().any(|(_, rule, _)| rule == "glucose-measured"), "{today}");
    let other = town.settle("doctor-team", TOWNSHIP, "北街家庭医生团队");
    let second = town.app().app.image().staff_by_login("doctor2").unwrap();
    town.learn(second.0, "staff.doctor-team", &other.to_string());
    assert!(owed(&list(&town, "doctor2", "").await).is_empty());
    let theirs = town.app().signed_in("doctor2").await;
    for page in ["/api/gaps?limit=200", "/api/rules", "/api/gaps/board"] {
        let read = town.app().get(page, Some(&theirs)).await.text;
        assert!(!read.contains("glucose-measured") && !read.contains("pressure-measured"), "{page}: {read}");
    }
    let stolen = visit(&town, person, 150);
    assert_eq!(town.try_open("doctor2", "doctor-visit", stolen).await.code(), "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_reads_of_a_doctors_visit_and_never_why() {
    let mut town = Town::new();
    let (home, person, _) = ill(&town);
    let number = town.open("doctor", "doctor-visit", visit(&town, person, 186)).await;
    assert_eq!(town.try_sign("doctor", &number, json!({})).await.status, StatusCode::OK);
    town.days_pass(60);
    let today = list(&town, "clerk", "lang=zh").await;
    let dues = today["entries"][0]["dues"].as_array().unwrap();
    let called: Vec<&Value> = dues.iter().filter(|due| due["doer"] == "team").collect();
    assert_eq!(called.len(), 1, "four visits are owed, and one is told: {today}");
    assert_eq!(called[0]["title"], "家庭医生上门");
    let empty = ["rule", "opens", "last", "opens_title"].map(|key| called[0][key].as_str().unwrap());
    assert_eq!(empty, [""; 4]);
    let clerk = town.app().signed_in("clerk").await;
    let secret = [
        "高血压",
        "收缩压",
        "186",
        "血压",
        "降压药",
        "严重精神障碍",
        "患病人员随访",
        "Visits to the ill",
        "lood pressure",
        "everely mentally",
        "hypertension",
        "systolic",
        "ill-visited",
        "pressure-measured",
        "mental-illness",
        "\"doctor-visit\"",
        number.as_str(),
    ];
    let pages = [
        "/api/day".to_owned(),
        "/api/gaps?limit=200".to_owned(),
        "/api/gaps?kind=duty&limit=200".to_owned(),
        "/api/gaps/board".to_owned(),
        "/api/rules".to_owned(),
        format!("/api/households/{home}"),
        format!("/api/households/{home}?of={person}"),
        format!("/api/households/{home}/acts"),
        "/api/cases?limit=100".to_owned(),
        "/api/overview".to_owned(),
    ];
    for (page, lang) in pages.iter().flat_map(|page| ["zh", "en"].map(|lang| (page, lang))) {
        let read = town.app().call(Method::GET, page, Some(&clerk), &[("accept-language", lang)], None).await;
        assert_eq!(read.status, StatusCode::OK, "{page}: {}", read.text);
        for word in secret {
            assert!(!read.text.contains(word), "{page} tells of {word}: {}", read.text);
        }
    }
    // What is taken out as a table, and the journal.
    let taken = town.app().get("/api/register.xlsx?lang=zh", Some(&clerk)).await;
    assert_eq!(taken.status, StatusCode::OK);
    let sheet = yizhan::table::model::Table::read(&taken.bytes).unwrap();
    let rows = format!("{:?} {:?}", sheet.headings, sheet.rows);
    assert!(rows.contains("健康状况"), "the table is read: {rows}");
    for word in secret {
        assert!(!rows.contains(word), "the table tells of {word}");
    }
    assert_eq!(town.app().get("/api/journal", Some(&clerk)).await.status, StatusCode::FORBIDDEN);
    // The same words are there for the team, so that the walk above would have found them.
    let doctor = town.app().signed_in("doctor").await;
    let theirs = town.app().get("/api/day?lang=zh", Some(&doctor)).await.text;
    assert!(
        ["ill-visited", "pressure-measured", "\"doctor-visit\"", "高血压"].iter().all(|word| theirs.contains(word))
    );
}

#[test]
fn a_mistake_in_a_duty_is_found_where_it_is_written() {
    // what is written, what instead, what is said of it
    let rows = [
        ("counts = \"household.visited\"", "counts = \"household.number\"", "counts `household.number`"),
        ("counts = \"household.visited\"", "counts = \"person.born\"", "a single day of household"),
        ("counts = \"household.visited\"", "counts = \"household.seen\"", "no attribute"),
        ("every = {days = \"parameter.visit_days\"}", "every = {times = 5, per = \"year\"}", "no 5 equal parts"),
        ("every = {days = \"parameter.visit_days\"}", "every = {per = \"decade\"}", "no part of the calendar"),
        ("every = {days = \"parameter.visit_days\"}", "every = {}", "not said how often"),
        ("every = {days = \"parameter.visit_days\"}", "every = {days = \"parameter.no_such\"}", "no parameter"),
        ("who = \"village\"", "who = \"everybody\"", "village, township, district, team"),
        ("who = \"village\"", "who = \"team\"", "`household.doctor-team`"),
        ("{after_days = 30, to = \"district\"}", "{after_days = 5, to = \"district\"}", "does not ascend"),
        ("proof = [\"form\"]", "proof = [\"photo\"]", "does not demand the photo"),
        ("proof = [\"form\"]", "proof = [\"place\"]", "does not demand the place"),
        ("opens = \"home-visit\"", "opens = \"water-test\"", "does not teach `household.visited`"),
        ("opens = \"home-visit\"", "opens = \"no-such\"", "no service"),
        ("opens_before = 7", "opens_before = 7\npasses = \"true\"", "a duty that is neither"),
        ("opens_before = 7", "opens_before = 7\nexcused = \"today\"", "`excused` of `home-visit`"),
        ("state = {home-visit = \"due\"}", "state = {home-visit = \"expected\"}", "is due, not expected"),
        (
            "due = {home-visit = 2021-02-01}",
            "due = {home-visit = 2021-02-02}",
            "is due on 2021-02-01, not on 2021-02-02",
        ),
    ];
    for (written, instead, said) in rows {
        let mut source = store::catalog_source(None).unwrap();
        let file = source.files.get_mut("rule/duties.toml").unwrap();
        assert!(file.contains(written), "{written}");
        *file = file.replacen(written, instead, 1);
        let mistakes = match Catalog::load(source) {
            Ok(catalog) => catalog.check_examples(),
            Err(mistakes) => mistakes,
        };
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        let found = told.iter().any(|one| one.starts_with("rule/duties.toml:") && one.contains(said));
        assert!(found, "{instead}: {told:?}");
    }
}
