//! Making a service in the console: files as trees and back, what a draft may be, mistakes at their places, a case of two
//! signatures, and trials that touch nothing.

use crate::testing::{Answer, Cast, TestApp, VILLAGE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use yizhan::editor::document;
use yizhan::store;

/// The files of a new service.
async fn begun(app: &TestApp, who: &Cast, name: &str, from: &str) -> Vec<Value> {
    let new = json!({"name": name, "from": from, "zh": "临时救助", "en": "Temporary relief"});
    let answer = app.call(Method::POST, "/api/editor/new", Some(who), &[], Some(new)).await;
    assert_eq!(answer.status, StatusCode::OK, "{from}: {}", answer.text);
    answer.json().as_array().unwrap().clone()
}

async fn draft(app: &TestApp, who: &Cast, body: Value) -> Answer {
    app.call(Method::POST, "/api/editor/draft", Some(who), &[], Some(body)).await
}

fn changed(files: &[Value], path: &str, from: &str, to: &str) -> Vec<Value> {
    let mut files = files.to_vec();
    let file = files.iter_mut().find(|file| file["path"] == path).unwrap();
    let text = file["text"].as_str().unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    file["text"] = text.replacen(from, to, 1).into();
    files
}

#[test]
fn a_file_comes_back_from_the_form_as_it_went_in() {
    let source = store::catalog_source(None).unwrap();
    let services = source.files.iter().filter(|(path, _)| path.starts_with("service/") && path.ends_with(".toml"));
    let mut looked_at = 0;
    for (path, text) in services {
        let tree = document::tree(text).unwrap();
        assert_eq!(document::written(text, &tree).unwrap(), *text, "{path}");
        // A deadline that is changed changes one line, or adds one.
        let mut later = tree.clone();
        later["step"][0]["within"] = "9 working days".into();
        let written = document::written(text, &later).unwrap();
        assert_eq!(document::tree(&written).unwrap(), later, "{path}");
        let comments = |text: &str| text.lines().filter(|line| line.contains("# ")).count();
        assert_eq!(comments(&written), comments(text), "{path} loses a comment");
        let strange = written.lines().filter(|line| !text.lines().any(|other| other == *line)).count();
        assert_eq!(strange, 1, "{path}: one line is new");
        looked_at += 1;
    }
    assert!(looked_at > 60, "{looked_at} services");
}

#[test]
fn steps_can_be_added_moved_and_taken_away() {
    let source = store::catalog_source(None).unwrap();
    let text = &source.files["service/home-furniture.toml"];
    let mut tree = document::tree(text).unwrap();
    let steps = tree["step"].as_array_mut().unwrap();
    let last = steps.pop().unwrap();
    steps.insert(0, last);
    steps.insert(1, json!({"name": "look", "title": {"zh": "看", "en": "Look"}, "who": "village", "may": ["sign"]}));
    steps.remove(3);
    let written = document::written(text, &tree).unwrap();
    assert_eq!(document::tree(&written).unwrap(), tree);
    assert!(written.starts_with("# 简易家具"), "{written}");
    assert!(written.contains("title = {zh = \"看\", en = \"Look\"}"), "{written}");
    // A list of more than one row stands in rows.
    tree["step"][0]["money"] = json!([{"fund": "housing"}, {"fund": "welfare"}]);
    let rows = document::written(text, &tree).unwrap();
    assert!(rows.contains("money = [\n  {fund = \"housing\"},\n  {fund = \"welfare\"},\n]"), "{rows}");
}

#[test]
fn a_line_is_found_in_the_tree() {
    let text = "title = {zh = \"a\"}\n\n[[step]]\nname = \"a\"\n\n[[step]]\nname = \"b\"\nregister = [\n  {of = \"x\"},\n  {of = \"y\"},\n]\n";
    for (line, place) in
        [(1, "/title"), (4, "/step/0/name"), (7, "/step/1/name"), (9, "/step/1/register/0"), (10, "/step/1/register/1")]
    {
        assert_eq!(document::place("service/x.toml", text, line), place, "line {line}");
    }
    let form = "{\n  \"type\": \"object\",\n  \"properties\": {\n    \"name\": {\"type\": \"string\"},\n    \"amount\": {}\n  }\n}\n";
    assert_eq!(document::place("service/x.schema.json", form, 5), "/properties/amount");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_template_and_every_copy_is_read_without_a_mistake() {
    let app = TestApp::new();
    let district = app.signed_in("district").await;
    let choices = app.get("/api/editor", Some(&district)).await.json();
    let templates: Vec<&str> =
        choices["templates"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(templates, ["grant", "confirm", "report"]);
    let copies = [
        "subsistence-allowance",
        "home-furniture",
        "travel-declaration",
        "house-renovation",
        "aid-request",
        "care-log",
    ];
    for from in templates.into_iter().chain(copies) {
        let files = begun(&app, &district, "new-thing", from).await;
        let shaped = draft(&app, &district, json!({"service": "new-thing", "files": files})).await;
        assert_eq!(shaped.status, StatusCode::OK, "{from}: {}", shaped.text);
        let shaped = shaped.json();
        assert_eq!(shaped["mistakes"], json!([]), "{from}");
        assert_eq!(shaped["tree"]["title"]["zh"], "临时救助", "{from}");
        assert_eq!(shaped["files"][0]["before"], Value::Null, "{from} is new");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_names_and_large_drafts_are_refused() {
    let app = TestApp::new();
    let (clerk, district) = (app.signed_in("clerk").await, app.signed_in("district").await);
    assert_eq!(app.get("/api/editor", None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.get("/api/editor", Some(&clerk)).await.status, StatusCode::FORBIDDEN);
    let good = "title = {zh = \"a\", en = \"b\"}\nmay_owe = []\n";
    for path in [
        "../secrets.toml",
        "service/../../x.toml",
        "/etc/passwd",
        "service/a/b.toml",
        "service\\x.toml",
        "zone/planted.toml",
        "region/zone.toml",
        "service/.toml",
        "service/X.toml",
        "service/x.toml.exe",
        "service/x.json",
        "fund/x.schema.json",
        "service/a.b.c.schema.json",
        "service/名.toml",
        "service/x%2f.toml",
        "nothing/x.toml",
        "service/x\u{0}.toml",
    ] {
        let answer = draft(&app, &district, json!({"service": "x", "files": [{"path": path, "text": good}]})).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "form-invalid"),
            "{path:?}"
        );
    }
    let one = |text: String| json!({"service": "x", "files": [{"path": "fund/x.toml", "text": text}]});
    assert_eq!(draft(&app, &district, one("#".repeat(40_001))).await.code(), "form-invalid");
    assert_eq!(draft(&app, &district, one("#".repeat(600_000))).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let many: Vec<Value> = (0..13).map(|n| json!({"path": format!("fund/x{n}.toml"), "text": good})).collect();
    assert_eq!(draft(&app, &district, json!({"service": "x", "files": many})).await.code(), "form-invalid");
    let twice = json!([{"path": "fund/x.toml", "text": good}, {"path": "fund/x.toml", "text": good}]);
    assert_eq!(draft(&app, &district, json!({"service": "x", "files": twice})).await.code(), "form-invalid");
    for (name, from, code) in [
        ("Bad Name", "grant", "form-invalid"),
        ("aid-request", "grant", "form-invalid"),
        ("x", "nothing", "unknown-service"),
        ("../x", "grant", "form-invalid"),
    ] {
        let new = json!({"name": name, "from": from, "zh": "一", "en": "One"});
        assert_eq!(
            app.call(Method::POST, "/api/editor/new", Some(&district), &[], Some(new)).await.code(),
            code,
            "{name}"
        );
    }
    let quoted = json!({"name": "x", "from": "grant", "zh": "一\"", "en": "One"});
    assert_eq!(
        app.call(Method::POST, "/api/editor/new", Some(&district), &[], Some(quoted)).await.code(),
        "form-invalid"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_stand_where_they_are() {
    let app = TestApp::new();
    let district = app.signed_in("district").await;
    let files = begun(&app, &district, "temporary-relief", "grant").await;
    let own = "service/temporary-relief.toml";
    for (path, from, to, at, said) in [
        (own, "within = \"3 working days\"", "within = \"soon\"", "/step/0/within", "working days"),
        (own, "\"welfare\"", "\"nothing\"", "/step/2/money", "资金"),
        (own, "most = \"2000.00\"", "most = \"parameter.nothing\"", "/step/2/money", "参数"),
        (own, "amount = \"/amount\"", "amount = \"/sum\"", "/step/2/money", "表单"),
        (own, "amount = \"/amount\"", "amount = \"rule.nothing\"", "/step/2/money", "待遇"),
        (own, "number_prefix = \"TRA\"", "number_prefix = \"B\"", "/number_prefix", "前缀"),
        (own, "expect = \"refused\"", "expect = \"accepted\"", "/example/1/expect", "不对"),
        (own, "amount = \"1500.00\"", "amount = \"15\"", "/example/2/answers", "例子"),
        (own, "[[attribute]]", "[[attribute]", "/attribute/0", ""),
        (
            "service/temporary-relief.decide.schema.json",
            "\"maxLength\": 14",
            "\"x-nothing\": 14",
            "/properties/amount",
            "",
        ),
    ] {
        let spoilt = changed(&files, path, from, to);
        let shaped = draft(&app, &district, json!({"service": "temporary-relief", "files": spoilt})).await.json();
        let first = &shaped["mistakes"][0];
        assert_eq!(
            (first["file"].as_str(), first["at"].as_str().map(|at| at.starts_with(at))),
            (Some(path), Some(true)),
            "{to}: {shaped}"
        );
        let mistakes = shaped["mistakes"].as_array().unwrap();
        let zh = draft_in_chinese(&app, &district, &spoilt).await;
        let found =
            mistakes.iter().any(|one| one["at"].as_str().unwrap().starts_with(at) && one["line"].as_u64() > Some(0));
        assert!(found || at == "/attribute/0", "{to}: {mistakes:?}");
        assert!(zh.contains(said), "{to}: {zh}");
    }
}

async fn draft_in_chinese(app: &TestApp, who: &Cast, files: &[Value]) -> String {
    let body = json!({"service": "temporary-relief", "files": files});
    let answer = app.call(Method::POST, "/api/editor/draft?lang=zh", Some(who), &[], Some(body)).await;
    let mistakes = answer.json()["mistakes"].clone();
    mistakes.as_array().unwrap().iter().map(|one| one["said"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_edited_as_a_form_is_written_and_what_the_form_does_not_know_stays() {
    let app = TestApp::new();
    let district = app.signed_in("district").await;
    let files = begun(&app, &district, "new-trip", "travel-declaration").await;
    let shaped = draft(&app, &district, json!({"service": "new-trip", "files": files})).await.json();
    let unread: Vec<&str> = shaped["unread"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(unread.contains(&"/duty") && unread.contains(&"/notice"), "{unread:?}");
    let mut tree = shaped["tree"].clone();
    tree["title"]["zh"] = "新的行程".into();
    let mut forms = shaped["forms"].clone();
    forms["new-trip.schema.json"]["properties"]["name"]["title"] = "您的姓名".into();
    let texts: Vec<Value> = shaped["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!({"path": one["path"], "text": one["after"]}))
        .collect();
    let again = draft(&app, &district, json!({"service": "new-trip", "files": texts, "tree": tree, "forms": forms}))
        .await
        .json();
    assert_eq!(again["mistakes"], json!([]));
    assert_eq!(again["tree"]["title"]["zh"], "新的行程");
    assert_eq!(again["tree"]["duty"], shaped["tree"]["duty"], "what the form does not show is as it was");
    let of = |shaped: &Value, path: &str| {
        let files = shaped["files"].as_array().unwrap();
        files.iter().find(|one| one["path"] == path).unwrap()["after"].as_str().unwrap().to_owned()
    };
    let (before, after) = (of(&shaped, "service/new-trip.toml"), of(&again, "service/new-trip.toml"));
    let differ = before.lines().zip(after.lines()).filter(|(one, other)| one != other).count();
    assert_eq!(differ, 1, "one line differs");
    assert!(of(&again, "service/new-trip.schema.json").contains("您的姓名"));
    let page = app
        .call(
            Method::POST,
            "/api/editor/preview?lang=zh",
            Some(&district),
            &[],
            Some(json!({"service": "new-trip", "files": [
                {"path": "service/new-trip.toml", "text": after},
                {"path": "service/new-trip.schema.json", "text": of(&again, "service/new-trip.schema.json")},
            ]})),
        )
        .await;
    // The other forms of the service are missing, so it cannot be read whole.
    assert_eq!(page.code(), "catalog-invalid");
    let whole: Vec<Value> = again["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!({"path": one["path"], "text": one["after"]}))
        .collect();
    let page = app
        .call(
            Method::POST,
            "/api/editor/preview?lang=zh",
            Some(&district),
            &[],
            Some(json!({"service": "new-trip", "files": whole})),
        )
        .await;
    let html = page.json()["html"].as_str().unwrap().to_owned();
    assert!(html.contains("新的行程") && html.contains("您的姓名") && !html.contains("<script"), "{html}");
}

/// Proposes a draft; the answer.
async fn proposed(app: &mut TestApp, who: &Cast, number: u64, files: &[Value]) -> Answer {
    app.post("/api/editor/propose", Some(who), json!({"number": number, "files": files, "why": "群众需要"})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_comes_into_force_by_two_signatures_and_undoes_nobody() {
    let mut app = TestApp::new();
    let (one, other) = (app.signed_in("district").await, app.signed_in("district2").await);
    let number = app.app.image().catalog_number();
    let files = begun(&app, &one, "life-check", "confirm").await;
    let own = proposed(&mut app, &one, number, &files).await;
    assert_eq!(own.status, StatusCode::CREATED, "{}", own.text);
    let own = own.json()["number"].as_str().unwrap().to_owned();
    // Somebody else adds another attribute of people meanwhile.
    let theirs = begun(&app, &other, "health-check", "confirm").await;
    let theirs = proposed(&mut app, &other, number, &theirs).await.json()["number"].as_str().unwrap().to_owned();
    assert_eq!(app.step(&theirs, &one, json!({"verb": "sign"})).await.status, StatusCode::OK);
    assert_eq!(app.step(&theirs, &one, json!({"verb": "sign"})).await.code(), "four-eyes");
    assert_eq!(app.step(&theirs, &other, json!({"verb": "sign"})).await.status, StatusCode::OK);
    assert_eq!(app.app.image().catalog_number(), number + 1);
    assert_eq!(app.step(&own, &other, json!({"verb": "sign"})).await.status, StatusCode::OK);
    let undone = app.step(&own, &one, json!({"verb": "sign"})).await;
    assert_eq!(undone.code(), "catalog-changed", "{}", undone.text);
    assert_eq!(app.app.image().catalog_number(), number + 1, "nothing was undone");
    let why = app.get(&format!("/api/cases/{own}/catalog-change"), Some(&one)).await.json();
    assert!(why["mistakes"].as_str().unwrap().contains("subject/person.toml"), "{why}");
    // Begun before, proposed after: it is told at once, and again in the draft.
    let late = proposed(&mut app, &one, number, &files).await;
    assert_eq!(late.code(), "catalog-changed");
    let shaped = draft(&app, &one, json!({"service": "life-check", "files": files, "number": number})).await.json();
    assert_eq!(shaped["changed"], json!(["subject/person.toml"]));
    // On top of the other's change both stand.
    let files = begun(&app, &one, "life-check", "confirm").await;
    let again = proposed(&mut app, &one, number + 1, &files).await.json()["number"].as_str().unwrap().to_owned();
    assert_eq!(app.step(&again, &other, json!({"verb": "sign"})).await.status, StatusCode::OK);
    assert_eq!(app.step(&again, &one, json!({"verb": "sign"})).await.status, StatusCode::OK);
    let catalog = app.app.image().catalog().unwrap().clone();
    assert!(catalog.services.contains_key("life-check") && catalog.services.contains_key("health-check"));
    assert!(
        catalog.attributes.contains_key("person.life-check") && catalog.attributes.contains_key("person.health-check")
    );
    // It can be asked for at once.
    let answers = json!({"name": "柳二", "mobile": "15400000001", "region": VILLAGE});
    let opened = app.post("/api/cases/life-check", None, answers).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    let same = proposed(&mut app, &one, number + 2, &files).await;
    assert_eq!(same.code(), "form-invalid", "nothing is left to propose: {}", same.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_pays_in_a_zone_of_its_own() {
    let app = TestApp::new();
    let (district, other) = (app.signed_in("district").await, app.signed_in("district2").await);
    let files = begun(&app, &district, "temporary-relief", "grant").await;
    let before = app.app.image().seq;
    let begin = |who: Cast, files: Vec<Value>| {
        let app = &app;
        async move { app.call(Method::POST, "/api/editor/trials", Some(&who), &[], Some(json!(files))).await }
    };
    let trial = begin(district.clone(), files.clone()).await;
    assert_eq!(trial.status, StatusCode::OK, "{}", trial.text);
    let trial = trial.json();
    let base = format!("/api/editor/trials/{}", trial["name"].as_str().unwrap());
    let person =
        trial["people"].as_array().unwrap().iter().find(|one| one["kind"] == "person").unwrap()["subject"].clone();
    let ask = |method: Method, who: &str, path: String, body: Option<Value>| {
        let (app, district, url) = (&app, &district, format!("{base}/as/{who}/{path}"));
        async move {
            let key = format!(
                "k-{}",
                yizhan_kit::digest::hash(yizhan_kit::digest::HashKind::Sha256, format!("{url}{body:?}").as_bytes())
            );
            app.call(method, &url, Some(district), &[("idempotency-key", &key)], body).await
        }
    };
    let form = json!({"name": "柳二", "mobile": "15400000001", "region": trial["region"], "detail": "房子漏雨"});
    let opened = ask(Method::POST, "resident", "api/cases/temporary-relief".into(), Some(form)).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    let case = opened.json()["number"].as_str().unwrap().to_owned();
    for (who, answers) in
        [("village", json!({"person": person})), ("township", Value::Null), ("district", json!({"amount": "2000.01"}))]
    {
        let page = ask(Method::GET, who, format!("api/cases/{case}"), None).await.json();
        let mut step = json!({"verb": "sign", "version": page["version"]});
        if !answers.is_null() {
            step["answers"] = answers;
        }
        let signed = ask(Method::POST, who, format!("api/cases/{case}/steps"), Some(step.clone())).await;
        if who != "district" {
            assert_eq!(signed.status, StatusCode::OK, "{who}: {}", signed.text);
            continue;
        }
        // One fen above the bound is refused at the field; the bound itself is paid.
        assert_eq!(
            (signed.code().as_str(), signed.json()["faults"][0]["at"].as_str()),
            ("form-invalid", Some("/amount"))
        );
        step["answers"]["amount"] = "2000.00".into();
        let signed = ask(Method::POST, who, format!("api/cases/{case}/steps"), Some(step)).await;
        assert_eq!(signed.status, StatusCode::OK, "{}", signed.text);
    }
    let state = app.get(&base, Some(&district)).await.json();
    assert_eq!(
        (state["transfers"][0]["amount"].as_str(), state["transfers"].as_array().unwrap().len()),
        (Some("2000.00"), 1)
    );
    let facts: Vec<&str> =
        state["facts"].as_array().unwrap().iter().map(|one| one["attribute"].as_str().unwrap()).collect();
    assert!(facts.contains(&"temporary-relief.granted") && facts.contains(&"temporary-relief.person"), "{facts:?}");
    let page = ask(Method::GET, "resident", "r/temporary-relief".into(), None).await;
    assert!(page.text.contains("Temporary relief"), "{}", page.text);
    assert!(page.headers.get("set-cookie").is_none(), "a trial leaves nothing in the browser");

    // Nothing of it reached the zone.
    assert_eq!(app.app.image().seq, before);
    assert!(!app.app.image().catalog().unwrap().services.contains_key("temporary-relief"));
    assert_eq!(app.get(&format!("/api/cases/{case}"), Some(&district)).await.status, StatusCode::NOT_FOUND);
    // Nor is anything else of the program open there, nor anybody else's trial.
    for path in ["api/sign-in", "metrics", "api/demo/outbox", "console/", "api/editor/trials"] {
        assert_eq!(ask(Method::GET, "district", path.into(), None).await.code(), "not-found", "{path}");
    }
    assert_eq!(app.get(&base, Some(&other)).await.code(), "not-found");
    assert_eq!(ask(Method::GET, "nobody", format!("api/cases/{case}"), None).await.code(), "not-found");
    // The third of one officer takes the place of the first; half an hour ends all.
    let second = begin(district.clone(), files.clone()).await.json();
    assert_eq!(app.get(&base, Some(&district)).await.status, StatusCode::OK);
    let third = begin(district.clone(), files.clone()).await.json();
    assert_eq!(app.get(&base, Some(&district)).await.code(), "not-found");
    let (second, third) = (
        format!("/api/editor/trials/{}", second["name"].as_str().unwrap()),
        format!("/api/editor/trials/{}", third["name"].as_str().unwrap()),
    );
    assert_eq!(app.get(&second, Some(&district)).await.status, StatusCode::OK);
    let ended = app.call(Method::DELETE, &second, Some(&district), &[], None).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert_eq!(app.get(&second, Some(&district)).await.code(), "not-found");
    app.minutes_pass(29);
    assert_eq!(app.get(&third, Some(&district)).await.status, StatusCode::OK);
    app.minutes_pass(2);
    let over = app.signed_in("district").await;
    assert_eq!(app.get(&third, Some(&over)).await.code(), "not-found");
    let wrong = changed(&files, "service/temporary-relief.toml", "\"welfare\"", "\"nothing\"");
    assert_eq!(begin(over, wrong).await.code(), "catalog-invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_pays_a_figure_or_what_a_rule_comes_to() {
    let app = TestApp::new();
    let district = app.signed_in("district").await;
    let files = begun(&app, &district, "relief", "grant").await;
    let pays = |amount: &str| {
        changed(&files, "service/relief.toml", "amount = \"/amount\"", &format!("amount = \"{amount}\""))
    };
    // The old person is entitled, the other is not; a figure is the same for both, and the bound holds for it as well.
    for (amount, person, outcome) in [
        ("rule.elder-allowance", "1940", Ok("50.00")),
        ("rule.elder-allowance", "1985", Err("form-invalid")),
        ("parameter.elder-allowance-monthly", "1985", Ok("50.00")),
        ("parameter.house-rebuild-subsidy", "1985", Err("form-invalid")),
    ] {
        let trial = app.call(Method::POST, "/api/editor/trials", Some(&district), &[], Some(json!(pays(amount)))).await;
        assert_eq!(trial.status, StatusCode::OK, "{amount}: {}", trial.text);
        let trial = trial.json();
        let base = format!("/api/editor/trials/{}", trial["name"].as_str().unwrap());
        let people = trial["people"].as_array().unwrap();
        let person =
            people.iter().find(|one| one["name"].as_str().unwrap().contains(person)).unwrap()["subject"].clone();
        let ask = |method: Method, path: String, body: Option<Value>| {
            let (app, district, url) = (&app, &district, format!("{base}/as/{path}"));
            async move { app.call(method, &url, Some(district), &[("idempotency-key", "once")], body).await }
        };
        let form = json!({"name": "柳二", "mobile": "15400000001", "region": trial["region"], "detail": "房子漏雨"});
        let opened = ask(Method::POST, "resident/api/cases/relief".into(), Some(form)).await.json();
        let case = opened["number"].as_str().unwrap().to_owned();
        let mut last = String::new();
        for (who, answers) in
            [("village", json!({"person": person})), ("township", json!({})), ("district", json!({"amount": "1.00"}))]
        {
            let version = ask(Method::GET, format!("{who}/api/cases/{case}"), None).await.json()["version"].clone();
            let step = json!({"verb": "sign", "version": version, "answers": answers});
            let signed = ask(Method::POST, format!("{who}/api/cases/{case}/steps"), Some(step)).await;
            last = if signed.status == StatusCode::OK { String::new() } else { signed.code() };
            assert!(who == "district" || last.is_empty(), "{who}: {}", signed.text);
        }
        let state = app.get(&base, Some(&district)).await.json();
        match outcome {
            Ok(paid) => {
                assert_eq!((state["transfers"][0]["amount"].as_str(), last.as_str()), (Some(paid), ""), "{amount}")
            }
            Err(code) => {
                assert_eq!((state["transfers"].as_array().unwrap().len(), last.as_str()), (0, code), "{amount}")
            }
        }
    }
}
