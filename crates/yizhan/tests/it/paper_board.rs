//! The board of papers: what may keep a photo from being read is told at once, each paper is accepted or returned with a
//! reason, and somebody else's phone takes one by a link that works once.

use crate::invoice::{Desk, wanted};
use crate::paper::{name_of, pdf, upload};
use crate::testing::Answer;
use axum::http::{Method, StatusCode};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use serde_json::{Value, json};
use std::io::Cursor;
use yizhan::paper::model::Doubt;
use yizhan::paper::rule::{accept, doubts};
use yizhan::serve::deliver;

/// A page with lines of "print": strokes two pixels wide every few pixels.
fn page(width: u32, height: u32, paper: u8, ink: u8) -> DynamicImage {
    DynamicImage::ImageLuma8(GrayImage::from_fn(width, height, |x, y| {
        Luma([if y % 24 < 12 && (x / 2) % 3 == 0 { ink } else { paper }])
    }))
}

#[test]
fn what_may_keep_a_photo_from_being_read_is_told() {
    let check = |drawn: &DynamicImage, expected: &[Doubt], which: &str| assert_eq!(doubts(drawn), expected, "{which}");
    check(&page(1000, 1400, 240, 20), &[], "sharp print in daylight");
    check(&page(1000, 1400, 40, 5), &[Doubt::Dark], "the same at night");
    check(&page(400, 600, 240, 20), &[Doubt::Small], "from far away");
    check(&page(1000, 1400, 240, 20).blur(6.0), &[Doubt::Blurred], "out of focus");
    check(&page(300, 300, 30, 25), &[Doubt::Dark, Doubt::Small, Doubt::Blurred], "nothing to be seen");
    check(
        &DynamicImage::ImageLuma8(GrayImage::new(1, 1)),
        &[Doubt::Dark, Doubt::Small, Doubt::Blurred],
        "a single pixel",
    );
}

fn jpeg(drawn: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::ImageRgb8(drawn.to_rgb8()).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
    bytes
}

impl Desk {
    /// An application by phone: number, secret.
    async fn applied(&mut self) -> (String, String) {
        let opened = self.app.post("/api/cases/invoice-increase", None, increase()).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
        let opened = opened.json();
        (opened["number"].as_str().unwrap().to_owned(), opened["receipt"].as_str().unwrap().to_owned())
    }

    async fn send_photo(&mut self, number: &str, secret: &str, paper: &str, photo: &[u8]) -> Answer {
        let address = upload(&self.app, None, &format!("?case={number}&k={secret}"), photo, 40_000).await;
        self.app.post(&format!("/api/cases/{number}/papers/{paper}?k={secret}"), None, name_of(&address)).await
    }

    async fn board(&self, number: &str) -> Vec<(String, String, String)> {
        let papers = self.app.get(&format!("/api/cases/{number}/papers"), Some(&self.agent)).await.json();
        let line = |one: &Value| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            (text("name"), text("needed"), text("state"))
        };
        papers["board"].as_array().unwrap().iter().map(line).collect()
    }

    async fn say(&mut self, number: &str, paper: &str, verdict: Value) -> Answer {
        let agent = self.agent.clone();
        self.app.post(&format!("/api/cases/{number}/papers/{paper}/verdict"), Some(&agent), verdict).await
    }
}

fn increase() -> Value {
    let mut form = wanted("91990100MA00000001", 1);
    for gone in ["count", "delivery", "address"] {
        form.as_object_mut().unwrap().remove(gone);
    }
    form["what"] = json!("face");
    form["until"] = json!("2021-06-30");
    form["why"] = json!("承接一笔大额订单");
    form
}

fn line(name: &str, needed: &str, state: &str) -> (String, String, String) {
    (name.into(), needed.into(), state.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_is_accepted_or_returned_with_a_reason_and_the_person_hears_of_it() {
    let mut desk = Desk::new().await;
    let (number, secret) = desk.applied().await;
    assert_eq!(desk.board(&number).await, [line("contract", "now", "missing"), line("identity", "now", "missing")]);
    // A dark photo is taken, and told of at once.
    let attached = desk.send_photo(&number, &secret, "contract", &jpeg(&page(1000, 1400, 40, 5))).await;
    assert_eq!(attached.status, StatusCode::OK, "{}", attached.text);
    let attached = attached.json();
    assert_eq!(attached["doubts"], json!(["too dark; take it again where there is light"]));
    let hash = attached["hash"].as_str().unwrap().to_owned();
    desk.send_photo(&number, &secret, "identity", &pdf()).await;
    // Nobody but whoever takes the step says whether it will do.
    let district = desk.district.clone();
    let path = format!("/api/cases/{number}/papers/contract/verdict");
    let ok = json!({"verdict": "accept", "hash": hash});
    assert_eq!(desk.app.post(&path, Some(&district), ok.clone()).await.code(), "forbidden");
    assert_eq!(desk.app.post(&path, None, ok.clone()).await.code(), "sign-in");
    assert_eq!(desk.say(&number, "licence", ok.clone()).await.code(), "move-not-allowed");
    assert_eq!(
        desk.say(&number, "contract", json!({"verdict": "accept", "hash": "another"})).await.code(),
        "case-changed"
    );
    assert_eq!(desk.say(&number, "contract", json!({"verdict": "return", "hash": hash})).await.code(), "form-invalid");
    let back = json!({"verdict": "return", "hash": hash, "reason": "太暗，看不清金额"});
    assert_eq!(desk.say(&number, "contract", back).await.status, StatusCode::OK);
    assert_eq!(desk.board(&number).await, [line("contract", "now", "returned"), line("identity", "now", "given")]);
    let unsigned = desk.sign(&number, json!({})).await;
    assert_eq!(unsigned.code(), "paper-missing", "{}", unsigned.text);
    // The person hears of it and reads why on the receipt.
    while deliver::deliver(&desk.app.app).unwrap() > 0 {}
    let outbox = desk.app.get("/outbox?lang=zh", None).await.text;
    assert!(outbox.contains("购销合同或销售证明”需要重新提供：太暗，看不清金额"), "{outbox}");
    let receipt = desk.app.get(&format!("/c/{number}?k={secret}&lang=zh"), None).await.text;
    assert!(receipt.contains("需要重新提供：太暗，看不清金额"), "{receipt}");
    // Another one is handed in, and will do.
    let again = desk.send_photo(&number, &secret, "contract", &jpeg(&page(1000, 1400, 240, 20))).await.json();
    assert_eq!(again["doubts"], json!([]));
    let fine = json!({"verdict": "accept", "hash": again["hash"]});
    assert_eq!(desk.say(&number, "contract", fine).await.status, StatusCode::OK);
    assert_eq!(desk.board(&number).await[0], line("contract", "now", "accepted"));
    assert_eq!(desk.sign(&number, json!({})).await.status, StatusCode::OK);
    let page = desk.app.get(&format!("/api/cases/{number}"), Some(&desk.agent)).await.json();
    let told: Vec<(&str, &str)> = page["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["verb"].as_str().unwrap(), row["title"].as_str().unwrap()))
        .collect();
    assert!(told.contains(&("return-paper", "Contract or proof of sales")), "{told:?}");
    assert!(page["history"].to_string().contains("太暗，看不清金额"));
}

#[test]
fn a_refused_photo_is_no_paper_but_a_blurred_one_is() {
    assert_eq!(accept(jpeg(&page(1000, 1400, 240, 20).blur(6.0))).unwrap().doubts, [Doubt::Blurred]);
    assert!(accept(b"no photo".to_vec()).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_phone_takes_one_paper_by_a_link_once() {
    let mut desk = Desk::new().await;
    let (number, secret) = desk.applied().await;
    let agent = desk.agent.clone();
    let ask = format!("/api/cases/{number}/papers/contract/link");
    assert_eq!(desk.app.post(&ask, None, json!({})).await.code(), "sign-in");
    assert_eq!(desk.app.post(&ask, Some(&desk.district.clone()), json!({})).await.code(), "forbidden");
    let made = desk.app.post(&ask, Some(&agent), json!({})).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let made = made.json();
    assert!(made["code"].as_str().unwrap().starts_with("<svg"));
    let token = made["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    // The page names the paper and nobody.
    let page_of = desk.app.get(&format!("/u/{token}?lang=zh"), None).await;
    assert!(
        page_of.text.contains("购销合同或销售证明") && !page_of.text.contains("柳") && !page_of.text.contains(&number)
    );
    // What is no photo leaves the link good.
    let query = format!("?link={token}");
    let address = upload(&desk.app, None, &query, b"no photo at all", 5).await;
    let refused = desk.app.post(&format!("/api/links/{token}"), None, name_of(&address)).await;
    assert_eq!(refused.code(), "paper-refused");
    let photo = jpeg(&page(1000, 1400, 240, 20));
    let address = upload(&desk.app, None, &query, &photo, 30_000).await;
    let taken = desk.app.post(&format!("/api/links/{token}"), None, name_of(&address)).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    assert_eq!(desk.board(&number).await[0], line("contract", "now", "given"));
    // It worked once.
    for path in [format!("/u/{token}"), format!("/api/uploads/x{query}")] {
        let over = desk
            .app
            .raw(if path.starts_with("/u") { Method::GET } else { Method::HEAD }, &path, None, &[], Vec::new())
            .await;
        assert_eq!(over.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(desk.app.post(&format!("/api/links/{token}"), None, name_of("x/y")).await.code(), "not-found");
    // The person's own page makes one as well; it ends after half an hour. A browser without script sends the photo whole.
    let own = desk.app.submit(&format!("/c/{number}/links/identity?k={secret}"), &[]).await;
    let at = own.text.find("/u/").expect("a link");
    let token: String = own.text[at + 3..].chars().take_while(char::is_ascii_alphanumeric).collect();
    desk.app.minutes_pass(29);
    let boundary = "b0undary";
    let mut body = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n")
        .into_bytes();
    body.extend(jpeg(&page(400, 600, 240, 20)));
    body.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
    let kind = format!("multipart/form-data; boundary={boundary}");
    let headers = [("content-type", kind.as_str())];
    let sent = desk.app.raw(Method::POST, &format!("/u/{token}"), None, &headers, body.clone()).await;
    assert!(sent.status.is_redirection(), "{} {}", sent.status, sent.text);
    let done = desk.app.get(sent.headers["location"].to_str().unwrap(), None).await.text;
    assert!(done.contains("too small to read"), "{done}");
    let agent = desk.app.signed_in("desk").await;
    let path = format!("/api/cases/{number}/papers/identity/link");
    let late = desk.app.post(&path, Some(&agent), json!({})).await.json();
    let token = late["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    desk.app.minutes_pass(31);
    let over = desk.app.raw(Method::POST, &format!("/u/{token}"), None, &headers, body).await;
    assert_eq!(over.status, StatusCode::NOT_FOUND, "its time is over");
}
