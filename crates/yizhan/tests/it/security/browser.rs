//! What a browser is told with every answer, and what a page of somebody else's cannot send in anybody's name.

use crate::access::{body, operations};
use crate::testing::{Answer, TestApp};
use axum::http::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use yizhan::config::Config;
use yizhan::routes;

/// Every address that the program answers: those of the description, and those of the pages, read from where they are named.
fn addresses() -> BTreeSet<String> {
    let mut found: BTreeSet<String> = routes::openapi().paths.paths.into_keys().collect();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let named = text.split("route(\"").skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(named.filter(|address| address.starts_with('/')).map(str::to_owned));
        }
    }
    found
}

/// An address with its places filled in.
fn real(address: &str, number: &str) -> String {
    let places = [
        ("{service}", "travel-declaration"),
        ("{number}", number),
        ("{case}", number),
        ("{region}", crate::testing::VILLAGE),
        ("{*path}", "index.html"),
        ("{report}", "page"),
    ];
    let mut real = places.iter().fold(address.to_owned(), |text, (place, value)| text.replace(place, value));
    while let (Some(open), Some(close)) = (real.find('{'), real.find('}')) {
        real.replace_range(open..=close, "1");
    }
    real
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What is wrong with what an answer tells the browser.
fn faults(answer: &Answer) -> Vec<String> {
    let mut faults = Vec::new();
    let policy = header(answer, "content-security-policy");
    for (name, is) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        // Style and script of the public pages are nobody's secret: the editor's preview asks for them from a frame of its own.
        let public =
            ["text/css", "text/javascript"].iter().any(|kind| header(answer, "content-type").starts_with(kind));
        if name == "cross-origin-resource-policy" && public && header(answer, name) == "cross-origin" {
            continue;
        }
        if header(answer, name) != is {
            faults.push(format!("{name}: {:?}", header(answer, name)));
        }
    }
    let strict = policy.contains("default-src 'self'") || policy.contains("default-src 'none'");
    if !strict || policy.contains("script-src") || policy.contains("unsafe-eval") {
        faults.push(format!("policy: {policy}"));
    }
    if !header(answer, "permissions-policy").contains("geolocation=(self)") {
        faults.push("permissions-policy".into());
    }
    for never in ["access-control-allow-origin", "server", "x-powered-by"] {
        if answer.headers.contains_key(never) {
            faults.push(format!("{never} is said"));
        }
    }
    let kind = header(answer, "content-type");
    if kind.starts_with("text/") && !kind.contains("charset=") && !kind.starts_with("text/event-stream") {
        faults.push(format!("content-type without charset: {kind}"));
    }
    let kept = header(answer, "cache-control");
    if kind.contains("json") && kept != "no-store" {
        faults.push(format!("cache-control: {kept}"));
    }
    if kind.starts_with("text/html") {
        faults.extend(inline(&answer.text));
    }
    faults
}

/// Script within a page, and whatever it loads from elsewhere.
fn inline(page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for tag in page.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let lower = tag.to_lowercase();
        let handler = lower.split_whitespace().skip(1).find(|word| word.starts_with("on") && word.contains('='));
        let inside = lower.starts_with("script") && !lower.contains("src=");
        let elsewhere =
            ["src=\"http", "src=\"//", "rel=\"stylesheet\" href=\"http"].iter().any(|at| lower.contains(at));
        if handler.is_some() || inside || elsewhere || lower.contains("javascript:") {
            faults.push(format!("<{tag}>"));
        }
    }
    faults
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_keep_it_to_itself() {
    let mut app = TestApp::new();
    let (number, secret) = app.declared().await;
    let district = app.signed_in("district").await;
    let addresses = addresses();
    assert!(addresses.len() > 200 && addresses.contains("/r/{service}"), "{}", addresses.len());
    let (mut pages, mut wrong) = (0, Vec::new());
    for address in addresses.iter().filter(|address| !matches!(address.as_str(), "/api/live" | "/api/devices/signals"))
    {
        for with in [String::new(), format!("?k={secret}")] {
            let asked = format!("{}{with}", real(address, &number));
            let answer = app.get(&asked, Some(&district)).await;
            pages += usize::from(header(&answer, "content-type").starts_with("text/html"));
            wrong.extend(faults(&answer).into_iter().map(|fault| format!("{asked} {}: {fault}", answer.status)));
        }
    }
    assert!(pages > 40, "{pages} pages were looked at");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let plain = app.get("/", None).await;
    assert_eq!(header(&plain, "strict-transport-security"), "", "said under TLS only");
    assert_eq!(header(&app.get("/api/me", Some(&district)).await, "cache-control"), "no-store");
}

#[test]
fn a_page_with_script_inside_would_be_found() {
    for page in
        ["<script>x</script>", "<a href=\"javascript:x\">", "<img src=x onerror=x>", "<script src=\"https://x/y.js\">"]
    {
        assert!(!inline(page).is_empty(), "{page}");
    }
    assert!(inline("<script src=\"/x.js\" defer></script><p>only on = sale</p>").is_empty());
}

#[tokio::test]
async fn nothing_is_taken_from_a_page_of_another_site() {
    let mut app = TestApp::new();
    let (number, _) = app.declared().await;
    let clerk = app.signed_in("clerk").await;
    let before = app.app.image().seq;
    let foreign: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://other.example.cn")],
        &[("host", "fuwu.example.cn"), ("origin", "https://fuwu.example.cn.evil.example")],
        &[("host", "127.0.0.1:8600"), ("origin", "http://127.0.0.1:1")],
        &[("host", "fuwu.example.cn"), ("origin", "null")],
    ];
    let mut asked = 0;
    for (path, item) in routes::openapi().paths.paths {
        for method in operations(&item).into_iter().filter(|method| !matches!(*method, Method::GET | Method::HEAD)) {
            for headers in foreign {
                let answer = app.call(method.clone(), &real(&path, &number), Some(&clerk), headers, body(&path)).await;
                let met = (answer.status, answer.code());
                assert_eq!(met, (StatusCode::FORBIDDEN, "foreign-page".into()), "{method} {path} {headers:?}");
                asked += 1;
            }
        }
    }
    assert!(asked > 400, "{asked}");
    for page in ["/r/travel-declaration", "/lost", "/w/travel-declaration"] {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site")];
        let answer = app.raw(Method::POST, page, None, &headers, b"_key=x".to_vec()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{page}");
    }
    assert_eq!(app.app.image().seq, before, "nothing was recorded");
    // WebSockets are asked for by reading requests.
    let upgrade = [
        ("upgrade", "websocket"),
        ("connection", "upgrade"),
        ("origin", "https://evil.example"),
        ("host", "127.0.0.1"),
    ];
    for line in ["/api/calls/line", "/api/calls/desk", "/api/devices/live"] {
        let answer = app.call(Method::GET, line, Some(&clerk), &upgrade, None).await;
        assert_eq!(answer.code(), "foreign-page", "{line}");
    }
    // Our own pages, and programs, are heard; so is the address that the configuration names, whatever a proxy makes of the host.
    let own: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "same-origin"), ("origin", "null")],
        &[("host", "fuwu.example.cn"), ("origin", "https://fuwu.example.cn")],
        &[("host", "127.0.0.1:8600"), ("origin", "http://127.0.0.1:8600")],
        &[],
    ];
    for headers in own {
        let answer = app.call(Method::POST, "/api/act-for", Some(&clerk), headers, Some(json!({}))).await;
        assert_eq!(answer.status, StatusCode::OK, "{headers:?} {}", answer.text);
    }
    let behind = TestApp::with(Config { public_url: "https://fuwu.example.cn".into(), ..Config::default() });
    let proxied = [("host", "127.0.0.1:8600"), ("origin", "https://fuwu.example.cn")];
    let answer = behind.call(Method::POST, "/api/demo/sign-in", None, &proxied, Some(json!({"login": "clerk"}))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn a_session_travels_in_a_cookie_that_no_script_and_no_other_site_gets() {
    for (public_url, secure) in [("", false), ("https://fuwu.example.cn", true)] {
        let app = TestApp::with(Config { public_url: public_url.into(), ..Config::default() });
        let answer = app.call(Method::POST, "/api/demo/sign-in", None, &[], Some(json!({"login": "clerk"}))).await;
        let set: Vec<&str> = answer.headers["set-cookie"].to_str().unwrap().split("; ").collect();
        for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(set.contains(&flag), "{set:?}");
        }
        assert_eq!(set.contains(&"Secure"), secure, "{set:?}");
        assert!(!answer.text.contains(set[0].split_once('=').unwrap().1), "the token is in the cookie alone");
        let hsts = header(&app.get("/", None).await, "strict-transport-security").to_owned();
        assert_eq!(hsts.starts_with("max-age=31536000"), secure, "{hsts:?}");
    }
}
