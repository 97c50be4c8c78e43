//! Other people's affairs: a case, a household and a list of one village, asked for through every endpoint by those whose
//! business they are not. What they get is a refusal, and nothing they get says anything of these people.

use crate::access::{body, operations};
use crate::testing::{Cast, TestApp, VILLAGE, citizen, declaration};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use yizhan::routes;
use yizhan::staff::act::add;
use yizhan_core::access::Role;
use yizhan_core::catalog::Level;
use yizhan_core::row::SubjectId;

/// What is known of these people and of nobody else here.
const MARKS: [&str; 12] = [
    "柳百九",
    "柳百一",
    "柳百三",
    "柳百二",
    "19800102",
    "371***********",
    "15400000088",
    "154****0088",
    "后街九十九号",
    "K9988",
    "15400000077",
    "H-99",
];

/// Who asks: their business it is (twice), then those whose it is not.
const CAST: [&str; 8] =
    ["clerk", "township", "neighbour", "far-village", "far-township", "far-doctor", "far-hospital", "system"];

/// How many of the cast it concerns.
const CONCERNED: usize = 2;

/// A household of two in the village, one row a person.
fn household() -> String {
    let [head, child] = ["99010019700510101", "99010020100512103"].map(citizen);
    format!(
        "户编号,行政村,姓名,证件号码,与户主关系,在校生状况,健康状况\n\
         H-99,{VILLAGE},柳百一,{head},户主,非在校生,健康\nH-99,{VILLAGE},柳百三,{child},之子,小学生,健康\n"
    )
}

/// Rows of a carrier: one of the village's people, who did not declare.
const LIST: &str =
    "姓名,证件号码,手机,出生日期,目的地,车次\n柳百二,,15400000077,,,K9988\n柳百九,,15400000088,,,K9988\n";

struct Affairs {
    case: String,
    list: String,
    subject: u64,
    upload: String,
}

/// What there is to be known: a case with a note and a paper, a household, a list.
async fn affairs(app: &mut TestApp) -> Affairs {
    let mut form = declaration();
    form["name"] = json!("柳百九");
    form["citizen_number"] = json!(citizen("37150219800102111"));
    form["mobile"] = json!("15400000088");
    form["destination"]["detail"] = json!("后街九十九号");
    form["transport_number"] = json!("K9988");
    let declared = app.post("/api/cases/travel-declaration", None, form).await;
    assert_eq!(declared.status, StatusCode::CREATED, "{}", declared.text);
    let case = declared.json()["number"].as_str().unwrap().to_owned();
    let (clerk, township) = (app.signed_in("clerk").await, app.signed_in("township").await);
    let read = app.post(&format!("/api/cases/{case}/read"), Some(&clerk), json!({"reason": "check"})).await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.text);
    let upload = crate::paper::upload(app, Some(&clerk), "", b"%PDF-1.4\n%%EOF\n", 100).await;
    let brought =
        app.raw(Method::POST, "/api/register/imports", Some(&clerk), &[], household().into_bytes()).await.json();
    let progress = format!("/api/register/imports/{}", brought["import"].as_str().unwrap_or_default());
    while app.get(&progress, Some(&clerk)).await.json()["over"] != true {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let image = app.app.image();
    let of_kind = |n: &u32| image.kind(SubjectId(*n)).is_some_and(|kind| **kind == *"household");
    let subject = u64::from((0..10_000).find(of_kind).expect("the household is there"));
    let about = "/api/lists?kind=train&supplier=Station&basis=No.3&seen_on=2021-02-01";
    let list = app.raw(Method::POST, about, Some(&township), &[], LIST.as_bytes().to_vec()).await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.text);
    let list = list.json()["number"].as_str().unwrap().to_owned();
    Affairs { case, list, subject, upload: upload.rsplit('/').next().unwrap_or_default().to_owned() }
}

/// An address of these affairs; whether it names one of them.
fn address(method: &Method, path: &str, of: &Affairs) -> (String, bool) {
    let number = if path.contains("/lists/") { &of.list } else { &of.case };
    let subject = of.subject.to_string();
    let places = [
        ("{number}", number.as_str()),
        ("{subject}", &subject),
        ("{person}", &subject),
        ("{entry}", "call"),
        ("{paper}", "test-report"),
        ("{service}", "travel-declaration"),
        ("{upload}", &of.upload),
        ("{channel}", "wechat"),
        ("{day}", "2021-02-01"),
        ("{fund}", "welfare"),
    ];
    // A path that opens a case of a service has the service there.
    let opens = *method == Method::POST
        && matches!(path, "/api/cases/{case}" | "/api/cases/{case}/check" | "/api/cases/{case}/rows");
    let mut real = path.to_owned();
    let named =
        !opens && ["{case}", "{number}", "{subject}", "{person}", "{upload}"].iter().any(|one| path.contains(one));
    real = real.replace("{case}", if opens { "travel-declaration" } else { &of.case });
    for (place, value) in places {
        real = real.replace(place, value);
    }
    while let (Some(open), Some(close)) = (real.find('{'), real.find('}')) {
        real.replace_range(open..=close, "1");
    }
    (real, named)
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_business_it_is_not_gets_a_refusal_and_none_of_it() {
    let mut app = TestApp::new();
    let image = app.app.image();
    let far = image.catalog().unwrap().regions.villages().map(|village| village.code.to_string());
    let far = { far }.find(|code| !code.starts_with(&VILLAGE[..9])).expect("another township has a village");
    drop(image);
    let far_township = format!("{}000", &far[..9]);
    for (login, role, area) in [
        ("far-village", Role::Officer(Level::Village), far.as_str()),
        ("far-township", Role::Officer(Level::Township), &far_township),
        ("far-doctor", Role::FamilyDoctor, &far_township),
        ("far-hospital", Role::Hospital, &far_township),
    ] {
        let verb = add(login, login, role, area.parse().unwrap(), None, app.app.now().day());
        app.act_of_the_program(Arc::new(verb)).unwrap();
    }
    let of = affairs(&mut app).await;
    let mut cast: Vec<(&str, Cast)> = Vec::new();
    for login in CAST {
        cast.push((login, app.signed_in(login).await));
    }
    let mut table = format!("{:50}", "endpoint");
    for (login, _) in cast.iter().skip(CONCERNED) {
        let _ = write!(table, "{login:>13}");
    }
    table.push('\n');
    let (mut faults, mut told) = (Vec::new(), BTreeMap::new());
    for (path, item) in routes::openapi().paths.paths {
        for method in operations(&item) {
            // The first ends a session, the others never end; messages of a demonstration lie open to everybody in it.
            if matches!(path.as_str(), "/api/sign-out" | "/api/live" | "/api/devices/signals" | "/api/demo/outbox") {
                continue;
            }
            let (real, named) = address(&method, &path, &of);
            let mut line = format!("{:50}", format!("{method} {path}"));
            for (n, (login, who)) in cast.iter().enumerate() {
                let reads = matches!(method, Method::GET | Method::HEAD);
                // What they may do with it is tested elsewhere; here it stays as it is.
                if n < CONCERNED && !reads {
                    continue;
                }
                let key = format!("{login} {method} {path}");
                let sent = if method == Method::POST { body(&path) } else { None };
                let sent = sent.map(|sent| mine(sent, &of));
                let answer = app.call(method.clone(), &real, Some(who), &[("idempotency-key", &key)], sent).await;
                let said = MARKS.iter().filter(|mark| answer.text.contains(**mark)).collect::<Vec<_>>();
                if n < CONCERNED {
                    *told.entry(*login).or_insert(0) += usize::from(!said.is_empty());
                    continue;
                }
                let _ = write!(line, "{:>13}", answer.status.as_u16());
                // What they typed themselves comes back to them: a declaration of their own, a search.
                let own = !named && method == Method::POST;
                if !said.is_empty() && !own {
                    faults.push(format!(
                        "{login}: {method} {real} {} tells {said:?}: {}",
                        answer.status,
                        short(&answer.text)
                    ));
                }
                if named && answer.status.is_success() && !is_nothing(&answer.text) {
                    faults.push(format!("{login}: {method} {real} {}: {}", answer.status, short(&answer.text)));
                }
                if reads && !named && answer.text.contains(&of.case) {
                    faults.push(format!("{login}: {method} {real} names the case"));
                }
            }
            table.push_str(&line);
            table.push('\n');
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(told["clerk"] >= 4 && told["township"] >= 4, "those whose business it is are told: {told:?}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/security/foreign.matrix.txt");
    if std::env::var_os("YIZHAN_RENEW").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(table, reviewed, "answers changed; if they are right, renew the file with YIZHAN_RENEW=1 and review it");
}

fn short(text: &str) -> String {
    text.chars().take(300).collect()
}

/// An answer that says that there is nothing: an empty list.
fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "[]" | "null")
}

/// A body about these affairs.
fn mine(mut body: Value, of: &Affairs) -> Value {
    if body.get("upload").is_some() {
        body["upload"] = json!(of.upload);
    }
    if let Some(case) = body.pointer_mut("/cases/0/number") {
        *case = json!(of.case);
    }
    body
}
