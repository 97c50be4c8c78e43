//! The residents' pages, as a browser without script sees them.

use crate::testing::{NEIGHBOUR, TestApp, VILLAGE, citizen, declaration};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

const FIELDS: [(&str, &str); 15] = [
    ("_key", "one"),
    ("/name", "柳二"),
    ("/citizen_number", "37150219540307001x"),
    ("/mobile", "15400000001"),
    ("/origin/place", "北京市"),
    ("/origin/risk", "low"),
    ("/destination/region", VILLAGE),
    ("/destination/detail", "前街3号"),
    ("/arriving_on", "2021-02-03"),
    ("/transport", "car"),
    ("/nucleic_test/has", "true"),
    ("/nucleic_test/sampled_on", "2021-02-01"),
    ("/companions", "0"),
    ("/consent", "true"),
    ("/notice_version", "2021-01"),
];

#[tokio::test]
async fn a_form_that_is_wrong_comes_back_with_its_answers() {
    let app = TestApp::new();
    let wrong: Vec<(&str, &str)> = FIELDS
        .iter()
        .map(|(name, value)| if *name == "/citizen_number" { (*name, "371502195403070011") } else { (*name, *value) })
        .collect();
    let page = app.submit("/r/travel-declaration", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("校验位不符"), "{}", page.text);
    assert!(page.text.contains("value=\"前街3号\""));
    assert!(page.text.contains(&format!("value=\"{VILLAGE}\" selected")));
}

#[tokio::test]
async fn a_form_sent_twice_is_one_case() {
    let app = TestApp::new();
    let first = app.submit("/r/travel-declaration", &FIELDS).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    let again = app.submit("/r/travel-declaration", &FIELDS).await;
    assert_eq!(first.headers["location"], again.headers["location"]);
    assert_eq!(app.app.image().case_count(), 1);
    let receipt = app.get(first.headers["location"].to_str().unwrap(), None).await;
    assert_eq!(receipt.status, StatusCode::OK);
    assert!(receipt.text.contains("T-20210201-000001") && receipt.text.contains("<svg"));
    assert!(!receipt.text.contains("37150219540307001"), "a receipt shows no citizen number");
}

#[tokio::test]
async fn every_page_is_small_and_speaks_both_languages() {
    let app = TestApp::new();
    let poster = format!("/poster/travel-declaration/{VILLAGE}");
    for path in
        ["/", "/?q=%E5%9B%9E%E5%AE%B6", "/outbox", "/r/travel-declaration", "/r/residence-proof", poster.as_str()]
    {
        for (lang, word) in [("zh", "演示系统"), ("en", "A demonstration")] {
            let page = app.get(&format!("{path}{}lang={lang}", if path.contains('?') { '&' } else { '?' }), None).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(page.text.len() <= 30_000, "{path} is {} bytes", page.text.len());
            assert!(page.text.contains(word), "{path} in {lang}");
        }
    }
    assert_eq!(app.get("/r/nothing", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/c/T-20210201-000009?k=x", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/poster/travel-declaration/990100009999", None).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_typed_is_text_and_nothing_else() {
    let app = TestApp::new();
    let nasty = "\"><script>alert(1)</script>";
    let fields: Vec<(&str, &str)> = FIELDS
        .iter()
        .map(|(name, value)| {
            if *name == "/name" {
                (*name, nasty)
            } else if *name == "/mobile" {
                (*name, "1")
            } else {
                (*name, *value)
            }
        })
        .collect();
    let page = app.submit("/r/travel-declaration", &fields).await;
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
}

/// The fields with some of them changed.
fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let changed = |name: &str| changes.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
    FIELDS.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value))).collect()
}

#[tokio::test]
async fn what_was_declared_can_be_corrected_with_the_receipt() {
    let app = TestApp::new();
    let sent = app.submit("/r/travel-declaration", &FIELDS).await;
    let page = sent.headers["location"].to_str().unwrap().to_owned();
    let at = |entry: &str| page.replacen("?", &format!("/{entry}?"), 1);

    let form = app.submit(&at("correct/form"), &[]).await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.text);
    assert!(form.text.contains("value=\"前街3号\"") && form.text.contains(&format!("value=\"{VILLAGE}\" selected")));
    let clerk = app.signed_in("clerk").await;
    let history = app.get("/api/cases/T-20210201-000001", Some(&clerk)).await.json()["history"].clone();
    assert_eq!((&history[0]["verb"], &history[0]["name"]), (&json!("read"), &json!("own")), "reading is an act");

    let another = with(&[("_key", "two"), ("/citizen_number", "372501198001010011")]);
    let refused = app.submit(&at("correct"), &another).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "who it is about stays: {}", refused.text);
    let moved = with(&[("_key", "three"), ("/destination/region", NEIGHBOUR), ("/destination/detail", "后街8号")]);
    let done = app.submit(&at("correct"), &moved).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let gone = app.get("/api/cases/T-20210201-000001", Some(&clerk)).await;
    assert_eq!(gone.code(), "case-not-found", "another village has it now");
    let neighbour = app.signed_in("neighbour").await;
    let case = app.get("/api/cases/T-20210201-000001", Some(&neighbour)).await.json();
    assert_eq!(case["answers"]["destination"]["detail"], "后街8号");
    assert_eq!(app.get("/api/worklist", Some(&neighbour)).await.json()["total"], 1);
}

#[tokio::test]
async fn what_was_declared_can_be_taken_back_until_arrival() {
    let app = TestApp::new();
    let sent = app.submit("/r/travel-declaration", &FIELDS).await;
    let page = sent.headers["location"].to_str().unwrap().to_owned();
    let wrong = page.replacen("?k=", "/withdraw?k=x", 1);
    assert_eq!(app.submit(&wrong, &[("version", "13")]).await.status, StatusCode::NOT_FOUND);
    let receipt = app.get(&page, None).await.text;
    let (_, rest) = receipt.split_once("name=\"version\" value=\"").unwrap();
    let (version, _) = rest.split_once('"').unwrap();
    let taken = app.submit(&page.replacen("?", "/withdraw?", 1), &[("version", version)]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
    let after = app.get(&page, None).await.text;
    assert!(!after.contains("name=\"version\"") && !after.contains("/correct/form"), "nothing is left to do: {after}");
    let clerk = app.signed_in("clerk").await;
    assert_eq!(app.get("/api/worklist", Some(&clerk)).await.json()["total"], 0);
}

#[tokio::test]
async fn people_find_a_service_in_their_own_words() {
    let app = TestApp::new();
    let first = async |typed: &str| {
        let query: String = form_urlencoded::byte_serialize(typed.as_bytes()).collect();
        let page = app.get(&format!("/?q={query}&lang=zh"), None).await.text;
        let (_, found) = page.split_once("找到的事项").expect("something was asked");
        let (found, _) = found.split_once("<nav").unwrap_or((found, ""));
        found.split_once("href=\"").map(|(_, rest)| rest.split_once('"').unwrap().0.to_owned())
    };
    for typed in ["我想回老家过年", "返鲁申报", "春节从北京回来要做什么", "COMING home by train", "核酸"]
    {
        assert_eq!(first(typed).await.as_deref(), Some("/r/travel-declaration"), "{typed}");
    }
    for typed in ["开个居住证明", "孩子上学要证明住址", "proof of address"] {
        assert_eq!(first(typed).await.as_deref(), Some("/r/residence-proof"), "{typed}");
    }
    assert_eq!(first("钓鱼执照").await, None);
    assert_eq!(first("<script>").await, None);
}

#[tokio::test]
async fn care_mode_is_asked_for_once_and_kept() {
    let app = TestApp::new();
    let page = app.get("/?care=1", None).await;
    assert!(page.text.contains("class=\"care\""));
    let kept: Vec<_> = page.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(kept.iter().any(|cookie| cookie.starts_with("care=1")), "{kept:?}");
    let later = app.call(Method::GET, "/r/travel-declaration", None, &[("cookie", "care=1")], None).await;
    assert!(later.text.contains("class=\"care\"") && later.text.contains("care=0"));
}

#[tokio::test]
async fn a_demonstration_is_moved_and_entered_without_script() {
    let app = TestApp::new();
    let moved = app.submit("/demo/next-day", &[("back", "/r/travel-declaration?at=1")]).await;
    assert_eq!(
        (moved.status, moved.headers["location"].to_str().unwrap()),
        (StatusCode::SEE_OTHER, "/r/travel-declaration?at=1")
    );
    for foreign in ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"] {
        assert_eq!(app.submit("/demo/next-day", &[("back", foreign)]).await.headers["location"], "/", "{foreign}");
    }
    let page = app.get("/?lang=en", None).await.text;
    assert!(page.contains("2021-02-05 09:00") && page.contains("value=\"clerk\""), "{page}");
    let entered = app.submit("/demo/enter", &[("login", "clerk")]).await;
    assert_eq!(entered.headers["location"], "/console/");
    assert!(entered.headers["set-cookie"].to_str().unwrap().starts_with("yizhan="));
    assert_eq!(app.submit("/demo/enter", &[("login", "nobody")]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_lost_receipt_is_found_again_by_whoever_holds_the_phone() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let codes = async |app: &TestApp| {
        let sent = app.get("/api/demo/outbox", None).await.json();
        let texts = sent.as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned());
        texts.filter_map(|text| Some(text.strip_prefix("验证码 ")?[..6].to_owned())).collect::<Vec<_>>()
    };
    let wrong = app.submit("/mine/code?lang=zh", &[("mobile", "1540000000")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("手机号码不对"), "{}", wrong.text);
    // A number that nothing was declared with gets no message, and the page says the same.
    let stranger = app.submit("/mine/code?lang=zh", &[("mobile", "15499999999")]).await.text;
    assert!(codes(&app).await.is_empty());
    let asked = app.submit("/mine/code?lang=zh", &[("mobile", "15400000001")]).await.text;
    assert_eq!(asked.replace("15400000001", ""), stranger.replace("15499999999", ""));
    app.submit("/mine/code", &[("mobile", "15400000001")]).await;
    let sent = codes(&app).await;
    assert_eq!(sent.len(), 1, "a second one within a minute is not sent");
    let show = async |app: &TestApp, code: &str| {
        app.submit("/mine/list?lang=zh", &[("mobile", "15400000001"), ("code", code)]).await
    };
    let other = if sent[0] == "000000" { "000001" } else { "000000" };
    assert_eq!(show(&app, other).await.status, StatusCode::UNAUTHORIZED);
    let found = show(&app, &sent[0]).await;
    assert!(found.text.contains(&format!("/c/{number}?k={secret}")), "{}", found.text);
    assert_eq!(show(&app, &sent[0]).await.status, StatusCode::UNAUTHORIZED, "a code is good once");
    app.minutes_pass(2);
    app.submit("/mine/code", &[("mobile", "15400000001")]).await;
    let second = codes(&app).await.into_iter().find(|code| *code != sent[0]).unwrap_or_default();
    for _ in 0..5 {
        assert_eq!(show(&app, "abcdef").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(show(&app, &second).await.status, StatusCode::UNAUTHORIZED, "not after five wrong ones");
    app.minutes_pass(2);
    app.submit("/mine/code", &[("mobile", "15400000001")]).await;
    let third = codes(&app).await.into_iter().find(|code| *code != sent[0] && *code != second).unwrap_or_default();
    app.minutes_pass(6);
    assert_eq!(show(&app, &third).await.status, StatusCode::UNAUTHORIZED, "its time is over");
}

#[tokio::test]
async fn companions_are_declared_in_one_go_each_with_a_receipt() {
    let mut app = TestApp::new();
    let mut form = declaration();
    form["people"] = json!([
        {"name": "柳三", "citizen_number": "11010519491231002X"},
        {"name": "柳小妹", "citizen_number": citizen("37150220150607003"), "mobile": "15400000009"},
    ]);
    let answer = app.post("/api/cases/travel-declaration", None, form.clone()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let receipt = answer.json();
    assert_eq!(receipt["companions"].as_array().unwrap().len(), 2);
    let clerk = app.signed_in("clerk").await;
    assert_eq!(app.get("/api/worklist", Some(&clerk)).await.json()["total"], 3);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let sister = text(&receipt["companions"][1]["number"]);
    let page = app.get(&format!("/api/cases/{sister}"), Some(&clerk)).await.json();
    assert_eq!((&page["who"], &page["answers"]["guardian"]["name"]), (&json!("柳小妹"), &json!("柳二")));
    assert_eq!(page["answers"]["guardian"]["notice_version"], "2021-01-child");
    assert_eq!(page["answers"]["transport_number"], "G1234", "the journey is shared");
    assert_eq!(page["together"].as_array().unwrap().len(), 2);
    // The same again is the same; whoever holds the first receipt holds the others, and nobody else does.
    let first = app.get(&format!("{}&lang=zh", text(&receipt["page"])), None).await.text;
    assert!(first.contains(&sister) && first.contains(&text(&receipt["companions"][1]["receipt"])), "{first}");
    let other = app.get(&text(&receipt["companions"][1]["page"]), None).await.text;
    assert!(!other.contains(&text(&receipt["receipt"])), "{other}");

    form["people"][1]["citizen_number"] = json!("110105194912310021");
    let refused = app.post("/api/cases/travel-declaration", None, form.clone()).await;
    assert_eq!(refused.json()["faults"][0]["at"], "/people/1/citizen_number", "{}", refused.text);
    assert_eq!(app.get("/api/worklist", Some(&clerk)).await.json()["total"], 3, "all or none");

    // On a phone without script the same form has room for them.
    let mut fields = vec![("_key", "companions-by-form")];
    let pairs: Vec<(String, String)> = sent(&declaration());
    fields.extend(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    fields.extend([
        ("/people/0/name", "柳三"),
        ("/people/0/citizen_number", "11010519491231002X"),
        ("/people/1/name", ""),
    ]);
    let done = app.submit("/r/travel-declaration", &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(app.get("/api/worklist", Some(&clerk)).await.json()["total"], 5);
}

fn sent(answers: &Value) -> Vec<(String, String)> {
    yizhan::resident::form::sent_from(answers)
}

#[tokio::test]
async fn what_was_sent_and_never_answered_leads_to_its_receipt() {
    let app = TestApp::new();
    let first = app.submit("/r/travel-declaration", &FIELDS).await;
    let receipt = first.headers["location"].to_str().unwrap().to_owned();
    let mut changed = FIELDS;
    changed[1].1 = "柳三";
    let again = app.submit("/r/travel-declaration", &changed).await;
    assert_eq!((again.status, again.headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, receipt.as_str()));
}

#[tokio::test]
async fn a_companion_is_declared_without_typing_the_journey_again() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let asking = format!("/c/{number}/companion?k={secret}&lang=zh");
    let receipt = app.get(&format!("/c/{number}?k={secret}&lang=zh"), None).await.text;
    assert!(receipt.contains("再替一位同行的人申报"), "{receipt}");
    let form = app.submit(&asking, &[]).await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.text);
    for carried in ["value=\"河北省石家庄市\"", "value=\"前街3号\"", "value=\"G1234\"", "value=\"15400000001\""]
    {
        assert!(form.text.contains(carried), "{carried}: {}", form.text);
    }
    assert!(form.text.contains(&format!("name=\"/with\" value=\"{number}\"")));
    assert!(!form.text.contains("柳二") && !form.text.contains("37150219540307001"), "nothing of the person");
    let forged = app.submit(&format!("/c/{number}/companion?k=AAAA"), &[]).await;
    assert!(forged.status.is_client_error() && !forged.text.contains("前街3号"), "{}", forged.text);

    let fields = with(&[("_key", "companion"), ("/name", "柳小"), ("/citizen_number", "371502200702010010")]);
    let fields: Vec<_> = fields.into_iter().chain([("/with", number.as_str())]).collect();
    let sent = app.submit("/r/travel-declaration", &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let page = sent.headers["location"].to_str().unwrap();
    let companion = page.trim_start_matches("/c/").split('?').next().unwrap();
    assert_ne!(companion, number);
    let clerk = app.signed_in("clerk").await;
    let seen = app.get(&format!("/api/cases/{companion}?lang=zh"), Some(&clerk)).await.json();
    let travels_with = seen["said"].as_array().unwrap().iter().find(|said| said["text"] == json!(number));
    assert_eq!(travels_with.unwrap()["title"], "与谁同行（回执编号）");
    let nonsense = with(&[("_key", "nonsense"), ("/name", "柳小")]);
    let nonsense: Vec<_> = nonsense.into_iter().chain([("/with", "<script>")]).collect();
    assert_eq!(app.submit("/r/travel-declaration", &nonsense).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
