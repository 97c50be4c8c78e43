//! The page for whoever says or types a sentence: it works without script; with one, a browser that hears writes it down.

use super::model::VoiceAnswer;
use super::{act, rule, view};
use crate::app::App;
use crate::case::act::catalog;
use crate::resident::http::{frame, refused, render};
use crate::resident::page::Frame;
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;
use std::sync::Arc;

/// The page's routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/voice", get(ask).post(answer))
}

/// `/voice`
#[derive(Template)]
#[template(path = "voice.html")]
struct Voice {
    frame: Frame,
    /// What was said.
    said: String,
    /// What it came to.
    answer: Option<VoiceAnswer>,
    /// Recordings to try: what was said, and what was written down.
    samples: Vec<(String, String)>,
}

/// What is sent.
#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    said: String,
    /// The answer to a question that was left open.
    #[serde(default)]
    more: String,
    /// The intent that was confirmed.
    #[serde(default)]
    intent: String,
    /// Nothing that was offered was meant.
    #[serde(default)]
    none: String,
}

async fn ask(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let samples = samples(&app);
    render(StatusCode::OK, &Voice { frame, said: String::new(), answer: None, samples })
}

async fn answer(State(app): State<Arc<App>>, uri: Uri, Form(sent): Form<Sent>) -> Response {
    let frame = frame(&app, &uri);
    let said = if sent.more.is_empty() { sent.said } else { format!("{}，{}", sent.said, sent.more) };
    let image = app.image();
    let listened = rule::sentence(&said).and_then(|text| {
        let (catalog, _) = catalog(&image)?;
        let heard = catalog.voice.listen(text);
        let chosen = catalog.voice.intents.iter().position(|intent| intent.name == sent.intent);
        let none = !sent.none.is_empty();
        if none || chosen.is_none() && heard.intent.is_none() {
            act::keep(&app, text)?;
        }
        let agent = catalog.voice.intents.iter().position(|intent| intent.is_agent).filter(|_| none);
        Ok(view::answer(catalog, text, heard, agent.or(chosen), frame.lang))
    });
    match listened {
        Ok(answer) => {
            let samples = samples(&app);
            render(StatusCode::OK, &Voice { frame, said, answer: Some(answer), samples })
        }
        Err(problem) => refused(frame, &problem),
    }
}

fn samples(app: &App) -> Vec<(String, String)> {
    let image = app.image();
    let Ok((catalog, _)) = catalog(&image) else { return Vec::new() };
    let first = catalog.voice.intents.iter().filter_map(|intent| intent.samples.first());
    first.map(|sample| (sample.said.clone(), sample.heard.clone())).collect()
}
