//! Proof by enumeration: every endpoint of the API's own description, asked by every role, with the answer's status in a
//! reviewed text file. An endpoint that is added without a line there fails the test.

use crate::testing::{TestApp, declaration};
use axum::http::Method;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use utoipa::openapi::path::PathItem;
use yizhan::routes;

/// Who asks: nobody, the clerk whose case it is, a neighbour, and so on up and aside.
const CAST: [&str; 11] =
    ["-", "clerk", "neighbour", "township", "district", "auditor", "system", "security", "hospital", "desk", "doctor"];

pub fn operations(item: &PathItem) -> Vec<Method> {
    let known = [
        (Method::GET, item.get.is_some()),
        (Method::POST, item.post.is_some()),
        (Method::PUT, item.put.is_some()),
        (Method::DELETE, item.delete.is_some()),
        (Method::HEAD, item.head.is_some()),
        (Method::PATCH, item.patch.is_some()),
    ];
    known.into_iter().filter(|(_, there)| *there).map(|(method, _)| method).collect()
}

/// A body that would be good for whoever may send it.
pub fn body(path: &str) -> Option<Value> {
    Some(match path {
        "/api/cases/{case}" | "/api/cases/{case}/check" => declaration(),
        "/api/cases/{case}/steps" => json!({"verb": "close", "version": 0, "reason": "x"}),
        "/api/cases/{case}/entries/{entry}" => json!({"outcome": "no-answer"}),
        "/api/cases/{case}/read" => json!({"reason": "check"}),
        "/api/subjects" => json!({"kinds": ["enterprise"]}),
        "/api/search" => json!({"text": "15400000001"}),
        "/api/bulk" | "/api/bulk/preview" => {
            json!({"cases": [{"number": "T-20210201-000001", "version": 0}], "verb": "close", "reason": "x"})
        }
        "/api/cases/{case}/papers/{paper}" => json!({"upload": "none"}),
        "/api/cases/{case}/papers/{paper}/verdict" => json!({"verdict": "accept", "hash": "none"}),
        "/api/links/{token}" => json!({"upload": "none"}),
        "/api/voice/match" => json!({"text": "我要代开发票"}),
        "/api/voice/draft" => json!({"file": "voice/call-agent.toml", "text": ""}),
        "/api/companies/code" => json!({"taxpayer_number": "91990100MA00000001", "mobile": "15400000003"}),
        "/api/companies" => {
            json!({"taxpayer_number": "91990100MA00000001", "mobile": "15400000003", "code": "000000"})
        }
        "/api/companies/close" => json!({}),
        "/api/invoices/stock" => {
            json!({"kind": "ordinary", "code": "037002100104", "first": 1, "last": 9, "area": "990100000000"})
        }
        "/api/sign-in" => json!({"login": "nobody", "password": "nothing at all"}),
        "/api/delegations" => json!({"to": "clerk2", "from": "2021-03-01", "until": "2021-03-02"}),
        "/api/act-for" => json!({}),
        "/api/me/password" => json!({"old": "not the password", "new": "another long password"}),
        "/api/me/factor" | "/api/me/factor/remove" => json!({"password": "not the password"}),
        "/api/me/factor/accept" => json!({"code": "000000"}),
        "/api/me/sessions/end" => json!({"name": "none"}),
        "/api/hospital/patients" => json!({"citizen_number": "37150219540307001X"}),
        "/api/hospital/stays" => json!({"person": 1, "admitted": "2021-02-01", "agreement": true}),
        "/api/hospital/stays/{case}/preview" => json!({"discharged": "2021-02-01", "total": "1.00"}),
        "/api/hospital/stays/{case}/settle" => {
            json!({"version": 0, "bill": {"discharged": "2021-02-01", "total": "1.00"}})
        }
        "/api/hospital/stays/{case}/cancel" => json!({"version": 0, "reason": "x"}),
        "/api/hospital/stays/{case}/shares/{entry}" => json!({}),
        "/api/settlements/papers" => json!({
            "person": 1, "hospital": "x", "level": 2, "admitted": "2021-01-01",
            "bill": {"discharged": "2021-01-02", "total": "1.00"}
        }),
        "/api/settlements/papers/{case}" | "/api/settlements/again/{case}" => json!({"version": 0}),
        "/api/fsi/2303" | "/api/fsi/2304" | "/api/fsi/2305" => {
            json!({"infno": path.rsplit('/').next(), "input": {}})
        }
        "/api/payments/{number}" => json!({"channel": "wechat"}),
        "/api/orders/{order}/back" => json!({"amount": "1.00", "why": "x"}),
        "/api/orders/{order}/back/decide" => json!({"verdict": "agree"}),
        "/api/staff" => {
            json!({"login": "x", "name": "x", "role": "village", "area": "990100003205", "password": "short"})
        }
        "/api/staff/{login}/office" => json!({"role": "village", "area": "990100003205"}),
        "/api/staff/{login}/password" => json!({"password": "a long enough password"}),
        "/api/demo/sign-in" => json!({"login": "clerk"}),
        "/api/demo/device-codes" => json!({"count": 0}),
        "/api/calls" => json!({"service": "invoice-issue"}),
        "/api/calls/{call}/satisfaction" => json!({"stars": 5}),
        "/api/calls/{call}/photos/{n}/paper" => json!({"case": "T-20210201-000001", "paper": "test-report"}),
        "/api/calls/exchange" => json!({"id": "x", "event": "arrived"}),
        "/api/field/phones" => json!({"name": "下乡手机"}),
        "/api/field/session" => json!({}),
        "/api/field/standing" => json!({"phone": "none"}),
        "/api/halls" => json!({"name": "大厅", "area": "990100003000"}),
        "/api/devices" => json!({"name": "1号机", "hall": 1}),
        "/api/devices/enrol" => json!({"code": "none"}),
        "/api/devices/beat" => json!({}),
        "/api/devices/orders" => json!({"devices": [1], "what": "restart"}),
        "/api/devices/config" => json!({"order": [], "idle_seconds": 1}),
        "/api/devices/{device}/ticket" => json!({"fault": "printer", "what": "x"}),
        "/api/editor/new" => json!({"name": "new-thing", "from": "report", "zh": "新", "en": "New"}),
        "/api/editor/draft" | "/api/editor/preview" => {
            json!({"service": "x", "files": [{"path": "fund/x.toml", "text": "title = 1"}]})
        }
        "/api/editor/propose" => {
            json!({"number": 1, "why": "x", "files": [{"path": "fund/x.toml", "text": "title = 1"}]})
        }
        "/api/editor/trials" => json!([{"path": "fund/x.toml", "text": "title = 1"}]),
        "/api/editor/trials/{trial}/paper" => json!({"case": "x", "paper": "x"}),
        "/api/visits" => json!({"visit": 1, "module": "x", "ending": "finished", "steps": []}),
        _ => return None,
    })
}

#[tokio::test]
async fn every_endpoint_answers_every_role_as_reviewed() {
    let mut app = TestApp::new();
    let (number, _) = app.declared().await;
    let clinic = crate::pay::settle(&app, "clinic", crate::testing::DISTRICT, "示范区人民医院");
    let desk = app.app.image().staff_by_login("hospital").unwrap();
    crate::hospital::fact(&app, desk.0, "staff.clinic", &clinic.to_string(), "2021-01-01");
    let mut cast = Vec::new();
    for login in CAST {
        cast.push(if login == "-" { None } else { Some(app.signed_in(login).await) });
    }
    let mut table = format!("{:48}", "endpoint");
    CAST.iter().for_each(|login| {
        let _ = write!(table, "{login:>10}");
    });
    table.push('\n');
    for (path, item) in routes::openapi().paths.paths {
        for method in operations(&item) {
            // Signing out ends the session that the rest of the walk needs; the stream never ends.
            if matches!(path.as_str(), "/api/sign-out" | "/api/live" | "/api/devices/signals") {
                continue;
            }
            let mut line = format!("{:48}", format!("{method} {path}"));
            for viewer in &cast {
                let opening = method == Method::POST
                    && path.starts_with("/api/cases/{case}")
                    && !path.contains("/steps")
                    && !path.contains("/entries")
                    && !path.contains("/read")
                    && !path.contains("/forget")
                    && !path.contains("/papers");
                let case = if opening { "travel-declaration" } else { number.as_str() };
                let real = path
                    .replace("{case}", case)
                    .replace("{number}", &number)
                    .replace("{entry}", "call")
                    .replace("{service}", "travel-declaration")
                    .replace("{paper}", "test-report")
                    .replace("{payer}", "1")
                    .replace("{clinic}", "1")
                    .replace("{hash}", "none")
                    .replace("{upload}", "none")
                    .replace("{token}", "none")
                    .replace("{device}", "1")
                    .replace("{phone}", "none")
                    .replace("{call}", "1")
                    .replace("/photos/{n}", "/photos/1")
                    .replace("/recording/{n}", "/recording/0")
                    .replace("{trial}", "none")
                    .replace("{login}", "none")
                    .replace("{code}", "none")
                    .replace("{channel}", "wechat")
                    .replace("{order}", "1")
                    .replace("{day}", "2021-02-01");
                let key = format!("{method} {path}");
                let headers = [("idempotency-key", key.as_str())];
                let body = if method == Method::POST { body(&path) } else { None };
                let answer = app.call(method.clone(), &real, viewer.as_ref(), &headers, body).await;
                let _ = write!(line, "{:>10}", answer.status.as_u16());
            }
            table.push_str(&line);
            table.push('\n');
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/access.matrix.txt");
    if std::env::var_os("YIZHAN_RENEW").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(table, reviewed, "answers changed; if they are right, renew the file with YIZHAN_RENEW=1 and review it");
}

/// Two routes that stand in each other's way are found when they are put together.
#[test]
fn the_routes_fit_together() {
    let paths = routes::openapi().paths.paths;
    assert!(paths.contains_key("/api/cases/{case}"), "{:?}", paths.keys());
    // The web's client tells operations apart by their names alone.
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in &paths {
        let each = [&item.get, &item.post, &item.put, &item.delete, &item.head, &item.patch];
        for operation in each.into_iter().flatten() {
            let name = operation.operation_id.clone().unwrap_or_default();
            assert!(names.insert(name.clone()), "{path}: another operation is called {name:?} as well");
        }
    }
}
