//! More than a thousand bad inputs, made from the API's own description, each with the answer that it got, in a file that is
//! reviewed: what is refused today is refused tomorrow, with the same status and the same code.

use crate::access::{body, operations};
use crate::testing::{Cast, TestApp};
use axum::http::Method;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use yizhan::routes;
use yizhan_kit::id::SeededEntropy;

/// The fewest that are kept.
const LEAST: usize = 1000;

/// What stands in the place of a path that names something else.
const PLACES: [(&str, &str); 5] = [
    ("a way out", "..%2F..%2Fetc%2Fpasswd"),
    ("nothing readable", "%00%FF"),
    ("a query", "%27%20or%201%3D1%20--"),
    ("markup", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
    ("the largest number", "18446744073709551616"),
];

/// Bodies that are none.
const BODIES: [(&str, &[u8]); 5] = [
    ("no JSON", b"{\"a\":"),
    ("an array", b"[[]]"),
    ("a text", b"\"x\""),
    ("no text at all", &[0xff, 0xfe, 0x00]),
    ("nothing", b""),
];

/// One bad input.
struct Bad {
    what: String,
    address: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
}

/// Every bad input for an operation. Chance is the operation's own, so that another operation changes none of these.
fn inputs(path: &str, method: &Method, operation: &Operation) -> Vec<Bad> {
    let seed =
        format!("{method} {path}").bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let chance = SeededEntropy::new(seed);
    let json = vec![("content-type", "application/json"), ("idempotency-key", "bad")];
    let mut all = Vec::new();
    let good = filled(path, "none");
    let sent = (*method == Method::POST).then(|| body(path)).flatten();
    let as_bytes = sent.as_ref().map(|sent| sent.to_string().into_bytes()).unwrap_or_default();
    if path.contains('{') {
        for (what, value) in PLACES {
            let body = as_bytes.clone();
            all.push(Bad { what: format!("place: {what}"), address: filled(path, value), headers: json.clone(), body });
        }
    }
    let in_query =
        |one: &RefOr<Parameter>| matches!(one, RefOr::T(one) if matches!(one.parameter_in, ParameterIn::Query));
    if operation.parameters.iter().flatten().any(in_query) {
        for query in ["nobody_asked=1", "limit=x&after=x&on=x&area=x", "on=2021-02-30&limit=-1"] {
            let address = format!("{good}?{query}");
            all.push(Bad { what: format!("query: {query}"), address, headers: json.clone(), body: as_bytes.clone() });
        }
    }
    if operation.request_body.is_none() || sent.is_none() {
        return all;
    }
    for (what, body) in BODIES {
        let (address, body) = (good.clone(), body.to_vec());
        all.push(Bad { what: format!("body: {what}"), address, headers: json.clone(), body });
    }
    let plain = vec![("content-type", "text/plain"), ("idempotency-key", "bad")];
    all.push(Bad { what: "body: said to be text".into(), address: good.clone(), headers: plain, body: as_bytes });
    let sent = sent.expect("looked at above");
    let mut more = sent.clone();
    if let Some(fields) = more.as_object_mut() {
        fields.insert("nobody_asked".into(), json!(1));
        let body = more.to_string().into_bytes();
        all.push(Bad { what: "body: a field too many".into(), address: good.clone(), headers: json.clone(), body });
    }
    for at in pointers(&sent) {
        for (what, value) in wrong(&chance) {
            let mut spoilt = sent.clone();
            *spoilt.pointer_mut(&at).expect("found a moment ago") = value;
            let body = spoilt.to_string().into_bytes();
            all.push(Bad { what: format!("{at}: {what}"), address: good.clone(), headers: json.clone(), body });
        }
    }
    all
}

/// What no field is: a list in a list always, and one of what chance picks.
fn wrong(chance: &SeededEntropy) -> [(&'static str, Value); 2] {
    let picked = [
        ("an object", json!({"a": {"b": null}})),
        ("a long text", json!("x".repeat(5000))),
        ("a number too large", json!(1e300)),
        ("a control character", json!("a\u{0}b")),
        ("a text turned round", json!("\u{202e}x")),
        ("markup", json!("<script>alert(1)</script>")),
    ];
    [("a list", json!([[1]])), chance.pick(&picked).clone()]
}

/// Every place of a value that holds something, from the outermost in.
fn pointers(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.replace('/', "~1"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    inner
        .into_iter()
        .flat_map(|(name, value)| {
            let below = pointers(value).into_iter().map(|at| format!("/{name}{at}")).collect::<Vec<_>>();
            std::iter::once(format!("/{name}")).chain(below)
        })
        .collect()
}

fn filled(path: &str, value: &str) -> String {
    let mut real = path.to_owned();
    while let (Some(open), Some(close)) = (real.find('{'), real.find('}')) {
        real.replace_range(open..=close, value);
    }
    // What a service's own door takes is a declaration.
    if value == "none" { real.replace("/api/cases/none", "/api/cases/travel-declaration") } else { real }
}

fn operation<'a>(item: &'a PathItem, method: &Method) -> &'a Operation {
    let found = match *method {
        Method::GET => &item.get,
        Method::HEAD => &item.head,
        Method::PATCH => &item.patch,
        Method::DELETE => &item.delete,
        Method::PUT => &item.put,
        _ => &item.post,
    };
    found.as_ref().expect("the walk asks what is described")
}

/// Who may do most with it, so that the input is what is refused.
fn asker(path: &str) -> &'static str {
    match path {
        path if path.starts_with("/api/hospital") || path.starts_with("/api/fsi") => "hospital",
        path if path.starts_with("/api/companies") || path.starts_with("/api/invoices") => "desk",
        path if path.starts_with("/api/staff") => "security",
        path if path.starts_with("/api/journal") => "auditor",
        path if path.starts_with("/api/editor") => "system",
        _ => "district",
    }
}

#[tokio::test]
async fn a_thousand_bad_inputs_get_the_answers_that_are_on_file() {
    let app = TestApp::new();
    let mut cast: Vec<(&str, Cast)> = Vec::new();
    for login in ["hospital", "desk", "security", "auditor", "system", "district"] {
        cast.push((login, app.signed_in(login).await));
    }
    let before = app.app.image().seq;
    let (mut table, mut rows, mut faults) = (String::from("operation,spoilt,status,code\n"), 0, Vec::new());
    for (path, item) in routes::openapi().paths.paths {
        for method in operations(&item) {
            if matches!(path.as_str(), "/api/sign-out" | "/api/live" | "/api/devices/signals") {
                continue;
            }
            let who = &cast.iter().find(|(login, _)| *login == asker(&path)).expect("all are signed in").1;
            for bad in inputs(&path, &method, operation(&item, &method)) {
                let answer = app.raw(method.clone(), &bad.address, Some(who), &bad.headers, bad.body).await;
                let status = answer.status.as_u16();
                let code = if status >= 400 && method != Method::HEAD { answer.code() } else { String::new() };
                let _ = writeln!(table, "{method} {path},\"{}\",{status},{code}", bad.what);
                rows += 1;
                if status >= 500 || (status >= 400 && code.is_empty() && method != Method::HEAD) {
                    faults.push(format!("{method} {} {}: {status} {}", bad.address, bad.what, answer.text));
                }
                if answer.text.contains("<script>alert(1)</script>")
                    && !answer.headers["content-type"].to_str().unwrap().contains("json")
                {
                    faults.push(format!("{method} {} {}: said back as markup", bad.address, bad.what));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(rows >= LEAST, "{rows} bad inputs only");
    let taken =
        table.lines().filter(|line| line.ends_with(",200,") || line.ends_with(",204,") || line.ends_with(",201,"));
    let taken = taken.count();
    assert!(taken * 20 < rows, "{taken} of {rows} were taken: they are no bad inputs");
    assert!(app.app.image().seq - before < 40, "hardly anything was recorded: {}", app.app.image().seq - before);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/security/bad_inputs.csv");
    if std::env::var_os("YIZHAN_RENEW").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    for (line, was) in table.lines().zip(reviewed.lines()) {
        assert_eq!(line, was, "an answer changed; if it is right, renew the file with YIZHAN_RENEW=1 and review it");
    }
    assert_eq!(table.lines().count(), reviewed.lines().count(), "inputs came or went: renew with YIZHAN_RENEW=1");
}
