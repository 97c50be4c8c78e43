//! Answers on their way from a terminal to a phone.

use crate::app::App;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Mutex;
use yizhan_core::problem;
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Moment, Problem};

/// For how many minutes a hand-over waits.
pub const MINUTES: u32 = 15;

/// How many wait at most: no terminal fills the memory.
const MOST: usize = 2_000;

/// What waits to be taken over. In memory only: it is gone with the process, and then the person begins anew.
#[derive(Default)]
pub struct HandOvers(Mutex<HashMap<String, Waiting>>);

struct Waiting {
    service: String,
    answers: Value,
    until: Moment,
}

impl HandOvers {
    /// Lays answers down under a new code.
    ///
    /// # Errors
    /// `busy` when too many wait.
    pub fn lay(&self, app: &App, service: &str, answers: Value) -> Result<String, Problem> {
        let now = app.real_clock.now();
        let mut all = self.0.lock().expect("no panic while hand-overs are held");
        all.retain(|_, one| one.until > now);
        if all.len() >= MOST {
            return Err(
                problem::BUSY.problem("现在转到手机的人太多，请稍后再试。", "Too many hand over now; try again soon.")
            );
        }
        let code = base32(&random::<10>(app.vault.entropy()));
        let until = now.plus_ms(i64::from(MINUTES) * 60_000);
        all.insert(code.clone(), Waiting { service: service.to_owned(), answers, until });
        Ok(code)
    }

    /// Which service waits under a code; it goes on waiting.
    pub fn service(&self, app: &App, code: &str) -> Option<String> {
        let all = self.0.lock().expect("no panic while hand-overs are held");
        all.get(code).filter(|one| one.until > app.real_clock.now()).map(|one| one.service.clone())
    }

    /// Takes what waits under a code, once.
    pub fn take(&self, app: &App, code: &str) -> Option<(String, Value)> {
        let one = self.0.lock().expect("no panic while hand-overs are held").remove(code)?;
        (one.until > app.real_clock.now()).then_some((one.service, one.answers))
    }
}
