//! The application for tests: in memory, a fixed clock, seeded chance, a named cast. When it is dropped it asserts what
//! must be true whatever a story did: the chain verifies, money is conserved, every write has its record.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::oneshot;
use tower::ServiceExt;
use yizhan::app::{App, Parts};
use yizhan::config::Config;
use yizhan::voice::hear::{Ears, Recogniser};
use yizhan::{routes, serve, staff, store};
use yizhan_core::access::Role;
use yizhan_core::act::{Act, Actor, Verb};
use yizhan_core::catalog::Level;
use yizhan_core::journal;
use yizhan_core::service::FoundDemonstration;
use yizhan_core::vault::Vault;
use yizhan_core::verify::verify;
use yizhan_core::waist::memory::MemoryWorking;
use yizhan_core::waist::{Engine, Memory, Reader};
use yizhan_core::writer::Writer;
use yizhan_core::zone::Zone;
use yizhan_kit::clock::{DemoClock, FixedClock};
use yizhan_kit::digest::HashKind;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::seal::{Cipher, Key};
use yizhan_kit::{Digest16, Moment};

/// The village of the stories.
pub const VILLAGE: &str = "990100003205";
/// Another village of the same township.
pub const NEIGHBOUR: &str = "990100003206";
/// The township both lie in.
pub const TOWNSHIP: &str = "990100003000";
/// The district.
pub const DISTRICT: &str = "990100000000";

/// A running application without a network.
pub struct TestApp {
    /// The application.
    pub app: Arc<App>,
    /// The store beneath, for arranging trouble.
    pub memory: Memory,
    router: Router,
    clock: Arc<DemoClock>,
    real_clock: Arc<FixedClock>,
    ended: Option<oneshot::Receiver<()>>,
    keys: u64,
}

/// An answer read whole.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: axum::http::HeaderMap,
    /// Its text.
    pub text: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Its body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The stable code of a refusal.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Signals as they come.
pub struct Signals(Body);

impl Signals {
    /// What comes within a moment, as text.
    pub async fn text(&mut self) -> String {
        let moment = std::time::Duration::from_millis(300);
        let mut text = String::new();
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(moment, self.0.frame()).await {
            text.push_str(&String::from_utf8_lossy(frame.data_ref().map_or(&[][..], |bytes| bytes)));
        }
        text
    }

    /// Whether one comes within a moment.
    pub async fn comes(&mut self) -> bool {
        let moment = std::time::Duration::from_millis(300);
        tokio::time::timeout(moment, self.0.frame()).await.is_ok_and(|frame| frame.is_some())
    }
}

/// Somebody of the cast, by their session.
#[derive(Clone)]
pub struct Cast(pub String);

impl Cast {
    /// The session that an answer set a cookie for.
    pub fn from_cookie(set: &str) -> Self {
        Self(set.split(';').next().unwrap_or_default().to_owned())
    }

    /// The cookie of their session.
    pub fn cookie(&self) -> &str {
        &self.0
    }
}

impl TestApp {
    /// A zone on the first of February 2021, nine o'clock.
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    /// As [`TestApp::new`], configured.
    pub fn with(config: Config) -> Self {
        let memory = Memory::new(journal::genesis(HashKind::Sha256));
        let now: Moment = "2021-02-01T09:00".parse().unwrap();
        let clock = Arc::new(DemoClock::starting_at(now, Box::new(FixedClock::at(now))));
        let source = store::catalog_source(None).unwrap();
        let engine = Engine::Memory(memory.clone());
        let mut writer = Writer::new(engine, 1, yizhan_core::image::Image::empty(HashKind::Sha256));
        serve::found(&mut writer, Arc::new(FoundDemonstration), source.to_bytes(), now).unwrap();
        for (login, role, area) in [
            ("clerk", Role::Officer(Level::Village), VILLAGE),
            ("clerk2", Role::Officer(Level::Village), VILLAGE),
            ("neighbour", Role::Officer(Level::Village), NEIGHBOUR),
            ("township", Role::Officer(Level::Township), TOWNSHIP),
            ("district", Role::Officer(Level::District), DISTRICT),
            ("district2", Role::Officer(Level::District), DISTRICT),
            ("auditor", Role::Auditor, DISTRICT),
            ("system", Role::SystemAdministrator, DISTRICT),
            ("security", Role::SecurityAdministrator, DISTRICT),
            ("hospital", Role::Hospital, DISTRICT),
            ("desk", Role::DeskAgent, DISTRICT),
            ("doctor", Role::FamilyDoctor, TOWNSHIP),
            ("doctor2", Role::FamilyDoctor, TOWNSHIP),
        ] {
            let verb = staff::act::add(login, login, role, area.parse().unwrap(), None, now.day());
            serve::alone(&mut writer, now, Arc::new(verb)).unwrap();
        }
        let real_clock = Arc::new(FixedClock::at(now));
        let (zone, ended) = Zone::run(writer, clock.clone());
        let parts = Parts {
            zone,
            reader: Reader::Memory(memory.reader()),
            vault: Vault::new(Cipher::Aes256Gcm, Key::from_bytes([7; 32]), Arc::new(SeededEntropy::new(7))),
            clock: clock.clone(),
            real_clock: real_clock.clone(),
            demo: Some(clock.clone()),
            working: Box::new(MemoryWorking::default()),
            config,
            ears: Some(Arc::new(Ears::new(Box::new(Recorded)))),
            finder: Arc::default(),
        };
        let app = Arc::new(App::new(parts).unwrap());
        Self { router: routes::router(app.clone()), app, memory, clock, real_clock, ended: Some(ended), keys: 0 }
    }

    /// Does something as the program itself.
    pub fn act_of_the_program(&self, verb: Arc<dyn Verb>) -> yizhan_core::writer::Answer {
        let act = Act { actor: Actor::System, request_key: None, request: Digest16([0; 16]), verb };
        let zone = self.app.zone.clone();
        std::thread::spawn(move || zone.submit_blocking(act)).join().unwrap()
    }

    /// Moves on to the same time, so many days later.
    pub fn days_pass(&self, days: u32) {
        (0..days).for_each(|_| self.clock.next_day());
    }

    /// Minutes go by for the zone.
    pub fn time_passes(&self, minutes: i64) {
        self.clock.set(self.app.now().plus_ms(minutes * 60_000));
    }

    /// Real minutes go by, in which nobody does anything.
    pub fn minutes_pass(&self, minutes: i64) {
        self.real_clock.advance_ms(minutes * 60_000);
    }

    /// Real seconds go by.
    pub fn seconds_pass(&self, seconds: i64) {
        self.real_clock.advance_ms(seconds * 1000);
    }

    /// Signs one of the cast in.
    pub async fn signed_in(&self, login: &str) -> Cast {
        let answer = self.call(Method::POST, "/api/demo/sign-in", None, &[], Some(json!({"login": login}))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        Cast(cookie.split(';').next().unwrap().to_owned())
    }

    /// A reading request.
    pub async fn get(&self, path: &str, as_: Option<&Cast>) -> Answer {
        self.call(Method::GET, path, as_, &[], None).await
    }

    /// A writing request under a key of its own.
    pub async fn post(&mut self, path: &str, as_: Option<&Cast>, body: Value) -> Answer {
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        self.call(Method::POST, path, as_, &[("idempotency-key", &key)], Some(body)).await
    }

    /// Any request.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        as_: Option<&Cast>,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut headers = headers.to_vec();
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        self.raw(method, path, as_, &headers, body).await
    }

    /// Any request with a body of bytes.
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        as_: Option<&Cast>,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("accept-language", "en");
        if let Some(Cast(cookie)) = as_ {
            request = request.header("cookie", cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()).await
    }

    /// The stream of signals of an open console.
    pub async fn signals(&self, Cast(cookie): &Cast) -> Signals {
        let request = Request::builder().uri("/api/live").header("cookie", cookie).body(Body::empty()).unwrap();
        Signals(self.router.clone().oneshot(request).await.unwrap().into_body())
    }

    /// A form as a browser sends it.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.finish()))
            .unwrap();
        read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// A declaration to the stories' village: its number and the secret of its receipt.
    pub async fn declared(&mut self) -> (String, String) {
        let answer = self.post("/api/cases/travel-declaration", None, declaration()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let receipt = answer.json();
        let text = |name: &str| receipt[name].as_str().unwrap().to_owned();
        (text("number"), text("receipt"))
    }

    /// A step of a case, on top of its present version.
    pub async fn step(&mut self, number: &str, as_: &Cast, mut step: Value) -> Answer {
        let page = self.get(&format!("/api/cases/{number}"), Some(as_)).await;
        if step.get("version").is_none() {
            step["version"] = if page.status == StatusCode::OK { page.json()["version"].clone() } else { json!(0) };
        }
        self.post(&format!("/api/cases/{number}/steps"), Some(as_), step).await
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let image = self.app.image();
        let rows = self.memory.rows();
        assert_eq!(rows.journal.len() as u64, image.seq, "every act has its record");
        let mut reader = Reader::Memory(self.memory.reader());
        let report = verify(&mut reader, HashKind::Sha256, Some(&self.app.vault), &[]).unwrap();
        assert_eq!(report.faults, Vec::<String>::new());
        assert_eq!(report.head, image.hash.to_string(), "what is remembered is what is stored");
        drop(self.ended.take());
    }
}

async fn read(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status: parts.status, headers: parts.headers, text, bytes: bytes.to_vec() }
}

/// A declaration that is good. Nobody has this number: it is the one in the standard's own example form.
pub fn declaration() -> Value {
    json!({
        "name": "柳二", "citizen_number": "37150219540307001X", "mobile": "15400000001",
        "origin": {"place": "河北省石家庄市", "risk": "medium"},
        "destination": {"region": VILLAGE, "detail": "前街3号"},
        "arriving_on": "2021-02-03", "transport": "train", "transport_number": "G1234",
        "nucleic_test": {"has": true, "sampled_on": "2021-02-01"},
        "companions": 2, "consent": true, "notice_version": "2021-01"
    })
}

/// A citizen number with the check digit that its first seventeen digits ask for (GB 11643).
pub fn citizen(body: &str) -> String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().zip(weights).map(|(digit, weight)| digit.to_digit(10).unwrap() * weight).sum();
    format!("{body}{}", "10X98765432".chars().nth(sum as usize % 11).unwrap())
}

/// An engine that knows its recordings by their first value.
struct Recorded;

impl Recogniser for Recorded {
    fn name(&self) -> String {
        "recorded".into()
    }

    fn hear(&self, sound: &[i16]) -> Result<String, String> {
        match sound.first() {
            Some(8_192) => Ok("我要带开发票我要带开发票我要带开发票".into()),
            Some(16_384) => Err("it broke".into()),
            _ => Ok(String::new()),
        }
    }
}
