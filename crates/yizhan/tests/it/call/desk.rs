//! The desk: who is rung, who is put back, what is measured, who listens, what is said outside the hours.

use super::{Desk, Made};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use yizhan::call::act::Calls;
use yizhan::call::recording::chained;
use yizhan::call::rule;
use yizhan::config::{Config, Turn};
use yizhan::simulate::phone::Phone;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_leads_to_an_agent_and_all_of_it_is_on_record() {
    let mut desk = Desk::open().await;
    let made = desk.call(json!({"service": "invoice-issue", "channel": "phone"})).await;
    let stranger = Phone::of_caller(&desk.address, made.call, "no secret").await;
    assert!(stranger.unwrap().hears("unknown").await.is_ok());
    let mut caller = desk.caller(&made).await;
    let welcome = caller.hears("welcome").await.unwrap();
    assert_eq!((&welcome["stage"], &welcome["waits"]["position"]), (&json!("waits"), &json!(1)));
    assert!(welcome["waits"]["expected"].is_null(), "nobody is there");
    let mut agent = desk.agent(&desk.agent.clone()).await;
    agent.say(json!({"free": {}})).await.unwrap();
    let rings = agent.hears("rings").await.unwrap();
    assert_eq!((&rings["skill"], &rings["service"]), (&json!("tax"), &json!("invoice-issue")));
    caller.hears("rings").await.unwrap();
    assert!(!desk.known(&made).contains_key("agent"));
    agent.say(json!({"answer": {"call": made.call}})).await.unwrap();
    agent.hears("joined").await.unwrap();
    assert!(desk.known(&made).contains_key("agent"), "what is told is on record");
    assert_eq!(caller.hears("joined").await.unwrap()["agent"], "desk");
    // Signals and texts go to and fro, and nowhere else.
    caller.say(json!({"signal": {"to": "agent", "body": {"sdp": "offer"}}})).await.unwrap();
    assert_eq!(agent.hears("signal").await.unwrap(), json!({"from": "caller", "body": {"sdp": "offer"}}));
    agent.say(json!({"signal": {"to": "caller", "body": {"sdp": "answer"}}})).await.unwrap();
    assert_eq!(caller.hears("signal").await.unwrap()["from"], "agent");
    agent.say(json!({"text": "您好"})).await.unwrap();
    assert_eq!(caller.hears("text").await.unwrap(), json!({"by": "agent", "text": "您好"}));
    agent.say(json!({"hold": {"on": true}})).await.unwrap();
    assert_eq!(caller.hears("hold").await.unwrap(), json!({"on": true}));
    desk.seconds(30);
    agent.say(json!({"hold": {"on": false}})).await.unwrap();
    caller.hears("hold").await.unwrap();
    // The page is loaded anew: what was written is there.
    drop(caller);
    let mut caller = desk.caller(&made).await;
    let welcome = caller.hears("welcome").await.unwrap();
    assert_eq!((&welcome["stage"], &welcome["said"][0]["text"]), (&json!("talks"), &json!("您好")));
    agent.say(json!({"finish": {}})).await.unwrap();
    assert_eq!(caller.hears("ended").await.unwrap(), json!({"how": "finished"}));
    desk.until(&made, "ending").await;
    desk.seconds(10);
    agent.say(json!({"file": {"call": made.call, "outcome": "settled"}})).await.unwrap();
    agent.hears("filed").await.unwrap();
    let rate = format!("/api/calls/{}/satisfaction", made.call);
    let bearer = format!("Bearer {}", made.secret);
    let said = |stars: u8, secret: String| {
        let (app, rate) = (&desk.app, rate.clone());
        async move {
            app.call(Method::POST, &rate, None, &[("authorization", &secret)], Some(json!({"stars": stars}))).await
        }
    };
    assert_eq!(said(4, "Bearer wrong".into()).await.code(), "unknown-caller");
    assert_eq!(said(6, bearer.clone()).await.code(), "form-invalid");
    assert_eq!(said(4, bearer.clone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(said(1, bearer).await.code(), "key-reused", "once");
    let known = desk.known(&made);
    let of = |name: &str| known.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!((of("ending"), of("outcome"), of("satisfaction")), ("finished", "settled", "4"));
    assert_eq!((of("talked"), of("held"), of("wrapped")), ("30000", "30000", "10000"));
    assert_eq!(desk.verbs(&made), ["open-call", "answer-call", "end-call", "file-call", "rate-call"]);
    // What the desk is measured by, each opening to its calls.
    let supervisor = desk.app.signed_in("district").await;
    let past = desk.app.get("/api/calls?which=first-call", Some(&supervisor)).await.json();
    let figures = &past["figures"];
    assert_eq!((&figures["soon"]["permille"], &figures["handling_seconds"]), (&json!(1000), &json!(40)), "{past}");
    assert_eq!((&figures["first_call"]["part"], &figures["satisfaction_tenths"]), (&json!(1), &json!(40)));
    assert_eq!((&past["total"], &past["calls"][0]["call"]), (&json!(1), &json!(made.call)));
    let others = desk.app.get("/api/calls?which=soon&not=true", Some(&supervisor)).await.json();
    assert_eq!(others["total"], 0);
    let clerk = desk.app.signed_in("clerk").await;
    assert_eq!(desk.app.get("/api/calls", Some(&clerk)).await.code(), "forbidden");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_answer_is_passed_over_and_a_broken_line_costs_no_place() {
    let mut desk = Desk::open().await;
    let made = desk.call(json!({"service": "invoice-issue"})).await;
    let mut caller = desk.caller(&made).await;
    let mut agent = desk.agent(&desk.agent.clone()).await;
    agent.say(json!({"free": {}})).await.unwrap();
    agent.hears("rings").await.unwrap();
    desk.seconds(20);
    assert_eq!(agent.hears("stops").await.unwrap()["why"], "missed");
    agent.hears("paused").await.unwrap();
    agent.say(json!({"answer": {"call": made.call}})).await.unwrap();
    assert!(agent.hears("joined").await.unwrap_err().contains("call-moved"));
    let agent = desk.answer(&made, agent).await;
    caller.hears("joined").await.unwrap();
    // The agent's browser dies: the caller waits again, before whoever came later.
    drop(agent);
    let later = desk.call(json!({"service": "invoice-issue"})).await;
    let mut second = desk.caller(&later).await;
    second.hears("welcome").await.unwrap();
    for _ in 0..100 {
        if Calls::of(&desk.app.app).board().agents().all(|(_, agent)| agent.gone.is_some()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    desk.seconds(11);
    caller.hears("put-back").await.unwrap();
    let waits = caller.hears("waits").await.unwrap();
    assert_eq!(waits["position"], 1);
    let agent = desk.agent(&desk.agent.clone()).await;
    let mut agent = desk.answer(&made, agent).await;
    // The caller's browser dies and stays away, and there is no number: the call ends, and the next one rings.
    drop(caller);
    for _ in 0..100 {
        if Calls::of(&desk.app.app).board().calls().any(|(_, call)| call.gone.is_some()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    desk.seconds(61);
    agent.hears("ended").await.unwrap();
    assert_eq!(desk.until(&made, "ending").await["put-back"], "1");
    agent.say(json!({"file": {"call": made.call, "outcome": "again"}})).await.unwrap();
    assert_eq!(agent.hears("rings").await.unwrap()["call"], later.call);
    second.say(json!({"hang-up": {}})).await.unwrap();
    assert_eq!(agent.hears("stops").await.unwrap()["why"], "over");
    assert_eq!(desk.until(&later, "ending").await["ending"], "abandoned");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_still_waits_when_the_hours_end_is_called_back() {
    let mut desk = Desk::open().await;
    let made = desk.call(json!({"service": "invoice-issue", "mobile": "15400000001"})).await;
    let mut caller = desk.caller(&made).await;
    assert_eq!(caller.hears("welcome").await.unwrap()["stage"], "waits");
    let looking = tokio::spawn(yizhan::call::tell::run(desk.app.app.clone()));
    desk.app.time_passes(12 * 60);
    caller.hears("to-call-back").await.unwrap();
    looking.abort();
    let agent_cast = desk.app.signed_in("desk").await;
    let wall = desk.app.get("/api/calls/wall", Some(&agent_cast)).await.json();
    assert_eq!(wall["calls"][0]["stage"], "call-back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_the_hours_one_is_called_back_by_a_number_that_is_read_on_record() {
    let mut desk = Desk::open().await;
    desk.app.time_passes(12 * 60);
    let open = desk.app.get("/api/calls/open", None).await.json();
    assert_eq!(open["open"], false);
    let closed = desk.app.post("/api/calls", None, json!({"service": "invoice-issue"})).await;
    assert_eq!((closed.status, closed.code().as_str()), (StatusCode::CONFLICT, "desk-closed"));
    let nothing = desk.app.post("/api/calls", None, json!({"call_back": true})).await;
    assert_eq!(nothing.code(), "form-invalid");
    let made = desk.call(json!({"service": "invoice-issue", "call_back": true, "mobile": "15400000001"})).await;
    let agent_cast = desk.app.signed_in("desk").await;
    let wall = desk.app.get("/api/calls/wall", Some(&agent_cast)).await.json();
    assert_eq!((&wall["calls"][0]["stage"], &wall["calls"][0]["number"]), (&json!("call-back"), &json!("154****0001")));
    let path = |what: &str| format!("/api/calls/{}/{what}", made.call);
    assert_eq!(
        desk.app.post(&path("number"), Some(&agent_cast), json!({})).await.code(),
        "not-found",
        "not yet theirs"
    );
    let mut agent = desk.agent(&agent_cast).await;
    agent.say(json!({"take-back": {"call": made.call}})).await.unwrap();
    agent.hears("joined").await.unwrap();
    let number = desk.app.post(&path("number"), Some(&agent_cast), json!({})).await.json();
    assert_eq!(number["mobile"], "15400000001");
    // A link by text message: opening its page uses nothing up, pressing the button does, once.
    let sent = desk.app.post(&path("link"), Some(&agent_cast), json!({})).await.json();
    assert_eq!(sent, json!({"to": "154****0001", "minutes": 30}));
    let outbox = desk.app.get("/api/demo/outbox", None).await.text;
    let code: String = outbox.split("/l/").nth(1).unwrap().chars().take_while(char::is_ascii_alphanumeric).collect();
    let page = desk.app.get(&format!("/l/{code}"), None).await;
    assert!(page.status == StatusCode::OK && page.text.contains(&format!("data-code=\"{code}\"")));
    let taken = desk.app.post(&format!("/api/calls/links/{code}"), None, json!({})).await.json();
    assert_eq!((&taken["call"], &taken["secret"]), (&json!(made.call), &json!(made.secret)));
    assert_eq!(desk.app.post(&format!("/api/calls/links/{code}"), None, json!({})).await.code(), "unknown-caller");
    agent.say(json!({"finish": {}})).await.unwrap();
    agent.hears("ended").await.unwrap();
    desk.until(&made, "ending").await;
    let verbs = desk.verbs(&made);
    assert_eq!(verbs, ["open-call", "answer-call", "read-call-number", "send-call-link", "end-call"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervisor_listens_and_both_sides_know() {
    let mut desk = Desk::open().await;
    let (made, mut caller, mut agent) = desk.talk(json!({"service": "invoice-issue"})).await;
    let supervisor = desk.app.signed_in("district").await;
    let mut watcher = desk.agent(&supervisor).await;
    watcher.say(json!({"free": {}})).await.unwrap();
    assert!(watcher.hears("free").await.unwrap_err().contains("forbidden"), "who watches does not answer");
    watcher.say(json!({"listen": {"call": made.call}})).await.unwrap();
    watcher.hears("watched").await.unwrap();
    assert_eq!(caller.hears("watcher").await.unwrap()["here"], true);
    assert_eq!(agent.hears("watcher").await.unwrap()["name"], "district");
    assert!(desk.known(&made).contains_key("watched-by"));
    agent.say(json!({"signal": {"to": "watcher", "body": {"sdp": 1}}})).await.unwrap();
    assert_eq!(watcher.hears("signal").await.unwrap()["from"], "agent");
    watcher.say(json!({"signal": {"to": "agent", "body": {"sdp": 2}}})).await.unwrap();
    assert_eq!(agent.hears("signal").await.unwrap()["from"], "watcher");
    drop(watcher);
    assert_eq!(caller.hears("watcher").await.unwrap()["here"], false);
    agent.say(json!({"listen": {"call": made.call}})).await.unwrap();
    assert!(agent.hears("watched").await.unwrap_err().contains("forbidden"));
    let auditor = desk.app.signed_in("auditor").await;
    assert!(Phone::of_agent(&desk.address, auditor.cookie()).await.is_err());
}

/// A piece of a recording.
async fn piece(desk: &Desk, made: &Made, n: u32, bytes: &[u8]) -> crate::testing::Answer {
    let path = format!("/api/calls/{}/recording/{n}", made.call);
    desk.app.raw(Method::POST, &path, Some(&desk.agent), &[], bytes.to_vec()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_wants_consent_and_its_chain_is_evidence() {
    let mut desk = Desk::open().await;
    let (made, mut caller, mut agent) = desk.talk(json!({"service": "invoice-issue"})).await;
    assert_eq!(piece(&desk, &made, 0, b"one").await.code(), "forbidden");
    agent.say(json!({"ask-consent": {}})).await.unwrap();
    caller.hears("consent-asked").await.unwrap();
    caller.say(json!({"consent": {"given": false}})).await.unwrap();
    assert_eq!(agent.hears("consent").await.unwrap(), json!({"given": false}));
    assert_eq!(piece(&desk, &made, 0, b"one").await.code(), "forbidden", "refusing changes nothing");
    agent.say(json!({"text": "好的，不录"})).await.unwrap();
    caller.hears("text").await.unwrap();
    caller.say(json!({"consent": {"given": true}})).await.unwrap();
    agent.hears("consent").await.unwrap();
    assert_eq!(piece(&desk, &made, 1, b"two").await.code(), "case-changed", "in order");
    let first = piece(&desk, &made, 0, b"one").await.json();
    assert_eq!(piece(&desk, &made, 0, b"one").await.json(), first, "a repeat is answered as it was");
    let second = piece(&desk, &made, 1, b"two").await.json();
    let chain = chained(&chained("", b"one"), b"two");
    assert_eq!((&second["pieces"], &second["chain"]), (&json!(2), &json!(chain)));
    let path = format!("/api/calls/{}/recording", made.call);
    let clerk = desk.app.signed_in("clerk").await;
    assert_eq!(desk.app.post(&path, Some(&clerk), json!({})).await.code(), "forbidden");
    let whole = desk.app.raw(Method::POST, &path, Some(&desk.agent), &[], Vec::new()).await;
    assert_eq!(whole.status, StatusCode::OK, "{}", whole.text);
    assert_eq!(desk.known(&made)["recording"], format!("{chain} 2"));
    let heard = format!("{path}/heard");
    let supervisor = desk.app.signed_in("district").await;
    assert_eq!(desk.app.get(&heard, Some(&supervisor)).await.code(), "form-invalid", "a reason");
    let heard = format!("{heard}?reason=complaint");
    assert_eq!(desk.app.get(&heard, Some(&desk.agent)).await.code(), "forbidden");
    assert_eq!(desk.app.get(&heard, Some(&supervisor)).await.bytes, b"onetwo");
    // A piece is put in that was not there: whoever hears it learns so.
    piece(&desk, &made, 2, b"three").await;
    assert_eq!(desk.app.get(&heard, Some(&supervisor)).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let verbs = desk.verbs(&made);
    let count = |verb: &str| verbs.iter().filter(|one| *one == verb).count();
    assert_eq!((count("consent-to-recording"), count("keep-recording"), count("hear-recording")), (2, 1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_server_lets_in_by_a_password_that_it_computes_itself() {
    let file = std::env::temp_dir().join(format!("yizhan-turn-{}", std::process::id()));
    std::fs::write(&file, "north-of-the-river\n").unwrap();
    let turn = Some(Turn { url: "turn:127.0.0.1:3478, turns:127.0.0.1:5349".into(), secret_file: file.clone() });
    let mut desk = Desk::with(Config { turn, ..Config::default() }).await;
    let made = desk.call(json!({})).await;
    let welcome = desk.caller(&made).await.hears("welcome").await.unwrap();
    let ice = &welcome["ice"][0];
    assert_eq!(ice["urls"], json!(["turn:127.0.0.1:3478", "turns:127.0.0.1:5349"]));
    let username = ice["username"].as_str().unwrap();
    let until: i64 = username.split(':').next().unwrap().parse().unwrap();
    assert_eq!(until, yizhan_kit::Clock::now(&*desk.app.app.real_clock).0 / 1000 + 4 * 3600);
    // As coturn's `use-auth-secret` computes it: base64 of HMAC-SHA-1 of the name.
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"north-of-the-river");
    let expected = data_encoding::BASE64.encode(ring::hmac::sign(&key, username.as_bytes()).as_ref());
    assert_eq!(ice["credential"], Value::String(expected));
    assert_eq!(welcome["stage"], "waits");
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn an_exchange_signs_as_documented() {
    // `printf '1612141200.{"id":"a"}' | openssl dgst -sha256 -hmac north-of-the-river`
    let signed = rule::signature("north-of-the-river", 1_612_141_200, br#"{"id":"a"}"#);
    assert_eq!(signed, SIGNED);
}

const SIGNED: &str = "bc3c2ead5137031fb2d43be348afd9ea1d06862eaf00df4c694b1844c8f7dca5";
