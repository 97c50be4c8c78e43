//! The API asked nonsense, from its own description: whatever comes in, nothing falls over, and every answer is what the
//! description says of its status.

use crate::access::{body, operations};
use crate::testing::{Cast, TestApp};
use axum::http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::HashMap;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use yizhan::routes;
use yizhan_kit::id::SeededEntropy;

/// How often each operation is asked by each of the cast.
const ASKED: usize = 25;

const TEXTS: [&str; 14] = [
    "",
    " ",
    "x",
    "..",
    "%00",
    "T-20210201-000001",
    "T-20210201-999999",
    "T-99999999-0",
    "travel-declaration",
    "residence-proof",
    "😀",
    "' or 1=1 --",
    "<script>",
    "../../etc/passwd",
];

fn nonsense(chance: &SeededEntropy) -> Value {
    let values = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(1.5),
        json!(""),
        json!("x".repeat(5000)),
        json!("2021-02-30"),
        json!("36.55"),
        json!("\u{0}"),
        json!("😀"),
        json!([]),
        json!([[[[1]]]]),
        json!({}),
        json!({"a": {"b": null}}),
        json!("990100003205"),
        json!("sign"),
        json!("withdraw"),
        json!("forward"),
    ];
    chance.pick(&values).clone()
}

/// Changes some place of a value: another value there, the field gone, or one too many.
fn spoil(value: &mut Value, chance: &SeededEntropy) {
    let deeper = chance.below(3) > 0;
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = chance.pick(&names);
            match chance.below(6) {
                0 => drop(fields.remove(name)),
                1 => drop(fields.insert("one_too_many".into(), nonsense(chance))),
                _ if deeper => spoil(&mut fields[name], chance),
                _ => drop(fields.insert(name.clone(), nonsense(chance))),
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let place = usize::try_from(chance.below(items.len() as u64)).unwrap();
            spoil(&mut items[place], chance);
        }
        other => *other = nonsense(chance),
    }
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// An address with its places filled in, now right, now wrong.
fn address(path: &str, operation: &Operation, number: &str, secret: &str, chance: &SeededEntropy) -> String {
    let mut path = path.to_owned();
    let mut query = Vec::new();
    for parameter in operation.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let right = chance.below(3) > 0;
        let wrong = (*chance.pick(&TEXTS)).to_owned();
        match parameter.parameter_in {
            ParameterIn::Path => {
                let good = match parameter.name.as_str() {
                    "entry" => "report-morning",
                    "service" => "travel-declaration",
                    "paper" => "test-report",
                    "hash" | "upload" => "none",
                    _ => number,
                };
                let value = if right || wrong.is_empty() { good.to_owned() } else { wrong };
                path = path.replace(&format!("{{{}}}", parameter.name), &escaped(&value));
            }
            ParameterIn::Query if chance.below(2) == 0 => {
                let good = match parameter.name.as_str() {
                    "k" => secret,
                    "on" => "2021-02-03",
                    _ => "3",
                };
                query.push(format!("{}={}", parameter.name, escaped(if right { good } else { &wrong })));
            }
            _ => {}
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
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

/// What the description says of an answer, by path, method and status.
struct Described {
    api: Value,
    known: HashMap<String, Option<Validator>>,
}

impl Described {
    /// Faults of a JSON answer by the schema of its status; a status that is not described is a fault of its own.
    fn fault(&mut self, path: &str, method: &Method, status: u16, answer: &Value) -> Option<String> {
        let at = format!("{method} {path} {status}");
        let (api, known) = (&self.api, &mut self.known);
        let validator = known.entry(at).or_insert_with(|| {
            let schema = api["paths"][path][method.as_str().to_lowercase()]["responses"][status.to_string()]["content"]
                ["application/json"]["schema"]
                .clone();
            if schema.is_null() {
                return None;
            }
            let whole = json!({"allOf": [schema], "components": api["components"]});
            Some(jsonschema::validator_for(&whole).expect("the description's own schemas are schemas"))
        });
        let validator = validator.as_ref()?;
        validator.iter_errors(answer).next().map(|fault| format!("{}: {fault}", fault.instance_path()))
    }
}

#[tokio::test]
async fn nothing_that_is_asked_makes_it_fall_over() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let cast: Vec<Option<Cast>> = vec![
        None,
        Some(app.signed_in("clerk").await),
        Some(app.signed_in("district").await),
        Some(app.signed_in("auditor").await),
    ];
    let chance = SeededEntropy::new(42);
    let mut described = Described { api: serde_json::to_value(routes::openapi()).unwrap(), known: HashMap::new() };
    let mut by_class = [0_usize; 6];
    for (path, item) in routes::openapi().paths.paths {
        for method in operations(&item) {
            if matches!(path.as_str(), "/api/sign-out" | "/api/live" | "/api/devices/signals") {
                continue; // one ends the session the rest needs, the others never end
            }
            for turn in 0..ASKED * cast.len() {
                let address = address(&path, operation(&item, &method), &number, &secret, &chance);
                let mut sent = if method == Method::POST { body(&path) } else { None };
                if let Some(sent) = &mut sent
                    && chance.below(5) > 0
                {
                    spoil(sent, &chance);
                }
                let key = format!("{}", chance.below(1000));
                let headers = if chance.below(4) > 0 { vec![("idempotency-key", key.as_str())] } else { Vec::new() };
                let said = sent.as_ref().map(Value::to_string).unwrap_or_default();
                let answer = app.call(method.clone(), &address, cast[turn % cast.len()].as_ref(), &headers, sent).await;
                let status = answer.status.as_u16();
                let asked = format!("{method} {address} {said}");
                assert!(status < 500, "{asked}: {status} {}", answer.text);
                by_class[usize::from(status / 100)] += 1;
                let kind = answer.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
                if method == Method::HEAD {
                    assert_eq!(answer.text, "", "{asked}: an answer without body has one");
                } else if kind.starts_with("application/problem+json") {
                    let problem = answer.json();
                    let whole =
                        problem["code"].is_string() && problem["title"].is_string() && problem["status"] == status;
                    assert!(whole, "{asked}: no problem that programs can read: {problem}");
                } else if kind.starts_with("application/json") {
                    let fault = described.fault(&path, &method, status, &answer.json());
                    assert_eq!(fault, None, "{asked}: {status} {}", answer.text);
                } else {
                    assert!(
                        (200..300).contains(&status) || status == 404 || status == 405,
                        "{asked}: {status} in {kind:?}: {}",
                        answer.text
                    );
                }
            }
        }
    }
    let held = described.known.values().flatten().count();
    assert!(held > 15, "answers were held against {held} schemas only");
    assert!(by_class[2] > 300 && by_class[4] > 300, "both good and bad were asked: {by_class:?}");
}
