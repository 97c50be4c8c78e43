//! Finding people and their cases by what somebody remembers of them.

use crate::testing::{Cast, TestApp, declaration};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use yizhan::finder::model::{Identity, Index};
use yizhan::finder::rule::{Query, query, score};
use yizhan_core::row::SubjectId;
use yizhan_core::service::{AddSubject, NewSealed};
use yizhan_core::writer::Answer;

#[test]
fn a_name_is_found_by_hanzi_pinyin_and_initials() {
    let found = |name: &str, typed: &str| match query(typed) {
        Some(Query::Name(typed)) => score(name, &typed).is_some(),
        other => panic!("{typed} is read as {other:?}"),
    };
    for (name, typed, expected) in [
        ("王小明", "王小明", true),
        ("王小明", "小明", true),
        ("王小明", "王明", false),
        ("王小明", "wxm", true),
        ("王小明", "wangxiaoming", true),
        ("王小明", "Wang Xiao Ming", true),
        ("王小明", "wangxm", true),
        ("王小明", "xiaom", true),
        ("王小明", "wxl", false),
        ("王小明", "王xm", true),
        ("赵三", "zs", true),
        ("赵三", "zhs", true),
        ("赵三", "zhao s", true),
        // One reading of several is enough.
        ("单雄", "shanx", true),
        ("单雄", "danx", true),
        ("曾玉", "zengyu", true),
        ("吕布", "lvbu", true),
        ("阿里木", "alim", true),
    ] {
        assert_eq!(found(name, typed), expected, "{name} by {typed}");
    }
}

#[test]
fn the_name_itself_comes_before_names_that_hold_it() {
    let typed: Vec<char> = "柳二".chars().collect();
    let mut names = ["张柳二", "柳二妮", "柳二"];
    names.sort_by_key(|name| score(name, &typed));
    assert_eq!(names, ["柳二", "柳二妮", "张柳二"]);
}

#[test]
fn what_was_typed_is_a_name_a_number_or_too_little() {
    let ends = |head: Option<&[u8; 3]>, tail: &[u8; 4]| Some(Query::Ends { head: head.copied(), tail: *tail });
    for (typed, expected) in [
        ("37150219540307001X", Some(Query::Whole("citizen-number", "37150219540307001X".into()))),
        ("１５４００００００１２", Some(Query::Whole("mobile", "15400000012".into()))),
        ("t-20210201-000001", Some(Query::Case("T-20210201-000001".into()))),
        ("001x", ends(None, b"001X")),
        ("371***********001X", ends(Some(b"371"), b"001X")),
        ("154****0012", ends(Some(b"154"), b"0012")),
        ("****0012", ends(None, b"0012")),
        ("37150219540307001", None),
        ("1234567", Some(Query::Part("1234567".into()))),
        ("h-12", Some(Query::Part("H-12".into()))),
        ("11000000012", None),
        ("371*", None),
        ("w", None),
        ("", None),
        ("  ", None),
    ] {
        assert_eq!(query(typed), expected, "{typed:?}");
    }
}

/// The names that a query may mean, as the index gives them out, held against what was typed.
fn meant(index: &Index, typed: &str) -> Vec<String> {
    let query = query(typed).unwrap();
    let Query::Name(letters) = &query else { panic!("{typed} is no name") };
    let places = index.candidates(&query).map(|place| index.name(place).to_owned());
    places.filter(|name| score(name, letters).is_some()).collect()
}

#[test]
fn who_is_struck_out_leaves_nothing_behind() {
    let mut index = Index::default();
    let identity = |name: &str| Identity { name: name.into(), ..Identity::default() };
    index.put(SubjectId(1), &identity("柳二"));
    index.put(SubjectId(2), &identity("柳三"));
    index.put(SubjectId(1), &identity("柳四"));
    assert_eq!(meant(&index, "柳"), ["柳四", "柳三"]);
    assert!(meant(&index, "柳二").is_empty() && meant(&index, "liuer").is_empty());
    index.strike(SubjectId(1));
    index.strike(SubjectId(1));
    assert_eq!(
        (meant(&index, "柳"), meant(&index, "ls"), index.len()),
        (vec!["柳三".to_owned()], vec!["柳三".to_owned()], 1)
    );
}

#[test]
fn the_index_passes_over_nobody_who_is_meant() {
    let given = ["明", "小红", "长江", "Anna", "吕", "单单", "石榴", ""];
    let names: Vec<String> = ["王", "欧阳", "单", "曾", "阿依"]
        .iter()
        .flat_map(|first| given.map(|rest| format!("{first}{rest}")))
        .collect();
    let mut index = Index::default();
    for (n, name) in (0..).zip(&names) {
        index.put(SubjectId(n), &Identity { name: name.clone(), ..Identity::default() });
    }
    for typed in [
        "王", "阳小", "wm", "oyxh", "shan", "dan", "zeng", "cengl", "ayian", "cj", "zj", "anna", "小h", "sl", "lv",
        "王lv",
    ] {
        let Some(Query::Name(letters)) = query(typed) else { panic!("{typed} is no name") };
        let mut expected: Vec<&String> = names.iter().filter(|name| score(name, &letters).is_some()).collect();
        expected.reverse();
        assert!(!expected.is_empty(), "{typed} means nobody");
        assert_eq!(meant(&index, typed).iter().collect::<Vec<_>>(), expected, "{typed}");
    }
}

async fn find(app: &TestApp, who: &Cast, text: &str) -> Value {
    let answer = app.call(Method::POST, "/api/search", Some(who), &[], Some(json!({"text": text}))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn officers_find_those_of_their_area_and_nobody_else() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let (clerk, neighbour) = (app.signed_in("clerk").await, app.signed_in("neighbour").await);
    let township = app.signed_in("township").await;
    for typed in ["柳二", "le", "liuer", "001x", "154****0001", "15400000001", &number] {
        assert_eq!(find(&app, &clerk, typed).await["cases"][0]["number"], json!(number), "{typed}");
        assert_eq!(find(&app, &neighbour, typed).await["cases"], json!([]), "{typed}");
    }
    let narrowed = |area: &str| Some(json!({"text": "柳二", "area": area}));
    let there = app.call(Method::POST, "/api/search", Some(&township), &[], narrowed("990100003205")).await.json();
    assert_eq!(there["cases"].as_array().unwrap().len(), 1);
    let beside = app.call(Method::POST, "/api/search", Some(&township), &[], narrowed("990100003206")).await.json();
    assert_eq!(beside["cases"], json!([]));
    let outside = app.call(Method::POST, "/api/search", Some(&clerk), &[], narrowed("990100003206")).await;
    assert_eq!(outside.code(), "forbidden");

    // A corrected name is found by the new one, a forgotten one by neither.
    let mut right = declaration();
    right["name"] = json!("刘儿");
    let corrected = app.post(&format!("/api/cases/{number}/entries/correct?k={secret}"), None, right).await;
    assert_eq!(corrected.status, StatusCode::OK, "{}", corrected.text);
    assert_eq!(find(&app, &clerk, "刘儿").await["cases"][0]["who"], "刘儿");
    assert_eq!(find(&app, &clerk, "柳二").await["cases"], json!([]));
    app.step(&number, &clerk, json!({"verb": "close", "reason": "不再返乡"})).await;
    let district = app.signed_in("district").await;
    let forgotten = app.post(&format!("/api/cases/{number}/forget"), Some(&district), json!({})).await;
    assert_eq!(forgotten.status, StatusCode::OK, "{}", forgotten.text);
    assert_eq!(find(&app, &district, "刘儿").await["cases"], json!([]));
    assert_eq!(find(&app, &district, "001x").await["cases"], json!([]));
}

/// Adds a household with one person to the register, the way a generator does.
fn settle(app: &TestApp, area: &str, name: &str, number: &str) -> Answer {
    let vault = &app.app.vault;
    let (key, secret) = vault.new_key("register", &[vault.blind("citizen-number", number)]);
    let identity = json!({"name": name, "citizen_number": number, "mobile": "15400000077"}).to_string();
    let sealed = vault.seal(&secret, "register", identity.as_bytes());
    let day = app.app.now().day();
    let add = |kind: &str, facts: Vec<(String, String)>, sealed, members| AddSubject {
        kind: kind.into(),
        facts,
        since: Vec::new(),
        sealed,
        from: day,
        source: "test".into(),
        members,
    };
    let sealed = NewSealed { attribute: "person.identity".into(), key, sealed };
    let person = add("person", vec![("person.sex".into(), "1".into())], Some(sealed), Vec::new());
    let household = add(
        "household",
        vec![("household.area".into(), area.into()), ("household.number".into(), format!("HH-{area}-7"))],
        None,
        vec![("person.household".to_owned(), person)],
    );
    app.act_of_the_program(Arc::new(household))
}

#[tokio::test]
async fn people_of_the_register_are_found_where_they_live() {
    let app = TestApp::new();
    settle(&app, crate::testing::VILLAGE, "欧阳石", "37150219540307001X").unwrap();
    settle(&app, crate::testing::NEIGHBOUR, "欧阳林", "371502201202290030").unwrap();
    let clerk = app.signed_in("clerk").await;
    for typed in ["欧阳", "oys", "ouyangshi", "001X", "37150219540307001X"] {
        let people = find(&app, &clerk, typed).await["people"].clone();
        assert_eq!(people.as_array().unwrap().len(), 1, "{typed}: {people}");
        assert_eq!(
            (&people[0]["name"], &people[0]["citizen_number"], &people[0]["mobile"]),
            (&json!("欧阳石"), &json!("371***********001X"), &json!("154****0077"))
        );
    }
    // A household by its number, whole or in part.
    let village = crate::testing::VILLAGE;
    for typed in [format!("hh-{village}-7"), village[3..].to_owned()] {
        let others = find(&app, &clerk, &typed).await["others"].clone();
        assert_eq!(others.as_array().unwrap().len(), 1, "{typed}: {others}");
        let said = ["kind", "kind_title", "says", "who"].map(|key| others[0][key].as_str().unwrap().to_owned());
        assert_eq!(said, ["household", "Household", &format!("HH-{village}-7"), "欧阳石"], "{typed}");
    }
    assert_eq!(find(&app, &clerk, crate::testing::NEIGHBOUR).await["others"], json!([]), "another village's");
    let township = app.signed_in("township").await;
    assert_eq!(find(&app, &township, "欧阳").await["people"].as_array().unwrap().len(), 2);
    let hospital = app.signed_in("hospital").await;
    assert_eq!(
        find(&app, &hospital, "欧阳").await["people"],
        json!([]),
        "the catalog does not show them to a hospital"
    );
    let auditor = app.signed_in("auditor").await;
    let refused = app.call(Method::POST, "/api/search", Some(&auditor), &[], Some(json!({"text": "欧阳"}))).await;
    assert_eq!(refused.code(), "forbidden");
}
