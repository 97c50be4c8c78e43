//! One-key calls: over the lines that callers, agents and supervisors have, and by what is on record afterwards.

mod desk;
mod help;
mod telephone;

use crate::testing::{Cast, TestApp};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::task::JoinHandle;
use yizhan::call::act::at_board;
use yizhan::routes;
use yizhan::simulate::phone::Phone;
use yizhan_core::access::Viewer;
use yizhan_core::row::SubjectId;

/// A desk on a port.
pub struct Desk {
    pub app: TestApp,
    pub agent: Cast,
    address: String,
    serving: JoinHandle<std::io::Result<()>>,
    made: u32,
}

/// A call of the stories.
#[derive(Clone)]
pub struct Made {
    pub call: u64,
    pub secret: String,
}

impl Desk {
    pub async fn open() -> Self {
        Self::with(yizhan::config::Config::default()).await
    }

    pub async fn with(config: yizhan::config::Config) -> Self {
        let app = TestApp::with(config);
        let agent = app.signed_in("desk").await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = tokio::spawn(axum::serve(listener, routes::router(app.app.clone())).into_future());
        Self { app, agent, address, serving, made: 0 }
    }

    /// Somebody calls.
    pub async fn call(&mut self, body: Value) -> Made {
        self.made += 1;
        let key = format!("call-{}", self.made);
        let answer = self.app.call(Method::POST, "/api/calls", None, &[("idempotency-key", &key)], Some(body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let made = answer.json();
        Made { call: made["call"].as_u64().unwrap(), secret: made["secret"].as_str().unwrap().to_owned() }
    }

    pub async fn caller(&self, made: &Made) -> Phone {
        Phone::of_caller(&self.address, made.call, &made.secret).await.unwrap()
    }

    pub async fn agent(&self, who: &Cast) -> Phone {
        let mut phone = Phone::of_agent(&self.address, who.cookie()).await.unwrap();
        phone.hears("welcome").await.unwrap();
        phone
    }

    /// A caller and an agent who talk.
    pub async fn talk(&mut self, body: Value) -> (Made, Phone, Phone) {
        let made = self.call(body).await;
        let mut caller = self.caller(&made).await;
        let agent = self.agent(&self.agent.clone()).await;
        let agent = self.answer(&made, agent).await;
        caller.hears("joined").await.unwrap();
        (made, caller, agent)
    }

    pub async fn answer(&self, made: &Made, mut agent: Phone) -> Phone {
        agent.say(json!({"free": {}})).await.unwrap();
        let rings = agent.hears("rings").await.unwrap();
        assert_eq!(rings["call"], made.call);
        agent.say(json!({"answer": {"call": made.call}})).await.unwrap();
        let joined = agent.hears("joined").await.unwrap();
        assert_eq!(joined["call"], made.call);
        agent
    }

    /// Seconds go by, and the switchboard looks.
    pub fn seconds(&self, seconds: i64) {
        self.app.seconds_pass(seconds);
        at_board(&self.app.app, |board, now| board.tick(now));
    }

    /// What is on record of a call.
    pub fn known(&self, made: &Made) -> BTreeMap<String, String> {
        let image = self.app.app.image();
        let program = Viewer::program();
        let seen = program.look(&image);
        let call = SubjectId(u32::try_from(made.call).unwrap());
        let attributes = image.catalog().unwrap().attributes_of("call").map(|one| one.name.clone());
        attributes
            .filter_map(|name| {
                let value = seen.latest(call, &name)?.text(image.attribute(&name)?)?;
                Some((name.trim_start_matches("call.").to_owned(), value))
            })
            .collect()
    }

    /// Until something is on record of a call: the end of one is recorded behind what is told.
    pub async fn until(&self, made: &Made, attribute: &str) -> BTreeMap<String, String> {
        for _ in 0..100 {
            let known = self.known(made);
            if known.contains_key(attribute) {
                return known;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{attribute} is not on record: {:?}", self.known(made));
    }

    /// The verbs of the journal that are about a call, in order.
    pub fn verbs(&self, made: &Made) -> Vec<String> {
        let rows = self.app.memory.rows();
        let about =
            |row: &&yizhan_core::row::JournalRow| row.about.is_some_and(|about| u64::from(about.0) == made.call);
        rows.journal.iter().filter(about).map(|row| row.verb.to_string()).collect()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
