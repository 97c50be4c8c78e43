//! Stories at the counter, over HTTP in process. The refusal comes first.

use crate::testing::{Cast, NEIGHBOUR, TestApp, declaration};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use yizhan::serve::retention::forget_due;
use yizhan_core::waist::AppendError;
use yizhan_core::waist::memory::Trouble;

#[tokio::test]
async fn a_journey_from_a_phone_to_its_release() {
    let mut app = TestApp::new();
    let mut wrong = declaration();
    wrong["citizen_number"] = json!("371502195403070011");
    let refused = app.post("/api/cases/travel-declaration", None, wrong).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "form-invalid"));
    assert_eq!(refused.json()["faults"][0]["at"], "/citizen_number");

    let (number, secret) = app.declared().await;
    assert_eq!(number, "T-20210201-000001");
    let clerk = app.signed_in("clerk").await;
    let list = app.get("/api/worklist", Some(&clerk)).await.json();
    assert_eq!(
        (&list["total"], &list["cases"][0]["number"], &list["cases"][0]["who"]),
        (&json!(1), &json!(number), &json!("柳二"))
    );

    let signed = |form: Value| json!({"verb": "sign", "answers": form});
    let good = |answer: crate::testing::Answer| assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    good(app.step(&number, &clerk, signed(json!({"outcome": "reached"}))).await);
    app.days_pass(2);
    good(app.step(&number, &clerk, signed(json!({"arrived_on": "2021-02-03"}))).await);
    good(app.step(&number, &clerk, signed(json!({"place": "home"}))).await);

    let early = app.step(&number, &clerk, signed(json!({}))).await;
    assert_eq!(early.code(), "too-early", "{}", early.text);
    let report = format!("/api/cases/{number}/entries/report-morning?k={secret}");
    for day in 3..=17 {
        good(app.post(&report, None, json!({"temperature": "36.5", "symptoms": []})).await);
        if day == 10 || day == 17 {
            let test = json!({"sampled_on": format!("2021-02-{day}"), "result": "negative", "laboratory": "示范医院"});
            good(app.post(&format!("/api/cases/{number}/entries/test"), Some(&clerk), test).await);
        }
        app.days_pass(1);
    }
    good(app.step(&number, &clerk, json!({"verb": "sign"})).await);
    let status = app.get(&format!("/api/status/{number}?k={secret}"), None).await.json();
    assert_eq!(status["state"], "completed");

    // The person is told once, however often the outbox is looked through.
    assert_eq!(yizhan::serve::deliver::deliver(&app.app).unwrap(), 1);
    assert_eq!(yizhan::serve::deliver::deliver(&app.app).unwrap(), 0);
    let sent = app.get("/api/demo/outbox", None).await.json();
    assert_eq!((&sent[0]["to"], sent.as_array().unwrap().len()), (&json!("15400000001"), 1));

    let page = app.get(&format!("/api/cases/{number}?k={secret}"), None).await.json();
    let mornings =
        page["duties"].as_array().unwrap().iter().find(|duty| duty["name"] == "morning-temperature").unwrap();
    assert!(mornings["occurrences"].as_array().unwrap().iter().all(|one| one["state"] == "fulfilled"));
    let verbs: Vec<&str> =
        page["history"].as_array().unwrap().iter().map(|row| row["verb"].as_str().unwrap()).collect();
    assert_eq!(verbs.iter().filter(|verb| **verb == "record").count(), 17);
    assert_eq!((verbs[0], *verbs.last().unwrap()), ("sign", "open"));
}

#[tokio::test]
async fn what_was_known_and_what_was_true_are_two_questions() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let clerk = app.signed_in("clerk").await;
    let signed = |form: Value| json!({"verb": "sign", "answers": form});
    app.step(&number, &clerk, signed(json!({"outcome": "reached"}))).await;
    app.days_pass(4);
    app.step(&number, &clerk, signed(json!({"arrived_on": "2021-02-04"}))).await;
    let report = format!("/api/cases/{number}/entries/report-morning?k={secret}");
    assert_eq!(app.post(&report, None, json!({"temperature": "36.5", "symptoms": []})).await.status, StatusCode::OK);
    let before = app.app.image().seq;
    app.days_pass(1);
    // On the sixth a sample of the fifth comes back: true then, known now.
    let test = json!({"sampled_on": "2021-02-05", "result": "negative", "laboratory": "示范医院"});
    let test = app.post(&format!("/api/cases/{number}/entries/test"), Some(&clerk), test).await;
    assert_eq!(test.status, StatusCode::OK, "{}", test.text);

    let ask = async |query: String| app.get(&format!("/api/cases/{number}/facts?{query}"), Some(&clerk)).await;
    let values = |answer: Value| -> Vec<String> {
        let rows = answer["facts"].as_array().unwrap().clone();
        let said = |row: &Value| {
            format!(
                "{} {}",
                row["attribute"].as_str().unwrap().rsplit('.').next().unwrap(),
                row["value"].as_str().unwrap()
            )
        };
        rows.iter().map(said).collect()
    };
    let now = values(ask(String::new()).await.json());
    let planned = ["test-due true", "test-due true", "until 2021-02-18"];
    let begun = ["arrived 2021-02-04", "contacted reached", "measure central-14", "temperature-morning 36.5"];
    assert_eq!(now, [&begun[..], &["test negative"], &planned].concat());
    let then = values(ask(format!("known_at={before}")).await.json());
    assert_eq!(then, [&begun[..], &planned].concat(), "nobody knew yet");
    let fifth = values(ask("on=2021-02-05".into()).await.json());
    let said =
        ["arrived 2021-02-04", "measure central-14", "temperature-morning 36.5", "test negative", "until 2021-02-18"];
    assert_eq!(fifth, said);
    let fifth_then = values(ask(format!("on=2021-02-05&known_at={before}")).await.json());
    assert_eq!(fifth_then, [said[0], said[1], said[2], said[4]]);
    let first = values(ask("on=2021-02-01".into()).await.json());
    assert_eq!(first, ["contacted reached"], "the arrival was later");
    assert_eq!(ask("known_at=100000".into()).await.code(), "form-invalid");
    assert_eq!(ask("on=yesterday".into()).await.status, StatusCode::BAD_REQUEST);
    let auditor = app.signed_in("auditor").await;
    let masked = app.get(&format!("/api/cases/{number}/facts"), Some(&auditor)).await;
    assert_eq!(masked.json()["facts"], json!([]), "the catalog shows these to officers only");
}

#[tokio::test]
async fn only_those_whom_it_concerns_are_told_that_something_changed() {
    let mut app = TestApp::new();
    let (clerk, neighbour) = (app.signed_in("clerk").await, app.signed_in("neighbour").await);
    let (mut own, mut other) = (app.signals(&clerk).await, app.signals(&neighbour).await);
    assert!(own.comes().await && other.comes().await, "the first comes at once");
    let (number, _) = app.declared().await;
    assert!(own.comes().await);
    assert!(!other.comes().await, "another village's business");
    let away = json!({"verb": "forward", "to": NEIGHBOUR, "reason": "本人住在邻村"});
    assert_eq!(app.step(&number, &clerk, away).await.status, StatusCode::OK);
    assert!(own.comes().await, "it left");
    assert!(other.comes().await, "it came");
    let security = app.signed_in("security").await;
    let mut blind = app.signals(&security).await;
    assert!(blind.comes().await);
    app.declared().await;
    assert!(!blind.comes().await, "who sees no cases is told of none");
}

#[tokio::test]
async fn a_person_is_found_by_the_whole_of_a_number_and_only_in_ones_area() {
    let mut app = TestApp::new();
    let (number, _) = app.declared().await;
    let clerk = app.signed_in("clerk").await;
    let neighbour = app.signed_in("neighbour").await;
    let find = async |who: &Cast, text: &str| {
        app.call(Method::POST, "/api/search", Some(who), &[], Some(json!({"text": text}))).await
    };
    assert_eq!(find(&clerk, "37150219540307001").await.code(), "form-invalid");
    let found = find(&clerk, "37150219540307001x").await.json();
    assert_eq!((&found["cases"][0]["number"], found["cases"].as_array().unwrap().len()), (&json!(number), 1));
    assert_eq!(find(&clerk, "15400000001").await.json()["cases"][0]["number"], json!(number));
    assert_eq!(find(&clerk, "15400000002").await.json()["cases"], json!([]));
    assert_eq!(find(&neighbour, "15400000001").await.json()["cases"], json!([]));
}

#[tokio::test]
async fn the_release_waits_for_its_tests() {
    let mut app = TestApp::new();
    let (number, _) = app.declared().await;
    let clerk = app.signed_in("clerk").await;
    app.step(&number, &clerk, json!({"verb": "sign", "answers": {"outcome": "reached"}})).await;
    app.step(&number, &clerk, json!({"verb": "sign", "answers": {"arrived_on": "2021-02-01"}})).await;
    app.step(&number, &clerk, json!({"verb": "sign", "answers": {"place": "home"}})).await;
    app.days_pass(15);
    let refused = app.step(&number, &clerk, json!({"verb": "sign"})).await;
    assert_eq!(refused.code(), "duty-open", "{}", refused.text);
    let due = app.get("/api/duties?limit=200", Some(&clerk)).await.json();
    assert!(due.as_array().unwrap().iter().any(|row| row["escalated_to"] == "district"), "{due}");
}

#[tokio::test]
async fn the_same_request_twice_is_one_case() {
    let app = TestApp::new();
    let send = |body: Value| {
        app.call(Method::POST, "/api/cases/travel-declaration", None, &[("idempotency-key", "once")], Some(body))
    };
    let first = send(declaration()).await;
    let second = send(declaration()).await;
    assert_eq!((first.status, &first.text), (second.status, &second.text));
    let mut other = declaration();
    other["companions"] = json!(3);
    let refused = send(other).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "key-reused"));
    assert_eq!(app.app.image().case_count(), 1);
    let keyless = app.call(Method::POST, "/api/cases/travel-declaration", None, &[], Some(declaration())).await;
    assert_eq!(keyless.code(), "key-missing");
}

#[tokio::test]
async fn nobody_sees_a_case_outside_their_area() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let sees = |cast: Option<Cast>, query: String| {
        let app = &app;
        async move { app.get(&format!("/api/cases/{}{query}", "T-20210201-000001"), cast.as_ref()).await.status }
    };
    for (login, status) in [
        ("clerk", 200),
        ("township", 200),
        ("district", 200),
        ("auditor", 200),
        ("neighbour", 404),
        ("system", 404),
        ("security", 404),
    ] {
        let cast = app.signed_in(login).await;
        assert_eq!(sees(Some(cast), String::new()).await.as_u16(), status, "{login}");
    }
    assert_eq!(sees(None, String::new()).await.as_u16(), 401);
    assert_eq!(sees(None, "?k=00000000000000000000".into()).await.as_u16(), 404);
    assert_eq!(sees(None, format!("?k={secret}")).await.as_u16(), 200);
    let neighbour = app.signed_in("neighbour").await;
    assert_eq!(app.get("/api/worklist", Some(&neighbour)).await.json()["total"], 0);
    assert_eq!(app.get("/api/counts", Some(&neighbour)).await.json(), json!([]));
    let system = app.signed_in("system").await;
    assert_eq!(app.get("/api/counts", Some(&system)).await.code(), "forbidden");
    assert!(!number.is_empty());
}

#[tokio::test]
async fn reading_a_person_is_an_act_with_a_reason() {
    let mut app = TestApp::new();
    let (number, _) = app.declared().await;
    let clerk = app.signed_in("clerk").await;
    let masked = app.get(&format!("/api/cases/{number}"), Some(&clerk)).await.json();
    assert_eq!(masked["answers"]["citizen_number"], "371***********001X");
    assert_eq!(masked["answers"]["mobile"], "154****0001");
    let refused = app.post(&format!("/api/cases/{number}/read"), Some(&clerk), json!({"reason": "curiosity"})).await;
    assert_eq!(refused.code(), "form-invalid");
    let open = app.post(&format!("/api/cases/{number}/read"), Some(&clerk), json!({"reason": "contact"})).await.json();
    assert_eq!(open["answers"]["citizen_number"], "37150219540307001X");
    let auditor = app.signed_in("auditor").await;
    let journal = app.get("/api/journal?limit=1000", Some(&auditor)).await.json();
    let last = journal.as_array().unwrap().last().unwrap();
    assert_eq!((&last["verb"], &last["case"]), (&json!("read"), &json!(number)));
    let seen = app.get(&format!("/api/cases/{number}"), Some(&auditor)).await.json();
    assert_eq!(seen["answers"], Value::Null, "an auditor sees what happened, not to whom");
}

#[tokio::test]
async fn a_case_is_forwarded_and_leaves_the_first_desk() {
    let mut app = TestApp::new();
    let (number, _) = app.declared().await;
    let clerk = app.signed_in("clerk").await;
    let silent = app.step(&number, &clerk, json!({"verb": "forward", "to": NEIGHBOUR})).await;
    assert_eq!(silent.code(), "form-invalid", "a reason is needed");
    let nowhere =
        app.step(&number, &clerk, json!({"verb": "forward", "to": "990100009999", "reason": "不在本村"})).await;
    assert_eq!(nowhere.code(), "unknown-region");
    let gone = app.step(&number, &clerk, json!({"verb": "forward", "to": NEIGHBOUR, "reason": "不在本村"})).await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
    let neighbour = app.signed_in("neighbour").await;
    assert_eq!(app.get("/api/worklist", Some(&clerk)).await.json()["total"], 0);
    assert_eq!(app.get("/api/worklist", Some(&neighbour)).await.json()["total"], 1);
}

#[tokio::test]
async fn a_stale_page_and_a_foreign_desk_are_refused() {
    let mut app = TestApp::new();
    let (number, _) = app.declared().await;
    let (clerk, township) = (app.signed_in("clerk").await, app.signed_in("township").await);
    let sign = json!({"verb": "sign", "answers": {"outcome": "reached"}});
    assert_eq!(app.step(&number, &township, sign.clone()).await.code(), "forbidden");
    assert_eq!(app.step(&number, &clerk, sign.clone()).await.status, StatusCode::OK);
    let mut stale = sign;
    stale["version"] = json!(1);
    assert_eq!(app.step(&number, &clerk, stale).await.code(), "case-changed");
    let back = app.step(&number, &clerk, json!({"verb": "send-back", "reason": "x"})).await;
    assert_eq!(back.code(), "move-not-allowed");
}

#[tokio::test]
async fn a_proof_of_residence_takes_three_people() {
    let mut app = TestApp::new();
    let form = json!({"name": "柳二", "region": crate::testing::VILLAGE, "reason": "子女入学"});
    let answer = app.post("/api/cases/residence-proof", None, form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let number = answer.json()["number"].as_str().unwrap().to_owned();
    let (clerk, township, district) =
        (app.signed_in("clerk").await, app.signed_in("township").await, app.signed_in("district").await);
    let sign = json!({"verb": "sign"});
    assert_eq!(app.step(&number, &clerk, sign.clone()).await.status, StatusCode::OK);
    assert_eq!(app.step(&number, &township, sign.clone()).await.code(), "too-early");
    let objection = json!({"verb": "object", "version": app.app.image().seq, "reason": "他不住在这里"});
    let objected = app.post(&format!("/api/cases/{number}/steps"), None, objection).await;
    assert_eq!(objected.status, StatusCode::OK, "{}", objected.text);
    assert_eq!(app.step(&number, &township, sign.clone()).await.code(), "move-not-allowed");
    assert_eq!(
        app.step(&number, &township, json!({"verb": "answer", "reason": "已核实"})).await.status,
        StatusCode::OK
    );
    app.days_pass(4);
    assert_eq!(app.step(&number, &township, sign.clone()).await.status, StatusCode::OK);
    // The township's officer becomes the district's: the same person may not file what they reviewed.
    let image = app.app.image();
    let officer = image.staff().nth(3).unwrap();
    let promoted = [("staff.level", "district"), ("staff.area", crate::testing::DISTRICT)];
    let verb = yizhan_core::service::SetFacts {
        subject: officer,
        facts: promoted.map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).into(),
        sealed: None,
        from: app.app.now().day(),
        to: None,
        source: "appointment".into(),
    };
    app.app.act(yizhan_core::act::Actor::System, yizhan::app::Request::unkeyed(b""), verb).await.unwrap();
    assert_eq!(app.step(&number, &township, sign.clone()).await.code(), "four-eyes");
    assert_eq!(app.step(&number, &district, sign).await.status, StatusCode::OK);
    let page = app.get(&format!("/api/cases/{number}"), Some(&district)).await.json();
    assert_eq!(page["state"], "completed");
}

#[tokio::test]
async fn what_was_not_saved_is_not_acknowledged() {
    let app = TestApp::new();
    app.memory.will_suffer([Trouble::Fails(AppendError::Full("no space left".into()))]);
    let send = || {
        app.call(
            Method::POST,
            "/api/cases/travel-declaration",
            None,
            &[("idempotency-key", "full")],
            Some(declaration()),
        )
    };
    let full = send().await;
    assert_eq!((full.status.as_u16(), full.code().as_str()), (507, "store-full"));
    assert!(full.headers.contains_key("retry-after"));
    assert_eq!(app.app.image().case_count(), 0);
    app.memory.will_suffer([Trouble::WrittenAnswerLost]);
    assert_eq!(send().await.status, StatusCode::CREATED, "the head is read again: it was saved");
    assert_eq!(send().await.status, StatusCode::CREATED);
    assert_eq!(app.app.image().case_count(), 1);
}

#[tokio::test]
async fn hostile_bodies_are_refused_by_name() {
    let mut app = TestApp::new();
    let with = |pointer: &str, value: Value| {
        let mut body = declaration();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let long = "长".repeat(60);
    let cases = [
        (with("/name", json!(long)), "form-invalid"),
        (with("/name", json!("")), "form-invalid"),
        (with("/arriving_on", json!("2021-02-30")), "form-invalid"),
        (with("/mobile", json!("１5400000001")), "form-invalid"),
        (with("/consent", json!(false)), "form-invalid"),
        (with("/companions", json!(-1)), "form-invalid"),
        (with("/companions", json!(1.5)), "form-invalid"),
        (with("/destination/region", json!("990100009999")), "unknown-region"),
        (with("/destination/region", json!("371502008201")), "unknown-region"),
        (json!({"extra": 1}), "form-invalid"),
        (json!([]), "form-invalid"),
        (json!(null), "form-invalid"),
    ];
    for (body, code) in cases {
        let answer = app.post("/api/cases/travel-declaration", None, body.clone()).await;
        assert_eq!(answer.code(), code, "{body}");
    }
    assert_eq!(app.post("/api/cases/no-such-service", None, declaration()).await.code(), "unknown-service");
    let huge = json!({"name": "x".repeat(100_000)});
    assert_eq!(app.post("/api/cases/travel-declaration", None, huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(app.app.image().case_count(), 0);
}

/// The same desk on a PostgreSQL server, with real sessions and passwords.
#[tokio::test(flavor = "multi_thread")]
async fn a_desk_works_on_postgres() {
    use axum::body::Body;
    use axum::http::{Request, Response};
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    use yizhan::bench::cluster::Cluster;
    use yizhan::bench::world::Place;

    let (cluster, place, app) = tokio::task::spawn_blocking(|| {
        let cluster = Cluster::start().expect("PostgreSQL starts");
        let place = Place::new("desk", Some(cluster.address("desk"))).unwrap();
        let (app, _) = place.start().unwrap();
        (cluster, place, app)
    })
    .await
    .unwrap();
    let role = yizhan_core::access::Role::Officer(yizhan_core::catalog::Level::Village);
    let today = app.now().day();
    let add = yizhan::staff::act::add("clerk", "王工", role, crate::testing::VILLAGE.parse().unwrap(), None, today);
    let nothing = yizhan::app::Request::unkeyed(b"");
    let outcome = app.act(yizhan_core::act::Actor::System, nothing, add).await.unwrap();
    yizhan::staff::sessions::set_password(&app, "clerk", outcome.about.unwrap(), "a long enough password").unwrap();

    let router = yizhan::routes::router(app.clone());
    let send = async |method: Method, path: &str, cookie: &str, body: Value| -> Response<Body> {
        let request = Request::builder().method(method).uri(path).header("cookie", cookie);
        let request = request.header("idempotency-key", "one").header("content-type", "application/json");
        router.clone().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap()
    };
    // This zone is a real one, on real time.
    let mut form = declaration();
    form["arriving_on"] = json!(today.to_string());
    form["nucleic_test"]["sampled_on"] = json!(today.to_string());
    let declared = send(Method::POST, "/api/cases/travel-declaration", "", form).await;
    assert_eq!(declared.status(), StatusCode::CREATED);
    let password = json!({"login": "clerk", "password": "a long enough password"});
    let signed_in = send(Method::POST, "/api/sign-in", "", password).await;
    assert_eq!(signed_in.status(), StatusCode::OK);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let list = send(Method::GET, "/api/worklist", &cookie, Value::Null).await;
    let list: Value = serde_json::from_slice(&list.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!((&list["total"], &list["cases"][0]["who"]), (&json!(1), &json!("柳二")));
    drop(app);
    drop(router);
    tokio::task::spawn_blocking(move || drop((place, cluster))).await.unwrap();
}

#[tokio::test]
async fn a_person_is_forgotten_and_the_record_stays() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let (clerk, district) = (app.signed_in("clerk").await, app.signed_in("district").await);
    let forget = format!("/api/cases/{number}/forget");
    assert_eq!(app.post(&forget, Some(&clerk), Value::Null).await.code(), "forbidden");
    assert_eq!(app.post(&forget, Some(&district), Value::Null).await.code(), "too-early");
    let closed = app.step(&number, &clerk, json!({"verb": "close", "reason": "行程取消"})).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.text);
    assert_eq!(app.post(&forget, Some(&district), Value::Null).await.status, StatusCode::OK);
    assert_eq!(app.post(&forget, Some(&district), Value::Null).await.code(), "forgotten");
    let page = app.get(&format!("/api/cases/{number}?k={secret}"), None).await.json();
    assert_eq!((&page["answers"], &page["forgotten"]), (&Value::Null, &json!(true)));
    assert!(app.memory.rows().keys.is_empty(), "the key is destroyed");
    assert!(page["history"].as_array().unwrap().len() >= 3, "what happened stays");
}

#[tokio::test]
async fn personal_details_are_deleted_on_the_day_that_was_promised() {
    let mut app = TestApp::new();
    let (ended, secret) = app.declared().await;
    let mut other = declaration();
    other["mobile"] = json!("15400000002");
    assert_eq!(app.post("/api/cases/travel-declaration", None, other).await.status, StatusCode::CREATED);
    let clerk = app.signed_in("clerk").await;
    app.step(&ended, &clerk, json!({"verb": "close", "reason": "行程取消"})).await;
    app.days_pass(27);
    assert_eq!(forget_due(&app.app).await.unwrap(), 0, "28 days are promised");
    app.days_pass(1);
    assert_eq!(forget_due(&app.app).await.unwrap(), 1, "the other case has not ended");
    assert_eq!(forget_due(&app.app).await.unwrap(), 0);
    let page = app.get(&format!("/c/{ended}?k={secret}"), None).await;
    assert!(page.text.contains("按规定删除") || page.text.contains("deleted by rule"), "{}", page.text);
    assert_eq!(app.memory.rows().keys.len(), 1);
}

#[tokio::test]
async fn a_key_that_is_gone_already_keeps_nobody_else_from_being_forgotten() {
    let mut app = TestApp::new();
    let clerk = app.signed_in("clerk").await;
    for mobile in ["15400000001", "15400000002"] {
        let mut form = declaration();
        form["mobile"] = json!(mobile);
        let sent = app.post("/api/cases/travel-declaration", None, form).await.json();
        let closed = json!({"verb": "close", "reason": "行程取消"});
        assert_eq!(app.step(sent["number"].as_str().unwrap(), &clerk, closed).await.status, StatusCode::OK);
    }
    // As a restore with its list of forgotten keys leaves it.
    let first = app.memory.rows().keys[0].n;
    yizhan_core::waist::Engine::Memory(app.memory.clone()).forget(&[first]).unwrap();
    app.days_pass(28);
    assert_eq!(forget_due(&app.app).await.unwrap(), 2);
    assert_eq!(forget_due(&app.app).await.unwrap(), 0);
    assert!(app.memory.rows().keys.is_empty());
}

#[tokio::test]
async fn a_deputy_acts_only_on_the_days_of_the_delegation() {
    let mut app = TestApp::new();
    let (number, _) = app.declared().await;
    let (clerk, neighbour) = (app.signed_in("clerk").await, app.signed_in("neighbour").await);
    let as_clerk = json!({"whom": "clerk"});
    assert_eq!(app.post("/api/act-for", Some(&neighbour), as_clerk.clone()).await.code(), "forbidden");
    let days = json!({"to": "neighbour", "from": "2021-02-02", "until": "2021-02-04"});
    assert_eq!(app.post("/api/delegations", Some(&clerk), days).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        app.post("/api/act-for", Some(&neighbour), as_clerk.clone()).await.code(),
        "forbidden",
        "it begins tomorrow"
    );
    app.days_pass(1);
    assert_eq!(app.post("/api/act-for", Some(&neighbour), as_clerk).await.status, StatusCode::OK);
    let sign = json!({"verb": "sign", "answers": {"outcome": "reached"}});
    assert_eq!(app.step(&number, &neighbour, sign).await.status, StatusCode::OK);
    let auditor = app.signed_in("auditor").await;
    let journal = app.get("/api/journal?limit=1000", Some(&auditor)).await.json();
    let actor = journal.as_array().unwrap().last().unwrap()["actor"].as_str().unwrap().to_owned();
    assert!(actor.contains(" for staff:"), "{actor}");
    app.days_pass(2);
    assert_eq!(app.get("/api/worklist", Some(&neighbour)).await.code(), "forbidden", "the delegation is over");
}
