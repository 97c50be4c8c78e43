//! What happens by itself: once a second the wall is looked at; a webhook of the district's own hears of alarms that begin, are
//! repeated and end. No message names a person.

use super::act::{Devices, hall_of};
use super::view::name;
use crate::app::App;
use crate::behaviour;
use crate::config::Messages;
use crate::serve::gateway;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use yizhan_core::access::Viewer;
use yizhan_core::device::{Alarm, Signal, Whom};

/// How often visits are kept, in seconds.
const KEEP_EVERY: u64 = 10;

/// Looks once a second, for as long as the program runs, and keeps the visits now and then.
pub async fn run(app: Arc<App>) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for n in 1_u64.. {
        second.tick().await;
        let devices = Devices::of(&app);
        devices.look(app.real_clock.now());
        let signals = devices.take_untold();
        if app.config.messages.webhook.is_some() && !signals.is_empty() {
            let messages: Vec<Value> = signals.iter().map(|signal| message(&app, signal)).collect();
            let hook = app.config.messages.clone();
            tokio::task::spawn_blocking(move || hand_over(&hook, &messages));
        }
        if n % KEEP_EVERY == 0 {
            behaviour::act::keep(&app);
        }
    }
}

/// Hands messages over, each tried three times: an alarm that is still open is repeated anyway.
fn hand_over(hook: &Messages, messages: &[Value]) {
    for message in messages {
        let key = message["key"].as_str().unwrap_or_default();
        let taken = (0..3).any(|_| gateway::hook(hook, key, message).is_ok());
        if !taken {
            tracing::warn!(key, "an alarm could not be handed over");
        }
    }
}

/// What the webhook hears of an alarm.
pub fn message(app: &App, signal: &Signal) -> Value {
    let (event, alarm): (_, &Alarm) = match signal {
        Signal::Raised(alarm) => ("device.alarm", alarm),
        Signal::Repeated(alarm) => ("device.alarm-repeated", alarm),
        Signal::Cleared(alarm) => ("device.alarm-over", alarm),
    };
    let image = app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    let (hall, device) = match alarm.cause.whom {
        Whom::Hall(hall) => (Some(hall), None),
        Whom::Device(device) => (hall_of(&seen, device), Some(device)),
    };
    let named =
        |subject: Option<_>, attribute| subject.map(|subject| name(&seen, subject, attribute)).unwrap_or_default();
    json!({
        "key": format!("device-{}-{}-{event}-{}", Devices::of(app).began().0, alarm.n, alarm.repeats),
        "event": event,
        "fault": alarm.cause.fault.as_str(),
        "hall": named(hall, "hall.name"),
        "device": named(device, "device.name"),
        "devices": alarm.devices,
        "at": yizhan_kit::Moment(alarm.raised).to_string(),
    })
}
