//! Declarations by whoever means harm: each is refused in plain words, none is stored, and no answer repeats it.

use crate::testing::{TestApp, declaration};
use axum::http::Method;
use serde_json::{Value, json};
use yizhan_kit::codes::CitizenNumber;
use yizhan_kit::id::SeededEntropy;

/// Fields a person types into.
const TYPED: [&str; 8] = [
    "/name",
    "/citizen_number",
    "/mobile",
    "/origin/place",
    "/destination/region",
    "/destination/detail",
    "/transport_number",
    "/arriving_on",
];

/// What has no business in any of them.
const SPOILT: [&str; 20] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
    "${jndi:ldap://127.0.0.1/a};",
    "' OR '1'='1",
    "'; DROP TABLE journal; --",
    "1; DELETE FROM step WHERE 1=1",
    "柳\u{202e}二",
    "\u{2066}柳二\u{2069}",
    "柳\u{200b}二",
    "柳\u{0}二",
    "柳\r\n二",
    "\u{feff}柳二",
    "😀😀😀",
    "柳👨‍👩‍👧二",
    "   ",
    "\u{3000}\u{3000}",
    "\u{1b}[31m柳二",
    "../../../../etc/passwd\u{0}",
];

#[tokio::test]
async fn hostile_declarations_are_refused_and_leave_no_trace() {
    let mut app = TestApp::new();
    let chance = SeededEntropy::new(7);
    let mut hostile: Vec<(String, Value)> = Vec::new();
    let mut spoil = |at: &str, value: Value| {
        let mut form = declaration();
        *form.pointer_mut(at).unwrap() = value.clone();
        hostile.push((format!("{at} {}", value.to_string().chars().take(60).collect::<String>()), form));
    };
    for at in TYPED {
        for text in SPOILT {
            spoil(at, json!(text));
        }
        for value in [json!(null), json!(7), json!([]), json!({}), json!(true), json!("x".repeat(1_000_000))] {
            spoil(at, value);
        }
    }
    // A number with one digit changed never passes its check digit.
    let good = "37150219540307001X";
    for place in 0..17 {
        let mut digits = good.as_bytes().to_vec();
        digits[place] = b'0' + (digits[place] - b'0' + 1 + u8::try_from(place % 8).unwrap()) % 10;
        spoil("/citizen_number", json!(String::from_utf8(digits).unwrap()));
    }
    for day in
        ["2021-02-30", "2021-13-01", "0000-00-00", "2021-2-3", "03/02/2021", "1899-12-31", "9999-12-31", "20210203"]
    {
        spoil("/arriving_on", json!(day));
        spoil("/nucleic_test/sampled_on", json!(day));
    }
    for number in [json!(-1), json!(21), json!(1.5), json!(1e300), json!("0")] {
        spoil("/companions", number);
    }
    for (at, value) in [("/consent", json!(false)), ("/notice_version", json!("2019")), ("/transport", json!("broom"))]
    {
        spoil(at, value);
    }
    let mut more = declaration();
    more["admin"] = json!(true);
    hostile.push(("a field nobody asked for".into(), more));
    assert!(hostile.len() >= 200, "{}", hostile.len());

    let before = app.app.image().seq;
    for (n, (what, form)) in hostile.iter().enumerate() {
        let key = format!("hostile-{n}");
        let headers = [("idempotency-key", key.as_str())];
        let answer = app.call(Method::POST, "/api/cases/travel-declaration", None, &headers, Some(form.clone())).await;
        assert!(answer.status.is_client_error(), "{what}: {} {}", answer.status, answer.text);
        assert!(matches!(answer.code().as_str(), "form-invalid" | "body-too-large"), "{what}: {}", answer.text);
        for leaked in ["alert(1)", "DROP TABLE", "3715021954", "\u{202e}", "xxxxxxxx"] {
            assert!(!answer.text.contains(leaked), "{what}: {}", answer.text);
        }
        assert_eq!(app.app.image().seq, before, "{what} was stored");
    }
    // The form in its own words is good, and so is any number with its right digit.
    let mut form = declaration();
    form["citizen_number"] =
        json!(CitizenNumber::compose("371502", "1990-01-01".parse().unwrap(), 1).unwrap().to_string());
    assert!(app.post("/api/cases/travel-declaration", None, form).await.status.is_success());

    // Receipts that were made up open nothing, whatever is guessed.
    let (number, secret) = app.declared().await;
    for _ in 0..50 {
        let mut guess: Vec<u8> = secret.clone().into_bytes();
        let at = usize::try_from(chance.below(guess.len() as u64)).unwrap();
        guess[at] = if guess[at] == b'A' { b'B' } else { b'A' };
        let guess = String::from_utf8(guess).unwrap();
        if guess == secret {
            continue;
        }
        let page = app.get(&format!("/c/{number}?k={guess}"), None).await;
        assert!(page.status.is_client_error() && !page.text.contains("前街3号"), "{guess}: {}", page.status);
        assert!(app.get(&format!("/api/status/{number}?k={guess}"), None).await.status.is_client_error());
    }
}
