//! From what people say to what they want: on the command line, on the sentences of the bench, over HTTP.

use crate::testing::{DISTRICT, TestApp};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use yizhan::bench::voice::{Meant, clauses, held_out, is_right, slips, tuned};
use yizhan_core::catalog::Catalog;

fn catalog() -> Catalog {
    yizhan::store::load_catalog(yizhan::store::catalog_source(None).unwrap()).unwrap()
}

/// What the command answers, line by line.
fn run(input: &[u8]) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
    let mut child = command.arg("voice").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_command_answers_a_line_with_a_line() {
    let long = "开".repeat(100_000);
    let input = format!("我要代开发票\n\n車輛購置稅怎麼交\r\n路灯坏了\n{long}\n转人工");
    let lines = run(input.as_bytes());
    let intents: Vec<&Value> = lines.iter().map(|line| &line["intent"]).collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(intents[..4], [&json!("invoice_issue"), &Value::Null, &json!("vehicle_tax"), &Value::Null]);
    assert_eq!(intents[5], "call_agent");
    let first = lines[0].as_object().unwrap();
    let keys: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(keys, ["text", "intent", "module", "score", "by", "ask", "suggest"]);
    assert_eq!((&first["text"], &first["by"], &first["ask"]), (&json!("我要代开发票"), &json!("text"), &json!(false)));
    assert_eq!(first["suggest"][0], "invoice_issue");
    assert_eq!(lines[2]["text"], "車輛購置稅怎麼交", "the sentence comes back as it was said");
    // Where nothing fits, a person is offered.
    assert_eq!(lines[3]["suggest"], json!(["call_agent"]));
    for line in &lines {
        let score = line["score"].to_string();
        assert!(score.starts_with("0.") || score == "1.0", "{score}");
        assert!(line["suggest"].as_array().unwrap().len() <= 3);
    }
    assert!(run(&[0xff, 0xfe, b'\n'])[0]["intent"].is_null(), "bytes that are no text are no wish");
}

#[test]
fn neighbours_are_told_apart() {
    for (text, intent) in [
        ("给客户开票", "invoice_issue"),
        ("我要领票", "invoice_receive"),
        ("把票寄给我", "invoice_mail"),
        ("这张票开错了要作废", "invoice_void"),
        ("专票不够用了", "invoice_increase"),
        ("领的票什么时候到", "invoice_receive"),
        ("领的票能快递吗", "invoice_mail"),
        ("我不是要领票，是要开票", "invoice_issue"),
        ("社保怎么缴费", "social_insurance"),
        ("用微信怎么付", "pay_method"),
        ("个税怎么退税", "personal_tax"),
        ("退车了购置税能退吗", "vehicle_tax"),
        ("车辆购置税完税证明", "tax_proof"),
        ("小规模怎么报税", "small_scale"),
        ("小规模忘了报税", "overdue"),
        ("新公司税务登记", "register"),
        ("外地工程报验登记", "cross_region"),
        ("登录密码忘了", "password"),
    ] {
        assert_eq!(run(text.as_bytes())[0]["intent"], intent, "{text}");
    }
}

#[test]
fn nineteen_of_twenty_sentences_reach_their_intent() {
    let catalog = catalog();
    let share = |list: &[Meant], kind: &str| {
        let of_kind: Vec<&Meant> = list.iter().filter(|meant| meant.kind == kind).collect();
        let wrong: Vec<&Meant> = of_kind.iter().copied().filter(|meant| !is_right(&catalog.voice, meant)).collect();
        (wrong.len() * 20 <= of_kind.len(), of_kind.len(), wrong.into_iter().cloned().collect::<Vec<_>>())
    };
    let tuned = tuned();
    assert!(tuned.len() + held_out().len() >= 400);
    for kind in ["text", "slip", "traditional", "dialect"] {
        let (good, count, wrong) = share(&tuned, kind);
        assert!(good && count > 40, "{kind}: {count}, wrong: {wrong:?}");
    }
    let (good, count, _) = share(&held_out(), "text");
    assert!(good && count > 150, "held out: {count}");
    // One homophone in each sentence: nine of ten still arrive.
    let slips = slips(&tuned);
    let right = slips.iter().filter(|meant| is_right(&catalog.voice, meant)).count();
    assert!(right * 10 >= slips.len() * 9 && slips.len() > 800, "{right} of {}", slips.len());
}

#[test]
fn every_intent_is_spoken_for() {
    let catalog = catalog();
    for name in [
        "invoice_issue",
        "invoice_receive",
        "invoice_mail",
        "invoice_increase",
        "invoice_void",
        "vehicle_tax",
        "cross_region",
        "social_insurance",
        "overdue",
        "tax_proof",
        "register",
        "personal_tax",
        "small_scale",
        "pay_method",
        "password",
        "call_agent",
    ] {
        let intent =
            catalog.voice.intents.iter().find(|intent| intent.name == name).unwrap_or_else(|| panic!("{name}"));
        assert!(!intent.samples.is_empty() && !intent.guidance.is_empty(), "{name}");
        let sentences = held_out().iter().filter(|meant| meant.intent == name).count();
        assert!(sentences >= 10, "{name}: {sentences} held out");
    }
}

#[test]
fn ordinary_prose_never_acts() {
    let catalog = catalog();
    let clauses = clauses();
    assert!(clauses.len() >= 500, "{}", clauses.len());
    for clause in clauses {
        let heard = catalog.voice.listen(clause);
        assert!(heard.intent.is_none() || heard.ask, "{clause}: {heard:?}");
    }
}

#[tokio::test]
async fn the_door_answers_with_guidance_and_asks_what_is_open() {
    let mut app = TestApp::new();
    let answer = app.post("/api/voice/match", None, json!({"text": "我要代开发票，要带什么材料"})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let said = answer.json();
    assert_eq!((&said["intent"]["name"], &said["next"]), (&json!("invoice_issue"), &json!("act")));
    assert!(said["guidance"].as_array().unwrap().len() >= 2);
    assert_eq!(said["answers"][0]["is_asked"], true, "the answer to the question comes first");
    assert_eq!(said["follow"][0]["chosen"], Value::Null);
    let said = app.post("/api/voice/match", None, json!({"text": "我要代开专用发票"})).await.json();
    assert_eq!(said["follow"][0]["chosen"], 0, "what was said is not asked again");
    // A doubtful match is confirmed by the speaker, by name.
    let said = app.post("/api/voice/match", None, json!({"text": "开飘"})).await.json();
    assert_eq!((&said["next"], &said["doubts"][0]["code"]), (&json!("confirm"), &json!("short")));
    let said = app.post("/api/voice/match", None, json!({"text": "开飘", "intent": "invoice_issue"})).await.json();
    assert!(!said["guidance"].as_array().unwrap().is_empty());
    assert_eq!((&said["next"], &said["ask"]), (&json!("act"), &json!(false)), "what was confirmed is not asked again");
    // A service that is there is named with its title.
    let said = app.post("/api/voice/match", None, json!({"text": "我要开居住证明"})).await.json();
    assert_eq!(said["intent"]["module"], "residence-proof");
    assert!(said["intent"]["module_title"].as_str().is_some_and(|title| !title.is_empty()));
    for (body, status) in [
        (json!({"text": "长".repeat(201)}), 422),
        (json!({"text": "开票", "intent": "nothing"}), 404),
        (json!({"said": "开票"}), 400),
    ] {
        assert_eq!(app.post("/api/voice/match", None, body.clone()).await.status.as_u16(), status, "{body}");
    }
}

#[tokio::test]
async fn a_page_without_script_guides_whoever_types() {
    let app = TestApp::new();
    let empty = app.get("/voice", None).await;
    assert!(empty.status == StatusCode::OK && empty.text.contains("value=\"我要带开发票\""), "recordings may be tried");
    let doubtful = app.submit("/voice", &[("said", "开飘")]).await.text;
    assert!(doubtful.contains("代开、开具发票") && doubtful.contains("name=\"none\""), "{doubtful}");
    let chosen = app.submit("/voice", &[("said", "开飘"), ("intent", "invoice_issue")]).await.text;
    assert!(chosen.contains("<ol>") && chosen.contains("专用发票还是普通发票"), "{chosen}");
    let said = [("said", "开飘"), ("intent", "invoice_issue"), ("more", "专票")];
    let told = app.submit("/voice", &said).await.text;
    assert!(!told.contains("专用发票还是普通发票"), "what was answered is not asked again: {told}");
    let there = app.submit("/voice", &[("said", "我要开居住证明")]).await.text;
    assert!(there.contains("href=\"/r/residence-proof\""), "{there}");
    let none = app.submit("/voice", &[("said", "开飘"), ("none", "1")]).await.text;
    assert!(none.contains("工作人员帮您办"), "{none}");
    let too_long = app.submit("/voice", &[("said", &"长".repeat(300))]).await;
    assert_eq!(too_long.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_matched_nothing_is_kept_without_names_and_numbers() {
    let mut app = TestApp::new();
    app.declared().await;
    for text in ["我叫王小明路灯坏了打15400000012", "我叫李大力路灯坏了打15400000099", "我要代开发票", "啊"]
    {
        app.post("/api/voice/match", None, json!({"text": text})).await;
    }
    app.post("/api/voice/match", None, json!({"text": "领票", "none_fits": true})).await;
    assert_eq!(app.get("/api/voice/unmatched", None).await.status, StatusCode::UNAUTHORIZED);
    let district = app.signed_in("district").await;
    let clerk = app.signed_in("hospital").await;
    assert_eq!(app.get("/api/voice/unmatched", Some(&clerk)).await.status, StatusCode::FORBIDDEN);
    let kept = app.get("/api/voice/unmatched", Some(&district)).await;
    let rows: Vec<(String, u64)> = kept
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["text"].as_str().unwrap().to_owned(), row["times"].as_u64().unwrap()))
        .collect();
    assert_eq!(rows, [("我叫某路灯坏了打#".to_owned(), 2), ("领票".to_owned(), 1)]);
}

#[tokio::test]
async fn a_draft_is_read_by_the_loader_and_tried() {
    let mut app = TestApp::new();
    let district = app.signed_in("district").await;
    let page = app.get("/api/catalog/file?path=voice/invoice-mail.toml", Some(&district)).await.json();
    let text = page["text"].as_str().unwrap().to_owned();
    let draft = |text: String| json!({"file": "voice/invoice-mail.toml", "text": text, "sentences": ["叫无人机把票空投给我", "我要代开发票"]});
    let tried = app.post("/api/voice/draft", Some(&district), draft(text.clone())).await.json();
    assert_eq!((&tried["mistakes"], &tried["changed"]), (&json!([]), &json!([])));
    assert_ne!(tried["tried"][0]["now"], "invoice_mail");
    assert!(tried["looked_at"].as_u64().unwrap() > 100);
    let more = text.replacen("[[say]]", "[[say]]\nsure = 97\nall = [\"空投\", \"@invoice\"]\n\n[[say]]", 1);
    let tried = app.post("/api/voice/draft", Some(&district), draft(more)).await.json();
    assert_eq!(tried["mistakes"], json!([]));
    assert_eq!(
        (&tried["tried"][0]["then"], &tried["tried"][1]["then"]),
        (&json!("invoice_mail"), &json!("invoice_issue"))
    );
    // Mistakes name their line; a sample that no longer arrives is one.
    let wrong = text.replacen("sure = 97", "sure = 970", 1);
    let tried = app.post("/api/voice/draft", Some(&district), draft(wrong)).await.json();
    let line = 1 + text.lines().position(|line| line == "sure = 97").unwrap();
    assert_eq!(tried["mistakes"][0]["line"], line, "{tried}");
    let unknown = text.replacen("module = \"invoice-receive\"", "module = \"no-such-service\"", 1);
    let tried = app.post("/api/voice/draft", Some(&district), draft(unknown)).await.json();
    assert!(tried["mistakes"][0]["text"].as_str().unwrap().contains("no service `no-such-service`"), "{tried}");
    let elsewhere = json!({"file": "service/residence-proof.toml", "text": ""});
    let refused = app.call(Method::POST, "/api/voice/draft", Some(&district), &[], Some(elsewhere)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let clerk = app.signed_in("hospital").await;
    assert_eq!(app.post("/api/voice/draft", Some(&clerk), draft(text)).await.status, StatusCode::FORBIDDEN);
}

/// A recording of which only the first value matters.
fn recording(first: i16) -> Vec<u8> {
    let mut file = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    file.extend(16_000_u32.to_le_bytes());
    file.extend(32_000_u32.to_le_bytes());
    file.extend(b"\x02\0\x10\0data\x04\0\0\0");
    file.extend(first.to_le_bytes());
    file.extend([0, 0]);
    file
}

#[tokio::test]
async fn what_is_spoken_becomes_a_sentence_and_nothing_of_the_sound_stays() {
    let app = TestApp::new();
    let heard = app.raw(Method::POST, "/api/voice/hear", None, &[], recording(8_192)).await;
    assert_eq!((heard.status, &heard.json()["text"]), (StatusCode::OK, &json!("我要带开发票")), "a loop is said once");
    let silence = app.raw(Method::POST, "/api/voice/hear", None, &[], recording(0)).await;
    assert_eq!(silence.json()["text"], "");
    let broken = app.raw(Method::POST, "/api/voice/hear", None, &[], recording(16_384)).await;
    assert_eq!((broken.status, broken.code().as_str()), (StatusCode::BAD_GATEWAY, "speech-failed"));
    let no_sound = app.raw(Method::POST, "/api/voice/hear", None, &[], b"hello".to_vec()).await;
    assert_eq!(no_sound.code(), "form-invalid");
    let long = app.raw(Method::POST, "/api/voice/hear", None, &[], vec![0; 300_000]).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn what_to_put_where_is_said_without_fetching_anything() {
    let said = Command::new(env!("CARGO_BIN_EXE_yizhan")).args(["voice", "--engine"]).output().unwrap();
    assert!(said.status.success());
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(text.contains("ggml-base.bin") && text.contains("[speech]"), "{text}");
    let none = Command::new(env!("CARGO_BIN_EXE_yizhan"))
        .args(["voice", "--engine", "--model", "nowhere.bin"])
        .output()
        .unwrap();
    assert_eq!(none.status.code(), Some(1), "a model that cannot be read is a fault");
}

#[tokio::test]
async fn another_way_of_saying_is_adopted_by_a_case_that_two_people_sign() {
    let mut app = TestApp::new();
    let (one, other) = (app.signed_in("district").await, app.signed_in("district2").await);
    let said = "给我整张小红条";
    let intent = |answer: &Value| answer["intent"]["name"].clone();
    let before = app.post("/api/voice/match", None, json!({"text": said})).await.json();
    assert_ne!(intent(&before), "invoice_issue", "nobody says so yet");
    let file = "voice/invoice-issue.toml";
    let text = app.get(&format!("/api/catalog/file?path={file}"), Some(&one)).await.json()["text"]
        .as_str()
        .unwrap()
        .to_owned();
    let more = format!("{text}\n[[say]]\nsure = 95\nall = [\"小红条\", \"整|开\"]\n");
    let wanted =
        |text: &str| json!({"region": DISTRICT, "files": [{"path": file, "text": text}], "why": "这里的人这么说"});
    let service = "/api/cases/catalog-change";
    // What the loader cannot read is refused with its line; what changes nothing is no change.
    let broken = app.post(service, Some(&one), wanted("title = 1")).await;
    assert!(
        broken.code() == "catalog-invalid" && broken.text.contains("voice/invoice-issue.toml:1"),
        "{}",
        broken.text
    );
    assert_eq!(app.post(service, Some(&one), wanted(&text)).await.code(), "catalog-invalid");
    let clerk = app.signed_in("clerk").await;
    assert_eq!(app.post(service, Some(&clerk), wanted(&more)).await.code(), "forbidden");
    let opened = app.post(service, Some(&one), wanted(&more)).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    let number = opened.json()["number"].as_str().unwrap().to_owned();
    // The reviewer sees both wordings.
    let change = app.get(&format!("/api/cases/{number}/catalog-change"), Some(&other)).await.json();
    assert_eq!((&change["files"][0]["before"], &change["files"][0]["after"]), (&json!(text), &json!(more)));
    assert_eq!(change["mistakes"], Value::Null);
    let sign = json!({"verb": "sign"});
    assert_eq!(app.step(&number, &one, sign.clone()).await.status, StatusCode::OK);
    assert_eq!(app.step(&number, &one, sign.clone()).await.code(), "four-eyes");
    let still = app.post("/api/voice/match", None, json!({"text": said})).await.json();
    assert_ne!(intent(&still), "invoice_issue", "not yet");
    // Somebody else's change came first: nothing of it is undone.
    let second = app.post(service, Some(&one), wanted(&format!("{more}# 备注\n"))).await.json()["number"]
        .as_str()
        .unwrap()
        .to_owned();
    let adopted = app.step(&number, &other, sign.clone()).await;
    assert_eq!(adopted.status, StatusCode::OK, "{}", adopted.text);
    let after = app.post("/api/voice/match", None, json!({"text": said})).await.json();
    assert_eq!(intent(&after), "invoice_issue", "{after}");
    let page = app.get("/api/catalog", Some(&one)).await.json();
    assert_eq!(page["number"], 2);
    assert_eq!(app.step(&second, &one, sign.clone()).await.status, StatusCode::OK);
    assert_eq!(app.step(&second, &other, sign).await.status, StatusCode::OK, "it still fits");
    assert_eq!(app.get("/api/catalog", Some(&one)).await.json()["number"], 3);
}
