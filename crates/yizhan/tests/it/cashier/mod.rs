//! Paying: the protocols by their vectors, stories against channels that are played on loopback, and everything that goes wrong
//! there. Keys are made when the tests run.

mod doctor;
mod protocol;
mod story;
mod takings;
mod trouble;

use crate::testing::{Answer, DISTRICT, TestApp};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use yizhan::cashier::poll::{self, Which};
use yizhan::config::Config;
use yizhan::routes;
use yizhan::simulate::payments::keys::Keys;
use yizhan::simulate::payments::{Faults, Play, listen};
use yizhan_core::access::Viewer;
use yizhan_kit::Fen;

/// Where the village of the tax examples lies.
pub const PAYER_VILLAGE: &str = "990100001201";

/// The keys, made once for all tests of a run.
pub fn keys() -> Keys {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("yizhan-pay-{}", std::process::id()));
        Keys::open(&folder).unwrap();
        folder
    });
    Keys::open(folder).unwrap()
}

/// An application whose channels are played, and who plays them.
pub struct Stage {
    pub app: TestApp,
    pub play: Arc<Play>,
}

/// A case that somebody may pay for.
#[derive(Clone)]
pub struct Owed {
    pub number: String,
    pub receipt: String,
}

impl Stage {
    /// Nothing goes wrong.
    pub async fn calm() -> Self {
        Self::with(Faults::default()).await
    }

    /// With what goes wrong.
    pub async fn with(faults: Faults) -> Self {
        let channels = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", channels.local_addr().unwrap());
        let keys = keys();
        let payment = keys.payment(&base, 400);
        let public_url = format!("http://{}", door.local_addr().unwrap());
        let app = TestApp::with(Config { payment, public_url, ..Config::default() });
        crate::pay::settle(&app, "treasury", DISTRICT, "区财政专户");
        let play = Arc::new(Play::new(
            keys,
            app.app.clock.clone(),
            Faults { second_ms: if faults.second_ms == 1000 { 20 } else { faults.second_ms }, ..faults },
            base,
        ));
        listen(channels, play.clone(), axum::Router::new());
        let router = routes::router(app.app.clone());
        tokio::spawn(async move { axum::serve(door, router).await });
        Self { app, play }
    }

    /// Somebody files a vehicle tax on their phone.
    pub async fn vehicle_tax(&mut self) -> Owed {
        let form = json!({
            "region": PAYER_VILLAGE, "taxpayer": "示范商贸公司", "taxpayer_number": "91990100MA00000001", "name": "柳一",
            "mobile": "15400000001", "vin": "LZYZZZZZZZZ000001", "kind": "ordinary", "bought": "2021-01-20", "price": "113000.00"
        });
        self.open("vehicle-tax", form).await
    }

    pub async fn open(&mut self, service: &str, form: Value) -> Owed {
        let opened = self.app.post(&format!("/api/cases/{service}"), None, form).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
        let text = |name: &str| opened.json()[name].as_str().unwrap().to_owned();
        Owed { number: text("number"), receipt: text("receipt") }
    }

    /// What is to be paid, as its holder sees it.
    pub async fn state(&self, owed: &Owed) -> Value {
        let answer = self.app.get(&format!("/api/payments/{}?k={}", owed.number, owed.receipt), None).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }

    pub async fn try_show(&mut self, owed: &Owed, channel: &str) -> Answer {
        let path = format!("/api/payments/{}?k={}", owed.number, owed.receipt);
        self.app.post(&path, None, json!({"channel": channel})).await
    }

    /// Shows a code: the number of its order at the channel.
    pub async fn show(&mut self, owed: &Owed, channel: &str) -> String {
        let shown = self.try_show(owed, channel).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
        let codes = shown.json()["codes"].as_array().unwrap().clone();
        let code = codes.iter().find(|code| code["channel"] == channel).unwrap_or_else(|| panic!("{}", shown.text));
        assert!(code["svg"].as_str().unwrap().contains("<svg"), "{code}");
        let token = code["holds"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        self.play.behind(&token).expect("the channel knows the code")
    }

    /// Waits until a case's payment is in a state.
    pub async fn until(&self, owed: &Owed, state: &str) -> Value {
        for _ in 0..200 {
            let now = self.state(owed).await;
            if now["state"] == state {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it never is {state}: {}", self.state(owed).await);
    }

    /// Everything that waits is asked about, until nothing more happens.
    pub async fn polled(&self) {
        for _ in 0..6 {
            poll::look(&self.app.app, Which::All).await;
        }
    }

    /// The books against the channels' own: of each what was taken and what went back.
    pub fn books_agree(&self) {
        let image = self.app.app.image();
        let program = Viewer::program();
        let seen = program.look(&image);
        for code in ["wechat", "alipay"] {
            let (paid, back) = self.play.sums(code);
            let Some(account) = yizhan::cashier::act::account(&image, code) else {
                assert_eq!(paid, Fen(0), "{code}");
                continue;
            };
            let funds = seen.funds_of(account);
            let owed: i64 = funds.iter().map(|fund| seen.balance(fund, account).unwrap().posted.0).sum();
            assert_eq!(owed, back.0 - paid.0, "{code}: the channel has {paid} less {back}");
        }
    }
}
